"""Faults of titles, descriptions and metadata, which only the certification of connectors refuses."""

from __future__ import annotations

from typing import Any

from tests.faults.twins.form import REMOVED, Fault
from tests.faults.twins.microsoft_extensions import ADD, GET, LIST

_PAGE = "Prepare connector files for certification"
_STRINGS = "Connector string guidance"
_CODING = "Coding standards"
_LIMIT = f"{LIST}/parameters/0"
_METADATA = "/x-ms-connector-metadata"
_LONG = "Lists the pets of the shop by their numbers and their names and their kinds and their ages"

_ROWS: list[tuple[str, str, str, dict[str, Any], str]] = [
    # name, source, sentence, the wrong values, where
    ("operation without a summary", _PAGE, "no operation is without a summary", {f"{LIST}/summary": REMOVED},
     f"!{LIST}"),
    ("operation without a description", _PAGE, "no operation is without a description",
     {f"{LIST}/description": REMOVED}, f"!{LIST}"),
    ("parameter without a title", _PAGE, "the title of a parameter exists", {f"{_LIMIT}/x-ms-summary": REMOVED},
     f"!{_LIMIT}"),
    ("parameter without a description", _PAGE, "the description of a parameter exists",
     {f"{_LIMIT}/description": REMOVED}, f"!{_LIMIT}"),
    ("summary that is empty", _PAGE, "the summary of an operation exists", {f"{LIST}/summary": ""}, f"{LIST}/summary"),
    ("description that is blank", _PAGE, "the description of an operation exists", {f"{LIST}/description": "  "},
     f"{LIST}/description"),
    ("title that is empty", _PAGE, "the title of a parameter exists", {f"{_LIMIT}/x-ms-summary": ""},
     f"{_LIMIT}/x-ms-summary"),
    ("two operations of one summary", _PAGE, "an operation is known by its summary", {f"{GET}/summary": "List pets"},
     f"{GET}/summary"),
    ("two operations of one summary in another case", _PAGE, "an operation is known by its summary",
     {f"{GET}/summary": "List Pets"}, f"{GET}/summary"),
    ("summary with a full stop", _STRINGS, "a summary does not end with punctuation", {f"{LIST}/summary": "List pets."},
     f"{LIST}/summary"),
    ("summary that ends with a mark", _STRINGS, "a summary does not end with punctuation",
     {f"{LIST}/summary": "List pets!"}, f"{LIST}/summary"),
    ("summary that ends with a blank", _STRINGS, "a summary does not end with a space",
     {f"{LIST}/summary": "List pets "}, f"{LIST}/summary"),
    ("title with a full stop", _PAGE, "a title is a phrase of letters and digits", {f"{_LIMIT}/x-ms-summary": "Limit."},
     f"{_LIMIT}/x-ms-summary"),
    ("summary with a slash", _STRINGS, "there is no slash in the name", {f"{LIST}/summary": "List/find pets"},
     f"{LIST}/summary"),
    ("summary in small letters", _STRINGS, "a summary is in sentence case", {f"{LIST}/summary": "list pets"},
     f"{LIST}/summary"),
    ("summary in capitals", _STRINGS, "a summary is in sentence case", {f"{LIST}/summary": "LIST PETS"},
     f"{LIST}/summary"),
    ("title in small letters", _STRINGS, "a title is in title case", {f"{_LIMIT}/x-ms-summary": "limit"},
     f"{_LIMIT}/x-ms-summary"),
    ("title of a parameter at an operation", "OpenAPI extensions for custom connectors",
     "x-ms-summary applies to parameters and schemas", {f"{LIST}/x-ms-summary": "List"}, f"!{LIST}/x-ms-summary"),
    ("title of a parameter at a response", "OpenAPI extensions for custom connectors",
     "x-ms-summary applies to parameters and schemas", {f"{LIST}/responses/200/x-ms-summary": "List"},
     f"!{LIST}/responses/200/x-ms-summary"),
    ("version that is empty", _PAGE, "what is required has a value", {"/info/version": ""}, "/info/version"),
    ("connector without a host", _PAGE, "the production host is written", {"/host": REMOVED}, ""),
    ("display names without an enum", "x-ms-enum-values", "the values are those of the enum",
     {"/definitions/Pet/properties/tag/x-ms-enum-values": [{"value": "a", "displayName": "A"}]},
     "!/definitions/Pet/properties/tag/x-ms-enum-values"),
    ("list without the older spelling", "OpenAPI extensions for custom connectors",
     "x-ms-dynamic-list is added along with x-ms-dynamic-values",
     {f"{_LIMIT}/x-ms-dynamic-list": {"operationId": "ListPets", "itemValuePath": "id", "parameters": {}}},
     f"!{_LIMIT}/x-ms-dynamic-list"),
    ("summary that is too long", _STRINGS, "a summary has 80 characters at most", {f"{LIST}/summary": _LONG},
     f"{LIST}/summary"),
    ("title that is too long", _STRINGS, "a title has 80 characters at most", {f"{_LIMIT}/x-ms-summary": _LONG},
     f"{_LIMIT}/x-ms-summary"),
    ("description that repeats the summary", _CODING, "descriptions and summaries do not have the same content",
     {f"{LIST}/description": "List pets."}, f"{LIST}/description"),
    ("description that repeats the title", _STRINGS, "title and description are not the same",
     {f"{_LIMIT}/description": "Limit."}, f"{_LIMIT}/description"),
    ("description without a full stop", _PAGE, "descriptions end in punctuation",
     {f"{LIST}/description": "Lists all the pets of the shop"}, f"{LIST}/description"),
    ("description of a parameter without a full stop", _PAGE, "descriptions end in punctuation",
     {f"{_LIMIT}/description": "How many at most"}, f"{_LIMIT}/description"),
    ("description that begins small", _STRINGS, "a description is in sentence case",
     {f"{LIST}/description": "lists the pets."}, f"{LIST}/description"),
    ("summary that names a product", _PAGE, "no text contains the name of a Power Platform product",
     {f"{LIST}/summary": "List pets in Power Automate"}, f"{LIST}/summary"),
    ("description that names a product", _PAGE, "no text contains the name of a Power Platform product",
     {f"{LIST}/description": "Lists pets for Power Apps."}, f"{LIST}/description"),
    ("title of a parameter that names a product", _PAGE, "no text contains the name of a Power Platform product",
     {f"{_LIMIT}/x-ms-summary": "Power BI limit"}, f"{_LIMIT}/x-ms-summary"),
    ("summary in another language", _PAGE, "texts are written in English", {f"{LIST}/summary": "ペットの一覧"},
     f"{LIST}/summary"),
    ("deprecated operation whose summary does not say so", "Deprecate an operation", "(deprecated) is appended",
     {f"{LIST}/deprecated": True, f"{LIST}/description": "Lists the pets (deprecated)."}, f"{LIST}/summary"),
    ("deprecated operation whose description does not say so", "Deprecate an operation", "(deprecated) is appended",
     {f"{LIST}/deprecated": True, f"{LIST}/summary": "List pets (deprecated)"}, f"{LIST}/description"),
    ("operationId with hyphens", _CODING, "no hyphens separate the words", {f"{LIST}/operationId": "List-Pets"},
     f"{LIST}/operationId"),
    ("operationId with underscores", _CODING, "no underscores separate the words",
     {f"{LIST}/operationId": "List_Pets"}, f"{LIST}/operationId"),
    ("operationId with a blank", _STRINGS, "there are no spaces", {f"{LIST}/operationId": "List Pets"},
     f"{LIST}/operationId"),
    ("connector without a description", _PAGE, "the description exists", {"/info/description": REMOVED}, "!/info"),
    ("connector without a contact", _PAGE, "contact says how to reach the support", {"/info/contact": REMOVED},
     "!/info"),
    ("contact without an address", _PAGE, "there is a support email", {"/info/contact/email": REMOVED},
     "!/info/contact"),
    ("contact without a site", _PAGE, "there is a URL of the support", {"/info/contact/url": REMOVED},
     "!/info/contact"),
    ("contact without a name", _PAGE, "there is a name of the support team", {"/info/contact/name": REMOVED},
     "!/info/contact"),
    ("description of the connector that is too short", _PAGE, "it has 30 characters at least",
     {"/info/description": "Pets of a shop."}, "/info/description"),
    ("description of the connector that is too long", _PAGE, "it has 500 characters at most",
     {"/info/description": "Pets of a shop. " * 40}, "/info/description"),
    ("description of the connector that names a product", _PAGE, "it names no Power Platform product",
     {"/info/description": "Pets of a shop for Power Apps and others."}, "/info/description"),
    ("description of the connector with API", _STRINGS, "it does not include the word API",
     {"/info/description": "The API of the pets of a shop, by number."}, "/info/description"),
    ("title of the connector with API", _PAGE, "it does not contain the word API", {"/info/title": "Pets API"},
     "/info/title"),
    ("title of the connector with Connector", _PAGE, "it does not contain the word Connector",
     {"/info/title": "Pets Connector"}, "/info/title"),
    ("title of the connector with a product", _PAGE, "it names no Power Platform product",
     {"/info/title": "Pets for Power Apps"}, "/info/title"),
    ("title of the connector that is too long", _PAGE, "it has 30 characters at most",
     {"/info/title": "Pets of all the shops of the town"}, "/info/title"),
    ("title of the connector with a full stop", _PAGE, "it ends with a letter or a digit", {"/info/title": "Pets."},
     "/info/title"),
    ("title of the connector with a blank at its end", _PAGE, "it ends with a letter or a digit",
     {"/info/title": "Pets "}, "/info/title"),
    ("title of the connector in another language", _PAGE, "it is written in English", {"/info/title": "Питомцы"},
     "/info/title"),
    ("host of a test", _PAGE, "dev and test hosts are not allowed", {"/host": "api.dev.pets.example"}, "/host"),
    ("host of this machine", _PAGE, "dev and test hosts are not allowed", {"/host": "localhost:8080"}, "/host"),
    ("metadata that are missing", _PAGE, "x-ms-connector-metadata has three properties", {_METADATA: REMOVED}, ""),
    ("metadata without a privacy policy", _PAGE, "there is the URL of the privacy policy", {f"{_METADATA}/1": REMOVED},
     f"!{_METADATA}"),
    ("metadata under another name", _PAGE, "the propertyName is not changed",
     {f"{_METADATA}/1/propertyName": "Privacy Policy"}, f"{_METADATA}/1/propertyName"),
    ("metadata under an unknown name", _PAGE, "the propertyName is not changed",
     {f"{_METADATA}/-": {"propertyName": "Terms", "propertyValue": "x"}}, f"{_METADATA}/3/propertyName"),
    ("metadata that are there twice", _PAGE, "a property has one value",
     {f"{_METADATA}/-": {"propertyName": "Website", "propertyValue": "https://pets.example"}},
     f"{_METADATA}/3/propertyName"),
    ("website that is no URL", _PAGE, "Website is a URL", {f"{_METADATA}/0/propertyValue": "pets.example"},
     f"{_METADATA}/0/propertyValue"),
    ("website that is empty", _PAGE, "Website is a URL", {f"{_METADATA}/0/propertyValue": ""},
     f"{_METADATA}/0/propertyValue"),
    ("category that is none", _PAGE, "categories are those of the list", {f"{_METADATA}/2/propertyValue": "Pets"},
     f"{_METADATA}/2/propertyValue"),
    ("categories with a comma", _PAGE, "categories are separated by semicolons",
     {f"{_METADATA}/2/propertyValue": "Data, Finance"}, f"{_METADATA}/2/propertyValue"),
    ("three categories", _PAGE, "there are two categories at most",
     {f"{_METADATA}/2/propertyValue": "Data;Finance;Security"}, f"{_METADATA}/2/propertyValue"),
    ("response of GET without a schema", _PAGE, "all operations have response schemas",
     {f"{LIST}/responses/200/schema": REMOVED}, f"!{LIST}/responses/200"),
    ("response with an empty schema", _PAGE, "empty response schemas are not allowed",
     {f"{GET}/responses/200/schema": {}}, f"!{GET}/responses/200/schema"),
    ("response with an object of nothing", _PAGE, "empty response schemas are not allowed",
     {f"{GET}/responses/200/schema": {"type": "object"}}, f"!{GET}/responses/200/schema"),
    *(
        (f"placeholder in {pointer}: {text[:20]}", _PAGE, "texts say what it is for", {pointer: text}, pointer)
        for pointer, text in (
            ("/info/title", "string"), ("/info/title", "My API"), ("/info/description", "TODO: say what the shop has."),
            ("/info/description", "Lorem ipsum dolor sit amet, consectetur adipiscing elit."),
            ("/info/description", "Short description of the connecting service, between 30 and 500 characters."),
            ("/info/contact/name", "Full name"), (f"{LIST}/summary", "TBD"),
            (f"{LIST}/description", "Description here."),
            (f"{LIST}/description", "TBD."), (f"{_LIMIT}/description", "string"), (f"{_LIMIT}/x-ms-summary", "TODO"),
            ("/definitions/Pet/properties/tag/description", "Lorem ipsum."),
        )
    ),
    *(
        (f"address of examples in {pointer}: {text}", f"{_PAGE}; RFC 2606, 3", "addresses are those of the publisher",
         {pointer: text}, pointer)
        for pointer, text in (
            ("/info/contact/url", "https://example.com/help"), ("/info/contact/email", "help@example.org"),
            ("/info/contact/email", "support@contoso.com"), (f"{_METADATA}/0/propertyValue", "https://www.example.com"),
            (f"{_METADATA}/1/propertyValue", "https://contoso.com/privacy"),
        )
    ),
    ("default as the only response", _CODING, "default is not the only response",
     {f"{ADD}/responses": {"default": {"description": "Something."}}}, f"!{ADD}/responses"),
]  # fmt: skip

_BODY = f"{ADD}/parameters/0"
_BODIES: list[tuple[str, str, dict[str, Any]]] = [
    # name, what is missing, the schema of the body
    ("text", "x-ms-summary", {"type": "string"}),
    ("list of texts", "x-ms-summary", {"type": "array", "items": {"type": "string"}}),
    ("object of any properties", "x-ms-summary", {"type": "object", "additionalProperties": {"type": "string"}}),
    ("number", "description", {"type": "integer"}),
    ("list of numbers", "description", {"type": "array", "items": {"type": "integer"}}),
]

_ANY_PROFILE = (
    *("metadata without a privacy policy", "metadata under another name", "metadata under an unknown name"),
    *("metadata that are there twice", "website that is no URL", "website that is empty", "category that is none"),
    *("categories with a comma", "display names without an enum"),
)
"""What is wrong in any profile, since a document that has the extension misuses it."""

FAULTS = [
    Fault(
        name,
        source,
        sentence,
        "microsoft",
        wrong=wrong,
        at=(at,),
        profile="default" if name in _ANY_PROFILE else "microsoft",
    )
    for name, source, sentence, wrong, at in _ROWS
] + [
    Fault(
        f"body that is a {name}, without {member}", _PAGE, f"no parameter is without {member}", "microsoft",
        right={f"{_BODY}/schema": schema, f"{_BODY}/x-ms-summary": "Body"},
        wrong={f"{_BODY}/{member}": REMOVED}, at=(f"!{_BODY}",), profile="microsoft",
    )
    for name, member, schema in _BODIES
]  # fmt: skip
