"""What changed in the content of a body or response: its media types, the values and parts of each, their XML."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatch

from msgspec.structs import replace

from openconnectors.engine.diff.changes import Changes, Direction
from openconnectors.engine.diff.schemas import Schemas
from openconnectors.engine.diff.sides import Side
from openconnectors.engine.diff.xml import compare_xml
from openconnectors.engine.model import Encoding, MediaType, Schema
from openconnectors.engine.values.codecs import essence

_FORM = "application/x-www-form-urlencoded"
_FORMS = (_FORM, "multipart/form-data")


def compare_content(
    changes: Changes,
    schemas: Schemas,
    subject: str,
    old: tuple[str, Mapping[str, MediaType]],
    new: tuple[str, Mapping[str, MediaType]],
    direction: Direction,
) -> None:
    """Record the changes of media types, and of the schema of each that is still there."""
    before, after = _by_essence(old[1]), _by_essence(new[1])
    if before and after:
        for name in before:
            if name not in after:
                changes.add("media-removed", f"{name} was removed from {subject}", old[0], new[0], key=False)
        for name in after:
            if name not in before:
                changes.add("media-added", f"{name} was added to {subject}", old[0], new[0], key=False)
    for name in before:
        if name in after:
            _values(changes, schemas, subject, name, (before[name], after[name]), direction)
            if direction == "request":
                _encodings(changes, subject, name, (before[name], after[name]), (old[0], new[0]))


def _values(
    changes: Changes,
    schemas: Schemas,
    subject: str,
    name: str,
    entries: tuple[MediaType, MediaType],
    direction: Direction,
) -> None:
    """Record the changes of the values of a media type."""
    first, second = entries
    old, new = _same_openness(changes, name, first.schema, second.schema)
    for before, after in ((old, new), (first.item_schema, second.item_schema)):
        if before is not None and after is not None:
            schemas.compare(subject, before, after, direction)
            if name.endswith(("/xml", "+xml")):
                compare_xml(changes, subject, before, after)


def _same_openness(
    changes: Changes, name: str, old: Schema | None, new: Schema | None
) -> tuple[Schema | None, Schema | None]:
    """The schemas of a form. Swagger 2.0 lists its fields, and cannot say whether there may be others; then what the
    other version says of these is no change."""
    sides = (changes.before, changes.after)
    if old is None or new is None or name not in _FORMS or not any(side.context.tree.swagger2 for side in sides):
        return old, new
    first, second = changes.before.plain(old), changes.after.plain(new)
    return replace(first, additional=True), replace(second, additional=True)


def _encodings(
    changes: Changes, subject: str, media_type: str, entries: tuple[MediaType, MediaType], at: tuple[str, str]
) -> None:
    """Record the members of a form that are written in another way (OpenAPI 3.1, "Encoding Object")."""
    first, second = (
        {} if entry.schema is None else side.plain(entry.schema).properties
        for side, entry in zip((changes.before, changes.after), entries, strict=True)
    )
    for name in {**entries[0].encoding, **entries[1].encoding}:
        if name not in first or name not in second:
            continue
        old, new = (
            _usual(side, media_type, members[name], entry.encoding.get(name, Encoding()))
            for side, members, entry in zip((changes.before, changes.after), (first, second), entries, strict=True)
        )
        if old != new:
            rule = "encoding-relaxed" if _is_wider(old, new) else "encoding-changed"
            changes.add(rule, f"{name!r} of {subject} is written otherwise in {media_type}", *at)


def _usual(side: Side, media_type: str, schema: Schema, encoding: Encoding) -> Encoding:
    """An encoding with what it does not say: the media type of a part, or the style of a field."""
    plain = side.plain(schema)
    types = set(plain.types)
    if encoding.style is None and "array" in types and not encoding.content_type:
        encoding = replace(encoding, style="form", explode=True)
    if media_type == _FORM and types and not types & {"array", "object"}:  # a value that is written whole
        encoding = replace(encoding, style=None, explode=False, content_type=())
    if encoding.style is None and not encoding.content_type:
        return replace(encoding, content_type=(_usual_type(plain),))
    return encoding


def _is_wider(old: Encoding, new: Encoding) -> bool:
    """Return True if every part that was written in the old way may be in the new one."""
    if replace(old, content_type=(), headers={}) != replace(new, content_type=(), headers={}):
        return False
    are_types = all(any(fnmatch(name, wide) for wide in new.content_type) for name in old.content_type)
    known = {name.lower() for name, header in old.headers.items() if header.required}
    return are_types and all(name.lower() in known for name, header in new.headers.items() if header.required)


def _usual_type(schema: Schema) -> str:
    """The media type of a part whose encoding does not say it."""
    if schema.types[:1] in (("object",), ("array",)):
        return "application/json"
    return "application/octet-stream" if schema.format in ("binary", "byte") else "text/plain"


def _by_essence(content: Mapping[str, MediaType]) -> dict[str, MediaType]:
    return {essence(name)[0]: entry for name, entry in content.items()}
