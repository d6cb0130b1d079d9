"""Lists in an element of their own: of like items, or of different ones in their order (``prefixItems``)."""

from __future__ import annotations

from typing import Any

from openconnectors.engine.errors import Problem
from openconnectors.engine.leniency import XML_NAME, record
from openconnectors.engine.model import Schema, XmlRule
from openconnectors.engine.values.codecs.xml.names import (
    NIL,
    Element,
    has_name,
    local_name,
    may_replace,
    path_of,
)
from openconnectors.engine.values.codecs.xml.nodes import ANY, Compiled, Shape, check_no_text
from openconnectors.engine.values.codecs.xml.writing import add_child, add_text
from openconnectors.engine.values.scalars import scalar


class List(Shape):
    """A list in an element of its own: the root of a document, an item of another list, or a wrapped member."""

    tag: str
    prefix: str | None
    item_names: tuple[str, ...]
    """The names that the document gives the items; none: any."""
    items: Shape

    def __init__(self, schema: Schema, rule: XmlRule, fallback: str = "") -> None:
        super().__init__(schema, rule)
        self._fallback = fallback

    def fill(self, shapes: Compiled) -> None:
        """Complete the shape with that of its items."""
        schema = self.schema
        self.tag, self.prefix = shapes.item_name(schema, self._fallback or schema.xml.name or "item")
        self.item_names = shapes.item_names(schema, self._fallback)
        self.items = shapes.shape(schema.items or ANY)

    def is_null(self, element: Element) -> bool:
        """Return True if an element says that it is null: an empty one is an empty list."""
        return element.get(NIL) in ("true", "1")

    def read_content(self, element: Element, problems: list[Problem]) -> Any:
        """The values of the items, which are the children."""
        children = list(element)
        check_no_text(element, children)
        if any(child.tag != self.tag for child in children):
            self._check_names(element, problems)
        read = self.items.read
        return [read(child, problems) for child in children]

    def _check_names(self, element: Element, problems: list[Problem]) -> None:
        """Record a deviation if the items have another name than the document gives them. ``ValueError`` if they do
        not all have the same."""
        names = self.item_names
        if all(any(has_name(child, name) for name in names) for child in element):
            return
        tag = names[0] if names else element[0].tag
        if len({child.tag for child in element}) > 1 or (names and not may_replace(element[0], tag)):
            stray = next(child for child in element if not has_name(child, tag))
            list_name, item_name = local_name(element.tag), local_name(tag)
            raise ValueError(f"has <{local_name(stray.tag)}> in <{list_name}>, which holds only <{item_name}>")
        if names:
            message = (
                f"has <{local_name(element[0].tag)}> in <{local_name(element.tag)}>; expected <{local_name(names[0])}>"
            )
            record(problems, Problem(path_of(element), message, XML_NAME))

    def write_content(self, element: Element, value: Any) -> None:
        """Write each item into a child."""
        if not isinstance(value, list):
            raise ValueError(f"must be a list to be written as <{local_name(element.tag)}>")
        for item in value:
            self.items.write(add_child(element, self.tag, self.prefix, self.items.prefixes), item)

    def _resembles(self, element: Element) -> bool:
        names = self.item_names
        return len(element) > 0 and (
            not names or all(any(has_name(child, name) for name in names) for child in element)
        )


class Sequence(List):
    """A list whose first items have schemas of their own: elements of different names, and texts between them, in
    their order (OpenAPI 3.2, "Ordered Elements and Text")."""

    def fill(self, shapes: Compiled) -> None:
        """Complete the shape with those of its items."""
        super().fill(shapes)
        fallback = self._fallback or self.schema.xml.name or "item"
        self._prefix = [shapes.member(fallback, declared) for declared in self.schema.keywords["prefixItems"]]
        self._has_text = any(member.form in ("text", "cdata") for member in self._prefix)

    def names(self) -> tuple[str, ...]:
        """The names of the first items, and of the others."""
        return (*(member.tag for member in self._prefix if member.tag), self.tag)

    def read_content(self, element: Element, problems: list[Problem]) -> Any:
        """The values of the items, in their order; those that the element is too short for are left out."""
        if not self._has_text:
            check_no_text(element)
        children, at = list(element), 0
        value: list[Any] = []
        for member in self._prefix:
            if member.form in ("text", "cdata"):
                written = (children[at - 1].tail if at else element.text) or ""
                if written or at < len(children):
                    value.append(scalar(written, member.schema))
                continue
            if at == len(children):
                break
            child = children[at]
            if not has_name(child, member.tag):
                message = f"has <{local_name(child.tag)}> in <{local_name(element.tag)}>; expected <{member.tag}>"
                record(problems, Problem(path_of(child), message, XML_NAME))
            value.append(member.shape.read(child, problems))
            at += 1
        return value + [self.items.read(child, problems) for child in children[at:]]

    read_beside = read_content

    def write_content(self, element: Element, value: Any) -> None:
        """Write each item in its place."""
        if not isinstance(value, list):
            raise ValueError(f"must be a list to be written as <{local_name(element.tag)}>")
        for index, item in enumerate(value):
            member = self._prefix[index] if index < len(self._prefix) else None
            if member is None:
                self.items.write(add_child(element, self.tag, self.prefix, self.items.prefixes), item)
            elif member.form in ("text", "cdata"):
                add_text(element, item, cdata=member.form == "cdata")
            else:
                member.shape.write(add_child(element, member.tag, member.prefix, member.shape.prefixes), item)

    def _resembles(self, element: Element) -> bool:
        return len(element) > 0
