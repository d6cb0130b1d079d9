"""What differs between the versions of OpenAPI 3, as a frozen value for each."""

from __future__ import annotations

from dataclasses import dataclass

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of the specification.

    ``json_schema``: schemas are JSON Schema 2020-12 (3.1, "Schema Object"); else the dialect of 3.0, with ``nullable``,
    exclusive bounds that are booleans, and references that have no siblings.
    """

    name: str
    methods: tuple[str, ...] = _METHODS
    additional_methods: bool = False
    """True if a path item may have ``additionalOperations``."""
    json_schema: bool = True
    locations: tuple[str, ...] = ("path", "query", "header", "cookie")
    default_mapping: bool = False
    """True if a discriminator may have a ``defaultMapping``."""
    media_type_references: bool = False
    """True if a media type may be a reference to ``components/mediaTypes``."""


OPENAPI30 = Version(name="3.0", json_schema=False)
OPENAPI31 = Version(name="3.1")
OPENAPI32 = Version(
    name="3.2",
    methods=(*_METHODS, "query"),
    additional_methods=True,
    locations=("path", "query", "header", "cookie", "querystring"),
    default_mapping=True,
    media_type_references=True,
)
