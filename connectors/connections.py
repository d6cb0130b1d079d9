"""Which values a connection has: given in code, saved under a name, or in the environment; and whom they are for.

Rule 1: what nobody gave for this connector is not taken. A connector that is found by name has the variables that carry
its name and its saved default; a document that is found by its path has neither: its file may be called like any other.

Rule 2: a document names variables of the environment beside those only where they carry its connector's name, or where
it comes with this package. For any other the user says so once, by saving a reference to it.

Rule 3: a saved connection is bound to the place it was saved for: scheme, host, port and base path. It is not used for
another.

Saved connections are in one TOML file; a secret there is a reference: ``${NAME}`` (the environment), ``file:PATH``
(the content of a file), or ``keyring:`` (the platform's keyring). It is changed by one process at a time.
"""

from __future__ import annotations

import logging
import os
import re
import shlex
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keyring
import tomlkit
from platformdirs import user_config_path
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Table

from openconnectors.engine.auth.oauth2 import FIELDS, Store
from openconnectors.engine.call.connection import held, may_be_empty, missing, secret_names
from openconnectors.engine.errors import ConnectionMissing, ConnectorError, UnknownName
from openconnectors.engine.masking import revealed, sealed
from openconnectors.engine.model import ConnectionParameter, Service
from openconnectors.engine.secret import Secret, Values
from openconnectors.locks import locked
from openconnectors.registry import Entry

_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_NAME = re.compile(r"[A-Za-z0-9_-]+\Z")
DEFAULT = "default"
BOUND = "bound-to"
"""What the place that a connection was saved for is called in the file."""
_log = logging.getLogger("openconnectors")
KEYRING, FILE = "keyring:", "file:"
_SERVICE = "open-connectors"


def saved_file() -> Path:
    """The file of saved connections: ``connections.toml`` in ``CONNECTORS_CONFIG``, or in the platform's
    folder for the user's configuration."""
    folder = os.environ.get("CONNECTORS_CONFIG")
    return (Path(folder) if folder else user_config_path("connectors")) / "connections.toml"


def variable(connector: str, name: str) -> str:
    """The name of the environment variable that holds a value."""
    return re.sub(r"\W+", "_", f"{connector}_{name}").upper()


def variables(entry: Entry, parameter: ConnectionParameter) -> tuple[str, ...]:
    """Names of the environment variables that may hold a value, first found first taken; none for a document that is
    not found by name."""
    if not entry.named:
        return ()
    asked = tuple(name for name in parameter.environment if _belongs(entry, name))
    return tuple(dict.fromkeys((variable(entry.name, parameter.name), *asked)))


def _belongs(entry: Entry, name: str) -> bool:
    """Whether a document may name a variable without being asked."""
    return entry.trusted or name.upper().startswith(variable(entry.name, ""))


def withheld(entry: Entry, parameter: ConnectionParameter) -> tuple[str, ...]:
    """Names of the variables that a document asks for, that are there, and that it is not given."""
    known = variables(entry, parameter)
    return tuple(name for name in parameter.environment if name not in known and name in os.environ)


def fields(service: Service) -> tuple[str, ...]:
    """The names of all values that a connection of a service may have."""
    own = tuple(one.name for one in service.connection)
    beside = FIELDS if any(one.oauth is not None for one in service.connection) else ()
    return (*own, *(name for name in beside if name not in own))


def secret(service: Service, name: str) -> bool:
    """Whether a value must be shown nowhere."""
    return name in secret_names(service)


@dataclass(frozen=True)
class Given:
    """The values of a connection and where they come from: ``saved`` is the name of a saved one, ``bound`` the place
    it was saved for, where that is known."""

    entry: Entry
    values: Values
    saved: str = ""
    bound: str = ""
    store: Store = field(default_factory=Store)

    def check(self, place: str) -> None:
        """Refuses to use a saved connection for another place than its own, each as ``place_of`` says it."""
        name = f"the saved connection {self.saved!r} of {self.entry.name}"
        again = f"connectors connect {self.entry.name} --as NAME"
        if self.saved and self.bound and self.bound != place:
            raise ConnectionMissing(
                f"{name} is for {self.bound}, and this is {place or 'no place yet'}; it was not used. Save one for it "
                f"({again}, with --base-url URL where that is not the document's own), or give connection={{...}}"
            )
        if self.saved and not self.bound and not self.entry.named:
            raise ConnectionMissing(
                f"{name} does not say which place it is for, so that only a connector that is found by name has it. "
                f'Add {BOUND} = "{place}" to [{self.entry.name}.{self.saved}] in {saved_file()}, or give '
                "connection={...}"
            )


def place_of(service: Service, base: str) -> str:
    """Where the secrets of a connection go: its base URL, secrets masked, and where its tokens are asked for."""
    settings = [parameter.oauth for parameter in service.connection if parameter.oauth is not None]
    endpoints = [url for setting in settings for url in (setting.token, setting.refresh) if url]
    return " + ".join(dict.fromkeys([str(base), *endpoints]))


def given(entry: Entry, service: Service, connection: Mapping[str, Any] | str | None) -> Given:
    """The connection that is meant: a mapping as it is; a saved one by its name; else, for a connector that is found
    by name, the environment, and where that has nothing the saved default.

    Raises ``UnknownName`` for a name that is not saved, and
    ``ConnectionMissing``, with the ways to give them, for values that are nowhere.
    """
    found = _given(entry, service, connection)
    lacking = missing(service, found.values)
    if lacking:
        raise ConnectionMissing(_how(entry, lacking))
    return found


def _given(entry: Entry, service: Service, connection: Mapping[str, Any] | str | None) -> Given:
    if isinstance(connection, Mapping):
        return Given(entry, held(connection))
    if connection is None:
        values = _from_environment(entry, service) if entry.named else Values()
        if values or not entry.named:
            return Given(entry, values)
    saved = saved_connections(entry.name)
    name = connection or DEFAULT
    if name not in saved:
        if connection is None:
            return Given(entry, Values())
        raise UnknownName(f"saved connection of {entry.name}", name, saved, f" They are read from {saved_file()}.")
    written = saved[name]
    bound = revealed(written.pop(BOUND, ""))
    return Given(entry, resolved(entry.name, name, written), name, bound, Saved(entry.name, name, service))


def _from_environment(entry: Entry, service: Service) -> Values:
    found = Values()
    empty = may_be_empty(service)
    places = {one.name: variables(entry, one) for one in service.connection}
    places |= {name: (variable(entry.name, name),) for name in fields(service) if name not in places}
    for name, known in places.items():
        for place in known:
            if os.environ.get(place) or (name in empty and place in os.environ):
                found[name] = Secret(os.environ[place])
                break
    for one in service.connection:
        if one.name not in found and (names := withheld(entry, one)):
            _log.warning("%s", _consent(entry, one, names[0]))
    return found if any(found.values()) else Values()


def _consent(entry: Entry, parameter: ConnectionParameter, name: str) -> str:
    return (
        f"{entry.name} asks for the variable {name}, which does not carry its name, and did not get it. Where it may "
        f"have it: connectors connect {entry.name} --set {parameter.name}='${{{name}}}'"
    )


# What is saved


def _content() -> tomlkit.TOMLDocument:
    path = saved_file()
    try:
        return tomlkit.parse(path.read_text("utf-8"))
    except FileNotFoundError:
        return tomlkit.document()
    except TOMLKitError as error:
        raise ConnectionMissing(f"{path} cannot be read: {_place(error)}") from None
    except (OSError, ValueError) as error:
        raise ConnectionMissing(f"{path} cannot be read: {getattr(error, 'strerror', None) or 'no UTF-8'}") from None


def _place(error: TOMLKitError) -> str:
    """Where a file is no TOML. Its own words would show what is written there."""
    return f"it is not TOML at line {getattr(error, 'line', '?')}, column {getattr(error, 'col', '?')}"


def saved_connections(connector: str) -> dict[str, Values]:
    """The saved connections of a connector by name, their values as they are written."""
    with sealed():
        own = _content().unwrap().get(connector, {})
        tables = {name: one for name, one in own.items() if isinstance(one, Mapping)} if isinstance(own, dict) else {}
        return {name: held(dict(one)) for name, one in tables.items()}


def all_saved() -> list[tuple[str, str]]:
    """Every saved connection: its connector and its name."""
    with sealed():
        return [
            (connector, name)
            for connector, own in _content().unwrap().items()
            if isinstance(own, Mapping)
            for name, one in own.items()
            if isinstance(one, Mapping)
        ]


def resolved(connector: str, name: str, written: Mapping[str, Any]) -> Values:
    """The values behind what is written: references followed."""
    return Values({key: _resolved(connector, name, key, value) for key, value in held(written).items()})


def _resolved(connector: str, name: str, key: str, value: Secret) -> Secret:
    path = saved_file()
    if value.reveal() == KEYRING:
        return _from_keyring(connector, name, key)
    if value.reveal().startswith(FILE):
        place = value.reveal()
        try:
            return Secret(Path(place.removeprefix(FILE)).expanduser().read_text("utf-8").strip())
        except (OSError, ValueError, RuntimeError) as error:
            said = getattr(error, "strerror", None) or type(error).__name__
        raise ConnectionMissing(f"{path} refers to {place}, which cannot be read: {said}")
    lacking = [one for one in _REFERENCE.findall(value.reveal()) if one not in os.environ]
    if lacking:
        raise ConnectionMissing(f"{path} refers to ${{{lacking[0]}}}, which the environment does not have")
    return Secret(_REFERENCE.sub(lambda one: os.environ[one[1]], value.reveal()))


def _from_keyring(connector: str, name: str, key: str) -> Secret:
    failure = ""
    try:
        found = keyring.get_password(_SERVICE, f"{connector}/{name}/{key}")
        if found is not None:
            return Secret(found)
    except Exception as error:  # noqa: BLE001 - a platform's keyring raises what it likes
        failure = f"{type(error).__name__}: {error}"
    if failure:
        raise ConnectionMissing(f"the keyring cannot be read for {key} of {connector}/{name}: {failure}")
    raise ConnectionMissing(f"the keyring has no {key} of {connector}/{name}; connect again")


def is_reference(text: Any) -> bool:
    """Whether a text says where a value is, and is none itself."""
    text = revealed(text)
    return isinstance(text, str) and bool(_REFERENCE.fullmatch(text) or text == KEYRING or text.startswith(FILE))


def save(connector: str, name: str, service: Service, values: Mapping[str, Any], place: str = "") -> Path:
    """Saves a connection, or changes one: secrets go to the keyring, but for references; the rest to the file.
    ``place`` is that of ``place_of``; without it that of a connection that is changed stays.

    Raises ``ConnectionMissing`` where there is no keyring: then a secret is given as a
    reference; where it would take the place of one for another place; and where the file cannot be written.
    """
    values = held(values)
    if not _NAME.match(name):
        raise ConnectionMissing(f"{name!r} is no name of a connection; use letters, digits, - and _")
    with sealed(), _changing() as content:
        own = _table(content, connector, tomlkit.table(is_super_table=True))
        table = _table(own, name, tomlkit.table())
        before = table.get(BOUND)
        if place and before and before != place:
            raise ConnectionMissing(
                f"the saved connection {name!r} of {connector} is for {before}, and this is {place}; choose another "
                f"name (--as NAME), or remove it first (connectors connections remove {connector} {name})"
            )
        for key, value in values.items():
            table[key] = _written(connector, name, key, value) if secret(service, key) else value.reveal()
        if place:
            table[BOUND] = place
    return saved_file()


def _table(parent: Any, name: str, new: Table) -> Any:
    """The table of a name, or a new one; a person may have put something else there."""
    table = parent.setdefault(name, new)
    if not isinstance(table, Mapping):
        raise ConnectionMissing(f"{saved_file()}: {name} is not a table; the connections of a connector are tables")
    return table


def _written(connector: str, name: str, key: str, value: Secret) -> str:
    """What the file has of a secret: the reference that it is, or that to the keyring, which then has it."""
    if not value or is_reference(value):
        return value.reveal()
    try:
        keyring.set_password(_SERVICE, f"{connector}/{name}/{key}", value.reveal())
    except Exception:  # noqa: BLE001 - a platform's keyring raises what it likes
        own = f"${{{variable(connector, key)}}}"
        raise ConnectionMissing(
            f"there is no keyring here to save {key} in; give it as a reference: '{own}' for a variable of the "
            "environment, or 'file:PATH' for a file"
        ) from None
    return KEYRING


def remove(connector: str, name: str) -> None:
    """Forgets a saved connection, and its secrets in the keyring."""
    with sealed(), _changing() as content:
        own: Any = content.get(connector, {})
        saved = saved_connections(connector)
        if name not in saved:
            raise UnknownName(f"saved connection of {connector}", name, saved)
        for key, text in own[name].items():
            if text == KEYRING:
                try:
                    keyring.delete_password(_SERVICE, f"{connector}/{name}/{key}")
                except Exception:  # noqa: BLE001, S112 - it is gone already, or cannot be reached
                    continue
        del own[name]
        if not own:
            del content[connector]


@contextmanager
def _changing() -> Iterator[tomlkit.TOMLDocument]:
    """The content of the file, which is written once it has been changed; nobody else changes it meanwhile."""
    path = saved_file()
    try:
        with locked(path.with_name(f"{path.name}.lock")):
            content = _content()
            yield content
            _write(path, content)
    except OSError as error:
        raise ConnectionMissing(f"{path} cannot be written: {error.strerror or error}") from None


def _write(path: Path, content: tomlkit.TOMLDocument) -> None:
    """Replaces the file as a whole, readable by its owner only."""
    descriptor, part = tempfile.mkstemp(dir=path.parent, prefix=".connections", suffix=".part")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(tomlkit.dumps(content))
        os.replace(part, path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


class Saved(Store):
    """A saved connection as the store of its tokens. What cannot be kept is a warning: the call goes on."""

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
            return resolved(self._connector, self._name, {key: one for key, one in written.items() if key != BOUND})
        except ConnectorError:
            return Values()

    def write(self, changed: Values) -> None:
        if "refresh_token" not in changed:
            return  # it can be had again without a person
        try:
            save(self._connector, self._name, self._service, changed)
        except ConnectorError as error:
            _log.warning("%s: the renewed token of %s cannot be kept: %s", self._connector, self._name, error)


def _how(entry: Entry, lacking: list[ConnectionParameter]) -> str:
    names = ", ".join(f"{one.name} ({one.description or one.title})" for one in lacking)
    return f"the connection to {entry.name} has no {names}. {ways(entry, lacking)}"


def ways(entry: Entry, parameters: Sequence[ConnectionParameter]) -> str:
    """How the values of a connection are given, a line for each way."""
    values = ", ".join(f'"{one.name}": "…"' for one in parameters)
    place = shlex.quote(str(entry.document))
    if not entry.named:
        return (
            "A document that is found by its path gets no values of the environment and no saved default. Give them\n"
            f'  in code          openconnectors.load_file("{entry.document}", connection={{{values}}})\n'
            f'  saved            connectors connect {place} --as NAME, then connection="NAME" '
            "(on the command line --connection NAME)\n"
            f"or add it to those that are found by name: connectors add {place}"
        )
    set_ = " ".join(f"{variables(entry, one)[-1]}=…" for one in parameters)
    consents = "".join(f"\n{_consent(entry, one, name)}" for one in parameters for name in withheld(entry, one))
    return (
        "Give the values in one of three ways:\n"
        f'  in code          openconnectors.load("{entry.name}", connection={{{values}}})\n'
        f"  environment      {set_}\n"
        f"  saved            connectors connect {entry.name}, or [{entry.name}.{DEFAULT}] in {saved_file()}{consents}"
    )
