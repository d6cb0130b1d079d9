"""Rules of installed packages: entry points of the group ``openconnectors.rules``, each a table ``Rules``.

Whatever is installed is active, like plug-ins of pytest; settings ignore rules by their ids. A package whose rules
cannot be added is an error that names it: a check that is silently left out would pass.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.lint import PROFILES, RULES
from openconnectors.engine.lint.rules import Rules
from openconnectors.registry import entry_points

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "openconnectors.rules"


@cache
def register() -> None:
    """Add the rules of all installed packages to the linter's, once. ``ConnectorError`` for a package whose rules
    cannot be added."""
    for point in entry_points(GROUP) if is_declared() else ():
        RULES.include(_rules(point))


def is_declared() -> bool:
    """Whether a package may declare the group. Its name is looked for in the files of the packages, as the library that
    reads them takes half as long to import as a small document takes to check."""
    group = GROUP.encode()
    for place in map(os.path.abspath, sys.path):
        if os.path.isfile(place):
            return True  # an archive: the library reads it
        with suppress(OSError):
            for name in os.listdir(place):
                if name.endswith((".dist-info", ".egg-info", ".egg")) and _declares(os.path.join(place, name), group):
                    return True
    return False


def _declares(package: str, group: bytes) -> bool:
    if package.endswith(".egg"):
        package = os.path.join(package, "EGG-INFO")
    try:
        with open(os.path.join(package, "entry_points.txt"), "rb") as file:
            return group in file.read()
    except OSError:
        return False


def _rules(point: EntryPoint) -> Rules:
    """The table that an entry point names."""
    package = point.dist.name if point.dist is not None else point.name
    blame = f"the rules of the package {package} ({point.value}) cannot be used"
    try:
        rules = point.load()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the code of a package may raise anything
        raise ConnectorError(f"{blame}: {type(error).__name__}: {error}") from None
    if not isinstance(rules, Rules):
        raise ConnectorError(f"{blame}: it is a {type(rules).__name__}; name a table, openconnectors.rules.Rules")
    for row in rules.values():
        if row.profile not in PROFILES:
            raise ConnectorError(f"{blame}: {row.id!r} has the unknown profile {row.profile!r}")
        if row.id in RULES:
            raise ConnectorError(f"{blame}: there is already a rule {row.id!r}; choose another id")
    try:
        rules.complete()
    except ValueError as error:
        raise ConnectorError(f"{blame}: {error}") from None
    return rules
