"""A service written as an OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.0), of what really
travels: for judges that read no other dialect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from openconnectors.engine.auth.schemes import SCHEMES
from openconnectors.engine.http import FRAMING
from openconnectors.engine.model import ANY, Encoding, MediaType, Operation, Parameter, Schema, Scheme
from openconnectors.engine.path_templates import expand, variables

JSON = "application/json"
COMPONENTS = "#/components/schemas/"
_STYLES = frozenset({"form", "spaceDelimited", "pipeDelimited"})
"""Styles of lists in the query and in forms that 3.1 has (section 4.8.12.3)."""
_UNDECLARED = (FRAMING - {"cookie"}) | {"accept", "content-type", "authorization"}
"""Header parameters that 3.x says are ignored (section 4.8.12.2), and those that the transport fills in."""

JsonSchema = Callable[[Schema], dict[str, Any]]
Resolve = Callable[[Schema], Schema]


def write(
    operation: Operation,
    method: str,
    path: str,
    schemes: Mapping[str, Scheme],
    json_schema: JsonSchema,
    resolve: Resolve,
) -> dict[str, Any]:
    """A document with one operation at ``method`` and ``path``, without its ``components/schemas``: those are what
    ``json_schema`` collects while it writes. Of its answers it says nothing."""
    holes = {name: hole(index) for index, name in enumerate(variables(path))}
    path = expand(path, lambda name: f"{{{holes[name]}}}")
    declared = {one.name for one in operation.parameters if one.location == "path"}
    moved = [  # policies put arguments of other places into the path
        next((replace(one, location="path") for one in operation.parameters if one.name == name), None)
        or Parameter(name=name, location="path", schema=Schema())
        for name in holes
        if name not in declared
    ]
    names = {name: f"scheme{index}" for index, name in enumerate(schemes)}  # 3.x allows fewer letters than 2.0
    written: dict[str, Any] = {
        "operationId": operation.id,
        "parameters": [
            _parameter(
                replace(one, name=holes[one.name], required=True) if one.location == "path" else one,
                json_schema,
                resolve,
            )
            for one in (*operation.parameters, *moved)
            if not (one.location == "header" and one.name.lower() in _UNDECLARED)
            and (one.location != "path" or one.name in holes)
        ],
        "responses": {"default": {"description": "-"}},
        "security": [{names[name]: [] for name in one if name in schemes} for one in operation.security],
    }
    body = operation.request_body
    if body is not None:
        content = {
            media_type: _content(entry, media_type, json_schema, resolve) for media_type, entry in body.content.items()
        }
        if JSON not in content:  # what a judge cannot decode is given to it as JSON
            content[JSON] = _as_json(body.schemas(), json_schema, resolve)
        written["requestBody"] = {"required": body.required, "content": content}
    return {
        "openapi": "3.1.0",
        "info": {"title": operation.id, "version": "1"},
        "servers": [{"url": "/"}],
        "paths": {path: {method.lower(): written}},
        "components": {"securitySchemes": {names[name]: _scheme(one) for name, one in schemes.items()}},
    }


def hole(index: int) -> str:
    """The name of a value of the path, by its place there: documents name them in more letters than judges read."""
    return f"path{index}"


def _parameter(one: Parameter, json_schema: JsonSchema, resolve: Resolve) -> dict[str, Any]:
    written: dict[str, Any] = {
        "name": one.name,
        "in": one.location,
        "required": one.required,
        "schema": _without_null(json_schema(one.schema)),
    }
    effective = resolve(one.schema)
    if "array" in effective.types:
        by_name = one.location in ("query", "cookie")
        if by_name and one.style in _STYLES and not _nested(effective, resolve):
            written |= {"style": one.style, "explode": one.explode}
        elif by_name and one.explode:
            written |= {"style": "form", "explode": True, "schema": {"type": "array", "items": {"type": "string"}}}
        elif one.style not in ("form", "simple") or one.explode or _nested(effective, resolve):
            written["schema"] = {"type": "string"}  # a list in a style that 3.x has no word for
    if one.allow_empty and one.location == "query":
        written["allowEmptyValue"] = True
    return written


def _nested(schema: Schema, resolve: Resolve) -> bool:
    """Whether a list has lists for items, whose delimiter 3.x cannot say."""
    return schema.items is not None and "array" in resolve(schema.items).types


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a parameter, which cannot be null."""
    kinds = schema.get("type")
    if not isinstance(kinds, list):
        return schema
    left = [kind for kind in kinds if kind != "null"]
    rest = {name: one for name, one in schema.items() if name != "type"}
    return {**rest, "type": left[0]} if len(left) == 1 else rest


def _as_json(schemas: list[Schema], json_schema: JsonSchema, resolve: Resolve) -> dict[str, Any]:
    """The media type JSON of a body that is not declared in it: any of its schemas."""
    if len(schemas) == 1:
        return _content(MediaType(schema=schemas[0]), JSON, json_schema, resolve)
    entries = (MediaType(schema=schema) for schema in schemas)
    return {"schema": {"anyOf": [_content(entry, JSON, json_schema, resolve)["schema"] for entry in entries]}}


def _content(entry: MediaType, media_type: str, json_schema: JsonSchema, resolve: Resolve) -> dict[str, Any]:
    body = entry.schema or ANY
    effective = resolve(body)
    if media_type != "application/x-www-form-urlencoded":
        return {"schema": {} if effective.format in ("binary", "file") else json_schema(body)}
    encodings = {name: _encoding(entry, name, member, resolve) for name, member in effective.properties.items()}
    names = {name: encoding.name or name for name, encoding in encodings.items()}
    fields = {
        names[name]: member if not _nested(resolve(member), resolve) else Schema()
        for name, member in effective.properties.items()
    }
    schema = json_schema(body if not fields else Schema(types=("object",), properties=fields))
    schema["required"] = [names[name] for name in effective.required if name in names]
    written = {
        names[name]: {"style": encoding.style, "explode": encoding.explode}
        for name, encoding in encodings.items()
        if "array" in resolve(fields[names[name]]).types and encoding.style in _STYLES
    }
    return {"schema": schema, "encoding": written}


def _encoding(entry: MediaType, name: str, member: Schema, resolve: Resolve) -> Encoding:
    """How a field is written: as its media type says, else as its schema says."""
    by_schema = member.encoding or resolve(member).encoding or Encoding()
    encoding = entry.encoding.get(name, by_schema)
    return replace(encoding, name=encoding.name or by_schema.name)


def _scheme(one: Scheme) -> dict[str, Any]:
    row = SCHEMES.get(one.type)
    if row is not None and not row.http_name:
        return {"type": "apiKey", "name": one.parameter, "in": one.location}
    return {"type": "http", "scheme": row.http_name.lower() if row is not None else "bearer"}
