"""The console as a server on loopback: its address, its thread, and how it stops."""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from openconnectors.console.application import Application
from openconnectors.console.guard import KEY, Guard
from openconnectors.engine.pages.examples import Flags
from openconnectors.engine.sandbox.server import AddressError
from openconnectors.registry import Entry

HOST = "127.0.0.1"
_NAMES = (HOST, "localhost")
_POLL = 0.05  # seconds between checks for a stop
_BACKLOG = 64  # connections that may wait to be accepted


class _Handler(WSGIRequestHandler):
    """Reads requests, and says nothing of them: their paths may have the key."""

    timeout = 60
    """Seconds that a client may be silent."""

    def log(self, type: str, message: str, *args: Any) -> None:
        """Do nothing."""

    def version_string(self) -> str:
        """The name of the server, without versions."""
        return "connectors"


class Console:
    """The console of some connectors, on loopback. Use it as a context manager.

    ``port`` 0 takes a free one. Raise ``AddressError`` for a port that is taken.
    """

    def __init__(self, entries: Sequence[Entry], flags: Flags, *, port: int = 0) -> None:
        try:
            listener = socket.create_server((HOST, port), backlog=_BACKLOG)
        except (OSError, OverflowError) as error:  # OverflowError: a port beyond 65535
            reason = error.strerror if isinstance(error, OSError) else error
            raise AddressError(f"port {port} of {HOST} cannot be used: {reason}; use another, or 0 for any") from None
        with listener:  # the server has a copy of it
            self.port: int = listener.getsockname()[1]
            self._guard = Guard(_NAMES, self.port)
            self._application = Application(entries, flags, self._guard)
            self._server = make_server(
                HOST, self.port, self._application, threaded=True, request_handler=_Handler, fd=listener.fileno()
            )
        self._path = self._application.path_of(entries[0].name) if len(entries) == 1 else "/"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_POLL,), daemon=True)
        self.origin = f"http://{HOST}:{self.port}"

    @property
    def url(self) -> str:
        """The address with its key, for the person at the terminal."""
        return f"{self.origin}{self._path}?{KEY}={self._guard.key}"

    def single_url(self) -> str:
        """An address that opens the console once, for whatever starts a browser."""
        return f"{self.origin}{self._path}?{KEY}={self._guard.single_key()}"

    def __enter__(self) -> Console:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._application.stop()

    def wait(self) -> None:
        """Serve until the process is interrupted."""
        self._thread.join()
