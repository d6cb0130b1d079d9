"""Where a link of a response may lead, how it is read, when a response asks to be asked again, and its cookies."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from openconnectors.engine.call.cookies import Cookies
from openconnectors.engine.call.exchange import Call, exchange
from openconnectors.engine.call.links import follow
from openconnectors.engine.call.retry import Quota
from openconnectors.engine.errors import InvalidResponse
from openconnectors.engine.http import (
    LONGEST_WAIT,
    Headers,
    Request,
    Response,
    retry_after,
    retry_after_problems,
)

BASE = "https://api.example.com/tenant-a"
FIRST = Request("GET", f"{BASE}/list?page=1", {}, safe=True, base=BASE)

FOLLOWED = [
    # as it is
    ("/tenant-a/list?page=2", "/list?page=2"),
    ("?page=2", "/list?page=2"),
    ("other", "/other"),
    ("https://api.example.com/tenant-a/list", "/list"),
    ("HTTPS://API.example.COM:443/tenant-a/list", None),
    ("//api.example.com/tenant-a/list", "/list"),
    ("./other", "/other"),
    ("../tenant-a/list?page=2", "/list?page=2"),
    ("/tenant-a?page=2", "?page=2"),
    ("/tenant-a/", "/"),
    ("?filter[name]=x&$skip=2&a=b:c@d", "/list?filter[name]=x&$skip=2&a=b:c@d"),
    ("?token=%2F%2e%2E", "/list?token=%2F%2e%2E"),
    ("?path=../../x", "/list?path=../../x"),
    ("?page=2#part", "/list?page=2"),
    # read as meant
    (" ?page=2 ", "/list?page=2"),
    ("\n\t?page=2\r\n", "/list?page=2"),
    ("?pa\r\n\tge=2", "/list?page=2"),
    ("?$filter=a ge '2021' and b", "/list?$filter=a%20ge%20'2021'%20and%20b"),
    ("?q=é", "/list?q=%C3%A9"),
    ('?q=a|"b"<{c}>^`d`\\e', "/list?q=a%7C%22b%22%3C%7Bc%7D%3E%5E%60d%60%5Ce"),
    ("?q=100%&r=%zz%2", "/list?q=100%25&r=%25zz%252"),
    ("a b/c", "/a%20b/c"),
]
ODD = 14
"""The first of those that are read as meant."""


@pytest.mark.parametrize(("link", "wanted"), FOLLOWED)
def test_a_link_below_the_base_is_followed(link: str, wanted: str | None) -> None:
    """Characters that should have been encoded are, which is a deviation."""
    followed = follow(FIRST, link, "the link")
    assert wanted is None or followed.url == f"{BASE}{wanted}"
    assert bool(followed.deviations) == ((link, wanted) in FOLLOWED[ODD:])


REFUSED = [
    # another origin
    "http://api.example.com/tenant-a/list",
    "https://api.example.com:8443/tenant-a/list",
    "https://api.example.com.evil.example/tenant-a/list",
    "https://evil.example/tenant-a/list",
    "//evil.example/tenant-a/list",
    "https://user@api.example.com/tenant-a/list",
    "https://api.example.com@evil.example/tenant-a/list",
    "\\\\evil.example\\x",
    "/\\evil.example/x",
    "https:/\\evil.example",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "data:text/plain,x",
    "https://[::1",
    "https://api.example.com:99999/tenant-a/list",
    # another place of it
    "/",
    "/tenant-b/list",
    "/tenant-ab/list",
    "../list",
    "/tenant-a/../tenant-b",
    "https://api.example.com/tenant-a/../tenant-b",
    "/tenant-a/%2e%2e/tenant-b",
    "/tenant-a/%2E./tenant-b",
    "/tenant-a/%252e%252e/tenant-b",
    "/tenant-a/..%2ftenant-b",
    "/tenant-a/..%5ctenant-b",
    "/tenant-a/..;/tenant-b",
    "/tenant-a/..;a=b/tenant-b",
    "/tenant-a/\u2024\u2024/x\x00",
    # what is no link
    "?page=2\x01",
    "?page=\ud800",
    7,
    None,
    ["/tenant-a/list"],
]


@pytest.mark.parametrize("link", REFUSED, ids=repr)
def test_a_link_out_of_the_base_is_refused(link: Any) -> None:
    """A link that leaves the base URL raises InvalidResponse."""
    with pytest.raises(InvalidResponse, match=r"^the link "):
        follow(FIRST, link, "the link")


def test_a_refused_link_shows_no_query() -> None:
    """The error of a refused link leaves out its query, which may hold a token."""
    with pytest.raises(InvalidResponse) as caught:
        follow(FIRST, "https://user:word@evil.example/x?token=abc", "the link")
    assert "evil.example/x" in str(caught.value)
    assert "abc" not in str(caught.value)
    assert "word" not in str(caught.value)


def redirected(request: Request, *responses: tuple[int, dict[str, str]]) -> tuple[list[tuple[str, str]], Response]:
    """What is asked for where the responses are these, and the last response."""
    requests = []
    flow = exchange(request, Call(lambda: 5.0, Quota()))
    step: Any = next(flow)
    try:
        for status, fields in responses:
            requests.append((step.method, step.url))
            step = flow.send(Response(status, Headers(fields.items())))
    except StopIteration as end:
        return requests, end.value
    raise AssertionError("more is asked for")


def test_a_redirect_stays_in_the_base() -> None:
    """The response that is not followed is the answer."""
    for location in (
        "/tenant-b/list",
        "https://evil.example/",
        "/tenant-a/../x",
        "http://api.example.com/tenant-a/list",
    ):
        requests, response = redirected(FIRST, (302, {"Location": location}))
        assert (len(requests), response.status) == (1, 302)


def test_a_redirect_that_is_read_as_meant_is_a_deviation() -> None:
    """A Location with a space is followed percent-encoded and is a deviation."""
    requests, response = redirected(FIRST, (302, {"Location": "/tenant-a/new list"}), (200, {}))
    assert requests[1] == ("GET", f"{BASE}/new%20list")
    assert [problem.path for problem in response.deviations] == [("link",)]


@pytest.mark.parametrize(
    ("method", "status", "then"),
    [
        ("GET", 301, "GET"),
        ("GET", 302, "GET"),
        ("GET", 303, "GET"),
        ("GET", 307, "GET"),
        ("GET", 308, "GET"),
        ("GET", 300, None),
        ("GET", 304, None),
        ("HEAD", 303, "HEAD"),
        ("POST", 301, None),
        ("POST", 302, None),
        ("POST", 303, "GET"),
        ("POST", 307, "POST"),
        ("POST", 308, "POST"),
    ],
)
def test_a_redirect_has_the_method_of_its_status(method: str, status: int, then: str | None) -> None:
    """A redirect keeps the method for 307 and 308, and becomes GET for 303 (RFC 9110 section 15.4)."""
    request = replace(FIRST, method=method, safe=method != "POST")
    responses = [(status, {"Location": "other"}), *([(200, {})] if then else [])]
    requests, _ = redirected(request, *responses)
    assert [name for name, _ in requests] == [method, *([then] if then else [])]


def test_redirects_end() -> None:
    """Those that come back, and those that go on and on."""
    back = [(302, {"Location": "b"}), (302, {"Location": "list?page=1"})]
    requests, response = redirected(FIRST, *back)
    assert (len(requests), response.status) == (2, 302)
    on = [(302, {"Location": f"x{count}"}) for count in range(20)]
    requests, response = redirected(FIRST, *on)
    assert (len(requests), response.status) == (6, 302)


DATE = "Wed, 25 Nov 2026 18:00:00 GMT"
WAITS = [
    ({"Retry-After": "120"}, 120.0),
    ({"Retry-After": "0"}, 0.0),
    ({"Retry-After": "1.5"}, 1.5),
    ({"Retry-After": "2.0"}, 2.0),
    ({"Retry-After": "1, 3, 2"}, 3.0),
    ({"Retry-After": " 7 "}, 7.0),
    ({"Retry-After": "-1"}, None),
    ({"Retry-After": "+1"}, None),
    ({"Retry-After": "1e3"}, None),
    ({"Retry-After": "nan"}, None),
    ({"Retry-After": "inf"}, None),
    ({"Retry-After": "soon"}, None),
    ({"Retry-After": "1, soon"}, None),
    ({"Retry-After": ""}, None),
    ({"Retry-After": "\u0663"}, None),
    ({"Retry-After": "9" * 400}, LONGEST_WAIT),
    ({"Retry-After": "Wed, 25 Nov 2026 18:00:30 GMT", "Date": DATE}, 30.0),
    ({"Retry-After": "Wednesday, 25-Nov-26 18:00:30 GMT", "Date": DATE}, 30.0),
    ({"Retry-After": "Wed Nov 25 18:00:30 2026", "Date": DATE}, 30.0),
    ({"Retry-After": "Wed, 25 Nov 2026 17:00:00 GMT", "Date": DATE}, None),
    ({"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT", "Date": DATE}, LONGEST_WAIT),
    ({"Retry-After": "Wed, 99 Nov 2026 18:00:30 GMT", "Date": DATE}, None),
    ({"retry-after-ms": "1500"}, 1.5),
    ({"x-ms-retry-after-ms": "250.5", "Retry-After": "9"}, 0.2505),
    ({"retry-after-ms": "soon", "Retry-After": "9"}, 9.0),
    ({"retry-after-ms": "-5"}, None),
    ({}, None),
]


@pytest.mark.parametrize(("fields", "seconds"), WAITS, ids=lambda value: repr(value)[:60])
def test_a_wait_is_read_as_services_write_it(fields: dict[str, str], seconds: float | None) -> None:
    """RFC 9110 section 10.2.3, and what is written beside it; what is none counts as absent."""
    assert retry_after(Headers(fields.items())) == pytest.approx(seconds)


def test_a_wait_that_is_spelled_oddly_is_a_deviation() -> None:
    """Retry-After with a fraction or several values is a deviation; text that is not a time is ignored."""
    odd = [text for text in ("1", "1.5", "1, 2", DATE, "soon") if retry_after_problems({"Retry-After": text})]
    assert odd == ["1.5", "1, 2"]


HTTPS = "https://api.example.com/a/b"
COOKIES = [
    ("x=1", True),
    ("x=1; Path=/", True),
    ("x=1; Path=/a", True),
    ("x=1; Path=/a/b/", False),
    ("x=1; Path=/other", False),
    ("x=1; Path=/ab", False),
    ("x=1; Path=relative", True),
    ("x=1; Secure; HttpOnly; SameSite=Lax", True),
    ("x=1; Domain=api.example.com", True),
    ("x=1; Domain=.Example.COM", True),
    ("x=1; Domain=evil.example", False),
    ("x=1; Domain=i.example.com", False),
    ("x=1; Max-Age=60", True),
    ("x=1; Max-Age=0", False),
    ("x=1; Max-Age=-5", False),
    ("x=1; Max-Age=soon", True),
    ("x=1; Expires=Wed, 21 Oct 2015 07:28:00 GMT", False),
    ("x=1; Expires=Wed, 21-Oct-15 07:28:00 GMT", False),
    ("x=1; Expires=Wed, 21 Oct 2065 07:28:00 GMT", True),
    ("x=1; Expires=never", True),
    ("x=1; Max-Age=60; Expires=Wed, 21 Oct 2015 07:28:00 GMT", True),
    ("__Host-x=1; Secure; Path=/", True),
    ("__Host-x=1; Secure; Path=/a", False),
    ("__Host-x=1; Secure; Path=/; Domain=api.example.com", False),
    ("__host-x=1; Path=/", False),
    ("__Secure-x=1; Secure", True),
    ("__Secure-x=1", False),
    ("=1", False),
    ("x", False),
    ("a b=1", False),
    ("x=a\tb", False),
    ("x=a\x7fb", False),
    (f"x={'1' * 5000}", False),
]


@pytest.mark.parametrize(("line", "sent"), COOKIES)
def test_a_cookie_is_sent_back_by_its_rules(line: str, sent: bool) -> None:
    """RFC 6265 section 5, and the prefixes of RFC 6265bis section 4.1.3."""
    cookies = Cookies()
    request = Request("GET", HTTPS, {})
    cookies.take(request, Response(200, Headers([("Set-Cookie", line)])))
    assert cookies.put(request).headers.get("Cookie", "") == (line.partition(";")[0] if sent else "")


def test_a_cookie_stays_with_its_origin() -> None:
    """Another scheme, port or host is another; so is http for what is secure."""
    cookies = Cookies()
    cookies.take(Request("GET", HTTPS, {}), Response(200, Headers([("Set-Cookie", "x=1; Path=/; Domain=example.com")])))
    for url in ("http://api.example.com/", "https://api.example.com:8443/", "https://www.example.com/"):
        assert "Cookie" not in cookies.put(Request("GET", url, {})).headers
    plain = Request("GET", "http://api.example.com/", {})
    cookies.take(plain, Response(200, Headers([("Set-Cookie", "y=1; Secure")])))
    assert "Cookie" not in cookies.put(plain).headers


def test_a_cookie_is_forgotten_where_it_expires_and_stands_beside_one_of_the_request() -> None:
    """A stored cookie follows the request's own Cookie field, longer paths first, until Max-Age=0."""
    cookies = Cookies()
    request = Request("GET", HTTPS, {"cookie": "own=1"})
    lines = ["x=1; Path=/", "y=2; Path=/a/b"]
    cookies.take(request, Response(200, Headers([("Set-Cookie", line) for line in lines])))
    assert cookies.put(request).headers == {"Cookie": "own=1; y=2; x=1"}
    cookies.take(request, Response(200, Headers([("Set-Cookie", "x=; Path=/; Max-Age=0")])))
    assert cookies.put(request).headers == {"Cookie": "own=1; y=2"}
