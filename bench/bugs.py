"""Count the seeded faults of a small service that are found, by ours and by schemathesis, with the same requests.

    python -m bench.bugs [--examples N] [--only TEXT]

Each fault of ``tests.shelf`` is served on loopback and searched: by ``engine.fuzz`` with N examples per operation, then
by ``schemathesis run``. The service counts requests, and has no fault any more after as many as ours needed for the
service without a fault, so that neither may send more. What schemathesis reports for the service without a fault does
not count.
"""

from __future__ import annotations

import argparse
import json
import logging
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import openconnectors
from openconnectors.engine.fuzz import fuzz
from tests.shelf import BUGS, DOCUMENT, Shelf, serving

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance"
CHECKS += ",response_schema_conformance"


def ours(document: Path, bug: str | None, examples: int, budget: int) -> tuple[bool, int]:
    """True if a failure of the fault is found (of no fault: any failure), and the number of requests."""
    with serving(Shelf(bug, budget)) as shelf:
        connector = openconnectors.load_file(document, base_url=shelf.url, connection={})
        failures = [
            failure for failure in fuzz(connector, examples=examples) if bug is None or failure.check in BUGS[bug]
        ]
        return bool(failures), shelf.requests


def theirs(program: str, bug: str | None, examples: int, budget: int) -> set[str]:
    """What schemathesis reports: operation and kind of each failure."""
    with serving(Shelf(bug, budget)) as shelf:
        done = subprocess.run(
            [program, "run", f"{shelf.url}/swagger.json", "--checks", CHECKS, "--max-examples", str(examples),
             "--seed", "1", "--no-color", "--suppress-health-check", "all"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    reported, operation = set(), ""
    for line in done.stdout.splitlines():
        if header := re.match(r"_{3,} (.+) _{3,}$", line):
            operation = header[1]
        elif kind := re.match(r"- (ST\d+ .+)", line):
            reported.add(f"{operation}: {kind[1]}")
    return reported


def main(arguments: list[str] | None = None) -> int:
    """Return 0 if ours finds every fault, and nothing in the service without one, else 1."""
    parser = argparse.ArgumentParser(prog="python -m bench.bugs")
    parser.add_argument("--examples", type=int, default=40, help="calls per operation")
    parser.add_argument("--only", default="", help="only faults whose name contains TEXT")
    options = parser.parse_args(arguments)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    program = shutil.which("schemathesis") or shutil.which("schemathesis", path=str(Path(sys.executable).parent))
    with tempfile.TemporaryDirectory() as name:
        document = Path(name) / "shelf.swagger.json"
        document.write_text(json.dumps(DOCUMENT), "utf-8")
        false, budget = ours(document, None, options.examples, 10**9)
        print(f"{len(BUGS)} faults; at most {budget} requests each\n\n{'fault':36}{'ours':>8}{'schemathesis':>14}")
        counts = {"ours": 0, "schemathesis": 0}
        seconds = {"ours": 0.0, "schemathesis": 0.0}
        usual = theirs(program, None, options.examples, budget) if program else set()
        chosen = [bug for bug in BUGS if options.only in bug]
        for bug in chosen:
            started = time.perf_counter()
            row = {"ours": ours(document, bug, options.examples, budget)[0]}
            seconds["ours"] += time.perf_counter() - started
            if program:
                started = time.perf_counter()
                row["schemathesis"] = bool(theirs(program, bug, options.examples, budget) - usual)
                seconds["schemathesis"] += time.perf_counter() - started
            for who, known in row.items():
                counts[who] += known
            print(f"{bug:36}{'found' if row['ours'] else '-':>8}{'found' if row.get('schemathesis') else '-':>14}")
    print(f"\nfound: ours {counts['ours']}, schemathesis {counts['schemathesis']} of {len(chosen)}")
    print(f"seconds: ours {seconds['ours']:.0f}, schemathesis {seconds['schemathesis']:.0f}")
    print(f"without a fault: ours {'an alarm' if false else 'nothing'}, schemathesis {', '.join(usual) or 'nothing'}")
    return int(false or counts["ours"] < len(chosen))


if __name__ == "__main__":
    raise SystemExit(main())
