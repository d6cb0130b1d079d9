"""Real traffic of a connector, recorded into a file and replayed without a network.

A recording is a HAR 1.2 file. It holds no credential, and made-up connection values in place of those of the account.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Self, Unpack

from openconnectors.engine.auth.schemes import place
from openconnectors.engine.call.connection import Connection, held
from openconnectors.engine.call.sample_connection import sample_values
from openconnectors.engine.client.options import with_options
from openconnectors.engine.deferred import module
from openconnectors.engine.extras import MissingExtra, require
from openconnectors.engine.http import AwaitedTransport, Transport, origin
from openconnectors.engine.masking import revealed, sealed
from openconnectors.engine.model import Service
from openconnectors.engine.path_templates import variables
from openconnectors.engine.plan.options import CallOptions, Options
from openconnectors.engine.traffic import har
from openconnectors.engine.traffic.exchanges import Exchange, Recording
from openconnectors.engine.traffic.har import RecordingError
from openconnectors.engine.traffic.recorder import AsyncRecordingTransport, RecordingTransport, Tape, redacted
from openconnectors.engine.traffic.redaction import Redaction
from openconnectors.engine.traffic.replay import AsyncReplayTransport, Replay, ReplayTransport
from openconnectors.entries import Entry
from openconnectors.loading import ConnectionLike, LoadOptions, account_of, service_named, split, values_of
from openconnectors.network import Network
from openconnectors.testing.pairs import ConnectorPair
from openconnectors.testing.waits import SkippedWaits

if TYPE_CHECKING:
    from openconnectors.engine.traffic import fit
    from openconnectors.engine.traffic.fit import Misfit
else:
    fit = module("openconnectors.engine.traffic.fit")

_SHORTEST = 4
"""Characters that a connection value must have to be replaced: anything shorter occurs in too many words."""


class RecordingDeviates(UserWarning):
    """A recording does not fit the document any more."""


def record(
    name: str | Path,
    path: str | Path,
    *,
    connection: ConnectionLike = None,
    base_url: str | None = None,
    server: str | None = None,
    redact: Iterable[str] = (),
    **options: Unpack[LoadOptions],
) -> RecordedConnector:
    """A connector whose traffic is written to a file at the end of the context, unless that is left by an error.

    ``name`` is the name of a connector or the path of a document; ``connection`` and the further options are those of
    ``load``. ``redact`` are names of members, header fields and parameters that hold secrets, beside the usual ones.
    """
    connection = values_of(connection)
    network, call_options = split(options)
    del options
    with sealed():
        entry, service = service_named(str(name))
        _, account = account_of(entry, connection, base_url, server, service)
        names = (*credential_names(service), *redact)
        replaced = _replaced(service, account)
        recording = Recording(
            (),
            str(name),
            _kept(service, account, replaced),
            base_url=base_url,
            server=server,
            redacted=tuple(redact),
            document=_hash(entry),
        )
        tape = Tape(Redaction(account.mask, replaced, names))
        return RecordedConnector(
            entry, service, account, with_options(Options(), call_options), Path(path), recording, network, tape
        )


def replay(
    name: str | Path,
    path: str | Path,
    *,
    base_url: str | None = None,
    skip_waits: bool = True,
    **options: Unpack[CallOptions],
) -> ReplayedConnector:
    """A connector that responds from a recording: one of ours, or a HAR file of a browser. It needs no connection.

    A request that was not recorded raises ``NotRecorded``. If the document has changed since the recording was made,
    each place where that does not fit any more is a warning, ``RecordingDeviates``; this needs the extra ``sandbox``.
    """
    recording = read(path)
    entry, service = service_named(str(name))
    _, account = _account(entry, service, recording, base_url)
    redaction = Redaction(account.mask, names=(*credential_names(service), *recording.redacted))
    if recording.document != _hash(entry):
        _warn(Path(path), recording, service, account, redaction)
    return ReplayedConnector(
        entry,
        service,
        account,
        with_options(Options(), options),
        Replay(recording.exchanges, redaction),
        SkippedWaits() if skip_waits else None,
    )


def import_har(
    source: str | Path,
    path: str | Path,
    name: str | Path,
    *,
    connection: Mapping[str, str] | None = None,
    base_url: str | None = None,
    redact: Iterable[str] = (),
) -> int:
    """Make a recording of what a browser or a proxy has recorded (HAR 1.2): the exchanges with the service of a
    connector, without credentials. Return how many there are.

    ``connection`` has values that are in the URLs, such as an account: a recording has made-up ones in their places.
    ``base_url`` is where the service was, if that is not the place of the document. ``redact`` is as for ``record``.
    """
    values = held(connection or {})
    del connection
    with sealed():
        entry, service = service_named(str(name))
        _, account = account_of(entry, {**sample_values(service), **values}, base_url, None, service)
    replaced = _replaced(service, account)
    redaction = Redaction(account.mask, replaced, (*credential_names(service), *redact))
    place = origin(revealed(account.base))
    exchanges = [exchange for exchange in read(source).exchanges if exchange.origin == place]
    recording = Recording(
        tuple(redacted(redaction, exchange) for exchange in exchanges),
        str(name),
        _kept(service, account, replaced),
        redaction.text(revealed(account.base)),
        base_url,
        redacted=tuple(redact),
        document=_hash(entry),
    )
    har.write(Path(path), recording, version(har.CREATOR))
    return len(exchanges)


def read(path: str | Path) -> Recording:
    """The recording of a HAR file; raise ``RecordingError`` if there is none."""
    return har.read(Path(path))


def check(path: str | Path, name: str | Path | None = None) -> list[Misfit]:
    """Where a recording does not fit the document of the connector that it was made with, or of another. Raise
    ``MissingExtra`` without the extra ``sandbox``."""
    require("openconnectors.testing.check", "sandbox")
    recording = read(path)
    if not (name or recording.connector):
        raise RecordingError(f"{path} does not say of which connector it is; name one")
    entry, service = service_named(str(name or recording.connector))
    _, account = _account(entry, service, recording, None)
    redaction = Redaction(account.mask, names=(*credential_names(service), *recording.redacted))
    return fit.misfits(recording, service, revealed(account.base), redaction)


class RecordedConnector(ConnectorPair):
    """A connector whose traffic is recorded: ``connector`` and ``async_connector``."""

    def __init__(
        self,
        entry: Entry,
        service: Service,
        account: Connection,
        options: Options,
        path: Path,
        recording: Recording,
        network: Network,
        tape: Tape,
    ) -> None:
        super().__init__(entry.name, service, account, options, None)
        self.path = path
        """The file that is written."""
        self._recording = recording
        self._network = network
        self._tape = tape

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.close()
        if kind is None:
            self.save()

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """What was recorded so far, redacted."""
        return self._tape.exchanges()

    def save(self) -> None:
        """Write what was recorded so far; raise ``RecordingError`` if the file cannot be written."""
        recorded = self._recording
        base = self._tape.redaction.text(revealed(self._account.base))
        whole = Recording(
            self.exchanges, recorded.connector, recorded.connection, base,
            recorded.base_url, recorded.server, recorded.redacted, recorded.document,
        )  # fmt: skip
        har.write(self.path, whole, version(har.CREATOR))

    def _transport(self) -> Transport:
        transport = self._network.open()
        if self._network.transport is None:
            self._opening(transport)
        return RecordingTransport(transport, self._tape)

    def _async_transport(self) -> AwaitedTransport:
        transport = self._network.open_async()
        if self._network.transport is None:
            self._opening(transport)
        return AsyncRecordingTransport(transport, self._tape)


class ReplayedConnector(ConnectorPair):
    """A connector that responds from a recording: ``connector`` and ``async_connector``."""

    def __init__(
        self,
        entry: Entry,
        service: Service,
        account: Connection,
        options: Options,
        replayed: Replay,
        waits: SkippedWaits | None,
    ) -> None:
        super().__init__(entry.name, service, account, options, waits)
        self._replay = replayed

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def unused(self) -> list[Exchange]:
        """The recorded exchanges that nobody has asked for yet."""
        return self._replay.unused()

    def _transport(self) -> Transport:
        return ReplayTransport(self._replay)

    def _async_transport(self) -> AwaitedTransport:
        return AsyncReplayTransport(self._replay)


def _account(entry: Entry, service: Service, recording: Recording, base_url: str | None) -> tuple[Service, Connection]:
    """A made-up connection with which requests have the URLs of a recording."""
    values = {**sample_values(service), **recording.connection}
    return account_of(entry, values, base_url or recording.base_url, recording.server, service)


def credential_names(service: Service) -> list[str]:
    """The names of parameters and header fields that hold the credentials of a service."""
    return [place(scheme)[1] for scheme in service.schemes.values() if place(scheme)[1]]


def _replaced(service: Service, account: Connection) -> dict[str, str]:
    """Values of a connection that are no secrets, with what a recording has in their places."""
    sample = sample_values(service)
    free = {parameter.name: parameter.default for parameter in service.connection if not parameter.allowed}
    return {
        value: sample[name]
        for name, value in account.values.items()
        if name in free
        and isinstance(value, str)
        and len(value) >= _SHORTEST
        and value not in (sample[name], free[name])
    }


def _kept(service: Service, account: Connection, replaced: Mapping[str, str]) -> dict[str, str]:
    """The values of a connection that a recording has as they are: those that choose a place of the service."""
    places = {name for server in (*service.servers, *service.further_servers) for name in variables(server.url)}
    chosen = {parameter.name for parameter in service.connection if parameter.allowed}
    return {
        name: value
        for name, value in account.values.items()
        if isinstance(value, str) and name in places | chosen and value not in replaced
    }


def _hash(entry: Entry) -> str:
    """A hash of the document of a connector, its properties and overlays."""
    paths = [path for path in (entry.document, entry.properties, *entry.overlays) if path is not None]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in paths)).hexdigest()


def _warn(path: Path, recording: Recording, service: Service, account: Connection, redaction: Redaction) -> None:
    """Warn of each place where a recording does not fit the document."""
    try:
        require("openconnectors.testing", "sandbox")
    except MissingExtra:
        return  # nothing to judge it by
    for misfit in fit.misfits(recording, service, revealed(account.base), redaction):
        warnings.warn(f"{path}: {misfit}", RecordingDeviates, stacklevel=4)
