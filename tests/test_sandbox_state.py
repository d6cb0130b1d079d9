"""The records of the sandbox: no change whose response was sent is lost, whoever else writes meanwhile."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import openconnectors
from openconnectors.engine.client.connector import Connector
from openconnectors.engine.documents import loader
from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.sandbox import Sandbox
from tests.conftest import ROOT

MEMBERS = [f"m{index}" for index in range(8)]


def _operation(method: str, action: str, *, body: bool = False) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = []
    if body:
        parameters.append({"name": "body", "in": "body", "schema": {"$ref": "#/definitions/R"}})
    return {
        "operationId": f"{action}_r",
        "parameters": parameters,
        "responses": {"200": {"description": "-", "schema": {"$ref": "#/definitions/R"}}},
        "x-connector-sandbox": {"action": action, "collection": "r", "argument": "id"},
    }


def _document() -> dict[str, Any]:
    listed = _operation("get", "list")
    listed["responses"]["200"]["schema"] = {"type": "array", "items": {"$ref": "#/definitions/R"}}
    created = _operation("post", "create", body=True)
    created["responses"]["409"] = {"description": "there is one"}
    return {
        "swagger": "2.0",
        "info": {"title": "T", "version": "1"},
        "consumes": ["application/json"],
        "produces": ["application/json"],
        "paths": {
            "/r": {"get": listed, "post": created},
            "/r/{id}": {
                "parameters": [{"name": "id", "in": "path", "required": True, "type": "string"}],
                "get": _operation("get", "get"),
                "patch": _operation("patch", "update", body=True),
                "delete": _operation("delete", "delete") | {"responses": {"204": {"description": "-"}}},
            },
        },
        "definitions": {
            "R": {
                "type": "object",
                "properties": {"id": {"type": "string"}, **{name: {"type": "integer"} for name in MEMBERS}},
            }
        },
        "x-connector-sandbox": {
            "collections": {
                "r": {
                    "id": "id",
                    "create": {"id": "{id}", **{name: f"{{{name}}}" for name in MEMBERS}},
                    "seed": [{"id": "1", **dict.fromkeys(MEMBERS, 0)}, {"id": "2", **dict.fromkeys(MEMBERS, 0)}],
                }
            }
        },
    }


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "t.swagger.json"
    path.write_text(json.dumps(_document()), "utf-8")
    return path


def _api(document: Path, sandbox: Sandbox) -> Connector:
    return openconnectors.load_file(document, base_url=sandbox.url)


def test_updates_of_different_members_at_once_are_all_kept(document: Path) -> None:
    """Concurrent updates of different members of one record are all kept."""
    with Sandbox(loader.load(document)) as sandbox:
        api = _api(document, sandbox)
        for count in range(1, 6):
            barrier = threading.Barrier(len(MEMBERS))

            def change(name: str, count: int = count, barrier: threading.Barrier = barrier) -> None:
                barrier.wait()
                api.update_r(id="1", **{name: count})

            with ThreadPoolExecutor(len(MEMBERS)) as pool:
                list(pool.map(change, MEMBERS))
            assert api.get_r(id="1") == {"id": "1", **dict.fromkeys(MEMBERS, count)}


WRITER = """
import sys
from pathlib import Path
from openconnectors.engine.documents import loader
from openconnectors.engine.sandbox import Sandbox
import openconnectors
document, state, name = sys.argv[1:]
with Sandbox(loader.load(Path(document)), state=Path(state)) as sandbox:
    api = openconnectors.load_file(Path(document), base_url=sandbox.url)
    for count in range(1, 21):
        api.update_r(id="1", **{name: count})
        api.create_r(id=f"{name}-{count}", m0=count)
"""


def test_two_processes_share_one_file(document: Path, tmp_path: Path) -> None:
    """Two processes on one state file seed it once, and lose no update and no record."""
    state = tmp_path / "state.db"
    running = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(document), str(state), name], cwd=ROOT)
        for name in ("m0", "m1")
    ]
    assert [process.wait(120) for process in running] == [0, 0]
    with Sandbox(loader.load(document), state=state) as sandbox:
        api = _api(document, sandbox)
        assert (api.get_r(id="1")["m0"], api.get_r(id="1")["m1"]) == (20, 20)
        ids = [record["id"] for record in api.list_r()]
    assert sorted(ids) == sorted(["1", "2", *(f"{name}-{count}" for name in ("m0", "m1") for count in range(1, 21))])


def test_of_creates_with_one_id_one_is_carried_out(document: Path) -> None:
    """Of concurrent creates with one id one succeeds; the others get the documented 409 (RFC 9110 section 15.5.10)."""
    with Sandbox(loader.load(document)) as sandbox:
        api = _api(document, sandbox)

        def create(number: int) -> int:
            try:
                api.create_r(id="new", m0=number)
            except openconnectors.Conflict:
                return 0
            return number

        with ThreadPoolExecutor(8) as pool:
            created = [number for number in pool.map(create, range(1, 9)) if number]
        assert len(created) == 1
        assert api.get_r(id="new")["m0"] == created[0]


def test_of_deletes_of_one_record_one_is_carried_out(document: Path) -> None:
    """Of concurrent deletes of one record exactly one succeeds."""
    with Sandbox(loader.load(document)) as sandbox:
        api = _api(document, sandbox)

        def delete(_: int) -> bool:
            try:
                api.delete_r(id="1")
            except openconnectors.NotFound:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(delete, range(8))) == 1


def _damaged(path: Path) -> None:
    path.write_bytes(b"\x00garbage" * 500)


def _of_something_else(path: Path) -> None:
    with sqlite3.connect(path) as rows:
        rows.execute("create table invoices (id integer)")
    rows.close()


def _other_columns(path: Path) -> None:
    with sqlite3.connect(path) as rows:
        rows.execute("create table records (name text)")
    rows.close()


def _folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("spoil", [_damaged, _of_something_else, _other_columns, _folder])
def test_a_file_that_cannot_be_used_is_refused_in_words(document: Path, tmp_path: Path, spoil: Any) -> None:
    """A state file that is not the sandbox's raises ConnectorError and stays unchanged."""
    state = tmp_path / "state.db"
    spoil(state)
    before = state.read_bytes() if state.is_file() else None
    with pytest.raises(ConnectorError, match=r"state\.db"):
        Sandbox(loader.load(document), state=state)
    assert before is None or state.read_bytes() == before


def test_a_place_that_is_not_there_is_refused_in_words(document: Path, tmp_path: Path) -> None:
    """A state file in a missing folder raises ConnectorError."""
    with pytest.raises(ConnectorError, match="cannot keep its records in"):
        Sandbox(loader.load(document), state=tmp_path / "nowhere" / "state.db")
