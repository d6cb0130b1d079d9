"""Servers: their URLs, the variables in them, servers that are there twice."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from openconnectors.engine.deferred import pattern
from openconnectors.engine.errors import closest
from openconnectors.engine.lint.openapi3.metadata import is_uri
from openconnectors.engine.lint.openapi3.versions import OPENAPI3
from openconnectors.engine.lint.rules import Context, Finding, Rule
from openconnectors.engine.lint.table import RULES, check
from openconnectors.engine.lint.tree import Node, array, mapping
from openconnectors.engine.path_templates import expand, variables

# fmt: off
RULES.add(
    Rule("servers-empty", "warning", "document path operation", members="servers", versions=OPENAPI3,
         why="An empty list of servers is as none: calls go to / (OpenAPI Object).",
         fix="List the servers, or remove servers."),
    Rule("server-url", "error", "server", members="url", versions=OPENAPI3,
         why="A path is appended to the URL of a server: no query or fragment is in it (Server Object).",
         fix="Write scheme, host and path only; a query parameter is declared as a parameter."),
    Rule("server-relative", "warning", reported_by="server-url",
         why="A URL without a scheme is a path below the document's own address (Server Object).",
         fix="Begin it with https:// for another host, or with / for a path."),
    Rule("server-variable-twice", "error", reported_by="server-url",
         why="From OpenAPI 3.2 on a variable is in a URL once (Server Object).",
         fix="Use a second variable."),
    Rule("server-variable-unused", "warning", "server", members="variables", versions=OPENAPI3,
         why="A variable that the URL does not have is never used (Server Object).",
         fix="Put it into the URL, or remove it."),
    Rule("server-variable-value", "warning", "server", members="variables", versions=OPENAPI3,
         why="The values of a variable are a list of different texts (Server Variable Object).",
         fix="List each value once, or remove enum."),
    Rule("server-twice", "warning", "document path operation", members="servers", versions=OPENAPI3,
         why="Two servers with one URL, or one name, cannot be told apart (Server Object).",
         fix="Remove or rename one."),
)
# fmt: on


@check("servers-empty")
def _empty(node: Node, context: Context) -> Iterator[Finding]:
    if node.get("servers") == []:
        yield Finding(node.at("servers"), "there is no server in the list", key=True)


@check("server-url")
def _url(node: Node, context: Context) -> Iterator[Finding]:
    url, at = node.get("url"), node.at("url")
    if not isinstance(url, str):
        return
    literal = expand(url, lambda name: "0")
    names = variables(url)
    if "{" in literal or "}" in literal:
        yield Finding(at, f"the braces in {url!r} do not form variables")
    elif "?" in literal or "#" in literal:
        yield Finding(at, f"{url!r} has a {'query' if '?' in literal else 'fragment'}")
    elif not is_uri(literal.strip() or "/") or _lacks_host(literal):
        yield Finding(at, f"{url!r} is not a URL")
    elif not literal or _LIKE_HOST.match(literal) or _is_misspelled(urlsplit(literal).scheme):
        yield Finding(at, f"{url!r} does not begin with a scheme", rule="server-relative")
    if context.tree.version.startswith("3.2"):
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield Finding(at, f"the variable {{{name}}} is twice in the URL", rule="server-variable-twice")


_SCHEMES = ("http", "https", "ws", "wss")
_LIKE_HOST = pattern(r"(https?|wss?)\b(?!://)|[a-zA-Z][\w-]*(\.[\w-]+)*\.[a-zA-Z]{2,}(:\d+)?(/|\Z)")
"""Relative references that look like a host, or like a scheme that lacks a part of its end."""


def _is_misspelled(scheme: str) -> bool:
    return scheme not in ("", *_SCHEMES) and closest(scheme, _SCHEMES, 0.75) is not None


def _lacks_host(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in _SCHEMES and not parts.netloc


@check("server-variable-unused")
def _unused(node: Node, context: Context) -> Iterator[Finding]:
    url = node.get("url")
    if isinstance(url, str) and not variables(url):  # server-variable reports those beside others
        for name in node.mapping("variables"):
            yield Finding(node.at("variables", name), f"the URL has no variable {{{name}}}", key=True)


@check("server-variable-value")
def _value(node: Node, context: Context) -> Iterator[Finding]:
    for name, variable in node.mapping("variables").items():
        values = array(mapping(variable).get("enum"))
        if mapping(variable).get("enum") == [] and context.tree.version.startswith("3.0"):
            yield Finding(node.at("variables", name, "enum"), f"the variable {name!r} has no value")
        for index, value in enumerate(values):
            if value in values[:index]:
                yield Finding(node.at("variables", name, "enum", index), f"{value!r} is already in the list")


@check("server-twice")
def _twice(node: Node, context: Context) -> Iterator[Finding]:
    servers = [server if isinstance(server, dict) else {} for server in node.array("servers")]
    for index, server in enumerate(servers):
        for other in servers[:index]:
            if server.get("url") == other.get("url") and server.get("variables") == other.get("variables"):
                yield Finding(node.at("servers", index, "url"), f"{server.get('url')!r} is already in the list")
                break
            if server.get("name") is not None and server.get("name") == other.get("name"):
                yield Finding(node.at("servers", index, "name"), f"another server has the name {server['name']!r}")
                break
