"""``connectors test``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec
from click.exceptions import Exit

from openconnectors import trials
from openconnectors.cli import completion
from openconnectors.cli.help import Command
from openconnectors.cli.help_sections import Option
from openconnectors.cli.network_options import NETWORK_OPTIONS, network_of
from openconnectors.cli.records import printing, prints_records
from openconnectors.cli.root_option import overlay_option, root_option
from openconnectors.cli.terminal import drawable
from openconnectors.engine.client.connector import Connector, connected
from openconnectors.engine.deferred import module
from openconnectors.engine.documents import document
from openconnectors.engine.errors import ConnectorError, UnknownName
from openconnectors.engine.sandbox import Sandbox
from openconnectors.loading import connect, entry_named, service_of
from openconnectors.network import LOOPBACK
from openconnectors.progress import Bar

if TYPE_CHECKING:
    from xml.etree import ElementTree
else:
    ElementTree = module("xml.etree.ElementTree")

_LIVE = "Real service"
_COLUMNS = ("operation", "method", "result", "status", "message")


@prints_records
@click.command("test", cls=Command)
@click.argument("name", shell_complete=completion.connector)
@root_option
@overlay_option
@click.option(
    "--operation",
    "operations",
    multiple=True,
    metavar="OPERATION",
    shell_complete=completion.operation,
    help="Operation to test; all by default.",
)
@click.option(
    "--arguments",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="JSON or YAML: arguments for each operation that needs others than made-up ones.",
)
@click.option(
    "--junit", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write JUnit's XML to FILE."
)
@click.option(
    "--live", cls=Option, section=_LIVE, is_flag=True, help="Call the service, and only what reads (GET and HEAD)."
)
@click.option(
    "--connection",
    cls=Option,
    section=_LIVE,
    metavar="NAME",
    shell_complete=completion.saved_connection,
    help="Saved connection; by default the values of the environment, else the saved default.",
)
@click.option("--base-url", cls=Option, section=_LIVE, metavar="URL", help="Call this scheme, host and path instead.")
def command(
    name: str, root: Path | None, overlays: tuple[Path, ...],
    operations: tuple[str, ...], file: Path | None, junit: Path | None,
    live: bool, connection: str | None, base_url: str | None, **options: Any,
) -> None:  # fmt: skip
    """Call each operation once with made-up arguments, in a sandbox of the connector.

    NAME is a connector, or the path of a document. The request is checked by the sandbox, the response is read and
    checked against the document. With --live the service is called instead: operations that only read, if their
    arguments are in the document's examples or in --arguments.

    Exit status: 0 all that were called passed, 1 an operation failed or its response deviates, 2 usage error.
    """
    if not live and (connection is not None or base_url is not None):
        raise click.UsageError("--connection and --base-url are for --live; without it a sandbox is called")
    entry = entry_named(name, root, overlays)
    outcomes: list[trials.Outcome] = []
    with ExitStack() as stack:
        if live:
            connector = connect(entry, connection, base_url, network_of(options).open(), {})
        else:
            sandbox = stack.enter_context(Sandbox(service_of(entry)))
            connector = connect(entry, sandbox.values, sandbox.url, LOOPBACK.open(), {})
        stack.enter_context(connector)
        names = _chosen(connector, operations)
        arguments = _arguments(connector, file)
        bar = stack.enter_context(Bar("operations", drawable()))
        tested = trials.try_operations(connector, names, arguments=arguments, live=live)
        outcomes.extend(bar.over(tested, len(names)))
    _print(outcomes, options)
    if junit is not None:
        junit.write_text(_junit(name, outcomes), "utf-8")
    counts = Counter[str](outcome.result for outcome in outcomes)
    summary = ", ".join(f"{counts[result]} {word}" for result, word in _WORDS.items() if counts[result])
    click.echo(f"{len(outcomes)} operations: {summary or 'none'}", err=True)
    if counts["failed"] or counts["deviates"]:
        raise Exit(1)


command.params.extend(NETWORK_OPTIONS)

_WORDS = {"passed": "passed", "deviates": "with deviations", "failed": "failed", "skipped": "skipped"}


def _chosen(connector: Connector, operations: Sequence[str]) -> list[str]:
    """The Python names of the operations to test, which may be named by their ids."""
    return [_name(connector, operation) for operation in operations] or list(connector)


def _name(connector: Connector, operation: str) -> str:
    """The Python name of an operation that is named by it, or by its id."""
    ids = connected(connector).operation_ids
    by_id = {operation_id: name for name, operation_id in ids.items()}
    name = by_id.get(operation, operation)
    if name not in ids:
        raise click.UsageError(str(UnknownName("operation", operation, ids)))
    return name


def _arguments(connector: Connector, file: Path | None) -> dict[str, Mapping[str, Any]]:
    """The arguments in a file, by the Python name of the operation."""
    if file is None:
        return {}
    try:
        members = document.read(file).root
    except ConnectorError as error:
        raise click.UsageError(str(error)) from None
    if not isinstance(members, Mapping) or not all(isinstance(each, Mapping) for each in members.values()):
        raise click.UsageError(f"{file}: a mapping is expected, from operations to mappings of their arguments")
    return {_name(connector, str(operation)): dict(values) for operation, values in members.items()}


def _print(outcomes: Sequence[trials.Outcome], options: Mapping[str, Any]) -> None:
    """Print the outcomes; a table for people leaves the paths out."""
    form = printing(options)
    rows = [msgspec.to_builtins(outcome) for outcome in outcomes]
    if not form.is_asked_for:
        rows = [{column: row[column] for column in _COLUMNS} for row in rows]
    form.print_value(rows, "table", _COLUMNS)


def _junit(name: str, outcomes: Sequence[trials.Outcome]) -> str:
    """A suite with a case for each operation."""
    results = Counter(outcome.result for outcome in outcomes)
    suite = ElementTree.Element("testsuite", name=f"connectors test {name}", tests=str(len(outcomes)))
    suite.set("failures", str(results["failed"] + results["deviates"]))
    suite.set("skipped", str(results["skipped"]))
    for outcome in outcomes:
        case = ElementTree.SubElement(suite, "testcase", classname=name, name=outcome.operation)
        if outcome.result == "skipped":
            ElementTree.SubElement(case, "skipped", message=outcome.message)
        elif outcome.result != "passed":
            ElementTree.SubElement(case, "failure", type=outcome.result, message=outcome.message)
    return ElementTree.tostring(suite, encoding="unicode")
