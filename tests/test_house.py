"""The house as its pages say: floors, tables, the few places where a word may stand."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

import connectors
from engine.extensions import ROWS
from engine.validate import IGNORE

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted([*(ROOT / "engine").rglob("*.py"), *(ROOT / "connectors").rglob("*.py")])
ENGINE = [path for path in MODULES if path.is_relative_to(ROOT / "engine")]


def _floors() -> dict[str, int]:
    """Module to floor, the ground being 0, as the architecture page has them."""
    text = (ROOT / "docs/architecture.md").read_text("utf-8")
    rows = re.findall(r"^\| (\w+) \| (`[^|]+`) \|", text, re.MULTILINE)
    return {name: level for level, (_, names) in enumerate(reversed(rows)) for name in re.findall(r"`(\w+)`", names)}


def _imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Imported modules of ours, with whether the import stands inside a function."""
    tree = ast.parse(path.read_text("utf-8"))
    inside = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{one.name}" for one in node.names]
        elif isinstance(node, ast.Import):
            names = [one.name for one in node.names]
        else:
            continue
        yield from ((name, id(node) in inside) for name in names)


def _room(path: Path) -> str:
    parts = path.relative_to(ROOT / "engine").with_suffix("").parts
    return parts[0]


def test_every_module_of_the_engine_stands_on_one_floor() -> None:
    rooms = {_room(path) for path in ENGINE} - {"__init__"}
    assert rooms == set(_floors())


@pytest.mark.parametrize("path", ENGINE, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_downward(path: Path) -> None:
    """Within one floor a module may know another, but not both each other."""
    floors = _floors()
    own = _room(path)
    if own == "__init__":
        return
    for name, _ in _imports(path):
        parts = name.split(".")
        assert parts[0] != "connectors", f"{path} imports {name}"
        if parts[0] == "engine" and len(parts) > 1 and parts[1] != own:
            assert floors[parts[1]] <= floors[own], f"{path} imports upward: {name}"


def test_no_two_rooms_know_each_other() -> None:
    known: dict[str, set[str]] = {}
    for path in ENGINE:
        for name, _ in _imports(path):
            parts = name.split(".")
            if parts[0] == "engine" and len(parts) > 1:
                known.setdefault(_room(path), set()).add(parts[1])
    for room, others in known.items():
        for other in others - {room}:
            assert room not in known.get(other, ()), f"{room} and {other} import each other"


def test_no_import_hides_in_a_function() -> None:
    assert [(str(path), name) for path in MODULES for name, hidden in _imports(path) if hidden] == []


def _holding(pattern: str, paths: list[Path] = ENGINE) -> set[str]:
    return {str(path.relative_to(ROOT)) for path in paths if re.search(pattern, path.read_text("utf-8"))}


def test_vendors_are_spelled_in_the_extensions_only() -> None:
    """And where documents are checked as they are written: in the grammar, and in the rules for connectors."""
    found = _holding(r"x-ms-")
    checks = {one for one in found if one.startswith("engine/validate/microsoft/")}
    assert checks
    assert found - checks == {"engine/extensions.py", "engine/validate/connector.py", "engine/validate/tree.py"}


def test_no_code_knows_a_connector() -> None:
    names = {path.name.split(".")[0] for path in (ROOT / "spec").iterdir()}
    assert names
    for name in names:
        assert _holding(rf"(?i){re.escape(name)}", MODULES) == set()


def test_dialects_are_spelled_in_the_dialects_only() -> None:
    """And where documents are checked as they are written."""
    assert {
        one.split("/")[1] for one in _holding(r'"(swagger|openapi|basePath|securityDefinitions)"|/definitions/')
    } == {"dialects", "validate"}


def test_sockets_are_opened_by_transports_only() -> None:
    """And by the sandbox, which is a server."""
    found = _holding(r"(?m)^(import|from) (socket|requests|urllib3|http\.client|ssl)\b")
    assert {str(Path(path).parent) for path in found} == {"engine/transports", "engine/sandbox"}


def test_no_room_without_a_name() -> None:
    assert {path.stem for path in MODULES} & {"util", "utils", "common", "helpers", "misc"} == set()


def test_the_public_names_are_these() -> None:
    """What people type: a change here is a change for them."""
    assert sorted(connectors.__all__) == [
        "AnswerError", "BadRequest", "Conflict", "ConnectionFailed", "ConnectionMissing", "Connector", "ConnectorError",
        "Diagnostic", "Events", "File", "Forbidden", "Interrupted", "InvalidArguments", "InvalidDocument",
        "InvalidResponse", "NotFound", "Operation", "OperationFailed", "OutcomeUnknown", "Poller", "Problem",
        "ServerError", "Stream", "Subscription", "Timeout", "TooManyRequests", "TransportError", "Unauthorized",
        "UnknownName", "Unsupported", "Webhook", "available", "load", "load_file",
    ]  # fmt: skip
    public = {name for name in dir(connectors.Operation) if not name.startswith("_")}
    assert public == {
        "argument", "choices", "each", "items", "items_of", "pages", "poll", "request", "response", "stream",
        "subscribe", "using", "wait",
    }  # fmt: skip


def test_every_extension_has_its_place_on_the_page() -> None:
    page = (ROOT / "docs/extensions.md").read_text("utf-8")
    assert {name for _, name in ROWS if f"`{name}`" not in page} == set()
    schema = json.loads((ROOT / "docs/extensions.schema.json").read_text("utf-8"))
    ours = {name for _, name in ROWS if name.startswith("x-connector-")}
    assert ours == set(schema["properties"]) - {"x-connector-environment", IGNORE}


def _members(node: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        for name, value in node.items():
            if str(name).startswith("x-connector-"):
                yield name, value
            yield from _members(value)
    elif isinstance(node, list):
        for one in node:
            yield from _members(one)


@pytest.mark.parametrize("path", sorted((ROOT / "spec").glob("*.yaml")), ids=lambda path: path.name)
def test_the_documents_keep_to_the_schema_of_extensions(path: Path) -> None:
    schema = json.loads((ROOT / "docs/extensions.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    judge = Draft202012Validator(schema)
    found = list(_members(yaml.safe_load(path.read_text("utf-8"))))
    assert found
    for name, value in found:
        assert [error.message for error in judge.iter_errors({name: value})] == [], name
