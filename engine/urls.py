"""Which characters of a URL are literal, and which are percent-encoded (RFC 3986).

Rule 1. A caller's value stays in its place: in the path it is one segment, in the query it does not end at a delimiter,
whatever it holds. Both are UTF-8, encoded once.

Rule 2. The document's own path and query are sent as it writes them, except for characters that a URL cannot hold.

Why query and path differ. A reserved character and its encoded form make two URLs (section 2.2), and services differ in
which they read: some compare ``$filter`` byte by byte. So names and values of the query keep the reserved characters
that may occur there and delimit nothing (section 3.4), as browsers do. In the path all but unreserved characters are
encoded, which is what a template's variable means (RFC 6570 section 3.2.2): services split a path before they decode
it.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, unquote

from openconnectors.engine import path_templates
from openconnectors.engine.deferred import pattern
from openconnectors.engine.errors import UNPAIRED_SURROGATE, Unsupported

_QUERY = "!$'()*,/:?@"
"""The reserved characters that delimit nothing in a query: without ``&``, ``=``, ``+`` (a blank in a form), ``#`` and
``;`` (a delimiter in HTML 4, appendix B.2.2). Brackets may not occur there at all (section 3.2.2)."""
_RESERVED: Mapping[str, str] = {
    # Without /, ? and # (OpenAPI 3.2, "Path Templating"), and without brackets, which a path cannot hold (section 3.3).
    "path": "%:@!$&'()*+,;=",
    "query": "%:/?[]@!$'()*+,;=",  # without & and #
    "cookie": "%:/?#[]@!$&'()*+,=",  # without ; (RFC 6265 section 4.2.1)
}
"""Characters that reserved expansion leaves, by location: those of RFC 3986 section 2.2 and percent signs."""
_LITERAL_PATH = "/!$%&'()*+,:;=@~"  # section 3.3 "pchar", and percent signs of what the document has encoded
_LITERAL_QUERY = _LITERAL_PATH + "?{}"  # section 3.4, and the braces of variables, which are expanded later
_LONE_PERCENT = pattern(r"%(?![0-9A-Fa-f]{2})")
_SEPARATOR = pattern(r"[/\\]")  # WHATWG URL reads a backslash as a slash, and so do some servers
_NOT_IN_URL = pattern(r"[^\x21\x24-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]")


def query_text(text: str) -> str:
    """A name or value of the query, encoded. ``ValueError`` for an unpaired surrogate."""
    return _encoded(text, _QUERY)


def path_text(text: str) -> str:
    """A value of the path, encoded. ``ValueError`` for an unpaired surrogate."""
    return _encoded(text, "")


def _encoded(text: str, safe: str) -> str:
    if text.isalnum() and text.isascii():
        return text
    try:
        return quote(text, safe=safe)
    except UnicodeEncodeError:
        raise ValueError(UNPAIRED_SURROGATE) from None


def encoded_path(path: str) -> list[str]:
    """The parts of a document's path: encoded text, with the names of its variables at odd indexes.

    Its query and fragment are left out: documents add them to declare one path several times. ``Unsupported`` for a
    brace that belongs to no variable, and for a segment ``.`` or ``..``.
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


def encoded_query(path: str) -> tuple[tuple[str, str], ...]:
    """The query of a document's path: each name with its encoded pair, in which variables are not expanded."""
    pairs = path.partition("#")[0].partition("?")[2].split("&")
    try:
        return tuple((unquote(pair.partition("=")[0]), literal_text(pair, _LITERAL_QUERY)) for pair in pairs if pair)
    except ValueError as error:
        raise Unsupported(f"the path {path!r} {error}") from None


def reserved_text(text: str, location: str) -> str:
    """A value in RFC 6570's reserved expansion (section 3.2.3, OpenAPI 3.2 ``allowReserved``): reserved characters and
    percent-encoded triples stay as they are, except for characters that would end the value in its location (rule 1).
    """
    return literal_text(text, _RESERVED[location])


def literal_text(text: str, safe: str) -> str:
    """Text that is encoded already, with the characters encoded that are neither unreserved nor ``safe``."""
    return _encoded(_LONE_PERCENT.sub("%25", text), safe)


def document_path(text: str, *, template: bool = False) -> str:
    """A path of the document's, or a part of one, with what a URL cannot hold encoded; of a template but for its
    braces. ``ValueError`` for an unpaired surrogate."""
    return literal_text(text, _LITERAL_PATH + ("{}" if template else ""))


def segment(text: str) -> str:
    """A value as one segment of a path, encoded. ``ValueError`` as for ``checked_segment``."""
    return checked_segment(path_text(text))


def checked_segment(encoded: str) -> str:
    """An encoded segment, unchanged. ``ValueError`` for one that would lead elsewhere: empty, ``.``, ``..``, also
    between encoded slashes."""
    if encoded.isalnum() and encoded.isascii():
        return encoded
    text = unquote(encoded)
    if not text:
        raise ValueError("must not be empty: it is a segment of the path")
    if any(part in (".", "..") for part in _SEPARATOR.split(text)):
        raise ValueError(f"must not be or contain a path segment '.' or '..', as {text!r} does")
    if "\x00" in text:
        raise ValueError("must not contain a NUL character")
    return encoded


def expanded(template: str, values: Mapping[str, str]) -> str | None:
    """A template with its variables replaced by encoded values; None if one is missing."""
    names = path_templates.variables(template)
    return path_templates.expand(template, values.__getitem__) if set(names) <= set(values) else None


def open_path(text: str) -> str:
    """A value that the document puts into the path without encoding it, with its own slashes and query. ``ValueError``
    if it would lead elsewhere, or is not encoded."""
    path = unquote(text.partition("?")[0])
    if not text or any(part in (".", "..") for part in _SEPARATOR.split(path)):
        raise ValueError(f"must not be empty, nor contain a path segment '.' or '..', as {text!r} does")
    return open_query(text.removeprefix("/"))


def open_query(text: str) -> str:
    """A value that the document puts into the URL without encoding it. ``ValueError`` for a character that a URL cannot
    hold."""
    unfit = _NOT_IN_URL.search(text)
    if unfit:
        raise ValueError(f"contains {unfit[0]!r}; it is put into the URL without encoding, so encode it first")
    return text
