"""The rules by which Microsoft certifies connectors, under its own ids, as far as a document alone can show.

Rule 1. If a rule of ours finds the same problem, there is no second one: ``aliases`` has Microsoft's id for it.

Rule 2. All other rules are rows of ``table``; their functions are in the modules here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from openconnectors.engine.deferred import module
from openconnectors.engine.lint.microsoft import (
    connector,
    dynamic_values,
    events,
    files,
    members,
    operations,
    placeholders,
    readme,
    schemas,
    supported,
    texts,
)
from openconnectors.engine.lint.microsoft.aliases import renamed
from openconnectors.engine.lint.rules import Context, Finding

if TYPE_CHECKING:
    import shlex
else:
    shlex = module("shlex")

__all__ = ["MODULES", "REFUSED", "UNDECIDED", "refusal", "renamed"]

MODULES = (
    connector,
    dynamic_values,
    events,
    files,
    members,
    operations,
    placeholders,
    readme,
    schemas,
    supported,
    texts,
)
"""The modules that bind functions to rows."""

UNDECIDED: Mapping[str, str] = {
    "OneOfPropertiesRequired": "only the validating service knows which members are alternatives",
    "ProductionStatusOnBetaService": "only the operator of the service knows whether it is in beta",
}
"""Rules that cannot be checked by a document alone, and why."""

REFUSED = "SpecificationVersionIncorrect"
"""The rule under which a document of another version is refused."""


def refusal(context: Context) -> Finding | None:
    """Why a document cannot be a definition at all, with the command that converts it; None for Swagger 2.0, and for
    what says no version."""
    version = context.document.root.get("openapi")
    if context.tree.swagger2 or version is None:
        return None
    command = f"connectors convert {shlex.quote(context.document.file)} --to 2.0 --output apiDefinition.swagger.json"
    message = f"Microsoft takes definitions in Swagger 2.0, and this is OpenAPI {version}; convert it: {command}"
    return Finding("/openapi", message)
