"""The folders of the user: connectors that were added, saved connections, services that are kept."""

from __future__ import annotations

import os
import sys
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
    or above it, under its name or that in ``[tool.connectors]``; None if there is none. It need not exist if it is
    named."""
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
        configured = _configured(os.path.join(folder, "pyproject.toml"))
        if configured is not None:
            return Path(folder, configured)
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above


def _configured(file: str) -> str | None:
    """The name of the lock in a ``pyproject.toml``; None for one without it, and for one that is not there."""
    try:
        with open(file, "rb") as stream:
            data = stream.read()
    except OSError:
        return None
    if b"tool.connectors" not in data or b"lock" not in data:
        return None  # without reading TOML, whose reader takes longer to import than all of this
    import tomllib

    try:
        value = tomllib.loads(data.decode("utf-8")).get("tool", {}).get("connectors", {}).get("lock")
    except (ValueError, AttributeError):
        return None
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
