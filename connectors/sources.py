"""Documents that connectors come from: fetched from a URL."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from openconnectors.engine.endpoints import HTTP, shown
from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.http import Request
from openconnectors.engine.masking import Mask, Url, sealed
from openconnectors.engine.secret import Secret
from openconnectors.network import Network

_FETCH_TIMEOUT = 10.0
"""Seconds that fetching a document may take."""


def fetched(url: str, folder: Path, network: Network) -> Path:
    """Fetch the document at a URL; return its file. Redirects are not followed, no credentials are sent, and the query
    of the URL, which may have some, is not shown."""
    if not HTTP.match(url):
        raise ConnectorError(
            f"{shown(url)!r} is not the URL of a document: it has a host, http or https, no user name and no blanks"
        )
    query = Mask(Secret(value) for _, value in parse_qsl(urlsplit(url).query))
    accept = {"Accept": "application/json, application/yaml, */*"}
    request = Request("GET", Url(url, query), accept, timeout=_FETCH_TIMEOUT)
    with sealed(query):
        response = network.open().send(request)
    if response.status != 200:
        target = response.headers.get("Location")
        redirect = f", a redirect to {shown(target)}, which was not followed: give that URL" if target else ""
        raise ConnectorError(f"{shown(url)} answered {response.status}{redirect}; a document was expected")
    stem = re.sub(r"[^a-z0-9]+", "-", urlsplit(url).path.rpartition("/")[2].partition(".")[0].lower()).strip("-")
    suffix = "json" if response.body.lstrip()[:1] == b"{" else "yaml"
    path = folder / f"{stem or 'connector'}.{suffix}"
    path.write_bytes(response.body)
    return path
