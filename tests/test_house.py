"""The house as its pages say: floors, tables, the few places where a word may stand."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

import openconnectors
from openconnectors import public
from openconnectors.engine.documents.extensions import ROWS
from openconnectors.engine.lint import IGNORE

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = {"openconnectors": ROOT / "connectors", "openconnectors.engine": ROOT / "engine"}
MODULES = sorted([*(ROOT / "engine").rglob("*.py"), *(ROOT / "connectors").rglob("*.py")])
ENGINE = [path for path in MODULES if path.is_relative_to(ROOT / "engine")]


def _name(path: Path) -> str:
    """The name that a module is imported by; that of a package ends with ``.__init__``."""
    package, folder = max(
        (item for item in FOLDERS.items() if path.is_relative_to(item[1])), key=lambda item: len(item[0])
    )
    return ".".join([package, *path.relative_to(folder).with_suffix("").parts])


NAMES = {_name(path): path for path in MODULES}


def _module(name: str) -> str | None:
    """The module of ours that an imported name is, or is in."""
    while name:
        for known in (name, f"{name}.__init__"):
            if known in NAMES:
                return known
        name = name.rpartition(".")[0]
    return None


@cache
def _imports(importer: str, text: str) -> list[tuple[str, bool]]:
    """Modules of ours that a module's text imports anywhere, with whether the import is inside a function."""
    return list(_read_imports(importer, ast.parse(text)))


def _read_imports(importer: str, tree: ast.AST) -> Iterator[tuple[str, bool]]:
    inside = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            above = importer.split(".")[: -node.level] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            names = [f"{module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.Constant) and node.value in NAMES:
            names = [node.value]  # what importlib is given
        else:
            continue
        for name in names:
            module_of_ours = _module(name)
            if module_of_ours is not None and module_of_ours != importer:
                yield module_of_ours, not isinstance(node, ast.Constant) and id(node) in inside


def _graph(sources: Mapping[str, str]) -> dict[str, set[str]]:
    return {name: {other for other, _ in _imports(name, text)} for name, text in sources.items()}


def _ring(graph: Mapping[str, set[str]]) -> list[str]:
    """The nodes of one ring, of any length, in its order; empty if there is none."""
    try:
        TopologicalSorter({node: sorted(others - {node}) for node, others in graph.items()}).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def _children(graph: Mapping[str, set[str]], folder: str) -> dict[str, set[str]]:
    """What is in a folder, each with the others that it imports: a folder inside counts as one."""

    def child(name: str) -> str:
        return name[len(folder) + 1 :].split(".")[0] if name.startswith(f"{folder}.") else ""

    children: dict[str, set[str]] = {}
    for name, others in graph.items():
        if child(name):
            children.setdefault(child(name), set()).update({child(other) for other in others} - {"", child(name)})
    return children


SOURCES = {name: path.read_text("utf-8") for name, path in NAMES.items()}
GRAPH = _graph(SOURCES)
PACKAGES = sorted({name.rpartition(".")[0] for name in NAMES})


@pytest.mark.parametrize("folder", PACKAGES)
def test_what_is_in_a_folder_has_an_order(folder: str) -> None:
    """Modules and folders of one folder import each other in one direction only."""
    assert _ring(_children(GRAPH, folder)) == []


def test_no_ring_of_modules() -> None:
    """Modules import each other in one direction only, whatever folder they are in."""
    assert _ring(GRAPH) == []


@pytest.mark.parametrize(
    "line",
    [
        "from openconnectors.engine.plan import plan",
        "from ..plan import plan",
        "def late():\n    import openconnectors.engine.plan.plan",
        'import_module("openconnectors.engine.plan.plan")',
    ],
)
def test_a_ring_is_found(line: str) -> None:
    """An import upward is found: absolute, relative, inside a function, by name."""
    graph = _graph({**SOURCES, "openconnectors.engine.values.validation": line})

    assert _ring(_children(graph, "openconnectors.engine"))


def test_the_architecture_page_has_the_folders_in_their_order() -> None:
    """Each folder of the engine is on the page once, above all that it imports."""
    page = (ROOT / "docs/architecture.md").read_text("utf-8")
    order = re.findall(r"^    (\w+)/", page, re.MULTILINE)
    imports = {
        name: others
        for name, others in _children(GRAPH, "openconnectors.engine").items()
        if (ROOT / "engine" / name).is_dir()
    }

    assert sorted(order) == sorted(imports)
    for level, name in enumerate(order):
        assert imports[name] & set(order[:level]) == set(), name


def _defined(tree: ast.AST) -> Iterator[str]:
    """The functions and classes of a module; methods with their class: ``Plan.request``."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
        if isinstance(node, ast.ClassDef):
            yield from (f"{node.name}.{method.name}" for method in node.body if isinstance(method, ast.FunctionDef))


def test_the_walks_name_functions_that_are_there() -> None:
    """Each step of docs/walks.md is a function of the module that stands before it."""
    text = (ROOT / "docs/walks.md").read_text("utf-8")
    steps = re.findall(r"^\| `(.+?)` \| `(.+?)` \|", text, re.MULTILINE)

    assert len(steps) > 30
    for module, function in steps:
        assert function in set(_defined(ast.parse((ROOT / module).read_text("utf-8")))), (module, function)


def test_the_ground_imports_no_folder() -> None:
    """Modules beside the folders of the engine are below them all."""
    folders = {path.name for path in (ROOT / "engine").iterdir() if path.is_dir()}
    for name, others in _children(GRAPH, "openconnectors.engine").items():
        if name not in folders:
            assert others & folders == set(), name


def test_the_engine_imports_nothing_of_connectors() -> None:
    """``connectors`` is above the engine."""
    for name, others in GRAPH.items():
        if name.startswith("openconnectors.engine."):
            assert all(other.startswith("openconnectors.engine.") for other in others), name


def test_no_import_hides_in_a_function() -> None:
    """Imports are at the top of a module."""
    assert [(name, other) for name, text in SOURCES.items() for other, hidden in _imports(name, text) if hidden] == []


def test_nothing_below_bench_imports_it() -> None:
    """Measurements stand on the tests and the engine: no module of these imports ``bench``."""
    paths = [*MODULES, *(ROOT / "tests").rglob("*.py")]
    assert _holding(r"(?m)^\s*(import|from) bench\b|import_module\(.bench", paths) == set()


def test_docs_holds_no_code() -> None:
    """docs/ has pages and data; programs that write or check them are in tests/."""
    assert list((ROOT / "docs").rglob("*.py")) == []


def test_every_test_states_its_fact() -> None:
    """Every test function has a docstring."""
    assert [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ] == []


def _holding(pattern: str, paths: list[Path] = ENGINE) -> set[str]:
    return {str(path.relative_to(ROOT)) for path in paths if re.search(pattern, path.read_text("utf-8"))}


def test_vendors_are_spelled_in_the_extensions_only() -> None:
    """x-ms- stands in the extensions, in the grammar of documents, and in the rules for connectors."""
    paths = {path for path in _holding(r"x-ms-") if not path.startswith("engine/lint/")}
    assert {Path(path).parent for path in paths} == {Path("engine/documents/extensions")}


def test_one_module_sleeps_and_sends() -> None:
    """Flows yield what they wait for and what they send: the runner alone does it, that of threads or of loops."""
    paths = {path for path in _holding(r"time\.sleep|transport\.send\(") if path.startswith("engine/")}
    assert paths == {"engine/call/runner.py", "engine/call/async_runner.py"}


@pytest.mark.parametrize("path", sorted((ROOT / "spec").glob("*.yaml")), ids=lambda path: path.name)
def test_no_code_knows_a_connector(path: Path) -> None:
    """No module has a built-in connector's title or host in any text, or its name as a string."""
    root = yaml.safe_load(path.read_text("utf-8"))
    server = root["servers"][0]["url"].partition("://")[2].partition("/")[0] if "servers" in root else root["host"]
    name, title, host = map(re.escape, (path.name.partition(".")[0], root["info"]["title"], server))

    assert _holding(rf"(?i)(?<![\w-]){title}(?![\w-])|{host}|[\"']{name}[\"']", MODULES) == set()


DIALECTS = ("engine/documents/dialects/", "engine/convert/", "engine/lint/")


def test_dialects_are_spelled_in_the_dialects_only() -> None:
    """Members that only one dialect has are named in the dialects, in what converts between them, and in the linter."""
    paths = _holding(r'"(swagger|openapi|basePath|securityDefinitions)"|/definitions/')
    assert {path for path in paths if not path.startswith(DIALECTS)} == set()
    assert any(path.startswith("engine/documents/dialects/") for path in paths)


def test_sockets_are_opened_by_transports_only() -> None:
    """Network libraries are imported by transports, and by the sandbox, which is a server."""
    paths = _holding(r"(?m)^(import|from) (socket|requests|urllib3|http\.client|ssl)\b")
    assert {str(Path(path).parent) for path in paths} == {"engine/transports", "engine/sandbox"}


def test_no_room_without_a_name() -> None:
    """No module is called util, utils, common, helpers or misc."""
    assert {path.stem for path in MODULES} & {"util", "utils", "common", "helpers", "misc"} == set()


def test_the_public_names_are_these() -> None:
    """The public names, which callers type, are the listed ones."""
    assert {name for name in dir(openconnectors) if not name.startswith("_")} == set(openconnectors.__all__)
    assert sorted(openconnectors.__all__) == [
        "AnswerError", "AsyncConnector", "AsyncEvents", "AsyncOperation", "AsyncPoller", "AsyncStream",
        "AsyncSubscription", "BadRequest", "Conflict", "ConnectionFailed", "ConnectionMissing", "ConnectionStore",
        "Connector", "ConnectorError", "Diagnostic", "Events", "File", "Forbidden", "Interrupted", "InvalidArguments",
        "InvalidDocument", "InvalidResponse", "NotFound", "Operation", "OperationFailed", "OutcomeUnknown", "Poller",
        "Problem", "SQLiteConnections", "ServerError", "Stream", "Subscription", "Timeout", "TooManyRequests",
        "TransportError", "Unauthorized", "UnknownName", "Unsupported", "Webhook", "available", "load", "load_async",
        "load_file", "load_file_async",
    ]  # fmt: skip
    public = {name for name in dir(openconnectors.Operation) if not name.startswith("_")}
    assert public == {name for name in dir(openconnectors.AsyncOperation) if not name.startswith("_")}
    assert public == {
        "argument", "choices", "each", "items", "items_of", "links", "map", "operation_id", "pages", "poll", "request",
        "response", "stream", "subscribe", "using", "wait",
    }  # fmt: skip


def test_the_public_names_are_listed_alike_for_programs_and_type_checkers() -> None:
    """The table of public names has the modules that the imports for type checkers name."""
    tree = ast.parse((ROOT / "connectors/public.py").read_text("utf-8"))
    imported = {
        (alias.name, node.module)
        for block in tree.body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }

    assert {(name, module) for module, names in public.MODULES.items() for name in names} == imported


def test_every_extension_has_its_place_on_the_page() -> None:
    """docs/extensions.md describes every extension, and the schema of extensions has all of ours."""
    page = (ROOT / "docs/extensions.md").read_text("utf-8")
    assert {name for _, name in ROWS if f"`{name}`" not in page} == set()
    schema = json.loads((ROOT / "docs/extensions.schema.json").read_text("utf-8"))
    ours = {name for _, name in ROWS if name.startswith("x-connector-")}
    assert ours == set(schema["properties"]) - {"x-connector-environment", IGNORE}


def _members(node: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        for name, value in node.items():
            if str(name).startswith("x-connector-"):
                yield name, value
            yield from _members(value)
    elif isinstance(node, list):
        for item in node:
            yield from _members(item)


@pytest.mark.parametrize("path", sorted((ROOT / "spec").glob("*.yaml")), ids=lambda path: path.name)
def test_the_documents_keep_to_the_schema_of_extensions(path: Path) -> None:
    """Extensions in a built-in document are valid by docs/extensions.schema.json."""
    schema = json.loads((ROOT / "docs/extensions.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    judge = Draft202012Validator(schema)
    for name, value in _members(yaml.safe_load(path.read_text("utf-8"))):
        assert [error.message for error in judge.iter_errors({name: value})] == [], name


PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    """Every relative link of a page is a file of the project."""
    links = re.findall(r"\]\(((?!https?:)[\w./-]+)", page.read_text("utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_ground_is_on_the_architecture_page() -> None:
    """Every module beside the folders of the engine is named on the page."""
    page = (ROOT / "docs/architecture.md").read_text("utf-8")
    names = {path.stem for path in (ROOT / "engine").glob("*.py")} - {"__init__"}

    assert {name for name in names if f"`{name}`" not in page} == set()
