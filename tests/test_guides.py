"""The guides are tutorials: each is run as it stands, on sandboxes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.pages import Run, blocks

GUIDES = sorted((ROOT / "docs/guides").glob("*.md"))


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.stem)
def test_a_guide_does_what_it_shows(page: Path, tmp_path: Path) -> None:
    """Every block of the guide runs, in its order, and prints what the guide shows."""
    Run(page, tmp_path).run()


def test_the_index_has_every_guide() -> None:
    """The table of the index leads to every guide."""
    index = (ROOT / "docs/guides/index.md").read_text("utf-8")

    assert [page.name for page in GUIDES if page.stem != "index" and f"({page.name})" not in index] == []
    assert all(list(blocks(page)) for page in GUIDES)
