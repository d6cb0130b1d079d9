"""Faults of references."""

from __future__ import annotations

import random

from tests.faults.parts import Kinds, Place, Root, operations, pick, plain_properties, responses

KINDS = Kinds()


@KINDS.add
def _reference_to_nothing(root: Root, rng: random.Random) -> Place | None:
    at, schema = pick(plain_properties(root), rng) or (None, None)
    if at is None or schema is None:
        return None
    schema.clear()
    schema["$ref"] = "#/definitions/Nowhere" if "swagger" in root else "#/components/schemas/Nowhere"
    return (f"{at}/$ref", at, f"!{at}")


@KINDS.add
def _parameter_reference_to_nothing(root: Root, rng: random.Random) -> Place | None:
    at, operation, _, _ = pick(operations(root), rng) or (None,) * 4
    if at is None:
        return None
    target = "#/parameters/Nowhere" if "swagger" in root else "#/components/parameters/Nowhere"
    operation["parameters"] = [*operation.get("parameters", []), {"$ref": target}]
    pointer = f"{at}/parameters/{len(operation['parameters']) - 1}"
    return (f"{pointer}/$ref", pointer)


@KINDS.add
def _reference_to_another_kind(root: Root, rng: random.Random) -> Place | None:
    at, response, _ = (
        pick([response for response in responses(root) if "schema" in response[1] or "content" in response[1]], rng)
        or (None,) * 3
    )
    other = pick(responses(root), rng)
    if at is None or other is None or "swagger" not in root:
        return None
    root["responses"] = {**root.get("responses", {}), "Odd": {"description": "odd"}}
    response["schema"] = {"$ref": "#/responses/Odd"}
    return (f"{at}/schema/$ref", f"{at}/schema", f"!{at}/schema")


@KINDS.add
def _references_in_a_circle(root: Root, rng: random.Random) -> Place | None:
    holder = root.get("definitions") if "swagger" in root else root.get("components", {}).get("schemas")
    if not holder:
        return None
    at = "/definitions" if "swagger" in root else "/components/schemas"
    holder["Round"] = {"$ref": f"#{at}/Trip"}
    holder["Trip"] = {"$ref": f"#{at}/Round"}
    return (f"{at}/Round/$ref", f"{at}/Trip/$ref", f"!{at}/Round", f"!{at}/Trip")


@KINDS.add
def _reference_to_a_missing_file(root: Root, rng: random.Random) -> Place | None:
    at, schema = pick(plain_properties(root), rng) or (None, None)
    if at is None or schema is None:
        return None
    schema.clear()
    schema["$ref"] = "other.json#/definitions/Thing"
    return (f"{at}/$ref", at, f"!{at}")


@KINDS.add
def _definition_that_nothing_uses(root: Root, rng: random.Random) -> Place | None:
    holder = root.get("definitions") if "swagger" in root else root.get("components", {}).get("schemas")
    if not holder:
        return None
    holder["Leftover"] = {"type": "object"}
    at = "/definitions" if "swagger" in root else "/components/schemas"
    return (f"!{at}/Leftover", f"{at}/Leftover")
