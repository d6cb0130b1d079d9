"""What a service offers, as plain data: for people, for tools, and for tests against its reference page."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from openconnectors.engine.call.connected import operation_names
from openconnectors.engine.documents.loader import readable
from openconnectors.engine.errors import InvalidDocument
from openconnectors.engine.model import MISSING, Operation, Schema, Service
from openconnectors.engine.naming import snake
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
    operations = [one for one in read if one.visibility != "internal"]
    shown = {one.id: _operation(Plan(compiler, one), python_names[one.id]) for one in operations}
    return {
        "name": name,
        "title": service.title,
        "version": service.version,
        "description": service.description,
        "connection": [
            {
                "name": one.name,
                "title": one.title,
                "required": one.required,
                "description": one.description,
                "secret": one.secret,
            }
            for one in service.connection
        ],
        "triggers": [shown[one.id] for one in operations if one.trigger],
        "actions": [shown[one.id] for one in operations if not one.trigger],
        "unreadable": _unreadable(service, {one.id for one in read}, python_names),
        "definitions": [made for ref in service.schemas if (made := _definition(service, ref)) is not None],
    }


def _unreadable(service: Service, read: Set[str], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """The operations that the document spoils, each with why."""
    found = []
    for operation_id, (method, path) in service.places.items():
        if operation_id not in read:
            try:
                _ = service.operations[operation_id]
            except InvalidDocument as error:
                own = {"operation_id": operation_id, "name": names[operation_id], "method": method, "path": path}
                found.append({**own, "problem": str(error)})
    return found


def type_name(schema: Schema) -> str:
    """The Swagger type of a schema, or the name of the definition it refers to; empty where it has none."""
    if schema.ref is not None:
        return _ref_name(schema.ref)
    return schema.types[0] if schema.types else ("object" if schema.properties else "")


def _ref_name(ref: str) -> str:
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
        "answers": [
            {
                "status": status,
                "description": response.description,
                "definition": type_name(schema) if (schema := plan.preferred_schema(response)) is not None else "",
            }
            for status, response in operation.responses.items()
        ],
    }


def _parameters(plan: Plan) -> list[Mapping[str, Any]]:
    """The parameters as the document declares them: a body is one, form fields are several."""
    body = plan.operation.request_body
    wanted = "property" if body is not None and body.fields else "body"
    known = {(one.location, one.wire): one for one in plan.arguments if one.location not in ("property", "body")}
    bodies = {(one.location, one.wire): one for one in plan.arguments if one.location == wanted}
    order = [(one.location, one.name) for one in plan.operation.parameters]
    return [
        {
            "name": one.wire,
            "argument": one.name,
            "type": type_name(one.schema),
            "required": one.declaration.required if one.location == "body" else one.required,
            "in": "formData" if one.location == "property" else one.location,
            "default": None if one.default is MISSING else one.default,
            "description": one.description,
        }
        for one in [*(known[key] for key in order), *bodies.values()]
        if not one.hidden
    ]


def _definition(service: Service, ref: str) -> dict[str, Any] | None:
    try:
        schema = service.schemas[ref]
    except InvalidDocument:
        return None
    return {
        "name": _ref_name(ref),
        "description": schema.description,
        "properties": [
            {"name": name, "type": type_name(one), "required": name in schema.required}
            for name, one in schema.properties.items()
        ],
    }
