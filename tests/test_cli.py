"""The command line with right and wrong input: data to stdout, words to stderr, exit codes 0, 1 and 2."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import openconnectors
from tests.conftest import ROOT, command


def run(*arguments: str) -> tuple[int, str, str]:
    done = command(*arguments)
    assert "Traceback" not in done.stderr
    return done


def test_list_names_connectors_and_their_source() -> None:
    """list --json has every document of spec/ in order of its name, with the source "built in"."""
    names = sorted(path.name.partition(".")[0] for path in (ROOT / "spec").glob("*.yaml"))

    code, out, _ = run("list", "--json")

    assert code == 0
    assert [(row["name"], row["source"]) for row in json.loads(out)] == [(name, "built in") for name in names]


def test_call_prints_the_value_and_nothing_else() -> None:
    """call prints the value to stdout and nothing to stderr; a repeated option is a list."""
    code, out, err = run(
        "call", "twilio", "send_message", "--from", "+15005550006", "--to", "+14155552345", "--body", "Hi",
        "--media-url", "https://a/1", "--media-url", "https://a/2", "--accept", "application/xml",
        "--sandbox", "--json",
    )  # fmt: skip
    assert (code, err) == (0, "")
    assert json.loads(out)["num_media"] == "2"


def test_call_takes_wire_names_and_json() -> None:
    """call takes an operationId and, with --set, a wire name and JSON."""
    code, out, _ = run(
        "call", "twilio", "SendMessage", "--dry-run", "--sandbox",
        "--set", 'sendMessageRequest={"from": "+1", "to": "+2", "body": "x"}',
    )  # fmt: skip
    assert code == 0
    assert out.startswith("POST http://127.0.0.1:")
    assert "From=%2B1&To=%2B2&Body=x" in out


WRONG = [
    (["show", "twilo"], 2, "did you mean 'twilio'?"),
    (["call", "twilio", "send_mesage"], 2, "did you mean 'send_message'?"),
    (["call", "twilio", "list_messages", "--page-siz", "5"], 2, "--page-siz"),
    (["call", "twilio", "list_messages", "--set", "To"], 2, "NAME=VALUE"),
    (["call", "twilio", "list_messages"], 1, "account_id (Enter your Twilio account ID)"),
    (["call", "twilio", "list_messages", "--connection", "work"], 2, "no saved connection of twilio 'work'"),
    (["call", "twilio", "send_message", "--sandbox", "--from", "+1"], 1, "to: is missing"),
    (
        ["call", "twilio", "list_messages", "--sandbox", "--page-size", "many"],
        1,
        "page_size: must be integer, not 'many'",
    ),
    (["call", "twilio", "get_message", "--sandbox", "--message-id", "SM" + "0" * 32], 1, "404: The requested resource"),
    (["vaildate"], 2, "did you mean 'validate'?"),
    (["validate"], 2, "give files, folders or patterns"),
    (["validate", "nowhere.yaml"], 2, "there is no document at nowhere.yaml"),
    (["sandbox", "twilio", "--port", "99999"], 2, "99999"),
    (["nonsense"], 2, "nonsense"),
]


@pytest.mark.parametrize(
    ("arguments", "code", "message"), WRONG, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_wrong_input_is_reported_on_stderr(arguments: list[str], code: int, message: str) -> None:
    """Wrong input is reported on stderr with its exit code; stdout stays empty but for findings."""
    got, out, err = run(*arguments)
    assert (got, message in err) == (code, True), err
    assert out == "" or arguments[0] == "validate"


def test_secrets_are_no_options() -> None:
    """A token on the command line would stay in the shell's history."""
    code, out, _ = run("call", "twilio", "list_messages", "--help")
    assert code == 0
    assert "token" not in out.lower()


def test_validate_reports_each_finding_at_its_place(tmp_path: Path) -> None:
    """validate prints each finding at line and column with its source line, or as JSON."""
    path = tmp_path / "wrong.swagger.yaml"
    path.write_text(
        """swagger: "2.0"
info: {title: Wrong}
paths:
  /things/{id}:
    get:
      operationId: getThing
      parameters:
        - {name: Id, in: path, required: true, type: string}
        - {name: page-size, in: query, type: integer}
        - {name: page_size, in: query, type: integer}
      responses:
        200: {descripton: fine}
"""
    )
    code, out, err = run("validate", str(path))
    assert (code, err) == (1, "1 document: 5 errors, 1 warning\n")
    places = re.findall(rf"(?m)^{re.escape(str(path))}:(\d+:\d+): \w+: .* \[([\w-]+)\]$", out)
    assert places == [
        ("2:7", "structure-required"),
        ("4:3", "path-parameter"),
        ("8:18", "path-parameter"),
        ("10:18", "parameter-collision"),
        ("12:14", "structure-required"),
        ("12:15", "structure-member"),
    ]
    assert "     12 |         200: {descripton: fine}\n        |               ^\n" in out
    assert "the required member 'version' is missing" in out
    path.write_text(
        path.read_text().replace("title: Wrong", "title: W, version: '1'").replace("descripton", "description")
    )
    code, out, _ = run("validate", str(path), "--format", "json")
    assert code == 1
    assert [(finding["line"], finding["rule"]) for finding in json.loads(out)] == [
        (4, "path-parameter"),
        (8, "path-parameter"),
        (10, "parameter-collision"),
    ]
    message = "get /things/{id} has no path parameter 'id' (did you mean 'Id'?)"
    assert json.loads(out)[0]["message"] == message


def test_the_sandbox_serves_until_it_is_stopped(tmp_path: Path) -> None:
    """sandbox serves until SIGINT, exits with 130, and keeps its state in the file."""
    state = tmp_path / "messages.db"
    program = [sys.executable, "-m", "openconnectors", "sandbox", "twilio", "--state", str(state)]
    for expected in (1, 2):
        with subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            assert server.stderr is not None
            url = server.stdout.readline().strip()
            values = dict(pair.split("=") for pair in re.findall(r"\w+=[\w-]+", server.stderr.readline()))
            twilio = openconnectors.load("twilio", connection=values, base_url=url)
            twilio.send_message(from_="+15005550006", to="+14155552345", body="kept")
            assert len(list(twilio.list_messages.items())) == expected
            server.send_signal(signal.SIGINT)
            assert server.wait(10) == 130


def test_a_shell_completes_what_an_argument_may_be() -> None:
    """Completion offers operations, options, and the values that the document lists."""
    words = "connectors call petstore find_pets_by_status --status p"

    done = command(_CONNECTORS_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD="5")

    assert done.stdout.split() == ["plain,pending"], done.stderr
