"""Values that break one rule of a schema, one after the other: for requests that a service must refuse.

``violations`` draws such values for the client, which refuses them; these are few, the likeliest to pass or to break a
service first, and the same in every run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from openconnectors.engine.fuzz.near_texts import near
from openconnectors.engine.fuzz.strategies import Resolve, without
from openconnectors.engine.model import MISSING, Schema

_MAX_DEPTH = 4  # levels of objects and lists in which a rule is broken
_LONGEST = 20_000  # characters of a text that is too long, items of a list

_MOST_NEAR = 9  # texts that nearly match a pattern

OPEN = "no other properties"
"""The rule of a closed object."""


class Wrong(Struct, frozen=True):
    """A value that breaks a rule: the place below the value, the rule in words. ``lenient``: many services accept it
    on purpose, so that only a failure of theirs is reported."""

    value: Any
    rule: str
    place: str = ""
    lenient: bool = False


def wrong_values(schema: Schema, resolve: Resolve, legal: Any, depth: int = 0) -> Iterator[Wrong]:
    """Values that break a rule of a schema, made of a legal one (``MISSING``: none is known)."""
    schema = resolve(schema)
    kinds, checks = schema.types, schema.keywords
    if "const" in checks:
        yield Wrong("none of these", "const")
        return
    others = [Wrong(value, f"type {' or '.join(kinds)}") for value in _OTHER_TYPES.get(next(iter(kinds), ""), ())]
    rules: list[Wrong] = list(_beside_enum(schema)) if schema.enum else []
    for kind in kinds if not schema.enum else ():
        row = _OF_KIND.get(kind)
        rules += row(schema, resolve, legal, depth) if row is not None else ()
    rules += _alternative(schema, resolve, legal, depth)
    null = [Wrong(None, "not null")] if kinds and not schema.nullable else []
    others = [] if schema.open_enum else others
    firm = [wrong for wrong in rules if not wrong.lenient]
    yield from (*others[:1], *firm[:1], *null, *others[1:2], *firm[1:], *others[2:])
    yield from (wrong for wrong in rules if wrong.lenient)


def _alternative(schema: Schema, resolve: Resolve, legal: Any, depth: int) -> Iterator[Wrong]:
    """What is wrong with the members of an object by the alternative that it is of: the first whose members it has."""
    if not isinstance(legal, Mapping) or depth >= _MAX_DEPTH:
        return
    for part in map(resolve, (*schema.one_of, *schema.any_of)):
        constants = {name: resolve(member) for name, member in part.properties.items() if name in legal}
        is_its = set(part.required) <= set(legal) and all(
            legal[name] in (member.enum or (member.keywords.get("const", legal[name]),))
            for name, member in constants.items()
        )
        if is_its and set(legal) <= {*part.properties, *schema.properties}:
            yield from _members(part, resolve, legal, depth)
            return


def _beside_enum(schema: Schema) -> Iterator[Wrong]:
    if schema.open_enum:
        return
    texts = [value for value in schema.enum or () if isinstance(value, str)]
    numbers = [value for value in schema.enum or () if isinstance(value, int) and not isinstance(value, bool)]
    if texts:
        yield Wrong("none-of-these", "enum")
        yield Wrong(texts[0].swapcase(), "enum, whose case counts")
        yield Wrong(texts[-1] + " ", "enum", lenient=True)
        yield Wrong("", "enum", lenient=True)
    if numbers:
        yield Wrong(max(numbers) + 1, "enum")


def _text(schema: Schema, resolve: Resolve, legal: Any, depth: int) -> Iterator[Wrong]:
    checks = schema.keywords
    least, most = int(checks.get("minLength", 0)), checks.get("maxLength")
    start = legal if isinstance(legal, str) else ""
    for index, (value, lenient) in enumerate(_UNFORMATTED.get((schema.format or "").lower(), ())):
        is_near = index == 1 and schema.format in ("date", "date-time")  # a rule of its own: many check the form alone
        rule = f"format {schema.format}" + (f", which {value!r} is not of" if is_near else "")
        yield Wrong(value, rule, lenient=lenient)
    if most is not None and most < _LONGEST:
        yield Wrong((start + "x" * (int(most) + 1))[: int(most) + 1], "maxLength")
    if least > 1:
        yield Wrong((start + "x" * least)[: least - 1], "minLength")
    if least:
        yield Wrong("", "minLength")
    if checks.get("pattern"):
        others = (f"{start}!", "~", "", start.swapcase(), f" {start}", f"{start}\n")
        for value in others:
            yield Wrong(value, "pattern", lenient=not value.strip() or value.strip() == start)
        for value in islice(near(start), _MOST_NEAR):
            yield Wrong(value, f"pattern, which {value!r} is not of", lenient=not value.strip())


def _number(schema: Schema, resolve: Resolve, legal: Any, depth: int) -> Iterator[Wrong]:
    checks, is_whole = schema.keywords, "integer" in schema.types
    steps = (1,) if is_whole else (1, 0.01)
    bounds = [(keyword, sign) for keyword, sign in (("maximum", 1), ("minimum", -1)) if keyword in checks]
    for step in (*steps, 10**6):
        for keyword, sign in bounds:
            yield Wrong(round(checks[keyword] + sign * step, 9), keyword)
    for keyword in ("exclusiveMinimum", "exclusiveMaximum"):
        if keyword in checks:
            yield Wrong(checks[keyword], keyword)
    multiple = checks.get("multipleOf")
    if multiple:
        start = legal if isinstance(legal, int | float) else 0
        yield Wrong(start + (1 if is_whole and multiple > 1 else multiple / 2), "multipleOf")
    if is_whole and schema.format in ("int32", "int64"):
        bits = int(schema.format[3:])
        yield Wrong(2 ** (bits - 1), f"format {schema.format}", lenient=True)
        yield Wrong(-(2 ** (bits - 1)) - 1, f"format {schema.format}", lenient=True)
    if is_whole and "maximum" not in checks:
        yield Wrong(10**30, "a number of usual size", lenient=True)  # more than databases keep


def _list(schema: Schema, resolve: Resolve, legal: Any, depth: int) -> Iterator[Wrong]:
    checks = schema.keywords
    items = list(legal) if isinstance(legal, list) else []
    most = checks.get("maxItems")
    if checks.get("minItems"):
        yield Wrong(items[: int(checks["minItems"]) - 1], "minItems")
    if items and most is not None and most < 1000:
        yield Wrong((items * (int(most) + 1))[: int(most) + 1], "maxItems")
    if items and checks.get("uniqueItems"):
        yield Wrong([items[0], items[0]], "uniqueItems")
    if schema.items is not None and depth < _MAX_DEPTH:
        for wrong in wrong_values(schema.items, resolve, items[0] if items else MISSING, depth + 1):
            yield replace(wrong, value=[wrong.value, *items[1:]], place=f"[0]{_joined(wrong.place)}")


def _members(schema: Schema, resolve: Resolve, legal: Any, depth: int) -> Iterator[Wrong]:
    if not isinstance(legal, Mapping):
        return
    for name in schema.required:
        if name in legal:
            yield Wrong(without(name, legal), "required", name)
    if schema.additional is False and not schema.keywords.get("patternProperties"):
        yield Wrong({**legal, "no_such_property": 1}, OPEN, "no_such_property")
    elif isinstance(schema.additional, Schema) and depth < _MAX_DEPTH:
        sample = next((value for name, value in legal.items() if name not in schema.properties), MISSING)
        for wrong in wrong_values(schema.additional, resolve, sample, depth + 1):
            yield replace(wrong, value={**legal, "further": wrong.value}, place=f"further{_joined(wrong.place)}")
    if schema.keywords.get("minProperties") and not schema.required:
        yield Wrong({}, "minProperties")
    yield from _too_many(schema, resolve, legal)
    if depth >= _MAX_DEPTH:
        return
    for name, member in schema.properties.items():
        if member.read_only or resolve(member).read_only:
            continue
        for wrong in wrong_values(member, resolve, legal.get(name, MISSING), depth + 1):
            yield replace(wrong, value={**legal, name: wrong.value}, place=f"{name}{_joined(wrong.place)}")


def _too_many(schema: Schema, resolve: Resolve, legal: Mapping[str, Any]) -> Iterator[Wrong]:
    """An object with more members than it may have, of which each is right."""
    most = schema.keywords.get("maxProperties")
    if most is None or most > _MOST_MEMBERS or schema.additional is False:
        return
    like = next((value for name, value in legal.items() if name not in schema.properties), MISSING)
    if like is MISSING and isinstance(schema.additional, Schema):
        kinds = resolve(schema.additional).types
        like = _LEAST.get(next(iter(kinds), ""), MISSING)
    if like is not MISSING:
        yield Wrong({**legal, **{f"further_{index}": like for index in range(int(most) + 1)}}, "maxProperties")


_MOST_MEMBERS = 100
_LEAST: Mapping[str, Any] = {"string": "text", "integer": 1, "number": 1, "boolean": True, "array": [], "object": {}}
"""A value of each type that most schemas of the type allow."""


def _joined(place: str) -> str:
    return place if not place or place.startswith("[") else f".{place}"


_OF_KIND = {"string": _text, "integer": _number, "number": _number, "array": _list, "object": _members}

_OTHER_TYPES: Mapping[str, tuple[Any, ...]] = {
    "string": (12, ["text"], True, {"text": "text"}),
    "integer": ("text", "12", 1.5, True, []),
    "number": ("text", "1.5", True, []),
    "boolean": ("text", 1, "true"),
    "array": ("text", {"0": "text"}, 1),
    "object": ("text", [], 1),
}
"""Values of other types, by the first type of a schema."""

_UNFORMATTED: Mapping[str, tuple[tuple[str, bool], ...]] = {
    "date": (("not-a-date", False), ("2023-02-29", False), ("2024-13-01", False), ("31.01.2024", False),
             ("2024-01-31T00:00:00Z", True), ("", True)),
    "date-time": (("not-a-date", False), ("2024-02-30T12:00:00Z", False), ("2024-01-31T25:00:00Z", False),
                  ("2024-01-31T12:00:00", True), ("2024-01-31", True), ("", True)),
    "time": (("not-a-time", False), ("25:00:00Z", False)),
    "duration": (("not-a-duration", False), ("1 day", False)),
    "uuid": (("not-a-uuid", False), ("123e4567-e89b-12d3-a456-42661417400", False),
             ("123e4567-e89b-12d3-a456-42661417400g", False), ("", True)),
    "email": (("not-an-address", False), ("@example.com", False), ("a@b@example.com", True), ("", True)),
    "uri": (("not a uri", False), ("//", True), ("", True)),
    "url": (("not a url", False),),
    "hostname": (("not a host", False), ("-x.example.com", True)),
    "ipv4": (("999.1.1.1", False), ("1.2.3", False), ("::1", False)),
    "ipv6": (("not-an-address", False), ("1.2.3.4", False), ("12345::", False)),
    "byte": (("***", False), ("YQ=", True)),
    "decimal": (("text", False),),
}  # fmt: skip
"""Texts that are not of a format, by its name; whether many services accept them."""
