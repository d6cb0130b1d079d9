"""Faults of the extensions that connectors use."""

from __future__ import annotations

import random

from tests.faults.parts import Kinds, Place, Root, operations, parameters, pick

KINDS = Kinds()


@KINDS.add
def _choices_from_an_unknown_operation(root: Root, rng: random.Random) -> Place | None:
    at, parameter, _ = (
        pick([parameter for parameter in parameters(root) if parameter[1].get("in") == "query"], rng) or (None,) * 3
    )
    if at is None or "swagger" not in root:
        return None
    parameter["x-ms-dynamic-values"] = {"operationId": "NoSuchList", "value-path": "id"}
    return (f"{at}/x-ms-dynamic-values/operationId",)


@KINDS.add
def _choices_with_an_unknown_parameter(root: Root, rng: random.Random) -> Place | None:
    at, parameter, _ = (
        pick([parameter for parameter in parameters(root) if parameter[1].get("in") == "query"], rng) or (None,) * 3
    )
    target = pick([operation for operation in operations(root) if operation[1].get("operationId")], rng)
    if at is None or target is None or "swagger" not in root:
        return None
    parameter["x-ms-dynamic-values"] = {
        "operationId": target[1]["operationId"],
        "value-path": "id",
        "parameters": {"noSuch": 1},
    }
    return (f"!{at}/x-ms-dynamic-values/parameters/noSuch",)


@KINDS.add
def _invalid_visibility(root: Root, rng: random.Random) -> Place | None:
    at, parameter, _ = (
        pick([parameter for parameter in parameters(root) if parameter[1].get("in") == "query"], rng) or (None,) * 3
    )
    if at is None or "swagger" not in root:
        return None
    parameter["x-ms-visibility"] = "importent"
    return (f"{at}/x-ms-visibility",)


@KINDS.add
def _next_link_that_is_not_a_property(root: Root, rng: random.Random) -> Place | None:
    at, operation, _, _ = (
        pick([operation for operation in operations(root) if operation[3] == "get"], rng) or (None,) * 4
    )
    if at is None or "swagger" not in root:
        return None
    operation["responses"]["200"] = {
        "description": "a page",
        "schema": {"type": "object", "properties": {"value": {"type": "array", "items": {"type": "string"}}}},
    }
    operation["x-ms-pageable"] = {"nextLinkName": "nextlink"}
    return (f"{at}/x-ms-pageable/nextLinkName",)
