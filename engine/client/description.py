"""What a service offers, as plain data: for people, for tools, and for tests against its reference page."""

from __future__ import annotations

from collections.abc import Mapping, Set
from contextlib import suppress
from typing import Any

from openconnectors.engine.call.connected import operation_names
from openconnectors.engine.documents.parts import readable
from openconnectors.engine.errors import InvalidDocument, Unsupported
from openconnectors.engine.model import MISSING, Operation, Schema, Service
from openconnectors.engine.naming import snake
from openconnectors.engine.plan.arguments import Argument
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.values.body import Compiler


def describe(name: str, service: Service) -> dict[str, Any]:
    """Everything that a connector's reference page tells: connection, triggers, actions, definitions.

    ``type`` is the Swagger type, or the name of the definition that a ``$ref`` points to. What is internal
    is left out.
    """
    compiler = Compiler(service)
    python_names = {operation_id: python for python, operation_id in operation_names(service).items()}
    read = list(readable(service))
    operations = [operation for operation in read if operation.visibility != "internal"]
    rows = {each.id: _operation(Plan(compiler, each), python_names[each.id]) for each in operations}
    return {
        "name": name,
        "title": service.title,
        "version": service.version,
        "description": service.description,
        "servers": [
            {
                "url": server.url,
                "name": server.name,
                "description": server.description,
                "variables": {
                    name: {"default": variable.default, "enum": list(variable.allowed)}
                    for name, variable in server.variables.items()
                },
            }
            for server in (*service.servers, *service.further_servers)
        ],
        "connection": [
            {
                "name": parameter.name,
                "title": parameter.title,
                "required": parameter.required,
                "description": parameter.description,
                "secret": parameter.secret,
            }
            for parameter in service.connection
        ],
        "triggers": [rows[operation.id] for operation in operations if operation.trigger],
        "actions": [rows[operation.id] for operation in operations if not operation.trigger],
        "limit": service.limit,
        "webhooks": list(service.webhooks),
        "unreadable": unreadable(service, {operation.id for operation in read}, python_names),
        "definitions": [row for ref in service.schemas if (row := _definition(service, ref)) is not None],
    }


def unreadable(service: Service, read: Set[str], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """The operations that the document spoils, each with why."""
    rows = []
    for operation_id, (method, path) in service.places.items():
        if operation_id not in read:
            try:
                _ = service.operations[operation_id]
            except InvalidDocument as error:
                row = {"operation_id": operation_id, "name": names[operation_id], "method": method, "path": path}
                rows.append({**row, "problem": str(error)})
    return rows


def type_name(schema: Schema) -> str:
    """The Swagger type of a schema, or the name of the definition it refers to; empty where it has none."""
    if schema.ref is not None:
        return ref_name(schema.ref)
    return schema.types[0] if schema.types else ("object" if schema.properties else "")


def ref_name(ref: str) -> str:
    """The name of the definition that a reference leads to."""
    return ref.rpartition("/")[2].replace("~1", "/").replace("~0", "~")


def _operation(plan: Plan, name: str) -> dict[str, Any]:
    operation: Operation = plan.operation
    return {
        "operation_id": operation.id,
        "name": name,
        "title": operation.title or snake(operation.id).replace("_", " ").capitalize(),
        "description": operation.description,
        "method": operation.method,
        "path": operation.path,
        "parameters": _parameters(plan),
        "pages": paged(plan),
        "limit": operation.limit,
        "media_types": _media_types(operation),
        "answers": [
            {
                "status": status,
                "description": response.description,
                "definition": type_name(schema) if (schema := plan.preferred_schema(response)) is not None else "",
            }
            for status, response in operation.responses.items()
        ],
    }


def _media_types(operation: Operation) -> dict[str, str]:
    """The media types of the body, with the type of each."""
    content = operation.request_body.content if operation.request_body is not None else {}
    return {name: type_name(entry.schema) if entry.schema is not None else "" for name, entry in content.items()}


def paged(plan: Plan) -> str:
    """How the pages of an operation follow one another: ``declared``, by a convention, or not at all (empty)."""
    with suppress(Unsupported):  # a policy that cannot be used is refused with the call
        if plan.paging is not None:
            return "declared"
        return plan.recognized_paging.convention if plan.recognized_paging is not None else ""
    return ""


def declared_arguments(plan: Plan) -> list[Argument]:
    """The parameters as the document declares them: a body is a single one, form fields are several. What is hidden is
    left out."""
    body = plan.operation.request_body
    wanted = "property" if body is not None and body.fields else "body"
    known = {
        (argument.location, argument.wire): argument
        for argument in plan.arguments
        if argument.location not in ("property", "body")
    }
    bodies = {
        (argument.location, argument.wire): argument for argument in plan.arguments if argument.location == wanted
    }
    order = [(parameter.location, parameter.name) for parameter in plan.operation.parameters]
    return [argument for argument in [*(known[key] for key in order), *bodies.values()] if not argument.hidden]


def is_required(argument: Argument) -> bool:
    """Whether the document says that it must be there; of a whole body, which has members as arguments, too."""
    return argument.declaration.required if argument.location == "body" else argument.required


def _parameters(plan: Plan) -> list[Mapping[str, Any]]:
    return [
        {
            "name": argument.wire,
            "argument": argument.name,
            "type": type_name(argument.schema),
            "required": is_required(argument),
            "in": "formData" if argument.location == "property" else argument.location,
            "default": None if argument.default is MISSING else argument.default,
            "description": argument.description,
        }
        for argument in declared_arguments(plan)
    ]


def _definition(service: Service, ref: str) -> dict[str, Any] | None:
    try:
        schema = service.schemas[ref]
    except InvalidDocument:
        return None
    return {
        "name": ref_name(ref),
        "description": schema.description,
        "properties": [
            {"name": name, "type": type_name(member), "required": name in schema.required}
            for name, member in schema.properties.items()
        ],
    }
