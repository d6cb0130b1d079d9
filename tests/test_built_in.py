"""Every built-in connector: what it sends, byte by byte, and that its own sandbox takes every operation."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

import openconnectors
from openconnectors import registry
from openconnectors.engine.client.operation import calls_of
from openconnectors.engine.documents import loader
from openconnectors.engine.http import Request
from openconnectors.engine.plan.examples import minimal
from openconnectors.engine.sandbox import Sandbox

from .test_wire import Peer

CASES = yaml.safe_load((Path(__file__).parent / "golden/built_in/requests.yaml").read_text("utf-8"))
BUILT_IN = [name for name, entry in registry.entries().items() if entry.source == "built in"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['connector']} {case['operation']}")
def test_what_is_sent(case: dict[str, Any]) -> None:
    """Each case's method, URL, headers and body are sent byte for byte, and secrets are not shown."""
    connector = openconnectors.load(case["connector"], connection=case["connection"])
    operation = connector[case["operation"]].using(**case.get("options", {}))
    request, expected = operation.request(**case["arguments"]), case["request"]
    credentials = connector.connection.credentials(calls_of(operation).plan.operation).merged(request.credentials)
    url, headers = credentials.reveal(request)
    assert (request.method, url) == (expected["method"], expected["url"])
    assert {name: headers.get(name) for name in expected["headers"]} == expected["headers"]
    body = request.body if isinstance(request.body, bytes) else b""
    assert body.decode("utf-8") == expected.get("body", "")
    for secret in case["connection"].values():
        assert secret not in str(request) or secret.startswith("AC")


def test_a_case_is_of_a_built_in_connector() -> None:
    """Every case names a built-in connector; a new connector needs none, its sandbox is tried below."""
    assert {case["connector"] for case in CASES} <= set(BUILT_IN)


@pytest.mark.parametrize("name", BUILT_IN)
def test_its_sandbox_takes_every_operation(name: str) -> None:
    """With minimal arguments every operation gets a declared response or a 404 of its sandbox, equal in each format."""
    entry = registry.find(name)
    service = loader.load(entry.document, entry.properties)
    with Sandbox(service) as sandbox:
        connector = openconnectors.load(
            name, connection=sandbox.values, base_url=sandbox.url, validate_responses="strict"
        )
        for operation_name in connector:
            operation = getattr(connector, operation_name)
            arguments = minimal(calls_of(operation).plan)
            values = []
            for accept in calls_of(operation).plan.offered or (None,):
                try:
                    values.append(operation.using(accept=accept)(**arguments))
                except (openconnectors.NotFound, openconnectors.BadRequest) as error:
                    values.append(error.status)
            if calls_of(operation).plan.operation.method == "GET":
                assert all(value == values[0] for value in values), operation_name


def test_a_pet_in_both_representations() -> None:
    """Created from XML, read as JSON and as XML, changed by a form, pictured, and gone."""
    entry = registry.find("petstore")
    with Sandbox(loader.load(entry.document, entry.properties)) as sandbox:
        shop = openconnectors.load(
            "petstore",
            connection={"api_key": sandbox.values["api_key"]},
            base_url=sandbox.url,
            validate_responses="strict",
        )
        pet = shop.add_pet.using(content_type="application/xml")(
            name="Grüße & Co", photo_urls=["a", "b"], tags=[{"id": 1, "name": "x"}], status="pending"
        )
        assert shop.get_pet_by_id(pet_id=pet["id"]) == pet
        assert shop.get_pet_by_id.using(accept="application/xml")(pet_id=pet["id"]) == pet
        assert shop.update_pet_with_form(pet_id=pet["id"], name="Rex")["name"] == "Rex"
        assert pet["id"] in [
            find_pets_by_statu["id"] for find_pets_by_statu in shop.find_pets_by_status(status=["pending"])
        ]
        assert shop.upload_file(pet_id=pet["id"], file=b"\x89PNG")["code"] == 1
        assert shop.delete_pet(pet_id=pet["id"]) is None
        with pytest.raises(openconnectors.NotFound):
            shop.get_pet_by_id(pet_id=pet["id"])
        with pytest.raises(openconnectors.Unauthorized):
            openconnectors.load("petstore", connection={"token": "another"}, base_url=sandbox.url).get_inventory()


def test_choices_of_another_connector() -> None:
    """Slack's channels are the choices of the argument channel, read from the service."""
    entry = registry.find("slack")
    with Sandbox(loader.load(entry.document, entry.properties)) as sandbox:
        connector = openconnectors.load("slack", connection=sandbox.values, base_url=sandbox.url)
        assert connector.post_message.choices("channel") == [("C0123456789", "general")]


def test_a_subscription_is_filled_in() -> None:
    """subscribe() fills in the hidden members of GitHub's hook: content type, events and the URL."""
    sent: list[Request] = []

    class Stop(Exception):
        pass

    class Carrier:
        def send(self, request: Request) -> Any:
            sent.append(request)
            raise Stop

    connector = openconnectors.load("github-issues", connection={"token": "t"}, transport=Carrier())
    with pytest.raises(Stop):
        connector.on_issue.subscribe("https://me.example/hook", owner="o", repo="r")
    assert sent[0].body == (b'{"events":["issues"],"config":{"content_type":"json","url":"https://me.example/hook"}}')


def test_a_chat_comes_piece_by_piece() -> None:
    """The events of a completion are read one by one, the JSON in them by its schema; the last is [DONE]."""
    piece = {"id": "c", "choices": [{"index": 0, "delta": {"content": "Hi"}}]}
    peer = Peer()
    events = f"data: {json.dumps(piece)}\n\ndata: [DONE]\n\n"
    peer.answers.append(
        f"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: {len(events)}\r\n\r\n{events}".encode()
    )
    chat = openconnectors.load(
        "openai", connection={"api_key": "k"}, base_url=peer.url, validate_responses="strict"
    ).create_chat_completion.using(accept="text/event-stream")

    pieces = list(chat.each(model="m", messages=[{"role": "user", "content": "Hello"}], stream=True))
    assert pieces == [{"data": piece}, {"data": "[DONE]"}]
    assert b"Accept: text/event-stream" in peer.seen[0]


def test_an_event_of_a_webhook_is_verified_and_read() -> None:
    """What Stripe sends is a webhook of its document: signed, valid by a schema of another file, handed over."""
    received: list[Any] = []
    connector = openconnectors.load("stripe", connection={"api_key": "k", "signing_secret": "whsec_1"})
    webhook = openconnectors.Webhook(connector, received.append, url="https://me.example/hook")
    event = {"id": "evt_1", "object": "event", "type": "charge.succeeded", "data": {"object": {"object": "charge"}}}
    body = json.dumps(event).encode()
    moment = str(int(time.time()))
    signature = hmac.new(b"whsec_1", f"{moment}.".encode() + body, hashlib.sha256).hexdigest()

    def deliver(signed: str) -> str:
        statuses: list[str] = []
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/hook",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_STRIPE_SIGNATURE": f"t={moment},v1={signed}",
            "wsgi.input": io.BytesIO(body),
        }
        b"".join(webhook(environ, lambda status, headers: statuses.append(status)))
        return statuses[0]

    assert deliver("0" * 64).startswith("403")
    assert deliver(signature).startswith("200")
    assert received == [event]
