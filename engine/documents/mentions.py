"""The members of a document that name a node or a file: ``$ref``, and those that mean one in other words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from msgspec import Struct

from openconnectors.engine.documents.pointers import escape

Kind = Literal["node", "vendor", "schema", "operation", "data"]
"""What is named: the node that stands in its place; a file, from an extension; a schema, by a discriminator; an
operation, by a link; a file of data."""


class Mention(Struct, frozen=True):
    """One name of a node: the pointer of the object that has it, the steps from there to the text, and the text."""

    at: str
    steps: tuple[str, ...]
    text: str
    kind: Kind

    @property
    def pointer(self) -> str:
        """The pointer of the text."""
        return self.at + "".join(f"/{escape(step)}" for step in self.steps)


def mentions_of(node: dict[str, Any], at: str, extension: bool, openapi3: bool) -> Iterator[Mention]:
    """What an object names. ``extension``: an extension holds it; ``openapi3``: discriminators are objects, links and
    examples name what they are about."""
    reference = node.get("$ref")
    if isinstance(reference, str):
        yield Mention(at, ("$ref",), reference, "vendor" if extension and not reference.startswith("#") else "node")
    if extension or not openapi3:
        return
    for member, kind in _MEMBERS:
        if isinstance(node.get(member), str):
            yield Mention(at, (member,), node[member], kind)
    discriminator = node.get("discriminator")
    if isinstance(discriminator, dict):
        mapping = discriminator.get("mapping")
        names: dict[tuple[str, ...], object] = {("defaultMapping",): discriminator.get("defaultMapping")}
        names |= {("mapping", str(name)): value for name, value in mapping.items()} if isinstance(mapping, dict) else {}
        for steps, text in names.items():
            if isinstance(text, str):
                yield Mention(at, ("discriminator", *steps), text, "schema")


_MEMBERS: tuple[tuple[str, Kind], ...] = (("operationRef", "operation"), ("externalValue", "data"))
MENTIONING = frozenset(("$ref", "discriminator", *(member for member, _ in _MEMBERS)))
"""The members by which an object can name something: most objects of a document have none of them."""
