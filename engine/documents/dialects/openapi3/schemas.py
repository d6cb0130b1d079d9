"""Schemas of OpenAPI 3: the dialect of 3.0, and JSON Schema 2020-12 since 3.1 ("Schema Object")."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from copy import copy
from typing import Any, cast

from msgspec.structs import replace

from openconnectors.engine.documents.dialects.lowering import extensions, text, truth
from openconnectors.engine.documents.dialects.names import Names
from openconnectors.engine.documents.dialects.openapi3.scopes import Scope, Scopes
from openconnectors.engine.documents.dialects.openapi3.source import VersionedSource
from openconnectors.engine.documents.dialects.schemas import SchemaLowering
from openconnectors.engine.documents.pointers import escape, join_file, split_file
from openconnectors.engine.documents.references import NAMING, References
from openconnectors.engine.errors import nearest
from openconnectors.engine.model import ANY, MISSING, NEVER, Schema, Xml

_TYPES = ("string", "number", "integer", "boolean", "array", "object", "null")
_DATA = ("multipleOf", "maximum", "minimum", "maxLength", "minLength", "pattern", "maxItems", "minItems", "uniqueItems",
         "maxProperties", "minProperties", "const", "maxContains", "minContains", "dependentRequired", "deprecated",
         "contentEncoding", "contentMediaType")  # fmt: skip
"""Keywords with data (2020-12 validation, sections 6, 8 and 9)."""
_BOUNDS = (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum"))
_SCHEMA = ("not", "if", "then", "else", "contains", "propertyNames", "unevaluatedItems", "unevaluatedProperties",
           "contentSchema")  # fmt: skip
_TYPED = frozenset({"type", "format"})
_SCHEMAS_BY_NAME = ("patternProperties", "dependentSchemas")
_KEYWORDS = frozenset((*_DATA, *(name for name, _ in _BOUNDS), *_SCHEMA, "prefixItems", *_SCHEMAS_BY_NAME))
_COUNTS = frozenset(
    ("maxLength", "minLength", "maxItems", "minItems", "maxProperties", "minProperties", "maxContains", "minContains")
)
_NUMBERS = frozenset(("multipleOf", "maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum"))
_TYPE_OF = {str: "string", bool: "boolean", int: "integer", float: "number"}
"""The types of scalars by those of Python."""
_NAME = re.compile(r"[A-Za-z0-9._-]+\Z")
"""What a component may be named ("Components Object")."""
_TEXT = re.compile(r"text/|.*[/+](json|xml)\Z|application/(yaml|x-www-form-urlencoded)\Z", re.IGNORECASE)
_ENCODINGS = {"base64": "byte", **{name: name for name in ("base64url", "base32", "base16", "quoted-printable")}}
"""The format that says what a ``contentEncoding`` says (2020-12 validation, section 8.3)."""
_FORMATS = {"base64": "byte", "http-date": "date-time-rfc1123"}
"""Formats under another name: that of a content encoding, which 3.0 does not have, or of the format registry."""
_NODE_TYPES = ("element", "attribute", "text", "cdata", "none")
_SCHEMAS = "/components/schemas"

_DIALECT = re.compile(
    r"https://(spec\.openapis\.org/oas/3\.[0-9]+/dialect/[^/#]+|json-schema\.org/draft/2020-12/schema)#?\Z"
)
"""The dialects that are read: that of the specification ("Schema Object", ``$schema``), and what it extends."""


def is_known_dialect(uri: object) -> bool:
    """Whether schemas that say that they are of a dialect are read as they are meant."""
    return isinstance(uri, str) and _DIALECT.match(uri) is not None


def unknown_dialect(uri: object) -> str:
    """The finding about a dialect that is not known."""
    return f"schemas are read as JSON Schema 2020-12, not as {uri!r:.80}"


class Schemas(SchemaLowering):
    """Lowers the schemas of one document. ``by_pointer`` has the components, each lowered on first use."""

    def __init__(self, source: VersionedSource) -> None:
        self._source: VersionedSource = source
        self._version = source.version
        self._references = References(source.document, schemas=True) if self._version.siblings else source.references
        self._scopes = Scopes(source.document)
        self._scope: Scope = ()
        self._known: dict[tuple[str, str | None], Schema] = {}
        components = {f"{_SCHEMAS}/{escape(name)}": raw for name, raw in source.components("schemas").items()}
        self._names = Names(source.document, components)
        super().__init__(source, _SCHEMAS, components, self._references, _has_discriminator, self._referenced)

    def lower(self, value: object, at: str) -> Schema:
        """The schema of a node; one that is only a reference stays one."""
        if isinstance(value, bool) and self._version.json_schema:
            return ANY if value else NEVER
        raw = self._source.mapping(value, at, "a schema")
        if raw.keys() <= _TYPED and isinstance(raw.get("type"), str) and isinstance(raw.get("format", ""), str):
            return replace(self._typed(raw, at), name=_component_name(at), at=at)
        scope = self._scopes.entered(self._scope, at) if self._version.json_schema else self._scope
        if scope != self._scope:
            return self._within(scope).lower(value, at)
        references = self._targets(raw, at)
        if references and (not self._version.siblings or raw.keys() <= NAMING):
            return references[0]
        return self._node(self._source.members("schema", raw, at), at, references)

    def _typed(self, raw: Mapping[str, Any], at: str) -> Schema:
        """A schema of a type, and maybe a format, alone. Most are: the same is lowered once, wherever it is."""
        key = raw["type"], raw.get("format")
        known = self._known.get(key)
        if known is None:
            known = self._node(raw, at, [])
            if raw["type"] != "null":  # which is remarked in 3.0, where it is
                self._known[key] = known
        return known

    def _within(self, scope: Scope) -> Schemas:
        """What lowers schemas in a scope."""
        schemas = copy(self)
        schemas._scope = scope
        return schemas

    def _referenced(self, reference: str) -> Schema:
        pointer, scope = self._scopes.split(reference)
        return self._names.named(self._within(scope).lower(self._source.document.get(pointer), pointer), pointer)

    def _targets(self, raw: Mapping[str, Any], at: str) -> list[Schema]:
        """What a node refers to, by ``$ref`` and by ``$dynamicRef``."""
        pointers = []
        reference = raw.get("$ref")
        if "$ref" in raw:
            if not isinstance(reference, str):
                message = f"$ref must be text, not {type(reference).__name__}"
                raise self._source.refuse(message, f"{at}/$ref")
            end = self._references.end(reference, at)
            # Each step of a chain may bring anchors.
            pointers.append(self._source.document.target(reference, at) if self._scopes.matter(at) else end)
        if self._version.json_schema and isinstance(raw.get("$dynamicRef"), str):
            pointers.append(self._scopes.target(raw["$dynamicRef"], at, self._scope))
        return [Schema(ref=self._scopes.reference(pointer, self._scope), at=at) for pointer in pointers]

    def _node(self, raw: Mapping[str, Any], at: str, references: list[Schema]) -> Schema:
        source = self._source
        if "$schema" in raw and not is_known_dialect(raw["$schema"]):
            source.remark("schema-dialect", unknown_dialect(raw["$schema"]), f"{at}/$schema")
        types = self._types(raw["type"], f"{at}/type") if "type" in raw else ()
        types = _implied(raw) if self._version.json_schema and not types else types
        enum = self._list(raw.get("enum"), f"{at}/enum", "enum") if raw.get("enum") is not None else None
        nullable = self._nullable(raw, types) and (enum is None or None in enum)
        types = tuple(kind for kind in types if kind != "null") if len(types) > 1 else types
        all_of = self._several(raw, "allOf", at)
        if nullable and not self._version.json_schema and not raw.keys().isdisjoint(("allOf", "anyOf", "oneOf")):
            # Null is meant beside the parts, none of which has it: the type is one more part.
            types, all_of = (), (*all_of, Schema(types=types, at=at))
        node = Schema(
            at=at,
            name=_component_name(at),
            types=types,
            format=_format(raw),
            title=text(raw.get("title")),
            description=text(raw.get("description")),
            default=raw.get("default", MISSING),
            example=self._example(raw),
            enum=None if enum is None else tuple(value for value in enum if value is not None or not nullable),
            nullable=nullable,
            read_only=truth(raw.get("readOnly")),
            write_only=truth(raw.get("writeOnly")),
            properties=self._by_name(raw, "properties", at) if "properties" in raw else {},
            required=self._required(raw["required"], f"{at}/required") if "required" in raw else (),
            additional=self._additional(raw["additionalProperties"], f"{at}/additionalProperties")
            if "additionalProperties" in raw
            else True,
            items=self.lower(raw["items"], f"{at}/items") if raw.get("items") is not None else None,
            all_of=(*references, *all_of),
            any_of=self._several(raw, "anyOf", at),
            one_of=self._several(raw, "oneOf", at),
            **(self._discriminator(raw["discriminator"], f"{at}/discriminator") if "discriminator" in raw else {}),
            discriminator_closed=True,
            keywords=self._keywords(raw, at),
            xml=self._xml(raw["xml"], f"{at}/xml") if "xml" in raw else _NO_XML,
        )
        return source.extend("schema", node, extensions(raw), self.site(at))

    # Types and values

    def _types(self, value: object, at: str) -> tuple[str, ...]:
        listed = [value] if isinstance(value, str) else self._source.sequence(value, at, "types")
        if not self._version.json_schema and (isinstance(value, list) or value == "null"):
            message = f"type is one name, and not null, in OpenAPI {self._version.name}; write nullable: true"
            self._source.remark("version-value", message, at)
        for kind in listed:
            if kind not in _TYPES:
                hint = nearest(str(kind), _TYPES)
                raise self._source.refuse(f"{kind!r} is not a type; expected {', '.join(_TYPES)}{hint}", at, "type")
        return tuple(dict.fromkeys(listed))

    @staticmethod
    def _nullable(raw: Mapping[str, Any], types: tuple[str, ...]) -> bool:
        """Whether null is allowed beside the types. ``nullable`` has no effect without a type (3.0.4, "Schema
        Object")."""
        return bool(types) and (truth(raw.get("nullable")) or (len(types) > 1 and "null" in types))

    def _list(self, value: object, at: str, what: str) -> list[Any]:
        return self._source.sequence(value, at, what)

    def _example(self, raw: Mapping[str, Any]) -> Any:
        examples = raw.get("examples")
        return examples[0] if isinstance(examples, list) and examples else raw.get("example", MISSING)

    def _required(self, raw: object, at: str) -> tuple[str, ...]:
        names = self._list(raw, at, "required")
        if not all(isinstance(name, str) for name in names):
            raise self._source.refuse("required must list names of members", at)
        return tuple(dict.fromkeys(names))

    def _additional(self, raw: object, at: str) -> Schema | bool:
        return raw if raw is False or (not self._version.json_schema and raw is True) else self.lower(raw, at)

    def _by_name(self, raw: Mapping[str, Any], key: str, at: str) -> dict[str, Schema]:
        """The schemas of a mapping."""
        members = self._source.mapping(raw[key], f"{at}/{key}", key)
        return {name: self.lower(member, f"{at}/{key}/{escape(name)}") for name, member in members.items()}

    def _several(self, raw: Mapping[str, Any], key: str, at: str) -> tuple[Schema, ...]:
        if key not in raw:
            return ()
        listed = self._list(raw[key], f"{at}/{key}", key)
        return tuple(self.lower(part, f"{at}/{key}/{index}") for index, part in enumerate(listed))

    # Keywords

    def _keywords(self, raw: Mapping[str, Any], at: str) -> dict[str, Any]:
        """The keywords without a field, as 2020-12 spells them."""
        if _KEYWORDS.isdisjoint(raw):
            return {}
        keywords = {key: self._data(key, raw[key], f"{at}/{key}") for key in _DATA if key in raw}
        keywords |= {key: self.lower(raw[key], f"{at}/{key}") for key in _SCHEMA if key in raw}
        for exclusive, bound in _BOUNDS:
            if exclusive in raw:
                self._exclude(keywords, exclusive, bound, raw[exclusive], f"{at}/{exclusive}")
        if "prefixItems" in raw:
            keywords["prefixItems"] = self._several(raw, "prefixItems", at)
        return keywords | {key: self._by_name(raw, key, at) for key in _SCHEMAS_BY_NAME if key in raw}

    def _exclude(self, keywords: dict[str, Any], exclusive: str, bound: str, value: object, at: str) -> None:
        """Add an exclusive bound: a number, or in 3.0 true, which makes the bound beside it exclusive. What another
        version writes is read as it is meant there, with a remark."""
        if isinstance(value, bool) is self._version.json_schema:
            form = "a number" if self._version.json_schema else "true or false"
            self._source.remark("version-value", f"{exclusive} is {form} in OpenAPI {self._version.name}", at)
        if not isinstance(value, bool):
            keywords[exclusive] = self._data(exclusive, value, at)
        elif value and bound in keywords:
            keywords[exclusive] = keywords.pop(bound)

    def _data(self, key: str, value: Any, at: str) -> Any:
        """The value of a keyword; one that no validator could use is refused."""
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if key in _COUNTS and not (is_number and value >= 0 and value % 1 == 0):
            raise self._source.refuse(f"{key} must be a whole number, at least 0, not {value!r:.60}", at)
        if key in _NUMBERS and not (is_number and (key != "multipleOf" or value > 0)):
            kind = "a number above 0" if key == "multipleOf" else "a number"
            raise self._source.refuse(f"{key} must be {kind}, not {value!r:.60}", at)
        if key == "pattern" and not isinstance(value, str):
            raise self._source.refuse(f"pattern must be text, not {value!r:.60}", at)
        return int(value) if key in _COUNTS else value

    # Discriminators and XML

    def _discriminator(self, value: object, at: str) -> dict[str, Any]:
        """The fields of a Discriminator Object: its property, and the references of the schemas that values select, or
        that no other value selects (3.2, ``defaultMapping``)."""
        if value is None:
            return {}
        raw = self._source.node("discriminator", value, at)
        mapping = self._source.mapping(raw.get("mapping"), f"{at}/mapping", "mapping")
        default = raw.get("defaultMapping")
        return {
            "discriminator": text(raw.get("propertyName")) or None,
            "discriminator_mapping": {
                str(name): self._selected(reference, f"{at}/mapping/{escape(name)}")
                for name, reference in mapping.items()
            },
            "discriminator_default": None if default is None else self._selected(default, f"{at}/defaultMapping"),
        }

    def _selected(self, value: object, at: str) -> str:
        """The schema that a value of ``mapping`` names: a component, or a reference."""
        if not isinstance(value, str):
            raise self._source.refuse("a value of mapping is the name of a schema or a reference", at)
        if _NAME.match(value) and value in self._source.components("schemas"):
            return f"{_SCHEMAS}/{escape(value)}"
        near = join_file(split_file(at)[0], f"{_SCHEMAS}/{escape(value)}")  # of the file that names it
        if _NAME.match(value):
            with suppress(LookupError):
                self._source.document.get(near)
                return near
        return self._source.references.end(value, at)

    def _xml(self, value: object, at: str) -> Xml:
        if value is None:
            return _NO_XML
        raw = self._source.node("XML object", value, at)
        node_type = text(raw.get("nodeType"))
        if node_type not in ("", *_NODE_TYPES):
            raise self._source.refuse(f"nodeType must be one of {', '.join(_NODE_TYPES)}", f"{at}/nodeType")
        node = Xml(
            name=text(raw.get("name")) or None,
            namespace=text(raw.get("namespace")) or None,
            prefix=text(raw.get("prefix")) or None,
            attribute=truth(raw.get("attribute")),
            wrapped=truth(raw.get("wrapped")),
            node=cast(Any, node_type),
        )
        return self._source.extend("xml", node, extensions(raw), self.site(at))


_NO_XML = Xml()


def _implied(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """The type of a schema without one, if all values that it lists have the same: texts of XML, of forms and of
    parameters are read by it."""
    listed = [raw["const"]] if "const" in raw else raw.get("enum")
    types = {_TYPE_OF.get(type(value), "") for value in listed} if isinstance(listed, list) else set()
    return (types.pop(),) if len(types) == 1 and "" not in types else ()


def _format(raw: Mapping[str, Any]) -> str | None:
    """The format of a schema; that of its ``contentEncoding``, or of bytes that are not text, if it has none ("Working
    with Binary Data")."""
    if isinstance(raw.get("format"), str):
        return _FORMATS.get(raw["format"], str(raw["format"]))
    encoding, media_type = raw.get("contentEncoding"), raw.get("contentMediaType")
    if isinstance(encoding, str):
        return _ENCODINGS.get(encoding.lower())
    if not isinstance(media_type, str):
        return None
    if "type" not in raw:  # what has a schema of its own is a text with a value in it, not a file
        return None if "contentSchema" in raw or media_type.lower().startswith("text/") else "binary"
    return None if raw["type"] != "string" or _TEXT.match(media_type) else "binary"


def _component_name(at: str) -> str | None:
    holder, _, name = at.rpartition("/")
    return name.replace("~1", "/").replace("~0", "~") if holder == _SCHEMAS else None


def _has_discriminator(raw: Mapping[str, Any]) -> bool:
    return isinstance(raw.get("discriminator"), Mapping)
