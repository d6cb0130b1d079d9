"""Faults of Swagger 2.0 documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.faults.twins.form import REMOVED, Fault

_LIST, _ADD, _GET = "/paths/~1pets/get", "/paths/~1pets/post", "/paths/~1pets~1{petId}/get"
_PARAMETER, _OK, _KEY = f"{_LIST}/parameters/1", f"{_LIST}/responses/200", "/securityDefinitions/key"
_NEW = f"{_LIST}/parameters/-"


def _fault(
    name: str, section: str, sentence: str, right: Mapping[str, Any], wrong: Mapping[str, Any], *at: str
) -> Fault:
    return Fault(name, f"Swagger 2.0, {section}", sentence, "2.0", right=right, wrong=wrong, at=at)


def _parameter(**members: Any) -> dict[str, Any]:
    """A query parameter of the list of pets."""
    return {"name": "q", "in": "query", "type": "string", "description": "A word.", **members}


_WORDS = _parameter(type="array", items={"type": "string"}, collectionFormat="csv")
_FIELD = _parameter(**{"in": "formData"})
_FORM = ["application/x-www-form-urlencoded"]
_HEADER = {"type": "string", "description": "A text."}
_OAUTH = {
    "type": "oauth2",
    "flow": "implicit",
    "authorizationUrl": "https://pets.example/login",
    "scopes": {"read": "Read pets."},
}
_OTHER = {
    "operationId": "findPets",
    "description": "Finds pets.",
    "responses": {"200": {"description": "The pets."}},
}
_BASE = {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}}, "discriminator": "kind"}
_KINDS = {
    "/definitions/Base": _BASE,
    "/definitions/Cat": {"allOf": [{"$ref": "#/definitions/Base"}, {"properties": {"lives": {"type": "integer"}}}]},
    "/definitions/Pet/properties/base": {"$ref": "#/definitions/Base"},
    "/definitions/Pet/properties/cat": {"$ref": "#/definitions/Cat"},
}

_DOCUMENT = [
    _fault(
        f"{what}", section, sentence, {}, {pointer: value}, pointer if value is not REMOVED else place, f"!{pointer}"
    )
    for what, section, sentence, pointer, value, place in (
        ("title of nothing", "Info Object, title", "the title is required", "/info/title", " ", ""),
        ("no version of the interface", "Info Object, version", "required", "/info/version", REMOVED, "/info"),
        ("version as a number", "Info Object, version", "a text", "/info/version", 1, ""),
        ("contact at no URL", "Contact Object, url", "a URL", "/info/contact/url", "not a url", ""),
        ("contact at no address", "Contact Object, email", "an email address", "/info/contact/email", "desk", ""),
        ("license without a name", "License Object, name", "required", "/info/license/name", REMOVED, "/info/license"),
        ("summary of the interface", "Info Object", "no such member", "/info/summary", "Pets.", ""),
        ("host with a scheme", "Swagger Object, host", "the host alone", "/host", "https://api.pets.example", ""),
        ("host with a path", "Swagger Object, host", "the host alone", "/host", "api.pets.example/v1", ""),
        ("host with a variable", "Swagger Object, host", "no templates", "/host", "{shop}.pets.example", ""),
        ("host with no port", "Swagger Object, host", "a port is a number", "/host", "api.pets.example:99999", ""),
        ("host for examples", "RFC 2606, 3", "no service is there", "/host", "api.example.com", ""),
        ("base path without a slash", "Swagger Object, basePath", "begins with /", "/basePath", "v1", ""),
        ("base path with a variable", "Swagger Object, basePath", "no templates", "/basePath", "/{version}", ""),
        ("base path with a query", "Swagger Object, basePath", "a path", "/basePath", "/v1?a=b", ""),
        ("protocol that is none of four", "Swagger Object, schemes", "http, https, ws, wss", "/schemes/0", "ftp", ""),
        ("no protocol", "Swagger Object, schemes", "a protocol", "/schemes", [], ""),
        ("servers", "Swagger Object", "no such member", "/servers", [{"url": "https://api.pets.example"}], ""),
        ("components", "Swagger Object", "no such member", "/components", {}, ""),
        ("no media type in consumes", "Mime Types", "type/subtype", "/consumes/0", "json", ""),
        ("consumes as a text", "Swagger Object, consumes", "a list", "/consumes", "application/json", ""),
        ("tag without a name", "Tag Object, name", "required", "/tags/0/name", REMOVED, "/tags/0"),
        ("tag with a parent", "Tag Object", "no such member", "/tags/0/parent", "shop", ""),
        ("path item with servers", "Path Item Object", "no such member", "/paths/~1pets/servers", [], ""),
        ("path item with trace", "Path Item Object", "no such member", "/paths/~1pets/trace", _OTHER, ""),
        ("operation with a request body", "Operation Object", "no such member", f"{_ADD}/requestBody", {}, ""),
        ("operation with callbacks", "Operation Object", "no such member", f"{_ADD}/callbacks", {}, ""),
        ("operation without responses", "Operation Object, responses", "required", f"{_ADD}/responses", REMOVED, _ADD),
        ("operation with no response", "Responses Object", "at least one", f"{_ADD}/responses", {}, ""),
        ("name of two operations", "Operation Object, operationId", "unique", f"{_ADD}/operationId", "listPets", ""),
        ("deprecated as a text", "Operation Object, deprecated", "true or false", f"{_ADD}/deprecated", "yes", ""),
        ("tag that is not listed", "Operation Object, tags", "tags have definitions", f"{_ADD}/tags/0", "pet", ""),
        ("response without a description", "Response Object", "required", f"{_OK}/description", REMOVED, _OK),
        ("response with content", "Response Object", "no such member", f"{_OK}/content", {}, ""),
        (
            "range of statuses",
            "Responses Object",
            "statuses are whole",
            f"{_LIST}/responses/2XX",
            {"description": "d"},
            "",
        ),
        (
            "word as a status",
            "Responses Object",
            "a status is a number",
            f"{_LIST}/responses/ok",
            {"description": "d"},
            "",
        ),
        ("key in a cookie", "Security Scheme Object, in", "query or header", f"{_KEY}/in", "cookie", ""),
        ("key without a name", "Security Scheme Object, name", "required", f"{_KEY}/name", REMOVED, _KEY),
        ("key with a blank in its name", "RFC 9110, 5.6.2", "a header is a token", f"{_KEY}/name", "X Key", ""),
        ("scheme http", "Security Scheme Object, type", "basic, apiKey, oauth2", f"{_KEY}/type", "http", ""),
    )
]
_PARAMETERS = [
    _fault(
        f"parameter: {what}",
        f"{section}",
        sentence,
        {_NEW: right},
        {f"{_PARAMETER}/{member}": value},
        _PARAMETER if value is REMOVED else f"{_PARAMETER}/{member}",
        f"!{_PARAMETER}/{member}",
        _PARAMETER,
    )
    for what, section, sentence, right, member, value in (
        ("multi outside query and form", "Parameter Object, collectionFormat", "for query and formData",
         {**_WORDS, "name": "X-Words", "in": "header"}, "collectionFormat", "multi"),
        ("multi of items", "Items Object, collectionFormat", "items are not repeated",
         {**_WORDS, "items": {"type": "array", "items": {"type": "string"}, "collectionFormat": "pipes"}},
         "items/collectionFormat", "multi"),
        ("format of collections", "Parameter Object, collectionFormat", "csv, ssv, tsv, pipes, multi", _WORDS,
         "collectionFormat", "semicolons"),
        ("collection of one value", "Parameter Object, collectionFormat", "for arrays", _parameter(),
         "collectionFormat", "csv"),
        ("items without a type", "Items Object, type", "required", {**_WORDS, "items": {"type": "string"}},
         "items", {"maxLength": 3}),
        ("object in a query", "Parameter Object, type", "a simple type", _parameter(), "type", "object"),
        ("file in a query", "Parameter Object, type", "a file is in formData", _parameter(), "type", "file"),
        ("in a cookie", "Parameter Object, in", "five places", _parameter(), "in", "cookie"),
        ("without a type", "Parameter Object, type", "required", _parameter(), "type", REMOVED),
        ("without a name", "Parameter Object, name", "required", _parameter(), "name", REMOVED),
        ("with a schema in a query", "Parameter Object, schema", "for bodies", _parameter(), "schema",
         {"type": "string"}),
        ("with a style", "Parameter Object", "no such member", _parameter(), "style", "form"),
        ("with an example", "Parameter Object", "no such member", _parameter(), "example", "cat"),
        ("empty value in a header", "Parameter Object, allowEmptyValue", "for query and formData",
         {**_parameter(), "name": "X-Word", "in": "header"}, "allowEmptyValue", True),
        ("default of another type", "Parameter Object, default", "conforms to the type",
         _parameter(type="integer", default=3), "default", "three"),
        ("default outside of the values", "Parameter Object, default", "conforms to the type",
         _parameter(enum=["a", "b"], default="a"), "default", "c"),
        ("length of a number", "Parameter Object, maxLength", "for texts", _parameter(type="integer"), "maxLength", 3),
        ("required as a text", "Parameter Object, required", "true or false", _parameter(), "required", "true"),
        ("header that is no token", "RFC 9110, 5.6.2", "a header is a token",
         {**_parameter(), "name": "X-Word", "in": "header"}, "name", "X Word"),
        ("name twice", "Operation Object, parameters", "unique by name and place", _parameter(), "name", "limit"),
        ("key that is sent already", "Security Scheme Object", "the scheme sends it",
         {**_parameter(), "name": "X-Word", "in": "header"}, "name", "X-Key"),
    )
]  # fmt: skip
_REQUESTS = [
    _fault("parameter: array without items", "Parameter Object, items", "required for arrays", {_NEW: _WORDS},
           {f"{_PARAMETER}/items": REMOVED}, f"{_PARAMETER}/type", _PARAMETER),
    _fault("parameter: items as a reference", "Items Object", "no references", {_NEW: _WORDS},
           {f"{_PARAMETER}/items": {"$ref": "#/definitions/Pet"}}, f"{_PARAMETER}/items/$ref"),
    _fault("path parameter that is optional", "Parameter Object, required", "required in paths", {},
           {f"{_GET}/parameters/0/required": False}, f"{_GET}/parameters/0/required"),
    _fault("path parameter that is in no path", "Parameter Object, in", "part of the path template", {},
           {f"{_GET}/parameters/0/name": "id"}, f"{_GET}/parameters/0/name"),
    _fault("two paths for a URL", "Paths Object", "templates differ in more than names", {},
           {"/paths/~1pets~1{id}": {"delete": {**_OTHER, "parameters": [
               {**_parameter(), "name": "id", "in": "path", "required": True}]}}}, "!/paths/~1pets~1{id}"),
    _fault("path without a slash", "Paths Object", "a path begins with /", {}, {"/paths/shops": {"get": _OTHER}},
           "!/paths/shops"),
    _fault("path with a query", "Paths Object", "a path ends before ?", {}, {"/paths/~1shops?a=b": {"get": _OTHER}},
           "!/paths/~1shops?a=b"),
    _fault("two bodies", "Parameter Object, in", "one body", {}, {f"{_ADD}/parameters/-": {
        "name": "other", "in": "body", "schema": {"type": "object"}}}, f"{_ADD}/parameters/1"),
    _fault("body and form", "Parameter Object, in", "a body or a form", {}, {f"{_ADD}/parameters/-": _FIELD},
           f"{_ADD}/parameters/1"),
    _fault("body without a schema", "Parameter Object, schema", "required", {},
           {f"{_ADD}/parameters/0/schema": REMOVED}, f"{_ADD}/parameters/0"),
    _fault("body with a type", "Parameter Object", "no such member", {}, {f"{_ADD}/parameters/0/type": "string"},
           f"!{_ADD}/parameters/0/type"),
    _fault("form in JSON", "Parameter Object, in", "a form has a media type of forms",
           {f"{_ADD}/consumes": _FORM, f"{_ADD}/parameters": [_FIELD]}, {f"{_ADD}/consumes": ["application/json"]},
           f"{_ADD}/parameters/0", f"{_ADD}/consumes/0"),
    _fault("form in nothing", "Parameter Object, in", "a form has a media type of forms",
           {"/consumes": REMOVED, f"{_ADD}/consumes": _FORM, f"{_ADD}/parameters": [_FIELD]},
           {f"{_ADD}/consumes": REMOVED}, f"{_ADD}/parameters/0"),
    _fault("file in JSON", "Parameter Object, type", "consumes of a file",
           {f"{_ADD}/consumes": ["multipart/form-data"], f"{_ADD}/parameters": [{**_FIELD, "type": "file"}]},
           {f"{_ADD}/consumes": ["application/json"]}, f"{_ADD}/parameters/0/type", f"{_ADD}/parameters/0"),
    _fault("file in nothing", "Parameter Object, type", "consumes of a file",
           {"/consumes": REMOVED, f"{_ADD}/consumes": ["multipart/form-data"],
            f"{_ADD}/parameters": [{**_FIELD, "type": "file"}]},
           {f"{_ADD}/consumes": REMOVED}, f"{_ADD}/parameters/0/type", f"{_ADD}/parameters/0"),
    _fault("form that is gotten", "RFC 9110, 9.3.1", "GET has no body",
           {f"{_LIST}/consumes": _FORM, _NEW: _parameter()}, {f"{_PARAMETER}/in": "formData"}, _PARAMETER),
]  # fmt: skip
_RESPONSES = [
    _fault("file in JSON that is returned", "Response Object, schema", "a file comes with its media type",
           {f"{_LIST}/produces": ["image/png"], f"{_OK}/schema": {"type": "file"}},
           {f"{_LIST}/produces": ["application/json"]}, f"{_OK}/schema/type", f"{_OK}/schema"),
    _fault("example in another media type", "Example Object", "media types of produces",
           {f"{_OK}/examples": {"application/json": []}}, {f"{_OK}/examples": {"application/xml": "<pets/>"}},
           f"!{_OK}/examples/application~1xml", f"{_OK}/examples/application~1xml"),
    _fault("example that is not valid", "Example Object", "an example is one of the response",
           {f"{_OK}/examples": {"application/json": []}}, {f"{_OK}/examples/application~1json": [{"id": 1}]},
           f"{_OK}/examples/application~1json/0", f"{_OK}/examples/application~1json"),
    _fault("body of no content", "RFC 9110, 15.3.5", "204 has no body",
           {f"{_ADD}/responses/204": {"description": "Added."}}, {f"{_ADD}/responses/204/schema": {"type": "object"}},
           f"!{_ADD}/responses/204/schema", f"{_ADD}/responses/204/schema"),
    *(
        _fault(f"header of a response: {what}", section, sentence, {f"{_OK}/headers": {"X-Word": dict(_HEADER)}},
               wrong, *at)
        for what, section, sentence, wrong, at in (
            ("no token", "RFC 9110, 5.6.2", "a header is a token", {f"{_OK}/headers": {"X Word": _HEADER}},
             (f"!{_OK}/headers/X Word",)),
            ("name twice", "RFC 9110, 5.1", "names without case", {f"{_OK}/headers/x-word": _HEADER},
             (f"!{_OK}/headers/x-word",)),
            ("without a type", "Header Object, type", "required", {f"{_OK}/headers/X-Word/type": REMOVED},
             (f"{_OK}/headers/X-Word",)),
            ("object", "Header Object, type", "a simple type", {f"{_OK}/headers/X-Word/type": "object"},
             (f"{_OK}/headers/X-Word/type",)),
            ("with a schema", "Header Object", "no such member",
             {f"{_OK}/headers/X-Word/schema": {"type": "string"}}, (f"!{_OK}/headers/X-Word/schema",)),
            ("required", "Header Object", "no such member", {f"{_OK}/headers/X-Word/required": True},
             (f"!{_OK}/headers/X-Word/required",)),
            ("default of another type", "Header Object, default", "conforms to the type",
             {f"{_OK}/headers/X-Word/default": 3}, (f"{_OK}/headers/X-Word/default",)),
            ("multi", "Header Object, collectionFormat", "csv, ssv, tsv, pipes",
             {f"{_OK}/headers/X-Word": {"type": "array", "items": {"type": "string"}, "collectionFormat": "multi"}},
             (f"{_OK}/headers/X-Word/collectionFormat",)),
        )
    ),
]  # fmt: skip
_SECURITY = [
    *(
        _fault(f"OAuth: {what}", "Security Scheme Object", sentence, {"/securityDefinitions/login": _OAUTH,
               "/security/-": {"login": ["read"]}}, {f"/securityDefinitions/login/{member}": value},
               f"/securityDefinitions/login/{member}" if value is not REMOVED else "/securityDefinitions/login",
               f"!/securityDefinitions/login/{member}", "!/securityDefinitions/login")
        for what, sentence, member, value in (
            ("no flow", "the flow is required", "flow", REMOVED),
            ("flow of OpenAPI 3", "four flows", "flow", "authorizationCode"),
            ("no page for logins", "implicit needs authorizationUrl", "authorizationUrl", REMOVED),
            ("token URL of no use", "implicit has no tokenUrl", "tokenUrl", "https://pets.example/token"),
            ("page at no URL", "a URL", "authorizationUrl", "not a url"),
            ("no scopes", "scopes are required", "scopes", REMOVED),
            ("scopes as a list", "scopes have descriptions", "scopes", ["read"]),
        )
    ),
    _fault("scheme that is not defined", "Security Requirement Object", "names are those of definitions", {},
           {"/security": [{"kay": []}]}, "!/security/0/kay"),
    _fault("scope of a key", "Security Requirement Object", "only OAuth has scopes", {}, {"/security/0/key": ["read"]},
           "!/security/0/key", "/security/0/key"),
    _fault("scope that is not defined", "Security Requirement Object", "scopes are those of the scheme",
           {"/securityDefinitions/login": _OAUTH, "/security/-": {"login": ["read"]}},
           {"/security/1/login/0": "write"}, "/security/1/login/0"),
]  # fmt: skip
_DISCRIMINATORS = [
    _fault(f"discriminator: {what}", "Schema Object, discriminator", sentence, {**_KINDS, **right}, wrong, *at)
    for what, sentence, right, wrong, at in (
        ("no property", "a property of the schema", {}, {"/definitions/Base/discriminator": "type"},
         ("/definitions/Base/discriminator",)),
        ("no properties at all", "a property of the schema", {}, {"/definitions/Base/properties": REMOVED},
         ("/definitions/Base/discriminator",)),
        ("optional", "a required property", {}, {"/definitions/Base/required": REMOVED},
         ("/definitions/Base/discriminator",)),
        ("number", "the value is a name", {}, {"/definitions/Base/properties/kind/type": "integer"},
         ("/definitions/Base/discriminator",)),
        ("no definition", "the value is the name of a definition",
         {"/definitions/Base/properties/kind/enum": ["Base", "Cat"]},
         {"/definitions/Base/properties/kind/enum/1": "Dog"}, ("/definitions/Base/properties/kind/enum/1",)),
        ("nothing to choose", "definitions extend the schema", {}, {"/definitions/Cat/allOf/0": {"type": "object"}},
         ("/definitions/Base/discriminator",)),
        ("object", "the name of a property", {}, {"/definitions/Base/discriminator": {"propertyName": "kind"}},
         ("/definitions/Base/discriminator",)),
    )
]  # fmt: skip
_REFERENCES = [
    _fault("schema in the place of a parameter", "Reference Object", "a reference to the kind of its place",
           {"/parameters": {"word": _parameter()}, _NEW: {"$ref": "#/parameters/word"}},
           {f"{_PARAMETER}/$ref": "#/definitions/Pet"}, f"{_PARAMETER}/$ref"),
    _fault("schema in the place of a response", "Reference Object", "a reference to the kind of its place",
           {"/responses": {"none": {"description": "Nothing."}}, f"{_ADD}/responses/404": {"$ref": "#/responses/none"}},
           {f"{_ADD}/responses/404/$ref": "#/definitions/Pet"}, f"{_ADD}/responses/404/$ref"),
    _fault("member beside a reference to a schema", "Reference Object", "ignored", {},
           {f"{_OK}/schema/items/maxProperties": 3}, f"!{_OK}/schema/items/maxProperties"),
    _fault("documentation at no URL", "External Documentation Object, url", "a URL",
           {"/externalDocs": {"url": "https://pets.example/docs"}}, {"/externalDocs/url": "see there"},
           "/externalDocs/url"),
    _fault("body that is read-only", "Schema Object, readOnly", "for properties", {f"{_ADD}/parameters/0/schema": {
        "type": "object"}}, {f"{_ADD}/parameters/0/schema/readOnly": True}, f"!{_ADD}/parameters/0/schema/readOnly"),
]  # fmt: skip
FAULTS = [
    *(*_DOCUMENT, *_PARAMETERS, *_REQUESTS, *_RESPONSES),
    *(*_SECURITY, *_DISCRIMINATORS, *_REFERENCES),
]
