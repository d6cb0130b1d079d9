"""Where services are kept, so that their documents need not be read again."""

from __future__ import annotations

import os
from pathlib import Path

CACHE = "CONNECTORS_CACHE"
"""The variable that names the folder, or is ``off``."""


def cache_folder() -> Path | None:
    """The folder of ``CONNECTORS_CACHE``, or the platform's for the user's caches; None if nothing is to be kept."""
    folder = os.environ.get(CACHE, "")
    if folder.lower() == "off":
        return None
    if folder:
        return Path(folder)
    from platformdirs import user_cache_path  # if there is no such variable

    try:
        return user_cache_path("open-connectors")
    except (OSError, RuntimeError, KeyError):  # a user without a home
        return None
