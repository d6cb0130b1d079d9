"""What mkdocs does not do by itself: the pages beside ``docs/`` are pages of the site, and what pages link to elsewhere
in the repository comes along as text, so that every link of a page holds in both places."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
PAGES = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
"""Pages of the repository, by their name in the site."""
SEARCH = 'data-md-component="search" role="dialog"'
LINK = re.compile(r"(?<=\]\()(?!https?:|#)([^)\s#]+)")


def on_files(files: Files, config: MkDocsConfig, **_: Any) -> Files:
    """Add the pages, and the files that pages link to."""
    for source, name in PAGES.items():
        files.append(File.generated(config, name, abs_src_path=str(ROOT / source)))
    for page in list(files.documentation_pages()):
        for target in _targets(page):
            name = _name(target)
            if target.is_file() and files.get_file_from_path(name) is None:
                files.append(File.generated(config, name, content=target.read_bytes()))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Links as they are in the site; a page that is a tab by itself needs no list of its neighbours."""
    if page.parent is None:
        page.meta["hide"] = ["navigation"]

    def link(match: re.Match[str]) -> str:
        target = (_folder(page.file) / match[1]).resolve()
        return os.path.relpath(_name(target), os.path.dirname(page.file.src_uri)) if target.is_file() else match[1]

    return LINK.sub(link, markdown)


def on_post_page(output: str, **_: Any) -> str:
    """The dialog of the search has a name, and a header cell without a text is none, for those who are read to."""
    output = output.replace(SEARCH, f'{SEARCH} aria-label="Search"')
    return re.sub(r"<th( [^>]*)?></th>", "<td></td>", output)


def _folder(file: File) -> Path:
    source = file.abs_src_path
    if source is None:
        raise ValueError(f"{file.src_uri} has no file")
    return Path(source).resolve().parent


def _targets(file: File) -> set[Path]:
    return {(_folder(file) / link).resolve() for link in LINK.findall(file.content_string)}


def _name(target: Path) -> str:
    """The name in the site of a file of the repository."""
    path = target.relative_to(ROOT).as_posix()
    if path in PAGES:
        return PAGES[path]
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    return f"repository/{path.lstrip('.')}.txt"  # mkdocs leaves out what begins with a dot
