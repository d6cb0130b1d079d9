"""Operations, paths, responses, parameters, bodies, security."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from openconnectors.engine.deferred import pattern
from openconnectors.engine.lint.extensions import is_internal
from openconnectors.engine.lint.microsoft.limits import MAX_ID, MAX_SUMMARY
from openconnectors.engine.lint.microsoft.table import check
from openconnectors.engine.lint.rules import Context, Finding
from openconnectors.engine.lint.tree import Node, requirements
from openconnectors.engine.lint.triggers import is_webhook
from openconnectors.engine.path_templates import variables

# Identifiers and titles


@check("OperationIdSanitized")
def _id_sanitized(node: Node, context: Context) -> Iterator[Finding]:
    name = node.get("operationId")
    if isinstance(name, str) and (sanitized := re.sub(r"[^A-Za-z0-9_-]", "", name)) != name:
        yield Finding(node.at("operationId"), f"operationId {name!r} is read as {sanitized!r}")


@check("OperationIdTooLong")
def _id_long(node: Node, context: Context) -> Iterator[Finding]:
    name = node.get("operationId")
    if isinstance(name, str) and len(name) > MAX_ID:
        message = f"the operationId has {len(name)} characters; at most {MAX_ID} are allowed"
        yield Finding(node.at("operationId"), message)


@check("OperationSummaryTooLong")
def _summary_long(node: Node, context: Context) -> Iterator[Finding]:
    text = node.get("summary")
    if isinstance(text, str) and len(text) > MAX_SUMMARY:
        message = f"the summary has {len(text)} characters; at most {MAX_SUMMARY} are shown"
        yield Finding(node.at("summary"), message)


@check("RestrictedCharactersInSummary")
def _summary_characters(node: Node, context: Context) -> Iterator[Finding]:
    for name in ("summary", "x-ms-summary"):
        text = node.get(name)
        match = _RESTRICTED[name].search(text) if isinstance(text, str) else None
        if match:
            yield Finding(node.at(name), f"{name!r} contains the restricted character {match[0]!r}")


_RESTRICTED = {
    # A summary has letters, digits and parentheses; published ones also join words by hyphens and apostrophes.
    "summary": pattern(r"[^\w\s()'’–-]|[\x00-\x1f]"),
    "x-ms-summary": pattern(r"[/\\|<>\x00-\x1f]"),
}


@check("RequiredValueEmpty")
def _empty(node: Node, context: Context) -> Iterator[Finding]:
    for name in (
        *("summary", "description", "x-ms-summary", "title", "version"),
        *("x-ms-trigger-hint", "x-ms-visibility"),
    ):
        if isinstance(node.get(name), str) and not node.get(name).strip():
            yield Finding(node.at(name), f"{name!r} is empty")


# Revisions: operations of one family are versions of one another

_ANNOTATION = "x-ms-api-annotation"


@check("ApiAnnotationExtensionReplacementInfoMissingApiProperty")
def _replacement_api(node: Node, context: Context) -> Iterator[Finding]:
    yield from _missing_in_replacement(node, "api")


@check("ApiAnnotationExtensionReplacementInfoMissingOperationIdProperty")
def _replacement_operation(node: Node, context: Context) -> Iterator[Finding]:
    yield from _missing_in_replacement(node, "operationId")


def _missing_in_replacement(node: Node, member: str) -> Iterator[Finding]:
    replacement = node.mapping(_ANNOTATION).get("replacement")
    if isinstance(replacement, Mapping) and not replacement.get(member):
        yield Finding(node.at(_ANNOTATION, "replacement"), f"the replacement has no {member!r}", key=True)


@check("OperationRevisionEmpty")
def _revision(node: Node, context: Context) -> Iterator[Finding]:
    annotation = node.mapping(_ANNOTATION)
    if annotation.get("family") and annotation.get("revision") in (None, ""):
        message = f"the operation is in the family {annotation['family']!r} but has no revision"
        yield Finding(node.at(_ANNOTATION), message, key=True)


@check("OperationIdShouldEndWithRevision")
def _revision_suffix(node: Node, context: Context) -> Iterator[Finding]:
    annotation, name = node.mapping(_ANNOTATION), str(node.get("operationId", ""))
    revision = annotation.get("revision")
    later = isinstance(revision, int) and revision > 1
    if annotation.get("family") and later and not name.lower().endswith(f"v{revision}"):
        message = f"{name!r} is revision {revision} but does not end with _V{revision}"
        yield Finding(node.at("operationId"), message)


def _families(context: Context) -> dict[str, list[Node]]:
    """The operations of each family."""
    families: dict[str, list[Node]] = {}
    for operation in context.tree.operations:
        family = operation.mapping(_ANNOTATION).get("family")
        if isinstance(family, str) and family:
            families.setdefault(family, []).append(operation)
    return families


def _active(operations: list[Node]) -> list[Node]:
    return [operation for operation in operations if operation.get("deprecated") is not True]


@check("OperationFamilyHasDuplicateRevisions")
def _family_revisions(node: Node, context: Context) -> Iterator[Finding]:
    for family, operations in context.once(_families).items():
        seen: set[Any] = set()
        for operation in operations:
            revision = operation.mapping(_ANNOTATION).get("revision")
            if revision not in (None, "") and str(revision) in seen:
                message = f"the family {family!r} already has revision {revision!r}"
                yield Finding(operation.at(_ANNOTATION, "revision"), message)
            seen.add(str(revision))


@check("OperationFamilyHasManyEmptyRevisions")
def _family_empty(node: Node, context: Context) -> Iterator[Finding]:
    for family, operations in context.once(_families).items():
        empty = [operation for operation in operations if operation.mapping(_ANNOTATION).get("revision") in (None, "")]
        for operation in empty[1:]:
            message = f"the family {family!r} already has an operation without a revision"
            yield Finding(operation.at(_ANNOTATION), message, key=True)


@check("OperationFamilyHasManyActiveOperations")
def _family_active(node: Node, context: Context) -> Iterator[Finding]:
    for family, operations in context.once(_families).items():
        for operation in _active(operations)[2:]:
            message = f"the family {family!r} has more than two active operations"
            yield Finding(operation.at(_ANNOTATION), message, key=True)


@check("OperationFamilyHasManyActiveProductionOperations")
def _family_production(node: Node, context: Context) -> Iterator[Finding]:
    for family, operations in context.once(_families).items():
        production = [
            operation
            for operation in _active(operations)
            if str(operation.mapping(_ANNOTATION).get("status", "")).lower() == "production"
        ]
        for operation in production[1:]:
            message = f"the family {family!r} already has an active operation in production"
            yield Finding(operation.at(_ANNOTATION, "status"), message)


_MATURITY = {"preview": 0, "experimental": 0, "beta": 0, "production": 1}


@check("OperationStatusAheadOfConnector")
def _status_ahead(node: Node, context: Context) -> Iterator[Finding]:
    root = context.tree.root
    annotation = root.mapping("info").get(_ANNOTATION)
    annotation = annotation if isinstance(annotation, Mapping) else root.mapping(_ANNOTATION)
    level = _MATURITY.get(str(annotation.get("status", "")).lower())
    own_level = _MATURITY.get(str(node.mapping(_ANNOTATION).get("status", "")).lower())
    if level is not None and own_level is not None and own_level > level:
        message = "the operation is in production, but the connector is not"
        yield Finding(node.at(_ANNOTATION, "status"), message)


# Paths


@check("OperationPathContainsUnsupportedCharacters")
def _wildcard(node: Node, context: Context) -> Iterator[Finding]:
    if "*" in node.name:
        yield Finding(node.pointer, f"the path {node.name!r} contains '*'", key=True)


@check("OperationPathVariablesContainDefaults")
def _path_default(node: Node, context: Context) -> Iterator[Finding]:
    for variable in variables(node.name):
        if "=" in variable:
            yield Finding(node.pointer, f"the variable {{{variable}}} has a default", key=True)


@check("PathItemRefNotSuppored")
def _path_reference(node: Node, context: Context) -> Iterator[Finding]:
    yield Finding(node.at("$ref"), "a reference in place of a path item")


# Responses


@check("OperationHasManyResponsesWithSchema")
def _many_schemas(node: Node, context: Context) -> Iterator[Finding]:
    responses = context.tree.responses(node.parent) if node.parent is not None else {}
    described = [status for status, response in responses.items() if status != "default" and "schema" in response.value]
    if len(described) > 1:
        yield Finding(node.at(described[1]), f"the responses {', '.join(described)} have a schema", key=True)


@check("DefaultResponseHasSchema")
def _default_schema(node: Node, context: Context) -> Iterator[Finding]:
    response = context.tree.responses(node.parent).get("default") if node.parent is not None else None
    if response is not None and "schema" in response.value:
        at = response.at("schema") if response.pointer == node.at("default") else node.at("default")
        yield Finding(at, "the default response has a schema", key=True)


@check("SchemaDefinitionSetIncorrectly")
def _no_output(node: Node, context: Context) -> Iterator[Finding]:
    if node not in context.tree.operations or is_webhook(node):
        return
    responses = context.tree.responses(node)
    described = {status for status, response in responses.items() if "schema" in response.value} - {"default"}
    if described and not described & {"200", "201"}:
        yield Finding(node.at("responses"), "neither 200 nor 201 has a schema", key=True)
    elif not described and node.name == "get" and "200" in responses and not is_internal(node):
        yield Finding(node.at("responses", "200"), "the response of a GET operation has no schema", key=True)


@check("OperationShouldHaveSuccessfulResponse")
def _no_success(node: Node, context: Context) -> Iterator[Finding]:
    statuses = node.value.keys()
    if node.parent in context.tree.operations and "default" in statuses and not any(s[:1] in "23" for s in statuses):
        yield Finding(node.pointer, "`default` is the only response for success", key=True)


@check("response-empty")
def _empty_schema(node: Node, context: Context) -> Iterator[Finding]:
    schema = context.tree.resolved(node.at("schema"))
    operation = node.above("operation")
    if schema is None or node.name[:1] not in "2" or operation is None or is_internal(operation):
        return
    has_shape = any(schema.get(name) for name in ("properties", "allOf", "additionalProperties", "items", "enum"))
    if schema.get("type") in (None, "object") and not has_shape and not schema.is_dynamic and not is_webhook(operation):
        yield Finding(node.at("schema"), "the schema of the response is empty", key=True)


@check("ResponseHeadersAreNotUnique")
def _headers_twice(node: Node, context: Context) -> Iterator[Finding]:
    seen: set[str] = set()
    for name in node.mapping("headers"):
        if name.lower() in seen:
            yield Finding(node.at("headers", name), f"the header {name!r} is already declared", key=True)
        seen.add(name.lower())


# Parameters


@check("ConnectionIdParameterNotAllowed")
def _connection_id(node: Node, context: Context) -> Iterator[Finding]:
    if str(node.get("name")).lower() == "connectionid":
        yield Finding(node.at("name"), "a parameter cannot be named connectionId")


@check("InvalidFormDataParameterName")
def _form_name(node: Node, context: Context) -> Iterator[Finding]:
    if node.get("in") == "formData" and not str(node.get("name")).isascii():
        yield Finding(node.at("name"), f"the form field {node.get('name')!r} has characters outside ASCII")


@check("PathParameterMissingEncoding")
def _encoding(node: Node, context: Context) -> Iterator[Finding]:
    if node.get("in") == "path" and not node.has("x-ms-url-encoding"):
        yield Finding(node.pointer, f"the path parameter {node.get('name')!r} has no x-ms-url-encoding")


_OF_SCHEMAS = ("type", "format", "items", "enum", "collectionFormat", "default", "pattern", "minimum", "maximum")


@check("BodyParameterPropertyNotValid")
def _body_member(node: Node, context: Context) -> Iterator[Finding]:
    for name in _OF_SCHEMAS if node.get("in") == "body" else ():
        if node.has(name):
            yield Finding(node.at(name), f"a body parameter cannot have {name!r}", key=True)


@check("BodyParameterSchemaRequired")
def _body_schema(node: Node, context: Context) -> Iterator[Finding]:
    if node.get("in") == "body" and not node.has("schema"):
        yield Finding(node.pointer, f"the body parameter {node.get('name')!r} has no schema")


@check("NonBodyParameterSchemaNotValid")
def _other_schema(node: Node, context: Context) -> Iterator[Finding]:
    if node.get("in") not in (None, "body"):
        yield Finding(node.at("schema"), f"a parameter in {node.get('in')} cannot have a schema", key=True)


@check("AllowEmptyValueOnlyValidForQueryFormData")
def _allow_empty(node: Node, context: Context) -> Iterator[Finding]:
    if node.get("in") not in ("query", "formData"):
        yield Finding(node.at("allowEmptyValue"), f"`allowEmptyValue` has no effect in {node.get('in')}", key=True)


@check("AdditionalPropertyNotAllowedAdjacentToRef")
def _beside_reference(node: Node, context: Context) -> Iterator[Finding]:
    for name in node.value if node.reference else ():
        if name != "$ref" and (name.startswith("x-ms-") or not name.startswith("x-")):
            yield Finding(node.at(name), f"{name!r} beside a $ref is ignored", key=True)


# Bodies and media types


@check("ConsumesMissing")
def _consumes_missing(node: Node, context: Context) -> Iterator[Finding]:
    has_body = any(parameter.get("in") in ("body", "formData") for parameter in context.tree.parameters(node))
    if has_body and not context.tree.media_types(node, "consumes"):
        yield Finding(node.pointer, f"{node.get('operationId')} has a body but no `consumes`", key=True)


@check("StringBinaryNotSupportedForFormUrlEncoded")
def _binary_form(node: Node, context: Context) -> Iterator[Finding]:
    types = context.tree.media_types(node, "consumes")
    if not types or not all("x-www-form-urlencoded" in name for name in types):
        return
    for parameter in context.tree.parameters(node):
        binary = parameter.get("type") == "file" or parameter.get("format") == "binary"
        if parameter.get("in") == "formData" and binary:
            yield Finding(parameter.pointer, f"the form field {parameter.get('name')!r} is binary")


# Security and protocols


@check("SecurityRequirementMustHaveValue")
def _no_scopes(node: Node, context: Context) -> Iterator[Finding]:
    for pointer, name, scopes in requirements(node):
        if not isinstance(scopes, list):
            yield Finding(pointer, f"the security requirement {name!r} has no list of scopes", key=True)


@check("SchemesArrayEmpty")
def _no_protocol(node: Node, context: Context) -> Iterator[Finding]:
    if node.get("schemes") == []:
        yield Finding(node.at("schemes"), "`schemes` is empty")


@check("SchemeNotSupported")
def _websockets(node: Node, context: Context) -> Iterator[Finding]:
    for index, protocol in enumerate(node.array("schemes")):
        if protocol in ("ws", "wss"):
            yield Finding(node.at("schemes", index), f"the protocol {protocol!r} is not supported")
