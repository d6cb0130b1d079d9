"""Pairs of documents: a change breaks callers or not, and what is only written otherwise is no change."""

from __future__ import annotations

import pytest

from tests.pairs import PAIRS, verdict_of


@pytest.mark.parametrize("name", PAIRS)
def test_a_pair_has_its_verdict(name: str) -> None:
    """The new document breaks callers of the old one, is fine for them, or says the same."""
    assert verdict_of(PAIRS[name]) == PAIRS[name].verdict
