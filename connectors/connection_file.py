"""Saved connections: one TOML file, a table for each connector, in it a table for each connection.

Rule 1: a secret is not written to the file. What is written is a reference: ``${NAME}`` (a variable of the
environment), ``file:PATH`` (the content of a file), or ``keyring:`` (the platform's keyring, under this connection).
Rule 2: the file is changed by one process at a time, and replaced as a whole.
Rule 3: reading needs no extra. Writing keeps comments and order, which needs tomlkit; ``keyring:`` needs keyring.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openconnectors.engine.auth.tokens import Store
from openconnectors.engine.call.connection import held, secret_names
from openconnectors.engine.deferred import pattern
from openconnectors.engine.errors import ConnectionMissing, ConnectorError, UnknownName
from openconnectors.engine.extras import MissingExtra, require
from openconnectors.engine.log import logger
from openconnectors.engine.masking import revealed, sealed
from openconnectors.engine.model import Service
from openconnectors.engine.secret import Secret, Values
from openconnectors.folders import config_folder
from openconnectors.locks import locked

if TYPE_CHECKING:
    import tomlkit

_log = logger("openconnectors")

DEFAULT = "default"
"""The name of the connection that is used if none is named."""
BOUND = "bound-to"
"""The key of the place that a connection was saved for."""
KEYRING, FILE = "keyring:", "file:"
_VARIABLE = pattern(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_NAME = pattern(r"[A-Za-z0-9_-]+\Z")
_KEYRING_SERVICE = "open-connectors"


def saved_file() -> Path:
    """The path of the file: ``connections.toml`` in ``CONNECTORS_CONFIG``, or in the platform's folder for the user's
    configuration."""
    return config_folder() / "connections.toml"


def variable(connector: str, name: str) -> str:
    """The name of the environment variable that holds a value: ``NAME_PARAMETER``."""
    return re.sub(r"\W+", "_", f"{connector}_{name}").upper()


# Reading


def saved_connections(connector: str) -> dict[str, Values]:
    """The saved connections of a connector by name; their values as written, references not followed."""
    with sealed():
        tables = _read().get(connector)
        return {name: held(table) for name, table in _tables(tables)}


def all_saved() -> list[tuple[str, str]]:
    """Connector and name of every saved connection."""
    with sealed():
        return [(connector, name) for connector, tables in _tables(_read()) for name, _ in _tables(tables)]


def _tables(value: object) -> list[tuple[str, dict[str, Any]]]:
    """The members of a table that are tables: a person may have written anything."""
    if not isinstance(value, dict):
        return []
    return [(name, member) for name, member in value.items() if isinstance(member, dict)]


def _read() -> dict[str, Any]:
    import tomllib  # for those who save connections

    try:
        return tomllib.loads(_text())
    except tomllib.TOMLDecodeError as error:
        # Only the position: the rest of the message may quote what is written there.
        position = re.search(r"line \d+, column \d+|end of document", str(error))
        place = f" at {position[0]}" if position else ""
    raise ConnectionMissing(f"{saved_file()} cannot be read: not valid TOML{place}")


def _text() -> str:
    path = saved_file()
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
    raise ConnectionMissing(f"{path} cannot be read: {reason}")


def resolved(connector: str, name: str, written: Mapping[str, Any]) -> Values:
    """The values of a saved connection, each reference replaced by what it refers to."""
    return Values({key: _resolved(connector, name, key, value) for key, value in held(written).items()})


def _resolved(connector: str, name: str, key: str, value: Secret) -> Secret:
    path = saved_file()
    if value.reveal() == KEYRING:
        return _from_keyring(connector, name, key)
    if value.reveal().startswith(FILE):
        reference = value.reveal()
        try:
            return Secret(Path(reference.removeprefix(FILE)).expanduser().read_text("utf-8").strip())
        except (OSError, ValueError, RuntimeError) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
        raise ConnectionMissing(f"{path} refers to {reference}, which cannot be read: {reason}")
    missing = [match for match in _VARIABLE.findall(value.reveal()) if match not in os.environ]
    if missing:
        raise ConnectionMissing(f"{path} refers to ${{{missing[0]}}}, which the environment does not have")
    return Secret(_VARIABLE.sub(lambda match: os.environ[match[1]], value.reveal()))


def _from_keyring(connector: str, name: str, key: str) -> Secret:
    entry = f"{connector}/{name}/{key}"
    try:
        require(f"{key} of the saved connection {name!r} of {connector}", "keyring", "keyring")
        import keyring

        secret = keyring.get_password(_KEYRING_SERVICE, entry)
        if secret is not None:
            return Secret(secret)
        reason = f"the keyring has no {key} of {connector}/{name}; connect again"
    except MissingExtra as error:
        reason = str(error)
    except Exception as error:  # noqa: BLE001 - the keyring of a platform may raise anything
        reason = f"the keyring cannot be read for {key} of {connector}/{name}: {type(error).__name__}: {error}"
    raise ConnectionMissing(reason)


def is_reference(text: object) -> bool:
    """Whether a text is a reference to a value, and not a value."""
    text = revealed(text)
    return isinstance(text, str) and bool(_VARIABLE.fullmatch(text) or text == KEYRING or text.startswith(FILE))


# Writing


def save(connector: str, name: str, service: Service, values: Mapping[str, Any], place: str = "") -> Path:
    """Save a connection, or change these values of a saved one; return the path of the file. Secrets that are not
    references go to the keyring. ``place`` is a result of ``place_of``; without it a saved connection keeps its place.

    Raise ``ConnectionMissing`` for a secret if there is no keyring, for a name that is used by a connection for another
    place, and if the file cannot be written.
    """
    values = held(values)
    if not _NAME.match(name):
        raise ConnectionMissing(f"{name!r} is not a valid connection name; use letters, digits, - and _")
    secrets = secret_names(service)
    with sealed(), _changing() as content:
        import tomlkit

        tables = _table(content, connector, tomlkit.table(is_super_table=True))
        table = _table(tables, name, tomlkit.table())
        before = table.get(BOUND)
        if place and before and before != place:
            raise ConnectionMissing(
                f"the saved connection {name!r} of {connector} is for {before}, and this is {place}; choose another "
                f"name (--as NAME), or remove it first (connectors connections remove {connector} {name})"
            )
        for key, value in values.items():
            table[key] = _reference(connector, name, key, value) if key in secrets else value.reveal()
        if place:
            table[BOUND] = place
    return saved_file()


def _table(parent: Any, name: str, new: tomlkit.items.Table) -> Any:
    """The table ``name`` of the parent table; ``new`` if there is none."""
    table = parent.setdefault(name, new)
    if not isinstance(table, Mapping):
        raise ConnectionMissing(f"{saved_file()}: {name} is not a table; the connections of a connector are tables")
    return table


def _reference(connector: str, name: str, key: str, value: Secret) -> str:
    """The reference that is written for a secret: the secret itself if it is one or is empty, else ``keyring:``, after
    the secret was put there."""
    if not value or is_reference(value):
        return value.reveal()
    reason = "there is no keyring here"
    try:
        require("the keyring", "keyring", "keyring")
        import keyring

        keyring.set_password(_KEYRING_SERVICE, f"{connector}/{name}/{key}", value.reveal())
        return KEYRING
    except MissingExtra as error:
        reason = str(error)
    except Exception:  # noqa: BLE001, S110 - the keyring of a platform may raise anything
        pass
    own_variable = f"${{{variable(connector, key)}}}"
    raise ConnectionMissing(
        f"{key} cannot be saved: {reason}. Give it as a reference: '{own_variable}' for a variable of the environment, "
        "or 'file:PATH' for a file"
    )


def remove(connector: str, name: str) -> None:
    """Remove a saved connection, and its secrets from the keyring."""
    with sealed(), _changing() as content:
        saved = saved_connections(connector)
        if name not in saved:
            raise UnknownName(f"saved connection of {connector}", name, saved)
        tables: Any = content[connector]
        for key, text in tables[name].items():
            if text == KEYRING:
                try:
                    import keyring

                    keyring.delete_password(_KEYRING_SERVICE, f"{connector}/{name}/{key}")
                except Exception:  # noqa: BLE001, S112 - it was deleted before, or the keyring cannot be reached
                    continue
        del tables[name]
        if not tables:
            del content[connector]


@contextmanager
def _changing() -> Iterator[tomlkit.TOMLDocument]:
    """The content of the file, written back at the end; meanwhile no other process changes it."""
    require("changing saved connections", "cli", "tomlkit")
    import tomlkit

    path = saved_file()
    try:
        with locked(path.with_name(f"{path.name}.lock")):
            _read()  # raises for a file that is not valid TOML, with our message
            content = tomlkit.parse(_text())
            yield content
            _replace(path, tomlkit.dumps(content))
    except OSError as error:
        raise ConnectionMissing(f"{path} cannot be written: {error.strerror or error}") from None


def _replace(path: Path, text: str) -> None:
    """Replace the file as a whole; mkstemp makes it readable by its owner only."""
    import tempfile

    descriptor, part = tempfile.mkstemp(dir=path.parent, prefix=".connections", suffix=".part")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
        os.replace(part, path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


class SavedTokens(Store):
    """A saved connection as the store of its tokens. If a token cannot be kept, a warning is logged and the call goes
    on."""

    def __init__(self, connector: str, name: str, service: Service) -> None:
        self._connector, self._name, self._service = connector, name, service

    @contextmanager
    def locked(self) -> Iterator[None]:
        path = saved_file()
        lock = locked(path.with_name(f".{re.sub(r'[^A-Za-z0-9_-]', '-', self._connector)}.{self._name}.lock"))
        try:
            lock.__enter__()
        except OSError as error:
            _log.warning("%s: %s cannot be locked while its token is renewed: %s", self._connector, self._name, error)
            yield
            return
        try:
            yield
        finally:
            lock.__exit__(None, None, None)

    def read(self) -> Values:
        try:
            written = saved_connections(self._connector).get(self._name, Values())
            values = {key: value for key, value in written.items() if key != BOUND}
            return resolved(self._connector, self._name, values)
        except ConnectorError:
            return Values()

    def write(self, changed: Values) -> None:
        if "refresh_token" not in changed:
            return  # an access token alone can be obtained again without a person
        try:
            save(self._connector, self._name, self._service, changed)
        except ConnectorError as error:
            _log.warning("%s: the renewed token of %s cannot be kept: %s", self._connector, self._name, error)
