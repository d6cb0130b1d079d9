"""The items of a response as they arrive in a coroutine.

What cuts a response into items (lines, events, parts, lists) asks for the next bytes where it needs them, so that it
cannot suspend. It runs in a thread of its own, which is at work only while the coroutine waits for it: the thread hands
over the items of the bytes that have come, and waits for more bytes; one of the two runs at any time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, TypeAlias

from openconnectors.engine.call.calls import Calls
from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.streams import AsyncStream, Stream
from openconnectors.engine.transports.event_loops import running
from openconnectors.engine.transports.waits import Completion

MAX_BATCH = 100
"""The most items that are handed over at once."""

_LONG = 1_000_000.0
"""Seconds: the thread is waited for without a limit; the time of the call bounds what the stream may take."""

Batch: TypeAlias = tuple[list[Any], bool]
"""Items, and whether more bytes are needed for the next; else the items have ended, or the batch is full."""


class _Stopped(BaseException):
    """Nobody wants further items."""


class _Cutter:
    """The thread's side."""

    def __init__(self, calls: Calls, stream: AsyncStream) -> None:
        self._chunks: SimpleQueue[bytes | BaseException] = SimpleQueue()
        self._batch: Completion[Batch | None] = Completion()
        self._items: list[Any] = []
        chunks = Stream(self._received(), lambda: None)
        chunks.begin(stream.status, stream.headers, stream.fields)
        self._cut = calls.items(chunks)
        threading.Thread(target=self._run, name="items", daemon=True).start()

    def batch(self) -> Completion[Batch | None]:
        """The next batch; None after the last."""
        return self._batch

    def go_on(self, chunk: bytes | BaseException) -> None:
        """Go on with the next chunk; an empty one is the end, or means that none was needed. An error is raised where
        the chunk is needed."""
        self._batch = Completion()
        self._chunks.put(chunk)

    def _received(self) -> Iterator[bytes]:
        while chunk := self._hand_over(needs_bytes=True):
            yield chunk

    def _hand_over(self, needs_bytes: bool) -> bytes:
        items, self._items = self._items, []
        self._batch.complete((items, needs_bytes))
        chunk = self._chunks.get()
        if isinstance(chunk, BaseException):
            raise chunk
        return chunk

    def _run(self) -> None:
        try:
            for item in self._cut:
                self._items.append(item)
                if len(self._items) >= MAX_BATCH:
                    self._hand_over(needs_bytes=False)
            if self._items:
                self._hand_over(needs_bytes=False)
            self._batch.complete(None)
        except _Stopped:
            pass
        except BaseException as error:  # noqa: BLE001 - raised where the items are wanted, after those before it
            with suppress(_Stopped):
                if self._items:
                    self._hand_over(needs_bytes=False)
                self._batch.fail(error)


async def items_of_stream(calls: Calls, stream: AsyncStream) -> AsyncGenerator[Any, None]:
    """The items of a response, as they arrive; see ``Calls.items``."""
    loop, chunks = running(), aiter(stream)
    cutter = _Cutter(calls, stream)
    try:
        while (batch := await loop.completed(cutter.batch(), time.monotonic() + _LONG)) is not None:
            items, needs_bytes = batch
            for item in items:
                yield item
            chunk: bytes | BaseException = b""
            if needs_bytes:
                try:
                    chunk = await anext(chunks, b"")
                except ConnectorError as error:  # raised by what cuts, which may say where
                    chunk = error
            cutter.go_on(chunk)
    finally:
        cutter.go_on(_Stopped())
