"""A request of ASGI as one of WSGI, which ``webhook_requests`` reads; and the reply.

Source: asgi.readthedocs.io, "HTTP & WebSocket ASGI Message Format", 2.4.
"""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypeAlias

from openconnectors.engine.client.webhook_requests import MAX_BODY, Reply
from openconnectors.engine.errors import Unsupported

Receive: TypeAlias = Callable[[], Awaitable[Mapping[str, Any]]]
Sender: TypeAlias = Callable[[dict[str, Any]], Awaitable[None]]


class AsgiApplication:
    """An application of ASGI 3.0, under asyncio or trio. An object, and no function: frameworks tell by that an
    application from a function of theirs."""

    def __init__(self, answer: Callable[[Mapping[str, Any]], Awaitable[Reply]]) -> None:
        self._answer = answer

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Sender) -> None:
        """One request. Raise ``Unsupported`` for what is not HTTP."""
        environ = await environ_of(scope, receive)
        if environ is not None:  # else the client has hung up
            await respond(send, await self._answer(environ), with_body=scope["method"] != "HEAD")


async def environ_of(scope: Mapping[str, Any], receive: Receive) -> dict[str, Any] | None:
    """The request as WSGI has it; None if the client has hung up.

    Of a body that is larger than a webhook takes, no more is read than shows that. Raise ``Unsupported`` for what is
    not HTTP.
    """
    if scope["type"] != "http":
        raise Unsupported(f"a webhook takes requests of HTTP, not {scope['type']!r}")
    fields = _fields(scope["headers"])
    length = fields.get("CONTENT_LENGTH", "")
    is_too_large = length.isdecimal() and int(length[:18]) > MAX_BODY
    body = b"" if is_too_large else await _body(receive)
    if body is None:
        return None
    mount = str(scope.get("root_path") or "")
    query = scope["query_string"].decode("latin-1")
    raw_path: bytes | None = scope.get("raw_path")
    server = scope.get("server") or ("", None)
    path = str(scope["path"])
    return {
        **fields,
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": _bytes_as_text(mount),
        "PATH_INFO": _bytes_as_text(path[len(mount) :] if mount and path.startswith(mount) else path),
        "QUERY_STRING": query,
        "RAW_URI": raw_path.decode("latin-1") + (f"?{query}" if query else "") if raw_path else "",
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or ""),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
    }


def _bytes_as_text(text: str) -> str:
    """Text as PEP 3333 has it: each character stands for a byte."""
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


def _fields(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Header fields, equal ones joined. One with an underscore in its name is left out, as WSGI servers do: it would be
    taken for another."""
    fields: dict[str, str] = {}
    for name, value in pairs:
        if b"_" in name:
            continue
        key = name.decode("latin-1").upper().replace("-", "_")
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
        text = value.decode("latin-1")
        fields[key] = f"{fields[key]},{text}" if key in fields else text
    return fields


async def _body(receive: Receive) -> bytes | None:
    """The body, as far as it is taken, and a byte more; None if the client has hung up."""
    parts: list[bytes] = []
    size = 0
    while size <= MAX_BODY:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if not message.get("more_body", False):
            break
    return b"".join(parts)


async def respond(send: Sender, reply: Reply, *, with_body: bool) -> None:
    """Send a reply."""
    fields = [(name.lower().encode("latin-1"), text.encode("latin-1")) for name, text in reply.fields()]
    await send({"type": "http.response.start", "status": int(reply.status.split(" ")[0]), "headers": fields})
    await send({"type": "http.response.body", "body": reply.body if with_body else b""})
