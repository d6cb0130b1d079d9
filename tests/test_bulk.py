"""Many rows: outcomes in order, each row sent once, budgets that are kept."""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import openconnectors
from openconnectors import Connector
from openconnectors.engine.bulk.budgets import Budget, exhausted
from openconnectors.engine.bulk.ledger import Ledger, LedgerError
from openconnectors.engine.bulk.outcomes import Outcome
from openconnectors.engine.sandbox import Sandbox
from tests.conftest import ROOT
from tests.pages import run_code

DOCUMENT = {
    "swagger": "2.0",
    "info": {"title": "Post", "version": "1"},
    "host": "post.example",
    "schemes": ["http"],
    "paths": {
        "/letters": {
            "post": {
                "operationId": "send",
                "consumes": ["application/json"],
                "produces": ["application/json"],
                "parameters": [
                    {
                        "name": "letter",
                        "in": "body",
                        "required": True,
                        "schema": {"type": "object", "properties": {"to": {"type": "string"}}, "required": ["to"]},
                    }
                ],
                "responses": {"200": {"description": "ok", "schema": {"type": "object"}}},
            },
            "get": {
                "operationId": "look",
                "produces": ["application/json"],
                "parameters": [{"name": "to", "in": "query", "type": "string"}],
                "responses": {"200": {"description": "ok", "schema": {"type": "object"}}},
            },
        }
    },
}


class Post:
    """A service that counts what it gets. ``answer`` may say another status and other fields for a letter."""

    def __init__(self) -> None:
        self.got: list[str] = []
        self.times: list[float] = []
        self.answer: Callable[[str], tuple[int, dict[str, str]]] = lambda to: (200, {})
        lock, post = threading.Lock(), self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.reply(self.path.partition("to=")[2])

            def do_POST(self) -> None:
                self.reply(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["to"])

            def reply(self, to: str) -> None:
                with lock:
                    post.got.append(to)
                    post.times.append(time.monotonic())
                    status, fields = post.answer(to)
                if status == 0:  # the letter was taken, and the answer is lost
                    self.close_connection = True
                    return
                body = json.dumps({"to": to}).encode()
                self.send_response(status)
                for name, text in {
                    "Content-Type": "application/json",
                    "Content-Length": str(len(body)),
                    **fields,
                }.items():
                    self.send_header(name, text)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def post() -> Iterator[Post]:
    service = Post()
    yield service
    service.close()


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "post.json"
    path.write_text(json.dumps(DOCUMENT))
    return path


@pytest.fixture
def connector(document: Path, post: Post) -> Connector:
    return openconnectors.load_file(document, base_url=post.url)


def letters(count: int) -> list[dict[str, str]]:
    return [{"to": str(number)} for number in range(count)]


def states(outcomes: Any) -> list[tuple[str, str]]:
    return [(outcome.arguments["to"], outcome.state) for outcome in outcomes]


def test_outcomes_come_in_the_order_of_the_rows(connector: Connector, post: Post) -> None:
    """A row that is refused, or whose outcome is not known, stops no other."""
    post.answer = lambda to: {"3": (400, {}), "5": (0, {})}.get(to, (200, {}))
    outcomes = list(connector.send.map([*letters(8), {"to": 7}]))

    assert states(outcomes[:8]) == [
        (str(number), {3: "refused", 5: "unknown"}.get(number, "done")) for number in range(8)
    ]
    assert (outcomes[8].state, outcomes[8].ok, outcomes[0].value) == ("unsent", False, {"to": "0"})
    assert (type(outcomes[3].error).__name__, type(outcomes[5].error).__name__) == ("BadRequest", "OutcomeUnknown")
    assert Counter(post.got) == Counter(map(str, range(8)))


def test_a_second_run_sends_what_was_not_sent(connector: Connector, post: Post, tmp_path: Path) -> None:
    """Rows that are done, refused or unknown are given again without a request; the others are sent."""
    ledger = tmp_path / "letters.db"
    post.answer = lambda to: {"1": (400, {}), "2": (0, {}), "3": (429, {"Retry-After": "600"})}.get(to, (200, {}))
    first = list(connector.send.map(letters(5), ledger=ledger))
    post.answer = lambda to: (200, {})
    post.got.clear()
    second = list(connector.send.map(letters(6), ledger=ledger))

    assert [outcome.state for outcome in first] == ["done", "refused", "unknown", "unsent", "done"]
    assert [outcome.state for outcome in second] == ["done", "refused", "unknown", "done", "done", "done"]
    assert [outcome.is_earlier for outcome in second] == [True, True, True, False, True, False]
    assert (second[0].value, second[1].reason != "", sorted(post.got)) == ({"to": "0"}, True, ["3", "5"])


def test_equal_rows_are_different_messages(connector: Connector, post: Post, tmp_path: Path) -> None:
    """Without a key each of two equal rows is sent once; with a key that is equal, one of them is."""
    rows = [{"to": "a"}, {"to": "a"}]
    for _ in range(2):
        assert [outcome.ok for outcome in connector.send.map(rows, ledger=tmp_path / "a.db")] == [True, True]
    list(connector.send.map(rows, ledger=tmp_path / "b.db", key=lambda row: row["to"]))

    assert len(post.got) == 3


def test_what_may_be_repeated_is_sent_again(connector: Connector, post: Post, tmp_path: Path) -> None:
    """A claimed row of a run that was killed is sent if its request is safe to repeat, else it is unknown."""
    path = tmp_path / "x.db"
    ledger, rows = Ledger(path), [{"to": "a"}]
    for key in ("a",):
        assert ledger.claim(_key(connector, "send", key), repeatable=True) is None
        assert ledger.claim(_key(connector, "look", key), repeatable=True) is None
    by_key: dict[str, Any] = {"ledger": ledger, "key": lambda row: row["to"]}

    assert [outcome.state for outcome in connector.send.map(rows, **by_key)] == ["unknown"]
    assert [outcome.state for outcome in connector.look.map(rows, **by_key)] == ["done"]
    assert ledger.counts() == {"claimed": 1, "done": 1}


def _key(connector: Connector, operation: str, key: str) -> str:
    from openconnectors.engine.bulk.keys import Keys

    return Keys("post", operation, lambda row: key).of({})


def test_rows_and_outcomes_are_never_held_as_a_whole(connector: Connector, post: Post) -> None:
    """Rows are taken as outcomes are; who stops in between sends few more."""
    taken = []

    def rows() -> Iterator[dict[str, str]]:
        for row in letters(10_000):
            taken.append(row)
            yield row

    outcomes = connector.look.map(rows())
    first = [next(outcomes) for _ in range(10)]
    outcomes.close()  # type: ignore[attr-defined]

    assert [outcome.ok for outcome in first] == [True] * 10
    assert len(taken) <= 100


def test_a_ledger_that_cannot_be_used_sends_nothing(connector: Connector, post: Post, tmp_path: Path) -> None:
    """The error names the file."""
    (tmp_path / "x.db").write_text("no database " * 200)
    with pytest.raises(LedgerError, match=r"x\.db cannot be used"):
        list(connector.send.map(letters(1), ledger=tmp_path / "x.db"))

    assert post.got == []


class Elsewhere(ThreadPoolExecutor):
    """An executor that is not of the standard library, as Dask's."""


def test_an_executor_that_may_repeat_needs_a_ledger(connector: Connector, tmp_path: Path) -> None:
    """It is refused for what must not be repeated, with what to give."""
    with Elsewhere(2) as executor:
        with pytest.raises(openconnectors.Unsupported, match="give ledger="):
            connector.send.map(letters(1), executor=executor)

        assert [each.ok for each in connector.look.map(letters(2), executor=executor)] == [True, True]
        assert [each.ok for each in connector.send.map(letters(2), executor=executor, ledger=tmp_path / "l.db")]


@pytest.mark.parametrize("limit", ["x", "0", "ten per second"])
def test_what_is_not_a_budget_is_refused(connector: Connector, limit: str) -> None:
    """The error says how a budget is written."""
    with pytest.raises(openconnectors.UnknownName, match='"10/second"'):
        connector.look.map(letters(1), limit=limit)


def test_a_budget_is_kept_by_all_threads(connector: Connector, post: Post) -> None:
    """No two seconds have more calls than the budget says; half a second is left for what delays a call on its way."""
    list(connector.look.map(letters(8), limit="1000/second"))  # all is imported, and there are connections
    post.times.clear()
    outcomes = list(connector.look.map(letters(15), limit="10 per 2 second"))

    assert all(outcome.ok for outcome in outcomes)
    assert max(sum(1 for other in post.times if 0 <= other - start < 1.5) for start in post.times) <= 10


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({"RateLimit": '"default";r=0;t=30'}, 30.0),
        ({"RateLimit": "limit=100, remaining=0, reset=12"}, 12.0),
        ({"RateLimit": '"default";r=5;t=30'}, None),
        ({"RateLimit-Remaining": "0", "RateLimit-Reset": "7"}, 7.0),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"}, 1.0),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1000000001"}, 0.0),
        ({"X-RateLimit-Remaining": "0"}, None),
        ({"X-RateLimit-Remaining": "3", "X-RateLimit-Reset": "9"}, None),
        ({}, None),
    ],
)
def test_what_the_service_says_of_its_limit(fields: dict[str, str], seconds: float | None) -> None:
    """The seconds until it takes more, if it takes none now."""
    assert exhausted(fields) == seconds


def test_no_row_goes_while_the_service_takes_none(connector: Connector, post: Post) -> None:
    """After a response without a remaining call the others wait for its reset."""
    post.answer = lambda to: (200, {"RateLimit-Remaining": "0", "RateLimit-Reset": "1"} if to == "0" else {})
    with ThreadPoolExecutor(1) as executor:
        list(connector.look.map(letters(2), executor=executor))

    assert post.times[1] - post.times[0] >= 0.95


def test_coroutines_have_the_same(document: Path, post: Post, tmp_path: Path) -> None:
    """Outcomes in order, a ledger and a budget; so many calls at once."""

    async def main(ledger: Path) -> list[Outcome]:
        async with openconnectors.load_file_async(document, base_url=post.url) as connector:
            rows = connector.send.map([*letters(20), {"to": 1}], concurrency=5, ledger=ledger, limit="1000/second")
            return [outcome async for outcome in rows]

    first, second = (asyncio.run(main(tmp_path / "l.db")) for _ in range(2))

    assert [outcome.state for outcome in first] == ["done"] * 20 + ["unsent"]
    assert [outcome.is_earlier for outcome in second] == [True] * 20 + [False]
    assert len(post.got) == 20


def test_what_crosses_to_another_process_is_names(document: Path, post: Post, tmp_path: Path) -> None:
    """A connector of names is loaded again where it is unpickled; one that was loaded with values is not pickled."""
    connector = openconnectors.load_file(document, base_url=post.url, timeout=7.0)
    again = pickle.loads(pickle.dumps(connector))  # noqa: S301 - made here
    operation = pickle.loads(pickle.dumps(connector.look.using(timeout=3.0)))  # noqa: S301 - made here

    assert again.look(to="x") == operation(to="x") == {"to": "x"}
    values = {"account_id": "AC" + "0" * 32, "access_token": "t" * 32}
    for held in (
        openconnectors.load("twilio", connection=values),
        openconnectors.load("twilio", connection=values).send_message,
    ):
        with pytest.raises(TypeError, match="is not pickled"):
            pickle.dumps(held)


CLUSTER = """
import json, os, signal, sys, threading, time
from pathlib import Path
from distributed import Client, LocalCluster
import openconnectors

def main():
    document, url, ledger, count, kill = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5] == "kill"
    connector = openconnectors.load_file(document, base_url=url)
    with LocalCluster(n_workers=2, threads_per_worker=2, dashboard_address=None) as cluster:
        with Client(cluster) as client:
            def end_workers():
                for worker in list(client.run(os.getpid).values()):
                    os.kill(worker, signal.SIGKILL)
                    time.sleep(1.0)
            outcomes = connector.send.map(
                ({"to": str(n)} for n in range(count)), executor=client.get_executor(), ledger=ledger)
            states = []
            for outcome in outcomes:
                states.append(outcome.state)
                if kill and len(states) == count // 4:
                    threading.Thread(target=end_workers).start()
            print(json.dumps(states))

if __name__ == "__main__":
    main()
"""


@pytest.mark.long
def test_no_message_is_sent_twice_when_workers_of_a_cluster_are_killed(
    document: Path, post: Post, tmp_path: Path
) -> None:
    """By the service's count, each letter came once at most; a second run sends those that no worker had claimed."""
    pytest.importorskip("distributed", reason="Dask is not installed")
    program = tmp_path / "cluster.py"
    program.write_text(CLUSTER)
    post.answer = lambda to: (time.sleep(0.01), (200, {}))[1]
    ledger, count = tmp_path / "letters.db", 300
    runs = []
    for mode in ("kill", "go"):
        command = [sys.executable, str(program), str(document), post.url, str(ledger), str(count), mode]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=170)
        assert done.returncode == 0, done.stderr[-2000:]
        runs.append(json.loads(done.stdout.splitlines()[-1]))

    assert max(Counter(post.got).values()) == 1
    assert len(runs[1]) == count
    assert set(runs[1]) <= {"done", "unknown"}
    assert len(post.got) >= count - runs[1].count("unknown")
    assert runs[1].count("unknown") <= 8


KILLED = """
import sys, openconnectors
connector = openconnectors.load_file(sys.argv[1], base_url=sys.argv[2])
for outcome in connector.send.map(({"to": str(n)} for n in range(200)), ledger=sys.argv[3]):
    print(outcome.state, flush=True)
"""


def test_nothing_is_sent_twice_after_kill(document: Path, post: Post, tmp_path: Path) -> None:
    """A run that is killed with SIGKILL is gone on with: each letter came once at most, those in flight are unknown."""
    post.answer = lambda to: (time.sleep(0.002), (200, {}))[1]
    command = [sys.executable, "-c", KILLED, str(document), post.url, str(tmp_path / "l.db")]
    first = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert first.stdout is not None
    for _ in range(30):
        first.stdout.readline()
    os.kill(first.pid, signal.SIGKILL)
    first.communicate()
    second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    came = Counter(second.stdout.split())

    assert max(Counter(post.got).values()) == 1
    assert came["done"] + came["unknown"] == 200
    assert came["unknown"] <= 8


@pytest.mark.long
def test_processes_share_a_budget_in_redis(document: Path, post: Post, tmp_path: Path) -> None:
    """Four processes together keep to the budget: the service, which counts, never has to say 429."""
    import shutil

    server = shutil.which("redis-server")
    if server is None:
        pytest.skip("redis-server is not installed (apt-get install redis-server)")
    port = 20_000 + os.getpid() % 20_000
    redis = subprocess.Popen(
        [server, "--port", str(port), "--save", "", "--dir", str(tmp_path)], stdout=subprocess.DEVNULL
    )
    window: list[float] = []

    def answer(to: str) -> tuple[int, dict[str, str]]:
        if to == "warm":
            return 200, {}
        now = time.monotonic()
        window[:] = [moment for moment in window if now - moment < 1.2]
        window.append(now)
        return (429 if len(window) > 20 else 200), {}

    post.answer = answer
    program = (
        "import sys, openconnectors as o; from openconnectors.engine.bulk.budgets import Budget\n"
        "c = o.load_file(sys.argv[1], base_url=sys.argv[2])\n"
        "b = Budget('20 per 2 second', sys.argv[3])\n"
        "list(c.look.map([{'to': 'warm'}] * 8))\n"
        "print([x.state for x in c.look.map([{'to': str(n)} for n in range(20)], limit=b)].count('done'))"
    )
    try:
        time.sleep(1.0)
        command = [sys.executable, "-c", program, str(document), post.url, f"redis://127.0.0.1:{port}"]
        workers = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(4)]
        assert [worker.communicate(timeout=120)[0] for worker in workers] == ["20\n"] * 4
    finally:
        redis.terminate()
        redis.wait()

    assert len(post.got) - post.got.count("warm") == 80


def test_a_budget_crosses_to_another_process() -> None:
    """It is pickled by its text, its storage and its name; its repr shows no password of the storage."""
    budget = pickle.loads(pickle.dumps(Budget("10/second", "redis://:pass@host:1", "x")))  # noqa: S301 - made here

    assert repr(budget) == "Budget('10/second')"


def test_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox) -> None:
    """The code of docs/bulk.md runs; its second run sends nothing."""
    monkeypatch.chdir(tmp_path)
    twilio = openconnectors.load("twilio", connection=sandbox.values, base_url=sandbox.url)
    monkeypatch.setattr(openconnectors, "load", lambda name: twilio)
    for _ in range(2):
        namespace = run_code(ROOT / "docs/bulk.md", change=lambda code: code.replace("range(200)", "range(5)"))

    assert namespace["outcome"].ok
    assert namespace["outcome"].is_earlier
    assert len(twilio.list_messages()["messages"]) == 5
