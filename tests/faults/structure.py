"""Faults of structure: members missing, of another type, or unknown; keywords of schemas."""

from __future__ import annotations

import random
from typing import Any

from openconnectors.engine.documents.pointers import escape
from tests.faults.parts import (
    Kinds,
    Place,
    Root,
    Seed,
    operations,
    parameters,
    pick,
    plain_properties,
    responses,
    schemas,
)

KINDS = Kinds()


def _drop(member: str) -> Seed:
    def seed(root: Root, rng: random.Random) -> Place | None:
        return ("/info", "!/info") if root.get("info", {}).pop(member, None) is not None else None

    return seed


KINDS["no title"] = _drop("title")
KINDS["no version"] = _drop("version")


@KINDS.add
def _no_paths(root: Root, rng: random.Random) -> Place | None:
    if "swagger" not in root and not root.get("openapi", "").startswith("3.0"):
        return None
    del root["paths"]
    return ("",)


@KINDS.add
def _wrong_version(root: Root, rng: random.Random) -> Place | None:
    key = "swagger" if "swagger" in root else "openapi"
    root[key] = "2.1" if key == "swagger" else "4.0.0"
    return (f"/{key}", f"!/{key}")


def _operation_member(name: str, value: Any) -> Seed:
    def seed(root: Root, rng: random.Random) -> Place | None:
        at, operation, _, _ = pick(operations(root), rng) or (None,) * 4
        if at is None:
            return None
        operation[name] = value
        return (f"!{at}/{name}", f"{at}/{name}")

    return seed


KINDS["unknown member of an operation"] = _operation_member("parmeters", [])
KINDS["tags not a list"] = _operation_member("tags", "things")
KINDS["deprecated not a boolean"] = _operation_member("deprecated", "yes")
KINDS["operationId not a text"] = _operation_member("operationId", 12)


def _parameter_member(name: str, value: Any, where: tuple[str, ...] = ("query", "header", "path")) -> Seed:
    def seed(root: Root, rng: random.Random) -> Place | None:
        at, parameter, _ = (
            pick([parameter for parameter in parameters(root) if parameter[1].get("in") in where], rng) or (None,) * 3
        )
        if at is None:
            return None
        if value is None:
            if parameter.pop(name, None) is None:
                return None
            return (at,)
        parameter[name] = value
        return (f"!{at}/{name}", f"{at}/{name}")

    return seed


KINDS["parameter without name"] = _parameter_member("name", None)
KINDS["parameter without in"] = _parameter_member("in", None)
KINDS["parameter in an unknown location"] = _parameter_member("in", "querry", ("query",))
KINDS["required not a boolean"] = _parameter_member("required", "true", ("query",))
KINDS["unknown member of a parameter"] = _parameter_member("requird", True)


@KINDS.add
def _response_without_description(root: Root, rng: random.Random) -> Place | None:
    if root.get("openapi", "").startswith("3.2"):
        return None
    at, response, _ = pick([row for row in responses(root) if "description" in row[1]], rng) or (None,) * 3
    if at is None:
        return None
    del response["description"]
    return (at, f"!{at}")


@KINDS.add
def _invalid_status(root: Root, rng: random.Random) -> Place | None:
    at, operation, _, _ = pick(operations(root), rng) or (None,) * 4
    if at is None:
        return None
    operation["responses"]["2OO"] = {"description": "fine"}
    return (f"!{at}/responses/2OO",)


@KINDS.add
def _no_responses(root: Root, rng: random.Random) -> Place | None:
    at, operation, _, _ = pick(operations(root), rng) or (None,) * 4
    if at is None or root.get("openapi", "").startswith(("3.1", "3.2")):
        return None
    del operation["responses"]
    return (at, f"!{at}")


@KINDS.add
def _responses_empty(root: Root, rng: random.Random) -> Place | None:
    at, operation, _, _ = pick(operations(root), rng) or (None,) * 4
    if at is None:
        return None
    operation["responses"] = {}
    return (f"{at}/responses", f"!{at}/responses")


@KINDS.add
def _path_without_slash(root: Root, rng: random.Random) -> Place | None:
    path = pick([name for name in root.get("paths", {}) if name.startswith("/")], rng)
    if path is None:
        return None
    root["paths"] = {name[1:] if name == path else name: value for name, value in root["paths"].items()}
    return (f"!/paths/{escape(path[1:])}",)


def _property(name: str, value: Any, kind: str = "string") -> Seed:
    def seed(root: Root, rng: random.Random) -> Place | None:
        at, schema = pick(plain_properties(root, kind), rng) or (None, None)
        if at is None or schema is None:
            return None
        schema[name] = value
        return (f"{at}/{name}", f"!{at}/{name}")

    return seed


KINDS["unknown type"] = _property("type", "strng")
KINDS["readOnly not a boolean"] = _property("readOnly", "true")
KINDS["negative minLength"] = _property("minLength", -1)
KINDS["multipleOf zero"] = _property("multipleOf", 0, "integer")
KINDS["empty enum"] = _property("enum", [])
KINDS["description not a text"] = _property("description", 7)
KINDS["invalid pattern"] = _property("pattern", "([a-z")
KINDS["pattern of another language"] = _property("pattern", r"(?P<year>\d{4})")
KINDS["pattern without bound"] = _property("pattern", r"^(a+)+$")
KINDS["keyword of another type"] = _property("minimum", 3)
KINDS["format of another type"] = _property("format", "date-time", "integer")
KINDS["default of another type"] = _property("default", "many", "integer")
KINDS["example of another type"] = _property("example", "many", "integer")
KINDS["extension misspelled"] = _property("x-ms-sumary", "Title")


def _two(low: str, high: str, least: int, most: int, kind: str) -> Seed:
    def seed(root: Root, rng: random.Random) -> Place | None:
        at, schema = pick(plain_properties(root, kind), rng) or (None, None)
        if at is None or schema is None:
            return None
        schema[low], schema[high] = least, most
        return (f"{at}/{low}", f"{at}/{high}")

    return seed


KINDS["minimum above maximum"] = _two("minimum", "maximum", 9, 3, "integer")
KINDS["minLength above maxLength"] = _two("minLength", "maxLength", 9, 3, "string")


@KINDS.add
def _default_outside_enum(root: Root, rng: random.Random) -> Place | None:
    at, schema = pick(plain_properties(root), rng) or (None, None)
    if at is None or schema is None:
        return None
    schema["enum"], schema["default"] = ["open", "closed"], "opne"
    return (f"{at}/default",)


@KINDS.add
def _enum_of_another_type(root: Root, rng: random.Random) -> Place | None:
    at, schema = pick(plain_properties(root, "integer"), rng) or (None, None)
    if at is None or schema is None:
        return None
    schema["enum"] = [1, "2", 3]
    return (f"{at}/enum/1",)


@KINDS.add
def _enum_value_twice(root: Root, rng: random.Random) -> Place | None:
    at, schema = pick(plain_properties(root), rng) or (None, None)
    if at is None or schema is None:
        return None
    schema["enum"] = ["open", "closed", "open"]
    return (f"{at}/enum/2", f"{at}/enum", f"!{at}/enum", f"{at}/enum/0")


@KINDS.add
def _array_without_items(root: Root, rng: random.Random) -> Place | None:
    if root.get("openapi", "").startswith(("3.1", "3.2")):
        return None
    at, schema = pick(plain_properties(root), rng) or (None, None)
    if at is None or schema is None:
        return None
    for name in list(schema):
        del schema[name]
    schema["type"] = "array"
    return (at, f"!{at}", f"{at}/type")


@KINDS.add
def _exclusive_without_limit(root: Root, rng: random.Random) -> Place | None:
    at, schema = pick(
        [member for member in plain_properties(root, "integer") if "maximum" not in member[1]],
        rng,
    ) or (
        None,
        None,
    )
    if at is None or schema is None or root.get("openapi", "").startswith(("3.1", "3.2")):
        return None
    schema["exclusiveMaximum"] = True
    return (f"{at}/exclusiveMaximum",)


@KINDS.add
def _required_twice(root: Root, rng: random.Random) -> Place | None:
    at, schema = pick(schemas(root), rng) or (None, None)
    if at is None or schema is None:
        return None
    name = next(iter(schema["properties"]), None)
    if name is None:
        return None
    schema["required"] = [name, name]
    return (f"{at}/required/1", f"{at}/required", f"!{at}/required")


@KINDS.add
def _required_empty(root: Root, rng: random.Random) -> Place | None:
    at, schema = pick(schemas(root), rng) or (None, None)
    if at is None or schema is None or root.get("openapi", "").startswith(("3.1", "3.2")):
        return None
    schema["required"] = []
    return (f"{at}/required", f"!{at}/required")


@KINDS.add
def _required_that_is_not_a_property(root: Root, rng: random.Random) -> Place | None:
    at, schema = pick([schema for schema in schemas(root) if not schema[1].get("additionalProperties")], rng) or (
        None,
        None,
    )
    if at is None or schema is None:
        return None
    schema["required"] = [*schema.get("required", []), "nowhere_else"]
    return (f"{at}/required/{len(schema['required']) - 1}", f"{at}/required", f"!{at}/required", at, f"!{at}")


@KINDS.add
def _discriminator_that_is_not_a_property(root: Root, rng: random.Random) -> Place | None:
    at, schema = pick(schemas(root), rng) or (None, None)
    if at is None or schema is None:
        return None
    schema["discriminator"] = "petKind" if "swagger" in root else {"propertyName": "petKind"}
    return (f"{at}/discriminator", f"!{at}/discriminator", f"{at}/discriminator/propertyName", at, f"!{at}")


@KINDS.add
def _schema_that_requires_itself(root: Root, rng: random.Random) -> Place | None:
    at, schema = pick(schemas(root), rng) or (None, None)
    if at is None or schema is None:
        return None
    schema["properties"]["again"] = {"$ref": f"#{at}"}
    schema["required"] = [*schema.get("required", []), "again"]
    return (f"!{at}/properties/again", f"{at}/properties/again/$ref", f"{at}/required/{len(schema['required']) - 1}")


@KINDS.add
def _two_names_in_xml(root: Root, rng: random.Random) -> Place | None:
    at, schema = pick([schema for schema in schemas(root) if len(schema[1]["properties"]) > 1], rng) or (None, None)
    if at is None or schema is None:
        return None
    first, second = list(schema["properties"])[:2]
    if any("$ref" in schema["properties"][item] for item in (first, second)):
        return None
    schema["properties"][first]["xml"] = {"name": "same"}
    schema["properties"][second]["xml"] = {"name": "same"}
    pointer = f"{at}/properties/{escape(second)}"
    return (f"!{pointer}", pointer, f"{pointer}/xml", f"{pointer}/xml/name", f"!{pointer}/xml")


@KINDS.add
def _types_that_contradict(root: Root, rng: random.Random) -> Place | None:
    at, schema = pick(schemas(root), rng) or (None, None)
    if at is None or schema is None:
        return None
    holder = root["definitions"] if "swagger" in root else root["components"]["schemas"]
    holder["Contradiction"] = {"allOf": [{"$ref": f"#{at}"}, {"type": "string"}]}
    schema.setdefault("type", "object")
    pointer = f"{at.rpartition('/')[0]}/Contradiction"
    return (f"{pointer}/allOf/1", f"{pointer}/allOf/1/type", f"{pointer}/allOf/0", f"!{pointer}")
