"""Facts of documents of many files: where references lead, what is read, what is refused and in which words.

Swagger 2.0 ("Reference Object", "File Structure"), OpenAPI 3.2 ("Base URI of an OpenAPI Document", "Resolving Relative
References"), RFC 3986 section 5, JSON Schema 2020-12 core sections 8.2 and 9.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from openconnectors.engine.documents import loader
from openconnectors.engine.documents.files import MAX_FILES
from openconnectors.engine.documents.uris import join
from openconnectors.engine.errors import InvalidDocument
from openconnectors.engine.model import Schema, Service

SWAGGER = 'swagger: "2.0"\ninfo: {title: T, version: "1"}\nhost: h.example\n'
OPENAPI = 'openapi: 3.%d.0\ninfo: {title: T, version: "1"}\nservers: [{url: "https://h.example"}]\n'
VERSIONS = ("2.0", "3.0", "3.1", "3.2")


def folder(path: Path, files: Mapping[str, str]) -> Path:
    """The files in a folder; the first of them."""
    for name, text in files.items():
        target = path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    return path / next(iter(files))


def with_schema(version: str, reference: str, more: str = "") -> str:
    """A document of a version whose operation ``getA`` responds with the schema at a reference."""
    schema = json.dumps({"$ref": reference})
    if version == "2.0":
        content, head = f"schema: {schema}", SWAGGER
    else:
        content, head = f"content: {{application/json: {{schema: {schema}}}}}", OPENAPI % int(version[-1])
    response = f"responses: {{'200': {{description: ok, {content}}}}}"
    return f"{head}{more}paths: {{/a: {{get: {{operationId: getA, {response}}}}}}}\n"


def received(service: Service) -> Schema:
    """The schema of the response of ``getA``, its reference followed."""
    schema = service.operations["getA"].responses["200"].content["application/json"].schema
    assert schema is not None
    return service.resolve(schema)


def refusal(document: Path, root: Path | None = None) -> str:
    """Why the operation cannot be read."""
    service = loader.load(document, root=root)
    with pytest.raises(InvalidDocument) as refused:
        _ = service.operations["getA"]
    return str(refused.value)


PET = "type: object\nproperties: {id: {type: integer}}\n"
PLACES: Mapping[str, tuple[str, str, str]] = {
    "a whole file": ("pet.yaml", "pet.yaml", PET),
    "a file in a folder": ("schemas/pet.yaml", "schemas/pet.yaml", PET),
    "with a dot": ("./pet.yaml", "pet.yaml", PET),
    "through a folder and back": ("schemas/../pet.yaml", "pet.yaml", PET),
    "a fragment": ("all.yaml#/definitions/Pet", "all.yaml", "definitions: {Pet: {properties: {id: {type: integer}}}}"),
    "an empty fragment": ("pet.yaml#", "pet.yaml", PET),
    "JSON": ("pet.json", "pet.json", '{"properties": {"id": {"type": "integer"}}}'),
    "without a suffix": ("pet", "pet", PET),
    "a name with a blank": ("a%20pet.yaml", "a pet.yaml", PET),
    "a name with a blank, as it is": ("a pet.yaml", "a pet.yaml", PET),
    "a name with a number sign": ("a%23pet.yaml", "a#pet.yaml", PET),
    "a name with a percent sign": ("a%25pet.yaml", "a%pet.yaml", PET),
    "a name beyond ASCII": ("h%C3%BCndchen.yaml", "hündchen.yaml", PET),
    "an escaped pointer": ("all.yaml#/a~1b/c%20d", "all.yaml", "a/b: {c d: {properties: {id: {type: integer}}}}"),
    "its own name": (
        "api.yaml#/definitions/Pet",
        "other.yaml",
        PET,
    ),
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("place", PLACES)
def test_a_reference_leads_into_another_file(version: str, place: str, tmp_path: Path) -> None:
    """A relative reference means the file beside the one that holds it, percent-decoded, and its fragment there."""
    reference, name, text = PLACES[place]
    more = "definitions: {Pet: {properties: {id: {type: integer}}}}\n" if place == "its own name" else ""
    document = folder(tmp_path, {"api.yaml": with_schema(version, reference, more), name: text})
    assert received(loader.load(document)).properties["id"].types == ("integer",)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_reference_is_relative_to_the_file_that_holds_it(version: str, tmp_path: Path) -> None:
    """``owner.yaml`` in ``schemas/pet.yaml`` is ``schemas/owner.yaml``, and ``../api.yaml`` the first file."""
    files = {
        "api.yaml": with_schema(version, "schemas/pet.yaml", "definitions: {Id: {type: integer}}\n"),
        "schemas/pet.yaml": "properties: {owner: {$ref: owner.yaml}, id: {$ref: '../api.yaml#/definitions/Id'}}",
        "schemas/owner.yaml": "properties: {pets: {type: array, items: {$ref: pet.yaml}}}",
        "owner.yaml": "type: string",
    }
    service = loader.load(folder(tmp_path, files))
    pet = received(service)
    owner = service.resolve(pet.properties["owner"])
    assert pet.properties["id"].ref == "/definitions/Id"
    assert owner.properties["pets"].items == Schema(
        ref="schemas/pet.yaml#", at="schemas/owner.yaml#/properties/pets/items"
    )
    assert service.resolve(owner.properties["pets"].items or Schema()) is pet


@pytest.mark.parametrize("version", VERSIONS)
def test_references_of_one_file_stay_in_it(version: str, tmp_path: Path) -> None:
    """``#/definitions/Id`` in another file is the one of that file, not that of the first."""
    files = {
        "api.yaml": with_schema(version, "all.yaml#/definitions/Pet", "definitions: {Id: {type: string}}\n"),
        "all.yaml": "definitions: {Id: {type: integer}, Pet: {properties: {id: {$ref: '#/definitions/Id'}}}}",
    }
    service = loader.load(folder(tmp_path, files))
    assert service.resolve(received(service).properties["id"]).types == ("integer",)


REFUSED: Mapping[str, tuple[str, str]] = {
    "a URL": ("https://example.com/pet.yaml", "is a URL, and nothing is fetched; save the file below"),
    "a URL without its scheme": ("//example.com/pet.yaml", "is a URL, and nothing is fetched"),
    "a URL of a file": ("file:///etc/passwd", "is a URL, and nothing is fetched"),
    "a URN": ("urn:example:pet", "is a URL, and nothing is fetched"),
    "a file above": ("../outside.yaml", "leads out of the folder"),
    "a file above, encoded": ("%2e%2e/outside.yaml", "leads out of the folder"),
    "a file above, encoded with its slash": ("..%2Foutside.yaml", "leads out of the folder"),
    "an absolute path": ("/etc/passwd", "leads out of the folder"),
    "a link to a file outside": ("link.yaml", "leads out of the folder"),
    "a link to a folder outside": ("linked/outside.yaml", "leads out of the folder"),
    "a loop of links": ("loop.yaml", "cannot be read"),
    "no such file": ("missing.yaml", "cannot be read: No such file or directory"),
    "nearly a name": ("comon.yaml", "did you mean 'common.yaml'?"),
    "a folder": ("linked", "leads out of the folder"),
    "a folder inside": ("inside", "is not a file"),
    "a device": ("pipe.yaml", "is not a file"),
    "a query": ("common.yaml?a=1", "has a query, which no file has"),
    "a NUL": ("a%00.yaml", "cannot be read"),
    "nothing in another file": ("common.yaml#/definitions/Pt", "points to nothing; did you mean 'Pet'?"),
    "an anchor that is none": ("common.yaml#Pt", "points to nothing"),
}


@pytest.mark.parametrize("version", ["2.0", "3.1"])
@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_file_of_the_document_is_refused_at_the_reference(version: str, case: str, tmp_path: Path) -> None:
    """Nothing outside the folder is read, links included, and nothing is fetched: the operation that needs it is
    refused at the line of the reference, in words that say what to do."""
    reference, message = REFUSED[case]
    folder(tmp_path, {"outside.yaml": PET})
    files = {"api.yaml": with_schema(version, reference), "common.yaml": "definitions: {Pet: {}}", "inside/a.yaml": PET}
    document = folder(tmp_path / "inner", files)
    (document.parent / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    (document.parent / "linked").symlink_to(tmp_path)
    (document.parent / "loop.yaml").symlink_to(document.parent / "loop.yaml")
    os.mkfifo(document.parent / "pipe.yaml")
    refused = refusal(document)
    assert message in refused
    assert refused.startswith(f"{document}:4:")


def test_a_wider_folder_can_be_named(tmp_path: Path) -> None:
    """Files above the document are read below a root that the caller names, and none above that."""
    files = {"2021/api.yaml": with_schema("2.0", "../common/v1/types.json#/definitions/Pet")}
    files["common/v1/types.json"] = json.dumps({"definitions": {"Pet": {"properties": {"id": {"$ref": "../id.json"}}}}})
    document = folder(tmp_path / "specs", {**files, "common/id.json": '{"type": "integer"}'})
    assert "name a wider folder (--root DIR; in Python root=)" in refusal(document)
    service = loader.load(document, root=tmp_path / "specs")
    assert received(service).at == "../common/v1/types.json#/definitions/Pet"
    assert service.resolve(received(service).properties["id"]).types == ("integer",)
    document.write_text(with_schema("2.0", "../../outside.json"))
    assert f"out of the folder '{tmp_path / 'specs'}', and is not read; move" in refusal(document, tmp_path / "specs")


def test_a_fault_in_another_file_is_reported_there(tmp_path: Path) -> None:
    """What is wrong in a file is at its line of that file; the reference to it is beside."""
    document = folder(tmp_path, {"api.yaml": with_schema("2.0", "s/pet.yaml"), "s/pet.yaml": "a: 1\na: 2\n"})
    with pytest.raises(InvalidDocument) as refused:
        _ = loader.load(document).operations["getA"]
    fault = refused.value.diagnostics[0]
    assert (fault.file, fault.line, fault.column) == (str(tmp_path / "s/pet.yaml"), 2, 1)
    assert fault.related is not None
    assert fault.related[:2] == (str(document), 4)
    (tmp_path / "s/pet.yaml").write_text("type: object\nproperties:\n  a: {type: strng}\n")
    with pytest.raises(InvalidDocument) as refused:
        _ = loader.load(document).operations["getA"]
    fault = refused.value.diagnostics[0]
    assert (fault.file, fault.line, fault.pointer) == (str(tmp_path / "s/pet.yaml"), 3, "s/pet.yaml#/properties/a/type")


@pytest.mark.parametrize("version", VERSIONS)
def test_path_items_parameters_and_responses_come_from_files(version: str, tmp_path: Path) -> None:
    """Whatever may be a reference may be in another file, through references of references."""
    described = "type: integer" if version == "2.0" else "schema: {type: integer}"
    head = SWAGGER if version == "2.0" else OPENAPI % int(version[-1])
    files = {
        "api.yaml": f"{head}paths: {{/a: {{$ref: paths/a.yaml}}}}\n",
        "paths/a.yaml": "get: {operationId: getA, parameters: [{$ref: '../p.yaml#/Alias'}], responses: {'200': "
        "{$ref: r.yaml}}}",
        "p.yaml": f"Alias: {{$ref: '#/Limit'}}\nLimit: {{name: limit, in: query, {described}}}\n",
        "paths/r.yaml": "description: ok\nheaders: {X: {type: integer, schema: {type: integer}}}\n",
    }
    operation = loader.load(folder(tmp_path, files)).operations["getA"]
    assert operation.at == "paths/a.yaml#/get"
    assert [(parameter.name, parameter.at) for parameter in operation.parameters] == [("limit", "p.yaml#/Limit")]
    assert operation.responses["200"].at == "paths/r.yaml#"
    assert operation.responses["200"].headers["X"].schema.types == ("integer",)


def test_a_file_is_read_when_something_needs_it_and_once(tmp_path: Path) -> None:
    """Loading reads the files of path items; those of schemas are read with the operation that uses them."""
    document = folder(tmp_path, {"api.yaml": with_schema("3.1", "pet.yaml")})
    service = loader.load(document)
    (tmp_path / "pet.yaml").write_text(PET)
    assert received(service).types == ("object",)
    (tmp_path / "pet.yaml").unlink()
    assert received(service).types == ("object",)


def test_references_that_lead_around_through_files_are_refused(tmp_path: Path) -> None:
    """A chain of references that comes back to itself through files is refused, however long it is."""
    files = {"api.yaml": with_schema("2.0", "0.yaml")}
    files |= {f"{index}.yaml": f"$ref: {(index + 1) % 300}.yaml" for index in range(300)}
    assert "leads only to references that come back to it" in refusal(folder(tmp_path, files))


def test_the_files_of_a_document_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All files together have at most as many bytes as one document, and there is a limit of files."""
    assert MAX_FILES == 5_000
    files = {"api.yaml": with_schema("2.0", "0.yaml"), "0.yaml": "$ref: 1.yaml", "1.yaml": PET}
    document = folder(tmp_path, files)
    monkeypatch.setattr("openconnectors.engine.documents.files.MAX_FILES", 1)
    assert "'1.yaml' is beyond the 1 files that are read" in refusal(document)
    monkeypatch.setattr("openconnectors.engine.documents.files.MAX_BYTES", document.stat().st_size + 20)
    assert "with '1.yaml' the document has more than" in refusal(document) or "beyond" in refusal(document)


JOINED = {
    "g:h": "g:h", "g": "http://a/b/c/g", "./g": "http://a/b/c/g", "g/": "http://a/b/c/g/", "/g": "http://a/g",
    "//g": "http://g", "?y": "http://a/b/c/d;p?y", "g?y": "http://a/b/c/g?y", ";x": "http://a/b/c/;x",
    "": "http://a/b/c/d;p?q", ".": "http://a/b/c/", "./": "http://a/b/c/", "..": "http://a/b/", "../": "http://a/b/",
    "../g": "http://a/b/g", "../..": "http://a/", "../../g": "http://a/g", "../../../g": "http://a/g",
    "/./g": "http://a/g", "/../g": "http://a/g", "g.": "http://a/b/c/g.", "..g": "http://a/b/c/..g",
    "./../g": "http://a/b/g", "./g/.": "http://a/b/c/g/", "g/./h": "http://a/b/c/g/h", "g/../h": "http://a/b/c/h",
}  # fmt: skip


@pytest.mark.parametrize("reference", JOINED)
def test_references_are_joined_as_rfc_3986_says(reference: str) -> None:
    """The examples of RFC 3986 sections 5.4.1 and 5.4.2."""
    assert join("http://a/b/c/d;p?q", reference) == JOINED[reference]


def identified(root: Path, files: Mapping[str, Any]) -> Schema:
    """The schema that ``getA`` of a document in OpenAPI 3.2 responds with."""
    return received(loader.load(folder(root, files)))


SELF = "$self: https://example.com/api/openapi.yaml\n"
IDENTIFIED: Mapping[str, Mapping[str, str]] = {
    "a file beside, by $self": {"api.yaml": with_schema("3.2", "pet.yaml", SELF), "pet.yaml": PET},
    "an absolute URI below $self": {
        "api.yaml": with_schema("3.2", "https://example.com/api/s/pet.yaml", SELF),
        "s/pet.yaml": PET,
    },
    "the document by its $self": {
        "api.yaml": with_schema(
            "3.2",
            "https://example.com/api/openapi.yaml#/components/schemas/Pet",
            SELF + "components: {schemas: {Pet: {properties: {id: {type: integer}}}}}\n",
        ),
    },
    "the $id of a component": {
        "api.yaml": with_schema(
            "3.1",
            "https://example.com/pet",
            "components: {schemas: {Pet: {$id: 'https://example.com/pet', properties: {id: {type: integer}}}}}\n",
        ),
    },
    "a relative $id, by $self": {
        "api.yaml": with_schema(
            "3.2",
            "https://example.com/api/pet",
            SELF + "components: {schemas: {Pet: {$id: pet, properties: {id: {type: integer}}}}}\n",
        ),
    },
    "a urn": {
        "api.yaml": with_schema(
            "3.1",
            "urn:example:pet#/$defs/Own",
            "components: {schemas: {Pet: {$id: 'urn:example:pet', $defs: {Own: {properties: {id: {$ref: '#/$defs/I'}}},"
            " I: {type: integer}}}, I: {type: string}}}\n",
        ),
    },
    "an anchor of the document": {
        "api.yaml": with_schema(
            "3.1", "#pet", "components: {schemas: {Pet: {$anchor: pet, properties: {id: {type: integer}}}}}\n"
        ),
    },
    "an anchor of another file": {
        "api.yaml": with_schema("3.1", "all.yaml#pet"),
        "all.yaml": "$defs: {Pet: {$dynamicAnchor: pet, properties: {id: {type: integer}}}}",
    },
    "an anchor of a resource": {
        "api.yaml": with_schema(
            "3.1",
            "https://example.com/pets#pet",
            "components: {schemas: {A: {$anchor: pet, type: string}, Pets: {$id: 'https://example.com/pets', "
            "$defs: {P: {$anchor: pet, properties: {id: {type: integer}}}}}}}\n",
        ),
    },
    "a nested $id": {
        "api.yaml": with_schema(
            "3.1",
            "https://example.com/a/inner",
            "components: {schemas: {A: {$id: 'https://example.com/a/outer', $defs: {I: {$id: inner, properties: "
            "{id: {$ref: '#/$defs/N'}}, $defs: {N: {type: integer}}}}}}}\n",
        ),
    },
    "the $id of another file, which another reference reads": {
        "api.yaml": with_schema(
            "3.1", "https://example.com/schemas/pet", "components: {schemas: {P: {$ref: other.yaml}}}\n"
        ),
        "other.yaml": "$id: https://example.com/schemas/pet\nproperties: {id: {type: integer}}\n",
    },
    "a file beside one with an $id": {
        "api.yaml": with_schema("3.1", "s/pet.yaml"),
        "s/pet.yaml": "$id: https://example.com/schemas/pet\n$ref: 'owner.yaml'\n",
        "s/owner.yaml": PET,
    },
}


@pytest.mark.parametrize("case", IDENTIFIED)
def test_identifiers_are_base_uris_and_targets(case: str, tmp_path: Path) -> None:
    """``$self`` and ``$id`` are what references are relative to and lead to; anchors are fragments of resources."""
    service = loader.load(folder(tmp_path, IDENTIFIED[case]))
    assert service.resolve(received(service).properties["id"]).types == ("integer",)


@pytest.mark.parametrize("version", ["2.0", "3.0"])
def test_identifiers_are_members_like_any_other_before_3_1(version: str, tmp_path: Path) -> None:
    """Versions without JSON Schema 2020-12 have no ``$id``: a reference is relative to the file."""
    files = {
        "api.yaml": with_schema(version, "s/pet.yaml"),
        "s/pet.yaml": "$id: https://example.com/pet\nproperties: {id: {$ref: '#/x'}}\nx: {type: integer}\n",
    }
    service = loader.load(folder(tmp_path, files))
    assert service.resolve(received(service).properties["id"]).types == ("integer",)


@pytest.mark.parametrize("version", ["3.0", "3.1", "3.2"])
def test_an_example_may_be_in_a_file(version: str, tmp_path: Path) -> None:
    """``externalValue`` names a file below the folder, JSON, YAML or text; one that is elsewhere is no example."""
    examples = {"a": "e/a.json", "b": "e/b.txt", "c": "https://example.com/c.json", "d": "../d.json", "e": "no.json"}
    content = {"application/json": {"examples": {name: {"externalValue": path} for name, path in examples.items()}}}
    response = json.dumps({"200": {"description": "ok", "content": content}})
    head = OPENAPI % int(version[-1])
    files = {"api.yaml": f"{head}paths: {{/a: {{get: {{operationId: getA, responses: {response}}}}}}}\n"}
    files |= {"e/a.json": '{"id": 1}', "e/b.txt": "text", "../d.json": "2"}
    operation = loader.load(folder(tmp_path / "api", files)).operations["getA"]
    assert operation.responses["200"].content["application/json"].examples == ({"id": 1}, "text")


@pytest.mark.parametrize("chain", [200, 400])
def test_many_files_take_time_in_proportion(chain: int, tmp_path: Path) -> None:
    """Each file of a long chain of schemas is read once, however many steps lead to it."""
    files = {"api.yaml": with_schema("2.0", "0.json")}
    files |= {
        f"{index}.json": json.dumps({"properties": {"n": {"$ref": f"{index + 1}.json"}}}) for index in range(chain)
    }
    service = loader.load(folder(tmp_path, {**files, f"{chain}.json": "{}"}))
    schema, steps = received(service), 0
    while schema.properties:
        schema, steps = service.resolve(schema.properties["n"]), steps + 1
    assert steps == chain
