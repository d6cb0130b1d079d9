"""Parameters, headers, media types and request bodies of OpenAPI 3: whatever has a schema or ``content``."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, cast

from msgspec.structs import replace

from openconnectors.engine.documents.dialects.lowering import extensions, text, truth
from openconnectors.engine.documents.dialects.openapi3.schemas import Schemas
from openconnectors.engine.documents.dialects.openapi3.source import VersionedSource
from openconnectors.engine.documents.files import Refused
from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.errors import InvalidDocument
from openconnectors.engine.model import (
    ANY,
    MISSING,
    Encoding,
    Header,
    Location,
    MediaType,
    Parameter,
    RequestBody,
    Schema,
)

_EXPLODED = frozenset({"form", "cookie"})
"""The styles for which ``explode`` is true by default."""
_STYLED = frozenset({"style", "explode", "allowReserved"})
_ENCODINGS = frozenset({"encoding", "prefixEncoding", "itemEncoding"})
IGNORED_HEADERS = frozenset({"accept", "content-type", "authorization"})
"""Header parameters that "shall be ignored" ("Parameter Object", ``name``)."""


class Contents:
    """Lowers what has content in one document."""

    def __init__(self, source: VersionedSource, schemas: Schemas) -> None:
        self._source = source
        self._version = source.version
        self._schemas = schemas

    # Parameters

    def parameters(self, *holders: tuple[object, str]) -> tuple[Parameter, ...]:
        """The parameters of an operation, of the lists of its path item and its own, each with its pointer: the later
        replace the earlier with the same name and location ("Path Item Object")."""
        nodes: dict[tuple[str, str], tuple[Mapping[str, Any], str]] = {}
        for value, at in holders:
            for index, item in enumerate(self._source.sequence(value, at, "parameters")):
                raw, raw_at = self._source.resolved("parameter", item, f"{at}/{index}")
                name, location = raw.get("name"), text(raw.get("in")).lower()
                if not isinstance(name, (str, int, float)) or name == "" or location not in self._version.styles:
                    message = f"a parameter needs a name and one of in: {', '.join(self._version.styles)}"
                    raise self._source.refuse(message, f"{raw_at}/name" if name == "" else raw_at, "parameter")
                if location != "header" or str(name).lower() not in IGNORED_HEADERS:
                    nodes[str(name), location] = (raw, raw_at)
        self._check_querystring({key: at for key, (_, at) in nodes.items()})
        return tuple(self._parameter(name, location, *node) for (name, location), node in nodes.items())

    def _check_querystring(self, places: Mapping[tuple[str, str], str]) -> None:
        """Refuse a whole query string beside another, or beside parameters in it ("Parameter Locations")."""
        whole = [at for (_, location), at in places.items() if location == "querystring"]
        if len(whole) > 1 or (whole and any(location == "query" for _, location in places)):
            message = "an operation has one parameter in querystring, or parameters in query"
            raise self._source.refuse(message, whole[-1], "parameter")

    def _parameter(self, name: str, location: str, raw: Mapping[str, Any], at: str) -> Parameter:
        schema, content = self._described(raw, at)
        if location == "querystring" and not content:
            raise self._source.refuse("a parameter in querystring has content, not a schema", at, "parameter")
        style = self._style(raw, location, at)
        node = Parameter(
            name=name,
            location=cast(Location, location),
            required=truth(raw.get("required")) or location == "path",
            schema=schema,
            style=style,
            explode=truth(raw["explode"]) if "explode" in raw else style in _EXPLODED,
            allow_reserved=truth(raw.get("allowReserved")) and location in self._version.reserved_in,
            content=content,
            description=text(raw.get("description")),
            deprecated=truth(raw.get("deprecated")),
            allow_empty=truth(raw.get("allowEmptyValue")) and location == "query",
            at=at,
        )
        return self._source.extend("parameter", node, extensions(raw), self._schemas.site(at))

    def _style(self, raw: Mapping[str, Any], location: str, at: str) -> str:
        """The style of a parameter: one that its location has ("Style Values")."""
        styles = self._version.styles[location]
        style = text(raw.get("style"))
        if not styles or not style:
            return styles[0] if styles else "form"
        if style not in styles:
            message = f"{style!r} is not a style in {location}; OpenAPI {self._version.name} has {', '.join(styles)}"
            raise self._source.refuse(message, f"{at}/style", "parameter")
        return style

    def _described(self, raw: Mapping[str, Any], at: str) -> tuple[Schema, Mapping[str, MediaType]]:
        """The schema of a parameter or header, and its content if it has one in place of a style."""
        content = self.content(raw, at)
        if len(content) > 1 or (content and raw.get("schema") is not None):
            message = "there is one media type in content, and no schema beside it"
            raise self._source.refuse(message, f"{at}/content", "parameter")
        if content:
            entry = next(iter(content.values()))
            return entry.schema or ANY, content
        schema = self._schemas.lower(raw["schema"], f"{at}/schema") if raw.get("schema") is not None else ANY
        examples = self._examples(raw, at) if schema.ref is None and schema.example is MISSING else []
        return replace(schema, example=examples[0][1]) if examples else schema, {}

    def headers(self, holder: Mapping[str, Any], at: str) -> Mapping[str, Header]:
        """The headers of a response or a part by name; Content-Type is ignored ("Response Object", ``headers``)."""
        if "headers" not in holder:
            return {}
        listed = self._source.mapping(holder["headers"], f"{at}/headers", "headers")
        return {
            name: self._header(raw, f"{at}/headers/{escape(name)}")
            for name, raw in listed.items()
            if name.lower() != "content-type"
        }

    def _header(self, value: object, at: str) -> Header:
        raw, at = self._source.resolved("header", value, at)
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
        raw, at = self._source.resolved("request body", value, at)
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
        if "content" not in holder:
            return {}
        listed = self._source.mapping(holder["content"], f"{at}/content", "content")
        shared = _Shared(self._schemas)
        return {
            name: self._media_type(name, raw, f"{at}/content/{escape(name)}", shared) for name, raw in listed.items()
        }

    def _media_type(self, name: str, value: object, at: str, shared: _Shared) -> MediaType:
        raw, at = self._source.resolved("media type", value, at)
        schema, item_schema = shared.lower(raw, "schema", at), shared.lower(raw, "itemSchema", at)
        if item_schema is not None:
            items = Schema(types=("array",), items=item_schema, at=at)
            schema = items if schema is None else Schema(all_of=(schema, items), at=at)
        examples = self._examples(raw, at)
        return MediaType(
            schema=schema,
            item_schema=item_schema,
            examples=tuple(example for _, example in examples),
            example_names=tuple(name for name, _ in examples),
            **self._encodings(raw, at, name),
        )

    def _examples(self, raw: Mapping[str, Any], at: str) -> list[tuple[str, Any]]:
        """The examples of a media type that are there as data ("Example Object"), with their names."""
        examples = [("", raw["example"])] if "example" in raw else []
        written = raw.get("examples")
        for name, value in written.items() if isinstance(written, (dict, Mapping)) else ():
            try:
                example, example_at = self._source.resolved("example", value, f"{at}/examples/{escape(name)}")
            except InvalidDocument as error:  # they are documentation: nothing is refused for want of one
                self._source.remark("example", error.diagnostics[0].message, error.diagnostics[0].pointer)
                continue
            values = [example[key] for key in ("dataValue", "value") if key in example]
            if not values and isinstance(example.get("externalValue"), str):
                with suppress(Refused, InvalidDocument):  # nor for one that is elsewhere
                    values = [self._source.document.data(example["externalValue"], example_at)]
            examples += [(name, value) for value in values[:1]]
        return examples

    # Encodings

    def _encodings(self, raw: Mapping[str, Any], at: str, media_type: str) -> dict[str, Any]:
        """The encodings of the parts of a media type, or of the parts within a part: by name, by place, and of the
        other places ("Media Type Object", "Nested Encoding")."""
        if _ENCODINGS.isdisjoint(raw):
            return {}
        source = self._source
        by_name = source.mapping(raw.get("encoding"), f"{at}/encoding", "encoding")
        by_place = source.sequence(raw.get("prefixEncoding"), f"{at}/prefixEncoding", "prefixEncoding")
        of_items = raw.get("itemEncoding")
        return {
            "encoding": {
                name: self._encoding(part, f"{at}/encoding/{escape(name)}", media_type)
                for name, part in by_name.items()
            },
            "prefix_encoding": tuple(
                self._encoding(part, f"{at}/prefixEncoding/{index}", media_type) for index, part in enumerate(by_place)
            ),
            "item_encoding": None if of_items is None else self._encoding(of_items, f"{at}/itemEncoding", media_type),
        }

    def _encoding(self, value: object, at: str, media_type: str) -> Encoding:
        """An Encoding Object. Its style, or a member that is about one, takes the place of its media type; both are for
        some media types only."""
        raw = self._source.node("encoding", value, at)
        essence = media_type.partition(";")[0].strip().lower()
        is_styled = essence in self._version.styled_forms and not _STYLED.isdisjoint(raw)
        style = text(raw.get("style")) or "form" if is_styled else None
        if style is not None and style not in self._version.styles["query"]:
            message = f"{style!r} is not a style of fields; there are {', '.join(self._version.styles['query'])}"
            raise self._source.refuse(message, f"{at}/style", "body")
        content_type = "" if is_styled else text(raw.get("contentType"))
        return Encoding(
            style=style,
            explode=is_styled and (truth(raw["explode"]) if "explode" in raw else style == "form"),
            allow_reserved=is_styled and truth(raw.get("allowReserved")),
            content_type=tuple(name.strip() for name in content_type.split(",") if name.strip()),
            headers=self.headers(raw, at) if essence.startswith("multipart/") else {},
            **self._encodings(raw, at, content_type),
        )


class _Shared:
    """Lowers the schemas of one ``content``: media types of one schema share the object, so that what is compiled for
    it is compiled once."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas
        self._references: dict[str, Schema] = {}
        self._last: tuple[object, Schema] | None = None

    def lower(self, raw: Mapping[str, Any], key: str, at: str) -> Schema | None:
        """The schema under a key; None if there is none."""
        value = raw.get(key)
        if value is None:
            return None
        if isinstance(value, Mapping) and len(value) == 1 and isinstance(value.get("$ref"), str):
            schema = self._schemas.lower(value, f"{at}/{key}")
            return self._references.setdefault(schema.ref or "", schema)
        if self._last is None or self._last[0] != value:
            self._last = (value, self._schemas.lower(value, f"{at}/{key}"))
        return self._last[1]
