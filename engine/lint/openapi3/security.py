"""Security schemes and requirements: URLs of OAuth 2.0 and OpenID Connect, names that HTTP can carry, repetitions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from openconnectors.engine.deferred import pattern
from openconnectors.engine.errors import closest
from openconnectors.engine.lint.openapi3.metadata import is_uri
from openconnectors.engine.lint.openapi3.versions import OPENAPI3
from openconnectors.engine.lint.rules import Context, Finding, Rule
from openconnectors.engine.lint.table import RULES, check
from openconnectors.engine.lint.tree import Node, array, mapping

# fmt: off
RULES.add(
    Rule("oauth-url", "error", "security-scheme", members="flows openIdConnectUrl oauth2MetadataUrl",
         versions=OPENAPI3,
         why="Tokens are got from a URL, without a fragment (OAuth Flow Object, RFC 6749 section 3).",
         fix="Write the absolute URL, starting with https://."),
    Rule("oauth-url-relative", "warning", reported_by="oauth-url",
         why="Tools differ on what a relative URL is relative to (Relative References in API URLs).",
         fix="Write the absolute URL, starting with https://."),
    Rule("openid-url", "warning", "security-scheme", members="openIdConnectUrl", versions=OPENAPI3,
         why="A provider's configuration is at /.well-known/openid-configuration (OpenID Connect Discovery section 4).",
         fix="Write the URL that ends so."),
    Rule("flows-empty", "warning", "security-scheme", members="flows", versions=OPENAPI3,
         why="Without a flow there is no way to a token (OAuth Flows Object).",
         fix="Add a flow."),
    Rule("scope-name", "error", "security-scheme", members="flows", versions=OPENAPI3,
         why="Scopes are separated by blanks: a name is printable ASCII without blanks, quotes and backslashes "
             "(RFC 6749 section 3.3).",
         fix="Use the name that the authorization server knows."),
    Rule("http-scheme-unknown", "warning", "security-scheme", members="scheme", versions=OPENAPI3,
         why="Clients know registered schemes of HTTP authentication only (Security Scheme Object).",
         fix="Use a registered scheme, such as bearer or basic, or type: apiKey."),
    Rule("key-name", "error", "security-scheme", members="name",
         why="The name of a header or cookie is a token (RFC 9110 section 5.6.2); no other can be sent.",
         fix="Use the name that the service expects."),
    Rule("bearer-format", "error", "security-scheme", members="bearerFormat", versions="3.0",
         why="Only bearer tokens have a format (Security Scheme Object).",
         fix="Remove bearerFormat, or use scheme: bearer."),
    Rule("requirement-twice", "warning", "document operation", members="security", versions=OPENAPI3,
         why="A repeated alternative or scope has no effect (Security Requirement Object).",
         fix="Remove one."),
)
# fmt: on

_URLS = ("authorizationUrl", "tokenUrl", "refreshUrl", "deviceAuthorizationUrl")


def _flows(node: Node) -> Iterator[tuple[str, Mapping[str, object]]]:
    """The flows of a scheme, with their names."""
    for name, flow in node.mapping("flows").items():
        if isinstance(flow, Mapping) and not name.startswith("x-"):
            yield name, flow


@check("oauth-url")
def _url(node: Node, context: Context) -> Iterator[Finding]:
    urls = [(node.at(name), node.get(name)) for name in ("openIdConnectUrl", "oauth2MetadataUrl") if node.has(name)]
    urls += [(node.at("flows", name, key), flow[key]) for name, flow in _flows(node) for key in _URLS if key in flow]
    for at, url in urls:
        if not isinstance(url, str) or "{" in url:
            continue
        if not is_uri(url):
            yield Finding(at, f"{url!r} is not a URL")
        elif "#" in url:
            yield Finding(at, f"{url!r} has a fragment")
        elif not urlsplit(url).scheme:
            yield Finding(at, f"{url!r} is not an absolute URL", rule="oauth-url-relative")
        elif not urlsplit(url).netloc:
            yield Finding(at, f"{url!r} has no host")


@check("openid-url")
def _openid(node: Node, context: Context) -> Iterator[Finding]:
    url = node.get("openIdConnectUrl")
    if isinstance(url, str) and is_uri(url) and "/.well-known/" not in url:
        yield Finding(node.at("openIdConnectUrl"), f"{url!r} is not the address of a provider's configuration")


@check("flows-empty")
def _flows_empty(node: Node, context: Context) -> Iterator[Finding]:
    has_none = isinstance(node.get("flows"), Mapping) and not any(True for _ in _flows(node))
    if has_none and not node.has("oauth2MetadataUrl"):
        yield Finding(node.at("flows"), "there is no flow", key=True)


_SCOPE = pattern(r"[\x21\x23-\x5b\x5d-\x7e]+\Z")


@check("scope-name")
def _scope(node: Node, context: Context) -> Iterator[Finding]:
    for name, flow in _flows(node):
        for scope in mapping(flow.get("scopes")):
            if not scope.startswith("x-") and not _SCOPE.match(scope):
                yield Finding(node.at("flows", name, "scopes", scope), f"{scope!r} cannot be requested", key=True)


_SCHEMES = (
    *("basic", "bearer", "concealed", "digest", "dpop", "gnap", "hoba", "mutual", "negotiate", "oauth"),
    *("privatetoken", "scram-sha-1", "scram-sha-256", "vapid"),
)
"""The registered schemes (IANA, HTTP Authentication Scheme Registry), in small letters."""


@check("http-scheme-unknown")
def _scheme(node: Node, context: Context) -> Iterator[Finding]:
    name = node.get("scheme")
    if node.get("type") == "http" and isinstance(name, str) and name.lower() not in _SCHEMES:
        suggestion = closest(name.lower(), _SCHEMES)
        yield Finding(node.at("scheme"), f"{name!r} is not a registered scheme", suggestion=suggestion)


_TOKEN = pattern(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")


@check("key-name")
def _key(node: Node, context: Context) -> Iterator[Finding]:
    name = node.get("name")
    if node.get("in") in ("header", "cookie") and isinstance(name, str) and not _TOKEN.match(name):
        yield Finding(node.at("name"), f"{name!r} is not a valid name of a {node.get('in')}")


@check("bearer-format")
def _bearer(node: Node, context: Context) -> Iterator[Finding]:
    scheme = node.get("scheme")
    if node.get("type") == "http" and isinstance(scheme, str) and scheme.lower() != "bearer":
        yield Finding(node.at("bearerFormat"), f"`bearerFormat` is not for the scheme {scheme!r}", key=True)


@check("requirement-twice")
def _twice(node: Node, context: Context) -> Iterator[Finding]:
    requirements = node.array("security")
    for index, requirement in enumerate(requirements):
        if requirement in requirements[:index]:
            yield Finding(node.at("security", index), "this alternative is already in the list")
        for name, scopes in mapping(requirement).items():
            listed = array(scopes)
            for place, scope in enumerate(listed):
                if scope in listed[:place]:
                    yield Finding(node.at("security", index, name, place), f"the scope {scope!r} is already required")
