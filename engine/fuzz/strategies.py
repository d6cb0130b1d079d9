"""Strategies of Hypothesis: values that a schema allows, and arguments with which an operation may be called.

Boundaries and unusual texts are drawn as often as the rest, because most faults of services are there.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import UTC
from functools import partial
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from msgspec import Struct, field
from msgspec.structs import replace

from openconnectors.engine.fuzz.resources import IDENTIFIERS, singular
from openconnectors.engine.model import MISSING, NEVER, Schema
from openconnectors.engine.naming import snake
from openconnectors.engine.path_templates import variables, without_names
from openconnectors.engine.plan.arguments import Argument
from openconnectors.engine.plan.plan import Plan

Strategy = st.SearchStrategy[Any]
Resolve = Callable[[Schema], Schema]
_MAX_DEPTH = 4  # levels to which optional members are made
_DEEPEST = 30  # levels beyond which a schema that requires itself has no value
_USUAL_LENGTH = 40  # characters of a text whose schema allows more
_PRINTABLE = st.characters(min_codepoint=33, max_codepoint=126)  # for header fields, whose ends have no spaces
_ASCII = st.characters(min_codepoint=32, max_codepoint=126)  # for patterns: Python's classes are wider than ECMA's
_ANY = st.characters(exclude_categories=("Cs", "Cc"))  # without surrogates, which UTF-8 cannot write, and controls
_UNUSUAL = ("", " ", "0", "null", "true", "ü", "日本", "a'b\"c", "<&>", "%2F", "a/b", "../x", "a b", "𝒳", "x" * 300)
"""Empty, blank, texts that look like other types, beyond ASCII and beyond 16 bits, quotes of SQL, markup, encoded and
plain slashes, longer than most columns."""

ALPHABETS: Mapping[str, Strategy] = {"header": _PRINTABLE, "path": _ANY, "query": _ANY}
"""The characters of texts, by the location of their parameter."""


class Known(Struct):
    """Values from responses of the service, by name: identifiers that exist there, for later calls."""

    values: dict[str, list[Any]] = field(default_factory=dict)
    places: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    """The values of path variables with which calls have succeeded, by the path up to the last variable: what belongs
    together (an order and its customer)."""

    def remember(self, path: str, values: Mapping[str, Any]) -> None:
        """Keep the values of path variables, by wire name, of a call that has succeeded. The latest ten are kept."""
        key, chosen = _place(path, values)
        if chosen:
            kept = self.places.setdefault(key, [])
            kept[:] = [chosen, *(other for other in kept if other != chosen)][:10]

    def forget(self, path: str, values: Mapping[str, Any]) -> None:
        """Forget values whose resource was deleted."""
        key, chosen = _place(path, values)
        self.places[key] = [other for other in self.places.get(key, []) if other != chosen]

    def at(self, path: str) -> list[dict[str, Any]]:
        """The values of path variables, by wire name, that lead to something at a path or at its nearest part."""
        names = variables(path)
        return [dict(zip(names, chosen, strict=True)) for chosen in self.places.get(_place(path, {})[0], [])]

    def learn(self, value: Any, name: str = "", above: str = "") -> None:
        """Keep the strings, integers and UUIDs of a response: each by its name, and by the name of its container with
        its own (``pets[0].id``: ``id`` and ``pet_id``). The latest ten of a name are kept, of a list the first 20
        items."""
        if isinstance(value, Mapping):
            for key, member in value.items():
                self.learn(member, str(key), name or above)
        elif isinstance(value, list):
            for item in value[:20]:
                self.learn(item, name, above)
        elif isinstance(value, UUID):
            self.learn(str(value), name, above)
        elif isinstance(value, (str, int)) and not isinstance(value, bool) and name and value != "":
            kind = singular(above) if above else ""
            for key in {snake(name), f"{kind}_{snake(name)}" if kind else snake(name)}:
                kept = self.values.setdefault(key, [])
                if value not in kept:
                    kept[:] = [value, *kept[:9]]

    def of(self, name: str) -> list[Any]:
        """The values kept for a name, else for the identifier of what it names (``pet``: those of ``pet_id`` or
        ``pet_name``), else for its last word (``pet_id``: those of ``id``)."""
        key = snake(name)
        names = (key, *(f"{key}_{identifier}" for identifier in IDENTIFIERS), key.rpartition("_")[2])
        return next((self.values[name] for name in names if self.values.get(name)), [])


def _place(path: str, values: Mapping[str, Any]) -> tuple[str, tuple[Any, ...]]:
    """A path up to its last variable, without the names of variables, and their values if there are all."""
    names = variables(path)
    chosen = tuple(values[name] for name in names if name in values)
    return without_names(path[: path.rfind("}") + 1]), chosen if len(chosen) == len(names) else ()


def values(schema: Schema, resolve: Resolve, alphabet: Strategy | None = None, depth: int = 0) -> Strategy:
    """A strategy of the values that a schema allows, as plain JSON data (binary ones as bytes).

    ``resolve`` gives a schema without references; ``alphabet`` the characters of texts. ``depth`` counts the schemas
    around this one: at depth 0, null is not drawn.
    """
    resolved = resolve(schema)
    if schema is NEVER or depth > _DEEPEST:
        return st.nothing()
    if "const" in resolved.keywords:
        return st.just(resolved.keywords["const"])
    if resolved.enum:
        return st.sampled_from([value for value in resolved.enum if value is not None] or list(resolved.enum))
    if resolved.one_of or resolved.any_of:
        return _alternatives(resolved, resolve, alphabet, depth)
    row = _KINDS.get("file" if resolved.format == "file" else _kind(resolved))
    strategy = (
        row(resolved, resolve, _ANY if alphabet is None else alphabet, depth)
        if row
        else st.sampled_from(["text", 1, True])
    )
    return strategy | st.none() if resolved.nullable and depth else strategy


def _kind(schema: Schema) -> str:
    """The first type of a resolved schema; without a type, that of values which its keywords are about."""
    if schema.types:
        return schema.types[0]
    if schema.properties or schema.required or isinstance(schema.additional, Schema):
        return "object"
    if schema.items is not None or "prefixItems" in schema.keywords:
        return "array"
    return "string" if schema.format in _FORMATS else ""


def _alternatives(schema: Schema, resolve: Resolve, alphabet: Strategy | None, depth: int) -> Strategy:
    """Values of the alternatives of a resolved schema, objects with the members that it declares beside them; one that
    a discriminator selects has the value that selects it."""
    beside = replace(schema, one_of=(), any_of=(), discriminator=None)
    drawn = [
        values(alternative, resolve, alphabet, depth + 1).map(partial(_selected, schema, resolve(alternative)))
        for alternative in (schema.one_of or schema.any_of)
    ]
    strategy = st.one_of(drawn)
    if not beside.properties:
        return strategy
    members = _object(beside, resolve, _ANY, depth)
    return st.tuples(members, strategy).map(
        lambda pair: {**pair[0], **pair[1]} if isinstance(pair[1], dict) else pair[1]
    )


def _selected(schema: Schema, alternative: Schema, value: Any) -> Any:
    """A value of an alternative, with the discriminator that selects it: one of its mapping, or its name."""
    selecting = [value for value, ref in schema.discriminator_mapping.items() if ref == alternative.at]
    selecting += [alternative.name] if alternative.name is not None else []
    if not selecting or schema.discriminator is None or not isinstance(value, dict):
        return value
    fits = value.get(schema.discriminator) in selecting
    return value if fits else {**value, schema.discriminator: selecting[0]}


def _text(schema: Schema, resolve: Resolve, alphabet: Strategy, depth: int) -> Strategy:
    checks = schema.keywords
    least, most = int(checks.get("minLength", 0)), checks.get("maxLength")
    formatted = _FORMATS.get(schema.format or "")
    if formatted is not None:
        return formatted
    most = int(most) if most is not None else None
    if checks.get("pattern"):
        bounded = st.from_regex(str(checks["pattern"]), alphabet=_ASCII)
        # Stripped: "$" lets from_regex add a line break, and clients may strip header fields.
        return bounded.map(str.strip).filter(lambda text: least <= len(text) <= (most if most is not None else 10_000))
    top = min(most, max(least, _USUAL_LENGTH)) if most is not None else max(least, _USUAL_LENGTH)
    general = st.text(alphabet, min_size=least, max_size=top)
    edges = [text for text in _UNUSUAL if least <= len(text) and (most is None or len(text) <= most)]
    if alphabet is _PRINTABLE:
        edges = [text for text in edges if text and all(33 <= ord(character) <= 126 for character in text)]
    edges += ["x" * least, "x" * (most if most is not None and most < 2000 else least + 1)]
    return general | st.sampled_from(edges)


def _integer(schema: Schema, resolve: Resolve, alphabet: Strategy, depth: int) -> Strategy:
    low, high = integer_bounds(schema)
    step = schema.keywords.get("multipleOf")
    if step:
        low, high = -(-low // step), high // step
        return st.integers(int(low), int(high)).map(lambda multiple: int(multiple * step))
    edges = [number for number in (low, low + 1, high - 1, high, 0, 1, -1) if low <= number <= high]
    return st.integers(low, high) | st.sampled_from(edges or [low])


def integer_bounds(schema: Schema) -> tuple[int, int]:
    """The lowest and highest integer of a schema, within 32 bits for ``int32``, else within the 53 bits that every JSON
    reader keeps (RFC 8259 section 6)."""
    checks = schema.keywords
    wide = 2**31 if schema.format == "int32" else 2**53
    low, high = checks.get("minimum", -wide), checks.get("maximum", wide - 1)
    if "exclusiveMinimum" in checks:
        low = max(low, checks["exclusiveMinimum"] + 1)
    if "exclusiveMaximum" in checks:
        high = min(high, checks["exclusiveMaximum"] - 1)
    return int(low), int(max(low, high))


def _number(schema: Schema, resolve: Resolve, alphabet: Strategy, depth: int) -> Strategy:
    checks = schema.keywords
    if checks.get("multipleOf"):
        return _integer(schema, resolve, alphabet, depth)
    low = checks.get("minimum", checks.get("exclusiveMinimum", -1e9))
    high = checks.get("maximum", checks.get("exclusiveMaximum", 1e9))
    general = st.floats(
        low,
        high,
        allow_nan=False,
        allow_infinity=False,
        exclude_min="exclusiveMinimum" in checks and low < high,
        exclude_max="exclusiveMaximum" in checks and low < high,
    )
    edges = [
        number
        for number in (0, 0.5, low, high)
        if low < number < high or (number in (low, high) and "exclusive" not in str(checks))
    ]
    return general | st.sampled_from(edges) if edges else general


def _array(schema: Schema, resolve: Resolve, alphabet: Strategy, depth: int) -> Strategy:
    least, most = int(schema.keywords.get("minItems", 0)), schema.keywords.get("maxItems")
    top = int(most) if most is not None and most < 50 else max(least, 3)
    first = schema.keywords.get("prefixItems", ())
    if first:
        return st.tuples(*(values(item, resolve, alphabet, depth + 1) for item in first[: max(least, len(first))])).map(
            list
        )
    if schema.items is None or depth > _MAX_DEPTH:
        return st.lists(st.sampled_from(["text"]), min_size=least, max_size=max(least, 0))
    unique = repr if schema.keywords.get("uniqueItems") else None
    items = values(schema.items, resolve, alphabet, depth + 1)
    return st.lists(items, min_size=least, max_size=max(least, top), unique_by=unique)


def _object(schema: Schema, resolve: Resolve, alphabet: Strategy, depth: int) -> Strategy:
    writable = {
        name: member for name, member in schema.properties.items() if not member.read_only or name in schema.required
    }
    # Deferred: a schema may contain itself.
    members = {name: st.deferred(_later(member, resolve, depth + 1)) for name, member in writable.items()}
    own_name = schema.discriminator_value or schema.name
    if schema.discriminator in members and own_name is not None:
        members[schema.discriminator] = st.just(own_name)
    required = {name: member for name, member in members.items() if name in schema.required}
    optional = {name: member for name, member in members.items() if name not in required and depth <= _MAX_DEPTH}
    undeclared = {name: st.just("text") for name in schema.required if name not in writable}
    strategy = st.fixed_dictionaries({**required, **undeclared}, optional=optional)
    if isinstance(schema.additional, Schema) and not schema.properties:
        extra = values(schema.additional, resolve, alphabet, depth + 1)
        least = int(schema.keywords.get("minProperties", 0))
        return st.dictionaries(
            st.sampled_from(["a", "b", "name", "ü"]), extra, min_size=min(least, 4), max_size=3 + least
        )
    return strategy


def _later(schema: Schema, resolve: Resolve, depth: int) -> Callable[[], Strategy]:
    return lambda: values(schema, resolve, None, depth)


_KINDS: Mapping[str, Callable[[Schema, Resolve, Strategy, int], Strategy]] = {
    "string": _text,
    "integer": _integer,
    "number": _number,
    "boolean": lambda *_: st.booleans(),
    "array": _array,
    "object": _object,
    "file": lambda *_: st.binary(max_size=40),
}
"""How values are drawn, by type: the resolved schema, ``resolve``, the alphabet, the depth."""

_FORMATS: Mapping[str, Strategy] = {
    "date-time": st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.isoformat().replace("+00:00", "Z")),
    "date": st.dates().map(str),
    "time": st.times().map(lambda time: time.replace(microsecond=0).isoformat()),
    "uuid": st.uuids().map(str),
    "byte": st.binary(max_size=20).map(lambda data: base64.b64encode(data).decode("ascii")),
    "base64url": st.binary(max_size=20).map(lambda data: base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")),
    "binary": st.binary(max_size=40),
    "decimal": st.decimals(allow_nan=False, allow_infinity=False, places=4).map(lambda number: f"{number:f}"),
    "email": st.sampled_from(["someone@example.com", "a.b+c@example.org"]),
    "uri": st.sampled_from(["https://example.com/", "https://example.com/a?b=c"]),
    "hostname": st.just("example.com"),
    "ipv4": st.ip_addresses(v=4).map(str),
    "ipv6": st.ip_addresses(v=6).map(str),
    "duration": st.sampled_from(["P1D", "PT1H30M"]),
    "date-time-rfc1123": st.just("Sat, 31 Jan 2026 12:00:00 GMT"),
}


def arguments(plan: Plan, known: Known | None = None) -> Strategy:
    """A strategy of arguments with which an operation may be called, by Python name: the required ones and some of the
    rest. ``known`` are values of the service to draw from."""
    visible = {argument.name: argument for argument in plan.arguments if not argument.hidden}
    if any(argument.location == "property" for argument in visible.values()):
        # The members of the body are drawn, not the body as a whole.
        visible = {
            name: argument for name, argument in visible.items() if argument.location != "body" or len(visible) == 1
        }
    strategies = {name: _argument(plan, argument, known) for name, argument in visible.items()}
    required = {name: strategies[name] for name, argument in visible.items() if argument.needed}
    optional = {name: strategy for name, strategy in strategies.items() if name not in required}
    drawn = st.fixed_dictionaries(required, optional=optional)
    body = plan.operation.request_body
    schemas = body.schemas() if body is not None else []
    together = {name for schema in schemas for name in plan.contract(schema).required}
    needed = {
        name: strategies[name]
        for name, argument in visible.items()
        if argument.location == "property" and name not in required and ".".join(argument.path) in together
    }
    if needed:  # members that a body needs, if there is one: all of them, or no body
        rest = {name: strategy for name, strategy in optional.items() if name not in needed}
        outside = {name: optional[name] for name in optional if visible[name].location != "property"}
        drawn = st.fixed_dictionaries({**required, **needed}, optional=rest) | (
            st.fixed_dictionaries(required, optional=outside)
        )
    least = max((int(plan.contract(schema).keywords.get("minProperties", 0)) for schema in schemas), default=0)
    members = [name for name, argument in visible.items() if argument.location == "property"]
    if not least or not members:
        return drawn
    return drawn.filter(lambda call: sum(name in call for name in members) >= least)


def _argument(plan: Plan, argument: Argument, known: Known | None) -> Strategy:
    strategy = values(argument.schema, plan.contract, ALPHABETS.get(argument.location))
    if _narrowed(argument.schema, plan.contract):
        strategy = strategy.filter(partial(plan.accepts, argument.schema, request=True))
    if argument.location in ALPHABETS:
        strategy = strategy.filter(lambda value: value != [])  # an empty list is not written into a URL or a header
    if argument.location == "path":
        # Clients and servers remove dot segments (RFC 3986 section 5.2.4).
        strategy = strategy.filter(
            lambda value: not isinstance(value, str) or all(part.strip(".") for part in value.split("/"))
        )
    resolved = plan.contract(argument.schema)
    examples = [example for example in (argument.schema.example, resolved.example) if example not in (MISSING, None)]
    if examples:
        strategy = strategy | st.sampled_from(examples)
    of_service = [value for value in known.of(argument.name) if _fits(resolved, value)] if known is not None else []
    return st.sampled_from(of_service) | strategy if of_service else strategy


_NARROWING = frozenset(
    ("not", "if", "contains", "propertyNames", "dependentSchemas", "dependentRequired", "patternProperties",
     "unevaluatedProperties", "unevaluatedItems", "minProperties", "maxProperties")
)  # fmt: skip
"""Keywords that the strategies do not know: what they draw is tried."""


def _narrowed(schema: Schema, resolve: Resolve) -> bool:
    """True if a schema, or one inside it, allows less than what is drawn for it."""
    seen: set[int] = set()
    stack = [schema]
    while stack:
        resolved = resolve(stack.pop())
        if id(resolved) in seen:
            continue
        seen.add(id(resolved))
        if resolved.one_of or not _NARROWING.isdisjoint(resolved.keywords):
            return True
        stack += resolved.inner()
    return False


def _fits(schema: Schema, value: object) -> bool:
    """True if a value has the type of a schema, and is in its enum if there is one."""
    kind = _PYTHON_TYPES.get(next(iter(schema.types), ""))
    return kind is not None and isinstance(value, kind) and (not schema.enum or value in schema.enum)


_PYTHON_TYPES: Mapping[str, type | tuple[type, ...]] = {"string": str, "integer": int, "number": (int, float)}


def without(name: str, members: Mapping[str, Any]) -> dict[str, Any]:
    """The members of an object but one."""
    return {key: value for key, value in members.items() if key != name}
