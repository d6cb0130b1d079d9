"""The golden cases (``tests/golden``, its README says how they are written), each in both directions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Request as Asked
from werkzeug.wrappers import Response as Answered

import openconnectors
from openconnectors.engine import leniency
from openconnectors.engine.client.connector import Connector
from openconnectors.engine.documents import document, loader
from openconnectors.engine.errors import Path as Steps
from openconnectors.engine.errors import Problem
from openconnectors.engine.http import Headers, Request, Response
from openconnectors.engine.model import Service
from openconnectors.engine.plan.options import Options
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.sandbox.requests import read_arguments, read_body
from openconnectors.engine.sandbox.responses import write_body
from openconnectors.engine.sandbox.routing import routes
from openconnectors.engine.streams import Content
from openconnectors.engine.values.body import Body, Compiler
from tests.conftest import serving
from tests.golden.notation import compared, content, notation, python
from tests.ways import WAYS

FOLDER = Path(__file__).with_name("golden")
BASE = "https://service.example"
MEDIA = {
    "json": "application/json",
    "xml": "application/xml",
    "text": "text/plain",
    "form": "application/x-www-form-urlencoded",
    "multipart": "multipart/form-data",
}
QUICK = ("plain", "asyncio")
"""The ways of conversations in the fast run."""
LENIENT, STRICT = Options(), Options(validate_responses="strict")


@dataclass(frozen=True)
class Suite:
    """One file of cases."""

    path: Path

    @cached_property
    def raw(self) -> dict[str, Any]:
        root = document.read(self.path).root
        assert isinstance(root, dict)
        return root

    @property
    def cases(self) -> list[dict[str, Any]]:
        return self.raw["cases"]

    def written(self, **more: Any) -> dict[str, Any]:
        """The document, whole."""
        root = {"swagger": "2.0", "info": {"title": "Golden", "version": "1"}, "host": "service.example", "paths": {}}
        return {**root, "schemes": ["https"], **self.raw.get("document", {}), **more}

    @cached_property
    def service(self) -> Service:
        return _service(self.written())

    @cached_property
    def connector(self) -> Connector:
        return self.at(None)

    def at(self, base_url: str | None) -> Connector:
        path = self.path.with_suffix(".json")
        values = self.raw.get("connection", {})
        file = _FOLDERS[0] / path.name
        if not file.exists():
            file.write_text(json.dumps(self.written()), "utf-8")
        return openconnectors.load_file(file, base_url=base_url, connection=values, interval=0.01)


_FOLDERS: list[Path] = []


@pytest.fixture(scope="module", autouse=True)
def _folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    _FOLDERS[:] = [tmp_path_factory.mktemp("golden")]


def _service(written: Mapping[str, Any]) -> Service:
    return loader.service_of(document.parse(json.dumps(written), "golden.json"))


@cache
def suites() -> dict[str, Suite]:
    return {path.stem: Suite(path) for path in sorted(FOLDER.glob("*.yaml"))}


def cases(*members: str) -> list[Any]:
    """The cases that have all of these members, by file and fact."""
    return [
        pytest.param(suite, case, id=f"{name}: {case['fact']}")
        for name, suite in suites().items()
        for case in suite.cases
        if set(members) <= case.keys()
    ]


def test_every_case_is_one_of_a_kind_and_has_a_fact_of_its_own() -> None:
    """Every golden case has a fact unlike the others of its file, and a kind that a test reads."""
    for suite in suites().values():
        facts = [case["fact"] for case in suite.cases]
        assert len(facts) == len(set(facts)), suite.path
        for case in suite.cases:
            kinds = [kind for kind in ("schema", "exchanges", "answer") if kind in case]
            assert kinds or "request" in case or "refused" in case, case["fact"]


# Values


def plan_of(suite: Suite, schema: Any, media_type: str) -> Plan:
    """An operation that takes and gives the schema in one media type."""
    operation = {
        "operationId": "Put",
        "consumes": [media_type],
        "produces": [media_type],
        "parameters": [{"name": "value", "in": "body", "required": True, "schema": schema}],
        "responses": {"200": {"description": "The value", "schema": schema}},
    }
    service = _service(suite.written(paths={"/value": {"put": operation}}))
    return Plan(Compiler(service), service.operations["Put"])


def form_of(representation: str, text: str) -> tuple[str, bytes]:
    """Content-Type and octets of a value as a case writes them."""
    media_type = MEDIA[representation]
    if representation == "multipart":
        return f"{media_type}; boundary=boundary", text.replace("\n", "\r\n").encode("utf-8")
    return media_type, text.encode("utf-8")


def whole(body: bytes | Content | None) -> bytes:
    return b"" if body is None else body if isinstance(body, bytes) else b"".join(body)


def answered(plan: Plan, content_type: str, data: bytes) -> Response:
    return plan.read(Response(200, Headers([("Content-Type", content_type)]), data), "lenient")


def body_of(plan: Plan, media_type: str) -> Body:
    body = plan.bodies.request(media_type)
    assert body is not None
    return body


@pytest.mark.parametrize(("suite", "case"), cases("schema"))
def test_a_value(suite: Suite, case: dict[str, Any]) -> None:
    """A value is written and read as the case's bytes, by the client and by the service."""
    for representation in MEDIA.keys() & case.keys():
        plan = plan_of(suite, case["schema"], MEDIA[representation])
        media_type, data = form_of(representation, case[representation])
        value = python(case["value"])
        # a client writes it
        request = plan.request({"value": value}, BASE, LENIENT)
        assert compared(whole(request.body), request.headers["Content-Type"]) == compared(data, media_type)
        # a service reads it
        contract = read_body(plan, media_type, data)
        body, problems = body_of(plan, MEDIA[representation]), []
        assert notation(body.parse(contract, problems)) == notation(value)
        assert problems == []
        # a service writes it
        answer = plan.operation.responses["200"]
        answer_body = plan.bodies.response(answer, MEDIA[representation])
        assert answer_body is not None
        written = write_body(plan, answer, MEDIA[representation], answer_body.serialize(value, problems))
        assert written is not None
        assert compared(whole(written[1]), written[0]) == compared(data, media_type)
        # a client reads it
        for received in (
            data,
            *(form_of(representation, text)[1] for text in case.get("also", {}).get(representation, ())),
        ):
            response = answered(plan, media_type, received)
            assert notation(response.value) == notation(value)
            assert response.deviations == ()


@pytest.mark.parametrize(("suite", "case"), cases("schema", "invalid"))
def test_bytes_that_are_not_a_value(suite: Suite, case: dict[str, Any]) -> None:
    """Bytes that are not a value of the schema are refused in both directions."""
    for representation, texts in case["invalid"].items():
        plan = plan_of(suite, case["schema"], MEDIA[representation])
        for text in texts:
            media_type, data = form_of(representation, text)
            with pytest.raises(openconnectors.InvalidResponse):
                answered(plan, media_type, data)
            try:
                value = read_body(plan, media_type, data)
            except ValueError:
                continue
            assert body_of(plan, MEDIA[representation]).validate(value)  # of another type


@pytest.mark.parametrize(("suite", "case"), cases("deviates"))
def test_bytes_that_break_their_schema(suite: Suite, case: dict[str, Any]) -> None:
    """Bytes that break the schema are read, with a deviation at each place."""
    for representation, ones in case["deviates"].items():
        plan = plan_of(suite, case["schema"], MEDIA[representation])
        for deviating in ones:
            media_type, data = form_of(representation, deviating["octets"])
            response = answered(plan, media_type, data)
            assert notation(response.value) == notation(python(deviating["value"]))
            assert paths(response.deviations) == deviating["at"]


@pytest.mark.parametrize(("suite", "case"), cases("unwritable"))
def test_values_that_a_representation_cannot_hold(suite: Suite, case: dict[str, Any]) -> None:
    """A value that a representation cannot hold is refused as an argument."""
    for unwritable in case["unwritable"]:
        for representation in unwritable["in"]:
            plan = plan_of(suite, case["schema"], MEDIA[representation])
            with pytest.raises(openconnectors.InvalidArguments):
                plan.request({"value": python(unwritable["value"])}, BASE, LENIENT)


def paths(problems: Any) -> list[str]:
    return sorted({dotted(problem.path) for problem in problems})


def dotted(steps: Steps) -> str:
    return ".".join(str(step) for step in steps)


# Requests


def request_of(connector: Connector, case: Mapping[str, Any]) -> Request:
    operation = connector[case["operation"]].using(**case.get("options", {}))
    return operation.request(**python(case.get("arguments", {})))


@pytest.mark.parametrize(("suite", "case"), cases("request"))
def test_a_request(suite: Suite, case: dict[str, Any]) -> None:
    """Arguments make the case's request, and the sandbox reads the same arguments out of it."""
    request, expected = request_of(suite.connector, case), case["request"]
    body = whole(request.body)
    base = suite.connector.connection.base
    url = request.url if "://" in expected["url"] else request.url.removeprefix(base)
    assert (request.method, url) == (expected["method"], expected["url"])
    for name, text in expected.get("headers", {}).items():
        came = request.headers.get(name)
        assert (came and came.partition("boundary=")[0]) == (text and text.partition("boundary=")[0]), name
    content_type = request.headers.get("Content-Type", "")
    wanted = content(expected)
    if "multipart" in content_type:
        wanted = wanted.replace(b"\n", b"\r\n")
    assert compared(body, content_type) == compared(
        wanted, expected.get("headers", {}).get("Content-Type", content_type)
    )
    if case.get("read", {}) is not None:
        wanted_back = case.get("read", case.get("arguments", {}))
        assert notation(read_back(suite, request, url, body)) == notation(wanted_back)


def read_back(suite: Suite, request: Request, url: str, body: bytes) -> dict[str, Any]:
    """What a service reads of a request, by wire name."""
    parts = urlsplit(url)
    matches = [
        (route, route.match(parts.path, parts.query)) for route in _routes(suite) if route.method == request.method
    ]
    route, values = next((route, values) for route, values in matches if values is not None)
    arguments = read_arguments(route.plan, values, parts.query, request.headers)
    declared = route.plan.operation.request_body
    if declared is not None and "Content-Type" in request.headers:
        content = read_body(route.plan, request.headers["Content-Type"], body)
        in_parts = declared.fields
        arguments |= content if in_parts else {declared.name: content}
    return {unquote(name): value for name, value in arguments.items()}


def _routes(suite: Suite) -> Any:
    return routes(Compiler(suite.service))


@pytest.mark.parametrize(("suite", "case"), cases("refused"))
def test_a_request_that_is_refused(suite: Suite, case: dict[str, Any]) -> None:
    """Wrong arguments are refused, with a problem at each place and no other."""
    with pytest.raises(openconnectors.InvalidArguments) as refused:
        request_of(suite.connector, case)
    assert paths(refused.value.problems) == sorted(case["refused"])


# Answers


@pytest.mark.parametrize(("suite", "case"), cases("answer"))
def test_an_answer(suite: Suite, case: dict[str, Any]) -> None:
    """A response gives the case's value, deviations and error, and its value is written as the same bytes."""
    plan = Plan(Compiler(suite.service), suite.service.operations[case["operation"]])
    answer = case["answer"]
    headers = Headers((name, str(text)) for name, text in answer.get("headers", {}).items())
    response = Response(answer.get("status", 200), headers, content(answer))
    if "error" in case:
        with pytest.raises(openconnectors.AnswerError) as error:
            plan.read(response, "strict")
        came = {"value": error.value.value, "code": error.value.code, "message": error.value.message}
        assert notation({name: came[name] for name in case["error"]}) == notation(python(case["error"]))
        assert error.value.status == response.status
        return
    if case.get("invalid"):
        with pytest.raises(openconnectors.InvalidResponse):
            plan.read(response, "lenient")
        return
    read = plan.read(response, "lenient")
    assert notation(read.value) == notation(python(case["value"]))
    assert paths(read.deviations) == sorted(case.get("deviations", []))
    if "fields" in case:
        assert notation(read.fields) == notation(python(case["fields"]))
    if leniency.refused(read.deviations, "strict"):
        with pytest.raises(openconnectors.InvalidResponse):
            plan.read(response, "strict")
    if not case.get("one_way") and not read.deviations and response.body:
        problems: list[Problem] = []
        declared = plan.declared_response(response.status)
        content_type = response.headers["Content-Type"]
        body = plan.bodies.response(declared, content_type)
        assert body is not None
        back = write_body(plan, declared, content_type, body.serialize(read.value, problems))
        assert back is not None
        assert compared(whole(back[1]), back[0]) == compared(response.body, content_type)


# Conversations


class Script:
    """A server on loopback that answers as a case says, and notes what differs from what should come."""

    def __init__(self, exchanges: list[dict[str, Any]]) -> None:
        self.left = list(exchanges)
        self.wrong: list[str] = []
        self.url = ""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Asked(environ)
        if not self.left:
            self.wrong.append(f"a request too many: {request.method} {request.full_path}")
            return Answered("", 500)(environ, start_response)
        exchange = self.left.pop(0)
        expected, answer = exchange["request"], exchange["answer"]
        came = {"method": request.method, "url": environ["RAW_URI"], "body": request.get_data(as_text=True)}
        came["headers"] = {name: request.headers.get(name) for name in expected.get("headers", {})}
        for name, value in expected.items():
            if came[name] != value:
                self.wrong.append(f"{name} is {came[name]!r}, not {value!r}")
        headers = {name: str(text).replace("${url}", self.url) for name, text in answer.get("headers", {}).items()}
        body = content(answer).replace(b"${url}", self.url.encode("ascii"))
        return Answered(body, answer.get("status", 200), headers=headers, content_type=headers.get("Content-Type", ""))(
            environ, start_response
        )


@pytest.mark.parametrize(
    "way", [name if name in QUICK else pytest.param(name, marks=pytest.mark.long) for name in WAYS]
)
@pytest.mark.parametrize(("suite", "case"), cases("exchanges"))
def test_a_conversation(suite: Suite, case: dict[str, Any], way: str) -> None:
    """A call sends the case's requests in order and returns its value or raises its error, whatever way it goes."""
    script = Script(case["exchanges"])
    how = case.get("how", "call")
    with serving(make_server("127.0.0.1", 0, script, threaded=True)) as url, WAYS[way]():
        script.url = url
        connector = suite.at(url)
        operation = connector[case["operation"]].using(**case.get("options", {}))
        arguments = python(case.get("arguments", {}))
        call = operation if how == "call" else getattr(operation, how)
        came: Any = None
        raised = ""
        try:
            returned = call(**arguments)
            came = returned if how in ("call", "wait") else list(returned)
        except openconnectors.ConnectorError as error:
            raised = type(error).__name__
        connector.close()
    assert script.wrong == []
    assert script.left == []
    assert raised == case.get("raises", "")
    assert notation(came) == notation(python(case.get("value")))
