"""Vendor extensions: what each ``x-*`` member adds to the model. One table, one row a member.

``x-ms-*`` are Microsoft's, ``x-connector-*`` are ours (docs/extensions.md). This is the only place
that spells them; a member without a row is kept in ``extensions`` and changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from typing import Any, TypeGuard, TypeVar, cast

from openconnectors.engine.documents.dialects.lowering import EMPTY, References, Site, truth
from openconnectors.engine.documents.pointers import escape, pointer_steps
from openconnectors.engine.model import (
    MISSING,
    Choices,
    ConnectionParameter,
    ErrorShape,
    Handshake,
    OAuth,
    Operation,
    Paging,
    Paths,
    PolicyUse,
    Polling,
    Representation,
    Schema,
    Scheme,
    Service,
    Signature,
    Wire,
    XmlRule,
)

Node = TypeVar("Node")
Row = Callable[[Any, Any, Site], Any]

_POLICY_PARAMETER = "x-ms-apimtemplateparameter."
_POLICY_OPERATIONS = "x-ms-apimtemplate-operationname"
_POLICY_SECTION = "x-ms-apimtemplate-policysection"


def extend(kind: str, node: Node, members: Mapping[str, Any], at: Site) -> Node:
    """The node with what its ``x-*`` members say, each by its row."""
    changed: Any = node
    for name, value in members.items():
        row = ROWS.get((kind, name))
        if row is not None:
            changed = row(changed, value, at)
    if members and hasattr(node, "extensions"):
        changed = replace(changed, extensions=dict(members))
    return cast(Node, changed)


def _field(name: str, convert: Callable[[Any], Any] = str) -> Row:
    return lambda node, value, at: replace(node, **{name: convert(value)})


def _object(value: Any, at: Site, name: str, keys: tuple[str, ...]) -> Mapping[str, Any]:
    """An extension's value as a mapping that has no other than the known keys."""
    if not isinstance(value, Mapping):
        raise at.refuse("extension", f"{name} must be a mapping with {', '.join(keys)}", name)
    unknown = [key for key in value if key not in keys]
    if unknown:
        raise at.refuse("extension", f"{name} has no {unknown[0]!r}; it has {', '.join(keys)}", name)
    return value


def _texts(value: Mapping[str, Any], at: Site, name: str, *members: str) -> Mapping[str, Any]:
    """An extension's value whose members are text where they are there."""
    for member in members:
        if not isinstance(value.get(member, ""), str):
            raise at.refuse("extension", f"{member} of {name} must be text", f"{name}/{escape(member)}")
    return value


def _list(value: Any) -> list[Any]:
    """The value where it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def _steps(path: Any) -> tuple[str, ...]:
    """A path of Microsoft's (``value/items`` or ``body/value``) as steps."""
    return tuple(step for step in str(path or "").split("/") if step)


# Choices


def _dynamic_values(node: Any, value: Any, at: Site) -> Any:
    if not isinstance(value, Mapping):
        return node
    if "operationId" in value:
        return replace(node, choices=_asked(value))
    if value.get("capability") == "file-picker" and node.choices is None:
        return replace(node, choices=replace(_asked(value), operation=""))
    return node


def _dynamic_tree(node: Any, value: Any, at: Site) -> Any:
    """Choices that lie below one another: how they are opened, and how one of them is."""
    if not isinstance(value, Mapping) or not _asks(value.get("open")):
        return node
    below = _asked(value["browse"]) if _asks(value.get("browse")) else None
    return replace(node, choices=replace(_asked(value["open"]), below=below))


def _asks(value: Any) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(value, Mapping) and isinstance(value.get("operationId"), str)


def _asked(value: Mapping[str, Any]) -> Choices:
    """What to ask and how to read it, in either spelling."""
    return Choices(
        operation=str(value.get("operationId", "")),
        arguments={name: _argument(given) for name, given in _mapping(value.get("parameters")).items()},
        items=_steps(value.get("value-collection", value.get("itemsPath"))),
        value=_steps(value.get("value-path", value.get("itemValuePath"))),
        title=_steps(value.get("value-title", value.get("itemTitlePath"))),
    )


def _dynamic_schema(node: Any, value: Any, at: Site) -> Any:
    """Where the schema itself is asked for; of both spellings the newer, which comes later, counts."""
    return replace(node, dynamic=_asked(value)) if _asks(value) else node


def _argument(given: Any) -> Any:
    """A literal, or ``("argument", name)`` where the value is another argument of the asking call."""
    if isinstance(given, Mapping):
        if "parameter" in given:
            return ("argument", str(given["parameter"]))
        if "parameterReference" in given:
            return ("argument", str(given["parameterReference"]).rpartition("/")[2])
        for spelled in ("selectedItemValuePath", "value-property"):
            if spelled in given:
                return ("chosen", str(given[spelled]))
        return given.get("value")
    return given


# Schemas and parameters


def _form(node: Any, value: Any, at: Site) -> Any:
    members = ("name", "collectionFormat")
    value = _texts(_object(value, at, "x-connector-form", members), at, "x-connector-form", *members)
    return replace(node, form_name=value.get("name"), form_style=value.get("collectionFormat"))


def _wire(node: Any, value: Any, at: Site) -> Any:
    value = _object(value, at, "x-connector-wire", ("schema", "path"))
    schema = at.schema(value["schema"], f"{at.pointer}/x-connector-wire/schema") if "schema" in value else None
    path = value.get("path") or []
    if not isinstance(path, list):
        raise at.refuse("extension", "path of x-connector-wire must be a list of names", "x-connector-wire/path")
    return replace(node, wire=Wire(schema=schema, path=tuple(map(str, path))))


def _operators(node: Any, value: Any, at: Site) -> Any:
    if not isinstance(value, Mapping):
        raise at.refuse("extension", "x-connector-operators maps an operator to a parameter", "x-connector-operators")
    return replace(node, operators={str(mark): str(name) for mark, name in value.items()})


def _enum(node: Any, value: Any, at: Site) -> Any:
    """``modelAsString``: the values listed are those known today."""
    return replace(node, open_enum=isinstance(value, Mapping) and truth(value.get("modelAsString")))


def _mutability(node: Any, value: Any, at: Site) -> Any:
    return replace(node, read_only=True) if value == ["read"] else node


def _header_prefix(node: Schema, value: Any, at: Site) -> Schema:
    """What is declared is one of the fields: callers have a mapping of them, by the rest of their names."""
    one = Schema(types=node.types, format=node.format, enum=node.enum, items=node.items, checks=node.checks)
    return Schema(types=("object",), additional=one, header_prefix=str(value), at=node.at)


_ENCODINGS: Mapping[str, str] = {"single": "once", "double": "twice", "none": "none"}


def _url_encoding(node: Any, value: Any, at: Site) -> Any:
    if not isinstance(value, str) or value not in _ENCODINGS:
        raise at.refuse("extension", f"x-ms-url-encoding is one of {', '.join(_ENCODINGS)}", "x-ms-url-encoding")
    return replace(node, encoding=_ENCODINGS[value])


def _skip_encoding(node: Any, value: Any, at: Site) -> Any:
    return replace(node, encoding="none") if truth(value) else node


# Operations and the service


def _more_paths(node: Paths, value: Any, at: Site) -> Paths:
    """Paths that differ in their query only, which ``paths`` cannot hold."""
    if not isinstance(value, Mapping):
        raise at.refuse("extension", "x-ms-paths must be a mapping, as paths is", "x-ms-paths")
    return replace(node, items={**node.items, **{path: f"/x-ms-paths/{escape(path)}" for path in value}})


def _parameterized_host(node: Service, value: Any, at: Site) -> Service:
    """A host with holes that the connection fills."""
    value = value if isinstance(value, Mapping) else EMPTY
    template = value.get("hostTemplate")
    if not isinstance(template, str) or not template:
        raise at.refuse("extension", "x-ms-parameterized-host needs a hostTemplate", "x-ms-parameterized-host")
    scheme, _, rest = node.server.partition("://")
    path = f"/{rest.partition('/')[2]}" if "/" in rest else ""
    prefixed = truth(value.get("useSchemePrefix", True))
    parameters = []
    for raw in _list(value.get("parameters")):
        if isinstance(raw, Mapping) and isinstance(raw.get("$ref"), str):
            raw = at.document.get(References(at.document).end(raw["$ref"], at.pointer))
        if isinstance(raw, Mapping) and isinstance(raw.get("name"), str):
            parameters.append(_host_parameter(raw))
    return replace(
        node,
        server=f"{scheme}://{template}{path}" if prefixed else f"{template}{path}",
        connection=(*node.connection, *parameters),
    )


def _host_parameter(raw: Mapping[str, Any]) -> ConnectionParameter:
    choices = raw.get("enum")
    only = choices[0] if isinstance(choices, list) and len(choices) == 1 else MISSING
    return ConnectionParameter(
        name=raw["name"],
        title=str(raw.get("x-ms-summary", raw["name"])),
        description=str(raw.get("description", "")),
        required=truth(raw.get("required")),
        default=raw.get("default", raw.get("x-ms-client-default", only)),
    )


def _polling(node: Operation, value: Any, at: Site) -> Operation:
    return replace(node, polling=node.polling or Polling()) if truth(value) else node


_FINAL_STATES = ("azure-async-operation", "location", "original-uri", "operation-location")


def _polling_options(node: Operation, value: Any, at: Site) -> Operation:
    value = value if isinstance(value, Mapping) else EMPTY
    final = str(value.get("final-state-via", ""))
    if final and final not in _FINAL_STATES:
        said = f"final-state-via is one of {', '.join(_FINAL_STATES)}, not {final!r}"
        raise at.refuse("extension", said, "x-ms-long-running-operation-options")
    return replace(node, polling=Polling(final=final)) if final else node


def _pageable(node: Operation, value: Any, at: Site) -> Operation:
    if not isinstance(value, Mapping):
        return node
    link = value.get("nextLinkName")
    items = value.get("itemName", "value")
    operation = value.get("operationName")
    paging = Paging(next_link=_dots(link), items=_dots(items), operation=str(operation or ""))
    return replace(node, paging=paging)


def _dots(name: Any) -> tuple[str, ...]:
    return tuple(str(name).split(".")) if name else ()


def _representation(node: Any, value: Any, at: Site) -> Any:
    value = _object(value, at, "x-connector-representation", ("in", "name", "values"))
    where, values = value.get("in"), value.get("values")
    if where not in ("header", "path", "query") or not isinstance(values, Mapping):
        raise at.refuse(
            "extension", "x-connector-representation needs in: header, path or query, and values", _REPRESENTATION
        )
    _texts(values, at, f"{_REPRESENTATION}/values", *values)
    choice = Representation(where=where, name=str(value.get("name", "")), values={**values})
    return replace(node, representation=choice)


def _xml_rule(node: Any, value: Any, at: Site) -> Any:
    members = ("envelope", "empty")
    value = _texts(_object(value, at, "x-connector-xml", members), at, "x-connector-xml", *members)
    return replace(node, xml=XmlRule(envelope=value.get("envelope"), empty_is_null=value.get("empty") == "null"))


def _empty_text(node: Schema, value: Any, at: Site) -> Schema:
    value = _object(value, at, "x-connector-xml", ("empty",))
    return replace(node, xml=replace(node.xml, empty_is_text=value.get("empty") == "text"))


def _error_shape(node: Any, value: Any, at: Site) -> Any:
    value = _object(value, at, "x-connector-error", ("code", "message"))
    shape = ErrorShape(
        code=tuple(pointer_steps(str(value.get("code", "")))),
        message=tuple(pointer_steps(str(value.get("message", "")))),
    )
    return replace(node, errors=shape)


def _resend(node: Any, value: Any, at: Site) -> Any:
    if not isinstance(value, list) or not all(isinstance(status, int) for status in value):
        raise at.refuse("extension", "x-connector-resend is a list of statuses", "x-connector-resend")
    return replace(node, resend=frozenset(value))


def _credentials(node: Scheme, value: Any, at: Site) -> Scheme:
    value = _object(value, at, "x-connector-credentials", ("username", "password", "key", "token"))
    return replace(node, values={part: str(name) for part, name in value.items()})


def _sandbox(node: Any, value: Any, at: Site) -> Any:
    if not isinstance(value, Mapping):
        raise at.refuse("extension", "x-connector-sandbox must be a mapping", "x-connector-sandbox")
    return replace(node, sandbox=value)


def _properties(node: Service, value: Any, at: Site) -> Service:
    return with_properties(node, value, replace(at, pointer="/x-connector-properties"))


# Properties: Microsoft's apiProperties shape


def with_properties(service: Service, raw: Any, at: Site) -> Service:
    """The service with the connection parameters and policies of a properties block.

    ``raw`` is the value of ``properties`` in Microsoft's ``apiProperties.json``.
    """
    if not isinstance(raw, Mapping):
        raise at.refuse("properties", "properties must be a mapping with connectionParameters")
    parameters = raw.get("connectionParameters") or EMPTY
    policies = raw.get("policyTemplateInstances") or ()
    if not isinstance(parameters, Mapping) or not isinstance(policies, (list, tuple)):
        raise at.refuse("properties", "connectionParameters is a mapping, policyTemplateInstances a list")
    own = {name: _connection_parameter(name, one) for name, one in parameters.items()}
    for name, one in _in_sets(raw.get("connectionParameterSets")).items():
        own.setdefault(name, one)
    scripted = raw.get("scriptOperations")
    return replace(
        service,
        connection=(*(one for one in service.connection if one.name not in own), *own.values()),
        scripted=frozenset(map(str, scripted)) if isinstance(scripted, list) else frozenset(),
        policies=tuple(
            _policy(one, at, f"{at.pointer}/policyTemplateInstances/{index}")
            for index, one in enumerate(policies)
            if isinstance(one, Mapping)
        ),
    )


def _in_sets(raw: Any) -> dict[str, ConnectionParameter]:
    """The parameters of alternative ways to connect, each with the sets that have it."""
    found: dict[str, ConnectionParameter] = {}
    for one in _list(_mapping(raw).get("values")):
        if not isinstance(one, Mapping) or not isinstance(one.get("parameters"), Mapping):
            continue
        for name, inside in one["parameters"].items():
            known = found.get(name) or _connection_parameter(name, inside)
            found[name] = replace(known, sets=(*known.sets, str(one.get("name", len(found)))))
    return found


_ENDPOINTS: Mapping[str, tuple[str, str, str]] = {
    "aad": (
        "{loginUri}/{tenantId}/oauth2/v2.0/authorize",
        "{loginUri}/{tenantId}/oauth2/v2.0/token",
        "{loginUri}/{tenantId}/oauth2/v2.0/devicecode",
    ),
    "facebook": ("https://www.facebook.com/dialog/oauth", "https://graph.facebook.com/oauth/access_token", ""),
    "docusign": ("{loginUri}/oauth/auth", "{loginUri}/oauth/token", ""),
}
_ENDPOINTS = {**_ENDPOINTS, "aadcertificate": _ENDPOINTS["aad"]}
"""The endpoints of identity providers that documents name and do not spell: authorize, token, device."""
_DEFAULTS: Mapping[str, Mapping[str, str]] = {
    "aad": {"loginUri": "https://login.microsoftonline.com", "tenantId": "common"},
    "docusign": {"loginUri": "https://account.docusign.com"},
}
_CLIENT = re.compile(r"[A-Za-z0-9._:/~-]{4,}\Z")


def _oauth(raw: Any) -> OAuth | None:
    """The settings of an identity provider (``oAuthSettings``)."""
    if not isinstance(raw, Mapping):
        return None
    provider = str(raw.get("identityProvider", "")).lower()
    given = {
        str(name).lower(): str(one["value"])
        for name, one in _mapping(raw.get("customParameters")).items()
        if isinstance(one, Mapping) and one.get("value")
    }
    places = _ENDPOINTS.get(provider, ("", "", ""))
    habit = _DEFAULTS.get("aad" if provider.startswith("aad") else provider, EMPTY)
    named = {name: (given.get(name.lower()) or habit.get(name, "")).rstrip("/") for name in ("loginUri", "tenantId")}
    authorize, token, device = (
        place.replace("{loginUri}", named["loginUri"]).replace("{tenantId}", named["tenantId"]) for place in places
    )
    scopes = raw.get("scopes")
    client = str(raw.get("clientId") or "")
    return OAuth(
        provider=provider,
        authorize=given.get("authorizationurl") or given.get("authorizationurltemplate") or authorize,
        token=given.get("tokenurl") or given.get("tokenurltemplate") or token,
        refresh=given.get("refreshurl") or given.get("refreshurltemplate") or "",
        device=device,
        scopes=tuple(map(str, scopes)) if isinstance(scopes, list) else (),
        delimiter=given.get("scopelistdelimiter", " "),
        client_id=client if _CLIENT.match(client) else "",
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    """The value where it is a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else EMPTY


def _connection_parameter(name: str, raw: Any) -> ConnectionParameter:
    raw = raw if isinstance(raw, Mapping) else EMPTY
    ui = _mapping(raw.get("uiDefinition"))
    kind = str(raw.get("type", "string"))
    limits = _mapping(ui.get("constraints"))
    allowed = limits.get("allowedValues")
    settings = raw.get("oAuthSettings", raw.get("oauthSettings"))
    variables = raw.get("x-connector-environment")
    return ConnectionParameter(
        name=name,
        type=kind,
        title=str(ui.get("displayName", name)),
        description=str(ui.get("description", "")),
        required=truth(limits.get("required", kind.lower() not in ("gatewaysetting", "oauthsetting"))),
        secret=kind.lower() in ("securestring", "oauthsetting"),
        default=raw.get("default", raw.get("defaultValue", MISSING)),
        allowed=tuple(one.get("value") if isinstance(one, Mapping) else one for one in _list(allowed)),
        oauth=_oauth(settings),
        environment=(variables,) if isinstance(variables, str) else tuple(map(str, _list(variables))),
    )


def _policy(raw: Mapping[str, Any], at: Site, pointer: str) -> PolicyUse:
    given = {str(name).lower(): value for name, value in _mapping(raw.get("parameters")).items()}
    spelled = {str(name).lower(): str(name) for name in _mapping(raw.get("parameters"))}
    parameters = {
        spelled[name][len(_POLICY_PARAMETER) :]: value
        for name, value in given.items()
        if name.startswith(_POLICY_PARAMETER)
    }
    section = str(given.get(_POLICY_SECTION, "Request")).lower()
    return PolicyUse(
        template=str(raw.get("templateId", "")).lower(),
        section="response" if section == "response" else "request",
        operations=_listed(given.get(_POLICY_OPERATIONS)),
        parameters=parameters,
        title=str(raw.get("title", "")),
        finding=lambda said: at.document.diagnostic("policy", said, pointer, severity="warning"),
    )


def _listed(names: Any) -> tuple[str, ...]:
    """Names as a list, or as one text with commas."""
    found = names.split(",") if isinstance(names, str) else names if isinstance(names, list) else []
    return tuple(text for one in found if (text := str(one).strip()))


_CONVENTIONS: Mapping[str, Mapping[str, str]] = {
    "basic": {"username": "username", "password": "password"},
    "apiKey": {"key": "api_key"},
    "oauth2": {"token": "token"},
}
"""Connection parameters that stand behind the parts of a scheme by convention."""


def bind_credentials(service: Service) -> Service:
    """The service with every scheme bound to connection parameters, and those that nothing declares added.

    A scheme of one part has the parameter that is named as it is, else that is named like it or like its header field
    or query parameter, else the conventional one. Of several that are needed together, only one can have that: the
    others have one of their own, which is named as they are.
    """
    known = {one.name: one for one in service.connection}
    named = {name: one for name, scheme in service.schemes.items() if (one := _namesake(name, scheme, known))}
    schemes: dict[str, Scheme] = {}
    for name, scheme in service.schemes.items():
        conventions = _CONVENTIONS.get(scheme.type, EMPTY)
        values = dict(scheme.values)
        for part, convention in conventions.items():
            own = named.get(name, name if _ambiguous(service, name, named) else None) if len(conventions) == 1 else None
            values.setdefault(part, own or next((one for one in known if _alike(one, convention)), convention))
        schemes[name] = replace(scheme, values=values)
        for part, value in values.items():
            if value not in known:
                secret = part != "username"
                title = value.replace("_", " ").capitalize()
                kind = "securestring" if secret else "string"
                known[value] = ConnectionParameter(name=value, type=kind, title=title, secret=secret, required=False)
            if scheme.oauth is not None:
                known[value] = replace(known[value], oauth=_completed(known[value].oauth, scheme.oauth), secret=True)
    return replace(service, schemes=schemes, connection=tuple(known.values()))


def _namesake(name: str, scheme: Scheme, known: Iterable[str]) -> str | None:
    """The connection parameter that a scheme says by a name."""
    if name in known:
        return name
    words = [one for one in (name, scheme.parameter) if one]
    return next((one for word in words for one in known if one == word or _alike(one, word)), None)


def _alike(name: str, other: str) -> bool:
    """Whether two names are the same but for their case and what separates their words."""
    return re.sub(r"[\W_]", "", name).lower() == re.sub(r"[\W_]", "", other).lower()


def _ambiguous(service: Service, name: str, named: Mapping[str, str]) -> bool:
    """Whether another scheme that is needed together with one would have the same conventional parameter."""
    kind = service.schemes[name].type
    return any(
        other != name and other not in named and other in service.schemes and _unbound(service.schemes[other], kind)
        for together in service.together
        if name in together
        for other in together
    )


def _unbound(scheme: Scheme, kind: str) -> bool:
    return scheme.type == kind and not scheme.values


def _completed(settings: OAuth | None, declared: OAuth) -> OAuth:
    """The provider of the properties, with what only the document says."""
    if settings is None:
        return declared
    return replace(
        settings,
        authorize=settings.authorize or declared.authorize,
        token=settings.token or declared.token,
        scopes=settings.scopes or declared.scopes,
        grant=declared.grant,
    )


def _capabilities(node: Service, value: Any, at: Site) -> Service:
    """``testConnection``: the operation that shows whether a connection works. ``file-picker``: how the files of
    the service are chosen."""
    test, picker = (value.get(one) if isinstance(value, Mapping) else None for one in ("testConnection", "file-picker"))
    if _asks(test):
        node = replace(node, test=_asked(test))
    if isinstance(picker, Mapping) and _asks(picker.get("open")):
        below = _asked({**picker, **picker["browse"]}) if _asks(picker.get("browse")) else None
        node = replace(node, picker=replace(_asked({**picker, **picker["open"]}), below=below))
    return node


def _endpoints(node: Scheme, value: Any, at: Site) -> Scheme:
    """``device``: where a device asks for its code (RFC 8628), which Swagger cannot say."""
    value = _object(value, at, "x-connector-oauth", ("device", "refresh"))
    own = node.oauth or OAuth()
    device, refresh = str(value.get("device", own.device)), str(value.get("refresh", own.refresh))
    return replace(node, oauth=replace(own, device=device, refresh=refresh))


_NOTIFICATION = "x-ms-notification-content"


def _notification(node: Operation, value: Any, at: Site) -> Operation:
    """The schema of what is posted, which stands at the path or the operation."""
    raw = value.get("schema") if isinstance(value, Mapping) else None
    if not isinstance(raw, Mapping):
        return node
    path = at.pointer.rpartition("/")[0]
    for place in (at.pointer, path):
        try:
            at.document.get(f"{place}/{_NOTIFICATION}/schema")
        except LookupError:
            continue
        return replace(node, event=at.schema(raw, f"{place}/{_NOTIFICATION}/schema"))
    return node


def _members_of(kind: type) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))


def _signature(node: Service, value: Any, at: Site) -> Service:
    value = _object(value, at, "x-connector-signature", _members_of(Signature))
    if not value.get("header") or not value.get("secret"):
        raise at.refuse("extension", "x-connector-signature needs header and secret", "x-connector-signature")
    _texts(value, at, "x-connector-signature", *(name for name in value if name != "seconds"))
    if not isinstance(value.get("seconds", 0), (int, float)):
        raise at.refuse("extension", "seconds of x-connector-signature is a number", "x-connector-signature/seconds")
    return replace(node, signature=Signature(**value))


def _handshake(node: Service, value: Any, at: Site) -> Service:
    """One handshake or a list of them; an empty list says that there are none."""
    listed = value if isinstance(value, list) else [value]
    rows = [_object(one, at, "x-connector-handshake", _members_of(Handshake)) for one in listed]
    for row in rows:
        maps = (row.get(name, EMPTY) for name in ("when", "verify", "headers"))
        if not isinstance(row.get("challenge"), str) or not all(isinstance(one, Mapping) for one in maps):
            said = "x-connector-handshake needs the place of its challenge; when, verify and headers are mappings"
            raise at.refuse("extension", said, "x-connector-handshake")
        _texts(row, at, "x-connector-handshake", "method")
    return replace(node, handshakes=tuple(Handshake(**row) for row in rows))


_REPRESENTATION = "x-connector-representation"
_BOTH = ("schema", "parameter")
_WIDE = ("service", "operation")

ROWS: Mapping[tuple[str, str], Row] = {
    ("schema", "x-nullable"): _field("nullable", truth),
    ("schema", "x-ms-enum"): _enum,
    ("schema", "x-ms-mutability"): _mutability,
    ("schema", "x-ms-discriminator-value"): _field("discriminator_value"),
    ("schema", "x-ms-client-flatten"): _field("flatten", truth),
    ("schema", "x-ms-header-collection-prefix"): _header_prefix,
    ("xml", "x-ms-text"): _field("text", truth),
    ("parameter", "x-ms-url-encoding"): _url_encoding,
    ("parameter", "x-ms-skip-url-encoding"): _skip_encoding,
    ("answer", "x-ms-error-response"): _field("error", truth),
    ("paths", "x-ms-paths"): _more_paths,
    ("schema", "x-connector-form"): _form,
    ("schema", "x-connector-wire"): _wire,
    ("schema", "x-connector-xml"): _empty_text,
    **{(kind, "x-ms-client-name"): _field("client_name") for kind in _BOTH},
    **{(kind, "x-ms-summary"): _field("title") for kind in (*_BOTH, "operation")},
    **{(kind, "x-ms-visibility"): _field("visibility") for kind in (*_BOTH, "operation")},
    **{(kind, "x-ms-dynamic-values"): _dynamic_values for kind in _BOTH},
    **{(kind, "x-ms-dynamic-list"): _dynamic_values for kind in _BOTH},
    **{(kind, "x-ms-dynamic-tree"): _dynamic_tree for kind in _BOTH},
    ("schema", "x-ms-dynamic-schema"): _dynamic_schema,
    ("schema", "x-ms-dynamic-properties"): _dynamic_schema,
    ("parameter", "x-connector-operators"): _operators,
    ("operation", "x-ms-pageable"): _pageable,
    ("operation", "x-ms-long-running-operation"): _polling,
    ("operation", "x-ms-long-running-operation-options"): _polling_options,
    ("operation", "x-ms-trigger"): _field("trigger"),
    ("operation", "x-ms-notification-content"): _notification,
    **{(kind, "x-ms-notification-url"): _field("notification", truth) for kind in _BOTH},
    ("service", "x-connector-signature"): _signature,
    ("service", "x-connector-handshake"): _handshake,
    **{(kind, "x-connector-representation"): _representation for kind in _WIDE},
    **{(kind, "x-connector-xml"): _xml_rule for kind in _WIDE},
    **{(kind, "x-connector-error"): _error_shape for kind in _WIDE},
    **{(kind, "x-connector-resend"): _resend for kind in _WIDE},
    **{(kind, "x-connector-sandbox"): _sandbox for kind in _WIDE},
    ("scheme", "x-connector-credentials"): _credentials,
    ("scheme", "x-connector-oauth"): _endpoints,
    ("service", "x-ms-capabilities"): _capabilities,
    ("service", "x-connector-properties"): _properties,
    ("service", "x-ms-parameterized-host"): _parameterized_host,
}
"""What each member means on each kind of node."""
