"""Schemas as Python types: a ``TypedDict`` for each object, ``Literal`` for an enumeration.

Rule 1. What is sent has another type than what is received: a caller may give a date or its text, leaves out
members that are not required, and has no members that are read-only. Of what is received every member is there: few
documents say which are, and a checker would refuse to read the others.

Rule 2. What a type cannot say is ``Any``: schemas that the service gives, objects with further members, numbers in an
enumeration.
"""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Iterable, Mapping
from decimal import Decimal

from openconnectors.engine.model import Schema
from openconnectors.engine.stubs.names import IMPORTS, Names
from openconnectors.engine.stubs.texts import docstring, union
from openconnectors.engine.values.body import Compiler
from openconnectors.engine.values.formats import Format, format_of

_PLAIN: Mapping[str, str] = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
_ALIASED = 40
"""Characters from which on a definition that is not an object has a name."""
_NOT_TEXT = frozenset({"object", "array", "integer", "number", "boolean"})


class Types:
    """The types of one module, and the classes that they need."""

    def __init__(self, compiler: Compiler, names: Names) -> None:
        self._service = compiler.service
        self._resolved = compiler.contract
        self._names = names
        self._known: dict[tuple[int, bool], str] = {}
        self._classes: dict[tuple[str, tuple[str, ...], bool], str] = {}
        self._written: list[list[str]] = []

    def lines(self) -> list[str]:
        """The classes and aliases."""
        return [line for text in self._written for line in ["", *text]]

    def __len__(self) -> int:
        return len(self._written)

    def received(self, schema: Schema, name: str) -> str:
        """The type of values that come from the service; a class of an object without a name has this one."""
        return self._of(schema, name, sent=False)

    def sent(self, schema: Schema, name: str) -> str:
        """The type of values that a caller may give."""
        return self._of(schema, name, sent=True)

    def _of(self, schema: Schema, name: str, sent: bool) -> str:
        contract = self._resolved.resolve(schema)
        if schema.dynamic is not None or contract.dynamic is not None:
            return self._names.of("Any")
        key = (id(contract), sent)
        if key not in self._known:
            self._known[key] = self._names.of("Any")  # within itself, but for objects: an alias cannot be recursive
            ref = _name_of(schema)
            text = self._new(contract, key, ref or name)
            if ref is not None and len(text) > _ALIASED:
                alias = self._names.new(f"{ref}_input" if sent else ref)
                self._written.append([f"{alias}: {self._names.of('TypeAlias')} = {text}"])
                text = alias
            self._known[key] = text
        text = self._known[key]
        nullable = (schema.nullable or contract.nullable) and text != self._names.of("Any")
        return union([text, "None"]) if nullable and not text.endswith("None") else text

    def _new(self, contract: Schema, key: tuple[int, bool], name: str) -> str:
        sent = key[1]
        values = [contract.keywords["const"]] if "const" in contract.keywords else contract.enum
        form = format_of(contract)
        if values is not None and (form is None or form.decode is None):
            return self._literal(contract, values)
        branches = contract.one_of or contract.any_of
        if branches and not contract.properties:
            return union(self._of(branch, f"{name}_{at}", sent) for at, branch in enumerate(branches, 1))
        if branches or contract.all_of:
            return self._mapping("Any", sent)
        kinds = contract.types or self._implied(contract)
        if not kinds:
            return self._names.of("Any")
        return union(self._single(contract, kind, form, key, name) for kind in kinds)

    def _implied(self, contract: Schema) -> tuple[str, ...]:
        if contract.properties:
            return ("object",)
        return ("array",) if contract.items is not None else ()

    def _single(self, contract: Schema, kind: str, form: Format | None, key: tuple[int, bool], name: str) -> str:
        sent = key[1]
        if kind == "file" or (form is not None and form.raw):
            return self._names.of("Upload" if sent else "bytes")
        if form is not None and (kind in ("string", "integer") or form.python is Decimal):
            return self._formatted(form, sent)
        if kind == "array":
            return self._list(contract, name, sent)
        if kind == "object":
            return self._object(contract, key, name)
        return self._names.of(_PLAIN.get(kind, "Any"))

    def _formatted(self, form: Format, sent: bool) -> str:
        python = self._names.of(form.python.__name__)
        if not sent or form.decode is None:
            return python
        kinds = form.kind if isinstance(form.kind, tuple) else (form.kind,)
        also = [self._names.of("bytearray")] if form.python is bytes else []
        return union([python, *also, *(self._names.of(kind.__name__) for kind in kinds)])

    def _literal(self, contract: Schema, values: Iterable[object]) -> str:
        plain = [value for value in values if value is None or isinstance(value, str | int)]
        others = [value for value in values if value is not None and not isinstance(value, str | int)]
        parts = [f"{self._names.of('Literal')}[{', '.join(map(literal, plain))}]"] if plain else []
        if others or not plain:
            is_number = all(isinstance(value, float) for value in others) and others
            parts.append(self._names.of("float" if is_number else "Any"))
        if contract.open_enum:
            parts += [self._names.of(_PLAIN.get(kind, "Any")) for kind in contract.types or ("",)]
        return union(parts)

    def _list(self, contract: Schema, name: str, sent: bool) -> str:
        items = contract.items
        if items is None:
            inner, is_text = self._names.of("Any"), True
        else:
            inner = self._of(items, f"{name}_item", sent)
            kinds = self._resolved.resolve(items).types
            is_text = not kinds or not set(kinds) <= _NOT_TEXT
        return f"{self._names.of(('Texts' if is_text else 'Items') if sent else 'list')}[{inner}]"

    def _mapping(self, inner: str, sent: bool) -> str:
        inner = self._names.of(inner) if inner in IMPORTS else inner
        return f"{self._names.of('Mapping' if sent else 'dict')}[{self._names.of('str')}, {inner}]"

    def _object(self, contract: Schema, key: tuple[int, bool], name: str) -> str:
        sent = key[1]
        if isinstance(contract.additional, Schema) and not contract.properties:
            return self._mapping(self._of(contract.additional, f"{name}_value", sent), sent)
        members = self._members(contract, sent)
        if isinstance(contract.additional, Schema) or "patternProperties" in contract.keywords or not members:
            return self._mapping("Any", sent)
        place = (contract.at or str(id(contract)), tuple(members), sent)
        known = self._classes.get(place)
        if known is not None:
            return known
        title = self._classes[place] = self._names.new(f"{name}_input" if sent else name)
        variants = self._resolved.variants(contract)
        self._known[key] = title
        self._write(title, contract, members, sent)
        if not variants:
            return title
        inner = [self._object(variant, (id(variant), sent), value) for value, variant in variants.items()]
        self._known[key] = union([title, *inner])
        return self._known[key]

    def _members(self, contract: Schema, sent: bool) -> dict[str, Schema]:
        return {
            name: member
            for name, member in contract.properties.items()
            if not self._is_hidden(member, sent, name in contract.required)
        }

    def _is_hidden(self, member: Schema, sent: bool, required: bool) -> bool:
        """Whether a member is only for the other direction."""
        resolved = self._resolved.resolve(member)
        if not sent:
            return member.write_only or resolved.write_only
        return (member.read_only or resolved.read_only) and not (self._service.read_only_sent and required)

    def _write(self, title: str, contract: Schema, members: Mapping[str, Schema], sent: bool) -> None:
        types = {name: self._of(member, f"{title}_{name}", sent) for name, member in members.items()}
        if sent:
            types = {
                name: kind if name in contract.required else f"{self._names.of('NotRequired')}[{kind}]"
                for name, kind in types.items()
            }
        base = self._names.of("TypedDict")
        if _fits_class(types):
            lines = [f"class {title}({base}):", *docstring(contract.description, "    ")]
            for name, kind in types.items():
                member = members[name]
                description = member.description or self._resolved.resolve(member).description
                lines += [f"    {name}: {kind}", *docstring(description or member.title, "    ")]
        else:
            inner = [f"    {literal(name)}: {kind}," for name, kind in types.items()]
            lines = [f'{title} = {base}("{title}", {{', *inner, "})"]
        self._written.append(lines)


def literal(value: object) -> str:
    """A text, number, boolean or null of a document, as Python writes it."""
    return ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)


def _name_of(schema: Schema) -> str | None:
    """The name of the definition that a schema refers to, in snake_case or as it is."""
    if schema.ref is None:
        return None
    return schema.ref.rpartition("/")[2].replace("~1", "_").replace("~0", "_")


def _fits_class(types: Mapping[str, str]) -> bool:
    """Whether members can be written as the attributes of a class: their names are identifiers, and none hides a type
    that a member after it has."""
    used = {word for kind in types.values() for word in re.findall(r"\w+", kind)}
    return all(
        name.isidentifier()
        and not keyword.iskeyword(name)
        and not name.startswith("__")
        and unicodedata.normalize("NFKC", name) == name
        and name not in used
        for name in types
    )
