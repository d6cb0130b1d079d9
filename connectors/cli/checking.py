"""What a project says of its checks, and checking many documents: configuration, baseline, repairs.

``[tool.connectors]`` of the nearest ``pyproject.toml``: ``profile``, ``select``, ``ignore``, ``fail-on``, ``severity``
(a table of rule to severity), ``per-file-ignores`` (a table of glob to rules), ``baseline`` (a file).
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import threading
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch, fnmatchcase
from glob import glob
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from openconnectors import registry
from openconnectors.engine.errors import ConnectorError, Diagnostic, UnknownName
from openconnectors.engine.lint import SEVERITIES, Checked, Settings, check
from openconnectors.registry import Entry

_KEYS = ("profile", "select", "ignore", "fail-on", "severity", "per-file-ignores", "baseline")


@dataclass(frozen=True, slots=True)
class Project:
    """What the configuration of a project says."""

    settings: Settings = field(default_factory=Settings)
    fail_on: str = "error"
    per_file: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    baseline: Path | None = None
    root: Path = field(default_factory=Path.cwd)


def project(folder: Path) -> Project:
    """The configuration of the nearest ``pyproject.toml`` at a folder or above it that has ``[tool.connectors]``.

    ``ConnectorError`` for one that cannot be read or says what is not known.
    """
    for place in (folder, *folder.parents):
        file = place / "pyproject.toml"
        if not file.is_file():
            continue
        try:
            told = tomllib.loads(file.read_text("utf-8")).get("tool", {}).get("connectors")
        except (OSError, ValueError) as error:
            raise ConnectorError(f"{file} cannot be read: {error}") from None
        if told is not None:
            return _project(told, file)
    return Project()


def _project(told: Any, file: Path) -> Project:
    if not isinstance(told, dict):
        raise ConnectorError(f"{file}: [tool.connectors] is a table")
    for name in told:
        if name not in _KEYS:
            raise UnknownName(f"setting of [tool.connectors] in {file}", name, _KEYS)
    grave = told.get("severity", {})
    if not isinstance(grave, dict) or not all(one in SEVERITIES for one in grave.values()):
        raise ConnectorError(f"{file}: severity is a table of rule to {', '.join(SEVERITIES)}")
    per_file = told.get("per-file-ignores", {})
    if not isinstance(per_file, dict):
        raise ConnectorError(f"{file}: per-file-ignores is a table of glob to a list of rules")
    settings = Settings(
        profile=str(told.get("profile", "default")),
        select=_names(told, "select", file),
        ignore=_names(told, "ignore", file),
        severity=tuple(grave.items()),
    )
    baseline = told.get("baseline")
    return Project(
        settings,
        level(str(told.get("fail-on", "error"))),
        {pattern: _names(per_file, pattern, file) for pattern in per_file},
        file.parent / str(baseline) if baseline else None,
        file.parent,
    )


def _names(told: Mapping[str, Any], key: str, file: Path) -> tuple[str, ...]:
    given = told.get(key, [])
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise ConnectorError(f"{file}: {key} is a list of rules")
    return tuple(given)


def level(name: str) -> str:
    """A severity, or ``never``; ``UnknownName`` for another word."""
    if name not in (*SEVERITIES, "never"):
        raise UnknownName("severity", name, (*SEVERITIES, "never"))
    return name


def at_least(one: Diagnostic, least: str) -> bool:
    """Whether a finding is as grave as a severity or graver."""
    return least != "never" and SEVERITIES.index(one.severity) <= SEVERITIES.index(least)


def entries(paths: Iterable[str]) -> Iterator[Entry]:
    """The documents at paths: files, folders, patterns (``specs/**/*.json``); each once.

    ``ConnectorError`` for a pattern, or a folder, that holds none.
    """
    seen: set[Path] = set()
    for text in paths:
        if not text:
            raise ConnectorError("there is no document at ''")
        path = Path(text)
        patterned = not path.exists() and any(mark in text for mark in "*?[")
        given = [Path(one) for one in sorted(glob(text, recursive=True))] if patterned else [path] * path.exists()
        found = [one for each in given for one in registry.below(each)]
        if not found:
            raise ConnectorError(f"there is no document at {text}")
        for one in found:
            if one.document.resolve() not in seen:
                seen.add(one.document.resolve())
                yield one


def one(path: Path) -> Entry:
    """The document at a path; ``ConnectorError`` where there is none, or several."""
    found = list(entries([str(path)]))
    if len(found) > 1:
        raise ConnectorError(f"there are {len(found)} documents at {path}; give one of them")
    return found[0]


def checked(entry: Entry, settings: Settings, project: Project) -> Checked:
    """What is found in one connector, but what the project ignores in files of its name."""
    made = check(entry.document, entry.properties, settings)
    ignored = [
        rule for pattern, rules in project.per_file.items() if _matches(entry, pattern, project) for rule in rules
    ]
    if not ignored:
        return made
    kept = [one for one in made.found if not any(fnmatchcase(one.rule, rule) for rule in ignored)]
    return replace(made, found=kept)


def fix(entry: Entry, settings: Settings, project: Project) -> None:
    """Fix in its files what can be fixed mechanically, until nothing more changes."""
    made = checked(entry, settings, project)
    before: Mapping[str, str] = {}
    while made.repairs and made.repairs != before:
        for file, text in made.repairs.items():
            Path(file).write_text(text, "utf-8", newline="")
        before, made = made.repairs, checked(entry, settings, project)


def every(entries: list[Entry], settings: Settings, project: Project) -> Iterator[list[Diagnostic]]:
    """What is found in each connector; of many at once, in as many processes as there are processors."""
    workers = min(os.cpu_count() or 1, len(entries) // _EACH)
    if workers < 2 or "fork" not in multiprocessing.get_all_start_methods():
        for entry in entries:
            yield checked(entry, settings, project).found
        return
    context = multiprocessing.get_context("fork")
    pool = ProcessPoolExecutor(workers, context, initializer=_worker)
    try:
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)  # a worker begins with them, see there
        try:
            results = pool.map(_Found(settings, project), entries, chunksize=4)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        yield from results
    except BrokenProcessPool:
        raise ConnectorError("a process that checks documents was killed; it may have needed too much memory") from None
    except BaseException:
        # Whoever interrupts waits for nothing: not for what is queued, nor for the documents under way.
        for process in context.active_children():
            process.kill()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _worker() -> None:
    """Leaves Ctrl-C to the parent process, which a terminal sends it to as well; and ends with that, even where it was
    killed and could stop nobody."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


_EACH = 12
"""How many documents are worth a process."""
_SIGNALS = {signal.SIGINT, signal.SIGTERM}


@dataclass(frozen=True, slots=True)
class _Found:
    """What is found in a connector, to be asked in another process."""

    settings: Settings
    project: Project

    def __call__(self, entry: Entry) -> list[Diagnostic]:
        return checked(entry, self.settings, self.project).found


def _matches(entry: Entry, pattern: str, project: Project) -> bool:
    path = entry.document.resolve()
    inside = path.is_relative_to(project.root)
    return fnmatch(path.relative_to(project.root).as_posix() if inside else path.as_posix(), pattern)


def failing(path: Path, root: Path) -> list[Diagnostic]:
    """What a project would not let pass in one document: its configuration at a folder, and its baseline."""
    own = project(root)
    found = checked(one(path), own.settings, own).found
    if own.baseline is not None and own.baseline.is_file():
        found = without_known(own.baseline, found)
    return [each for each in found if at_least(each, own.fail_on)]


# The baseline: findings that are known, and told no more


def _mark(one: Diagnostic, root: Path) -> str:
    """What makes a finding the same one later: its rule, file and node, not its line."""
    path = Path(one.file).resolve()
    file = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
    return f"{one.rule} {file}#{one.pointer}"


def save_baseline(path: Path, found: Iterable[Diagnostic]) -> None:
    """Writes the findings that are known from now on."""
    root = path.resolve().parent
    marks = Counter(_mark(one, root) for one in found)
    path.write_text(json.dumps({"version": 1, "findings": dict(sorted(marks.items()))}, indent=1) + "\n", "utf-8")


def without_known(path: Path, found: list[Diagnostic]) -> list[Diagnostic]:
    """The findings that a baseline does not hold."""
    try:
        told = json.loads(path.read_text("utf-8"))
        known = Counter({str(mark): int(count) for mark, count in told["findings"].items()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConnectorError(f"the baseline {path} cannot be read: {error}; write it with --write-baseline") from None
    new = []
    for one in found:
        mark = _mark(one, path.resolve().parent)
        if known[mark]:
            known[mark] -= 1
        else:
            new.append(one)
    return new
