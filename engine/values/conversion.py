"""Conversions between the shapes of a value (``body`` defines them), each a rule for one schema.

=============== ======================= ============================================================
rule            from → to               what it does
=============== ======================= ============================================================
from_wire       wire → contract         another type or format, members kept elsewhere on the wire
parse           contract → Python       text of a format becomes its object (``formats.FORMATS``)
serialize       Python → contract       objects become text; read-only members left out, defaults put in
to_wire         contract → wire         the inverse of ``from_wire``
=============== ======================= ============================================================

``transform`` compiles a rule to a function over whole values. A value that a rule cannot convert (``ValueError``) stays
as it is and is a problem: of arguments, an error; of a response, a deviation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from itertools import pairwise
from typing import Any

from openconnectors.engine.model import MISSING, Schema, Service
from openconnectors.engine.values.formats import Format, format_of, is_decimal
from openconnectors.engine.values.json_schema import JsonSchemaWriter
from openconnectors.engine.values.resolved import ResolvedSchemas
from openconnectors.engine.values.transform import Conversion, Rule
from openconnectors.engine.values.validation import Validator

# Contract and Python


def parse(schema: Schema) -> Conversion | None:
    """Contract to Python, for one schema: text of a format becomes its object."""
    format_row = format_of(schema)
    if format_row is None or format_row.decode is None:
        return None
    decode, kind = format_row.decode, format_row.kind
    return lambda value: decode(value) if isinstance(value, kind) and not isinstance(value, bool) else value


def decimals(schema: Schema) -> Conversion | None:
    """A rule that changes nothing, for finding out (``SchemaTransform.compile``) whether there are numbers below a
    schema of which every digit counts."""
    return (lambda value: value) if is_decimal(schema) else None


def _serialize_format(schema: Schema, wire_schema: Schema | None) -> Conversion | None:
    """Python to contract, for the value itself. The format is the schema's, or if it has none that of the schema on
    the wire."""
    format_row = format_of(schema) or (format_of(wire_schema) if wire_schema is not None else None)
    as_text = "string" in schema.types
    if format_row is None or format_row.encode is None or format_row.decode is None:
        return None
    decode, encode, kind = format_row.decode, format_row.encode, format_row.kind
    listed = [] if schema.open_enum else list(schema.enum or ())

    def convert(value: Any) -> Any:
        if isinstance(value, (str, int, float)) and value in listed:
            return value  # the document lists it, so it is accepted even if it breaks the format
        if isinstance(value, kind) and not isinstance(value, bool):
            decode(value)  # text of the caller's is sent as it is, but must parse
        elif value is not None and not isinstance(value, (bool, int, float, str, list, dict)):
            encoded = encode(value)
            return str(encoded) if as_text else encoded
        return value  # a value of another JSON type is refused by validation

    return convert


def serialize_rule(service: Service, resolved: ResolvedSchemas) -> Rule:
    """The rule from Python to contract for what a client sends: formats become text; of an object, read-only members
    are left out (Swagger 2.0, "Schema Object": they are not sent), and members that are required or internal (callers
    do not see those) are filled in with their defaults."""

    def default(schema: Schema) -> Any:
        return schema.default if schema.default is not MISSING else resolved.resolve(schema).default

    def is_internal(schema: Schema) -> bool:
        return (schema.visibility or resolved.resolve(schema).visibility) == "internal"

    def rule(schema: Schema) -> Conversion | None:
        defaults = {
            name: value
            for name, inner in schema.properties.items()
            if (name in schema.required or is_internal(inner))
            and (value := default(inner)) is not MISSING
            and schema_accepts(service, resolved, inner, value)
        }
        # A discriminator is sent even if a document declares it read-only: without it the value's type is lost.
        left_out = {
            name for name, inner in schema.properties.items() if inner.read_only or resolved.resolve(inner).read_only
        } - {schema.discriminator}
        if service.read_only_sent:  # services that judge by ``required`` alone want them back
            left_out -= set(schema.required)
        if not left_out and not defaults:
            wire_schema = schema.wire.schema if schema.wire is not None else None
            return _serialize_format(schema, None if wire_schema is None else resolved.resolve(wire_schema))

        def convert(value: Any) -> Any:
            if not isinstance(value, dict):
                return value
            return {name: inside for name, inside in {**defaults, **value}.items() if name not in left_out}

        return convert

    return rule


def schema_accepts(service: Service, resolved: ResolvedSchemas, schema: Schema, value: Any) -> bool:
    """Return True if a schema, its format included, accepts a contract value: documents have defaults that break
    their own schema."""
    format_row = format_of(resolved.resolve(schema))
    if format_row is not None and format_row.decode is not None and isinstance(value, format_row.kind):
        try:
            format_row.decode(value)
        except ValueError:
            return False
    return not Validator(JsonSchemaWriter(service, request=True).write_document(schema)).problems(value)


# Wire and contract


def from_wire(schema: Schema) -> Conversion | None:
    """Wire to contract, for one contract schema: scalars of another type, and members that the wire keeps deeper than
    the contract shows them."""
    if schema.wire is not None and schema.wire.schema is not None and "object" not in schema.types:
        return _scalar_conversion(schema.wire.schema, schema)
    paths = _wire_paths(schema)
    if not paths:
        return None
    holders = {wire_path[0] for wire_path in paths.values()}
    kept = deepcopy if _overlap(paths.values()) else _itself

    def convert(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        flat = {name: inside for name, inside in value.items() if name not in holders}
        for name, wire_path in paths.items():
            inside: Any = value
            for part in wire_path:
                inside = inside.get(part, MISSING) if isinstance(inside, dict) else MISSING
            if inside is not MISSING:
                flat[name] = kept(inside)
        return flat

    return convert


def to_wire(schema: Schema) -> Conversion | None:
    """Contract to wire, for one contract schema: the inverse of ``from_wire``."""
    if schema.wire is not None and schema.wire.schema is not None and "object" not in schema.types:
        return _scalar_conversion(schema, schema.wire.schema)
    paths = _wire_paths(schema)
    if not paths:
        return None

    def convert(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        deep: dict[str, Any] = {name: inside for name, inside in value.items() if name not in paths}
        for name, wire_path in paths.items():
            if name in value:
                holder = deep
                for part in wire_path[:-1]:
                    holder = holder.setdefault(part, {})
                holder[wire_path[-1]] = value[name]
        return deep

    return convert


def _wire_paths(schema: Schema) -> dict[str, tuple[str, ...]]:
    """The members that the wire keeps deeper than the contract shows them, with their paths there."""
    return {name: inner.wire.path for name, inner in schema.properties.items() if inner.wire and inner.wire.path}


def _overlap(paths: Iterable[tuple[str, ...]]) -> bool:
    """Return True if a path leads to, or into, what another leads to."""
    ordered = sorted(paths)
    return any(later[: len(path)] == path for path, later in pairwise(ordered))


def _itself(value: Any) -> Any:
    return value


def _scalar_conversion(source: Schema, target: Schema) -> Conversion | None:
    """Between two scalar types or formats; None if they do not differ."""
    source_format, target_format = format_of(source), format_of(target)
    if (
        source_format is not None
        and target_format is not None
        and source_format is not target_format
        and source_format.python is target_format.python
    ):
        return _format_conversion(source_format, target_format)
    if not source.types or not target.types or source.types[0] == target.types[0]:
        return None
    to_type = _SCALARS.get(target.types[0])
    if to_type is None or source.types[0] in ("array", "object"):
        return None

    def convert(value: Any) -> Any:
        if value is None or isinstance(value, (dict, list)):
            return value
        try:
            return to_type(value)
        except (ValueError, OverflowError):  # infinity is no integer
            raise ValueError(f"cannot be converted to {target.types[0]}") from None

    return convert


_SCALARS: Mapping[str, Callable[[Any], Any]] = {
    "string": lambda value: ("true" if value else "false") if isinstance(value, bool) else str(value),
    "integer": int,
    "number": float,
}


def _format_conversion(source: Format, target: Format) -> Conversion | None:
    """Between two formats of one Python type, such as ``date-time`` and ``unixtime``."""
    decode, encode, kind = source.decode, target.encode, source.kind
    if decode is None or encode is None:
        return None
    return lambda value: encode(decode(value)) if isinstance(value, kind) and not isinstance(value, bool) else value
