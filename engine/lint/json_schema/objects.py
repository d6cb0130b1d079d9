"""Properties of objects: required without being allowed, named by keywords without being described."""

from __future__ import annotations

from collections.abc import Iterator

from openconnectors.engine.errors import closest
from openconnectors.engine.lint.rules import Context, Finding, Rule
from openconnectors.engine.lint.schema_facts import allows, in_words, is_closed, is_number, types_of
from openconnectors.engine.lint.schemas import all_properties
from openconnectors.engine.lint.table import RULES, check
from openconnectors.engine.lint.tree import Node, array, mapping

# fmt: off
RULES.add(
    Rule("required-excluded", "error", "schema", members="required",
         why="An object that must have a property that it must not have does not exist.",
         fix="Describe the property, or do not require it."),
    Rule("property-excluded", "warning", "schema", members="propertyNames", versions="3.1 3.2",
         why="A property whose name propertyNames does not allow can never be sent.",
         fix="Correct the name, or propertyNames."),
    Rule("property-names-type", "warning", "schema", members="propertyNames", versions="3.1 3.2",
         why="Names of properties are texts (JSON Schema 2020-12 core 10.3.2.4): a schema that allows none leaves "
             "the empty object.",
         fix="Remove the type, or write string."),
    Rule("dependent-unknown", "warning", "schema", members="dependentRequired dependentSchemas", versions="3.1 3.2",
         why="A condition on a property that is not described never holds, or its name is misspelled.",
         fix="Correct the name, or describe the property."),
)
# fmt: on


@check("required-excluded")
def _required_excluded(node: Node, context: Context) -> Iterator[Finding]:
    for index, name in enumerate(node.array("required")):
        if not isinstance(name, str):
            continue
        if is_closed(node.value) and not allows(node.value, name):
            suggestion = closest(name, node.mapping("properties"))
            message = f"{name!r} is required, but additionalProperties: false refuses it"
            yield Finding(node.at("required", index), message, suggestion=suggestion)
        elif node.mapping("properties").get(name) is False:
            yield Finding(node.at("required", index), f"{name!r} is required, but its schema allows no value")
        elif not _is_name(node, name):
            yield Finding(node.at("required", index), f"{name!r} is required, but propertyNames refuses it")


def _is_name(node: Node, name: str) -> bool:
    """Return False for a name of a property that ``propertyNames`` refuses for its length or by its values."""
    names = mapping(node.get("propertyNames"))
    least, most, values = names.get("minLength", 0), names.get("maxLength", len(name)), names.get("enum")
    within = not (is_number(least) and len(name) < least) and not (is_number(most) and len(name) > most)
    return within and (not isinstance(values, list) or name in values)


@check("property-excluded")
def _property_excluded(node: Node, context: Context) -> Iterator[Finding]:
    for name in node.mapping("properties"):
        if not _is_name(node, name):
            yield Finding(node.at("properties", name), f"propertyNames refuses the property {name!r}", key=True)


@check("property-names-type")
def _names_type(node: Node, context: Context) -> Iterator[Finding]:
    names = context.tree.resolved(node.at("propertyNames"))
    types = types_of(names.value) if names is not None and isinstance(names.value, dict) else frozenset()
    if types and "string" not in types:
        at = node.at("propertyNames", "type") if "type" in node.mapping("propertyNames") else node.at("propertyNames")
        yield Finding(at, f"no name of a property is of type {in_words(types)}")


@check("dependent-unknown")
def _dependent_unknown(node: Node, context: Context) -> Iterator[Finding]:
    if not isinstance(node.get("properties"), dict) or node.get("additionalProperties"):
        return
    properties = all_properties(node, context, set())
    if properties is None:
        return
    for keyword in ("dependentRequired", "dependentSchemas"):
        for name, needed in node.mapping(keyword).items():
            if name not in properties:
                message = f"{keyword} names {name!r}, which is not a property"
                yield Finding(node.at(keyword, name), message, True, suggestion=closest(name, properties))
            for index, other in enumerate(array(needed)):
                if isinstance(other, str) and other not in properties:
                    message = f"{other!r} is required beside {name!r} but not a property"
                    suggestion = closest(other, properties)
                    yield Finding(node.at(keyword, name, index), message, suggestion=suggestion)
