"""Values at the boundaries of schemas, of which most faults of services come: the empty, the longest, the lowest.

A boundary is *firm* if the document itself says that the value is legal there: a bound, a length, a value of an enum, a
text of a format, an optional member that is left out. A service that refuses it does not keep to the document. What
only no rule forbids (a huge number, a blank text) may be refused for a reason that no document has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.fuzz.near_texts import longest, shortest
from openconnectors.engine.fuzz.strategies import ALPHABETS, Resolve, integer_bounds, without
from openconnectors.engine.model import MISSING, Schema
from openconnectors.engine.plan.arguments import Argument
from openconnectors.engine.plan.example_values import ExampleValues
from openconnectors.engine.plan.options import Options
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.values.formats import format_of
from openconnectors.engine.values.patterns import engine_of

_MOST_TOGETHER = 20  # calls that vary all members of a body at once
_MAX_DEPTH = 3  # levels of objects and lists whose members are varied: each level multiplies the calls


class Boundary(Struct, frozen=True):
    """A value at a boundary; ``place`` is the member of the value that is varied. ``inner`` is another value
    that must be taken, if this one is to be (``MISSING``: there is none): the number next to it, a usual text."""

    value: Any
    firm: bool = False
    place: str = ""
    inner: Any = MISSING


class Edge(Struct, frozen=True):
    """Arguments of which one is at a boundary: its name, and the arguments that must be taken if these are to be."""

    arguments: dict[str, Any]
    name: str
    firm: bool = False
    inner: dict[str, Any] | None = None


def edges(plan: Plan, start: Mapping[str, Any], most: int = 60) -> list[Edge]:
    """At most ``most`` variations of arguments, each with one value at a boundary of its schema: the likeliest first,
    in turn from each argument and each member of the body."""
    whole = any(argument.location == "body" and argument.name in start for argument in plan.arguments)
    rows: list[Iterator[Edge]] = []
    together: dict[str, list[Boundary]] = {}
    for argument in plan.arguments:
        if argument.hidden or (argument.location == "property" and whole):
            continue
        if argument.location == "body" and not whole and plan.all_arguments.at["property"]:
            continue
        by_place: dict[str, list[Boundary]] = {}
        for boundary in boundary_values(argument.schema, plan.contract, start.get(argument.name, MISSING)):
            if _is_writable(argument, boundary.value):
                by_place.setdefault(boundary.place, []).append(boundary)
        if argument.location in ("body", "property"):
            together[argument.name] = [boundary for row in by_place.values() for boundary in row]
        rows += [_varied(argument, start, row) for row in by_place.values()]
        if argument.name in start and not argument.needed and argument.location in ("query", "header", "cookie"):
            rows.append(iter([Edge(without(argument.name, start), argument.wire, firm=True)]))
    single = [edge for in_turn in zip_longest(*rows) for edge in in_turn if edge is not None]
    return single[:most] + (list(_together(start, together)) if len(single) > most else [])


def _together(start: Mapping[str, Any], boundaries: Mapping[str, list[Boundary]]) -> Iterator[Edge]:
    """Variations of all members of a body at once, where they are too many to be varied alone: each is at a boundary
    that the document names, so that each boundary has its turn in as many calls as a single member has boundaries."""
    whole = next((name for name in boundaries if isinstance(start.get(name), Mapping)), "")
    choices: dict[str, list[Any]] = {}
    for name, row in boundaries.items():
        for boundary in row if name == whole or not whole else ():
            member = re.split(r"[.\[]", boundary.place)[0] if whole else name
            value = boundary.value.get(member, MISSING) if whole else boundary.value
            if boundary.firm and not _refers(member):
                choices.setdefault(member, []).append(value)
    for index in range(min(max(map(len, choices.values()), default=0), _MOST_TOGETHER)):
        members = {member: values[index % len(values)] for member, values in choices.items()}
        kept = {**(start[whole] if whole else start), **members}
        values = {member: value for member, value in kept.items() if value is not MISSING}
        yield Edge({**start, whole: values} if whole else values, whole)


def with_whole_body(plan: Plan, least: Mapping[str, Any]) -> dict[str, Any] | None:
    """The least arguments with every member of the body, by examples of the document; None if there are no more."""
    bodies = [argument for argument in plan.arguments if argument.location == "body" and not argument.hidden]
    rest = {
        name: value
        for name, value in least.items()
        if all(argument.name != name or argument.location not in ("body", "property") for argument in plan.arguments)
    }
    for argument in bodies[:1]:
        for from_document in (True, False):
            examples = ExampleValues(plan, from_document=from_document, optional=True, request=True, bytes_depth=0)
            full = {**rest, argument.name: examples.of(argument.schema)}
            try:
                plan.request(full, "http://example.com", Options(), fixed=True)
            except ConnectorError:
                continue
            return full if full != dict(least) else None
    return None


def _varied(argument: Argument, start: Mapping[str, Any], boundaries: list[Boundary]) -> Iterator[Edge]:
    refers = _refers(argument.wire)
    for boundary in boundaries:
        is_number = isinstance(boundary.inner, int | float) and argument.location not in ("body", "property")
        # What a query limits depends on no state.
        inner = None if boundary.inner is MISSING or is_number else {**start, argument.name: boundary.inner}
        firm = boundary.firm and not refers and not _refers(boundary.place.rpartition(".")[2])
        name = f"{argument.wire} ({boundary.place})" if boundary.place else argument.wire
        yield Edge({**start, argument.name: boundary.value}, name, firm, inner)


def _refers(name: str) -> bool:
    """Whether a name is that of an identifier: a value that the schema allows need not be one that exists."""
    return name.lower().endswith(("id", "ref", "key", "code", "uuid"))


def _is_writable(argument: Argument, value: Any) -> bool:
    """Whether a value can stand where its parameter is: an empty list is not written into a URL or a header field, and
    so breaks "required" there; neither is null; a header field has printable ASCII."""
    if argument.location not in ALPHABETS:
        return True
    if value in ([], None) or (value == "" and argument.location != "query"):
        return False
    texts = [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]
    if argument.location == "header":
        return all(text.isascii() and text.isprintable() and text.strip() == text for text in texts)
    return argument.location != "path" or all(part.strip(".") for text in texts for part in text.split("/"))


def boundary_values(schema: Schema, resolve: Resolve, value: Any = MISSING, depth: int = 0) -> Iterator[Boundary]:
    """Values at the boundaries of a schema; of an object, ``value`` with one member at a boundary or without it."""
    schema = resolve(schema)
    if schema.nullable and depth:
        yield Boundary(None, firm=True)
    if "const" in schema.keywords:
        return
    if schema.enum:
        yield from [Boundary(each, firm=True) for each in schema.enum[:8] if each is not None]
        return
    row = _OF_KIND.get(next(iter(schema.types), ""))
    if row is not None:
        yield from row(schema, resolve, value, depth)


def _integer(schema: Schema, resolve: Resolve, value: Any, depth: int) -> Iterator[Boundary]:
    checks, (low, high) = schema.keywords, integer_bounds(schema)
    step = checks.get("multipleOf") or 1
    low, high = int(-(-low // step) * step), int(high // step * step)
    is_low, is_high = _is_bounded(schema, "inimum"), _is_bounded(schema, "aximum")
    ends = [Boundary(low, is_low, inner=low + step), Boundary(high, is_high, inner=high - step)]
    yield from [end for end in ends if end.firm]
    if is_low or is_high:
        yield Boundary(low + step if is_low else high - step, firm=True)
    usual = (0, 1, -1, 2**31 - 1, 2**31, -(2**31), low, high) if step == 1 else (0, step, -step)
    if step == 1 and schema.format is None and not is_high:
        yield Boundary(2**63)  # beyond the integers of databases
    for number in usual:
        if low <= number <= high and (number, True) not in ((low, is_low), (high, is_high)):
            yield Boundary(int(number), firm=is_low and is_high)


def _is_bounded(schema: Schema, end: str) -> bool:
    return any(keyword.endswith(end) for keyword in schema.keywords)


def _number(schema: Schema, resolve: Resolve, value: Any, depth: int) -> Iterator[Boundary]:
    checks = schema.keywords
    if checks.get("multipleOf"):
        for times in (0, 1, 3, -1):
            number = round(times * checks["multipleOf"], 9)
            if _is_between(number, checks):
                yield Boundary(number, firm=True)
        return
    for keyword, sign in (("minimum", 1), ("maximum", -1), ("exclusiveMinimum", 1), ("exclusiveMaximum", -1)):
        if keyword in checks:
            nearest = checks[keyword] if keyword in ("minimum", "maximum") else checks[keyword] + sign * 0.01
            if _is_between(nearest, checks):
                yield Boundary(nearest, firm=True, inner=nearest + sign)
    for number in (0, 0.5, 1, 19.99, -1.5, 1e-7, 1e15):
        if _is_between(number, checks):
            yield Boundary(number, firm=_is_bounded(schema, "inimum") and _is_bounded(schema, "aximum"))


def _is_between(number: float, checks: Mapping[str, Any]) -> bool:
    """Whether a number keeps to the bounds."""
    return (
        number >= checks.get("minimum", number)
        and number <= checks.get("maximum", number)
        and ("exclusiveMinimum" not in checks or number > checks["exclusiveMinimum"])
        and ("exclusiveMaximum" not in checks or number < checks["exclusiveMaximum"])
    )


def _text(schema: Schema, resolve: Resolve, value: Any, depth: int) -> Iterator[Boundary]:
    checks = schema.keywords
    least, most = int(checks.get("minLength", 0)), checks.get("maxLength")
    formatted = _OF_FORMAT.get((schema.format or "").lower())
    if formatted is not None:
        yield from [Boundary(text, firm) for text, firm in formatted if _has_length(text, least, most)]
        return
    if format_of(schema) is not None:
        return
    if checks.get("pattern"):
        yield from _of_pattern(schema, value)
        return
    is_long = most is not None and most < 5000
    usual = "words"[: int(most) if most is not None else None].ljust(least, "s")  # a service may have rules for texts
    yield Boundary("x" * (int(most) if most is not None and is_long else max(least, 200)), is_long, inner=usual)
    yield Boundary("x" * least, "minLength" in checks, inner=usual)
    for text in _FIRM_TEXTS + _OTHER_TEXTS:
        if _has_length(text, least, most):
            yield Boundary(text, text in _FIRM_TEXTS, inner=usual)
    if is_long and most is not None and most >= 4:
        yield Boundary("ü" * int(most), True, inner=usual)  # characters, not bytes (JSON Schema 2020-12, section 6.3.1)


def _of_pattern(schema: Schema, value: Any) -> Iterator[Boundary]:
    """The shortest and the longest text of a pattern that a text of it comes to."""
    engine, least = engine_of(schema.keywords.get("pattern")), int(schema.keywords.get("minLength", 0))
    most = schema.keywords.get("maxLength")
    if not isinstance(value, str) or engine is None:
        return

    def is_legal(text: str) -> bool:
        return _has_length(text, least, most) and engine.finds(text)

    for text in dict.fromkeys((shortest(value, is_legal), longest(value, is_legal, most))):
        if text != value:
            yield Boundary(text)


def _has_length(text: str, least: int, most: Any) -> bool:
    return least <= len(text) and (most is None or len(text) <= most)


def _list(schema: Schema, resolve: Resolve, value: Any, depth: int) -> Iterator[Boundary]:
    checks = schema.keywords
    least, most = int(checks.get("minItems", 0)), checks.get("maxItems")
    start = list(value) if isinstance(value, list) else []
    if schema.items is None or depth > _MAX_DEPTH:
        return
    inner = list(boundary_values(schema.items, resolve, start[0] if start else MISSING, depth + 1))
    items = [*start, *(boundary.value for boundary in inner if boundary.value is not None)]
    distinct = [item for index, item in enumerate(items) if item not in items[:index]]
    if not least:
        yield Boundary([], firm=True)
    for length in dict.fromkeys((2, least, min(int(most), 60) if most is not None else 3)):
        if length and length >= least and (most is None or length <= most) and len(distinct) >= length:
            yield Boundary(distinct[:length], firm=length in (least, most))
        elif length and items and not checks.get("uniqueItems") and length >= least and length <= (most or length):
            yield Boundary((items * length)[:length], firm=length in (least, most))
    if least <= 1:
        yield from [replace(boundary, value=[boundary.value], inner=MISSING) for boundary in inner]


def _members(schema: Schema, resolve: Resolve, value: Any, depth: int) -> Iterator[Boundary]:
    if depth > _MAX_DEPTH:
        return
    members = value if isinstance(value, Mapping) else {}
    names = [name for name in members if name not in schema.required]
    yield from [Boundary(without(name, members), firm=True, place=name) for name in names]
    for name, member in schema.properties.items():
        if member.read_only or resolve(member).read_only:
            continue
        for boundary in boundary_values(member, resolve, members.get(name, MISSING), depth + 1):
            place = f"{name}.{boundary.place}" if boundary.place else name
            inner = MISSING if boundary.inner is MISSING else {**members, name: boundary.inner}
            yield Boundary({**members, name: boundary.value}, boundary.firm, place, inner)


def _truth(schema: Schema, resolve: Resolve, value: Any, depth: int) -> Iterator[Boundary]:
    yield from (Boundary(True, firm=True), Boundary(False, firm=True))


_OF_KIND = {
    "integer": _integer, "number": _number, "string": _text, "array": _list, "object": _members, "boolean": _truth,
}  # fmt: skip

_FIRM_TEXTS = ("ü", "日本", "\U0001f600", "'", '"', "a b", "a+b", "a&b=c", "007", "null", "<b>", "100%")
_OTHER_TEXTS = (
    "%", "%2F", "a/b", "\\", "#", "?", ";", ",", "{}", "{0}", "$1", "true", "0", "-1", "1e5", "../x", " ", "a\tb",
    "a\nb", "\u202e", "e\u0301", "\x00",
)  # fmt: skip
"""Texts that code takes for something else: quotes of SQL, markup, encodings, numbers, formats, controls."""

_OF_FORMAT: Mapping[str, tuple[tuple[str, bool], ...]] = {
    "date": (("2024-02-29", True), ("1999-12-31", True), ("2024-12-31", True), ("1970-01-01", True),
             ("0001-01-01", False), ("9999-12-31", False)),
    "date-time": (("2024-02-29T23:59:59Z", True), ("2024-01-31T12:00:00+05:30", True),
                  ("2024-01-31T12:00:00.123Z", True), ("1999-12-31T23:59:59-11:00", True),
                  ("2024-01-31T12:00:00.123456789Z", False), ("0001-01-01T00:00:00Z", False)),
    "time": (("00:00:00Z", True), ("23:59:59.5Z", True)),
    "uuid": (("00000000-0000-0000-0000-000000000000", False), ("123E4567-E89B-12D3-A456-426614174000", True)),
    "email": (("a.b+c@example.org", True), ("x@sub.example.co.uk", True), ("o'neil@example.com", False)),
    "uri": (("https://example.com:8443/a?b=c&d=%20#e", True), ("http://[::1]/", False), ("urn:isbn:0", False)),
    "byte": (("", False), ("YQ==", True), ("+/+/", True)),
    "ipv4": (("1.0.0.1", True), ("255.255.255.255", True)),
    "ipv6": (("::1", True), ("2001:db8::8a2e:370:7334", True)),
    "duration": (("PT0S", True), ("P1Y2M3DT4H5M6S", True)),
    "decimal": (("0", True), ("-0.01", True), ("12345678901234567890.12", False)),
    "password": (("p'\"ä %&+", True),),
}  # fmt: skip
"""Texts of a format at which code breaks, by its name; whether a service must take them."""
