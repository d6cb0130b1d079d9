"""Rules for what only OpenAPI 3 has: links and callbacks, runtime expressions, discriminators of ``oneOf``, media types
with encodings, servers with variables, OAuth flows, nested tags.

The rows are beside their functions. What a document alone cannot show is listed in docs/not-checked.md.
"""

from openconnectors.engine.lint.openapi3 import (
    components,
    contents,
    discriminators,
    links,
    metadata,
    parameters,
    security,
    servers,
    xml,
)

__all__ = ["MODULES"]

MODULES = (components, contents, discriminators, links, metadata, parameters, security, servers, xml)
"""The modules that bind functions to rows."""
