"""Services that are kept on disk are those of their documents, and a file that cannot be trusted does not exist."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import platformdirs
import pytest

from openconnectors import folders, registry
from openconnectors.engine.documents import cache, cache_files, loader, packing
from openconnectors.engine.errors import Diagnostic, InvalidDocument
from openconnectors.engine.model import ANY, MISSING, NEVER, MediaType, RequestBody, Schema, Service
from openconnectors.registry import Entry
from tests.conftest import SHARED

BUILT_IN = sorted(name for name, entry in registry.entries().items() if entry.source == "built in")
DOCUMENT = """\
swagger: "2.0"
info: {title: Things, version: "1"}
host: api.example.com
paths:
  /things:
    get:
      operationId: ListThings
      responses: {200: {description: all, schema: {type: array, items: {$ref: "#/definitions/Thing"}}}}
    post:
      operationId: AddThing
      parameters: [{name: body, in: body, schema: {$ref: "#/definitions/Thing"}}]
      responses: {204: {description: added}}
  /broken:
    get: {operationId: Broken, responses: {200: {description: no, schema: {$ref: "#/definitions/Absent"}}}}
definitions:
  Thing: {type: object, properties: {id: {type: integer}, parent: {$ref: "#/definitions/Thing"}}}
"""


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "things.swagger.yaml"
    path.write_text(DOCUMENT, "utf-8")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def _unread(*_: Any, **__: Any) -> Any:
    raise AssertionError("the document was read")


def _kept(folder: Path) -> list[Path]:
    return sorted(folder.glob("*")) if folder.is_dir() else []


def _parts(service: Service) -> dict[str, Any]:
    """Every part of a service, or what is wrong with it, and every member that is data."""
    result: dict[str, Any] = {}
    for kind, parts in (("operation", service.operations), ("schema", service.schemas)):
        for name in parts:
            try:
                result[f"{kind} {name}"] = parts[name]
            except InvalidDocument as error:
                result[f"{kind} {name}"] = error.diagnostics
    for name in service.__struct_fields__:
        if name not in ("operations", "schemas", "schema_of", "finding", "remarks", "policies"):
            value = getattr(service, name)
            result[name] = dict(value) if name in ("subtypes", "webhooks", "original") and value is not None else value
    result["subtypes"] = {at: service.subtypes.get(at) for at in ["/nothing", *service.schemas]}
    result["policies"] = [
        (policy.template, policy.section, policy.operations, policy.parameters, policy.title, policy.finding("text"))
        for policy in service.policies
    ]
    return result


def _same(entry: Entry, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = _parts(loader.load(entry.document, entry.properties))
    cache.prepare(entry.document, entry.properties, folder / "shipped")
    for _ in range(2):
        assert _parts(cache.load(entry.document, entry.properties, folder=folder / "own")) == expected
    with monkeypatch.context() as patch:
        if not any(isinstance(part, tuple) and part and isinstance(part[0], Diagnostic) for part in expected.values()):
            patch.setattr(loader, "read", _unread)
        service = cache.load(entry.document, entry.properties, shipped=folder / "shipped")
        assert [service.operations[name].id for name in service.operations] == list(service.operations)
    assert _parts(service) == expected


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_kept_service_is_that_of_its_document(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept gives the operations, schemas, policies and findings that the document gives."""
    _same(registry.find(name), folder, monkeypatch)


@pytest.mark.long
@pytest.mark.skipif(not SHARED.exists(), reason="the corpus is not here")
def test_services_of_a_corpus_are_those_of_their_documents(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As above, of hundreds of documents that others have written."""
    for entry in registry.below(SHARED / "corpus"):
        try:
            loader.load(entry.document, entry.properties)
        except InvalidDocument:
            continue
        _same(entry, folder, monkeypatch)


def test_what_is_kept_needs_no_document(document: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An operation that was lowered once is not lowered again by a process that comes later; others are."""
    listed = cache.load(document, folder=folder).operations["ListThings"]
    monkeypatch.setattr(loader, "read", _unread)

    service = cache.load(document, folder=folder)
    assert service.operations["ListThings"] == listed
    assert service.resolve(Schema(ref="/definitions/Thing")).properties["id"].types == ("integer",)
    with pytest.raises(AssertionError, match="was read"):
        _ = service.operations["AddThing"]

    monkeypatch.undo()
    _ = service.operations["AddThing"]
    monkeypatch.setattr(loader, "read", _unread)
    service = cache.load(document, folder=folder)
    assert [service.operations[name].method for name in ("ListThings", "AddThing")] == ["GET", "POST"]


def test_a_changed_document_is_read(document: Path, folder: Path) -> None:
    """What is kept is for the content of a file, not for its name."""
    _ = cache.load(document, folder=folder).operations["ListThings"]
    document.write_text(DOCUMENT.replace("ListThings", "AllThings"), "utf-8")

    assert "AllThings" in cache.load(document, folder=folder).operations


def test_a_moved_document_has_its_new_name_in_diagnostics(document: Path, folder: Path) -> None:
    """What is kept does not depend on where a file is; what it says of the file does."""
    document.write_text(DOCUMENT.replace("host: api.example.com", "host: api.example.com/v1"), "utf-8")
    _ = cache.load(document, folder=folder).operations["ListThings"]
    moved = document.with_name("moved.yaml")
    document.rename(moved)

    service = cache.load(moved, folder=folder)
    assert service.file == str(moved)
    assert service.diagnostics == loader.load(moved).diagnostics != ()


def test_what_is_wrong_is_said_alike(document: Path, folder: Path) -> None:
    """An operation that cannot be read raises the same error, however often the service was kept."""
    messages = []
    for _ in range(3):
        service = cache.load(document, folder=folder)
        _ = service.operations["ListThings"]
        with pytest.raises(InvalidDocument) as raised:
            _ = service.operations["Broken"]
        messages.append(str(raised.value))

    with pytest.raises(InvalidDocument) as raised:
        _ = loader.load(document).operations["Broken"]
    assert set(messages) == {str(raised.value)}


def test_other_files_count(document: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What depends on another file is kept for its content, and not kept while it is missing."""
    document.write_text(DOCUMENT.replace("#/definitions/Absent", "other.yaml#/Absent"), "utf-8")
    service = cache.load(document, folder=folder)
    with pytest.raises(InvalidDocument):
        _ = service.operations["Broken"]
    _ = service.operations["ListThings"]
    assert _kept(folder) == []

    other = document.with_name("other.yaml")
    for kind in ("string", "integer"):
        other.write_text(f"Absent: {{type: {kind}}}", "utf-8")
        _ = cache.load(document, folder=folder).operations["Broken"]
        with monkeypatch.context() as patch:
            patch.setattr(loader, "read", _unread)
            service = cache.load(document, folder=folder)
            assert service.resolve(Schema(ref="other.yaml#/Absent")).types == (kind,)
            assert service.operations["Broken"].path == "/broken"


SPOILED: dict[str, Callable[[Path], object]] = {
    "torn": lambda file: file.write_bytes(file.read_bytes()[:-100]),
    "empty": lambda file: file.write_bytes(b""),
    "tampered": lambda file: file.write_bytes(file.read_bytes().replace(b"api.example.com", b"evil.invalid.me")),
    "writable by others": lambda file: file.chmod(0o666),
    "in a folder that is writable by others": lambda file: file.parent.chmod(0o777),
    "a link": lambda file: (file.rename(file.parent.parent / "elsewhere"), file.symlink_to("../elsewhere")),
    "a folder": lambda file: (file.unlink(), file.mkdir()),
}


@pytest.mark.skipif(os.name == "nt", reason="files have no modes there")
@pytest.mark.parametrize("how", SPOILED)
def test_a_file_that_cannot_be_trusted_does_not_exist(how: str, document: Path, folder: Path) -> None:
    """A kept service that is not whole, or that somebody else may have written, is not used, and nothing is raised."""
    _ = cache.load(document, folder=folder).operations["ListThings"]
    (file,) = _kept(folder)
    SPOILED[how](file)

    service = cache.load(document, folder=folder)
    assert service.servers[0].url == "https://api.example.com"
    assert service.operations["ListThings"].path == "/things"


def test_what_is_kept_for_one_document_is_not_used_for_another(document: Path, folder: Path) -> None:
    """A file under the name of another is ignored, and replaced."""
    _ = cache.load(document, folder=folder).operations["ListThings"]
    (first,) = _kept(folder)
    document.write_text(DOCUMENT.replace("api.example.com", "example.org"), "utf-8")
    _ = cache.load(document, folder=folder).operations["ListThings"]
    (second,) = set(_kept(folder)) - {first}
    good = second.read_bytes()
    shutil.copyfile(first, second)

    service = cache.load(document, folder=folder)
    assert (service.servers[0].url, service.operations["ListThings"].method) == ("https://example.org", "GET")
    assert second.read_bytes() == good


def test_only_the_user_may_read_what_is_kept(document: Path, folder: Path) -> None:
    """Folder and file have modes for their owner alone."""
    _ = cache.load(document, folder=folder).operations["ListThings"]

    if os.name != "nt":
        assert [path.stat().st_mode & 0o777 for path in (folder, *_kept(folder))] == [0o700, 0o600]


def test_a_folder_that_cannot_be_used_is_no_fault(document: Path, tmp_path: Path) -> None:
    """Without a folder everything works."""
    for folder in (document, document / "below", tmp_path / ("x" * 300), tmp_path / "a\0b", Path("/proc/cache")):
        assert cache.load(document, folder=folder).operations["ListThings"].path == "/things"


def test_old_files_go(document: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder keeps the files that were written last."""
    monkeypatch.setattr(cache_files, "MAX_FILES", 2)
    for number in range(4):
        document.write_text(DOCUMENT.replace("Things,", f"Things {number},"), "utf-8")
        _ = cache.load(document, folder=folder).operations["ListThings"]
        for path in _kept(folder):
            os.utime(path, (path.stat().st_mtime - 10,) * 2)

    assert len(_kept(folder)) == 2
    assert cache.load(document, folder=folder).title == "Things 3"


def test_folders_are_those_of_variables_or_of_the_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    """CONNECTORS_CACHE is a folder or ``off``, CONNECTORS_CONFIG a folder; without them the platform says where."""
    monkeypatch.setenv("CONNECTORS_CACHE", "OFF")
    assert folders.cache_folder() is None
    monkeypatch.setenv("CONNECTORS_CACHE", "/somewhere")
    monkeypatch.setenv("CONNECTORS_CONFIG", "/config")
    assert folders.cache_folder() == Path("/somewhere")
    assert (folders.config_folder(), folders.added_folder()) == (Path("/config"), Path("/config/connectors"))
    monkeypatch.delenv("CONNECTORS_CACHE")
    monkeypatch.delenv("CONNECTORS_CONFIG")
    for root in ("", "/root"):
        for kind in ("CACHE", "CONFIG", "DATA"):
            monkeypatch.setenv(f"XDG_{kind}_HOME", root and f"{root}/{kind}")
        assert folders.cache_folder() == platformdirs.user_cache_path("open-connectors")
        assert folders.config_folder() == platformdirs.user_config_path("connectors")
        assert folders.added_folder() == platformdirs.user_data_path("open-connectors") / "connectors"


def test_what_was_one_object_is_one_object() -> None:
    """Media types that share a schema share it in what is unpacked, and constants are themselves."""
    shared = Schema(types=("object",), properties={"never": NEVER, "any": ANY}, default=[1.0, -0.0, True, None, "x"])
    body = RequestBody(content={"a/b": MediaType(schema=shared), "c/d": MediaType(schema=shared, examples=(MISSING,))})
    again = packing.unpacked(packing.packed(body))

    assert again == body
    assert len(again.schemas()) == 1
    assert again.schemas()[0].properties["never"] is NEVER
    assert [type(value) for value in again.schemas()[0].default] == [float, float, bool, type(None), str]
    assert again.content["c/d"].examples[0] is MISSING
    for value in (object(), {1: 2}, {1, 2}, 2**70, "\ud800"):
        with pytest.raises(packing.FAULTS):
            packing.packed(value)
