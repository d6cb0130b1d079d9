"""What policies work on: values of the right type at the ends of their paths, bodies that requests have, URLs and
parameters that are there.

Source: learn.microsoft.com, "Policy templates in custom connectors".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from openconnectors.engine.deferred import pattern
from openconnectors.engine.errors import Unsupported, closest
from openconnectors.engine.lint.connection_parameters import choices
from openconnectors.engine.lint.dynamic_values import properties_of
from openconnectors.engine.lint.policies import (
    parameter_of,
    policies,
    policy_operations,
    section_of,
    template_of,
    text_of,
)
from openconnectors.engine.lint.policy_paths import added, body_of, steps_of
from openconnectors.engine.lint.properties import Place, connection_parameters
from openconnectors.engine.lint.property_paths import follow, is_bare
from openconnectors.engine.lint.rules import Context, Finding, Rule
from openconnectors.engine.lint.table import RULES
from openconnectors.engine.lint.table_properties import check
from openconnectors.engine.lint.tree import Node, array, mapping
from openconnectors.engine.policies.expressions import Step, template

# fmt: off
RULES.add(
    Rule("policy-type", "warning", "document",
         why="A template works on values of one type: on another one it does nothing, or the call fails.",
         fix="Name a property of the type, or use another template."),
    Rule("policy-poll", "warning", "document",
         why="A trigger of the kind batch starts a flow for each event of a list.",
         fix="Name the list, or make the trigger single."),
    Rule("policy-key", "warning", "document",
         why="The items of the list are put into an object by this property, which they do not have.",
         fix="Name a property of the items."),
    Rule("policy-body", "warning", "document",
         why="A request without a body has no properties to read or to set.",
         fix="Name operations with a body, or the section Response."),
    Rule("policy-bare", "warning", "document",
         why="A path begins with @; without it, it is text.",
         fix="Write it with @ before it: @body()."),
    Rule("policy-query", "info", "document",
         why="What a trigger is asked for next is sent in a query parameter, which the operation does not have.",
         fix="Name a query parameter of the operation, or declare it there."),
    Rule("policy-host-variable", "warning", reported_by="policy-host",
         why="A host has no variables in braces: they are sent as they are written.",
         fix="Write @connectionParameters('name') in its place."),
    Rule("policy-host-scheme", "warning", reported_by="policy-host",
         why="A host without https before it is no URL: no request can be sent.",
         fix="Write https:// before the expression, or give the connection parameter values with it."),
    Rule("policy-host", "error", "document",
         why="The value of a connection parameter, a header or a query parameter is a text, which has no members.",
         fix="Write https:// before it if it is a part of the host, or {@...} around it."),
)
# fmt: on


_WORKS_ON: Mapping[str, str] = {
    "convertobjecttoarray": "object",
    "convertarraytoobject": "array",
    "stringtoarray": "string",
    "stringreplace": "string",
}
"""The type of the values that a template works on, by the template."""


@check("policy-type")
def _type(node: Node, context: Context) -> Iterator[Finding]:
    for place in policies(context):
        expected = _WORKS_ON.get(template_of(place))
        parent = text_of(place, "propertyParentPath") if expected is not None else None
        if parent is None or expected is None:
            continue
        received = section_of(place) != "request"
        schemas = [body_of(operation, received, context) for operation in policy_operations(place, context)]
        inner = _inner(place)
        for steps in steps_of(parent.value):
            if (steps or inner) and not {*steps, *inner} & context.once(added):
                at = text_of(place, "propertySubPath") if inner else parent
                described = received and _describes(schemas, place, context)
                yield from _ends(place, at, _reached(schemas, steps, inner, context), expected, described)


@check("policy-poll")
def _poll(node: Node, context: Context) -> Iterator[Finding]:
    for place in policies(context):
        path = text_of(place, "triggerDataPath") if template_of(place) == "pollingtrigger" else None
        for steps in steps_of(path.value) if path is not None else ():
            for operation in policy_operations(place, context):
                schema = body_of(operation, True, context)
                end = follow(schema, steps, context) if schema is not None else None
                kind = end.get("type") if isinstance(end, Node) else None
                if path is not None and kind in _NO_LISTS and operation.get("x-ms-trigger") == "batch":
                    yield path.finding(f"a trigger of the kind batch has a list of events, not {kind}")
                    break


_NO_LISTS = ("string", "integer", "number", "boolean", "object")


def _inner(place: Place) -> list[str]:
    """The steps of a policy's path below the parent; none if there is no such path."""
    text = text_of(place, "propertySubPath")
    return [] if text is None or text.value in ("", "null") else re.findall(r"[^.\[\]'/]+", text.value)


def _reached(schemas: list[Node | None], steps: list[Step], inner: list[str], context: Context) -> list[Node | str]:
    """The schemas at a path in each of the bodies, and in the items if a list is there; the step that does not exist.
    Nothing if a body is not fully described."""
    reached: list[Node | str] = []
    for schema in schemas:
        parent = follow(schema, steps, context) if schema is not None else None
        if isinstance(parent, Node) and parent.get("type") == "array" and inner:
            items = context.tree.nodes.get(parent.at("items"))
            parent = context.tree.resolve(items) if items is not None else None
        end = follow(parent, inner, context) if isinstance(parent, Node) else parent
        if end is None:
            return []
        reached.append(end)
    return reached


def _describes(schemas: list[Node | None], place: Place, context: Context) -> bool:
    """Return True if a definition describes a response as a policy leaves it: with the new property."""
    new = text_of(place, "newPropertyPath")
    name = re.split(r"[^\w$-]+", new.value.strip(" ]'"))[-1] if new is not None else ""
    return any(schema is not None and name in properties_of(schema, context) for schema in schemas)


def _ends(
    place: Place, at: Place | None, reached: list[Node | str], expected: str, described: bool
) -> Iterator[Finding]:
    """What is wrong with the ends of a path: nothing is there, unless a body is described as it is afterwards; or a
    value of another type in every body."""
    if at is None or not reached:
        return
    if all(isinstance(end, str) for end in reached):
        if at.name.lower().endswith("propertysubpath") and not described:  # policy-property reports the other paths
            yield at.finding(f"no body of this policy has {reached[0]!r}", rule="policy-property")
        return
    kinds = {end.get("type") for end in reached if isinstance(end, Node) and isinstance(end.get("type"), str)}
    kind = kinds.pop() if len(kinds) == 1 else None
    if isinstance(kind, str) and kind != expected:
        yield at.finding(f"{place.value.get('templateId')} works on values of the type {expected}, not {kind}")


@check("policy-key")
def _key(node: Node, context: Context) -> Iterator[Finding]:
    for place in policies(context):
        key = text_of(place, "keyWithinCollectionPath") if template_of(place) == "convertarraytoobject" else None
        if key is None or not re.fullmatch(r"[\w$-]+", key.value) or key.value in context.once(added):
            continue
        for items in _items(place, context):
            known = properties_of(items, context)
            if key.value not in known and not is_bare(items) and not items.get("additionalProperties"):
                message = f"the items of this policy's list have no property {key.value!r}"
                yield key.finding(message, suggestion=closest(key.value, known))
                break


def _items(place: Place, context: Context) -> Iterator[Node]:
    """The schemas of the items of the lists that a policy works on."""
    parent = text_of(place, "propertyParentPath")
    for operation in policy_operations(place, context):
        schema = body_of(operation, section_of(place) != "request", context)
        for steps in steps_of(parent.value) if parent is not None and schema is not None else ():
            for end in _reached([schema], steps, _inner(place), context):
                items = context.tree.nodes.get(end.at("items")) if isinstance(end, Node) else None
                resolved = context.tree.resolve(items) if items is not None else None
                if resolved is not None:
                    yield resolved


_BODILESS = ("get", "head", "delete")
_TAKES_BODY = ("setproperty", "stringtoarray", "stringreplace", "convertarraytoobject", "convertobjecttoarray")
_WITH_BODY = ("post", "put", "patch")


@check("policy-body")
def _body(node: Node, context: Context) -> Iterator[Finding]:
    routed = context.once(_routed)
    for place in policies(context):
        if template_of(place) not in _TAKES_BODY or section_of(place) != "request":
            continue
        names = place.below("parameters").below("x-ms-apimTemplate-operationName")
        for index, name in enumerate(array(names.value)):
            operation = context.operations.get(str(name))
            if operation is None or operation.name not in _BODILESS or str(name) in routed:
                continue
            if not any(sent.get("in") in ("body", "formData") for sent in context.tree.parameters(operation)):
                yield names.below(index).finding(f"the requests of {name!r} have no body")


def _routed(context: Context) -> frozenset[str]:
    """The operations that a policy sends with another method, which may have a body."""
    return frozenset(
        str(operation.get("operationId"))
        for place in policies(context)
        if (method := text_of(place, "httpMethod")) is not None and method.value.lower() in _WITH_BODY
        for operation in policy_operations(place, context)
    )


_PATHS = (
    *("newPropertyParentPathTemplate", "propertyParentPath", "newPropertyPath", "triggerDataPath"),
    *("parameterValuePathTemplate", "nextLinkParentPropertyPath"),
)
_BARE = pattern(r"(?i)\s*(triggerbody|body|item)\(\)")


@check("policy-bare")
def _bare(node: Node, context: Context) -> Iterator[Finding]:
    for place in policies(context):
        for name in _PATHS:
            text = text_of(place, name)
            if text is not None and _BARE.match(text.value):
                yield text.finding(f"{text.value!r} has no @ before it", suggestion=f"@{text.value.strip()}")


@check("policy-query")
def _query(node: Node, context: Context) -> Iterator[Finding]:
    for place in policies(context):
        config = parameter_of(place, "triggerConfig")
        names = [str(name) for name in mapping(config.value) if not str(name).lower().startswith("x-ms-")]
        operations = policy_operations(place, context) if names else []
        sent = [str(item.get("name")) for each in operations for item in context.tree.parameters(each)]
        for name in names if operations else ():
            if name not in sent:
                message = f"no trigger of this policy has a query parameter {name!r}"
                yield config.below(name).finding(message, key=True, suggestion=closest(name, sent))


_VARIABLE = pattern(r"(?<![@{])\{[A-Za-z]\w*\}(?!\})")
_URL = pattern(r"\s*(/|https://[^\s/]|\{?@|\{)")


@check("policy-host")
def _host(node: Node, context: Context) -> Iterator[Finding]:
    for place in policies(context):
        text = text_of(place, "urlTemplate")
        stepped = False
        for root, steps in _roots(text.value) if text is not None and text.value.lstrip().startswith("@") else ():
            if text is not None and root in ("connectionparameters", "headers", "queryparameters") and steps:
                yield text.finding(f"{root} is a text, which has no {'.'.join(map(str, steps))!r}")
                stepped = True
        if text is not None and not stepped:
            yield from _without_scheme(text, context)
        name = _VARIABLE.search(text.value) if text is not None else None
        if text is not None and name is not None:
            yield text.finding(f"nothing fills {name[0]}", rule="policy-host-variable")
        url = text_of(place, "parameterValueUrl")
        if url is not None and url.value.strip() and not _URL.match(url.value):
            message = f"{url.value!r} is no URL with https, and no path that begins with '/'"
            yield url.finding(message, rule="policy-url")


_FIRST = pattern(r"\s*\{?@\{?connectionParameters\(\s*'([^']*)'[^)]*\)\}?(.*)", re.IGNORECASE)
"""A connection parameter at the beginning of a URL, and what is after it."""


def _without_scheme(text: Place, context: Context) -> Iterator[Finding]:
    """A finding if a URL begins with a connection parameter without a scheme: by its values, or as a part of a host."""
    first = _FIRST.match(text.value)
    if first is None or "://" in first[0][: first.start(2)]:
        return
    named = [place for place in connection_parameters(context) if place.name.lower() == first[1].lower()]
    values = [str(mapping(choice).get("value")) for place in named for _, choice in choices(place)]
    values += [
        str(mapping(place.value).get("defaultValue")) for place in named if "defaultValue" in mapping(place.value)
    ]
    if values and not any("://" in value for value in values):
        yield text.finding(f"no value of {first[1]!r} begins with https://", rule="policy-host-scheme")
    elif not values and re.match(r"[.\w-]", first[2]):
        message = f"the host begins with {first[1]!r}, and no https:// is before it"
        yield text.finding(message, rule="policy-host-scheme")


def _roots(text: str) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """What the expressions of a text begin with, and the steps after it."""
    try:
        expressions = template(text).expressions
    except (Unsupported, ValueError):
        return  # policy-template
    yield from ((expression.root, tuple(expression.steps)) for expression in expressions)
