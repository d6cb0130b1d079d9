"""The sandbox: routes a request, checks its credentials, has it judged, acts, and answers in the representation that
was asked for. What is wrong with a request is answered as HTTP and the document say, whatever its bytes."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from werkzeug.http import quote_header_value

from openconnectors.engine.call.auth.schemes import credentials
from openconnectors.engine.call.connection import Connection
from openconnectors.engine.credentials import revealed
from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.http import Headers
from openconnectors.engine.model import MISSING, Answer, ConnectionParameter, Operation, Scheme, Service
from openconnectors.engine.path_templates import expand
from openconnectors.engine.plan.plan import Plan, member
from openconnectors.engine.policies.expressions import plain
from openconnectors.engine.sandbox.answers import last_page, refusal, reply, sample
from openconnectors.engine.sandbox.behaviour import Asked, Behaviour, Refused, check
from openconnectors.engine.sandbox.judge import Judge, Verdict
from openconnectors.engine.sandbox.protocol import Incoming, Refusal, Reply, Server, decoded
from openconnectors.engine.sandbox.serving import Route, best, read_arguments, read_body, routes, unreadable, writable
from openconnectors.engine.sandbox.store import StateError, Store
from openconnectors.engine.values.body import Compiler
from openconnectors.engine.values.codecs import codec_for, essence
from openconnectors.engine.values.codecs.form import CODEC as FORM

HOST = "127.0.0.1"
_POLL = 0.02  # seconds between looks for a stop
_GRACE = 2.0  # seconds that requests under way have when it stops
_REMEMBERED = 100
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})

_KINDS: Mapping[int, str] = {400: "invalid", 401: "unauthorized", 404: "missing", 405: "method", 409: "conflict"}
"""What a document calls the errors that it may word, by the status that they have otherwise."""

_log = logging.getLogger("openconnectors.sandbox")


class AddressError(ConnectorError):
    """The sandbox cannot listen where it should."""


class Sandbox:
    """A server on loopback for one service. Use it as a context manager, or ``start`` and ``stop``.

    ``values`` are the connection values that it accepts; ``state`` is a file to remember in. Raises
    ``AddressError`` for a port that is taken, ``StateError`` for a file that cannot
    be used.
    """

    def __init__(self, service: Service, *, port: int = 0, state: Path | None = None) -> None:
        self._service = service
        self.values = connection_values(service)
        self._compiler = Compiler(service)
        self._judge = Judge(self._compiler)
        self._routes = routes(self._compiler, self.values)
        self._unreadable = unreadable(service)
        for route in self._routes:
            check(service, route.plan.operation)
        self._base = urlsplit(revealed(Connection(service, self.values, f"http://{HOST}").base)).path
        self._store = Store(state)
        self._behaviour = Behaviour(service.sandbox, self._store, self.values)
        try:
            self._server = Server((HOST, port), self._respond, self._refuse, self._odd_names())
        except (OSError, OverflowError) as error:
            self._store.close()
            reason = error.strerror if isinstance(error, OSError) else error
            raise AddressError(f"port {port} of {HOST} cannot be used: {reason}; name another, or 0 for any") from None
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_POLL,), daemon=True)
        self.url = f"http://{HOST}:{self._server.server_address[1]}"
        """What to give as ``base_url``."""
        self.refused: deque[str] = deque(maxlen=_REMEMBERED)
        """The last requests that were refused, without their queries, each with why."""

    def _odd_names(self) -> set[str]:
        """Header names of the document that HTTP does not have: documents are published with blanks in them."""
        parameters = (one for route in self._routes for one in route.plan.operation.parameters)
        return {one.name for one in parameters if one.location == "header" and " " in one.name.strip()}

    def __enter__(self) -> Sandbox:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Serves from a thread, until ``stop``."""
        self._thread.start()

    def stop(self) -> None:
        """Stops serving: idle connections are closed at once, requests under way answered first, if they are quick.
        Then closes what it remembers."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
        self._server.hang_up(_GRACE)
        self._store.close()

    def wait(self) -> None:
        """Serves until the process is interrupted."""
        self._thread.join()

    # One request

    def _respond(self, asked: Incoming) -> Reply:
        route = None
        try:
            coding = asked.headers.get("Content-Encoding")
            asked.data = decoded(asked.data, coding) if coding else asked.data
            if asked.method not in _METHODS | {one.method for one in self._routes}:
                raise Refusal(501, f"the method {asked.method} is not known")
            if (asked.method, asked.path) == ("OPTIONS", "*"):
                return Reply(204, headers=(("Allow", ", ".join(sorted(_METHODS))),))
            route, values = self._routed(asked)
            answered = self._options(asked) if route is None else self._answered(route, values, asked)
        except Refused as refused:
            answered = self._refusal(route, refused, asked)
        except Refusal as wrong:
            answered = self._refusal(route, self._worded(wrong, asked), asked)
        except StateError as error:
            _log.warning("%s", error)
            answered = self._refusal(route, Refused({"status": 503, "message": str(error)}, {}), asked)
        except Exception:  # noqa: BLE001 - whatever it is, the client gets an answer and the log the rest
            _log.exception("the sandbox fails at %s %s", asked.method, asked.path)
            fault = Refused({"status": 500, "message": "the sandbox itself fails; its log says why"}, {})
            answered = self._refusal(None, fault, asked)
        _log.info("%s %s %s", asked.method, asked.path, answered.status)
        return answered

    def _refuse(self, wrong: Refusal) -> Reply:
        """The answer to what could not be read as a request."""
        return self._refusal(None, self._worded(wrong, None), None)

    def _worded(self, wrong: Refusal, asked: Incoming | None) -> Refused:
        """An error of the protocol in the document's words, where it has some."""
        context = {**self.values, "path": asked.path if asked else "", "reason": wrong.reason}
        kind = _KINDS.get(wrong.status)
        refused = (
            self._behaviour.error(kind, context)
            if kind
            else Refused({"status": wrong.status, "message": "{reason}"}, context)
        )
        refused.headers = wrong.headers
        return refused

    def _routed(self, asked: Incoming) -> tuple[Route | None, Mapping[str, str]]:
        """The operation that a request is for; None where it asks for options and no operation has them. Where several
        stand at one place, it is one that declares most of the form's fields, and of these the first whose document
        accepts it."""
        found = self._at(asked)
        below = self._below(asked.path) or ""
        if not any(one.method == asked.method for one, _ in found) and any(
            method == asked.method and pattern.fullmatch(below) for method, pattern in self._unreadable
        ):
            raise Refusal(501, f"the document's operation for {asked.path} cannot be read")
        if not found:
            raise Refusal(404, f"there is nothing at {asked.path}")
        methods = {one.method for one, _ in found}
        method = "GET" if asked.method == "HEAD" and "HEAD" not in methods else asked.method
        known = [one for one in found if one[0].method == method]
        if not known and method == "OPTIONS":
            return None, {}
        if not known:
            raise Refusal(405, "this path does not know the method", {"Allow": self._allowed(asked)})
        if len(known) > 1:
            unknown = [self._unknown(route, asked) for route, _ in known]
            known = [one for one, count in zip(known, unknown, strict=True) if count == min(unknown)]
        for route, values in known[: len(known) if len(known) > 1 else 0]:
            if self._verdict(route, values, asked) is None:
                return route, values
        return known[0]

    def _at(self, asked: Incoming) -> list[tuple[Route, dict[str, str]]]:
        """The routes that lead to the place of a request, whatever its method."""
        below = self._below(asked.path)
        return [
            (route, values)
            for route in self._routes
            if below and (values := route.match(below, asked.query)) is not None
        ]

    def _allowed(self, asked: Incoming) -> str:
        methods = {route.method for route, _ in self._at(asked)}
        return ", ".join(sorted(methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())))

    def _options(self, asked: Incoming) -> Reply:
        return Reply(204, headers=(("Allow", self._allowed(asked)),))

    def _unknown(self, route: Route, asked: Incoming) -> int:
        """How many fields of a form the operation does not declare."""
        body = route.plan.operation.body
        if body is None or codec_for(asked.headers.get("Content-Type", "")) is not FORM:
            return 0
        declared = self._compiler.wire.resolve(body.schema).properties
        names = {one.form_name or name for name, one in declared.items()}
        given = parse_qsl(asked.data.decode("utf-8", "replace"), keep_blank_values=True)
        return len({name for name, _ in given} - names)

    def _below(self, path: str) -> str | None:
        return path[len(self._base) :] if path.startswith(f"{self._base}/") or not self._base else None

    def _verdict(self, route: Route, values: Mapping[str, str], asked: Incoming) -> Verdict | None:
        plain = {name: unquote(text) for name, text in values.items()}
        pairs = parse_qsl(asked.query, keep_blank_values=True)
        return self._judge.refuses(route, plain, pairs, asked.headers, asked.data)

    def _admitted(self, route: Route, values: Mapping[str, str], asked: Incoming) -> Asked:
        """The request, read. Refuses one without its credentials, one that the operation's rules refuse, and one that
        breaks the document: in this order, so that a service's own words come before those of the judge."""
        plan, sandbox, declared = route.plan, route.plan.operation.sandbox, route.plan.operation.body
        query = dict(parse_qsl(asked.query, keep_blank_values=True))
        if not self._authorised(plan, asked.headers, query):
            challenges = self._challenges(plan.operation, asked.headers)
            raise Refusal(401, "the credentials are wrong or missing", challenges)
        media_type = essence(asked.headers.get("Content-Type", ""))[0]
        if declared is not None and asked.data and not plan.takes(media_type):
            taken = ", ".join(plan.operation.consumes)
            said = f"the body is {media_type or 'of no media type'}, where {taken} is taken"
            raise Refusal(415, said, {"Accept": taken})
        if declared is not None and declared.required and media_type and not asked.framed:
            raise Refusal(411, "the request says what its body is, and not how long: it needs Content-Length")
        arguments = read_arguments(plan, values, asked.query, asked.headers)
        unread: Verdict | None = None
        if declared is not None and asked.data:
            try:
                body = read_body(plan, asked.headers.get("Content-Type", ""), asked.data)
                arguments |= body if isinstance(body, dict) else {declared.name: body}
            except ValueError as error:
                unread = Verdict(f"the body {error}")
        # Links in answers are spelled as the document spells paths, whatever representation was asked for.
        path = self._base + expand(plan.operation.path, lambda name: values.get(name, ""))
        request = Asked(arguments, path, asked.query, self.values, asked.path, "409" in plan.operation.answers)
        verdict = self._verdict(route, values, asked)
        if verdict is not None and verdict.location == "path":
            raise Refusal(404, f"there is nothing at {asked.path}")
        if unread is None:
            self._behaviour.refuse(sandbox, request)
        wrong = unread or verdict
        if wrong is not None:
            kind = (sandbox.get("invalid") or {}).get(wrong.member, "invalid")
            raise self._behaviour.refusal(kind, {**request.context, "reason": wrong.reason})
        return request

    def _answered(self, route: Route, values: Mapping[str, str], asked: Incoming) -> Reply:
        request = self._admitted(route, values, asked)
        plan = route.plan
        operation = plan.operation
        acts = "action" in operation.sandbox
        answer = self._success(operation, operation.sandbox.get("status") if acts else None)
        media_type = self._media_type(route, answer, asked)
        if acts:
            status, value = self._behaviour.act(operation.sandbox, request)
            answer = self._success(operation, status)
            value = self._shaped(route, answer, value)
        else:
            value = sample(plan, answer, media_type) if answer is not None and answer.media else None
        code = int(answer.status) if answer is not None and answer.status.isdigit() else 200
        try:
            return reply(plan, answer, code, media_type, value) or Reply(code)
        except ValueError as error:
            _log.warning("%s: the answer cannot be written: %s", operation.id, error)
            return Reply(code)

    # Credentials

    def _authorised(self, plan: Plan, headers: Headers, query: Mapping[str, str]) -> bool:
        operation = plan.operation
        if not operation.security:
            return True
        given = [one.name for one in operation.parameters if one.location == "header" and one.name in headers]
        own = plan.policy_credentials({name: headers[name] for name in given}, query)
        return any(
            credentials(self._service, replace(operation, security=(one,)), self.values)
            .merged(own)
            .matches(headers, query)
            for one in operation.security
        )

    def _challenges(self, operation: Operation, headers: Headers) -> dict[str, str]:
        """``WWW-Authenticate`` with what the operation asks for (RFC 9110 section 11.6.1)."""
        realm = self._service.title.encode("ascii", "replace").decode("ascii")
        challenges = [
            _challenge(self._service.schemes[name], scopes, realm, "Authorization" in headers)
            for alternative in operation.security
            for name, scopes in alternative.items()
            if name in self._service.schemes
        ]
        return {"WWW-Authenticate": ", ".join(dict.fromkeys(challenges))} if challenges else {}

    # Answers

    def _media_type(self, route: Route, answer: Answer | None, asked: Incoming) -> str:
        """The media type of a success; refused where the request wants none of those there are."""
        chosen = self._chosen(route, asked)
        if chosen is not None:
            return chosen
        accept = asked.headers.get("Accept", "*/*")
        if answer is None or not answer.media:
            return best(route.plan.offered, accept) or ""
        offered = writable(route.plan, answer)
        found = best(offered, accept)
        if found is None and any(one.name.lower() == "accept" for one in route.plan.operation.parameters):
            return next(iter(offered), "")  # what the document itself lets callers ask for
        if found is None:
            raise Refusal(406, f"none of {', '.join(offered)} is what the request accepts")
        return found

    @staticmethod
    def _chosen(route: Route, asked: Incoming) -> str | None:
        """The media type that the URL chooses, where the document lets it."""
        choice = route.plan.representation
        if route.accept is not None:
            return route.accept
        query = dict(parse_qsl(asked.query, keep_blank_values=True))
        return choice.values.get(query.get(choice.name, "")) if choice.where == "query" else None

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
        schema = answer.media[0].schema
        shaped = self._cut(value, schema)
        paging = route.plan.paging
        ends = paging is not None and not member(shaped, paging.next_link)
        return last_page(route.plan, schema, shaped) if ends and not route.plan.accepts(schema, shaped) else shaped

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

    def _refusal(self, route: Route | None, refused: Refused, asked: Incoming | None) -> Reply:
        """The answer to a request that is refused, in the shape of its operation or of one that is like it."""
        path = asked.path if asked is not None else ""
        what = f"{asked.method} {path}" if asked is not None else "no request"
        self.refused.append(f"{what}: {refused.message or f'status {refused.status}'}")
        route = route or self._alike(path)
        accept = asked.headers.get("Accept", "*/*") if asked is not None else "*/*"
        chosen = self._chosen(route, asked) if route is not None and asked is not None else None
        offered = route.plan.offered if route is not None else ()
        media_type = chosen or best(offered or ("application/json", "application/xml"), accept) or ""
        template = self._service.sandbox.get("error")
        answered = refusal(route.plan if route else None, refused, template, media_type, {"path": path})
        return replace(answered, headers=(*answered.headers, *refused.headers.items()))

    def _alike(self, path: str) -> Route | None:
        """A route in whose shape a request is refused that none is for: in the representation that its path names."""
        suffixed = (one for one in self._routes if one.accept is not None)
        named = [
            (len(suffix), one)
            for one in suffixed
            for suffix, media_type in one.plan.representation.values.items()
            if media_type == one.accept and path.endswith(suffix)
        ]
        return max(named, key=lambda pair: pair[0])[1] if named else next(iter(self._routes), None)


def _challenge(scheme: Scheme, scopes: tuple[str, ...], realm: str, given: bool) -> str:
    """How a scheme is asked for: by its registered name (RFC 7617, RFC 6750), or as ``ApiKey``, which has none."""
    parameters = {"realm": realm}
    name = {"basic": "Basic", "apiKey": "ApiKey"}.get(scheme.type, "Bearer")
    if name == "Basic":
        parameters["charset"] = "UTF-8"
    elif name == "ApiKey":
        parameters |= {"name": scheme.parameter.encode("ascii", "replace").decode("ascii"), "in": scheme.location}
    else:
        parameters |= {"scope": " ".join(scopes)} if scopes else {}
        parameters |= {"error": "invalid_token"} if given else {}
    quoted = (f"{key}={quote_header_value(text, allow_token=False)}" for key, text in parameters.items())
    return f"{name} {', '.join(quoted)}"


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
