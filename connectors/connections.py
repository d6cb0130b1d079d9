"""Which values a connection has: given in code, saved under a name, or in the environment."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from platformdirs import user_config_path

from engine.errors import ConnectionMissing, UnknownName
from engine.model import ConnectionParameter, Service

_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
DEFAULT = "default"


def saved_file() -> Path:
    """The file of saved connections: ``connections.toml`` in ``CONNECTORS_CONFIG``, or in the platform's
    folder for the user's configuration."""
    folder = os.environ.get("CONNECTORS_CONFIG")
    return (Path(folder) if folder else user_config_path("connectors")) / "connections.toml"


def variables(connector: str, parameter: ConnectionParameter) -> tuple[str, ...]:
    """Names of the environment variables that may hold a value, first found first taken."""
    own = re.sub(r"\W+", "_", f"{connector}_{parameter.name}").upper()
    return (own, *parameter.environment)


def values(connector: str, service: Service, connection: Mapping[str, Any] | str | None) -> Mapping[str, Any]:
    """The values of a connection: a mapping as it is; a saved one by its name; else the environment, and
    where that has nothing the saved default.

    Raises :class:`~engine.errors.UnknownName` for a name that is not saved, and
    :class:`~engine.errors.ConnectionMissing`, with the three ways to give them, for values that are nowhere.
    """
    if isinstance(connection, Mapping):
        found: Mapping[str, Any] = connection
    elif connection is not None:
        saved = _saved(connector)
        if connection not in saved:
            raise UnknownName(
                f"saved connection of {connector}", connection, saved, f" They are read from {saved_file()}."
            )
        found = saved[connection]
    else:
        found = _from_environment(connector, service) or _saved(connector).get(DEFAULT, {})
    missing = [one for one in service.connection if one.required and found.get(one.name) in (None, "")]
    if missing:
        raise ConnectionMissing(_how(connector, missing))
    return found


def _from_environment(connector: str, service: Service) -> dict[str, str]:
    found = {}
    for one in service.connection:
        for name in variables(connector, one):
            if os.environ.get(name):
                found[one.name] = os.environ[name]
                break
    return found


def _saved(connector: str) -> Mapping[str, Mapping[str, Any]]:
    path = saved_file()
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConnectionMissing(f"{path} cannot be read: {error}") from None
    own = content.get(connector, {})
    return {name: _expanded(one, path) for name, one in own.items() if isinstance(one, Mapping)}


def _expanded(given: Mapping[str, Any], path: Path) -> dict[str, Any]:
    def variable(found: re.Match[str]) -> str:
        if found[1] not in os.environ:
            raise ConnectionMissing(f"{path} refers to ${{{found[1]}}}, which the environment does not have")
        return os.environ[found[1]]

    return {name: _REFERENCE.sub(variable, value) if isinstance(value, str) else value for name, value in given.items()}


def _how(connector: str, missing: list[ConnectionParameter]) -> str:
    names = ", ".join(f"{one.name} ({one.description or one.title})" for one in missing)
    given = ", ".join(f'"{one.name}": "…"' for one in missing)
    set_ = " ".join(f"{variables(connector, one)[-1]}=…" for one in missing)
    return (
        f"the connection to {connector} has no {names}. Give the values in one of three ways:\n"
        f'  in code          connectors.load("{connector}", connection={{{given}}})\n'
        f"  environment      {set_}\n"
        f"  saved            [{connector}.{DEFAULT}] in {saved_file()}"
    )
