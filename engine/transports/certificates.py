"""Which certificates are trusted, and which one the client shows: that of the transport, or of a request.

Trusted are those of ``verify`` (a file or a folder), else those that ``REQUESTS_CA_BUNDLE``, ``CURL_CA_BUNDLE``,
``SSL_CERT_FILE`` or ``SSL_CERT_DIR`` name, else certifi's. A certificate is always checked: no option switches that
off.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from openconnectors.engine.credentials import ClientCertificate
from openconnectors.engine.deferred import module
from openconnectors.engine.errors import ConnectionMissing
from openconnectors.engine.secret import Secret

if TYPE_CHECKING:
    import ssl
    import tempfile

    import certifi
else:
    ssl = module("ssl")
    tempfile = module("tempfile")
    certifi = module("certifi")

Certificate: TypeAlias = str | Path | tuple[str | Path, str | Path]
"""A client certificate: a file with its key, or the two files."""


def context_of(verify: str | Path | None, cert: Certificate | None, trust_env: bool) -> ssl.SSLContext:
    """The TLS context of a transport. ``ConnectionMissing`` for files that cannot be used."""
    if isinstance(verify, bool) or verify == "" or not isinstance(verify, (str, Path, type(None))):
        raise ConnectionMissing(
            "verify is a file or a folder of certificates to trust; that they are checked cannot be switched off"
        )
    places = [("verify", str(verify))] if verify is not None else _named_by_environment() if trust_env else []
    try:
        cafile, capath = _trusted(places)
        context = ssl.create_default_context(cafile=cafile, capath=capath)
    except (OSError, ValueError):  # an SSLError is an OSError
        sources = ", ".join(f"{name} ({place})" for name, place in places) or "certifi"
        raise ConnectionMissing(f"{sources} has no certificates that can be read") from None
    context.set_alpn_protocols(["http/1.1"])
    if cert is not None:
        chain, key = cert if isinstance(cert, tuple) else (cert, None)
        try:
            context.load_cert_chain(chain, key, password=lambda: b"")  # an encrypted key would ask on the terminal
        except (OSError, ValueError):
            raise ConnectionMissing(
                f"the client certificate {chain} cannot be used: give a PEM file with its key, or both files, the key "
                "without a password"
            ) from None
    return context


def context_for(certificate: ClientCertificate, verify: str | Path | None, trust_env: bool) -> ssl.SSLContext:
    """The TLS context of requests that show a certificate of their own. ``ConnectionMissing`` for one that cannot be
    used."""
    context = context_of(verify, None, trust_env)
    try:
        with ExitStack() as stack:
            chain = _file(certificate.chain, stack)
            key = _file(certificate.key, stack) if certificate.key else None
            password = certificate.password or Secret("")
            context.load_cert_chain(chain, key, password=lambda: password.reveal().encode())
    except (OSError, ValueError):
        raise ConnectionMissing(
            "the client certificate of the connection cannot be used: give a PEM file with its key, or both files, or "
            "the text of them, and the password of the key if it has one"
        ) from None
    return context


def _file(text: Secret, stack: ExitStack) -> str:
    """The path that a text is; of PEM text, that of a file with it, which only this user can read, while it is loaded:
    the ssl module reads nothing else."""
    if "-----BEGIN" not in text.reveal():
        return text.reveal()
    file = stack.enter_context(tempfile.NamedTemporaryFile(suffix=".pem"))
    file.write(text.reveal().encode())
    file.flush()
    return file.name


def _named_by_environment() -> list[tuple[str, str]]:
    """The variables that name trusted certificates, with their values: the first of those that requests and curl
    read, else those of OpenSSL, which go together."""
    for names in (("REQUESTS_CA_BUNDLE",), ("CURL_CA_BUNDLE",), ("SSL_CERT_FILE", "SSL_CERT_DIR")):
        if any(os.environ.get(name) for name in names):
            return [(name, os.environ[name]) for name in names if os.environ.get(name)]
    return []


def _trusted(places: list[tuple[str, str]]) -> tuple[str | None, str | None]:
    """The file and the folder of trusted certificates; certifi's file if there is neither."""
    folders = [place for name, place in places if name == "SSL_CERT_DIR" or Path(place).is_dir()]  # or several, by ":"
    files = [place for _, place in places if place not in folders]
    return (files[0] if files else None if folders else certifi.where()), (folders[0] if folders else None)
