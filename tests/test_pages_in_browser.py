"""Connectors' pages in Chromium, opened from the disk: they are accessible, fit their window, and work."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.browser import SCHEMES, WIDTHS, Watched, chromium, keep_picture, overflow, violations, window
from tests.conftest import ROOT, command
from tests.test_pages import hostile_document

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
SHOWN = "main [role=tabpanel]:not([hidden])"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of three connectors, of which the document of one is hostile, with their index."""
    folder = tmp_path_factory.mktemp("pages")
    document = hostile_document(yaml.safe_load((ROOT / "spec/twilio.swagger.yaml").read_text("utf-8")))
    (folder / "hostile.swagger.yaml").write_text(json.dumps(document), "utf-8")
    names = ("twilio", "petstore", str(folder / "hostile.swagger.yaml"))
    assert command("docs", *names, "-o", str(folder / "site")).returncode == 0
    return folder / "site"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with window(browser) as shown:
        yield shown


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["twilio", "petstore", "hostile", "index"])
def test_a_page_is_accessible(site: Path, page: Page, name: str, width: int, scheme: str) -> None:
    """axe finds nothing wrong with a page, which fits its window, loads nothing but its own files, and complains about
    nothing: on a desk and on a telephone, in light and in dark."""
    watched = Watched(page)
    page.set_viewport_size({"width": width, "height": 1000})
    page.emulate_media(color_scheme=scheme)
    page.goto((site / f"{name}.html").as_uri())
    assert violations(page) == []
    assert overflow(page) == 0
    assert watched.complaints == []
    assert [url for url in watched.requests if not url.startswith((site.as_uri(), "data:"))] == []
    keep_picture(page, f"{name}-{width}-{scheme}")
    for part in ("connection", "operation-list_messages", "definitions"):
        if page.query_selector(f"#{part}") is not None:
            page.evaluate("part => document.getElementById(part).scrollIntoView()", part)
            keep_picture(page, f"{name}-{width}-{scheme}-{part}")


def test_search_finds_operations(site: Path, page: Page) -> None:
    """The slash goes to the search; every word must be there, accents and case do not count; the number of matches is
    announced; Enter opens the first; Escape shows all again."""
    page.goto((site / "twilio.html").as_uri())
    page.keyboard.press("/")
    page.keyboard.type("SÉND messages.json")
    listed = page.locator("[data-side] ul.operations li:visible")
    assert listed.all_inner_texts() == ["Send Message"]
    assert page.locator("[role=status]").inner_text() == "1 operation"
    page.keyboard.press("Enter")
    assert page.url.endswith("#operation-send_message")
    page.locator("#search").press("Escape")
    assert listed.count() > 10


def test_the_index_searches_the_operations_of_all(site: Path, page: Page) -> None:
    """The index shows the connectors that have a matching operation, with a link to it."""
    page.goto((site / "index.html").as_uri())
    page.keyboard.press("/")
    page.keyboard.type("list messages")
    assert page.locator("#connectors > li:visible h2").all_inner_texts()[0] == "Twilio"
    assert page.locator("#connectors > li:visible").count() == 2  # the hostile one has the same operations
    page.keyboard.press("Enter")
    page.wait_for_url("**/twilio.html#operation-list_messages")


def test_tabs_work_by_keyboard_and_are_remembered(site: Path, page: Page) -> None:
    """An arrow key goes to the next tab, of every operation at once; a page that is opened later shows the same."""
    page.goto((site / "twilio.html").as_uri())
    article = page.locator("#operation-send_message")
    article.get_by_role("tab", name="Python").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.textContent") == "Command line"
    assert "connectors call twilio send_message" in article.locator("[role=tabpanel]:visible").inner_text()
    assert (
        "connectors call twilio get_message"
        in page.locator("#operation-get_message [role=tabpanel]:visible").inner_text()
    )
    page.goto((site / "petstore.html").as_uri())
    for text in page.locator(f"{SHOWN} code").all_inner_texts():
        assert text.startswith("connectors ")


def test_the_theme_is_the_systems_until_it_is_chosen(site: Path, page: Page) -> None:
    """The toggle says whether the page is dark, changes it, and the choice stays."""
    page.emulate_media(color_scheme="dark")
    page.goto((site / "twilio.html").as_uri())
    toggle = page.get_by_role("button", name="Dark theme")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    assert toggle.get_attribute("aria-pressed") == "true"
    toggle.press("Enter")
    light = page.evaluate(ground)
    assert toggle.get_attribute("aria-pressed") == "false"
    page.reload()
    assert (dark != light, page.evaluate(ground)) == (True, light)


def test_links_lead_to_parts_of_the_page(site: Path, page: Page) -> None:
    """Every link to a part of a page has its target there, and no id is used twice."""
    for name in ("twilio", "petstore", "hostile"):
        page.goto((site / f"{name}.html").as_uri())
        ids = page.evaluate("[...document.querySelectorAll('[id]')].map(node => node.id)")
        links = page.evaluate("[...document.querySelectorAll('a[href^=\"#\"]')].map(node => node.getAttribute('href'))")
        assert len(ids) == len(set(ids))
        assert {link[1:] for link in links} <= set(ids)


def test_a_page_is_whole_without_its_script(site: Path, browser: Browser) -> None:
    """Without scripts every example is shown under its name, and nothing that needs one is."""
    with window(browser, java_script_enabled=False) as page:
        page.goto((site / "twilio.html").as_uri())
        article = page.locator("#operation-send_message")
        assert article.locator("p.name:visible").all_inner_texts() == ["Python", "Command line", "HTTP", "Result"]
        assert page.locator("input:visible, button:visible").count() == 0
