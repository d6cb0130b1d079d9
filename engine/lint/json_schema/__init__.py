"""Rules for schemas by the keywords of JSON Schema, in every version of the specifications.

Rule 1. The rows of a module are beside its functions.

Rule 2. A schema that no value is valid against, and a name that does not resolve, are errors; a keyword that changes
nothing is a warning. Where it cannot be decided without trying values, nothing is reported.
"""

from __future__ import annotations

from openconnectors.engine.lint.json_schema import (
    branches,
    conjunctions,
    contents,
    drafts,
    effects,
    identifiers,
    limits,
    objects,
)

__all__ = ["MODULES"]

MODULES = (branches, conjunctions, contents, drafts, effects, identifiers, limits, objects)
"""The modules that bind functions to rows."""
