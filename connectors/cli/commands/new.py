"""``connectors new``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import click

from openconnectors import document_template, package_template, registry
from openconnectors.cli.findings import usage
from openconnectors.cli.help import Command
from openconnectors.cli.terminal import escaped_line
from openconnectors.document_template import AUTH
from openconnectors.engine.convert import VERSIONS


@click.command("new", cls=Command)
@click.argument("name")
@click.option("--title", metavar="TITLE", help="Title of the service; by default made of the name.")
@click.option("--url", metavar="URL", help=f"Where the service is; by default {document_template.URL}.")
@click.option(
    "--openapi",
    "version",
    type=click.Choice(VERSIONS),
    default=document_template.VERSION,
    show_default=True,
    help="Version of the specification; 2.0 is Swagger.",
)
@click.option("--auth", type=click.Choice(list(AUTH)), help="How callers sign in; by default none.")
@click.option(
    "--output",
    "-o",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    metavar="FOLDER",
    help="Folder to write to; by default this one.",
)
@click.option("--package", "as_package", is_flag=True, help="In a package, which can be published and installed.")
@click.option("--replace", is_flag=True, help="Replace a file that is there.")
@click.option("--input/--no-input", "ask", default=None, help="Ask for what is left out; by default on a terminal.")
def command(
    name: str, title: str | None, url: str | None, version: str, auth: str | None, folder: Path,
    as_package: bool, replace: bool, ask: bool | None,
) -> None:  # fmt: skip
    """Start a document: three operations, which can be called in a sandbox at once.

    NAME is what the connector will be called. Write your operations into the document in the place of these; it begins
    without findings. Exit status: 0 written, 2 usage error.
    """
    usage(lambda: registry.check_name(name))
    suffix = f".{'swagger' if version == '2.0' else 'openapi'}.yaml"
    path = folder / (f"{name}-connectors" if as_package else f"{name}{suffix}")
    if path.exists() and not replace:
        raise click.UsageError(f"{path} is there already; replace it with --replace, or choose another name")
    if sys.stdin.isatty() if ask is None else ask:
        title = title or click.prompt("Title of the service", document_template.title_of(name), err=True)
        url = url or click.prompt("Where it is", document_template.URL, err=True)
        auth = auth or _chosen()
    named, place = title or document_template.title_of(name), url or document_template.URL
    text = usage(lambda: document_template.document(named, place, auth or "none", version))
    if as_package:
        _write_package(path, package_template.files(name, text, suffix))
        return
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    _print_what_is_next(path, name)


def _write_package(folder: Path, files: Mapping[PurePosixPath, str]) -> None:
    for file, text in files.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text, "utf-8")
    shown = escaped_line(str(folder))
    place = f"./{shown}" if folder.parent == Path() else shown
    click.echo(f"wrote the package {shown}; next:", err=True)
    click.echo(f"  pip install -e {place}  # then its connectors are found by name, by connectors list, too", err=True)


def _chosen() -> str:
    """The way to sign in that the person chooses."""
    for name, row in AUTH.items():
        click.echo(f"  {name:<8}  {row.meaning}", err=True)
    return str(click.prompt("How callers sign in", "none", type=click.Choice(list(AUTH)), show_choices=False, err=True))


def _print_what_is_next(path: Path, name: str) -> None:
    shown = escaped_line(str(path))
    place = shown if path.parent != Path() else f"./{shown}"
    click.echo(f"wrote {shown}; next:", err=True)
    for line, why in {
        f"connectors validate {shown}": "check it",
        f"connectors call {place} list_items --sandbox": "call an operation, without the service",
        f"connectors add {shown}": f"then it is found by name: connectors call {name} list_items",
    }.items():
        click.echo(f"  {line}  # {why}", err=True)
