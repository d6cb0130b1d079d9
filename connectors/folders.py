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

_LINUX = {"cache": ("XDG_CACHE_HOME", "~/.cache"), "data": ("XDG_DATA_HOME", "~/.local/share"),
          "config": ("XDG_CONFIG_HOME", "~/.config")}  # fmt: skip
"""The variables and defaults of the XDG Base Directory Specification, by kind of folder."""


def added_folder() -> Path:
    """The folder of the connectors that were added."""
    folder = os.environ.get(CONFIG)
    return (Path(folder) if folder else _platform("data", "open-connectors")) / "connectors"


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
