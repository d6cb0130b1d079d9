"""Run the cases against the TypeSpec test server, each in OpenAPI 3.0, 3.1 and 3.2; print those of each document.

    python -m tests.conformance3 [--only NAME …] [--versions 3.0 …]

``documents/<name>.yaml`` is a document of ours for scenarios of the server; ``${version}`` is what it is run as, and
``${url}`` the server's address. ``cases/<name>.yaml`` are its cases: one call each, ``call`` (operationId), ``with``
(arguments by wire name; ``body`` is the whole body), ``options``, ``versions`` if it is not for all; then the expected
outcome: ``value``, ``each`` (items of a stream), ``status``, ``fields``, or ``error`` with the status of a response;
and ``proves``, the scenarios that the server must have passed once the document's cases have run.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

import openconnectors
from tests.conformance.__main__ import difference, kind_of_error, plain, renamed
from tests.conformance3.client import Client
from tests.conformance3.server import Server, installed

FOLDER = Path(__file__).parent
VERSIONS = {"3.0": "3.0.4", "3.1": "3.1.2", "3.2": "3.2.0"}
_INPUTS = ("call", "with", "options", "versions", "proves", "why")
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def run(client: Client, case: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The outcome of a case, in the notation of the cases."""
    options = renamed(case.get("options", {}), names)
    arguments = renamed(case.get("with", {}), names)
    try:
        operation = client.operation(case["call"], options)
        if options.get("each"):
            return {"each": plain(list(operation.each(**arguments)))}
        response = operation.response(**arguments)
    except openconnectors.AnswerError as error:
        return {"error": "answer", "status": error.status, "value": plain(error.value)}
    except openconnectors.ConnectorError as error:
        return {"error": kind_of_error(error), "why": str(error)}
    actual = {"status": response.status, "value": plain(response.value), "fields": plain(response.fields)}
    return {name: value for name, value in actual.items() if value not in (None, {})}


def check(server: Server, path: Path, version: str) -> tuple[int, set[str], list[str]]:
    """The number of cases of a document, the scenarios they prove, and what is wrong."""
    names = {"url": server.url, "port": str(server.port), "host": "localhost", "version": VERSIONS[version]}
    cases = yaml.load((FOLDER / "cases" / path.name).read_text("utf-8"), _Loader)  # noqa: S506 - a safe loader
    cases = [case for case in cases if version in case.get("versions", VERSIONS)]
    text = path.read_text("utf-8")
    for name, value in names.items():
        text = text.replace(f"${{{name}}}", value)
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / path.name
        written.write_text(text, "utf-8")
        client = Client(written, server.url)
        for case in cases:
            outcome = run(client, case, names)
            expected = {name: value for name, value in case.items() if name not in _INPUTS}
            reason = outcome.pop("why", "")
            if outcome != expected:
                wrong.append(f"{version} {path.stem} {case['call']}: {difference(expected, outcome)} {reason}")
    proves = {name for case in cases for name in case.get("proves", ())}
    missing = proves - server.passed()
    wrong += [f"{version} {path.stem}: the server did not pass {name}" for name in sorted(missing)]
    return len(cases), proves - missing, wrong


def main(arguments: list[str] | None = None) -> int:
    """Return 0 if every case passes, 1 if one fails, 2 if there is no server."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance3")
    parser.add_argument("--only", nargs="*", default=[], help="documents by name; all without it")
    parser.add_argument("--versions", nargs="*", default=list(VERSIONS), choices=VERSIONS)
    options = parser.parse_args(arguments)
    modules = installed()
    if modules is None:
        print("the test server is not installed, or there is no node 22: make conformance brings both", file=sys.stderr)
        return 2
    paths = [
        path for path in sorted((FOLDER / "documents").glob("*.yaml")) if not options.only or path.stem in options.only
    ]
    wrong: list[str] = []
    print(f"{'version':8} {'document':20} {'cases':>6} {'scenarios':>10}")
    for version in options.versions:
        with Server(modules) as server:  # each version proves its scenarios anew
            for path in paths:
                count, proved, bad = check(server, path, version)
                wrong += bad
                print(f"{version:8} {path.stem:20} {count:>6} {len(proved):>10}")
    for item in wrong:
        print(f"WRONG {item}")
    print(f"{len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
