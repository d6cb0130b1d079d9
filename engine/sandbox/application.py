"""A service without sockets: a request in, its response out.

Theory of operation. A request passes these steps, each of which may end it with an error; their order is the order in
which a careful service says what is wrong, so that a client meets the same error first as in production:

1. content codings are removed (415, 400) and the method is known (501);
2. the router finds the operation by path, method and form fields (404, 405, 501);
3. the credentials are those of the sandbox (401);
4. the body has a media type that the operation accepts (415) and a length (411);
5. the conditions that the document declares hold: errors in the service's own words (``x-connector-sandbox``);
6. the judge finds that the request keeps to the document (400, or 404 for a value in the path);
7. ``Accept`` admits a media type of the response (406);
8. the script of a test, or the request itself (``Prefer``), asks for a response, whatever step 5 would say;
9. the declared action runs, or an example is taken, with the members of a sent body that fit into it.

Step 5 comes before step 6 because a service's own message about a wrong value says more than the judge's. Rule 1: every
request gets a response, whatever its bytes; a fault of the sandbox itself is a 500 with its traceback in the log only.
Rule 2: an error has the shape that the document gives it, as far as it can be known which operation was meant.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from msgspec.structs import replace

from openconnectors.engine.auth.scheme import Received
from openconnectors.engine.call.connection import Connection
from openconnectors.engine.call.sample_connection import sample_values
from openconnectors.engine.masking import revealed
from openconnectors.engine.model import Operation, Service
from openconnectors.engine.path_templates import expand
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.sandbox.actions import Simulation, check_declarations
from openconnectors.engine.sandbox.answers import answered, echoed, preferred
from openconnectors.engine.sandbox.credentials import Gate
from openconnectors.engine.sandbox.errors import KINDS, ServiceError, error_response
from openconnectors.engine.sandbox.journal import Journal
from openconnectors.engine.sandbox.judge import Judge, Verdict
from openconnectors.engine.sandbox.negotiation import error_media_type, success_media_type
from openconnectors.engine.sandbox.protocol import HttpError, HttpRequest, HttpResponse, decoded
from openconnectors.engine.sandbox.requests import ParsedRequest, read_arguments, read_body, wrong_media_type
from openconnectors.engine.sandbox.responses import (
    declared_success,
    link_fields,
    required_fields,
    sample,
    shape,
    without_later_pages,
    write,
)
from openconnectors.engine.sandbox.routing import Match, Route, Router
from openconnectors.engine.sandbox.script import Answer, Script
from openconnectors.engine.sandbox.store import StateError, Store
from openconnectors.engine.values.body import Compiler
from openconnectors.engine.values.codecs import essence

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})
_REMEMBERED = 100  # refused requests that are kept for whoever looks at a failed test

_log = logging.getLogger("openconnectors.sandbox")


class Application:
    """One service: ``respond`` gives the response to a request, ``refuse`` the one to bytes that are not a request.

    ``values`` are the connection values it accepts. ``state`` is a file for its records; without one they are in
    memory. Raises ``Unsupported`` for sandbox declarations that cannot be read, ``StateError`` for a file that cannot
    be used. ``script`` has answers that a test asks for; ``journal`` keeps what comes in.
    """

    def __init__(self, service: Service, state: Path | None = None, *, is_journaled: bool = False) -> None:
        self.service = service
        self.script = Script()
        self.values = sample_values(service)
        self.refused: deque[str] = deque(maxlen=_REMEMBERED)
        self._gate = Gate(service, self.values)
        connection = Connection(service, self.values, "http://127.0.0.1")
        self._compiler = Compiler(service)
        self.journal = Journal(self._compiler, self.values) if is_journaled else None
        self._ending = threading.Event()
        self._judge = Judge(self._compiler)

        def base(operation: Operation | None) -> str:
            url: str = revealed(connection.base if operation is None else connection.base_for(operation))
            return urlsplit(url).path

        self._router = Router(self._compiler, self.values, base)
        for route in self._router.routes:
            check_declarations(service, route.plan.operation)
        self._methods = _METHODS | {route.method for route in self._router.routes}
        self._store = Store(state)  # last: whatever fails before leaves no file open
        self._simulation = Simulation(service.sandbox, self._store, self.values)

    @property
    def written(self) -> Mapping[str, str]:
        """The operations that are judged by a written document of OpenAPI 3.1, because openapi-core fails at the
        author's: the reason of each."""
        return self._judge.written

    def end_delays(self) -> None:
        """Let go of the responses that are to be late: the server stops."""
        self._ending.set()

    def close(self) -> None:
        """Close the file of the records."""
        self._store.close()

    def extra_header_names(self) -> set[str]:
        """Header names of the document that are not tokens (RFC 9110 section 5.1): some published documents have
        spaces in them, and their services accept these."""
        parameters = (parameter for route in self._router.routes for parameter in route.plan.operation.parameters)
        return {
            parameter.name
            for parameter in parameters
            if parameter.location == "header" and " " in parameter.name.strip()
        }

    def respond(self, request: HttpRequest) -> HttpResponse | None:
        """Return the response to a request, None if it is to be lost; raises nothing."""
        matches: list[Match] = []
        route: Route | None = None
        answer: Answer | None = None
        try:
            coding, request.sent = request.headers.get("Content-Encoding"), request.body
            request.body = decoded(request.body, coding) if coding else request.body
            if request.method not in self._methods:
                raise HttpError(501, f"the method {request.method} is not implemented")
            if (request.method, request.path) == ("OPTIONS", "*"):
                return HttpResponse(204, headers=(("Allow", ", ".join(sorted(_METHODS))),))
            matches = self._matches(request)
            if not matches:
                response = HttpResponse(204, headers=(("Allow", self._router.allowed(request)),))
            else:
                match = next((match for match in matches if self.script.has(match.operation_id)), matches[0])
                route = match.route
                response, answer = self._operate(match, request)
        except ServiceError as error:
            response = self._error(route, error, request)
        except HttpError as error:
            response = self._error(route, self._reworded(error, request), request)
        except StateError as error:
            _log.warning("%s", error)
            response = self._error(route, ServiceError({"status": 503, "message": str(error)}, {}), request)
        except Exception:  # noqa: BLE001 - whatever it is, the client gets a response and the log the traceback
            _log.exception("internal error at %s %s", request.method, request.path)
            fault = ServiceError({"status": 500, "message": "internal error of the sandbox; its log has details"}, {})
            response = self._error(None, fault, request)
        is_lost = answer is not None and answer.is_lost
        if self.journal is not None:
            self.journal.add(matches, request, None if is_lost else response.status)
        if answer is not None and answer.delay:
            self._ending.wait(answer.delay)
        _log.info("%s %s %s", request.method, request.path, "no response" if is_lost else response.status)
        return None if is_lost else response

    def refuse(self, error: HttpError) -> HttpResponse:
        """Return the response to bytes that could not be read as a request."""
        return self._error(None, self._reworded(error, None), None)

    def _matches(self, request: HttpRequest) -> list[Match]:
        """The operation of a request: of several candidates the first whose document accepts the request, else the
        first. Where a test looks on, also those after it that accept it: nothing on the wire tells them apart. None for
        an OPTIONS request that no operation takes."""
        candidates = self._router.candidates(request)
        if len(candidates) <= 1:
            return candidates
        accepting = (match for match in candidates if self._verdict(match, request) is None)
        if self.journal is None:
            return [next(accepting, candidates[0])]
        return list(accepting) or candidates[:1]

    def _operate(self, match: Match, request: HttpRequest) -> tuple[HttpResponse, Answer | None]:
        """The response of an operation, with the answer of a script that it follows; raises ``HttpError`` or
        ``ServiceError`` if it refuses the request."""
        plan = match.route.plan
        scripted = self.script.next(match.operation_id)
        answer = scripted or preferred(plan, request)
        is_answered = answer is not None and answer.is_own_response
        try:
            parsed = self._admitted(match, request, is_answered=is_answered)
        except (HttpError, ServiceError):
            if scripted is not None:
                self.script.put_back(match.operation_id, scripted)
            raise
        if answer is not None and is_answered:
            return answered(match.route, request, answer, self.service.sandbox.get("error")), scripted
        return self._acted(match.route, parsed, request), scripted

    def _acted(self, route: Route, parsed: ParsedRequest, request: HttpRequest) -> HttpResponse:
        """The response of an operation that does what its document declares."""
        plan = route.plan
        operation = plan.operation
        acts = "action" in operation.sandbox
        declared = declared_success(operation, operation.sandbox.get("status") if acts else None)
        media_type = success_media_type(route, declared, request)
        values: list[Any] = [None]  # the first that can be written
        if acts:
            status, record = self._simulation.act(operation.sandbox, parsed)
            declared = declared_success(operation, status)
            values = [shape(self._compiler, plan, declared, media_type, record)]
        elif declared is not None and declared.content:
            value = without_later_pages(plan, sample(plan, declared, media_type), parsed.arguments)
            values = [echoed(plan, declared, value, parsed.body), value]
        code = int(declared.status) if declared is not None and declared.status.isdigit() else 200
        for value in values:
            try:
                response = write(plan, declared, code, media_type, value) or HttpResponse(code)
                fields = (*required_fields(self._compiler, plan, declared), *link_fields(plan, parsed.links))
                return replace(response, headers=(*response.headers, *fields))
            except ValueError as error:
                _log.warning("%s: the response cannot be written: %s", operation.id, error)
        return HttpResponse(code)

    def _admitted(self, match: Match, request: HttpRequest, *, is_answered: bool = False) -> ParsedRequest:
        """The request, read by its document. Raises ``HttpError`` or ``ServiceError`` as steps 3 to 6 say; without the
        conditions of step 5 if it is answered whatever they say."""
        plan = match.route.plan
        declarations, body = plan.operation.sandbox, plan.operation.request_body
        self._check_credentials(plan, request)
        self._check_body_headers(plan, request)
        arguments = read_arguments(plan, match.values, request.query, request.headers)
        unreadable: Verdict | None = None
        value: Any = None
        if body is not None and request.body:
            try:
                value = read_body(plan, request.headers.get("Content-Type", ""), request.body)
                arguments |= value if isinstance(value, dict) else {body.name: value}
            except ValueError as error:
                unreadable = Verdict(f"the body {error}")
        # Links in responses are spelled as the document spells paths, whatever representation was requested.
        path = match.route.base + expand(plan.operation.path, lambda name: match.values.get(name, ""))
        conflicts = "409" in plan.operation.responses
        parsed = ParsedRequest(arguments, path, request.query, self.values, request.path, conflicts, body=value)
        verdict = self._verdict(match, request)
        if verdict is not None and verdict.location == "path":
            raise HttpError(404, f"no resource at {request.path}")
        if unreadable is None and not is_answered:
            self._simulation.refuse(declarations, parsed)
        verdict = unreadable or verdict
        if verdict is not None:
            kind = (declarations.get("invalid") or {}).get(verdict.member, "invalid")
            raise self._simulation.declared_error(kind, {**parsed.context, "reason": verdict.reason})
        return parsed

    def _check_credentials(self, plan: Plan, request: HttpRequest) -> None:
        target = request.path + (f"?{request.query}" if request.query else "")
        received = Received(request.method, target, request.headers, request.query_arguments, request.sent)
        if not self._gate.admits(plan, received):
            headers = self._gate.challenges(plan.operation, received)
            raise HttpError(401, "the credentials are missing or wrong", headers)

    def _check_body_headers(self, plan: Plan, request: HttpRequest) -> None:
        body = plan.operation.request_body
        media_type = essence(request.headers.get("Content-Type", ""))[0]
        if body is not None and request.body and not plan.negotiation.takes(media_type):
            accepted = ", ".join(body.content)
            raise HttpError(415, f"the body {wrong_media_type(plan, media_type)}", {"Accept": accepted})
        if body is not None and body.required and media_type and not request.framed:
            raise HttpError(411, "a request with a body needs Content-Length")

    def _verdict(self, match: Match, request: HttpRequest) -> Verdict | None:
        return self._judge.refuses(match.route, match.values, request.query, request.headers, request.body)

    def _reworded(self, error: HttpError, request: HttpRequest | None) -> ServiceError:
        """An error of the protocol in the document's words, if it has some for this status."""
        context: Mapping[str, object] = {
            **self.values,
            "path": request.path if request is not None else "",
            "reason": error.reason,
        }
        kind = KINDS.get(error.status)
        if kind is not None:
            reworded = self._simulation.error(kind, context)
        else:
            reworded = ServiceError({"status": error.status, "message": "{reason}"}, context)
        reworded.headers = error.headers
        return reworded

    def _error(self, route: Route | None, error: ServiceError, request: HttpRequest | None) -> HttpResponse:
        """The response of an error, in the shape of its operation or, without one, of a similar route."""
        path = request.path if request is not None else ""
        start = f"{request.method} {path}" if request is not None else "unreadable request"
        self.refused.append(f"{start}: {error.message or f'status {error.status}'}")
        route = route or self._router.similar(path)
        media_type = error_media_type(route, request)
        template = self.service.sandbox.get("error")
        plan = route.plan if route is not None else None
        response = error_response(plan, error, template, media_type, {"path": path})
        return replace(response, headers=(*response.headers, *error.headers.items()))
