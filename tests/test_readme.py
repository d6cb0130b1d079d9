"""What the README and the pages that it leads to show is run: code and commands as they stand."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import openconnectors
from openconnectors.engine.extras import EXTRAS, package_of
from openconnectors.engine.sandbox import Sandbox
from tests import demo
from tests.conftest import ROOT, command
from tests.pages import Run, texts
from tests.test_validate import WRONG

TEXT = (ROOT / "README.md").read_text("utf-8")


@pytest.fixture
def _examples_reach_a_sandbox(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages load connectors as people do, with values that are cut ("AC…"), or none: such calls go to a sandbox."""
    for function in ("load", "load_async"):
        load = getattr(openconnectors, function)

        def to_the_sandbox(name: str, load: Any = load, **options: Any) -> Any:
            values = options.get("connection", {})
            if name != "twilio" or "base_url" in options or values.get("account_id", "AC…") != "AC…":
                return load(name, **options)
            return load(name, **{**options, "connection": sandbox.values, "base_url": sandbox.url})

        monkeypatch.setattr(openconnectors, function, to_the_sandbox)


@pytest.mark.usefixtures("_examples_reach_a_sandbox")
@pytest.mark.parametrize(
    "page", ["README.md", *(f"docs/{name}.md" for name in ("calling", "commands", "events", "openapi3"))]
)
def test_a_page_does_what_it_shows(page: str) -> None:
    """Code and commands of the page run, in their order, and print what the page shows."""
    Run(ROOT / page, ROOT).run()


def test_every_page_with_code_is_run() -> None:
    """No page shows code or commands without a test that names the page; guides are all run."""
    tests = "".join(path.read_text("utf-8") for path in (ROOT / "tests").glob("test_*.py"))
    pages = [page for page in (ROOT / "docs").glob("*.md") if texts(page, "python") or texts(page, "console")]

    assert [page.name for page in pages if page.name not in tests and f'"{page.stem}"' not in tests] == []


def test_the_finding_is_reported_as_shown(tmp_path: Path) -> None:
    """validate prints the finding exactly as docs/checks.md shows it."""
    (shown,) = texts(ROOT / "docs/checks.md", "text")
    (tmp_path / "api.swagger.yaml").write_text(WRONG)

    done = command("validate", "api.swagger.yaml", cwd=tmp_path)

    assert shown in done.stdout.replace(" [structure-value]", "")


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
    """The connections.toml of docs/connections.md loads as a saved connection."""
    folder = Path(os.environ["CONNECTORS_CONFIG"])
    folder.mkdir(parents=True)
    (block,) = texts(ROOT / "docs/connections.md", "toml")
    assert "twilio" in tomllib.loads(block)
    (folder / "connections.toml").write_text(block, "utf-8")
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "secret")
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "")
    monkeypatch.setenv("TWILIO_ACCOUNT_ID", "AC1")
    assert openconnectors.load("twilio", connection="default").connection.base.startswith("https://api.twilio.com/")


def test_every_extra_is_named_where_it_is_installed() -> None:
    """The line that installs the package names each extra."""
    (names,) = re.findall(r"# or single extras: ([\w, ]+)$", TEXT, re.MULTILINE)

    assert sorted(names.split(", ")) == sorted(EXTRAS)


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
