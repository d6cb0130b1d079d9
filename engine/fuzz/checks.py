"""What must hold of every call: one table, one row per check, of the outcome of a call."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from openconnectors.engine.call.paging import Links
from openconnectors.engine.errors import ConnectorError, InvalidArguments, Problem, TransportError
from openconnectors.engine.fuzz.calls import Caller, Outcome, is_problem, requestable
from openconnectors.engine.fuzz.formats import unformatted
from openconnectors.engine.plan.content import describing
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.values.codecs import essence

_PAGES = 6  # followed at most
_DISTINCT_LENGTH = 12
"""The least length of the text of an item that identifies it: shorter ones may occur twice."""


def _no_answer(outcome: Outcome, caller: Caller) -> str | None:
    """The service responds."""
    if not isinstance(outcome.error, TransportError):
        return None
    return f"{type(outcome.error).__name__}: {outcome.error}"


def _unreadable(outcome: Outcome, caller: Caller) -> str | None:
    """The response is valid HTTP."""
    if outcome.error is None or isinstance(outcome.error, TransportError):
        return None
    return f"{type(outcome.error).__name__}: {outcome.error}"


def _server_error(outcome: Outcome, caller: Caller) -> str | None:
    """The status is below 500."""
    status = outcome.response.status if outcome.response is not None else 0
    return f"the service failed: status {status}" if status >= 500 else None


def _differences(outcome: Outcome) -> tuple[Problem, ...]:
    """How a response below 500 differs from its document."""
    if outcome.response is None or outcome.response.status >= 500:
        return ()
    return outcome.plan.differences(outcome.response)


def _status(outcome: Outcome, caller: Caller) -> str | None:
    """The status is documented: itself, its class (``4XX``), or an error by ``default``."""
    if outcome.response is None or outcome.response.status >= 500:
        return None
    status = outcome.response.status
    documented = outcome.plan.operation.responses
    fits = (
        str(status) in documented or f"{status // 100}XX" in documented or ("default" in documented and status >= 400)
    )
    # Without a response of 2xx beside it, "default" describes successes.
    fits = fits or ("default" in documented and not any(code.startswith("2") for code in documented))
    return None if fits else f"status {status} is not documented; documented are {', '.join(documented)}"


def _content_type(outcome: Outcome, caller: Caller) -> str | None:
    """The media type is the requested one, and documented. Errors may be problem details whatever is documented (RFC
    9457 section 3)."""
    response, accept = outcome.response, outcome.accept
    received = response.headers.get("Content-Type", "") if response is not None else ""
    if response is not None and response.status >= 400:
        if is_problem(received):
            return None
        declared = outcome.plan.declared_response(response.status)
        documented = [name for name in declared.content if is_problem(name)] if declared is not None else []
        # What reads an error by its media type does not read it as problem details.
        if declared is not None and documented and len(documented) == len(declared.content) and received:
            return f"{documented[0]} is documented, {essence(received)[0]} received"
    if response is not None and accept and response.status < 300 and response.body:
        received = essence(received)[0]
        if received and received != accept and received.rpartition("+")[2] != accept.rpartition("/")[2]:
            return f"{accept} was requested, {received} received"
    return next((str(problem) for problem in _differences(outcome) if _is_about_media_type(problem)), None)


def _is_about_media_type(problem: Problem) -> bool:
    return problem.part == "header" and problem.path == ("Content-Type",)


def _schema(outcome: Outcome, caller: Caller) -> str | None:
    """The value and the header fields keep to their schemas."""
    for problem in _differences(outcome):
        if problem.part != "status" and not _is_about_media_type(problem):
            return str(problem)
    return None


def _formats(outcome: Outcome, caller: Caller) -> str | None:
    """Texts of a format are of it, those too that the client takes as they come (``email``, ``uri``, …)."""
    response = outcome.response
    if response is None or response.status >= 500 or not response.body:
        return None
    declared = outcome.plan.declared_response(response.status)
    content_type = response.headers.get("Content-Type", "")
    entry = describing(declared.content, content_type) if declared is not None else None
    if entry is None or entry.schema is None or not essence(content_type)[0].endswith("json"):
        return None
    if _differences(outcome):
        return None  # which says more
    try:
        value = outcome.plan.untyped(response)
    except ConnectorError:
        return None
    return next(unformatted(entry.schema, outcome.plan, value), None)


def _empty(outcome: Outcome, caller: Caller) -> str | None:
    """A response of 204, 205 or 304 has no body (RFC 9110 sections 15.3.5, 15.3.6 and 15.4.5)."""
    response = outcome.response
    if response is None or response.status not in (204, 205):
        return None
    length = response.headers.get("Content-Length", "0")
    count = len(response.body) or (int(length) if length.isdigit() else 0)
    return f"status {response.status} has a body of {count} bytes" if count else None


def _problem_status(outcome: Outcome, caller: Caller) -> str | None:
    """The ``status`` of problem details is that of the response (RFC 9457 section 3.1.2)."""
    response = outcome.response
    if response is None or not is_problem(response.headers.get("Content-Type", "")):
        return None
    try:
        value = outcome.plan.untyped(response)
    except ConnectorError:
        return None
    status = value.get("status") if isinstance(value, Mapping) else None
    is_number = isinstance(status, int) and not isinstance(status, bool)
    return (
        f"status is {status} in the problem details of {response.status}"
        if is_number and status != response.status
        else None
    )


def _headers(outcome: Outcome, caller: Caller) -> str | None:
    """The header fields are there that the document lists, in Swagger 2.0, where it lists those that are sent. A few
    are sent only if there is reason to."""
    response = outcome.response
    declared = outcome.plan.declared_response(response.status) if response is not None else None
    if response is None or declared is None or not caller.lists_sent_fields:
        return None
    for name in declared.headers:
        if name not in response.headers and not _CONDITIONAL.search(name):
            return f"{name} is documented for status {response.status}, and not sent"
    return None


_CONDITIONAL = re.compile(
    r"(?i)^(link|retry-after|set-cookie|etag|last-modified|expires|age|warning|www-authenticate|deprecation|sunset)$"
    r"|next|prev|continu|limit|cache"
)
"""Names of header fields that are sent only of some responses: of pages that have a next one, of limits in force."""


def _representations(outcome: Outcome, caller: Caller) -> str | None:
    """JSON and XML of one resource are one value."""
    plan, response = outcome.plan, outcome.response
    offered = requestable(plan)
    if plan.operation.method != "GET" or response is None or response.status != 200 or len(offered) < 2:
        return None
    values = {}
    for accept in offered[:2]:
        other = caller.call(plan, outcome.arguments, accept)
        if other.response is None or other.response.status != 200:
            status = other.response.status if other.response is not None else type(other.error).__name__
            return f"{accept} is documented, but the response was {status}"
        try:
            values[accept] = plan.read(other.response, "lenient").value
        except ConnectorError as error:
            return f"{accept} cannot be read: {error}"
    first, second = values.values()
    difference = _difference(first, second, "")
    return None if difference is None else f"{' and '.join(values)} differ{difference}"


def _difference(first: object, second: object, path: str) -> str | None:
    """The path of the first difference between two values, with both. In XML nothing tells null, an empty text and an
    empty list from an element that is absent or empty."""
    if first in _EMPTY and second in _EMPTY:
        return None
    if isinstance(first, dict) and isinstance(second, dict):
        below = (_difference(first.get(name), second.get(name), f"{path}.{name}") for name in {**first, **second})
        return next((difference for difference in below if difference is not None), None)
    if isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        pairs = enumerate(zip(first, second, strict=True))
        below = (_difference(left, right, f"{path}[{index}]") for index, (left, right) in pairs)
        return next((difference for difference in below if difference is not None), None)
    place = path.lstrip(".") or "the top level"
    if isinstance(first, list) and isinstance(second, list):
        return f" at {place}: {len(first)} and {len(second)} items"
    return None if first == second else f" at {place}: {first!r} and {second!r}"


_EMPTY: tuple[object, ...] = (None, "", [], {})


def _paging(outcome: Outcome, caller: Caller) -> str | None:
    """Pages follow one another, each like the first, and end; no item is on two pages, no page comes twice."""
    paging, response, plan = outcome.plan.paging, outcome.response, outcome.plan
    if paging is None or not paging.next_link or paging.operation or response is None or response.status != 200:
        return None
    first = caller.request(plan, outcome.arguments, outcome.accept)
    pages, seen, items, url = Links(plan, paging, first), [first.url], list[str](), first.url
    for _ in range(_PAGES):
        if response is None or response.status != 200:
            status = f"status {response.status}" if response is not None else "no response"
            return f"the next page {url}: {status}"
        if differences := plan.differences(response):
            return f"the page {url}: {differences[0]}"
        try:
            page = plan.read(response, "lenient").value
            of_page = [repr(item) for item in pages.items(page)]
            following = None if pages.link(page) is None else pages.after(page)
        except ConnectorError as error:
            return str(error)
        repeated = [item for item in of_page if item in items and len(item) > _DISTINCT_LENGTH]
        if repeated:
            return f"an item is on two pages: {repeated[0][:120]}"
        if following is None:
            return None
        if following.url in seen:
            return f"the page {following.url} comes twice"
        if not of_page:
            return f"an empty page links to a next one: {following.url}"
        items += of_page
        url = following.url
        seen.append(url)
        response = caller.send(plan, following, outcome.arguments, outcome.accept).response
    return None


CHECKS: Mapping[str, Callable[[Outcome, Caller], str | None]] = {
    "no-answer": _no_answer,
    "unreadable": _unreadable,
    "server-error": _server_error,
    "status": _status,
    "content-type": _content_type,
    "schema": _schema,
    "format": _formats,
    "header": _headers,
    "no-content": _empty,
    "problem-status": _problem_status,
    "representations": _representations,
    "paging": _paging,
}
"""The checks in their order: each returns what is wrong, or None. A check may rely on those before it; the last two
send requests of their own."""


def refused(plan: Plan, arguments: Mapping[str, object], caller: Caller) -> str | None:
    """None if the client refuses arguments before it sends anything, else what it does with them."""
    try:
        request = caller.request(plan, arguments)
    except InvalidArguments:
        return None
    return f"the client makes a request of it: {request.method} {request.url}"
