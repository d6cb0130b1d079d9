"""What a rule of a rule set judges: a value, and what surrounds it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from msgspec import Struct

from openconnectors.engine.deferred import pattern
from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.lint.rules import Context
from openconnectors.engine.lint.rulesets.places import UNDEFINED, Place, Walker
from openconnectors.engine.lint.rulesets.queries import query


class Fault(Struct, frozen=True):
    """What is wrong with a value, and the steps to the place inside it."""

    message: str
    steps: Sequence[str | int] = ()


class Target(Struct, frozen=True, eq=False):
    """The value that a rule judges: that of ``place``, or of what the steps lead to from there, if it is missing."""

    value: Any
    place: Place
    steps: Sequence[str | int]
    walker: Walker
    context: Context

    @property
    def label(self) -> str:
        """What messages call the value: the last step to it."""
        name = self.steps[-1] if self.steps else self.place.name
        return "the value" if name is None else f"'{name}'" if isinstance(name, str) else f"item {name}"

    @property
    def version(self) -> str:
        """The version of the specification that the document is of."""
        return self.context.tree.version[:3]

    def whole(self) -> Any:
        """The value with the references in it followed."""
        place, left = self.reach(())
        return self.value if left or place.key else self.walker.whole(place)

    def reach(self, steps: Sequence[str | int]) -> tuple[Place, Sequence[str | int]]:
        """The place as far as the steps to a part of the value lead, and the steps to what is missing there."""
        place, left = self.place, (*self.steps, *steps)
        while left and not place.key:
            child = self.walker.child(place, left[0])
            if child is None:
                break
            place, left = child, left[1:]
        return place, left

    def is_referenced(self, holder: str, name: str) -> bool:
        """Whether a reference leads to a component, or into it, from anywhere in the document."""
        return f"{holder}/{escape(name)}" in self.context.once(_referenced)


def _referenced(context: Context) -> frozenset[str]:
    """The pointers that references of a document lead to from elsewhere, and those of what these are in."""
    walker = Walker(context, resolved=False)
    targets: set[str] = set()
    for place in walker.descendants(walker.root()):
        reference = place.value.get("$ref") if isinstance(place.value, dict) else None
        if isinstance(reference, str):
            target = context.tree.target(reference, place.pointer) or ""
            while target and not f"{place.pointer}/".startswith(f"{target}/"):
                targets.add(target)
                target = target.rpartition("/")[0]
    return frozenset(targets)


Judge = Callable[[Target], Iterator[Fault]]
"""Yields what is wrong with a value."""

KEY = "@key"
"""The field of a rule that judges the keys of a mapping."""
_QUERY = pattern(r"\$(\Z|[.\[])")
_STEP = pattern(r"\[(?:\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'|(\d+))\]|[^.\[\]]+")


def is_query(field: str) -> bool:
    """Whether a field is a query from the place: ``$ref`` is the name of a member."""
    return _QUERY.match(field) is not None


def steps_of(field: str) -> list[str | int]:
    """The steps that a field with dots and brackets names: ``info.contact``, ``servers[0].url``."""
    steps: list[str | int] = []
    for match in _STEP.finditer(field):
        double, single, index = match.groups()
        text = double if double is not None else single
        steps.append(int(index) if index is not None else match[0] if text is None else re.sub(r"\\(.)", r"\1", text))
    return steps


def targets(place: Place, field: str | None, walker: Walker, context: Context) -> Iterator[Target]:
    """The values that a field of a rule names at a place; the value itself without a field, or if it has no members."""
    if field is None or not place.is_collection:
        yield Target(place.value, place, (), walker, context)
    elif field == KEY:
        for child in walker.children(place):
            at = f"{place.pointer}/{escape(child.name if child.name is not None else '')}"
            yield Target(str(child.name), Place(str(child.name), at, child.name, place, key=True), (), walker, context)
    elif is_query(field):
        beginning = Place(place.value, place.pointer)
        selected = list(query(field).select(beginning, walker))
        for each in selected:
            yield Target(each.value, each, (), walker, context)
        if not selected:
            yield Target(UNDEFINED, place, (), walker, context)
    else:
        steps = [field] if isinstance(place.value, dict) and field in place.value else steps_of(field)
        target = Target(UNDEFINED, place, steps, walker, context)
        reached, left = target.reach(())
        yield target if left else Target(reached.value, reached, (), walker, context)
