"""Spans and metrics of OpenTelemetry: one span for each request that is sent, and its duration.

Rule 1. Nothing is recorded, and nothing imported, unless the application has imported OpenTelemetry's API and set up a
provider (extra ``otel``; the API alone).

Rule 2. Names and attributes are those of the semantic conventions for HTTP clients, with the template of the path in
place of the URL, which holds values: no argument, no query, no header field, no text of an error.

Rule 3. A span's context goes out in the header fields of the application's propagator (W3C Trace Context by default),
unless the request has such a field already.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec.structs import replace

from openconnectors.engine.call.retry import Labels
from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.http import Request, Response
from openconnectors.engine.masking import revealed

if TYPE_CHECKING:
    from opentelemetry.trace import Span

NAME = "openconnectors"
OPERATION = "openconnectors.operation"
"""The attribute that has the operationId."""
_BOUNDARIES = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
"""Seconds, as the conventions have them for ``http.client.request.duration``."""
_PORTS = {"http": 80, "https": 443}


def is_listening() -> bool:
    """Return True if the application has set up a provider of spans or of metrics."""
    trace, metrics = sys.modules.get("opentelemetry.trace"), sys.modules.get("opentelemetry.metrics")
    providers = [trace.get_tracer_provider()] if trace else []
    providers += [metrics.get_meter_provider()] if metrics else []
    # The API's own providers drop everything.
    return any(not type(provider).__module__.startswith(("opentelemetry.trace", "opentelemetry.metrics"))
               for provider in providers)  # fmt: skip


class Telemetry:
    """Records the requests of one call. ``labels`` are those of its operation."""

    def __init__(self, labels: Labels) -> None:
        self._labels = labels
        self._sent = 0

    def begin(self, request: Request) -> tuple[Request, Sent]:
        """The request with the context of its span, and the span."""
        from opentelemetry import propagate, trace  # which the application has imported, see ``is_listening``

        parts = urlsplit(revealed(request.url))
        attributes: dict[str, str | int] = {
            "http.request.method": request.method,
            "url.template": self._labels.path,
            "server.address": parts.hostname or "",
            "server.port": parts.port or _PORTS.get(parts.scheme, 0),
        }
        span = trace.get_tracer(NAME).start_span(
            f"{request.method} {self._labels.path}",
            kind=trace.SpanKind.CLIENT,
            attributes={**attributes, OPERATION: self._labels.operation}
            | ({"http.request.resend_count": self._sent} if self._sent else {}),
        )
        self._sent += 1
        carrier: dict[str, str] = {}
        propagate.inject(carrier, trace.set_span_in_context(span))
        known = {name.lower() for name in request.headers}
        fields = {name: text for name, text in carrier.items() if name.lower() not in known}
        return replace(request, headers={**request.headers, **fields}), Sent(span, attributes)


class Sent:
    """A request that is on its way."""

    def __init__(self, span: Span, attributes: dict[str, str | int]) -> None:
        self._span = span
        self._attributes = attributes
        self._began = time.perf_counter()

    def end(self, outcome: Response | ConnectorError | None) -> None:
        """Record what came of it; None: it was given up."""
        from opentelemetry import metrics, trace  # as above

        duration = time.perf_counter() - self._began
        result: dict[str, str | int] = {}
        if isinstance(outcome, Response):
            result["http.response.status_code"] = outcome.status
            if outcome.status >= 400:
                result["error.type"] = str(outcome.status)
        else:
            result["error.type"] = type(outcome).__name__ if outcome is not None else "cancelled"
        self._span.set_attributes(result)
        if "error.type" in result:
            self._span.set_status(trace.StatusCode.ERROR)
        self._span.end()
        meter = metrics.get_meter(NAME)
        meter.create_histogram(
            "http.client.request.duration", unit="s", explicit_bucket_boundaries_advisory=_BOUNDARIES
        ).record(duration, {**self._attributes, **result})
