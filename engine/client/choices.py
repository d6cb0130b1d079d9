"""The values that may be given for a parameter: of its enum, or asked from the service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from msgspec.structs import replace

from openconnectors.engine.call.calls import Calls
from openconnectors.engine.call.paging import pages
from openconnectors.engine.errors import UnknownName, Unsupported
from openconnectors.engine.flows import Flow, collected
from openconnectors.engine.model import MISSING, Choices, Service
from openconnectors.engine.naming import snake
from openconnectors.engine.plan.members import pick

Choice: TypeAlias = tuple[Any, str]
"""A value and its title."""


def choices(calls: Calls, parameter: str, below: Any, arguments: Mapping[str, Any]) -> Flow[list[Choice]]:
    """The choices for a parameter; with ``below``, a choice, those that it holds.

    Raise ``UnknownName`` for a parameter without choices.
    """
    argument = calls.argument(parameter)
    contract = calls.plan.contract(argument.schema)
    if contract.items is not None:
        contract = calls.plan.contract(contract.items)  # of a list, each of its items is chosen
    source = argument.schema.choices or argument.declaration.choices or contract.choices
    if source is not None and not source.operation:
        source = _picked(calls.connected.service, source)
    if below is not MISSING:
        source = source and source.below
        if source is None:
            raise Unsupported(f"the choices for {parameter!r} hold no others; leave the second argument out")
    if source is None:
        if contract.enum is None:
            raise UnknownName("list of choices for", parameter, _with_choices(calls))
        return [(value, str(value)) for value in contract.enum]
    return [
        choice for value in (yield from _requested(calls, source, below, arguments)) for choice in _read(source, value)
    ]


def _requested(calls: Calls, source: Choices, below: Any, arguments: Mapping[str, Any]) -> Flow[list[Any]]:
    """The values of the responses of the operation that knows the choices, each page of them."""

    def value_of(template: Any) -> Any:
        if not isinstance(template, tuple):
            return template
        kind, name = template
        return below if kind == "chosen" else arguments.get(name, arguments.get(snake(name)))

    needed = {name: value_of(template) for name, template in source.arguments.items()}
    other = calls.of(source.operation)
    paging = other.plan.paging
    if paging is None or not paging.next_link:
        return [(yield from other.response(needed)).value]
    other = yield from other.resolved(needed)
    return [page.value for page in (yield from collected(pages(other, other.request(needed), needed)))]


def _picked(service: Service, declared: Choices) -> Choices | None:
    """The service's own way to choose a file, with what a parameter says of it."""
    picker = service.picker
    if picker is None:
        return None

    def completed(step: Choices) -> Choices:
        known = {name: value for name, value in declared.arguments.items() if name in step.arguments}
        return replace(step, arguments={**step.arguments, **known}, value=declared.value or step.value)

    return replace(completed(picker), below=None if picker.below is None else completed(picker.below))


def _with_choices(calls: Calls) -> list[str]:
    arguments = calls.plan.arguments
    return [argument.name for argument in arguments if argument.schema.choices or argument.declaration.choices]


def _read(source: Choices, value: Any) -> Iterator[Choice]:
    """The choices in the value of a response."""
    items = pick(value, source.items) if source.items else value
    for item in items if isinstance(items, list) else ():
        chosen = pick(item, source.value) if source.value else item
        title = pick(item, source.title)
        yield chosen, str(chosen if title is None else title)
