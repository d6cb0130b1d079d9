"""Servers of OpenAPI 3 ("Server Object", "Server Variable Object")."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from openconnectors.engine.documents.dialects.lowering import text
from openconnectors.engine.documents.dialects.openapi3.source import VersionedSource
from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.model import Server, ServerVariable
from openconnectors.engine.urls import document_path


def servers(source: VersionedSource, value: object, at: str) -> tuple[Server, ...]:
    """The servers of the document, a path item or an operation, listed at a pointer."""
    listed = source.sequence(value, at, "servers")
    return tuple(server(source, raw, f"{at}/{index}") for index, raw in enumerate(listed))


def root_servers(source: VersionedSource) -> tuple[Server, ...]:
    """The servers of the document; if it lists none, ``/`` ("OpenAPI Object", ``servers``)."""
    return servers(source, source.root.get("servers"), "/servers") or (Server(url="/"),)


def server(source: VersionedSource, value: object, at: str) -> Server:
    """The server of a node."""
    raw = source.node("server", value, at)
    url = raw.get("url")
    if not isinstance(url, str):
        raise source.refuse("a server needs its url as text", at, "server")
    variables = source.mapping(raw.get("variables"), f"{at}/variables", "variables")
    return Server(
        url=_located(source, url.strip(), at),
        name=text(raw.get("name")),
        description=text(raw.get("description")),
        at=at,
        variables={
            name: _variable(source, variable, f"{at}/variables/{escape(name)}") for name, variable in variables.items()
        },
    )


def _located(source: VersionedSource, url: str, at: str) -> str:
    """The URL of a server as a template; one that is relative to the place of the document is a path that begins with
    a slash, without dot segments (RFC 3986 section 5.2.4)."""
    if "?" in url or "#" in url:
        message = "the URL of a server has no query and no fragment; they are left out"
        source.note("server", message, f"{at}/url")
        url = url.partition("#")[0].partition("?")[0]
    if url.startswith("//"):
        url = f"https:{url}"
    scheme, separator, rest = url.rpartition("://")
    if not separator and not url.startswith("{"):
        path = urlsplit(urljoin("https://h/", url.replace("{", "%7B").replace("}", "%7D"))).path
        return document_path(path.replace("%7B", "{").replace("%7D", "}"), template=True).rstrip("/") or "/"
    host, slash, path = rest.partition("/")
    return f"{scheme}{separator}{host}{document_path(slash + path, template=True)}".rstrip("/")


def _variable(source: VersionedSource, value: object, at: str) -> ServerVariable:
    raw = source.mapping(value, at, "a server variable")
    allowed = source.sequence(raw.get("enum"), f"{at}/enum", "enum")
    return ServerVariable(
        default=None if raw.get("default") is None else str(raw["default"]),
        allowed=tuple(str(name) for name in allowed),
        description=text(raw.get("description")),
    )
