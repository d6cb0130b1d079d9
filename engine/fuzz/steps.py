"""A sequence of calls as data: what was done, to be repeated, and what was sent, to be shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from openconnectors.engine.errors import printable


class Step(Struct, frozen=True):
    """Something that is done with a resource: a verb of a session, the number of the item that it is about (of those
    that were created, None for none), and arguments by Python name, without those that say which item it is."""

    verb: str
    item: int | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)


CREATING = ("create", "create-by-put", "adopt")
"""The verbs that give a session an item."""


class Source(Struct, frozen=True):
    """Where the value of an argument comes from: the number of a call, and the path in its response."""

    call: int
    path: tuple[str, ...]


class SentCall(Struct, frozen=True):
    """A call that was sent: the operation by its Python name (empty: the URL of a response was read), arguments, those
    of them that come from other calls, the request without credentials, and the status."""

    name: str
    arguments: Mapping[str, Any]
    sources: Mapping[str, Source]
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    status: int = 0
    fields: Mapping[str, str] = field(default_factory=dict)
    """Header fields beside those that the operation sends."""
    curl: str = ""
    """The request as a command, credentials as variables."""


class CallSequence(Struct, frozen=True):
    """The steps of a failure with a resource, which is named by its path, and the calls that they came to."""

    resource: str
    steps: tuple[Step, ...]
    calls: tuple[SentCall, ...] = ()

    def python(self, load: str) -> str:
        """The calls in Python; ``load`` is the expression that gives the connector."""
        used = {source.call for call in self.calls for source in call.sources.values()}
        lines = ["from contextlib import suppress", "import openconnectors", "", f"service = {load}"]
        for index, call in enumerate(self.calls):
            lines.append(_line(index, call, is_used=index in used))
        return "\n".join(lines)

    def curl(self) -> str:
        """The calls as commands of curl."""
        return "\n".join(_curl(call) for call in self.calls)


def _line(index: int, call: SentCall, *, is_used: bool) -> str:
    if not call.name:
        return f"# {call.method} {printable(call.url)} -> {call.status}"
    arguments = []
    for name, value in call.arguments.items():
        source = call.sources.get(name)
        text = (
            f"response_{source.call + 1}.value{''.join(f'[{step!r}]' for step in source.path)}"
            if source
            else repr(value)
        )
        arguments.append(f"{name}={text}")
    fields = f".using(headers={dict(call.fields)!r})" if call.fields else ""
    text = f"service.{call.name}{fields}.response({', '.join(arguments)})"
    if is_used:
        text = f"response_{index + 1} = {text}"
    elif call.status >= 300 or call.status < 200:
        text = f"with suppress(openconnectors.ConnectorError): {text}"
    return f"{text}  # {call.status or 'no response'}"


def _curl(call: SentCall) -> str:
    from_others = [f"{name} of call {source.call + 1}" for name, source in call.sources.items()]
    comment = f"  # {call.status or 'no response'}" + (f"; {', '.join(from_others)}" if from_others else "")
    return printable(call.curl) + comment


def saved_steps(sequence: CallSequence, packed: Any) -> dict[str, Any]:
    """A sequence as plain data: what repeats it. ``packed`` makes JSON of arguments."""
    return {
        "resource": sequence.resource,
        "steps": [
            {"verb": step.verb, "item": step.item, "arguments": packed(dict(step.arguments))} for step in sequence.steps
        ],
    }


def steps_of(saved: object) -> CallSequence:
    """The sequence of saved data; ``ValueError`` if it is something else."""
    if not isinstance(saved, Mapping) or not isinstance(saved.get("steps"), Sequence):
        raise ValueError("the sequence of a saved failure must have steps")
    steps = []
    for step in saved["steps"]:
        if not isinstance(step, Mapping) or not isinstance(step.get("arguments"), Mapping):
            raise ValueError("a step of a saved failure must have a verb and arguments")
        item = step.get("item")
        if not isinstance(item, int | None):
            raise ValueError("the item in a step of a saved failure must be a number")
        steps.append(Step(str(step.get("verb")), item, dict(step["arguments"])))
    return CallSequence(str(saved.get("resource")), tuple(steps))
