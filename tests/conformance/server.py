"""Microsoft's AutoRest test server, started for the time of a block."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

PACKAGE = "@microsoft.azure/autorest.testserver"
VERSION = "3.3.51"
CATEGORIES = ("vanilla", "azure", "optional", "dpg")
ROOT = Path(__file__).resolve().parents[2]
SECONDS_TO_START = 60


def installed() -> Path | None:
    """The folder of the server: ``.testserver`` of the project, or that of the variable ``TESTSERVER``."""
    for folder in (os.environ.get("TESTSERVER"), str(ROOT / ".testserver" / "node_modules" / PACKAGE)):
        if folder and (Path(folder) / "dist/cli/cli.js").is_file() and shutil.which("node"):
            return Path(folder)
    return None


class Server:
    """A running server: its URL, and the scenarios that it counted."""

    def __init__(self, folder: Path) -> None:
        self.documents = folder / "swagger"
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.url = f"http://localhost:{port}"
        self.port = port
        self._coverage = tempfile.TemporaryDirectory()
        command = ["node", "dist/cli/cli.js", "run", "--port", str(port), "--coverageDirectory", self._coverage.name]
        self._process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + SECONDS_TO_START
        while True:
            try:
                self.report()
                return
            except OSError:
                if time.monotonic() > end or self._process.poll() is not None:
                    self._process.kill()
                    raise
                time.sleep(0.1)

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: Any) -> None:
        self._process.kill()
        self._process.wait()
        self._coverage.cleanup()

    def report(self) -> dict[str, int]:
        """The number of times that each scenario was counted; optional ones as ``category:name``."""
        calls = {}
        for category in CATEGORIES:
            with urllib.request.urlopen(f"{self.url}/report/{category}", timeout=10) as answer:  # noqa: S310
                for name, count in json.load(answer).items():
                    calls[name if category == "vanilla" else f"{category}:{name}"] = count
        return calls
