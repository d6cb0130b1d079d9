"""Where connectors are found by name: this project's own, installed packages, folders of the user's.

A connector is a document ``<name>.swagger.yaml`` (or ``.yml``, ``.json``), with properties beside it in
``<name>.properties.yaml`` where it needs them, or a folder ``<name>/`` with ``apiDefinition.swagger.json``
and ``apiProperties.json``.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

from platformdirs import user_data_path

from engine.errors import ConnectorError, UnknownName
from engine.loader import PUBLISHED, SCRIPT

GROUP = "connectors"
FOLDERS = "CONNECTORS_PATH"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*\Z")
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


def below(path: Path) -> Iterator[Entry]:
    """Every connector and document at a path and below it: folders as they are published, files by what they are
    called or, where that says nothing, by their first lines. A file that is named counts in any case."""
    own = entry_of(path, str(path.parent)) or _beside(path)
    if own is not None:
        yield own
    elif path.is_dir():
        for child in sorted(path.iterdir()):
            if child.is_dir() or entry_of(child) is not None or _is_document(child):
                yield from below(child)  # properties are those of the document beside them
    else:
        yield Entry(path.stem, path, None, str(path.parent))


def _is_document(path: Path) -> bool:
    """Whether a file, whatever it is called, says that it is a document."""
    if path.suffix not in (".json", ".yaml", ".yml"):
        return False
    with path.open("rb") as file:
        return _VERSION.search(file.read(100_000)) is not None


def added() -> Path:
    """The folder of the connectors that were added: ``connectors`` in ``CONNECTORS_CONFIG``, or in the platform's
    folder for the user's data."""
    folder = os.environ.get("CONNECTORS_CONFIG")
    return Path(folder) / "connectors" if folder else user_data_path("open-connectors") / "connectors"


def _folders() -> Iterator[tuple[Path, str]]:
    yield built_in(), "built in"
    yield added(), "added"
    for point in entry_points(group=GROUP):
        found = point.load()
        folder = found() if callable(found) else found
        yield Path(folder), point.dist.name if point.dist is not None else point.name
    for folder in os.environ.get(FOLDERS, "").split(os.pathsep):
        if folder:
            yield Path(folder), folder


def entries() -> dict[str, Entry]:
    """Every connector by name; of two with one name the first found stays: built in, added, packages, folders."""
    found: dict[str, Entry] = {}
    for folder, source in _folders():
        root = folder.resolve()
        for path in sorted(root.iterdir()) if root.is_dir() else ():
            entry = entry_of(path, source)
            if entry is None or not _NAME.match(entry.name):
                continue
            if entry.document.resolve().is_relative_to(root):  # a link out of the folder is not followed
                found.setdefault(entry.name, entry)
    return found


def find(name: str) -> Entry:
    """The connector of a name; :class:`~engine.errors.UnknownName`, with the nearest, where there is none."""
    known = entries()
    if name not in known:
        hint = f" Known: {', '.join(known)}. More are found in the folders of {FOLDERS}."
        raise UnknownName("connector", name, known, hint)
    return known[name]


def add(entry: Entry, name: str, *, anew: bool = False) -> Path:
    """Copies a connector to those that are found by name; gives the place.

    Refused with :class:`~engine.errors.ConnectorError`: a name that is none, or that a connector has already, but
    for an added one that is to be put there ``anew``.
    """
    if not _NAME.match(name):
        raise ConnectorError(f"{name!r} is no name of a connector; use lower-case letters, digits, - and _")
    known = entries().get(name)
    if known is not None and not (anew and known.source == "added"):
        raise ConnectorError(f"there is a connector {name!r} already ({known.source}); choose another with --name")
    root = added()
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


def _forget(entry: Entry, root: Path) -> None:
    """Removes what was added under a name."""
    place = entry.document.parent
    if place != root:
        shutil.rmtree(place)
        return
    for one in (entry.document, entry.properties):
        if one is not None:
            one.unlink()
