"""For tests of programs that call connectors: a service that runs on loopback and does what a test asks of it, and real
traffic that is recorded and replayed.

::

    with openconnectors.testing.sandbox("name") as sandbox:
        sandbox.respond("send_message", 429, headers={"Retry-After": "30"})
        send_welcome(sandbox.connector)
        assert [request.operation for request in sandbox.received] == ["send_message"] * 2

The fixtures ``connector_sandbox`` and ``connector_recording`` of pytest give the same, and end it. docs/testing.md is
the tutorial.
"""

from openconnectors.engine.traffic.har import RecordingError as RecordingError
from openconnectors.engine.traffic.replay import NotRecorded as NotRecorded
from openconnectors.testing.fuzzing import ApplicationFails as ApplicationFails
from openconnectors.testing.fuzzing import app_transport as app_transport
from openconnectors.testing.fuzzing import fuzz_app as fuzz_app
from openconnectors.testing.recordings import RecordedConnector as RecordedConnector
from openconnectors.testing.recordings import RecordingDeviates as RecordingDeviates
from openconnectors.testing.recordings import ReplayedConnector as ReplayedConnector
from openconnectors.testing.recordings import check as check
from openconnectors.testing.recordings import import_har as import_har
from openconnectors.testing.recordings import read as read
from openconnectors.testing.recordings import record as record
from openconnectors.testing.recordings import replay as replay
from openconnectors.testing.sandboxes import ConnectorSandbox as ConnectorSandbox
from openconnectors.testing.sandboxes import sandbox as sandbox

__all__ = [
    "ApplicationFails",
    "ConnectorSandbox",
    "NotRecorded",
    "RecordedConnector",
    "RecordingDeviates",
    "RecordingError",
    "ReplayedConnector",
    "app_transport",
    "check",
    "fuzz_app",
    "import_har",
    "read",
    "record",
    "replay",
    "sandbox",
]
