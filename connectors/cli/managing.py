"""The commands that add connectors and connect them: add, connect, connections."""

from __future__ import annotations

import re
import sys
import tempfile
from getpass import getpass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import click

from openconnectors import connecting, connections, registry
from openconnectors.cli import tables
from openconnectors.cli.tables import print_json
from openconnectors.cli.terminal import escaped_line
from openconnectors.connecting import FLOWS
from openconnectors.engine.call.connection import Connection, may_be_empty
from openconnectors.engine.call.connection import missing as connections_missing
from openconnectors.engine.client.connector import connected
from openconnectors.engine.documents import loader
from openconnectors.engine.endpoints import HTTP, shown
from openconnectors.engine.errors import ConnectorError, UnknownName
from openconnectors.engine.http import Request
from openconnectors.engine.masking import Mask, Url, sealed
from openconnectors.engine.model import ConnectionParameter, Service
from openconnectors.engine.policies import findings
from openconnectors.engine.secret import Secret
from openconnectors.engine.transports.blocking import BlockingTransport
from openconnectors.loading import connect, entry_at, entry_named, service_named
from openconnectors.registry import Entry

_FETCHING = 10.0
"""Seconds that fetching a document may take."""

# Adding and connecting


@click.command()
@click.argument("source", metavar="FOLDER|FILE|URL")
@click.option("--name", help="Name to find it by; by default that of its file or folder.")
@click.option("--replace", "anew", is_flag=True, help="Replace the connector that was added under this name.")
def add(source: str, name: str | None, anew: bool) -> None:
    """Check a connector's document, show what it offers, and copy it to the connectors that are found by name."""
    with tempfile.TemporaryDirectory() as folder:
        entry = entry_at(_fetched(source, Path(folder)) if "://" in source else Path(source))
        service = loader.load(entry.document, entry.properties)
        for one in dict.fromkeys((*service.diagnostics, *findings(service), *loader.faults(service))):
            click.echo(escaped_line(str(one)), err=True)
        chosen = name or entry.name
        place = registry.add(entry, chosen, anew=anew)
    needed = ", ".join(one.name for one in service.connection) or "nothing"
    title = escaped_line(service.title)
    click.echo(f"{title}: {len(service.operations)} operations; a connection has {needed}", err=True)
    unread = len(service.operations) - len(list(loader.readable(service)))
    if unread:
        click.echo(f"{unread} of them cannot be called, because the document cannot be read there", err=True)
    if service.scripted:
        click.echo(f"{len(service.scripted)} of them need a script, which does not run here", err=True)
    click.echo(f"added as {chosen} to {place}; see connectors show {chosen}", err=True)


@click.command("remove")
@click.argument("name")
def remove_(name: str) -> None:
    """Remove a connector that was added. Its saved connections are kept."""
    place = registry.remove(name)
    click.echo(f"removed {name} ({place})", err=True)
    kept = sorted(connections.saved_connections(name))
    if kept:
        click.echo(
            f"its saved connections are kept: {', '.join(kept)}; connectors connections remove {name} NAME removes one",
            err=True,
        )


def _fetched(url: str, folder: Path) -> Path:
    """The document at a URL, as a file. Nothing is followed, no credential is sent, and what may be one in the URL is
    not shown."""
    if not HTTP.match(url):
        raise ConnectorError(
            f"{shown(url)!r} is not the URL of a document: it has a host, http or https, no user name and no blanks"
        )
    query = Mask(Secret(value) for _, value in parse_qsl(urlsplit(url).query))
    request = Request("GET", Url(url, query), {"Accept": "application/json, application/yaml, */*"}, timeout=_FETCHING)
    with sealed(query):
        response = BlockingTransport().send(request)
    if response.status != 200:
        target = response.headers.get("Location")
        leads = f", which leads to {shown(target)}; a redirect is not followed: give that URL" if target else ""
        raise ConnectorError(f"{shown(url)} answered {response.status}{leads}; a document was expected")
    stem = re.sub(r"[^a-z0-9]+", "-", urlsplit(url).path.rpartition("/")[2].partition(".")[0].lower()).strip("-")
    suffix = "json" if response.body.lstrip()[:1] == b"{" else "yaml"
    path = folder / f"{stem or 'connector'}.swagger.{suffix}"
    path.write_bytes(response.body)
    return path


@click.command("connect")
@click.argument("name")
@click.option("--as", "saved", default=connections.DEFAULT, show_default=True, help="The name to save it under.")
@click.option("--set", "given", multiple=True, metavar="NAME=VALUE", help="A value; a secret as a reference only.")
@click.option("--base-url", metavar="URL", help="The place that it is for, instead of the document's.")
@click.option("--flow", type=click.Choice(list(FLOWS)), help="How a token is obtained.")
@click.option("--input/--no-input", "ask", default=None, help="Ask for what is missing; by default on a terminal.")
@click.option("--test/--no-test", default=True, help="Try the connection, where the connector says how.")
def connect_(
    name: str, saved: str, given: tuple[str, ...], base_url: str | None, flow: str | None, ask: bool | None, test: bool
) -> None:
    """Save a connection: values, and a token where the service gives one.

    A secret is asked for without showing it, or given as a reference: ${NAME} for a variable of the environment,
    file:PATH for a file. It is kept in the keyring, or as that reference. The connection is used for the place only
    that it was saved for: scheme, host, port and base path.
    """
    entry, service = service_named(name)
    asks = sys.stdin.isatty() if ask is None else ask
    values: dict[str, Any] = _given(service, given)
    token = next((one for one in service.connection if one.oauth is not None), None)
    if token is not None and token.name not in values and flow is None and asks:
        flow = "browser"
    if asks:
        for one in connections_missing(service, {**values, **({token.name: "-"} if token and flow else {})}):
            values[one.name] = _asked_for(service, one)
    if flow is not None:
        if token is None:
            raise click.UsageError(f"{entry.name} needs no token; leave --flow out")
        followed = connections.resolved(entry.name, saved, values)
        came = connecting.token(token, flow, followed, BlockingTransport(), lambda said: click.echo(said, err=True))
        # A token that can be had again without a person is not kept.
        values |= came if flow in ("browser", "device") else {"grant": flow.replace("-", "_")}
    whole = connections.given(entry, service, connections.resolved(entry.name, saved, values))
    base = Connection(service, whole.values, base_url).base  # refuses what is not whole
    place = connections.place_of(service, base)
    path = connections.save(entry.name, saved, service, values, place)
    click.echo(
        f"saved as {saved} of {entry.name} in {path}, for {place or 'the host that its policies choose'}", err=True
    )
    if test:
        _tested(entry, saved, base_url)


def _asked_for(service: Service, parameter: ConnectionParameter) -> Secret:
    """A value from the person at the terminal."""
    title = parameter.description or parameter.title or parameter.name
    hidden = connections.secret(service, parameter.name)
    optional = parameter.name in may_be_empty(service)
    answer = _answer(f"{title}: ", hidden)
    while answer == "" and not optional:
        answer = _answer(f"{title}: ", hidden)
    if answer is None:
        raise click.UsageError(f"the input has ended; give the value with --set {parameter.name}=VALUE")
    return Secret(answer)


def _answer(question: str, hidden: bool) -> str | None:
    """What a person answers; None where the input has ended, which click would take for Ctrl-C."""
    question = escaped_line(question)  # getpass writes to the terminal itself
    if hidden:
        try:
            return getpass(question)
        except EOFError:
            return None
    click.echo(question, nl=False, err=True)
    line = sys.stdin.readline()
    return line.rstrip("\n") if line else None


def _given(service: Service, given: tuple[str, ...]) -> dict[str, Any]:
    """The values of ``--set``. A secret on the command line is refused: others could read it there."""
    known = connections.fields(service)
    values: dict[str, Any] = {}
    for pair in given:
        key, mark, text = pair.partition("=")
        if not mark:
            raise click.UsageError("a --set has no '='; write --set NAME=VALUE")
        if key not in known:
            raise UnknownName("connection value", key, known)
        if text and connections.secret(service, key) and not connections.is_reference(text):
            raise click.UsageError(
                f"{key} is a secret, and the command line is seen by others; give it as '${{NAME}}' for a variable of "
                "the environment, or as file:PATH"
            )
        values[key] = text
    return values


@click.group("connections", invoke_without_command=False, no_args_is_help=True)
def connections_() -> None:
    """Saved connections."""


@connections_.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def connections_list(as_json: bool) -> None:
    """Name the saved connections; no value is shown."""
    rows = [{"connector": connector, "name": name} for connector, name in connections.all_saved()]
    if as_json:
        return print_json(rows)
    table = tables.table("connector", "name")
    for row in rows:
        tables.add_row(table, *row.values())
    tables.show(table)
    click.echo(f"in {connections.saved_file()}", err=True)
    return None


@connections_.command("test")
@click.argument("connector")
@click.argument("name", default=connections.DEFAULT)
@click.option("--base-url", metavar="URL", help="The place that it was saved for, if not the document's.")
def connections_test(connector: str, name: str, base_url: str | None) -> None:
    """Call the operation by which the connector shows that a connection works."""
    _tested(entry_named(connector), name, base_url)


def _tested(entry: Entry, name: str, base_url: str | None) -> None:
    made = connect(entry, name, base_url, None, {})
    asked = connected(made).service.test
    if asked is None:
        click.echo("the connector names no operation to test a connection with; its values are whole", err=True)
        return
    made[asked.operation](**{key: value for key, value in asked.arguments.items() if not isinstance(value, tuple)})
    click.echo(f"{entry.name} {name}: works ({asked.operation} was answered)", err=True)


@connections_.command("remove")
@click.argument("connector")
@click.argument("name", default=connections.DEFAULT)
def connections_remove(connector: str, name: str) -> None:
    """Forget a saved connection, and its secrets in the keyring."""
    connections.remove(connector, name)
    click.echo(f"removed {name} of {connector}", err=True)
