"""Links of OpenAPI 3: the follow-up requests that a response makes possible ("Link Object")."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from openconnectors.engine.documents.dialects.lowering import extensions, text
from openconnectors.engine.documents.dialects.openapi3.schemas import Schemas
from openconnectors.engine.documents.dialects.openapi3.servers import server
from openconnectors.engine.documents.dialects.openapi3.source import VersionedSource
from openconnectors.engine.documents.dialects.operation_ids import Place
from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.model import MISSING, Lazy, Link


class Links:
    """Lowers the links of one document, each when it is first read: nothing of a call needs them."""

    def __init__(self, source: VersionedSource, schemas: Schemas, places: Mapping[str, Place]) -> None:
        self._source = source
        self._schemas = schemas
        self._places = places

    def lower(self, response: Mapping[str, Any], at: str) -> Mapping[str, Link]:
        """The links of a response by name."""
        listed = self._source.mapping(response.get("links"), f"{at}/links", "links")
        return Lazy(listed, lambda name: self._link(listed[name], f"{at}/links/{escape(name)}")) if listed else {}

    def _link(self, value: object, at: str) -> Link:
        raw, at = self._source.resolved("link", value, at)
        node = Link(
            operation=self._operation(raw, at),
            parameters=dict(self._source.mapping(raw.get("parameters"), f"{at}/parameters", "parameters")),
            request_body=raw.get("requestBody", MISSING),
            server=server(self._source, raw["server"], f"{at}/server") if raw.get("server") is not None else None,
            description=text(raw.get("description")),
            at=at,
        )
        return self._source.extend("link", node, extensions(raw), self._schemas.site(at))

    def _operation(self, raw: Mapping[str, Any], at: str) -> str:
        """The id of the operation that a link names by ``operationId`` or ``operationRef``."""
        if raw.get("operationId") is not None:
            name = self._by_written_id.get(text(raw["operationId"]))
            if name is None:
                message = f"no operation has the operationId {raw['operationId']!r}"
                raise self._source.refuse(message, f"{at}/operationId", "link")
            return name
        reference = raw.get("operationRef")
        if not isinstance(reference, str):
            raise self._source.refuse("a link needs an operationId or an operationRef", at, "link")
        file, _, fragment = reference.partition("#")
        if not file and unquote(fragment) in self._by_path:
            return self._by_path[unquote(fragment)]
        pointer = self._source.document.target(reference, at)
        if pointer not in self._by_pointer:
            message = f"the reference {reference!r} points to no operation"
            raise self._source.refuse(message, f"{at}/operationRef", "link")
        return self._by_pointer[pointer]

    @cached_property
    def _by_written_id(self) -> Mapping[str, str]:
        """The names of operations by the ids that are written; of several with the same id, the first."""
        return {place.written_id: name for name, place in reversed([*self._places.items()]) if place.written_id}

    @cached_property
    def _by_path(self) -> Mapping[str, str]:
        """The names of operations by where their paths are: a pointer does not lead through a path item's ``$ref``, but
        documents write it so."""
        return {
            f"/paths/{escape(place.path)}{place.at[len(place.path_at) :]}": name for name, place in self._places.items()
        }

    @cached_property
    def _by_pointer(self) -> Mapping[str, str]:
        """The names of operations by their pointers; of several at the same, the first."""
        return {place.at: name for name, place in reversed([*self._places.items()])}
