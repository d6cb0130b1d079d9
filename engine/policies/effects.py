"""What policies do: a small closed set of effects, matched by their type.

An effect is pure. What rewrites a body has both directions: ``apply`` is the one the template is named for, ``invert``
undoes it, for whoever stands on the other side of the wire. What changes a request changes a ``RequestBuilder``, before
credentials are attached.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from msgspec import Struct, field

from openconnectors.engine.masking import Mask
from openconnectors.engine.policies.expressions import Expression, Scope, Template


class RequestBuilder(Struct):
    """A request under construction, in clear, its values encoded.

    ``path_variables`` are the encoded values of the path by their names; what is in ``secret_headers`` and
    ``secret_query`` is attached with the credentials and shown nowhere. ``instead`` are the header fields that are set
    in place of any other. If ``fixed``, the operator has named where it goes, and no policy chooses another host.
    """

    method: str
    base: str
    path: str
    query: list[str]
    headers: dict[str, str]
    path_variables: Mapping[str, str] = field(default_factory=dict)
    secret_headers: dict[str, str] = field(default_factory=dict)
    secret_query: dict[str, str] = field(default_factory=dict)
    instead: set[str] = field(default_factory=set)
    fixed: bool = False
    mask: Mask = field(default_factory=Mask)
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """What the request is made of."""

    __repr__ = object.__repr__  # its values are in clear

    def remove_header(self, name: str) -> None:
        """Remove a header field, secret or not, in whatever case its name is."""
        for fields in (self.headers, self.secret_headers):
            for known in [known for known in fields if known.lower() == name.lower()]:
                del fields[known]


class RewriteBody(Struct, frozen=True):
    """Rewrites a body, in both directions; each works on a fresh copy of what it changes."""

    apply: Callable[[Any], Any]
    invert: Callable[[Any], Any]
    in_place: Callable[[Any], Any] | None = None
    """As ``apply``, of a body that nobody else holds; None if a part of it then stood in two places."""


class ChangeRequest(Struct, frozen=True):
    """Changes a request. Raises ``ValueError`` for arguments that it cannot place, ``Unsupported`` if a value that it
    needs is missing."""

    change: Callable[[RequestBuilder, Scope], None]
    in_head: bool = False
    """True if it changes the base and the header fields alone, and no argument beside those in header fields matters:
    requests with the same header fields are changed in the same way."""


class SetHeaders(Struct, frozen=True):
    """Gives header fields of a response, in place of its own of the same names."""

    fields: Callable[[Mapping[str, str], Scope], Mapping[str, str]]


class AskFirst(Struct, frozen=True):
    """Needs a value that the service is asked for before the request can be sent.

    ``request`` gives the request for it, ``value`` is where the response has it, and ``put`` sets it in the request
    that waits and gives the scope in which it is known. ``method``, ``path`` and ``target`` are what messages name.
    """

    method: str
    path: str
    target: str
    request: Callable[[RequestBuilder, Scope], RequestBuilder]
    value: Expression
    put: Callable[[Any, RequestBuilder, Scope], Scope]


class Cursor(Struct, frozen=True):
    """How a polling trigger continues: the query parameters of the next poll, made of the last response, and where a
    response has its events."""

    query: Mapping[str, Template]
    events: Expression


class NextLink(Struct, frozen=True):
    """The member of a response that has the link to the next page: its name, after those of the members above it."""

    path: tuple[str, ...]


class Unauthenticated(Struct, frozen=True):
    """A status that means that the credentials are refused."""

    status: int


class Ignored(Struct, frozen=True):
    """Nothing is done. ``reason`` is the message for the author of the connector, ``parameter`` what it is about."""

    reason: str
    parameter: str


Effect: TypeAlias = RewriteBody | ChangeRequest | SetHeaders | AskFirst | Cursor | NextLink | Unauthenticated | Ignored
