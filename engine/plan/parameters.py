"""The values of parameters in a request, written and read: each parameter compiled once.

Rule 1. Whatever has a place in a request has both directions here, so that what a client writes a service can read.

Rule 2. How a value becomes text is its style's affair, or that of the codec of its media type; which characters stay as
they are depends on the location (``openconnectors.engine.urls``). Neither knows the other.

Rule 3. A value that would be read back as another one, or as another parameter, is a ``ValueError`` whose text
completes a sentence ("the parameter …").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import quote, unquote, unquote_plus

from msgspec.structs import replace

from openconnectors.engine.deferred import pattern
from openconnectors.engine.errors import Problem, Unsupported
from openconnectors.engine.model import MISSING, Encoding, Operation, Parameter, Schema, XmlRule
from openconnectors.engine.streams import Content
from openconnectors.engine.urls import open_query, path_text, query_text, reserved_text
from openconnectors.engine.values.body import WITHOUT_PARTS, Body, Compiler, encodings_of
from openconnectors.engine.values.codecs import TEXT, codec_for, form, is_fallback, json
from openconnectors.engine.values.scalars import alternatives_of, compound
from openconnectors.engine.values.styles import Style, style_of

Encode = Callable[[str], str]


def _unquoted_twice(text: str) -> str:
    return unquote(unquote_plus(text))


def _quoted_twice(text: str) -> str:
    return path_text(path_text(text))


_COOKIE_NAME_SAFE = "!#$&'*+.^_`|~"
"""What the name of a cookie may hold (RFC 6265 section 4.1.1, a token), but the percent sign."""
_NOT_IN_COOKIE = pattern(r"[^\x20-\x3a\x3c-\x7e]|\A |(?<=.) \Z")


def cookie_name(text: str) -> str:
    """A name as a cookie may have it, percent-encoded else. ``ValueError`` for an empty one."""
    if not text:
        raise ValueError("has an empty name, which no cookie can have (RFC 6265 section 4.1.1)")
    return quote(text, safe=_COOKIE_NAME_SAFE)


def _cookie_as_it_is(text: str) -> str:
    """Text for a cookie that is not encoded (OpenAPI 3.2, style ``cookie``). ``ValueError`` for what would be read as
    another text: the delimiter of cookies, controls, characters beyond ASCII, blanks at an end."""
    unfit = _NOT_IN_COOKIE.search(text)
    if unfit:
        raise ValueError(f"contains {unfit[0]!r}, which a cookie cannot hold there (RFC 6265 section 4.1.1); encode it")
    return text


def _cookie_name_as_it_is(text: str) -> str:
    if cookie_name(text) != text.replace("%", "%25"):
        raise ValueError(f"has the name {text!r}, which no cookie can have (RFC 6265 section 4.1.1)")
    return text


def _reserved(location: str) -> Encode:
    return lambda text: reserved_text(text, location)


_ENCODERS: Mapping[tuple[str, str], tuple[Encode, Encode]] = {
    ("path", "once"): (path_text, unquote),
    ("path", "sparing"): (path_text, unquote),
    ("path", "twice"): (_quoted_twice, lambda text: unquote(unquote(text))),
    ("path", "none"): (str, unquote),
    ("path", "reserved"): (_reserved("path"), unquote),
    ("query", "once"): (path_text, unquote_plus),
    ("query", "sparing"): (query_text, unquote_plus),
    ("query", "twice"): (_quoted_twice, _unquoted_twice),
    ("query", "none"): (open_query, str),
    ("query", "reserved"): (_reserved("query"), unquote_plus),
    ("cookie", "once"): (path_text, unquote),
    ("cookie", "reserved"): (_reserved("cookie"), unquote),
}
"""How a value is encoded and decoded, by its location and the encoding of the parameter. A header field is not
(OpenAPI 3.2, "Fixed Fields for use with schema")."""
_NAMES: Mapping[str, Encode] = {"query": query_text, "cookie": cookie_name, "path": path_text}


class Placed(Protocol):
    """How the value of one parameter stands in a request."""

    def text(self, value: Any) -> str:
        """The text of a path variable or a header field, encoded."""

    def pairs(self, value: Any) -> list[str]:
        """The pairs ``name=text`` of the query or of cookies, encoded."""

    def read_text(self, text: str) -> Any:
        """The value of a path variable or a header field."""

    def read_pairs(self, pairs: Sequence[tuple[str, str]]) -> Any:
        """The value in pairs of decoded names and encoded texts; ``MISSING`` if none is the parameter's."""


class Styled:
    """A parameter whose value is written in a style. ``others`` are the names of other parameters of its location."""

    def __init__(self, parameter: Parameter, resolve: Callable[[Schema], Schema], others: frozenset[str]) -> None:
        self._name = parameter.name
        self._schema = parameter.schema
        self._resolve = resolve
        self._others = others
        self.style: Style = style_of(parameter.style, parameter.explode, parameter.schema, resolve)
        location = parameter.location
        if self.style.deep and location != "query":
            raise Unsupported(f"the parameter {parameter.name!r} in {location} has a style of the query")
        self._encode: Encode | None
        self._decode: Encode | None
        if location == "header":
            self._encode = self._decode = None
        elif location == "cookie" and parameter.style == "cookie":
            self._encode, self._decode = None, None
        else:
            encoding = "reserved" if parameter.allow_reserved else parameter.encoding
            self._encode, self._decode = _ENCODERS[location, encoding]
        self._is_raw_cookie = location == "cookie" and self._encode is None
        self._encode_name = _NAMES.get(location, str)
        self._encoded_name = self._encode_name(parameter.name)
        # Swagger 2.0 documents rely on lists that have the delimiter in an item already; a comma in one is encoded.
        self._exact = self._encode is None or (not self.style.literal and parameter.encoding == "once")

    def text(self, value: Any) -> str:
        """The text of a path variable or a header field, encoded."""
        return ",".join(self.style.write(value, self._encode, exact=self._exact, name=self._encoded_name))

    def pairs(self, value: Any) -> list[str]:
        """The pairs ``name=text`` of the query or of cookies, encoded."""
        style = self.style
        if isinstance(value, dict) and style.delimiter is None and not style.deep:
            self._check_members(value)
        elif not (style.deep and isinstance(value, (dict, list, tuple))):
            name = self._encoded_name
            pairs = [f"{name}={text}" for text in style.write(value, self._encode, exact=self._exact)]
            return self._checked(pairs) if self._is_raw_cookie else pairs
        encode_name = _cookie_name_as_it_is if self._is_raw_cookie else self._encode_name
        written = style.pairs(self._name, value, self._encode, encode_name, exact=self._exact or style.deep)
        pairs = [f"{name}={text}" for name, text in written]
        return self._checked(pairs) if self._is_raw_cookie else pairs

    def _checked(self, pairs: list[str]) -> list[str]:
        for pair in pairs:
            _cookie_as_it_is(pair.partition("=")[2])
        return pairs

    def _check_members(self, value: Mapping[str, Any]) -> None:
        """Refuse a member that would be read as another parameter."""
        shared = self._others & value.keys()
        if shared and any(not self._declares(name) for name in shared):
            raise ValueError(f"has a member {min(shared)!r}, which is the name of another parameter; give that")

    def _declares(self, name: str) -> bool:
        return any(name in schema.properties for schema in alternatives_of(self._schema, self._resolve))

    def read_text(self, text: str) -> Any:
        """The value of a path variable or a header field."""
        decode = self._decode or str.strip
        return self.style.read([text], self._schema, self._resolve, decode, name=self._name)

    def read_pairs(self, pairs: Sequence[tuple[str, str]]) -> Any:
        """The value in pairs of decoded names and encoded texts; ``MISSING`` if none is the parameter's."""
        return self.style.read_pairs(self._name, pairs, self._schema, self._resolve, self._decode, others=self._others)


class InContent:
    """A parameter whose value is written in a media type (OpenAPI 3.2, "Fixed Fields for use with content")."""

    def __init__(self, parameter: Parameter, compiler: Compiler) -> None:
        self._name = parameter.name
        self._location = parameter.location
        self._encoded_name = _NAMES.get(parameter.location, str)(parameter.name)
        media_type, entry = next(iter(parameter.content.items()))
        self.body = body_of(compiler, media_type, parameter.schema, received=False, encoding=encodings_of(entry))
        # A form is encoded for a URL already; as one value of a query or a cookie it would fall apart.
        self._is_encoded = self.body.codec is form.CODEC and self._location in ("path", "querystring")

    def text(self, value: Any) -> str:
        """The text of a path variable, a header field or the whole query, encoded."""
        data = _bytes_of(self.body, value)
        if self._location == "header":
            return _field_of(data, self.body)
        return data.decode("ascii") if self._is_encoded else quote(data, safe="")

    def pairs(self, value: Any) -> list[str]:
        """The pair ``name=text`` of the query or of cookies, encoded; the whole query."""
        text = self.text(value)
        if self._location == "querystring":
            return [text] if text else []
        return [f"{self._encoded_name}={text}"]

    def read_text(self, text: str) -> Any:
        """The value of a path variable, a header field or the whole query; the text itself if it cannot be read."""
        if self._location == "header" or self._is_encoded:
            data = text.encode("latin-1")
        else:
            decode = unquote_plus if self._location == "query" else unquote
            data = decode(text).encode("utf-8")
        problems: list[Problem] = []
        try:
            return self.body.decode(data, {}, problems)
        except ValueError:
            return text

    def read_pairs(self, pairs: Sequence[tuple[str, str]]) -> Any:
        """The value in pairs of decoded names and encoded texts; ``MISSING`` if none is the parameter's."""
        texts = [text for name, text in pairs if name == self._name]
        return self.read_text(texts[-1]) if texts else MISSING


def body_of(
    compiler: Compiler,
    media_type: str,
    schema: Schema,
    *,
    received: bool,
    encoding: Encoding = WITHOUT_PARTS,
) -> Body:
    """The body that a value in a media type is. ``Unsupported`` if no codec has it. What only ``application/*`` matches
    says nothing: an object or a list is JSON then, anything else a text, as all is text that is not a body."""
    codec = codec_for(media_type)
    if codec is None:
        raise Unsupported(f"values of the media type {media_type!r} are not written or read here")
    if is_fallback(media_type):
        is_compound = any(map(compound, alternatives_of(schema, compiler.contract.resolve)))
        codec = json.CODEC if is_compound else TEXT[0]
    return Body(compiler, schema, media_type, codec, XmlRule(), [], received=received, encoding=encoding)


def _bytes_of(body: Body, value: Any) -> bytes:
    problems: list[Problem] = []
    data = body.encode(value, problems)
    if problems:
        raise ValueError(problems[0].message)
    if isinstance(data, Content):
        raise ValueError(f"cannot be written as {body.media_type} in a parameter")
    return data


def _field_of(data: bytes, body: Body) -> str:
    """Bytes as the text of a header field. JSON is escaped where it is not printable ASCII (RFC 8259 section 7)."""
    text = data.decode("utf-8")
    if body.codec is not json.CODEC or (text.isascii() and "\x7f" not in text):
        return text
    units = text.encode("utf-16-be")
    codes = (int.from_bytes(units[index : index + 2], "big") for index in range(0, len(units), 2))
    return "".join(chr(code) if code < 0x7F else f"\\u{code:04x}" for code in codes)


def compiled(parameter: Parameter, compiler: Compiler, others: frozenset[str] = frozenset()) -> Placed:
    """A parameter, or a header field as the parameter that it is like. ``others`` as for ``Styled``."""
    if parameter.content:
        return InContent(parameter, compiler)
    return Styled(parameter, compiler.contract.resolve, others)


def placed(operation: Operation, compiler: Compiler) -> Mapping[tuple[str, str], Placed]:
    """The parameters of an operation, compiled, by location and name."""
    names: dict[str, set[str]] = {}
    for parameter in operation.parameters:
        names.setdefault(parameter.location, set()).add(parameter.name)
    all_placed: dict[tuple[str, str], Placed] = {}
    for parameter in operation.parameters:
        key, members = (parameter.location, parameter.name), parameter.schema.additional
        if parameter.schema.header_prefix and isinstance(members, Schema):
            parameter = replace(parameter, schema=members)  # each member is a field of its own
        all_placed[key] = compiled(parameter, compiler, frozenset(names[parameter.location] - {parameter.name}))
    return all_placed
