"""How the requests of a connection are authenticated: the schemes of an operation around a request, and the token of
the connection around them.

What was made of the connection's values is kept, and made anew when a token is renewed. Rows that remember what a
service said (the challenge of digest) live as long as the values that they were made of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial

from openconnectors.engine.auth.scheme import Auth, FixedAuth
from openconnectors.engine.auth.schemes import auth_of, needed
from openconnectors.engine.auth.tokens import Tokens
from openconnectors.engine.credentials import NO_CREDENTIALS, Credentials
from openconnectors.engine.errors import ConnectionMissing
from openconnectors.engine.flows import Flow, Send
from openconnectors.engine.http import Request, Response
from openconnectors.engine.masking import Mask
from openconnectors.engine.model import Operation, Service
from openconnectors.engine.secret import Secret, Values


class Authentication:
    """The schemes of a service with the values of a connection. Each of ``tokens`` renews the value of its name;
    ``missing`` words the error for values that are missing."""

    def __init__(
        self,
        service: Service,
        values: Values,
        mask: Mask,
        tokens: Sequence[Tokens],
        missing: Callable[[str, Sequence[str]], ConnectionMissing],
    ) -> None:
        self._service = service
        self._values = values
        self._mask = mask
        self._tokens = {known.name: known for known in tokens}
        self._missing = missing
        self._prepared = _Prepared({})
        self._renewed: dict[tuple[str, frozenset[str]], tuple[Tokens, ...]] = {}
        """The tokens that are renewed for an operation."""

    def send(self, operation: Operation, request: Request, send: Send) -> Flow[Response]:
        """Send a request of an operation with its credentials. A token that has ended is renewed first; one that is
        refused (401) is renewed, and the request sent once more.

        Of several requests that carried one token, the first renews it. Raise ``ConnectionMissing`` for values that
        are missing; none is needed for a scheme whose header field the request brings along.
        """
        instead = request.credentials.instead
        renewed = self._tokens_for(operation, instead) if self._tokens else ()
        for tokens in renewed:
            self.use(tokens.name, (yield from tokens.current()))
        chain = self._chain(operation, instead)
        response = yield from chain.flow(request, send)
        if response.status != 401 or not request.repeatable:
            return response
        changed = False
        for tokens in renewed:
            sent = chain.tokens.get(tokens.name)
            token = (yield from tokens.after(sent)) if sent is not None else None
            if token is not None and token != sent:
                self.use(tokens.name, token)
                changed = True
        if not changed:
            return response
        return (yield from self._chain(operation, instead).flow(request, send))

    def ready(self, operation: Operation, instead: frozenset[str]) -> Chain | None:
        """What has the credentials of an operation's next request, the same object until a value of the connection
        changes; None if something must be done for them first, or they differ from request to request. ``instead``: see
        ``Credentials``."""
        key = operation.id, instead
        chain = self._prepared.chains.get(key)
        if chain is None or not chain.is_fixed:
            return None
        if self._tokens:
            renewed = self._renewed.get(key)
            if renewed is None or not all(tokens.is_ready(chain.tokens.get(tokens.name)) for tokens in renewed):
                return None
        return chain

    def _tokens_for(self, operation: Operation, instead: frozenset[str]) -> tuple[Tokens, ...]:
        """The tokens that an operation sends and that can be had without a person."""
        key = operation.id, instead
        if key not in self._renewed:
            renewing = {name: tokens for name, tokens in self._tokens.items() if tokens.renews()}
            names: list[str] = []
            with suppress(ConnectionMissing):  # which the chain of the operation raises
                for scheme, _ in needed(self._service, operation, self._values, instead, frozenset(renewing)):
                    names += scheme.values.values()
            self._renewed[key] = tuple(tokens for name, tokens in renewing.items() if name in names)
        return self._renewed[key]

    def check(self, operation: Operation) -> None:
        """Raise ``ConnectionMissing`` for an operation whose credentials a person must give first."""
        problem: ConnectionMissing | None = None
        renewing = frozenset(name for name, tokens in self._tokens.items() if tokens.renews())
        try:
            needed(self._service, operation, self._values, frozenset(), renewing)
        except ConnectionMissing as error:
            problem = error
        if problem is not None:  # raised out here: see ``_chain``
            raise self._missing(str(problem), problem.lacking)

    def credentials(self, operation: Operation, instead: frozenset[str]) -> Credentials:
        """The credentials of an operation that are the same in each request."""
        return self._chain(operation, instead).fixed

    def _chain(self, operation: Operation, instead: frozenset[str]) -> Chain:
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

    def _new_chain(self, prepared: _Prepared, operation: Operation, instead: frozenset[str]) -> Chain:
        values = Values(self._values)
        pairs = needed(self._service, operation, values, instead)
        for scheme, parts in pairs:
            if scheme.name not in prepared.auths:
                prepared.auths[scheme.name] = auth_of(scheme, parts)
        names = [name for scheme, _ in pairs for name in scheme.values.values() if name in self._tokens]
        tokens = {name: Secret.of(values.get(name) or "") for name in names}
        return Chain([prepared.auths[scheme.name] for scheme, _ in pairs], tokens)

    def use(self, name: str, token: Secret) -> None:
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
        self.chains: dict[tuple[str, frozenset[str]], Chain] = {}


class Chain:
    """The schemes of one operation, nested in each other: the first sees a request first. ``tokens`` are those of OAuth
    that they send, by name."""

    def __init__(self, auths: Sequence[Auth], tokens: Mapping[str, Secret]) -> None:
        self._auths = tuple(reversed(auths))
        self.tokens = tokens
        self.fixed = NO_CREDENTIALS
        """The credentials that are the same in each request."""
        self.is_fixed = all(type(auth) is FixedAuth for auth in self._auths)
        """True if there are no others."""
        for auth in self._auths:
            if isinstance(auth, FixedAuth):
                self.fixed = self.fixed.merged(auth.credentials)

    def flow(self, request: Request, send: Send) -> Flow[Response]:
        """Send a request through all of them."""
        for auth in self._auths:
            send = partial(auth.flow, send=send)
        return send(request)
