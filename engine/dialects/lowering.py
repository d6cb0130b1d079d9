"""What every dialect needs to lower a node: typed access with positions, and the place where
extensions join."""

from __future__ import annotations

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
