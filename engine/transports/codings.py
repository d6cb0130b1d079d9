"""Content codings of responses (RFC 9110 section 8.4): read to their end, or refused.

1. One coding of those that a request offers: gzip and deflate. Names that are no codings (a charset, ``none``,
   ``aws-chunked``) are read as what they mean, nothing, and reported as a deviation.
2. gzip is its members, one after the other, all of them (RFC 1952 section 2.2). A member that is cut is an error, and
   so is whatever else follows: zeros too, which gzip(1) skips because tapes are padded with them.
3. deflate is the zlib format (RFC 9110 section 8.4.1.2). Some servers send it without that wrapper, which shows in the
first
   two bytes: read as meant, and reported.
4. Memory is bounded: nothing is unpacked in steps larger than ``CHUNK``, and what follows an end is refused as soon as
   it comes, so that zlib never collects it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from openconnectors.engine.errors import InvalidResponse, Problem
from openconnectors.engine.http import Headers

OFFERED = "gzip, deflate"
CHUNK = 64 * 1024

_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS
_NAMES = {"gzip": "gzip", "x-gzip": "gzip", "deflate": "deflate"}
_NOTHING = frozenset({"none", "null", "binary", "7bit", "8bit", "aws-chunked", "chunked"})
"""What services write into Content-Encoding if there is none; some write a charset."""


def coding_of(headers: Headers) -> tuple[str, list[Problem]]:
    """The coding of a response, ``gzip``, ``deflate`` or empty, and the problems of how it is declared.

    ``InvalidResponse`` for one that was not offered, and for several.
    """
    if "Content-Encoding" not in headers:
        return "", []
    names = [name.strip().lower() for name in headers["Content-Encoding"].split(",")]
    ignored = [name for name in names if name in _NOTHING or _is_charset(name)]
    codings = [name for name in names if name not in ("", "identity", *ignored)]
    for name in codings:
        if name not in _NAMES:
            raise InvalidResponse(f"the response is in the content encoding {name[:40]!r}, which was not offered")
    if len(codings) > 1:
        raise InvalidResponse(f"the response has {len(codings)} content encodings; at most one was asked for")
    problems = [
        Problem(("Content-Encoding",), f"{name!r} is not a content coding; ignored", part="header") for name in ignored
    ]
    return _NAMES[codings[0]] if codings else "", problems


def _is_charset(name: str) -> bool:
    try:
        "".encode(name)
    except (LookupError, ValueError):
        return False
    return True


RAW = Problem(("Content-Encoding",), "deflate came without its zlib wrapper (RFC 9110 section 8.4.1.2)", part="header")


class Decoder:
    """Decodes a body as it comes. This one has no coding: what comes is the body."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The decoded bytes of the next ones that came. ``InvalidResponse`` if they cannot be decoded."""
        yield data

    def end(self) -> None:
        """Nothing more comes: ``InvalidResponse`` if that is too early."""


class _Gzip(Decoder):
    def __init__(self) -> None:
        self._member: zlib._Decompress | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The unpacked bytes of all members."""
        while data:
            first = self._member is None
            if self._member is None or self._member.eof:
                self._member = zlib.decompressobj(_GZIP)
            try:
                yield from _unpacked(self._member, data)
            except zlib.error as error:
                state = "not gzip" if first else "gzip followed by something else, or damaged"
                raise InvalidResponse(f"the response is {state}: {_reason(error)}") from None
            data = self._member.unused_data

    def end(self) -> None:
        """Raise ``InvalidResponse`` if a member is not whole."""
        if self._member is not None and not self._member.eof:
            raise InvalidResponse("the response's gzip ends before its end")


class _Deflate(Decoder):
    def __init__(self, problems: list[Problem]) -> None:
        self._problems = problems
        self._unpacker: zlib._Decompress | None = None
        self._start = b""
        """The first byte, while the second is not there."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The unpacked bytes, with the wrapper or without."""
        data = self._start + data
        if self._unpacker is None:
            if len(data) < 2:
                self._start = data
                return
            wrapped = data[0] & 15 == 8 and (data[0] << 8 | data[1]) % 31 == 0  # RFC 1950 section 2.2
            self._start, self._unpacker = b"", zlib.decompressobj(_ZLIB if wrapped else _RAW)
            if not wrapped:
                self._problems.append(RAW)
        elif self._unpacker.eof:
            raise InvalidResponse("the response is deflate followed by something else")
        try:
            yield from _unpacked(self._unpacker, data)
        except zlib.error as error:
            raise InvalidResponse(f"the response is not deflate: {_reason(error)}") from None
        if self._unpacker.unused_data:
            raise InvalidResponse("the response is deflate followed by something else")

    def end(self) -> None:
        """Raise ``InvalidResponse`` if the data is not whole."""
        if self._start or (self._unpacker is not None and not self._unpacker.eof):
            raise InvalidResponse("the response's deflate ends before its end")


def decoder_of(coding: str, problems: list[Problem]) -> Decoder:
    """What decodes a body in a coding; what was read as meant is added to ``problems``."""
    if coding == "gzip":
        return _Gzip()
    return _Deflate(problems) if coding == "deflate" else Decoder()


def decoded(chunks: Iterable[bytes], coding: str, problems: list[Problem]) -> Iterator[bytes]:
    """The decoded bytes, in chunks. ``InvalidResponse`` if they cannot be decoded, or end too early."""
    decoder = decoder_of(coding, problems)
    for chunk in chunks:
        yield from decoder.feed(chunk)
    decoder.end()


def _unpacked(unpacker: zlib._Decompress, data: bytes) -> Iterator[bytes]:
    """The unpacked bytes of packed ones, in chunks no larger than ``CHUNK``."""
    is_full = True
    while (data or is_full) and not unpacker.eof:
        chunk = unpacker.decompress(data, CHUNK)
        data = unpacker.unconsumed_tail
        is_full = len(chunk) == CHUNK  # then zlib may hold more, of bytes that it has taken in already
        if chunk:
            yield chunk


def _reason(error: zlib.error) -> str:
    """zlib's message, without the error number before it."""
    return str(error).rpartition(": ")[2]
