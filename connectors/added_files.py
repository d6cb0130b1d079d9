"""The files of a connector that was added: how they are named where they are kept, and what is remembered of them.

In a folder of their own are ``NAME.json``, which says where a connector came from and has a hash of each of its files,
and ``NAME.gz``, its document as it came, so that edits of it can be seen.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from openconnectors.engine.documents import loader
from openconnectors.engine.documents.published import PUBLISHED, SCRIPT
from openconnectors.engine.errors import ConnectorError
from openconnectors.entries import SUFFIXES, Entry, written_version
from openconnectors.folders import added_folder, sources_folder

_RECORD, _ORIGINAL = ".json", ".gz"
LOCK = ".lock"
"""The file of the lock among them, which is held while connectors are written."""


class Layout(Struct, frozen=True):
    """The files of a connector by their names below a folder of connectors, and which of them is what."""

    target: str
    """The name of the document, or of the folder of all files."""
    files: dict[str, bytes]
    places: dict[str, Path]
    """Where each file was read."""
    document: str
    properties: str = ""
    overlays: tuple[str, ...] = ()
    is_listed: bool = False
    """Whether the folder needs a list of what is what, as the names do not say it."""

    def list_of(self) -> bytes:
        """The text of the list."""
        document, properties, *overlays = map(self._inside, (self.document, self.properties, *self.overlays))
        return written_list(document, properties, overlays)

    def _inside(self, name: str) -> str:
        return name.removeprefix(f"{self.target}/")


def written_list(document: str, properties: str, overlays: list[str]) -> bytes:
    """The text of the list of a folder: the names of the document, the properties and the overlays in it."""
    members: dict[str, object] = {"document": document}
    if properties:
        members["properties"] = properties
    if overlays:
        members["overlays"] = overlays
    return (json.dumps(members, indent=1) + "\n").encode()


def laid_out(entry: Entry, stem: str) -> Layout:
    """The files of a connector as they are kept under a name."""
    files = loader.files_of(entry.document, entry.root, entry.overlays)
    if len(files) > 1 or len(entry.overlays) > 1:
        return _of_many(entry, files, stem)
    if entry.document.name in PUBLISHED:
        document, properties, overlay = f"{stem}/{PUBLISHED[0]}", f"{stem}/{PUBLISHED[1]}", f"{stem}/apiDefinition"
        places = {f"{stem}/{file}": entry.document.parent / file for file in (*PUBLISHED, SCRIPT)}
        target = stem
    else:
        document, overlay = f"{stem}{_suffix(entry.document)}", stem
        properties = f"{stem}.properties{entry.properties.suffix}" if entry.properties is not None else ""
        places = {document: entry.document}
        target = document
    if entry.properties is not None:
        places[properties] = entry.properties
    overlays = {f"{overlay}.overlay{path.suffix}": path for path in entry.overlays}
    places = {name: path for name, path in {**places, **overlays}.items() if path.is_file()}
    contents = {name: path.read_bytes() for name, path in places.items()}
    return Layout(target, contents, places, document, properties if properties in places else "", tuple(overlays))


def _of_many(entry: Entry, files: list[Path], stem: str) -> Layout:
    """A document of many files, the first of ``files``, in a folder in which they are as they were to each other."""
    beside = [file for file in (entry.document.parent / SCRIPT,) if entry.document.name in PUBLISHED and file.is_file()]
    absolute = [Path(os.path.abspath(file)) for file in (*files, *beside, *entry.files[1:])]
    top = Path(os.path.commonpath([file.parent for file in absolute]))

    def within(file: Path) -> str:
        return f"{stem}/{Path(os.path.abspath(file)).relative_to(top).as_posix()}"

    places = {within(file): file for file in absolute}
    contents = {name: path.read_bytes() for name, path in places.items()}
    properties = within(entry.properties) if entry.properties is not None else ""
    overlays = tuple(map(within, entry.overlays))
    return Layout(stem, contents, places, within(entry.document), properties, overlays, is_listed=True)


def _suffix(document: Path) -> str:
    """The end of the name of a copy of a document: its own if it says that it is one, else by the version it says."""
    known = next((suffix for suffix in SUFFIXES if document.name.endswith(suffix)), None)
    if known is not None:
        return known
    version = written_version(document)
    return f".{version[1].decode() if version is not None else 'swagger'}{document.suffix}"


def replace_file(path: Path, data: bytes) -> None:
    """Write a file as a whole: who reads it sees the old one or the new one, whatever happens meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, part = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(part, 0o666 & ~_umask())
        os.replace(part, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(part)
        raise


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


# What is remembered


def digest(data: bytes) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


class Kept(Struct, frozen=True):
    """A file that came from the source: its hash, where it is kept, and the hash of what is about to replace it."""

    sha256: str
    path: str
    following: str = ""


class Record(Struct, frozen=True):
    """Where a connector came from, and its files as they came, by their names in its layout."""

    source: str
    """A URL without its query, or an absolute path."""
    has_query: bool = False
    """Whether the URL had a query, which is not kept, as it may hold a secret."""
    root: str = ""
    overlays: tuple[str, ...] = ()
    files: dict[str, Kept] = field(default_factory=dict)
    obsolete: tuple[str, ...] = ()
    """Files that are no longer used, and may not be deleted yet."""


def record_of(layout: Layout, source: str, root: Path | None, overlays: tuple[Path, ...]) -> Record:
    """The record of a connector that is kept as laid out."""
    files = {name: Kept(digest(data), name) for name, data in layout.files.items()}
    absolute = tuple(os.path.abspath(overlay) for overlay in overlays)
    folder = os.path.abspath(root) if root is not None else ""
    return with_source(Record("", False, folder, absolute, files), source)


def with_source(record: Record, source: str) -> Record:
    """A record of another source: a path, or a URL, whose query is left out."""
    if "://" not in source:
        return replace(record, source=os.path.abspath(source), has_query=False)
    url, mark, _ = source.partition("#")[0].partition("?")
    return replace(record, source=url, has_query=bool(mark))


def read_record(stem: str) -> Record | None:
    """What is remembered of a connector; None if nothing is. Raise ``ConnectorError`` if it cannot be read."""
    path = sources_folder() / f"{stem}{_RECORD}"
    try:
        return msgspec.json.decode(path.read_bytes(), type=Record)
    except FileNotFoundError:
        return None
    except (msgspec.DecodeError, OSError) as error:
        raise ConnectorError(
            f"{path} cannot be read: {error}; add the connector again with connectors add SOURCE --replace"
        ) from None


def write_record(stem: str, record: Record) -> None:
    """Remember where a connector came from."""
    data = msgspec.json.format(msgspec.json.encode(record), indent=1)
    replace_file(sources_folder() / f"{stem}{_RECORD}", data + b"\n")


def write_original(stem: str, document: bytes) -> None:
    """Keep a document as it came."""
    replace_file(sources_folder() / f"{stem}{_ORIGINAL}", gzip.compress(document, mtime=0))


def read_original(stem: str, sha256: str) -> bytes | None:
    """The document as it came; None if that is not kept."""
    try:
        data = gzip.decompress((sources_folder() / f"{stem}{_ORIGINAL}").read_bytes())
    except (OSError, EOFError):
        return None
    return data if digest(data) == sha256 else None


def delete_memory(stem: str) -> None:
    """Delete what is remembered of a connector, and what it says is no longer used."""
    record = None
    with suppress(ConnectorError):
        record = read_record(stem)
    if record is not None:
        delete_files(added_folder().resolve(), record.obsolete)
    for suffix in (_RECORD, _ORIGINAL):
        (sources_folder() / f"{stem}{suffix}").unlink(missing_ok=True)


def delete_files(folder: Path, names: tuple[str, ...]) -> None:
    """Delete files below a folder of connectors, and the folders below it that are empty then."""
    for path in _below(folder, names):
        path.unlink(missing_ok=True)
        for parent in path.parents:
            if parent == folder:
                break
            try:
                parent.rmdir()
            except OSError:
                break


def _below(folder: Path, names: tuple[str, ...]) -> Iterator[Path]:
    """The paths of names that lead into a folder: a record could have been written by somebody else."""
    for name in names:
        path = folder / name
        if ".." not in path.parts and path.is_relative_to(folder) and path.resolve().is_relative_to(folder.resolve()):
            yield path
