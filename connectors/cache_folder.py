"""Where services are kept, so that their documents need not be read again."""

from __future__ import annotations

import os
import sys
from pathlib import Path

CACHE = "CONNECTORS_CACHE"
"""The variable that names the folder, or is ``off``."""
_NAME = "open-connectors"


def cache_folder() -> Path | None:
    """The folder of ``CONNECTORS_CACHE``, or the platform's for the user's caches; None if nothing is to be kept."""
    folder = os.environ.get(CACHE, "")
    if folder.lower() == "off":
        return None
    if folder:
        return Path(folder)
    try:
        if sys.platform == "linux":  # as platformdirs has it, whose import takes as long as reading what is kept
            caches = os.environ.get("XDG_CACHE_HOME", "").strip()
            return Path(caches or "~/.cache").expanduser() / _NAME
        else:
            from platformdirs import user_cache_path

            return user_cache_path(_NAME)
    except (OSError, RuntimeError, KeyError):  # a user without a home
        return None
