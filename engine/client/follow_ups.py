"""Links of a response, ready to be called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from openconnectors.engine.http import Request
from openconnectors.engine.plan.arguments import Argument


class Callable(Protocol):
    """What a follow-up needs of its operation. What an operation for coroutines returns is awaited."""

    __name__: str

    def __call__(self, /, **arguments: Any) -> Any: ...
    def request(self, /, **arguments: Any) -> Request: ...
    def response(self, /, **arguments: Any) -> Any: ...
    def argument(self, name: str) -> Argument: ...


class FollowUp:
    """An operation that a response leads to, with the arguments that the response gives it: ``operation`` and
    ``arguments``, by wire name. Calling it sends the request; further arguments are added, or take the place of
    these."""

    def __init__(self, operation: Callable, arguments: Mapping[str, Any], description: str, shown: str) -> None:
        self.operation = operation
        self.arguments = dict(arguments)
        self.description = description
        self._shown = shown

    def __repr__(self) -> str:
        return f"<link to {self.operation.__name__}({self._shown})>"

    def __call__(self, /, **arguments: Any) -> Any:
        """The value of the response, as that of the operation."""
        return self.operation(**self._with(arguments))

    def request(self, /, **arguments: Any) -> Request:
        """The exact request, without its credentials; nothing is sent."""
        return self.operation.request(**self._with(arguments))

    def response(self, /, **arguments: Any) -> Any:
        """The whole response: value, status, headers, fields, deviations."""
        return self.operation.response(**self._with(arguments))

    def _with(self, further: Mapping[str, Any]) -> dict[str, Any]:
        names = {spelling for name in further for spelling in self._spellings(name)}
        return {**{name: value for name, value in self.arguments.items() if name not in names}, **further}

    def _spellings(self, name: str) -> set[str]:
        """A name and, if the operation has such an argument, its two spellings."""
        try:
            argument = self.operation.argument(name)
        except LookupError:
            return {name}
        return {name, argument.name, argument.wire}
