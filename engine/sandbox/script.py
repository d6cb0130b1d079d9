"""What a test asks of the sandbox: how the next requests of an operation are answered, in place of its own response.

Rule 1. An answer is for a request that the document accepts, and with the right credentials: one that is refused uses
none up.

Rule 2. An answer with a status or a body stands for a service that responds so: nothing is carried out, and whether
there is a record does not matter. One that is only late or lost is that of a service that has carried the request out.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from openconnectors.engine.model import MISSING


class Answer(Struct, frozen=True):
    """How one request is answered.

    ``body`` is plain data, which is written as the document has it, or bytes, which are sent as they are. Without one
    the response is an example of the document, ``example`` by its name. ``delay`` are seconds until it is sent.
    """

    status: int | None = None
    body: Any = MISSING
    headers: Mapping[str, str] = field(default_factory=dict)
    example: str = ""
    delay: float = 0.0
    is_lost: bool = False
    """True to close the connection in place of a response."""

    @property
    def is_own_response(self) -> bool:
        """Whether it takes the place of what the operation would do."""
        return self.status is not None or self.body is not MISSING or bool(self.example)


class Script:
    """The answers that are to come, by operation. Safe to use from several threads."""

    def __init__(self) -> None:
        self._answers: dict[str, deque[Answer]] = {}
        self._lock = threading.Lock()

    def add(self, operation_id: str, answer: Answer, times: int = 1) -> None:
        """Answer so many requests of an operation so, after those that were added before."""
        with self._lock:
            self._answers.setdefault(operation_id, deque()).extend([answer] * times)

    def next(self, operation_id: str) -> Answer | None:
        """Take the next answer of an operation; None if there is none."""
        with self._lock:
            answers = self._answers.get(operation_id)
            return answers.popleft() if answers else None

    def put_back(self, operation_id: str, answer: Answer) -> None:
        """Keep an answer for the next request after all."""
        with self._lock:
            self._answers[operation_id].appendleft(answer)

    def has(self, operation_id: str) -> bool:
        """Return True if there is an answer for an operation."""
        return bool(self._answers.get(operation_id))

    def waiting(self) -> dict[str, int]:
        """The number of answers that no request has had yet, by operation."""
        with self._lock:
            return {operation_id: len(answers) for operation_id, answers in self._answers.items() if answers}
