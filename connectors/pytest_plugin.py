"""Documents as tests: ``pytest --connectors``, or ``connectors_specs`` in the configuration.

Each document that pytest comes by is an item of its own; it fails with what ``connectors validate`` finds that is as
grave as ``[tool.connectors]`` says.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option and the setting."""
    group = parser.getgroup("connectors")
    group.addoption("--connectors", action="store_true", help="check connector documents, each as a test")
    parser.addini("connectors_specs", "patterns of the documents to check", type="args", default=[])


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.File | None:
    """A file that is a document, where documents are asked for."""
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
    """One document."""

    def collect(self) -> Iterator[pytest.Item]:
        yield Check.from_parent(self, name="validate")


class Wrong(Exception):
    """The findings of a document."""


class Check(pytest.Item):
    """The check of one document."""

    def runtest(self) -> None:
        """Fails with the findings, where there are any."""
        # Imported where a document is checked: pytest reads this module at every start.
        found = import_module("openconnectors.cli.checking").failing(self.path, self.config.rootpath)
        if found:
            text = import_module("openconnectors.cli.reports").text(found, [str(self.path)])
            raise Wrong(import_module("openconnectors.cli.terminal").escaped(text))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The findings alone, without a traceback."""
        if isinstance(excinfo.value, Wrong):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """What a failure is told under."""
        return self.path, 0, f"connectors validate {self.path.name}"
