"""The bodies of an operation by media type: of its requests, its responses, their items, its events.

Each is compiled on first use and kept. A body that is a file is bytes in whatever media type it comes. Which declared
media type describes a body is decided in ``content``.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from openconnectors.engine.deferred import module
from openconnectors.engine.model import ANY, DeclaredResponse, Encoding, MediaType, Operation, Schema, XmlRule
from openconnectors.engine.plan.content import declared_as, describing
from openconnectors.engine.policies import OperationPolicies
from openconnectors.engine.policies.effects import Effect, RewriteBody
from openconnectors.engine.streams import is_bytes
from openconnectors.engine.values.body import WITHOUT_PARTS, Body, Compiler, encodings_of
from openconnectors.engine.values.codecs import BINARY, EVENTS, MULTIPART, codec_for, is_fallback
from openconnectors.engine.values.codecs.binding import Codec
from openconnectors.engine.values.codecs.media_types import concrete, holds_files

if TYPE_CHECKING:
    from openconnectors.engine.values import event_body
else:
    event_body = module("openconnectors.engine.values.event_body")

JSON, XML = "application/json", "application/xml"

_MAX_KEPT = 256
"""Bodies that are kept. Media types of responses are the service's words: each may be another."""


class Bodies:
    """The bodies of one operation. Policies that rewrite bodies are a part of them."""

    def __init__(self, compiler: Compiler, operation: Operation, xml: XmlRule, policies: OperationPolicies) -> None:
        self._compiler = compiler
        self._operation = operation
        self._xml = xml
        self._policies = policies
        self._kept: dict[tuple[str, str], Body | None] = {}

    def request(self, media_type: str) -> Body | None:
        """The body of a request in a media type; None if no codec writes it."""
        key = ("request", media_type)
        if key in self._kept:
            return self._kept[key]
        schema, codec = self.request_schema(media_type), codec_for(media_type)
        if codec is not None and is_fallback(media_type) and self._has_members(schema):
            codec = codec_for(JSON) or codec
        return self._keep(key, self._written(schema, media_type, codec) if codec is not None else None)

    def request_bytes(self, media_type: str) -> Body:
        """The body of a request whose value is bytes, or text, in that media type already."""
        key = ("request bytes", media_type)
        body = self._kept.get(key)
        if body is None:
            body = self._written(self.request_schema(media_type), media_type, BINARY)
            self._keep(key, body)
        return body

    def received(self, media_type: str) -> Body:
        """The body of a request as a service reads it."""
        body = None if self.takes_file(media_type) else self.request(media_type)
        return body or self.request_bytes(media_type)

    def response(
        self, declared: DeclaredResponse | None, media_type: str, described_by: str | None = None
    ) -> Body | None:
        """The body of a declared response, or of any, in a media type; None if no codec reads it. ``described_by`` is
        the declared media type whose schema the value has, if not its own."""
        status = declared.status if declared is not None else ""
        key = (status if described_by is None else f"{status} {described_by}", media_type)
        if key in self._kept:
            return self._kept[key]
        entry = describing(declared.content, described_by or media_type) if declared is not None else None
        return self._keep(key, self._read(self._response_schema(entry, media_type), media_type, encodings_of(entry)))

    def item(self, status: int, schema: Schema, media_type: str) -> Body | None:
        """An item of the list that a response holds."""
        key = (f"{status} items", media_type)
        return self._kept[key] if key in self._kept else self._keep(key, self._read(schema, media_type))

    def event(self, media_type: str) -> Body | None:
        """What is sent to the URL of a subscription, or by a callback; None if no codec reads it, or the document does
        not list it."""
        key = ("event", media_type)
        if key in self._kept:
            return self._kept[key]
        schema, encoding, declared = self._operation.event, encodings_of(None), self._operation.request_body
        if schema is None and declared is not None:  # a callback, or a webhook
            listed = declared_as(declared.content, media_type)
            if listed is None:
                return None
            entry = declared.content[listed]
            schema, encoding = entry.schema, encodings_of(entry)
        return self._keep(key, self._read(schema, media_type, encoding))

    @cached_property
    def unread(self) -> Body:
        """A response whose media type no codec reads: its bytes."""
        return Body(self._compiler, None, "application/octet-stream", BINARY, self._xml, [], received=True)

    def _keep(self, key: tuple[str, str], body: Body | None) -> Body | None:
        if len(self._kept) < _MAX_KEPT:
            self._kept[key] = body
        return body

    def _written(self, schema: Schema | None, media_type: str, codec: Codec) -> Body:
        rewrites = _rewrites(self._policies.request)
        encoding = encodings_of(self._request_entry(media_type))
        return Body(self._compiler, schema, media_type, codec, self._xml, rewrites, received=False, encoding=encoding)

    def _read(self, schema: Schema | None, media_type: str, encoding: Encoding = WITHOUT_PARTS) -> Body | None:
        codec = BINARY if self.is_file(schema) else codec_for(media_type)
        if codec is None:
            return None
        if codec is EVENTS:
            return event_body.EventBody(self._compiler, schema, self._xml, received=True)
        rewrites = _rewrites(self._policies.response)
        return Body(self._compiler, schema, media_type, codec, self._xml, rewrites, received=True, encoding=encoding)

    def takes_file(self, media_type: str) -> bool:
        """Whether the body of a request in a media type is bytes."""
        return self.is_file(self.request_schema(media_type))

    def is_file(self, schema: Schema | None) -> bool:
        """Whether a schema is that of a file."""
        if schema is None:
            return False
        effective = self._compiler.contract.resolve(schema)
        return "file" in effective.types or effective.format in ("file", "binary")

    def is_sequence(self, schema: Schema) -> bool:
        """Whether a schema of a request's body is that of a sequence, which may be sent item by item."""
        body = self._operation.request_body
        entries = body.content.items() if body is not None else ()
        codecs = [codec_for(media_type) for media_type, entry in entries if entry.schema is schema]
        return any(codec is not None and codec.listed for codec in codecs)

    def takes(self, schema: Schema, value: Any) -> bool:
        """Whether a media type of the request's body that has a schema is for values of a kind: bytes, an object with
        files, text."""
        body = self._operation.request_body
        for media_type, entry in body.content.items() if body is not None else ():
            if (entry.schema or ANY) is schema and any(_is_for(name, value) for name in concrete(media_type, value)):
                return True
            if (entry.schema or ANY) is schema and is_bytes(value) and codec_for(media_type) in (BINARY, None):
                return True
        return False

    def request_schema(self, media_type: str) -> Schema | None:
        """The schema of a request's body in a media type."""
        entry = self._request_entry(media_type)
        return None if entry is None else entry.schema or ANY

    def _request_entry(self, media_type: str) -> MediaType | None:
        body = self._operation.request_body
        return describing(body.content, media_type) if body is not None else None

    def _has_members(self, schema: Schema | None) -> bool:
        """Whether a schema is for objects or lists alone."""
        effective = self._compiler.contract.resolve(schema) if schema is not None else Schema()
        return set(effective.types) <= {"object", "array"} and bool(effective.types or effective.properties)

    def _response_schema(self, entry: MediaType | None, media_type: str) -> Schema | None:
        """The schema of a response's body; if the media type is for lists, a list of the items that are declared."""
        codec = codec_for(media_type)
        if entry is None or codec is None or not codec.listed:
            return None if entry is None else entry.schema
        if entry.item_schema is not None:
            return entry.schema
        schema = self._compiler.contract.resolve(entry.schema) if entry.schema is not None else ANY
        if codec is EVENTS and "array" in schema.types:
            return replace(schema, items=event_body.event_schema(schema.items, self._compiler.contract.resolve))
        if entry.schema is None or codec.opaque or "array" in schema.types or schema.types == ("string",):
            return entry.schema
        return Schema(types=("array",), items=entry.schema)


def _is_for(media_type: str, value: Any) -> bool:
    """Whether a media type is the usual one for values of a kind."""
    codec = codec_for(media_type)
    if codec is None or is_bytes(value):
        return is_bytes(value) and codec in (BINARY, None)
    if holds_files(value) and codec is not MULTIPART:
        return False
    return codec.carries(value) or is_fallback(media_type)


def _rewrites(effects: Iterable[Effect]) -> list[RewriteBody]:
    return [effect for effect in effects if isinstance(effect, RewriteBody)]
