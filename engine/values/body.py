"""One body of one operation: the codec of its media type, and the conversions between its bytes and a Python value.

Theory of operation. A value has one name in each of its shapes, in both directions and everywhere in the engine:

bytes
    What is sent and received, ``data`` in signatures.
wire value
    What a codec encodes and decodes: plain JSON data, whatever the media type. Its schema is the resolved schema of the
    wire.
contract value
    Plain JSON data of the types and names that the document shows its callers. Its schema is the resolved schema of the
    contract, and this is the shape that is validated.
Python value
    The contract value with its formats (``date-time``, ``byte``, …) as objects: what callers give and get.

::

    reading   bytes ── decode_wire ──▶ wire value ── policies, from_wire ──▶ contract value ── parse ──▶ Python value
    writing   bytes ◀── codec ── wire value ◀── to_wire, policies ── contract value ◀── serialize ── Python value

``decode`` is the first two steps of reading, ``encode`` the last two of writing; ``validate`` comes between them. Both
directions come out of one compilation, so that what was written can be read. Client and server use the same object from
its two ends: the client writes a request body and reads a response body, the sandbox does the reverse.

Rule 1. Nothing raises for a value that differs from its schema: problems are returned, or added to a list, and
``leniency`` decides. ``ValueError`` is for bytes that are not of the media type, and for values that it cannot hold.

Rule 2. All that depends on the schema alone is compiled once and kept. A step that changes nothing is None.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cached_property, partial
from typing import Any

from openconnectors.engine import leniency
from openconnectors.engine.errors import Problem, short_repr
from openconnectors.engine.model import ANY, Encoding, MediaType, Schema, Service, XmlRule
from openconnectors.engine.policies.effects import RewriteBody
from openconnectors.engine.streams import Content, is_iterator, mapped
from openconnectors.engine.values.branches import Fits, types_of
from openconnectors.engine.values.codecs import BINARY, TEXT, codec_for, essence
from openconnectors.engine.values.codecs.binding import Binding, Codec, Parameters, PartHeaders
from openconnectors.engine.values.conversion import decimals, from_wire, parse, serialize_rule, to_wire
from openconnectors.engine.values.json_schema import JsonSchemaWriter
from openconnectors.engine.values.plain_reading import PlainReader, plain_reader, regular_decoder
from openconnectors.engine.values.plain_transform import PlainTransform, without_problems
from openconnectors.engine.values.resolved import ResolvedSchemas
from openconnectors.engine.values.transform import Conversion, Converter, Rule, SchemaTransform
from openconnectors.engine.values.validation import Validator


class Compiler:
    """What the bodies of one service share: its resolved schemas (``contract``, ``wire``), and the transforms over
    them."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.contract = ResolvedSchemas(service, wire=False)
        self.wire = ResolvedSchemas(service, wire=True)
        fits = Fits(service)

        def of(before: Rule, *, copies: bool) -> SchemaTransform:
            return SchemaTransform(self.contract, fits, before, copies=copies)

        self._from_wire = {copies: of(from_wire, copies=copies) for copies in (True, False)}
        self._parse = {copies: of(parse, copies=copies) for copies in (True, False)}
        self._serialize = of(serialize_rule(service, self.contract), copies=True)
        # Members move after they are converted: to their places on the wire, and there the rules would not find them.
        self._to_wire = SchemaTransform(self.contract, fits, lambda schema: None, to_wire)
        self._decimals = SchemaTransform(self.wire, fits, decimals)
        self._plain_from_wire = PlainTransform(self.contract, from_wire, self._from_wire[False])
        self._plain_parse = PlainTransform(self.contract, parse, self._parse[False])
        self._lock = threading.RLock()  # a transform that another thread is still compiling is not usable
        self._validators: dict[tuple[int, bool], tuple[Schema, Validator]] = {}

    def from_wire_converter(self, schema: Schema | None, *, copies: bool = True) -> Converter | None:
        """The converter from wire to contract values; without ``copies`` it changes what it is given."""
        with self._lock:
            return self._from_wire[copies].compile(schema) if schema is not None else None

    def parser(self, schema: Schema | None, *, copies: bool = True) -> Converter | None:
        """The converter from contract to Python values; without ``copies`` it changes what it is given."""
        with self._lock:
            return self._parse[copies].compile(schema) if schema is not None else None

    def serializer(self, schema: Schema | None) -> Converter | None:
        """The converter from Python to contract values."""
        with self._lock:
            return self._serialize.compile(schema) if schema is not None else None

    def to_wire_converter(self, schema: Schema | None) -> Converter | None:
        """The converter from contract to wire values."""
        with self._lock:
            return self._to_wire.compile(schema) if schema is not None else None

    def plain_conversions(self, schema: Schema | None, *, copies: bool) -> tuple[Conversion | None, Conversion | None]:
        """The conversions from wire to contract, and from contract to Python, with a ``ValueError`` for a problem;
        without ``copies`` they change what they are given."""
        if schema is None:
            return None, None
        if copies:
            to_contract, to_python = self.from_wire_converter(schema), self.parser(schema)
            return to_contract and without_problems(to_contract), to_python and without_problems(to_python)
        with self._lock:
            return self._plain_from_wire.compile(schema), self._plain_parse.compile(schema)

    def has_decimals(self, schema: Schema | None) -> bool:
        """Return True if a schema has, at any depth, numbers of which every digit counts."""
        return schema is not None and self._decimals.compile(schema) is not None

    def accepts(self, schema: Schema, value: Any, *, request: bool) -> bool:
        """Return True if a contract value matches a schema, its formats included."""
        key = (id(schema), request)
        if key not in self._validators:
            json_schema = JsonSchemaWriter(self.service, request=request).write_document(schema)
            # With the schema, so that its id is not given to another object.
            self._validators[key] = (schema, Validator(json_schema))
        if not self._validators[key][1].finds_valid(value):
            return False
        problems: list[Problem] = []
        parse = self.parser(schema)
        if parse is not None:
            parse(value, (), problems)
        return not problems


_PYTHON_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "number": (int, float, Decimal),
    "integer": (int, float, Decimal),
    "boolean": bool,
    "null": type(None),
}
"""The types of decoded values by JSON type. A number is one type, whole or not: 1.0 is an integer (JSON Schema 2020-12,
section 6.1.1). A type without a row (``file``) is any."""


_OF_EACH_KIND: tuple[Any, ...] = ({}, [], "", 0, 0.0, Decimal(0), False, None)

WITHOUT_PARTS = Encoding()


def encodings_of(entry: MediaType | None) -> Encoding:
    """How the fields or parts of a body are written that a media type describes."""
    if entry is None or not (entry.encoding or entry.prefix_encoding or entry.item_encoding):
        return WITHOUT_PARTS
    return Encoding(encoding=entry.encoding, prefix_encoding=entry.prefix_encoding, item_encoding=entry.item_encoding)


class Body:
    """A schema in one media type, in one direction. ``received``: the client reads it (a response); else it writes it
    (a request). ``rewrites`` are those of that direction, of policies."""

    def __init__(
        self,
        compiler: Compiler,
        schema: Schema | None,
        media_type: str,
        codec: Codec,
        xml: XmlRule,
        rewrites: Sequence[RewriteBody],
        *,
        received: bool,
        encoding: Encoding = WITHOUT_PARTS,
    ) -> None:
        self.schema = schema
        self.media_type = media_type
        self.codec = codec
        self._compiler = compiler
        self._xml = xml
        self._bound = codec.bind(
            Binding(
                schema,
                compiler.wire.resolve,
                compiler.wire.variants,
                xml,
                compiler.has_decimals(schema),
                encoding,
                media_type,
                codec_for=codec_for,
                accepts=partial(compiler.accepts, request=not received),
            )
        )
        in_place = [rewrite.in_place for rewrite in rewrites if rewrite.in_place is not None]
        self._is_tree = received and len(in_place) == len(rewrites)
        """True if no policy puts a part of a value that is read in two places: then it is changed in place."""
        copies = not self._is_tree or codec.listed  # the items of a sequence are compared with what they were
        self._from_wire = compiler.from_wire_converter(schema, copies=copies)
        self._parse = compiler.parser(schema, copies=copies)
        forward = in_place if self._is_tree else [rewrite.apply for rewrite in rewrites]
        backward = [rewrite.invert for rewrite in reversed(rewrites)]
        # A policy is applied by the client, and undone by the service at the other end.
        self._on_reading, self._on_writing = (forward, backward) if received else (backward, forward)
        self.rewritten = bool(forward or backward)
        """True if policies make the wire value differ from what the schema says."""
        self._received = received
        self.decode_items = self._bound.decode_items
        """Decode the items of a list while its bytes arrive, as wire values; see ``Bound``."""

    # Writing

    def serialize(self, value: Any, problems: list[Problem]) -> Any:
        """The contract value of a Python value."""
        return self._serialize(value, (), problems) if self._serialize else value

    @cached_property
    def _serialize(self) -> Converter | None:
        return self._compiler.serializer(self.schema)

    @cached_property
    def _to_wire(self) -> Converter | None:
        return self._compiler.to_wire_converter(self.schema)

    def encode(self, value: Any, problems: list[Problem], part_headers: PartHeaders | None = None) -> bytes | Content:
        """The bytes of a contract value, with header fields for its parts. ``ValueError`` if the media type cannot hold
        it, or has no parts."""
        if self.codec.listed and is_iterator(value):
            if self.rewritten:
                raise ValueError("must be a list: a policy rewrites the body as a whole")
            return Content([mapped(value, self._encoded)])
        if self._to_wire:
            value = self._to_wire(value, (), problems)
        for policy in self._on_writing:
            value = policy(value)
        if not part_headers:
            return self._bound.encode(value)
        if self._bound.encode_parts is None:
            raise ValueError(f"has no parts in {self.media_type}, for which part_headers are given")
        return self._bound.encode_parts(value, part_headers)

    def _encoded(self, index: int, item: Any) -> bytes:
        """The bytes of an item of a sequence, written and judged when it is its turn; bytes are written as they are.
        ``ValueError`` for an item that breaks its schema."""
        body = self._item
        if isinstance(item, (bytes, bytearray, memoryview)):
            return bytes(item)
        problems: list[Problem] = []
        value = body.serialize(item, problems)
        problems += body.validate(value)
        if problems:
            raise ValueError(f"item {index} does not match the document: {'; '.join(map(str, problems))}")
        data = body.encode([value], problems)
        return data if isinstance(data, bytes) else b"".join(data)

    @cached_property
    def _item(self) -> Body:
        """An item of a sequence."""
        schema = self._compiler.contract.resolve(self.schema).items if self.schema is not None else None
        return Body(self._compiler, schema, self.media_type, self.codec, self._xml, [], received=self._received)

    def content_type(self, data: bytes | Content) -> str:
        """The Content-Type for what ``encode`` returned. A charset is added only if the text needs one: ASCII is the
        same in every charset that a service may assume, and some services compare the field as a whole."""
        if isinstance(data, Content) and data.parameters and "boundary" in self.media_type.lower():
            name, parameters = essence(self.media_type)  # the boundary of a document would be that of every body
            others = (f'{key}="{value}"' for key, value in parameters.items() if key != "boundary")
            return "; ".join([name, *others, data.parameters])
        added = data.parameters if isinstance(data, Content) else ""
        is_clear = isinstance(data, Content) or data.isascii() or "charset" in self.media_type.lower()
        if self.codec.charset and not is_clear:
            added = f"charset={self.codec.charset}"
        return f"{self.media_type}; {added}" if added else self.media_type

    # Reading

    def decode_wire(self, data: bytes, parameters: Parameters, problems: list[Problem]) -> Any:
        """The wire value of bytes, as the peer wrote it. ``ValueError`` if they are not of this media type."""
        return self._bound.decode(data, parameters, problems)

    def decode(self, data: bytes, parameters: Parameters, problems: list[Problem]) -> Any:
        """The contract value of bytes. ``ValueError`` if they are not of this media type."""
        value = self._bound.decode(data, parameters, problems)
        for policy in self._on_reading:
            value = policy(value)
        return self.from_wire(value, problems)

    def from_wire(self, value: Any, problems: list[Problem]) -> Any:
        """The contract value of a wire value."""
        return self._from_wire(value, (), problems) if self._from_wire else value

    def parse(self, value: Any, problems: list[Problem]) -> Any:
        """The Python value of a contract value; text that does not parse as its format stays text and is a problem."""
        return self._parse(value, (), problems) if self._parse else value

    def plain_reader(self, parameters: Parameters, *, judged: bool) -> PlainReader | None:
        """What reads bytes, whose Content-Type has some parameters, at once to a Python value, if nothing differs from
        the document; ``judged``: by the schema too. None for a body that cannot be read so."""
        if not self.codec.structured or self.codec.listed:
            return None
        accepts = self._judge.accepts if judged and self.schema is not None else None
        from_wire, parse = self._compiler.plain_conversions(self.schema, copies=not self._is_tree)
        steps = [*self._on_reading, *([from_wire] if from_wire is not None else [])]
        kinds = frozenset(type(value) for value in _OF_EACH_KIND if self.top_level_problem(value) is None)
        return plain_reader(regular_decoder(self._bound, parameters), steps, kinds, accepts, parse)

    # Validation

    def validate(self, value: Any) -> list[Problem]:
        """The problems of a contract value by its schema. Bytes have none, and neither has text in a format of its own:
        JSON Schema says nothing about them."""
        if self.schema is None or isinstance(value, bytes):
            return []
        problem = self.top_level_problem(value)
        if problem is not None:
            return [problem]
        if self.codec.opaque and isinstance(value, str) and "string" not in self._types:
            return []
        return self._judge.problems(value)

    @cached_property
    def _judge(self) -> Validator:
        """What judges contract values."""
        writer = JsonSchemaWriter(self._compiler.service, request=not self._received)
        return Validator(writer.write_document(self.schema or ANY))

    def top_level_problem(self, value: Any) -> Problem | None:
        """The problem of a contract value that as a whole is not of a type of the schema; None if it is."""
        types = self._types
        if not types or isinstance(value, bytes) or (self.codec.opaque and isinstance(value, str)):
            return None
        matching = [name for name in types if isinstance(value, _PYTHON_TYPES.get(name, object))]
        if isinstance(value, bool):  # an int in Python, but not a number in JSON
            matching = [name for name in matching if name not in ("integer", "number")]
        if matching:
            return None
        return Problem((), f"must be {' or '.join(types)}, not {short_repr(value)}", leniency.TOP_LEVEL)

    @cached_property
    def _types(self) -> tuple[str, ...]:
        """The JSON types of the schema; none: any."""
        if self.schema is None:
            return ()
        schema = self._compiler.contract.resolve(self.schema)
        types = schema.types or (("object",) if schema.properties else ())
        if not types:
            return tuple(sorted(types_of(self._compiler.contract, schema) or ()))
        return (*types, "null") if schema.nullable else types

    def is_mislabeled(self) -> bool:
        """Return True if the schema is for objects or lists alone, but the media type has only text or bytes: such
        documents mean JSON."""
        scalar = self.codec in (*TEXT, BINARY) and not self.codec.opaque
        return scalar and bool(self._types) and set(self._types) <= {"object", "array", "null"}
