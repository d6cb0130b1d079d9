"""Octets of any size: what is uploaded in pieces, and what is downloaded in pieces.

Nothing here is held in memory as a whole: an upload is read while it is sent, a download while it is read.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, TypeAlias

PIECE = 64 * 1024

Source: TypeAlias = Any
"""Octets to send: bytes, a path, an open binary file, or an iterable of bytes."""


@dataclass(frozen=True, slots=True)
class File:
    """A file to upload: its octets, and the name and media type that a form tells of it.

    ``content`` is bytes, a ``pathlib.Path``, an open binary file, or an iterable of bytes. A path and a file
    that can seek are read anew for each attempt; anything else can be sent once only.
    """

    content: Source
    filename: str | None = None
    content_type: str | None = None

    @property
    def name(self) -> str:
        """The name given, or that of the path or of the open file, without its folders."""
        if self.filename is not None:
            return self.filename
        own = self.content if isinstance(self.content, Path) else getattr(self.content, "name", None)
        return os.path.basename(own) if isinstance(own, (str, Path)) else "file"


def is_bytes(value: Any) -> bool:
    """Whether a value is something to upload: a ``File``, or what its content may be."""
    if isinstance(value, (bytes, bytearray, memoryview, Path, File)) or hasattr(value, "read"):
        return True
    return hasattr(value, "__next__")


class Content:
    """A body that is read in pieces while it is sent.

    ``length`` is its octets, or None where they are not known beforehand (it is then sent in chunks);
    ``repeatable`` tells whether it can be sent again; ``parameters`` go to its media type. Raises
    ``ValueError`` for a source that is none.
    """

    __slots__ = ("_pieces", "length", "parameters", "repeatable")

    def __init__(self, sources: Iterable[Source], parameters: str = "") -> None:
        self._pieces = [_opened(source) for source in sources]
        sizes = [size for _, size, _ in self._pieces]
        self.length = None if None in sizes else sum(size for size in sizes if size is not None)
        self.repeatable = all(again for _, _, again in self._pieces)
        self.parameters = parameters

    def __repr__(self) -> str:
        return f"Content({'unknown length' if self.length is None else f'{self.length:,} bytes'})"

    def __iter__(self) -> Iterator[bytes]:
        for read, size, _ in self._pieces:
            sent = 0
            for piece in read():
                sent += len(piece)
                yield piece
            if size is not None and sent != size:
                raise OSError(f"a file of {size:,} bytes has {sent:,} while it is sent")


Piece: TypeAlias = tuple[Callable[[], Iterator[bytes]], int | None, bool]


def _opened(source: Source) -> Piece:
    """How a source is read, how much it holds, and whether it can be read again."""
    if isinstance(source, File):
        source = source.content
    if isinstance(source, (bytes, bytearray, memoryview)):
        whole = bytes(source)
        return lambda: iter((whole,)), len(whole), True
    if isinstance(source, Path):
        try:
            return lambda: _read_path(source), source.stat().st_size, True
        except OSError as error:
            raise ValueError(f"cannot be read: {source}: {error.strerror}") from None
    if hasattr(source, "read"):
        return _read_file(source)
    if isinstance(source, Iterable) and not isinstance(source, (str, Mapping)):
        return lambda: iter(source), None, False
    raise ValueError(f"must be bytes, a pathlib.Path, an open binary file or an iterable of bytes, not {_kind(source)}")


def _kind(value: Any) -> str:
    return type(value).__name__


def _read_path(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from _pieces(file)


def _read_file(file: Any) -> Piece:
    if isinstance(file, io.TextIOBase):
        raise ValueError("must be a file opened in binary mode (open(path, 'rb'))")
    try:
        start = file.tell()
        size = file.seek(0, io.SEEK_END) - start
        file.seek(start)
    except (AttributeError, OSError, ValueError):
        return lambda: _pieces(file), None, False

    def read() -> Iterator[bytes]:
        file.seek(start)
        yield from _pieces(file)

    return read, size, True


def _pieces(file: Any) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece


class Stream:
    """An answer that is read in pieces: iterate over it, ``read`` it, or ``save`` it. Close it, or use it
    as a context manager, when it is not read to its end.

    A body that is cut off, or a peer that is too slow, raises a ``TransportError``
    while it is read, so that what was read before is known not to be the whole. ``status``, ``headers`` and
    ``fields`` are those of the answer, as a response has them.
    """

    def __init__(self, pieces: Iterator[bytes], close: Callable[[], None]) -> None:
        self._pieces = pieces
        self._close = close
        self._rest = b""
        self.status = 0
        self.headers: Mapping[str, str] = {}
        self.fields: Mapping[str, Any] = {}

    def told(self, status: int, headers: Mapping[str, str], fields: Mapping[str, Any]) -> None:
        """Sets what came before the body."""
        self.status, self.headers, self.fields = status, headers, fields

    def __iter__(self) -> Iterator[bytes]:
        if self._rest:
            rest, self._rest = self._rest, b""
            yield rest
        yield from self._pieces

    def read(self, size: int = -1) -> bytes:
        """As many octets as asked for, fewer at the end only; all that are left for a negative size."""
        found = [self._rest]
        length = len(self._rest)
        while size < 0 or length < size:
            piece = next(self._pieces, b"")
            if not piece:
                break
            found.append(piece)
            length += len(piece)
        whole = b"".join(found)
        self._rest = b"" if size < 0 else whole[size:]
        return whole if size < 0 else whole[:size]

    def save(self, path: str | Path) -> int:
        """Writes what is left to a file, and returns how many octets that were. The file appears under its
        name only once it is whole."""
        target = Path(path)
        part = target.with_name(f".{target.name}.{os.getpid()}.part")
        size = 0
        try:
            with part.open("xb") as file:
                for piece in self:
                    size += file.write(piece)
            part.replace(target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        return size

    def close(self) -> None:
        """Gives the connection up, where there is more to read."""
        self._close()

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
