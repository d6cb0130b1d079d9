"""Rule sets as Spectral itself runs them: what it reports is reported here, at the same lines."""

from __future__ import annotations

import json
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

from openconnectors.engine.errors import Diagnostic
from openconnectors.engine.lint import Settings, check, rulesets
from tests.conftest import ROOT

SPECTRAL = ROOT / ".peers/node_modules/.bin/spectral"
FOLDER = ROOT / "tests/rulesets"
DOCUMENTS = ("things.openapi.yaml", "things.swagger.json", "parts.openapi.yaml")

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not SPECTRAL.exists(), reason="Spectral is not installed: make faults installs it"),
]


def _theirs(rules: Path) -> dict[tuple[str, str], set[tuple[str, int]]]:
    """The files and lines that Spectral reports, by document and rule."""
    places = defaultdict(set)
    for document in DOCUMENTS:
        done = subprocess.run(
            [str(SPECTRAL), "lint", "-r", str(rules), "-f", "json", "-q", str(FOLDER / document)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        for result in json.loads(done.stdout or "[]"):
            line = result["range"]["start"]["line"] + 1
            places[document, str(result["code"])].add((Path(result["source"]).name, line))
    return dict(places)


def _ours(rules: Path) -> dict[tuple[str, str], set[tuple[str, int]]]:
    """The files and lines of our findings, by document and rule of the rule set."""
    settings = Settings(rulesets=(rulesets.read(rules),))
    ids = {rule.id for rule in settings.rulesets[0].rules}
    places = defaultdict(set)
    for document in DOCUMENTS:
        findings: list[Diagnostic] = check(FOLDER / document, None, settings).findings
        for finding in findings:
            if finding.rule in ids:
                places[document, finding.rule].add((Path(finding.file).name, finding.line))
    return dict(places)


def test_rules_report_what_they_report_in_spectral() -> None:
    """Each rule of common.yaml reports in each document the lines that it reports in Spectral."""
    theirs, ours = _theirs(FOLDER / "common.yaml"), _ours(FOLDER / "common.yaml")

    assert len(theirs) > 60
    assert {key: sorted(places) for key, places in ours.items()} == {
        key: sorted(places) for key, places in theirs.items() if not key[1].startswith(("invalid-", "parser"))
    }


def test_the_rules_of_taste_are_those_of_spectral(tmp_path: Path) -> None:
    """With ``extends: [[spectral:oas, all]]`` the rules that are none of ours report what they report in Spectral."""
    rules = tmp_path / "rules.yaml"
    rules.write_text("extends: [[spectral:oas, all]]\n")
    ours, ids = _ours(rules), {rule.id for rule in rulesets.read(rules).rules}
    theirs = {key: places for key, places in _theirs(rules).items() if key[1] in ids}

    assert len(theirs) > 20
    assert {key: sorted(places) for key, places in ours.items()} == {
        key: sorted(places) for key, places in theirs.items()
    }
