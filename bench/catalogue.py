"""Measure the loading of a whole catalogue, by ours and by peers: CPU time and peak memory, a process each.

    python -m bench.catalogue FOLDER [--peers PYTHON] [--rounds N] [--every N]

Every document below the folder is loaded and all its operations are indexed by name, in one process. A peer that
refuses a document is measured with those it loads. Ratios are to ours, in the same run; nothing is cached. PYTHON is
the interpreter of an environment with the peers (``make bench`` makes one).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from bench import starts

PROGRAMS = {
    "ours": """
from openconnectors.engine.documents import loader
from openconnectors import registry
def load(folder):
    entry = registry.entry_of(folder)
    return len(list(loader.load(entry.document, entry.properties).operations))
""",
    "bravado-core": """
import json
from bravado_core.spec import Spec
def load(folder):
    raw = json.loads((folder / "apiDefinition.swagger.json").read_bytes().decode("utf-8-sig"))
    spec = Spec.from_dict(raw, config={"validate_swagger_spec": False, "use_models": False})
    return sum(len(one.operations) for one in spec.resources.values())
""",
    "aiopenapi3": """
import json
from aiopenapi3 import OpenAPI
def load(folder):
    raw = json.loads((folder / "apiDefinition.swagger.json").read_bytes().decode("utf-8-sig"))
    api = OpenAPI("http://127.0.0.1/", raw)
    return len(list(api._.Iter(api, False)))
""",
}
LOOP = """
import json, re, sys, time
from pathlib import Path
folders = sorted(one for one in Path(sys.argv[1]).iterdir() if (one / "apiDefinition.swagger.json").is_file())
folders = folders[::int(sys.argv[2])]
loaded = operations = 0
started = time.process_time()
for one in folders:
    try:
        operations += load(one)
        loaded += 1
    except Exception:
        pass
status = Path("/proc/self/status")
peak = int(re.search(r"VmHWM:\\s*(\\d+) kB", status.read_text())[1]) // 1024 if status.exists() else 0
print(json.dumps([loaded, operations, time.process_time() - started, peak]))
"""


class Row(NamedTuple):
    """What a program loaded, and what that took: CPU seconds and MiB."""

    documents: int
    operations: int
    cpu: float
    peak: int


def measure(folder: Path, peers: str, rounds: int, every: int) -> tuple[dict[str, Row], dict[str, str]]:
    """A row for each program that runs, the fastest of its rounds; and why others are left out."""
    rows: dict[str, Row] = {}
    left_out: dict[str, str] = {}
    for name, program in PROGRAMS.items():
        python = sys.executable if name == "ours" else peers
        runs = []
        for _ in range(rounds):
            process = subprocess.run(
                [python, "-W", "ignore", "-c", program + LOOP, str(folder), str(every)],
                capture_output=True,
                text=True,
                check=False,
                env=starts.environment() | {"CONNECTORS_CACHE": "off"},
            )
            if process.returncode != 0:
                left_out[name] = starts.last_line(process.stderr)
                break
            runs.append(Row(*json.loads(process.stdout)))
        if runs:
            rows[name] = min(runs, key=lambda run: run.cpu)
    return rows, left_out


def main() -> int:
    """Print a row for each that is installed; return 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.catalogue")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--peers", default=sys.executable, help="the interpreter of the environment with the peers")
    parser.add_argument("--rounds", type=int, default=3, help="runs, of which the fastest counts")
    parser.add_argument("--every", type=int, default=1, help="load each Nth document only")
    options = parser.parse_args()
    rows, left_out = measure(options.folder, options.peers, options.rounds, options.every)
    for name, why in left_out.items():
        print(f"{name} is left out: {why}", file=sys.stderr)
    columns = f"{'documents':>9} {'operations':>10} {'CPU s':>7} {'MiB':>5}"
    print(f"{'':14} {columns} {'CPU, ours 1':>12} {'memory, ours 1':>15}")
    ours = rows["ours"]
    for name, (loaded, operations, seconds, peak) in rows.items():
        ratio, memory = seconds / ours.cpu, peak / max(ours.peak, 1)
        print(f"{name:14} {loaded:>9} {operations:>10} {seconds:>7.2f} {peak:>5} {ratio:>12.1f} {memory:>15.1f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
