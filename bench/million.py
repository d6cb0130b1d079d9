"""A million calls and a million items, and the memory that they take.

    python -m bench.million [COUNT]

Prints the resident memory of the process, in MiB, after each tenth: of ``items()`` over pages of 1,000 that follow one
another by a link, of calls one after another, of calls of eight threads, of awaited calls, a hundred at once, and of
rows with a ledger (a tenth of the count: each is written down twice). It returns 1 if the last tenth has more than a
tenth above the second, or if not all came. A ledger's memory grows until the caches of SQLite are full.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import openconnectors
from bench.clients import ours, ours_async
from bench.payloads import ACCOUNT, FORM, TOKEN
from bench.server import running
from bench.worker import repeated

PAGE = 1_000
TENTHS = 10
ALLOWED = 1.1
THREADS = 8
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Items", "version": "1"},
    "paths": {
        "/items": {
            "get": {
                "operationId": "list",
                "x-connector-paging": {"items": "/items", "next": "/next"},
                "parameters": [{"name": "page", "in": "query", "schema": {"type": "integer"}}],
                "responses": {"200": {"description": "A page.", "content": {"application/json": {"schema": {
                    "type": "object",
                    "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}}},
                }}}}},
            }
        }
    },
    "components": {"schemas": {"Item": {
        "type": "object",
        "required": ["id"],
        "properties": {
            "id": {"type": "integer"},
            "name": {"type": "string"},
            "born": {"type": "string", "format": "date-time"},
        },
    }}},
}  # fmt: skip


def serve(pages: int, port: Connection) -> None:
    """Answer each page with its items and the link to the next; send the port first."""
    listener = socket.create_server(("127.0.0.1", 0))
    port.send(listener.getsockname()[1])
    while True:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            while head := connection.recv(65536):
                number = re.search(rb"page=(\d+)", head)
                connection.sendall(page(int(number[1]) if number else 0, pages))


def page(number: int, pages: int) -> bytes:
    """The response with a page."""
    items = [
        {"id": number * PAGE + index, "name": f"Item {index}", "born": "2026-11-26T12:00:00Z"} for index in range(PAGE)
    ]
    body = json.dumps({"items": items, "next": f"/items?page={number + 1}" if number + 1 < pages else None}).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def resident() -> float:
    """The memory of this process, in MiB."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmRSS:\s*(\d+) kB", status)[1]) / 1024  # type: ignore[index]


def measured(name: str, tenth: Callable[[], Any]) -> bool:
    """Print the memory after each tenth; return whether it has not grown."""
    sizes = []
    for _ in range(TENTHS):
        tenth()
        sizes.append(resident())
    print(f"{name:32}", *(f"{size:6.1f}" for size in sizes), flush=True)
    return sizes[-1] <= ALLOWED * sizes[1]


def items(count: int) -> Iterator[Any]:
    """The items of all pages of a server in another process."""
    context = get_context("spawn")
    ours_end, other_end = context.Pipe()
    server = context.Process(target=serve, args=(count // PAGE, other_end), daemon=True)
    server.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "items.json"
            path.write_text(json.dumps(DOCUMENT))
            with openconnectors.load_file(path, base_url=f"http://127.0.0.1:{ours_end.recv()}") as connector:
                yield from connector.list.items()
    finally:
        server.kill()


async def awaited(calls: Callable[[], Any], count: int) -> None:
    """So many awaited calls, a hundred at once."""

    async def some() -> None:
        for _ in range(count // 100):
            await calls()

    await asyncio.gather(*(some() for _ in range(100)))


def _rows(url: str, count: int) -> bool:
    """Messages that are sent by ``map``, each of which a ledger has; whether memory grows, and all are done."""
    values = {"account_id": ACCOUNT, "access_token": TOKEN}
    with (
        openconnectors.load("twilio", connection=values, base_url=url) as twilio,
        tempfile.TemporaryDirectory() as folder,
    ):
        rows = ({"from_": FORM["From"], "to": FORM["To"], "body": f"Hello {index}"} for index in range(count))
        outcomes = twilio.send_message.map(rows, ledger=Path(folder) / "rows.db")
        done = 0

        def next_outcomes() -> None:
            nonlocal done
            done += sum(outcome.ok for outcome in islice(outcomes, count // TENTHS))

        return measured("rows with a ledger", next_outcomes) and done == count


def main(count: int) -> int:
    """Run all; return 0 if nothing grows."""
    results = []
    source = items(count)
    total = 0

    def next_items() -> None:
        nonlocal total
        total += sum(1 for _ in islice(source, count // TENTHS))

    results.append(measured("items", next_items))
    if total != count:
        print(f"{total} items came instead of {count}")
        return 1
    with running() as address:
        get = ours(address.plain, None)["get"]
        results.append(measured("calls", partial(repeated, get, count // TENTHS)))
        with ThreadPoolExecutor(THREADS) as pool:
            share = count // TENTHS // THREADS
            results.append(
                measured(
                    "calls of eight threads", lambda: list(pool.map(lambda _: repeated(get, share), range(THREADS)))
                )
            )

        async def in_loop() -> None:
            calls = await ours_async(address.plain, None)
            for _ in range(TENTHS):
                await awaited(calls["get"], count // TENTHS)
                sizes.append(resident())

        sizes: list[float] = []
        asyncio.run(in_loop())
        print(f"{'awaited calls, a hundred at once':32}", *(f"{size:6.1f}" for size in sizes))
        results.append(sizes[-1] <= ALLOWED * sizes[1])
        results.append(_rows(address.plain, count // TENTHS))
    return 0 if all(results) else 1


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
