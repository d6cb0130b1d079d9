"""An operation as people call it, and the connector that holds them by name."""

from __future__ import annotations

import inspect
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from openconnectors.engine import model
from openconnectors.engine.call.connection import Connection
from openconnectors.engine.call.flow import Call, completed, exchange, run
from openconnectors.engine.call.links import follow
from openconnectors.engine.call.long_running import Polls
from openconnectors.engine.call.paging import Pages, page_items
from openconnectors.engine.call.retry import Labels
from openconnectors.engine.call.triggers import Questions
from openconnectors.engine.credentials import NO_CREDENTIALS, Credentials, sealed
from openconnectors.engine.documents.loader import faults
from openconnectors.engine.errors import (
    ConnectorError,
    Diagnostic,
    InvalidDocument,
    InvalidResponse,
    Timeout,
    UnknownName,
    Unsupported,
    answer_error,
    printable,
    short_repr,
)
from openconnectors.engine.http import Request, Response, Transport
from openconnectors.engine.model import MISSING, Choices, Paging, Polling, Schema, Service
from openconnectors.engine.naming import distinct, snake
from openconnectors.engine.plan import dynamic
from openconnectors.engine.plan.arguments import Argument
from openconnectors.engine.plan.members import pick
from openconnectors.engine.plan.options import Options
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.policies import findings
from openconnectors.engine.streams import Stream
from openconnectors.engine.values.body import Compiler
from openconnectors.engine.values.formats import format_of
from openconnectors.engine.values.patterns import pattern_diagnostics

_log = logging.getLogger("openconnectors")

_TYPES: Mapping[str, Any] = {"string": str, "integer": int, "number": float, "boolean": bool, "file": bytes}


class Operation:
    """One operation of a connector: call it with keyword arguments, get its value.

    Beside the call: ``using``, ``request``, ``response``; ``pages``, ``items`` and
    ``items_of`` for lists; ``stream`` and ``each`` for what is large; ``poll`` and
    ``wait`` for what takes long; ``choices``.
    """

    def __init__(self, connector: Connector, plan: Plan, name: str, options: Options) -> None:
        self._connector = connector
        self._plan = plan
        self._options = options
        self._with_schemas: dict[Any, Operation] = {}
        self.__name__ = self.__qualname__ = name
        self.__doc__ = documentation(plan)
        self.__signature__ = signature(plan)

    @cached_property
    def _dynamic(self) -> tuple[dynamic.Place, ...]:
        return dynamic.places(self._plan.operation, self._plan.contract)

    def __repr__(self) -> str:
        return f"<operation {self._connector.name}.{self.__name__}{self.__signature__}>"

    def __call__(self, /, **arguments: Any) -> Any:
        """The value of the answer, as plain data; the errors are those of ``errors``."""
        return self.response(**arguments).value

    def using(self, **options: Any) -> Operation:
        """The same operation with other options: ``accept``, ``content_type``, ``timeout`` (seconds of the
        whole call), ``validate_responses`` (``"lenient"``, ``"strict"``, ``"off"``), ``headers`` (further header
        fields), ``resend`` (statuses after which nothing was carried out), ``patience`` (seconds until a
        long-running operation must have ended), ``interval`` (seconds between questions for its state)."""
        return Operation(self._connector, self._plan, self.__name__, with_options(self._options, options))

    def request(self, /, **arguments: Any) -> Request:
        """The exact request, without its credentials; nothing is sent."""
        connection = self._connector.connection
        with sealed(connection.mask):
            return self._plan.request(arguments, connection.base, self._options, fixed=connection.fixed)

    def response(self, /, **arguments: Any) -> Response:
        """The whole response: value, status, headers, fields, deviations."""
        with self._sealed():
            return self._told(arguments)._respond(arguments)

    def _sealed(self) -> sealed:
        """What every error of a call passes through on its way to the caller."""
        return sealed(self._connector.connection.mask)

    def _told(self, arguments: Mapping[str, Any]) -> Operation:
        """The operation with the schemas that the service tells for these arguments, asked for once a connection."""
        if not self._dynamic:
            return self
        spelled = {one.wire: one.name for one in self._plan.arguments}
        found: list[tuple[dynamic.Place, Schema]] = []
        for place in self._dynamic:
            asked = dynamic.arguments(place.asked, arguments, spelled)
            schema = None if asked is None else self._connector.schema(place.asked, asked)
            if schema is not None:
                found.append((place, schema))
        if not found:
            return self
        key = tuple((place.where, place.steps, id(schema)) for place, schema in found)
        if key not in self._with_schemas:
            operation = dynamic.filled(self._plan.operation, self._plan.contract, found)
            made = Operation(self._connector, self._connector.plan(operation), self.__name__, self._options)
            made._dynamic = ()  # they are in their places
            self._with_schemas[key] = made
        return self._with_schemas[key]

    def _respond(self, arguments: Mapping[str, Any]) -> Response:
        return self._read(self._send(self.request(**arguments), self._call()))

    def stream(self, /, **arguments: Any) -> Stream:
        """The body of the answer as it comes, of any size: iterate over it, or save it. Errors are raised
        before the first octet; the time of the call is that of the whole download."""
        with self._sealed():
            told = self._told(arguments)
            response = told._send(replace(told.request(**arguments), stream=True), told._call())
            stream = told._read(response).stream
        assert stream is not None  # noqa: S101 - a success that was asked for as a stream is one
        return stream

    def each(self, /, **arguments: Any) -> Iterator[Any]:
        """The items of one large answer, one by one while it comes in, so that only one is in memory: those
        of the list that the operation's pages have, or of an answer that is a list itself."""
        with self._sealed():
            told = self._told(arguments)
            with told.stream(**arguments) as stream:
                yield from told._plan.each(stream, told._options.validate_responses)

    def poll(self, /, **arguments: Any) -> Any:
        """Starts a long-running operation, and returns how to follow it, a ``Poller``; of a trigger the
        ``Events``, asked for until nobody iterates any more."""
        with self._sealed():
            told = self._told(arguments)
            request = told.request(**arguments)
            return Events(told, request) if self._plan.operation.trigger else told._poller(request)

    def subscribe(self, url: str, /, **arguments: Any) -> Subscription:
        """Has events sent to a URL of the caller's, until it is unsubscribed."""
        place = self._callback(arguments)
        if place is None:
            raise Unsupported(f"{self.__name__} takes no URL to send events to; call it")
        name, steps = place
        given = next((one for one in self._spellings(name) if one in arguments), name)
        arguments[given] = _with(arguments.get(given), steps, url) if steps else url
        with self._sealed():
            told = self._told(arguments)
            request = told.request(**arguments)
            return Subscription(told, told._read(told._send(request, told._call())), request)

    def _callback(self, arguments: Mapping[str, Any]) -> tuple[str, tuple[str, ...]] | None:
        """The argument that takes the URL, and the way to it within: in a body that is given whole, from there."""
        plan = self._plan
        for one in plan.arguments:
            if one.parameter.notification or one.schema.notification:
                whole = next((body for body in plan.arguments if body.location == "body"), None)
                if (
                    one.location == "property"
                    and whole is not None
                    and set(self._spellings(whole.name)) & set(arguments)
                ):
                    return whole.name, one.path
                return one.name, ()
        for one in plan.arguments:
            for name, inside in plan.contract(one.schema).properties.items():
                if inside.notification:
                    return one.name, (name,)
        return None

    def _spellings(self, name: str) -> tuple[str, ...]:
        """How an argument may be called: its wire name and its Python name."""
        argument = self.argument(name)
        return argument.wire, argument.name

    def wait(self, /, **arguments: Any) -> Any:
        """The value of a long-running operation, once it is done; ``OperationFailed`` where
        it ends otherwise."""
        return self.poll(**arguments).wait()

    def _poller(self, first: Request) -> Poller:
        declared = self._plan.operation.polling or Polling()
        first = self._completed(first)
        interval = 1.0 if self._options.interval is None else self._options.interval
        return Poller(self, Polls(self._plan, declared, first, first.base, interval))

    def _completed(self, request: Request) -> Request:
        """The request with what the service must be asked for first."""
        if request.lookup is None:
            return request
        call = replace(self._call(), credentials=self._credentials(request))
        return run(completed(request, call), self._connector.transport, time.sleep)

    def _call(self) -> Call:
        end = time.monotonic() + self._options.timeout
        operation = self._plan.operation
        labels = Labels(operation.id, operation.path)
        quota = self._connector.connection.quota
        return Call(NO_CREDENTIALS, lambda: end - time.monotonic(), quota, labels=labels)

    def _credentials(self, request: Request) -> Credentials:
        return self._connector.connection.credentials(self._plan.operation, request.credentials.instead)

    def _send(self, request: Request, call: Call) -> Response:
        self._connector.check(self._plan.operation)
        transport, credentials = self._connector.transport, self._credentials(request)
        response = run(exchange(request, replace(call, credentials=credentials)), transport, time.sleep)
        if response.status == 401 and request.repeatable and self._connector.connection.renewed(credentials):
            again = replace(call, credentials=self._credentials(request))
            response = run(exchange(request, again), transport, time.sleep)
        return response

    def _wait(self, seconds: float) -> None:
        """Waits until a state or a trigger is asked for again."""
        operation = self._plan.operation
        labels = {"operation": operation.id, "path": operation.path, "wait": seconds}
        _log.info("%s: waiting %.3f s before asking again", operation.id, seconds, extra=labels)
        time.sleep(seconds)

    def _read(self, response: Response, *, final: bool = False) -> Response:
        response = self._plan.read(response, self._options.validate_responses, final=final)
        if response.deviations:
            masked = self._connector.connection.mask.value(response.deviations)
            response = replace(response, deviations=masked)
            self._connector.tell(self._plan.operation.id, response)
        return response

    def pages(self, /, **arguments: Any) -> Iterator[Any]:
        """The values of this page and of those after it, one call each, as they are asked for."""
        with self._sealed():
            return (value for value, _ in self._told(arguments)._follow(arguments))

    def items(self, /, **arguments: Any) -> Iterator[Any]:
        """The items of all pages, one by one."""
        with self._sealed():
            return (item for _, items in self._told(arguments)._follow(arguments) for item in items)

    def items_of(self, page: Any) -> list[Any]:
        """The items of one page's value."""
        return page_items(self._paging(), page)

    def _paging(self) -> Paging:
        if self._plan.paging is None:
            raise Unsupported(f"{self.__name__} declares no pages; call it")
        return self._plan.paging

    def _follow(self, arguments: Mapping[str, Any]) -> Iterator[tuple[Any, list[Any]]]:
        """Each page with its items."""
        paging = self._paging()
        first = self.request(**arguments)

        def followed() -> Iterator[tuple[Any, list[Any]]]:
            with self._sealed():
                yield from self._followed(paging, first, arguments)

        return followed()

    def _followed(
        self, paging: Paging, first: Request, arguments: Mapping[str, Any]
    ) -> Iterator[tuple[Any, list[Any]]]:
        turning, call = self, self._call()
        first = self._completed(first)
        pages = Pages(self._plan, paging, first, first.base)
        if self._plan.operation.polling is not None:
            value = self._poller(first).wait()
        else:
            value = self._read(self._send(first, call)).value
        while True:
            yield value, pages.items(value)
            link = pages.link(value)
            onward = turning._paging().operation
            if link is None:
                return
            if onward:
                turning, request = self._onward(onward, arguments, link)
                request = pages.checked(value, request)
            else:
                request = pages.after(value)
            call = replace(turning._call(), cookies=call.cookies)
            value = turning._read(turning._send(request, call)).value

    def _onward(self, operation_id: str, arguments: Mapping[str, Any], link: Any) -> tuple[Operation, Request]:
        """The operation that reads the next page, and its request: with the arguments of the first that it has
        too, and the link in the parameter that the first has not."""
        turning = self._connector[operation_id].using(
            **{one.name: getattr(self._options, one.name) for one in fields(Options)}
        )
        given = {self.argument(name).wire: value for name, value in arguments.items()}
        known = {one.wire for one in turning._plan.arguments}
        own = {one.wire for one in self._plan.arguments}
        chosen = {name: value for name, value in given.items() if name in known}
        taking = [one.wire for one in turning._plan.arguments if one.wire not in own and one.default is MISSING]
        named = [name for name in known if snake(name) == snake(self._paging().next_link[-1])]
        chosen |= dict.fromkeys((named or taking)[-1:], link)
        return turning, turning.request(**chosen)

    def choices(self, parameter: str, below: Any = MISSING, /, **arguments: Any) -> list[tuple[Any, str]]:
        """The values that may be given for a parameter, each with its title, asked from the service.

        ``arguments`` are those that the asking depends on. Of choices that lie below one another (folders), these
        are the first; ``below`` is one of them, and asks for those that it holds. A parameter with an ``enum`` has
        its values.
        """
        argument = self.argument(parameter)
        contract = self._plan.contract(argument.schema)
        if contract.items is not None:
            contract = self._plan.contract(contract.items)  # of a list, each of its items is chosen
        choices = argument.schema.choices or argument.parameter.choices or contract.choices
        if choices is not None and not choices.operation:
            choices = self._picked(choices)
        if below is not MISSING:
            choices = choices and choices.below
            if choices is None:
                raise Unsupported(f"the choices for {parameter!r} hold none; ask without one to look below")
        if choices is None:
            if contract.enum is None:
                raise UnknownName("list of choices for", parameter, self._with_choices())
            return [(value, str(value)) for value in contract.enum]

        def value_of(one: Any) -> Any:
            if not isinstance(one, tuple):
                return one
            return below if one[0] == "chosen" else arguments.get(one[1], arguments.get(snake(one[1])))

        asked = {name: value_of(one) for name, one in choices.arguments.items()}
        found = self._connector[choices.operation]
        declared = found._plan.paging
        values = found.pages(**asked) if declared is not None and declared.next_link else [found(**asked)]
        return [choice for value in values for choice in _choices(choices, value)]

    def _picked(self, declared: Choices) -> Choices | None:
        """The service's own way to choose a file, with what a parameter says of it."""
        picker = self._connector.service.picker
        if picker is None:
            return None

        def own(one: Choices) -> Choices:
            known = {name: value for name, value in declared.arguments.items() if name in one.arguments}
            return replace(one, arguments={**one.arguments, **known}, value=declared.value or one.value)

        return replace(own(picker), below=None if picker.below is None else own(picker.below))

    def argument(self, name: str) -> Argument:
        """One argument by its Python or wire name."""
        for one in self._plan.arguments:
            if name in (one.name, one.wire):
                return one
        raise UnknownName("parameter", name, [one.name for one in self._plan.arguments])

    def _with_choices(self) -> list[str]:
        return [one.name for one in self._plan.arguments if one.schema.choices or one.parameter.choices]


class Poller:
    """A long-running operation under way: ``state`` is the service's word for it, ``done`` whether it ended.

    ``step`` asks once; ``wait`` asks until it ends, and returns its value.
    """

    def __init__(self, operation: Operation, polls: Polls) -> None:
        self._operation = operation
        self._polls = polls
        self._call = operation._call()
        self._end = time.monotonic() + operation._options.patience
        self.step()

    def __repr__(self) -> str:
        return f"<poller of {self._operation.__name__}: {self.state}>"

    @property
    def state(self) -> str:
        """The state as the service last told it: ``InProgress``, ``Succeeded``, or a word of its own."""
        return self._polls.state

    @property
    def done(self) -> bool:
        """Whether the operation has ended well; an end that is not raises where it is learnt."""
        return self._polls.next is None

    def step(self) -> bool:
        """Asks for the state once, without a pause; tells whether the operation is done."""
        request = self._polls.next
        if request is not None:
            self._call = replace(self._operation._call(), cookies=self._call.cookies)
            with self._operation._sealed():
                self._polls.take(self._operation._send(request, self._call))
        return self.done

    def response(self) -> Response:
        """The response with the value, once the operation is done. Raises
        ``OperationFailed`` where it ends otherwise, and
        ``Timeout`` where it takes longer than the option ``patience``."""
        while not self.done:
            if time.monotonic() + self._polls.pause > self._end:
                raise Timeout(f"{self._operation.__name__} is still {self.state}; patience ran out", "yes")
            self._operation._wait(self._polls.pause)
            self.step()
        final = self._polls.final
        assert final is not None  # noqa: S101 - what is done has one
        with self._operation._sealed():
            return self._operation._read(final, final=True)

    def wait(self) -> Any:
        """The value, once the operation is done; see ``response``."""
        return self.response().value


class Events:
    """The events of a polling trigger, asked for again and again: iterate over them.

    ``step`` asks once, without a pause, and gives what came; ``state`` is where the next question stands, to be
    kept and given as the option ``resume`` later.
    """

    def __init__(self, operation: Operation, first: Request) -> None:
        self._operation = operation
        options = operation._options
        interval = 60.0 if options.interval is None else options.interval
        first = operation._completed(first)
        self._questions = Questions(operation._plan, first, interval, options.resume)
        self._waiting: list[Any] = []
        self._asked = False

    def __repr__(self) -> str:
        return f"<events of {self._operation.__name__}>"

    @property
    def state(self) -> dict[str, Any]:
        """Plain data. Events that were read from an answer and not yet taken out are not in it."""
        return self._questions.state

    def step(self) -> list[Any]:
        """The events that there are now; an error of the service is raised, and the state stays."""
        request = self._questions.next
        with self._operation._sealed():
            response = self._operation._read(self._operation._send(request, self._operation._call()))
            return self._questions.take(response)

    def __iter__(self) -> Events:
        return self

    def __next__(self) -> Any:
        while not self._waiting:
            if self._asked:
                self._operation._wait(self._questions.pause)
            self._waiting, self._asked = self.step(), True
        return self._waiting.pop(0)


class Subscription:
    """A URL that events are sent to: ``value`` is what the service answered, ``unsubscribe`` ends it."""

    def __init__(self, operation: Operation, response: Response, request: Request) -> None:
        self._operation = operation
        self._request = request
        self.value = response.value
        self.location = response.headers.get("Location", "")

    def __repr__(self) -> str:
        return f"<subscription of {self._operation.__name__}>"

    def unsubscribe(self) -> None:
        """Deletes what the service has made for it; one that is gone already is no error."""
        if not self.location:
            raise Unsupported(f"{self._operation.__name__} was answered without a Location, so it cannot be ended")
        where = f"the Location of {self._operation.__name__}"
        with self._operation._sealed():
            request = follow(self._request, self.location, where, "DELETE")
            response = self._operation._send(request, self._operation._call())
        if not 200 <= response.status < 300 and response.status not in (404, 410):
            raise answer_error(response.status)(self._operation.__name__, response.status, headers=response.headers)


def _with(given: Any, steps: tuple[str, ...], value: Any) -> dict[str, Any]:
    """A mapping, or a new one, with a value at a path in it."""
    own = dict(given) if isinstance(given, Mapping) else {}
    own[steps[0]] = _with(own.get(steps[0]), steps[1:], value) if len(steps) > 1 else value
    return own


def _choices(choices: Choices, value: Any) -> Iterator[tuple[Any, str]]:
    items = pick(value, choices.items) if choices.items else value
    for item in items if isinstance(items, list) else ():
        chosen = pick(item, choices.value) if choices.value else item
        title = pick(item, choices.title)
        yield chosen, str(chosen if title is None else title)


_SECONDS = ("timeout", "patience", "interval")
"""Options that are seconds; the last may be left to the service."""


def with_options(options: Options, changes: Mapping[str, Any]) -> Options:
    """Options with some of them changed; refuses unknown names and values with
    ``UnknownName``."""
    known = [one.name for one in fields(Options)]
    for name, value in changes.items():
        if name not in known:
            raise UnknownName("option", name, known)
        if name == "validate_responses" and value not in ("lenient", "strict", "off"):
            raise UnknownName("value of validate_responses", str(value), ["lenient", "off", "strict"])
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if name in _SECONDS and not is_number and (value is not None or name != "interval"):
            raise UnknownName(f"value of {name}", str(value), [], " Give a number of seconds.")
        fits, said = _OPTIONS.get(name, (None, ""))
        if fits is not None and not fits(value):
            raise UnknownName(f"value of {name}", short_repr(value), [], f" Give {said}.")
    if "resend" in changes:
        changes = {**changes, "resend": frozenset(changes["resend"])}
    return replace(options, **changes)


def _is_media_type(value: Any) -> bool:
    return value is None or (isinstance(value, str) and "/" in value)


_OPTIONS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "accept": (_is_media_type, "a media type, such as application/json"),
    "content_type": (_is_media_type, "a media type, such as application/json"),
    "headers": (
        lambda value: (
            isinstance(value, Mapping)
            and all(isinstance(name, str) and isinstance(one, (str, int, float)) for name, one in value.items())
        ),
        "a mapping of names to text",
    ),
    "resend": (
        lambda value: isinstance(value, (list, tuple, set, frozenset)) and all(isinstance(one, int) for one in value),
        "a list of statuses",
    ),
    "resume": (lambda value: value is None or isinstance(value, Mapping), "the state that events had"),
}
"""What the value of an option must be, and how that is said."""

_LISTS = 6
"""How many lists within lists a signature shows."""


def python_type(plan: Plan, schema: Schema, lists: int = _LISTS) -> Any:
    """The Python type of values of a schema, as a signature shows it."""
    effective = plan.contract(schema)
    kind = effective.types[0] if effective.types else ""
    form = format_of(effective)
    if form is not None and (kind in ("string", "integer") or form.python is Decimal):
        found: Any = form.python
    elif kind == "array":
        items = python_type(plan, effective.items, lists - 1) if effective.items is not None and lists else Any
        found = list[items]  # type: ignore[valid-type]
    elif kind == "object":
        found = dict[str, Any]
    else:
        found = _TYPES.get(kind, Any)
    return found | None if effective.nullable and found is not Any else found


def signature(plan: Plan) -> inspect.Signature:
    """Real names, types and defaults; what a caller must give has no default."""
    parameters = []
    for one in plan.arguments:
        if one.hidden:
            continue
        found = python_type(plan, one.schema)
        default: Any = inspect.Parameter.empty
        if not one.needed:
            default = one.default if one.default is not MISSING else None
            found = found | None if default is None and found is not Any else found
        parameters.append(
            inspect.Parameter(one.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=found)
        )
    answer = next((plan.operation.answers[code] for code in sorted(plan.operation.answers) if code[0] == "2"), None)
    returns = python_type(plan, answer.media[0].schema) if answer and answer.media and answer.media[0].schema else Any
    return inspect.Signature(parameters, return_annotation=returns)


def documentation(plan: Plan) -> str:
    """The docstring: title, description, arguments and answers in the document's words."""
    operation = plan.operation
    lines = [one for one in (operation.title, operation.description) if one]
    lines.append(f"\n{operation.method} {operation.path}")
    shown = [one for one in plan.arguments if not one.hidden]
    if shown:
        lines.append("\nArguments:")
        for one in shown:
            said = " ".join((one.description or one.title).split())
            needed = ", required" if one.needed else ""
            kind = inspect.formatannotation(python_type(plan, one.schema))
            lines.append(f"    {one.name} ({kind}{needed}): {said}{_allowed(plan, one)}".rstrip(": "))
    lines.append("\nAnswers:")
    lines += [f"    {status}: {answer.description}" for status, answer in operation.answers.items()]
    return "\n".join(lines)


def _allowed(plan: Plan, argument: Argument) -> str:
    """What may be given, where the document lists it or says whom to ask."""
    contract = plan.contract(argument.schema)
    if contract.enum is not None:
        return f" One of: {', '.join(map(str, contract.enum[:20]))}{', …' if len(contract.enum) > 20 else ''}."
    choices = argument.schema.choices or argument.parameter.choices or contract.choices
    return f" choices({argument.name!r}) asks for what may be given." if choices is not None else ""


class UnknownOperation(UnknownName, AttributeError):
    """No operation of this name: also an ``AttributeError``, as attributes are asked for."""


_RESERVED = frozenset({"name", "service", "connection", "transport", "tell", "check", "diagnostics", "plan", "schema"})


def operation_names(service: Service) -> dict[str, str]:
    """Python name to operationId, in the order of the document; a name that is taken gets a number."""
    ids = list(service.operations)
    return dict(zip(distinct(ids, map(snake, ids), _RESERVED), ids, strict=True))


class Connector:
    """A service with a connection: its operations are attributes, by snake_case name, and items, by
    operationId."""

    def __init__(
        self, name: str, service: Service, connection: Connection, transport: Transport, options: Options
    ) -> None:
        self.name = name
        self.service = service
        self.connection = connection
        self.transport = transport
        self._options = options
        self._compiler = Compiler(service)
        self._ids = operation_names(service)
        self._made: dict[str, Operation] = {}
        self._told: set[tuple[str, str]] = set()
        self._schemas: dict[Any, Schema | None] = {}

    @cached_property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What is wrong with the files of the connector, every operation read, and which operations and arguments
        have a number in their Python names, since another has the name."""
        found = [*self.service.diagnostics, *findings(self.service), *faults(self.service)]
        found += pattern_diagnostics(self.service)
        for name, operation_id in self._ids.items():
            try:
                operation = self.service.operations[operation_id]
                renamed = list(self.plan(operation).renamed())
            except ConnectorError:
                continue  # what is wrong with it is said where it is called
            if name != snake(operation_id):
                said = f"the operation {operation_id!r} is {name!r} in Python: {snake(operation_id)!r} is another's"
                found.append(self.service.finding("name-collision", said, operation.at))
            found += [self.service.finding("parameter-collision", said, at) for at, said in renamed]
        return tuple(dict.fromkeys(found))

    def __repr__(self) -> str:
        return f"<connector {self.name}: {len(self._ids)} operations at {self.connection.base}>"

    def __reduce__(self) -> Any:
        return self.connection.__reduce__()

    def __dir__(self) -> list[str]:
        return sorted([*super().__dir__(), *self._ids])

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)

    def __getattr__(self, name: str) -> Operation:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._operation(name)

    def __getitem__(self, operation_id: str) -> Operation:
        for name, one in self._ids.items():
            if one == operation_id:
                return self._operation(name)
        return self._operation(operation_id)

    def _operation(self, name: str) -> Operation:
        made = self._made.get(name)
        if made is None:
            if name not in self._ids:
                raise UnknownOperation("operation", name, self._ids)
            plan = self.plan(self.service.operations[self._ids[name]])
            made = self._made[name] = Operation(self, plan, name, self._options)
        return made

    def plan(self, operation: model.Operation) -> Plan:
        """An operation of this service's, compiled for this connection."""
        return Plan(self._compiler, operation, self.connection.values)

    def schema(self, asked: Choices, arguments: Mapping[str, Any]) -> Schema | None:
        """The schema that an operation of the service's gives for arguments, kept; None where it gives none.
        ``InvalidResponse`` for one that cannot be used."""
        key = (asked.operation, asked.value, repr(sorted(arguments.items(), key=str)))
        if key not in self._schemas:
            if asked.operation not in self.service.operations:
                return None
            value = self[asked.operation](**arguments)
            raw = pick(value, asked.value) if asked.value else value
            try:
                self._schemas[key] = self.service.schema_of(raw) if isinstance(raw, dict) else None
            except InvalidDocument as error:
                raise InvalidResponse(f"the schema that {asked.operation} gives cannot be used: {error}") from None
        return self._schemas[key]

    def check(self, operation: model.Operation) -> None:
        """Refuses an operation that cannot be carried out here, whatever its arguments."""
        if self.service.blocked:
            raise InvalidDocument(self.service.blocked)
        if operation.id in self.service.scripted:
            raise Unsupported(
                f"{operation.id} is rewritten by a script of its publisher's, which does not run here; nothing was sent"
            )

    def tell(self, operation_id: str, response: Response) -> None:
        """Logs deviations, once for each kind."""
        for one in response.deviations:
            kind = (operation_id, ".".join("*" if isinstance(step, int) else step for step in one.path))
            if kind not in self._told:
                self._told.add(kind)
                _log.warning(
                    "%s %s deviates from its document: %s", self.name, operation_id, printable(kind[1]) or "value"
                )
