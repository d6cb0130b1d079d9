"""Extras: packages that loading and calling do not need, each installed with ``pip install 'open-connectors[EXTRA]'``.

Rule 1: ``EXTRAS`` is the only list of what an extra brings; pyproject.toml has the same packages with their versions.
Rule 2: what needs an extra calls ``require`` before it imports a module of it, so that its absence is one sentence
that says what to install, in the command line and in Python alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec

from openconnectors.engine.errors import ConnectorError

EXTRAS: Mapping[str, Sequence[str]] = {
    "cli": ("click", "jsonpath_rfc9535", "pathspec", "rich", "rich_click", "tomlkit", "openapi_spec_validator"),
    "sandbox": ("openapi_core", "hypothesis"),
    "fuzz": ("openapi_core", "hypothesis"),
    "keyring": ("keyring", "tomlkit"),
    "async": ("trio",),
    "otel": ("opentelemetry",),
    "bulk": ("limits",),
    "overlays": ("jsonpath_rfc9535",),
    "docs": ("jinja2", "markdown_it"),
    "mcp": ("mcp", "uvicorn"),
    "lsp": ("pygls",),
}
"""The modules of each extra. Those of ``sandbox`` are among those of ``fuzz``, which starts a sandbox; calls
under asyncio need no extra."""


PACKAGES: Mapping[str, str] = {"markdown_it": "markdown-it-py", "opentelemetry": "opentelemetry-api"}
"""The packages that are not spelled as their module is."""


class MissingExtra(ConnectorError, ImportError):
    """A package of an extra is not installed. The message says which one, and how to install it."""


def require(feature: str, extra: str, *modules: str) -> None:
    """Raise ``MissingExtra`` unless these modules, by default all of the extra, can be imported."""
    for module in modules or EXTRAS[extra]:
        if not _installed(module):
            package = package_of(module)
            raise MissingExtra(f"{feature} needs {package}: pip install 'open-connectors[{extra}]'")


def package_of(module: str) -> str:
    """The package of a module of the table, as pip spells it."""
    return PACKAGES.get(module, module.replace("_", "-"))


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):  # ValueError: a module without a specification, such as a stand-in of a test
        return False
