"""Arguments that differ from each other, for items that must be told apart: those of the document's examples, with
other texts and numbers each time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Any
from uuid import UUID

from openconnectors.engine.deferred import pattern
from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.fuzz.comparison import bare
from openconnectors.engine.model import Schema
from openconnectors.engine.naming import snake
from openconnectors.engine.plan.example_values import ExampleValues
from openconnectors.engine.plan.examples import minimal
from openconnectors.engine.plan.options import Options
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.values.codecs import codec_for

_BASE = "http://example.com"
_BINARY = pattern(r"(?i)(image|audio|video)/|application/octet-stream")
"""Media types whose bytes are no text."""
_DAY = date(2024, 2, 28)
_ZONES = ("Z", "+02:00", "Z")
_FORMATTED = {
    "email": lambda number: f"someone{number}@example.com",
    "uri": lambda number: f"https://example.com/{number}",
    "url": lambda number: f"https://example.com/{number}",
    "hostname": lambda number: f"host{number}.example.com",
    "uuid": lambda number: str(UUID(int=0x5E1F0000_0000_4000_8000_000000000000 + number)),
    "date": lambda number: (_DAY + timedelta(days=number)).isoformat(),
    # Every third is in another zone: a service that leaves the offset out stores another moment.
    "date-time": lambda number: f"{(_DAY + timedelta(days=number)).isoformat()}T10:20:30{_ZONES[number % 3]}",
}


def sample(plan: Plan, number: int, *, optional: bool) -> dict[str, Any]:
    """Arguments of an operation by Python name, others for each number; with every member of the body if ``optional``,
    else with those that are needed."""
    least = minimal(plan)
    body = plan.operation.request_body
    if body is None:
        return least
    media_type = json_of(body.content) or next(iter(body.content), "")
    schema = plan.bodies.request_schema(media_type) or Schema()
    examples = ExampleValues(plan, from_document=True, optional=optional, request=True, bytes_depth=0)
    whole = varied(examples.of(schema), schema, plan, number)
    for value in (whole, examples.of(schema), least.get(plan.body_name)):
        if value is None:
            continue
        if isinstance(value, bytes) and _BINARY.match(media_type):
            value += f" {number}".encode() + b"\xff"  # which no text in UTF-8 has
        arguments = _with_body(plan, least, value)
        if accepted(plan, arguments):
            return arguments
    return least


def placed(plan: Plan, number: int, wires: set[str]) -> dict[str, Any]:
    """Other values of path variables, by Python name, for an item that a caller creates: as far as schemas allow."""
    values: dict[str, Any] = {}
    least = minimal(plan)
    for argument in plan.arguments:
        if argument.location == "path" and argument.wire in wires:
            schema = bare(argument.schema, plan.contract)
            other = _other(least.get(argument.name), schema, number)
            other = other.replace(" ", "-") if isinstance(other, str) else other
            if other is not None and plan.accepts(argument.schema, other, request=True):
                values[argument.name] = other
    return values


def lengthened(plan: Plan, arguments: Mapping[str, Any], *, numbers: bool = False) -> dict[str, Any]:
    """Arguments whose texts are as long as they may be, up to a length that databases keep; with ``numbers``, whose
    numbers have a digit more than others have, and those of 64 bits more than a float keeps."""
    body = plan.operation.request_body
    if body is None:
        return dict(arguments)
    media_type = json_of(body.content) or next(iter(body.content), "")
    schema = plan.bodies.request_schema(media_type) or Schema()
    fields = {each.name: each for each in plan.arguments if each.location == "property" and each.name in arguments}
    if plan.body_name in arguments:
        return {**arguments, plan.body_name: _long(arguments[plan.body_name], schema, plan, numbers)}
    longer = {name: _long(arguments[name], each.schema, plan, numbers, name) for name, each in fields.items()}
    return {**arguments, **longer}


_LONG, _USUAL = 2000, 300


def _long(value: Any, schema: Schema, plan: Plan, numbers: bool, called: str = "") -> Any:
    resolved = bare(schema, plan.contract)
    if isinstance(value, Mapping):
        inner = resolved.properties
        return {
            name: _long(each, inner[name], plan, numbers, name) if name in inner else each
            for name, each in value.items()
        }
    if isinstance(value, int | float) and not isinstance(value, bool):
        is_identifier = snake(called).rpartition("_")[2] in ("id", "ids", "number", "code")
        larger = _larger(value, resolved) if numbers and not is_identifier and not resolved.enum else ()
        return next((other for other in larger if plan.accepts(schema, other, request=True)), value)
    if not isinstance(value, str) or resolved.format or resolved.enum or resolved.keywords.get("pattern"):
        return value
    most = min(int(resolved.keywords.get("maxLength", _USUAL)), _LONG)
    return f"{value} {'Text ' * most}"[:most].strip() if most > len(value) else value


_EXACT = 2**53
"""The number above which a float does not have each integer."""


def _larger(value: float, schema: Schema) -> Iterator[float]:
    """Numbers that are larger than a value: in order as numbers, and not as texts."""
    if isinstance(value, int) and schema.format == "int64":
        yield _EXACT + 2 * value + 1
    yield value + 10 ** len(str(int(abs(value))))


def _with_body(plan: Plan, arguments: Mapping[str, Any], value: Any) -> dict[str, Any]:
    """Arguments with another body: whole, or, of a form, its members."""
    body = plan.operation.request_body
    if body is None or value is None:
        return dict(arguments)
    inner = [argument for argument in plan.arguments if argument.location == "property"]
    kept = {name: other for name, other in arguments.items() if name not in {argument.name for argument in inner}}
    if not body.fields:
        return {**kept, plan.body_name: value}
    members = value if isinstance(value, Mapping) else {}
    return {**kept, **{argument.name: members[argument.wire] for argument in inner if argument.wire in members}}


def accepted(plan: Plan, arguments: Mapping[str, Any]) -> bool:
    """Whether a request can be made of arguments."""
    try:
        plan.request(arguments, _BASE, Options(), fixed=True)
    except ConnectorError:
        return False
    return True


def json_of(media_types: Mapping[str, object] | tuple[str, ...]) -> str | None:
    """The first media type of JSON among some; None if there is none."""
    for name in media_types:
        codec = codec_for(name)
        if codec is not None and codec.name == "json" and not codec.listed:
            return name
    return None


def varied(value: Any, schema: Schema, plan: Plan, number: int) -> Any:
    """A value with other texts and numbers, as far as its schema accepts them."""
    resolved = bare(schema, plan.contract)
    if isinstance(value, Mapping):
        return {
            name: varied(_cased(name, member), resolved.properties[name], plan, number + index)
            if name in resolved.properties and name != resolved.discriminator
            else member
            for index, (name, member) in enumerate(value.items())
        }
    if isinstance(value, list) and resolved.items is not None:
        return [varied(item, resolved.items, plan, number + index) for index, item in enumerate(value)]
    for other in (_other(value, resolved, number), _respelled(value, resolved, number)):
        if other is not None and plan.accepts(schema, other, request=True):
            return other
    return value


_TITLES = frozenset(("name", "title", "text", "description", "body", "note", "notes", "comment", "message", "summary",
                     "subject", "content"))  # fmt: skip


def _cased(name: str, value: Any) -> Any:
    """A made-up text with a capital, in a member whose case people see: it is to be kept."""
    is_title = snake(name).rpartition("_")[2] in _TITLES and isinstance(value, str)
    return value.capitalize() if is_title and value.islower() and value.isalpha() else value


def _other(value: Any, schema: Schema, number: int) -> Any:
    if "const" in schema.keywords:
        return None
    if schema.enum:
        choices = [choice for choice in schema.enum if choice not in ("", None)]
        return choices[number % len(choices)] if choices else None
    if isinstance(value, bool):
        return number % 2 == 0
    if isinstance(value, (int, float)):
        return _number(value, schema, number)
    if not isinstance(value, str):
        return None
    if schema.format in _FORMATTED:
        return _FORMATTED[schema.format](number)
    if schema.format is not None and schema.format != "password":
        return None
    most = schema.keywords.get("maxLength")
    tail = f" {number}"
    return f"{value[: int(most) - len(tail)] if most is not None else value}{tail}"


def _number(value: float, schema: Schema, number: int) -> float | None:
    """A number that is as many steps above a value as the limit lets it be, of so many as there are."""
    step, most = schema.keywords.get("multipleOf"), schema.keywords.get("maximum")
    is_whole = isinstance(value, int) and "integer" in schema.types
    if step is None:
        step = 1
        most = most - 0.25 if isinstance(most, (int, float)) and not is_whole else most
    if not isinstance(step, (int, float)) or step <= 0 or (is_whole and not isinstance(step, int)):
        return None
    steps = int((most - value) // step) + 1 if isinstance(most, (int, float)) and most > value else 0
    other = value + (number % steps if steps else number) * step
    if is_whole:
        return other
    return round(other + 0.25, 2) if "multipleOf" not in schema.keywords else round(other, 6)


def _respelled(value: Any, schema: Schema, number: int) -> str | None:
    """A text of the same form, with other digits and letters of ASCII; None for what is of a format or listed."""
    if not isinstance(value, str) or schema.format not in (None, "password") or schema.enum:
        return None
    characters = list(value)
    for index in reversed(range(len(characters))):
        alphabet = next(
            (letters for letters in (digits, ascii_lowercase, ascii_uppercase) if value[index] in letters), ""
        )
        if alphabet:
            characters[index] = alphabet[(alphabet.index(value[index]) + number) % len(alphabet)]
            number //= len(alphabet)
    return "".join(characters)
