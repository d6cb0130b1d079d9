"""Nothing that a call shows holds a secret: errors, their attributes, pickles, contexts and tracebacks, and the log."""

from __future__ import annotations

import base64
import json
import logging
import pickle
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

import openconnectors
from openconnectors.engine.fuzz import fuzz
from tests.conftest import serving
from tests.examples import spread

SECRET = "s3cret-canary-98765"


def document(security: str, **more: Any) -> dict[str, Any]:
    operation = {"operationId": "GetA", "responses": {"200": {"description": "ok", "schema": {"type": "object"}}}}
    schemes = {
        "header": {"type": "apiKey", "in": "header", "name": "X-Key"},
        "authorization": {"type": "apiKey", "in": "header", "name": "Authorization"},
        "query": {"type": "apiKey", "in": "query", "name": "key"},
        "basic": {"type": "basic"},
    }
    return {
        "swagger": "2.0",
        "info": {"title": "T", "version": "1"},
        "host": "h.example",
        "schemes": ["http"],
        "produces": ["application/json"],
        "securityDefinitions": {"s": schemes[security]},
        "security": [{"s": []}],
        "paths": {"/a": {"get": operation}},
        **more,
    }


VALUES = {
    "header": {"api_key": SECRET},
    "authorization": {"api_key": f"Bearer {SECRET}"},
    "query": {"api_key": SECRET},
    "basic": {"username": "ada", "password": SECRET},
}


def load(folder: Path, content: dict[str, Any], url: str, values: dict[str, Any], **options: Any) -> Any:
    path = folder / "t.swagger.json"
    path.write_text(json.dumps(content))
    return openconnectors.load_file(path, connection=values, base_url=url, **options)


def shown(error: BaseException) -> Iterator[tuple[str, str]]:
    """All that is shown of an error and of what stands behind it, and where: locals of frames too, as test runners
    and error reporters print them."""
    chain: list[BaseException] = []
    at: BaseException | None = error
    while at is not None and at not in chain:
        chain.append(at)
        at = at.__cause__ or at.__context__
    for item in chain:
        kind = type(item).__name__
        yield from ((f"{kind} as text", text) for text in (str(item), repr(item), repr(item.args)))
        for name, value in vars(item).items():
            yield f"{kind}.{name}", repr(value)
            yield f"{kind}.{name}", repr(dict(value)) if hasattr(value, "items") else str(value)
        yield f"pickle of {kind}", pickle.dumps(item, 0).decode("latin-1")
        trace = item.__traceback__
        while trace is not None:
            frame, trace = trace.tb_frame, trace.tb_next
            if frame.f_code.co_filename != __file__:
                place = f"{Path(frame.f_code.co_filename).name} {frame.f_code.co_name}"
                yield from ((f"local {name} of {place}", repr(value)) for name, value in frame.f_locals.items())


def leaks(call: Callable[[], Any], secret: str = SECRET) -> list[str]:
    """Where the secret is shown by the error of a call, which there must be."""
    with pytest.raises(openconnectors.ConnectorError) as caught:
        call()
    return [place for place, text in shown(caught.value) if secret in text]


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """What was logged, but by the server that is called."""
    return "\n".join(record.getMessage() for record in caplog.records if record.name != "werkzeug")


def echoing(status: int, write: Callable[[str], bytes], content_type: str) -> Any:
    """An application that answers with what it was asked."""

    @Request.application
    def application(request: Request) -> Response:
        fields = "\n".join(f"{name}: {value}" for name, value in request.headers.items())
        basic = request.authorization and request.authorization.password
        text = f"{request.url}\n{fields}\n{basic}"
        response = Response(write(text), status, content_type=content_type)
        response.headers["X-Echo"] = quote(text)
        return response

    return application


WRITTEN: dict[str, tuple[Callable[[str], bytes], str]] = {
    "JSON": (lambda text: json.dumps({"message": text, text: 1}).encode(), "application/json"),
    "JSON in UTF-16": (lambda text: json.dumps({"message": text}).encode("utf-16"), "application/json"),
    "XML": (lambda text: f"<e><m>{text.replace('&', '&amp;')}</m></e>".encode(), "application/xml"),
    "text": (lambda text: text.encode(), "text/plain"),
    "Base64": (lambda text: base64.b64encode(text.encode()), "application/octet-stream"),
    "a page": (lambda text: f"<html>{text}".encode(), "text/html"),
    "JSON that is cut": (lambda text: json.dumps({"message": text}).encode()[:-2], "application/json"),
}


@pytest.mark.parametrize("security", VALUES)
@pytest.mark.parametrize("status", spread([401, 200, 302, 400, 503, 404, 418], 2))
@pytest.mark.parametrize("way", [name for name in WRITTEN if name != "Base64"])
def test_an_echo_is_shown_nowhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, security: str, status: int, way: str
) -> None:
    """A secret that a response of any status echoes is not in errors, deviations or logs."""
    caplog.set_level(logging.DEBUG, "openconnectors")
    write, content_type = WRITTEN[way]
    content = document(security)
    content["paths"]["/a"]["get"]["responses"]["200"]["schema"] = {"type": "integer"}
    application = echoing(status, write, content_type)
    with serving(make_server("127.0.0.1", 0, application, threaded=True)) as url:
        connector = load(tmp_path, content, url, VALUES[security], timeout=0.5, validate_responses="strict")
        assert leaks(connector.get_a) == []
    assert SECRET not in logged(caplog)


@pytest.mark.parametrize("security", VALUES)
def test_an_unreachable_service_shows_nothing(tmp_path: Path, security: str) -> None:
    """The error of an unreachable service shows no secret, for calls and streams."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
    connector = load(tmp_path, document(security), url, VALUES[security], timeout=0.5)
    assert leaks(connector.get_a) == []
    assert leaks(connector.get_a.stream) == []


@pytest.mark.parametrize("data", [b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\nX\r\n\r\n", b"", b"HTTP/1.1 200 OK\r\n"])
@pytest.mark.parametrize("security", VALUES)
def test_a_broken_response_shows_nothing(tmp_path: Path, security: str, data: bytes) -> None:
    """The error of a malformed response shows no secret."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        connector = load(
            tmp_path, document(security), f"http://127.0.0.1:{server.getsockname()[1]}", VALUES[security], timeout=0.3
        )

        def answer() -> None:
            while True:
                try:
                    peer, _ = server.accept()
                except OSError:
                    return
                with peer:
                    peer.recv(65536)
                    peer.sendall(data)

        threading.Thread(target=answer, daemon=True).start()
        assert leaks(connector.get_a) == []
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    "values",
    [{"api_key": SECRET, "odd": 1}, {"apikey": SECRET}, {"api_key": f"{SECRET}\n"}, {"api_key": [SECRET]}],
    ids=str,
)
def test_a_connection_that_is_refused_shows_nothing(tmp_path: Path, values: dict[str, Any]) -> None:
    """The error of refused connection values shows no secret."""
    path = tmp_path / "t.swagger.json"
    path.write_text(json.dumps(document("header")))
    places = leaks(lambda: openconnectors.load_file(path, connection=values, base_url="http://127.0.0.1:1").get_a())
    assert places == []


PATHS = {"properties": {"connectionParameters": {"token": {"type": "securestring"}}}}


@pytest.mark.parametrize("token", [SECRET, f"12:{SECRET}", f"{SECRET}/é x"])
def test_a_secret_in_the_path_is_shown_nowhere(tmp_path: Path, caplog: pytest.LogCaptureFixture, token: str) -> None:
    """Telegram's /bot{token}/: in repr, requests, errors, links and the log."""
    caplog.set_level(logging.DEBUG)
    content = {**document("header", basePath="/bot{token}"), "security": []}
    content["securityDefinitions"] = {}
    content["x-connector-properties"] = PATHS["properties"]
    application = echoing(404, *WRITTEN["JSON"])
    with serving(make_server("127.0.0.1", 0, application, threaded=True)) as url:
        connector = load(tmp_path, content, url, {"token": token})
        request = connector.get_a.request()
        texts = [
            repr(connector),
            repr(connector.connection),
            repr(vars(connector.connection)),
            str(request),
            repr(request),
            request.url,
        ]
        assert request.url == f"{url}/bot***/a"
        assert [text for text in texts if SECRET in text] == []
        assert leaks(connector.get_a) == []
    assert SECRET not in logged(caplog)


def policy(template: str, **parameters: str) -> dict[str, Any]:
    named = {f"x-ms-apimTemplateParameter.{name}": value for name, value in parameters.items()}
    return {"templateId": template, "title": "x", "parameters": named}


POLICIES = {
    "a header field": policy("setheader", name="X-Odd", value="is @{connectionParameters('token')}"),
    "the query": policy("setqueryparameter", name="key", value="@connectionParameters('token')"),
    "the path": policy(
        "routerequesttoendpoint",
        newPath="/b/@{connectionParameters('token')}",
        httpMethod="@Request.OriginalHTTPMethod",
    ),
    "the query of a path": policy(
        "routerequesttoendpoint", newPath="/b?k=@{connectionParameters('token')}", httpMethod="GET"
    ),
    "the base path": policy("dynamichosturl", urlTemplate="http://h.example/@{connectionParameters('token')}/v1"),
    "the body": policy(
        "setproperty",
        newPropertyParentPathTemplate="@body()",
        newPropertySubPathTemplate="key",
        propertyValuePathTemplate="@connectionParameters('token')",
    ),
}


@pytest.mark.parametrize("place", POLICIES)
def test_a_secret_that_a_policy_puts_somewhere_is_shown_nowhere(tmp_path: Path, place: str) -> None:
    """A secret that a policy puts into a request is sent, and masked in the request's text and in errors."""
    content = {**document("header"), "security": []}
    content["securityDefinitions"] = {}
    body = {"name": "body", "in": "body", "schema": {"type": "object"}}
    content["paths"]["/a"] = {"post": {**content["paths"]["/a"]["get"], "parameters": [body]}}
    content["x-connector-properties"] = {**PATHS["properties"], "policyTemplateInstances": [POLICIES[place]]}
    seen: list[str] = []

    @Request.application
    def application(request: Request) -> Response:
        seen.append(f"{request.url} {dict(request.headers)} {request.get_data(as_text=True)}")
        return Response(json.dumps({"message": seen[-1]}), 400, content_type="application/json")

    with serving(make_server("127.0.0.1", 0, application, threaded=True)) as url:
        connector = load(tmp_path, content, url, {"token": SECRET})
        request = connector.get_a.request(body={"a": 1})
        assert SECRET not in f"{request} {request!r}"
        assert leaks(lambda: connector.get_a(body={"a": 1})) == []
    assert SECRET in seen[0]


PASSED = [
    {"refresh_token": f"{SECRET}-r", "client_id": "i", "client_secret": f"{SECRET}-c", "token": f"{SECRET}-t"},
    {"grant": "password", "username": "u", "password": f"{SECRET}-p", "client_id": "i", "client_secret": f"{SECRET}-c"},
    {"grant": "client_credentials", "client_id": "i", "client_secret": f"{SECRET}-c"},
]
REFUSALS: dict[str, Callable[[str], Any]] = {
    "in its description": lambda text: {"error": "invalid_grant", "error_description": text},
    "in its code": lambda text: {"error": text},
    "in objects": lambda text: {"error": {"a": text}, "error_description": [text]},
    "without an error": lambda text: {"message": text},
    "as a list": lambda text: [text],
    "in Base64": lambda text: {"error": "x", "error_description": base64.b64encode(text.encode()).decode()},
}


@pytest.mark.parametrize("values", PASSED, ids=lambda values: str(values.get("grant", "refresh_token")))
@pytest.mark.parametrize("refusal", REFUSALS)
@pytest.mark.parametrize("status", [200, 400, 500])
def test_a_token_endpoint_that_echoes_shows_nothing(
    tmp_path: Path, values: dict[str, str], refusal: str, status: int
) -> None:
    """The refresh token, the client's secret, the password."""

    @Request.application
    def application(request: Request) -> Response:
        if request.path != "/token":
            return Response("{}", 401)
        basic = request.headers.get("Authorization", "Basic ").partition(" ")[2]
        text = f"{dict(parse_qsl(request.get_data(as_text=True)))} {basic} {base64.b64decode(basic).decode()}"
        return Response(json.dumps(REFUSALS[refusal](text)), status, content_type="application/json")

    content = document("header")
    with serving(make_server("127.0.0.1", 0, application, threaded=True)) as url:
        oauth = {"type": "oauth2", "flow": "accessCode", "tokenUrl": f"{url}/token", "scopes": {}}
        content["securityDefinitions"] = {"s": {**oauth, "authorizationUrl": f"{url}/authorize"}}
        connector = load(tmp_path, content, url, values)
        assert leaks(connector.get_a) == []
        authentication = connector.connection.authentication
        tokens = [vars(known) for known in authentication._tokens.values()]
        assert SECRET not in f"{vars(connector.connection)} {vars(authentication)} {tokens}"


def test_an_error_keeps_what_the_caller_was_handling(tmp_path: Path) -> None:
    """An error keeps the caller's exception as context and drops our own."""
    connector = load(tmp_path, document("header"), "http://127.0.0.1:1", VALUES["header"], timeout=0.5)
    handled = KeyError("of the caller")
    with pytest.raises(openconnectors.ConnectorError) as caught:
        _while_handling(handled, connector.get_a)
    assert caught.value.__context__ is handled
    assert caught.value.__cause__ is None


def _while_handling(error: Exception, call: Callable[[], Any]) -> Any:
    try:
        raise error
    except KeyError:
        return call()


def test_deviations_show_no_secret(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Deviations and the log show no secret that a response echoes; the value is the caller's and keeps it."""
    content = document("header")
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "additionalProperties": False}
    content["paths"]["/a"]["get"]["responses"]["200"]["schema"] = schema

    @Request.application
    def application(request: Request) -> Response:
        return Response(json.dumps({"n": SECRET, SECRET: 1}), content_type="application/json")

    with serving(make_server("127.0.0.1", 0, application, threaded=True)) as url:
        response = load(tmp_path, content, url, VALUES["header"]).get_a.response()
    assert response.value == {"n": SECRET, SECRET: 1}  # the caller's own data
    assert response.deviations
    assert SECRET not in repr(response.deviations) + logged(caplog)


def test_a_report_of_fuzz_shows_no_secret(tmp_path: Path) -> None:
    """A service that echoes the key in values, messages and header fields."""
    content = document("header")
    answer = {"type": "object", "properties": {"n": {"type": "integer"}, "id": {"type": "string", "maxLength": 3}}}
    content["paths"]["/a"]["get"]["responses"]["200"]["schema"] = answer
    content["paths"]["/a"]["get"]["parameters"] = [{"name": "id", "in": "query", "type": "string"}]

    @Request.application
    def application(request: Request) -> Response:
        key = request.headers.get("X-Key", "")
        return Response(json.dumps({"n": key, "id": key, key: key}), content_type="application/json")

    with serving(make_server("127.0.0.1", 0, application, threaded=True)) as url:
        connector = load(tmp_path, content, url, VALUES["header"])
        failures = [
            json.dumps(item.saved()) + item.command("t", url) + repr(item) for item in fuzz(connector, examples=10)
        ]
    assert failures
    assert SECRET not in "".join(failures)
