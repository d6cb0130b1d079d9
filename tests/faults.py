"""Ways to break a document, each with the lines at which a checker should report it.

A way is a function of a parsed root and a random generator (``KINDS``), of a document's text (``TEXTS``), or a
properties file (``PROPERTIES``). ``seeded`` writes documents with one fault each; the tests ask that each is found, and
``bench.faults`` counts what other checkers find.
"""

from __future__ import annotations

import copy
import json
import random
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openconnectors import registry
from openconnectors.engine.documents import document
from openconnectors.engine.documents.document import escape
from openconnectors.engine.errors import InvalidDocument
from openconnectors.engine.lint import validate

Root = dict[str, Any]
Place = tuple[str, ...]
"""Pointers, of which any is the right place; one that begins with ``!`` means the node's key."""
Seed = Callable[[Root, random.Random], Place | None]
KINDS: dict[str, Seed] = {}
METHODS = ("get", "put", "post", "delete", "patch")


def kind(seed: Seed) -> Seed:
    """Registers a way to break a document: it changes the root and tells where, or returns None."""
    KINDS[seed.__name__.strip("_").replace("_", " ")] = seed
    return seed


# What a document has


def operations(root: Root) -> list[tuple[str, Root, str, str]]:
    """Pointer, operation, path, method."""
    return [
        (f"/paths/{escape(path)}/{method}", item[method], path, method)
        for path, item in root.get("paths", {}).items()
        if path.startswith("/")
        for method in METHODS
        if isinstance(item.get(method), dict)
    ]


def parameters(root: Root) -> list[tuple[str, Root, Root]]:
    """Pointer, parameter, operation; inline ones."""
    return [
        (f"{at}/parameters/{index}", parameter, operation)
        for at, operation, _, _ in operations(root)
        for index, parameter in enumerate(operation.get("parameters") or ())
        if "$ref" not in parameter
    ]


def schemas(root: Root) -> list[tuple[str, Root]]:
    """Pointer and schema of every named object with properties, and of its properties."""
    two = root.get("definitions") if "swagger" in root else root.get("components", {}).get("schemas")
    at = "/definitions" if "swagger" in root else "/components/schemas"
    schemas_with_properties = []
    for name, schema in (two or {}).items():
        if isinstance(schema, dict) and isinstance(schema.get("properties"), dict) and "allOf" not in schema:
            schemas_with_properties.append((f"{at}/{escape(name)}", schema))
    return schemas_with_properties


def plain_properties(root: Root, kind: str = "string") -> list[tuple[str, Root]]:
    """Pointer and schema of properties of one type that are nothing else."""
    return [
        (f"{at}/properties/{escape(name)}", member)
        for at, schema in schemas(root)
        for name, member in schema["properties"].items()
        if isinstance(member, dict)
        and member.get("type") == kind
        and "enum" not in member
        and "x-ms-dynamic-values" not in member
    ]


def answers(root: Root) -> list[tuple[str, Root, Root]]:
    """Pointer, answer, operation."""
    return [
        (f"{at}/responses/{escape(str(status))}", response, operation)
        for at, operation, _, _ in operations(root)
        for status, response in operation.get("responses", {}).items()
        if isinstance(response, dict) and "$ref" not in response
    ]


def pick(candidates: list[Any], rng: random.Random) -> Any:
    """One of them, or None."""
    return rng.choice(candidates) if candidates else None


def typed(root: Root, parameter: Root) -> Root:
    """Where a parameter's type stands: itself in 2.0, its schema in 3.x."""
    return parameter if "swagger" in root else parameter.setdefault("schema", {})


def under(root: Root, at: str) -> str:
    """The pointer of that place."""
    return at if "swagger" in root else f"{at}/schema"


# Structure


def _drop(member: str) -> Seed:
    def seed(root: Root, rng: random.Random) -> Place | None:
        return ("/info", "!/info") if root.get("info", {}).pop(member, None) is not None else None

    return seed


KINDS["no title"] = _drop("title")
KINDS["no version"] = _drop("version")


@kind
def _no_paths(root: Root, rng: random.Random) -> Place | None:
    if "swagger" not in root and not root.get("openapi", "").startswith("3.0"):
        return None
    del root["paths"]
    return ("",)


@kind
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
KINDS["tags no list"] = _operation_member("tags", "things")
KINDS["deprecated no boolean"] = _operation_member("deprecated", "yes")
KINDS["operationId no text"] = _operation_member("operationId", 12)


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
KINDS["parameter in nowhere"] = _parameter_member("in", "querry", ("query",))
KINDS["required no boolean"] = _parameter_member("required", "true", ("query",))
KINDS["unknown member of a parameter"] = _parameter_member("requird", True)


@kind
def _answer_without_description(root: Root, rng: random.Random) -> Place | None:
    if root.get("openapi", "").startswith("3.2"):
        return None
    at, answer, _ = pick([answer for answer in answers(root) if "description" in answer[1]], rng) or (None,) * 3
    if at is None:
        return None
    del answer["description"]
    return (at, f"!{at}")


@kind
def _status_that_is_none(root: Root, rng: random.Random) -> Place | None:
    at, operation, _, _ = pick(operations(root), rng) or (None,) * 4
    if at is None:
        return None
    operation["responses"]["2OO"] = {"description": "fine"}
    return (f"!{at}/responses/2OO",)


@kind
def _no_answers(root: Root, rng: random.Random) -> Place | None:
    at, operation, _, _ = pick(operations(root), rng) or (None,) * 4
    if at is None or root.get("openapi", "").startswith(("3.1", "3.2")):
        return None
    del operation["responses"]
    return (at, f"!{at}")


@kind
def _answers_empty(root: Root, rng: random.Random) -> Place | None:
    at, operation, _, _ = pick(operations(root), rng) or (None,) * 4
    if at is None:
        return None
    operation["responses"] = {}
    return (f"{at}/responses", f"!{at}/responses")


@kind
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
KINDS["readOnly no boolean"] = _property("readOnly", "true")
KINDS["negative minLength"] = _property("minLength", -1)
KINDS["multipleOf zero"] = _property("multipleOf", 0, "integer")
KINDS["empty enum"] = _property("enum", [])
KINDS["description no text"] = _property("description", 7)
KINDS["pattern that is none"] = _property("pattern", "([a-z")
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


@kind
def _default_outside_enum(root: Root, rng: random.Random) -> Place | None:
    at, schema = pick(plain_properties(root), rng) or (None, None)
    if at is None or schema is None:
        return None
    schema["enum"], schema["default"] = ["open", "closed"], "opne"
    return (f"{at}/default",)


@kind
def _enum_of_another_type(root: Root, rng: random.Random) -> Place | None:
    at, schema = pick(plain_properties(root, "integer"), rng) or (None, None)
    if at is None or schema is None:
        return None
    schema["enum"] = [1, "2", 3]
    return (f"{at}/enum/1",)


@kind
def _enum_value_twice(root: Root, rng: random.Random) -> Place | None:
    at, schema = pick(plain_properties(root), rng) or (None, None)
    if at is None or schema is None:
        return None
    schema["enum"] = ["open", "closed", "open"]
    return (f"{at}/enum/2", f"{at}/enum", f"!{at}/enum", f"{at}/enum/0")


@kind
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


@kind
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


@kind
def _required_twice(root: Root, rng: random.Random) -> Place | None:
    at, schema = pick(schemas(root), rng) or (None, None)
    if at is None or schema is None:
        return None
    name = next(iter(schema["properties"]), None)
    if name is None:
        return None
    schema["required"] = [name, name]
    return (f"{at}/required/1", f"{at}/required", f"!{at}/required")


@kind
def _required_empty(root: Root, rng: random.Random) -> Place | None:
    at, schema = pick(schemas(root), rng) or (None, None)
    if at is None or schema is None or root.get("openapi", "").startswith(("3.1", "3.2")):
        return None
    schema["required"] = []
    return (f"{at}/required", f"!{at}/required")


@kind
def _required_that_is_no_property(root: Root, rng: random.Random) -> Place | None:
    at, schema = pick([schema for schema in schemas(root) if not schema[1].get("additionalProperties")], rng) or (
        None,
        None,
    )
    if at is None or schema is None:
        return None
    schema["required"] = [*schema.get("required", []), "nowhere_else"]
    return (f"{at}/required/{len(schema['required']) - 1}", f"{at}/required", f"!{at}/required", at, f"!{at}")


@kind
def _discriminator_that_is_no_property(root: Root, rng: random.Random) -> Place | None:
    at, schema = pick(schemas(root), rng) or (None, None)
    if at is None or schema is None:
        return None
    schema["discriminator"] = "petKind" if "swagger" in root else {"propertyName": "petKind"}
    return (f"{at}/discriminator", f"!{at}/discriminator", f"{at}/discriminator/propertyName", at, f"!{at}")


@kind
def _schema_that_requires_itself(root: Root, rng: random.Random) -> Place | None:
    at, schema = pick(schemas(root), rng) or (None, None)
    if at is None or schema is None:
        return None
    schema["properties"]["again"] = {"$ref": f"#{at}"}
    schema["required"] = [*schema.get("required", []), "again"]
    return (f"!{at}/properties/again", f"{at}/properties/again/$ref", f"{at}/required/{len(schema['required']) - 1}")


@kind
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


@kind
def _types_that_contradict(root: Root, rng: random.Random) -> Place | None:
    at, schema = pick(schemas(root), rng) or (None, None)
    if at is None or schema is None:
        return None
    holder = root["definitions"] if "swagger" in root else root["components"]["schemas"]
    holder["Contradiction"] = {"allOf": [{"$ref": f"#{at}"}, {"type": "string"}]}
    schema.setdefault("type", "object")
    pointer = f"{at.rpartition('/')[0]}/Contradiction"
    return (f"{pointer}/allOf/1", f"{pointer}/allOf/1/type", f"{pointer}/allOf/0", f"!{pointer}")


# References


@kind
def _reference_to_nothing(root: Root, rng: random.Random) -> Place | None:
    at, schema = pick(plain_properties(root), rng) or (None, None)
    if at is None or schema is None:
        return None
    schema.clear()
    schema["$ref"] = "#/definitions/Nowhere" if "swagger" in root else "#/components/schemas/Nowhere"
    return (f"{at}/$ref", at, f"!{at}")


@kind
def _parameter_reference_to_nothing(root: Root, rng: random.Random) -> Place | None:
    at, operation, _, _ = pick(operations(root), rng) or (None,) * 4
    if at is None:
        return None
    target = "#/parameters/Nowhere" if "swagger" in root else "#/components/parameters/Nowhere"
    operation["parameters"] = [*operation.get("parameters", []), {"$ref": target}]
    pointer = f"{at}/parameters/{len(operation['parameters']) - 1}"
    return (f"{pointer}/$ref", pointer)


@kind
def _reference_to_another_kind(root: Root, rng: random.Random) -> Place | None:
    at, answer, _ = (
        pick([answer for answer in answers(root) if "schema" in answer[1] or "content" in answer[1]], rng)
        or (None,) * 3
    )
    other = pick(answers(root), rng)
    if at is None or other is None or "swagger" not in root:
        return None
    root["responses"] = {**root.get("responses", {}), "Odd": {"description": "odd"}}
    answer["schema"] = {"$ref": "#/responses/Odd"}
    return (f"{at}/schema/$ref", f"{at}/schema", f"!{at}/schema")


@kind
def _references_in_a_circle(root: Root, rng: random.Random) -> Place | None:
    holder = root.get("definitions") if "swagger" in root else root.get("components", {}).get("schemas")
    if not holder:
        return None
    at = "/definitions" if "swagger" in root else "/components/schemas"
    holder["Round"] = {"$ref": f"#{at}/Trip"}
    holder["Trip"] = {"$ref": f"#{at}/Round"}
    return (f"{at}/Round/$ref", f"{at}/Trip/$ref", f"!{at}/Round", f"!{at}/Trip")


@kind
def _reference_to_a_file_that_is_not_there(root: Root, rng: random.Random) -> Place | None:
    at, schema = pick(plain_properties(root), rng) or (None, None)
    if at is None or schema is None:
        return None
    schema.clear()
    schema["$ref"] = "other.json#/definitions/Thing"
    return (f"{at}/$ref", at, f"!{at}")


@kind
def _definition_that_nothing_uses(root: Root, rng: random.Random) -> Place | None:
    holder = root.get("definitions") if "swagger" in root else root.get("components", {}).get("schemas")
    if not holder:
        return None
    holder["Leftover"] = {"type": "object"}
    at = "/definitions" if "swagger" in root else "/components/schemas"
    return (f"!{at}/Leftover", f"{at}/Leftover")


# Paths and operations


@kind
def _operationId_twice(root: Root, rng: random.Random) -> Place | None:
    known = [operation for operation in operations(root) if "operationId" in operation[1]]
    if len(known) < 2:
        return None
    first, second = rng.sample(known, 2)
    second[1]["operationId"] = first[1]["operationId"]
    return (f"{first[0]}/operationId", f"{second[0]}/operationId", f"!{second[0]}", f"!{first[0]}", first[0], second[0])


@kind
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


@kind
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


@kind
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


@kind
def _path_parameter_optional(root: Root, rng: random.Random) -> Place | None:
    at, parameter, _ = (
        pick([parameter for parameter in parameters(root) if parameter[1].get("in") == "path"], rng) or (None,) * 3
    )
    if at is None:
        return None
    parameter["required"] = False
    return (f"{at}/required", f"!{at}/required", at)


@kind
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


@kind
def _answer_of_204_with_a_body(root: Root, rng: random.Random) -> Place | None:
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


@kind
def _no_answer_of_success(root: Root, rng: random.Random) -> Place | None:
    at, operation, _, _ = pick(operations(root), rng) or (None,) * 4
    if at is None:
        return None
    operation["responses"] = {"400": {"description": "wrong"}}
    return (f"!{at}/responses", f"{at}/responses")


# Parameters and bodies


@kind
def _parameter_twice(root: Root, rng: random.Random) -> Place | None:
    at, parameter, operation = (
        pick([parameter for parameter in parameters(root) if parameter[1].get("in") == "query"], rng) or (None,) * 3
    )
    if at is None:
        return None
    operation["parameters"].append({**copy.deepcopy(parameter), "description": "again"})
    above = at.rpartition("/")[0]
    return (f"{above}/{len(operation['parameters']) - 1}", f"{above}/{len(operation['parameters']) - 1}/name", at)


@kind
def _two_bodies(root: Root, rng: random.Random) -> Place | None:
    at, _, operation = (
        pick([parameter for parameter in parameters(root) if parameter[1].get("in") == "body"], rng) or (None,) * 3
    )
    if at is None:
        return None
    operation["parameters"].append({"name": "second", "in": "body", "schema": {"type": "object"}})
    above = at.rpartition("/")[0]
    return (f"{above}/{len(operation['parameters']) - 1}", f"!{above}", at, above)


@kind
def _body_and_form(root: Root, rng: random.Random) -> Place | None:
    at, _, operation = (
        pick([parameter for parameter in parameters(root) if parameter[1].get("in") == "body"], rng) or (None,) * 3
    )
    if at is None:
        return None
    operation["parameters"].append({"name": "field", "in": "formData", "type": "string"})
    above = at.rpartition("/")[0]
    return (f"{above}/{len(operation['parameters']) - 1}", f"!{above}", at, above)


@kind
def _body_without_schema(root: Root, rng: random.Random) -> Place | None:
    at, parameter, _ = (
        pick([parameter for parameter in parameters(root) if parameter[1].get("in") == "body"], rng) or (None,) * 3
    )
    if at is None:
        return None
    parameter.pop("schema", None)
    return (at,)


@kind
def _file_in_the_query(root: Root, rng: random.Random) -> Place | None:
    at, parameter, _ = (
        pick([parameter for parameter in parameters(root) if parameter[1].get("in") == "query"], rng) or (None,) * 3
    )
    if at is None or "swagger" not in root:
        return None
    parameter["type"] = "file"
    return (f"{at}/type", at)


@kind
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


@kind
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


@kind
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


@kind
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


@kind
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


@kind
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


@kind
def _media_type_that_is_none(root: Root, rng: random.Random) -> Place | None:
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


# Security and the whole


@kind
def _scheme_that_is_not_defined(root: Root, rng: random.Random) -> Place | None:
    at, operation, _, _ = pick(operations(root), rng) or (None,) * 4
    if at is None:
        return None
    operation["security"] = [{"no_such_key": []}]
    return (f"!{at}/security/0/no_such_key", f"{at}/security/0", f"{at}/security/0/no_such_key")


def _schemes(root: Root) -> tuple[str, Root]:
    if "swagger" in root:
        return "/securityDefinitions", root.setdefault("securityDefinitions", {})
    return "/components/securitySchemes", root.setdefault("components", {}).setdefault("securitySchemes", {})


@kind
def _scheme_of_an_unknown_type(root: Root, rng: random.Random) -> Place | None:
    at, schemes = _schemes(root)
    schemes["odd"] = {"type": "apikey", "name": "X-Key", "in": "header"}
    return (f"{at}/odd/type", f"!{at}/odd", f"{at}/odd")


@kind
def _key_without_a_name(root: Root, rng: random.Random) -> Place | None:
    at, schemes = _schemes(root)
    schemes["odd"] = {"type": "apiKey", "in": "header"}
    return (f"{at}/odd", f"!{at}/odd")


@kind
def _oauth_without_its_flow(root: Root, rng: random.Random) -> Place | None:
    at, schemes = _schemes(root)
    schemes["odd"] = {"type": "oauth2"}
    return (f"{at}/odd", f"!{at}/odd")


@kind
def _scope_that_is_not_listed(root: Root, rng: random.Random) -> Place | None:
    at, operation, _, _ = pick(operations(root), rng) or (None,) * 4
    _where, schemes = _schemes(root)
    if at is None:
        return None
    flow = {"authorizationUrl": "https://id.example/authorize", "scopes": {"read": "read things"}}
    schemes["login"] = {
        "type": "oauth2",
        **({"flow": "implicit", **flow} if "swagger" in root else {"flows": {"implicit": flow}}),
    }
    operation["security"] = [{"login": ["raed"]}]
    return (f"{at}/security/0/login/0", f"!{at}/security/0/login", f"{at}/security/0/login", f"{at}/security/0")


@kind
def _secret_in_the_text(root: Root, rng: random.Random) -> Place | None:
    at, operation, _, _ = pick(operations(root), rng) or (None,) * 4
    if at is None:
        return None
    operation["description"] = "Try it with the key sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"
    return (f"{at}/description",)


@kind
def _tag_twice(root: Root, rng: random.Random) -> Place | None:
    root["tags"] = [{"name": "things"}, {"name": "others"}, {"name": "things"}]
    return ("/tags/2/name", "/tags/2", "/tags/0/name", "/tags", "!/tags")


@kind
def _unknown_member_at_the_root(root: Root, rng: random.Random) -> Place | None:
    root["defintions"] = {}
    return ("!/defintions",)


@kind
def _host_with_its_scheme(root: Root, rng: random.Random) -> Place | None:
    if "swagger" not in root:
        return None
    root["host"] = "https://api.example.com"
    return ("/host",)


@kind
def _base_path_without_slash(root: Root, rng: random.Random) -> Place | None:
    if "swagger" not in root:
        return None
    root["basePath"] = "v1"
    return ("/basePath",)


@kind
def _unknown_protocol(root: Root, rng: random.Random) -> Place | None:
    if "swagger" not in root:
        return None
    root["schemes"] = ["htps"]
    return ("/schemes/0", "!/schemes", "/schemes")


@kind
def _server_variable_undefined(root: Root, rng: random.Random) -> Place | None:
    if "swagger" in root:
        return None
    root["servers"] = [{"url": "https://{region}.example.com"}]
    return ("/servers/0/url", "/servers/0")


@kind
def _link_to_no_operation(root: Root, rng: random.Random) -> Place | None:
    at, answer, _ = pick(answers(root), rng) or (None,) * 3
    if at is None or "swagger" in root:
        return None
    answer["links"] = {"next": {"operationId": "noSuchOperation"}}
    return (f"{at}/links/next/operationId", f"!{at}/links/next", f"{at}/links/next")


@kind
def _style_of_another_place(root: Root, rng: random.Random) -> Place | None:
    at, parameter, _ = (
        pick([parameter for parameter in parameters(root) if parameter[1].get("in") == "query"], rng) or (None,) * 3
    )
    if at is None or "swagger" in root:
        return None
    parameter["style"] = "matrix"
    return (f"{at}/style", at)


@kind
def _both_read_and_written_only(root: Root, rng: random.Random) -> Place | None:
    at, schema = pick(plain_properties(root), rng) or (None, None)
    if at is None or schema is None or "swagger" in root:
        return None
    schema["readOnly"] = schema["writeOnly"] = True
    return (f"!{at}/writeOnly", f"!{at}/readOnly", at, f"!{at}")


@kind
def _body_without_content(root: Root, rng: random.Random) -> Place | None:
    known = [
        operation
        for operation in operations(root)
        if isinstance(operation[1].get("requestBody"), dict) and "$ref" not in operation[1]["requestBody"]
    ]
    at, operation, _, _ = pick(known, rng) or (None,) * 4
    if at is None or "swagger" in root:
        return None
    operation["requestBody"].pop("content", None)
    return (f"{at}/requestBody", f"!{at}/requestBody")


# What connectors have


@kind
def _choices_from_no_operation(root: Root, rng: random.Random) -> Place | None:
    at, parameter, _ = (
        pick([parameter for parameter in parameters(root) if parameter[1].get("in") == "query"], rng) or (None,) * 3
    )
    if at is None or "swagger" not in root:
        return None
    parameter["x-ms-dynamic-values"] = {"operationId": "NoSuchList", "value-path": "id"}
    return (f"{at}/x-ms-dynamic-values/operationId",)


@kind
def _choices_with_no_parameter(root: Root, rng: random.Random) -> Place | None:
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


@kind
def _visibility_that_is_none(root: Root, rng: random.Random) -> Place | None:
    at, parameter, _ = (
        pick([parameter for parameter in parameters(root) if parameter[1].get("in") == "query"], rng) or (None,) * 3
    )
    if at is None or "swagger" not in root:
        return None
    parameter["x-ms-visibility"] = "importent"
    return (f"{at}/x-ms-visibility",)


@kind
def _next_link_that_is_no_property(root: Root, rng: random.Random) -> Place | None:
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


# Faults of the text itself, and of the properties beside a document


def _twice(text: str) -> tuple[str, int] | None:
    lines = text.split("\n")
    index = next((index for index, line in enumerate(lines) if line.startswith('  "info"')), None)
    if index is None:
        return None
    lines.insert(index, '  "info": {"title": "x", "version": "1"},')
    return "\n".join(lines), index + 2


def _comma(text: str) -> tuple[str, int] | None:
    lines = text.split("\n")
    index = next((index for index, line in enumerate(lines) if line.strip() == "}" and index), None)
    if index is None:
        return None
    lines[index - 1] += ","
    return "\n".join(lines), index


def _quote(text: str) -> tuple[str, int] | None:
    lines = text.split("\n")
    index = next((index for index, line in enumerate(lines) if '"operationId": "' in line), None)
    if index is None:
        return None
    lines[index] = lines[index].replace('"operationId": "', '"operationId": ', 1)
    return "\n".join(lines), index + 1


TEXTS: Mapping[str, Callable[[str], tuple[str, int] | None]] = {
    "key twice": _twice,
    "comma too many": _comma,
    "quote missing": _quote,
}


def _policy(**change: Any) -> Root:
    instance = {
        "templateId": "setheader",
        "title": "t",
        "parameters": {"x-ms-apimTemplateParameter.name": "X-A", "x-ms-apimTemplateParameter.value": "1"},
    }
    instance["parameters"] |= change.pop("parameters", {})  # type: ignore[operator]
    return {"properties": {"connectionParameters": {}, "policyTemplateInstances": [{**instance, **change}]}}


_AT = "/properties/policyTemplateInstances/0"
_NAMED = f"{_AT}/parameters/x-ms-apimTemplateParameter"
PROPERTIES: Mapping[str, tuple[Root, Place]] = {
    "policy that is unknown": (_policy(templateId="setheadr"), (f"{_AT}/templateId",)),
    "policy for no operation": (
        _policy(parameters={"x-ms-apimTemplate-operationName": ["NoSuchOperation"]}),
        (f"{_AT}/parameters/x-ms-apimTemplate-operationName/0",),
    ),
    "policy without a parameter": (
        {"properties": {"policyTemplateInstances": [{"templateId": "setheader", "parameters": {}}]}},
        (_AT, f"{_AT}/parameters", f"!{_AT}/parameters"),
    ),
    "policy with an unknown parameter": (
        _policy(parameters={"x-ms-apimTemplateParameter.vallue": "1"}),
        (f"!{_NAMED}.vallue",),
    ),
    "expression of an unknown function": (
        _policy(parameters={"x-ms-apimTemplateParameter.value": "@connectionParametres('key')"}),
        (f"{_NAMED}.value",),
    ),
    "expression of an unknown parameter": (
        {
            "properties": {
                "connectionParameters": {"key": {"type": "securestring"}},
                **_policy(parameters={"x-ms-apimTemplateParameter.value": "@connectionParameters('kee')"})[
                    "properties"
                ],
            }
        },
        (f"{_NAMED}.value",),
    ),
    "connection parameter of an unknown type": (
        {"properties": {"connectionParameters": {"key": {"type": "securstring"}}}},
        ("/properties/connectionParameters/key/type",),
    ),
    "secret in the properties": (
        {
            "properties": {
                "connectionParameters": {"key": {"type": "string", "defaultValue": "xoxb-" + "2" * 12 + "-abcdefghij"}}
            }
        },
        ("/properties/connectionParameters/key/defaultValue",),
    ),
}


# Documents with one fault each


@dataclass(frozen=True, slots=True)
class Case:
    """A document with a fault in it: the line that is right, and the file without the fault."""

    kind: str
    file: str
    lines: frozenset[int]
    before: str
    beside: bool = False


def seeded(sources: list[Path], folder: Path, count: int) -> list[Case]:
    """Writes documents with one fault each into a folder, and the same documents without it."""
    rng = random.Random(20)  # noqa: S311 - the same faults in every run
    roots = {}
    for source in sources:
        root = json.loads(json.dumps(document.read(source, tolerant=True).root))
        name = f"right-{len(roots)}.json"
        (folder / name).write_text(json.dumps(root, indent=2, ensure_ascii=False), "utf-8")
        roots[name] = root
    cases: list[Case] = []
    for number, (what, seed) in enumerate(KINDS.items()):
        done = 0
        for before in rng.sample(sorted(roots), len(roots)):
            root = copy.deepcopy(roots[before])
            places = seed(root, rng)
            if places is None or root == roots[before]:
                continue
            file = folder / f"k{number:03}-{done}.json"
            file.write_text(json.dumps(root, indent=2, ensure_ascii=False), "utf-8")
            cases.append(Case(what, file.name, _lines(file, places), before))
            done += 1
            if done == count:
                break
    for number, (what, change) in enumerate(TEXTS.items()):
        for index, before in enumerate(sorted(roots)[:count]):
            changed = change((folder / before).read_text("utf-8"))
            if changed is not None:
                (folder / f"t{number:03}-{index}.json").write_text(changed[0], "utf-8")
                cases.append(Case(what, f"t{number:03}-{index}.json", frozenset((changed[1], changed[1] + 1)), before))
    for number, (what, (properties, places)) in enumerate(PROPERTIES.items()):
        before = sorted(name for name in roots if "swagger" in roots[name])[0]
        file = folder / f"p{number:03}-0.json"
        file.write_text((folder / before).read_text("utf-8"), "utf-8")
        beside = folder / f"p{number:03}-0.properties.json"
        beside.write_text(json.dumps(properties, indent=2), "utf-8")
        cases.append(Case(what, file.name, _lines(beside, places), before, True))
    return cases


def _lines(file: Path, places: Place) -> frozenset[int]:
    parsed = document.read(file)
    return frozenset(parsed.position(place.lstrip("!"), key=place.startswith("!"))[0] for place in places)


def _wrong(path: Path) -> bool:
    return any(finding.severity == "error" for finding in validate(path))


def sources_below(folder: Path, most: int) -> list[Path]:
    """Small documents of a folder that we find no error in, of several versions."""
    chosen: dict[str, list[Path]] = defaultdict(list)
    for entry in registry.below(folder):
        try:
            if entry.document.stat().st_size > 60_000 or len(chosen["swagger"]) + len(chosen["openapi"]) >= 2 * most:
                continue
            root = document.read(entry.document, tolerant=True).root
        except InvalidDocument:
            continue
        version = "swagger" if "swagger" in root else "openapi"
        rich = len(root.get("paths", {})) >= 3 and bool(root.get("definitions") or root.get("components"))
        if len(chosen[version]) < most and rich and not _wrong(entry.document):
            chosen[version].append(entry.document)
    return [*chosen["swagger"], *chosen["openapi"]]
