"""Tokens of OAuth 2.0 that a connection has: renewed before they end, by one caller for all."""

from __future__ import annotations

import copy
import threading
import time
from contextlib import AbstractContextManager, nullcontext

from openconnectors.engine.auth.oauth2 import Client, kept_of, seconds
from openconnectors.engine.errors import ConnectionMissing, ConnectorError, TransportError
from openconnectors.engine.flows import Acquire, Flow
from openconnectors.engine.log import logger
from openconnectors.engine.secret import Secret, Values

_log = logger("openconnectors")

EARLY = 60.0
"""Seconds before its end at which a token is renewed."""


class Store:
    """Where the tokens of a connection are kept; this one keeps them nowhere."""

    def locked(self) -> AbstractContextManager[object]:
        """Nobody else renews meanwhile."""
        return nullcontext()

    def read(self) -> Values:
        """What is kept now: another process may have renewed it."""
        return Values()

    def write(self, changed: Values) -> None:
        """Keeps a renewed token."""


def _record(duration: float, error: str | None) -> None:
    """Log a renewal, without a value."""
    _log.info(
        "the access token was %s after %.3f s",
        "renewed" if error is None else f"not renewed ({error})",
        duration,
        extra={"duration": duration, "error": error},
    )


class Tokens:
    """The access token of a connection, renewed before it ends. ``values`` are those of ``FIELDS``, and the token under
    ``name``, that of its connection parameter.

    Of several threads, and processes with one store, that need a new token at once, the first asks for it, and the
    others take what it got, an error too. A refresh token that is refused is not sent again: a provider that rotates
    takes that for theft (RFC 9700 section 4.14.2).
    """

    def __init__(self, client: Client, name: str, values: Values, store: Store | None = None) -> None:
        self._client = client
        self.name = name
        self._values = values
        self._store = store or Store()
        self._lock = threading.Lock()
        self._tries = 0
        self._failure: ConnectorError | None = None
        self._spent: Secret | None = None

    def __repr__(self) -> str:
        return "Tokens(***)"

    def _value(self, name: str) -> Secret:
        return Secret.of(self._values.get(name) or "")

    def renews(self) -> bool:
        """Whether a new token can be had without a person."""
        if self._value("refresh_token"):
            return True
        if self._grant == "password":
            return bool(self._value("username") and self._value("password"))
        return self._grant == "client_credentials" and bool(self._client.id)

    @property
    def _grant(self) -> str:
        grant = self._value("grant").reveal() or self._client.oauth.grant
        if grant == "authorization_code" and not self._value(self.name) and self._client.secret:
            return "client_credentials"
        return grant

    def lasts(self) -> bool:
        """Whether the token has not ended, as far as is known."""
        ends = seconds(self._value("expires_at").reveal())
        return bool(self._value(self.name)) and not (ends and ends - EARLY < time.time())

    def is_ready(self, token: Secret | None) -> bool:
        """Whether a token is the present one, and has not ended, as far as is known."""
        return token is not None and token == self._value(self.name) and self.lasts()

    def current(self) -> Flow[Secret]:
        """A token that has not ended, as far as is known; asks for one if there is none."""
        if self.lasts():
            return self._value(self.name)
        tries = self._tries
        yield Acquire(self._lock)
        try:
            if not self.lasts() and self.renews():
                yield from self._renew(tries)
            return self._value(self.name)
        finally:
            self._lock.release()

    def after(self, refused: Secret) -> Flow[Secret]:
        """Another token than one that was refused."""
        tries = self._tries
        yield Acquire(self._lock)
        try:
            token = self._value(self.name)
            if not token or token == refused:
                yield from self._renew(tries)
            return self._value(self.name)
        finally:
            self._lock.release()

    def _renew(self, tries: int) -> Flow[None]:
        """Ask for a new token; ``tries`` is how often that had been done when the caller came to ask."""
        if self._failure is not None and (tries != self._tries or self._spent == self._value("refresh_token")):
            raise copy.copy(self._failure)
        self._tries += 1
        began = time.monotonic()
        lock = self._store.locked()
        try:
            yield Acquire(lock)
            try:
                yield from self._take(self._store.read())
            finally:
                lock.__exit__(None, None, None)
        except ConnectorError as error:
            _record(time.monotonic() - began, type(error).__name__)
            if isinstance(error, TransportError):
                error.final = True  # it says nothing of the request that the token is for, which is not sent again
            self._failure = copy.copy(error)
            if isinstance(error, ConnectionMissing) and error.code == "invalid_grant":
                self._spent = self._value("refresh_token") or None
            raise
        self._failure = self._spent = None
        _record(time.monotonic() - began, None)

    def _take(self, stored: Values) -> Flow[None]:
        """A token from the store, if another process has renewed it, else from the provider."""
        if stored.get("refresh_token") and stored["refresh_token"] != self._value("refresh_token"):
            self._values |= stored
            if self.lasts():
                return
        yield from self._client.discover()
        if self._value("refresh_token"):
            token = yield from self._client.renewed(self._value("refresh_token"))
        elif self._grant == "password":
            token = yield from self._client.by_password(self._value("username"), self._value("password"))
        else:
            token = yield from self._client.by_itself()
        kept = kept_of(token, self.name)
        self._values |= kept
        self._store.write(kept)
