"""Connectors that are found by name: those of this package, added ones, installed packages, folders of the user's.

A connector is a document ``<name>.swagger.yaml`` (or ``.yml``, ``.json``), with properties beside it in
``<name>.properties.yaml`` where it needs them; or a folder ``<name>/`` with ``apiDefinition.swagger.json``
and ``apiProperties.json``; or a folder ``<name>/`` whose ``connector.json`` names its document and properties, for a
document of many files.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from openconnectors.engine.deferred import module, pattern
from openconnectors.engine.documents.published import PUBLISHED, SCRIPT
from openconnectors.engine.errors import ConnectorError, UnknownName
from openconnectors.engine.log import logger
from openconnectors.folders import added_folder

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from openconnectors.engine.documents import loader
else:
    loader = module("openconnectors.engine.documents.loader")

GROUP = "connectors"
MANIFEST = "connector.json"
"""In the folder of a connector of many files: ``{"document": "api/openapi.yaml", "properties": "properties.yaml"}``."""
FOLDERS = "CONNECTORS_PATH"
_log = logger("openconnectors")
_NAME = pattern(r"[a-z0-9][a-z0-9_-]{0,99}\Z")
_SUFFIXES = tuple(f".{kind}.{form}" for kind in ("swagger", "openapi") for form in ("yaml", "yml", "json"))
_PROPERTIES = tuple(f".properties.{form}" for form in ("yaml", "yml", "json"))


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


def built_in() -> Path:
    """The folder of the documents that come with this package."""
    here = Path(__file__).resolve().parent
    inside = here / "spec"
    return inside if inside.is_dir() else here.parent / "spec"


def prepared() -> Path:
    """The folder of the services of these documents, lowered when the package was built; it need not exist."""
    return built_in() / "prepared"


def entry_of(path: Path, source: str = "") -> Entry | None:
    """The connector in a file or folder, by the names of files; None if there is none."""
    if path.is_dir():
        entry = _of_manifest(path / MANIFEST, source)
        if entry is not None:
            return entry
        document, properties = path / PUBLISHED[0], path / PUBLISHED[1]
        if not document.is_file():
            return None
        name = re.sub(r"[^a-z0-9]+", "-", path.name.lower()).strip("-")
        return Entry(name, document, properties if properties.is_file() else None, source)
    for suffix in _SUFFIXES:
        if path.name.endswith(suffix):
            name = path.name.removesuffix(suffix)
            candidates = (path.with_name(name + properties) for properties in _PROPERTIES)
            return Entry(name.lower(), path, next((file for file in candidates if file.is_file()), None), source)
    return None


def _of_manifest(manifest: Path, source: str) -> Entry | None:
    """The connector of a folder, whose files are named in its manifest; None without one that names files inside the
    folder."""
    import json  # for the few that have one

    try:
        members = json.loads(manifest.read_bytes())
        names = [members["document"], *([members["properties"]] if "properties" in members else [])]
        files = [manifest.parent / name for name in names]
        if not all(file.resolve().is_relative_to(manifest.parent.resolve()) for file in files):
            return None
    except (OSError, RuntimeError, ValueError, LookupError, TypeError):
        return None
    properties = files[1] if len(files) > 1 else None
    return Entry(manifest.parent.name.lower(), files[0], properties, source, root=manifest.parent)


def _beside(path: Path) -> Entry | None:
    """The connector of a properties file, or of a file in a folder in Microsoft's form."""
    if path.name in PUBLISHED:
        return entry_of(path.parent)
    for suffix in _PROPERTIES:
        if path.name.endswith(suffix):
            stem = path.name.removesuffix(suffix)
            documents = (path.with_name(stem + document) for document in _SUFFIXES)
            return next((entry_of(file) for file in documents if file.is_file()), None)
    return None


_VERSION = pattern(rb'^\s*\{?\s*"?(swagger|openapi)"?\s*:', re.MULTILINE)
_VERSION_WITHIN = 100_000
"""Bytes at the beginning of a file in which a document says its version; keys have no order, so it may be late."""


def below(path: Path, above: tuple[Path, ...] = ()) -> Iterator[Entry]:
    """Every connector and document at a path and below it: folders in Microsoft's form, files by their names or, if
    these say nothing, by their content. A path that is a file is taken for a document in any case."""
    entry = entry_of(path, str(path.parent)) or _beside(path)
    if entry is not None:
        yield entry
    elif path.is_dir():
        here = (*above, path.resolve())
        for child in _children(path):
            if child.is_dir():
                if child.resolve() not in here:  # not a link to a folder above, which would never end
                    yield from below(child, here)
            elif (child.is_file() or not child.exists()) and (entry_of(child) is not None or _is_document(child)):
                yield from below(child)  # a broken link, too: that it cannot be read is a finding
    else:
        yield Entry(path.stem, path, None, str(path.parent))


def _children(folder: Path) -> list[Path]:
    """The content of a folder; empty, with a warning, if it cannot be listed."""
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        _log.warning("%s cannot be listed: %s", folder, _reason(error))
        return []


def inside(folder: Path) -> list[Entry]:
    """The documents in a folder itself, not below it."""
    return [entry for path in _children(folder) if _is_document(path) for entry in below(path)]


def _is_document(path: Path) -> bool:
    """Whether a file of any name says that it is a document."""
    if path.suffix not in (".json", ".yaml", ".yml") or not path.is_file():
        return False
    return _version(path) is not None


def _version(path: Path) -> re.Match[bytes] | None:
    """Where a file says which specification it is written in."""
    with path.open("rb") as file:
        return _VERSION.search(file.read(_VERSION_WITHIN))


def entry_points(group: str) -> Iterable[EntryPoint]:
    """The entry points of installed packages."""
    import importlib.metadata  # for connectors that do not come with the package

    return importlib.metadata.entry_points(group=group)


class Registry(Struct):
    """The connectors that are found by name, and the places that could not be read, each with the reason."""

    entries: dict[str, Entry] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)


def read() -> Registry:
    """Every connector by name. If two have the same name, the first counts: built in, added, packages, folders. A place
    that cannot be read (a package that raises, a folder that is missing, a broken link) does not affect the others.
    """
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
    for path in paths:
        try:
            entry = entry_of(path, source)
            if entry is None or not _NAME.match(entry.name):
                continue
            files = [file for file in (entry.document, entry.properties) if file is not None]
            if not all(stat.S_ISREG(file.stat().st_mode) for file in files):
                registry.broken[str(path)] = "is not a regular file"  # a device may never end
            elif not all(file.resolve(strict=True).is_relative_to(root) for file in files):
                registry.broken[str(path)] = "leads out of its folder, and is not followed"
            else:
                registry.entries.setdefault(entry.name, replace(entry, named=True, trusted=trusted))
        except (OSError, RuntimeError) as error:
            registry.broken[str(path)] = _reason(error)


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


def lookup(name: str) -> Entry | None:
    """The connector of a name; None if there is none."""
    return _read_for(name).get(name)


def _read_for(name: str) -> dict[str, Entry]:
    """The connectors of the places up to the one that has a name: those after it are not read."""
    registry = Registry()
    for source in _SOURCES:
        source(registry)
        if name in registry.entries:
            break
    _warn(registry)
    return registry.entries


def find(name: str) -> Entry:
    """The connector of a name. Raise ``UnknownName``, which suggests the nearest, if there is none."""
    known = _read_for(name)
    if name not in known:
        hint = f" Known: {', '.join(known)}. More are found in the folders of {FOLDERS}."
        raise UnknownName("connector", name, known, hint)
    return known[name]


def check_name(name: str) -> None:
    """Raise ``ConnectorError`` for a name that no connector can have."""
    if not _NAME.match(name):
        raise ConnectorError(f"{name!r} is not a valid connector name; use lower-case letters, digits, - and _")


def add(entry: Entry, name: str, *, replace: bool = False) -> Path:
    """Copy a connector to those that are found by name, and return its new path.

    Raise ``ConnectorError`` for an invalid name, and for a name that is in use, unless it is that of an added connector
    and ``replace`` is true.
    """
    check_name(name)
    known = entries().get(name)
    if known is not None and not (replace and known.source == "added"):
        how = "replace it with --replace, or " if known.source == "added" else ""
        raise ConnectorError(
            f"the name {name!r} is already used by a connector ({known.source}); {how}choose another name with --name"
        )
    import shutil  # for commands that change the folder

    root = added_folder().resolve()
    root.mkdir(parents=True, exist_ok=True)
    if known is not None:
        _delete(known, root)
    files = loader.files_of(entry.document, entry.root)
    if len(files) > 1:
        return _add_files(entry, files, root / name)
    if entry.document.name in PUBLISHED:
        target = root / name
        target.mkdir()
        for file in (*PUBLISHED, SCRIPT):
            if (entry.document.parent / file).is_file():
                shutil.copyfile(entry.document.parent / file, target / file)
        return target
    target = root / f"{name}{_suffix(entry.document)}"
    shutil.copyfile(entry.document, target)
    if entry.properties is not None:
        shutil.copyfile(entry.properties, root / f"{name}.properties{entry.properties.suffix}")
    return target


def _suffix(document: Path) -> str:
    """The end of the name of a copy of a document: its own if it says that it is one, else by the version it says."""
    known = next((suffix for suffix in _SUFFIXES if document.name.endswith(suffix)), None)
    if known is not None:
        return known
    version = _version(document)
    return f".{version[1].decode() if version is not None else 'swagger'}{document.suffix}"


def _add_files(entry: Entry, files: list[Path], target: Path) -> Path:
    """Copy a document of many files, the first of ``files``, to a folder in which they are as they were to each
    other."""
    beside = [file for file in (entry.document.parent / SCRIPT,) if entry.document.name in PUBLISHED and file.is_file()]
    beside += [entry.properties] if entry.properties is not None else []
    import json
    import shutil  # both for commands that change the folder

    absolute = [Path(os.path.abspath(file)) for file in (*files, *beside)]
    top = Path(os.path.commonpath([file.parent for file in absolute]))
    target.mkdir()
    try:
        for file in absolute:
            copy = target / file.relative_to(top)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
        members = {"document": absolute[0].relative_to(top).as_posix()}
        if entry.properties is not None:
            members["properties"] = absolute[-1].relative_to(top).as_posix()
        (target / MANIFEST).write_text(json.dumps(members, indent=1) + "\n", "utf-8")
    except BaseException:
        shutil.rmtree(target)
        raise
    return target


def remove(name: str) -> Path:
    """Remove a connector that was added, and return the path that its document had.

    Raise ``UnknownName`` for an unknown name, and ``ConnectorError`` for a connector that was not added, as its files
    are not ours to delete.
    """
    entry = find(name)
    if entry.source != "added":
        raise ConnectorError(f"{name} was not added, and is not removed: it comes from {entry.source}")
    _delete(entry, added_folder().resolve())
    return entry.document


def _delete(entry: Entry, root: Path) -> None:
    """Delete the files of a connector that was added."""
    import shutil  # for commands that change the folder

    first = entry.document.relative_to(root).parts[0]
    if root / first != entry.document:
        shutil.rmtree(root / first)
        return
    for file in (entry.document, entry.properties):
        if file is not None:
            file.unlink()
