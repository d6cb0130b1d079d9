"""The bytes that the server of the measurements answers: a message and lists of messages of Twilio, in JSON and XML.

Shapes are those of the service: null members, a member that is an object of names and URIs, dates as RFC 2822 writes
them; in XML an envelope, elements in Pascal case, the fields of a page as attributes.
"""

from __future__ import annotations

import json
from typing import Any

ACCOUNT = "AC" + "a" * 32
TOKEN = "t" * 32
MESSAGE_ID = "SM" + "b" * 32
FORM = {"From": "+14155552345", "To": "+14155552346", "Body": "hello"}
"""The fields of the message that every client sends."""

MESSAGE: dict[str, Any] = {
    "account_sid": ACCOUNT,
    "api_version": "2010-04-01",
    "body": "Hello there, this is message 0",
    "date_created": "Thu, 24 Aug 2023 05:01:45 +0000",
    "date_sent": "Thu, 24 Aug 2023 05:01:45 +0000",
    "date_updated": "Thu, 24 Aug 2023 05:01:45 +0000",
    "direction": "outbound-api",
    "error_code": None,
    "error_message": None,
    "from": "+14155552345",
    "num_media": "0",
    "num_segments": "1",
    "price": None,
    "price_unit": "USD",
    "messaging_service_sid": "MG" + "a" * 32,
    "sid": MESSAGE_ID,
    "status": "queued",
    "subresource_uris": {"media": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{MESSAGE_ID}/Media.json"},
    "to": "+14155552346",
    "uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{MESSAGE_ID}.json",
}


def messages(count: int) -> list[dict[str, Any]]:
    """As many messages, which differ in their text."""
    return [MESSAGE | {"body": f"Hello there, this is message {number}"} for number in range(count)]


def page(count: int) -> dict[str, Any]:
    """A page of so many messages, the last of its list."""
    uri = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json?PageSize={count}&Page=0"
    links = {"uri": uri, "first_page_uri": uri, "next_page_uri": None, "previous_page_uri": None}
    return {"messages": messages(count), "page": 0, "page_size": count, "start": 0, "end": count - 1} | links


def in_json(value: Any) -> bytes:
    """A message or a page as Twilio writes it in JSON."""
    return json.dumps(value).encode()


def in_xml(value: dict[str, Any]) -> bytes:
    """A message or a page as Twilio writes it in XML."""
    if "messages" in value:
        fields = {name.replace("_", ""): item for name, item in value.items() if name != "messages"}
        attributes = "".join(f' {name}="{_text(item)}"' for name, item in fields.items())
        inside = f"<Messages{attributes}>{''.join(map(_element, value['messages']))}</Messages>"
    else:
        inside = _element(value)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<TwilioResponse>{inside}</TwilioResponse>'.encode()


def _element(message: dict[str, Any]) -> str:
    """A message as an element."""
    parts = []
    for name, item in message.items():
        tag = "".join(word.capitalize() for word in name.split("_"))
        inside = f"<Media>{_text(item['media'])}</Media>" if isinstance(item, dict) else _text(item)
        parts.append(f"<{tag}>{inside}</{tag}>" if inside else f"<{tag}/>")
    return f"<Message>{''.join(parts)}</Message>"


def _text(item: object) -> str:
    """A value as text between tags or quotes."""
    return "" if item is None else str(item).replace("&", "&amp;")
