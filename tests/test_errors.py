"""Errors cross from one process to another."""

from __future__ import annotations

import copy
import inspect
import multiprocessing
import pickle
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest

import openconnectors.engine.client.connector
from openconnectors.engine import errors
from openconnectors.engine.errors import ConnectorError, Diagnostic, NotFound, OutcomeUnknown, Problem, Timeout
from openconnectors.engine.http import Headers

CLASSES = [
    kind
    for module in (errors, openconnectors.engine.client.connector)
    for _, kind in inspect.getmembers(module, inspect.isclass)
    if issubclass(kind, ConnectorError) and kind.__module__ == module.__name__
]
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "InvalidDocument": ([Diagnostic("rule", "error", "wrong", "f.json", 1, 2, related=("g.json", 3, 4))],),
    "UnknownName": ("operation", "nope", ["node", "other"]),
    "UnknownOperation": ("operation", "nope", ["node", "other"]),
    "InvalidArguments": ("get_a", [Problem(("a", 0), "is no integer")]),
    "OperationFailed": ("get_a", "Failed", {"error": {"code": "x", "message": "y"}}),
    "InvalidResponse": ("odd", [Problem(("a",), "is missing")]),
}
WAYS: dict[str, Callable[[Any], Any]] = {
    **{
        f"pickle {protocol}": lambda error, protocol=protocol: pickle.loads(pickle.dumps(error, protocol))  # type: ignore[misc]  # noqa: S301
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
    },
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}


def instance(kind: type[ConnectorError]) -> ConnectorError:
    if issubclass(kind, errors.AnswerError):
        return kind("get_a", 404, value={"a": [1]}, code=7, headers=Headers([("X", "1"), ("x", "2")]), retry_after=1.5)
    return kind(*ARGUMENTS.get(kind.__name__, ("went wrong",)))


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_every_error_is_pickled_and_copied(kind: type[ConnectorError], way: Callable[[Any], Any]) -> None:
    """Pickling and copying keep an error's class, text, attributes and notes."""
    error = instance(kind)
    error.add_note("row 7")
    again = way(error)
    assert type(again) is kind
    assert str(again) == str(error)
    assert {name: str(value) for name, value in vars(again).items()} == {
        name: str(value) for name, value in vars(error).items()
    }


def test_the_failure_behind_an_error_arrives_too() -> None:
    """A pickled error keeps its cause and the cause's fields."""
    error = OutcomeUnknown("may have been carried out")
    error.__cause__ = Timeout("no answer", "unknown")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - made here
    assert type(again.__cause__) is Timeout
    assert again.__cause__.sent == "unknown"


def test_what_cannot_be_pickled_does_not_keep_an_error_from_arriving() -> None:
    """A value that cannot be pickled arrives as its repr, and the error with it."""
    error = NotFound("get_a", 404, value={"a": lambda: None})
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - made here
    assert again.status == 404
    assert "lambda" in again.value


def refuse(status: int) -> None:
    raise errors.answer_error(status)("get_a", status, headers=Headers([("X", "1")]))


def test_a_refusal_in_a_worker_arrives() -> None:
    """A pool of processes raises a worker's error at its result; it does not hang."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool, pytest.raises(NotFound, match="get_a answered 404"):
        pool.apply_async(refuse, (404,)).get(timeout=60)
    with ProcessPoolExecutor(1, mp_context=context) as executor, pytest.raises(errors.ServerError):
        executor.submit(refuse, 503).result(timeout=60)
