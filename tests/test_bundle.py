"""The law of ``connectors bundle``: one file describes the same service as the many that it was made of.

Both are lowered and walked side by side: operations, parameters, bodies, responses, and every schema that they reach,
up to the places and names of schemas; and the same arguments give the same bytes.
"""

# ruff: noqa: E501 - documents as data

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

import openconnectors
from openconnectors.cli.app import cli
from openconnectors.engine.documents import loader
from openconnectors.engine.errors import InvalidDocument
from openconnectors.engine.lint import Settings, validate
from openconnectors.engine.model import Operation, Schema, Service
from tests.test_many_files import OPENAPI, SWAGGER, folder

ARM = {
    "web/stable/2021-01-01/web.json": {
        "swagger": "2.0",
        "info": {"title": "Web", "version": "2021-01-01"},
        "host": "h.example",
        "schemes": ["https"],
        "paths": {
            "/sites/{name}": {
                "get": {
                    "operationId": "Sites_Get",
                    "parameters": [
                        {"$ref": "#/parameters/Name"},
                        {"$ref": "../../../common-types/v1/types.json#/parameters/ApiVersion"},
                    ],
                    "responses": {
                        "200": {"description": "ok", "schema": {"$ref": "#/definitions/Site"}},
                        "default": {
                            "description": "error",
                            "schema": {"$ref": "../../../common-types/v1/types.json#/definitions/Error"},
                        },
                    },
                    "x-ms-examples": {"Get": {"$ref": "./examples/Sites_Get.json"}},
                },
                "put": {
                    "operationId": "Sites_Put",
                    "parameters": [
                        {"$ref": "#/parameters/Name"},
                        {"name": "pet", "in": "body", "schema": {"$ref": "./pets.json#/definitions/Pet"}},
                    ],
                    "responses": {"200": {"$ref": "./pets.json#/responses/Done"}},
                },
            }
        },
        "parameters": {"Name": {"name": "name", "in": "path", "required": True, "type": "string"}},
        "definitions": {
            "Site": {
                "allOf": [{"$ref": "../../../common-types/v1/types.json#/definitions/Resource"}],
                "properties": {"error": {"$ref": "#/definitions/Error"}},
            },
            "Error": {"type": "string", "maxLength": 9},
            "Bird": {"allOf": [{"$ref": "pets.json#/definitions/Pet"}], "properties": {"wings": {"type": "integer"}}},
        },
    },
    "web/stable/2021-01-01/pets.json": {
        "responses": {"Done": {"description": "done", "headers": {"X-Count": {"type": "integer"}}}},
        "definitions": {
            "Pet": {
                "type": "object",
                "discriminator": "kind",
                "required": ["kind"],
                "properties": {"kind": {"type": "string"}, "friends": {"type": "array", "items": {"$ref": "#/definitions/Pet"}}},
            },
            "Cat": {"allOf": [{"$ref": "#/definitions/Pet"}], "properties": {"claws": {"type": "integer"}}},
            "Dog": {
                "allOf": [{"$ref": "../2021-01-01/pets.json#/definitions/Pet"}],
                "properties": {"bark": {"type": "boolean"}, "at": {"$ref": "web.json#/definitions/Site"}},
            },
        },
    },
    "web/stable/2021-01-01/examples/Sites_Get.json": {"responses": {}},
    "common-types/v1/types.json": {
        "swagger": "2.0",
        "parameters": {"ApiVersion": {"name": "api-version", "in": "query", "required": True, "type": "string"}},
        "definitions": {
            "Resource": {"properties": {"id": {"type": "string", "readOnly": True}}},
            "Error": {"type": "object", "properties": {"details": {"type": "array", "items": {"$ref": "#/definitions/Error"}}}},
        },
    },
}  # fmt: skip

PETS = {
    "api.yaml": """paths:
  /pets:
    parameters: [{$ref: 'parts/all.yaml#/trace'}]
    $ref: paths/pets.yaml
  /owners: {$ref: 'paths/all.yaml#/owners'}
components:
  schemas:
    Owner: {$ref: schemas/owner.yaml}
    Item: {type: string, maxLength: 3}
  securitySchemes:
    key: {$ref: 'parts/all.yaml#/key'}
""",
    "paths/pets.yaml": """get:
  operationId: listPets
  parameters: [{$ref: '../parts/all.yaml#/limit'}]
  responses:
    '200': {$ref: '../parts/all.yaml#/listed'}
    default: {$ref: ../parts/error.json}
post:
  operationId: addPet
  security: [{key: []}]
  requestBody: {$ref: '../parts/all.yaml#/pet'}
  responses:
    '201':
      description: made
      links: {owners: {$ref: '../parts/all.yaml#/link'}}
      content: {application/json: {schema: {$ref: ../schemas/pet.yaml}}}
""",
    "paths/all.yaml": """owners:
  get:
    operationId: listOwners
    responses: {'200': {description: ok, content: {application/json: {schema: {$ref: '../api.yaml#/components/schemas/Owner'}}}}}
""",
    "parts/all.yaml": """limit: {name: limit, in: query, schema: {type: integer, maximum: 100}}
trace: {name: X-Trace, in: header, schema: {$ref: '../schemas/one/Item.yaml'}}
listed:
  description: ok
  headers: {X-Total: {$ref: '#/total'}}
  content: {application/json: {schema: {type: array, items: {$ref: ../schemas/pet.yaml}}}}
total: {schema: {type: integer}}
pet:
  required: true
  content:
    application/json:
      schema: {$ref: ../schemas/pet.yaml}
      examples: {a: {$ref: 'all.yaml#/example'}, b: {externalValue: 'b.json'}}
example: {value: {kind: cat, name: {$ref: not a reference}}}
link: {operationRef: '../paths/all.yaml#/owners/get'}
key: {type: apiKey, in: header, name: X-Key}
""",
    "parts/error.json": '{"description": "error", "content": {"application/json": {"schema": {"$ref": "../schemas/one/Item.yaml"}}}}',
    "parts/b.json": '{"kind": "dog"}',
    "schemas/pet.yaml": """oneOf: [{$ref: cat.yaml}, {$ref: 'more.yaml#/Dog'}]
discriminator: {propertyName: kind, mapping: {cat: ./cat.yaml, dog: 'more.yaml#/Dog'}}
""",
    "schemas/cat.yaml": """type: object
required: [kind]
properties: {kind: {type: string}, claws: {type: integer}, owner: {$ref: owner.yaml}, item: {$ref: '../api.yaml#/components/schemas/Item'}}
""",
    "schemas/more.yaml": """Dog:
  type: object
  required: [kind]
  properties: {kind: {type: string}, friends: {type: array, items: {$ref: pet.yaml}}, item: {$ref: one/Item.yaml}}
""",
    "schemas/owner.yaml": """type: object
properties: {pets: {type: array, items: {$ref: pet.yaml}}, 'a/b': {$ref: 'one/Item.yaml'}}
""",
    "schemas/one/Item.yaml": "type: integer\nminimum: 1\n",
}  # fmt: skip


def documents(path: Path) -> dict[str, tuple[Path, Path]]:
    """The documents of many files, each with the folder below which they are."""
    arm = folder(path / "arm", {name: json.dumps(tree) for name, tree in ARM.items()})
    listed = {"2.0": (arm, path / "arm")}
    for minor in range(3):
        head = OPENAPI % minor
        pets = folder(path / str(minor), {**PETS, "api.yaml": head + PETS["api.yaml"]})
        listed[f"3.{minor}"] = (pets, pets.parent)
    return listed


IGNORED = {"at", "ref", "name", "discriminator_mapping", "discriminator_default"}


def differences(first: Service, second: Service) -> list[str]:
    """Where two services differ, other than in places and names of schemas. Every pair of schemas is compared once."""
    differing: list[str] = []
    seen: set[tuple[str, str]] = set()
    stack: list[tuple[str, Any, Any]] = [
        (name, first.operations[name], second.operations[name]) for name in first.operations
    ]
    stack.append(("operations", list(first.operations), list(second.operations)))
    stack.append(("schemes", dict(first.schemes), dict(second.schemes)))
    while stack:
        where, left, right = stack.pop()
        if isinstance(left, Schema) and isinstance(right, Schema):
            pair = (left.ref or left.at, right.ref or right.at)
            if pair in seen:
                continue
            seen.add(pair)
            left, right = first.resolve(left), second.resolve(right)
            stack.append((f"{where} subtypes", sorted(subtypes(first, left)), sorted(subtypes(second, right))))
            stack.append((f"{where} mapping", list(left.discriminator_mapping), list(right.discriminator_mapping)))
            stack += [
                (f"{where} {value}", Schema(ref=left.discriminator_mapping[value]), Schema(ref=ref))
                for value, ref in right.discriminator_mapping.items()
                if value in left.discriminator_mapping
            ]
        if isinstance(left, msgspec.Struct) and type(left) is type(right):
            stack += [
                (f"{where}.{name}", getattr(left, name), getattr(right, name))
                for name in left.__struct_fields__
                if name not in IGNORED
            ]
        elif isinstance(left, Mapping) and isinstance(right, Mapping):
            stack.append((f"{where} names", list(left), list(right)))
            stack += [(f"{where}.{key}", left[key], right[key]) for key in left.keys() & right.keys()]
        elif isinstance(left, tuple | list) and isinstance(right, tuple | list) and len(left) == len(right):
            stack += [(f"{where}[{index}]", *pair) for index, pair in enumerate(zip(left, right, strict=True))]
        elif left != right and "$ref" not in where:
            differing.append(f"{where}: {left!r:.80} and {right!r:.80}")
    return differing


def subtypes(service: Service, schema: Schema) -> list[str]:
    """The values by which a discriminator selects the schemas that extend one."""
    extending = [service.schemas[ref] for ref in service.subtypes.get(schema.at, ())]
    return [each.discriminator_value or each.name or "" for each in extending]


def bundled(document: Path, root: Path, name: str = "bundled.yaml") -> Path:
    """The bundle of a document, beside the folder of its files."""
    target = root.parent / f"{root.name}-out" / name
    target.parent.mkdir(exist_ok=True)
    result = CliRunner().invoke(cli, ["bundle", str(document), "--root", str(root), "-o", str(target)])
    assert result.exit_code == 0, result.output
    return target


@pytest.mark.parametrize("suffix", ["yaml", "json"])
@pytest.mark.parametrize("version", ["2.0", "3.0", "3.1", "3.2"])
def test_a_bundle_describes_the_same_service(version: str, suffix: str, tmp_path: Path) -> None:
    """Operations, parameters, bodies, responses, links, schemas, their names, subtypes and discriminators are the same;
    no reference leads out of the file, and nothing is wrong in it that was not."""
    document, root = documents(tmp_path)[version]
    target = bundled(document, root, f"bundled.{suffix}")
    first, second = loader.load(document, root=root), loader.load(target, root=tmp_path)
    for operation in (*first.operations.values(), *second.operations.values()):
        assert isinstance(operation, Operation)
    assert differences(first, second) == []
    assert [reference for _, reference in loader.read(target).references() if not reference.startswith("#")] == []
    assert [str(finding) for finding in validate(target, settings=Settings(least="error"))] == []


CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("list_pets", {"limit": 3, "x_trace": 1}),
    ("add_pet", {"body": {"kind": "cat", "claws": 1, "owner": {"pets": [{"kind": "dog", "friends": []}]}}}),
    ("add_pet", {"body": {"kind": "dog", "item": 2}}),
)
REFUSED_CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("list_pets", {"limit": 101}),
    ("add_pet", {"body": {"kind": "cat", "claws": "x"}}),
    ("add_pet", {"body": {"kind": "cat", "item": "four"}}),
    ("add_pet", {"body": {"kind": "dog", "item": 0}}),
    (
        "add_pet",
        {"body": {"kind": "cat", "owner": {"pets": [{"kind": "dog", "friends": [{"kind": "dog", "item": 0}]}]}}},
    ),
)


@pytest.mark.parametrize("version", ["3.0", "3.1", "3.2"])
def test_calls_of_a_bundle_put_the_same_bytes_on_the_wire(version: str, tmp_path: Path) -> None:
    """The same arguments give the same request, and what the one refuses the other refuses."""
    document, root = documents(tmp_path)[version]
    connectors = [
        openconnectors.load_file(path, connection={"key": "k"}) for path in (document, bundled(document, root))
    ]
    for name, arguments in CALLS:
        first, second = (getattr(connector, name).request(**arguments) for connector in connectors)
        assert (first.method, first.url, first.body) == (second.method, second.url, second.body)
        assert dict(first.headers) == dict(second.headers)
    for name, arguments in REFUSED_CALLS:
        for connector in connectors:
            with pytest.raises(openconnectors.InvalidArguments):
                getattr(connector, name).request(**arguments)


def test_a_discriminator_chooses_among_schemas_of_all_files(tmp_path: Path) -> None:
    """A definition in any file extends one in any other, under the name that it has in its file."""
    document, root = documents(tmp_path)["2.0"]
    connector = openconnectors.load_file(document, root=root)
    for pet in ({"kind": "Cat", "claws": "x"}, {"kind": "Dog", "bark": 1}, {"kind": "Bird", "wings": "x"}):
        with pytest.raises(openconnectors.InvalidArguments):
            connector.sites_put.request(name="a", pet=pet)
    assert connector.sites_put.request(name="a", pet={"kind": "Bird", "wings": 2}).body == b'{"kind":"Bird","wings":2}'


def test_a_bundle_keeps_files_that_have_no_place_in_it(tmp_path: Path) -> None:
    """Files of examples stay where they are, under their path from the folder of the bundle."""
    all_documents = documents(tmp_path)
    arm = json.loads(bundled(*all_documents["2.0"], "b.json").read_text())
    examples = arm["paths"]["/sites/{name}"]["get"]["x-ms-examples"]
    assert examples["Get"]["$ref"] == "../arm/web/stable/2021-01-01/examples/Sites_Get.json"
    pets = json.loads(bundled(*all_documents["3.1"], "b.json").read_text())
    example = pets["components"]["requestBodies"]["pet"]["content"]["application/json"]["examples"]["b"]
    assert example == {"externalValue": "../1/parts/b.json"}


def test_a_bundle_names_components_as_they_were(tmp_path: Path) -> None:
    """A component that only refers to a file becomes what is there; a name that is used already gets the folder before
    it; what was in the document stays first."""
    document, root = documents(tmp_path)["3.1"]
    root_tree = json.loads(bundled(document, root, "b.json").read_text())
    assert list(root_tree) == ["openapi", "info", "servers", "paths", "components"]
    assert list(root_tree["components"]["schemas"]) == ["Owner", "Item", "pet", "one_Item", "cat", "Dog"]
    assert list(root_tree["components"]["schemas"]["Owner"]["properties"]) == ["pets", "a/b"]
    assert root_tree["components"]["securitySchemes"] == {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}
    link = root_tree["components"]["links"]["link"]
    assert link == {"operationRef": "#/paths/~1owners/get"}


IDENTIFIED = {
    "api.yaml": OPENAPI % 1
    + "paths: {/a: {get: {operationId: getA, responses: {'200': {description: ok, content: {application/json: "
    "{schema: {$ref: s/pet.yaml}}}}}}}}\n",
    "s/pet.yaml": "$id: https://example.com/pet\nproperties: {o: {$ref: owner.yaml}, i: {$ref: '#/$defs/I'}}\n$defs: {I: {type: integer}}\n",
    "s/owner.yaml": "$id: https://example.com/owner.yaml\nproperties: {pet: {$ref: 'pet.yaml#/$defs/I'}}\n",
}  # fmt: skip


def test_schemas_with_identifiers_are_bundled_as_resources(tmp_path: Path) -> None:
    """References inside a schema with ``$id`` are absolute, to other schemas with one."""
    document = folder(tmp_path / "d", IDENTIFIED)
    target = bundled(document, document.parent)
    assert differences(loader.load(document), loader.load(target)) == []


REFUSED = {
    "a reference of a schema with $id to one without": {"s/owner.yaml": "type: object\n"},
    "a dynamic anchor of a file without $id": {"s/pet.yaml": "$dynamicAnchor: node\n"},
    "a reference to nothing": {"s/pet.yaml": "properties: {a: {$ref: nothing.yaml}}\n"},
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_one_file_cannot_say_is_refused(case: str, tmp_path: Path) -> None:
    """A document that has no bundle of the same meaning is refused, at its place."""
    document = folder(tmp_path, {**IDENTIFIED, **REFUSED[case]})
    result = CliRunner().invoke(cli, ["bundle", str(document)])
    assert result.exit_code == 2
    assert f"{tmp_path}/s/pet.yaml:" in result.output


def test_a_document_of_one_file_is_its_own_bundle(tmp_path: Path) -> None:
    """Nothing changes in a document that refers to no other file."""
    text = SWAGGER + "paths: {}\ndefinitions: {A: {$ref: '#/definitions/B'}, B: {example: {$ref: x.yaml}}}\n"
    document = folder(tmp_path, {"api.yaml": text})
    target = tmp_path / "out.yaml"
    assert CliRunner().invoke(cli, ["bundle", str(document), "-o", str(target)]).exit_code == 0
    assert loader.read(target).root == loader.read(document).root


def test_a_document_that_cannot_be_followed_has_no_bundle(tmp_path: Path) -> None:
    """A reference out of the folder is refused in the words that every command has."""
    document = folder(tmp_path, {"api.yaml": SWAGGER + "paths: {/a: {$ref: ../b.yaml}}\n"})
    result = CliRunner().invoke(cli, ["bundle", str(document)])
    assert result.exit_code == 2
    assert "leads out of the folder" in result.output
    with pytest.raises(InvalidDocument):
        _ = loader.load(tmp_path / "nothing.yaml")


@pytest.mark.parametrize("version", ["2.0", "3.0", "3.1"])
def test_a_document_of_many_files_is_converted_as_its_bundle(version: str, tmp_path: Path) -> None:
    """``convert`` writes one file in the other version, with what was in other files."""
    document, root = documents(tmp_path)[version]
    target = tmp_path / "converted.yaml"
    command = ["convert", str(document), "--root", str(root), "--to", "3.2", "-o", str(target)]
    assert CliRunner().invoke(cli, command).exit_code == 0
    service = loader.load(target)
    assert list(service.operations) == list(loader.load(document, root=root).operations)
    for operation in service.operations.values():
        assert operation.responses
