"""Rules of people's own in YAML, and Spectral's rule sets: read, and made rows and functions of the linter.

``reader`` reads a file, rule by rule as ``definitions`` says, into a ``RuleSet``, which is data; ``ruleset`` makes
rules of that. ``queries`` and ``expressions`` are the JSONPath that such rules ask with, ``functions`` what they judge
by, ``spectral`` what Spectral's own rules are here.
"""

from __future__ import annotations

from openconnectors.engine.lint.rulesets.reader import read
from openconnectors.engine.lint.rulesets.ruleset import RuleSet, graded, table

__all__ = ["RuleSet", "graded", "read", "table"]
