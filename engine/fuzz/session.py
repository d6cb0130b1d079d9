"""A session with a resource: the items that it has created, what they should be by now, and every call that was sent.

What is done and checked are the verbs (``verbs``, ``collections``); here is what they have in common.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from msgspec import Struct, field
from msgspec.structs import replace

from openconnectors.engine.call.follow_ups import message_of
from openconnectors.engine.documents.pointers import pointer_steps
from openconnectors.engine.errors import ConnectorError, InvalidArguments, Unsupported
from openconnectors.engine.flows import Flow, Wait
from openconnectors.engine.fuzz.calls import Caller, Outcome
from openconnectors.engine.fuzz.checks import CHECKS
from openconnectors.engine.fuzz.failures import Failure
from openconnectors.engine.fuzz.learning import remember
from openconnectors.engine.fuzz.resources import IDENTIFIERS, Named, Resource, member_names, result_schema, singular
from openconnectors.engine.fuzz.samples import json_of
from openconnectors.engine.fuzz.search import Smallest
from openconnectors.engine.fuzz.steps import CallSequence, SentCall, Source, Step
from openconnectors.engine.fuzz.strategies import Known
from openconnectors.engine.fuzz.walks import Listing, Walk, whole_number, wire
from openconnectors.engine.http import Request, Response
from openconnectors.engine.model import Schema
from openconnectors.engine.naming import snake
from openconnectors.engine.path_templates import split, variables
from openconnectors.engine.plan.runtime_expressions import evaluated, expression_of

PLAIN = ("no-answer", "unreadable", "server-error", "status", "content-type", "schema")
"""The checks of a single call that hold in every sequence as well, and send nothing."""
_REPEATED = 4
SETTLE = 0.3
"""Seconds after which what is not right yet is read again: some services store what they were sent a little later."""


class Item(Struct):
    """An item that a session works with: the values that say which it is, by the wire names of arguments, and the
    members that it should have. ``changed`` is the check of what was done with it last."""

    number: int
    key: dict[str, Any]
    sources: dict[str, Source] = field(default_factory=dict)
    expected: dict[str, Any] = field(default_factory=dict)
    written: frozenset[str] = frozenset()
    """The members that were sent: what the service has made up itself may be anything."""
    sent: Schema = Schema()
    value: dict[str, Any] | None = None
    changed: str = "created"
    etag: str = ""
    is_deleted: bool = False
    is_pending: bool = False
    """Whether the service has said that it will change the item, and not when: what it is like is not known."""
    is_guessed: bool = False
    """Whether its identifier is known by its usual name only."""
    is_chosen: bool = False
    """Whether the caller has chosen its identifier."""


class Session:
    """The calls of a sequence with one resource. ``failed`` are the checks that are left out, ``parent`` gives the
    session with the resource around it."""

    def __init__(
        self, caller: Caller, resource: Resource, known: Known, failed: set[str], smallest: Smallest | None = None
    ) -> None:
        self.caller = caller
        self.resource = resource
        self.known = known
        self.failed = failed
        self.smallest = smallest or Smallest()
        self.items: list[Item] = []
        self.steps: list[Step] = []
        self.calls: list[SentCall] = []
        self._requests: list[Request] = []
        self.listing = Listing(resource.collection.plan) if resource.collection is not None else None
        self.whole: Walk | None = None
        """The list as it was read last, until something is changed."""
        self.earlier: list[Any] | None = None
        """The identifiers of the items that were in the list before anything was created; None if that is not known."""
        self.outer: dict[str, Any] = {}
        """The values of the path variables that all items share, by the wire names of arguments."""
        self.another: Callable[[], Mapping[str, Any] | None] = lambda: None
        """Gives the values of these variables for another item of the parent; None if there is none."""
        self.below: list[Named] = []
        """The operations at paths below that of an item, which need no more than the item to be named."""
        self.actions: list[Named] = []
        """The operations that do something with an item, by a name of their own."""
        self.members: dict[str, str] = {}
        """The members of responses that identify items, by the wire names of arguments."""
        self.repeated: dict[str, int] = {}
        """How often a check was made that sends a request of its own after each read."""
        self.is_lenient = False
        """Whether the checks of single calls are left to single calls, but for items that were deleted: only sequences
        come to these."""
        self.settled: set[str] = set()
        """The checks that have waited in vain for the service to settle."""

    # Sending

    def send(
        self,
        operation: Named,
        arguments: Mapping[str, Any],
        item: Item | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> Outcome | None:
        """The outcome of a call, with more header fields if there are some; None if the arguments cannot be sent. A
        call that fails a check of single calls ends the sequence."""
        plan = operation.plan
        accept = json_of(plan.offered)
        try:
            request = self.caller.request(plan, arguments, accept)
        except (InvalidArguments, Unsupported):
            return None
        if fields:
            request = replace(request, headers={**request.headers, **fields})
        outcome = self.caller.send(plan, request, arguments, accept)
        remember(self.known, outcome)
        if request.method not in ("GET", "HEAD"):
            self.whole = None
            if item is not None and outcome.is_deferred:
                item.is_pending = True
        sources = {
            argument.name: item.sources[argument.wire]
            for argument in plan.arguments
            if item is not None and argument.wire in item.sources and argument.name in arguments
        }
        self._record(operation.name, request, outcome.response, arguments, sources, fields or {})
        is_special = not self.is_lenient or (item is not None and item.is_deleted)
        for check in PLAIN if is_special else ():
            is_left_out = check in self.failed or f"{operation.name} {check}" in self.failed
            message = None if is_left_out else CHECKS[check](outcome, self.caller)
            if message:
                self.fail(check, operation, message, arguments)
        return outcome

    def follow(self, request: Request, operation: Named) -> Response | None:
        """The response to a request that is not made of arguments; None if there is none."""
        outcome = self.caller.send(operation.plan, request, {}, None)
        if request.method not in ("GET", "HEAD"):
            self.whole = None
        self._record("", request, outcome.response, {}, {}, {})
        return outcome.response

    def page(self, request: Request, arguments: Mapping[str, Any], accept: str | None) -> Response | None:
        """The response to a request for a page of the list."""
        operation = self.resource.collection
        if operation is None:
            return None
        outcome = self.caller.send(operation.plan, request, arguments, accept)
        is_first = request.arguments == dict(arguments) or not self.calls
        self._record(operation.name if is_first else "", request, outcome.response, arguments, {}, {})
        return outcome.response

    def _record(
        self, name: str, request: Request, response: Response | None, arguments: Mapping[str, Any],
        sources: Mapping[str, Source], fields: Mapping[str, str],
    ) -> None:  # fmt: skip
        self._requests.append(request)
        mask = self.caller.mask
        body = request.body if isinstance(request.body, bytes) else b""
        self.calls.append(
            SentCall(
                name,
                dict(arguments),
                dict(sources),
                request.method,
                mask.text(str(request.url)),
                {key: mask.text(text) for key, text in request.headers.items()},
                mask.text(body.decode("utf-8", "replace")),
                response.status if response is not None else 0,
                dict(fields),
            )
        )

    def fail(self, check: str, operation: Named, message: str, arguments: Mapping[str, Any] | None = None) -> None:
        """Report a failure of a check, which ends the sequence, unless the check is left out."""
        if check not in self.failed:
            self._failed(check, operation, message, arguments or {})

    def _failed(self, check: str, operation: Named, message: str, arguments: Mapping[str, Any]) -> NoReturn:
        calls = [
            replace(call, curl=self.caller.curl(operation.plan, request, "own"))
            for call, request in zip(self.calls, self._requests, strict=True)
        ]
        sequence = CallSequence(self.resource.path, tuple(self.steps), tuple(calls))
        text = self.caller.mask.text(message)
        self.smallest.fail(
            Failure(check, operation.plan.operation.id, operation.name, arguments, text, sequence=sequence)
        )

    def may_repeat(self, check: str, case: str = "") -> bool:
        """Whether a check that sends a request after each read is to be made once more: a few times are enough for a
        case."""
        key = f"{check} {case}"
        self.repeated[key] = self.repeated.get(key, 0) + 1
        return check not in self.failed and self.repeated[key] <= _REPEATED

    def settle(self, check: str) -> bool:
        """Wait a moment for the service, once for each check; return False if that was done before."""
        if check in self.settled or check in self.failed:
            return False
        self.settled.add(check)
        self.caller.runner.run(_pause())
        return True

    # Which item is meant

    def arguments(self, operation: Named, item: Item | None, others: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Arguments of an operation by Python name: those that say which item, or which collection, and others."""
        key = item.key if item is not None else self.outer
        named = {
            argument.name: key[argument.wire]
            for argument in operation.plan.arguments
            if argument.wire in key and argument.location not in ("body", "property")
        }
        return {**(others or {}), **named}

    def identified(self, operation: Named, outcome: Outcome, arguments: Mapping[str, Any]) -> Item | None:
        """The item that a call has created; None if the response does not say which it is."""
        response = outcome.response
        if response is None:
            return None
        item = Item(len(self.items), dict(self.outer))
        value = wire(operation.plan, response)
        links = self._linked(operation, response, arguments)
        for argument in self.resource.identifying():
            member = links.get(argument.wire) or identifier(value, self.names(argument.wire))
            if member is None and len(self.resource.identifying()) == 1 and argument.location == "path":
                member = identifier(value, ["id"])  # whatever the document calls the variable
                item.is_guessed = member is not None
            if member is not None:
                item.key[argument.wire], path = member
                if path:
                    item.sources[argument.wire] = Source(len(self.calls) - 1, path)
                    self.members[argument.wire] = path[-1]
            else:
                of_location = self._of_location(argument.wire, response)
                chosen = of_location or self._of_call(operation, argument.wire, arguments)
                if chosen is None:
                    return None
                item.key[argument.wire] = chosen
                item.is_chosen = item.is_chosen or not of_location
        return item

    def names(self, wire_name: str) -> list[str]:
        """The names of members that identify an item, as Python spells them, the surest first."""
        argument = next((each for each in self.resource.identifying() if each.wire == wire_name), None)
        kind = singular(split(self.resource.path)[-1].rpartition("/")[2] or self.resource.path)
        if argument is None:
            return ["id"]
        chosen = argument.declaration.choices
        listed = [snake(self.members[wire_name])] if wire_name in self.members else []
        listed += [snake(chosen.value[-1])] if chosen is not None and chosen.value else []
        schema = result_schema(self.resource.create.plan) if self.resource.create is not None else None
        kinds = {kind, schema.name or kind if schema is not None else kind}
        known = set().union(*(member_names(argument, each) for each in kinds))
        exact = snake(argument.wire).rstrip("_")
        ordered = [*listed, exact, *sorted(known - {exact}, key=_sureness)]
        return list(dict.fromkeys(ordered))

    def _linked(
        self, operation: Named, response: Response, arguments: Mapping[str, Any]
    ) -> dict[str, tuple[Any, tuple[str, ...]]]:
        """The arguments that a link of the response gives the reading operation, by wire name, with their paths in the
        body."""
        read, declared = self.resource.read, operation.plan.declared_response(response.status)
        if read is None or declared is None or not declared.links:
            return {}
        try:
            request = self.caller.request(operation.plan, arguments, None)
            message = message_of(operation.plan, request, operation.plan.read(response, "off", request=request))
        except ConnectorError:
            return {}
        values: dict[str, tuple[Any, tuple[str, ...]]] = {}
        for link in declared.links.values():
            if link.operation == read.plan.operation.id:
                for name, template in link.parameters.items():
                    value = evaluated(template, message)
                    known = name.partition(".")[2] if name.startswith(("path.", "query.", "header.")) else name
                    expression = expression_of(template) if isinstance(template, str) else None
                    is_member = expression is not None and expression.part == "body" and expression.response
                    path = tuple(pointer_steps(expression.pointer)) if expression is not None and is_member else ()
                    is_scalar = isinstance(value, (str, int)) and not isinstance(value, bool) and value != ""
                    values |= {known: (value, path)} if is_scalar else {}
        return values

    def _of_location(self, wire_name: str, response: Response) -> Any:
        """The value of a path variable in the Location of a response; None if it is not there."""
        read, location = self.resource.read or self.resource.delete, response.headers.get("Location", "")
        if read is None or wire_name not in variables(read.plan.operation.path):
            return None
        segments = [segment for segment in location.partition("?")[0].split("/") if segment]
        template = [segment for segment in read.plan.operation.path.split("/") if segment]
        if len(segments) < len(template):
            return None
        pairs = list(zip(template, segments[-len(template) :], strict=True))
        if any(text != segment for text, segment in pairs if not variables(text)):
            return None
        value = next((segment for text, segment in pairs if text == f"{{{wire_name}}}"), None)
        argument = next(each for each in self.resource.identifying() if each.wire == wire_name)
        is_number = "integer" in read.plan.contract(argument.schema).types
        number = whole_number(value) if is_number else None
        return value if number is None else number

    def _of_call(self, operation: Named, wire_name: str, arguments: Mapping[str, Any]) -> Any:
        """The value that the caller has chosen: of an argument, or of a member of the body."""
        for argument in operation.plan.arguments:
            if argument.wire == wire_name and argument.name in arguments:
                return arguments[argument.name]
        body = arguments.get(operation.plan.body_name)
        value = body.get(wire_name) if isinstance(body, Mapping) else None
        return value if isinstance(value, (str, int)) else None


def _pause() -> Flow[None]:
    yield Wait(SETTLE)


def _sureness(name: str) -> tuple[int, str]:
    """The rank of a member that may identify an item: ``id`` before ``name``."""
    return IDENTIFIERS.index(name) if name in IDENTIFIERS else len(IDENTIFIERS), name


def identifier(value: Any, names: list[str]) -> tuple[Any, tuple[str, ...]] | None:
    """The member of an object that identifies it, of some names, with its path: at the top, or in an object that is
    the only thing there (``{"book": {…}}``)."""
    if not isinstance(value, Mapping):
        return None
    spelled = {snake(str(name)): str(name) for name in reversed(value)}
    for name in names:
        member = value.get(spelled.get(name, ""))
        if isinstance(member, (str, int)) and not isinstance(member, bool) and member != "":
            return member, (spelled[name],)
    for name, inner in value.items():
        if isinstance(inner, Mapping) and (len(value) == 1 or name in _WRAPPERS):
            below = identifier(inner, names)
            if below is not None:
                return below[0], (str(name), *below[1])
    return None


_WRAPPERS = frozenset(("data", "result", "item", "response", "object", "resource", "record", "entity"))
"""Members that hold the item itself, with something beside them."""


def unwrapped(value: Any, names: set[str]) -> dict[str, Any]:
    """The object that has members of some names: the value, or an object in it."""
    if not isinstance(value, Mapping):
        return {}
    inner = [member for member in value.values() if isinstance(member, Mapping)]
    if names.isdisjoint(value) and len(inner) >= 1:
        return next((dict(member) for member in inner if not names.isdisjoint(member)), dict(value))
    return dict(value)
