"""Spans and metrics, by OpenTelemetry's own SDK and a receiver of OTLP on loopback.

Providers are set once for a process, so each program runs in one of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.pages import texts

pytest.importorskip("opentelemetry.sdk", reason="the SDK of OpenTelemetry is not installed")
SETUP = texts(ROOT / "docs/telemetry.md", "python")[0]
PROGRAM = """
import json, os, threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

received, heads = {}, []

class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path.startswith("/v1/"):
            received.setdefault(self.path, []).append(data)
            self.reply(200, b"")
        else:
            self.reply(400, b'{"code": 1, "message": "secret-text"}')
    def do_GET(self):
        heads.append(dict(self.headers))
        self.reply(503 if len(heads) == 1 else 200, b'{"sid": "SM1"}')
    def reply(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *arguments):
        pass

server = HTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"
os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = url
%s
import openconnectors
from openconnectors.engine.call import retry
retry.FIRST = 0.001
values = {"account_id": "AC" + "0" * 32, "access_token": "t" * 32}
twilio = openconnectors.load("twilio", connection=values, base_url=url)
with trace.get_tracer("app").start_as_current_span("around"):
    twilio.get_message(message_id="SM" + "5ec4e7" * 5 + "00")
try:
    twilio.send_message(from_="+15005550006", to="+14155552345", body="secret")
except openconnectors.BadRequest:
    pass
spans.force_flush(), durations.force_flush()

def plain(attributes):
    return {each.key: each.value.string_value or each.value.int_value for each in attributes}

request = ExportTraceServiceRequest.FromString(received["/v1/traces"][0])
sent = [span for resource in request.resource_spans for scope in resource.scope_spans for span in scope.spans]
measured = ExportMetricsServiceRequest.FromString(received["/v1/metrics"][0])
scopes = [scope for resource in measured.resource_metrics for scope in resource.scope_metrics]
print(json.dumps({
    "spans": [[span.name, span.status.code, plain(span.attributes)] for span in sent],
    "around": [span.parent_span_id == next(s.span_id for s in sent if s.name == "around") for span in sent],
    "traceparent": [head.get("traceparent", "").split("-")[1:3] for head in heads],
    "ids": [[span.trace_id.hex(), span.span_id.hex()] for span in sent],
    "metrics": [[each.name, each.unit, [[point.count, plain(point.attributes)] for point in each.histogram.data_points]]
                for scope in scopes for each in scope.metrics],
    "secret": any(b"secret" in data or b"5ec4e7" in data for batch in received.values() for data in batch),
}))
os._exit(0)
"""


@pytest.fixture(scope="module")
def recorded() -> dict[str, Any]:
    """What a receiver of OTLP got of a call that is sent twice, and of one that is refused."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM % SETUP], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_each_request_is_a_span(recorded: dict[str, Any]) -> None:
    """Name, status and attributes are those of the conventions; a request that is sent again says so."""
    common = {"url.template": "/Messages/{MessageId}.json", "http.request.method": "GET"}
    spans = [(name, code, attributes) for name, code, attributes in recorded["spans"] if name != "around"]

    assert [(name, code) for name, code, _ in spans] == [
        ("GET /Messages/{MessageId}.json", 2),
        ("GET /Messages/{MessageId}.json", 0),
        ("POST /Messages.json", 2),
    ]
    assert spans[0][2].items() >= {**common, "http.response.status_code": 503, "error.type": "503"}.items()
    assert spans[1][2].items() >= {**common, "http.response.status_code": 200, "http.request.resend_count": 1}.items()
    assert spans[2][2]["openconnectors.operation"] == "SendMessage"


def test_the_context_goes_out(recorded: dict[str, Any]) -> None:
    """``traceparent`` names the span of its request, whose parent is the application's."""
    assert recorded["traceparent"] == recorded["ids"][:2]
    assert recorded["around"] == [True, True, False, False]


def test_durations_are_measured(recorded: dict[str, Any]) -> None:
    """One histogram in seconds, by method, template and status."""
    ((name, unit, points),) = recorded["metrics"]

    assert (name, unit, [count for count, _ in points]) == ("http.client.request.duration", "s", [1, 1, 1])
    assert {attributes["http.response.status_code"] for _, attributes in points} == {503, 200, 400}


def test_no_value_is_recorded(recorded: dict[str, Any]) -> None:
    """Neither arguments nor texts of the service leave the process."""
    assert recorded["secret"] is False
