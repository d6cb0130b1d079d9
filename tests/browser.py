"""Pages in Debian's Chromium, driven by Playwright and judged by axe.

A test of this kind has the marker ``browser``; ``make browser`` runs it. Where Chromium, Playwright or axe is missing
it is skipped, with the reason.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
AXE = ROOT / ".axe/node_modules/axe-core/axe.min.js"
"""The script of axe, which make browser fetches."""
WIDTHS = (1280, 400)
SCHEMES = ("light", "dark")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser with an empty profile, which is deleted in the end."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed (.ci/chromium installs it)")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=program, headless=True, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def window(browser: Browser, **options: Any) -> Iterator[Page]:
    """A page that knows of no other; ``options`` are Playwright's of a context."""
    settings: dict[str, Any] = {"viewport": {"width": 1280, "height": 1000}, "color_scheme": "light"}
    context = browser.new_context(**{**settings, "reduced_motion": "reduce", **options})
    context.set_default_timeout(60_000)
    try:
        yield context.new_page()
    finally:
        context.close()


class Watched:
    """What a page asks for, and what it complains about."""

    def __init__(self, page: Page) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (self.complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))


def violations(page: Page) -> list[str]:
    """What axe finds wrong with a page as it is: each rule with its first places."""
    if not AXE.exists():
        pytest.skip("axe is not here (make browser fetches it)")
    page.evaluate(AXE.read_text("utf-8"))
    result = page.evaluate("axe.run({resultTypes: ['violations'], preload: false})")
    return [
        f"{rule['id']}: {rule['help']}: {'; '.join(node['html'][:200] for node in rule['nodes'][:3])}"
        for rule in result["violations"]
    ]


def overflow(page: Page) -> int:
    """The pixels by which a page is wider than its window."""
    width: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width


def keep_picture(page: Page, name: str) -> None:
    """Keep a picture of what is shown, in the folder of the variable SCREENSHOTS, if that is set."""
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png")
