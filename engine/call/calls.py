"""The calls of one operation: each verb that has one result, as a flow.

Rule 1. A verb builds and validates its request before the first step, so that nothing is sent for wrong arguments.
Rule 2. The time of a call (``timeout``) begins once its request is built, and is that of all its requests together;
a verb of several calls (pages, states, events) gives each its own.
Rule 3. An operation whose schemas the service itself gives asks for them first, once a connection.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property, partial
from typing import Any

from msgspec.structs import replace

from openconnectors.engine.call.connected import ConnectedService
from openconnectors.engine.call.cookies import Cookies
from openconnectors.engine.call.exchange import Call, exchange, with_prerequisites
from openconnectors.engine.call.retry import Labels
from openconnectors.engine.call.telemetry import Telemetry, is_listening
from openconnectors.engine.errors import InvalidDocument, InvalidResponse, Problem, UnknownName
from openconnectors.engine.flows import Flow, Send
from openconnectors.engine.http import Request, Response
from openconnectors.engine.model import Choices, Schema
from openconnectors.engine.plan import dynamic
from openconnectors.engine.plan.arguments import Argument
from openconnectors.engine.plan.members import pick
from openconnectors.engine.plan.options import Options
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.streams import Stream
from openconnectors.engine.values.codecs import codec_for


class Calls:
    """One operation of a connected service, with the options of its calls. Every verb is a flow."""

    def __init__(
        self,
        connected: ConnectedService,
        plan: Plan,
        options: Options,
        places: tuple[dynamic.Place, ...] | None = None,
        askers: tuple[str, ...] = (),
    ) -> None:
        self.connected = connected
        self.plan = plan
        self.options = options
        self._given_places = places
        self._askers = askers  # the operations whose schemas these calls are asked for
        self.labels = Labels(plan.operation.id, plan.operation.path)
        self._authenticate = partial(connected.connection.send, plan.operation)
        self._resolved: dict[tuple[tuple[str | None, str, dynamic.Steps, int], ...], Calls] = {}

    @property
    def is_known(self) -> bool:
        """Whether nothing must be asked of the service before a call is known, and nothing refuses all calls."""
        service, operation = self.connected.service, self.plan.operation
        return not self._places and not service.blocked and operation.id not in service.scripted

    def of(self, operation_id: str, options: Options | None = None) -> Calls:
        """The calls of another operation of the service, with the connector's options or these."""
        return Calls(self.connected, self.connected.plan(operation_id), options or self.connected.options)

    def argument(self, name: str) -> Argument:
        """One argument by its Python or wire name; raise ``UnknownName`` if there is none."""
        for argument in self.plan.arguments:
            if name in (argument.name, argument.wire):
                return argument
        raise UnknownName("parameter", name, [argument.name for argument in self.plan.arguments])

    # Steps of a verb

    def request(self, arguments: Mapping[str, Any]) -> Request:
        """The request for arguments, without its credentials."""
        connection = self.connected.connection
        return self.plan.request(
            arguments, connection.base_for(self.plan.operation), self.options, fixed=connection.fixed
        )

    def call(self, cookies: Cookies | None = None) -> Call:
        """A call whose time begins now; with the cookies of another call, or none."""
        clock = self.connected.clock
        end = clock() + self.options.timeout
        return Call(
            lambda: end - clock(),
            self.connected.connection.quota,
            self._authenticate,
            Cookies() if cookies is None else cookies,
            self.labels,
            Telemetry(self.labels) if is_listening() else None,
        )

    def send(self, request: Request, call: Call) -> Flow[Response]:
        """Send a request as a part of a call; return the last response."""
        self.connected.refuse_uncallable(self.plan.operation)
        return exchange(request, call)

    def sender(self) -> Send:
        """What sends the requests of a verb of several calls: each has its own time, and all have the same cookies."""
        cookies = Cookies()
        return lambda request: self.send(request, self.call(cookies))

    def read(self, response: Response, *, final: bool = False, request: Request | None = None) -> Response:
        """The response to a request with its value, or the error that it is. ``final``: it ends a long-running
        operation."""
        response = self.plan.read(response, self.options.validate_responses, final=final, request=request)
        if response.deviations:
            masked = self.connected.connection.mask.value(response.deviations)
            response = replace(response, deviations=masked)
            self.connected.report_deviations(self.plan.operation.id, masked)
        return response

    def with_prerequisites(self, request: Request) -> Flow[Request]:
        """A request that can be sent whole: what the service must be asked for first is in it."""
        if request.prerequisite is None:
            return request
        return (yield from with_prerequisites(request, self.call()))

    # Verbs

    def response(self, arguments: Mapping[str, Any]) -> Flow[Response]:
        """The response to a call: value, status, headers, fields, deviations."""
        calls = (yield from self.resolved(arguments)) if self._places else self
        request = calls.request(arguments)
        return calls.read((yield from calls.send(request, calls.call())), request=request)

    def stream(self, arguments: Mapping[str, Any]) -> Flow[Any]:
        """The body of the response as it comes, a stream of the transport's kind; errors are raised before its first
        byte."""
        calls = yield from self.resolved(arguments)
        request = replace(calls.request(arguments), stream=True)
        stream = calls.read((yield from calls.send(request, calls.call()))).stream
        assert stream is not None  # noqa: S101 - a success that is asked for as a stream is one
        return stream

    def for_items(self) -> Calls:
        """These calls, whose response is asked for in a media type of sequences if the operation offers one beside
        others and nothing else is chosen."""
        offered = self.plan.offered
        listed = [name for name in offered if (codec := codec_for(name)) is not None and codec.listed]
        chosen = self.options.accept or any(argument.wire.lower() == "accept" for argument in self.plan.arguments)
        if chosen or not listed or len(offered) == 1:
            return self
        return Calls(self.connected, self.plan, replace(self.options, accept=listed[0]), self._given_places)

    def items(self, stream: Stream) -> Iterator[Any]:
        """The items of a response as it comes, one by one; their deviations are logged."""
        mask = self.connected.connection.mask

        def report(deviations: tuple[Problem, ...]) -> None:
            self.connected.report_deviations(self.plan.operation.id, mask.value(deviations))

        return self.plan.each(stream, self.options.validate_responses, report)

    # Schemas that the service gives

    @cached_property
    def _places(self) -> tuple[dynamic.Place, ...]:
        """The places of the schemas that the service gives; none once they are in their places."""
        if self._given_places is not None:
            return self._given_places
        return dynamic.places(self.plan.operation, self.plan.contract)

    def resolved(self, arguments: Mapping[str, Any]) -> Flow[Calls]:
        """The calls of the operation with the schemas that the service gives for these arguments."""
        spelled = {argument.wire: argument.name for argument in self.plan.arguments} if self._places else {}
        pairs: list[tuple[dynamic.Place, Schema]] = []
        for place in self._places:
            needed = dynamic.arguments(place.source, arguments, spelled)
            schema = None if needed is None else (yield from self._schema(place.source, needed))
            if schema is not None:
                pairs.append((place, schema))
        if not pairs:
            return self
        key = tuple((place.status, place.media_type, place.steps, id(schema)) for place, schema in pairs)
        if key not in self._resolved:
            operation = dynamic.filled(self.plan.operation, self.plan.contract, pairs)
            self._resolved[key] = Calls(self.connected, self.connected.compiled(operation), self.options, places=())
        return self._resolved[key]

    def _schema(self, source: Choices, arguments: Mapping[str, Any]) -> Flow[Schema | None]:
        """The schema that an operation of the service gives for arguments, kept; None if it gives none.

        Raise ``InvalidResponse`` for one that cannot be used.
        """
        connected = self.connected
        key = (source.operation, source.value, repr(sorted(arguments.items(), key=str)))
        if key not in connected.schemas:
            askers = (*self._askers, self.plan.operation.id)
            # An operation that gives a schema may be documented as having its own response described by itself.
            if source.operation not in connected.service.operations or source.operation in askers:
                return None
            calls = Calls(connected, connected.plan(source.operation), connected.options, askers=askers)
            value = (yield from calls.response(arguments)).value
            raw = pick(value, source.value) if source.value else value
            try:
                connected.schemas[key] = connected.service.schema_of(raw) if isinstance(raw, dict) else None
            except InvalidDocument as error:
                raise InvalidResponse(f"the schema that {source.operation} gives cannot be used: {error}") from None
        return connected.schemas[key]
