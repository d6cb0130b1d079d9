"""Values that tell two schemas apart: what one of them accepts and the other refuses.

Whether one schema accepts all that another does cannot be decided in general. Here values at the boundaries of both are
tried, as testers would: each branch, each limit and the value beyond it, each member left out and one added. A schema
that is written otherwise and accepts the same has no witness, however it is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import Any

from openconnectors.engine.diff.patterns import matching
from openconnectors.engine.values.judges import judge_of

Json = Mapping[str, Any]
_DEFS = "#/$defs/"
_DEEPEST = 3
_MOST = 600
"""Values that are tried of each side."""
_LONGEST = 10_000
_APPLICATORS = ("anyOf", "oneOf", "if", "then", "else", "not")
_OF_LISTS = frozenset({"items", "prefixItems", "contains", "minItems", "maxItems", "uniqueItems", "unevaluatedItems"})
_OF_OBJECTS = frozenset(
    {
        *("properties", "required", "additionalProperties", "patternProperties", "propertyNames", "minProperties"),
        *("maxProperties", "dependentRequired", "dependentSchemas", "unevaluatedProperties"),
    }
)
_OF_MEMBERS: tuple[Any, ...] = ("x", 1, {})
_OF_EACH_TYPE: tuple[Any, ...] = (None, True, False, 0, 1, -1, 0.5, "", "x", "other", [], {})


def witnesses(old: Json, new: Json) -> tuple[Any, Any]:
    """A value that only the old schema accepts, and a value that only the new one does, each in a list of one; an empty
    list if none is known. Neither is known of a schema that cannot be judged."""
    first, second = judge_of(old), judge_of(new)
    lost: list[Any] = []
    gained: list[Any] = []
    if first is None or second is None:
        return lost, gained
    for value in chain(*(islice(_Values(schema).of(schema, 0), _MOST) for schema in (old, new))):
        was, now = first.is_valid(value), second.is_valid(value)
        if was and not now and not lost:
            lost.append(value)
        elif now and not was and not gained:
            gained.append(value)
        if lost and gained:
            break
    return lost, gained


class _Values:
    """Makes values of a JSON Schema 2020-12 with its definitions."""

    def __init__(self, document: Json) -> None:
        self._definitions: Json = document.get("$defs", {})

    def of(self, schema: Any, depth: int) -> Iterator[Any]:
        """Values at the boundaries of a schema, simple ones first."""
        flat = self._flat(schema)
        yield self.sample(flat, depth)
        if depth >= _DEEPEST:
            return
        yield from _OF_EACH_TYPE
        for value in flat.get("enum", ()):
            yield value
            if isinstance(value, int) and not isinstance(value, bool):
                yield from (value - 1, value + 1)
        if "const" in flat:
            yield flat["const"]
        yield from _numbers(flat)
        yield from _texts(flat)
        yield from self._lists(flat, depth)
        yield from self._objects(flat, depth)
        for branch in self._branches(flat):
            yield from islice(self.of(branch, depth + 1), _MOST // 4)

    def sample(self, schema: Any, depth: int, *, full: bool = True) -> Any:
        """A value that the schema probably accepts: with all members if ``full``, else with those it requires."""
        flat = self._flat(schema)
        if "const" in flat:
            return flat["const"]
        if flat.get("enum"):
            return flat["enum"][0]
        branch = next(self._branches(flat), None)
        if branch is not None and depth < _DEEPEST:
            return self.sample(branch, depth + 1, full=full)
        kind = _kind(flat)
        if kind == "object":
            properties, required = flat.get("properties", {}), flat.get("required", ())
            names = list(properties) if full and depth < _DEEPEST else [name for name in properties if name in required]
            value: Any = {name: self.sample(properties[name], depth + 1, full=full) for name in names}
            return value | {name: "x" for name in required if name not in value}
        if kind == "array":
            ahead = [self.sample(item, depth + 1, full=full) for item in flat.get("prefixItems", ())]
            count = max(int(flat.get("minItems", 1)), 1 if "items" in flat else 0) if depth < _DEEPEST else 0
            item = self.sample(flat.get("items", {}), depth + 1, full=full)
            return ahead + [item] * max(min(count, 100) - len(ahead), 0)
        if kind == "string":
            return "x" * min(max(int(flat.get("minLength", 0)), min(1, int(flat.get("maxLength", 1)))), _LONGEST)
        if kind in ("integer", "number"):
            low = flat.get("minimum", flat.get("exclusiveMinimum", 0) + ("exclusiveMinimum" in flat))
            high = flat.get("maximum", flat.get("exclusiveMaximum", low + 1) - ("exclusiveMaximum" in flat))
            return min(max(low, 0), high)
        return {"boolean": True, "null": None}.get(kind, "x")

    def _flat(self, schema: Any) -> dict[str, Any]:
        """A schema with what it refers to and what its ``allOf`` has, as one mapping."""
        flat: dict[str, Any] = {}
        stack, seen = [schema], set()
        while stack:
            part = stack.pop()
            if not isinstance(part, Mapping) or id(part) in seen:
                continue
            seen.add(id(part))
            for name, value in part.items():
                if name == "$ref":
                    stack.append(self._definitions.get(str(value).removeprefix(_DEFS)))
                elif name == "allOf":
                    stack += value
                elif name == "properties":
                    flat["properties"] = {**value, **flat.get("properties", {})}
                elif name == "required":
                    flat["required"] = [*flat.get("required", ()), *value]
                else:
                    flat.setdefault(name, value)
        return flat

    def _branches(self, flat: Json) -> Iterator[dict[str, Any]]:
        """The schema with each of its alternatives in place of all."""
        rest = {name: value for name, value in flat.items() if name not in _APPLICATORS}
        for keyword in ("anyOf", "oneOf"):
            for part in flat.get(keyword, ()):
                yield {**rest, "allOf": [part]}
        for keyword in ("then", "else"):
            if keyword in flat and "if" in flat:
                condition = [flat["if"]] if keyword == "then" else []
                yield {**rest, "allOf": [*condition, flat[keyword]]}
        for part in ([flat["if"]] if "if" in flat else []) + ([flat["not"]] if "not" in flat else []):
            yield {**rest, "allOf": [part]}
        for name, part in flat.get("dependentSchemas", {}).items():
            yield {**rest, "required": [*rest.get("required", ()), name], "allOf": [part]}

    def _lists(self, flat: Json, depth: int) -> Iterator[Any]:
        if (
            not {"items", "prefixItems", "contains", "minItems", "maxItems", "uniqueItems", "unevaluatedItems"}
            & flat.keys()
        ):
            return
        item = self.sample(flat.get("items", flat.get("contains", {})), depth + 1)
        others = list(islice(self.of(flat.get("items", {}), depth + 1), 40)) if depth + 1 < _DEEPEST else []
        ahead = [self.sample(part, depth + 1) for part in flat.get("prefixItems", ())]
        yield from ([*ahead, item], ahead, [*ahead, item, item], [*ahead, "x", 1], [item], [item, item])
        for bound in ("minItems", "maxItems"):
            if bound in flat and flat[bound] < 1_000:
                for count in range(max(int(flat[bound]) - 1, 0), int(flat[bound]) + 2):
                    yield [item] * count
                    yield [item, *others][:count]
        yield from ([other] for other in others)
        yield from ([item, other] for other in others)
        for index in range(len(ahead)):
            yield ahead[:index]
            yield [*ahead[:index], None, *ahead[index + 1 :]]

    def _objects(self, flat: Json, depth: int) -> Iterator[Any]:
        if not _OF_OBJECTS & flat.keys():
            return
        full, least = self.sample(flat, depth), self.sample(flat, depth, full=False)
        if not isinstance(full, dict) or not isinstance(least, dict):
            return
        yield from (full, least)
        for name in full:
            yield {key: value for key, value in full.items() if key != name}
            yield {key: value for key, value in least.items() if key != name}
            yield {**least, name: full[name]}
        for name in ("zz", "Z-z", "x1", ""):
            for value in _OF_MEMBERS:
                yield {**least, name: value}
                yield {**full, name: value}
        for pattern, part in flat.get("patternProperties", {}).items():
            name = matching(pattern)
            for value in islice(self.of(part, depth + 1), 60) if name is not None else ():
                yield {**full, name: value}
                yield {**least, name: value}
        for name in _listed_names(flat.get("propertyNames")):
            yield {**least, name: "x"}
        for bound in ("minProperties", "maxProperties"):
            if bound in flat and flat[bound] < 1_000:
                for count in range(max(int(flat[bound]) - 1, 0), int(flat[bound]) + 2):
                    yield dict(islice({**full, **{f"p{index}": "x" for index in range(count)}}.items(), count))
        if depth + 1 >= _DEEPEST:
            return
        for name, part in flat.get("properties", {}).items():
            for value in islice(self.of(part, depth + 1), 60):
                yield {**full, name: value}
                yield {**least, name: value}


def _listed_names(names: Any) -> list[str]:
    """The names that a schema of names lists, and those at its limits."""
    flat = names if isinstance(names, Mapping) else {}
    return [name for name in (*flat.get("enum", ()), flat.get("const"), *_texts(flat)) if isinstance(name, str)]


def _kind(flat: Json) -> str:
    kinds = flat.get("type", ())
    names = [kinds] if isinstance(kinds, str) else list(kinds)
    name = next((name for name in names if name != "null"), "null" if names else "")
    if name:
        return name
    if flat.keys() & {"properties", "required", "additionalProperties"}:
        return "object"
    return "array" if flat.keys() & {"items", "prefixItems"} else ""


def _numbers(flat: Json) -> Iterator[Any]:
    for name in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
        if name in flat:
            bound = flat[name]
            yield from (bound - 1, bound - 0.5, bound, bound + 0.5, bound + 1)
    if "multipleOf" in flat:
        step = flat["multipleOf"]
        yield from (step, step * 2, step * 3, step / 2, step * 1.5, step + 1)
    if {"integer", "number"} & set(kinds if isinstance(kinds := flat.get("type", ()), list) else [kinds]):
        yield from (2**31, 2**53, 2**63, -(2**31) - 1, 3, 7, 100)


def _texts(flat: Json) -> Iterator[Any]:
    for name in ("minLength", "maxLength"):
        if name in flat and flat[name] <= _LONGEST:
            yield from ("x" * count for count in range(max(int(flat[name]) - 1, 0), int(flat[name]) + 2))
