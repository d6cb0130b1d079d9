"""What an operation does, as far as its document shows: for whoever asks before some calls, or leaves some out.

Rule. The method says it (RFC 9110 section 9.2), and the words of the operation's id where they say more: many services
delete by POST. When in doubt, the kind is the one that needs more care.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from openconnectors.engine.model import Operation
from openconnectors.engine.naming import snake


class Kind(Struct, frozen=True):
    """What operations of a kind do; ``chosen``: unless something else is chosen."""

    does: str
    read_only: bool = False
    destructive: bool = False
    chosen: bool = False


KINDS: Mapping[str, Kind] = {
    "read": Kind("reads, and changes nothing", read_only=True, chosen=True),
    "add": Kind("adds or sends something", chosen=True),
    "change": Kind("changes or replaces something", destructive=True),
    "delete": Kind("deletes something, or ends it for good", destructive=True),
    "trigger": Kind("reports events"),
}

_READING = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"})
"""The safe methods (RFC 9110 section 9.2.1), and QUERY of OpenAPI 3.2."""
_REPEATABLE = _READING | {"PUT", "DELETE"}
"""The idempotent methods (RFC 9110 section 9.2.2)."""
_BY_METHOD: Mapping[str, str] = {"PUT": "change", "PATCH": "change", "DELETE": "delete"}
_DELETING = frozenset(
    [
        "archive",
        "cancel",
        "clear",
        "delete",
        "deactivate",
        "destroy",
        "drop",
        "erase",
        "purge",
        "refund",
        "remove",
        "reset",
        "revoke",
        "terminate",
        "truncate",
        "uninstall",
        "unpublish",
        "void",
        "wipe",
    ]
)
_CHANGING = frozenset(
    ["change", "edit", "merge", "modify", "move", "overwrite", "patch", "rename", "replace", "update", "upsert"]
)


def kind_of(operation: Operation) -> str:
    """The kind of an operation, a key of ``KINDS``."""
    if operation.trigger:
        return "trigger"
    words = [word for word in snake(operation.id).split("_") if word]
    if operation.safe or operation.method in _READING:
        return "delete" if words[:1] and words[0] in _DELETING and not operation.safe else "read"
    if operation.method == "DELETE" or _DELETING & set(words):
        return "delete"
    return "change" if _CHANGING & set(words) else _BY_METHOD.get(operation.method, "add")


def is_repeatable(operation: Operation) -> bool:
    """Whether a second call with the same arguments has no further effect."""
    return operation.safe or operation.method in _REPEATABLE
