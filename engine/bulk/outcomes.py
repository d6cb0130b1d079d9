"""What comes of a row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from msgspec import Struct

from openconnectors.engine.errors import (
    AnswerError,
    ConnectorError,
    InvalidResponse,
    OutcomeUnknown,
    TooManyRequests,
    TransportError,
)

State: TypeAlias = Literal["done", "refused", "unsent", "unknown"]
"""``done``: the service answered with a success. ``refused``: it answered with an error, which another attempt does not
change. ``unsent``: it was not carried out; a second run sends it. ``unknown``: it may have been carried out."""


class Outcome(Struct, frozen=True):
    """What came of one row."""

    index: int
    """The place of the row, from 0."""
    arguments: Mapping[str, Any]
    """The row."""
    state: State
    """``done``: the service answered with a success. ``refused``: it answered with an error. ``unsent``: nothing was
    carried out, and a second run sends it. ``unknown``: it may have been carried out."""
    value: Any = None
    """The value of the response. One that an earlier run has had is plain JSON data."""
    error: ConnectorError | None = None
    """The error of a row that this run has sent; also one that is done, if its response cannot be read."""
    reason: str = ""
    """The error as text, also if an earlier run has had it."""
    is_earlier: bool = False
    """True if an earlier run has had it: nothing was sent for it now."""

    @property
    def ok(self) -> bool:
        """True if there is a value."""
        return self.state == "done" and not self.reason


def state_of(error: ConnectorError) -> State:
    """What an error says of the row."""
    if isinstance(error, InvalidResponse):
        return "done"
    if isinstance(error, OutcomeUnknown):
        return "unknown"
    if isinstance(error, TooManyRequests):
        return "unsent"
    if isinstance(error, AnswerError):
        return "refused"
    return "unknown" if isinstance(error, TransportError) and error.sent != "no" else "unsent"
