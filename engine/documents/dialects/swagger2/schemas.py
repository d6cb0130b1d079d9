"""Schemas of Swagger 2.0: the Schema Object, and the members of parameters, items and headers that are spelled alike.

Published documents are read as they are meant where only one thing can be meant (types in upper case, bounds as text);
a keyword that no validator could use is refused at its place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from openconnectors.engine.documents.dialects.lowering import (
    COLLECTION_FORMATS,
    Source,
    extensions,
    text,
    truth,
    typed,
)
from openconnectors.engine.documents.dialects.names import Names
from openconnectors.engine.documents.dialects.schemas import SchemaLowering
from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.errors import nearest
from openconnectors.engine.model import MISSING, Encoding, Schema, Xml

_TYPES = ("string", "number", "integer", "boolean", "array", "object", "file", "null")
_COUNTS = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
_BOUNDS = (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum"))


class Schemas(SchemaLowering):
    """Lowers the schemas of one document. ``by_pointer`` has the definitions, each lowered on first use."""

    def __init__(self, source: Source) -> None:
        definitions = source.root_members("definitions")
        names = Names(source.document, definitions)
        super().__init__(
            source,
            "/definitions",
            definitions,
            source.references,
            _has_discriminator,
            lambda at: names.named(self.lower(source.document.get(at), at), at),
        )

    def lower(self, value: object, at: str) -> Schema:
        """The schema of a node; one that is a reference stays one."""
        source = self._source
        raw = source.mapping(value, at, "a schema")
        reference = source.reference(raw, at)
        if reference is not None:
            return Schema(ref=reference, at=at)
        types = self._types(raw.get("type"), f"{at}/type")
        nullable = len(types) > 1 and "null" in types
        types = tuple(kind for kind in types if kind != "null") if nullable else types
        properties = source.mapping(raw.get("properties"), f"{at}/properties", "properties")
        node = Schema(
            at=at,
            name=_definition_name(at),
            types=types,
            format=raw["format"] if isinstance(raw.get("format"), str) else None,
            title=text(raw.get("title")),
            description=text(raw.get("description")),
            default=typed(raw["default"], types) if raw.get("default") is not None else MISSING,
            example=raw.get("example", MISSING),
            enum=self._enum(raw.get("enum"), types, f"{at}/enum"),
            nullable=nullable,
            read_only=truth(raw.get("readOnly")),
            properties={
                name: self.lower(member, f"{at}/properties/{escape(name)}") for name, member in properties.items()
            },
            required=self._required(raw.get("required"), f"{at}/required"),
            additional=self._additional(raw.get("additionalProperties", True), f"{at}/additionalProperties"),
            items=self.lower(raw["items"], f"{at}/items") if raw.get("items") is not None else None,
            all_of=tuple(
                self.lower(part, f"{at}/allOf/{index}")
                for index, part in enumerate(source.sequence(raw.get("allOf"), f"{at}/allOf", "allOf"))
            ),
            discriminator=raw["discriminator"] if isinstance(raw.get("discriminator"), str) else None,
            encoding=self._encoding(raw, types, at),
            keywords=self._keywords(raw, at),
            xml=self._xml(raw.get("xml"), f"{at}/xml"),
        )
        return source.extend("schema", node, extensions(raw), self.site(at))

    def _encoding(self, raw: Mapping[str, Any], types: tuple[str, ...], at: str) -> Encoding | None:
        """How a list is written: by default with commas ("Items Object", ``collectionFormat``)."""
        style = self.style(raw, at)
        if style is None and "array" in types:
            style = COLLECTION_FORMATS["csv"]
        return None if style is None else Encoding(style=style[0], explode=style[1])

    def style(self, raw: Mapping[str, Any], at: str) -> tuple[str, bool] | None:
        """Style and ``explode`` of a node's ``collectionFormat``, in whatever case; None if it has none."""
        value = raw.get("collectionFormat")
        if value is None:
            return None
        collection_format = text(value).lower()
        if collection_format not in COLLECTION_FORMATS:
            message = f"{value!r} is not a collectionFormat; expected {', '.join(map(str, COLLECTION_FORMATS))}"
            raise self._source.refuse(message, f"{at}/collectionFormat", "parameter")
        return COLLECTION_FORMATS[collection_format]

    def _types(self, value: object, at: str) -> tuple[str, ...]:
        """The types of a schema, in lower case."""
        listed = [value] if isinstance(value, str) else self._source.sequence(value, at, "types")
        types = tuple(text(kind).lower() for kind in listed)
        for kind in types:
            if kind not in _TYPES:
                hint = nearest(kind, _TYPES) or f"; expected {', '.join(_TYPES)}"
                raise self._source.refuse(f"{kind!r} is not a valid type{hint}", at)
        return types

    def _enum(self, raw: object, types: tuple[str, ...], at: str) -> tuple[Any, ...] | None:
        if raw is None:
            return None
        values = self._source.sequence(raw, at, "an enum")
        if not values:
            raise self._source.refuse("an enum must list at least one value", at)
        return tuple(typed(value, types) for value in values)

    def _required(self, raw: object, at: str) -> tuple[str, ...]:
        """The names of required members. A boolean is what older drafts of JSON Schema write beside a member; it says
        nothing here."""
        if isinstance(raw, bool) or text(raw).lower() in ("true", "false"):
            return ()
        names = self._source.sequence(raw, at, "required")
        if any(isinstance(name, (dict, list)) or name is None for name in names):
            raise self._source.refuse("required must list names of members", at)
        return tuple(dict.fromkeys(map(text, names)))

    def _additional(self, raw: object, at: str) -> Schema | bool:
        if isinstance(raw, str) and raw.strip().lower() in ("true", "false"):
            return truth(raw)
        return raw if isinstance(raw, bool) else self.lower(raw, at)

    def _keywords(self, raw: Mapping[str, Any], at: str) -> dict[str, Any]:
        """The validation keywords, as JSON Schema 2020-12 spells them."""
        keywords: dict[str, Any] = {}

        def number(key: str, kind: str, fits: Callable[[Any], bool]) -> Any:
            value = typed(raw[key], ("number",))
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not fits(value):
                raise self._source.refuse(f"{key} must be {kind}, not {raw[key]!r:.60}", f"{at}/{key}")
            return value

        # Published documents leave keywords empty (""): nothing is meant by them.
        for key in _COUNTS:
            if raw.get(key) not in (None, ""):
                count = number(key, "a whole number, at least 0", lambda value: value >= 0 and value % 1 == 0)
                keywords[key] = int(count)
        if raw.get("multipleOf") not in (None, ""):
            keywords["multipleOf"] = number("multipleOf", "a number above 0", lambda value: value > 0)
        for bound, exclusive in _BOUNDS:
            if raw.get(bound) not in (None, ""):
                key = exclusive if truth(raw.get(exclusive)) else bound
                keywords[key] = number(bound, "a number", lambda value: True)
        if truth(raw.get("uniqueItems")):
            keywords["uniqueItems"] = True
        if raw.get("pattern") is not None:
            if not isinstance(raw["pattern"], str):
                raise self._source.refuse(f"pattern must be text, not {raw['pattern']!r:.60}", f"{at}/pattern")
            keywords["pattern"] = raw["pattern"]
        return keywords

    def _xml(self, value: object, at: str) -> Xml:
        if value is None:
            return Xml()
        raw = self._source.mapping(value, at, "xml")
        for key in ("name", "namespace", "prefix"):
            if isinstance(raw.get(key), (dict, list)):
                raise self._source.refuse(f"{key} must be text", f"{at}/{key}")
        node = Xml(
            name=text(raw.get("name")) or None,
            namespace=text(raw.get("namespace")) or None,
            prefix=text(raw.get("prefix")) or None,
            attribute=truth(raw.get("attribute")),
            wrapped=truth(raw.get("wrapped")),
        )
        return self._source.extend("xml", node, extensions(raw), self.site(at))


def _definition_name(at: str) -> str | None:
    return at.rpartition("/")[2] if at.startswith("/definitions/") and at.count("/") == 2 else None


def _has_discriminator(raw: Mapping[str, Any]) -> bool:
    return isinstance(raw.get("discriminator"), str)
