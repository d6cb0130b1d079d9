"""Progress of long work: on a terminal's standard error, and nowhere else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

import openconnectors
from openconnectors import progress
from openconnectors.cli import app
from openconnectors.progress import Bar

from .conftest import ROOT, command, serving
from .terminals import terminal

DOCUMENT = {
    "swagger": "2.0",
    "info": {"title": "Post", "version": "1"},
    "schemes": ["http"],
    "paths": {"/letters": {"post": {
        "operationId": "send",
        "parameters": [{"name": "to", "in": "query", "type": "string", "required": True}],
        "responses": {"200": {"description": "Sent"}},
    }}},
}  # fmt: skip


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work of any length is drawn, and each step of it."""
    monkeypatch.setattr(progress, "_QUIET", 0.0)
    monkeypatch.setattr(progress, "_BETWEEN", 0.0)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("CI", raising=False)


@pytest.fixture
def post(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A document, and the URL of a service that takes letters."""
    path = tmp_path / "post.swagger.json"
    path.write_text(json.dumps(DOCUMENT))
    application = Request.application(lambda request: Response("{}", content_type="application/json"))
    with serving(make_server("127.0.0.1", 0, application, threaded=True)) as url:
        yield path, url


def test_validate_shows_how_many_documents_are_checked() -> None:
    """On a terminal a bar counts the documents, and is gone when the report is printed."""
    with terminal() as written:
        code = app.run(["validate", *(str(ROOT / f"spec/{name}.swagger.yaml") for name in ("twilio", "slack"))])

    assert (code, "1/2 documents" in written.plain) == (0, True)
    assert written.text.rstrip().endswith("2 documents checked, no problems found")


def test_fuzz_shows_how_many_operations_are_done() -> None:
    """The bar makes room for lines, which stay what they are without it."""
    arguments = ["fuzz", "petstore", "--operation", "get_pet_by_id", "--max-examples", "1", "--no-answers"]
    with terminal() as written:
        code = app.run(arguments)

    assert (code, "1/1 operations" in written.plain) == (0, True)
    for line in command(*arguments).stderr.splitlines():
        assert f"{line}\n" in written.plain


@pytest.mark.parametrize("environment", [{"CI": "true"}, {"TERM": "dumb"}, {}], ids=str)
def test_nothing_is_drawn_elsewhere(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe, a machine that builds and a terminal that cannot be drawn on get no bar."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    if environment:
        with terminal() as written:
            app.run(["validate", str(ROOT / "spec" / "slack.swagger.yaml")])
        text = written.text
    else:
        text = command("validate", str(ROOT / "spec" / "slack.swagger.yaml")).stderr

    assert text == "1 document checked, no problems found\n"


def test_short_work_is_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes less than half a second is done before anything is drawn."""
    monkeypatch.setattr(progress, "_QUIET", 60.0)
    with terminal() as written, Bar("things") as bar:
        assert list(bar.over(range(3), 3)) == [0, 1, 2]

    assert written.text == ""


def test_map_says_how_far_it_is(post: tuple[Path, str]) -> None:
    """``progress`` is called at the beginning and after each outcome, with the number of rows if they have a length."""
    path, url = post
    calls: list[tuple[int, int | None]] = []
    send = openconnectors.load_file(path, base_url=url).send
    rows = [{"to": str(number)} for number in range(3)]

    def note(done: int, total: int | None) -> None:
        calls.append((done, total))

    assert len(list(send.map(rows, progress=note))) == 3
    assert calls == [(0, 3), (1, 3), (2, 3), (3, 3)]
    calls.clear()
    next(send.map(iter(rows), progress=note))
    assert calls == [(0, None), (1, None)]


def test_map_that_is_awaited_says_how_far_it_is(post: tuple[Path, str]) -> None:
    """The same of coroutines."""
    path, url = post
    calls: list[tuple[int, int | None]] = []

    async def run() -> int:
        async with openconnectors.load_file_async(path, base_url=url) as connector:
            rows = [{"to": "1"}, {"to": "2"}]
            return len([
                outcome
                async for outcome in connector.send.map(rows, progress=lambda *call: calls.append(call))
            ])  # fmt: skip

    assert asyncio.run(run()) == 2
    assert calls == [(0, 2), (1, 2), (2, 2)]


def test_a_bar_draws_the_progress_of_map(post: tuple[Path, str]) -> None:
    """A ``Bar`` is what ``progress`` calls; it draws on standard error, and on another stream if it is given one."""
    path, url = post
    send = openconnectors.load_file(path, base_url=url).send
    with terminal() as written, Bar("letters") as bar:
        list(send.map([{"to": "1"}, {"to": "2"}], progress=bar))

    assert "2/2 letters" in written.plain
    other = StringIO()
    with Bar("letters", other) as bar:
        bar(1, 2)
    assert other.getvalue() == ""
