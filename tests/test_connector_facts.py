"""Facts of a connector: what its attributes are, what its old spellings do, and what closing it closes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import openconnectors
from openconnectors.engine.client.connector import Connector, connected, runner_of
from openconnectors.engine.client.operation import calls_of
from openconnectors.engine.http import Headers, Request, Response
from openconnectors.engine.transports.blocking import BlockingTransport

PLAIN = ["name", "service", "diagnostics", "transport", "plan", "schema", "check", "tell"]
"""Words that are free: each is what an operation of the name is called."""
RESERVED = ["operations", "connection", "close"]


class Recorder:
    """A transport that answers 200, and knows whether it was closed."""

    def __init__(self) -> None:
        self.closed = False

    def send(self, request: Request) -> Response:
        return Response(200, Headers())

    def close(self) -> None:
        self.closed = True


def load(folder: Path, *names: str, **options: Any) -> Connector:
    responses = {"200": {"description": "ok"}}
    content = {
        "swagger": "2.0",
        "info": {"title": "C", "version": "1"},
        "host": "h.example",
        "schemes": ["https"],
        "paths": {f"/{name}": {"get": {"operationId": name, "responses": responses}} for name in names},
    }
    path = folder / "c.swagger.json"
    path.write_text(json.dumps(content))
    return openconnectors.load_file(path, **options)


def test_public_attributes(tmp_path: Path) -> None:
    """A connector has no public attribute but its operations, ``operations``, ``connection`` and ``close``."""
    connector = load(tmp_path, "ListThings", "GetThing")

    assert [name for name in dir(connector) if not name.startswith("_")] == sorted(
        ["list_things", "get_thing", *RESERVED]
    )


@pytest.mark.parametrize("name", PLAIN)
def test_an_operation_has_its_plain_name(tmp_path: Path, name: str) -> None:
    """What is the engine's own business takes no name from an operation."""
    connector = load(tmp_path, name, transport=Recorder())

    assert list(connector.operations) == [name]
    assert getattr(connector, name).response().status == 200


@pytest.mark.parametrize("name", RESERVED)
def test_a_reserved_name_gets_a_number(tmp_path: Path, name: str) -> None:
    """An operation that is called as an attribute of every connector has another name; its id stays."""
    connector = load(tmp_path, name, transport=Recorder())
    (python_name,) = connector.operations

    assert python_name != name
    assert connector[name] is connector.operations[python_name]


@pytest.mark.parametrize("name", ["service", "diagnostics"])
def test_an_old_spelling_is_read_with_a_warning(tmp_path: Path, name: str) -> None:
    """It gives what it gave, is not listed, and says what to use."""
    connector = load(tmp_path, "Get")

    with pytest.warns(DeprecationWarning, match=f"connector.{name} is an old spelling"):
        value = getattr(connector, name)
    assert value == (connected(connector).service if name == "service" else ())
    assert name not in dir(connector)


def test_operations_are_a_mapping(tmp_path: Path) -> None:
    """By Python name, in the order of the document; each is compiled once, when it is first asked for."""
    connector = load(tmp_path, "B", "A")

    assert list(connector.operations) == list(connector) == ["b", "a"]
    assert len(connector.operations) == 2
    assert "a" in connector.operations
    assert "c" not in connector.operations
    assert connector.operations["a"] is connector.a
    assert calls_of(connector.a).plan is connected(connector).plan("A")


def test_closing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connector closes the transport that was made for it, also at the end of ``with``; one of the caller's stays
    open."""
    theirs = Recorder()
    with load(tmp_path, "Get", transport=theirs) as connector:
        connector.get()
    connector.close()
    assert not theirs.closed

    closed: list[BlockingTransport] = []
    monkeypatch.setattr(BlockingTransport, "close", lambda transport: closed.append(transport))
    connector = load(tmp_path, "Get")
    connector.close()
    assert closed == [runner_of(connector).transport]
