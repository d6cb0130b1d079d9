"""Extensions: their spelling, values and places; Python names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from openconnectors.engine.documents.extensions import ROWS
from openconnectors.engine.errors import closest
from openconnectors.engine.lint.extension_table import CAPABILITIES, EXTENSIONS, Extension
from openconnectors.engine.lint.rules import Context, Edit, Finding
from openconnectors.engine.lint.shapes import Shape, faults, unknown_members
from openconnectors.engine.lint.table_extensions import check
from openconnectors.engine.lint.tree import Node
from openconnectors.engine.lint.uses import is_sent
from openconnectors.engine.naming import snake

_WITHOUT_EFFECT = """
    x-ms-api-annotation x-ms-arm-id-details x-ms-authentication x-ms-azure-resource x-ms-capabilities
    x-ms-client-default x-ms-client-request-id x-ms-code-generation-settings x-ms-connector-metadata
    x-ms-contenttype x-ms-deployment-version x-ms-discriminator x-ms-docs x-ms-editor x-ms-editor-options x-ms-enum
    x-ms-enum-values x-ms-examples x-ms-explicit-input x-ms-external x-ms-gateway x-ms-identifiers x-ms-internal
    x-ms-keywords x-ms-media-kind x-ms-no-generic-test x-ms-notification x-ms-odata x-ms-openai-data
    x-ms-openai-manifest x-ms-openai-published-to-copilots x-ms-operation-context x-ms-pageable-operation
    x-ms-parameter-grouping x-ms-parameter-location x-ms-parent-discriminator x-ms-permissions
    x-ms-property-name-alias x-ms-request-id x-ms-require-user-confirmation x-ms-safe-operation x-ms-secret
    x-ms-subscription x-ms-test-value x-ms-tooltip x-ms-trigger-hint x-ms-trigger-metadata x-ms-trigger-value
    x-ms-url-encoding x-ms-version
"""
"""Extensions of Microsoft's that inform people or other tools only; published connectors have them."""
KNOWN_EXTENSIONS = frozenset((*(name for _, name in ROWS), *_WITHOUT_EFFECT.split()))
_ABBREVIATED = {f"x-{name.removeprefix('x-ms-')}": name for name in EXTENSIONS if name.startswith("x-ms-")}
"""Extensions without their ``ms``."""


@check("extension-misspelled")
def _misspelled(node: Node, context: Context) -> Iterator[Finding]:
    for name in node.value:
        if name[:1] not in ("x", "X") or name in KNOWN_EXTENSIONS:
            continue
        folded = name.lower().replace("_", "-")
        suggestion = None
        if folded.startswith(("x-ms", "x-connector")):
            # Anybody may define extensions: only one that is very close to a known one is reported.
            suggestion = similar(name)
        elif folded in _ABBREVIATED and context.once(_has_extensions):
            suggestion = _ABBREVIATED[folded]
        if suggestion is not None:
            edit = Edit("rename", node.at(name), suggestion)
            message = f"the extension {name!r} is not known"
            yield Finding(node.at(name), message, key=True, suggestion=suggestion, edit=edit)


def similar(name: str) -> str | None:
    """The known extension that is spelled almost like another; None if there is none."""
    return closest(name, KNOWN_EXTENSIONS, 0.85)


def _has_extensions(context: Context) -> bool:
    """Return True if a document uses extensions of Microsoft's."""
    return any("x-ms-" in file.text for file in context.document.parts().values())


def _extensions(node: Node) -> Iterator[tuple[str, Extension]]:
    """The extensions of a node that are checked, as far as the node is not a reference."""
    for name in node.value:
        extension = EXTENSIONS.get(name)
        if extension is not None:
            yield name, extension


def _shape(name: str, extension: Extension, node: Node) -> Shape:
    return CAPABILITIES.get(node.kind, extension.shape) if name == "x-ms-capabilities" else extension.shape


@check("extension-value")
def _value(node: Node, context: Context) -> Iterator[Finding]:
    for name, extension in _extensions(node):
        yield from faults(name, node.get(name), _shape(name, extension, node), node.at(name))


@check("extension-member")
def _member(node: Node, context: Context) -> Iterator[Finding]:
    for name, extension in _extensions(node):
        shape = _shape(name, extension, node)
        for pointer, member, known in unknown_members(node.get(name), shape, node.at(name)):
            suggestion = _ANOTHER_SPELLING.get((name, member)) or closest(member, known)
            # What describes a notification has the texts of a schema or a response in published connectors.
            if suggestion is None and (name == "x-ms-notification-content" or member.startswith("x-")):
                continue
            edit = Edit("rename", pointer, suggestion) if suggestion is not None else None
            message = f"{name} has no member {member!r}"
            yield Finding(pointer, message, key=True, suggestion=suggestion, edit=edit)


_SPELLINGS = {
    ("x-ms-dynamic-values", "x-ms-dynamic-list"): {
        "value-collection": "itemsPath",
        "value-path": "itemValuePath",
        "value-title": "itemTitlePath",
    },
    ("x-ms-dynamic-schema", "x-ms-dynamic-properties"): {"value-path": "itemValuePath"},
}
_ANOTHER_SPELLING: Mapping[tuple[str, str], str] = {
    pair: right
    for (older, newer), members in _SPELLINGS.items()
    for old, new in members.items()
    for pair, right in (((older, new), old), ((newer, old), new))
}
"""A member of the older extension in the newer one, and the other way round, and what it is called there."""


@check("extension-place")
def _place(node: Node, context: Context) -> Iterator[Finding]:
    for name, extension in _extensions(node):
        places = extension.places.split()
        if not places or node.kind in places:
            continue
        if node.kind == "parameter" and f"parameter/{node.get('in')}" in places:
            continue
        here = f"a parameter in {node.get('in')}" if node.kind == "parameter" else _CALLED.get(node.kind, node.kind)
        known = [words for place in places if (words := _CALLED.get(place) or _parameter(place))]
        listed = ", ".join(known)
        yield Finding(node.at(name), f"{name} has no effect at {here}; its place is {listed}", key=True)


@check("capability-place")
def _capability_place(node: Node, context: Context) -> Iterator[Finding]:
    here = CAPABILITIES.get(node.kind)
    for name in node.mapping("x-ms-capabilities"):
        place = next((kind for kind, shape in CAPABILITIES.items() if name in shape.members), None)
        if place is not None and (here is None or name not in here.members):
            message = f"the capability {name!r} has no effect here; its place is {_CALLED[place]}"
            yield Finding(node.at("x-ms-capabilities", name), message, key=True)


def _parameter(place: str) -> str:
    location = place.partition("/")[2]
    return f"a parameter in {location}" if location else ""


_CALLED = {
    "document": "the root of the document",
    "info": "info",
    "path": "the path",
    "operation": "the operation",
    "schema": "the schema",
    "parameter": "the parameter",
    "notification": "the content of the notification",
    "response": "the response",
}


@check("internal-without-value")
def _internal(node: Node, context: Context) -> Iterator[Finding]:
    if not is_internal(node) or node.has("default"):
        return
    if node.kind == "parameter":
        schema = context.tree.schema_of(node) if node.get("in") == "body" else None
        if node.get("required") is True and not (schema is not None and _is_filled(schema, context)):
            operation = node.above("operation")
            if operation is None or not is_internal(operation):
                message = f"the parameter {node.get('name')!r} is internal and required, but has no default"
                yield Finding(node.at("x-ms-visibility"), message)
        return
    holder = node.parent
    if holder is None or holder.kind != "schema" or node.pointer != holder.at("properties", node.name):
        return
    required = node.name in holder.array("required") and node.get("readOnly") is not True
    if required and not _is_filled(node, context) and is_sent(node, context):
        message = f"the property {node.name!r} is internal and required, but has no default"
        yield Finding(node.at("x-ms-visibility"), message)


def _is_filled(node: Node, context: Context) -> bool:
    """Return True if the platform can make a value: of defaults, or because it knows it."""
    waiting, seen = [node], set()
    while waiting:
        schema = context.tree.resolve(waiting.pop())
        if schema is None or schema.pointer in seen or schema.has("default"):
            continue
        seen.add(schema.pointer)
        if schema.get("x-ms-notification-url") is True or schema.is_dynamic:
            continue
        if schema.get("type") in ("string", "integer", "number", "boolean", "array"):
            return False
        required = [context.tree.nodes.get(schema.at("properties", name)) for name in schema.array("required")]
        waiting += [inner for inner in required if inner is not None]
    return True


@check("internal-optional")
def _internal_optional(node: Node, context: Context) -> Iterator[Finding]:
    if node.kind == "parameter":
        if is_internal(node) and node.has("default") and node.get("required") is not True:
            message = f"the internal parameter {node.get('name')!r} has a default but is not required"
            yield Finding(node.at("x-ms-visibility"), message)
        return
    required = node.array("required")
    for child in context.tree.children.get(node.pointer, ()):
        is_property = child.pointer == node.at("properties", child.name)
        if is_property and is_internal(child) and child.has("default") and child.name not in required:
            message = f"the internal property {child.name!r} has a default but is not required"
            yield Finding(child.pointer, message, key=True)


def is_internal(node: Node) -> bool:
    """Return True if something is hidden from people (``x-ms-visibility: internal``)."""
    value = node.get("x-ms-visibility")
    return value is not None and str(value).lower() == "internal"


# Names in Python


@check("name-collision")
def _name_collision(node: Node, context: Context) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for name, operation in context.operations.items():
        other = seen.setdefault(snake(name), name)
        if other != name:
            message = f"the operations {other!r} and {name!r} have the same Python name {snake(name)!r}"
            yield Finding(operation.at("operationId"), message)


@check("parameter-collision")
def _parameter_collision(node: Node, context: Context) -> Iterator[Finding]:
    seen: dict[str, Node] = {}
    for parameter in context.tree.parameters(node):
        name = parameter.get("x-ms-client-name") or parameter.get("name")
        if not isinstance(name, str):
            continue
        other = seen.setdefault(snake(name), parameter)
        if other is not parameter:
            names = f"{other.get('name')!r} and {parameter.get('name')!r}"
            message = f"the parameters {names} have the same Python name {snake(name)!r}"
            yield Finding(parameter.at("name"), message)
