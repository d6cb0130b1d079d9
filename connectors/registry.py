"""Where connectors are found by name: this project's own, installed packages, folders of the user's.

A connector is a document ``<name>.swagger.yaml`` (or ``.yml``, ``.json``), with properties beside it in
``<name>.properties.yaml`` where it needs them, or a folder ``<name>/`` with ``apiDefinition.swagger.json``
and ``apiProperties.json``.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import entry_points
from pathlib import Path

from platformdirs import user_data_path

from openconnectors.engine.documents.loader import PUBLISHED, SCRIPT
from openconnectors.engine.errors import ConnectorError, UnknownName

GROUP = "connectors"
FOLDERS = "CONNECTORS_PATH"
_log = logging.getLogger("openconnectors")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}\Z")
_SUFFIXES = tuple(f".{kind}.{form}" for kind in ("swagger", "openapi") for form in ("yaml", "yml", "json"))
_PROPERTIES = tuple(f".properties.{form}" for form in ("yaml", "yml", "json"))


@dataclass(frozen=True, slots=True)
class Entry:
    """One connector that can be loaded: its document, its properties if they stand apart, and who
    brings it ("built in", a folder, or a package)."""

    name: str
    document: Path
    properties: Path | None
    source: str
    named: bool = False
    """Whether it was found by its name, so that it may have what is kept under that name."""
    trusted: bool = False
    """Whether it comes with this package, so that its document may name any variable of the environment."""


def built_in() -> Path:
    """The folder of the documents that come with this package."""
    here = Path(__file__).resolve().parent
    inside = here / "spec"
    return inside if inside.is_dir() else here.parent / "spec"


def entry_of(path: Path, source: str = "") -> Entry | None:
    """The connector that a file or folder is; None where it is none."""
    if path.is_dir():
        document, properties = path / PUBLISHED[0], path / PUBLISHED[1]
        if not document.is_file():
            return None
        name = re.sub(r"[^a-z0-9]+", "-", path.name.lower()).strip("-")
        return Entry(name, document, properties if properties.is_file() else None, source)
    for suffix in _SUFFIXES:
        if path.name.endswith(suffix):
            name = path.name.removesuffix(suffix)
            beside = (path.with_name(name + one) for one in _PROPERTIES)
            return Entry(name.lower(), path, next((one for one in beside if one.is_file()), None), source)
    return None


def _beside(path: Path) -> Entry | None:
    """The connector of a file that stands beside its document, or of one of the two that are published."""
    if path.name in PUBLISHED:
        return entry_of(path.parent)
    for suffix in _PROPERTIES:
        if path.name.endswith(suffix):
            stem = path.name.removesuffix(suffix)
            documents = (path.with_name(stem + one) for one in _SUFFIXES)
            return next((entry_of(one) for one in documents if one.is_file()), None)
    return None


_VERSION = re.compile(rb'^\s*\{?\s*"?(swagger|openapi)"?\s*:', re.MULTILINE)


def below(path: Path, above: tuple[Path, ...] = ()) -> Iterator[Entry]:
    """Every connector and document at a path and below it: folders as they are published, files by what they are
    called or, where that says nothing, by their first lines. A file that is named counts in any case."""
    own = entry_of(path, str(path.parent)) or _beside(path)
    if own is not None:
        yield own
    elif path.is_dir():
        here = (*above, path.resolve())
        for child in _children(path):
            if child.is_dir():
                if child.resolve() not in here:  # a link to a folder above would lead round and round
                    yield from below(child, here)
            elif (child.is_file() or not child.exists()) and (entry_of(child) is not None or _is_document(child)):
                yield from below(child)  # properties are those of the document beside them
    else:
        yield Entry(path.stem, path, None, str(path.parent))


def _children(folder: Path) -> list[Path]:
    """What lies in a folder; nothing, with a warning, where it may not be looked into."""
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        _log.warning("%s cannot be looked into: %s", folder, _reason(error))
        return []


def inside(folder: Path) -> list[Entry]:
    """The documents that lie in a folder itself."""
    return [one for path in _children(folder) if _is_document(path) for one in below(path)]


def _is_document(path: Path) -> bool:
    """Whether a file, whatever it is called, says that it is a document."""
    if path.suffix not in (".json", ".yaml", ".yml") or not path.is_file():
        return False
    with path.open("rb") as file:
        return _VERSION.search(file.read(100_000)) is not None


def added() -> Path:
    """The folder of the connectors that were added: ``connectors`` in ``CONNECTORS_CONFIG``, or in the platform's
    folder for the user's data."""
    folder = os.environ.get("CONNECTORS_CONFIG")
    return Path(folder) / "connectors" if folder else user_data_path("open-connectors") / "connectors"


@dataclass(slots=True)
class Registry:
    """The connectors that are found by name, and what could not be looked at, each with the reason."""

    entries: dict[str, Entry] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)


def read() -> Registry:
    """Every connector by name; of two with one name the first stays: built in, added, packages, folders. What cannot
    be looked at (a package that fails, a folder that is not one, a link that leads nowhere) takes nothing else along.
    """
    found = Registry()
    _read_folder(found, built_in(), "built in", trusted=True)
    _read_folder(found, added(), "added", optional=True)
    for point in entry_points(group=GROUP):
        source = point.dist.name if point.dist is not None else point.name
        try:
            value = point.load()
            folder = Path(value() if callable(value) else value)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the code of a package may raise anything
            found.broken[f"package {source}"] = f"{type(error).__name__}: {error}"
        else:
            _read_folder(found, folder, source)
    for place in os.environ.get(FOLDERS, "").split(os.pathsep):
        if place:
            _read_folder(found, Path(place), place)
    return found


def _read_folder(found: Registry, folder: Path, source: str, *, optional: bool = False, trusted: bool = False) -> None:
    try:
        if optional and not folder.exists():
            return
        root = folder.resolve()
        paths = sorted(root.iterdir())
    except (OSError, RuntimeError, ValueError) as error:  # before Python 3.13 a loop of links is a RuntimeError
        found.broken[str(folder)] = _reason(error)
        return
    for path in paths:
        try:
            entry = entry_of(path, source)
            if entry is None or not _NAME.match(entry.name):
                continue
            files = [one for one in (entry.document, entry.properties) if one is not None]
            if not all(stat.S_ISREG(one.stat().st_mode) for one in files):
                found.broken[str(path)] = "is not a file"  # one that never ends may be read without end
            elif not all(one.resolve(strict=True).is_relative_to(root) for one in files):
                found.broken[str(path)] = "leads out of its folder, and is not followed"
            else:
                found.entries.setdefault(entry.name, replace(entry, named=True, trusted=trusted))
        except (OSError, RuntimeError) as error:
            found.broken[str(path)] = _reason(error)


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)


def entries() -> dict[str, Entry]:
    """The connectors by name; what is broken is logged."""
    found = read()
    for place, reason in found.broken.items():
        _log.warning("no connector is read from %s: %s", place, reason)
    return found.entries


def find(name: str, known: Mapping[str, Entry] | None = None) -> Entry:
    """The connector of a name; ``UnknownName``, with the nearest, where there is none."""
    known = entries() if known is None else known
    if name not in known:
        hint = f" Known: {', '.join(known)}. More are found in the folders of {FOLDERS}."
        raise UnknownName("connector", name, known, hint)
    return known[name]


def add(entry: Entry, name: str, *, anew: bool = False) -> Path:
    """Copies a connector to those that are found by name; gives the place.

    Refused with ``ConnectorError``: a name that is none, or that a connector has already, but
    for an added one that is to be put there ``anew``.
    """
    if not _NAME.match(name):
        raise ConnectorError(f"{name!r} is no name of a connector; use lower-case letters, digits, - and _")
    known = entries().get(name)
    if known is not None and not (anew and known.source == "added"):
        how = "replace it with --replace, or " if known.source == "added" else ""
        raise ConnectorError(
            f"there is a connector {name!r} already ({known.source}); {how}choose another name with --name"
        )
    root = added().resolve()
    root.mkdir(parents=True, exist_ok=True)
    if known is not None:
        _forget(known, root)
    if entry.document.name in PUBLISHED:
        target = root / name
        target.mkdir()
        for one in (*PUBLISHED, SCRIPT):
            if (entry.document.parent / one).is_file():
                shutil.copyfile(entry.document.parent / one, target / one)
        return target
    suffix = next((one for one in _SUFFIXES if entry.document.name.endswith(one)), f".swagger{entry.document.suffix}")
    target = root / f"{name}{suffix}"
    shutil.copyfile(entry.document, target)
    if entry.properties is not None:
        shutil.copyfile(entry.properties, root / f"{name}.properties{entry.properties.suffix}")
    return target


def remove(name: str) -> Path:
    """Removes a connector that was added; the place where it was.

    Refused with ``UnknownName`` for a name that is nowhere, and with
    ``ConnectorError`` for a connector that was not added: it is not ours to delete.
    """
    entry = find(name)
    if entry.source != "added":
        raise ConnectorError(f"{name} was not added, and is not removed: it comes from {entry.source}")
    _forget(entry, added().resolve())
    return entry.document


def _forget(entry: Entry, root: Path) -> None:
    """Removes what was added under a name."""
    place = entry.document.parent
    if place != root:
        shutil.rmtree(place)
        return
    for one in (entry.document, entry.properties):
        if one is not None:
            one.unlink()
