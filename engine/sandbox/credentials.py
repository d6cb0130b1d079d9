"""The check of a request for the credentials that a sandbox accepts, and the challenge if they are wrong."""

from __future__ import annotations

from collections.abc import Mapping

from openconnectors.engine.auth.scheme import Received
from openconnectors.engine.auth.schemes import SCHEMES, place, row_of, values_of
from openconnectors.engine.model import Operation, Service
from openconnectors.engine.plan.plan import Plan


class Gate:
    """Checks the credentials of requests for one service with these connection values: a guard for each scheme, which
    may keep what it sent in a challenge (a nonce)."""

    def __init__(self, service: Service, values: Mapping[str, str]) -> None:
        self._service = service
        self._guards = {
            name: row_of(scheme).guard(scheme, values_of(scheme, values))
            for name, scheme in service.schemes.items()
            if scheme.type in SCHEMES
        }

    def admits(self, plan: Plan, received: Received) -> bool:
        """True if a request has the credentials of one of the operation's alternatives, and those that policies set;
        or the operation needs none."""
        operation = plan.operation
        if not operation.security:
            return True
        arguments = {
            parameter.name: received.headers[parameter.name]
            for parameter in operation.parameters
            if parameter.location == "header" and parameter.name in received.headers
        }
        by_policy = plan.requests.policy_credentials(arguments, received.query)
        instead = by_policy.instead | {name.lower() for name in by_policy.names()}
        return by_policy.matches(received.headers, received.query) and any(
            all(self._guards[name].admits(received) for name in alternative if self._is_guarded(name, instead))
            for alternative in operation.security
        )

    def _is_guarded(self, name: str, instead: frozenset[str]) -> bool:
        """True unless policies set what the scheme would; published documents name schemes that they do not define."""
        scheme = self._service.schemes.get(name)
        return scheme is not None and place(scheme)[1].lower() not in instead

    def challenges(self, operation: Operation, received: Received) -> dict[str, str]:
        """``WWW-Authenticate`` with a challenge for each scheme of an operation (RFC 9110 section 11.6.1); empty if no
        scheme is declared."""
        realm = self._service.title.encode("ascii", "replace").decode("ascii")
        texts = [
            text
            for alternative in operation.security
            for name, scopes in alternative.items()
            if name in self._guards and (text := self._guards[name].challenge(realm, scopes, received))
        ]
        return {"WWW-Authenticate": ", ".join(dict.fromkeys(texts))} if texts else {}
