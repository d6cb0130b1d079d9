"""The connector as a whole: title, description, language, metadata."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from openconnectors.engine.lint.microsoft.limits import MAX_CATEGORIES, MAX_DESCRIPTION, MAX_TITLE, MIN_DESCRIPTION
from openconnectors.engine.lint.microsoft.table import check
from openconnectors.engine.lint.rules import Context, Finding
from openconnectors.engine.lint.tree import Node, array

_RESTRICTED = ("api", "connector", "power apps", "powerapps", "power automate", "microsoft", "copilot", "test")


@check("FieldLengthExceeded")
def _title_long(node: Node, context: Context) -> Iterator[Finding]:
    title = node.get("title")
    if isinstance(title, str) and len(title) > MAX_TITLE:
        yield Finding(node.at("title"), f"the title has {len(title)} characters; at most {MAX_TITLE} are allowed")


@check("FieldLengthNotInRange")
def _description_length(node: Node, context: Context) -> Iterator[Finding]:
    text = node.get("description")
    if isinstance(text, str) and not MIN_DESCRIPTION <= len(text) <= MAX_DESCRIPTION:
        bounds = f"{MIN_DESCRIPTION} to {MAX_DESCRIPTION}"
        message = f"the description has {len(text)} characters; {bounds} are required"
        yield Finding(node.at("description"), message)


@check("ValueContainsRestrictedWords")
def _restricted_words(node: Node, context: Context) -> Iterator[Finding]:
    title = node.get("title")
    for word in _RESTRICTED if isinstance(title, str) else ():
        if re.search(rf"(?i)\b{word}\b", str(title)):
            yield Finding(node.at("title"), f"the title contains the restricted word {word!r}")


@check("ValueMustEndWithAlphanumeric")
def _title_end(node: Node, context: Context) -> Iterator[Finding]:
    title = node.get("title")
    if isinstance(title, str) and title.strip() and not (title[-1].isalnum() or title[-1] == ")"):
        yield Finding(node.at("title"), f"the title ends with {title[-1]!r}")


@check("ValueMustBeInEnglish")
def _english(node: Node, context: Context) -> Iterator[Finding]:
    for name in ("title", "summary", "description", "x-ms-summary"):
        text = node.get(name)
        letters = [letter for letter in text if letter.isalpha()] if isinstance(text, str) else []
        # A few letters outside ASCII are names; more than a quarter are another script.
        if letters and sum(not letter.isascii() for letter in letters) > len(letters) / 4:
            yield Finding(node.at(name), f"{name!r} is not written in English letters")


_METADATA = "x-ms-connector-metadata"
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


def _metadata(context: Context) -> tuple[str, Mapping[str, tuple[str, str]]]:
    """The pointer of the metadata, and the pointer and value of each property by name."""
    root = context.tree.root
    pointer = f"/{_METADATA}" if root.has(_METADATA) else f"/info/{_METADATA}"
    properties: dict[str, tuple[str, str]] = {}
    for index, item in enumerate(array(root.get(_METADATA) or root.mapping("info").get(_METADATA))):
        if isinstance(item, Mapping):
            value = str(item.get("propertyValue", ""))
            properties[str(item.get("propertyName"))] = f"{pointer}/{index}/propertyValue", value
    return pointer, properties


@check("ConnectorMetadataPropertiesMissing")
def _metadata_missing(node: Node, context: Context) -> Iterator[Finding]:
    pointer, properties = _metadata(context)
    for name in ("Website", "Privacy policy", "Categories"):
        if not properties.get(name, ("", ""))[1]:
            yield Finding(pointer, f"the connector metadata has no {name!r}", key=True)


@check("InvalidConnectorCategory")
def _category(node: Node, context: Context) -> Iterator[Finding]:
    pointer, value = _metadata(context)[1].get("Categories", ("", ""))
    for name in filter(None, map(str.strip, value.split(";"))):
        if name.lower() not in map(str.lower, _CATEGORIES):
            yield Finding(pointer, f"{name!r} is not a category")


@check("TooManyConnectorCategories")
def _categories(node: Node, context: Context) -> Iterator[Finding]:
    pointer, value = _metadata(context)[1].get("Categories", ("", ""))
    count = len([name for name in value.split(";") if name.strip()])
    if count > MAX_CATEGORIES:
        yield Finding(pointer, f"the connector has {count} categories; at most {MAX_CATEGORIES} are allowed")
