"""Checking documents as a project has configured it: many documents, fixes, baseline."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatch, fnmatchcase
from functools import partial
from glob import glob
from pathlib import Path

from msgspec.structs import replace

from openconnectors import registry
from openconnectors.cli import workers
from openconnectors.cli.project import Project, at_least, project
from openconnectors.cli.rewriting import rewrite
from openconnectors.engine.deferred import pattern
from openconnectors.engine.documents import loader
from openconnectors.engine.documents.document import Document
from openconnectors.engine.documents.pointers import split_file
from openconnectors.engine.errors import ConnectorError, Diagnostic
from openconnectors.engine.lint import NO_TEXTS, Checked, Settings, check
from openconnectors.engine.lint.passes import Each
from openconnectors.entries import Entry, beside, entry_of, with_overlays
from openconnectors.ignored import ignored_in

_WILD = pattern(r"[*?\[]")
_NOTHING_BELOW = """: none that is named as one, such as x.openapi.yaml, or has "swagger" or "openapi" at its root. What
.gitignore or exclude leaves out was not looked at; name a file to check it""".replace("\n", " ")


def entries(paths: Iterable[str], exclude: Iterable[str] = (), root: Path | None = None) -> Iterator[Entry]:
    """The documents at paths: files, folders, patterns (``specs/**/*.json``); each document once. A file that is named
    is a document in any case; below folders, and by patterns, is not looked for what ``ignored`` says, and what
    ``exclude`` does, which is relative to ``root``.

    Raise ``ConnectorError`` for a path without documents.
    """
    seen: set[tuple[Path, ...]] = set()
    for text in paths:
        below = list(_at(text, tuple(exclude), root)) if text else []
        if not below:
            hint = _NOTHING_BELOW if Path(text).is_dir() else ""
            raise ConnectorError(f"there is no document at {text or repr(text)}{hint}")
        for entry in below:
            files = (entry.document.resolve(), *(overlay.resolve() for overlay in entry.overlays))
            if files not in seen:
                seen.add(files)
                yield entry


def _at(text: str, exclude: tuple[str, ...], root: Path | None) -> Iterator[Entry]:
    """The documents at a path, or at those of a pattern."""
    path = Path(text)
    if path.is_dir():
        yield from registry.below(path, ignored_in(os.path.realpath(path), exclude, root))
    elif path.exists():
        yield from registry.below(path)
    elif (wild := _WILD.search(text)) is not None:
        folder = os.path.realpath(os.path.dirname(text[: wild.start()]) or os.curdir)
        ignored = ignored_in(folder, exclude, root)
        for match in sorted(glob(text, recursive=True)):
            if not ignored.path_is_left_out(os.path.realpath(match), folder):
                yield from registry.below(Path(match), ignored)


def entry_at(path: Path, overlays: Iterable[Path] = ()) -> Entry:
    """The document at a path, with further overlays; raise ``ConnectorError`` if there is none, or more than one."""
    below = list(entries([str(path)]))
    if len(below) > 1:
        raise ConnectorError(f"there are {len(below)} documents at {path}; name one of them")
    return with_overlays(below[0], overlays)


def document_of(entry: Entry, root: Path | None = None) -> Document:
    """The document of a connector with its overlays applied. Files that it refers to are read below ``root``, or where
    the connector says."""
    return loader.read(entry.document, root or entry.root, overlays=entry.overlays)


def entry_named(path: Path) -> Entry:
    """The connector that a file of a name would be a part of, with what is beside it; the file need not exist."""
    return entry_of(path, str(path.parent)) or beside(path) or Entry(path.stem, path, None, str(path.parent))


def check_entry(
    entry: Entry, settings: Settings, project: Project, texts: Mapping[Path, bytes] = NO_TEXTS, each: Each = map
) -> Checked:
    """The findings in one connector, without those that the project ignores in its files. ``each`` makes the passes
    over its document."""
    root = entry.root or project.documents
    result = check(entry.document, entry.properties, settings, root, entry.overlays, texts, each)
    if not project.per_file:
        return result
    ignored = {
        file: [
            rule
            for pattern, rules in project.per_file.items()
            if _matches(file, pattern, project) or _matches(entry.document, pattern, project)
            for rule in rules
        ]
        for file in {Path(finding.file) for finding in result.findings}
    }
    kept = [
        finding
        for finding in result.findings
        if not any(fnmatchcase(finding.rule, rule) for rule in ignored[Path(finding.file)])
    ]
    return replace(result, findings=kept)


def fix(entry: Entry, settings: Settings, project: Project) -> None:
    """Fix in a connector's files what can be fixed mechanically, until nothing changes any more."""
    result = check_entry(entry, settings, project)
    before: Mapping[str, str] = {}
    while result.repairs and result.repairs != before:
        for file, text in result.repairs.items():
            rewrite(Path(file), text)
        before, result = result.repairs, check_entry(entry, settings, project)


def check_all(
    entries: list[Entry], settings: Settings, project: Project, texts: Mapping[Path, bytes] = NO_TEXTS
) -> Iterator[list[Diagnostic]]:
    """The findings in each connector. Many are checked in as many processes as there are processors; so are the parts
    of one that is large."""

    def findings(entry: Entry) -> list[Diagnostic]:
        return check_entry(entry, settings, project, texts).findings

    if len(entries) == 1 and _size(entries[0].document) > _LARGE:
        side_by_side: Each = partial(workers.each, per_process=1)
        return iter([check_entry(entries[0], settings, project, texts, side_by_side).findings])
    return workers.each(findings, entries)


_LARGE = 1_000_000
"""Bytes of a document whose parts are worth being checked side by side."""


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _matches(file: Path, pattern: str, project: Project) -> bool:
    path = file.resolve()
    inside = path.is_relative_to(project.root)
    return fnmatch(path.relative_to(project.root).as_posix() if inside else path.as_posix(), pattern)


def failing(path: Path, folder: Path) -> list[Diagnostic]:
    """The findings in one document that make a check fail, by the configuration and the baseline of the project that a
    folder is in."""
    configuration = project(folder)
    findings = check_entry(entry_at(path), configuration.settings, configuration).findings
    if configuration.baseline is not None and configuration.baseline.is_file():
        findings = without_known(configuration.baseline, findings)
    return [finding for finding in findings if at_least(finding, configuration.fail_on)]


# The baseline: findings that are known, and not reported again


def _key(finding: Diagnostic, root: Path) -> str:
    """What identifies a finding in a later version of its file: rule, file and node, but not the line."""
    path = Path(finding.file).resolve()
    file = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
    return f"{finding.rule} {file}#{split_file(finding.pointer)[1]}"


def save_baseline(path: Path, findings: Iterable[Diagnostic]) -> None:
    """Write these findings to a baseline."""
    root = path.resolve().parent
    counts = Counter(_key(finding, root) for finding in findings)
    path.write_text(json.dumps({"version": 1, "findings": dict(sorted(counts.items()))}, indent=1) + "\n", "utf-8")


def without_known(path: Path, findings: list[Diagnostic]) -> list[Diagnostic]:
    """The findings that are not in a baseline."""
    try:
        counts = json.loads(path.read_text("utf-8"))["findings"]
        known = Counter({str(key): int(count) for key, count in counts.items()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConnectorError(f"the baseline {path} cannot be read: {error}; write it with --write-baseline") from None
    new = []
    for finding in findings:
        key = _key(finding, path.resolve().parent)
        if known[key]:
            known[key] -= 1
        else:
            new.append(finding)
    return new
