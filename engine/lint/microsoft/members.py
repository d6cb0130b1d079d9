"""Members of Microsoft's extensions that say nothing together, or not what the rest of the document says; and texts of
properties by which nobody can choose.

Sources: "OpenAPI extensions for custom connectors", "Operational versioning", "Implement test connection", "Prepare
connector files for certification" (learn.microsoft.com/connectors/custom-connectors).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date

from openconnectors.engine.deferred import pattern
from openconnectors.engine.errors import closest
from openconnectors.engine.lint import rules
from openconnectors.engine.lint.dynamic_results import response_schema, steps_of
from openconnectors.engine.lint.dynamic_values import Call, argument_names, missing_arguments, properties_of
from openconnectors.engine.lint.extensions import is_internal
from openconnectors.engine.lint.microsoft.table import Rule, check
from openconnectors.engine.lint.microsoft.texts import TITLES
from openconnectors.engine.lint.property_paths import follow
from openconnectors.engine.lint.rules import Context, Finding
from openconnectors.engine.lint.table import RULES
from openconnectors.engine.lint.tree import Node, mapping
from openconnectors.engine.lint.triggers import is_webhook
from openconnectors.engine.lint.uses import is_only_received

_DYNAMIC_SCHEMAS = ("x-ms-dynamic-schema", "x-ms-dynamic-properties")

# fmt: off
RULES.add(
    # In every profile
    rules.Rule("trigger-mode", "warning", "operation", members="x-ms-trigger-metadata",
         why="A trigger with x-ms-notification-content is called by the service; any other one polls.",
         fix="Write webhook for the one, polling for the other."),
    rules.Rule("tree-choice", "warning", "parameter schema items", members="x-ms-dynamic-tree",
         why="A tree of which neither the parents nor the leaves can be selected offers nothing.",
         fix="Let canSelectParentNodes or canSelectLeafNodes be true."),
    rules.Rule("dynamic-schema-type", "warning", "schema", members=" ".join(_DYNAMIC_SCHEMAS),
         why="A dynamic schema describes the properties of an object.",
         fix="Write the type object, or remove the extension."),
    rules.Rule("test-reference", "error", "document", members="x-ms-capabilities",
         why="A connection is tested with fixed values: there is no operation whose parameters could be passed on.",
         fix="Write the value itself."),
    rules.Rule("picker-property", "warning", "document", members="x-ms-capabilities",
         why="Files and folders are shown by properties of the items that the operation returns.",
         fix="Name a property of the items."),
    rules.Rule("simulation-parameter", "warning", "operation", members="x-ms-operation-context x-ms-notification",
         why="The operation is called with these values for its parameters, to try a trigger out or to subscribe.",
         fix="Name the parameters of the operation, and all that it requires."),
    rules.Rule("annotation-revision", "warning", "operation", members="x-ms-api-annotation",
         why="Revisions are counted from 1, which is also what an operation without one has.",
         fix="Write 1 for the first revision."),
    rules.Rule("annotation-expiry", "warning", "operation", members="x-ms-api-annotation",
         why="A deprecated operation may say until when it is supported, as a date (ISO 8601).",
         fix="Write a date such as 2030-12-31, at a deprecated operation."),
    rules.Rule("annotation-connector", "warning", "document info", members="x-ms-api-annotation",
         why="A connector as a whole has a status; family, revision and replacement are of operations.",
         fix="Move the member to the operation."),
    rules.Rule("manifest-contact", "warning", "document", members="x-ms-openai-manifest",
         why="Users of an assistant find the publisher by this address.",
         fix="Write an address of electronic mail, or the absolute URL of a page."),
    rules.Rule("manifest-empty", "warning", reported_by="manifest-contact",
         why="An assistant is told by these texts what the connector is, and when to call it.",
         fix="Write the text."),
    rules.Rule("deployment-version", "warning", "info document", members="x-ms-deployment-version",
         why="Microsoft's JSON schema of definitions has numbers with dots between them.",
         fix="Write numbers, such as 1.0.0."),
    rules.Rule("parameter-blank", "warning", "parameter", members="name",
         why="A name that begins or ends with a blank is sent with it, and hardly any service has such a parameter.",
         fix="Remove the blank."),
    # For certification
    Rule("title-of-property-repeated", "warning", "schema", members="properties",
         why="Users tell the properties of a request or a response apart by their titles.",
         fix="Choose another title."),
    Rule("title-of-response-missing", "info", "schema", members="properties",
         why="Users see the titles of properties; most of this object have one.",
         fix="Add x-ms-summary."),
    Rule("text-of-response-missing", "info", reported_by="title-of-response-missing",
         why="Users see the descriptions of properties; most of this object have one.",
         fix="Add the description."),
    Rule("title-of-property-case", "info", reported_by="title-of-response-missing",
         why="The title of a property is written in title case, as most of this object are.",
         fix="Begin with a capital letter."),
    Rule("text-end-of-property", "info", reported_by="title-of-response-missing",
         why="The description of a property ends with a full stop, as most of this object do.",
         fix="Write a sentence with a full stop."),
    Rule("property-empty", "info", "schema", members="properties",
         why="Properties without any schema are removed, unless they are required: users can do nothing with them.",
         fix="Describe the property, or remove it."),
    Rule("title-code", "warning", "operation parameter schema", members="summary x-ms-summary",
         why="A name as programs have it is not translated, and is no sentence for users.",
         fix="Write words, with blanks between them."),
    Rule("contact-page", "warning", "info", members="contact",
         why="The contact has the URL of the page of the support, beside its address of electronic mail.",
         fix="Write the URL of a page, starting with https://."),
    Rule("operations-missing", "warning", "document", members="paths",
         why="A connector without operations does nothing.",
         fix="Add the operations."),
)
# fmt: on


# What every reader sees


@check("trigger-mode")
def _mode(node: Node, context: Context) -> Iterator[Finding]:
    mode = str(node.mapping("x-ms-trigger-metadata").get("mode")).lower()
    at = node.at("x-ms-trigger-metadata", "mode")
    if node.get("x-ms-trigger") and mode == "webhook" and not is_webhook(node):
        yield Finding(at, f"{node.get('operationId')} is no webhook: its path has no x-ms-notification-content")
    elif node.get("x-ms-trigger") and mode == "polling" and is_webhook(node):
        yield Finding(at, f"{node.get('operationId')} is a webhook, and does not poll")


@check("tree-choice")
def _choice(node: Node, context: Context) -> Iterator[Finding]:
    settings = mapping(node.mapping("x-ms-dynamic-tree").get("settings"))
    if settings.get("canSelectParentNodes") is False and settings.get("canSelectLeafNodes") is False:
        yield Finding(node.at("x-ms-dynamic-tree", "settings"), "nothing of the tree can be selected", key=True)


@check("dynamic-schema-type")
def _type(node: Node, context: Context) -> Iterator[Finding]:
    if node.get("type") in ("string", "integer", "number", "boolean", "file"):
        name = next(name for name in _DYNAMIC_SCHEMAS if node.has(name))
        yield Finding(node.at("type"), f"{name} beside the type {node.get('type')}")


@check("test-reference")
def _reference(node: Node, context: Context) -> Iterator[Finding]:
    test = mapping(node.mapping("x-ms-capabilities").get("testConnection"))
    for name, value in mapping(test.get("parameters")).items():
        if any(kind in mapping(value) for kind in ("parameter", "parameterReference")):
            at = node.at("x-ms-capabilities", "testConnection", "parameters", name)
            yield Finding(at, f"the value of {name!r} is taken from a parameter, and there is none")


@check("picker-property")
def _picker(node: Node, context: Context) -> Iterator[Finding]:
    picker = mapping(node.mapping("x-ms-capabilities").get("file-picker"))
    opened = context.operations.get(str(mapping(picker.get("open")).get("operationId")))
    schema = response_schema(opened, context)
    above = node.at("x-ms-capabilities", "file-picker")
    if schema is None or opened is None:
        return
    name = opened.get("operationId")
    target = follow(schema, steps_of(picker, "value-collection"), context)
    if isinstance(target, str):
        suggestion = closest(target, properties_of(schema, context))
        message = f"the response of {name} has no property {target!r}"
        yield Finding(f"{above}/value-collection", message, suggestion=suggestion)
    items = context.tree.resolved(target.at("items")) if isinstance(target, Node) else None
    for member in _PICKED if items is not None else ():
        steps = steps_of(picker, member)
        if items is not None and steps and isinstance(follow(items, steps, context), str):
            message = f"the items of {name} have no property {'/'.join(steps)!r}"
            yield Finding(f"{above}/{member}", message, suggestion=closest(steps[0], properties_of(items, context)))
    browsed = Call(f"{above}/browse", "file-picker", mapping(picker.get("browse")))
    for argument in browsed.arguments() if items is not None else ():
        path = argument.value if argument.kind == "value-property" else None
        if isinstance(path, str) and items is not None and isinstance(follow(items, [path], context), str):
            message = f"the items of {name} have no property {path!r}"
            suggestion = closest(path, properties_of(items, context))
            yield Finding(f"{argument.pointer}/{argument.kind}", message, suggestion=suggestion)


_PICKED = ("value-path", "value-title", "value-folder-property", "value-media-property")


@check("simulation-parameter")
def _simulation(node: Node, context: Context) -> Iterator[Finding]:
    simulated = mapping(node.mapping("x-ms-operation-context").get("simulate"))
    subscribing = node.mapping("x-ms-notification")
    yield from _arguments(Call(node.at("x-ms-operation-context", "simulate"), "simulate", simulated), context)
    if "parameters" in subscribing:  # without, the parameters of the same name are passed on
        yield from _arguments(Call(node.at("x-ms-notification"), "x-ms-notification", subscribing), context)


def _arguments(call: Call, context: Context) -> Iterator[Finding]:
    """What is wrong with the names of a call's arguments."""
    operation = call.operation(context)
    if operation is None:
        return
    known = argument_names(operation, context)
    for argument in call.arguments():
        if argument.name.rpartition("/")[2] not in known:
            message = f"{call.called} has no parameter {argument.name!r}"
            yield Finding(argument.pointer, message, key=True, suggestion=closest(argument.name, known))
    for name in missing_arguments(call, context) if call.name == "simulate" else ():
        yield Finding(call.pointer, f"{call.called} requires the parameter {name!r}", key=True)


_ANNOTATION = "x-ms-api-annotation"


@check("annotation-revision")
def _revision(node: Node, context: Context) -> Iterator[Finding]:
    revision = node.mapping(_ANNOTATION).get("revision")
    if revision == 0 and revision is not False:
        yield Finding(node.at(_ANNOTATION, "revision"), "the revision is 0: the first is 1")


@check("annotation-expiry")
def _expiry(node: Node, context: Context) -> Iterator[Finding]:
    expires = node.mapping(_ANNOTATION).get("expires")
    if isinstance(expires, str) and not _is_date(expires):
        yield Finding(node.at(_ANNOTATION, "expires"), f"{expires!r} is no date")
    elif isinstance(expires, str) and node.get("deprecated") is not True:
        yield Finding(node.at(_ANNOTATION, "expires"), "the operation expires, but is not deprecated", key=True)


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(re.split(r"[T ]", text, maxsplit=1)[0])
    except ValueError:
        return False
    return True


@check("annotation-connector")
def _of_connector(node: Node, context: Context) -> Iterator[Finding]:
    for name in node.mapping(_ANNOTATION):
        if name in ("family", "revision", "replacement", "expires"):
            yield Finding(node.at(_ANNOTATION, name), f"{name!r} of the connector as a whole has no effect", key=True)


@check("manifest-contact")
def _contact(node: Node, context: Context) -> Iterator[Finding]:
    for name, form, what in _ADDRESSES:
        value = node.mapping("x-ms-openai-manifest").get(name)
        if isinstance(value, str) and not re.fullmatch(form, value):
            yield Finding(node.at("x-ms-openai-manifest", name), f"{value!r} is {what}")

    for name in ("humanName", "modelDescription"):
        value = node.mapping("x-ms-openai-manifest").get(name)
        if isinstance(value, str) and not value.strip():
            yield Finding(node.at("x-ms-openai-manifest", name), f"the {name} is empty", rule="manifest-empty")


@check("deployment-version")
def _version(node: Node, context: Context) -> Iterator[Finding]:
    version = node.get("x-ms-deployment-version")
    if isinstance(version, str) and not re.fullmatch(r"\d+(\.\d+)+", version):
        yield Finding(node.at("x-ms-deployment-version"), f"{version!r} is no version of numbers, such as 1.0.0")


_ADDRESSES = (
    ("contactEmail", r"[^\s@]+@[^\s@]+\.[^\s@]+", "no address of electronic mail"),
    ("legalUrl", r"https?://\S+", "not the absolute URL of a page"),
    ("logoUrl", r"https?://\S+", "not the absolute URL of an image"),
)


@check("parameter-blank")
def _blank(node: Node, context: Context) -> Iterator[Finding]:
    name = node.get("name")
    if isinstance(name, str) and name.strip() and name != name.strip():
        yield Finding(node.at("name"), f"the name {name!r} begins or ends with a blank")


# What certification asks for


@check("title-of-property-repeated")
def _title_repeated(node: Node, context: Context) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for name, value in node.mapping("properties").items():
        title = value.get("x-ms-summary") if isinstance(value, Mapping) else None
        if not isinstance(title, str) or not title.strip() or _is_hidden(value):
            continue
        other = seen.setdefault(title.strip().lower(), name)
        if other != name:
            message = f"the property {other!r} has the title {title!r}, too"
            yield Finding(node.at("properties", name, "x-ms-summary"), message)


def _is_hidden(value: Mapping[str, object]) -> bool:
    return str(value.get("x-ms-visibility", "")).lower() == "internal"


@check("title-of-response-missing")
def _untitled(node: Node, context: Context) -> Iterator[Finding]:
    if len(node.mapping("properties")) <= _FEWEST:
        return
    members = {
        name: value
        for name, value in node.mapping("properties").items()
        if isinstance(value, Mapping) and "$ref" not in value and not _is_hidden(value)
    }
    titles = {name: value for name, value in members.items() if _text(value, "x-ms-summary")}
    texts = {name: _text(value, "description") for name, value in members.items() if _text(value, "description")}
    untitled = [name for name, value in members.items() if not any(key in value for key in ("x-ms-summary", "title"))]
    undescribed = [name for name, value in members.items() if "description" not in value]
    untitled = untitled if len(titles) >= _FEWEST and 2 * len(titles) >= len(members) else []
    undescribed = undescribed if _are_most(len(texts), len(members)) else []
    if (untitled or undescribed) and is_only_received(node, context):
        for name in untitled:
            yield Finding(node.at("properties", name), f"the property {name!r} has no x-ms-summary", key=True)
        for name in undescribed:
            message = f"the property {name!r} has no description"
            at = node.at("properties", name)
            yield Finding(at, message, key=True, rule="text-of-response-missing")
    yield from _forms(node, {name: _text(value, "x-ms-summary") for name, value in titles.items()}, texts)


def _forms(node: Node, titles: Mapping[str, str], texts: Mapping[str, str]) -> Iterator[Finding]:
    """Findings about titles and descriptions that are not written as most of the same object are."""
    small = [name for name, title in titles.items() if title.split()[0].isalpha() and title.split()[0].islower()]
    if _are_most(len(titles) - len(small), len(titles)):
        for name in small:
            at, message = node.at("properties", name, "x-ms-summary"), f"{titles[name]!r} does not have its case"
            yield Finding(at, message, rule="title-of-property-case")
    sentences = {name: text for name, text in texts.items() if len(text.split()) > 1}
    open_ended = [name for name, text in sentences.items() if text[-1].isalnum()]
    if _are_most(len(sentences) - len(open_ended), len(sentences)):
        for name in open_ended:
            at, message = node.at("properties", name, "description"), "the description does not end with a full stop"
            yield Finding(at, message, rule="text-end-of-property")


def _text(value: Mapping[str, object], member: str) -> str:
    text = value.get(member)
    return text.strip() if isinstance(text, str) else ""


def _are_most(count: int, all_of_them: int) -> bool:
    """Return True if at least two, and three of four, are so, and not all."""
    return _FEWEST <= count < all_of_them <= count * 4 / 3


_FEWEST = 2


@check("property-empty")
def _empty(node: Node, context: Context) -> Iterator[Finding]:
    for name, value in node.mapping("properties").items():
        if value == {} and name not in node.array("required"):
            yield Finding(node.at("properties", name), f"nothing is said of the property {name!r}", key=True)


@check("title-code")
def _code(node: Node, context: Context) -> Iterator[Finding]:
    member = TITLES[node.kind]
    title = node.get(member)
    if isinstance(title, str) and not is_internal(node) and _CODE.fullmatch(title):
        yield Finding(node.at(member), f"the title {title!r} is a name of a program")


_CODE = pattern(r"[a-z]{2,}[A-Z][a-z]+\w*|[A-Za-z]+(_[A-Za-z0-9]+)+")


@check("contact-page")
def _page(node: Node, context: Context) -> Iterator[Finding]:
    url = node.mapping("contact").get("url")
    # UrlNotValid reports what is no URL at all.
    if isinstance(url, str) and re.match(r"(?!https?:)[a-z][a-z0-9+.-]*:\S", url, re.IGNORECASE):
        yield Finding(node.at("contact", "url"), f"{url!r} is no page")


@check("operations-missing")
def _operations(node: Node, context: Context) -> Iterator[Finding]:
    if not context.tree.operations:
        yield Finding(node.at("paths"), "the connector has no operations", key=True)
