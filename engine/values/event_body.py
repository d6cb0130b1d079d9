"""Server-sent events as values: what the ``data`` of an event holds.

Rule 1. ``data`` is text for its schema, as OpenAPI 3.2 has it ("Special Considerations for text/event-stream Content").
Where the schema that describes the event says ``contentMediaType: application/json``, the Python value has what the
text holds, judged by ``contentSchema``. Of alternatives (``oneOf``, ``anyOf``, ``if``) the one counts that the event
keeps to.

Rule 2. Documents without ``itemSchema`` describe events as services do: a schema of fields of events is that of an
event, in which ``data`` may be an object or list; any other schema is that of what ``data`` holds. Then text that is
not JSON (``[DONE]``) is no deviation.

Rule 3. An event without a name is judged as one of the name ``message``, as it is dispatched (WHATWG HTML, section
9.2.6), if the schema knows names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

from msgspec.structs import replace

from openconnectors.engine.errors import Problem
from openconnectors.engine.leniency import SCHEMA
from openconnectors.engine.model import ANY, Schema, XmlRule
from openconnectors.engine.values.body import Body, Compiler
from openconnectors.engine.values.codecs import EVENTS, codec_for, json

_JSON = "application/json"
_FIELDS = frozenset({"data", "event", "id", "retry", "comment"})
_ASSUMED = "x-data"
"""The keyword of a schema of events that is assumed here: the schema of what ``data`` holds."""


def event_schema(schema: Schema | None, resolve: Callable[[Schema], Schema]) -> Schema:
    """The schema of an event, of one that is declared for the items without being an ``itemSchema``. See rule 2."""
    if schema is None:
        return ANY
    names = [name for part in _alternatives(schema, resolve) for name in part[0].properties]
    resolved = resolve(schema)
    if (names and _FIELDS.issuperset(names)) or not (names or resolved.types) or resolved.types == ("string",):
        return schema if "string" not in resolved.types else ANY
    return Schema(types=("object",), keywords={_ASSUMED: schema})


class _Alternative(NamedTuple):
    """A part of a schema, resolved, that describes the values that keep to some schemas."""

    schema: Schema
    conditions: tuple[Schema, ...]


def _alternatives(schema: Schema, resolve: Callable[[Schema], Schema]) -> Iterator[_Alternative]:
    """A schema and those within it that describe the same value, each once."""
    seen: set[int] = set()
    stack: list[tuple[Schema, tuple[Schema, ...]]] = [(schema, ())]
    while stack:
        part, conditions = stack.pop()
        part = resolve(part)
        if id(part) in seen:
            continue
        seen.add(id(part))
        yield _Alternative(part, conditions)
        branches = [(branch, (*conditions, branch)) for branch in (*part.one_of, *part.any_of)]
        condition, then = part.keywords.get("if"), part.keywords.get("then")
        if isinstance(condition, Schema) and isinstance(then, Schema):
            branches.append((then, (*conditions, condition)))
        stack += reversed(branches)


class _Content(NamedTuple):
    """What ``data`` holds in events that keep to some schemas; None: text."""

    conditions: tuple[Schema, ...]
    body: Body | None
    assumed: bool


class EventBody(Body):
    """Server-sent events in one direction: a list of them, or each by itself."""

    def __init__(self, compiler: Compiler, schema: Schema | None, xml: XmlRule, *, received: bool) -> None:
        super().__init__(compiler, schema, EVENTS.matches[0], EVENTS, xml, [], received=received)
        self._compiler = compiler
        self._xml = xml
        self._is_list = schema is not None and "array" in compiler.contract.resolve(schema).types
        items = compiler.contract.resolve(schema).items if schema is not None and self._is_list else schema
        self._event = items or ANY

    @cached_property
    def _parts(self) -> list[_Alternative]:
        return list(_alternatives(self._event, self._compiler.contract.resolve))

    @cached_property
    def _is_named(self) -> bool:
        """Whether the schema knows names of events."""
        return any("event" in part.schema.properties or "event" in part.schema.required for part in self._parts)

    @cached_property
    def _is_structured(self) -> bool:
        """Whether ``data`` itself is declared to be something else than text."""
        resolve = self._compiler.contract.resolve
        kinds = [resolve(part.schema.properties["data"]) for part in self._parts if "data" in part.schema.properties]
        return any(kind.types and "string" not in kind.types for kind in kinds)

    @cached_property
    def _contents(self) -> list[_Content]:
        contents = []
        for schema, conditions in self._parts:
            if isinstance(assumed := schema.keywords.get(_ASSUMED), Schema):
                contents.append(_Content(conditions, self._json(assumed), assumed=True))
            if "data" in schema.properties:
                data = self._compiler.contract.resolve(schema.properties["data"])
                media_type = data.keywords.get("contentMediaType")
                if not isinstance(media_type, str):
                    if conditions:  # an alternative whose data is text: [DONE]
                        contents.append(_Content(conditions, None, assumed=False))
                    continue
                holds_json = codec_for(media_type) is json.CODEC
                content = data.keywords.get("contentSchema")
                body = self._json(content if isinstance(content, Schema) else None) if holds_json else None
                contents.append(_Content(conditions, body, assumed=False))
        return sorted(contents, key=lambda content: content.body is None)

    def _json(self, schema: Schema | None) -> Body:
        return Body(self._compiler, schema, _JSON, json.CODEC, self._xml, [], received=True)

    # The steps of a body, for each event

    def serialize(self, value: Any, problems: list[Problem]) -> Any:
        """The contract value of a Python value: ``data`` that is not text is JSON, if the schema has it as text."""
        events = value if isinstance(value, list) else [value]
        written = [event if self._is_structured else _written(event) for event in events]
        return super().serialize(written if isinstance(value, list) else written[0], problems)

    def from_wire(self, value: Any, problems: list[Problem]) -> Any:
        """The contract value of events, with what ``data`` holds if that is declared there."""
        if self._is_structured:
            events = [_read(event) for event in (value if isinstance(value, list) else [value])]
            value = events if isinstance(value, list) else events[0]
        return super().from_wire(value, problems)

    def decode(self, data: bytes, parameters: Any, problems: list[Problem]) -> Any:
        """The contract value of bytes. ``ValueError`` if they are not of this media type."""
        return self.from_wire(self.decode_wire(data, parameters, problems), problems)

    def validate(self, value: Any) -> list[Problem]:
        """The problems of events by their schema."""
        judged = list(map(self._judged, value)) if isinstance(value, list) else self._judged(value)
        return super().validate(judged)

    def parse(self, value: Any, problems: list[Problem]) -> Any:
        """The Python value of events, with what ``data`` holds."""
        parsed = super().parse(value, problems)
        if not self._contents or isinstance(value, str):
            return parsed
        if isinstance(value, list) and isinstance(parsed, list):
            pairs = zip(value, parsed, strict=True)
            return [self._typed(event, typed, (index,), problems) for index, (event, typed) in enumerate(pairs)]
        return self._typed(value, parsed, (), problems)

    def _judged(self, event: Any) -> Any:
        if self._is_named and isinstance(event, dict) and "event" not in event:
            return {**event, "event": "message"}
        return event

    def _typed(self, event: Any, typed: Any, path: tuple[str | int, ...], problems: list[Problem]) -> Any:
        """The Python value of an event, with what its ``data`` holds: the first content that gives no problem."""
        if not isinstance(event, dict) or not isinstance(typed, dict) or not isinstance(event.get("data"), str):
            return typed
        judged = self._judged(event)
        best: tuple[Any, list[Problem]] | None = None
        for conditions, body, assumed in self._contents:
            if not all(self._compiler.accepts(condition, judged, request=False) for condition in conditions):
                continue
            value, wrong = (typed["data"], []) if body is None else _held(body, event["data"], assumed=assumed)
            if best is None or not wrong:
                best = (value, wrong)
            if not wrong:
                break
        if best is None:
            return typed
        problems += [replace(problem, path=(*path, "data", *problem.path)) for problem in best[1]]
        return {**typed, "data": best[0]}


def _held(body: Body, text: str, *, assumed: bool) -> tuple[Any, list[Problem]]:
    """What a text holds, with its problems."""
    problems: list[Problem] = []
    try:
        value = body.decode(text.encode("utf-8", "surrogatepass"), {}, problems)
    except ValueError as error:
        return text, [] if assumed else [Problem((), str(error), SCHEMA)]
    problems += [replace(problem, kind=SCHEMA) for problem in body.validate(value)]
    return body.parse(value, problems), problems


def _written(event: Any) -> Any:
    """An event whose ``data`` is text."""
    if not isinstance(event, dict) or isinstance(event.get("data", ""), str):
        return event
    return {**event, "data": json.encode(event["data"]).decode()}


def _read(event: Any) -> Any:
    """An event with what its ``data`` holds, if that is an object or a list."""
    if not isinstance(event, dict) or not str(event.get("data", "")).lstrip().startswith(("{", "[")):
        return event
    try:
        return {**event, "data": json.decode(event["data"].encode("utf-8", "surrogatepass"), {}, [])}
    except ValueError:
        return event
