"""``connectors add``."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import click

from openconnectors import adding
from openconnectors.cli.help import Command
from openconnectors.cli.root_option import overlay_option, root_option
from openconnectors.cli.terminal import escaped_line
from openconnectors.engine.documents.parts import faults, readable
from openconnectors.engine.endpoints import HTTP, shown
from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.http import Request
from openconnectors.engine.masking import Mask, Url, sealed
from openconnectors.engine.policies import findings
from openconnectors.engine.secret import Secret
from openconnectors.engine.transports.blocking import BlockingTransport
from openconnectors.loading import entry_at, service_of
from openconnectors.versions import joined

_FETCH_TIMEOUT = 10.0
"""Seconds that fetching a document may take."""


@click.command("add", cls=Command)
@click.argument("source", metavar="FOLDER|FILE|URL")
@click.option("--name", metavar="NAME", help="Name to find it by; by default that of its file or folder.")
@root_option
@overlay_option
@click.option("--version", metavar="VERSION", default="", help="Version to keep it under, beside others of its name.")
@click.option("--replace", is_flag=True, help="Replace the connector that was added under this name.")
def command(
    source: str, name: str | None, root: Path | None, overlays: tuple[Path, ...], version: str, replace: bool
) -> None:
    """Check a connector's document, and copy it to the connectors that are found by name.

    It is a file, a folder with a document in it, such as those that Microsoft publishes, or a URL.

    Exit status: 0 added, 1 it cannot be read or its name is in use, 2 usage error.
    """
    with tempfile.TemporaryDirectory() as folder:
        entry = entry_at(_fetch(source, Path(folder)) if "://" in source else Path(source), root, overlays)
        service = service_of(entry)
        for diagnostic in dict.fromkeys((*service.diagnostics, *findings(service), *faults(service))):
            click.echo(escaped_line(str(diagnostic)), err=True)
        chosen = name or entry.name
        path = adding.add(entry, chosen, replace=replace, version=version)
    values = ", ".join(parameter.name for parameter in service.connection) or "no values"
    title = escaped_line(service.title)
    click.echo(f"{title}: {len(service.operations)} operations; a connection has {values}", err=True)
    unreadable = len(service.operations) - len(list(readable(service)))
    if unreadable:
        click.echo(f"{unreadable} of them cannot be called, because the document cannot be read there", err=True)
    if service.scripted:
        click.echo(f"{len(service.scripted)} of them need a script, which does not run here", err=True)
    click.echo(f"added as {joined(chosen, version)} to {path}; see connectors show {joined(chosen, version)}", err=True)


def _fetch(url: str, folder: Path) -> Path:
    """Fetch the document at a URL; return its file. Redirects are not followed, no credentials are sent, and the query
    of the URL, which may have some, is not shown."""
    if not HTTP.match(url):
        raise ConnectorError(
            f"{shown(url)!r} is not the URL of a document: it has a host, http or https, no user name and no blanks"
        )
    query = Mask(Secret(value) for _, value in parse_qsl(urlsplit(url).query))
    accept = {"Accept": "application/json, application/yaml, */*"}
    request = Request("GET", Url(url, query), accept, timeout=_FETCH_TIMEOUT)
    with sealed(query):
        response = BlockingTransport().send(request)
    if response.status != 200:
        target = response.headers.get("Location")
        redirect = f", a redirect to {shown(target)}, which was not followed: give that URL" if target else ""
        raise ConnectorError(f"{shown(url)} answered {response.status}{redirect}; a document was expected")
    stem = re.sub(r"[^a-z0-9]+", "-", urlsplit(url).path.rpartition("/")[2].partition(".")[0].lower()).strip("-")
    suffix = "json" if response.body.lstrip()[:1] == b"{" else "yaml"
    path = folder / f"{stem or 'connector'}.{suffix}"
    path.write_bytes(response.body)
    return path
