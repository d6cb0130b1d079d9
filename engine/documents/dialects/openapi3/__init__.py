"""OpenAPI 3.0, 3.1 and 3.2 to the model (https://spec.openapis.org/oas/).

One lowering for all: what differs between versions is a frozen value of ``versions``. ``schemas``, ``content``
(parameters, headers, media types, bodies), ``security``, ``servers`` and ``operations`` lower the objects of these
names; ``lower`` joins them. As in Swagger 2.0, operations and schemas are lowered on first use, and what is wrong in a
part that one operation needs is refused with that operation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from openconnectors.engine.documents.dialects.lowering import Extend, extensions, text
from openconnectors.engine.documents.dialects.openapi3.content import Contents
from openconnectors.engine.documents.dialects.openapi3.operations import Operations
from openconnectors.engine.documents.dialects.openapi3.schemas import Schemas
from openconnectors.engine.documents.dialects.openapi3.security import Security
from openconnectors.engine.documents.dialects.openapi3.servers import root_servers
from openconnectors.engine.documents.dialects.openapi3.source import VersionedSource
from openconnectors.engine.documents.dialects.openapi3.versions import Version
from openconnectors.engine.documents.document import Document
from openconnectors.engine.model import Lazy, Service, XmlRule


def lowering(version: Version) -> Callable[[Document, Extend], Service]:
    """The function that lowers documents of a version."""
    return lambda document, extend: lower(document, extend, version)


def lower(document: Document, extend: Extend, version: Version) -> Service:
    """The service of an OpenAPI document.

    ``InvalidDocument``, at its place, for a document whose paths or servers cannot be read at all.
    """
    source = VersionedSource(document, extend, version=version)
    schemas = Schemas(source)
    info = source.members("info", source.root_mapping("info"), "/info")
    security = Security(source, schemas)
    operations = Operations(source, schemas, Contents(source, schemas), security)
    node = Service(
        title=text(info.get("title")),
        version=text(info.get("version")),
        description=text(info.get("description")),
        file=document.file,
        original=source.root,
        servers=root_servers(source),
        further_servers=operations.further_servers(),
        schemes=security.schemes,
        together=security.together(operations.nodes),
        distinct=True,
        operations=Lazy(operations.places, operations.lower),
        places={name: (place.sent, place.path) for name, place in operations.places.items()},
        webhooks=operations.webhooks(),
        schemas=schemas.by_pointer,
        subtypes=Lazy((), schemas.hierarchy.subtypes, closed=False),
        xml=XmlRule(absent_is_empty=False),
        read_only_sent=version.json_schema,
        schema_of=schemas.received,
        remarks=source.remarks,
        finding=lambda rule, message, at: document.diagnostic(rule, message, at, severity="warning"),
    )
    members = {**extensions(info), **extensions(source.root)}
    node = extend("service", node, members, schemas.site(""))
    return replace(node, diagnostics=(*node.diagnostics, *dict.fromkeys(source.findings)))
