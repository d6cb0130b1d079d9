"""``connectors new --package``: a package of connectors, built, installed, found by name, its tests run."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tomllib
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner

from openconnectors import package_template
from openconnectors.cli.app import cli
from openconnectors.engine.documents import loader

LOAD = """
import openconnectors
connector = openconnectors.load("river-gauges")
print(openconnectors.available()["river-gauges"], connector.list_items.request(kind="small").url)
"""


def run(*arguments: str) -> tuple[int, str]:
    """Exit code and output of a command."""
    result = CliRunner().invoke(cli, arguments)
    return result.exit_code, result.output


def test_a_package_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that a package needs, beside a document without findings; what is there already is not replaced."""
    monkeypatch.chdir(tmp_path)
    options = ("--no-input", "--title", "River gauges", "--openapi", "2.0")
    code, output = run("new", "river-gauges", "--package", *options)
    assert code == 0
    assert "pip install -e ./river-gauges-connectors" in output
    root = tmp_path / "river-gauges-connectors"
    assert sorted(path.relative_to(root).as_posix() for path in root.rglob("*.*")) == [
        "README.md", "pyproject.toml", "river_gauges_connectors/__init__.py",
        "river_gauges_connectors/river-gauges.swagger.yaml", "tests/test_connectors.py",
    ]  # fmt: skip
    assert run("validate", str(root))[0] == 0
    assert loader.load(root / "river_gauges_connectors/river-gauges.swagger.yaml").title == "River gauges"
    assert run("new", "river-gauges", "--package", *options)[0] == 2
    assert run("new", "river-gauges", "--package", "--replace", *options)[0] == 0


@pytest.mark.parametrize("name", ["4sea", "a_b", "x"])
def test_every_name_of_a_connector_makes_a_package(name: str) -> None:
    """Its module can be imported, and its entry point names the folder."""
    files = package_template.files(name, "document", ".openapi.yaml")
    project = tomllib.loads(next(text for path, text in files.items() if path.name == "pyproject.toml"))
    module = project["project"]["entry-points"]["connectors"][name].removesuffix(":FOLDER")
    assert module.isidentifier()
    assert {path.parts[0] for path in files if len(path.parts) > 1} == {module, "tests"}


@pytest.mark.long
@pytest.mark.skipif(find_spec("pip") is None, reason="pip is not installed here")
@pytest.mark.skipif(int(version("setuptools").split(".")[0]) < 77, reason="setuptools is too old to build")
def test_the_package_is_built_and_installed(tmp_path: Path) -> None:
    """Its wheel in an environment of its own is found by name; its tests pass there, one of them the document's."""
    assert run("new", "river-gauges", "--package", "--no-input", "--output", str(tmp_path))[0] == 0
    root = tmp_path / "river-gauges-connectors"
    pip = [sys.executable, "-m", "pip", "--no-input", "--disable-pip-version-check", "-q"]
    build = ["wheel", ".", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", "dist"]
    subprocess.run([*pip, *build], cwd=root, check=True)
    (wheel,) = (root / "dist").iterdir()
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    program = str(environment / "bin" / "python")
    subprocess.run([*pip, "--python", program, "install", "--no-deps", "--no-index", str(wheel)], check=True)
    packages = sysconfig.get_path("purelib", "venv", {"base": str(environment), "platbase": str(environment)})
    others = [path for path in sys.path if path.endswith("site-packages")]
    (Path(packages) / "others.pth").write_text(
        "".join(f"import site; site.addsitedir({path!r})\n" for path in others), "utf-8"
    )
    done = subprocess.run([program, "-c", LOAD], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "river-gauges-connectors https://api.example.com/v1/items?kind=small\n"
    tests = [program, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(tests, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout
