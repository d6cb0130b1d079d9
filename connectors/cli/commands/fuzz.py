"""``connectors fuzz``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from functools import partial
from itertools import count
from pathlib import Path

import click
from click.exceptions import Exit
from msgspec.structs import replace

from openconnectors.applications import BASE, application_named
from openconnectors.cli import completion
from openconnectors.cli.fuzz_reports import REPORTS, Run, write
from openconnectors.cli.help import Command
from openconnectors.cli.root_option import overlay_option, root_option
from openconnectors.cli.terminal import drawable, escaped_line
from openconnectors.engine.call.sample_connection import sample_values
from openconnectors.engine.client.connector import Connector, connected, runner_of
from openconnectors.engine.errors import InvalidDocument, UnknownName
from openconnectors.engine.fuzz import EXAMPLES, Failure, failure_of, fuzz, hostile, replay, resources
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.sandbox import Sandbox
from openconnectors.engine.traffic.recorder import RecordingTransport, Tape
from openconnectors.engine.traffic.redaction import Redaction
from openconnectors.engine.transports.applications import transport_to
from openconnectors.engine.transports.blocking import BlockingTransport
from openconnectors.entries import Entry
from openconnectors.loading import connect, entry_named, service_of
from openconnectors.network import LOOPBACK
from openconnectors.progress import Bar
from openconnectors.testing.recordings import credential_names

_READ_ONLY = ("GET", "HEAD", "OPTIONS")
"""The methods that change nothing (RFC 9110 section 9.2.1), but TRACE, which documents do not describe."""


@click.command("fuzz", cls=Command)
@click.argument("name", shell_complete=completion.connector)
@root_option
@overlay_option
@click.option("--url", metavar="URL", help="Service to call; by default a sandbox of the document.")
@click.option(
    "--app",
    "app",
    metavar="MODULE:NAME",
    help="Application of WSGI or ASGI to call in this process, or a function that makes one.",
)
@click.option(
    "--connection",
    metavar="NAME",
    shell_complete=completion.saved_connection,
    help="Saved connection; by default the sandbox's, or the environment's.",
)
@click.option(
    "--operation",
    "operations",
    metavar="OPERATION",
    multiple=True,
    shell_complete=completion.operation,
    help="Operation to fuzz; all by default.",
)
@click.option(
    "--seed",
    "random_seed",
    type=int,
    metavar="NUMBER",
    default=0,
    show_default=True,
    help="Seed of the random values: the same seed gives the same calls.",
)
@click.option(
    "--max-examples",
    type=click.IntRange(1),
    metavar="NUMBER",
    default=EXAMPLES,
    show_default=True,
    help="Calls per operation.",
)
@click.option("--read-only", is_flag=True, help="Fuzz GET, HEAD and OPTIONS operations only.")
@click.option(
    "--illegal/--no-illegal",
    default=True,
    help="Also send illegal requests, which the service must refuse.",
)
@click.option("--answers/--no-answers", default=True, help="Also give the client malformed responses, on loopback.")
@click.option("--save", type=click.Path(dir_okay=False, path_type=Path), help="Save failures to FILE.", metavar="FILE")
@click.option(
    "--replay",
    "again",
    type=click.Path(exists=True, path_type=Path),
    help="Repeat the failures saved in FILE.",
    metavar="FILE",
)
@click.option("--report", "kind", type=click.Choice([*REPORTS]), help="Write a report, to the file of --output.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="File of the report.", metavar="FILE")
def command(
    name: str, root: Path | None, overlays: tuple[Path, ...],
    url: str | None, app: str | None, connection: str | None, operations: tuple[str, ...], random_seed: int,
    max_examples: int, read_only: bool, illegal: bool, answers: bool, save: Path | None, again: Path | None,
    kind: str | None, output: Path | None,
) -> None:  # fmt: skip
    """Fuzz operations: valid calls whose responses are checked, illegal requests, which the service must refuse, and
    malformed responses.

    Sequences of calls create, read, list, change and delete what the service has, and look whether it is there.

    NAME is a connector, or the path of a document. A failure is shrunk, and shown as a command and as Python. With
    --url the calls reach that service, and have their effects there. An illegal request has one thing wrong: a
    parameter, the body, the media type, the credentials or the method. --report writes JUnit's XML (a case for each
    check of each operation), an HTTP archive (HAR) of every exchange, or JSON. Exit status: 0 no failures, 1 failures,
    2 usage error, 130 interrupted.
    """
    if url is not None and app is not None:
        raise click.UsageError("--url and --app are two places to call; give one of them")
    if (kind is None) != (output is None):
        raise click.UsageError("--report and --output belong together")
    entry = entry_named(name, root, overlays)
    with ExitStack() as stack:
        connector = _connected(entry, url, app, connection, stack)
        tape = _recording(connector) if kind is not None else None
        names = _chosen(connector, operations, read_only)
        bar = stack.enter_context(Bar("operations", drawable()))
        if again:
            failures = _replayed(connector, again)
        else:
            options = {"illegal": illegal, "sandboxed": url is None and app is None}
            failures = _failures(connector, names, max_examples, random_seed, answers, bar, options)
        collected: list[Failure] = []
        reproduced = partial(_reproduced, name=name, url=url, app=app)
        try:
            for failure in failures:
                collected.append(failure)
                with bar.hidden():
                    click.echo(escaped_line(f"{failure.check}: {failure.name}: {failure.message}"))
                    click.echo("\n".join(f"  {line}".rstrip() for line in reproduced(failure).splitlines()))
        finally:  # also of a run that is interrupted
            if save is not None:
                save.write_text(json.dumps([failure.saved() for failure in collected], indent=1) + "\n", "utf-8")
            if kind is not None and output is not None and tape is not None:
                exchanges = tape.exchanges()
                paths = [resource.path for resource in resources(_plans(connector, names))]
                write(kind, Run(name, names, paths, collected, exchanges, reproduced), output)
    click.echo(f"{len(collected)} failure{'s' * (len(collected) != 1)} in {len(names)} operations", err=True)
    if collected:
        raise Exit(1)


def _connected(entry: Entry, url: str | None, app: str | None, connection: str | None, stack: ExitStack) -> Connector:
    """The connector of an entry: to a URL, to an application in this process, or to a sandbox."""
    if url is not None:
        return connect(entry, connection, url, None, {})
    if app is None:
        sandbox = stack.enter_context(Sandbox(service_of(entry)))
        return connect(entry, sandbox.values, sandbox.url, LOOPBACK.open(), {})
    try:
        transport = transport_to(application_named(app))
    except (TypeError, ValueError, RuntimeError) as error:
        raise click.UsageError(str(error)) from error
    stack.callback(transport.close)
    values = sample_values(service_of(entry)) if connection is None else connection
    return connect(entry, values, BASE, transport, {})


def _recording(connector: Connector) -> Tape:
    """What records the exchanges of a connector from now on, credentials masked."""
    service = connected(connector).service
    tape = Tape(Redaction(connector.connection.mask, names=credential_names(service)))
    runner = runner_of(connector)
    runner.transport = RecordingTransport(runner.transport, tape)
    return tape


def _plans(connector: Connector, names: list[str]) -> dict[str, Plan]:
    """The plans of operations, but of those that cannot be read from the document."""
    plans = {}
    for name in names:
        with suppress(InvalidDocument):
            plans[name] = connected(connector).plan(connected(connector).operation_ids[name])
    return plans


def _reproduced(failure: Failure, name: str, url: str | None, app: str | None) -> str:
    """What repeats a failure: commands and Python."""
    if failure.response is not None:
        return f"answered with {failure.response!r}; replay it with --replay"
    if app is not None:
        sent = failure.sent
        if sent is not None:
            return f"{sent.method} {sent.url} {sent.body or b''!r}; replay it with --replay"
        place, _, attribute = app.removesuffix("()").partition(":")
        first, _, rest = attribute.partition(".")
        lines = [f"from {place} import {first}" + (f"; app = {attribute}" if rest else "")]
        lines[0] += " as app" if first != "app" and not rest else ""
        return "\n".join([*lines, failure.python(name, BASE, "openconnectors.testing.app_transport(app)")])
    if failure.sent is not None:
        return failure.curl
    lines = [failure.command(name, url), failure.python(name, url)]
    return "\n".join([*lines, *([failure.curl] if failure.curl and url is not None else [])])


def _chosen(connector: Connector, operations: tuple[str, ...], read_only: bool) -> list[str]:
    """The Python names of the operations to fuzz, which may be named by their ids."""
    ids, places = connected(connector).operation_ids, connected(connector).service.places
    by_id = {operation_id: name for name, operation_id in ids.items()}
    for name in operations:
        if name not in ids and name not in by_id:
            raise click.UsageError(str(UnknownName("operation", name, ids)))
    names = [by_id.get(name, name) for name in operations] or list(ids)
    return [name for name in names if not read_only or places[ids[name]][0] in _READ_ONLY]


def _failures(
    connector: Connector,
    names: list[str],
    examples: int,
    random_seed: int,
    answers: bool,
    bar: Bar,
    options: dict[str, bool],
) -> Iterator[Failure]:
    done = count(1)

    def report(message: str) -> None:
        with bar.hidden():
            click.echo(message, err=True)
        bar(next(done), len(names))

    yield from fuzz(connector, names, examples=examples, random_seed=random_seed, progress=report, **options)
    if answers:
        with _on_loopback(connector):
            yield from hostile(connector, names, examples=examples, random_seed=random_seed)


@contextmanager
def _on_loopback(connector: Connector) -> Iterator[None]:
    """Send requests over loopback, whatever they are carried by otherwise: to our server of malformed responses."""
    runner, transport = runner_of(connector), BlockingTransport(trust_env=False)
    before, runner.transport = runner.transport, transport
    try:
        yield
    finally:
        transport.close()
        runner.transport = before


def _replayed(connector: Connector, path: Path) -> Iterator[Failure]:
    """The failures of a file that still fail."""
    try:
        value = json.loads(path.read_text("utf-8"))
        members = value["failures"] if isinstance(value, dict) and "failures" in value else value
        failures = [failure_of(saved) for saved in members]
    except (ValueError, TypeError) as error:
        raise click.UsageError(f"{path} holds no failures: {error}") from None
    for failure in failures:
        with _on_loopback(connector) if failure.response is not None else nullcontext():
            message = replay(connector, failure)
        if message:
            yield replace(failure, message=message)
