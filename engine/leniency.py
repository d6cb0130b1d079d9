"""How a response may differ from its document, and what comes of it. One row for each kind of difference.

Rule 1. A reader reads bytes as a careful person would, in every mode, and records each place that differs from the
document as a ``Problem`` of a kind. Bytes that are cut off or have no meaning are a ``ValueError``: they have no value
in any mode.

Rule 2. A problem is a fact. What comes of it is decided here alone, by its kind and the option ``validate_responses``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from msgspec import Struct

from openconnectors.engine.errors import Problem

Verdict = Literal["value", "deviation", "refused"]
"""The value alone; the value with a deviation of the response; ``InvalidResponse``."""


class Row(Struct, frozen=True):
    """What comes of one kind of problem, by the option ``validate_responses``."""

    lenient: Verdict
    strict: Verdict
    off: Verdict = "value"


SCHEMA = "schema"
"""A value differs from its schema: below the top, an enum, a missing member, null; text that breaks its format."""
TOP_LEVEL = "top level"
"""The value as a whole is of another type than declared: null, a list or text for an object."""
MEDIA_TYPE = "media type"
"""The Content-Type is undeclared or wrong, while the bytes are what is declared."""
NO_MEDIA_TYPE = "no media type"
"""There is no Content-Type: a recipient may look at the bytes (RFC 9110 section 8.3)."""
NO_BODY = "no body"
"""Neither a body nor a Content-Type although a value is declared, as many services end a success: no value."""
UNICODE = "unicode"
"""An unpaired surrogate, which UTF-8 cannot encode."""
NUMBER = "number"
"""A number beyond a double, which most readers of JSON make infinite (RFC 8259 section 6)."""
TWICE = "twice"
"""A duplicate member: two readers would disagree about it (RFC 8259 section 4). The last is read."""
XML_NAME = "xml name"
"""An XML root, item or member whose name is not in the document."""
ENCODING = "encoding"
"""A character encoding other than the declared one, or an unknown one."""
PROLOG = "prolog"
"""Blanks before an XML declaration, which must come first (XML 1.0 section 2.8)."""
DOCTYPE = "doctype"
"""A document type declaration, which is ignored; one that declares entities is refused in every mode."""
STATUS = "status"
"""A status that the document does not describe."""

LENIENCY: Mapping[str, Row] = {
    SCHEMA: Row("deviation", "refused"),
    TOP_LEVEL: Row("refused", "refused"),
    MEDIA_TYPE: Row("deviation", "refused"),
    NO_MEDIA_TYPE: Row("deviation", "deviation"),
    NO_BODY: Row("deviation", "deviation"),
    UNICODE: Row("deviation", "refused"),
    NUMBER: Row("deviation", "refused"),
    TWICE: Row("refused", "refused"),
    XML_NAME: Row("deviation", "refused"),
    ENCODING: Row("deviation", "refused"),
    PROLOG: Row("deviation", "refused"),
    DOCTYPE: Row("deviation", "refused"),
    STATUS: Row("deviation", "refused"),
}
"""The rows. What a transport reads as meant (raw deflate) is a deviation already and is not refused in any mode."""


MAX_PROBLEMS = 200
"""How many problems of a response are recorded; of a kind that is not among them, one more. A list of ten thousand
wrong items says no more than two hundred, and each problem costs memory and a line in a log."""


def record(problems: list[Problem], problem: Problem) -> None:
    """Add a problem to a list, unless it has ``MAX_PROBLEMS`` and one of the same kind."""
    if len(problems) < MAX_PROBLEMS or all(recorded.kind != problem.kind for recorded in problems):
        problems.append(problem)


def refused(problems: Iterable[Problem], mode: str) -> list[Problem]:
    """The problems that make a response invalid in a mode."""
    return [problem for problem in problems if _verdict(problem, mode) == "refused"]


def deviations(problems: Iterable[Problem], mode: str) -> tuple[Problem, ...]:
    """The problems that are reported beside the value in a mode."""
    return tuple(problem for problem in problems if _verdict(problem, mode) != "value")


def _verdict(problem: Problem, mode: str) -> Verdict:
    verdict: Verdict = getattr(LENIENCY[problem.kind], mode)
    return verdict
