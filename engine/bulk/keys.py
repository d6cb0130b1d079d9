"""The keys of rows in a ledger: the same row has the same key in each run."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

import msgspec

from openconnectors.engine.errors import InvalidArguments, Problem

Key = Callable[[Mapping[str, Any]], object]
"""A caller's key: what tells a row from all others, such as its number."""

_ENCODER = msgspec.json.Encoder(order="deterministic")


class Keys:
    """The keys of the rows of one run, for an operation of a connector. Without a caller's ``key`` a row is known by
    its arguments, and equal rows by how many came before: they are different messages."""

    def __init__(self, connector: str, operation: str, key: Key | None) -> None:
        self._prefix = (connector, operation)
        self._key = key
        # A temporary database of SQLite is on disk once it is large.
        self._seen = sqlite3.connect("", check_same_thread=False)
        self._seen.execute("CREATE TABLE seen (digest BLOB PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID")

    def of(self, arguments: Mapping[str, Any]) -> str:
        """The key of the next row. ``InvalidArguments`` for a row that has no key: what JSON cannot hold is in it."""
        if self._key is not None:
            return self._digest(str(self._key(arguments))).hex()
        digest = self._digest(dict(arguments))
        (count,) = self._seen.execute(
            "INSERT INTO seen VALUES (?, 1) ON CONFLICT DO UPDATE SET count = count + 1 RETURNING count", (digest,)
        ).fetchone()
        return f"{digest.hex()}-{count}"

    def close(self) -> None:
        """Forget what was seen."""
        self._seen.close()

    def _digest(self, value: Any) -> bytes:
        try:
            return sha256(_ENCODER.encode((*self._prefix, value))).digest()
        except (TypeError, ValueError):
            message = "holds what a key cannot be made of; give key=, a function of the row"
            raise InvalidArguments(self._prefix[1], [Problem((), message, part="request")]) from None
