"""How the value of a parameter, header or form field is written as text, and read back. One row for each style.

Rule 1. What is written can be read back as the same value, or is refused: an item that holds the delimiter would become
two. ``exact=False`` writes it all the same, for those who have to send what a caller insists on.

Rule 2. Text is read as the type of the schema; text that does not fit stays text, for validation to judge.

Rule 3. What is null has no text ("undefined" in RFC 6570 section 2.3): a member that is null is left out, a value that
is null is the empty text.

Theory of operation. A value is one text, or several *pairs* of a name and a text. ``write`` and ``read`` are for where
there is one name: the text of a path variable or a header field, or several texts of the same name. ``pairs`` and
``read_pairs`` are for where an object may be several names: the query, cookies and forms.

Sources: OpenAPI 3.2, "Style Values" and "Style Examples"; RFC 6570, whose table in appendix A the rows are; Swagger
2.0, "Parameter Object" and "Items Object", ``collectionFormat``, whose names a dialect turns into these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from openconnectors.engine.errors import Unsupported
from openconnectors.engine.model import MISSING, Encoding, Schema
from openconnectors.engine.values.deep_objects import flattened, items_of, tree_of
from openconnectors.engine.values.scalars import Resolve, alternatives_of, compound, text, typed

Quote = Callable[[str], str]
Pairs = list[tuple[str, str]]


class Style(Struct, frozen=True):
    """One way to write lists and objects."""

    delimiter: str | None
    """The text between items, and between the members of an object; None: each is a pair, an item with the name of the
    list, a member with its own."""
    literal: bool = False
    """True if the delimiter is not percent-encoded while the items are, so that a delimiter within an item differs from
    one between items. A URL may hold a comma (RFC 3986 section 2.2), but no blank, tab or ``|``."""
    equals: bool = False
    """True if the members of an object are ``name=text``, which ``explode`` makes of them; else their names and texts
    alternate."""
    prefix: str = ""
    """What is before the value (RFC 6570 sections 3.2.5 and 3.2.7)."""
    named: bool = False
    """True if the name of the parameter is written with the value: ``;color=blue``."""
    deep: bool = False
    """True if the name of a pair says where in the object it is (``deep_objects``)."""
    scalar: bool = False
    """True if neither lists nor objects are written."""
    items: Style | None = None
    """The style of lists within the list (Swagger 2.0, "Items Object")."""

    # Writing

    def write(self, value: Any, quote: Quote | None = None, *, exact: bool = True, name: str = "") -> list[str]:
        """The texts of a value, encoded by ``quote``: one, or one for each item if the name is repeated. ``name`` is
        the encoded name of the parameter, for styles that write it.

        ``ValueError`` if the value would be read back as another one: an item holds the delimiter and the encoding does
        not keep them apart, or the only item is empty, which reads as no item. ``exact=False`` writes such a list all
        the same, unless it is a list of lists.
        """
        encode = quote or _unchanged
        if self.scalar:
            return [encode(text(value))]
        if isinstance(value, (list, tuple)):
            texts = [self._item(item, encode) for item in value]
            if self.delimiter is None:
                return texts
            texts = self._separable(value, texts, self.delimiter, quote, exact or self.items is not None)
            if (exact or self.items is not None) and texts == [""]:
                raise ValueError(_unreadable(value[0], self.delimiter))
            if self.named and self.equals and texts:
                return ["".join(f"{self.prefix}{_equation(name, item_text)}" for item_text in texts)]
        elif isinstance(value, dict):
            if self.delimiter is None:
                raise ValueError("an object cannot be written here: its members are pairs of their own")
            texts = self._members(value, self.delimiter, quote, exact)
            if self.equals:
                return [self.prefix + self._joined(texts, encode)] if texts else [""]
        else:
            texts = [encode(text(value))]
        joined = self._joined(texts, encode)
        return [self.prefix + (_equation(name, joined) if self.named else joined)]

    def pairs(
        self, name: str, value: Any, quote: Quote | None = None, quote_name: Quote | None = None, *, exact: bool = True
    ) -> Pairs:
        """The pairs of a value, names and texts encoded. ``ValueError`` as for ``write``."""
        encode, encode_name = quote or _unchanged, quote_name or quote or _unchanged
        if self.deep and isinstance(value, (Mapping, list, tuple)):
            leaves = flattened(name, value, exact=exact)
            return [(encode_name(place), encode(text(leaf))) for place, leaf in leaves]
        if self.delimiter is None and isinstance(value, dict) and not self.scalar:
            members = ((key, member) for key, member in value.items() if member is not None)
            return [
                (encode_name(key), member_text)
                for key, member in members
                for member_text in self.write(member, quote, exact=exact)
            ]
        encoded_name = encode_name(name)
        return [(encoded_name, value_text) for value_text in self.write(value, quote, exact=exact)]

    def _item(self, item: Any, encode: Quote) -> str:
        """The text of an item, which may be a list. ``ValueError`` for a value that has no text."""
        if self.items is None or not isinstance(item, (list, tuple)):
            return encode(text(item))
        if self.items.delimiter == self.delimiter:
            raise ValueError(
                f"is a list of lists that are both delimited by {self.delimiter!r}, which cannot be read back; the "
                "document must give the inner list another collectionFormat"
            )
        return self.items.write(item, encode)[0]

    def _members(self, value: Mapping[str, Any], delimiter: str, quote: Quote | None, exact: bool) -> list[str]:
        """The texts of the members of an object: each an equation, or names and texts by turns."""
        encode = quote or _unchanged
        present = {name: member for name, member in value.items() if member is not None}
        names = self._separable([*present], [encode(name) for name in present], delimiter, quote, exact)
        members = [encode(text(member)) for member in present.values()]
        members = self._separable([*present.values()], members, delimiter, quote, exact)
        if not self.equals:
            if exact and names == [""]:
                raise ValueError(_unreadable("", delimiter))
            return [written for member in zip(names, members, strict=True) for written in member]
        names = self._separable([*present], names, "=", quote, exact)
        return [f"{name}={member}" for name, member in zip(names, members, strict=True)]

    def _separable(
        self, values: Iterable[Any], texts: list[str], delimiter: str, quote: Quote | None, exact: bool
    ) -> list[str]:
        """Encoded texts that can be told from what is between them. ``ValueError`` if they cannot be (``exact``)."""
        if self.literal and quote is not None:
            return [item_text.replace(delimiter, f"%{ord(delimiter):02X}") for item_text in texts]
        encoded = (quote or _unchanged)(delimiter)
        for value, item_text in zip(values, texts, strict=True) if exact else ():
            if encoded in item_text:
                raise ValueError(_unreadable(value, delimiter))
        return texts

    def _joined(self, texts: list[str], encode: Quote) -> str:
        if len(texts) == 1 or self.delimiter is None:
            return "".join(texts)
        return (self.delimiter if self.literal else encode(self.delimiter)).join(texts)

    # Reading

    def read(
        self, texts: list[str], schema: Schema, resolve: Resolve, unquote: Quote | None = None, *, name: str = ""
    ) -> Any:
        """The value of texts, typed by the schema. ``unquote`` undoes what ``quote`` did when they were written. Of
        several texts for a single value the last one counts. ``name`` is the decoded name of the parameter."""
        alternatives = alternatives_of(schema, resolve)
        decode = unquote or _unchanged
        shape = self._shape(alternatives, texts, decode)
        if self.prefix:
            texts = [self._unprefixed(written, name, shape, decode) for written in texts]
        if shape == "scalar":
            return typed(decode(texts[-1]), alternatives)
        delimiter = self.delimiter
        if delimiter is not None and not self.literal:  # it is encoded itself: decode before splitting
            texts, decode = [decode(written) for written in texts], _unchanged
        parts = texts if delimiter is None else [part for written in texts for part in written.split(delimiter)]
        if delimiter is not None and parts == [""]:
            return [] if shape == "array" else {}
        if shape == "object":
            return self._object(parts, alternatives, resolve, decode)
        items = next((listed.items for listed in alternatives if listed.items is not None), Schema())
        if self.items is not None:
            return [self.items.read([part], items, resolve, decode) for part in parts]
        kinds = alternatives_of(items, resolve)
        return [typed(decode(part), kinds) for part in parts]

    def read_pairs(
        self,
        name: str,
        pairs: Iterable[tuple[str, str]],
        schema: Schema,
        resolve: Resolve,
        unquote: Quote | None = None,
        *,
        others: frozenset[str] = frozenset(),
    ) -> Any:
        """The value of those pairs that a parameter wrote; ``MISSING`` if there are none. Their names are decoded.
        ``others`` are the names of other parameters, which no member of an object without a list of members has."""
        pairs = list(pairs)
        if self.deep:
            tree = tree_of(name, pairs)
            if tree:
                return _typed_tree(tree, schema, resolve, unquote or _unchanged)
        alternatives = alternatives_of(schema, resolve)
        if self.delimiter is None and not self.deep and self._shape(alternatives, [], _unchanged) == "object":
            members: dict[str, list[str]] = {}
            for key, written in pairs:
                if _has_member(alternatives, key, others):
                    members.setdefault(key, []).append(written)
            if members:
                return {
                    key: self.read(written, _member(alternatives, key), resolve, unquote)
                    for key, written in members.items()
                }
        texts = [written for key, written in pairs if key == name]
        return self.read(texts, schema, resolve, unquote) if texts else MISSING

    def _shape(self, alternatives: list[Schema], texts: list[str], decode: Quote) -> str:
        """``array``, ``object`` or ``scalar``: what texts are by the schema. If it may be a scalar too, texts without a
        delimiter are one."""
        if self.scalar:
            return "scalar"
        shape = next((shape for schema in alternatives if (shape := compound(schema))), "scalar")
        if shape == "scalar" or len(texts) != 1:
            return shape
        kinds = {kind for schema in alternatives for kind in schema.types} - {"array", "object"}
        written = decode(texts[0]) if not self.literal else texts[0].removeprefix(self.prefix)
        return "scalar" if kinds and (self.delimiter is None or self.delimiter not in written) else shape

    def _unprefixed(self, written: str, name: str, shape: str, decode: Quote) -> str:
        """A text without what is before the value, and without the name of the parameter before each item."""
        written = written.removeprefix(self.prefix)
        if not self.named:
            return written
        if self.equals and shape == "object":
            return "" if decode(written) == name else written
        repeated = self.equals and shape == "array"
        parts = [part.partition("=") for part in (written.split(self.prefix) if repeated else [written])]
        texts = [value if decode(key) == name else f"{key}{equals}{value}" for key, equals, value in parts]
        return self.prefix.join(texts)

    def _object(self, parts: list[str], alternatives: list[Schema], resolve: Resolve, decode: Quote) -> Any:
        """The object of the texts between delimiters; the text itself if they are not those of members."""
        if self.equals:
            equations = [part.partition("=") for part in parts]
            members = {decode(name): decode(value) for name, equals, value in equations if equals}
            complete = len(members) == len(parts)
        else:
            members = {decode(name): decode(value) for name, value in zip(parts[::2], parts[1::2], strict=False)}
            complete = len(members) * 2 == len(parts)
        if not complete:
            return decode((self.delimiter or "").join(parts))
        return {
            name: typed(value, alternatives_of(_member(alternatives, name), resolve)) for name, value in members.items()
        }


def _unchanged(text: str) -> str:
    return text


def _unreadable(item: Any, delimiter: str) -> str:
    return f"has an item {item!r}, which cannot be read back from a list delimited by {delimiter!r}"


def _equation(name: str, value: str) -> str:
    """A name and its value; the name alone if that is empty (RFC 6570 section 3.2.7)."""
    return f"{name}={value}" if value else name


_COMMA, _REPEATED = Style(",", literal=True), Style(None)

STYLES: Mapping[tuple[str, bool], Style] = {
    ("form", False): _COMMA,
    ("form", True): _REPEATED,
    ("simple", False): _COMMA,
    ("simple", True): Style(",", literal=True, equals=True),
    ("label", False): Style(",", literal=True, prefix="."),
    ("label", True): Style(".", literal=True, prefix=".", equals=True),
    ("matrix", False): Style(",", literal=True, prefix=";", named=True),
    ("matrix", True): Style(";", literal=True, prefix=";", named=True, equals=True),
    ("spaceDelimited", False): Style(" "),
    ("spaceDelimited", True): _REPEATED,  # not defined; 3.0.2 and what writes documents take it for form
    ("pipeDelimited", False): Style("|"),
    ("pipeDelimited", True): _REPEATED,
    ("tabDelimited", False): Style("\t"),  # Swagger 2.0's tsv, which 3.x does not have
    ("text", False): Style(None, scalar=True),  # Swagger 2.0 writes no objects
    ("deepObject", False): Style(None, deep=True),
    ("deepObject", True): Style(None, deep=True),  # explode has no effect
    ("cookie", False): _COMMA,
    ("cookie", True): _REPEATED,
}
"""How lists and objects are written, by style and ``explode``."""


def style_of(style: str, explode: bool, schema: Schema, resolve: Resolve) -> Style:
    """The row of a style, with those of the lists within the lists of a schema. ``Unsupported`` for a style without a
    row. A list within a list is delimited by commas unless it says otherwise; repeating a name is for parameters only
    (Swagger 2.0, "Items Object")."""
    row = STYLES.get((style, explode))
    if row is None:
        raise Unsupported(f"values of style {style!r}{' with explode' if explode else ''} are not written or read here")
    items = resolve(schema).items
    inner = resolve(items) if items is not None else None
    if items is None or inner is None or "array" not in inner.types or row.deep:
        return row
    encoding = items.encoding or inner.encoding or Encoding()
    inner_style = "form" if encoding.explode else encoding.style or "form"
    return replace(row, items=style_of(inner_style, False, inner, resolve))


def _member(alternatives: list[Schema], name: str) -> Schema:
    """The schema of a member of an object of these schemas."""
    for schema in alternatives:
        if name in schema.properties:
            return schema.properties[name]
    further = (schema.additional for schema in alternatives if compound(schema) == "object")
    return next((schema for schema in further if isinstance(schema, Schema)), Schema())


def _has_member(alternatives: list[Schema], name: str, others: frozenset[str]) -> bool:
    """Whether a pair of a name is a member of an object of these schemas."""
    objects = [schema for schema in alternatives if compound(schema) == "object"]
    if any(name in schema.properties for schema in objects):
        return True
    return name not in others and any(schema.additional is not False for schema in objects)


def _typed_tree(tree: Any, schema: Schema, resolve: Resolve, decode: Quote) -> Any:
    """The value of what pairs have at a place. Its depth is bounded: that of names in brackets."""
    alternatives = alternatives_of(schema, resolve)
    is_list = any(compound(inner) == "array" for inner in alternatives)
    items = next((inner.items for inner in alternatives if inner.items is not None), Schema())
    if isinstance(tree, list):
        texts = [decode(written) for written in tree]
        kinds = alternatives_of(items, resolve) if is_list else alternatives
        values = [typed(written, kinds) for written in texts]
        return values if is_list else values[-1]
    listed = None if any(compound(inner) == "object" for inner in alternatives) else items_of(tree, is_list=is_list)
    if listed is not None:
        return [_typed_tree(item, items, resolve, decode) for item in listed]
    return {key: _typed_tree(member, _member(alternatives, key), resolve, decode) for key, member in tree.items()}
