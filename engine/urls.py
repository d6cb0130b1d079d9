"""Which characters stand in a URL as they are, and which are percent-encoded (RFC 3986).

Rule 1: what a caller gives stays in its place. A value of the path is one segment, a value of the query ends at no
delimiter, whatever it holds. Both are UTF-8, encoded once.

Rule 2: what the document writes is meant: its path and query are sent as they stand, but for what no URL holds.

A reserved character and its encoded form make two URLs (section 2.2), and services differ in which they read: some
look for ``$filter`` by its octets. So names and values of the query keep what may stand there and delimits nothing
(section 3.4), as browsers write them. In the path everything but unreserved characters is encoded, which is what a
template's variable means (RFC 6570 section 3.2.2): services split a path before they decode it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, unquote

from openconnectors.engine import path_templates
from openconnectors.engine.errors import Unsupported

_QUERY = "!$'()*,/:?@"
"""Of the reserved characters those that delimit nothing in a query: without ``&``, ``=``, ``+`` (a blank, in a form),
``#`` and ``;`` (which delimited parameters in HTML 4, appendix B.2.2); brackets may not stand there at all."""
_LITERAL_PATH = "/!$%&'()*+,:;=@~"
_LITERAL_QUERY = _LITERAL_PATH + "?{}"
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SEPARATOR = re.compile(r"[/\\]")
_NOT_IN_URL = re.compile(r"[^\x21\x24-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]")


def query_text(text: str) -> str:
    """A name or value of the query, encoded; ``ValueError`` for half of a surrogate pair."""
    return _encoded(text, _QUERY)


def path_text(text: str) -> str:
    """A value of the path, encoded; ``ValueError`` for half of a surrogate pair."""
    return _encoded(text, "")


def _encoded(text: str, safe: str) -> str:
    try:
        return quote(text, safe=safe)
    except UnicodeEncodeError:
        raise ValueError("has half of a surrogate pair, which has no UTF-8") from None


def path_template(path: str) -> list[str]:
    """The parts of a document's path, fit to be sent, with the names of its variables at the odd places.

    Its query and fragment are left out: documents write them to have one path several times.
    ``Unsupported`` for what is no path: a brace that is no variable's, a segment ``.`` or ``..``.
    """
    text = path.partition("#")[0].partition("?")[0]
    parts = path_templates.split(text)
    literal = parts[::2]
    if any("{" in part or "}" in part for part in literal):
        raise Unsupported(f"the path {path!r} has a brace that belongs to no variable")
    if any(part in (".", "..") for part in _SEPARATOR.split(unquote("{}".join(literal)))):
        raise Unsupported(f"the path {path!r} has '.' or '..' as a segment, which leads elsewhere")
    try:
        parts[::2] = [literal_text(part, _LITERAL_PATH) for part in literal]
    except ValueError as error:
        raise Unsupported(f"the path {path!r} {error}") from None
    return parts


def query_template(path: str) -> tuple[tuple[str, str], ...]:
    """The query that a document's path has, fit to be sent: each pair with its name, variables as they are."""
    pairs = path.partition("#")[0].partition("?")[2].split("&")
    try:
        return tuple((unquote(pair.partition("=")[0]), literal_text(pair, _LITERAL_QUERY)) for pair in pairs if pair)
    except ValueError as error:
        raise Unsupported(f"the path {path!r} {error}") from None


def literal_text(text: str, safe: str) -> str:
    """Text of a document that is encoded already, but for what may not stand there."""
    return _encoded(_LONE_PERCENT.sub("%25", text), safe)


def segment(text: str) -> str:
    """A value as one segment of a path, encoded. ``ValueError`` as for ``checked_segment``."""
    return checked_segment(path_text(text))


def checked_segment(encoded: str) -> str:
    """An encoded segment as it is; ``ValueError`` for what would leave its place: empty, ``.``, ``..``, also
    between slashes."""
    text = unquote(encoded)
    if not text:
        raise ValueError("must not be empty: it is a segment of the path")
    if any(part in (".", "..") for part in _SEPARATOR.split(text)):
        raise ValueError(f"must not be or hold '.' or '..' as a segment of the path, as {text!r} does")
    if "\x00" in text:
        raise ValueError("must not hold a NUL character")
    return encoded


def filled(template: str, values: Mapping[str, str]) -> str | None:
    """A text with its variables replaced by encoded values; None where one is missing."""
    names = path_templates.variables(template)
    return path_templates.expand(template, values.__getitem__) if set(names) <= set(values) else None


def open_path(text: str) -> str:
    """A value that the document puts into the path as it is, with its own slashes and query. ``ValueError``
    for what would lead elsewhere, or is not encoded."""
    path = unquote(text.partition("?")[0])
    if not text or any(part in (".", "..") for part in _SEPARATOR.split(path)):
        raise ValueError(f"must not be empty, nor hold '.' or '..' as a segment of the path, as {text!r} does")
    return open_query(text.removeprefix("/"))


def open_query(text: str) -> str:
    """A value that the document writes into the URL as it is; ``ValueError`` for a character that no URL
    holds."""
    bad = _NOT_IN_URL.search(text)
    if bad:
        raise ValueError(f"holds {bad[0]!r}; it is written into the URL as it is, so it must be encoded already")
    return text
