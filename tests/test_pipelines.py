"""connectors validate in people's pipelines: which files are looked at, whose settings count, how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from openconnectors.engine.lint import RULES
from tests.conftest import ROOT, command
from tests.test_validate import WRONG

RIGHT = '{"openapi": "3.1.0", "info": {"title": "A", "version": "1"}, "paths": {}}\n'


def write(folder: Path, *names: str, text: str = RIGHT) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def checked(folder: Path, *paths: str) -> list[str]:
    """The files that are checked at paths."""
    code, out, err = command("validate", *(paths or (".",)), "--format", "junit", cwd=folder)
    assert code == 0, (out, err)
    return sorted(piece.partition('"')[0] for piece in out.split(' classname="')[1:])


# Which files


def test_what_git_ignores_is_not_looked_for(tmp_path: Path) -> None:
    """The .gitignore of each folder up to that with .git counts, the one below has the last word."""
    (tmp_path / ".git/info").mkdir(parents=True)
    write(tmp_path, "build/a.json", "api/a.gen.json", "api/gen/a.json", "api/gen/keep.json", "api/a.json", "mine.json")
    write(tmp_path, ".gitignore", text="# made\nbuild/\n*.gen.json\n!\n")
    write(tmp_path, "api/.gitignore", text="gen/**\n!gen/keep.json\n")
    write(tmp_path, ".git/info/exclude", text="/mine.json\n")

    assert checked(tmp_path) == ["api/a.json", "api/gen/keep.json"]
    assert checked(tmp_path, "api") == ["api/a.json", "api/gen/keep.json"]
    assert checked(tmp_path / "api/gen") == ["keep.json"]
    assert checked(tmp_path, "**/*.json") == ["api/a.json", "api/gen/keep.json"]


def test_folders_of_tools_are_not_looked_into(tmp_path: Path) -> None:
    """node_modules, virtual environments and hidden folders are left out."""
    write(tmp_path, "node_modules/x/a.json", ".venv/a.json", "env/a.json", ".cache/a.json", "a.json")
    write(tmp_path, "env/pyvenv.cfg", text="")

    assert checked(tmp_path) == ["a.json"]


def test_what_is_named_is_checked(tmp_path: Path) -> None:
    """A file, and a folder, that is named is checked whatever leaves it out."""
    write(tmp_path, "build/a.json", "old/a.json", ".hidden/a.json", "node_modules/a.json")
    write(tmp_path, ".gitignore", text="build\n")
    write(tmp_path, ".connectors.toml", text='exclude = ["old/", "node_modules"]\n')
    names = ["build/a.json", "old/a.json", ".hidden/a.json", "node_modules/a.json"]

    assert checked(tmp_path, *names) == sorted(names)
    assert checked(tmp_path, "build", "old", ".hidden", "node_modules") == sorted(names)


def test_what_the_settings_exclude_is_not_looked_for(tmp_path: Path) -> None:
    """exclude has patterns as .gitignore has them, relative to the file of the settings, wherever the check is run."""
    write(tmp_path, "old/a.json", "api/old/a.json", "api/draft-1.json", "api/a.json")
    write(tmp_path, "pyproject.toml", text='[tool.connectors]\nexclude = ["/old", "draft-*.json"]\n')

    assert checked(tmp_path) == ["api/a.json", "api/old/a.json"]
    assert checked(tmp_path / "api") == ["a.json", "old/a.json"]
    write(tmp_path, "pyproject.toml", text='[tool.connectors]\nexclude = ["!"]\n')
    code, _, err = command("validate", ".", cwd=tmp_path)
    assert (code, "exclude: Invalid git pattern" in err) == (2, True), err


def test_rings_of_links_are_visited_once(tmp_path: Path) -> None:
    """Folders that link to each other are visited once, by their own names."""
    folders = [f"f{number}" for number in range(9)]
    for folder in folders:
        write(tmp_path, f"{folder}/a.json")
        for other in folders:
            (tmp_path / folder / f"a-{other}").symlink_to(f"../{other}")
    (tmp_path / "again").symlink_to(tmp_path)

    assert checked(tmp_path) == [f"{folder}/a.json" for folder in folders]


def test_a_document_is_known_by_its_root(tmp_path: Path) -> None:
    """A file of any name is a document if its root says a version; other files are passed over in silence."""
    yaml = "info: {title: A, version: '1'}\npaths: {}\n"
    write(tmp_path, "late.json", text='{"info": {"title": "A", "version": "1"}, "paths": {}, "swagger": "2.0"}')
    write(tmp_path, "late.yaml", text=yaml + "openapi: 3.0.3\n")
    write(tmp_path, "quoted.yml", text=f"{yaml}\"swagger\": '2.0'\n")
    write(tmp_path, "values.yaml", text="api:\n  openapi: 3.0.0\n")
    write(tmp_path, "mkdocs.yaml", text="openapi: docs/api.yaml\n")
    write(tmp_path, "package.json", text='{"scripts": {"openapi": "3"}, "swagger": "docs/api.yaml"}')
    write(tmp_path, "broken.yaml", text="{{ template }}\n")
    (tmp_path / "wide.json").write_bytes("\ufeff".encode() + RIGHT.encode())

    assert checked(tmp_path) == ["late.json", "late.yaml", "quoted.yml", "wide.json"]


def test_a_folder_without_documents_is_wrong_use(tmp_path: Path) -> None:
    """It is said what was looked for."""
    code, _, err = command("validate", ".", cwd=tmp_path)

    assert code == 2
    assert "none that is named as one" in err


# Settings


def test_settings_are_those_of_the_nearest_file(tmp_path: Path) -> None:
    """.connectors.toml has the settings at its top; in a folder it comes before pyproject.toml, and both before those
    above."""
    write(tmp_path, "a.json", "below/a.json", text=RIGHT.replace('"paths"', '"x-ms-sumary": "", "paths"'))
    write(tmp_path, ".connectors.toml", text='fail-on = "warning"\n')
    write(tmp_path, "pyproject.toml", text="[tool.connectors]\nprofile = 3\n")
    assert command("validate", "a.json", cwd=tmp_path)[0] == 1
    write(tmp_path, "below/pyproject.toml", text='[tool.other]\nprofile = "x"\n')
    assert command("validate", "a.json", cwd=tmp_path / "below")[0] == 1
    write(tmp_path, "below/pyproject.toml", text="[tool.connectors]\n")
    assert command("validate", "a.json", cwd=tmp_path / "below")[0] == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('fail_on = "error"', "there is no setting of .connectors.toml 'fail_on'; did you mean 'fail-on'?"),
        ("[tool.connectors]", ".connectors.toml: settings stand at the top of this file, without [tool.connectors]"),
        ("exclude = 'old'", ".connectors.toml: exclude must be a list of patterns of files and folders"),
        ("ignore = [1]", ".connectors.toml: ignore must be a list of rules"),
        ("fail-on = 1", ".connectors.toml: fail-on must be text in quotes"),
        ("ignore = ['path-dubble']", "there is no rule 'path-dubble'"),
        ("ignore = [", ".connectors.toml cannot be read: "),
    ],
)
def test_wrong_settings_are_refused(text: str, message: str, tmp_path: Path) -> None:
    """A setting that is not known is refused with the nearest, one of another type with what it must be."""
    write(tmp_path, "a.json")
    write(tmp_path, ".connectors.toml", text=text)

    code, _, err = command("validate", "a.json", cwd=tmp_path)

    assert (code, message in err.replace(f"{tmp_path}/", "")) == (2, True), err


# Standard input


def test_standard_input_is_checked_under_a_name(tmp_path: Path) -> None:
    """Dash is a document of the name that is given, with what is beside it, whatever a file of that name holds."""
    write(tmp_path, "things.swagger.yaml", text="nonsense: [")
    write(tmp_path, "things.properties.yaml", text="connectionParameters: {key: {type: securstring}}\n")
    piped = ["validate", "-", "--stdin-name", "things.swagger.yaml"]
    code, out, _ = command(*piped, cwd=tmp_path, input=WRONG)

    assert code == 1
    assert "things.swagger.yaml:12:17: error" in out
    assert "     12 |           type: strng\n" in out
    assert "things.properties.yaml:1:36: error" in out
    assert command("validate", "-", cwd=tmp_path, input=RIGHT)[0] == 0
    code, out, _ = command("validate", "-", cwd=tmp_path, input=RIGHT.replace("{}}", "{},}"))
    assert (code, "stdin.json:1:73: error: is not JSON" in out) == (1, True), out
    assert command("validate", "-", "--fix", cwd=tmp_path, input=RIGHT)[0] == 2


# Fixes


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_fix_keeps_the_file_as_it_is(encoding: str, line_end: str, tmp_path: Path) -> None:
    """--fix keeps encoding, byte order mark, line ends, permissions and links, and leaves nothing beside the file."""
    path = tmp_path / "real/things.swagger.yaml"
    path.parent.mkdir()
    path.write_bytes(WRONG.replace("fine", "grün").replace("\n", line_end).encode(encoding))
    path.chmod(0o640)
    link = tmp_path / "things.swagger.yaml"
    link.symlink_to(path)

    assert command("validate", "--fix", str(link), cwd=tmp_path)[0] == 0
    fixed = (
        WRONG.replace("type: strng", "type: string")
        .replace("x-ms-sumary", "x-ms-summary")
        .replace("- name: id", "- required: true\n          name: id")
        .replace("fine", "grün")
    )
    assert path.read_bytes() == fixed.replace("\n", line_end).encode(encoding)
    assert (path.stat().st_mode & 0o777, link.is_symlink(), [*path.parent.iterdir()]) == (0o640, True, [path])


def test_what_is_not_unicode_is_not_fixed(tmp_path: Path) -> None:
    """A published file in another encoding is read, and left as it is; other files are fixed."""
    write(tmp_path, "a/things.swagger.yaml", text=WRONG)
    path = tmp_path / "b/apiDefinition.swagger.json"
    path.parent.mkdir()
    text = RIGHT.replace('"A"', '"gr\u00fcn"').replace('"paths"', '"x-ms-sumary": "", "paths"')
    path.write_bytes(text.encode("latin-1"))
    before = path.read_bytes()

    _, _, err = command("validate", "--fix", ".", cwd=tmp_path)

    assert "is not fixed: its bytes are not UTF-8; save it as UTF-8 first" in err
    assert path.read_bytes() == before
    assert "type: string" in (tmp_path / "a/things.swagger.yaml").read_text()


def test_a_diff_shows_what_would_be_fixed(tmp_path: Path) -> None:
    """--diff prints a unified diff, changes nothing, and exits with 1 if there is something to fix."""
    write(tmp_path, "things.swagger.yaml", text=WRONG)

    code, out, err = command("validate", "--diff", "things.swagger.yaml", cwd=tmp_path)

    assert (code, err) == (1, "1 file would change\n")
    assert {"-          type: strng", "+          type: string"} <= {*out.splitlines()}
    assert (tmp_path / "things.swagger.yaml").read_text() == WRONG


# Rules


def test_explain_lists_the_rules(tmp_path: Path) -> None:
    """--explain without a rule lists those of the profile that the settings ask for, a line each."""
    listed = [line.split()[0] for line in command("validate", "--explain", cwd=tmp_path)[1].splitlines()]
    assert listed == sorted(name for name, rule in RULES.items() if rule.profile == "default")
    out = command("validate", "--explain", "--profile", "microsoft", "--select", "Value*", cwd=tmp_path)[1]
    assert {line.split()[0] for line in out.splitlines()} == {name for name in RULES if name.startswith("Value")}


# How it ends


@pytest.mark.skipif(not Path("/proc/self/task").exists() or (os.cpu_count() or 1) < 2, reason="needs /proc")
def test_ctrl_c_in_the_middle_of_many_checks(tmp_path: Path) -> None:
    """Ctrl-C of a terminal, which all processes get: exit code 130, no traceback, no process left."""
    text = (ROOT / "spec/twilio.swagger.yaml").read_text("utf-8")
    write(tmp_path, *(f"{number}.swagger.yaml" for number in range(200)), text=text)
    program = "import sys; sys.argv[0] = 'connectors'; from openconnectors.cli import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", program, "validate", ".", "--output", os.devnull],
        cwd=tmp_path, stderr=subprocess.PIPE, start_new_session=True,
    ) as process:  # fmt: skip
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        end = time.monotonic() + 30
        while time.monotonic() < end and not children.read_text().split():
            time.sleep(0.005)
        time.sleep(0.3)  # some are checked by then
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=30)

    assert (process.returncode, err.strip()) == (130, b"")
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
