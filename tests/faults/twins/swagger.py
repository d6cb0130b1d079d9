"""Faults of Swagger 2.0 documents."""

from __future__ import annotations

from tests.faults.twins.form import Fault

_LIST = "/paths/~1pets/get"

FAULTS = [
    Fault(
        "multi outside query and form",
        "OpenAPI 2.0, Parameter Object, collectionFormat",
        "multi is for parameters in query or formData",
        "2.0",
        right={
            f"{_LIST}/parameters/-": {
                "name": "X-Ids",
                "in": "header",
                "type": "array",
                "items": {"type": "string"},
                "collectionFormat": "csv",
                "description": "Numbers.",
            }
        },
        wrong={f"{_LIST}/parameters/1/collectionFormat": "multi"},
        at=(f"{_LIST}/parameters/1/collectionFormat", f"{_LIST}/parameters/1"),
    ),
]
