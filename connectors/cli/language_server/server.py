"""The server: what editors ask, answered by ``answers`` from the reports of a session. pygls speaks the protocol, and
knows its encodings of columns.

A document is checked in a thread, a moment after the last change of its texts, so that typing is never waited for; a
check that a change overtakes is not shown.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from openconnectors.cli.language_server.answers import (
    FIX_ALL,
    Spot,
    Text,
    actions,
    definition,
    diagnostic,
    fix_all,
    hover,
    symbols,
)
from openconnectors.cli.language_server.session import Options, Report, Session
from openconnectors.engine.documents.file import File
from openconnectors.engine.errors import Diagnostic
from openconnectors.entries import Entry

PAUSE = 0.25
"""Seconds without a change before a document is checked."""


class Editor(LanguageServer):
    """A server for one editor."""

    def __init__(self, version: str) -> None:
        super().__init__("connectors", version)
        self.session = Session()
        self.complaint = ""
        """What is wrong with the options of the editor."""
        self._waiting: dict[Path, asyncio.Task[None]] = {}
        self._published: dict[Path, set[str]] = {}

    def text(self, uri: str) -> Text:
        """The text of a file as the editor has it."""
        document = self.workspace.get_text_document(uri)
        return Text(document.source, document.position_codec)

    def text_of(self, file: File) -> Text:
        """The text of a file as it was checked."""
        return Text(file.text, self.workspace.position_codec)

    def changed(self, uri: str, text: str | None, *, at_once: bool = False) -> None:
        """Note a text of the editor (None: it is closed), and check the documents that it is in."""
        path = path_of(uri)
        if path is None:
            return
        if text is None:
            self.session.texts.pop(path, None)
        else:
            self.session.texts[path] = text
        if text is None and not path.exists():  # it was never saved: there is nothing to check any more
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))
            return
        for entry in self.session.documents(path):
            before = self._waiting.pop(entry.document, None)
            if before is not None:
                before.cancel()
            self._waiting[entry.document] = asyncio.get_running_loop().create_task(
                self._check(entry, 0 if at_once else PAUSE)
            )

    async def _check(self, entry: Entry, pause: float) -> None:
        await asyncio.sleep(pause)
        report = await asyncio.to_thread(self.session.check, entry)
        if report.error:
            self.window_show_message(types.ShowMessageParams(types.MessageType.Error, report.error))
        self._publish(report)

    def _publish(self, report: Report) -> None:
        """Send the diagnostics of each file of a document; files that had some and have none now get none."""
        by_file: dict[str, list[Diagnostic]] = {}
        for finding in report.checked.findings:
            by_file.setdefault(Path(finding.file).resolve().as_uri(), []).append(finding)
        texts = {path.as_uri(): self.text_of(file) for path, file in report.files.items()}
        main = report.entry.document.resolve().as_uri()
        before = self._published.get(report.entry.document, set())
        for uri in sorted({main, *before, *by_file}):
            text = self.text(uri) if uri not in texts or path_of(uri) in self.session.texts else texts[uri]
            shown = [diagnostic(finding, text) for finding in by_file.get(uri, [])]
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, shown))
        self._published[report.entry.document] = set(by_file)

    def spot(self, uri: str, position: types.Position) -> tuple[Report, Spot] | None:
        """The report of the document that a file is in, and what is at a position; None if nothing is known of it."""
        path = path_of(uri)
        report = self.session.report(path) if path is not None else None
        if path is None or report is None:
            return None
        return report, Spot(report, path, self.text(uri).place(position))


def path_of(uri: str) -> Path | None:
    """The path of a file; None for what is no file."""
    path = to_fs_path(uri) if uri.startswith("file:") else None
    return Path(path).resolve() if path else None


def _within(finding: Diagnostic, text: Text, part: types.Range) -> bool:
    place = text.at(finding.line, finding.column)
    return place.start.line <= part.end.line and place.end.line >= part.start.line


def server(version: str) -> Editor:
    """A server that is not started."""
    editor = Editor(version)

    @editor.feature(types.INITIALIZE)
    def _initialize(params: types.InitializeParams) -> None:
        options: Any = params.initialization_options
        try:
            editor.session.options = msgspec.convert(options or {}, Options)
        except msgspec.ValidationError as error:
            editor.complaint = f"the options of connectors are not used: {error}"

    @editor.feature(types.INITIALIZED)
    def _initialized(params: types.InitializedParams) -> None:
        if editor.complaint:
            editor.window_show_message(types.ShowMessageParams(types.MessageType.Error, editor.complaint))

    @editor.feature(types.TEXT_DOCUMENT_DID_OPEN)
    async def _opened(params: types.DidOpenTextDocumentParams) -> None:
        editor.changed(params.text_document.uri, params.text_document.text, at_once=True)

    @editor.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def _changed(params: types.DidChangeTextDocumentParams) -> None:
        uri = params.text_document.uri
        editor.changed(uri, editor.workspace.get_text_document(uri).source)

    @editor.feature(types.TEXT_DOCUMENT_DID_SAVE)
    async def _saved(params: types.DidSaveTextDocumentParams) -> None:
        uri = params.text_document.uri
        editor.changed(uri, editor.workspace.get_text_document(uri).source, at_once=True)

    @editor.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    async def _closed(params: types.DidCloseTextDocumentParams) -> None:
        editor.changed(params.text_document.uri, None)

    @editor.feature(types.TEXT_DOCUMENT_HOVER)
    def _hover(params: types.HoverParams) -> types.Hover | None:
        uri, position = params.text_document.uri, params.position
        known = editor.spot(uri, position)
        path = path_of(uri)
        if known is None or path is None:
            return None
        report, spot = known
        text = editor.text(uri)
        here = [
            finding
            for finding in report.findings(path)
            if (place := text.at(finding.line, finding.column)).start <= position <= place.end
        ]
        content = hover(spot, here, report)
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, content)) if content else None

    @editor.feature(
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix, FIX_ALL]),
    )
    def _actions(params: types.CodeActionParams) -> list[types.CodeAction]:
        uri = params.text_document.uri
        path = path_of(uri)
        report = editor.session.report(path) if path is not None else None
        if path is None or report is None or report.files[path].text != editor.text(uri).text:
            return []  # the check of the present text is still to come
        text = editor.text(uri)
        findings = [finding for finding in report.findings(path) if _within(finding, text, params.range)]
        return [*actions(findings, report, report.files[path], text, uri), *fix_all(report, path, text, uri)]

    @editor.feature(types.TEXT_DOCUMENT_DEFINITION)
    def _definition(params: types.DefinitionParams) -> types.Location | None:
        known = editor.spot(params.text_document.uri, params.position)
        return definition(known[1], editor.text_of) if known is not None else None

    @editor.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def _symbols(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        path = path_of(params.text_document.uri)
        report = editor.session.report(path) if path is not None else None
        return symbols(report, path, editor.text(params.text_document.uri)) if path is not None and report else []

    return editor
