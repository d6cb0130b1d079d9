"""The OpenAPI document of a collection: its operations, its tags, its servers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct, field

from openconnectors.engine.convert.postman.bodies import Body, content, request_body, text_body
from openconnectors.engine.convert.postman.collection import (
    Members,
    Report,
    Saved,
    description_of,
    format_of,
    requests_of,
    rows_of,
    unused,
)
from openconnectors.engine.convert.postman.security import CREDENTIAL, field_scheme, scheme_of
from openconnectors.engine.convert.postman.shapes import text_schema, value_of
from openconnectors.engine.convert.postman.urls import Row, Target, target_of, written_rows
from openconnectors.engine.documents.document import Document
from openconnectors.engine.errors import Diagnostic

VERSION = "3.1.1"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_OF_CLIENT = frozenset({"accept", "content-length", "content-type", "cookie", "host", "user-agent"})
"""Header fields that OpenAPI has another place for, or that belong to the client."""
_OF_ANSWER = frozenset({"content-length", "content-type", "connection", "date", "server", "transfer-encoding", "vary"})
_WORD = re.compile(r"[A-Za-z0-9]+")
_TEMPLATE = re.compile(r"\{[^}]*\}")
_REQUIRED = re.compile(r"\(?required\)?\b[.:,]?", re.IGNORECASE)
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_UNKNOWN_HOST = "api.example.com"


class Imported(Struct, frozen=True):
    """The root of an OpenAPI document, and the report."""

    root: dict[str, Any]
    findings: list[Diagnostic]


class _Operation(Struct):
    """An operation with all requests that show it, and where each goes."""

    method: str
    path: str
    requests: list[tuple[Saved, Target]] = field(default_factory=list)


def imported(document: Document) -> Imported:
    """The OpenAPI document of a collection. Raise ``InvalidDocument`` for one of another format than 2."""
    root, at = document.root, ""
    version = format_of(root)
    if version != "2":
        message = "this is no collection of Postman's format 2.1; export it from Postman as Collection v2.1"
        raise document.refuse("collection-format", message, "")
    if isinstance(root.get("collection"), Mapping):
        root, at = root["collection"], "/collection"
    return _Import(root, Report(document, at)).imported()


class _Import:
    """One import: the names and schemes that are used so far."""

    def __init__(self, root: Members, report: Report) -> None:
        self._root = root
        self._report = report
        self._names: set[str] = set()
        self._schemes: dict[str, dict[str, Any]] = {}

    def imported(self) -> Imported:
        operations = list(self._operations())
        bases = Counter(target.base for operation in operations for _, target in operation.requests)
        server = next((base for base, _ in bases.most_common() if base), "")
        info = self._root["info"]
        paths: dict[str, Any] = {}
        for operation in operations:
            paths.setdefault(operation.path, {})[operation.method] = self._operation(operation, server)
        root: dict[str, Any] = {"openapi": VERSION, "info": _info(info), "servers": [self._server(server)]}
        if tags := self._tags(operations):
            root["tags"] = tags
        root["paths"] = paths
        if self._schemes:
            root["components"] = {"securitySchemes": self._schemes}
        return Imported(root, self._report.findings)

    def _operations(self) -> Iterable[_Operation]:
        """The operations in the order of their first requests."""
        operations: dict[tuple[str, str], _Operation] = {}
        paths: dict[str, str] = {}
        for saved in requests_of(self._root, self._report):
            target, method = target_of(saved), str(saved.request.get("method") or "GET").lower()
            if target is None or method not in METHODS:
                what = "no URL" if target is None else f"the method {method.upper()}, which OpenAPI 3.1 does not have"
                self._report.lose(saved.pointer, f"the request {saved.name!r} has {what}, and is left out")
                continue
            form = _TEMPLATE.sub("{}", target.path)
            path = paths.setdefault(form, target.path)
            if path != target.path:
                target = _renamed(target, path)
            operation = operations.setdefault((method, form), _Operation(method, path))
            operation.requests.append((saved, target))
        return operations.values()

    def _server(self, base: str) -> dict[str, Any]:
        if base:
            return {"url": base}
        self._report.guess(
            "", f"the collection does not say where the service is; {_UNKNOWN_HOST} stands for it: give the host"
        )
        return {"url": "https://{host}", "variables": {"host": {"default": _UNKNOWN_HOST}}}

    def _tags(self, operations: list[_Operation]) -> list[dict[str, str]]:
        used = {_tag(saved) for operation in operations for saved, _ in operation.requests[:1]}
        tags: list[dict[str, str]] = []
        for item in self._root.get("item") or ():
            if isinstance(item, Mapping) and "item" in item and item.get("name") in used - {""}:
                description = description_of(item.get("description"))
                tag = {"name": str(item["name"])}
                if tag["name"] not in [known["name"] for known in tags]:
                    tags.append({**tag, "description": description} if description else tag)
        return tags

    def _operation(self, operation: _Operation, server: str) -> dict[str, Any]:
        first, target = operation.requests[0]
        result: dict[str, Any] = {"operationId": self._name(first), "summary": first.name}
        if tag := _tag(first):
            result["tags"] = [tag]
        if description := description_of(first.request.get("description")):
            result["description"] = description
        others = [saved for saved, _ in operation.requests[1:]]
        for other in others:
            self._report.guess(
                other.pointer,
                f"the request {other.name!r} is {operation.method.upper()} {operation.path}, too: it is put together "
                f"with {first.name!r}",
            )
        if target.base and target.base != server:
            result["servers"] = [{"url": target.base}]
        if parameters := self._parameters(operation):
            result["parameters"] = parameters
        bodies = [body for saved, _ in operation.requests if (body := self._body(saved, operation.method)) is not None]
        if bodies:
            result["requestBody"] = {"content": content(bodies)}
            if len(bodies) == len(operation.requests):
                result["requestBody"]["required"] = True
        result["responses"] = self._responses(operation)
        self._secure(result, operation)
        return result

    def _name(self, saved: Saved) -> str:
        """The operationId: the name of the request, with those of its folders, then a number, if it is used."""
        for names in ((saved.name,), (*saved.folders[-1:], saved.name), (*saved.folders, saved.name)):
            name = _camel(names)
            if name not in self._names:
                break
        name = unused(name, self._names)
        self._names.add(name)
        return name

    def _body(self, saved: Saved, method: str) -> Body | None:
        if method in ("get", "head") and not saved.keeps_body:
            return None  # Postman does not send it
        headers = {
            name.lower(): saved.fill(row.get("value"))
            for _, name, row in rows_of(saved.request.get("header"))
            if not row.get("disabled")
        }
        return request_body(saved, headers, self._report)

    # Parameters

    def _parameters(self, operation: _Operation) -> list[dict[str, Any]]:
        rows: dict[tuple[str, str], list[list[Row]]] = {}
        for saved, target in operation.requests:
            of_request: dict[tuple[str, str], list[Row]] = {}
            has_auth = _has_auth(saved)
            for place, written in (("path", target.variables), ("query", target.query), ("header", _headers(saved))):
                for row in written:
                    if self._is_parameter(place, row, has_auth):
                        of_request.setdefault((place, row.name), []).append(row)
            for key, same in of_request.items():
                rows.setdefault(key, []).append(same)
        return [_parameter(place, name, requests) for (place, name), requests in rows.items()]

    def _is_parameter(self, place: str, row: Row, has_auth: bool) -> bool:
        """Whether a row is a parameter: fields of the client are not, nor is what a security scheme sends."""
        name = row.name.lower()
        if place == "header" and not _FIELD_NAME.fullmatch(name):
            self._report.lose(row.pointer, f"{row.name!r} is no header name (RFC 9110, 5.6.2), and is left out")
            return False
        if place == "header" and (name in _OF_CLIENT or name == "authorization"):
            return False
        return place == "path" or has_auth or field_scheme(row.name, row.value, place) is None

    # Responses

    def _responses(self, operation: _Operation) -> dict[str, Any]:
        bodies: dict[str, list[Body]] = {}
        responses: dict[str, dict[str, Any]] = {}
        for saved, _ in operation.requests:
            for index, response in enumerate(saved.responses):
                status = str(response.get("code") or "default")
                at = f"{saved.pointer}/response/{index}"
                entry = responses.setdefault(status, {"description": str(response.get("name") or status)})
                fields = {name: row for _, name, row in rows_of(response.get("header"))}
                for name in fields:
                    if name.lower() not in _OF_ANSWER:
                        entry.setdefault("headers", {})[name] = {"schema": {"type": "string"}}
                types = {name.lower(): str(row.get("value") or "") for name, row in fields.items()}
                text = response.get("body")
                if isinstance(text, str) and text.strip():
                    media_type = types.get("content-type") or (
                        "application/json" if text.lstrip()[:1] in "{[" else "text/plain"
                    )
                    bodies.setdefault(status, []).append(text_body(text, media_type, f"{at}/body", self._report))
        for status, same in bodies.items():
            responses[status]["content"] = content(same)
        return dict(sorted(responses.items())) or {"default": {"description": "What the service answers."}}

    # Security

    def _secure(self, result: dict[str, Any], operation: _Operation) -> None:
        saved, target = operation.requests[0]
        scheme = self._scheme(saved, target)
        if scheme is not None:
            scopes = [scope for flow in scheme.get("flows", {}).values() for scope in flow["scopes"]]
            result["security"] = [{self._scheme_name(scheme): scopes}]

    def _scheme(self, saved: Saved, target: Target) -> dict[str, Any] | None:
        """The scheme of a request: that of its authorization, else of a credential among its fields."""
        if saved.auth is not None and _has_auth(saved):
            return scheme_of(saved.auth, saved.variables, self._report)
        for place, rows in (("header", _headers(saved)), ("query", target.query)):
            for row in rows:
                scheme = field_scheme(row.name, row.value, place)
                if scheme is not None:
                    self._report.guess(row.pointer, f"{row.name} is taken as the credential of the request")
                    return scheme
        return None

    def _scheme_name(self, scheme: dict[str, Any]) -> str:
        known = next((name for name, row in self._schemes.items() if row == scheme), "")
        if known:
            return known
        name = unused(_camel((str(scheme.get("scheme") or scheme["type"]),)), self._schemes)
        self._schemes[name] = scheme
        return name


def _info(info: Members) -> dict[str, Any]:
    version = info.get("version")
    if isinstance(version, Mapping):
        version = ".".join(str(version.get(part, 0)) for part in ("major", "minor", "patch"))
    result = {"title": str(info.get("name") or "Collection"), "version": str(version or "1.0.0")}
    description = description_of(info.get("description"))
    return {**result, "description": description} if description else result


def _has_auth(saved: Saved) -> bool:
    return saved.auth is not None and saved.auth.type != "noauth"


def _tag(saved: Saved) -> str:
    return saved.folders[0] if saved.folders else ""


def _camel(names: Iterable[str]) -> str:
    words = [word for name in names for word in _WORD.findall(name)] or ["request"]
    first = words[0].lower() if words[0].isupper() else words[0][:1].lower() + words[0][1:]
    name = first + "".join(word[:1].upper() + word[1:] for word in words[1:])
    return name if not name[0].isdigit() else f"request{name}"


def _renamed(target: Target, path: str) -> Target:
    """A target with the variables called as in a path of the same form."""
    names = [name[1:-1] for name in _TEMPLATE.findall(path)]
    variables = tuple(
        Row(name, row.value, row.description, True, row.pointer)
        for name, row in zip(names, target.variables, strict=True)
    )
    return Target(target.base, path, variables, target.query)


def _headers(saved: Saved) -> tuple[Row, ...]:
    return written_rows(saved.request.get("header"), saved, f"{saved.pointer}/request/header")


def _parameter(place: str, name: str, requests: list[list[Row]]) -> dict[str, Any]:
    """A parameter, of the rows that each request has for it: more than one in a request make it a list."""
    rows = [row for same in requests for row in same]
    values = [row.value for row in rows if row.value and "{{" not in row.value]
    schema = text_schema(values)
    is_list = place == "query" and any(len(same) > 1 for same in requests)
    description = next((row.description for row in rows if row.description), "")
    required = place == "path" or any(_REQUIRED.match(row.description) for row in rows)
    parameter: dict[str, Any] = {"name": name, "in": place}
    if required:
        parameter["required"] = True
    if description:
        parameter["description"] = description
    parameter["schema"] = {"type": "array", "items": schema} if is_list else schema
    first = [row.value for row in requests[0] if row.is_enabled and row.value and "{{" not in row.value]
    if first and not CREDENTIAL.search(name):
        parameter["example"] = [value_of(value, schema) for value in first] if is_list else value_of(first[0], schema)
    return parameter
