"""A made-up connection: values that a connection may have, for a service that nobody runs."""

from __future__ import annotations

from openconnectors.engine.model import MISSING, ConnectionParameter, Service
from openconnectors.engine.policies.expressions import plain


def sample_values(service: Service) -> dict[str, str]:
    """The connection values that a sandbox of a service accepts, by parameter: those that the document declares
    (``x-connector-sandbox``), else a default, the first allowed value, or ``sandbox-<name>``."""
    declared = service.sandbox.get("connection") or {}

    def value(parameter: ConnectionParameter) -> str:
        text = declared.get(parameter.name, parameter.default)
        if text is MISSING or (parameter.allowed and text not in parameter.allowed):
            text = parameter.allowed[0] if parameter.allowed else f"sandbox-{parameter.name.replace('_', '-')}"
        return plain(text)

    return {parameter.name: value(parameter) for parameter in service.connection}
