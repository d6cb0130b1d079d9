"""Swagger 2.0 to the model (https://spec.openapis.org/oas/v2.0)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any
from urllib.parse import quote

from engine.dialects.lowering import EMPTY, Extend, Site, extensions, mapping, sequence, text, truth, typed
from engine.document import Document, escape
from engine.model import (
    MISSING,
    Answer,
    Lazy,
    Media,
    OAuth,
    Operation,
    Parameter,
    Paths,
    Schema,
    Scheme,
    Service,
    Xml,
)

METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
JSON = "application/json"
_CHECKS = (
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
)
_BOUNDS = (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum"))


class _Lowering:
    def __init__(self, document: Document, extend: Extend) -> None:
        self.document = document
        self.root: Mapping[str, Any] = document.root
        self.extend = extend

    def site(self, pointer: str) -> Site:
        return Site(self.document, pointer, self.schema)

    # Schemas

    def schema(self, raw: Any, at: str) -> Schema:
        raw = mapping(self.document, raw, at, "a schema")
        reference = raw.get("$ref")
        if isinstance(reference, str):
            return Schema(ref=self.document.target(reference, at), at=at)
        kind = raw.get("type")
        kinds = (
            (kind,) if isinstance(kind, str) else tuple(map(str, sequence(self.document, kind, f"{at}/type", "types")))
        )
        additional = raw.get("additionalProperties", True)
        properties = mapping(self.document, raw.get("properties"), f"{at}/properties", "properties")
        required = raw.get("required")
        node = Schema(
            at=at,
            name=at.rpartition("/")[2] if at.startswith("/definitions/") and at.count("/") == 2 else None,
            types=kinds,
            format=raw["format"] if isinstance(raw.get("format"), str) else None,
            title=text(raw.get("title")),
            description=text(raw.get("description")),
            default=typed(raw["default"], kinds) if raw.get("default") is not None else MISSING,
            example=raw.get("example", MISSING),
            enum=tuple(typed(one, kinds) for one in raw["enum"]) if isinstance(raw.get("enum"), list) else None,
            read_only=truth(raw.get("readOnly")),
            properties={
                name: self.schema(value, f"{at}/properties/{escape(name)}") for name, value in properties.items()
            },
            required=tuple(required) if isinstance(required, list) else (),
            additional=additional
            if isinstance(additional, bool)
            else self.schema(additional, f"{at}/additionalProperties"),
            items=self.schema(raw["items"], f"{at}/items") if raw.get("items") is not None else None,
            all_of=tuple(
                self.schema(part, f"{at}/allOf/{index}")
                for index, part in enumerate(sequence(self.document, raw.get("allOf"), f"{at}/allOf", "allOf"))
            ),
            discriminator=raw["discriminator"] if isinstance(raw.get("discriminator"), str) else None,
            form_style=raw.get("collectionFormat"),
            checks=self.checks(raw),
            xml=self.xml(raw.get("xml"), f"{at}/xml"),
        )
        return self.extend("schema", node, extensions(raw), self.site(at))

    def checks(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        found = {key: raw[key] for key in _CHECKS if raw.get(key) is not None}
        for bound, exclusive in _BOUNDS:
            if raw.get(bound) is not None:
                found[exclusive if raw.get(exclusive) is True else bound] = raw[bound]
        return found

    def xml(self, raw: Any, at: str) -> Xml:
        if raw is None:
            return Xml()
        raw = mapping(self.document, raw, at, "xml")
        node = Xml(
            name=raw.get("name"),
            namespace=raw.get("namespace"),
            prefix=raw.get("prefix"),
            attribute=truth(raw.get("attribute")),
            wrapped=truth(raw.get("wrapped")),
        )
        return self.extend("xml", node, extensions(raw), self.site(at))

    @cached_property
    def extended(self) -> Mapping[str, list[str]]:
        """Of each definition, by pointer, those that name it in their ``allOf``."""
        found: dict[str, list[str]] = {}
        for name, raw in mapping(self.document, self.root.get("definitions"), "/definitions", "definitions").items():
            parts = raw.get("allOf") if isinstance(raw, Mapping) else None
            for part in parts if isinstance(parts, list) else ():
                if isinstance(part, Mapping) and isinstance(part.get("$ref"), str):
                    at = f"/definitions/{escape(name)}"
                    found.setdefault(self.document.target(part["$ref"], at), []).append(at)
        return found

    def subtypes(self, at: str) -> tuple[str, ...]:
        """The definitions that extend one, directly or not."""
        found: dict[str, None] = {}
        stack = [at]
        while stack:
            for one in self.extended.get(stack.pop(), ()):
                if one not in found and one != at:
                    found[one] = None
                    stack.append(one)
        return tuple(found)

    # Parameters

    def node(self, raw: Any, at: str, what: str) -> tuple[Mapping[str, Any], str]:
        """A node, or what it refers to, and where that stands. That references end is known by now."""
        raw = mapping(self.document, raw, at, what)
        while isinstance(raw.get("$ref"), str):
            at = self.document.target(raw["$ref"], at)
            raw = mapping(self.document, self.document.get(at), at, what)
        return raw, at

    def parameters(self, path_item: Mapping[str, Any], path_at: str, raw: Mapping[str, Any], at: str) -> Iterator[Any]:
        """Declared parameters, the operation's over the path's (Swagger 2.0, "Operation Object")."""
        found: dict[tuple[str, str], tuple[Mapping[str, Any], str]] = {}
        for holder, where in ((path_item, path_at), (raw, at)):
            listed = sequence(self.document, holder.get("parameters"), f"{where}/parameters", "parameters")
            for index, item in enumerate(listed):
                one, one_at = self.node(item, f"{where}/parameters/{index}", "a parameter")
                if not isinstance(one.get("name"), str) or one.get("in") not in _LOCATIONS:
                    raise self.document.refuse(
                        "parameter", f"a parameter needs a name and one of in: {', '.join(_LOCATIONS)}", one_at
                    )
                found[one["name"], one["in"]] = (one, one_at)
        yield from found.values()

    def parameter(self, raw: Mapping[str, Any], at: str) -> Parameter:
        own = {key: value for key, value in raw.items() if key not in ("required", "description")}
        if raw["in"] == "header":  # blanks around a field's value are no part of it (RFC 9110 section 5.5)
            own |= {key: _trimmed(raw[key]) for key in ("default", "enum") if key in raw}
        elif raw["in"] == "path" and raw.get("default") == "":
            del own["default"]  # which no segment of a path can be
        schema = self.schema(raw["schema"], f"{at}/schema") if "schema" in raw else self.schema(own, at)
        node = Parameter(
            name=raw["name"],
            location="body" if raw["in"] == "body" else raw["in"],
            required=truth(raw.get("required")) or raw["in"] == "path",
            schema=schema,
            style=raw.get("collectionFormat", "csv"),
            description=text(raw.get("description")),
            allow_empty=truth(raw.get("allowEmptyValue")),
            at=at,
        )
        return self.extend("parameter", node, extensions(raw), self.site(at))

    def form(self, fields: list[Parameter], at: str) -> Parameter:
        """Form fields as one body, an object with a property for each."""
        properties: dict[str, Schema] = {}
        for one in fields:
            schema = self.described(one)
            properties[one.name] = schema
        required = tuple(one.name for one in fields if one.required)
        schema = Schema(types=("object",), properties=properties, required=required, additional=False, at=at)
        return Parameter(name="body", location="body", required=bool(required), schema=schema, at=at)

    @staticmethod
    def described(one: Parameter) -> Schema:
        return replace(
            one.schema,
            description=one.description,
            title=one.title,
            form_style=one.style,
            client_name=one.client_name,
            visibility=one.visibility,
            choices=one.choices,
        )

    # Operations

    def operation(self, method: str, path: str, at: str, name: str) -> Operation:
        path_at = at.rpartition("/")[0]
        path_item, _ = self.node(self.document.get(path_at), path_at, "a path item")
        raw = mapping(self.document, path_item[method], at, "an operation")
        declared = [self.parameter(one, one_at) for one, one_at in self.parameters(path_item, path_at, raw, at)]
        consumes = self.media_types(raw, "consumes", at)
        produces = self.media_types(raw, "produces", at) or (JSON,)
        fields = [one for one in declared if one.location == "formData"]
        bodies = [one for one in declared if one.location == "body"]
        if len(bodies) + bool(fields) > 1:
            raise self.document.refuse("body", "an operation has one body, or form fields, not both", at)
        body = bodies[0] if bodies else self.form(fields, at) if fields else None
        answers = mapping(self.document, raw.get("responses"), f"{at}/responses", "responses")
        node = Operation(
            id=name,
            method=method.upper(),
            path=path,
            title=text(raw.get("summary")),
            description=text(raw.get("description")),
            deprecated=truth(raw.get("deprecated")),
            parameters=tuple(one for one in declared if one.location not in ("body", "formData")),
            body=body,
            fields=bool(fields),
            consumes=self.body_types(consumes, fields) if body else (),
            produces=produces,
            answers={
                str(status): self.answer(str(status), answer, f"{at}/responses/{escape(status)}", produces)
                for status, answer in answers.items()
                if not str(status).startswith("x-")
            },
            security=self.security(raw, at),
            at=at,
        )
        return self.extend("operation", node, {**extensions(path_item), **extensions(raw)}, self.site(at))

    def security(self, raw: Mapping[str, Any], at: str) -> tuple[dict[str, tuple[str, ...]], ...]:
        """The alternatives of an operation, or those of the document: schemes with their scopes."""
        own = f"{at}/security" if "security" in raw else "/security"
        given = sequence(self.document, raw.get("security", self.root.get("security")), own, "security")
        ways = [mapping(self.document, one, f"{own}/{index}", "a requirement") for index, one in enumerate(given)]
        return tuple(
            {
                str(scheme): tuple(
                    map(str, sequence(self.document, scopes, f"{own}/{index}/{escape(scheme)}", "scopes"))
                )
                for scheme, scopes in one.items()
            }
            for index, one in enumerate(ways)
        )

    def media_types(self, raw: Mapping[str, Any], key: str, at: str) -> tuple[str, ...]:
        own = raw.get(key)
        holder = (own, f"{at}/{key}") if own is not None else (self.root.get(key), f"/{key}")
        return tuple(map(str, sequence(self.document, *holder, key)))

    @staticmethod
    def body_types(consumes: tuple[str, ...], fields: list[Parameter]) -> tuple[str, ...]:
        if not fields:
            return consumes or (JSON,)
        files = any("file" in one.schema.types for one in fields)
        default = _MULTIPART if files else _FORM
        return tuple(one for one in consumes if one in (_FORM, _MULTIPART)[files:]) or (default,)

    def answer(self, status: str, raw: Any, at: str, produces: tuple[str, ...]) -> Answer:
        raw, at = self.node(raw, at, "a response")
        media: tuple[Media, ...] = ()
        if raw.get("schema") is not None:
            schema = self.schema(raw["schema"], f"{at}/schema")
            examples = self.examples(raw.get("examples"))
            media = tuple(
                Media(type=media_type, schema=schema, example=examples.get(_essence(media_type), MISSING))
                for media_type in produces
            )
        headers = mapping(self.document, raw.get("headers"), f"{at}/headers", "headers")
        node = Answer(
            status=status,
            description=text(raw.get("description")),
            media=media,
            headers={name: self.schema(value, f"{at}/headers/{escape(name)}") for name, value in headers.items()},
            at=at,
        )
        return self.extend("answer", node, extensions(raw), self.site(at))

    @staticmethod
    def examples(raw: Any) -> Mapping[str, Any]:
        """The examples of a response by media type, without parameters (Swagger 2.0, "Example Object"); they are
        documentation, so that those which are no mapping are no examples."""
        return {_essence(str(name)): value for name, value in raw.items()} if isinstance(raw, Mapping) else EMPTY

    # The service

    def paths(self) -> Iterator[tuple[str, str]]:
        """Every path with the pointer of its item, those that extensions add included."""
        root = self.root
        paths = mapping(self.document, root.get("paths"), "/paths", "paths")
        own = {path: f"/paths/{escape(path)}" for path in paths if not path.startswith("x-")}
        yield from self.extend("paths", Paths(items=own), extensions(root), self.site("")).items.items()

    def index(self) -> dict[str, tuple[str, str, str]]:
        """Operation ids, with method, path and pointer; one that is missing is made of the other two."""
        found: dict[str, tuple[str, str, str]] = {}
        for path, path_at in self.paths():
            item = self.document.get(path_at)
            if not path.startswith("/"):
                raise self.document.refuse("path", f"the path {path!r} must begin with a slash", path_at)
            item, _ = self.node(item, path_at, "a path item")
            for method in METHODS:
                if item.get(method) is None:
                    continue
                at = f"{path_at}/{method}"
                raw = mapping(self.document, item[method], at, "an operation")
                name = text(raw.get("operationId")) or "_".join([method, *re.findall(r"\w+", path)])
                if name in found:
                    line, _ = self.document.position(f"{found[name][2]}/operationId")
                    raise self.document.refuse(
                        "operation-duplicate",
                        f"the operationId {name!r} is that of line {line} too; give each operation its own",
                        f"{at}/operationId",
                    )
                found[name] = (method, path, at)
        return found

    def scheme(self, name: str, raw: Any, at: str) -> Scheme:
        raw = mapping(self.document, raw, at, "a security scheme")
        node = Scheme(
            name=name,
            type=text(raw.get("type")),
            location=text(raw.get("in")),
            parameter=text(raw.get("name")),
            oauth=self.oauth(raw, at) if raw.get("type") == "oauth2" else None,
            at=at,
        )
        return self.extend("scheme", node, extensions(raw), self.site(at))

    def oauth(self, raw: Mapping[str, Any], at: str) -> OAuth:
        scopes = mapping(self.document, raw.get("scopes"), f"{at}/scopes", "scopes")
        return OAuth(
            authorize=text(raw.get("authorizationUrl")),
            token=text(raw.get("tokenUrl")),
            scopes=tuple(scopes),
            grant=_GRANTS.get(text(raw.get("flow")), "authorization_code"),
        )

    def service(self) -> Service:
        root = self.root
        info = mapping(self.document, root.get("info"), "/info", "info")
        index = self.index()
        offered = sequence(self.document, root.get("schemes"), "/schemes", "schemes") or ["https"]
        scheme = "https" if "https" in offered else str(offered[0])
        definitions = mapping(self.document, root.get("definitions"), "/definitions", "definitions")
        schemes = mapping(self.document, root.get("securityDefinitions"), "/securityDefinitions", "securityDefinitions")
        node = Service(
            title=text(info.get("title")),
            version=text(info.get("version")),
            description=text(info.get("description")),
            file=self.document.file,
            server=f"{scheme}://{text(root.get('host'))}{quote(text(root.get('basePath')).rstrip('/'), safe=_IN_PATH)}",
            schemes={
                name: self.scheme(name, raw, f"/securityDefinitions/{escape(name)}") for name, raw in schemes.items()
            },
            operations=Lazy(index, lambda name: self.operation(*index[name], name)),
            schemas=Lazy(
                (f"/definitions/{escape(name)}" for name in definitions),
                lambda at: self.schema(self.document.get(at), at),
                closed=False,
            ),
            subtypes=Lazy((), self.subtypes, closed=False),
            schema_of=lambda raw: self.schema(raw, "/dynamic"),
            finding=lambda rule, said, at: self.document.diagnostic(rule, said, at, severity="warning"),
        )
        return self.extend("service", node, {**extensions(info), **extensions(root)}, self.site(""))


_IN_PATH = "/{}%:@!$&'()*+,;=~-._"
"""What a path may hold as it is (RFC 3986 section 3.3), and the braces of a template."""


def _trimmed(value: Any) -> Any:
    if isinstance(value, list):
        return [_trimmed(one) for one in value]
    return value.strip() if isinstance(value, str) else value


def _essence(media_type: str) -> str:
    """A media type without its parameters, in lower case (RFC 9110 section 8.3.1)."""
    return media_type.partition(";")[0].strip().lower()


_GRANTS = {"application": "client_credentials", "password": "password", "implicit": "implicit"}
_LOCATIONS = ("path", "query", "header", "formData", "body")
_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"


def lower(document: Document, extend: Extend) -> Service:
    """The service of a Swagger 2.0 document; operations and definitions are lowered on first use.

    Refused with :class:`~engine.errors.InvalidDocument`, at its place: a node of the wrong kind, two
    operations of one id, a body beside form fields.
    """
    return _Lowering(document, extend).service()
