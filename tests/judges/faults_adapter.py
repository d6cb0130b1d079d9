"""The package as a client of ``faults/probe.py``, lenient and strict.

python ../shared/faults/probe.py --adapters tests/judges/faults_adapter.py --adapter lenient --adapter strict
"""

from __future__ import annotations

import itertools
import os
import sys
import tempfile
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import openconnectors
from openconnectors.engine.documents import loader

_SECONDS = 8.0
"""What a call may take."""


class Lenient:
    """One document of the server of faults."""

    mode = "lenient"

    @staticmethod
    def warm() -> None:
        """Import what a call imports, so that it does not count as memory of the fault."""
        _ = openconnectors.load_file

    def __init__(self, env: Mapping[str, Any], creds: Mapping[str, str] | None) -> None:
        folder = tempfile.mkdtemp()
        os.environ.setdefault("CONNECTORS_CONFIG", folder)
        path = Path(folder, "faults.swagger.json")
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(env["spec2"]) as response:
            path.write_bytes(response.read())
        known = {"key": "key", "username": "user", "password": "password", "api_key": "key"}
        names = [parameter.name for parameter in loader.load(path).connection]
        values = {name: creds[known[name]] if creds else "unused-value" for name in names}
        if not creds and env["fault"]["op"] != "get-anon":
            values = {}
        self._connector = openconnectors.load_file(
            path, connection=values, timeout=_SECONDS, verify=env["ca"], validate_responses=self.mode
        )

    def get(self, ref: str | None = None) -> Any:
        """The value of the operation."""
        return self._connector["call"](**({"ref": ref} if ref is not None else {}))

    def send(self, message: Any) -> Any:
        """What the service says of a message."""
        return self._connector["call"](message=message)

    def plain(self) -> Any:
        """The value of the operation beside the fault."""
        return self._connector["plain"]()

    def list(self, limit: int) -> list[Any]:
        """The ids of the first items of all pages."""
        return [item["id"] for item in itertools.islice(self._connector["call"].items(), limit)]

    def bulk(self, items: list[dict[str, str]], workers: int, journal: str | None) -> dict[str, list[str]]:
        """Send messages one by one: the journal has each before it is sent, and its outcome."""
        states: dict[str, str] = {}
        if journal and os.path.exists(journal):
            lines = Path(journal).read_text().splitlines(keepends=True)
            states = dict(line.split() for line in lines if line.endswith("\n"))
        with open(journal or os.devnull, "a") as file:

            def note(ref: str, state: str) -> None:
                states[ref] = state
                file.write(f"{ref} {state}\n")
                file.flush()
                os.fsync(file.fileno()) if journal else None

            for item in items:
                if item["ref"] in states:
                    continue
                note(item["ref"], "unknown")
                try:
                    self.send(item)
                except Exception as error:  # noqa: BLE001 - the judge looks at what is reported
                    note(item["ref"], "unknown" if getattr(error, "sent", "unknown") == "unknown" else "failed")
                else:
                    note(item["ref"], "done")
        names = ("failed", "unknown", "done") if journal else ("failed",)
        return {name: [ref for ref, state in states.items() if state == name] for name in names}


class Strict(Lenient):
    """One that takes nothing which the document does not describe."""

    mode = "strict"


ADAPTERS = {"lenient": Lenient, "strict": Strict}
