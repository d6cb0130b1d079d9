"""What keeps a text from being JSON (RFC 8259 section 2): comments, and commas before a closing bracket."""

from __future__ import annotations

import re

from openconnectors.engine.documents.scalars import Unreadable, fault_at

_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_COMMENT = re.compile(_STRING + r"|(?P<fault>//[^\n]*+|#[^\n]*+|/\*(?:[^*]|\*(?!/))*+(?:\*/|\Z))", re.DOTALL)
_COMMA = re.compile(_STRING + r"|(?P<fault>,)(?=\s*+[}\]])", re.DOTALL)
_KINDS = (
    (_COMMENT, "is not JSON: a comment, which JSON does not have; remove it"),
    (_COMMA, "is not JSON: a comma before the closing bracket; remove it"),
)
_LISTED = 50
"""Places that are listed of a text; who has more knows enough."""


def without_faults(text: str) -> tuple[str, list[Unreadable]]:
    """The text with blanks in the place of what JSON does not have, so that everything else stays where it is; and the
    places of that, in their order. The text itself, and none, if it is no object or array even so."""
    cleaned = text
    places: list[tuple[int, str]] = []
    for kind, message in _KINDS:
        pieces: list[str] = []
        end = 0
        for match in kind.finditer(cleaned):
            if match["fault"] is not None:
                places.append((match.start("fault"), message))
                pieces += [cleaned[end : match.start("fault")], _NOT_SPACE.sub(" ", match["fault"])]
                end = match.end("fault")
        cleaned = "".join(pieces) + cleaned[end:]
    if not places or cleaned.lstrip()[:1] not in ("{", "["):
        return text, []
    return cleaned, [fault_at(text, offset, message) for offset, message in sorted(places)[:_LISTED]]


_NOT_SPACE = re.compile(r"[^\s]")
