"""What Microsoft asks of a published connector, under the ids of its own rules, as far as a document alone can tell.

Where a rule of ours finds the same, its finding is reported under Microsoft's id (``SAME``); the rest is looked for
here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from engine.document import escape
from engine.errors import Diagnostic
from engine.validate import meaning, structure, style, values
from engine.validate.connector import asking, properties_of
from engine.validate.rules import RULES, Case, Check, Finding, Severity, rule, told
from engine.validate.tree import Node

PROFILE = "microsoft"
_HOLE = re.compile(r"\{([^{}]*)\}")
_DYNAMIC = "x-ms-dynamic-values x-ms-dynamic-list x-ms-dynamic-schema x-ms-dynamic-properties x-ms-dynamic-tree"

# Limits that Microsoft applies and does not publish with its rules; ours, to be set by --ignore where they do not hold.
MAX_OPERATIONS = 512
MAX_ID = 80
MAX_SUMMARY = 80
MAX_SCHEMAS = 8192
MAX_OPERATION_SCHEMAS = 1024
MAX_BODY_SCHEMAS = 512
MAX_DEPTH = 24
MAX_CATEGORIES = 3


# Findings of ours that are Microsoft's: our rule, what the pointer must look like, Microsoft's id

_PARAMETER = r"^(/paths/[^/]+(/\w+)?)?/parameters/[^/]+"
SAME: tuple[tuple[str, str, str], ...] = (
    ("structure-version", r"", "SpecificationVersionIncorrect"),
    ("structure-value", r"^/swagger$", "SpecificationVersionIncorrect"),
    ("structure-value", r"/schemes/\d+$", "SchemeNotValid"),
    ("structure-value", r"/collectionFormat$", "CollectionFormatValueNotSupported"),
    ("style-place", r"/collectionFormat$", "CollectionFormatValueNotSupported"),
    ("structure-value", r"/parameters/[^/]+/required$", "PathParameterMustBeRequired"),
    ("structure-value", r"", "JsonValueNotInEnum"),
    ("structure-duplicate", r"/parameters/\d+$", "OperationParametersAreNotUnique"),
    ("structure-duplicate", r"", "ArrayDuplicateValue"),
    ("enum-duplicate", r"", "ArrayDuplicateValue"),
    ("structure-empty", r"/responses$", "OperationMustHaveResponse"),
    ("structure-empty", r"/required$", "RequiredPropertyArrayEmpty"),
    ("structure-empty", r"/enum$", "EnumMustContainAtLeastOneElement"),
    ("enum-empty", r"", "EnumMustContainAtLeastOneElement"),
    ("structure-pattern", r"^/host$", "HostNameNotValid"),
    ("structure-pattern", r"^/basePath$", "BasePathNotValid"),
    ("structure-pattern", r"/(consumes|produces)/\d+$", "MimeTypeNotValid"),
    ("structure-member", r"^/paths/[^/]+$", "OperationPathMustStartWithSlash"),
    ("structure-member", r"^/securityDefinitions/[^/]+/", "SecuritySchemePropertyNotValid"),
    ("structure-member", r"/responses/[^/]+$", "ResponseMustBeDefaultOrHttpStatusCode"),
    ("structure-member", r"/(?i:xms|x_|x-|ms-)[^/]*$", "ExtensionNameNotValid"),
    (
        "structure-member",
        r"/(anyOf|oneOf|not|patternProperties|nullable|const|examples|if|then|else|contains|dependencies)$",
        "SwaggerKeywordNotSupported",
    ),
    ("structure-member", r"", "AdditionalPropertyNotAllowed"),
    ("structure-required", r"^/securityDefinitions/[^/]+$", "SecuritySchemePropertyRequired"),
    ("structure-required", r"", "RequiredPropertyMissing"),
    ("structure-type", r"/security/\d+/[^/]+$", "SecurityRequirementMustHaveValue"),
    ("structure-type", r"", "JsonTypeIncorrect"),
    ("structure-range", r"/multipleOf$", "MultipleOfMustBeGreaterThanZero"),
    ("structure-range", r"/maxItems$", "MaxItemsMustBeGreaterThanOrEqualToZero"),
    ("structure-range", r"/maxLength$", "MaxLengthMustBeGreaterThanOrEqualToZero"),
    ("structure-range", r"/maxProperties$", "MaxPropertiesMustBeGreaterThanOrEqualToZero"),
    ("structure-range", r"/minItems$", "MinItemsMustBeGreaterThanOrEqualToZero"),
    ("structure-range", r"/minLength$", "MinLengthMustBeGreaterThanOrEqualToZero"),
    ("structure-range", r"/minProperties$", "MinPropertiesMustBeGreaterThanOrEqualToZero"),
    ("email-invalid", r"", "ContactEmailNotValid"),
    ("url-invalid", r"", "UrlNotValid"),
    ("reference-outside", r"", "JsonPointerNotValid"),
    ("reference-dangling", _PARAMETER + r"/\$ref$", "ParameterReferenceNotFound"),
    ("reference-dangling", r"/responses/[^/]+/\$ref$", "ResponseReferenceNotFound"),
    ("reference-dangling", r"", "SchemaReferenceNotFound"),
    ("reference-home", _PARAMETER + r"/\$ref$", "ParameterReferenceNotValid"),
    ("reference-home", r"/responses/[^/]+/\$ref$", "ResponseReferenceNotValid"),
    ("reference-home", r"", "SchemaReferenceNotValid"),
    ("reference-circular", _PARAMETER + r"/\$ref$", "ParameterRefLoopNotAllowed"),
    ("reference-circular", r"/responses/[^/]+/\$ref$", "ResponseRefLoopNotAllowed"),
    ("reference-circular", r"", "SchemaRefLoopNotAllowed"),
    ("path-equivalent", r"", "DuplicateOperationPath"),
    ("path-query", r"", "OperationPathMayNotContainQueryOrFragment"),
    ("path-fragment", r"", "OperationPathMayNotContainQueryOrFragment"),
    ("path-template", r"", "OperationPathTemplateNotValid"),
    ("path-parameter", r"/name$", "PathParameterNotDefinedInTemplate"),
    ("path-parameter", r"", "OperationMissingPathParameter"),
    ("parameter-optional-path", r"", "PathParameterMustBeRequired"),
    ("parameter-duplicate", r"^/paths/[^/]+/parameters/", "PathParametersContainDuplicateParameter"),
    ("parameter-duplicate", r"", "OperationParametersContainDuplicateParameter"),
    ("body-twice", r"^/paths/[^/]+/parameters/", "PathParametersContainMultipleBodyParameters"),
    ("body-twice", r"", "OperationParametersContainMultipleBodyParameters"),
    ("operation-id-duplicate", r"", "OperationIdNotUnique"),
    ("operation-without-success", r"", "OperationShouldHaveSuccessfulResponse"),
    ("dynamic-operation", r"", "OperationIdNotFound"),
    ("dynamic-parameter", r"", "OperationParameterNameNotFound"),
    ("enum-invalid", r"", "InvalidEnumValue"),
    ("format-unknown", r"", "UnrecognizedTypeFormat"),
    ("format-contradicts", r"", "UnrecognizedTypeFormat"),
    ("trigger-callback", r"", "WebhookOperationsMissingNotificationUrlProperty"),
    ("array-without-items", r"", "ArrayHasNoItems"),
    ("media-type-invalid", r"", "MimeTypeNotValid"),
    ("media-type-unknown", r"", "MimeTypeNotSupported"),
    ("file-place", r"", "FileParameterMustBeInFormData"),
    ("header-reserved", r"", "ReservedParameterIsUsed"),
    ("default-invalid", r"", "DefaultValueMustMatchType"),
    ("host-invalid", r"^/host$", "HostNameNotValid"),
    ("host-invalid", r"", "BasePathNotValid"),
    ("required-unknown", r"", "RequiredPropertyDefinitionMissing"),
    ("tag-duplicate", r"", "TagRedefined"),
    ("schema-endless", r"", "RequiredLoopInSchemaNotAllowed"),
    ("scope-undefined", r"", "OAuthSecurityRequirementValueMustBeScopeName"),
    ("security-undefined", r"", "SecurityRequirementMustBeDefined"),
    ("discriminator-undefined", r"", "DiscriminatorMustBeARequiredStringProperty"),
    ("limits-contradict", r"/exclusiveMaximum$", "ExclusiveMaximumRequiresMaximum"),
    ("limits-contradict", r"/exclusiveMinimum$", "ExclusiveMinimumRequiresMinimum"),
    ("limits-contradict", r"/minimum$", "MinimumShouldBeLessThanOrEqualToMaximum"),
    ("limits-contradict", r"/minItems$", "MinItemsShouldBeLessThanOrEqualToMaxItems"),
    ("limits-contradict", r"/minLength$", "MinLengthShouldBeLessThanOrEqualToMaxLength"),
    ("pattern-invalid", r"", "PatternShouldBeValidRegularExpression"),
    ("scope-misplaced", r"", "SecurityRequirementMustHaveEmptyValue"),
    ("example-type", r"", "ResponseExampleMustBeProducedByOperation"),
    ("form-type", r"", "MimeTypeNotCompatibleWithRequestContentSchemaType"),
    ("path-ambiguous", r"", "PartialDuplicateOperationPath"),
    ("path-twin", r"", "PathRedefined"),
    ("operation-id-missing", r"", "OperationIdRequired"),
)

RULES_BEFORE = (structure, meaning, style, values)
"""The modules whose rules are named above; they are registered before."""

for _own, _, _id in SAME:
    if _id not in RULES and _own in RULES:
        told(_id, RULES[_own].severity, RULES[_own].why, RULES[_own].mend, profile=PROFILE)


def renamed(found: list[Diagnostic]) -> list[Diagnostic]:
    """The findings under Microsoft's ids, where it has one for them."""
    made = []
    for one in found:
        same = next((id for own, at, id in SAME if own == one.rule and re.search(at, one.pointer)), one.rule)
        if same == "OperationParametersContainMultipleBodyParameters" and "form field" in one.message:
            same = "ParameterListContainsFormDataAndBody"
        made.append(replace(one, rule=same))
    return made


told(
    "ParameterListContainsFormDataAndBody",
    "error",
    "A request has one body: a form, or something else.",
    "Make them all form fields, or properties of the body.",
    profile=PROFILE,
)


def _rule(id: str, severity: Severity, kinds: str, why: str, mend: str, has: str = "") -> Callable[[Check], Check]:
    """A rule of Microsoft's profile."""
    return rule(id, severity, kinds, why, mend, has=has, profile=PROFILE)


# Operations: names, texts, revisions


@_rule(
    "OperationIdSanitized",
    "warning",
    "operation",
    "Other characters are taken out of the name.",
    "Use letters, digits, '_' and '-' only.",
    "operationId",
)
def _id_sanitized(node: Node, case: Case) -> Iterator[Finding]:
    name = node.get("operationId")
    if isinstance(name, str) and (clean := re.sub(r"[^A-Za-z0-9_-]", "", name)) != name:
        yield Finding(node.at("operationId"), f"{name!r} is read as {clean!r}")


@_rule("OperationIdTooLong", "error", "operation", "Long names are cut.", "Shorten it.", "operationId")
def _id_long(node: Node, case: Case) -> Iterator[Finding]:
    name = node.get("operationId")
    if isinstance(name, str) and len(name) > MAX_ID:
        yield Finding(node.at("operationId"), f"the operationId has {len(name)} characters; {MAX_ID} is the most")


@_rule(
    "OperationSummaryTooLong",
    "warning",
    "operation",
    "Long titles are cut where they are shown.",
    "Shorten it.",
    "summary",
)
def _summary_long(node: Node, case: Case) -> Iterator[Finding]:
    text = node.get("summary")
    if isinstance(text, str) and len(text) > MAX_SUMMARY:
        yield Finding(node.at("summary"), f"the summary has {len(text)} characters; {MAX_SUMMARY} is the most")


@_rule(
    "RestrictedCharactersInSummary",
    "warning",
    "operation parameter schema",
    "Titles are plain words; a slash is not shown as it is.",
    "Write it without.",
    "summary x-ms-summary",
)
def _summary_characters(node: Node, case: Case) -> Iterator[Finding]:
    for name in ("summary", "x-ms-summary"):
        text = node.get(name)
        found = re.search(r"[/\\|<>\x00-\x1f]", text) if isinstance(text, str) else None
        if found:
            yield Finding(node.at(name), f"the title holds {found[0]!r}")


@_rule(
    "RequiredValueEmpty",
    "warning",
    "operation parameter info schema",
    "A text that is empty says nothing.",
    "Write it.",
    "summary description x-ms-summary title",
)
def _empty(node: Node, case: Case) -> Iterator[Finding]:
    for name in ("summary", "description", "x-ms-summary", "title"):
        if isinstance(node.get(name), str) and not node.get(name).strip():
            yield Finding(node.at(name), f"{name!r} is empty")


_ANNOTATION = "x-ms-api-annotation"


def _annotation(node: Node) -> Mapping[str, Any]:
    given = node.get(_ANNOTATION)
    return given if isinstance(given, Mapping) else {}


@_rule(
    "ApiAnnotationExtensionReplacementInfoForNonDeprecatedOperations",
    "error",
    "operation",
    "Only what is deprecated has something in its place.",
    "Mark the operation deprecated, or leave the replacement out.",
    _ANNOTATION,
)
def _replacement(node: Node, case: Case) -> Iterator[Finding]:
    if "replacement" in _annotation(node) and node.get("deprecated") is not True:
        yield Finding(
            node.at(_ANNOTATION, "replacement"), "a replacement for an operation that is not deprecated", True
        )


for _member in ("api", "operationId"):

    def _replaced_by(node: Node, case: Case, member: str = _member) -> Iterator[Finding]:
        given = _annotation(node).get("replacement")
        if isinstance(given, Mapping) and not given.get(member):
            yield Finding(node.at(_ANNOTATION, "replacement"), f"the replacement does not say its {member!r}", True)

    _rule(
        f"ApiAnnotationExtensionReplacementInfoMissing{_member[0].upper()}{_member[1:]}Property",
        "error",
        "operation",
        "What comes in its place is not known.",
        f"Add {_member!r} to the replacement.",
        _ANNOTATION,
    )(_replaced_by)


@_rule(
    "OperationRevisionEmpty",
    "warning",
    "operation",
    "Revisions of a family are told apart by it.",
    "Say the revision.",
    _ANNOTATION,
)
def _revision(node: Node, case: Case) -> Iterator[Finding]:
    own = _annotation(node)
    if own.get("family") and own.get("revision") in (None, ""):
        yield Finding(node.at(_ANNOTATION), f"the family {own['family']!r} without a revision", True)


@_rule(
    "OperationIdShouldEndWithRevision",
    "warning",
    "operation",
    "Revisions are told apart by their operationId too.",
    "Let the operationId end with _V and the revision.",
    _ANNOTATION,
)
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


@_rule(
    "OperationFamilyHasDuplicateRevisions",
    "error",
    "document",
    "Two operations are the same revision.",
    "Number them apart.",
)
def _family_revisions(node: Node, case: Case) -> Iterator[Finding]:
    for family, members in _families(case).items():
        seen: set[Any] = set()
        for one in members:
            revision = _annotation(one).get("revision")
            if revision not in (None, "") and str(revision) in seen:
                said = f"revision {revision!r} of the family {family!r} stands twice"
                yield Finding(one.at(_ANNOTATION, "revision"), said)
            seen.add(str(revision))


@_rule(
    "OperationFamilyHasManyEmptyRevisions",
    "error",
    "document",
    "One operation of a family may be without.",
    "Say the revision.",
)
def _family_empty(node: Node, case: Case) -> Iterator[Finding]:
    for family, members in _families(case).items():
        for one in [one for one in members if _annotation(one).get("revision") in (None, "")][1:]:
            yield Finding(one.at(_ANNOTATION), f"a second operation of the family {family!r} without a revision", True)


@_rule(
    "OperationFamilyHasManyActiveOperations",
    "warning",
    "document",
    "People must choose among them.",
    "Deprecate the older ones.",
)
def _family_active(node: Node, case: Case) -> Iterator[Finding]:
    for family, members in _families(case).items():
        for one in _active(members)[2:]:
            yield Finding(one.at(_ANNOTATION), f"the family {family!r} has more than two active operations", True)


@_rule(
    "OperationFamilyHasManyActiveProductionOperations",
    "warning",
    "document",
    "One revision is the one to use.",
    "Deprecate the earlier ones.",
)
def _family_production(node: Node, case: Case) -> Iterator[Finding]:
    for family, members in _families(case).items():
        mature = [one for one in _active(members) if str(_annotation(one).get("status", "")).lower() == "production"]
        for one in mature[1:]:
            yield Finding(one.at(_ANNOTATION, "status"), f"the family {family!r} has several active ones in production")


_STATUS = {"preview": 0, "experimental": 0, "beta": 0, "production": 1}


@_rule(
    "OperationStatusAheadOfConnector",
    "error",
    "operation",
    "No part is more mature than the whole.",
    "Lower its status.",
    _ANNOTATION,
)
def _status_ahead(node: Node, case: Case) -> Iterator[Finding]:
    info = case.tree.root.get("info")
    whole = info.get(_ANNOTATION) if isinstance(info, Mapping) else None
    whole = whole if isinstance(whole, Mapping) else case.tree.root.get(_ANNOTATION)
    level = _STATUS.get(str(whole.get("status", "")).lower()) if isinstance(whole, Mapping) else None
    own = _STATUS.get(str(_annotation(node).get("status", "")).lower())
    if level is not None and own is not None and own > level:
        yield Finding(node.at(_ANNOTATION, "status"), "the operation is in production, the connector is not")


# Paths


@_rule("OperationPathContainsUnsupportedCharacters", "error", "path", "A '*' matches nothing.", "Write the path out.")
def _wildcard(node: Node, case: Case) -> Iterator[Finding]:
    if "*" in node.name:
        yield Finding(node.pointer, f"the path {node.name!r} holds '*'", True)


@_rule(
    "OperationPathVariablesContainDefaults",
    "error",
    "path",
    "A variable has its default in its parameter.",
    "Move it there.",
)
def _path_default(node: Node, case: Case) -> Iterator[Finding]:
    for hole in _HOLE.findall(node.name):
        if "=" in hole:
            yield Finding(node.pointer, f"the variable {{{hole}}} has a default", True)


@_rule(
    "PathItemRefNotSuppored", "error", "path", "A path stands where it is.", "Copy what the reference means.", "$ref"
)
def _path_reference(node: Node, case: Case) -> Iterator[Finding]:
    yield Finding(node.at("$ref"), "a path that is a reference")


# Answers


@_rule(
    "OperationHasManyResponsesWithSchema",
    "warning",
    "answers",
    "Only one is shown to who uses the answer.",
    "Keep one schema.",
)
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


@_rule(
    "DefaultResponseHasSchema",
    "warning",
    "answers",
    "What is expected stands at its own status.",
    "Move the schema there.",
    "default",
)
def _default_schema(node: Node, case: Case) -> Iterator[Finding]:
    own = case.tree.answers(node.parent).get("default") if node.parent is not None else None
    if own is not None and "schema" in own.value:
        at = own.at("schema") if own.pointer == node.at("default") else node.at("default")
        yield Finding(at, "the default answer has a schema", True)


@_rule(
    "SchemaDefinitionSetIncorrectly",
    "warning",
    "operation",
    "Without it nothing of the answer can be chosen.",
    "Describe the answer at 200 or 201, or the content of the notification.",
)
def _no_output(node: Node, case: Case) -> Iterator[Finding]:
    if node not in case.tree.operations or _is_webhook(node):
        return
    answers = case.tree.answers(node)
    described = [one for status, one in answers.items() if "schema" in one.value and status != "default"]
    if described and not any("schema" in answers[status].value for status in ("200", "201") if status in answers):
        yield Finding(node.at("responses"), "neither 200 nor 201 has a schema", True)


@_rule(
    "ResponseHeadersAreNotUnique",
    "error",
    "answer",
    "Names of header fields are compared without case.",
    "Keep one.",
    "headers",
)
def _headers_twice(node: Node, case: Case) -> Iterator[Finding]:
    seen: set[str] = set()
    for name in node.get("headers") if isinstance(node.get("headers"), Mapping) else ():
        if name.lower() in seen:
            yield Finding(node.at("headers", name), f"the header {name!r} stands here a second time", True)
        seen.add(name.lower())


# Parameters


@_rule(
    "ConnectionIdParameterNotAllowed", "error", "parameter", "The name is taken by the platform.", "Rename it.", "name"
)
def _connection_id(node: Node, case: Case) -> Iterator[Finding]:
    if str(node.get("name")).lower() == "connectionid":
        yield Finding(node.at("name"), "a parameter cannot be called connectionId")


@_rule(
    "InvalidFormDataParameterName", "error", "parameter", "A form is written with names in ASCII.", "Rename it.", "name"
)
def _form_name(node: Node, case: Case) -> Iterator[Finding]:
    if node.get("in") == "formData" and not str(node.get("name")).isascii():
        yield Finding(node.at("name"), f"{node.get('name')!r} holds characters outside ASCII")


@_rule(
    "PathParameterMissingEncoding",
    "info",
    "parameter",
    "How the value is encoded in the path is left to chance.",
    "Say `x-ms-url-encoding: single`.",
    "in",
)
def _encoding(node: Node, case: Case) -> Iterator[Finding]:
    if node.get("in") == "path" and "x-ms-url-encoding" not in node.value:
        yield Finding(node.pointer, f"the path parameter {node.get('name')!r} does not say how it is encoded")


@_rule(
    "QueryParameterEncodingNotSupported",
    "warning",
    "parameter",
    "Query parameters are encoded once in any case.",
    "Leave it out.",
    "x-ms-url-encoding",
)
def _query_encoding(node: Node, case: Case) -> Iterator[Finding]:
    if node.get("in") == "query":
        yield Finding(
            node.at("x-ms-url-encoding"), f"the query parameter {node.get('name')!r} says how it is encoded", True
        )


_OF_VALUES = ("type", "format", "items", "enum", "collectionFormat", "default", "pattern", "minimum", "maximum")


@_rule(
    "BodyParameterPropertyNotValid", "error", "parameter", "A body is described by its schema.", "Move it there.", "in"
)
def _body_member(node: Node, case: Case) -> Iterator[Finding]:
    for name in _OF_VALUES if node.get("in") == "body" else ():
        if name in node.value:
            yield Finding(node.at(name), f"a body parameter has no {name!r}", True)


@_rule("BodyParameterSchemaRequired", "error", "parameter", "A body is described by its schema.", "Add `schema`.", "in")
def _body_schema(node: Node, case: Case) -> Iterator[Finding]:
    if node.get("in") == "body" and "schema" not in node.value:
        yield Finding(node.pointer, f"the body {node.get('name')!r} has no schema")


@_rule(
    "NonBodyParameterSchemaNotValid",
    "error",
    "parameter",
    "Only a body has a schema.",
    "Say `type` and the rest here.",
    "schema",
)
def _other_schema(node: Node, case: Case) -> Iterator[Finding]:
    if node.get("in") not in (None, "body") and case.tree.swagger2:
        yield Finding(node.at("schema"), f"a parameter in {node.get('in')} has no schema", True)


@_rule(
    "PropertyMustBeRequired",
    "error",
    "parameter",
    "What is internal is sent only where it is required.",
    "Say `required: true`.",
    "x-ms-visibility",
)
def _internal_parameter(node: Node, case: Case) -> Iterator[Finding]:
    if _internal(node) and "default" in node.value and node.get("required") is not True:
        yield Finding(
            node.at("x-ms-visibility"), f"the internal {node.get('name')!r} has a default, and is not required"
        )


def _internal(node: Node) -> bool:
    return str(node.get("x-ms-visibility", "")).lower() == "internal"


@_rule(
    "AllowEmptyValueOnlyValidForQueryFormData",
    "error",
    "parameter",
    "Nothing else can be empty.",
    "Leave it out.",
    "allowEmptyValue",
)
def _allow_empty(node: Node, case: Case) -> Iterator[Finding]:
    if node.get("in") not in ("query", "formData"):
        yield Finding(node.at("allowEmptyValue"), f"`allowEmptyValue` says nothing in {node.get('in')}", True)


@_rule(
    "AdditionalPropertyNotAllowedAdjacentToRef",
    "warning",
    "parameter answer schema",
    "What stands beside a $ref is ignored.",
    "Move it to where the reference leads.",
    "$ref",
)
def _beside_reference(node: Node, case: Case) -> Iterator[Finding]:
    for name in node.value if node.reference else ():
        if name != "$ref" and not name.startswith("x-"):
            yield Finding(node.at(name), f"{name!r} stands beside a $ref", True)


# Bodies and media types


def _consumes(operation: Node, case: Case) -> list[str]:
    given = operation.get("consumes", case.tree.root.get("consumes"))
    return [str(one) for one in given] if isinstance(given, list) else []


@_rule(
    "ConsumesMissing", "warning", "operation", "What the body is sent as is not known.", "Say `consumes`.", "parameters"
)
def _consumes_missing(node: Node, case: Case) -> Iterator[Finding]:
    bodies = [one for one in case.tree.parameters(node) if one.get("in") in ("body", "formData")]
    if bodies and not _consumes(node, case):
        yield Finding(node.pointer, f"{node.get('operationId')} takes a body, and no type is said for it", True)


@_rule(
    "StringBinaryNotSupportedForFormUrlEncoded",
    "error",
    "operation",
    "Octets are not written in this kind of form.",
    "Use multipart/form-data.",
    "parameters",
)
def _binary_form(node: Node, case: Case) -> Iterator[Finding]:
    types = _consumes(node, case)
    if types and all("x-www-form-urlencoded" in one for one in types):
        for one in case.tree.parameters(node):
            if one.get("in") == "formData" and (one.get("type") == "file" or one.get("format") == "binary"):
                yield Finding(one.pointer, f"the field {one.get('name')!r} holds octets")


# Schemas


def _is_binary(node: Node) -> bool:
    return bool(node.get("type") == "string" and node.get("format") == "binary")


@_rule(
    "InvalidStringBinaryProperty",
    "error",
    "schema",
    "Octets are a body of their own, or a form field.",
    "Use format byte within an object.",
    "format",
)
def _binary_within(node: Node, case: Case) -> Iterator[Finding]:
    if _is_binary(node) and node.parent is not None and node.parent.kind == "schema":
        yield Finding(node.at("format"), f"{node.name!r} holds octets within an object")


@_rule(
    "SchemaTypeFileNotValid",
    "error",
    "schema",
    "A file is a form field, or a whole answer.",
    "Use string with format byte.",
    "type",
)
def _file_within(node: Node, case: Case) -> Iterator[Finding]:
    if node.get("type") == "file" and (node.parent is None or node.parent.kind not in ("answer", "parameter")):
        yield Finding(node.at("type"), "a file within a schema")


@_rule("RequiredPropertyNotOnObject", "warning", "schema", "Only an object has properties.", "Remove it.", "required")
def _required_elsewhere(node: Node, case: Case) -> Iterator[Finding]:
    if isinstance(node.get("required"), list) and node.get("type") not in (None, "object"):
        yield Finding(node.at("required"), f"`required` in a schema of type {node.get('type')}", True)


@_rule(
    "RequiredReadOnlyPropertyNotAllowedAsInput",
    "error",
    "operation",
    "What only the service writes cannot be asked for.",
    "Take it out of `required`, or out of the input.",
    "parameters",
)
def _read_only_input(node: Node, case: Case) -> Iterator[Finding]:
    for schema in _inputs(node, case):
        required = schema.get("required")
        for name in required if isinstance(required, list) else ():
            inner = case.tree.nodes.get(schema.at("properties", name))
            if inner is not None and inner.get("readOnly") is True:
                yield Finding(inner.at("readOnly"), f"{name!r} is read only, and required of the caller")


def _inputs(operation: Node, case: Case) -> Iterator[Node]:
    """Every schema of an operation's body, each once."""
    bodies = (one for one in case.tree.parameters(operation) if one.get("in") == "body")
    yield from _below([schema for one in bodies if (schema := case.tree.schema_of(one)) is not None], case)


def _below(roots: list[Node], case: Case) -> Iterator[Node]:
    waiting, seen = list(roots), set()
    while waiting:
        own = case.tree.resolve(waiting.pop())
        if own is None or own.pointer in seen or not isinstance(own.value, Mapping):
            continue
        seen.add(own.pointer)
        yield own
        waiting += [one for one in case.tree.children.get(own.pointer, ()) if one.kind == "schema"]


@_rule(
    "InternalPropertyWithDefaultOptional",
    "warning",
    "schema",
    "Only what is required is sent in any case.",
    "Require it.",
    "properties",
)
def _internal_property(node: Node, case: Case) -> Iterator[Finding]:
    required = node.get("required")
    for one in case.tree.children.get(node.pointer, ()):
        inside = one.pointer == node.at("properties", one.name)
        if inside and _internal(one) and "default" in one.value and one.name not in (required or ()):
            yield Finding(one.pointer, f"the internal {one.name!r} has a default, and is not required", True)


_KINDS_OF = {
    "schema": "SchemaRefLoopNotAllowed",
    "parameter": "ParameterRefLoopNotAllowed",
    "answer": "ResponseRefLoopNotAllowed",
}
_HOLDERS = {"/definitions": "schema", "/parameters": "parameter", "/responses": "answer"}

for _id, _what in (
    ("SchemaRefLoopNotAllowed", "schema"),
    ("ParameterRefLoopNotAllowed", "parameter"),
    ("ResponseRefLoopNotAllowed", "answer"),
):

    def _definition_reference(node: Node, case: Case) -> Iterator[Finding]:
        if _HOLDERS.get(node.pointer.rpartition("/")[0]) == node.kind and node.reference:
            yield Finding(node.at("$ref"), f"the definition {node.name!r} is only a reference")

    _rule(_id, "error", _what, "A definition says what it is.", "Refer to the other one in its place.", "$ref")(
        _definition_reference
    )


@_rule("SchemaTooDeep", "error", "operation", "Deep values are cut where they are shown.", "Flatten the schema.")
def _deep(node: Node, case: Case) -> Iterator[Finding]:
    for root in _roots(node, case):
        depth = _depth(root, case, frozenset())
        if depth > MAX_DEPTH:
            yield Finding(root.pointer, f"the schema is {depth} levels deep; {MAX_DEPTH} is the most")


def _roots(operation: Node, case: Case) -> list[Node]:
    nodes = [*case.tree.parameters(operation), *case.tree.answers(operation).values()]
    return [schema for one in nodes if "schema" in one.value and (schema := case.tree.schema_of(one)) is not None]


def _depth(node: Node, case: Case, above: frozenset[str]) -> int:
    known: dict[str, int] = case.notes.setdefault("depths", {})
    own = case.tree.resolve(node)
    if own is None or own.pointer in above:
        return 0
    if own.pointer not in known:
        inner = [one for one in case.tree.children.get(own.pointer, ()) if one.kind == "schema"]
        known[own.pointer] = 1 + max((_depth(one, case, above | {own.pointer}) for one in inner), default=0)
    return known[own.pointer]


def _count(roots: list[Node], case: Case) -> int:
    return sum(1 for _ in _below(roots, case))


@_rule(
    "OperationSchemaCountExceedsMaxAllowed", "error", "operation", "Large operations are not shown.", "Describe less."
)
def _operation_schemas(node: Node, case: Case) -> Iterator[Finding]:
    count = _count(_roots(node, case), case)
    if count > MAX_OPERATION_SCHEMAS:
        yield Finding(node.pointer, f"the operation has {count} schemas; {MAX_OPERATION_SCHEMAS} is the most", True)


@_rule("BodySchemaCountExceedsMaxAllowed", "error", "operation", "Large bodies are not shown.", "Describe less.")
def _body_schemas(node: Node, case: Case) -> Iterator[Finding]:
    count = sum(1 for _ in _inputs(node, case))
    if count > MAX_BODY_SCHEMAS:
        yield Finding(node.pointer, f"the body has {count} schemas; {MAX_BODY_SCHEMAS} is the most", True)


@_rule("TotalSchemaCountExceedsMaxAllowed", "error", "document", "Large connectors are not shown.", "Describe less.")
def _total_schemas(node: Node, case: Case) -> Iterator[Finding]:
    if len(case.tree["schema"]) > MAX_SCHEMAS:
        yield Finding(
            "/definitions", f"the document has {len(case.tree['schema'])} schemas; {MAX_SCHEMAS} is the most", True
        )


@_rule(
    "TotalOperationsCountExceedsMaxAllowed",
    "error",
    "document",
    "Large connectors are not shown.",
    "Split the connector.",
)
def _total_operations(node: Node, case: Case) -> Iterator[Finding]:
    if len(case.tree.operations) > MAX_OPERATIONS:
        yield Finding(
            "/paths", f"the document has {len(case.tree.operations)} operations; {MAX_OPERATIONS} is the most", True
        )


# Extensions of values


def _enum_values(node: Node) -> list[tuple[int, Mapping[str, Any]]]:
    given = node.get("x-ms-enum-values")
    return [
        (index, one) for index, one in enumerate(given if isinstance(given, list) else ()) if isinstance(one, Mapping)
    ]


@_rule(
    "DuplicateEnumValuesInExtension",
    "error",
    "schema parameter",
    "A value has one title.",
    "Keep one.",
    "x-ms-enum-values",
)
def _enum_values_twice(node: Node, case: Case) -> Iterator[Finding]:
    seen: list[Any] = []
    for index, one in _enum_values(node):
        if one.get("value") in seen:
            yield Finding(node.at("x-ms-enum-values", index), f"{one.get('value')!r} stands here a second time")
        seen.append(one.get("value"))


@_rule(
    "InvalidEnumValuesExtensionValue",
    "error",
    "schema parameter",
    "A title for what cannot be given.",
    "Name a value of the enum.",
    "x-ms-enum-values",
)
def _enum_values_known(node: Node, case: Case) -> Iterator[Finding]:
    allowed = node.get("enum")
    for index, one in _enum_values(node) if isinstance(allowed, list) else ():
        if one.get("value") not in (allowed or ()):
            yield Finding(node.at("x-ms-enum-values", index, "value"), f"{one.get('value')!r} is no value of the enum")


@_rule(
    "MissingEnumValuesDisplayName",
    "error",
    "schema parameter",
    "A value without its title.",
    "Add `displayName`.",
    "x-ms-enum-values",
)
def _enum_values_named(node: Node, case: Case) -> Iterator[Finding]:
    for index, one in _enum_values(node):
        if not one.get("displayName"):
            yield Finding(node.at("x-ms-enum-values", index), f"{one.get('value')!r} has no displayName")


@_rule(
    "InvalidCustomEditorExtensionDictionaryValue",
    "error",
    "schema parameter",
    "Only an open object is edited as pairs.",
    "Allow additionalProperties, or leave it out.",
    "x-ms-editor",
)
def _editor(node: Node, case: Case) -> Iterator[Finding]:
    if node.get("x-ms-editor") == "dictionary" and not (
        node.get("type") == "object" and node.get("additionalProperties")
    ):
        yield Finding(node.at("x-ms-editor"), "`dictionary` for what is no open object")


_FILTERS = """
    eq ne gt ge lt le and or not contains startswith endswith length indexof replace substring substringof toupper
    tolower trim concat year month day hour minute second date time now totaloffsetminutes totalseconds round floor
    ceiling min max sum countdistinct average null add sub mul div mod isof cast
"""


def _filters(node: Node) -> list[Any] | None:
    given = node.get("x-ms-capabilities")
    found = given.get("filterFunctions") if isinstance(given, Mapping) else node.get("filterFunctions")
    return found if isinstance(found, list) else None


@_rule(
    "FilterFunctionsPropertyEmpty",
    "error",
    "schema",
    "Nothing can be filtered by.",
    "Name one, or leave it out.",
    "x-ms-capabilities",
)
def _filters_empty(node: Node, case: Case) -> Iterator[Finding]:
    if _filters(node) == []:
        yield Finding(node.at("x-ms-capabilities", "filterFunctions"), "the list is empty")


@_rule(
    "FilterFunctionsPropertyHasDuplicates",
    "error",
    "schema",
    "A function is named once.",
    "Keep one.",
    "x-ms-capabilities",
)
def _filters_twice(node: Node, case: Case) -> Iterator[Finding]:
    given = _filters(node) or []
    for index, one in enumerate(given):
        if one in given[:index]:
            yield Finding(node.at("x-ms-capabilities", "filterFunctions", index), f"{one!r} stands here a second time")


@_rule(
    "FilterFunctionsPropertyInvalidValue",
    "error",
    "schema",
    "A function that is not known.",
    "Name a known one.",
    "x-ms-capabilities",
)
def _filters_known(node: Node, case: Case) -> Iterator[Finding]:
    for index, one in enumerate(_filters(node) or []):
        if str(one).lower() not in _FILTERS.split():
            yield Finding(node.at("x-ms-capabilities", "filterFunctions", index), f"{one!r} is no function of a filter")


@_rule(
    "FilterFunctionsPropertyInInputSchema",
    "error",
    "operation",
    "What is sent is not filtered by.",
    "Say it in the answer's schema.",
    "parameters",
)
def _filters_input(node: Node, case: Case) -> Iterator[Finding]:
    for schema in _inputs(node, case):
        if _filters(schema) is not None:
            yield Finding(schema.at("x-ms-capabilities", "filterFunctions"), "a filter in what is sent", True)


# What operations ask of one another


def _value_path(value: Mapping[str, Any], *names: str) -> list[str]:
    found = next((value[name] for name in names if isinstance(value.get(name), str)), "")
    return [step for step in found.split("/") if step]


def _answer_schema(operation: Node, case: Case) -> Node | None:
    for status, one in sorted(case.tree.answers(operation).items()):
        if status[:1] == "2" and "schema" in one.value:
            return case.tree.schema_of(one)
    return None


def _is_open(node: Node) -> bool:
    """Whether a schema may hold what it does not describe."""
    return not node.get("properties") and not node.get("allOf") and node.get("type") in (None, "object")


def _follow(node: Node, steps: list[str], case: Case) -> Node | str | None:
    """The schema at a path; the step that is not there; None where that cannot be told."""
    for step in steps:
        own = case.tree.resolve(node)
        if own is None or _is_open(own) or any("x-ms-dynamic" in name for name in own.value):
            return None
        inner = _property(own, step, case)
        if inner is None:
            return step
        node = inner
    return case.tree.resolve(node)


def _property(node: Node, name: str, case: Case) -> Node | None:
    for own in [
        node,
        *[case.tree.resolve(one) for one in case.tree.children.get(node.pointer, ()) if "/allOf/" in one.pointer],
    ]:
        found = case.tree.nodes.get(own.at("properties", name)) if own is not None else None
        if found is not None:
            return found
    return None


@_rule(
    "InvokedOperationShouldProduceArray",
    "warning",
    "parameter schema",
    "There is nothing to choose from.",
    "Name the member of the answer that holds the list.",
    "x-ms-dynamic-values x-ms-dynamic-list x-ms-dynamic-tree",
)
def _produces_array(node: Node, case: Case) -> Iterator[Finding]:
    for at, name, value in asking(node):
        asked = case.ids.get(str(value.get("operationId")))
        schema = _answer_schema(asked, case) if asked is not None else None
        if schema is None or name in ("x-ms-dynamic-schema", "x-ms-dynamic-properties"):
            continue
        steps = _value_path(value, "value-collection", "itemsPath")
        found = _follow(schema, steps, case)
        member = (
            "value-collection"
            if "value-collection" in value
            else "itemsPath"
            if "itemsPath" in value
            else "operationId"
        )
        if isinstance(found, str) or (
            found is not None and found.get("type") not in (None, "array") and not _is_open(found)
        ):
            said = f"the answer of {value.get('operationId')} has no list at {'/'.join(steps) or 'its root'!r}"
            yield Finding(f"{at}/{member}", said)


@_rule(
    "InvokedOperationShouldProduceProperty",
    "warning",
    "parameter schema",
    "The value is not in the answer.",
    "Name a property of the answer's items.",
    "x-ms-dynamic-values x-ms-dynamic-list x-ms-dynamic-tree",
)
def _produces_property(node: Node, case: Case) -> Iterator[Finding]:
    for at, name, value in asking(node):
        asked = case.ids.get(str(value.get("operationId")))
        schema = _answer_schema(asked, case) if asked is not None else None
        if schema is None or name in ("x-ms-dynamic-schema", "x-ms-dynamic-properties"):
            continue
        found = _follow(schema, _value_path(value, "value-collection", "itemsPath"), case)
        items = case.tree.nodes.get(found.at("items")) if isinstance(found, Node) else None
        for member in ("value-path", "value-title", "itemValuePath", "itemTitlePath") if items is not None else ():
            steps = _value_path(value, member)
            if steps and items is not None and isinstance(_follow(items, steps, case), str):
                said = f"the items of {value.get('operationId')} have no {'/'.join(steps)!r}"
                yield Finding(f"{at}/{escape(member)}", said)


def _references(value: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """The parameters that a dynamic extension gives: name, what kind of value, the value."""
    given = value.get("parameters")
    for name, one in given.items() if isinstance(given, Mapping) else ():
        if isinstance(one, Mapping):
            for kind in ("parameter", "parameterReference", "value", "selectedItemValuePath", "value-property"):
                if kind in one:
                    yield name, kind, one[kind]
                    break
        else:
            yield name, "value", one


def _own_operation(node: Node) -> Node | None:
    return node.above("operation")


def _body_properties(operation: Node, case: Case) -> set[str]:
    bodies = [one for one in case.tree.parameters(operation) if one.get("in") == "body"]
    schemas = [schema for one in bodies if (schema := case.tree.schema_of(one)) is not None]
    return set().union(*(properties_of(one, case) for one in schemas)) if schemas else set()


for _old, _new, _stem in (
    ("x-ms-dynamic-values", "x-ms-dynamic-list", "DynamicList"),
    ("x-ms-dynamic-schema", "x-ms-dynamic-properties", "DynamicProperties"),
):

    def _ambiguous(node: Node, case: Case, old: str = _old, new: str = _new) -> Iterator[Finding]:
        operation = _own_operation(node)
        if new in node.value or operation is None or not isinstance(node.get(old), Mapping):
            return
        names = {str(one.get("name")) for one in case.tree.parameters(operation)}
        for name, kind, value in _references(node.get(old)):
            if kind == "parameter" and value in names and value in _body_properties(operation, case):
                said = f"{value!r} is a parameter, and a property of the body"
                yield Finding(node.at(old, "parameters", name), said)

    def _no_parameter(node: Node, case: Case, old: str = _old, new: str = _new) -> Iterator[Finding]:
        operation = _own_operation(node)
        if new in node.value or operation is None or not isinstance(node.get(old), Mapping):
            return
        names = {str(one.get("name")) for one in case.tree.parameters(operation)}
        for name, kind, value in _references(node.get(old)):
            if kind != "parameter" or not isinstance(value, str) or value in names:
                continue
            if "/" in value or value in _body_properties(operation, case):
                yield Finding(node.at(old, "parameters", name), f"{value!r} is a property, which {old} cannot name")

    _rule(
        f"{_stem}ExtensionRequiredForAmbiguousReferences",
        "error",
        "parameter schema",
        "Which of the two is meant is not known.",
        f"Define {_new} too.",
        _old,
    )(_ambiguous)
    _rule(
        f"{_stem}ExtensionRequiredForNonParameterReferences",
        "error",
        "parameter schema",
        "The older extension knows parameters only.",
        f"Define {_new} too.",
        _old,
    )(_no_parameter)


@_rule(
    "DynamicPropertiesExtensionRequiredForPropertiesValuePath",
    "error",
    "schema",
    "A path into the properties is no schema.",
    "Define x-ms-dynamic-properties, with the path of the schema.",
    "x-ms-dynamic-schema",
)
def _properties_path(node: Node, case: Case) -> Iterator[Finding]:
    own = node.get("x-ms-dynamic-schema")
    path = own.get("value-path") if isinstance(own, Mapping) else None
    if isinstance(path, str) and path.split("/")[-1] == "properties" and "x-ms-dynamic-properties" not in node.value:
        yield Finding(node.at("x-ms-dynamic-schema", "value-path"), f"{path!r} leads to properties")


@_rule(
    "DynamicPropertiesItemValuePathMismatch",
    "error",
    "schema",
    "The two extensions mean different schemas.",
    "Give both the same path.",
    "x-ms-dynamic-properties",
)
def _properties_mismatch(node: Node, case: Case) -> Iterator[Finding]:
    old, new = node.get("x-ms-dynamic-schema"), node.get("x-ms-dynamic-properties")
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return
    expected = re.sub(r"(^|/)properties$", "", str(old.get("value-path", "")))
    if str(new.get("itemValuePath", "")) != expected:
        said = f"itemValuePath must be {expected!r}, as x-ms-dynamic-schema says"
        yield Finding(node.at("x-ms-dynamic-properties", "itemValuePath"), said)


@_rule(
    "DynamicTreeExtensionMissing",
    "error",
    "parameter schema",
    "How folders are opened is not known.",
    "Define x-ms-dynamic-tree.",
    "x-ms-dynamic-values",
)
def _tree_missing(node: Node, case: Case) -> Iterator[Finding]:
    own = node.get("x-ms-dynamic-values")
    if isinstance(own, Mapping) and own.get("capability") == "file-picker" and "x-ms-dynamic-tree" not in node.value:
        yield Finding(node.at("x-ms-dynamic-values", "capability"), "a file picker without x-ms-dynamic-tree")


@_rule(
    "DynamicExtensionDefinitionNotAllowedInParameter",
    "error",
    "parameter",
    "A body has its extensions in its schema.",
    "Move it there.",
    _DYNAMIC,
)
def _dynamic_body(node: Node, case: Case) -> Iterator[Finding]:
    for name in _DYNAMIC.split() if node.get("in") == "body" else ():
        if name in node.value:
            yield Finding(node.at(name), f"{name!r} at the body parameter", True)


@_rule(
    "SelectedItemValuePathNotAllowedInThisPosition",
    "error",
    "parameter schema",
    "Only what opens a choice knows the choice.",
    "Use it in `browse` of x-ms-dynamic-tree.",
    _DYNAMIC,
)
def _selected(node: Node, case: Case) -> Iterator[Finding]:
    for at, _, value in asking(node):
        for name, kind, _ in _references(value):
            if kind == "selectedItemValuePath" and not at.endswith("/x-ms-dynamic-tree/browse"):
                yield Finding(f"{at}/parameters/{escape(name)}/{kind}", "nothing is selected yet", True)


def _asked_parameters(value: Mapping[str, Any], case: Case) -> dict[str, Node]:
    asked = case.ids.get(str(value.get("operationId")))
    return {str(one.get("name")): one for one in case.tree.parameters(asked)} if asked is not None else {}


@_rule(
    "OperationMissingRequiredProperty",
    "error",
    "parameter schema",
    "The asked operation refuses the call.",
    "Give the parameter.",
    _DYNAMIC,
)
def _asked_required(node: Node, case: Case) -> Iterator[Finding]:
    for at, _, value in asking(node):
        given = {name.partition("/")[0] for name, _, _ in _references(value)} | {
            name for name, _, _ in _references(value)
        }
        for name, one in _asked_parameters(value, case).items():
            if (
                one.get("required") is True
                and "default" not in one.value
                and name not in given
                and one.get("in") != "body"
            ):
                said = f"{value.get('operationId')} requires {name!r}, which is not given"
                yield Finding(f"{at}/parameters" if "parameters" in value else at, said)


@_rule(
    "OperationParameterNameIsAmbiguous",
    "error",
    "parameter schema",
    "Which of the two is meant is not known.",
    "Write the path of the property.",
    _DYNAMIC,
)
def _asked_ambiguous(node: Node, case: Case) -> Iterator[Finding]:
    for at, _, value in asking(node):
        asked = case.ids.get(str(value.get("operationId")))
        names = _asked_parameters(value, case)
        for name, _, _ in _references(value):
            if asked is not None and name in names and name in _body_properties(asked, case):
                yield Finding(
                    f"{at}/parameters/{escape(name)}", f"{name!r} is a parameter and a property of the body", True
                )


_JSON_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


@_rule(
    "OperationParameterStaticTypeMismatch",
    "error",
    "parameter schema",
    "The asked operation refuses the value.",
    "Write it in the parameter's type.",
    _DYNAMIC,
)
def _asked_static(node: Node, case: Case) -> Iterator[Finding]:
    for at, _, value in asking(node):
        known = _asked_parameters(value, case)
        for name, kind, given in _references(value):
            types = _JSON_TYPES.get(str(known[name].get("type"))) if name in known and kind == "value" else None
            if (
                types
                and given is not None
                and (not isinstance(given, types) or (isinstance(given, bool) and bool not in types))
            ):
                yield Finding(f"{at}/parameters/{escape(name)}", f"{given!r} is no {known[name].get('type')}")


def _sources(node: Node, case: Case) -> Iterator[tuple[str, Node, Node, str]]:
    """What parameters of the own operation are given to which of the asked one."""
    operation = _own_operation(node)
    own = {str(one.get("name")): one for one in case.tree.parameters(operation)} if operation is not None else {}
    for at, _, value in asking(node):
        known = _asked_parameters(value, case)
        for name, kind, given in _references(value):
            if kind.startswith("parameter") and given in own and name in known:
                yield f"{at}/parameters/{escape(name)}", own[given], known[name], str(value.get("operationId"))


@_rule(
    "OperationParameterRequiredMismatch",
    "warning",
    "parameter schema",
    "Nothing can be asked until it is given.",
    "Require the parameter.",
    _DYNAMIC,
)
def _asked_optional(node: Node, case: Case) -> Iterator[Finding]:
    for at, source, target, asked in _sources(node, case):
        if target.get("required") is True and source.get("required") is not True and "default" not in source.value:
            yield Finding(at, f"{asked} requires it, and {source.get('name')!r} is optional")


@_rule(
    "OperationParameterTypeMismatch",
    "warning",
    "parameter schema",
    "The asked operation refuses the value.",
    "Make the types one.",
    _DYNAMIC,
)
def _asked_type(node: Node, case: Case) -> Iterator[Finding]:
    for at, source, target, asked in _sources(node, case):
        if source.get("type") and target.get("type") and source.get("type") != target.get("type"):
            yield Finding(at, f"{source.get('name')!r} is {source.get('type')}, and {asked} takes {target.get('type')}")


@_rule(
    "SourcePropertyInternal",
    "warning",
    "parameter schema",
    "What is internal nobody fills in.",
    "Show it, or write a value.",
    _DYNAMIC,
)
def _asked_internal(node: Node, case: Case) -> Iterator[Finding]:
    for at, source, _, _ in _sources(node, case):
        if _internal(source):
            yield Finding(at, f"{source.get('name')!r} is internal")


@_rule(
    "InvalidNextLinkNameValue",
    "warning",
    "operation",
    "The next page is looked for under these names only.",
    "Call it nextLink or @odata.nextLink.",
    "x-ms-pageable",
)
def _next_link(node: Node, case: Case) -> Iterator[Finding]:
    own = node.get("x-ms-pageable")
    name = own.get("nextLinkName") if isinstance(own, Mapping) else None
    if name not in (None, "nextLink", "@odata.nextLink"):
        yield Finding(node.at("x-ms-pageable", "nextLinkName"), f"{name!r} is neither nextLink nor @odata.nextLink")


# Triggers and notifications

_CONTENT, _URL, _NOTE = "x-ms-notification-content", "x-ms-notification-url", "x-ms-notification"


def _is_webhook(node: Node) -> bool:
    holders = [one.value for one in (node, node.parent) if one is not None and isinstance(one.value, Mapping)]
    return any(_CONTENT in one for one in holders)


@_rule(
    "NotificationExtensionSupportedForTriggerOnly",
    "error",
    "operation",
    "Only a trigger is told of events.",
    "Add x-ms-trigger.",
    _NOTE,
)
def _note_trigger(node: Node, case: Case) -> Iterator[Finding]:
    if "x-ms-trigger" not in node.value:
        yield Finding(node.at(_NOTE), "x-ms-notification without x-ms-trigger", True)


@_rule(
    "NotificationExtensionNotSupportedInWebhookOperation",
    "error",
    "operation",
    "A webhook is told already.",
    "Remove it.",
    _NOTE,
)
def _note_webhook(node: Node, case: Case) -> Iterator[Finding]:
    if _is_webhook(node):
        yield Finding(node.at(_NOTE), "x-ms-notification at a webhook", True)


def _subscribing(node: Node, case: Case) -> Node | None:
    own = node.get(_NOTE)
    return case.ids.get(str(own.get("operationId"))) if isinstance(own, Mapping) else None


@_rule(
    "NotificationOperationMustBeWebhook",
    "error",
    "operation",
    "It cannot be subscribed to.",
    "Name a webhook's operation.",
    _NOTE,
)
def _note_operation(node: Node, case: Case) -> Iterator[Finding]:
    subscribing = _subscribing(node, case)
    if subscribing is not None and not _is_webhook(subscribing):
        yield Finding(node.at(_NOTE, "operationId"), f"{subscribing.get('operationId')} is no webhook")


@_rule(
    "BodyOrFormDataParameterInFetchOperationNotAllowed",
    "error",
    "operation",
    "What is fetched takes no body.",
    "Use query parameters.",
    _NOTE,
)
def _fetch_body(node: Node, case: Case) -> Iterator[Finding]:
    for one in case.tree.parameters(node):
        if one.get("in") in ("body", "formData"):
            yield Finding(one.pointer, f"{one.get('name')!r} is in {one.get('in')}")


@_rule(
    "ParamtersWithSameNameMustHaveSameTypeAndVisibility",
    "error",
    "operation",
    "One value is given to both.",
    "Make them alike.",
    _NOTE,
)
def _fetch_alike(node: Node, case: Case) -> Iterator[Finding]:
    subscribing = _subscribing(node, case)
    other = {str(one.get("name")): one for one in case.tree.parameters(subscribing)} if subscribing is not None else {}
    for one in case.tree.parameters(node):
        twin = other.get(str(one.get("name")))
        if twin is not None and any(one.get(name) != twin.get(name) for name in ("type", "x-ms-visibility")):
            yield Finding(
                one.pointer,
                f"{one.get('name')!r} differs from that of {subscribing and subscribing.get('operationId')}",
            )


@_rule(
    "OperationMustHaveNotificationContentExtension",
    "error",
    "operation",
    "What will be sent is not known.",
    "Describe it in x-ms-notification-content.",
    "parameters",
)
def _content_missing(node: Node, case: Case) -> Iterator[Finding]:
    marked = [one for one in _inputs(node, case) if one.get(_URL) is True]
    if marked and not _is_webhook(node):
        yield Finding(node.pointer, f"{node.get('operationId')} takes a URL for events that are not described", True)


@_rule(
    "NotificationUrlNotAllowedInThisPosition",
    "error",
    "parameter schema items header",
    "The URL is given in the body.",
    "Move it there.",
    _URL,
)
def _url_position(node: Node, case: Case) -> Iterator[Finding]:
    answer = node.above("answer")
    if node.get(_URL) is True and (node.kind != "schema" or answer is not None):
        yield Finding(node.at(_URL), "a notification URL outside of the body", True)


@_rule("NotificationUrlNotString", "error", "schema", "A URL is a text.", "Make it a string.", _URL)
def _url_type(node: Node, case: Case) -> Iterator[Finding]:
    if node.get(_URL) is True and node.get("type") not in (None, "string"):
        yield Finding(node.at("type"), f"the notification URL is of type {node.get('type')}")


@_rule(
    "NotificationUrlNotInternal",
    "error",
    "schema",
    "The platform fills it in, nobody else.",
    "Say `x-ms-visibility: internal`.",
    _URL,
)
def _url_internal(node: Node, case: Case) -> Iterator[Finding]:
    holder: Node | None = node
    while holder is not None and holder.kind == "schema":
        if _internal(holder):
            return
        holder = holder.parent
    if node.get(_URL) is True:
        yield Finding(node.pointer, f"the notification URL {node.name!r} is not internal", True)


@_rule(
    "NotificationUrlNotRequired",
    "error",
    "schema",
    "Without it nothing can be sent.",
    "Require it, and what it stands in.",
    _URL,
)
def _url_required(node: Node, case: Case) -> Iterator[Finding]:
    own: Node = node
    while node.get(_URL) is True and own.parent is not None and own.parent.kind == "schema":
        required = own.parent.get("required")
        if own.pointer == own.parent.at("properties", own.name) and own.name not in (required or ()):
            yield Finding(own.pointer, f"{own.name!r} is not required", True)
            return
        own = own.parent


# Security


@_rule(
    "SecurityRequirementMustHaveValue",
    "error",
    "document operation",
    "What is required of the scheme is not said.",
    "Write [].",
    "security",
)
def _no_value(node: Node, case: Case) -> Iterator[Finding]:
    for at, name, scopes in _requirements(node):
        if not isinstance(scopes, list):
            yield Finding(at, f"{name!r} has no list", True)


def _requirements(node: Node) -> Iterator[tuple[str, str, Any]]:
    given = node.get("security")
    for index, one in enumerate(given if isinstance(given, list) else ()):
        for name, scopes in one.items() if isinstance(one, Mapping) else ():
            yield node.at("security", index, name), name, scopes


@_rule(
    "SchemesArrayEmpty",
    "error",
    "document operation",
    "No protocol is left.",
    "Name https, or leave it out.",
    "schemes",
)
def _no_protocol(node: Node, case: Case) -> Iterator[Finding]:
    if node.get("schemes") == []:
        yield Finding(node.at("schemes"), "`schemes` is empty")


@_rule("SchemeNotSupported", "error", "document operation", "Sockets are not supported.", "Name https.", "schemes")
def _sockets(node: Node, case: Case) -> Iterator[Finding]:
    given = node.get("schemes")
    for index, one in enumerate(given if isinstance(given, list) else ()):
        if one in ("ws", "wss"):
            yield Finding(node.at("schemes", index), f"{one!r} is not supported")


# The connector as a whole

_TITLE = (1, 30)
_DESCRIPTION = (30, 500)
_WORDS = ("api", "connector", "power apps", "powerapps", "power automate", "microsoft", "copilot", "test")


@_rule("FieldLengthExceeded", "warning", "info", "The title is cut where it is shown.", "Shorten it.", "title")
def _title_long(node: Node, case: Case) -> Iterator[Finding]:
    title = node.get("title")
    if isinstance(title, str) and len(title) > _TITLE[1]:
        yield Finding(node.at("title"), f"the title has {len(title)} characters; {_TITLE[1]} is the most")


@_rule(
    "FieldLengthNotInRange",
    "warning",
    "info",
    "The description introduces the connector.",
    "Write some sentences.",
    "description",
)
def _description_length(node: Node, case: Case) -> Iterator[Finding]:
    text = node.get("description")
    if isinstance(text, str) and not _DESCRIPTION[0] <= len(text) <= _DESCRIPTION[1]:
        said = f"the description has {len(text)} characters; from {_DESCRIPTION[0]} to {_DESCRIPTION[1]} are asked for"
        yield Finding(node.at("description"), said)


@_rule(
    "ValueContainsRestrictedWords",
    "warning",
    "info",
    "The title is the service's own name.",
    "Leave the word out.",
    "title",
)
def _restricted_words(node: Node, case: Case) -> Iterator[Finding]:
    title = node.get("title")
    for word in _WORDS if isinstance(title, str) else ():
        if re.search(rf"(?i)\b{word}\b", str(title)):
            yield Finding(node.at("title"), f"the title holds {word!r}")


@_rule(
    "ValueMustEndWithAlphanumeric",
    "warning",
    "info",
    "A title is no sentence.",
    "Leave the last character out.",
    "title",
)
def _title_end(node: Node, case: Case) -> Iterator[Finding]:
    title = node.get("title")
    if isinstance(title, str) and title.strip() and not (title[-1].isalnum() or title[-1] == ")"):
        yield Finding(node.at("title"), f"the title ends with {title[-1]!r}")


@_rule(
    "ValueMustBeInEnglish",
    "warning",
    "info operation parameter",
    "Texts are published in English.",
    "Translate it.",
    "title summary description x-ms-summary",
)
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


@_rule(
    "ConnectorMetadataPropertiesMissing",
    "error",
    "document",
    "Publishing asks for them.",
    "Add them to x-ms-connector-metadata.",
)
def _metadata_missing(node: Node, case: Case) -> Iterator[Finding]:
    at, found = _metadata(case)
    for name in ("Website", "Privacy policy", "Categories"):
        if not found.get(name, ("", ""))[1]:
            yield Finding(at, f"the metadata have no {name!r}", True)


@_rule(
    "InvalidConnectorCategory", "error", "document", "The category is not known.", f"Write of {', '.join(_CATEGORIES)}."
)
def _category(node: Node, case: Case) -> Iterator[Finding]:
    at, value = _metadata(case)[1].get("Categories", ("", ""))
    for name in filter(None, (one.strip() for one in value.split(";"))):
        if name.lower() not in (one.lower() for one in _CATEGORIES):
            yield Finding(at, f"{name!r} is no category")


@_rule("TooManyConnectorCategories", "error", "document", "A few are shown.", "Choose the most fitting ones.")
def _categories(node: Node, case: Case) -> Iterator[Finding]:
    at, value = _metadata(case)[1].get("Categories", ("", ""))
    count = len([one for one in value.split(";") if one.strip()])
    if count > MAX_CATEGORIES:
        yield Finding(at, f"{count} categories; {MAX_CATEGORIES} is the most")


UNDECIDED: Mapping[str, str] = {
    "OneOfPropertiesRequired": "which members are alternatives is said by the validating service alone",
    "ProductionStatusOnBetaService": "whether the service is in beta is known to its operator only",
}
"""Rules that a document alone cannot break, and why."""
