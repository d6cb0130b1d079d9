"""Stores of connections: an application keeps those of its users, and loads a connector with the one of a user.

::

    store = SQLiteConnections("connections.db", key)
    store.save("name", "user-17", {"account_id": "…", "access_token": "…"})
    connector = load("name", connection=store["user-17"])

Rule 1. A connection is bound to the place that it was saved for, as saved connections are: it is not used for another.

Rule 2. What is renewed (tokens of OAuth) is written back under a lock that all processes with the store share.

Rule 3. Values are encrypted where they lie, with the connector and the user that they are for: a row that somebody
copies to another user is refused.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from openconnectors import registry
from openconnectors.connection_file import BOUND
from openconnectors.connections import place_of
from openconnectors.engine.call.connection import held
from openconnectors.engine.errors import ConnectionMissing
from openconnectors.engine.masking import revealed, sealed
from openconnectors.loading import account_of
from openconnectors.locks import locked
from openconnectors.user_connections import Shelf, UserConnection

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet


class ConnectionStore(Shelf):
    """Where an application keeps the connections of its users: ``load(name, connection=store["user-17"])``.

    A store of its own is a subclass that can ``read``, ``write`` and ``remove`` the values of one connection, and that
    can be ``locked`` if several processes use it."""

    def __getitem__(self, user: str) -> UserConnection:
        """The connection of a user, for ``load(…, connection=…)``."""
        return UserConnection(self, user)

    def save(
        self,
        connector: str,
        user: str,
        values: Mapping[str, Any],
        *,
        base_url: str | None = None,
        server: str | None = None,
    ) -> None:
        """Keep the connection of a user to a connector that is found by name, for the place that the connector is
        loaded for with this ``base_url`` or ``server``.

        Raise ``ConnectionMissing`` for values that are missing or unknown, and ``UnknownName`` for an unknown name.
        """
        secrets = held(values)
        del values
        with sealed():
            service, account = account_of(registry.find(connector), secrets, base_url, server)
            place = place_of(service, account)
            self.write(connector, user, {**{name: revealed(value) for name, value in secrets.items()}, BOUND: place})


_TABLE = """
CREATE TABLE IF NOT EXISTS connections (
  connector TEXT NOT NULL, user TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (connector, user)
) WITHOUT ROWID
"""
_LOCKS = 256
"""Files that users share for locks."""


class _Row(msgspec.Struct):
    """What is encrypted."""

    connector: str
    user: str
    values: dict[str, str]


class SQLiteConnections(ConnectionStore):
    """Connections in a file of SQLite, encrypted with Fernet (AES-128-CBC with HMAC-SHA256). ``key`` is one that
    ``new_key`` has made; of several the first encrypts, and all decrypt, so that a key can be replaced.

    The file is readable by its owner alone. Several threads and processes may use it.
    """

    def __init__(self, path: str | Path, key: str | Sequence[str]) -> None:
        from cryptography.fernet import Fernet, MultiFernet

        keys = [key] if isinstance(key, str) else list(key)
        del key
        self.path = Path(path)
        cipher: MultiFernet | None = None
        with suppress(ValueError):  # which has the key among its variables
            cipher = MultiFernet([Fernet(each) for each in keys])
        if cipher is None:
            raise ConnectionMissing("the key of a store is not one that SQLiteConnections.new_key() makes")
        self._cipher = cipher
        with self._database() as database:
            database.execute(_TABLE)

    def __repr__(self) -> str:
        return f"<connections in {self.path}>"

    @staticmethod
    def new_key() -> str:
        """A new key, as text. Keep it apart from the file: in a secret manager, a variable of the environment."""
        from cryptography.fernet import Fernet

        return Fernet.generate_key().decode()

    def read(self, connector: str, user: str) -> Mapping[str, str] | None:
        """The values of a user; None if there are none. Raise ``ConnectionMissing`` if no key opens them."""
        with self._database() as database:
            row = database.execute(
                "SELECT data FROM connections WHERE connector = ? AND user = ?", (connector, user)
            ).fetchone()
        return None if row is None else self._opened(row[0], connector, user)

    def write(self, connector: str, user: str, values: Mapping[str, str]) -> None:
        """Keep values in place of all that were there."""
        data = self._cipher.encrypt(msgspec.json.encode(_Row(connector, user, dict(values))))
        del values
        with self._database() as database:
            database.execute("INSERT OR REPLACE INTO connections VALUES (?, ?, ?)", (connector, user, data))

    def remove(self, connector: str, user: str) -> None:
        """Forget the values of a user."""
        with self._database() as database:
            database.execute("DELETE FROM connections WHERE connector = ? AND user = ?", (connector, user))

    def users(self, connector: str) -> list[str]:
        """The users that have a connection to a connector, sorted."""
        with self._database() as database:
            rows = database.execute("SELECT user FROM connections WHERE connector = ? ORDER BY user", (connector,))
            return [user for (user,) in rows]

    def locked(self, connector: str, user: str) -> AbstractContextManager[object]:
        """Nobody else renews the user's token meanwhile."""
        number = int.from_bytes(sha256(f"{connector}\0{user}".encode()).digest()[:4]) % _LOCKS
        return locked(self.path.with_name(f".{self.path.name}.{number}.lock"))

    def _opened(self, data: bytes, connector: str, user: str) -> dict[str, str]:
        from cryptography.fernet import InvalidToken

        row: _Row | None = None
        with suppress(InvalidToken, ValueError):
            row = msgspec.json.decode(self._cipher.decrypt(data), type=_Row)
        if row is None:
            raise ConnectionMissing(
                f"{self.path}: the connection of {user!r} to {connector} cannot be opened with this key"
            )
        if (row.connector, row.user) != (connector, user):
            raise ConnectionMissing(
                f"{self.path}: the connection of {user!r} to {connector} was saved for another user or connector; "
                "it was not used"
            )
        return row.values

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        """The database, in a transaction."""
        reason = ""
        try:
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
            with closing(sqlite3.connect(self.path, timeout=30.0)) as database, database:
                yield database
        except (OSError, sqlite3.Error) as error:
            reason = str(error)
        if reason:
            raise ConnectionMissing(f"{self.path} cannot be used as a store of connections: {reason}")
