"""A ledger: a file of SQLite in which each row is written down before it is sent, and again when its outcome is known.

Several threads and processes may use one; each claims a row before it sends it. A row that was claimed by somebody who
was killed counts as one that may have been carried out.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from openconnectors.engine.bulk.outcomes import State
from openconnectors.engine.errors import ConnectorError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS rows (
  key TEXT PRIMARY KEY, state TEXT NOT NULL, value BLOB NOT NULL DEFAULT 'null', reason TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID
"""
_CLAIMED = "claimed"
_BUSY_SECONDS = 60.0


class LedgerError(ConnectorError):
    """A ledger cannot be read or written: nothing is sent without it."""


class Entry(msgspec.Struct, frozen=True):
    """What is written down of a row."""

    state: State
    value: Any = None
    reason: str = ""


class Ledger:
    """The ledger in a file, which is made if it is missing. It can be pickled: another process opens the same file."""

    def __init__(self, path: str | Path) -> None:
        self.path = str(path)
        self._open = threading.local()
        with self._transaction() as database:
            database.execute(_SCHEMA)

    def __reduce__(self) -> Any:
        return Ledger, (self.path,)

    def __repr__(self) -> str:
        return f"Ledger({self.path!r})"

    def known(self, key: str, *, repeatable: bool) -> Entry | None:
        """What is known of a row that must not be sent: its outcome, or that it may have been carried out. Else None.
        ``repeatable``: its request may be sent again whatever came of it."""
        with self._transaction() as database:
            return _known(database, key, repeatable)

    def claim(self, key: str, *, repeatable: bool) -> Entry | None:
        """Claim a row, to send it now; return what is known if it must not be sent."""
        with self._transaction() as database:
            entry = _known(database, key, repeatable)
            if entry is None:
                database.execute("INSERT OR REPLACE INTO rows (key, state) VALUES (?, ?)", (key, _CLAIMED))
            return entry

    def write(self, key: str, state: State, value: Any, reason: str) -> None:
        """Write down what came of a row. A value that JSON cannot hold is written as text."""
        data = msgspec.json.encode(value, enc_hook=str)
        with self._transaction() as database:
            database.execute("INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?)", (key, state, data, reason))

    def counts(self) -> dict[str, int]:
        """How many rows there are in each state; ``claimed`` are those on their way, or of a run that was killed."""
        with self._transaction() as database:
            return dict(database.execute("SELECT state, count(*) FROM rows GROUP BY state ORDER BY state"))

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            database = getattr(self._open, "database", None)
            if database is None:
                database = sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None)
                # A process that is killed loses nothing in this mode, and a commit does not wait for the disk.
                database.execute("PRAGMA journal_mode=WAL")
                database.execute("PRAGMA synchronous=NORMAL")
                self._open.database = database
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
            except BaseException:
                database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")
        except sqlite3.Error as error:
            raise LedgerError(f"the ledger {self.path} cannot be used: {error}") from None


def _known(database: sqlite3.Connection, key: str, repeatable: bool) -> Entry | None:
    written = database.execute("SELECT state, value, reason FROM rows WHERE key = ?", (key,)).fetchone()
    state: Any = written[0] if written else "unsent"
    if state in ("done", "refused"):
        return Entry(state, msgspec.json.decode(written[1]), written[2])
    if state in (_CLAIMED, "unknown") and not repeatable:
        return Entry("unknown", None, written[2] or "it was being sent when the run ended")
    return None
