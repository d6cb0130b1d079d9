"""The commands that look at connectors and call them: list, show, call, sandbox."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from openconnectors.cli import tables
from openconnectors.cli.network_options import NETWORK_OPTIONS, network_of
from openconnectors.cli.tables import print_json
from openconnectors.cli.terminal import escaped, escaped_line
from openconnectors.connections import variables, ways
from openconnectors.engine.call.connected import operation_names
from openconnectors.engine.client.description import describe
from openconnectors.engine.client.operation import Operation
from openconnectors.engine.client.signature import documentation
from openconnectors.engine.documents import loader
from openconnectors.engine.errors import ConnectorError, UnknownName
from openconnectors.engine.model import Schema, Service
from openconnectors.engine.plan.arguments import Argument
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.sandbox import Sandbox
from openconnectors.engine.values.body import Compiler
from openconnectors.engine.values.styles import scalar
from openconnectors.loading import connect, entries_sorted, service_named
from openconnectors.network import LOOPBACK
from openconnectors.registry import Entry


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(as_json: bool) -> None:
    """List the connectors that are found by name, and where each comes from."""
    rows = [{"name": name, "source": entry.source, "document": str(entry.document)} for name, entry in entries_sorted()]
    if as_json:
        return print_json(rows)
    table = tables.table("name", "source", "document")
    for row in rows:
        tables.add_row(table, *row.values())
    tables.show(table)
    return None


_SCRIPTED = "(rewritten by a script of its publisher's, which does not run here: it cannot be called)"


@click.command()
@click.argument("name")
@click.argument("operation", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(name: str, operation: str | None, as_json: bool) -> None:
    """Show a connector or operation: arguments, responses, connection.

    NAME is a connector, or the path of a document or of its folder.
    """
    entry, service = service_named(name)
    if operation is not None:
        _show_operation(entry, service, operation, as_json)
        return
    told = describe(entry.name, service)
    environment = {one.name: variables(entry, one) for one in service.connection}
    if as_json:
        for row in told["connection"]:
            row["environment"] = environment[row["name"]]
        return print_json(told)
    click.echo(f"{escaped_line(told['title'])} {told['version']}\n{told['description']}\n\nConnection")
    if service.connection:
        table = tables.table("  value", "", "", "environment" if entry.named else "")
        for one in service.connection:
            required = f"one of {', '.join(one.sets)}" if one.sets else "required" if one.required else "optional"
            secret = ", secret" if one.secret else ""
            names = ", ".join(environment[one.name])
            tables.add_row(table, f"  {one.name}", required + secret, one.description or one.title, names)
        tables.show(table)
        needed = [one for one in service.connection if one.required or one.sets] or service.connection
        click.echo(f"\n{ways(entry, needed)}")
    else:
        click.echo("  none is needed")
    for kind in ("triggers", "actions"):
        click.echo(f"\n{kind.capitalize()}")
        table = tables.table("  name", "method", "path", "title")
        for row in told[kind]:
            scripted = f" {_SCRIPTED}" if row["operation_id"] in service.scripted else ""
            tables.add_row(table, f"  {row['name']}", row["method"], row["path"], row["title"] + scripted)
        tables.show(table) if told[kind] else click.echo("  none")
    if told["unreadable"]:
        click.echo("\nCannot be called, because the document cannot be read there")
        for row in told["unreadable"]:
            click.echo(f"  {row['name']}  {row['method']} {escaped_line(row['path'])}\n    {row['problem']}")
    return None


def _show_operation(entry: Entry, service: Service, name: str, as_json: bool) -> None:
    names = operation_names(service)
    operation_id = names.get(name, name if name in service.operations else None)
    if operation_id is None:
        raise UnknownName("operation", name, names)
    if as_json:
        told = describe(entry.name, service)
        rows = [*told["actions"], *told["triggers"], *told["unreadable"]]
        print_json(next(one for one in rows if one["operation_id"] == operation_id))
    else:
        click.echo(documentation(Plan(Compiler(service), service.operations[operation_id])))
        if operation_id in service.scripted:
            click.echo(f"\n{_SCRIPTED}")


# call: a command for each connector, below it one for each operation, with an option for each argument


class _Calls(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, _ in entries_sorted()]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the names alone: what each connector says of itself stands in its document."""
        with formatter.section("Connectors"):
            formatter.write_text(", ".join(self.list_commands(ctx)))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        return _Operations(*service_named(cmd_name))


class _Operations(click.Group):
    def __init__(self, entry: Entry, service: Service) -> None:
        super().__init__(entry.name, help=service.description, no_args_is_help=True)
        self._entry, self._service = entry, service
        self._names = operation_names(service)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._names)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes each operation with its title; an operation that cannot be compiled is named like the others."""
        titles = {one.id: one.title for one in loader.readable(self._service)}
        rows = [
            (name, titles.get(key, "cannot be called: the document cannot be read there"))
            for name, key in self._names.items()
        ]
        if rows:
            with formatter.section("Operations"):
                formatter.write_dl([(escaped_line(name), escaped_line(title)) for name, title in rows])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        by_id = {operation_id: name for name, operation_id in self._names.items()}
        name = by_id.get(cmd_name, cmd_name.replace("-", "_"))
        if name not in self._names:
            raise UnknownName("operation", cmd_name, self._names)
        plan = Plan(Compiler(self._service), self._service.operations[self._names[name]])
        return _call_command(self._entry, name, plan)


_LONGEST = 366 * 86_400.0


def _seconds(text: str) -> float:
    """A time to wait: above 0, and finite."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value <= _LONGEST:
        raise click.BadParameter(f"{text!r} is not a number of seconds above 0, and at most {_LONGEST:.0f}")
    return value


_OPTIONS = (
    click.Option(
        ["--accept"], metavar="TYPE", help="Media type to ask for: application/xml, or in short xml, json, csv."
    ),
    click.Option(["--content-type"], metavar="TYPE", help="Media type to send the body in, as for --accept."),
    click.Option(["--connection"], metavar="NAME", help="A saved connection."),
    click.Option(["--base-url"], metavar="URL", help="Replaces scheme and host."),
    click.Option(["--timeout"], type=_seconds, metavar="SECONDS", help="Seconds that the whole call may take."),
    click.Option(["--items"], is_flag=True, help="Follow the pages; print one item a line."),
    click.Option(["--dry-run"], is_flag=True, help="Print the request; send nothing."),
    click.Option(["--json", "as_json"], is_flag=True, help="Print the value on one line."),
    click.Option(["--sandbox", "sandbox"], is_flag=True, help="Call a sandbox started for this call."),
    click.Option(["--set", "given"], multiple=True, metavar="NAME=VALUE", help="An argument by its wire name."),
    *NETWORK_OPTIONS,
)
"""The options of every operation, beside those for its arguments."""


_SWITCH: Mapping[str, Any] = {"is_flag": False, "flag_value": "true"}
"""An option whose value may be left out."""


def _call_command(entry: Entry, name: str, plan: Plan) -> click.Command:
    taken = {flag for option in _OPTIONS for flag in option.opts} | {"--help"}
    options: list[click.Parameter] = []
    covered: list[str] = []
    for one in plan.arguments:
        flag = f"--{one.name.rstrip('_').replace('_', '-')}"
        if one.hidden:
            continue  # whoever knows it reaches it by --set
        if flag in taken:
            covered.append(one.wire)
            continue
        taken.add(flag)
        switch = plan.contract(one.schema).types == ("boolean",)
        negation = f"--no-{flag[2:]}"
        said = escaped_line(" ".join((one.description or one.title).split()))
        options.append(
            click.Option(
                [flag, f"argument_{one.name}"],
                multiple=True,  # a list has several, and of anything else a second one is refused, not dropped
                **(_SWITCH if switch else {}),
                help=said + (" [required]" if one.needed else ""),
                metavar="[true|false]" if switch else "VALUE",
                shell_complete=_completion(entry, name, plan, one),
            )
        )
        if switch and negation not in taken:
            taken.add(negation)
            options.append(click.Option([negation, f"negated_{one.name}"], is_flag=True, hidden=True))

    def run(**given: Any) -> None:
        _call(entry, name, plan, given)

    return click.Command(
        name,
        params=[*options, *_OPTIONS],
        callback=run,
        help=escaped(documentation(plan).split("\n\nArg")[0]),
        epilog=_covered(covered),
    )


def _covered(names: list[str]) -> str | None:
    """How arguments are given whose names are those of options above."""
    given = ", ".join(escaped_line(f"--set {name}=VALUE") for name in names)
    return f"Options above have the names of these arguments, which are given otherwise: {given}" if given else None


def _media_type(text: str, offered: Sequence[str]) -> str:
    """A media type from its short form: ``xml`` is the first of those that are offered whose subtype it is, or whose
    suffix (RFC 6839), and else ``application/xml``."""
    if "/" in text:
        return text
    word = text.lower()

    def subtype(offer: str) -> str:
        return offer.partition(";")[0].strip().partition("/")[2].lower()

    exact = [one for one in offered if subtype(one) == word]
    suffixed = [one for one in offered if subtype(one).endswith(f"+{word}")]
    if not (exact or suffixed) and word not in ("json", "xml"):
        raise click.UsageError(f"{text!r} is not a media type; the operation offers {', '.join(offered) or 'none'}")
    return [*exact, *suffixed, f"application/{word}"][0]


def _completion(entry: Entry, operation: str, plan: Plan, argument: Argument) -> Callable[..., list[CompletionItem]]:
    """What a shell offers for an argument: what its enum lists, or what the service of a connector that is found by
    name says to anybody. Nobody has asked for a call yet, so that no value of a connection is used."""

    def complete(ctx: click.Context, option: click.Parameter, incomplete: str) -> list[CompletionItem]:
        known = {
            one.removeprefix("argument_"): value
            for one, value in ctx.params.items()
            if one.startswith("argument_") and value not in (None, ())
        }
        try:
            found = _choices(entry, operation, plan, argument, known, ctx.params.get("base_url"))
        except ConnectorError:
            return []  # a shell has no place for words
        # A shell would insert what it is offered: a value that must be escaped is not.
        offered = [(str(value), " ".join(title.split())) for value, title in found]
        return [
            CompletionItem(value, help=title)
            for value, title in offered
            if value.startswith(incomplete) and escaped_line(value) == value
        ]

    return complete


def _choices(
    entry: Entry, operation: str, plan: Plan, argument: Argument, known: dict[str, Any], base_url: str | None
) -> list[tuple[Any, str]]:
    contract = plan.contract(argument.schema)
    contract = contract if contract.items is None else plan.contract(contract.items)
    if contract.enum is not None:
        return [(value, str(value)) for value in contract.enum]
    if not entry.named:
        return []
    made = connect(entry, {}, base_url, None, {"timeout": 3.0})
    return made[operation].choices(argument.name, **known)


def _call(entry: Entry, name: str, plan: Plan, given: dict[str, Any]) -> None:
    options = {option: given[option] for option in ("accept", "content_type", "timeout") if given[option] is not None}
    body = plan.operation.request_body
    for option, offered in (("accept", plan.offered), ("content_type", tuple(body.content) if body else ())):
        if option in options:
            options[option] = _media_type(options[option], offered)
    arguments = _arguments(plan, given)
    with ExitStack() as stack:
        connection, base_url, network = given["connection"], given["base_url"], network_of(given)
        if given["sandbox"]:
            sandbox = stack.enter_context(Sandbox(loader.load(entry.document, entry.properties)))
            connection, base_url, network = sandbox.values, sandbox.url, LOOPBACK
        operation = connect(entry, connection, base_url, network.open(), options)[plan.operation.id]
        if given["dry_run"]:
            click.echo(str(operation.request(**arguments)))
        elif given["items"]:
            for item in operation.items(**arguments):
                print_json(item, compact=True)
        else:
            _answer(operation, arguments, given["as_json"])


def _answer(operation: Operation, arguments: dict[str, Any], compact: bool) -> None:
    response = operation.response(**arguments)
    for one in response.deviations:
        click.echo(f"deviation: {escaped_line(str(one))}", err=True)
    if response.value is None:
        click.echo(f"answered {response.status}, without a value", err=True)
    else:
        print_json(response.value, compact=compact)


def _arguments(plan: Plan, given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that options give, by Python name, and those of ``--set``, as they are spelled there."""
    texts: dict[str, tuple[Argument | None, list[str]]] = {}
    for one in plan.arguments:
        own = [*(given.get(f"argument_{one.name}") or ()), *(["false"] if given.get(f"negated_{one.name}") else [])]
        if own:
            texts[one.name] = one, own
    known = {name: one for one in reversed(plan.arguments) for name in (one.name, one.wire)}
    known |= {one.wire: one for one in plan.arguments}
    for pair in given["given"]:
        key, equals, text = pair.partition("=")
        if not equals:
            raise click.UsageError(f"--set {pair!r} has no '='; write --set NAME=VALUE")
        texts.setdefault(key, (known.get(key), []))[1].append(text)
    return {name: _value(plan, name, argument, values) for name, (argument, values) in texts.items()}


def _value(plan: Plan, name: str, argument: Argument | None, texts: list[str]) -> Any:
    """An argument of the command line as its schema wants it; what does not fit stays text, for the engine to
    refuse. A list is given item by item, or whole, as JSON."""
    if argument is None:
        schema = items = Schema()
    else:
        schema = plan.contract(argument.schema)
        items = plan.contract(schema.items) if schema.items is not None else Schema()
    nested = bool(_NESTED & set(items.types))
    if "array" in schema.types and not (len(texts) == 1 and _is_list(texts[0], nested)):
        return [_typed(name, text, items) for text in texts]
    if len(texts) > 1:
        raise click.UsageError(f"{name} is given {len(texts)} times, and takes one value")
    return _typed(name, texts[0], schema)


_NESTED = {"object", "array"}


def _is_list(text: str, nested: bool) -> bool:
    """Whether a text is a whole list. Where the items are plain, only JSON is: a word may begin with a bracket or @."""
    if nested:
        return text.lstrip()[:1] in ("[", "@")
    try:
        return isinstance(json.loads(text), list)
    except (ValueError, RecursionError):
        return False


def _typed(name: str, text: str, schema: Schema) -> Any:
    file = Path(text[1:]) if text.startswith("@") else None
    if _NESTED & set(schema.types):
        return _json(name, text if file is None else _content(name, file))
    if file is not None and ("file" in schema.types or schema.format == "binary"):
        return file
    value = scalar(text, schema)
    return _digits(text.strip()) if isinstance(value, float) else value


def _digits(text: str) -> Decimal | float:
    """A number with the digits that were typed."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return float(text)


def _content(name: str, file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except OSError as error:
        raise click.UsageError(f"{name}: {file} cannot be read: {error.strerror}") from None
    except UnicodeError:
        raise click.UsageError(f"{name}: {file} is not text in UTF-8") from None


def _json(name: str, text: str) -> Any:
    try:
        return json.loads(text, parse_float=_digits)
    except ValueError as error:
        raise click.UsageError(f"{name} must be JSON, or @file: {error}") from None
    except RecursionError:
        raise click.UsageError(f"{name} must be JSON, or @file: it is nested too deeply") from None


@click.group("call", cls=_Calls, no_args_is_help=True, subcommand_metavar="NAME OPERATION [--PARAM VALUE]...")
def call() -> None:
    """Call an operation; its parameters are options."""


@click.command("sandbox")
@click.argument("name")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on loopback; a free one by default.")
@click.option("--state", type=click.Path(dir_okay=False, path_type=Path), help="File to remember in (SQLite).")
def sandbox_(name: str, port: int, state: Path | None) -> None:
    """Serve a connector's document on loopback, until interrupted."""
    _, service = service_named(name)
    with Sandbox(service, port=port, state=state) as sandbox:
        click.echo(sandbox.url)
        told = ", ".join(f"{key}={value}" for key, value in sandbox.values.items())
        click.echo(f"accepts {told or 'every caller'}; stop with Ctrl-C", err=True)
        sandbox.wait()
