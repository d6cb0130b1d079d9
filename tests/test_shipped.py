"""What comes along for other people's pipelines: the pre-commit hook, the GitHub Action, the pytest plugin."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.test_validate import WRONG

ROOT = Path(__file__).resolve().parent.parent
pytest_plugins = ["pytester"]
RIGHT = WRONG.replace("type: strng", "type: string\n          required: true").replace("x-ms-sumary", "x-ms-summary")


# pytest


def _collected(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess("-p", "no:cacheprovider", *arguments)


def test_documents_are_test_items(pytester: pytest.Pytester) -> None:
    """pytest --connectors collects each document as a test that fails with its findings; without it, none."""
    (pytester.path / "wrong.swagger.yaml").write_text(WRONG)
    (pytester.path / "right.swagger.yaml").write_text(RIGHT)
    (pytester.path / "other.yaml").write_text("a: b")
    result = _collected(pytester, "--connectors")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*wrong.swagger.yaml:12:17: error: 'strng'*did you mean 'string'?*"])
    assert "Traceback" not in result.stdout.str()
    _collected(pytester).assert_outcomes()


def test_the_configuration_chooses_documents_and_rules(pytester: pytest.Pytester) -> None:
    """connectors_specs names the documents, and [tool.connectors] the rules to ignore."""
    (pytester.path / "api.yaml").write_text(WRONG)
    pytester.makepyprojecttoml(
        """
        [tool.pytest.ini_options]
        connectors_specs = ["api.yaml"]
        [tool.connectors]
        ignore = ["structure-*", "parameter-*"]
        """
    )
    _collected(pytester).assert_outcomes(passed=1)


def test_the_plugin_imports_nothing_of_the_package_until_a_document_is_checked() -> None:
    """pytest imports the plugin in every project, whatever that project tests."""
    program = "import sys, openconnectors.pytest_plugin; print(*sorted(sys.modules))"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    loaded = set(done.stdout.split())
    assert {name for name in loaded if name.split(".")[0] == "openconnectors"} == {
        "openconnectors",
        "openconnectors.pytest_plugin",
    }
    assert {name.split(".")[0] for name in loaded} & {"yaml", "click", "lxml", "jsonschema", "requests"} == set()


# pre-commit


def _git(folder: Path, *arguments: str) -> str:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "HOME": str(folder)}
    done = subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments],
        cwd=folder, capture_output=True, text=True, check=True, env=environment,
    )  # fmt: skip
    return done.stdout


def _declare(folder: Path) -> None:
    """Put the hooks into a project as they are declared, with the program that is installed here in place of a fresh
    one: nothing is fetched."""
    program = Path(sys.executable).parent / "connectors"
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    for hook in hooks:
        # Of the fresh environment: the commands need the extra. A hook of the language system installs nothing.
        assert hook.pop("additional_dependencies") == [".[cli]"]
        hook |= {"language": "system", "entry": hook["entry"].replace("connectors", str(program), 1)}
    repos = [{"repo": "local", "hooks": hooks}]
    (folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": repos}), "utf-8")
    _git(folder, "init", "-q")


def _run(folder: Path, hook: str) -> subprocess.CompletedProcess[str]:
    _git(folder, "add", "-A")
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", hook, "--all-files"],
        cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "PRE_COMMIT_HOME": str(folder / "home")},
    )  # fmt: skip


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not here")
def test_the_hook_for_documents_runs(tmp_path: Path) -> None:
    """pre-commit itself runs the hook that checks documents: it fails for a document with an error."""
    _declare(tmp_path)
    (tmp_path / "wrong.swagger.yaml").write_text(WRONG)
    (tmp_path / "other.yaml").write_text("a: b")
    done = _run(tmp_path, "connectors-validate")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "wrong.swagger.yaml:12:17: error" in done.stdout
    (tmp_path / "wrong.swagger.yaml").write_text(RIGHT)
    assert _run(tmp_path, "connectors-validate").returncode == 0


@pytest.mark.parametrize(
    ("name", "is_document"),
    [
        *((name, True) for name in ("openapi.yaml", "api/swagger.json", "x.openapi.yml", "apiDefinition.swagger.json")),
        *((name, True) for name in ("my-openapi.yaml", "openapi-v1.yaml", "swagger-2.0.json", "a/apiProperties.json")),
        *((name, True) for name in ("x.properties.yaml", "x.overlay.json", "openapi_v3.1.json", "x/y.swagger.json")),
        *((name, False) for name in ("openapitools.json", "openapi-generator.yaml", "package.json", "myopenapi.yaml")),
        *((name, False) for name in ("openapi.yaml.j2", "xapiProperties.json", "openapi/config.yaml")),
    ],
)
def test_the_hook_takes_documents_by_their_names(name: str, is_document: bool) -> None:
    """Its pattern, as pre-commit searches for it, takes the names that documents have, and not those of tools."""
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    pattern = next(hook["files"] for hook in hooks if hook["id"] == "connectors-validate")

    assert (re.search(pattern, name) is not None) == is_document


def test_the_action_installs_its_own_revision() -> None:
    """What pip installs is the folder of the action, with the extra of the command line, unless a package is named."""
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    step = next(step for step in action["runs"]["steps"] if step.get("name") == "Install")
    assert step["env"]["ACTION"] == "${{ github.action_path }}"
    for package, installed in (("", "/there[cli]"), ("open-connectors[cli]==1.0", "open-connectors[cli]==1.0")):
        done = subprocess.run(
            [step["shell"], "-e", "-c", step["run"].replace("python -m pip install --quiet", "printf %s")],
            capture_output=True, text=True, check=True, env={"ACTION": "/there", "PACKAGE": package},
        )  # fmt: skip
        assert done.stdout == installed


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not here")
def test_the_hook_for_types_runs(tmp_path: Path) -> None:
    """pre-commit itself runs the hook that checks types: it fails where a document has changed since."""
    _declare(tmp_path)
    document = tmp_path / "small.swagger.yaml"
    document.write_text(RIGHT)
    command = [sys.executable, "-m", "openconnectors", "stubs", document.name]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert _run(tmp_path, "connectors-stubs").returncode == 0
    document.write_text(RIGHT.replace("title: ", "title: Another "))
    done = _run(tmp_path, "connectors-stubs")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "out of date; run connectors stubs" in done.stdout


# The action


def test_the_action_does_what_it_says(tmp_path: Path) -> None:
    """The steps of action.yml write a SARIF report and fail on an error with an annotation."""
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    assert action["runs"]["using"] == "composite"
    (tmp_path / "wrong.swagger.yaml").write_text(WRONG)
    inputs = {name: str(row["default"]) for name, row in action["inputs"].items()} | {
        "sarif": "report.sarif",
        "summary": "true",
    }
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    codes = {}
    for step in action["runs"]["steps"]:
        if "run" not in step or step["name"] == "Install":
            continue
        if step["name"] == "Summary":
            environment["GITHUB_STEP_SUMMARY"] = str(tmp_path / "summary.md")
        named = {name: inputs[value.split("inputs.")[1].split(" ")[0]] for name, value in step["env"].items()}
        done = subprocess.run(
            [step["shell"], "-e", "-c", step["run"]],
            cwd=tmp_path, capture_output=True, text=True, check=False, env={**environment, **named},
        )  # fmt: skip
        codes[step["name"]] = (done.returncode, done.stdout)
    assert codes["SARIF"][0] == 0
    assert '"ruleId": "structure-value"' in (tmp_path / "report.sarif").read_text("utf-8")
    assert codes["Summary"][0] == 0
    assert "(`structure-value`, wrong.swagger.yaml:12)" in (tmp_path / "summary.md").read_text("utf-8")
    assert codes["Check"][0] == 1
    assert "::error file=wrong.swagger.yaml,line=12,col=17,title=structure-value::" in codes["Check"][1]
