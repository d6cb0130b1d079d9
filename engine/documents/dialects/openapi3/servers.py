"""Servers of OpenAPI 3 ("Server Object", "Server Variable Object")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openconnectors.engine.documents.dialects.lowering import Source, text
from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.model import Server, ServerVariable


def servers(source: Source, holder: Mapping[str, Any], at: str) -> tuple[Server, ...]:
    """The servers of the document, a path item or an operation; the document without any has ``/``."""
    listed = source.sequence(holder.get("servers"), f"{at}/servers", "servers")
    lowered = tuple(_server(source, raw, f"{at}/servers/{index}") for index, raw in enumerate(listed))
    return lowered or ((Server(url=_located("/")),) if not at else ())


def _server(source: Source, value: object, at: str) -> Server:
    raw = source.mapping(value, at, "a server")
    url = raw.get("url")
    if not isinstance(url, str):
        raise source.refuse("a server needs its url as text", at, "server")
    variables = source.mapping(raw.get("variables"), f"{at}/variables", "variables")
    return Server(
        url=_located(url.strip()),
        description=text(raw.get("description")),
        variables={
            name: _variable(source, variable, f"{at}/variables/{escape(name)}") for name, variable in variables.items()
        },
    )


def _located(url: str) -> str:
    """The URL of a server; one that is relative to the place of the document has an empty host, as the document is a
    file: the caller names the host."""
    if "://" in url or url.startswith("{"):
        return url.rstrip("/") if url.count("/") > 2 else url
    path = url if url.startswith("/") else f"/{url.removeprefix('./')}"
    return "https://" + path.rstrip("/")


def _variable(source: Source, value: object, at: str) -> ServerVariable:
    raw = source.mapping(value, at, "a server variable")
    allowed = source.sequence(raw.get("enum"), f"{at}/enum", "enum")
    return ServerVariable(
        default=None if raw.get("default") is None else str(raw["default"]),
        allowed=tuple(str(name) for name in allowed),
        description=text(raw.get("description")),
    )
