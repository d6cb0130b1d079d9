"""What every dialect needs to lower a node: typed access with positions, and the place where
extensions join."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from openconnectors.engine.documents.document import Document
from openconnectors.engine.errors import Diagnostic, InvalidDocument
from openconnectors.engine.model import Schema

Node = TypeVar("Node")
EMPTY: Mapping[str, Any] = {}
UNUSABLE = "server-unusable"
"""The rule of a finding that says why a document's server cannot be used, so that the operator has to name one."""


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


class References:
    """Where the references of one document lead in the end. Each node on the way is passed once, so that chains of
    any length take time in proportion to it."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._ends: dict[str, str] = {}
        self._circular: set[str] = set()
        self._faults: dict[str, tuple[Diagnostic, ...]] = {}

    def end(self, reference: str, at: str) -> str:
        """The pointer of the node that the reference at a holder means, through others.

        ``InvalidDocument`` for one that points nowhere, out of the document, only at further
        references, or at what can be no schema, parameter or answer.
        """
        document = self._document
        passed: dict[str, None] = {}
        pointer = document.target(reference, at)
        try:
            while pointer not in self._ends:
                if pointer in self._faults:
                    raise InvalidDocument(self._faults[pointer])
                if pointer in passed or pointer in self._circular or pointer == at:
                    self._circular |= passed.keys()
                    said = f"the reference {reference!r} leads only to references that come back to it"
                    raise document.refuse("reference-circular", said, f"{at}/$ref")
                node = document.get(pointer)
                if not isinstance(node, Mapping):
                    said = f"the reference {reference!r} points to {kind_of(node)}"
                    raise document.refuse("reference-kind", said, f"{at}/$ref")
                if not isinstance(node.get("$ref"), str):
                    self._ends[pointer] = pointer
                    break
                passed[pointer] = None
                pointer = document.target(node["$ref"], pointer)
        except InvalidDocument as error:
            if not self._circular >= passed.keys():
                self._faults |= dict.fromkeys(passed, error.diagnostics)
            raise
        end = self._ends[pointer]
        self._ends |= dict.fromkeys(passed, end)
        return end


def kind_of(value: Any) -> str:
    """What a node is that should be another: ``a list``, ``empty``."""
    return "empty" if value is None else f"a {type(value).__name__}"


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
