"""The command line among people: what they do to it, what stands around it, and what documents and services say."""

from __future__ import annotations

import errno
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import pytest

from openconnectors import registry
from openconnectors.cli import app, commands
from openconnectors.cli.terminal import escaped, escaped_line
from tests.conftest import Listener, command, serving

ROOT = Path(__file__).resolve().parent.parent
COMMAND = [sys.executable, "-m", "openconnectors"]
Run = Any


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process: exit code, standard output, standard error."""

    def carry_out(*arguments: object) -> tuple[int, str, str]:
        code = app.run([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return carry_out


def document(**changes: Any) -> dict[str, Any]:
    """A small service: one operation that reads, one that pages, one that takes a body."""
    array = {"type": "array", "items": {"type": "string"}}
    page = {"type": "object", "properties": {"value": array, "next": {"type": "string"}}}
    listed = {"description": "A page", "schema": page}
    return {
        "swagger": "2.0",
        "info": {"title": "Small", "version": "1"},
        "host": "127.0.0.1:9",
        "schemes": ["http"],
        "consumes": ["application/json"],
        "produces": ["application/json", "application/problem+xml"],
        "paths": {
            "/things": {
                "get": {
                    "operationId": "listThings",
                    "x-ms-pageable": {"nextLinkName": "next", "itemName": "value"},
                    "parameters": [
                        {"name": "pageSize", "in": "query", "type": "integer"},
                        {"name": "draft", "in": "query", "type": "boolean"},
                        {"name": "accept", "in": "query", "type": "string"},
                        {"name": "tag", "in": "query", "type": "array", "items": {"type": "string"}},
                    ],
                    "responses": {"200": listed},
                },
                "post": {
                    "operationId": "addThings",
                    "parameters": [{"name": "things", "in": "body", "required": True, "schema": {
                        "type": "array", "items": {"type": "object", "properties": {"id": {"type": "integer"}}}}}],
                    "responses": {"200": {"description": "Added"}},
                },
            }
        },
    } | changes  # fmt: skip


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The file of the small service."""
    path = tmp_path / "small.swagger.json"
    path.write_text(json.dumps(document()))
    return path


# What is wrong around a command


@pytest.fixture
def around(tmp_path: Path, small: Path) -> Iterator[dict[str, str]]:
    """Things that are not what a command expects, by name."""
    places = {
        name: tmp_path / name for name in ("missing", "folder", "binary", "text", "loop", "latin", "deep", "toml")
    }
    places["folder"].mkdir()
    places["binary"].write_bytes(b"\xff\xfe\x00\x01")
    places["text"].write_text("text")
    places["loop"].symlink_to(places["loop"])
    places["latin"].write_bytes('{"name": "é"}'.encode("latin-1"))
    places["deep"].write_text("[" * 100_000)
    places["toml"].mkdir()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield {
            **{name: str(path) for name, path in places.items()},
            "small": str(small),
            "taken": str(taken.getsockname()[1]),
        }


FAULTS = [
    ("show {missing}.yaml", 1, "No such file"),
    ("show {missing}", 1, "No such file"),
    ("show {folder}", 1, "no other document"),
    ("show {binary}", 1, "binary:1:1"),
    ("show {loop}", 1, "Too many levels of symbolic links"),
    ("show ''", 2, "there is no connector ''"),
    ("show small\0.yaml", 1, "cannot be read: embedded null byte"),
    ("call {missing}.yaml x", 1, "No such file"),
    ("call {small} add_things --things @{missing}", 2, "things: {missing} cannot be read: No such file"),
    ("call {small} add_things --things @{folder}", 2, "Is a directory"),
    ("call {small} add_things --things @{latin}", 2, "is not text in UTF-8"),
    ("call {small} add_things --things @{deep}", 2, "nested too deeply"),
    ("call {small} add_things --things [[", 2, "must be JSON"),
    ("call {small} add_things --things 1 --things 2 --set nothing", 2, "NAME=VALUE"),
    ("call {small} list_things --timeout nan", 2, "number of seconds above 0"),
    ("call {small} list_things --timeout -1", 2, "number of seconds above 0"),
    ("call {small} list_things --timeout inf", 2, "number of seconds above 0"),
    ("call {small} list_things --timeout 1e300", 2, "number of seconds above 0"),
    ("call {small} list_things --timeout soon", 2, "number of seconds above 0"),
    ("call {small} list_things --base-url http://h:99999", 1, "cannot be used"),
    ("call {small} list_things --base-url nonsense", 1, "base URL"),
    ("call {small} list_things --accept csv", 2, "is not a media type"),
    ("call {small} list_things --page-size 1 --page-size 2", 2, "takes one value"),
    ("call {small} add_things --things [] --items", 1, "declares no pages"),
    ("sandbox {small} --port 99999", 2, "99999"),
    ("sandbox {small} --port {taken}", 1, "in use"),
    ("sandbox {small} --state {text}", 1, "cannot keep its records in"),
    ("sandbox {small} --state {missing}/x.db", 1, "cannot keep its records in"),
    ("sandbox {small} --state {folder}", 2, "is a directory"),
    ("validate {binary}", 1, "binary:1:1"),
    ("validate {missing}", 2, "there is no document"),
    ("validate {loop}", 2, "there is no document"),
    ("validate {small} --output {missing}/report", 2, "No such file"),
    ("validate {small} --baseline {binary}", 2, "cannot be read"),
    ("validate {small} --baseline {text}", 2, "cannot be read"),
    ("validate {small} --baseline {missing}/x --write-baseline", 2, "No such file"),
    ("validate {small} --profile nonsense", 2, "nonsense"),
    ("validate {small} --fail-on nonsense", 2, "nonsense"),
    ("diff {missing} {small}", 2, "does not exist"),
    ("diff {small} {binary}", 1, "binary:1:1"),
    ("fuzz {small} --replay {binary}", 2, "holds no failures"),
    ("fuzz {small} --replay {text}", 2, "holds no failures"),
    ("fuzz {small} --replay {folder}", 2, "folder"),
    ("fuzz {small} --url http://[::1", 1, "base URL"),
    ("fuzz {small} --operation nothing", 2, "nothing"),
    ("add {missing}", 1, "No such file"),
    ("add {binary}", 1, "binary:1:1"),
    ("add {loop}", 1, "Too many levels"),
    ("add http://", 1, ""),
    ("add http://127.0.0.1:9/x", 1, "no connection"),
    ("add {small} --name ../x", 1, "is not a valid connector name"),
    ("remove nothing", 2, "there is no connector 'nothing'"),
    ("remove twilio", 1, "comes from built in"),
    ("connect nothing", 2, "there is no connector 'nothing'"),
    ("call slack post_message --channel x --text y", 1, "connectors connect slack"),
    ("call twilio list_messages", 1, "in one of three ways"),
    ("connections test twilio", 2, "no saved connection"),
    ("connections remove twilio", 2, "no saved connection"),
    ("nothing", 2, "there is no command 'nothing'"),
]


@pytest.mark.parametrize(("line", "code", "message"), FAULTS, ids=[line for line, _, _ in FAULTS])
def test_wrong_files_and_wrong_usage_have_a_message(
    line: str, code: int, message: str, around: dict[str, str], run: Run
) -> None:
    """Exit code 1 or 2, and a sentence that says what is wrong."""
    arguments = [part.format(**around) if part != "''" else "" for part in line.split(" ")]

    got, out, err = run(*arguments)

    assert (got, message.format(**around) in err + out) == (code, True), err
    assert "internal error" not in err


SETTINGS = [
    ("list", {"CONNECTORS_PATH": "{loop}"}, 0),
    ("list", {"CONNECTORS_PATH": "{text}"}, 0),
    ("list", {"CONNECTORS_PATH": "{missing}"}, 0),
    ("list", {"CONNECTORS_PATH": "x" * 5000}, 0),
    ("list", {"CONNECTORS_CONFIG": "{text}"}, 0),
    ("connections list", {"CONNECTORS_CONFIG": "{text}"}, 1),
    ("add {small}", {"CONNECTORS_CONFIG": "{text}"}, 2),
    ("connect petstore --no-input --no-test --set api_key=${{X}}", {"CONNECTORS_CONFIG": "{text}", "X": "1"}, 1),
    (
        "call petstore find_pets_by_status --status sold --dry-run",
        {"CONNECTORS_CONFIG": "{text}", "PETSTORE_API_KEY": "1"},
        0,
    ),
]


@pytest.mark.parametrize(("line", "environment", "code"), SETTINGS, ids=str)
def test_a_broken_environment_has_a_message(
    line: str, environment: dict[str, str], code: int, around: dict[str, str], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A path in a variable that leads nowhere spoils only what needs it."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value.format(**around))

    got, _, err = run(*line.format(**around).split())

    assert got == code, err
    assert "internal error" not in err


SAVED = [
    "twilio = 3",
    "twilio.default = 4",
    "[twilio.default]\naccount_id = [1]",
    "= broken",
    "\udcff",
    "[[twilio]]\na = 1",
]


@pytest.mark.parametrize("text", SAVED)
@pytest.mark.parametrize(
    "line",
    [
        "connections list",
        "connections remove twilio default",
        "connections test twilio",
        "call twilio list_messages",
        "connect twilio --no-input --no-test --set account_id=AC1 --set access_token=${X}",
    ],
)
def test_saved_connections_of_another_shape_have_a_message(
    line: str, text: str, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that a person edits may hold anything."""
    monkeypatch.setenv("CONNECTORS_CONFIG", str(tmp_path))
    monkeypatch.setenv("X", "1")
    (tmp_path / "connections.toml").write_bytes(text.encode("utf-8", "surrogateescape"))

    code, _, err = run(*line.split())

    assert code in (0, 1, 2)
    assert "internal error" not in err


PROJECTS = [
    "[tool.connectors\n",
    "tool.connectors = 3",
    "[tool.connectors]\nprofile = 3",
    "[tool.connectors]\nselect = 1",
    "[tool.connectors]\nseverity = {a = 'grave'}",
    "[tool.connectors]\nbaseline = 3",
    "[tool.connectors]\nx = 1",
    "\udcff",
]


@pytest.mark.parametrize("text", PROJECTS)
def test_a_broken_configuration_of_a_project_is_wrong_usage(
    text: str, small: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broken [tool.connectors] exits with 2, so that a pipeline does not take it for findings."""
    (tmp_path / "pyproject.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    monkeypatch.chdir(tmp_path)

    code, _, err = run("validate", small)

    assert (code, "pyproject.toml" in err or "profile" in err or "baseline" in err) == (2, True), err


@pytest.mark.parametrize(
    "changes",
    [
        {"check": "x"},
        {"name": 5},
        {"arguments": 5},
        {"accept": 5},
        {"answer": "text"},
        {"answer": {"$octets": 5}},
        {"x": 1},
    ],
    ids=str,
)
def test_failures_of_another_shape_are_wrong_usage(
    changes: dict[str, Any], small: Path, tmp_path: Path, run: Run
) -> None:
    """A file to replay is a file, and may hold anything."""
    failure = {"check": "refusal", "operation": "listThings", "name": "list_things", "arguments": {}, "message": ""}
    (tmp_path / "failures.json").write_text(json.dumps([failure | changes]))

    code, _, err = run("fuzz", small, "--replay", tmp_path / "failures.json")

    assert (code, "holds no failures" in err) == (2, True), err


def test_a_fault_of_ours_is_one_line_without_its_text(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected exception is one line without its text, which may hold a credential."""

    def broken(*_: Any) -> Any:
        raise KeyError("s3cr3t")

    monkeypatch.setattr(registry, "read", broken)

    code, out, err = run("list")

    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert "internal error: KeyError in test_commands.py" in err
    assert "s3cr3t" not in err


def test_a_traceback_is_shown_on_request(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """CONNECTORS_DEBUG=1 shows the traceback, of unexpected exceptions too."""
    monkeypatch.setenv("CONNECTORS_DEBUG", "1")

    code, _, err = run("show", "/nowhere.yaml")

    assert (code, "Traceback" in err) == (1, True)


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), 1, "connectors: No space left on device\n"),
        (PermissionError(errno.EACCES, "Permission denied", "/x"), 2, "connectors: /x: Permission denied\n"),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), 1, ""),
        (MemoryError(), 1, "connectors: the input needs more memory than there is\n"),
        (RecursionError(), 1, "connectors: the input is nested too deeply\n"),
        (KeyboardInterrupt(), 130, ""),
        (SystemExit(1), 1, ""),
    ],
    ids=repr,
)
def test_every_kind_of_error_has_its_exit_code(
    error: BaseException, code: int, message: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Errors that name a path of the user's exit with 2 (usage), other failures with 1."""

    def broken(*_: Any) -> Any:
        raise error

    monkeypatch.setattr(registry, "read", broken)

    got, _, err = run("list")

    assert (got, err.lstrip("\n")) == (code, message)


# Being interrupted, and being read by nobody


def _started(*arguments: object, **options: Any) -> subprocess.Popen[bytes]:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    return subprocess.Popen([*COMMAND, *map(str, arguments)], cwd=ROOT, start_new_session=True, **pipes)


def _ended(process: subprocess.Popen[bytes], number: int) -> tuple[int, bytes]:
    """Sends a signal to all that was started, as a terminal does; the exit code and what was said."""
    try:
        os.killpg(process.pid, number)
        _, err = process.communicate(timeout=30)
    finally:
        process.kill()
    return process.returncode, err


@pytest.mark.parametrize(
    "line",
    [
        "call {small} list_things --base-url {url}",
        "call {small} list_things --items --base-url {url}",
        "fuzz {small} --url {url} --max-examples 5",
        "add {url}/x.yaml",
    ],
)
def test_ctrl_c_ends_a_command_that_waits_for_a_service(line: str, small: Path, listener: Listener) -> None:
    """130, and nothing that looks like a fault."""
    listener.socket.setblocking(True)
    with _started(*line.format(small=small, url=listener.url).split()) as process:
        connection, _ = listener.socket.accept()
        with connection:
            connection.recv(1)
            assert _ended(process, signal.SIGINT) == (130, b"\n")


def _workers(process: subprocess.Popen[bytes]) -> list[Path]:
    """The processes that a check of many documents has started, as soon as there are some."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while process.poll() is None:
        if pids := children.read_text().split():
            return [Path(f"/proc/{pid}/cmdline") for pid in pids]
    raise AssertionError("the check has ended before it was interrupted")


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """A folder of documents that take long to check."""
    for number in range(200):
        (tmp_path / f"copy{number}.swagger.yaml").write_bytes((ROOT / "spec/twilio.swagger.yaml").read_bytes())
    return tmp_path


_PROCESSES = pytest.mark.skipif(not Path("/proc/self/task").exists() or (os.cpu_count() or 1) < 2, reason="needs /proc")


@_PROCESSES
def test_ctrl_c_ends_checks_in_many_processes(many: Path) -> None:
    """The processes end with their parent, which waits for none of them."""
    with _started("validate", many) as process:
        _workers(process)
        assert _ended(process, signal.SIGINT) == (130, b"\n")


@_PROCESSES
def test_ctrl_c_ends_the_check_of_a_large_document(tmp_path: Path) -> None:
    """The processes that check its parts end with their parent."""
    path = tmp_path / "large.swagger.json"
    paths = {f"/things/{number}": document()["paths"]["/things"] for number in range(4_000)}
    path.write_text(json.dumps(document(paths=paths)))
    with _started("validate", path) as process:
        _workers(process)
        assert _ended(process, signal.SIGINT) == (130, b"\n")


@_PROCESSES
def test_the_processes_of_checks_end_when_their_parent_is_killed(many: Path) -> None:
    """Whoever kills the parent leaves nothing behind."""
    with _started("validate", many) as process:
        workers = _workers(process)
        process.kill()
        process.communicate(timeout=30)
    end = time.monotonic() + 30
    while time.monotonic() < end and any(worker.exists() and worker.read_bytes() for worker in workers):
        time.sleep(0.05)
    assert not any(worker.exists() and worker.read_bytes() for worker in workers)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)])
def test_a_signal_stops_the_sandbox(number: int, code: int) -> None:
    """Ctrl-C is 130; who sends SIGTERM learns that it was that."""
    with _started("sandbox", "petstore") as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"http://127.0.0.1:")
        got, err = _ended(process, number)
        assert (got, b"Traceback" in err) == (code, False)


def test_ctrl_c_ends_a_question() -> None:
    """Ctrl-C at a prompt exits with 130 and saves nothing."""
    with _started("connect", "twilio", "--input", bufsize=0) as process:
        assert process.stderr is not None
        prompt = b""
        while b":" not in prompt and (piece := process.stderr.read(1)):
            prompt += piece
        code, err = _ended(process, signal.SIGINT)
        assert (code, b"Traceback" in err) == (130, False)


def test_an_input_that_ends_is_not_an_interruption(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A prompt without input says how to pass the value otherwise."""
    with open(os.devnull) as empty:
        monkeypatch.setattr(sys, "stdin", empty)
        code, _, err = run("connect", "twilio", "--input")

    assert (code, "--set account_id=VALUE" in err) == (2, True), err


@pytest.mark.parametrize(
    "line",
    ["list", "show twilio", "show twilio --json", "validate spec --level info", "call twilio send_message --help"],
)
def test_output_that_nobody_reads_is_no_fault(line: str) -> None:
    """A closed stdout, as in ``| head -1``, ends a command quietly with exit code 1."""
    reader, writer = os.pipe()
    os.close(reader)
    process = _started(*line.split(), stdout=writer)
    os.close(writer)

    _, err = process.communicate(timeout=60)

    assert process.returncode == 1
    assert all(word not in err for word in (b"Traceback", b"BrokenPipe", b"Exception"))


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize(
    "line", ["list", "call twilio list_messages --sandbox", "validate spec --level info --format json"]
)
def test_a_full_disk_has_a_message(line: str) -> None:
    """Output to a full disk exits with 1 and the system's message."""
    with open("/dev/full", "wb") as full:
        done = subprocess.run([*COMMAND, *line.split()], cwd=ROOT, stdout=full, stderr=subprocess.PIPE, check=False)

    assert (done.returncode, b"No space left on device" in done.stderr) == (1, True)
    assert b"Traceback" not in done.stderr
    assert b"Exception" not in done.stderr


def test_closed_streams_are_no_fault() -> None:
    """A command runs with stdin, stdout and stderr closed, as daemons start their children."""
    done = subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} -m openconnectors list <&- >&- 2>&-"], cwd=ROOT, check=False
    )

    assert done.returncode == 0


# What documents and services say


HOSTILE = "\x1b[5m\x1b]52;c;cHduZWQ=\x07\x1b[2J\x9b31m\u202e\u2066\u2028\x7f\r"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ä 漢 😀\n\tindented", "plain ä 漢 😀\n\tindented"),
        ("\x1b[2J", "\\u001b[2J"),
        ("\x00\x07\x08\r\x7f", "\\u0000\\u0007\\u0008\\u000d\\u007f"),
        ("\x80\x9b\x9f", "\\u0080\\u009b\\u009f"),
        ("\u202a\u202e\u2066\u2069\u200e\u061c", "\\u202a\\u202e\\u2066\\u2069\\u200e\\u061c"),
        ("\u2028\u2029", "\\u2028\\u2029"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_a_terminal_could_act_on_is_escaped(text: str, shown: str) -> None:
    """Control characters and bidirectional marks are escaped as in JSON, so JSON keeps its value."""
    assert escaped(text) == shown
    assert json.loads(f'"{escaped(json.dumps(text, ensure_ascii=False)[1:-1])}"') == text


def test_a_text_in_one_line_makes_no_line_of_its_own() -> None:
    """A message of a document cannot look like another message."""
    assert escaped_line("a\nb\tc") == "a\\nb c"


def _on_terminal(*arguments: object) -> bytes:
    """What a command writes to a terminal."""
    ours, its = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80", "CI": "true"}  # where no bar is drawn
    process = subprocess.Popen(
        [*COMMAND, *map(str, arguments)], cwd=ROOT, stdin=its, stdout=its, stderr=its, env=environment
    )
    os.close(its)
    out = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # Linux, when the other side is closed
            break
        if not piece:
            break
        out += piece
    process.wait(30)
    os.close(ours)
    return out


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A document whose every text is hostile, beside it one that cannot be loaded."""
    texts = {"description": HOSTILE, "x-ms-summary": HOSTILE}
    operation = {
        "operationId": "getA",
        "summary": HOSTILE,
        "description": HOSTILE,
        "parameters": [{"name": "q", "in": "query", "type": "string", "enum": ["a" + HOSTILE], **texts}],
        "responses": {
            "200": {"description": HOSTILE, "schema": {"type": "object", "properties": {"n": {"type": "integer"}}}},
            "default": {"description": HOSTILE, "schema": {"type": "object"}},
        },
    }
    info = {"title": HOSTILE, "version": "1" + HOSTILE, "description": HOSTILE}
    text = document(info=info, paths={"/a": {"get": operation}})
    key = {"type": "apiKey", "in": "header", "name": "X-Key", **texts}
    text |= {"securityDefinitions": {"key": key}, "security": [{"key": []}]}
    (tmp_path / "hostile.swagger.json").write_text(json.dumps(text))
    operation["responses"] = {HOSTILE: {"descriptio" + HOSTILE: 1}}
    (tmp_path / "broken.swagger.json").write_text(json.dumps(text))
    return tmp_path / "hostile.swagger.json"


@pytest.mark.parametrize(
    "line",
    [
        "show {good}",
        "show {good} get_a",
        "call {good} --help",
        "call {good} get_a --help",
        "call {good} get_a",
        "call {good} get_a --sandbox --q x\x1b[2J --dry-run",
        "call {good} get_a --sandbox",
        "call {good} x\x1b[2J",
        "show x\x1b[2J",
        "validate {bad} --level info",
        "validate {bad} --level info --format github",
        "validate {bad} --level info --format json",
        "validate {bad} --level info --format sarif",
        "validate {bad} --level info --format junit",
        "diff {good} {bad} --level info",
        "add {bad} --name x",
        "fuzz {good} --max-examples 2 --no-answers",
    ],
)
def test_no_control_sequence_reaches_a_terminal(line: str, hostile: Path) -> None:
    """No control sequence of documents or arguments reaches a terminal; of our own there are the colours of help."""
    bad = hostile.with_name("broken.swagger.json")

    out = _on_terminal(*(part.format(good=hostile, bad=bad) for part in line.split()))

    assert out
    assert b"\x1b[5m" not in out
    text = out.decode("utf-8").replace("\r\n", "\n")
    text = re.sub("\x1b\\[[0-9;]*m", "", text) if "--help" in line else text
    assert escaped(text) == text


def test_what_a_service_answers_reaches_no_terminal(hostile: Path) -> None:
    """Control characters in the value, the message or a deviation of a response are escaped."""
    from werkzeug.serving import make_server
    from werkzeug.wrappers import Request, Response

    received: list[str] = []
    content = json.loads(hostile.read_text())
    del content["security"]
    hostile.write_text(json.dumps(content))

    @Request.application
    def application(request: Request) -> Response:
        received.append(request.url)
        value = json.dumps({"n": HOSTILE, "message": HOSTILE, HOSTILE: 1}, ensure_ascii="query" in request.url)
        return Response(value, 418 if "fail" in request.url else 200, content_type="application/json")

    with serving(make_server("127.0.0.1", 0, application, threaded=True)) as url:
        for q in ("plain", "fail", "query", "fail-query"):
            out = _on_terminal("call", hostile, "get_a", "--base-url", f"{url}/{q}")
            text = out.decode("utf-8").replace("\r\n", "\n")
            assert escaped(text) == text
    assert len(received) == 4, text


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_reports_for_machines_stay_json(form: str, hostile: Path, run: Run) -> None:
    """JSON and SARIF stay valid JSON, with equal texts, when documents have control characters."""
    bad = hostile.with_name("broken.swagger.json")
    code, out, _ = run("validate", bad, "--level", "info", "--format", form)

    assert code == 1
    assert any(HOSTILE in text for text in _texts(json.loads(out)))
    assert escaped(out) == out


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value


ENCODINGS = ["ascii", "latin-1", "cp1252", "utf-8", "utf-16"]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_json_is_the_same_in_every_encoding(encoding: str, small: Path) -> None:
    """Characters that an output encoding lacks are escaped as in JSON."""
    title = "Café 漢字 😀 \x9b\u202e"
    small.write_text(json.dumps(document(info={"title": title, "version": "1"})))

    done = command("show", str(small), "--json", encoding=encoding)

    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["title"] == title


UNICODE = {"title": "Café 漢字 😀", "version": "1", "description": "…“ä”"}


@pytest.mark.parametrize("line", ["list", "show {small}", "call {small} --help", "validate {small}", "show twilio"])
def test_words_are_written_in_ascii(line: str, small: Path) -> None:
    """A terminal of ASCII shows every command's output, with escapes for other characters."""
    small.write_text(json.dumps(document(info=UNICODE)))

    done = command(*line.format(small=small).split(), encoding="ascii")

    assert done.returncode in (0, 1), done.stderr
    assert (done.stdout + done.stderr).isascii()
    assert "Error" not in done.stderr


def test_words_are_written_in_the_c_locale(small: Path) -> None:
    """LC_ALL=C without UTF-8 mode is enough for a document's text."""
    small.write_text(json.dumps(document(info=UNICODE)))
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}

    done = subprocess.run(
        [*COMMAND, "show", str(small)], cwd=ROOT, env={**os.environ, **locale}, capture_output=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.isascii()


# What a command offers


def test_options_have_both_spellings(small: Path, run: Run) -> None:
    """Options are accepted with dashes, with underscores, and as the document spells them."""
    for option in ("--page-size", "--page_size", "--pageSize"):
        code, out, _ = run("call", small, "list_things", option, "5", "--dry-run")
        assert (code, "pageSize=5" in out) == (0, True)
    code, out, _ = run("call", small, "list_things", "--dry_run", "--base_url", "http://127.0.0.1:8")
    assert (code, "127.0.0.1:8" in out) == (0, True)


@pytest.mark.parametrize(
    ("options", "sent"),
    [("--draft", "true"), ("--no-draft", "false"), ("--draft true", "true"), ("--draft=false", "false")],
)
def test_a_boolean_is_a_switch_that_may_have_a_value(options: str, sent: str, small: Path, run: Run) -> None:
    """``--draft --page-size 5`` gives no value away."""
    code, out, _ = run("call", small, "list_things", *options.split(), "--page-size", 5, "--dry-run")

    assert (code, f"draft={sent}" in out, "pageSize=5" in out) == (0, True, True)


def test_an_argument_with_the_name_of_an_option_is_given_by_set(small: Path, run: Run) -> None:
    """The help says that an argument with the name of an option is passed with --set."""
    _, shown, _ = run("call", small, "list_things", "--help")
    assert "--set accept=VALUE" in shown

    code, out, _ = run("call", small, "list_things", "--set", "accept=x", "--dry-run")
    assert (code, "accept=x" in out) == (0, True)


@pytest.mark.parametrize(("short", "long"), [("json", "application/json"), ("xml", "application/problem+xml")])
def test_a_short_media_type_is_the_offered_one(short: str, long: str, small: Path, run: Run) -> None:
    """--accept takes a media type by its subtype or its suffix."""
    code, out, err = run("call", small, "list_things", "--accept", short, "--dry-run")

    assert (code, f"Accept: {long}" in out) == (0, True), err


@pytest.mark.parametrize("form", ["json", "file", "items"])
def test_a_list_of_objects_is_json_a_file_or_item_by_item(form: str, small: Path, tmp_path: Path, run: Run) -> None:
    """``@file`` keeps what is long off the command line."""
    (tmp_path / "things.json").write_text('[{"id": 1}, {"id": 2}]')
    options = {
        "json": ["--things", '[{"id": 1}, {"id": 2}]'],
        "file": ["--things", f"@{tmp_path / 'things.json'}"],
        "items": ["--things", '{"id": 1}', "--things", '{"id": 2}'],
    }

    code, out, err = run("call", small, "add_things", *options[form], "--dry-run")

    assert (code, '[{"id":1},{"id":2}]' in out.replace(" ", "")) == (0, True), err


def test_a_list_of_words_may_begin_with_a_bracket(small: Path, run: Run) -> None:
    """A list of words that begins with a bracket is text unless it is JSON."""
    code, out, _ = run("call", small, "list_things", "--tag", "[x", "--dry-run")

    assert (code, "tag=%5Bx" in out) == (0, True)


def test_show_takes_a_file_a_folder_and_an_operation(small: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with a single document is that document."""
    monkeypatch.chdir(small.parent)
    for place in ("small.swagger.json", "./small.swagger.json", ".", str(small.parent), str(small)):
        code, out, err = run("show", place)
        assert (code, out.startswith("Small 1\n"), err) == (0, True, "")
        code, out, err = run("show", place, "list_things")
        assert (code, "page_size (int)" in out, err) == (0, True, "")


def test_show_says_what_a_connection_needs_and_how_to_give_it(run: Run) -> None:
    """show lists each connection parameter with required, secret and variables, and the three ways to pass it."""
    code, out, _ = run("show", "twilio")

    assert code == 0
    lines = [line.split() for line in out.splitlines()]
    assert any(line[:3] == ["access_token", "required,", "secret"] and "TWILIO_AUTH_TOKEN" in line for line in lines)
    for way in ('openconnectors.load("twilio", connection={', "TWILIO_ACCOUNT_SID=…", "connectors connect twilio"):
        assert way in out


def test_a_connector_is_added_replaced_and_removed(small: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was added can be replaced and removed; its saved connections stay, and are named."""
    assert run("add", small)[0] == 0
    code, _, err = run("add", small)
    assert (code, "--replace" in err, "--name" in err) == (1, True, True)
    assert run("add", small, "--replace")[0] == 0

    monkeypatch.setenv("X", "1")
    saved = Path(os.environ["CONNECTORS_CONFIG"]) / "connections.toml"
    saved.write_text('[small.work]\nkey = "${X}"\n')
    code, _, err = run("remove", "small")

    assert (code, "work" in err) == (0, True)
    assert "work" in saved.read_text()
    assert run("show", "small")[0] == 2


def test_replacing_and_removing_leave_the_other_connectors_alone(
    small: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Replacing and removing change one connector, also if the folder is a symbolic link."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    monkeypatch.setenv("CONNECTORS_CONFIG", str(tmp_path / "link"))
    for name in ("one", "two", "three"):
        assert run("add", small, "--name", name)[0] == 0

    assert run("add", small, "--name", "one", "--replace")[0] == 0
    assert run("remove", "two")[0] == 0

    added = [row["name"] for row in json.loads(run("list", "--json")[1]) if row["source"] == "added"]
    assert added == ["one", "three"]


def test_list_names_what_is_broken(
    small: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A folder that is not there, a link to itself, a link out of the folder; everything else works."""
    folder = tmp_path / "connectors"
    folder.mkdir()
    (folder / "good.swagger.json").write_bytes(small.read_bytes())
    (folder / "loop.swagger.json").symlink_to(folder / "loop.swagger.json")
    (folder / "out.swagger.json").symlink_to(small)
    monkeypatch.setenv("CONNECTORS_PATH", f"{folder}{os.pathsep}{tmp_path / 'missing'}")

    code, out, _ = run("list", "--json")

    assert code == 0
    names = [row["name"] for row in json.loads(out)]
    assert "good" in names
    assert not {"loop", "out"} & set(names)
    assert [word in caplog.text for word in ("loop.swagger.json", "out.swagger.json", "missing")] == [True] * 3


@pytest.mark.parametrize(
    "command", [[], *([name] for name in commands.COMMANDS), ["call", "twilio"], ["connections"]], ids=str
)
def test_every_command_has_help(command: list[str], run: Run) -> None:
    """Exit code 0, on standard output, without the project's private words."""
    code, out, err = run(*command, "--help")

    assert (code, err) == (0, "")
    assert out.startswith("Usage: connectors")
    assert not {"told", "grave", "octets", "mend", "mended"} & set(
        out.lower().replace(".", " ").replace(",", " ").split()
    )


# The table of commands


def test_a_command_is_one_file_and_one_row(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A toy command is listed, completed, helped and run."""
    (tmp_path / "toy.py").write_text(
        "import click\n\n"
        "@click.command('toy')\n"
        "@click.argument('word')\n"
        "def command(word):\n"
        '    """Print a word backwards."""\n'
        "    click.echo(word[::-1])\n"
    )
    monkeypatch.setattr(commands, "__path__", [*commands.__path__, str(tmp_path)])
    monkeypatch.setitem(commands.COMMANDS, "toy", commands.Row("Print a word backwards."))

    assert run("toy", "abc") == (0, "cba\n", "")
    assert "toy          Print a word backwards." in run("--help")[1]
    assert "Print a word backwards." in run("toy", "--help")[1]
    assert run("tox", "abc")[2].endswith("did you mean 'toy'?\n")
    with monkeypatch.context() as environment:
        for name, value in {
            "_CONNECTORS_COMPLETE": "bash_complete",
            "COMP_WORDS": "connectors to",
            "COMP_CWORD": "1",
        }.items():
            environment.setenv(name, value)
        assert run()[1] == "plain,toy\n"


@pytest.mark.parametrize("name", commands.COMMANDS)
def test_the_help_of_a_command_begins_with_its_row(name: str) -> None:
    """The sentence that connectors --help shows is the first of connectors NAME --help."""
    command: click.Command = import_module(f"openconnectors.cli.commands.{name}").command

    assert command.name == name
    assert " ".join((command.help or "").split()).startswith(commands.COMMANDS[name].help)


def test_the_page_has_every_command() -> None:
    """docs/commands.md names the commands of the table, and no other."""
    page = (ROOT / "docs/commands.md").read_text("utf-8")
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]

    assert sorted(re.findall(r"`(\w+)", " ".join(rows))) == sorted(commands.COMMANDS)
