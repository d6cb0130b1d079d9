"""``connectors add``."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import click

from openconnectors import adding
from openconnectors.cli.help import Command
from openconnectors.cli.network_options import NETWORK_OPTIONS, network_of
from openconnectors.cli.root_option import overlay_option, root_option
from openconnectors.cli.terminal import escaped_line
from openconnectors.engine.documents.parts import faults, readable
from openconnectors.engine.policies import findings
from openconnectors.loading import entry_at, service_of
from openconnectors.sources import fetched, imported
from openconnectors.versions import joined


@click.command("add", cls=Command)
@click.argument("source", metavar="FOLDER|FILE|URL")
@click.option("--name", metavar="NAME", help="Name to find it by; by default that of its file or folder.")
@root_option
@overlay_option
@click.option("--version", metavar="VERSION", default="", help="Version to keep it under, beside others of its name.")
@click.option("--replace", is_flag=True, help="Replace the connector that was added under this name.")
def command(
    source: str,
    name: str | None,
    root: Path | None,
    overlays: tuple[Path, ...],
    version: str,
    replace: bool,
    **network: Any,
) -> None:
    """Check a connector's document, and copy it to the connectors that are found by name.

    It is a file, a folder with a document in it, such as those that Microsoft publishes, or a URL. A Postman collection
    (format 2.1) becomes an OpenAPI document first, with a report of what is left out or a guess.

    Exit status: 0 added, 1 it cannot be read or its name is in use, 2 usage error.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = fetched(source, Path(folder), network_of(network)) if "://" in source else Path(source)
        path, report = imported(path, Path(folder))
        for diagnostic in report:
            click.echo(escaped_line(str(diagnostic)), err=True)
        entry = entry_at(path, root, overlays)
        service = service_of(entry)
        for diagnostic in dict.fromkeys((*service.diagnostics, *findings(service), *faults(service))):
            click.echo(escaped_line(str(diagnostic)), err=True)
        chosen = name or entry.name
        path = adding.add(entry, chosen, replace=replace, version=version, source=source, base=root, overlays=overlays)
    values = ", ".join(parameter.name for parameter in service.connection) or "no values"
    title = escaped_line(service.title)
    click.echo(f"{title}: {len(service.operations)} operations; a connection has {values}", err=True)
    unreadable = len(service.operations) - len(list(readable(service)))
    if unreadable:
        click.echo(f"{unreadable} of them cannot be called, because the document cannot be read there", err=True)
    if service.scripted:
        click.echo(f"{len(service.scripted)} of them need a script, which does not run here", err=True)
    click.echo(f"added as {joined(chosen, version)} to {path}; see connectors show {joined(chosen, version)}", err=True)


command.params.extend(NETWORK_OPTIONS)
