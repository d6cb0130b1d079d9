"""The service's own client library, pointed at the sandbox, sees what our connector returns."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from openconnectors.engine.client.connector import Connector
from openconnectors.engine.sandbox import Sandbox

OUR, THEIR = "+15005550006", "+14155552345"


@pytest.fixture
def client(sandbox: Sandbox) -> Client:
    vendor = Client(sandbox.values["account_id"], sandbox.values["access_token"])
    vendor.api.base_url = sandbox.url
    return vendor


def _same(theirs: Any, ours: dict[str, Any], names: list[str]) -> None:
    for name in names:
        seen = getattr(theirs, f"{name}_" if name == "from" else name)
        value = ours[name]
        if isinstance(seen, datetime):
            value = parsedate_to_datetime(value)
        elif name == "error_code" and value is not None:
            value = int(value)
        elif name == "subresource_uris":
            value = {row["name"]: row["uri"] for row in value}
        assert seen == value, name


MESSAGE = [
    "body num_segments direction from to date_updated price error_message uri account_sid num_media status",
    "messaging_service_sid sid date_sent date_created error_code price_unit api_version subresource_uris",
]


def test_create_and_fetch(client: Client, twilio: Connector) -> None:
    """A message that their client sends is the one that ours gets, field by field."""
    sent = client.messages.create(from_=OUR, to=THEIR, body="Grüße & more", media_url=["https://a.example/1.png"])
    assert (sent.status, sent.num_media, sent.date_sent) == ("queued", "1", None)
    ours = twilio.get_message(message_id=sent.sid)
    _same(client.messages(str(sent.sid)).fetch(), ours, " ".join(MESSAGE).split())
    assert ours["status"] == "delivered"


def test_a_message_sent_by_us_is_fetched_by_them(client: Client, twilio: Connector) -> None:
    """The vendor's client fetches a message of ours with the same members."""
    ours = twilio.send_message(from_=OUR, to=THEIR, body="Hello")
    _same(client.messages(ours["sid"]).fetch(), twilio.get_message(message_id=ours["sid"]), " ".join(MESSAGE).split())


def test_list_with_paging(client: Client, twilio: Connector) -> None:
    """Their stream over pages of two holds what our items hold, newest first."""
    for number in range(5):
        twilio.send_message(from_=OUR, to=THEIR, body=f"number {number}")
    theirs = [item.body for item in client.messages.stream(page_size=2)]
    assert theirs == [f"number {number}" for number in (4, 3, 2, 1, 0)]
    assert theirs == [message["body"] for message in twilio.list_messages.items(page_size=2)]


def test_list_with_filters(client: Client, twilio: Connector) -> None:
    """To, From and the three forms of DateSent choose the same messages for both."""
    twilio.send_message(from_=OUR, to=THEIR, body="one")
    twilio.send_message(from_="+15005550010", to="+442071838750", body="two")
    today = datetime.now(UTC).date()
    cases: list[tuple[dict[str, Any], dict[str, Any], int]] = [
        ({"to": THEIR}, {"to": THEIR}, 1),
        ({"from_": "+15005550010"}, {"from_": "+15005550010"}, 1),
        ({"date_sent": today}, {"date_sent": today.isoformat()}, 2),
        ({"date_sent": date(2009, 7, 6)}, {"date_sent": "2009-07-06"}, 0),
        ({"date_sent_before": date(2009, 7, 6)}, {"date_sent": "<=2009-07-06"}, 0),
        ({"date_sent_after": date(2009, 7, 6)}, {"date_sent": ">=2009-07-06"}, 2),
        ({"date_sent_after": today + timedelta(days=1)}, {"date_sent_after": f"{today + timedelta(days=1)}"}, 0),
    ]
    for theirs, ours, count in cases:
        listed = [item.sid for item in client.messages.list(**theirs)]
        assert listed == [message["sid"] for message in twilio.list_messages.items(**ours)], ours
        assert len(listed) == count, ours


def test_incoming_numbers(client: Client, twilio: Connector) -> None:
    """Listed, added and released by either, seen by both."""
    names = ["phone_number", "friendly_name", "sid", "account_sid", "date_created", "date_updated", "capabilities"]
    names += ["status_callback", "status_callback_method", "api_version"]
    for theirs, ours in zip(
        client.incoming_phone_numbers.list(), twilio.list_incoming_phone_numbers.items(), strict=True
    ):
        _same(theirs, ours, names)
    added = client.incoming_phone_numbers.create(phone_number="+15105550123", friendly_name="Desk")
    ours = twilio.get_incoming_phone_number(phone_number_id=added.sid)
    _same(client.incoming_phone_numbers(str(added.sid)).fetch(), ours, names)
    assert ours["friendly_name"] == "Desk"
    assert client.incoming_phone_numbers(str(added.sid)).delete()
    assert added.sid not in [number["sid"] for number in twilio.list_incoming_phone_numbers.items()]


def test_available_numbers(client: Client, twilio: Connector) -> None:
    """Capabilities stand deeper on the wire than in the contract; both see the same."""
    country = client.available_phone_numbers("US")
    for theirs, ours in (
        (country.local.list(), twilio.list_available_local_phone_numbers(iso_country="US")),
        (country.toll_free.list(), twilio.list_available_toll_free_phone_numbers(iso_country="US")),
        (
            client.available_phone_numbers("GB").mobile.list(),
            twilio.list_available_mobile_phone_numbers(iso_country="GB"),
        ),
    ):
        rows = ours["available_phone_numbers"]
        assert len(theirs) == len(rows) > 0
        for item, row in zip(theirs, rows, strict=True):
            _same(item, row, ["phone_number", "friendly_name", "lata", "postal_code", "rate_center", "region"])
            assert item.capabilities == {name: row[name] for name in ("MMS", "SMS", "voice")}
            assert (None if item.latitude is None else f"{item.latitude}") == row["latitude"]


def test_usage_records(client: Client, twilio: Connector) -> None:
    """Usage records have equal members in the vendor's client and in ours."""
    theirs, ours = client.usage.records.list(), list(twilio.list_usage_records.items())
    assert [record.category for record in theirs] == ["sms", "phonenumbers"]
    for record, row in zip(theirs, ours, strict=True):
        _same(record, row, ["category", "usage", "usage_unit", "description", "price_unit", "count", "count_unit"])
        assert float(str(record.price)) == row["price"]
        assert (str(record.start_date), str(record.end_date)) == (row["start_date"], row["end_date"])


def test_wrong_credentials(sandbox: Sandbox) -> None:
    """Their client reads the error code out of the sandbox's 401."""
    client = Client(sandbox.values["account_id"], "wrong")
    client.api.base_url = sandbox.url
    with pytest.raises(TwilioRestException) as caught:
        client.messages("SM" + "0" * 32).fetch()
    assert (caught.value.status, caught.value.code) == (401, 20003)
    with pytest.raises(TwilioException, match="20003"):
        client.messages.list()


def test_not_found(client: Client) -> None:
    """The vendor's client reads status 404 and code 20404 from the sandbox."""
    with pytest.raises(TwilioRestException) as caught:
        client.messages("SM" + "0" * 32).fetch()
    assert (caught.value.status, caught.value.code) == (404, 20404)


def test_an_impossible_number(client: Client) -> None:
    """The vendor's client reads status 400 and code 21211 from the sandbox."""
    with pytest.raises(TwilioRestException) as caught:
        client.messages.create(from_=OUR, to="+15005550001", body="x")
    assert (caught.value.status, caught.value.code) == (400, 21211)
