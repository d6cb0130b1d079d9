"""The command line: ``connectors list | show | call | sandbox | validate | diff | fuzz | add | connect |
connections``.

Data goes to stdout, words to stderr. Exit codes: 0 fine; 1 findings or a refused call; 2 wrong usage.
"""

from __future__ import annotations

import base64
import json
import re
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import click
from click.shell_completion import CompletionItem
from rich.console import Console
from rich.table import Table

from connectors import checks, connecting, connections, registry
from connectors.connecting import FLOWS
from connectors.connections import variables
from connectors.loading import connect, entries_sorted, entry_at
from connectors.registry import Entry
from engine import loader
from engine.body import Compiler
from engine.connection import missing as connections_missing
from engine.describe import describe
from engine.errors import AnswerError, ConnectorError, InvalidDocument, UnknownName
from engine.http import Request
from engine.model import Service
from engine.operation import Operation, documentation, operation_names
from engine.plan import Argument, Plan
from engine.policies import findings
from engine.sandbox import Sandbox
from engine.styles import scalar
from engine.transports.blocking import BlockingTransport


def _entry(name: str) -> Entry:
    """A connector by name, or by the path of its document where that is what is given."""
    path = Path(name)
    if path.exists() and (path.suffix or "/" in name):
        return entry_at(path)
    return registry.find(name)


def _service(name: str) -> tuple[Entry, Service]:
    entry = _entry(name)
    return entry, loader.load(entry.document, entry.properties)


def _plain(value: Any) -> Any:
    """What JSON has no word for, as text."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(type(value).__name__)


def _print(value: Any, *, compact: bool = False) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, default=_plain, indent=None if compact else 2))


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _show_table(table: Table) -> None:
    Console(width=None if sys.stdout.isatty() else 160, highlight=False).print(table, markup=False)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="open-connectors")
def cli() -> None:
    """Call any Swagger-described service by name, in JSON and in XML."""


@cli.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(as_json: bool) -> None:
    """Name the connectors that are found, and where each comes from."""
    rows = [{"name": name, "source": entry.source, "document": str(entry.document)} for name, entry in entries_sorted()]
    if as_json:
        return _print(rows)
    table = _table("name", "source", "document")
    for row in rows:
        table.add_row(*row.values())
    _show_table(table)
    return None


_SCRIPTED = "(rewritten by a script of its publisher's, which does not run here: it cannot be called)"


@cli.command()
@click.argument("name")
@click.argument("operation", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(name: str, operation: str | None, as_json: bool) -> None:
    """Tell what a connector, or one of its operations, offers and needs."""
    entry, service = _service(name)
    if operation is not None:
        _show_operation(entry, service, operation, as_json)
        return
    told = describe(entry.name, service)
    if as_json:
        return _print(told)
    click.echo(f"{told['title']} {told['version']}\n{told['description']}\n\nConnection")
    for one in service.connection:
        required = f"one of {', '.join(one.sets)}" if one.sets else "required" if one.required else "optional"
        click.echo(
            f"  {one.name}  {required}; {one.description or one.title} ({', '.join(variables(entry.name, one))})"
        )
    for kind in ("triggers", "actions"):
        click.echo(f"\n{kind.capitalize()}")
        table = _table("  name", "method", "path", "title")
        for row in told[kind]:
            scripted = f" {_SCRIPTED}" if row["operation_id"] in service.scripted else ""
            table.add_row(f"  {row['name']}", row["method"], row["path"], row["title"] + scripted)
        _show_table(table) if told[kind] else click.echo("  none")
    return None


def _show_operation(entry: Entry, service: Service, name: str, as_json: bool) -> None:
    names = operation_names(service)
    operation_id = names.get(name, name if name in service.operations else None)
    if operation_id is None:
        raise UnknownName("operation", name, names)
    if as_json:
        told = describe(entry.name, service)
        _print(next(one for one in [*told["actions"], *told["triggers"]] if one["operation_id"] == operation_id))
    else:
        click.echo(documentation(Plan(Compiler(service), service.operations[operation_id])))
        if operation_id in service.scripted:
            click.echo(f"\n{_SCRIPTED}")


# call: a command for each connector, below it one for each operation, with an option for each argument


class _Calls(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, _ in entries_sorted()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        return _Operations(*_service(cmd_name))


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
                _print(item, compact=True)
        else:
            _answer(operation, arguments, given["as_json"])


def _answer(operation: Operation, arguments: dict[str, Any], compact: bool) -> None:
    response = operation.response(**arguments)
    for one in response.deviations:
        click.echo(f"deviation: {one}", err=True)
    if response.value is None:
        click.echo(f"answered {response.status}, without a value", err=True)
    else:
        _print(response.value, compact=compact)


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


@cli.group("call", cls=_Calls, no_args_is_help=True, subcommand_metavar="NAME OPERATION [--PARAM VALUE]...")
def call() -> None:
    """Call an operation; its parameters are options."""


@cli.command("sandbox")
@click.argument("name")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on loopback; a free one by default.")
@click.option("--state", type=click.Path(dir_okay=False, path_type=Path), help="File to remember in (SQLite).")
def sandbox_(name: str, port: int, state: Path | None) -> None:
    """Serve a connector's document on loopback, until interrupted."""
    _, service = _service(name)
    with Sandbox(service, port=port, state=state) as sandbox:
        click.echo(sandbox.url)
        told = ", ".join(f"{key}={value}" for key, value in sandbox.values.items())
        click.echo(f"accepts {told or 'every caller'}; stop with Ctrl-C", err=True)
        try:
            sandbox.wait()
        except KeyboardInterrupt:
            click.echo("stopped", err=True)


cli.add_command(checks.validate)
cli.add_command(checks.diff)
cli.add_command(checks.fuzz)


# Adding and connecting


@cli.command()
@click.argument("source", metavar="FOLDER|FILE|URL")
@click.option("--name", help="The name to find it by; its file's or folder's by default.")
@click.option("--replace", "anew", is_flag=True, help="Put it in place of one added before.")
def add(source: str, name: str | None, anew: bool) -> None:
    """Check a connector's document, tell what it offers, and copy it to those that are found by name."""
    with tempfile.TemporaryDirectory() as folder:
        entry = entry_at(_fetched(source, Path(folder)) if "://" in source else Path(source))
        service = loader.load(entry.document, entry.properties)
        for one in (*service.diagnostics, *findings(service)):
            click.echo(str(one), err=True)
        chosen = name or entry.name
        place = registry.add(entry, chosen, anew=anew)
    needed = ", ".join(one.name for one in service.connection) or "nothing"
    click.echo(f"{service.title}: {len(service.operations)} operations; a connection has {needed}", err=True)
    if service.scripted:
        click.echo(f"{len(service.scripted)} of them need a script, which does not run here", err=True)
    click.echo(f"added as {chosen} to {place}; see connectors show {chosen}", err=True)


def _fetched(url: str, folder: Path) -> Path:
    """The document at a URL, as a file. Nothing is followed, and no credential is sent."""
    response = BlockingTransport().send(Request("GET", url, {"Accept": "application/json, application/yaml, */*"}))
    if response.status != 200:
        raise ConnectorError(f"{url} answered {response.status}; a document was expected")
    stem = re.sub(r"[^a-z0-9]+", "-", urlsplit(url).path.rpartition("/")[2].partition(".")[0].lower()).strip("-")
    suffix = "json" if response.body.lstrip()[:1] == b"{" else "yaml"
    path = folder / f"{stem or 'connector'}.swagger.{suffix}"
    path.write_bytes(response.body)
    return path


@cli.command("connect")
@click.argument("name")
@click.option("--as", "saved", default=connections.DEFAULT, show_default=True, help="The name to save it under.")
@click.option("--set", "given", multiple=True, metavar="NAME=VALUE", help="A value; a secret as a reference only.")
@click.option("--flow", type=click.Choice(list(FLOWS)), help="How a token is obtained.")
@click.option("--input/--no-input", "ask", default=None, help="Ask for what is missing; by default on a terminal.")
@click.option("--test/--no-test", default=True, help="Try the connection, where the connector says how.")
def connect_(name: str, saved: str, given: tuple[str, ...], flow: str | None, ask: bool | None, test: bool) -> None:
    """Save a connection: values, and a token where the service gives one.

    A secret is asked for without showing it, or given as a reference: ${NAME} for a variable of the environment,
    file:PATH for a file. It is kept in the keyring, or as that reference.
    """
    entry, service = _service(name)
    asks = sys.stdin.isatty() if ask is None else ask
    values = _given(service, given)
    token = next((one for one in service.connection if one.oauth is not None), None)
    if token is not None and token.name not in values and flow is None and asks:
        flow = "browser"
    if asks:
        for one in connections_missing(service, {**values, **({token.name: "-"} if token and flow else {})}):
            values[one.name] = click.prompt(one.description or one.title or one.name, hide_input=one.secret)
    if flow is not None:
        if token is None:
            raise click.UsageError(f"{entry.name} needs no token; leave --flow out")
        followed = connections.resolved(entry.name, saved, values)
        came = connecting.token(token, flow, followed, BlockingTransport(), lambda said: click.echo(said, err=True))
        # A token that can be had again without a person is not kept.
        values |= came if flow in ("browser", "device") else {"grant": flow.replace("-", "_")}
    followed = connections.resolved(entry.name, saved, values)
    connections.values(entry.name, service, followed)  # refuses what is not whole
    path = connections.save(entry.name, saved, service, values)
    click.echo(f"saved as {saved} of {entry.name} in {path}", err=True)
    if test:
        _tested(entry, saved)


def _given(service: Service, given: tuple[str, ...]) -> dict[str, Any]:
    """The values of ``--set``. A secret on the command line is refused: others could read it there."""
    known = connections.fields(service)
    values: dict[str, Any] = {}
    for pair in given:
        key, mark, text = pair.partition("=")
        if not mark:
            raise click.UsageError(f"--set {key!r} has no '='; write --set NAME=VALUE")
        if key not in known:
            raise UnknownName("connection value", key, known)
        if connections.secret(service, key) and not connections.is_reference(text):
            raise click.UsageError(
                f"{key} is a secret, and the command line is seen by others; give it as '${{NAME}}' for a variable of "
                "the environment, or as file:PATH"
            )
        values[key] = text
    return values


@cli.group("connections", invoke_without_command=False, no_args_is_help=True)
def connections_() -> None:
    """Saved connections."""


@connections_.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def connections_list(as_json: bool) -> None:
    """Name the saved connections; no value is shown."""
    rows = [{"connector": connector, "name": name} for connector, name in connections.all_saved()]
    if as_json:
        return _print(rows)
    table = _table("connector", "name")
    for row in rows:
        table.add_row(*row.values())
    _show_table(table)
    click.echo(f"in {connections.saved_file()}", err=True)
    return None


@connections_.command("test")
@click.argument("connector")
@click.argument("name", default=connections.DEFAULT)
def connections_test(connector: str, name: str) -> None:
    """Call the operation by which the connector shows that a connection works."""
    _tested(_entry(connector), name)


def _tested(entry: Entry, name: str) -> None:
    made = connect(entry, name, None, None, {})
    if made.service.test is None:
        click.echo("the connector names no operation to test a connection with; its values are whole", err=True)
        return
    asked = made.service.test
    made[asked.operation](**{key: value for key, value in asked.arguments.items() if not isinstance(value, tuple)})
    click.echo(f"{entry.name} {name}: works ({asked.operation} was answered)", err=True)


@connections_.command("remove")
@click.argument("connector")
@click.argument("name", default=connections.DEFAULT)
def connections_remove(connector: str, name: str) -> None:
    """Forget a saved connection, and its secrets in the keyring."""
    connections.remove(connector, name)
    click.echo(f"removed {name} of {connector}", err=True)


def main() -> None:
    """Runs the command line, every error of ours as words and an exit code."""
    try:
        code = cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.exceptions.Abort:
        sys.exit(130)
    except UnknownName as error:
        click.echo(f"connectors: {error}", err=True)
        sys.exit(2)
    except ConnectorError as error:
        click.echo(f"connectors: {error}" if not isinstance(error, InvalidDocument) else str(error), err=True)
        if isinstance(error, AnswerError) and error.value is not None:
            click.echo(json.dumps(error.value, ensure_ascii=False, default=_plain), err=True)
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)
