"""The records of the sandbox by collection and id, in SQLite: in memory, or in a file that several processes may share.

Whatever reads and then writes does so inside one ``transaction``, which has the file to itself: a change whose response
was sent is never lost to another one.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from openconnectors.engine.errors import ConnectorError

Record = dict[str, Any]

BUSY = 30.0  # seconds to wait for another process that writes to the file

_TABLES: Mapping[str, str] = {
    # Collections that got their first records: a file whose records were all deleted stays empty.
    "seeded": "create table if not exists seeded (collection text primary key)",
    "records": "create table if not exists records (position integer primary key autoincrement, "
    "collection text not null, id text not null, record text not null, unique (collection, id))",
}
_COLUMNS = {"seeded": ["collection"], "records": ["position", "collection", "id", "record"]}


class StateError(ConnectorError):
    """The file with the records of a sandbox cannot be read or written."""


class Store:
    """Records of collections, in the order of their creation. May be used by several threads and, with one file, by
    several processes. Every method raises ``StateError`` for a file that cannot be used."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = threading.RLock()
        try:
            self._rows = sqlite3.connect(
                str(path) if path else ":memory:", timeout=BUSY, check_same_thread=False, isolation_level=None
            )
        except (sqlite3.Error, ValueError) as error:  # ValueError: a path with a NUL
            raise self._unusable(error) from None
        try:
            with self.transaction():
                self._prepare()
        except StateError:
            self._rows.close()
            raise

    def _prepare(self) -> None:
        """Create the tables; refuse a database of another program."""
        present = [row[0] for row in self._execute("select name from sqlite_master where type = 'table'")]
        foreign = [name for name in present if name not in _TABLES and not name.startswith("sqlite_")]
        for name in _TABLES.keys() & set(present):
            columns = [row[1] for row in self._execute(f"pragma table_info({name})")]
            foreign += [name] if columns != _COLUMNS[name] else []
        if foreign:
            raise StateError(
                f"{self._path} is a database of another program (it has a table {foreign[0]!r}); use another file"
            )
        for statement in _TABLES.values():
            self._execute(statement)

    def _unusable(self, error: Exception) -> StateError:
        return StateError(f"the sandbox cannot keep its records in {self._path or 'memory'}: {error}")

    def _execute(self, statement: str, values: tuple[str, ...] = ()) -> list[Any]:
        """The rows that a statement gives."""
        try:
            return self._rows.execute(statement, values).fetchall()
        except (sqlite3.Error, UnicodeError) as error:  # UnicodeError: an id with half of a surrogate pair
            raise self._unusable(error) from None

    def _record(self, text: str) -> Record:
        try:
            record = json.loads(text)
        except ValueError as error:
            raise self._unusable(error) from None
        if not isinstance(record, dict):
            raise self._unusable(ValueError("a record is not an object"))
        return record

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All statements inside take effect together or, if one raises, not at all. A transaction inside another is
        part of it."""
        with self._lock:
            inside = self._rows.in_transaction
            if inside:
                yield
                return
            # IMMEDIATE takes the right to write before anything is read: two that read first and both want to write
            # then would be a deadlock, which SQLite resolves by failing one (sqlite.org/lang_transaction.html, 2.2).
            self._execute("begin immediate")
            try:
                yield
                self._execute("commit")
            finally:
                if self._rows.in_transaction:  # SQLite rolls back by itself if the disk is full
                    self._execute("rollback")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._rows.close()

    def seed(self, collection: str, records: Callable[[], list[tuple[str, Record]]]) -> None:
        """Put records, as pairs of id and record, into a collection that was never seeded."""
        with self.transaction():
            if not self._execute("select 1 from seeded where collection = ?", (collection,)):
                self._execute("insert into seeded values (?)", (collection,))
                for record_id, record in records():
                    self.put(collection, record_id, record)

    def put(self, collection: str, record_id: str, record: Mapping[str, Any]) -> None:
        """Store a record; it replaces one with its id."""
        with self._lock:
            self._execute(
                "insert into records (collection, id, record) values (?, ?, ?) "
                "on conflict (collection, id) do update set record = excluded.record",
                (collection, record_id, json.dumps(record)),
            )

    def get(self, collection: str, record_id: str) -> Record | None:
        """The record of an id; None if there is none."""
        with self._lock:
            rows = self._execute("select record from records where collection = ? and id = ?", (collection, record_id))
            return self._record(rows[0][0]) if rows else None

    def delete(self, collection: str, record_id: str) -> bool:
        """Delete a record; False if there was none."""
        with self._lock:
            self._execute("delete from records where collection = ? and id = ?", (collection, record_id))
            return bool(self._execute("select changes()")[0][0])

    def all(self, collection: str) -> list[Record]:
        """Every record of a collection, the oldest first."""
        with self._lock:
            rows = self._execute("select record from records where collection = ? order by position", (collection,))
            return [self._record(row[0]) for row in rows]
