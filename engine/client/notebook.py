"""A connector in a notebook: a table of its operations."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from openconnectors.engine.call.connected import ConnectedService
from openconnectors.engine.errors import InvalidDocument, printable

_LONGEST = 120
"""Characters of what is shown of an operation: what it does, in a line."""


def table(connected: ConnectedService) -> str:
    """The operations as a table in HTML: names, methods and paths, what they do. What a document says is text in it."""
    service, base = connected.service, f"{connected.connection.base}"  # as it may be shown, without secrets
    caption = f"<b>{_text(service.title or connected.name)}</b> {_text(service.version)} at {_text(base)}"
    head = "<tr><th>operation</th><th>request</th><th>what it does</th></tr>"
    return f"<table><caption>{caption}</caption><thead>{head}</thead><tbody>{''.join(_rows(connected))}</tbody></table>"


def _rows(connected: ConnectedService) -> Iterator[str]:
    for name, operation_id in connected.operation_ids.items():
        method, path = connected.service.places.get(operation_id, ("", ""))
        try:
            operation = connected.service.operations[operation_id]
            method, path = operation.method, operation.path
            does = operation.title or operation.description
        except InvalidDocument as error:
            does = f"cannot be called: {error}"
        cells = (f"<code>{_text(name)}</code>", f"{_text(method)} <code>{_text(path)}</code>", _text(does))
        yield f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _text(text: str) -> str:
    return escape(printable(text, _LONGEST))
