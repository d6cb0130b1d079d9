"""What agents are shown of operations, arguments and values: tables of facts, without a server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from openconnectors.engine.agents.excerpts import KEPT, Excerpts, Pages
from openconnectors.engine.agents.json_values import json_text, plain
from openconnectors.engine.agents.results import refusal
from openconnectors.engine.agents.schemas import shortened
from openconnectors.engine.agents.tools import tool_name
from openconnectors.engine.client.kinds import KINDS, is_repeatable, kind_of
from openconnectors.engine.model import Operation, Paging
from tests.test_mcp import run


@pytest.mark.parametrize(
    ("method", "name", "kind"),
    [
        ("GET", "ListTickets", "read"),
        ("HEAD", "TicketExists", "read"),
        ("QUERY", "FindTickets", "read"),
        ("GET", "ListDeletedTickets", "read"),
        ("GET", "DeleteTicket", "delete"),
        ("POST", "AddTicket", "add"),
        ("POST", "Tickets_Delete", "delete"),
        ("POST", "cancelOrder", "delete"),
        ("POST", "UpdateTicket", "change"),
        ("PUT", "PutTicket", "change"),
        ("PATCH", "ticket", "change"),
        ("DELETE", "ticket", "delete"),
    ],
)
def test_the_kind_of_an_operation(method: str, name: str, kind: str) -> None:
    """Its method says it, and words of its id that say more; what reads by GET is not deleted by a participle."""
    assert kind_of(Operation(id=name, method=method, path="/")) == kind


def test_what_the_document_says_of_a_kind_goes_first() -> None:
    """A safe operation reads whatever its method and its name; a trigger is a trigger."""
    safe = Operation(id="DeleteNothing", method="POST", path="/", safe=True)

    assert (kind_of(safe), is_repeatable(safe)) == ("read", True)
    assert kind_of(Operation(id="OnTicket", method="GET", path="/", trigger="batch")) == "trigger"


def test_what_is_chosen_by_itself_is_not_destructive() -> None:
    """The kinds that are offered without --allow."""
    assert [name for name, kind in KINDS.items() if kind.chosen] == ["read", "add"]
    assert not any(kind.chosen and kind.destructive for kind in KINDS.values())


@pytest.mark.parametrize(
    ("name", "taken", "expected"),
    [
        ("send_message", [], "send_message"),
        ("größe", [], "gr_e"),
        ("東京", [], "operation"),
        ("a.b c", [], "a_b_c"),
        ("more", ["more"], "more_2"),
        ("x" * 70, [], "x" * 60),
        ("x" * 70, ["x" * 60], "x" * 60 + "_2"),
    ],
)
def test_names_are_those_that_clients_accept(name: str, taken: list[str], expected: str) -> None:
    """Letters, digits, underscores and hyphens, at most 64 of them, and each name once."""
    assert tool_name(name, taken) == expected


@pytest.mark.parametrize(
    ("text", "longest", "expected"),
    [
        ("Short", 10, "Short"),
        ("First sentence. Second sentence.", 20, "First sentence."),
        ("one two three four", 10, "one two…"),
        ("A <b>bold</b>  word, [a link](http://a.example/), **strong**", 80, "A bold word, a link, strong"),
        ("a\u202eb\x1b[0m", 80, "a\\u202eb\\x1b[0m"),
        ("text", 0, ""),
    ],
)
def test_descriptions_are_short_lines(text: str, longest: int, expected: str) -> None:
    """Without markup and control characters, cut at a sentence or a word."""
    assert shortened(text, longest) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (datetime(2026, 1, 31, 12, tzinfo=UTC), "2026-01-31T12:00:00Z"),
        (date(2026, 1, 31), "2026-01-31"),
        (timedelta(hours=1), "PT1H"),
        (Decimal("12.30"), "12.30"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (b"\x00\x01", "AAE="),
        (float("inf"), "inf"),
        ("\ud800", "?"),
        ({"a": (1, None, True)}, {"a": [1, None, True]}),
    ],
)
def test_values_are_json(value: Any, expected: Any) -> None:
    """As the contract has them; what JSON and UTF-8 cannot hold is text."""
    assert plain(value) == expected


# What is too long


async def _whole(excerpts: Excerpts, value: Any, pages: Pages | None = None) -> list[Any]:
    """The values that are shown of a value, one after the other."""
    shown = excerpts.shown(value, lambda masked: masked, pages)
    values = [shown.value]
    while shown.more:
        following = await excerpts.next(shown.more)
        assert following is not None
        shown = following
        values.append(shown.value)
    return values


@pytest.mark.parametrize("value", [1, "text", ["a", "b"], {"a": {"b": []}}, None])
def test_what_fits_is_whole(value: Any) -> None:
    """With neither a note nor a cursor."""
    shown = Excerpts(100).shown(value, lambda masked: masked)

    assert (shown.value, shown.note, shown.more) == (value, "", "")


def test_the_longest_list_is_cut() -> None:
    """Wherever it is in objects; what is around it is shown once."""
    value = {"total": 30, "data": {"few": [1, 2], "many": [f"item {at}" for at in range(30)]}}

    first, *others = run(lambda: _whole(Excerpts(150), value))

    assert (first["total"], first["data"]["few"]) == (30, [1, 2])
    assert first["data"]["many"] + [item for part in others for item in part] == value["data"]["many"]
    assert all(len(json_text(part)) <= 150 for part in (first, *others))


def test_long_text_comes_in_pieces() -> None:
    """All of it, in its order."""
    text = "".join(chr(97 + at % 26) for at in range(1000))

    assert "".join(run(lambda: _whole(Excerpts(150), text))) == text


def test_an_object_without_a_long_list_is_outlined() -> None:
    """The first result has its members with shorter texts; what follows is its whole text."""
    value = {f"member {at}": "x" * 200 for at in range(10)}

    first, *others = run(lambda: _whole(Excerpts(1000), value))

    assert set(first) == set(value)
    assert "".join(others) == json_text(value)


def test_pages_are_asked_for_when_they_are_wanted() -> None:
    """A page without items is the last; a page with a cursor goes on."""
    wanted = []

    async def further() -> AsyncIterator[Any]:
        for page in ({"items": [2], "next": "c"}, {"items": [3]}):
            wanted.append(page)
            yield page

    pages = Pages(further(), Paging(items=("items",), cursor=("next",), parameter="cursor"))
    excerpts = Excerpts(100)
    shown = excerpts.shown({"items": [1], "next": "b"}, lambda value: value, pages)

    assert (wanted, bool(shown.more)) == ([], True)
    assert run(lambda: _whole_of(excerpts, shown.more)) == [{"items": [2], "next": "c"}, {"items": [3]}]


async def _whole_of(excerpts: Excerpts, cursor: str) -> list[Any]:
    values = []
    while cursor:
        shown = await excerpts.next(cursor)
        assert shown is not None
        values.append(shown.value)
        cursor = shown.more
    return values


def test_the_latest_cursors_are_kept() -> None:
    """So that memory is bounded."""
    excerpts = Excerpts(20)
    cursors = [excerpts.shown("x" * 50, lambda value: value).more for _ in range(KEPT + 1)]

    assert run(lambda: excerpts.next(cursors[0])) is None
    assert run(lambda: excerpts.next(cursors[1])).value == "x" * 20


def test_what_a_service_sends_with_an_error_is_cut() -> None:
    """In the text and in the members alike."""
    result = refusal({"message": "wrong", "value": ["x" * 100] * 1000}, "Call again later.")

    assert result.is_error
    assert len(result.model_dump_json()) < 10_000
