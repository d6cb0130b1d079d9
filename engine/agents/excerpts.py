"""What is shown of a value that is too long for a model, and how it goes on.

A cursor stands for what is left: items of a list, text, the pages after this one. It is taken once; what comes has the
next. The latest are kept, in memory: a model that wants more wants it soon.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any, TypeAlias

from msgspec import Struct

from openconnectors.engine.agents.json_values import json_text, plain
from openconnectors.engine.agents.results import Shown
from openconnectors.engine.call.paging import page_items
from openconnectors.engine.model import Paging
from openconnectors.engine.plan.members import pick_dotted

KEPT = 32
"""Cursors that are kept."""
_LEVELS = 4
"""Levels of objects in which a long list is looked for."""
_SHORTER = ((300, 10, 6), (80, 3, 4), (20, 1, 2))
"""Characters of texts, items of lists and levels that are left of a value without a long list, from more to less."""


class Pages(Struct, frozen=True):
    """The pages after the one that is shown, and how they follow one another."""

    values: AsyncIterator[Any]
    paging: Paging

    def may_go_on(self, value: Any) -> bool:
        """Whether there may be a page after the page of this value."""
        paging = self.paging
        for member in (paging.next_link, paging.cursor):
            if member:
                return bool(pick_dotted(value, member))
        if paging.more:
            return bool(pick_dotted(value, paging.more))
        return bool(page_items(paging, value))


Further: TypeAlias = Callable[[], Awaitable[Shown]]
"""Gets what follows."""


class Excerpts:
    """Values as they are shown, within a number of characters, and what follows them by cursor."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._further: OrderedDict[str, Further] = OrderedDict()

    def shown(self, value: Any, mask: Callable[[Any], Any], pages: Pages | None = None) -> Shown:
        """A value of a service as far as it fits."""
        further = pages if pages is not None and pages.may_go_on(value) else None
        return self._shown(mask(plain(value)), mask, further)

    async def next(self, cursor: str) -> Shown | None:
        """What a cursor stands for, as far as it fits; None for an unknown cursor."""
        further = self._further.pop(cursor, None)
        return None if further is None else await further()

    def kept(self, further: Further) -> str:
        """A cursor for what follows."""
        cursor = secrets.token_urlsafe(9)
        self._further[cursor] = further
        while len(self._further) > KEPT:
            self._further.popitem(last=False)
        return cursor

    def _shown(self, value: Any, mask: Callable[[Any], Any], pages: Pages | None) -> Shown:
        part, left, note = _excerpt(value, self._longest)
        if left:
            following = partial(self._rest, left, mask, pages)
            return Shown(part, f"{note} Call more with this cursor for what follows.", self.kept(following))
        if pages is not None:
            following = partial(self._page, mask, pages)
            return Shown(part, "Call more with this cursor for the next page.", self.kept(following))
        return Shown(part, note)

    async def _rest(self, left: list[Any] | str, mask: Callable[[Any], Any], pages: Pages | None) -> Shown:
        return self._shown(left, mask, pages)

    async def _page(self, mask: Callable[[Any], Any], pages: Pages) -> Shown:
        value = await anext(pages.values, None)
        return Shown([], "There is nothing further.") if value is None else self.shown(value, mask, pages)


def _excerpt(value: Any, longest: int) -> tuple[Any, list[Any] | str | None, str]:
    """What is shown of a plain value, what is left of it, and a note."""
    if isinstance(value, str) and len(value) > longest:
        return value[:longest], value[longest:], f"{longest} characters; {len(value) - longest} are left."
    size = len(json_text(value))
    if size <= longest:
        return value, None, ""
    path, items = _longest_list(value, _LEVELS)
    if items:
        around = size - len(json_text(items))
        count = _fitting(items, longest - around)
        if count:
            where = f" of {'.'.join(path)}" if path else ""
            note = f"{count} of {len(items)} items{where}."
            return _replaced(value, path, items[:count]), items[count:], note
    for text, listed, levels in _SHORTER:
        outline = _outline(value, text, listed, levels)
        if len(json_text(outline)) <= longest:
            break
    else:
        outline = {} if isinstance(value, dict) else []
    return outline, json_text(value), f"Shortened; what follows is the whole, {size} characters of JSON."


def _fitting(items: list[Any], longest: int) -> int:
    """How many items fit."""
    size = 2
    for count, item in enumerate(items):
        size += len(json_text(item)) + 1
        if size > longest:
            return count
    return len(items)


def _longest_list(value: Any, levels: int) -> tuple[tuple[str, ...], list[Any]]:
    """The path of the longest list within objects, by its text, and the list; without one an empty list."""
    if isinstance(value, list):
        return (), value
    best: tuple[tuple[str, ...], list[Any]] = ((), [])
    longest = 0
    if isinstance(value, dict) and levels:
        for name, member in value.items():
            path, items = _longest_list(member, levels - 1)
            size = len(json_text(items)) if items else 0
            if size > longest:
                best, longest = ((name, *path), items), size
    return best


def _replaced(value: Any, path: tuple[str, ...], items: list[Any]) -> Any:
    """A value with another list at a path."""
    if not path:
        return items
    return {**value, path[0]: _replaced(value[path[0]], path[1:], items)}


def _outline(value: Any, text: int, listed: int, levels: int) -> Any:
    """A value with shorter texts and lists, and fewer levels."""
    if isinstance(value, str):
        return value if len(value) <= text else f"{value[:text]}…"
    if isinstance(value, list):
        return [_outline(item, text, listed, levels - 1) for item in value[:listed]] if levels else []
    if isinstance(value, dict):
        return {name: _outline(inner, text, listed, levels - 1) for name, inner in value.items()} if levels else {}
    return value
