"""``connectors proxy``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
import msgspec

from openconnectors.cli import completion
from openconnectors.cli.help import Command
from openconnectors.cli.network_options import NETWORK_OPTIONS, network_of
from openconnectors.cli.root_option import root_option
from openconnectors.cli.terminal import escaped_line
from openconnectors.engine.call.runner import Runner
from openconnectors.engine.traffic.proxy import Passed, Proxy
from openconnectors.loading import service_named


@click.command("proxy", cls=Command)
@click.argument("name", shell_complete=completion.connector)
@click.argument("url")
@root_option
@click.option(
    "--port", type=click.IntRange(0, 65535), metavar="PORT", default=0, help="Port on loopback; a free one by default."
)
@click.option(
    "--output",
    type=click.Choice(["text", "ndjson"]),
    default="text",
    show_default=True,
    help="Lines for people, or JSON objects.",
)
@click.option("--refuse", is_flag=True, help="Answer what deviates with 400 (a request) or 502 (a response).")
def command(name: str, url: str, root: Path | None, port: int, output: str, refuse: bool, **network: Any) -> None:
    """Forward to a service from loopback, and report where the traffic deviates from the document.

    NAME is a connector, or the path of a document; URL is where the service is. Its clients use the address that is
    printed as their base URL. A request goes to URL and nowhere else, with the header fields that it came with.

    The report goes to standard error: a line for each deviation, or with --output ndjson a JSON object for each
    exchange, with its method, path, operation, status, seconds and deviations.
    """
    _, service = service_named(name, root)

    def report(passed: Passed) -> None:
        for line in REPORTS[output](passed):
            click.echo(line, err=True)

    runner = Runner(network_of(network).open())
    with Proxy(service, url, runner, report, port=port, refuses=refuse) as proxy:
        click.echo(proxy.url)
        click.echo(f"forwards to {escaped_line(url)}; stop with Ctrl-C", err=True)
        proxy.wait()


command.params.extend(NETWORK_OPTIONS)


def _as_text(passed: Passed) -> list[str]:
    start = f"{passed.method} {passed.path} {passed.status} {passed.operation}".rstrip()
    return [escaped_line(f"{start}: {deviation}") for deviation in passed.deviations]


def _as_ndjson(passed: Passed) -> list[str]:
    return [msgspec.json.encode(passed).decode("utf-8")]


REPORTS: Mapping[str, Callable[[Passed], list[str]]] = {"text": _as_text, "ndjson": _as_ndjson}
"""The lines of an exchange, by the form of the report."""
