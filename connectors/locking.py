"""The lock of a project: connectors by name and version, with the digest of each of their files.

Rule 1. A connector that is in the lock is loaded as it was when it was locked, or refused: in that version, and from
files with the same content. One that is not in the lock is loaded as without one.

Rule 2. To look at a lock costs a program that has none a few questions to the file system.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from openconnectors import registry, versions
from openconnectors.engine.documents import loader
from openconnectors.engine.documents.published import PUBLISHED, SCRIPT
from openconnectors.engine.errors import ConnectorError, UnknownName
from openconnectors.entries import MANIFEST, Entry, version_of

_FORMAT = 1


class Locked(Struct, frozen=True):
    """A connector in a lock. ``files`` are digests by the paths of files from the connector's folder."""

    name: str
    version: str
    source: str
    """Where it came from: "built in", "added", "folder" or "package NAME". It may come from elsewhere later."""
    files: dict[str, str]


class Lock(Struct, frozen=True):
    """What is in a lock file."""

    lock: int = _FORMAT
    connectors: tuple[Locked, ...] = ()

    def rows(self, name: str) -> list[Locked]:
        """The locked versions of a name, the newest first."""
        rows = [row for row in self.connectors if row.name == name]
        return sorted(rows, key=lambda row: versions.order(row.version), reverse=True)


def read(path: Path) -> Lock:
    """The content of a lock file. Raise ``ConnectorError`` if it cannot be read."""
    try:
        lock = msgspec.json.decode(path.read_bytes(), type=Lock)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConnectorError(f"{path} cannot be read: {reason}; write it with connectors lock") from None
    if lock.lock != _FORMAT:
        raise ConnectorError(f"{path} is of format {lock.lock}; this version of the program reads {_FORMAT}")
    return lock


def write(path: Path, rows: Iterable[Locked]) -> None:
    """Write a lock file, in the order of names and versions."""
    ordered = sorted(rows, key=lambda row: (row.name, versions.order(row.version)))
    data = msgspec.json.format(msgspec.json.encode(Lock(connectors=tuple(ordered))), indent=1)
    path.write_bytes(data + b"\n")


def locked(entry: Entry) -> Locked:
    """A connector as it is now."""
    digests = {_name(entry, file): _digest(file) for file in sorted(_files(entry))}
    return Locked(entry.name, version_of(entry), _kind(entry), digests)


def find(name: str, version: str | None, path: Path) -> Entry:
    """The connector of a name as the lock at a path has it: in the version that is asked for, else the newest that is
    locked. Raise ``ConnectorError`` if it is another now, or is locked in other versions only."""
    if version is None and "@" in name:
        name, version = versions.split(name)
    rows = read(path).rows(name)
    if not rows:
        return registry.find(name, version)
    row = next((row for row in rows if version in (None, row.version)), None)
    if row is None:
        known = [row.version for row in rows]
        hint = f" Known: {', '.join(known)}. Add it with {_relock(f'{name}@{version}')}."
        raise UnknownName(f"version of {name} in {path}", str(version), known, hint)
    changes = differences(row)
    if changes:
        raise ConnectorError(
            f"{versions.joined(name, row.version)} is not as it was locked in {path}: {', '.join(changes)}; "
            f"look at the changes, then accept them with {_relock(name)}"
        )
    return _entry(row)  # type: ignore[return-value]  # which is there, without differences


def _relock(name: str) -> str:
    return f"connectors lock {name}"


def differences(row: Locked) -> list[str]:
    """How a locked connector differs from the one that is found now; none if it does not."""
    entry = _entry(row)
    if entry is None:
        there = [version_of(each) for each in registry.versions_of(row.name)]
        return [f"it is there in version {', '.join(there)} only" if there else "it is no longer there"]
    now = {_name(entry, file): file for file in (*entry.files, *_beside(entry))}
    changes = []
    for name, digest in row.files.items():
        file = _folder(entry) / name
        if not file.is_file():
            changes.append(f"{name} is missing")
        elif _digest(file) != digest:
            changes.append(f"{name} changed")
    return [*changes, *(f"{name} is new" for name in sorted(now) if name not in row.files)]


def _entry(row: Locked) -> Entry | None:
    """The connector of the same name and version; one whose name has no version is taken for any, and compared."""
    same = registry.versions_of(row.name)
    exact = next((entry for entry in same if entry.version == row.version), None)
    return exact or next((entry for entry in same if not entry.version), None)


def _files(entry: Entry) -> set[Path]:
    return {*loader.files_of(entry.document, entry.root, entry.overlays), *entry.files, *_beside(entry)}


def _beside(entry: Entry) -> Iterator[Path]:
    """What else is of the connector in a folder of its own."""
    places = [entry.root / MANIFEST] if entry.root is not None else []
    places += [entry.document.parent / SCRIPT] if entry.document.name in PUBLISHED else []
    yield from (place for place in places if place.is_file())


def _folder(entry: Entry) -> Path:
    return entry.root or entry.document.parent


def _name(entry: Entry, file: Path) -> str:
    return Path(os.path.relpath(file, _folder(entry))).as_posix()


def _digest(file: Path) -> str:
    return f"sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}"


def _kind(entry: Entry) -> str:
    """What kind of place a connector is from. The path of a folder is of one machine, and not written."""
    if entry.source in ("built in", "added"):
        return entry.source
    folders = os.environ.get(registry.FOLDERS, "").split(os.pathsep)
    return "folder" if entry.source in folders else f"package {entry.source}"
