"""``connectors diff`` on pairs of documents whose verdict is known, beside other programs.

    python -m bench.diffs [--peers FOLDER] [--wrong]

A pair ``breaks`` callers, is ``fine``, or is the ``same``. Of each program: breaks that it reports, those it reports
that are none, and pairs of the same on which it says nothing. ``--peers`` is a folder with a folder of npm for each of
openapi-diff and optic; ``--wrong`` names the pairs that ours gets wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.pairs import PAIRS, Pair, Verdict, verdict_of

Program = Callable[[Pair], Verdict | None]
"""What a program says of a pair; None if it cannot read it."""


def openapi_diff(folder: Path) -> Program:
    """The program openapi-diff: JSON after a line of text; it reads Swagger 2.0 and OpenAPI 3.0."""

    def program(pair: Pair) -> Verdict | None:
        with tempfile.TemporaryDirectory() as name:
            files = _written(Path(name), pair)
            command = [str(folder.absolute() / "openapi-diff/node_modules/.bin/openapi-diff"), *map(str, files)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        text = done.stdout
        if "{" not in text:
            return "same" if "No changes" in text else None
        result = json.loads(text[text.index("{") :])
        if result.get("breakingDifferencesFound"):
            return "breaks"
        others = result.get("nonBreakingDifferences") or result.get("unclassifiedDifferences")
        return "fine" if others else "same"

    return program


def optic(folder: Path) -> Program:
    """The program optic, without an account: its exit code with ``--check``, and the changes that it lists."""

    def program(pair: Pair) -> Verdict | None:
        with tempfile.TemporaryDirectory() as name:
            files = _written(Path(name), pair)
            command = [
                str(folder.absolute() / "optic/node_modules/.bin/optic"),
                "diff",
                *map(str, files),
                "--check",
                "--severity",
                "error",
            ]
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, cwd=name, env=_quiet(), stdin=subprocess.DEVNULL
            )
        text = done.stdout + done.stderr
        if "Operations:" not in text:
            return None
        if done.returncode == 1:
            return "breaks"
        return "same" if "No operations changed" in text and "specification details" not in text else "fine"

    return program


def _quiet() -> dict[str, str]:
    return {**os.environ, "CI": "true", "OPTIC_TELEMETRY_LEVEL": "off", "NO_COLOR": "1"}


def _written(folder: Path, pair: Pair) -> list[Path]:
    files = []
    for name, root in (("old", pair.old), ("new", pair.new)):
        path = folder / f"{name}.json"
        path.write_text(json.dumps(root, indent=1))
        files.append(path)
    return files


def figures(verdicts: Mapping[str, Verdict | None]) -> str:
    """A line of figures: breaks reported of all, right of those reported, silent pairs, pairs that are read."""
    breaks = [name for name, pair in PAIRS.items() if pair.verdict == "breaks"]
    reported = [name for name, verdict in verdicts.items() if verdict == "breaks"]
    right = [name for name in reported if PAIRS[name].verdict == "breaks"]
    same = [name for name, pair in PAIRS.items() if pair.verdict == "same"]
    silent = [name for name in same if verdicts[name] == "same"]
    read = sum(1 for verdict in verdicts.values() if verdict is not None)
    precision = len(right) / len(reported) if reported else 1.0
    return (
        f"{len(right)}/{len(breaks)} breaks ({len(right) / len(breaks):.0%}), precision {precision:.0%}, "
        f"{len(silent)}/{len(same)} silent, {read}/{len(PAIRS)} read"
    )


def main() -> int:
    """Run every program over every pair; return 1 if ours is wrong about one."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--wrong", action="store_true")
    options = parser.parse_args()
    programs: dict[str, Program] = {"ours": verdict_of}
    if options.peers is not None:
        programs |= {"openapi-diff": openapi_diff(options.peers), "optic": optic(options.peers)}
    wrong: list[str] = []
    for name, program in programs.items():
        with ThreadPoolExecutor(1 if name == "ours" else os.cpu_count()) as pool:
            verdicts = dict(zip(PAIRS, pool.map(program, PAIRS.values()), strict=True))
        print(f"{name:14}{figures(verdicts)}", flush=True)
        if name == "ours":
            wrong = [f"{pair}: {verdicts[pair]}, not {PAIRS[pair].verdict}" for pair in PAIRS
                     if verdicts[pair] != PAIRS[pair].verdict]  # fmt: skip
    if options.wrong:
        print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
