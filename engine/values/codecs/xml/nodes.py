"""Shapes: how the elements of each schema are read and written. What all have in common, and those without parts.

Theory of operation. ``shapes.Shapes`` gives each resolved schema one object with ``read`` and ``write``, so that the
two directions cannot differ: a scalar or anything (here), a list (``lists``), an object or a choice (``objects``). A
shape is created empty and filled afterwards from a list of waiting shapes, because schemas contain themselves, and
contain one another in chains longer than Python's stack.

Reading gives wire values (``body`` defines them), writing takes them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, Protocol, TypeAlias

from msgspec import Struct

from openconnectors.engine.errors import Problem
from openconnectors.engine.model import Schema, XmlRule
from openconnectors.engine.values.codecs.xml.names import NIL, Element, attributes_of, has_content, local_name
from openconnectors.engine.values.codecs.xml.writing import set_text, write_anything
from openconnectors.engine.values.scalars import scalar

ANY = Schema()
"""The schema of what no schema describes."""

_ERRORS = frozenset({"error", "errors", "exception", "fault", "problem"})
"""Names of elements, in lower case, that say themselves that they are not a result."""


Fit: TypeAlias = tuple[bool, int, int]
"""How well an element fits a schema: nothing required is missing or contradicts it; the undeclared things in it, which
count against it; the declared ones."""
NO_FIT: Fit = (False, -1_000_000, 0)


class Shape:
    """What one resolved schema makes of an element. Each kind of schema has a class below."""

    def __init__(self, schema: Schema, rule: XmlRule) -> None:
        self.schema = schema
        self.rule = rule
        self.empty_is_null = rule.empty_is_null and not schema.xml.empty_is_text
        """True if an element without attributes, children and text stands for null."""
        self.members: tuple[Member, ...] = ()
        self.prefixes: dict[str, str] = {}
        """Prefix to namespace of the attributes: lxml wants an element to declare those before they are set."""

    def fill(self, shapes: Compiled) -> None:
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

    def fit(self, element: Element) -> Fit:
        """How well an element fits, by its own children, attributes and text alone."""
        return (self._resembles(element), 0, 0)

    def read_beside(self, element: Element, problems: list[Problem]) -> Any:
        """The value whose nodes are directly in an element, beside others (OpenAPI 3.2, ``nodeType: none``)."""
        return self.read_content(element, problems)

    def names(self) -> tuple[str, ...]:
        """The names of the elements and attributes that a value has directly in its element."""
        return ()


class Member(Struct, frozen=True):
    """One property of an object: its place in the element, and its shape."""

    name: str
    tag: str
    form: Literal["attribute", "element", "items", "wrapped", "text", "cdata", "inline"]
    """``text`` and ``cdata`` are the text of the object's own element; ``wrapped`` is a list in an element of its own,
    ``items`` one whose items are among the other members; the nodes of ``inline`` are among the other members."""
    shape: Shape
    """The shape of the value; of ``items``, that of each item."""
    schema: Schema
    """The resolved schema of the property."""
    prefix: str | None = None


class Compiled(Protocol):
    """Gives the shapes of the schemas within one."""

    def shape(self, schema: Schema) -> Shape:
        """The shape of a declared schema. While another is being filled it may not be complete yet."""

    def member(self, name: str, declared: Schema) -> Member:
        """The member that a property of an object is."""

    def item_name(self, schema: Schema, fallback: str) -> tuple[str, str | None]:
        """The name and prefix under which items of a list are written."""

    def item_names(self, schema: Schema, fallback: str) -> tuple[str, ...]:
        """The names that the document gives the items of a list; empty if it gives none."""

    def branches(self, schema: Schema) -> list[Schema]:
        """The resolved schemas of ``oneOf`` and ``anyOf``, and of theirs, without null and without branches."""

    def accepts(self, schema: Schema, value: Any) -> bool:
        """Whether a schema accepts a value."""


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
    value: dict[str, Any] = {local_name(str(name)): text for name, text in attributes_of(element).items()}
    if not len(element) and (element.text or "").strip():
        value["#text"] = element.text
    for child in element:
        add(value, local_name(child.tag), read_anything(child, rule, problems))
    return value


def is_null(element: Element, rule: XmlRule, schema: Schema) -> bool:
    """See ``Shape.is_null``."""
    if element.get(NIL) in ("true", "1"):
        return True
    return rule.empty_is_null and not schema.xml.empty_is_text and not has_content(element)


def add(value: dict[str, Any], name: str, member: Any) -> None:
    """Add a member; a name that occurs again makes a list of its values."""
    if name not in value:
        value[name] = member
    elif isinstance(value[name], list):
        value[name].append(member)
    else:
        value[name] = [value[name], member]


def check_no_text(element: Element, children: Iterable[Element] | None = None) -> None:
    """Raise ``ValueError`` if an element that holds elements, its children, has text between them."""
    tails = [tail for child in (element if children is None else children) if (tail := child.tail) is not None]
    if (element.text or "").strip() or "".join(tails).strip():
        raise ValueError(f"has text between the elements of <{local_name(element.tag)}>")


def is_allowed(schema: Schema, value: Any) -> bool:
    """Return True for a value that a schema lists, or if it lists none."""
    if schema.enum is not None and not schema.open_enum and value not in schema.enum:
        return False
    return "const" not in schema.keywords or bool(schema.keywords["const"] == value)


class Scalar(Shape):
    """Text, a number or a boolean."""

    def read(self, element: Element, problems: list[Problem]) -> Any:
        """As ``Shape.read``, in one call: most elements of a response are scalars, and have a text."""
        text = element.text or ""
        if self.empty_is_null and not text.strip():
            if is_null(element, self.rule, self.schema):
                return None
        elif element.get(NIL) in ("true", "1"):
            return None
        return read_anything(element, self.rule, problems) if len(element) else scalar(text, self.schema)

    read_content = read

    def write_content(self, element: Element, value: Any) -> None:
        """Write the text of a scalar."""
        set_text(element, value)

    def fit(self, element: Element) -> Fit:
        """An element without children, whose text is of the type of the schema and one of its values."""
        if len(element):
            return NO_FIT
        value = scalar(element.text or "", self.schema)
        if "string" not in self.schema.types and isinstance(value, str):
            return NO_FIT
        return (is_allowed(self.schema, value), 0, 0 if isinstance(value, str) else 1)

    def _resembles(self, element: Element) -> bool:
        return not len(element)
