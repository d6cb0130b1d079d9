"""What a connector's reference page says, as frozen data: every form of the page, and whatever is built on it, reads
these records.

Rule 1. All texts are as the document has them: whoever writes them into a page escapes them for it.

Rule 2. No value of a connection is in a page; defaults of secret parameters are left out.

Rule 3. ``anchor`` is the id of a part of the page: letters, digits, ``_``, ``-`` and ``.`` alone, unique in the page.
"""

from __future__ import annotations

from msgspec import Struct


class Type(Struct, frozen=True):
    """A type: that of the document, or the name of a definition, whose place is ``anchor``. ``items`` are those of a
    list that says what they are."""

    name: str
    anchor: str = ""
    format: str = ""
    items: Type | None = None
    nullable: bool = False


NOTHING = Type("")
"""The type of what has no schema, or one that says nothing."""


class Value(Struct, frozen=True, kw_only=True):
    """A value of a connection. ``environment`` are the variables that may hold it; ``sets`` the alternatives that it
    belongs to; ``obtained`` says how a token is obtained."""

    name: str
    title: str
    description: str
    required: bool
    secret: bool
    default: str = ""
    allowed: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    obtained: str = ""


class Member(Struct, frozen=True, kw_only=True):
    """A member of an object; ``name`` of one further inside is a path: ``address.city``, ``lines[].price``."""

    name: str
    type: Type
    required: bool
    title: str = ""
    description: str = ""
    default: str | None = None
    allowed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Parameter(Struct, frozen=True, kw_only=True):
    """A parameter as the document declares it. ``argument`` is its name in Python, ``option`` that on the command line;
    ``choices`` says that the service lists its values; ``members`` are those of a value without a definition."""

    name: str
    argument: str
    option: str
    type: Type
    required: bool
    location: str
    default: str | None
    title: str = ""
    description: str = ""
    allowed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    choices: bool = False
    members: tuple[Member, ...] = ()


class Field(Struct, frozen=True, kw_only=True):
    """A header field that a response is declared to have."""

    name: str
    type: Type
    description: str


class DeclaredResponse(Struct, frozen=True, kw_only=True):
    """A response that the document declares; ``members`` are those of a value without a definition."""

    status: str
    description: str
    type: Type = NOTHING
    media_types: tuple[str, ...] = ()
    members: tuple[Member, ...] = ()
    fields: tuple[Field, ...] = ()


class Examples(Struct, frozen=True, kw_only=True):
    """The same call in Python, on the command line and in HTTP, and a value that it returns, as JSON. A text is empty
    where there is none."""

    python: str = ""
    command: str = ""
    http: str = ""
    value: str = ""


class Operation(Struct, frozen=True, kw_only=True):
    """An operation. ``pages`` says how its pages follow one another; ``waits`` that it goes on after its response;
    ``trigger`` is ``polling`` or ``webhook`` of one that brings events; ``limits`` are how many calls there may be in a
    time, ``throttled`` the statuses of its responses to too many. One with a ``problem`` cannot be called."""

    anchor: str
    id: str
    name: str
    title: str
    method: str
    path: str
    description: str = ""
    deprecated: bool = False
    tags: tuple[str, ...] = ()
    trigger: str = ""
    pages: str = ""
    waits: bool = False
    limits: tuple[str, ...] = ()
    throttled: tuple[str, ...] = ()
    media_types: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    responses: tuple[DeclaredResponse, ...] = ()
    event: tuple[Member, ...] = ()
    examples: Examples = Examples()
    problem: str = ""


class Definition(Struct, frozen=True, kw_only=True):
    """An object that operations share. ``type`` is that of a definition which is none."""

    anchor: str
    name: str
    type: Type
    description: str = ""
    members: tuple[Member, ...] = ()
    allowed: tuple[str, ...] = ()


class Server(Struct, frozen=True, kw_only=True):
    """Where paths begin."""

    url: str
    description: str = ""


class Webhook(Struct, frozen=True, kw_only=True):
    """What the service sends unasked."""

    name: str
    title: str
    description: str
    members: tuple[Member, ...] = ()


class Start(Struct, frozen=True, kw_only=True):
    """How the connector is loaded and its connection set: in Python, in the environment, on the command line."""

    python: str
    environment: str
    command: str


class Page(Struct, frozen=True, kw_only=True):
    """Everything that a connector's reference page says. ``media_types`` are those of its responses, ``limits``
    how many calls of all operations there may be in a time."""

    name: str
    title: str
    version: str
    description: str
    start: Start
    servers: tuple[Server, ...] = ()
    media_types: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    connection: tuple[Value, ...] = ()
    triggers: tuple[Operation, ...] = ()
    actions: tuple[Operation, ...] = ()
    webhooks: tuple[Webhook, ...] = ()
    definitions: tuple[Definition, ...] = ()

    @property
    def operations(self) -> tuple[Operation, ...]:
        """Triggers and actions."""
        return (*self.triggers, *self.actions)

    @property
    def limited(self) -> tuple[Operation, ...]:
        """The operations that have limits of their own."""
        return tuple(operation for operation in self.operations if operation.limits)

    @property
    def throttled(self) -> tuple[Operation, ...]:
        """The operations that say what they answer if there are too many calls."""
        return tuple(operation for operation in self.operations if operation.throttled)
