"""What the media types of forms have in common: the wire name of each field, and how its value is written: in a style,
or in a media type (OpenAPI 3.2, "Encoding Object").

A list in a media type is one field, or part, for each item ("Encoding By Name").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from openconnectors.engine.model import ANY, Encoding, Header, Schema
from openconnectors.engine.values.codecs.binding import Binding, MemberError
from openconnectors.engine.values.codecs.embedded import Embedded
from openconnectors.engine.values.scalars import alternatives_of, compound
from openconnectors.engine.values.styles import Style, style_of


class Field(Struct, frozen=True):
    """One field: its name in the value and on the wire, its resolved schema, and how it is written."""

    name: str
    wire: str
    schema: Schema
    style: Style | None
    """None: in a media type."""
    embedded: Embedded
    """The value in a media type; of a list without a style, that of an item."""
    listed: bool
    """True if it is a list without a style."""
    absent_is_empty: bool
    """True if no field means an empty list."""
    allow_reserved: bool
    headers: Mapping[str, Header]
    """The header fields of its parts."""

    @property
    def is_text(self) -> bool:
        """True if a text is written as nothing but that text, percent-encoded."""
        if self.allow_reserved or self.listed:
            return False
        return self.embedded.is_text if self.style is None else self.style.scalar


class Fields(Struct, frozen=True):
    """The fields of a form."""

    by_name: Mapping[str, Field]
    by_wire: Mapping[str, Field]
    rest: Field
    """How those are written that are not declared."""
    required: frozenset[str]
    """The names of those that must be there."""

    def members(self, value: Any) -> Mapping[str, Any]:
        """The members of a value that is sent as a form, without nulls, which a form cannot express. ``ValueError`` for
        what is not an object, or has a null where a field is required."""
        if not isinstance(value, dict):
            raise ValueError("must be an object to be sent as a form")
        members = {name: member for name, member in value.items() if member is not None}
        for name, member in value.items() if len(members) < len(value) else ():
            if member is None and name in self.required:
                raise MemberError(name, "must not be null: it is required, and a form has no null")
        return members


def fields_of(binding: Binding) -> Fields:
    """The fields of a form. ``Unsupported`` for a style without a row."""
    schema = binding.resolve(binding.schema) if binding.schema is not None else ANY
    others = binding.encoding.item_encoding or Encoding()
    fields = {}
    properties: dict[str, Schema] = {}
    for alternative in alternatives_of(schema, binding.resolve):
        properties = {**alternative.properties, **properties}
    for name, declared in properties.items():
        resolved = binding.resolve(declared)
        encoding = binding.encoding.encoding.get(name)
        by_schema = declared.encoding or resolved.encoding or others
        wire = (encoding.name if encoding is not None else None) or by_schema.name or name
        fields[name] = _field(binding, name, wire, declared, encoding or by_schema, required=name in schema.required)
    additional = schema.additional if isinstance(schema.additional, Schema) else ANY
    rest = _field(binding, "", "", additional, others, required=False)
    return Fields(fields, {field.wire: field for field in fields.values()}, rest, frozenset(schema.required))


def _field(binding: Binding, name: str, wire: str, declared: Schema, encoding: Encoding, *, required: bool) -> Field:
    resolved = binding.resolve(declared)
    lists = [schema for schema in alternatives_of(declared, binding.resolve) if compound(schema) == "array"]
    items = Embedded(binding, lists[0].items or ANY, encoding, name or None) if lists else None
    style = None
    if encoding.style is not None and (items is None or not items.is_file):
        style = style_of(encoding.style, encoding.explode, resolved, binding.resolve)
    listed = style is None and items is not None
    is_repeated = style is not None and style.delimiter is None and not style.deep
    return Field(
        name=name,
        wire=wire,
        schema=resolved,
        style=style,
        embedded=items if items is not None and listed else Embedded(binding, declared, encoding, name or None),
        listed=listed,
        absent_is_empty=bool(lists) and (is_repeated or (listed and required)),
        allow_reserved=encoding.allow_reserved,
        headers=encoding.headers,
    )
