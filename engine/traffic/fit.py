"""Whether the exchanges of a recording still fit a document."""

from __future__ import annotations

import re

from msgspec import Struct

from openconnectors.engine.http import Headers, Response, origin
from openconnectors.engine.model import Service
from openconnectors.engine.traffic.examination import Deviation, Examiner, received
from openconnectors.engine.traffic.exchanges import Recording
from openconnectors.engine.traffic.redaction import Redaction


class Misfit(Struct, frozen=True):
    """A place where a recorded exchange deviates from a document. ``number`` counts the exchanges from 1."""

    number: int
    method: str
    url: str
    status: int
    operation: str
    deviation: Deviation

    def __str__(self) -> str:
        name = self.operation or f"{self.method} {self.url}"
        return f"exchange {self.number}, {name}, {self.status}: {self.deviation}"


def misfits(recording: Recording, service: Service, base: str, redaction: Redaction) -> list[Misfit]:
    """Where the exchanges of a recording deviate from the document of a service; what was recorded of other places
    than that of ``base`` (a token endpoint) is not described there. What was redacted is not judged."""
    examiner = Examiner(service)
    places = {origin(url) for url in (base, recording.base) if url}
    listed = []
    for number, exchange in enumerate(recording.exchanges, 1):
        if exchange.origin not in places:
            continue
        examined = examiner.exchange(
            received(exchange.method, exchange.url, Headers(exchange.request_headers), exchange.request_body),
            Response(exchange.status, Headers(exchange.response_headers), exchange.response_body),
        )
        for deviation in examined.deviations:
            if not redaction.is_secret(re.split(r"[ .\[\]]", deviation.place.rstrip("]"))[-1]):
                listed.append(Misfit(
                    number, exchange.method, exchange.url, exchange.status, examined.operation, deviation
                ))  # fmt: skip
    return listed
