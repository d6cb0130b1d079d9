"""The parts of a document that a fault is put into, and the register of kinds of faults."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from openconnectors.engine.documents.pointers import escape

Root = dict[str, Any]
Place = tuple[str, ...]
"""Pointers, of which any is the right place; one that begins with ``!`` is the key of the node."""

Seed = Callable[[Root, random.Random], Place | None]
"""Breaks a document: changes the root and returns the place, or None if the document has no part for this fault."""

METHODS = ("get", "put", "post", "delete", "patch")


class Kinds(dict[str, Seed]):
    """Kinds of faults by name."""

    def add(self, seed: Seed) -> Seed:
        """Register a seed by its name, as words; a decorator."""
        self[seed.__name__.strip("_").replace("_", " ")] = seed
        return seed


def operations(root: Root) -> list[tuple[str, Root, str, str]]:
    """Pointer, operation, path and method of each operation."""
    return [
        (f"/paths/{escape(path)}/{method}", item[method], path, method)
        for path, item in root.get("paths", {}).items()
        if path.startswith("/")
        for method in METHODS
        if isinstance(item.get(method), dict)
    ]


def parameters(root: Root) -> list[tuple[str, Root, Root]]:
    """Pointer, parameter and operation of each parameter that is written in its operation."""
    return [
        (f"{at}/parameters/{index}", parameter, operation)
        for at, operation, _, _ in operations(root)
        for index, parameter in enumerate(operation.get("parameters") or ())
        if "$ref" not in parameter
    ]


def schemas(root: Root) -> list[tuple[str, Root]]:
    """Pointer and schema of every named object with properties."""
    named = root.get("definitions") if "swagger" in root else root.get("components", {}).get("schemas")
    at = "/definitions" if "swagger" in root else "/components/schemas"
    schemas_with_properties = []
    for name, schema in (named or {}).items():
        if isinstance(schema, dict) and isinstance(schema.get("properties"), dict) and "allOf" not in schema:
            schemas_with_properties.append((f"{at}/{escape(name)}", schema))
    return schemas_with_properties


def plain_properties(root: Root, kind: str = "string") -> list[tuple[str, Root]]:
    """Pointer and schema of properties of a type that have neither an enum nor dynamic values."""
    return [
        (f"{at}/properties/{escape(name)}", member)
        for at, schema in schemas(root)
        for name, member in schema["properties"].items()
        if isinstance(member, dict)
        and member.get("type") == kind
        and "enum" not in member
        and "x-ms-dynamic-values" not in member
    ]


def responses(root: Root) -> list[tuple[str, Root, Root]]:
    """Pointer, response and operation of each response that is written in its operation."""
    return [
        (f"{at}/responses/{escape(str(status))}", response, operation)
        for at, operation, _, _ in operations(root)
        for status, response in operation.get("responses", {}).items()
        if isinstance(response, dict) and "$ref" not in response
    ]


def pick(candidates: list[Any], rng: random.Random) -> Any:
    """A candidate at random; None if there are none."""
    return rng.choice(candidates) if candidates else None


def typed(root: Root, parameter: Root) -> Root:
    """The object with the type of a parameter: itself in 2.0, its schema in 3.x."""
    return parameter if "swagger" in root else parameter.setdefault("schema", {})


def under(root: Root, at: str) -> str:
    """The pointer of that object."""
    return at if "swagger" in root else f"{at}/schema"
