"""What Spectral's own rule set for OpenAPI, ``spectral:oas``, is here: a row for each of its rules.

A rule that looks for what rules of ours look for is these; a rule of taste that ours do not have is written as a rule
of a rule set. So whoever says ``extends: spectral:oas`` gets what he knows, under the ids that he turns off, and
nothing twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct


class Ours(Struct, frozen=True):
    """Rules of ours, by a pattern of their ids; their findings on some kinds of nodes, or at some pointers, if said."""

    rule: str
    kinds: str = ""
    pointer: str = ""


class Definition(Struct, frozen=True):
    """A rule as a rule set writes it."""

    description: str
    selectors: str | tuple[str, ...]
    then: tuple[Mapping[str, Any], ...]
    formats: tuple[str, ...] = ()
    recommended: bool = True


NAME = "spectral:oas"
OTHERS = ("spectral:asyncapi", "spectral:arazzo")
"""Rule sets for documents that are none of ours: they have no effect."""
ALIASES: Mapping[str, tuple[str, ...]] = {
    "PathItem": ("$.paths[*]",),
    "OperationObject": ("#PathItem[get,put,post,delete,options,head,patch,trace]",),
}


def _there(*fields: str) -> tuple[Mapping[str, Any], ...]:
    return tuple({"field": field, "function": "truthy"} for field in fields)


def _list(field: str, items: str = "") -> tuple[Mapping[str, Any], ...]:
    schema: dict[str, Any] = {"type": "array", "minItems": 1} | ({"items": {"type": items}} if items else {})
    return ({"field": field, "function": "schema", "functionOptions": {"schema": schema}},)


def _without(pattern: str, field: str | None = None) -> tuple[Mapping[str, Any], ...]:
    then: dict[str, Any] = {"function": "pattern", "functionOptions": {"notMatch": pattern}}
    return (then | ({"field": field} if field else {}),)


_ABSENT: tuple[Mapping[str, Any], ...] = ({"function": "undefined"},)
_SECOND, _THIRD = ("oas2",), ("oas3",)
_NEWER = ("oas3_1", "oas3_2")
_MEMBER = "structure-member"

# fmt: off
RULES: Mapping[str, tuple[Ours, ...] | Definition] = {
    "array-items": (Ours("array-without-items"),),
    "contact-properties": Definition("A contact has a name, a URL and an email address.", "$.info.contact",
                                     _there("name", "url", "email"), recommended=False),
    "duplicated-entry-in-enum": (Ours("enum-duplicate"),),
    "info-contact": Definition("The info has a contact.", "$", _there("info.contact")),
    "info-description": Definition("The info has a description.", "$", _there("info.description")),
    "info-license": Definition("The info has a license.", "$", _there("info.license"), recommended=False),
    "license-url": Definition("The license has a URL.", "$", _there("info.license.url"), recommended=False),
    "no-$ref-siblings": (Ours("reference-sibling"), Ours("reference-beside")),
    "no-eval-in-markdown": (Ours("markup-active"),),
    "no-script-tags-in-markdown": (Ours("markup-active"),),
    "oas2-anyOf": (Ours(_MEMBER, pointer="/anyOf$"),),
    "oas2-api-host": Definition("The document has a host.", "$", _there("host"), _SECOND),
    "oas2-api-schemes": Definition("The document has schemes.", "$", _list("schemes", "string"), _SECOND),
    "oas2-discriminator": (Ours("discriminator-*"),),
    "oas2-host-not-example": Definition("The host is no example.", "$", _without(r"example\.com", "host"), _SECOND,
                                        recommended=False),
    "oas2-host-trailing-slash": (Ours("host-invalid"), Ours("structure-pattern", pointer="^/host$")),
    "oas2-oneOf": (Ours(_MEMBER, pointer="/oneOf$"),),
    "oas2-operation-formData-consume-check": (Ours("form-type"),),
    "oas2-operation-security-defined": (Ours("security-undefined"),),
    "oas2-parameter-description": Definition("A parameter has a description.", "$..parameters[?(@ && @.in)]",
                                             _there("description"), _SECOND, recommended=False),
    "oas2-schema": (Ours("structure*"),),
    "oas2-unused-definition": (Ours("definition-unused"),),
    "oas2-valid-media-example": (Ours("example-invalid", "response"),),
    "oas2-valid-schema-example": (Ours("example-invalid", "schema parameter items header"), Ours("default-invalid")),
    "oas3-api-servers": Definition("The document has servers.", "$", _list("servers", "object"), _THIRD),
    "oas3-callbacks-in-callbacks": Definition(
        "An operation of a callback has no callbacks.", "#OperationObject.callbacks[*][*][*].callbacks", _ABSENT,
        _THIRD),
    "oas3-examples-value-or-externalValue": Definition(
        "An example has either a value or an externalValue.", "example",
        ({"function": "xor", "functionOptions": {"properties": ["externalValue", "value"]}},), _THIRD),
    "oas3-operation-security-defined": (Ours("security-undefined"),),
    "oas3-parameter-description": Definition(
        "A parameter has a description.",
        ("#PathItem.parameters[?(@ && @.in)]", "#OperationObject.parameters[?(@ && @.in)]",
         "$.components.parameters[?(@ && @.in)]"), _there("description"), _THIRD, recommended=False),
    "oas3-schema": (Ours("structure*"),),
    "oas3-server-not-example.com": Definition("The server is no example.", "$.servers[*].url",
                                              _without(r"example\.com"), _THIRD, recommended=False),
    "oas3-server-trailing-slash": (Ours("base-slash", "server document"),),
    "oas3-server-variables": (Ours("server-variable"),),
    "oas3-unused-component": (Ours("definition-unused"),),
    "oas3-valid-media-example": (Ours("example-invalid", "media-type parameter header"),),
    "oas3-valid-schema-example": (Ours("example-invalid", "schema"), Ours("default-invalid")),
    "oas3_1-callbacks-in-webhook": Definition("An operation of a webhook has no callbacks.",
                                              "$.webhooks[*][*].callbacks", _ABSENT, _NEWER),
    "oas3_1-servers-in-webhook": Definition("A webhook has no servers.",
                                            ("$.webhooks.servers", "$.webhooks[*][*].servers"), _ABSENT, _NEWER),
    "oas3_2-no-deprecated-xml-attribute": Definition(
        "`attribute: true` of an XML Object is `nodeType: attribute` in OpenAPI 3.2.", "$..[?(@ && @.xml)].xml",
        ({"function": "schema", "functionOptions": {
            "schema": {"not": {"properties": {"attribute": {"const": True}}, "required": ["attribute"]}}}},),
        ("oas3_2",)),
    "openapi-tags": Definition("The document lists its tags.", "$", _list("tags"), recommended=False),
    "openapi-tags-alphabetical": Definition(
        "The tags are in alphabetical order.", "$",
        ({"field": "tags", "function": "alphabetical", "functionOptions": {"keyedBy": "name"}},), recommended=False),
    "openapi-tags-uniqueness": (Ours("tag-duplicate"),),
    "operation-description": Definition("An operation has a description.", "#OperationObject", _there("description")),
    "operation-operationId": (Ours("operation-id-missing"),),
    "operation-operationId-unique": (Ours("operation-id-duplicate"),),
    "operation-operationId-valid-in-url": (Ours("operation-id-unsafe"),),
    "operation-parameters": (Ours("parameter-duplicate"), Ours("body-twice")),
    "operation-singular-tag": Definition(
        "An operation has one tag.", "#OperationObject",
        ({"field": "tags", "function": "length", "functionOptions": {"max": 1}},), recommended=False),
    "operation-success-response": (Ours("operation-without-success"),),
    "operation-tag-defined": (Ours("tag-undefined"),),
    "operation-tags": Definition("An operation has tags.", "#OperationObject", _list("tags")),
    "path-declarations-must-exist": (Ours("path-template"),),
    "path-keys-no-trailing-slash": (Ours("path-slash"),),
    "path-not-include-query": (Ours("path-query"),),
    "path-params": (Ours("path-parameter"), Ours("parameter-optional-path"), Ours("path-equivalent")),
    "tag-description": Definition("A tag has a description.", "$.tags[*]", _there("description"), recommended=False),
    "typed-enum": (Ours("enum-invalid"),),
}
"""The rules of ``spectral:oas`` by their ids."""
# fmt: on
