"""How many seeded faults do checkers of documents find, and at the right line?

    python -m bench.faults [FOLDER …] [--documents N] [--peers spectral,redocly,…] [--kinds]

Each kind of fault (``tests.faults``) is put into up to N documents of a folder (Swagger 2.0 and OpenAPI 3; ``spec`` by
default). A fault counts as found if a checker reports something that it does not report for the document without the
fault, and as placed if that is on a line of the fault. Lines are looked up for peers that report pointers; one that
reports neither (swagger-spec-validator) is credited with the line of whatever it finds.
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
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from openconnectors.engine.documents import document
from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.errors import InvalidDocument
from openconnectors.engine.lint import Settings, validate
from tests.faults import Case, seeded, sources_below

Findings = dict[str, set[tuple[int, str]]]
"""By file: lines (0 if unknown, -1 if the peer reports no lines) and texts of findings."""


def _ours(folder: Path) -> Findings:
    findings: Findings = {}
    settings = Settings()
    for file in sorted(folder.glob("*.json")):
        if file.name.endswith(".properties.json"):
            continue
        beside = file.with_name(file.name.replace(".json", ".properties.json"))
        diagnostics = validate(file, beside if beside.is_file() else None, settings)
        findings[file.name] = {(finding.line, f"{finding.rule} {finding.message}") for finding in diagnostics}
    return findings


def _spec_validator(folder: Path) -> Findings:
    from openapi_spec_validator import OpenAPIV2SpecValidator, OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

    findings: Findings = {}
    for file in _files(folder):
        problems = findings[file.name] = set()
        try:
            root = json.loads(file.read_text("utf-8"))
            row = OpenAPIV2SpecValidator if "swagger" in root else OpenAPIV30SpecValidator
            row = OpenAPIV31SpecValidator if str(root.get("openapi", "")).startswith("3.1") else row
            parsed = document.read(file)
            for error in row(root).iter_errors():
                steps = list(getattr(error, "absolute_path", None) or [])
                line, _ = parsed.position("".join(f"/{escape(step)}" for step in steps))
                problems.add((line, str(error)[:200]))
        except json.JSONDecodeError as error:
            problems.add((error.lineno, error.msg))
        except Exception as error:  # noqa: BLE001 - what a peer raises is what it finds
            problems.add((0, f"{type(error).__name__} {str(error)[:200]}"))
    return findings


def _swagger_validator(folder: Path) -> Findings:
    from swagger_spec_validator.validator20 import validate_spec

    findings: Findings = {}
    for file in _files(folder):
        problems = findings[file.name] = set()
        try:
            root = json.loads(file.read_text("utf-8"))
            if "openapi" not in root:
                validate_spec(root, file.as_uri())
        except json.JSONDecodeError as error:
            problems.add((error.lineno, error.msg))
        except Exception as error:  # noqa: BLE001
            problems.add((-1, f"{type(error).__name__} {str(error)[:300]}"))
    return findings


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.glob("*.json")) if not path.name.endswith(".properties.json"))


def node_program(name: str) -> str:
    """The path of a peer's program that npm installed."""
    installed = Path(__file__).resolve().parent.parent / ".peers" / "node_modules" / ".bin" / name
    program = str(installed) if installed.exists() else shutil.which(name)
    if program is None:
        raise FileNotFoundError(f"{name} is not installed; make faults installs it")
    return program


def _spectral(folder: Path) -> Findings:
    (folder / "rules.yaml").write_text('extends: ["spectral:oas"]\n')
    files = [str(path) for path in _files(folder)]
    done = subprocess.run(
        [node_program("spectral"), "lint", "-r", str(folder / "rules.yaml"), "-f", "json", "-q",
         "--ignore-unknown-format", *files],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    findings: Findings = {Path(file).name: set() for file in files}
    for result in json.loads(done.stdout or "[]"):
        line = result["range"]["start"]["line"] + 1
        findings[Path(result["source"]).name].add((line, f"{result['code']} {result['message']}"))
    return findings


def _redocly(folder: Path) -> Findings:
    (folder / "redocly.yaml").write_text("extends: [recommended]\n")
    findings: Findings = {path.name: set() for path in _files(folder)}
    parsed: dict[str, Any] = {}
    for problem in _linted(folder, sorted(findings)):
        for place in problem["location"]:
            name = Path(place["source"]["ref"]).name
            line = place.get("start", {}).get("line")
            if line is None:
                if name not in parsed:
                    try:
                        parsed[name] = document.read(folder / name)
                    except InvalidDocument:
                        parsed[name] = None
                pointer = str(place.get("pointer", "")).removeprefix("#").rstrip("/")
                line = parsed[name].position(pointer, key=bool(place.get("reportOnKey")))[0] if parsed[name] else 0
            findings.setdefault(name, set()).add((line, f"{problem['ruleId']} {problem['message']}"))
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


CHECKERS: Mapping[str, Callable[[Path], Findings]] = {
    "ours": _ours,
    "openapi-spec-validator": _spec_validator,
    "swagger-spec-validator": _swagger_validator,
    "spectral": _spectral,
    "redocly": _redocly,
}


def judged(cases: list[Case], findings: Findings) -> dict[str, list[tuple[bool, bool]]]:
    """By kind: for each of its cases, whether it is found, and whether on the right line."""
    verdicts: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for case in cases:
        usual = {re.sub(r"\d+", "", text) for _, text in findings.get(case.before, ())}
        counted = defaultdict(int)
        for _, text in findings.get(case.before, ()):
            counted[text] += 1
        new = set()
        seen: dict[str, int] = defaultdict(int)
        for line, text in sorted(findings.get(case.file, ())):
            seen[text] += 1
            if text not in counted or line in case.lines or seen[text] > counted[text]:
                new.add((line, text))
        fresh = {
            (line, text) for line, text in new if re.sub(r"\d+", "", text) not in usual or seen[text] > counted[text]
        }
        placed = any(line in case.lines or line == -1 for line, _ in fresh)
        verdicts[case.kind].append((bool(fresh), placed))
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
        cases = seeded(sources, folder, options.documents)
        results, seconds = {}, {}
        for checker in options.peers.split(","):
            started = time.perf_counter()
            try:
                results[checker] = judged(cases, CHECKERS[checker](folder))
            except (ImportError, FileNotFoundError, json.JSONDecodeError) as error:
                print(f"{checker} is left out: {error}", file=sys.stderr)
                continue
            seconds[checker] = time.perf_counter() - started
    return _print(cases, results, seconds, len(sources), options.kinds)


def _print(cases: list[Case], results: dict[str, Any], seconds: dict[str, float], sources: int, every: bool) -> int:
    kinds = list(dict.fromkeys(case.kind for case in cases))
    beside = {case.kind for case in cases if case.beside}
    if every:
        print(f"{'kind':48}" + "".join(f"{name[:12]:>14}" for name in results))
        for kind in kinds:
            row = "".join(
                f"{sum(p for _, p in result[kind])}/{len(result[kind])} ({sum(f for f, _ in result[kind])})".rjust(14)
                for result in results.values()
            )
            print(f"{kind[:48]:48}{row}")
        print("\n(placed of all, found in brackets)\n")
    print(f"{len(kinds)} kinds of faults, {len(cases)} faulty documents made of {sources} right ones\n")
    print(f"{'checker':26}{'found':>10}{'at its line':>13}{'of a document':>15}{'seconds':>9}")
    whole = True
    for name, result in results.items():
        flat = [verdict for kind in kinds for verdict in result[kind]]
        documents_only = [verdict for kind in kinds if kind not in beside for verdict in result[kind]]
        placed = sum(p for _, p in flat) / len(flat)
        print(
            f"{name:26}{sum(f for f, _ in flat) / len(flat):>10.1%}{placed:>13.1%}"
            f"{sum(p for _, p in documents_only) / len(documents_only):>15.1%}{seconds[name]:>9.1f}"
        )
        whole = whole and (name != "ours" or placed == 1.0)
    if "ours" in results:
        missed = [kind for kind in kinds if not all(p for _, p in results["ours"][kind])]
        if missed:
            print(f"\nnot placed by ours in every document: {', '.join(missed)}")
    return 0 if whole else 1


if __name__ == "__main__":
    raise SystemExit(main())
