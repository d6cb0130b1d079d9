"""References: where they point to, what is beside them, what nothing refers to."""

from __future__ import annotations

from collections.abc import Iterator

from openconnectors.engine.documents.document import Document
from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.documents.references import References
from openconnectors.engine.errors import Diagnostic, InvalidDocument
from openconnectors.engine.lint.rules import Context, Finding
from openconnectors.engine.lint.table import check
from openconnectors.engine.lint.tree import HOLDERS, Node


def references(document: Document) -> Iterator[Finding]:
    """References without a target that can be used, under the rules ``reference-…``."""
    targets = References(document)
    for pointer, reference in document.references():
        try:
            targets.end(reference, pointer)
        except InvalidDocument as error:
            for diagnostic in error.diagnostics if error.diagnostics[0].related is None else ():
                yield Finding(diagnostic.pointer, diagnostic.message, rule=diagnostic.rule)


def unreadable(document: Document) -> list[Diagnostic]:
    """Why other files cannot be read, each at its place in that file, with the reference to it as the related place."""
    faults: list[Diagnostic] = []
    for pointer, reference in document.references():
        try:
            document.target(reference, pointer)
        except InvalidDocument as error:
            faults += [fault for fault in error.diagnostics if fault.related is not None]
    return list({(fault.file, fault.line, fault.column, fault.message): fault for fault in faults}.values())


@check("reference-home")
def _target_kind(node: Node, context: Context) -> Iterator[Finding]:
    target = context.tree.find(node.reference, node.pointer) if node.reference else None
    # The items of a parameter are a schema with fewer keywords.
    if target is not None and target.kind != node.kind and {target.kind, node.kind} != {"items", "schema"}:
        expected, kind = node.kind.replace("-", " "), target.kind.replace("-", " ")
        yield Finding(node.at("$ref"), f"expected a reference to a {expected}; {node.reference!r} is a {kind}")


@check("reference-sibling")
def _beside(node: Node, context: Context) -> Iterator[Finding]:
    texts = ("description", "summary")
    version = context.tree.version[:3]
    allowed = texts if version == "2.0" else () if version == "3.0" else _overridden(node.kind, version)
    yield from _ignored_members(node, context, texts, allowed)


def _overridden(kind: str, version: str) -> tuple[str, ...]:
    """The texts beside a reference that take the place of those of its target: those that objects of its kind have
    (Reference Object)."""
    titled = kind == "example" or (kind == "response" and version != "3.1")
    described = kind not in ("callback", "media-type")
    return (*(("summary",) if titled else ()), *(("description",) if described else ()))


@check("reference-beside")
def _beside_in_schema(node: Node, context: Context) -> Iterator[Finding]:
    yield from _ignored_members(node, context, ("description", "title"))


def _ignored_members(
    node: Node, context: Context, texts: tuple[str, ...], allowed: tuple[str, ...] = ()
) -> Iterator[Finding]:
    """Findings about members that are ignored: those that differ from the target's as ``reference-override``, but for
    texts. ``texts`` are passed over before 3.0 and where they are ``allowed``."""
    if len(node.value) == 1 or not node.reference:
        return
    target = context.tree.resolve(node)
    is_openapi3 = not context.tree.swagger2
    for name, value in node.value.items():
        if name == "$ref" or name.startswith("x-") or name in allowed or (name in texts and not is_openapi3):
            continue
        differs = target is not None and target.get(name, _ABSENT) != value and name not in _TEXTS
        rule = "reference-override" if differs and is_openapi3 else ""
        yield Finding(node.at(name), f"{name!r} beside a $ref is ignored", key=True, rule=rule)


_ABSENT = object()
_TEXTS = ("title", "description", "summary", "example", "examples", "externalDocs", "deprecated")


@check("definition-unused")
def _unused(node: Node, context: Context) -> Iterator[Finding]:
    references = context.document.references(everywhere=True)
    used = {target for at, reference in references if (target := context.tree.target(reference, at)) is not None}
    # A reference into a definition, such as to one of its properties, uses it too.
    used |= {
        pointer[: pointer.index("/", len(holder))]
        for pointer in used
        for holder in HOLDERS
        if pointer.startswith(holder) and "/" in pointer[len(holder) :]
    }
    kinds = ("schema", "parameter", "response", "request-body", "header", "example", "link", "callback", "path")
    for kind in (*kinds, "media-type"):
        for definition in context.tree[kind]:
            holder = definition.pointer[: -len(escape(definition.name))]
            if holder in HOLDERS and definition.pointer not in used and not _is_subtype(definition, context):
                yield Finding(definition.pointer, f"nothing refers to {definition.name!r}", key=True)


def _is_subtype(node: Node, context: Context) -> bool:
    """Return True for a schema that extends one with a discriminator, which chooses it by its name."""
    children = context.tree.children.get(node.pointer, ())
    bases = [context.tree.resolve(child) for child in children if "/allOf/" in child.pointer]
    return any(base is not None and base.has("discriminator") for base in bases)
