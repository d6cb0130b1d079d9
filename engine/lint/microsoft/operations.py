"""Operations, paths, answers, parameters, bodies, and the connector as a whole."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from openconnectors.engine.lint.microsoft.events import is_webhook
from openconnectors.engine.lint.microsoft.limits import MAX_CATEGORIES, MAX_ID, MAX_SUMMARY
from openconnectors.engine.lint.microsoft.profile import is_internal
from openconnectors.engine.lint.microsoft.table import check
from openconnectors.engine.lint.rules import Case, Finding
from openconnectors.engine.lint.tree import Node, requirements
from openconnectors.engine.path_templates import variables

# Operations: names, texts, revisions


@check("OperationIdSanitized")
def _id_sanitized(node: Node, case: Case) -> Iterator[Finding]:
    name = node.get("operationId")
    if isinstance(name, str) and (clean := re.sub(r"[^A-Za-z0-9_-]", "", name)) != name:
        yield Finding(node.at("operationId"), f"{name!r} is read as {clean!r}")


@check("OperationIdTooLong")
def _id_long(node: Node, case: Case) -> Iterator[Finding]:
    name = node.get("operationId")
    if isinstance(name, str) and len(name) > MAX_ID:
        yield Finding(node.at("operationId"), f"the operationId has {len(name)} characters; {MAX_ID} is the most")


@check("OperationSummaryTooLong")
def _summary_long(node: Node, case: Case) -> Iterator[Finding]:
    text = node.get("summary")
    if isinstance(text, str) and len(text) > MAX_SUMMARY:
        yield Finding(node.at("summary"), f"the summary has {len(text)} characters; {MAX_SUMMARY} is the most")


@check("RestrictedCharactersInSummary")
def _summary_characters(node: Node, case: Case) -> Iterator[Finding]:
    for name in ("summary", "x-ms-summary"):
        text = node.get(name)
        found = re.search(r"[/\\|<>\x00-\x1f]", text) if isinstance(text, str) else None
        if found:
            yield Finding(node.at(name), f"the title holds {found[0]!r}")


@check("RequiredValueEmpty")
def _empty(node: Node, case: Case) -> Iterator[Finding]:
    for name in ("summary", "description", "x-ms-summary", "title"):
        if isinstance(node.get(name), str) and not node.get(name).strip():
            yield Finding(node.at(name), f"{name!r} is empty")


_ANNOTATION = "x-ms-api-annotation"


def _annotation(node: Node) -> Mapping[str, Any]:
    given = node.get(_ANNOTATION)
    return given if isinstance(given, Mapping) else {}


@check("ApiAnnotationExtensionReplacementInfoForNonDeprecatedOperations")
def _replacement(node: Node, case: Case) -> Iterator[Finding]:
    if "replacement" in _annotation(node) and node.get("deprecated") is not True:
        yield Finding(
            node.at(_ANNOTATION, "replacement"), "a replacement for an operation that is not deprecated", True
        )


def _missing_in_replacement(node: Node, member: str) -> Iterator[Finding]:
    given = _annotation(node).get("replacement")
    if isinstance(given, Mapping) and not given.get(member):
        yield Finding(node.at(_ANNOTATION, "replacement"), f"the replacement does not say its {member!r}", True)


@check("ApiAnnotationExtensionReplacementInfoMissingApiProperty")
def _replacement_api(node: Node, case: Case) -> Iterator[Finding]:
    yield from _missing_in_replacement(node, "api")


@check("ApiAnnotationExtensionReplacementInfoMissingOperationIdProperty")
def _replacement_operation(node: Node, case: Case) -> Iterator[Finding]:
    yield from _missing_in_replacement(node, "operationId")


@check("OperationRevisionEmpty")
def _revision(node: Node, case: Case) -> Iterator[Finding]:
    own = _annotation(node)
    if own.get("family") and own.get("revision") in (None, ""):
        yield Finding(node.at(_ANNOTATION), f"the family {own['family']!r} without a revision", True)


@check("OperationIdShouldEndWithRevision")
def _revision_suffix(node: Node, case: Case) -> Iterator[Finding]:
    own, name = _annotation(node), str(node.get("operationId", ""))
    revision = own.get("revision")
    if own.get("family") and isinstance(revision, int) and revision > 1 and not name.lower().endswith(f"v{revision}"):
        yield Finding(node.at("operationId"), f"{name!r} is revision {revision} and does not end with _V{revision}")


def _families(case: Case) -> dict[str, list[Node]]:
    if "families" not in case.notes:
        found: dict[str, list[Node]] = {}
        for one in case.tree.operations:
            family = _annotation(one).get("family")
            if isinstance(family, str) and family:
                found.setdefault(family, []).append(one)
        case.notes["families"] = found
    families: dict[str, list[Node]] = case.notes["families"]
    return families


def _active(members: list[Node]) -> list[Node]:
    return [one for one in members if one.get("deprecated") is not True]


@check("OperationFamilyHasDuplicateRevisions")
def _family_revisions(node: Node, case: Case) -> Iterator[Finding]:
    for family, members in _families(case).items():
        seen: set[Any] = set()
        for one in members:
            revision = _annotation(one).get("revision")
            if revision not in (None, "") and str(revision) in seen:
                said = f"revision {revision!r} of the family {family!r} stands twice"
                yield Finding(one.at(_ANNOTATION, "revision"), said)
            seen.add(str(revision))


@check("OperationFamilyHasManyEmptyRevisions")
def _family_empty(node: Node, case: Case) -> Iterator[Finding]:
    for family, members in _families(case).items():
        for one in [one for one in members if _annotation(one).get("revision") in (None, "")][1:]:
            yield Finding(one.at(_ANNOTATION), f"a second operation of the family {family!r} without a revision", True)


@check("OperationFamilyHasManyActiveOperations")
def _family_active(node: Node, case: Case) -> Iterator[Finding]:
    for family, members in _families(case).items():
        for one in _active(members)[2:]:
            yield Finding(one.at(_ANNOTATION), f"the family {family!r} has more than two active operations", True)


@check("OperationFamilyHasManyActiveProductionOperations")
def _family_production(node: Node, case: Case) -> Iterator[Finding]:
    for family, members in _families(case).items():
        mature = [one for one in _active(members) if str(_annotation(one).get("status", "")).lower() == "production"]
        for one in mature[1:]:
            yield Finding(one.at(_ANNOTATION, "status"), f"the family {family!r} has several active ones in production")


_STATUS = {"preview": 0, "experimental": 0, "beta": 0, "production": 1}


@check("OperationStatusAheadOfConnector")
def _status_ahead(node: Node, case: Case) -> Iterator[Finding]:
    info = case.tree.root.get("info")
    whole = info.get(_ANNOTATION) if isinstance(info, Mapping) else None
    whole = whole if isinstance(whole, Mapping) else case.tree.root.get(_ANNOTATION)
    level = _STATUS.get(str(whole.get("status", "")).lower()) if isinstance(whole, Mapping) else None
    own = _STATUS.get(str(_annotation(node).get("status", "")).lower())
    if level is not None and own is not None and own > level:
        yield Finding(node.at(_ANNOTATION, "status"), "the operation is in production, the connector is not")


# Paths


@check("OperationPathContainsUnsupportedCharacters")
def _wildcard(node: Node, case: Case) -> Iterator[Finding]:
    if "*" in node.name:
        yield Finding(node.pointer, f"the path {node.name!r} holds '*'", True)


@check("OperationPathVariablesContainDefaults")
def _path_default(node: Node, case: Case) -> Iterator[Finding]:
    for variable in variables(node.name):
        if "=" in variable:
            yield Finding(node.pointer, f"the variable {{{variable}}} has a default", True)


@check("PathItemRefNotSuppored")
def _path_reference(node: Node, case: Case) -> Iterator[Finding]:
    yield Finding(node.at("$ref"), "a path that is a reference")


# Answers


@check("OperationHasManyResponsesWithSchema")
def _many_schemas(node: Node, case: Case) -> Iterator[Finding]:
    if node.parent is None:
        return
    with_schema = [
        status
        for status, one in case.tree.answers(node.parent).items()
        if status != "default" and "schema" in one.value
    ]
    if len(with_schema) > 1:
        yield Finding(node.at(with_schema[1]), f"{', '.join(with_schema)} have a schema", True)


@check("DefaultResponseHasSchema")
def _default_schema(node: Node, case: Case) -> Iterator[Finding]:
    own = case.tree.answers(node.parent).get("default") if node.parent is not None else None
    if own is not None and "schema" in own.value:
        at = own.at("schema") if own.pointer == node.at("default") else node.at("default")
        yield Finding(at, "the default answer has a schema", True)


@check("SchemaDefinitionSetIncorrectly")
def _no_output(node: Node, case: Case) -> Iterator[Finding]:
    if node not in case.tree.operations or is_webhook(node):
        return
    answers = case.tree.answers(node)
    described = [one for status, one in answers.items() if "schema" in one.value and status != "default"]
    if described and not any("schema" in answers[status].value for status in ("200", "201") if status in answers):
        yield Finding(node.at("responses"), "neither 200 nor 201 has a schema", True)


@check("ResponseHeadersAreNotUnique")
def _headers_twice(node: Node, case: Case) -> Iterator[Finding]:
    seen: set[str] = set()
    for name in node.get("headers") if isinstance(node.get("headers"), Mapping) else ():
        if name.lower() in seen:
            yield Finding(node.at("headers", name), f"the header {name!r} stands here a second time", True)
        seen.add(name.lower())


# Parameters


@check("ConnectionIdParameterNotAllowed")
def _connection_id(node: Node, case: Case) -> Iterator[Finding]:
    if str(node.get("name")).lower() == "connectionid":
        yield Finding(node.at("name"), "a parameter cannot be called connectionId")


@check("InvalidFormDataParameterName")
def _form_name(node: Node, case: Case) -> Iterator[Finding]:
    if node.get("in") == "formData" and not str(node.get("name")).isascii():
        yield Finding(node.at("name"), f"{node.get('name')!r} holds characters outside ASCII")


@check("PathParameterMissingEncoding")
def _encoding(node: Node, case: Case) -> Iterator[Finding]:
    if node.get("in") == "path" and "x-ms-url-encoding" not in node.value:
        yield Finding(node.pointer, f"the path parameter {node.get('name')!r} does not say how it is encoded")


@check("QueryParameterEncodingNotSupported")
def _query_encoding(node: Node, case: Case) -> Iterator[Finding]:
    if node.get("in") == "query":
        yield Finding(
            node.at("x-ms-url-encoding"), f"the query parameter {node.get('name')!r} says how it is encoded", True
        )


_OF_VALUES = ("type", "format", "items", "enum", "collectionFormat", "default", "pattern", "minimum", "maximum")


@check("BodyParameterPropertyNotValid")
def _body_member(node: Node, case: Case) -> Iterator[Finding]:
    for name in _OF_VALUES if node.get("in") == "body" else ():
        if name in node.value:
            yield Finding(node.at(name), f"a body parameter has no {name!r}", True)


@check("BodyParameterSchemaRequired")
def _body_schema(node: Node, case: Case) -> Iterator[Finding]:
    if node.get("in") == "body" and "schema" not in node.value:
        yield Finding(node.pointer, f"the body {node.get('name')!r} has no schema")


@check("NonBodyParameterSchemaNotValid")
def _other_schema(node: Node, case: Case) -> Iterator[Finding]:
    if node.get("in") not in (None, "body"):
        yield Finding(node.at("schema"), f"a parameter in {node.get('in')} has no schema", True)


@check("PropertyMustBeRequired")
def _internal_parameter(node: Node, case: Case) -> Iterator[Finding]:
    if is_internal(node) and "default" in node.value and node.get("required") is not True:
        yield Finding(
            node.at("x-ms-visibility"), f"the internal {node.get('name')!r} has a default, and is not required"
        )


@check("AllowEmptyValueOnlyValidForQueryFormData")
def _allow_empty(node: Node, case: Case) -> Iterator[Finding]:
    if node.get("in") not in ("query", "formData"):
        yield Finding(node.at("allowEmptyValue"), f"`allowEmptyValue` says nothing in {node.get('in')}", True)


@check("AdditionalPropertyNotAllowedAdjacentToRef")
def _beside_reference(node: Node, case: Case) -> Iterator[Finding]:
    for name in node.value if node.reference else ():
        if name != "$ref" and not name.startswith("x-"):
            yield Finding(node.at(name), f"{name!r} stands beside a $ref", True)


# Bodies and media types


@check("ConsumesMissing")
def _consumes_missing(node: Node, case: Case) -> Iterator[Finding]:
    bodies = [one for one in case.tree.parameters(node) if one.get("in") in ("body", "formData")]
    if bodies and not case.tree.media_types(node, "consumes"):
        yield Finding(node.pointer, f"{node.get('operationId')} takes a body, and no type is said for it", True)


@check("StringBinaryNotSupportedForFormUrlEncoded")
def _binary_form(node: Node, case: Case) -> Iterator[Finding]:
    types = case.tree.media_types(node, "consumes")
    if types and all("x-www-form-urlencoded" in one for one in types):
        for one in case.tree.parameters(node):
            if one.get("in") == "formData" and (one.get("type") == "file" or one.get("format") == "binary"):
                yield Finding(one.pointer, f"the field {one.get('name')!r} holds octets")


# Security


@check("SecurityRequirementMustHaveValue")
def _no_value(node: Node, case: Case) -> Iterator[Finding]:
    for at, name, scopes in requirements(node):
        if not isinstance(scopes, list):
            yield Finding(at, f"{name!r} has no list", True)


@check("SchemesArrayEmpty")
def _no_protocol(node: Node, case: Case) -> Iterator[Finding]:
    if node.get("schemes") == []:
        yield Finding(node.at("schemes"), "`schemes` is empty")


@check("SchemeNotSupported")
def _sockets(node: Node, case: Case) -> Iterator[Finding]:
    given = node.get("schemes")
    for index, one in enumerate(given if isinstance(given, list) else ()):
        if one in ("ws", "wss"):
            yield Finding(node.at("schemes", index), f"{one!r} is not supported")


# The connector as a whole

_TITLE = (1, 30)
_DESCRIPTION = (30, 500)
_WORDS = ("api", "connector", "power apps", "powerapps", "power automate", "microsoft", "copilot", "test")


@check("FieldLengthExceeded")
def _title_long(node: Node, case: Case) -> Iterator[Finding]:
    title = node.get("title")
    if isinstance(title, str) and len(title) > _TITLE[1]:
        yield Finding(node.at("title"), f"the title has {len(title)} characters; {_TITLE[1]} is the most")


@check("FieldLengthNotInRange")
def _description_length(node: Node, case: Case) -> Iterator[Finding]:
    text = node.get("description")
    if isinstance(text, str) and not _DESCRIPTION[0] <= len(text) <= _DESCRIPTION[1]:
        said = f"the description has {len(text)} characters; from {_DESCRIPTION[0]} to {_DESCRIPTION[1]} are asked for"
        yield Finding(node.at("description"), said)


@check("ValueContainsRestrictedWords")
def _restricted_words(node: Node, case: Case) -> Iterator[Finding]:
    title = node.get("title")
    for word in _WORDS if isinstance(title, str) else ():
        if re.search(rf"(?i)\b{word}\b", str(title)):
            yield Finding(node.at("title"), f"the title holds {word!r}")


@check("ValueMustEndWithAlphanumeric")
def _title_end(node: Node, case: Case) -> Iterator[Finding]:
    title = node.get("title")
    if isinstance(title, str) and title.strip() and not (title[-1].isalnum() or title[-1] == ")"):
        yield Finding(node.at("title"), f"the title ends with {title[-1]!r}")


@check("ValueMustBeInEnglish")
def _english(node: Node, case: Case) -> Iterator[Finding]:
    for name in ("title", "summary", "description", "x-ms-summary"):
        text = node.get(name)
        letters = [one for one in text if one.isalpha()] if isinstance(text, str) else []
        if letters and sum(not one.isascii() for one in letters) > len(letters) / 4:
            yield Finding(node.at(name), f"{name!r} is not in English letters")


_META = "x-ms-connector-metadata"
_CATEGORIES = (
    "AI",
    "Business Intelligence",
    "Business Management",
    "Collaboration",
    "Commerce",
    "Communication",
    "Content and Files",
    "Data",
    "Finance",
    "Human Resources",
    "Internet of Things",
    "IT Operations",
    "Lifestyle and Entertainment",
    "Marketing",
    "Productivity",
    "Sales and CRM",
    "Security",
    "Social Media",
    "Website",
)


def _metadata(case: Case) -> tuple[str, Mapping[str, tuple[str, str]]]:
    """Where the metadata stand, and by name the pointer of a value and the value."""
    info = case.tree.root.get("info")
    at = f"/{_META}" if _META in case.tree.root.value else f"/info/{_META}"
    given = case.tree.root.get(_META) or (info.get(_META) if isinstance(info, Mapping) else None)
    found: dict[str, tuple[str, str]] = {}
    for index, one in enumerate(given if isinstance(given, list) else ()):
        if isinstance(one, Mapping):
            found[str(one.get("propertyName"))] = f"{at}/{index}/propertyValue", str(one.get("propertyValue", ""))
    return at, found


@check("ConnectorMetadataPropertiesMissing")
def _metadata_missing(node: Node, case: Case) -> Iterator[Finding]:
    at, found = _metadata(case)
    for name in ("Website", "Privacy policy", "Categories"):
        if not found.get(name, ("", ""))[1]:
            yield Finding(at, f"the metadata have no {name!r}", True)


@check("InvalidConnectorCategory")
def _category(node: Node, case: Case) -> Iterator[Finding]:
    at, value = _metadata(case)[1].get("Categories", ("", ""))
    for name in filter(None, (one.strip() for one in value.split(";"))):
        if name.lower() not in (one.lower() for one in _CATEGORIES):
            yield Finding(at, f"{name!r} is no category")


@check("TooManyConnectorCategories")
def _categories(node: Node, case: Case) -> Iterator[Finding]:
    at, value = _metadata(case)[1].get("Categories", ("", ""))
    count = len([one for one in value.split(";") if one.strip()])
    if count > MAX_CATEGORIES:
        yield Finding(at, f"{count} categories; {MAX_CATEGORIES} is the most")
