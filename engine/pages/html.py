"""Pages as HTML: static files that need no server and no network.

``environment`` has the templates, with what they use: other pages may be built on the same ones (``base.html``, whose
blocks are listed there, and the macros of ``macros.html``). The files that the pages load are ``assets()``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from msgspec import Struct

from openconnectors.engine.pages import texts
from openconnectors.engine.pages.records import Page

_HERE = Path(__file__).parent
ASSETS = "assets"
"""The folder of the files that pages load, beside the pages."""


class Link(Struct, frozen=True):
    """A page of several: what it is called, the file that it is in, what it is about, and its operations."""

    title: str
    file: str
    name: str
    description: str
    operations: Sequence[tuple[str, str, str]]
    """The title, the name in Python and the anchor of each."""


@cache
def environment() -> Environment:
    """The templates: whatever is put into one is escaped. Filters: ``markdown`` makes a description HTML, ``sentence``
    is its beginning as text."""
    templates = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {"markdown": texts.html, "sentence": texts.sentence}
    return templates


def assets() -> Mapping[str, str]:
    """The style sheet and the script, by their names in the folder ``assets``."""
    return {path.name: path.read_text("utf-8") for path in sorted((_HERE / "assets").iterdir())}


def connector_page(page: Page, *, index: str = "", assets_at: str = ASSETS) -> str:
    """The page of a connector. ``index`` is the file of the index, if there is one."""
    return environment().get_template("connector.html").render(page=page, index=index, assets=assets_at)


def index_page(links: Sequence[Link], title: str, *, assets_at: str = ASSETS) -> str:
    """The page that lists several connectors."""
    return environment().get_template("index.html").render(links=links, title=title, assets=assets_at)


def search_script(links: Iterable[Link]) -> str:
    """A script with the operations of all pages, which the index searches: a browser that shows a file may load a
    script beside it, and no data."""
    entries = [
        {"page": link.file, "connector": link.title, "operations": [list(row) for row in link.operations]}
        for link in links
    ]
    data = msgspec.json.encode(entries).decode().replace("<", "\\u003c")
    return f"window.operationsOfPages = {data};\n"


def link_to(page: Page, file: str) -> Link:
    """How the index shows a page."""
    rows = [(operation.title, operation.name, operation.anchor) for operation in page.operations]
    return Link(page.title, file, page.name, texts.sentence(page.description), rows)
