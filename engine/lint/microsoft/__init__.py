"""What Microsoft asks of a published connector, under the ids of its own rules, as far as a document alone can tell.

Where a rule of ours finds the same, its finding is reported under Microsoft's id (``same``); the rest is looked for in
the modules here.
"""

from __future__ import annotations

from collections.abc import Mapping

from openconnectors.engine.lint.microsoft import dynamic_values as asking
from openconnectors.engine.lint.microsoft import events, operations, schemas
from openconnectors.engine.lint.microsoft.aliases import renamed

__all__ = ["UNDECIDED", "renamed"]

MODULES = (asking, events, operations, schemas)
"""They register their rules."""

UNDECIDED: Mapping[str, str] = {
    "OneOfPropertiesRequired": "only the validating service knows which members are alternatives",
    "ProductionStatusOnBetaService": "only the operator of the service knows whether it is in beta",
}
"""Rules that a document alone cannot break, and why."""
