"""What policies leave as it was, and where they put secrets.

Sources: learn.microsoft.com, "Policy templates in custom connectors"; RFC 9110 section 17.9, of secrets in URLs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from openconnectors.engine.errors import Unsupported
from openconnectors.engine.lint.policies import policies, policy_operations, template_of, text_of
from openconnectors.engine.lint.properties import Place, connection_parameters, kind_of
from openconnectors.engine.lint.rules import Context, Finding, Rule
from openconnectors.engine.lint.table import RULES
from openconnectors.engine.lint.table_properties import check
from openconnectors.engine.lint.tree import Node
from openconnectors.engine.policies.expressions import Step, path, steps_of, template

# fmt: off
RULES.add(
    Rule("policy-idle", "warning", "document",
         why="A policy that sets what is so already changes nothing; of two members with one name, one is left.",
         fix="Write what it is to become, or remove the policy."),
    Rule("policy-secret-address", "warning", "document",
         why="Addresses are shown, logged and kept (RFC 9110 section 17.9), and a host is looked up in the open.",
         fix="Send the secret in a header field, or give the parameter the type string if it is none."),
)
# fmt: on


# Policies that change nothing


@check("policy-idle")
def _idle(node: Node, context: Context) -> Iterator[Finding]:
    hosts = [place for place in policies(context) if template_of(place) in _HOSTS]
    for place in policies(context):
        kind = template_of(place)
        for first, second, what in _PAIRS.get(kind, ()):
            before, after = text_of(place, first), text_of(place, second)
            if before is not None and after is not None and before.value and before.value == after.value:
                yield after.finding(f"{second} is the same as {first}: {what}")
        source = _steps(place, _SOURCE, "") if kind == "setproperty" else None
        if source and source == _steps(place, _PARENT, _CHILD):
            yield place.below("parameters").finding("the property is set to its own value")
        if kind == "moveproperties" and _is_moved_to_itself(place):
            yield place.below("parameters").finding("what is moved comes back to where it was")
        if kind == "routerequesttoendpoint":
            yield from _route(place, context)
        if kind in _HOSTS and len(hosts) == 1:
            yield from _host(place, context)


_HOSTS = ("dynamichosturl", "dynamicsubdomain")
_PARENT, _CHILD, _SOURCE = "newPropertyParentPathTemplate", "newPropertySubPathTemplate", "propertyValuePathTemplate"
_PAIRS: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "convertobjecttoarray": (("keyName", "valueName", "the value takes the place of the key"),),
    "stringreplace": (("sourceString", "replacementString", "nothing is replaced"),),
}
"""Two parameters of a template that say different things, and what happens if they are the same."""


def _steps(place: Place, parent: str, child: str) -> tuple[Step, ...] | None:
    """The steps of a path into the body, of a parent and a relative path below it; None if it is no such path."""
    above, below = text_of(place, parent), text_of(place, child) if child else None
    try:
        whole = path(above.value) if above is not None else None
    except Unsupported:
        return None  # policy-template
    if whole is None or whole.root not in ("body", "triggerbody"):
        return None
    return (*whole.steps, *(steps_of(below.value) if below is not None and below.value.strip() else ()))


def _is_moved_to_itself(place: Place) -> bool:
    named = text_of(place, "dstSubPath")
    source, target = _steps(place, "srcParentPath", "srcSubPath"), _steps(place, "dstParentPath", "dstSubPath")
    only_members = text_of(place, "copyOnlySubProperties")
    if not source or target is None:
        return False
    if only_members is not None and only_members.value.strip().lower() == "true":
        return source == target
    return source == (target if named is not None and named.value.strip() else (*target, source[-1]))


def _route(place: Place, context: Context) -> Iterator[Finding]:
    """A finding if the path and the method of a request stay what they are, for each operation of a policy."""
    new, method = text_of(place, "newPath"), text_of(place, "httpMethod")
    operations = policy_operations(place, context)
    word = method.value.strip().lower() if method is not None else ""
    kept = word in ("", "@request.originalhttpmethod") or all(operation.name == word for operation in operations)
    paths = {operation.parent.name for operation in operations if operation.parent is not None}
    if new is not None and kept and paths == {new.value.strip()}:
        yield new.finding(f"{new.value!r} is the path of the operation already")


def _host(place: Place, context: Context) -> Iterator[Finding]:
    root, text = context.tree.root, text_of(place, "urlTemplate")
    host, base = root.get("host"), root.get("basePath", "")
    address = f"https://{host}{base}".rstrip("/") if root.array("schemes") == ["https"] else ""
    if text is not None and text.value.strip().rstrip("/") == address != "":
        yield text.finding(f"{text.value!r} is the address of the definition already")


# Secrets


@check("policy-secret-address")
def _secret(node: Node, context: Context) -> Iterator[Finding]:
    secret = {place.name.lower() for place in connection_parameters(context) if kind_of(place) == "securestring"}
    for place in policies(context) if secret else ():
        for name in _ADDRESSES.get(template_of(place), ()):
            text = text_of(place, name)
            for parameter in _connection_values(text.value) if text is not None else ():
                if text is not None and parameter.lower() in secret:
                    yield text.finding(f"the secret {parameter!r} becomes a part of the address")


_ADDRESSES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(_HOSTS, ("urlTemplate",)),
    "routerequesttoendpoint": ("newPath",),
    "setvaluefromurl": ("parameterValueUrl",),
}
"""The parameters of templates that are addresses, or parts of them."""


def _connection_values(text: str) -> Iterator[str]:
    """The connection parameters that the expressions of a text refer to."""
    try:
        expressions = template(text).expressions
    except (Unsupported, ValueError):
        return  # policy-template
    yield from (expression.name for expression in expressions if expression.root == "connectionparameters")
