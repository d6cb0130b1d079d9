"""Cold starts: whole processes from their first instruction to their first answer, and commands; CPU time and memory.

A program imports a client, sends a message and prints the peak of its memory; nothing is imported before. CPU time is
that of the process as the system counts it, less that of ``python -c pass``.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from bench.clients import MESSAGES
from bench.payloads import ACCOUNT, FORM, TOKEN

_OURS = """
import openconnectors
twilio = openconnectors.load("twilio", connection={"account_id": ACCOUNT, "access_token": TOKEN}, base_url=BASE)
assert twilio.send_message(from_=FORM["From"], to=FORM["To"], body=FORM["Body"])["sid"]
"""
PROGRAMS: Mapping[str, str] = {
    "ours": _OURS,
    "ours, without the cache": "import os; os.environ['CONNECTORS_CACHE'] = 'off'" + _OURS,
    "ours, async": """
import asyncio
import openconnectors
async def main():
    values = {"account_id": ACCOUNT, "access_token": TOKEN}
    twilio = openconnectors.load_async("twilio", connection=values, base_url=BASE)
    assert (await twilio.send_message(from_=FORM["From"], to=FORM["To"], body=FORM["Body"]))["sid"]
asyncio.run(main())
""",
    "requests": """
import requests
session = requests.Session()
session.auth = (ACCOUNT, TOKEN)
assert session.post(URL, data=FORM).json()["sid"]
""",
    "urllib3": """
import json, urllib.parse, urllib3
headers = urllib3.make_headers(basic_auth=f"{ACCOUNT}:{TOKEN}")
headers["Content-Type"] = "application/x-www-form-urlencoded"
response = urllib3.PoolManager().request("POST", URL, body=urllib.parse.urlencode(FORM), headers=headers)
assert json.loads(response.data)["sid"]
""",
    "httpx2": """
import httpx2
assert httpx2.Client(auth=(ACCOUNT, TOKEN)).post(URL, data=FORM).json()["sid"]
""",
    "aiohttp": """
import asyncio, aiohttp
async def main():
    async with aiohttp.ClientSession(auth=aiohttp.BasicAuth(ACCOUNT, TOKEN)) as session:
        async with session.post(URL, data=FORM) as response:
            assert (await response.json())["sid"]
asyncio.run(main())
""",
    "bravado": 'from bench.clients import bravado; assert bravado(BASE, None)["send"]()',
    "aiopenapi3": 'from bench.clients import aiopenapi3; assert aiopenapi3(BASE, None)["send"]()',
    "twilio": 'from bench.clients import twilio; assert twilio(BASE, None)["send"]()',
}
_PEAK = """
for line in open("/proc/self/status"):
    if line.startswith("VmHWM"):
        print(int(line.split()[1]) / 1024)
"""


class Start(NamedTuple):
    """What a process took."""

    cpu: float
    peak: float


class Failed(Exception):
    """A program or command ended with an error."""


def environment() -> dict[str, str]:
    """The environment of measured processes: without proxies, other trust, and what keeps modules from being cached."""
    ends = ("_proxy", "_ca_bundle", "ssl_cert_file", "ssl_cert_dir", "pythondontwritebytecode", "connectors_cache")
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith(ends)}
    return kept | {"PYTHONHASHSEED": "0", "CONNECTORS_CACHE": _cache().name}


@cache
def _cache() -> tempfile.TemporaryDirectory[str]:
    """A folder for the services of this run, which goes with the program."""
    return tempfile.TemporaryDirectory(prefix="bench-")


def last_line(text: str, besides: str = "\n") -> str:
    """The last line of what a program reports, shortened, besides lines that begin so."""
    lines = [line for line in text.strip().splitlines() if not line.startswith(besides)]
    return lines[-1][:200] if lines else "no output"


def started(command: Sequence[str], lines: str = "") -> Start:
    """Run a command to its end, with these lines as its input; its CPU seconds, and the MiB that it prints last."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.run(command, input=lines, capture_output=True, text=True, check=False, env=environment())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode != 0:
        raise Failed(last_line(process.stderr))
    last = process.stdout.strip().rpartition("\n")[2]
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Start(cpu, float(last) if last.replace(".", "").isdigit() else 0.0)


def program(name: str, url: str) -> str:
    """The text of a program for the server at this URL."""
    names = {"ACCOUNT": ACCOUNT, "TOKEN": TOKEN, "FORM": FORM, "BASE": url, "URL": f"{url}{MESSAGES}.json"}
    return "\n".join([*(f"{key} = {value!r}" for key, value in names.items()), PROGRAMS[name], _PEAK])


def commands(folder: Path) -> Mapping[str, list[str]]:
    """The commands of ours that are measured, and the interpreter alone."""
    connectors = str(Path(sys.executable).parent / "connectors")
    document = str(folder / "spec" / "twilio.swagger.yaml")
    return {
        "python -c pass": [sys.executable, "-c", "pass"],
        "connectors --help": [connectors, "--help"],
        "connectors list": [connectors, "list"],
        "connectors validate": [connectors, "validate", document],
    }


def medians(named: Mapping[str, list[str]], rounds: int) -> tuple[dict[str, Start], dict[str, str]]:
    """The median of each command over rounds in which each runs once, and why others are left out."""
    runs: dict[str, list[Start]] = {}
    left_out: dict[str, str] = {}
    for count in range(rounds + 1):
        for name, command in named.items():
            if name in left_out:
                continue
            try:
                run = started(command)
            except Failed as error:
                left_out[name] = str(error)
                continue
            if count:  # the first run fills caches
                runs.setdefault(name, []).append(run)
    middle = statistics.median
    return {
        name: Start(middle(run.cpu for run in rows), middle(run.peak for run in rows)) for name, rows in runs.items()
    }, left_out
