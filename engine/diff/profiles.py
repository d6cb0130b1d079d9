"""Who judges changes: a profile grades them, and says how long before its removal something is deprecated.

``microsoft`` has what Microsoft refuses in an update of a certified connector. It publishes no ids of these checks, but
what breaks: operations that are removed or have another path, parameters that are removed, moved or newly required,
inputs that are no longer accepted, results that change, and another way to sign in; the version number excuses none of
them. A new optional parameter is to be looked at; texts, titles and visibility are minor updates.

``names`` is for callers who call operations by name with the new document, as those of this package do: how a request
is written, and where it goes, is nothing that they see.

Sources: learn.microsoft.com, "Evolve your API with version control", "Update your certified connector", "Deprecate an
operation" (notice of 30 days), "Protect your data" (breaking change validation).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct, field

Level = Literal["patch", "minor", "major", "risk"]


class DiffProfile(Struct, frozen=True):
    """The levels of changes that it grades otherwise than ``CHANGES``, by rule; the days between the announcement of a
    sunset and its date; whether a higher version number allows changes that break callers; what to do about those."""

    levels: Mapping[str, Level] = field(default_factory=dict)
    notice: int = 0
    versions: bool = True
    fix: str = ""


MICROSOFT: Mapping[str, Level] = {
    "parameter-defaulted": "risk",
    "property-defaulted": "risk",
    "object-opened": "risk",
    "server-removed": "risk",
    "status-replaced": "risk",
    "xml-changed": "risk",
    "operation-moved": "major",
    "parameter-moved": "major",
    "parameter-style": "risk",
    "parameter-added": "risk",
    "default-changed": "risk",
    "encoding-changed": "risk",
    "credential-moved": "major",
    "token-moved": "risk",
    "security-removed": "major",
    "alternative-added": "risk",
    "scope-added": "risk",
    "paging-added": "risk",
    "answer-filled": "risk",
    "revision-lowered": "major",
}
NAMES: Mapping[str, Level] = {
    "operation-moved": "patch",
    "parameter-moved": "patch",
    "parameter-style": "patch",
    "parameter-defaulted": "minor",
    "property-defaulted": "minor",
    "object-opened": "risk",
    "empty-refused": "patch",
    "encoding-changed": "patch",
    "xml-changed": "patch",
    "header-style": "patch",
    "credential-moved": "risk",
    "token-moved": "risk",
    "server-removed": "risk",
    "status-replaced": "risk",
}
PROFILES: Mapping[str, DiffProfile] = {
    "default": DiffProfile(),
    "names": DiffProfile(NAMES),
    "microsoft": DiffProfile(
        MICROSOFT,
        notice=30,
        versions=False,
        fix="Keep the operation as it is, and add a revision of it: another operation of its family.",
    ),
}
"""The profiles by name."""
