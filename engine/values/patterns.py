"""Regular expressions of documents (ECMA 262, as JSON Schema 2020-12 section 6.3.3 asks), matched in bounded time.

Rule. No pattern of a document is given to Python's ``re``: it is another dialect, and a pattern can keep its
backtracking busy for ever (ReDoS). A pattern is compiled by an engine of linear time if that reads it; one with
look-around or back-references by an engine whose backtracking is bounded; one that neither reads is not checked, which
``pattern_diagnostics`` reports.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

import jsonschema_rs
from msgspec import Struct

from openconnectors.engine.errors import Diagnostic, InvalidDocument
from openconnectors.engine.model import Schema, Service

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

LINEAR = jsonschema_rs.RegexOptions()
BOUNDED = jsonschema_rs.FancyRegexOptions(backtrack_limit=100_000)  # however hostile the pattern and the text


class Engine(Struct, frozen=True):
    """A compiled pattern: the options of the engine that reads it, and a validator of texts against it."""

    options: jsonschema_rs.RegexOptions | jsonschema_rs.FancyRegexOptions
    validator: jsonschema_rs.Validator

    def finds(self, text: str) -> bool:
        """Return True if the pattern is found in a text."""
        try:
            return self.validator.is_valid(text)
        except ValueError:
            return False  # an unpaired surrogate, or more backtracking than the bound allows


_ENGINES: dict[str, Engine | None] = {}


def engine_of(pattern: object) -> Engine | None:
    """The compiled pattern, compiled once; None for what is not a pattern that an engine reads."""
    if not isinstance(pattern, str):
        return None
    if pattern not in _ENGINES:
        _ENGINES[pattern] = _compiled(pattern)
    return _ENGINES[pattern]


def _compiled(pattern: str) -> Engine | None:
    for options in (LINEAR, BOUNDED):
        with suppress(ValueError):
            return Engine(options, jsonschema_rs.validator_for({"pattern": pattern}, pattern_options=options))
    return None


def is_usable(pattern: object) -> bool:
    """Return True for a regular expression that an engine reads."""
    return engine_of(pattern) is not None


def matches(pattern: str, text: str) -> bool:
    """Return True if a pattern is found in a text; one that no engine reads is found nowhere."""
    engine = engine_of(pattern)
    return engine is not None and engine.finds(text)


def can_constrain(schema: Schema, pattern: object) -> bool:
    """Return True if values can be held to a schema's pattern: an engine reads it, and it matches at least one value
    of the schema's enum. Documents have patterns that contradict their own enum, in which no value would be left."""
    engine = engine_of(pattern)
    if engine is None or schema.enum is None:
        return engine is not None
    return any(engine.validator.is_valid(value) for value in schema.enum)


def pattern_keyword(validator: object, pattern: object, instance: object, schema: object) -> Iterator[ValidationError]:
    """The keyword ``pattern`` for a validator of jsonschema, whose own searches with Python's ``re``."""
    from jsonschema.exceptions import ValidationError  # there already: its validator calls this

    engine = engine_of(pattern)
    if isinstance(instance, str) and engine is not None and not engine.finds(instance):
        yield ValidationError(f"does not match {pattern}")


def options_for(schema: object) -> jsonschema_rs.RegexOptions | jsonschema_rs.FancyRegexOptions:
    """The options of the engine that reads all patterns of a JSON Schema: linear time, if that engine reads each."""
    engines = map(engine_of, _texts_under_pattern(schema))
    linear = all(engine is None or engine.options is LINEAR for engine in engines)
    return LINEAR if linear else BOUNDED


def _texts_under_pattern(schema: object) -> list[str]:
    """The patterns of a JSON Schema, and texts that only look like one: a member ``pattern`` of a value in an enum."""
    patterns: list[str] = []
    stack = [schema]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            if isinstance(node.get("pattern"), str):
                patterns.append(node["pattern"])
            if isinstance(node.get("patternProperties"), dict):
                patterns += node["patternProperties"]
            stack += node.values()
        elif isinstance(node, list):
            stack += node
    return patterns


def pattern_diagnostics(service: Service) -> list[Diagnostic]:
    """A diagnostic for each pattern of a service that no engine reads: values are not checked against it."""
    diagnostics: dict[str, Diagnostic] = {}
    seen: set[int] = set()
    stack: list[Schema] = []
    for operation_id in service.operations:
        with suppress(InvalidDocument):  # an operation that cannot be used has diagnostics of its own
            stack += service.operations[operation_id].schemas()
    while stack:
        schema = stack.pop()
        if schema.ref is not None:
            try:
                schema = service.resolve(schema)
            except InvalidDocument:
                continue
        if id(schema) in seen:
            continue
        seen.add(id(schema))
        pattern = schema.keywords.get("pattern")
        if pattern is not None and engine_of(pattern) is None:
            message = f"the pattern {pattern!r:.60} is not a usable ECMA 262 regular expression; it is not checked"
            diagnostics[schema.at] = service.finding("pattern", message, f"{schema.at}/pattern")
        stack += [*schema.all_of, *schema.inner()]
    return list(diagnostics.values())
