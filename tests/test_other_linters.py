"""docs/other-linters.md: the rules that it names are there."""

from __future__ import annotations

import re

import pytest

from openconnectors.engine.lint import RULES
from tests.conftest import ROOT

ROWS = re.findall(r"^\| (`.+?`) \| (.+) \|$", (ROOT / "docs/other-linters.md").read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize(("theirs", "ours"), ROWS, ids=[row[0] for row in ROWS])
def test_a_rule_of_another_linter_has_a_rule_or_a_reason(theirs: str, ours: str) -> None:
    """Each row names rules of ours that exist, or says why there is none."""
    names = re.findall(r"`([a-z0-9-]+)`", ours)

    assert names or ours.startswith("— ")
    assert [name for name in names if name not in RULES] == []


def test_each_table_has_a_rule_once() -> None:
    """No linter's rule has two rows in its table."""
    page = (ROOT / "docs/other-linters.md").read_text("utf-8")
    for table in page.split("\n## ")[1:]:
        theirs = [name for row in re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE) for name in row.split(", ")]
        assert len(theirs) == len(set(theirs))
