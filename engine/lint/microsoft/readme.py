"""The readme beside a definition: its sections, what it links to, the operations that it lists.

Sources: learn.microsoft.com, "Prepare connector files for certification" (create a readme); the template of the readme
in github.com/microsoft/PowerPlatformConnectors; GitHub Flavored Markdown.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from openconnectors.engine.deferred import pattern
from openconnectors.engine.errors import closest
from openconnectors.engine.lint.extensions import is_internal
from openconnectors.engine.lint.microsoft.files import finding_in, folder_of
from openconnectors.engine.lint.microsoft.table_files import check
from openconnectors.engine.lint.rules import Context, Finding
from openconnectors.engine.lint.tree import Node

_README = ("readme.md", "intro.md")
_SECTIONS = ("Publisher", "Prerequisites", "Supported Operations", "Obtaining Credentials", "Known Issues")
"""The sections that the template requires, as far as most published connectors have them."""
_TEMPLATE = pattern(
    r"^\s*(Required|Optional)\. .*|^#+ (Title|Operation 1|Question 1)\s*$|Description of operation 1\b|"
    r"Publisher's Name\b|Answer to question 1\b|\bTODO\b|\bTBD\b|\b[Ll]orem ipsum\b",
    re.MULTILINE,
)
_TITLE = pattern(r"^\s*(#\s*[^#\s]|<h1)|^=+\s*$", re.MULTILINE)


@check("readme-missing")
def _readme(node: Node, context: Context) -> Iterator[Finding]:
    folder = folder_of(context)
    if folder is None:
        return
    files = {file.name.lower(): file for file in folder.iterdir() if file.name.lower() in _README}
    if not files:
        yield Finding("", "there is no readme.md beside the definition")
        return
    file = files.get(_README[0]) or files[_README[1]]
    text = file.read_text("utf-8", errors="replace")
    if not text.strip():
        yield finding_in(file, f"{file.name} is empty")
        return
    template = _TEMPLATE.search(text)
    if template is not None:
        line = text.count("\n", 0, template.start()) + 1
        yield finding_in(
            file,
            f"{file.name} still has the text of the template: {template[0].strip()[:60]!r}",
            "readme-section",
            line,
        )
    if not _TITLE.search(text):
        yield finding_in(file, f"{file.name} has no title", "readme-section")
    for section in _SECTIONS if file.name.lower() == _README[0] else ():
        if not re.search(rf"(?im)^\s*(#+|\*\*|<h\d>).*{section}", text):
            yield finding_in(file, f"{file.name} has no section {section!r}", "readme-section")
    shown = _UNSHOWN.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    yield from _links(file, shown)
    yield from _listed(file, shown, context)


_UNSHOWN = pattern(r"```.*?(```|\Z)|<!--.*?-->", re.DOTALL)
"""Code and comments, in which nothing is a link or a heading."""


# What it links to

_LINK = pattern(
    r"\]\(\s*<?(?P<inline>[^)\s>]*)>?(?:\s+[\"'(][^)]*)?\)|"
    r"<(?:img|a)\b[^>]{0,300}?\b(?:src|href)\s*=\s*[\"'](?P<html>[^\"']*)[\"']|"
    r"^ {0,3}\[[^\]^]+\]:\s*<?(?P<reference>[^\s>]+)>?",
    re.IGNORECASE | re.MULTILINE,
)
_CODE = pattern(r"`[^`\n]*`")
_HEADING = pattern(r"^ {0,3}(#{1,6})[ \t]*(\S.*?)[ \t]*#*[ \t]*$|^ {0,3}(\S[^\n]*)\n {0,3}(=+|-+)[ \t]*$", re.MULTILINE)


def _links(file: Path, text: str) -> Iterator[Finding]:
    """Links and images that lead to no file beside the readme, and to no heading of it."""
    anchors: set[str] | None = None
    for match in _LINK.finditer(_CODE.sub(lambda code: " " * len(code[0]), text)):
        url = match["inline"] or match["html"] or match["reference"] or ""
        line = text.count("\n", 0, match.start()) + 1
        path = unquote(re.split("[?#]", url, maxsplit=1)[0])
        if re.match(r"[a-z][a-z0-9+.-]*:|//", url, re.IGNORECASE):
            continue
        if url.startswith("#"):
            anchors = _anchors(text) if anchors is None else anchors
            if "(" not in url and unquote(url[1:]).lower() not in anchors | {"", "top"}:
                yield finding_in(file, f"{url!r} is no heading of {file.name}", "readme-link", line)
        elif not url:
            yield finding_in(file, "the link has no address", "readme-link", line)
        elif path.startswith("/"):
            yield finding_in(file, f"{url!r} is a path of this page's host", "readme-link", line)
        elif not os.path.exists(file.parent / path):
            hint = f" (write mailto:{url})" if re.fullmatch(r"[^@/]+@[^@/]+", url) else ""
            yield finding_in(file, f"there is no file {path!r}{hint}", "readme-link", line)


def _anchors(text: str) -> set[str]:
    """The names by which headings are linked to, as GitHub makes them, and those of HTML."""
    names = {name.lower() for name in re.findall(r"(?:name|id)\s*=\s*[\"']([^\"']+)", text)}
    times: Counter[str] = Counter()
    for match in _HEADING.finditer(text):
        heading = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", match[2] or match[3]).strip().lower()
        name = re.sub(r"[^\w\- ]", "", heading).replace(" ", "-")
        names.add(f"{name}-{times[name]}" if times[name] else name)
        times[name] += 1
    return names


# The operations that it lists


def _listed(file: Path, text: str, context: Context) -> Iterator[Finding]:
    """Operations of the list that the definition does not have, if the list is of operations by their names."""
    if file.name.lower() != _README[0]:
        return
    known: dict[str, str] = {}
    for operation in context.tree.operations:
        for name in map(str, filter(None, (operation.get("summary"), operation.get("operationId")))):
            known[_letters(name)] = name
    headings = list(_operations(text))
    unknown = [(name, line) for name, line in headings if _letters(name) not in {*known, *_GROUPS}]
    if 4 * len(unknown) > len(headings):
        return
    summaries = [str(each.get("summary")) for each in context.tree.operations if not is_internal(each)]
    for name, line in unknown:
        suggestion = closest(name, summaries)
        hint = f" (did you mean {suggestion!r}?)" if suggestion is not None else ""
        yield finding_in(file, f"the definition has no operation {name!r}{hint}", "readme-operation", line)


_GROUPS = ("action", "actions", "trigger", "triggers", "operations")
"""Headings of groups of operations."""


def _operations(text: str) -> Iterator[tuple[str, int]]:
    """The headings of the section of operations that have no headings below them, with their lines."""
    section, before = 0, (0, "", 0)
    for match in _HEADING.finditer(f"{text}\n"):
        level, name = len(match[1] or "="), match[2] or match[3]
        if section and before[0] and level <= before[0]:
            yield before[1:]
        before = (0, "", 0)
        if section and level <= section:
            return
        if section:
            before = (level, name, text.count("\n", 0, match.start(2)) + 1)
        elif "supported operations" in name.lower():
            section = level
    if before[0]:
        yield before[1:]


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", re.sub(r"\(.*?\)|[`*]", "", text)).lower()
