"""Plain documents (``markup``) read in one pass, by readers that are compiled from the shapes of a schema.

What is read here has the value that it has through lxml (``Shape.read``), and no deviations. Whatever is not as the
schema describes it is ``NotPlain``: all deviations, errors and their wording are there alone.

Theory of operation. A reader takes the pieces of its element from the source, up to the closing tag. An object knows
the pieces that open its scalar members: most elements cost two pieces and a look into a table.

Rule 1. Readers are compiled where an element is first met. An element whose schema needs more than names (a choice, a
namespace, nodes beside one another) is not plain.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from openconnectors.engine.model import XmlRule
from openconnectors.engine.values.codecs.charsets import codec_name
from openconnectors.engine.values.codecs.xml.lists import List
from openconnectors.engine.values.codecs.xml.markup import (
    BLANKS,
    MAX_KEPT_PIECE,
    Namespaces,
    NotPlain,
    Source,
    Tag,
    source_of,
)
from openconnectors.engine.values.codecs.xml.names import is_result, local_name, namespace_of
from openconnectors.engine.values.codecs.xml.nodes import ANY, Anything, Scalar, Shape, add
from openconnectors.engine.values.codecs.xml.objects import Object
from openconnectors.engine.values.scalars import scalar, scalar_reader

_MAX_SPELLINGS = 512
"""How many pieces an object keeps that open its members: with blanks before the tag there are more than members."""

_MAX_NAMESPACES = 16
"""For how many namespaces of documents readers are kept."""


class Reader:
    """Reads the elements of one shape."""

    def empty(self, attributes: Mapping[str, str]) -> Any:
        """The value of ``<name attributes/>``."""
        raise NotPlain

    def content(self, source: Source, attributes: Mapping[str, str], close: str) -> Any:
        """The value of an element after its first tag; the last one, ``close``, is read with it."""
        raise NotPlain

    def read(self, tag: Tag, source: Source) -> Any:
        """The value of the element that a tag opens."""
        if tag.is_null:
            return None
        attributes = source.attributes(tag) if tag.attributes else tag.attributes
        return self.empty(attributes) if tag.is_empty else self.content(source, attributes, f"</{tag.name}")


class ScalarReader(Reader):
    """Text, a number or a boolean: an element without children."""

    def __init__(self, shape: Scalar) -> None:
        self._scalar = scalar_reader(shape.schema)
        self._empty_is_null = shape.empty_is_null
        self.is_text = shape.schema.types[0] == "string"
        """True if a text that is not blank is its own value."""

    def value(self, text: str) -> Any:
        """The value of an element that has this text and no attributes."""
        return None if self._empty_is_null and not text.strip() else self._scalar(text)

    def empty(self, attributes: Mapping[str, str]) -> Any:
        """See ``Reader``."""
        return self._scalar("") if attributes else self.value("")

    def content(self, source: Source, attributes: Mapping[str, str], close: str) -> Any:
        """See ``Reader``."""
        piece = next(source.pieces, "")
        written = piece.removesuffix(close)
        if written == piece:
            raise NotPlain
        text = source.text(written)
        return self._scalar(text) if attributes else self.value(text)


class AnythingReader(Reader):
    """What no schema describes: text, or members by their names."""

    def __init__(self, empty_is_null: bool) -> None:
        self._empty_is_null = empty_is_null

    def empty(self, attributes: Mapping[str, str]) -> Any:
        """See ``Reader``."""
        return dict(attributes) if attributes else None if self._empty_is_null else ""

    def content(self, source: Source, attributes: Mapping[str, str], close: str) -> Any:
        """See ``Reader``."""
        value: dict[str, Any] = dict(attributes)
        has_children = False
        source.enter()
        for piece in source.pieces:
            if piece.endswith(close):
                source.depth -= 1
                text = source.text(piece.removesuffix(close))
                if has_children and text.strip(BLANKS):
                    raise NotPlain
                if has_children or attributes:
                    return value if has_children or not text.strip() else {**value, "#text": text}
                return None if self._empty_is_null and not text.strip() else text
            has_children = True
            tag = source.tag(piece)
            if tag.closes:
                break
            add(value, tag.name, self.read(tag, source))
        raise NotPlain


class ListReader(Reader):
    """A list in an element of its own, of items that have its names for them."""

    def __init__(self, shape: List, readers: Readers) -> None:
        self._shape = shape
        self._readers = readers
        self._names = frozenset(filter(None, map(readers.local, (shape.tag, *shape.item_names))))

    def empty(self, attributes: Mapping[str, str]) -> Any:
        """See ``Reader``."""
        return []

    def content(self, source: Source, attributes: Mapping[str, str], close: str) -> Any:
        """See ``Reader``."""
        value: list[Any] = []
        read = self._readers.reader(self._shape.items).read
        source.enter()
        for piece in source.pieces:
            tag = source.tag(piece)
            if tag.closes or tag.name not in self._names:
                if not piece.endswith(close):
                    break
                source.depth -= 1
                return value
            value.append(read(tag, source))
        raise NotPlain


Leaf: TypeAlias = tuple[str, str, bool]
"""A scalar member: its name, what ends its element, and whether a text that is not blank is its own value."""

Branch: TypeAlias = tuple[str, str, Reader, bool]
"""Another member: its name, what ends its element, what reads it, and whether it is an item of the member."""

_NO_ATTRIBUTES: Mapping[str, str] = {}


class ObjectReader(Reader):
    """An object: its members as attributes and elements, or as attributes and text."""

    def __init__(self, shape: Object, readers: Readers, *, empty_is_null: bool) -> None:
        self._shape = shape
        self._readers = readers
        self._empty_is_null = empty_is_null
        self._begins_empty = not (shape.lists or shape.absent_is_null)
        self._has_text = shape.text is not None
        self._scalars: dict[str, ScalarReader] = {}
        # The members by the pieces that open their elements: as ``<name``, and with the blanks that were met before it.
        self._leaves: dict[str, Leaf] = {}
        self._branches: dict[str, Branch] = {}
        self._nulls: dict[str, tuple[str, Any]] = {}
        """By the pieces ``<name/``: the name of a scalar member, and its value without a text."""
        # A member whose namespace is declared has its element there, and any other has it in that of the document.
        in_order = sorted(shape.elements.items(), key=lambda item: item[0].startswith("{"))
        self._members = {tag: member for name, member in in_order if (tag := readers.local(name))}
        self._names_elsewhere = frozenset(map(local_name, shape.elements)) - self._members.keys()
        for tag, member in self._members.items():
            if type(member.shape) is Scalar and member.form == "element":
                reader = self._scalars[member.name] = ScalarReader(member.shape)
                self._leaves[f"<{tag}"] = (member.name, f"</{tag}", reader.is_text)
                self._nulls[f"<{tag}/"] = (member.name, reader.value(""))

    def empty(self, attributes: Mapping[str, str]) -> Any:
        """See ``Reader``."""
        return self._closed(self._begun(attributes), "", attributes)

    def content(self, source: Source, attributes: Mapping[str, str], close: str) -> Any:
        """See ``Reader``."""
        value = {} if self._begins_empty and not attributes else self._begun(attributes)
        leaf_of, null_of, pieces, is_unusual = self._leaves.get, self._nulls.get, source.pieces, source.is_unusual
        source.enter()
        for piece in pieces:
            if (leaf := leaf_of(piece)) is not None:
                name, end, is_text = leaf
                written = next(pieces, "")
                text = written.removesuffix(end)
                if text == written or name in value:  # something else than a text; a member twice
                    raise NotPlain
                if is_text and text >= "!" and not (is_unusual and ("&" in text or text.isspace())):
                    value[name] = text
                else:
                    value[name] = self._scalars[name].value(source.text(text))
            elif (null := null_of(piece)) is not None:
                name, inside = null
                if name in value:
                    raise NotPlain
                value[name] = inside
            elif piece.endswith(close):
                source.depth -= 1
                if value and self._begins_empty and not self._has_text and piece == close:
                    return value
                return self._closed(value, source.text(piece.removesuffix(close)), attributes)
            else:
                self._read_branch(piece, source, value)
        raise NotPlain

    def _begun(self, attributes: Mapping[str, str]) -> dict[str, Any]:
        """The value before its elements are read."""
        value: dict[str, Any] = {name: [] for name in self._shape.lists}
        if attributes or self._shape.absent_is_null:
            self._shape.read_attributes(attributes, value)
        return value

    def _closed(self, value: dict[str, Any], text: str, attributes: Mapping[str, str]) -> Any:
        """The value of an element that ends after a text; None if it stands for null."""
        shape = self._shape
        begun = len(shape.lists) + len(shape.absent_is_null)
        is_empty = not attributes and len(value) == begun and not any(value.values())
        if self._empty_is_null and is_empty and not text.strip():
            return None
        if shape.text is not None:
            value[shape.text.name] = scalar(text, shape.text.schema)
        elif text.strip(BLANKS):
            raise NotPlain
        return value

    def _read_branch(self, piece: str, source: Source, value: dict[str, Any]) -> None:
        """Read the member whose element a piece opens: no scalar, or in a spelling that is not known."""
        branch = self._branches.get(piece)
        if branch is not None:
            name, end, reader, is_item = branch
            inside = reader.content(source, _NO_ATTRIBUTES, end)
        else:
            tag = source.tag(piece)
            if tag.closes or self._has_text:
                raise NotPlain
            member = self._members.get(tag.name)
            if member is None:
                if tag.name in self._names_elsewhere:
                    raise NotPlain
                add(value, tag.name, self._readers.reader(self._shape.rest).read(tag, source))
                return
            name, reader, is_item = member.name, self._readers.reader(member.shape), member.form == "items"
            self._keep(piece, tag, (name, f"</{tag.name}", reader, is_item))
            inside = reader.read(tag, source)
        if not is_item:
            if name in value:
                raise NotPlain
            value[name] = inside
            return
        items = value.setdefault(name, [])
        if not isinstance(items, list):
            raise NotPlain
        items.append(inside)

    def _keep(self, piece: str, tag: Tag, branch: Branch) -> None:
        """Keep what a piece opens, if it has no attributes and there are not too many."""
        spellings = len(self._leaves) + len(self._nulls) + len(self._branches)
        if tag.attributes or len(piece) > MAX_KEPT_PIECE or spellings > _MAX_SPELLINGS:
            return
        if f"<{tag.name}" not in self._leaves:
            if not tag.is_empty:
                self._branches[piece] = branch
        elif tag.is_empty:
            self._nulls[piece] = (branch[0], None) if tag.is_null else self._nulls[f"<{tag.name}/"]
        else:
            self._leaves[piece] = self._leaves[f"<{tag.name}"]


class Readers:
    """The readers of the shapes of documents with the same namespaces."""

    def __init__(self, rule: XmlRule, namespaces: Namespaces) -> None:
        self._namespace = namespaces.default
        self._anything = AnythingReader(Anything(ANY, rule).empty_is_null)
        self._readers: dict[int, Reader] = {}
        """By the identity of shapes, which live as long."""

    def reader(self, shape: Shape | None) -> Reader:
        """The reader of elements of a shape; None: of what no schema describes."""
        if shape is None:
            return self._anything
        reader = self._readers.get(id(shape))
        if reader is None:
            reader = self._readers[id(shape)] = self._compiled(shape, shape.empty_is_null)
        return reader

    def local(self, tag: str) -> str | None:
        """The local name of the elements that have a declared name; None if they are in another namespace."""
        return local_name(tag) if namespace_of(tag) in ("", self._namespace) else None

    def root(self, shape: Shape) -> Reader:
        """The reader of a document's own element, which is not null if it is an object without members."""
        return self._compiled(shape, False) if type(shape) is Object else self.reader(shape)

    def _compiled(self, shape: Shape, empty_is_null: bool) -> Reader:
        if type(shape) is Scalar:
            return ScalarReader(shape)
        if type(shape) is List:
            return ListReader(shape, self)
        if type(shape) is Object and not shape.inline:
            return ObjectReader(shape, self, empty_is_null=empty_is_null)
        return self._anything if type(shape) is Anything else Reader()


class PlainDocument:
    """One body as a whole plain document."""

    def __init__(self, shape: Shape, envelope: str | None, tag: str | None) -> None:
        self._envelope = envelope
        self._tag = tag
        self._shape = shape
        self._is_known = type(Readers(shape.rule, Namespaces()).root(shape)) is not Reader
        self._readers: dict[Namespaces, tuple[Readers, Reader]] = {}

    def read(self, data: bytes, charset: str | None) -> Any:
        """The value of a document. Raise ``NotPlain`` if it is not plain, or not as its schema says."""
        if not self._is_known or (charset is not None and codec_name(charset) != "utf-8"):
            raise NotPlain
        source = source_of(data)
        readers, reader = self._readers.get(source.namespaces) or self._compiled(source.namespaces)
        tag = source.first
        if self._envelope is not None:
            if tag.name != readers.local(self._envelope) or tag.is_empty:
                raise NotPlain
            tag = source.tag(next(source.pieces, ""))
        is_named = tag.name == readers.local(self._tag) if self._tag is not None else is_result(tag.name)
        if tag.closes or not is_named:
            raise NotPlain
        value = reader.read(tag, source)
        if self._envelope is not None:
            end = source.tag(next(source.pieces, ""))
            if not end.closes or end.name != source.first.name:
                raise NotPlain
        if next(source.pieces, None) is not None:
            raise NotPlain
        return value

    def _compiled(self, namespaces: Namespaces) -> tuple[Readers, Reader]:
        """The readers of documents with these namespaces, and that of the element that has the value."""
        readers = Readers(self._shape.rule, namespaces)
        compiled = readers, readers.root(self._shape)
        if len(self._readers) < _MAX_NAMESPACES:
            self._readers[namespaces] = compiled
        return compiled
