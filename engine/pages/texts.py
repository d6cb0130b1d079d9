"""Descriptions of documents, which are CommonMark (OpenAPI 3.1, "Rich Text Formatting"), as HTML and as plain lines.

Rule 1. What a document says is inert: HTML in it is text. Of the tags that only format (``<b>``, ``<br>``, ``<p>``),
which documents of some vendors are full of, what they enclose is left; every other one is shown as it is written.

Rule 2. Nothing is fetched when a page is looked at: images are links. Links lead to ``http``, ``https`` and ``mailto``
alone; they name no referrer.

Rule 3. A heading in a description is none of the page: it is a paragraph in bold, so that the outline is that of the
connector.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup

_FORMATTING = re.compile(
    r"(?P<code>(?P<ticks>`+)(?!`).{1,400}?(?<!`)(?P=ticks)(?!`))"
    r"|(?P<item><li(?:\s[^<>]*)?>\s*(?:<p>\s*)?)"
    r"|</?(?P<name>a|abbr|b|big|blockquote|br|center|code|dd|div|dl|dt|em|fullname|h[1-6]|hr|i|important|li|note|ol|p"
    r"|pre|s|small|span|strike|strong|sub|sup|table|tbody|td|th|thead|tr|u|ul)(?:\s[^<>]*)?/?>",
    re.IGNORECASE | re.DOTALL,
)
"""Tags that format, and code, in which they are left; ``fullname``, ``important`` and ``note`` are those of AWS."""
_BLOCKS = frozenset(
    (
        *("blockquote", "br", "center", "dd", "div", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "important"),
        *("li", "note", "ol", "p", "pre", "table", "tbody", "td", "th", "thead", "tr", "ul"),
    )
)
"""Those that end a paragraph."""
_LINK = re.compile(r"(?i)(https?://|mailto:|#)")
_LONGEST = 100_000
"""Characters of a description that are rendered; a longer one is text."""


def html(text: str) -> Markup:
    """A description as HTML, in paragraphs."""
    if len(text) > _LONGEST:
        return Markup("<p>{}</p>").format(text)
    return Markup(_parser().render(readable(text)).strip())  # noqa: S704 - html is off, every text is escaped


def line(text: str) -> str:
    """A description as plain text on one line, without tags that format."""
    return " ".join(_FORMATTING.sub(lambda match: _instead(match, " "), text).split())


def sentence(text: str, longest: int = 160) -> str:
    """The beginning of a description as plain text: its first sentence."""
    text = line(re.sub(r"[*`#]+|\[([^\]]*)\]\([^)]*\)", r"\1", text))
    first = re.split(r"(?<=[.!?])\s", text, maxsplit=1)[0]
    return first if len(first) <= longest else f"{first[: longest - 1].rstrip()}…"


def is_link(url: str) -> bool:
    """Whether a URL is of a kind that pages link to."""
    return bool(_LINK.match(url))


def readable(text: str) -> str:
    """The text without tags that format; those of blocks end a paragraph."""
    return _FORMATTING.sub(lambda match: _instead(match, "\n\n"), text)


def _instead(match: re.Match[str], end: str) -> str:
    """What is left of a tag, or of code; ``end`` is that of a block."""
    if match["code"]:
        return match[0]
    if match["item"]:
        return f"{end}- "
    return end if match["name"].lower() in _BLOCKS else ""


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable("table").disable("image")
    parser.validateLink = is_link  # type: ignore[method-assign]
    return parser


class _Renderer(RendererHTML):
    """Writes tokens; see the rules above."""

    def heading_open(self, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        """A paragraph in bold."""
        return "<p><strong>"

    def heading_close(self, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        """The end of it."""
        return "</strong></p>\n"

    def link_open(self, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        """A link."""
        href = escape(str(tokens[index].attrGet("href") or ""))
        return f'<a href="{href}" rel="noopener noreferrer">'

    def table_open(self, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        """A table that scrolls where it is too wide."""
        return '<div class="scroll" tabindex="0" role="group" aria-label="Table"><table>\n'

    def table_close(self, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        """The end of it."""
        return "</table></div>\n"

    def fence(self, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        """Code, which scrolls."""
        return f'<pre tabindex="0"><code>{escape(tokens[index].content)}</code></pre>\n'

    def code_block(self, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        """Code, which scrolls."""
        return self.fence(tokens, index, options, env)
