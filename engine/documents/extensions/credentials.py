"""Which connection parameter is behind each part of a security scheme.

Rule 1: a scheme of one part (a key, a token) has the parameter that is named as the scheme is, else one that is named
alike or like its header field or query parameter, else the default name of its type. Rule 2: of several schemes that
are needed together only one can have the default name; the others have a parameter that is named as they are.
Rule 3: a parameter that nothing declares is added, so that a document without properties can be called; so are the
variables of the server.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from openconnectors.engine.auth.schemes import SCHEMES
from openconnectors.engine.model import MISSING, ConnectionParameter, OAuth, Scheme, ServerVariable, Service


def bind_credentials(service: Service) -> Service:
    """The service with every scheme bound to connection parameters, undeclared ones added."""
    parameters = {parameter.name: parameter for parameter in service.connection}
    for server in service.servers[:1]:  # the one that is used
        for name, variable in server.variables.items():
            parameters.setdefault(name, _of_server(name, variable))
    by_name = {
        name: parameter for name, scheme in service.schemes.items() if (parameter := _match(name, scheme, parameters))
    }
    schemes: dict[str, Scheme] = {}
    for name, scheme in service.schemes.items():
        row = SCHEMES.get(scheme.type)
        parts = {part.name: part for part in row.parts if part.name not in scheme.settings} if row is not None else {}
        values = dict(scheme.values)
        for part, default in ((part.name, part.parameter) for part in parts.values()):
            specific = by_name.get(name, name if _ambiguous(service, name, by_name) else None)
            if specific is None or len(parts) > 1:
                specific = next((parameter for parameter in parameters if _alike(parameter, default)), default)
            values.setdefault(part, specific)
        schemes[name] = replace(scheme, values=values)
        for part, value in values.items():
            if value not in parameters:
                parameters[value] = _undeclared(value, secret=part not in parts or parts[part].secret)
            if scheme.oauth is not None:
                oauth = _merged(parameters[value].oauth, scheme.oauth)
                parameters[value] = replace(parameters[value], oauth=oauth, secret=True)
    return replace(service, schemes=schemes, connection=tuple(parameters.values()))


def _of_server(name: str, variable: ServerVariable) -> ConnectionParameter:
    default = MISSING if variable.default is None else variable.default
    return ConnectionParameter(name=name, description=variable.description, default=default, allowed=variable.allowed)


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


def _ambiguous(service: Service, name: str, by_name: Mapping[str, str]) -> bool:
    """Whether another scheme, needed together with this one, would have the same default name."""
    kind = service.schemes[name].type
    return any(
        other != name and other not in by_name and other in service.schemes and _unbound(service.schemes[other], kind)
        for together in service.together
        if name in together
        for other in together
    )


def _unbound(scheme: Scheme, kind: str) -> bool:
    return scheme.type == kind and not scheme.values


def _merged(settings: OAuth | None, declared: OAuth) -> OAuth:
    """The settings of the properties, with what only the document says."""
    if settings is None:
        return declared
    return replace(
        settings,
        authorize=settings.authorize or declared.authorize,
        token=settings.token or declared.token,
        scopes=settings.scopes or declared.scopes,
        grant=declared.grant,
    )
