"""Count the seeded faults of small services that are found, by ours and by schemathesis, with the same requests.

    python -m bench.bugs [--examples N] [--service NAME] [--only TEXT] [--peers ours]

Each fault of ``tests.services`` is served on loopback and searched: by ``engine.fuzz`` with N examples per operation,
then by ``schemathesis run`` with all its checks and phases. A service counts requests, and has no fault any more after
as many as ours needed for the service without a fault, so that neither may send more. What is reported for the service
without a fault does not count as finding a fault; it is an alarm.
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
from collections import Counter
from pathlib import Path

import openconnectors
from openconnectors.engine.fuzz import fuzz
from tests.faulty import Bug, Service, serving
from tests.services import SERVICES


def ours(service: Service, bug: Bug | None, examples: int, budget: int, folder: Path) -> tuple[list[str], int]:
    """The failures of a fault (of none: all failures), and the number of requests."""
    path = folder / f"{service.name}.json"
    path.write_text(json.dumps(service.document), "utf-8")
    with serving(service.application(bug.name if bug is not None else None, budget)) as application:
        connector = openconnectors.load_file(path, base_url=application.url, connection=dict(service.connection))
        failures = [
            f"{failure.check}: {failure.name}: {failure.message}"
            for failure in fuzz(connector, examples=examples)
            if bug is None or failure.check in bug.checks
        ]
        return failures, application.requests


def theirs(program: str, service: Service, bug: Bug | None, examples: int, budget: int) -> set[str]:
    """What schemathesis reports: operation and kind of each failure."""
    with serving(service.application(bug.name if bug is not None else None, budget)) as application:
        credentials = [word for name, value in service.headers.items() for word in ("--header", f"{name}: {value}")]
        done = subprocess.run(
            [program, "run", f"{application.url}/swagger.json", "--checks", "all", "--max-examples", str(examples),
             "--phases", "examples,coverage,fuzzing,stateful", "--continue-on-failure", "--seed", "1", "--no-color",
             "--suppress-health-check", "all", *credentials],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    if "SUMMARY" not in done.stdout:
        raise SystemExit(f"schemathesis has not run:\n{done.stdout}{done.stderr}")
    reported, operation = set(), ""
    for line in done.stdout.splitlines():
        if header := re.match(r"_{3,} (.+) _{3,}$", line):
            operation = header[1]
        elif kind := re.match(r"- (ST\d+ .+)", line):
            reported.add(f"{operation}: {kind[1]}")
    return reported


def main(arguments: list[str] | None = None) -> int:
    """Return 0 if ours finds every fault, and nothing in the services without one, else 1."""
    parser = argparse.ArgumentParser(prog="python -m bench.bugs")
    parser.add_argument("--examples", type=int, default=40, help="calls per operation")
    parser.add_argument("--service", default="", help="only the service of this name")
    parser.add_argument("--only", default="", help="only faults whose name contains TEXT")
    parser.add_argument("--peers", choices=("all", "ours"), default="all", help="who searches")
    options = parser.parse_args(arguments)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    program = shutil.which("schemathesis") or shutil.which("schemathesis", path=str(Path(sys.executable).parent))
    program = program if options.peers == "all" else None
    hits: Counter[tuple[str, str]] = Counter()
    sizes: Counter[str] = Counter()
    seconds: Counter[str] = Counter()
    alarms: list[str] = []
    print(f"{'fault':56}{'ours':>8}{'schemathesis':>14}")
    with tempfile.TemporaryDirectory() as name:
        for service in SERVICES:
            if options.service not in ("", service.name):
                continue
            false, budget = ours(service, None, options.examples, 10**9, Path(name))
            usual = theirs(program, service, None, options.examples, budget) if program else set()
            alarms += [f"ours: {service.name}: {message}" for message in false]
            alarms += [f"schemathesis: {service.name}: {message}" for message in sorted(usual)]
            print(f"\n{service.name}: {len(service.bugs)} faults; at most {budget} requests each")
            for bug in service.bugs:
                if options.only not in bug.name:
                    continue
                started = time.perf_counter()
                row = {"ours": bool(ours(service, bug, options.examples, budget, Path(name))[0])}
                seconds["ours"] += time.perf_counter() - started
                if program:
                    started = time.perf_counter()
                    row["schemathesis"] = bool(theirs(program, service, bug, options.examples, budget) - usual)
                    seconds["schemathesis"] += time.perf_counter() - started
                sizes[bug.group] += 1
                for who, known in row.items():
                    hits[who, bug.group] += known
                words = ["found" if row.get(who) else "-" for who in ("ours", "schemathesis")]
                print(f"{bug.group + ': ' + bug.name:56}{words[0]:>8}{words[1]:>14}", flush=True)
    print(f"\n{'group':20}{'faults':>8}{'ours':>8}{'schemathesis':>14}")
    for group in sizes:
        print(f"{group:20}{sizes[group]:>8}{hits['ours', group]:>8}{hits['schemathesis', group]:>14}")
    totals = {who: sum(hits[who, group] for group in sizes) for who in ("ours", "schemathesis")}
    print(f"{'all':20}{sizes.total():>8}{totals['ours']:>8}{totals['schemathesis']:>14}")
    print(f"seconds: ours {seconds['ours']:.0f}, schemathesis {seconds['schemathesis']:.0f}")
    print("\n".join(["alarms of services without a fault:", *alarms] if alarms else ["no alarms"]))
    return int(any(alarm.startswith("ours") for alarm in alarms) or totals["ours"] < sizes.total())


if __name__ == "__main__":
    raise SystemExit(main())
