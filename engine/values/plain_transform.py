"""Schema transforms for values that were just decoded: what is converted is changed in place, and nothing else touched.

``transform`` copies each object that holds what it converts, and knows the path of each value. Neither is needed where
nobody else holds the value, and where a value that cannot be converted has another reader, who words the problem.

Rule 1. A schema of branches, conditions or patterns is left to ``transform``; so is one that contains itself, one that
is converted both as a whole and within, and what lies deep.

Rule 2. Null is converted by no rule.
"""

from __future__ import annotations

from typing import Any

from openconnectors.engine.errors import Problem
from openconnectors.engine.model import Schema
from openconnectors.engine.values.resolved import ResolvedSchemas, in_place
from openconnectors.engine.values.transform import Conversion, Converter, Rule, SchemaTransform

_MAX_DEPTH = 30
"""Schemas within each other that are compiled here: far less than Python's stack holds."""
_COMPLEX = frozenset({"patternProperties", "prefixItems", "unevaluatedItems", "unevaluatedProperties"})


class PlainTransform:
    """A rule over all schemas of a service, as ``careful`` is, of which ``rule`` is the only step."""

    def __init__(self, resolved: ResolvedSchemas, rule: Rule, careful: SchemaTransform) -> None:
        self._resolved = resolved
        self._rule = rule
        self._careful = careful
        self._compiled: dict[int, Conversion] = {}  # by the identity of resolved schemas, which ``resolved`` keeps
        self._opened: set[int] = set()

    def compile(self, schema: Schema) -> Conversion | None:
        """The function for values of a declared schema; None if it would change nothing. ``ValueError`` for a value
        that has something that cannot be converted."""
        converter = self._careful.compile(schema)
        if converter is None:
            return None
        resolved = self._resolved.resolve(schema)
        key = id(resolved)
        if key in self._compiled:
            return self._compiled[key]
        if key in self._opened or len(self._opened) == _MAX_DEPTH:
            return without_problems(converter)
        self._opened.add(key)
        try:
            conversion = None if self._is_complex(resolved) else self._build(resolved)
        finally:
            self._opened.remove(key)
        if conversion is None:
            conversion = without_problems(converter)
        self._compiled[key] = conversion
        return conversion

    def _is_complex(self, schema: Schema) -> bool:
        return bool(
            in_place(schema)
            or _COMPLEX & schema.keywords.keys()
            or self._resolved.selection(schema) is not None
            or (isinstance(schema.additional, Schema) and self._careful.compile(schema.additional) is not None)
        )

    def _build(self, schema: Schema) -> Conversion | None:
        """The function for a resolved schema; None if its values are converted both as a whole and within."""
        itself = self._rule(schema)
        inner = {name: self.compile(member) for name, member in schema.properties.items()}
        members = [(name, conversion) for name, conversion in inner.items() if conversion is not None]
        items = self.compile(schema.items) if schema.items is not None else None
        if itself is not None:
            return itself if not members and items is None else None

        return _of_items(items) if items is not None and not members else _of_members(members, items)


def _of_items(items: Conversion) -> Conversion:
    """The function for lists."""
    return lambda value: list(map(items, value)) if type(value) is list else value


def _of_members(members: list[tuple[str, Conversion]], items: Conversion | None) -> Conversion:
    """The function for objects, or else lists."""

    def convert(value: Any) -> Any:
        if type(value) is dict:
            for name, conversion in members:
                member = value.get(name)
                if member is not None:
                    value[name] = conversion(member)
        elif items is not None and type(value) is list:
            return list(map(items, value))
        return value

    return convert


def without_problems(converter: Converter) -> Conversion:
    """A converter for which a problem is a ``ValueError``."""

    def convert(value: Any) -> Any:
        problems: list[Problem] = []
        converted = converter(value, (), problems)
        if problems:
            raise ValueError
        return converted

    return convert
