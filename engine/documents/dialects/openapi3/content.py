"""Parameters, headers, media types and request bodies of OpenAPI 3: whatever has a schema or ``content``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from openconnectors.engine.documents.dialects.lowering import Source, extensions, text, truth
from openconnectors.engine.documents.dialects.openapi3.schemas import Schemas
from openconnectors.engine.documents.dialects.openapi3.versions import Version
from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.model import ANY, Encoding, Header, Location, MediaType, Parameter, RequestBody, Schema

_STYLES = {"path": "simple", "query": "form", "header": "simple", "cookie": "form", "querystring": "form"}
"""The default style of each location ("Parameter Object", ``style``)."""
_EXPLODED = frozenset({"form", "cookie"})
"""The styles for which ``explode`` is true by default."""
IGNORED_HEADERS = frozenset({"accept", "content-type", "authorization"})
"""Header parameters that "shall be ignored" ("Parameter Object", ``name``)."""


class Contents:
    """Lowers what has content in one document."""

    def __init__(self, source: Source, version: Version, schemas: Schemas) -> None:
        self._source = source
        self._version = version
        self._schemas = schemas

    # Parameters

    def parameters(
        self, path_item: Mapping[str, Any], path_at: str, operation: Mapping[str, Any], at: str
    ) -> tuple[Parameter, ...]:
        """The parameters of an operation: its own replace those of its path with the same name and location."""
        nodes: dict[tuple[str, str], tuple[Mapping[str, Any], str]] = {}
        for holder, holder_at in ((path_item, path_at), (operation, at)):
            listed = self._source.sequence(holder.get("parameters"), f"{holder_at}/parameters", "parameters")
            for index, item in enumerate(listed):
                raw, raw_at = self._source.resolve(item, f"{holder_at}/parameters/{index}", "a parameter")
                name, location = raw.get("name"), text(raw.get("in")).lower()
                if not isinstance(name, (str, int, float)) or name == "" or location not in self._version.locations:
                    message = f"a parameter needs a name and one of in: {', '.join(self._version.locations)}"
                    raise self._source.refuse(message, raw_at, "parameter")
                if location != "header" or str(name).lower() not in IGNORED_HEADERS:
                    nodes[str(name), location] = (raw, raw_at)
        return tuple(self._parameter(name, location, *node) for (name, location), node in nodes.items())

    def _parameter(self, name: str, location: str, raw: Mapping[str, Any], at: str) -> Parameter:
        style = text(raw.get("style")) or _STYLES[location]
        schema, content = self._described(raw, at)
        node = Parameter(
            name=name,
            location=cast(Location, location),
            required=truth(raw.get("required")) or location == "path",
            schema=schema,
            style=style,
            explode=truth(raw["explode"]) if "explode" in raw else style in _EXPLODED,
            allow_reserved=truth(raw.get("allowReserved")),
            content=content,
            description=text(raw.get("description")),
            allow_empty=truth(raw.get("allowEmptyValue")),
            at=at,
        )
        return self._source.extend("parameter", node, extensions(raw), self._schemas.site(at))

    def _described(self, raw: Mapping[str, Any], at: str) -> tuple[Schema, Mapping[str, MediaType]]:
        """The schema of a parameter or header, and its content if it has one in place of a style."""
        content = self.content(raw, at)
        if content:
            entry = next(iter(content.values()))
            return entry.schema or ANY, content
        return self._schemas.lower(raw["schema"], f"{at}/schema") if raw.get("schema") is not None else ANY, {}

    def headers(self, holder: Mapping[str, Any], at: str) -> Mapping[str, Header]:
        """The headers of a response or a part by name; Content-Type is ignored ("Response Object", ``headers``)."""
        listed = self._source.mapping(holder.get("headers"), f"{at}/headers", "headers")
        return {
            name: self._header(raw, f"{at}/headers/{escape(name)}")
            for name, raw in listed.items()
            if name.lower() != "content-type"
        }

    def _header(self, value: object, at: str) -> Header:
        raw, at = self._source.resolve(value, at, "a header")
        schema, content = self._described(raw, at)
        return Header(
            schema=schema,
            required=truth(raw.get("required")),
            explode=truth(raw.get("explode")),
            content=content,
            description=text(raw.get("description")),
            at=at,
        )

    # Bodies

    def request_body(self, value: object, at: str) -> RequestBody | None:
        """The body of a request; None if there is none, or none that has content."""
        if value is None:
            return None
        raw, at = self._source.resolve(value, at, "a request body")
        content = self.content(raw, at)
        if not content:
            return None
        node = RequestBody(
            content=content,
            required=truth(raw.get("required")),
            description=text(raw.get("description")),
            at=at,
        )
        return self._source.extend("request-body", node, extensions(raw), self._schemas.site(at))

    def content(self, holder: Mapping[str, Any], at: str) -> dict[str, MediaType]:
        """The media types of a ``content``, as the document spells them."""
        listed = self._source.mapping(holder.get("content"), f"{at}/content", "content")
        return {name: self._media_type(raw, f"{at}/content/{escape(name)}") for name, raw in listed.items()}

    def _media_type(self, value: object, at: str) -> MediaType:
        source = self._source
        raw = source.mapping(value, at, "a media type")
        if self._version.media_type_references:
            raw, at = source.resolve(raw, at, "a media type")
        encoding = source.mapping(raw.get("encoding"), f"{at}/encoding", "encoding")
        prefix = source.sequence(raw.get("prefixEncoding"), f"{at}/prefixEncoding", "prefixEncoding")
        return MediaType(
            schema=self._schema(raw, "schema", at),
            item_schema=self._schema(raw, "itemSchema", at),
            examples=self._examples(raw, at),
            encoding={name: self._encoding(part, f"{at}/encoding/{escape(name)}") for name, part in encoding.items()},
            prefix_encoding=tuple(
                self._encoding(part, f"{at}/prefixEncoding/{index}") for index, part in enumerate(prefix)
            ),
            item_encoding=self._encoding(raw["itemEncoding"], f"{at}/itemEncoding")
            if raw.get("itemEncoding") is not None
            else None,
        )

    def _schema(self, raw: Mapping[str, Any], key: str, at: str) -> Schema | None:
        return self._schemas.lower(raw[key], f"{at}/{key}") if raw.get(key) is not None else None

    def _examples(self, raw: Mapping[str, Any], at: str) -> tuple[Any, ...]:
        """The examples of a media type that are there as data ("Example Object")."""
        examples = [raw["example"]] if "example" in raw else []
        written = raw.get("examples")
        listed: Mapping[str, Any] = written if isinstance(written, Mapping) else {}
        for name, value in listed.items():
            example, _ = self._source.resolve(value, f"{at}/examples/{escape(name)}", "an example")
            examples += [example[key] for key in ("dataValue", "value") if key in example][:1]
        return tuple(examples)

    def _encoding(self, value: object, at: str) -> Encoding:
        raw = self._source.mapping(value, at, "an encoding")
        style = text(raw.get("style")) or "form"
        content_type = text(raw.get("contentType"))
        return Encoding(
            style=style,
            explode=truth(raw["explode"]) if "explode" in raw else style == "form",
            allow_reserved=truth(raw.get("allowReserved")),
            content_type=tuple(name.strip() for name in content_type.split(",") if name.strip()),
            headers=self.headers(raw, at),
        )
