"""Objects, and choices among them: by a discriminator, or by what is there (``oneOf``, ``anyOf``)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from msgspec.structs import replace

from openconnectors.engine.errors import Problem
from openconnectors.engine.leniency import TWICE, XML_NAME, record
from openconnectors.engine.model import Schema, XmlRule
from openconnectors.engine.values.codecs.xml.names import (
    Element,
    attributes_of,
    has_content,
    has_name,
    in_namespace,
    local_name,
    may_belong_to,
    namespace_of,
    path_of,
)
from openconnectors.engine.values.codecs.xml.nodes import (
    NO_FIT,
    Compiled,
    Fit,
    Member,
    Shape,
    add,
    check_no_text,
    is_allowed,
    read_anything,
)
from openconnectors.engine.values.codecs.xml.writing import add_child, add_text, set_attribute, write_anything
from openconnectors.engine.values.scalars import scalar


class Object(Shape):
    """An object: its members as attributes, elements and text."""

    def fill(self, shapes: Compiled) -> None:
        """Complete the shape with those of its members."""
        schema = self.schema
        members = tuple(shapes.member(name, declared) for name, declared in schema.properties.items())
        self.members = members
        self.text = next((member for member in members if member.form in ("text", "cdata")), None)
        self.elements = {member.tag: member for member in members if member.form in ("element", "items", "wrapped")}
        self._attributes = {member.tag: member for member in members if member.form == "attribute"}
        self._by_name = {member.name: member for member in members}
        self._by_local_name = {
            local_name(tag): member for tag, member in self.elements.items() if not tag.startswith("{")
        }
        self.lists = [
            member.name
            for member in members
            if member.form == "items" and (self.rule.absent_is_empty or member.name in schema.required)
        ]
        self.inline = [member for member in members if member.form == "inline"]
        self.absent_is_null = [
            member.name
            for member in self._attributes.values()
            if member.schema.nullable and member.name in schema.required
        ]
        self.rest = shapes.shape(schema.additional) if isinstance(schema.additional, Schema) else None
        self._local_names = {local_name(tag) for tag in self.elements}
        self._declares_namespace = schema.xml.namespace is not None or any(tag.startswith("{") for tag in self.elements)
        self.prefixes |= {
            member.prefix: namespace_of(member.tag) for member in self._attributes.values() if member.prefix
        }

    @cached_property
    def _inline_names(self) -> frozenset[str]:
        """The names of what is in the element for members without an element; known once all shapes are filled."""
        return frozenset(name for member in self.inline for name in member.shape.names())

    def names(self) -> tuple[str, ...]:
        """The names of elements and attributes that the schema describes."""
        return (*self.elements, *self._attributes, *self._inline_names)

    def read_content(self, element: Element, problems: list[Problem]) -> dict[str, Any]:
        """The members of an element that the schema describes, and all others as they are."""
        children = list(element)  # kept: lxml makes a new object for an element that is asked for again
        if self.text is None:
            check_no_text(element, children)
        return self._read(element, children, problems, beside=False)

    def read_beside(self, element: Element, problems: list[Problem]) -> Any:
        """The members of an element that the schema describes."""
        return self._read(element, list(element), problems, beside=True)

    def _read(
        self, element: Element, children: list[Element], problems: list[Problem], *, beside: bool
    ) -> dict[str, Any]:
        value: dict[str, Any] = {name: [] for name in self.lists}
        attributes = attributes_of(element)
        if attributes or self.absent_is_null:
            self.read_attributes(attributes, value, beside=beside)
        elements = self.elements
        near: set[str] | None = None
        for child in children:
            tag = child.tag
            member = elements.get(tag)
            if member is None and tag[0] == "{":
                if may_belong_to(tag, element):
                    member = self._by_local_name.get(local_name(tag))
                elif not self._declares_namespace:
                    if near is None:
                        near = {local_name(other.tag) for other in children if may_belong_to(other.tag, element)}
                    member = self._in_another_namespace(tag, near)
            if member is None:
                if not beside and (not self.inline or tag not in self._inline_names):
                    self._read_undeclared(child, value, problems)
            elif member.form == "items":
                value.setdefault(member.name, []).append(member.shape.read(child, problems))
            else:
                if member.name in value:
                    message = f"has <{local_name(tag)}> twice in <{local_name(element.tag)}>"
                    record(problems, Problem(path_of(child), message, TWICE))
                value[member.name] = member.shape.read(child, problems)
        for member in self.inline:
            inside = member.shape.read_beside(element, problems)
            if inside or member.name in self.schema.required:
                value[member.name] = inside
        if self.text is not None:
            text = (element.text or "") + "".join(child.tail or "" for child in children)
            value[self.text.name] = scalar(text if not children else text.strip(), self.text.schema)
        return value

    def read_attributes(self, attributes: Mapping[str, str], value: dict[str, Any], *, beside: bool = False) -> None:
        """Add to a value what the attributes of its element say; ``beside``: only those that the schema describes."""
        for name in self.absent_is_null:  # the other way in which null has no attribute ("Handling null Values")
            value[name] = None
        for tag, text in attributes.items():
            member = self._attributes.get(tag)
            if member is not None:
                value[member.name] = None if self.rule.empty_is_null and not text else scalar(text, member.schema)
            elif not tag.startswith("{") and not beside and tag not in self._inline_names:
                value[tag] = text

    def _in_another_namespace(self, tag: str, near: set[str]) -> Member | None:
        """The member that a child in another namespace than its element is, if no namespaces are declared. ``near`` are
        the local names of the children that may belong to the element: they are a better fit."""
        name = local_name(tag)
        return None if name in near else self._by_local_name.get(name)

    def _read_undeclared(self, child: Element, value: dict[str, Any], problems: list[Problem]) -> None:
        tag = child.tag
        name = local_name(tag)
        if name in self._local_names:  # a declared name, in another namespace
            message = f"has <{name}> in {in_namespace(tag)}, which is not the element that the document describes"
            record(problems, Problem(path_of(child), message, XML_NAME))
            name = f"{{{namespace_of(tag)}}}{name}"
        rest = self.rest
        add(value, name, rest.read(child, problems) if rest else read_anything(child, self.rule, problems))

    def write_content(self, element: Element, value: Any) -> None:
        """Write the members; those that the schema does not describe are written after ``additionalProperties``, or as
        they are."""
        if not isinstance(value, dict):
            raise ValueError(f"must be an object to be written as <{local_name(element.tag)}>")
        for name, inside in value.items():
            member = self._by_name.get(name)
            if member is not None:
                self._write_member(element, member, inside)
            elif self.rest is not None:
                self.rest.write(add_child(element, name, None), inside)
            else:
                write_anything(element, {name: inside})

    def _write_member(self, element: Element, member: Member, value: Any) -> None:
        if member.form == "attribute":
            if value is not None or self.rule.empty_is_null:
                set_attribute(element, member.tag, value)
        elif member.form in ("text", "cdata"):
            add_text(element, value, cdata=member.form == "cdata")
        elif member.form == "inline":
            if value is not None:
                member.shape.write_content(element, value)
        elif member.form == "items":
            if value is not None and not isinstance(value, list):
                raise ValueError(f"must have a list to be written as <{local_name(member.tag)}> elements")
            for item in value or ():
                member.shape.write(add_child(element, member.tag, member.prefix, member.shape.prefixes), item)
        else:
            member.shape.write(add_child(element, member.tag, member.prefix, member.shape.prefixes), value)

    def fit(self, element: Element) -> Fit:
        """What is required must be there, and what lists its values have one of them."""
        tags = {child.tag for child in element} | set(element.attrib)
        names = tags | set(map(local_name, tags))
        declared = 0
        for member in self.members:
            is_there = member.form in ("text", "cdata", "inline") or member.tag in names
            declared += is_there
            is_needed = member.name in self.schema.required and member.form != "items" and not member.schema.nullable
            if (is_needed and not is_there) or (is_there and not self._is_allowed(member, element)):
                return NO_FIT
        known = {*self.names(), *map(local_name, self.names())}
        extra = [
            name for name in {child.tag for child in element} | set(element.attrib) if local_name(name) not in known
        ]
        has_text = self.text is None and bool((element.text or "").strip())
        return (not has_text and not (extra and self.schema.additional is False), -len(extra), declared)

    @staticmethod
    def _is_allowed(member: Member, element: Element) -> bool:
        """Whether the text of a member is one of the values that its schema lists."""
        if member.schema.enum is None and "const" not in member.schema.keywords:
            return True
        if member.form == "attribute":
            text = element.get(member.tag)
        else:
            text = next((child.text or "" for child in element if has_name(child, member.tag)), None)
        return text is None or is_allowed(member.schema, scalar(text, member.schema))

    def _resembles(self, element: Element) -> bool:
        if not self.members or self.text is not None:
            return has_content(element)
        return any(has_name(child, tag) for child in element for tag in self.elements) or any(
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

    def fill(self, shapes: Compiled) -> None:
        """Complete the shape with those of its members and variants."""
        super().fill(shapes)
        name = self.schema.discriminator or ""
        self._discriminator = self._by_name.get(name)
        declared = (variant.properties[name] for variant in self._declared.values() if name in variant.properties)
        if self._discriminator is None and (schema := next(declared, None)) is not None:
            self._discriminator = shapes.member(name, schema)
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


class Alternatives(Shape):
    """A value of one of several schemas (``oneOf``, ``anyOf``), written by the first that accepts it and read by the
    one that fits the element best. One look decides, before anything within is read: nested alternatives then cost what
    their elements do."""

    def __init__(self, schema: Schema, rule: XmlRule) -> None:
        super().__init__(schema, rule)
        self._branches: list[tuple[Schema, Shape]] = []

    def fill(self, shapes: Compiled) -> None:
        """Complete the shape with those of its branches."""
        self._accepts = shapes.accepts
        for branch in shapes.branches(self.schema):
            shape = shapes.shape(self._joined(branch))
            self._branches.append((branch, shape))
            self.prefixes |= shape.prefixes

    def _joined(self, branch: Schema) -> Schema:
        """A branch with the members of the schema around it."""
        if not self.schema.properties:
            return branch
        around = replace(self.schema, one_of=(), any_of=(), name=None)
        return Schema(all_of=(around, branch), xml=self.schema.xml)

    def read_content(self, element: Element, problems: list[Problem]) -> Any:
        """The value of an element."""
        branch = self._fitting(element)
        return branch.read_content(element, problems) if branch else read_anything(element, self.rule, problems)

    def _fitting(self, element: Element) -> Shape | None:
        return max((shape for _, shape in self._branches), key=lambda shape: shape.fit(element), default=None)

    def fit(self, element: Element) -> Fit:
        """That of the best branch."""
        return max((shape.fit(element) for _, shape in self._branches), default=NO_FIT)

    def write_content(self, element: Element, value: Any) -> None:
        """Write a value by the first branch that accepts it."""
        branch = next((shape for declared, shape in self._branches if self._accepts(declared, value)), None)
        if branch is not None:
            branch.write_content(element, value)
        else:
            write_anything(element, value)

    def _resembles(self, element: Element) -> bool:
        return any(shape.resembles(element) for _, shape in self._branches)
