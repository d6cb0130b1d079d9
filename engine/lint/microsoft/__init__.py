"""The rules by which Microsoft certifies connectors, under its own ids, as far as a document alone can show.

Rule 1. If a rule of ours finds the same problem, there is no second one: ``aliases`` has Microsoft's id for it.

Rule 2. All other rules are rows of ``table``; their functions are in the modules here.
"""

from __future__ import annotations

from collections.abc import Mapping

from openconnectors.engine.lint.microsoft import connector, dynamic_values, events, operations, schemas
from openconnectors.engine.lint.microsoft.aliases import renamed

__all__ = ["MODULES", "UNDECIDED", "renamed"]

MODULES = (connector, dynamic_values, events, operations, schemas)
"""The modules that bind functions to rows."""

UNDECIDED: Mapping[str, str] = {
    "OneOfPropertiesRequired": "only the validating service knows which members are alternatives",
    "ProductionStatusOnBetaService": "only the operator of the service knows whether it is in beta",
}
"""Rules that cannot be checked by a document alone, and why."""
