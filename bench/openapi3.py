"""Measure the reading of documents of OpenAPI 3.x, by ours and by peers: what loads, operations, CPU time, memory.

    python -m bench.openapi3 FOLDER [--peers PYTHON] [--seconds N] [--json FILE]

Each document below the folder is loaded by each library in a process of its own, which may take N seconds; CPU time is
that of the process without the import of the library, memory the peak of the process with it. An operation counts if
the library gives it to callers: ours lowers and compiles it. PYTHON is the interpreter of an environment with the peers
(``make openapi3`` makes one); a library that is not there is left out.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from openconnectors import registry

READ = """
def read(path):
    text = open(path, encoding="utf-8").read()
    if path.endswith(".json"):
        return json.loads(text)
    import yaml
    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
"""
PROGRAMS = {
    "ours": """
from openconnectors.engine.documents import loader
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.values.body import Compiler
from pathlib import Path
def load(path):
    service = loader.load(Path(path))
    compiler = Compiler(service)
    return sum(1 for name in service.operations if Plan(compiler, service.operations[name]).arguments is not None)
""",
    "openapi-core": """
from openapi_core import OpenAPI
def load(path):
    app = OpenAPI.from_dict(read(path))  # checks the document
    paths = (app.spec / "paths").items()
    methods = {"get", "put", "post", "delete", "options", "head", "patch", "trace", "query"}
    return sum(1 for _, item in paths for name in item.keys() if name in methods)
""",
    "aiopenapi3": """
from aiopenapi3 import OpenAPI
def load(path):
    api = OpenAPI("http://127.0.0.1/", read(path))
    return len(list(api._.Iter(api, False)))
""",
    "schemathesis": """
import schemathesis
def load(path):
    schema = schemathesis.openapi.from_dict(read(path))
    return sum(1 for result in schema.get_all_operations() if type(result).__name__ == "Ok")
""",
}
MAIN = """
import logging, re, sys, time, warnings
warnings.simplefilter("ignore"); logging.disable(logging.CRITICAL)
started = time.process_time()
try:
    operations = load(sys.argv[1])
except Exception as error:
    print(json.dumps({"why": f"{type(error).__name__}: {error}"[:300]})); raise SystemExit
seconds = time.process_time() - started
peak = int(re.search(r"VmHWM:\\s*(\\d+) kB", open("/proc/self/status").read())[1]) // 1024
print(json.dumps({"operations": operations, "seconds": seconds, "peak": peak}))
"""


def measure(python: str, program: str, path: Path, seconds: float) -> dict[str, Any]:
    """What one library makes of one document: operations, seconds, peak MiB; or why it does not load."""
    command = [python, "-W", "ignore", "-c", "import json\n" + READ + program + MAIN, str(path)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return {"why": f"not within {seconds:g} s"}
    if done.returncode != 0 or not done.stdout.strip():
        return {"why": (done.stderr.strip().splitlines() or ["no output"])[-1]}
    result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return result


def main(arguments: list[str] | None = None) -> int:
    """Print a row for each library; return 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.openapi3")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--peers", default=sys.executable, help="the interpreter of the environment with the peers")
    parser.add_argument("--only", nargs="*", default=list(PROGRAMS), choices=PROGRAMS, help="libraries by name")
    parser.add_argument("--seconds", type=float, default=120.0, help="seconds for one document")
    parser.add_argument("--json", type=Path, help="write the figures to FILE")
    options = parser.parse_args(arguments)
    paths = sorted(entry.document for entry in registry.below(options.folder))
    rows: dict[str, Mapping[str, Any]] = {}
    print(f"{'library':14} {'documents':>10} {'operations':>11} {'CPU s':>8} {'peak MiB':>9}")
    for name in options.only:
        python = sys.executable if name == "ours" else options.peers
        results = {path.name: measure(python, PROGRAMS[name], path, options.seconds) for path in paths}
        loaded = [result for result in results.values() if "operations" in result]
        if not loaded:
            print(f"{name} is left out: {next(iter(results.values()), {}).get('why')}", file=sys.stderr)
            continue
        rows[name] = results
        operations, seconds = (sum(result[key] for result in loaded) for key in ("operations", "seconds"))
        peak = max(result["peak"] for result in loaded)
        print(f"{name:14} {len(loaded):>4} of {len(paths):<4} {operations:>10} {seconds:>8.1f} {peak:>9}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1), "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
