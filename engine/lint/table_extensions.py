"""The rules about Microsoft's extensions that hold for every document, a row each: what cannot work, or has no effect.

What only the certification of connectors asks for is in ``microsoft/``.
"""

from __future__ import annotations

from openconnectors.engine.lint.extension_table import EXTENSIONS
from openconnectors.engine.lint.rules import Rule
from openconnectors.engine.lint.table import RULES

__all__ = ["CALLING", "DYNAMIC", "RULES", "check"]

DYNAMIC = "x-ms-dynamic-values x-ms-dynamic-list x-ms-dynamic-schema x-ms-dynamic-properties x-ms-dynamic-tree"
"""The extensions that name an operation to call."""
CALLING = f"{DYNAMIC} x-ms-capabilities"
"""Those, and the one that names the operations of a connection's test and of the file picker."""
_KINDS = "document info path operation notification response parameter schema items header tag security-scheme"
_CHOICES = "x-ms-dynamic-values x-ms-dynamic-list x-ms-dynamic-tree"

# A row is three lines, so that a screen shows fifteen rules.
# fmt: off
ROWS = (
    # Any extension
    Rule("extension-misspelled", "warning", _KINDS,
         why="An unknown extension has no effect; this one is close to a known one.",
         fix="Correct the spelling."),
    Rule("extension-value", "error", f"{_KINDS} request-body", members=" ".join(EXTENSIONS),
         why="A value that the extension does not define has no effect.",
         fix="Write one of its values."),
    Rule("extension-case", "warning", reported_by="extension-value",
         why="Values are compared with their case, though some readers do not mind.",
         fix="Write it as the message says."),
    Rule("extension-member", "warning", f"{_KINDS} request-body", members=" ".join(EXTENSIONS),
         why="A member that the extension does not define has no effect.",
         fix="Correct its name."),
    Rule("extension-place", "warning", f"{_KINDS} paths responses", members=" ".join(EXTENSIONS),
         why="The extension is not looked for here, so it has no effect.",
         fix="Move it to where it belongs, or remove it."),
    Rule("capability-place", "warning", _KINDS, members="x-ms-capabilities",
         why="Capabilities of the connector are at the root of the document, those of an operation at the operation.",
         fix="Move it there."),
    Rule("internal-without-value", "error", "parameter schema", members="x-ms-visibility required",
         why="Nobody sees an internal parameter, so only its default can be sent; without one no call can be made.",
         fix="Add the default, or make the parameter visible or optional."),

    Rule("internal-optional", "warning", "parameter schema", members="x-ms-visibility properties",
         why="Only required values are sent in every request: nobody sees an internal one, so its default is lost.",
         fix="Make it required."),
    Rule("metadata-missing", "warning", "document", members="x-ms-connector-metadata",
         why="The metadata name the website, the privacy policy and the categories of a connector.",
         fix="Add the property."),
    Rule("metadata-name", "warning", "document", members="x-ms-connector-metadata",
         why="Properties are read by their exact names, each once.",
         fix="Write the name as it is expected."),
    Rule("metadata-url", "warning", "document", members="x-ms-connector-metadata",
         why="The website and the privacy policy are linked from the connector's page.",
         fix="Write the absolute URL, starting with https://."),
    Rule("metadata-category", "warning", "document", members="x-ms-connector-metadata",
         why="The category does not exist.",
         fix="Use AI, Business Intelligence, Business Management, Collaboration, Commerce, Communication, "
             "Content and Files, Data, Finance, Human Resources, Internet of Things, IT Operations, Lifestyle "
             "and Entertainment, Marketing, Productivity, Sales and CRM, Security, Social Media or Website."),
    Rule("enum-label-twice", "warning", "schema parameter", members="x-ms-enum-values",
         why="A value has one display name, and no two values have the same: people choose by it.",
         fix="Remove one, or rename it."),
    Rule("enum-label-unknown", "warning", "schema parameter", members="x-ms-enum-values",
         why="A display name for a value that is not in enum has no effect.",
         fix="Name a value of the enum."),
    Rule("enum-label-missing", "warning", "schema parameter", members="x-ms-enum-values",
         why="Each item of x-ms-enum-values has a display name.",
         fix="Add displayName."),

    # Dynamic values, schemas and trees
    Rule("dynamic-operation", "error", "parameter schema items", members=DYNAMIC,
         why="Choices and schemas come from an operation of the same document.",
         fix="Name an operationId of this document."),
    Rule("dynamic-incomplete", "error", "parameter schema items", members=DYNAMIC,
         why="Without an operation to call there are no choices.",
         fix="Name an operationId of this document."),
    Rule("dynamic-parameter", "warning", "parameter schema items document", members=CALLING,
         why="A value for a parameter that the called operation does not have is not sent.",
         fix="Name a parameter of that operation."),
    Rule("dynamic-required", "error", "parameter schema items", members=DYNAMIC,
         why="The called operation refuses the call.",
         fix="Add the parameter."),
    Rule("dynamic-source", "error", "parameter schema items", members=DYNAMIC,
         why="A value can be taken only from a parameter of the operation, or from a property of its body.",
         fix="Name one that is there."),
    Rule("dynamic-form", "warning", "parameter schema items", members=DYNAMIC,
         why="The older extensions take a value or {parameter: name}, the newer {value: …} or {parameterReference: …}; "
             "the other form is not understood.",
         fix="Write the form of this extension."),
    Rule("dynamic-static", "error", "parameter schema items document", members=CALLING,
         why="The called operation refuses the value.",
         fix="Write a value of the parameter's type."),
    Rule("dynamic-type", "warning", "parameter schema items", members=DYNAMIC,
         why="The called operation refuses the value.",
         fix="Use the same type for both."),
    Rule("dynamic-internal", "warning", "parameter schema items", members=DYNAMIC,
         why="Nobody fills in an internal parameter, and its default is not used here.",
         fix="Make it visible, or write a fixed value."),
    Rule("dynamic-collection", "warning", "parameter schema items", members=_CHOICES,
         why="The choices are the items of a list in the response of the called operation.",
         fix="Name the property that holds the list."),
    Rule("dynamic-property", "warning", "parameter schema items", members=_CHOICES,
         why="The value or the title of a choice is not in the response of the called operation.",
         fix="Name a property of the items."),
    Rule("dynamic-choice-type", "warning", reported_by="dynamic-property",
         why="A choice is sent as it is: the operation refuses a value of another type.",
         fix="Name a property of the type that the parameter has."),
    Rule("dynamic-valueless", "warning", "parameter schema items", members="x-ms-dynamic-values x-ms-dynamic-list",
         why="Without the path of the value, a choice among objects has none.",
         fix="Name the property of an item that is the value."),
    Rule("dynamic-path-form", "warning", "parameter schema items", members=DYNAMIC,
         why="A path names properties, with '/' between them and none before the first.",
         fix="Remove the slash."),
    Rule("dynamic-tree", "warning", "parameter schema items", members="x-ms-dynamic-tree",
         why="A tree is opened and browsed by what its items have.",
         fix="Add browse, and name properties of the items."),
    Rule("dynamic-itself", "warning", "parameter schema items", members=DYNAMIC,
         why="Choices that depend on the value that is to be chosen, or on one that depends on it, cannot be listed.",
         fix="Take the value from another parameter."),
    Rule("dynamic-undescribed", "warning", "parameter schema items", members=_CHOICES,
         why="What the called operation returns is not described: nothing says where the choices are.",
         fix="Add the schema of its success response."),
    Rule("dynamic-schema-path", "warning", "schema", members="x-ms-dynamic-schema x-ms-dynamic-properties",
         why="The schema is not in the response of the called operation.",
         fix="Name a property of the response."),
    Rule("dynamic-twins", "warning", "parameter schema items",
         members="x-ms-dynamic-list x-ms-dynamic-properties",
         why="The older and the newer extension say the same for different readers; these call different operations.",
         fix="Name the same operation in both."),
    Rule("dynamic-picker", "error", "parameter schema items", members="x-ms-dynamic-values",
         why="Files are picked by the operations that x-ms-capabilities of the document names.",
         fix="Add file-picker to x-ms-capabilities of the document, or name an operation."),

    # Capabilities and life cycle
    Rule("capability-operation", "error", "document operation",
         members="x-ms-capabilities x-ms-openai-data x-ms-operation-context x-ms-notification",
         why="A capability is carried out by an operation of the same document.",
         fix="Name an operationId of this document."),
    Rule("capability-argument", "error", "document", members="x-ms-capabilities",
         why="A connection is tested without asking anybody, so what the operation requires must be given here.",
         fix="Add the parameter, or name an operation that requires none."),
    Rule("capability-method", "warning", "document", members="x-ms-capabilities",
         why="The test of a connection must not change anything: it is a GET operation.",
         fix="Name a GET operation."),
    Rule("replacement-unknown", "warning", "operation", members="x-ms-api-annotation",
         why="The operation that replaces a deprecated one cannot be found.",
         fix="Name another operation of this document that is not deprecated."),

    Rule("replacement-active", "warning", "operation", members="x-ms-api-annotation",
         why="Only a deprecated operation has a replacement.",
         fix="Mark the operation as deprecated, or remove the replacement."),

    # Pages
    Rule("page-link", "warning", "operation", members="x-ms-pageable",
         why="Without the property that holds the next link only the first page can be read.",
         fix="Name a property of the response."),

    # Triggers and webhooks
    Rule("trigger-callback", "warning", "operation", members="x-ms-trigger",
         why="A webhook whose request takes no callback URL cannot be subscribed to.",
         fix="Add x-ms-notification-url: true to the property that takes the URL."),
    Rule("trigger-list", "warning", "operation", members="x-ms-trigger",
         why="A batch trigger gives each item of a list as an event.",
         fix="Describe the list in the response, or write single."),
    Rule("trigger-single", "warning", "operation", members="x-ms-trigger",
         why="A single trigger gives the whole response as an event; of a list that is not each item.",
         fix="Write batch."),
    Rule("trigger-missing", "warning", "operation",
         members="x-ms-trigger-hint x-ms-trigger-metadata x-ms-operation-context",
         why="Without x-ms-trigger the operation is an action.",
         fix="Add x-ms-trigger, or remove the member."),
    Rule("trigger-hidden", "info", "operation", members="x-ms-trigger",
         why="An internal operation is not shown, so nobody can choose the trigger.",
         fix="Remove x-ms-visibility, or x-ms-trigger."),
    Rule("webhook-urls", "warning", "operation", members="x-ms-trigger",
         why="One property takes the callback URL.",
         fix="Keep x-ms-notification-url at one."),
    Rule("webhook-trigger", "warning", "path", members="x-ms-notification-content",
         why="Events are taken only by an operation that is a trigger.",
         fix="Add x-ms-trigger to the operation that subscribes, unless it is an action that waits for its answer."),
    Rule("webhook-content", "warning", "notification operation",
         why="The events that are posted are not described.",
         fix="Add x-ms-notification-content with a schema to the path."),
    Rule("webhook-delete", "warning", "document",
         why="A webhook is deleted when its flow is changed or deleted: the document must describe how.",
         fix="Add the DELETE operation of the subscription."),
    Rule("notification-place", "warning", "schema", members="x-ms-notification-url",
         why="The callback URL is passed in a request; in a response it means nothing.",
         fix="Move it to the property of the request that takes the URL."),
    Rule("notification-visible", "warning", "schema", members="x-ms-notification-url",
         why="The platform fills in the callback URL; users must not see it.",
         fix="Add x-ms-visibility: internal."),
    Rule("notification-optional", "warning", "schema", members="x-ms-notification-url",
         why="Without the callback URL no event can be sent.",
         fix="Make the property, and all that contain it, required."),
    Rule("notification-type", "error", "schema parameter", members="x-ms-notification-url",
         why="A URL is a string.",
         fix="Use the type string."),
)
# fmt: on

RULES.add(*ROWS)
check = RULES.check
