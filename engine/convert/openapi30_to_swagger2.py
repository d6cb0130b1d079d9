"""OpenAPI 3.0 to Swagger 2.0: a body becomes a parameter or form fields, media types go to ``consumes`` and
``produces``, the first server becomes host and base path."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from openconnectors.engine.auth.schemes import SCHEMES
from openconnectors.engine.convert.conversion import (
    Conversion,
    Members,
    declared,
    items,
    present,
    reordered,
)
from openconnectors.engine.documents.dialects.lowering import extensions, text, truth
from openconnectors.engine.documents.dialects.openapi3.content import IGNORED_HEADERS
from openconnectors.engine.documents.dialects.swagger2.operations import METHODS
from openconnectors.engine.documents.pointers import escape, pointer_steps
from openconnectors.engine.lint.tree import Node, array, mapping

_ORDER = ("swagger", "info", "host", "basePath", "schemes", "consumes", "produces", "security", "tags", "paths",
          "definitions", "parameters", "responses", "securityDefinitions", "externalDocs")  # fmt: skip
_FORM, _MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
_REFERENCES = {
    "#/components/schemas/": "#/definitions/",
    "#/components/parameters/": "#/parameters/",
    "#/components/responses/": "#/responses/",
}
_FORMATS: Mapping[tuple[str, str, bool], str] = {
    ("query", "form", False): "csv",
    ("query", "form", True): "multi",
    ("query", "spaceDelimited", False): "ssv",
    ("query", "pipeDelimited", False): "pipes",
    ("path", "simple", False): "csv",
    ("path", "simple", True): "csv",
    ("header", "simple", False): "csv",
    ("header", "simple", True): "csv",
}
"""The ``collectionFormat`` of a list, by location, style and ``explode``."""
_FLOWS = {"authorizationCode": "accessCode", "clientCredentials": "application"}
_SIMPLE = (
    "type", "format", "default", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength", "minLength",
    "pattern", "maxItems", "minItems", "uniqueItems", "enum", "multipleOf", "items",
)  # fmt: skip
"""What a parameter beside the body, or a header, can say of its value ("Parameter Object")."""
_SCHEMA_ONLY_3 = ("oneOf", "anyOf", "not", "writeOnly", "deprecated")


def apply(conversion: Conversion) -> None:
    """Make an OpenAPI 3.0 tree one of Swagger 2.0."""
    _Step(conversion).apply()


class _Step(Struct, dict=True):
    conversion: Conversion

    def __post_init__(self) -> None:
        self.root: Members = self.conversion.root
        components = self.root.get("components")
        self.components: Members = components if isinstance(components, dict) else {}

    def apply(self) -> None:
        tree = self.conversion.tree()
        for node in tree["schema"]:
            if isinstance(node.value, dict) and "$ref" not in node.value:
                self._schema(node)
        for name in ("links", "callbacks"):
            for _, _, at in items(self.components.get(name), f"/components/{name}"):
                self.conversion.lose(at, f"{name} are left out: 2.0 has none")
        paths = self._paths()
        parts: Members = {
            "definitions": dict(mapping(self.components.get("schemas"))),
            "parameters": {
                name: self._parameter(raw, at)
                for name, raw, at in items(self.components.get("parameters"), "/components/parameters")
                if self._can_be(mapping(raw), at)
            },
            "responses": {
                name: self._response(raw, at)[0]
                for name, raw, at in items(self.components.get("responses"), "/components/responses")
            },
            "securityDefinitions": dict(self._schemes()),
        }
        self._security(self.root, "", parts["securityDefinitions"])
        for node in tree["operation"]:
            self._security(node.value, node.pointer, parts["securityDefinitions"])
        kept = {name: value for name, value in self.root.items() if name not in ("openapi", "servers", "components")}
        self.conversion.root = {
            **kept,
            "swagger": "2.0",
            **_server(self.conversion),
            "paths": paths,
            **{name: part for name, part in parts.items() if part},
        }
        self._move_references()
        self.conversion.root = reordered(self.conversion.root, _ORDER)

    # Schemas and references

    def _schema(self, node: Node) -> None:
        schema = node.value
        self.conversion.drop(node, _SCHEMA_ONLY_3, "2.0")
        if truth(schema.pop("nullable", None)):
            schema["x-nullable"] = True
        discriminator = schema.get("discriminator")
        if isinstance(discriminator, Mapping):
            schema["discriminator"] = text(discriminator.get("propertyName"))
            for value, reference, at in items(discriminator.get("mapping"), node.at("discriminator", "mapping")):
                steps = pointer_steps(text(reference)) or [text(reference)]
                if steps[-1] != value:
                    message = f"the discriminator value {value!r} is left out: in 2.0 it is the name of the definition"
                    self.conversion.lose(at, message)

    def _move_references(self) -> None:
        for holder, reference in self.conversion.references():
            for old, new in _REFERENCES.items():
                if reference.startswith(old):
                    holder["$ref"] = new + reference.removeprefix(old)

    # Operations

    def _paths(self) -> Members:
        paths = self.root.get("paths")
        for _, item, at in declared(paths, "/paths"):
            if isinstance(item, dict):
                self._path_item(item, at)
        return paths if isinstance(paths, dict) else {}

    def _path_item(self, item: Members, at: str) -> None:
        for name in ("summary", "description", "servers", "trace"):
            if name in item:
                del item[name]
                self.conversion.lose(f"{at}/{name}", f"{name} of a path is left out: 2.0 has none")
        if isinstance(item.get("parameters"), list):
            item["parameters"] = self._parameters(item["parameters"], f"{at}/parameters")
        for method in METHODS:
            if isinstance(item.get(method), dict):
                self._operation(item[method], f"{at}/{method}")

    def _operation(self, operation: Members, at: str) -> None:
        for name in ("callbacks", "servers"):
            if operation.pop(name, None):
                self.conversion.lose(f"{at}/{name}", f"{name} of an operation are left out: 2.0 has none")
        parameters = self._parameters(array(operation.pop("parameters", None)), f"{at}/parameters")
        body = self.conversion.target(operation.pop("requestBody", None))
        if isinstance(body, Mapping):
            consumes, listed = self._body(body, f"{at}/requestBody")
            parameters += listed
            operation["consumes"] = consumes
        if parameters:
            operation["parameters"] = parameters
        produces: dict[str, None] = {}
        responses: Members = operation.get("responses") or {}
        for status, raw, response_at in declared(responses, f"{at}/responses"):
            if "$ref" in raw:
                produces |= dict.fromkeys(mapping(mapping(self.conversion.target(raw)).get("content")))
                continue
            if re.fullmatch(r"[1-5]XX", str(status)):
                self.conversion.lose(response_at, f"the range {status} is kept as a key that 2.0 does not have")
            responses[status], media_types = self._response(raw, response_at)
            produces |= dict.fromkeys(media_types)
        if produces:
            operation["produces"] = list(produces)

    def _parameters(self, listed: list[Any], at: str) -> list[Any]:
        parameters = []
        for index, raw in enumerate(listed):
            target = self.conversion.target(raw)
            if isinstance(target, Mapping) and self._can_be(target, f"{at}/{index}"):
                parameters.append(self._parameter(raw, f"{at}/{index}"))
        return parameters

    def _can_be(self, raw: Mapping[str, Any], at: str) -> bool:
        """Whether 2.0 has such a parameter; it is reported if not. Those that 3.0 ignores would have an effect."""
        if raw.get("in") == "header" and text(raw.get("name")).lower() in IGNORED_HEADERS:
            return False
        if raw.get("in") in ("path", "query", "header"):
            return True
        self.conversion.lose(at, f"the {raw.get('in')} parameter {raw.get('name')!r} is left out: 2.0 has none")
        return False

    def _parameter(self, raw: Members, at: str) -> Members:
        if "$ref" in raw:
            return raw
        location = text(raw.get("in"))
        parameter = {
            **present(name=raw.get("name"), in_=location, description=raw.get("description")),
            **({"required": True} if truth(raw.get("required")) else {}),
            **({"allowEmptyValue": True} if truth(raw.get("allowEmptyValue")) else {}),
        }
        for name in ("content", "allowReserved", "deprecated"):
            if raw.get(name):
                self.conversion.lose(f"{at}/{name}", f"{name} of a parameter is left out: 2.0 has none")
        schema = {"type": "string"} if "content" in raw else self._value(raw.get("schema"), f"{at}/schema")
        return {**parameter, **schema, **self._collection_format(raw, schema, location, at), **extensions(raw)}

    def _value(self, schema: Any, at: str) -> Members:
        """The members of a parameter or header that stand for its schema."""
        target = mapping(self.conversion.target(schema))
        if target.get("type") == "object" or "properties" in target or "allOf" in target:
            self.conversion.lose(at, "the value is an object, which 2.0 has in bodies only; it is a text now")
            return {"type": "string"}
        value = {name: target[name] for name in _SIMPLE if name in target} | extensions(target)
        if "items" in value:
            value["items"] = self._value(value["items"], f"{at}/items")
        return {"type": "string", **value} if "type" not in value else value

    def _collection_format(self, raw: Mapping[str, Any], schema: Members, location: str, at: str) -> Members:
        style = text(raw.get("style")) or ("form" if location == "query" else "simple")
        explode = truth(raw.get("explode", style == "form"))
        is_list = schema.get("type") == "array"
        collection_format = _FORMATS.get((location, style, explode))
        if collection_format is None and (is_list or style not in ("form", "simple")):
            self.conversion.lose(f"{at}/style", f"the style {style} is left out: 2.0 has no word for it")
        return {"collectionFormat": collection_format} if is_list and collection_format else {}

    # Bodies and responses

    def _body(self, body: Mapping[str, Any], at: str) -> tuple[list[str], list[Members]]:
        """The media types and the parameters of a body: one ``in: body``, or form fields."""
        content = mapping(body.get("content"))
        if not content:
            return [], []
        chosen, entry = next(iter(content.items()))
        same = [name for name, other in content.items() if other.get("schema") == mapping(entry).get("schema")]
        for name in content:
            if name not in same:
                message = f"the body in {name} is left out: 2.0 has one schema for all media types"
                self.conversion.lose(f"{at}/content/{escape(name)}", message)
        entry_at = f"{at}/content/{escape(chosen)}"
        if chosen in (_FORM, _MULTIPART):
            return same, self._fields(mapping(entry), entry_at, required=truth(body.get("required")))
        schema = mapping(entry).get("schema", {})
        parameter = {
            "name": body.get("x-bodyName", "body"),
            "in": "body",
            **present(description=body.get("description")),
            **({"required": True} if truth(body.get("required")) else {}),
            "schema": schema,
            **{name: value for name, value in extensions(body).items() if name != "x-bodyName"},
        }
        return same, [parameter]

    def _fields(self, entry: Mapping[str, Any], at: str, *, required: bool) -> list[Members]:
        schema = mapping(self.conversion.target(entry.get("schema")))
        names = array(schema.get("required"))
        if names and not required:
            message = "the fields that a body needs, if there is one, may be left out now: 2.0 has no form as a whole"
            self.conversion.lose(f"{at}/schema/required", message)
            names = []
        encoding = mapping(entry.get("encoding"))
        fields = []
        for name, raw, field_at in items(schema.get("properties"), f"{at}/schema/properties"):
            target = mapping(self.conversion.target(raw))
            is_file = target.get("format") == "binary" or mapping(target.get("items")).get("format") == "binary"
            if is_file and target.get("type") == "array":
                self.conversion.lose(field_at, "the list of files is one file now: 2.0 has no lists of files")
            value = {"type": "file", **extensions(target)} if is_file else self._value(raw, field_at)
            style = mapping(encoding.get(name))
            for member in ("contentType", "headers", "allowReserved"):
                if style.get(member):
                    place = f"{at}/encoding/{escape(name)}/{member}"
                    self.conversion.lose(place, f"{member} of a field is left out: 2.0 has none")
            fields.append(
                {
                    "name": name,
                    "in": "formData",
                    **present(description=target.get("description")),
                    **({"required": True} if name in names else {}),
                    **value,
                    **self._collection_format(style, value, "query", f"{at}/encoding/{escape(name)}"),
                }
            )
        return fields

    def _response(self, raw: Any, at: str) -> tuple[Any, list[str]]:
        """A response, and the media types that it comes in."""
        if not isinstance(raw, Mapping) or "$ref" in raw:
            return raw, []
        if raw.get("links"):
            self.conversion.lose(f"{at}/links", "links of a response are left out: 2.0 has none")
        content = mapping(raw.get("content"))
        schemas = [mapping(entry).get("schema") for entry in content.values()]
        schema = next((schema for schema in schemas if schema is not None), None)
        for name, other in zip(content, schemas, strict=True):
            if other is not None and other != schema:
                message = f"the schema of the response in {name} is left out: 2.0 has one for all media types"
                self.conversion.lose(f"{at}/content/{escape(name)}/schema", message)
        if mapping(self.conversion.target(schema)).get("format") == "binary":
            schema = {"type": "file"}
        examples = {name: value for name, entry in content.items() if (value := _example(mapping(entry))) is not None}
        headers = {
            name: self._header(header, where) for name, header, where in items(raw.get("headers"), f"{at}/headers")
        }
        response = {
            "description": text(raw.get("description")),
            **present(schema=schema),
            **({"headers": headers} if headers else {}),
            **({"examples": examples} if examples else {}),
            **extensions(raw),
        }
        return response, list(content)

    def _header(self, raw: Any, at: str) -> Members:
        header = mapping(self.conversion.target(raw))
        value = self._value(header.get("schema", {}), f"{at}/schema")
        return {**present(description=header.get("description")), **value, **extensions(header)}

    # Security and servers

    def _schemes(self) -> list[tuple[str, Members]]:
        schemes = []
        for name, raw, at in items(self.components.get("securitySchemes"), "/components/securitySchemes"):
            scheme = self._scheme(mapping(self.conversion.target(raw)), at)
            if scheme is not None:
                schemes.append((name, scheme))
        return schemes

    def _scheme(self, raw: Mapping[str, Any], at: str) -> Members | None:
        common = {**present(description=raw.get("description")), **extensions(raw)}
        kind, name = text(raw.get("type")), text(raw.get("scheme")).lower()
        row = next((row for row in SCHEMES.values() if row.http_name.lower() == name and row.base), None)
        if kind == "http" and name == "basic":
            return {"type": "basic", **common}
        if kind == "http" and row is not None:  # 2.0 has no word for it: x-connector-scheme has
            place = {"name": "Authorization", "in": "header"} if row.base == "apiKey" else {}
            return {"type": row.base, **place, "x-connector-scheme": row.name, **common}
        if kind == "apiKey" and raw.get("in") in ("header", "query"):
            return {"type": "apiKey", **present(name=raw.get("name"), in_=raw.get("in")), **common}
        flows = list(items(raw.get("flows"), f"{at}/flows"))
        if kind != "oauth2" or not flows:
            what = f"{kind} {name}".strip() + (f" in {raw['in']}" if raw.get("in") else "")
            self.conversion.lose(at, f"the security scheme is left out: 2.0 has no {what}")
            return None
        chosen, flow, _ = flows[0]
        for other, _, flow_at in flows[1:]:
            self.conversion.lose(flow_at, f"the flow {other} is left out: a scheme of 2.0 has one")
        if mapping(flow).get("refreshUrl"):
            self.conversion.lose(f"{at}/flows/{chosen}/refreshUrl", "refreshUrl is left out: 2.0 has none")
        members = {name: mapping(flow)[name] for name in ("authorizationUrl", "tokenUrl") if name in mapping(flow)}
        scopes = dict(mapping(mapping(flow).get("scopes")))
        return {"type": "oauth2", "flow": _FLOWS.get(chosen, chosen), **members, "scopes": scopes, **common}

    def _security(self, holder: Members, at: str, schemes: Mapping[str, Any]) -> None:
        """Leave out the alternatives that need a scheme that is left out."""
        listed = holder.get("security")
        if not isinstance(listed, list):
            return
        kept = [alternative for alternative in listed if set(mapping(alternative)) <= set(schemes)]
        if len(kept) < len(listed):
            self.conversion.lose(f"{at}/security", "an alternative of security is left out with its scheme")
            holder["security"] = kept


def _server(conversion: Conversion) -> Members:
    """Host, base path and schemes of the first server, its variables filled in by their defaults."""
    servers = array(conversion.root.get("servers"))
    if not servers:
        return {}
    for index in range(1, len(servers)):
        conversion.lose(f"/servers/{index}", "the server is left out: 2.0 has one")
    url = text(mapping(servers[0]).get("url"))
    for name, variable, at in items(mapping(servers[0]).get("variables"), "/servers/0/variables"):
        default = text(mapping(variable).get("default"))
        if default == name:  # no value, only what 3.0 demands: the connection gives it
            continue
        url = url.replace(f"{{{name}}}", default)
        conversion.lose(at, f"the variable {name!r} of the server is its default now: 2.0 has none")
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    return {
        **({"host": parts.netloc} if parts.netloc else {}),
        **({"basePath": path} if path else {}),
        **({"schemes": [parts.scheme]} if parts.scheme else {}),
    }


def _example(entry: Mapping[str, Any]) -> Any:
    """The example of a media type, or the first of several; None if there is none."""
    if "example" in entry:
        return entry["example"]
    first = next(iter(mapping(entry.get("examples")).values()), None)
    return mapping(first).get("value")
