"""What an operation shows of itself in Python: its signature, the types of its arguments, its docstring."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from openconnectors.engine.model import ANY, MISSING, Parameter, Schema
from openconnectors.engine.plan.arguments import Argument
from openconnectors.engine.plan.page_conventions import condition
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.values.formats import format_of

_TYPES: Mapping[str, Any] = {"string": str, "integer": int, "number": float, "boolean": bool, "file": bytes}

_LISTS = 6
"""How many lists within lists a signature shows: schemas may refer to themselves."""


def python_type(plan: Plan, schema: Schema, lists: int = _LISTS) -> Any:
    """The Python type of values of a schema, as a signature shows it."""
    effective = plan.contract(schema)
    kind = effective.types[0] if effective.types else ""
    form = format_of(effective)
    if form is not None and (kind in ("string", "integer") or form.python is Decimal):
        python: Any = form.python
    elif kind == "array":
        items = python_type(plan, effective.items, lists - 1) if effective.items is not None and lists else Any
        python = list[items]  # type: ignore[valid-type]
    elif kind == "object":
        python = dict[str, Any]
    else:
        python = _TYPES.get(kind, Any)
    return python | None if effective.nullable and python is not Any else python


def signature(plan: Plan) -> inspect.Signature:
    """Real names, types and defaults; what a caller must give has no default."""
    parameters = []
    for argument in plan.arguments:
        if argument.hidden:
            continue
        annotation = python_type(plan, argument.schema)
        default: Any = inspect.Parameter.empty
        if not argument.needed:
            default = argument.default if argument.default is not MISSING else None
            annotation = annotation | None if default is None and annotation is not Any else annotation
        parameters.append(
            inspect.Parameter(argument.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        )
    responses = plan.operation.responses
    declared = next((responses[code] for code in sorted(responses) if code[0] == "2"), None)
    schema = plan.preferred_schema(declared) if declared is not None else None
    returns = python_type(plan, schema) if schema is not None else Any
    return inspect.Signature(parameters, return_annotation=returns)


def documentation(plan: Plan) -> str:
    """The docstring: title, description, arguments and responses in the document's words."""
    operation = plan.operation
    lines = [text for text in (operation.title, operation.description) if text]
    lines.append(f"\n{operation.method} {operation.path}")
    shown = [argument for argument in plan.arguments if not argument.hidden]
    if shown:
        lines.append("\nArguments:")
        for argument in shown:
            text = " ".join((argument.description or argument.title).split())
            needed = f"{_place(argument, shown)}{', required' if argument.needed else ''}"
            kind = inspect.formatannotation(python_type(plan, argument.schema))
            notes = f"{text}{_allowed(plan, argument)}".strip()
            lines.append(f"    {argument.name} ({kind}{needed}): {notes}".rstrip(": "))
    if plan.paging is None and plan.recognized_paging is not None:
        paging = plan.recognized_paging
        lines.append(f"\nPages, by the convention {paging.convention}: {condition(paging)}.")
    if operation.limit:
        lines.append(f"\nLimit: {operation.limit}")
    lines += _bodies(plan)
    lines.append("\nAnswers:")
    lines += [f"    {status}: {response.description}" for status, response in operation.responses.items()]
    lines += _beside(plan)
    return "\n".join(lines)


def _beside(plan: Plan) -> list[str]:
    """Servers that the operation has instead of the document's, the links of its responses, and its callbacks."""
    operation = plan.operation
    lines = [f"\nServer: {' or '.join(server.url for server in operation.servers)}"] if operation.servers else []
    links = {status: ", ".join(response.links) for status, response in operation.responses.items() if response.links}
    if links:
        lines += ["\nLinks:", *(f"    {status}: {names}" for status, names in links.items())]
    if operation.callbacks:
        lines.append(f"\nCallbacks: {', '.join(operation.callbacks)}")
    return lines


def _bodies(plan: Plan) -> list[str]:
    """The media types of a body that may be sent in several, with the arguments that are for each."""
    body = plan.operation.request_body
    if body is None or len(body.content) < 2:
        return []
    lines = ["\nSent in the first that the arguments fit, or as using(content_type=…) says:"]
    members = [argument for argument in plan.arguments if argument.location == "property" and not argument.hidden]
    for media_type, entry in body.content.items():
        contract = plan.contract(entry.schema) if entry.schema is not None else ANY
        names = [argument.name for argument in members if argument.path[0] in contract.properties]
        kind = inspect.formatannotation(python_type(plan, contract))
        lines.append(f"    {media_type}: {', '.join(names) or ('' if kind == 'Any' else kind)}".rstrip(": "))
    return lines


def _place(argument: Argument, shown: list[Argument]) -> str:
    """Where an argument goes, if that is unusual or tells it from another of its name."""
    shared = sum(other.wire == argument.wire and isinstance(other.declaration, Parameter) for other in shown) > 1
    if not isinstance(argument.declaration, Parameter) or not (shared or argument.location in _PLACES):
        return ""
    return f", {_PLACES.get(argument.location, f'in {argument.location}')}"


_PLACES: Mapping[str, str] = {"querystring": "the whole query", "cookie": "a cookie"}


def _allowed(plan: Plan, argument: Argument) -> str:
    """The values that may be given, if the document lists them or says which operation does; the members of an object
    that is a parameter."""
    contract = plan.contract(argument.schema)
    if isinstance(argument.declaration, Parameter) and contract.properties:
        required = [name for name in contract.properties if name in contract.required]
        optional = [f"[{name}]" for name in contract.properties if name not in contract.required]
        return f" Members: {', '.join([*required, *optional][:20])}{', …' if len(contract.properties) > 20 else ''}."
    if contract.enum is not None:
        return f" One of: {', '.join(map(str, contract.enum[:20]))}{', …' if len(contract.enum) > 20 else ''}."
    choices = argument.schema.choices or argument.declaration.choices or contract.choices
    return f" choices({argument.name!r}) asks for what may be given." if choices is not None else ""
