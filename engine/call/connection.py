"""A connection: the values of one account, and what they make of a service: a base URL and credentials."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from openconnectors.engine.auth.oauth2 import APPLICATION_FIELDS, FIELDS, SECRET_FIELDS, client_of
from openconnectors.engine.auth.scheme import Part
from openconnectors.engine.auth.schemes import SCHEMES
from openconnectors.engine.auth.tokens import Store, Tokens
from openconnectors.engine.call.authentication import Authentication, Chain
from openconnectors.engine.call.retry import Quota
from openconnectors.engine.call.servers import Servers
from openconnectors.engine.credentials import Credentials
from openconnectors.engine.errors import ConnectionMissing, nearest
from openconnectors.engine.flows import Flow, Send
from openconnectors.engine.http import Request, Response
from openconnectors.engine.masking import Mask, Url, revealed, sealed
from openconnectors.engine.model import MISSING, ConnectionParameter, Operation, Scheme, Service
from openconnectors.engine.policies.expressions import plain
from openconnectors.engine.secret import Secret, Values


def held(values: Mapping[str, Any]) -> Values:
    """The values of a mapping as secrets, whatever they are for; those that are None are left out.

    Nothing is refused here, while they are still in clear: ``Connection`` refuses what is ``unfit``.
    """
    values, unfit = _flat(values), values.unfit if isinstance(values, Values) else ""
    secrets = Values({name: _secret(value) for name, value in values.items() if value is not None})
    secrets.unfit = unfit
    for name, value in values.items():
        if not isinstance(value, (str, int, float, Decimal, Secret, type(None))):
            secrets.unfit = f"the connection value {name} is a {type(value).__name__}; give a text"
        elif any("\ud800" <= character <= "\udfff" for character in secrets.get(name, Secret("")).reveal()):
            secrets.unfit = f"the connection value {name} has half of a surrogate pair in it, which is not text"
    return secrets


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values by name; those of a mapping by the name of the mapping, a dot and their own."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        flat |= (
            {f"{name}.{part}": inner for part, inner in value.items()} if isinstance(value, Mapping) else {name: value}
        )
    return flat


def by_parameter(service: Service, values: Values) -> Values:
    """Values of a connection by the names of its parameters. They may also be given by scheme: that of the only part
    that a scheme needs by its name, any by ``name.part``.

    Raise ``ConnectionMissing`` for a value that is given twice.
    """
    names = {parameter.name for parameter in service.connection}
    spellings: dict[str, str] = {}
    for scheme in service.schemes.values():
        parts = _parts(scheme)
        spellings |= {f"{scheme.name}.{part}": parameter for part, parameter in scheme.values.items()}
        needed = [part.name for part in parts if part.required or len(parts) == 1]
        if len(needed) == 1 and needed[0] in scheme.values:
            spellings[scheme.name] = scheme.values[needed[0]]
    result = Values()
    result.unfit = values.unfit
    for name, value in values.items():
        parameter = name if name in names else spellings.get(name, name)
        if parameter in result and result[parameter] != value:
            result.unfit = f"the connection value {parameter} is given twice, once as {name}"
        result[parameter] = value
    return result


def ready_names(service: Service) -> frozenset[str]:
    """The names of schemes for which a connection may have what a header field says after the name of the scheme,
    instead of the values that it is made of."""
    rows = ((name, SCHEMES.get(scheme.type)) for name, scheme in service.schemes.items())
    return frozenset(name for name, row in rows if row is not None and row.http_name and len(row.parts) > 1)


def _secret(value: Any) -> Secret:
    if isinstance(value, Secret):
        return value
    return Secret(plain(value) if isinstance(value, (str, int, float)) else str(value))


def secret_names(service: Service) -> frozenset[str]:
    """The connection values of a service that are shown nowhere: those that are declared so, those behind the secret
    part of a security scheme, and what an OAuth client keeps to itself."""
    declared = {parameter.name for parameter in service.connection if parameter.secret}
    bound = {
        name
        for scheme in service.schemes.values()
        for part, name in scheme.values.items()
        if part not in {public.name for public in _parts(scheme) if not public.secret}
    }
    return frozenset({*declared, *bound, *SECRET_FIELDS, *ready_names(service)})


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
    """How values are given if the connector was not loaded by name."""
    pairs = ", ".join(f'"{name}": "…"' for name in names)
    return f"Give connection={{{pairs}}}"


class Connection:
    """The values of a service's connection parameters for one account, and what they make: a base URL and credentials.

    Raises ``ConnectionMissing`` for a value that is missing, unknown or unusable, and for a service whose document
    names no host if ``base_url`` does not either. A ``{name}`` in ``base_url`` is a connection value, as in a URL of
    the document. ``server`` is the URL, name or description of the server that is used instead of the first. ``store``
    keeps renewed tokens, ``ways`` words how missing values are given.
    """

    def __init__(
        self,
        service: Service,
        values: Mapping[str, Any],
        base_url: str | None = None,
        store: Store | None = None,
        ways: Ways = in_code,
        server: str | None = None,
    ) -> None:
        self._service = service
        self._ways = ways
        parameters = {parameter.name: parameter for parameter in service.connection}
        has_token = any(parameter.oauth is not None for parameter in parameters.values())
        # Before anything is refused: an error shows the variables of its frames.
        values = by_parameter(service, held(values))
        if values.unfit:
            raise ConnectionMissing(values.unfit)
        ready = ready_names(service) - parameters.keys()
        _refuse_unknown(values, [*parameters, *ready, *(FIELDS if has_token else ())])
        optional = may_be_empty(service)
        values = {name: value for name, value in values.items() if value or name in optional}
        declared = {name: value for name, value in values.items() if name in parameters or name in ready}
        defaults = held(
            {name: parameter.default for name, parameter in parameters.items() if parameter.default is not MISSING}
        )
        hidden = secret_names(service)
        self.mask = Mask(value for name, value in {**defaults, **values}.items() if name in hidden)
        """The secrets of the connection, for whatever is shown."""
        self.values = Values(
            {name: value if name in hidden else value.reveal() for name, value in {**defaults, **declared}.items()}
        )
        names = [parameter.name for parameter in missing(service, self.values)]
        if names:
            raise self._missing(f"the connection has no {', '.join(names)}", names)
        _refuse_unlisted(parameters.values(), declared)
        tokens = _tokens(parameters.values(), Values(values), store)
        self.authentication = Authentication(service, self.values, self.mask, tokens, self._missing)
        with sealed(self.mask):
            self._servers = Servers(service, self.values, Values(declared), self.mask, self._missing, base_url, server)
        self.base = self._servers.base
        """The URL below which the paths of operations stand that have no server of their own."""
        self.fixed = self._servers.fixed
        """Whether the operator has named the place, so that no policy chooses another."""
        self._bases: dict[tuple[str, str], Url] = {}
        self.quota = Quota()

    def __repr__(self) -> str:
        return f"Connection({self.base}, {', '.join(self.values)})"

    def __reduce__(self) -> Any:
        raise TypeError("a connection holds credentials and is not pickled; load the connector where it is needed")

    def base_for(self, operation: Operation) -> Url:
        """The URL below which the path of an operation stands: that of its own server, if it has one, else ``base``."""
        if not operation.servers:
            return self.base
        server = self._servers.of(operation.servers)
        key = server.url, server.at
        if key not in self._bases:
            with sealed(self.mask):
                self._bases[key] = self._servers.base_of(server)
        return self._bases[key]

    def places(self) -> list[Url]:
        """The URLs to which requests go, ``base`` first: those that have another origin than the ones before."""
        places = {_origin(self.base): self.base}
        for server in self._service.further_servers:
            with sealed(self.mask), suppress(ConnectionMissing):  # which the operation raises that has the server
                base = self._servers.base_of(server)
                places.setdefault(_origin(base), base)
        return list(places.values())

    def _missing(self, message: str, names: Sequence[str]) -> ConnectionMissing:
        """The error for values that are missing, with the ways to give them."""
        return ConnectionMissing(f"{message}. {self._ways(names)}", names)

    def send(self, operation: Operation, request: Request, send: Send) -> Flow[Response]:
        """Send a request of an operation with its credentials: see ``Authentication.send``."""
        return self.authentication.send(operation, request, send)

    def check(self, operation: Operation) -> None:
        """Raise an error if credentials of an operation are missing: see ``Authentication.check``."""
        self.authentication.check(operation)

    def ready(self, operation: Operation, instead: frozenset[str]) -> Chain | None:
        """The credentials of an operation's next request, if they are known: see ``Authentication.ready``."""
        return self.authentication.ready(operation, instead)

    def credentials(self, operation: Operation, instead: frozenset[str] = frozenset()) -> Credentials:
        """The credentials of an operation that are the same in each request; others are made while it is sent."""
        return self.authentication.credentials(operation, instead)


def _origin(base: Url) -> str:
    """The scheme and host of a base URL."""
    return "{0.scheme}://{0.netloc}".format(urlsplit(revealed(base)))


def _tokens(parameters: Iterable[ConnectionParameter], values: Values, store: Store | None) -> list[Tokens]:
    """The tokens of a connection. What belongs to one token (how it is renewed, when it ends, where it is kept) is that
    of the first that has a value, else of the first; the values of the application are for all."""
    listed = [parameter for parameter in parameters if parameter.oauth is not None]
    first = next((parameter for parameter in listed if parameter.name in values), listed[0] if listed else None)
    tokens = []
    for parameter in listed:
        assert parameter.oauth is not None  # noqa: S101 - they are listed for that
        names = FIELDS if parameter is first else APPLICATION_FIELDS
        kept = Values({name: values[name] for name in (*names, parameter.name) if name in values})
        client = client_of(parameter.oauth, values)
        tokens.append(Tokens(client, parameter.name, kept, store if parameter is first else None))
    return tokens


def _refuse_unknown(names: Iterable[str], known: Sequence[str]) -> None:
    """Raise ``ConnectionMissing`` for a name that is not a known one."""
    for name in names:
        if name not in known:
            raise ConnectionMissing(f"there is no connection value {name!r}{nearest(name, dict.fromkeys(known))}")


def _refuse_unlisted(parameters: Iterable[ConnectionParameter], values: Mapping[str, Secret]) -> None:
    """Raise ``ConnectionMissing`` for a value that is not one of those that its parameter allows."""
    for parameter in parameters:
        allowed = [plain(value) for value in parameter.allowed]
        if allowed and parameter.name in values and values[parameter.name].reveal() not in allowed:
            raise ConnectionMissing(f"the connection value {parameter.name} must be one of {', '.join(allowed)}")


def missing(service: Service, values: Mapping[str, Any]) -> list[ConnectionParameter]:
    """The parameters that a connection still needs a value for: those that every connection has, and of the
    alternative sets a whole one, the one that has the most values already."""
    optional = may_be_empty(service)

    def has(parameter: ConnectionParameter) -> bool:
        value = values.get(parameter.name)
        return value is not None and (revealed(value) != "" or parameter.name in optional)

    def is_missing(parameter: ConnectionParameter) -> bool:
        return parameter.required and not has(parameter) and parameter.default is MISSING

    parameters = [parameter for parameter in service.connection if not parameter.sets and is_missing(parameter)]
    names = dict.fromkeys(name for parameter in service.connection for name in parameter.sets)
    sets = [[parameter for parameter in service.connection if name in parameter.sets] for name in names]
    if sets and all(any(map(is_missing, members)) for members in sets):
        fullest = max(sets, key=lambda members: sum(map(has, members)))
        parameters += filter(is_missing, fullest)
    return parameters
