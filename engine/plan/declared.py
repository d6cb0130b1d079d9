"""Which declared response of an operation describes a response."""

from __future__ import annotations

from openconnectors.engine.model import DeclaredResponse, Operation


def declared_response(operation: Operation, status: int) -> DeclaredResponse | None:
    """The declared response for a status: of its code, its range, else ``default``.

    For a success, ``default`` gives no schema if another success is declared by its code: then it describes errors.
    """
    responses = operation.responses
    exact = responses.get(str(status)) or responses.get(f"{status // 100}XX")
    if exact is not None or "default" not in responses:
        return exact
    if 200 <= status < 300 and any(code.startswith("2") for code in responses):
        return DeclaredResponse(status=str(status), at=responses["default"].at)
    return responses["default"]


def success(operation: Operation) -> DeclaredResponse | None:
    """The declared response of a success: of several the first with a body."""
    responses = [response for status, response in sorted(operation.responses.items()) if status.startswith("2")]
    return next((response for response in responses if response.content), responses[0] if responses else None)
