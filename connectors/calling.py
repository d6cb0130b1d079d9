"""The commands that look at connectors and call them: list, show, call, sandbox."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from connectors import tables
from connectors.connections import variables
from connectors.loading import connect, entries_sorted, service_named
from connectors.registry import Entry
from connectors.tables import print_json
from engine import loader
from engine.body import Compiler
from engine.describe import describe
from engine.errors import ConnectorError, UnknownName
from engine.model import Service
from engine.operation import Operation, documentation, operation_names
from engine.plan import Argument, Plan
from engine.sandbox import Sandbox
from engine.styles import scalar


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(as_json: bool) -> None:
    """Name the connectors that are found, and where each comes from."""
    rows = [{"name": name, "source": entry.source, "document": str(entry.document)} for name, entry in entries_sorted()]
    if as_json:
        return print_json(rows)
    table = tables.table("name", "source", "document")
    for row in rows:
        table.add_row(*row.values())
    tables.show(table)
    return None


_SCRIPTED = "(rewritten by a script of its publisher's, which does not run here: it cannot be called)"


@click.command()
@click.argument("name")
@click.argument("operation", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(name: str, operation: str | None, as_json: bool) -> None:
    """Tell what a connector, or one of its operations, offers and needs."""
    entry, service = service_named(name)
    if operation is not None:
        _show_operation(entry, service, operation, as_json)
        return
    told = describe(entry.name, service)
    if as_json:
        return print_json(told)
    click.echo(f"{told['title']} {told['version']}\n{told['description']}\n\nConnection")
    for one in service.connection:
        required = f"one of {', '.join(one.sets)}" if one.sets else "required" if one.required else "optional"
        click.echo(
            f"  {one.name}  {required}; {one.description or one.title} ({', '.join(variables(entry.name, one))})"
        )
    for kind in ("triggers", "actions"):
        click.echo(f"\n{kind.capitalize()}")
        table = tables.table("  name", "method", "path", "title")
        for row in told[kind]:
            scripted = f" {_SCRIPTED}" if row["operation_id"] in service.scripted else ""
            table.add_row(f"  {row['name']}", row["method"], row["path"], row["title"] + scripted)
        tables.show(table) if told[kind] else click.echo("  none")
    return None


def _show_operation(entry: Entry, service: Service, name: str, as_json: bool) -> None:
    names = operation_names(service)
    operation_id = names.get(name, name if name in service.operations else None)
    if operation_id is None:
        raise UnknownName("operation", name, names)
    if as_json:
        told = describe(entry.name, service)
        print_json(next(one for one in [*told["actions"], *told["triggers"]] if one["operation_id"] == operation_id))
    else:
        click.echo(documentation(Plan(Compiler(service), service.operations[operation_id])))
        if operation_id in service.scripted:
            click.echo(f"\n{_SCRIPTED}")


# call: a command for each connector, below it one for each operation, with an option for each argument


class _Calls(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, _ in entries_sorted()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        return _Operations(*service_named(cmd_name))


class _Operations(click.Group):
    def __init__(self, entry: Entry, service: Service) -> None:
        super().__init__(entry.name, help=service.description, no_args_is_help=True)
        self._entry, self._service = entry, service
        self._names = operation_names(service)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        by_id = {operation_id: name for name, operation_id in self._names.items()}
        name = by_id.get(cmd_name, cmd_name.replace("-", "_"))
        if name not in self._names:
            raise UnknownName("operation", cmd_name, self._names)
        plan = Plan(Compiler(self._service), self._service.operations[self._names[name]])
        return _call_command(self._entry, name, plan)


_OWN_OPTIONS = (
    click.Option(["--accept"], metavar="TYPE", help="Media type to ask for, such as application/xml."),
    click.Option(["--connection"], metavar="NAME", help="A saved connection."),
    click.Option(["--base-url"], metavar="URL", help="Replaces scheme and host."),
    click.Option(["--timeout"], type=float, help="Seconds that the whole call may take."),
    click.Option(["--items"], is_flag=True, help="Follow the pages; print one item a line."),
    click.Option(["--dry-run"], is_flag=True, help="Print the request; send nothing."),
    click.Option(["--json", "as_json"], is_flag=True, help="Print the value on one line."),
    click.Option(["--sandbox", "sandbox"], is_flag=True, help="Call a sandbox started for this call."),
    click.Option(["--set", "given"], multiple=True, metavar="NAME=VALUE", help="An argument by its wire name."),
)


def _call_command(entry: Entry, name: str, plan: Plan) -> click.Command:
    taken = {flag for option in _OWN_OPTIONS for flag in option.opts} | {"--help"}
    options: list[click.Parameter] = []
    for one in plan.arguments:
        flag = f"--{one.name.rstrip('_').replace('_', '-')}"
        if one.hidden or flag in taken:
            continue  # still reached by --set
        taken.add(flag)
        needed = " [required]" if plan.asked(one) else ""
        several = "array" in plan.contract(one.schema).types
        said = " ".join((one.description or one.title).split()) + needed
        options.append(
            click.Option(
                [flag, f"argument_{one.name}"],
                multiple=several,
                help=said,
                metavar="VALUE",
                shell_complete=_completion(entry, name, one),
            )
        )

    def run(**given: Any) -> None:
        _call(entry, name, plan, given)

    return click.Command(
        name, params=[*options, *_OWN_OPTIONS], callback=run, help=documentation(plan).split("\n\nArg")[0]
    )


def _completion(entry: Entry, operation: str, argument: Argument) -> Callable[..., list[CompletionItem]]:
    """What a shell offers for an argument: what its enum lists, or what the service says where one is connected."""

    def complete(ctx: click.Context, option: click.Parameter, incomplete: str) -> list[CompletionItem]:
        known = {
            one.removeprefix("argument_"): value
            for one, value in ctx.params.items()
            if one.startswith("argument_") and value not in (None, ())
        }
        try:
            made = connect(entry, ctx.params.get("connection"), ctx.params.get("base_url"), None, {"timeout": 3.0})
            found = made[operation].choices(argument.name, **known)
        except ConnectorError:
            return []  # a shell has no place for words
        return [CompletionItem(str(value), help=title) for value, title in found if str(value).startswith(incomplete)]

    return complete


def _call(entry: Entry, name: str, plan: Plan, given: dict[str, Any]) -> None:
    by_name = {one.name: one for one in plan.arguments}
    by_wire = {one.wire: one for one in plan.arguments}
    arguments: dict[str, Any] = {}
    for key, text in given.items():
        if key.startswith("argument_") and text not in (None, ()):
            one = by_name[key.removeprefix("argument_")]
            arguments[one.name] = _typed(plan, one, text)
    for pair in given["given"]:
        key, mark, text = pair.partition("=")
        if not mark:
            raise click.UsageError(f"--set {pair!r} has no '='; write --set NAME=VALUE")
        known = by_wire.get(key) or by_name.get(key)
        arguments[key] = _typed(plan, known, text) if known is not None else text
    options = {option: given[option] for option in ("accept", "timeout") if given[option] is not None}
    with ExitStack() as stack:
        connection, base_url = given["connection"], given["base_url"]
        if given["sandbox"]:
            sandbox = stack.enter_context(Sandbox(loader.load(entry.document, entry.properties)))
            connection, base_url = sandbox.values, sandbox.url
        operation = connect(entry, connection, base_url, None, options)[plan.operation.id]
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
        click.echo(f"deviation: {one}", err=True)
    if response.value is None:
        click.echo(f"answered {response.status}, without a value", err=True)
    else:
        print_json(response.value, compact=compact)


def _typed(plan: Plan, argument: Argument, given: Any) -> Any:
    """An argument of the command line as its schema wants it; what does not fit stays text, for the
    engine to refuse."""
    schema = plan.contract(argument.schema)
    if isinstance(given, tuple):
        items = plan.contract(schema.items) if schema.items is not None else schema
        return [scalar(one, items) for one in given]
    if {"object", "array"} & set(schema.types):
        text = Path(given[1:]).read_text("utf-8") if given.startswith("@") else given
        try:
            return json.loads(text)
        except ValueError as error:
            raise click.UsageError(f"{argument.name} must be JSON, or @file: {error}") from None
    return scalar(given, schema)


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
        try:
            sandbox.wait()
        except KeyboardInterrupt:
            click.echo("stopped", err=True)
