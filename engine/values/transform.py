"""Schema transforms: a rule for single schemas, compiled to one function over whole values.

Theory of operation. A rule says what happens to a value of one resolved schema (``Converter``), or that nothing does
(None). ``SchemaTransform.compile`` joins the converters of a schema and of all schemas below it into one function over
a value with its members and items. Most schemas have nothing to convert, and ``compile`` returns None for them: then a
response of a thousand items costs nothing here. So first ``_explore`` finds out, once for each schema, whether anything
below it acts; then ``_converter`` builds functions for those schemas alone.

Both work without recursion over schemas, whose chains may be longer than Python's stack. A schema that contains itself
looks its own function up when it is called (``_inner_converter``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from openconnectors.engine.errors import Path, Problem
from openconnectors.engine.model import Schema
from openconnectors.engine.values.resolved import ResolvedSchemas

Converter: TypeAlias = Callable[[Any, Path, list[Problem]], Any]
"""Converts a value that is at a path; what cannot be converted stays as it is, and a problem is added to the list."""

Rule: TypeAlias = Callable[[Schema], Converter | None]
"""The converter for values of one resolved schema, their members and items aside; None if it would change nothing."""


class SchemaTransform:
    """A rule over all schemas of a service. ``before`` converts a value before its members and items are converted,
    ``after`` converts it afterwards."""

    def __init__(self, resolved: ResolvedSchemas, before: Rule, after: Rule = lambda schema: None) -> None:
        self._resolved = resolved
        self._before = before
        self._after = after
        # Both by the identity of resolved schemas, which ``resolved`` keeps.
        self._converters: dict[int, Converter] = {}
        self._acts: dict[int, bool] = {}

    def compile(self, schema: Schema) -> Converter | None:
        """The function for values of a declared schema; None if it would change nothing."""
        return self._converter(self._resolved.resolve(schema)) if self._has_effect(schema) else None

    def _inner(self, schema: Schema) -> list[Schema]:
        """The schemas directly below a resolved one."""
        inner = list(schema.properties.values())
        if schema.items is not None:
            inner.append(schema.items)
        if isinstance(schema.additional, Schema):
            inner.append(schema.additional)
        return [*inner, *self._resolved.variants(schema).values()]

    def _has_effect(self, schema: Schema) -> bool:
        """Return True if a value of a schema, or anything within it, is converted."""
        resolved = self._resolved.resolve(schema)
        if id(resolved) not in self._acts:
            self._explore(resolved)
        return self._acts[id(resolved)]

    def _explore(self, root: Schema) -> None:
        """Fill ``_acts`` for a resolved schema and all below it: a schema acts if a rule does, or if one below acts."""
        holders: dict[int, list[int]] = {}
        acts, acting = {id(root): False}, []
        stack = [root]
        while stack:
            schema = stack.pop()
            if self._before(schema) is not None or self._after(schema) is not None:
                acting.append(id(schema))
            for declared in self._inner(schema):
                inner = self._resolved.resolve(declared)
                known = self._acts.get(id(inner))
                if known:
                    acting.append(id(schema))
                elif known is None:
                    holders.setdefault(id(inner), []).append(id(schema))
                    if id(inner) not in acts:
                        acts[id(inner)] = False
                        stack.append(inner)
        while acting:  # from those that act to those that hold them
            key = acting.pop()
            if not acts[key]:
                acts[key] = True
                acting += holders.get(key, ())
        self._acts |= acts

    def _converter(self, root: Schema) -> Converter:
        """The function for a resolved schema, built after those of the schemas below it."""
        stack, opened = [root], set[int]()
        while stack:
            schema = stack[-1]
            if id(schema) not in self._converters and id(schema) not in opened:
                opened.add(id(schema))
                inner = [self._resolved.resolve(each) for each in self._inner(schema) if self._has_effect(each)]
                stack += [each for each in inner if id(each) not in self._converters and id(each) not in opened]
                continue
            stack.pop()
            if id(schema) not in self._converters:
                converter, variants = self._build(schema), self._resolved.variants(schema)
                self._converters[id(schema)] = self._choice(schema, converter, variants) if variants else converter
        return self._converters[id(root)]

    def _inner_converter(self, schema: Schema) -> Converter | None:
        """The function for a declared schema within another; one that is not built yet, because the schema contains
        itself, is looked up when it is called."""
        if not self._has_effect(schema):
            return None
        key = id(self._resolved.resolve(schema))
        return self._converters.get(key) or (lambda value, path, problems: self._converters[key](value, path, problems))

    def _choice(self, schema: Schema, otherwise: Converter, variants: Mapping[str, Schema]) -> Converter:
        """The converter of the variant that a value's discriminator names, or ``otherwise``."""
        discriminator = schema.discriminator
        converters = {
            value: self._inner_converter(variant) for value, variant in variants.items() if variant is not schema
        }

        def convert(value: Any, path: Path, problems: list[Problem]) -> Any:
            name = value.get(discriminator) if isinstance(value, dict) else None
            converter = converters.get(name, otherwise) if isinstance(name, str) else otherwise
            return converter(value, path, problems) if converter is not None else value

        return convert

    def _build(self, schema: Schema) -> Converter:
        before, after = self._before(schema), self._after(schema)
        members = {
            name: converter
            for name, inner in schema.properties.items()
            if (converter := self._inner_converter(inner)) is not None
        }
        rest = self._inner_converter(schema.additional) if isinstance(schema.additional, Schema) else None
        items = self._inner_converter(schema.items) if schema.items is not None else None
        declared = schema.properties.keys()

        def convert(value: Any, path: Path, problems: list[Problem]) -> Any:
            if before is not None:
                value = before(value, path, problems)
            if isinstance(value, dict):
                if members or rest:
                    value = dict(value)
                    for name, converter in members.items():  # of many members only those that are converted
                        if name in value:
                            value[name] = converter(value[name], (*path, name), problems)
                    if rest is not None:
                        for name, inside in value.items():
                            if name not in declared:
                                value[name] = rest(inside, (*path, name), problems)
            elif items is not None and isinstance(value, list):
                value = [items(item, (*path, index), problems) for index, item in enumerate(value)]
            if after is not None:
                value = after(value, path, problems)
            return value

        return convert
