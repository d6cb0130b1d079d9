"""OpenAPI 3.0, 3.1 and 3.2 to the model (https://spec.openapis.org/oas/).

One lowering for all: what differs between versions is a frozen value of ``versions``. ``schemas``, ``content``
(parameters, headers, media types, bodies), ``security``, ``servers`` and ``operations`` lower the objects of these
names; ``lower`` joins them. As in Swagger 2.0, operations and schemas are lowered on first use, and what is wrong in a
part that one operation needs is refused with that operation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from openconnectors.engine.documents.dialects.hierarchy import Subtypes
from openconnectors.engine.documents.dialects.lowering import Extend, extensions, text
from openconnectors.engine.documents.dialects.openapi3.content import Contents
from openconnectors.engine.documents.dialects.openapi3.operations import Operations
from openconnectors.engine.documents.dialects.openapi3.schemas import Schemas, is_known_dialect, unknown_dialect
from openconnectors.engine.documents.dialects.openapi3.security import Security
from openconnectors.engine.documents.dialects.openapi3.servers import root_servers
from openconnectors.engine.documents.dialects.openapi3.source import VersionedSource
from openconnectors.engine.documents.dialects.openapi3.versions import Version
from openconnectors.engine.documents.document import Document
from openconnectors.engine.model import Lazy, Service, Tag, XmlRule


def lowering(version: Version) -> Callable[[Document, Extend], Service]:
    """The function that lowers documents of a version."""
    return lambda document, extend: lower(document, extend, version)


def lower(document: Document, extend: Extend, version: Version) -> Service:
    """The service of an OpenAPI document.

    ``InvalidDocument``, at its place, for a document whose paths or servers cannot be read at all.
    """
    source = VersionedSource(document, extend, version=version)
    _check_root(source)
    schemas = Schemas(source)
    info = source.members("info", source.root_mapping("info"), "/info")
    security = Security(source, schemas)
    operations = Operations(source, schemas, Contents(source, schemas), security)
    security.declare(operations.requirements)
    node = Service(
        title=text(info.get("title")),
        version=text(info.get("version")),
        description=text(info.get("description")),
        file=document.file,
        original=source.root,
        tags=_tags(source),
        servers=root_servers(source),
        further_servers=operations.further_servers(),
        schemes=security.with_scopes(operations.requirements),
        together=security.together(operations.requirements),
        distinct=True,
        operations=Lazy(operations.places, operations.lower),
        places={name: (place.sent, place.path) for name, place in operations.places.items()},
        webhooks=operations.webhooks(),
        schemas=schemas.by_pointer,
        subtypes=Subtypes(schemas.hierarchy),
        xml=XmlRule(absent_is_empty=False),
        read_only_sent=version.json_schema,
        schema_of=schemas.received,
        remarks=source.remarks,
        finding=lambda rule, message, at: document.diagnostic(rule, message, at, severity="warning"),
    )
    members = {**extensions(info), **extensions(source.root)}
    node = extend("service", node, members, schemas.site(""))
    return replace(node, diagnostics=(*node.diagnostics, *dict.fromkeys(source.findings)))


def _check_root(source: VersionedSource) -> None:
    """Remark what the version does not have of the parts that every operation shares, and schemas that are written in
    another language than the one that is read."""
    root = source.members("document", source.root, "")
    source.members("components object", source.root_mapping("components"), "/components")
    dialect = root.get("jsonSchemaDialect")
    if dialect is not None and not is_known_dialect(dialect):
        source.note("schema-dialect", unknown_dialect(dialect), "/jsonSchemaDialect")


def _tags(source: VersionedSource) -> dict[str, Tag]:
    """The tags that the document describes, by name ("Tag Object"). They are documentation: what cannot be read is
    none."""
    listed = source.root.get("tags")
    tags: dict[str, Tag] = {}
    for index, value in enumerate(listed if isinstance(listed, list) else ()):
        at = f"/tags/{index}"
        if isinstance(value, Mapping) and isinstance(value.get("name"), str):
            raw = source.members("tag", value, at)
            tags[value["name"]] = Tag(
                name=value["name"],
                title=text(raw.get("summary")),
                description=text(raw.get("description")),
                parent=text(raw.get("parent")),
                kind=text(raw.get("kind")),
                extensions=extensions(raw),
                at=at,
            )
    return tags
