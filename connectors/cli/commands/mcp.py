"""``connectors mcp``."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, redirect_stdout
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import click
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.server.transport_security import TransportSecuritySettings

from openconnectors.async_loading import connect_async
from openconnectors.cli import completion
from openconnectors.cli.help import Command
from openconnectors.cli.help_sections import Option
from openconnectors.cli.network_options import NETWORK_OPTIONS, network_of
from openconnectors.cli.root_option import root_option
from openconnectors.cli.tables import Table, show
from openconnectors.cli.terminal import escaped_line
from openconnectors.engine.agents.catalogue import BUDGET, BYTES_OF_A_TOKEN, SEARCH, Catalogue, Listing, tokens
from openconnectors.engine.agents.choices import ask
from openconnectors.engine.agents.server import RESULT, server
from openconnectors.engine.client.async_connector import AsyncConnector
from openconnectors.engine.client.kinds import KINDS
from openconnectors.engine.errors import ConnectorError, UnknownName
from openconnectors.engine.extras import require
from openconnectors.loading import service_named
from openconnectors.network import LOOPBACK

_HOST = "127.0.0.1"
_PATH = "/mcp"


_OFFERED, _PLACE = "What is offered", "Which service"


# fmt: off
@click.command("mcp", cls=Command)
@click.argument("names", nargs=-1, required=True, metavar="NAME…", shell_complete=completion.connector)
@click.option(
    "--allow", cls=Option, section=_OFFERED, multiple=True, metavar="PATTERN",
    help=f"Operations: a name, a pattern such as 'list_*', a kind ({', '.join(KINDS)}), or KIND:PATTERN. By default "
    "those that read or add.",
)
@click.option(
    "--budget", cls=Option, section=_OFFERED, type=click.IntRange(800), default=BUDGET, show_default=True,
    metavar="TOKENS", help="Tokens of the list of tools; beyond it operations are searched for.",
)
@click.option(
    "--result", cls=Option, section=_OFFERED, type=click.IntRange(200), default=RESULT, show_default=True,
    metavar="TOKENS", help="Tokens of a result; what follows is asked for.",
)
@click.option(
    "--confirm", cls=Option, section=_OFFERED, multiple=True, metavar="PATTERN",
    help="Operations that a person confirms, as for --allow, beside those of which the document wants it.",
)
@click.option(
    "--no-confirm", cls=Option, section=_OFFERED, is_flag=True,
    help="Do not ask, even where the document wants a person to confirm.",
)
@click.option(
    "--ask-choices", cls=Option, section=_OFFERED, is_flag=True,
    help="Ask the services now for values of arguments, so that they are enumerations in the tools.",
)
@click.option("--list", "listed", is_flag=True, help="Print the tools and their tokens; serve nothing.")
@click.option(
    "--http", type=click.IntRange(0, 65535), metavar="PORT",
    help="Serve streamable HTTP on loopback instead of stdio; 0 for a free port.",
)
@root_option
@click.option("--sandbox", cls=Option, section=_PLACE, is_flag=True, help="Sandboxes started for this server.")
@click.option(
    "--connection", "saved", cls=Option, section=_PLACE, multiple=True, metavar="NAME",
    help="Saved connection to use; of several connectors CONNECTOR=NAME.",
)
@click.option(
    "--base-url", cls=Option, section=_PLACE, metavar="URL", help="Replaces scheme and host of the one connector."
)
@click.option(
    "--server", cls=Option, section=_PLACE, metavar="SERVER",
    help="Server of the document: its URL, name or description.",
)
def command(
    names: tuple[str, ...], root: Path | None, allow: tuple[str, ...], budget: int, result: int,
    confirm: tuple[str, ...], no_confirm: bool, listed: bool, http: int | None, **options: Any,
) -> None:
    # fmt: on
    """Serve operations to agents as tools of the Model Context Protocol, over stdio or HTTP.

    NAME is the name of a connector or the path of a document. Operations that change or delete something are offered
    only if --allow names them or their kind. Nothing is sent to a service before a tool is called, unless --ask-choices
    wants it.

    Exit status: 0 the client has ended, 1 an error, 2 usage error.
    """
    with ExitStack() as stack:
        connectors = _connectors(names, root, options, stack)
        catalogue = Catalogue(connectors, allow, confirm=confirm, confirms=not no_confirm)
        if options["ask_choices"]:
            count = asyncio.run(ask(catalogue.tools.values()))
            click.echo(f"{count} lists of values were asked for", err=True)
        listing = catalogue.listing(budget)
        if listed:
            _show(catalogue, listing)
            return
        for line in report(catalogue, listing, budget):
            click.echo(escaped_line(line), err=True)
        running = server(connectors, catalogue, listing, version=version("open-connectors"), longest=result)
        if http is None:
            with redirect_stdout(cast(Any, sys.__stdout__)):  # bytes of the protocol are not escaped for a terminal
                asyncio.run(_over_stdio(running))
        else:
            _over_http(running, http)


command.params += list(NETWORK_OPTIONS)


# Connectors


def _connectors(
    names: Sequence[str], root: Path | None, options: Mapping[str, Any], stack: ExitStack
) -> list[AsyncConnector]:
    """The connectors of the names, each with its connection."""
    if len(names) > 1 and (options["base_url"] or options["server"]):
        raise click.UsageError("--base-url and --server are for one connector; start a server for each")
    read = {name: service_named(name, root) for name in names}
    saved = _saved(options["saved"], [entry.name for entry, _ in read.values()])
    network = network_of(options)
    connectors = []
    for entry, service in read.values():
        connection: Any = saved.get(entry.name)
        base_url = options["base_url"]
        if options["sandbox"]:
            require("connectors mcp --sandbox", "sandbox")
            sandbox = stack.enter_context(import_module("openconnectors.engine.sandbox").Sandbox(service))
            connection, base_url, network = sandbox.values, sandbox.url, LOOPBACK
        connectors.append(connect_async(entry, connection, base_url, options["server"], network, {}, service=service))
    return connectors


def _saved(texts: Iterable[str], names: Sequence[str]) -> dict[str, str]:
    """The names of saved connections, by connector."""
    saved = {}
    for text in texts:
        connector, equals, name = text.partition("=")
        if not equals and len(names) > 1:
            raise click.UsageError(f"--connection {text}: say for which connector: {names[0]}={text}")
        if equals and connector not in names:
            raise UnknownName("connector", connector, names)
        saved[connector if equals else names[0]] = name if equals else text
    return saved


# The report


def report(catalogue: Catalogue, listing: Listing, budget: int) -> list[str]:
    """What is offered, what is left out and how to allow it, and what the list of tools costs."""
    lines = []
    by_connector: dict[str, int] = {}
    for tool in catalogue.tools.values():
        by_connector[tool.connector] = by_connector.get(tool.connector, 0) + 1
    lines.append("operations: " + (", ".join(f"{name} {count}" for name, count in by_connector.items()) or "none"))
    left = {kind: count for kind, count in catalogue.left_out.items() if count}
    if left:
        shown = ", ".join(f"{left[kind]} {kind}" for kind in KINDS if kind in left)
        lines.append(f"left out: {shown}; --allow with a kind or a name offers them")
    cost = f"{len(listing.tools)} tools, about {listing.tokens:,} tokens of {budget:,}"
    searched = f"; too many for the budget, so that a client searches with {SEARCH}" if listing.is_search else ""
    lines.append(f"{cost} (a token is {BYTES_OF_A_TOKEN} bytes of their JSON){searched}")
    return lines


def _show(catalogue: Catalogue, listing: Listing) -> None:
    table = Table("tool", "kind", "asks", "tokens")
    for tool in listing.tools:
        operation = catalogue.tools.get(tool.name)
        kind = operation.kind if operation is not None else ""
        asks = "yes" if operation is not None and operation.is_confirmed else ""
        table.add(tool.name, kind, asks, str(tokens(tool)))
    table.add("", "", "", str(listing.tokens))
    show(table)


# Transports


async def _over_stdio(running: Server[Any]) -> None:
    async with stdio_server() as (reading, writing):
        await running.run(reading, writing, running.create_initialization_options())


def _over_http(running: Server[Any], port: int) -> None:
    """Serve until interrupted, on loopback, for requests whose Host and Origin are of loopback, too."""
    import uvicorn  # for this option alone

    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((_HOST, port))
        listening.listen()  # from here on a client is served, once the server runs
    except OSError as error:
        listening.close()
        raise ConnectorError(f"port {port} of {_HOST} cannot be used: {error.strerror}; use another, or 0") from None
    port = listening.getsockname()[1]
    hosts = [f"{host}:{port}" for host in (_HOST, "localhost")]
    security = TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=[f"http://{host}" for host in hosts])
    app = running.streamable_http_app(streamable_http_path=_PATH, transport_security=security)
    click.echo(f"serving http://{_HOST}:{port}{_PATH}; stop with Ctrl-C", err=True)
    config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=2)
    asyncio.run(uvicorn.Server(config).serve([listening]))
