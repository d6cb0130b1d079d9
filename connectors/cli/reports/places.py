"""How the systems of a pipeline name the files of findings: relative to the repository, wherever in it a check runs."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from urllib.parse import quote


@cache
def repository(folder: str) -> Path:
    """The folder with ``.git`` that is this one or the nearest above it; the folder itself if there is none."""
    start = Path(folder)
    return next((above for above in (start, *start.parents) if (above / ".git").exists()), start)


def path_of(file: str) -> str:
    """The path of a file in its repository, with slashes; the absolute path of a file outside it."""
    return _path_from(file, os.getcwd())


@cache
def _path_from(file: str, folder: str) -> str:
    path, root = Path(file).resolve(), repository(folder)
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()


def uri_of(file: str) -> str:
    """The URI of a file, encoded (RFC 3986): relative to its repository, or absolute for a file outside it."""
    path = path_of(file)
    return Path(path).as_uri() if Path(path).is_absolute() else quote(path)
