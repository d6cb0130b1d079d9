"""Illegal requests: each is a legal request in which one thing is wrong, as no client with checks would send it.

Rule 1. An illegal request is made of a legal one that the service has accepted, so that nothing else can be the reason
of a refusal. The text of the one parameter or body is replaced; the client is not asked what it thinks of it.

Rule 2. What is read back from the text must not be legal: ``limit=12`` is no wrong type of a number. What the plan
accepts is not sent.

Rule 3. The likeliest come first, in turn from each parameter and each kind of violation: there may be few requests. Yet
each rule of each place is broken once before any is broken in a second way, also if that takes more requests: a service
has as many checks as its document has rules, and may lack each of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest

from msgspec.structs import replace

from openconnectors.engine.credentials import NO_CREDENTIALS
from openconnectors.engine.fuzz.illegal import Illegal, content_type_of, with_body
from openconnectors.engine.fuzz.illegal_bodies import of_body
from openconnectors.engine.fuzz.illegal_parameters import REWRITTEN, of_parameter
from openconnectors.engine.http import Request
from openconnectors.engine.masking import revealed
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.values.codecs import essence


def illegal_requests(plan: Plan, legal: Request, most: int) -> list[Illegal]:
    """At most so many illegal requests, made of a legal one."""
    values = legal.arguments
    sources: list[Iterable[Illegal]] = [
        of_parameter(plan, argument, legal, values)
        for argument in plan.arguments
        if argument.location in REWRITTEN and not argument.hidden
    ]
    sources += [*of_body(plan, legal, values), _of_media_types(plan, legal)]
    in_turn = [illegal for row in zip_longest(*sources) for illegal in row if illegal is not None]
    seen: set[tuple[str, str, bytes]] = set()
    rules: set[tuple[str, str, str, str]] = set()
    firsts: list[Illegal] = []
    others: list[Illegal] = []
    for illegal in in_turn:
        sent = illegal.request
        key = (
            revealed(sent.url),
            repr(sorted(sent.headers.items())),
            sent.body if isinstance(sent.body, bytes) else b"",
        )
        if key in seen:
            continue
        seen.add(key)
        rule = (illegal.part, illegal.where, illegal.rule, essence(content_type_of(sent))[0])
        (others if rule in rules else firsts).append(illegal)
        rules.add(rule)
    firsts = firsts[: most * _WIDE]
    return [*firsts, *others[: max(most - len(firsts), 0)]]


_WIDE = 3
"""How many times as many requests there may be if so many rules can be broken."""


def without_credentials(legal: Request) -> list[Illegal]:
    """The requests that a service must refuse because nobody, or somebody unknown, sends them."""
    clear = replace(legal, credentials=NO_CREDENTIALS)
    return [
        Illegal(clear, "credentials", "", "required", login="none"),
        Illegal(clear, "credentials", "", "right", login="wrong"),
    ]


def undocumented_methods(legal: Request, documented: Iterable[str]) -> list[Illegal]:
    """Requests of a path in the methods that the document does not have there. HEAD and OPTIONS may be answered
    whatever is documented (RFC 9110 sections 9.3.2 and 9.3.7)."""
    known = set(documented)
    methods = [method for method in _METHODS if method not in known]
    bare = with_body(legal, None, None)
    return [
        Illegal(replace(bare, method=method), "method", method, "documented", lenient=method in ("HEAD", "OPTIONS"))
        for method in methods
    ]


_METHODS = ("PATCH", "PUT", "POST", "DELETE", "GET", "TRACE", "HEAD", "OPTIONS")


def _of_media_types(plan: Plan, legal: Request) -> Iterator[Illegal]:
    """Requests in, or for, media types that the document does not have."""
    responses = plan.operation.responses
    body = plan.operation.request_body
    if body is not None and legal.body and isinstance(legal.body, bytes):
        names = {essence(name)[0] for name in body.content}
        if "application/xml" not in names and not any("*" in name for name in names):
            yield Illegal(with_body(legal, b"<a/>", "application/xml"), "media type", "application/xml", "documented")
        lenient = "415" not in responses
        if "text/plain" not in names and not any("*" in name for name in names):
            yield Illegal(
                with_body(legal, legal.body, "text/plain"), "media type", "text/plain", "documented", lenient=lenient
            )
        yield Illegal(with_body(legal, legal.body, None), "media type", "", "required", lenient=lenient)
        yield Illegal(
            with_body(legal, legal.body, "no media type"), "media type", "no media type", "valid", lenient=lenient
        )
    if plan.representation.where == "header":
        headers = {name: text for name, text in legal.headers.items() if name.lower() != "accept"}
        lenient = "406" not in responses
        for accept in ("application/x-no-such-type", "no media type"):
            request = replace(legal, headers={**headers, "Accept": accept})
            yield Illegal(request, "accept", accept, "offered", lenient=lenient or "/" not in accept)
