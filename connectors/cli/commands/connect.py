"""``connectors connect``."""

from __future__ import annotations

import sys
from getpass import getpass
from pathlib import Path
from typing import Any

import click

from openconnectors import connecting, connection_file, connections
from openconnectors.cli import completion
from openconnectors.cli.commands.connections import test_connection
from openconnectors.cli.help import Command
from openconnectors.cli.root_option import root_option
from openconnectors.cli.terminal import escaped_line
from openconnectors.connecting import FLOWS
from openconnectors.engine.call.connection import Connection, may_be_empty, missing, secret_names
from openconnectors.engine.errors import UnknownName
from openconnectors.engine.model import ConnectionParameter, Service
from openconnectors.engine.secret import Secret
from openconnectors.engine.transports.blocking import BlockingTransport
from openconnectors.entries import Entry
from openconnectors.loading import service_named


@click.command("connect", cls=Command)
@click.argument("name", shell_complete=completion.connector)
@root_option
@click.option(
    "--as",
    "saved",
    default=connection_file.DEFAULT,
    show_default=True,
    metavar="NAME",
    help="Name to save it under.",
    shell_complete=completion.saved_connection,
)
@click.option(
    "--set", "assignments", multiple=True, metavar="NAME=VALUE", help="Value to save; of a secret a reference only."
)
@click.option("--base-url", metavar="URL", help="Place that it is for, instead of the document's.")
@click.option("--server", metavar="SERVER", help="Server of the document: its URL, name or description.")
@click.option("--flow", type=click.Choice(list(FLOWS)), help="How a token is obtained.")
@click.option("--input/--no-input", "ask", default=None, help="Ask for missing values; by default on a terminal.")
@click.option("--test/--no-test", default=True, help="Test the connection, if the connector says how.")
def command(
    name: str, root: Path | None,
    saved: str, assignments: tuple[str, ...], base_url: str | None, server: str | None, flow: str | None,
    ask: bool | None, test: bool,
) -> None:  # fmt: skip
    """Save a connection: values, and a token if the service issues one.

    NAME is a connector; "connectors list" shows them.

    A secret is read without showing it, or set as a reference: ${NAME} for a variable of the environment, file:PATH
    for a file. It is kept in the keyring, or as that reference. The connection is used only for the place that it was
    saved for: scheme, host, port and base path.
    """
    entry, service = service_named(name, root)
    interactive = sys.stdin.isatty() if ask is None else ask
    values = _assigned(service, assignments)
    token = next((parameter for parameter in service.connection if parameter.oauth is not None), None)
    if token is not None and token.oauth is not None and token.name not in values and flow is None and interactive:
        flow = connecting.flow_of(token.oauth)
    if interactive:
        if token is not None and flow is not None and _consents(token, values):
            values["discover"] = "true"
        to_come = {token.name: "-"} if token is not None and flow is not None else {}
        for parameter in missing(service, {**values, **to_come}):
            values[parameter.name] = _ask(service, parameter)
    if flow is not None:
        values |= _obtained(entry, saved, token, flow, values)
    whole = connections.connection_values(entry, service, connection_file.resolved(entry.name, saved, values))
    # Raises for values that cannot be used.
    place = connections.place_of(service, Connection(service, whole.values, base_url, server=server))
    path = connection_file.save(entry.name, saved, service, values, place)
    click.echo(f"saved as {saved} of {entry.name} in {path}, for {place or 'the host that its policies set'}", err=True)
    if test:
        test_connection(entry, saved, base_url, server)


def _assigned(service: Service, assignments: tuple[str, ...]) -> dict[str, Any]:
    """The values of ``--set``. A secret is refused: other users of the machine see command lines."""
    names = connections.value_names(service)
    values: dict[str, Any] = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals:
            raise click.UsageError("a --set has no '='; write --set NAME=VALUE")
        if name not in names:
            raise UnknownName("connection value", name, names)
        if text and name in secret_names(service) and not connection_file.is_reference(text):
            raise click.UsageError(
                f"{name} is a secret, and others can see the command line; set it to '${{NAME}}' for a variable of the "
                "environment, or to file:PATH"
            )
        values[name] = text
    return values


def _consents(token: ConnectionParameter, values: dict[str, Any]) -> bool:
    """Whether the person lets the provider be asked for its endpoints, if the document leaves them to it."""
    oauth = token.oauth
    if oauth is None or oauth.token or not oauth.metadata or "discover" in values:
        return False
    question = f"The document names {oauth.metadata}, which describes the provider of tokens. Ask it?"
    return click.confirm(escaped_line(question), err=True)


def _obtained(
    entry: Entry, saved: str, token: ConnectionParameter | None, flow: str, values: dict[str, Any]
) -> dict[str, Any]:
    """The values to save for a token that is obtained by a flow."""
    if token is None:
        raise click.UsageError(f"{entry.name} needs no token; leave --flow out")
    followed = connection_file.resolved(entry.name, saved, values)
    obtained = connecting.token(
        token, flow, followed, BlockingTransport(), lambda message: click.echo(message, err=True)
    )
    # A token that can be obtained again without a person is not saved.
    if flow not in ("browser", "device"):
        return {"grant": flow.replace("-", "_")}
    several = token.oauth is not None and bool(token.oauth.others)
    return {**obtained, "grant": connecting.GRANTS[flow]} if several else obtained


def _ask(service: Service, parameter: ConnectionParameter) -> Secret:
    """The value that the person at the terminal types."""
    prompt = f"{parameter.description or parameter.title or parameter.name}: "
    hidden = parameter.name in secret_names(service)
    optional = parameter.name in may_be_empty(service)
    text = _read_line(prompt, hidden)
    while text == "" and not optional:
        text = _read_line(prompt, hidden)
    if text is None:
        raise click.UsageError(f"the input has ended; give the value with --set {parameter.name}=VALUE")
    return Secret(text)


def _read_line(prompt: str, hidden: bool) -> str | None:
    """The next line of the input; None at its end, which click would take for Ctrl-C."""
    prompt = escaped_line(prompt)  # getpass writes to the terminal itself
    if hidden:
        try:
            return getpass(prompt)
        except EOFError:
            return None
    click.echo(prompt, nl=False, err=True)
    line = sys.stdin.readline()
    return line.rstrip("\n") if line else None
