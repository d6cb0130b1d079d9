"""Run the cases against the test server; print the cases and scenarios of each document.

    python -m tests.conformance [--only NAME …] [--record]

A case is one call: ``call`` (operationId), ``with`` (arguments by wire name), ``options``; then its expected outcome:
``value``, ``pages``, ``status``, ``fields``, ``bytes`` (their number), or ``error`` (the class, with the status of a
response); and ``counts``, the scenarios that the server must have counted. Bytes are written as ``{$bytes: base64}``, a
file as ``{$file: {name, type, bytes}}``; dates and the like as the text of their format. ``${host}``, ``${port}`` and
``${url}`` are the server's. ``--record`` writes the outcomes into the cases.
"""

from __future__ import annotations

import argparse
import base64
import sys
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml

import openconnectors
from openconnectors.engine.values.formats import FORMATS
from tests.conformance.client import Client, respond
from tests.conformance.server import PACKAGE, VERSION, Server, installed

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
CASES = Path(__file__).with_name("cases")
STREAMED = 4 * 1024 * 1024
_TEXTS = {datetime: "date-time", date: "date", time: "time", timedelta: "duration", UUID: "uuid"}


def plain(value: Any) -> Any:
    """A value in the notation of the cases."""
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode("ascii")}
    if isinstance(value, Decimal):
        return float(value)
    form = FORMATS.get(_TEXTS.get(type(value), ""))
    if form is not None and form.encode is not None:
        return value.isoformat() if isinstance(value, datetime) and value.tzinfo is None else form.encode(value)
    return value


def renamed(value: Any, names: Mapping[str, str]) -> Any:
    """An argument of a case as Python has it."""
    if isinstance(value, Mapping):
        if set(value) == {"$bytes"}:
            return base64.b64decode(value["$bytes"])
        if set(value) == {"$file"}:
            row = value["$file"]
            return openconnectors.File(
                base64.b64decode(row["bytes"]), filename=row["name"], content_type=row.get("type")
            )
        return {name: renamed(item, names) for name, item in value.items()}
    if isinstance(value, list):
        return [renamed(item, names) for item in value]
    if isinstance(value, str):
        for name, text in names.items():
            value = value.replace(f"${{{name}}}", text)
    return value


def run(client: Client, case: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The outcome of a case, in the notation of the cases."""
    options = renamed(case.get("options", {}), names)
    try:
        operation, arguments = client.operation(case["call"], renamed(case.get("with", {}), names), options)
        if options.get("pages"):
            return {"pages": [plain(operation.items_of(page)) for page in operation.pages(**arguments)]}
        if options.get("stream"):
            with operation.stream(**arguments) as stream:
                return {"status": stream.status, "bytes": len(stream.read(STREAMED))}
        response = respond(operation, arguments, options)
    except openconnectors.AnswerError as error:
        actual = {"error": "answer", "status": error.status, "value": plain(error.value), "fields": plain(error.fields)}
        return {name: value for name, value in actual.items() if value not in (None, {})}
    except openconnectors.OperationFailed as error:
        return {"error": "failed", "state": error.state}
    except openconnectors.ConnectorError as error:
        return {"error": kind_of_error(error)}
    actual = {"status": response.status, "value": plain(response.value), "fields": plain(response.fields)}
    return {name: value for name, value in actual.items() if value not in (None, {}) or name == "value"}


_KINDS: Mapping[type[openconnectors.ConnectorError], str] = {
    openconnectors.InvalidArguments: "arguments",
    openconnectors.ConnectionMissing: "connection",
    openconnectors.InvalidResponse: "response",
    openconnectors.ConnectionFailed: "transport",
    openconnectors.Timeout: "transport",
    openconnectors.Interrupted: "transport",
    openconnectors.OutcomeUnknown: "transport",
    openconnectors.Unsupported: "unsupported",
    openconnectors.UnknownName: "unsupported",
}


def check(server: Server, path: Path, record: bool) -> tuple[int, int, set[str], list[str]]:
    """Count the cases, those that pass, and the scenarios they prove; list what is wrong with the others."""
    cases = yaml.load(path.read_text("utf-8"), _Loader) or []  # noqa: S506 - a safe loader, the fast one
    names = {"host": "localhost", "port": str(server.port), "url": server.url}
    client = Client(server.documents / f"{path.stem}.json", server.url)
    wrong: list[str] = []
    proved: set[str] = set()
    before = server.report()
    for index, case in enumerate(cases):
        outcome = run(client, case, names)
        after = server.report()
        counted = sorted(name for name, count in after.items() if count > before.get(name, 0))
        before = after
        inputs = {name: case[name] for name in ("call", "with", "options", "why") if name in case}
        if record:
            cases[index] = inputs | outcome | ({"counts": counted} if counted else {})
            continue
        expected = {name: value for name, value in case.items() if name not in (*inputs, "counts")}
        missing = set(case.get("counts", ())) - set(counted)
        if outcome != expected:
            wrong.append(f"{path.stem} {case['call']}: {difference(expected, outcome)}")
        elif missing:
            wrong.append(f"{path.stem} {case['call']}: the server did not count {', '.join(sorted(missing))}")
        else:
            proved |= set(case.get("counts", ()))
    if record:
        path.write_text(yaml.safe_dump(cases, sort_keys=False, allow_unicode=True, width=110), "utf-8")
    return len(cases), len(cases) - len(wrong), proved, wrong


def kind_of_error(error: openconnectors.ConnectorError) -> str:
    """The word of the cases for an error."""
    return _KINDS[type(error)]


def difference(expected: Mapping[str, Any], outcome: Mapping[str, Any]) -> str:
    """What of an outcome is not as expected."""
    parts = [name for name in {*expected, *outcome} if expected.get(name) != outcome.get(name)]
    return "; ".join(f"{name} is {outcome.get(name)!r:.200}, not {expected.get(name)!r:.200}" for name in sorted(parts))


def main(arguments: list[str] | None = None) -> int:
    """Return 0 if every case passes, 1 if one fails, 2 if there is no server."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance")
    parser.add_argument("--only", nargs="*", default=[], help="documents by name; all without it")
    parser.add_argument("--record", action="store_true", help="write what comes as what must come")
    options = parser.parse_args(arguments)
    folder = installed()
    if folder is None:
        print(
            f"the test server is not installed: npm install --prefix .testserver {PACKAGE}@{VERSION}", file=sys.stderr
        )
        return 2
    paths = [path for path in sorted(CASES.glob("*.yaml")) if not options.only or path.stem in options.only]
    total = held = 0
    proved: set[str] = set()
    wrong: list[str] = []
    with Server(folder) as server:
        print(f"{'document':40} {'cases':>9}  {'scenarios':>9}")
        for path in paths:
            cases, passed, scenarios, bad = check(server, path, options.record)
            total, held, proved, wrong = total + cases, held + passed, proved | scenarios, wrong + bad
            print(f"{path.stem:40} {passed:>4}/{cases:<4}  {len(scenarios):>9}")
        known = server.report()
    print(f"\n{held} of {total} cases")
    for category in ("vanilla", "azure", "optional", "dpg"):
        every = {
            name
            for name in known
            if (name.partition(":")[0] == category) or (":" not in name and category == "vanilla")
        }
        print(f"{category:9} {len(proved & every)} of {len(every)} scenarios of the server")
    for item in wrong:
        print(f"WRONG {item}")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
