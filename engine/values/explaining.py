"""What is wrong with a value that a JSON Schema refuses: jsonschema's errors, bounded, as problems in our words.

Rule 1. Time is bounded by the sizes of the value and the schema. jsonschema asks each branch of ``oneOf`` for all that
is wrong with it, and each branch asks its own, so that time would grow by a power of the depth. Here a pair of a schema
and a place is judged once (``_fits``), and of the branches that refuse a value only the nearest is asked why.

Rule 2. The nearest branch is the one whose type, constants, required and known members the value breaks least: the
reader is told what to change, not that nothing fits.

Rule 3. Patterns are searched by ``patterns``, never by Python's ``re``.

Rule 4. Of the items of a list, and of the members of a mapping, only those are looked at that jsonschema-rs refuses:
jsonschema takes about a hundred times as long. Nor are members that need a type alone, and have it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from openconnectors.engine.leniency import MAX_PROBLEMS
from openconnectors.engine.values.objects import CHECKS, display_name
from openconnectors.engine.values.patterns import matches, pattern_keyword

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

_MAX_PARTS = 200
"""Parts of a branch that are looked at for how near it is."""
_MAX_REASONS = 20
"""Errors of the nearest branch."""
_DEFS = "#/$defs/"
_TYPE, _CONSTANT, _MEMBER, _ABSENT, _UNKNOWN = 1000, 100, 10, 2, 2
"""How far a wrong type, a wrong constant, a wrong constant of a member, a missing member and one that is not described
put a branch; a member of a wrong type is 1."""


class Explainer:
    """A validator of jsonschema for one JSON Schema. ``judge`` compiles parts of it for jsonschema-rs."""

    def __init__(
        self, json_schema: Mapping[str, Any], judge: Callable[[dict[str, Any]], jsonschema_rs.Validator | None]
    ) -> None:
        from jsonschema import Draft202012Validator, validators

        self._defs = json_schema.get("$defs", {})
        self._judge = judge
        # By the identity of parts of ``json_schema``, which the validator keeps.
        self._judges: dict[int, jsonschema_rs.Validator | None] = {}
        self._known: dict[tuple[int, int], bool] = {}
        self._asking = 0
        """Above 0 while it is asked whether a schema fits, and not why it does not."""
        keywords = {
            "$ref": self._reference,
            "pattern": pattern_keyword,
            "format": self._format,
            "items": self._items,
            "properties": self._members,
            "patternProperties": self._matching,
            "additionalProperties": self._additional,
            "unevaluatedProperties": self._unevaluated_members,
            "unevaluatedItems": self._unevaluated_items,
            "anyOf": self._any_of,
            "oneOf": self._one_of,
            "not": self._not,
            "if": self._if,
            "contains": self._contains,
            "propertyNames": self._names,
        }
        kind: Any = validators.extend(Draft202012Validator, keywords)  # type: ignore[no-untyped-call]
        self._validator = kind(json_schema)

    def errors(self, value: Any) -> Iterator[ValidationError]:
        """The first ``MAX_PROBLEMS`` errors of a value."""
        self._known.clear()
        self._asking = 0
        errors: Iterator[ValidationError] = islice(self._validator.iter_errors(value), MAX_PROBLEMS)
        return errors

    def _fits(self, validator: Any, schema: Any, instance: Any) -> bool:
        """Return True if a schema accepts a value that is a part of the one that is explained."""
        key = (id(schema), id(instance))
        if key not in self._known:
            self._asking += 1
            try:
                self._known[key] = next(validator.descend(instance, schema), None) is None
            finally:
                self._asking -= 1
        return self._known[key]

    def _resolved(self, schema: Any) -> Any:
        """A schema, or the definition that it refers to."""
        seen: set[str] = set()
        while isinstance(schema, dict) and str(schema.get("$ref", "")).startswith(_DEFS) and schema["$ref"] not in seen:
            seen.add(schema["$ref"])
            schema = self._defs.get(schema["$ref"][len(_DEFS) :], True)
        return schema

    # Keywords

    def _reference(self, validator: Any, ref: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        target = self._defs.get(str(ref).removeprefix(_DEFS), True)
        if not self._fits(validator, target, instance):
            yield from validator.descend(instance, target)

    def _format(self, validator: Any, name: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        check = CHECKS.get(name)
        if check is not None and isinstance(instance, str) and not check(instance):
            yield _error(f"is not of the format {display_name(name)}")

    def _items(self, validator: Any, items: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        if not isinstance(instance, list):
            return
        first = len(schema.get("prefixItems", ()))
        for index in self._refused(items, instance[first:], first):
            yield from validator.descend(instance[index], items, path=index)

    def _members(self, validator: Any, properties: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        for name, inner in properties.items() if isinstance(instance, dict) else ():
            if name in instance and not _is_of_its_type(inner, instance[name]):
                yield from validator.descend(instance[name], inner, path=name, schema_path=name)

    def _matching(self, validator: Any, patterns: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        for pattern, inner in patterns.items() if isinstance(instance, dict) else ():
            for name, member in instance.items():
                if matches(pattern, name):
                    yield from validator.descend(member, inner, path=name, schema_path=pattern)

    def _additional(self, validator: Any, inner: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        if not isinstance(instance, dict):
            return
        names = unknown(schema, instance)
        if inner is False:
            if names:
                yield _error("has members that are not known")
            return
        for index in self._refused(inner, [instance[name] for name in names], 0):
            yield from validator.descend(instance[names[index]], inner, path=names[index])

    def _unevaluated_members(self, validator: Any, inner: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        if isinstance(instance, dict):
            evaluated = self._evaluated(validator, schema, instance, _evaluated_names)
            for name in instance:
                if name not in evaluated:
                    yield from validator.descend(instance[name], inner, path=name)

    def _unevaluated_items(self, validator: Any, inner: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        if isinstance(instance, list):
            evaluated = self._evaluated(validator, schema, instance, self._evaluated_indexes(validator))
            for index, item in enumerate(instance):
                if index not in evaluated:
                    yield from validator.descend(item, inner, path=index)

    def _any_of(self, validator: Any, branches: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        if not any(self._fits(validator, branch, instance) for branch in branches):
            yield self._of_nearest(validator, branches, instance)

    def _one_of(self, validator: Any, branches: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        fitting = [index for index, branch in enumerate(branches) if self._fits(validator, branch, instance)]
        if not fitting:
            yield self._of_nearest(validator, branches, instance)
        elif len(fitting) > 1:
            names = [self._name(branches[index], index) for index in fitting[:5]]
            yield _error(f"must match one of {len(branches)} alternatives alone, it matches {' and '.join(names)}")

    def _not(self, validator: Any, inner: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        if self._fits(validator, inner, instance):
            yield _error("matches what is not allowed" if inner else "is not allowed")

    def _if(self, validator: Any, condition: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        branch = "then" if self._fits(validator, condition, instance) else "else"
        if branch in schema:
            yield from validator.descend(instance, schema[branch], schema_path=branch)

    def _contains(self, validator: Any, inner: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        if not isinstance(instance, list):
            return
        least, most = schema.get("minContains", 1), schema.get("maxContains")
        count = sum(self._fits(validator, inner, item) for item in instance)
        if count < least:
            yield _error(f"must hold at least {least} items of a kind, it holds {count}")
        if most is not None and count > most:
            yield _error(f"must hold at most {most} items of a kind, it holds {count}")

    def _names(self, validator: Any, inner: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        for name in instance if isinstance(instance, dict) else ():
            if not self._fits(validator, inner, name):
                yield _error(f"has a member {name!r}, whose name is not allowed")

    # What has been evaluated (2020-12 core, section 11)

    def _evaluated(
        self, validator: Any, whole: Any, instance: Any, described: Callable[[Any, Any], set[Any]]
    ) -> set[Any]:
        """The names or indexes that a schema, and what applies in place, has evaluated."""
        evaluated: set[Any] = set()
        seen, stack = {id(whole)}, self._in_place(validator, whole, instance)
        beside = {key: value for key, value in whole.items() if not key.startswith("unevaluated")}
        evaluated |= described(beside, instance)
        while stack:
            schema = self._resolved(stack.pop())
            if isinstance(schema, dict) and id(schema) not in seen:
                seen.add(id(schema))
                evaluated |= described(schema, instance)
                stack += self._in_place(validator, schema, instance)
        return evaluated

    def _in_place(self, validator: Any, schema: Any, instance: Any) -> list[Any]:
        """The schemas that apply to the same value as one, where their conditions hold."""
        applied = list(schema.get("allOf", ()))
        if "$ref" in schema:
            applied.append({"$ref": schema["$ref"]})
        for keyword in ("anyOf", "oneOf"):
            applied += [branch for branch in schema.get(keyword, ()) if self._fits(validator, branch, instance)]
        if "if" in schema:
            holds = self._fits(validator, schema["if"], instance)
            applied += [schema["if"], schema.get("then", True)] if holds else [schema.get("else", True)]
        if isinstance(instance, dict):
            applied += [inner for name, inner in schema.get("dependentSchemas", {}).items() if name in instance]
        return applied

    def _evaluated_indexes(self, validator: Any) -> Callable[[Any, Any], set[Any]]:
        def described(schema: Any, instance: Any) -> set[Any]:
            if "items" in schema or "unevaluatedItems" in schema:
                return set(range(len(instance)))
            indexes = set(range(len(schema.get("prefixItems", ()))))
            if "contains" in schema:
                inner = schema["contains"]
                indexes |= {index for index, item in enumerate(instance) if self._fits(validator, inner, item)}
            return indexes

        return described

    # Branches

    def _of_nearest(self, validator: Any, branches: Any, instance: Any) -> ValidationError:
        """The error of a value that no branch accepts: of the types or values that all allow, if it has none of them;
        else of the nearest branch."""
        if self._asking:
            return _error("")
        parts = [self._parts(branch) for branch in branches]
        types = [_types(inner) for inner in parts]
        if all(kinds and not any(validator.is_type(instance, kind) for kind in kinds) for kinds in types):
            return _error("", "type", list(dict.fromkeys(kind for kinds in types for kind in kinds)))
        values = [_values(inner) for inner in parts]
        if all(listed is not None for listed in values):
            return _error("", "enum", [value for listed in values for value in listed or ()])
        distances = [self._distance(validator, inner, instance) for inner in parts]
        index = distances.index(min(distances))
        reasons = list(islice(validator.descend(instance, branches[index], schema_path=index), _MAX_REASONS))
        name = self._name(branches[index], index)
        return _error(
            f"{name}, the nearest of {len(branches)} alternatives" if index or len(branches) > 1 else "",
            context=reasons,
        )

    def _name(self, branch: Any, index: int) -> str:
        resolved = self._resolved(branch)
        title = resolved.get("title") if isinstance(resolved, dict) else None
        return str(title) if title else f"number {index + 1}"

    def _parts(self, branch: Any) -> list[dict[str, Any]]:
        """A branch and the parts of its ``allOf``, references followed."""
        parts: list[dict[str, Any]] = []
        seen: set[int] = set()
        stack = [branch]
        while stack and len(parts) < _MAX_PARTS:
            part = self._resolved(stack.pop())
            if isinstance(part, dict) and id(part) not in seen:
                seen.add(id(part))
                parts.append(part)
                stack += part.get("allOf", ())
        return parts

    def _distance(self, validator: Any, parts: list[dict[str, Any]], instance: Any) -> int:
        """How much of a branch a value breaks, as far as the first look at it shows."""
        distance = 0
        for part in parts:
            kinds, listed = _types([part]), _values([part])
            distance += _TYPE * (bool(kinds) and not any(validator.is_type(instance, kind) for kind in kinds))
            distance += _CONSTANT * (listed is not None and instance not in listed)
            if not isinstance(instance, dict):
                continue
            distance += sum(_ABSENT for name in part.get("required", ()) if name not in instance)
            distance += _UNKNOWN * len(unknown(part, instance)) if "properties" in part else 0
            for name, inner in part.get("properties", {}).items():
                if name in instance:
                    distance += self._member_distance(validator, self._parts(inner), instance[name])
        return distance

    def _member_distance(self, validator: Any, parts: list[dict[str, Any]], member: Any) -> int:
        kinds, listed = _types(parts), _values(parts)
        if listed is not None and member not in listed:
            return _MEMBER
        return int(bool(kinds) and not any(validator.is_type(member, kind) for kind in kinds))

    # Lists

    def _refused(self, schema: Any, values: list[Any], start: int) -> Iterator[int]:
        """The indexes, from ``start`` on, of the values that a schema refuses, found by halving the list."""
        if not values or self._accepts(schema, values):
            return
        if len(values) == 1:
            yield start
            return
        half = len(values) // 2
        yield from self._refused(schema, values[:half], start)
        yield from self._refused(schema, values[half:], start + half)

    def _accepts(self, schema: Any, values: list[Any]) -> bool:
        if id(schema) not in self._judges:
            self._judges[id(schema)] = self._judge({"items": schema, "$defs": self._defs})
        judge = self._judges[id(schema)]
        try:
            return judge is not None and judge.is_valid(values)
        except ValueError:
            return False  # undecided: jsonschema looks at each


def _is_of_its_type(schema: Any, value: Any) -> bool:
    """Return True if all that a schema says of a value is its type, and it has that: most members of most objects."""
    if not isinstance(schema, dict) or schema.keys() != {"type"}:
        return False
    kind, kinds = _NAMES.get(type(value)), schema["type"]
    return kind is not None and (kind == kinds or (isinstance(kinds, list) and kind in kinds))


_NAMES = {str: "string", bool: "boolean", type(None): "null", int: "integer", dict: "object", list: "array"}
"""The names of types in JSON Schema; a double may be a whole number, and is left to jsonschema."""


def unknown(schema: Mapping[str, Any], instance: Mapping[str, Any]) -> list[str]:
    """The names of the members that neither a name nor a pattern of a JSON Schema describes."""
    declared, patterns = schema.get("properties", {}), schema.get("patternProperties", ())
    return [
        name for name in instance if name not in declared and not any(matches(pattern, name) for pattern in patterns)
    ]


def _evaluated_names(schema: Mapping[str, Any], instance: Mapping[str, Any]) -> set[Any]:
    if "additionalProperties" in schema or "unevaluatedProperties" in schema:
        return set(instance)
    return set(instance) - set(unknown(schema, instance))


def _types(parts: list[dict[str, Any]]) -> list[str]:
    """The types of the first part that has any."""
    for part in parts:
        kinds = part.get("type", [])
        if kinds:
            return [kinds] if isinstance(kinds, str) else list(kinds)
    return []


def _values(parts: list[dict[str, Any]]) -> list[Any] | None:
    """The values that the first part with any lists; None if no part does."""
    for part in parts:
        if "const" in part:
            return [part["const"]]
        if "enum" in part:
            return list(part["enum"])
    return None


def _error(message: str, keyword: str = "", limit: Any = None, context: Any = ()) -> ValidationError:
    from jsonschema.exceptions import ValidationError  # there already: its validator calls this

    if keyword:
        return ValidationError(message, validator=keyword, validator_value=limit)
    return ValidationError(message, context=context)
