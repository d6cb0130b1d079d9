"""The site that ``make docs`` builds of docs/ and of docstrings: nothing is left out, nothing comes from elsewhere.

That its links hold is checked by mkdocs (``--strict``)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from openconnectors.public import MODULES
from tests.browser import SCHEMES, WIDTHS, Watched, chromium, keep_picture, overflow, violations, window
from tests.conftest import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser

DOCS = ROOT / "docs"
SITE = ROOT / "site"
built = pytest.mark.skipif(not SITE.is_dir(), reason="make docs has not built the site")
LOADED = {("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src"), ("object", "data"), ("link", "href")}
"""What a browser loads without being asked."""


def _pages(navigation: Any) -> Iterator[str]:
    if isinstance(navigation, str):
        yield navigation
    else:
        for entry in navigation.values() if isinstance(navigation, dict) else navigation:
            yield from _pages(entry)


def test_every_page_is_in_the_navigation() -> None:
    """Every page of docs/ is on the site's navigation, and once."""
    pages = list(_pages(yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))["nav"]))
    beside = {"index.md", "contributing.md", "changelog.md"}

    assert sorted(pages) == sorted({page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")} | beside)


def test_every_public_name_is_in_the_reference() -> None:
    """What ``import openconnectors`` gives is described on a page of the reference, by its docstring."""
    pages = "".join(page.read_text("utf-8") for page in (DOCS / "reference").glob("*.md"))
    described = re.findall(r"^::: ([\w.]+)$", pages, re.MULTILINE)
    wanted = {f"{module}.{name}" for module, names in MODULES.items() for name in names}

    assert len(described) == len(set(described))
    assert wanted - set(described) == set()


class _Loaded(HTMLParser):
    """The URLs that a page loads, and those that its scripts and styles name."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.urls: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if attributes.get("rel") not in ("canonical", "next", "prev"):
            self.urls += [attributes[name] or "" for kind, name in LOADED if kind == tag and name in attributes]


@built
def test_pages_load_nothing_from_elsewhere() -> None:
    """Every script, style, font and image of every page is a file of the site."""
    for page in SITE.rglob("*.html"):
        if page.name == "404.html":  # for servers: its paths begin at their root
            continue
        for url in _Loaded(page.read_text("utf-8")).urls:
            assert not re.match(r"\w+:|//", url), (page.name, url)
            assert (page.parent / url.partition("?")[0].partition("#")[0]).exists(), (page.name, url)
    for style in SITE.rglob("*.css"):
        assert re.findall(r"(?:url\(|@import )[\"']?(?:https?:)?//", style.read_text("utf-8")) == [], style.name


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@built
@pytest.mark.browser
def test_a_browser_searches_it_from_the_disk(browser: Browser) -> None:
    """Chromium opens the site from the disk, finds a page by its search, and asks nobody else for anything."""
    with window(browser) as page:
        watched = Watched(page)
        page.goto((SITE / "index.html").as_uri())
        page.click("input.md-search__input")
        page.locator("input.md-search__input").press_sequentially("OutcomeUnknown")
        page.wait_for_selector(".md-search-result__link")
        results = [link.get_attribute("href") for link in page.query_selector_all(".md-search-result__link")]
        keep_picture(page, "site-search")

    assert any("reference/errors.html" in (result or "") for result in results)
    assert [url for url in watched.requests if not url.startswith((SITE.as_uri(), "data:", "blob:", "about:"))] == []
    assert watched.complaints == []


@built
@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_pages_can_be_read_by_everybody(browser: Browser, scheme: str, width: int) -> None:
    """axe finds nothing wrong with pages of each kind but two landmarks of the theme with one name; none is scrolled
    sideways."""
    with window(browser, color_scheme=scheme, viewport={"width": width, "height": 900}) as page:
        for name in ("index", "features", "guides/testing", "reference/operations"):
            page.goto((SITE / f"{name}.html").as_uri())
            keep_picture(page, f"site-{name.replace('/', '-')}-{scheme}-{width}")
            assert overflow(page) <= 0, name
            assert [rule for rule in violations(page) if not rule.startswith("landmark-unique")] == [], name
