"""Webhooks: an application of WSGI or ASGI that verifies and reads the events of a service, and passes them to a
function.

Signatures and handshakes are data of the connector: see ``x-connector-signature`` and ``x-connector-handshake``.
``CONVENTIONS`` has the common handshakes, for documents that declare none.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from openconnectors.engine.call.calls import Calls
from openconnectors.engine.call.connection import in_code
from openconnectors.engine.client.connector import BoundConnector, connected
from openconnectors.engine.client.operation import BoundOperation, calls_of
from openconnectors.engine.client.webhook_asgi import AsgiApplication
from openconnectors.engine.client.webhook_events import Event, Expected, Notifications, Requests, handler
from openconnectors.engine.client.webhook_requests import Refused, Reply, delivery_of, public_url
from openconnectors.engine.client.webhook_signatures import Delivery, digest, keys, verified
from openconnectors.engine.documents.parts import readable
from openconnectors.engine.documents.pointers import pointer_steps
from openconnectors.engine.errors import ConnectionMissing, InvalidResponse, Problem, UnknownName, Unsupported
from openconnectors.engine.log import logger
from openconnectors.engine.masking import sealed
from openconnectors.engine.model import Handshake, Signature
from openconnectors.engine.secret import Secret
from openconnectors.engine.transports.event_loops import is_coroutine_function, running
from openconnectors.engine.values.codecs import codec_for, essence, json

MAX_CHALLENGE = 4096
"""Characters of a challenge: the response repeats it before its sender is known, so it must be short."""
_log = logger("openconnectors")

CONVENTIONS: tuple[Handshake, ...] = (
    # Microsoft Graph: the token of the query, within 10 seconds, as text. SharePoint spells it in lower case.
    Handshake(challenge="query:validationToken", when={"body": ""}, signed=False),
    Handshake(challenge="query:validationtoken", when={"body": ""}, signed=False),
    # Events APIs that post the challenge as one of their events.
    Handshake(challenge="body:/challenge", when={"body:/type": "url_verification"}),
    # Azure Event Grid.
    Handshake(
        challenge="body:/0/data/validationCode",
        when={"body:/0/eventType": "Microsoft.EventGrid.SubscriptionValidationEvent"},
        answer={"validationResponse": "{challenge}"},
    ),
    # WebSub (W3C, section 5.3) in Meta's form: the subscriber proves that it knows the connection's secret.
    Handshake(
        method="GET",
        challenge="query:hub.challenge",
        when={"query:hub.mode": "subscribe"},
        verify={"query:hub.verify_token": "*"},
    ),
    # Dropbox.
    Handshake(method="GET", challenge="query:challenge"),
)


class Webhook:
    """A WSGI application, and as ``asgi`` one of ASGI, for what a service sends: the events or the callbacks of an
    operation; of a connector, the webhooks of its document, or any delivery, as it comes, if that has none. Mount it at
    the URL of the subscription.

    ``handle`` is called with each event, its value as the document has it; parameters of a callback or webhook that it
    takes by their names come with it. It may be a coroutine function, for ASGI only; there, another function is called
    in a thread. It answers 200, or the status that the document declares, once ``handle`` has
    returned, 403 to a signature that is wrong or missing, 400 to a request that is not an event, 405 to another method
    than POST, or than those of the document, 413 to one that is too large, 500 if ``handle`` raises, so that the
    service sends it again. What ``handle`` returns is the body, if the document declares one. Handshakes are answered
    and not passed on. ``event`` names one callback or webhook of several. ``url`` is the public URL, which some
    signatures cover: set it behind a proxy; the default is the URL of the request. The query is the request's, if it
    has one.

    Raise ``Unsupported`` for an operation without events, ``UnknownName`` for an event that the document does not have,
    ``ConnectionMissing`` if the service signs and the connection has no secret to verify with,
    and ``InvalidArguments`` for an invalid ``url``.
    """

    def __init__(
        self,
        source: BoundOperation[Any] | BoundConnector[Any, Any],
        handle: Callable[..., object],
        *,
        url: str | None = None,
        event: str | None = None,
    ) -> None:
        calls = calls_of(source) if isinstance(source, BoundOperation) else _any_calls(source)
        self._plan = calls.plan
        self._expected = _expected(source, calls, event)
        self._handle = handler(handle)
        self._is_awaited = is_coroutine_function(handle)
        self.asgi = AsgiApplication(self._answer)
        self._url = public_url(url) if url is not None else None
        service = self._plan.service
        self._values = {name: Secret.of(value) for name, value in calls.connected.connection.values.items()}
        self._secret_names = [parameter.name for parameter in service.connection if parameter.secret]
        self._signature = service.signature
        self._secret = Secret("")
        if self._signature is not None:
            self._secret = self._needed(self._signature.secret, "what the service sends is verified")
            with sealed():
                _checked_keys(self._signature, self._secret)
        self._handshakes = CONVENTIONS if service.handshakes is None else service.handshakes
        for handshake in self._handshakes:
            for name in (handshake.secret, *handshake.verify.values()):
                if name and name != "*":
                    self._needed(name, "the service asks whether it may send")

    def _needed(self, name: str, purpose: str) -> Secret:
        value = self._values.get(name, Secret(""))
        if not value:
            raise ConnectionMissing(f"the connection has no {name}, with which {purpose}. {in_code([name])}", [name])
        return value

    def __call__(self, environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """One request (PEP 3333). Raise ``Unsupported`` if ``handle`` is a coroutine function."""
        if self._is_awaited:
            raise Unsupported("the function that handles events is a coroutine function: mount webhook.asgi")
        try:
            received = self._received(environ)
            if isinstance(received, Reply):
                reply = received
            else:
                with self._handling(received):
                    result = self._handle(received)
                    if hasattr(result, "__await__"):
                        raise TypeError("what the function returned is to be awaited: mount webhook.asgi")
                    reply = self._expected.reply(received, result)
        except Refused as refused:
            reply = refused.reply
        start_response(reply.status, reply.fields())
        return [] if environ.get("REQUEST_METHOD") == "HEAD" else [reply.body]

    async def _answer(self, environ: Mapping[str, Any]) -> Reply:
        """The reply to one request of ASGI."""
        try:
            received = self._received(environ)
            if isinstance(received, Reply):
                return received
            with self._handling(received):
                return self._expected.reply(received, await self._result(received))
        except Refused as refused:
            return refused.reply

    async def _result(self, event: Event) -> Any:
        """What the function returns that handles events: it is awaited, or called in a thread."""
        handle: Callable[[], Any] = partial(self._handle, event)
        result = handle() if self._is_awaited else await running().in_thread(handle)
        return await result if hasattr(result, "__await__") else result

    def _received(self, environ: Mapping[str, Any]) -> Reply | Event:
        """The event of a request, or the reply to one that is none. Raise ``Refused`` for what cannot be taken."""
        method = str(environ.get("REQUEST_METHOD", ""))
        handshakes = [handshake for handshake in self._handshakes if handshake.method == method]
        if method not in self._expected.methods and not handshakes:
            raise self._not_allowed()
        delivery = delivery_of(environ, self._url)
        request = _Request(delivery)
        for handshake in handshakes:
            if request.matches(handshake):
                return self._answer_handshake(handshake, request)
        if method not in self._expected.methods:
            raise self._not_allowed()
        self._verify(delivery)
        try:
            return self._expected.read(delivery)
        except InvalidResponse as error:
            _log.warning("%s", error)
            raise Refused("400 Bad Request", "this is not an event") from None

    def _verify(self, delivery: Delivery) -> None:
        signature = self._signature
        if signature is not None and not verified(signature, keys(signature, self._secret.reveal()), delivery):
            raise Refused("403 Forbidden", "the signature is wrong")

    def _answer_handshake(self, handshake: Handshake, request: _Request) -> Reply:
        """The response to a handshake. Raise ``Refused`` if it is not from the service."""
        if handshake.signed or (handshake.signed is None and handshake.method == "POST"):
            self._verify(request.delivery)
        for place, name in handshake.verify.items():
            if not self._known(name, request.text(place) or ""):
                raise Refused("403 Forbidden", "the token is wrong")
        challenge = request.text(handshake.challenge) or ""
        values = {"challenge": challenge}
        if handshake.secret:
            key = self._values[handshake.secret]
            values["hmac"] = digest(key.reveal().encode(), challenge.encode(), handshake.algorithm, handshake.encoding)
        headers = tuple((name, _filled(text, values)) for name, text in handshake.headers.items())
        if any(not text.isascii() or not text.isprintable() for _, text in headers):
            raise Refused("400 Bad Request", "the challenge does not fit into a header field")
        if isinstance(handshake.answer, str):
            return Reply("200 OK", _filled(handshake.answer, values).encode(), headers=headers)
        return Reply("200 OK", json.encode(_filled(handshake.answer, values)), "application/json", headers)

    def _known(self, name: str, text: str) -> bool:
        names = self._secret_names if name == "*" else [name]
        secrets = [value for name in names if (value := self._values.get(name))]
        return (
            sum(hmac.compare_digest(secret.reveal().encode(), text.encode("utf-8", "replace")) for secret in secrets)
            > 0
        )

    @contextmanager
    def _handling(self, event: Event) -> Iterator[None]:
        """Whatever a handler raises, the service is told to send the event again."""
        try:
            yield
        except Exception:  # noqa: BLE001 - as above
            _log.exception("an event of %s was not handled", event.plan.operation.id)
            raise Refused("500 Internal Server Error", "try again later") from None

    def _not_allowed(self) -> Refused:
        methods = ", ".join(sorted(self._expected.methods))
        return Refused("405 Method Not Allowed", f"send events with {methods}", Allow=methods)


def _expected(source: BoundOperation[Any] | BoundConnector[Any, Any], calls: Calls, event: str | None) -> Expected:
    """What is received of an operation or a connector: the event of that name, or all."""
    plan, service = calls.plan, calls.plan.service
    if isinstance(source, BoundConnector):
        known, kind = dict(service.webhooks), "webhook"
    else:
        callbacks = plan.operation.callbacks
        known = {name: tuple(each for sent in callbacks[name].values() for each in sent) for name in callbacks}
        kind = "callback"
    if event is not None and event not in known:
        raise UnknownName(kind, event, known)
    validate = calls.options.validate_responses
    if plan.operation.event is not None and event is None and isinstance(source, BoundOperation):
        return Notifications(plan, validate)
    operations = [each for name, sent in known.items() if event in (None, name) for each in sent]
    if operations:
        return Requests(map(calls.connected.compiled, operations), validate)
    if isinstance(source, BoundOperation):
        raise Unsupported(f"{source.__name__} sends no events that the document describes")
    return Notifications(plan, validate)


def _any_calls(connector: BoundConnector[Any, Any]) -> Calls:
    """The calls of the first operation of a connector that can be read, or of its first webhook: what all have in
    common is taken of them. Raise ``Unsupported`` if there is none."""
    service = connected(connector)
    operation = next(readable(service.service), None)
    if operation is not None:
        return Calls(service, service.plan(operation.id), service.options)
    webhook = next((each for sent in service.service.webhooks.values() for each in sent), None)
    if webhook is None:
        raise Unsupported("the document has neither an operation that can be read nor a webhook")
    return Calls(service, service.compiled(webhook), service.options)


class _Request:
    """A delivery, and the texts at places in it."""

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery
        self._query = parse_qsl(delivery.urls[0].partition("?")[2], keep_blank_values=True)
        self._value: Any = None
        self._read = False

    def matches(self, handshake: Handshake) -> bool:
        """Whether a request has a challenge, and at every place the text that the handshake requires."""
        if any(self.text(place) != text for place, text in handshake.when.items()):
            return False
        challenge = self.text(handshake.challenge)
        return bool(challenge) and len(challenge or "") <= MAX_CHALLENGE

    def text(self, place: str) -> str | None:
        """The text at a place (``query:NAME``, ``header:NAME``, ``body:POINTER``); None if there is none, or more than
        one."""
        kind, _, name = place.partition(":")
        if kind == "query":
            values = [value for known, value in self._query if known == name]
            return values[0] if len(values) == 1 else None
        if kind == "header":
            return self.delivery.headers.get(name.lower())
        if not name:
            return self.delivery.data.decode("utf-8", "replace")
        value = self._body()
        for step in pointer_steps(name):
            if isinstance(value, dict):
                value = value.get(step)
            elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
                value = value[int(step)]
            else:
                return None
        return value if isinstance(value, str) else None

    def _body(self) -> Any:
        """The value of a JSON body; None for another body."""
        if not self._read:
            self._read = True
            media_type = essence(self.delivery.content_type)[0]
            if media_type and codec_for(media_type) is json.CODEC:
                problems: list[Problem] = []
                with suppress(ValueError):
                    value = json.decode(self.delivery.data, {}, problems)
                    self._value = None if problems else value  # a challenge is only taken from a body without problems
        return self._value


def _filled(template: Any, values: Mapping[str, str]) -> Any:
    """A text or plain data with its ``{challenge}`` and ``{hmac}``."""
    if isinstance(template, str):
        return re.sub(r"\{(challenge|hmac)\}", lambda place: values.get(place[1], ""), template)
    if isinstance(template, Mapping):
        return {name: _filled(inner, values) for name, inner in template.items()}
    if isinstance(template, list):
        return [_filled(inner, values) for inner in template]
    return template


def _checked_keys(signature: Signature, secret: Secret) -> None:
    try:
        keys(signature, secret.reveal())
    except ValueError:
        message = f"the connection's {signature.secret} is not valid {signature.secret_encoding}"
        raise ConnectionMissing(message) from None
