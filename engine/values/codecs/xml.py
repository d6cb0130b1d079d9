"""XML through the Swagger ``xml`` object (Swagger 2.0, "XML Object"): names, namespaces, attributes,
wrapped and unwrapped lists, an envelope around the document.

Encoding and decoding come from one set of rules, compiled once for a schema. No DTD is read, no entity is ever
expanded, and nothing is fetched: a document type declaration is skipped, one that declares entities is refused.

Names. A member is an element (or attribute) of its name, in the namespace that the document declares for it; where it
declares none, in that of the element around it, or in none; where nothing at all declares one, in any. A root, and an
item of a list, has the name that the document gives it. Where it gives none, any name will do; under another name it is
read where its content is what is promised, and that is a deviation.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from typing import Any, TypeAlias

from lxml import etree

from openconnectors.engine.errors import Problem
from openconnectors.engine.leniency import DOCTYPE, ENCODING, PROLOG, TWICE, XML_NAME, record
from openconnectors.engine.model import Schema
from openconnectors.engine.streams import is_octets
from openconnectors.engine.values.codecs.binding import MAX_DEPTH, Binding, Bound, Codec, Parameters
from openconnectors.engine.values.codecs.charsets import known, mark_of, text_of
from openconnectors.engine.values.styles import scalar
from openconnectors.engine.values.styles import text as written

Element: TypeAlias = Any
Reader = Callable[[Element, list[Problem]], Any]
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


def namespace(tag: str) -> str:
    """The namespace of a tag; empty where it has none."""
    return tag[1:].partition("}")[0] if tag.startswith("{") else ""


def _is(element: Element, wanted: str) -> bool:
    """Whether an element has a name: in its namespace where it has one, else in any."""
    tag: str = element.tag
    return tag == wanted or ("{" not in wanted and local(tag) == wanted)


def _is_near(element: Element, wanted: str) -> bool:
    """Whether an element may stand for another: one in another namespace than the document declares may not."""
    return "{" not in wanted or namespace(element.tag) == namespace(wanted)


def _is_of(tag: str, around: Element) -> bool:
    """Whether a name without a declared namespace may belong to the element around it."""
    return namespace(tag) in ("", namespace(around.tag))


def _has_content(element: Element) -> bool:
    return bool(len(element) or element.attrib or (element.text or "").strip())


class _Compiler:
    def __init__(self, binding: Binding) -> None:
        self.resolve = binding.resolve
        self.variants = binding.variants
        self.rule = binding.xml
        self.shapes: dict[int, _Shape] = {}
        self.waiting: list[tuple[Schema, _Shape]] = []
        self.filling = False
        self.contents: dict[int, Reader] = {}
        self.members: dict[int, list[_Member]] = {}

    def shape(self, schema: Schema) -> _Shape:
        effective = self.resolve(schema)
        known = self.shapes.get(id(effective))
        if known is None:
            known = self.shapes[id(effective)] = _Shape(_unread, _unwritten)  # a schema that holds itself finds it
            self.waiting.append((effective, known))
            if not self.filling:
                self.filling = True
                # Those within it wait in turn: schemas hold one another in chains longer than Python's own stack.
                while self.waiting:
                    self.fill(*self.waiting.pop())
                self.filling = False
        return known

    def fill(self, effective: Schema, shape: _Shape) -> None:
        """Makes a shape complete."""
        if "array" in effective.types:
            shape.read, shape.write = self.array(effective)
        elif "object" in effective.types or effective.properties or isinstance(effective.additional, Schema):
            shape.read, shape.write = self.object(effective)
            shape.prefixes |= {
                one.prefix: namespace(one.tag)
                for one in self.members[id(effective)]
                if one.form == "attribute" and one.prefix
            }
            self.choose(effective, shape)
        elif effective.types:
            shape.read, shape.write = self.scalar(effective)
        else:
            shape.read, shape.write = self.anything, _write_anything

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
                text = next((child.text for child in element if _is(child, named.tag)), None)
            return variants.get(text or "")

        def choosing_read(element: Element, problems: list[Problem]) -> Any:
            chosen = chosen_for(element)
            return (self.shape(chosen).read if chosen is not None else read)(element, problems)

        def choosing_content(element: Element, problems: list[Problem]) -> Any:
            chosen = chosen_for(element)
            return (self.contents[id(self.resolve(chosen))] if chosen is not None else content)(element, problems)

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
        return self.rule.empty_is_null and not schema.xml.empty_is_text and not _has_content(element)

    # Scalars

    def scalar(self, schema: Schema) -> tuple[Reader, Writer]:
        def read(element: Element, problems: list[Problem]) -> Any:
            if self.empty(element, schema):
                return None
            if len(element):
                return self.anything(element, problems)
            return scalar(element.text or "", schema)

        def write(element: Element, value: Any) -> None:
            if value is None:
                self.null(element)
            else:
                _set_text(element, value)

        return read, write

    def anything(self, element: Element, problems: list[Problem]) -> Any:
        """An element that no schema describes: text, or its children by local name."""
        if self.empty(element, Schema()):
            return None
        if not len(element) and not element.attrib:
            return element.text or ""
        value: dict[str, Any] = {local(str(name)): one for name, one in element.attrib.items()}
        if not len(element) and (element.text or "").strip():
            value["#text"] = element.text
        for child in element:
            self.add(value, local(child.tag), self.anything(child, problems))
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

    def item_names(self, schema: Schema, fallback: str) -> tuple[str, ...]:
        """The tags that the document gives the items of a list: the one that is written, and the name of their
        definition. None where it gives none."""
        items = self.resolve(schema.items or Schema())
        given = items.xml.name or schema.xml.name or fallback
        names = [_qualified(items.xml.namespace, given)] if given else []
        if items.name is not None and items.xml.name is None:
            names.append(_qualified(items.xml.namespace, items.name))
        return tuple(names)

    def array(self, schema: Schema, fallback: str = "") -> tuple[Reader, Writer]:
        tag, prefix = self.item_name(schema, schema.xml.name or fallback or "item")
        names = self.item_names(schema, fallback)
        shape = self.shape(schema.items or Schema())

        def read(element: Element, problems: list[Problem]) -> Any:
            if element.get(_NIL) in ("true", "1"):
                return None
            _no_text(element)
            children = list(element)
            if any(child.tag != tag for child in children):
                _check_items(element, names, problems)
            return [shape.read(child, problems) for child in children]

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
        described = {local(tag) for tag in elements}
        declares = schema.xml.namespace is not None or any(tag.startswith("{") for tag in elements)

        def read(element: Element, problems: list[Problem]) -> Any:
            if self.empty(element, schema):
                return None
            return read_content(element, problems)

        def member_in(tag: str, element: Element) -> _Member | None:
            """The member that a child in a namespace is where none is declared for it, unless that is disputed."""
            found = by_local.get(local(tag))
            if found is None or _is_of(tag, element):
                return found
            disputed = declares or any(local(one.tag) == local(tag) and _is_of(one.tag, element) for one in element)
            return None if disputed else found

        def read_content(element: Element, problems: list[Problem]) -> dict[str, Any]:
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
                one = elements.get(tag)
                if one is None and tag[0] == "{":
                    one = member_in(tag, element)
                if one is None:
                    name = local(tag)
                    if name in described:  # a name of the document's, in another namespace
                        said = f"has <{name}> in {_in(tag)}, which is not the element that the document describes"
                        record(problems, Problem(_path(child), said, XML_NAME))
                        name = f"{{{namespace(tag)}}}{name}"
                    self.add(value, name, (other.read if other else self.anything)(child, problems))
                elif one.form == "items":
                    value[one.name].append(one.shape.read(child, problems))
                else:
                    if one.name in value:
                        said = f"has <{local(tag)}> twice in <{local(element.tag)}>"
                        record(problems, Problem(_path(child), said, TWICE))
                    value[one.name] = one.shape.read(child, problems)
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

    def way(self, schema: Schema, path: tuple[str, ...]) -> tuple[list[str], tuple[str, ...], _Shape]:
        """The tags from below a document's own element down to the list at a path, the names that its items may have
        (none: any) and their shape; ``ValueError`` where no list stands there."""
        own = self.resolve(schema)
        if not path:
            if "array" not in own.types:
                raise ValueError("has no list to go through")
            return [], self.item_names(own, ""), self.shape(own.items or Schema())
        self.shape(own)
        found = next((one for one in self.members.get(id(own), ()) if one.name == path[0]), None)
        if found is None:
            raise ValueError(f"has no member {path[0]!r} to go through")
        if found.form == "items" and len(path) == 1:
            return [], (found.tag,), found.shape
        if found.form == "wrapped" and len(path) == 1:
            names = self.item_names(found.schema, found.schema.xml.name or found.name)
            return [found.tag], names, self.shape(found.schema.items or Schema())
        tags, names, shape = self.way(found.schema, path[1:])
        return [found.tag, *tags], names, shape

    def document(self, schema: Schema) -> tuple[_Root, _Shape]:
        """What a document's own element is, and its shape."""
        own = self.resolve(schema)
        shape = self.shape(schema)
        name = own.xml.name or own.name
        tag = _qualified(own.xml.namespace, name or "root")
        return _Root(tag, own.xml.prefix, name is not None, self.contents.get(id(own), shape.read), own), shape

    def looks_like(self, element: Element, schema: Schema) -> bool:
        """Whether an element under another name has what a schema promises: a member that is described, items under
        their name, or text for a scalar. One without content has nothing to show, and one that calls itself an error
        is one, whatever else it has."""
        if etree.QName(element).localname.lower() in _ERRORS:
            return False
        if "array" in schema.types:
            names = self.item_names(schema, "")
            return len(element) > 0 and (not names or all(any(_is(one, name) for name in names) for one in element))
        members = self.members.get(id(schema))
        if members is None:
            return not len(element) or not schema.types
        elements = [one.tag for one in members if one.form not in ("attribute", "text")]
        attributes = [one.tag for one in members if one.form == "attribute"]
        if not members or any(one.form == "text" for one in members):
            return _has_content(element)
        return any(_is(child, tag) for child in element for tag in elements) or any(
            tag in element.attrib for tag in attributes
        )


_ERRORS = frozenset({"error", "errors", "exception", "fault", "problem"})


@dataclass(frozen=True, slots=True)
class _Root:
    """The element of a document: its tag, whether the document gives it, and how its content is read. A document that
    is there is null only where it says so itself."""

    tag: str
    prefix: str | None
    named: bool
    read: Reader
    schema: Schema


def _unread(element: Element, problems: list[Problem]) -> Any:
    raise AssertionError("a shape is complete before it is used")


def _unwritten(element: Element, value: Any) -> None:
    raise AssertionError("a shape is complete before it is used")


def _no_text(element: Element) -> None:
    if (element.text or "").strip() or any((child.tail or "").strip() for child in element):
        raise ValueError(f"has text between the elements of <{local(element.tag)}>")


def _path(element: Element) -> tuple[str, ...]:
    """Where an element stands: the names of the elements above it but for the root, and its own."""
    above = [local(one.tag) for one in element.iterancestors()]
    return (*reversed(above[:-1]), local(element.tag)) if above else ()


def _check_items(element: Element, names: tuple[str, ...], problems: list[Problem]) -> None:
    """Looks at the items of a list whose names are not all the one that is written: where the document gives them
    another, that is a deviation; ``ValueError`` where they are not all called the same."""
    came = {child.tag for child in element}
    if all(any(_is(child, name) for name in names) for child in element):
        return
    if len(came) > 1 or (names and not _is_near(element[0], names[0])):
        wanted = names[0] if names else element[0].tag
        stray = next(child for child in element if not _is(child, wanted))
        raise ValueError(f"has <{local(stray.tag)}> in <{local(element.tag)}>, where only <{local(wanted)}> stands")
    if names:
        said = f"has <{local(element[0].tag)}> in <{local(element.tag)}>, where <{local(names[0])}> is promised"
        record(problems, Problem(_path(element), said, XML_NAME))


def _nsmap(tag: str, prefix: str | None, prefixes: Mapping[str, str]) -> Any:
    """The namespaces that an element declares: its own, and those of its attributes."""
    own = {prefix: namespace(tag)} if tag.startswith("{") else {}
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


# Documents

_PARSER: Mapping[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "remove_comments": True,
    "remove_pis": True,
}
"""How every document is parsed: no entity, no DTD, no network; libxml2's own bounds of depth and size stay."""

_DECLARATION = re.compile(rb"""\s*<\?xml\s[^>]*?\bencoding\s*=\s*["']([A-Za-z0-9._:-]+)["']""")
_BLANKS = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]+(?=<\?xml\s)")
_HEAD = 256
"""More bytes than an XML declaration has."""


def _encoding(data: bytes, charset: str | None, problems: list[Problem]) -> str | None:
    """The encoding to read bytes in, None for the one that they say themselves: a byte order mark wins over the
    header, the header over the declaration (RFC 7303 section 3). A declaration that can be read as ASCII names no
    encoding of 16 bits: then they are UTF-8."""
    mark = mark_of(data)
    named = known(charset) if charset else None
    if charset and named is None:
        problems.append(Problem(("Content-Type",), f"has the charset {charset!r}, which is not known", ENCODING))
    found = _DECLARATION.match(data.removeprefix(codecs.BOM_UTF8)[:_HEAD])
    declared = found[1].decode("ascii") if found else "utf-8"
    wrong = not _holds_ascii(declared) or (mark == "utf-8-sig" and known(declared) not in ("utf-8", "ascii"))
    if wrong:
        problems.append(Problem((), f"declares the encoding {declared!r}, in which it is not written", ENCODING))
    if mark is not None:
        return "utf-8" if wrong and mark == "utf-8-sig" else None
    return named or ("utf-8" if wrong else None if _is_parsed(declared) else known(declared))


@lru_cache(64)
def _is_parsed(encoding: str) -> bool:
    """Whether libxml2 knows an encoding by this name; Python knows more."""
    try:
        etree.XMLParser(encoding=encoding)
    except LookupError:
        return False
    return True


def _holds_ascii(encoding: str) -> bool:
    """Whether ASCII is in an encoding what it is in UTF-8."""
    name = known(encoding)
    try:
        return name is not None and "<?xml".encode(name) == b"<?xml"
    except (UnicodeError, LookupError):
        return False


def _no_xml(error: Exception) -> ValueError:
    return ValueError(f"is no XML: {str(error).splitlines()[0] if str(error) else 'empty'}")


_ENTITIES = "has a DOCTYPE with entities, which are refused"


def _check_doctype(element: Element, problems: list[Problem]) -> bool:
    """Whether a document has a document type declaration; ``ValueError`` for one that declares entities."""
    info = element.getroottree().docinfo
    if info.internalDTD is None and not info.doctype:
        return False
    if info.internalDTD is not None and any(True for _ in info.internalDTD.iterentities()):
        raise ValueError(_ENTITIES)
    problems.append(Problem((), "has a DOCTYPE, which is not looked at", DOCTYPE))
    return True


_NOT_MARKUP = re.compile(rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>", re.DOTALL)
_REFERENCE = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos);|#)")


def parse(data: bytes, charset: str | None, problems: list[Problem]) -> Element:
    """The root element of XML octets; ``ValueError`` for what is not well-formed, has entities of its own, or is
    deeper or larger than libxml2's own bounds."""
    plain = data.replace(b"\0", b"")  # ASCII in UTF-16 and UTF-32 has zeros between
    if b"<!DOCTYPE" in plain and b"<!ENTITY" in plain:
        raise ValueError(_ENTITIES)  # before anything is made of them
    if (start := _BLANKS.match(data)) is not None:
        problems.append(Problem((), "has blanks before its XML declaration", PROLOG))
        data = data[start.end() :]
    encoding = _encoding(data, charset, problems)
    if encoding not in (None, "utf-8"):
        data, encoding = text_of(data, encoding, problems).encode("utf-8"), "utf-8"
    parser = etree.XMLParser(encoding=encoding, **_PARSER, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise _no_xml(error) from None
    if _check_doctype(root, problems) and _REFERENCE.search(_NOT_MARKUP.sub(b"", plain)):
        raise ValueError(_ENTITIES)  # declared where nobody looks: its text would be missing
    return root


def _in(tag: str) -> str:
    return f"the namespace {namespace(tag)!r}" if namespace(tag) else "no namespace"


_ERROR = re.compile(r"error|fault|exception|failure", re.IGNORECASE)


def _is_error(element: Element) -> bool:
    """Whether an element says by its name that it is no result: then it is not read as one of another name."""
    return _ERROR.search(local(element.tag)) is not None


def _check_page(element: Element, wanted: str) -> None:
    """Refuses a page for people, which is what proxies and gateways answer under any status."""
    if local(element.tag).lower() == "html" and local(wanted) != local(element.tag):
        raise ValueError("is an HTML page")


def bind(binding: Binding) -> Bound:
    """XML of the schema's shape, inside the document's envelope where it has one."""
    compiler = _Compiler(binding)
    schema = binding.schema if binding.schema is not None else Schema()
    root, shape = compiler.document(schema)
    envelope = binding.xml.envelope

    def check(element: Element, wanted: str, fits: bool, problems: list[Problem]) -> None:
        if not _is(element, wanted):
            said = f"has the element <{local(element.tag)}> where <{local(wanted)}> is promised"
            if not fits or not _is_near(element, wanted) or _is_error(element):
                raise ValueError(said)
            problems.append(Problem((), said, XML_NAME))

    def decode(data: bytes, parameters: Parameters, problems: list[Problem]) -> Any:
        element = parse(data, parameters.get("charset"), problems)
        _check_page(element, envelope or root.tag)
        if envelope is not None:
            check(element, envelope, len(element) == 1 and _is(element[0], root.tag), problems)
            _no_text(element)
            if len(element) != 1:
                raise ValueError(f"has {len(element)} elements in <{envelope}>, where one is promised")
            element = element[0]
        if binding.schema is None:
            return compiler.anything(element, problems)
        if element.get(_NIL) in ("true", "1"):
            return None
        if root.named and not _is(element, root.tag):
            check(element, root.tag, compiler.looks_like(element, root.schema), problems)
        elif not root.named and _is_error(element) and not compiler.looks_like(element, root.schema):
            raise ValueError(f"has the element <{local(element.tag)}>, and nothing of what is promised")
        return root.read(element, problems)

    def encode(value: Any) -> bytes:
        nsmap = _nsmap(root.tag, root.prefix, shape.prefixes)
        if envelope is not None:
            outer: Element = etree.Element(envelope)
            inner = etree.SubElement(outer, root.tag, nsmap=nsmap)
        else:
            outer = inner = etree.Element(root.tag, nsmap=nsmap)
        shape.write(inner, value)
        return bytes(etree.tostring(outer, xml_declaration=True, encoding="UTF-8"))

    def each(
        pieces: Iterator[bytes], parameters: Parameters, path: tuple[str, ...], problems: list[Problem]
    ) -> Iterator[Any]:
        way, names, item = compiler.way(schema, path)
        outer = [(envelope,)] if envelope is not None else []
        above = [*outer, (root.tag,) if root.named else (), *((tag,) for tag in way), names]
        return _each(pieces, parameters, above, item.read, problems)

    return Bound(encode, decode, each)


_AT_ONCE = 8 * 1024 * 1024
"""The most octets that one item may have."""


def _each(
    pieces: Iterator[bytes],
    parameters: Parameters,
    above: list[tuple[str, ...]],
    read: Reader,
    problems: list[Problem],
) -> Iterator[Any]:
    """The elements below a path of others, each read and then forgotten, as they come in. ``above`` are the names
    that the elements on the way may have, the item's own last; none: any."""
    first = b""
    while len(first) < _HEAD and (piece := next(pieces, b"")):
        first += piece
    encoding = _encoding(first, parameters.get("charset"), problems)
    pieces = chain((first,), pieces)
    if encoding not in (None, "utf-8"):
        pieces = (piece.encode("utf-8") for piece in codecs.iterdecode(pieces, encoding))
        encoding = "utf-8"
    parser = etree.XMLPullParser(events=("start", "end"), encoding=encoding, **_PARSER, huge_tree=True)
    stack: list[bool] = []  # of the open elements, whether they and those around them are on the way
    since = items = 0
    another = ""
    try:
        for piece in pieces:
            parser.feed(piece)
            since += len(piece)
            if since > _AT_ONCE or len(stack) > MAX_DEPTH:
                raise ValueError(f"is nested too deep, or has an item larger than {_AT_ONCE:,} bytes")
            events: Any = parser.read_events()
            for event, element in events:
                depth = len(stack)
                names = above[depth] if depth < len(above) else ()
                if event == "start":
                    named = not names or any(_is(element, name) for name in names)
                    if not stack:
                        if _check_doctype(element, problems) and element.getroottree().docinfo.system_url:
                            raise ValueError(_ENTITIES)  # they may be declared there
                        _check_page(element, names[0] if names else "")
                        another = "" if named else local(element.tag)
                        if another and (not _is_near(element, names[0]) or _is_error(element)):
                            raise ValueError(f"has the element <{another}> in {_in(element.tag)}")
                    stack.append(depth == 0 or (stack[-1] and named))
                    continue
                on_the_way = stack.pop()
                if len(stack) == len(above) - 1:
                    if on_the_way:
                        items += 1
                        yield read(element, problems)
                    since = 0
                if len(stack) < len(above):
                    element.clear(keep_tail=True)
                    while element.getprevious() is not None:
                        del element.getparent()[0]
        parser.close()
    except etree.XMLSyntaxError as error:
        raise _no_xml(error) from None
    if another:
        said = f"has the element <{another}> where <{local(above[0][0])}> is promised"
        if not items:
            raise ValueError(said)
        problems.append(Problem((), said, XML_NAME))


CODEC = Codec(
    "xml", ("application/xml", "text/xml", "+xml"), bind, carries=lambda value: not is_octets(value), structured=True
)
