"""Rules of installed packages: entry points of the group ``openconnectors.rules``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from openconnectors import rule_packages
from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.lint import RULES
from openconnectors.engine.lint.rulesets.functions import FUNCTIONS
from openconnectors.rules import Context, Finding, Node, Rule, Rules
from tests.conftest import command
from tests.pages import Run
from tests.rule_sets_page import PAGE, page

OWNER = Rules(Rule("acme-owner", "warning", "operation", why="Nobody knows whom to ask.", fix="Add x-owner."))
TWICE = Rules(Rule("path-slash", "warning", "path", why="w", fix="f"))
UNKNOWN = Rules(Rule("acme-profile", "warning", "path", why="w", fix="f", profile="acme"))
INCOMPLETE = Rules(Rule("acme-nothing", "warning", "path", why="w", fix="f"))
DOCUMENT = """\
openapi: 3.0.3
info: {title: Things, version: "1"}
paths:
  /things:
    get: {operationId: listThings, responses: {"200": {description: Things.}}}
"""


@OWNER.check("acme-owner")
def _owner(node: Node, context: Context) -> Iterator[Finding]:
    if not node.has("x-owner"):
        yield Finding(node.pointer, f"{node.name} has no x-owner", key=True)


def install(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """Let a package be installed whose entry point has a value."""
    points = [EntryPoint("acme", value, rule_packages.GROUP)]
    monkeypatch.setattr(rule_packages, "entry_points", lambda group: points)
    monkeypatch.setattr(rule_packages, "is_declared", lambda: True)
    rule_packages.register.cache_clear()


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """The table of rules is as before when a test ends."""
    register = rule_packages.register
    yield
    register.cache_clear()
    for id in [id for id in RULES if id.startswith("acme-")]:
        RULES.remove(id)


def test_rules_of_a_package_are_rules_of_the_linter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """They are active when the package is installed, are explained, and are ignored by settings."""
    install(monkeypatch, "tests.test_rule_packages:OWNER")
    path = tmp_path / "things.openapi.yaml"
    path.write_text(DOCUMENT)

    assert "5:5: warning: get has no x-owner [acme-owner]" in command("validate", str(path), cwd=tmp_path).stdout
    assert "Add x-owner." in command("validate", "--explain", "acme-owner").stdout
    (tmp_path / ".connectors.toml").write_text('ignore = ["acme-*"]\n')
    assert "acme-owner" not in command("validate", str(path), cwd=tmp_path).stdout


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("acme_rules:RULES", "ModuleNotFoundError: No module named 'acme_rules'"),
        ("tests.test_rule_packages:DOCUMENT", "it is a str; name a table, openconnectors.rules.Rules"),
        ("tests.test_rule_packages:TWICE", "there is already a rule 'path-slash'; choose another id"),
        ("tests.test_rule_packages:UNKNOWN", "'acme-profile' has the unknown profile 'acme'"),
        ("tests.test_rule_packages:INCOMPLETE", "no function is bound to the rules acme-nothing"),
    ],
)
def test_a_broken_package_is_an_error_that_names_it(monkeypatch: pytest.MonkeyPatch, value: str, message: str) -> None:
    """What cannot be imported, is no table, or does not fit the rules that there are, ends the check."""
    install(monkeypatch, value)

    with pytest.raises(ConnectorError) as caught:
        rule_packages.register()
    assert str(caught.value) == f"the rules of the package acme ({value}) cannot be used: {message}"
    assert command("validate", ".").returncode == 2


def test_the_page_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """docs/rules-of-your-own.md does what it shows; its package is installed as soon as it is written."""
    install(monkeypatch, "acme_rules:RULES")
    register = rule_packages.register.__wrapped__

    def when_written() -> None:
        if (tmp_path / "acme_rules.py").exists():
            register()

    monkeypatch.setattr(rule_packages, "register", when_written)
    Run(PAGE, tmp_path).run()


def test_the_page_has_what_the_tables_say() -> None:
    """Kinds of nodes, and what each rule of Spectral is, are on docs/rules-of-your-own.md as the tables have them."""
    text = PAGE.read_text("utf-8")
    assert text == page(text), "write it anew with: python -m tests.rule_sets_page"
    assert set(re.findall(r"`(\w+)`", text.partition("| function |")[2].partition("Beside")[0])) >= FUNCTIONS.keys()


def test_an_installed_package_is_known_by_what_it_declares(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only where a package has the group among its entry points are they read."""
    assert not rule_packages.is_declared()
    package = tmp_path / "acme_rules-1.0.dist-info"
    package.mkdir()
    (package / "entry_points.txt").write_text("[openconnectors.rules]\nacme = acme:RULES\n")
    monkeypatch.syspath_prepend(tmp_path)

    assert rule_packages.is_declared()
