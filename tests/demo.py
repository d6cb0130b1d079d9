"""The main job, on the embedded sandbox: ``make demo`` prints it, and a test reads what it prints."""

from __future__ import annotations

import openconnectors
from openconnectors import registry
from openconnectors.engine.documents import loader
from openconnectors.engine.sandbox import Sandbox


def main() -> None:
    """Print messages that are sent, listed, read from JSON and XML, refused, and the choices of an argument."""
    entry = registry.find("twilio")

    with Sandbox(loader.load(entry.document, entry.properties)) as sandbox:
        print(f"a sandbox of {entry.document.name} listens at {sandbox.url}\n")
        twilio = openconnectors.load("twilio", connection=sandbox.values, base_url=sandbox.url)

        for text in ("Hello", "How are you?", "Grüße"):
            message = twilio.send_message(from_="+15005550006", to="+14155552345", body=text)
        print(f"sent         {message['sid']}  {message['status']}  {message['body']!r}")

        for number, page in enumerate(twilio.list_messages.pages(page_size=2), 1):
            for listed in page["messages"]:
                print(f"page {number}       {listed['sid']}  {listed['status']}  {listed['body']!r}")

        as_json = twilio.get_message(message_id=message["sid"])
        response = twilio.get_message.using(accept="application/xml").response(message_id=message["sid"])
        print(f"\nas JSON      {as_json['date_sent']}  {as_json['subresource_uris']}")
        print(f"as XML       {response.value['date_sent']}  {response.value['subresource_uris']}")
        print(f"on the wire  {response.body[:96].decode()}…")
        print(f"the same value: {as_json == response.value}")

        try:
            twilio.send_message(from_="+15005550006", body="to nobody")
        except openconnectors.InvalidArguments as refused:
            print(f"\nrefused      {refused}")

        print("\nchoices for from_")
        for value, title in twilio.send_message.choices("from"):
            print(f"             {value}  {title}")


if __name__ == "__main__":
    main()
