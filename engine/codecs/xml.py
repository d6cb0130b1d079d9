"""XML through the Swagger ``xml`` object (Swagger 2.0, "XML Object"): names, namespaces, attributes,
wrapped and unwrapped lists, an envelope around the document.

Encoding and decoding come from one set of rules, compiled once for a schema. No DTD is read:
a document with one is refused, so that no entity is ever expanded and nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from lxml import etree

from engine.codecs.binding import Binding, Bound, Codec
from engine.model import Schema
from engine.styles import scalar
from engine.styles import text as written

Element: TypeAlias = Any
Reader = Callable[[Element], Any]
Writer = Callable[[Element, Any], None]

_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


@dataclass(slots=True)
class _Shape:
    """What one schema makes of an element: how its content is read and written."""

    read: Reader
    write: Writer


@dataclass(frozen=True, slots=True)
class _Member:
    """One property of an object: where it stands in the element, and its shape.

    ``form`` is "attribute", "element", "items" (an unwrapped list) or "wrapped".
    """

    name: str
    tag: str
    form: str
    shape: _Shape
    schema: Schema
    prefix: str | None = None


def local(tag: str) -> str:
    """A tag without its namespace."""
    return tag.rpartition("}")[2]


def _qualified(namespace: str | None, name: str) -> str:
    return f"{{{namespace}}}{name}" if namespace else name


def _has_content(element: Element) -> bool:
    return bool(len(element) or element.attrib or (element.text or "").strip())


class _Compiler:
    def __init__(self, binding: Binding) -> None:
        self.resolve = binding.resolve
        self.rule = binding.xml
        self.shapes: dict[int, _Shape] = {}
        self.contents: dict[int, Reader] = {}

    def shape(self, schema: Schema) -> _Shape:
        effective = self.resolve(schema)
        known = self.shapes.get(id(effective))
        if known is None:
            known = self.shapes[id(effective)] = _Shape(_unread, _unwritten)  # a schema that holds itself finds it
            if "array" in effective.types:
                known.read, known.write = self.array(effective)
            elif "object" in effective.types or effective.properties or isinstance(effective.additional, Schema):
                known.read, known.write = self.object(effective)
            elif effective.types:
                known.read, known.write = self.scalar(effective)
            else:
                known.read, known.write = self.anything, _write_anything
        return known

    def empty(self, element: Element, schema: Schema) -> bool:
        """Whether an element stands for null."""
        if element.get(_NIL) in ("true", "1"):
            return True
        return self.rule.empty_is_null and not _has_content(element)

    # Scalars

    def scalar(self, schema: Schema) -> tuple[Reader, Writer]:
        def read(element: Element) -> Any:
            if self.empty(element, schema):
                return None
            if len(element):
                return self.anything(element)
            return scalar(element.text or "", schema)

        def write(element: Element, value: Any) -> None:
            _set_text(element, value)

        return read, write

    def anything(self, element: Element) -> Any:
        """An element that no schema describes: text, or its children by local name."""
        if self.empty(element, Schema()):
            return None
        if not len(element) and not element.attrib:
            return element.text or ""
        value: dict[str, Any] = {local(str(name)): one for name, one in element.attrib.items()}
        for child in element:
            self.add(value, local(child.tag), self.anything(child))
        return value

    @staticmethod
    def add(value: dict[str, Any], name: str, one: Any) -> None:
        if name not in value:
            value[name] = one
        elif isinstance(value[name], list):
            value[name].append(one)
        else:
            value[name] = [value[name], one]

    # Lists

    def item_name(self, schema: Schema, fallback: str) -> tuple[str, str | None]:
        """The tag and prefix of the items of a list: their own xml name, else the fallback."""
        xml = self.resolve(schema.items or Schema()).xml
        return _qualified(xml.namespace, xml.name or fallback), xml.prefix

    def array(self, schema: Schema, fallback: str = "item") -> tuple[Reader, Writer]:
        tag, prefix = self.item_name(schema, schema.xml.name or fallback)
        shape = self.shape(schema.items or Schema())

        def read(element: Element) -> Any:
            if element.get(_NIL) in ("true", "1"):
                return None
            _no_text(element)
            for child in element:
                if local(child.tag) != local(tag):
                    raise ValueError(
                        f"has <{local(child.tag)}> in <{local(element.tag)}>, where only <{local(tag)}> stands"
                    )
            return [shape.read(child) for child in element]

        def write(element: Element, value: Any) -> None:
            if not isinstance(value, list):
                raise ValueError(f"must be a list to travel as <{local(element.tag)}>")
            for one in value:
                shape.write(_child(element, tag, prefix), one)

        return read, write

    # Objects

    def member(self, name: str, schema: Schema) -> _Member:
        own = self.resolve(schema)
        xml = own.xml
        if xml.attribute:
            return _Member(name, _qualified(xml.namespace, xml.name or name), "attribute", self.shape(schema), own)
        if "array" not in own.types:
            tag = _qualified(xml.namespace, xml.name or name)
            return _Member(name, tag, "element", self.shape(schema), own, xml.prefix)
        if xml.wrapped:
            shape = _Shape(*self.array(own, fallback=xml.name or name))
            return _Member(name, _qualified(xml.namespace, xml.name or name), "wrapped", shape, own, xml.prefix)
        tag, prefix = self.item_name(own, xml.name or name)
        return _Member(name, tag, "items", self.shape(own.items or Schema()), own, prefix)

    def object(self, schema: Schema) -> tuple[Reader, Writer]:
        members = [self.member(name, one) for name, one in schema.properties.items()]
        elements = {one.tag: one for one in members if one.form != "attribute"}
        by_local = {local(tag): one for tag, one in elements.items() if not tag.startswith("{")}
        attributes = {one.tag: one for one in members if one.form == "attribute"}
        lists = [one.name for one in members if one.form == "items"]
        by_name = {one.name: one for one in members}
        other = self.shape(schema.additional) if isinstance(schema.additional, Schema) else None

        def read(element: Element) -> Any:
            if self.empty(element, schema):
                return None
            return read_content(element)

        def read_content(element: Element) -> dict[str, Any]:
            _no_text(element)
            value: dict[str, Any] = {name: [] for name in lists}
            for tag, text in element.attrib.items():
                one = attributes.get(tag)
                if one is not None:
                    value[one.name] = None if self.rule.empty_is_null and not text else scalar(text, one.schema)
                elif not tag.startswith("{"):
                    value[tag] = text
            for child in element:
                tag = child.tag
                one = elements.get(tag) or by_local.get(local(tag))
                if one is None:
                    self.add(value, local(tag), other.read(child) if other else self.anything(child))
                elif one.form == "items":
                    value[one.name].append(one.shape.read(child))
                elif one.name in value:
                    raise ValueError(f"has <{local(tag)}> twice in <{local(element.tag)}>")
                else:
                    value[one.name] = one.shape.read(child)
            return value

        def write(element: Element, value: Any) -> None:
            if value is None:
                return
            if not isinstance(value, dict):
                raise ValueError(f"must be an object to travel as <{local(element.tag)}>")
            for name, inside in value.items():
                one = by_name.get(name)
                if one is None:
                    child = _child(element, name, None)
                    (other.write if other else _write_anything)(child, inside)
                elif one.form == "attribute":
                    if inside is not None or self.rule.empty_is_null:
                        element.set(one.tag, written(inside))
                elif one.form == "items":
                    for item in inside or ():
                        one.shape.write(_child(element, one.tag, one.prefix), item)
                elif inside is not None or self.rule.empty_is_null:
                    child = _child(element, one.tag, one.prefix)
                    if inside is not None:
                        one.shape.write(child, inside)

        self.contents[id(schema)] = read_content
        return read, write

    # Documents

    def document(self, schema: Schema) -> tuple[str, str | None, _Shape, Reader]:
        """Tag, prefix and shape of a document's own element, and the reader for it: a document that is
        there is never null."""
        own = self.resolve(schema)
        shape = self.shape(schema)
        tag = _qualified(own.xml.namespace, own.xml.name or own.name or "root")
        return tag, own.xml.prefix, shape, self.contents.get(id(own), shape.read)


def _unread(element: Element) -> Any:
    raise AssertionError("a shape is complete before it is used")


def _unwritten(element: Element, value: Any) -> None:
    raise AssertionError("a shape is complete before it is used")


def _no_text(element: Element) -> None:
    if (element.text or "").strip() or any((child.tail or "").strip() for child in element):
        raise ValueError(f"has text between the elements of <{local(element.tag)}>")


def _child(element: Element, tag: str, prefix: str | None) -> Element:
    namespace = tag[1:].partition("}")[0] if tag.startswith("{") else None
    if namespace is None and element.prefix is None and element.nsmap.get(None):
        tag = _qualified(element.nsmap[None], tag)  # a name of no namespace is written like its parent
    nsmap: Any = {prefix: namespace} if namespace else None
    try:
        return etree.SubElement(element, tag, nsmap=nsmap)
    except ValueError:
        raise ValueError(f"has the name {local(tag)!r}, which is no XML name") from None


def _set_text(element: Element, value: Any) -> None:
    if value is None:
        return
    try:
        element.text = written(value)
    except ValueError as error:
        raise ValueError(f"cannot be written as <{local(element.tag)}>: {error}") from None


def _write_anything(element: Element, value: Any) -> None:
    if isinstance(value, dict):
        for name, one in value.items():
            for item in one if isinstance(one, list) else [one]:
                _write_anything(_child(element, str(name), None), item)
    elif isinstance(value, list):
        for one in value:
            _write_anything(_child(element, "item", None), one)
    else:
        _set_text(element, value)


def parse(data: bytes, charset: str | None = None) -> Element:
    """The root element of XML octets; ``ValueError`` for what is not well-formed, holds a DTD, or is
    deeper or larger than libxml2's own bounds. A charset of the header wins over the declaration in
    the document, a byte order mark over both (RFC 7303 section 3)."""
    marked = data[:2] in (b"\xff\xfe", b"\xfe\xff") or data[:3] == b"\xef\xbb\xbf"
    try:
        parser = etree.XMLParser(
            encoding=None if marked else charset,
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
    except LookupError:
        raise ValueError(f"is in the charset {charset!r}, which is not known") from None
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ValueError(f"is no XML: {str(error).splitlines()[0] if str(error) else 'empty'}") from None
    info = root.getroottree().docinfo
    if info.internalDTD is not None or info.doctype:
        raise ValueError("has a DOCTYPE, which is refused")
    return root


def bind(binding: Binding) -> Bound:
    """XML of the schema's shape, inside the document's envelope where it has one."""
    compiler = _Compiler(binding)
    tag, prefix, shape, read = compiler.document(binding.schema if binding.schema is not None else Schema())
    envelope = binding.xml.envelope

    def expect(element: Element, wanted: str) -> None:
        exact = element.tag == wanted or ("{" not in wanted and local(element.tag) == wanted)
        if not exact:
            raise ValueError(f"has the element <{local(element.tag)}> where <{local(wanted)}> is promised")

    def decode(data: bytes, charset: str | None = None) -> Any:
        element = parse(data, charset)
        if envelope is not None:
            expect(element, envelope)
            _no_text(element)
            if len(element) != 1:
                raise ValueError(f"has {len(element)} elements in <{envelope}>, where one is promised")
            element = element[0]
        if binding.schema is None:
            return compiler.anything(element)
        expect(element, tag)
        return read(element)

    def encode(value: Any) -> bytes:
        namespace = tag[1:].partition("}")[0] if tag.startswith("{") else None
        nsmap: Any = {prefix: namespace} if namespace else None
        if envelope is not None:
            outer: Element = etree.Element(envelope)
            root = etree.SubElement(outer, tag, nsmap=nsmap)
        else:
            outer = root = etree.Element(tag, nsmap=nsmap)
        shape.write(root, value)
        return bytes(etree.tostring(outer, xml_declaration=True, encoding="UTF-8"))

    return Bound(encode, decode)


CODEC = Codec("xml", ("application/xml", "text/xml", "+xml"), bind)
