"""Faults with their twins: a right document, and the same document with one fault.

Rows of ``FAULTS`` are in a module for each subject. ``written`` makes folders of them; the tests assert that each fault
is reported at its place, and that its twin has no finding of that rule; ``bench.faults`` counts what other checkers
report.
"""

from tests.faults.twins import (
    microsoft,
    openapi3,
    properties,
    properties_files,
    properties_spelled,
    properties_values,
    schemas,
    swagger,
)
from tests.faults.twins.form import DOCUMENT, Fault, Pair, written

__all__ = ["DOCUMENT", "FAULTS", "Fault", "Pair", "written"]

FAULTS: list[Fault] = [
    *openapi3.FAULTS,
    *properties.FAULTS,
    *schemas.FAULTS,
    *properties_files.FAULTS,
    *properties_values.FAULTS,
    *properties_spelled.FAULTS,
    *swagger.FAULTS,
    *microsoft.FAULTS,
]
