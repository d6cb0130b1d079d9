"""What differs between the versions of OpenAPI 3, as a frozen value for each.

Rule 1. The lowering knows what every version has. Members that a version does not have are taken away, with a remark,
before a node is lowered (``source``): they have no effect ("Specification Extensions": other members are not allowed).
Rule 2. What means something else in another version is a field of ``Version``.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

_SINCE: Mapping[str, Mapping[str, str]] = {
    "3.1": {
        "document": "webhooks jsonSchemaDialect",
        "info": "summary",
        "components object": "pathItems",
        "schema": """
            const examples if then else prefixItems contains minContains maxContains patternProperties propertyNames
            dependentRequired dependentSchemas unevaluatedItems unevaluatedProperties contentEncoding contentMediaType
            contentSchema $id $schema $anchor $dynamicAnchor $dynamicRef $defs $vocabulary $comment""",
    },
    "3.2": {
        "document": "$self",
        "components object": "mediaTypes",
        "tag": "summary parent kind",
        "server": "name",
        "path item": "query additionalOperations",
        "media type": "$ref itemSchema prefixEncoding itemEncoding",
        "encoding": "encoding prefixEncoding itemEncoding",
        "response": "summary",
        "example": "dataValue serializedValue",
        "discriminator": "defaultMapping",
        "XML object": "nodeType",
        "security scheme": "oauth2MetadataUrl deprecated",
        "OAuth flows": "deviceAuthorization",
        "OAuth flow": "deviceAuthorizationUrl",
    },
}
"""The members that came with a version, by the kind of node."""

_ONLY: Mapping[str, Mapping[str, str]] = {"3.0": {"schema": "nullable"}}
"""The members that a later version does not have any more."""

_LATER = {"3.0": "OpenAPI 3.0 only", "3.1": "OpenAPI 3.1 and later", "3.2": "OpenAPI 3.2 and later"}


def _lacks(version: str) -> Mapping[str, Mapping[str, str]]:
    """The members that a version does not have, by the kind of node, each with the versions that have it."""
    lacks: dict[str, dict[str, str]] = {}
    others = [(name, _SINCE[name]) for name in _SINCE if version < name]
    others += [(name, _ONLY[name]) for name in _ONLY if version != name]
    for name, kinds in others:
        for kind, members in kinds.items():
            lacks.setdefault(kind, {}).update(dict.fromkeys(members.split(), _LATER[name]))
    return lacks


_STYLES: Mapping[str, tuple[str, ...]] = {
    "path": ("simple", "label", "matrix"),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    "header": ("simple",),
    "cookie": ("form",),
}


class Version(Struct, frozen=True, kw_only=True):
    """One version of the specification.

    ``json_schema``: schemas are JSON Schema 2020-12 (3.1, "Schema Object"); else the dialect of 3.0, with ``nullable``,
    and exclusive bounds that are booleans. ``siblings``: a reference may have members beside it: keywords in a schema
    (2020-12 core, section 8.2.3.1), summary and description elsewhere ("Reference Object"); else they are ignored.
    """

    name: str
    lacks: Mapping[str, Mapping[str, str]]
    """The members that it does not have, by the kind of node, each with the versions that have it."""
    json_schema: bool = True
    siblings: bool = True
    styles: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _STYLES)
    """The styles of each location of parameters, the default first ("Style Values")."""
    styled_forms: frozenset[str] = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
    """The media types whose fields may have a style ("Encoding Object")."""
    scheme_references: bool = False
    """True if a requirement may name a security scheme by its URI ("Security Requirement Object")."""
    reserved_in: frozenset[str] = frozenset({"query"})
    """The locations in which ``allowReserved`` has an effect ("Parameter Object")."""


OPENAPI30 = Version(
    name="3.0",
    lacks=_lacks("3.0"),
    json_schema=False,
    siblings=False,
    styled_forms=frozenset({"application/x-www-form-urlencoded"}),
)
OPENAPI31 = Version(name="3.1", lacks=_lacks("3.1"))
OPENAPI32 = Version(
    name="3.2",
    lacks=_lacks("3.2"),
    scheme_references=True,
    styles={**_STYLES, "cookie": ("form", "cookie"), "querystring": ()},
    reserved_in=frozenset({"path", "query", "header", "cookie"}),
)
