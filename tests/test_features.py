"""docs/features.md: a yes of ours is a test, a yes or no of another has its source."""

from __future__ import annotations

import re

from tests.conftest import ROOT

TEXT = (ROOT / "docs/features.md").read_text("utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TEXT.partition("## Documents that are read")[2].splitlines()
    if line.startswith("| ") and not line.startswith("| |")
]
TEST = re.compile(r"\[yes\]\(\.\./(tests/\w+\.py)#(test_\w+)\)")


def test_each_yes_of_ours_is_a_test() -> None:
    """A cell of our column is "no", or a link to a test that is there."""
    assert len(ROWS) > 40
    for feature, ours, *_ in ROWS:
        test = TEST.fullmatch(ours)
        if ours == "no":
            continue
        assert test is not None, (feature, ours)
        assert f"\ndef {test[2]}(" in (ROOT / test[1]).read_text("utf-8"), (feature, ours)


def test_what_is_said_of_others_has_its_source() -> None:
    """A cell of another column is a link to a page, or says that nothing is known, or that it does not apply."""
    sources = dict(re.findall(r"^\[([\w-]+)\]: (https://\S+)$", TEXT, re.MULTILINE))
    for feature, _, *others in ROWS:
        assert len(others) == 7, feature
        for cell in others:
            source = re.search(r"\[([\w-]+)\]$", cell)
            assert cell in ("–", "?", "yes, theirs") or (source and source[1] in sources), (feature, cell)
    assert {name for name in sources if f"][{name}]" not in TEXT} == set()
