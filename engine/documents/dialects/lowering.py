"""What every dialect needs to lower a node: typed access with positions, and the place where extensions join."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from msgspec import Struct, field

from openconnectors.engine.deferred import pattern
from openconnectors.engine.documents.document import Document
from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.documents.references import References
from openconnectors.engine.errors import Diagnostic, InvalidDocument
from openconnectors.engine.model import Paths, Schema

Node = TypeVar("Node")
EMPTY: Mapping[str, Any] = {}


class Extend(Protocol):
    """Gives a lowered node what its ``x-*`` members say."""

    def __call__(self, kind: str, node: Node, members: Mapping[str, Any], at: Site) -> Node: ...


class Site(Struct, frozen=True):
    """Where a node is, and how a schema written inside it is lowered."""

    document: Document
    pointer: str
    schema: Callable[[Any, str], Schema]

    def refuse(self, rule: str, message: str, step: str = "") -> InvalidDocument:
        """The error for this node (or for its member ``step``)."""
        return self.document.refuse(rule, message, self.pointer + (f"/{step}" if step else ""))


class Source(Struct, dict=True):
    """The document that is lowered, as the modules of a dialect share it: its root, its references, the extensions,
    and what was found of the parts that every operation shares."""

    document: Document
    extend: Extend
    findings: list[Diagnostic] = field(default_factory=list)
    _remarks: dict[tuple[str, str, str], None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.root: Mapping[str, Any] = self.document.root
        self.references = References(self.document)

    def note(self, rule: str, message: str, pointer: str, *, key: bool = False) -> None:
        """Record a warning at a node, or at its key."""
        self.findings.append(self.document.diagnostic(rule, message, pointer, severity="warning", key=key))

    def remark(self, rule: str, message: str, pointer: str) -> None:
        """Record a warning at the key of a node that is lowered when it is used. Its line is looked up if somebody
        reads it."""
        self._remarks[rule, message, pointer] = None

    def remarks(self) -> tuple[Diagnostic, ...]:
        """The remarks about what was lowered so far."""
        return tuple(
            self.document.diagnostic(rule, message, pointer, severity="warning", key=True)
            for rule, message, pointer in self._remarks
        )

    def refuse(self, message: str, pointer: str, rule: str = "structure") -> InvalidDocument:
        """The error for a node that cannot be used."""
        return self.document.refuse(rule, message, pointer)

    def mapping(self, value: object, pointer: str, what: str) -> Mapping[str, Any]:
        """The value as a mapping; null and absence are an empty one, anything else is refused."""
        if value is None:
            return EMPTY
        if not isinstance(value, (dict, Mapping)):
            raise self.refuse(f"{what} must be a mapping, not {type(value).__name__}", pointer)
        return value

    def sequence(self, value: object, pointer: str, what: str) -> list[Any]:
        """The value as a list; null and absence are an empty one, anything else is refused."""
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.refuse(f"{what} must be a list, not {type(value).__name__}", pointer)
        return value

    def root_mapping(self, name: str) -> Mapping[str, Any]:
        """A member of the root; if it is not a mapping, an error is recorded and it counts as empty, so that only
        what needs it is refused."""
        try:
            return self.mapping(self.root.get(name), f"/{name}", name)
        except InvalidDocument as error:
            self.findings += error.diagnostics
            return EMPTY

    def root_members(self, name: str) -> dict[str, Any]:
        """The members of a mapping of the root, by pointer."""
        return {f"/{name}/{escape(member)}": raw for member, raw in self.root_mapping(name).items()}

    def paths(self, site: Site) -> Mapping[str, str]:
        """Every path with the pointer of its item, those that extensions add included."""
        paths = self.mapping(self.root.get("paths"), "/paths", "paths")
        declared = Paths(items={path: f"/paths/{escape(path)}" for path in paths if not path.startswith("x-")})
        try:
            return self.extend("paths", declared, extensions(self.root), site).items
        except InvalidDocument as error:
            self.findings += error.diagnostics
            return declared.items

    def components(self, name: str) -> Mapping[str, Any]:
        """A mapping of the components ("Components Object"); empty, with an error recorded, if it is none."""
        try:
            components = self.root_mapping("components")
            return self.mapping(components.get(name), f"/components/{name}", f"components/{name}")
        except InvalidDocument as error:
            self.findings += error.diagnostics
            return EMPTY

    def reference(self, raw: Mapping[str, Any], at: str) -> str | None:
        """The pointer of what a node refers to in the end; None if it is not a reference."""
        reference = raw.get("$ref")
        if reference is None and "$ref" not in raw:
            return None
        if not isinstance(reference, str):
            raise self.refuse(f"$ref must be text, not {type(reference).__name__}", f"{at}/$ref")
        return self.references.end(reference, at)

    def resolve(self, raw: object, at: str, what: str) -> tuple[Mapping[str, Any], str]:
        """A node, or what it refers to in the end, and the pointer of that."""
        node = self.mapping(raw, at, what)
        reference = self.reference(node, at)
        if reference is None:
            return node, at
        return self.mapping(self.document.get(reference), reference, what), reference


COLLECTION_FORMATS: Mapping[object, tuple[str, bool]] = {
    "csv": ("form", False),
    "ssv": ("spaceDelimited", False),
    "tsv": ("tabDelimited", False),
    "pipes": ("pipeDelimited", False),
    "multi": ("form", True),
}
"""Style and ``explode`` of Swagger 2.0's words for them ("Parameter Object", ``collectionFormat``)."""


def extensions(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The ``x-*`` members of a node (Swagger 2.0, "Specification Extensions")."""
    return {name: value for name, value in raw.items() if name[:2] == "x-"}


def tag_names(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """The tags of an operation. They are documentation: what is not a list of texts is none."""
    listed = raw.get("tags")
    return tuple(name for name in listed if isinstance(name, str)) if isinstance(listed, list) else ()


def text(value: object) -> str:
    """The value as text; null and absence are empty."""
    return "" if value is None else str(value).strip()


def trimmed(value: Any) -> Any:
    """A text, or the texts of a list, without the blanks around it: they are no part of a header field's value (RFC
    9110 section 5.5)."""
    if isinstance(value, list):
        return [trimmed(item) for item in value]
    return value.strip() if isinstance(value, str) else value


def truth(value: object) -> bool:
    """A boolean, also as the text that published documents carry (``"true"``)."""
    return value is True or (isinstance(value, str) and value.strip().lower() == "true")


_INTEGER = pattern(r"-?(0|[1-9][0-9]{0,17})\Z")
_NUMBER = pattern(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]{1,3})?\Z")


def typed(value: Any, types: tuple[str, ...]) -> Any:
    """A default or a value of an enum as its type has it, if a document spells it as text (``"true"``), or a text
    as a number; what is not clear stays as it is, for the schema to refuse."""
    if len(types) != 1:
        return value
    kind = types[0]
    if kind == "string" and isinstance(value, (bool, int, float)):
        return json.dumps(value)
    if not isinstance(value, str):
        return value
    written = value.strip()
    if kind == "boolean" and written.lower() in ("true", "false"):
        return written.lower() == "true"
    if kind == "integer" and _INTEGER.match(written):
        return int(written)
    if kind == "number" and _NUMBER.match(written):
        return int(written) if _INTEGER.match(written) else float(written)
    return value
