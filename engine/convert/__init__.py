"""A document in another version of the specifications, with a report of what that version cannot express.

Rule 1. A conversion is a chain of steps between neighbouring versions, a row of ``STEPS`` each; a step knows its two.

Rule 2. What the other version cannot express is left out and reported, at its place in the document that was given; the
rest keeps its meaning: the operations, their arguments and the bytes of their requests are the same.

Rule 3. Extensions and descriptions stay as they are. The document itself is not changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from openconnectors.engine.convert import openapi3, openapi30_to_swagger2, swagger2_to_openapi30
from openconnectors.engine.convert.conversion import Conversion, version_of
from openconnectors.engine.documents.document import Document

__all__ = ["STEPS", "VERSIONS", "Conversion", "convert"]

VERSIONS = ("2.0", "3.0", "3.1", "3.2")
"""The versions that a document can be converted between, oldest first."""

STEPS: Mapping[tuple[str, str], Callable[[Conversion], None]] = {
    ("2.0", "3.0"): swagger2_to_openapi30.apply,
    ("3.0", "3.1"): openapi3.from_30_to_31,
    ("3.1", "3.2"): openapi3.from_31_to_32,
    ("3.2", "3.1"): openapi3.from_32_to_31,
    ("3.1", "3.0"): openapi3.from_31_to_30,
    ("3.0", "2.0"): openapi30_to_swagger2.apply,
}
"""What each step does to the root of a document."""


def convert(document: Document, version: str) -> Conversion:
    """The document in another of ``VERSIONS``: ``root`` is its new tree, ``losses`` what could not be kept.

    ``InvalidDocument`` if the document is of none of ``VERSIONS``; ``ValueError`` for another version.
    """
    goal = VERSIONS.index(version)
    conversion = Conversion.of(document)
    current = VERSIONS.index(version_of(document, VERSIONS))
    while current != goal:
        following = current + (1 if goal > current else -1)
        STEPS[VERSIONS[current], VERSIONS[following]](conversion)
        current = following
    return conversion
