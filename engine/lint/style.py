"""What is allowed and yet misleads: texts that lack, names that clash, ways that are not safe."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from openconnectors.engine.lint.rules import Case, Finding
from openconnectors.engine.lint.table import check
from openconnectors.engine.lint.tree import METHODS, Node, requirements
from openconnectors.engine.naming import snake
from openconnectors.engine.path_templates import is_variable, variables


@check("operation-id-missing")
def _id_missing(node: Node, case: Case) -> Iterator[Finding]:
    if "operationId" not in node.value and node in case.tree.operations:
        yield Finding(
            node.pointer, f"{node.name} of {node.parent.name if node.parent else ''!r} has no operationId", True
        )


@check("operation-id-unsafe")
def _id_unsafe(node: Node, case: Case) -> Iterator[Finding]:
    name = node.get("operationId")
    if isinstance(name, str) and not re.fullmatch(r"[A-Za-z0-9_.~-]+", name):
        yield Finding(node.at("operationId"), f"{name!r} holds characters that names and URLs have not")


@check("description-missing")
def _description(node: Node, case: Case) -> Iterator[Finding]:
    if (
        node.reference is None
        and not node.get("description")
        and not (node.kind == "operation" and node.get("summary"))
    ):
        yield Finding(node.pointer, f"{node.get('name') or node.name!r} has no description", node.kind != "tag")


@check("email-invalid")
def _email(node: Node, case: Case) -> Iterator[Finding]:
    if not re.match(r"[^@\s]+@[^@\s]+\.[^@\s]+\Z", str(node.get("email"))):
        yield Finding(node.at("email"), f"{node.get('email')!r} is no address of e-mail")


@check("url-invalid")
def _url(node: Node, case: Case) -> Iterator[Finding]:
    url = str(node.get("url"))
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    relative = case.tree.version.startswith("3") and not parts.scheme and url and " " not in url
    if not relative and (not parts.scheme or not (parts.netloc or parts.path) or " " in url):
        yield Finding(node.at("url"), f"{url!r} is no absolute URL")


@check("type-list")
def _type_list(node: Node, case: Case) -> Iterator[Finding]:
    for name in ("type", "items"):
        if isinstance(node.get(name), list):
            yield Finding(node.at(name), f"{name!r} is a list")


@check("markup-active")
def _script(node: Node, case: Case) -> Iterator[Finding]:
    for name in ("description", "title", "summary"):
        text = node.get(name)
        if isinstance(text, str) and re.search(r"(?i)<script\b|\beval\s*\(|javascript:", text):
            yield Finding(node.at(name), f"{name!r} holds a script")


@check("tag-undefined")
def _tag_undefined(node: Node, case: Case) -> Iterator[Finding]:
    known = {one.get("name") for one in case.tree["tag"]}
    given = node.get("tags")
    for index, name in enumerate(given if isinstance(given, list) else ()):
        if known and name not in known:
            yield Finding(node.at("tags", index), f"the tag {name!r} is not listed")


@check("base-slash")
def _base_slash(node: Node, case: Case) -> Iterator[Finding]:
    name = "basePath" if node.kind == "document" else "url"
    text = node.get(name)
    if isinstance(text, str) and len(text) > 1 and text.endswith("/"):
        yield Finding(node.at(name), f"{text!r} ends with a slash")


@check("path-slash")
def _slash(node: Node, case: Case) -> Iterator[Finding]:
    if node.name.endswith("/") and len(node.name) > 1:
        yield Finding(node.pointer, f"the path {node.name!r} ends with a slash", True)


@check("path-twin")
def _twin(node: Node, case: Case) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for name in node.value:
        other = seen.setdefault(name.lower().rstrip("/"), name)
        if other != name:
            yield Finding(node.at(name), f"{name!r} and {other!r} differ in case or a slash only", True)


@check("path-ambiguous")
def _ambiguous(node: Node, case: Case) -> Iterator[Finding]:
    known: dict[tuple[str, int], dict[Any, Any]] = {}
    for one in case.tree.operations:
        path = one.parent.name if one.parent is not None else ""
        parts = [fixed(part) for part in path.split("/")]
        tree = known.setdefault((one.name, len(parts)), {})
        other = _meeting(tree, parts, False)
        if other is not None:
            yield Finding(one.parent.pointer if one.parent else "", f"{path!r} can be {other!r} too", True)
        for part in parts:
            tree = tree.setdefault(part, {})
        tree[_END] = path


_END = object()


def _meeting(tree: dict[Any, Any], parts: list[str | None], differs: bool) -> str | None:
    """A path of the tree that the same URL may have, and that has a variable where this has none, or the reverse."""
    if not parts:
        found: str | None = tree.get(_END) if differs else None
        return found
    first, rest = parts[0], parts[1:]
    ways = (
        [one for one in tree.items() if one[0] is not _END]
        if first is None
        else [(one, tree[one]) for one in (first, None) if one in tree]
    )
    for segment, below in ways:
        met = _meeting(below, rest, differs or (segment is None) != (first is None))
        if met is not None:
            return met
    return None


def fixed(segment: str) -> str | None:
    """A segment of a path; None where it is a variable."""
    return None if is_variable(segment) else segment


@check("path-empty")
def _path_empty(node: Node, case: Case) -> Iterator[Finding]:
    if node.name.startswith("/") and not any(name in node.value for name in (*METHODS, "$ref", "additionalOperations")):
        yield Finding(node.pointer, f"{node.name!r} has no operation", True)


@check("default-unused")
def _default_unused(node: Node, case: Case) -> Iterator[Finding]:
    if node.get("required") is not True or node.get("in") in ("path", "body"):
        return
    for holder in (node, case.tree.nodes.get(node.at("schema"))):
        if holder is not None and "default" in (holder.value if isinstance(holder.value, dict) else ()):
            yield Finding(holder.at("default"), f"{node.get('name')!r} is required, and has a default")


@check("property-collision")
def _property_collision(node: Node, case: Case) -> Iterator[Finding]:
    properties = node.get("properties")
    seen: dict[str, str] = {}
    for name in properties if isinstance(properties, Mapping) else ():
        other = seen.setdefault(snake(name), name)
        if other != name:
            yield Finding(node.at("properties", name), f"{name!r} and {other!r} are {snake(name)!r} in Python", True)


@check("reference-beside")
def _beside(node: Node, case: Case) -> Iterator[Finding]:
    if node.reference:
        for name in node.value:
            if name != "$ref" and not name.startswith("x-") and name not in ("description", "title"):
                yield Finding(node.at(name), f"{name!r} beside a $ref is ignored", True)


@check("examples-both")
def _examples(node: Node, case: Case) -> Iterator[Finding]:
    if "example" in node.value:
        yield Finding(node.at("examples"), "`examples` beside `example`", True)


@check("nullable-alone")
def _nullable(node: Node, case: Case) -> Iterator[Finding]:
    if case.tree.version.startswith("3.0") and node.get("nullable") is True and "type" not in node.value:
        yield Finding(node.at("nullable"), "`nullable` without a type", True)
    elif not case.tree.version.startswith("3.0"):
        yield Finding(node.at("nullable"), "`nullable` is a keyword of OpenAPI 3.0 only", True)


@check("combination-twice")
def _combination(node: Node, case: Case) -> Iterator[Finding]:
    for name in ("allOf", "anyOf", "oneOf"):
        parts = node.get(name)
        for index, one in enumerate(parts if isinstance(parts, list) else ()):
            if one in parts[:index]:
                yield Finding(node.at(name, index), f"this stands in {name} a second time")


@check("schema-of-itself")
def _of_itself(node: Node, case: Case) -> Iterator[Finding]:
    if node.parent is not None and node.parent.kind == "schema":
        return
    waiting, seen = _parts(node, case), set()
    while waiting:
        at, own = waiting.pop()
        if own.pointer == node.pointer:
            yield Finding(at, f"{node.name!r} extends itself")
            return
        if own.pointer not in seen:
            seen.add(own.pointer)
            waiting += [(at, inner) for _, inner in _parts(own, case)]


def _parts(node: Node, case: Case) -> list[tuple[str, Node]]:
    found = []
    for one in case.tree.children.get(node.pointer, ()):
        if re.match(r"/(allOf|anyOf|oneOf)/", one.pointer[len(node.pointer) :]):
            own = case.tree.resolve(one)
            if own is not None:
                found.append((one.pointer, own))
    return found


_TOKENS = ("authorizationUrl", "tokenUrl", "refreshUrl", "openIdConnectUrl")


@check("transport-insecure")
def _insecure(node: Node, case: Case) -> Iterator[Finding]:
    if node.kind == "server":
        url = node.get("url")
        if isinstance(url, str) and url.startswith("http://") and not re.match(r"http://(localhost|127\.|\[::1)", url):
            yield Finding(node.at("url"), f"{url!r} is not encrypted")
    elif node.kind == "document":
        given = node.get("schemes")
        if isinstance(given, list) and given and not {"https", "wss"} & {str(one) for one in given}:
            yield Finding(node.at("schemes"), f"{', '.join(map(str, given))}: nothing here is encrypted")
    else:
        flows = node.get("flows")
        places = [("", node.value)]
        places += [(f"/flows/{name}", one) for name, one in flows.items()] if isinstance(flows, Mapping) else []
        for at, one in places:
            for name in _TOKENS if isinstance(one, Mapping) else ():
                url = one.get(name)
                if isinstance(url, str) and url.startswith("http://") and "localhost" not in url:
                    yield Finding(f"{node.pointer}{at}/{name}", f"{url!r} is not encrypted")


_EXPRESSION = re.compile(
    r"\$(url|method|statusCode|(request|response)\.(header\.[!#$%&'*+.^_`|~0-9A-Za-z-]+|query\.[^{}]+|path\.[^{}]+|body(#/[^{}]*)?))\Z"
)


@check("expression-invalid")
def _expression(node: Node, case: Case) -> Iterator[Finding]:
    if node.kind == "callback":
        for name in node.value:
            for one in variables(name):
                if not _EXPRESSION.match(one):
                    yield Finding(node.at(name), f"{one!r} is no runtime expression", True)
            if name.startswith("$") and not _EXPRESSION.match(name):
                yield Finding(node.at(name), f"{name!r} is no runtime expression", True)
        return
    given = node.get("parameters")
    for name, value in given.items() if isinstance(given, Mapping) else ():
        if isinstance(value, str) and value.startswith("$") and not _EXPRESSION.match(value):
            yield Finding(node.at("parameters", name), f"{value!r} is no runtime expression")


@check("form-type")
def _form(node: Node, case: Case) -> Iterator[Finding]:
    types = case.tree.media_types(node, "consumes")
    for one in case.tree.parameters(node) if types and not any("form" in one or "*" in one for one in types) else ():
        if one.get("in") == "formData" and one.get("type") != "file":
            yield Finding(one.pointer, f"the form field {one.get('name')!r} where {', '.join(types)} is sent")


@check("example-type")
def _example_type(node: Node, case: Case) -> Iterator[Finding]:
    operation = node.above("operation")
    produces = operation.get("produces", case.tree.root.get("produces")) if operation is not None else None
    examples = node.get("examples")
    if isinstance(produces, list) and produces and isinstance(examples, Mapping):
        for name in examples:
            if name not in produces:
                yield Finding(node.at("examples", name), f"{name!r} is none of {', '.join(map(str, produces))}", True)


@check("scope-misplaced")
def _scopes(node: Node, case: Case) -> Iterator[Finding]:
    for at, name, scopes in requirements(node):
        scheme = case.tree.schemes.get(name)
        plain = scheme is not None and scheme.get("type") in ("apiKey", "basic", "http", "mutualTLS")
        if plain and scopes:
            said = f"{name!r} is of type {scheme.get('type') if scheme else ''}, and has no scopes"
            yield Finding(at, said, True)
