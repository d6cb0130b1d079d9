"""Credentials: the secret part of a request, kept apart from it until it leaves the process.

Rule. Only a transport reveals credentials. Until then a request can be shown, logged and compared without a secret in
it, and nothing that rewrites a request can move a secret to another place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol
from urllib.parse import quote

from msgspec import Struct

from openconnectors.engine.masking import revealed
from openconnectors.engine.secret import SHOWN, Secret, bytes_of


def cookie_text(text: str) -> str:
    """Text as a cookie may hold it, percent-encoded else (RFC 6265 section 4.1.1: no controls, blanks, quotes, commas,
    semicolons or backslashes); the commas between items are written as they are, as OpenAPI 3.1 has them."""
    return quote(text, safe="!#$&'()*+-./:<=>?@[]^_`{|}~")


class _Carrier(Protocol):
    """What credentials need to know of a request."""

    @property
    def url(self) -> str: ...

    @property
    def headers(self) -> Mapping[str, str]: ...


class ClientCertificate(Struct, frozen=True):
    """A client certificate for TLS: PEM text, or the path of a file with it, and its key (None: it is in the same
    place), which ``password`` opens."""

    chain: Secret
    key: Secret | None = None
    password: Secret | None = None


class Credentials:
    """Secret header fields, query parameters and cookies of a request. They have no readable repr and cannot be
    pickled.

    ``secrets``: other secrets that the request holds (in a signature, say), which a response may echo.
    ``instead``: names of header fields that the request has already, and no scheme may replace.
    ``certificate``: what the client shows when the connection is opened.
    """

    __slots__ = ("_cookies", "_headers", "_query", "_secrets", "certificate", "instead")

    def __init__(
        self,
        headers: Mapping[str, Secret | str] | None = None,
        query: Mapping[str, Secret | str] | None = None,
        secrets: Iterable[Secret | str] = (),
        instead: Iterable[str] = (),
        *,
        cookies: Mapping[str, Secret | str] | None = None,
        certificate: ClientCertificate | None = None,
    ) -> None:
        self._headers = {name: Secret.of(value) for name, value in (headers or {}).items()}
        self._query = {name: Secret.of(value) for name, value in (query or {}).items()}
        self._cookies = {name: Secret.of(value) for name, value in (cookies or {}).items()}
        self._secrets = tuple(map(Secret.of, secrets))
        self.certificate = certificate
        self.instead = frozenset(name.lower() for name in instead)

    def __repr__(self) -> str:
        return f"Credentials({SHOWN})"

    def __bool__(self) -> bool:
        return bool(self._headers or self._query or self._cookies or self.certificate or self.instead)

    def __reduce__(self) -> Any:
        raise TypeError("credentials cannot be pickled; load the connector again in the other process")

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """All secrets that a response which echoes the request may hold. A token also occurs without its scheme."""
        attached = [Secret(value.reveal().partition(" ")[2]) for value in self._headers.values()]
        return (*self._headers.values(), *attached, *self._query.values(), *self._cookies.values(), *self._secrets)

    def names(self) -> tuple[str, ...]:
        """Names of the header fields, query parameters and cookies that will be set."""
        return (*self._headers, *self._query, *self._cookies)

    def carries(self, secret: Secret) -> bool:
        """Return True if a secret is one of these."""
        return secret in (*self._headers.values(), *self._query.values(), *self._cookies.values(), *self._secrets)

    def merged(self, other: Credentials) -> Credentials:
        """Both together; for the same header field, query parameter or cookie, the other's."""
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
            cookies={**self._cookies, **other._cookies},
            certificate=other.certificate or self.certificate,
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
        if self._cookies:
            headers = self._with_cookies(headers)
        if self._query:
            pairs = "&".join(
                f"{quote(name, safe='')}={quote(value.reveal(), safe='')}" for name, value in self._query.items()
            )
            url = f"{url}{'&' if '?' in url else '?'}{pairs}"
        return url, headers

    def _with_cookies(self, headers: dict[str, str]) -> dict[str, str]:
        """Header fields with the cookies in the one field ``Cookie`` (RFC 6265 section 5.4), in place of those of their
        names."""
        rest = {name: text for name, text in headers.items() if name.lower() != "cookie"}
        pairs = [pair for name, text in headers.items() if name.lower() == "cookie" for pair in text.split("; ")]
        names = {cookie_text(name) for name in self._cookies}
        kept = [pair for pair in pairs if pair.partition("=")[0] not in names]
        secret = [f"{cookie_text(name)}={cookie_text(value.reveal())}" for name, value in self._cookies.items()]
        return {**rest, "Cookie": "; ".join([*kept, *secret])}

    def matches(self, headers: Mapping[str, str], query: Mapping[str, str]) -> bool:
        """Return True if a received request has just these credentials; compares in constant time."""
        import hmac  # which loads OpenSSL: a client compares none

        cookies: dict[str, str] = {}
        for pair in headers.get("Cookie", "").split(";") if self._cookies else ():
            name, _, text = pair.strip().partition("=")
            cookies.setdefault(name, text)
        received = [headers.get(name, "") for name in self._headers] + [query.get(name, "") for name in self._query]
        received += [cookies.get(cookie_text(name), "") for name in self._cookies]
        expected = [value.reveal() for value in (*self._headers.values(), *self._query.values())]
        expected += [cookie_text(value.reveal()) for value in self._cookies.values()]
        return hmac.compare_digest(bytes_of("\0".join(received)), bytes_of("\0".join(expected)))


NO_CREDENTIALS = Credentials()
