"""Facts of problems: the part of a request or a response that each is about is a value, beside its path."""

from __future__ import annotations

from typing import Any

import pytest

from openconnectors.engine.errors import InvalidArguments, Problem
from openconnectors.engine.http import Headers, Response
from openconnectors.engine.plan.options import Options
from tests.test_negotiation_facts import BASE, JSON, giving, plan_of, taking

BODY = {
    "name": "body",
    "in": "body",
    "required": True,
    "schema": {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}},
}
QUERY = {"name": "q", "in": "query", "type": "integer"}


def refused(arguments: dict[str, Any], **options: Any) -> list[tuple[str, tuple[str | int, ...]]]:
    """The parts and paths of the problems of a request that is not made."""
    plan = plan_of(consumes=[JSON], parameters=[QUERY, BODY])
    with pytest.raises(InvalidArguments) as caught:
        plan.request(arguments, BASE, Options(**options))
    return [(problem.part, problem.path) for problem in caught.value.problems]


def differences(headers: dict[str, str], body: bytes, status: int = 200) -> list[Problem]:
    """How a response differs from its document."""
    return list(giving(JSON).differences(Response(status, Headers(headers.items()), body)))


def test_a_value_of_a_parameter() -> None:
    """The path of a problem of an argument begins with its name."""
    assert refused({"q": "x", "n": 1}) == [("argument", ("q",))]


def test_a_member_given_by_its_own_name() -> None:
    """A problem of a member of the body has the member's argument, if the body was given in parts."""
    assert refused({"n": "x"}) == [("argument", ("n",))]


def test_a_member_of_a_body_given_whole() -> None:
    """A problem of a member of the body has the body's argument before it, if the body was given whole."""
    assert refused({"body": {"n": "x"}}) == [("argument", ("body", "n"))]


def test_an_unknown_argument() -> None:
    """A name that is not an argument is a problem of an argument, at that name."""
    assert refused({"n": 1, "nn": 2}) == [("argument", ("nn",))]


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"accept": "text/csv"}, ("accept",)),
        ({"content_type": "text/csv"}, ("content_type",)),
        ({"headers": {"Host": "x"}}, ("headers", "Host")),
    ],
)
def test_an_option(options: dict[str, Any], path: tuple[str, ...]) -> None:
    """A problem of an option is one, whatever arguments of its name there are."""
    assert refused({"n": 1}, **options) == [("option", path)]


def test_a_media_type_of_a_response() -> None:
    """Bytes that are not of a declared media type are a problem of the header field Content-Type."""
    (problem,) = differences({"Content-Type": "text/html"}, b"<html></html>")

    assert (problem.part, problem.path) == ("header", ("Content-Type",))


def test_a_value_of_a_response() -> None:
    """The path of a problem of a value begins within the value."""
    (problem,) = differences({"Content-Type": JSON}, b'{"n": "x"}')

    assert (problem.part, problem.path) == ("value", ("n",))


def test_bytes_that_are_cut() -> None:
    """Bytes that cannot be read are a problem of the value as a whole."""
    (problem,) = differences({"Content-Type": JSON}, b'{"n": ')

    assert (problem.part, problem.path) == ("value", ())


def test_a_status_that_is_not_documented() -> None:
    """A status without a declared response is a problem of the status."""
    (problem,) = differences({"Content-Type": JSON}, b"{}", status=302)

    assert (problem.part, problem.path) == ("status", ("status",))


def test_the_part_is_not_in_the_message() -> None:
    """The text of a problem has its path and its message, and not its part."""
    plan = taking(JSON, schema=BODY["schema"])
    with pytest.raises(InvalidArguments, match=r"^do was not sent, 1 problem:\n  n: is missing$"):
        plan.request({}, BASE, Options())
