"""What an operation shows of itself in Python: its signature, the types of its arguments, its docstring."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from openconnectors.engine.model import MISSING, Schema
from openconnectors.engine.plan.arguments import Argument
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.values.formats import format_of

_TYPES: Mapping[str, Any] = {"string": str, "integer": int, "number": float, "boolean": bool, "file": bytes}

_LISTS = 6
"""How many lists within lists a signature shows."""


def python_type(plan: Plan, schema: Schema, lists: int = _LISTS) -> Any:
    """The Python type of values of a schema, as a signature shows it."""
    effective = plan.contract(schema)
    kind = effective.types[0] if effective.types else ""
    form = format_of(effective)
    if form is not None and (kind in ("string", "integer") or form.python is Decimal):
        found: Any = form.python
    elif kind == "array":
        items = python_type(plan, effective.items, lists - 1) if effective.items is not None and lists else Any
        found = list[items]  # type: ignore[valid-type]
    elif kind == "object":
        found = dict[str, Any]
    else:
        found = _TYPES.get(kind, Any)
    return found | None if effective.nullable and found is not Any else found


def signature(plan: Plan) -> inspect.Signature:
    """Real names, types and defaults; what a caller must give has no default."""
    parameters = []
    for one in plan.arguments:
        if one.hidden:
            continue
        found = python_type(plan, one.schema)
        default: Any = inspect.Parameter.empty
        if not one.needed:
            default = one.default if one.default is not MISSING else None
            found = found | None if default is None and found is not Any else found
        parameters.append(
            inspect.Parameter(one.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=found)
        )
    responses = plan.operation.responses
    declared = next((responses[code] for code in sorted(responses) if code[0] == "2"), None)
    schema = plan.preferred_schema(declared) if declared is not None else None
    returns = python_type(plan, schema) if schema is not None else Any
    return inspect.Signature(parameters, return_annotation=returns)


def documentation(plan: Plan) -> str:
    """The docstring: title, description, arguments and answers in the document's words."""
    operation = plan.operation
    lines = [one for one in (operation.title, operation.description) if one]
    lines.append(f"\n{operation.method} {operation.path}")
    shown = [one for one in plan.arguments if not one.hidden]
    if shown:
        lines.append("\nArguments:")
        for one in shown:
            said = " ".join((one.description or one.title).split())
            needed = ", required" if one.needed else ""
            kind = inspect.formatannotation(python_type(plan, one.schema))
            lines.append(f"    {one.name} ({kind}{needed}): {said}{_allowed(plan, one)}".rstrip(": "))
    lines.append("\nAnswers:")
    lines += [f"    {status}: {response.description}" for status, response in operation.responses.items()]
    return "\n".join(lines)


def _allowed(plan: Plan, argument: Argument) -> str:
    """What may be given, where the document lists it or says whom to ask."""
    contract = plan.contract(argument.schema)
    if contract.enum is not None:
        return f" One of: {', '.join(map(str, contract.enum[:20]))}{', …' if len(contract.enum) > 20 else ''}."
    choices = argument.schema.choices or argument.declaration.choices or contract.choices
    return f" choices({argument.name!r}) asks for what may be given." if choices is not None else ""
