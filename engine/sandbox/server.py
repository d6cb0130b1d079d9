"""The sandbox as a server on loopback: its address, its thread, and how it stops."""

from __future__ import annotations

import threading
from pathlib import Path

from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.model import Service
from openconnectors.engine.sandbox.application import Application
from openconnectors.engine.sandbox.protocol import Server

HOST = "127.0.0.1"
_POLL = 0.02  # seconds between checks for a stop: short, because every test that has a sandbox waits so long
_GRACE = 2.0  # seconds that requests in progress have when it stops


class AddressError(ConnectorError):
    """The sandbox cannot listen at its address."""


class Sandbox:
    """A server on loopback for one service. Use it as a context manager, or call ``start`` and ``stop``.

    ``port`` 0 takes a free one. ``state`` is a file for its records, which several processes may share; without one
    they are in memory. With ``is_journaled`` the requests that come in are kept in ``journal``. Raises
    ``AddressError`` for a port that is taken, ``StateError`` for a file that cannot be used, ``Unsupported`` for
    sandbox declarations that cannot be read.
    """

    def __init__(
        self, service: Service, *, port: int = 0, state: Path | None = None, is_journaled: bool = False
    ) -> None:
        self.service = service
        self._application = Application(service, state, is_journaled=is_journaled)
        self.values = self._application.values
        """The connection values that it accepts."""
        self.refused = self._application.refused
        """The last 100 requests that it refused, without their queries, each with the reason."""
        self.written = self._application.written
        """The operations at which openapi-core fails as their author wrote them (OpenAPI 3.x), each with the reason."""
        self.script = self._application.script
        """The answers that operations are to give next."""
        self.journal = self._application.journal
        """The requests that came in; None if they are not kept."""
        try:
            self._server = Server(
                (HOST, port),
                self._application.respond,
                self._application.refuse,
                self._application.extra_header_names(),
            )
        except (OSError, OverflowError) as error:  # OverflowError: a port beyond 65535
            self._application.close()
            reason = error.strerror if isinstance(error, OSError) else error
            raise AddressError(
                f"port {port} of {HOST} cannot be used: {reason}; use another port, or 0 for any free one"
            ) from None
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_POLL,), daemon=True)
        self.url = f"http://{HOST}:{self._server.server_address[1]}"
        """The ``base_url`` for clients."""

    def __enter__(self) -> Sandbox:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Serve from a thread, until ``stop``."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving: idle connections are closed at once, others after their response or two seconds."""
        self._application.end_delays()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
        self._server.hang_up(_GRACE)
        self._application.close()

    def wait(self) -> None:
        """Serve until the process is interrupted."""
        self._thread.join()
