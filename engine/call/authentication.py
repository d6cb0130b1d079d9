"""How the requests of a connection are authenticated: the schemes of an operation around a request, and the token of
the connection around them.

What was made of the connection's values is kept, and made anew when a token is renewed. Rows that remember what a
service said (the challenge of digest) live as long as the values that they were made of.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from openconnectors.engine.auth.oauth2 import Tokens
from openconnectors.engine.auth.scheme import Auth, FixedAuth
from openconnectors.engine.auth.schemes import needed, row_of
from openconnectors.engine.credentials import NO_CREDENTIALS, Credentials
from openconnectors.engine.errors import ConnectionMissing
from openconnectors.engine.flows import Flow, Send
from openconnectors.engine.http import Request, Response
from openconnectors.engine.masking import Mask
from openconnectors.engine.model import Operation, Service
from openconnectors.engine.secret import Secret, Values


class Authentication:
    """The schemes of a service with the values of a connection. ``tokens`` renew the value that they have the name of;
    ``missing`` words the error for values that are missing."""

    def __init__(
        self,
        service: Service,
        values: Values,
        mask: Mask,
        tokens: Tokens | None,
        missing: Callable[[str, Sequence[str]], ConnectionMissing],
    ) -> None:
        self._service = service
        self._values = values
        self._mask = mask
        self._tokens = tokens
        self._missing = missing
        self._prepared = _Prepared({})

    def send(self, operation: Operation, request: Request, send: Send) -> Flow[Response]:
        """Send a request of an operation with its credentials. A token that has ended is renewed first; one that is
        refused (401) is renewed, and the request sent once more.

        Of several requests that carried one token, the first renews it. Raise ``ConnectionMissing`` for values that
        are missing; none is needed for a scheme whose header field the request brings along.
        """
        tokens = self._tokens if self._tokens is not None and self._tokens.renews() else None
        if tokens is not None:
            self._use(tokens.name, (yield from tokens.current()))
        chain = self._chain(operation, request.credentials.instead)
        response = yield from chain.flow(request, send)
        if response.status != 401 or tokens is None or chain.token is None or not request.repeatable:
            return response
        token = yield from tokens.after(chain.token)
        if token == chain.token:
            return response
        self._use(tokens.name, token)
        return (yield from self._chain(operation, request.credentials.instead).flow(request, send))

    def credentials(self, operation: Operation, instead: frozenset[str]) -> Credentials:
        """The credentials of an operation that are the same in each request."""
        return self._chain(operation, instead).fixed

    def _chain(self, operation: Operation, instead: frozenset[str]) -> _Chain:
        """The schemes of an operation, kept for the next request."""
        key = operation.id, instead
        prepared = self._prepared
        chain = prepared.chains.get(key)
        if chain is not None:
            return chain
        problem: ConnectionMissing | None = None
        try:
            chain = prepared.chains[key] = self._new_chain(prepared, operation, instead)
        except ConnectionMissing as error:
            problem = error
        if problem is not None:  # raised out here, it has no context whose variables hold values
            raise self._missing(str(problem), problem.lacking) if problem.lacking else problem
        assert chain is not None  # noqa: S101 - else there was a problem
        return chain

    def _new_chain(self, prepared: _Prepared, operation: Operation, instead: frozenset[str]) -> _Chain:
        values = Values(self._values)
        pairs = needed(self._service, operation, values, instead)
        for scheme, parts in pairs:
            if scheme.name not in prepared.auths:
                prepared.auths[scheme.name] = row_of(scheme).authenticate(scheme, parts)
        token: Secret | None = None
        if self._tokens is not None and any(self._tokens.name in scheme.values.values() for scheme, _ in pairs):
            token = Secret.of(values.get(self._tokens.name) or "")
        return _Chain([prepared.auths[scheme.name] for scheme, _ in pairs], token)

    def _use(self, name: str, token: Secret) -> None:
        """Take a renewed token into use: what was made of the one before is made anew. The value changes first, so that
        whoever prepares something meanwhile either has the new value or keeps it nowhere."""
        if token and self._values.get(name) != token:
            self._mask.add(token)
            self._values[name] = token
            schemes = self._service.schemes
            auths = list(self._prepared.auths.items())
            self._prepared = _Prepared({key: auth for key, auth in auths if name not in schemes[key].values.values()})


class _Prepared:
    """What was made of the values that a connection has now: by the name of a scheme, and by operation."""

    def __init__(self, auths: dict[str, Auth]) -> None:
        self.auths = auths
        self.chains: dict[tuple[str, frozenset[str]], _Chain] = {}


class _Chain:
    """The schemes of one operation, nested in each other: the first sees a request first. ``token`` is the renewable
    token that they send; None if they send none."""

    def __init__(self, auths: Sequence[Auth], token: Secret | None) -> None:
        self._auths = tuple(reversed(auths))
        self.token = token
        self.fixed = NO_CREDENTIALS
        for auth in self._auths:
            if isinstance(auth, FixedAuth):
                self.fixed = self.fixed.merged(auth.credentials)

    def flow(self, request: Request, send: Send) -> Flow[Response]:
        """Send a request through all of them."""
        for auth in self._auths:
            send = partial(auth.flow, send=send)
        return send(request)
