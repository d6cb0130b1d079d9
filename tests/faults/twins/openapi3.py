"""Faults of OpenAPI 3 documents."""

from __future__ import annotations

from tests.faults.twins.form import Fault

ALL = "3.0 3.1 3.2"
_LIST = "/paths/~1pets/get"

FAULTS = [
    Fault(
        "link to an operation that is not there",
        "OpenAPI 3.1.1, Link Object",
        "operationId is the name of an operation of the document",
        ALL,
        right={f"{_LIST}/responses/200/links": {"first": {"operationId": "getPet", "parameters": {"petId": 1}}}},
        wrong={f"{_LIST}/responses/200/links/first/operationId": "getPett"},
        at=(f"{_LIST}/responses/200/links/first/operationId",),
    ),
]
