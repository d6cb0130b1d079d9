"""The tags and texts of a plain document, taken from its text in one pass, without a tree.

A document is plain if it is UTF-8, all its namespaces are declared by its first element, no name has a prefix but
``nil``, and it has no comments, CDATA sections, processing instructions or document type declaration. Most responses
are. Any other document is ``NotPlain``: lxml reads it (``parsing``).

Theory of operation. The text is split at each ``>``. Every piece is then the blanks or the text before a tag, and the
tag: ``<name attributes``, ``<name/`` or ``text</name``.

Rule 1. What is accepted is well-formed (XML 1.0 section 2.1). Each piece must have the form above, which has a ``<``;
since a document has as many ``<`` as pieces, no text has another. References are resolved or not plain, and so are
characters that XML does not have (section 2.2) and carriage returns, which a parser replaces (section 2.11).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from openconnectors.engine.deferred import pattern
from openconnectors.engine.values.codecs.xml.names import XSI

_MAX_BYTES = 8 * 1024 * 1024
"""Less than the longest text that libxml2 reads."""

_MAX_DEPTH = 60
"""Less than the depth that libxml2 reads, and little of Python's stack."""

MAX_KEPT_PIECE = 300
"""The length up to which a piece is kept for the next document; a name has less, and the blanks before a tag."""

_NO_CHARACTERS = bytes(code for code in range(32) if code not in b"\t\n")
"""Bytes that are no character of XML, and the carriage return."""

_WIDE_BLANKS = (
    "\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""All blanks of ``str.strip`` beyond ASCII."""

_PROLOG = pattern(
    r"""(?:<\?xml\ version=(?:"1\.0"|'1\.0')
        (?:\ encoding=(?:"[Uu][Tt][Ff]-8"|'[Uu][Tt][Ff]-8'))?
        (?:\ standalone=(?:"(?:yes|no)"|'(?:yes|no)'))?\ ?\?>)?[ \t\n]*(?=<[A-Za-z_][A-Za-z0-9_.-]*+[ \t\n/>])""",
    re.VERBOSE,
)
_NAME = r"[A-Za-z_][A-Za-z0-9_.-]{0,200}"
_ATTRIBUTE = rf"""[ \t\n]+((?:{_NAME}:)?{_NAME})[ \t\n]*=[ \t\n]*("[^<"\t\n]*"|'[^<'\t\n]*')"""
_TAG = pattern(rf"[ \t\n]*<(/?)({_NAME})((?:{_ATTRIBUTE})*+)[ \t\n]*(/?)")
_ATTRIBUTES = pattern(_ATTRIBUTE)
_NAMESPACE = pattern(r"(?:urn:|https?://)[A-Za-z0-9][A-Za-z0-9._~:/-]*#?")
"""Absolute URIs of which nobody says that they are wrong: no parser refuses them."""

_RESERVED = ("http://www.w3.org/2000/xmlns", "http://www.w3.org/XML/")
"""Those of ``xmlns`` and ``xml``, which nothing else may have (XML Namespaces 1.0 section 3)."""

_REFERENCE = pattern(r"&(?:(amp|lt|gt|quot|apos)|#([0-9]{1,7})|#x([0-9A-Fa-f]{1,6}));|&")
_ENTITIES: Mapping[str, str] = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
BLANKS = " \t\n"


class NotPlain(Exception):
    """A document is not plain, or has not the content that its schema describes."""


class Tag(Struct, frozen=True):
    """The tag at the end of a piece, after nothing but blanks."""

    name: str
    attributes: Mapping[str, str]
    """As they are written: references are not resolved."""
    closes: bool
    """True for ``</name``."""
    is_empty: bool
    """True for ``<name/``."""
    is_null: bool = False
    """True if an attribute says that the element is null."""

    def has_prefixes(self) -> bool:
        """Return True if an attribute is in a namespace, or declares one."""
        return any(":" in name or name == "xmlns" for name in self.attributes)


class Namespaces(Struct, frozen=True):
    """What the first element of a document declares for all names in it."""

    default: str = ""
    """The namespace of all elements."""
    nil: str = ""
    """The attribute that makes an element null, with its prefix; empty: there is none."""


def source_of(data: bytes) -> Source:
    """The pieces of a document. Raise ``NotPlain`` if it is not plain at the first look."""
    if len(data) > _MAX_BYTES or any(map(data.__contains__, _NO_CHARACTERS)):
        raise NotPlain
    try:
        text = str(data, "utf-8")
    except UnicodeDecodeError:
        raise NotPlain from None
    start = _PROLOG.match(text)
    if start is None or (not text.isascii() and ("\ufffe" in text or "\uffff" in text)):
        raise NotPlain
    text = text[start.end() :]
    references = text.split("&")
    has_references = False
    if len(references) > 1:
        has_references = not all(part.startswith("amp;") for part in references[1:])
        if not has_references:  # as in most documents: then no text needs a look
            text = "&".join((references[0], *(part[4:] for part in references[1:])))
    pieces = text.split(">")
    if pieces.pop().strip(BLANKS) or text.count("<") != len(pieces):
        raise NotPlain
    return Source(text, iter(pieces), has_references=has_references)


def first_tag_of(piece: str) -> tuple[Tag, Namespaces]:
    """The tag of a piece, without the namespaces that it declares, and those. Raise ``NotPlain`` for a namespace that a
    parser might refuse."""
    tag = _read_tag(piece)
    attributes: dict[str, str] = {}
    default = nil = ""
    for name, value in tag.attributes.items():
        prefix, _, local = name.rpartition(":")
        if not prefix and local != "xmlns":
            attributes[name] = value
            continue
        is_reserved = prefix not in ("", "xmlns") or (prefix and local.lower().startswith("xml"))
        if is_reserved or value.startswith(_RESERVED) or not _NAMESPACE.fullmatch(value):
            raise NotPlain
        if not prefix:
            default = value
        elif value == XSI:
            nil = f"{local}:nil"
    return replace(tag, attributes=attributes), Namespaces(default, nil)


def _read_tag(piece: str) -> Tag:
    match = _TAG.fullmatch(piece)
    if match is None:
        raise NotPlain
    closing, name, written, empty = match[1], match[2], match[3], match[match.re.groups]
    attributes: dict[str, str] = {}
    for attribute, quoted in _ATTRIBUTES.findall(written):
        if attribute in attributes:
            raise NotPlain
        attributes[attribute] = quoted[1:-1]
    if closing and (attributes or empty):
        raise NotPlain
    return Tag(name, attributes, bool(closing), bool(empty))


_bare_tag = lru_cache(2048)(_read_tag)
"""As ``_read_tag``, kept: tags without attributes are few, and hold nothing of a response but names."""


class Source:
    """The pieces of one document."""

    def __init__(self, text: str, pieces: Iterator[str], *, has_references: bool) -> None:
        self.pieces = pieces
        self.depth = 0
        self.first, self.namespaces = first_tag_of(next(pieces, ""))
        """The tag of the document's first element."""
        self._has_references = has_references
        self.is_unusual = has_references or (not text.isascii() and any(map(text.__contains__, _WIDE_BLANKS)))
        """True if a text may have references, or be blank and not begin with a character below ``!``."""

    def tag(self, piece: str) -> Tag:
        """The tag of a piece. Raise ``NotPlain`` if it is not well-formed, or has a prefix but that of ``nil``."""
        tag = _read_tag(piece) if "=" in piece or len(piece) > MAX_KEPT_PIECE else _bare_tag(piece)
        if not tag.attributes or not tag.has_prefixes():
            return tag
        # An element that is null may have content, which lxml reads past.
        if tag.is_empty and len(tag.attributes) == 1 and tag.attributes.get(self.namespaces.nil) in ("true", "1"):
            return replace(tag, attributes={}, is_null=True)
        raise NotPlain

    def text(self, written: str) -> str:
        """A text as it is meant: with its references resolved. Raise ``NotPlain`` for any that XML does not define."""
        return _REFERENCE.sub(_resolved, written) if self._has_references and "&" in written else written

    def enter(self) -> None:
        """Count an element that may have children. Raise ``NotPlain`` if too many are within one another."""
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise NotPlain

    def attributes(self, tag: Tag) -> dict[str, str]:
        """The attributes of a tag, with their references resolved."""
        return {name: self.text(written) for name, written in tag.attributes.items()}


def _resolved(reference: re.Match[str]) -> str:
    """The character of a reference (XML 1.0 section 4.1)."""
    name, decimal, hexadecimal = reference.groups()
    if name:
        return _ENTITIES[name]
    if not decimal and not hexadecimal:
        raise NotPlain
    code = int(decimal) if decimal else int(hexadecimal, 16)
    if code in (9, 10, 13) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000:
        return chr(code)
    raise NotPlain
