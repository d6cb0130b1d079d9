"""What makes a document a connector: extensions, choices, pages, triggers, and the properties beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain, repeat
from typing import Any

from openconnectors.engine.documents.document import Document
from openconnectors.engine.documents.extensions import ROWS
from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.errors import Unsupported, nearest
from openconnectors.engine.lint.rules import Case, Edit, Finding
from openconnectors.engine.lint.table import check
from openconnectors.engine.lint.tree import Node
from openconnectors.engine.model import MISSING, PolicyUse
from openconnectors.engine.naming import snake
from openconnectors.engine.policies import POLICIES, compile_policy
from openconnectors.engine.policies.effects import Ignored
from openconnectors.engine.policies.expressions import template

_TOLD = """
    x-ms-api-annotation x-ms-arm-id-details x-ms-authentication x-ms-azure-resource x-ms-capabilities
    x-ms-client-default x-ms-client-request-id x-ms-code-generation-settings x-ms-connector-metadata
    x-ms-contenttype x-ms-discriminator x-ms-docs x-ms-editor x-ms-editor-options x-ms-enum x-ms-enum-values
    x-ms-examples x-ms-external x-ms-gateway x-ms-identifiers x-ms-internal x-ms-keywords x-ms-no-generic-test
    x-ms-notification x-ms-odata x-ms-openai-data x-ms-openai-manifest x-ms-pageable-operation
    x-ms-parameter-grouping x-ms-parameter-location x-ms-parent-discriminator x-ms-permissions
    x-ms-property-name-alias x-ms-request-id x-ms-require-user-confirmation x-ms-safe-operation x-ms-secret
    x-ms-subscription x-ms-trigger-hint x-ms-trigger-metadata x-ms-url-encoding x-ms-version
"""
"""Extensions of Microsoft's that only say something to people, or to other tools."""
KNOWN_EXTENSIONS = frozenset((*(name for _, name in ROWS), *_TOLD.split()))


@check("extension-misspelled")
def _extension(node: Node, case: Case) -> Iterator[Finding]:
    for name in node.value if isinstance(node.value, Mapping) else ():
        folded = name.lower().replace("_", "-")
        if not folded.startswith(("x-ms", "x-connector", "x_ms")) or name in KNOWN_EXTENSIONS:
            continue
        hint = nearest(name, KNOWN_EXTENSIONS, 0.85)
        if hint:
            edit = Edit("rename", node.at(name), hint.split("'")[1])
            yield Finding(node.at(name), f"the extension {name!r} is not known{hint}", key=True, edit=edit)


@check("name-collision")
def _name_collision(node: Node, case: Case) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for name, one in case.ids.items():
        other = seen.setdefault(snake(name), name)
        if other != name:
            said = f"the operations {other!r} and {name!r} have the same Python name {snake(name)!r}"
            yield Finding(one.at("operationId"), said)


@check("parameter-collision")
def _parameter_collision(node: Node, case: Case) -> Iterator[Finding]:
    seen: dict[str, Node] = {}
    for one in case.tree.parameters(node):
        name = one.get("x-ms-client-name") or one.get("name")
        if not isinstance(name, str):
            continue
        other = seen.setdefault(snake(name), one)
        if other is not one:
            said = f"{one.get('name')!r} and {other.get('name')!r} have the same Python name {snake(name)!r}"
            yield Finding(one.at("name"), said)


_VISIBILITY = ("none", "important", "advanced", "internal")


@check("extension-value")
def _extension_value(node: Node, case: Case) -> Iterator[Finding]:
    for name, known in (
        ("x-ms-visibility", _VISIBILITY),
        ("x-ms-trigger", ("single", "batch")),
        ("x-ms-url-encoding", ("single", "double")),
    ):
        value = node.get(name)
        if isinstance(value, str) and value and value.lower() not in known:
            said = f"{value!r} is none of {', '.join(known)}{nearest(value, known)}"
            yield Finding(node.at(name), said)
    for name in ("x-nullable", "x-ms-client-flatten", "x-ms-notification-url", "x-ms-skip-url-encoding"):
        if isinstance(node.get(name), str):
            yield Finding(node.at(name), f"{node.get(name)!r} is a text; write true or false")


# What callers see of an extension


def called(parameter: Node) -> str:
    """The name that a parameter's Python name is made of."""
    return str(parameter.get("x-ms-client-name") or parameter.get("name"))


def is_paged(operation: Node) -> bool:
    """Whether further pages can be asked for."""
    return isinstance(operation.get("x-ms-pageable"), Mapping)


def trigger(operation: Node) -> Any:
    """How events come; None where the operation is no trigger."""
    return operation.get("x-ms-trigger")


# What operations ask of one another


def asking(node: Node) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """The dynamic extensions of a node: pointer, name, and each mapping that names an operation."""
    for name in _ASKING:
        value = node.get(name)
        if not isinstance(value, Mapping):
            continue
        if name == "x-ms-dynamic-tree":
            for part in ("open", "browse"):
                if isinstance(value.get(part), Mapping):
                    yield node.at(name, part), name, value[part]
        elif value.get("capability") is None:
            yield node.at(name), name, value


_ASKING = (
    "x-ms-dynamic-values",
    "x-ms-dynamic-list",
    "x-ms-dynamic-schema",
    "x-ms-dynamic-properties",
    "x-ms-dynamic-tree",
)


@check("dynamic-operation")
def _dynamic_operation(node: Node, case: Case) -> Iterator[Finding]:
    for at, _, value in asking(node):
        name = value.get("operationId")
        if isinstance(name, str) and name not in case.ids:
            yield Finding(f"{at}/operationId", f"there is no operation {name!r}{nearest(name, case.ids)}")


@check("dynamic-incomplete")
def _dynamic_incomplete(node: Node, case: Case) -> Iterator[Finding]:
    for at, name, value in asking(node):
        if not isinstance(value.get("operationId"), str):
            yield Finding(at, f"{name!r} names no operation", key=True)


@check("dynamic-parameter")
def _dynamic_parameter(node: Node, case: Case) -> Iterator[Finding]:
    for at, _, value in asking(node):
        asked = case.ids.get(str(value.get("operationId")))
        given = value.get("parameters")
        if asked is None or not isinstance(given, Mapping):
            continue
        known = parameter_names(asked, case)
        for name in given:
            if name.rpartition("/")[2] not in known:
                said = f"{asked.get('operationId')} has no parameter {name!r}{nearest(name, known)}"
                yield Finding(f"{at}/parameters/{escape(name)}", said, key=True)


def parameter_names(operation: Node, case: Case) -> set[str]:
    """What an operation takes: its parameters, and the properties of its body at every depth that is described."""
    found: set[str] = set()
    waiting: list[Node | None] = []
    for one in case.tree.parameters(operation):
        found.add(str(one.get("name")))
        if one.get("in") == "body":
            waiting.append(case.tree.schema_of(one))
    body = case.tree.nodes.get(operation.at("requestBody"))
    body = case.tree.resolve(body) if body is not None else None
    if body is not None:
        waiting.append(case.tree.schema_of(body))
    seen: set[str] = set()
    while waiting:
        node = waiting.pop()
        own = case.tree.resolve(node) if node is not None else None
        if own is None or own.pointer in seen:
            continue
        seen.add(own.pointer)
        for inner in case.tree.children.get(own.pointer, ()):
            if inner.kind == "schema":
                if inner.pointer == own.at("properties", inner.name):
                    found.add(inner.name)
                waiting.append(inner)
    return found


@check("page-link")
def _page_link(node: Node, case: Case) -> Iterator[Finding]:
    declared = node.get("x-ms-pageable")
    if not isinstance(declared, Mapping):
        return
    schemas = [case.tree.schema_of(one) for status, one in case.tree.answers(node).items() if status[:1] == "2"]
    known = next((names for one in schemas if one is not None and (names := properties_of(one, case))), None)
    for member in ("nextLinkName", "itemName"):
        name = declared.get(member)
        if known and isinstance(name, str) and name.split(".")[0] not in known and name not in known:
            said = f"the answer has no {name!r}{nearest(name, known)}"
            yield Finding(node.at("x-ms-pageable", member), said)


def properties_of(node: Node, case: Case) -> set[str]:
    """The properties of a schema and of those that it extends."""
    found: set[str] = set()
    waiting, seen = [node], set()
    while waiting:
        own = case.tree.resolve(waiting.pop())
        if own is None or own.pointer in seen:
            continue
        seen.add(own.pointer)
        found |= set(own.get("properties") or ()) if isinstance(own.get("properties"), Mapping) else set()
        waiting += [
            one for one in case.tree.children.get(own.pointer, ()) if "/allOf/" in one.pointer[len(own.pointer) :]
        ]
    return found


@check("trigger-callback")
def _callback(node: Node, case: Case) -> Iterator[Finding]:
    path = node.parent
    if path is None or "x-ms-notification-content" not in (path.value if isinstance(path.value, Mapping) else ()):
        return
    if "x-ms-trigger" not in node.value or node.name == "delete":
        return
    if '"x-ms-notification-url"' not in case.document.text and "x-ms-notification-url:" not in case.document.text:
        yield Finding(node.pointer, f"{node.get('operationId')} takes no URL to send its events to", key=True)


# The properties beside the document


def _block(case: Case) -> tuple[Document, str, Mapping[str, Any]] | None:
    """The properties: their document, where they begin in it, and what they hold."""
    if case.properties is not None and isinstance(case.properties.root, Mapping):
        root = case.properties.root
        at = "/properties" if isinstance(root.get("properties"), Mapping) else ""
        return case.properties, at, root["properties"] if at else root
    own = case.tree.root.get("x-connector-properties")
    return (case.document, "/x-connector-properties", own) if isinstance(own, Mapping) else None


_MEMBERS = frozenset(
    [
        "connectionParameters",
        "connectionParameterSets",
        "policyTemplateInstances",
        "iconBrandColor",
        "capabilities",
        "publisher",
        "stackOwner",
        "scriptOperations",
    ]
)
_TYPES = [
    "string",
    "securestring",
    "int",
    "integer",
    "bool",
    "boolean",
    "oauthsetting",
    "connection",
    "gatewaysetting",
    "clientcertificate",
    "array",
    "object",
    "managedidentityauth",
]


@check("properties-member")
def _properties_member(node: Node, case: Case) -> Iterator[Finding]:
    block = _block(case)
    for name in block[2] if block else ():
        if name not in _MEMBERS and block is not None and (hint := nearest(name, _MEMBERS, 0.8)):
            yield Finding(f"{block[1]}/{escape(name)}", f"{name!r} is no member of properties{hint}", True, block[0])


@check("connection-parameter")
def _connection_parameter(node: Node, case: Case) -> Iterator[Finding]:
    for at, document, name, one in connection(case):
        if not isinstance(one, Mapping):
            yield Finding(at, f"the connection parameter {name!r} must be a mapping with a type", document=document)
            continue
        kind = one.get("type")
        if isinstance(kind, str) and kind.lower() not in _TYPES:
            said = f"{kind!r} is no type of a connection parameter{nearest(kind, _TYPES)}"
            yield Finding(f"{at}/type", said, document=document)
        settings = {str(key).lower() for key in one}
        if isinstance(kind, str) and kind.lower() == "oauthsetting" and "oauthsettings" not in settings:
            said = f"{name!r} is of type oauthSetting, and has no oAuthSettings"
            yield Finding(at, said, key=True, document=document)


@check("secret-visible")
def _secret_visible(node: Node, case: Case) -> Iterator[Finding]:
    for at, document, name, one in connection(case):
        kind = str(one.get("type", "string")).lower() if isinstance(one, Mapping) else ""
        words = name.lower().replace("_", "").replace("-", "")
        if kind == "string" and any(word in words for word in ("password", "secret", "apikey", "authtoken")):
            yield Finding(at, f"{name!r} is a secret by its name, and of type string", True, document)


def connection(case: Case) -> Iterator[tuple[str, Document, str, Any]]:
    block = _block(case)
    if block is None:
        return
    document, at, properties = block
    given = properties.get("connectionParameters")
    for name, one in given.items() if isinstance(given, Mapping) else ():
        yield f"{at}/connectionParameters/{escape(name)}", document, name, one
    sets = properties.get("connectionParameterSets")
    values = sets.get("values") if isinstance(sets, Mapping) else None
    for index, holder in enumerate(values if isinstance(values, list) else ()):
        inside = holder.get("parameters") if isinstance(holder, Mapping) else None
        for name, one in inside.items() if isinstance(inside, Mapping) else ():
            yield f"{at}/connectionParameterSets/values/{index}/parameters/{escape(name)}", document, name, one


_PREFIX = "x-ms-apimtemplateparameter."


def policies(case: Case) -> Iterator[tuple[str, Document, Mapping[str, Any]]]:
    block = _block(case)
    given = block[2].get("policyTemplateInstances") if block else None
    for index, one in enumerate(given if isinstance(given, list) else ()):
        if isinstance(one, Mapping) and block is not None:
            yield f"{block[1]}/policyTemplateInstances/{index}", block[0], one


@check("policy-template")
def _policy_template(node: Node, case: Case) -> Iterator[Finding]:
    uses = case.service.policies if case.service is not None else ()
    for (at, document, one), use in zip(policies(case), uses, strict=False):
        if use.template not in POLICIES:
            said = f"the policy template {one.get('templateId')!r} is not known{nearest(use.template, POLICIES)}"
            yield Finding(f"{at}/templateId", said, document=document)
            continue
        try:
            compile_policy(use)
        except Unsupported as error:
            yield Finding(_fault(at, one, str(error)), str(error), document=document)


def _fault(at: str, one: Mapping[str, Any], said: str) -> str:
    """The parameter of a policy that a refusal speaks of; the policy itself where it is none."""
    given = one.get("parameters")
    for name, value in given.items() if isinstance(given, Mapping) else ():
        if isinstance(value, str) and value and repr(value) in said:
            return f"{at}/parameters/{escape(name)}"
        try:
            template(value) if isinstance(value, str) else None
        except Unsupported:
            return f"{at}/parameters/{escape(name)}"
    return at


@check("policy-parameter")
def _policy_parameter(node: Node, case: Case) -> Iterator[Finding]:
    for at, document, one in policies(case):
        known = _PARAMETERS.get(str(one.get("templateId", "")).lower())
        given = one.get("parameters")
        for name in given if isinstance(given, Mapping) and known else ():
            folded = name.lower()
            if folded.startswith("x-ms-apimtemplateparameter.") and folded[len(_PREFIX) :] not in map(
                str.lower, known or ()
            ):
                hint = nearest(name[len(_PREFIX) :], known or ())
                yield Finding(f"{at}/parameters/{escape(name)}", f"the template has no {name!r}{hint}", True, document)
            elif folded.startswith("x-ms-apim") and not folded.startswith((_PREFIX, "x-ms-apimtemplate-")):
                yield Finding(
                    f"{at}/parameters/{escape(name)}", f"{name!r} is no parameter of a policy", True, document
                )


_PROPERTY = ("propertyParentPath", "propertySubPath", "newPropertyPath")
_PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "setheader": ("name", "value", "existsAction"),
    "setqueryparameter": ("name", "value", "existsAction"),
    "dynamichosturl": ("urlTemplate",),
    "routerequesttoendpoint": ("newPath", "httpMethod"),
    "setproperty": ("newPropertyParentPathTemplate", "newPropertySubPathTemplate", "propertyValuePathTemplate"),
    "pollingtrigger": ("triggerConfig", "triggerDataPath"),
    "stringreplace": (*_PROPERTY, "sourceString", "replacementString"),
    "convertobjecttoarray": (*_PROPERTY, "keyName", "valueName"),
    "convertarraytoobject": (*_PROPERTY, "keyWithinCollectionPath", "retainKey"),
    "updatenextlink": ("nextLinkPropertyName",),
    "encodepropertyvalue": _PROPERTY,
    "moveproperties": ("srcParentPath", "srcSubPath", "dstParentPath", "dstSubPath", "copyOnlySubProperties"),
    "stringtoarray": (*_PROPERTY, "delimiterList", "childPropertyName"),
    "setvaluefromurl": ("parameterTemplate", "parameterValueUrl", "parameterValuePathTemplate", "httpMethod"),
}


_CHOICES: Mapping[str, tuple[str, ...]] = {
    "x-ms-apimtemplate-policysection": ("request", "response", "failure"),
    f"{_PREFIX}existsaction": ("override", "append", "skip"),
    f"{_PREFIX}retainkey": ("true", "false"),
    f"{_PREFIX}copyonlysubproperties": ("true", "false"),
    f"{_PREFIX}httpmethod": (
        *("get", "post", "put", "patch", "delete", "options", "head"),
        "@request.originalhttpmethod",
    ),
}


@check("policy-value")
def _policy_value(node: Node, case: Case) -> Iterator[Finding]:
    uses = case.service.policies if case.service is not None else ()
    for (at, document, one), use in zip(policies(case), chain(uses, repeat(None)), strict=False):
        given = one.get("parameters")
        for name, value in given.items() if isinstance(given, Mapping) else ():
            known = _CHOICES.get(name.lower())
            if known and str(value).lower() not in known:
                said = f"{value!r} is none of {', '.join(known)}{nearest(str(value).lower(), known)}"
                yield Finding(f"{at}/parameters/{escape(name)}", said, document=document)
        if use is not None and use.template in POLICIES:
            yield from _remark(use, at, document)


def _remark(use: PolicyUse, at: str, document: Document) -> Iterator[Finding]:
    try:
        effects = compile_policy(use)
    except Unsupported:
        return  # reported by another rule
    for effect in effects:
        if isinstance(effect, Ignored):
            yield Finding(at, effect.reason, document=document, rule="policy-ignored")


@check("script-operation")
def _script_operation(node: Node, case: Case) -> Iterator[Finding]:
    block = _block(case)
    listed = block[2].get("scriptOperations") if block else None
    for index, name in enumerate(listed if isinstance(listed, list) else ()):
        if name not in case.ids and block is not None:
            said = f"there is no operation {name!r}{nearest(str(name), case.ids)}"
            yield Finding(f"{block[1]}/scriptOperations/{index}", said, document=block[0])


@check("policy-operation")
def _policy_operation(node: Node, case: Case) -> Iterator[Finding]:
    for at, document, one in policies(case):
        given = one.get("parameters")
        for key, names in given.items() if isinstance(given, Mapping) else ():
            if key.lower() != "x-ms-apimtemplate-operationname":
                continue
            listed = names if isinstance(names, list) else [names]
            for index, name in enumerate(listed):
                for part in str(name).split(","):
                    if part.strip() and part.strip() not in case.ids:
                        where = f"{at}/parameters/{escape(key)}" + (f"/{index}" if isinstance(names, list) else "")
                        said = f"there is no operation {part.strip()!r}{nearest(part.strip(), case.ids)}"
                        yield Finding(where, said, document=document)


@check("expression-unknown")
def _expression(node: Node, case: Case) -> Iterator[Finding]:
    known = {name.lower() for _, _, name, _ in connection(case)}
    if case.service is not None:
        known |= {one.name.lower() for one in case.service.connection}
    for at, document, one in policies(case):
        given = one.get("parameters")
        sent = _sent(given, case) if isinstance(given, Mapping) else None
        for key, value in given.items() if isinstance(given, Mapping) else ():
            texts = {"": value} if isinstance(value, str) else value if isinstance(value, Mapping) else {}
            for step, text in texts.items():
                where = f"{at}/parameters/{escape(key)}" + (f"/{escape(step)}" if step else "")
                for said, rule_ in _unknown(text, known, sent) if isinstance(text, str) else ():
                    yield Finding(where, said, document=document, rule=rule_)


def _sent(given: Mapping[str, Any], case: Case) -> set[str] | None:
    """What the operations of a policy send in queries and headers, in small letters; None where that is not known."""
    named = next((value for key, value in given.items() if key.lower() == "x-ms-apimtemplate-operationname"), None)
    operations = (
        [case.ids.get(str(name)) for name in named] if isinstance(named, list) and named else [*case.ids.values()]
    )
    found: set[str] = set()
    for one in operations:
        if one is None:
            return None
        found |= {str(each.get("name")).lower() for each in case.tree.parameters(one)}
    return found


def _unknown(text: str, connection: set[str], sent: set[str] | None) -> Iterator[tuple[str, str]]:
    try:
        parsed = template(text)
    except (Unsupported, ValueError):
        return  # a policy that cannot be compiled is told by another rule
    for one in parsed.expressions:
        known = one.name.split(":")[0].lower() in connection or not connection
        if one.root == "connectionparameters" and not known and one.default is MISSING:
            said = f"there is no connection parameter {one.name!r}{nearest(one.name, connection)}"
            yield said, "expression-unknown"
        if one.root == "queryparameters" and sent is not None and one.name.lower() not in sent:
            said = f"no operation of this policy has a parameter {one.name!r}{nearest(one.name, sent)}"
            yield said, "expression-parameter"


@check("scheme-unbound")
def _unbound(node: Node, case: Case) -> Iterator[Finding]:
    declared = {name for _, _, name, _ in connection(case)}
    habits = {"basic": ("username",), "apiKey": ("api_key", node.name), "oauth2": ("token", node.name)}
    wanted = habits.get(str(node.get("type")))
    if declared and wanted and "x-connector-credentials" not in node.value and not declared & set(wanted):
        yield Finding(node.pointer, f"none of {', '.join(sorted(declared))} is for {node.name!r}", key=True)
