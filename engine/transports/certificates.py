"""Which certificates are trusted, and which one is shown.

Trusted are those of ``verify`` (a file or a folder), else those that ``REQUESTS_CA_BUNDLE``, ``CURL_CA_BUNDLE``,
``SSL_CERT_FILE`` or ``SSL_CERT_DIR`` name, else certifi's. A certificate is always checked.
"""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import TypeAlias

import certifi

from engine.errors import ConnectionMissing

Certificate: TypeAlias = str | Path | tuple[str | Path, str | Path]
"""A client certificate: a file with its key, or the two files."""

_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")


def named_by_environment() -> tuple[str, str] | None:
    """The first variable that names trusted certificates, with its value."""
    return next(((name, os.environ[name]) for name in _VARIABLES if os.environ.get(name)), None)


def context_of(verify: str | Path | None, cert: Certificate | None, trust_env: bool) -> ssl.SSLContext:
    """The TLS context of a transport. :class:`~engine.errors.ConnectionMissing` for files that cannot be used."""
    source, place = "verify", verify
    if place is None and trust_env:
        source, place = named_by_environment() or ("", None)
    if isinstance(place, bool) or place == "" or not isinstance(place, (str, Path, type(None))):
        raise ConnectionMissing(
            "verify is a file or a folder of certificates to trust; that they are checked cannot be switched off"
        )
    trusted = Path(place if place is not None else certifi.where())
    try:
        if trusted.is_dir():
            context = ssl.create_default_context(capath=str(trusted))
        else:
            context = ssl.create_default_context(cafile=str(trusted))
    except (OSError, ValueError):  # an SSLError is an OSError
        raise ConnectionMissing(f"{source or 'certifi'}: {trusted} holds no certificates that can be read") from None
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
