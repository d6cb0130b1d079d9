"""What changed in the content of a body or response: its media types, the values and parts of each, their XML."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatch

from msgspec.structs import replace

from openconnectors.engine.diff.changes import Changes, Direction
from openconnectors.engine.diff.schemas import Schemas
from openconnectors.engine.diff.sides import Side
from openconnectors.engine.diff.xml import compare_xml
from openconnectors.engine.model import ANY, Encoding, MediaType, Schema
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
    pairs = {name: _covering(after, name) for name in before} if before and after else {}
    key = "consumes" if direction == "request" else "produces"
    if not _is_unsaid(changes.before, key, before, after) and not _is_unsaid(changes.after, key, after, before):
        _media_types(changes, subject, (before, after), (old[0], new[0]), direction)
    for name, other in pairs.items():
        if other is not None:
            entries = (before[name], after[other])
            _values(changes, schemas, subject, name, entries, (old[0], new[0]), direction)
            if direction == "request":
                _encodings(changes, subject, name, entries, (old[0], new[0]))


def _media_types(
    changes: Changes,
    subject: str,
    contents: tuple[Mapping[str, MediaType], Mapping[str, MediaType]],
    at: tuple[str, str],
    direction: Direction,
) -> None:
    """Record media types that are gone or new. A range that becomes one of its types is only narrower."""
    before, after = contents
    for name in before if after else ():
        if _covering(after, name) is None:
            is_narrower = direction == "response" and any(_covering({name: before[name]}, other) for other in after)
            if is_narrower:
                changes.add("values-relaxed", f"{subject} is no longer of any type of {name}", *at)
            else:
                changes.add("media-removed", f"{name} was removed from {subject}", *at, key=False)
    for name in after if before else ():
        if _covering(before, name) is None:
            changes.add("media-added", f"{name} was added to {subject}", *at, key=False)


def _covering(content: Mapping[str, MediaType], name: str) -> str | None:
    """The media type of a content that a name is, or the narrowest range that it is in; None if there is none."""
    if name in content:
        return name
    ranges = (wide for wide in content if "*" in wide and fnmatch(name, wide))
    return max(ranges, key=lambda wide: len(wide.rstrip("*")), default=None)


def _is_unsaid(side: Side, key: str, content: Mapping[str, MediaType], other: Mapping[str, MediaType]) -> bool:
    """Return True if a version describes any media type, and the other is a document of Swagger 2.0 that lists none: it
    is read as if it listed JSON."""
    is_silent = side.context.tree.swagger2 and not side.document.root.get(key)
    return is_silent and list(content) == ["application/json"] and list(other) == ["*/*"]


def _values(
    changes: Changes,
    schemas: Schemas,
    subject: str,
    name: str,
    entries: tuple[MediaType, MediaType],
    at: tuple[str, str],
    direction: Direction,
) -> None:
    """Record the changes of the values of a media type."""
    first, second = entries
    old, new = _same_openness(changes, name, first.schema, second.schema)
    if name.endswith("json") and (old is None) != (new is None):  # none: any value
        old, new = (
            replace(ANY, at=place) if each is None else each for each, place in zip((old, new), at, strict=True)
        )
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
    if types and not types & {"array", "object"}:  # a value that is written whole
        content_type = () if media_type == _FORM else encoding.content_type
        encoding = replace(encoding, style=None, explode=False, content_type=content_type)
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
