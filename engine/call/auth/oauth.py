"""Tokens of OAuth 2.0: obtained by each of its grants, and renewed before they end.

The protocol is authlib's; what it sends goes through a transport of ours, bounded and without redirects.

Sources: RFC 6749 (grants), RFC 7636 (PKCE), RFC 8252 (loopback redirect), RFC 8628 (device code).
"""

from __future__ import annotations

import copy
import json
import logging
import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.oauth2.client import OAuth2Client

from openconnectors.engine.credentials import Credentials, Mask, Secret, Values, revealed, sealed
from openconnectors.engine.endpoints import endpoint
from openconnectors.engine.errors import AnswerError, ConnectionMissing, ConnectorError
from openconnectors.engine.http import Request, Response, Transport
from openconnectors.engine.model import OAuth

_log = logging.getLogger("openconnectors")

EARLY = 60.0
"""Seconds before its end at which a token is renewed."""
FIELDS = ("client_id", "client_secret", "refresh_token", "expires_at", "grant", "username", "password")
"""What a connection may have beside the token itself."""
SECRET_FIELDS = ("client_secret", "refresh_token", "password")
_SECONDS = 30.0
_LONGEST = 10.0**11
"""The most seconds that are counted: what lasts longer, or ends later, does so for ever."""
_DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


def seconds(value: Any) -> float | None:
    """A number of seconds as token endpoints write them, ``3600``, ``"3600"``, ``"3599.0"``; None for what is none:
    then how long a token lasts is not known, as where nothing is told (RFC 6749 section 5.1)."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return min(number, _LONGEST) if math.isfinite(number) and number >= 0 else None


def _refused(code: Any, description: Any) -> ConnectionMissing:
    """The error for what a token endpoint says when it gives no token."""
    said = f"{code}: {description}" if description else f"{code}"
    refused = ConnectionMissing(f"no token was given: {said}")
    refused.code = code if isinstance(code, str) else ""
    return refused


class _Answer:
    """A response as authlib reads one."""

    def __init__(self, response: Response) -> None:
        self.status_code = response.status
        self._body = response.body

    def raise_for_status(self) -> None:
        if self.status_code >= 400:
            raise AnswerError("the token endpoint", self.status_code)

    def json(self) -> Any:
        try:
            answer = json.loads(self._body)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise ConnectionMissing("the token endpoint did not answer with a JSON object (RFC 6749 section 5.1)")
        if "error" in answer:
            raise _refused(answer["error"], answer.get("error_description"))
        known = {name: value for name, value in answer.items() if name not in ("expires_in", "expires_at")}
        lasting = seconds(answer.get("expires_in"))
        return known if lasting is None else {**known, "expires_in": int(lasting)}


class _Session:
    """What authlib sends with."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def post(self, url: str, data: Mapping[str, str], headers: Mapping[str, str], auth: Any, **_: Any) -> _Answer:
        endpoint(url, "the endpoint")
        body = urlencode(data)
        fields = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        if hasattr(auth, "prepare"):
            url, fields, body = auth.prepare("POST", url, dict(fields), body)
        secret = {name: text for name, text in fields.items() if name.lower() == "authorization"}
        open_ = {name: text for name, text in fields.items() if name not in secret}
        octets = body.encode("ascii") if isinstance(body, str) else body
        return _Answer(self._transport.send(Request("POST", url, open_, octets, Credentials(secret), timeout=_SECONDS)))


@dataclass(slots=True)
class Client:
    """One application at one provider. ``secret`` may be empty: a public client proves itself by PKCE.

    What is sent to a provider is in the variables of its protocol's library, so that each call is sealed.
    """

    oauth: OAuth
    transport: Transport
    id: str
    secret: Secret = field(default=Secret(""))

    def _made(self, **more: Any) -> Any:
        return OAuth2Client(
            _Session(self.transport),
            client_id=self.id,
            client_secret=self.secret.reveal() or None,
            token_endpoint_auth_method="client_secret_basic" if self.secret else "none",
            scope=self.oauth.delimiter.join(self.oauth.scopes) or None,
            code_challenge_method="S256",
            **more,
        )

    def _asked(self, url: str, **given: Secret | str) -> Values:
        """The token answer for these parameters, of a refresh token by its own way."""
        if not url:
            raise ConnectionMissing("the document names no token endpoint; give the token itself")
        secrets = [value for value in given.values() if isinstance(value, Secret)]
        with sealed(Mask([self.secret, *secrets])):
            return self._fetched(url, {name: revealed(value) for name, value in given.items()})

    def _fetched(self, url: str, given: dict[str, str]) -> Values:
        try:
            if given["grant_type"] == "refresh_token":
                token = given["refresh_token"]
                answer = self._made(token={"refresh_token": token}).refresh_token(url, refresh_token=token)
            else:
                answer = self._made().fetch_token(url, **given)
        except AuthlibBaseError as error:
            raise _refused(error.error, error.description) from None
        except (TypeError, ValueError) as error:
            raise ConnectionMissing(f"no token can be asked for with these values ({type(error).__name__})") from None
        return token_of(answer)

    def authorization(self, redirect: str) -> tuple[str, Secret, Secret]:
        """Where a person agrees: the URL, the state that must come back, the verifier of the code."""
        if not self.oauth.authorize:
            raise ConnectionMissing("the document names no authorization endpoint; give the token itself")
        endpoint(self.oauth.authorize, "the authorization endpoint")
        verifier = Secret(generate_token(64))
        url, state = self._made(redirect_uri=redirect).create_authorization_url(
            self.oauth.authorize, code_verifier=verifier.reveal()
        )
        return str(url), Secret(str(state)), verifier

    def redeem(self, code: Secret, redirect: str, verifier: Secret) -> Values:
        """The token for the code that the provider has led back with."""
        return self._asked(
            self.oauth.token,
            grant_type="authorization_code",
            code=code,
            code_verifier=verifier,
            redirect_uri=redirect,
        )

    def by_itself(self) -> Values:
        """The token of the application (client credentials)."""
        return self._asked(self.oauth.token, grant_type="client_credentials")

    def by_password(self, username: Secret, password: Secret) -> Values:
        """The token of a person whose password the application knows."""
        return self._asked(self.oauth.token, grant_type="password", username=username, password=password)

    def renewed(self, refresh_token: Secret) -> Values:
        """The token after one that has ended."""
        url = self.oauth.refresh or self.oauth.token
        if not url:
            raise ConnectionMissing("the document names no token endpoint, so the token cannot be renewed")
        return self._asked(url, grant_type="refresh_token", refresh_token=refresh_token)

    def device(self, sleep: Callable[[float], None]) -> Iterator[Values]:
        """First what to tell the person (``verification_uri``, ``user_code``), then, once they agreed, the token."""
        if not self.oauth.device:
            raise ConnectionMissing("the provider has no device endpoint; connect with a browser instead")
        with sealed():
            steps = self._device()
        yield Values(verification_uri=steps.uri, user_code=steps.user_code)
        pause, end = steps.interval, time.monotonic() + steps.lasting
        while time.monotonic() + pause < end:
            sleep(pause)
            try:
                answer = self._asked(self.oauth.token, grant_type=_DEVICE_GRANT, device_code=steps.code)
            except ConnectionMissing as error:
                if error.code not in ("authorization_pending", "slow_down"):
                    raise
                pause += 5.0 if error.code == "slow_down" else 0.0  # RFC 8628 section 3.5
                continue
            yield answer
            return
        raise ConnectionMissing("the code was not confirmed in time")

    def _device(self) -> _Device:
        asked = {"client_id": self.id, "scope": self.oauth.delimiter.join(self.oauth.scopes)}
        answer = _Session(self.transport).post(self.oauth.device, asked, {"Accept": "application/json"}, None).json()
        texts = [answer.get(name) for name in ("device_code", "user_code", "verification_uri")]
        if not all(isinstance(text, str) and text for text in texts):
            raise ConnectionMissing("no device code was given: the answer lacks a part of it (RFC 8628 section 3.2)")
        code, user_code, uri = map(str, texts)
        return _Device(
            Secret(code),
            "".join(character for character in user_code[:64] if character.isprintable()),
            endpoint(uri, "the address where the code is entered"),
            max(seconds(answer.get("interval")) or 5.0, 1.0),
            seconds(answer.get("expires_in")) or 600.0,
        )


@dataclass(frozen=True, slots=True)
class _Device:
    """A device authorization response (RFC 8628 section 3.2)."""

    code: Secret
    user_code: str
    uri: str
    interval: float
    lasting: float


def client_of(oauth: OAuth, transport: Transport, values: Mapping[str, Any]) -> Client:
    """The application that the values of a connection name, or that the document does; its id may be empty."""
    return Client(
        oauth,
        transport,
        str(revealed(values.get("client_id")) or oauth.client_id),
        Secret.of(values.get("client_secret") or ""),
    )


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
    """Logs one renewal, without a value."""
    _log.info(
        "the access token was %s after %.3f s",
        "renewed" if error is None else f"not renewed ({error})",
        duration,
        extra={"duration": duration, "error": error},
    )


class Tokens:
    """The access token of one connection, kept fresh. ``values`` are those of ``FIELDS``, and the token under its
    own name.

    Of several threads, and processes with one store, that need a new token at once, the first asks for it, and the
    others take what it got, an error too. A refresh token that is refused is not sent again: a provider that rotates
    takes that for theft (RFC 9700 section 4.14.2).
    """

    def __init__(self, client: Client, name: str, values: Values, store: Store | None = None) -> None:
        self._client = client
        self._name = name
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
        return bool(self._value("refresh_token")) or self._grant in ("client_credentials", "password")

    @property
    def _grant(self) -> str:
        given = self._value("grant").reveal() or self._client.oauth.grant
        if given == "authorization_code" and not self._value(self._name) and self._client.secret:
            return "client_credentials"
        return given

    def _lasts(self) -> bool:
        """Whether the token has not ended, as far as is known."""
        ends = seconds(self._value("expires_at").reveal())
        return bool(self._value(self._name)) and not (ends and ends - EARLY < time.time())

    def current(self) -> Secret:
        """A token that has not ended, as far as is known."""
        tries = self._tries
        with self._lock:
            if not self._lasts() and self.renews():
                self._renew(tries)
            return self._value(self._name)

    def after(self, refused: Callable[[Secret], bool]) -> Secret:
        """A token other than one that was refused."""
        tries = self._tries
        with self._lock:
            token = self._value(self._name)
            if not token or refused(token):
                self._renew(tries)
            return self._value(self._name)

    def _renew(self, tries: int) -> None:
        """Asks for a new token; ``tries`` is how often that had been done when the caller came to ask."""
        if self._failure is not None and (tries != self._tries or self._spent == self._value("refresh_token")):
            raise copy.copy(self._failure)
        self._tries += 1
        began = time.monotonic()
        try:
            with self._store.locked():
                self._take(self._store.read())
        except ConnectorError as error:
            _record(time.monotonic() - began, type(error).__name__)
            self._failure = copy.copy(error)
            if isinstance(error, ConnectionMissing) and error.code == "invalid_grant":
                self._spent = self._value("refresh_token") or None
            raise
        self._failure = self._spent = None
        _record(time.monotonic() - began, None)

    def _take(self, stored: Values) -> None:
        """A token from the store, where another process has renewed it, else from the provider."""
        if stored.get("refresh_token") and stored["refresh_token"] != self._value("refresh_token"):
            self._values |= stored
            if self._lasts():
                return
        if self._value("refresh_token"):
            token = self._client.renewed(self._value("refresh_token"))
        elif self._grant == "password":
            token = self._client.by_password(self._value("username"), self._value("password"))
        else:
            token = self._client.by_itself()
        kept = kept_of(token, self._name)
        self._values |= kept
        self._store.write(kept)


def token_of(answer: Mapping[str, Any]) -> Values:
    """What a token answer gives (RFC 6749 section 5.1), its tokens as secrets."""
    token, refresh = answer.get("access_token"), answer.get("refresh_token")
    if not isinstance(token, str) or not token:
        raise ConnectionMissing("the token endpoint gave no access_token")
    kept = Values(access_token=Secret(token))
    if isinstance(refresh, str) and refresh:
        kept["refresh_token"] = Secret(refresh)
    lasting = seconds(answer.get("expires_in"))
    if lasting is not None:
        kept["expires_at"] = str(int(time.time() + lasting))
    return kept


def kept_of(token: Values, name: str) -> Values:
    """What a connection keeps of a token, which it has under a name."""
    return Values({name if key == "access_token" else key: value for key, value in token.items()})
