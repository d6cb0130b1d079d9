"""The wheel in an environment of its own, beside a project whose folders have the names of ours."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest

import openconnectors
from tests.conftest import ROOT
from tests.test_validate import WRONG

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(find_spec("pip") is None, reason="pip is not installed here"),
    # License expressions in pyproject.toml (PEP 639) are read from this version on.
    pytest.mark.skipif(int(version("setuptools").split(".")[0]) < 77, reason="setuptools is too old to build"),
]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the sources: building leaves files beside them."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in ("connectors", "engine", "spec"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copyfile(ROOT / name, folder / name)
    pip = [sys.executable, "-m", "pip", "--no-input", "--disable-pip-version-check", "-q"]
    arguments = ["wheel", ".", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", "dist"]
    subprocess.run([*pip, *arguments], cwd=folder, check=True)
    (path,) = (folder / "dist").iterdir()
    return path


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with the wheel; its other packages are those of the environment of the tests. An
    editable installation there has no effect: it works by a .pth file, and these are read in an own folder only."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    packages = sysconfig.get_path("purelib", "venv", {"base": str(folder), "platbase": str(folder)})
    program = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--no-input", "--disable-pip-version-check", "-q", "--python", str(program)]
    subprocess.run([*pip, "install", "--no-deps", "--no-index", str(wheel)], check=True)
    others = [path for path in sys.path if path.endswith("site-packages")]
    (Path(packages) / "others.pth").write_text("\n".join(others), "utf-8")
    return program


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that has modules and folders of its own called engine, connectors, spec and tests."""
    for name in ("engine", "connectors", "spec"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("OWN = True\n")
    (tmp_path / "engine.py").write_text("OWN = True\n")
    (tmp_path / "registry.py").write_text("raise ImportError('not this one')\n")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_own.py").write_text(
        "import connectors, engine, spec\n"
        "import openconnectors\n\n"
        "def test_each_is_the_own_one():\n"
        "    assert connectors.OWN and engine.OWN and spec.OWN\n"
        "    assert 'twilio' in openconnectors.available()\n"
    )
    return tmp_path


def _run(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    names = ("PYTHONPATH", "PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_XDIST_WORKER")
    environment = {name: value for name, value in os.environ.items() if name not in names}
    return subprocess.run(
        list(map(str, arguments)), cwd=folder, capture_output=True, text=True, check=False, env=environment
    )


def test_one_package_is_installed(wheel: Path) -> None:
    """Nothing but openconnectors is importable, with the connectors' documents and the marker of types inside."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()

    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"openconnectors"}
    assert {"openconnectors/py.typed", "openconnectors/spec/twilio.swagger.yaml"} <= set(names)
    spec = {name.removeprefix("openconnectors/spec/") for name in names if name.startswith("openconnectors/spec/")}
    prepared = {name for name in spec if name.startswith("prepared/")}
    assert {str(path.relative_to(ROOT / "spec")) for path in (ROOT / "spec").rglob("*") if path.is_file()} == (
        spec - prepared
    )
    pages = {
        name.removeprefix("openconnectors/engine/") for name in names if name.startswith("openconnectors/engine/pages")
    }
    assert {
        str(path.relative_to(ROOT / "engine"))
        for path in (ROOT / "engine/pages").glob("*/*.*")
        if path.suffix != ".pyc"
    } <= pages
    assert len(prepared) == len([path for path in (ROOT / "spec").glob("*.yaml") if ".properties." not in path.name])


def test_services_of_the_package_are_prepared(python: Path, project: Path) -> None:
    """A document of the wheel is not parsed when its connector is loaded, and nothing is written anywhere."""
    code = (
        "import sys, openconnectors as o\n"
        "values = {'account_id': 'AC' + '0' * 32, 'access_token': 't'}\n"
        "o.load('twilio', connection=values).send_message.request(to='+14155552345', from_='+15005550006', body='x')\n"
        "print('yaml' in sys.modules)"
    )
    done = _run(project, "env", f"CONNECTORS_CACHE={project / 'cache'}", python, "-c", code)

    assert (done.returncode, done.stdout, done.stderr) == (0, "False\n", "")
    assert not (project / "cache").exists()


@pytest.mark.parametrize("program", ["connectors", "openconnectors", "-m"])
def test_each_spelling_of_the_command_works(program: str, python: Path, project: Path) -> None:
    """Scripts connectors and openconnectors, and python -m openconnectors."""
    command = [python, "-m", "openconnectors"] if program == "-m" else [python.parent / program]

    done = _run(project, *command, "list")

    assert (done.returncode, done.stderr) == (0, "")
    assert "twilio" in done.stdout
    assert str(python.parent.parent) in done.stdout  # documents of the wheel, not of the sources


@pytest.mark.parametrize("media_type", ["application/json", "application/xml"])
def test_an_operation_is_called_on_the_sandbox(media_type: str, python: Path, project: Path) -> None:
    """The installed wheel calls an operation on the sandbox in JSON and in XML."""
    done = _run(
        project, python.parent / "connectors", "call", "twilio", "send_message", "--from", "+15005550006",
        "--to", "+14155552345", "--body", "Hello", "--accept", media_type, "--sandbox",
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, "")
    assert '"body": "Hello"' in done.stdout


def test_pages_are_written(python: Path, project: Path) -> None:
    """The templates and the files that pages load are in the wheel."""
    done = _run(project, python.parent / "connectors", "docs", "twilio", "-o", "pages")

    assert (done.returncode, done.stderr) == (0, "")
    assert (project / "pages/assets/pages.css").exists()


def test_a_document_is_checked(python: Path, project: Path) -> None:
    """Findings of the specification's own schema, which is data of another package."""
    (project / "api.swagger.yaml").write_text(WRONG)

    done = _run(project, python.parent / "connectors", "validate", "api.swagger.yaml")

    assert done.returncode == 1
    assert "api.swagger.yaml:12:17: error" in done.stdout


def test_pytest_runs_the_projects_tests_and_checks_its_documents(python: Path, project: Path) -> None:
    """The plugin is active, and hides no module of the project."""
    (project / "api.swagger.yaml").write_text(WRONG)

    done = _run(project, python, "-m", "pytest", "-p", "no:cacheprovider", "-W", "error", "--connectors")

    assert "1 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    assert "api.swagger.yaml:12:17: error" in done.stdout


SCRIPT = """
import openconnectors
from openconnectors import Connector, NotFound


def messages(body: str) -> object:
    connector: Connector = openconnectors.load("twilio", connection={"access_token": ""}, timeout=3.0, proxy="http://p")
    try:
        return connector.send_message(body=body)
    except (NotFound, openconnectors.InvalidArguments) as error:
        return str(error)


"""


def test_type_checkers_see_every_public_name_and_no_other(python: Path, project: Path) -> None:
    """mypy --strict accepts every public name, and refuses an unknown name and an unknown option."""
    uses = "".join(f"{name.lower()}_ = openconnectors.{name}\n" for name in sorted(openconnectors.__all__))
    (project / "right.py").write_text(f"{SCRIPT}{uses}")
    (project / "wrong.py").write_text(f'{SCRIPT}openconnectors.lod\nopenconnectors.load("twilio", timeot=3)\n')

    done = _run(project, python, "-m", "mypy", "--strict", "--config-file", os.devnull, "right.py", "wrong.py")

    errors = [line for line in done.stdout.splitlines() if ": error: " in line]
    assert [line.partition(":")[0] for line in errors] == ["wrong.py", "wrong.py"], done.stdout
    assert 'Module has no attribute "lod"' in errors[0]
    assert 'Unexpected keyword argument "timeot"' in errors[1]
