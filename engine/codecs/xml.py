"""XML through the Swagger ``xml`` object (Swagger 2.0, "XML Object"): names, namespaces, attributes,
wrapped and unwrapped lists, an envelope around the document.

Encoding and decoding come from one set of rules, compiled once for a schema. No DTD is read:
a document with one is refused, so that no entity is ever expanded and nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from lxml import etree

from engine.codecs.binding import MAX_DEPTH, Binding, Bound, Codec, Parameters
from engine.content import is_octets
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
    prefixes: dict[str, str] = field(default_factory=dict)
    """Prefix to namespace of the attributes: an element declares those before they are set."""


@dataclass(frozen=True, slots=True)
class _Member:
    """One property of an object: where it stands in the element, and its shape.

    ``form`` is "attribute", "element", "items" (an unwrapped list), "wrapped", or "text" (the element's own).
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
        self.variants = binding.variants
        self.rule = binding.xml
        self.shapes: dict[int, _Shape] = {}
        self.contents: dict[int, Reader] = {}
        self.members: dict[int, list[_Member]] = {}

    def shape(self, schema: Schema) -> _Shape:
        effective = self.resolve(schema)
        known = self.shapes.get(id(effective))
        if known is None:
            known = self.shapes[id(effective)] = _Shape(_unread, _unwritten)  # a schema that holds itself finds it
            if "array" in effective.types:
                known.read, known.write = self.array(effective)
            elif "object" in effective.types or effective.properties or isinstance(effective.additional, Schema):
                known.read, known.write = self.object(effective)
                known.prefixes |= {
                    one.prefix: _namespace(one.tag)
                    for one in self.members[id(effective)]
                    if one.form == "attribute" and one.prefix
                }
                self.choose(effective, known)
            elif effective.types:
                known.read, known.write = self.scalar(effective)
            else:
                known.read, known.write = self.anything, _write_anything
        return known

    def choose(self, schema: Schema, own: _Shape) -> None:
        """Puts in place of a shape the choice among those that its discriminator names."""
        variants = {value: one for value, one in self.variants(schema).items() if one is not schema}
        for one in variants.values():
            self.shape(one)
        name = schema.discriminator
        if not variants or name is None:
            return
        named = next((one for one in self.members[id(schema)] if one.name == name), None)
        if named is None:
            return
        read, write, content = own.read, own.write, self.contents[id(schema)]

        def chosen_for(element: Element) -> Schema | None:
            if named.form == "attribute":
                text = element.get(named.tag)
            else:
                text = next((child.text for child in element if local(child.tag) == local(named.tag)), None)
            return variants.get(text or "")

        def choosing_read(element: Element) -> Any:
            chosen = chosen_for(element)
            return self.shape(chosen).read(element) if chosen is not None else read(element)

        def choosing_content(element: Element) -> Any:
            chosen = chosen_for(element)
            return self.contents[id(self.resolve(chosen))](element) if chosen is not None else content(element)

        def choosing_write(element: Element, value: Any) -> None:
            chosen = variants.get(value[name]) if isinstance(value, dict) and isinstance(value.get(name), str) else None
            (self.shape(chosen).write if chosen is not None else write)(element, value)

        own.read, own.write, self.contents[id(schema)] = choosing_read, choosing_write, choosing_content

    def null(self, element: Element) -> None:
        """Makes an element stand for null."""
        if not self.rule.empty_is_null:
            element.set(_NIL, "true")

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
            if value is None:
                self.null(element)
            else:
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
            if value is None:
                self.null(element)
                return
            if not isinstance(value, list):
                raise ValueError(f"must be a list to travel as <{local(element.tag)}>")
            for one in value:
                shape.write(_child(element, tag, prefix, shape), one)

        return read, write

    # Objects

    def member(self, name: str, schema: Schema) -> _Member:
        own = self.resolve(schema)
        xml = own.xml
        if xml.text:
            return _Member(name, "", "text", self.shape(schema), own)
        if xml.attribute:
            tag = _qualified(xml.namespace, xml.name or name)
            return _Member(name, tag, "attribute", self.shape(schema), own, xml.prefix if xml.namespace else None)
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
        self.members[id(schema)] = members
        content = next((one for one in members if one.form == "text"), None)
        elements = {one.tag: one for one in members if one.form not in ("attribute", "text")}
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
            if content is None:
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
            if content is not None:
                text = (element.text or "") + "".join(child.tail or "" for child in element)
                value[content.name] = scalar(text if not len(element) else text.strip(), content.schema)
            return value

        def write(element: Element, value: Any) -> None:
            if value is None:
                self.null(element)
                return
            if not isinstance(value, dict):
                raise ValueError(f"must be an object to travel as <{local(element.tag)}>")
            for name, inside in value.items():
                one = by_name.get(name)
                if one is None and other is not None:
                    other.write(_child(element, name, None), inside)
                elif one is None:
                    _write_anything(element, {name: inside})
                elif one.form == "attribute":
                    if inside is not None or self.rule.empty_is_null:
                        _set_attribute(element, one.tag, inside)
                elif one.form == "text":
                    _set_text(element, inside)
                elif one.form == "items":
                    if inside is not None and not isinstance(inside, list):
                        raise ValueError(f"must have a list to travel as <{local(one.tag)}> elements")
                    for item in inside or ():
                        one.shape.write(_child(element, one.tag, one.prefix, one.shape), item)
                else:
                    one.shape.write(_child(element, one.tag, one.prefix, one.shape), inside)

        self.contents[id(schema)] = read_content
        return read, write

    # Documents

    def way(self, schema: Schema, path: tuple[str, ...]) -> tuple[list[str], _Shape]:
        """The tags from a document's own element down to the items of the list at a path, and the shape of an
        item; ``ValueError`` where no list stands there."""
        own = self.resolve(schema)
        if not path:
            if "array" not in own.types:
                raise ValueError("has no list to go through")
            return [self.item_name(own, own.xml.name or "item")[0]], self.shape(own.items or Schema())
        self.shape(own)
        found = next((one for one in self.members.get(id(own), ()) if one.name == path[0]), None)
        if found is None:
            raise ValueError(f"has no member {path[0]!r} to go through")
        if found.form == "items" and len(path) == 1:
            return [found.tag], found.shape
        if found.form == "wrapped" and len(path) == 1:
            item = self.item_name(found.schema, found.schema.xml.name or found.name)[0]
            return [found.tag, item], self.shape(found.schema.items or Schema())
        tags, shape = self.way(found.schema, path[1:])
        return [found.tag, *tags], shape

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


def _namespace(tag: str) -> str:
    return tag[1:].partition("}")[0] if tag.startswith("{") else ""


def _nsmap(tag: str, prefix: str | None, prefixes: Mapping[str, str]) -> Any:
    """The namespaces that an element declares: its own, and those of its attributes."""
    own = {prefix: _namespace(tag)} if tag.startswith("{") else {}
    return {**prefixes, **own} or None


def _child(element: Element, tag: str, prefix: str | None, shape: _Shape | None = None) -> Element:
    if not tag.startswith("{") and element.prefix is None and element.nsmap.get(None):
        tag = _qualified(element.nsmap[None], tag)  # a name of no namespace is written like its parent
        nsmap = _nsmap("", None, shape.prefixes if shape else {})
    else:
        nsmap = _nsmap(tag, prefix, shape.prefixes if shape else {})
    try:
        return etree.SubElement(element, tag, nsmap=nsmap)
    except ValueError:
        raise ValueError(f"has the name {local(tag)!r}, which is no XML name") from None


def _set_attribute(element: Element, tag: str, value: Any) -> None:
    try:
        element.set(tag, written(value))
    except ValueError as error:
        raise ValueError(f"cannot be written as the attribute {local(tag)!r}: {error}") from None


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


def _options(charset: str | None, marked: bool) -> dict[str, Any]:
    """How every document is parsed: no entity, no DTD, no network, bounded depth and size. A charset of the
    header wins over the declaration in the document, a byte order mark over both (RFC 7303 section 3)."""
    return {
        "encoding": None if marked else charset,
        "resolve_entities": False,
        "no_network": True,
        "load_dtd": False,
        "remove_comments": True,
        "remove_pis": True,
    }


def _marked(data: bytes) -> bool:
    return data[:2] in (b"\xff\xfe", b"\xfe\xff") or data[:3] == b"\xef\xbb\xbf"


def _no_doctype(element: Element) -> None:
    info = element.getroottree().docinfo
    if info.internalDTD is not None or info.doctype:
        raise ValueError("has a DOCTYPE, which is refused")


def _no_xml(error: Exception) -> ValueError:
    return ValueError(f"is no XML: {str(error).splitlines()[0] if str(error) else 'empty'}")


def parse(data: bytes, charset: str | None = None) -> Element:
    """The root element of XML octets; ``ValueError`` for what is not well-formed, holds a DTD, or is
    deeper or larger than libxml2's own bounds."""
    try:
        parser = etree.XMLParser(**_options(charset, _marked(data)), huge_tree=False)
    except LookupError:
        raise ValueError(f"is in the charset {charset!r}, which is not known") from None
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise _no_xml(error) from None
    _no_doctype(root)
    return root


def _expect(element: Element, wanted: str) -> None:
    if element.tag != wanted and not ("{" not in wanted and local(element.tag) == wanted):
        raise ValueError(f"has the element <{local(element.tag)}> where <{local(wanted)}> is promised")


def bind(binding: Binding) -> Bound:
    """XML of the schema's shape, inside the document's envelope where it has one."""
    compiler = _Compiler(binding)
    schema = binding.schema if binding.schema is not None else Schema()
    tag, prefix, shape, read = compiler.document(schema)
    envelope = binding.xml.envelope

    def decode(data: bytes, parameters: Parameters) -> Any:
        element = parse(data, parameters.get("charset"))
        if envelope is not None:
            _expect(element, envelope)
            _no_text(element)
            if len(element) != 1:
                raise ValueError(f"has {len(element)} elements in <{envelope}>, where one is promised")
            element = element[0]
        if binding.schema is None:
            return compiler.anything(element)
        _expect(element, tag)
        return read(element)

    def encode(value: Any) -> bytes:
        nsmap = _nsmap(tag, prefix, shape.prefixes)
        if envelope is not None:
            outer: Element = etree.Element(envelope)
            root = etree.SubElement(outer, tag, nsmap=nsmap)
        else:
            outer = root = etree.Element(tag, nsmap=nsmap)
        shape.write(root, value)
        return bytes(etree.tostring(outer, xml_declaration=True, encoding="UTF-8"))

    def each(pieces: Iterator[bytes], parameters: Parameters, path: tuple[str, ...]) -> Iterator[Any]:
        way, item = compiler.way(schema, path)
        above = [*([envelope] if envelope else ()), tag, *way]
        return _each(pieces, parameters, [local(one) for one in above], item.read)

    return Bound(encode, decode, each)


_AT_ONCE = 8 * 1024 * 1024
"""The most octets that one item may have."""


def _each(pieces: Iterator[bytes], parameters: Parameters, above: list[str], read: Reader) -> Iterator[Any]:
    """The elements below a path of others, each read and then forgotten, as they come in."""
    first = next(pieces, b"")
    charset = parameters.get("charset")
    try:
        parser = etree.XMLPullParser(("start", "end"), **_options(charset, _marked(first)), huge_tree=True)
    except LookupError:
        raise ValueError(f"is in the charset {charset!r}, which is not known") from None
    stack: list[str] = []
    since = 0
    try:
        piece = first
        while piece:
            parser.feed(piece)
            since += len(piece)
            if since > _AT_ONCE or len(stack) > MAX_DEPTH:
                raise ValueError(f"is nested too deep, or has an item larger than {_AT_ONCE:,} bytes")
            events: Any = parser.read_events()
            for event, element in events:
                if event == "start":
                    if not stack:
                        _no_doctype(element)
                    stack.append(local(element.tag))
                    if len(stack) <= len(above) and stack[-1] != above[len(stack) - 1] and len(stack) < 2:
                        raise ValueError(f"has the element <{stack[-1]}> where <{above[0]}> is promised")
                    continue
                stack.pop()
                if stack[: len(above) - 1] == above[:-1] and len(stack) == len(above) - 1:
                    if local(element.tag) == above[-1]:
                        yield read(element)
                    since = 0
                if len(stack) < len(above):
                    element.clear(keep_tail=True)
                    while element.getprevious() is not None:
                        del element.getparent()[0]
            piece = next(pieces, b"")
        parser.close()
    except etree.XMLSyntaxError as error:
        raise _no_xml(error) from None


CODEC = Codec(
    "xml", ("application/xml", "text/xml", "+xml"), bind, carries=lambda value: not is_octets(value), structured=True
)
