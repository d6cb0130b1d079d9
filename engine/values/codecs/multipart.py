"""Bodies of parts (RFC 2046 section 5.1, RFC 7578): an object whose members are parts with names, as forms have them
(``multipart/form-data``), or a list of parts in their order (``multipart/mixed``, ``multipart/related``).

Rule 1. A body is a list if its schema is for lists; else, if it has no schema, what its media type is usually for.

Rule 2. A part is a value in a media type of its own (``embedded``), or a field in a style. Bytes are read while they
are sent.

Rule 3. A part has the header fields that the document requires: those that the caller gives (of a ``File``, or by
name), or those whose value the document fixes. They are judged by their schemas.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from openconnectors.engine.errors import Problem
from openconnectors.engine.model import ANY, MISSING, Encoding, Header, Schema
from openconnectors.engine.streams import Content, File, Source, is_bytes
from openconnectors.engine.values.codecs.binding import (
    Binding,
    Bound,
    Codec,
    MemberError,
    Parameters,
    PartHeaders,
)
from openconnectors.engine.values.codecs.charsets import utf_8_of
from openconnectors.engine.values.codecs.embedded import Embedded
from openconnectors.engine.values.codecs.envelopes import (
    Part,
    body,
    disposition,
    escaped,
    part,
    parts,
    parts_of,
    text_part,
)
from openconnectors.engine.values.codecs.fields import Field, fields_of
from openconnectors.engine.values.codecs.media_types import essence
from openconnectors.engine.values.scalars import alternatives_of, compound, typed
from openconnectors.engine.values.styles import style_of

_NO_HEADERS: Mapping[Any, Any] = {}
_EXPECTED = "bytes, a pathlib.Path, an open binary file or an openconnectors.File"


def _boundary() -> str:
    """Random for each body (128 bits): whoever wrote a part cannot have put the boundary into it."""
    import secrets  # which loads OpenSSL, for forms

    return secrets.token_hex(16)


class _Named:
    """An object whose members are parts with names."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding
        self._fields = fields_of(binding)
        self._by_wire = {escaped(name): field for name, field in self._fields.by_wire.items()}
        self._names = frozenset(self._by_wire)

    def encode(self, value: Any, part_headers: PartHeaders = _NO_HEADERS) -> Content:
        """The parts of an object; see ``Bound``."""
        boundary = _boundary()
        sources: list[Source] = []
        _check_known(part_headers, value)
        for name, member in self._fields.members(value).items():
            field = self._fields.by_name.get(name, self._fields.rest)
            try:
                sources += self._parts(boundary, field, field.wire or name, member, part_headers.get(name, _NO_HEADERS))
            except ValueError as error:
                raise MemberError(name, str(error)) from None
        return body(boundary, sources, "")

    def _parts(self, boundary: str, field: Field, wire: str, value: Any, chosen: Mapping[str, Any]) -> Iterator[Source]:
        """The parts of one member."""
        if not chosen and not field.headers and not field.embedded.has_media_types:
            written = field.embedded.plain_text(value) if field.style is None else None
            if written is not None:
                yield text_part(boundary, wire, written)
                return
        listed = isinstance(value, list) and (field.style is None or any(map(is_bytes, value)))
        items = value if listed else [value]
        if field.style is not None and not any(map(is_bytes, items)) and not field.embedded.is_file:
            kinds = (dict, list) if field.style.items is None else dict
            if field.style.deep or not isinstance(value, list) or not any(isinstance(item, kinds) for item in value):
                headers = _headers(field.headers, chosen, self._binding)
                if not headers:
                    yield from (text_part(boundary, name, text) for name, text in field.style.pairs(wire, value))
                    return
                for name, text in field.style.pairs(wire, value):
                    yield from part(
                        boundary, {"Content-Disposition": disposition(name, None), **headers}, utf_8_of(text)
                    )
                return
            items = [value]  # a list of objects has no style
        for item in items:
            if field.embedded.is_file and not is_bytes(item):
                raise ValueError(f"must be {_EXPECTED}, not {type(item).__name__}")
            data, media_type = field.embedded.write(item, field.embedded.media_type(item, _content_type(item, chosen)))
            filename = _filename(item) if is_bytes(item) else None
            headers = {"Content-Disposition": disposition(wire, filename)}
            if media_type:
                headers["Content-Type"] = media_type
            yield from part(boundary, headers | _headers(field.headers, _chosen(item, chosen), self._binding), data)

    def decode(self, data: bytes, parameters: Parameters, problems: list[Problem]) -> Any:
        """The object of parts; see ``Bound``."""
        fields = self._fields
        value: dict[str, Any] = {field.name: [] for field in fields.by_name.values() if field.absent_is_empty}
        pairs: list[tuple[str, str]] = []
        for received in parts(data, parameters.get("boundary", "")):
            wire, filename = received.named()
            field = self._by_wire.get(wire, fields.rest)
            is_file = filename is not None
            if field.style is not None and not is_file:
                pairs.append((wire, _text(received, wire)))
                continue
            if field is fields.rest and not is_file and self._is_member(wire):
                pairs.append((wire, _text(received, wire)))
                continue
            self._add(value, field, wire, received, problems, is_file=is_file)
        return value | self._styled(pairs)

    def _is_member(self, wire: str) -> bool:
        """Whether a part that is not declared is of an object whose members are parts of their own."""
        for field in self._fields.by_name.values():
            if field.style is None or field.style.delimiter is not None or compound(field.schema) != "object":
                continue
            if field.style.deep and wire.startswith(f"{escaped(field.wire)}["):
                return True
            if not field.style.deep and (wire in field.schema.properties or field.schema.additional is not False):
                return True
        return False

    def _styled(self, pairs: list[tuple[str, str]]) -> dict[str, Any]:
        """The members that are written in styles."""
        value = {}
        for field in self._fields.by_name.values() if pairs else ():
            if field.style is None:
                continue
            wire = escaped(field.wire)
            texts = [text for name, text in pairs if name == wire]
            if compound(field.schema) == "object" and not field.style.deep and len(texts) == 1:
                value[field.name] = field.embedded.read(texts[0].encode("utf-8"), "", [])
                continue
            member = field.style.read_pairs(wire, pairs, field.schema, self._binding.resolve, others=self._names)
            if member is not MISSING:
                value[field.name] = member
        return value

    def _add(
        self,
        value: dict[str, Any],
        field: Field,
        wire: str,
        received: Part,
        problems: list[Problem],
        *,
        is_file: bool,
    ) -> None:
        """Add the value of a part to the members."""
        name = field.name or wire
        try:
            member = _read(field.embedded, received, problems, is_file=is_file)
        except ValueError:
            raise ValueError(f"has a field {name!r} that is not UTF-8") from None
        is_list = field.listed or (is_file and compound(field.schema) == "array")
        if is_list:
            value[name] = [*value.get(name, ()), member]
        elif name in value and is_file:
            raise ValueError(f"has the file {name!r} twice")
        elif name in value and field is self._fields.rest:
            known = value[name]
            value[name] = [*known, member] if isinstance(known, list) else [known, member]
        else:
            value[name] = member


class _Ordered:
    """A list whose items are parts, in their order."""

    def __init__(self, binding: Binding, schema: Schema) -> None:
        self._binding = binding
        prefix: tuple[Schema, ...] = schema.keywords.get("prefixItems", ())
        encodings = binding.encoding.prefix_encoding
        rest = (schema.items or ANY, binding.encoding.item_encoding or Encoding())
        self._encodings = [
            (
                prefix[index] if index < len(prefix) else rest[0],
                encodings[index] if index < len(encodings) else rest[1],
            )
            for index in range(max(len(prefix), len(encodings)))
        ]
        self._encodings.append(rest)
        self._embedded = [Embedded(binding, inner, encoding) for inner, encoding in self._encodings]

    def encode(self, value: Any, part_headers: PartHeaders = _NO_HEADERS, *, related: bool, form: bool) -> Content:
        """The parts of a list; see ``Bound``."""
        if not isinstance(value, list):
            raise ValueError("must be a list to be sent as parts in their order")
        boundary = _boundary()
        sources: list[Source] = []
        root = ""
        _check_known(part_headers, range(len(value)))
        for index, item in enumerate(value):
            try:
                headers, data = self._part(index, item, part_headers.get(index, _NO_HEADERS), form=form)
                sources += part(boundary, headers, data)
            except ValueError as error:
                raise MemberError(str(index), str(error)) from None
            root = root or headers.get("Content-Type", "text/plain")
        return body(boundary, sources, f'type="{essence(root)[0]}"' if related and root else "")

    def _part(self, index: int, item: Any, chosen: Mapping[str, Any], *, form: bool) -> tuple[dict[str, str], Source]:
        """The header fields and bytes of one part."""
        place = min(index, len(self._embedded) - 1)
        embedded, encoding = self._embedded[place], self._encodings[place][1]
        data, media_type = embedded.write(item, embedded.media_type(item, _content_type(item, chosen)))
        headers = {"Content-Type": media_type} if media_type else {}
        if isinstance(item, str) and embedded.transfer_encoding:
            headers["Content-Transfer-Encoding"] = embedded.transfer_encoding
        if isinstance(item, File) and item.filename is not None and not form:
            headers["Content-Disposition"] = disposition(None, item.filename)
        headers |= _headers(encoding.headers, _chosen(item, chosen), self._binding)
        if form and "content-disposition" not in {name.lower() for name in headers}:
            raise ValueError("needs the header field Content-Disposition with its name (RFC 7578 section 4.2)")
        return headers, data

    def decode(self, data: bytes, parameters: Parameters, problems: list[Problem]) -> Any:
        """The list of parts; see ``Bound``."""
        last = len(self._embedded) - 1
        return [
            _read(self._embedded[min(index, last)], received, problems)
            for index, received in enumerate(parts(data, parameters.get("boundary", "")))
        ]

    def decode_items(
        self, chunks: Iterator[bytes], parameters: Parameters, path: tuple[str, ...], problems: list[Problem]
    ) -> Iterator[Any]:
        """The parts as they arrive; see ``Bound``."""
        last = len(self._embedded) - 1
        for index, received in enumerate(parts_of(chunks, parameters.get("boundary", ""))):
            yield _read(self._embedded[min(index, last)], received, problems)


def _read(embedded: Embedded, received: Part, problems: list[Problem], *, is_file: bool = False) -> Any:
    data = received.data if embedded.transfer_encoding else received.decoded()
    return embedded.read(data, received.headers.get("content-type", ""), problems, is_file=is_file)


def _text(received: Part, wire: str) -> str:
    try:
        return received.data.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"has a field {wire!r} that is not UTF-8") from None


# Header fields of parts


def _check_known(part_headers: PartHeaders, known: Any) -> None:
    for name in part_headers:
        if name not in known:
            raise ValueError(f"has no part {name!r}, for which part_headers are given")


def _content_type(value: Any, chosen: Mapping[str, Any]) -> str | None:
    """The media type that the caller chooses for a part."""
    return next((text for name, text in _chosen(value, chosen).items() if name.lower() == "content-type"), None)


def _chosen(value: Any, chosen: Mapping[str, Any]) -> Mapping[str, Any]:
    """The header fields that the caller gives for a part."""
    return {**chosen, **value.headers} if isinstance(value, File) else chosen


def _filename(value: Any) -> str:
    upload = value if isinstance(value, File) else File(value)
    if not isinstance(upload.name, str):
        raise ValueError(f"has a file whose filename {upload.name!r} is not text")
    return upload.name


def _headers(declared: Mapping[str, Header], chosen: Mapping[str, Any], binding: Binding) -> dict[str, str]:
    """The header fields of a part, beside its media type. ``ValueError`` for one that is missing or breaks its
    schema."""
    headers: dict[str, str] = {}
    if not declared and not chosen:
        return headers
    by_name = {name.lower(): value for name, value in chosen.items()}
    for name, header in declared.items():
        if name.lower() == "content-type":
            continue  # "Content-Type is described separately and SHALL be ignored in this section"
        value = by_name.get(name.lower(), MISSING)
        if value is MISSING:
            value = _fixed(header, binding)
        if value is MISSING and header.required:
            raise ValueError(f"needs the header field {name}: give File(…, headers=…) or using(part_headers=…)")
        if value is not MISSING:
            if isinstance(value, str) and not binding.accepts(header.schema, value):
                value = typed(value, alternatives_of(header.schema, binding.resolve))  # a header field is text
            if not binding.accepts(header.schema, value):
                raise ValueError(f"has a header field {name} that breaks its schema: {value!r:.60}")
            headers[name] = _header_text(header, value, binding)
    known = {name.lower() for name in declared}
    others = {name: text for name, text in chosen.items() if name.lower() not in known | {"content-type"}}
    return headers | {name: _header_text(Header(schema=ANY), value, binding) for name, value in others.items()}


def _fixed(header: Header, binding: Binding) -> Any:
    """The value that a document fixes for a header field: the only one, or if it is required its default."""
    for schema in alternatives_of(header.schema, binding.resolve):
        choices = schema.enum if schema.enum is not None else (schema.keywords.get("const", MISSING),)
        if len(choices) == 1 and choices[0] is not MISSING:
            return choices[0]
        if header.required and schema.default is not MISSING:
            return schema.default
    return MISSING


def _header_text(header: Header, value: Any, binding: Binding) -> str:
    if header.content:
        media_type, entry = next(iter(header.content.items()))
        embedded = Embedded(binding, entry.schema or ANY, Encoding(content_type=(media_type,)))
        data, _ = embedded.write(value, media_type)
        return bytes(data).decode("utf-8")
    schema = binding.resolve(header.schema)
    return ",".join(style_of(header.style, header.explode, schema, binding.resolve).write(value))


def bind(binding: Binding) -> Bound:
    """A body of parts; see rule 1."""
    schema = binding.resolve(binding.schema) if binding.schema is not None else ANY
    name = essence(binding.media_type)[0]
    is_form = name in ("", "multipart/form-data")
    is_list = compound(schema) == "array" or "prefixItems" in schema.keywords
    named = _Named(binding)
    if not is_list and (is_form or compound(schema) == "object"):
        return Bound(named.encode, named.decode, encode_parts=named.encode)
    ordered = _Ordered(binding, schema)
    encode = partial(ordered.encode, related=name == "multipart/related", form=is_form)
    if is_list:
        return Bound(encode, ordered.decode, ordered.decode_items, encode_parts=encode)

    def encode_any(value: Any, part_headers: PartHeaders = _NO_HEADERS) -> Content:
        return (named.encode if isinstance(value, dict) else encode)(value, part_headers)

    return Bound(encode_any, ordered.decode, encode_parts=encode_any)


CODEC = Codec(
    "multipart",
    ("multipart/form-data", "multipart/*"),
    bind,
    carries=lambda value: isinstance(value, (dict, list)),
)
