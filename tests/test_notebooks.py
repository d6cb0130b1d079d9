"""What people see at work: a table of operations in a notebook, tracebacks without frames of the package."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from lxml import html

import openconnectors
from tests.conftest import ROOT

CONNECTION = {"account_id": "AC" + "0" * 32, "access_token": "a-token-of-nobody"}


def load(**options: Any) -> Any:
    return openconnectors.load("twilio", connection=CONNECTION, base_url="http://127.0.0.1:9", **options)


def test_a_connector_is_a_table_of_its_operations() -> None:
    """IPython asks for _repr_html_: of a connector, of its operations, and of their awaited sisters."""
    twilio = load()
    table = html.fromstring(twilio._repr_html_())
    rows = [[cell.text_content() for cell in row] for row in table.iter("tr")]
    assert [row[0] for row in rows] == ["operation", *twilio.operations]
    assert rows[1] == ["get_message", "GET /Messages/{MessageId}.json", "Get Message"]
    awaited = openconnectors.load_async("twilio", connection=CONNECTION, base_url="http://127.0.0.1:9")
    assert twilio.operations._repr_html_() == twilio._repr_html_() == awaited._repr_html_()


def test_text_of_a_document_is_text_in_the_table(tmp_path: Path) -> None:
    """Markup in a document's titles does not become markup of a notebook, and an unreadable operation says why."""
    path = tmp_path / "page.swagger.yaml"
    path.write_text(
        """
swagger: "2.0"
info: {title: "<script>alert(1)</script>", version: "1"}
paths:
  /a<b>: {get: {operationId: first, summary: "<img src=x onerror=alert(1)>", responses: {200: {description: Fine}}}}
  /c: {get: {operationId: second, parameters: [{$ref: "#/parameters/none"}], responses: {200: {description: Fine}}}}
""",
        "utf-8",
    )
    shown = openconnectors.load_file(path, base_url="http://127.0.0.1:9")._repr_html_()
    tags = {element.tag for element in html.fromstring(shown).iter()}
    assert tags == {"table", "caption", "b", "thead", "tbody", "tr", "th", "td", "code"}
    assert "cannot be called: " in shown


WRONG = f"""
import openconnectors
twilio = openconnectors.load("twilio", connection={CONNECTION})
def send():
    twilio.send_message(bdy="Hello")
send()
"""


def test_a_notebook_shows_the_lines_of_the_caller(tmp_path: Path) -> None:
    """IPython prints the traceback of an error of ours without the frames of the package."""
    pytest.importorskip("IPython")
    process = subprocess.run(
        [sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor", "-c", WRONG],
        env={**os.environ, "IPYTHONDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    lines = process.stdout.splitlines()
    assert [line.strip() for line in lines if line.startswith("    ")] == ["send()", 'twilio.send_message(bdy="Hello")']
    assert "  bdy: unknown argument of send_message; did you mean 'body'?" in lines
    assert str(ROOT) not in process.stdout


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: load().send_message(bdy="Hello"),
        lambda: load().send_message.response(bdy="Hello"),
        lambda: next(load().list_messages.items(page=1)),
        lambda: load().send_message.using(tiemout=3),
        lambda: load().send_mesage,
        lambda: openconnectors.load("twillio"),
    ],
)
def test_pytest_shows_the_lines_of_the_caller(wrong: Any) -> None:
    """pytest leaves out the frames of the package where an error of ours fails a test."""
    with pytest.raises(openconnectors.ConnectorError) as caught:
        wrong()
    shown = [Path(str(entry.path)) for entry in caught.traceback.filter(caught)]
    assert shown
    assert set(shown) == {Path(__file__)}
