"""Which branches of a schema describe a value: of ``oneOf`` and ``anyOf``, ``if`` and ``dependentSchemas``.

Rule 1. A branch is chosen by what is cheapest: the discriminator, then the JSON type of the value, then a validator
(``Fits``), which is compiled when two branches are left for the first time.

Rule 2. Of ``oneOf`` the first that fits counts, of ``anyOf`` every one. If none fits, the value is wrong, and the
branch with the most of its members is the nearest: what can be read of it is read.

Rule 3. A choice looks at the value before anything within it is decided, so that nested choices take time in proportion
to the value and its depth, not to a power of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import jsonschema_rs
from msgspec import Struct

from openconnectors.engine.model import Schema, Service
from openconnectors.engine.values.json_schema import JsonSchemaWriter
from openconnectors.engine.values.judges import judge_of
from openconnectors.engine.values.objects import as_json
from openconnectors.engine.values.resolved import ResolvedSchemas

_KINDS: tuple[tuple[type | tuple[type, ...], frozenset[str]], ...] = (
    (bool, frozenset({"boolean"})),
    (dict, frozenset({"object"})),
    (list, frozenset({"array"})),
    (str, frozenset({"string"})),
    ((int, float, Decimal), frozenset({"number", "integer"})),
    (type(None), frozenset({"null"})),
)
_WRITTEN = frozenset({"string", "number", "integer"})
"""The JSON types of what an object of Python is written as, which no JSON type is for: a date, bytes, an instant."""
_MAX_LOOKED_AT = 100
"""Branches, and branches within these, of which the types are looked at: few enough for Python's stack."""


class Fits:
    """Judges whether a schema describes a value, be its formats texts or objects."""

    def __init__(self, service: Service) -> None:
        self._service = service
        # With the schema, so that its id is not given to another object.
        self._judges: dict[int, tuple[Schema, jsonschema_rs.Validator | None]] = {}

    def __call__(self, schema: Schema, value: Any) -> bool:
        """Return True if a schema describes a value."""
        if id(schema) not in self._judges:
            self._judges[id(schema)] = (schema, self._judge(schema))
        judge = self._judges[id(schema)][1]
        if judge is None:
            return True
        try:
            return judge.is_valid(value)
        except ValueError:
            pass  # an object, or what is not JSON at all
        try:
            return judge.is_valid(as_json(value))
        except (ValueError, RecursionError):
            return False

    def _judge(self, schema: Schema) -> jsonschema_rs.Validator | None:
        written = JsonSchemaWriter(self._service, request=None, objects=True).write_document(schema)
        return judge_of(written)


def types_of(
    resolved: ResolvedSchemas, schema: Schema, known: dict[int, frozenset[str] | None] | None = None
) -> frozenset[str] | None:
    """The JSON types of a schema's values, by its branches if it has no types itself; None: any. ``known`` are those of
    the schemas around it, of which each is looked at once."""
    known = {} if known is None else known
    effective = resolved.resolve(schema)
    if id(effective) not in known:
        known[id(effective)] = None  # a schema that is a branch of itself
        known[id(effective)] = _types_of(resolved, effective, known)
    return known[id(effective)]


def _types_of(
    resolved: ResolvedSchemas, effective: Schema, known: dict[int, frozenset[str] | None]
) -> frozenset[str] | None:
    null = frozenset({"null"} if effective.nullable else ())
    if effective.types:
        return None if "file" in effective.types else frozenset(effective.types) | null
    values = (effective.keywords["const"],) if "const" in effective.keywords else effective.enum or ()
    if values and not effective.open_enum:
        return null.union(*(kind_of(value) or frozenset() for value in values))
    branches = effective.one_of or effective.any_of
    if not branches or effective.nullable or len(known) > _MAX_LOOKED_AT:
        return None
    union: frozenset[str] = frozenset()
    for branch in branches:
        types = types_of(resolved, branch, known)
        if types is None:
            return None
        union |= types
    return union


def kind_of(value: Any) -> frozenset[str] | None:
    """The JSON types that a value may have; None if it is an object that stands for text."""
    return next((types for kind, types in _KINDS if isinstance(value, kind)), None)


class Branch(Struct, frozen=True):
    """One branch: its schema as declared, the names of its members, its JSON types."""

    schema: Schema
    members: frozenset[str]
    types: frozenset[str] | None


def branch(resolved: ResolvedSchemas, schema: Schema) -> Branch:
    """A branch, of what is known of it before there is a value."""
    return Branch(schema, frozenset(resolved.resolve(schema).properties), types_of(resolved, schema))


def chosen(
    branches: Sequence[Branch], value: Any, fits: Callable[[Schema, Any], bool], *, exclusive: bool
) -> list[Schema]:
    """The schemas of the branches that describe a value; of ``oneOf`` (``exclusive``) the first."""
    kinds = kind_of(value) or (None if isinstance(value, (Mapping, tuple)) else _WRITTEN)
    candidates = [entry for entry in branches if entry.types is None or kinds is None or entry.types & kinds]
    if len(candidates) == 1:
        return [candidates[0].schema]
    fitting: list[Schema] = []
    for candidate in candidates:
        if fits(candidate.schema, value):
            fitting.append(candidate.schema)
            if exclusive:
                break
    if fitting or not candidates or not isinstance(value, dict):
        return fitting
    nearest = max(candidates, key=lambda entry: len(entry.members & value.keys()))
    return [nearest.schema]
