"""mypy and pyright as people run them: in a project's folder, without configuration."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest
from msgspec import Struct

from tests.conftest import ROOT

CHECKERS = ("mypy", "pyright")


class Complaint(Struct, frozen=True, order=True):
    """What a checker reports: the file's name, the line, the message."""

    file: str
    line: int
    message: str


def environment(folder: Path) -> Path:
    """The Python of an environment in which the package is installed from its sources; checkers do not follow an
    editable installation, which is a program."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder), "platbase": str(folder)}))
    (packages / "openconnectors").mkdir()
    for path in [*(ROOT / "connectors").iterdir(), ROOT / "engine"]:
        (packages / "openconnectors" / path.name).symlink_to(path)
    others = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "others.pth").write_text("\n".join(others), "utf-8")
    return folder / "bin" / "python"


def complaints(checker: str, python: Path, project: Path, *options: str) -> list[Complaint]:
    """What a checker reports as errors in a project, sorted."""
    return sorted(_CHECKERS[checker](python, project, options))


def _mypy(python: Path, project: Path, options: Iterable[str]) -> Iterable[Complaint]:
    output = _run("mypy", f"--python-executable={python}", *options, ".", folder=project)
    for file, line, message in re.findall(r"^(.+?):(\d+): error: (.*)$", output, re.MULTILINE):
        yield Complaint(file, int(line), message)


def _pyright(python: Path, project: Path, options: Iterable[str]) -> Iterable[Complaint]:
    _skip_without_pyright()
    output = _run("pyright", f"--pythonpath={python}", "--outputjson", folder=project)
    for report in json.loads(output)["generalDiagnostics"]:
        if report["severity"] == "error":
            file = str(Path(report["file"]).relative_to(project.resolve()))
            yield Complaint(file, report["range"]["start"]["line"] + 1, report["message"])


_CHECKERS = {"mypy": _mypy, "pyright": _pyright}


@cache
def _skip_without_pyright() -> None:
    process = subprocess.run([sys.executable, "-m", "pyright", "--version"], capture_output=True, text=True)
    if process.returncode:
        pytest.skip(f"pyright does not run here: {process.stderr.strip()[-200:]}")


def _run(module: str, *arguments: str, folder: Path) -> str:
    """The standard output of a checker, whose exit code says whether it reports something."""
    variables = {name: value for name, value in os.environ.items() if name not in ("MYPYPATH", "PYTHONPATH")}
    command = [sys.executable, "-m", module, *arguments]
    process = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, timeout=1200)
    assert process.returncode in (0, 1), process.stdout + process.stderr
    return process.stdout
