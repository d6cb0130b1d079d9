"""The sandbox's server: routes a request, checks its credentials, has it judged, acts, and answers in the
representation that was asked for."""

from __future__ import annotations

import logging
import re
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from engine.body import Compiler
from engine.connection import Connection
from engine.credentials import revealed
from engine.examples import example
from engine.expressions import plain
from engine.http import Headers
from engine.model import MISSING, Answer, ConnectionParameter, Operation, Service
from engine.plan import Plan
from engine.sandbox.behaviour import Asked, Behaviour, Refused
from engine.sandbox.judge import Judge, Verdict
from engine.sandbox.store import Store
from engine.sandbox.templates import fill
from engine.security import credentials
from engine.serving import Route, negotiate, read_arguments, read_body, routes, unreadable, write_answer

_HOLE = re.compile(r"\{([^{}]*)\}")

HOST = "127.0.0.1"
_HEADERS = "connectors.headers"
_POLL = 0.02  # seconds between looks for a stop
_REMEMBERED = 100
MAX_BODY = 32 * 1024 * 1024

_log = logging.getLogger("connectors.sandbox")


class _Handler(WSGIRequestHandler):
    """Logs to logging, without queries: they may hold a key."""

    def make_environ(self) -> Any:
        environ = super().make_environ()
        environ[_HEADERS] = list(self.headers.items())  # WSGI leaves out names with an underscore
        return environ

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        _log.info("%s %s %s", self.command, urlsplit(self.path).path, code)


@dataclass(slots=True)
class Asking:
    """A request as it came, path and query still encoded."""

    method: str
    path: str
    query: str
    headers: Headers
    data: bytes = b""


class Sandbox:
    """A server on loopback for one service. Use it as a context manager, or :meth:`start` and :meth:`stop`.

    ``values`` are the connection values that it accepts; ``state`` is a file to remember in.
    """

    def __init__(self, service: Service, *, port: int = 0, state: Path | None = None) -> None:
        self._service = service
        self.values = connection_values(service)
        self._compiler = Compiler(service)
        self._store = Store(state)
        self._behaviour = Behaviour(service.sandbox, self._store, self.values)
        self._judge = Judge(self._compiler)
        self._routes = routes(self._compiler, self.values)
        self._unreadable = unreadable(service)
        self._server: BaseWSGIServer = make_server(HOST, port, self, threaded=True, request_handler=_Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_POLL,), daemon=True)
        self.url = f"http://{HOST}:{self._server.server_port}"
        """What to give as ``base_url``."""
        self.refused: deque[str] = deque(maxlen=_REMEMBERED)
        """The last requests that were refused, without their queries, each with why."""
        self._base = urlsplit(revealed(Connection(service, self.values, self.url).base)).path

    def __enter__(self) -> Sandbox:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Serves from a thread, until :meth:`stop`."""
        self._thread.start()

    def stop(self) -> None:
        """Stops serving and closes what it remembers."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
        self._store.close()

    def wait(self) -> None:
        """Serves until the process is interrupted."""
        self._thread.join()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """The WSGI application."""
        request = Request(environ)
        request.max_content_length = MAX_BODY
        return self._respond(request)(environ, start_response)

    # One request

    def _respond(self, request: Request) -> Response:
        raw = str(request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI") or request.path)
        headers = Headers(request.environ.get(_HEADERS) or request.headers.items())
        asked = Asking(request.method, urlsplit(raw).path, urlsplit(raw).query, headers)
        asked.data = request.get_data()
        route = None
        try:
            route, values = self._routed(asked)
            return self._answered(route, values, asked)
        except Refused as refused:
            self.refused.append(f"{asked.method} {asked.path}: {refused.message or f'status {refused.status}'}")
            return self._refusal(route or next(iter(self._routes), None), refused, asked.headers, asked.path)

    def _routed(self, asked: Asking) -> tuple[Route, Mapping[str, str]]:
        """The operation that a request is for. Where policies lead several to one place, it is the first whose
        document accepts it."""
        context = {**self.values, "path": asked.path}
        below = self._below(asked.path)
        found = [
            (route, values)
            for route in self._routes
            if below and (values := route.match(below, asked.query)) is not None
        ]
        known = [one for one in found if one[0].method == asked.method]
        if not known and any(
            below and method == asked.method and pattern.fullmatch(below) for method, pattern in self._unreadable
        ):
            raise Refused({"status": 501, "message": "the document's operation for {path} cannot be read"}, context)
        if not known:
            raise self._behaviour.error("method" if found else "missing", context)
        for route, values in known[: len(known) if len(known) > 1 else 0]:
            if self._verdict(route, values, asked) is None:
                return route, values
        return known[0]

    def _below(self, path: str) -> str | None:
        return path[len(self._base) :] if path.startswith(f"{self._base}/") or not self._base else None

    def _verdict(self, route: Route, values: Mapping[str, str], asked: Asking) -> Verdict | None:
        plain = {name: unquote(text) for name, text in values.items()}
        pairs = parse_qsl(asked.query, keep_blank_values=True)
        return self._judge.refuses(route, self._below(asked.path) or "", plain, pairs, asked.headers, asked.data)

    def _admitted(self, route: Route, values: Mapping[str, str], asked: Asking) -> Asked:
        """The request, read. Refuses one without its credentials, one that the operation's rules refuse, and one that
        breaks the document: in this order, so that a service's own words come before those of the judge."""
        plan, sandbox = route.plan, route.plan.operation.sandbox
        context = {**self.values, "path": asked.path}
        if not self._authorised(plan, asked.headers, dict(parse_qsl(asked.query, keep_blank_values=True))):
            raise self._behaviour.error("unauthorized", context)
        arguments = read_arguments(plan, values, asked.query, asked.headers)
        unread: Verdict | None = None
        if plan.operation.body is not None and asked.data:
            try:
                body = read_body(plan, asked.headers.get("Content-Type", ""), asked.data)
                arguments |= body if isinstance(body, dict) else {plan.operation.body.name: body}
            except ValueError as error:
                unread = Verdict(f"the body {error}")
        # Links in answers are spelled as the document spells paths, whatever representation was asked for.
        path = self._base + _HOLE.sub(lambda hole: values.get(hole[1], ""), plan.operation.path)
        request = Asked(arguments, path, asked.query, self.values, asked.path)
        verdict = self._verdict(route, values, asked)
        if verdict is not None and verdict.location == "path":
            raise self._behaviour.error("missing", context)
        if unread is None:
            self._behaviour.refuse(sandbox, request)
        wrong = unread or verdict
        if wrong is not None:
            declared = (sandbox.get("invalid") or {}).get(wrong.member, "invalid")
            raise self._behaviour.refusal(declared, {**request.context, "reason": wrong.reason})
        return request

    def _answered(self, route: Route, values: Mapping[str, str], asked: Asking) -> Response:
        request = self._admitted(route, values, asked)
        plan, query, headers = route.plan, asked.query, asked.headers
        operation = plan.operation
        pairs = parse_qsl(query, keep_blank_values=True)
        media_type = self._media_type(route, headers, dict(pairs))
        if "action" in operation.sandbox:
            status, value = self._behaviour.act(operation.sandbox, request)
            answer = self._success(operation, status)
            value = self._shaped(route, answer, value)
        else:
            answer = self._success(operation, None)
            value = (
                example(answer.media[0].schema, plan.contract)
                if answer and answer.media and answer.media[0].schema
                else None
            )
        code = int(answer.status) if answer is not None and answer.status.isdigit() else 200
        return self._written(route, answer, code, media_type, value)

    def _authorised(self, plan: Plan, headers: Headers, query: Mapping[str, str]) -> bool:
        operation, own = plan.operation, plan.policy_credentials()
        if not operation.security:
            return True
        return any(
            credentials(self._service, replace(operation, security=(one,)), self.values)
            .merged(own)
            .matches(headers, query)
            for one in operation.security
        )

    def _media_type(self, route: Route, headers: Headers, query: Mapping[str, str]) -> str:
        choice = route.plan.representation
        if route.accept is not None:
            return route.accept
        if choice.where == "query" and query.get(choice.name) in choice.values:
            return choice.values[query[choice.name]]
        return negotiate(route.plan, headers.get("Accept", "*/*"))

    @staticmethod
    def _success(operation: Operation, status: int | None) -> Answer | None:
        if status is not None:
            return operation.answers.get(str(status)) or Answer(status=str(status))
        codes = sorted(code for code in operation.answers if code.startswith("2"))
        return operation.answers[codes[0]] if codes else operation.answers.get("default")

    def _shaped(self, route: Route, answer: Answer | None, value: Any) -> Any:
        """A value cut to what the answer declares, with null for what may be null and is not there. What may be left
        out and not be null is left out (the link to the next page after the last one)."""
        if answer is None or not answer.media or answer.media[0].schema is None:
            return value
        return self._cut(value, answer.media[0].schema)

    def _cut(self, value: Any, schema: Any) -> Any:
        effective = self._compiler.contract.resolve(schema)
        travels = self._compiler.wire.resolve(schema)
        if isinstance(value, list) and effective.items is not None:
            return [self._cut(one, effective.items) for one in value]
        if not isinstance(value, dict) or not effective.properties:
            return value
        known = {**travels.properties, **effective.properties}
        nullable = {name for name, one in effective.properties.items() if self._compiler.contract.resolve(one).nullable}
        kept = nullable | set(effective.required)
        shaped = {
            name: self._cut(value[name], one)
            for name, one in known.items()
            if name in value and (value[name] is not None or name in kept)
        }
        return {**shaped, **dict.fromkeys(nullable - shaped.keys())}

    def _refusal(self, route: Route | None, refused: Refused, headers: Headers, path: str) -> Response:
        context = {"status": refused.status, "code": refused.code, "message": refused.message, "path": path}
        template = self._service.sandbox.get("error") or {"message": "{message}"}
        value = fill(template, context)
        if route is None:
            return Response(refused.message, refused.status, content_type="text/plain; charset=utf-8")
        answer = route.plan.answer_for(refused.status)
        if answer is None or not answer.media:
            answer = route.plan.operation.answers.get("default")
        return self._written(route, answer, refused.status, self._media_type(route, headers, {}), value)

    def _written(self, route: Route, answer: Answer | None, status: int, media_type: str, value: Any) -> Response:
        try:
            made = write_answer(route.plan, answer, media_type, value)
        except ValueError as error:
            _log.warning("%s: the answer cannot be written: %s", route.plan.operation.id, error)
            made = None
        if made is None:
            said = f"{value.get('message', '')}\n" if status >= 400 and isinstance(value, dict) else ""
            return Response(said, status, content_type="text/plain; charset=utf-8")
        return Response(made[1], status, content_type=made[0])


def connection_values(service: Service) -> dict[str, str]:
    """The values that a sandbox of a service accepts: those it declares, else a default, the first that is allowed,
    or ``sandbox-<name>``."""
    declared = service.sandbox.get("connection") or {}

    def value(one: ConnectionParameter) -> str:
        given = declared.get(one.name, one.default)
        if given is MISSING or (one.allowed and given not in one.allowed):
            given = one.allowed[0] if one.allowed else f"sandbox-{one.name.replace('_', '-')}"
        return plain(given)

    return {one.name: value(one) for one in service.connection}
