"""Load every connector below a folder, and build a request of every operation, in one process.

    python -m bench.corpus FOLDER [--json FILE] [--judge] [--only NAME …]

For each connector folder or document: the number of operations, of those whose minimal arguments (made of the document
alone) build a request, and of findings; seconds, and the peak memory of the process so far. ``--judge`` sends each
request to the sandbox of its document, where openapi-core reads it, and counts the refusals, and the operations that it
judges by a document that is written for it, because it fails at the author's of OpenAPI 3.x.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from openconnectors import registry
from openconnectors.engine.call.connection import Connection
from openconnectors.engine.call.sample_connection import sample_values
from openconnectors.engine.documents import loader
from openconnectors.engine.documents.published import PUBLISHED
from openconnectors.engine.errors import ConnectorError, InvalidDocument
from openconnectors.engine.http import Request
from openconnectors.engine.masking import revealed
from openconnectors.engine.model import Service
from openconnectors.engine.plan.examples import minimal
from openconnectors.engine.plan.options import Options
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.policies import findings
from openconnectors.engine.sandbox import Sandbox
from openconnectors.engine.transports.blocking import BlockingTransport
from openconnectors.engine.values.body import Compiler
from openconnectors.registry import Entry

BASE = "http://127.0.0.1"


def peak() -> int:
    """The peak memory of this process so far in MiB; 0 on platforms without /proc."""
    try:
        status = Path("/proc/self/status").read_text("ascii")
    except OSError:
        return 0
    match = re.search(r"VmHWM:\s*(\d+) kB", status)
    return int(match[1]) // 1024 if match else 0


def survey(entry: Entry, judge: bool) -> dict[str, Any]:
    """The figures of one connector."""
    started = time.perf_counter()
    folder = entry.document.name in PUBLISHED
    name = entry.document.parent.name if folder else entry.name
    row: dict[str, Any] = {"name": name, "document": str(entry.document)}
    try:
        service = loader.load(entry.document, entry.properties)
        operations = list(service.operations)
    except InvalidDocument as error:
        return {**row, "loads": False, "why": str(error), "seconds": time.perf_counter() - started, "peak": peak()}
    compiler = Compiler(service)
    wrong: dict[str, str] = {}
    requests: list[tuple[Plan, Request]] = []
    connection: Connection | None = None
    for name in operations:
        try:
            connection = connection or Connection(service, sample_values(service), BASE)
            plan = Plan(compiler, service.operations[name], connection.values)
            requests.append(
                (plan, plan.request(minimal(plan), connection.base_for(plan.operation), Options(), fixed=True))
            )
        except ConnectorError as error:
            wrong[name] = f"{type(error).__name__}: {error}"
    diagnostics = [*service.diagnostics, *findings(service)]
    row |= {
        "loads": True,
        "operations": len(operations),
        "requests": len(requests),
        "wrong": wrong,
        "diagnostics": [str(item) for item in diagnostics],
        "seconds": time.perf_counter() - started,
        "peak": peak(),
    }
    if judge and connection is not None:
        row["refused"], row["written"] = judged(service, connection, requests)
    return row


def judged(
    service: Service, connection: Connection, requests: list[tuple[Plan, Request]]
) -> tuple[dict[str, str], dict[str, str]]:
    """The requests that the sandbox of their document refuses, by operation, with the reason; and the operations that
    are judged by a written document."""
    refused: dict[str, str] = {}
    transport = BlockingTransport()
    with Sandbox(service) as sandbox:
        for plan, request in requests:
            sandbox.refused.clear()
            url = sandbox.url + str(revealed(request.url)).removeprefix(BASE)
            credentials = connection.credentials(plan.operation).merged(request.credentials)
            try:
                status = transport.send(replace(request, url=url, credentials=credentials, timeout=60.0)).status
            except ConnectorError as error:
                refused[plan.operation.id] = f"{type(error).__name__}: {error}"
                continue
            if status >= 400:
                refused[plan.operation.id] = f"{status} {sandbox.refused[0].partition(': ')[2]}"
        return refused, dict(sandbox.written)


def main(arguments: list[str] | None = None) -> int:
    """Return 0 if all that can be read loads and builds its requests, else 1."""
    parser = argparse.ArgumentParser(prog="python -m bench.corpus")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", type=Path, help="write the figures to FILE")
    parser.add_argument("--judge", action="store_true", help="send each request to a sandbox of its document")
    parser.add_argument("--only", nargs="*", default=[], help="only connectors whose path contains NAME")
    options = parser.parse_args(arguments)
    if not options.folder.is_dir():
        print(f"{options.folder} is not a folder", file=sys.stderr)
        return 2
    rows = [
        survey(entry, options.judge)
        for entry in registry.below(options.folder)
        if not options.only or any(item in str(entry.document) for item in options.only)
    ]
    _print(rows, options.judge)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1), "utf-8")
    return int(any(row["loads"] and row["wrong"] for row in rows))


def _print(rows: list[dict[str, Any]], judge: bool) -> None:
    print(f"{'connector':44} {'operations':>10} {'requests':>8} {'findings':>8} {'ms':>7} {'MiB':>5}")
    for row in rows:
        figures = f"{row['operations']:>10} {row['requests']:>8} {len(row['diagnostics']):>8}" if row["loads"] else ""
        print(f"{row['name'][:44]:44} {figures or '  not read':28} {row['seconds'] * 1000:>7.0f} {row['peak']:>5}")
    loaded = [row for row in rows if row["loads"]]
    print()
    for row in rows:
        if not row["loads"]:
            print(f"not read: {row['why']}")
    for row in loaded:
        for name, why in row["wrong"].items():
            print(f"no request: {row['name']} {name}: {why}")
    total, built = sum(row["operations"] for row in loaded), sum(row["requests"] for row in loaded)
    print(f"\n{len(loaded)} of {len(rows)} are read; {built} of {total} operations build a request; ", end="")
    findings_count = sum(len(row["diagnostics"]) for row in loaded)
    print(f"{findings_count} findings; {sum(row['seconds'] for row in rows):.1f} s; {peak()} MiB at most")
    if judge:
        kinds = Counter(why.partition(":")[0] for row in loaded for why in row.get("refused", {}).values())
        print(f"{built - sum(kinds.values())} of {built} requests are accepted by openapi-core in their own sandbox")
        for kind, count in kinds.most_common():
            print(f"  {count:>5}  {kind}")
        written = Counter(why for row in loaded for why in row.get("written", {}).values())
        print(f"{sum(written.values())} of them by a document that is written for openapi-core, which fails at theirs")
        for why, count in written.most_common():
            print(f"  {count:>5}  {why[:150]}")


if __name__ == "__main__":
    raise SystemExit(main())
