"""Bytes to elements, whole or while they arrive.

What arrives may be hostile, so nothing that an XML document may ask for is done:

Rule 1. No DTD is read, no entity is expanded, nothing is fetched (XXE; CWE-611). A document type declaration is skipped
and is a deviation; one that declares entities, or whose entities are declared elsewhere, is refused, because text would
be missing or could grow without bound (CWE-776).

Rule 2. libxml2's own bounds of depth and of the length of a text stay in force for whole documents. Items that are read
while they arrive are bounded here: ``_MAX_ITEM_BYTES``, and ``MAX_DEPTH`` as for JSON.

Rule 3. The encoding is that of a byte order mark, else that of the Content-Type, else that of the XML declaration (RFC
7303 section 3). A wrong one is a deviation if the bytes can be read all the same.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from itertools import chain
from typing import Any

from lxml import etree

from openconnectors.engine.errors import Problem
from openconnectors.engine.leniency import DOCTYPE, ENCODING, PROLOG, XML_NAME
from openconnectors.engine.values.codecs.binding import MAX_DEPTH, Parameters
from openconnectors.engine.values.codecs.charsets import codec_name, mark_of, text_of
from openconnectors.engine.values.codecs.xml.names import (
    Element,
    has_name,
    in_namespace,
    is_error,
    local_name,
    may_replace,
)

_PARSER: Mapping[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "remove_comments": True,
    "remove_pis": True,
}

_DECLARATION = re.compile(rb"""\s*<\?xml\s[^>]*?\bencoding\s*=\s*["']([A-Za-z0-9._:-]+)["']""")
_BLANKS = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]+(?=<\?xml\s)")
_HEAD = 256
"""More bytes than an XML declaration has."""

_ENTITIES = "has a DOCTYPE with entities, which are refused"
_NOT_MARKUP = re.compile(rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>", re.DOTALL)
_REFERENCE = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos);|#)")  # all but those of XML 1.0 section 4.6

_MAX_ITEM_BYTES = 8 * 1024 * 1024
"""The most bytes that one item may have that is read while it arrives; beyond, memory would not be bounded."""


def parse(data: bytes, charset: str | None, problems: list[Problem]) -> Element:
    """The root element of an XML document; ``charset`` is that of its Content-Type. ``ValueError`` for what is not
    well-formed, has entities of its own, or exceeds libxml2's bounds."""
    ascii_data = data.replace(b"\0", b"")  # ASCII in UTF-16 and UTF-32 has zeros in between
    if b"<!DOCTYPE" in ascii_data and b"<!ENTITY" in ascii_data:
        raise ValueError(_ENTITIES)  # before libxml2 reads them
    if (blanks := _BLANKS.match(data)) is not None:
        problems.append(Problem((), "has blanks before its XML declaration", PROLOG))
        data = data[blanks.end() :]
    encoding = _encoding(data, charset, problems)
    if encoding not in (None, "utf-8"):
        data, encoding = text_of(data, encoding, problems).encode("utf-8"), "utf-8"
    parser = etree.XMLParser(encoding=encoding, **_PARSER, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise _not_xml(error) from None
    if _has_doctype(root, problems) and _REFERENCE.search(_NOT_MARKUP.sub(b"", ascii_data)):
        raise ValueError(_ENTITIES)  # declared in a file that is not read: their text would be missing
    return root


def _not_xml(error: Exception) -> ValueError:
    return ValueError(f"is not XML: {str(error).splitlines()[0] if str(error) else 'empty'}")


def _has_doctype(element: Element, problems: list[Problem]) -> bool:
    """Return True, and record a deviation, if a document has a document type declaration. ``ValueError`` for one that
    declares entities."""
    info = element.getroottree().docinfo
    if info.internalDTD is None and not info.doctype:
        return False
    if info.internalDTD is not None and any(True for _ in info.internalDTD.iterentities()):
        raise ValueError(_ENTITIES)
    problems.append(Problem((), "has a DOCTYPE, which is ignored", DOCTYPE))
    return True


def _encoding(data: bytes, charset: str | None, problems: list[Problem]) -> str | None:
    """The encoding to read bytes in; None: the one that they declare themselves. See rule 3. A declaration that can be
    read as ASCII but names an encoding of 16 bits is wrong: then they are UTF-8."""
    mark = mark_of(data)
    named = codec_name(charset) if charset else None
    if charset and named is None:
        problems.append(Problem(("Content-Type",), f"has the unknown charset {charset!r}", ENCODING, "header"))
    declaration = _DECLARATION.match(data.removeprefix(codecs.BOM_UTF8)[:_HEAD])
    declared = declaration[1].decode("ascii") if declaration else "utf-8"
    wrong = not _is_ascii_superset(declared) or (mark == "utf-8-sig" and codec_name(declared) not in ("utf-8", "ascii"))
    if wrong:
        problems.append(Problem((), f"declares the encoding {declared!r}, but is written in another", ENCODING))
    if mark is not None:
        return "utf-8" if wrong and mark == "utf-8-sig" else None
    if named is not None:
        return named
    if wrong:
        return "utf-8"
    return None if _libxml2_knows(declared) else codec_name(declared)


@lru_cache(64)
def _libxml2_knows(encoding: str) -> bool:
    """Return True if libxml2 knows an encoding by this name; Python knows more."""
    try:
        etree.XMLParser(encoding=encoding)
    except LookupError:
        return False
    return True


def _is_ascii_superset(encoding: str) -> bool:
    """Return True if ASCII text has the same bytes in an encoding as in UTF-8."""
    name = codec_name(encoding)
    try:
        return name is not None and "<?xml".encode(name) == b"<?xml"
    except (UnicodeError, LookupError):
        return False


def check_page(element: Element, tag: str) -> None:
    """Raise ``ValueError`` for an HTML page, which proxies and gateways send with any status, unless the document
    describes one."""
    if local_name(element.tag).lower() == "html" and local_name(tag) != local_name(element.tag):
        raise ValueError("is an HTML page")


def parse_items(
    chunks: Iterator[bytes],
    parameters: Parameters,
    path: list[tuple[str, ...]],
    read: Callable[[Element, list[Problem]], Any],
    problems: list[Problem],
) -> Iterator[Any]:
    """The values of the elements at a path, each read and then forgotten, while the bytes arrive. ``path`` has the
    names that each element on the way may have, from the root to the item itself; none: any."""
    head = b""
    while len(head) < _HEAD and (chunk := next(chunks, b"")):
        head += chunk
    encoding = _encoding(head, parameters.get("charset"), problems)
    chunks = chain((head,), chunks)
    if encoding not in (None, "utf-8"):
        chunks = (text.encode("utf-8") for text in codecs.iterdecode(chunks, encoding))
        encoding = "utf-8"
    parser = etree.XMLPullParser(events=("start", "end"), encoding=encoding, **_PARSER, huge_tree=True)
    wrong_root = ""
    items = 0
    on_path: list[bool] = []  # of each open element, whether it and all those around it are on the path
    try:
        for event, element in _events(parser, chunks, on_path, len(path)):
            depth = len(on_path)
            if event == "start":
                names = path[depth] if depth < len(path) else ()
                matches = not names or any(has_name(element, name) for name in names)
                if not on_path:
                    wrong_root = "" if matches else local_name(element.tag)
                    _check_root(element, names, matches, problems)
                on_path.append(depth == 0 or (on_path[-1] and matches))
                continue
            is_item = on_path.pop() and depth == len(path)
            if is_item:
                items += 1
                yield read(element, problems)
            if depth <= len(path):  # read, or of no interest: forget it and what came before it
                element.clear(keep_tail=True)
                while element.getprevious() is not None:
                    del element.getparent()[0]
    except etree.XMLSyntaxError as error:
        raise _not_xml(error) from None
    if wrong_root:
        message = f"has the element <{wrong_root}>; expected <{local_name(path[0][0])}>"
        if not items:
            raise ValueError(message)
        problems.append(Problem((), message, XML_NAME))


def _events(
    parser: Any, chunks: Iterator[bytes], on_path: list[bool], item_depth: int
) -> Iterator[tuple[str, Element]]:
    """The starts and ends of elements. ``on_path`` has an entry for each open element; ``ValueError`` if they are
    nested too deep, or if an element at the depth of items has too many bytes."""
    bytes_since_item = 0
    for chunk in chunks:
        parser.feed(chunk)
        bytes_since_item += len(chunk)
        if bytes_since_item > _MAX_ITEM_BYTES or len(on_path) > MAX_DEPTH:
            raise ValueError(f"is nested too deep, or has an item larger than {_MAX_ITEM_BYTES:,} bytes")
        for event, element in parser.read_events():
            yield event, element
            if event == "end" and len(on_path) == item_depth - 1:
                bytes_since_item = 0
    parser.close()


def _check_root(element: Element, names: tuple[str, ...], matches: bool, problems: list[Problem]) -> None:
    """Raise ``ValueError`` for a root element below which no items are expected."""
    if _has_doctype(element, problems) and element.getroottree().docinfo.system_url:
        raise ValueError(_ENTITIES)  # they may be declared there
    check_page(element, names[0] if names else "")
    if not matches and (not may_replace(element, names[0]) or is_error(element)):
        raise ValueError(f"has the element <{local_name(element.tag)}> in {in_namespace(element.tag)}")
