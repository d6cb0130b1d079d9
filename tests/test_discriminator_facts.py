"""A discriminator selects the schema of an object by the value of a member (OpenAPI 3, "Discriminator Object")."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from openconnectors.engine.errors import InvalidArguments, InvalidResponse
from openconnectors.engine.plan.options import Options

from .documents_in_process import BASE, plan_of, received, sent

KIND, DAY = {"type": "string"}, {"type": "string", "format": "date"}


def object_of(*required: str, **members: Any) -> dict[str, Any]:
    return {"type": "object", "properties": members, "required": list(required)}


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


COMPONENTS: dict[str, Any] = {
    "Cat": object_of("kind", kind=KIND, born=DAY),
    "Dog": object_of("kind", kind=KIND, born={"type": "integer"}),
    "Red": object_of("kind", kind={"const": "red"}, born=DAY),
    "Blue": object_of("kind", kind={"enum": ["blue", "navy"]}, born={"type": "integer"}),
    "Item": {
        **object_of("kind", kind={"type": "string", "enum": ["movie", "show"]}),
        "discriminator": {"propertyName": "kind"},
    },
    "Detail": {"allOf": [ref("Item"), object_of(text=KIND)]},
    "Fish": object_of(kind=KIND, depth={"type": "number"}),
    "Flag": object_of("on", on={"type": "boolean"}, born=DAY),
    "Number": object_of("on", on={"type": "integer"}),
    "Pet": {
        **object_of("kind", "name", kind=KIND, name={"type": "string"}),
        "discriminator": {"propertyName": "kind", "mapping": {"puppy": "#/components/schemas/Puppy"}},
    },
    "Bird": {"allOf": [ref("Pet"), object_of("wings", wings={"type": "integer"}, born=DAY)]},
    "Puppy": {
        "allOf": [ref("Pet"), object_of(breed=KIND)],
        "discriminator": {"propertyName": "breed"},
        "required": ["breed"],
    },
    "Poodle": {"allOf": [ref("Puppy"), object_of("curls", curls={"type": "integer"})]},
    "Both": {"oneOf": [ref("Left"), ref("Right")], "discriminator": {"propertyName": "side"}},
    "Left": {"allOf": [ref("Both"), object_of("side", side=KIND, born=DAY)]},
    "Right": {"allOf": [ref("Both"), object_of("side", side=KIND)]},
}


def union(**discriminator: Any) -> dict[str, Any]:
    return {"oneOf": [ref("Cat"), ref("Dog")], "discriminator": {"propertyName": "kind", **discriminator}}


MAPPED = {"mapping": {"kitty": "#/components/schemas/Cat", "doggy": "Dog"}}
ACCEPTED: dict[str, tuple[Any, Any, Any]] = {
    "the name of a component": (
        union(),
        {"kind": "Cat", "born": "2026-01-31"},
        {"kind": "Cat", "born": date(2026, 1, 31)},
    ),
    "a value that maps to a reference": (
        union(**MAPPED),
        {"kind": "kitty", "born": "2026-01-31"},
        {"kind": "kitty", "born": date(2026, 1, 31)},
    ),
    "a value that maps to a name": (union(**MAPPED), {"kind": "doggy", "born": 5}, {"kind": "doggy", "born": 5}),
    "a name beside a mapping": (union(**MAPPED), {"kind": "Dog", "born": 5}, {"kind": "Dog", "born": 5}),
    "anyOf": (
        {"anyOf": [ref("Cat"), ref("Dog")], "discriminator": {"propertyName": "kind"}},
        {"kind": "Dog", "born": 5},
        {"kind": "Dog", "born": 5},
    ),
    "branches that accept each other's objects": (union(), {"kind": "Cat"}, {"kind": "Cat"}),
    "null beside the branches": (
        {"anyOf": [ref("Cat"), {"type": "null"}], "discriminator": {"propertyName": "kind"}},
        None,
        None,
    ),
    "a default for a missing value": (
        {"oneOf": [ref("Cat"), ref("Fish")], "discriminator": {"propertyName": "kind", "defaultMapping": "Fish"}},
        {"depth": 1.5},
        {"depth": 1.5},
    ),
    "a default for an unknown value": (
        {"oneOf": [ref("Cat"), ref("Fish")], "discriminator": {"propertyName": "kind", "defaultMapping": "Fish"}},
        {"kind": "eel", "depth": 1.5},
        {"kind": "eel", "depth": 1.5},
    ),
    "a boolean": (
        {
            "oneOf": [ref("Flag"), ref("Number")],
            "discriminator": {"propertyName": "on", "mapping": {"true": "Flag", "1": "Number"}},
        },
        {"on": True, "born": "2026-01-31"},
        {"on": True, "born": date(2026, 1, 31)},
    ),
    "a value that a branch alone allows": (
        {"oneOf": [ref("Red"), ref("Blue")], "discriminator": {"propertyName": "kind"}},
        {"kind": "red", "born": "2026-01-31"},
        {"kind": "red", "born": date(2026, 1, 31)},
    ),
    "an enum of the parent that names no child": (ref("Item"), {"kind": "movie"}, {"kind": "movie"}),
    "the parent": (ref("Pet"), {"kind": "Pet", "name": "a"}, {"kind": "Pet", "name": "a"}),
    "a child that extends the parent": (
        ref("Pet"),
        {"kind": "Bird", "name": "a", "wings": 2, "born": "2026-01-31"},
        {"kind": "Bird", "name": "a", "wings": 2, "born": date(2026, 1, 31)},
    ),
    "a child of a child, by another member": (
        ref("Pet"),
        {"kind": "puppy", "name": "a", "breed": "Poodle", "curls": 3},
        {"kind": "puppy", "name": "a", "breed": "Poodle", "curls": 3},
    ),
    "branches that extend what they are branches of": (
        ref("Both"),
        {"side": "Left", "born": "2026-01-31"},
        {"side": "Left", "born": date(2026, 1, 31)},
    ),
}
REFUSED: dict[str, tuple[Any, Any, str]] = {
    "what the selected schema refuses": (union(), {"kind": "Dog", "born": "2026-01-31"}, "born: must be integer"),
    "an unknown value": (union(), {"kind": "eel"}, "kind: must be one of 'Cat', 'Dog', not 'eel'"),
    "an unknown value, for a parent": (ref("Pet"), {"kind": "eel", "name": "a"}, "kind: must be one of"),
    "a value that no branch allows": (
        {"oneOf": [ref("Red"), ref("Blue")], "discriminator": {"propertyName": "kind"}},
        {"kind": "green"},
        "kind: must be one of 'red', 'blue', 'navy', 'Red', 'Blue', not 'green'",
    ),
    "a missing member of a child": (ref("Pet"), {"kind": "Bird", "name": "a"}, "wings: is missing"),
    "a missing member of a child of a child": (
        ref("Pet"),
        {"kind": "puppy", "name": "a", "breed": "Poodle"},
        "curls: is missing",
    ),
    "a missing value": (union(), {"born": 5}, "kind: is missing"),
    "what the default refuses": (
        {"oneOf": [ref("Cat"), ref("Fish")], "discriminator": {"propertyName": "kind", "defaultMapping": "Fish"}},
        {"kind": "eel", "depth": "x"},
        "depth: must be number",
    ),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_value_selects_a_schema(name: str) -> None:
    """The object is read by the selected schema, its formats too, and sent again as it was."""
    schema, wire, value = ACCEPTED[name]
    plan = plan_of(schema, COMPONENTS, version="3.2.0")

    response = received(plan, wire)

    assert (response.value, response.deviations) == (value, ())
    assert sent(plan, value) == wire


@pytest.mark.parametrize("name", REFUSED)
def test_a_value_that_its_schema_refuses_is_refused_at_its_place(name: str) -> None:
    """Nothing is sent; a strict response is refused, a lenient one has a value and a deviation. The message names the
    place and what is wrong there."""
    schema, wire, message = REFUSED[name]
    plan = plan_of({"type": "object", "properties": {"v": schema}}, COMPONENTS, version="3.2.0")

    with pytest.raises(InvalidArguments, match=message):
        plan.request({"v": wire}, BASE, Options())
    with pytest.raises(InvalidResponse, match=message):
        received(plan, {"v": wire})
    lenient = received(plan, {"v": wire}, "lenient")
    assert lenient.deviations != ()
    assert lenient.value["v"].keys() == wire.keys()


@pytest.mark.parametrize("version", ["3.0.4", "3.1.1", "3.2.0"])
def test_a_parent_that_nothing_extends_selects_nothing(version: str) -> None:
    """A discriminator that no value can satisfy is no reason to refuse one."""
    lonely = {**object_of("kind", kind=KIND), "discriminator": {"propertyName": "kind"}}
    plan = plan_of(ref("Lonely"), {"Lonely": lonely}, version=version)

    assert sent(plan, {"kind": "anything"}) == {"kind": "anything"}
