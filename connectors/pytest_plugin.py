"""Fixtures for tests of programs that call connectors, and documents as tests.

``connector_sandbox`` gives connectors with their sandboxes, ``connector_recording`` those whose traffic is recorded or
replayed; docs/testing.md shows them.

Each document that pytest collects by ``--connectors``, or by ``connectors_specs`` in the configuration, is a test item.
It fails with the findings of ``connectors validate`` that are at or above ``fail-on`` of ``[tool.connectors]``. So is
each recording: it fails if it does not fit the document any more.

pytest imports this module in every project of an environment in which the package is installed. It therefore imports
nothing of the package until a document is checked, or a fixture is called.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from openconnectors.testing import ConnectorSandbox, RecordedConnector, ReplayedConnector


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare ``--connectors`` and ``connectors_specs``."""
    group = parser.getgroup("connectors")
    group.addoption("--connectors", action="store_true", help="check connector documents, each as a test")
    group.addoption(
        "--connectors-record", action="store_true", help="call services, and record what the tests replay otherwise"
    )
    parser.addini("connectors_specs", "patterns of the documents to check", type="args", default=[])


@pytest.fixture
def connector_sandbox() -> Iterator[Callable[..., ConnectorSandbox]]:
    """A function that gives a connector with a sandbox of its service, which runs until the end of the test:
    ``connector_sandbox("name")``. Its arguments are those of ``openconnectors.testing.sandbox``."""
    with ExitStack() as stack:

        def start(*arguments: Any, **options: Any) -> ConnectorSandbox:
            testing = import_module("openconnectors.testing")
            running: ConnectorSandbox = stack.enter_context(testing.sandbox(*arguments, **options))
            return running

        yield start


@pytest.fixture
def connector_recording(request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """A function that gives a connector which responds from a recording: ``connector_recording("name")``. With
    ``--connectors-record`` it calls the service, and the recording is written when the test has passed.

    The recording is ``recordings/MODULE/TEST.NAME.har`` beside the module of the test. Arguments are those of
    ``openconnectors.testing.record``; a replay needs no connection.
    """
    is_recording = request.config.getoption("--connectors-record")
    folder = request.path.parent / "recordings" / request.path.stem
    recorded: list[RecordedConnector] = []
    count = 0
    with ExitStack() as stack:

        def start(name: str | Path, **options: Any) -> RecordedConnector | ReplayedConnector:
            nonlocal count
            count += 1
            stem = f"{request.node.name}.{Path(name).name.partition('.')[0]}{f'.{count}' if count > 1 else ''}"
            path = folder / (re.sub(r"[^\w.-]+", "-", stem) + ".har")
            testing = import_module("openconnectors.testing")
            if is_recording:
                recorded.append(testing.record(name, path, **options))
                stack.callback(recorded[-1].close)
                return recorded[-1]
            if not path.exists():
                pytest.fail(f"there is no recording {path}; pytest --connectors-record makes it", pytrace=False)
            calls = {option: value for option, value in options.items() if option not in _OF_RECORDING}
            replayed: ReplayedConnector = testing.replay(name, path, **calls)
            stack.callback(replayed.close)
            return replayed

        yield start
    if not request.node.stash.get(_FAILED, False):
        for each in recorded:
            each.save()


_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep whether a test has failed: what it recorded is then not written."""
    report = yield
    if report.when == "call":
        item.stash[_FAILED] = report.failed
    return report


_OF_RECORDING = frozenset({
    "connection", "base_url", "server", "redact", "proxy", "proxies", "verify", "cert", "trust_env", "transport",
    "session",
})  # fmt: skip
"""Options of ``connector_recording`` that a replay has no use for: how the service is reached."""


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.File | None:
    """The collector of a file if it is a document or a recording, and these are to be checked."""
    patterns: list[str] = parent.config.getini("connectors_specs")
    if not patterns and not parent.config.getoption("--connectors"):
        return None
    if patterns:
        wanted = any(file_path.match(pattern) for pattern in patterns)
    elif file_path.suffix == _RECORDING:
        wanted = True
    else:
        wanted = any(kind in file_path.name for kind in (".swagger.", ".openapi."))
        wanted = wanted and file_path.suffix in (".json", ".yaml", ".yml")
    collector = RecordingFile if file_path.suffix == _RECORDING else Document
    return collector.from_parent(parent, path=file_path) if wanted else None


_RECORDING = ".har"


class Document(pytest.File):
    """The collector of one document."""

    def collect(self) -> Iterator[pytest.Item]:
        yield Check.from_parent(self, name="validate")


class RecordingFile(pytest.File):
    """The collector of one recording; of a HAR file of another program nothing is collected."""

    def collect(self) -> Iterator[pytest.Item]:
        if '"_openconnectors"' in self.path.read_text("utf-8", "replace"):
            yield Fit.from_parent(self, name="fit")


class DocumentError(Exception):
    """The report of the findings in a document, or of what a recording has that does not fit it."""


class ReportedItem(pytest.Item):
    """A check of a file, which fails with a report."""

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The findings alone, without a traceback."""
        if isinstance(excinfo.value, DocumentError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)


class Fit(ReportedItem):
    """The check of one recording."""

    def runtest(self) -> None:
        """Raise ``DocumentError`` if there are exchanges that do not fit the document."""
        misfits = import_module("openconnectors.testing").check(self.path)
        if misfits:
            raise DocumentError("\n".join(f"{self.path}: {misfit}" for misfit in misfits))

    def reportinfo(self) -> tuple[Path, int, str]:
        """The file, line and title of a failure."""
        return self.path, 0, f"recording {self.path.name}"


class Check(ReportedItem):
    """The check of one document."""

    def runtest(self) -> None:
        """Raise ``DocumentError`` if there are findings."""
        findings = import_module("openconnectors.cli.checking").failing(self.path, self.config.rootpath)
        if findings:
            report = import_module("openconnectors.cli.reports").text(findings, [str(self.path)])
            raise DocumentError(import_module("openconnectors.cli.terminal").escaped(report))

    def reportinfo(self) -> tuple[Path, int, str]:
        """The file, line and title of a failure."""
        return self.path, 0, f"connectors validate {self.path.name}"
