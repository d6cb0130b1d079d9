"""Which connection parameter is behind each part of a security scheme.

Rule 1: a scheme of one part (a key, a token) has the parameter that is named as the scheme is, else one that is named
alike or like its header field or query parameter, else the default name of its type. Rule 2: of several schemes that
are needed together only one can have the default name; the others have a parameter that is named as they are. Where
each scheme has values of its own (OpenAPI 3), so it is with any that would have the same name.
Rule 3: a parameter that nothing declares is added, so that a document without properties can be called; so are the
variables of the server.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from openconnectors.engine.auth.scheme import Part
from openconnectors.engine.auth.schemes import SCHEMES, place
from openconnectors.engine.model import MISSING, ConnectionParameter, OAuth, Scheme, ServerVariable, Service


def bind_credentials(service: Service) -> Service:
    """The service with every scheme bound to connection parameters, undeclared ones added."""
    parameters = {parameter.name: parameter for parameter in service.connection}
    _add_variables(service, parameters)
    by_name = {
        name: parameter for name, scheme in service.schemes.items() if (parameter := _match(name, scheme, parameters))
    }
    schemes: dict[str, Scheme] = {}
    bound: set[str] = set()
    for name, scheme in service.schemes.items():
        parts = _parts(scheme)
        values = {**_bound(service, name, parts, by_name, parameters), **scheme.values}
        schemes[name] = replace(scheme, values=values)
        for part, value in values.items():
            if value not in parameters:
                parameters[value] = _undeclared(value, secret=part not in parts or parts[part].secret)
            if scheme.oauth is not None:
                oauth = _merged(parameters[value].oauth, scheme.oauth, further=value in bound)
                parameters[value] = replace(parameters[value], oauth=oauth, secret=True)
                bound.add(value)
    return replace(service, schemes=schemes, connection=tuple(parameters.values()))


def _parts(scheme: Scheme) -> Mapping[str, Part]:
    """The parts of a scheme that the document does not fix, by name; none if its type has no row."""
    row = SCHEMES.get(scheme.type)
    return {part.name: part for part in row.parts if part.name not in scheme.settings} if row is not None else {}


def _bound(
    service: Service, name: str, parts: Mapping[str, Part], by_name: Mapping[str, str], parameters: Iterable[str]
) -> dict[str, str]:
    """The connection parameter behind each part of a scheme."""
    leader = _leader(service, name)
    ambiguous = _ambiguous(service, leader, by_name)
    specific = by_name.get(leader, leader if ambiguous else None)
    values = {}
    for part in parts.values():
        default = part.parameter or leader
        if len(parts) > 1 and ambiguous and service.distinct:
            default = f"{leader}_{part.parameter}"
        if specific is None or len(parts) > 1:
            values[part.name] = next((parameter for parameter in parameters if _alike(parameter, default)), default)
        else:
            values[part.name] = specific
    return values


def _add_variables(service: Service, parameters: dict[str, ConnectionParameter]) -> None:
    """Add the variables of all servers to the connection parameters. A variable that several servers have may have the
    values of any; which of them a server allows is looked at where it is used."""
    declared = set(parameters)
    needed = {name for server in service.servers[:1] for name in server.variables}  # the one that is used
    for server in (*service.servers, *service.further_servers):
        for name, variable in server.variables.items():
            if name not in parameters:
                parameters[name] = _of_server(name, variable, required=name in needed)
            elif name not in declared and parameters[name].allowed:
                allowed = dict.fromkeys((*parameters[name].allowed, *variable.allowed)) if variable.allowed else ()
                parameters[name] = replace(parameters[name], allowed=tuple(allowed))


def _of_server(name: str, variable: ServerVariable, *, required: bool) -> ConnectionParameter:
    default = MISSING if variable.default is None else variable.default
    return ConnectionParameter(
        name=name, description=variable.description, required=required, default=default, allowed=variable.allowed
    )


def _undeclared(name: str, *, secret: bool) -> ConnectionParameter:
    kind = "securestring" if secret else "string"
    title = name.replace("_", " ").capitalize()
    return ConnectionParameter(name=name, type=kind, title=title, secret=secret, required=False)


def _match(name: str, scheme: Scheme, parameters: Iterable[str]) -> str | None:
    """The connection parameter that is named as a scheme is, or as its header field or query parameter."""
    if name in parameters:
        return name
    words = [word for word in (name, scheme.parameter) if word]
    return next(
        (parameter for word in words for parameter in parameters if parameter == word or _alike(parameter, word)), None
    )


def _alike(name: str, other: str) -> bool:
    """Whether two names differ only in case and in what separates their words."""
    return re.sub(r"[\W_]", "", name).lower() == re.sub(r"[\W_]", "", other).lower()


def _leader(service: Service, name: str) -> str:
    """The scheme whose values this one has: the first of those that are needed together with it, and that put the same
    into the same place. Documents write one provider as a scheme for each of its flows."""
    scheme = service.schemes[name]
    alike = [
        other
        for together in service.together
        if name in together
        for other in together
        if other in service.schemes
        and service.schemes[other].type == scheme.type
        and place(service.schemes[other]) == place(scheme)
    ]
    return next((known for known in service.schemes if known in alike), name)


def _ambiguous(service: Service, name: str, by_name: Mapping[str, str]) -> bool:
    """Whether another scheme would have the same default name: one that is needed together with this one or, if all
    have values of their own, any."""
    kind = service.schemes[name].type
    if service.distinct:
        default = {part.parameter for part in _parts(service.schemes[name]).values()}
        return any(
            other not in by_name
            and not scheme.values
            and _leader(service, other) != name
            and default & {part.parameter for part in _parts(scheme).values()}
            for other, scheme in service.schemes.items()
        )
    return any(
        other not in by_name
        and other in service.schemes
        and _leader(service, other) != name
        and _unbound(service.schemes[other], kind)
        for together in service.together
        if name in together
        for other in together
    )


def _unbound(scheme: Scheme, kind: str) -> bool:
    return scheme.type == kind and not scheme.values


def _merged(settings: OAuth | None, declared: OAuth, *, further: bool) -> OAuth:
    """The settings of the properties, with what only the document says; with those of a ``further`` scheme that has the
    same token as another flow."""
    if settings is None:
        return declared
    others = (replace(declared, others=()),) if further else ()
    return replace(
        settings,
        authorize=settings.authorize or declared.authorize,
        token=settings.token or declared.token,
        refresh=settings.refresh or declared.refresh,
        device=settings.device or declared.device,
        scopes=settings.scopes or declared.scopes,
        metadata=settings.metadata or declared.metadata,
        grant=declared.grant,
        others=(*settings.others, *others, *declared.others),
    )
