"""An OAuth 2.0 server on loopback, made with authlib: every grant that connections use, and an API that needs its
tokens."""

from __future__ import annotations

import time
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import grants
from authlib.oauth2.rfc6749.models import AuthorizationCodeMixin, ClientMixin
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc8628 import DeviceAuthorizationEndpoint, DeviceCodeGrant, DeviceCredentialDict
from flask import Flask, jsonify, request

PERSON = "Ada"
CLIENT, SECRET = "an-application", "a-secret-of-it"


class Client(ClientMixin):  # type: ignore[misc]
    client_id = CLIENT

    def get_client_id(self) -> str:
        return CLIENT

    def get_default_redirect_uri(self) -> str:
        return ""

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri.startswith("http://127.0.0.1:")

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return True

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return True


class Code(dict, AuthorizationCodeMixin):  # type: ignore[misc,type-arg]
    code_challenge = property(lambda self: self["challenge"])
    code_challenge_method = property(lambda self: "S256")

    def get_redirect_uri(self) -> str:
        return str(self["redirect_uri"])

    def get_scope(self) -> str:
        return str(self["scope"])


class State:
    """The codes, tokens and requests of the server, for tests to look at."""

    def __init__(self) -> None:
        self.codes: dict[str, Code] = {}
        self.tokens: dict[str, dict[str, Any]] = {}
        self.refreshes: dict[str, dict[str, Any]] = {}
        self.devices: dict[str, dict[str, Any]] = {}
        self.agreed: set[str] = set()
        self.grants: list[str] = []
        self.lifetime = 3600
        self.described = 0
        self.description: dict[str, Any] = {}


class _Refresh:
    def __init__(self, scope: str) -> None:
        self._scope = scope

    def get_scope(self) -> str:
        return self._scope

    def check_client(self, client: Any) -> bool:
        return True


def application(state: State) -> Flask:
    """The server and the API, as a WSGI application."""
    app = Flask("oauth")

    def save(token: dict[str, Any], token_request: Any) -> None:
        token["expires_in"] = state.lifetime
        kept = {**token, "ends": time.time() + state.lifetime, "user": PERSON, "scope": token.get("scope", "")}
        state.tokens[token["access_token"]] = kept
        if token.get("refresh_token"):
            state.refreshes[token["refresh_token"]] = kept
        state.grants.append(token_request.payload.grant_type)

    server = AuthorizationServer(
        app, query_client=lambda client_id: Client() if client_id == CLIENT else None, save_token=save
    )
    app.config["OAUTH2_REFRESH_TOKEN_GENERATOR"] = True
    server.init_app(app)

    class ByCode(grants.AuthorizationCodeGrant):  # type: ignore[misc]
        TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post", "none")

        def save_authorization_code(self, code: str, token_request: Any) -> None:
            data = token_request.payload.data
            state.codes[code] = Code(
                redirect_uri=token_request.payload.redirect_uri,
                scope=token_request.payload.scope,
                challenge=data.get("code_challenge"),
            )

        def query_authorization_code(self, code: str, client: Any) -> Code | None:
            return state.codes.get(code)

        def delete_authorization_code(self, code: Any) -> None:
            state.codes = {key: item for key, item in state.codes.items() if item is not code}

        def authenticate_user(self, code: Any) -> str:
            return PERSON

    class ByPassword(grants.ResourceOwnerPasswordCredentialsGrant):  # type: ignore[misc]
        def authenticate_user(self, username: str, password: str) -> str | None:
            return PERSON if (username, password) == ("ada", "pass-of-ada") else None

    class ByRefresh(grants.RefreshTokenGrant):  # type: ignore[misc]
        TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "none")
        INCLUDE_NEW_REFRESH_TOKEN = True

        def authenticate_refresh_token(self, refresh_token: str) -> Any:
            known = state.refreshes.pop(refresh_token, None)
            if known is None:
                return None
            return type(
                "Token", (), {"get_scope": lambda self: known["scope"], "check_client": lambda self, client: True}
            )()

        def authenticate_user(self, token: Any) -> str:
            return PERSON

        def revoke_old_credential(self, token: Any) -> None:
            """Nothing: the old refresh token was removed when it was read."""

    class Devices(DeviceAuthorizationEndpoint):  # type: ignore[misc]
        CLIENT_AUTH_METHODS = ("none",)

        def get_verification_uri(self) -> str:
            return "https://example.com/device"

        def save_device_credential(self, client_id: str, scope: str, data: dict[str, Any]) -> None:
            state.devices[data["device_code"]] = {**data, "client_id": client_id, "scope": scope or ""}

    class ByDevice(DeviceCodeGrant):  # type: ignore[misc]
        TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "none")

        def query_device_credential(self, device_code: str) -> Any:
            kept = state.devices.get(device_code)
            return DeviceCredentialDict({**kept, "expires_at": time.time() + 600}) if kept else None

        def query_user_grant(self, user_code: str) -> Any:
            return (PERSON, True) if user_code in state.agreed else None

        def should_slow_down(self, credential: Any) -> bool:
            return False

    server.register_grant(ByCode, [CodeChallenge(required=True)])
    for item in (grants.ClientCredentialsGrant, ByPassword, ByRefresh, ByDevice):
        server.register_grant(item)
    server.register_endpoint(Devices(server))

    @app.get("/authorize")
    def authorize() -> Any:
        grant = server.get_consent_grant(end_user=PERSON)
        return server.create_authorization_response(grant_user=PERSON, grant=grant)

    @app.post("/token")
    def token() -> Any:
        return server.create_token_response()

    @app.post("/device")
    def device() -> Any:
        return server.create_endpoint_response(Devices.ENDPOINT_NAME)

    @app.get("/.well-known/openid-configuration")
    def describe() -> Any:
        state.described += 1
        url = request.host_url.rstrip("/")
        endpoints = {
            "authorization_endpoint": f"{url}/authorize",
            "token_endpoint": f"{url}/token",
            "device_authorization_endpoint": f"{url}/device",
        }
        return jsonify({"issuer": url, **endpoints, **state.description})

    @app.get("/me")
    def me() -> Any:
        kind, _, text = request.headers.get("Authorization", "").partition(" ")
        known = state.tokens.get(text)
        if kind != "Bearer" or known is None or known["ends"] < time.time():
            return jsonify(error="no token"), 401
        return jsonify(name=PERSON)

    return app
