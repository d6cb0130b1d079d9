"""Parameters of Swagger 2.0, and the request body that a parameter ``in: body`` or form fields describe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from openconnectors.engine.documents.dialects.lowering import (
    COLLECTION_FORMATS,
    Source,
    extensions,
    text,
    trimmed,
    truth,
)
from openconnectors.engine.documents.dialects.swagger2.schemas import Schemas
from openconnectors.engine.model import Encoding, MediaType, Parameter, RequestBody, Schema

LOCATIONS = {location.lower(): location for location in ("path", "query", "header", "formData", "body")}
"""By lower case, as published documents write ``Query`` and ``formdata``."""


Node = tuple[Mapping[str, Any], str]
"""A parameter's node and its pointer; ``name`` and ``in`` are those that are meant."""

_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"


class Parameters:
    """Lowers the parameters of one document."""

    def __init__(self, source: Source, schemas: Schemas) -> None:
        self._source = source
        self._schemas = schemas

    def nodes(self, path_item: Mapping[str, Any], path_at: str, operation: Mapping[str, Any], at: str) -> list[Node]:
        """The parameter nodes of an operation: its own replace those of its path with the same name and location
        ("Operation Object")."""
        nodes: dict[tuple[str, str], Node] = {}
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
        return list(nodes.values())

    def lower(self, nodes: list[Node]) -> tuple[Parameter, ...]:
        """The parameters beside the body."""
        return tuple(self._parameter(raw, at) for raw, at in nodes if raw["in"] not in ("body", "formData"))

    def request_body(self, nodes: list[Node], consumes: tuple[str, ...], at: str) -> RequestBody | None:
        """The body of an operation ``at`` a pointer; None if it has none."""
        bodies = [node for node in nodes if node[0]["in"] == "body"]
        fields = [node for node in nodes if node[0]["in"] == "formData"]
        if len(bodies) + bool(fields) > 1:
            raise self._source.refuse("an operation has one body, or form fields, not both", at, "body")
        if bodies:
            return self._body(*bodies[0], consumes)
        return self._form([self._parameter(*node) for node in fields], consumes, at) if fields else None

    def _parameter(self, raw: Mapping[str, Any], at: str) -> Parameter:
        """The parameter of a node; of a body or a form field, what it has in common with parameters."""
        members = {key: value for key, value in raw.items() if key not in ("required", "description")}
        if raw["in"] == "header":
            members |= {key: trimmed(raw[key]) for key in ("default", "enum") if key in raw}
        elif raw["in"] == "path" and raw.get("default") == "":
            del members["default"]  # which no segment of a path can be
        written, written_at = (raw["schema"], f"{at}/schema") if "schema" in raw else (members, at)
        style, explode = self._schemas.style(raw, at) or COLLECTION_FORMATS["csv"]
        if raw["in"] in ("path", "header") and not explode and style == "form":
            style = "simple"
        if raw.get("type") == "object" and "schema" not in raw:
            style, explode = "text", False  # a parameter is no object there, and what would be sent is nowhere said
        node = Parameter(
            name=raw["name"],
            location=raw["in"],
            required=truth(raw.get("required")) or raw["in"] == "path",
            schema=self._schemas.lower(written, written_at),
            style=style,
            explode=explode,
            description=text(raw.get("description")),
            allow_empty=truth(raw.get("allowEmptyValue")),
            encoding="sparing" if raw["in"] == "query" else "once",
            at=at,
        )
        return self._source.extend("parameter", node, extensions(raw), self._schemas.site(at))

    def _body(self, raw: Mapping[str, Any], at: str, consumes: tuple[str, ...]) -> RequestBody:
        """A parameter ``in: body`` as a request body: one schema for every media type that is consumed."""
        parameter = self._parameter(raw, at)
        return RequestBody(
            name=parameter.name,
            content=_content(consumes or (_JSON,), MediaType(schema=parameter.schema)),
            required=parameter.required,
            implied=True,
            title=parameter.title,
            description=parameter.description,
            client_name=parameter.client_name,
            visibility=parameter.visibility,
            choices=parameter.choices,
            notification=parameter.notification,
            extensions=parameter.extensions,
            at=at,
        )

    @staticmethod
    def _form(fields: list[Parameter], consumes: tuple[str, ...], at: str) -> RequestBody:
        """Form fields as a request body: an object with a property for each, in the media types that hold fields. A
        file is sent in multipart only ("Parameter Object", ``formData``)."""
        schema = Schema(
            types=("object",),
            properties={field.name: _described(field) for field in fields},
            required=tuple(field.name for field in fields if field.required),
            additional=False,
            at=at,
        )
        has_file = any("file" in field.schema.types for field in fields)
        fitting = (_MULTIPART,) if has_file else (_FORM, _MULTIPART)
        media_types = tuple(name for name in consumes if name in fitting) or fitting[:1]
        lists = [field for field in fields if "array" in field.schema.types]
        encoding = {field.name: Encoding(style=field.style, explode=field.explode) for field in lists}
        content = _content(media_types, MediaType(schema=schema, encoding=encoding))
        return RequestBody(content=content, required=bool(schema.required), fields=True, implied=True, at=at)


def _content(media_types: Iterable[str], entry: MediaType) -> dict[str, MediaType]:
    """The same in every media type, but for fields of a form, which are text if nothing else is declared: Swagger 2.0
    has no objects in them ("Parameter Object", ``type``)."""
    text_fields = replace(entry, item_encoding=Encoding(content_type=("text/plain",)))
    return {name: text_fields if name.partition(";")[0].strip().lower() == _FORM else entry for name in media_types}


def _described(field: Parameter) -> Schema:
    """The schema of a form field, with what the parameter says of it."""
    return replace(
        field.schema,
        description=field.description,
        title=field.title,
        client_name=field.client_name,
        visibility=field.visibility,
        choices=field.choices,
    )
