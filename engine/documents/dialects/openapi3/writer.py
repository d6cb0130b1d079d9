"""An operation as an OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.0), for judges that read nothing else.

Rule 1. What is written is the wire: methods and paths as policies leave them, schemas as ``json_schema`` writes them.

Rule 2. What 3.1 cannot say (nested lists in the query, tab-delimited lists), and what few judges read (objects, values
in a media type), is written as text or left out, so that a judge accepts more than the document, never less.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from openconnectors.engine.auth.schemes import SCHEMES
from openconnectors.engine.http import FRAMING
from openconnectors.engine.model import ANY, Encoding, MediaType, Operation, Parameter, Schema, Scheme
from openconnectors.engine.path_templates import expand, variables

JSON = "application/json"
COMPONENTS = "#/components/schemas/"
_STYLES = frozenset({"form", "spaceDelimited", "pipeDelimited"})
"""Styles of lists in the query and in forms that 3.1 has (section 4.8.12.3)."""
_TEXTS = frozenset({"label", "matrix", "cookie"})
"""Styles that are written as text here: those of the path, and that of 3.2."""
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
    """A document with one operation at ``method`` and ``path``, its responses left open. Its ``components/schemas`` are
    missing: they are what ``json_schema`` collects while it writes."""
    names = {name: variable_name(index) for index, name in enumerate(variables(path))}
    scheme_names = {name: f"scheme{index}" for index, name in enumerate(schemes)}  # 3.x allows fewer letters than 2.0
    written: dict[str, Any] = {
        "operationId": operation.id,
        "parameters": [
            _parameter(parameter, json_schema, resolve) for parameter in _placed(operation.parameters, names, resolve)
        ],
        "responses": {"default": {"description": "-"}},
        "security": [
            {scheme_names[name]: [] for name in alternative if name in schemes} for alternative in operation.security
        ],
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
        "paths": {expand(path, lambda name: f"{{{names[name]}}}"): {method.lower(): written}},
        "components": {"securitySchemes": {scheme_names[name]: _scheme(scheme) for name, scheme in schemes.items()}},
    }


def variable_name(index: int) -> str:
    """The name of a path variable, by its place in the path: documents name them in more letters than judges read."""
    return f"path{index}"


def _is_object(schema: Schema) -> bool:
    return "object" in schema.types or (not schema.types and bool(schema.properties))


def _is_scattered(parameter: Parameter, resolve: Resolve) -> bool:
    """Whether the value may be in pairs of other names than the parameter's."""
    if parameter.content:
        return False
    return parameter.style == "deepObject" or (parameter.explode and _is_object(resolve(parameter.schema)))


def _placed(parameters: tuple[Parameter, ...], names: Mapping[str, str], resolve: Resolve) -> list[Parameter]:
    """The parameters to write: path variables under their new names, those without a place left out, and those that
    policies have put into the path added."""
    declared = {parameter.name for parameter in parameters if parameter.location == "path"}
    elsewhere = {parameter.name: parameter for parameter in reversed(parameters)}
    moved = [
        replace(elsewhere.get(name) or Parameter(name=name, location="path", schema=ANY), location="path")
        for name in names
        if name not in declared
    ]
    placed = []
    for parameter in (*parameters, *moved):
        if parameter.location == "header" and parameter.name.lower() in _UNDECLARED:
            continue
        if parameter.location == "querystring" or (parameter.location == "query" and _is_scattered(parameter, resolve)):
            continue  # rule 2
        if parameter.location != "path":
            placed.append(parameter)
        elif parameter.name in names:
            placed.append(replace(parameter, name=names[parameter.name], required=True))
    return placed


def _parameter(parameter: Parameter, json_schema: JsonSchema, resolve: Resolve) -> dict[str, Any]:
    written: dict[str, Any] = {
        "name": parameter.name,
        "in": parameter.location,
        "required": parameter.required,
        "schema": _without_null(json_schema(parameter.schema)),
    }
    effective = resolve(parameter.schema)
    if parameter.content or parameter.style in _TEXTS or _is_object(effective):
        written["schema"] = {"type": "string"}  # rule 2
    elif "array" in effective.types:
        is_nested = _nested(effective, resolve)
        repeats = parameter.location in ("query", "cookie")  # where a name may be repeated
        if repeats and parameter.style in _STYLES and not is_nested:
            written |= {"style": parameter.style, "explode": parameter.explode}
        elif repeats and parameter.explode:
            written |= {"style": "form", "explode": True, "schema": {"type": "array", "items": {"type": "string"}}}
        elif parameter.style not in ("form", "simple") or parameter.explode or is_nested:
            written["schema"] = {"type": "string"}  # rule 2
    if parameter.allow_empty and parameter.location == "query":
        written["allowEmptyValue"] = True
    return written


def _nested(schema: Schema, resolve: Resolve) -> bool:
    """Whether a list has lists for items, whose delimiter 3.1 cannot say."""
    return schema.items is not None and "array" in resolve(schema.items).types


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a parameter, which cannot be null."""
    types = schema.get("type")
    if not isinstance(types, list):
        return schema
    remaining = [kind for kind in types if kind != "null"]
    others = {keyword: value for keyword, value in schema.items() if keyword != "type"}
    return {**others, "type": remaining[0]} if len(remaining) == 1 else others


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


def _scheme(scheme: Scheme) -> dict[str, Any]:
    row = SCHEMES.get(scheme.type)
    if row is not None and not row.http_name:
        return {"type": "apiKey", "name": scheme.parameter, "in": scheme.location}
    return {"type": "http", "scheme": row.http_name.lower() if row is not None else "bearer"}
