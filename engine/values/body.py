"""One body of one operation: the codec, and the ways between its octets and a Python value.

Client and server use the same object from its two ends.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from openconnectors.engine import leniency
from openconnectors.engine.errors import Problem, short_repr
from openconnectors.engine.model import Schema, Service, XmlRule
from openconnectors.engine.policies import Policy
from openconnectors.engine.streams import Content
from openconnectors.engine.values.codecs import OCTETS, TEXT
from openconnectors.engine.values.codecs.binding import Binding, Codec, Parameters
from openconnectors.engine.values.conversion import decimals, from_wire, parse, serialize_rule, to_wire
from openconnectors.engine.values.json_schema import JsonSchemaWriter
from openconnectors.engine.values.resolved import ResolvedSchemas
from openconnectors.engine.values.transform import Converter, SchemaTransform
from openconnectors.engine.values.validation import Validator


class Converters(NamedTuple):
    """The conversions of one schema's values; None: nothing is converted."""

    from_wire: Converter | None = None
    parse: Converter | None = None
    serialize: Converter | None = None
    to_wire: Converter | None = None


class Compiler:
    """What the bodies of one service share: views of its schemas, and the walks over them."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.contract = ResolvedSchemas(service, wire=False)
        self.wire = ResolvedSchemas(service, wire=True)
        self._parse = SchemaTransform(self.contract, parse)
        self._serialize = SchemaTransform(self.contract, serialize_rule(service, self.contract))
        self._from_wire = SchemaTransform(self.contract, from_wire)
        self._to_wire = SchemaTransform(self.contract, _nothing, to_wire)
        self._lock = threading.RLock()
        self._validators: dict[tuple[int, bool], tuple[Schema, Validator]] = {}
        self._decimals = SchemaTransform(self.wire, decimals)

    def converters(self, schema: Schema | None) -> Converters:
        """The converters for values of a schema; without a schema nothing is converted."""
        if schema is None:
            return Converters()
        with self._lock:  # not two threads at once: a transform that is half compiled is not usable
            return Converters(
                self._from_wire.compile(schema),
                self._parse.compile(schema),
                self._serialize.compile(schema),
                self._to_wire.compile(schema),
            )

    def accepts(self, schema: Schema, value: Any, *, request: bool) -> bool:
        """Whether a contract value keeps to a schema and to its formats."""
        key = (id(schema), request)
        if key not in self._validators:
            written = JsonSchemaWriter(self.service, request=request).write_document(schema)
            self._validators[key] = (schema, Validator(written))  # the schema is kept, so that its id stays its own
        problems = self._validators[key][1].problems(value)
        parse = self.converters(schema).parse
        if parse is not None and not problems:
            parse(value, (), problems)
        return not problems

    def serializer(self, schema: Schema) -> Converter | None:
        """The converter from Python to contract values alone."""
        with self._lock:
            return self._serialize.compile(schema)

    def has_decimals(self, schema: Schema | None) -> bool:
        """Return True if a schema has, at any depth, numbers of which every digit counts."""
        return schema is not None and self._decimals.compile(schema) is not None


def _nothing(schema: Schema) -> None:
    return None


_TYPES: Mapping[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "number": (int, float, Decimal),
    "integer": (int, float, Decimal),
    "boolean": bool,
    "null": type(None),
}
"""JSON's types by those of schemas: a number is one, whole or not. What is none of them (a file) is any."""


class Body:
    """A schema in one media type. ``policies`` are those of its direction; ``received`` tells that the
    client reads it (an answer) and does not write it (a request)."""

    def __init__(
        self,
        compiler: Compiler,
        schema: Schema | None,
        media_type: str,
        codec: Codec,
        xml: XmlRule,
        policies: list[Policy],
        *,
        received: bool,
    ) -> None:
        self.schema = schema
        self.media_type = media_type
        self.codec = codec
        self._compiler = compiler
        self._bound = codec.bind(
            Binding(schema, compiler.wire.resolve, compiler.wire.variants, xml, compiler.has_decimals(schema))
        )
        self._from_wire, self._parse, self._serialize, self._to_wire = compiler.converters(schema)
        forward = [policy.apply for policy in policies if policy.apply is not None]
        backward = [policy.invert for policy in reversed(policies) if policy.invert is not None]
        self._on_reading, self._on_writing = (forward, backward) if received else (backward, forward)
        self.rewritten = bool(forward or backward)
        """Whether policies make what travels differ from what the schema says."""
        self._received = received
        self._validator: Validator | None = None
        self.each = self._bound.decode_items
        """See ``Bound``: the items as they are on the wire."""

    def content_type(self, written: bytes | Content) -> str:
        """The Content-Type that goes with what ``write`` made."""
        parameters = written.parameters if isinstance(written, Content) else ""
        told = isinstance(written, Content) or written.isascii() or "charset" in self.media_type.lower()
        if self.codec.charset and not told:
            parameters = f"charset={self.codec.charset}"
        return f"{self.media_type}; {parameters}" if parameters else self.media_type

    def plain(self, value: Any, problems: list[Problem]) -> Any:
        """A Python value as its contract has it: formats become text; what cannot is a problem."""
        return self._serialize(value, (), problems) if self._serialize else value

    def write(self, value: Any, problems: list[Problem]) -> bytes | Content:
        """The octets of a contract value; ``ValueError`` where the codec cannot write it."""
        if self._to_wire:
            value = self._to_wire(value, (), problems)
        for policy in self._on_writing:
            value = policy(value)
        return self._bound.encode(value)

    def read(self, data: bytes, parameters: Parameters, problems: list[Problem]) -> Any:
        """The contract value of octets; ``ValueError`` where they are none of this media type."""
        value = self._bound.decode(data, parameters, problems)
        for policy in self._on_reading:
            value = policy(value)
        return self.promised(value, problems)

    def promised(self, value: Any, problems: list[Problem]) -> Any:
        """A value of the wire as its contract has it."""
        return self._from_wire(value, (), problems) if self._from_wire else value

    def travels(self, data: bytes, parameters: Parameters, problems: list[Problem]) -> Any:
        """The value as it is on the wire; ``ValueError`` as for ``read``."""
        return self._bound.decode(data, parameters, problems)

    @cached_property
    def _promised(self) -> tuple[str, ...]:
        """The JSON types that the schema promises; none: any."""
        if self.schema is None:
            return ()
        schema = self._compiler.contract.resolve(self.schema)
        types = schema.types or (("object",) if schema.properties else ())
        return (*types, "null") if types and schema.nullable else types

    def holds_no_members(self) -> bool:
        """Whether an object or a list is promised, and nothing else, in a media type that has only text or octets."""
        scalar = self.codec in (*TEXT, OCTETS) and not self.codec.opaque
        return scalar and bool(self._promised) and set(self._promised) <= {"object", "array", "null"}

    def top_level(self, value: Any) -> Problem | None:
        """What is wrong with the type of a contract value as a whole; None where it is one that is promised."""
        types = self._promised
        if not types or isinstance(value, bytes) or (self.codec.opaque and isinstance(value, str)):
            return None
        fitting = [one for one in types if isinstance(value, _TYPES.get(one, object))]
        if isinstance(value, bool):  # an integer of Python's, and no number of JSON
            fitting = [one for one in fitting if one not in ("integer", "number")]
        if fitting:
            return None
        return Problem((), f"must be {' or '.join(types)}, not {short_repr(value)}", leniency.TOP_LEVEL)

    def judge(self, value: Any) -> list[Problem]:
        """The problems of a contract value by its schema; octets have none, nor has text of a format of its own."""
        if self.schema is None or isinstance(value, bytes):
            return []
        wrong = self.top_level(value)
        if wrong is not None:
            return [wrong]
        if self.codec.opaque and isinstance(value, str) and "string" not in self._promised:
            return []
        if self._validator is None:
            writer = JsonSchemaWriter(self._compiler.service, request=not self._received)
            self._validator = Validator(writer.write_document(self.schema))
        return self._validator.problems(value)

    def python(self, value: Any, problems: list[Problem]) -> Any:
        """A contract value with its formats as objects; text that does not parse stays and is a problem."""
        return self._parse(value, (), problems) if self._parse else value
