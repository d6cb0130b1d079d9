"""Run the judges over every way that a call can go: each transport, both faces.

    python -m tests.judges [--ways NAME …] [--judges NAME …] [--short] [--shared FOLDER]

A judge is a program that was written without a look at this project: services that answer wrongly, hostile documents,
cases from the field, the servers of AutoRest and TypeSpec. Each runs once for each way, in processes of its own, and a
row says how many of its cases hold. What fails on some way and holds on another is printed; a case that fails on all is
counted. ``--short`` takes a part of each. The status is 1 if the ways differ.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from tests.conformance import server as autorest
from tests.conformance3 import server as typespec
from tests.ways import WAYS

ROOT = Path(__file__).resolve().parents[2]
Outcome = tuple[int, dict[str, str]]
"""The number of cases, and why those that fail do, by name."""


class Judge(NamedTuple):
    """How a judge is run: the arguments of Python, with ``{shared}`` and ``{out}``; those that shorten it; how its
    output (the file ``{out}``, or what it printed) is read; what must be there."""

    command: str
    short: str
    read: Callable[[Path, str], Outcome]
    is_there: Callable[[Path], bool] = lambda shared: shared.is_dir()


def _verdicts(name: str) -> Callable[[Path, str], Outcome]:
    def read(out: Path, printed: str) -> Outcome:
        rows = [row for row in json.loads(out.read_text("utf-8")) if row["verdict"] != "n/a"]
        wrong = {
            f"{row.get('adapter', '')} {row[name]}".strip(): f"{row['verdict']}: {'; '.join(row['why'])}"
            for row in rows
            if row["verdict"] != "safe"
        }
        return len(rows), wrong

    return read


def _results(out: Path, printed: str) -> Outcome:
    rows = json.loads(out.read_text("utf-8"))["results"]
    return len(rows), {
        f"{row.get('version', row.get('file'))} {row['id']}": str(row["reason"]) for row in rows if not row["passed"]
    }


def _lines(pattern: str) -> Callable[[Path, str], Outcome]:
    """Reads lines ``name: reason``, and the number of cases by a pattern."""

    def read(out: Path, printed: str) -> Outcome:
        counts = [int(count) for count in re.findall(pattern, printed, re.MULTILINE)]
        lines = re.findall(r"^(?:WRONG )?(\S[^:]*): (.*)$", printed, re.MULTILINE)
        return sum(counts), dict(lines)

    return read


JUDGES: Mapping[str, Judge] = {
    "faults": Judge(
        "{shared}/faults/probe.py --adapters tests/judges/faults_adapter.py --adapter lenient --adapter strict "
        "--group A --jobs 2 --out {out}",
        "--fault reset-mid-body --fault post-reset-after-commit --fault redirect-other-host --fault xml-truncated",
        _verdicts("fault"),
    ),
    "hostile": Judge(
        "tests/judges/hostile.py {shared}/faults --peer bravado --jobs 2 --out {out}",
        "--case control-json --case control-query --case arg-header-crlf --case secret-debug-log",
        _verdicts("case"),
    ),
    "field": Judge("{shared}/field/run.py -j 2", "-k call_0", _lines(r"of (\d+) cases")),
    "wire3": Judge(
        "{shared}/wire3/run.py --adapter adapter:Adapter --path tests/conformance3 --json {out} -q",
        "--versions 3.1",
        _results,
    ),
    "autorest": Judge(
        "-m tests.conformance",
        "--only header httpInfrastructure body-complex paging lro url",
        _lines(r"^\d+ of (\d+) cases"),
        lambda shared: autorest.installed() is not None,
    ),
    "typespec": Judge(
        "-m tests.conformance3",
        "--versions 3.1",
        _lines(r"^3\.\d +\S+ +(\d+)"),
        lambda shared: typespec.installed() is not None,
    ),
}
"""The judges by name."""


def run(judge: Judge, way: str, shared: Path, short: bool) -> Outcome:
    """The outcome of a judge on a way."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out.json")
        words = f"{judge.command} {judge.short if short else ''}".split()
        command = [word.format(shared=shared, out=out) for word in words]
        path = os.pathsep.join((str(ROOT / "tests/judges/start"), str(ROOT)))
        done = subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": path, "CONNECTORS_WAY": way},
            capture_output=True,
            text=True,
            check=False,
        )
        try:
            return judge.read(out, done.stdout)
        except (OSError, ValueError, KeyError):
            return 0, {"all": (done.stderr.strip() or done.stdout.strip() or "printed nothing").splitlines()[-1]}


def main(arguments: list[str] | None = None) -> int:
    """Return 0 if every judge says the same of all ways."""
    parser = argparse.ArgumentParser(prog="python -m tests.judges")
    parser.add_argument("--ways", nargs="*", default=list(WAYS), choices=WAYS)
    parser.add_argument("--judges", nargs="*", default=list(JUDGES), choices=JUDGES)
    parser.add_argument("--short", action="store_true", help="a part of each judge's cases")
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared", help="the folder of the judges")
    options = parser.parse_args(arguments)
    differs = False
    print(f"{'judge':10}" + "".join(f"{way:>14}" for way in options.ways), flush=True)
    for name in options.judges:
        judge = JUDGES[name]
        if not judge.is_there(options.shared):
            print(f"{name:10} is not here")
            continue
        print(f"{name:10}", end="", flush=True)
        outcomes: dict[str, Outcome] = {}
        for way in options.ways:
            count, wrong = outcomes[way] = run(judge, way, options.shared, options.short)
            print(f"{f'{count - len(wrong)} of {count}':>14}", end="", flush=True)
        print()
        differs |= _print_differences({way: wrong for way, (_, wrong) in outcomes.items()})
    return int(differs)


def _print_differences(wrong: Mapping[str, Mapping[str, str]]) -> bool:
    """Print the cases that fail on some ways only, with the reason on each."""
    cases = sorted({case for reasons in wrong.values() for case in reasons})
    differing = [case for case in cases if any(case not in reasons for reasons in wrong.values())]
    for case in differing:
        for way, reasons in wrong.items():
            if case in reasons:
                print(f"    {way}: {case}: {reasons[case]:.300}")
    return bool(differing)


if __name__ == "__main__":
    raise SystemExit(main())
