"""Where policies read and write: paths into bodies that do not have such a property, and values that another policy
replaces.

Source: learn.microsoft.com, "Policy templates in custom connectors".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from openconnectors.engine.errors import Unsupported, closest
from openconnectors.engine.lint.dynamic_results import response_schema
from openconnectors.engine.lint.dynamic_values import properties_of
from openconnectors.engine.lint.extensions import is_internal
from openconnectors.engine.lint.policies import (
    NAMED,
    parameter_of,
    parameters_of,
    policies,
    policy_operations,
    section_of,
    template_of,
    text_of,
)
from openconnectors.engine.lint.properties import Place
from openconnectors.engine.lint.property_paths import follow
from openconnectors.engine.lint.rules import Context, Finding, Rule
from openconnectors.engine.lint.table import RULES
from openconnectors.engine.lint.table_properties import check
from openconnectors.engine.lint.tree import Node, mapping
from openconnectors.engine.policies.expressions import Step, template

# fmt: off
RULES.add(
    Rule("policy-property", "warning", "document",
         why="A path to a property that no body of the policy's operations has leads to nothing: nothing is changed.",
         fix="Name a property of the body, or of the response if the policy is for responses."),
    Rule("policy-entered", "warning", "document",
         why="A policy that sets a parameter of an operation whatever users enter makes them enter it in vain.",
         fix="Set it with the action skip, or make the parameter internal."),
    Rule("policy-overridden", "warning", "document",
         why="Of two policies that set the same value of the same requests, the later takes the place of the earlier.",
         fix="Keep one, or limit each to its operations."),
)
# fmt: on

_PATHS: Mapping[str, tuple[str, ...]] = {
    "setproperty": ("newPropertyParentPathTemplate", "propertyValuePathTemplate"),
    "convertarraytoobject": ("propertyParentPath",),
    "convertobjecttoarray": ("propertyParentPath",),
    "encodepropertyvalue": ("propertyParentPath",),
    "stringreplace": ("propertyParentPath",),
    "stringtoarray": ("propertyParentPath",),
    "moveproperties": ("srcParentPath", "dstParentPath"),
    "pollingtrigger": ("triggerDataPath",),
    "updatenextlink": ("nextLinkParentPropertyPath",),
}
"""The parameters of templates that lead to a property that is there."""
_OF_RESPONSES = ("pollingtrigger", "updatenextlink")
_NEW = ("newpropertysubpathtemplate", "newpropertypath", "dstsubpath", "childpropertyname")
"""Parameters that name what a policy adds to a body, in lower case."""


@check("policy-property")
def _property(node: Node, context: Context) -> Iterator[Finding]:
    for place in policies(context):
        for text in _path_texts(place):
            for steps in steps_of(text.value):
                missing = _missing(place, steps, context)
                if missing is not None:
                    message, suggestion = missing
                    yield text.finding(message, suggestion=suggestion)


def _path_texts(place: Place) -> Iterator[Place]:
    """The parameters of a policy that lead to a property that is there, and what a trigger is asked for next."""
    for name in _PATHS.get(template_of(place), ()):
        text = text_of(place, name)
        if text is not None:
            yield text
    if template_of(place) == "pollingtrigger":
        config = parameter_of(place, "triggerConfig")
        values = (config.below(str(name)) for name in mapping(config.value))
        yield from (value for value in values if isinstance(value.value, str))


def steps_of(text: str) -> Iterator[list[Step]]:
    """The paths into a body of the expressions of a text."""
    try:
        expressions = template(text).expressions
    except (Unsupported, ValueError):
        return  # policy-template
    yield from (list(each.steps) for each in expressions if each.root in ("body", "triggerbody"))


def path_text(steps: list[Step]) -> str:
    """A path as it is written: ``value[0].id``."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")


def _missing(place: Place, steps: list[Step], context: Context) -> tuple[str, str | None] | None:
    """Why a path leads to nothing in every body of a policy's operations, with what was probably meant; None if it may
    lead to something."""
    received = template_of(place) in _OF_RESPONSES or section_of(place) == "response"
    schemas = [body_of(operation, received, context) for operation in policy_operations(place, context)]
    if not steps or not schemas or steps[0] in context.once(added):
        return None
    known: set[str] = set()
    for schema in schemas:
        step = follow(schema, steps, context) if schema is not None else None
        if schema is None or not isinstance(step, str):
            return None
        known |= properties_of(schema, context)
    where = "response" if received else "request body"
    suggestion = closest(str(steps[0]), known) if steps[0] not in known else None
    return f"no {where} of this policy has {path_text(steps)!r}", suggestion


def body_of(operation: Node, received: bool, context: Context) -> Node | None:
    """The schema of what an operation sends or receives; None if nothing describes it."""
    if received:
        return response_schema(operation, context)
    body = next((each for each in context.tree.parameters(operation) if each.get("in") == "body"), None)
    return context.tree.schema_of(body) if body is not None else None


def added(context: Context) -> frozenset[str]:
    """The names of properties that policies add to bodies."""
    texts = [
        str(value)
        for place in policies(context)
        for name, value in parameters_of(place).items()
        if name.lower().removeprefix(NAMED) in _NEW
    ]
    return frozenset(step for text in texts for step in text.replace("[", ".").replace("]", "").split("."))


_WHOLE: Mapping[str, str] = {"dynamichosturl": "urlTemplate", "routerequesttoendpoint": "newPath"}
"""Templates that set one thing of a request, with the parameter for it."""


@check("policy-overridden")
def _overridden(node: Node, context: Context) -> Iterator[Finding]:
    earlier: dict[tuple[str, str, str], list[tuple[set[str], Place]]] = {}
    for place in policies(context):
        kind = template_of(place)
        if kind == "setvaluefromurl":  # asks for a value at a host of its own, between two that are set
            asking = {operation.pointer for operation in policy_operations(place, context)}
            for key, uses in earlier.items():
                left = [(known if key[0] in _WHOLE else known - asking, other) for known, other in uses]
                earlier[key] = [(known, other) for known, other in left if known and not known & asking]
        at = text_of(place, _WHOLE.get(kind, "name"))
        if at is None or kind not in ("setheader", "setqueryparameter", *_WHOLE):
            continue
        action = text_of(place, "existsAction")
        operations = {operation.pointer for operation in policy_operations(place, context)}
        same = earlier.setdefault((kind, section_of(place), "" if kind in _WHOLE else at.value.strip().lower()), [])
        text = text_of(place, "value")
        reads = text is not None and kind not in _WHOLE and _reads(text.value, kind, at.value)
        overrides = not reads and (action is None or action.value.lower() == "override")
        differs = [
            other for known, other in same if known & operations and parameters_of(other) != parameters_of(place)
        ]
        if kind in _WHOLE:  # one for all, and another for some of them, is meant
            differs = [other for known, other in same if known == operations and other in differs]
        if overrides and differs:
            what = repr(at.value) if kind not in _WHOLE else "it"
            yield at.finding(f"an earlier policy sets {what} of the same requests")
        same.append((operations, place))


def _reads(text: str, kind: str, name: str) -> bool:
    """Return True if the value that a policy sets is made of the one before it."""
    root = "headers" if kind == "setheader" else "queryparameters"
    try:
        expressions = template(text).expressions
    except (Unsupported, ValueError):
        return False  # policy-template
    return any(each.root == root and each.name.lower() == name.strip().lower() for each in expressions)


@check("policy-entered")
def _entered(node: Node, context: Context) -> Iterator[Finding]:
    for place in policies(context):
        kind, name, text = template_of(place), text_of(place, "name"), text_of(place, "value")
        action = text_of(place, "existsAction")
        is_set = name is not None and (action is None or action.value.lower() == "override")
        if kind not in _LOCATIONS or not is_set or section_of(place) != "request":
            continue
        if name is None or (text is not None and _reads(text.value, kind, name.value)):
            continue
        for operation in policy_operations(place, context):
            for parameter in context.tree.parameters(operation):
                if parameter.get("in") != _LOCATIONS[kind] or is_internal(parameter) or is_internal(operation):
                    continue
                if str(parameter.get("name")).lower() == name.value.strip().lower():
                    message = f"whatever users enter for {parameter.get('name')!r} is replaced"
                    yield name.finding(f"{message} in {operation.get('operationId')}")


_LOCATIONS = {"setheader": "header", "setqueryparameter": "query"}
"""Where the parameters are that a template sets."""
