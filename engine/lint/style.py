"""What is allowed and yet misleads: texts that lack, names that clash, ways that are not safe."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from openconnectors.engine.lint.rules import Case, Finding, rule
from openconnectors.engine.lint.tree import METHODS, Node, requirements
from openconnectors.engine.naming import snake
from openconnectors.engine.path_templates import is_variable, variables


@rule(
    "operation-id-missing",
    "warning",
    "operation",
    "An operation without a name is called by its path, and by another name when that changes.",
    "Give it an operationId.",
)
def _id_missing(node: Node, case: Case) -> Iterator[Finding]:
    if "operationId" not in node.value and node in case.tree.operations:
        yield Finding(
            node.pointer, f"{node.name} of {node.parent.name if node.parent else ''!r} has no operationId", True
        )


@rule(
    "operation-id-unsafe",
    "info",
    "operation",
    "Links and tools put the operationId into URLs and names.",
    "Use letters, digits, '_', '-' and '.' only.",
    has="operationId",
)
def _id_unsafe(node: Node, case: Case) -> Iterator[Finding]:
    name = node.get("operationId")
    if isinstance(name, str) and not re.fullmatch(r"[A-Za-z0-9_.~-]+", name):
        yield Finding(node.at("operationId"), f"{name!r} holds characters that names and URLs have not")


@rule(
    "description-missing",
    "info",
    "operation info tag answer",
    "Who reads the document is told nothing of this.",
    "Describe it in a sentence.",
)
def _description(node: Node, case: Case) -> Iterator[Finding]:
    if (
        node.reference is None
        and not node.get("description")
        and not (node.kind == "operation" and node.get("summary"))
    ):
        yield Finding(node.pointer, f"{node.get('name') or node.name!r} has no description", node.kind != "tag")


@rule(
    "email-invalid",
    "error",
    "contact",
    "Nobody can be written to.",
    "Write an address of e-mail.",
    has="email",
)
def _email(node: Node, case: Case) -> Iterator[Finding]:
    if not re.match(r"[^@\s]+@[^@\s]+\.[^@\s]+\Z", str(node.get("email"))):
        yield Finding(node.at("email"), f"{node.get('email')!r} is no address of e-mail")


@rule(
    "url-invalid",
    "error",
    "contact license docs",
    "The page cannot be opened.",
    "Write the whole URL, with https://.",
    has="url",
)
def _url(node: Node, case: Case) -> Iterator[Finding]:
    url = str(node.get("url"))
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    relative = case.tree.version.startswith("3") and not parts.scheme and url and " " not in url
    if not relative and (not parts.scheme or not (parts.netloc or parts.path) or " " in url):
        yield Finding(node.at("url"), f"{url!r} is no absolute URL")


@rule(
    "type-list",
    "warning",
    "schema",
    "Several types at once, and items by their position, are JSON Schema's, not this specification's.",
    "Say one type, and one schema for the items.",
    has="type items",
)
def _type_list(node: Node, case: Case) -> Iterator[Finding]:
    if case.tree.version.startswith(("3.1", "3.2")):
        return
    for name in ("type", "items"):
        if isinstance(node.get(name), list):
            yield Finding(node.at(name), f"{name!r} is a list")


@rule(
    "markup-active",
    "warning",
    "info operation parameter schema answer tag",
    "Descriptions are shown as pages: a script in one runs in the reader's browser.",
    "Remove it.",
    has="description title summary",
)
def _script(node: Node, case: Case) -> Iterator[Finding]:
    for name in ("description", "title", "summary"):
        text = node.get(name)
        if isinstance(text, str) and re.search(r"(?i)<script\b|\beval\s*\(|javascript:", text):
            yield Finding(node.at(name), f"{name!r} holds a script")


@rule(
    "tag-undefined",
    "info",
    "operation",
    "A tag that the document does not list has no description and no order.",
    "List it under `tags`, or name one that is.",
    has="tags",
)
def _tag_undefined(node: Node, case: Case) -> Iterator[Finding]:
    known = {one.get("name") for one in case.tree["tag"]}
    given = node.get("tags")
    for index, name in enumerate(given if isinstance(given, list) else ()):
        if known and name not in known:
            yield Finding(node.at("tags", index), f"the tag {name!r} is not listed")


@rule(
    "base-slash",
    "info",
    "document server",
    "A base that ends with a slash and paths that begin with one make two.",
    "Leave the last one out.",
)
def _base_slash(node: Node, case: Case) -> Iterator[Finding]:
    name = "basePath" if node.kind == "document" else "url"
    text = node.get(name)
    if isinstance(text, str) and len(text) > 1 and text.endswith("/"):
        yield Finding(node.at(name), f"{text!r} ends with a slash")


@rule(
    "path-slash",
    "info",
    "path",
    "Many servers take a path with a slash at its end for another path.",
    "Leave it out where the service does not ask for it.",
)
def _slash(node: Node, case: Case) -> Iterator[Finding]:
    if node.name.endswith("/") and len(node.name) > 1:
        yield Finding(node.pointer, f"the path {node.name!r} ends with a slash", True)


@rule(
    "path-twin",
    "warning",
    "paths",
    "Paths that differ in case or in a slash at the end are one path for many servers.",
    "Join them.",
)
def _twin(node: Node, case: Case) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for name in node.value:
        other = seen.setdefault(name.lower().rstrip("/"), name)
        if other != name:
            yield Finding(node.at(name), f"{name!r} and {other!r} differ in case or a slash only", True)


@rule(
    "path-ambiguous",
    "info",
    "document",
    "A value of the variable may be the other path's fixed segment: which operation answers is the server's choice.",
    "Give the paths different fixed segments.",
)
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


@rule(
    "path-empty",
    "info",
    "path",
    "A path without operations does nothing.",
    "Add one, or remove the path.",
)
def _path_empty(node: Node, case: Case) -> Iterator[Finding]:
    if node.name.startswith("/") and not any(name in node.value for name in (*METHODS, "$ref", "additionalOperations")):
        yield Finding(node.pointer, f"{node.name!r} has no operation", True)


@rule(
    "default-unused",
    "info",
    "parameter",
    "What must be given has no use for a default.",
    "Make the parameter optional, or leave the default out.",
    has="required",
)
def _default_unused(node: Node, case: Case) -> Iterator[Finding]:
    if node.get("required") is not True or node.get("in") in ("path", "body"):
        return
    for holder in (node, case.tree.nodes.get(node.at("schema"))):
        if holder is not None and "default" in (holder.value if isinstance(holder.value, dict) else ()):
            yield Finding(holder.at("default"), f"{node.get('name')!r} is required, and has a default")


@rule(
    "property-collision",
    "info",
    "schema",
    "Properties that differ in case or punctuation only are mistaken for one another.",
    "Rename one.",
    has="properties",
)
def _property_collision(node: Node, case: Case) -> Iterator[Finding]:
    properties = node.get("properties")
    seen: dict[str, str] = {}
    for name in properties if isinstance(properties, Mapping) else ():
        other = seen.setdefault(snake(name), name)
        if other != name:
            yield Finding(node.at("properties", name), f"{name!r} and {other!r} are {snake(name)!r} in Python", True)


@rule(
    "reference-beside",
    "info",
    "schema",
    "What stands beside a $ref is ignored.",
    "Move it to where the reference leads, or join both with allOf.",
    has="$ref",
)
def _beside(node: Node, case: Case) -> Iterator[Finding]:
    if node.reference and not case.tree.version.startswith(("3.1", "3.2")):
        for name in node.value:
            if name != "$ref" and not name.startswith("x-") and name not in ("description", "title"):
                yield Finding(node.at(name), f"{name!r} beside a $ref is ignored", True)


@rule(
    "examples-both",
    "error",
    "parameter media header",
    "`example` and `examples` exclude each other.",
    "Keep one.",
    has="examples",
)
def _examples(node: Node, case: Case) -> Iterator[Finding]:
    if "example" in node.value and not case.tree.swagger2:
        yield Finding(node.at("examples"), "`examples` beside `example`", True)


@rule(
    "nullable-alone",
    "warning",
    "schema",
    "Without a type beside it `nullable` says nothing.",
    "Say the type, or leave it out.",
    has="nullable",
)
def _nullable(node: Node, case: Case) -> Iterator[Finding]:
    if case.tree.version.startswith("3.0") and node.get("nullable") is True and "type" not in node.value:
        yield Finding(node.at("nullable"), "`nullable` without a type", True)
    elif not case.tree.version.startswith("3.0"):
        yield Finding(node.at("nullable"), "`nullable` is a keyword of OpenAPI 3.0 only", True)


@rule(
    "combination-twice",
    "warning",
    "schema",
    "The same schema twice is one schema; of `oneOf` no value can fit exactly one of two that are the same.",
    "Keep one.",
    has="allOf anyOf oneOf",
)
def _combination(node: Node, case: Case) -> Iterator[Finding]:
    for name in ("allOf", "anyOf", "oneOf"):
        parts = node.get(name)
        for index, one in enumerate(parts if isinstance(parts, list) else ()):
            if one in parts[:index]:
                yield Finding(node.at(name, index), f"this stands in {name} a second time")


@rule(
    "schema-of-itself",
    "error",
    "schema",
    "A schema that extends itself, through others or not, has no end.",
    "Take one of the steps out.",
    has="allOf anyOf oneOf",
)
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


@rule(
    "transport-insecure",
    "warning",
    "document scheme server",
    "Credentials and data travel where everybody on the way can read them.",
    "Use https.",
)
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


@rule(
    "expression-invalid",
    "error",
    "callback link",
    "An expression that cannot be read has no value when the answer comes.",
    "Write it as the specification's section on runtime expressions has it, for example $response.body#/id.",
)
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


@rule(
    "form-type",
    "error",
    "operation",
    "A form field cannot be written in a type that is no form.",
    "Let the operation consume application/x-www-form-urlencoded or multipart/form-data.",
    has="parameters",
)
def _form(node: Node, case: Case) -> Iterator[Finding]:
    types = case.tree.media_types(node, "consumes")
    for one in case.tree.parameters(node) if types and not any("form" in one or "*" in one for one in types) else ():
        if one.get("in") == "formData" and one.get("type") != "file":
            yield Finding(one.pointer, f"the form field {one.get('name')!r} where {', '.join(types)} is sent")


@rule(
    "example-type",
    "info",
    "answer",
    "An example in a type that is never sent.",
    "Name a type of `produces`.",
    has="examples",
)
def _example_type(node: Node, case: Case) -> Iterator[Finding]:
    operation = node.above("operation")
    produces = operation.get("produces", case.tree.root.get("produces")) if operation is not None else None
    examples = node.get("examples")
    if isinstance(produces, list) and produces and isinstance(examples, Mapping):
        for name in examples:
            if name not in produces:
                yield Finding(node.at("examples", name), f"{name!r} is none of {', '.join(map(str, produces))}", True)


@rule(
    "scope-misplaced",
    "error",
    "document operation",
    "Only OAuth and OpenID Connect have scopes; other schemes have an empty list.",
    "Write [].",
    has="security",
)
def _scopes(node: Node, case: Case) -> Iterator[Finding]:
    for at, name, scopes in requirements(node):
        scheme = case.tree.schemes.get(name)
        plain = scheme is not None and scheme.get("type") in ("apiKey", "basic", "http", "mutualTLS")
        if plain and scopes and not case.tree.version.startswith(("3.1", "3.2")):
            said = f"{name!r} is of type {scheme.get('type') if scheme else ''}, and has no scopes"
            yield Finding(at, said, True)
