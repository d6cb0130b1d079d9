"""What changed between two versions of a document for those who call it: breaking or not, and which version that needs.

Rule 1. What is compared are the services that two documents describe, of whatever version of the specifications each
is: what is only written otherwise is no change. Operations are matched by their names, else by method and path.

Rule 2. Whether a change breaks callers depends on the direction: a request may only become wider, a response only
narrower. Each change is a row of ``changes.CHANGES``.

Rule 3. Where order does not decide it, a value does: one that a side accepts and the other refuses (``witnesses``).

Theory of operation. ``Side`` has a service and its schemas as simply as they can be said. ``operations``, ``security``
and ``connector`` walk both sides and record what differs in ``Changes``, which places it and raises the version that is
called for. ``schemas`` compares what is sent and received.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from msgspec import Struct, field

from openconnectors.engine.diff.changes import BUMPS, CHANGES, Bump, Changes
from openconnectors.engine.diff.connector import compare_connectors
from openconnectors.engine.diff.operations import compare_operations
from openconnectors.engine.diff.profiles import PROFILES
from openconnectors.engine.diff.sides import Side
from openconnectors.engine.documents.document import Document
from openconnectors.engine.errors import Diagnostic, UnknownName
from openconnectors.engine.lint.table import RULES

__all__ = ["BUMPS", "CHANGES", "PROFILES", "Bump", "Comparison", "compare"]


class Comparison(Struct):
    """What changed: findings at their place in the new document, with the place in the old one as ``related``."""

    findings: list[Diagnostic] = field(default_factory=list)
    bump: Bump = "none"
    """The version that the changes call for (semver.org)."""
    declared: Bump = "none"
    """How the version numbers of the two documents differ."""
    versions: tuple[str, str] = ("", "")
    versioned: bool = True
    """Whether a higher version number allows changes that break callers."""

    @property
    def behind(self) -> bool:
        """Whether the version number says less than what changed."""
        return BUMPS.index(self.declared) < BUMPS.index(self.bump)


def compare(
    old: Document,
    new: Document,
    old_properties: Document | None = None,
    new_properties: Document | None = None,
    *,
    profile: str = "default",
    notice: int | None = None,
    today: date | None = None,
) -> Comparison:
    """The changes from the old to the new document, and of the properties beside them, as a profile of ``PROFILES``
    grades them. ``notice`` is how many days before its sunset something has to be deprecated (that of the profile by
    default); ``today`` is the date that sunsets are compared with.

    Raises ``InvalidDocument`` for a document that cannot be read as a service, ``UnknownName`` for a profile that there
    is not.
    """
    if profile not in PROFILES:
        raise UnknownName("profile", profile, PROFILES)
    for document in (old, new):
        if not isinstance(document.root, Mapping):
            raise document.refuse("dialect", "a document is a mapping with swagger or openapi in it", "")
    before, after = Side(old, old_properties), Side(new, new_properties)
    changes = Changes(before, after, PROFILES[profile], notice, today)
    compare_operations(changes)
    compare_connectors(changes)
    versions = (before.service.version, after.service.version)
    # Before 1.0.0 anything may change (semver.org, item 4).
    bump = "minor" if changes.bump == "major" and versions[0].startswith("0.") else changes.bump
    comparison = Comparison(changes.findings, bump, _declared(*versions), versions, PROFILES[profile].versions)
    if comparison.versioned and comparison.behind and bump != "patch":
        numbers = f"{versions[0] or '?'} to {versions[1] or '?'}"
        message = f"the changes call for a {bump} version; the version goes from {numbers}"
        row = RULES["version-behind"]
        comparison.findings.append(
            Diagnostic(
                row.id, row.severity, message, *new.location("/info/version"), "/info/version", "Raise the version."
            )
        )
    comparison.findings.sort(key=lambda finding: (finding.file, finding.line, finding.column, finding.rule))
    return comparison


def _declared(old: str, new: str) -> Bump:
    """The first number in which two versions differ; ``none`` if the version did not rise."""
    first, second = ([int(number) for number in re.findall(r"\d+", version)[:3]] for version in (old, new))
    first, second = first + [0] * (3 - len(first)), second + [0] * (3 - len(second))
    if second <= first:
        return "none"
    changed = next(index for index, (a, b) in enumerate(zip(first, second, strict=True)) if a != b)
    return ("major", "minor", "patch")[changed]
