"""How many seeded faults do checkers of documents find, and at the right line?

    python -m bench.faults [FOLDER …] [--documents N] [--peers spectral,redocly,…] [--kinds]

Each kind of fault (``tests.faults``) is put into up to N documents of a folder (Swagger 2.0 and OpenAPI 3; ``spec`` by
default); the faults that have a right twin are small documents. A fault counts as found if a checker reports something
that it does not report for the document without the fault, and as placed if that is on a line of the fault. It is an
alarm if the rule that places it reports the right document, too. Lines are looked up for peers that report pointers;
a checker that reports neither (swagger-spec-validator) is credited with the line of whatever it finds.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from openconnectors.engine.documents import document
from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.errors import InvalidDocument
from openconnectors.engine.lint import Settings, validate
from tests.faults import Case, seeded, sources_below, twins

Reported = tuple[str, int, str]
"""The name of a file, a line (0 if unknown, -1 if the peer reports no lines), and the text, which begins with the id of
the rule."""

Findings = dict[str, set[Reported]]
"""What is reported about each document, by its path below the folder of all."""


def _ours(folder: Path, cases: list[Case]) -> Findings:
    findings: Findings = {}
    for case in cases:
        twin = str(Path(case.before).with_name(Path(case.properties).name)) if case.properties else ""
        twin = twin if (folder / twin).is_file() else ""
        for file, properties in ((case.file, case.properties), (case.before, twin)):
            if file not in findings:
                beside = folder / properties if properties else None
                diagnostics = validate(folder / file, beside, Settings(profile=case.profile))
                findings[file] = {
                    (Path(finding.file).name, finding.line, f"{finding.rule} {finding.message}")
                    for finding in diagnostics
                }
    return findings


def _spec_validator(folder: Path, cases: list[Case]) -> Findings:
    from openapi_spec_validator import OpenAPIV2SpecValidator, OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

    findings: Findings = {}
    for name in _names(cases):
        file, problems = folder / name, findings.setdefault(name, set())
        try:
            root = json.loads(file.read_text("utf-8"))
            row = OpenAPIV2SpecValidator if "swagger" in root else OpenAPIV30SpecValidator
            row = OpenAPIV31SpecValidator if str(root.get("openapi", "")).startswith("3.1") else row
            parsed = document.read(file)
            for error in row(root).iter_errors():
                steps = list(getattr(error, "absolute_path", None) or [])
                line, _ = parsed.position("".join(f"/{escape(step)}" for step in steps))
                problems.add((file.name, line, str(error)[:200]))
        except json.JSONDecodeError as error:
            problems.add((file.name, error.lineno, error.msg))
        except Exception as error:  # noqa: BLE001 - what a peer raises is what it finds
            problems.add((file.name, 0, f"{type(error).__name__} {str(error)[:200]}"))
    return findings


def _swagger_validator(folder: Path, cases: list[Case]) -> Findings:
    from swagger_spec_validator.validator20 import validate_spec

    findings: Findings = {}
    for name in _names(cases):
        file, problems = folder / name, findings.setdefault(name, set())
        try:
            root = json.loads(file.read_text("utf-8"))
            if "openapi" not in root:
                validate_spec(root, file.as_uri())
        except json.JSONDecodeError as error:
            problems.add((file.name, error.lineno, error.msg))
        except Exception as error:  # noqa: BLE001
            problems.add((file.name, -1, f"{type(error).__name__} {str(error)[:300]}"))
    return findings


def _names(cases: list[Case]) -> list[str]:
    return sorted({name for case in cases for name in (case.file, case.before)})


def node_program(name: str) -> str:
    """The path of a peer's program that npm installed."""
    installed = Path(__file__).resolve().parent.parent / ".peers" / "node_modules" / ".bin" / name
    program = str(installed) if installed.exists() else shutil.which(name)
    if program is None:
        raise FileNotFoundError(f"{name} is not installed; make faults installs it")
    return program


def _spectral(folder: Path, cases: list[Case]) -> Findings:
    (folder / "rules.yaml").write_text('extends: ["spectral:oas"]\n')
    findings: Findings = {name: set() for name in _names(cases)}
    done = subprocess.run(
        [node_program("spectral"), "lint", "-r", str(folder / "rules.yaml"), "-f", "json", "-q",
         "--ignore-unknown-format", *(str(folder / name) for name in findings)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    for result in json.loads(done.stdout or "[]"):
        source, line = Path(result["source"]), result["range"]["start"]["line"] + 1
        name = source.relative_to(folder).as_posix()
        findings[name].add((source.name, line, f"{result['code']} {result['message']}"))
    return findings


def _redocly(folder: Path, cases: list[Case]) -> Findings:
    (folder / "redocly.yaml").write_text("extends: [recommended-strict]\n")
    findings: Findings = {name: set() for name in _names(cases)}
    parsed: dict[str, Any] = {}
    for problem in _linted(folder, sorted(findings)):
        for place in problem["location"]:
            name = Path(place["source"]["ref"]).as_posix()
            line = place.get("start", {}).get("line")
            if line is None:
                if name not in parsed:
                    try:
                        parsed[name] = document.read(folder / name)
                    except InvalidDocument:
                        parsed[name] = None
                pointer = str(place.get("pointer", "")).removeprefix("#").rstrip("/")
                line = parsed[name].position(pointer, key=bool(place.get("reportOnKey")))[0] if parsed[name] else 0
            reported = (Path(name).name, line, f"{problem['ruleId']} {problem['message']}")
            findings.setdefault(name, set()).add(reported)
    return findings


def _linted(folder: Path, names: list[str]) -> list[Any]:
    """The problems of files; if a file stops the program, each half of them is tried."""
    done = subprocess.run(
        [node_program("redocly"), "lint", "--config", "redocly.yaml", "--format", "json", "--max-problems",
         "100000", *names],
        capture_output=True, text=True, check=False, cwd=folder,
    )  # fmt: skip
    reports = list(_reports(done.stdout))
    if len(reports) >= len(names):
        return [problem for report in reports for problem in report["problems"]]
    if len(names) == 1:
        message = " ".join(done.stderr.split())
        line = int(match[1]) if (match := re.search(r":(\d+):\d+", message)) else 0
        place = {"source": {"ref": names[0]}, "start": {"line": line}}
        return [{"ruleId": "stopped", "message": message[:200], "location": [place]}]
    half = len(names) // 2
    return [*_linted(folder, names[:half]), *_linted(folder, names[half:])]


def _reports(text: str) -> Iterator[Any]:
    """The JSON texts that follow one another in an output, one for each document."""
    decoder = json.JSONDecoder()
    at = text.find("{")
    while at >= 0:
        report, end = decoder.raw_decode(text, at)
        yield report
        at = text.find("{", end)


CHECKERS: Mapping[str, Callable[[Path, list[Case]], Findings]] = {
    "ours": _ours,
    "openapi-spec-validator": _spec_validator,
    "swagger-spec-validator": _swagger_validator,
    "spectral": _spectral,
    "redocly": _redocly,
}


class Verdict(NamedTuple):
    """Whether a fault is reported at all, whether at its line, and whether the same rule reports the right document."""

    reported: bool
    placed: bool
    alarm: bool


def judged(cases: list[Case], findings: Findings) -> dict[str, list[Verdict]]:
    """By kind: the verdicts of its cases."""
    verdicts: dict[str, list[Verdict]] = defaultdict(list)
    for case in cases:
        before = Counter(text for _, _, text in findings.get(case.before, ()))
        usual = {re.sub(r"\d+", "", text) for text in before}
        seen: Counter[str] = Counter()
        fresh = set()
        for name, line, text in sorted(findings.get(case.file, ())):
            seen[text] += 1
            if re.sub(r"\d+", "", text) not in usual or seen[text] > before[text]:
                fresh.add((name, line, text))
        placed = {text for name, line, text in fresh if (name, line) in case.places or line == -1}
        rules = {text.split(" ")[0] for text in placed}
        alarm = bool(rules) and rules <= {text.split(" ")[0] for text in before}
        verdicts[case.kind].append(Verdict(bool(fresh), bool(placed), alarm))
    return verdicts


def main(arguments: list[str] | None = None) -> int:
    """Return 0 if ours finds every kind at its line, else 1."""
    parser = argparse.ArgumentParser(prog="python -m bench.faults")
    parser.add_argument("folder", type=Path, nargs="*", default=[Path("spec")])
    parser.add_argument("--documents", type=int, default=3, help="documents for each kind of fault")
    parser.add_argument("--peers", default=",".join(CHECKERS), help="checkers, separated by commas")
    parser.add_argument("--kinds", action="store_true", help="print a row for every kind")
    options = parser.parse_args(arguments)
    sources = [path for folder in options.folder for path in sources_below(folder, 12)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cases = [*seeded(sources, folder, options.documents), *twins(folder)]
        results, seconds = {}, {}
        for checker in options.peers.split(","):
            started = time.perf_counter()
            try:
                results[checker] = judged(cases, CHECKERS[checker](folder, cases))
            except (ImportError, FileNotFoundError, json.JSONDecodeError) as error:
                print(f"{checker} is left out: {error}", file=sys.stderr)
                continue
            seconds[checker] = time.perf_counter() - started
    return _print(cases, results, seconds, len(sources), options.kinds)


def _print(
    cases: list[Case],
    results: dict[str, dict[str, list[Verdict]]],
    seconds: dict[str, float],
    sources: int,
    every: bool,
) -> int:
    kinds = list(dict.fromkeys(case.kind for case in cases))
    beside = {case.kind for case in cases if case.properties}
    if every:
        print(f"{'kind':56}" + "".join(f"{name[:12]:>14}" for name in results))
        for kind in kinds:
            print(f"{kind[:56]:56}" + "".join(f"{_counted(result[kind]):>14}" for result in results.values()))
        print("\n(placed of all, found in brackets)\n")
    print(f"{len(kinds)} kinds of faults, {len(cases)} faulty documents; {sources} published right ones, and twins\n")
    print(f"{'checker':26}{'found':>10}{'at its line':>13}{'of a document':>15}{'alarms':>8}{'seconds':>9}")
    for name, result in results.items():
        flat = [verdict for kind in kinds for verdict in result[kind]]
        documents_only = [verdict for kind in kinds if kind not in beside for verdict in result[kind]]
        print(
            f"{name:26}{sum(v.reported for v in flat) / len(flat):>10.1%}"
            f"{sum(v.placed for v in flat) / len(flat):>13.1%}"
            f"{sum(v.placed for v in documents_only) / len(documents_only):>15.1%}"
            f"{sum(v.alarm for v in flat):>8}{seconds[name]:>9.1f}"
        )
    ours = results.get("ours", {})
    missed = [kind for kind, verdicts in ours.items() if not all(v.placed and not v.alarm for v in verdicts)]
    if missed:
        print(f"\nnot placed by ours in every document, or an alarm: {', '.join(missed)}")
    return int(bool(missed))


def _counted(verdicts: list[Verdict]) -> str:
    return f"{sum(v.placed for v in verdicts)}/{len(verdicts)} ({sum(v.reported for v in verdicts)})"


if __name__ == "__main__":
    raise SystemExit(main())
