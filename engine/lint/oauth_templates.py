"""Templates of OAuth requests: what the authorization code flow needs in them.

Sources: RFC 6749 sections 4.1.1, 4.1.3 and 6; the settings of the published connectors.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from openconnectors.engine.lint.oauth import settings_of
from openconnectors.engine.lint.properties import Place
from openconnectors.engine.lint.rules import Context, Finding, Rule
from openconnectors.engine.lint.table import RULES
from openconnectors.engine.lint.table_properties import check
from openconnectors.engine.lint.tree import Node

# fmt: off
RULES.add(
    Rule("oauth-template", "warning", "document",
         why="Without what the authorization code flow needs (RFC 6749 section 4.1), the provider refuses the request.",
         fix="Add what the message names to the template."),
    Rule("oauth-query", "warning", reported_by="oauth-template",
         why="The query is written behind the URL as it is: without a question mark it is a part of the path.",
         fix="Begin it with a question mark."),
    Rule("oauth-secret-address", "error", reported_by="oauth-template",
         why="The secret of a client must not be in the URL of a request (RFC 6749 section 2.3.1), which is shown and "
             "logged.",
         fix="Send it in tokenBodyTemplate, or leave it to the header field Authorization."),
)
# fmt: on


class Request(Struct, frozen=True):
    """A request of the flow: the custom parameters that it is made of, the last of them that is filled is the one to
    correct; and what is in one of them, in lower case, with the words of a message."""

    templates: tuple[str, ...]
    needs: tuple[tuple[str, str], ...]


REQUESTS = (
    Request(
        ("authorizationUrlTemplate", "authorizationUrlQueryStringTemplate"),
        (
            ("response_type=code", "response_type=code"),
            ("client_id=", "client_id={ClientId}"),
            ("{redirecturl}", "redirect_uri={RedirectUrl}"),
            ("{state}", "state={State}"),
        ),
    ),
    Request(
        ("tokenUrlTemplate", "tokenUrlQueryStringTemplate", "tokenBodyTemplate"),
        (("{code}", "code={Code}"), ("grant_type=authorization_code", "grant_type=authorization_code")),
    ),
    Request(
        ("refreshUrlTemplate", "refreshUrlQueryStringTemplate", "refreshBodyTemplate"),
        (("{refreshtoken}", "refresh_token={RefreshToken}"), ("grant_type=refresh_token", "grant_type=refresh_token")),
    ),
)
"""The requests of the authorization code flow, a row each."""
_OF_FLOW = ("client_id=", "redirect_uri=", "grant_type=", "response_type=")
"""What shows that a template is of the flow's own parameters."""
_TEMPLATED = ("oauth2generic", "oauth2pkce")
_QUERIES = (*("authorizationUrlQueryStringTemplate", "tokenUrlQueryStringTemplate", "refreshUrlQueryStringTemplate"),)
_ADDRESSES = (*_QUERIES, "authorizationUrlTemplate", "tokenUrlTemplate", "refreshUrlTemplate")


@check("oauth-template")
def _template(node: Node, context: Context) -> Iterator[Finding]:
    for settings, _ in settings_of(context):
        if str(settings.below("identityProvider").value or "").lower() not in _TEMPLATED:
            continue
        custom = settings.below("customParameters")
        for name in _QUERIES:
            query = custom.below(name).below("value")
            if isinstance(query.value, str) and query.value.strip()[:1] not in ("", "?", "{", "@", "&"):
                yield query.finding(f"{query.value[:60]!r} does not begin with a question mark", rule="oauth-query")
        for name in _ADDRESSES:
            url = custom.below(name).below("value")
            if isinstance(url.value, str) and "{clientsecret}" in url.value.lower():
                yield url.finding(f"{name} has the secret of the client", rule="oauth-secret-address")
        for request in REQUESTS:
            yield from _missing([custom.below(name).below("value") for name in request.templates], request)


def _missing(templates: list[Place], request: Request) -> Iterator[Finding]:
    """What a request lacks that says something: one that is empty, or of a single word, is the provider's own."""
    filled = [place for place in templates if isinstance(place.value, str) and "=" in place.value]
    whole = " ".join(place.value for place in filled).lower()
    for text, shown in request.needs if any(word in whole for word in _OF_FLOW) else ():
        if text not in whole:
            yield filled[-1].finding(f"the template has no {shown}")
