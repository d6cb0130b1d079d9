"""Requests with their responses, as they are kept: without credentials."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

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

    def request_header(self, name: str) -> str:
        """The value of a header field of the request; empty if there is none."""
        return next((value for key, value in self.request_headers if key.lower() == name.lower()), "")


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
