"""Policies about responses as a whole: the next page, the next poll of a trigger, refused credentials."""

from __future__ import annotations

from collections.abc import Mapping

from openconnectors.engine.errors import Unsupported
from openconnectors.engine.policies.effects import Cursor, NextLink, Unauthenticated
from openconnectors.engine.policies.expressions import template
from openconnectors.engine.policies.use import PolicyParameter, UnusablePolicy, Use

TRIGGER = (PolicyParameter("triggerConfig"), PolicyParameter("triggerDataPath"))
NEXT_LINK = (PolicyParameter("nextLinkPropertyName"), PolicyParameter("nextLinkParentPropertyPath", required=False))
STATUS = (PolicyParameter("statusCode"),)


def polling_trigger(use: Use) -> tuple[Cursor]:
    """``triggerConfig`` maps the query parameters of the next poll to expressions over the last response."""
    config = use.parameters["triggerConfig"]
    if not isinstance(config, Mapping):
        raise UnusablePolicy("triggerConfig maps query parameters to expressions", "triggerConfig")
    try:
        query = {str(name): template(text) for name, text in config.items() if name}
    except Unsupported as error:
        raise UnusablePolicy(str(error), "triggerConfig") from None
    return (Cursor(query, use.path("triggerDataPath")),)


def update_next_link(use: Use) -> tuple[NextLink]:
    """The member of a response that has the link to the next page."""
    above = tuple(map(str, use.sub_path("nextLinkParentPropertyPath")))
    return (NextLink((*above, use["nextLinkPropertyName"])),)


def set_unauthenticated(use: Use) -> tuple[Unauthenticated]:
    """A status that means that the credentials are refused."""
    try:
        return (Unauthenticated(int(use["statusCode"])),)
    except ValueError:
        message = f"statusCode is a number, not {use['statusCode']!r}"
        raise UnusablePolicy(message, "statusCode") from None
