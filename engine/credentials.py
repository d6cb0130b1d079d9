"""Credentials: the secret part of a request, kept apart from it until it leaves the process.

Rule. Only a transport reveals credentials. Until then a request can be shown, logged and compared without a secret in
it, and nothing that rewrites a request can move a secret to another place.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from typing import Any, Protocol
from urllib.parse import quote

from openconnectors.engine.masking import revealed
from openconnectors.engine.secret import SHOWN, Secret, bytes_of


class _Carrier(Protocol):
    """What credentials need to know of a request."""

    @property
    def url(self) -> str: ...

    @property
    def headers(self) -> Mapping[str, str]: ...


class Credentials:
    """Secret header fields and query parameters of a request. They have no readable repr and cannot be pickled.

    ``secrets``: other secrets that the request holds (in a signature, say), which a response may echo.
    ``instead``: names of header fields that the request has already, and no scheme may replace.
    """

    __slots__ = ("_headers", "_query", "_secrets", "instead")

    def __init__(
        self,
        headers: Mapping[str, Secret | str] | None = None,
        query: Mapping[str, Secret | str] | None = None,
        secrets: Iterable[Secret | str] = (),
        instead: Iterable[str] = (),
    ) -> None:
        self._headers = {name: Secret.of(value) for name, value in (headers or {}).items()}
        self._query = {name: Secret.of(value) for name, value in (query or {}).items()}
        self._secrets = tuple(map(Secret.of, secrets))
        self.instead = frozenset(name.lower() for name in instead)

    def __repr__(self) -> str:
        return f"Credentials({SHOWN})"

    def __bool__(self) -> bool:
        return bool(self._headers or self._query or self.instead)

    def __reduce__(self) -> Any:
        raise TypeError("credentials cannot be pickled; load the connector again in the other process")

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """All secrets that a response which echoes the request may hold. A token also occurs without its scheme."""
        attached = [Secret(value.reveal().partition(" ")[2]) for value in self._headers.values()]
        return (*self._headers.values(), *attached, *self._query.values(), *self._secrets)

    def names(self) -> tuple[str, ...]:
        """Names of the header fields and query parameters that will be set."""
        return (*self._headers, *self._query)

    def carries(self, secret: Secret) -> bool:
        """Return True if a secret is one of these."""
        return secret in (*self._headers.values(), *self._query.values(), *self._secrets)

    def merged(self, other: Credentials) -> Credentials:
        """Both together; for the same header field or query parameter, the other's."""
        if not other:
            return self
        replaced = {name.lower() for name in other._headers} | other.instead
        return Credentials(
            {
                **{name: value for name, value in self._headers.items() if name.lower() not in replaced},
                **other._headers,
            },
            {**self._query, **other._query},
            (*self._secrets, *other._secrets),
            self.instead | other.instead,
        )

    def reveal(self, request: _Carrier) -> tuple[str, dict[str, str]]:
        """The URL and the header fields in clear, as they are sent. A credential replaces a field of its name."""
        url: str = revealed(request.url)
        headers = dict(request.headers)
        if self._headers:
            secret = {name.lower() for name in self._headers}
            if any(name.lower() in secret for name in headers):
                headers = {name: value for name, value in headers.items() if name.lower() not in secret}
            headers |= {name: value.reveal() for name, value in self._headers.items()}
        if self._query:
            pairs = "&".join(
                f"{quote(name, safe='')}={quote(value.reveal(), safe='')}" for name, value in self._query.items()
            )
            url = f"{url}{'&' if '?' in url else '?'}{pairs}"
        return url, headers

    def matches(self, headers: Mapping[str, str], query: Mapping[str, str]) -> bool:
        """Return True if a received request has just these credentials; compares in constant time."""
        received = [headers.get(name, "") for name in self._headers] + [query.get(name, "") for name in self._query]
        expected = [value.reveal() for value in (*self._headers.values(), *self._query.values())]
        return hmac.compare_digest(bytes_of("\0".join(received)), bytes_of("\0".join(expected)))


NO_CREDENTIALS = Credentials()
