"""Is a document right: its structure, its references, its names. Every finding at its place."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator
from jsonschema.exceptions import ValidationError

from engine import document, loader
from engine.body import Compiler
from engine.dialects import Dialect, dialect_of, follow
from engine.document import Document, escape
from engine.errors import Diagnostic, InvalidDocument, Unsupported, nearest
from engine.model import Operation, Service
from engine.naming import snake
from engine.plan import Plan
from engine.policies import compile_policy


def validate(path: Path) -> list[Diagnostic]:
    """The findings about a document, in the order of their lines; none means that it is right."""
    try:
        main = document.read(path)
        row = dialect_of(main)
    except InvalidDocument as error:
        return list(error.diagnostics)
    found = [*_structure(main, row), *_references(main)]
    if not found:
        try:
            service = loader.service_of(main)
            found += _meaning(main, service)
        except InvalidDocument as error:
            found += error.diagnostics
    return sorted(dict.fromkeys(found), key=lambda one: (one.line, one.column, one.rule))


# Structure: the specification's own schema


@cache
def _specification(name: str) -> Draft4Validator:
    text = files("openapi_spec_validator").joinpath(f"resources/schemas/{name}/schema.json").read_text("utf-8")
    return Draft4Validator(json.loads(text))


def _structure(main: Document, row: Dialect) -> Iterator[Diagnostic]:
    for error in _specification(row.structure).iter_errors(main.root):
        for inner in _closest(error):
            steps = list(inner.absolute_path)
            pointer = "".join(f"/{escape(step)}" for step in steps)
            named, said = _say(inner)
            at = f"{pointer}/{escape(named)}" if named is not None else pointer
            yield main.diagnostic("structure", said, at, key=named is not None)


def _closest(error: ValidationError) -> list[ValidationError]:
    """Of alternatives that all fail, the errors of the one that was meant: the deepest."""
    if not error.context:
        return [error]
    groups: dict[Any, list[ValidationError]] = {}
    for one in error.context:
        groups.setdefault(one.schema_path[0], []).append(one)
    best = max(groups.values(), key=lambda group: (max(len(one.absolute_path) for one in group), -len(group)))
    return [inner for one in best for inner in _closest(one)]


def _say(error: ValidationError) -> tuple[str | None, str]:
    """The member that is at fault, where it is one, and what is wrong, in our words."""
    keyword: Any = error.validator
    limit: Any = error.validator_value
    instance: Any = error.instance
    schema: Any = error.schema
    if keyword == "required":
        missing = [name for name in limit if name not in instance]
        return None, f"{', '.join(map(repr, missing))} is missing here"
    if keyword == "additionalProperties" and isinstance(instance, Mapping):
        known = schema.get("properties", {})
        odd = [name for name in instance if name not in known and not str(name).startswith("x-")]
        if odd:
            return odd[0], f"{odd[0]!r} has no place here{nearest(odd[0], known)}"
    if keyword == "enum":
        return None, f"{instance!r} is none of {', '.join(map(str, limit))}"
    if keyword == "type":
        return (
            None,
            f"this must be {limit if isinstance(limit, str) else ' or '.join(limit)}, not {type(instance).__name__}",
        )
    return None, error.message


def _references(main: Document) -> Iterator[Diagnostic]:
    for at, reference in main.references():
        try:
            follow(main, reference, at)
        except InvalidDocument as error:
            yield from error.diagnostics


# Meaning


def _meaning(main: Document, service: Service) -> Iterator[Diagnostic]:
    names: dict[str, str] = {}
    compiler = Compiler(service)
    for operation in service.operations.values():
        name = snake(operation.id)
        if name in names:
            yield main.diagnostic(
                "name-collision",
                f"the operations {names[name]!r} and {operation.id!r} have the same Python name {name!r}; "
                "the second is called with a number; rename one",
                f"{operation.at}/operationId",
                severity="warning",
            )
        names.setdefault(name, operation.id)
        yield from _operation(main, compiler, operation)
    for index, use in enumerate(service.policies):
        try:
            compile_policy(use)
        except Unsupported as error:
            yield main.diagnostic("policy", f"policy {index + 1}: {error}", "")
        for one in use.operations:
            if one not in service.operations:
                yield main.diagnostic("policy", f"policy {index + 1} is for {one!r}, which is no operation", "")


def _operation(main: Document, compiler: Compiler, operation: Operation) -> Iterator[Diagnostic]:
    for alternative in operation.security:
        for scheme in alternative:
            if scheme not in compiler.service.schemes:
                said = f"the security scheme {scheme!r} is not defined{nearest(scheme, compiler.service.schemes)}"
                yield main.diagnostic("security-undefined", said, operation.at)
    try:
        plan = Plan(compiler, operation)
    except Unsupported:
        return
    plain: dict[str, str] = {}
    for one in plan.arguments:
        name = (
            snake(one.parameter.client_name or one.wire)
            if one.location != "property"
            else snake(one.schema.client_name or one.wire)
        )
        if name in plain and name != one.name:
            yield main.diagnostic(
                "name-collision",
                f"{one.wire!r} and {plain[name]!r} of {operation.id} have the same Python name {name!r}; "
                f"the second is called {one.name!r}",
                one.schema.at or one.parameter.at,
                severity="warning",
            )
        plain.setdefault(name, one.wire)
    declared = {one.wire for one in plan.arguments if one.location == "path"}
    holes = {part.partition("}")[0] for part in operation.path.split("{")[1:]}
    for hole in sorted(holes - declared):
        said = f"the path has {{{hole}}}, which no path parameter fills{nearest(hole, declared)}"
        yield main.diagnostic("path-parameter", said, operation.at.rpartition("/")[0], key=True)
    for name in sorted(declared - holes):
        parameter = next(one.parameter for one in plan.arguments if one.wire == name and one.location == "path")
        said = f"the path parameter {name!r} has no place in {operation.path}{nearest(name, holes)}"
        yield main.diagnostic("path-parameter", said, parameter.at)
