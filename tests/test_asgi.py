"""The application of FastAPI on docs/async.md, and webhooks under ASGI: a real server, uvicorn, on loopback."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
import uvicorn
from twilio.request_validator import RequestValidator

import openconnectors
from openconnectors.engine.client.connector import Connector
from openconnectors.engine.client.webhook_requests import MAX_BODY
from openconnectors.engine.sandbox import Sandbox
from tests.awaited import LOOPS
from tests.conftest import ROOT
from tests.pages import run_code

SMS = "https://example.com/sms"


@contextmanager
def serving_asgi(application: Any) -> Iterator[str]:
    """The URL at which uvicorn serves an application."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application, log_level="error"))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()


def test_the_application_on_the_page_runs(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example awaits operations in its handlers, and receives what is signed."""
    load_async = openconnectors.load_async

    def to_the_sandbox(name: str) -> Any:
        return load_async(name, connection=sandbox.values, base_url=sandbox.url, trust_env=False)

    monkeypatch.setattr(openconnectors, "load_async", to_the_sandbox)
    namespace = run_code(ROOT / "docs/async.md")
    with serving_asgi(namespace["app"]) as url, requests.Session() as client:
        client.trust_env = False
        for _ in range(3):
            assert client.post(f"{url}/greetings/+14155550123").json().startswith("SM")
        assert client.get(f"{url}/messages", params={"to": "+14155550123"}).json() == ["Hello"] * 3
        event = {"Body": "Hi", "From": "+14155552345"}
        signature = RequestValidator(sandbox.values["access_token"]).compute_signature(SMS, event)
        assert client.post(f"{url}/sms", data=event, headers={"X-Twilio-Signature": signature}).status_code == 200
        assert client.post(f"{url}/sms", data=event, headers={"X-Twilio-Signature": "x"}).status_code == 403
    assert namespace["received"] == [event]


def test_a_webhook_answers_as_under_wsgi(unsent: Connector) -> None:
    """Handshakes, methods, sizes and failures have the statuses that they have there, also for a function that is not
    awaited: it is called in a thread."""
    secret = str(unsent.connection.values["access_token"].reveal())
    threads = []

    def handle(event: Any) -> None:
        threads.append(threading.current_thread())
        if event["Body"] == "no":
            raise RuntimeError("no")

    webhook = openconnectors.Webhook(unsent, handle, url=SMS)
    with serving_asgi(webhook.asgi) as url:

        def status(method: str, data: Any = None) -> int:
            fields = data if isinstance(data, dict) else {}
            signature = RequestValidator(secret).compute_signature(SMS, fields)
            sent = requests.request(method, url, data=data, headers={"X-Twilio-Signature": signature}, timeout=5)
            return sent.status_code

        assert status("POST", {"Body": "yes"}) == 200
        assert status("POST", {"Body": "no"}) == 500
        assert status("PUT") == status("HEAD") == 405
        assert status("POST", b"x" * (MAX_BODY + 1)) == 413
        assert status("POST", iter([b"x" * MAX_BODY, b"x"])) == 413
    assert threading.main_thread() not in threads
    assert len(set(threads)) >= 1


@pytest.mark.parametrize("loop", LOOPS)
def test_what_a_function_returns_is_awaited(unsent: Connector, loop: str) -> None:
    """A function that returns something to be awaited is served by ASGI under either loop, and refused by WSGI."""
    events: list[Any] = []

    async def keep(event: Any) -> None:
        events.append(event)

    fields = {"Body": "Hi"}
    secret = str(unsent.connection.values["access_token"].reveal())
    signature = RequestValidator(secret).compute_signature(SMS, fields).encode()
    sent: list[dict[str, Any]] = []
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/sms",
        "query_string": b"",
        "headers": [(b"content-type", b"application/x-www-form-urlencoded"), (b"x-twilio-signature", signature)],
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"Body=Hi"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    for handle in (keep, lambda event: keep(event)):
        webhook = openconnectors.Webhook(unsent, handle, url=SMS)
        LOOPS[loop](lambda application=webhook.asgi: application(scope, receive, send))
    assert events == [fields, fields]
    assert [message["status"] for message in sent if "status" in message] == [200, 200]
    with pytest.raises(openconnectors.Unsupported, match=r"mount webhook\.asgi"):
        openconnectors.Webhook(unsent, keep, url=SMS)({}, lambda *_: None)
