"""The core loads and calls without any extra; what needs an extra says which one."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from openconnectors.engine.extras import EXTRAS, package_of
from openconnectors.engine.sandbox import Sandbox
from tests.conftest import ROOT
from tests.test_validate import WRONG

BLOCK = """
import sys

class Block:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {modules!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Block())
"""
MODULES = sorted({module for modules in EXTRAS.values() for module in modules})


def without(modules: list[str], program: str, *arguments: str, folder: Path = ROOT) -> tuple[int, str, str]:
    """Run a program in a process in which these modules cannot be imported: exit code, output, errors."""
    done = subprocess.run(
        [sys.executable, "-c", BLOCK.format(modules=modules) + program, *arguments],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


COMMAND = "sys.argv[0] = 'connectors'; from openconnectors.cli import main; main()"


def test_the_table_has_the_packages_of_pyproject() -> None:
    """Each extra of the table is one of pyproject.toml, with the same packages; all has them all."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    every = declared.pop("all")
    del declared["test"]

    packages = {
        extra: {re.split("[<>=]", each)[0] for each in requirements} for extra, requirements in declared.items()
    }

    assert packages == {extra: set(map(package_of, modules)) for extra, modules in EXTRAS.items()}
    assert every == [f"open-connectors[{','.join(EXTRAS)}]"]


CALL = """
import openconnectors
values = dict(pair.split("=") for pair in sys.argv[2:])
twilio = openconnectors.load("twilio", connection=values, base_url=sys.argv[1], validate_responses="strict")
message = twilio.send_message(from_="+15005550006", to="+14155552345", body="Hello")
again = twilio.get_message.using(accept="application/xml")(message_id=message["sid"])
assert again["body"] == message["body"], again
print([one["body"] for one in twilio.list_messages.items()])
"""


def test_the_core_loads_and_calls_in_json_and_xml(sandbox: Sandbox) -> None:
    """Nothing of an extra is imported by a call, a page, XML, or help."""
    values = [f"{name}={value}" for name, value in sandbox.values.items()]

    assert without(MODULES, CALL, sandbox.url, *values) == (0, "['Hello']\n", "")


def test_the_core_reads_saved_connections(tmp_path: Path) -> None:
    """A connection whose secrets are variables or files needs neither tomlkit nor keyring."""
    (tmp_path / "connections.toml").write_text('[twilio.work]\naccount_id = "AC1"\naccess_token = "${WORK}"\n')
    program = f"""
import os
os.environ.update(CONNECTORS_CONFIG={str(tmp_path)!r}, WORK="token")
import openconnectors
print(openconnectors.load("twilio", connection="work").connection.base)
"""

    code, out, err = without(MODULES, program)

    assert (code, err) == (0, "")
    assert out.endswith("/AC1\n")


TESTING = """
import openconnectors.testing
assert not {"openapi_core", "hypothesis", "jsonschema", "werkzeug.http"} & set(sys.modules)
values = dict(pair.split("=") for pair in sys.argv[3:])
message = {"from_": "+15005550006", "to": "+14155552345", "body": "Hello"}
with openconnectors.testing.record("twilio", sys.argv[2], connection=values, base_url=sys.argv[1]) as live:
    live.connector.send_message(**message)
with openconnectors.testing.replay("twilio", sys.argv[2]) as silent:
    print(silent.connector.send_message(**message)["body"])
for function in (openconnectors.testing.sandbox, openconnectors.testing.check):
    try:
        function(sys.argv[2])
    except ImportError as error:
        print(error)
"""


def test_recordings_need_no_extra_and_sandboxes_say_which(sandbox: Sandbox, tmp_path: Path) -> None:
    """The test kit is imported, records and replays with the core; what judges by a document names its extra."""
    values = [f"{name}={value}" for name, value in sandbox.values.items()]

    code, out, err = without(MODULES, TESTING, sandbox.url, str(tmp_path / "calls.har"), *values)

    assert (code, err) == (0, "")
    needs = "needs openapi-core: pip install 'open-connectors[sandbox]'"
    assert out == f"Hello\nopenconnectors.testing {needs}\nopenconnectors.testing.check {needs}\n"


def test_a_secret_in_the_keyring_needs_the_extra_keyring(tmp_path: Path) -> None:
    """The error is that of a missing connection."""
    (tmp_path / "connections.toml").write_text('[twilio.work]\naccount_id = "AC1"\naccess_token = "keyring:"\n')
    program = f"""
import os
os.environ.update(CONNECTORS_CONFIG={str(tmp_path)!r})
import openconnectors
try:
    openconnectors.load("twilio", connection="work")
except openconnectors.ConnectionMissing as error:
    print(error)
"""

    code, out, err = without(["keyring"], program)

    assert (code, err) == (0, "")
    assert out == (
        "access_token of the saved connection 'work' of twilio needs keyring: pip install 'open-connectors[keyring]'\n"
    )


COMMANDS = [
    (["click"], ["list"], "the command line needs click: pip install 'open-connectors[cli]'"),
    (["rich"], ["--help"], "the command line needs rich: pip install 'open-connectors[cli]'"),
    (
        ["hypothesis"],
        ["fuzz", "twilio"],
        "connectors fuzz needs hypothesis: pip install 'open-connectors[fuzz]'",
    ),
    (["mcp"], ["mcp", "twilio"], "connectors mcp needs mcp: pip install 'open-connectors[mcp]'"),
    (
        ["openapi_core"],
        ["sandbox", "twilio"],
        "connectors sandbox needs openapi-core: pip install 'open-connectors[sandbox]'",
    ),
    (
        ["openapi_core"],
        ["call", "twilio", "list_messages", "--sandbox"],
        "connectors call --sandbox needs openapi-core: pip install 'open-connectors[sandbox]'",
    ),
]


@pytest.mark.parametrize(("modules", "arguments", "message"), COMMANDS, ids=lambda value: " ".join(value))
def test_a_command_whose_extra_is_absent_says_which(modules: list[str], arguments: list[str], message: str) -> None:
    """One sentence, exit code 2."""
    assert without(modules, COMMAND, *arguments) == (2, "", f"{message}\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["list"],
        ["show", "twilio"],
        ["validate", "spec/petstore.swagger.yaml"],
        ["call", "twilio", "--help"],
    ],
    ids=" ".join,
)
def test_the_extra_cli_is_enough_for_commands_without_a_sandbox(arguments: list[str]) -> None:
    """They import nothing of another extra."""
    modules = sorted(set(MODULES) - set(EXTRAS["cli"]))

    code, _, err = without(modules, COMMAND, *arguments)

    assert (code, "Traceback" in err, "needs" in err) == (0, False, False), err


@pytest.mark.parametrize(
    ("program", "extra", "package"),
    [
        ("from openconnectors.engine.sandbox import Sandbox", "sandbox", "hypothesis"),
        ("import openconnectors.engine.sandbox.judge", "sandbox", "hypothesis"),
        ("from openconnectors.engine.fuzz import fuzz", "fuzz", "hypothesis"),
    ],
)
def test_importing_what_needs_an_extra_is_an_import_error_that_says_which(
    program: str, extra: str, package: str
) -> None:
    """So that code of a user's sees what is missing."""
    code, out, _ = without([package], f"try:\n    {program}\nexcept ImportError as error:\n    print(error)\n")

    assert code == 0
    assert out.endswith(f" needs {package}: pip install 'open-connectors[{extra}]'\n")


def test_the_pytest_plugin_says_which_extra_it_needs(tmp_path: Path) -> None:
    """Where a document is checked; a project without documents needs none."""
    (tmp_path / "api.swagger.yaml").write_text(WRONG)
    program = "import pytest; sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', '--connectors']))"

    code, out, _ = without(["openapi_spec_validator"], program, folder=tmp_path)

    assert code == 1
    assert "checking documents needs openapi-spec-validator: pip install 'open-connectors[cli]'" in out


def test_help_imports_no_command() -> None:
    """connectors --help shows the texts of the table."""
    program = (
        "import atexit; sys.argv = ['connectors', '--help']\n"
        "atexit.register(lambda: print(*[name for name in sys.modules if name.startswith('openconnectors.')]))\n"
        "from openconnectors.cli import main; main()"
    )

    code, out, _ = without([], program)

    loaded = set(out.splitlines()[-1].split())
    assert code == 0
    assert "openconnectors.cli.commands" in loaded
    assert {
        name for name in loaded if name.startswith(("openconnectors.cli.commands.", "openconnectors.engine.plan"))
    } == set()
