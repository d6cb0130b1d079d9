"""Forms, ``application/x-www-form-urlencoded`` (WHATWG URL, section 5): an object of scalars and lists."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, quote_plus

from engine.codecs.binding import Binding, Bound, Codec
from engine.model import Schema
from engine.styles import STYLES, Style, scalar

_MAX_FIELDS = 100_000


def bind(binding: Binding) -> Bound:
    """A form whose fields are the properties of the schema, under their wire names and styles."""
    schema = binding.resolve(binding.schema) if binding.schema is not None else Schema()
    fields: dict[str, tuple[str, Style]] = {}
    for name, one in schema.properties.items():
        own = binding.resolve(one)
        wire_name = one.form_name or own.form_name or name
        fields[name] = (wire_name, STYLES[one.form_style or own.form_style or "csv"])
    names = {wire_name: name for name, (wire_name, _) in fields.items()}
    other = STYLES["multi"]

    def encode(value: Any) -> bytes:
        if not isinstance(value, dict):
            raise ValueError("must be an object to travel as a form")
        pairs = []
        for name, one in value.items():
            if one is None:
                continue
            wire_name, style = fields.get(name, (name, other))
            try:
                texts = style.write(one)
            except ValueError as error:
                raise ValueError(f"has a member {name!r} that does not fit a form: {error}") from None
            key = quote_plus(wire_name)
            pairs += [f"{key}={quote_plus(text)}" for text in texts]
        return "&".join(pairs).encode("ascii")

    def decode(data: bytes, charset: str | None = None) -> Any:
        try:
            pairs = parse_qsl(data.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS)
        except UnicodeDecodeError:
            raise ValueError("is no UTF-8 form") from None
        texts: dict[str, list[str]] = {}
        for wire_name, text in pairs:
            texts.setdefault(names.get(wire_name, wire_name), []).append(text)
        value: dict[str, Any] = {}
        for name, given in texts.items():
            if name in fields:
                value[name] = fields[name][1].read(given, schema.properties[name], binding.resolve)
            else:
                value[name] = scalar(given[0], Schema()) if len(given) == 1 else given
        return value

    return Bound(encode, decode)


CODEC = Codec("form", ("application/x-www-form-urlencoded",), bind)
