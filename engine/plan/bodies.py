"""The bodies of an operation by media type: of its requests, its responses, their items, its events.

Each is compiled on first use and kept. A body that is a file is bytes in whatever media type it comes.
"""

from __future__ import annotations

from functools import cached_property

from openconnectors.engine.model import Answer, Operation, Schema, XmlRule
from openconnectors.engine.policies import OperationPolicies
from openconnectors.engine.policies.effects import RewriteBody
from openconnectors.engine.values.body import Body, Compiler
from openconnectors.engine.values.codecs import BINARY, codec_for, is_fallback
from openconnectors.engine.values.codecs.binding import Codec

JSON, XML = "application/json", "application/xml"


class Bodies:
    """The bodies of one operation. Policies that rewrite bodies are a part of them."""

    def __init__(self, compiler: Compiler, operation: Operation, xml: XmlRule, policies: OperationPolicies) -> None:
        self._compiler = compiler
        self._operation = operation
        self._xml = xml
        self._policies = policies
        self._kept: dict[tuple[str, str], Body] = {}

    def request(self, media_type: str) -> Body | None:
        """The body of a request in a media type; None if no codec writes it."""
        return self._body("request", self._request_schema, media_type)

    def request_bytes(self, media_type: str) -> Body:
        """The body of a request whose value is bytes, or text, in that media type already."""
        return self._compiled("request bytes", self._request_schema, media_type, BINARY)

    def received(self, media_type: str) -> Body:
        """The body of a request as a service reads it."""
        body = None if self.takes_file else self.request(media_type)
        return body or self.request_bytes(media_type)

    def response(self, declared: Answer | None, media_type: str) -> Body | None:
        """The body of a declared response, or of any, in a media type; None if no codec reads it."""
        schema = declared.media[0].schema if declared is not None and declared.media else None
        key = declared.status if declared is not None else ""
        return self._body(key, self._listed(schema, media_type), media_type)

    def item(self, status: int, schema: Schema, media_type: str) -> Body | None:
        """An item of the list that a response holds."""
        return self._body(f"{status} items", schema, media_type)

    def event(self, media_type: str) -> Body | None:
        """What is sent to the URL of a subscription; None if no codec reads it."""
        return self._body("event", self._operation.event, media_type)

    @cached_property
    def unread(self) -> Body:
        """A response whose media type no codec reads: its bytes."""
        codec = BINARY
        return Body(self._compiler, None, "application/octet-stream", codec, self._xml, [], received=True)

    @cached_property
    def takes_file(self) -> bool:
        """Whether the body of a request is bytes, in whatever media type they come."""
        return self._operation.body is not None and self.is_file(self._operation.body.schema)

    def is_file(self, schema: Schema | None) -> bool:
        """Whether a schema is that of a file."""
        if schema is None:
            return False
        effective = self._compiler.contract.resolve(schema)
        return "file" in effective.types or effective.format in ("file", "binary")

    @property
    def _request_schema(self) -> Schema | None:
        return self._operation.body.schema if self._operation.body is not None else None

    def _body(self, key: str, schema: Schema | None, media_type: str) -> Body | None:
        body = self._kept.get((key, media_type))
        if body is not None:
            return body
        codec = BINARY if key != "request" and self.is_file(schema) else codec_for(media_type)
        if codec is None:
            return None
        if key == "request" and is_fallback(media_type) and self._has_members(schema):
            codec = codec_for(JSON) or codec
        return self._compiled(key, schema, media_type, codec)

    def _compiled(self, key: str, schema: Schema | None, media_type: str, codec: Codec) -> Body:
        body = self._kept.get((key, media_type))
        if body is None:
            received = not key.startswith("request")
            effects = self._policies.response if received else self._policies.request
            rewrites = [effect for effect in effects if isinstance(effect, RewriteBody)]
            body = Body(self._compiler, schema, media_type, codec, self._xml, rewrites, received=received)
            self._kept[key, media_type] = body
        return body

    def _has_members(self, schema: Schema | None) -> bool:
        """Whether a schema is for objects or lists alone."""
        effective = self._compiler.contract.resolve(schema) if schema is not None else Schema()
        return set(effective.types) <= {"object", "array"} and bool(effective.types or effective.properties)

    def _listed(self, schema: Schema | None, media_type: str) -> Schema | None:
        """The schema of a body; if the media type is for lists, a list of what is declared."""
        codec = codec_for(media_type)
        if codec is None or not codec.listed or schema is None:
            return schema
        if "array" in self._compiler.contract.resolve(schema).types:
            return schema
        return Schema(types=("array",), items=schema)
