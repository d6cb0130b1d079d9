"""Between OpenAPI 3.0, 3.1 and 3.2: what a version added goes with it, what it spells otherwise is respelled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openconnectors.engine.convert.conversion import Conversion, Members, items, reordered
from openconnectors.engine.documents.dialects.lowering import truth
from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.lint.tree import Node, Tree, array, mapping

_BOUNDS = (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum"))
_SINCE_31 = (
    "prefixItems", "contains", "minContains", "maxContains", "patternProperties", "propertyNames", "dependentSchemas",
    "dependentRequired", "unevaluatedItems", "unevaluatedProperties", "if", "then", "else", "$id", "$anchor",
    "$dynamicRef", "$dynamicAnchor", "$schema", "$vocabulary", "$comment", "contentSchema",
)  # fmt: skip
"""Keywords of JSON Schema 2020-12 that 3.0 does not have and cannot spell otherwise ("Schema Object")."""
_ONLY_32: Mapping[str, tuple[str, ...]] = {
    "document": ("$self",),
    "tag": ("summary", "parent", "kind"),
    "server": ("name",),
    "response": ("summary",),
    "media-type": ("prefixEncoding", "itemEncoding"),
    "encoding": ("encoding", "prefixEncoding", "itemEncoding"),
    "security-scheme": ("oauth2MetadataUrl", "deprecated"),
    "path": ("query", "additionalOperations"),
}
"""Members that 3.2 added, by kind of node."""
_ONLY_31: Mapping[str, tuple[str, ...]] = {"document": ("webhooks", "jsonSchemaDialect"), "info": ("summary",)}
_OF_BOOLEAN: Mapping[bool, Members] = {True: {}, False: {"not": {}}}
"""Boolean schemas as 3.0 writes them."""
_BINARY = "application/octet-stream"


def _version(conversion: Conversion, version: str) -> None:
    conversion.root["openapi"] = version
    conversion.root = reordered(conversion.root, ("openapi",))


# Up


def from_30_to_31(conversion: Conversion) -> None:
    """Respell schemas as JSON Schema 2020-12 does; a 3.0 reference has no siblings, so they go."""
    for node in conversion.tree()["schema"]:
        schema = node.value
        if not isinstance(schema, dict):
            continue
        if "$ref" in schema:
            for name in [name for name in schema if name != "$ref"]:
                del schema[name]  # they have no effect in 3.0, and would have one in 3.1
            continue
        _spell_null(schema)
        for exclusive, bound in _BOUNDS:
            if schema.pop(exclusive, None) is True and bound in schema:
                schema[exclusive] = schema.pop(bound)
        if schema.get("format") == "byte":
            del schema["format"]
            schema["contentEncoding"] = "base64"
        elif schema.get("format") == "binary":
            del schema["format"]
            schema["contentMediaType"] = _BINARY
    _version(conversion, "3.1.1")


def _spell_null(schema: Members) -> None:
    """Write ``nullable`` as a type ("Schema Object": it has no effect without a type)."""
    if truth(schema.pop("nullable", None)) and isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
        # An enum must list null itself (OpenAPI 3.0.3, proposal "Clarify nullable"): it stays as it is.


def from_31_to_32(conversion: Conversion) -> None:
    """3.2 reads what 3.1 says; nothing is respelled."""
    _version(conversion, "3.2.0")


# Down


def from_32_to_31(conversion: Conversion) -> None:
    """Leave out what 3.2 added; bodies that are sequences become lists."""
    tree = conversion.tree()
    _drop(conversion, tree, _ONLY_32, "3.1")
    for node in tree["media-type"]:
        if node.has("$ref"):
            entry = conversion.target(node.value)
            del node.value["$ref"]
            node.value.update(entry if isinstance(entry, dict) else {})
    for node in tree["media-type"]:
        if node.has("itemSchema"):
            items_schema = node.value.pop("itemSchema")
            node.value.setdefault("schema", {"type": "array", "items": items_schema})
            conversion.lose(
                node.at("itemSchema"), "itemSchema is the schema of a list now: 3.1 does not read item by item"
            )
    if "mediaTypes" in mapping(conversion.root.get("components")):
        del conversion.root["components"]["mediaTypes"]
    for node in tree["security-scheme"]:
        flows = node.get("flows")
        if isinstance(flows, dict) and flows.pop("deviceAuthorization", None):
            conversion.lose(node.at("flows", "deviceAuthorization"), "the flow is left out: 3.1 has no device flow")
    for node in tree["schema"]:
        discriminator = node.get("discriminator")
        if isinstance(discriminator, dict) and discriminator.pop("defaultMapping", None):
            conversion.lose(node.at("discriminator", "defaultMapping"), "defaultMapping is left out: 3.1 has none")
        if isinstance(node.get("xml"), dict):
            _spell_node_type(conversion, node)
    for node in tree["example"]:
        if node.has("dataValue"):
            node.value["value"] = node.value.pop("dataValue")
        conversion.drop(node, ("serializedValue",), "3.1")
    _drop_parameters(conversion, tree)
    _version(conversion, "3.1.1")


def _drop(conversion: Conversion, tree: Tree, members: Mapping[str, tuple[str, ...]], version: str) -> None:
    for kind, names in members.items():
        for node in tree[kind]:
            if not node.has("$ref"):
                conversion.drop(node, names, version)


def _spell_node_type(conversion: Conversion, node: Node) -> None:
    xml = node.get("xml")
    kind = xml.pop("nodeType", None)
    is_list = node.get("type") == "array"
    if kind == "attribute":
        xml["attribute"] = True
    elif kind == "element" and is_list:
        xml["wrapped"] = True
    elif kind not in (None, "element") and not (kind == "none" and is_list):
        conversion.lose(node.at("xml", "nodeType"), f"the nodeType {kind} is left out: 3.1 has none")


def _drop_parameters(conversion: Conversion, tree: Tree) -> None:
    """Leave out parameters of the whole query, and the styles that only 3.2 has."""
    for holder in (*tree["path"], *tree["operation"]):
        listed = holder.get("parameters")
        for index, raw in reversed(list(enumerate(array(listed)))):
            if mapping(conversion.target(raw)).get("in") == "querystring":
                del listed[index]
                conversion.lose(holder.at("parameters", index), "the parameter is left out: 3.1 has no in: querystring")
    components = mapping(mapping(conversion.root.get("components")).get("parameters"))
    for name in [name for name, raw in components.items() if mapping(raw).get("in") == "querystring"]:
        conversion.root["components"]["parameters"].pop(name)
        conversion.lose(
            f"/components/parameters/{escape(name)}", "the parameter is left out: 3.1 has no in: querystring"
        )
    for node in tree["parameter"]:
        if node.get("style") == "cookie":
            del node.value["style"]
            conversion.lose(node.at("style"), "the style is form now, which encodes: 3.1 has no style cookie")
        if node.get("allowReserved") and node.get("in") != "query":
            del node.value["allowReserved"]
            conversion.lose(node.at("allowReserved"), "allowReserved is left out: 3.1 has it in the query only")


def from_31_to_30(conversion: Conversion) -> None:
    """Respell schemas as 3.0 does, and leave out the keywords that it does not have."""
    tree = conversion.tree()
    _inline_path_items(conversion, tree)
    _drop(conversion, tree, _ONLY_31, "3.0")
    for node in tree["info"]:
        if isinstance(node.get("license"), dict) and node.value["license"].pop("identifier", None):
            conversion.lose(node.at("license", "identifier"), "identifier is left out: 3.0 has none")
    for node in reversed(tree["schema"]):  # what is inside a schema before the schema itself
        _to_30(conversion, node)
    schemes = conversion.root.get("components", {}).get("securitySchemes", {})
    for name, raw, at in list(items(schemes, "/components/securitySchemes")):
        if mapping(raw).get("type") == "mutualTLS":
            schemes.pop(name)
            conversion.lose(at, "the security scheme is left out: 3.0 has no mutualTLS")
            for holder in (tree.root, *tree["operation"]):
                listed = holder.get("security")
                if isinstance(listed, list):
                    holder.value["security"] = [entry for entry in listed if name not in mapping(entry)]
    for node in tree["operation"]:
        if not node.has("responses"):
            node.value["responses"] = {"default": {"description": ""}}
    conversion.root.setdefault("paths", {})
    _version(conversion, "3.0.4")


def _inline_path_items(conversion: Conversion, tree: Tree) -> None:
    """Write each shared path item where it is used, as 3.0 has no components for them."""
    for node in tree["path"]:
        if str(node.get("$ref", "")).startswith("#/components/pathItems/"):
            item = conversion.target(node.value)
            siblings = {name: value for name, value in node.value.items() if name != "$ref"}
            node.value.clear()
            node.value.update({**(item if isinstance(item, dict) else {}), **siblings})
    if "pathItems" in mapping(conversion.root.get("components")):
        del conversion.root["components"]["pathItems"]


def _to_30(conversion: Conversion, node: Node) -> None:
    if isinstance(node.value, bool):
        _replace(node, _OF_BOOLEAN[node.value])
        return
    schema = node.value
    if not isinstance(schema, dict):
        return
    for name in ("not", "items"):
        if isinstance(schema.get(name), bool):
            schema[name] = _OF_BOOLEAN[schema[name]]
    if "$ref" in schema and len(schema) > 1:
        schema["allOf"] = [{"$ref": schema.pop("$ref")}, *array(schema.get("allOf"))]
    conversion.drop(node, _SINCE_31, "3.0")
    if "const" in schema:
        schema["enum"] = [schema.pop("const")]
    for exclusive, bound in _BOUNDS:
        value = schema.get(exclusive)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            if bound in schema and (schema[bound] > value) == (bound == "minimum") and schema[bound] != value:
                del schema[exclusive]  # the other bound is the narrower
            else:
                schema[bound], schema[exclusive] = value, True
    if isinstance(schema.get("examples"), list):
        examples = schema.pop("examples")
        if examples:
            schema.setdefault("example", examples[0])
        if len(examples) > 1:
            conversion.lose(node.at("examples"), "examples but the first are left out: 3.0 has one")
    if "$defs" in schema:
        del schema["$defs"]
        conversion.lose(node.at("$defs"), "$defs are left out: move what is used to components/schemas first")
    _content_to_30(conversion, node)
    _types_to_30(schema)
    if schema.get("type") == "array":
        schema.setdefault("items", {})


def _content_to_30(conversion: Conversion, node: Node) -> None:
    schema = node.value
    encoding, media_type = schema.pop("contentEncoding", None), schema.pop("contentMediaType", None)
    if encoding in ("base64", "base64url"):
        schema.setdefault("type", "string")
        schema["format"] = "byte" if encoding == "base64" else "base64url"
    elif encoding is not None:
        conversion.lose(node.at("contentEncoding"), f"the encoding {encoding} is left out: 3.0 has base64 alone")
    elif media_type is not None:
        schema.setdefault("type", "string")
        schema.setdefault("format", "binary")
        if media_type != _BINARY:
            conversion.lose(node.at("contentMediaType"), f"{media_type} is left out: 3.0 says binary alone")


def _types_to_30(schema: Members) -> None:
    """Write a list of types with ``nullable`` and ``anyOf``: 3.0 has one type, and no ``null``."""
    types = schema.get("type")
    if types == "null":
        del schema["type"]
        schema |= {"nullable": True, "type": "string", "enum": [None]}
    if not isinstance(types, list):
        return
    del schema["type"]
    kinds = [kind for kind in types if kind != "null"]
    if len(kinds) == 1:
        schema["type"] = kinds[0]
    elif kinds:
        alternatives = [{"type": kind, **({"items": {}} if kind == "array" else {})} for kind in kinds]
        if "null" in types:
            alternatives = [{**alternative, "nullable": True} for alternative in alternatives]
        if "anyOf" in schema:
            schema["allOf"] = [*array(schema.get("allOf")), {"anyOf": alternatives}]
        else:
            schema["anyOf"] = alternatives
    if "null" in types and len(kinds) == 1:
        schema["nullable"] = True


def _replace(node: Node, value: Any) -> None:
    """Put another value in the place of a node, in the mapping or list that holds it."""
    if node.parent is None:
        return
    steps = node.pointer.removeprefix(node.parent.pointer).split("/")[1:]
    holder = node.parent.value
    for step in steps[:-1]:
        holder = holder[int(step)] if isinstance(holder, list) else holder[step.replace("~1", "/").replace("~0", "~")]
    last = steps[-1].replace("~1", "/").replace("~0", "~")
    holder[int(last) if isinstance(holder, list) else last] = value
