"""What the value of an extension may be: its type, the texts that it may be, its members, its items.

JSON Schema would say the same; this says it in our words, at the place, with what was probably meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.errors import closest
from openconnectors.engine.lint.rules import Edit, Finding

ANOTHER_CASE = "extension-case"
"""The rule of a text that only differs in case from the right one, where some readers do not mind."""


class Shape(Struct, frozen=True):
    """``kind`` is a row of ``KINDS``. ``choices`` are the texts that are allowed; ``any_case``: some readers do not
    mind their case. ``least`` is the smallest number. ``members`` are those of a mapping, ``required`` those that it
    must have; ``items`` is what each item of a list is. None is right if ``nullable``."""

    kind: str
    choices: tuple[str, ...] = ()
    any_case: bool = False
    nullable: bool = False
    least: int | None = None
    members: Mapping[str, Shape] = {}
    required: tuple[str, ...] = ()
    items: Shape | None = None


KINDS: Mapping[str, tuple[str, Callable[[object], bool]]] = {
    "text": ("a string", lambda value: isinstance(value, str)),
    "flag": ("true or false", lambda value: isinstance(value, bool)),
    "integer": ("an integer", lambda value: isinstance(value, int) and not isinstance(value, bool)),
    "mapping": ("an object", lambda value: isinstance(value, Mapping)),
    "list": ("a list", lambda value: isinstance(value, list)),
    "any": ("any value", lambda value: True),
}
"""The kinds of values: what they are called, and which values are of each."""


def faults(name: str, value: object, shape: Shape, pointer: str) -> Iterator[Finding]:
    """What is wrong with a value: its type, its text, a member that it must have. ``name`` is what it is called."""
    if value is None and shape.nullable:
        return
    words, is_kind = KINDS[shape.kind]
    if not is_kind(value):
        yield Finding(pointer, f"{name} is {_shown(value)}; write {words}")
    elif isinstance(value, str):
        yield from _choice(name, value, shape, pointer)
    elif isinstance(value, Mapping):
        for member in shape.required:
            if member not in value:
                yield Finding(pointer, f"{name} has no {member!r}", key=True)
        for member, inner in shape.members.items():
            if member in value:
                yield from faults(member, value[member], inner, f"{pointer}/{escape(member)}")
    elif isinstance(value, list) and shape.items is not None:
        for index, item in enumerate(value):
            yield from faults(f"an item of {name}", item, shape.items, f"{pointer}/{index}")
    elif shape.least is not None and isinstance(value, int) and value < shape.least:
        yield Finding(pointer, f"{name} is {value}; write {shape.least} or more")


def _choice(name: str, value: str, shape: Shape, pointer: str) -> Iterator[Finding]:
    if not shape.choices or value in shape.choices:
        return
    suggestion = closest(value, filter(None, shape.choices))
    edit = Edit("replace", pointer, suggestion) if suggestion is not None else None
    message = f"{value!r} is not a valid {name}; expected {', '.join(filter(None, shape.choices))}"
    rule = ANOTHER_CASE if shape.any_case and value.lower() in map(str.lower, shape.choices) else ""
    yield Finding(pointer, message, suggestion=suggestion, edit=edit, rule=rule)


def unknown_members(value: object, shape: Shape, pointer: str) -> Iterator[tuple[str, str, Mapping[str, Shape]]]:
    """The members of a value, at any depth, that its shape does not have: pointer, name, those that are known there."""
    if isinstance(value, Mapping) and shape.members:
        for member, inner in value.items():
            at = f"{pointer}/{escape(member)}"
            if member not in shape.members:
                yield at, member, shape.members
            else:
                yield from unknown_members(inner, shape.members[member], at)
    elif isinstance(value, list) and shape.items is not None:
        for index, item in enumerate(value):
            yield from unknown_members(item, shape.items, f"{pointer}/{index}")


def _shown(value: object) -> str:
    if isinstance(value, str):
        return f"the string {value!r}"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return "an object" if isinstance(value, Mapping) else "a list" if isinstance(value, list) else f"the number {value}"
