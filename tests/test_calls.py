"""Operations as people call them, against the sandbox."""

from __future__ import annotations

import inspect
import pydoc
from typing import Any

import pytest

import openconnectors
from openconnectors.engine.client.connector import Connector
from openconnectors.engine.sandbox import Sandbox

OUR, THEIR = "+15005550006", "+14155552345"
XML = "application/xml"


def _arguments(twilio: Connector) -> dict[str, dict[str, Any]]:
    """Arguments for every operation that answers with a value."""
    for number in range(3):
        sent = twilio.send_message(from_=OUR, to=THEIR, body=f"number {number}")
    number = next(twilio.list_incoming_phone_numbers.items())
    shown = twilio.create_message(from_=OUR, to=THEIR, media_url=["https://a.example/1.png"])["sid"]
    medium = next(twilio.list_message_media.items(message_id=shown))["sid"]
    return {
        "get_message": {"message_id": sent["sid"]},
        "update_message": {"message_id": sent["sid"], "body": ""},
        "list_message_media": {"message_id": shown},
        "get_message_media": {"message_id": shown, "media_id": medium},
        "create_message": {"messaging_service_sid": "MG" + "0" * 32, "to": THEIR, "body": "x"},
        "list_messages": {"page_size": 2},
        "send_message": {"from_": OUR, "to": THEIR, "body": "x", "media_url": ["https://a.example/1"]},
        "list_incoming_phone_numbers": {},
        "add_incoming_phone_number": {"phone_number": "+15105550123", "friendly_name": "Desk"},
        "get_incoming_phone_number": {"phone_number_id": number["sid"]},
        "list_available_local_phone_numbers": {"iso_country": "US"},
        "list_available_mobile_phone_numbers": {"iso_country": "GB"},
        "list_available_toll_free_phone_numbers": {"iso_country": "US"},
        "list_usage_records": {"page_size": 1},
    }


VOLATILE = {"sid", "date_created", "date_updated", "date_sent", "uri", "subresource_uris"}


def test_every_operation_gives_one_value_in_json_and_in_xml(twilio: Connector) -> None:
    """Every operation returns equal values from JSON and XML, apart from identifiers and times of new records."""
    by_operation = _arguments(twilio)
    silent = {"delete_incoming_phone_number", "delete_message", "delete_message_media"}  # which answer 204
    assert set(by_operation) == set(twilio) - silent
    for name, arguments in by_operation.items():
        operation = getattr(twilio, name)
        first, second = operation.response(**arguments), operation.using(accept=XML).response(**arguments)
        assert "json" in first.headers["Content-Type"], name
        assert "xml" in second.headers["Content-Type"], name
        left, right = first.value, second.value
        if name.startswith(("send", "add", "create", "update")):
            assert left.keys() == right.keys()
            left, right = ({key: record[key] for key in record.keys() - VOLATILE} for record in (left, right))
        assert left == right, name
        assert left, name


def test_errors_are_one_error_in_json_and_in_xml(twilio: Connector, sandbox: Sandbox) -> None:
    """An error response raises the same class with equal fields from JSON and from XML."""
    wrong = openconnectors.load("twilio", connection={**sandbox.values, "access_token": "wrong"}, base_url=sandbox.url)
    nobody = "SM" + "0" * 32
    calls = [
        (wrong.list_messages, {}, openconnectors.Unauthorized, 401, 20003),
        (twilio.get_message, {"message_id": nobody}, openconnectors.NotFound, 404, 20404),
        (twilio.send_message, {"from_": OUR, "to": "+15005550001", "body": "x"}, openconnectors.BadRequest, 400, 21211),
    ]
    for operation, arguments, kind, status, code in calls:
        errors = []  # the message of a 404 names the path that was asked for, which is another for XML
        for accept in ("application/json", XML):
            with pytest.raises(kind) as caught:
                operation.using(accept=accept)(**arguments)
            assert (caught.value.status, caught.value.code) == (status, code)
            assert caught.value.message == caught.value.value["message"]
            message = caught.value.message.replace(".xml was", ".json was")
            errors.append((message, {**caught.value.value, "message": message}, caught.value.description))
        assert errors[0] == errors[1]


def test_the_signature_names_what_must_be_given(twilio: Connector) -> None:
    """A signature has keyword-only arguments, required ones without a default, the others with theirs."""
    signature = inspect.signature(twilio.send_message)
    required = [
        parameter.name for parameter in signature.parameters.values() if parameter.default is inspect.Parameter.empty
    ]
    assert required == ["from_", "to", "body"]
    assert {parameter.annotation for parameter in signature.parameters.values() if parameter.name in required} == {str}
    assert all(parameter.kind is inspect.Parameter.KEYWORD_ONLY for parameter in signature.parameters.values())
    assert signature.parameters["media_url"].annotation == list[str] | None
    assert inspect.signature(twilio.list_messages).parameters["page_size"].default == 50


def test_help_shows_the_descriptions(twilio: Connector) -> None:
    """help() shows the descriptions of the document, and dir() lists the operations."""
    shown = pydoc.plain(pydoc.render_doc(twilio.send_message))
    for text in ("Send a new message to a mobile number.", "from_ (str, required)", "Operation successful"):
        assert text in shown
    assert "send_message" in dir(twilio)


def test_operations_answer_to_wire_names(twilio: Connector) -> None:
    """An operation called by operationId and wire names is the call by Python names."""
    message = twilio["SendMessage"](**{"from": OUR, "to": THEIR, "body": "Hello"})
    assert twilio["GetMessage"](MessageId=message["sid"])["body"] == "Hello"
    assert twilio["get_message"] is twilio.get_message


def test_a_body_may_be_given_whole(twilio: Connector) -> None:
    """A body is passed either whole, under its own name, or as its members; never both."""
    message = twilio.send_message(send_message_request={"from": OUR, "to": THEIR, "body": "whole"})
    assert message["body"] == "whole"
    with pytest.raises(openconnectors.InvalidArguments, match="whole and in parts"):
        twilio.send_message(send_message_request={"from": OUR}, to=THEIR)


def test_a_request_shows_itself_and_no_credentials(twilio: Connector, sandbox: Sandbox) -> None:
    """request() returns what would be sent, sends nothing, and shows no credentials."""
    request = twilio.send_message.request(from_=OUR, to=THEIR, body="A & B", media_url=["https://a/1", "https://a/2"])
    assert request.method == "POST"
    assert request.url == f"{sandbox.url}/2010-04-01/Accounts/{sandbox.values['account_id']}/Messages.json"
    assert request.body == (
        b"From=%2B15005550006&To=%2B14155552345&Body=A+%26+B&MediaUrl=https%3A%2F%2Fa%2F1&MediaUrl=https%3A%2F%2Fa%2F2"
    )
    for text in (str(request), repr(request), repr(twilio), repr(twilio.connection)):
        assert sandbox.values["access_token"] not in text
    assert list(twilio.list_messages.items()) == []


def test_inequalities_are_two_more_parameters_on_the_wire(twilio: Connector) -> None:
    """``DateSent<`` is the parameter's name; the request reads ``DateSent<=2009-07-06``."""
    for arguments in ({"date_sent": "<=2009-07-06"}, {"date_sent_before": "2009-07-06"}, {"DateSent<": "2009-07-06"}):
        assert twilio.list_messages.request(**arguments).url.endswith("Messages.json?DateSent%3C=2009-07-06")
    assert twilio.list_messages.request(date_sent=">= 2009-07-06").url.endswith("?DateSent%3E=2009-07-06")


def test_choices_come_from_the_service(twilio: Connector) -> None:
    """choices() lists the values that the service offers for an argument; an argument without them is unknown."""
    numbers = [
        (number["phone_number"], number["friendly_name"]) for number in twilio.list_incoming_phone_numbers.items()
    ]
    assert twilio.send_message.choices("from") == twilio.send_message.choices("from_") == numbers
    with pytest.raises(openconnectors.UnknownName, match="body"):
        twilio.send_message.choices("body")


def test_pages_come_in_the_representation_of_the_first(twilio: Connector) -> None:
    """Every page has the media type of the first; an operation without pages raises Unsupported."""
    for number in range(3):
        twilio.send_message(from_=OUR, to=THEIR, body=str(number))
    for accept in ("application/json", XML):
        pages = list(twilio.list_messages.using(accept=accept).pages(page_size=2))
        assert [[message["body"] for message in page["messages"]] for page in pages] == [["2", "1"], ["0"]]
        assert [page["total"] for page in pages] == [3, 3]
    with pytest.raises(openconnectors.Unsupported, match="no pages"):
        twilio.get_message.items(message_id="SM" + "0" * 32)


def test_an_error_code_is_text_whatever_it_is_on_the_wire(service: Any) -> None:
    """The contract says string, the service sends an integer, in JSON and in XML."""
    from openconnectors.engine.plan.plan import Plan
    from openconnectors.engine.values.body import Compiler

    plan = Plan(Compiler(service), service.operations["GetMessage"])
    for media_type, sent in (
        ("application/json", b'{"error_code": 30001, "subresource_uris": {"media": "/m"}}'),
        (
            XML,
            b"<TwilioResponse><Message><ErrorCode>30001</ErrorCode>"
            b"<SubresourceUris><Media>/m</Media></SubresourceUris></Message></TwilioResponse>",
        ),
    ):
        body = plan.bodies.response(plan.declared_response(200), media_type)
        assert body is not None
        value = body.decode(sent, {}, [])
        assert value == {"error_code": "30001", "subresource_uris": [{"name": "media", "uri": "/m"}]}
        assert body.validate(value) == []


def test_deviations_are_reported(service: Any, sandbox: Sandbox, caplog: Any) -> None:
    """Lenient gives the value and what is wrong with it; strict refuses; off says nothing."""
    from openconnectors.engine.http import Headers, Response
    from openconnectors.engine.plan.plan import Plan
    from openconnectors.engine.values.body import Compiler

    plan = Plan(Compiler(service), service.operations["GetMessage"])
    answer = Response(200, Headers([("Content-Type", "application/json")]), b'{"sid": 5}')
    read = plan.read(answer, "lenient")
    assert read.value == {"sid": 5}
    assert [str(deviation) for deviation in read.deviations] == ["sid: must be string or null, not 5"]
    assert plan.read(answer, "off").deviations == ()
    with pytest.raises(openconnectors.InvalidResponse, match="sid: must be string or null"):
        plan.read(answer, "strict")


def test_options_are_checked(twilio: Connector) -> None:
    """An unknown option or a media type that the operation does not produce is refused."""
    with pytest.raises(openconnectors.UnknownName, match="accept"):
        twilio.list_messages.using(acept=XML)
    with pytest.raises(openconnectors.InvalidArguments, match="text/csv"):
        twilio.list_messages.using(accept="text/csv")()
    assert twilio.list_messages.using(accept=XML, timeout=5)()["messages"] == []


def test_the_sandbox_remembers_in_a_file(service: Any, tmp_path: Any) -> None:
    """A sandbox with a state file keeps its records across restarts and seeds them once."""
    state = tmp_path / "state.db"
    with Sandbox(service, state=state) as first:
        connector = openconnectors.load("twilio", connection=first.values, base_url=first.url)
        sent = connector.send_message(from_=OUR, to=THEIR, body="kept")
    with Sandbox(service, state=state) as second:
        connector = openconnectors.load("twilio", connection=second.values, base_url=second.url)
        assert connector.get_message(message_id=sent["sid"])["body"] == "kept"
        assert len(list(connector.list_incoming_phone_numbers.items())) == 2  # seeded once


def test_the_sandbox_judges_independently(sandbox: Sandbox) -> None:
    """A request that our client would never send is refused by the judge behind the sandbox."""
    import requests

    base = f"{sandbox.url}/2010-04-01/Accounts/{sandbox.values['account_id']}"
    auth = (sandbox.values["account_id"], sandbox.values["access_token"])
    refused = requests.get(f"{base}/Messages.json", params={"PageSize": 1001}, auth=auth, timeout=10)
    assert (refused.status_code, refused.json()["code"]) == (400, 20001)
    refused = requests.post(f"{base}/Messages.xml", data={"To": THEIR}, auth=auth, timeout=10)
    assert refused.status_code == 400
    assert b"<RestException>" in refused.content
    assert requests.put(f"{base}/Messages.json", auth=auth, timeout=10).status_code == 405
    assert requests.get(f"{sandbox.url}/elsewhere", auth=auth, timeout=10).status_code == 404
