"""What the two media types of forms have in common: the wire name and the style of each field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from openconnectors.engine.errors import Unsupported
from openconnectors.engine.model import Encoding, Schema
from openconnectors.engine.values.codecs.binding import Binding
from openconnectors.engine.values.styles import STYLES, Style, style_of


@dataclass(frozen=True, slots=True)
class Field:
    """One declared field: its name in the value and on the wire, its resolved schema, its style."""

    name: str
    wire: str
    schema: Schema
    style: Style

    @property
    def repeated(self) -> bool:
        """True if a list is sent as one field for each item: no field then means an empty list."""
        return "array" in self.schema.types and self.style.delimiter is None


OTHER = STYLES["form", True]
"""The style of a field that is not declared: a list is sent as repeated fields, as HTML forms do."""


def fields_of(binding: Binding) -> Mapping[str, Field]:
    """The fields of a form by their names in the value. ``Unsupported`` for an encoding that is not written here."""
    schema = binding.resolve(binding.schema) if binding.schema is not None else Schema()
    fields = {}
    for name, declared in schema.properties.items():
        resolved = binding.resolve(declared)
        encoding = binding.encoding.get(name)
        by_schema = declared.encoding or resolved.encoding or Encoding()
        wire = (encoding.name if encoding is not None else None) or by_schema.name or name
        how, style = encoding or by_schema, (encoding or by_schema).style or "form"
        if how.content_type or how.headers or how.allow_reserved:
            raise Unsupported(f"the field {name!r} has a content type, header fields or reserved characters of its own")
        fields[name] = Field(name, wire, resolved, style_of(style, how.explode, resolved, binding.resolve))
    return fields


def members(value: Any) -> Mapping[str, Any]:
    """The members of a value that is sent as a form, without nulls, which a form cannot express. ``ValueError`` for
    what is not an object."""
    if not isinstance(value, dict):
        raise ValueError("must be an object to be sent as a form")
    return {name: member for name, member in value.items() if member is not None}
