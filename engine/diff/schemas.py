"""What changed in the values of a schema: types, lists of values, limits, members.

Rule 1. Schemas are compared as simply as each can be said (``Side.plain``), so that what is only written otherwise is
no change.

Rule 2. What orders by itself is compared by itself: types, lists of values, limits, members. Where a schema has
alternatives or conditions, a value is looked for that one side accepts and the other refuses (``witnesses``); if there
is none, nothing is reported. The same is done for a pattern.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import inf

from msgspec import Struct
from msgspec.structs import replace

from openconnectors.engine.diff.changes import Changes, Direction
from openconnectors.engine.diff.deprecation import compare_property, record_removal
from openconnectors.engine.diff.kinds import (
    are_bytes,
    can_be,
    can_be_null,
    covers,
    format_name,
    has_conditions,
    is_by_values,
    is_listed_otherwise,
    listed,
    openness,
    types_of,
)
from openconnectors.engine.diff.limits import COUNTS, bound, count, divides, finite, step
from openconnectors.engine.diff.patterns import differing
from openconnectors.engine.diff.sides import Side
from openconnectors.engine.diff.simple import is_never
from openconnectors.engine.diff.subjects import Subject
from openconnectors.engine.diff.witnesses import witnesses
from openconnectors.engine.errors import InvalidDocument
from openconnectors.engine.model import ANY, MISSING, Schema
from openconnectors.engine.naming import snake
from openconnectors.engine.values.formats import format_of


class _Pair(Struct, frozen=True):
    """Two schemas to compare. ``findings`` is how many there were before what is inside them was compared; None: they
    have not been compared at all."""

    subject: Subject
    old: Schema
    new: Schema
    direction: Direction
    findings: int | None = None


class Schemas:
    """Compares schemas; two that were compared in one direction are not compared again, under whatever subject."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._before, self._after = changes.before, changes.after
        self._seen: set[tuple[int, int, Direction]] = set()

    def compare(self, subject: str, old: Schema, new: Schema, direction: Direction) -> None:
        """Record the changes between two schemas and those inside them, in the order of the document."""
        # A stack, not recursion: schemas refer to one another in chains longer than Python's own stack.
        stack = [_Pair(Subject(subject), old, new, direction)]
        while stack:
            pair = stack.pop()
            if pair.findings is None:
                stack += reversed([*self._schema(pair)])
            elif len(self._changes.findings) == pair.findings:
                self._by_values(pair)

    def _schema(self, pair: _Pair) -> Iterator[_Pair]:
        """Record the changes between two schemas; what is to be compared inside them."""
        try:
            first, second = self._before.plain(pair.old), self._after.plain(pair.new)
        except InvalidDocument:  # it is said when the operation is read
            return
        key = (id(first), id(second), pair.direction)
        if key in self._seen:
            return
        self._seen.add(key)
        pair = _Pair(pair.subject, first, second, pair.direction)
        self._null(pair)
        self._default(pair)
        if are_bytes(first, second) or not self._types(pair):
            return
        if is_listed_otherwise(first, second):
            yield replace(pair, findings=len(self._changes.findings))
            return
        if is_by_values(first) != is_by_values(second):
            yield from self._branch(pair)
            yield replace(pair, findings=len(self._changes.findings))
            return
        self._enum(pair)
        self._limits(pair)
        self._format(pair)
        self._pattern(pair)
        yield from self._members(pair)
        yield from self._variants(pair)
        if first.items is not None or second.items is not None:
            items = [schema.items or replace(ANY, at=schema.at) for schema in (first, second)]
            yield _Pair(pair.subject.item(), items[0], items[1], pair.direction)
        branches = list(self._alternatives(pair))
        yield from branches
        if has_conditions(first) or has_conditions(second):
            yield replace(pair, findings=len(self._changes.findings))

    def _alternatives(self, pair: _Pair) -> Iterator[_Pair]:
        """The alternatives of two schemas side by side, if they have as many of the same names in the same places."""
        for name in ("any_of", "one_of", "all_of"):
            old, new = getattr(pair.old, name), getattr(pair.new, name)
            plain_old, plain_new = [*map(self._before.plain, old)], [*map(self._after.plain, new)]
            if len(old) == len(new) and all(
                a.name == b.name and a.types == b.types for a, b in zip(plain_old, plain_new, strict=True)
            ):
                for index, (before, after) in enumerate(zip(plain_old, plain_new, strict=True)):
                    title = before.name or f"alternative {index + 1}"
                    yield _Pair(replace(pair.subject, owner=f"{pair.subject.owner} ({title})"), before, after,
                                pair.direction)  # fmt: skip

    def _branch(self, pair: _Pair) -> Iterator[_Pair]:
        """The alternative of one schema that stands for the other, which has none: one of its name, or the only one of
        its types."""
        is_old = is_by_values(pair.old)
        parts, alone = (pair.old, pair.new) if is_old else (pair.new, pair.old)
        plain = self._before.plain if is_old else self._after.plain
        branches = [plain(branch) for branch in (*parts.any_of, *parts.one_of)]
        named = [branch for branch in branches if alone.name and branch.name == alone.name]
        same = named or [branch for branch in branches if alone.types and branch.types == alone.types]
        if len(same) == 1:
            old, new = (same[0], alone) if is_old else (alone, same[0])
            yield _Pair(pair.subject, old, new, pair.direction)

    def _variants(self, pair: _Pair) -> Iterator[_Pair]:
        """The schemas that extend two schemas, by the values of their discriminators."""
        old, new = self._before.variants(pair.old), self._after.variants(pair.new)
        for name, variant in old.items():
            if name in new:
                subject = replace(pair.subject, owner=f"{pair.subject.owner} ({name})")
                yield _Pair(subject, variant, new[name], pair.direction)
        for names, word, narrower in ((old.keys() - new, "no longer", True), (new.keys() - old, "now", False)):
            if old and new and names:
                rule = _rule("values", pair.direction, narrower=narrower)
                self._add(rule, pair, f"{pair.subject} can {word} be of the kind {', '.join(sorted(names))}")

    def _by_values(self, pair: _Pair) -> None:
        """Record that a value is accepted by one of two schemas only."""
        request = pair.direction == "request"
        old = self._before.written(pair.old, request=request)
        new = self._after.written(pair.new, request=request)
        if old == new:
            return
        lost, gained = witnesses(old, new)
        for values, is_lost in ((lost, True), (gained, False)):
            if values:
                words = "no longer" if is_lost else "now"
                rule = _rule("values", pair.direction, narrower=is_lost)
                self._add(rule, pair, f"{pair.subject} can {words} be {_shown(values[0])}")

    # Null and types

    def _null(self, pair: _Pair) -> None:
        old, new = can_be_null(pair.old), can_be_null(pair.new)
        if old == new or not (pair.old.types and pair.new.types):
            return
        rule = _rule("null", pair.direction, narrower=old)
        self._add(rule, pair, f"{pair.subject} can {'now' if new else 'no longer'} be null")

    def _default(self, pair: _Pair) -> None:
        if pair.direction == "request" and pair.old.default != pair.new.default:
            old, new = (
                "unspecified" if schema.default is MISSING else repr(schema.default) for schema in (pair.old, pair.new)
            )
            self._add("default-changed", pair, f"the default of {pair.subject} is now {new} (was {old})", "default")

    def _types(self, pair: _Pair) -> bool:
        """Record a change of type; return True if the two have a type in common, so that the rest can be compared."""
        old, new = types_of(pair.old), types_of(pair.new)
        if old == new or is_by_values(pair.old) != is_by_values(pair.new):
            return True
        wider, narrower = covers(new, old), covers(old, new)
        if wider and narrower:
            return True
        rule = _rule("type", pair.direction, narrower=narrower) if wider or narrower else "type-changed"
        self._add(rule, pair, f"the type of {pair.subject} is now {_worded(new)} (was {_worded(old)})", "type")
        return bool(old & new)

    # Values and limits

    def _enum(self, pair: _Pair) -> None:
        old, new = listed(pair.old), listed(pair.new)
        if old == new:
            return
        if old is None:
            removed, added = [f"can now only be {', '.join(map(repr, new or ()))}"], []
        elif new is None:
            removed, added = [], ["can now be any value"]
        else:
            only_old = [value for value in old if value not in new]
            only_new = [value for value in new if value not in old]
            removed = [f"can no longer be {', '.join(map(repr, only_old))}"] if only_old else []
            added = [f"can now also be {', '.join(map(repr, only_new))}"] if only_new else []
        for words, narrower in (*((words, True) for words in removed), *((words, False) for words in added)):
            rule = _rule("enum", pair.direction, narrower=narrower)
            self._add(rule, pair, f"{pair.subject} {words}", "enum")

    def _limits(self, pair: _Pair) -> None:
        if listed(pair.old) is not None or listed(pair.new) is not None:
            return  # values are listed
        for upper in (False, True):
            old, new = bound(pair.old, upper), bound(pair.new, upper)
            if old != new:
                name = (
                    ("maximum" if upper else "minimum")
                    if not (new if abs(new[0]) != inf else old)[1]
                    else ("exclusiveMaximum" if upper else "exclusiveMinimum")
                )
                self._limit(pair, name, narrower=(new < old) if upper else (new > old),
                            old=finite(old[0]), new=finite(new[0]))  # fmt: skip
        required, still = (self._required(side, schema, pair.direction) for side, schema in self._both(pair))
        for name, upper in COUNTS.items():
            was, now = (count(schema, name, len(required & still)) for schema in (pair.old, pair.new))
            if was != now:
                self._limit(pair, name, narrower=(now < was) if upper else (now > was),
                            old=finite(was), new=finite(now))  # fmt: skip
        was, now = step(pair.old), step(pair.new)
        if was != now:
            is_wider = now is None or (bool(now) and was is not None and divides(now, was))
            is_narrower = was is None or (bool(was) and now is not None and divides(was, now))
            narrower = not is_wider if pair.direction == "request" else is_narrower
            self._limit(pair, "multipleOf", narrower=narrower, old=was, new=now)
        unique, now = (schema.keywords.get("uniqueItems") is True for schema in (pair.old, pair.new))
        if unique != now:
            self._limit(pair, "uniqueItems", narrower=now, old=unique or None, new=now or None)

    def _limit(self, pair: _Pair, name: str, *, narrower: bool, old: object, new: object) -> None:
        rule = _rule("limit", pair.direction, narrower=narrower)
        now = f"now has {name} {_json(new)}" if new is not None else f"no longer has {name}"
        self._add(rule, pair, f"{pair.subject} {now} (was {'unlimited' if old is None else _json(old)})", name)

    def _format(self, pair: _Pair) -> None:
        old, new = (format_name(schema) for schema in (pair.old, pair.new))
        if old == new:
            return
        rows = [format_of(schema) for schema in (pair.old, pair.new)]
        kinds = {row.python if row is not None else None for row in rows}
        # What callers pass and read is text before and after, and only more is taken, or less returned.
        is_text = (old == "" or new == "") and kinds <= {str, None}
        is_relaxed = is_text and (new != "") == (pair.direction == "response")
        rule = "limit-relaxed" if is_relaxed else "format-changed"
        message = f"the format of {pair.subject} is now {new or 'unspecified'} (was {old or 'unspecified'})"
        self._add(rule, pair, message, "format")

    def _pattern(self, pair: _Pair) -> None:
        old, new = (schema.keywords.get("pattern") for schema in (pair.old, pair.new))
        if old == new or not can_be(pair.old, "string") or not can_be(pair.new, "string"):
            return
        message = f"the pattern of {pair.subject} is now {new or 'unspecified'} (was {old or 'unspecified'})"
        request = pair.direction == "request"
        lost = differing(old, new) if new is not None else None
        gained = differing(new, old) if old is not None else None
        breaking, words = (lost, "no longer") if request else (gained, "now")
        if breaking is not None:
            example = f": {_shown(breaking)} {words} matches" if breaking else ""
            self._add("pattern-changed" if request else "limit-widened", pair, message + example, "pattern")
        elif lost is not None or gained is not None:
            self._add("limit-relaxed", pair, message, "pattern")

    # Members

    def _members(self, pair: _Pair) -> Iterator[_Pair]:
        before, after = (self._properties(side, schema, pair.direction) for side, schema in self._both(pair))
        required, now = (self._required(side, schema, pair.direction) for side, schema in self._both(pair))
        for name, old in before.items():
            inner, new = pair.subject.inside(name), after.get(name)
            if new is None:
                self._removed(pair, inner, old)
                continue
            self._renamed(pair, inner, name, old, new)
            if (name in required) != (name in now):
                self._necessity(inner, pair.direction, (old.at, new.at), is_required=name in now)
            compare_property(self._changes, str(inner), old.at, new.at)
            yield _Pair(inner, old, new, pair.direction)
        for name, new in after.items():
            if name not in before:
                self._appeared(pair, name, new, is_needed=name in now - required)
        # Members that only alternatives describe are compared by values.
        for name in () if has_conditions(pair.old) or has_conditions(pair.new) else sorted(required ^ now):
            if name not in before and name not in after:
                inner = pair.subject.inside(name)
                self._necessity(inner, pair.direction, (pair.old.at, pair.new.at), is_required=name in now)
        is_named = any("propertyNames" in schema.keywords for schema in (pair.old, pair.new))
        if can_be(pair.old, "object") and can_be(pair.new, "object") and not is_named:
            yield from self._additional(pair)

    def _removed(self, pair: _Pair, inner: Subject, old: Schema) -> None:
        """Record that a property is no longer described."""
        record_removal(
            self._changes,
            "property",
            f"property {inner.path!r} was removed from {inner.owner}",
            old.at,
            new=pair.new.at,
        )

    def _renamed(self, pair: _Pair, inner: Subject, name: str, old: Schema, new: Schema) -> None:
        """Record that callers pass a member of the body by another name."""
        names = [snake(schema.client_name or name) for schema in (old, new)]
        if names[0] != names[1] and pair.direction == "request" and not pair.subject.path:
            message = f"{inner} is now passed as {names[1]!r} (was {names[0]!r})"
            self._changes.add("parameter-renamed", message, old.at, new.at)

    def _necessity(self, inner: Subject, direction: Direction, at: tuple[str, str], *, is_required: bool) -> None:
        """Record that a member is required now, or optional."""
        bad = is_required if direction == "request" else not is_required
        rule = "property-required" if direction == "request" else "property-absent"
        message = f"{inner} is now {'required' if is_required else 'optional'}"
        self._changes.add(rule if bad else "property-relaxed", message, at[0] or None, at[1] or None)

    def _appeared(self, pair: _Pair, name: str, new: Schema, *, is_needed: bool) -> None:
        """Record that a property is described now: one that has to be passed, or that an object did not have."""
        rule = "property-added"
        if pair.direction == "request" and is_needed:
            rule = "property-required" if self._after.plain(new).default is MISSING else "property-defaulted"
        elif pair.direction == "response" and openness(self._before, pair.old.additional) == 0:
            rule = "object-opened"
        needed = "required " * (pair.direction == "request" and is_needed)
        message = f"{needed}property {pair.subject.inside(name).path!r} was added to {pair.subject.owner}"
        words = {"property-defaulted": ", with a default", "object-opened": ", which had no others"}
        self._changes.add(rule, message + words.get(rule, ""), pair.old.at, new.at)

    def _both(self, pair: _Pair) -> tuple[tuple[Side, Schema], tuple[Side, Schema]]:
        return (self._before, pair.old), (self._after, pair.new)

    def _additional(self, pair: _Pair) -> Iterator[_Pair]:
        """Compare what an object may have beside its properties."""
        first, second = (openness(side, schema.additional) for side, schema in self._both(pair))
        if first == second:
            old, new = pair.old.additional, pair.new.additional
            if isinstance(old, Schema) and isinstance(new, Schema):
                yield _Pair(pair.subject.inside("*"), old, new, pair.direction)
            return
        rule = _rule("object", pair.direction, narrower=second < first)
        words = {0: "no members", 1: "members of one kind", 2: "any members"}
        message = f"{pair.subject} can now have {words[second]} beside its properties (had {words[first]})"
        self._add(rule, pair, message, "additionalProperties")

    def _properties(self, side: Side, schema: Schema, direction: Direction) -> dict[str, Schema]:
        """The members that travel in a direction."""
        properties: dict[str, Schema] = {}
        for name, member in schema.properties.items():
            plain = side.plain(member)
            if not (plain.read_only if direction == "request" else plain.write_only) and not is_never(plain):
                properties[name] = member
        return properties

    def _required(self, side: Side, schema: Schema, direction: Direction) -> frozenset[str]:
        """The members that a value has to have in a direction."""
        properties = self._properties(side, schema, direction) if schema.required else {}
        return frozenset(name for name in schema.required if name in properties or name not in schema.properties)

    def _add(self, rule: str, pair: _Pair, message: str, member: str = "") -> None:
        old, new = (f"{schema.at}/{member}" if member else schema.at for schema in (pair.old, pair.new))
        self._changes.add(rule, message, old, new)


_NAMES = {"object": ("closed", "opened"), "null": ("refused", "comes")}
"""How rules are named that are not ``narrowed`` and ``widened``."""


def _rule(kind: str, direction: Direction, *, narrower: bool) -> str:
    """The rule of a change by which fewer values are allowed, or more: one that breaks callers where fewer may be sent
    or more may come, else one that only relaxes."""
    narrowed, widened = _NAMES.get(kind, ("narrowed", "widened"))
    if narrower == (direction == "request"):
        return f"{kind}-{narrowed if narrower else widened}"
    return f"{kind}-relaxed"


def _worded(types: frozenset[str]) -> str:
    return " or ".join(sorted(types)) or "unspecified"


def _json(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, default=str)


def _shown(value: object) -> str:
    """A value as JSON, cut to 80 characters."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else f"{text[:79]}…"
