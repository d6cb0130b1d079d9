"""Forms, ``application/x-www-form-urlencoded`` (WHATWG URL, section 5): an object, a pair of name and text for each
member, or several.

A blank is ``+`` and everything but letters, digits and ``_.-~`` is percent-encoded UTF-8: what ``quote_plus`` does, and
every server reads. With ``allowReserved`` reserved characters and percent-encoded triples stay as they are (RFC 6570
section 3.2.3), but for those that would end the text or be read as another.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote_plus, unquote_plus

from openconnectors.engine.errors import UNPAIRED_SURROGATE, Problem
from openconnectors.engine.model import MISSING
from openconnectors.engine.streams import Content, is_bytes
from openconnectors.engine.urls import literal_text
from openconnectors.engine.values.codecs.binding import Binding, Bound, Codec, MemberError, Parameters
from openconnectors.engine.values.codecs.fields import Field, fields_of

_MAX_FIELDS = 100_000  # a body of a few megabytes could hold millions, each an object of its own
_RESERVED = "%:/?[]@!$'()*,;="
"""What reserved expansion leaves: RFC 3986 section 2.2 without ``&`` and ``+``, which a form has for itself, and
``#``."""


def bind(binding: Binding) -> Bound:
    """A form whose fields are the properties of the schema, under their wire names."""
    fields = fields_of(binding)
    starts = {name: f"{quote_plus(field.wire)}=" for name, field in fields.by_name.items() if field.is_text}

    def encode(value: Any) -> bytes:
        pairs: list[str] = []
        for name, member in fields.members(value).items():
            try:
                if type(member) is str and name in starts:  # as most are
                    pairs.append(starts[name] + _quote(member))
                    continue
                field = fields.by_name.get(name, fields.rest)
                pairs += [f"{name}={text}" for name, text in _pairs(field, field.wire or name, member)]
            except ValueError as error:
                raise MemberError(name, str(error)) from None
        return "&".join(pairs).encode("ascii")

    def decode(data: bytes, parameters: Parameters, problems: list[Problem]) -> Any:
        try:
            pairs = [pair.partition("=") for pair in data.decode("ascii").split("&") if pair]
            if len(pairs) > _MAX_FIELDS:
                raise ValueError(f"has more than {_MAX_FIELDS:,} fields")
            return _value([(_unquote(name), text) for name, _, text in pairs], problems)
        except UnicodeDecodeError:
            raise ValueError("is not a form in UTF-8") from None

    names = frozenset(fields.by_wire)

    def _value(pairs: list[tuple[str, str]], problems: list[Problem]) -> dict[str, Any]:
        """The object of pairs: each declared field reads its own, what is left are members that are not declared."""
        by_name: dict[str, list[str]] = {}
        for name, written in pairs:
            by_name.setdefault(name, []).append(written)
        value: dict[str, Any] = {}
        read: set[str] = set()
        for field in fields.by_name.values():
            if field.absent_is_empty:
                value[field.name] = []
            if field.style is None:
                written_here = by_name.get(field.wire)
                if written_here is not None:
                    value[field.name] = _read(field, written_here, problems)
                    read.add(field.wire)
            elif field.style.deep or field.style.delimiter is None:
                member = field.style.read_pairs(
                    field.wire, pairs, field.schema, binding.resolve, _unquote, others=names
                )
                if member is not MISSING:
                    value[field.name] = member
                    read |= _names_of(field, member, by_name)
            elif field.wire in by_name:
                value[field.name] = field.style.read(by_name[field.wire], field.schema, binding.resolve, _unquote)
                read.add(field.wire)
        for name, written_here in by_name.items():
            if name not in read:
                value[name] = _read(fields.rest, written_here, problems)
        return value

    return Bound(encode, decode)


def _pairs(field: Field, wire: str, value: Any) -> list[tuple[str, str]]:
    """The pairs of a field, encoded."""
    quote = _quote_reserved if field.allow_reserved else _quote
    if field.style is not None:
        return field.style.pairs(wire, value, quote, _quote)
    name = _quote(wire)
    return [(name, quote(_text(field, item))) for item in (value if isinstance(value, list) else [value])]


def _text(field: Field, value: Any) -> str:
    """The text of a value in its media type."""
    written = field.embedded.plain_text(value)
    if written is not None:
        return written
    if is_bytes(value):
        raise ValueError("must be text: a form of this media type holds no bytes")
    data, _ = field.embedded.write(value, field.embedded.media_type(value, None))
    try:
        return b"".join(data if isinstance(data, Content) else [data]).decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("is not text in its media type, which a form of this media type cannot hold") from None


def _read(field: Field, written: list[str], problems: list[Problem]) -> Any:
    """The value of the texts of a field without a style: of several for a single value the last one counts, unless
    nothing is declared of it."""
    values = [field.embedded.read(_unquote(text).encode("utf-8"), "", problems) for text in written]
    if field.listed:
        return values
    return values if not field.name and len(values) > 1 else values[-1]


def _names_of(field: Field, member: Any, by_name: dict[str, list[str]]) -> set[str]:
    """The names of the pairs that a field has read."""
    if field.style is not None and field.style.deep:
        return {name for name in by_name if name == field.wire or name.startswith(f"{field.wire}[")}
    if isinstance(member, dict):
        return set(member)
    return {field.wire}


def _quote(text: str) -> str:
    if text.isalnum() and text.isascii():
        return text
    try:
        return quote_plus(text)
    except UnicodeEncodeError:
        raise ValueError(UNPAIRED_SURROGATE) from None


def _quote_reserved(text: str) -> str:
    return literal_text(text, _RESERVED)


def _unquote(text: str) -> str:
    return unquote_plus(text, errors="strict")


CODEC = Codec("form", ("application/x-www-form-urlencoded",), bind, carries=lambda value: isinstance(value, dict))
