"""Which values a connection has: from code, a saved connection or the environment; and which place they are for.

Rule 1: a document gets no values that were not meant for its connector. A connector that is found by name has the
variables that carry its name and its saved default; a document that is found by its path has neither, as its file may
have the name of any connector.

Rule 2: a document names further variables of the environment only if they carry its connector's name, or if it comes
with this package. For any other variable the user consents once, by saving a reference to it.

Rule 3: a saved connection is bound to the place it was saved for: scheme, host, port and base path. It is not used for
another place.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from openconnectors.connection_file import (
    BOUND,
    DEFAULT,
    SavedTokens,
    resolved,
    saved_connections,
    saved_file,
    variable,
)
from openconnectors.engine.auth.oauth2 import FIELDS
from openconnectors.engine.auth.tokens import Store
from openconnectors.engine.call.connection import Connection, by_parameter, held, may_be_empty, missing
from openconnectors.engine.errors import ConnectionMissing, UnknownName
from openconnectors.engine.log import logger
from openconnectors.engine.masking import revealed
from openconnectors.engine.model import ConnectionParameter, Service
from openconnectors.engine.secret import Secret, Values
from openconnectors.entries import Entry
from openconnectors.user_connections import UserConnection

_log = logger("openconnectors")


class ConnectionValues(Struct, frozen=True):
    """The values of a connection of a connector. Those of a saved connection have its name, the place it was saved for
    ("" if unknown), and the store of its tokens."""

    entry: Entry
    values: Values
    saved: str = ""
    bound: str = ""
    user: str = ""
    """The user whose connection it is, if it is from a store."""
    store: Store = field(default_factory=Store)

    def check(self, place: str) -> None:
        """Raise ``ConnectionMissing`` if these are the values of a saved connection for another place than this result
        of ``place_of``."""
        if self.user and self.bound != place:
            raise ConnectionMissing(
                f"the connection of {self.user!r} to {self.entry.name} is for {self.bound or 'no place yet'}, and this "
                f"is {place or 'no place yet'}; it was not used. Save one for it in the store (save with base_url=…)"
            )
        name = f"the saved connection {self.saved!r} of {self.entry.name}"
        again = f"connectors connect {self.entry.name} --as NAME"
        if self.saved and self.bound and self.bound != place:
            raise ConnectionMissing(
                f"{name} is for {self.bound}, and this is {place or 'no place yet'}; it was not used. Save one for it "
                f"({again}, with --base-url URL if that is not the document's own), or give connection={{...}}"
            )
        if self.saved and not self.bound and not self.entry.named:
            raise ConnectionMissing(
                f"{name} does not say which place it is for, so that only a connector that is found by name has it. "
                f'Add {BOUND} = "{place}" to [{self.entry.name}.{self.saved}] in {saved_file()}, or give '
                "connection={...}"
            )


def place_of(service: Service, connection: Connection) -> str:
    """Where the secrets of a connection go, as one text: its base URL, those of the servers that single operations
    have, secrets masked, and its token endpoints."""
    settings = [parameter.oauth for parameter in service.connection if parameter.oauth is not None]
    flows = [flow for setting in settings for flow in (setting, *setting.others)]
    endpoints = [url for flow in flows for url in (flow.token, flow.refresh, flow.metadata) if url]
    return " + ".join(dict.fromkeys([*map(str, connection.places()), *endpoints]))


def connection_values(
    entry: Entry, service: Service, connection: Mapping[str, Any] | str | UserConnection | None = None
) -> ConnectionValues:
    """The values of a connection: a mapping as it is, the saved connection of that name, that of a user. For None, a
    connector that is found by name takes the environment and, if that has no value, the saved default.

    Raise ``UnknownName`` for a name that is not saved, and ``ConnectionMissing``, which says how to set them, for
    missing values.
    """
    result = _connection_values(entry, service, connection)
    absent = missing(service, result.values)
    if absent:
        names = ", ".join(f"{parameter.name} ({parameter.description or parameter.title})" for parameter in absent)
        raise ConnectionMissing(f"the connection to {entry.name} has no {names}. {ways(entry, absent)}")
    return result


def _connection_values(
    entry: Entry, service: Service, connection: Mapping[str, Any] | str | UserConnection | None
) -> ConnectionValues:
    if isinstance(connection, UserConnection):
        values = connection.values(entry.name)
        bound = revealed(values.pop(BOUND, ""))
        tokens = connection.tokens(entry.name)
        return ConnectionValues(entry, by_parameter(service, values), "", bound, connection.user, tokens)
    if isinstance(connection, Mapping):
        return ConnectionValues(entry, by_parameter(service, held(connection)))
    if connection is None:
        values = _from_environment(entry, service) if entry.named else Values()
        if values or not entry.named:
            return ConnectionValues(entry, values)
    saved = saved_connections(entry.name)
    name = connection or DEFAULT
    if name not in saved:
        if connection is None:
            return ConnectionValues(entry, Values())
        raise UnknownName(f"saved connection of {entry.name}", name, saved, f" They are read from {saved_file()}.")
    written = saved[name]
    bound = revealed(written.pop(BOUND, ""))
    values = resolved(entry.name, name, written)
    return ConnectionValues(entry, values, name, bound, "", SavedTokens(entry.name, name, service))


def value_names(service: Service) -> tuple[str, ...]:
    """The names of all values that a connection may have: its parameters and, for OAuth, those of its client."""
    names = [parameter.name for parameter in service.connection]
    has_token = any(parameter.oauth is not None for parameter in service.connection)
    return tuple(dict.fromkeys([*names, *(FIELDS if has_token else ())]))


# The environment


def variables(entry: Entry, parameter: ConnectionParameter) -> tuple[str, ...]:
    """Names of the environment variables that may hold a value, the first that is set counts; none for a document that
    is not found by name."""
    if not entry.named:
        return ()
    named = tuple(name for name in parameter.environment if _may_name(entry, name))
    return tuple(dict.fromkeys((variable(entry.name, parameter.name), *named)))


def _may_name(entry: Entry, name: str) -> bool:
    """Whether a document may name a variable without consent (rule 2)."""
    return entry.trusted or name.upper().startswith(variable(entry.name, ""))


def withheld(entry: Entry, parameter: ConnectionParameter) -> tuple[str, ...]:
    """Names of the variables that are set, and that a document names without being allowed to."""
    allowed = variables(entry, parameter)
    return tuple(name for name in parameter.environment if name not in allowed and name in os.environ)


def _from_environment(entry: Entry, service: Service) -> Values:
    values = Values()
    may_be_empty_names = may_be_empty(service)
    sources = {parameter.name: variables(entry, parameter) for parameter in service.connection}
    sources |= {name: (variable(entry.name, name),) for name in value_names(service) if name not in sources}
    for name, candidates in sources.items():
        for candidate in candidates:
            if os.environ.get(candidate) or (name in may_be_empty_names and candidate in os.environ):
                values[name] = Secret(os.environ[candidate])
                break
    for parameter in service.connection:
        if parameter.name not in values and (names := withheld(entry, parameter)):
            _log.warning("%s", _how_to_consent(entry, parameter, names[0]))
    return values if any(values.values()) else Values()


# How values are set


def _how_to_consent(entry: Entry, parameter: ConnectionParameter, name: str) -> str:
    return (
        f"{entry.name} asks for the variable {name}, which does not carry its name, and did not get it. To allow it: "
        f"connectors connect {entry.name} --set {parameter.name}='${{{name}}}'"
    )


def ways(entry: Entry, parameters: Sequence[ConnectionParameter]) -> str:
    """The ways to set these values of a connection, a line for each way."""
    import shlex  # for the message

    values = ", ".join(f'"{parameter.name}": "…"' for parameter in parameters)
    path = shlex.quote(str(entry.document))
    if not entry.named:
        return (
            "A document that is found by its path gets no values of the environment and no saved default. Set them\n"
            f'  in code          openconnectors.load_file("{entry.document}", connection={{{values}}})\n'
            f'  saved            connectors connect {path} --as NAME, then connection="NAME" '
            "(on the command line --connection NAME)\n"
            f"or add it to those that are found by name: connectors add {path}"
        )
    assignments = " ".join(f"{variables(entry, parameter)[-1]}=…" for parameter in parameters)
    consents = "".join(
        f"\n{_how_to_consent(entry, parameter, name)}"
        for parameter in parameters
        for name in withheld(entry, parameter)
    )
    return (
        "Set the values in one of three ways:\n"
        f'  in code          openconnectors.load("{entry.name}", connection={{{values}}})\n'
        f"  environment      {assignments}\n"
        f"  saved            connectors connect {entry.name}, or [{entry.name}.{DEFAULT}] in {saved_file()}{consents}"
    )
