"""Policies of a connector: templates, parameters and their values, operations, expressions.

What a template has is read from its row in ``engine.policies.POLICIES``; what a use does, by compiling it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain, repeat
from typing import Any

from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.errors import Unsupported, closest
from openconnectors.engine.lint.properties import Place, connection_parameters, is_published, properties
from openconnectors.engine.lint.rules import Context, Finding
from openconnectors.engine.lint.table import check
from openconnectors.engine.lint.tree import Node, array, mapping
from openconnectors.engine.model import MISSING, PolicyUse
from openconnectors.engine.policies import POLICIES, compile_policy
from openconnectors.engine.policies.effects import Ignored
from openconnectors.engine.policies.expressions import template
from openconnectors.engine.policies.use import UnusablePolicy

NAMED = "x-ms-apimtemplateparameter."
_OPERATIONS = "x-ms-apimtemplate-operationname"
SECTION = "x-ms-apimtemplate-policysection"
"""The keys of the parameters, in lower case: they are compared without case."""
_ANY = "x-ms-apimtemplate"
"""The beginning of the keys of all parameters, in lower case."""
_COMMON = ("x-ms-apimTemplate-operationName", "x-ms-apimTemplate-policySection")
_SPELLED = "x-ms-apimTemplateParameter."
"""The keys as Microsoft writes them."""
_SECTIONS = ("Request", "Response", "Failure")
_ORIGINAL = "@Request.OriginalHTTPMethod"


def policies(context: Context) -> Iterator[Place]:
    """The uses of policies that are mappings."""
    block = properties(context)
    for index, use in enumerate(array(block.value.get("policyTemplateInstances")) if block is not None else ()):
        if isinstance(use, Mapping) and block is not None:
            yield Place(block.document, f"{block.pointer}/policyTemplateInstances/{index}", str(index), use)


def _uses(context: Context) -> Iterator[tuple[Place, PolicyUse | None]]:
    """The uses of policies, each with the one that the loader read; without, if there is no service."""
    read = context.service.policies if context.service is not None else ()
    return zip(policies(context), chain(read, repeat(None)), strict=False)


def template_of(place: Place) -> str:
    """The id of the template of a policy, in lower case."""
    return str(place.value.get("templateId", "")).lower()


def parameter_of(place: Place, name: str) -> Place:
    """A parameter of a policy's template."""
    return place.below("parameters").below(f"{NAMED}{name}")


def text_of(place: Place, name: str) -> Place | None:
    """A parameter of a policy's template, if it is a text."""
    value = parameter_of(place, name)
    return value if isinstance(value.value, str) else None


def section_of(place: Place) -> str:
    """The section of a policy, in lower case; that of requests if it names none."""
    section = place.below("parameters").below(SECTION).value
    return section.lower() if isinstance(section, str) else "request"


def parameters_of(place: Place) -> Mapping[str, Any]:
    """The parameters of a use, by their names as written."""
    return mapping(place.value.get("parameters"))


@check("policy-template")
def _template(node: Node, context: Context) -> Iterator[Finding]:
    for place, use in _uses(context):
        if use is None:
            continue
        if use.template not in POLICIES:
            message = f"the policy template {place.value.get('templateId')!r} is not known"
            suggestion = closest(use.template, POLICIES)
            yield Finding(f"{place.pointer}/templateId", message, document=place.document, suggestion=suggestion)
            continue
        try:
            compile_policy(use)
        except Unsupported as error:
            parameter = error.parameter if isinstance(error, UnusablePolicy) else ""
            yield Finding(_pointer(place, parameter), str(error), document=place.document)


def _pointer(place: Place, parameter: str) -> str:
    """The pointer of a parameter of a use; of the use's parameters if it is missing there, or of the use as a whole."""
    for name in parameters_of(place):
        if name.lower() == f"{NAMED}{parameter.lower()}":
            return f"{place.pointer}/parameters/{escape(name)}"
    held = isinstance(place.value.get("parameters"), Mapping)
    return f"{place.pointer}/parameters" if parameter and held else place.pointer


@check("policy-parameter")
def _parameter(node: Node, context: Context) -> Iterator[Finding]:
    for place in policies(context):
        row = POLICIES.get(template_of(place))
        if row is None:
            continue
        known = [parameter.name for parameter in row.parameters]
        spelled = {name.lower(): name for name in (*_COMMON, *(f"{_SPELLED}{parameter}" for parameter in known))}
        for name in map(str, place.value):
            if name.lower().startswith(_ANY):
                message = f"{name!r} has no effect here; its place is parameters"
                yield place.below(name).finding(message, key=True)
        for name in parameters_of(place):
            folded, at = name.lower(), f"{place.pointer}/parameters/{escape(name)}"
            if is_published(context) and spelled.get(folded, name) != name:
                message = f"{name!r} is in another case"
                yield Finding(at, message, True, place.document, spelled[folded], rule="policy-case")
            if folded.startswith(NAMED) and folded[len(NAMED) :] not in map(str.lower, known):
                message, suggestion = f"the template has no parameter {name!r}", closest(name[len(NAMED) :], known)
                yield Finding(at, message, True, place.document, suggestion)
            elif not folded.startswith(NAMED) and folded not in (_OPERATIONS, SECTION):
                suggestion = closest(name, [*_COMMON, *(f"{_SPELLED}{parameter}" for parameter in known)], 0.5)
                yield Finding(at, f"{name!r} is not a parameter of policies", True, place.document, suggestion)


@check("policy-value")
def _value(node: Node, context: Context) -> Iterator[Finding]:
    for place, use in _uses(context):
        row = POLICIES.get(template_of(place))
        choices: dict[str, tuple[str, ...]] = {SECTION: _SECTIONS}
        for parameter in row.parameters if row is not None else ():
            choices[f"{NAMED}{parameter.name.lower()}"] = parameter.choices
        for name, value in parameters_of(place).items():
            allowed = {choice.lower(): _written(name, choice) for choice in choices.get(name.lower(), ())}
            at = f"{place.pointer}/parameters/{escape(name)}"
            folded = str(value).lower()
            if allowed and folded not in allowed:
                message = f"{value!r} is not a valid {name.rpartition('.')[2]}; expected {', '.join(allowed.values())}"
                suggestion = allowed.get(closest(folded, allowed) or "")
                yield Finding(at, message, False, place.document, suggestion)
            elif allowed and isinstance(value, str) and value != allowed[folded] and is_published(context):
                message = f"{value!r} is in another case"
                yield Finding(at, message, False, place.document, allowed[folded], rule="policy-case")
        if use is not None and use.template in POLICIES:
            yield from _ignored(use, place)


def _written(name: str, choice: str) -> str:
    """A value as Microsoft's JSON schema writes it: methods in capitals."""
    if choice == _ORIGINAL.lower():
        return _ORIGINAL
    return choice.upper() if name.lower().endswith("httpmethod") else choice


def _ignored(use: PolicyUse, place: Place) -> Iterator[Finding]:
    try:
        effects = compile_policy(use)
    except Unsupported:
        return  # policy-template
    for effect in effects:
        if isinstance(effect, Ignored):
            at = _pointer(place, effect.parameter)
            yield Finding(at, effect.reason, document=place.document, rule="policy-ignored")


@check("policy-operation")
def _operation(node: Node, context: Context) -> Iterator[Finding]:
    for place in policies(context):
        for key, value in parameters_of(place).items():
            if key.lower() != _OPERATIONS:
                continue
            at = f"{place.pointer}/parameters/{escape(key)}"
            for index, names in enumerate(value if isinstance(value, list) else [value]):
                if isinstance(value, list) and not str(names).strip():
                    yield Finding(f"{at}/{index}", "the name of the operation is empty", document=place.document)
                for name in filter(None, map(str.strip, str(names).split(","))):
                    if name not in context.operations:
                        message, suggestion = f"there is no operation {name!r}", closest(name, context.operations)
                        pointer = f"{at}/{index}" if isinstance(value, list) else at
                        yield Finding(pointer, message, document=place.document, suggestion=suggestion)


# Expressions


_Names = Mapping[str, str]
"""Names as they are written, by them in lower case."""


@check("expression-unknown")
def _expression(node: Node, context: Context) -> Iterator[Finding]:
    connection: _Names | None = {place.name.lower(): place.name for place in connection_parameters(context)}
    if context.service is not None and connection is not None:
        connection = {
            **{parameter.name.lower(): parameter.name for parameter in context.service.connection},
            **connection,
        }
    elif not connection:
        connection = None  # those of security schemes are known to the service alone
    for place in policies(context):
        sent = _sent(place, context)
        for key, value in parameters_of(place).items():
            at = f"{place.pointer}/parameters/{escape(key)}"
            texts = {at: value} if isinstance(value, str) else {}
            texts |= {f"{at}/{escape(step)}": text for step, text in mapping(value).items()}
            for pointer, text in texts.items():
                for message, suggestion, rule in _undefined(text, connection, sent) if isinstance(text, str) else ():
                    yield Finding(pointer, message, document=place.document, suggestion=suggestion, rule=rule)


def policy_operations(place: Place, context: Context) -> list[Node]:
    """The operations that a use is for: those that it names and that exist; all, if it names none."""
    named = next((value for key, value in parameters_of(place).items() if key.lower() == _OPERATIONS), None)
    listed = array(named)
    if not listed:
        return list(context.operations.values())
    return [context.operations[str(name)] for name in listed if str(name) in context.operations]


def _sent(place: Place, context: Context) -> _Names | None:
    """The names of the parameters of a policy's operations; None if one of these does not exist."""
    named = next((value for key, value in parameters_of(place).items() if key.lower() == _OPERATIONS), None)
    operations = policy_operations(place, context)
    if len(operations) < len(array(named)):
        return None
    parameters = (parameter for operation in operations for parameter in context.tree.parameters(operation))
    return {name.lower(): name for parameter in parameters if isinstance(name := parameter.get("name"), str)}


def _undefined(text: str, connection: _Names | None, sent: _Names | None) -> Iterator[tuple[str, str | None, str]]:
    """What the expressions of a text refer to and is not defined: message, suggestion, rule."""
    try:
        parsed = template(text)
    except (Unsupported, ValueError):
        return  # policy-template
    for expression in parsed.expressions:
        name = expression.name
        known = connection is None or name.lower() in connection
        if expression.root == "connectionparameters" and not known and connection is not None:
            of_token = name.partition(":")[0].lower() in connection  # the platform may add values to those of a token
            is_sure = expression.default is MISSING and not of_token
            rule = "expression-unknown" if is_sure else "expression-parameter"
            yield f"there is no connection parameter {name!r}", _written_name(name, connection), rule
        if expression.root == "queryparameters" and sent is not None and name.lower() not in sent:
            message = f"no operation of this policy has a parameter {name!r}"
            yield message, _written_name(name, sent), "expression-parameter"


def _written_name(name: str, names: _Names) -> str | None:
    """The name that is spelled most like another, as it is written."""
    return names.get(closest(name.lower(), names) or "")
