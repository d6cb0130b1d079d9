"""A rule set from its file: YAML or JSON, in Spectral's form.

Rule 1. What cannot be read is an error with file and line, and with what to do; nothing is passed over silently. Code
(functions of JavaScript) is never run, and nothing is fetched.

Rule 2. A rule set extends others in their order; what comes later counts. Rules with ``recommended: false`` are off
until something turns them on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from openconnectors.engine.documents.file import content_of, parse
from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.errors import Diagnostic, InvalidDocument, nearest
from openconnectors.engine.lint.rules import VERSIONS, Severity
from openconnectors.engine.lint.rulesets import spectral
from openconnectors.engine.lint.rulesets.aliases import Aliases
from openconnectors.engine.lint.rulesets.definitions import CODE, FORMATS, Source
from openconnectors.engine.lint.rulesets.ruleset import Grade, RuleSet, Then, Written
from openconnectors.engine.lint.table import RULES
from openconnectors.engine.lint.tree import KINDS

Level = Severity | Literal["off"]
_LEVELS: Mapping[object, Level] = {
    "error": "error", "warn": "warning", "warning": "warning", "info": "info", "hint": "info", "off": "off",
    0: "error", 1: "warning", 2: "info", 3: "info", -1: "off",
}  # fmt: skip
"""The severities of Spectral and ours; a hint is the least that there is here."""
_ON = ("on", "recommended", "all")
_MEMBERS = (
    "extends", "rules", "aliases", "overrides", "formats", "documentationUrl", "parserOptions", "description",
    "functions", "functionsDir", "except",
)  # fmt: skip
_REFUSED = {"functions": CODE, "functionsDir": CODE, "except": "`except` is of Spectral 5; write `overrides`"}
_MODES = ("off", "recommended", "all")
_CODE_FILES = (".js", ".mjs", ".cjs", ".ts")


class _State(Struct):
    """A rule while rule sets are merged: its definition, or None for a rule of ours or of ``spectral:oas``; whether it
    is on; the severity that a rule set gives it."""

    written: Written | None
    is_on: bool
    level: Level | None = None


def read(path: Path) -> RuleSet:
    """The rule set in a file, with all that it extends. ``InvalidDocument`` with everything that is wrong with it."""
    reader = _Reader()
    reader.read(path)
    if reader.errors:
        raise InvalidDocument(reader.errors)
    written = (state.written for state in reader.states.values() if state.is_on and state.written is not None)
    return RuleSet(str(path), tuple(written), (*reader.grades(), *reader.overrides))


class _Reader:
    """Reads a rule set and those that it extends into states of rules."""

    def __init__(self) -> None:
        self.errors: list[Diagnostic] = []
        self.states: dict[str, _State] = {}
        self.overrides: list[Grade] = []
        self._open: list[Path] = []

    def read(self, path: Path) -> None:
        """Read a file, after those that it extends."""
        try:
            file = parse(content_of(path, str(path)), str(path))
        except InvalidDocument as error:
            self.errors += error.diagnostics
            return
        source, root = Source(file, path, self.errors, Aliases({})), file.root
        if not isinstance(root, Mapping):
            source.fail("", "a rule set is a mapping with rules in it")
            return
        self._open.append(path.resolve())
        source.members(root, _MEMBERS, "", "a rule set")
        for name, message in _REFUSED.items():
            if root.get(name):
                source.fail(f"/{name}", message, True)
        if "extends" in root:
            self._extend(source, root["extends"])
        source.formats = source.versions(root, "")
        source.aliases = Aliases(spectral.ALIASES if self._has_spectral else {})
        for steps, message in source.aliases.add(root.get("aliases", {}), FORMATS):
            source.fail("/aliases" + "".join(f"/{escape(step)}" for step in steps), message)
        self._rules(source, root.get("rules", {}))
        overrides = root.get("overrides", [])
        for index, override in enumerate(overrides if isinstance(overrides, list) else ()):
            self._override(source, override, f"/overrides/{index}")
        self._open.pop()

    def grades(self) -> Iterator[Grade]:
        """What the rule set says about rules of ours."""
        for id, state in self.states.items():
            level = state.level if state.is_on else "off"
            if state.written is None and level is not None:
                yield from _grades(id, level)

    @property
    def _has_spectral(self) -> bool:
        return "operation-tags" in self.states

    # Extending others

    def _extend(self, source: Source, extends: object) -> None:
        for index, item in enumerate(extends if isinstance(extends, list) else [extends]):
            at = f"/extends/{index}" if isinstance(extends, list) else "/extends"
            name, mode = item if isinstance(item, list) and len(item) == 2 else (item, "recommended")
            if not isinstance(name, str) or mode not in _MODES:
                source.fail(at, f"an item of extends is a name, or a list of a name and {', '.join(_MODES)}")
                continue
            before = set(self.states)
            self._extend_by(source, name, at)
            for id in self.states.keys() - before if mode != "recommended" else ():
                self.states[id].is_on = mode == "all"

    def _extend_by(self, source: Source, name: str, at: str) -> None:
        path = source.path.parent / name
        if name == spectral.NAME:
            self.states |= {id: state for id, state in _spectral().items() if id not in self.states}
        elif name in spectral.OTHERS:
            return
        elif name.endswith(_CODE_FILES):
            source.fail(at, f"{name!r} is a program, which is not run; write its rules in YAML")
        elif "://" in name:
            source.fail(at, f"{name!r} is a URL, and nothing is fetched; save it beside this file and name that")
        elif path.resolve() in self._open:
            source.fail(at, f"{name!r} extends itself")
        elif not path.is_file():
            source.fail(at, f"there is no file {name!r}; packages of npm are not read, save their rules as YAML")
        else:
            self.read(path)

    # Rules

    def _rules(self, source: Source, rules: object) -> None:
        if not isinstance(rules, Mapping):
            source.fail("/rules", "rules must be a mapping of ids to rules")
            return
        for id, value in rules.items():
            at = f"/rules/{escape(id)}"
            if id in RULES:
                self.states.setdefault(id, _State(None, True))
            if isinstance(value, Mapping):
                self._define(source, id, value, at)
            elif id not in self.states:
                is_theirs = id in spectral.RULES and not self._has_spectral
                hint = f"; it is of {spectral.NAME}: extend that" if is_theirs else nearest(id, (*self.states, *RULES))
                source.fail(at, f"there is no rule {id!r}{hint}", True)
            else:
                self._set(source, self.states[id], value[0] if isinstance(value, list) and value else value, at)

    def _define(self, source: Source, id: str, value: Mapping[str, Any], at: str) -> None:
        """Define a rule, or change one that another rule set has defined."""
        state = self.states.get(id)
        if id in RULES or (state is not None and state.written is None and not {"given", "then"} <= value.keys()):
            self._set_only(source, id, value, at)
            return
        written = source.definition(id, value, at, state.written if state is not None else None)
        if written is None:
            return
        if state is not None and state.written is not None:
            kept = {name: getattr(state.written, name) for name in ("message", "description") if name not in value}
            written = replace(written, severity=state.written.severity, **kept)
        self.states[id] = _State(written, value.get("recommended") is not False or state is not None)
        if "severity" in value:
            self._set(source, self.states[id], value["severity"], f"{at}/severity")

    def _set_only(self, source: Source, id: str, value: Mapping[str, Any], at: str) -> None:
        """Set the severity of a rule of ours, which cannot be defined anew."""
        for name in value:
            if name != "severity":
                message = f"{id!r} is a rule of the linter, of which only the severity can be set; choose another id"
                source.fail(f"{at}/{escape(name)}", message, True)
        if "severity" in value:
            self._set(source, self.states[id], value["severity"], f"{at}/severity")

    def _set(self, source: Source, state: _State, value: object, at: str) -> None:
        """Turn a rule on or off, or set its severity."""
        if isinstance(value, bool) or value in _ON:
            state.is_on = bool(value)
            return
        level = _level(source, value, at)
        if level is not None:
            is_definition = at.endswith("/severity")
            state.is_on = level != "off" and (state.is_on or not is_definition)
            state.level = level
            if state.written is not None and level != "off":
                state.written = replace(state.written, severity=level)

    # Overrides

    def _override(self, source: Source, override: object, at: str) -> None:
        """Read what counts for some files only."""
        if not isinstance(override, Mapping) or not isinstance(override.get("files"), list):
            source.fail(at, "an override has files, a list of patterns, and rules")
            return
        source.members(override, ("files", "rules"), at, "an override, of which files and rules are read")
        files, rules = [str(file) for file in override["files"]], override.get("rules", {})
        for id, value in rules.items() if isinstance(rules, Mapping) else ():
            place = f"{at}/rules/{escape(id)}"
            if isinstance(value, Mapping):
                self._define(source, id, value, place)
                state = self.states.get(id)
                if state is not None and state.written is not None:
                    state.written = replace(state.written, files=tuple(file.partition("#")[0] for file in files))
            elif id not in self.states and id not in RULES:
                source.fail(place, f"there is no rule {id!r}{nearest(id, (*self.states, *RULES))}", True)
            elif (level := _level(source, value, place)) is not None:
                self._override_level(id, level, files)

    def _override_level(self, id: str, level: Level, files: list[str]) -> None:
        state = self.states.get(id)
        is_written = state is not None and state.written is not None
        for pattern, _, pointer in (file.partition("#") for file in files):
            for grade in [Grade(id, level)] if is_written else _grades(id, level):
                self.overrides.append(replace(grade, files=(pattern,), below=pointer))


def _level(source: Source, value: object, at: str) -> Level | None:
    if isinstance(value, (str, int)) and value in _LEVELS:
        return _LEVELS[value]
    names = ", ".join(name for name in _LEVELS if isinstance(name, str))
    source.fail(at, f"{value!r} is not a severity; expected {names}")
    return None


def _grades(id: str, level: Level) -> Iterator[Grade]:
    """The grades of the rules of ours that a rule of Spectral is; of a rule of ours, that of itself."""
    row = spectral.RULES.get(id)
    for ours in row if isinstance(row, tuple) else (spectral.Ours(id),):
        yield Grade(ours.rule, level, ours.kinds, ours.pointer)


def _spectral() -> dict[str, _State]:
    """The rules of ``spectral:oas``."""
    aliases, states = Aliases(spectral.ALIASES), {}
    for id, row in spectral.RULES.items():
        if isinstance(row, tuple):
            states[id] = _State(None, True)
            continue
        texts = (row.selectors,) if isinstance(row.selectors, str) else row.selectors
        versions = [version for name in row.formats for version in FORMATS[name]] or VERSIONS
        selectors = {
            version: tuple(
                query for text in texts for query in ([text] if text in KINDS else aliases.expanded(text, version))
            )
            for version in versions
        }
        then = tuple(
            Then(each["function"], each.get("field"), msgspec.json.encode(each.get("functionOptions", {})))
            for each in row.then
        )
        states[id] = _State(Written(id, "warning", selectors, then, row.description), row.recommended)
    return states
