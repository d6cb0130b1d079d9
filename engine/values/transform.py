"""Schema transforms: a rule for single schemas, compiled to one function over whole values.

Theory of operation. A rule says what happens to a value of one resolved schema (``Converter``), or that nothing does
(None). ``SchemaTransform.compile`` joins the converters of a schema and of all schemas below it into one function over
a value with its members and items. Most schemas have nothing to convert, and ``compile`` returns None for them: then a
response of a thousand items costs nothing here. So first ``_explore`` finds out, once for each schema, whether anything
below it acts; then ``_converter`` builds functions for those schemas alone.

A branch (``oneOf``, ``if``, …) converts the value that it describes, and so do its own branches; which do is decided
first, of the value as it came (``branches``). Each converts once, however many ways lead to it: a schema of n levels of
branches has 2 ** n ways.

Both work without recursion over schemas, whose chains may be longer than Python's stack. A schema that contains itself
looks its own function up when it is called (``_inner_converter``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from functools import partial
from typing import Any, TypeAlias

from openconnectors.engine.errors import Path, Problem, short_repr
from openconnectors.engine.leniency import record
from openconnectors.engine.model import Schema
from openconnectors.engine.values.branches import branch, chosen
from openconnectors.engine.values.discriminators import Selection
from openconnectors.engine.values.patterns import engine_of
from openconnectors.engine.values.resolved import ResolvedSchemas, in_place

Converter: TypeAlias = Callable[[Any, Path, list[Problem]], Any]
"""Converts a value that is at a path; what cannot be converted stays as it is, and a problem is added to the list."""

Conversion: TypeAlias = Callable[[Any], Any]
"""Converts a value; ``ValueError``, whose text completes a sentence that begins with the value, if it cannot."""

Rule: TypeAlias = Callable[[Schema], Conversion | None]
"""The conversion of values of one resolved schema, their members and items aside; None if it would change nothing."""

Choice: TypeAlias = Callable[[Any], Iterable[int]]
"""The ids of the branches of one schema, resolved, that describe a value and convert it."""


class SchemaTransform:
    """A rule over all schemas of a service. ``before`` converts a value before its members and items are converted,
    ``after`` converts it afterwards. Without ``copies`` objects are changed in place: nobody else holds them, and none
    of them stands in two places."""

    def __init__(
        self,
        resolved: ResolvedSchemas,
        fits: Callable[[Schema, Any], bool],
        before: Rule,
        after: Rule = lambda schema: None,
        *,
        copies: bool = True,
    ) -> None:
        self._resolved = resolved
        self._fits = fits
        self._before = before
        self._after = after
        self._copies = copies
        # Both by the identity of resolved schemas, which ``resolved`` keeps.
        self._converters: dict[int, Converter] = {}
        self._parts: dict[int, tuple[Converter, list[Choice]]] = {}
        self._acts: dict[int, bool] = {}

    def compile(self, schema: Schema) -> Converter | None:
        """The function for values of a declared schema; None if it would change nothing."""
        return self._converter(self._resolved.resolve(schema)) if self._has_effect(schema) else None

    def _inner(self, schema: Schema) -> list[Schema]:
        """The schemas directly below a resolved one."""
        keywords = schema.keywords
        inner = [*schema.properties.values(), *in_place(schema), *self._resolved.variants(schema).values()]
        inner += [*keywords.get("prefixItems", ()), *keywords.get("patternProperties", {}).values()]
        rest = [schema.items, schema.additional]
        rest += [keywords.get("unevaluatedItems"), keywords.get("unevaluatedProperties")]
        inner += [each for each in rest if isinstance(each, Schema)]
        if schema.discriminator_default is not None:
            inner.append(Schema(ref=schema.discriminator_default))
        return inner

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
                converter = self._build(schema)
                selection = self._resolved.selection(schema)
                if selection is not None and not schema.one_of and not schema.any_of:
                    converter = self._choice(selection, converter)
                    self._parts[id(schema)] = (converter, [])
                self._converters[id(schema)] = converter
        return self._converters[id(root)]

    def _inner_converter(self, schema: Schema) -> Converter | None:
        """The function for a declared schema within another; one that is not built yet, because the schema contains
        itself, is looked up when it is called."""
        if not self._has_effect(schema):
            return None
        key = id(self._resolved.resolve(schema))
        return self._converters.get(key) or (lambda value, path, problems: self._converters[key](value, path, problems))

    def _key(self, schema: Schema) -> int | None:
        """The id of a declared schema, resolved; None if it converts nothing."""
        return id(self._resolved.resolve(schema)) if self._has_effect(schema) else None

    def _selectable(self, selection: Selection) -> dict[str, int | None]:
        """The ids of the schemas that a discriminator selects, by reference."""
        refs = {*selection.references.values(), *([selection.default] if selection.default is not None else [])}
        return {ref: self._key(Schema(ref=ref)) for ref in refs}

    def _choice(self, selection: Selection, otherwise: Converter) -> Converter:
        """The converter of the subtype that a value's discriminator selects, or ``otherwise``."""
        keys = self._selectable(selection)

        def convert(value: Any, path: Path, problems: list[Problem]) -> Any:
            ref = selection.reference(value)
            if ref is None:
                return otherwise(value, path, problems)
            key = keys[ref]
            return value if key is None else self._converters[key](value, path, problems)

        return convert

    def _build(self, schema: Schema) -> Converter:
        """The function for a resolved schema and its branches."""
        itself, choices = self._itself(schema), self._choices(schema)
        self._parts[id(schema)] = (itself, choices)
        return partial(self._convert_parts, id(schema)) if choices else itself

    def _convert_parts(self, key: int, value: Any, path: Path, problems: list[Problem]) -> Any:
        """The value, converted by a schema and by all branches that describe it, the innermost first."""
        keys = {key: None}
        waiting = [key]
        while waiting:
            for choose in self._parts[waiting.pop()][1]:
                chosen_keys = [inner for inner in choose(value) if inner not in keys]
                keys |= dict.fromkeys(chosen_keys)
                waiting += chosen_keys
        for inner in reversed(keys):
            value = self._parts[inner][0](value, path, problems)
        return value

    def _itself(self, schema: Schema) -> Converter:
        """The function for a resolved schema without its branches."""
        before, after = self._before(schema), self._after(schema)
        members, items = self._members(schema), self._items(schema)

        def convert(value: Any, path: Path, problems: list[Problem]) -> Any:
            if before is not None:
                value = _converted(before, value, path, problems)
            if members is not None and isinstance(value, dict):
                value = members(value, path, problems)
            elif items is not None and isinstance(value, list):
                value = items(value, path, problems)
            if after is not None:
                value = _converted(after, value, path, problems)
            return value

        return convert

    def _members(self, schema: Schema) -> Converter | None:
        """The converter of an object's members; None if they stay as they are."""
        members = {
            name: converter
            for name, inner in schema.properties.items()
            if (converter := self._inner_converter(inner)) is not None
        }
        patterns = schema.keywords.get("patternProperties", {})
        matching = [(engine_of(pattern), self._inner_converter(inner)) for pattern, inner in patterns.items()]
        rest, declared = self._rest(schema)
        copies = self._copies
        if not members and rest is None and not any(converter for _, converter in matching):
            return None

        def convert(value: Any, path: Path, problems: list[Problem]) -> Any:
            value = dict(value) if copies else value
            for name, converter in members.items():  # of many members only those that are converted
                if name in value:
                    value[name] = converter(value[name], (*path, name), problems)
            for name in value if rest is not None or matching else ():
                converters = [converter for engine, converter in matching if engine is not None and engine.finds(name)]
                if not converters and name not in declared:
                    converters.append(rest)
                for pattern_converter in converters:
                    if pattern_converter is not None:
                        value[name] = pattern_converter(value[name], (*path, name), problems)
            return value

        return convert

    def _rest(self, schema: Schema) -> tuple[Converter | None, Set[str]]:
        """The converter of members that no name and no pattern describes, and the names that are described: for
        ``unevaluatedProperties`` those of branches too."""
        if isinstance(schema.additional, Schema):
            return self._inner_converter(schema.additional), schema.properties.keys()
        unevaluated = schema.keywords.get("unevaluatedProperties")
        converter = self._inner_converter(unevaluated) if isinstance(unevaluated, Schema) else None
        return (converter, self._described(schema)) if converter is not None else (None, frozenset())

    def _described(self, schema: Schema) -> frozenset[str]:
        """The names of the members that a resolved schema or one of its branches describes."""
        names: set[str] = set()
        seen, stack = {id(schema)}, [schema]
        while stack:
            part = stack.pop()
            names |= part.properties.keys()
            for inner in map(self._resolved.resolve, in_place(part)):
                if id(inner) not in seen:
                    seen.add(id(inner))
                    stack.append(inner)
        return frozenset(names)

    def _items(self, schema: Schema) -> Converter | None:
        """The converter of a list's items; None if they stay as they are."""
        first = [self._inner_converter(inner) for inner in schema.keywords.get("prefixItems", ())]
        inner = schema.items if schema.items is not None else schema.keywords.get("unevaluatedItems")
        rest = self._inner_converter(inner) if isinstance(inner, Schema) else None
        if rest is None and not any(first):
            return None
        count = len(first)

        def convert(value: Any, path: Path, problems: list[Problem]) -> Any:
            if count:
                converted = list(value)
                for index, item in enumerate(value):
                    converter = first[index] if index < count else rest
                    if converter is not None:
                        converted[index] = converter(item, (*path, index), problems)
                return converted
            return [rest(item, (*path, index), problems) for index, item in enumerate(value)] if rest else value

        return convert

    def _choices(self, schema: Schema) -> list[Choice]:
        """What chooses the branches that describe a value as a whole."""
        choices: list[Choice] = []
        selection = self._resolved.selection(schema)
        for parts, exclusive in ((schema.one_of, True), (schema.any_of, False)):
            if any(self._has_effect(part) for part in parts):
                selecting = selection if parts is (schema.one_of or schema.any_of) else None
                choices.append(self._branch_choice(parts, selecting, exclusive=exclusive))
        condition = schema.keywords.get("if")
        if isinstance(condition, Schema):
            choices += self._condition_choice(condition, schema.keywords)
        for name, inner in schema.keywords.get("dependentSchemas", {}).items():
            choices.append(partial(_if_member, name, self._keys([inner])))
        always = self._keys(schema.all_of)
        return [*choices, lambda value: always] if always else choices

    def _keys(self, schemas: Iterable[object]) -> list[int]:
        """The ids of declared schemas, resolved, that convert something."""
        keys = [self._key(schema) for schema in schemas if isinstance(schema, Schema)]
        return [key for key in keys if key is not None]

    def _branch_choice(self, parts: tuple[Schema, ...], selection: Selection | None, *, exclusive: bool) -> Choice:
        branches = [branch(self._resolved, part) for part in parts]
        keys = {id(part): self._keys([part]) for part in parts}
        selectable = self._selectable(selection) if selection is not None else {}
        fits = self._fits

        def choose(value: Any) -> Iterable[int]:
            ref = selection.reference(value) if selection is not None else None
            if ref is not None:
                selected = selectable[ref]
                return [] if selected is None else [selected]
            return [key for part in chosen(branches, value, fits, exclusive=exclusive) for key in keys[id(part)]]

        return choose

    def _condition_choice(self, condition: Schema, keywords: Mapping[str, Any]) -> list[Choice]:
        """``if`` with ``then`` and ``else``; empty if nothing is converted by them."""
        cases = [self._keys([keywords.get("else")]), self._keys([condition, keywords.get("then")])]
        fits = self._fits
        return [lambda value: cases[fits(condition, value)]] if any(cases) else []


def _converted(conversion: Conversion, value: Any, path: Path, problems: list[Problem]) -> Any:
    """The value converted, or as it is with a problem recorded."""
    try:
        return conversion(value)
    except ValueError as error:
        record(problems, Problem(path, f"{short_repr(value)} {error}"))
        return value


def _if_member(name: str, keys: list[int], value: Any) -> list[int]:
    return keys if isinstance(value, dict) and name in value else []
