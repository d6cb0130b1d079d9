"""Requests to an application in this process: WSGI (PEP 3333) or ASGI 3.0. No socket is opened.

Rule 1. The application sees what a server would give it: a path without percent-encoding beside the raw one, header
fields in lower case (ASGI), the whole body. Rule 2. What it raises is a 500, as a server makes of it; ``raised`` has
the last of these. A response whose Content-Length is not that of its body cannot be read, as over a connection (RFC
9112 section 6.3). Rule 3. An ASGI application has one event loop, in a thread of its own, and its lifespan begins and
ends with the transport.
"""

from __future__ import annotations

import asyncio
import inspect
import io
import sys
import threading
from collections.abc import Callable, Coroutine, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from openconnectors.engine.errors import Interrupted, InvalidResponse, Timeout
from openconnectors.engine.http import Headers, Request, Response
from openconnectors.engine.streams import Content, Stream
from openconnectors.engine.transports.exchange import chunks_of, place_of, refuse_late, sendable

Application = Callable[..., Any]
_FAILED = Response(500, Headers([("Content-Type", "text/plain")]), b"Internal Server Error")


def kind_of(application: Any) -> str:
    """``wsgi`` or ``asgi``; ``factory`` for a function that makes an application; empty for anything else."""
    if not callable(application):
        return ""
    if inspect.iscoroutinefunction(application) or inspect.iscoroutinefunction(type(application).__call__):
        return "asgi"
    if inspect.isclass(application):
        return "factory"
    try:
        parameters = inspect.signature(application, follow_wrapped=False).parameters.values()
    except (TypeError, ValueError):
        return "wsgi"  # written in C, as no ASGI application is
    positional = [each for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
    needed = [each for each in positional if each.default is each.empty]
    if not needed and not any(each.kind is each.VAR_POSITIONAL for each in parameters):
        return "factory"
    return "asgi" if len(needed) == 3 else "wsgi"


def transport_to(application: Any) -> WsgiTransport | AsgiTransport:
    """The transport to an application, or to the one that a function makes; ``TypeError`` for anything else."""
    kind = kind_of(application)
    if kind == "factory":
        try:
            application = application()
        except Exception as error:
            raise TypeError(f"the application cannot be made: {type(error).__name__}: {error}") from error
        kind = kind_of(application)
    if kind == "asgi":
        return AsgiTransport(application)
    if kind == "wsgi":
        return WsgiTransport(application)
    raise TypeError(f"a {type(application).__name__} is not an application of WSGI or ASGI")


class WsgiTransport:
    """Carries requests to a WSGI application."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self.raised: BaseException | None = None
        """What the application raised last."""

    def close(self) -> None:
        """Nothing is kept."""

    def send(self, request: Request) -> Response:
        """Carry one request; see ``Transport``."""
        refuse_late(request)
        url, fields = sendable(request)
        body = _body(request)
        started: list[tuple[str, list[tuple[str, str]]]] = []
        written: list[bytes] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], Any]:
            started[:] = [(status, headers)]
            return written.append

        try:
            chunks = self._application(_environ(request.method, url, fields, body), start_response)
            try:
                data = b"".join(chunks)
            finally:
                close = getattr(chunks, "close", None)
                if close is not None:
                    close()
        except Exception as error:  # noqa: BLE001 - an application raises what it likes
            self.raised = error
            return _FAILED
        if not started:
            raise InvalidResponse(f"{place_of(request)}: the application has not begun a response")
        status, headers = started[0]
        return _response(request, int(status[:3]), headers, b"".join(written) + data)


def _environ(method: str, url: str, fields: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """The environment of a request (PEP 3333, "environ Variables")."""
    parts = urlsplit(url)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(parts.path or "/").decode("latin-1"),
        "RAW_URI": f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}",
        "QUERY_STRING": parts.query,
        "SERVER_NAME": parts.hostname or "localhost",
        "SERVER_PORT": str(parts.port or {"https": 443}.get(parts.scheme, 80)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": parts.netloc,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    if body or method not in ("GET", "HEAD", "OPTIONS", "DELETE"):
        environ["CONTENT_LENGTH"] = str(len(body))
    for name, text in fields.items():
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = text
    return environ


class AsgiTransport:
    """Carries requests to an ASGI application."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self.raised: BaseException | None = None
        """What the application raised last."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._state: dict[str, Any] = {}
        self._ending: asyncio.Event | None = None
        self._lifespan: asyncio.Task[None] | None = None
        self._wait(self._begin(), 30.0)

    def close(self) -> None:
        """End the lifespan of the application, and the loop."""
        if self._loop.is_closed():
            return
        self._wait(self._end(), 30.0)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def send(self, request: Request) -> Response:
        """Carry one request; see ``Transport``."""
        refuse_late(request)
        url, fields = sendable(request)
        try:
            status, headers, data = self._wait(
                self._respond(request.method, url, fields, _body(request)), request.timeout
            )
        except TimeoutError:
            raise Timeout(
                f"{place_of(request)}: no whole response came within {request.timeout:.3g} s", "yes"
            ) from None
        if not status:
            raise Interrupted(f"{place_of(request)}: the application has not begun a response", "yes")
        return _response(request, status, headers, data)

    def _wait(self, coroutine: Coroutine[Any, Any, Any], seconds: float) -> Any:
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result(seconds)
        except TimeoutError:
            future.cancel()
            raise

    async def _respond(
        self, method: str, url: str, fields: Mapping[str, str], body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """The response to a request (ASGI, "HTTP Connection Scope")."""
        parts = urlsplit(url)
        headers = [(name.lower().encode("latin-1"), text.encode("latin-1")) for name, text in fields.items()]
        headers += [(b"host", parts.netloc.encode())]
        headers += [(b"content-length", str(len(body)).encode())] if body else []
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": parts.scheme,
            "path": unquote_to_bytes(parts.path or "/").decode("utf-8", "replace"),
            "raw_path": (parts.path or "/").encode(),
            "query_string": parts.query.encode(),
            "root_path": "",
            "headers": headers,
            "client": ("127.0.0.1", 1),
            "server": (parts.hostname, parts.port or {"https": 443}.get(parts.scheme, 80)),
            "state": dict(self._state),
        }
        status, fields_received, data, ended = 0, list[tuple[str, str]](), bytearray(), asyncio.Event()
        received = False

        async def receive() -> dict[str, Any]:
            nonlocal received
            if received:
                await ended.wait()
                return {"type": "http.disconnect"}
            received = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Mapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                pairs = message.get("headers", ())
                fields_received[:] = [(name.decode("latin-1"), text.decode("latin-1")) for name, text in pairs]
            elif message["type"] == "http.response.body":
                data.extend(message.get("body", b""))
                if not message.get("more_body", False):
                    ended.set()

        try:
            await self._application(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - an application raises what it likes
            self.raised = error
            if not ended.is_set():
                return _FAILED.status, [("Content-Type", "text/plain")], _FAILED.body
        return status, fields_received, bytes(data)

    async def _begin(self) -> None:
        """Begin the lifespan (ASGI, "Lifespan Protocol"); an application that has none refuses the scope."""
        started, self._ending, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._ended, failed = ended, list[str]()
        messages = [{"type": "lifespan.startup"}]
        ending = self._ending

        async def receive() -> dict[str, Any]:
            if messages:
                return messages.pop()
            await ending.wait()
            return {"type": "lifespan.shutdown"}

        async def send(message: Mapping[str, Any]) -> None:
            if message["type"].startswith("lifespan.startup"):
                if message["type"].endswith("failed"):
                    failed.append(str(message.get("message", "")))
                started.set()

        async def live() -> None:
            scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self._state}
            try:
                await self._application(scope, receive, send)
            except Exception as error:  # noqa: BLE001 - refusing the scope is how an application says that it has none
                if started.is_set():
                    self.raised = error
            finally:
                started.set()
                ended.set()

        self._lifespan = asyncio.ensure_future(live())
        await started.wait()
        if failed:
            raise RuntimeError(f"the application does not start: {failed[0]}")

    async def _end(self) -> None:
        if self._ending is not None and self._lifespan is not None:
            self._ending.set()
            await self._lifespan


def _body(request: Request) -> bytes:
    if isinstance(request.body, Content):
        return b"".join(bytes(chunk) for chunk in chunks_of(request.body))
    return request.body or b""


def _response(request: Request, status: int, headers: list[tuple[str, str]], data: bytes) -> Response:
    lengths = {text.strip() for name, text in headers if name.lower() == "content-length"}
    if request.method != "HEAD" and status not in (204, 304) and lengths - {str(len(data))}:
        stated = ", ".join(sorted(lengths))
        raise InvalidResponse(f"{place_of(request)}: Content-Length is {stated}, the body has {len(data)} bytes")
    if request.stream and 200 <= status < 300:
        return Response(status, Headers(headers), stream=Stream(iter([data] if data else []), lambda: None))
    return Response(status, Headers(headers), data)
