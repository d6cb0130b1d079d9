"""Measure calls of ours beside those of other clients, in one run: CPU time, instructions, memory, starts, documents.

    python -m bench.calls [--peers PYTHON] [--rounds N] [--only PART …] [--corpus FOLDER] [--page FILE]
    python -m bench.calls --compare [--short] | --save

Every client is a process of its own, and all call one server in another process. They are measured in turns, and what
counts is the median over the rounds, so that the load of the machine falls on all alike: read the ratios. PYTHON is the
interpreter of an environment with the peers (``make bench`` makes one). ``--compare`` counts instructions alone and
fails if one is a tenth above bench/baseline.json, which ``--save`` writes.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench import catalogue, documents, instructions, page, starts
from bench.clients import AWAITED, BLOCKING, WITHOUT_TLS
from bench.server import Address, running

SLICE = 0.02
"""Seconds of CPU of one measurement: long beside the clock's steps, short beside the changes of load."""
FEW = 5
"""Rounds of what takes long: whole processes and large documents."""
THREADS = 32
TASKS = (1, 100, 1000)
THREADED = ("ours", "urllib3", "requests", "httpx2")
ROOT = Path(__file__).resolve().parent.parent
PARTS = ("calls", "tls", "threads", "async", "starts", "commands", "documents", "corpus", "instructions")


class Client:
    """A client in a process of its own."""

    def __init__(self, name: str, python: str, address: Address, tls: bool) -> None:
        self.name = name
        place = [address.tls, address.certificate] if tls else [address.plain]
        self._process = subprocess.Popen(
            [python, "-W", "ignore", "-m", "bench.worker", name, *place],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=starts.environment(),
        )
        self.calls: list[str] = self._read()["calls"]
        self._counts: dict[tuple[str, int], int] = {}

    def _read(self) -> Any:
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        line = self._process.stdout.readline()
        if not line:
            raise starts.Failed(starts.last_line(self._process.stderr.read()))
        return json.loads(line)

    def measure(self, call: str, count: int, width: int = 1) -> tuple[float, float]:
        """Seconds of CPU and of the clock that so many calls take, made by so many threads or tasks."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([call, count, width]) + "\n")
        self._process.stdin.flush()
        cpu, clock = self._read()
        return cpu, clock

    def slice(self, call: str, width: int = 1) -> tuple[float, float]:
        """Seconds of CPU and of the clock per call, over as many calls as take a slice of time."""
        if (call, width) not in self._counts:
            first = 3 * width
            cpu = max(self.measure(call, first, width)[0] / first, 1e-6)
            each = max(1, round(SLICE * (1 if width == 1 else 5) / cpu / width))
            self._counts[call, width] = each * width
        count = self._counts[call, width]
        cpu, clock = self.measure(call, count, width)
        return cpu / count, clock / count

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


class Bench:
    """Measurements with one server and one environment of peers."""

    def __init__(self, address: Address, peers: str, rounds: int, corpus: Path | None) -> None:
        self.address, self.peers, self.rounds, self.folder = address, peers, rounds, corpus

    def _python(self, name: str) -> str:
        """The interpreter of a client."""
        return instructions.interpreter(name, self.peers)

    def _open(self, names: Sequence[str], tls: bool = False) -> list[Client]:
        """Clients of these names that start; others are reported."""
        clients = []
        for name in names:
            try:
                clients.append(Client(name, self._python(name), self.address, tls))
            except starts.Failed as error:
                print(f"{name} is left out: {error}", file=sys.stderr)
        return clients

    def _in_turns(self, clients: Sequence[Client], calls: Sequence[str], width: int = 1) -> dict[str, dict[str, Any]]:
        """By call and client, the medians of the seconds of CPU and of the clock of a call."""
        runs: dict[tuple[str, str], list[tuple[float, float]]] = {}
        for _ in range(self.rounds):
            for call in calls:
                for client in clients:
                    if call in client.calls:
                        runs.setdefault((call, client.name), []).append(client.slice(call, width))
        rows: dict[str, dict[str, Any]] = {}
        for (call, name), pairs in runs.items():
            rows.setdefault(call, {})[name] = [statistics.median(column) for column in zip(*pairs, strict=True)]
        return rows

    def calls(self, tls: bool = False) -> dict[str, dict[str, Any]]:
        """Every call of every client that blocks."""
        names = [name for name in BLOCKING if not (tls and name in WITHOUT_TLS)]
        clients = self._open(names, tls)
        calls = ("send", "get", "list50") if tls else tuple(instructions.CALLS)
        rows = self._in_turns(clients, calls)
        for client in clients:
            client.close()
        return rows

    def threads(self) -> dict[str, Any]:
        """A client shared by many threads, sending."""
        clients = self._open(THREADED)
        rows = self._in_turns(clients, ["send"], THREADS)
        for client in clients:
            client.close()
        return rows["send"]

    def awaited(self) -> dict[str, Any]:
        """Asynchronous clients, sending, with one task to many; and a list read by one."""
        rows: dict[str, Any] = {}
        clients = self._open(list(AWAITED))
        lists = self._in_turns(clients, ["list50"])  # before there are a thousand connections
        for tasks in TASKS:
            rows[f"send, {tasks:,} at once"] = self._in_turns(clients, ["send"], tasks)["send"]
        for client in clients:
            client.close()
        return rows | lists

    def cold(self) -> dict[str, starts.Start]:
        """Cold starts: CPU seconds beyond those of the interpreter alone, and MiB at most."""
        options = ["-W", "ignore", "-c"]
        nothing = {python: [python, *options, "pass"] for python in (sys.executable, self.peers)}
        programs = {
            name: [self._python(name), *options, starts.program(name, self.address.plain)] for name in starts.PROGRAMS
        }
        rows = self._medians(nothing | programs)
        return {
            name: starts.Start(rows[name].cpu - rows[self._python(name)].cpu, rows[name].peak)
            for name in programs
            if name in rows
        }

    def commands(self) -> dict[str, starts.Start]:
        """Commands of ours."""
        return self._medians(starts.commands(ROOT))

    def _medians(self, commands: Mapping[str, list[str]]) -> dict[str, starts.Start]:
        rows, left_out = starts.medians(commands, min(self.rounds, FEW))
        _report(left_out)
        return rows

    def large(self) -> dict[str, dict[str, float]]:
        """Loading large documents."""
        rows, left_out = documents.measure(self.peers, min(self.rounds, FEW))
        _report(left_out)
        return rows

    def corpus(self) -> dict[str, catalogue.Row]:
        """Loading each tenth document of a folder: one peer takes half an hour for the published ones."""
        if self.folder is None:
            return {}
        rows, left_out = catalogue.measure(self.folder, self.peers, 1, every=10)
        _report(left_out)
        return rows

    def counts(self) -> instructions.Counts:
        """Instructions of ours and of peers."""
        if not instructions.available():
            print("instructions are left out: valgrind is not installed", file=sys.stderr)
            return {}
        which = {**instructions.WHOLE, **instructions.PEERS}
        return instructions.measure(which, instructions.STARTS, self.peers, self.address)


def _report(left_out: Mapping[str, str]) -> None:
    for name, why in left_out.items():
        print(f"{name} is left out: {why}", file=sys.stderr)


def measured(bench: Bench, parts: Sequence[str]) -> dict[str, Any]:
    """The figures of each part."""
    work: dict[str, Any] = {
        "calls": bench.calls,
        "tls": lambda: bench.calls(tls=True),
        "threads": bench.threads,
        "async": bench.awaited,
        "starts": bench.cold,
        "commands": bench.commands,
        "documents": bench.large,
        "corpus": bench.corpus,
        "instructions": bench.counts,
    }
    return {part: work[part]() for part in parts}


def against_baseline(address: Address, peers: str, short: bool, save: bool) -> int:
    """Count instructions of ours, and compare them with the baseline or write it."""
    if not instructions.available():
        print("not compared: valgrind, which counts instructions, is not installed")
        return 0
    which = instructions.SHORT if short else instructions.WHOLE
    counts = instructions.measure(which, ["ours"], peers, address)
    if save:
        instructions.save(counts)
        print(f"{instructions.BASELINE} written")
        return 0
    return instructions.compare(counts)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print what comes out, and write it if asked to; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench.calls", description=__doc__.partition("\n")[0])
    parser.add_argument("--peers", default=sys.executable, help="the interpreter of the environment with the peers")
    parser.add_argument("--rounds", type=int, default=15, help="rounds, whose median counts")
    parser.add_argument("--only", nargs="*", default=PARTS, choices=PARTS, help="parts by name")
    parser.add_argument("--corpus", type=Path, help="also load each tenth document below FOLDER")
    parser.add_argument("--json", type=Path, help="write the figures to FILE")
    parser.add_argument("--page", type=Path, help="write them as a page to FILE, with a plot beside it")
    parser.add_argument("--compare", action="store_true", help="compare instructions with the baseline, and no more")
    parser.add_argument("--save", action="store_true", help="write the baseline, and no more")
    parser.add_argument("--short", action="store_true", help="compare the most telling calls only")
    options = parser.parse_args(arguments)
    with running() as address:
        if options.compare or options.save:
            return against_baseline(address, options.peers, options.short, options.save)
        figures = measured(Bench(address, options.peers, options.rounds, options.corpus), options.only)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1), "utf-8")
    print(page.tables(figures))
    if options.page:
        page.write(options.page, figures)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
