"""Help of commands: sections, colours on a terminal, plain text elsewhere."""

from __future__ import annotations

import re
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from io import StringIO

import pytest

from openconnectors.cli import app, commands
from openconnectors.cli.help import Command

from .conftest import Done, command
from .terminals import COLOUR, terminal

EVERY = [[], *([name] for name in commands.COMMANDS), ["call", "twilio"], ["call", "twilio", "send_message"]]


_PLAIN: dict[tuple[str, ...], Done] = {}


def _plain(arguments: list[str]) -> Done:
    """The help that a pipe gets; each is written once for all tests."""
    key = tuple(arguments)
    if key not in _PLAIN:
        _PLAIN[key] = command(*arguments, "--help")
    return _PLAIN[key]


@pytest.fixture(autouse=True)
def _of_eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("NO_COLOR", "FORCE_COLOR", "GITHUB_ACTIONS", "PY_COLORS"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("arguments", EVERY, ids=" ".join)
def test_help_is_plain_and_narrow_in_a_pipe(arguments: list[str]) -> None:
    """What is not a terminal gets text without control sequences, in lines of at most 80 columns."""
    done = _plain(arguments)

    assert (done.returncode, done.stderr, "\x1b" in done.stdout) == (0, "", False)
    assert max(map(len, done.stdout.splitlines())) <= 80


@pytest.mark.parametrize("arguments", EVERY, ids=" ".join)
def test_help_is_coloured_and_whole_on_a_terminal(arguments: list[str]) -> None:
    """A terminal gets the same options and commands, coloured, in lines of at most 80 columns."""
    plain = _plain(arguments).stdout
    with terminal() as written:
        assert app.run([*arguments, "--help"]) == 0

    text = COLOUR.sub("", written.text)
    assert len(text) < len(written.text)
    assert max(map(len, text.splitlines())) <= 80
    names = re.findall(r"^  (?:-h, )?([\w-]+)", plain, re.MULTILINE)
    assert [name for name in names if name not in text] == []


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str)
def test_a_terminal_gets_plain_help_if_no_colours_are_wanted(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """``NO_COLOR`` (https://no-color.org) and ``TERM=dumb`` give the text that a pipe gets."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with terminal() as written:
        app.run(["call", "--help"])

    assert written.text == command("call", "--help").stdout


def test_commands_are_listed_by_what_they_are_for() -> None:
    """``connectors --help`` has the sections of the table, each with its commands, in one column."""
    out = command("--help").stdout

    for title in dict.fromkeys(row.section for row in commands.COMMANDS.values()):
        assert f"\n{title}:\n" in out
    first = next(line for line in out.splitlines() if line.startswith("  list"))
    column = first.index("List")
    assert all(f"\n  {name:<{column - 2}}" in out for name in commands.COMMANDS)


def test_arguments_of_an_operation_are_apart_from_the_options_of_every_call() -> None:
    """The help of an operation has its arguments first, then options, then those of the network."""
    out = command("call", "twilio", "send_message", "--help").stdout

    places = [out.index(f"\n{title}:\n") for title in ("Arguments", "Options", "Network")]
    assert places == sorted(places)
    assert places[0] < out.index("--media-url") < places[1] < out.index("--dry-run") < places[2] < out.index("--proxy")


@pytest.mark.parametrize("name", commands.COMMANDS)
def test_every_command_has_sections(name: str) -> None:
    """Each command of the table draws its help on a terminal."""
    assert isinstance(import_module(f"openconnectors.cli.commands.{name}").command, Command)


def test_a_command_without_arguments_shows_what_there_is() -> None:
    """A group alone writes its help to standard error, and is no success."""
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = app.run(["connections"])

    assert (code, out.getvalue(), "remove" in err.getvalue()) == (2, "", True)


@pytest.mark.parametrize("arguments", EVERY, ids=" ".join)
def test_what_an_option_takes_has_a_name(arguments: list[str]) -> None:
    """No option takes a TEXT or an INTEGER: it takes a NAME, a URL, a PORT."""
    assert re.findall(r"--\S+ (TEXT|INTEGER|FLOAT|RANGE)\b", _plain(arguments).stdout) == []


def test_an_unknown_command_of_a_group_is_refused_with_the_nearest() -> None:
    """Groups within groups say what they have, as ``connectors`` itself does."""
    done = command("connections", "tets")

    assert (done.returncode, "there is no command 'tets'; did you mean 'test'?" in done.stderr) == (2, True)
