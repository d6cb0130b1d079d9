"""The shapes of all schemas of one body, compiled once; ``nodes`` has the theory."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from openconnectors.engine.model import Schema, Xml
from openconnectors.engine.values.codecs.binding import Binding
from openconnectors.engine.values.codecs.xml.lists import List, Sequence
from openconnectors.engine.values.codecs.xml.names import qualified
from openconnectors.engine.values.codecs.xml.nodes import ANY, Anything, Member, Scalar, Shape
from openconnectors.engine.values.codecs.xml.objects import Alternatives, Choice, Object
from openconnectors.engine.values.scalars import alternatives_of


class Shapes:
    """The shapes of all schemas of one body."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding
        self._rule = binding.xml
        self._shapes: dict[int, Shape] = {}  # by the identity of resolved schemas, which ``binding.resolve`` keeps
        self._chosen: dict[int, Schema] = {}
        self._branches: dict[int, list[Schema]] = {}
        self._waiting: list[Shape] = []
        self._filling = False

    def shape(self, schema: Schema) -> Shape:
        """The shape of a declared schema. While another is being filled it may not be complete yet."""
        resolved = self._effective(schema)
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

    def _effective(self, declared: Schema) -> Schema:
        """The resolved form of a schema; of a choice between one schema and null, that schema."""
        resolved = self._binding.resolve(declared)
        if resolved.types or resolved.properties or not (resolved.one_of or resolved.any_of):
            return resolved
        known = self._chosen.get(id(resolved))
        if known is None:
            branches = self.branches(resolved)
            known = branches[0] if len(branches) == 1 else resolved
            if known is not resolved and resolved.xml != Xml():
                known = replace(known, xml=resolved.xml)
            self._chosen[id(resolved)] = known
        return known

    def branches(self, schema: Schema) -> list[Schema]:
        """The resolved schemas of ``oneOf`` and ``anyOf``, and of theirs, without null and without branches."""
        key = id(schema)
        if key not in self._branches:
            resolve = self._binding.resolve
            inner = [branch for part in (*schema.one_of, *schema.any_of) for branch in alternatives_of(part, resolve)]
            self._branches[key] = [
                replace(branch, one_of=(), any_of=()) if branch.one_of or branch.any_of else branch
                for branch in inner
                if branch.types != ("null",)
            ]
        return self._branches[key]

    def accepts(self, schema: Schema, value: Any) -> bool:
        """Whether a schema accepts a value."""
        return self._binding.accepts(schema, value)

    def _create(self, schema: Schema) -> Shape:
        if "prefixItems" in schema.keywords:
            return Sequence(schema, self._rule)
        if "array" in schema.types:
            return List(schema, self._rule)
        variants = {
            value: variant for value, variant in self._binding.variants(schema).items() if variant is not schema
        }
        if variants:
            return Choice(schema, self._rule, variants)
        if schema.one_of or schema.any_of:
            return Alternatives(schema, self._rule)
        if "object" in schema.types or schema.properties or isinstance(schema.additional, Schema):
            return Object(schema, self._rule)
        return Scalar(schema, self._rule) if schema.types else Anything(schema, self._rule)

    def member(self, name: str, declared: Schema) -> Member:
        """The member that a property of an object is."""
        schema = self._effective(declared)
        xml = schema.xml
        tag = qualified(xml.namespace, xml.name or name)
        form = xml.node or ("text" if xml.text else "attribute" if xml.attribute else "")
        is_list = "array" in schema.types or "prefixItems" in schema.keywords
        if form == "text" or form == "cdata":
            return Member(name, "", form, self.shape(declared), schema)
        if form == "attribute":
            # Without a prefix an attribute is in no namespace (XML Namespaces 1.0, section 6.2).
            return Member(name, tag, "attribute", self.shape(declared), schema, xml.prefix if xml.namespace else None)
        if is_list and (form == "element" or (not form and xml.wrapped)):
            # A shape of its own: the name of the items depends on the property.
            shape = self._list(schema, name if form else xml.name or name)
            return Member(name, tag, "wrapped", shape, schema, xml.prefix)
        if "prefixItems" in schema.keywords:
            return Member(name, "", "inline", self._list(schema, name), schema)
        if is_list:
            tag, prefix = self.item_name(schema, xml.name or name)
            return Member(name, tag, "items", self.shape(schema.items or ANY), schema, prefix)
        if form == "none" and (schema.properties or schema.one_of or schema.any_of):
            return Member(name, "", "inline", self.shape(declared), schema)
        return Member(name, tag, "element", self.shape(declared), schema, xml.prefix)

    def _list(self, schema: Schema, item_name: str) -> List:
        shape = (Sequence if "prefixItems" in schema.keywords else List)(schema, self._rule, fallback=item_name)
        shape.fill(self)
        return shape

    def item_name(self, schema: Schema, fallback: str) -> tuple[str, str | None]:
        """The name and prefix under which items of a list are written: the items' own xml name, else the fallback."""
        xml = self._binding.resolve(schema.items or ANY).xml
        return qualified(xml.namespace, xml.name or fallback), xml.prefix

    def item_names(self, schema: Schema, fallback: str) -> tuple[str, ...]:
        """The names that the document gives the items of a list: the one that is written, and the name of their
        definition, under which generators write them. Empty if it gives none."""
        items = self._binding.resolve(schema.items or ANY)
        name = items.xml.name or fallback or schema.xml.name
        names = [qualified(items.xml.namespace, name)] if name else []
        if items.name is not None and items.xml.name is None:
            names.append(qualified(items.xml.namespace, items.name))
        if schema.xml.node and schema.xml.name is not None and items.xml.name is None:
            names.append(qualified(items.xml.namespace, schema.xml.name))  # as an example of the specification has it
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
            fallback = member.name if member.schema.xml.node else member.schema.xml.name or member.name
            names = self.item_names(member.schema, fallback)
            return [member.tag], names, self.shape(member.schema.items or ANY)
        tags, names, shape = self.items_at(member.schema, path[1:])
        return [member.tag, *tags], names, shape
