"""Operations of OpenAPI 3: path items, operations, responses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openconnectors.engine.documents.dialects.lowering import Source, extensions, text, truth
from openconnectors.engine.documents.dialects.openapi3.content import Contents
from openconnectors.engine.documents.dialects.openapi3.schemas import Schemas
from openconnectors.engine.documents.dialects.openapi3.security import Security
from openconnectors.engine.documents.dialects.openapi3.servers import servers
from openconnectors.engine.documents.dialects.openapi3.versions import Version
from openconnectors.engine.documents.dialects.operation_ids import Place, named
from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.errors import InvalidDocument
from openconnectors.engine.model import DeclaredResponse, Operation, Paths

_ADDITIONAL = "additionalOperations"


class Operations:
    """Lowers the operations of one document. ``places`` are those that can be called, by unique id."""

    def __init__(
        self, source: Source, version: Version, schemas: Schemas, contents: Contents, security: Security
    ) -> None:
        self._source = source
        self._version = version
        self._schemas = schemas
        self._contents = contents
        self._security = security
        self.nodes: list[Mapping[str, Any]] = []
        """The nodes of all operations that are mappings."""
        self.places = named(self._find(), source)

    def _find(self) -> list[Place]:
        """Every operation of the document; a path item that cannot be read is recorded and passed over."""
        places: list[Place] = []
        for path, path_at in self._paths().items():
            try:
                item, item_at = self._source.resolve(self._source.document.get(path_at), path_at, "a path item")
                places += self._places(path, item, item_at)
            except InvalidDocument as error:
                self._source.findings += error.diagnostics
        return places

    def _places(self, path: str, item: Mapping[str, Any], at: str) -> Iterator[Place]:
        for method, holder, raw in self._methods(item, at):
            written = raw.get("operationId") if isinstance(raw, Mapping) else None
            written_id = text(written) if isinstance(written, (str, int)) else ""
            self.nodes += [raw] if isinstance(raw, Mapping) else []
            yield Place(method, path, at, written_id, holder)

    def _methods(self, item: Mapping[str, Any], at: str) -> Iterator[tuple[str, str, object]]:
        """Each operation of a path item: its method, the member that holds it if it is not the item, and its node."""
        for method in self._version.methods:
            if item.get(method) is not None:
                yield method, "", item[method]
        if self._version.additional_methods:
            additional = self._source.mapping(item.get(_ADDITIONAL), f"{at}/{_ADDITIONAL}", _ADDITIONAL)
            for method, raw in additional.items():
                yield method, _ADDITIONAL, raw

    def _paths(self) -> Mapping[str, str]:
        """Every path with the pointer of its item, those that extensions add included."""
        paths = self._source.mapping(self._source.root.get("paths"), "/paths", "paths")
        declared = Paths(items={path: f"/paths/{escape(path)}" for path in paths if not path.startswith("x-")})
        try:
            members = extensions(self._source.root)
            return self._source.extend("paths", declared, members, self._schemas.site("")).items
        except InvalidDocument as error:
            self._source.findings += error.diagnostics
            return declared.items

    def lower(self, name: str) -> Operation:
        """The operation of an id; ``InvalidDocument`` if it, or a schema that it uses, cannot be read."""
        place = self.places[name]
        if not place.path.startswith("/"):
            message = f"the path {place.path!r} must begin with a slash"
            raise self._source.refuse(message, place.path_at, "path")
        operation = self._operation(name, place, self._source.document.get(place.path_at))
        self._schemas.soundness.check(operation.schemas())
        return operation

    def _operation(self, name: str, place: Place, path_item: Mapping[str, Any]) -> Operation:
        source, at = self._source, place.at
        raw = source.mapping(source.document.get(at), at, "an operation")
        responses = source.mapping(raw.get("responses"), f"{at}/responses", "responses")
        node = Operation(
            id=name,
            method=place.sent,
            path=place.path,
            title=text(raw.get("summary") or path_item.get("summary")),
            description=text(raw.get("description") or path_item.get("description")),
            deprecated=truth(raw.get("deprecated")),
            parameters=self._contents.parameters(path_item, place.path_at, raw, at),
            request_body=self._contents.request_body(raw.get("requestBody"), f"{at}/requestBody"),
            responses={
                _status(status): self._response(_status(status), response, f"{at}/responses/{escape(status)}")
                for status, response in responses.items()
                if not str(status).startswith("x-")
            },
            security=self._security.requirements(raw, at),
            servers=servers(source, raw, at) or servers(source, path_item, place.path_at),
            at=at,
        )
        members = {**extensions(path_item), **extensions(raw)}
        return source.extend("operation", node, members, self._schemas.site(at))

    def _response(self, status: str, value: object, at: str) -> DeclaredResponse:
        raw, at = self._source.resolve(value, at, "a response")
        node = DeclaredResponse(
            status=status,
            description=text(raw.get("description") or raw.get("summary")),
            content=self._contents.content(raw, at),
            headers=self._contents.headers(raw, at),
            at=at,
        )
        return self._source.extend("response", node, extensions(raw), self._schemas.site(at))


def _status(key: object) -> str:
    """A key of responses as the specification spells it: ``4XX``, ``default``."""
    written = str(key)
    return written.lower() if written.isalpha() else written.strip().upper()
