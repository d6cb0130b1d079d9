"""The console in Chromium: a message is sent from its form, and everything on the way is shown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser import SCHEMES, WIDTHS, Watched, chromium, keep_picture, overflow, violations, window
from tests.test_console import SECRET, Toy, console_of, toy

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

    from openconnectors.console import Console

pytestmark = pytest.mark.browser
_ = toy  # a fixture


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def console() -> Iterator[Console]:
    with console_of("twilio", "slack") as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with window(browser) as shown:
        yield shown


def opened(page: Page, console: Console, operation: str, connector: str = "twilio") -> Locator:
    """The form of an operation, in a browser that opened the console by its key."""
    page.goto(console.url)
    page.goto(f"{console.origin}/{connector}/")
    box = page.locator(f"[data-try='{operation}']")
    box.get_by_role("button", name=re.compile("Try it")).click()
    box.locator("form").wait_for()
    return box


def fill(box: Locator, **texts: str) -> None:
    """Fill in the fields of these names."""
    for name, text in texts.items():
        box.get_by_role("textbox", name=re.compile(f"^{name.rstrip('_')} ")).fill(text)


MESSAGE = {"from_": "+15005550006", "to": "+14155552345", "body": "Hello from the console"}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_a_message_is_sent_from_its_form(console: Console, page: Page, width: int, scheme: str) -> None:
    """What is missing is said beside its field; the request is shown as it is typed; the response is there in JSON and
    XML; axe finds nothing wrong at any step, and nothing is wider than its window."""
    watched = Watched(page)
    page.set_viewport_size({"width": width, "height": 1000})
    page.emulate_media(color_scheme=scheme)
    box = opened(page, console, "send_message")

    def step(name: str) -> None:
        box.scroll_into_view_if_needed()
        assert violations(page) == []
        assert overflow(page) == 0
        keep_picture(page, f"console-{width}-{scheme}-{name}")

    box.get_by_role("button", name="Send", exact=True).click()
    box.get_by_text("It was not sent: 3 problems").wait_for()
    assert box.locator("[data-error]:visible").all_text_contents() == ["is missing"] * 3
    assert page.evaluate("document.activeElement.getAttribute('aria-invalid')") == "true"
    step("problems")

    fill(box, **MESSAGE)
    preview = box.locator("[data-preview]")
    preview.get_by_text("Body=Hello+from+the+console").wait_for()
    assert re.search(r"^POST http://127\.0\.0\.1:\d+/\S+/Messages\.json$", preview.inner_text(), re.MULTILINE)
    assert "Authorization: Basic ***" in preview.inner_text()
    assert box.locator("[data-error]:visible").count() == 0
    step("request")

    box.get_by_role("button", name="Send", exact=True).click()
    box.get_by_text("201 Created").wait_for()
    as_json, as_xml = box.locator(".sides pre").all_inner_texts()
    assert json.loads(as_json)["body"] == MESSAGE["body"]
    assert f"<Body>{MESSAGE['body']}</Body>" in as_xml
    assert f"<Sid>{json.loads(as_json)['sid']}</Sid>" in as_xml
    box.locator("[data-result]").evaluate("result => result.scrollIntoView()")
    step("response")

    fill(box, to="1")
    box.get_by_role("button", name="Send", exact=True).click()
    box.get_by_text("400 Bad Request").wait_for()
    assert "not a valid phone number" in box.locator(".problem .message").inner_text()
    assert "21211" in box.locator(".sides").inner_text()
    box.locator("[data-result]").evaluate("result => result.scrollIntoView()")
    step("error")

    assert [line for line in watched.complaints if "Failed to load" not in line] == []
    assert [url for url in watched.requests if not url.startswith((console.origin, "data:"))] == []


def test_choices_are_asked_from_the_service(console: Console, page: Page) -> None:
    """The choices for a field come from the service, with their titles; the chosen value is in the field."""
    box = opened(page, console, "send_message")

    box.get_by_role("button", name="Choices for from").click()
    choices = box.get_by_role("combobox", name="Choices for from")
    choices.select_option("+15005550006")

    assert "Support line (+15005550006)" in choices.inner_text()
    assert box.get_by_role("textbox", name=re.compile("^from ")).input_value() == "+15005550006"
    assert violations(page) == []


def test_an_example_fills_the_form(console: Console, page: Page) -> None:
    """An example of the document fills the form, so that a request can be sent; clearing empties it."""
    box = opened(page, console, "send_message")

    box.get_by_role("button", name="Fill in an example").click()
    box.locator("[data-preview]").get_by_text(re.compile("From=.*To=.*Body=")).wait_for()
    box.get_by_role("button", name="Clear").click()
    box.get_by_text("Not complete: from is missing").wait_for()

    assert box.get_by_role("textbox", name=re.compile("^from ")).input_value() == ""


def test_lists_objects_and_files_have_fields(toy: Toy, page: Page) -> None:
    """Items are added and removed; objects have fields inside; booleans, enumerations and dates are chosen; files are
    taken from the disk."""
    console = toy.browser.console
    box = opened(page, console, "add", "toy")
    box.locator("summary").first.click()
    for text in ("a", "b", "c"):
        box.get_by_role("button", name="Add an item of tags").click()
        page.locator("*:focus").fill(text)
    box.get_by_role("button", name="Remove this item").nth(1).click()
    box.get_by_role("button", name="Add an item of places").click()
    box.get_by_role("group", name=re.compile("^places")).get_by_label("city").fill("Rome")
    box.get_by_label(re.compile("^paid")).select_option("false")
    box.get_by_label(re.compile("^size")).select_option(label="20")
    box.get_by_label(re.compile("^day")).fill("2026-01-31")
    box.get_by_label(re.compile("^moment")).fill("2026-01-31T12:00:00")
    box.get_by_label(re.compile("^free")).fill('{"any": 1}')
    box.locator("[data-preview]").get_by_text('"any":1').wait_for()
    sent = json.loads(box.locator("[data-preview]").inner_text().partition("\n\n")[2])

    assert sent.pop("moment").startswith("2026-01-31T12:00:00")
    assert sent == {
        "tags": ["a", "c"], "places": [{"city": "Rome"}], "paid": False, "size": 20, "day": "2026-01-31",
        "free": {"any": 1},
    }  # fmt: skip
    assert violations(page) == []
    keep_picture(page, "console-fields")

    box = opened(page, console, "upload", "toy")
    box.locator("input[type=file]").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": b"\x89PNG"})
    box.locator("[data-preview]").get_by_text('filename="a.png"').wait_for()


def test_an_object_can_be_written_as_json(console: Console, page: Page) -> None:
    """The body can be written as JSON, which begins with what was filled in; back in the fields is what was written."""
    box = opened(page, console, "send_message")
    fill(box, **MESSAGE)
    box.locator("[data-preview]").get_by_text("Body=Hello").wait_for()

    box.get_by_role("button", name=re.compile("Write as JSON")).click()
    text = box.get_by_role("textbox", name="sendMessageRequest as JSON")
    assert json.loads(text.input_value()) == {name.rstrip("_"): value for name, value in MESSAGE.items()}
    assert violations(page) == []
    text.fill(json.dumps({"from": "1", "to": "", "body": "B"}))
    box.locator("[data-preview]").get_by_text("From=1&To=&Body=B").wait_for()
    text.fill("{")
    box.get_by_role("button", name="Send", exact=True).click()
    box.locator("[data-error]:visible").get_by_text("must be JSON").wait_for()
    text.fill('{"from": "2", "to": "3", "body": "C"}')
    box.get_by_role("button", name=re.compile("Write as JSON")).click()

    assert box.get_by_role("textbox", name=re.compile("^from ")).input_value() == "2"
    box.locator("[data-preview]").get_by_text("From=2&To=3&Body=C").wait_for()


def test_a_call_with_an_effect_is_confirmed(toy: Toy, page: Page) -> None:
    """A saved connection is used once it is chosen; what may change something is shown, and sent if it is confirmed.
    No secret is on the page, and markup of the document does nothing."""
    watched = Watched(page)
    box = opened(page, toy.browser.console, "upload", "toy")
    page.get_by_label("Calls go to").select_option("saved:<b>work")
    assert "with the connection “<b>work”" in page.locator("[data-notice]").inner_text()
    box.locator("input[type=file]").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": b"\x89PNG"})
    dialog = page.get_by_role("dialog", name="Send this?")

    box.get_by_role("button", name="Send", exact=True).click()
    dialog.wait_for()
    assert violations(page) == []
    keep_picture(page, "console-confirmation")
    assert "X-Key: ***" in dialog.inner_text()
    dialog.get_by_role("button", name="Cancel").click()
    box.get_by_text("Not sent.").wait_for()
    assert toy.service.received == []

    box.get_by_role("button", name="Send", exact=True).click()
    dialog.get_by_role("button", name="Send").click()
    box.get_by_text("200 OK").wait_for()
    assert [method for method, _, _ in toy.service.received] == ["POST"]
    assert SECRET not in page.content()
    assert "***" in box.locator(".sides").inner_text()
    assert watched.complaints == []


def test_the_index_leads_to_the_connectors(console: Console, page: Page) -> None:
    """The index lists the connectors, finds operations, and is accessible."""
    watched = Watched(page)
    page.goto(console.url)
    page.get_by_label("Search connectors and operations").fill("usage records")
    page.get_by_role("link", name="List usage records", exact=True).wait_for()

    assert violations(page) == []
    assert watched.complaints == []
    page.get_by_role("link", name="List usage records", exact=True).click()
    page.wait_for_url(f"{console.origin}/twilio/#operation-list_usage_records")
    assert page.title() == "Twilio connector"
    assert page.locator("#operation-list_usage_records").is_visible()
