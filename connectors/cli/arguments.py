"""Arguments of an operation on the command line: options for them, and values from the texts of options.

What does not fit its schema stays text, so that the engine refuses it with its own message.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from openconnectors.engine.model import Schema
from openconnectors.engine.plan.arguments import Argument
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.values.scalars import typed_number, typed_scalar

_NESTED = {"object", "array"}


def flags_of(plan: Plan, reserved: Iterable[str]) -> dict[str, str]:
    """The option of each argument that is shown, by its Python name; none for one whose option would be a reserved one
    or that of another argument."""
    taken = set(reserved)
    flags: dict[str, str] = {}
    for argument in plan.arguments:
        flag = f"--{argument.name.rstrip('_').replace('_', '-')}"
        if argument.hidden or flag in taken:
            continue
        flags[argument.name] = flag
        taken.add(flag)
        if plan.contract(argument.schema).types == ("boolean",):
            taken.add(f"--no-{flag[2:]}")
    return flags


def arguments_of(plan: Plan, options: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments in the options of a command: ``argument_NAME`` has the texts of one, ``negated_NAME`` is its
    ``--no-…`` switch, ``assignments`` are the texts NAME=VALUE of ``--set``, whose names stay as they are spelled."""
    texts: dict[str, tuple[Argument | None, list[str]]] = {}
    for argument in plan.arguments:
        values = list(options.get(f"argument_{argument.name}") or ())
        if options.get(f"negated_{argument.name}"):
            values.append("false")
        if values:
            texts[argument.name] = argument, values
    # If a name is the Python name of one argument and the wire name of another, it is the wire name.
    by_name = {name: argument for argument in reversed(plan.arguments) for name in (argument.name, argument.wire)}
    by_name |= {argument.wire: argument for argument in plan.arguments}
    for assignment in options["assignments"]:
        name, equals, text = assignment.partition("=")
        if not equals:
            raise click.UsageError(f"--set {assignment!r} has no '='; write --set NAME=VALUE")
        texts.setdefault(name, (by_name.get(name), []))[1].append(text)
    return {name: _value(plan, name, argument, values) for name, (argument, values) in texts.items()}


def _value(plan: Plan, name: str, argument: Argument | None, texts: list[str]) -> Any:
    """The value of an argument. A list is written item by item, or as a whole, in JSON."""
    schema = items = Schema()
    if argument is not None:
        schema = plan.contract(argument.schema)
        items = plan.contract(schema.items) if schema.items is not None else Schema()
    nested = bool(_NESTED & set(items.types))
    if "array" in schema.types and not (len(texts) == 1 and _is_list(texts[0], nested)):
        return [_typed(name, text, items) for text in texts]
    if len(texts) > 1:
        raise click.UsageError(f"{name} was set {len(texts)} times, and takes one value")
    return _typed(name, texts[0], schema)


def _is_list(text: str, nested: bool) -> bool:
    """Whether a text is a whole list. If the items are words, it must be valid JSON: a word may begin with [ or @."""
    if nested:
        return text.lstrip()[:1] in ("[", "@")
    try:
        return isinstance(json.loads(text), list)
    except (ValueError, RecursionError):
        return False


def _typed(name: str, text: str, schema: Schema) -> Any:
    file = Path(text[1:]) if text.startswith("@") else None
    if _NESTED & set(schema.types):
        return _json(name, text if file is None else _content(name, file))
    if file is not None and ("file" in schema.types or schema.format == "binary"):
        return file
    return typed_scalar(text, schema)


def _content(name: str, file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except OSError as error:
        raise click.UsageError(f"{name}: {file} cannot be read: {error.strerror}") from None
    except UnicodeError:
        raise click.UsageError(f"{name}: {file} is not text in UTF-8") from None


def _json(name: str, text: str) -> Any:
    try:
        return json.loads(text, parse_float=typed_number)
    except ValueError as error:
        raise click.UsageError(f"{name} must be JSON, or @file: {error}") from None
    except RecursionError:
        raise click.UsageError(f"{name} must be JSON, or @file: it is nested too deeply") from None
