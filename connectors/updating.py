"""Connectors that were added are brought up to date with the place that they came from.

Rule 1. What came from the source is replaced; what the user has beside it (overlays, properties, edits) is kept, or
nothing is replaced.

Rule 2. A connector is replaced as a whole: by one file, or by a list of files that are all there. Whoever loads it
meanwhile, and whoever looks after the process was killed, has the old one or the new one; the update can be repeated.

Theory of operation. ``prepare`` lays the files of the source out as ``add`` would, and compares their hashes with those
that are remembered, and each stored file with its own: who edited what is known then. It writes the result to a folder
of its own and compares the two connectors there. ``carry_out`` puts it in place: a single file takes the place of the
old one; more than one are written to a folder ``NAME/HASH``, and the list in ``NAME/connector.json`` leads there.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from openconnectors import registry, versions
from openconnectors.added_files import (
    LOCK,
    Kept,
    Layout,
    Record,
    delete_files,
    digest,
    laid_out,
    read_original,
    read_record,
    replace_file,
    with_source,
    write_original,
    write_record,
    written_list,
)
from openconnectors.engine.diff import Comparison, compare
from openconnectors.engine.documents import file as files
from openconnectors.engine.documents import loader
from openconnectors.engine.documents.overlays.differences import changed_places, overlay_between
from openconnectors.engine.documents.writing import document_text
from openconnectors.engine.errors import ConnectorError, Diagnostic
from openconnectors.entries import MANIFEST, SUFFIXES, Entry, entry_of
from openconnectors.folders import added_folder, sources_folder
from openconnectors.locks import locked

Edits = Literal["refuse", "keep", "discard"]
"""What becomes of edits of files that the source has changed, too."""
_PLACES = 5
"""Edited places that a message names."""


class Edited(ConnectorError):
    """Files were edited where they are kept, and changed at the source."""


class Update(Struct, frozen=True):
    """A connector as it is, and as it will be."""

    entry: Entry
    record: Record
    layout: Layout
    """What came."""
    contents: dict[str, bytes]
    """What will be kept, by the names of the layout."""
    staged: Entry
    """The connector as it will be, in a folder of its own."""
    edits: bytes
    """The overlay that has the edits of the document; empty if there are none."""
    edited: dict[str, bytes | None]
    """The files that were edited when it was prepared."""
    comparison: Comparison


def stem_of(entry: Entry) -> str:
    """The name of a connector and its version, as its files are named."""
    return versions.joined(entry.name, entry.version)


def remembered(entry: Entry, source: str | None) -> Record:
    """What is remembered of a connector, with another source if one is given. One that was added before sources were
    remembered is taken as it is kept. Raise ``ConnectorError`` if the source is not known."""
    stem = stem_of(entry)
    record = read_record(stem)
    if source is not None:
        return with_source(record or _as_it_is(entry), source)
    if record is None:
        raise ConnectorError(
            f"where {stem} came from is not remembered, as it was added by an earlier version; say it once with "
            "--source"
        )
    if record.has_query:
        raise ConnectorError(
            f"{stem} came from {record.source}?…, whose query is not kept, as it may hold a secret; give the whole URL "
            "with --source"
        )
    return record


def _as_it_is(entry: Entry) -> Record:
    layout = laid_out(entry, stem_of(entry))
    root = added_folder().resolve()
    kept = {
        name: Kept(digest(layout.files[name]), place.resolve().relative_to(root).as_posix())
        for name, place in layout.places.items()
        if name not in layout.overlays
    }
    return Record("", files=kept)


def remember(entry: Entry, record: Record) -> None:
    """Write what is remembered of a connector, whose files stay as they are."""
    with locked(sources_folder() / LOCK):
        write_record(stem_of(entry), record)


def edited(record: Record) -> dict[str, bytes | None]:
    """The files that are not as they came, by their names in the layout, each with its content; None if it is gone."""
    root = added_folder().resolve()
    contents: dict[str, bytes | None] = {}
    for name, kept in record.files.items():
        try:
            data = (root / kept.path).read_bytes()
        except OSError:
            contents[name] = None
            continue
        if digest(data) not in (kept.sha256, kept.following):
            contents[name] = data
    return contents


def prepare(entry: Entry, record: Record, source: Entry, stage: Path, edits: Edits) -> Update | None:
    """The update of a connector to what its source has now, written below ``stage``; None if nothing is new.

    Raise ``Edited`` for edits of what the source has changed, too, unless it is said what becomes of them, and
    ``InvalidDocument`` for a source that cannot be used.
    """
    layout = laid_out(source, stem_of(entry))
    came = {name: digest(data) for name, data in layout.files.items()}
    changed = {name for name in {**came, **record.files} if name not in record.files or
               came.get(name) != record.files[name].sha256}  # fmt: skip
    if not changed:
        return None
    contents, overlay = _merged(entry, record, layout, changed, edits)
    staged = _staged(entry, record, layout, contents, overlay, stage)
    documents = [loader.read(each.document, each.root, overlays=each.overlays) for each in (entry, staged)]
    properties = [None if each.properties is None else loader.read(each.properties) for each in (entry, staged)]
    comparison = compare(*documents, *properties, profile="names")
    return Update(entry, record, layout, contents, staged, overlay, edited(record), comparison)


def _merged(
    entry: Entry, record: Record, layout: Layout, changed: set[str], edits: Edits
) -> tuple[dict[str, bytes], bytes]:
    """The files to keep, and the overlay that has the edits of the document."""
    contents = dict(layout.files)
    conflicts: dict[str, bytes | None] = {}
    for name, current in edited(record).items():
        if current is not None and (name not in changed or name in layout.overlays):
            contents[name] = current  # the source has not changed it; an overlay is its user's
        elif name in changed and current != layout.files.get(name) and edits != "discard":
            conflicts[name] = current
    overlay = b""
    for name, current in conflicts.items():
        if edits == "keep" and current is not None and name == layout.document:
            overlay = _as_overlay(entry, record, name, current)
        elif edits == "keep" and current is not None and name == layout.properties:
            contents[name] = current
        else:
            raise Edited(_message(entry, record, layout, conflicts))
    return contents, overlay


def _as_overlay(entry: Entry, record: Record, name: str, current: bytes) -> bytes:
    """The overlay that makes the edited document of the one that came."""
    original = read_original(stem_of(entry), record.files[name].sha256)
    if original is None:
        raise Edited(
            f"{entry.document} was edited, and how it was before is not known: write the edits into an overlay beside "
            "it (docs/overlays.md), then update with --discard-edits"
        )
    old, new = (files.parse(data, str(entry.document)).root for data in (original, current))
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        raise Edited(f"{entry.document} is not a document any more; update with --discard-edits")
    return document_text(overlay_between(old, new, f"Edits of {entry.name}"), ".yaml").encode()


def _message(entry: Entry, record: Record, layout: Layout, conflicts: Mapping[str, bytes | None]) -> str:
    """What was edited, and how to go on."""
    root = added_folder().resolve()
    paths = ", ".join(str(root / record.files[name].path) for name in conflicts)
    places: list[str] = []
    current = conflicts.get(layout.document)
    kept = record.files.get(layout.document)
    original = read_original(stem_of(entry), kept.sha256) if kept is not None else None
    if current is not None and original is not None:
        trees = [files.parse(data, paths).root for data in (original, current)]
        if all(isinstance(tree, Mapping) for tree in trees):
            places = changed_places(*trees)
    at = f" at {', '.join(places[:_PLACES])}{', …' * (len(places) > _PLACES)}" if places else ""
    kept_ways = set(conflicts) <= {layout.document, layout.properties} and None not in conflicts.values()
    keep = "--keep-edits keeps the edits, those of a document as an overlay; " if kept_ways else ""
    return f"{paths}: edited here{at}, and changed at the source; {keep}--discard-edits drops them"


def _staged(
    entry: Entry, record: Record, layout: Layout, contents: Mapping[str, bytes], overlay: bytes, stage: Path
) -> Entry:
    """The connector as it will be, written to a folder."""
    for name, data in contents.items():
        replace_file(stage / name, data)
    if layout.is_listed:
        replace_file(stage / layout.target / MANIFEST, layout.list_of())
    staged = entry_of(stage / layout.target)
    assert staged is not None  # noqa: S101 - it is laid out as one
    overlays = [*staged.overlays, *_local_overlays(entry, record)]
    if overlay:
        path = stage / "edits.overlay.yaml"
        path.write_bytes(overlay)
        overlays.insert(0, path)
    return replace(staged, overlays=tuple(overlays), properties=staged.properties or _local_properties(entry, record))


def _stored(record: Record) -> set[Path]:
    root = added_folder().resolve()
    return {root / kept.path for kept in record.files.values()}


def _local_overlays(entry: Entry, record: Record) -> list[Path]:
    """The overlays that did not come from the source."""
    return [path for path in entry.overlays if path not in _stored(record)]


def _local_properties(entry: Entry, record: Record) -> Path | None:
    """The properties that did not come from the source."""
    return entry.properties if entry.properties is not None and entry.properties not in _stored(record) else None


# In place


def carry_out(update: Update) -> Path:
    """Put an update in place, and return the path of the document. Raise ``ConnectorError`` if the connector was
    changed since it was prepared."""
    with locked(sources_folder() / LOCK):
        entry = update.entry
        if entry not in registry.versions_of(entry.name) or edited(update.record) != update.edited:
            raise ConnectorError(f"{stem_of(entry)} was changed meanwhile; update it again")
        root, record = added_folder().resolve(), update.record
        names = [name for name, data in update.contents.items() if not _is_stored(root, record, name, data)]
        alone = {*names} <= {update.layout.document} and update.contents.keys() == record.files.keys()
        if alone and not (update.edits and (entry.overlays or entry.root is not None)):
            record = _replace_document(update, root)
        else:
            record = _replace_list(update, root)
        write_original(stem_of(entry), update.layout.files[update.layout.document])
        write_record(stem_of(entry), record)
        delete_files(root, record.obsolete)
        return next(each.document for each in registry.versions_of(entry.name) if each.version == entry.version)


def _is_stored(root: Path, record: Record, name: str, data: bytes) -> bool:
    """Whether a file is kept with this content."""
    kept = record.files.get(name)
    try:
        return kept is not None and (root / kept.path).read_bytes() == data
    except OSError:
        return False


def _hashes(update: Update, paths: Mapping[str, str]) -> dict[str, Kept]:
    """The hashes of what came, by name, where it is kept."""
    return {name: Kept(digest(data), paths[name]) for name, data in update.layout.files.items()}


def _replace_document(update: Update, root: Path) -> Record:
    """Replace the document where it is; the edits of it are beside it before."""
    record, name = update.record, update.layout.document
    kept = record.files[name]
    following = {**record.files, name: replace(kept, following=digest(update.contents[name]))}
    write_record(stem_of(update.entry), replace(record, files=following))
    path = root / kept.path
    if update.edits:
        stem = path.name.removesuffix(next(end for end in SUFFIXES if path.name.endswith(end)))
        replace_file(path.with_name(f"{stem}.overlay.yaml"), update.edits)
    replace_file(path, update.contents[name])
    return replace(record, files=_hashes(update, {name: each.path for name, each in record.files.items()}))


def _replace_list(update: Update, root: Path) -> Record:
    """Write all files beside those that are there, then the list that leads to them."""
    entry, layout, stem = update.entry, update.layout, stem_of(update.entry)
    folder = root / stem
    whole = digest(b"".join(f"{name} {digest(data)}\n".encode() for name, data in sorted(update.contents.items())))
    inside = whole[:12]
    paths = {name: f"{stem}/{inside}/{name.removeprefix(f'{stem}/')}" for name in update.contents}
    for name, data in update.contents.items():
        replace_file(root / paths[name], data)
    moved: list[Path] = []

    def kept(path: Path) -> str:
        """The name of the user's own file in the folder, where it is copied if it is beside it."""
        if not path.is_relative_to(folder):
            moved.append(path)
            replace_file(folder / path.name, path.read_bytes())
            path = folder / path.name
        return path.relative_to(folder).as_posix()

    overlays = [paths[name].removeprefix(f"{stem}/") for name in layout.overlays]
    overlays += map(kept, _local_overlays(entry, update.record))
    if update.edits:
        replace_file(folder / f"edits-{inside}.overlay.yaml", update.edits)
        overlays.insert(0, f"edits-{inside}.overlay.yaml")
    local = _local_properties(entry, update.record)
    properties = kept(local) if local is not None else ""
    if layout.properties:
        properties = paths[layout.properties].removeprefix(f"{stem}/")
    document = paths[layout.document].removeprefix(f"{stem}/")
    files = _hashes(update, paths)
    old = {each.path for each in update.record.files.values()} | {os.path.relpath(path, root) for path in moved}
    obsolete = tuple(sorted({*old, *update.record.obsolete} - {each.path for each in files.values()}))
    replace_file(folder / MANIFEST, written_list(document, properties, overlays))
    return replace(update.record, files=files, obsolete=obsolete)


def breaking(changes: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The changes that break callers, or may."""
    return [change for change in changes if change.severity != "info" and change.rule != "version-behind"]
