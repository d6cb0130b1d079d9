"""Shapes: how the elements of each schema are read and written, compiled once.

Theory of operation. ``Shapes.shape`` gives each resolved schema one object with ``read`` and ``write``, so that the two
directions cannot differ: a scalar, a list, an object, a choice among variants, or anything. A shape is created empty
and filled afterwards from a list of waiting shapes, because schemas contain themselves, and contain one another in
chains longer than Python's stack.

Reading gives wire values (``body`` defines them), writing takes them. A member of an object has one of five forms:
``attribute``; ``element``; ``text``, the text of the object's own element; ``wrapped``, a list in an element of its
own; ``items``, a list whose items are among the other members.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from openconnectors.engine.errors import Problem
from openconnectors.engine.leniency import TWICE, XML_NAME, record
from openconnectors.engine.model import Schema, XmlRule
from openconnectors.engine.values.codecs.binding import Binding
from openconnectors.engine.values.codecs.xml.names import (
    NIL,
    Element,
    has_content,
    has_name,
    in_namespace,
    local_name,
    may_belong_to,
    may_replace,
    namespace_of,
    path_of,
    qualified,
)
from openconnectors.engine.values.codecs.xml.writing import (
    add_child,
    set_attribute,
    set_text,
    write_anything,
)
from openconnectors.engine.values.scalars import scalar

ANY = Schema()
"""The schema of what no schema describes."""

_ERRORS = frozenset({"error", "errors", "exception", "fault", "problem"})
"""Names of elements, in lower case, that say themselves that they are not a result."""


class Shape:
    """What one resolved schema makes of an element. Each kind of schema has a class below."""

    def __init__(self, schema: Schema, rule: XmlRule) -> None:
        self.schema = schema
        self.rule = rule
        self.members: tuple[Member, ...] = ()
        self.prefixes: dict[str, str] = {}
        """Prefix to namespace of the attributes: lxml wants an element to declare those before they are set."""

    def fill(self, shapes: Shapes) -> None:
        """Complete the shape with those of the schemas within its own."""

    def read(self, element: Element, problems: list[Problem]) -> Any:
        """The value of an element; None if it stands for null."""
        return None if self.is_null(element) else self.read_content(element, problems)

    def read_content(self, element: Element, problems: list[Problem]) -> Any:
        """The value of an element that is not null. A document's own element is read so even if it is empty."""
        raise NotImplementedError

    def write(self, element: Element, value: Any) -> None:
        """Write a value into its element. ``ValueError`` with the end of a sentence if it cannot be written."""
        if value is not None:
            self.write_content(element, value)
        elif not self.rule.empty_is_null:
            element.set(NIL, "true")

    def write_content(self, element: Element, value: Any) -> None:
        """Write a value that is not null."""
        raise NotImplementedError

    def is_null(self, element: Element) -> bool:
        """Return True if an element stands for null: it says so, or it is empty and the document has that rule."""
        return is_null(element, self.rule, self.schema)

    def resembles(self, element: Element) -> bool:
        """Return True if an element under an undeclared name has what the schema describes: a declared member, items
        under their name, or text for a scalar. An element without content shows nothing, and one that calls itself an
        error is one, whatever else it holds."""
        return local_name(element.tag).lower() not in _ERRORS and self._resembles(element)

    def _resembles(self, element: Element) -> bool:
        raise NotImplementedError


class Anything(Shape):
    """What no schema describes: text, or children by their local names."""

    def read(self, element: Element, problems: list[Problem]) -> Any:
        """The value of an element."""
        return read_anything(element, self.rule, problems)

    read_content = read

    def write(self, element: Element, value: Any) -> None:
        """Write a value; null as an empty element."""
        write_anything(element, value)

    write_content = write

    def _resembles(self, element: Element) -> bool:
        return True


def read_anything(element: Element, rule: XmlRule, problems: list[Problem]) -> Any:
    """The value of an element that no schema describes."""
    if is_null(element, rule, ANY):
        return None
    if not len(element) and not element.attrib:
        return element.text or ""
    value: dict[str, Any] = {local_name(str(name)): text for name, text in element.attrib.items()}
    if not len(element) and (element.text or "").strip():
        value["#text"] = element.text
    for child in element:
        _add(value, local_name(child.tag), read_anything(child, rule, problems))
    return value


def is_null(element: Element, rule: XmlRule, schema: Schema) -> bool:
    """See ``Shape.is_null``."""
    if element.get(NIL) in ("true", "1"):
        return True
    return rule.empty_is_null and not schema.xml.empty_is_text and not has_content(element)


def _add(value: dict[str, Any], name: str, member: Any) -> None:
    """Add a member; a name that occurs again makes a list of its values."""
    if name not in value:
        value[name] = member
    elif isinstance(value[name], list):
        value[name].append(member)
    else:
        value[name] = [value[name], member]


def check_no_text(element: Element) -> None:
    """Raise ``ValueError`` if an element that holds elements has text between them."""
    if (element.text or "").strip() or any((child.tail or "").strip() for child in element):
        raise ValueError(f"has text between the elements of <{local_name(element.tag)}>")


class Scalar(Shape):
    """Text, a number or a boolean."""

    def read(self, element: Element, problems: list[Problem]) -> Any:
        """As ``Shape.read``, in one call: most elements of a response are scalars."""
        if is_null(element, self.rule, self.schema):
            return None
        if len(element):
            return read_anything(element, self.rule, problems)
        return scalar(element.text or "", self.schema)

    read_content = read

    def write_content(self, element: Element, value: Any) -> None:
        """Write the text of a scalar."""
        set_text(element, value)

    def _resembles(self, element: Element) -> bool:
        return not len(element)


class List(Shape):
    """A list in an element of its own: the root of a document, an item of another list, or a wrapped member."""

    tag: str
    prefix: str | None
    names: tuple[str, ...]
    """The names that the document gives the items; none: any."""
    items: Shape

    def __init__(self, schema: Schema, rule: XmlRule, fallback: str = "") -> None:
        super().__init__(schema, rule)
        self._fallback = fallback

    def fill(self, shapes: Shapes) -> None:
        """Complete the shape with that of its items."""
        schema = self.schema
        self.tag, self.prefix = shapes.item_name(schema, schema.xml.name or self._fallback or "item")
        self.names = shapes.item_names(schema, self._fallback)
        self.items = shapes.shape(schema.items or ANY)

    def is_null(self, element: Element) -> bool:
        """Return True if an element says that it is null: an empty one is an empty list."""
        return element.get(NIL) in ("true", "1")

    def read_content(self, element: Element, problems: list[Problem]) -> Any:
        """The values of the items, which are the children."""
        check_no_text(element)
        children = list(element)
        if any(child.tag != self.tag for child in children):
            self._check_names(element, problems)
        read = self.items.read
        return [read(child, problems) for child in children]

    def _check_names(self, element: Element, problems: list[Problem]) -> None:
        """Record a deviation if the items have another name than the document gives them. ``ValueError`` if they do
        not all have the same."""
        names = self.names
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
        names = self.names
        return len(element) > 0 and (
            not names or all(any(has_name(child, name) for name in names) for child in element)
        )


@dataclass(frozen=True, slots=True)
class Member:
    """One property of an object: its place in the element, and its shape."""

    name: str
    tag: str
    form: Literal["attribute", "element", "items", "wrapped", "text"]
    shape: Shape
    """The shape of the value; of ``items``, that of each item."""
    schema: Schema
    """The resolved schema of the property."""
    prefix: str | None = None


class Object(Shape):
    """An object: its members as attributes, elements and text."""

    def fill(self, shapes: Shapes) -> None:
        """Complete the shape with those of its members."""
        schema = self.schema
        members = tuple(shapes.member(name, declared) for name, declared in schema.properties.items())
        self.members = members
        self._text = next((member for member in members if member.form == "text"), None)
        self._elements = {member.tag: member for member in members if member.form not in ("attribute", "text")}
        self._attributes = {member.tag: member for member in members if member.form == "attribute"}
        self._by_name = {member.name: member for member in members}
        self._by_local_name = {
            local_name(tag): member for tag, member in self._elements.items() if not tag.startswith("{")
        }
        self._lists = [member.name for member in members if member.form == "items"]
        self._rest = shapes.shape(schema.additional) if isinstance(schema.additional, Schema) else None
        self._local_names = {local_name(tag) for tag in self._elements}
        self._declares_namespace = schema.xml.namespace is not None or any(
            tag.startswith("{") for tag in self._elements
        )
        self.prefixes |= {
            member.prefix: namespace_of(member.tag) for member in self._attributes.values() if member.prefix
        }

    def read_content(self, element: Element, problems: list[Problem]) -> dict[str, Any]:
        """The members of an element that the schema describes, and all others as they are."""
        if self._text is None:
            check_no_text(element)
        value: dict[str, Any] = {name: [] for name in self._lists}
        if element.attrib:
            self._read_attributes(element, value)
        elements = self._elements
        for child in element:
            tag = child.tag
            member = elements.get(tag)
            if member is None and tag[0] == "{":
                member = self._in_another_namespace(tag, element)
            if member is None:
                self._read_undeclared(child, value, problems)
            elif member.form == "items":
                value[member.name].append(member.shape.read(child, problems))
            else:
                if member.name in value:
                    message = f"has <{local_name(tag)}> twice in <{local_name(element.tag)}>"
                    record(problems, Problem(path_of(child), message, TWICE))
                value[member.name] = member.shape.read(child, problems)
        if self._text is not None:
            text = (element.text or "") + "".join(child.tail or "" for child in element)
            value[self._text.name] = scalar(text if not len(element) else text.strip(), self._text.schema)
        return value

    def _read_attributes(self, element: Element, value: dict[str, Any]) -> None:
        for tag, text in element.attrib.items():
            member = self._attributes.get(tag)
            if member is not None:
                value[member.name] = None if self.rule.empty_is_null and not text else scalar(text, member.schema)
            elif not tag.startswith("{"):  # those of a namespace are about the document (xsi:type), not its value
                value[tag] = text

    def _in_another_namespace(self, tag: str, element: Element) -> Member | None:
        """The member that a child in a namespace is, if none is declared for it: the namespace is that of the element,
        or nothing declares one, and no other child is a better fit."""
        member = self._by_local_name.get(local_name(tag))
        if member is None or may_belong_to(tag, element):
            return member
        disputed = self._declares_namespace or any(
            local_name(child.tag) == local_name(tag) and may_belong_to(child.tag, element) for child in element
        )
        return None if disputed else member

    def _read_undeclared(self, child: Element, value: dict[str, Any], problems: list[Problem]) -> None:
        tag = child.tag
        name = local_name(tag)
        if name in self._local_names:  # a declared name, in another namespace
            message = f"has <{name}> in {in_namespace(tag)}, which is not the element that the document describes"
            record(problems, Problem(path_of(child), message, XML_NAME))
            name = f"{{{namespace_of(tag)}}}{name}"
        rest = self._rest
        _add(value, name, rest.read(child, problems) if rest else read_anything(child, self.rule, problems))

    def write_content(self, element: Element, value: Any) -> None:
        """Write the members; those that the schema does not describe are written after ``additionalProperties``, or as
        they are."""
        if not isinstance(value, dict):
            raise ValueError(f"must be an object to be written as <{local_name(element.tag)}>")
        for name, inside in value.items():
            member = self._by_name.get(name)
            if member is not None:
                self._write_member(element, member, inside)
            elif self._rest is not None:
                self._rest.write(add_child(element, name, None), inside)
            else:
                write_anything(element, {name: inside})

    def _write_member(self, element: Element, member: Member, value: Any) -> None:
        if member.form == "attribute":
            if value is not None or self.rule.empty_is_null:
                set_attribute(element, member.tag, value)
        elif member.form == "text":
            set_text(element, value)
        elif member.form == "items":
            if value is not None and not isinstance(value, list):
                raise ValueError(f"must have a list to be written as <{local_name(member.tag)}> elements")
            for item in value or ():
                member.shape.write(add_child(element, member.tag, member.prefix, member.shape.prefixes), item)
        else:
            member.shape.write(add_child(element, member.tag, member.prefix, member.shape.prefixes), value)

    def _resembles(self, element: Element) -> bool:
        if not self.members or self._text is not None:
            return has_content(element)
        return any(has_name(child, tag) for child in element for tag in self._elements) or any(
            tag in element.attrib for tag in self._attributes
        )


class Choice(Object):
    """An object whose discriminator names the schema, one that extends its own, by which a value is read and written
    (Swagger 2.0, "Schema Object", ``discriminator``)."""

    def __init__(self, schema: Schema, rule: XmlRule, variants: Mapping[str, Schema]) -> None:
        super().__init__(schema, rule)
        self._declared = variants
        self._variants: dict[str, Shape] = {}
        self._discriminator: Member | None = None

    def fill(self, shapes: Shapes) -> None:
        """Complete the shape with those of its members and variants."""
        super().fill(shapes)
        self._discriminator = self._by_name.get(self.schema.discriminator or "")
        if self._discriminator is not None:
            self._variants = {value: shapes.shape(variant) for value, variant in self._declared.items()}

    def _variant(self, element: Element) -> Shape | None:
        discriminator = self._discriminator
        if discriminator is None:
            return None
        if discriminator.form == "attribute":
            value = element.get(discriminator.tag)
        else:
            value = next((child.text for child in element if has_name(child, discriminator.tag)), None)
        return self._variants.get(value or "")

    def read(self, element: Element, problems: list[Problem]) -> Any:
        """The value of an element, read by the variant that it names."""
        variant = self._variant(element)
        if variant is not None:
            return variant.read(element, problems)
        return None if self.is_null(element) else super().read_content(element, problems)

    def read_content(self, element: Element, problems: list[Problem]) -> Any:
        """The value of an element that is not null, read by the variant that it names."""
        variant = self._variant(element)
        return (
            variant.read_content(element, problems) if variant is not None else super().read_content(element, problems)
        )

    def write(self, element: Element, value: Any) -> None:
        """Write a value by the variant that it names."""
        name = value.get(self.schema.discriminator) if isinstance(value, dict) else None
        variant = self._variants.get(name) if isinstance(name, str) else None
        if variant is not None:
            variant.write(element, value)
        else:
            super().write(element, value)


class Shapes:
    """The shapes of all schemas of one body."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding
        self._rule = binding.xml
        self._shapes: dict[int, Shape] = {}  # by the identity of resolved schemas, which ``binding.resolve`` keeps
        self._waiting: list[Shape] = []
        self._filling = False

    def shape(self, schema: Schema) -> Shape:
        """The shape of a declared schema. While another is being filled it may not be complete yet."""
        resolved = self._binding.resolve(schema)
        shape = self._shapes.get(id(resolved))
        if shape is None:
            shape = self._shapes[id(resolved)] = self._create(resolved)
            self._waiting.append(shape)
            if not self._filling:
                self._filling = True
                while self._waiting:
                    self._waiting.pop().fill(self)
                self._filling = False
        return shape

    def _create(self, schema: Schema) -> Shape:
        if "array" in schema.types:
            return List(schema, self._rule)
        if "object" in schema.types or schema.properties or isinstance(schema.additional, Schema):
            variants = {
                value: variant for value, variant in self._binding.variants(schema).items() if variant is not schema
            }
            return Choice(schema, self._rule, variants) if variants else Object(schema, self._rule)
        return Scalar(schema, self._rule) if schema.types else Anything(schema, self._rule)

    def member(self, name: str, declared: Schema) -> Member:
        """The member that a property of an object is."""
        schema = self._binding.resolve(declared)
        xml = schema.xml
        tag = qualified(xml.namespace, xml.name or name)
        if xml.text:
            return Member(name, "", "text", self.shape(declared), schema)
        if xml.attribute:
            # Without a prefix an attribute is in no namespace (XML Namespaces 1.0, section 6.2).
            return Member(name, tag, "attribute", self.shape(declared), schema, xml.prefix if xml.namespace else None)
        if "array" not in schema.types:
            return Member(name, tag, "element", self.shape(declared), schema, xml.prefix)
        if xml.wrapped:
            shape = List(schema, self._rule, fallback=xml.name or name)  # of its own: the name depends on the property
            shape.fill(self)
            return Member(name, tag, "wrapped", shape, schema, xml.prefix)
        tag, prefix = self.item_name(schema, xml.name or name)
        return Member(name, tag, "items", self.shape(schema.items or ANY), schema, prefix)

    def item_name(self, schema: Schema, fallback: str) -> tuple[str, str | None]:
        """The name and prefix under which items of a list are written: the items' own xml name, else the fallback."""
        xml = self._binding.resolve(schema.items or ANY).xml
        return qualified(xml.namespace, xml.name or fallback), xml.prefix

    def item_names(self, schema: Schema, fallback: str) -> tuple[str, ...]:
        """The names that the document gives the items of a list: the one that is written, and the name of their
        definition, under which generators write them. Empty if it gives none."""
        items = self._binding.resolve(schema.items or ANY)
        name = items.xml.name or schema.xml.name or fallback
        names = [qualified(items.xml.namespace, name)] if name else []
        if items.name is not None and items.xml.name is None:
            names.append(qualified(items.xml.namespace, items.name))
        return tuple(names)

    def items_at(self, declared: Schema, path: tuple[str, ...]) -> tuple[list[str], tuple[str, ...], Shape]:
        """The names of the elements from below a document's own element down to the list at a path, the names that its
        items may have (none: any), and the shape of an item. ``ValueError`` if there is no list at the path."""
        schema = self._binding.resolve(declared)
        if not path:
            if "array" not in schema.types:
                raise ValueError("has no list to go through")
            return [], self.item_names(schema, ""), self.shape(schema.items or ANY)
        member = next((member for member in self.shape(schema).members if member.name == path[0]), None)
        if member is None:
            raise ValueError(f"has no member {path[0]!r} to go through")
        if member.form == "items" and len(path) == 1:
            return [], (member.tag,), member.shape
        if member.form == "wrapped" and len(path) == 1:
            names = self.item_names(member.schema, member.schema.xml.name or member.name)
            return [member.tag], names, self.shape(member.schema.items or ANY)
        tags, names, shape = self.items_at(member.schema, path[1:])
        return [member.tag, *tags], names, shape
