"""The documents that an editor has open: texts that may not be saved, and what the linter says about them.

Rule. A document is checked with all its files, the properties beside it, and the settings of its folder, as
``connectors validate`` does it; a text that an editor holds counts instead of what is saved.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from openconnectors.cli import checking
from openconnectors.cli.project import Project, project
from openconnectors.engine.documents.file import File
from openconnectors.engine.errors import ConnectorError, Diagnostic
from openconnectors.engine.lint import Checked
from openconnectors.engine.lint.rules import Severity
from openconnectors.entries import Entry, beside, entry_of

_VERSION = re.compile(r'^\s*\{?\s*"?(swagger|openapi)"?\s*:', re.MULTILINE)


class Options(Struct, frozen=True):
    """What an editor asks for when it starts the server."""

    level: Severity = "warning"
    profile: str = ""
    """Empty: that of the settings of the folder."""


class Report(Struct, frozen=True):
    """What was found out about a document."""

    entry: Entry
    checked: Checked
    error: str = ""
    """Why it could not be checked: settings or rules that cannot be read."""

    @property
    def files(self) -> Mapping[Path, File]:
        """The files of the document, of its properties and of its overlays, as they were read, by their paths."""
        files: dict[Path, File] = {}
        context = self.checked.context
        for document in context.documents if context is not None else ():
            for part in document.parts().values():
                files |= {Path(source.file).resolve(): source for source in part.sources}
        return files

    def findings(self, path: Path) -> list[Diagnostic]:
        """The findings in a file."""
        return [finding for finding in self.checked.findings if Path(finding.file).resolve() == path]


class Session(Struct):
    """Texts by their paths, and the last report of each document, by the path of that."""

    options: Options = Options()
    texts: dict[Path, str] = field(default_factory=dict)
    reports: dict[Path, Report] = field(default_factory=dict)

    def documents(self, path: Path) -> list[Entry]:
        """The documents that a file is, or is a part of, as far as they are known."""
        path = path.resolve()
        entries = {
            report.entry.document: report.entry
            for report in list(self.reports.values())  # a check in another thread may add to them
            if path in report.files or path in map(Path.resolve, report.entry.files)
        }
        entry = entry_of(path) or beside(path)
        if entry is None and not entries and _VERSION.search(self.texts.get(path, "")):
            entry = Entry(path.stem, path, None, str(path.parent))
        if entry is not None:
            entries.setdefault(entry.document, entry)
        return list(entries.values())

    def check(self, entry: Entry) -> Report:
        """Check a document; the report is kept."""
        unsaved = {path: text.encode("utf-8", "surrogatepass") for path, text in dict(self.texts).items()}
        try:
            report = Report(entry, _checked(entry, project(entry.document.parent), self.options, unsaved))
        except ConnectorError as error:
            report = Report(entry, Checked([], {}), str(error))
        before = self.reports.get(entry.document)
        if report.checked.context is None and before is not None:  # a text that cannot be read has no nodes
            report = replace(report, checked=replace(report.checked, context=before.checked.context))
        self.reports[entry.document] = report
        return report

    def report(self, path: Path) -> Report | None:
        """The report of a document that a file is in; None if it is in none."""
        path = path.resolve()
        return next((report for report in list(self.reports.values()) if path in report.files), None)


def _checked(entry: Entry, project: Project, options: Options, unsaved: Mapping[Path, bytes]) -> Checked:
    settings = replace(project.settings, least=options.level, profile=options.profile or project.settings.profile)
    checked = checking.check_entry(entry, settings, project, unsaved)
    if project.baseline is None or not project.baseline.is_file():
        return checked
    return replace(checked, findings=checking.without_known(project.baseline, checked.findings))
