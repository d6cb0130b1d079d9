"""Twilio's messages beyond its page: sent through a service, with media or a template, later, and what is refused; by
the vendor's own client and by ours, in JSON and in XML, against one sandbox."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

import openconnectors
from openconnectors.engine.client.connector import Connector
from openconnectors.engine.client.operation import Operation
from openconnectors.engine.sandbox import Sandbox
from openconnectors.engine.sandbox.segments import segments
from openconnectors.engine.sandbox.templates import fill

OUR, THEIR = "+15005550006", "+14155552345"
SERVICE, TEMPLATE = "MG" + "0" * 32, "HX" + "a" * 32
IMAGES = ["https://a.example/1.png", "https://a.example/2.jpg?size=3"]
XML = "application/xml"


@pytest.fixture
def client(sandbox: Sandbox) -> Client:
    vendor = Client(sandbox.values["account_id"], sandbox.values["access_token"])
    vendor.api.base_url = sandbox.url
    return vendor


def fields(theirs: Any, names: list[str] | dict[str, Any]) -> dict[str, Any]:
    """What their instance holds, as our contract writes it."""
    values: dict[str, Any] = {}
    for name in names:
        value = getattr(theirs, f"{name}_" if name == "from" else name)
        if name == "error_code" and value is not None:
            value = str(value)
        elif name == "subresource_uris":
            value = [{"name": item, "uri": uri} for item, uri in value.items()]
        values[name] = value
    return values


def plain(ours: dict[str, Any]) -> dict[str, Any]:
    """Our value, with dates as their client has them."""
    return {
        name: parsedate_to_datetime(value) if name.startswith("date_") and value else value
        for name, value in ours.items()
    }


def in_both(operation: Operation, **arguments: Any) -> Any:
    """The one value that JSON and XML give."""
    value = operation(**arguments)
    assert operation.using(accept=XML)(**arguments) == value
    return value


def later(**more: float) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(**more)


SENT: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    # arguments · what is answered at once · what is read after
    (
        {"from_": OUR, "body": "Hello"},
        {"status": "queued", "from": OUR, "num_segments": "1", "num_media": "0", "price": None, "date_sent": None},
        {"status": "delivered", "price": "-0.00750"},
    ),
    (
        {"from_": OUR, "body": "ü" * 161},
        {"num_segments": "2", "price": None},
        {"num_segments": "2", "price": "-0.01500"},
    ),
    (
        {"messaging_service_sid": SERVICE, "body": "中" * 71},
        {"status": "accepted", "from": None, "num_segments": "0", "messaging_service_sid": SERVICE},
        {"status": "delivered", "from": OUR, "num_segments": "2", "price": "-0.01500"},
    ),
    (
        {"messaging_service_sid": SERVICE, "from_": OUR, "body": "both"},
        {"status": "queued", "from": OUR, "messaging_service_sid": SERVICE},
        {"status": "delivered", "from": OUR},
    ),
    (
        {"from_": OUR, "media_url": IMAGES},
        {"num_media": "2", "body": "", "num_segments": "1"},
        {"num_media": "2", "price": "-0.02000"},
    ),
    (
        {"messaging_service_sid": SERVICE, "media_url": IMAGES[:1], "body": "look"},
        {"status": "accepted", "num_media": "1", "from": None, "num_segments": "1"},
        {"status": "delivered", "from": OUR},
    ),
    (
        {"from_": "whatsapp:+15005550006", "content_sid": TEMPLATE, "content_variables": '{"1": "12/1"}'},
        {"status": "queued", "body": ""},
        {"status": "delivered"},
    ),
    ({"from_": "Company 1", "body": "x"}, {"from": "Company 1"}, {"status": "delivered"}),
    (
        {"messaging_service_sid": SERVICE, "body": "x", "schedule_type": "fixed", "send_at": later(hours=1)},
        {"status": "scheduled", "from": None, "num_segments": "0"},
        {"status": "scheduled", "from": None, "price": None, "date_sent": None},
    ),
    (
        {
            "from_": OUR, "body": "all", "validity_period": 60, "max_price": 0.5, "attempt": 2, "smart_encoded": True,
            "provide_feedback": False, "force_delivery": False, "shorten_urls": True, "send_as_mms": False,
            "risk_check": "disable", "content_retention": "retain", "address_retention": "retain",
            "traffic_type": "free", "message_intent": "otp", "persistent_action": ["geo:1,2", "geo:3,4"],
            "status_callback": "https://a.example/s?x=1", "application_sid": "AP" + "0" * 32, "fallback_from": OUR,
        },
        {"status": "queued"},
        {"status": "delivered"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "at_once", "after"), SENT)
def test_a_message_is_created_by_either_client(
    client: Client, twilio: Connector, arguments: dict[str, Any], at_once: dict[str, Any], after: dict[str, Any]
) -> None:
    """Theirs and ours send the same fields, and read the same message, in JSON and in XML."""
    theirs = client.messages.create(to=THEIR, **arguments)
    kind = "MM" if arguments.get("media_url") else "SM"
    assert str(theirs.sid).startswith(kind)
    assert fields(theirs, at_once) == at_once
    ours = in_both(twilio.get_message, message_id=str(theirs.sid))
    assert {name: ours[name] for name in after} == after
    assert plain(ours) == fields(client.messages(str(theirs.sid)).fetch(), ours)
    for accept in ("application/json", XML):
        created = twilio.create_message.using(accept=accept)(to=THEIR, **arguments)
        assert created["sid"].startswith(kind)
        assert {name: created[name] for name in at_once} == at_once
        read = twilio.get_message(message_id=created["sid"])
        assert {name: read[name] for name in after} == after


def test_our_form_is_theirs(client: Client, twilio: Connector) -> None:
    """Every argument of their client's create is one of ours, and travels under the same name with the same text."""
    sent: list[Any] = []

    class Recorder:
        def request(self, method: str, uri: str, data: Any = None, **more: Any) -> Any:
            sent.append(data)
            raise ConnectionError

    client.http_client = Recorder()
    for arguments, _, _ in SENT:
        with pytest.raises(ConnectionError):
            client.messages.create(to=THEIR, **arguments)
        request = twilio.create_message.request(to=THEIR, **arguments)
        assert request.url.endswith("/Messages.json")
        assert isinstance(request.body, bytes)
        ours = requests.models.RequestEncodingMixin._encode_params(sent[-1])
        assert sorted(request.body.decode().split("&")) == sorted(ours.split("&"))


def test_what_their_client_takes_is_what_ours_takes(twilio: Connector) -> None:
    """The arguments are those of the vendor's client, and the body as a whole."""
    theirs = set(inspect.signature(Client("AC", "x").messages.create).parameters)
    assert {*theirs, "create_message_request"} == set(inspect.signature(twilio.create_message).parameters)
    theirs = set(inspect.signature(Client("AC", "x").messages("SM").update).parameters)
    ours = set(inspect.signature(twilio.update_message).parameters)
    assert {*theirs, "message_id", "update_message_request"} == ours


# What is refused

REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({}, 21604, "A 'To' phone number is required."),
    ({"From": OUR, "Body": "x"}, 21604, "A 'To' phone number is required."),
    ({"To": "", "From": OUR, "Body": "x"}, 21604, "A 'To' phone number is required."),
    ({"To": "nobody", "From": OUR, "Body": "x"}, 21211, "The 'To' number nobody is not a valid phone number."),
    ({"To": "+15005550001", "From": OUR, "Body": "x"}, 21211,
     "The 'To' number +15005550001 is not a valid phone number."),
    ({"To": THEIR}, 21603, "A 'From' phone number is required."),
    ({"To": THEIR, "Body": "x"}, 21603, "A 'From' phone number is required."),
    ({"To": THEIR, "MessagingServiceSid": "MG1", "Body": "x"}, 21705, "The Messaging Service Sid MG1 is invalid."),
    ({"To": THEIR, "From": "+15005550001", "Body": "x"}, 21212,
     "The 'From' number +15005550001 is not a valid phone number, shortcode, or alphanumeric sender ID."),
    ({"To": THEIR, "From": "a name that is too long", "Body": "x"}, 21212,
     "The 'From' number a name that is too long is not a valid phone number, shortcode, or alphanumeric sender ID."),
    ({"To": THEIR, "From": "+15005550007", "Body": "x"}, 21606,
     "The From phone number +15005550007 is not a valid, SMS-capable inbound phone number or short code for your "
     "account."),
    ({"To": THEIR, "From": "+15005550008", "Body": "x"}, 21611, "SMS queue is full."),
    ({"To": OUR, "From": OUR, "Body": "x"}, 21266, f"'To' and 'From' number cannot be the same: {OUR}"),
    ({"To": "+15005550002", "From": OUR, "Body": "x"}, 21612,
     "The 'To' phone number: +15005550002, is not currently reachable using the 'From' phone number: +15005550006 via "
     "SMS."),
    ({"To": "+15005550003", "From": OUR, "Body": "x"}, 21408,
     "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: +15005550003."),
    ({"To": "+15005550004", "From": OUR, "Body": "x"}, 21610, "Attempt to send to unsubscribed recipient"),
    ({"To": "+15005550009", "From": OUR, "Body": "x"}, 21614, "To number: +15005550009, is not a mobile number"),
    ({"To": THEIR, "From": OUR}, 21602, "Message body is required."),
    ({"To": THEIR, "From": OUR, "Body": ""}, 21602, "Message body is required."),
    ({"To": THEIR, "MessagingServiceSid": SERVICE}, 21602, "Message body is required."),
    ({"To": THEIR, "From": OUR, "Body": "x" * 1601}, 21617,
     "The concatenated message body exceeds the 1600 character limit"),
    ({"To": THEIR, "From": OUR, "MediaUrl": ["https://a.example/1"] * 11}, 21623,
     "Number of media files exceeds allowed limit"),
    ({"To": THEIR, "From": OUR, "MediaUrl": ["https://a.example/1", "1.png"]}, 21620, "Invalid media URL(s)"),
    ({"To": THEIR, "From": OUR, "ContentSid": "HX1"}, 21655, "The ContentSid is Invalid"),
    ({"To": THEIR, "From": OUR, "ContentSid": TEMPLATE, "ContentVariables": "1=2"}, 21656,
     "The ContentVariables Parameter is invalid"),
    ({"To": THEIR, "From": OUR, "Body": "x", "StatusCallback": "a_b"}, 21609,
     "The StatusCallback URL a_b is not a valid URL."),
    ({"To": THEIR, "From": OUR, "Body": "x", "ScheduleType": "fixed"}, 35118,
     "MessagingServiceSid is required to schedule a message"),
    ({"To": THEIR, "MessagingServiceSid": SERVICE, "Body": "x", "ScheduleType": "fixed"}, 35111,
     "SendAt cannot be empty for ScheduleType 'fixed'"),
    *(({"To": THEIR, "MessagingServiceSid": SERVICE, "Body": "x", "ScheduleType": "fixed", "SendAt": text}, 35114,
       "SendAt time must be between 900 seconds and 35 days (3024000 seconds) in the future")
      for text in ("tomorrow", *(later(minutes=ahead).isoformat() for ahead in (-1, 14, 36 * 24 * 60)))),
    *(({"To": THEIR, "From": OUR, "Body": "x", "ValidityPeriod": text}, 21624, "Invalid validity period value")
      for text in ("0", "36001", "soon")),
    ({"To": THEIR, "From": OUR, "Body": "x", "Attempt": "often"}, 20001,
     "Invalid parameter: Attempt: must be integer, not 'often'"),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "code", "message"), REFUSED)
def test_what_is_wrong_has_the_services_code_and_text(
    sandbox: Sandbox, sent: dict[str, Any], code: int, message: str
) -> None:
    """A wrong request gets the service's code and text in JSON and XML, by every operation."""
    base = f"{sandbox.url}/2010-04-01/Accounts/{sandbox.values['account_id']}/Messages"
    auth = (sandbox.values["account_id"], sandbox.values["access_token"])
    answer = requests.post(f"{base}.json", data=sent, auth=auth, timeout=10)
    more = f"https://www.twilio.com/docs/errors/{code}"
    assert (answer.status_code, answer.json()) == (
        400, {"code": code, "message": message, "more_info": more, "status": 400}
    )  # fmt: skip
    answer = requests.post(f"{base}.xml", data=sent, auth=auth, timeout=10)
    assert answer.status_code == 400
    assert f"<Code>{code}</Code>" in answer.text
    assert f"<MoreInfo>{more}</MoreInfo>" in answer.text


def test_the_codes_reach_both_clients(client: Client, twilio: Connector) -> None:
    """Both clients read the service's error codes, as far as each sends the wrong value."""
    cases: list[tuple[dict[str, Any], int]] = [
        ({"to": THEIR, "body": "x"}, 21603),
        ({"to": THEIR, "from_": OUR}, 21602),
        ({"to": "+15005550009", "from_": OUR, "body": "x"}, 21614),
        ({"to": THEIR, "from_": "+15005550007", "body": "x"}, 21606),
        ({"to": OUR, "from_": OUR, "body": "x"}, 21266),
        ({"to": THEIR, "from_": OUR, "body": "x", "schedule_type": "fixed"}, 35118),
    ]
    for arguments, code in cases:
        with pytest.raises(TwilioRestException) as theirs:
            client.messages.create(**arguments)
        for accept in ("application/json", XML):
            with pytest.raises(openconnectors.BadRequest) as ours:
                twilio.create_message.using(accept=accept)(**arguments)
            assert (ours.value.status, ours.value.code) == (theirs.value.status, theirs.value.code) == (400, code)
            assert f"Unable to create record: {ours.value.message}" == theirs.value.msg


def test_the_document_refuses_what_it_can_say(unsent: Connector, listener: Any) -> None:
    """Too long, too many, of another form: nothing is sent."""
    for wrong in (
        {"body": "x" * 1601},
        {"media_url": ["https://a.example/1"] * 11},
        {"content_sid": "HX1"},
        {"messaging_service_sid": "MG1"},
        {"validity_period": 36001},
        {"send_at": "tomorrow"},
        {"provide_feedback": "perhaps"},
    ):
        with pytest.raises(openconnectors.InvalidArguments, match=next(iter(wrong))):
            unsent.create_message(to=THEIR, from_=OUR, **wrong)
    with pytest.raises(openconnectors.InvalidArguments, match="body"):
        unsent.update_message(message_id="SM" + "0" * 32, body="another text")
    with pytest.raises(openconnectors.InvalidArguments, match="status"):
        unsent.update_message(message_id="SM" + "0" * 32, status="sent")
    assert listener.untouched()


# What becomes of a message


def test_a_scheduled_message_is_canceled(client: Client, twilio: Connector) -> None:
    """Either client cancels a scheduled message; another cannot be canceled."""
    at = later(days=1)
    for cancel in (
        lambda sid: client.messages(sid).update(status="canceled").status,
        lambda sid: twilio.update_message(message_id=sid, status="canceled")["status"],
        lambda sid: twilio.update_message.using(accept=XML)(message_id=sid, status="canceled")["status"],
    ):
        sent = twilio.create_message(
            to=THEIR, messaging_service_sid=SERVICE, body="x", schedule_type="fixed", send_at=at
        )
        sid = sent["sid"]
        with pytest.raises(TwilioRestException) as caught:
            client.messages(sid).delete()
        assert (caught.value.status, caught.value.code) == (409, 20009)
        assert cancel(sid) == "canceled"
        assert in_both(twilio.get_message, message_id=sid)["status"] == "canceled"
        with pytest.raises(openconnectors.BadRequest) as again:
            twilio.update_message(message_id=sid, status="canceled")
        assert (again.value.code, again.value.message) == (30409, "This message cannot be canceled")
        with pytest.raises(TwilioRestException) as theirs:
            client.messages(sid).update(status="canceled")
        assert theirs.value.code == 30409


def test_a_message_is_redacted(client: Client, twilio: Connector) -> None:
    """Redacting a message leaves an empty body, not null, in XML too."""
    for redact in (
        lambda sid: client.messages(sid).update(body="").body,
        lambda sid: twilio.update_message(message_id=sid, body="")["body"],
        lambda sid: twilio.update_message.using(accept=XML)(message_id=sid, body="")["body"],
    ):
        sid = twilio.create_message(to=THEIR, from_=OUR, body="secret")["sid"]
        assert redact(sid) == ""
        assert in_both(twilio.get_message, message_id=sid)["body"] == ""
        assert client.messages(sid).fetch().body == ""
    sid = twilio.create_message(
        to=THEIR, messaging_service_sid=SERVICE, body="x", schedule_type="fixed", send_at=later(days=1)
    )["sid"]
    with pytest.raises(openconnectors.Conflict) as caught:
        twilio.update_message(message_id=sid, body="")
    assert caught.value.code == 20009


def test_a_message_is_deleted(client: Client, twilio: Connector) -> None:
    """A deleted message is gone with its media, for both clients, and cannot be deleted again."""
    for delete in (
        lambda sid: client.messages(sid).delete(),
        lambda sid: twilio.delete_message(message_id=sid) is None,
        lambda sid: twilio.delete_message.using(accept=XML)(message_id=sid) is None,
    ):
        sid = twilio.create_message(to=THEIR, from_=OUR, media_url=IMAGES)["sid"]
        medium = next(twilio.list_message_media.items(message_id=sid))["sid"]
        assert delete(sid)
        for operation, arguments in (
            (twilio.delete_message, {}),
            (twilio.get_message, {}),
            (twilio.update_message, {"body": ""}),
            (twilio.list_message_media, {}),
            (twilio.get_message_media, {"media_id": medium}),
        ):
            with pytest.raises(openconnectors.NotFound) as caught:
                operation(message_id=sid, **arguments)
            assert caught.value.code == 20404


def test_the_media_of_a_message(client: Client, twilio: Connector) -> None:
    """Listed, read and deleted by either; a medium belongs to its message alone."""
    sid = str(client.messages.create(to=THEIR, from_=OUR, media_url=[*IMAGES, "https://a.example/x"]).sid)
    other = twilio.create_message(to=THEIR, from_=OUR, media_url=IMAGES[:1])["sid"]
    ours = in_both(twilio.list_message_media, message_id=sid)
    assert [row["content_type"] for row in ours["media_list"]] == [
        "image/png",
        "image/jpeg",
        "application/octet-stream",
    ]
    theirs = client.messages(sid).media.list()
    assert [fields(item_of_theirs, ours["media_list"][0]) for item_of_theirs in theirs] == [
        plain(item) for item in ours["media_list"]
    ]
    paged = list(twilio.list_message_media.using(accept=XML).items(message_id=sid, page_size=2))
    assert paged == ours["media_list"]
    assert [item.sid for item in client.messages(sid).media.stream(page_size=1)] == [row["sid"] for row in paged]
    today = datetime.now(UTC).date()
    for filters, count in [({"date_created": today.isoformat()}, 3), ({"date_created": "<=2009-07-06"}, 0)]:
        assert len(list(twilio.list_message_media.items(message_id=sid, **filters))) == count
    assert len(client.messages(sid).media.list(date_created_after=datetime(2009, 7, 6, tzinfo=UTC))) == 3
    first, second, third = (row["sid"] for row in paged)
    row = in_both(twilio.get_message_media, message_id=sid, media_id=first)
    assert plain(row) == fields(client.messages(sid).media(first).fetch(), row)
    assert row["parent_sid"] == sid
    with pytest.raises(openconnectors.NotFound):
        twilio.get_message_media(message_id=other, media_id=first)
    with pytest.raises(TwilioRestException) as caught:
        client.messages(other).media(first).delete()
    assert (caught.value.status, caught.value.code) == (404, 20404)
    assert client.messages(sid).media(first).delete()
    assert twilio.delete_message_media(message_id=sid, media_id=second) is None
    assert [row["sid"] for row in twilio.list_message_media.items(message_id=sid)] == [third]


def test_a_404_names_the_path_of_the_request(twilio: Connector, sandbox: Sandbox) -> None:
    """The message of a 404 names the path of the request, with .json or .xml."""
    nobody = "SM" + "0" * 32
    path = f"/2010-04-01/Accounts/{sandbox.values['account_id']}/Messages/{nobody}"
    for accept, suffix in (("application/json", ".json"), (XML, ".xml")):
        for call in (twilio.get_message, twilio.delete_message):
            with pytest.raises(openconnectors.NotFound) as caught:
                call.using(accept=accept)(message_id=nobody)
            assert caught.value.message == f"The requested resource {path}{suffix} was not found"


# Segments and other functions of templates


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 152 + "€" + "a" * 152, 3),  # the escape and its character stay together
        ("a" * 153 + "€" + "a" * 151, 2),
        ("\n\r@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà" * 4, 2),
        ("ç", 1),
        ("ç" * 70, 1),
        ("ç" * 71, 2),
        ("ç" * 134, 2),
        ("ç" * 135, 3),
        ("a" * 70 + "中", 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("😀" * 66, 2),
        ("😀" * 67, 3),  # 33 pairs to a segment: a pair is not cut
        ("`" * 71, 2),
        ("x" * 1600, 11),
    ],
)
def test_segments(text: str, count: int) -> None:
    """160 septets or 70 code units alone, 153 or 67 together; what the extension table has counts twice."""
    assert segments(text) == count


@pytest.mark.parametrize(
    ("template", "context", "value"),
    [
        ("{segments:body}", {"body": "ç" * 71}, "2"),
        ("{segments:body}", {}, "1"),
        ("{times:-0.00750:n}", {"n": "3"}, "-0.02250"),
        ("{times:2:n}", {"n": 3}, "6"),
        ("{times:2:n}", {}, None),
        ("{times:x:n}", {"n": 1}, None),
        ("{type:u}", {"u": "https://a.example/x.GIF?y.png#z"}, "image/gif"),
        ("{type:u}", {"u": "https://a.example/"}, "application/octet-stream"),
        ("{count:u}", {"u": [1, 2]}, "2"),
    ],
)
def test_functions_of_templates(template: str, context: dict[str, Any], value: Any) -> None:
    """Each template function has the value of its case, or none if its input is missing or invalid."""
    assert fill(template, context) == value
