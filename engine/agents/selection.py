"""Which operations are chosen, by patterns.

Rule. What changes or deletes is a tool only if it is chosen by its name or by its kind. A pattern with ``*`` alone does
not choose it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from fnmatch import fnmatchcase

from msgspec import Struct

from openconnectors.engine.client.kinds import KINDS, kind_of
from openconnectors.engine.errors import UnknownName
from openconnectors.engine.model import Operation


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
    """A name, a kind, a pattern with ``*`` and ``?``, or a pattern within a kind: ``KIND:PATTERN``."""

    text: str

    def matches(self, named: Named) -> bool:
        """Whether the pattern chooses an operation; see the rule."""
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
