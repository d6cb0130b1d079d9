"""Parameters of Swagger 2.0, and the body that a parameter ``in: body`` or form fields describe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from openconnectors.engine.documents.dialects.lowering import Source, extensions, text, truth
from openconnectors.engine.documents.dialects.swagger2.schemas import Schemas
from openconnectors.engine.model import Parameter, Schema

LOCATIONS = {location.lower(): location for location in ("path", "query", "header", "formData", "body")}
"""By lower case, as published documents write ``Query`` and ``formdata``."""


class Parameters:
    """Lowers the parameters of one document."""

    def __init__(self, source: Source, schemas: Schemas) -> None:
        self._source = source
        self._schemas = schemas

    def declared(
        self, path_item: Mapping[str, Any], path_at: str, operation: Mapping[str, Any], at: str
    ) -> Iterator[tuple[Mapping[str, Any], str]]:
        """The parameter nodes of an operation and their pointers: its own replace those of its path with the same
        name and location ("Operation Object"). ``name`` and ``in`` are those that are meant."""
        nodes: dict[tuple[str, str], tuple[Mapping[str, Any], str]] = {}
        for holder, holder_at in ((path_item, path_at), (operation, at)):
            listed = self._source.sequence(holder.get("parameters"), f"{holder_at}/parameters", "parameters")
            for index, item in enumerate(listed):
                raw, raw_at = self._source.resolve(item, f"{holder_at}/parameters/{index}", "a parameter")
                name, location = text(raw.get("name")), LOCATIONS.get(text(raw.get("in")).lower())
                if isinstance(raw.get("name"), (dict, list)) or not name or location is None:
                    message = f"a parameter needs a name and one of in: {', '.join(LOCATIONS.values())}"
                    raise self._source.refuse(message, raw_at, "parameter")
                name = raw["name"] if isinstance(raw["name"], str) else name
                nodes[name, location] = ({**raw, "name": name, "in": location}, raw_at)
        yield from nodes.values()

    def lower(self, raw: Mapping[str, Any], at: str) -> Parameter:
        """A parameter of a node of ``declared``."""
        members = {key: value for key, value in raw.items() if key not in ("required", "description")}
        if raw["in"] == "header":  # blanks around a field's value are no part of it (RFC 9110 section 5.5)
            members |= {key: _trimmed(raw[key]) for key in ("default", "enum") if key in raw}
        elif raw["in"] == "path" and raw.get("default") == "":
            del members["default"]  # which no segment of a path can be
        written, written_at = (raw["schema"], f"{at}/schema") if "schema" in raw else (members, at)
        node = Parameter(
            name=raw["name"],
            location=raw["in"],
            required=truth(raw.get("required")) or raw["in"] == "path",
            schema=self._schemas.lower(written, written_at),
            style=self._schemas.collection_format(raw, at) or "csv",
            description=text(raw.get("description")),
            allow_empty=truth(raw.get("allowEmptyValue")),
            at=at,
        )
        return self._source.extend("parameter", node, extensions(raw), self._schemas.site(at))

    def form(self, fields: list[Parameter], at: str) -> Parameter:
        """Form fields as one body, an object with a property for each."""
        schema = Schema(
            types=("object",),
            properties={field.name: _described(field) for field in fields},
            required=tuple(field.name for field in fields if field.required),
            additional=False,
            at=at,
        )
        return Parameter(name="body", location="body", required=bool(schema.required), schema=schema, at=at)


def _described(field: Parameter) -> Schema:
    """The schema of a form field, with what the parameter says of it."""
    return replace(
        field.schema,
        description=field.description,
        title=field.title,
        form_style=field.style,
        client_name=field.client_name,
        visibility=field.visibility,
        choices=field.choices,
    )


def _trimmed(value: object) -> object:
    if isinstance(value, list):
        return [_trimmed(item) for item in value]
    return value.strip() if isinstance(value, str) else value
