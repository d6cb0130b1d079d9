"""The kinds of changes, a row each, and the record of those that are found.

What callers send may only grow wider, what they receive only narrower: a row says which version a change calls for, and
what it means to callers. Rows are rules of the profile ``diff``, so that they are explained and ignored like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from openconnectors.engine.errors import Diagnostic
from openconnectors.engine.lint.rules import Context, Rule, Severity
from openconnectors.engine.lint.table import RULES
from openconnectors.engine.lint.tree import Node

Bump = Literal["none", "patch", "minor", "major"]
BUMPS: tuple[Bump, ...] = ("none", "patch", "minor", "major")
Level = Literal["patch", "minor", "major", "risk"]
Direction = Literal["request", "response"]


class Change(NamedTuple):
    """A kind of change: the version it calls for (``risk``: minor, and a look at it), and what it means to callers."""

    level: Level
    why: str


CHANGES: Mapping[str, Change] = {
    "operation-removed": Change("major", "Callers of the operation have nothing to call."),
    "operation-renamed": Change("major", "Callers no longer find the operation under its old name."),
    "operation-added": Change("minor", "There is more to call."),
    "operation-moved": Change("patch", "Callers do not see the method and path of an operation."),
    "operation-deprecated": Change("minor", "Callers should stop using the operation."),
    "parameter-removed": Change("major", "Calls that pass the parameter are refused."),
    "parameter-renamed": Change("major", "Calls that pass the parameter under its old name are refused."),
    "parameter-added": Change("minor", "There is more to pass."),
    "parameter-required": Change("major", "Calls that do not pass it are refused."),
    "parameter-optional": Change("minor", "Callers may leave it out."),
    "parameter-moved": Change("patch", "Callers do not see in which part of the request a parameter is sent."),
    "default-changed": Change("risk", "Callers that leave it out get another value."),
    "body-removed": Change("major", "Calls that pass a body are refused."),
    "body-added": Change("minor", "Callers may pass a body."),
    "type-narrowed": Change("major", "Values that used to be accepted are refused."),
    "type-widened": Change("major", "Callers may receive types that they do not expect."),
    "type-changed": Change("major", "Values are of another type."),
    "type-relaxed": Change("minor", "More types are accepted, or fewer are returned."),
    "enum-narrowed": Change("major", "Values that used to be accepted are refused."),
    "enum-widened": Change("major", "Callers may receive values that they do not know."),
    "enum-relaxed": Change("minor", "More values are accepted, or fewer are returned."),
    "limit-narrowed": Change("major", "Values that used to be accepted are refused."),
    "limit-widened": Change("risk", "Callers may receive values beyond the old limit."),
    "limit-relaxed": Change("minor", "More values are accepted, or fewer are returned."),
    "format-changed": Change("major", "Values are written and read in another format."),
    "pattern-changed": Change("major", "Values that used to be accepted may be refused."),
    "null-refused": Change("major", "Null used to be accepted and is refused."),
    "null-comes": Change("major", "Callers may receive null."),
    "null-relaxed": Change("minor", "Null is accepted, or no longer returned."),
    "property-removed": Change("major", "Callers that pass or read the property no longer find it."),
    "property-added": Change("minor", "There is more to pass, or to read."),
    "property-required": Change("major", "Calls that do not pass it are refused."),
    "property-absent": Change("major", "Callers that read it may not find it."),
    "property-relaxed": Change("minor", "Callers may leave it out, or always find it."),
    "alternatives-changed": Change("risk", "Values may be of other kinds."),
    "media-removed": Change("major", "Callers that send or request the media type are refused."),
    "media-added": Change("minor", "Callers may send or request one more media type."),
    "status-removed": Change("risk", "Callers may wait for a response that does not come."),
    "status-added": Change("risk", "Callers may receive a response that they do not know."),
    "answer-emptied": Change("major", "Callers that read a value get none."),
    "answer-filled": Change("minor", "There is a value to read."),
    "security-added": Change("major", "Callers without the credential are refused."),
    "security-removed": Change("minor", "Callers need fewer credentials."),
    "scope-added": Change("major", "Callers whose token does not have the scope are refused."),
    "connection-removed": Change("major", "Saved connections have a value that is no longer known."),
    "connection-required": Change("major", "Saved connections do not have a value that is required."),
    "connection-added": Change("minor", "Connections may have one more value."),
    "connection-type": Change("major", "Saved connections have a value of another type."),
    "policy-changed": Change("risk", "Requests or responses are rewritten in another way."),
    "server-changed": Change("risk", "Calls go to another server."),
    "paging-removed": Change("major", "There are no further pages to read."),
    "paging-added": Change("minor", "Further pages can be read."),
    "trigger-changed": Change("major", "Events are delivered in another way."),
    "version-behind": Change("risk", "The version number says less than what changed."),
}

_SEVERITIES: Mapping[Level, Severity] = {"major": "error", "minor": "info", "patch": "info", "risk": "warning"}
_FIXES: Mapping[Level, str] = {
    "major": "Keep the old beside the new, or publish a new major version.",
    "minor": "Nothing to fix.",
    "patch": "Nothing to fix.",
    "risk": "Tell callers about it.",
}
RULES.add(
    *(
        Rule(id, _SEVERITIES[level], profile="diff", reported_by="diff", why=why, fix=_FIXES[level])
        for id, (level, why) in CHANGES.items()
    )
)


class Changes:
    """The changes found between two documents, and the version that they call for."""

    def __init__(self, before: Context, after: Context) -> None:
        self.before, self.after = before, after
        self.findings: list[Diagnostic] = []
        self.bump: Bump = "none"

    def add(self, rule: str, message: str, old: Node | str | None, new: Node | str | None, *, key: bool = True) -> None:
        """Record a change at its place in the new document, with the place in the old one as related; at the old place
        if there is no new one. ``key`` means the key of the node."""
        pointers = [place.pointer if isinstance(place, Node) else place for place in (old, new)]
        places = [
            None if pointer is None else context.document.location(pointer, key=key)
            for context, pointer in zip((self.before, self.after), pointers, strict=True)
        ]
        place, related = (places[1], places[0]) if places[1] is not None else (places[0], None)
        if place is None:
            return
        pointer = pointers[1] if pointers[1] is not None else pointers[0]
        row = RULES[rule]
        self.findings.append(Diagnostic(row.id, row.severity, message, *place, pointer or "", row.fix, related))
        self._raise_bump(rule)

    def add_beside(self, rule: str, message: str, context: Context, pointer: str) -> None:
        """Record a change of the properties beside a document, or in it."""
        document, row = context.properties or context.document, RULES[rule]
        place = document.location(pointer, key=True)
        self.findings.append(Diagnostic(row.id, row.severity, message, *place, pointer, row.fix))
        self._raise_bump(rule)

    def _raise_bump(self, rule: str) -> None:
        level = CHANGES[rule].level
        bump: Bump = "minor" if level == "risk" else level
        self.bump = max(self.bump, bump, key=BUMPS.index)
