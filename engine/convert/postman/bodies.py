"""Bodies of saved requests and responses: their media types, schemas and examples, a row for each mode."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from openconnectors.engine.convert.postman.collection import Members, Report, Saved, description_of, rows_of
from openconnectors.engine.convert.postman.security import CREDENTIAL
from openconnectors.engine.convert.postman.shapes import Schema, Shape, merged, shape_of, text_schema, value_of

BINARY = "application/octet-stream"
_LANGUAGES = {
    "json": "application/json",
    "xml": "application/xml",
    "html": "text/html",
    "javascript": "text/javascript",
}
_BARE = "\ufdd0"  # stands for a variable outside a text, which is no JSON


class Body(Struct, frozen=True):
    """A body as a media type and what is known of its values. ``texts`` are the descriptions of members, ``example``
    is the value, None if there is none. ``schema`` is the whole schema of a body that is no JSON value."""

    media_type: str
    shape: Shape = Shape()
    schema: Schema | None = None
    example: Any = None
    required: bool = True


def request_body(saved: Saved, headers: Mapping[str, str], report: Report) -> Body | None:
    """The body of a saved request; None if it has none. ``headers`` are its header fields by lower-case name."""
    body, at = saved.request.get("body"), f"{saved.pointer}/request/body"
    if not isinstance(body, Mapping) or body.get("disabled") or not body.get("mode"):
        return None
    mode = str(body["mode"])
    row = MODES.get(mode)
    if row is None:
        report.lose(at, f"the body of mode {mode!r} is left out")
        return None
    return row(body.get(mode), body, saved, headers, report)


def text_body(text: str, media_type: str, at: str, report: Report) -> Body:
    """The body of a text; of JSON and XML the value tells the schema."""
    plain = media_type.partition(";")[0].strip().lower()
    if plain.endswith(("/json", "+json")) and text.strip():
        value = _json(text)
        if value is None and text.strip() != "null":
            report.guess(at, "the text is not JSON, so that every value is taken as valid")
            return Body(plain)
        return Body(plain, shape_of(_known(value)), example=None if _BARE in text or _holds(value) else value)
    if plain.startswith("text/") or plain.endswith(("/xml", "+xml")):
        return Body(plain, schema={"type": "string"}, example=None if "{{" in text else text)
    return Body(plain or BINARY, schema={"type": "string", "contentMediaType": plain or BINARY})


def _json(text: str) -> Any:
    """The value of a JSON text in which variables may stand for values; None if it is none."""
    for candidate in (text, _quoted(text)):
        try:
            return json.loads(candidate)
        except (ValueError, RecursionError):
            continue
    return None


def _quoted(text: str) -> str:
    """A text with variables outside texts written as texts, and without comments, which Postman allows."""
    written, inside, index = "", False, 0
    while index < len(text):
        if not inside and text.startswith("{{", index):
            end = text.find("}}", index)
            if end < 0:
                return text
            written, index = f'{written}"{_BARE}"', end + 2
            continue
        if not inside and text.startswith("//", index):
            end = text.find("\n", index)
            index = len(text) if end < 0 else end
            continue
        if not inside and text.startswith("/*", index):
            end = text.find("*/", index)
            index = len(text) if end < 0 else end + 2
            continue
        if inside and text[index] == "\\":
            written, index = written + text[index : index + 2], index + 2
            continue
        inside ^= text[index] == '"'
        written, index = written + text[index], index + 1
    return written


def _known(value: Any) -> Any:
    """A value in which what a variable stands for, of any type, is null."""
    if isinstance(value, dict):
        return {name: _known(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_known(inner) for inner in value]
    return None if value == _BARE else value


def _holds(value: Any) -> bool:
    """Whether a variable, or the value of a credential, is anywhere in a value."""
    if isinstance(value, dict):
        return any(_holds(inner) or (CREDENTIAL.search(str(name)) and inner) for name, inner in value.items())
    if isinstance(value, list):
        return any(map(_holds, value))
    return isinstance(value, str) and ("{{" in value or value == _BARE)


def _raw(text: object, body: Members, saved: Saved, headers: Mapping[str, str], report: Report) -> Body | None:
    text = saved.fill(text)
    if not text.strip():
        return None
    options = body.get("options")
    raw = options.get("raw") if isinstance(options, Mapping) else None
    language = raw.get("language") if isinstance(raw, Mapping) else None
    media_type, at = headers.get("content-type") or _LANGUAGES.get(str(language), ""), f"{saved.pointer}/request/body"
    if not media_type:
        media_type = "application/json" if text.lstrip()[:1] in "{[" else "text/plain"
        report.guess(at, f"the body has no media type; {media_type} is taken, by how it begins")
    return text_body(text, media_type, f"{at}/raw", report)


def _urlencoded(rows: object, body: Members, saved: Saved, headers: Mapping[str, str], report: Report) -> Body | None:
    return _form(rows, saved, "application/x-www-form-urlencoded")


def _form_data(rows: object, body: Members, saved: Saved, headers: Mapping[str, str], report: Report) -> Body | None:
    return _form(rows, saved, "multipart/form-data")


def _form(rows: object, saved: Saved, media_type: str) -> Body | None:
    """A form: a member for each name; one that occurs twice is a list."""
    texts: dict[str, list[str]] = {}
    members: dict[str, Schema] = {}
    example: dict[str, Any] = {}
    for _, name, row in rows_of(rows):
        texts.setdefault(name, []).append(saved.fill(row.get("value")) if row.get("type") != "file" else "")
        known = [text for text in texts[name] if "{{" not in text]
        schema = {"contentMediaType": BINARY} if row.get("type") == "file" else text_schema(known)
        values = [value_of(text, schema) for text in known if text] if row.get("type") != "file" else []
        if not row.get("disabled") and values and not CREDENTIAL.search(name):
            example[name] = values if len(texts[name]) > 1 else values[0]
        schema = {"type": "array", "items": schema} if len(texts[name]) > 1 else schema
        description = description_of(row.get("description"))
        members[name] = {**schema, "description": description} if description else schema
    if not members:
        return None
    return Body(media_type, schema={"type": "object", "properties": members}, example=example or None)


def _file(source: object, body: Members, saved: Saved, headers: Mapping[str, str], report: Report) -> Body | None:
    media_type = headers.get("content-type", BINARY).partition(";")[0].strip().lower()
    return Body(media_type, schema={"type": "string", "contentMediaType": media_type})


def _graphql(value: object, body: Members, saved: Saved, headers: Mapping[str, str], report: Report) -> Body | None:
    query = value.get("query") if isinstance(value, Mapping) else None
    schema = {"type": "object", "properties": {"query": {"type": "string"}, "variables": {"type": "object"}}}
    example = {"query": str(query)} if query and "{{" not in str(query) else None
    return Body("application/json", schema={**schema, "required": ["query"]}, example=example)


MODES: Mapping[str, Callable[[object, Members, Saved, Mapping[str, str], Report], Body | None]] = {
    "raw": _raw,
    "urlencoded": _urlencoded,
    "formdata": _form_data,
    "file": _file,
    "graphql": _graphql,
}
"""By mode of a body: what it is in OpenAPI."""


def content(bodies: list[Body]) -> dict[str, Any]:
    """The Content of bodies that may be sent, or may come: a media type each, with all that is known of it."""
    result: dict[str, Any] = {}
    for media_type in dict.fromkeys(body.media_type for body in bodies):
        same = [body for body in bodies if body.media_type == media_type]
        shape = merged(body.shape for body in same).schema()
        schemas = [body.schema for body in same if body.schema is not None]
        schema = _joined(schemas) if schemas else shape
        entry: dict[str, Any] = {"schema": schema} if schema else {}
        example = next((body.example for body in same if body.example is not None), None)
        result[media_type] = entry if example is None else {**entry, "example": example}
    return result


def _joined(schemas: list[Schema]) -> Schema:
    """The schema of forms with the members of all; another is that of the first."""
    first = schemas[0]
    if "properties" not in first:
        return first
    members: dict[str, Schema] = {}
    for schema in reversed(schemas):
        members |= schema.get("properties", {})
    order = dict.fromkeys(name for schema in schemas for name in schema.get("properties", {}))
    return {**first, "properties": {name: members[name] for name in order}}
