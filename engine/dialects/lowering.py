"""What every dialect needs to lower a node: typed access with positions, and the place where
extensions join."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from engine.document import Document
from engine.errors import InvalidDocument
from engine.model import Schema

Node = TypeVar("Node")
EMPTY: Mapping[str, Any] = {}


class Extend(Protocol):
    """Gives a lowered node what its ``x-*`` members say."""

    def __call__(self, kind: str, node: Node, members: Mapping[str, Any], at: Site) -> Node: ...


@dataclass(frozen=True, slots=True)
class Site:
    """Where a node stands, and how a schema written inside it is lowered."""

    document: Document
    pointer: str
    schema: Callable[[Any, str], Schema]

    def refuse(self, rule: str, message: str, step: str = "") -> InvalidDocument:
        """The error for this node (or for its member ``step``)."""
        return self.document.refuse(rule, message, self.pointer + (f"/{step}" if step else ""))


def extensions(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The ``x-*`` members of a node (Swagger 2.0, "Specification Extensions")."""
    return {name: value for name, value in raw.items() if name.startswith("x-")}


def mapping(document: Document, value: Any, pointer: str, what: str) -> Mapping[str, Any]:
    """The value as a mapping; null and absence are an empty one, anything else is refused."""
    if value is None:
        return EMPTY
    if not isinstance(value, Mapping):
        raise document.refuse("structure", f"{what} must be a mapping, not {type(value).__name__}", pointer)
    return value


def sequence(document: Document, value: Any, pointer: str, what: str) -> list[Any]:
    """The value as a list; null and absence are an empty one, anything else is refused."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise document.refuse("structure", f"{what} must be a list, not {type(value).__name__}", pointer)
    return value


def text(value: Any) -> str:
    """The value as text; null and absence are empty."""
    return "" if value is None else str(value).strip()


def truth(value: Any) -> bool:
    """A boolean, also as the text that published documents carry (``"true"``)."""
    return value is True or (isinstance(value, str) and value.strip().lower() == "true")


_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})\Z")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]{1,3})?\Z")


def typed(value: Any, kinds: tuple[str, ...]) -> Any:
    """A default or a value of an enum as its type has it, where a document spells it as text (``"true"``), or a text
    as a number; what cannot be told stays as it is, for the schema to refuse."""
    if len(kinds) != 1:
        return value
    kind = kinds[0]
    if kind == "string" and isinstance(value, (bool, int, float)):
        return json.dumps(value)
    if not isinstance(value, str):
        return value
    given = value.strip()
    if kind == "boolean" and given.lower() in ("true", "false"):
        return given.lower() == "true"
    if kind == "integer" and _INTEGER.match(given):
        return int(given)
    if kind == "number" and _NUMBER.match(given):
        return int(given) if _INTEGER.match(given) else float(given)
    return value
