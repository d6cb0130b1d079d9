"""What the parameters of policies say: expressions that are closed, paths and hosts that can be filled, operations that
the policy is for; and policies that are incomplete or there twice.

Sources: learn.microsoft.com, "Policy templates in custom connectors"; the JSON schema of ``apiProperties.json``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from openconnectors.engine.deferred import pattern
from openconnectors.engine.errors import Unsupported, closest
from openconnectors.engine.lint.placeholders import is_secret
from openconnectors.engine.lint.policies import (
    NAMED,
    SECTION,
    parameter_of,
    parameters_of,
    policies,
    policy_operations,
    section_of,
    template_of,
    text_of,
)
from openconnectors.engine.lint.properties import Place, is_published, properties
from openconnectors.engine.lint.rules import Context, Finding
from openconnectors.engine.lint.table_properties import check
from openconnectors.engine.lint.tree import Node, array, mapping
from openconnectors.engine.lint.triggers import is_webhook
from openconnectors.engine.policies import POLICIES
from openconnectors.engine.policies.expressions import ROOTS, Expression, template


def _texts(place: Place) -> Iterator[Place]:
    """The texts among the parameters of a policy, also those of its ``triggerConfig``."""
    for name, value in parameters_of(place).items():
        holder = place.below("parameters").below(name)
        if not name.lower().startswith(NAMED):
            continue
        if isinstance(value, str):
            yield holder
        yield from (holder.below(str(step)) for step, text in mapping(value).items() if isinstance(text, str))


# Expressions

_ROOT = "|".join(ROOTS)
_CALL = pattern(rf"(\{{\s*)?@(\{{\s*)?({_ROOT})\b", re.IGNORECASE)
_BARE = pattern(rf"(?<![@\w.])({_ROOT})\(\s*'", re.IGNORECASE)
_ARGUMENTS = pattern(r"\(\s*('(?:[^']|'')*'\s*(,\s*'(?:[^']|'')*'\s*)?)?\)")
_STEPS = pattern(r"(\.[A-Za-z_$][\w$-]*|\[\s*'[^']*'\s*\]|\[\d+\])*\s*")
_NO_TEXTS = ("triggerconfig", "statuscode")
"""Parameters of policies that are no texts."""
_NEED_NAME = ("connectionparameters", "headers", "queryparameters")
_WHOLE = pattern(rf"\s*({_ROOT})\(", re.IGNORECASE)


@check("policy-expression")
def _expression(node: Node, context: Context) -> Iterator[Finding]:
    for place in policies(context):
        for text in _texts(place):
            for message in _unclosed(text.value):
                yield text.finding(message)
        config = parameter_of(place, "triggerConfig")
        for name in mapping(config.value):
            value = config.below(str(name))
            if not isinstance(value.value, str):
                yield value.finding(f"{name!r} must be a text", rule="properties-type")
        for name, value in parameters_of(place).items():
            folded = name.lower().removeprefix(NAMED)
            if name.lower().startswith(NAMED) and folded not in _NO_TEXTS and not isinstance(value, str):
                at = place.below("parameters").below(name)
                yield at.finding(f"{name!r} must be a text", rule="properties-type")


def _unclosed(text: str) -> Iterator[str]:
    """What is wrong with the form of the expressions in a text."""
    for call in _CALL.finditer(text):
        root, rest = call[3], text[call.end() :]
        shown = f"the expression {text[call.start() :][:60]!r}"
        arguments = _ARGUMENTS.match(rest)
        if arguments is None:
            yield f"{shown} is not closed: {_missing(rest)}"
            continue
        if root.lower() in _NEED_NAME and arguments[1] is None:
            yield f"{shown} needs a name: @{root}('name')"
        braces = call[1] or call[2]
        if braces:
            steps = _STEPS.match(rest, arguments.end())
            if rest[steps.end() if steps else arguments.end() :][:1] != "}":
                yield f"{shown} is not closed: its brace has no end"
    if not _WHOLE.match(text):
        for bare in _BARE.finditer(text):
            if not _CALL.search(text[: bare.end()][-len(bare[0]) - 3 :]):
                yield f"{bare[1]}( is text without an @ before it"


def _missing(rest: str) -> str:
    """What a call lacks, from the text after its name."""
    if not rest.startswith("("):
        return "a parenthesis must follow the name"
    if '"' in rest[:2]:
        return "a name is in single quotes"
    if rest.count("'") % 2:
        return "a quote has no end"
    return "its parenthesis has no end" if ")" not in rest else "a name is in single quotes"


def _expressions(text: str, root: str) -> Iterator[Expression]:
    """The expressions of a text that begin with a root; none if the text cannot be read."""
    try:
        parsed = template(text)
    except (Unsupported, ValueError):
        return  # policy-template
    yield from (expression for expression in parsed.expressions if expression.root == root)


@check("expression-header")
def _header(node: Node, context: Context) -> Iterator[Finding]:
    for place in policies(context):
        if section_of(place) != "request":
            continue
        for text in _texts(place):
            for expression in _expressions(text.value, "headers"):
                fields = _fields(place, context)
                if not text.name.lower().endswith(".parametertemplate") and expression.name.lower() not in fields:
                    message = f"no operation of this policy has a header parameter {expression.name!r}"
                    yield text.finding(message, suggestion=closest(expression.name, fields))


def _fields(policy: Place, context: Context) -> set[str]:
    """The header fields that requests of a policy's operations may have, in lower case."""
    sent = (item for operation in policy_operations(policy, context) for item in context.tree.parameters(operation))
    fields = {str(item.get("name")).lower() for item in sent if item.get("in") == "header"}
    fields |= {str(scheme.get("name", "")).lower() for scheme in context.tree["security-scheme"]}
    for other in policies(context):
        for name in ("name", "parametertemplate"):
            text = text_of(other, name)
            fields |= {text.value.lower(), *re.findall(r"'([^']*)'", text.value.lower())} if text is not None else set()
    return fields | {"accept", "authorization", "content-type", "host", "user-agent"}


@check("expression-property")
def _property(node: Node, context: Context) -> Iterator[Finding]:
    for place in policies(context):
        if section_of(place) != "request" or template_of(place) not in ("setheader", "setqueryparameter"):
            continue
        for text in _texts(place):
            steps = {str(each.steps[0]) for each in _expressions(text.value, "body") if each.steps}
            known = _body_properties(place, context) if steps else None
            for name in sorted(steps) if known is not None else ():
                if known is not None and name not in known:
                    message = f"no request body of this policy has a property {name!r}"
                    yield text.finding(message, suggestion=closest(name, known))


def _body_properties(policy: Place, context: Context) -> set[str] | None:
    """The properties of the request bodies of a policy's operations; None if one may have others."""
    known: set[str] = set()
    for operation in policy_operations(policy, context):
        for parameter in context.tree.parameters(operation):
            schema = context.tree.schema_of(parameter) if parameter.get("in") == "body" else None
            if parameter.get("in") == "body" and (schema is None or not schema.mapping("properties")):
                return None
            if schema is not None and (schema.has("additionalProperties") or schema.has("allOf")):
                return None
            known |= set(schema.mapping("properties")) if schema is not None else set()
    return known


# Paths and hosts

_PATH_VARIABLE = pattern(r"\{([^{}@]+)\}")


@check("policy-path")
def _path(node: Node, context: Context) -> Iterator[Finding]:
    for place in policies(context):
        text = text_of(place, "newPath") if template_of(place) == "routerequesttoendpoint" else None
        if text is None:
            continue
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text.value):
            yield text.finding(f"{text.value!r} is a URL; newPath is a path of the same host")
        elif not text.value.startswith(("/", "@", "{@")):
            yield text.finding(f"{text.value!r} does not begin with '/'", rule="policy-path-relative")
        elif re.search(r"\s", text.value.strip()) and "@" not in text.value:
            yield text.finding(f"{text.value!r} has a blank", rule="policy-path-relative")
        if text.value.count("{") != text.value.count("}"):
            yield text.finding(f"a brace of {text.value!r} has no other end")
            continue
        for operation in policy_operations(place, context):
            sent = [str(parameter.get("name")) for parameter in context.tree.parameters(operation)]
            named = [*sent, *_PATH_VARIABLE.findall(str(operation.parent.name if operation.parent else ""))]
            unknown = [name for name in _PATH_VARIABLE.findall(text.value) if name not in named]
            if unknown:
                message = f"the operation {operation.get('operationId')!r} has no parameter {unknown[0]!r}"
                yield text.finding(message, suggestion=closest(unknown[0], named))
                break


_HOST = pattern(r"(https://[^\s/]|\{?@)|https?://[<\[{]")


@check("policy-url")
def _host(node: Node, context: Context) -> Iterator[Finding]:
    for place in policies(context):
        text = text_of(place, "urlTemplate")
        if text is not None and re.search(r"^\s|\s$", text.value):
            yield text.finding(f"{text.value!r} begins or ends with a blank")
        if text is not None and text.value.count("://") > 1:
            yield text.finding(f"{text.value!r} has two schemes")
        if text is None or _HOST.match(text.value.strip()):
            continue
        what = "is not encrypted" if text.value.startswith("http://") else "is not a URL with a host"
        yield text.finding(f"{text.value!r} {what}; it must begin with https://, or be an expression")


# What a policy needs

_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "setheader": ("value",),
    "setqueryparameter": ("value",),
    "stringreplace": ("replacementString",),
    "stringtoarray": ("childPropertyName",),
}
"""Parameters that Microsoft requires and that can be left out here."""
_SECTIONS: Mapping[str, tuple[str, ...]] = {
    "setheader": ("request", "response", "failure"),
    "dynamichosturl": ("request",),
    "dynamicsubdomain": ("request",),
    "routerequesttoendpoint": ("request",),
    "setqueryparameter": ("request",),
    "pollingtrigger": (),
    "updatenextlink": (),
}
"""The sections in which a template is applied; of others: both."""


@check("policy-incomplete")
def _incomplete(node: Node, context: Context) -> Iterator[Finding]:
    for place in policies(context) if is_published(context) else ():
        if not str(place.value.get("title") or "").strip():
            yield (place.below("title") if "title" in place.value else place).finding("the policy has no title")
        known = {name.lower() for name in parameters_of(place)}
        for name in _REQUIRED.get(template_of(place), ()):
            if f"{NAMED}{name}".lower() not in known:
                at = place.below("parameters") if known else place
                yield at.finding(f"the policy {place.value.get('templateId')} has no parameter {name!r}", key=True)


@check("policy-section")
def _section(node: Node, context: Context) -> Iterator[Finding]:
    for place in policies(context):
        section = place.below("parameters").below(SECTION)
        written = section.value.lower() if isinstance(section.value, str) else ""
        allowed = _SECTIONS.get(template_of(place), ("request", "response"))
        known = ("request", "response", "failure")
        if written in allowed or written not in known:
            continue
        if template_of(place) in POLICIES:
            message = f"the policy {place.value.get('templateId')} is not applied in the section {section.value}"
            yield section.finding(message)


@check("policy-twice")
def _twice(node: Node, context: Context) -> Iterator[Finding]:
    seen: list[object] = []
    for place in policies(context):
        use = (template_of(place), parameters_of(place))
        if use in seen:
            yield place.finding("the same policy is there already")
        seen.append(use)
        named = place.below("parameters").below("x-ms-apimTemplate-operationName")
        times: Counter[str] = Counter()
        for index, name in enumerate(map(str, array(named.value))):
            times[name] += 1
            if times[name] > 1:
                yield named.below(index).finding(f"the operation {name!r} is already in this list")


@check("policy-trigger")
def _trigger(node: Node, context: Context) -> Iterator[Finding]:
    for place in policies(context):
        holder = place.below("parameters").below("x-ms-apimTemplate-operationName")
        for index, name in enumerate(array(holder.value) if template_of(place) == "pollingtrigger" else ()):
            operation = context.operations.get(str(name))
            if operation is not None and not operation.has("x-ms-trigger"):
                yield holder.below(index).finding(f"the operation {name!r} is not a trigger")
            elif operation is not None and is_webhook(operation):
                yield holder.below(index).finding(f"the trigger {name!r} is called; it does not poll")
        actions = any(not operation.has("x-ms-trigger") for operation in context.operations.values())
        if template_of(place) == "pollingtrigger" and not array(holder.value) and actions:
            at = holder if holder.name in mapping(place.below("parameters").value) else place
            yield at.finding("the policy is for every operation, and some are not triggers", key=True)


@check("policy-header")
def _field_name(node: Node, context: Context) -> Iterator[Finding]:
    for place in policies(context):
        name = text_of(place, "name") if template_of(place) == "setheader" else None
        if name is not None and "@" not in name.value and re.search(r"\S\s+\S", name.value):
            yield name.finding(f"{name.value!r} is not the name of a header field")
        text = text_of(place, "value") if template_of(place) == "setheader" else None
        if text is not None and re.search(r"[\r\n]", text.value.strip()):
            yield text.finding("the value of a header field has no line break")


@check("policy-empty")
def _empty(node: Node, context: Context) -> Iterator[Finding]:
    for place in policies(context):
        for name in _FILLED.get(template_of(place), ()):
            value = parameter_of(place, name)
            if value.value == {} or (isinstance(value.value, str) and not value.value.strip()):
                yield value.finding(f"{name} is empty")


_FILLED: Mapping[str, tuple[str, ...]] = {
    "setheader": ("value",),
    "setqueryparameter": ("name", "value"),
    "setproperty": ("newPropertySubPathTemplate", "propertyValuePathTemplate"),
    "convertobjecttoarray": ("keyName", "valueName"),
    "pollingtrigger": ("triggerConfig",),
}
"""Parameters that say what a policy does: empty, they make it do nothing."""


@check("policy-next-link")
def _next_link(node: Node, context: Context) -> Iterator[Finding]:
    for place in policies(context):
        if template_of(place) != "updatenextlink":
            continue
        holder = place.below("parameters").below("x-ms-apimTemplate-operationName")
        name = text_of(place, "nextLinkPropertyName")
        for index, listed in enumerate(array(holder.value)):
            operation = context.operations.get(str(listed))
            known = operation.mapping("x-ms-pageable").get("nextLinkName") if operation is not None else None
            if operation is not None and not operation.has("x-ms-pageable"):
                yield holder.below(index).finding(f"the operation {listed!r} has no x-ms-pageable")
            elif name is not None and isinstance(known, str) and _last(known) != _last(name.value):
                message = f"the next link of {listed!r} is {known!r}, not {name.value!r}"
                yield name.finding(message, suggestion=known)


def _last(path: str) -> str:
    """The last name of a path; ``@odata.nextLink`` is a name."""
    return path if path.startswith("@odata.") else path.rpartition(".")[2]


@check("script-operation-twice")
def _script_twice(node: Node, context: Context) -> Iterator[Finding]:
    block = properties(context)
    names = block.below("scriptOperations") if block is not None else None
    seen: set[str] = set()
    for index, name in enumerate(array(names.value) if names is not None else ()):
        if names is not None and str(name) in seen:
            yield names.below(index).finding(f"the operation {name!r} is already in this list")
        seen.add(str(name))


_HEADERS = pattern(r"(?i)authorization|x-api-key|api-?key|apikey|x-auth-token|token|ocp-apim-subscription-key")

_TOKEN = pattern(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}")
"""A JSON Web Token (RFC 7519): its header begins with a brace and a quote."""


def secrets(context: Context) -> Iterator[Place]:
    """The secrets in policies: of header fields and query parameters that carry credentials, as plain text."""
    for place in policies(context):
        name, text = text_of(place, "name"), text_of(place, "value")
        if name is None or text is None:
            continue
        if _TOKEN.search(text.value):
            yield text
            continue
        if not _HEADERS.fullmatch(name.value.strip()):
            continue
        secret = re.sub(r"(?i)^\s*(bearer|basic|token|key|apikey)\s+", "", text.value)
        if "@" not in secret and " " not in secret and any(map(str.isdigit, secret)) and is_secret(secret):
            yield text
