"""What Chromium records of a session with a service becomes a recording."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from openconnectors.testing import check, import_har, read, replay, sandbox
from tests.browser import chromium, window

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser
SEND = """async () => {
  const body = new URLSearchParams({To: "+14155552345", From: "+15005550006", Body: "From a page"});
  const response = await fetch("Messages.json", {method: "POST", body, headers: {Accept: "application/json"}});
  await response.text();  // what nobody reads is not in the archive
  return response.status;
}"""


@pytest.fixture
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


def test_the_archive_of_chromium_becomes_a_recording(browser: Browser, tmp_path: Path) -> None:
    """The browser's archive has the password; the recording has not, fits the document, and is replayed."""
    source, path = tmp_path / "browser.har", tmp_path / "recording.har"
    with sandbox("twilio") as started:
        account, token = started.connection["account_id"], started.connection["access_token"]
        signed_in = {"username": account, "password": token, "send": "always"}
        with window(browser, record_har_path=str(source), http_credentials=signed_in) as page:
            page.goto(f"{started.url}/2010-04-01/Accounts/{account}/Messages.json?PageSize=2")
            assert page.evaluate(SEND) == 201
        count = import_har(source, path, "twilio", base_url=started.url)

    password = base64.b64encode(f"{account}:{token}".encode()).decode()
    assert password in source.read_text("utf-8")
    assert {secret for secret in (password, token) if secret in path.read_text("utf-8")} == set()
    assert count == len(read(path).exchanges) >= 2
    assert check(path) == []
    with replay("twilio", path) as silent:
        twilio = silent.connector
        assert twilio.list_messages(page_size=2)["messages"] == []
        message = {"to": "+14155552345", "from_": "+15005550006", "body": "From a page"}
        assert twilio.send_message(**message)["body"] == "From a page"
