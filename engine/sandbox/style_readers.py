"""Values of parameters and form fields read from the wire, for openapi-core: its own readers know neither exploded
objects of a form nor ``matrix`` and ``label`` as routers give them, nor lists of types.

They share no code with the writers in ``values.styles``. Rule: a text may be read in more ways than one (``1`` is a
number and a text, ``a,b`` a list and a text); the first reading that the schema accepts counts, as a service that knows
its schema would read it (OpenAPI 3.1, section 4.8.12).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from typing import Any
from urllib.parse import unquote_plus

from jsonschema_path import SchemaPath
from openapi_core.casting.schemas.casters import SchemaCaster
from openapi_core.casting.schemas.exceptions import CastError
from openapi_core.deserializing.styles.deserializers import StyleDeserializer
from openapi_core.deserializing.styles.factories import StyleDeserializersFactory
from openapi_core.exceptions import OpenAPIError
from openapi_core.validation.schemas.validators import SchemaValidator

_DELIMITERS = {"spaceDelimited": r"%20|\+| ", "pipeDelimited": r"\||%7[Cc]"}
"""What stands between the items of a list that is one text, if it is not a comma."""
_SCATTERED = ("form", "cookie")
"""Styles that write each member of an exploded object as a pair of its own."""
_DEEPEST = 8
"""Levels of ``allOf``, ``anyOf`` and ``oneOf`` that are looked into for types."""


class Place(dict[str, Any]):
    """The values of one place of a request (its query, path, header fields, cookies, form): each name with its first
    value, decoded; ``pairs`` are all names with their values as they were sent, ``others`` the names of further
    parameters of the place."""

    def __init__(
        self,
        pairs: Sequence[tuple[str, str]],
        decode: Callable[[str], str] = str,
        others: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__({name: decode(text) for name, text in reversed(pairs)})
        self.pairs = pairs
        self.decode = decode
        self.others = others

    def texts(self, name: str) -> list[str]:
        """The values of a name as they were sent."""
        return [text for each, text in self.pairs if each == name]


def encoded_pairs(text: str) -> list[tuple[str, str]]:
    """The pairs of a query or a form: names decoded, values as they are."""
    pairs = (pair.partition("=") for pair in text.split("&") if pair)
    return [(unquote_plus(name), value) for name, _, value in pairs]


class StyleReaders(StyleDeserializersFactory):
    """Gives openapi-core a reader for each parameter and each field."""

    def create(self, spec: SchemaPath, schema: SchemaPath, style: str, explode: bool, name: str) -> StyleDeserializer:
        """The reader of a parameter or field."""
        caster = self.schema_casters_factory.create(spec, schema)
        validator = self.schema_casters_factory.schema_validators_factory.create(spec, schema)
        return _Reader(style, explode, name, schema, caster, validator)


class _Reader(StyleDeserializer):
    def __init__(
        self,
        style: str,
        explode: bool,
        name: str,
        schema: SchemaPath,
        caster: SchemaCaster,
        validator: SchemaValidator,
    ) -> None:
        self.kinds = _kinds(schema) or ("primitive",)
        members = (schema / "properties").keys() if "properties" in schema else ()
        self.members = frozenset(map(str, members))
        super().__init__(style, explode, name, self.kinds[0], caster)
        self.validator = validator

    def deserialize(self, location: Mapping[str, Any]) -> Any:
        """The value; ``KeyError`` if there is none, ``CastError`` if it cannot be read."""
        place = location if isinstance(location, Place) else Place([(name, str(location[name])) for name in location])
        first: list[Any] = []
        for raw in self._readings(place):
            for value in self._typed(raw):
                if self._accepts(value):
                    return value
                first = first or [value]
        if first:
            return first[0]
        if self.name in place:
            raise CastError(place[self.name], self.schema_type)
        raise KeyError(self.name)

    def _readings(self, place: Place) -> Iterator[Any]:
        """The ways to read the value, as texts and lists and objects of texts; none if there is no value."""
        style, explode, name = self.style, self.explode, self.name
        texts = place.texts(name)
        if style == "cookie" and not explode:  # openapi-core does not know that its default is true
            explode = len(texts) != 1
        for kind in self.kinds:
            if kind == "object" and explode and style in _SCATTERED:
                yield from _scattered(place, self.members)
            if kind != "primitive" and style in ("deepObject", "form"):
                yield from _nested(name, place)
            if texts and kind == "primitive":
                yield place.decode(_bare(style, name, texts[0]))
            elif texts and kind == "array":
                yield from _lists(style, explode, name, texts, place)
            elif texts:
                yield from _objects(style, explode, _bare(style, name, texts[0]), place)
        if texts and self.kinds != ("primitive",):
            yield from _json(place.decode(texts[0]))

    def _typed(self, raw: Any) -> list[Any]:
        """What a text, or a list or object of texts, may stand for."""
        values = [raw, _literal(raw)]
        with suppress(ValueError, TypeError, AttributeError, CastError):
            values.insert(0, self.caster.cast(deepcopy(raw)))  # it changes what it casts
        return values

    def _accepts(self, value: Any) -> bool:
        try:
            self.validator.validate(value)
        except OpenAPIError:
            return False
        return True


def _kinds(schema: SchemaPath, depth: int = 0) -> tuple[str, ...]:
    """What a schema allows: ``primitive``, ``array``, ``object``."""
    types = (schema / "type").read_str_or_list(None)
    if types is not None:
        names = types if isinstance(types, list) else [types]
        return tuple(dict.fromkeys(name if name in ("array", "object") else "primitive" for name in names))
    kinds = ["object"] if "properties" in schema else ["array"] if "items" in schema else []
    if depth < _DEEPEST:
        for keyword in ("allOf", "anyOf", "oneOf"):
            for inner in schema / keyword if keyword in schema else ():
                kinds += _kinds(inner, depth + 1)
    return tuple(dict.fromkeys(kinds))


def _scattered(place: Place, members: frozenset[str]) -> Iterator[dict[str, str]]:
    """An object whose members are pairs of the place: those that it declares, else all that nothing else declares."""
    declared = {name: place.decode(text) for name, text in place.pairs if name in members}
    remaining = {name: place.decode(text) for name, text in place.pairs if name not in place.others}
    yield from (pairs for pairs in (declared, {**remaining, **declared}) if pairs)


def _bare(style: str, name: str, text: str) -> str:
    """A text without what ``matrix`` and ``label`` have before the first value."""
    if style == "matrix":
        return _unnamed(name, text.removeprefix(";"))
    return text.removeprefix(".") if style == "label" else text


def _unnamed(name: str, text: str) -> str:
    """What ``matrix`` writes after a name; nothing if the value is empty (RFC 6570 section 3.2.7)."""
    return "" if text == name else text.removeprefix(f"{name}=")


def _lists(style: str, explode: bool, name: str, texts: list[str], place: Place) -> Iterator[list[str]]:
    text = texts[0]
    if style == "matrix" and explode:
        yield [place.decode(_unnamed(name, item)) for item in text.removeprefix(";").split(";")]
    elif style == "label" and explode:
        yield list(map(place.decode, text.removeprefix(".").split(".")))
    elif explode and style not in ("simple", "matrix", "label"):
        yield list(map(place.decode, texts))
    if len(texts) == 1:
        bare = _bare(style, name, text)
        yield list(map(place.decode, re.split(_DELIMITERS.get(style, ","), bare)))
        yield re.split(_DELIMITERS.get(style, ","), place.decode(bare))  # the delimiter itself was encoded
        if not bare:
            yield []


def _objects(style: str, explode: bool, text: str, place: Place) -> Iterator[dict[str, str]]:
    if explode:
        between = {"matrix": ";", "label": "."}.get(style, ",")
        pairs = [pair.partition("=") for pair in text.split(between)]
        yield {place.decode(name): place.decode(value) for name, _, value in pairs}
    else:
        for parts in (
            list(map(place.decode, re.split(_DELIMITERS.get(style, ","), text))),
            re.split(_DELIMITERS.get(style, ","), place.decode(text)),
        ):
            if len(parts) % 2 == 0:
                yield dict(zip(parts[::2], parts[1::2], strict=True))
    if not text:
        yield {}


def _nested(name: str, place: Place) -> Iterator[Any]:
    """The object or list of ``name[a][b]``, ``name[0]``, ``name[]``."""
    whole: dict[str, Any] = {}
    for each, text in place.pairs:
        if not each.startswith(f"{name}["):
            continue
        steps = re.findall(r"\[([^\]]*)\]", each[len(name) :])
        node = whole
        for step in steps[:-1]:
            inner = node.setdefault(step, {})
            node = inner if isinstance(inner, dict) else {}
        node.setdefault(steps[-1] if steps else "", []).append(place.decode(text))
    if whole:
        yield _lists_within(whole)


def _lists_within(node: Any) -> Any:
    """A tree of brackets as objects and lists: members that are numbered, or have no name, are items."""
    if isinstance(node, list):
        return node[0] if len(node) == 1 else node
    inner = {name: _lists_within(value) for name, value in node.items()}
    if set(inner) == {""}:
        return inner[""] if isinstance(inner[""], list) else [inner[""]]
    if all(name.isdecimal() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner


def _json(text: str) -> Iterator[Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return
    if isinstance(value, (dict, list)):
        yield value


def _literal(raw: Any) -> Any:
    """Texts as the numbers, booleans and nulls that they spell."""
    if isinstance(raw, dict):
        return {name: _literal(value) for name, value in raw.items()}
    if isinstance(raw, list):
        return [_literal(item) for item in raw]
    if not isinstance(raw, str) or not re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d+)?|true|false|null", raw):
        return raw
    try:
        return json.loads(raw)
    except ValueError:
        return raw
