"""Microsoft's ids for what rules of ours find.

The rows of one of our rules are tried in their order: what is narrower comes first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from openconnectors.engine.errors import Diagnostic
from openconnectors.engine.lint.microsoft.table import Rule
from openconnectors.engine.lint.rules import Severity
from openconnectors.engine.lint.table import RULES
from openconnectors.engine.lint.tree import Tree


class Alias(Struct, frozen=True):
    """Findings of ``rule`` are reported as ``id`` if ``pointer`` (a pattern) is found in their pointer, and if they are
    about a parameter in ``location``, or a member of it, where there is one."""

    rule: str
    id: str
    pointer: str = ""
    location: str = ""
    severity: Severity | None = None
    """How severe it is in Microsoft's profile, if not as elsewhere."""

    def applies(self, finding: Diagnostic, tree: Tree) -> bool:
        """Return True if a finding is reported under this id."""
        if finding.rule != self.rule or not re.search(self.pointer, finding.pointer):
            return False
        if not self.location:
            return True
        node = tree.nodes.get(finding.pointer) or tree.nodes.get(finding.pointer.rpartition("/")[0])
        return node is not None and node.get("in") == self.location


_PARAMETER = r"^(/paths/[^/]+(/\w+)?)?/parameters/[^/]+"
_OPERATION = r"^/paths/[^/]+/[a-z]+$"
_UNSUPPORTED = r"/(anyOf|oneOf|not|patternProperties|nullable|const|examples|if|then|else|contains|dependencies)$"
ALIASES = (
    Alias("structure-version", "SpecificationVersionIncorrect"),
    Alias("structure-value", "SpecificationVersionIncorrect", r"^/swagger$"),
    Alias("structure-value", "SchemeNotValid", r"/schemes/\d+$"),
    Alias("structure-value", "CollectionFormatValueNotSupported", r"/collectionFormat$"),
    Alias("style-place", "CollectionFormatValueNotSupported", r"/collectionFormat$"),
    Alias("structure-value", "PathParameterMustBeRequired", r"/parameters/[^/]+/required$"),
    Alias("structure-value", "JsonValueNotInEnum"),
    Alias("structure-duplicate", "OperationParametersAreNotUnique", r"/parameters/\d+$"),
    Alias("structure-duplicate", "ArrayDuplicateValue"),
    Alias("enum-duplicate", "ArrayDuplicateValue"),
    Alias("structure-empty", "OperationMustHaveResponse", r"/responses$"),
    Alias("structure-empty", "RequiredPropertyArrayEmpty", r"/required$"),
    Alias("structure-empty", "EnumMustContainAtLeastOneElement", r"/enum$"),
    Alias("enum-empty", "EnumMustContainAtLeastOneElement"),
    Alias("structure-pattern", "HostNameNotValid", r"^/host$"),
    Alias("structure-pattern", "BasePathNotValid", r"^/basePath$"),
    Alias("structure-pattern", "MimeTypeNotValid", r"/(consumes|produces)/\d+$"),
    Alias("structure-member", "OperationPathMustStartWithSlash", r"^/paths/[^/]+$"),
    Alias("structure-member", "SecuritySchemePropertyNotValid", r"^/securityDefinitions/[^/]+/"),
    Alias("structure-member", "ResponseMustBeDefaultOrHttpStatusCode", r"/responses/[^/]+$"),
    Alias("structure-member", "ExtensionNameNotValid", r"/(?i:xms|x_|x-|ms-)[^/]*$"),
    Alias("structure-member", "SwaggerKeywordNotSupported", _UNSUPPORTED),
    Alias("structure-member", "AdditionalPropertyNotAllowed"),
    Alias("structure-required", "SecuritySchemePropertyRequired", r"^/securityDefinitions/[^/]+$"),
    Alias("structure-required", "RequiredPropertyMissing"),
    Alias("structure-type", "SecurityRequirementMustHaveValue", r"/security/\d+/[^/]+$"),
    Alias("structure-type", "JsonTypeIncorrect"),
    Alias("structure-range", "MultipleOfMustBeGreaterThanZero", r"/multipleOf$"),
    Alias("structure-range", "MaxItemsMustBeGreaterThanOrEqualToZero", r"/maxItems$"),
    Alias("structure-range", "MaxLengthMustBeGreaterThanOrEqualToZero", r"/maxLength$"),
    Alias("structure-range", "MaxPropertiesMustBeGreaterThanOrEqualToZero", r"/maxProperties$"),
    Alias("structure-range", "MinItemsMustBeGreaterThanOrEqualToZero", r"/minItems$"),
    Alias("structure-range", "MinLengthMustBeGreaterThanOrEqualToZero", r"/minLength$"),
    Alias("structure-range", "MinPropertiesMustBeGreaterThanOrEqualToZero", r"/minProperties$"),
    Alias("email-invalid", "ContactEmailNotValid"),
    Alias("url-invalid", "UrlNotValid"),
    Alias("reference-outside", "JsonPointerNotValid"),
    Alias("reference-dangling", "ParameterReferenceNotFound", _PARAMETER + r"/\$ref$"),
    Alias("reference-dangling", "ResponseReferenceNotFound", r"/responses/[^/]+/\$ref$"),
    Alias("reference-dangling", "SchemaReferenceNotFound"),
    Alias("reference-home", "ParameterReferenceNotValid", _PARAMETER + r"/\$ref$"),
    Alias("reference-home", "ResponseReferenceNotValid", r"/responses/[^/]+/\$ref$"),
    Alias("reference-home", "SchemaReferenceNotValid"),
    Alias("reference-circular", "ParameterRefLoopNotAllowed", _PARAMETER + r"/\$ref$"),
    Alias("reference-circular", "ResponseRefLoopNotAllowed", r"/responses/[^/]+/\$ref$"),
    Alias("reference-circular", "SchemaRefLoopNotAllowed"),
    Alias("path-equivalent", "DuplicateOperationPath"),
    Alias("path-query", "OperationPathMayNotContainQueryOrFragment"),
    Alias("path-fragment", "OperationPathMayNotContainQueryOrFragment"),
    Alias("path-template", "OperationPathTemplateNotValid"),
    Alias("path-parameter", "PathParameterNotDefinedInTemplate", r"/name$"),
    Alias("path-parameter", "OperationMissingPathParameter"),
    Alias("parameter-optional-path", "PathParameterMustBeRequired"),
    Alias("parameter-duplicate", "PathParametersContainDuplicateParameter", r"^/paths/[^/]+/parameters/"),
    Alias("parameter-duplicate", "OperationParametersContainDuplicateParameter"),
    Alias("body-twice", "PathParametersContainMultipleBodyParameters", r"^/paths/[^/]+/parameters/"),
    Alias("body-twice", "ParameterListContainsFormDataAndBody", location="formData"),
    Alias("body-twice", "OperationParametersContainMultipleBodyParameters"),
    Alias("operation-id-duplicate", "OperationIdNotUnique"),
    Alias("operation-without-success", "OperationShouldHaveSuccessfulResponse"),
    Alias("dynamic-operation", "OperationIdNotFound"),
    Alias("capability-operation", "OperationIdNotFound"),
    Alias("replacement-unknown", "OperationIdNotFound"),
    Alias("dynamic-parameter", "OperationParameterNameNotFound"),
    Alias("dynamic-source", "OperationParameterNameNotFound"),
    Alias("dynamic-required", "OperationMissingRequiredProperty"),
    Alias("capability-argument", "OperationMissingRequiredProperty"),
    Alias("dynamic-static", "OperationParameterStaticTypeMismatch"),
    Alias("dynamic-type", "OperationParameterTypeMismatch"),
    Alias("dynamic-internal", "SourcePropertyInternal"),
    Alias("dynamic-collection", "InvokedOperationShouldProduceArray"),
    Alias("dynamic-property", "InvokedOperationShouldProduceProperty"),
    Alias("dynamic-schema-path", "InvokedOperationShouldProduceProperty"),
    Alias("webhook-content", "OperationMustHaveNotificationContentExtension", _OPERATION),
    Alias("webhook-content", "SchemaDefinitionSetIncorrectly"),
    Alias("internal-optional", "PropertyMustBeRequired", r"/x-ms-visibility$", severity="error"),
    Alias("internal-optional", "InternalPropertyWithDefaultOptional"),
    Alias("metadata-missing", "ConnectorMetadataPropertiesMissing", severity="error"),
    Alias("metadata-category", "InvalidConnectorCategory", severity="error"),
    Alias("enum-label-twice", "DuplicateEnumValuesInExtension", severity="error"),
    Alias("enum-label-unknown", "InvalidEnumValuesExtensionValue", severity="error"),
    Alias("enum-label-missing", "MissingEnumValuesDisplayName", severity="error"),
    Alias("replacement-active", "ApiAnnotationExtensionReplacementInfoForNonDeprecatedOperations", severity="error"),
    Alias("notification-visible", "NotificationUrlNotInternal", severity="error"),
    Alias("notification-optional", "NotificationUrlNotRequired", severity="error"),
    Alias("notification-place", "NotificationUrlNotAllowedInThisPosition"),
    Alias("notification-type", "NotificationUrlNotString"),
    Alias("extension-place", "QueryParameterEncodingNotSupported", r"/x-ms-url-encoding$", "query"),
    Alias("extension-place", "DynamicExtensionDefinitionNotAllowedInParameter", r"/x-ms-dynamic-\w+$", "body"),
    Alias("extension-place", "NotificationUrlNotAllowedInThisPosition", r"/x-ms-notification-url$"),
    Alias("enum-invalid", "InvalidEnumValue"),
    Alias("format-unknown", "UnrecognizedTypeFormat"),
    Alias("format-misspelled", "UnrecognizedTypeFormat"),
    Alias("format-contradicts", "UnrecognizedTypeFormat"),
    Alias("trigger-callback", "WebhookOperationsMissingNotificationUrlProperty"),
    Alias("array-without-items", "ArrayHasNoItems"),
    Alias("media-type-invalid", "MimeTypeNotValid"),
    Alias("media-type-unknown", "MimeTypeNotSupported"),
    Alias("file-place", "FileParameterMustBeInFormData"),
    Alias("header-reserved", "ReservedParameterIsUsed"),
    Alias("default-invalid", "DefaultValueMustMatchType"),
    Alias("host-invalid", "HostNameNotValid", r"^/host$"),
    Alias("host-invalid", "BasePathNotValid"),
    Alias("required-unknown", "RequiredPropertyDefinitionMissing"),
    Alias("tag-duplicate", "TagRedefined"),
    Alias("schema-endless", "RequiredLoopInSchemaNotAllowed"),
    Alias("scope-undefined", "OAuthSecurityRequirementValueMustBeScopeName"),
    Alias("security-undefined", "SecurityRequirementMustBeDefined"),
    Alias("discriminator-undefined", "DiscriminatorMustBeARequiredStringProperty"),
    Alias("limits-contradict", "ExclusiveMaximumRequiresMaximum", r"/exclusiveMaximum$"),
    Alias("limits-contradict", "ExclusiveMinimumRequiresMinimum", r"/exclusiveMinimum$"),
    Alias("limits-contradict", "MinimumShouldBeLessThanOrEqualToMaximum", r"/minimum$"),
    Alias("limits-contradict", "MinItemsShouldBeLessThanOrEqualToMaxItems", r"/minItems$"),
    Alias("limits-contradict", "MinLengthShouldBeLessThanOrEqualToMaxLength", r"/minLength$"),
    Alias("pattern-invalid", "PatternShouldBeValidRegularExpression"),
    Alias("scope-misplaced", "SecurityRequirementMustHaveEmptyValue"),
    Alias("example-type", "ResponseExampleMustBeProducedByOperation"),
    Alias("form-type", "MimeTypeNotCompatibleWithRequestContentSchemaType"),
    Alias("body-media-type", "MimeTypeNotCompatibleWithRequestContentSchemaType"),
    Alias("collection-format", "CollectionFormatValueNotSupported"),
    Alias("format-of-number", "UnrecognizedTypeFormat"),
    Alias("reference-elsewhere", "SchemaReferenceNotValid"),
    Alias("path-ambiguous", "PartialDuplicateOperationPath"),
    Alias("path-twin", "PathRedefined"),
    Alias("operation-id-missing", "OperationIdRequired"),
)

for alias in ALIASES:
    if alias.id not in RULES:
        rule = RULES[alias.rule]
        RULES.add(Rule(alias.id, alias.severity or rule.severity, reported_by=rule.id, why=rule.why, fix=rule.fix))


def renamed(findings: Iterable[Diagnostic], tree: Tree) -> Iterator[Diagnostic]:
    """The findings under Microsoft's ids, if it has one for them."""
    for finding in findings:
        alias = next((alias for alias in ALIASES if alias.applies(finding, tree)), None)
        if alias is None:
            yield finding
        else:
            yield replace(finding, rule=alias.id, severity=alias.severity or finding.severity)
