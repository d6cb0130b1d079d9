"""Servers of OpenAPI 3 ("Server Object", "Server Variable Object")."""

from __future__ import annotations

from openconnectors.engine.documents.dialects.lowering import text
from openconnectors.engine.documents.dialects.openapi3.source import VersionedSource
from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.model import Server, ServerVariable


def servers(source: VersionedSource, value: object, at: str) -> tuple[Server, ...]:
    """The servers of the document, a path item or an operation, listed at a pointer."""
    listed = source.sequence(value, at, "servers")
    return tuple(server(source, raw, f"{at}/{index}") for index, raw in enumerate(listed))


def root_servers(source: VersionedSource) -> tuple[Server, ...]:
    """The servers of the document; if it lists none, ``/`` ("OpenAPI Object", ``servers``)."""
    return servers(source, source.root.get("servers"), "/servers") or (Server(url=_located("/"), at=""),)


def server(source: VersionedSource, value: object, at: str) -> Server:
    """The server of a node."""
    raw = source.node("server", value, at)
    url = raw.get("url")
    if not isinstance(url, str):
        raise source.refuse("a server needs its url as text", at, "server")
    variables = source.mapping(raw.get("variables"), f"{at}/variables", "variables")
    return Server(
        url=_located(url.strip()),
        name=text(raw.get("name")),
        description=text(raw.get("description")),
        at=at,
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


def _variable(source: VersionedSource, value: object, at: str) -> ServerVariable:
    raw = source.mapping(value, at, "a server variable")
    allowed = source.sequence(raw.get("enum"), f"{at}/enum", "enum")
    return ServerVariable(
        default=None if raw.get("default") is None else str(raw["default"]),
        allowed=tuple(str(name) for name in allowed),
        description=text(raw.get("description")),
    )
