"""The items of a list in a response that comes in pieces, each read, validated and typed by itself.

Rule 1. The list is that of the media type (lines, events), else the response itself, else the member that the pages of
the operation have their items in, else the only member that is a list.

Rule 2. An item is judged as in the whole response, by the same kinds of problems. What a schema says of the list as a
whole (``maxItems``, ``uniqueItems``) and of what is beside it is not judged.

Rule 3. Bytes that cannot be read end the items with ``InvalidResponse`` in every mode: what was yielded before is known
not to be the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from msgspec.structs import replace

from openconnectors.engine import leniency
from openconnectors.engine.deferred import module
from openconnectors.engine.errors import ConnectorError, InvalidResponse, Problem, Unsupported
from openconnectors.engine.model import ANY, DeclaredResponse, Operation, Paging, Schema
from openconnectors.engine.plan.bodies import Bodies
from openconnectors.engine.plan.content import describing
from openconnectors.engine.plan.declared import declared_response
from openconnectors.engine.plan.reading import Reading, Way
from openconnectors.engine.streams import Stream
from openconnectors.engine.values.body import Body
from openconnectors.engine.values.codecs import EVENTS, essence

if TYPE_CHECKING:
    from openconnectors.engine.values import event_body
else:
    event_body = module("openconnectors.engine.values.event_body")

Report: TypeAlias = Callable[[tuple[Problem, ...]], None]
"""Takes the deviations of an item."""


class Items:
    """Reads the items of the responses of one operation."""

    def __init__(
        self,
        operation: Operation,
        bodies: Bodies,
        reading: Reading,
        contract: Callable[[Schema], Schema],
        paging: Callable[[], Paging | None],
    ) -> None:
        self._operation = operation
        self._bodies = bodies
        self._reading = reading
        self._contract = contract
        self._paging = paging

    def each(self, stream: Stream, validate: str, report: Report) -> Iterator[object]:
        """The items, as they arrive. Raises ``Unsupported`` for a response without a list and for a media type that
        cannot be read in pieces, ``InvalidResponse`` for what cannot be read or is refused in the mode."""
        content_type = stream.headers.get("Content-Type", "")
        declared = declared_response(self._operation, stream.status)
        holder, mismatch = self._holder(content_type, declared)
        path, schema = self._list(holder, declared)
        body = self._bodies.item(stream.status, schema, holder.media_type)
        if holder.decode_items is None or body is None or holder.rewritten:
            reason = "a policy rewrites it as a whole" if holder.rewritten else f"it is {holder.media_type}"
            raise Unsupported(
                f"the response to {self._operation.id} cannot be read item by item, since {reason}; call it"
            )
        problems = [mismatch] if mismatch is not None else []

        def check(what: str) -> None:
            if faults := leniency.refused(problems, validate):
                raise InvalidResponse(f"{what} to {self._operation.id} does not match the document:", faults)
            if deviations := leniency.deviations(problems, validate):
                report(deviations)
            problems.clear()

        try:
            items = holder.decode_items(iter(stream), essence(content_type)[1], path, problems)
            for index, wire in enumerate(items):
                value, wrong = _typed(body, wire, validate)
                problems += [replace(problem, path=(*path, index, *problem.path)) for problem in wrong]
                check(f"item {index} of the response")
                yield value
            check("the response")
        except ValueError as error:
            if isinstance(error, ConnectorError):
                raise
            raise InvalidResponse(f"the response to {self._operation.id} {error}") from None

    def _holder(self, content_type: str, declared: DeclaredResponse | None) -> Way:
        ways = self._reading.ways(content_type, declared)
        return next((way for way in ways if way.body.decode_items is not None), ways[0])

    def _list(self, holder: Body, declared: DeclaredResponse | None) -> tuple[tuple[str, ...], Schema]:
        """Where the list is, and the schema of its items."""
        schema = self._contract(holder.schema) if holder.schema is not None else ANY
        if holder.codec is EVENTS:
            return (), schema.items or ANY if "array" in schema.types else self._event(holder, declared)
        if holder.codec.listed and schema.types == ("string",):
            return (), ANY  # the text of a sequence whose items are not described
        paging = self._paging()
        if holder.codec.listed or "array" in schema.types:
            path: tuple[str, ...] = ()
        elif paging is not None and paging.items:
            path = paging.items
        else:
            lists = [name for name, member in schema.properties.items() if "array" in self._contract(member).types]
            path = (lists[0],) if len(lists) == 1 else ()
        for name in path:
            schema = self._contract(schema.properties[name]) if name in schema.properties else ANY
        if "array" not in schema.types:
            raise Unsupported(f"the response to {self._operation.id} has no list of items; call it")
        return path, schema.items or ANY

    def _event(self, holder: Body, declared: DeclaredResponse | None) -> Schema:
        entry = describing(declared.content, holder.media_type) if declared is not None else None
        return event_body.event_schema(entry.schema if entry is not None else None, self._contract)


def _typed(body: Body, wire: object, validate: str) -> tuple[object, list[Problem]]:
    """The Python value of an item, with its problems: it is below the top of its response."""
    problems: list[Problem] = []
    value = body.from_wire(wire, problems)
    if validate != "off":
        problems += [replace(problem, kind=leniency.SCHEMA) for problem in body.validate(value)]
    return body.parse(value, problems), problems
