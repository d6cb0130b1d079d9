"""What a service sends: whose it is (signatures), whether it is an event at all (handshakes, odd requests), and what is
answered. The application is called as WSGI servers call it, and once through a real one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import io
import itertools
import json
import random
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

import jsonschema
import msgspec
import pytest
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict
from werkzeug.serving import make_server

import openconnectors
from openconnectors.engine.client.webhook_signatures import keys
from openconnectors.engine.client.webhooks import CONVENTIONS
from openconnectors.engine.model import Signature
from tests.conftest import ROOT, serving
from tests.test_policies import folder

SECRET = "s3cret-of-the-hook"
FORM = "application/x-www-form-urlencoded"
PATHS: dict[str, Any] = {
    "/hooks": {
        "x-ms-notification-content": {"schema": {"type": "object"}},
        "post": {
            "operationId": "OnSent",
            "x-ms-trigger": "single",
            "parameters": [
                {"name": "url", "in": "query", "type": "string", "required": True, "x-ms-notification-url": True}
            ],
            "responses": {"201": {"description": "subscribed"}},
        },
    }
}
BODY = b'{"id": 1}'


class Answer:
    """What the application answers one request, and what it has handed over."""

    def __init__(self, app: Any, events: list[Any]) -> None:
        self.app, self.events = app, events
        self.status = 0
        self.fields: dict[str, str] = {}
        self.body = b""

    def __call__(self, method: str = "POST", body: bytes = b"", query: str = "", **environ: Any) -> Answer:
        """The answer to a request; names in lower case are header fields."""
        fields = {f"HTTP_{name.upper()}": text for name, text in environ.items() if name.islower()}
        variables = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": "/hook",
            "QUERY_STRING": query,
            "SERVER_NAME": "me.example",
            "SERVER_PORT": "443",
            "HTTP_HOST": "me.example",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
            "wsgi.url_scheme": "https",
            **fields,
            **{name: text for name, text in environ.items() if not name.islower() or "." in name},
        }
        before = len(self.events)

        def start(status: str, headers: list[tuple[str, str]], exc: Any = None) -> None:
            self.status, self.fields = int(status[:3]), dict(headers)

        self.body = b"".join(self.app({name: text for name, text in variables.items() if text is not None}, start))
        assert variables["REQUEST_METHOD"] == "HEAD" or int(self.fields["Content-Length"]) == len(self.body)
        assert (len(self.events) > before) == (self.status in (200, 500) and self.events[before:] != [])
        return self


@pytest.fixture
def hook(tmp_path: Path) -> Callable[..., Answer]:
    """Makes a webhook of a document with these members."""
    numbers = itertools.count()

    def application(url: str | None = "https://me.example/hook", secret: str = SECRET, **members: Any) -> Answer:
        below = tmp_path / str(next(numbers))
        below.mkdir()
        place = folder(below, [], paths=PATHS, **members)
        connector = openconnectors.load_file(place, connection={"api_key": secret}, base_url="http://127.0.0.1:9")
        events: list[Any] = []
        return Answer(openconnectors.Webhook(connector.on_sent, events.append, url=url), events)

    return application


def mac(text: bytes, key: str | bytes = SECRET, algorithm: str = "sha256") -> bytes:
    return hmac.new(key if isinstance(key, bytes) else key.encode(), text, algorithm).digest()


def hexed(text: bytes, key: str | bytes = SECRET) -> str:
    return mac(text, key).hex()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


# Signatures as data

STRIPE: dict[str, Any] = {
    "header": "Stripe-Signature",
    "secret": "api_key",
    "prefix": "v1=",
    "text": "{header:Stripe-Signature:t}.{body}",
    "moment": "Stripe-Signature:t",
}
STANDARD: dict[str, Any] = {
    "header": "webhook-signature",
    "secret": "api_key",
    "text": "{header:webhook-id}.{header:webhook-timestamp}.{body}",
    "encoding": "base64",
    "prefix": "v1,",
    "moment": "webhook-timestamp",
}
HUB = {"header": "X-Hub-Signature-256", "secret": "api_key", "prefix": "sha256="}
CHAT = {
    "header": "X-Chat-Signature",
    "secret": "api_key",
    "text": "v0:{header:X-Chat-Time}:{body}",
    "prefix": "v0=",
    "moment": "X-Chat-Time",
}


def test_time_and_several_signatures_stand_in_one_field(hook: Callable[..., Answer]) -> None:
    """Any right signature of ``t=…,v1=…`` counts, in any order; its time is signed and must be recent."""
    app, now = hook(**{"x-connector-signature": STRIPE}), int(time.time())

    def sent(*parts: str, body: bytes = BODY) -> int:
        return app(body=body, stripe_signature=",".join(parts)).status

    good, rolled = (f"v1={hexed(f'{now}.'.encode() + BODY, key)}" for key in (SECRET, "another"))
    at = f"t={now}"
    old = now - 301
    table = [
        (200, (at, good)),
        (200, (at, rolled, good)),
        (200, (at, good, rolled)),
        (200, (good, at)),
        (200, (at, f" {good}")),
        (200, (at, good, "v0=0123")),
        (403, (at, rolled)),
        (403, (at,)),
        (403, (good,)),
        (403, (f"t={now + 1}", good)),
        (403, (at, at, good)),
        (403, ("t=", good)),
        (403, (at, f"v1={hexed(b'.' + BODY)}")),
        (403, (f"t={old}", f"v1={hexed(f'{old}.'.encode() + BODY)}")),
        (200, (at, good, "v1=short")),
        (403, (at, good.upper())),
        (403, (at, f"v2={good[3:]}")),
        (403, ("",)),
    ]
    for wanted, parts in table:
        assert sent(*parts) == wanted, parts
    assert sent(at, good, body=BODY + b" ") == 403
    assert len(app.events) == 7


def test_a_part_of_the_own_field_needs_no_name(hook: Callable[..., Answer]) -> None:
    """A field cannot sign itself whole: ``{header:…}`` of it is the first part beside the signatures."""
    app, now = hook(**{"x-connector-signature": {**STRIPE, "text": "{header:Stripe-Signature}.{body}"}}), time.time()
    mark = hexed(f"{now:.0f}.".encode() + BODY)
    assert app(body=BODY, stripe_signature=f"t={now:.0f},v1={mark}").status == 200
    assert app(body=BODY, stripe_signature=f"t={now + 9:.0f},v1={mark}").status == 403


@pytest.mark.parametrize("declared", [{"separator": ";"}, {}])
def test_another_separator(hook: Callable[..., Answer], declared: dict[str, str]) -> None:
    """``ts=…;h1=…``: a semicolon is found where none is declared; where one is, a comma is none."""
    rule = {
        **declared,
        "header": "Pad-Signature",
        "secret": "api_key",
        "prefix": "h1=",
        "text": "{header:Pad-Signature:ts}:{body}",
        "moment": "Pad-Signature:ts",
    }
    app, now = hook(**{"x-connector-signature": rule}), int(time.time())
    mark = f"ts={now};h1={hexed(f'{now}:'.encode() + BODY)}"
    assert app(body=BODY, pad_signature=mark).status == 200
    assert app(body=BODY, pad_signature=mark.replace(";", ",")).status == (403 if declared else 200)
    assert app(body=BODY, pad_signature=mark.replace(";", " ")).status == 403


def test_a_field_whose_name_begins_alike_is_another(hook: Callable[..., Answer]) -> None:
    """``X-Sig-Time`` in the text does not make ``X-Sig`` a field of parts."""
    rule = {"header": "X-Sig", "secret": "api_key", "text": "{header:X-Sig-Time}{body}", "prefix": "v1="}
    app = hook(**{"x-connector-signature": rule})
    mark = f"v1={hexed(b'7' + BODY)}"
    assert app(body=BODY, x_sig_time="7", x_sig=mark).status == 200
    assert app(body=BODY, x_sig_time="7", x_sig=f"{mark},{mark}").status == 403


KEY = bytes(range(24))


@pytest.mark.parametrize(
    ("declared", "secret", "key"),
    [
        ({}, SECRET, SECRET.encode()),
        ({}, f"whsec_{b64(KEY)}", KEY),
        ({}, f"whsec_{b64(KEY)}", f"whsec_{b64(KEY)}".encode()),
        ({"secret_encoding": "base64", "secret_prefix": "whsec_"}, f"whsec_{b64(KEY)}", KEY),
        ({"secret_encoding": "base64", "secret_prefix": "whsec_"}, b64(KEY), KEY),
        ({"secret_encoding": "hex"}, KEY.hex(), KEY),
        ({"secret_encoding": "text"}, "grün", "grün".encode()),
    ],
)
def test_standard_webhooks(hook: Callable[..., Answer], declared: dict[str, str], secret: str, key: bytes) -> None:
    """``webhook-signature: v1,… v1,…``: any right one counts, unknown versions do not; secrets are as declared."""
    app, now = hook(secret=secret, **{"x-connector-signature": {**STANDARD, **declared}}), int(time.time())

    def sent(signatures: str, moment: int = now) -> int:
        return app(body=BODY, webhook_id="msg_1", webhook_timestamp=str(moment), webhook_signature=signatures).status

    good = f"v1,{b64(mac(f'msg_1.{now}.'.encode() + BODY, key))}"
    bad = f"v1,{b64(mac(b'x', key))}"
    table = [
        (200, good),
        (200, f"{bad} {good}"),
        (200, f"{good} {bad}"),
        (200, f"v1a,AAAA {good}"),
        (403, bad),
        (403, good.replace("v1,", "v1a,")),
        (403, good.removeprefix("v1,")),
        (403, f"{good},{good}"),
        (403, f"{good}, {good}"),
        (403, good.swapcase()),
        (403, ""),
    ]
    for wanted, signatures in table:
        assert sent(signatures) == wanted, signatures
    assert sent(good, now + 1) == 403
    old = now - 1000
    assert sent(f"v1,{b64(mac(f'msg_1.{old}.'.encode() + BODY, key))}", old) == 403


def test_a_secret_that_is_not_written_as_declared_is_refused_at_once(hook: Callable[..., Answer]) -> None:
    """A signing secret that is not in its declared encoding raises ConnectionMissing, without showing it."""
    with pytest.raises(openconnectors.ConnectionMissing, match="api_key is not valid base64") as caught:
        hook(secret="no base64!", **{"x-connector-signature": {**STANDARD, "secret_encoding": "base64"}})
    assert "no base64!" not in str(caught.value)


def test_a_secret_of_the_standard_is_two_keys() -> None:
    """A secret that begins with whsec_ is tried decoded and as its text."""
    rule = Signature(header="x", secret="s")
    assert keys(rule, f"whsec_{b64(KEY)}") == [f"whsec_{b64(KEY)}".encode(), KEY]
    assert keys(rule, "whsec_abc") == [b"whsec_abc"]
    assert keys(rule, "whsec_") == [b"whsec_"]


def test_a_hash_with_a_prefix(hook: Callable[..., Answer]) -> None:
    """``sha256=…``: nothing but the one right field is taken."""
    app = hook(**{"x-connector-signature": HUB})
    good = f"sha256={hexed(BODY)}"
    table: list[tuple[int, Any]] = [(200, good), *((403, text) for text in refused(good))]
    table += [(403, good.replace("sha256=", "sha1=")), (403, good.replace("sha256=", "")), (403, good + "0")]
    for wanted, text in table:
        assert app(body=BODY, x_hub_signature_256=text).status == wanted, text
    assert len(app.events) == 1


def refused(good: str) -> list[Any]:
    """Spellings of a right signature that are none."""
    return [
        None, "", " ", good.lower().swapcase(), good[:-1], f"{good},{good}", f"{good}, {good}", "é" * 28, "\0",
        "A" * 100_000, good[::-1], f"{good};", f"\u2028{good}", "\udc80",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("moment", "wanted"),
    [
        (lambda now: f"{now:.0f}", 200),
        (lambda now: f"{now:.3f}", 200),
        (lambda now: f"{now * 1000:.0f}", 200),
        (lambda now: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)), 200),
        (lambda now: time.strftime("%Y-%m-%dT%H:%M:%S.123456789Z", time.gmtime(now)), 200),
        (lambda now: f"{now - 301:.0f}", 403),
        (lambda now: f"{now + 310:.0f}", 403),
        (lambda now: "", 403),
        (lambda now: "nan", 403),
        (lambda now: "inf", 403),
        (lambda now: "9" * 400, 403),
        (lambda now: "1_0", 403),
        (lambda now: "0001-01-01T00:00:00+23:00", 403),
        (lambda now: f" {now:.0f}", 403),
        (lambda now: "١٢٣", 403),
    ],
)
def test_the_time_of_sending(hook: Callable[..., Answer], moment: Callable[[float], str], wanted: int) -> None:
    """Seconds, milliseconds or RFC 3339; what is too old, ahead or no time is refused, however well signed."""
    text = moment(time.time())
    app = hook(**{"x-connector-signature": CHAT})
    signed = b"v0:" + text.encode("latin-1", "replace") + b":" + BODY
    assert app(body=BODY, x_chat_time=text, x_chat_signature=f"v0={hexed(signed)}").status == wanted


def test_method_and_url_may_be_signed(hook: Callable[..., Answer]) -> None:
    """A signature may cover {method} and {url} beside {body}."""
    rule = {"header": "X-Sig", "secret": "api_key", "text": "{method}{url}{body}", "encoding": "base64"}
    app = hook(**{"x-connector-signature": rule})
    assert app(body=BODY, x_sig=b64(mac(b"POSThttps://me.example/hook" + BODY))).status == 200
    assert app(body=BODY, x_sig=b64(mac(b"GEThttps://me.example/hook" + BODY))).status == 403


# The vendor's own validator is the judge of URLs and forms.

TOKEN = "12345"


@pytest.fixture
def sms() -> Callable[[str | None], Answer]:
    """Makes a webhook of the shipped connector, by its public URL."""
    values = {"account_id": "AC" + "0" * 32, "access_token": TOKEN}
    connector = openconnectors.load("twilio", connection=values, base_url="http://127.0.0.1:9")

    def application(url: str | None = None) -> Answer:
        events: list[Any] = []
        return Answer(openconnectors.Webhook(connector, events.append, url=url), events)

    return application


def test_our_verdict_is_the_vendors_over_a_table_of_requests(sms: Callable[..., Answer]) -> None:
    """Hosts with and without ports, queries, and forms with duplicates, empty values and any script; each signed
    right, for another URL, with another token, or over other fields."""
    app, validator, other = sms(), RequestValidator(TOKEN), RequestValidator("other")
    draw, count = random.Random(7), {True: 0, False: 0}  # noqa: S311 - the same table each time
    texts = ["", "hi", "Grüße & more", "+1415", "a=b&c", "日本", "😀", "100%", "x y", "A", "a"]
    names = ["Body", "From", "To", "MediaUrl0", "a", "Z", "ü"]
    hosts = ["me.example", "me.example:443", "me.example:8443", "Me.Example", "10.0.0.1:80"]
    targets = ["/sms", "/sms?x=1", "/a/b%20c?q=it's", "/%C3%BC?a=%2F&b=&c", "/"]
    for scheme, host, target in itertools.product(["https", "http"], hosts, targets):
        pairs = [(draw.choice(names), draw.choice(texts)) for _ in range(draw.randrange(8))]
        body = "&".join(f"{quote_plus(name)}={quote_plus(text)}" for name, text in pairs).encode()
        url = f"{scheme}://{host}{target}"
        spelled = [url, url.replace(":443/", "/"), url.replace("example/", "example:443/"), f"{url}x"]
        spelled += [url.replace("https:", "http:"), url.replace("http:", "https:"), url.replace(":80/", "/")]
        for signed, signer, more in itertools.product(spelled, (validator, other), ([], [("extra", "1")])):
            text = signer.compute_signature(signed, MultiDict([*pairs, *more]))
            theirs = validator.validate(url, MultiDict(pairs), text)
            environ = {"RAW_URI": target, "HTTP_HOST": host, "wsgi.url_scheme": scheme}
            app(body=body, CONTENT_TYPE=FORM, x_twilio_signature=text, **environ)
            assert (app.status == 200) == theirs, (url, signed, pairs, more)
            count[theirs] += 1
    assert min(count.values()) > 100


def test_a_json_body_is_held_by_the_hash_in_the_query(sms: Callable[..., Answer]) -> None:
    """bodySHA256 in the signed URL must be the hash of a JSON body."""
    validator = RequestValidator(TOKEN)
    body = '{"EventType": "grün"}'
    right, wrong = (hashlib.sha256(text.encode()).hexdigest() for text in (body, "x"))
    for query in (f"bodySHA256={right}", f"a=1&bodySHA256={right}", f"bodySHA256={wrong}",
                  f"bodySHA256={right}&bodySHA256={wrong}", f"bodySHA256={right.upper()}"):  # fmt: skip
        url = f"https://me.example/sms?{query}"
        text = validator.compute_signature(url, {})
        theirs = validator.validate(url, body, text)
        for public in (None, "https://me.example/sms", "https://me.example/sms?z=2", "https://me.example:443/sms"):
            app = sms(public)
            app(body=body.encode(), PATH_INFO="/sms", QUERY_STRING=query, x_twilio_signature=text)
            assert (app.status == 200) == theirs, (query, public)
    assert sms()(body=body.encode(), PATH_INFO="/sms", x_twilio_signature=text).status == 403


def signed(url: str, fields: Mapping[str, str]) -> str:
    return str(RequestValidator(TOKEN).compute_signature(url, dict(fields)))


FIELDS = {"From": "+14155552345", "Body": "Grüße & more"}
POSTED = urlencode(FIELDS).encode()


@pytest.mark.parametrize(
    ("public", "environ", "url"),
    [
        ("https://me.example/sms", {"QUERY_STRING": "order=5"}, "https://me.example/sms?order=5"),
        ("https://me.example/sms?x=1", {}, "https://me.example/sms?x=1"),
        ("https://me.example/sms?x=1", {"QUERY_STRING": "y=2"}, "https://me.example/sms?y=2"),
        ("https://me.example/sms?x=1", {"RAW_URI": "/sms?y=it's"}, "https://me.example/sms?y=it's"),
        ("https://me.example:8443/sms", {}, "https://me.example/sms"),
        ("https://me.example", {"PATH_INFO": "/"}, "https://me.example/"),
        ("https://me.example", {"PATH_INFO": "/"}, "https://me.example"),
        ("https://user:pw@me.example/sms", {}, "https://user:pw@me.example:443/sms"),
        ("https://me.example/in", {"SCRIPT_NAME": "/in", "PATH_INFO": "/a b"}, "https://me.example/in/a%20b"),
        ("https://me.example/in/a", {"SCRIPT_NAME": "/in", "PATH_INFO": "/a"}, "https://me.example/in/a"),
        ("https://me.example/p", {"SCRIPT_NAME": "", "PATH_INFO": "/other"}, "https://me.example/p"),
        (None, {"PATH_INFO": "/my sms"}, "https://me.example/my%20sms"),
        (None, {"PATH_INFO": "/gr\xc3\xbcn"}, "https://me.example/gr%C3%BCn"),
        (None, {"PATH_INFO": "/100%"}, "https://me.example/100%25"),
        (None, {"SCRIPT_NAME": "/in", "PATH_INFO": "/a"}, "https://me.example/in/a"),
        (None, {"RAW_URI": "/a%2fb?q=%7e"}, "https://me.example/a%2fb?q=%7e"),
        (None, {"RAW_URI": "http://proxy.example/a?b"}, "https://me.example/a?b"),
        (None, {"RAW_URI": "/in/a?b", "SCRIPT_NAME": "/in", "PATH_INFO": "/a"}, "https://me.example/in/a?b"),
        (None, {"PATH_INFO": "/sms", "HTTP_HOST": "[::1]:8443"}, "https://[::1]/sms"),
        (None, {"PATH_INFO": "/sms", "HTTP_HOST": None}, "https://me.example/sms"),
        (None, {"PATH_INFO": "/sms", "HTTP_HOST": "a_b.example"}, "https://a_b.example:443/sms"),
        (None, {"PATH_INFO": "/sms", "REQUEST_URI": "/other"}, "https://me.example/other"),
    ],
)
def test_the_url_that_was_signed(sms: Callable[..., Answer], public: str | None, environ: Any, url: str) -> None:
    """The public URL given, else the request's, below a mount too, with the query of the request as it was spelled."""
    app = sms(public)
    assert app(body=POSTED, CONTENT_TYPE=FORM, x_twilio_signature=signed(url, FIELDS), **environ).status == 200
    assert app(body=POSTED, CONTENT_TYPE=FORM, x_twilio_signature=signed(url + "x", FIELDS), **environ).status == 403


@pytest.mark.parametrize(
    "url", ["", "me.example/sms", "ftp://me.example/", "https://", "https://a b/", "https://a:99999/"]
)
def test_a_public_url_that_is_none_is_refused(sms: Callable[..., Answer], url: str) -> None:
    """A public URL that is not an absolute http URL raises InvalidArguments."""
    with pytest.raises(openconnectors.InvalidArguments, match="whole URL"):
        sms(url)


def test_a_signature_is_right_or_refused(sms: Callable[..., Answer]) -> None:
    """A missing, empty, repeated or wrong signature is 403, and nothing is handled."""
    url = "https://me.example/sms"
    app, good = sms(url), signed(url, FIELDS)
    for text in refused(good):
        assert app(body=POSTED, CONTENT_TYPE=FORM, x_twilio_signature=text).status == 403, text
    for content_type in ("", "application/json", "multipart/form-data; boundary=x", "text/plain", "\xff;;=", "/"):
        assert app(body=POSTED, CONTENT_TYPE=content_type, x_twilio_signature=good).status == 403, content_type
    assert app(body=b"&".join([b"a"] * 100_001), CONTENT_TYPE=FORM, x_twilio_signature=good).status == 403
    assert not app.events
    assert app(body=POSTED, CONTENT_TYPE=f"{FORM}; charset=utf-8", x_twilio_signature=good).status == 200


# What is no event


@pytest.mark.parametrize("public", [None, "https://me.example/hook"])
@pytest.mark.parametrize(
    ("wanted", "environ"),
    [
        *((400, {"HTTP_HOST": host}) for host in (
            "x:99999", "[::", "[::1", "[1.2.3.4]", "a b", "", "a:b:c", "\xff", "a/b", "a@b", "a?b", "::1", "x:-1",
            "a\r\nb", "a\n",
        )),
        *((200, {"HTTP_HOST": host}) for host in ("x", "x:", "x:1", "[::1]", "[::1]:80", "127.0.0.1", "a.b.", None)),
        *((400, {"CONTENT_LENGTH": text}) for text in ("abc", "-1", "+8", "8_0", "٨", "1e1", "9" * 5000, "99999")),
        *((413, {"CONTENT_LENGTH": text}) for text in ("99999999999", str(4 * 1024 * 1024 + 1))),
        (400, {"CONTENT_LENGTH": None}),
        (400, {"CONTENT_LENGTH": None, "HTTP_TRANSFER_ENCODING": "chunked"}),
        (200, {"CONTENT_LENGTH": None, "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}),
        *((405, {"REQUEST_METHOD": method}) for method in ("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "", "post")),
    ],
)  # fmt: skip
def test_odd_requests(hook: Callable[..., Answer], public: str | None, wanted: int, environ: Any) -> None:
    """A Host that is none, a length that is none, a method that is not POST: an answer, whichever URL counts."""
    app = hook(public)
    app(body=BODY, **environ)
    assert app.status == wanted
    assert (app.fields.get("Allow") == "POST") == (wanted == 405)
    assert app.events == ([{"id": 1}] if wanted == 200 else [])


class Broken(io.RawIOBase):
    """A connection that breaks while it is read."""

    def read(self, size: int = -1) -> bytes:
        raise ConnectionResetError


class Drops(io.BytesIO):
    """A stream that gives a byte at a time."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(1 if size else 0)


def test_bodies_come_whole_or_are_refused(hook: Callable[..., Answer]) -> None:
    """A cut request body is 400, one over 4 MiB is 413, and nothing is handled."""
    app = hook()
    assert app(body=BODY, **{"wsgi.input": Broken()}).status == 400
    assert app(body=BODY, **{"wsgi.input": io.BytesIO(BODY[:-1])}).status == 400
    assert app(body=BODY, **{"wsgi.input": Drops(BODY)}).status == 200
    endless = {"CONTENT_LENGTH": None, "wsgi.input_terminated": True}
    assert app(**endless, **{"wsgi.input": io.BytesIO(b" " * (4 * 1024 * 1024 + 1))}).status == 413
    assert app(body=b" " * (4 * 1024 * 1024 - len(BODY)) + BODY).status == 200


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"[" * 100_000),
        ("application/json", b"[" * 400 + b"]" * 400),
        ("application/json", b'{"a":1,"a":2}'),
        ("application/json", b"9" * 10_000),
        ("application/json", b"NaN"),
        ("application/json", b"\xff\xfe{"),
        ("application/json", b'"\\ud800"'),
        ("application/json", b""),
        ("application/xml", b"<a>" * 50_000),
        ("application/xml", b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>"),
        (FORM, b"a=%ff"),
        ("multipart/form-data; boundary=x", b"--x"),
    ],
)
def test_bodies_that_are_no_events(hook: Callable[..., Answer], content_type: str, body: bytes) -> None:
    """Deep, contradictory, of no charset: 400, before ``handle`` hears of it."""
    app = hook()
    assert app(body=body, CONTENT_TYPE=content_type).status == 400
    assert app.events == []


# Handshakes


def test_a_validation_token_is_answered(hook: Callable[..., Answer]) -> None:
    """Microsoft Graph's, where the document says nothing: the token of the query as text, and no event."""
    app = hook()
    for query, token in [
        ("validationToken=abc%20def", b"abc def"),
        ("validationToken=Validation%3a+Testing+client", b"Validation: Testing client"),
        ("a=1&validationToken=%3Cb%3E", b"<b>"),
        ("validationtoken=x", b"x"),
    ]:
        app(query=query, CONTENT_TYPE="text/plain; charset=utf-8")
        assert (app.status, app.body) == (200, token), query
        assert app.fields["Content-Type"] == "text/plain; charset=utf-8"
        assert app.fields["X-Content-Type-Options"] == "nosniff"
    for query in ("validationToken=", "validationToken=a&validationToken=b", f"validationToken={'x' * 5000}"):
        assert app(query=query, CONTENT_TYPE="text/plain").body in (b"", b"this is not an event\n"), query
    assert app(body=BODY, query="validationToken=x").body == b""
    assert app.events[-1] == {"id": 1}


def test_a_challenge_in_the_body_is_answered(hook: Callable[..., Answer]) -> None:
    """url_verification is answered, checked like events, and not handed to the handler."""
    body = b'{"token": "x", "challenge": "3eZbrw1a", "type": "url_verification"}'
    app = hook()
    assert (app(body=body).body, app.status, app.events) == (b"3eZbrw1a", 200, [])
    app = hook(**{"x-connector-signature": HUB})
    assert app(body=body).status == 403
    assert app(body=body, x_hub_signature_256=f"sha256={hexed(body)}").body == b"3eZbrw1a"
    for other in (b'{"challenge": "x", "type": "event"}', b'{"challenge": 7, "type": "url_verification"}'):
        assert app(body=other, x_hub_signature_256=f"sha256={hexed(other)}").body == b""
    assert len(app.events) == 2
    half = b'{"challenge": "\\ud800", "type": "url_verification"}'
    for odd in (half, b'{"challenge": "a", "challenge": "b"}', b"[" * 999):
        assert hook()(body=odd).status in (200, 400)


def test_a_subscriber_is_verified(hook: Callable[..., Answer]) -> None:
    """``hub.challenge`` (WebSub, Meta) is answered to who knows the connection's secret."""
    app = hook(**{"x-connector-signature": HUB})
    query = "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="
    assert (app("GET", query=query + SECRET).body, app.status) == (b"1158201444", 200)
    for wrong in ("", "x", SECRET[:-1], SECRET + "x", "%ff", f"{SECRET}&hub.verify_token={SECRET}"):
        assert app("GET", query=query + wrong).status == 403, wrong
    assert app("GET", query=query.replace("subscribe", "other") + SECRET).status == 405
    assert app("POST", body=BODY, query=query + SECRET).status == 403
    assert app.events == []


ZOOM = {
    "challenge": "body:/payload/plainToken",
    "when": {"body:/event": "endpoint.url_validation"},
    "secret": "api_key",
    "answer": {"plainToken": "{challenge}", "encryptedToken": "{hmac}"},
}
HANDSHAKES: list[tuple[Any, dict[str, Any], int, bytes | Any]] = [
    (ZOOM, {"body": b'{"event": "endpoint.url_validation", "payload": {"plainToken": "q"}}'}, 200,
     {"plainToken": "q", "encryptedToken": hexed(b"q")}),
    ({"method": "GET", "challenge": "query:crc_token", "secret": "api_key", "encoding": "base64",
      "answer": {"response_token": "sha256={hmac}"}}, {"method": "GET", "query": "crc_token=q"}, 200,
     {"response_token": f"sha256={b64(mac(b'q'))}"}),
    ({"method": "GET", "challenge": "header:X-Okta-Verification-Challenge", "answer": {"verification": "{challenge}"}},
     {"method": "GET", "x_okta_verification_challenge": "q"}, 200, {"verification": "q"}),
    ({"method": "GET", "challenge": "query:challenge"}, {"method": "GET", "query": "challenge=q%C3%BC"}, 200,
     "qü".encode()),
    ({"method": "GET", "challenge": "query:challenge"}, {"method": "GET"}, 405, b"send events with POST\n"),
    ({"method": "OPTIONS", "challenge": "header:WebHook-Request-Origin", "answer": "",
      "headers": {"WebHook-Allowed-Origin": "{challenge}"}},
     {"method": "OPTIONS", "webhook_request_origin": "e.example"}, 200, b""),
    ({"challenge": "header:X-Hook-Secret", "signed": False, "answer": "", "headers": {"X-Hook-Secret": "{challenge}"}},
     {"x_hook_secret": "a\r\nb"}, 400, b"the challenge does not fit into a header field\n"),
    ({"challenge": "body:/0/code", "when": {"header:X-Kind": "check"}, "answer": ["{challenge}", 1]},
     {"x_kind": "check", "body": b'[{"code": "q"}]'}, 200, ["q", 1]),
    ({"challenge": "body", "when": {"query:ping": "1"}}, {"query": "ping=1", "body": b"pong"}, 200, b"pong"),
    ({"method": "GET", "challenge": "query:c", "verify": {"query:t": "api_key"}}, {"method": "GET", "query": "c=1&t=x"},
     403, b"the token is wrong\n"),
    ({"method": "GET", "challenge": "query:c", "verify": {"query:t": "api_key"}},
     {"method": "GET", "query": f"c=1&t={SECRET}"}, 200, b"1"),
]  # fmt: skip


@pytest.mark.parametrize(("declared", "sent", "status", "answer"), HANDSHAKES)
def test_handshakes_as_data(hook: Callable[..., Answer], declared: Any, sent: Any, status: int, answer: Any) -> None:
    """A declared handshake says where the challenge is, when it applies, and how it is answered."""
    schema = json.loads((ROOT / "docs/extensions.schema.json").read_text("utf-8"))
    for value in (declared, [{"challenge": "query:none-of-it"}, declared]):
        jsonschema.Draft202012Validator(schema).validate({"x-connector-handshake": value})
        app = hook(**{"x-connector-handshake": value})
        app(**sent)
        assert (app.status, app.events) == (status, [])
        assert (app.body if isinstance(answer, bytes) else json.loads(app.body)) == answer


def test_a_header_field_answers(hook: Callable[..., Answer]) -> None:
    """A handshake may respond in a header field."""
    app = hook(**{"x-connector-handshake": HANDSHAKES[5][0]})
    assert app("OPTIONS", webhook_request_origin="e.example").fields["WebHook-Allowed-Origin"] == "e.example"


def test_a_document_may_say_that_there_is_no_handshake(hook: Callable[..., Answer]) -> None:
    """x-connector-handshake: [] turns off the conventional handshakes."""
    app = hook(**{"x-connector-handshake": []})
    assert app(query="validationToken=x", body=BODY).body == b""
    assert app("GET", query="challenge=x").status == 405
    assert len(app.events) == 1


@pytest.mark.parametrize(
    "value",
    ["x", {}, {"challenge": 1}, {"challenge": "query:c", "extra": 1}, [{"when": {}}], {"challenge": "c", "when": 1}],
)
def test_a_handshake_that_cannot_be_read_is_the_documents_fault(hook: Callable[..., Answer], value: Any) -> None:
    """A malformed x-connector-handshake raises InvalidDocument."""
    with pytest.raises(openconnectors.InvalidDocument, match="x-connector-handshake"):
        hook(**{"x-connector-handshake": value})


def test_a_handshake_needs_its_connection_value(hook: Callable[..., Answer]) -> None:
    """A handshake that compares a connection value raises ConnectionMissing without it."""
    with pytest.raises(openconnectors.ConnectionMissing, match="verify_token"):
        hook(**{"x-connector-handshake": {"challenge": "query:c", "verify": {"query:t": "verify_token"}}})


def test_the_rows_of_convention_are_data_of_the_same_kind() -> None:
    """The rows of CONVENTIONS are valid by the schema of x-connector-handshake."""
    schema = json.loads((ROOT / "docs/extensions.schema.json").read_text("utf-8"))
    rows = [
        {name: value for name, value in msgspec.structs.asdict(row).items() if value not in (None, "", {})}
        for row in CONVENTIONS
    ]
    jsonschema.Draft202012Validator(schema).validate({"x-connector-handshake": rows})


def test_a_real_server(hook: Callable[..., Answer]) -> None:
    """Chunks, odd heads and kept connections through werkzeug's server."""
    app = hook(None)
    with serving(make_server("127.0.0.1", 0, app.app, threaded=True)) as url:
        client = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)

        def sent(method: str, target: str, body: Any = None, **headers: str) -> tuple[int, bytes]:
            fields = {"Content-Type": "application/json", **{n.replace("_", "-"): v for n, v in headers.items()}}
            client.request(method, target, body, fields, encode_chunked=True)
            with client.getresponse() as answer:
                return answer.status, answer.read()

        assert sent("POST", "/hook", BODY) == (200, b"")
        assert sent("POST", "/hook", iter([BODY[:3], BODY[3:]]), Transfer_Encoding="chunked") == (200, b"")
        assert sent("POST", "/hook?validationToken=a%2Bb") == (200, b"a+b")
        assert sent("GET", "/hook")[0] == 405
        assert sent("HEAD", "/hook") == (405, b"")
        assert sent("POST", "/hook", BODY, Host="a b")[0] == 400
        client.close()
    assert app.events == [{"id": 1}, {"id": 1}]
