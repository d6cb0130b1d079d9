"""Stores of connections: what is kept, for whom, and how it is renewed."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

import openconnectors
from openconnectors import ConnectionMissing, ConnectionStore, SQLiteConnections
from openconnectors.engine.sandbox import Sandbox
from tests.conftest import ROOT
from tests.pages import run_code
from tests.test_tokens import Provider, path, provider  # noqa: F401 - fixtures

KEY = SQLiteConnections.new_key()
TOKEN = "t0p-s3cr3t-" + "t" * 21


@pytest.fixture
def store(tmp_path: Path) -> SQLiteConnections:
    return SQLiteConnections(tmp_path / "users.db", KEY)


def save(store: ConnectionStore, user: str, sandbox: Sandbox) -> None:
    store.save("twilio", user, sandbox.values, base_url=sandbox.url)


def test_each_user_has_a_connection(store: SQLiteConnections, sandbox: Sandbox) -> None:
    """A connector is loaded with the connection of the user that is named, blocking and awaited alike."""
    save(store, "user-17", sandbox)
    connection = store["user-17"]

    assert openconnectors.load("twilio", connection=connection, base_url=sandbox.url).list_messages()["messages"] == []
    assert openconnectors.load_async("twilio", connection=connection, base_url=sandbox.url).operations
    assert store.users("twilio") == ["user-17"]


def test_a_user_without_a_connection_is_an_error(store: SQLiteConnections, sandbox: Sandbox) -> None:
    """It names the user and the connector, also after the connection was removed."""
    save(store, "user-17", sandbox)
    store.remove("twilio", "user-17")

    with pytest.raises(ConnectionMissing, match="no connection of 'user-17' to twilio"):
        openconnectors.load("twilio", connection=store["user-17"])


def test_values_are_encrypted_where_they_lie(store: SQLiteConnections, tmp_path: Path) -> None:
    """No file of the store has a value in clear, and only its owner reads it."""
    store.save("twilio", "ann", {"account_id": "AC" + "1" * 32, "access_token": TOKEN})

    assert all(TOKEN.encode() not in file.read_bytes() for file in tmp_path.iterdir())
    assert store.path.stat().st_mode & 0o077 == 0


def test_a_connection_is_for_its_place(store: SQLiteConnections, sandbox: Sandbox) -> None:
    """It is not used for another base URL than the one that it was saved for."""
    save(store, "ann", sandbox)

    with pytest.raises(ConnectionMissing, match=f"is for {sandbox.url}.* and this is https://api.twilio.com"):
        openconnectors.load("twilio", connection=store["ann"])


def test_a_row_of_another_user_is_refused(store: SQLiteConnections, sandbox: Sandbox) -> None:
    """Whoever can write to the file cannot give a user the connection of another."""
    save(store, "ann", sandbox)
    with sqlite3.connect(store.path) as database:
        database.execute("UPDATE connections SET user = 'bob'")

    with pytest.raises(ConnectionMissing, match="was saved for another user"):
        openconnectors.load("twilio", connection=store["bob"], base_url=sandbox.url)


def test_a_key_can_be_replaced(store: SQLiteConnections, sandbox: Sandbox) -> None:
    """Of several keys all open what is there and the first closes what is written; another key opens nothing."""
    save(store, "ann", sandbox)
    new = SQLiteConnections.new_key()
    both = SQLiteConnections(store.path, [new, KEY])
    both.write("twilio", "ann", both.read("twilio", "ann") or {})

    assert SQLiteConnections(store.path, new).read("twilio", "ann")
    with pytest.raises(ConnectionMissing, match="cannot be opened with this key"):
        store.read("twilio", "ann")


@pytest.mark.parametrize("key", ["", "short", "x" * 44])
def test_what_is_not_a_key_is_refused(tmp_path: Path, key: str) -> None:
    """The error says how to make one, and does not show what was given."""
    with pytest.raises(ConnectionMissing, match=re.escape("SQLiteConnections.new_key()")) as caught:
        SQLiteConnections(tmp_path / "users.db", key)

    assert not key or key not in str(caught.value)


@pytest.mark.parametrize("values", [{"account_id": "AC1"}, {"account_id": "AC1", "access_token": "t", "tokn": "x"}])
def test_a_wrong_connection_is_not_saved(store: SQLiteConnections, values: dict[str, str]) -> None:
    """Values are checked when they are saved, not when a user calls."""
    with pytest.raises(ConnectionMissing):
        store.save("twilio", "ann", values)

    assert store.users("twilio") == []


def test_a_file_that_is_not_a_store_is_refused(tmp_path: Path) -> None:
    """The error names the file."""
    (tmp_path / "users.db").write_text("not a database, " * 100)

    with pytest.raises(ConnectionMissing, match="cannot be used as a store"):
        SQLiteConnections(tmp_path / "users.db", KEY)


def test_processes_with_one_store_use_no_refresh_token_twice(
    path: Path,  # noqa: F811
    provider: Provider,  # noqa: F811
    store: SQLiteConnections,
) -> None:
    """A token that has ended is renewed by one process; the others take what it has written."""
    store.save("people", "ann", {"client_id": "i", "refresh_token": "R0"})
    program = (
        "import sys, openconnectors as o; "
        "print(o.load('people', connection=o.SQLiteConnections(sys.argv[1], sys.argv[2])['ann']).get_a())"
    )
    command = [sys.executable, "-c", program, str(store.path), KEY]
    workers = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)]

    assert [worker.communicate(timeout=120)[0] for worker in workers] == ["{}\n"] * 3
    assert provider.used == ["R0"]
    assert (store.read("people", "ann") or {})["refresh_token"] == "R1"


class Memory(ConnectionStore):
    """A store of an application's own."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Mapping[str, str]] = {}

    def read(self, connector: str, user: str) -> Mapping[str, str] | None:
        return self.rows.get((connector, user))

    def write(self, connector: str, user: str, values: Mapping[str, str]) -> None:
        self.rows[connector, user] = values

    def remove(self, connector: str, user: str) -> None:
        self.rows.pop((connector, user), None)


def test_an_application_has_a_store_of_its_own(sandbox: Sandbox) -> None:
    """Three methods are enough; places and tokens are the base class's."""
    store = Memory()
    save(store, "ann", sandbox)

    assert openconnectors.load("twilio", connection=store["ann"], base_url=sandbox.url).operations
    with pytest.raises(ConnectionMissing, match="it was not used"):
        openconnectors.load("twilio", connection=store["ann"])


def test_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The code of docs/stores.md runs, with a store of SQLite and with one of an application's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CONNECTIONS_KEY", KEY)
    vault = run_code(ROOT / "docs/stores.md", {"rows": {}})["Vault"]()
    vault.save("twilio", "ann", {"account_id": "AC1", "access_token": "t"})

    assert openconnectors.load("twilio", connection=vault["ann"]).operations
