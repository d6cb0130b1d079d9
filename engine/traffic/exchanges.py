"""Requests with their responses, as they are kept: without credentials."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from openconnectors.engine.http import Origin, origin

Fields = tuple[tuple[str, str], ...]
"""Header fields: names and values."""


class Exchange(Struct, frozen=True):
    """A request and its response, without credentials. ``started`` is the moment in ISO 8601."""

    method: str
    url: str
    status: int
    request_headers: Fields = ()
    request_body: bytes = b""
    response_headers: Fields = ()
    response_body: bytes = b""
    started: str = "1970-01-01T00:00:00.000Z"
    seconds: float = 0.0

    @property
    def origin(self) -> Origin | None:
        """The origin of the URL; None if it has none, as those of data and of a browser's extensions."""
        try:
            return origin(self.url)
        except ValueError:
            return None

    def request_header(self, name: str) -> str:
        """The value of a header field of the request; empty if there is none."""
        return _value(self.request_headers, name)

    def response_header(self, name: str) -> str:
        """The value of a header field of the response; empty if there is none."""
        return _value(self.response_headers, name)


def _value(fields: Fields, name: str) -> str:
    return next((value for key, value in fields if key.lower() == name.lower()), "")


class Recording(Struct, frozen=True):
    """Exchanges in their order, and what a replay needs to know.

    ``connector`` is the name; ``connection`` has the values with which a replay finds the same URLs; ``base_url`` and
    ``server`` are those which the connector was loaded with, ``base`` the URL below which the operations stand;
    ``redacted`` are the names of secrets beside the usual ones; ``document`` is a hash of the document. All but the
    exchanges are empty if somebody else has recorded them.
    """

    exchanges: tuple[Exchange, ...]
    connector: str = ""
    connection: Mapping[str, str] = field(default_factory=dict)
    base: str = ""
    base_url: str | None = None
    server: str | None = None
    redacted: tuple[str, ...] = ()
    document: str = ""
