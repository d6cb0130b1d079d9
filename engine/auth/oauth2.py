"""Tokens of OAuth 2.0, obtained by each of its grants; each is a flow.

Requests are written by authlib, and yielded: they are sent as any other, bounded and without redirects. It is imported
only when a token is asked for: the import takes tens of milliseconds.

Sources: RFC 6749 (grants), RFC 7636 (PKCE), RFC 8252 (loopback redirect), RFC 8628 (device code).
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct, field

from openconnectors.engine.auth.discovery import discovered
from openconnectors.engine.credentials import Credentials
from openconnectors.engine.endpoints import endpoint, shown
from openconnectors.engine.errors import AnswerError, ConnectionMissing
from openconnectors.engine.flows import Flow, Wait
from openconnectors.engine.http import Request, Response
from openconnectors.engine.masking import Mask, revealed, sealed
from openconnectors.engine.model import OAuth
from openconnectors.engine.secret import Secret, Values

FIELDS = ("client_id", "client_secret", "refresh_token", "expires_at", "grant", "username", "password", "discover")
"""What a connection may have beside the token itself. ``discover``: the provider may be asked for its endpoints."""
APPLICATION_FIELDS = ("client_id", "client_secret", "username", "password", "discover")
"""Those that are not of one token."""
SECRET_FIELDS = ("client_secret", "refresh_token", "password")
_SECONDS = 30.0
_LONGEST = 10.0**11
"""The most seconds that are counted: what lasts longer, or ends later, does so for ever."""
_DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


def seconds(value: Any) -> float | None:
    """A number of seconds as token endpoints write them, ``3600``, ``"3600"``, ``"3599.0"``; None for what is none:
    then how long a token lasts is not known, as if the response did not say (RFC 6749 section 5.1)."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return min(number, _LONGEST) if math.isfinite(number) and number >= 0 else None


def _refused(code: Any, description: Any) -> ConnectionMissing:
    """The error for what a token endpoint says when it gives no token."""
    reason = f"{code}: {description}" if description else f"{code}"
    error = ConnectionMissing(f"no token was given: {reason}")
    error.code = code if isinstance(code, str) else ""
    return error


class Client(Struct):
    """One application at one provider; each way to a token is a flow. ``secret`` may be empty: a public client proves
    itself by PKCE. ``discovers``: the user has consented to the provider being asked for its endpoints."""

    oauth: OAuth
    id: str
    secret: Secret = field(default=Secret(""))
    discovers: bool = False

    def discover(self) -> Flow[None]:
        """Ask the provider for the endpoints that the document leaves to it, once."""
        if self.oauth.token or not self.oauth.metadata:
            return
        if not self.discovers:
            raise ConnectionMissing(
                f"the document names no token endpoint, but {shown(self.oauth.metadata)}, which describes the "
                "provider: give discover=true to have it asked, or the token itself"
            )
        self.oauth = yield from discovered(self.oauth)

    def authorization(self, redirect: str) -> tuple[str, Secret, Secret]:
        """Where a person agrees: the URL, the state that must come back, the verifier of the code."""
        if not self.oauth.authorize or (self.oauth.grant == "implicit" and not self.oauth.token):
            what = "token" if self.oauth.authorize else "authorization"
            raise ConnectionMissing(f"the document names no {what} endpoint; give the token itself")
        endpoint(self.oauth.authorize, "the authorization endpoint")
        from authlib.common.security import generate_token
        from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
        from authlib.oauth2.rfc7636 import create_s256_code_challenge

        verifier, state = Secret(generate_token(64)), Secret(generate_token())
        url = prepare_grant_uri(
            self.oauth.authorize,
            client_id=self.id,
            response_type="code",
            state=state.reveal(),
            redirect_uri=redirect,
            scope=self._scope,
            code_challenge=create_s256_code_challenge(verifier.reveal()),
            code_challenge_method="S256",
        )
        return str(url), state, verifier

    @property
    def _scope(self) -> str | None:
        return self.oauth.delimiter.join(self.oauth.scopes) or None

    def redeem(self, code: Secret, redirect: str, verifier: Secret) -> Flow[Values]:
        """The token for the code that the provider has led back with."""
        return self._token(
            self.oauth.token, "authorization_code", redirect_uri=redirect, code=code, code_verifier=verifier
        )

    def by_itself(self) -> Flow[Values]:
        """The token of the application (client credentials): no person, whom the scope ``openid`` would be of."""
        scopes = (scope for scope in self.oauth.scopes if scope != "openid")
        return self._token(self.oauth.token, "client_credentials", scope=self.oauth.delimiter.join(scopes) or None)

    def by_password(self, username: Secret, password: Secret) -> Flow[Values]:
        """The token of a person whose password the application knows."""
        return self._token(self.oauth.token, "password", username=username, password=password, scope=self._scope)

    def renewed(self, refresh_token: Secret) -> Flow[Values]:
        """The token after one that has ended; with the same refresh token, unless there is a new one."""
        url = self.oauth.refresh or self.oauth.token
        if not url:
            raise ConnectionMissing("the document names no token endpoint, so the token cannot be renewed")
        token = yield from self._token(url, "refresh_token", refresh_token=refresh_token, scope=self._scope)
        token.setdefault("refresh_token", refresh_token)
        return token

    def device(self) -> Flow[Device]:
        """The code that a person enters on another device (RFC 8628 section 3.1)."""
        if not self.oauth.device:
            raise ConnectionMissing("the provider has no device endpoint; connect with a browser instead")
        with sealed():
            return (yield from self._device())

    def _device(self) -> Flow[Device]:
        body = urlencode({"client_id": self.id, "scope": self._scope or ""})
        response = yield _request(self.oauth.device, {"Accept": "application/json"}, body)
        return _device(_members(response))

    def by_device(self, device: Device) -> Flow[Values]:
        """The token, once the person has agreed on the other device."""
        pause, left = device.interval, device.seconds
        while pause < left:
            yield Wait(pause)
            left -= pause
            try:
                return (yield from self._token(self.oauth.token, _DEVICE_GRANT, device_code=device.code))
            except ConnectionMissing as error:
                if error.code not in ("authorization_pending", "slow_down"):
                    raise
                pause += 5.0 if error.code == "slow_down" else 0.0  # RFC 8628 section 3.5
        raise ConnectionMissing("the code was not confirmed in time")

    def _token(self, url: str, grant: str, **parameters: Secret | str | None) -> Flow[Values]:
        """The token that an endpoint gives for a grant.

        The variables of the library that writes the request hold what is sent, so it is sealed.
        """
        if not url:
            raise ConnectionMissing("the document names no token endpoint; give the token itself")
        secrets = [value for value in parameters.values() if isinstance(value, Secret)]
        with sealed(Mask([self.secret, *secrets])):
            return (yield from self._exchanged(url, grant, parameters))

    def _exchanged(self, url: str, grant: str, parameters: Mapping[str, Secret | str | None]) -> Flow[Values]:
        response = yield self._token_request(url, grant, parameters)
        if response.status >= 500:
            raise AnswerError("the token endpoint", response.status)
        return token_of(_members(response))

    def _token_request(self, url: str, grant: str, parameters: Mapping[str, Secret | str | None]) -> Request:
        from authlib.common.errors import AuthlibBaseError
        from authlib.oauth2.auth import ClientAuth
        from authlib.oauth2.rfc6749.parameters import prepare_token_request

        try:
            body = prepare_token_request(grant, **{name: revealed(value) for name, value in parameters.items()})
            auth = ClientAuth(self.id, self.secret.reveal() or None, "client_secret_basic" if self.secret else "none")
            url, fields, body = auth.prepare("POST", url, {"Accept": "application/json"}, body)
        except (AuthlibBaseError, TypeError, ValueError) as error:
            raise ConnectionMissing(f"no token can be asked for with these values ({type(error).__name__})") from None
        return _request(url, fields, body)


def _request(url: str, fields: Mapping[str, str], body: str) -> Request:
    """A request to an endpoint of a provider; what authenticates the client is kept apart."""
    endpoint(url, "the endpoint")
    secret = {name: text for name, text in fields.items() if name.lower() == "authorization"}
    shown = {name: text for name, text in fields.items() if name not in secret}
    headers = {"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8", **shown}
    # A provider may take a refresh token back as soon as it has been used: the next is in this response alone.
    return Request(
        "POST", url, headers, body.encode("ascii"), Credentials(secret), timeout=_SECONDS, uninterrupted=True
    )


def _members(response: Response) -> dict[str, Any]:
    """The JSON object of a response; raise ``ConnectionMissing`` for anything else, and for an error in it (RFC 6749
    section 5.2)."""
    try:
        members = json.loads(response.body)
    except (ValueError, RecursionError):
        members = None
    if not isinstance(members, dict):
        raise ConnectionMissing("the token endpoint did not answer with a JSON object (RFC 6749 section 5.1)")
    if "error" in members:
        raise _refused(members["error"], members.get("error_description"))
    return members


class Device(Struct, frozen=True):
    """A device authorization response (RFC 8628 section 3.2): the code of the device, what to tell the person, how
    often to ask, and how long the code is good for."""

    code: Secret
    user_code: str
    uri: str
    interval: float
    seconds: float


def _device(members: Mapping[str, Any]) -> Device:
    texts = [members.get(name) for name in ("device_code", "user_code", "verification_uri")]
    if not all(isinstance(text, str) and text for text in texts):
        raise ConnectionMissing("the device code response lacks a member (RFC 8628 section 3.2)")
    code, user_code, uri = map(str, texts)
    return Device(
        Secret(code),
        "".join(character for character in user_code[:64] if character.isprintable()),
        endpoint(uri, "the address where the code is entered"),
        max(seconds(members.get("interval")) or 5.0, 1.0),
        seconds(members.get("expires_in")) or 600.0,
    )


def flow_for(oauth: OAuth, values: Mapping[str, Any]) -> OAuth:
    """The flow, of those of a scheme, that the values of a connection serve: that of the ``grant`` they name; one that
    renews a refresh token; that of a person whose password they have; that of the application itself; else the
    first."""
    flows = (oauth, *oauth.others)
    wanted = [str(revealed(values["grant"]))] if values.get("grant") else []
    if values.get("refresh_token"):
        listed = sorted(flows, key=lambda flow: flow.grant not in wanted)
        return next((flow for flow in listed if flow.refresh or flow.token), oauth)
    wanted += ["password"] if values.get("username") and values.get("password") else []
    wanted += ["client_credentials"] if values.get("client_secret") else []
    return next((flow for grant in wanted for flow in flows if flow.grant == grant), oauth)


def client_of(oauth: OAuth, values: Mapping[str, Any]) -> Client:
    """The application that the values of a connection name, or that the document does; its id may be empty. Of several
    flows it has the one that the values serve."""
    return Client(
        flow_for(oauth, values),
        str(revealed(values.get("client_id")) or oauth.client_id),
        Secret.of(values.get("client_secret") or ""),
        discovers=str(revealed(values.get("discover")) or "").strip().lower() in ("true", "yes", "1"),
    )


def token_of(members: Mapping[str, Any]) -> Values:
    """The token in the response of a token endpoint (RFC 6749 section 5.1), as secrets."""
    token, refresh = members.get("access_token"), members.get("refresh_token")
    if not isinstance(token, str) or not token:
        raise ConnectionMissing("the token endpoint gave no access_token")
    values = Values(access_token=Secret(token))
    if isinstance(refresh, str) and refresh:
        values["refresh_token"] = Secret(refresh)
    lifetime = seconds(members.get("expires_in"))
    if lifetime is not None:
        values["expires_at"] = str(int(time.time() + lifetime))
    return values


def kept_of(token: Values, name: str) -> Values:
    """What a connection keeps of a token, which it has under a name."""
    return Values({name if key == "access_token" else key: value for key, value in token.items()})
