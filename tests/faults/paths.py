"""Faults of paths, operations and their responses."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from openconnectors.engine.documents.pointers import escape
from tests.faults.parts import METHODS, Kinds, Place, Root, Seed, operations, parameters, pick

KINDS = Kinds()


@KINDS.add
def _operationId_twice(root: Root, rng: random.Random) -> Place | None:
    known = [operation for operation in operations(root) if "operationId" in operation[1]]
    if len(known) < 2:
        return None
    first, second = rng.sample(known, 2)
    second[1]["operationId"] = first[1]["operationId"]
    return (f"{first[0]}/operationId", f"{second[0]}/operationId", f"!{second[0]}", f"!{first[0]}", first[0], second[0])


@KINDS.add
def _operationIds_of_one_name(root: Root, rng: random.Random) -> Place | None:
    known = [operation for operation in operations(root) if "operationId" in operation[1]]
    if len(known) < 2:
        return None
    first, second = rng.sample(known, 2)
    first[1]["operationId"], second[1]["operationId"] = "readThing", "read_thing"
    return (f"{first[0]}/operationId", f"{second[0]}/operationId")


def _with_variable(root: Root) -> list[tuple[str, Root, str, str]]:
    return [
        operation
        for operation in operations(root)
        if "{" in operation[2] and len([m for m in root["paths"][operation[2]] if m in METHODS]) == 1
    ]


@KINDS.add
def _path_parameter_missing(root: Root, rng: random.Random) -> Place | None:
    known = [
        (at, operation, path, index)
        for at, operation, path, _ in _with_variable(root)
        for index, parameter in enumerate(operation.get("parameters") or ())
        if parameter.get("in") == "path"
    ]
    at, operation, _path, index = pick(known, rng) or (None,) * 4
    if at is None:
        return None
    del operation["parameters"][index]
    return (f"!{at.rpartition('/')[0]}", f"!{at}", at, f"{at}/parameters", f"!{at}/parameters")


@KINDS.add
def _path_parameter_renamed(root: Root, rng: random.Random) -> Place | None:
    known = [
        parameter
        for parameter in parameters(root)
        if parameter[1].get("in") == "path" and parameter[0].count("/paths/") == 1
    ]
    at, parameter, _ = pick(known, rng) or (None,) * 3
    if at is None:
        return None
    parameter["name"] += "Other"
    above = at.rpartition("/parameters/")[0]
    return (f"{at}/name", at, f"!{above}", f"!{above.rpartition('/')[0]}", above)


@KINDS.add
def _path_parameter_optional(root: Root, rng: random.Random) -> Place | None:
    at, parameter, _ = (
        pick([parameter for parameter in parameters(root) if parameter[1].get("in") == "path"], rng) or (None,) * 3
    )
    if at is None:
        return None
    parameter["required"] = False
    return (f"{at}/required", f"!{at}/required", at)


@KINDS.add
def _paths_that_are_one(root: Root, rng: random.Random) -> Place | None:
    path = pick([name for name in root.get("paths", {}) if "{" in name], rng)
    if path is None:
        return None
    name = re.findall(r"\{([^{}]*)\}", path)[0]
    other = path.replace(f"{{{name}}}", "{other}")
    root["paths"][other] = {
        "get": {
            "operationId": "otherRead",
            "parameters": [
                {
                    "name": variable,
                    "in": "path",
                    "required": True,
                    **({"type": "string"} if "swagger" in root else {"schema": {"type": "string"}}),
                }
                for variable in re.findall(r"\{([^{}]*)\}", other)
            ],
            "responses": {"200": {"description": "fine"}},
        }
    }
    return (f"!/paths/{escape(other)}", f"!/paths/{escape(path)}", f"/paths/{escape(other)}")


def _renamed_path(change: Callable[[str], str | None]) -> Seed:
    def seed(root: Root, rng: random.Random) -> Place | None:
        path = pick([name for name in root.get("paths", {}) if name.startswith("/") and change(name)], rng)
        if path is None:
            return None
        other = change(path) or path
        root["paths"] = {other if name == path else name: value for name, value in root["paths"].items()}
        return (f"!/paths/{escape(other)}", f"/paths/{escape(other)}")

    return seed


KINDS["path with a query"] = _renamed_path(lambda path: f"{path}?all=true" if "?" not in path else None)
KINDS["path with a brace open"] = _renamed_path(lambda path: f"{path}/{{open" if "{" not in path else None)
KINDS["path variable twice"] = _renamed_path(
    lambda path: f"{path}/again/{re.findall('{[^{}]*}', path)[0]}" if "{" in path else None
)


@KINDS.add
def _response_204_with_a_body(root: Root, rng: random.Random) -> Place | None:
    at, operation, _, _ = (
        pick([operation for operation in operations(root) if "204" not in operation[1].get("responses", {})], rng)
        or (None,) * 4
    )
    if at is None:
        return None
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    content = {"schema": schema} if "swagger" in root else {"content": {"application/json": {"schema": schema}}}
    operation["responses"]["204"] = {"description": "gone", **content}
    pointer = f"{at}/responses/204"
    return (f"!{pointer}", f"!{pointer}/schema", f"!{pointer}/content", pointer)


@KINDS.add
def _no_response_of_success(root: Root, rng: random.Random) -> Place | None:
    at, operation, _, _ = pick(operations(root), rng) or (None,) * 4
    if at is None:
        return None
    operation["responses"] = {"400": {"description": "wrong"}}
    return (f"!{at}/responses", f"{at}/responses")
