"""What a connector is on disk: its files, by their names; its name and its version.

A connector is a document ``<name>.swagger.yaml`` (or ``.yml``, ``.json``), with properties beside it in
``<name>.properties.yaml`` and an overlay in ``<name>.overlay.yaml`` where it needs them; or a folder ``<name>/`` with
``apiDefinition.swagger.json`` and ``apiProperties.json``; or a folder ``<name>/`` whose ``connector.json`` names its
document, properties and overlays, for a document of many files; or a folder ``<name>/`` with the ``settings.json`` of
Microsoft's command line, which names its files.

A name may end with a version, ``<name>@<version>``: connectors that differ in it have one name, and ``versions`` says
which of them is meant if nobody says it.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import MsgspecError, Raw, Struct
from msgspec.json import decode as json_decode
from msgspec.structs import replace

from openconnectors import versions
from openconnectors.engine.deferred import module, pattern
from openconnectors.engine.documents.published import PUBLISHED
from openconnectors.engine.documents.scalars import MAX_BYTES
from openconnectors.engine.errors import ConnectorError

if TYPE_CHECKING:
    from openconnectors.engine.documents import loader
    from openconnectors.engine.documents.overlays import overlay as overlays
else:
    loader = module("openconnectors.engine.documents.loader")
    overlays = module("openconnectors.engine.documents.overlays.overlay")

MANIFEST = "connector.json"
"""In the folder of a connector of many files: ``{"document": "api/openapi.yaml", "properties": "properties.yaml"}``."""
_MANIFESTS = {MANIFEST: ("document", "properties"), "settings.json": ("apiDefinition", "apiProperties")}
"""The files that name others of their folder, with the members for its document and its properties."""
SUFFIXES = tuple(f".{kind}.{form}" for kind in ("swagger", "openapi") for form in ("yaml", "yml", "json"))
_PROPERTIES = tuple(f".properties.{form}" for form in ("yaml", "yml", "json"))
OVERLAYS = tuple(f".overlay.{form}" for form in ("yaml", "yml", "json"))
"""How the names of overlays end."""


class Entry(Struct, frozen=True):
    """A connector that can be loaded: its document, its properties if they are in another file, and its source:
    "built in", "added", a package or a folder."""

    name: str
    document: Path
    properties: Path | None
    source: str
    named: bool = False
    """Whether it was found by its name, so that values that are kept under this name are meant for it."""
    trusted: bool = False
    """Whether it comes with this package, so that its document may name any variable of the environment."""
    root: Path | None = None
    """The folder below which files that the document refers to are read; None: that of the document."""
    overlays: tuple[Path, ...] = ()
    """What is changed in the document, in this order, without writing into it."""
    version: str = ""
    """The version in the name of its file or folder; empty if there is none."""

    @property
    def files(self) -> tuple[Path, ...]:
        """The document, its properties and its overlays."""
        return (self.document, *([self.properties] if self.properties is not None else []), *self.overlays)


def entry_of(path: Path, source: str = "") -> Entry | None:
    """The connector in a file or folder, by the names of files; None if there is none."""
    if path.is_dir():
        for manifest in _MANIFESTS:
            entry = _of_manifest(path / manifest, source)
            if entry is not None:
                return entry
        document, properties = path / PUBLISHED[0], path / PUBLISHED[1]
        if not document.is_file():
            return None
        stem, version = versions.split(path.name)
        name = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")
        overlays = _overlays_beside(path / PUBLISHED[0].partition(".")[0])
        there: Path | None = properties if properties.is_file() else None
        return Entry(name, document, there, source, overlays=overlays, version=version)
    for suffix in SUFFIXES:
        if path.name.endswith(suffix):
            base = path.with_name(path.name.removesuffix(suffix))
            name, version = versions.split(base.name)
            there = _first(base, _PROPERTIES)
            return Entry(name.lower(), path, there, source, overlays=_overlays_beside(base), version=version)
    return None


def _first(stem: Path, suffixes: Iterable[str]) -> Path | None:
    """The first file that there is, of those whose names end so."""
    return next((file for suffix in suffixes if (file := stem.with_name(stem.name + suffix)).is_file()), None)


def _overlays_beside(stem: Path) -> tuple[Path, ...]:
    overlay = _first(stem, OVERLAYS)
    return () if overlay is None else (overlay,)


def _of_manifest(manifest: Path, source: str) -> Entry | None:
    """The connector of a folder, whose files are named in its manifest; None without one that names files inside the
    folder."""
    import json  # for the few that have one

    try:
        members = json.loads(manifest.read_bytes())
        document, beside = _MANIFESTS[manifest.name]
        names = [members[document], *([members[beside]] if members.get(beside) else [])]
        layers = members.get("overlays", [])
        files = [manifest.parent / name for name in (*names, *layers)]
        inside = all(file.resolve().is_relative_to(manifest.parent.resolve()) for file in files)
        if not inside or not files[0].is_file():
            return None
    except (OSError, RuntimeError, ValueError, LookupError, TypeError):
        return None
    properties = files[1] if len(names) > 1 else None
    overlays = tuple(files[len(names) :])
    name, version = versions.split(manifest.parent.name)
    return Entry(name.lower(), files[0], properties, source, root=manifest.parent, overlays=overlays, version=version)


def beside(path: Path) -> Entry | None:
    """The connector of a properties file, an overlay, a manifest, or a file in a folder in Microsoft's form."""
    if path.name in (*PUBLISHED, *_MANIFESTS):
        return entry_of(path.parent)
    for suffix in (*_PROPERTIES, *OVERLAYS):
        if path.name.endswith(suffix):
            stem = path.with_name(path.name.removesuffix(suffix))
            if stem.name == PUBLISHED[0].partition(".")[0] and (path.parent / PUBLISHED[0]).is_file():
                return entry_of(path.parent)
            document = _first(stem, SUFFIXES)
            return entry_of(document) if document is not None else None
    return None


def is_overlay(path: Path) -> bool:
    """Return True for a file that is named as an overlay."""
    return path.name.endswith(OVERLAYS)


def extended(path: Path) -> Entry | None:
    """The connector of the document that an overlay extends; None if that is no file."""
    document = overlays.extended(path)
    if document is None:
        return None
    entry = entry_of(document) or Entry(document.stem, document, None, str(document.parent))
    return with_overlays(entry, (path,))


def with_overlays(entry: Entry, paths: Iterable[Path]) -> Entry:
    """The connector with further overlays after its own, each once."""
    overlays = {overlay.resolve(): overlay for overlay in (*entry.overlays, *paths)}
    return replace(entry, overlays=tuple(overlays.values()))


_VERSION = pattern(rb'^\s*\{?\s*"?(swagger|openapi)"?\s*:', re.MULTILINE)
_VERSION_WITHIN = 100_000
"""Bytes at the beginning of a file in which a document says its version; keys have no order, so it may be late."""


def written_version(path: Path) -> re.Match[bytes] | None:
    """Where a file says which specification it is written in."""
    with path.open("rb") as file:
        return _VERSION.search(file.read(_VERSION_WITHIN))


class _Versions(Struct):
    """The members of an object of JSON that say its version. The others are passed over by a fast reader."""

    swagger: Raw = Raw()
    openapi: Raw = Raw()


_KEY = pattern(rb"""^["']?(?:swagger|openapi)["']?[ \t]*:[ \t]+["']?v?\d""", re.MULTILINE)
_VALUE = pattern(rb'\s*"?v?\d')


def says_version(path: Path) -> bool:
    """Whether the root of a file of YAML or JSON has a member ``swagger`` or ``openapi`` with a version: other files
    have members of these names, too, but deeper, or with other values."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES)
    except OSError:
        return False
    if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        data = data.decode("utf-16", "replace").encode()
    data = data.removeprefix(codecs.BOM_UTF8)
    if b"swagger" not in data and b"openapi" not in data:
        return False
    if not data.lstrip().startswith(b"{"):
        return _KEY.search(data) is not None
    try:
        versions = json_decode(data, type=_Versions)
    except (MsgspecError, RecursionError):  # not JSON: what is wrong with it is a finding, if it is a document
        return _VERSION.search(data, 0, _VERSION_WITHIN) is not None
    return any(_VALUE.match(value) is not None for value in (versions.swagger, versions.openapi))


def newest_first(same: list[Entry]) -> list[Entry]:
    """The connectors of one name and place by their versions, each version once. The document of one whose name has no
    version is asked for it, if there are others."""
    if len({entry.version for entry in same}) == 1:
        return same[:1]
    by_version: dict[str, Entry] = {}
    for entry in same:
        by_version.setdefault(version_of(entry), entry)
    return [by_version[version] for version in sorted(by_version, key=versions.order, reverse=True)]


def version_of(entry: Entry) -> str:
    """The version in the name of a connector, else that which its document says; empty if it cannot be read."""
    if entry.version:
        return entry.version
    try:
        info = loader.read(entry.document, entry.root).get("/info")
        return str(info["version"])
    except (ConnectorError, LookupError, TypeError):
        return ""
