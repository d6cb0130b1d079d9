"""Instructions of calls and starts, counted by valgrind: unlike times they do not move with the load of the machine.

A call is counted by difference: two runs that differ only in the number of its calls, so that start and compilation
fall out. Hashes are seeded and the garbage collector leaves alone what was there before, so that two counts of the
same code differ by less than one in a thousand. The server, a process of its own, is not counted; nor is the kernel.
"""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench import starts
from bench.server import Address

BASELINE = Path(__file__).with_name("baseline.json")
LIMIT = 1.10
"""How much more than the baseline a count may be."""

Counts = dict[str, dict[str, int]]
"""Instructions by client and call."""

CALLS: Mapping[str, int] = {"send": 100, "get": 100, "list50": 30, "list1000": 3, "get_xml": 50, "list50_xml": 10}
"""How many calls the longer run makes more; both make half as many first, so that everything is compiled."""
SHORT: Mapping[str, tuple[str, ...]] = {"ours": ("send", "list50", "list50_xml"), "ours, async": ("send",)}
"""What is compared in a shortened comparison: a change that costs shows in one of these."""
WHOLE: Mapping[str, tuple[str, ...]] = {"ours": tuple(CALLS), "ours, TLS": ("send",), "ours, async": ("send", "list50")}
PEERS: Mapping[str, tuple[str, ...]] = {
    "urllib3": ("send", "get", "list50", "list1000"),
    "urllib3, TLS": ("send",),
    "requests": ("send", "get", "list50", "list1000"),
    "http.client": ("send",),
    "aiohttp": ("send", "list50"),
    "json.loads": ("list50", "list1000"),
}
STARTS = ("ours", "urllib3", "requests")
START = "start"
"""The name of the count of a whole process with one call."""


def available() -> bool:
    """Whether instructions can be counted here."""
    return shutil.which("valgrind") is not None


def interpreter(client: str, peers: str) -> str:
    """The interpreter that a client runs in: this one, or that of the environment with the peers."""
    return sys.executable if client.startswith(("ours", "json", "yaml")) else peers


def counted(command: Sequence[str], lines: str = "") -> int:
    """Instructions of a command with these lines as its input."""
    tool = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
    process = subprocess.run(
        [*tool, *command], input=lines, capture_output=True, text=True, env=starts.environment(), check=False
    )
    count = re.search(r"I\s+refs:\s+([\d,]+)", process.stderr)
    if process.returncode != 0 or count is None:
        raise starts.Failed(starts.last_line(process.stderr, "==") or "valgrind did not count")
    return int(count[1].replace(",", ""))


def of_calls(python: str, client: str, names: Sequence[str], address: Address) -> dict[str, int]:
    """Instructions of each call of a client; a client's name may end with ", TLS"."""
    name, tls = client.removesuffix(", TLS"), client.endswith(", TLS")
    place = [address.tls, address.certificate] if tls else [address.plain]
    command = [python, "-W", "ignore", "-m", "bench.worker", name, *place]

    def lines(longer: str | None) -> str:
        counts = {name: CALLS[name] // 2 + (CALLS[name] if name == longer else 0) for name in names}
        return "".join(json.dumps([name, count, 1]) + "\n" for name, count in counts.items())

    for _ in range(2):  # fills the caches of modules and of operations: a process keeps some of what it lowers at once
        starts.started(command, lines(None))
    least = counted(command, lines(None))
    return {name: (counted(command, lines(name)) - least) // CALLS[name] for name in names}


def of_start(python: str, client: str, address: Address) -> int:
    """Instructions of a process that imports a client and calls once, less those of the interpreter alone."""
    command = [python, "-W", "ignore", "-c"]
    starts.started([*command, starts.program(client, address.plain)])  # fills the caches
    return counted([*command, starts.program(client, address.plain)]) - counted([*command, "pass"])


def measure(which: Mapping[str, Sequence[str]], begin: Sequence[str], peers: str, address: Address) -> Counts:
    """The counts of clients, and of their starts; clients that cannot be run are left out with a line."""
    counts: Counts = {}
    for client in dict.fromkeys([*which, *begin]):
        python = interpreter(client, peers)
        try:
            row = of_calls(python, client, which[client], address) if client in which else {}
            if client in begin:
                row[START] = of_start(python, client, address)
        except starts.Failed as error:
            print(f"{client} is left out: {error}", file=sys.stderr)
            continue
        counts[client] = row
    return counts


def place() -> dict[str, str]:
    """What a count holds for: another interpreter or processor has others."""
    return {"python": f"{platform.python_implementation()} {platform.python_version()}", "machine": platform.machine()}


def save(counts: Counts) -> None:
    """Write the baseline."""
    BASELINE.write_text(json.dumps(place() | {"counts": counts}, indent=1) + "\n", "utf-8")


def compare(counts: Counts) -> int:
    """Print counts beside the baseline's; 1 if one is a tenth above it, else 0."""
    baseline = json.loads(BASELINE.read_text("utf-8"))
    where = {name: baseline[name] for name in place()}
    if where != place():
        print(f"not compared: the baseline is of {where}, this is {place()}")
        return 0
    worse = 0
    for client, row in counts.items():
        for name, count in row.items():
            before = baseline["counts"].get(client, {}).get(name)
            if before is None:
                print(f"{client:14} {name:12} {count:>12,} not in the baseline")
                continue
            ratio = count / before
            worse += ratio > LIMIT
            verdict = f"more than {LIMIT:g} times the baseline" if ratio > LIMIT else ""
            print(f"{client:14} {name:12} {count:>12,} {before:>12,} {ratio:>7.3f} {verdict}".rstrip())
    if worse:
        print(
            f"{worse} of these cost more instructions than bench/baseline.json has; if that is meant, --save writes it"
        )
    return int(worse > 0)
