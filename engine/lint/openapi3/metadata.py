"""What says who offers the service and how the document is organized: URIs, licenses, tags, extensions' names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from openconnectors.engine.deferred import pattern
from openconnectors.engine.documents.dialects.openapi3.schemas import is_known_dialect, unknown_dialect
from openconnectors.engine.documents.pointers import escape, join_file
from openconnectors.engine.errors import closest
from openconnectors.engine.lint.openapi3.versions import OPENAPI3
from openconnectors.engine.lint.rules import Context, Finding, Rule
from openconnectors.engine.lint.table import RULES, check
from openconnectors.engine.lint.tree import Node

# fmt: off
RULES.add(
    Rule("uri-invalid", "error", "document info example", versions=OPENAPI3,
         members="$self jsonSchemaDialect termsOfService externalValue",
         why="Only a URI can be looked up (RFC 3986).",
         fix="Write a URI; percent-encode what it cannot have."),
    Rule("url-relative", "warning", "contact license external-docs", members="url", versions=OPENAPI3,
         why="A URL without a scheme is looked for below the document's own address (Relative References).",
         fix="Begin it with https://."),
    Rule("license-expression", "warning", "license", members="identifier", versions="3.1 3.2",
         why="An identifier is an expression of the SPDX list of licenses (License Object).",
         fix="Write an SPDX identifier, for example Apache-2.0, or use url."),
    Rule("tag-parent", "error", "tag", members="parent", versions="3.2",
         why="A parent is a tag of the document, and no tag is above itself (Tag Object).",
         fix="Name another tag, or add it."),
    Rule("extension-reserved", "warning", "document", versions="3.1 3.2",
         why="Extensions that begin with x-oai- or x-oas- are reserved for the OpenAPI Initiative (Specification "
             "Extensions).",
         fix="Use another prefix."),
)
# fmt: on

_URI = pattern(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2}|[^\x00-\x7f])*\Z")
"""The characters of a URI reference (RFC 3986, appendix A), and those of an IRI, which clients encode."""


def is_uri(text: str) -> bool:
    """Return True for a URI or a relative reference."""
    if not text.strip() or not _URI.match(text):
        return False
    try:
        parts = urlsplit(text)
        return parts.port is None or bool(parts.hostname)
    except ValueError:
        return False


@check("uri-invalid")
def _uri(node: Node, context: Context) -> Iterator[Finding]:
    for name in ("$self", "jsonSchemaDialect", "termsOfService", "externalValue"):
        text = node.get(name)
        if not isinstance(text, str):
            continue
        if not is_uri(text):
            yield Finding(node.at(name), f"{text!r} is not a valid URI")
        elif name == "jsonSchemaDialect" and not urlsplit(text).scheme:
            yield Finding(node.at(name), f"{text!r} is a relative reference, not a URI")
        elif name == "jsonSchemaDialect" and not is_known_dialect(text):
            yield Finding(node.at(name), unknown_dialect(text), rule="schema-dialect")


_LIKE_HOST = pattern(r"www\.|[a-zA-Z][\w-]*(\.[\w-]+)+(:\d+)?/|[a-zA-Z][\w-]*(\.[\w-]+)*\.[\w-]+\.[a-zA-Z]{2,}\Z")
"""Relative references that look like a host: with a path, or with two dots, as files seldom have."""


@check("url-relative")
def _relative(node: Node, context: Context) -> Iterator[Finding]:
    url = node.get("url")
    if isinstance(url, str) and _LIKE_HOST.match(url):
        yield Finding(node.at("url"), f"{url!r} does not begin with a scheme", suggestion=f"https://{url}")


_LICENSE = pattern(r"\(*\s*[A-Za-z0-9.:+-]+\s*\)*(\s+(AND|OR|WITH)\s+\(*\s*[A-Za-z0-9.:+-]+\s*\)*)*\Z", re.IGNORECASE)


@check("license-expression")
def _license(node: Node, context: Context) -> Iterator[Finding]:
    text = node.get("identifier")
    if isinstance(text, str) and not _LICENSE.match(text):
        yield Finding(node.at("identifier"), f"{text!r} is not an SPDX license expression")


@check("tag-parent")
def _parent(node: Node, context: Context) -> Iterator[Finding]:
    tags = {str(tag.get("name")): tag for tag in context.tree["tag"]}
    name = node.get("parent")
    if not isinstance(name, str):
        return
    if name not in tags:
        yield Finding(node.at("parent"), f"there is no tag {name!r}", suggestion=closest(name, tags))
        return
    passed = {str(node.get("name"))}
    while isinstance(name, str) and name in tags:
        if name in passed:
            if name == node.get("name"):
                yield Finding(node.at("parent"), f"the tag {name!r} is above itself")
            return
        passed.add(name)
        name = tags[name].get("parent")


_RESERVED = ("x-oai-", "x-oas-")


@check("extension-reserved")
def _reserved(node: Node, context: Context) -> Iterator[Finding]:
    for name, file in context.document.parts().items():
        if not any(prefix in source.text for source in file.sources for prefix in _RESERVED):
            continue
        waiting: list[tuple[str, object]] = [("", file.root)]
        while waiting:
            pointer, value = waiting.pop()
            if isinstance(value, list):
                waiting += [(f"{pointer}/{index}", item) for index, item in enumerate(value)]
            for key, inner in value.items() if isinstance(value, Mapping) else ():
                at = f"{pointer}/{escape(key)}"
                waiting.append((at, inner))
                if key.startswith(_RESERVED):
                    message = f"names such as {key!r} are reserved for the OpenAPI Initiative"
                    yield Finding(join_file(name, at), message, key=True)
