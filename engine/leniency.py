"""What a service may send that its document does not say, and what becomes of it: one row a kind.

Rule 1. Whoever reads bytes reads them as a careful person would, in every mode, and records each place where they
differ from the document as a ``Problem`` of a kind. What is cut or has no meaning is a
``ValueError``: no mode makes a value of it.

Rule 2. What is recorded is a fact; what comes of it is decided here alone, by the kind and the mode.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from openconnectors.engine.errors import Problem

Verdict = Literal["value", "deviation", "refused"]
"""The value alone; the value, and a deviation of the response; ``InvalidResponse``."""


@dataclass(frozen=True, slots=True)
class Row:
    """What comes of one kind of deviation, by the option ``validate_responses``."""

    lenient: Verdict
    strict: Verdict
    off: Verdict = "value"


SCHEMA = "schema"
"""A value differs from its schema: below the top, an enum, a missing member, null; text that breaks its format."""
TOP_LEVEL = "top level"
"""The value as a whole is of another type than promised: null, a list or text for an object."""
MEDIA_TYPE = "media type"
"""The Content-Type is undeclared or wrong, while the bytes are what is declared."""
NO_MEDIA_TYPE = "no media type"
"""There is no Content-Type: whoever receives that may look at the bytes (RFC 9110 section 8.3)."""
NO_BODY = "no body"
"""Neither a body nor a Content-Type where a value is promised, as many services end a success: there is no value."""
UNICODE = "unicode"
"""Half of a surrogate pair, which no text in UTF-8 can hold."""
NUMBER = "number"
"""A number beyond a double, which most readers of JSON make infinite (RFC 8259 section 6)."""
TWICE = "twice"
"""A member that stands twice: two readers would disagree about it (RFC 8259 section 4). The last is read."""
XML_NAME = "xml name"
"""An XML root, item or member under a name that the document does not give."""
ENCODING = "encoding"
"""A character encoding other than the one that is declared, or one that nobody knows."""
PROLOG = "prolog"
"""Blanks before an XML declaration, which must be the first there is (XML 1.0 section 2.8)."""
DOCTYPE = "doctype"
"""A document type declaration, which is not looked at; one that declares entities is refused anyway."""
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
"""What the transport reads as meant (raw deflate) is a deviation of the response from the start, refused by no mode."""


MAX_PROBLEMS = 200
"""How many problems of a response are recorded; of a kind that is not among them one more."""


def record(problems: list[Problem], problem: Problem) -> None:
    """Adds a problem to others, as long as they are not too many: a large response may have as many as items."""
    if len(problems) < MAX_PROBLEMS or all(one.kind != problem.kind for one in problems):
        problems.append(problem)


def refused(problems: Iterable[Problem], mode: str) -> list[Problem]:
    """The problems that make a response invalid in a mode."""
    return [one for one in problems if _verdict(one, mode) == "refused"]


def deviations(problems: Iterable[Problem], mode: str) -> tuple[Problem, ...]:
    """The problems that are reported beside the value in a mode."""
    return tuple(one for one in problems if _verdict(one, mode) != "value")


def _verdict(problem: Problem, mode: str) -> Verdict:
    verdict: Verdict = getattr(LENIENCY[problem.kind], mode)
    return verdict
