"""Which values a connection has: given in code, saved under a name, or in the environment.

Saved connections are in one TOML file; a secret there is a reference: ``${NAME}`` (the environment), ``file:PATH``
(the content of a file), or ``keyring:`` (the platform's keyring).
"""

from __future__ import annotations

import logging
import os
import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keyring
import tomlkit
from keyring.errors import KeyringError
from platformdirs import user_config_path
from tomlkit.exceptions import TOMLKitError

from engine.connection import missing
from engine.errors import ConnectionMissing, UnknownName
from engine.model import ConnectionParameter, Service
from engine.oauth import FIELDS

_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_NAME = re.compile(r"[A-Za-z0-9_-]+\Z")
DEFAULT = "default"
_log = logging.getLogger("connectors")
KEYRING, FILE = "keyring:", "file:"
_SERVICE = "open-connectors"
_SECRET_FIELDS = ("client_secret", "refresh_token", "password")


def saved_file() -> Path:
    """The file of saved connections: ``connections.toml`` in ``CONNECTORS_CONFIG``, or in the platform's
    folder for the user's configuration."""
    folder = os.environ.get("CONNECTORS_CONFIG")
    return (Path(folder) if folder else user_config_path("connectors")) / "connections.toml"


def variables(connector: str, parameter: ConnectionParameter) -> tuple[str, ...]:
    """Names of the environment variables that may hold a value, first found first taken."""
    return (variable(connector, parameter.name), *parameter.environment)


def variable(connector: str, name: str) -> str:
    """The name of the environment variable that holds a value."""
    return re.sub(r"\W+", "_", f"{connector}_{name}").upper()


def fields(service: Service) -> tuple[str, ...]:
    """The names of all values that a connection of a service may have."""
    own = tuple(one.name for one in service.connection)
    beside = FIELDS if any(one.oauth is not None for one in service.connection) else ()
    return (*own, *(name for name in beside if name not in own))


def secret(service: Service, name: str) -> bool:
    """Whether a value must be shown nowhere."""
    known = {one.name: one.secret for one in service.connection}
    return known.get(name, name in _SECRET_FIELDS)


def values(connector: str, service: Service, connection: Mapping[str, Any] | str | None) -> Mapping[str, Any]:
    """The values of a connection: a mapping as it is; a saved one by its name; else the environment, and
    where that has nothing the saved default.

    Raises :class:`~engine.errors.UnknownName` for a name that is not saved, and
    :class:`~engine.errors.ConnectionMissing`, with the three ways to give them, for values that are nowhere.
    """
    if isinstance(connection, Mapping):
        found: Mapping[str, Any] = connection
    elif connection is not None:
        saved = saved_connections(connector)
        if connection not in saved:
            raise UnknownName(
                f"saved connection of {connector}", connection, saved, f" They are read from {saved_file()}."
            )
        found = resolved(connector, connection, saved[connection])
    else:
        found = _from_environment(connector, service)
        if not found:
            found = resolved(connector, DEFAULT, saved_connections(connector).get(DEFAULT, {}))
    lacking = missing(service, found)
    if lacking:
        raise ConnectionMissing(_how(connector, lacking))
    return found


def _from_environment(connector: str, service: Service) -> dict[str, str]:
    found = {}
    for one in service.connection:
        for name in variables(connector, one):
            if os.environ.get(name):
                found[one.name] = os.environ[name]
                break
    for name in fields(service):
        if os.environ.get(variable(connector, name)):
            found.setdefault(name, os.environ[variable(connector, name)])
    return found


# What is saved


def _content() -> tomlkit.TOMLDocument:
    path = saved_file()
    try:
        return tomlkit.parse(path.read_text("utf-8"))
    except FileNotFoundError:
        return tomlkit.document()
    except (OSError, ValueError, TOMLKitError) as error:
        raise ConnectionMissing(f"{path} cannot be read: {error}") from None


def saved_connections(connector: str) -> Mapping[str, Mapping[str, Any]]:
    """The saved connections of a connector by name, their values as they are written."""
    own = _content().unwrap().get(connector, {})
    return {name: one for name, one in own.items() if isinstance(one, Mapping)} if isinstance(own, Mapping) else {}


def all_saved() -> list[tuple[str, str]]:
    """Every saved connection: its connector and its name."""
    return [
        (connector, name)
        for connector, own in _content().unwrap().items()
        if isinstance(own, Mapping)
        for name, one in own.items()
        if isinstance(one, Mapping)
    ]


def resolved(connector: str, name: str, written: Mapping[str, Any]) -> dict[str, Any]:
    """The values behind what is written: references followed."""
    path = saved_file()

    def environment(found: re.Match[str]) -> str:
        if found[1] not in os.environ:
            raise ConnectionMissing(f"{path} refers to ${{{found[1]}}}, which the environment does not have")
        return os.environ[found[1]]

    def value(key: str, text: Any) -> Any:
        if not isinstance(text, str):
            return text
        if text == KEYRING:
            return _from_keyring(connector, name, key)
        if text.startswith(FILE):
            try:
                return Path(text.removeprefix(FILE)).expanduser().read_text("utf-8").strip()
            except (OSError, ValueError) as error:
                raise ConnectionMissing(f"{path} refers to {text}, which cannot be read: {error}") from None
        return _REFERENCE.sub(environment, text)

    return {key: value(key, text) for key, text in written.items()}


def _from_keyring(connector: str, name: str, key: str) -> str:
    try:
        found = keyring.get_password(_SERVICE, f"{connector}/{name}/{key}")
    except KeyringError as error:
        raise ConnectionMissing(f"the keyring cannot be read for {key} of {connector}/{name}: {error}") from None
    if found is None:
        raise ConnectionMissing(f"the keyring has no {key} of {connector}/{name}; connect again")
    return found


def is_reference(text: Any) -> bool:
    """Whether a text says where a value is, and is none itself."""
    return isinstance(text, str) and bool(_REFERENCE.fullmatch(text) or text == KEYRING or text.startswith(FILE))


def save(connector: str, name: str, service: Service, given: Mapping[str, Any]) -> Path:
    """Saves a connection, or changes one: secrets go to the keyring, but for references; the rest to the file.

    Raises :class:`~engine.errors.ConnectionMissing` where there is no keyring: then a secret is given as a
    reference.
    """
    if not _NAME.match(name):
        raise ConnectionMissing(f"{name!r} is no name of a connection; use letters, digits, - and _")
    written = {}
    for key, text in given.items():
        written[key] = text
        if secret(service, key) and not is_reference(text):
            try:
                keyring.set_password(_SERVICE, f"{connector}/{name}/{key}", str(text))
            except KeyringError:
                own = f"${{{variable(connector, key)}}}"
                raise ConnectionMissing(
                    f"there is no keyring here to save {key} in; give it as a reference: '{own}' for a variable of the "
                    "environment, or 'file:PATH' for a file"
                ) from None
            written[key] = KEYRING
    content = _content()
    own = content.setdefault(connector, tomlkit.table(is_super_table=True))
    table = own.setdefault(name, tomlkit.table())
    table.update(written)
    return _write(content)


def remove(connector: str, name: str) -> None:
    """Forgets a saved connection, and its secrets in the keyring."""
    content = _content()
    saved = saved_connections(connector)
    if name not in saved:
        raise UnknownName(f"saved connection of {connector}", name, saved)
    for key, text in saved[name].items():
        if text == KEYRING:
            try:
                keyring.delete_password(_SERVICE, f"{connector}/{name}/{key}")
            except KeyringError:
                continue  # it is gone already
    own: Any = content[connector]
    del own[name]
    if not own:
        del content[connector]
    _write(content)


def _write(content: tomlkit.TOMLDocument) -> Path:
    """Replaces the file as a whole, readable by its owner only."""
    path = saved_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, part = tempfile.mkstemp(dir=path.parent, prefix=".connections", suffix=".part")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(tomlkit.dumps(content))
        os.replace(part, path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
    return path


def keeper(
    connector: str, service: Service, connection: Mapping[str, Any] | str | None
) -> Callable[[Mapping[str, Any]], None]:
    """What keeps a renewed token: for a saved connection that cannot do without, the place it came from."""

    def keep(changed: Mapping[str, Any]) -> None:
        if not isinstance(connection, str) or "refresh_token" not in changed:
            return
        try:
            save(connector, connection, service, changed)
        except ConnectionMissing as error:
            _log.warning("%s: the renewed token of %s cannot be kept: %s", connector, connection, error)

    return keep


def _how(connector: str, missing: list[ConnectionParameter]) -> str:
    names = ", ".join(f"{one.name} ({one.description or one.title})" for one in missing)
    given = ", ".join(f'"{one.name}": "…"' for one in missing)
    set_ = " ".join(f"{variables(connector, one)[-1]}=…" for one in missing)
    return (
        f"the connection to {connector} has no {names}. Give the values in one of three ways:\n"
        f'  in code          connectors.load("{connector}", connection={{{given}}})\n'
        f"  environment      {set_}\n"
        f"  saved            connectors connect {connector}, or [{connector}.{DEFAULT}] in {saved_file()}"
    )
