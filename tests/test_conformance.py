"""Every case of ``tests/conformance/cases`` against Microsoft's AutoRest test server, a server we did not write."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conformance.__main__ import CASES, check
from tests.conformance.server import Server, installed

PATHS = sorted(CASES.glob("*.yaml"))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    folder = installed()
    if folder is None:
        pytest.skip("the test server is not installed: make conformance installs it")
    with Server(folder) as running:
        yield running


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_the_server_agrees(server: Server, path: object) -> None:
    """Each call gives what its case says, and the test server has counted its scenarios."""
    cases, held, _, wrong = check(server, path, record=False)  # type: ignore[arg-type]
    assert wrong == []
    assert cases == held > 0
