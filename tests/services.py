"""The services with faults on which the fuzzer is tried."""

from __future__ import annotations

from tests import desk, parcels, shelf, yard
from tests.faulty import Service

SERVICES: tuple[Service, ...] = (shelf.SERVICE, parcels.SERVICE, desk.SERVICE, yard.SERVICE)
