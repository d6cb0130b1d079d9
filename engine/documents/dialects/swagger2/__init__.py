"""Swagger 2.0 to the model (https://spec.openapis.org/oas/v2.0).

``schemas``, ``parameters``, ``security`` and ``operations`` lower the objects of these names, ``server`` the host;
``lower`` joins them. Operations and definitions are lowered on first use: a document of a thousand operations costs
what is called. What is wrong in a part that one operation needs is refused with that operation; what every operation
shares is recorded in the diagnostics of the service.
"""

from __future__ import annotations

from msgspec.structs import replace

from openconnectors.engine.documents.dialects.hierarchy import Subtypes
from openconnectors.engine.documents.dialects.lowering import Extend, Source, extensions, text
from openconnectors.engine.documents.dialects.swagger2.operations import Operations
from openconnectors.engine.documents.dialects.swagger2.schemas import Schemas
from openconnectors.engine.documents.dialects.swagger2.security import Security
from openconnectors.engine.documents.dialects.swagger2.server import Unusable, server_url
from openconnectors.engine.documents.document import Document
from openconnectors.engine.model import UNUSABLE, Lazy, Server, Service


def lower(document: Document, extend: Extend) -> Service:
    """The service of a Swagger 2.0 document.

    ``InvalidDocument``, at its place, for a document whose paths or server cannot be read at all.
    """
    source = Source(document, extend)
    schemas = Schemas(source)
    info = source.root_mapping("info")
    security = Security(source, schemas)
    operations = Operations(source, schemas, security)
    node = Service(
        title=text(info.get("title")),
        version=text(info.get("version")),
        description=text(info.get("description")),
        file=document.file,
        servers=(Server(url=_server(source)),),
        schemes=security.schemes,
        together=security.together(operations.requirements),
        operations=Lazy(operations.places, operations.lower),
        places={name: (place.method.upper(), place.path) for name, place in operations.places.items()},
        schemas=schemas.by_pointer,
        subtypes=Subtypes(schemas.hierarchy),
        schema_of=schemas.received,
        finding=lambda rule, message, at: document.diagnostic(rule, message, at, severity="warning"),
    )
    members = {**extensions(info), **extensions(source.root)}
    node = extend("service", node, members, schemas.site(""))
    return replace(node, diagnostics=(*node.diagnostics, *dict.fromkeys(source.findings)))


def _server(source: Source) -> str:
    """The URL of the server; what is odd about the members that it is made of is noted."""
    try:
        url, notes = server_url(source.root)
    except Unusable as error:
        raise source.refuse(str(error), f"/{error.member}", "server") from None
    for note in notes:
        source.note("server" if note.usable else UNUSABLE, note.message, f"/{note.member}")
    return url
