"""What the two encodings of a form have in common: the wire name and the style of each field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from openconnectors.engine.model import Schema
from openconnectors.engine.values.codecs.binding import Binding
from openconnectors.engine.values.styles import STYLES, Style, style_of


@dataclass(frozen=True, slots=True)
class Field:
    """One declared field: its name in the value and on the wire, its effective schema, its style."""

    name: str
    wire: str
    schema: Schema
    style: Style

    @property
    def repeated(self) -> bool:
        """Whether its list is as many fields as it has items: then none of them is an empty list."""
        return "array" in self.schema.types and self.style.delimiter is None


OTHER = STYLES["multi"]
"""The style of a field that nothing declares."""


def fields_of(binding: Binding) -> Mapping[str, Field]:
    """The fields of a form by their names in the value."""
    schema = binding.resolve(binding.schema) if binding.schema is not None else Schema()
    found = {}
    for name, one in schema.properties.items():
        own = binding.resolve(one)
        wire = one.form_name or own.form_name or name
        found[name] = Field(name, wire, own, style_of(one.form_style or own.form_style, own, binding.resolve))
    return found


def members(value: Any) -> Mapping[str, Any]:
    """The members of a value to send as a form: without nulls, which no form can hold."""
    if not isinstance(value, dict):
        raise ValueError("must be an object to travel as a form")
    return {name: one for name, one in value.items() if one is not None}
