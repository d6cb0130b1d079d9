"""What an operation does, as far as its document shows, and which operations are chosen by that.

Rule 1. The method says it (RFC 9110 section 9.2), and the words of the operation's id where they say more: many
services delete by POST. When in doubt, the kind is the one that needs more care.

Rule 2. What changes or deletes is a tool only if it is chosen by its name or by its kind. A pattern with ``*`` alone
does not choose it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from msgspec import Struct

from openconnectors.engine.errors import UnknownName
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


def is_withheld(operation: Operation) -> bool:
    """Whether the document keeps an operation from people or assistants: it is a tool only if its name is chosen."""
    return operation.visibility == "internal" or operation.for_assistants is False


class Named(Struct, frozen=True):
    """An operation among those to choose from."""

    connector: str
    name: str
    operation: Operation

    @property
    def spellings(self) -> tuple[str, ...]:
        """What a pattern may name it by."""
        names = (self.name, self.operation.id)
        return (*names, *(f"{self.connector}.{name}" for name in names))


class _Pattern(Struct, frozen=True):
    """``KIND``, ``NAME``, or either with ``*`` and ``?``: ``KIND:PATTERN``."""

    text: str

    def matches(self, named: Named) -> bool:
        """Whether the pattern chooses an operation; see the rules."""
        if self.text in named.spellings:
            return True
        kind = kind_of(named.operation)
        if self.text == kind:
            return not is_withheld(named.operation)
        prefix, colon, rest = self.text.partition(":")
        if colon and prefix in KINDS:
            return prefix == kind and (rest in named.spellings or self._fits(rest, named))
        return KINDS[kind].chosen and self._fits(self.text, named)

    @staticmethod
    def _fits(text: str, named: Named) -> bool:
        return not is_withheld(named.operation) and any(fnmatchcase(name, text) for name in named.spellings)


def chosen(operations: Sequence[Named], patterns: Collection[str]) -> list[Named]:
    """The operations that patterns choose; without patterns, those of the kinds that are chosen by themselves. Raise
    ``UnknownName`` for a pattern that chooses none."""
    if not patterns:
        return [
            named for named in operations if KINDS[kind_of(named.operation)].chosen and not is_withheld(named.operation)
        ]
    matching = {text: [named for named in operations if _Pattern(text).matches(named)] for text in patterns}
    for text, matched in matching.items():
        if not matched and text not in KINDS:
            raise UnknownName("operation or kind", text, *_known(operations, text))
    wanted = {id(named) for matched in matching.values() for named in matched}
    return [named for named in operations if id(named) in wanted]


def _known(operations: Iterable[Named], text: str) -> tuple[list[str], str]:
    """What a pattern could have been, and a hint if it would have chosen what needs a kind."""
    kinds = {kind_of(named.operation) for named in operations if any(fnmatchcase(s, text) for s in named.spellings)}
    hint = " ".join(f"What {KINDS[kind].does} is chosen by {kind}:{text}." for kind in sorted(kinds))
    return [*KINDS, *(named.name for named in operations)], f" {hint}" if hint else ""
