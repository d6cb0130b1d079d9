"""Lists of records: filtered by arguments, cut into pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from openconnectors.engine.sandbox.requests import ParsedRequest
from openconnectors.engine.sandbox.store import Record

PAGE_SIZE = 50  # of a list whose request names no size


def filtered(declared: Mapping[str, Any], records: list[Record], request: ParsedRequest) -> list[Record]:
    """The records whose members equal ``where`` and pass the ``filters`` for which the request has an argument."""
    for member, value in (declared.get("where") or {}).items():
        records = [record for record in records if record.get(member) == value]
    for rule in declared.get("filters") or ():
        argument = request.arguments.get(rule["argument"])
        if argument is not None:
            compare = COMPARISONS[rule.get("compare", "==")]
            records = [record for record in records if compare(record.get(rule["property"]), argument)]
    return records


def page_of(
    declared: Mapping[str, Any], records: list[Record], key: str, request: ParsedRequest
) -> tuple[list[Record], dict[str, Any]]:
    """The records of the requested page, and the figures that the templates of a response may use: ``page``, ``size``,
    ``pages``, ``total``, ``start``, ``end`` and the links ``uri``, ``first``, ``next``, ``previous``, ``last``.

    ``declared`` names the parameters ``size``, ``number`` and ``token``, the ``first`` number and the ``prefix`` of
    tokens; ``key`` is the member with the id. A token is the id of the last record of the page before: pages do not
    shift if records are added meanwhile.
    """
    size = _count(request.arguments.get(declared.get("size", ""))) or PAGE_SIZE
    first = _count(declared.get("first"))
    number = max(_count(request.arguments.get(declared.get("number", ""))) - first, 0)
    start = number * size
    query = dict(parse_qsl(request.query, keep_blank_values=True))
    token = query.get(declared.get("token", ""), "")
    prefix = declared.get("prefix", "")
    if token:
        ids = [str(record[key]) for record in records]
        after = token.removeprefix(prefix)
        start = ids.index(after) + 1 if after in ids else start
    page = records[start : start + size]
    pages = max(1, -(-len(records) // size))

    def link(number: int, last: Record | None = None) -> str:
        """The URL of a page; ``last`` is the last record of the page before it."""
        changed = {
            **query,
            declared.get("size", "size"): str(size),
            declared.get("number", "number"): str(number + first),
        }
        changed.pop(declared.get("token", ""), None)
        if last is not None and declared.get("token"):
            changed[declared["token"]] = f"{prefix}{last[key]}"
        return f"{request.path}?{urlencode(changed)}"

    before = records[start - size - 1] if 0 < start - size <= len(records) else None
    figures = {
        "page": number,
        "size": size,
        "pages": pages,
        "total": len(records),
        "start": start,
        "end": max(start + len(page) - 1, 0),
        "uri": f"{request.path}?{request.query}" if request.query else request.path,
        "first": link(0),
        "next": link(number + 1, page[-1]) if page and start + size < len(records) else None,
        "previous": link(max(number - 1, 0), before) if start > 0 else None,
        "last": link(pages - 1, records[(pages - 1) * size - 1] if pages > 1 else None),
    }
    return page, figures


def _count(value: Any) -> int:
    """An argument as a number of at least 0; 0 for a value that is not a number."""
    try:
        return max(int(value), 0)
    except (TypeError, ValueError, OverflowError):
        return 0


def _moment(value: object) -> tuple[date, datetime | None] | None:
    """The day, and the instant if the text has one, of an ISO 8601 or RFC 5322 date; None for another text."""
    text = str(value)
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return date.fromisoformat(text), None
        instant = datetime.fromisoformat(text) if text[:4].isdigit() else parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    instant = instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    return instant.date(), instant


def _order(value: object, argument: object) -> int | None:
    """-1, 0 or 1 for a value before, equal to or after an argument; None if they cannot be compared. Dates are
    compared by instant if both have one, else by day."""
    if value is None:
        return None
    left, right = _moment(value), _moment(argument)
    pair: tuple[Any, Any] = (value, argument)
    if left is not None and right is not None:
        pair = (left[1], right[1]) if left[1] and right[1] else (left[0], right[0])
    try:
        return int(pair[0] > pair[1]) - int(pair[0] < pair[1])
    except TypeError:
        return None


def _equal(value: object, argument: object) -> bool:
    """Equal; of two dates, of one day."""
    left, right = _moment(value), _moment(argument)
    return left[0] == right[0] if left is not None and right is not None else bool(value == argument)


COMPARISONS: Mapping[str, Callable[[object, object], bool]] = {
    "==": _equal,
    "<=": lambda value, argument: _order(value, argument) in (-1, 0),
    ">=": lambda value, argument: _order(value, argument) in (0, 1),
    "in": lambda value, argument: value in (argument if isinstance(argument, list) else [argument]),
    "contains": lambda value, argument: str(argument).strip("*%") in str(value),  # * and %: wildcards of services
}
"""How a filter compares the member of a record with an argument (``compare``)."""
