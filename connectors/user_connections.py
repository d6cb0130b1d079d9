"""The connection of one user in a store of an application: what ``load`` takes as ``connection``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from openconnectors.engine.auth.tokens import Store
from openconnectors.engine.call.connection import held
from openconnectors.engine.errors import ConnectionMissing, ConnectorError
from openconnectors.engine.log import logger
from openconnectors.engine.masking import revealed
from openconnectors.engine.secret import Values

_log = logger("openconnectors")


class Shelf(ABC):
    """Where values are kept, by connector and user."""

    @abstractmethod
    def read(self, connector: str, user: str) -> Mapping[str, str] | None:
        """The values that were written last; None if there are none. Raise ``ConnectionMissing`` if they cannot be
        read."""

    @abstractmethod
    def write(self, connector: str, user: str, values: Mapping[str, str]) -> None:
        """Keep these values in place of all that were there. Raise ``ConnectionMissing`` if they cannot be kept."""

    @abstractmethod
    def remove(self, connector: str, user: str) -> None:
        """Forget the values, if there are any."""

    def locked(self, connector: str, user: str) -> AbstractContextManager[object]:
        """Nobody else renews the user's token meanwhile, in any process that uses the same values; here nobody is kept
        out."""
        return nullcontext()

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("a store of connections is not pickled: open it where it is needed")


class UserConnection:
    """The connection of one user; which connector it is for is known when one is loaded."""

    def __init__(self, shelf: Shelf, user: str) -> None:
        self._shelf = shelf
        self.user = user

    def __repr__(self) -> str:
        return f"<the connection of {self.user!r}>"

    def __reduce__(self) -> Any:
        raise TypeError("the connection of a user is not pickled: take it from its store where it is needed")

    def values(self, connector: str) -> Values:
        """The values for a connector. Raise ``ConnectionMissing`` if the store has none."""
        written = self._shelf.read(connector, self.user)
        if written is None:
            raise ConnectionMissing(f"the store has no connection of {self.user!r} to {connector}; save it there first")
        return held(written)

    def tokens(self, connector: str) -> Store:
        """The store of the tokens of the connection to a connector."""
        return _UserTokens(self._shelf, connector, self.user)


class _UserTokens(Store):
    """The tokens of one user. If one cannot be kept, a warning is logged and the call goes on."""

    def __init__(self, shelf: Shelf, connector: str, user: str) -> None:
        self._shelf, self._connector, self._user = shelf, connector, user

    def locked(self) -> AbstractContextManager[object]:
        return self._shelf.locked(self._connector, self._user)

    def read(self) -> Values:
        try:
            return held(self._shelf.read(self._connector, self._user) or {})
        except ConnectorError:
            return Values()

    def write(self, changed: Values) -> None:
        try:
            before = self._shelf.read(self._connector, self._user) or {}
            self._shelf.write(
                self._connector, self._user, {**before, **{name: revealed(value) for name, value in changed.items()}}
            )
        except ConnectorError as error:
            _log.warning("%s: the renewed token of a user cannot be kept: %s", self._connector, error)
