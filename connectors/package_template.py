"""A package of connectors to begin with: what is needed to build it, to find its connectors by name, and to test it.

A connector is data, so a package of connectors has one line of Python: the folder of its documents, which is its entry
point of the group ``connectors``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

from openconnectors.registry import GROUP


def files(name: str, document: str, suffix: str) -> Mapping[PurePosixPath, str]:
    """The files of a package with one connector, by their paths in its folder. ``document`` is its text, ``suffix`` how
    its file is named after the connector."""
    module = f"{name.replace('-', '_')}_connectors"
    if not module.isidentifier():  # a name may begin with a digit
        module = f"connectors_{module}"
    words = {"name": name, "package": f"{name}-connectors", "module": module, "group": GROUP}
    templates = {"pyproject.toml": _PROJECT, "README.md": _README, f"{module}/__init__.py": _MODULE,
                 "tests/test_connectors.py": _TEST}  # fmt: skip
    written = {PurePosixPath(path): template.format(**words) for path, template in templates.items()}
    return {**written, PurePosixPath(module, name + suffix): document}


_PROJECT = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "{package}"
version = "0.1.0"
description = "Connectors for open-connectors"
readme = "README.md"
requires-python = ">=3.11"
dependencies = ["open-connectors"]  # open-connectors[overlays] if a document has an overlay beside it

[project.optional-dependencies]
test = ["open-connectors[cli,sandbox]", "pytest"]

# Every document in the folder that the value names is a connector by the name of its file.
[project.entry-points.{group}]
{name} = "{module}:FOLDER"

[tool.setuptools]
packages = ["{module}"]

[tool.setuptools.package-data]
{module} = ["**/*.yaml", "**/*.yml", "**/*.json"]

[tool.pytest.ini_options]
testpaths = ["{module}", "tests"]
addopts = "--connectors"  # each document is checked as a test
"""
_README = """\
# {package}

```console
pip install -e '.[test]'
pytest
connectors list
python -m build --wheel
```

```python
import openconnectors

connector = openconnectors.load("{name}")
```
"""
_MODULE = """\
\"""The documents of connectors, which openconnectors.load finds by their names.\"""

from pathlib import Path

FOLDER = Path(__file__).parent
"""
_TEST = """\
\"""What the documents describe can be called: on sandboxes, without the services.\"""

import openconnectors


def test_the_connector_is_found_by_its_name():
    assert openconnectors.available()["{name}"] == "{package}"


def test_an_operation_is_called(connector_sandbox):
    sandbox = connector_sandbox("{name}")
    assert sandbox.connector.get_item(id="1")
    (request,) = sandbox.received
    assert (request.operation, request.arguments) == ("get_item", {{"id": "1"}})
"""
