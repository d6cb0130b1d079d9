"""Modules that are imported, and patterns that are compiled, when they are first used: a start costs what it needs.

A module of ours that most calls do without is named twice where it is used: in an import that type checkers follow,
and here::

    if TYPE_CHECKING:
        from openconnectors.engine.call import paging
    else:
        paging = module("openconnectors.engine.call.paging")

Nothing else changes: ``paging.pages(…)`` imports the module and calls the function. Modules of the standard library
may be named so, too; those of others are imported inside the function that needs them.
"""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any, AnyStr, cast


class _Deferred:
    """Stands for a module, whose attributes are its own once they are asked for."""

    def __init__(self, name: str) -> None:
        self.__name__ = name
        self._module: Any = None

    def __getattr__(self, name: str) -> Any:
        if self._module is None:
            self._module = import_module(self.__name__)
        return getattr(self._module, name)

    def __repr__(self) -> str:
        return f"<module {self.__name__}, imported when it is used>"


def module(name: str) -> Any:
    """What stands for the module of a name, and imports it when an attribute of it is asked for."""
    return _Deferred(name)


class _Pattern:
    """Stands for a pattern. Its methods are those of the compiled one from their first use on."""

    def __init__(self, text: Any, flags: int) -> None:
        self._text = text
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        value = getattr(re.compile(self._text, self._flags), name)
        setattr(self, name, value)
        return value

    def __repr__(self) -> str:
        return f"<pattern {self._text!r}, compiled when it is used>"


def pattern(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """What stands for a pattern of a module, and compiles it when a method of it is asked for."""
    return cast("re.Pattern[AnyStr]", _Pattern(text, flags))
