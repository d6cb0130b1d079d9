"""Pairs of documents that differ in what is around schemas: parameters, bodies, responses, security, servers, upgrades.

Each is an operation of a small document; ``REQUESTS`` has the old, the new and the verdict by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

Json = dict[str, Any]
Verdict = Literal["breaks", "fine", "same"]
Row = tuple[Json, Json, Verdict]

_TEXT: Json = {"type": "string"}
_TEXTS: Json = {"type": "array", "items": _TEXT}
_WHOLE: Json = {"type": "integer"}
_THING: Json = {"type": "object", "properties": {"a": _TEXT}}
_PARTS: Json = {
    "type": "object",
    "properties": {"a": _TEXTS, "b": {"type": "object", "properties": {"x": _TEXT}}, "f": {"type": "string"}},
}


def _document(operation: Json, *, path: str = "/things", method: str = "get", version: str = "3.1.0",
              **members: Any) -> Json:  # fmt: skip
    head: Json = {"openapi": version, "servers": [{"url": "https://things.example/v1"}]}
    if version == "2.0":
        head = {"swagger": "2.0", "host": "things.example", "basePath": "/v1", "schemes": ["https"]}
    done: Json = {"operationId": "things", "responses": {"204": {"description": "done"}}}
    return {
        **head,
        "info": {"title": "Things", "version": "1.0.0"},
        "paths": {path: {method: {**done, **operation}}},
        **members,
    }


def _query(schema: Json = _TEXT, location: str = "query", **members: Any) -> Json:
    """A document with a parameter."""
    name = members.pop("name", "a")
    parameter = {"name": name, "in": location, "schema": schema, **members}
    is_path = location == "path"
    parameter |= {"required": True} if is_path else {}
    return _document({"parameters": [parameter]}, path="/things/{a}" if is_path else "/things")


def _query2(version: str = "2.0", **members: Any) -> Json:
    return _document({"parameters": [{"name": "a", "in": "query", **members}]}, version=version)


def _posted(media_type: str, schema: Json = _PARTS, **members: Any) -> Json:
    """A document with a body."""
    return _document({"requestBody": {"content": {media_type: {"schema": schema, **members}}}}, method="post")


def _answered(responses: Json) -> Json:
    """A document with responses, each a schema or nothing."""
    content = {
        status: {"description": "", **({"content": {"application/json": {"schema": schema}}} if schema else {})}
        for status, schema in responses.items()
    }
    return _document({"responses": content})


def _answered_as(media_type: str, entry: Json, version: str = "3.1.0") -> Json:
    """A document with a response in a media type."""
    response = {"description": "", "content": {media_type: entry}}
    return _document({"responses": {"200": response}}, version=version)


def _secured(scheme: Json, security: list[Json], version: str = "3.1.0", **more: Json) -> Json:
    """A document with security schemes: ``k``, and others by name."""
    schemes = {"k": scheme, **more}
    holder = {"securityDefinitions": schemes} if version == "2.0" else {"components": {"securitySchemes": schemes}}
    return _document({"security": security}, version=version, **holder)


def _served(*urls: str, **variables: Json) -> Json:
    """A document with servers."""
    return _document({}, servers=[{"url": url, **({"variables": variables} if variables else {})} for url in urls])


_KEY: Json = {"type": "apiKey", "in": "header", "name": "X-Key"}
_BEARER: Json = {"type": "http", "scheme": "bearer"}
_FORM, _PARTED = "application/x-www-form-urlencoded", "multipart/form-data"
_XML = "application/xml"


def _login(**flows: str) -> Json:
    """A scheme with the URL of the tokens of each flow."""
    return {"type": "oauth2", "flows": {name: {"tokenUrl": url, "scopes": {}} for name, url in flows.items()}}


def _member(**xml: Any) -> Json:
    return {"type": "object", "properties": {"a": {"type": "string", **({"xml": xml} if xml else {})}}}


def _announced(**members: Any) -> Json:
    return _answered({"200": {"type": "object", "properties": {"a": _TEXT, "b": {"type": "string", **members}}}})


def _sent(operation: Json) -> Json:
    """A document with a webhook."""
    request = {"responses": {"200": {"description": ""}}, **operation}
    return _document({}, webhooks={"done": {"post": request}})


def _kinds(member: Json) -> Json:
    """A document whose body is of a kind that its discriminator names."""
    reference = {"$ref": "#/definitions/Pet"}
    return _document(
        {"parameters": [{"name": "pet", "in": "body", "schema": reference}]},
        method="post",
        version="2.0",
        definitions={
            "Pet": {"type": "object", "discriminator": "k", "required": ["k"], "properties": {"k": _TEXT}},
            "Cat": {"allOf": [reference, {"type": "object", "properties": {"a": member}}]},
        },
    )


_JSON_BODY: Json = {"content": {"application/json": {"schema": _THING}}}
_SIGNED: Json = {"name": "X-Signature", "in": "header", "required": True, "schema": _TEXT}
_VARIABLES = [{"name": name, "in": "path", "required": True, "schema": _TEXT} for name in ("x", "y")]
_SAME_NAME = [{"name": "a", "in": location, "schema": _TEXT} for location in ("query", "header")]
_PARAMETERS: Mapping[str, Row] = {
    "a list exploded in simple style": (
        _query(_TEXTS, "path"), _query(_TEXTS, "path", explode=True), "same"),
    "members exploded in simple style": (
        _query(_THING, "path"), _query(_THING, "path", explode=True), "breaks"),
    "the label style": (_query(_TEXT, "path"), _query(_TEXT, "path", style="label"), "breaks"),
    "deepObject": (_query(_THING), _query(_THING, style="deepObject", explode=True), "breaks"),
    "JSON in the query": (_query(_THING, style="form"), _document({"parameters": [
        {"name": "a", "in": "query", "content": {"application/json": {"schema": _THING}}}]}), "breaks"),
    "reserved characters may be written": (_query(), _query(allowReserved=True), "fine"),
    "reserved characters may not be written": (_query(allowReserved=True), _query(), "breaks"),
    "numbers have no reserved characters": (_query(_WHOLE), _query(_WHOLE, allowReserved=True), "same"),
    "no value is taken": (_query(), _query(allowEmptyValue=True), "fine"),
    "no value is refused": (_query(allowEmptyValue=True), _query(), "breaks"),
    "a parameter with another case": (_query(), _query(name="A"), "breaks"),
    "a header field with another case": (_query(location="header", name="X-A"),
                                         _query(location="header", name="x-a"), "same"),
    "lists within lists": (
        _query2(type="array", items={"type": "array", "items": _TEXT}),
        _query2(type="array", items={"type": "array", "items": _TEXT, "collectionFormat": "pipes"}), "breaks"),
    "csv as it is in 3.0": (_query2(type="array", items=_TEXT),
                            _query2("3.0.3", schema=_TEXTS, explode=False), "same"),
    "csv as it is not in 3.0": (_query2(type="array", items=_TEXT), _query2("3.0.3", schema=_TEXTS), "breaks"),
}  # fmt: skip
_BODIES: Mapping[str, Row] = {
    "a field that is not exploded": (
        _posted(_FORM), _posted(_FORM, encoding={"a": {"style": "form", "explode": False}}), "breaks"),
    "a field's usual style, written": (
        _posted(_FORM), _posted(_FORM, encoding={"a": {"style": "form", "explode": True}}), "same"),
    "a part's usual type, written": (
        _posted(_PARTED), _posted(_PARTED, encoding={"f": {"contentType": "text/plain"}}), "same"),
    "a part may be of one type more": (
        _posted(_PARTED, encoding={"f": {"contentType": "image/png"}}),
        _posted(_PARTED, encoding={"f": {"contentType": "image/png, image/jpeg"}}), "fine"),
    "a part may be of one type fewer": (
        _posted(_PARTED, encoding={"f": {"contentType": "image/png, image/jpeg"}}),
        _posted(_PARTED, encoding={"f": {"contentType": "image/png"}}), "breaks"),
    "a part may be any image": (
        _posted(_PARTED, encoding={"f": {"contentType": "image/png"}}),
        _posted(_PARTED, encoding={"f": {"contentType": "image/*"}}), "fine"),
    "a part needs a header field": (
        _posted(_PARTED, encoding={"f": {"contentType": "image/png"}}),
        _posted(_PARTED, encoding={"f": {"contentType": "image/png",
                                         "headers": {"X-A": {"required": True, "schema": _TEXT}}}}), "breaks"),
    "an attribute": (_posted(_XML, _member()), _posted(_XML, _member(attribute=True)), "breaks"),
    "another element": (_posted(_XML, _member()), _posted(_XML, _member(name="b")), "breaks"),
    "an element's name, written": (_posted(_XML, _member()), _posted(_XML, _member(name="a")), "same"),
    "another namespace": (_posted(_XML, _member()), _posted(_XML, _member(namespace="urn:a")), "breaks"),
    "another prefix": (
        _posted(_XML, _member(namespace="urn:a")), _posted(_XML, _member(namespace="urn:a", prefix="x")), "same"),
    "XML where there is none": (
        _posted("application/json", _member()), _posted("application/json", _member(attribute=True)), "same"),
    "a form, as it is in 3.0": (
        _document({"consumes": [_FORM], "parameters": [{"name": "a", "in": "formData", "type": "string"}]},
                  method="post", version="2.0"),
        _document({"requestBody": {"content": {_FORM: {"schema": _THING}}}}, method="post", version="3.0.3"), "same"),
}  # fmt: skip
_RESPONSES: Mapping[str, Row] = {
    "bytes as they are in 3.1": (
        _answered_as("application/octet-stream", {"schema": {"type": "string", "format": "binary"}}, "3.0.3"),
        _answered_as("application/octet-stream", {}, "3.1.0"), "same"),
    "a file as it is in 3.1": (
        _document({"consumes": [_PARTED], "parameters": [{"name": "f", "in": "formData", "type": "file"}]},
                  method="post", version="2.0"),
        _posted(_PARTED, {"type": "object", "properties": {"f": {}}},
                encoding={"f": {"contentType": "application/octet-stream"}}), "same"),
    "any JSON": (_answered_as("application/json", {"schema": _THING}), _answered_as("application/json", {}), "breaks"),
    "any media type": (
        _answered_as("application/json", {"schema": _THING}), _answered_as("*/*", {"schema": _THING}), "fine"),
    "a media type of any": (
        _answered_as("*/*", {"schema": _THING}), _answered_as("application/json", {"schema": _THING}), "fine"),
    "no produces, as it may be in 3.0": (
        _document({"responses": {"200": {"description": "", "schema": _THING}}}, version="2.0"),
        _answered_as("*/*", {"schema": _THING}, "3.0.3"), "same"),
    "a number that is written as a text": (
        _answered({"200": {"type": "boolean", "enum": ["true", "false"]}}), _answered({"200": {"type": "boolean"}}),
        "same"),
    "a status that default had": (
        _answered({"200": _THING, "default": _TEXT}),
        _answered({"200": _THING, "404": _TEXT, "default": _TEXT}), "same"),
    "a status that default had, with another value": (
        _answered({"200": _THING, "default": _TEXT}),
        _answered({"200": _THING, "404": _THING, "default": _TEXT}), "fine"),
    "a status of a range": (
        _answered({"200": _THING, "4XX": _TEXT}), _answered({"200": _THING, "404": _TEXT, "4XX": _TEXT}), "same"),
    "a success with another value beside": (
        _answered({"200": _THING}), _answered({"200": _THING, "202": {"type": "string"}}), "breaks"),
    "a success with the same value beside": (
        _answered({"200": _THING}), _answered({"200": _THING, "203": _THING}), "fine"),
    "a success in place of another": (_answered({"200": _THING}), _answered({"201": _THING}), "breaks"),
    "a success for a range": (_answered({"200": _THING}), _answered({"2XX": _THING}), "fine"),
    "a member of a closed object": (
        _answered({"200": {**_THING, "additionalProperties": False}}),
        _answered({"200": {"type": "object", "properties": {"a": _TEXT, "b": _TEXT}, "additionalProperties": False}}),
        "breaks"),
    "a member is gone after its sunset": (
        _announced(deprecated=True, **{"x-sunset": "2020-01-01"}), _answered({"200": _THING}), "fine"),
    "a member is gone before its sunset": (
        _announced(deprecated=True, **{"x-sunset": "2999-01-01"}), _answered({"200": _THING}), "breaks"),
    "a member is deprecated": (_announced(), _announced(deprecated=True), "fine"),
}  # fmt: skip
_SECURITY: Mapping[str, Row] = {
    "optional credentials are needed": (_secured(_KEY, [{"k": []}, {}]), _secured(_KEY, [{"k": []}]), "breaks"),
    "one or the other, both": (
        _secured(_KEY, [{"k": []}, {"b": []}], b=_BEARER), _secured(_KEY, [{"k": [], "b": []}], b=_BEARER), "breaks"),
    "both, one or the other": (
        _secured(_KEY, [{"k": [], "b": []}], b=_BEARER), _secured(_KEY, [{"k": []}, {"b": []}], b=_BEARER), "fine"),
    "credentials that are not needed": (
        _secured(_KEY, []), _secured(_KEY, [{"k": []}, {}]), "fine"),
    "tokens by another flow": (
        _secured(_login(clientCredentials="https://id.example/t"), [{"k": []}]),
        _secured(_login(password="https://id.example/t"), [{"k": []}]), "breaks"),
    "tokens by one flow more": (
        _secured(_login(clientCredentials="https://id.example/t"), [{"k": []}]),
        _secured(_login(clientCredentials="https://id.example/t", password="https://id.example/t"), [{"k": []}]),
        "fine"),
    "a scheme that nothing needs": (
        _secured(_KEY, [{"k": []}], b=_BEARER), _secured(_KEY, [{"k": []}], b={**_KEY, "in": "query"}), "same"),
    "basic as it is in 3.0": (
        _secured({"type": "basic"}, [{"k": []}], "2.0"),
        _secured({"type": "http", "scheme": "Basic"}, [{"k": []}], "3.0.3"), "same"),
}  # fmt: skip
_WEBHOOKS: Mapping[str, Row] = {
    "a webhook has no body": (_sent({"requestBody": _JSON_BODY}), _sent({}), "breaks"),
    "a webhook has no header field": (_sent({"parameters": [_SIGNED]}), _sent({}), "breaks"),
    "a webhook has a header field": (_sent({}), _sent({"parameters": [_SIGNED]}), "same"),
    "a webhook takes another response": (
        _sent({}), _sent({"responses": {"202": {"description": ""}}}), "breaks"),
    "a callback goes elsewhere": (
        _document({"callbacks": {"done": {"{$request.query.url}": {"post": {"responses": {}}}}}}),
        _document({"callbacks": {"done": {"{$request.query.hook}": {"post": {"responses": {}}}}}}), "breaks"),
    "a kind of a thing is narrower": (_kinds({"type": "string"}), _kinds({"type": "string", "maxLength": 3}), "breaks"),
    "variables in another order": (
        _document({"parameters": _VARIABLES}, path="/a/{x}/{y}"),
        _document({"parameters": _VARIABLES}, path="/a/{y}/{x}"), "breaks"),
    "two parameters of a name, in another order": (
        _document({"parameters": _SAME_NAME}), _document({"parameters": _SAME_NAME[::-1]}), "same"),
    "a key in another place, under another name": (
        _secured(_KEY, [{"k": []}]), _secured(_BEARER, [{"j": []}], j={**_KEY, "in": "query"}), "breaks"),
    "the case of a key in the query": (
        _secured({**_KEY, "in": "query"}, [{"k": []}]),
        _secured({**_KEY, "in": "query", "name": "X-KEY"}, [{"k": []}]), "breaks"),
}  # fmt: skip
_SERVERS: Mapping[str, Row] = {
    "a host in another case": (_served("https://a.example"), _served("https://A.example:443/"), "same"),
    "a server is gone": (_served("https://a.example", "https://b.example"), _served("https://a.example"), "breaks"),
    "another base path": (_served("https://a.example/v1"), _served("https://a.example/v2"), "breaks"),
    "another server ahead": (
        _served("https://a.example"), _served("https://b.example", "https://a.example"), "fine"),
    "a value of a variable is gone": (
        _served("https://{h}.example", h={"default": "a", "enum": ["a", "b"]}),
        _served("https://{h}.example", h={"default": "a", "enum": ["a"]}), "breaks"),
    "a value of a variable more": (
        _served("https://{h}.example", h={"default": "a", "enum": ["a"]}),
        _served("https://{h}.example", h={"default": "a", "enum": ["a", "b"]}), "fine"),
    "another default of a variable": (
        _served("https://{h}.example", h={"default": "a"}), _served("https://{h}.example", h={"default": "b"}), "fine"),
    "any value of a variable": (
        _served("https://a.example"), _served("https://{h}.example", h={"default": "a"}), "fine"),
    "the start of the path is the server's": (
        _document({}, path="/v2/things", servers=[{"url": "https://a.example"}]),
        _document({}, path="/things", servers=[{"url": "https://a.example/v2"}]), "same"),
    "the server is the operation's": (
        _served("https://a.example"), _document({"servers": [{"url": "https://a.example"}]}, servers=[]), "same"),
    "two schemes as they are in 3.0": (
        _document({}, version="2.0", schemes=["https", "http"]),
        _document({}, version="3.0.3", servers=[{"url": "https://things.example/v1"},
                                                {"url": "http://things.example/v1"}]), "same"),
    "a scheme is gone": (
        _document({}, version="2.0", schemes=["https", "http"]), _document({}, version="2.0"), "breaks"),
    "another method": (_document({}), _document({}, method="post"), "breaks"),
    "another path": (_document({}), _document({}, path="/items"), "breaks"),
}  # fmt: skip
REQUESTS: Mapping[str, Row] = {**_PARAMETERS, **_BODIES, **_RESPONSES, **_SECURITY, **_WEBHOOKS, **_SERVERS}
