"""AWS Signature Version 4: what arrives is signed as ``botocore``, Amazon's own signer, signs it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

import pytest
import requests
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

import openconnectors
from openconnectors.engine.auth.aws4 import canonical_path, canonical_query
from openconnectors.engine.client.connector import Connector
from openconnectors.engine.documents import loader
from openconnectors.engine.sandbox import Sandbox
from tests.conftest import serving

VALUES = {
    "aws_access_key_id": "AKIDEXAMPLE",
    "aws_secret_access_key": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    "aws_region": "eu-west-1",
}


class Service:
    """A server that keeps what arrives. ``responses`` are given first, one a request."""

    def __init__(self) -> None:
        self.arrived: list[tuple[str, str, dict[str, str], bytes]] = []
        self.responses: list[Response] = []
        self.url = ""

    def application(self, request: Request) -> Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.arrived.append((request.method, request.environ["RAW_URI"], headers, request.get_data()))
        return self.responses.pop(0) if self.responses else Response("{}", content_type="application/json")

    def is_signed(self, service: str = "execute-api", token: str | None = None) -> bool:
        """Whether every request that arrived has the signature that botocore gives it."""
        return bool(self.arrived) and all(
            headers["authorization"] == self.authorization(method, target, headers, body, service, token)
            for method, target, headers, body in self.arrived
        )

    def authorization(
        self, method: str, target: str, headers: dict[str, str], body: bytes, service: str, token: str | None
    ) -> str:
        """The header field by botocore, for the header fields that the client says it signed."""
        names = headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
        path, _, query = target.partition("?")
        pairs = parse_qsl(query, keep_blank_values=True)
        encoded = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
        url = f"{self.url}{path}" + (f"?{encoded}" if query else "")
        request = AWSRequest(method, url, {name: headers[name] for name in names}, body)
        request.context["timestamp"] = headers["x-amz-date"]
        credentials = Credentials(VALUES["aws_access_key_id"], VALUES["aws_secret_access_key"], token)
        kind = S3SigV4Auth if service == "s3" else SigV4Auth
        signer = kind(credentials, service, VALUES["aws_region"])
        signature = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
        scope = f"{VALUES['aws_access_key_id']}/{signer.credential_scope(request)}"
        return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={';'.join(names)}, Signature={signature}"


@pytest.fixture
def service() -> Iterator[Service]:
    running = Service()
    with serving(make_server("127.0.0.1", 0, Request.application(running.application), threaded=True)) as url:
        running.url = url
        yield running


def written(folder: Path, service: str) -> Path:
    """A document whose operations are signed for a service."""
    path = folder / "a.swagger.json"
    responses = {"200": {"description": "ok"}}
    names = [("id", "path"), ("q", "query"), ("list", "query"), ("Range", "header"), ("X-Amz-Meta", "header")]
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": place, "type": "string", "required": place == "path"} for name, place in names
    ]
    parameters[2] |= {"type": "array", "items": {"type": "string"}, "collectionFormat": "multi"}
    scheme = {"type": "apiKey", "in": "header", "name": "Authorization"}
    content = {
        "swagger": "2.0",
        "info": {"title": "A", "version": "1"},
        "host": "h.example",
        "schemes": ["https"],
        "securityDefinitions": {"s": {**scheme, "x-connector-scheme": {"type": "aws4", "service": service}}},
        "security": [{"s": []}],
        "paths": {
            "/things/{id}": {
                "get": {"operationId": "Get", "parameters": parameters, "responses": responses},
                "put": {
                    "operationId": "Put",
                    "consumes": ["application/octet-stream"],
                    "parameters": [
                        parameters[0],
                        {"name": "data", "in": "body", "schema": {"type": "string", "format": "binary"}},
                    ],
                    "responses": responses,
                },
                "post": {
                    "operationId": "Post",
                    "consumes": ["application/json", "application/x-www-form-urlencoded"],
                    "parameters": [parameters[0], {"name": "value", "in": "body", "schema": {"type": "object"}}],
                    "responses": responses,
                },
            }
        },
    }
    path.write_text(json.dumps(content))
    return path


@pytest.fixture
def load(service: Service, tmp_path: Path) -> Callable[..., Connector]:
    def loaded(name: str = "execute-api", **more: str) -> Connector:
        return openconnectors.load_file(written(tmp_path, name), base_url=service.url, connection={**VALUES, **more})

    return loaded


IDS = ["a", "a b", "é/ü", "a+b", "50%", "~x._-", "a:b@c", "日本", "a//b"]
QUERIES: list[dict[str, Any]] = [
    {},
    {"q": "x y"},
    {"q": "a=b&c"},
    {"q": ""},
    {"q": "é,:;/?$'()*!~"},
    {"list": ["b", "a", "B", ""], "q": "1+1"},
]


@pytest.mark.parametrize("name", ["execute-api", "s3"])
@pytest.mark.parametrize("thing", IDS)
def test_paths_are_signed(service: Service, load: Callable[..., Connector], name: str, thing: str) -> None:
    """The canonical path: of S3 as it is sent, of others encoded twice."""
    load(name).get(id=thing)

    assert service.is_signed(name)


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_queries_are_signed(service: Service, load: Callable[..., Connector], query: dict[str, Any]) -> None:
    """The canonical query: sorted, encoded strictly, empty values kept."""
    load().get(id="1", **query)

    assert service.is_signed()


@pytest.mark.parametrize("name", ["execute-api", "s3"])
def test_bodies_and_fields_are_signed(
    service: Service, load: Callable[..., Connector], name: str, tmp_path: Path
) -> None:
    """JSON, a form, bytes and a file are hashed; Range, Content-Type and x-amz- fields are signed."""
    path = tmp_path / "file"
    path.write_bytes(b"x" * 200_000)
    connector = load(name)
    connector.post(id="1", value={"a": ["é", 1]})
    connector.post.using(content_type="application/x-www-form-urlencoded")(id="1", value={"a": "b c"})
    connector.put(id="1", data=b"\x00\xff")
    connector.put(id="1", data=path)
    connector.get(id="1", range="bytes=0-9", x_amz_meta="  a   b ".strip())

    assert service.is_signed(name)
    assert len(service.arrived) == 5
    assert "range;" in service.arrived[-1][2]["authorization"]


def test_a_session_token_is_sent_and_signed(service: Service, load: Callable[..., Connector]) -> None:
    """Temporary credentials have a token, which is a signed header field."""
    load(aws_session_token="of a session").get(id="1")

    assert service.arrived[0][2]["x-amz-security-token"] == "of a session"
    assert service.is_signed(token="of a session")


def test_a_body_that_is_read_once_is_left_unsigned_where_that_is_allowed(
    service: Service, load: Callable[..., Connector]
) -> None:
    """S3 takes UNSIGNED-PAYLOAD; other services do not, so nothing is sent to them."""
    load("s3").put(id="1", data=iter([b"once"]))
    assert service.arrived[0][2]["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD"
    assert service.is_signed("s3")

    with pytest.raises(openconnectors.Unsupported, match="read only once"):
        load("execute-api").put(id="1", data=iter([b"once"]))
    assert len(service.arrived) == 1


def test_what_is_sent_again_is_signed_anew(service: Service, load: Callable[..., Connector]) -> None:
    """A retry and a redirect each have the signature of what really goes out."""
    redirect = Response(status=307, headers={"Location": "/things/other?x=1"})
    service.responses = [Response(status=503, headers={"Retry-After": "1"}), redirect]
    load().get(id="1")

    assert [target for _, target, _, _ in service.arrived] == ["/things/1", "/things/1", "/things/other?x=1"]
    assert len({headers["x-amz-date"] for _, _, headers, _ in service.arrived}) > 1
    assert service.is_signed()


def test_the_examples_of_the_documentation() -> None:
    """Paths and queries of Amazon's own test suite (aws-sig-v4-test-suite)."""
    paths = {"": "/", "/": "/", "//": "/", "/example/..": "/", "/./": "/", "//example//": "/example/", "/./x": "/x"}
    assert {path: canonical_path(path, "service") for path in paths} == paths
    assert canonical_path("/%20/foo", "service") == "/%2520/foo"
    assert canonical_path("/a%20b//c", "s3") == "/a%20b//c"
    assert canonical_query("Param2=value2&Param1=value1") == "Param1=value1&Param2=value2"
    assert canonical_query("b=&a=2&a=1&%E1%88%B4=bar") == "%E1%88%B4=bar&a=1&a=2&b="


@pytest.mark.parametrize("name", ["execute-api", "s3"])
def test_the_sandbox_checks_signatures(tmp_path: Path, name: str) -> None:
    """The sandbox of such a document admits our client and botocore's signer; another key or an altered body not."""
    path = written(tmp_path, name)
    with Sandbox(loader.load(path)) as sandbox:
        values = sandbox.values
        openconnectors.load_file(path, base_url=sandbox.url, connection=values).put(id="a b", data=b"x")
        wrong = {**values, "aws_secret_access_key": "another"}
        stranger = openconnectors.load_file(path, base_url=sandbox.url, connection=wrong)
        with pytest.raises(openconnectors.Unauthorized):
            stranger.get(id="1")
        statuses = [_signed_by_botocore(sandbox, name, body) for body in (b"x", b"y")]

    assert statuses == [200, 401]


def _signed_by_botocore(sandbox: Sandbox, name: str, body: bytes) -> int:
    """The status of a request that botocore has signed with the body ``x``, and that is sent with another."""
    values = sandbox.values
    token = values.get("aws_session_token")
    credentials = Credentials(values["aws_access_key_id"], values["aws_secret_access_key"], token)
    headers = {"Content-Type": "application/octet-stream"}
    request = AWSRequest("PUT", f"{sandbox.url}/things/a%20b", headers, b"x")
    kind = S3SigV4Auth if name == "s3" else SigV4Auth
    kind(credentials, name, values["aws_region"]).add_auth(request)
    return requests.put(unquote(request.url), data=body, headers=dict(request.headers), timeout=10).status_code
