"""One of the two versions: its document, the service that it describes, and what its schemas accept."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from msgspec.structs import replace

from openconnectors.engine.diff.simple import simplified
from openconnectors.engine.documents.document import Document
from openconnectors.engine.documents.loader import service_of
from openconnectors.engine.errors import InvalidDocument
from openconnectors.engine.lint.rules import Context
from openconnectors.engine.lint.tree import Tree
from openconnectors.engine.model import Header, Operation, Parameter, Schema, Server
from openconnectors.engine.values.json_schema import JsonSchemaWriter
from openconnectors.engine.values.resolved import ResolvedSchemas


class Side:
    """A version of a document as its callers see it.

    Raises ``InvalidDocument`` if it cannot be read as a service. An operation that cannot be read is not among the
    ``operations``; ``unreadable`` has why, by its name.
    """

    def __init__(self, document: Document, properties: Document | None) -> None:
        self.document = document
        self.service = service_of(document, properties)
        self.context = Context(document, Tree(document), properties)
        self.operations: dict[str, Operation] = {}
        self.unreadable: dict[str, InvalidDocument] = {}
        for name in self.service.operations:
            try:
                self.operations[name] = self.service.operations[name]
            except InvalidDocument as error:
                self.unreadable[name] = error
        self._resolved = ResolvedSchemas(self.service, wire=False)
        # By identity; the schemas are kept with what is known of them, so that an id is not given to another object.
        self._plain: dict[int, tuple[Schema, Schema]] = {}

    @cached_property
    def servers(self) -> tuple[Server, ...]:
        """The servers of the document. In Swagger 2.0 there is one for each of its ``schemes``, of which the service
        has the one that is used."""
        servers = self.service.servers
        listed = self.document.root.get("schemes") if self.context.tree.swagger2 else None
        scheme, separator, rest = servers[0].url.partition("://") if servers else ("", "", "")
        if not isinstance(listed, list) or not separator:
            return servers
        others = [name for name in listed if name in ("http", "https") and name != scheme]
        return (*servers, *(replace(servers[0], url=f"{name}://{rest}") for name in others))

    def says_media_types(self, name: str) -> bool:
        """Return True if media types and credentials say what a header field of this name has: an OpenAPI 3 document
        that describes it is not listened to (3.1, "Parameter Object")."""
        return not self.context.tree.swagger2 and name.lower() in ("accept", "content-type", "authorization")

    def plain(self, schema: Schema) -> Schema:
        """A schema as simply as it can be said: references followed, ``allOf`` merged; alternatives that are a value or
        null, a list of values or a list of types said as such. Two that are written otherwise are often the same so."""
        resolved = self._resolved.resolve(schema)
        known = self._plain.get(id(resolved))
        if known is None:
            known = self._plain[id(resolved)] = (resolved, simplified(resolved, self._resolved.resolve, self._judged))
        return known[1]

    def variants(self, schema: Schema) -> Mapping[str, Schema]:
        """The schemas that extend a plain one by ``allOf``, by the values of its discriminator."""
        return self._resolved.variants(schema) if not schema.one_of and not schema.any_of else {}

    def written(self, schema: Schema, *, request: bool) -> Mapping[str, Any]:
        """The JSON Schema 2020-12 of the values of a schema that are sent, or received."""
        return JsonSchemaWriter(self.service, request=request).write_document(schema)

    def _judged(self, schema: Schema) -> Mapping[str, Any]:
        return JsonSchemaWriter(self.service, request=None).write_document(schema)


def schema_of(parameter: Parameter | Header) -> Schema:
    """The schema of the value of a parameter or header field, also if it is written in a media type."""
    entry = next(iter(parameter.content.values()), None)
    return entry.schema if entry is not None and entry.schema is not None else parameter.schema
