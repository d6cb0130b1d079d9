"""From the bytes of a response to its value: as which media type they are read.

Rule 1. The document says what is to come, the response says what came. Bytes are read as the media type that the
response has, if that is declared; else as one that is declared, if they can be read so. A wrong media type is a
deviation, and an HTML page under one is no value: gateways send it in place of a service.

Rule 2. Of several ways the first counts whose value has a type of the schema, else the first that gives a value.

Rule 3. What cannot be read raises ``Unreadable``, with the problem as data: of the media type, if the response has
another than is declared; else of the value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from msgspec.structs import replace

from openconnectors.engine import leniency
from openconnectors.engine.errors import Problem
from openconnectors.engine.model import DeclaredResponse, MediaType
from openconnectors.engine.plan.bodies import JSON, XML, Bodies
from openconnectors.engine.plan.content import declared_as, describing
from openconnectors.engine.values.body import Body
from openconnectors.engine.values.codecs import BINARY, TEXT, codec_for, essence
from openconnectors.engine.values.codecs.binding import Parameters

_MAX_KEPT = 256
"""Media types of a response whose ways are kept: they are the service's words, each may be another."""


class Unreadable(ValueError):
    """Bytes that have no value; ``problem`` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class Way(NamedTuple):
    """A body that bytes may be read as, and what is then wrong with the media type of the response."""

    body: Body
    mismatch: Problem | None


class Reading:
    """Reads the responses of one operation."""

    def __init__(self, bodies: Bodies) -> None:
        self._bodies = bodies
        self._ways: dict[tuple[str, str], tuple[Way, ...]] = {}

    def value(
        self, data: bytes, content_type: str, declared: DeclaredResponse | None, validate: str
    ) -> tuple[Any, list[Problem]]:
        """The value of bytes, with its problems. Raise ``Unreadable`` if they have none."""
        parameters = essence(content_type)[1]
        failure: Problem | None = None
        best: tuple[Body, Any, list[Problem]] | None = None
        for body, mismatch in self.ways(content_type, declared):
            problems = [mismatch] if mismatch is not None else []
            try:
                if mismatch is not None and is_page(data):
                    raise ValueError("is an HTML page")
                value = body.decode(data, parameters, problems)
            except ValueError as error:
                if failure is None:
                    undeclared = mismatch is not None and mismatch.kind == leniency.MEDIA_TYPE
                    failure = mismatch if undeclared else Problem((), str(error))
                continue
            best = best or (body, value, problems)
            if body.top_level_problem(value) is None:
                best = (body, value, problems)
                break
        if best is None:
            raise Unreadable(failure or Problem((), "cannot be read"))
        body, value, problems = best
        if validate != "off":
            problems += body.validate(value)
        return body.parse(value, problems), problems

    def untyped(self, data: bytes, content_type: str, default: str) -> Any:
        """The value of bytes as it is, whatever the document declares, in a default media type if they have none.
        ``ValueError`` if they cannot be read."""
        media_type, parameters = essence(content_type)
        body = self._bodies.response(None, media_type or default) or self._bodies.unread
        if not body.codec.structured and (value := self.sniffed(data, parameters)) is not None:
            return value
        return body.decode(data, parameters, [])

    def sniffed(self, data: bytes, parameters: Parameters) -> Any:
        """The value of bytes that are an object or a list in JSON, or XML, whatever they are said to be; else None."""
        media_type = {b"{": JSON, b"[": JSON, b"<": XML}.get(data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1])
        body = self._bodies.response(None, media_type) if media_type is not None and not is_page(data) else None
        try:
            return body.decode(data, parameters, []) if body is not None else None
        except ValueError:
            return None

    def ways(self, content_type: str, declared: DeclaredResponse | None) -> tuple[Way, ...]:
        """How the bytes of a response of a media type may be read, the likeliest way first; there is one at least."""
        key = (declared.status if declared is not None else "", content_type)
        ways = self._ways.get(key)
        if ways is None:
            ways = tuple(self._found_ways(content_type, declared))
            if len(self._ways) < _MAX_KEPT:
                self._ways[key] = ways
        return ways

    def _found_ways(self, content_type: str, declared: DeclaredResponse | None) -> list[Way]:
        bodies, media_type = self._bodies, essence(content_type)[0]
        if declared is None or not declared.content:
            body = bodies.response(declared, media_type) if media_type else None
            return [Way(body or bodies.unread, None)]
        types = list(declared.content)
        described_by = describing(declared.content, content_type)
        if described_by is not None and bodies.is_file(described_by.schema):
            # A file may be of any media type.
            return [Way(bodies.response(declared, media_type or types[0]) or bodies.unread, None)]
        itself = bodies.response(declared, media_type) if media_type else None
        match = _declared(content_type, declared.content, itself)
        if match is not None:
            body = bodies.response(declared, match) or bodies.unread
            as_json = bodies.response(declared, JSON, match) if body.is_mislabeled() else None
            return [Way(way, None) for way in (as_json, body) if way is not None]
        mismatch = Problem(
            ("Content-Type",),
            f"is {media_type}, but {' or '.join(types)} is declared",
            leniency.MEDIA_TYPE,
            part="header",
        )
        if not media_type:
            mismatch = replace(mismatch, message="is missing", kind=leniency.NO_MEDIA_TYPE)
        # What the response says comes first if that holds any value, last if it is text or bytes, which hold all.
        ways = [itself] if itself is not None and itself.codec.structured else []
        for name in types:
            body = bodies.response(declared, name) or bodies.unread
            if body.codec not in [other.codec for other in ways]:
                ways.append(body)
        if itself is not None and itself.codec in (*TEXT, BINARY) and not itself.is_mislabeled():
            ways.append(itself)
        return [Way(body, mismatch) for body in ways]


def _declared(content_type: str, content: Mapping[str, MediaType], itself: Body | None) -> str | None:
    """The declared media type that bytes have: theirs, also by a range, or else one that is written the same way."""
    name = essence(content_type)[0]
    declared = declared_as(content, content_type) if name else None
    if declared is not None:
        return name if "*" in essence(declared)[0] else declared
    if itself is None or not itself.codec.structured:
        return None
    return next((other for other in content if codec_for(other) is itself.codec), None)


def is_page(data: bytes) -> bool:
    """Whether bytes begin as an HTML page does (WHATWG MIME Sniffing section 7.1)."""
    start = data[:256].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return start.startswith((b"<!doctype html", b"<html"))
