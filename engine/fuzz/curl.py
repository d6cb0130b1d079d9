"""A request as a command of curl, which sends what was sent and holds no secret: credentials are variables of the
shell."""

from __future__ import annotations

import base64
import re
import shlex
from collections.abc import Iterable

from openconnectors.engine.http import Request


def curl(request: Request, url: str, login: str, fields: Iterable[str] = (), query: Iterable[str] = ()) -> str:
    """The command for a request to a URL. ``fields`` and ``query`` are the names of its credentials, of which ``login``
    says whether they are sent (``own``), left out (``none``) or ``wrong``."""
    words = ["curl", "-i", *_method(request)]
    headers = dict(request.headers)
    secret = {name: _value(login, name) for name in fields if login != "none"}
    for name, text in headers.items():
        if name.lower() not in {field.lower() for field in secret}:
            words += ["-H", shlex.quote(f"{name}: {text}" if text else f"{name};")]
    words += [part for name, value in secret.items() for part in ("-H", _quoted(f"{name}: ", value))]
    data = request.body if isinstance(request.body, bytes) else None
    if data is not None and not any(name.lower() == "content-type" for name in headers):
        words += ["-H", "Content-Type:"]  # or curl names a form
    if re.search(r"[\[\]{}]", url):
        words.append("--globoff")
    if re.search(r"/\.\.?(/|\?|$)", url):
        words.append("--path-as-is")
    pairs = [(name, _value(login, name)) for name in query if login != "none"]
    words.append(_url(url, pairs))
    piped = ""
    if data is not None:
        plain = _plain_text(data)
        piped = "" if plain is not None else f"echo {base64.b64encode(data).decode('ascii')} | base64 -d | "
        words += ["--data-raw", shlex.quote(plain)] if plain is not None else ["--data-binary", "@-"]
    return piped + " ".join(words)


def _method(request: Request) -> list[str]:
    if request.method == "HEAD":
        return ["--head"]
    implied = "POST" if request.body is not None else "GET"
    return [] if request.method == implied else ["-X", request.method]


def _value(login: str, name: str) -> str:
    """What stands for a credential: a variable of the shell, or a text that nobody has as a password."""
    return "wrong" if login == "wrong" else f"${re.sub(r'[^A-Z0-9]+', '_', name.upper()).strip('_') or 'SECRET'}"


def _quoted(prefix: str, value: str) -> str:
    return f'"{prefix}{value}"'


def _url(url: str, pairs: list[tuple[str, str]]) -> str:
    if not pairs:
        return shlex.quote(url)
    separator = "&" if "?" in url else "?"
    added = separator + "&".join(f"{name}={value}" for name, value in pairs)
    return f"{shlex.quote(url)}{_quoted(added, '')}"


def _plain_text(data: bytes) -> str | None:
    """Bytes as a text that a shell can have in an argument; None if they are none, or cannot be seen."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    shown = text.replace("\n", "").replace("\t", "")
    return text if len(data) < 4000 and (not shown or shown.isprintable()) else None
