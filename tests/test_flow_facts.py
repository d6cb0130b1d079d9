"""Facts of flows and of their runner: what may be yielded, who sleeps, and that another runner needs no other flows."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

import openconnectors
from openconnectors.engine.call import long_running, paging
from openconnectors.engine.call.runner import Runner
from openconnectors.engine.client.connector import Connector
from openconnectors.engine.client.operation import calls_of
from openconnectors.engine.credentials import Credentials
from openconnectors.engine.errors import ConnectionFailed, ConnectorError
from openconnectors.engine.flows import Acquire, Flow, Result, Results, Step, Wait, advance, collected
from openconnectors.engine.http import Headers, Request, Response
from openconnectors.engine.masking import Mask
from openconnectors.engine.secret import Secret

T = TypeVar("T")
REQUEST = Request("GET", "https://h.example/", {}, safe=True)


class Peer:
    """A transport that gives these responses, or raises these errors, in turn."""

    def __init__(self, *outcomes: Any) -> None:
        self.outcomes = list(outcomes)
        self.requests: list[Request] = []

    def send(self, request: Request) -> Response:
        self.requests.append(request)
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome if isinstance(outcome, Response) else ok(outcome)


def ok(value: Any, **headers: str) -> Response:
    fields = [("Content-Type", "application/json"), *headers.items()]
    return Response(200, Headers(fields), json.dumps(value).encode())


def requested(count: int) -> Flow[list[int]]:
    """The statuses of so many requests, each after a second."""
    statuses = []
    for _ in range(count):
        response = yield REQUEST
        statuses.append(response.status)
        yield Wait(1.0)
    return statuses


def test_the_runner_sends_and_sleeps() -> None:
    """A request goes to the transport, a wait to the clock of the runner; the flow's return is the result."""
    pauses: list[float] = []
    peer = Peer(1, 2, 3)

    assert Runner(peer, sleep=pauses.append).run(requested(3)) == [200] * 3
    assert (len(peer.requests), pauses) == (3, [1.0] * 3)


def test_a_failure_is_thrown_into_the_flow() -> None:
    """A flow may catch an error of the network, and go on."""

    def second_try() -> Flow[int]:
        try:
            response = yield REQUEST
        except ConnectionFailed:
            response = yield REQUEST
        return response.status

    assert Runner(Peer(ConnectionFailed("no"), 1)).run(second_try()) == 200


def test_results_come_when_they_are_wanted() -> None:
    """Nothing is sent before a result is asked for; an iterator that is dropped closes its flow."""
    closed: list[bool] = []
    peer = Peer(1, 2)

    def numbers() -> Results[int]:
        try:
            for _ in range(2):
                response = yield REQUEST
                yield Result(json.loads(response.body))
        finally:
            closed.append(True)

    results = Runner(peer).results(numbers())
    assert (peer.requests, closed) == ([], [])
    assert next(results) == 1
    assert len(peer.requests) == 1
    results.close()  # type: ignore[attr-defined]  # it is a generator
    assert closed == [True]
    assert Runner(Peer(1, 2)).run(collected(numbers())) == [1, 2]


def test_a_lock_is_left_whatever_ends_the_flow() -> None:
    """Ctrl-C within a request that is sent under a lock does not keep the lock."""
    lock = threading.Lock()

    def locked() -> Flow[None]:
        yield Acquire(lock)
        try:
            yield REQUEST
        finally:
            lock.release()

    with pytest.raises(KeyboardInterrupt) as held:
        Runner(Peer(KeyboardInterrupt())).run(locked())
    assert not lock.locked()
    assert held.value.__traceback__ is not None


def test_errors_come_out_masked() -> None:
    """What a runner has a mask for is not in the text of an error, and not in the variables of its frames."""
    secret = Secret("very-secret-value")
    runner = Runner(Peer(ConnectionFailed(f"no way to {secret.reveal()}")), Mask([secret]))

    def sent() -> Flow[Response]:
        return (yield Request("GET", "https://h.example/", {}, credentials=Credentials({"X": secret})))

    with pytest.raises(ConnectionFailed, match=r"no way to \*\*\*"):
        runner.run(sent())


class AsyncRunner:
    """A runner of the same flows for asyncio, in the lines that it takes."""

    def __init__(self, transport: Peer) -> None:
        self.transport = transport

    async def run(self, flow: Flow[T]) -> T:
        outcome: Response | ConnectorError | None = None
        try:
            while True:
                outcome = await self._outcome(advance(flow, outcome))
        except StopIteration as end:
            result: T = end.value
            return result

    async def results(self, flow: Results[T]) -> AsyncIterator[T]:
        outcome: Response | ConnectorError | None = None
        while True:
            try:
                step = advance(flow, outcome)
            except StopIteration:
                return
            if isinstance(step, Result):
                yield step.value
            outcome = None if isinstance(step, Result) else await self._outcome(step)

    async def _outcome(self, step: Step) -> Response | ConnectorError | None:
        if isinstance(step, Wait):
            await asyncio.sleep(0)
            return None
        if isinstance(step, Acquire):
            await asyncio.to_thread(step.lock.__enter__)
            return None
        try:
            return await asyncio.to_thread(self.transport.send, step)
        except ConnectorError as error:
            return error


def load(folder: Path, peer: Peer) -> Connector:
    """A connector with a list on pages, and an operation that takes long."""
    responses = {"200": {"description": "ok", "schema": {}}}
    content = {
        "swagger": "2.0",
        "info": {"title": "F", "version": "1"},
        "host": "h.example",
        "schemes": ["https"],
        "produces": ["application/json"],
        "paths": {
            "/list": {
                "get": {"operationId": "List", "responses": responses, "x-ms-pageable": {"nextLinkName": "next"}},
                "put": {"operationId": "Start", "responses": responses, "x-ms-long-running-operation": True},
            }
        },
    }
    path = folder / "f.swagger.json"
    path.write_text(json.dumps(content))
    return openconnectors.load_file(path, transport=peer)


def test_another_runner_needs_no_other_flows(tmp_path: Path) -> None:
    """Calls, retries, pages and long-running operations run under asyncio by the same generators."""
    peer = Peer(
        Response(503, Headers()),
        {"value": [1], "next": "?page=2"},
        {"value": [2]},
        ok({"properties": {"provisioningState": "Running"}}),
        ok({"properties": {"provisioningState": "Succeeded"}, "id": 7}),
        {"value": [3]},
    )
    connector = load(tmp_path, peer)
    runner = AsyncRunner(peer)

    async def calls() -> list[Any]:
        of_list, of_start = calls_of(connector.list), calls_of(connector.start)
        items = [
            item async for page in runner.results(paging.pages(of_list, of_list.request({}), {})) for item in page.items
        ]
        operation = await runner.run(long_running.started(of_start, {}))
        final = await runner.run(operation.finish())
        return [items, final.value["id"], (await runner.run(of_list.response({}))).value]

    assert asyncio.run(calls()) == [[1, 2], 7, {"value": [3]}]
