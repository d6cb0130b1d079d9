"""The console, asked by raw HTTP: who is answered, what a form sends, and that no secret leaves."""

from __future__ import annotations

import base64
import json
import re
import shlex
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from lxml.html import document_fromstring

from openconnectors import registry
from openconnectors.cli.arguments import flags_of
from openconnectors.cli.commands.call import RESERVED
from openconnectors.cli.commands.console import command
from openconnectors.console import Console
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.sandbox.server import AddressError
from openconnectors.engine.values.body import Compiler
from openconnectors.loading import service_of
from tests.conftest import ROOT
from tests.pages import texts

SECRET = "sk-live-2f9c0d7e41"  # made up
MESSAGE = {"from": "+15005550006", "to": "+14155552345", "body": "Hé <b>&"}


class Answer(NamedTuple):
    status: int
    headers: HTTPMessage
    text: str

    @property
    def value(self) -> Any:
        return json.loads(self.text)


class Browser:
    """Speaks to a console as a browser that has its cookie, and the token of its pages."""

    def __init__(self, console: Console) -> None:
        self.console = console
        entered = self.ask("GET", console.url.removeprefix(console.origin))
        assert entered.status == 303
        self.cookie = entered.headers["Set-Cookie"].split(";")[0]
        path = entered.headers["Location"]
        page = self.get(path if path != "/" else "/twilio/").text
        (self.token,) = re.findall('console-token" content="([^"]+)"', page)

    def ask(self, method: str, path: str, body: bytes | None = None, **fields: str) -> Answer:
        connection = HTTPConnection("127.0.0.1", self.console.port)
        connection.putrequest(method, path, skip_host="Host" in fields)
        if body is not None:
            fields.setdefault("Content-Length", str(len(body)))
        for name, value in fields.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders(body)
        response = connection.getresponse()
        answer = Answer(response.status, response.headers, response.read().decode("utf-8"))
        connection.close()
        return answer

    def get(self, path: str) -> Answer:
        return self.ask("GET", path, Cookie=self.cookie)

    def post(self, path: str, call: Any, files: tuple[bytes, ...] = (), **fields: str) -> Answer:
        parts = [f'--B\r\nContent-Disposition: form-data; name="call"\r\n\r\n{json.dumps(call)}\r\n'.encode()]
        for index, data in enumerate(files):
            head = f'--B\r\nContent-Disposition: form-data; name="file{index}"; filename="a.bin"\r\n'
            parts.append(f"{head}Content-Type: image/png\r\n\r\n".encode() + data + b"\r\n")
        usual = {
            "Cookie": self.cookie,
            "Origin": self.console.origin,
            "X-Console-Token": self.token,
            "Content-Type": "multipart/form-data; boundary=B",
        }
        sent = {name: value for name, value in {**usual, **fields}.items() if value}
        return self.ask("POST", path, b"".join(parts) + b"--B--\r\n", **sent)


def console_of(*names: str) -> Console:
    return Console([registry.find(name) for name in names], lambda plan: flags_of(plan, RESERVED))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with console_of("twilio", "slack") as console:
        yield Browser(console)


# Who is answered


@pytest.mark.parametrize(
    "host", ["evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.evil.example:{port}", ""]
)
def test_another_host_is_refused(browser: Browser, host: str) -> None:
    """A request for another host is refused, whatever cookie and key it has (DNS rebinding)."""
    path = browser.console.url.removeprefix(browser.console.origin)

    answer = browser.ask("GET", path, Host=host.format(port=browser.console.port), Cookie=browser.cookie)

    assert answer.status == 421
    assert "Set-Cookie" not in answer.headers


def test_it_listens_on_loopback_alone(browser: Browser) -> None:
    """No other address of the machine has the port, not even another one of loopback."""
    with pytest.raises(OSError), socket.create_connection(("127.0.0.2", browser.console.port), 2):  # noqa: PT011
        pass


@pytest.mark.parametrize("path", ["/", "/twilio/", "/assets/console.js", "/twilio/send_message/form", "/?key=wrong"])
def test_without_the_key_nothing_is_shown(browser: Browser, path: str) -> None:
    """Without the cookie of a browser that had the key, nothing is shown, not even a style sheet."""
    assert browser.ask("GET", path).status == 403
    assert browser.ask("GET", path, Cookie=browser.cookie[:-1]).status == 403


def test_the_key_gives_a_cookie_that_scripts_and_sites_do_not_have() -> None:
    """The address with the key gives a cookie that is HttpOnly and SameSite=Strict; that of a browser's start once."""
    with console_of("twilio", "slack") as console:
        browser = Browser(console)
        single = console.single_url().removeprefix(console.origin)
        answers = [browser.ask("GET", single) for _ in range(2)]

        assert [answer.status for answer in answers] == [303, 403]
        assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(answers[0].headers["Set-Cookie"].split("; "))
        assert answers[0].headers["Location"] == "/"
        assert browser.ask("GET", console.url.removeprefix(console.origin)).status == 303


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"X-Console-Token": ""}, 403),
        ({"X-Console-Token": "wrong"}, 403),
        ({"Cookie": ""}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/json"}, 415),
        ({"Content-Length": str(64 * 2**20)}, 413),
    ],
    ids=str,
)
def test_a_call_of_another_page_is_refused(browser: Browser, fields: dict[str, str], status: int) -> None:
    """A call needs the cookie, the console's own origin, its token, its type of body, and a bounded length."""
    call = {"arguments": {"send_message_request": MESSAGE}}

    assert browser.post("/twilio/send_message/call", call, **fields).status == status


def test_a_form_of_another_kind_is_refused(browser: Browser) -> None:
    """A form that the console's page does not send is a bad request: no address can be slipped in."""
    for call in ({"base_url": "http://evil.example"}, [], "x", {"arguments": 1}):
        assert browser.post("/twilio/send_message/call", call).status == 400
    answer = browser.post("/twilio/send_message/call", {"target": "http://evil.example"})
    assert answer.value["error"]["kind"] == "UnknownName"


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../server.py",
        "/assets/..%2fserver.py",
        "/assets/%2e%2e/templates/form.html",
        "/assets/....//form.html",
        "/assets//etc/passwd",
        "/../../../etc/passwd",
        "/..%2f..%2fspec%2ftwilio.swagger.yaml/",
        "/spec%2ftwilio.swagger.yaml/",
        "/telegram/",
        "//evil.example/",
    ],
)
def test_no_path_leaves_the_console(browser: Browser, path: str) -> None:
    """A path is the name of an asset or of a connector of this console, and nothing else."""
    answer = browser.get(path)

    assert answer.status in (404, 308)
    assert "import" not in answer.text
    assert "evil" not in answer.headers.get("Location", "").removeprefix(browser.console.origin).partition("?")[0][:2]


def test_pages_run_nothing_but_the_script_of_the_console(browser: Browser) -> None:
    """A page has no script, style or handler of its own, loads from the console alone, and says so to browsers."""
    for path in ("/", "/twilio/", "/twilio/send_message/form"):
        answer = browser.get(path)
        tree = document_fromstring(answer.text)
        assert [script.get("src", "")[:8] for script in tree.iter("script")] == ["/assets/"] * len(
            list(tree.iter("script"))
        )
        assert not list(tree.iter("style"))
        assert not tree.xpath("//@style | //@*[starts-with(name(), 'on')]")
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_port_that_is_taken_is_an_error(browser: Browser) -> None:
    """A port that another program has is an error that says so."""
    with pytest.raises(AddressError, match=f"port {browser.console.port} of 127.0.0.1 cannot be used"):
        Console([registry.find("twilio")], lambda plan: {}, port=browser.console.port)


# The sandbox


def test_the_value_is_the_same_in_json_and_in_xml(browser: Browser) -> None:
    """The response is shown in JSON and in XML: the XML, read by the document, is the value of the JSON."""
    call = {"arguments": {"send_message_request": MESSAGE}}
    service = service_of(registry.find("twilio"))
    plan = Plan(Compiler(service), service.operations["SendMessage"])
    body = plan.bodies.response(plan.declared_response(201), "application/xml")
    assert body is not None

    for accept in ("application/json", "application/xml"):
        answer = browser.post("/twilio/send_message/call", {**call, "accept": accept}).value
        response = answer["response"]

        assert (response["status"], response["media_type"]) == (201, accept)
        assert json.loads(response["json"])["body"] == MESSAGE["body"]
        assert body.decode(response["xml"].encode(), {}, []) == json.loads(response["json"])
        assert response["deviations"] == []


def test_the_request_is_shown_as_it_is_sent(browser: Browser) -> None:
    """The preview is the request of the call: method, URL, fields and body, its credentials masked."""
    call = {"arguments": {"send_message_request": MESSAGE}}

    preview = browser.post("/twilio/send_message/preview", call).value["request"]
    sent = browser.post("/twilio/send_message/call", call).value["request"]

    assert preview == sent
    assert preview["method"] == "POST"
    assert preview["url"].endswith("/Messages.json")
    assert ["Authorization", "Basic ***"] in preview["headers"]
    assert preview["body"] == "From=%2B15005550006&To=%2B14155552345&Body=H%C3%A9+%3Cb%3E%26"


def test_what_is_wrong_is_named_with_its_field(browser: Browser) -> None:
    """A wrong argument is reported with the path of its field, and nothing is sent."""
    call = {"arguments": {"send_message_request": {"from": "+15005550006", "body": "Hello"}}}

    error = browser.post("/twilio/send_message/call", call).value["error"]

    assert (error["kind"], error["sent"]) == ("InvalidArguments", "no")
    assert [problem["path"] for problem in error["problems"]] == [["send_message_request", "to"]]


def test_an_error_of_the_service_is_readable(browser: Browser) -> None:
    """An error of the service has its status, code and message, and its value in both forms."""
    call = {"arguments": {"send_message_request": {**MESSAGE, "to": "1"}}}

    error = browser.post("/twilio/send_message/call", call).value["error"]

    assert (error["status"], error["code"]) == (400, "21211")
    assert "not a valid phone number" in error["message"]
    assert json.loads(error["json"])["code"] == 21211
    assert "<TwilioResponse>" in error["xml"]


def test_choices_are_those_of_the_service(browser: Browser) -> None:
    """The choices for a field are asked from the service, each with its title."""
    answer = browser.post("/twilio/send_message/choices", {"parameter": "from_"}).value

    assert ["+15005550006", "Support line"] in answer["choices"]


# A service of its own


class Service(ThreadingHTTPServer):
    """Counts what comes in, and repeats what it was sent, credentials too."""

    def __init__(self) -> None:
        service = self
        self.received: list[tuple[str, str, bytes]] = []

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                service.received.append((self.command, self.path, body))
                key = self.headers.get("X-Key") or ""
                echo = {"echo": key, "encoded": base64.b64encode(key.encode()).decode(), "sent": body.decode("latin-1")}
                data = json.dumps(echo).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("X-Echo", key)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = answer

            def log_message(self, format: str, *args: Any) -> None:
                """Print nothing."""

        super().__init__(("127.0.0.1", 0), Handler)


ECHO = {"200": {"description": "<script>alert(1)</script>", "schema": {"type": "object"}}}
ADDRESS = {
    "type": "object",
    "required": ["city"],
    "properties": {
        "city": {"type": "string"},
        "floor": {"type": "integer"},
        "id": {"type": "string", "readOnly": True},
    },
}
KINDS = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "count": {"type": "integer"},
        "price": {"type": "number"},
        "paid": {"type": "boolean"},
        "size": {"type": "integer", "enum": [1, 20]},
        "day": {"type": "string", "format": "date"},
        "moment": {"type": "string", "format": "date-time"},
        "address": ADDRESS,
        "tags": {"type": "array", "items": {"type": "string"}},
        "places": {"type": "array", "items": ADDRESS},
        "free": {"type": "object"},
    },
}


def document(port: int) -> dict[str, Any]:
    values = {"operationId": "Ask", "value-collection": "items", "value-path": "id"}
    kind = {"name": "kind", "in": "query", "type": "string", "x-ms-dynamic-values": values}
    upload = {"name": "file", "in": "formData", "type": "file", "required": True}
    return {
        "swagger": "2.0",
        "info": {"title": "Toy </title><script>alert(1)</script>", "version": "1"},
        "host": f"127.0.0.1:{port}",
        "schemes": ["http"],
        "consumes": ["application/json"],
        "produces": ["application/json"],
        "securityDefinitions": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
        "security": [{"key": []}],
        "paths": {
            "/things": {
                "get": {"operationId": "Look", "parameters": [kind], "responses": ECHO},
                "post": {
                    "operationId": "Add",
                    "parameters": [{"name": "thing", "in": "body", "required": True, "schema": KINDS}],
                    "responses": ECHO,
                },
            },
            "/questions": {"post": {"operationId": "Ask", "responses": ECHO}},
            "/files": {
                "post": {
                    "operationId": "Upload",
                    "consumes": ["multipart/form-data"],
                    "parameters": [upload],
                    "responses": ECHO,
                }
            },
        },
    }


class Toy(NamedTuple):
    browser: Browser
    service: Service

    def post(self, operation: str, verb: str, call: Any, files: tuple[bytes, ...] = ()) -> Any:
        answer = self.browser.post(f"/toy/{operation}/{verb}", call, files)
        assert answer.status == 200, answer.text
        return answer.value


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Toy]:
    """A console with a connector of a service that repeats secrets, and a saved connection to it."""
    service = Service()
    threading.Thread(target=service.serve_forever, args=(0.02,), daemon=True).start()
    (tmp_path / "toy.swagger.yaml").write_text(yaml.safe_dump(document(service.server_port)))
    saved = f'[toy."<b>work"]\nkey = "{SECRET}"\n'
    (tmp_path / "connections.toml").write_text(saved)
    monkeypatch.setenv("CONNECTORS_PATH", str(tmp_path))
    monkeypatch.setenv("CONNECTORS_CONFIG", str(tmp_path))
    with console_of("toy") as console:
        yield Toy(Browser(console), service)
    service.shutdown()
    service.server_close()


WORK = {"target": "saved:<b>work"}


def test_no_secret_is_in_a_page_or_an_answer(toy: Toy) -> None:
    """Of a saved connection the page has its name; requests and responses that repeat its secret show ***."""
    page = toy.browser.get("/toy/").text
    preview = toy.post("look", "preview", WORK)
    called = toy.post("look", "call", WORK)

    assert "&lt;b&gt;work" in page
    assert ["X-Key", "***"] in preview["request"]["headers"]
    assert json.loads(called["response"]["json"])["echo"] == "***"
    assert ["X-Echo", "***"] in called["response"]["headers"]
    for text in (page, toy.browser.get("/toy/look/form").text, json.dumps(preview), json.dumps(called)):
        assert SECRET not in text
        assert base64.b64encode(SECRET.encode()).decode().rstrip("=") not in text
    assert [method for method, _, _ in toy.service.received] == ["GET"]


def test_the_sandbox_is_called_unless_a_connection_is_chosen(toy: Toy) -> None:
    """A call that chooses nothing goes to the sandbox; the service receives nothing."""
    for operation in ("look", "add"):
        assert toy.post(operation, "call", {"arguments": {"thing": {"text": "x"}}})["response"]["status"] == 200
    assert toy.service.received == []


def test_a_call_with_an_effect_is_sent_once_it_is_confirmed(toy: Toy) -> None:
    """A call that may change something at a real service is sent when it is confirmed, as it was shown."""
    call = {**WORK, "arguments": {"thing": {"text": "first"}}}
    unconfirmed = toy.post("add", "call", call)
    mark = unconfirmed["confirm"]["mark"]
    other = {**call, "arguments": {"thing": {"text": "second"}}, "confirmed": mark}

    assert "response" not in unconfirmed
    assert "first" in unconfirmed["request"]["body"]
    assert "confirm" in toy.post("add", "call", other)
    assert "confirm" in toy.post("add", "call", {**call, "confirmed": "já"})
    assert toy.service.received == []
    assert toy.post("add", "call", {**call, "confirmed": mark})["response"]["status"] == 200
    assert [(method, json.loads(body)) for method, _, body in toy.service.received] == [("POST", {"text": "first"})]


def test_choices_that_an_operation_with_an_effect_lists_are_confirmed(toy: Toy) -> None:
    """A document may have choices listed by any operation: one that may change something is called once confirmed."""
    call = {**WORK, "parameter": "kind"}
    unconfirmed = toy.post("look", "choices", call)
    before = list(toy.service.received)

    listed = toy.post("look", "choices", {**call, "confirmed": unconfirmed["confirm"]["mark"]})

    assert before == []
    assert (unconfirmed["request"]["method"], unconfirmed["request"]["url"]) == ("POST", "/questions")
    assert listed["choices"] == []
    assert [(method, path) for method, path, _ in toy.service.received] == [("POST", "/questions")]


def test_each_kind_of_field_sends_its_type(toy: Toy) -> None:
    """Texts of fields become the types of their schemas; what is left empty is not sent."""
    thing = {
        "text": "12",
        "count": "12",
        "price": "1.10",
        "paid": "false",
        "size": "1",
        "day": "2026-01-31",
        "moment": "2026-01-31T12:00:00Z",
        "address": {"city": "Oslo", "floor": ""},
        "tags": ["a", "", "b"],
        "places": [{"city": "Rome", "floor": "2"}],
        "free": '{"any": [1.50, null]}',
    }

    body = toy.post("add", "preview", {"arguments": {"thing": thing}})["request"]["body"]

    assert json.loads(body) == {
        "text": "12", "count": 12, "price": 1.1, "paid": False, "size": 20, "day": "2026-01-31",
        "moment": "2026-01-31T12:00:00Z", "address": {"city": "Oslo"}, "tags": ["a", "", "b"],
        "places": [{"city": "Rome", "floor": 2}], "free": {"any": [1.5, None]},
    }  # fmt: skip
    assert '"price":1.10' in body


def test_texts_that_do_not_fit_are_problems_of_their_fields(toy: Toy) -> None:
    """JSON that cannot be read, and values of another type, are reported at their fields."""
    wrong_json = toy.post("add", "preview", {"arguments": {"thing": {"free": "{"}}})
    wrong_types = toy.post("add", "preview", {"arguments": {"thing": {"count": "x", "places": [{"floor": "y"}]}}})

    assert [problem["path"] for problem in wrong_json["error"]["problems"]] == [["thing", "free"]]
    paths = sorted(map(str, (problem["path"] for problem in wrong_types["error"]["problems"])))
    assert paths == [
        "['thing', 'count']",
        "['thing', 'places', 0, 'city']",
        "['thing', 'places', 0, 'floor']",
    ]


def test_a_file_is_sent_with_its_name_and_type(toy: Toy) -> None:
    """A file that is taken from the disk is a part of the form, with its name and type."""
    call = {**WORK, "arguments": {"file": {"file": 0}}}
    unconfirmed = toy.post("upload", "call", call, (b"\x89PNG\xff",))

    toy.post("upload", "call", {**call, "confirmed": unconfirmed["confirm"]["mark"]}, (b"\x89PNG\xff",))

    ((method, path, body),) = toy.service.received
    assert (method, path) == ("POST", "/files")
    assert b'name="file"; filename="a.bin"' in body
    assert b"Content-Type: image/png" in body
    assert b"\x89PNG\xff" in body


def test_texts_of_a_document_are_text(toy: Toy) -> None:
    """Markup in titles, descriptions and names of connections is shown, and does nothing."""
    page = document_fromstring(toy.browser.get("/toy/").text)

    assert "alert(1)" in page.text_content()
    assert [script.get("src") for script in page.iter("script")] == ["/assets/pages.js", "/assets/console.js"]
    assert not page.xpath("//option/b")


# The command


def commands_of_the_page() -> list[list[str]]:
    """The commands on the page of documentation, as their words."""
    page = ROOT / "docs/console.md"
    return [shlex.split(line) for text in texts(page, "sh") for line in text.splitlines()]


def test_the_commands_of_the_page_are_understood() -> None:
    """Every command on the page of documentation has arguments and options that the command takes."""
    for words in commands_of_the_page():
        assert words[:2] == ["connectors", "console"]
        command.make_context("console", words[2:])


def test_the_command_serves_until_it_is_interrupted() -> None:
    """The command prints the address, serves, and ends at Ctrl-C without a traceback."""
    process = subprocess.Popen(
        [sys.executable, "-m", "openconnectors", *commands_of_the_page()[0][1:], "--no-open"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        match = re.fullmatch(r"http://127\.0\.0\.1:([0-9]+)(/twilio/\?key=[\w-]+)", url)
        assert match is not None, url
        connection = HTTPConnection("127.0.0.1", int(match[1]))
        connection.request("GET", match[2])
        status = connection.getresponse().status
        connection.close()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)

    assert status == 303
    assert process.returncode == 130
    assert "Traceback" not in errors
