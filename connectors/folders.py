"""The folders of the user: connectors that were added, saved connections, services that are kept."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

CACHE = "CONNECTORS_CACHE"
"""The variable that names the folder of what is kept, or is ``off``."""
CONFIG = "CONNECTORS_CONFIG"
"""The variable that names the folder of added connectors and saved connections."""
LOCK = "connectors.lock"
"""The file that says which connectors a project uses, as they were when it was written."""
LOCKED = "CONNECTORS_LOCK"
"""The variable that names another such file, or is ``off``."""
SETTINGS: Mapping[str, tuple[str, ...]] = {".connectors.toml": (), "pyproject.toml": ("tool", "connectors")}
"""The files with settings of a project, and the names of the tables that lead to them there."""

_LINUX = {"cache": ("XDG_CACHE_HOME", "~/.cache"), "data": ("XDG_DATA_HOME", "~/.local/share"),
          "config": ("XDG_CONFIG_HOME", "~/.config")}  # fmt: skip
"""The variables and defaults of the XDG Base Directory Specification, by kind of folder."""


def added_folder() -> Path:
    """The folder of the connectors that were added."""
    folder = os.environ.get(CONFIG)
    return (Path(folder) if folder else _platform("data", "open-connectors")) / "connectors"


def sources_folder() -> Path:
    """The folder of what is remembered of these: where each came from, and what came."""
    return added_folder().with_name("sources")


def config_folder() -> Path:
    """The folder of saved connections."""
    folder = os.environ.get(CONFIG)
    return Path(folder) if folder else _platform("config", "connectors")


def cache_folder() -> Path | None:
    """The folder in which services are kept; None if none is to be kept."""
    folder = os.environ.get(CACHE, "")
    if folder.lower() == "off":
        return None
    try:
        return Path(folder) if folder else _platform("cache", "open-connectors")
    except (OSError, RuntimeError, KeyError):  # a user without a home
        return None


def lock_file() -> Path | None:
    """The lock of the project that the current folder is in: what the environment names, else the nearest in the folder
    or above it, under its name or that in the settings of the project; None if there is none. It need not exist if it
    is named."""
    named = os.environ.get(LOCKED, "")
    if named:
        return None if named.lower() == "off" else Path(named)
    try:
        folder = os.getcwd()
    except OSError:  # the folder was deleted
        return None
    while True:
        if os.path.isfile(path := os.path.join(folder, LOCK)):
            return Path(path)
        for name, tables in SETTINGS.items():
            configured = _configured(os.path.join(folder, name), tables)
            if configured is not None:
                return Path(folder, configured)
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above


def _configured(file: str, tables: tuple[str, ...]) -> str | None:
    """The name of the lock in a file of settings; None for one without it, and for one that is not there."""
    try:
        with open(file, "rb") as stream:
            data = stream.read()
    except OSError:
        return None
    if b"lock" not in data or ".".join(tables).encode() not in data:
        return None  # without reading TOML, whose reader takes longer to import than all of this
    import tomllib

    try:
        value: object = tomllib.loads(data.decode("utf-8"))
    except ValueError:
        return None
    for name in (*tables, "lock"):
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) else None


def _platform(kind: Literal["cache", "config", "data"], name: str) -> Path:
    """The user's folder of a kind on this platform, for a program of a name."""
    if sys.platform == "linux":  # as platformdirs has it, whose import takes as long as reading what is kept
        variable, default = _LINUX[kind]
        return Path(os.environ.get(variable, "").strip() or os.path.expanduser(default)) / name
    else:
        from platformdirs import PlatformDirs

        folders = PlatformDirs(name)
        return {"cache": folders.user_cache_path, "config": folders.user_config_path, "data": folders.user_data_path}[
            kind
        ]
