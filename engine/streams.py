"""Bytes of any size, uploaded and downloaded in chunks.

Rule 1. Nothing is held in memory as a whole: an upload is read while it is sent, a download when the caller reads it.

Rule 2. A length that was announced is kept: a file that changes while it is sent is an error, not a request that the
server reads wrongly.

Rule 3. What can be read only once is sent only once: ``Content.repeatable``.
"""

from __future__ import annotations

import io
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, TypeAlias

from msgspec import Struct, field

CHUNK = 64 * 1024

Source: TypeAlias = Any
"""Bytes to send: bytes, a path, an open binary file, an iterable of bytes, or another ``Content``."""


class File(Struct, frozen=True):
    """A file to upload: its bytes, with the file name, media type and further header fields that a form sends with
    them.

    ``content`` is bytes, a ``pathlib.Path``, an open binary file, or an iterable of bytes. A path and a
    seekable file are read again for each attempt; anything else can be sent only once.
    """

    content: Source
    """What is sent."""
    filename: str | None = None
    """The name that a form sends; by default that of the path or of the open file."""
    content_type: str | None = None
    """Its media type; by default the document's, else the one that the name stands for."""
    headers: Mapping[str, Any] = field(default_factory=dict)
    """Header fields of its part of a multipart body."""

    @property
    def name(self) -> str:
        """``filename``, or the name of the path or of the open file, without its folders."""
        if self.filename is not None:
            return self.filename
        path = self.content if isinstance(self.content, Path) else getattr(self.content, "name", None)
        return os.path.basename(path) if isinstance(path, (str, Path)) else "file"  # a descriptor has a number


def is_bytes(value: object) -> bool:
    """Return True for what is uploaded as bytes: a ``File``, or what its content may be."""
    if isinstance(value, (bytes, bytearray, memoryview, Path, File)) or hasattr(value, "read"):
        return True
    return hasattr(value, "__next__") or hasattr(value, "__aiter__")


def is_iterator(value: object) -> bool:
    """Return True for what gives its parts one by one, and only once: a generator. An open file is none."""
    return (hasattr(value, "__next__") or hasattr(value, "__aiter__")) and not hasattr(value, "read")


def mapped(items: Any, function: Callable[[int, Any], bytes]) -> Iterator[bytes] | AsyncIterator[bytes]:
    """What a function makes of each item of an iterator and its index; of an async one, an async iterator."""
    if not hasattr(items, "__aiter__"):
        return (function(index, item) for index, item in enumerate(items))

    async def mapped_items() -> AsyncIterator[bytes]:
        index = 0
        async for item in items:
            yield function(index, item)
            index += 1

    return mapped_items()


class Content:
    """A request body that is read in chunks while it is sent.

    ``length`` is its bytes, or None if they are not known beforehand (then it is sent in the chunked coding);
    ``repeatable`` is True if it can be sent again; ``is_async`` if a source of it is to be awaited, so that the content
    is for ``async for`` only; ``parameters`` belong to its media type. Raises ``ValueError`` for what is not a source.
    """

    __slots__ = ("_sources", "is_async", "length", "parameters", "repeatable")

    def __init__(self, sources: Iterable[Source], parameters: str = "") -> None:
        self._sources = [_opened(source) for source in sources]
        sizes = [source.size for source in self._sources]
        self.length = None if None in sizes else sum(size for size in sizes if size is not None)
        self.repeatable = all(source.repeatable for source in self._sources)
        self.is_async = any(source.is_async for source in self._sources)
        self.parameters = parameters

    def __repr__(self) -> str:
        return f"Content({'unknown length' if self.length is None else f'{self.length:,} bytes'})"

    def __iter__(self) -> Iterator[bytes]:
        for source in self._sources:
            sent = 0
            chunks: Any = source.read()
            for chunk in chunks:
                sent += len(chunk)
                yield chunk
            source.check(sent)

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        for source in self._sources:
            sent = 0
            chunks: Any = source.read()
            if source.is_async:
                try:
                    async for chunk in chunks:
                        sent += len(chunk)
                        yield chunk
                finally:  # if the upload ends early, so does the generator of the caller's
                    if hasattr(chunks, "aclose"):
                        await chunks.aclose()
            else:
                for chunk in chunks:
                    sent += len(chunk)
                    yield chunk
            source.check(sent)


class _Opened(Struct, frozen=True):
    """How a source is read, its bytes if they are known, and whether it can be read again."""

    read: Callable[[], Iterator[bytes] | AsyncIterator[bytes]]
    size: int | None
    repeatable: bool
    is_async: bool = False

    def check(self, sent: int) -> None:
        """Raise ``OSError`` if so many bytes are not as many as were announced."""
        if self.size is not None and sent != self.size:
            raise OSError(f"a file of {self.size:,} bytes has {sent:,} while it is sent")


def _opened(source: Source) -> _Opened:
    if isinstance(source, File):
        source = source.content
    if isinstance(source, Content):
        read = source.__aiter__ if source.is_async else source.__iter__
        return _Opened(read, source.length, source.repeatable, source.is_async)
    if isinstance(source, (bytes, bytearray, memoryview)):
        whole = bytes(source)
        return _Opened(lambda: iter((whole,)), len(whole), True)
    if isinstance(source, Path):
        try:
            return _Opened(lambda: _read_path(source), source.stat().st_size, True)
        except OSError as error:
            raise ValueError(f"cannot be read: {source}: {error.strerror}") from None
    if hasattr(source, "__aiter__"):  # also an open file whose reading is awaited: it gives its lines
        return _Opened(lambda: aiter(source), None, False, is_async=True)
    if hasattr(source, "read"):
        return _read_file(source)
    if isinstance(source, Iterable) and not isinstance(source, (str, Mapping)):
        return _Opened(lambda: iter(source), None, False)
    raise ValueError(
        f"must be bytes, a pathlib.Path, an open binary file or an iterable of bytes, not {type(source).__name__}"
    )


def _read_path(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from _chunks(file)


def _read_file(file: Any) -> _Opened:
    if isinstance(file, io.TextIOBase):
        raise ValueError("must be a file opened in binary mode (open(path, 'rb'))")
    try:
        start = file.tell()
        size = file.seek(0, io.SEEK_END) - start
        file.seek(start)
    except (AttributeError, OSError, ValueError):
        return _Opened(lambda: _chunks(file), None, False)  # a pipe

    def read() -> Iterator[bytes]:
        file.seek(start)
        yield from _chunks(file)

    return _Opened(read, size, True)


def _chunks(file: Any) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk


class Download:
    """A response body that is read in chunks. ``status``, ``headers`` and ``fields`` are those of the response."""

    def __init__(self, close: Callable[[], None]) -> None:
        self._close = close
        self._rest = bytearray()
        """What was read from the connection and not yet by the caller."""
        self.status = 0
        self.headers: Mapping[str, str] = {}
        self.fields: Mapping[str, Any] = {}

    def begin(self, status: int, headers: Mapping[str, str], fields: Mapping[str, Any]) -> None:
        """Set what came before the body."""
        self.status, self.headers, self.fields = status, headers, fields

    def close(self) -> None:
        """Close the connection if there is more to read."""
        self._close()

    def _lacks(self, size: int) -> bool:
        return size < 0 or len(self._rest) < size

    def _take(self, size: int) -> bytes:
        """So many of the bytes that were read; a negative size takes all."""
        taken = bytes(self._rest if size < 0 else self._rest[:size])
        del self._rest[: len(taken)]
        return taken


class Stream(Download):
    """A response body that is read in chunks: iterate over it, ``read`` it, or ``save`` it. Close it, or use it as a
    context manager, if it is not read to its end.

    A body that is cut off, or a peer that is too slow, raises a ``TransportError`` while it is read, so that what was
    read before is known not to be the whole. ``status``, ``headers`` and ``fields`` are those of the response.
    """

    def __init__(self, chunks: Iterator[bytes], close: Callable[[], None]) -> None:
        super().__init__(close)
        self._chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        if self._rest:
            yield self._take(-1)
        yield from self._chunks

    def read(self, size: int = -1) -> bytes:
        """So many bytes, fewer only at the end; a negative size reads all that are left."""
        while self._lacks(size) and (chunk := next(self._chunks, b"")):
            self._rest += chunk
        return self._take(size)

    def save(self, path: str | Path) -> int:
        """Write what is left to a file and return the number of bytes. The file appears under its name only when it is
        whole."""
        with _Part(Path(path)) as part:
            for chunk in self:
                part.write(chunk)
        return part.size

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class AsyncStream(Download):
    """A response body that is read in chunks in a coroutine: ``async for`` goes over them, ``read`` and ``save`` are
    awaited. Leave it by ``async with``, or close it, if it is not read to its end. Else it is as a ``Stream``."""

    def __init__(self, chunks: AsyncGenerator[bytes, None], close: Callable[[], None]) -> None:
        super().__init__(close)
        self._chunks = chunks

    def __aiter__(self) -> AsyncStream:
        return self

    async def __anext__(self) -> bytes:
        return self._take(-1) if self._rest else await anext(self._chunks)

    async def read(self, size: int = -1) -> bytes:
        """So many bytes, fewer only at the end; a negative size reads all that are left."""
        while self._lacks(size) and (chunk := await anext(self._chunks, b"")):
            self._rest += chunk
        return self._take(size)

    async def save(self, path: str | Path) -> int:
        """Write what is left to a file and return the number of bytes. The file appears under its name only when it is
        whole."""
        with _Part(Path(path)) as part:
            async for chunk in self:
                part.write(chunk)
        return part.size

    async def aclose(self) -> None:
        """Close the connection if there is more to read."""
        self.close()
        await self._chunks.aclose()

    async def __aenter__(self) -> AsyncStream:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.aclose()


class _Part:
    """A file that appears under its name once it is whole."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._path = target.with_name(f".{target.name}.{os.getpid()}.part")
        self.size = 0

    def __enter__(self) -> _Part:
        self._file = self._path.open("xb")
        return self

    def write(self, chunk: bytes) -> None:
        """Add bytes at its end."""
        self.size += self._file.write(chunk)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            self._file.close()
            if kind is None:
                self._path.replace(self._target)
        finally:
            self._path.unlink(missing_ok=True)
