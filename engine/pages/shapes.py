"""Types and members of schemas, as a page shows them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from openconnectors.engine.client.description import ref_name, type_name
from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.model import MISSING, Schema, Service
from openconnectors.engine.naming import unique
from openconnectors.engine.pages.records import NOTHING, Definition, Member, Type
from openconnectors.engine.streams import is_bytes
from openconnectors.engine.values.body import Compiler

_LEVELS = 4
"""Levels of objects without a definition whose members are rows."""
_ROWS = 200
"""Rows of one value without a definition: some documents repeat a whole service in each response."""
_SHOWN = 50
"""Values of an enumeration that are shown."""
_BOUNDS: Mapping[str, str] = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "above {}",
    "exclusiveMaximum": "below {}",
    "multipleOf": "a multiple of {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "pattern": "pattern {}",
    "const": "always {}",
}
"""Keywords of JSON Schema 2020-12 that bound a value, in words."""


class Shapes:
    """The types of one service. Definitions have anchors, in the order of the document."""

    def __init__(self, compiler: Compiler) -> None:
        self._compiler = compiler
        self._service: Service = compiler.service
        self._anchors: dict[str, str] = {}
        taken: set[str] = set()
        for ref in self._service.schemas:
            anchor = self._anchors[ref] = unique(f"definition-{slug(ref_name(ref))}", taken)
            taken.add(anchor)

    def definitions(self) -> Iterator[Definition]:
        """The definitions that can be read."""
        for ref, anchor in self._anchors.items():
            try:
                schema = self._service.schemas[ref]
                # Members as they are declared: those of the schemas that it extends are theirs.
                own_members = schema.properties or self._contract(schema).properties
                members = tuple(
                    self._member(name, name, member, name in schema.required) for name, member in own_members.items()
                )
                kind = NOTHING if members else self.type(schema)
                allowed = self.allowed(schema)
            except ConnectorError:
                continue
            yield Definition(
                anchor=anchor,
                name=ref_name(ref),
                type=kind,
                description=schema.description,
                members=members,
                allowed=allowed,
            )

    def type(self, schema: Schema | None, levels: int = _LEVELS) -> Type:
        """The type of a schema."""
        if schema is None:
            return NOTHING
        name = type_name(schema)
        if schema.ref is not None:
            return Type(name, self._anchors.get(schema.ref, ""), nullable=schema.nullable)
        contract = self._contract(schema)
        name = name or type_name(contract)
        items = self.type(contract.items, levels - 1) if contract.items is not None and levels else None
        return Type(name, "", contract.format or "", items if items != NOTHING else None, schema.nullable)

    def members(self, schema: Schema | None) -> tuple[Member, ...]:
        """The members of a value that has no definition to look at, those of the objects inside it, too."""
        rows: list[Member] = []
        if schema is not None:
            for member in self._members(schema, "", _LEVELS):
                rows.append(member)
                if len(rows) == _ROWS:
                    break
        return tuple(rows)

    def _members(self, schema: Schema, path: str, levels: int) -> Iterator[Member]:
        if schema.ref is not None or not levels:
            return
        contract = self._contract(schema)
        if contract.items is not None:
            yield from self._members(contract.items, f"{path}[]" if path else "[]", levels - 1)
        for name, member in contract.properties.items():
            place = f"{path}.{name}" if path else name
            yield self._member(name, place, member, name in contract.required)
            yield from self._members(member, place, levels - 1)

    def _member(self, name: str, place: str, schema: Schema, required: bool) -> Member:
        contract = self._contract(schema)
        return Member(
            name=place,
            type=self.type(schema),
            required=required,
            title=schema.title if schema.title != name else "",
            description=schema.description,
            default=None if contract.default is MISSING else text(contract.default),
            allowed=self.allowed(schema) if schema.ref is None else (),
            notes=self.notes(schema) if schema.ref is None else (),
        )

    def allowed(self, schema: Schema) -> tuple[str, ...]:
        """The values of an enumeration, or of the items of a list."""
        contract = self._contract(schema)
        if contract.enum is None and contract.items is not None and contract.items.ref is None:
            contract = self._contract(contract.items)
        values = contract.enum or ()
        return (*map(text, values[:_SHOWN]), *(["…"] if len(values) > _SHOWN else []))

    def notes(self, schema: Schema) -> tuple[str, ...]:
        """What else bounds a value, in words."""
        contract = self._contract(schema)
        notes = [
            words.format(text(contract.keywords[name])) for name, words in _BOUNDS.items() if _bounds(contract, name)
        ]
        flags = {"read only": contract.read_only, "write only": contract.write_only, "may be null": contract.nullable}
        return (*notes, *(words for words, applies in flags.items() if applies))

    def _contract(self, schema: Schema) -> Schema:
        return self._compiler.contract.resolve(schema)


def _bounds(schema: Schema, name: str) -> bool:
    """Whether a keyword has a value that bounds: published documents write some that do not."""
    value = schema.keywords.get(name, MISSING)
    return value is not MISSING and not isinstance(value, (bool, Schema)) and not (name == "minLength" and value == 0)


def slug(name: str) -> str:
    """A name as a part of an anchor."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-") or "unnamed"


def anchors(prefix: str, names: Iterable[str]) -> dict[str, str]:
    """An anchor for each name."""
    result: dict[str, str] = {}
    for name in names:
        result[name] = unique(f"{prefix}-{slug(name)}", result.values())
    return result


def text(value: Any) -> str:
    """Plain data as a cell of a table has it: a text as it is, else as JSON."""
    if isinstance(value, str):
        return value
    if is_bytes(value):
        return "bytes"
    return json.dumps(value, ensure_ascii=False, default=str)
