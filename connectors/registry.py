"""Connectors that are found by name: those of this package, added ones, installed packages, folders of the user's.

What a connector is on disk, and how a file is named, is the matter of ``entries``.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from openconnectors import versions
from openconnectors.engine.deferred import pattern
from openconnectors.engine.errors import ConnectorError, UnknownName
from openconnectors.engine.log import logger
from openconnectors.entries import MANIFEST as MANIFEST
from openconnectors.entries import Entry as Entry
from openconnectors.entries import beside, extended, is_overlay, newest_first, says_version, version_of
from openconnectors.entries import entry_of as entry_of
from openconnectors.folders import added_folder

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from openconnectors.ignored import Ignored

GROUP = "connectors"
FOLDERS = "CONNECTORS_PATH"
_log = logger("openconnectors")
_NAME = pattern(r"[a-z0-9][a-z0-9_-]{0,99}\Z")


def built_in() -> Path:
    """The folder of the documents that come with this package."""
    here = Path(__file__).resolve().parent
    inside = here / "spec"
    return inside if inside.is_dir() else here.parent / "spec"


def prepared() -> Path:
    """The folder of the services of these documents, lowered when the package was built; it need not exist."""
    return built_in() / "prepared"


def below(path: Path, ignored: Ignored | None = None) -> Iterator[Entry]:
    """Every connector and document at a path and below it, but what is left out: folders in Microsoft's form, files by
    their names or, if these say nothing, by their content. A path that is a file is taken for a document in any case.
    Each folder is visited once, by its own name rather than by that of a link to it."""
    entry = entry_of(path, str(path.parent)) or beside(path) or (extended(path) if is_overlay(path) else None)
    if entry is not None:
        yield entry
    elif path.is_dir():
        yield from _in_folders(path, ignored)
    else:
        yield Entry(path.stem, path, None, str(path.parent))


def _in_folders(folder: Path, ignored: Ignored | None) -> Iterator[Entry]:
    """Every connector and document in a folder and below it. Links to folders come last."""
    visited: set[tuple[int, int]] = set()
    links: list[tuple[Path, str, Ignored | None]] = []
    waiting = [(folder, os.path.realpath(folder), ignored)]
    while waiting or links:
        at, place, ignored = waiting.pop() if waiting else links.pop(0)
        identity = _identity(at)
        if identity is None or identity in visited:
            continue  # a link to itself, or to a folder that was visited
        visited.add(identity)
        entry = entry_of(at, str(at.parent)) if at != folder else None
        if entry is not None:
            yield entry
            continue
        folders: list[tuple[Path, str, Ignored | None]] = []
        for child in _children(at):
            path, inside = at / child.name, os.path.join(place, child.name)
            is_folder = path.is_dir() if child.is_symlink() else child.is_dir()
            if ignored is not None and ignored.leaves_out(inside, is_folder):
                continue
            if is_folder:
                further = ignored.below(inside) if ignored is not None else None
                (links if child.is_symlink() else folders).append((path, inside, further))
            elif (entry := _document_at(path)) is not None:
                yield entry
        waiting += reversed(folders)


def _document_at(path: Path) -> Entry | None:
    """The document in a file of a folder; None if it is none, or a part of another."""
    if is_overlay(path):
        if not path.is_file() or beside(path) is not None:
            return None
        return extended(path) or Entry(path.stem, path, None, str(path.parent))
    entry = entry_of(path, str(path.parent))
    if entry is not None:
        # That a broken link cannot be read is a finding.
        return entry if path.is_file() or not path.exists() else None
    if _is_document(path):
        return beside(path) or Entry(path.stem, path, None, str(path.parent))
    return None


def _identity(folder: Path) -> tuple[int, int] | None:
    """What a folder has in common with links to it; None if there is none."""
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _children(folder: Path) -> list[os.DirEntry[str]]:
    """The content of a folder by name; empty, with a warning, if it cannot be listed."""
    try:
        with os.scandir(folder) as children:
            return sorted(children, key=lambda child: child.name)
    except OSError as error:
        _log.warning("%s cannot be listed: %s", folder, _reason(error))
        return []


def inside(folder: Path) -> list[Entry]:
    """The documents in a folder itself, not below it."""
    paths = [folder / child.name for child in _children(folder)]
    return [entry for path in paths if _is_document(path) for entry in below(path)]


def _is_document(path: Path) -> bool:
    """Whether a file of any name says that it is a document."""
    return path.suffix in (".json", ".yaml", ".yml") and not is_overlay(path) and path.is_file() and says_version(path)


def entry_points(group: str) -> Iterable[EntryPoint]:
    """The entry points of installed packages."""
    import importlib.metadata  # for connectors that do not come with the package

    return importlib.metadata.entry_points(group=group)


class Registry(Struct):
    """The connectors that are found by name, and the places that could not be read, each with the reason."""

    entries: dict[str, Entry] = field(default_factory=dict)
    """By name: of several versions the one that is meant if nobody says which."""
    broken: dict[str, str] = field(default_factory=dict)
    versions: dict[str, list[Entry]] = field(default_factory=dict)
    """All versions of a name, the newest first."""


def read() -> Registry:
    """Every connector by name. If two places have a name, the first counts: built in, added, packages, folders. So all
    versions of a name are of one place. A place that cannot be read (a package that raises, a folder that is missing, a
    broken link) does not affect the others."""
    registry = Registry()
    for source in _SOURCES:
        source(registry)
    return registry


def _read_built_in(registry: Registry) -> None:
    _read_folder(registry, built_in(), "built in", trusted=True)


def _read_added(registry: Registry) -> None:
    _read_folder(registry, added_folder(), "added", optional=True)


def _read_packages(registry: Registry) -> None:
    for point in entry_points(group=GROUP):
        source = point.dist.name if point.dist is not None else point.name
        try:
            value = point.load()
            folder = Path(value() if callable(value) else value)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the code of a package may raise anything
            registry.broken[f"package {source}"] = f"{type(error).__name__}: {error}"
        else:
            _read_folder(registry, folder, source)


def _read_folders(registry: Registry) -> None:
    for place in os.environ.get(FOLDERS, "").split(os.pathsep):
        if place:
            _read_folder(registry, Path(place), place)


_SOURCES = (_read_built_in, _read_added, _read_packages, _read_folders)
"""What reads each kind of place, in the order in which a name is looked up."""


def _read_folder(
    registry: Registry, folder: Path, source: str, *, optional: bool = False, trusted: bool = False
) -> None:
    try:
        if optional and not folder.exists():
            return
        root = folder.resolve()
        paths = sorted(root.iterdir())
    except (OSError, RuntimeError, ValueError) as error:  # before Python 3.13 a loop of links is a RuntimeError
        registry.broken[str(folder)] = _reason(error)
        return
    by_name: dict[str, list[Entry]] = {}
    for path in paths:
        try:
            entry = entry_of(path, source)
            if entry is None or not _NAME.match(entry.name):
                continue
            if not all(stat.S_ISREG(file.stat().st_mode) for file in entry.files):
                registry.broken[str(path)] = "is not a regular file"  # a device may never end
            elif not all(file.resolve(strict=True).is_relative_to(root) for file in entry.files):
                registry.broken[str(path)] = "leads out of its folder, and is not followed"
            else:
                by_name.setdefault(entry.name, []).append(replace(entry, named=True, trusted=trusted))
        except (OSError, RuntimeError) as error:
            registry.broken[str(path)] = _reason(error)
    for name, same in by_name.items():
        if name not in registry.entries:
            registry.versions[name] = newest_first(same)
            registry.entries[name] = registry.versions[name][0]


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)


def entries() -> dict[str, Entry]:
    """The connectors by name; a warning is logged for each place that cannot be read."""
    registry = read()
    _warn(registry)
    return registry.entries


def entries_sorted() -> list[tuple[str, Entry]]:
    """The connectors by name, sorted by it; warnings as for ``entries``."""
    return sorted(entries().items())


def _warn(registry: Registry) -> None:
    for place, reason in registry.broken.items():
        _log.warning("no connector is read from %s: %s", place, reason)


def versions_sorted() -> list[tuple[str, list[Entry]]]:
    """The versions of each connector, the newest first, by name; warnings as for ``entries``."""
    registry = read()
    _warn(registry)
    return sorted(registry.versions.items())


def lookup(name: str) -> Entry | None:
    """The connector of a name, which may end with ``@`` and a version; None if there is none."""
    try:
        return find(name)
    except UnknownName:
        return None


def _read_for(name: str) -> Registry:
    """The connectors of the places up to the one that has a name: those after it are not read."""
    registry = Registry()
    for source in _SOURCES:
        source(registry)
        if name in registry.entries:
            break
    _warn(registry)
    return registry


def find(name: str, version: str | None = None) -> Entry:
    """The connector of a name, which may end with ``@`` and a version: the newest if none is given. Raise
    ``UnknownName``, which suggests the nearest, if there is none."""
    if version is None and "@" in name:
        name, version = versions.split(name)
    registry = _read_for(name)
    if name not in registry.entries:
        hint = f" Known: {', '.join(registry.entries)}. More are found in the folders of {FOLDERS}."
        raise UnknownName("connector", name, registry.entries, hint)
    same = registry.versions[name]
    if version is None:
        return same[0]
    known = {version_of(entry): entry for entry in same}
    if version not in known:
        raise UnknownName(f"version of {name}", version, known, f" Known: {', '.join(known)}.")
    return known[version]


def check_name(name: str) -> None:
    """Raise ``ConnectorError`` for a name that no connector can have."""
    if not _NAME.match(name):
        raise ConnectorError(f"{name!r} is not a valid connector name; use lower-case letters, digits, - and _")


def versions_of(name: str) -> list[Entry]:
    """The versions of a name, the newest first; none if there is no such name."""
    return _read_for(name).versions.get(name, [])
