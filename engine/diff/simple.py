"""A schema as simply as it can be said, so that two that are written otherwise are often the same.

Alternatives that are a value or null, a list of values or a list of types are said as such; a list of values has those
that the schema's other keywords allow, and no other keyword; keywords that look at no type that it has are left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from openconnectors.engine.diff.limits import OF_TYPE
from openconnectors.engine.model import NEVER, Schema
from openconnectors.engine.values.judges import judge_of

_NULL = "null"
_EVERY = ("boolean", "string", "number", "array", "object")
_APPLICATORS = frozenset({"if", "then", "else", "dependentSchemas"})
_CONDITIONS = ("then", "else")
_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "boolean": lambda value: isinstance(value, bool),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: not isinstance(value, bool) and isinstance(value, int | float) and value == int(value),
    "number": lambda value: not isinstance(value, bool) and isinstance(value, int | float),
    "array": lambda value: isinstance(value, list | tuple),
    "object": lambda value: isinstance(value, Mapping),
}
_READ: Mapping[str, Callable[[str], Any]] = {
    "boolean": {"true": True, "false": False}.__getitem__,
    "integer": int,
    "number": float,
}
"""How texts that documents write for other values are read."""


def simplified(
    schema: Schema, resolve: Callable[[Schema], Schema], written: Callable[[Schema], Mapping[str, Any]]
) -> Schema:
    """A resolved schema as simply as it can be said. ``resolve`` gives the resolved form of another, ``written`` its
    JSON Schema."""
    seen = {id(schema)}
    while True:
        simpler = _without_null(_as_enum(schema), resolve)
        if simpler is None or id(simpler) in seen:
            break
        seen.add(id(simpler))
        schema = simpler
    return _closed(_of_its_types(_listed(_as_enum(schema), written), resolve))


def is_never(schema: Schema) -> bool:
    """Return True if no value keeps to a schema: ``false``, or ``not`` of anything."""
    return schema is NEVER or (
        set(schema.keywords) == {"not"} and isinstance(inner := schema.keywords["not"], Schema) and is_any(inner)
    )


def is_any(schema: Schema) -> bool:
    """Return True if every value keeps to a schema."""
    return schema.ref is None and not schema.types and _is_bare(schema)


def _without_null(schema: Schema, resolve: Callable[[Schema], Schema]) -> Schema | None:
    """The schema whose alternatives were it or null, types, or values; None if they are others."""
    if bool(schema.any_of) == bool(schema.one_of) or schema.all_of or schema.discriminator is not None:
        return None
    branches = [_as_enum(resolve(branch)) for branch in schema.any_of or schema.one_of]
    is_null = [branch.types == (_NULL,) and not branch.keywords for branch in branches]
    rest = [branch for branch, null in zip(branches, is_null, strict=True) if not null]
    nullable = schema.nullable or any(is_null)
    if _says_nothing(schema) and len(rest) == 1:
        return replace(rest[0], nullable=rest[0].nullable or nullable, read_only=schema.read_only,
                       write_only=schema.write_only, default=schema.default)  # fmt: skip
    if any(branch.nullable for branch in rest) or not rest:
        return None
    if all(branch.enum is not None and _is_bare(replace(branch, enum=None)) for branch in rest):
        values = [value for branch in rest for value in branch.enum or ()]
        types = tuple(dict.fromkeys(name for branch in rest for name in branch.types))
        if len(values) == len({repr(value) for value in values}) and (not schema.types or types == schema.types):
            is_open = any(branch.open_enum for branch in rest)
            listed = replace(schema, any_of=(), one_of=(), enum=tuple(values), types=types)
            return replace(listed, nullable=nullable, open_enum=is_open)
    if _says_nothing(schema) and all(branch.types and _is_bare(branch) for branch in rest):
        types = tuple(dict.fromkeys(name for branch in rest for name in branch.types))
        is_exact = schema.any_of or not {"integer", "number"} <= set(types)
        return replace(schema, any_of=(), one_of=(), types=types, nullable=nullable) if is_exact else None
    return None


def _listed(schema: Schema, written: Callable[[Schema], Mapping[str, Any]]) -> Schema:
    """A schema that lists its values, of those that its other keywords allow, without these; ``true`` and ``false`` as
    their type, nothing but null as the type null."""
    if schema.enum is None or schema.open_enum:
        return schema
    if not schema.enum and schema.nullable:
        return replace(schema, enum=None, nullable=False, types=(_NULL,), keywords={})
    if (
        len(schema.enum) == 2
        and all(isinstance(value, bool) for value in schema.enum)
        and _are_types(schema, "boolean")
    ):
        return schema if schema.enum[0] == schema.enum[1] else replace(schema, enum=None, types=("boolean",))
    is_asserted = schema.keywords or schema.any_of or schema.one_of or schema.all_of
    if not is_asserted and all(_is_of(schema, value) for value in schema.enum):
        return schema
    judge = judge_of(written(schema))
    values = [] if judge is None else [value for value in schema.enum if judge.is_valid(value)]
    if not values:  # nothing is allowed: more likely values that are written as another type than they have
        return schema
    return replace(schema, enum=tuple(values), keywords={}, any_of=(), one_of=(), all_of=())


def _are_types(schema: Schema, name: str) -> bool:
    return schema.types in ((), (name,))


def _is_of(schema: Schema, value: object) -> bool:
    return not schema.types or any(name in _TYPES and _TYPES[name](value) for name in schema.types)


def _of_its_types(schema: Schema, resolve: Callable[[Schema], Schema]) -> Schema:
    """A schema without keywords that have no effect: on types that it does not have, and conditions without a test;
    integers that are written as multiples of 1, a list of no further items as its length."""
    if schema.nullable and {*_EVERY} <= {*schema.types}:
        schema = replace(schema, types=(), nullable=False)
    if schema.items is not None and is_never(resolve(schema.items)):
        ahead = len(schema.keywords.get("prefixItems", ()))
        length = min(ahead, schema.keywords.get("maxItems", ahead))
        schema = replace(schema, items=None, keywords={**schema.keywords, "maxItems": length})
    keywords, types = schema.keywords, schema.types
    if types and keywords:
        kinds = {"number" if name == "integer" else name for name in types}
        idle = frozenset[str]().union(*(names for kind, names in OF_TYPE.items() if kind not in kinds))
        keywords = {name: value for name, value in keywords.items() if name not in idle}
        step = keywords.get("multipleOf")
        if "number" in types and isinstance(step, int) and not isinstance(step, bool):
            types = tuple(dict.fromkeys("integer" if name == "number" else name for name in types))
    if "if" not in keywords or not any(name in keywords for name in _CONDITIONS):
        keywords = {name: value for name, value in keywords.items() if name not in ("if", *_CONDITIONS)}
    if types and "object" not in types and (schema.properties or schema.required or schema.additional is not True):
        schema = replace(schema, properties={}, required=(), additional=True)
    if types and "array" not in types and schema.items is not None:
        schema = replace(schema, items=None)
    if len(keywords) == len(schema.keywords) and types == schema.types:
        return schema
    return replace(schema, keywords=keywords, types=types)


def _closed(schema: Schema) -> Schema:
    """A schema whose ``unevaluatedProperties`` says what ``additionalProperties`` does: there are no other keywords
    beside it that evaluate members (2020-12 core, section 11.3)."""
    keywords = schema.keywords
    if "unevaluatedProperties" not in keywords or schema.additional is not True:
        return schema
    if schema.any_of or schema.one_of or schema.all_of or not _APPLICATORS.isdisjoint(keywords):
        return schema
    value = keywords["unevaluatedProperties"]
    rest = {name: value for name, value in keywords.items() if name != "unevaluatedProperties"}
    is_false = isinstance(value, Schema) and is_never(value)
    return replace(schema, keywords=rest, additional=False if is_false else value)


def _as_enum(schema: Schema) -> Schema:
    """A schema whose constant is a list of one value; null is not in the list."""
    keywords, enum, nullable = schema.keywords, schema.enum, schema.nullable
    if enum is None and "const" in keywords:
        enum = (keywords["const"],)
        keywords = {name: value for name, value in keywords.items() if name != "const"}
    types = schema.types
    if "file" in types:  # what Swagger 2.0 has for bytes
        return _as_enum(replace(schema, types=tuple("string" if name == "file" else name for name in types),
                                format=schema.format or "binary"))  # fmt: skip
    if enum is not None and None in enum:
        is_allowed = not types or _NULL in types or nullable
        enum, nullable = tuple(value for value in enum if value is not None), nullable or is_allowed
    if _NULL in types and len(types) > 1:
        types, nullable = tuple(name for name in types if name != _NULL), True
    default = schema.default
    if types == ("string",):  # documents write true and 1 for texts
        default = _as_text(default)
        enum = enum if enum is None or all(isinstance(value, str) for value in enum) else tuple(map(_as_text, enum))
    elif types and not {*types} - _READ.keys():  # and texts for numbers and truth values
        default = _as_value(default, types[0])
        enum = enum and tuple(_as_value(value, types[0]) for value in enum)
    if enum == schema.enum and nullable == schema.nullable and types == schema.types and default is schema.default:
        return schema
    return replace(schema, keywords=keywords, enum=enum, nullable=nullable, types=types, default=default)


def _as_text(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, bool | int | float) else value


def _as_value(value: Any, kind: str) -> Any:
    try:
        return _READ[kind](value) if isinstance(value, str) else value
    except (ValueError, KeyError):
        return value


def _says_nothing(schema: Schema) -> bool:
    """Return True if a schema has its alternatives and no assertion beside them."""
    return not schema.types and _is_bare(replace(schema, any_of=(), one_of=()))


def _is_bare(schema: Schema) -> bool:
    """Return True if a schema asserts types and nothing else."""
    return (
        schema.enum is None
        and schema.format is None
        and not (schema.properties or schema.required or schema.keywords or schema.items is not None)
        and schema.additional is True
        and not (schema.all_of or schema.any_of or schema.one_of)
    )
