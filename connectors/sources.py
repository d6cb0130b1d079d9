"""Documents that connectors come from: fetched from a URL, or made of a Postman collection."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from openconnectors.engine.convert import postman
from openconnectors.engine.documents import document
from openconnectors.engine.documents.writing import document_text
from openconnectors.engine.endpoints import HTTP, shown
from openconnectors.engine.errors import ConnectorError, Diagnostic
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
    suffix = "json" if response.body.lstrip()[:1] == b"{" else "yaml"
    path = folder / f"{_stem(urlsplit(url).path.rpartition('/')[2])}.{suffix}"
    path.write_bytes(response.body)
    return path


def _stem(name: str) -> str:
    """The name of a connector by that of a file."""
    return re.sub(r"[^a-z0-9]+", "-", name.partition(".")[0].lower()).strip("-") or "connector"


_COLLECTIONS = (re.compile(rb"schema\.(get)?postman\.com/"), re.compile(rb'"requests"\s*:'))
"""Texts of which a Postman collection has one; the second is of format 1, which is not read, and has a clear error."""


def imported(path: Path, folder: Path) -> tuple[Path, list[Diagnostic]]:
    """The document of a Postman collection, written into a folder, with the report of what is lost and guessed; a file
    of another form as it is. Raise ``InvalidDocument`` for a collection of a format that is not read."""
    if path.suffix.lower() != ".json" or not path.is_file():
        return path, []
    data = path.read_bytes()
    if not any(pattern.search(data) for pattern in _COLLECTIONS):
        return path, []
    collection = document.read(path, tolerant=True, data=data)
    if not postman.format_of(collection.root):
        return path, []
    result = postman.imported(collection)
    written = folder / f"{_stem(path.name)}.openapi.json"
    written.write_text(document_text(result.root, written.suffix), "utf-8")
    return written, result.findings
