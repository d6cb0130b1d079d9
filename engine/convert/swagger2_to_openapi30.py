"""Swagger 2.0 to OpenAPI 3.0: the body leaves the parameters, media types go to what is sent in them, definitions
become components."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct, field

from openconnectors.engine.convert.conversion import (
    Conversion,
    Members,
    copied,
    declared,
    items,
    present,
    reordered,
)
from openconnectors.engine.documents.dialects.lowering import extensions, text, trimmed, truth
from openconnectors.engine.documents.dialects.openapi3.content import IGNORED_HEADERS
from openconnectors.engine.documents.dialects.swagger2.operations import METHODS
from openconnectors.engine.documents.dialects.swagger2.server import Unusable, server_url
from openconnectors.engine.documents.extensions import ROWS
from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.lint.tree import array, mapping

VERSION = "3.0.4"
_JSON, _CONTENT_TYPE = "application/json", "content-type"
_FORM, _MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
_BINARY = {"type": "string", "format": "binary"}
_ORDER = ("openapi", "info", "servers", "security", "tags", "paths", "components", "externalDocs")
_REPLACED = ("swagger", "host", "basePath", "schemes", "consumes", "produces")

_STYLES: Mapping[tuple[str, str], Members] = {
    ("query", "csv"): {"style": "form", "explode": False},
    ("query", "ssv"): {"style": "spaceDelimited", "explode": False},
    ("query", "pipes"): {"style": "pipeDelimited", "explode": False},
    ("query", "multi"): {},
    ("path", "csv"): {},
    ("header", "csv"): {},
}
"""How 3.0 writes a list, by location and ``collectionFormat``; nothing where it is the default ("Style Values")."""
_COMPONENTS = {"definitions": "schemas", "parameters": "parameters", "responses": "responses"}
_FLOWS = {"accessCode": "authorizationCode", "application": "clientCredentials"}
_OF_PARAMETERS = frozenset({"name", "in", "description", "required", "allowEmptyValue", "collectionFormat", "schema"})
"""Members of a parameter that are not those of its schema."""


def apply(conversion: Conversion) -> None:
    """Make a Swagger 2.0 tree one of OpenAPI 3.0."""
    _Step(conversion).apply()


class _Step(Struct, dict=True):
    conversion: Conversion
    names: dict[tuple[str, str], str] = field(default_factory=dict)
    """The names of components, by the folder and the name that each had."""

    def __post_init__(self) -> None:
        self.root: Members = self.conversion.root

    def apply(self) -> None:
        self._schemas()
        paths = self._paths()
        components = {
            "schemas": self._definitions(),
            "parameters": {
                self._name("parameters", name): self._parameter(raw, at)
                for name, raw, at in items(self.root.get("parameters"), "/parameters")
                if text(mapping(raw).get("in")).lower() not in ("body", "formdata")
            },
            "responses": {
                self._name("responses", name): self._response(raw, self.root, at)
                for name, raw, at in items(self.root.get("responses"), "/responses")
            },
            "securitySchemes": {
                name: _scheme(raw) for name, raw in mapping(self.root.get("securityDefinitions")).items()
            },
        }
        servers = self._servers(array(self.root.get("schemes")))
        kept = {
            name: value
            for name, value in self.root.items()
            if name not in (*_REPLACED, *_COMPONENTS, "securityDefinitions")
        }
        root = {
            **kept,
            "openapi": VERSION,
            "servers": servers,
            "paths": paths,
            "components": {name: component for name, component in components.items() if component},
        }
        self.conversion.root = reordered({name: value for name, value in root.items() if value != {}}, _ORDER)
        self.conversion.root.setdefault("paths", paths)
        self._move_references()

    # Schemas and references

    def _schemas(self) -> None:
        """Write what 3.0 spells otherwise in every schema."""
        for node in self.conversion.tree()["schema"]:
            if isinstance(node.value, dict) and "$ref" not in node.value:
                _respell(node.value)

    def _name(self, holder: str, name: str) -> str:
        """The name of a component, in the letters that 3.0 allows ("Components Object")."""
        known = self.names.get((holder, name))
        if known is None:
            known = wanted = re.sub(r"[^A-Za-z0-9._-]+", "_", name) or "_"
            taken = {taken for (other, _), taken in self.names.items() if other == holder}
            taken |= set(mapping(self.root.get(holder))) - {name}
            count = 1
            while known in taken:
                count += 1
                known = f"{wanted}_{count}"
            self.names[holder, name] = known
        return known

    def _definitions(self) -> Members:
        definitions: Members = {}
        for name, raw in mapping(self.root.get("definitions")).items():
            new = self._name("definitions", name)
            definitions[new] = raw
            if new != name and mapping(raw).get("allOf"):
                message = (
                    f"{name!r} is now named {new!r}; as the value of a discriminator it needs a row in its mapping"
                )
                self.conversion.lose(f"/definitions/{escape(name)}", message)
        return definitions

    def _move_references(self) -> None:
        for node, reference in self.conversion.references():
            match = re.match(r"#/(definitions|parameters|responses)/([^/]*)(.*)\Z", reference, re.DOTALL)
            if match is not None:
                holder, name, rest = match.groups()
                plain = name.replace("~1", "/").replace("~0", "~")
                new = name if "%" in name else escape(self._name(holder, plain))
                node["$ref"] = f"#/components/{_COMPONENTS[holder]}/{new}{rest}"

    # Operations

    def _paths(self) -> Members:
        paths = self.root.get("paths")
        holders = ["paths", *(name for kind, name in ROWS if kind == "paths")]
        for holder in holders:
            for _, item, at in declared(self.root.get(holder), f"/{holder}"):
                if isinstance(item, dict):
                    self._path_item(item, at)
        return paths if isinstance(paths, dict) else {}

    def _path_item(self, item: Members, at: str) -> None:
        shared = self._parameters(item, at)
        for method in METHODS:
            if isinstance(item.get(method), dict):
                self._operation(item[method], f"{at}/{method}", shared)
        if "parameters" in item:
            item["parameters"] = self._beside_bodies(shared)

    def _operation(self, operation: Members, at: str, shared: list[tuple[Any, Members, str]]) -> None:
        parameters = self._parameters(operation, at)
        known = {(raw.get("name"), raw.get("in")) for _, raw, _ in parameters}
        bodies = [*parameters, *(entry for entry in shared if (entry[1].get("name"), entry[1].get("in")) not in known)]
        if "parameters" in operation:
            operation["parameters"] = self._beside_bodies(parameters)
            if not operation["parameters"]:
                del operation["parameters"]
        typed = [
            raw for _, raw, _ in bodies if raw.get("in") == "header" and text(raw.get("name")).lower() == _CONTENT_TYPE
        ]
        media_types = next((array(raw.get("enum")) or [raw["default"]] for raw in typed if "default" in raw), None)
        if media_types is not None:  # which is what the body is sent in, whatever consumes says
            operation["consumes"] = media_types
        body = self._request_body([entry for entry in bodies if entry[1].get("in") in ("body", "formData")], operation)
        if body is not None:
            operation["requestBody"] = body
        responses = operation.get("responses")
        if isinstance(responses, dict):
            for status, raw, response_at in declared(responses, f"{at}/responses"):
                reference = raw.get("$ref") if isinstance(raw, Mapping) else None
                if reference is None:
                    responses[status] = self._response(raw, operation, response_at)
                elif "produces" in operation and (target := self.conversion.target(raw)) is not None:
                    responses[status] = self._response(target, operation, response_at)
        if "schemes" in operation:
            operation["servers"] = self._servers(array(operation["schemes"]))
        for name in ("consumes", "produces", "schemes"):
            operation.pop(name, None)

    def _parameters(self, holder: Mapping[str, Any], at: str) -> list[tuple[Any, Members, str]]:
        """Each parameter of an operation or a path as it is written, what it refers to, and its pointer."""
        listed = []
        for index, raw in enumerate(array(holder.get("parameters"))):
            target = self.conversion.target(raw)
            if isinstance(target, dict):
                location = text(target.get("in")).lower()
                target["in"] = "formData" if location == "formdata" else location
                listed.append((raw, target, f"{at}/parameters/{index}"))
        return listed

    def _beside_bodies(self, listed: list[tuple[Any, Members, str]]) -> list[Any]:
        """The parameters that stay: 3.0 ignores header parameters of three names ("Parameter Object", ``name``)."""
        parameters = []
        for raw, target, at in listed:
            if target.get("in") == "header" and text(target.get("name")).lower() in IGNORED_HEADERS:
                message = f"the parameter {target['name']!r} is left out: 3.0 says it by media types or security"
                self.conversion.lose(at, message)
            elif target.get("in") not in ("body", "formData"):
                parameters.append(raw if "$ref" in raw else self._parameter(raw, at))
        return parameters

    def _parameter(self, raw: Members, at: str) -> Members:
        """A parameter with its schema apart."""
        if "$ref" in raw:
            return raw
        of_parameter, schema = self._schema_of(raw, at)
        location = text(raw.get("in")).lower()
        if location == "header":
            schema |= {key: trimmed(schema[key]) for key in ("default", "enum") if key in schema}
        return {
            **present(name=raw.get("name"), in_=location, description=raw.get("description")),
            **({"required": True} if truth(raw.get("required")) or location == "path" else {}),
            **({"allowEmptyValue": True} if truth(raw.get("allowEmptyValue")) and location == "query" else {}),
            **self._style(raw, schema, location, at),
            "schema": schema,
            **of_parameter,
        }

    def _schema_of(self, raw: Members, at: str) -> tuple[Members, Members]:
        """The extensions of a parameter or header, and its schema, which has those that only a schema can have."""
        members = extensions(raw)
        of_schema = {
            name: value
            for name, value in members.items()
            if ("schema", name) in ROWS and ("parameter", name) not in ROWS
        }
        of_parameter = {name: value for name, value in members.items() if name not in of_schema}
        if isinstance(raw.get("schema"), dict):
            return members, raw["schema"]
        schema = {
            name: value for name, value in raw.items() if name not in _OF_PARAMETERS and not name.startswith("x-")
        }
        self._without_formats(schema.get("items"), f"{at}/items")
        _respell(schema)
        return of_parameter, {**schema, **of_schema}

    def _without_formats(self, schema: object, at: str) -> None:
        """Leave out how lists within lists are delimited, which 3.0 cannot say."""
        while isinstance(schema, dict):
            if schema.pop("collectionFormat", "csv") != "csv" or schema.get("type") == "array":
                self.conversion.lose(at, "how a list within a list is delimited is left out: 3.0 has no word for it")
            schema, at = schema.get("items"), f"{at}/items"

    def _style(self, raw: Members, schema: Members, location: str, at: str) -> Members:
        if schema.get("type") != "array":
            return {}
        written = text(raw.get("collectionFormat")).lower() or "csv"
        style = _STYLES.get((location, written))
        if style is None:
            message = f"the collectionFormat {written} of a {location} parameter is left out: 3.0 has no style for it"
            self.conversion.lose(f"{at}/collectionFormat", message)
            style = _STYLES.get((location, "csv"), {})
        return dict(style)

    # Bodies and responses

    def _request_body(self, listed: list[tuple[Any, Members, str]], operation: Members) -> Members | None:
        consumes = [name for name in _media_types(operation, self.root, "consumes") if isinstance(name, str)]
        bodies = [(raw, at) for _, raw, at in listed if raw["in"] == "body"]
        fields = [(raw, at) for _, raw, at in listed if raw["in"] == "formData"]
        if bodies:
            raw, at = bodies[0]
            of_body, schema = self._schema_of(raw, at)
            return {
                **present(description=raw.get("description")),
                "content": {media_type: {"schema": copied(schema)} for media_type in consumes or [_JSON]},
                **({"required": True} if truth(raw.get("required")) else {}),
                **({"x-bodyName": raw["name"]} if raw.get("name") not in (None, "body") else {}),
                **of_body,
            }
        return self._form(fields, consumes) if fields else None

    def _form(self, fields: list[tuple[Members, str]], consumes: list[str]) -> Members:
        properties: Members = {}
        encoding: Members = {}
        required = []
        has_file = any(raw.get("type") == "file" for raw, _ in fields)
        for raw, at in fields:
            of_field, schema = self._schema_of(raw, at)
            name = text(raw.get("name"))
            properties[name] = {**schema, **present(description=raw.get("description")), **of_field}
            required += [name] if truth(raw.get("required")) else []
            style = self._style(raw, schema, "query", at)
            if style:
                encoding[name] = style
        fitting = (_MULTIPART,) if has_file else (_FORM, _MULTIPART)
        schema = {"type": "object", "properties": properties, **({"required": required} if required else {})}
        schema["additionalProperties"] = False
        entry = {"schema": schema, **({"encoding": encoding} if encoding else {})}
        media_types = [name for name in consumes if name in fitting] or list(fitting[:1])
        return {
            "content": {media_type: copied(entry) for media_type in media_types},
            **({"required": True} if required else {}),
        }

    def _response(self, raw: Any, holder: Mapping[str, Any], at: str) -> Any:
        """A response whose schema and examples are those of the media types that an operation produces."""
        if not isinstance(raw, dict) or "$ref" in raw:
            return raw
        examples = dict(mapping(raw.get("examples")))
        content: Members = {}
        if isinstance(raw.get("schema"), dict):
            for media_type in _media_types(holder, self.root, "produces") or [_JSON]:
                content[media_type] = {"schema": copied(raw["schema"])}
                if media_type in examples:
                    content[media_type]["example"] = examples.pop(media_type)
        for media_type in examples:
            message = f"the example in {media_type} is left out: the operation does not produce it"
            self.conversion.lose(f"{at}/examples/{escape(media_type)}", message)
        headers = {
            name: self._header(header, where) for name, header, where in items(raw.get("headers"), f"{at}/headers")
        }
        return {
            "description": text(raw.get("description")),
            **({"headers": headers} if headers else {}),
            **({"content": content} if content else {}),
            **extensions(raw),
        }

    def _header(self, raw: Any, at: str) -> Members:
        if not isinstance(raw, dict):
            return {"schema": {}}
        of_header, schema = self._schema_of(raw, at)
        self._style(raw, schema, "header", at)
        return {**present(description=raw.get("description")), "schema": schema, **of_header}

    # Servers

    def _servers(self, schemes: Iterable[Any]) -> list[Members]:
        """A server for each scheme, https first; the URL alone is relative if the document names no host."""
        written = {**self.root, "schemes": list(schemes)} if schemes else self.root
        try:
            url, notes = server_url(written)
        except Unusable as error:
            self.conversion.lose(f"/{error.member}", f"the server is left out: {error}")
            return [{"url": "/"}]
        for note in notes:
            if not note.usable:
                self.conversion.lose(f"/{note.member}", f"the host is left out: {note.message}")
        scheme, _, rest = url.partition("://")
        if rest.startswith("/") or not rest:
            return [{"url": rest or "/"}]
        names = [text(name).lower() for name in schemes]
        others = [name for name in dict.fromkeys(names) if name in ("http", "https") and name != scheme]
        for variable in re.findall(r"\{([^{}]*)\}", rest):
            message = f"the variable {variable!r} of the server has its own name for a default, which 3.0 demands"
            self.conversion.lose(
                "/basePath" if f"{{{variable}}}" in text(self.root.get("basePath")) else "/host", message
            )
        variables = {name: {"default": name} for name in re.findall(r"\{([^{}]*)\}", rest)}
        return [
            {"url": f"{name}://{rest}", **({"variables": variables} if variables else {})} for name in (scheme, *others)
        ]


def _media_types(holder: Mapping[str, Any], root: Mapping[str, Any], member: str) -> list[str]:
    value = holder.get(member, root.get(member))
    return [value] if isinstance(value, str) else [str(name) for name in array(value)]


def _respell(schema: Members) -> None:
    """Spell members of a schema as 3.0 does ("Schema Object")."""
    if schema.get("type") == "file":
        schema |= _BINARY
    if isinstance(schema.get("discriminator"), str):
        schema["discriminator"] = {"propertyName": schema["discriminator"]}
    if truth(schema.get("x-nullable")):
        del schema["x-nullable"]
        schema["nullable"] = True


def _scheme(raw: Any) -> Any:
    """A security scheme; the flow of oauth2 has a name of its own in 3.0."""
    if not isinstance(raw, dict):
        return raw
    description = present(description=raw.get("description"))
    if raw.get("type") == "basic":
        return {"type": "http", "scheme": "basic", **description, **extensions(raw)}
    if raw.get("type") != "oauth2":
        return raw
    written = raw.get("scopes")
    scopes = dict.fromkeys(map(str, written), "") if isinstance(written, list) else dict(mapping(written))
    flow = {
        **present(authorizationUrl=raw.get("authorizationUrl"), tokenUrl=raw.get("tokenUrl")),
        "scopes": scopes,
    }
    name = text(raw.get("flow"))
    return {"type": "oauth2", **description, "flows": {_FLOWS.get(name, name): flow}, **extensions(raw)}
