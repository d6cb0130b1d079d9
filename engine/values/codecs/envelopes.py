"""The bytes of multipart bodies: parts with header fields between boundaries (RFC 2046 section 5.1).

Rule 1. What stands before the first boundary and after the last is ignored. A body without its last boundary was cut
off.

Rule 2. Time and memory are linear in the bytes; the number of parts is bounded, since each is an object of its own.

Rule 3. A line may end without its carriage return, which services forget.
"""

from __future__ import annotations

import binascii
import quopri
import re
from collections.abc import Iterator, Mapping
from itertools import chain

from msgspec import Struct

from openconnectors.engine.deferred import pattern
from openconnectors.engine.http import field_text
from openconnectors.engine.streams import Content, Source
from openconnectors.engine.values.codecs.charsets import utf_8_of

_MAX_PARTS = 1_000
_MAX_PART = 32 * 1024 * 1024
"""The most bytes of a part that is read while it arrives: while no boundary comes, memory would not be bounded."""
_MAX_HEAD = 64 * 1024
"""The most bytes of the header of a part."""
_BLANK_LINE = pattern(rb"\A\r?\n|\r?\n\r?\n")
_LINE_END = pattern("[\r\n\0]")
_FOLD = pattern(rb"\r?\n[ \t]+")
_ESCAPES = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})
"""The characters of a name or file name that would end it, encoded as browsers do (WHATWG HTML section 4.10.21.8)."""


def escaped(name: str) -> str:
    """A name as it stands in a part."""
    return name.translate(_ESCAPES)


def disposition(name: str | None, filename: str | None) -> str:
    """The Content-Disposition of a part of a form, or if it has no name of an attachment (RFC 7578 section 4.2)."""
    parameters = [f'filename="{escaped(filename)}"'] if filename is not None else []
    if name is None:
        return "; ".join(["attachment", *parameters])
    return "; ".join(["form-data", f'name="{escaped(name)}"', *parameters])


def part(boundary: str, headers: Mapping[str, str], data: Source) -> list[Source]:
    """One part: its boundary, header fields and bytes. ``ValueError`` for what no header field can hold."""
    lines = [f"--{boundary}\r\n"]
    for name, text in headers.items():
        if name != "Content-Disposition" or _LINE_END.search(text):  # whose names are UTF-8 (RFC 7578 section 5.1)
            field_text(name, text)
        lines.append(f"{name}: {text}\r\n")
    return [utf_8_of("".join([*lines, "\r\n"])), data, b"\r\n"]


def text_part(boundary: str, name: str, text: str) -> bytes:
    """A part of a form that is text, in one piece: most parts are."""
    return utf_8_of(f"--{boundary}\r\nContent-Disposition: {disposition(name, None)}\r\n\r\n{text}\r\n")


def body(boundary: str, sources: list[Source], parameters: str) -> Content:
    """The parts together; ``parameters`` are those of the media type beside the boundary."""
    closed = [*sources, f"--{boundary}--\r\n".encode("ascii")]
    return Content(closed, "; ".join(filter(None, [f"boundary={boundary}", parameters])))


class Part(Struct, frozen=True):
    """One part as it came: its header fields by their names in lower case, and its bytes."""

    headers: Mapping[str, str]
    data: bytes

    def named(self) -> tuple[str, str | None]:
        """The name and the file name of a part of a form. ``ValueError`` for a part without them."""
        # Imported when a form is read, as servers do: werkzeug is a tenth of what the first call of a process imports.
        from werkzeug.http import parse_options_header

        if "content-disposition" not in self.headers:
            raise ValueError("is not a multipart form: a part has no Content-Disposition")
        _, parameters = parse_options_header(self.headers["content-disposition"])
        return parameters.get("name", ""), parameters.get("filename")

    def decoded(self) -> bytes:
        """The bytes as they were before they were encoded for mail (RFC 2045 section 6). ``ValueError`` if they are not
        in the encoding that is named."""
        encoding = self.headers.get("content-transfer-encoding", "").lower()
        try:
            if encoding == "base64":
                return binascii.a2b_base64(self.data)
            return quopri.decodestring(self.data) if encoding == "quoted-printable" else self.data
        except binascii.Error as error:
            raise ValueError(f"has a part that is not base64: {error}") from None


def parts(data: bytes, boundary: str) -> list[Part]:
    """The parts of a body. ``ValueError`` for what is not one, or has too many."""
    if not boundary:
        raise ValueError("has a Content-Type without a boundary")
    encoded = boundary.encode("latin-1", "replace")
    delimiter = re.compile(rb"(?:\A|\r?\n)--" + re.escape(encoded) + rb"(--)?[ \t]*(?:\r?\n|\Z)")
    received: list[Part] = []
    begin: int | None = None
    at = 0
    while (match := delimiter.search(data, at)) is not None:
        if begin is not None:
            received.append(_part(data[begin : match.start()]))
        if len(received) > _MAX_PARTS:
            raise ValueError(f"is not a multipart form: it has more than {_MAX_PARTS:,} parts")
        if match[1]:
            return received
        begin = match.end()
        # The line end of a boundary may be that before the next: a part without header fields and bytes.
        at = max(match.end() - 2, match.start() + len(encoded) + 2)
    raise ValueError("is not a multipart form: its last boundary is missing")


def parts_of(chunks: Iterator[bytes], boundary: str) -> Iterator[Part]:
    """The parts of a body that arrives in chunks, each as soon as the boundary after it has come. ``ValueError`` as
    ``parts``, and for a part that is too large; there may be any number of them."""
    if not boundary:
        raise ValueError("has a Content-Type without a boundary")
    line = b"--" + boundary.encode("latin-1", "replace")
    delimiter = re.compile(rb"\r?\n" + re.escape(line) + rb"(--)?[ \t]*\r?\n")
    text, at, begin = bytearray(b"\r\n"), 0, -1
    for chunk in chain(chunks, (b"\r\n",)):  # the last boundary may have no line end
        text += chunk
        while (match := delimiter.search(text, at)) is not None:
            if begin >= 0:
                yield _part(bytes(text[begin : match.start()]))
            if match[1]:
                for _ in chunks:
                    pass  # an epilogue is ignored, but must have come whole
                return
            cut = max(match.end() - 2, match.start() + len(line))
            begin, at = match.end() - cut, 0
            del text[:cut]
        if len(text) > _MAX_PART + len(chunk):
            raise ValueError(f"has a part of more than {_MAX_PART:,} bytes")
        # A boundary that has not come whole begins with the last line break; each byte is searched once.
        last = text.rfind(b"\n", at)
        is_begun = last >= 0 and line.startswith(text[last + 1 : last + 1 + len(line)])
        at = max(at, last - 1 if is_begun else len(text) - 1)
    raise ValueError("is not a multipart form: its last boundary is missing")


def _part(data: bytes) -> Part:
    end = _BLANK_LINE.search(data, 0, _MAX_HEAD)
    if end is None:
        raise ValueError("is not a multipart form: a part has no end of its header")
    headers: dict[str, str] = {}
    for line in _FOLD.sub(b" ", data[: end.start()]).splitlines():
        name, colon, text = line.partition(b":")
        if not colon:
            raise ValueError("is not a multipart form: a part has a header field without a colon")
        headers.setdefault(name.strip().decode("latin-1").lower(), text.strip().decode("utf-8", "replace"))
    return Part(headers, data[end.end() :])
