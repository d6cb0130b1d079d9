"""A connection: the values of one account, and what they make of a service: a base URL and credentials."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from openconnectors.engine.auth.oauth2 import FIELDS, SECRET_FIELDS, Store, Tokens, client_of
from openconnectors.engine.auth.scheme import Auth, FixedAuth, Part
from openconnectors.engine.auth.schemes import SCHEMES, needed, row_of
from openconnectors.engine.call.retry import Quota
from openconnectors.engine.credentials import NO_CREDENTIALS, Credentials
from openconnectors.engine.documents.dialects.lowering import UNUSABLE
from openconnectors.engine.endpoints import HOST
from openconnectors.engine.errors import ConnectionMissing, nearest
from openconnectors.engine.flows import Flow, Send
from openconnectors.engine.http import NO_HOST, Request, Response, checked_base
from openconnectors.engine.masking import Mask, Url, revealed, sealed
from openconnectors.engine.model import MISSING, ConnectionParameter, Operation, Scheme, Service
from openconnectors.engine.path_templates import expand, variables
from openconnectors.engine.policies.expressions import plain
from openconnectors.engine.secret import Secret, Values
from openconnectors.engine.urls import segment


def held(values: Mapping[str, Any]) -> Values:
    """The values of a mapping as secrets, whatever they are for; those that are None are left out.

    Nothing is refused here, where they are still in clear: ``Connection`` refuses what is ``unfit``.
    """
    found = Values({name: _secret(value) for name, value in values.items() if value is not None})
    found.unfit = values.unfit if isinstance(values, Values) else ""
    for name, value in values.items():
        if not isinstance(value, (str, int, float, Decimal, Secret, type(None))):
            found.unfit = f"the connection value {name} is a {type(value).__name__}; give a text"
        elif any("\ud800" <= character <= "\udfff" for character in found.get(name, Secret("")).reveal()):
            found.unfit = f"the connection value {name} has half of a surrogate pair in it, which is no text"
    return found


def _secret(value: Any) -> Secret:
    if isinstance(value, Secret):
        return value
    return Secret(plain(value) if isinstance(value, (str, int, float)) else str(value))


def secret_names(service: Service) -> frozenset[str]:
    """The connection values of a service that are shown nowhere: those that are declared so, those behind the secret
    part of a security scheme, and what an OAuth client keeps to itself."""
    declared = {one.name for one in service.connection if one.secret}
    bound = {
        name
        for scheme in service.schemes.values()
        for part, name in scheme.values.items()
        if part not in {one.name for one in _parts(scheme) if not one.secret}
    }
    return frozenset({*declared, *bound, *SECRET_FIELDS})


def may_be_empty(service: Service) -> frozenset[str]:
    """The connection values for which an empty text is a value: user and password of basic (RFC 7617 section 2)."""
    return frozenset(
        scheme.values[part.name]
        for scheme in service.schemes.values()
        for part in _parts(scheme)
        if part.may_be_empty and part.name in scheme.values
    )


def _parts(scheme: Scheme) -> tuple[Part, ...]:
    """The parts of a scheme; none if its type has no row, as in published documents."""
    row = SCHEMES.get(scheme.type)
    return row.parts if row is not None else ()


Ways = Callable[[Sequence[str]], str]
"""How connection values of these names are given: a sentence, or lines."""


def in_code(names: Sequence[str]) -> str:
    """How values are given where the connector was not loaded by name."""
    given = ", ".join(f'"{name}": "…"' for name in names)
    return f"Give connection={{{given}}}"


class Connection:
    """The values of a service's connection parameters for one account.

    Raises ``ConnectionMissing`` for a value that is missing, unknown or unusable, and for a
    service whose document names no host where ``base_url`` gives none. A ``{name}`` in ``base_url`` is a
    connection value, as in the document's own.
    """

    def __init__(
        self,
        service: Service,
        values: Mapping[str, Any],
        base_url: str | None = None,
        store: Store | None = None,
        ways: Ways = in_code,
    ) -> None:
        self._ways = ways
        names = list(values)
        values = held(values)
        if values.unfit:
            raise ConnectionMissing(values.unfit)
        known = {one.name: one for one in service.connection}
        token = next((one for one in known.values() if one.oauth is not None), None)
        beside = [name for name in FIELDS if token is not None and name not in known]
        for name in names:
            if name not in known and name not in beside:
                raise ConnectionMissing(f"there is no connection value {name!r}{nearest(name, [*known, *beside])}")
        defaults = held({one.name: one.default for one in known.values() if one.default is not MISSING})
        empty, hidden = may_be_empty(service), secret_names(service)
        given = {name: value for name, value in values.items() if value or name in empty}
        own = {name: value for name, value in given.items() if name in known}
        self.mask = Mask(value for name, value in {**defaults, **given}.items() if name in hidden)
        """The secrets of the connection, for whatever is shown."""
        self.values = Values(
            {name: value if name in hidden else value.reveal() for name, value in {**defaults, **own}.items()}
        )
        lacking = missing(service, self.values)
        if lacking:
            names = [one.name for one in lacking]
            raise self._missing(f"the connection has no {', '.join(names)}", names)
        for one in known.values():
            if one.allowed and one.name in own and own[one.name].reveal() not in map(plain, one.allowed):
                listed = ", ".join(map(plain, one.allowed))
                raise ConnectionMissing(f"the connection value {one.name} is one of {listed}")
        self._service = service
        self._prepared = _Prepared({})
        self._token = token.name if token is not None else ""
        self._tokens: Tokens | None = None
        if token is not None and token.oauth is not None:
            kept = Values({name: given[name] for name in (*FIELDS, token.name) if name in given})
            self._tokens = Tokens(client_of(token.oauth, given), token.name, kept, store)
        self.fixed = base_url is not None
        """Whether the operator has named the place, so that no policy chooses another."""
        with sealed(self.mask):
            self.base = Url(self._base(service.servers[0].url if service.servers else "", base_url), self.mask)
        self.quota = Quota()

    def __repr__(self) -> str:
        return f"Connection({self.base}, {', '.join(self.values)})"

    def __reduce__(self) -> Any:
        raise TypeError("a connection holds credentials and is not pickled; load the connector where it is needed")

    def _base(self, server: str, base_url: str | None) -> str:
        """The URL below which every path stands; ``base_url`` takes the place of the server's scheme and host."""
        if base_url is None:
            return self._own_base(server)
        whole = self._filled(base_url)
        _, slash, path = server.rpartition("://")[2].partition("/")
        return checked_base(Url(whole, self.mask)) + self._segments(slash + path)

    def _own_base(self, server: str) -> str:
        """The URL that the document names. Where it names no host, or a value for it is missing, a policy may name one:
        then it is empty, and a request that still has none is refused."""
        lacking = [name for name in variables(server) if name not in self.values]
        host = server.rpartition("://")[2].partition("/")[0]
        if (lacking or not host) and self._service.policies:
            return ""
        whole = self._filled(server)
        if not host:
            unusable = [str(one) for one in self._service.diagnostics if one.rule == UNUSABLE]
            raise ConnectionMissing("\n".join([*unusable, NO_HOST]))
        return checked_base(Url(whole, self.mask))

    def _filled(self, template: str) -> str:
        """A URL with its holes filled. Without a scheme of its own the values bring it along."""
        scheme, mark, rest = template.rpartition("://")
        host, slash, path = rest.partition("/")
        filled = expand(host, lambda name: self._part(name, str))
        if mark and filled != host and not HOST.match(filled):
            raise ConnectionMissing(f"{filled!r}, which the connection's values make, is no host name")
        return f"{scheme}{mark}{filled}{self._segments(slash + path)}"

    def _missing(self, said: str, names: Sequence[str]) -> ConnectionMissing:
        """The error for values that are missing, with the ways to give them."""
        return ConnectionMissing(f"{said}. {self._ways(names)}", names)

    def _segments(self, path: str) -> str:
        return expand(path, lambda name: self._part(name, segment))

    def _part(self, name: str, encode: Callable[[str], str]) -> str:
        value = self.values.get(name)
        if value is None:
            raise self._missing(f"the connection has no {name}, which is a part of the base URL", [name])
        try:
            return encode(revealed(value))
        except ValueError as error:
            raise ConnectionMissing(f"the connection value {name} {error}") from None

    def send(self, operation: Operation, request: Request, send: Send) -> Flow[Response]:
        """Send a request of an operation with its credentials. A token that has ended is renewed first; one that is
        refused (401) is renewed, and the request sent once more.

        Of several requests that carried one token, the first renews it. Raise ``ConnectionMissing`` for values that
        are missing; none is needed for a scheme whose header field the request brings along.
        """
        tokens = self._tokens if self._tokens is not None and self._tokens.renews() else None
        if tokens is not None:
            self._use((yield from tokens.current()))
        chain = self._authentication(operation, request.credentials.instead)
        response = yield from chain.flow(request, send)
        if response.status != 401 or tokens is None or chain.token is None or not request.repeatable:
            return response
        renewed = yield from tokens.after(chain.token)
        if renewed == chain.token:
            return response
        self._use(renewed)
        return (yield from self._authentication(operation, request.credentials.instead).flow(request, send))

    def credentials(self, operation: Operation, instead: frozenset[str] = frozenset()) -> Credentials:
        """The credentials of an operation that are the same in each request; others are made while it is sent."""
        return self._authentication(operation, instead).fixed

    def _authentication(self, operation: Operation, instead: frozenset[str]) -> _Chain:
        """What authenticates an operation, kept for the next call."""
        key = operation.id, instead
        prepared = self._prepared
        chain = prepared.chains.get(key)
        if chain is None:
            missing: ConnectionMissing | None = None
            try:
                chain = prepared.chains[key] = self._chain(prepared, operation, instead)
            except ConnectionMissing as error:
                missing = error
            if missing is not None:
                raise self._missing(str(missing), missing.lacking) if missing.lacking else missing
        assert chain is not None  # noqa: S101 - else an error was raised
        return chain

    def _chain(self, prepared: _Prepared, operation: Operation, instead: frozenset[str]) -> _Chain:
        values = Values(self.values)
        pairs = needed(self._service, operation, values, instead)
        for scheme, parts in pairs:
            if scheme.name not in prepared.auths:
                prepared.auths[scheme.name] = row_of(scheme).authenticate(scheme, parts)
        sends_token = any(self._token in scheme.values.values() for scheme, _ in pairs)
        token = Secret.of(values.get(self._token) or "") if self._token and sends_token else None
        return _Chain([prepared.auths[scheme.name] for scheme, _ in pairs], token)

    def _use(self, token: Secret) -> None:
        """Take a renewed token into use: what was made of the one before is made anew. The value changes first, so that
        whoever prepares something meanwhile either has the new value or keeps it nowhere."""
        if token and self.values.get(self._token) != token:
            self.mask.add(token)
            self.values[self._token] = token
            schemes = self._service.schemes
            auths = self._prepared.auths.items()
            self._prepared = _Prepared(
                {name: auth for name, auth in list(auths) if self._token not in schemes[name].values.values()}
            )


class _Prepared:
    """What was made of the values that a connection has now: by the name of a scheme its authentication, which
    remembers what the service said, and by operation those that are nested."""

    def __init__(self, auths: dict[str, Auth]) -> None:
        self.auths = auths
        self.chains: dict[tuple[str, frozenset[str]], _Chain] = {}


class _Chain:
    """The schemes of one operation, nested in each other: the first sees a request first. ``token`` is the one of the
    connection's tokens that they send; None if they send none."""

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


def missing(service: Service, values: Mapping[str, Any]) -> list[ConnectionParameter]:
    """The values that a connection still needs: those that every one has, and of its sets one whole. Of several
    sets, the one with the most values given."""

    empty = may_be_empty(service)

    def given(name: str) -> bool:
        value = values.get(name)
        return value is not None and (revealed(value) != "" or name in empty)

    def lacking(one: ConnectionParameter) -> bool:
        return one.required and not given(one.name) and one.default is MISSING

    found = [one for one in service.connection if not one.sets and lacking(one)]
    names = list(dict.fromkeys(name for one in service.connection for name in one.sets))
    members = {name: [one for one in service.connection if name in one.sets] for name in names}
    if names and not any(all(not lacking(one) for one in members[name]) for name in names):
        nearest_one = max(names, key=lambda name: sum(given(one.name) for one in members[name]))
        found += [one for one in members[nearest_one] if lacking(one)]
    return found
