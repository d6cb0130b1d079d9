"""The language server, request by a real client over a pipe, and its parts alone."""

from __future__ import annotations

import asyncio
import json
import sys
import tomllib
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import yaml
from lsprotocol import types
from pygls.lsp.client import LanguageClient
from pygls.workspace import PositionCodec, TextDocument

from openconnectors.cli.language_server.answers import Text, actions
from openconnectors.cli.language_server.places import cursor, span
from openconnectors.cli.language_server.session import Options, Session
from openconnectors.engine.documents import file as files
from tests.conftest import ROOT
from tests.pages import Run, texts

DOCUMENT = """\
openapi: 3.0.3
info: {title: "Dinge 🐱", version: "1", x-connector-error: {code: /c}}
paths:
  /things/{id}:
    get:
      operationId: getThing
      x-ms-visibility: importan
      parameters:
        - {name: "🐱", in: query, schema: {type: strng}}
        - {name: id, in: path, required: true, schema: {type: string}}
      responses:
        "200":
          description: A thing.
          content:
            application/json:
              schema: {$ref: "parts.yaml#/Thing"}
"""
PARTS = """\
Thing:
  description: A thing of the store.
  type: object
  required: [name]
  properties:
    name: {type: string}
    size: {type: integer}
"""


class Client(LanguageClient):
    """An editor that keeps the diagnostics that it is sent."""

    def __init__(self) -> None:
        super().__init__("editor", "1")
        self.diagnostics: asyncio.Queue[types.PublishDiagnosticsParams] = asyncio.Queue()
        self.messages: asyncio.Queue[str] = asyncio.Queue()

        @self.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def _published(params: types.PublishDiagnosticsParams) -> None:
            self.diagnostics.put_nowait(params)

        @self.feature(types.WINDOW_SHOW_MESSAGE)
        def _shown(params: types.ShowMessageParams) -> None:
            self.messages.put_nowait(params.message)

    async def shown(self, uri: str) -> list[types.Diagnostic]:
        """The next diagnostics of a file."""
        while True:
            params = await asyncio.wait_for(self.diagnostics.get(), 60)
            if params.uri == uri:
                return list(params.diagnostics)


def edit(folder: Path, script: Callable[[Client, Path], Awaitable[None]]) -> None:
    """Run a script with a client of a server that is a process of its own."""

    async def run() -> None:
        client = Client()
        await client.start_io(sys.executable, "-m", "openconnectors", "lsp", cwd=str(folder))
        capabilities = types.ClientCapabilities()
        await client.initialize_async(
            types.InitializeParams(capabilities, root_uri=folder.as_uri(), initialization_options={"level": "warning"})
        )
        client.initialized(types.InitializedParams())
        await script(client, folder)
        await client.shutdown_async(None)
        client.exit(None)
        await client.stop()

    asyncio.run(asyncio.wait_for(run(), 120))


def open_text(client: Client, path: Path, text: str) -> str:
    """Open a text in the editor, which may differ from what is saved."""
    uri = path.as_uri()
    client.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "yaml", 1, text)))
    return uri


def where(uri: str, text: str, line: int) -> tuple[types.TextDocumentIdentifier, types.Position]:
    """A file, and the position of a text in a line of DOCUMENT, in the units of the protocol: UTF-16."""
    before = DOCUMENT.split("\n")[line - 1].partition(text)[0]
    column = len(before.encode("utf-16-le")) // 2
    return types.TextDocumentIdentifier(uri), types.Position(line - 1, column)


async def _session(client: Client, folder: Path) -> None:
    path, parts = folder / "things.openapi.yaml", folder / "parts.yaml"
    path.write_text("openapi: 3.0.3\n")
    parts.write_text(PARTS)
    uri = open_text(client, path, DOCUMENT)

    first = {(each.code, each.range.start.line + 1) for each in await client.shown(uri)}
    assert first == {("extension-value", 7), ("structure-value", 9)}

    # Columns are counted as the client counts them: the cat is two units.
    hover = await client.text_document_hover_async(types.HoverParams(*where(uri, "strng", 9)))
    assert hover is not None
    assert isinstance(hover.contents, types.MarkupContent)
    assert hover.contents.value.startswith("**structure-value** (error): ")
    hover = await client.text_document_hover_async(types.HoverParams(*where(uri, "x-connector-error", 2)))
    assert hover is not None
    assert isinstance(hover.contents, types.MarkupContent)
    assert hover.contents.value.startswith("**x-connector-error**: JSON pointers")
    hover = await client.text_document_hover_async(types.HoverParams(*where(uri, "parts.yaml", 16)))
    assert hover is not None
    assert isinstance(hover.contents, types.MarkupContent)
    assert "A thing of the store." in hover.contents.value
    assert "- `name`: `string`, required" in hover.contents.value

    target = await client.text_document_definition_async(types.DefinitionParams(*where(uri, "parts.yaml", 16)))
    assert isinstance(target, types.Location)
    assert (target.uri, target.range.start.line) == (parts.as_uri(), 0)

    document, place = where(uri, "strng", 9)
    request = types.CodeActionParams(document, types.Range(place, place), types.CodeActionContext([]))
    actions = await client.text_document_code_action_async(request) or []
    titles = [action.title for action in actions]
    assert [title.partition(":")[0] for title in titles] == [
        "Fix structure-value", "Ignore structure-value here", "Fix all",
    ]  # fmt: skip
    edits = [
        each.edit.changes[uri]
        for each in actions
        if isinstance(each, types.CodeAction) and each.edit and each.edit.changes
    ]
    assert [(each.range.start, each.new_text) for each in edits[0]] == [(place, "string")]
    assert edits[1][0].new_text == "  # connectors: ignore structure-value"
    assert len(edits[2]) == 2

    listed = await client.text_document_document_symbol_async(types.DocumentSymbolParams(document))
    assert [each.name for each in listed or []] == ["getThing"]

    # What is typed is checked without being saved; so is a change of another file of the document.
    change = types.TextDocumentContentChangePartial(
        types.Range(place, types.Position(place.line, place.character + 5)), "string"
    )
    client.text_document_did_change(
        types.DidChangeTextDocumentParams(types.VersionedTextDocumentIdentifier(2, uri), [change])
    )
    assert [each.code for each in await client.shown(uri)] == ["extension-value"]
    opened = open_text(client, parts, PARTS.replace("integer", "intger"))
    assert [each.code for each in await client.shown(opened)] == ["structure-value"]

    # Settings that cannot be read are shown to the person.
    (folder / ".connectors.toml").write_text('rules = ["none.yaml"]\n')
    client.text_document_did_save(types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(uri)))
    assert "none.yaml" in await asyncio.wait_for(client.messages.get(), 60)


def test_an_editor_is_served(tmp_path: Path) -> None:
    """Diagnostics as one types, hover, definition, fixes, ignoring, symbols: from a process, over its pipe."""
    edit(tmp_path, _session)


# The session alone


def test_settings_of_the_folder_hold(tmp_path: Path) -> None:
    """A report keeps to ignores per file, to the severity that the editor asks for, and to rules of the project."""
    path = tmp_path / "things.openapi.yaml"
    path.write_text(DOCUMENT)
    (tmp_path / "rules.yaml").write_text(
        "rules: {acme: {given: operation, then: {field: summary, function: truthy}}}\n"
    )
    (tmp_path / ".connectors.toml").write_text(
        'rules = ["rules.yaml"]\nper-file-ignores = {"*.yaml" = ["extension-*", "reference-*"]}\n'
    )
    session = Session(Options(level="warning"))
    [entry] = session.documents(path)

    assert [finding.rule for finding in session.check(entry).checked.findings] == ["acme", "structure-value"]


def test_properties_and_overlays_belong_to_their_document(tmp_path: Path) -> None:
    """An edit of the properties beside a document checks the document; a text of any name is one if it says so."""
    path = tmp_path / "things.swagger.yaml"
    path.write_text('swagger: "2.0"\ninfo: {title: T, version: "1"}\nhost: t.example\npaths: {}\n')
    beside = tmp_path / "things.properties.yaml"
    beside.write_text("connectionParameters: {}\n")
    session = Session()
    session.texts[beside.resolve()] = "connectionParameters: {key: {type: strng}}\n"
    [entry] = session.documents(beside)

    report = session.check(entry)
    assert [finding.rule for finding in report.findings(beside.resolve())] == ["connection-parameter"]
    assert session.documents(tmp_path / "notes.yaml") == []
    session.texts[(tmp_path / "notes.yaml").resolve()] = "a: 1\nopenapi: 3.0.0\n"
    assert [entry.document.name for entry in session.documents(tmp_path / "notes.yaml")] == ["notes.yaml"]


def test_what_cannot_be_read_keeps_the_nodes_of_before(tmp_path: Path) -> None:
    """While a text is no YAML its fault is reported, and the nodes are those of the last text that was."""
    path = (tmp_path / "things.openapi.yaml").resolve()
    path.write_text(DOCUMENT)
    session = Session()
    [entry] = session.documents(path)
    session.check(entry)
    session.texts[path] = DOCUMENT + "  :["

    report = session.check(entry)
    assert [finding.rule for finding in report.checked.findings] == ["syntax"]
    assert report.checked.context is not None


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_fixing_and_ignoring_end_a_finding(form: str, tmp_path: Path) -> None:
    """With the edit of an action applied, the finding is gone: by its fix, by a comment, in JSON by a member."""
    path = (tmp_path / f"things.openapi.{form}").resolve()
    document = yaml.safe_load(DOCUMENT.replace("parts.yaml#/Thing", "#"))
    before = DOCUMENT.replace("parts.yaml#/Thing", "#") if form == "yaml" else json.dumps(document, indent=2)
    session = Session()
    session.texts[path] = before
    [entry] = session.documents(path)
    report = session.check(entry)
    text = Text(before, PositionCodec())
    [finding] = [finding for finding in report.findings(path) if finding.rule == "structure-value"]

    offered = list(actions([finding], report, report.files[path], text, path.as_uri()))
    assert len(offered) == 2
    for action in offered:
        editing = TextDocument(path.as_uri(), before)
        assert action.edit is not None
        for change in (action.edit.changes or {})[path.as_uri()]:
            editing.apply_change(types.TextDocumentContentChangePartial(change.range, change.new_text))
        session.texts[path] = editing.source
        assert "structure-value" not in {each.rule for each in session.check(entry).checked.findings}, action.title


# Places


@pytest.mark.parametrize(
    ("line", "column", "pointer", "on_key"),
    [
        (1, 1, "/openapi", True), (1, 12, "/openapi", False), (2, 16, "/info/title", False),
        (5, 6, "/paths/~1things~1{id}/get", True), (9, 34, "/paths/~1things~1{id}/get/parameters/0/schema", True),
        (6, 22, "/paths/~1things~1{id}/get/operationId", False),
        (16, 24, "/paths/~1things~1{id}/get/responses/200/content/application~1json/schema/$ref", True),
    ],
)  # fmt: skip
def test_a_place_is_in_a_node(line: int, column: int, pointer: str, on_key: bool) -> None:
    """The node at a line and column, and whether that is on its key."""
    place = cursor(files.parse(DOCUMENT, "things.yaml"), line, column)

    assert (place.pointer, place.on_key) == (pointer, on_key)


@pytest.mark.parametrize(
    ("text", "column", "end"),
    [('{"a b": 1}', 2, 6), ("type: strng, x: 1", 7, 11), ("a: b c # d", 4, 6), ("key: 'its' ", 6, 10),
     ("url: http://a.b/c", 6, 17), ("", 1, 1)],
)  # fmt: skip
def test_what_stands_at_a_column_has_an_end(text: str, column: int, end: int) -> None:
    """A quoted text, or a plain one to what ends it; at least a character."""
    assert span([text], 1, column).end == end


def test_the_page_is_what_there_is(tmp_path: Path) -> None:
    """docs/editors.md runs; its settings are JSON, TOML and the options of the server."""
    page = ROOT / "docs/editors.md"
    Run(page, tmp_path).run()
    text = page.read_text("utf-8")

    settings = json.loads((tmp_path / ".vscode/settings.json").read_text())
    assert [settings["glspc.server.command"], *settings["glspc.server.commandArguments"]] == ["connectors", "lsp"]
    schemas = json.loads((tmp_path / "vscode/settings.json").read_text())["yaml.schemas"]
    assert [(tmp_path / name).exists() for name in schemas] == [True]
    helix = tomllib.loads(next(block for block in texts(page, "toml")))["language-server"]["connectors"]
    assert [helix["command"], *helix["args"]] == ["connectors", "lsp"]
    assert 'cmd = { "connectors", "lsp" }' in text
    assert all(f"`{name}`" in text for name in Options.__struct_fields__)
    assert helix["config"].keys() <= set(Options.__struct_fields__)
