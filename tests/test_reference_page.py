"""Every row of the connector's reference page is true of `connectors show twilio --json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import command

PAGE = yaml.safe_load(Path(__file__).with_name("twilio_reference.yaml").read_text("utf-8"))
BODY_TYPE = {"sendMessageRequest": "SendMessageRequest"}  # the page leaves this cell empty
NOT_DEFINED = {"not defined": "Capabilities"}  # and calls the type of a definition "not defined"


@pytest.fixture(scope="module")
def shown() -> Any:
    return json.loads(command("show", "twilio", "--json").stdout)


def test_the_connector_has_the_pages_version_and_no_triggers(shown: Any) -> None:
    """The connector has the page's title and version, and no triggers."""
    assert (shown["name"], shown["title"], shown["version"], shown["triggers"]) == ("twilio", "Twilio", "1.0", [])


def test_the_connection_values_are_those_of_the_page(shown: Any) -> None:
    """Connection parameters have the titles, descriptions and order of the page; the token is secret."""
    rows_shown = [[row["title"], "Yes" if row["required"] else "No", row["description"]] for row in shown["connection"]]
    assert rows_shown == PAGE["connection"]
    assert [row["secret"] for row in shown["connection"]] == [False, True]


@pytest.mark.parametrize("wanted", PAGE["actions"], ids=lambda row: row["title"])
def test_an_action_of_the_page_is_there_row_by_row(shown: Any, wanted: Any) -> None:
    """Every action has the page's parameters, defaults, descriptions and responses, in order."""
    action = next(action for action in shown["actions"] if action["title"] == wanted["title"])
    assert action["description"] == wanted["description"]
    assert (action["method"], action["path"]) == (wanted["method"], wanted["path"])
    rows_shown = [
        [
            parameter["name"],
            parameter["type"],
            "yes" if parameter["required"] else "no",
            parameter["in"],
            "none" if parameter["default"] is None else str(parameter["default"]),
            parameter["description"],
        ]
        for parameter in action["parameters"]
    ]
    rows = [[name, kind or BODY_TYPE[name], *rest] for name, kind, *rest in wanted["parameters"]]
    assert rows_shown[: len(rows)] == rows
    answers = {answer["status"]: answer["description"] for answer in action["answers"]}
    assert {status: answers[status] for status, _ in wanted["answers"]} == dict(wanted["answers"])


def test_what_the_page_does_not_list_is_declared_beside_it(shown: Any) -> None:
    """The service has two more parameters for inequalities, and answers 201 to Send."""
    actions = {action["operation_id"]: action for action in shown["actions"]}
    extra = [parameter["name"] for parameter in actions["ListMessages"]["parameters"]][5:]
    assert extra == ["DateSent<", "DateSent>"]
    assert "201" in {answer["status"] for answer in actions["SendMessage"]["answers"]}


def test_further_operations_stand_beside_the_page(shown: Any) -> None:
    """Operations beyond the page are there, in JSON and XML alike, beside those of the page."""
    ids = {action["operation_id"] for action in shown["actions"]}
    assert ids >= {action["title"].replace(" ", "") for action in PAGE["actions"]}
    assert ids >= {"CreateMessage", "UpdateMessage", "DeleteMessage"}
    assert ids >= {"ListMessageMedia", "GetMessageMedia", "DeleteMessageMedia"}
    needed = {
        definition["name"]: [it["name"] for it in definition["properties"] if it["required"]]
        for definition in shown["definitions"]
    }
    assert needed["SendMessageRequest"] == ["from", "to", "body"]
    assert (needed["CreateMessageRequest"], needed["UpdateMessageRequest"]) == (["to"], [])


@pytest.mark.parametrize("wanted", PAGE["definitions"], ids=lambda row: row["name"])
def test_a_definition_of_the_page_is_there_property_by_property(shown: Any, wanted: Any) -> None:
    """Every definition has the page's properties, types and order."""
    definition = next(definition for definition in shown["definitions"] if definition["name"] == wanted["name"])
    assert definition["description"] == wanted["description"]
    rows_shown = [
        [member["name"], member["type"], "yes" if member["required"] else "no"] for member in definition["properties"]
    ]
    assert rows_shown == [[name, NOT_DEFINED.get(kind, kind), needed] for name, kind, needed in wanted["properties"]]


def test_no_definition_is_dead(shown: Any) -> None:
    """Every definition is used by the body or a response of an operation."""
    used = {answer["definition"] for action in shown["actions"] for answer in action["answers"]}
    used |= {parameter["type"] for action in shown["actions"] for parameter in action["parameters"]}
    document = yaml.safe_load((Path(__file__).parent.parent / "spec/twilio.swagger.yaml").read_text("utf-8"))
    for _ in range(3):
        inside = [json.dumps(document["definitions"][name]) for name in used if name in document["definitions"]]
        used |= {name for name in document["definitions"] if any(f'"#/definitions/{name}"' in text for text in inside)}
    assert {definition["name"] for definition in shown["definitions"]} <= used
