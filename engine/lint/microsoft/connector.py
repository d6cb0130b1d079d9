"""The connector as a whole: title, description, language, metadata."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from openconnectors.engine.deferred import pattern
from openconnectors.engine.lint.metadata import PROPERTIES, metadata
from openconnectors.engine.lint.microsoft.limits import MAX_CATEGORIES, MAX_DESCRIPTION, MAX_TITLE, MIN_DESCRIPTION
from openconnectors.engine.lint.microsoft.table import check
from openconnectors.engine.lint.rules import Context, Finding
from openconnectors.engine.lint.tree import Node

_PRODUCTS = (
    *("power apps", "powerapps", "power automate", "power platform", "power bi", "powerbi", "power pages"),
    *("power virtual agents", "copilot studio", "logic apps", "dataverse"),
)
_IN_DESCRIPTION = ("api",)
_RESTRICTED = ("api", "connector", "microsoft", "copilot", "test", *_PRODUCTS)
"""Words that the title may not contain; those that the description of the connector may not, and that no text may."""


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
    for name in ("title", "description", "summary", "x-ms-summary"):
        text = node.get(name)
        words = _RESTRICTED if name == "title" else (*_IN_DESCRIPTION, *_PRODUCTS) if node.kind == "info" else _PRODUCTS
        for word in words if isinstance(text, str) else ():
            if re.search(rf"(?i)\b{word}\b", str(text)):
                yield Finding(node.at(name), f"the {name} contains the restricted word {word!r}")


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


@check("connector-description")
def _no_description(node: Node, context: Context) -> Iterator[Finding]:
    if not node.has("description"):
        yield Finding(node.pointer, "the connector has no description", key=True)


@check("contact-incomplete")
def _contact(node: Node, context: Context) -> Iterator[Finding]:
    contact = node.get("contact")
    if not isinstance(contact, Mapping):
        yield Finding(node.pointer, "the connector has no contact", key=True)
        return
    for name in ("name", "url", "email"):
        if not contact.get(name):
            yield Finding(node.at("contact"), f"the contact has no {name}", key=True)


@check("host-missing")
def _no_host(node: Node, context: Context) -> Iterator[Finding]:
    policies = context.service.policies if context.service is not None else ()
    if context.tree.swagger2 and not node.has("host") and not any("host" in use.template for use in policies):
        yield Finding(node.pointer, "the connector has no host", key=True)


_STAGES = frozenset(("dev", "development", "test", "testing", "staging", "stage", "uat", "qa", "localhost", "ngrok"))

_PRIVATE = pattern(r"(127|10|192\.168|172\.(1[6-9]|2\d|3[01]))(\.\d+)+\Z")  # RFC 1918, and the machine itself


@check("host-staging")
def _staging(node: Node, context: Context) -> Iterator[Finding]:
    host = node.get("host")
    name = host.partition(":")[0].lower() if isinstance(host, str) else ""
    labels = name.split(".")
    # The last two labels are the domain itself: test.com, example.dev.
    words = {word for label in labels[:-2] or labels[:1] for word in label.split("-")}
    stage = next(iter(sorted(words & _STAGES)), "a private network" if _PRIVATE.match(name) else None)
    if stage is not None:
        yield Finding(node.at("host"), f"the host {host!r} looks like one for {stage}")


@check("ConnectorMetadataPropertiesMissing")
def _metadata_missing(node: Node, context: Context) -> Iterator[Finding]:
    # Of metadata that are there, metadata-missing is reported.
    if metadata(context)[0] == "":
        for name in PROPERTIES:
            yield Finding("", f"the connector metadata has no {name!r}", key=True)


@check("TooManyConnectorCategories")
def _categories(node: Node, context: Context) -> Iterator[Finding]:
    pointer, value = metadata(context)[1].get("Categories", ("", ""))
    count = len([name for name in value.split(";") if name.strip()])
    if count > MAX_CATEGORIES:
        yield Finding(pointer, f"the connector has {count} categories; at most {MAX_CATEGORIES} are allowed")
