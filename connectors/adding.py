"""Adding connectors to those that are found by name, and removing them."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from openconnectors import versions
from openconnectors.added_files import (
    LOCK,
    Layout,
    delete_memory,
    laid_out,
    record_of,
    replace_file,
    write_original,
    write_record,
)
from openconnectors.engine.errors import ConnectorError
from openconnectors.entries import MANIFEST, Entry
from openconnectors.folders import added_folder, sources_folder
from openconnectors.locks import locked
from openconnectors.registry import check_name, find, versions_of


def add(
    entry: Entry,
    name: str,
    *,
    replace: bool = False,
    version: str = "",
    source: str = "",
    base: Path | None = None,
    overlays: tuple[Path, ...] = (),
) -> Path:
    """Copy a connector to those that are found by name, and return its new path. With a version it is kept beside other
    versions of its name. ``source`` is the path or URL that it came from; it is remembered, with ``base``, the folder
    of its files, and ``overlays`` that were applied to it.

    Raise ``ConnectorError`` for an invalid name or version, and for a name that is in use, unless it is that of an
    added connector and ``replace`` is true, or of other versions of it.
    """
    check_name(name)
    if version and not versions.VERSION.match(version):
        raise ConnectorError(f"{version!r} is not a valid version; use letters, digits, '.', '-', '_' and '+'")
    root = added_folder().resolve()
    root.mkdir(parents=True, exist_ok=True)
    stem = versions.joined(name, version)
    with locked(sources_folder() / LOCK):
        known = _replaced(name, version, replace)
        layout = laid_out(entry, stem)
        if known is not None:
            _delete(known, root)
            delete_memory(stem)
        _write(layout, root)
        if source:
            write_original(stem, layout.files[layout.document])
            write_record(stem, record_of(layout, source, base, overlays))
    return root / layout.target


def _write(layout: Layout, root: Path) -> None:
    """Write the files of a connector; it is there as a whole or not at all."""
    target = root / layout.target
    if layout.document == layout.target:
        for name in reversed(layout.files):
            replace_file(root / name, layout.files[name])
        return
    if target.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    with tempfile.TemporaryDirectory(dir=root, prefix=".") as folder:
        for name, data in layout.files.items():
            replace_file(Path(folder) / name, data)
        if layout.is_listed:
            replace_file(Path(folder) / layout.target / MANIFEST, layout.list_of())
        os.rename(Path(folder) / layout.target, target)


def _replaced(name: str, version: str, replace: bool) -> Entry | None:
    """The added connector that another takes the place of; None if none has this name and version."""
    same = versions_of(name)
    if not same:
        return None
    if same[0].source != "added":
        raise ConnectorError(
            f"the name {name!r} is already used by a connector ({same[0].source}); choose another name with --name"
        )
    known = next((entry for entry in same if entry.version == version), None)
    if known is not None and replace:
        return known
    if known is None and version:
        return None
    used = versions.joined(name, version) if known is not None else f"{name} (versions {_listed(same)})"
    raise ConnectorError(
        f"the name {used!r} is already used by a connector (added); replace it with --replace, keep both with "
        "--version VERSION, or choose another name with --name"
    )


def _listed(same: Sequence[Entry]) -> str:
    return ", ".join(entry.version or "without one" for entry in same)


def remove(name: str) -> Path:
    """Remove a connector that was added, and return the path that its document had.

    Raise ``UnknownName`` for an unknown name, and ``ConnectorError`` for a connector that was not added, as its files
    are not ours to delete, and for a name of several versions without one.
    """
    entry = find(name)
    if entry.source != "added":
        raise ConnectorError(f"{name} was not added, and is not removed: it comes from {entry.source}")
    same = versions_of(entry.name)
    if len(same) > 1 and "@" not in name:
        raise ConnectorError(f"{name} has the versions {_listed(same)}; name the one to remove: {name}@VERSION")
    root = added_folder().resolve()
    with locked(sources_folder() / LOCK):
        _delete(entry, root)
        delete_memory(versions.joined(entry.name, entry.version))
    return entry.document


def _delete(entry: Entry, root: Path) -> None:
    """Delete the files of a connector that was added."""
    first = entry.document.relative_to(root).parts[0]
    if root / first != entry.document:
        shutil.rmtree(root / first)
        return
    for file in entry.files:
        file.unlink()
