"""A service in one dialect-free model: frozen data, with the few lookups that every reader would write alike.

Rule 1. Every dialect lowers its documents into these records, every consumer reads only them. What a specification can
say has its place here (OpenAPI 3.2 is the superset), whether a dialect that is read says it or not.

Rule 2. Bodies have media types, each with its own schema and encoding. Media types of one schema (in Swagger 2.0, all)
share the object, so that what is compiled for it is compiled once. No consumer takes the first media type for all:
``plan.content`` says which describes a value.

Rule 3. A schema that was a reference stays one (``ref``), so that recursion needs no cycles and a definition is lowered
when it is first read: see ``Lazy``.

``at`` is always the RFC 6901 pointer of a node in its document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from typing import Any, Generic, Literal, TypeVar

from msgspec import Struct, field

from openconnectors.engine.errors import Diagnostic

T = TypeVar("T")


class Missing(Enum):
    """The value of what is absent; distinct from a null that is present."""

    MISSING = "missing"

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING = Missing.MISSING
UNUSABLE = "server-unusable"
"""The rule of a finding that says why a document's server cannot be used, so that the caller has to name one."""


class Lazy(Mapping[str, T], Generic[T]):
    """A mapping whose values are made when they are first read, then kept. One that is not ``closed`` makes values for
    names beyond those it lists."""

    __slots__ = ("_closed", "_make", "_names", "_values")

    def __init__(self, names: Iterable[str], make: Callable[[str], T], *, closed: bool = True) -> None:
        self._names = dict.fromkeys(names)
        self._make = make
        self._closed = closed
        self._values: dict[str, T] = {}

    def __getitem__(self, name: str) -> T:
        if name not in self._values:
            if self._closed and name not in self._names:
                raise KeyError(name)
            self._values[name] = self._make(name)
        return self._values[name]

    def known(self) -> dict[str, T]:
        """The values that are made already."""
        return dict(self._values)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class Xml(Struct, frozen=True, kw_only=True):
    """How a schema is written in XML (Swagger 2.0 and OpenAPI 3.1, "XML Object")."""

    name: str | None = None
    namespace: str | None = None
    prefix: str | None = None
    attribute: bool = False
    wrapped: bool = False
    text: bool = False
    """True if the member is the text of its element."""
    node: Literal["", "element", "attribute", "text", "cdata", "none"] = ""
    """What it is in XML (OpenAPI 3.2, ``nodeType``); empty: what the fields above say."""
    empty_is_text: bool = False
    """True if an empty element is the empty text, whatever ``XmlRule`` says of others."""


class Wire(Struct, frozen=True, kw_only=True):
    """How a value is on the wire if that differs from the contract: its schema there, its path there."""

    schema: Schema | None = None
    path: tuple[str, ...] = ()


class Choices(Struct, frozen=True, kw_only=True):
    """The operation that lists the allowed values of a parameter, and how to read its response.

    ``arguments`` maps its parameters to literals, to ``("argument", name)`` of the call that the values are for, or to
    ``("chosen", name)``, a member of the choice that is opened. ``below`` lists the level below a choice. Without an
    operation the values are those of the service's ``picker``.
    """

    operation: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    below: Choices | None = None
    items: tuple[str, ...] = ()
    value: tuple[str, ...] = ()
    title: tuple[str, ...] = ()


class Encoding(Struct, frozen=True, kw_only=True):
    """How a property is written as a field or part of a form (OpenAPI 3.2, "Encoding Object").

    ``name`` is the name of the field if it is not the property's. ``style`` and ``explode`` are a row of
    ``values.styles``; a dialect sets their defaults. Without a style the value is written in a media type: one of
    ``content_type``, media types and ranges, best first; if there are none, in the usual one for a value of its kind.
    ``headers`` are the header fields of a part. The last three are those of the parts within a part (3.2, "Nested
    Encoding").
    """

    name: str | None = None
    style: str | None = None
    explode: bool = False
    allow_reserved: bool = False
    content_type: tuple[str, ...] = ()
    headers: Mapping[str, Header] = field(default_factory=dict)
    encoding: Mapping[str, Encoding] = field(default_factory=dict)
    prefix_encoding: tuple[Encoding, ...] = ()
    item_encoding: Encoding | None = None


class Schema(Struct, frozen=True, kw_only=True):
    """One schema of JSON Schema 2020-12, whatever dialect wrote it.

    Keywords that the engine acts on are fields of their own; ``types`` are without ``null`` (see ``nullable``) and with
    Swagger's ``file``. Every other keyword is in ``keywords``, spelled as 2020-12 spells it. A value of ``keywords`` is
    plain data (``minimum``, ``const``), a schema (``not``), a tuple of schemas (``prefixItems``) or a mapping of names
    to schemas (``patternProperties``). ``true`` is ``Schema()``, ``false`` is ``NEVER``. A dialect with keywords beside
    ``$ref`` writes the reference into ``all_of``.
    """

    ref: str | None = None
    name: str | None = None
    types: tuple[str, ...] = ()
    format: str | None = None
    title: str = ""
    description: str = ""
    default: Any = MISSING
    example: Any = MISSING
    enum: tuple[Any, ...] | None = None
    nullable: bool = False
    read_only: bool = False
    write_only: bool = False
    properties: Mapping[str, Schema] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    additional: Schema | bool = True
    items: Schema | None = None
    all_of: tuple[Schema, ...] = ()
    any_of: tuple[Schema, ...] = ()
    one_of: tuple[Schema, ...] = ()
    discriminator: str | None = None
    discriminator_mapping: Mapping[str, str] = field(default_factory=dict)
    """The references of schemas, by the values of the discriminator that select them."""
    discriminator_default: str | None = None
    """The reference of the schema that a missing or unknown value of the discriminator selects (OpenAPI 3.2)."""
    discriminator_closed: bool = False
    """True if a value of the discriminator that selects no schema is wrong (OpenAPI 3, "Discriminator Object")."""
    discriminator_value: str | None = None
    """The value that selects this schema in the discriminator of one that it extends; None: its name."""
    open_enum: bool = False
    """True if the enum lists known values and does not forbid others."""
    flatten: bool = False
    """True if callers see the members of this object as those of the object around it."""
    keywords: Mapping[str, Any] = field(default_factory=dict)
    xml: Xml = Xml()
    encoding: Encoding | None = None
    """How it is written as a field of a form, unless its media type says (``x-connector-form``), or as a list within a
    list (Swagger 2.0, "Items Object")."""
    client_name: str | None = None
    visibility: str = ""
    choices: Choices | None = None
    dynamic: Choices | None = None
    """The operation that gives the schema itself."""
    wire: Wire | None = None
    notification: bool = False
    """True if it is the URL that events are sent to."""
    header_prefix: str = ""
    """If it is a mapping that is sent as header fields: what their names begin with."""
    extensions: Mapping[str, Any] = field(default_factory=dict)
    at: str = ""

    def inner(self) -> list[Schema]:
        """The schemas directly inside this one, under whatever keyword but ``allOf``."""
        inner = [*self.properties.values(), *self.any_of, *self.one_of]
        inner += [schema for schema in (self.items, self.additional) if isinstance(schema, Schema)]
        for value in self.keywords.values():
            if isinstance(value, Schema):
                inner.append(value)
            elif isinstance(value, tuple | Mapping):
                listed = value.values() if isinstance(value, Mapping) else value
                inner += [schema for schema in listed if isinstance(schema, Schema)]
        return inner


ANY = Schema()
"""The schema that every value keeps to: ``true``."""
NEVER = Schema(keywords={"not": Schema()})
"""The schema that no value keeps to: ``false`` (JSON Schema 2020-12 core, section 4.3.2)."""


class Paths(Struct, frozen=True, kw_only=True):
    """Paths, each with the pointer of its path item."""

    items: Mapping[str, str] = field(default_factory=dict)


Location = Literal["path", "query", "querystring", "header", "cookie"]


class Parameter(Struct, frozen=True, kw_only=True):
    """One declared parameter (OpenAPI 3.2, "Parameter Object").

    ``style`` and ``explode`` are a row of ``values.styles``: the styles of OpenAPI 3.2, and ``tabDelimited`` of Swagger
    2.0. A dialect sets its defaults. ``content``: the value is written in the one media type there instead. The whole
    query is the value of a parameter ``querystring``, which has content.

    ``encoding`` is how a value in the URL is percent-encoded: ``once``, all but unreserved characters, as RFC 6570 has
    it; ``sparing``, without those reserved characters that delimit nothing in a query, as clients of Swagger 2.0 do;
    ``twice``; or ``none``.
    """

    name: str
    location: Location
    required: bool = False
    schema: Schema
    style: str = "form"
    explode: bool = False
    allow_reserved: bool = False
    """True if reserved characters are sent as they are (RFC 3986 section 2.2)."""
    content: Mapping[str, MediaType] = field(default_factory=dict)
    title: str = ""
    description: str = ""
    deprecated: bool = False
    client_name: str | None = None
    visibility: str = ""
    choices: Choices | None = None
    operators: Mapping[str, str] = field(default_factory=dict)
    encoding: Literal["once", "sparing", "twice", "none"] = "once"
    allow_empty: bool = False
    notification: bool = False
    """True if it is the URL that events are sent to."""
    extensions: Mapping[str, Any] = field(default_factory=dict)
    at: str = ""


class MediaType(Struct, frozen=True, kw_only=True):
    """One representation of a body (OpenAPI 3.1, "Media Type Object"): the schema of its value, and of each item of a
    body that is a sequence (3.2, ``itemSchema``), whose value then is a list by its schema too; examples of what is
    sent, best first, with the name of each in ``example_names``, empty if it has none.

    ``encoding`` is that of properties by their names; ``prefix_encoding`` and ``item_encoding`` that of parts by their
    places (3.2). In a form ``item_encoding`` is that of the properties that have none.
    """

    schema: Schema | None = None
    item_schema: Schema | None = None
    examples: tuple[Any, ...] = ()
    example_names: tuple[str, ...] = ()
    encoding: Mapping[str, Encoding] = field(default_factory=dict)
    prefix_encoding: tuple[Encoding, ...] = ()
    item_encoding: Encoding | None = None


class Header(Struct, frozen=True, kw_only=True):
    """A declared header field of a response or a part (OpenAPI 3.1, "Header Object"), written like a parameter."""

    schema: Schema
    required: bool = False
    style: str = "simple"
    explode: bool = False
    content: Mapping[str, MediaType] = field(default_factory=dict)
    description: str = ""
    at: str = ""


class RequestBody(Struct, frozen=True, kw_only=True):
    """The body of a request (OpenAPI 3.1, "Request Body Object").

    ``name`` is what callers give it whole by; ``content`` the media types and ranges that it may be sent in, as the
    document spells them, best first.
    """

    name: str = "body"
    content: Mapping[str, MediaType]
    required: bool = False
    fields: bool = False
    """True if it was declared as form fields, which have no name for the whole."""
    implied: bool = False
    """True if it is sent as an empty object when it is required and none of its members is given."""
    title: str = ""
    description: str = ""
    client_name: str | None = None
    visibility: str = ""
    choices: Choices | None = None
    notification: bool = False
    """True if it is the URL that events are sent to."""
    extensions: Mapping[str, Any] = field(default_factory=dict)
    at: str = ""

    def schemas(self) -> list[Schema]:
        """The different schemas of its media types, in their order; ``ANY`` for one without a schema. Media types
        share a schema if it is the same object."""
        schemas = (ANY if entry.schema is None else entry.schema for entry in self.content.values())
        return list({id(schema): schema for schema in schemas}.values())


class Link(Struct, frozen=True, kw_only=True):
    """A follow-up request that a response makes possible (OpenAPI 3.1, "Link Object").

    ``operation`` is the id of an operation of the service, whichever of ``operationId`` and ``operationRef`` names it;
    empty if it names none. ``parameters`` are by name, or ``location.name`` (``path.id``), ``request_body`` is the
    whole body: plain data, of which a text may be a runtime expression (``$response.body#/id``) or hold some in braces.
    ``server`` is that of the request instead of the operation's.
    """

    operation: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    request_body: Any = MISSING
    server: Server | None = None
    description: str = ""
    extensions: Mapping[str, Any] = field(default_factory=dict)
    at: str = ""


class DeclaredResponse(Struct, frozen=True, kw_only=True):
    """One declared response (OpenAPI 3.1, "Response Object"). ``status`` is a code, a range such as ``4XX``, or
    ``default``. ``headers`` are its header fields; one whose schema has a ``header_prefix`` is for all that begin
    so."""

    status: str
    description: str = ""
    content: Mapping[str, MediaType] = field(default_factory=dict)
    headers: Mapping[str, Header] = field(default_factory=dict)
    links: Mapping[str, Link] = field(default_factory=dict)
    """The follow-up requests that it makes possible, by name."""
    error: bool = False
    """True if a status of success is declared to be an error."""
    extensions: Mapping[str, Any] = field(default_factory=dict)
    at: str = ""

    def schemas(self) -> list[Schema]:
        """The different schemas of its media types and of their items, in their order."""
        schemas = (schema for entry in self.content.values() for schema in (entry.schema, entry.item_schema))
        return list({id(schema): schema for schema in schemas if schema is not None}.values())


class Representation(Struct, frozen=True, kw_only=True):
    """How a caller chooses the media type of the response: by the ``Accept`` header field, a suffix of the path, or a
    query parameter. ``values`` maps the texts there to media types; of several for one, the first is sent."""

    where: Literal["header", "path", "query"] = "header"
    name: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


class Paging(Struct, frozen=True, kw_only=True):
    """Where a response has its items and what leads to the next page: the member ``next_link`` with its URL, taken by
    an ``operation`` if it is not followed as it is; the field ``header`` with its URL (``Link``: RFC 8288, relation
    ``next``); or the new value of the argument ``parameter``. That is the cursor at the member ``cursor``, in the field
    ``header``, or at the member ``last`` of the last item; the number of the page after (``counts`` is ``pages``) or of
    the items before it (``items``).

    ``total`` is the member with the number of all items, ``pages`` of all pages, ``more`` whether there are more.
    ``size`` is the argument with the items of a page; ``full``: a page with fewer is the last. ``convention`` is the
    row of ``plan.page_conventions`` that recognized it, empty if it is declared."""

    next_link: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    operation: str = ""
    header: str = ""
    parameter: str = ""
    cursor: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    counts: Literal["", "pages", "items"] = ""
    first: int | None = None
    size: str = ""
    full: bool = False
    total: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    convention: str = ""


class LongRunning(Struct, frozen=True, kw_only=True):
    """An operation that goes on after its response. ``final`` is where its value is in the end: ``location``,
    ``original-uri``, ``azure-async-operation``, ``operation-location``; empty: the usual place."""

    final: str = ""


class XmlRule(Struct, frozen=True, kw_only=True):
    """What the ``xml`` object cannot say: an element around every document, whether an empty element (or attribute)
    means null, and whether an optional list without an element of its own is empty if none of its items is there."""

    envelope: str | None = None
    empty_is_null: bool = False
    absent_is_empty: bool = True


class Signature(Struct, frozen=True, kw_only=True):
    """How a service signs what it sends: an HMAC of ``text``, which names ``{method}``, ``{url}``, ``{form}`` (the
    sorted fields, name and value), ``{body}`` and ``{header:NAME}``, under the connection value ``secret``.

    ``prefix`` is before a signature in the header field, ``separator`` between the parts of a field that has several;
    ``{header:NAME:part}`` is the value of one. ``moment`` is a header field, or ``NAME:part`` of one, with the time of
    sending, which may be ``seconds`` old; ``body_hash`` a parameter of the URL with the SHA-256 of a body that is not a
    form. ``secret_encoding`` and ``secret_prefix`` say how the secret is written."""

    header: str
    secret: str
    secret_encoding: Literal["", "text", "hex", "base64"] = ""
    secret_prefix: str = ""
    text: str = "{body}"
    algorithm: str = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""
    separator: str = ""
    moment: str = ""
    seconds: int = 300
    body_hash: str = ""


class Handshake(Struct, frozen=True, kw_only=True):
    """How a service asks whether a URL may be sent events, and how it is answered. A place of the request is
    ``query:NAME``, ``header:NAME``, ``body:/pointer`` (of JSON) or ``body``, its whole text.

    ``when`` maps places to the texts that are there; ``verify`` maps places to the connection values that they must
    equal (``*``: any secret one). ``answer`` is a text, or plain data that is sent as JSON, and ``headers`` are header
    fields; both name ``{challenge}``, the text at the place ``challenge``, and ``{hmac}``, its HMAC under the
    connection value ``secret``. ``signed``: as events are; None: if it is posted and the service signs."""

    challenge: str
    method: str = "POST"
    when: Mapping[str, str] = field(default_factory=dict)
    verify: Mapping[str, str] = field(default_factory=dict)
    signed: bool | None = None
    answer: Any = "{challenge}"
    headers: Mapping[str, str] = field(default_factory=dict)
    secret: str = ""
    algorithm: str = "sha256"
    encoding: Literal["hex", "base64"] = "hex"


class ErrorShape(Struct, frozen=True, kw_only=True):
    """Where an error body has the provider's code and message."""

    code: tuple[str, ...] = ()
    message: tuple[str, ...] = ()


class Tag(Struct, frozen=True, kw_only=True):
    """A group of operations (OpenAPI 3.2, "Tag Object"), in the group ``parent`` if it names one."""

    name: str
    title: str = ""
    description: str = ""
    parent: str = ""
    kind: str = ""
    extensions: Mapping[str, Any] = field(default_factory=dict)
    at: str = ""


class Operation(Struct, frozen=True, kw_only=True):
    """One operation (OpenAPI 3.1, "Operation Object")."""

    id: str
    method: str
    path: str
    title: str = ""
    description: str = ""
    deprecated: bool = False
    tags: tuple[str, ...] = ()
    visibility: str = ""
    parameters: tuple[Parameter, ...] = ()
    request_body: RequestBody | None = None
    accept: tuple[str, ...] = ()
    """The media types that responses may be requested in, best first; empty: those of the responses."""
    responses: Mapping[str, DeclaredResponse] = field(default_factory=dict)
    security: tuple[Mapping[str, tuple[str, ...]], ...] = ()
    """Alternatives, each a set of schemes that are needed together."""
    servers: tuple[Server, ...] = ()
    """Those of the operation or else of its path; empty: those of the service."""
    representation: Representation = Representation()
    xml: XmlRule = XmlRule()
    errors: ErrorShape = ErrorShape()
    paging: Paging | None = None
    paging_conventions: bool = True
    """False: pages are followed only if ``paging`` says how."""
    long_running: LongRunning | None = None
    retry_on: frozenset[int] = frozenset()
    limit: str = ""
    """How many calls there may be in a time: ``10/second;1000/hour``."""
    safe: bool = False
    """True if it changes nothing, whatever its method."""
    confirmation: bool | None = None
    """Whether a person is to be asked before an assistant calls it; None: the document does not say."""
    for_assistants: bool | None = None
    """Whether assistants are to be offered it; None: the document does not say."""
    trigger: str = ""
    """``single`` or ``batch`` if it reports events: one in a response, or a list of them."""
    event: Schema | None = None
    """What is sent to the URL that a subscription gives."""
    callbacks: Mapping[str, Mapping[str, tuple[Operation, ...]]] = field(default_factory=dict)
    """What the service sends to the caller, by name and by the URL (a text with runtime expressions), which is the path
    of these operations ("Callback Object"). None of them is called from here: their request is received, their response
    sent."""
    sandbox: Mapping[str, Any] = field(default_factory=dict)
    extensions: Mapping[str, Any] = field(default_factory=dict)
    at: str = ""

    @property
    def answers(self) -> Mapping[str, DeclaredResponse]:
        """``responses`` under their old name, for programs that read it."""
        return self.responses

    def offered(self) -> tuple[str, ...]:
        """The media types that responses may be requested in, best first: those that the document lists for the
        operation, else those of its responses, successes before errors."""
        if self.accept:
            return self.accept
        ordered = sorted(self.responses, key=lambda status: not status.startswith("2"))
        return tuple(dict.fromkeys(name for status in ordered for name in self.responses[status].content))

    def schemas(self) -> list[Schema]:
        """The schemas directly in it: of parameters, body, event and responses."""
        schemas = [parameter.schema for parameter in self.parameters]
        schemas += self.request_body.schemas() if self.request_body is not None else []
        schemas += [self.event] if self.event is not None else []
        for response in self.responses.values():
            schemas += response.schemas()
            schemas += [header.schema for header in response.headers.values()]
        return schemas


class ServerVariable(Struct, frozen=True, kw_only=True):
    """A variable of a server's URL (OpenAPI 3.1, "Server Variable Object"). ``allowed`` empty: any value."""

    default: str | None = None
    allowed: tuple[str, ...] = ()
    description: str = ""


class Server(Struct, frozen=True, kw_only=True):
    """Where paths begin (OpenAPI 3.1, "Server Object"): a URL whose ``{name}`` parts are connection values."""

    url: str
    """A template of an absolute URL, or of a path that begins with a slash: that is relative to where the document is
    served, as one with an empty host is."""
    name: str = ""
    description: str = ""
    variables: Mapping[str, ServerVariable] = field(default_factory=dict)
    at: str = ""


class OAuth(Struct, frozen=True, kw_only=True):
    """Where tokens come from (RFC 6749): the endpoints, the scopes and their delimiter, the grant.

    ``device`` is the endpoint of RFC 8628. ``client_id`` is that of the document, if it is a real one. ``metadata`` is
    where the provider describes itself (OpenID Connect Discovery 1.0, or RFC 8414). ``others`` are the further flows of
    the same scheme, of which a connection's values may serve one better."""

    provider: str = ""
    authorize: str = ""
    token: str = ""
    refresh: str = ""
    device: str = ""
    scopes: tuple[str, ...] = ()
    delimiter: str = " "
    grant: str = "authorization_code"
    """``authorization_code``, ``client_credentials``, ``password``, ``implicit`` or ``device_code``."""
    client_id: str = ""
    metadata: str = ""
    others: tuple[OAuth, ...] = ()


class Scheme(Struct, frozen=True, kw_only=True):
    """One security scheme; ``type`` is a row of ``auth.schemes``, ``values`` names the connection parameter behind each
    part of it, ``settings`` has the parts that the document itself fixes.

    A dialect lowers ``http`` to the row that has its scheme (``basic``, ``bearer``, ``digest``), or to ``http``: then
    ``http_scheme`` is the word before the credentials (RFC 9110 section 11.6.2) as it is registered, or as the document
    spells it. ``openIdConnect`` has an ``oauth`` of which only ``metadata`` is known."""

    name: str
    type: str
    location: str = ""
    """``header``, ``query`` or ``cookie`` of a key, which has the name ``parameter`` there."""
    parameter: str = ""
    http_scheme: str = ""
    bearer_format: str = ""
    oauth: OAuth | None = None
    description: str = ""
    deprecated: bool = False
    values: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    extensions: Mapping[str, Any] = field(default_factory=dict)
    at: str = ""


class ConnectionParameter(Struct, frozen=True, kw_only=True):
    """One value that an account's connection needs."""

    name: str
    type: str = "string"
    title: str = ""
    description: str = ""
    required: bool = True
    secret: bool = False
    default: Any = MISSING
    environment: tuple[str, ...] = ()
    allowed: tuple[Any, ...] = ()
    """The values it may have; empty: any."""
    sets: tuple[str, ...] = ()
    """The sets it belongs to, of which a connection has one; empty: every connection has it."""
    oauth: OAuth | None = None
    """How a token is obtained for it."""


class PolicyUse(Struct, frozen=True, kw_only=True):
    """One use of a policy template: its parameters (prefixes removed), on some operations or all."""

    template: str
    section: Literal["request", "response"]
    operations: tuple[str, ...]
    parameters: Mapping[str, Any]
    title: str = ""
    finding: Callable[[str], Diagnostic]
    """Makes a finding at the place of this use."""


class Service(Struct, frozen=True, kw_only=True):
    """What one document describes. ``operations`` and ``schemas`` (by reference) lower on first use.

    An operation raises ``InvalidDocument`` if it, or a schema that it uses, cannot be read.

    Of ``servers`` the first is used unless the caller names another. ``subtypes`` has, by reference, the references of
    the schemas that extend one by their ``allOf``, directly or not."""

    title: str
    version: str = ""
    description: str = ""
    file: str = ""
    tags: Mapping[str, Tag] = field(default_factory=dict)
    """Those that the document describes, by name; operations may have others."""
    original: Mapping[str, Any] | None = None
    """The document as it is written, if other tools can judge requests by it (OpenAPI 3.x)."""
    servers: tuple[Server, ...] = ()
    further_servers: tuple[Server, ...] = ()
    """Those that path items and operations have instead."""
    schemes: Mapping[str, Scheme] = field(default_factory=dict)
    together: frozenset[frozenset[str]] = frozenset()
    """The sets of several schemes that are needed together."""
    distinct: bool = False
    """True if each scheme has values of its own; else those of one type that are not needed together share theirs."""
    operations: Mapping[str, Operation] = field(default_factory=dict)
    places: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Method and path of each operation, also of one that cannot be read."""
    webhooks: Mapping[str, tuple[Operation, ...]] = field(default_factory=dict)
    """What the service sends unasked, by name (OpenAPI 3.1, "OpenAPI Object"). As callbacks, they are received."""
    schemas: Mapping[str, Schema] = field(default_factory=dict)
    subtypes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    read_only_sent: bool = False
    """True if a read-only member that is required is sent if it is given (OpenAPI 3.1, "Validating readOnly and
    writeOnly": an annotation), False if no read-only member is sent."""
    connection: tuple[ConnectionParameter, ...] = ()
    policies: tuple[PolicyUse, ...] = ()
    schema_of: Callable[[Any], Schema] = lambda raw: Schema()
    """Lowers a schema that came in a response, written as those of the document are."""
    finding: Callable[[str, str, str], Diagnostic] = lambda rule, message, at: Diagnostic(
        rule, "warning", message, "", 1, 1, at
    )
    """Makes a warning of a rule, a message and a pointer."""
    signature: Signature | None = None
    handshakes: tuple[Handshake, ...] | None = None
    """None if the document says nothing: then those that are common."""
    test: Choices | None = None
    """The operation that shows whether a connection works."""
    picker: Choices | None = None
    """The operation that lists the files of the service."""
    scripted: frozenset[str] = frozenset()
    """The operations that a script of the publisher's rewrites, which does not run here."""
    representation: Representation = Representation()
    xml: XmlRule = XmlRule()
    errors: ErrorShape = ErrorShape()
    retry_on: frozenset[int] = frozenset()
    limit: str = ""
    """How many calls there may be in a time, of all operations together."""
    paging_conventions: bool = True
    """False: pages are followed only where an operation says how."""
    sandbox: Mapping[str, Any] = field(default_factory=dict)
    extensions: Mapping[str, Any] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()
    """What was found while its files were read."""
    remarks: Callable[[], tuple[Diagnostic, ...]] = tuple
    """Gives what was noticed in the operations and schemas that were lowered so far, and does not keep them from being
    used."""
    blocked: tuple[Diagnostic, ...] = ()
    """Those that forbid sending anything, whatever the operation."""

    def resolve(self, schema: Schema) -> Schema:
        """The schema itself, or the one it refers to."""
        while schema.ref is not None:
            schema = self.schemas[schema.ref]
        return schema
