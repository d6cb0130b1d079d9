"""The settings of a project: a table of a file that is the nearest, in a folder or above it.

The file is ``.connectors.toml``, or ``pyproject.toml`` with ``[tool.connectors]``; of two in one folder the first. The
settings are ``profile``, ``select``, ``ignore``, ``fail-on``, ``severity`` (a table of rule to severity),
``per-file-ignores`` (a table of glob to rules), ``exclude`` (patterns of files and folders, as in ``.gitignore``, that
are not looked for), ``baseline`` (a file), ``root`` (the folder below which files that documents refer to are read),
``lock`` (the file of ``connectors lock``).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from openconnectors import rule_packages
from openconnectors.engine.errors import ConnectorError, Diagnostic, UnknownName
from openconnectors.engine.lint import SEVERITIES, Settings, rulesets
from openconnectors.folders import SETTINGS

_KEYS = (
    *("profile", "select", "ignore", "fail-on", "severity", "per-file-ignores", "exclude", "rules"),
    *("baseline", "root", "lock"),
)


class Project(Struct, frozen=True):
    """The configuration of a project."""

    settings: Settings = field(default_factory=Settings)
    fail_on: str = "error"
    per_file: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    exclude: tuple[str, ...] = ()
    """Patterns of what is not looked for in folders, relative to ``root``."""
    baseline: Path | None = None
    root: Path = field(default_factory=Path.cwd)
    documents: Path | None = None
    """The folder below which files that documents refer to are read; None: that of each document."""


def project(folder: Path) -> Project:
    """The configuration in the nearest file of settings, in a folder or above it.

    Raise ``ConnectorError`` if it cannot be read or has unknown settings, or if rules of a package or of a file cannot
    be read.
    """
    rule_packages.register()
    for parent in (folder, *folder.parents):
        for name, path in SETTINGS.items():
            file = parent / name
            if file.is_file():
                table = _table(file, path)
                if table is not None:
                    return _project(table, file, f"[{'.'.join(path)}] in {file}" if path else str(file))
    return Project()


def _table(file: Path, path: tuple[str, ...]) -> object:
    """The table at a path in a file; None if there is none."""
    try:
        table: object = tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConnectorError(f"{file} cannot be read: {error}") from None
    for name in path:
        table = table.get(name) if isinstance(table, dict) else None
    return table


def _project(table: object, file: Path, where: str) -> Project:
    if not isinstance(table, dict):
        raise ConnectorError(f"{where} must be a table")
    for name in table:
        if name == "tool" and where == str(file):
            raise ConnectorError(f"{where}: settings stand at the top of this file, without [tool.connectors]")
        if name not in _KEYS:
            raise UnknownName(f"setting of {where}", name, _KEYS)
    severities = table.get("severity", {})
    if not isinstance(severities, dict) or not all(severity in SEVERITIES for severity in severities.values()):
        raise ConnectorError(f"{file}: severity must be a table of rule to {', '.join(SEVERITIES)}")
    per_file = table.get("per-file-ignores", {})
    if not isinstance(per_file, dict):
        raise ConnectorError(f"{file}: per-file-ignores must be a table of glob to a list of rules")
    settings = Settings(
        profile=_text(table, "profile", file) or "default",
        select=_listed(table, "select", file),
        ignore=_listed(table, "ignore", file),
        severity=tuple(severities.items()),
        rulesets=tuple(rulesets.read(file.parent / name) for name in _listed(table, "rules", file, "files of rules")),
    )
    baseline, root = _text(table, "baseline", file), _text(table, "root", file)
    return Project(
        settings,
        level(_text(table, "fail-on", file) or "error"),
        {pattern: _listed(per_file, pattern, file) for pattern in per_file},
        _listed(table, "exclude", file, "patterns of files and folders"),
        file.parent / baseline if baseline else None,
        file.parent,
        file.parent / root if root else None,
    )


def _text(table: Mapping[str, Any], key: str, file: Path) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise ConnectorError(f"{file}: {key} must be text in quotes")
    return value


def _listed(table: Mapping[str, Any], key: str, file: Path, what: str = "rules") -> tuple[str, ...]:
    items = table.get(key, [])
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise ConnectorError(f"{file}: {key} must be a list of {what}")
    return tuple(items)


def level(name: str) -> str:
    """The name itself, if it is a severity or ``never``; raise ``UnknownName`` for another word."""
    if name not in (*SEVERITIES, "never"):
        raise UnknownName("severity", name, (*SEVERITIES, "never"))
    return name


def at_least(finding: Diagnostic, lowest: str) -> bool:
    """Whether a finding has this severity or a higher one; False for ``never``."""
    return lowest != "never" and SEVERITIES.index(finding.severity) <= SEVERITIES.index(lowest)
