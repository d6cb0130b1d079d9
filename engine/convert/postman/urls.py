"""The URL of a request: where its service is, its path as a template, its query."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from msgspec import Struct

from openconnectors.engine.convert.postman.collection import Saved, description_of, has_variable, rows_of, unused

_PARTS = re.compile(r"(?:([a-zA-Z][a-zA-Z0-9+.-]*)://)?([^/?#]*)([^?#]*)(?:\?([^#]*))?")
_ORIGIN = re.compile(r"(https?)://([^/?#@{}\s]+)", re.IGNORECASE)
_VARIABLE = re.compile(r"\{\{([^{}]*)\}\}")
_IN_PATH = re.compile(r"\{\{([^{}]*)\}\}|\{([^{}]+)\}")
_NAME = re.compile(r"[^A-Za-z0-9_.-]+")


class Row(Struct, frozen=True):
    """A parameter as a request has it. ``pointer`` is its place in the collection."""

    name: str
    value: str
    description: str
    is_enabled: bool
    pointer: str


class Target(Struct, frozen=True):
    """``base`` is the URL of the service, empty if the collection does not say it; ``path`` has ``{name}`` for each
    variable part, whose rows are ``variables``."""

    base: str
    path: str
    variables: tuple[Row, ...]
    query: tuple[Row, ...]


def target_of(saved: Saved) -> Target | None:
    """Where a request goes; None if it has no URL."""
    url, at = saved.request.get("url"), f"{saved.pointer}/request/url"
    parts = url if isinstance(url, Mapping) else {"raw": url or ""}
    if not isinstance(url, Mapping) or "host" not in parts:
        parts = {**parts, **_parts(str(parts.get("raw") or ""))}
    host = ".".join(map(str, parts["host"])) if isinstance(parts["host"], list) else str(parts["host"] or "")
    if not host:
        return None
    scheme, port = parts.get("protocol"), parts.get("port")
    base = saved.fill((f"{scheme}://" if scheme else "") + host + (f":{port}" if port else "")).strip()
    segments = parts.get("path") or []
    if isinstance(segments, str):
        segments = [segment for segment in segments.split("/") if segment]
    segments = [str(segment.get("value", "")) if isinstance(segment, Mapping) else str(segment) for segment in segments]
    while segments and _VARIABLE.fullmatch(segments[0]) and not has_variable(filled := saved.fill(segments[0])):
        base += f"/{filled}"  # a variable with a value before everything else: part of where the service is
        del segments[0]
    path, variables = _template(segments, saved, at, parts.get("variable"))
    return Target(_base(base), path, variables, written_rows(parts.get("query"), saved, f"{at}/query"))


def _parts(raw: str) -> dict[str, Any]:
    """The parts of a URL that is written as a text."""
    match = _PARTS.match(raw.strip())
    scheme, host, path, query = match.groups() if match is not None else (None, "", "", None)
    rows = []
    for part in (query or "").split("&"):
        name, _, value = part.partition("=")
        if name:
            rows.append({"key": unquote(name), "value": unquote(value.replace("+", " "))})
    return {"protocol": scheme, "host": host, "path": path, "query": rows}


def _base(text: str) -> str:
    """The URL of a service without a slash at its end; empty if it has variables without values."""
    text = text if "://" in text or has_variable(text) else f"http://{text}"  # as Postman does
    match = _ORIGIN.match(text)
    if match is None or has_variable(text):
        return ""
    return text.partition("?")[0].partition("#")[0].rstrip("/")


def _template(segments: list[str], saved: Saved, at: str, declared: object) -> tuple[str, tuple[Row, ...]]:
    """The path as a template, and its variables: ``:name`` is a whole segment, ``{{name}}`` may be a part of one, and
    so may ``{name}``, which people copy from documentation."""
    rows = {str(row.get("key") or row.get("id")): (index, row) for index, row in _variables(declared)}
    variables: dict[str, Row] = {}
    path = ""
    for segment in segments:
        if segment.startswith(":") and len(segment) > 1:
            index, row = rows.get(segment[1:], (-1, {}))
            name = _unused(segment[1:], variables)
            pointer = f"{at}/variable/{index}" if index >= 0 else at
            value, description = saved.fill(row.get("value")), description_of(row.get("description"))
            variables[name] = Row(name, value, description, True, pointer)
            path += f"/{{{name}}}"
            continue
        path, end = f"{path}/", 0
        for match in _IN_PATH.finditer(segment):
            name = _unused(match[1] or match[2], variables)
            variables[name] = Row(name, saved.variables.get((match[1] or "").strip(), ""), "", True, at)
            path += f"{_literal(segment[end : match.start()])}{{{name}}}"
            end = match.end()
        path += _literal(segment[end:])
    return path or "/", tuple(variables.values())


def _literal(text: str) -> str:
    return text.replace("{", "%7B").replace("}", "%7D")


def _variables(declared: object) -> list[tuple[int, Mapping[str, Any]]]:
    rows = declared if isinstance(declared, list) else []
    return [(index, row) for index, row in enumerate(rows) if isinstance(row, Mapping)]


def _unused(name: str, used: Mapping[str, object]) -> str:
    """The name of a variable as a template may have it, which no other variable of the path has."""
    return unused(_NAME.sub("_", name.strip()).strip("_") or "value", used)


def written_rows(raw: object, saved: Saved, at: str) -> tuple[Row, ...]:
    """The rows of a list of query parameters or header fields, which is at a pointer."""
    return tuple(
        Row(
            name,
            saved.fill(row.get("value")),
            description_of(row.get("description")),
            not row.get("disabled"),
            f"{at}/{index}",
        )
        for index, name, row in rows_of(raw)
    )
