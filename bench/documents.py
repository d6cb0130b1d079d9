"""Loading large documents: the first time, from the cache, and what parsing their text alone takes; CPU time.

Documents are written for the measurement: as many operations as asked, each with parameters, a body and a response of
some members, with descriptions, until the text has its size.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from bench import starts
from bench.instructions import interpreter

MEGABYTE = 1_000_000

_LOAD = """
import sys, time
import openconnectors
def load(path):
    connector = openconnectors.load_file(path, base_url="http://127.0.0.1:9")
    return connector.get_thing0.request(id="1", size=3)
load(sys.argv[2])  # what is imported late is not part of loading
"""
PROGRAMS: Mapping[str, str] = {
    "ours, first": "import os\nos.environ['CONNECTORS_CACHE'] = 'off'" + _LOAD,
    "ours, cached": _LOAD + "load(sys.argv[1])\n",
    "json.loads": """
import json, sys, time
def load(path):
    return json.loads(open(path, "rb").read())
""",
    "yaml.CSafeLoader": """
import sys, time, yaml
def load(path):
    return yaml.load(open(path, "rb"), yaml.CSafeLoader)
""",
    "aiopenapi3": """
import json, sys, time, yaml
from aiopenapi3 import OpenAPI
def load(path):
    return OpenAPI("http://127.0.0.1:9/", yaml.load(open(path, "rb"), yaml.CSafeLoader))
""",
    "bravado": """
import json, sys, time, yaml
from bravado.client import SwaggerClient
def load(path):
    return SwaggerClient.from_spec(yaml.load(open(path, "rb"), yaml.CSafeLoader)).things.getThing0
""",
}
_MEASURE = """
start = time.process_time()
load(sys.argv[1])
print(time.process_time() - start)
"""


class Kind(NamedTuple):
    """A document to be written."""

    name: str
    suffix: str
    operations: int
    size: int
    clients: tuple[str, ...]


KINDS = (
    Kind("YAML, 1.5 MB, 500 operations", "yaml", 500, 1_500_000, ("yaml.CSafeLoader", "aiopenapi3", "bravado")),
    Kind("JSON, 10 MB, 1,000 operations", "json", 1000, 10 * MEGABYTE, ("json.loads",)),
)


def document(operations: int, size: int) -> dict[str, Any]:
    """A document of so many operations whose text has about this size in JSON."""
    member = {"type": "string", "x-nullable": True, "description": "What this member is for, in some words. " * 2}
    members = max(1, size // operations // len(json.dumps({"member_100": member}, indent=1)) - 6)
    properties = {f"member_{index}": member for index in range(members)}
    schema = {"type": "object", "required": ["member_0"], "properties": properties}
    paths = {f"/things{number}/{{id}}": {"get": _operation(number)} for number in range(operations)}
    schemas = {f"Thing{number}": schema for number in range(operations)}
    return {"swagger": "2.0", "info": {"title": "Things", "version": "1"}, "paths": paths, "definitions": schemas}


def _operation(number: int) -> dict[str, Any]:
    """An operation that gets a thing."""
    return {
        "operationId": f"getThing{number}",
        "summary": "Get a thing",
        "description": "Returns the thing that has this identifier. " * 4,
        "tags": ["things"],
        "parameters": [
            {"name": "id", "in": "path", "required": True, "type": "string", "description": "The identifier"},
            {"name": "size", "in": "query", "type": "integer", "description": "How many parts of it are returned"},
        ],
        "responses": {"200": {"description": "The thing", "schema": {"$ref": f"#/definitions/Thing{number}"}}},
    }


def written(folder: Path, kind: Kind) -> Path:
    """The file of a document."""
    root = json.loads(json.dumps(document(kind.operations, kind.size)))  # without shared parts: YAML would alias them
    path = folder / f"{kind.operations}.swagger.{kind.suffix}"
    with path.open("w", encoding="utf-8") as file:
        if kind.suffix == "json":
            json.dump(root, file, indent=1)
        else:
            yaml.dump(root, file, yaml.CSafeDumper, sort_keys=False, width=120)
    return path


def seconds(python: str, program: str, path: Path, small: Path) -> float:
    """The CPU seconds of one load in a fresh process."""
    command = [python, "-W", "ignore", "-c", program + _MEASURE, str(path), str(small)]
    process = subprocess.run(command, capture_output=True, text=True, env=starts.environment(), check=False)
    if process.returncode != 0:
        raise starts.Failed(starts.last_line(process.stderr))
    return float(process.stdout)


def measure(peers: str, rounds: int) -> tuple[dict[str, dict[str, float]], dict[str, str]]:
    """Seconds by document and client, medians of rounds in which each loads once; and who is left out, and why."""
    rows: dict[str, dict[str, float]] = {}
    left_out: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small = written(folder, Kind("", "json", 1, 0, ()))
        for kind in KINDS:
            path = written(folder, kind)
            runs: dict[str, list[float]] = {}
            for _ in range(rounds):
                for client in ("ours, first", "ours, cached", *kind.clients):
                    if f"{client}, {kind.name}" in left_out:
                        continue
                    python = interpreter(client, peers)
                    try:
                        runs.setdefault(client, []).append(seconds(python, PROGRAMS[client], path, small))
                    except starts.Failed as error:
                        left_out[f"{client}, {kind.name}"] = str(error)
            rows[kind.name] = {client: statistics.median(values) for client, values in runs.items() if values}
    return rows, left_out
