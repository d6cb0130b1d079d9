"""Completion: what is offered for a word, and that bash, zsh and fish insert it."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from openconnectors.cli import app

from .conftest import Done, command
from .test_cold import COMMAND, modules

SMALL = """
swagger: "2.0"
info: {title: Small, version: "1"}
host: 127.0.0.1:9
paths:
  /things:
    get:
      operationId: listThings
      produces: [application/json, application/problem+xml]
      parameters:
        - {name: state, in: query, type: string, enum: [in progress, done, "$HOME", "a:b"]}
        - {name: draft, in: query, type: boolean}
      responses: {"200": {description: fine}}
"""


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a connector ``small``, which is found by name."""
    (tmp_path / "found").mkdir()
    (tmp_path / "found" / "small.swagger.yaml").write_text(SMALL)
    monkeypatch.setenv("CONNECTORS_PATH", str(tmp_path / "found"))
    return tmp_path


def offered(line: str) -> list[str]:
    """What bash is offered for the last word of a line."""
    current = re.split(r"[\s=:@]", line)[-1]
    done = command(_CONNECTORS_COMPLETE="bash_complete", COMP_WORDS=f"connectors {line}", COMP_CURRENT=current)
    assert (done.returncode, done.stderr) == (0, "")
    return [text.partition(",")[2] for text in done.stdout.splitlines() if text.startswith("plain,")]


LINES = [
    ("va", ["validate"]),
    ("show twi", ["twilio"]),
    ("call twi", ["twilio"]),
    ("show small li", ["list_things"]),
    ("call small li", ["list_things"]),
    ("call small list_things --sta", ["--state"]),
    ("call small list_things --state ", ["in\\ progress", "done", "\\$HOME", "a:b"]),
    ("call small list_things --state=do", ["done"]),
    ("call small list_things --state a:", ["b"]),
    ('call small list_things --state "in', ["in progress"]),
    ("call small list_things --draft ", ["true", "false"]),
    ("call small list_things --accept application/p", ["application/problem+xml"]),
    ("call small list_things --choices s", ["state"]),
    ("call small list_things --output c", ["csv"]),
    ("fuzz small --operation l", ["list_things"]),
    ("validate --explain operation-id-uns", ["operation-id-unsafe"]),
    ("convert --to 3", ["3.0", "3.1", "3.2"]),
    ("completion install ", ["bash", "zsh", "fish"]),
    ("connections test ", ["small"]),
    ("connections remove small w", ["work"]),
    ("call small list_things --connection ", ["work"]),
    ("remove ", []),
    ("call nothing ", []),
    ("show nothing li", []),
]


@pytest.mark.parametrize(("line", "names"), LINES, ids=[line for line, _ in LINES])
def test_words_are_offered(line: str, names: list[str], small: Path) -> None:
    """Commands, connectors, operations, options, values, saved connections, rules; without a message in any case."""
    saved = Path(os.environ["CONNECTORS_CONFIG"]) / "connections.toml"
    saved.parent.mkdir(exist_ok=True)
    saved.write_text('[small.work]\nkey = "${X}"\n')

    assert offered(line) == names


def test_paths_are_left_to_the_shell() -> None:
    """Where a name or a path may stand, the shell completes paths: for what begins so, and where no name fits."""
    for line in ("connectors show ./x", "connectors call ~/x", "connectors show nothing"):
        done = command(_CONNECTORS_COMPLETE="bash_complete", COMP_WORDS=line, COMP_CURRENT="")
        assert done.stdout.startswith("file,")


def test_a_name_is_completed_without_the_engine() -> None:
    """Completing the name of a connector imports no module of a command, and nothing that reads or calls services."""
    environment = {"_CONNECTORS_COMPLETE": "bash_complete", "COMP_WORDS": "connectors call tw", "COMP_CURRENT": "tw"}
    imported = modules(COMMAND, **environment)

    assert {name for name in imported if name.startswith("openconnectors.cli.commands.")} == set()
    engine = {name.split(".")[2] for name in imported if name.startswith("openconnectors.engine.")}
    assert engine & {"auth", "call", "client", "plan", "transports", "values", "lint"} == set()


# Installing


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of nobody, whose shells find this command."""
    folder = tmp_path / "home"
    folder.mkdir()
    for name in ("ZDOTDIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    return folder


def _installed(shell: str) -> Done:
    done = command("completion", "install", shell)
    assert (done.returncode, done.stdout) == (0, "")
    return done


@pytest.mark.parametrize(("shell", "startup"), [("bash", ".bashrc"), ("zsh", ".zshrc")])
def test_a_startup_file_keeps_what_is_in_it(shell: str, startup: str, home: Path) -> None:
    """Installing twice leaves a line for each name of the command; removing leaves what was there before."""
    file = home / startup
    file.write_bytes(b"alias x=y\nexport Z='\xff'")
    for _ in range(2):
        _installed(shell)

    assert [line.split(b"  # ")[-1] for line in file.read_bytes().splitlines()[2:]] == [b"completion of connectors"] * 2
    assert file.read_bytes().startswith(b"alias x=y\nexport Z='\xff'\n")
    assert command("completion", "remove", shell).returncode == 0
    assert file.read_bytes() == b"alias x=y\nexport Z='\xff'\n"
    assert not list((Path(os.environ["CONNECTORS_CONFIG"]) / "completion").iterdir())


def test_the_shell_of_the_user_is_the_default(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``$SHELL`` names the shell; another one is refused with those that there are."""
    monkeypatch.setenv("SHELL", "/usr/bin/fish")
    assert "connectors.fish" in command("completion", "install").stderr
    assert (home / ".config/fish/completions/connectors.fish").is_file()

    monkeypatch.setenv("SHELL", "/bin/tcsh")
    done = command("completion", "install")
    assert (done.returncode, "bash, zsh, fish; $SHELL is /bin/tcsh" in done.stderr) == (2, True)


def test_the_script_can_be_shown(home: Path) -> None:
    """``show`` prints the script alone, so that it can be put anywhere."""
    done = command("completion", "show", "bash")

    assert (done.returncode, done.stderr) == (0, "")
    assert "complete -o nosort -F _connectors_completion connectors" in done.stdout


# In the shells themselves


_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|.\x08")
"""How a shell draws: colours, places, and characters that it takes back."""


class Typing:
    """A shell on a terminal, and somebody who types."""

    def __init__(self, *arguments: str) -> None:
        self._terminal, its = pty.openpty()
        self._process = subprocess.Popen(arguments, stdin=its, stdout=its, stderr=its, start_new_session=True)
        os.close(its)

    def type(self, text: str, until: str) -> None:
        """Type a text; wait until the shell shows another one."""
        os.write(self._terminal, text.encode())
        shown, end = "", time.monotonic() + 60
        while until not in _CONTROL.sub("", shown):
            assert time.monotonic() < end, f"{text!r} shows {shown!r}"
            if select.select([self._terminal], [], [], 1)[0]:
                shown += os.read(self._terminal, 65536).decode(errors="replace")

    def close(self) -> None:
        """End the shell."""
        self._process.kill()
        self._process.wait()
        os.close(self._terminal)


SHELLS = {
    "bash": ["bash", "-i"],
    "zsh": ["zsh", "-i"],
}


@pytest.fixture
def typing(request: pytest.FixtureRequest, small: Path, home: Path) -> Iterator[Typing]:
    """A shell with completion."""
    shell = str(request.param)
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    startup = home / {"bash": ".bashrc", "zsh": ".zshrc"}[shell]
    startup.write_text("PS1='ready> '\n")
    _installed(shell)
    typing = Typing(*SHELLS[shell])
    yield typing
    typing.close()


@pytest.mark.parametrize("typing", ["bash", pytest.param("zsh", marks=pytest.mark.long)], indirect=True)
def test_a_shell_completes(typing: Typing) -> None:
    """Tab completes a connector, an operation and a value that must be quoted, in a real shell."""
    typing.type("", "ready> ")
    typing.type("connectors call sma\t", "connectors call small ")
    typing.type("li\t", "list_things ")
    typing.type("--state in\t", "in\\ progress ")


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_fish_completes(small: Path, home: Path) -> None:
    """fish finds the script itself, and completes connectors, operations and values."""
    _installed("fish")
    expected = {"call sma": "small", "call small li": "list_things", "call small list_things --state do": "done"}
    code = "; ".join(f"complete -C 'connectors {line}'" for line in expected)

    done = subprocess.run(["fish", "-c", code], capture_output=True, text=True, check=True)

    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == list(expected.values())


def test_a_script_of_click_still_works(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """``_CONNECTORS_COMPLETE=bash_source connectors``, as click's pages have it, prints a script."""
    monkeypatch.setenv("_CONNECTORS_COMPLETE", "bash_source")

    app.run([])

    assert "_connectors_completion()" in capsys.readouterr().out
