"""What each extension does, in a sentence: for editors, which show it beside the extension and complete names with it.

docs/extensions.md says more of those that are read here; the others are read by Microsoft's tools.
"""

from __future__ import annotations

from collections.abc import Mapping

# fmt: off
TEXTS: Mapping[str, str] = {
    # Of this project
    "x-connector-credentials": "The connection values that a security scheme takes, by its parts.",
    "x-connector-environment": "Environment variables that hold the value of a connection parameter.",
    "x-connector-error": "JSON pointers to the provider's own `code` and `message` in an error body.",
    "x-connector-form": "The name of a property in a form body, and for a list its `collectionFormat`.",
    "x-connector-handshake": "How the service checks that a URL accepts events: a handshake, or a list of them.",
    "x-connector-ignore": "Rules of `connectors validate`, or patterns of them, that are not reported here and below.",
    "x-connector-limit": "How many calls the service takes in a time: `10/second`, `100 per 60 seconds`.",
    "x-connector-oauth": "Endpoints of an oauth2 scheme for which Swagger 2.0 has no member: `device`, `refresh`.",
    "x-connector-operators": "Prefixes of a value, each with the parameter that is then meant: `{\"<=\": \"Date<\"}`.",
    "x-connector-paging": "How the next page of a list is requested.",
    "x-connector-properties": "Connection parameters and policies, as `properties` of `apiProperties.json` has them.",
    "x-connector-representation": "How the media type of a response is chosen, if not by `Accept`.",
    "x-connector-resend": "Statuses after which a request was not carried out, so that any method is sent again.",
    "x-connector-sandbox": "What the sandbox of the connector answers, and what it keeps.",
    "x-connector-scheme": "A type of security scheme that Swagger 2.0 does not have: `bearer`, `digest`, `aws4`.",
    "x-connector-signature": "How the service signs the events that it sends.",
    "x-connector-wire": "How a value is sent, if not as its schema says: by another `schema`, at a deeper `path`.",
    "x-connector-xml": "An element around documents of XML, and what an empty element means.",
    # Of Microsoft, read here
    "x-bodyName": "The name that callers give the whole body by, as Swagger 2.0 has it.",
    "x-nullable": "Null is allowed, too.",
    "x-openai-isConsequential": "A person is asked before an assistant calls the operation.",
    "x-ms-capabilities": "What the connector can do: `testConnection`, `file-picker`; of an operation `chunkTransfer`.",
    "x-ms-client-flatten": "The members of the object are arguments of their own.",
    "x-ms-client-name": "The name that the name in a client is made of.",
    "x-ms-discriminator-value": "What the discriminator says for this schema, in place of its name.",
    "x-ms-dynamic-list": "Another operation returns the choices; parameters are referred to unambiguously.",
    "x-ms-dynamic-properties": "Another operation returns the schema; parameters are referred to unambiguously.",
    "x-ms-dynamic-schema": "Another operation returns the schema, which is at `value-path` of its response.",
    "x-ms-dynamic-tree": "The choices are a tree: `open` returns its first level, `browse` the level below a choice.",
    "x-ms-dynamic-values": "Another operation returns the choices: `value-path`, `value-title` in `value-collection`.",
    "x-ms-enum": "The name of an enumeration; `modelAsString: true`: others than its values are allowed.",
    "x-ms-error-response": "A response of success that is an error.",
    "x-ms-header-collection-prefix": "A mapping that is sent as header fields with this prefix.",
    "x-ms-long-running-operation": "The work goes on after the response, and is polled.",
    "x-ms-long-running-operation-options": "`final-state-via`: which response has the final value.",
    "x-ms-mutability": "When a property is sent: `create`, `read`, `update`.",
    "x-ms-notification-content": "The schema of the events that are sent to the URL of a webhook.",
    "x-ms-notification-url": "The value is the URL that events are sent to; it is filled in.",
    "x-ms-openai-data": "What assistants are told of the connector, and whether they are offered an operation.",
    "x-ms-pageable": "The response is a page: `nextLinkName` has the URL of the next, `itemName` the items.",
    "x-ms-parameterized-host": "The host has variables, which connection values fill.",
    "x-ms-paths": "Further paths, which may differ in their query only.",
    "x-ms-require-user-confirmation": "A person is asked before an assistant calls the operation.",
    "x-ms-safe-operation": "The operation changes nothing, whatever its method.",
    "x-ms-skip-url-encoding": "The value is written into the URL as it is; it must be encoded already.",
    "x-ms-summary": "The title that people see.",
    "x-ms-text": "The member is the text of its element in XML.",
    "x-ms-trigger": "The operation is a trigger: `single` gives an event a run, `batch` a list of them.",
    "x-ms-url-encoding": "`double`: the value is encoded twice, as some gateways want.",
    "x-ms-visibility": "`important` is always shown, `advanced` in a menu, `internal` never: its default is sent.",
    # Of Microsoft, for its own tools
    "x-ms-api-annotation": "The life cycle of an operation: `family`, `revision`, `status`, and what replaces it.",
    "x-ms-connector-metadata": "Facts of a published connector: `Website`, `Privacy policy`, `Categories`.",
    "x-ms-deployment-version": "The version of the deployment.",
    "x-ms-docs": "Pages about the connector, each with `url` and `description`.",
    "x-ms-editor": "The control that a value is entered with.",
    "x-ms-enum-values": "The values of an enumeration with the names that people see.",
    "x-ms-keywords": "Words that the connector is looked for by.",
    "x-ms-media-kind": "The value is an `image` or `audio`.",
    "x-ms-no-generic-test": "The operation is left out of generic tests.",
    "x-ms-notification": "The operation that registers for notifications about this.",
    "x-ms-openai-manifest": "What assistants are told of the whole connector.",
    "x-ms-operation-context": "`simulate`: the operation that shows what this would do.",
    "x-ms-parameter-location": "Whether a parameter is of the `client` or of the `method`.",
    "x-ms-trigger-hint": "What to do so that the trigger fires.",
    "x-ms-trigger-metadata": "`kind` and `mode` of a trigger: `polling` or `webhook`.",
    "x-ms-trigger-value": "Where the events of a response are: `value-collection` and `value-path`.",
}
"""By the names of extensions; Markdown."""
# fmt: on
