"""Applications of WSGI and ASGI that are named on the command line, or given to a test: called in this process."""

from __future__ import annotations

import os
import sys
from importlib import import_module, invalidate_caches
from typing import Any

from openconnectors.engine.errors import UnknownName
from openconnectors.engine.transports.applications import kind_of

BASE = "http://localhost"
"""The URL of an application that listens nowhere."""


def application_named(text: str) -> Any:
    """The application of ``package.module:name``; ``name`` may be dotted, or a function that makes the application.
    Modules of the working directory are there. ``ValueError`` for anything else."""
    place, colon, name = text.partition(":")
    if not place or not colon or not name:
        raise ValueError(f"{text!r} is not MODULE:NAME, such as package.module:app")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    invalidate_caches()
    try:
        value: Any = import_module(place)
    except ModuleNotFoundError as error:
        raise ValueError(f"there is no module {error.name!r}, which {text} needs") from error
    except Exception as error:  # a module raises what it likes
        raise ValueError(f"{place} cannot be imported: {type(error).__name__}: {error}") from error
    for part in name.removesuffix("()").split("."):
        try:
            value = getattr(value, part)
        except AttributeError:
            known = [attribute for attribute in dir(value) if not attribute.startswith("_")]
            raise ValueError(str(UnknownName("application", part, known))) from None
    if not kind_of(value):
        raise ValueError(f"{text} is a {type(value).__name__}, not an application of WSGI or ASGI")
    return value
