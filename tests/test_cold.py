"""What a start imports, in a process of its own: what is not used costs nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openconnectors.cli.tables import Table
from openconnectors.cli.terminal import escaped_line
from openconnectors.engine.sandbox import Sandbox
from tests.conftest import ROOT

HEAVY = frozenset({
    "_hashlib", "anyio", "asyncio", "authlib", "certifi", "click", "concurrent.futures", "dataclasses",
    "email.message", "html.entities", "http.client", "hypothesis", "importlib.metadata", "jsonschema", "keyring",
    "logging", "lxml", "openapi_core", "pickle", "platformdirs", "requests", "rich", "ssl", "tempfile", "tomlkit",
    "tomllib", "trio", "urllib3", "werkzeug", "yaml", "zipfile",
    "openconnectors.engine.documents.loader", "openconnectors.engine.values.explaining",
    "openconnectors.engine.values.codecs.xml.documents",
})  # fmt: skip
"""What a call of an operation in JSON does without."""

CALL = """
import sys
import openconnectors
connector = openconnectors.load("twilio", connection={"account_id": sys.argv[2], "access_token": sys.argv[3]},
                                base_url=sys.argv[1])
connector.send_message(to="+14155552345", from_="+15005550006", body="Hello")
print(*sys.modules)
"""

COMMAND = """
import sys
from openconnectors.cli import main
sys.argv[0] = "connectors"
try:
    main()
finally:
    sys.stderr.write(" ".join(sys.modules))
"""


def modules(code: str, *arguments: str, **environment: str) -> set[str]:
    """The modules that are imported when some code is done: what it printed last."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
        env=os.environ | environment,
    )
    return set((done.stderr or done.stdout).split())


def test_a_call_imports_what_it_uses(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second process that loads a document and calls an operation in JSON reads no YAML, and none that is not
    used: of other media types, schemes, transports, of logging and TLS."""
    monkeypatch.setenv("CONNECTORS_CACHE", str(tmp_path))
    arguments = (sandbox.url, sandbox.values["account_id"], sandbox.values["access_token"])
    assert "yaml" in modules(CALL, *arguments)
    imported = modules(CALL, *arguments)

    assert imported & HEAVY == set()
    assert {name for name in imported if name.startswith("openconnectors.engine.documents.dialects")} == set()


def test_listing_imports_no_engine() -> None:
    """``connectors list`` reads the names of files: nothing that reads or calls services."""
    imported = modules(COMMAND, "list")

    engine = {name.split(".")[2] for name in imported if name.startswith("openconnectors.engine.")}
    assert engine & {"auth", "call", "client", "plan", "transports", "values"} == set()
    assert (
        imported & {"jsonschema", "keyring", "lxml", "rich", "requests", "ssl", "urllib3", "werkzeug", "yaml"} == set()
    )


def test_help_in_a_pipe_imports_no_library_that_draws() -> None:
    """``connectors --help`` that goes to no terminal imports click, and no module of a command."""
    imported = modules(COMMAND, "--help")

    assert imported & {"rich", "rich_click", "yaml", "requests", "openconnectors.registry"} == set()
    assert {name for name in imported if name.startswith("openconnectors.cli.commands.")} == set()


CELLS = st.one_of(st.from_regex(r"[ -~]{0,30}", fullmatch=True), st.text(max_size=60))


@settings(deadline=None)
@given(st.integers(1, 4).flatmap(lambda size: st.lists(st.tuples(*[CELLS] * size), min_size=1, max_size=4)))
def test_a_table_that_fits_is_printed_as_any_other(rows: list[tuple[str, ...]]) -> None:
    """A table of plain texts, which needs no library, has the lines that rich gives it."""
    table = Table(*map(escaped_line, rows[0]))
    for row in rows[1:]:
        table.add(*row)

    assert table.lines(160) == table._folded(160)
