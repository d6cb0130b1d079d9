"""Keywords of other drafts of JSON Schema, which do nothing in the draft of a version."""

from __future__ import annotations

from collections.abc import Iterator

from openconnectors.engine.lint.rules import Context, Finding, Rule
from openconnectors.engine.lint.table import RULES, check
from openconnectors.engine.lint.tree import Node

OTHERS = {
    "definitions": "$defs",
    "dependencies": "dependentRequired or dependentSchemas",
    "additionalItems": "items, beside prefixItems",
    "$recursiveRef": "$dynamicRef",
    "$recursiveAnchor": "$dynamicAnchor",
    "id": "$id",
    "divisibleBy": "multipleOf",
    "disallow": "not",
    "extends": "allOf",
}
"""Keywords of drafts before 2020-12, and what took their places (JSON Schema 2020-12, release notes; validation,
appendix A)."""

# fmt: off
RULES.add(
    Rule("keyword-of-other-draft", "warning", "schema", members=" ".join(OTHERS), versions="3.1 3.2",
         why="Schemas of OpenAPI 3.1 and later are JSON Schema 2020-12, in which this keyword of another draft has no "
             "effect.",
         fix="Use the keyword that took its place."),
)
# fmt: on


@check("keyword-of-other-draft")
def _other_draft(node: Node, context: Context) -> Iterator[Finding]:
    if node.has("$schema"):
        return  # schema-dialect
    for name, successor in OTHERS.items():
        if name in node.value and (name != "id" or isinstance(node.get("id"), str)):
            message = f"{name!r} has no effect in JSON Schema 2020-12; write {successor}"
            yield Finding(node.at(name), message, key=True)
