"""From keyword arguments to the target and the body of a plain request: the first step of ``engine.fast``.

Plain are arguments that are text, numbers, booleans, lists and objects, for the path, the query and a body of one
schema in JSON or as a form, in an operation whose policies change no more than the head. Header fields are not written
here: a head is prepared once for the requests that have it, and what of the arguments is in it is its key.

The parts that write values are the plan's: this module joins them without what is needed only to say what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from msgspec import Struct

from openconnectors.engine.errors import ConnectorError, Problem
from openconnectors.engine.fast.declined import DECLINED, NotPlain
from openconnectors.engine.model import Parameter
from openconnectors.engine.plan.arguments import Argument
from openconnectors.engine.plan.bodies import JSON
from openconnectors.engine.plan.options import Options
from openconnectors.engine.plan.plain_data import plain_data
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.policies.effects import ChangeRequest, Effect, Ignored
from openconnectors.engine.values.codecs import codec_for
from openconnectors.engine.values.transform import Converter

_JSON, _FORM = codec_for(JSON), codec_for("application/x-www-form-urlencoded")
"""The codecs of plain bodies: the media type does not depend on the value."""
_MEANT = frozenset({"accept", "content-type", "cookie", "host"})
"""Header fields whose value decides more than their text."""
_HELD_BY_ALL = 2**63
"""An integer below this in size is one in every codec, and for every peer."""


Head: TypeAlias = tuple[Any, ...]
"""What the head of a request is prepared for: whether there is a body, and the names and values of the arguments that
are header fields."""


class Message(Struct, frozen=True):
    """What differs between the requests of one operation: the path and the query as they are sent, the body, and the
    head."""

    target: str
    body: bytes | None
    head: Head


class _Slot(Struct, frozen=True):
    """What becomes of one keyword argument."""

    key: str
    """Its name among the values, or among the members of the body."""
    is_member: bool
    is_whole: bool
    """True if it is the whole body."""
    omits_null: bool
    """True if null means that it is not there."""
    operators: tuple[str, ...]
    """Texts at its start that make it another parameter's."""
    is_field: bool
    """True if it is a header field."""
    convert: Converter | None


def writer(plan: Plan, options: Options, prefix: str) -> Writer | None:
    """What writes the messages of an operation, whose path is below ``prefix``; None if none of its calls is plain."""
    arguments, gathering = plan.all_arguments, plan.gathering
    if gathering.nested or len(arguments.body_schemas) > 1 or options.part_headers:
        return None
    if not all(isinstance(effect, Ignored) or _is_in_head(effect) for effect in plan.policies.request):
        return None
    if plan.negotiation.accepted(options.accept)[1] or arguments.at["cookie"] or arguments.at["querystring"]:
        return None
    if any(argument.parameter.encoding == "none" or argument.parameter.allow_reserved for argument in _in_url(plan)):
        return None
    body = plan.operation.request_body
    try:
        if body is None:
            return Writer(plan, options, prefix)
        sent, problems = plan.negotiation.body_for(options.content_type, {arguments.body_name: {}}, None)
        is_plain = sent is not None and not problems and sent.codec in (_JSON, _FORM)
        return Writer(plan, options, prefix) if is_plain else None
    except (ConnectorError, ValueError):
        return None  # which the plan raises for each call


def _is_in_head(effect: Effect) -> bool:
    return isinstance(effect, ChangeRequest) and effect.in_head


def _in_url(plan: Plan) -> tuple[Argument, ...]:
    return (*plan.all_arguments.at["path"], *plan.all_arguments.at["query"])


def _slots(plan: Plan) -> Iterator[tuple[str, _Slot]]:
    """The slots of the arguments that are plain, by each of their names."""
    body = plan.operation.request_body
    for name, argument in plan.all_arguments.by_name.items():
        if argument.location not in ("path", "query", "header", "property", "body"):
            continue
        if argument.location == "header" and argument.wire.lower() in _MEANT:
            continue
        if argument.location == "property" and body is not None and argument.wire == body.name and not body.fields:
            continue  # it may be the whole body, too
        is_member = argument.location == "property"
        declared = argument.declaration
        yield (
            name,
            _Slot(
                key=argument.path[0] if is_member else argument.name,
                is_member=is_member,
                is_whole=argument.location == "body",
                omits_null=not argument.required and not plan.gathering.nullable(argument.schema),
                operators=tuple(declared.operators) if isinstance(declared, Parameter) else (),
                is_field=argument.location == "header",
                convert=None if is_member else plan.compiler.serializer(argument.schema),
            ),
        )


class Writer:
    """Writes the messages of one operation."""

    def __init__(self, plan: Plan, options: Options, prefix: str) -> None:
        self._path = plan.url.path
        self._query = plan.url.query
        self._prefix = prefix
        arguments = plan.all_arguments
        schemas = arguments.body_schemas
        schema = schemas[0] if schemas else None
        self._whole = arguments.body_name
        self._accept = plan.negotiation.accepted(options.accept)[0]
        self._accepts = plan.gathering.validator(schema).accepts
        self._defaults = {argument.name: argument.default for argument in plan.gathering.defaults}
        members = plan.gathering.default_members(schema) if schema is not None else ()
        self._default_members = {argument.path[0]: argument.default for argument in members}
        body = plan.operation.request_body
        self._needs_members = bool(body is not None and body.required and arguments.at["property"])
        self._convert_body = plan.compiler.serializer(schema) if schema is not None else None
        self._body = plan.negotiation.body_for(options.content_type, {**self._defaults, self._whole: {}}, schema)[0]
        self._takes_lists = self._body is not None and self._body.codec is _JSON
        self._slots = dict(_slots(plan))

    def write(self, arguments: Mapping[str, Any]) -> Message | NotPlain:
        """The message for arguments by Python or wire name; ``DECLINED`` for what is not plain, or not valid."""
        values: dict[str, Any] = {}
        members: dict[str, Any] = {}
        slots, problems, fields = self._slots, list[Problem](), list[Any]()
        for name, value in arguments.items():
            slot = slots.get(name)
            if slot is None:
                return DECLINED
            kind = type(value)
            if kind is str:
                if slot.operators and value.startswith(slot.operators):
                    return DECLINED
            elif kind is int:
                if not -_HELD_BY_ALL < value < _HELD_BY_ALL:
                    return DECLINED
            elif value is None:
                if slot.omits_null:
                    continue
            elif kind is dict or kind is list:
                value, wrong = plain_data(value, ())
                if wrong or slot.is_field or (slot.is_whole and kind is list and not self._takes_lists):
                    return DECLINED
            elif kind is not bool and kind is not float:
                return DECLINED
            if slot.convert is not None:
                value = slot.convert(value, (), problems)
            place = members if slot.is_member else values
            if slot.key in place or (slot.is_whole and kind is not dict and kind is not list):
                return DECLINED
            place[slot.key] = value
            if slot.is_field:
                fields += (slot.key, kind, value)
        if self._defaults:
            values = {**values, **{name: value for name, value in self._defaults.items() if name not in values}}
        if members:
            if self._whole in values:
                return DECLINED
            for name, value in self._default_members.items():
                members.setdefault(name, value)
            values[self._whole] = self._convert_body(members, (), problems) if self._convert_body else members
        elif self._needs_members and self._whole not in values:
            return DECLINED
        if problems or not self._accepts(values):
            return DECLINED
        return self._message(values, fields, problems)

    def _message(self, values: dict[str, Any], fields: list[Any], problems: list[Problem]) -> Message | NotPlain:
        """The message for valid values."""
        try:
            path, wrong = self._path(values, self._accept)
            pairs, refused = self._query(values, self._accept)
            body = None
            if self._body is not None and self._whole in values:
                data = self._body.encode(values[self._whole], problems)
                if type(data) is not bytes:
                    return DECLINED
                body = data
        except (ValueError, ConnectorError):
            return DECLINED
        if wrong or refused or problems:
            return DECLINED
        target = self._prefix + path
        if pairs:
            target = f"{target}{'&' if '?' in target else '?'}{'&'.join(pairs)}"
        return Message(target, body, (body is not None, *fields))
