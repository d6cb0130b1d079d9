"""What the README shows is run: its code as it stands, its commands as they stand."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest

import openconnectors
from openconnectors.engine.extras import EXTRAS, package_of
from openconnectors.engine.sandbox import Sandbox
from tests import demo
from tests.conftest import command
from tests.test_validate import WRONG

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "README.md").read_text("utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def test_the_code_runs_and_prints_what_is_shown(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every code block runs, in one namespace on the sandbox, and prints what the README shows."""
    for function in ("load", "load_async"):
        load = getattr(openconnectors, function)

        def to_the_sandbox(name: str, load: Any = load, **options: Any) -> Any:
            if name != "twilio":
                return load(name, **options)
            return load(name, **{**options, "connection": sandbox.values, "base_url": sandbox.url})

        monkeypatch.setattr(openconnectors, function, to_the_sandbox)
    printed = io.StringIO()
    namespace: dict[str, Any] = {}
    with contextlib.redirect_stdout(printed):
        for block in _blocks("python"):
            exec(compile(block, "README.md", "exec"), namespace)
    assert namespace["response"].status == 200
    printed_blocks = [block for block in _blocks("text") if ": error: " not in block]
    assert printed_blocks
    for shown in printed_blocks:
        assert shown in printed.getvalue()


def test_the_finding_is_reported_as_shown(tmp_path: Path) -> None:
    """validate prints the finding exactly as the README shows it."""
    (shown,) = [block for block in _blocks("text") if ": error: " in block]
    (tmp_path / "api.swagger.yaml").write_text(WRONG)

    done = command("validate", "api.swagger.yaml", cwd=tmp_path)

    assert shown in done.stdout.replace(" [structure-value]", "")


def test_the_commands_run() -> None:
    """Every command of the README exits with 0, every make target and every extra exists."""
    for block in _blocks("console"):
        for line in block.splitlines():
            program, *arguments = shlex.split(line, comments=True)
            if program == "connectors":
                done = command(*arguments)
                assert done.returncode == 0, f"{line}\n{done.stderr}"
            elif program == "pip":
                extras = re.findall(r"\[(\w+)\]", arguments[-1])
                assert arguments[0] == "install"
                assert set(extras) <= {*EXTRAS, "all"}, line
            else:
                (target, *_) = arguments
                assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE), line


def test_the_extras_of_each_package_are_those_of_the_table() -> None:
    """The README says which extra brings a package."""
    rows = re.findall(r"^\| ([\w, -]+) \| ([\w, ]*) ?\| ", TEXT.partition("## What it stands on")[2], re.MULTILINE)
    shown = {
        (extra, package)
        for packages, extras in rows[1:]
        for package in packages.split(", ")
        for extra in extras.strip().split(", ")
        if extra
    }

    assert shown == {(extra, package_of(module)) for extra, modules in EXTRAS.items() for module in modules}


def test_saved_connections_are_written_as_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """The README's connections.toml loads as a saved connection."""
    folder = Path(os.environ["CONNECTORS_CONFIG"])
    folder.mkdir(parents=True)
    (block,) = _blocks("toml")
    assert "twilio" in tomllib.loads(block)
    (folder / "connections.toml").write_text(block, "utf-8")
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "secret")
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "")
    monkeypatch.setenv("TWILIO_ACCOUNT_ID", "AC1")
    assert openconnectors.load("twilio", connection="default").connection.base.startswith("https://api.twilio.com/")


def test_every_dependency_has_its_reason() -> None:
    """Every dependency, of an extra too, has a lower bound and a row in the README's table."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = {name: extra for name, extra in project["optional-dependencies"].items() if name not in ("all", "test")}
    requirements = {*project["dependencies"], *(requirement for extra in extras.values() for requirement in extra)}
    table = "".join(
        line.split("|")[1] for line in TEXT.partition("## What it stands on")[2].splitlines() if "|" in line
    )

    assert all(">=" in requirement for requirement in requirements)
    assert {name for name in (re.split(r"[<>=]", each)[0] for each in requirements) if name not in table} == set()


def test_the_demo_shows_the_main_job(capsys: pytest.CaptureFixture[str]) -> None:
    """The demo sends, lists pages, compares JSON with XML, shows a refusal and choices."""
    demo.main()

    printed = capsys.readouterr().out
    for part in ("sent         SM", "page 1 ", "page 2 ", "the same value: True", "to: is missing", "Support line"):
        assert part in printed
