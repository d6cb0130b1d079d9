"""A body in XML as a whole: the element of its own, the envelope around it, and the items of a long list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

from openconnectors.engine.errors import Problem
from openconnectors.engine.leniency import XML_NAME
from openconnectors.engine.values.codecs.binding import Binding, Bound, Parameters
from openconnectors.engine.values.codecs.xml.markup import NotPlain
from openconnectors.engine.values.codecs.xml.names import (
    NIL,
    Element,
    has_name,
    is_error,
    local_name,
    may_replace,
    qualified,
)
from openconnectors.engine.values.codecs.xml.nodes import ANY, Shape, check_no_text, read_anything
from openconnectors.engine.values.codecs.xml.parsing import check_page, parse, parse_items
from openconnectors.engine.values.codecs.xml.plain import PlainDocument
from openconnectors.engine.values.codecs.xml.shapes import Shapes
from openconnectors.engine.values.codecs.xml.writing import namespaces


class Document:
    """One body as a whole document: its own element, which is of the schema's shape, and the envelope around it."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding
        self._schema = binding.schema if binding.schema is not None else ANY
        self._envelope = binding.xml.envelope
        self._shapes = Shapes(binding)
        self._shape: Shape = self._shapes.shape(self._schema)
        resolved = binding.resolve(self._schema)
        name = resolved.xml.name or resolved.name or binding.name
        self._named = name is not None
        """True if the document gives the element a name."""
        self._tag = qualified(resolved.xml.namespace, name or "root")
        self._prefix = resolved.xml.prefix
        self.plain = PlainDocument(self._shape, self._envelope, self._tag if self._named else None)

    def decode(self, data: bytes, parameters: Parameters, problems: list[Problem]) -> Any:
        """The value of a document; see ``Bound``."""
        if self._binding.schema is not None:
            try:
                return self.plain.read(data, parameters.get("charset"))
            except NotPlain:
                pass
        return self.decode_tree(data, parameters, problems)

    def decode_tree(self, data: bytes, parameters: Parameters, problems: list[Problem]) -> Any:
        """As ``decode``, for any document."""
        element = parse(data, parameters.get("charset"), problems)
        check_page(element, self._envelope or self._tag)
        if self._envelope is not None:
            is_wrapped = len(element) == 1 and has_name(element[0], self._tag)
            _check_name(element, self._envelope, is_wrapped, problems)
            check_no_text(element)
            if len(element) != 1:
                raise ValueError(f"has {len(element)} elements in <{self._envelope}>; expected one")
            element = element[0]
        if self._binding.schema is None:
            return read_anything(element, self._binding.xml, problems)
        if element.get(NIL) in ("true", "1"):
            return None
        if self._named and not has_name(element, self._tag):
            _check_name(element, self._tag, self._shape.resembles(element), problems)
        elif not self._named and is_error(element) and not self._shape.resembles(element):
            raise ValueError(f"has the element <{local_name(element.tag)}>, and nothing that the document describes")
        # An empty document is not null: something was sent. Only ``xsi:nil`` makes it so.
        return self._shape.read_content(element, problems)

    def encode(self, value: Any) -> bytes:
        """The bytes of a value; see ``Bound``."""
        declared = namespaces(self._tag, self._prefix, self._shape.prefixes)
        root: Element
        if self._envelope is not None:
            root = etree.Element(self._envelope)
            element = etree.SubElement(root, self._tag, nsmap=declared)
        else:
            root = element = etree.Element(self._tag, nsmap=declared)
        self._shape.write(element, value)
        return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))

    def decode_items(
        self, chunks: Iterator[bytes], parameters: Parameters, path: tuple[str, ...], problems: list[Problem]
    ) -> Iterator[Any]:
        """The items of the list at a path, as they arrive; see ``Bound``."""
        tags, item_names, item = self._shapes.items_at(self._schema, path)
        envelope = [(self._envelope,)] if self._envelope is not None else []
        names = [*envelope, (self._tag,) if self._named else (), *((tag,) for tag in tags), item_names]
        return parse_items(chunks, parameters, names, item.read, problems)


def _check_name(element: Element, tag: str, fits: bool, problems: list[Problem]) -> None:
    """Record a deviation for an element under another name than the declared one. ``ValueError`` if its content does
    not fit either, or if it is an error by its name."""
    if not has_name(element, tag):
        message = f"has the element <{local_name(element.tag)}>; expected <{local_name(tag)}>"
        if not fits or not may_replace(element, tag) or is_error(element):
            raise ValueError(message)
        problems.append(Problem((), message, XML_NAME))


def bind(binding: Binding) -> Bound:
    """XML of the schema's shape, inside the document's envelope if it has one."""
    document = Document(binding)
    return Bound(document.encode, document.decode, document.decode_items)
