"""Operations of OpenAPI 3, their responses and links, and what the service sends itself: callbacks and webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from openconnectors.engine.documents.dialects.lowering import extensions, tag_names, text, truth
from openconnectors.engine.documents.dialects.openapi3.content import Contents
from openconnectors.engine.documents.dialects.openapi3.links import Links
from openconnectors.engine.documents.dialects.openapi3.path_items import PathItem, path_item, places
from openconnectors.engine.documents.dialects.openapi3.schemas import Schemas
from openconnectors.engine.documents.dialects.openapi3.security import Security
from openconnectors.engine.documents.dialects.openapi3.servers import servers
from openconnectors.engine.documents.dialects.openapi3.source import VersionedSource
from openconnectors.engine.documents.dialects.operation_ids import Place, named
from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.errors import InvalidDocument
from openconnectors.engine.model import DeclaredResponse, Lazy, Operation, Server

Sent = tuple[Operation, ...]
"""Operations whose requests the service sends."""


class Operations:
    """Lowers the operations of one document. ``places`` are those that can be called, by unique id."""

    def __init__(self, source: VersionedSource, schemas: Schemas, contents: Contents, security: Security) -> None:
        self._source = source
        self._schemas = schemas
        self._contents = contents
        self._security = security
        self.requirements: list[tuple[object, str]] = []
        """The values of ``security`` that operations have, with their pointers."""
        self._servers: list[tuple[object, str]] = []
        """The nodes of servers that path items and operations have, with their pointers."""
        self._items = self._source.paths(self._schemas.site(""))
        self.places = named(self._find(), source)
        self._links = Links(source, schemas, self.places)

    def _find(self) -> list[Place]:
        """Every operation of the document; a path item that cannot be read is recorded and passed over."""
        listed: list[Place] = []
        for path, path_at in self._items.items():
            try:
                item = path_item(self._source, path_at)
                self._servers.append(item.member("servers"))
                for place, raw in places(self._source, item, path):
                    listed.append(place)
                    if isinstance(raw, Mapping):
                        if "security" in raw:
                            self.requirements.append((raw["security"], f"{place.at}/security"))
                        self._servers.append((raw.get("servers"), f"{place.at}/servers"))
            except InvalidDocument as error:
                self._source.findings += error.diagnostics
        return listed

    def further_servers(self) -> tuple[Server, ...]:
        """The servers that path items and operations have instead of those of the document. What cannot be read is
        passed over: it is refused with its operation."""
        further: list[Server] = []
        for value, at in self._servers:
            if value is not None:
                with suppress(InvalidDocument):
                    further += servers(self._source, value, at)
        return tuple(further)

    def lower(self, name: str) -> Operation:
        """The operation of an id; ``InvalidDocument`` if it, or a schema that it uses, cannot be read."""
        place = self.places[name]
        path_at = self._items[place.path]
        if not place.path.startswith("/"):
            raise self._source.refuse(f"the path {place.path!r} must begin with a slash", path_at, "path")
        operation = self._operation(name, place, path_item(self._source, path_at))
        self._schemas.soundness.check(operation.schemas())
        return operation

    def _operation(self, name: str, place: Place, item: PathItem) -> Operation:
        source, at = self._source, place.at
        raw = source.node("operation", source.document.get(at), at)
        responses = source.mapping(raw.get("responses"), f"{at}/responses", "responses")
        nearest = servers(source, raw.get("servers"), f"{at}/servers")
        node = Operation(
            id=name,
            method=place.sent,
            path=place.path,
            title=text(raw.get("summary") or item.member("summary")[0]),
            description=text(raw.get("description") or item.member("description")[0]),
            deprecated=truth(raw.get("deprecated")),
            tags=tag_names(raw),
            parameters=self._contents.parameters(
                item.member("parameters"), (raw.get("parameters"), f"{at}/parameters")
            ),
            request_body=self._contents.request_body(raw.get("requestBody"), f"{at}/requestBody"),
            responses={
                _status(status): self._response(_status(status), response, f"{at}/responses/{escape(status)}")
                for status, response in responses.items()
                if not str(status).startswith("x-")
            },
            security=self._security.requirements(raw, at),
            servers=nearest or servers(source, *item.member("servers")),
            callbacks=self._callbacks(raw, at),
            at=at,
        )
        members = {**extensions(item.members()), **extensions(raw)}
        return source.extend("operation", node, members, self._schemas.site(at))

    def _response(self, status: str, value: object, at: str) -> DeclaredResponse:
        raw, at = self._source.resolved("response", value, at)
        node = DeclaredResponse(
            status=status,
            description=text(raw.get("description") or raw.get("summary")),
            content=self._contents.content(raw, at),
            headers=self._contents.headers(raw, at),
            links=self._links.lower(raw, at),
            at=at,
        )
        return self._source.extend("response", node, extensions(raw), self._schemas.site(at))

    # What the service sends

    def _callbacks(self, operation: Mapping[str, Any], at: str) -> Mapping[str, Mapping[str, Sent]]:
        """The callbacks of an operation by name, each lowered when it is first read: nothing of a call needs them."""
        listed = self._source.mapping(operation.get("callbacks"), f"{at}/callbacks", "callbacks")

        def callback(name: str) -> Mapping[str, Sent]:
            raw, raw_at = self._source.resolved("callback", listed[name], f"{at}/callbacks/{escape(name)}")
            urls = [url for url in raw if not str(url).startswith("x-")]
            return Lazy(urls, lambda url: self._sent(name, url, f"{raw_at}/{escape(url)}"))

        return Lazy(listed, callback) if listed else {}

    def webhooks(self) -> Mapping[str, Sent]:
        """The webhooks of the document by name."""
        root = self._source.members("document", self._source.root, "")
        listed = self._source.root_mapping("webhooks") if "webhooks" in root else {}
        return Lazy(listed, lambda name: self._sent(name, name, f"/webhooks/{escape(name)}"))

    def _sent(self, name: str, url: str, at: str) -> Sent:
        """The operations of a path item whose requests the service sends."""
        item = path_item(self._source, at)
        ids = named([place for place, _ in places(self._source, item, url)], self._source)
        operations = tuple(
            self._operation(place.written_id or f"{name}_{place.method}", place, item) for place in ids.values()
        )
        self._schemas.soundness.check(schema for operation in operations for schema in operation.schemas())
        return operations


def _status(key: object) -> str:
    """A key of responses as the specification spells it: ``4XX``, ``default``."""
    written = str(key)
    return written.lower() if written.isalpha() else written.strip().upper()
