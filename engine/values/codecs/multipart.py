"""Forms with files, ``multipart/form-data`` (RFC 7578): fields as text, files as they are, read while they are sent.

An object or a list of objects in a field is JSON: Swagger 2.0 has no such field, OpenAPI 3.0 ("Special Considerations
for multipart Content") says so.
"""

from __future__ import annotations

import json
import re
import secrets
from typing import Any

from openconnectors.engine.errors import Problem
from openconnectors.engine.model import Schema
from openconnectors.engine.streams import Content, Source, is_bytes
from openconnectors.engine.streams import File as Upload
from openconnectors.engine.values.codecs.binding import Binding, Bound, Codec, MemberError, Parameters
from openconnectors.engine.values.codecs.charsets import utf_8_of
from openconnectors.engine.values.codecs.fields import OTHER, fields_of, members
from openconnectors.engine.values.codecs.fields import Field as FormField

_MAX_PARTS = 1_000  # werkzeug's default for a form; each part is an object of its own
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(\s*;.*)?\Z", re.ASCII)
"""A media type (RFC 9110 section 8.3.1) that cannot end its header field."""
_ESCAPES = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})
"""The characters of a name or file name that would end it, encoded as browsers do (WHATWG HTML section 4.10.21.8)."""


class _Form:
    """A form whose fields are the properties of the schema. Bytes and files are parts with a file name."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding
        self._fields = fields_of(binding)
        self._by_wire_name = {field.wire.translate(_ESCAPES): field for field in self._fields.values()}

    def encode(self, value: Any) -> Content:
        """The parts of an object; see ``Bound``."""
        # Random for each body (128 bits): whoever wrote a part cannot have put the boundary into it.
        boundary = secrets.token_hex(16)
        sources: list[Source] = []
        for name, member in members(value).items():
            wire = self._fields[name].wire if name in self._fields else name
            items = member if isinstance(member, list) and any(map(is_bytes, member)) else [member]
            for item in items:
                if is_bytes(item):
                    sources += _file(boundary, wire, item)
                else:
                    media_type, texts = self._texts(name, item)
                    sources += [_head(boundary, wire, media_type) + utf_8_of(text) + b"\r\n" for text in texts]
        sources.append(f"--{boundary}--\r\n".encode("ascii"))
        return Content(sources, f"boundary={boundary}")

    def _texts(self, name: str, value: Any) -> tuple[str, list[str]]:
        """The texts of a field that is not a file, and their media type if it is not plain text."""
        field = self._fields.get(name)
        if field is not None and self._is_file(field.schema):
            expected = "bytes, a pathlib.Path, an open binary file or an openconnectors.File"
            raise MemberError(name, f"must be {expected}, not {type(value).__name__}")
        style = field.style if field else OTHER
        try:
            if _holds_objects(value, lists=style.items is None):
                return "application/json", [_json(value)]
            return "", style.write(value)
        except ValueError as error:
            raise MemberError(name, str(error)) from None

    def decode(self, data: bytes, parameters: Parameters, problems: list[Problem]) -> Any:
        """The object of parts; see ``Bound``."""
        value: dict[str, Any] = {field.name: [] for field in self._fields.values() if field.repeated}
        texts: dict[str, list[str]] = {}
        for wire, is_file, content in _parts(data, parameters.get("boundary", "")):
            field = self._by_wire_name.get(wire)
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
                raise ValueError(f"has a field {name!r} that is not UTF-8") from None
        for wire, written in texts.items():
            field = self._by_wire_name.get(wire)
            if field is not None:
                value[field.name] = self._field_value(field, written)
            else:
                value[wire] = written[0] if len(written) == 1 else written
        return value

    def _field_value(self, field: FormField, texts: list[str]) -> Any:
        if "object" not in field.schema.types:
            return field.style.read(texts, field.schema, self._binding.resolve)
        try:
            return json.loads(texts[-1])
        except (ValueError, RecursionError):
            return texts[-1]  # for validation to judge

    def _is_file(self, schema: Schema) -> bool:
        """Return True for the schema of a file, or of a list of files."""
        if "array" in schema.types and schema.items is not None:
            schema = self._binding.resolve(schema.items)
        return "file" in schema.types or schema.format in ("file", "binary")


def bind(binding: Binding) -> Bound:
    """A form with files."""
    form = _Form(binding)
    return Bound(form.encode, form.decode)


def _holds_objects(value: Any, *, lists: bool) -> bool:
    """Return True for a value that no style can write: an object, a list of objects, or with ``lists`` also a list of
    lists."""
    kinds = (dict, list) if lists else dict
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(item, kinds) for item in value))


def _json(value: Any) -> str:
    try:
        return json.dumps(value, allow_nan=False)
    except TypeError as error:
        raise ValueError(str(error)) from None


def _head(boundary: str, name: str, media_type: str = "", filename: str | None = None) -> bytes:
    """The boundary and header of a part (RFC 7578 section 4)."""
    parameter = f'; filename="{filename.translate(_ESCAPES)}"' if filename is not None else ""
    content_type = f"Content-Type: {media_type}\r\n" if media_type else ""
    disposition = f'Content-Disposition: form-data; name="{name.translate(_ESCAPES)}"{parameter}'
    return utf_8_of(f"--{boundary}\r\n{disposition}\r\n{content_type}\r\n")


def _file(boundary: str, name: str, value: Source) -> list[Source]:
    """The part of a file."""
    upload = value if isinstance(value, Upload) else Upload(value)
    media_type = upload.content_type or "application/octet-stream"
    if not isinstance(upload.name, str):
        raise ValueError(f"has a file whose filename {upload.name!r} is not text")
    if not isinstance(media_type, str) or not _MEDIA_TYPE.match(media_type):
        raise ValueError(f"has a file whose content_type {media_type!r} is not a media type")
    return [_head(boundary, name, media_type, upload.name), upload.content, b"\r\n"]


def _parts(data: bytes, boundary: str) -> list[tuple[str, bool, bytes]]:
    """Each part: its name, True if it is a file, its bytes."""
    # Imported when a form is read, as servers do: werkzeug is a tenth of what the first call of a process imports.
    from werkzeug.exceptions import RequestEntityTooLarge
    from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

    if not boundary:
        raise ValueError("has a Content-Type without a boundary")
    decoder = MultipartDecoder(boundary.encode("latin-1", "replace"), max_parts=_MAX_PARTS)
    parts: list[tuple[str, bool, bytes]] = []
    chunks: list[bytes] = []
    try:
        decoder.receive_data(data)
        decoder.receive_data(None)
        event = decoder.next_event()
        while not isinstance(event, (Epilogue, NeedData)):
            if isinstance(event, (Field, File)):
                parts.append((event.name or "", isinstance(event, File), b""))
                chunks = []
            elif isinstance(event, Data):
                chunks.append(event.data)
                if not event.more_data:
                    name, is_file, _ = parts[-1]
                    parts[-1] = (name, is_file, b"".join(chunks))
            event = decoder.next_event()
    except (ValueError, LookupError, RequestEntityTooLarge) as error:
        raise ValueError(f"is not a multipart form: {error}") from None
    return parts


CODEC = Codec("multipart", ("multipart/form-data",), bind, carries=lambda value: isinstance(value, dict))
