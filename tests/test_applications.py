"""Applications of WSGI and ASGI that are called in this process, and fuzzed there; reports of fuzzing."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import fastapi
import flask
import pytest
from starlette.responses import PlainTextResponse
from werkzeug.wrappers import Request as WerkzeugRequest
from werkzeug.wrappers import Response as WerkzeugResponse

import openconnectors
from openconnectors.engine.call.sample_connection import sample_values
from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.http import Request, Response
from openconnectors.engine.traffic import har
from openconnectors.engine.transports.applications import kind_of, transport_to
from openconnectors.loading import service_named
from openconnectors.testing import ApplicationFails, app_transport, fuzz_app
from tests import desk, pets
from tests.conftest import command


def _flask() -> flask.Flask:
    application = flask.Flask("echo")

    @application.route("/<path:path>", methods=["GET", "POST", "HEAD"])
    def echo(path: str) -> Any:
        if path == "fails":
            raise RuntimeError("no")
        request = flask.request
        seen = [request.method, path, request.query_string.decode(), request.get_data().decode()]
        return flask.jsonify([*seen, request.headers.get("X-A"), request.host]), 201, {"X-B": "ü"}

    return application


def _fastapi() -> fastapi.FastAPI:
    begun: list[str] = []

    @asynccontextmanager
    async def lifespan(application: fastapi.FastAPI) -> Any:
        begun.append("begun")
        yield
        begun.append("ended")

    application = fastapi.FastAPI(lifespan=lifespan)
    application.state.begun = begun

    @application.api_route("/{path:path}", methods=["GET", "POST", "HEAD"], status_code=201)
    async def echo(path: str, request: fastapi.Request, response: fastapi.Response) -> Any:
        if path == "fails":
            raise RuntimeError("no")
        if path == "late":
            await asyncio.sleep(30)
        response.headers["X-B"] = "ü"
        body = (await request.body()).decode()
        return [request.method, path, request.url.query, body, request.headers.get("X-A"), request.url.netloc]

    return application


BOTH = pytest.mark.parametrize("make", [_flask, _fastapi], ids=["wsgi", "asgi"])


@pytest.fixture
def transport(make: Callable[[], Any]) -> Iterator[Any]:
    carrying = transport_to(make)
    yield carrying
    carrying.close()


def _send(transport: Any, path: str, method: str = "POST", timeout: float = 20.0) -> Response:
    body = b"body" if method == "POST" else None
    request = Request(method, f"http://localhost:81/{path}", {"X-A": "a"}, body, timeout=timeout)
    response: Response = transport.send(request)
    return response


@BOTH
def test_an_application_sees_the_request_and_its_response_is_read(transport: Any) -> None:
    """Method, decoded path, query, body and header fields arrive; status, fields and body come back."""
    response = _send(transport, "a%20%C3%BC/b?c=%20d")
    assert (response.status, response.headers["X-B"]) == (201, "ü")
    assert json.loads(response.body) == ["POST", "a ü/b", "c=%20d", "body", "a", "localhost:81"]


@BOTH
def test_what_an_application_raises_is_a_500(transport: Any) -> None:
    """An exception of the application is the response that a server makes of it."""
    assert _send(transport, "fails").status == 500


@BOTH
def test_a_response_to_head_has_no_body(transport: Any) -> None:
    """HEAD is carried as it is."""
    assert _send(transport, "a", "HEAD").status == 201


@pytest.mark.parametrize(
    ("method", "length", "is_read"), [("GET", "2", True), ("GET", "1", False), ("HEAD", "9", True)]
)
def test_the_content_length_of_a_response_is_that_of_its_body(method: str, length: str, is_read: bool) -> None:
    """A response with another Content-Length cannot be read, as over a connection; that of HEAD is of the GET."""

    def application(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Length", length)])
        return [b"" if method == "HEAD" else b"ok"]

    transport = transport_to(application)
    request = Request(method, "http://localhost/", {})
    if is_read:
        assert transport.send(request).status == 200
    else:
        with pytest.raises(openconnectors.InvalidResponse, match="Content-Length is 1, the body has 2 bytes"):
            transport.send(request)


def test_an_application_that_raises_outside_of_its_framework_is_a_500() -> None:
    """What no framework catches is caught, and kept."""

    def fails(environ: Any, start_response: Any) -> Any:
        raise RuntimeError("no")

    transport = transport_to(fails)
    assert (_send(transport, "a").status, str(transport.raised)) == (500, "no")


@pytest.mark.parametrize("make", [_fastapi], ids=["asgi"])
def test_a_late_application_is_a_timeout(transport: Any) -> None:
    """A response that does not come in the time of a call is an error of it."""
    with pytest.raises(openconnectors.Timeout):
        _send(transport, "late", "GET", timeout=0.05)


def test_the_lifespan_is_that_of_the_transport() -> None:
    """The lifespan of an ASGI application begins with its transport and ends with it."""
    application = _fastapi()
    transport = transport_to(application)
    assert application.state.begun == ["begun"]
    transport.close()
    assert application.state.begun == ["begun", "ended"]


def test_an_asgi_application_without_a_lifespan_is_called() -> None:
    """An application that refuses the scope of a lifespan has none."""

    async def plain(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        await PlainTextResponse("here")(scope, receive, send)

    transport = transport_to(plain)
    assert _send(transport, "a").body == b"here"
    transport.close()


@WerkzeugRequest.application
def decorated(request: WerkzeugRequest) -> WerkzeugResponse:
    """An application whose wrapper hides what it takes."""
    return WerkzeugResponse("here")


class _Called:
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Do nothing."""


@pytest.mark.parametrize(
    ("application", "kind"),
    [
        (_flask, "factory"), (_flask(), "wsgi"), (_fastapi(), "asgi"), (decorated, "wsgi"), (_Called(), "asgi"),
        (_Called, "factory"), (lambda environ, start: [], "wsgi"), (lambda scope, receive, send: None, "asgi"),
        (lambda name="a": None, "factory"), (3, ""),
    ],
)  # fmt: skip
def test_what_an_application_is_shows_in_what_it_takes(application: Any, kind: str) -> None:
    """WSGI, ASGI and functions that make an application are told apart."""
    assert kind_of(application) == kind


@pytest.mark.parametrize("wrong", [3, lambda: 3, lambda: 1 / 0])
def test_what_is_no_application_is_refused(wrong: Any) -> None:
    """Anything else is a TypeError."""
    with pytest.raises(TypeError, match="application"):
        transport_to(wrong)


# Fuzzing


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("desk") / "desk.openapi.json"
    path.write_text(json.dumps(desk.DOCUMENT))
    return path


def test_an_application_is_fuzzed_in_a_test(document: Path) -> None:
    """fuzz_app raises nothing for an application that is right; else an error that shows each failure with its
    Python, which repeats it."""
    fuzz_app(desk.Desk(), document, operations=["get_settings", "set_settings"], examples=5)
    application = desk.Desk("settings are not stored")
    with pytest.raises(ApplicationFails) as raised:
        fuzz_app(application, document, operations=["get_settings", "set_settings"], examples=5)
    (failure,) = raised.value.failures
    assert (failure.check, failure.name) == ("replaced", "get_settings")
    assert "1 failure:\n\nreplaced: get_settings: after the item was replaced language is" in str(raised.value)
    code = "\n".join(line[2:] for line in str(raised.value).splitlines()[3:])
    exec(code, {"app": application, "openconnectors": openconnectors})


def _pets(bug: pets.Bug, tmp_path: Path, **options: Any) -> None:
    application = pets.application(bug)
    path = tmp_path / "pets.openapi.json"
    path.write_text(json.dumps(application.openapi()))
    fuzz_app(application, path, illegal=False, **options)


def test_a_document_that_a_framework_makes_is_fuzzed(tmp_path: Path) -> None:
    """An application of FastAPI that is right has no failures by its own document of OpenAPI 3.1: alternatives,
    members that may be null, things that refer to others."""
    _pets("", tmp_path, examples=3)


@pytest.mark.parametrize(
    ("bug", "checks"),
    [
        ("owners stay", {"deleted"}),
        pytest.param("pages begin one late", {"total", "pages"}, marks=pytest.mark.long),
        pytest.param("a change is lost", {"updated"}, marks=pytest.mark.long),
        pytest.param("names are not looked at", {"filter"}, marks=pytest.mark.long),
    ],
)
def test_a_fault_of_a_framework_s_application_is_found(bug: pets.Bug, checks: set[str], tmp_path: Path) -> None:
    """A fault of state in an application of FastAPI is reported."""
    with pytest.raises(ApplicationFails) as raised:
        _pets(bug, tmp_path, examples=1)
    assert {failure.check for failure in raised.value.failures} & checks


def test_a_connector_calls_an_application(document: Path) -> None:
    """app_transport is an option of load_file."""
    with openconnectors.load_file(
        document, base_url="http://localhost", transport=app_transport(desk.Desk), connection={}
    ) as service:
        assert service.get_settings() == {"language": "en", "signature": "Yours"}


APPLICATION = """
from tests.desk import Desk

def make():
    return Desk("settings are not stored")

class inner:
    app = make()
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a module that has an application."""
    (tmp_path / "fuzzed_app.py").write_text(APPLICATION)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "fuzzed_app", raising=False)
    return tmp_path


def _fuzz(document: Path, *options: str) -> tuple[int, str, str]:
    """What connectors fuzz does in the working directory."""
    return command("fuzz", str(document), *options, cwd=Path.cwd())


SOME = ("--operation", "get_settings", "--operation", "set_settings", "--max-examples", "5", "--no-answers")


@pytest.mark.parametrize("name", ["fuzzed_app:make", "fuzzed_app:make()", "fuzzed_app:inner.app"])
def test_the_command_fuzzes_an_application(name: str, folder: Path, document: Path) -> None:
    """connectors fuzz --app calls an application of a module in the working directory, or what a function makes."""
    code, out, err = _fuzz(document, "--app", name, *SOME)
    assert (code, err.splitlines()[-1]) == (1, "1 failure in 2 operations")
    assert "replaced: get_settings: after the item was replaced" in out
    assert "from fuzzed_app import" in out


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("fuzzed_app", "is not MODULE:NAME"),
        ("no_such_module:app", "there is no module 'no_such_module'"),
        ("fuzzed_app:mak", "did you mean 'make'?"),
        ("fuzzed_app:APP", "there is no application 'APP'"),
        ("json:__name__", "not an application"),
    ],
)
def test_an_application_that_is_not_there_is_said(name: str, message: str, folder: Path, document: Path) -> None:
    """A wrong --app exits with 2 and says what is wrong."""
    code, _, err = _fuzz(document, "--app", name)
    assert (code, message in re.sub(r"\s+", " ", err)) == (2, True), err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--app", "a:b", "--url", "http://127.0.0.1:9"), "two places to call"),
        (("--report", "junit"), "belong together"),
        (("--output", "a.xml"), "belong together"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options: tuple[str, ...], message: str, document: Path) -> None:
    """--url and --app, and --report without --output, are wrong usage."""
    code, _, err = _fuzz(document, *options)
    assert (code, message in err) == (2, True), err


# Reports


def test_reports_are_for_other_programs(folder: Path, document: Path) -> None:
    """JUnit has a case for each check of each operation and resource, with the reproduction; HAR every exchange; JSON
    what --replay reads."""
    arguments = ("--app", "fuzzed_app:make", *SOME)
    assert _fuzz(document, *arguments, "--report", "junit", "--output", "out.xml")[0] == 1
    suite = ElementTree.parse("out.xml").getroot()  # noqa: S314 - it was written here
    cases = {(case.get("classname", ""), case.get("name", "")): case for case in suite}
    assert (suite.get("failures"), suite.get("tests")) == ("1", str(len(cases)))
    name = str(document)
    assert cases[f"{name}.get_settings", "schema"].find("failure") is None
    failure = cases[f"{name} /settings", "replaced"].find("failure")
    assert failure is not None
    assert "service.set_settings.response(" in (failure.text or "")

    assert _fuzz(document, *arguments, "--report", "har", "--output", "out.har")[0] == 1
    exchanges = har.read(Path("out.har")).exchanges
    assert {exchange.method for exchange in exchanges} >= {"GET", "PUT"}
    assert {exchange.origin for exchange in exchanges} == {("http", "localhost", 80)}

    assert _fuzz(document, *arguments, "--report", "json", "--output", "out.json")[0] == 1
    report = json.loads(Path("out.json").read_text())
    assert report["requests"] > 10
    assert [failure["check"] for failure in report["failures"]] == ["replaced"]
    again = _fuzz(document, "--app", "fuzzed_app:make", "--replay", "out.json")
    assert (again[0], again[2].splitlines()[-1].startswith("1 failure ")) == (1, True)


SECURE = {
    "openapi": "3.0.3",
    "info": {"title": "Secure", "version": "1"},
    "servers": [{"url": "http://localhost"}],
    "security": [{"key": []}],
    "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "query", "name": "pass"}}},
    "paths": {"/it": {"get": {"operationId": "getIt", "responses": {"200": {"description": "ok"}}}}},
}  # fmt: skip


def test_a_report_holds_no_credential(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key of a connection, and where a service repeats it, is masked in an HTTP archive."""
    path = tmp_path / "secure.json"
    path.write_text(json.dumps(SECURE))
    (tmp_path / "keyed_app.py").write_text(
        "def app(environ, start_response):\n"
        "    start_response('200 OK', [('X-Seen', environ['QUERY_STRING'])])\n"
        "    return [b'']\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    report = ("--report", "har", "--output", "o.har")
    code, _, err = _fuzz(path, "--app", "keyed_app:app", "--no-answers", "--max-examples", "3", *report)
    assert code == 1, err
    text = Path("o.har").read_text()
    (value,) = sample_values(service_named(str(path))[1]).values()
    assert '"url": "http://localhost/it' in text
    assert value not in text


def test_a_module_that_fails_to_import_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, document: Path) -> None:
    """An error of the module is shown without its traceback."""
    (tmp_path / "broken_app.py").write_text("1 / 0\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    code, _, err = _fuzz(document, "--app", "broken_app:app")
    assert (code, "ZeroDivisionError" in err, "Traceback" in err) == (2, True, False), err


def test_errors_of_applications_are_connector_errors() -> None:
    """An application that begins no response is an error of the call."""
    with pytest.raises(ConnectorError):
        _send(transport_to(lambda environ, start_response: []), "a")
