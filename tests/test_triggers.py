"""Triggers, end to end on loopback: events that are asked for, events that are sent, and who may send them."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from twilio.request_validator import RequestValidator
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

import openconnectors
from tests.conftest import serving
from tests.test_policies import folder

EVENT = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "integer"}, "at": {"type": "string", "format": "date-time"}},
}
PATHS: dict[str, Any] = {
    "/new": {
        "get": {
            "operationId": "OnNew",
            "x-ms-trigger": "batch",
            "parameters": [{"name": "since", "in": "query", "type": "string"}],
            "responses": {
                "200": {
                    "description": "events",
                    "schema": {"type": "object", "properties": {"value": {"type": "array", "items": EVENT}}},
                },
                "202": {"description": "none"},
            },
        }
    },
    "/hooks": {
        "x-ms-notification-content": {"schema": EVENT},
        "post": {
            "operationId": "OnSent",
            "x-ms-trigger": "single",
            "parameters": [
                {
                    "name": "body",
                    "in": "body",
                    "required": True,
                    "schema": {
                        "type": "object",
                        "required": ["target"],
                        "properties": {
                            "kind": {"type": "string"},
                            "target": {
                                "type": "object",
                                "properties": {"url": {"type": "string", "x-ms-notification-url": True}},
                            },
                        },
                    },
                }
            ],
            "responses": {"201": {"description": "subscribed"}},
        },
    },
}


class Service:
    """What a service with triggers does: it remembers subscriptions, and answers questions from a list."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.answers: list[Response] = []
        self.hooks: dict[str, str] = {}
        self.location = "/v1/hooks/1"

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        request = Request(environ)
        self.requests.append(f"{request.method} {environ['RAW_URI']}")
        answer = Response("", 404)
        if request.method == "POST":
            self.hooks["1"] = request.get_json()["target"]["url"]
            answer = Response("", 201, headers={"Location": self.location})
        elif request.method == "DELETE":
            answer = Response("", 204 if self.hooks.pop("1", None) else 404)
        elif self.answers:
            answer = self.answers.pop(0)
        return answer(environ, start)


@pytest.fixture
def peer() -> Service:
    return Service()


@pytest.fixture
def url(peer: Service) -> Iterator[str]:
    with serving(make_server("127.0.0.1", 0, peer, threaded=True)) as running:
        yield running


def events(*ids: int, **headers: str) -> Response:
    body = json.dumps({"value": [{"id": id, "at": "2026-01-31T12:00:00Z"} for id in ids]})
    return Response(body, 200, headers={"Content-Type": "application/json", **headers})


def loaded(
    tmp_path: Path, url: str, policies: list[dict[str, Any]] | None = None, **more: Any
) -> openconnectors.Connector:
    place = folder(tmp_path, policies or [], paths=PATHS, **more)
    return openconnectors.load_file(place, connection={"api_key": "shared-secret"}, base_url=url, interval=0.01)


def test_events_are_polled_until_the_iteration_ends(tmp_path: Path, url: str, peer: Service) -> None:
    """poll() yields the events of 200, waits on 202, follows Location and keeps to Retry-After."""
    peer.answers = [
        events(1, 2, Location="/v1/new?since=2"),
        Response("", 202, headers={"Location": "/v1/new?since=2&again=1", "Retry-After": "0"}),
        events(3),
    ]
    poller = iter(loaded(tmp_path, url).on_new.poll())
    assert [next(poller)["id"] for _ in range(3)] == [1, 2, 3]
    assert peer.requests == ["GET /v1/new", "GET /v1/new?since=2", "GET /v1/new?since=2&again=1"]


def test_events_go_on_where_they_were_left(tmp_path: Path, url: str, peer: Service) -> None:
    """The state is plain data; one that leads away is refused."""
    peer.answers = [events(1, Location="/v1/new?since=1"), events(2)]
    operation = loaded(tmp_path, url).on_new
    first = operation.poll()
    assert [row["id"] for row in first.step()] == [1]
    state = json.loads(json.dumps(first.state))
    assert [row["id"] for row in operation.using(resume=state).poll().step()] == [2]
    assert peer.requests[-1] == "GET /v1/new?since=1"
    with pytest.raises(openconnectors.InvalidArguments, match="resume"):
        operation.using(resume={"url": "http://elsewhere.example/new"}).poll()


def test_a_policy_makes_the_next_question_of_the_last_answer(tmp_path: Path, url: str, peer: Service) -> None:
    """pollingtrigger takes the next request's cursor from the last response that has one."""
    peer.answers = [events(5, 4), Response('{"value": []}', 200, content_type="application/json"), events(6)]
    cursor = {
        "template": "pollingtrigger",
        "triggerConfig": {"since": "@{triggerBody().value[0].id}"},
        "triggerDataPath": "@triggerBody().value",
    }
    poller = loaded(tmp_path, url, [cursor]).on_new.poll()
    assert [[row["id"] for row in poller.step()] for _ in range(3)] == [[5, 4], [], [6]]
    assert peer.requests == ["GET /v1/new", "GET /v1/new?since=5", "GET /v1/new?since=5"]


def test_a_link_to_another_host_is_not_followed(tmp_path: Path, url: str, peer: Service) -> None:
    """A polling Location on another host raises InvalidResponse."""
    peer.answers = [events(1, Location="http://elsewhere.example/new")]
    with pytest.raises(openconnectors.InvalidResponse, match="elsewhere"):
        next(loaded(tmp_path, url).on_new.poll())


Post = Callable[..., int]


def post(to: str, data: bytes, content_type: str = "application/json", **headers: str) -> int:
    request = urllib.request.Request(to, data, {"Content-Type": content_type, **headers})  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - loopback
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def test_events_are_sent_to_whoever_subscribes(tmp_path: Path, url: str, peer: Service) -> None:
    """Subscribe with a URL, receive, unsubscribe by Location."""
    came: list[Any] = []
    operation = loaded(tmp_path, url).on_sent
    with serving(make_server("127.0.0.1", 0, openconnectors.Webhook(operation, came.append))) as ours:
        subscription = operation.subscribe(f"{ours}/events", kind="all")
        assert peer.hooks == {"1": f"{ours}/events"}
        assert post(peer.hooks["1"], b'{"id": 7, "at": "2026-01-31T12:00:00Z"}') == 200
        assert (came[0]["id"], came[0]["at"].year) == (7, 2026)
        assert post(peer.hooks["1"], b'{"id": 7') == 400
        assert post(peer.hooks["1"], b"id", "image/png") in (200, 400)
    subscription.unsubscribe()
    assert peer.hooks == {}
    subscription.unsubscribe()  # gone already
    assert peer.requests[-1] == "DELETE /v1/hooks/1"


def test_a_location_that_leads_away_is_not_deleted(tmp_path: Path, url: str, peer: Service) -> None:
    """unsubscribe() sends nothing to a subscription's Location on another host."""
    peer.location = "http://elsewhere.example/v1/hooks/1"
    subscription = loaded(tmp_path, url).on_sent.subscribe("https://me.example/")
    with pytest.raises(openconnectors.InvalidResponse, match="elsewhere"):
        subscription.unsubscribe()


def test_a_handler_that_fails_has_the_event_sent_again(tmp_path: Path, url: str) -> None:
    """A webhook handler that raises makes the response 500, so that the service sends the event again."""

    def fail(event: Any) -> None:
        raise RuntimeError("no room")

    with serving(make_server("127.0.0.1", 0, openconnectors.Webhook(loaded(tmp_path, url).on_sent, fail))) as ours:
        assert post(ours, b'{"id": 1}') == 500


def test_a_signature_as_data(tmp_path: Path, url: str) -> None:
    """A mark in hex over time and body, as it is common: what is old, changed, unsigned or another's is refused."""
    signature = {
        "header": "X-Mark",
        "secret": "api_key",
        "text": "v0:{header:X-Time}:{body}",
        "prefix": "v0=",
        "moment": "X-Time",
    }
    connector = loaded(tmp_path, url, **{"x-connector-signature": signature})
    came: list[Any] = []
    with serving(make_server("127.0.0.1", 0, openconnectors.Webhook(connector.on_sent, came.append))) as ours:

        def sent(moment: float, data: bytes, key: bytes = b"shared-secret") -> int:
            message = f"{moment:.0f}"
            mark = hmac.new(key, b"v0:" + message.encode() + b":" + data, hashlib.sha256).hexdigest()
            return post(ours, data, **{"X-Time": message, "X-Mark": f"v0={mark}"})

        assert sent(time.time(), b'{"id": 1}') == 200
        assert sent(time.time() - 3600, b'{"id": 1}') == 403
        assert sent(time.time(), b'{"id": 1}', b"another") == 403
        assert post(ours, b'{"id": 1}') == 403
    assert len(came) == 1


def test_what_a_service_sends_is_verified_as_its_own_client_does(twilio: openconnectors.Connector) -> None:
    """Signed by the vendor's own library; with and without the port, forms and JSON."""
    token = twilio.connection.values["access_token"].reveal()
    theirs = RequestValidator(token)
    came: list[Any] = []
    public = "https://hooks.example:443/sms?x=1"
    with serving(make_server("127.0.0.1", 0, openconnectors.Webhook(twilio, came.append, url=public))) as ours:
        fields = {"From": "+14155552345", "Body": "Grüße & more", "To": "+15005550006"}
        form = urllib.parse.urlencode(fields).encode()
        kind = "application/x-www-form-urlencoded"
        for at in (public, "https://hooks.example/sms?x=1"):
            mark = theirs.compute_signature(at, fields)
            assert post(ours, form, kind, **{"X-Twilio-Signature": mark}) == 200
        assert came[0]["Body"] == "Grüße & more"
        assert post(ours, form + b"1", kind, **{"X-Twilio-Signature": mark}) == 403
        assert post(ours, form, kind) == 403
    data = b'{"EventType": "x"}'
    hashed = f"https://hooks.example/sms?bodySHA256={hashlib.sha256(data).hexdigest()}"
    with serving(make_server("127.0.0.1", 0, openconnectors.Webhook(twilio, came.append, url=hashed))) as ours:
        mark = theirs.compute_signature(hashed, {})
        assert post(ours, data, **{"X-Twilio-Signature": mark}) == 200
        assert post(ours, data + b" ", **{"X-Twilio-Signature": mark}) == 403
