"""What a provider says of itself: the endpoints that a document leaves to it (OpenID Connect Discovery 1.0 section 4,
RFC 8414 section 3). It is asked only if the connection says so: a document may name any URL."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from msgspec.structs import replace

from openconnectors.engine.endpoints import endpoint, shown
from openconnectors.engine.errors import ConnectionMissing
from openconnectors.engine.flows import Flow
from openconnectors.engine.http import Request
from openconnectors.engine.model import OAuth

WELL_KNOWN = "/.well-known/"
_SECONDS = 30.0


def discovered(oauth: OAuth) -> Flow[OAuth]:
    """The settings with the endpoints of the provider, where the document has none.

    Raise ``ConnectionMissing`` for a provider that does not describe itself, or describes another.
    """
    url = endpoint(oauth.metadata, "the description of the provider")
    response = yield Request("GET", url, {"Accept": "application/json"}, safe=True, timeout=_SECONDS)
    try:
        members = json.loads(response.body) if response.status == 200 else None
    except (ValueError, RecursionError):
        members = None
    if not isinstance(members, dict):
        raise ConnectionMissing(f"{shown(url)} does not describe the provider: it was answered {response.status}")
    issuer = members.get("issuer")
    if not isinstance(issuer, str) or not _describes(url, issuer):
        raise ConnectionMissing(f"{shown(url)} describes another provider than its own")

    def named(member: str) -> str:
        value = members.get(member)
        return value if isinstance(value, str) else ""

    return replace(
        oauth,
        authorize=oauth.authorize or named("authorization_endpoint"),
        token=oauth.token or named("token_endpoint"),
        device=oauth.device or named("device_authorization_endpoint"),
    )


def _describes(url: str, issuer: str) -> bool:
    """Whether the description at a URL may be that of an issuer: it is below it, or between its host and its path
    (RFC 8414 section 3.1). A URL of another form is that of no issuer, so that only the host is compared."""
    here, there = urlsplit(url), urlsplit(issuer)
    if (here.scheme, here.netloc) != (there.scheme, there.netloc):
        return False
    path = there.path.rstrip("/")
    before, well_known, after = here.path.partition(WELL_KNOWN)
    return not well_known or before == path or f"/{after.partition('/')[2]}" == path
