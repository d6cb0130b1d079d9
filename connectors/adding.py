"""Adding connectors to those that are found by name, and removing them."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from openconnectors import versions
from openconnectors.engine.documents import loader
from openconnectors.engine.documents.published import PUBLISHED, SCRIPT
from openconnectors.engine.errors import ConnectorError
from openconnectors.entries import MANIFEST, SUFFIXES, Entry, written_version
from openconnectors.folders import added_folder
from openconnectors.registry import check_name, find, versions_of


def add(entry: Entry, name: str, *, replace: bool = False, version: str = "") -> Path:
    """Copy a connector to those that are found by name, and return its new path. With a version it is kept beside other
    versions of its name.

    Raise ``ConnectorError`` for an invalid name or version, and for a name that is in use, unless it is that of an
    added connector and ``replace`` is true, or of other versions of it.
    """
    check_name(name)
    if version and not versions.VERSION.match(version):
        raise ConnectorError(f"{version!r} is not a valid version; use letters, digits, '.', '-', '_' and '+'")
    known = _replaced(name, version, replace)
    root = added_folder().resolve()
    root.mkdir(parents=True, exist_ok=True)
    files = loader.files_of(entry.document, entry.root, entry.overlays)
    if known is not None:
        _delete(known, root)
    stem = versions.joined(name, version)
    if len(files) > 1 or len(entry.overlays) > 1:
        return _add_files(entry, files, root / stem)
    if entry.document.name in PUBLISHED:
        target = root / stem
        target.mkdir()
        for file in (*PUBLISHED, SCRIPT):
            if (entry.document.parent / file).is_file():
                shutil.copyfile(entry.document.parent / file, target / file)
        _copy_overlay(entry, target / PUBLISHED[0].partition(".")[0])
        return target
    target = root / f"{stem}{_suffix(entry.document)}"
    shutil.copyfile(entry.document, target)
    if entry.properties is not None:
        shutil.copyfile(entry.properties, root / f"{stem}.properties{entry.properties.suffix}")
    _copy_overlay(entry, root / stem)
    return target


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


def _copy_overlay(entry: Entry, stem: Path) -> None:
    for overlay in entry.overlays:
        shutil.copyfile(overlay, stem.with_name(f"{stem.name}.overlay{overlay.suffix}"))


def _suffix(document: Path) -> str:
    """The end of the name of a copy of a document: its own if it says that it is one, else by the version it says."""
    known = next((suffix for suffix in SUFFIXES if document.name.endswith(suffix)), None)
    if known is not None:
        return known
    version = written_version(document)
    return f".{version[1].decode() if version is not None else 'swagger'}{document.suffix}"


def _add_files(entry: Entry, files: list[Path], target: Path) -> Path:
    """Copy a document of many files, the first of ``files``, to a folder in which they are as they were to each
    other."""
    beside = [file for file in (entry.document.parent / SCRIPT,) if entry.document.name in PUBLISHED and file.is_file()]
    absolute = [Path(os.path.abspath(file)) for file in (*files, *beside, *entry.files[1:])]
    top = Path(os.path.commonpath([file.parent for file in absolute]))

    def within(file: Path) -> str:
        return Path(os.path.abspath(file)).relative_to(top).as_posix()

    target.mkdir()
    try:
        for file in absolute:
            copy = target / file.relative_to(top)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
        members: dict[str, object] = {"document": within(entry.document)}
        if entry.properties is not None:
            members["properties"] = within(entry.properties)
        if entry.overlays:
            members["overlays"] = [within(overlay) for overlay in entry.overlays]
        (target / MANIFEST).write_text(json.dumps(members, indent=1) + "\n", "utf-8")
    except BaseException:
        shutil.rmtree(target)
        raise
    return target


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
    _delete(entry, added_folder().resolve())
    return entry.document


def _delete(entry: Entry, root: Path) -> None:
    """Delete the files of a connector that was added."""
    first = entry.document.relative_to(root).parts[0]
    if root / first != entry.document:
        shutil.rmtree(root / first)
        return
    for file in entry.files:
        file.unlink()
