"""Services of documents, kept on disk as they are lowered, so that a process that uses one does not read its document.

Rule 1. A service is kept under a key: a digest of what is in its file, its properties and its overlays, of the program
that lowers them, and of Python. They are read all the same, to find that out; they are not parsed. So are the other
files of a document, whose digests are kept beside the service.

Rule 2. What is kept is what was lowered: the service itself, and the operations and schemas that were asked for. What
is asked for and is not kept is lowered from the document, which is then parsed, and kept. So a process does no work
for what it does not use. Nothing that raises is kept: what is wrong with a document is said by what reads it.

Rule 3. Nothing is kept of a document once anything depended on the absence of a file, or on one that is not a part of
the document, such as an example.

Rule 4. What is kept is data, and gives the same values as the document (see ``packing``). If it does not, or cannot be
read, the document is used.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import MsgspecError, Struct, msgpack
from msgspec.structs import replace

from openconnectors.engine import deferred, model
from openconnectors.engine.documents import cache_files, packing
from openconnectors.engine.documents.cache_files import content_of, digest
from openconnectors.engine.documents.packing import packed, unpacked
from openconnectors.engine.documents.parts import scripted
from openconnectors.engine.documents.published import PUBLISHED
from openconnectors.engine.errors import InvalidDocument
from openconnectors.engine.model import Lazy, Operation, PolicyUse, Schema, Service

if TYPE_CHECKING:
    from openconnectors.engine.documents import loader
    from openconnectors.engine.documents.document import Document
else:
    loader = deferred.module("openconnectors.engine.documents.loader")


_LOWERED = frozenset({"operations", "schemas", "webhooks", "original", "schema_of", "finding", "remarks"})
"""The members of a service that need its document, or are lowered when they are asked for."""


class Kept(Struct, array_like=True):
    """What is kept of one service: itself, its parts by their names, and the digests of the other files that these are
    from."""

    head: bytes
    files: dict[str, bytes]
    operations: dict[str, bytes]
    schemas: dict[str, bytes]


_NOTHING = Kept(b"", {}, {}, {})


class Place(Struct, frozen=True):
    """Where a service is kept."""

    folder: Path
    key: bytes
    shipped: bool = False
    """Whether the folder came with the program: then nothing is written there."""

    def read(self) -> Kept | None:
        """What is kept there; None if there is nothing that can be read."""
        data = cache_files.read(self.folder, self.key, shipped=self.shipped)
        if data is not None:
            with suppress(MsgspecError):
                return msgpack.decode(data, type=Kept)
        return None

    def write(self, kept: Kept) -> None:
        """Keep a service there, if that can be done."""
        cache_files.write(self.folder, self.key, msgpack.encode(kept))


def load(
    path: Path,
    properties: Path | None = None,
    root: Path | None = None,
    overlays: Sequence[Path] = (),
    *,
    folder: Path | None = None,
    shipped: Path | None = None,
) -> Service:
    """The service of a document file, as ``loader.load`` gives it, kept in ``folder``. Nothing is written to
    ``shipped``, a folder that came with the program and may have it already."""
    files = _files(path, properties, root, overlays)
    if files is None:
        return loader.load(path, properties, root, overlays)
    place = _place(files, folder)
    for candidate in (Place(shipped, files.key(_shape()), True) if shipped is not None else None, place):
        kept = candidate.read() if candidate is not None else None
        if candidate is not None and kept is not None and files.has(kept.files):
            with suppress(*packing.FAULTS):
                return scripted(_Parts(files, None if candidate.shipped else place, kept).service(), path)
    return scripted(_Parts(files, place, _NOTHING).lowered(), path)


def prepare(path: Path, properties: Path | None, folder: Path) -> None:
    """Keep a service as a whole in a folder that will come with the program."""
    files = _files(path, properties, None, ())
    if files is not None:
        parts = _Parts(files, Place(folder, files.key(_shape())), _NOTHING)
        parts.lower_all()


def _place(files: _Files, folder: Path | None) -> Place | None:
    program = _program() if folder is not None else None
    return Place(folder, files.key(program)) if folder is not None and program is not None else None


@cache
def _program() -> bytes | None:
    """What tells this program and this Python from others; None if that cannot be found out."""
    engine = Path(model.__file__).parent
    folders = [engine, engine / "auth"]
    listed: list[tuple[str, int, int]] = []
    try:
        while folders:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    if entry.name.endswith(".py"):
                        state = entry.stat()
                        listed.append((entry.path, state.st_size, state.st_mtime_ns))
                    elif entry.path.startswith(_DOCUMENTS) and entry.is_dir():
                        folders.append(Path(entry.path))
    except OSError:
        return None
    return repr((sys.version, sorted(listed))).encode() if listed else None


_DOCUMENTS = os.path.dirname(__file__)


def _shape() -> bytes:
    """What tells the records of this program from those of others: what came with it was made by it."""
    return packing.shape().encode()


class _Files:
    """The files of a service: what is in them, and what is lowered from that."""

    def __init__(
        self,
        path: Path, properties: Path | None, root: Path | None, overlays: Sequence[Path],
        data: bytes, beside: bytes, texts: Sequence[bytes],
    ) -> None:  # fmt: skip
        self._path, self._properties, self._root, self._overlays = path, properties, root, overlays
        self._data, self._beside, self._texts = data, beside, texts
        self.names = tuple(map(str, (path, *([properties] if properties is not None else []), *overlays)))
        """The files as diagnostics show them, which may be elsewhere when they are read again."""

    def key(self, program: bytes) -> bytes:
        """The key of the service as a program lowers it."""
        kinds = [
            f"{path.name in PUBLISHED}{path.suffix}" for path in (self._path, self._properties) if path is not None
        ]
        folder = self._path.parent
        within = os.path.relpath(self._root, folder) if self._root is not None else ""
        shape: tuple[Any, ...] = (kinds, within)
        if self._overlays:  # where an overlay is decides what it extends
            shape += ([os.path.relpath(overlay, folder) for overlay in self._overlays],)
        return digest(program, repr(shape).encode(), self._data, self._beside, *self._texts)

    @cached_property
    def _document(self) -> Document:
        return loader.read(self._path, self._root, self._data, overlays=self._overlays, texts=self._texts)

    @cached_property
    def service(self) -> Service:
        """The service as the document gives it."""
        return loader.joined(self._document, self._properties, self._beside)

    def others(self) -> dict[str, bytes] | None:
        """The digests of the other files that have been read, by name; None if anything depended on more than these."""
        files = self._document.files
        if files is None or not files.complete:
            return None
        return dict(files.digests)

    def has(self, others: Mapping[str, bytes]) -> bool:
        """Return True if these are the digests of other files as they are."""
        for name, expected in others.items():
            data = content_of(Path(os.path.normpath(self._path.parent / name)))
            if data is None or digest(data) != expected:
                return False
        return True


def _files(path: Path, properties: Path | None, root: Path | None, overlays: Sequence[Path]) -> _Files | None:
    """The files of a service; None if they cannot be read here."""
    data = content_of(path)
    beside = content_of(properties) if properties is not None else b""
    texts = [text for overlay in overlays if (text := content_of(overlay)) is not None]
    if data is None or beside is None or len(texts) != len(overlays):
        return None
    return _Files(path, properties, root, overlays, data, beside, texts)


class _Parts:
    """A service whose parts are those that are kept, else those of the document, which are kept from then on."""

    def __init__(self, files: _Files, place: Place | None, kept: Kept) -> None:
        self._files = files
        self._place = place
        self._kept = kept
        self._new = 0
        self._due = 1
        """How many parts are new when they are kept next: a process that asks for many writes few times."""

    def service(self) -> Service:
        """The service that is kept."""
        files, head = self._files, unpacked(self._kept.head, self._files.names)
        members = head["members"]
        members["policies"] = tuple(map(_with_finding, members["policies"]))
        subtypes = members["subtypes"]
        members["subtypes"] = Lazy((), lambda at: subtypes.get(at, ()), closed=False)
        original = head["original"]
        return Service(
            **members,
            operations=Lazy(head["operations"], self._operation),
            schemas=Lazy(head["schemas"], self._schema, closed=False),
            webhooks=Lazy(head["webhooks"], lambda name: files.service.webhooks[name]),
            original=None if original is None else Lazy(original, lambda name: (files.service.original or {})[name]),
            schema_of=lambda raw: files.service.schema_of(raw),
            finding=lambda rule, message, at: files.service.finding(rule, message, at),
            remarks=lambda: files.service.remarks(),
        )

    def lowered(self) -> Service:
        """The service of the document, whose operations are kept when they are lowered."""
        service = self._files.service
        return replace(service, operations=Lazy(service.operations, self._operation))

    def lower_all(self) -> None:
        """Lower every part that can be, and keep it."""
        service = self._files.service
        for parts in (service.operations, service.schemas):
            for name in parts:
                with suppress(InvalidDocument):
                    _ = parts[name]
        self._keep()

    def _operation(self, name: str) -> Operation:
        kept = self._kept.operations.get(name)
        if kept is not None:
            with suppress(*packing.FAULTS):
                return unpacked(kept, self._files.names)  # type: ignore[no-any-return]
        operation = self._files.service.operations[name]
        self._new += 1
        if self._new >= self._due:
            self._due *= 2
            self._keep()
        return operation

    def _schema(self, at: str) -> Schema:
        kept = self._kept.schemas.get(at)
        if kept is not None:
            with suppress(*packing.FAULTS):
                return unpacked(kept, self._files.names)  # type: ignore[no-any-return]
        return self._files.service.schemas[at]

    def _keep(self) -> None:
        """Keep what is lowered, beside what is kept already, by another process, too."""
        service, names = self._files.service, self._files.names
        others = self._files.others()
        if self._place is None or service.blocked or others is None:
            return
        before = self._place.read()
        kept = before if before is not None and self._files.has(before.files) else self._kept
        try:
            head = kept.head or packed(_head(service), names)
        except packing.FAULTS:
            return
        operations, schemas = _packed(service.operations, names), _packed(service.schemas, names)
        self._kept = Kept(head, kept.files | others, kept.operations | operations, kept.schemas | schemas)
        self._place.write(self._kept)


def _packed(parts: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, bytes]:
    """The parts that are lowered, and can be packed: a value may be of a kind, or hold something, that cannot."""
    result = {}
    for name, part in (parts.known() if isinstance(parts, Lazy) else parts).items():
        with suppress(*packing.FAULTS, InvalidDocument):
            result[name] = packed(part, names)
    return result


def _head(service: Service) -> dict[str, Any]:
    """A service without its parts."""
    members = {name: getattr(service, name) for name in service.__struct_fields__ if name not in _LOWERED}
    members["policies"] = tuple(replace(policy, finding=policy.finding("")) for policy in service.policies)
    original = service.original
    return {
        "members": members,
        "operations": list(service.operations),
        "schemas": list(service.schemas),
        "webhooks": list(service.webhooks),
        "original": None if original is None else list(original),
    }


def _with_finding(policy: PolicyUse) -> PolicyUse:
    """A policy that was kept with a finding at its place instead of what makes one."""
    place: Any = policy.finding
    return replace(policy, finding=lambda message: replace(place, message=message))
