"""Loggers that do not import ``logging`` before there is something to log.

Whoever wants to see what is below a warning has imported ``logging`` to say so: until then such a record would be
dropped, and importing the module takes as long as a call.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import logging

_DEBUG, _INFO = 10, 20
"""The levels of ``logging``, by their documented numbers."""
_OWN_FRAME = 2
"""The frames between the caller and ``logging``, which shows the place of the caller."""


class Logger:
    """The logger of a name."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._known: logging.Logger | None = None

    def shows_debug(self) -> bool:
        """Return True if somebody sees records of the level DEBUG."""
        return self._shows(_DEBUG)

    def debug(self, message: str, *arguments: object, extra: dict[str, Any] | None = None) -> None:
        """Log for those who look for a fault."""
        if self._shows(_DEBUG):
            self._logger().debug(message, *arguments, extra=extra, stacklevel=_OWN_FRAME)

    def info(self, message: str, *arguments: object, extra: dict[str, Any] | None = None) -> None:
        """Log what goes as it should."""
        if self._shows(_INFO):
            self._logger().info(message, *arguments, extra=extra, stacklevel=_OWN_FRAME)

    def warning(self, message: str, *arguments: object) -> None:
        """Log what somebody should look at."""
        self._logger().warning(message, *arguments, stacklevel=_OWN_FRAME)

    def exception(self, message: str, *arguments: object) -> None:
        """Log an error with the traceback of the exception that is handled."""
        self._logger().exception(message, *arguments, stacklevel=_OWN_FRAME)

    def _shows(self, level: int) -> bool:
        return "logging" in sys.modules and self._logger().isEnabledFor(level)

    def _logger(self) -> logging.Logger:
        if self._known is None:
            import logging  # when there is something to log

            self._known = logging.getLogger(self._name)
        return self._known


def logger(name: str) -> Logger:
    """The logger of a name."""
    return Logger(name)
