"""What is allowed but misleads: missing texts, names and paths that are easily confused, members without effect."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from openconnectors.engine.deferred import pattern
from openconnectors.engine.lint.extensions import is_internal
from openconnectors.engine.lint.rules import Context, Finding
from openconnectors.engine.lint.semantics import is_form
from openconnectors.engine.lint.table import check
from openconnectors.engine.lint.tree import METHODS, Node
from openconnectors.engine.path_templates import is_variable

# Identifiers and texts


@check("operation-id-missing")
def _id_missing(node: Node, context: Context) -> Iterator[Finding]:
    if not node.has("operationId") and node in context.tree.operations:
        path = node.parent.name if node.parent is not None else ""
        yield Finding(node.pointer, f"{node.name} {path} has no operationId", key=True)


@check("operation-id-unsafe")
def _id_unsafe(node: Node, context: Context) -> Iterator[Finding]:
    name = node.get("operationId")
    if isinstance(name, str) and not re.fullmatch(r"[A-Za-z0-9_.~-]+", name):
        message = f"operationId {name!r} has characters that URLs and identifiers cannot have"
        yield Finding(node.at("operationId"), message)


@check("description-missing")
def _description(node: Node, context: Context) -> Iterator[Finding]:
    summarized = node.kind == "operation" and node.get("summary")
    if node.reference is None and not node.get("description") and not summarized:
        yield Finding(node.pointer, f"{node.get('name') or node.name!r} has no description", key=node.kind != "tag")


_CODE = pattern(r"<script\b|\beval\s*\(|javascript:")


@check("markup-active")
def _script(node: Node, context: Context) -> Iterator[Finding]:
    for name in ("description", "title", "summary"):
        text = node.get(name)
        if not isinstance(text, str):
            continue
        folded = text.casefold()
        if ("script" in folded or "eval" in folded) and _CODE.search(folded):
            yield Finding(node.at(name), f"{name!r} contains a script")


@check("email-invalid")
def _email(node: Node, context: Context) -> Iterator[Finding]:
    if not re.match(r"[^@\s:]+@[^@\s:]+\.[^@\s:]+\Z", str(node.get("email"))):
        yield Finding(node.at("email"), f"{node.get('email')!r} is not an email address")


@check("url-invalid")
def _url(node: Node, context: Context) -> Iterator[Finding]:
    url = str(node.get("url"))
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    # OpenAPI 3.x allows relative references here.
    relative = context.tree.version.startswith("3") and not parts.scheme and url and " " not in url
    if not relative and (not parts.scheme or not (parts.netloc or parts.path) or " " in url):
        yield Finding(node.at("url"), f"{url!r} is not an absolute URL")


@check("tag-undefined")
def _tag_undefined(node: Node, context: Context) -> Iterator[Finding]:
    known = {str(tag.get("name")) for tag in context.tree["tag"]}
    for index, name in enumerate(node.array("tags") if known else ()):
        if isinstance(name, str) and name not in known:
            yield Finding(node.at("tags", index), f"the tag {name!r} is not listed under `tags`")


# Paths and servers


@check("base-slash")
def _base_slash(node: Node, context: Context) -> Iterator[Finding]:
    name = "basePath" if node.kind == "document" else "url"
    text = node.get(name)
    if isinstance(text, str) and len(text) > 1 and text.endswith("/"):
        yield Finding(node.at(name), f"{text!r} ends with a slash")


@check("path-slash")
def _path_slash(node: Node, context: Context) -> Iterator[Finding]:
    if node.name.endswith("/") and len(node.name) > 1:
        yield Finding(node.pointer, f"the path {node.name!r} ends with a slash", key=True)


@check("path-twin")
def _path_twin(node: Node, context: Context) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for name in node.value:
        other = seen.setdefault(name.lower().rstrip("/"), name)
        if other != name:
            yield Finding(node.at(name), f"{name!r} and {other!r} differ only in case or a trailing slash", key=True)


@check("path-empty")
def _path_empty(node: Node, context: Context) -> Iterator[Finding]:
    if node.name.startswith("/") and not any(name in node.value for name in (*METHODS, "$ref", "additionalOperations")):
        yield Finding(node.pointer, f"the path {node.name!r} has no operation", key=True)


@check("path-ambiguous")
def _path_ambiguous(node: Node, context: Context) -> Iterator[Finding]:
    trees: dict[tuple[str, int], dict[Any, Any]] = {}  # of segments, by method and length, so that each path is cheap
    for operation in context.tree.operations:
        path = operation.parent.name if operation.parent is not None else ""
        segments = [None if is_variable(segment) else segment for segment in path.split("/")]
        tree = trees.setdefault((operation.name, len(segments)), {})
        other = _same_url(tree, segments, False)
        if other is not None:
            pointer = operation.parent.pointer if operation.parent else ""
            yield Finding(pointer, f"a URL can match {path!r} and also {other!r}", key=True)
        for segment in segments:
            tree = tree.setdefault(segment, {})
        tree[_END] = path


_END = object()


def _same_url(tree: dict[Any, Any], segments: list[str | None], differs: bool) -> str | None:
    """A path of the tree that one URL can match as well, and that has a variable (None) where this path has a fixed
    segment, or the reverse. ``differs`` tells that the segments so far had such a place."""
    if not segments:
        path: str | None = tree.get(_END) if differs else None
        return path
    first, rest = segments[0], segments[1:]
    branches = (
        [branch for branch in tree.items() if branch[0] is not _END]
        if first is None
        else [(segment, tree[segment]) for segment in (first, None) if segment in tree]
    )
    for segment, below in branches:
        match = _same_url(below, rest, differs or (segment is None) != (first is None))
        if match is not None:
            return match
    return None


# Parameters, media types


@check("default-unused")
def _default_unused(node: Node, context: Context) -> Iterator[Finding]:
    if node.get("required") is not True or node.get("in") in ("path", "body") or is_internal(node):
        return  # an internal parameter, which nobody sees, is sent with its default
    message = f"{node.get('name')!r} is required, so its default is never used"
    if node.has("default"):
        yield Finding(node.at("default"), message)
    if "default" in node.mapping("schema"):
        yield Finding(node.at("schema", "default"), message)


@check("form-type")
def _form_type(node: Node, context: Context) -> Iterator[Finding]:
    types = context.tree.media_types(node, "consumes")
    if not types or any(is_form(name) for name in types):
        return
    for parameter in context.tree.parameters(node):
        if parameter.get("in") == "formData" and parameter.get("type") != "file":
            message = f"the form field {parameter.get('name')!r} cannot be sent as {', '.join(types)}"
            yield Finding(parameter.pointer, message)


@check("example-type")
def _example_type(node: Node, context: Context) -> Iterator[Finding]:
    operation = node.above("operation")
    produces = context.tree.media_types(operation, "produces") if operation is not None else []
    for name in node.mapping("examples") if produces else ():
        if name not in produces:
            message = f"the operation does not produce {name!r}, only {', '.join(produces)}"
            yield Finding(node.at("examples", name), message, key=True)


@check("examples-both")
def _examples_both(node: Node, context: Context) -> Iterator[Finding]:
    if node.has("example"):
        yield Finding(node.at("examples"), "`examples` and `example` exclude each other", key=True)
