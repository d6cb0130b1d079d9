"""The reference pages of connectors, as the files of a folder: HTML that needs no server, or Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from openconnectors.connections import variables
from openconnectors.engine.naming import unique
from openconnectors.engine.pages import html, markdown
from openconnectors.engine.pages.examples import Flags, Names
from openconnectors.engine.pages.reading import page
from openconnectors.engine.pages.records import Page
from openconnectors.engine.pages.texts import sentence
from openconnectors.loading import service_named

TITLE = "Connectors"
"""The heading of the index."""


def pages(
    names: Iterable[str], flags: Flags, root: Path | None = None, overlays: Sequence[Path] = ()
) -> Iterator[tuple[str, Page]]:
    """The page of each connector, with the name of its file, without a suffix. A name may be the path of a document.
    ``flags`` are the options of an operation on the command line. Raise ``UnknownName`` for an unknown one,
    ``InvalidDocument`` for a document that cannot be read."""
    taken = {"index"}
    for name in names:
        entry, service = service_named(name, root, overlays)
        stem = unique(re.sub(r"[^a-z0-9]+", "-", entry.name.lower()).strip("-") or "connector", taken)
        taken.add(stem)
        called = Names(entry.name, False) if entry.named else Names(name, True)
        yield stem, page(called, entry.name, service, flags, partial(variables, entry))


def as_html(described: Iterable[tuple[str, Page]], index: bool) -> Iterator[tuple[Path, str]]:
    """The files of HTML pages, one by one, with their paths; ``index`` adds the page that lists them."""
    links = []
    for stem, connector in described:
        file = f"{stem}.html"
        links.append(html.link_to(connector, file))
        yield Path(file), html.connector_page(connector, index="index.html" if index else "")
    if index:
        yield Path("index.html"), html.index_page(links, TITLE)
        yield Path(html.ASSETS, "operations.js"), html.search_script(links)
    for name, text in html.assets().items():
        yield Path(html.ASSETS, name), text


def as_markdown(described: Iterable[tuple[str, Page]], index: bool) -> Iterator[tuple[Path, str]]:
    """The files of Markdown pages, one by one, with their paths."""
    links = []
    for stem, connector in described:
        file = f"{stem}.md"
        links.append((connector.title, file, sentence(connector.description)))
        yield Path(file), markdown.connector_page(connector)
    if index:
        yield Path("index.md"), markdown.index_page(links, TITLE)


FORMATS: Mapping[str, Callable[[Iterable[tuple[str, Page]], bool], Iterator[tuple[Path, str]]]] = {
    "html": as_html,
    "markdown": as_markdown,
}
"""What pages are written as: a function of them, and of whether they have an index."""
