"""For tests of programs that call connectors: a service that runs on loopback and does what a test asks of it.

::

    with openconnectors.testing.sandbox("name") as sandbox:
        sandbox.respond("send_message", 429, headers={"Retry-After": "30"})
        send_welcome(sandbox.connector)
        assert [request.operation for request in sandbox.received] == ["send_message"] * 2

The fixtures ``connector_sandbox`` and ``connector_recording`` of pytest give the same, and end it. docs/testing.md is
the tutorial.
"""

from openconnectors.testing.sandboxes import ConnectorSandbox as ConnectorSandbox
from openconnectors.testing.sandboxes import sandbox as sandbox

__all__ = ["ConnectorSandbox", "sandbox"]
