"""An application that is fuzzed in the process of a test, without sockets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openconnectors.applications import BASE
from openconnectors.engine.call.connection import held
from openconnectors.engine.call.sample_connection import sample_values
from openconnectors.engine.deferred import module
from openconnectors.engine.extras import require
from openconnectors.engine.transports.applications import AsgiTransport, WsgiTransport, transport_to
from openconnectors.loading import connect, service_named

if TYPE_CHECKING:
    from openconnectors.engine import fuzz as fuzzing
    from openconnectors.engine.fuzz import Failure
else:
    fuzzing = module("openconnectors.engine.fuzz")


class ApplicationFails(AssertionError):
    """An application does not do what its document says; ``failures`` has the failures, each shrunk."""

    def __init__(self, failures: Sequence[Failure], shown: Sequence[str]) -> None:
        self.failures = tuple(failures)
        count = len(self.failures)
        super().__init__(f"{count} failure{'s' * (count != 1)}:\n\n" + "\n\n".join(shown))


def app_transport(application: Any) -> WsgiTransport | AsgiTransport:
    """A transport to an application of WSGI or ASGI in this process, or to one that a function makes: an option of
    ``load`` and ``load_file``. Close it to end the application's lifespan."""
    return transport_to(application)


def fuzz_app(
    application: Any,
    name: str | Path,
    *,
    connection: Mapping[str, Any] | None = None,
    root: str | Path | None = None,
    operations: Sequence[str] | None = None,
    examples: int = 50,
    random_seed: int = 0,
    illegal: bool = True,
) -> None:
    """Fuzz an application of WSGI or ASGI, or one that a function makes, by a document; raise ``ApplicationFails`` with
    every failure.

    ``name`` is the path of the document, or the name of a connector. ``connection`` are the values of a connection that
    the application accepts; without them they are made up. The calls have their effects: give an application whose data
    may be changed. Raise ``MissingExtra`` if the extra ``fuzz`` is not installed.
    """
    require("openconnectors.testing", "fuzz")
    entry, service = service_named(str(name), None if root is None else Path(root))
    values = held(connection) if connection is not None else sample_values(service)
    transport = transport_to(application)
    try:
        connector = connect(entry, values, BASE, transport, {}, service=service)
        chosen = list(operations) if operations is not None else None
        failures = list(fuzzing.fuzz(connector, chosen, examples=examples, random_seed=random_seed, illegal=illegal))
    finally:
        transport.close()
    if failures:
        raise ApplicationFails(failures, [shown(failure, str(name)) for failure in failures])


def shown(failure: Failure, name: str) -> str:
    """A failure of an application with what repeats it."""
    lines = [f"{failure.check}: {failure.name}: {failure.message}"]
    if failure.sent is not None:
        lines.append(f"{failure.sent.method} {failure.sent.url} {failure.sent.body or b''!r}".rstrip())
    else:
        lines.append(failure.python(name, BASE, "openconnectors.testing.app_transport(app)"))
    return "\n".join(f"  {line}" if index else line for index, text in enumerate(lines) for line in text.splitlines())
