"""The kinds of changes, a row each, and the record of those that are found.

What callers send may only grow wider, what they receive only narrower: a row says which version a change calls for, and
what it means to callers. Rows are rules of the profile ``diff``, so that they are explained and ignored like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal, NamedTuple

from openconnectors.engine.diff.profiles import PROFILES, DiffProfile, Level
from openconnectors.engine.diff.sides import Side
from openconnectors.engine.errors import Diagnostic
from openconnectors.engine.lint.rules import Rule, Severity
from openconnectors.engine.lint.table import RULES

Bump = Literal["none", "patch", "minor", "major"]
BUMPS: tuple[Bump, ...] = ("none", "patch", "minor", "major")
Direction = Literal["request", "response"]


class Change(NamedTuple):
    """A kind of change: the version it calls for (``risk``: minor, and a look at it), and what it means to callers."""

    level: Level
    why: str


CHANGES: Mapping[str, Change] = {
    "operation-removed": Change("major", "Callers of the operation have nothing to call."),
    "operation-renamed": Change("major", "Callers no longer find the operation under its old name."),
    "operation-added": Change("minor", "There is more to call."),
    "operation-moved": Change("major", "Requests to its old method and path are refused."),
    "operation-deprecated": Change("minor", "Callers should stop using it."),
    "operation-retired": Change("minor", "Callers were told until when they may call it; that date has passed."),
    "sunset-early": Change("major", "Callers were told that they may use it until a later date."),
    "sunset-soon": Change("risk", "Callers have less time to stop using it than they need."),
    "sunset-moved": Change("risk", "Callers have less time to stop using it than they were told."),
    "sunset-invalid": Change("risk", "Callers cannot tell until when they may use it."),
    "revision-lowered": Change("risk", "Callers take a higher revision for the later one."),
    "parameter-retired": Change("minor", "Callers were told until when they may pass it; that date has passed."),
    "parameter-hidden": Change("risk", "Callers are no longer shown the parameter; its default is sent."),
    "parameter-removed": Change("major", "Calls that pass the parameter are refused."),
    "parameter-renamed": Change("major", "Calls that pass the parameter under its old name are refused."),
    "parameter-added": Change("minor", "There is more to pass."),
    "parameter-required": Change("major", "Calls that do not pass it are refused."),
    "parameter-defaulted": Change("major", "Requests without it are refused, unless their client sends the default."),
    "empty-refused": Change("major", "Requests that have the parameter without a value are refused."),
    "empty-relaxed": Change("minor", "Requests may have the parameter without a value."),
    "parameter-optional": Change("minor", "Callers may leave it out."),
    "parameter-moved": Change("major", "Requests that have it in its old place, or under its old name, are refused."),
    "parameter-style": Change("major", "Requests that have the value as it used to be written are misread."),
    "parameter-reserved": Change("patch", "Reserved characters in the value need not be percent-encoded."),
    "encoding-changed": Change("major", "Requests that have a part of the body as it used to be written are misread."),
    "encoding-relaxed": Change("minor", "A part of the body may be written in one more way."),
    "xml-changed": Change("major", "Values that are written as they used to be in XML are misread."),
    "operation-unreadable": Change("major", "It cannot be called, because the document cannot be read there."),
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
    "limit-widened": Change("major", "Callers may receive values beyond the old limit."),
    "limit-relaxed": Change("minor", "More values are accepted, or fewer are returned."),
    "format-changed": Change("major", "Values are written and read in another format."),
    "pattern-changed": Change("major", "Values that used to be accepted may be refused."),
    "null-refused": Change("major", "Null used to be accepted and is refused."),
    "null-comes": Change("major", "Callers may receive null."),
    "null-relaxed": Change("minor", "Null is accepted, or no longer returned."),
    "property-removed": Change("major", "Callers that pass or read the property no longer find it."),
    "property-added": Change("minor", "There is more to pass, or to read."),
    "property-required": Change("major", "Calls that do not pass it are refused."),
    "property-defaulted": Change("major", "Requests without it are refused, unless their client sends the default."),
    "property-retired": Change("minor", "Callers were told until when they may use it; that date has passed."),
    "property-absent": Change("major", "Callers that read it may not find it."),
    "property-relaxed": Change("minor", "Callers may leave it out, or always find it."),
    "object-closed": Change("major", "Calls that pass members beyond those described are refused."),
    "object-opened": Change("major", "Callers may receive members that they do not expect."),
    "object-relaxed": Change("minor", "More members are accepted, or fewer are returned."),
    "values-narrowed": Change("major", "Values that used to be accepted are refused."),
    "values-widened": Change("major", "Callers may receive values that they do not expect."),
    "values-relaxed": Change("minor", "More values are accepted, or fewer are returned."),
    "media-removed": Change("major", "Callers that send or request the media type are refused."),
    "media-added": Change("minor", "Callers may send or request one more media type."),
    "header-removed": Change("major", "Callers that read the header field no longer find it."),
    "header-added": Change("minor", "There is one more header field to read."),
    "header-absent": Change("major", "Callers that read the header field may not find it."),
    "header-style": Change("major", "Callers that read the header field misread it."),
    "link-removed": Change("major", "Callers that follow the link no longer find it."),
    "link-added": Change("minor", "There is one more link to follow."),
    "link-changed": Change("risk", "The link leads elsewhere, or with other arguments."),
    "webhook-removed": Change("major", "Receivers wait for what is no longer sent."),
    "webhook-added": Change("minor", "There is more to receive."),
    "webhook-changed": Change("major", "Receivers are not sent what they were, or may not respond as they did."),
    "status-removed": Change("risk", "Callers may wait for a response that does not come."),
    "status-added": Change("risk", "Callers may receive a response that they do not know."),
    "status-replaced": Change("major", "Callers that look for the old status do not find a success."),
    "answer-emptied": Change("major", "Callers that read a value get none."),
    "answer-filled": Change("minor", "There is a value to read."),
    "security-added": Change("major", "Callers without the credential are refused."),
    "security-removed": Change("minor", "Callers need fewer credentials."),
    "scope-removed": Change("minor", "Callers need fewer scopes."),
    "alternative-added": Change("minor", "Callers may use another credential."),
    "alternative-removed": Change("major", "Callers with only that credential are refused."),
    "credential-moved": Change("major", "Requests that have the credential in its old place are refused."),
    "token-moved": Change("major", "Requests for tokens at the old endpoint are refused."),
    "flow-removed": Change("major", "Callers that get their tokens in that way are refused."),
    "flow-added": Change("minor", "Tokens can be had in one more way."),
    "scope-added": Change("major", "Callers whose token does not have the scope are refused."),
    "connection-removed": Change("major", "Saved connections have a value that is no longer known."),
    "connection-required": Change("major", "Saved connections do not have a value that is required."),
    "connection-added": Change("minor", "Connections may have one more value."),
    "connection-type": Change("major", "Saved connections have a value of another type."),
    "connection-provider": Change("major", "Saved connections are of another identity provider."),
    "policy-changed": Change("risk", "Requests or responses are rewritten in another way."),
    "server-added": Change("minor", "There is another server to choose."),
    "server-removed": Change("major", "Requests to the old server are refused."),
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
    """The changes found between two documents, graded by a profile, and the version that they call for. ``notice`` is
    how many days before its sunset something is deprecated."""

    def __init__(
        self,
        before: Side,
        after: Side,
        profile: DiffProfile = PROFILES["default"],
        notice: int | None = None,
        today: date | None = None,
    ) -> None:
        self.before, self.after, self._profile = before, after, profile
        self.notice = profile.notice if notice is None else notice
        self.today = today or date.today()
        self.findings: list[Diagnostic] = []
        self.bump: Bump = "none"

    def add(self, rule: str, message: str, old: str | None, new: str | None, *, key: bool = True) -> None:
        """Record a change at its pointer in the new document, with the place in the old one as related; at the old
        place if there is no new one. ``key`` means the key of the node."""
        places = [
            None if pointer is None else side.document.location(pointer, key=key)
            for side, pointer in zip((self.before, self.after), (old, new), strict=True)
        ]
        place, related = (places[1], places[0]) if places[1] is not None else (places[0], None)
        if place is None:
            return
        pointer = new if new is not None else old or ""
        self.findings.append(self._graded(rule, message, place, pointer, related))

    def is_said_otherwise(self, name: str) -> bool:
        """Return True if one of the two documents cannot describe a header field of this name."""
        return self.before.says_media_types(name) or self.after.says_media_types(name)

    def add_beside(self, rule: str, message: str, side: Side, pointer: str) -> None:
        """Record a change of the properties beside a document, or in it."""
        document = side.context.properties or side.document
        place = document.location(pointer, key=True)
        self.findings.append(self._graded(rule, message, place, pointer))

    def _graded(
        self,
        rule: str,
        message: str,
        place: tuple[str, int, int],
        pointer: str,
        related: tuple[str, int, int] | None = None,
    ) -> Diagnostic:
        """A change as the profile grades it; it raises the version that is called for."""
        level = self._profile.levels.get(rule, CHANGES[rule].level)
        bump: Bump = "minor" if level == "risk" else level
        self.bump = max(self.bump, bump, key=BUMPS.index)
        fix = self._profile.fix if level == "major" and self._profile.fix else _FIXES[level]
        return Diagnostic(rule, _SEVERITIES[level], message, *place, pointer, fix, related)
