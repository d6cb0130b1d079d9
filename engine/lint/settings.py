"""What to check a document for, and how severe findings are."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from msgspec import Struct

from openconnectors.engine.deferred import module
from openconnectors.engine.errors import UnknownName
from openconnectors.engine.lint.rules import Rule, Severity
from openconnectors.engine.lint.table import RULES

if TYPE_CHECKING:
    from openconnectors.engine.lint.rulesets import ruleset
    from openconnectors.engine.lint.rulesets.ruleset import RuleSet
else:
    ruleset = module("openconnectors.engine.lint.rulesets.ruleset")

PROFILES = {"default": ("default",), "microsoft": ("default", "microsoft")}
"""The profiles that can be chosen, and of which profiles each has the rules."""


class Settings(Struct, frozen=True):
    """``select`` and ``ignore`` are ids of rules, or patterns of them (``path-*``); ``severity`` gives rules another
    severity; ``least`` is the lowest severity to report; ``rulesets`` are rules of the project. Raises ``UnknownName``
    for a profile or rule that is not known."""

    profile: str = "default"
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: tuple[tuple[str, Severity], ...] = ()
    least: Severity = "info"
    rulesets: tuple[RuleSet, ...] = ()

    def __post_init__(self) -> None:
        if self.profile not in PROFILES:
            raise UnknownName("profile", self.profile, PROFILES)
        known = self.rules
        for pattern in (*self.select, *self.ignore, *(pattern for pattern, _ in self.severity)):
            if not any(fnmatchcase(rule, pattern) for rule in known):
                raise UnknownName("rule", pattern, known)

    @property
    def rules(self) -> Mapping[str, Rule]:
        """The rows of all rules by their ids: of the tables, and of rule sets."""
        if not self.rulesets:
            return RULES
        return {**RULES, **{rule.id: ruleset.row_of(rule) for rules in self.rulesets for rule in rules.rules}}

    def wants(self, rule: str) -> bool:
        """Return True if findings of a rule are reported."""
        if not self.select and not self.ignore:
            return True
        selected = not self.select or any(fnmatchcase(rule, pattern) for pattern in self.select)
        return selected and not self.ignores(rule)

    def ignores(self, rule: str) -> bool:
        """Return True if a rule is ignored, selected or not."""
        return any(fnmatchcase(rule, pattern) for pattern in self.ignore)

    def severity_of(self, rule: str, default: Severity) -> Severity:
        """The severity of a rule's findings."""
        return next((severity for pattern, severity in self.severity if fnmatchcase(rule, pattern)), default)
