"""A simulated service: an HTTP server on loopback, driven by the document of a connector, for tests and trials.

The document may declare collections of records and actions on them (``x-connector-sandbox``, docs/extensions.md); an
operation without an action responds with an example that its schema accepts.

    protocol        bytes to HttpRequest, HttpResponse to bytes; threads and sockets
    application     one request from step to step: routing, credentials, judge, actions, negotiation, responses, errors
    server          Sandbox: an application behind a protocol server
"""

from openconnectors.engine.extras import require

require("openconnectors.engine.sandbox", "sandbox")

from openconnectors.engine.sandbox.server import Sandbox  # noqa: E402 - needs the extra

__all__ = ["Sandbox"]
