"""``connectors call``: below it a command for each connector, below that one for each operation, with an option for
each argument."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from openconnectors.cli.arguments import arguments_of, flags_of
from openconnectors.cli.completion import items
from openconnectors.cli.help import Group
from openconnectors.cli.help_sections import Listing, Option
from openconnectors.cli.network_options import NETWORK_OPTIONS, network_of
from openconnectors.cli.operation_command import OperationCommand, Read, argument_values, offered, request_types
from openconnectors.cli.records import Printing, printing, record_options
from openconnectors.cli.root_option import overlay_option, root_option
from openconnectors.cli.tables import print_json
from openconnectors.cli.terminal import escaped, escaped_line
from openconnectors.engine.call.connected import operation_names
from openconnectors.engine.call.paging import page_items
from openconnectors.engine.client.operation import Operation
from openconnectors.engine.client.signature import documentation
from openconnectors.engine.documents.parts import readable
from openconnectors.engine.errors import UnknownName
from openconnectors.engine.extras import require
from openconnectors.engine.model import Service
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.values.body import Compiler
from openconnectors.entries import Entry
from openconnectors.loading import connect, service_named
from openconnectors.network import LOOPBACK
from openconnectors.registry import entries_sorted

_MAX_TIMEOUT = 366 * 86_400.0
"""A year, in seconds: more is a mistake, and sockets take no number of any size."""


class _Connectors(Group):
    """A command for each connector."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, _ in entries_sorted()]

    def listing(self, ctx: click.Context) -> Listing:
        """The names alone: a description of each would need all their documents."""
        return {"Connectors": [(name, "") for name in self.list_commands(ctx)]}

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        return _Operations(*service_named(cmd_name, ctx.params.get("root"), ctx.params.get("overlays", ())))


class _Operations(Group):
    """A command for each operation of a connector."""

    def __init__(self, entry: Entry, service: Service) -> None:
        super().__init__(
            entry.name,
            help=service.description,
            no_args_is_help=True,
            subcommand_metavar="OPERATION [--PARAM VALUE]...",
        )
        self._read = Read(entry, service)
        self._names = operation_names(service)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._names)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Offer the operations, whose titles would need all of them."""
        return [*items(self._names, incomplete), *click.Command.shell_complete(self, ctx, incomplete)]

    def listing(self, ctx: click.Context) -> Listing:
        """Each operation with its title; an operation that cannot be compiled is listed with the others."""
        titles = {operation.id: operation.title for operation in readable(self._read.service)}
        rows = [
            (name, titles.get(operation_id, "cannot be called: the document cannot be read there"))
            for name, operation_id in self._names.items()
        ]
        return {"Operations": [(escaped_line(name), escaped_line(title)) for name, title in rows]}

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        by_id = {operation_id: name for name, operation_id in self._names.items()}
        name = by_id.get(cmd_name, cmd_name.replace("-", "_"))
        if name not in self._names:
            raise UnknownName("operation", cmd_name, self._names)
        plan = Plan(Compiler(self._read.service), self._read.service.operations[self._names[name]])
        return _operation_command(self._read, name, plan)


@click.group("call", cls=_Connectors, no_args_is_help=True, subcommand_metavar="NAME OPERATION [--PARAM VALUE]...")
@root_option
@overlay_option
@click.pass_context
def command(context: click.Context, /, root: Path | None, overlays: tuple[Path, ...], **options: Any) -> None:
    """Call an operation; its arguments are options.

    NAME is a connector, or the path of a document. Without OPERATION the operations are shown, with it and --help its
    arguments.

    Without an account, in a sandbox: connectors call NAME OPERATION --sandbox

    --output and --filter are options of most operations, too: of those that have no arguments of these names.
    """
    context.obj = printing(options)


command.params.extend(record_options())


def _seconds(text: str) -> float:
    """A time to wait: above 0, and finite."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value <= _MAX_TIMEOUT:
        raise click.BadParameter(f"{text!r} is not a number of seconds above 0, and at most {_MAX_TIMEOUT:.0f}")
    return value


_OPTIONS = (
    click.Option(
        ["--accept"],
        metavar="TYPE",
        help="Media type to ask for: application/xml, or short: xml, json, csv.",
        shell_complete=offered("response_types"),
    ),
    click.Option(
        ["--content-type"],
        metavar="TYPE",
        help="Media type to send the body in, as for --accept.",
        shell_complete=offered("request_types"),
    ),
    click.Option(
        ["--connection"], metavar="NAME", help="Saved connection to use.", shell_complete=offered("connections")
    ),
    click.Option(["--base-url"], metavar="URL", help="Replaces scheme and host."),
    click.Option(
        ["--server"],
        metavar="SERVER",
        help="Server of the document: its URL, name or description.",
        shell_complete=offered("servers"),
    ),
    click.Option(["--timeout"], type=_seconds, metavar="SECONDS", help="Limit for the whole call."),
    click.Option(["--items"], is_flag=True, help="Follow the pages; print one item a line."),
    click.Option(["--dry-run"], is_flag=True, help="Print the request; send nothing."),
    click.Option(["--json", "as_json"], is_flag=True, help="Print the value on one line."),
    click.Option(["--sandbox", "sandbox"], is_flag=True, help="Call a sandbox started for this call."),
    click.Option(["--set", "assignments"], multiple=True, metavar="NAME=VALUE", help="Argument by its wire name."),
)
"""The options of every operation, beside those for its arguments."""

RESERVED = frozenset({"--help", *(flag for option in (*_OPTIONS, *NETWORK_OPTIONS) for flag in option.opts)})
"""The options that no argument has."""

_SWITCH: Mapping[str, Any] = {"is_flag": False, "flag_value": "true"}
"""The settings of an option whose value may be left out."""


_YIELDING = (
    *record_options(),
    Option(
        ["--choices", "chosen"],
        metavar="PARAMETER",
        help="Print the values that may be given for a parameter.",
        shell_complete=offered("parameters"),
    ),
)
"""Further options of every operation but those that have an argument of the same name."""


def _operation_command(read: Read, name: str, plan: Plan) -> OperationCommand:
    flags = flags_of(plan, RESERVED)
    taken = {*RESERVED, *flags.values()}
    options: list[click.Parameter] = []
    covered: list[str] = []
    for argument in plan.arguments:
        if argument.hidden:
            continue  # it can be set by --set
        flag = flags.get(argument.name)
        if flag is None:
            covered.append(argument.wire)
            continue
        switch = plan.contract(argument.schema).types == ("boolean",)
        negation = f"--no-{flag[2:]}"
        description = escaped_line(" ".join((argument.description or argument.title).split()))
        options.append(
            Option(
                [flag, f"argument_{argument.name}"],
                section="Arguments",
                multiple=True,  # for lists; a second value of anything else is refused later, and not dropped by click
                **(_SWITCH if switch else {}),
                help=description + (" [required]" if argument.needed else ""),
                metavar="[true|false]" if switch else "VALUE",
                shell_complete=argument_values(argument),
            )
        )
        if switch and negation not in taken:
            taken.add(negation)
            options.append(click.Option([negation, f"negated_{argument.name}"], is_flag=True, hidden=True))

    further = [option for option in _YIELDING if taken.isdisjoint(option.opts)]

    @click.pass_obj
    def run(how: Printing, /, **options: Any) -> None:
        _call(read, plan, options, printing(options | {"as_json": False}).over(how))

    return OperationCommand(
        read,
        plan,
        name,
        params=[*options, *_OPTIONS, *further, *NETWORK_OPTIONS],
        callback=run,
        help=escaped("\n\n".join(documentation(plan).split("\n\nArg")[0].split("\n", 1))),
        epilog=_how_to_set(covered),
    )


def _how_to_set(names: list[str]) -> str | None:
    """How to set arguments that have the names of options of every operation."""
    assignments = ", ".join(escaped_line(f"--set {name}=VALUE") for name in names)
    return f"Arguments that share the name of an option: {assignments}" if names else None


def _media_type(text: str, offered: Sequence[str]) -> str:
    """The media type of a short form: for ``xml`` the first offered one with that subtype, else with that suffix
    (RFC 6839), else ``application/xml``."""
    if "/" in text:
        return text
    word = text.lower()

    def subtype(media_type: str) -> str:
        return media_type.partition(";")[0].strip().partition("/")[2].lower()

    exact = [media_type for media_type in offered if subtype(media_type) == word]
    suffixed = [media_type for media_type in offered if subtype(media_type).endswith(f"+{word}")]
    if not (exact or suffixed) and word not in ("json", "xml"):
        raise click.UsageError(f"{text!r} is not a media type; the operation offers {', '.join(offered) or 'none'}")
    return [*exact, *suffixed, f"application/{word}"][0]


# The call


def _call(read: Read, plan: Plan, options: dict[str, Any], how: Printing) -> None:
    call_options = {name: options[name] for name in ("accept", "content_type", "timeout") if options[name] is not None}
    for name, types in (("accept", plan.offered), ("content_type", request_types(plan))):
        if name in call_options:
            call_options[name] = _media_type(call_options[name], types)
    arguments = arguments_of(plan, options)
    with ExitStack() as stack:
        connection, base_url, network = options["connection"], options["base_url"], network_of(options)
        if options["sandbox"]:
            require("connectors call --sandbox", "sandbox")
            sandbox_class = import_module("openconnectors.engine.sandbox").Sandbox
            sandbox = stack.enter_context(sandbox_class(read.service))
            connection, base_url, network = sandbox.values, sandbox.url, LOOPBACK
        connector = connect(
            read.entry,
            connection,
            base_url,
            network.open(),
            call_options,
            server=options["server"],
            service=read.service,
        )
        operation = connector[plan.operation.id]
        if options["dry_run"]:
            click.echo(str(operation.request(**arguments)))
        elif options.get("chosen") is not None:
            rows = [
                {"value": value, "title": title} for value, title in operation.choices(options["chosen"], **arguments)
            ]
            how.print_value(rows, "table", ("value", "title"))
        elif options["items"]:
            how.print_items(operation.items(**arguments), "ndjson")
        else:
            _print_response(operation, plan, arguments, how if how.is_asked_for else None, options["as_json"])


def _print_response(
    operation: Operation, plan: Plan, arguments: dict[str, Any], how: Printing | None, compact: bool
) -> None:
    """Call the operation, and print the value; of a page that is wanted as records, its items."""
    response = operation.response(**arguments)
    for deviation in response.deviations:
        click.echo(f"deviation: {escaped_line(str(deviation))}", err=True)
    value, paging = response.value, plan.paging or plan.recognized_paging
    if value is None:
        click.echo(f"status {response.status}, no value", err=True)
    elif how is None:
        print_json(value, compact=compact)
    elif paging is not None and how.path is None and how.form != "json":
        how.print_value(page_items(paging, value), "json")
    else:
        how.print_value(value, "json")
