"""What the schema of a specification cannot say: references, paths, operations, parameters, media types, security."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from openconnectors.engine import path_templates
from openconnectors.engine.documents.document import Document
from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.documents.references import References
from openconnectors.engine.errors import InvalidDocument, nearest
from openconnectors.engine.lint.rules import Case, Edit, Finding
from openconnectors.engine.lint.table import check
from openconnectors.engine.lint.tree import HOLDERS, METHODS, Node, requirements
from openconnectors.engine.path_templates import expand, variables, without_names
from openconnectors.engine.values.codecs import codec_for, essence

# References


def references(document: Document) -> Iterator[Finding]:
    """References that lead nowhere."""
    references = References(document)
    for at, reference in document.references():
        try:
            references.end(reference, at)
        except InvalidDocument as error:
            for one in error.diagnostics:
                yield Finding(one.pointer, one.message, rule=one.rule)


@check("reference-home")
def _reference_home(node: Node, case: Case) -> Iterator[Finding]:
    found = case.tree.find(node.reference) if node.reference else None
    if found is not None and found.kind != node.kind and {found.kind, node.kind} != {"items", "schema"}:
        yield Finding(node.at("$ref"), f"here stands a {node.kind}; {node.reference!r} is one of kind {found.kind}")


@check("reference-sibling")
def _reference_sibling(node: Node, case: Case) -> Iterator[Finding]:
    if node.reference:
        for name in node.value:
            if name != "$ref" and not name.startswith("x-") and name not in ("description", "summary"):
                yield Finding(node.at(name), f"{name!r} beside a $ref is ignored", key=True)


# Paths


@check("path-template")
def _path_template(node: Node, case: Case) -> Iterator[Finding]:
    if not node.name.startswith("/"):
        return
    rest = expand(node.name, lambda name: "")
    names = variables(node.name)
    if "{" in rest or "}" in rest or any(not name.strip() for name in names):
        yield Finding(node.pointer, f"the braces of {node.name!r} do not make variables", key=True)
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Finding(node.pointer, f"the variable {{{name}}} stands in {node.name!r} twice; rename one", key=True)


@check("path-fragment")
def _path_fragment(node: Node, case: Case) -> Iterator[Finding]:
    if node.name.startswith("/") and "#" in node.name:
        yield Finding(node.pointer, f"what stands behind '#' in {node.name!r} is never sent", key=True)


@check("path-query")
def _path_query(node: Node, case: Case) -> Iterator[Finding]:
    if node.parent is None or node.parent.name != "paths":
        return
    if "?" in expand(node.name, lambda name: "") and node.name.startswith("/"):
        yield Finding(node.pointer, f"the path {node.name!r} holds a query", key=True)


@check("path-equivalent")
def _path_equivalent(node: Node, case: Case) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for name in node.value if isinstance(node.value, Mapping) else ():
        if not name.startswith("/"):
            continue
        shape = without_names(name)
        if shape in seen:
            yield Finding(node.at(name), f"{name!r} and {seen[shape]!r} are the same path", key=True)
        seen.setdefault(shape, name)


@check("path-doubtful")
def _path_doubtful(node: Node, case: Case) -> Iterator[Finding]:
    if "//" in node.name:
        yield Finding(node.pointer, f"the path {node.name!r} has an empty segment", key=True)


@check("path-parameter")
def _path_parameter(node: Node, case: Case) -> Iterator[Finding]:
    path = node.parent
    if path is None or path.kind != "path" or not path.name.startswith("/"):
        return
    holes = set(variables(path.name.partition("?")[0] if path.parent and path.parent.name == "paths" else path.name))
    parameters = [one for one in case.tree.parameters(node) if one.get("in") == "path"]
    declared = {str(one.get("name")) for one in parameters}
    for hole in sorted(holes - declared):
        said = f"{node.name} of {path.name!r} has no path parameter for {{{hole}}}{nearest(hole, declared)}"
        yield Finding(path.pointer if len(_methods(path)) == 1 else node.pointer, said, key=True)
    for one in parameters:
        if one.get("name") not in holes:
            hint = nearest(str(one.get("name")), holes)
            yield Finding(one.at("name"), f"the path parameter {one.get('name')!r} has no place in {path.name!r}{hint}")


def _methods(path: Node) -> list[str]:
    return [name for name in path.value if name in METHODS]


# Operations


@check("operation-id-duplicate")
def _operation_id_duplicate(node: Node, case: Case) -> Iterator[Finding]:
    seen: dict[str, Node] = {}
    for one in case.tree["operation"]:
        name = one.get("operationId")
        if not isinstance(name, str):
            continue
        if name in seen:
            line = case.document.position(seen[name].at("operationId"))[0]
            yield Finding(one.at("operationId"), f"the operationId {name!r} stands in line {line} already")
        seen.setdefault(name, one)


@check("operation-without-success")
def _without_success(node: Node, case: Case) -> Iterator[Finding]:
    names = [name for name in node.value if not name.startswith("x-")] if isinstance(node.value, Mapping) else []
    if names and not any(name[0] in "23" or name == "default" for name in names):
        yield Finding(node.pointer, f"none of {', '.join(names)} is an answer of success", key=True)


@check("answer-unreachable")
def _unreachable(node: Node, case: Case) -> Iterator[Finding]:
    operation = node.parent
    if not isinstance(node.value, Mapping) or operation is None:
        return
    for status, answer in case.tree.answers(operation).items():
        has_body = "schema" in answer.value or bool(answer.get("content"))
        where = (
            node.at(status)
            if answer.pointer != node.at(status)
            else answer.at("schema" if "schema" in answer.value else "content")
        )
        if status[:1] == "1":
            yield Finding(node.at(status), f"the status {status} is an interim one, and never the answer", key=True)
        elif has_body and status in ("204", "205", "304"):
            yield Finding(where, f"an answer of status {status} has no body", key=True)
        elif has_body and operation.name == "head":
            yield Finding(where, "the answer to HEAD has no body", key=True)
        elif status.isdigit() and not 100 <= int(status) < 600:
            yield Finding(node.at(status), f"{status} is no status of HTTP", key=True)


@check("body-misplaced")
def _body_misplaced(node: Node, case: Case) -> Iterator[Finding]:
    if node.name not in ("get", "head"):
        return
    for one in case.tree.parameters(node):
        if one.get("in") in ("body", "formData"):
            yield Finding(one.pointer, f"{node.name.upper()} takes no body; {one.get('name')!r} may be lost")
    if "requestBody" in (node.value or ()):
        yield Finding(node.at("requestBody"), f"{node.name.upper()} takes no body", key=True)


# Parameters


@check("body-twice")
def _body_twice(node: Node, case: Case) -> Iterator[Finding]:
    bodies = [one for one in case.tree.parameters(node) if one.get("in") == "body"]
    for one in bodies[1:]:
        yield Finding(one.pointer, f"{one.get('name')!r} is a second body beside {bodies[0].get('name')!r}")
    forms = [one for one in case.tree.parameters(node) if one.get("in") == "formData"]
    if bodies and forms:
        yield Finding(
            forms[0].pointer, f"{forms[0].get('name')!r} is a form field beside the body {bodies[0].get('name')!r}"
        )


@check("parameter-duplicate")
def _parameter_duplicate(node: Node, case: Case) -> Iterator[Finding]:
    given = node.get("parameters")
    seen: set[tuple[str, str]] = set()
    for index in range(len(given) if isinstance(given, list) else 0):
        at = node.at("parameters", index)
        own = case.tree.resolve(case.tree.nodes[at])
        if own is None or not isinstance(own.value, Mapping):
            continue
        key = (str(own.get("in")), str(own.get("name")).lower() if own.get("in") == "header" else str(own.get("name")))
        if key in seen:
            yield Finding(at, f"the parameter {own.get('name')!r} in {own.get('in')} stands here a second time")
        seen.add(key)


@check("parameter-optional-path")
def _optional_path(node: Node, case: Case) -> Iterator[Finding]:
    if node.get("in") == "path" and node.reference is None and node.get("required") is not True:
        absent = "required" not in node.value
        edit = (
            Edit("insert", node.pointer, '"required": true') if absent else Edit("replace", node.at("required"), "true")
        )
        at = node.pointer if absent else node.at("required")
        yield Finding(at, f"the path parameter {node.get('name')!r} must say `required: true`", edit=edit)


_FRAMING = ("host", "content-length", "transfer-encoding", "connection", "te", "trailer", "upgrade", "expect")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")


@check("header-framing")
def _header_framing(node: Node, case: Case) -> Iterator[Finding]:
    name = node.get("name")
    if node.get("in") == "header" and isinstance(name, str) and name.lower() in _FRAMING:
        yield Finding(node.at("name"), f"{name!r} is set by HTTP itself, never by a caller")


@check("header-name")
def _header_name(node: Node, case: Case) -> Iterator[Finding]:
    name = node.get("name")
    if node.get("in") != "header" or not isinstance(name, str):
        return
    if not _TOKEN.match(name):
        yield Finding(node.at("name"), f"{name!r} is no name of a header field (RFC 9110 section 5.6.2)")


@check("header-reserved")
def _header_reserved(node: Node, case: Case) -> Iterator[Finding]:
    name = node.get("name")
    if (
        node.get("in") == "header"
        and isinstance(name, str)
        and name.lower() in ("authorization", "accept", "content-type")
    ):
        yield Finding(node.at("name"), f"the header {name!r} is said by the rest of the document")


@check("file-place")
def _file_place(node: Node, case: Case) -> Iterator[Finding]:
    if node.get("type") == "file" and node.get("in") not in (None, "formData"):
        yield Finding(node.at("type"), f"a file cannot stand in {node.get('in')}")
    operation = node.above("operation")
    if node.get("type") == "file" and operation is not None and case.tree.swagger2:
        consumes = case.tree.media_types(operation, "consumes")
        if consumes and not any("form" in one or "*" in one for one in consumes):
            yield Finding(node.at("type"), f"a file in a form of {', '.join(consumes)}")


@check("style-place")
def _style_place(node: Node, case: Case) -> Iterator[Finding]:
    if node.get("collectionFormat") == "multi" and node.get("in") not in (None, "query", "formData"):
        yield Finding(node.at("collectionFormat"), f"`multi` is for query and formData, not {node.get('in')}")
    styles = {
        "path": ("matrix", "label", "simple"),
        "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
        "header": ("simple",),
        "cookie": ("form", "cookie"),
    }
    known = styles.get(str(node.get("in")))
    if "style" in (node.value or ()) and known and node.get("style") not in known:
        yield Finding(
            node.at("style"), f"{node.get('style')!r} is for other places; in {node.get('in')}: {', '.join(known)}"
        )
    schema = case.tree.schema_of(node) if node.get("style") in _OF_TYPE else None
    if schema is not None and schema.get("type") not in (None, _OF_TYPE[node.get("style")]):
        said = f"{node.get('style')!r} is for {_OF_TYPE[node.get('style')]}s; this is {schema.get('type')}"
        yield Finding(node.at("style"), said)
    if node.get("allowReserved") is True and node.get("in") not in (None, "query"):
        yield Finding(node.at("allowReserved"), f"`allowReserved` is for query, not {node.get('in')}", key=True)


_OF_TYPE = {"deepObject": "object", "spaceDelimited": "array", "pipeDelimited": "array"}


@check("encoding-unknown")
def _encoding(node: Node, case: Case) -> Iterator[Finding]:
    schema, given = case.tree.schema_of(node), node.get("encoding")
    known = schema.get("properties") if schema is not None else None
    if not isinstance(known, Mapping) or not isinstance(given, Mapping):
        return
    for name in given:
        if name not in known:
            yield Finding(node.at("encoding", name), f"{name!r} is no property of the body{nearest(name, known)}", True)


# Media types

_MEDIA = re.compile(r"[\w!#$&^.+*-]+/[\w!#$&^.+*-]+\s*(;.*)?\Z", re.ASCII)


@check("media-type-invalid")
def _media_invalid(node: Node, case: Case) -> Iterator[Finding]:
    for at, name in _media_types(node):
        if not _MEDIA.match(name):
            yield Finding(at, f"{name!r} is no media type", key=node.kind == "media-type")


@check("media-type-unknown")
def _media_unknown(node: Node, case: Case) -> Iterator[Finding]:
    for at, name in _media_types(node):
        if _MEDIA.match(name) and "*" not in name and codec_for(essence(name)[0]) is None:
            yield Finding(at, f"no codec reads {name!r}; it is passed on as octets", key=node.kind == "media-type")


def _media_types(node: Node) -> Iterator[tuple[str, str]]:
    if node.kind == "media-type":
        if node.parent is not None and node.parent.kind != "components":
            yield node.pointer, node.name
        return
    for member in ("consumes", "produces"):
        given = node.get(member)
        for index, name in enumerate(given if isinstance(given, list) else ()):
            if isinstance(name, str):
                yield node.at(member, index), name


# Security


def _required(case: Case) -> Iterator[tuple[str, str, Any]]:
    """Where each scheme is required: pointer, name, scopes."""
    for node in (case.tree.root, *case.tree["operation"]):
        yield from requirements(node)


@check("security-undefined")
def _security_undefined(node: Node, case: Case) -> Iterator[Finding]:
    known = case.tree.schemes
    for at, name, _ in _required(case):
        if name not in known and not name.startswith("http"):
            yield Finding(at, f"the security scheme {name!r} is not defined{nearest(name, known)}", key=True)


@check("scope-undefined")
def _scope_undefined(node: Node, case: Case) -> Iterator[Finding]:
    known = case.tree.schemes
    for at, name, scopes in _required(case):
        scheme = known.get(name)
        listed = _scopes(scheme.value) if scheme is not None and isinstance(scheme.value, Mapping) else None
        for index, scope in enumerate(scopes if isinstance(scopes, list) else ()):
            if listed is not None and scope not in listed:
                yield Finding(
                    f"{at}/{index}", f"{name!r} lists no scope {scope!r}{nearest(str(scope), map(str, listed))}"
                )


def _scopes(scheme: Mapping[str, Any]) -> set[str] | None:
    if scheme.get("type") != "oauth2":
        return None
    flows = scheme.get("flows")
    holders = [scheme, *(flows.values() if isinstance(flows, Mapping) else ())]
    return {str(name) for one in holders if isinstance(one, Mapping) for name in one.get("scopes") or ()}


@check("security-unused")
def _security_unused(node: Node, case: Case) -> Iterator[Finding]:
    if "used" not in case.notes:
        case.notes["used"] = {name for _, name, _ in _required(case)}
    if case.tree.version and case.notes["used"] and node.name not in case.notes["used"]:
        yield Finding(node.pointer, f"the security scheme {node.name!r} is required nowhere", key=True)


@check("security-empty")
def _security_empty(node: Node, case: Case) -> Iterator[Finding]:
    known = case.tree.schemes
    if known and not any(True for _ in _required(case)):
        yield Finding(
            case.tree.place_of("security-scheme"),
            f"{', '.join(known)}: defined, and required by no operation",
            key=True,
        )


@check("definition-unused")
def _definition_unused(node: Node, case: Case) -> Iterator[Finding]:
    used = {unquote(reference[1:]) for _, reference in case.document.references(everywhere=True)}
    within = {
        one[: one.index("/", len(at))] for one in used for at in HOLDERS if one.startswith(at) and "/" in one[len(at) :]
    }
    for kind in ("schema", "parameter", "response", "request-body", "header"):
        for one in case.tree[kind]:
            holder = one.pointer[: -len(escape(one.name))]
            unused = holder in HOLDERS and one.pointer not in used and one.pointer not in within
            if unused and not _is_subtype(one, case):
                yield Finding(one.pointer, f"{one.name!r} is referred to by nothing", key=True)


def _is_subtype(node: Node, case: Case) -> bool:
    """Whether a schema is meant by the discriminator of one that it extends, or by name in a mapping."""
    bases = [case.tree.resolve(one) for one in case.tree.children.get(node.pointer, ()) if "/allOf/" in one.pointer]
    return any(one is not None and "discriminator" in (one.value or ()) for one in bases)


# The document as a whole


@check("tag-duplicate")
def _tag_duplicate(node: Node, case: Case) -> Iterator[Finding]:
    seen = set()
    for one in case.tree["tag"]:
        name = one.get("name")
        if name in seen:
            yield Finding(one.at("name"), f"the tag {name!r} stands here a second time")
        seen.add(name)


_HOST = re.compile(r"[^/?#@\s]+\Z")


@check("host-invalid")
def _host(node: Node, case: Case) -> Iterator[Finding]:
    host, base = node.get("host"), node.get("basePath")
    if isinstance(host, str) and ("://" in host or not _HOST.match(host)):
        yield Finding("/host", f"{host!r} is no host")
    if isinstance(base, str) and ("?" in base or "#" in base):
        yield Finding("/basePath", f"{base!r} holds more than a path")


@check("server-variable")
def _server_variable(node: Node, case: Case) -> Iterator[Finding]:
    url, variables = node.get("url"), node.get("variables")
    known = variables if isinstance(variables, Mapping) else {}
    holes = path_templates.variables(url) if isinstance(url, str) else []
    for hole in holes:
        if hole not in known:
            yield Finding(node.at("url"), f"the variable {{{hole}}} is not defined{nearest(hole, known)}")
    for name, one in known.items():
        allowed = one.get("enum") if isinstance(one, Mapping) else None
        if isinstance(allowed, list) and one.get("default") not in allowed:
            yield Finding(node.at("variables", name, "default"), f"the default of {name!r} is none of its values")
        if holes and name not in holes:
            yield Finding(node.at("variables", name), f"the variable {name!r} has no place in the URL", key=True)


@check("link-operation")
def _link(node: Node, case: Case) -> Iterator[Finding]:
    name = node.get("operationId")
    if isinstance(name, str) and name not in case.ids:
        yield Finding(node.at("operationId"), f"there is no operation {name!r}{nearest(name, case.ids)}")


_SECRETS = {
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "an access key (AKIA…)": r"\b(?<!Credential=)AKIA[0-9A-Z]{16}\b",
    "a personal access token (gh…)": r"\b(gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,})",
    "a bot's token (xox…)": r"\bxox[abprs]-[A-Za-z0-9-]{20,}",
    "a live key (sk_live_…)": r"\b[sr]k_live_[A-Za-z0-9]{16,}",
    "a browser's key (AIza…)": r"\bAIza[0-9A-Za-z_-]{35}\b",
    "a mail service's key (SG.…)": r"\bSG\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}",
    "a model service's key (sk-…)": r"\bsk-(proj-)?[A-Za-z0-9]{32,}",
    "a password in a URL": r"\bhttps?://[^/\s:@\"'{}<>]+:[^/\s@\"'{}<>]{3,}@",
}
_SECRET = re.compile("|".join(f"(?P<g{index}>{one})" for index, one in enumerate(_SECRETS.values())))
_EXAMPLE = re.compile(r"EXAMPLE|xxxx|XXXX|0000|//(user|login|admin|account)\w*:|:(pass|pw|secret|\*)\w*@")
_KINDS = list(_SECRETS)
_LIKELY = [re.compile(one.replace(r"\b", "")) for one in _SECRETS.values()]
"""The same without their borders: looked for in a whole text at once, for which each has a fixed beginning."""


@check("secret-committed")
def _secret(node: Node, case: Case) -> Iterator[Finding]:
    for document in (case.document, case.properties):
        if document is None or not any(one.search(document.text) for one in _LIKELY):
            continue
        for pointer, text in _texts(document.root):
            found = _SECRET.search(text)
            if found is not None and not _EXAMPLE.search(found[0]):
                named = next(name for name, value in found.groupdict().items() if value is not None)
                said = f"this holds what looks like {_KINDS[int(named[1:])]}"
                yield Finding(pointer, said, document=document)


def _texts(root: Any) -> Iterator[tuple[str, str]]:
    waiting: list[tuple[str, Any]] = [("", root)]
    while waiting:
        at, value = waiting.pop()
        if isinstance(value, str):
            yield at, value
        elif isinstance(value, Mapping):
            waiting += [(f"{at}/{escape(name)}", one) for name, one in value.items()]
        elif isinstance(value, list):
            waiting += [(f"{at}/{index}", one) for index, one in enumerate(value)]
