"""Pages as Markdown (GitHub's, which has tables), in the shape of the reference pages of Logic Apps' connectors.

Rule 1. What a document says stays Markdown, as long as nothing in it is active: HTML, an image, a link to anything but
``http``, ``https`` and ``mailto``. Otherwise it is plain text, each of whose signs is escaped.

Rule 2. A cell of a table is one line. ``Data Type`` is the document's type; what the items of a list are stands in
the last column.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import pairwise

from markdown_it import MarkdownIt

from openconnectors.engine.pages import texts
from openconnectors.engine.pages.records import Definition, Member, Operation, Page, Parameter, Type, Value

_SIGNS = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>&~])")
_ACTIVE = frozenset(("html_block", "html_inline", "image"))


def connector_page(page: Page) -> str:
    """The page of a connector."""
    blocks = [
        f"# {_plain(page.title)} connector",
        _prose(page.description),
        "\n".join(_facts(page)),
        "## Triggers and actions",
        _table(["Triggers", "Actions"], [[_list(page.triggers), _list(page.actions)]]),
        *_connection(page),
        *_throttling(page),
    ]
    for title, operations in (("Triggers", page.triggers), ("Actions", page.actions)):
        if operations:
            blocks.append(f"## {title}")
            blocks += [block for operation in operations for block in _operation(operation)]
    if page.webhooks:
        blocks.append("## Webhooks")
        for webhook in page.webhooks:
            blocks += [f"### {_plain(webhook.title)}", _prose(webhook.description), _members(webhook.members)]
    if page.definitions:
        blocks.append("## Definitions")
        blocks += [block for definition in page.definitions for block in _definition(definition)]
    return "\n\n".join(block for block in blocks if block) + "\n"


def index_page(links: Iterable[tuple[str, str, str]], title: str) -> str:
    """The page that lists several connectors: title, file and description of each."""
    rows = [[f"[{_plain(name)}]({file})", _cell(description)] for name, file, description in links]
    return f"# {_plain(title)}\n\n{_table(['Connector', 'Description'], rows)}\n"


# Parts


def _facts(page: Page) -> Iterator[str]:
    yield f"- Name: {_code(page.name)}"
    if page.version:
        yield f"- Version: {_plain(page.version)}"
    for server in page.servers:
        yield f"- Server: {_code(server.url)}"
    if page.media_types:
        yield f"- Formats: {', '.join(map(_plain, page.media_types))}"


def _connection(page: Page) -> Iterator[str]:
    yield "## Connection"
    if page.connection:
        rows = [
            [
                _plain(value.title),
                ("Yes" if value.required else "No") if not value.sets else f"One of {_plain(', '.join(value.sets))}",
                _cell(value.description),
                ", ".join(map(_code, value.environment)),
                _value_notes(value),
            ]
            for value in page.connection
        ]
        yield _table(["Property", "Required", "Description", "Environment", "Notes"], rows)
    else:
        yield "No connection is needed."
    yield _fence(page.start.python, "python")
    yield _fence("\n".join(text for text in (page.start.environment, page.start.command) if text), "sh")


def _value_notes(value: Value) -> str:
    notes = [_code(value.name), "secret" if value.secret else "", _plain(value.obtained)]
    notes.append(f"one of {', '.join(map(_code, value.allowed))}" if value.allowed else "")
    notes.append(f"default {_code(value.default)}" if value.default else "")
    return "; ".join(note for note in notes if note)


def _throttling(page: Page) -> Iterator[str]:
    yield "## Throttling"
    limits = [["All operations together", ", ".join(page.limits)]] if page.limits else []
    limits += [[_to(operation.title, operation.anchor), ", ".join(operation.limits)] for operation in page.limited]
    yield _table(["Name", "Calls"], limits) if limits else "The document declares no limits."
    rows = [
        [_to(operation.title, operation.anchor), response.status, _cell(response.description)]
        for operation in page.throttled
        for response in operation.responses
        if response.status in operation.throttled
    ]
    yield _table(["Operation", "Status", "Description"], rows) if rows else ""
    yield (
        "A call that is answered with 429 is sent again after the time of `Retry-After`, if that is within the time of "
        "the call; then it raises `TooManyRequests`."
    )


def _operation(operation: Operation) -> Iterator[str]:
    yield f'<a id="{operation.anchor}"></a>'
    yield f"### {_plain(operation.title)}"
    yield f"It cannot be called. {_plain(operation.problem)}" if operation.problem else ""
    yield "Deprecated." if operation.deprecated else ""
    yield _prose(operation.description)
    yield _code(f"{operation.method}: {operation.path}")
    if operation.parameters:
        columns = ["Name", "Data Type", "Required", "Located In", "Default Value", "Description", "Limits"]
        yield _table(columns, map(_parameter, operation.parameters))
    for parameter in operation.parameters:
        if parameter.members:
            yield f"Members of {_code(parameter.name)}:"
            yield _members(parameter.members)
    if operation.responses:
        yield "#### Responses"
        rows = [
            [_plain(response.status), _type(response.type), _cell(response.description)]
            for response in operation.responses
        ]
        yield _table(["Name", "Data Type", "Description"], rows)
    for response in operation.responses:
        if response.members:
            yield f"Members of the response {_plain(response.status)}:"
            yield _members(response.members)
    if operation.event:
        yield "Members of an event:"
        yield _members(operation.event)
    if not operation.problem:
        examples = operation.examples
        yield _fence(examples.python, "python")
        yield _fence(examples.command, "sh")
        yield _fence(examples.http, "http")


def _parameter(parameter: Parameter) -> list[str]:
    return [
        _plain(parameter.name),
        _type(parameter.type),
        "yes" if parameter.required else "no",
        parameter.location,
        "none" if parameter.default is None else _plain(parameter.default),
        _cell(parameter.description),
        _limits(parameter.type, parameter.allowed, parameter.notes),
    ]


def _definition(definition: Definition) -> Iterator[str]:
    yield f'<a id="{definition.anchor}"></a>'
    yield f"### {_plain(definition.name)}"
    yield _prose(definition.description)
    if definition.members:
        yield _members(definition.members)
    elif definition.type.name:
        yield f"Type: {_type(definition.type)}"
    if definition.allowed:
        yield f"One of {', '.join(map(_code, definition.allowed))}"


def _members(members: Sequence[Member]) -> str:
    rows = [
        [
            _plain(member.name),
            _type(member.type),
            "yes" if member.required else "no",
            _cell(member.description),
            _limits(member.type, member.allowed, member.notes),
        ]
        for member in members
    ]
    return _table(["Property Name", "Data Type", "Required", "Description", "Limits"], rows) if rows else ""


def _limits(kind: Type, allowed: Sequence[str], notes: Sequence[str]) -> str:
    parts = [f"items: {_type(kind.items)}" if kind.items is not None else ""]
    parts.append(f"one of {', '.join(map(_code, allowed))}" if allowed else "")
    return "; ".join(part for part in (*parts, *map(_code, notes)) if part)


def _list(operations: Sequence[Operation]) -> str:
    return "<br>".join(_to(operation.title, operation.anchor) for operation in operations) or "None"


def _type(kind: Type) -> str:
    return _to(kind.name, kind.anchor) if kind.anchor else _plain(kind.name)


def _to(title: str, anchor: str) -> str:
    return f"[{_plain(title)}](#{anchor})"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(columns)} |", f"| {' | '.join('---' for _ in columns)} |"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def _fence(text: str, language: str) -> str:
    """A block of code that nothing in its text ends."""
    if not text:
        return ""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


# Texts of documents


def _plain(text: str) -> str:
    """A text as it is, on one line."""
    return _SIGNS.sub(r"\\\1", " ".join(text.split())).replace("\\.", ".").replace("\\-", "-")


def _code(text: str) -> str:
    """A text as code, in a cell, too (GitHub Flavored Markdown, "Tables": a pipe is escaped in code as well)."""
    text = " ".join(text.split()).replace("|", "\\|")
    if "`" not in text:
        return f"`{text}`" if text else ""
    fence = "`" * (max(len(run) for run in re.findall(r"`+", text)) + 1)
    return f"{fence} {text} {fence}"


def _cell(text: str) -> str:
    """A description in a cell of a table."""
    text = texts.line(text)
    return text.replace("\\|", "|").replace("|", "\\|") if _is_inert(text) else _plain(text)


def _prose(text: str) -> str:
    """A description in paragraphs; its headings are none of the page."""
    text = texts.readable(text).strip()
    if not _is_inert(text):
        return "\n\n".join(filter(None, map(_plain, re.split(r"\n\s*\n", text))))
    lines = text.split("\n")
    tokens = _parser().parse(text)
    for token, inline in reversed(list(pairwise(tokens))):
        if token.type == "heading_open" and token.map is not None:
            lines[token.map[0] : token.map[1]] = [f"**{' '.join(inline.content.split())}**", ""]
    return "\n".join(lines).strip()


def _is_inert(text: str) -> bool:
    """Whether nothing in a Markdown text is active, in any place that it may stand in."""
    tokens = _parser().parse(text)
    tokens += [child for token in tokens for child in token.children or ()]
    return not any(
        token.type in _ACTIVE or (token.type == "link_open" and not texts.is_link(str(token.attrGet("href"))))
        for token in tokens
    )


@cache
def _parser() -> MarkdownIt:
    """Reads HTML and links of any kind, so that they are seen."""
    parser = MarkdownIt("commonmark", {"html": True})
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    return parser
