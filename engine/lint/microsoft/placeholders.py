"""Texts and addresses that stand for others: of templates, of generators, of examples.

Sources: "Prepare connector files for certification" (learn.microsoft.com/connectors/custom-connectors); the template of
a definition in github.com/microsoft/PowerPlatformConnectors; RFC 2606 section 3, of domains for examples.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from openconnectors.engine.deferred import pattern
from openconnectors.engine.lint.metadata import metadata
from openconnectors.engine.lint.microsoft.table import Rule, check
from openconnectors.engine.lint.properties import connection_parameters
from openconnectors.engine.lint.rules import Context, Finding
from openconnectors.engine.lint.table import RULES
from openconnectors.engine.lint.tree import Node, mapping

# fmt: off
RULES.add(
    Rule("text-placeholder", "warning", "info operation parameter schema",
         members="title description summary x-ms-summary contact",
         why="People would read the text that a template or a generator has put there.",
         fix="Write what it is, or what it is for."),
    Rule("connection-placeholder", "warning", "document",
         why="People who create a connection would read the text that a template or a generator has put there.",
         fix="Write what is to be entered, and where it is found."),
    Rule("address-placeholder", "warning", "document",
         why="Nobody answers at a domain for examples (RFC 2606 section 3), or of a company that is made up.",
         fix="Write the address of the publisher or of the service."),
)
# fmt: on

_ANYWHERE = pattern(r"string|(?i:todo|tbd|fixme|xxx+|my (api|connector|title)|lorem ipsum)")
_OF_OPERATION = pattern(
    r"(?i)(insert|enter|add|write|put)( an?| the| your| some)? (description|summary|title|text)( here)?|"
    r"(description|summary|title|text) (goes )?here|undefined|null|"
    r"name of connector\. title cannot include .*|short description of the connecting service, between .*|"
    r"[<\[]+\s*(your|insert|enter|add|description|summary|title|name)\b[^>\]]*[>\]]+"
)
"""What the description of a parameter may say: it asks for a value."""
_OF_CONTACT = pattern(r"(?i)full name|your (full )?name|contact (url|email address)|name|support team name")
_BEGINNING = pattern(r"(TODO|TBD|FIXME)\b|(?i:.*\blorem ipsum dolor\b)", re.DOTALL)


@check("text-placeholder")
def _text(node: Node, context: Context) -> Iterator[Finding]:
    for name in ("title", "summary", "x-ms-summary", "description"):
        text = node.get(name)
        if name == "title" and node.kind != "info":
            continue
        if isinstance(text, str) and _stands_in(text, node.kind):
            yield Finding(node.at(name), f"{_short(text)!r} stands in the place of a text")
    contact = node.mapping("contact") if node.kind == "info" else {}
    for name in ("name", "url", "email"):
        text = contact.get(name)
        if isinstance(text, str) and (_OF_CONTACT.fullmatch(text.strip()) or _stands_in(text, "contact")):
            yield Finding(node.at("contact", name), f"{text!r} stands in the place of the {name} of the contact")


def _stands_in(text: str, kind: str) -> bool:
    """Return True for a text of a template or a generator."""
    whole = text.strip().rstrip(".!… ")
    matches = kind in ("info", "operation") and _OF_OPERATION.fullmatch(whole)
    return bool(matches or _ANYWHERE.fullmatch(whole) or _BEGINNING.match(text.strip()))


@check("connection-placeholder")
def _connection(node: Node, context: Context) -> Iterator[Finding]:
    for parameter in connection_parameters(context):
        for name in ("displayName", "description", "tooltip"):
            text = parameter.below("uiDefinition").below(name)
            if isinstance(text.value, str) and _stands_in(text.value, "parameter"):
                yield text.finding(f"{_short(text.value)!r} stands in the place of a text")


def _short(text: str) -> str:
    text = text.strip()
    return text if len(text) < 60 else text[:57] + "…"


_ADDRESS = pattern(
    r"(?i)(.*://|.*@)?([\w-]+\.)*(example\.(com|org|net)|(contoso|fabrikam)\.\w+|your-?(company|domain|site|website)\.\w+)"
    r"([:/?#].*)?"
)


@check("address-placeholder")
def _address(node: Node, context: Context) -> Iterator[Finding]:
    for pointer, value in _addresses(node, context):
        if isinstance(value, str) and _ADDRESS.fullmatch(value.strip()):
            yield Finding(pointer, f"{value!r} is an address of examples")


def _addresses(node: Node, context: Context) -> Iterator[tuple[str, object]]:
    """The addresses of people and pages, with their pointers."""
    info, manifest = node.mapping("info"), node.mapping("x-ms-openai-manifest")
    yield "/info/termsOfService", info.get("termsOfService")
    for name in ("url", "email"):
        yield f"/info/contact/{name}", mapping(info.get("contact")).get(name)
    yield "/info/license/url", mapping(info.get("license")).get("url")
    yield "/externalDocs/url", node.mapping("externalDocs").get("url")
    yield from (metadata(context)[1][name] for name in ("Website", "Privacy policy") if name in metadata(context)[1])
    for name in ("contactEmail", "legalUrl", "logoUrl"):
        yield f"/x-ms-openai-manifest/{name}", manifest.get(name)
    for index, page in enumerate(node.array("x-ms-docs")):
        yield f"/x-ms-docs/{index}/url", mapping(page).get("url")
