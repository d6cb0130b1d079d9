"""Every case of ``tests/conformance3/cases`` against Microsoft's TypeSpec test server, a server we did not write."""

from __future__ import annotations

import pytest

from tests.conformance3.__main__ import FOLDER, VERSIONS, check
from tests.conformance3.server import Server, installed


@pytest.mark.parametrize("version", VERSIONS)
def test_the_server_agrees(version: str) -> None:
    """Each call gives what its case says, and the server passes the scenarios that the cases prove."""
    modules = installed()
    if modules is None:
        pytest.skip("the test server is not installed, or there is no node 22: make conformance installs both")
    wrong: list[str] = []
    with Server(modules) as server:
        for path in sorted((FOLDER / "documents").glob("*.yaml")):
            wrong += check(server, path, version)[2]
    assert wrong == []
