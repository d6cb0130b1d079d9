"""What leads from a page to the next: a URL, or the new value of an argument. Nothing is sent here.

Rule 1. A URL of a ``Link`` field (RFC 8288, relation ``next``) goes before a number: a response that has such links,
but none to a next page, is the last page.

Rule 2. Numbers end with an empty page, with the total that a page has, or where it says that there is no more; with a
page that is not full only if the document says that pages are full. A cursor ends by its absence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from msgspec import Struct

from openconnectors.engine.deferred import pattern
from openconnectors.engine.errors import InvalidResponse, short_repr
from openconnectors.engine.http import Response
from openconnectors.engine.model import Paging
from openconnectors.engine.plan.members import pick_dotted

_PAGES = frozenset({"next", "prev", "previous", "first", "last"})
"""Relations of a link between pages (RFC 8288 section 6.2.2, IANA "Link Relation Types")."""
_TARGET = pattern(r"[\s,]*<([^>]*)>")
_PARAMETER = pattern(r'\s*;\s*([^\s=;,"<>]*)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?')
_URL = pattern(r"https?://|[/?]", re.IGNORECASE)
_URL_OF_PAGE = pattern(r"https?://|/?[^?]*\?.*=", re.IGNORECASE)
"""Text that is a URL rather than a cursor: with a scheme, or with a query."""


class Next(NamedTuple):
    """What leads to the next page: a link, or the new value of an argument."""

    link: Any = None
    argument: Any = None


class Progress(Struct):
    """How far pages that are counted have come: the number of this page, the items of all pages until now; the items
    that a page was asked for with, and whether the pages began with the first."""

    number: int
    size: int | None
    from_start: bool
    items: int = 0
    last: Any = None


def next_step(paging: Paging, response: Response, items: list[Any], progress: Progress) -> Next | None:
    """What leads to the page after a response with these items; None after the last page."""
    value = response.value
    progress.items += len(items)
    if paging.next_link:
        return _link(pick_dotted(value, paging.next_link), by_convention=bool(paging.convention))
    if paging.header.lower() == "link":
        links = related(response.headers.every("Link"))
        if not _PAGES.isdisjoint(links) or not paging.parameter:
            return _link(links.get("next"))
    elif paging.header and not paging.parameter:
        return _link(response.headers.get(paging.header))
    if paging.more and pick_dotted(value, paging.more) is False:
        return None
    if paging.counts:
        return _counted(paging, value, items, progress)
    if paging.cursor:
        cursor = pick_dotted(value, paging.cursor)
    elif paging.last:
        cursor = pick_dotted(items[-1], paging.last) if items else None
    else:
        cursor = response.headers.get(paging.header)
    if not cursor or (cursor == progress.last and not items):
        return None
    progress.last = cursor
    if paging.convention and isinstance(cursor, str) and _URL_OF_PAGE.match(cursor):
        return Next(link=cursor)  # ``next`` beside ``cursor`` may be either
    return Next(argument=cursor)


def _link(link: Any, *, by_convention: bool = False) -> Next | None:
    if not link:
        return None
    if by_convention and isinstance(link, str) and not _URL.match(link.strip()):
        raise InvalidResponse(f"the link to the next page is not a URL: {short_repr(link)}")
    return Next(link=link)


def _counted(paging: Paging, value: Any, items: list[Any], progress: Progress) -> Next | None:
    if not items or (paging.full and progress.size is not None and len(items) < progress.size):
        return None
    if items == progress.last:
        raise InvalidResponse("the next page is the same as the one before it: its number has no effect")
    progress.last = items
    first = paging.first if paging.first is not None else int(paging.counts == "pages")
    progress.number += 1 if paging.counts == "pages" else len(items)
    total, pages = _number(pick_dotted(value, paging.total)), _number(pick_dotted(value, paging.pages))
    received = progress.number - first if paging.counts == "items" else progress.items
    if total is not None and received >= total and (paging.counts == "items" or progress.from_start):
        return None
    if pages is not None and paging.counts == "pages" and progress.number - first >= pages:
        return None
    return Next(argument=progress.number)


def _number(value: Any) -> int | None:
    if isinstance(value, bool) or value is None:
        return None
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


def related(fields: Iterable[str]) -> Mapping[str, str]:
    """The target of the first link of each relation in the values of ``Link`` fields (RFC 8288 section 3). Links of
    another context (``anchor``) are left out."""
    targets: dict[str, str] = {}
    for field in fields:
        at = 0
        while (target := _TARGET.match(field, at)) is not None:
            at = target.end()
            parameters: dict[str, str] = {}
            while (parameter := _PARAMETER.match(field, at)) is not None:
                at = parameter.end()
                name, quoted, token = parameter.groups()
                text = token or "" if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
                parameters.setdefault(name.lower(), text)
            if "anchor" not in parameters:
                for relation in parameters.get("rel", "").lower().split():
                    targets.setdefault(relation, target[1])
    return targets
