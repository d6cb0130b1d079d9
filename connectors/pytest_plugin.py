"""Fixtures for tests of programs that call connectors, and documents as tests.

``connector_sandbox`` gives connectors with their sandboxes; docs/testing.md shows it.

Each document that pytest collects by ``--connectors``, or by ``connectors_specs`` in the configuration, is a test item.
It fails with the findings of ``connectors validate`` that are at or above ``fail-on`` of ``[tool.connectors]``.

pytest imports this module in every project of an environment in which the package is installed. It therefore imports
nothing of the package until a document is checked, or a fixture is called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from openconnectors.testing import ConnectorSandbox


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare ``--connectors`` and ``connectors_specs``."""
    group = parser.getgroup("connectors")
    group.addoption("--connectors", action="store_true", help="check connector documents, each as a test")
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


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.File | None:
    """The collector of a file if it is a document and documents are to be checked."""
    patterns: list[str] = parent.config.getini("connectors_specs")
    if not patterns and not parent.config.getoption("--connectors"):
        return None
    if patterns:
        wanted = any(file_path.match(pattern) for pattern in patterns)
    else:
        wanted = any(kind in file_path.name for kind in (".swagger.", ".openapi."))
        wanted = wanted and file_path.suffix in (".json", ".yaml", ".yml")
    return Document.from_parent(parent, path=file_path) if wanted else None


class Document(pytest.File):
    """The collector of one document."""

    def collect(self) -> Iterator[pytest.Item]:
        yield Check.from_parent(self, name="validate")


class DocumentError(Exception):
    """The report of the findings in a document."""


class Check(pytest.Item):
    """The check of one document."""

    def runtest(self) -> None:
        """Raise ``DocumentError`` if there are findings."""
        findings = import_module("openconnectors.cli.checking").failing(self.path, self.config.rootpath)
        if findings:
            report = import_module("openconnectors.cli.reports").text(findings, [str(self.path)])
            raise DocumentError(import_module("openconnectors.cli.terminal").escaped(report))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The findings alone, without a traceback."""
        if isinstance(excinfo.value, DocumentError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """The file, line and title of a failure."""
        return self.path, 0, f"connectors validate {self.path.name}"
