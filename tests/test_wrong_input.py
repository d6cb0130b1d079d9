"""Wrong input is refused with what, where and how to fix it, and nothing is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import openconnectors
from openconnectors.engine.client.connector import Connector

from .conftest import Listener

SID = "SM" + "0" * 32


def test_an_unknown_connector_is_refused_with_the_nearest_name() -> None:
    """An unknown connector is refused with the nearest name and CONNECTORS_PATH."""
    with pytest.raises(
        openconnectors.UnknownName, match=r"no connector 'twillio'; did you mean 'twilio'\?.*CONNECTORS_PATH"
    ):
        openconnectors.load("twillio")


@pytest.mark.parametrize("name", ["../twilio", "/etc/passwd", "Twilio ", "tw\0ilio", "", "spec/twilio"])
def test_a_name_is_a_name_and_no_path(name: str) -> None:
    """Paths, other case and control characters are not names of connectors."""
    with pytest.raises(openconnectors.UnknownName):
        openconnectors.load(name)


def test_missing_connection_values_are_named_with_the_three_ways() -> None:
    """Missing connection values are named with the three ways to pass them; unknown ones with the nearest."""
    with pytest.raises(openconnectors.ConnectionMissing) as caught:
        openconnectors.load("twilio")
    text = str(caught.value)
    for part in (
        "account_id (Enter your Twilio account ID), access_token (Enter your Twilio access token)",
        'openconnectors.load("twilio", connection={"account_id": "…", "access_token": "…"})',
        "TWILIO_ACCOUNT_SID=… TWILIO_AUTH_TOKEN=…",
        "[twilio.default] in ",
    ):
        assert part in text
    with pytest.raises(openconnectors.ConnectionMissing, match="no access_token"):
        openconnectors.load("twilio", connection={"account_id": "AC1"})
    with pytest.raises(
        openconnectors.ConnectionMissing, match=r"no connection value 'acount_id'; did you mean 'account_id'"
    ):
        openconnectors.load("twilio", connection={"account_id": "a", "access_token": "b", "acount_id": "c"})


def test_the_environment_and_saved_connections_give_values(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Values come from the environment (own name, then alias), then from the saved default."""
    saved = tmp_path / "config" / "connections.toml"
    saved.parent.mkdir()
    saved.write_text(
        '[twilio.default]\naccount_id = "ACsaved"\naccess_token = "${SAVED_TOKEN}"\n'
        '[twilio.work]\naccount_id = "ACwork"\naccess_token = "w"\n'
    )
    with pytest.raises(openconnectors.ConnectionMissing, match="SAVED_TOKEN"):
        openconnectors.load("twilio")
    monkeypatch.setenv("SAVED_TOKEN", "secret")
    assert "ACsaved" in openconnectors.load("twilio").connection.base
    assert "ACwork" in openconnectors.load("twilio", connection="work").connection.base
    with pytest.raises(openconnectors.UnknownName, match="did you mean 'work'"):
        openconnectors.load("twilio", connection="wrok")
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "ACalias")
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "secret")
    assert "ACalias" in openconnectors.load("twilio").connection.base
    monkeypatch.setenv("TWILIO_ACCOUNT_ID", "ACown")
    assert "ACown" in openconnectors.load("twilio").connection.base


WRONG: dict[str, tuple[str, dict[str, Any], list[str]]] = {
    "missing, unknown and wrong-typed at once": (
        "send_message",
        {"to": 3, "bdy": "x", "media_url": ["a", 1]},
        [
            "bdy: unknown argument of send_message; did you mean 'body'?",
            "from_: is missing",
            "body: is missing",
            "to: must be string, not 3",
            "media_url[1]: must be string, not 1",
        ],
    ),
    "missing to": ("send_message", {"from_": "+1", "body": "x"}, ["to: is missing"]),
    "null where a value is needed": (
        "send_message",
        {"from_": "+1", "to": None, "body": "x"},
        ["to: must be string, not None"],
    ),
    "eleven media": (
        "send_message",
        {"from_": "+1", "to": "+2", "body": "x", "media_url": ["u"] * 11},
        ["media_url: must have at most 10 items, it has 11"],
    ),
    "page size 0": ("list_messages", {"page_size": 0}, ["page_size: must be at least 1, not 0"]),
    "page size 1001": ("list_messages", {"page_size": 1001}, ["page_size: must be at most 1000, not 1001"]),
    "page size as text": ("list_messages", {"page_size": "50"}, ["page_size: must be integer, not '50'"]),
    "page size true": ("list_messages", {"page_size": True}, ["page_size: must be integer, not True"]),
    "an id that climbs": ("get_message", {"message_id": "../Accounts"}, ["message_id: must match"]),
    "an id with a line break": ("get_message", {"message_id": SID + "\n"}, ["message_id: must match"]),
    "a date that is none": ("list_messages", {"date_sent": "yesterday"}, ["date_sent: must match"]),
    "half a surrogate": (
        "send_message",
        {"from_": "+1", "to": "+2", "body": "\ud800"},
        ["body: contains an unpaired surrogate"],
    ),
    "bytes": ("send_message", {"from_": "+1", "to": "+2", "body": b"x"}, ["body: must be string, not b'x'"]),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_arguments_are_reported_together_and_nothing_is_sent(
    unsent: Connector, listener: Listener, case: str
) -> None:
    """All problems of a call's arguments are reported together, and nothing is sent."""
    name, arguments, messages = WRONG[case]
    with pytest.raises(openconnectors.InvalidArguments) as caught:
        getattr(unsent, name)(**arguments)
    text = str(caught.value)
    assert text.startswith(f"{name} was not sent, {len(caught.value.problems)} problem")
    assert len(caught.value.problems) == len(messages), text
    for line in messages:
        assert line in text
    assert caught.value.sent == "no"
    assert listener.untouched()


@pytest.mark.parametrize("value", ["", ".", "..", "../Accounts", "a/../b", "a/..", "..\\admin", "x\0y"])
def test_a_path_value_stays_one_segment(listener: Listener, tmp_path: Path, value: str) -> None:
    """A path value that would leave its segment is refused, with or without a pattern."""
    connector = openconnectors.load_file(_document(tmp_path), base_url=listener.url)
    with pytest.raises(openconnectors.InvalidArguments, match="id: must"):
        connector.get_thing(id=value)
    assert listener.untouched()


@pytest.mark.parametrize(
    ("value", "sent"), [("a/b", "a%2Fb"), ("?x#y", "%3Fx%23y"), ("%2e%2e", "%252e%252e"), ("ü;v=1", "%C3%BC%3Bv%3D1")]
)
def test_every_other_path_value_is_encoded_once(tmp_path: Path, value: str, sent: str) -> None:
    """A path value is percent-encoded exactly once."""
    connector = openconnectors.load_file(_document(tmp_path), base_url="http://127.0.0.1:9")
    assert connector.get_thing.request(id=value).url == f"http://127.0.0.1:9/things/{sent}"


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\0b", " a", "日本"])
def test_a_header_value_cannot_break_out(listener: Listener, tmp_path: Path, value: str) -> None:
    """A header value with control characters or edge spaces, or a foreign Host, is refused unsent."""
    connector = openconnectors.load_file(_document(tmp_path), base_url=listener.url)
    with pytest.raises(openconnectors.InvalidArguments, match="x_trace: must not"):
        connector.get_thing(id="1", x_trace=value)
    with pytest.raises(openconnectors.InvalidArguments, match="host: would set the header field Host"):
        connector.get_thing(id="1", host="evil.example")
    assert listener.untouched()


def _document(folder: Path) -> Path:
    path = folder / "things.swagger.yaml"
    path.write_text("""
swagger: "2.0"
info: {title: Things, version: "1"}
paths:
  /things/{id}:
    get:
      operationId: getThing
      parameters:
        - {name: id, in: path, required: true, type: string}
        - {name: X-Trace, in: header, type: string}
        - {name: Host, in: header, type: string}
      responses: {"200": {description: fine}}
""")
    return path


DOCUMENTS = {
    "not YAML": ("a: [1, 2\nb: 3\n", "2:2", "not YAML"),
    "no document": ("just text", "1:1", "a document is a mapping"),
    "another version": ("openapi: 4.0.0\ninfo: {}\n", "1:1", "what is read is"),
    "a key twice": ("swagger: '2.0'\npaths: {}\npaths: {}\n", "3:1", "is already used on line 2"),
}


@pytest.mark.parametrize("case", DOCUMENTS)
def test_a_document_that_cannot_be_used_is_refused_at_its_place(tmp_path: Path, case: str) -> None:
    """An unusable document raises InvalidDocument at its line and column, with a diagnostic there."""
    text, place, message = DOCUMENTS[case]
    path = tmp_path / "broken.swagger.yaml"
    path.write_text(text)
    with pytest.raises(openconnectors.InvalidDocument) as caught:
        openconnectors.load_file(path)
    assert str(caught.value).startswith(f"{path}:{place}: error: "), str(caught.value)
    assert message in str(caught.value)
    first = caught.value.diagnostics[0]
    assert (f"{first.line}:{first.column}", first.file) == (place, str(path))


def test_a_file_that_is_not_there() -> None:
    """A missing document raises InvalidDocument with its path."""
    with pytest.raises(openconnectors.InvalidDocument, match=r"nowhere.swagger.yaml:1:1: error: cannot be read"):
        openconnectors.load_file("nowhere.swagger.yaml")


def test_secrets_are_shown_nowhere(sandbox: Any, tmp_path: Path) -> None:
    """Secrets are not in reprs, errors or pickles; a base URL with a password is refused."""
    import copy
    import pickle

    secret = "very-secret-token"
    connector = openconnectors.load(
        "twilio", connection={"account_id": "AC1", "access_token": secret}, base_url=sandbox.url
    )
    with pytest.raises(openconnectors.NotFound) as caught:
        connector.list_messages()
    assert secret not in f"{caught.value!r} {caught.value.value} {connector!r} {vars(connector)}"
    for act in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="not pickled"):
            act(connector)
    with pytest.raises(openconnectors.ConnectionMissing, match="user information"):
        openconnectors.load("twilio", connection=sandbox.values, base_url="http://me:secret@127.0.0.1")
