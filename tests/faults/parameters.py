"""Faults of parameters and request bodies."""

from __future__ import annotations

import copy
import random

from tests.faults.parts import Kinds, Place, Root, operations, parameters, pick, typed, under

KINDS = Kinds()


@KINDS.add
def _parameter_twice(root: Root, rng: random.Random) -> Place | None:
    at, parameter, operation = (
        pick([parameter for parameter in parameters(root) if parameter[1].get("in") == "query"], rng) or (None,) * 3
    )
    if at is None:
        return None
    operation["parameters"].append({**copy.deepcopy(parameter), "description": "again"})
    above = at.rpartition("/")[0]
    return (f"{above}/{len(operation['parameters']) - 1}", f"{above}/{len(operation['parameters']) - 1}/name", at)


@KINDS.add
def _two_bodies(root: Root, rng: random.Random) -> Place | None:
    at, _, operation = (
        pick([parameter for parameter in parameters(root) if parameter[1].get("in") == "body"], rng) or (None,) * 3
    )
    if at is None:
        return None
    operation["parameters"].append({"name": "second", "in": "body", "schema": {"type": "object"}})
    above = at.rpartition("/")[0]
    return (f"{above}/{len(operation['parameters']) - 1}", f"!{above}", at, above)


@KINDS.add
def _body_and_form(root: Root, rng: random.Random) -> Place | None:
    at, _, operation = (
        pick([parameter for parameter in parameters(root) if parameter[1].get("in") == "body"], rng) or (None,) * 3
    )
    if at is None:
        return None
    operation["parameters"].append({"name": "field", "in": "formData", "type": "string"})
    above = at.rpartition("/")[0]
    return (f"{above}/{len(operation['parameters']) - 1}", f"!{above}", at, above)


@KINDS.add
def _body_without_schema(root: Root, rng: random.Random) -> Place | None:
    at, parameter, _ = (
        pick([parameter for parameter in parameters(root) if parameter[1].get("in") == "body"], rng) or (None,) * 3
    )
    if at is None:
        return None
    parameter.pop("schema", None)
    return (at,)


@KINDS.add
def _file_in_the_query(root: Root, rng: random.Random) -> Place | None:
    at, parameter, _ = (
        pick([parameter for parameter in parameters(root) if parameter[1].get("in") == "query"], rng) or (None,) * 3
    )
    if at is None or "swagger" not in root:
        return None
    parameter["type"] = "file"
    return (f"{at}/type", at)


@KINDS.add
def _array_parameter_without_items(root: Root, rng: random.Random) -> Place | None:
    at, parameter, _ = (
        pick([parameter for parameter in parameters(root) if parameter[1].get("in") == "query"], rng) or (None,) * 3
    )
    if at is None or "swagger" not in root:
        return None
    for name in ("items", "enum", "default"):
        parameter.pop(name, None)
    parameter["type"] = "array"
    return (at, f"{at}/type")


@KINDS.add
def _header_that_HTTP_cannot_carry(root: Root, rng: random.Random) -> Place | None:
    at, operation, _, _ = pick(operations(root), rng) or (None,) * 4
    if at is None:
        return None
    parameter = {"name": "Trace Id", "in": "header", "required": False}
    typed(root, parameter)["type"] = "string"
    operation["parameters"] = [*operation.get("parameters", []), parameter]
    return (
        f"{at}/parameters/{len(operation['parameters']) - 1}/name",
        f"{at}/parameters/{len(operation['parameters']) - 1}",
    )


@KINDS.add
def _default_of_a_parameter_of_another_type(root: Root, rng: random.Random) -> Place | None:
    known = [
        parameter
        for parameter in parameters(root)
        if parameter[1].get("in") == "query" and typed(root, parameter[1]).get("type") == "integer"
    ]
    at, parameter, _ = pick(known, rng) or (None,) * 3
    if at is None:
        return None
    typed(root, parameter)["default"] = "ten"
    return (f"{under(root, at)}/default",)


@KINDS.add
def _list_format_unknown(root: Root, rng: random.Random) -> Place | None:
    at, parameter, _ = (
        pick([parameter for parameter in parameters(root) if parameter[1].get("in") == "query"], rng) or (None,) * 3
    )
    if at is None or "swagger" not in root:
        return None
    parameter |= {"type": "array", "items": {"type": "string"}, "collectionFormat": "comma"}
    for name in ("enum", "default", "format"):
        parameter.pop(name, None)
    return (f"{at}/collectionFormat", at)


@KINDS.add
def _list_repeated_in_a_header(root: Root, rng: random.Random) -> Place | None:
    at, operation, _, _ = pick(operations(root), rng) or (None,) * 4
    if at is None or "swagger" not in root:
        return None
    parameter = {
        "name": "X-Many",
        "in": "header",
        "type": "array",
        "items": {"type": "string"},
        "collectionFormat": "multi",
    }
    operation["parameters"] = [*operation.get("parameters", []), parameter]
    own_at = f"{at}/parameters/{len(operation['parameters']) - 1}"
    return (f"{own_at}/collectionFormat", own_at)


@KINDS.add
def _body_of_a_GET(root: Root, rng: random.Random) -> Place | None:
    at, operation, _, _ = (
        pick([operation for operation in operations(root) if operation[3] == "get"], rng) or (None,) * 4
    )
    if at is None:
        return None
    if "swagger" in root:
        operation["parameters"] = [
            *operation.get("parameters", []),
            {"name": "body", "in": "body", "schema": {"type": "object"}},
        ]
        return (f"{at}/parameters/{len(operation['parameters']) - 1}", f"!{at}")
    operation["requestBody"] = {"content": {"application/json": {"schema": {"type": "object"}}}}
    return (f"!{at}/requestBody", f"!{at}")


@KINDS.add
def _invalid_media_type(root: Root, rng: random.Random) -> Place | None:
    at, operation, _, _ = pick(operations(root), rng) or (None,) * 4
    if at is None:
        return None
    if "swagger" in root:
        operation["produces"] = ["json"]
        return (f"{at}/produces/0", f"!{at}/produces")
    status = next(iter(operation["responses"]))
    if "$ref" in operation["responses"][status]:
        return None
    operation["responses"][status]["content"] = {"json": {"schema": {"type": "object"}}}
    return (f"!{at}/responses/{status}/content/json",)
