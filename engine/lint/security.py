"""Security: schemes, scopes, secrets in documents, and transport without encryption."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from openconnectors.engine.deferred import pattern
from openconnectors.engine.documents.pointers import escape, join_file
from openconnectors.engine.errors import closest
from openconnectors.engine.lint import oauth, policy_texts
from openconnectors.engine.lint.rules import Context, Finding
from openconnectors.engine.lint.table import check
from openconnectors.engine.lint.tree import Node, mapping, requirements


def _required(context: Context) -> Iterator[tuple[str, str, Any]]:
    """The security requirements of the document and of its operations: pointer, name of the scheme, scopes."""
    for node in (context.tree.root, *context.tree["operation"]):
        yield from requirements(node)


def _required_names(context: Context) -> frozenset[str]:
    return frozenset(name for _, name, _ in _required(context))


@check("security-undefined")
def _undefined(node: Node, context: Context) -> Iterator[Finding]:
    schemes = context.tree.schemes
    for pointer, name, _ in _required(context):
        # OpenAPI 3.2 allows the URI of a scheme in place of its name.
        if name not in schemes and not name.startswith("http"):
            message = f"the security scheme {name!r} is not defined"
            yield Finding(pointer, message, key=True, suggestion=closest(name, schemes))


@check("security-unused")
def _unused(node: Node, context: Context) -> Iterator[Finding]:
    required = context.once(_required_names)
    if required and node.name not in required:
        yield Finding(node.pointer, f"no operation requires the security scheme {node.name!r}", key=True)


@check("security-empty")
def _none_required(node: Node, context: Context) -> Iterator[Finding]:
    schemes = context.tree.schemes
    if schemes and not any(True for _ in _required(context)):
        message = f"no operation requires any of the security schemes {', '.join(schemes)}"
        yield Finding(context.tree.holder_of("security-scheme"), message, key=True)


@check("scope-undefined")
def _scope_undefined(node: Node, context: Context) -> Iterator[Finding]:
    for pointer, name, scopes in _required(context):
        scheme = context.tree.schemes.get(name)
        listed = _scopes(scheme.value) if scheme is not None and isinstance(scheme.value, Mapping) else None
        for index, scope in enumerate(scopes if isinstance(scopes, list) and listed is not None else ()):
            if listed is not None and isinstance(scope, str) and scope not in listed:
                message = f"the security scheme {name!r} has no scope {scope!r}"
                yield Finding(f"{pointer}/{index}", message, suggestion=closest(scope, listed))


def _scopes(scheme: Mapping[str, Any]) -> set[str] | None:
    """The scopes of all flows of a scheme; None if it is not OAuth 2.0."""
    if scheme.get("type") != "oauth2":
        return None
    holders = [scheme, *mapping(scheme.get("flows")).values()]
    scopes = [mapping(holder).get("scopes") for holder in holders]
    return {str(name) for names in scopes if isinstance(names, (Mapping, list)) for name in names}


@check("scope-misplaced")
def _scope_misplaced(node: Node, context: Context) -> Iterator[Finding]:
    for pointer, name, scopes in requirements(node):
        scheme = context.tree.schemes.get(name)
        kind = scheme.get("type") if scheme is not None else None
        if kind in ("apiKey", "basic", "http", "mutualTLS") and scopes:
            yield Finding(pointer, f"the security scheme {name!r} is of type {kind}, which has no scopes", True)


_URLS = ("authorizationUrl", "tokenUrl", "refreshUrl", "openIdConnectUrl")


@check("transport-insecure")
def _insecure(node: Node, context: Context) -> Iterator[Finding]:
    if node.kind == "server":
        url = node.get("url")
        if isinstance(url, str) and url.startswith("http://") and not re.match(r"http://(localhost|127\.|\[::1)", url):
            yield Finding(node.at("url"), f"{url!r} is not encrypted")
    elif node.kind in ("document", "operation"):
        protocols = [str(protocol) for protocol in node.array("schemes")]
        if protocols and not {"https", "wss"} & set(protocols):
            yield Finding(node.at("schemes"), f"none of the protocols {', '.join(protocols)} is encrypted")
    else:
        flows = node.mapping("flows")
        for at, holder in (("", node.value), *((f"/flows/{escape(name)}", flow) for name, flow in flows.items())):
            for name in _URLS:
                url = mapping(holder).get(name)
                if isinstance(url, str) and url.startswith("http://") and "localhost" not in url:
                    yield Finding(f"{node.pointer}{at}/{name}", f"{url!r} is not encrypted")


_SECRETS = {
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----(\s|\\[rn])*([\w-]+: [^\n]*\s+)*"
    r"[A-Za-z0-9+/=]{16}([A-Za-z0-9+/=]|\s|\\[rn]){48}",
    "an AWS access key (AKIA…)": r"\b(?<!Credential=)AKIA[0-9A-Z]{16}\b",
    "a personal access token (gh…)": r"\b(gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,})",
    "a bot token (xox…)": r"\bxox[abprs]-[A-Za-z0-9-]{20,}",
    "a live key (sk_live_…)": r"\b[sr]k_live_[A-Za-z0-9]{16,}",
    "an API key (AIza…)": r"\bAIza[0-9A-Za-z_-]{35}\b",
    "an API key (SG.…)": r"\bSG\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}",
    "an API key (sk-…)": r"\bsk-(proj-)?[A-Za-z0-9]{32,}",
    "a password in a URL": r"\bhttps?://[^/\s:@\"'{}<>]+:[^/\s@\"'{}<>]{3,}@",
}
"""Secrets by the form that their issuers give them: a name to show, and a pattern."""
_KINDS = list(_SECRETS)
_SECRET = pattern("|".join(f"(?P<g{index}>{pattern})" for index, pattern in enumerate(_SECRETS.values())))
_TYPED = pattern(r"(?i)example|sample|dummy|fake|your|insert|change_?me|replace|redacted|placeholder|x{4}|0{4}")
"""What somebody typed in the place of a secret says so."""
_TYPED_URL = pattern(
    r"(?i)//(user|login|admin|account|foo|<|\$|\[)[^/:]*:"
    r"|:(my|your|the|some)?[_-]?(api|client|user|auth)?[_-]?(pass(word|wd|phrase)?|pwd?|secret|key|token|bar|\*+|x+|\.+)@"
)
"""The same in a URL: a name that nobody has, a password that says what it is."""


def _is_placeholder(kind: str, secret: str) -> bool:
    """Return True for a text that was typed in the place of a secret: by what it says, or, of a key, by few different
    characters."""
    if "URL" in kind:
        return _TYPED_URL.search(secret) is not None or "xxxx" in secret.lower()
    if "private key" in kind:
        return len(set(secret.partition("KEY-----")[2])) < 20
    return _TYPED.search(secret) is not None


_BORDER = re.compile(r"\\b|\(\?<![^)]*\)|^\[[^]]*\]")
_BEGINNINGS = [re.compile(_BORDER.sub("", pattern.removeprefix(r"\b"))) for pattern in _SECRETS.values()]
"""The patterns without their borders, what must not be before them, and the choice of a first character: each has a
fixed beginning then, so that a whole text is searched quickly."""


@check("secret-committed")
def _secret(node: Node, context: Context) -> Iterator[Finding]:
    documents = [document for document in (context.document, context.properties) if document is not None]
    for document, name, file in ((each, name, file) for each in documents for name, file in each.parts().items()):
        if not any(pattern.search(file.text) for pattern in _BEGINNINGS):
            continue
        for pointer, text in _texts(file.root):
            for match in _SECRET.finditer(text):
                group = next(name for name, value in match.groupdict().items() if value is not None)
                kind = _KINDS[int(group[1:])]
                if not _is_placeholder(kind, match[0]):
                    yield Finding(join_file(name, pointer), f"this looks like {kind}", document=document)
                    break
    for place in (*oauth.secrets(context), *policy_texts.secrets(context)):
        yield place.finding(f"this looks like a secret, and not like a placeholder of {place.name!r}")


def _texts(root: object) -> Iterator[tuple[str, str]]:
    """Every string of a document, with its pointer."""
    waiting: list[tuple[str, object]] = [("", root)]
    while waiting:
        pointer, value = waiting.pop()
        if isinstance(value, str):
            yield pointer, value
        elif isinstance(value, Mapping):
            waiting += [(f"{pointer}/{escape(name)}", member) for name, member in value.items()]
        elif isinstance(value, list):
            waiting += [(f"{pointer}/{index}", item) for index, item in enumerate(value)]
