"""Forms with files, ``multipart/form-data`` (RFC 7578): fields as text, files as they are, read while they are sent."""

from __future__ import annotations

import json
import re
import secrets
from typing import Any

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from openconnectors.engine.errors import Problem
from openconnectors.engine.model import Schema
from openconnectors.engine.streams import Content, Source, is_octets
from openconnectors.engine.streams import File as Upload
from openconnectors.engine.values.codecs.binding import Binding, Bound, Codec, MemberError, Parameters
from openconnectors.engine.values.codecs.fields import OTHER, fields_of, members

_MAX_PARTS = 1_000
_TOKEN = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(\s*;.*)?\Z", re.ASCII)
_ESCAPES = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})
"""WHATWG HTML section 4.10.21.8: so that a name cannot end its field."""


def bind(binding: Binding) -> Bound:
    """A form whose fields are the properties of the schema; what is octets is a part with a file name."""
    fields = fields_of(binding)
    names = {one.wire.translate(_ESCAPES): one for one in fields.values()}

    def encode(value: Any) -> Content:
        # Nobody who writes a part can know the boundary: it is drawn for each body.
        boundary = secrets.token_hex(16)
        sources: list[Source] = []
        for name, one in members(value).items():
            field = fields.get(name)
            wire = field.wire if field else name
            items = one if isinstance(one, list) and any(map(is_octets, one)) else [one]
            for item in items:
                if is_octets(item):
                    sources += _file(boundary, wire, item)
                    continue
                if field is not None and _is_file(field.schema, binding):
                    said = "bytes, a pathlib.Path, an open binary file or a openconnectors.File"
                    raise MemberError(name, f"must be {said}, not {type(item).__name__}")
                style = field.style if field else OTHER
                as_json = _holds_objects(item, lists=style.items is None)
                try:
                    texts = [_json(item)] if as_json else style.write(item)
                except ValueError as error:
                    raise MemberError(name, str(error)) from None
                kind = "application/json" if as_json else ""
                for text in texts:
                    sources.append(_head(boundary, wire, kind) + _utf8(text) + b"\r\n")
        sources.append(f"--{boundary}--\r\n".encode("ascii"))
        return Content(sources, f"boundary={boundary}")

    def decode(data: bytes, parameters: Parameters, problems: list[Problem]) -> Any:
        value: dict[str, Any] = {one.name: [] for one in fields.values() if one.repeated}
        texts: dict[str, list[str]] = {}
        for wire, is_file, content in _parts(data, parameters.get("boundary", "")):
            field = names.get(wire)
            name = field.name if field else wire
            if is_file:
                repeated = field is not None and "array" in field.schema.types
                if not repeated and name in value:
                    raise ValueError(f"has the file {name!r} twice")
                value[name] = [*value.get(name, ()), content] if repeated else content
                continue
            try:
                texts.setdefault(wire, []).append(content.decode("utf-8"))
            except UnicodeDecodeError:
                raise ValueError(f"has a field {name!r} that is no UTF-8") from None
        for wire, given in texts.items():
            field = names.get(wire)
            if field is None:
                value[wire] = given[0] if len(given) == 1 else given
            elif "object" in field.schema.types:
                try:
                    value[field.name] = json.loads(given[-1])
                except (ValueError, RecursionError):
                    value[field.name] = given[-1]
            else:
                value[field.name] = field.style.read(given, field.schema, binding.resolve)
        return value

    return Bound(encode, decode)


def _is_file(schema: Schema, binding: Binding) -> bool:
    if "array" in schema.types and schema.items is not None:
        schema = binding.resolve(schema.items)
    return "file" in schema.types or schema.format in ("file", "binary")


def _holds_objects(value: Any, *, lists: bool) -> bool:
    """Whether a value is one that a form has no style for: an object, a list of them, or a list of ``lists``."""
    kinds = (dict, list) if lists else dict
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(one, kinds) for one in value))


def _json(value: Any) -> str:
    try:
        return json.dumps(value, allow_nan=False)
    except TypeError as error:
        raise ValueError(str(error)) from None


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("has half of a surrogate pair, which has no UTF-8") from None


def _head(boundary: str, name: str, media_type: str = "", filename: str | None = None) -> bytes:
    told = f'; filename="{filename.translate(_ESCAPES)}"' if filename is not None else ""
    kind = f"Content-Type: {media_type}\r\n" if media_type else ""
    disposition = f'Content-Disposition: form-data; name="{name.translate(_ESCAPES)}"{told}'
    return _utf8(f"--{boundary}\r\n{disposition}\r\n{kind}\r\n")


def _file(boundary: str, name: str, value: Source) -> list[Source]:
    upload = value if isinstance(value, Upload) else Upload(value)
    media_type = upload.content_type or "application/octet-stream"
    if not isinstance(upload.name, str):
        raise ValueError(f"has a file whose filename {upload.name!r} is no text")
    if not isinstance(media_type, str) or not _TOKEN.match(media_type):
        raise ValueError(f"has a file whose content_type {media_type!r} is no media type")
    return [_head(boundary, name, media_type, upload.name), upload.content, b"\r\n"]


def _parts(data: bytes, boundary: str) -> list[tuple[str, bool, bytes]]:
    """Each part: its name, whether it is a file, its octets."""
    if not boundary:
        raise ValueError("has a Content-Type without a boundary")
    decoder = MultipartDecoder(boundary.encode("latin-1", "replace"), max_parts=_MAX_PARTS)
    found: list[tuple[str, bool, bytes]] = []
    pieces: list[bytes] = []
    try:
        decoder.receive_data(data)
        decoder.receive_data(None)
        event = decoder.next_event()
        while not isinstance(event, (Epilogue, NeedData)):
            if isinstance(event, (Field, File)):
                found.append((event.name or "", isinstance(event, File), b""))
                pieces = []
            elif isinstance(event, Data):
                pieces.append(event.data)
                if not event.more_data:
                    name, is_file, _ = found[-1]
                    found[-1] = (name, is_file, b"".join(pieces))
            event = decoder.next_event()
    except (ValueError, LookupError, RequestEntityTooLarge) as error:
        raise ValueError(f"is no multipart form: {error}") from None
    return found


CODEC = Codec("multipart", ("multipart/form-data",), bind, carries=lambda value: isinstance(value, dict))
