"""The table of security schemes, and which of them a request needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from openconnectors.engine.auth.api_key import API_KEY
from openconnectors.engine.auth.aws4 import AWS4
from openconnectors.engine.auth.basic import BASIC
from openconnectors.engine.auth.bearer import BEARER, OAUTH2
from openconnectors.engine.auth.digest import DIGEST
from openconnectors.engine.auth.scheme import SchemeType, Values
from openconnectors.engine.errors import ConnectionMissing, Unsupported
from openconnectors.engine.model import Operation, Scheme, Service
from openconnectors.engine.secret import Secret

SCHEMES: Mapping[str, SchemeType] = {row.name: row for row in (BASIC, API_KEY, OAUTH2, BEARER, DIGEST, AWS4)}
"""Every type of scheme, by the name that documents are lowered to."""


def row_of(scheme: Scheme) -> SchemeType:
    """The row of a scheme; raise ``Unsupported`` if there is none."""
    row = SCHEMES.get(scheme.type)
    if row is None:
        raise Unsupported(f"the security scheme {scheme.name!r} has the unknown type {scheme.type!r}")
    return row


def values_of(scheme: Scheme, connection: Mapping[str, Secret | str]) -> Values:
    """The values of a scheme's parts: those of a connection, else those that the document fixes."""
    parts = {part.name: part for part in row_of(scheme).parts}
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
        if part.required and part.name not in values and part.name in scheme.values
    ]


def needed(
    service: Service, operation: Operation, connection: Mapping[str, Secret | str], instead: frozenset[str]
) -> list[tuple[Scheme, Values]]:
    """The schemes that authenticate an operation, each with its values: those of the first alternative whose values
    are all there. A scheme whose header field is one of ``instead`` (names in lower case) is left out: the request
    brings the field along.

    They come in the order in which they see a request: one that signs the request as it is sent comes last, and of two
    that set the same field the one that the document names last wins.

    Raise ``ConnectionMissing`` if no alternative is complete.
    """
    unmet: list[str] = []
    for alternative in operation.security:
        chosen: list[tuple[Scheme, Values]] = []
        missing: list[str] = []
        for scheme in _defined(service, alternative):
            where, name = place(scheme)
            if where != "header" or name not in instead:
                values = values_of(scheme, connection)
                missing += missing_values(scheme, values)
                chosen.append((scheme, values))
        if not missing:
            chosen.reverse()
            return sorted(chosen, key=lambda pair: row_of(pair[0]).covers_request)
        unmet += missing
    if unmet:
        names = tuple(dict.fromkeys(unmet))
        raise ConnectionMissing(f"{operation.id} needs credentials; the connection has no {', '.join(names)}", names)
    return []


def place(scheme: Scheme) -> tuple[str, str]:
    """Where the credentials of a scheme are in a request: ``header`` and a name in lower case, or ``query`` and a name.
    Types without a row, as ``openIdConnect``, have tokens."""
    row = SCHEMES.get(scheme.type)
    return row.place(scheme) if row is not None else ("header", "authorization")


def _defined(service: Service, alternative: Mapping[str, tuple[str, ...]]) -> Iterator[Scheme]:
    """The schemes of an alternative. Published documents name some that they do not define: nothing is sent there."""
    return (service.schemes[name] for name in alternative if name in service.schemes)
