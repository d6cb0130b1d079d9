"""Ways to break a document, each with the lines at which a checker should report it.

A way is a function of a parsed root and a random generator (``KINDS``), of a document's text (``TEXTS``), or a
properties file (``PROPERTIES``). ``seeded`` writes documents with one fault each, ``twins`` small ones that have a
right twin each; the tests assert that each is found, and ``bench.faults`` counts what other checkers find.
"""

from tests.faults.cases import KINDS, Case, seeded, sources_below, twins
from tests.faults.texts import PROPERTIES, TEXTS

__all__ = ["KINDS", "PROPERTIES", "TEXTS", "Case", "seeded", "sources_below", "twins"]
