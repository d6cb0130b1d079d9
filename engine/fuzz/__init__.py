"""Fuzzing: valid calls whose responses are checked, illegal requests, which a service must refuse,
sequences of calls, and malformed responses.

``fuzz`` and ``hostile`` yield failures, each shrunk; ``replay`` repeats one. The strategies ``values``, ``arguments``
and ``broken`` serve in other tests as well.
"""

# ruff: noqa: E402 - the extra is required before modules that need it are imported
from openconnectors.engine.extras import require

require("openconnectors.engine.fuzz", "fuzz")

from openconnectors.engine.fuzz.checks import CHECKS
from openconnectors.engine.fuzz.failures import Failure, failure_of
from openconnectors.engine.fuzz.replaying import replay
from openconnectors.engine.fuzz.resources import resources
from openconnectors.engine.fuzz.run import EXAMPLES, fuzz, hostile
from openconnectors.engine.fuzz.sequence_checks import SEQUENCE_CHECKS
from openconnectors.engine.fuzz.strategies import Known, arguments, values
from openconnectors.engine.fuzz.violations import Broken, broken

__all__ = [
    "CHECKS",
    "EXAMPLES",
    "SEQUENCE_CHECKS",
    "Broken",
    "Failure",
    "Known",
    "arguments",
    "broken",
    "failure_of",
    "fuzz",
    "hostile",
    "replay",
    "resources",
    "values",
]
