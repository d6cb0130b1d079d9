"""Tokens of OAuth 2.0: obtained by each of its grants, and renewed before they end.

The protocol is authlib's; what it sends goes through a transport of ours, bounded and without redirects.

Sources: RFC 6749 (grants), RFC 7636 (PKCE), RFC 8252 (loopback redirect), RFC 8628 (device code).
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlencode, urlsplit

from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.oauth2.client import OAuth2Client

from engine.errors import AnswerError, ConnectionMissing
from engine.http import Credentials, Request, Response, Transport
from engine.model import OAuth

EARLY = 60.0
"""Seconds before its end at which a token is renewed."""
FIELDS = ("client_id", "client_secret", "refresh_token", "expires_at", "grant", "username", "password")
"""What a connection may have beside the token itself."""
_SECONDS = 30.0


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
            found = json.loads(self._body)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise ConnectionMissing("the token endpoint did not answer with a JSON object (RFC 6749 section 5.1)")
        return found


class _Session:
    """What authlib sends with."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def post(self, url: str, data: Mapping[str, str], headers: Mapping[str, str], auth: Any, **_: Any) -> _Answer:
        _checked(url)
        body = urlencode(data)
        fields = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        if hasattr(auth, "prepare"):
            url, fields, body = auth.prepare("POST", url, dict(fields), body)
        secret = {name: text for name, text in fields.items() if name.lower() == "authorization"}
        open_ = {name: text for name, text in fields.items() if name not in secret}
        octets = body.encode("ascii") if isinstance(body, str) else body
        return _Answer(self._transport.send(Request("POST", url, open_, octets, Credentials(secret), timeout=_SECONDS)))


def _checked(url: str) -> None:
    """Refuses an endpoint that is not protected by TLS, but on loopback (RFC 6749 section 3.1)."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        loopback = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if parts.scheme != "https" and not (parts.scheme == "http" and loopback):
        raise ConnectionMissing(f"the endpoint {url!r} is no https URL; tokens are asked for over TLS only")


def _told(error: AuthlibBaseError) -> ConnectionMissing:
    said = f"{error.error}: {error.description}" if error.description else str(error.error)
    return ConnectionMissing(f"no token was given: {said}")


@dataclass(slots=True)
class Client:
    """One application at one provider. ``secret`` may be empty: a public client proves itself by PKCE."""

    oauth: OAuth
    transport: Transport
    id: str
    secret: str = field(default="", repr=False)

    def _made(self, **more: Any) -> Any:
        return OAuth2Client(
            _Session(self.transport),
            client_id=self.id,
            client_secret=self.secret or None,
            token_endpoint_auth_method="client_secret_basic" if self.secret else "none",
            scope=self.oauth.delimiter.join(self.oauth.scopes) or None,
            code_challenge_method="S256",
            **more,
        )

    def _asked(self, **given: Any) -> dict[str, Any]:
        if not self.oauth.token:
            raise ConnectionMissing("the document names no token endpoint; give the token itself")
        try:
            return dict(self._made().fetch_token(self.oauth.token, **given))
        except AuthlibBaseError as error:
            raise _told(error) from None

    def authorization(self, redirect: str) -> tuple[str, str, str]:
        """Where a person agrees: the URL, the state that must come back, the verifier of the code."""
        if not self.oauth.authorize:
            raise ConnectionMissing("the document names no authorization endpoint; give the token itself")
        verifier = generate_token(64)
        url, state = self._made(redirect_uri=redirect).create_authorization_url(
            self.oauth.authorize, code_verifier=verifier
        )
        return str(url), str(state), verifier

    def redeem(self, came: str, redirect: str, state: str, verifier: str) -> dict[str, Any]:
        """The token for the URL that the provider has led back to; its state must be ours."""
        try:
            return self._asked(authorization_response=came, state=state, code_verifier=verifier, redirect_uri=redirect)
        except AuthlibBaseError as error:
            raise _told(error) from None

    def by_itself(self) -> dict[str, Any]:
        """The token of the application (client credentials)."""
        return self._asked(grant_type="client_credentials")

    def by_password(self, username: str, password: str) -> dict[str, Any]:
        """The token of a person whose password the application knows."""
        return self._asked(grant_type="password", username=username, password=password)

    def renewed(self, refresh_token: str) -> dict[str, Any]:
        """The token after one that has ended."""
        url = self.oauth.refresh or self.oauth.token
        if not url:
            raise ConnectionMissing("the document names no token endpoint, so the token cannot be renewed")
        try:
            made = self._made(token={"refresh_token": refresh_token})
            return dict(made.refresh_token(url, refresh_token=refresh_token))
        except AuthlibBaseError as error:
            raise _told(error) from None

    def device(self, sleep: Callable[[float], None]) -> Iterator[dict[str, Any]]:
        """First what to tell the person (``verification_uri``, ``user_code``), then, once they agreed, the token."""
        if not self.oauth.device:
            raise ConnectionMissing("the provider has no device endpoint; connect with a browser instead")
        asked = {"client_id": self.id, "scope": self.oauth.delimiter.join(self.oauth.scopes)}
        told = _Session(self.transport).post(self.oauth.device, asked, {"Accept": "application/json"}, None).json()
        if "device_code" not in told:
            raise ConnectionMissing(f"no device code was given: {told.get('error', 'no reason told')}")
        yield told
        pause, end = float(told.get("interval", 5)), time.monotonic() + float(told.get("expires_in", 600))
        while time.monotonic() + pause < end:
            sleep(pause)
            try:
                found = self._made().fetch_token(
                    self.oauth.token,
                    grant_type="urn:ietf:params:oauth:grant-type:device_code",
                    device_code=told["device_code"],
                )
            except AuthlibBaseError as error:
                if error.error not in ("authorization_pending", "slow_down"):
                    raise _told(error) from None
                pause += 5.0 if error.error == "slow_down" else 0.0
                continue
            yield dict(found)
            return
        raise ConnectionMissing("the code was not confirmed in time")


def client_of(oauth: OAuth, transport: Transport, values: Mapping[str, Any]) -> Client:
    """The application that the values of a connection name, or that the document does; its id may be empty."""
    return Client(
        oauth, transport, str(values.get("client_id") or oauth.client_id), str(values.get("client_secret") or "")
    )


class Tokens:
    """The access token of one connection, kept fresh. ``values`` are those of :data:`FIELDS`, and the token under its
    own name; ``changed`` is told what to keep when a new one has come."""

    def __init__(
        self,
        client: Client,
        name: str,
        values: Mapping[str, Any],
        changed: Callable[[Mapping[str, Any]], None] = lambda values: None,
    ) -> None:
        self._client = client
        self._name = name
        self._values = dict(values)
        self._changed = changed
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return "Tokens(***)"

    @property
    def _refreshes(self) -> str:
        return str(self._values.get("refresh_token") or "")

    def renews(self) -> bool:
        """Whether a new token can be had without a person."""
        return bool(self._refreshes) or self._grant in ("client_credentials", "password")

    @property
    def _grant(self) -> str:
        given = self._values.get("grant") or self._client.oauth.grant
        if given == "authorization_code" and not self._values.get(self._name) and self._client.secret:
            return "client_credentials"
        return str(given)

    def current(self) -> str:
        """A token that has not ended, as far as is known."""
        with self._lock:
            token = self._values.get(self._name)
            ends = float(self._values.get("expires_at") or 0)
            if (token and not (ends and ends - EARLY < time.time())) or not self.renews():
                return str(token or "")
            return self._renewed()

    def renew(self, used: str) -> str:
        """A token other than one that was refused."""
        with self._lock:
            token = str(self._values.get(self._name) or "")
            return token if token != used else self._renewed()

    def _renewed(self) -> str:
        if self._refreshes:
            found = self._client.renewed(self._refreshes)
        elif self._grant == "password":
            found = self._client.by_password(str(self._values.get("username")), str(self._values.get("password")))
        else:
            found = self._client.by_itself()
        kept = kept_of(found, self._name)
        self._values |= kept
        self._changed(kept)
        return str(self._values[self._name])


def kept_of(token: Mapping[str, Any], name: str) -> dict[str, Any]:
    """What a connection keeps of a token answer (RFC 6749 section 5.1)."""
    if not isinstance(token.get("access_token"), str):
        raise ConnectionMissing("the token endpoint gave no access_token")
    kept: dict[str, Any] = {name: token["access_token"]}
    if isinstance(token.get("refresh_token"), str):
        kept["refresh_token"] = token["refresh_token"]
    if token.get("expires_in") is not None:
        try:
            kept["expires_at"] = int(time.time() + float(token["expires_in"]))
        except (TypeError, ValueError):
            raise ConnectionMissing("the token endpoint's expires_in is no number") from None
    return kept
