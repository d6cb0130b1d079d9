"""Links and callbacks: operations that are not there, parameters that they do not have, expressions to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import unquote

from openconnectors.engine.errors import closest
from openconnectors.engine.lint.openapi3.expressions import (
    Exchange,
    is_constant,
    is_valid,
    lacks_dollar,
    written,
)
from openconnectors.engine.lint.openapi3.versions import OPENAPI3
from openconnectors.engine.lint.rules import Context, Finding, Rule
from openconnectors.engine.lint.table import RULES, check
from openconnectors.engine.lint.tree import Node, Tree
from openconnectors.engine.lint.values import Judge
from openconnectors.engine.path_templates import variables

# fmt: off
RULES.add(
    Rule("link-target", "error", "link", versions=OPENAPI3,
         why="A link that names no operation, or one that is not there, cannot be followed (Link Object).",
         fix="Name one operation, by operationId or by operationRef."),
    Rule("link-parameter", "error", "link", members="parameters requestBody", versions=OPENAPI3,
         why="A value for a parameter that the operation of the link does not have cannot be passed (Link Object).",
         fix="Name a parameter of that operation, if need be with its location: path.id."),
    Rule("link-incomplete", "warning", "link", versions=OPENAPI3,
         why="The operation of a link refuses a call without a parameter that it requires, and whoever follows the "
             "link has no other source for its value (Link Object).",
         fix="Add the parameter, with an expression or a constant."),
    Rule("link-value", "warning", reported_by="link-parameter",
         why="A constant that the parameter's schema does not allow is refused when the link is followed.",
         fix="Write a value that the schema allows."),
    Rule("link-body", "warning", reported_by="link-parameter",
         why="An operation without a request body ignores the one that a link gives it (Link Object).",
         fix="Remove requestBody, or name another operation."),
    Rule("expression-parameter-undeclared", "error", "operation", members="responses callbacks", versions=OPENAPI3,
         why="Only declared parameters of the request can be evaluated (Runtime Expressions).",
         fix="Declare the parameter, or name a declared one."),
    Rule("expression-nothing", "warning", reported_by="expression-parameter-undeclared",
         why="An expression for something that the message does not have has no value (Runtime Expressions).",
         fix="Name what the document describes."),
    Rule("expression-constant", "warning", "link", versions=OPENAPI3,
         why="Without its dollar sign an expression is a constant text (Runtime Expressions).",
         fix="Write it with a dollar sign: $request.path.id."),
    Rule("callback-url", "warning", "callback", versions=OPENAPI3,
         why="The key of a callback is the URL that the service calls: an expression, or a text with expressions "
             "(Callback Object).",
         fix="Write an expression that gives the URL, such as {$request.body#/callbackUrl}."),
    Rule("callback-empty", "warning", "callback", versions=OPENAPI3,
         why="A callback without a URL is never called (Callback Object).",
         fix="Add the expression of its URL with a path item, or remove the callback."),
)
# fmt: on


@check("link-target")
def _target(node: Node, context: Context) -> Iterator[Finding]:
    if node.reference is not None:
        return
    reference = node.get("operationRef")
    if not node.has("operationId") and not node.has("operationRef"):
        if context.tree.version.startswith("3.0"):  # later ones have it in their JSON schema
            yield Finding(node.pointer, "the link names no operation", key=True)
    elif isinstance(reference, str) and "://" not in reference:
        operation = _referred(reference, node, context.tree)
        if operation is None or operation.kind != "operation":
            kind = "nothing" if operation is None else f"a {operation.kind.replace('-', ' ')}"
            yield Finding(node.at("operationRef"), f"{reference!r} leads to {kind}, not to an operation")


def _referred(reference: str, node: Node, tree: Tree) -> Node | None:
    """The node that an ``operationRef`` leads to, also through the ``$ref`` of a path item."""
    target = tree.find(reference, node.pointer)
    if target is None and reference.startswith("#/paths/"):
        above, _, method = unquote(reference[1:]).rpartition("/")
        item = tree.resolved(above)
        target = tree.nodes.get(item.at(method)) if item is not None else None
    return target


def _operation(link: Node, context: Context) -> Node | None:
    """The operation that a link names; None if there is none."""
    if isinstance(link.get("operationId"), str):
        return context.operations.get(link.get("operationId"))
    reference = link.get("operationRef")
    operation = _referred(reference, link, context.tree) if isinstance(reference, str) else None
    return operation if operation is not None and operation.kind == "operation" else None


def _links(operation: Node, context: Context) -> Iterator[tuple[Node, Node]]:
    """The links of an operation, resolved, each with the response that has it."""
    for response in context.tree.responses(operation).values():
        for name in response.mapping("links"):
            link = context.tree.resolved(response.at("links", name))
            if link is not None and isinstance(link.value, dict):
                yield link, response


@check("link-parameter")
def _parameter(node: Node, context: Context) -> Iterator[Finding]:
    operation = _operation(node, context)
    if operation is None:
        return
    parameters = {
        (str(parameter.get("in")), str(parameter.get("name"))): parameter
        for parameter in context.tree.parameters(operation)
    }
    for name, value in node.mapping("parameters").items():
        location, _, plain = str(name).partition(".")
        named = [parameter for key, parameter in parameters.items() if name == key[1] or key == (location, plain)]
        if not named:
            similar = closest(str(name), [key[1] for key in parameters])
            message = f"{_title(operation)} has no parameter {name!r}"
            yield Finding(node.at("parameters", name), message, key=True, suggestion=similar)
        elif not isinstance(value, str) or is_constant(value):
            yield from _constant(named, value, node.at("parameters", name), context)
    if node.has("requestBody") and not operation.has("requestBody"):
        message = f"{_title(operation)} has no request body"
        yield Finding(node.at("requestBody"), message, key=True, rule="link-body")


@check("link-incomplete")
def _incomplete(node: Node, context: Context) -> Iterator[Finding]:
    operation = _operation(node, context) if node.reference is None else None
    if operation is None:
        return
    # Whoever follows the link has the values of the call whose response has it.
    caller = node.above("operation")
    sent = context.tree.parameters(caller) if caller is not None else []
    passed = node.mapping("parameters").keys() | {f"{each.get('in')}.{each.get('name')}" for each in sent}
    for parameter in context.tree.parameters(operation):
        location, name = str(parameter.get("in")), str(parameter.get("name"))
        schema = context.tree.schema_of(parameter)
        has_default = schema is not None and schema.has("default")
        is_needed = parameter.get("required") is True and location in ("path", "query") and not has_default
        if is_needed and not passed & {name, f"{location}.{name}"}:
            message = f"{_title(operation)} requires the parameter {name!r}"
            yield Finding(node.at("parameters") if node.has("parameters") else node.pointer, message, key=True)


def _constant(parameters: list[Node], value: Any, at: str, context: Context) -> Iterator[Finding]:
    """A finding if none of the parameters takes a constant, as it is written or as the text that is sent."""
    judge = context.once(Judge)
    for parameter in parameters:
        schema = context.tree.schema_of(parameter)
        if schema is None or any(judge.violation(schema, form) is None for form in (value, *_forms(value))):
            return
    yield Finding(at, f"{parameters[0].get('name')!r} does not allow {value!r}", rule="link-value")


def _forms(value: Any) -> Iterator[Any]:
    """What a text can be once it is sent: the number or boolean that it spells."""
    for read in (int, float):
        with suppress(TypeError, ValueError):
            yield read(value)
    if value in ("true", "false"):
        yield value == "true"


def _title(operation: Node) -> str:
    path = operation.parent.name if operation.parent is not None else ""
    return str(operation.get("operationId") or f"{operation.name} {path}")


@check("expression-parameter-undeclared")
def _undeclared(node: Node, context: Context) -> Iterator[Finding]:
    if not context.tree["link"] and not context.tree["callback"]:
        return
    for link, response in _links(node, context):
        exchange = Exchange(context, node, [response])
        for at, value in _values(link):
            yield from _faults(exchange, value, at)
    for name in node.mapping("callbacks"):
        callback = context.tree.resolved(node.at("callbacks", name))
        if callback is not None and isinstance(callback.value, dict):
            responses = context.tree.responses(node)
            exchange = Exchange(context, node, [response for key, response in responses.items() if key[:1] in "2d"])
            for url in callback.value:
                yield from _faults(exchange, url, callback.at(url), key=True)


def _faults(exchange: Exchange, value: Any, at: str, key: bool = False) -> Iterator[Finding]:
    if isinstance(value, str):
        for fault in exchange.faults(value):
            yield Finding(at, fault.message, key, suggestion=fault.suggestion, rule=fault.rule)


@check("expression-invalid")
def _invalid(node: Node, context: Context) -> Iterator[Finding]:
    if node.reference is not None:
        return
    if node.kind == "callback":
        for url in node.value:
            unclosed = [text for text in written(url) if text.startswith("{")]
            for text in [*variables(url), *([url] if url.startswith("$") else []), *unclosed]:
                if not is_valid(text):
                    yield Finding(node.at(url), f"{text!r} is not a runtime expression", key=True)
        return
    for at, value in _values(node):
        for text in written(value) if isinstance(value, str) else ():
            if not is_valid(text):
                yield Finding(at, f"{text!r} is not a runtime expression")


def _values(link: Node) -> Iterator[tuple[str, Any]]:
    """The values that a link passes on, with their pointers."""
    for name, value in link.mapping("parameters").items():
        yield link.at("parameters", name), value
    if link.has("requestBody"):
        yield link.at("requestBody"), link.get("requestBody")


@check("expression-constant")
def _without_dollar(node: Node, context: Context) -> Iterator[Finding]:
    for at, value in _values(node):
        if isinstance(value, str) and lacks_dollar(value):
            yield Finding(at, f"{value!r} is a constant text", suggestion=f"${value}")


@check("callback-url")
def _url(node: Node, context: Context) -> Iterator[Finding]:
    for url in node.value if node.reference is None else ():
        if not (url.startswith(("x-", "{", "$", "/")) or "://" in url or written(url)):
            yield Finding(node.at(url), f"{url!r} is neither an expression nor a URL", key=True)


@check("callback-empty")
def _empty(node: Node, context: Context) -> Iterator[Finding]:
    if not any(not name.startswith("x-") for name in node.value):
        yield Finding(node.pointer, f"the callback {node.name!r} has no URL", key=True)
