"""Findings of ours that are Microsoft's: reported under its ids."""

from __future__ import annotations

import re
from dataclasses import replace

from openconnectors.engine.errors import Diagnostic
from openconnectors.engine.lint.microsoft.table import Rule
from openconnectors.engine.lint.table import RULES

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

for _ours, _, _id in SAME:
    if _id not in RULES:
        RULES.add(Rule(_id, RULES[_ours].severity, reported_by=_ours, why=RULES[_ours].why, fix=RULES[_ours].fix))


def renamed(found: list[Diagnostic]) -> list[Diagnostic]:
    """The findings under Microsoft's ids, where it has one for them."""
    made = []
    for one in found:
        same = next((id for own, at, id in SAME if own == one.rule and re.search(at, one.pointer)), one.rule)
        if same == "OperationParametersContainMultipleBodyParameters" and "form field" in one.message:
            same = "ParameterListContainsFormDataAndBody"
        made.append(replace(one, rule=same))
    return made
