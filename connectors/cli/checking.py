"""Checking documents as a project has configured it: configuration, many documents, fixes, baseline.

``[tool.connectors]`` of the nearest ``pyproject.toml`` has ``profile``, ``select``, ``ignore``, ``fail-on``,
``severity`` (a table of rule to severity), ``per-file-ignores`` (a table of glob to rules), ``baseline`` (a file),
``root`` (the folder below which files that documents refer to are read), ``lock`` (the file of ``connectors lock``).
"""

from __future__ import annotations

import json
import os
import signal
import threading
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatch, fnmatchcase
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from msgspec.structs import replace

from openconnectors import registry
from openconnectors.engine.deferred import module
from openconnectors.engine.documents import loader
from openconnectors.engine.documents.document import Document
from openconnectors.engine.documents.pointers import split_file
from openconnectors.engine.errors import ConnectorError, Diagnostic, UnknownName
from openconnectors.engine.lint import SEVERITIES, Checked, Settings, check
from openconnectors.entries import Entry, with_overlays

if TYPE_CHECKING:
    import multiprocessing
    from concurrent.futures import process
    from multiprocessing import connection
else:
    multiprocessing = module("multiprocessing")
    process = module("concurrent.futures.process")
    connection = module("multiprocessing.connection")

_KEYS = ("profile", "select", "ignore", "fail-on", "severity", "per-file-ignores", "baseline", "root", "lock")


class Project(Struct, frozen=True):
    """The configuration of a project."""

    settings: Settings = field(default_factory=Settings)
    fail_on: str = "error"
    per_file: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    baseline: Path | None = None
    root: Path = field(default_factory=Path.cwd)
    documents: Path | None = None
    """The folder below which files that documents refer to are read; None: that of each document."""


def project(folder: Path) -> Project:
    """The configuration in the nearest ``pyproject.toml``, in a folder or above it, that has ``[tool.connectors]``.

    Raise ``ConnectorError`` if it cannot be read or has unknown settings.
    """
    for parent in (folder, *folder.parents):
        file = parent / "pyproject.toml"
        if not file.is_file():
            continue
        try:
            table = tomllib.loads(file.read_text("utf-8")).get("tool", {}).get("connectors")
        except (OSError, ValueError) as error:
            raise ConnectorError(f"{file} cannot be read: {error}") from None
        if table is not None:
            return _project(table, file)
    return Project()


def _project(table: object, file: Path) -> Project:
    if not isinstance(table, dict):
        raise ConnectorError(f"{file}: [tool.connectors] must be a table")
    for name in table:
        if name not in _KEYS:
            raise UnknownName(f"setting of [tool.connectors] in {file}", name, _KEYS)
    severities = table.get("severity", {})
    if not isinstance(severities, dict) or not all(severity in SEVERITIES for severity in severities.values()):
        raise ConnectorError(f"{file}: severity must be a table of rule to {', '.join(SEVERITIES)}")
    per_file = table.get("per-file-ignores", {})
    if not isinstance(per_file, dict):
        raise ConnectorError(f"{file}: per-file-ignores must be a table of glob to a list of rules")
    settings = Settings(
        profile=str(table.get("profile", "default")),
        select=_rules(table, "select", file),
        ignore=_rules(table, "ignore", file),
        severity=tuple(severities.items()),
    )
    baseline = table.get("baseline")
    return Project(
        settings,
        level(str(table.get("fail-on", "error"))),
        {pattern: _rules(per_file, pattern, file) for pattern in per_file},
        file.parent / str(baseline) if baseline else None,
        file.parent,
        file.parent / str(table["root"]) if table.get("root") else None,
    )


def _rules(table: Mapping[str, Any], key: str, file: Path) -> tuple[str, ...]:
    rules = table.get(key, [])
    if not isinstance(rules, list) or not all(isinstance(rule, str) for rule in rules):
        raise ConnectorError(f"{file}: {key} must be a list of rules")
    return tuple(rules)


def level(name: str) -> str:
    """The name itself, if it is a severity or ``never``; raise ``UnknownName`` for another word."""
    if name not in (*SEVERITIES, "never"):
        raise UnknownName("severity", name, (*SEVERITIES, "never"))
    return name


def at_least(finding: Diagnostic, lowest: str) -> bool:
    """Whether a finding has this severity or a higher one; False for ``never``."""
    return lowest != "never" and SEVERITIES.index(finding.severity) <= SEVERITIES.index(lowest)


def entries(paths: Iterable[str]) -> Iterator[Entry]:
    """The documents at paths: files, folders, patterns (``specs/**/*.json``); each document once.

    Raise ``ConnectorError`` for a path without documents.
    """
    seen: set[tuple[Path, ...]] = set()
    for text in paths:
        if not text:
            raise ConnectorError("there is no document at ''")
        path = Path(text)
        if path.exists():
            matches = [path]
        else:
            is_pattern = any(character in text for character in "*?[")
            matches = [Path(match) for match in sorted(glob(text, recursive=True))] if is_pattern else []
        below = [entry for match in matches for entry in registry.below(match)]
        if not below:
            raise ConnectorError(f"there is no document at {text}")
        for entry in below:
            files = (entry.document.resolve(), *(overlay.resolve() for overlay in entry.overlays))
            if files not in seen:
                seen.add(files)
                yield entry


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


def check_entry(entry: Entry, settings: Settings, project: Project) -> Checked:
    """The findings in one connector, without those that the project ignores in its files."""
    result = check(entry.document, entry.properties, settings, entry.root or project.documents, entry.overlays)
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
            Path(file).write_text(text, "utf-8", newline="")
        before, result = result.repairs, check_entry(entry, settings, project)


_PER_PROCESS = 12
"""Documents for which starting a process is worth it."""
_SIGNALS = {signal.SIGINT, signal.SIGTERM}


def check_all(entries: list[Entry], settings: Settings, project: Project) -> Iterator[list[Diagnostic]]:
    """The findings in each connector; many are checked in as many processes as there are processors."""
    workers = min(os.cpu_count() or 1, len(entries) // _PER_PROCESS)
    if workers < 2 or "fork" not in multiprocessing.get_all_start_methods():
        for entry in entries:
            yield check_entry(entry, settings, project).findings
        return
    context = multiprocessing.get_context("fork")
    pool = process.ProcessPoolExecutor(workers, context, initializer=_start_worker)
    try:
        # A worker must not receive a signal before _start_worker has set its handlers: it starts with them blocked.
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            results = pool.map(_Check(settings, project), entries, chunksize=4)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        yield from results
    except process.BrokenProcessPool:
        raise ConnectorError("a process that checks documents was killed; it may have needed too much memory") from None
    except BaseException:
        # An interrupted check waits neither for queued documents nor for those that are being checked.
        for worker in context.active_children():
            worker.kill()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _start_worker() -> None:
    """Leave Ctrl-C to the parent process, which a terminal sends it to as well; and end when the parent ends, even if
    it was killed and could not stop its workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)


class _Check(Struct, frozen=True):
    """The findings in a connector, as a function that can be pickled for another process."""

    settings: Settings
    project: Project

    def __call__(self, entry: Entry) -> list[Diagnostic]:
        return check_entry(entry, self.settings, self.project).findings


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
