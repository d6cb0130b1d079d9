"""Metadata of connectors, and the display names of the values of an enum: extensions that are for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openconnectors.engine.deferred import pattern
from openconnectors.engine.errors import closest
from openconnectors.engine.lint.rules import Context, Finding
from openconnectors.engine.lint.table_extensions import check
from openconnectors.engine.lint.tree import Node, array

METADATA = "x-ms-connector-metadata"
_CATEGORIES = (
    "AI",
    "Business Intelligence",
    "Business Management",
    "Collaboration",
    "Commerce",
    "Communication",
    "Content and Files",
    "Data",
    "Finance",
    "Human Resources",
    "Internet of Things",
    "IT Operations",
    "Lifestyle and Entertainment",
    "Marketing",
    "Productivity",
    "Sales and CRM",
    "Security",
    "Social Media",
    "Website",
)


PROPERTIES = ("Website", "Privacy policy", "Categories")
"""The properties that a connector has, by their exact names."""


def metadata(context: Context) -> tuple[str, Mapping[str, tuple[str, str]]]:
    """The pointer of the metadata, and the pointer and value of each property by name."""
    root = context.tree.root
    in_info = METADATA in root.mapping("info")
    pointer = f"/{METADATA}" if root.has(METADATA) else f"/info/{METADATA}" if in_info else ""
    properties: dict[str, tuple[str, str]] = {}
    for index, item in enumerate(array(root.get(METADATA) or root.mapping("info").get(METADATA))):
        if isinstance(item, Mapping):
            value = str(item.get("propertyValue", ""))
            properties[str(item.get("propertyName"))] = f"{pointer}/{index}/propertyValue", value
    return pointer, properties


@check("metadata-missing")
def _missing(node: Node, context: Context) -> Iterator[Finding]:
    pointer, properties = metadata(context)
    written = {name.lower(): value for name, (_, value) in properties.items()}
    for name in PROPERTIES:
        if written.get(name.lower()) == "":
            at = next(at for known, (at, _) in properties.items() if known.lower() == name.lower())
            yield Finding(at, f"the {name!r} of the connector is empty")
        elif name.lower() not in written:
            yield Finding(pointer, f"the connector metadata has no {name!r}", key=True)


@check("metadata-name")
def _name(node: Node, context: Context) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, item in enumerate(node.array(METADATA)):
        name = item.get("propertyName") if isinstance(item, Mapping) else None
        if not isinstance(name, str):
            continue
        at = node.at(METADATA, index, "propertyName")
        if name not in PROPERTIES:
            yield Finding(at, f"{name!r} is not a property of a connector", suggestion=closest(name, PROPERTIES))
        elif name in seen:
            yield Finding(at, f"the property {name!r} is already there")
        seen.add(name)


_PAGE = pattern(r"https?://[^\s/]+\.[^\s]+\Z")


@check("metadata-url")
def _url(node: Node, context: Context) -> Iterator[Finding]:
    for name, (pointer, value) in metadata(context)[1].items():
        is_url = name.lower() in ("website", "privacy policy")
        if is_url and value.strip() and not _PAGE.match(value):
            yield Finding(pointer, f"{value!r} is not the absolute URL of a page")
    for index, item in enumerate(node.array("x-ms-docs")):
        url = item.get("url") if isinstance(item, Mapping) else None
        if isinstance(url, str) and not _PAGE.match(url):
            yield Finding(node.at("x-ms-docs", index, "url"), f"{url!r} is not the absolute URL of a page")


@check("metadata-category")
def _category(node: Node, context: Context) -> Iterator[Finding]:
    pointer, value = metadata(context)[1].get("Categories", ("", ""))
    seen: set[str] = set()
    for name in filter(None, map(str.strip, value.split(";"))):
        if name.lower() not in map(str.lower, _CATEGORIES):
            yield Finding(pointer, f"{name!r} is not a category", suggestion=closest(name, _CATEGORIES))
        if name.lower() in seen:
            yield Finding(pointer, f"the category {name!r} is there twice")
        seen.add(name.lower())


# Display names


def _labels(node: Node) -> list[tuple[int, Mapping[str, Any]]]:
    """The items of x-ms-enum-values that are mappings, with their indexes."""
    return [(index, item) for index, item in enumerate(node.array("x-ms-enum-values")) if isinstance(item, Mapping)]


@check("enum-label-twice")
def _label_twice(node: Node, context: Context) -> Iterator[Finding]:
    seen: list[Any] = []
    for index, item in _labels(node):
        if item.get("value") in seen:
            message = f"{item.get('value')!r} is already in x-ms-enum-values"
            yield Finding(node.at("x-ms-enum-values", index), message)
        seen.append(item.get("value"))
    names: set[str] = set()
    for index, item in _labels(node):
        name = item.get("displayName")
        if isinstance(name, str) and name.strip() and name in names:
            yield Finding(node.at("x-ms-enum-values", index, "displayName"), f"another value is called {name!r}, too")
        names.add(str(name))


@check("enum-label-unknown")
def _label_unknown(node: Node, context: Context) -> Iterator[Finding]:
    allowed = node.get("enum")
    labels = _labels(node)
    for index, item in labels if isinstance(allowed, list) else ():
        if item.get("value") not in (allowed or ()):
            yield Finding(node.at("x-ms-enum-values", index, "value"), f"{item.get('value')!r} is not in the enum")
    if labels and not node.has("enum") and not node.is_dynamic:
        yield Finding(node.at("x-ms-enum-values"), "x-ms-enum-values without an enum", key=True)


@check("enum-label-missing")
def _label_missing(node: Node, context: Context) -> Iterator[Finding]:
    for index, item in _labels(node):
        if not item.get("displayName"):
            steps = ("displayName",) if "displayName" in item else ()
            yield Finding(node.at("x-ms-enum-values", index, *steps), f"{item.get('value')!r} has no displayName")
