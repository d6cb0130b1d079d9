"""Queries of rule sets: JSONPath in the dialect that Spectral's rule sets are written in.

RFC 9535, which ``jsonpath-rfc9535`` reads, has another grammar: names in brackets need quotes there, filters know
neither keys nor regular expressions, and there are no keys (``~``) and parents (``^``) among the results. So its
library, which reads the queries of overlays, cannot read these. What is written in both dialects means the same here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from openconnectors.engine.deferred import pattern
from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.lint.rulesets.expressions import Expression, Unreadable, parse, truth, unquoted
from openconnectors.engine.lint.rulesets.places import Place, Walker

Step = Callable[[Place, Walker], Iterable[Place]]
"""The places that one step of a query selects, from a place."""

_NAME = pattern(r"[^\s.\[\]~^()'\"*]+")
_SLICE = pattern(r"\s*(-?\d*)\s*:\s*(-?\d*)\s*(?::\s*(-?\d*)\s*)?\Z")
_INDEX = pattern(r"-?\d+\Z")


class Query:
    """A compiled query."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._steps = list(_steps(text))

    def select(self, root: Place, walker: Walker) -> Iterator[Place]:
        """The places that the query selects, from a root, each once."""
        places: Iterable[Place] = [root]
        for step in self._steps:
            places = _each(step, places, walker)
        passed: set[tuple[str, bool]] = set()
        for place in places:
            if (place.pointer, place.key) not in passed:
                passed.add((place.pointer, place.key))
                yield place


def _each(step: Step, places: Iterable[Place], walker: Walker) -> Iterator[Place]:
    for place in places:
        yield from step(place, walker)


@lru_cache(maxsize=1_000)
def query(text: str) -> Query:
    """The query of a text; ``Unreadable`` says what is wrong with it."""
    return Query(text)


def _steps(text: str) -> Iterator[Step]:
    if not text.startswith("$"):
        raise Unreadable(f"a query begins with $, not as {text!r}")
    at = 1
    while at < len(text):
        if text.startswith("..", at):
            yield lambda place, walker: walker.descendants(place)
            at += 2
        elif text[at] == ".":
            at += 1
        elif text[at] in "~^":
            yield _key if text[at] == "~" else _parent
            at += 1
            continue
        elif text[at] != "[":
            raise Unreadable(f"{text[at:]!r} cannot be read in the query {text!r}")
        if text.startswith("[", at):
            end = _closing(text, at)
            yield _bracketed(text[at + 1 : end].strip(), text)
            at = end + 1
        elif text.startswith("*", at):
            yield _all
            at += 1
        elif match := _NAME.match(text, at):
            yield _named(match[0])
            at = match.end()
        else:
            raise Unreadable(f"a name is expected at {text[at:]!r} in the query {text!r}")


def _closing(text: str, at: int) -> int:
    """Where the bracket that opens at a place is closed: brackets in quotes and in patterns do not count."""
    depth, quote, position = 0, "", at
    while position < len(text):
        character = text[position]
        if character == "\\":
            position += 1
        elif quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character == "[":
            depth += 1
        elif character == "]":
            depth -= 1
            if depth == 0:
                return position
        position += 1
    raise Unreadable(f"a bracket is not closed in the query {text!r}")


def _bracketed(inner: str, text: str) -> Step:
    if inner == "*":
        return _all
    if inner.startswith("?"):
        return _filtered(parse(inner[1:]))
    if inner.startswith("("):
        return _computed(parse(inner))
    if match := _SLICE.match(inner):
        return _sliced(slice(*(int(part) if part else None for part in match.groups(default=""))))
    names = list(_listed(inner, text))
    if len(names) == 1:
        return _indexed(int(names[0])) if _INDEX.match(names[0]) else _named(names[0])
    steps = [_indexed(int(name)) if _INDEX.match(name) else _named(name) for name in names]
    return lambda place, walker: (selected for step in steps for selected in step(place, walker))


def _listed(inner: str, text: str) -> Iterator[str]:
    """The names in a bracket, with quotes or without."""
    at = 0
    for match in re.finditer(r"\s*(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[^,'\"]+?)\s*(?:,|\Z)", inner):
        if match.start() != at:
            break
        at = match.end()
        yield unquoted(match[1]) if match[1][0] in "\"'" else match[1]
    if at != len(inner) or not inner:
        raise Unreadable(f"[{inner}] cannot be read in the query {text!r}")


def _all(place: Place, walker: Walker) -> Iterable[Place]:
    return walker.children(place)


def _key(place: Place, walker: Walker) -> Iterable[Place]:
    if place.name is not None and place.above is not None:
        at = f"{place.above.pointer}/{escape(place.name)}"
        yield Place(place.name, at, place.name, place.above, key=True)


def _parent(place: Place, walker: Walker) -> Iterable[Place]:
    if place.above is not None:
        yield place.above


def _named(name: str) -> Step:
    def step(place: Place, walker: Walker) -> Iterator[Place]:
        child = walker.child(place, name)
        if child is not None:
            yield child

    return step


def _indexed(index: int) -> Step:
    def step(place: Place, walker: Walker) -> Iterator[Place]:
        at = index + len(place.value) if index < 0 and isinstance(place.value, list) else index
        child = walker.child(place, at)
        if child is not None:
            yield child

    return step


def _sliced(part: slice) -> Step:
    def step(place: Place, walker: Walker) -> Iterator[Place]:
        if isinstance(place.value, list):
            for index in range(len(place.value))[part]:
                yield from _indexed(index)(place, walker)

    return step


def _filtered(expression: Expression) -> Step:
    return lambda place, walker: (child for child in walker.children(place) if truth(expression(child)))


def _computed(expression: Expression) -> Step:
    def step(place: Place, walker: Walker) -> Iterator[Place]:
        name = expression(place)
        child = walker.child(place, name) if isinstance(name, (str, int)) else None
        if child is not None:
            yield child

    return step
