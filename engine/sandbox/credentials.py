"""The credentials that a sandbox accepts, the check of a request for them, and the challenge if they are wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from werkzeug.http import quote_header_value

from openconnectors.engine.call.auth.schemes import credentials
from openconnectors.engine.http import Headers
from openconnectors.engine.model import MISSING, ConnectionParameter, Operation, Scheme, Service
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.policies.expressions import plain


def connection_values(service: Service) -> dict[str, str]:
    """The connection values that a sandbox of a service accepts, by parameter: those that the document declares
    (``x-connector-sandbox``), else a default, the first allowed value, or ``sandbox-<name>``."""
    declared = service.sandbox.get("connection") or {}

    def value(parameter: ConnectionParameter) -> str:
        text = declared.get(parameter.name, parameter.default)
        if text is MISSING or (parameter.allowed and text not in parameter.allowed):
            text = parameter.allowed[0] if parameter.allowed else f"sandbox-{parameter.name.replace('_', '-')}"
        return plain(text)

    return {parameter.name: value(parameter) for parameter in service.connection}


def authorized(
    service: Service, plan: Plan, values: Mapping[str, str], headers: Headers, query: Mapping[str, str]
) -> bool:
    """True if a request has the credentials that these connection values give for one of the operation's alternatives,
    or the operation needs none."""
    operation = plan.operation
    if not operation.security:
        return True
    arguments = {
        parameter.name: headers[parameter.name]
        for parameter in operation.parameters
        if parameter.location == "header" and parameter.name in headers
    }
    by_policy = plan.requests.policy_credentials(arguments, query)
    return any(
        credentials(service, replace(operation, security=(alternative,)), values)
        .merged(by_policy)
        .matches(headers, query)
        for alternative in operation.security
    )


def challenges(service: Service, operation: Operation, headers: Headers) -> dict[str, str]:
    """``WWW-Authenticate`` with a challenge for each scheme of an operation (RFC 9110 section 11.6.1); empty if no
    scheme is declared. ``headers`` are those of the refused request."""
    realm = service.title.encode("ascii", "replace").decode("ascii")
    texts = [
        _challenge(service.schemes[name], scopes, realm, rejected="Authorization" in headers)
        for alternative in operation.security
        for name, scopes in alternative.items()
        if name in service.schemes
    ]
    return {"WWW-Authenticate": ", ".join(dict.fromkeys(texts))} if texts else {}


def _challenge(scheme: Scheme, scopes: tuple[str, ...], realm: str, *, rejected: bool) -> str:
    """A challenge by the scheme's registered name (RFC 7617, RFC 6750), or by ``ApiKey``, which is not registered.

    ``rejected``: the request had credentials (``invalid_token``, RFC 6750 section 3.1).
    """
    parameters = {"realm": realm}
    name = {"basic": "Basic", "apiKey": "ApiKey"}.get(scheme.type, "Bearer")
    if name == "Basic":
        parameters["charset"] = "UTF-8"  # RFC 7617 section 2.1
    elif name == "ApiKey":
        parameters |= {"name": scheme.parameter.encode("ascii", "replace").decode("ascii"), "in": scheme.location}
    else:
        parameters |= {"scope": " ".join(scopes)} if scopes else {}
        parameters |= {"error": "invalid_token"} if rejected else {}
    quoted = (f"{key}={quote_header_value(text, allow_token=False)}" for key, text in parameters.items())
    return f"{name} {', '.join(quoted)}"
