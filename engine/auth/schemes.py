"""The table of security schemes, and which of them a request needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from openconnectors.engine.auth.scheme import Auth, FixedAuth, SchemeType, Values
from openconnectors.engine.deferred import module
from openconnectors.engine.errors import ConnectionMissing, Unsupported
from openconnectors.engine.model import Operation, Scheme, Service
from openconnectors.engine.secret import Secret

if TYPE_CHECKING:
    from openconnectors.engine.auth import api_key, aws4, basic, bearer, digest, http_scheme, mutual_tls
else:
    api_key = module("openconnectors.engine.auth.api_key")
    aws4 = module("openconnectors.engine.auth.aws4")
    basic = module("openconnectors.engine.auth.basic")
    bearer = module("openconnectors.engine.auth.bearer")
    digest = module("openconnectors.engine.auth.digest")
    http_scheme = module("openconnectors.engine.auth.http_scheme")
    mutual_tls = module("openconnectors.engine.auth.mutual_tls")

ROWS: Mapping[str, Callable[[], SchemeType]] = {
    "basic": lambda: basic.BASIC,
    "apiKey": lambda: api_key.API_KEY,
    "oauth2": lambda: bearer.OAUTH2,
    "openIdConnect": lambda: bearer.OPENID_CONNECT,
    "bearer": lambda: bearer.BEARER,
    "digest": lambda: digest.DIGEST,
    "http": lambda: http_scheme.HTTP,
    "mutualTLS": lambda: mutual_tls.MUTUAL_TLS,
    "aws4": lambda: aws4.AWS4,
}
"""The rows, by the names that documents are lowered to; the module of one is imported when it is used."""


class _Schemes(Mapping[str, SchemeType]):
    """The table of rows."""

    def __getitem__(self, name: str) -> SchemeType:
        return ROWS[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(ROWS)

    def __len__(self) -> int:
        return len(ROWS)


SCHEMES: Mapping[str, SchemeType] = _Schemes()
"""Every type of scheme, by the name that documents are lowered to."""
READY = "credentials"
"""The part that has what follows the name of a scheme of HTTP as it is sent, instead of what it would be made of."""


def row_of(scheme: Scheme) -> SchemeType:
    """The row of a scheme; raise ``Unsupported`` if there is none."""
    row = SCHEMES.get(scheme.type)
    if row is None:
        raise Unsupported(f"the security scheme {scheme.name!r} has the unknown type {scheme.type!r}")
    return row


def row_of_http(name: str) -> SchemeType:
    """The row of a scheme of HTTP by its name there, in whatever case: one that knows how to make its credentials, else
    the one that has them ready."""
    row = SCHEMES.get(name.lower(), http_scheme.HTTP)
    return row if row.http_name.lower() == name.lower() else http_scheme.HTTP


def values_of(scheme: Scheme, connection: Mapping[str, Secret | str]) -> Values:
    """The values of a scheme's parts: those of a connection, else those that the document fixes."""
    row = row_of(scheme)
    if row.http_name and len(row.parts) > 1 and scheme.name in connection:
        return {READY: Secret.of(connection[scheme.name])}
    parts = {part.name: part for part in row.parts}
    values = {name: Secret(text) for name, text in scheme.settings.items() if name in parts}
    for name, parameter in scheme.values.items():
        value = Secret.of(connection[parameter]) if parameter in connection else None
        if value is not None and (value or (name in parts and parts[name].may_be_empty)):
            values[name] = value
    return values


def missing_values(scheme: Scheme, values: Values) -> list[str]:
    """The connection parameters of the parts that a scheme needs and has no value for."""
    return [
        scheme.values[part.name]
        for part in row_of(scheme).parts
        if part.required and part.name not in values and READY not in values and part.name in scheme.values
    ]


def auth_of(scheme: Scheme, values: Values) -> Auth:
    """What authenticates requests by a scheme with the values of its parts."""
    row = row_of(scheme)
    if READY in values:
        return FixedAuth(http_scheme.ready(replace(scheme, http_scheme=scheme.http_scheme or row.http_name), values))
    return row.authenticate(scheme, values)


class _Alternative(Struct, frozen=True):
    """The schemes of one security requirement, each with its values. ``missing`` are the connection parameters that
    have none; ``names``, whether the requirement names a scheme that is defined."""

    schemes: list[tuple[Scheme, Values]]
    missing: list[str]
    names: bool

    @property
    def carried(self) -> bool:
        """Whether all that is missing may be the transport's."""
        return all(row_of(scheme).by_transport or not missing_values(scheme, values) for scheme, values in self.schemes)


def needed(
    service: Service,
    operation: Operation,
    connection: Mapping[str, Secret | str],
    instead: frozenset[str],
    obtainable: frozenset[str] = frozenset(),
) -> list[tuple[Scheme, Values]]:
    """The schemes that authenticate an operation, each with its values: those of the first alternative whose values
    are all there (``obtainable``: or can be had), of one that needs some before one that needs none. A scheme whose
    header field is one of ``instead`` (names in lower case) is left out: the request brings the field along.

    They come in the order in which they see a request: one that signs the request as it is sent comes last, and of two
    that set the same field the one that the document names last wins.

    Raise ``ConnectionMissing`` if no alternative is complete.
    """
    alternatives = [_alternative(service, names, connection, instead, obtainable) for names in operation.security]
    complete = [alternative for alternative in alternatives if not alternative.missing]
    complete = [alternative for alternative in complete if alternative.names] + complete
    complete += [alternative for alternative in alternatives if alternative.carried]
    if complete:
        chosen = complete[0].schemes[::-1]
        return sorted(chosen, key=lambda pair: row_of(pair[0]).covers_request)
    unmet = dict.fromkeys(name for alternative in alternatives for name in alternative.missing)
    if unmet:
        raise ConnectionMissing(
            f"{operation.id} needs credentials; the connection has no {', '.join(unmet)}", tuple(unmet)
        )
    return []


def _alternative(
    service: Service,
    names: Iterable[str],
    connection: Mapping[str, Secret | str],
    instead: frozenset[str],
    obtainable: frozenset[str],
) -> _Alternative:
    """The schemes of a requirement. Published documents name some that they do not define: nothing is sent there."""
    defined = [service.schemes[name] for name in names if name in service.schemes]
    chosen = [(scheme, values_of(scheme, connection)) for scheme in defined if not _is_instead(place(scheme), instead)]
    missing = [name for scheme, values in chosen for name in missing_values(scheme, values) if name not in obtainable]
    return _Alternative(chosen, missing, bool(defined))


def _is_instead(at: tuple[str, str], instead: frozenset[str]) -> bool:
    where, name = at
    return where == "header" and name in instead


def place(scheme: Scheme) -> tuple[str, str]:
    """Where the credentials of a scheme are in a request: ``header`` and a name in lower case, or ``query`` or
    ``cookie`` and a name. Types without a row have tokens."""
    row = SCHEMES.get(scheme.type)
    return row.place(scheme) if row is not None else ("header", "authorization")
