"""The clients that are measured: a function each that returns its calls by name, ready to be called again and again.

All send the same requests and end with plain data or the client's own objects; a function is given the server's URL
and the certificate to trust. Clients are imported inside their functions: each is measured in a process of its own,
and peers run in an environment without the package. Calls of asynchronous clients return what is to be awaited.

- ``send``: a form is posted, the new message read
- ``get``: a message by its identifier
- ``list50``, ``list1000``: a page of so many messages
- ``get_xml``, ``list50_xml``: the same from XML
"""

from __future__ import annotations

import base64
import json
import ssl
import urllib.parse
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from bench.payloads import ACCOUNT, FORM, MESSAGE_ID, TOKEN

Calls = Mapping[str, Callable[[], Any]]

MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages"
MESSAGE = f"{MESSAGES}/{MESSAGE_ID}"
DOCUMENT = Path(__file__).with_name("messages.swagger.yaml")
BASIC = "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
HEADERS = {"Authorization": BASIC}
FORM_HEADERS = HEADERS | {"Content-Type": "application/x-www-form-urlencoded"}


def ours(base: str, certificate: str | None) -> Calls:
    """This package, blocking, with its connector for Twilio and every check on."""
    import openconnectors

    values = {"account_id": ACCOUNT, "access_token": TOKEN}
    trust: Any = {} if certificate is None else {"verify": certificate}
    return _operations(openconnectors.load("twilio", connection=values, base_url=base, **trust))


async def ours_async(base: str, certificate: str | None) -> Calls:
    """This package, awaited."""
    import openconnectors

    values = {"account_id": ACCOUNT, "access_token": TOKEN}
    trust: Any = {} if certificate is None else {"verify": certificate}
    return _operations(openconnectors.load_async("twilio", connection=values, base_url=base, **trust))


def _operations(twilio: Any) -> Calls:
    """The calls of a connector, blocking or awaited."""
    message = {"from_": FORM["From"], "to": FORM["To"], "body": FORM["Body"]}
    xml = "application/xml"
    return {
        "send": partial(twilio.send_message, **message),
        "get": partial(twilio.get_message, message_id=MESSAGE_ID),
        "list50": partial(twilio.list_messages, page_size=50),
        "list1000": partial(twilio.list_messages, page_size=1000),
        "get_xml": partial(twilio.get_message.using(accept=xml), message_id=MESSAGE_ID),
        "list50_xml": partial(twilio.list_messages.using(accept=xml), page_size=50),
    }


def requests(base: str, certificate: str | None) -> Calls:
    """A session of requests, and ``json()``."""
    import requests

    session = requests.Session()
    session.auth = (ACCOUNT, TOKEN)
    session.verify = certificate or True

    def send() -> Any:
        return session.post(f"{base}{MESSAGES}.json", data=FORM).json()

    def read(path: str, **query: int) -> Any:
        return session.get(base + path, params=query).json()

    return _reading(send, read)


def urllib3(base: str, certificate: str | None) -> Calls:
    """A pool of urllib3, and ``json.loads``; XML into lxml's tree where that is installed."""
    import urllib3

    pool = urllib3.PoolManager(ca_certs=certificate)

    def send() -> Any:
        body = urllib.parse.urlencode(FORM)
        return json.loads(pool.request("POST", f"{base}{MESSAGES}.json", body=body, headers=FORM_HEADERS).data)

    def read(path: str, **query: Any) -> Any:
        return json.loads(pool.request("GET", base + path, fields=query, headers=HEADERS).data)

    return _reading(send, read)


def http_client(base: str, certificate: str | None) -> Calls:
    """A connection of http.client, and ``json.loads``."""
    import http.client

    address = urllib.parse.urlsplit(base)
    connection: http.client.HTTPConnection
    if certificate is None:
        connection = http.client.HTTPConnection(str(address.hostname), address.port)
    else:
        context = ssl.create_default_context(cafile=certificate)
        connection = http.client.HTTPSConnection(str(address.hostname), address.port, context=context)

    def send() -> Any:
        connection.request("POST", f"{MESSAGES}.json", urllib.parse.urlencode(FORM), FORM_HEADERS)
        return json.loads(connection.getresponse().read())

    def read(path: str, **query: int) -> Any:
        connection.request("GET", _target(path, query), headers=HEADERS)
        return json.loads(connection.getresponse().read())

    return _reading(send, read)


def httpx2(base: str, certificate: str | None) -> Calls:
    """A client of httpx2, and ``json()``."""
    import httpx2

    client = httpx2.Client(auth=(ACCOUNT, TOKEN), verify=_context(certificate), trust_env=False)

    def send() -> Any:
        return client.post(f"{base}{MESSAGES}.json", data=FORM).json()

    def read(path: str, **query: int) -> Any:
        return client.get(base + path, params=query).json()

    return _reading(send, read)


async def httpx2_async(base: str, certificate: str | None) -> Calls:
    """An asynchronous client of httpx2, and ``json()``."""
    import httpx2

    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
    client = httpx2.AsyncClient(
        auth=(ACCOUNT, TOKEN), verify=_context(certificate), trust_env=False, limits=limits, timeout=None
    )

    async def send() -> Any:
        return (await client.post(f"{base}{MESSAGES}.json", data=FORM)).json()

    async def read(path: str, **query: int) -> Any:
        return (await client.get(base + path, params=query)).json()

    return _reading(send, read)


async def aiohttp(base: str, certificate: str | None) -> Calls:
    """A session of aiohttp, and ``json()``."""
    import aiohttp

    connector = aiohttp.TCPConnector(limit=0, ssl=_context(certificate))
    session = aiohttp.ClientSession(auth=aiohttp.BasicAuth(ACCOUNT, TOKEN), connector=connector)

    async def send() -> Any:
        async with session.post(f"{base}{MESSAGES}.json", data=FORM) as response:
            return await response.json()

    async def read(path: str, **query: int) -> Any:
        async with session.get(base + path, params=query) as response:
            return await response.json()

    return _reading(send, read)


def bravado(base: str, certificate: str | None, models: bool = True) -> Calls:
    """bravado, which validates requests and responses, into its models; without TLS, as it has no option for trust."""
    from bravado.client import SwaggerClient
    from bravado.requests_client import RequestsClient

    http = RequestsClient()
    http.set_basic_auth("127.0.0.1", ACCOUNT, TOKEN)
    client = SwaggerClient.from_spec(_document(base), http_client=http, config={"use_models": models})
    return {
        "send": lambda: client.m.SendMessage(**FORM).response().result,
        "get": lambda: client.m.GetMessage(MessageId=MESSAGE_ID).response().result,
        "list50": lambda: client.m.ListMessages(PageSize=50).response().result,
        "list1000": lambda: client.m.ListMessages(PageSize=1000).response().result,
    }


def aiopenapi3(base: str, certificate: str | None) -> Calls:
    """aiopenapi3 with a blocking session that is kept, which it would close after each call; into its models."""
    import httpx2
    from aiopenapi3 import OpenAPI

    class Kept(httpx2.Client):
        def __exit__(self, *_: object) -> None:
            """Stay open."""

        close = __exit__

    client = Kept(trust_env=False)
    client.__enter__()

    def session(*_: Any, **__: Any) -> httpx2.Client:
        return client

    session.__annotations__["return"] = httpx2.Client  # it reads whether the session blocks from here
    api = OpenAPI(f"{base}/document.yaml", _document(base), session_factory=session)
    api.authenticate(basic=(ACCOUNT, TOKEN))
    return {
        "send": lambda: api._.m.SendMessage(data=None, parameters=FORM),
        "get": lambda: api._.m.GetMessage(parameters={"MessageId": MESSAGE_ID}),
        "list50": lambda: api._.m.ListMessages(parameters={"PageSize": 50}),
        "list1000": lambda: api._.m.ListMessages(parameters={"PageSize": 1000}),
    }


def twilio(base: str, certificate: str | None) -> Calls:
    """The vendor's library, into its instances."""
    from twilio.rest import Client

    client = Client(ACCOUNT, TOKEN)
    client.api.base_url = base
    return {
        "send": lambda: client.messages.create(from_=FORM["From"], to=FORM["To"], body=FORM["Body"]),
        "get": lambda: client.messages(MESSAGE_ID).fetch(),
        "list50": lambda: client.messages.list(page_size=50, limit=50),
        "list1000": lambda: client.messages.list(page_size=1000, limit=1000),
    }


def _reading(send: Callable[[], Any], read: Callable[..., Any]) -> Calls:
    """The calls of a client of JSON, from its two ways of calling."""
    return {
        "send": send,
        "get": partial(read, f"{MESSAGE}.json"),
        "list50": partial(read, f"{MESSAGES}.json", PageSize=50),
        "list1000": partial(read, f"{MESSAGES}.json", PageSize=1000),
    }


def _target(path: str, query: Mapping[str, int]) -> str:
    """A path with its query."""
    return f"{path}?{urllib.parse.urlencode(query)}" if query else path


def _context(certificate: str | None) -> ssl.SSLContext:
    """What TLS trusts."""
    return ssl.create_default_context(cafile=certificate)


def _document(base: str) -> dict[str, Any]:
    """The document of the peers that call from one, for this server."""
    import yaml

    document: dict[str, Any] = yaml.load(DOCUMENT.read_text("utf-8"), yaml.CSafeLoader)
    document["host"] = urllib.parse.urlsplit(base).netloc
    return document


def json_alone(base: str, certificate: str | None) -> Calls:
    """``json.loads`` of the bytes of each response, without a call: what reading JSON costs at least."""
    from bench import payloads

    texts = {
        "send": payloads.in_json(payloads.MESSAGE),
        "get": payloads.in_json(payloads.MESSAGE),
        "list50": payloads.in_json(payloads.page(50)),
        "list1000": payloads.in_json(payloads.page(1000)),
    }
    return {name: partial(json.loads, text) for name, text in texts.items()}


BLOCKING: Mapping[str, Callable[[str, str | None], Calls]] = {
    "ours": ours,
    "urllib3": urllib3,
    "requests": requests,
    "http.client": http_client,
    "httpx2": httpx2,
    "bravado": bravado,
    "bravado, dicts": partial(bravado, models=False),
    "aiopenapi3": aiopenapi3,
    "twilio": twilio,
    "json.loads": json_alone,
}
AWAITED: Mapping[str, Callable[[str, str | None], Any]] = {
    "ours, async": ours_async,
    "aiohttp": aiohttp,
    "httpx2, async": httpx2_async,
}
WITHOUT_TLS = ("bravado", "bravado, dicts", "aiopenapi3", "twilio", "json.loads")
OURS = ("ours", "ours, async")
