"""Pages as programs: what a page shows is run as it stands, from its first block to its last.

- ``python`` blocks share one namespace. Blocks with a title (``yaml title="api.yaml"``) are files of the page's folder.
- ``console`` blocks are commands, one a line (``PROGRAMS``). ``# exit 1`` says how one ends that does not succeed.
  ``connectors sandbox NAME --port PORT`` goes on in the background, at a port that stands for the one on the page:
  tests that run at once cannot all have that. So does ``connectors proxy``, which prints its report where a client is.
- ``text``, ``json`` and ``xml`` blocks without a title are what the block before them printed; ``…`` is any text.
"""

from __future__ import annotations

import importlib
import io
import os
import re
import runpy
import shlex
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, chdir, redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import pytest

from openconnectors.cli.commands.proxy import REPORTS
from openconnectors.engine.call.runner import Runner
from openconnectors.engine.extras import EXTRAS
from openconnectors.engine.sandbox import Sandbox
from openconnectors.engine.traffic.proxy import Proxy
from openconnectors.loading import service_named
from openconnectors.network import LOOPBACK
from tests.conftest import ROOT, command

SHOWN = ("text", "json", "xml")
BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
FENCE = re.compile(r'^```(\w+)(?: title="(.+?)")?\n(.*?)^```', re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A block of code of a page."""

    language: str
    title: str
    text: str
    line: int


def blocks(page: Path) -> Iterator[Block]:
    """The blocks of a page, in their order."""
    text = page.read_text("utf-8")
    for match in FENCE.finditer(text):
        language, title, code = match.groups()
        yield Block(language, title or "", code, text.count("\n", 0, match.start()) + 2)


def texts(page: Path, language: str) -> list[str]:
    """The blocks of a language."""
    return [block.text for block in blocks(page) if block.language == language]


def run_code(page: Path, namespace: dict[str, Any] | None = None, change: Callable[[str], str] = str) -> dict[str, Any]:
    """Run the ``python`` blocks of a page in one namespace, each as ``change`` leaves it; the namespace."""
    namespace = {} if namespace is None else namespace
    for block in blocks(page):
        if block.language == "python" and not block.title:
            execute(page, block._replace(text=change(block.text)), namespace)
    return namespace


def execute(page: Path, block: Block, namespace: dict[str, Any]) -> None:
    """Run one ``python`` block; a traceback shows the line of the page."""
    exec(compile("\n" * (block.line - 1) + block.text, str(page), "exec"), namespace)


class Run:
    """A page that is run, in a folder, with the environment of the process and what the page exports."""

    def __init__(self, page: Path, folder: Path) -> None:
        self.page = page
        self.namespace: dict[str, Any] = {}
        self._folder = folder
        self._addresses: dict[str, str] = {}
        self._running = ExitStack()

    def run(self) -> Run:
        """Run every block. Raise ``AssertionError`` where the page shows what is not so."""
        path = patch.object(sys, "path", [str(self._folder), *sys.path])
        with path, self._running, patch.dict(os.environ), chdir(self._folder):
            printed = ""
            for block in blocks(self.page):
                text = self._addressed(block.text)
                place = f"{self.page.name}:{block.line}"
                if block.title:
                    path = Path(block.title)
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(text, "utf-8")
                    self._running.callback(sys.modules.pop, path.stem, None)  # a module of this page alone
                elif block.language in SHOWN:
                    assert matches(block.text, printed), f"{place}: printed was\n{printed}"
                elif block.language == "python":
                    printed = self._printed(partial(execute, self.page, block._replace(text=text), self.namespace))
                elif block.language == "console":
                    printed = "".join(self._console(line, place) for line in _lines(text))
        return self

    def _addressed(self, text: str) -> str:
        for address, used in self._addresses.items():
            text = text.replace(address, used)
        return text

    def _printed(self, code: Callable[[], object]) -> str:
        out = io.StringIO()
        with redirect_stdout(out), redirect_stderr(out):
            code()
        return self._shown(out.getvalue())

    def _shown(self, text: str) -> str:
        """What was printed, as the page has it: its port, paths of its folder without the folder."""
        for address, used in self._addresses.items():
            text = text.replace(used, address)
        return text.replace(f"{Path.cwd()}{os.sep}", "")

    def _console(self, line: str, place: str) -> str:
        code, _, comment = line.partition("  #")
        program, *arguments = shlex.split(code)
        wanted = re.search(r"exit (\d+)", comment)
        outcome, printed = PROGRAMS[program](self, arguments)
        assert outcome == (int(wanted[1]) if wanted else 0), f"{place}: {line}\n{printed}"
        return printed

    def connectors(self, arguments: list[str]) -> tuple[int, str]:
        """Run a command of ours in this process; a sandbox goes on."""
        if arguments[0] == "sandbox":
            name, port = arguments[1], arguments[arguments.index("--port") + 1]
            sandbox = self._running.enter_context(Sandbox(service_named(name, None)[1]))
            self._addresses[f"127.0.0.1:{port}"] = sandbox.url.removeprefix("http://")
            values = ", ".join(f"{key}={value}" for key, value in sandbox.values.items())
            return 0, f"http://127.0.0.1:{port}\naccepts {values or 'every caller'}; stop with Ctrl-C\n"
        if arguments[0] == "proxy":
            name, url, port = arguments[1], arguments[2], arguments[arguments.index("--port") + 1]
            runner = Runner(LOOPBACK.open())
            report = REPORTS["text"]
            proxy = self._running.enter_context(
                Proxy(service_named(name, None)[1], url, runner, lambda passed: print(*report(passed), sep="\n"))
            )
            self._addresses[f"127.0.0.1:{port}"] = proxy.url.removeprefix("http://")
            return 0, f"http://127.0.0.1:{port}\n"
        done = command(*arguments, cwd=Path.cwd())
        return done.returncode, self._shown(done.stdout + done.stderr)

    def python(self, arguments: list[str]) -> tuple[int, str]:
        """Run a script of the page's folder in this process."""
        return 0, self._printed(lambda: runpy.run_path(arguments[0], run_name="__main__"))

    def pytest(self, arguments: list[str]) -> tuple[int, str]:
        """Run tests of the page's folder, in this process; their modules are forgotten."""
        before = set(sys.modules)
        code = 0
        options = ["-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:faulthandler", "--capture=sys"]

        def run() -> None:
            nonlocal code
            code = int(pytest.main([*options, "--rootdir", str(Path.cwd()), *arguments]))

        with patch("sys.path", [str(Path.cwd()), *sys.path]):
            printed = self._printed(run)
        for name in set(sys.modules) - before:
            if Path.cwd() in Path(getattr(sys.modules[name], "__file__", None) or "/").parents:
                del sys.modules[name]
        return code, printed

    def export(self, arguments: list[str]) -> tuple[int, str]:
        """Set variables of the environment."""
        os.environ.update(argument.split("=", 1) for argument in arguments)  # type: ignore[arg-type]
        return 0, ""

    def pip(self, arguments: list[str]) -> tuple[int, str]:
        """Install the packages of the page's folder for the time of the page; of others see that the extras exist."""
        extras = {extra for argument in arguments for extra in _extras(argument)}
        assert arguments[0] == "install"
        for argument in arguments:
            if argument.startswith("."):
                self._install(Path(argument))
        return (0 if extras <= {*EXTRAS, "all"} else 1), f"{extras}"

    def _install(self, package: Path) -> None:
        """Build the wheel of a package, without a network, and put it on the path, as pip would."""
        installed = Path.cwd() / ".installed"
        subprocess.run([sys.executable, "-c", BUILD, str(installed)], check=True, cwd=package, capture_output=True)
        for wheel in installed.glob("*.whl"):
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(installed)
        for path in installed.iterdir():
            self._running.callback(sys.modules.pop, path.name, None)
        sys.path.insert(0, str(installed))
        importlib.invalidate_caches()

    def make(self, arguments: list[str]) -> tuple[int, str]:
        """Nothing is made; the target is there."""
        target = re.search(rf"^{arguments[0]}:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
        return (0 if target else 1), ""


PROGRAMS: Mapping[str, Callable[[Run, list[str]], tuple[int, str]]] = {
    "connectors": Run.connectors,
    "python": Run.python,
    "pytest": Run.pytest,
    "export": Run.export,
    "pip": Run.pip,
    "make": Run.make,
}
"""What a line of a ``console`` block may call: its exit status, and what it prints."""


def matches(shown: str, printed: str) -> bool:
    """Whether lines that a page shows are among those that were printed; ``…`` stands for any text."""
    pattern = ".*?".join(map(re.escape, shown.strip("\n").split("…")))
    return re.search(rf"^{pattern}$", printed, re.MULTILINE | re.DOTALL) is not None


def _lines(text: str) -> list[str]:
    lines = text.replace("\\\n", " ").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


def _extras(argument: str) -> list[str]:
    names = re.search(r"\[([\w,]+)\]", argument)
    return names[1].split(",") if names else []
