"""The ``settings.json`` beside a definition: the arguments of Microsoft's command line for connectors.

Sources: the JSON schema of ``settings.json`` (github.com/microsoft/PowerPlatformConnectors,
``schemas/paconn-settings.schema.json``); learn.microsoft.com, "Microsoft Power Platform Connectors CLI".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec.structs import replace

from openconnectors.engine.deferred import pattern
from openconnectors.engine.documents.document import Document
from openconnectors.engine.documents.published import PUBLISHED
from openconnectors.engine.errors import closest
from openconnectors.engine.lint.properties import Place
from openconnectors.engine.lint.properties_shapes import Shape, differences
from openconnectors.engine.lint.rules import Context, Finding
from openconnectors.engine.lint.table_properties import check
from openconnectors.engine.lint.tree import Node, mapping

SETTINGS = "settings.json"
_TEXT = Shape(null=True)
_VERSION = Shape(values=("2016-11-01",), null=True)
FILES = ("apiDefinition", "apiProperties", "icon", "script")
"""The members that name files."""
_NEEDED = ("apiDefinition", "apiProperties")
"""The files without which nothing is uploaded; others are left out if they do not exist."""
_URLS = ("powerAppsUrl", "flowUrl", "authorityUrl", "resource")
_SHAPE = Shape(
    "object",
    {
        **dict.fromkeys(("$schema", "connectorId", "environment", *FILES, *_URLS, "clientId", "tenant"), _TEXT),
        **dict.fromkeys(("powerAppsApiVersion", "flowApiVersion"), _VERSION),
    },
)


def settings_beside(path: Path) -> Path | None:
    """The settings of Microsoft's command line in the folder of a document; None if there are none, or if a file of
    this name is of something else. Beside a connector in Microsoft's form, what is no object is of nothing else."""
    file = path.parent / SETTINGS
    try:
        text = file.read_text("utf-8-sig") if file.is_file() else None
    except (OSError, ValueError):
        return None
    if text is None or _MEMBER.search(text):
        return file if text is not None else None
    published = any((path.parent / name).is_file() for name in PUBLISHED[:2])
    return file if published and not text.lstrip().startswith("{") else None


_MEMBER = pattern(r'"(connectorId|environment|apiDefinition|apiProperties|powerAppsUrl)"\s*:')


def settings_of(context: Context) -> Place | None:
    """The settings beside a document, if they are an object."""
    document = context.manifest
    return Place(document, "", "", document.root) if document is not None else None


def file_of(settings: Place, member: str) -> Path | None:
    """The file that a member of the settings names, whether it exists or not."""
    name = settings.below(member).value
    return Path(settings.document.file).parent / name if isinstance(name, str) and name.strip() else None


@check("settings-form")
def _form(node: Node, context: Context) -> Iterator[Finding]:
    settings = settings_of(context)
    for finding in differences(settings, _SHAPE) if settings is not None else ():
        rule = "settings-member" if finding.rule == "properties-member" else "settings-form"
        yield replace(finding, rule=rule)


@check("settings-file")
def _files(node: Node, context: Context) -> Iterator[Finding]:
    settings = settings_of(context)
    for member in FILES if settings is not None and isinstance(settings.value, Mapping) else ():
        file = file_of(settings, member) if settings is not None else None
        if settings is not None and file is None and member in _NEEDED and settings.below(member).value is not None:
            place = settings.below(member)
            if isinstance(place.value, str):  # settings-form reports what is no text
                yield place.finding(f"{member} names no file")
        if settings is None or file is None:
            continue
        other = next((name for name in FILES[: FILES.index(member)] if file_of(settings, name) == file), None)
        if other is not None:
            yield settings.below(member).finding(f"{other} names the same file", rule="settings-icon")
        if file.is_file():
            swapped = _other(member, context)
            if swapped is not None and file.resolve() == Path(swapped.file).resolve():
                yield settings.below(member).finding(f"{settings.below(member).value!r} is not the {member}")
            continue
        folder = file.parent if not file.is_dir() else file
        beside = [other.name for other in folder.iterdir() if other.is_file()] if folder.is_dir() else []
        place, rule = settings.below(member), "" if member in _NEEDED else "settings-icon"
        yield place.finding(f"there is no file {place.value!r}", suggestion=closest(file.name, beside), rule=rule)


def _other(member: str, context: Context) -> Document | None:
    """The document that a member does not name: the definition for the properties, and the other way round."""
    return {"apiDefinition": context.properties, "apiProperties": context.document}.get(member)


_ENVIRONMENT = pattern(r"(?i)(default-)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_PLACEHOLDER = pattern(r"[<\[{]|[A-Z_-]+\Z")
_EMPTY = ("connectorId", "environment", "icon", "script", "clientId", "tenant")
"""Members that say nothing if they are empty; an empty URL is none, and an empty name of a file that is needed too."""


@check("settings-value")
def _values(node: Node, context: Context) -> Iterator[Finding]:
    settings = settings_of(context)
    if settings is None:
        return
    place = settings.below("environment")
    text = place.value if isinstance(place.value, str) else ""
    if text.strip() and not _ENVIRONMENT.match(text) and not _PLACEHOLDER.match(text):
        yield place.finding(f"{text!r} is not the GUID of an environment, as 00000000-0000-0000-0000-000000000000")
    place = settings.below("connectorId")
    if isinstance(place.value, str) and re.search(r"\S\s+\S", place.value) and not _PLACEHOLDER.match(place.value):
        yield place.finding(f"{place.value!r} is not the identifier of a connector, which has no blank")
    for member in _EMPTY:
        place = settings.below(member)
        if isinstance(place.value, str) and not place.value.strip():
            yield place.finding(f"{member} is empty, and says nothing")
    for member in mapping(settings.value):
        place = settings.below(str(member))
        if str(member) in _URLS and isinstance(place.value, str) and not re.match(r"https://[^\s/]+\S*\Z", place.value):
            yield place.finding(f"{place.value!r} is not a URL with https", rule="settings-url")
