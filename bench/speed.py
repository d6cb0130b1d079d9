"""Measure the time that checking documents takes, by ours, Spectral and Redocly: whole commands, in turn, the best of
some rounds.

    python -m bench.speed [FOLDER …] [--rounds N]

One document of each of some sizes (the nearest below the folders), the largest, and a hundred documents in one call.
Ratios are to ours.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.faults import node_program
from openconnectors import registry
from openconnectors.engine.documents import document
from openconnectors.engine.errors import InvalidDocument

MEGABYTE = 1_000_000
SIZES = (10_000, 100_000, MEGABYTE)
"""Bytes of documents that are checked alone."""
MANY = 100


def ours(folder: Path, files: list[str]) -> list[str]:
    """The command of ours."""
    program = shutil.which("connectors", path=str(Path(sys.executable).parent)) or "connectors"
    return [program, "validate", "--fail-on", "never", "--format", "json", "--output", str(folder / "ours.txt"), *files]


def spectral(folder: Path, files: list[str]) -> list[str]:
    """The command of Spectral, with its rules for OpenAPI."""
    (folder / "rules.yaml").write_text('extends: ["spectral:oas"]\n')
    return [
        node_program("spectral"),
        "lint",
        "-q",
        "-r",
        str(folder / "rules.yaml"),
        "-f",
        "json",
        "--fail-severity",
        "error",
        *files,
    ]


def redocly(folder: Path, files: list[str]) -> list[str]:
    """The command of Redocly, with its recommended rules."""
    (folder / "redocly.yaml").write_text("extends: [recommended]\n")
    return [node_program("redocly"), "lint", "--config", str(folder / "redocly.yaml"), "--format", "json", *files]


COMMANDS: dict[str, Callable[[Path, list[str]], list[str]]] = {"ours": ours, "spectral": spectral, "redocly": redocly}


def documents(folders: list[Path]) -> list[tuple[int, Path]]:
    """The documents below folders that can be parsed, with their sizes in bytes, by size."""
    sized = []
    for folder in folders:
        for entry in registry.below(folder):
            try:
                json.loads(json.dumps(document.read(entry.document, tolerant=True).root))
            except (InvalidDocument, ValueError):
                continue
            sized.append((entry.document.stat().st_size, entry.document))
    return sorted(sized)


def chosen(known: list[tuple[int, Path]]) -> list[list[Path]]:
    """The lists of documents to check in one call: one of about each size, the largest, and many."""
    ones = [min(known, key=lambda item: abs(item[0] - size))[1] for size in SIZES]
    step = max(1, len(known) // MANY)
    return [*([path] for path in dict.fromkeys([*ones, known[-1][1]])), [path for _, path in known][::step][:MANY]]


def main(arguments: list[str] | None = None) -> int:
    """Return 0 if ours is the fastest at each, else 1."""
    parser = argparse.ArgumentParser(prog="python -m bench.speed")
    parser.add_argument("folders", type=Path, nargs="*", default=[Path("spec")])
    parser.add_argument("--rounds", type=int, default=3, help="runs, of which the fastest counts")
    options = parser.parse_args(arguments)
    fastest = True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for sources in chosen(documents(options.folders)):
            files = []
            for index, source in enumerate(sources):
                root = document.read(source, tolerant=True).root
                files.append(str(folder / f"{index:03}.json"))
                Path(files[-1]).write_text(json.dumps(root, indent=2), "utf-8")
            size = sum(Path(file).stat().st_size for file in files) / MEGABYTE
            print(f"{len(files)} document{'s in one call' if len(files) > 1 else ''}, {size:.2f} MB")
            best: dict[str, float] = {}
            for _ in range(options.rounds):
                for who, make in COMMANDS.items():
                    try:
                        command = make(folder, files)
                    except FileNotFoundError as error:
                        print(f"  {who} is left out: {error}", file=sys.stderr)
                        continue
                    started = time.perf_counter()
                    subprocess.run(command, capture_output=True, check=False, cwd=folder)
                    best[who] = min(best.get(who, 1e9), time.perf_counter() - started)
            for who, seconds in best.items():
                print(f"  {who:10}{seconds:>8.2f} s{seconds / best['ours']:>8.1f} ×", flush=True)
            fastest = fastest and min(best, key=lambda who: best[who]) == "ours"
    return int(not fastest)


if __name__ == "__main__":
    raise SystemExit(main())
