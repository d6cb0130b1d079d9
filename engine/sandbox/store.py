"""What the sandbox remembers: records by collection and id, in SQLite, in memory or in a file."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Record = dict[str, Any]


class Store:
    """Records of collections, in the order in which they came. Safe to use from several threads."""

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.RLock()
        self._rows = sqlite3.connect(str(path) if path else ":memory:", check_same_thread=False, isolation_level=None)
        self._rows.execute("create table if not exists seeded (collection text primary key)")
        self._rows.execute(
            "create table if not exists records (position integer primary key autoincrement, "
            "collection text not null, id text not null, record text not null, unique (collection, id))"
        )

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._rows.close()

    def seed(self, collection: str, make: Callable[[], list[tuple[str, Record]]]) -> None:
        """Puts first records into a collection that never had any."""
        with self._lock:
            known = self._rows.execute("select 1 from seeded where collection = ?", (collection,)).fetchone()
            if known is None:
                self._rows.execute("insert into seeded values (?)", (collection,))
                for record_id, record in make():
                    self.put(collection, record_id, record)

    def put(self, collection: str, record_id: str, record: Mapping[str, Any]) -> None:
        """Stores a record, in place of one with its id."""
        with self._lock:
            self._rows.execute(
                "insert into records (collection, id, record) values (?, ?, ?) "
                "on conflict (collection, id) do update set record = excluded.record",
                (collection, record_id, json.dumps(record)),
            )

    def get(self, collection: str, record_id: str) -> Record | None:
        """The record of an id."""
        with self._lock:
            row = self._rows.execute(
                "select record from records where collection = ? and id = ?", (collection, record_id)
            ).fetchone()
        return json.loads(row[0]) if row else None

    def delete(self, collection: str, record_id: str) -> bool:
        """Forgets a record; False where there was none."""
        with self._lock:
            done = self._rows.execute("delete from records where collection = ? and id = ?", (collection, record_id))
            return done.rowcount > 0

    def all(self, collection: str) -> list[Record]:
        """Every record, the first that came first."""
        with self._lock:
            rows = self._rows.execute(
                "select record from records where collection = ? order by position", (collection,)
            )
            return [json.loads(row[0]) for row in rows.fetchall()]
