"""Forms, ``application/x-www-form-urlencoded`` (WHATWG URL, section 5): an object of scalars and lists.

A blank is ``+`` and everything but letters, digits and ``_.-~`` is percent-encoded UTF-8: what ``quote_plus`` does, and
every server reads.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote_plus, unquote_plus

from openconnectors.engine.errors import UNPAIRED_SURROGATE, Problem
from openconnectors.engine.values.codecs.binding import Binding, Bound, Codec, MemberError, Parameters
from openconnectors.engine.values.codecs.fields import OTHER, fields_of, members

_MAX_FIELDS = 100_000  # a body of a few megabytes could hold millions, each an object of its own


def bind(binding: Binding) -> Bound:
    """A form whose fields are the properties of the schema, under their wire names and styles."""
    fields = fields_of(binding)
    by_wire_name = {field.wire: field for field in fields.values()}

    def encode(value: Any) -> bytes:
        pairs = []
        for name, member in members(value).items():
            field = fields.get(name)
            try:
                texts = (field.style if field else OTHER).write(member, _quote)
            except ValueError as error:
                raise MemberError(name, str(error)) from None
            key = _quote(field.wire if field else name)
            pairs += [f"{key}={text}" for text in texts]
        return "&".join(pairs).encode("ascii")

    def decode(data: bytes, parameters: Parameters, problems: list[Problem]) -> Any:
        try:
            pairs = [pair.partition("=") for pair in data.decode("ascii").split("&") if pair]
            if len(pairs) > _MAX_FIELDS:
                raise ValueError(f"has more than {_MAX_FIELDS:,} fields")
            texts: dict[str, list[str]] = {}
            for wire, _, text in pairs:
                texts.setdefault(_unquote(wire), []).append(text)
            value: dict[str, Any] = {field.name: [] for field in fields.values() if field.repeated}
            for wire, encoded in texts.items():
                declared = by_wire_name.get(wire)
                if declared is not None:
                    value[declared.name] = declared.style.read(encoded, declared.schema, binding.resolve, _unquote)
                else:
                    decoded = [_unquote(text) for text in encoded]
                    value[wire] = decoded[0] if len(decoded) == 1 else decoded
        except UnicodeDecodeError:
            raise ValueError("is not a form in UTF-8") from None
        return value

    return Bound(encode, decode)


def _quote(text: str) -> str:
    try:
        return quote_plus(text)
    except UnicodeEncodeError:
        raise ValueError(UNPAIRED_SURROGATE) from None


def _unquote(text: str) -> str:
    return unquote_plus(text, errors="strict")


CODEC = Codec("form", ("application/x-www-form-urlencoded",), bind, carries=lambda value: isinstance(value, dict))
