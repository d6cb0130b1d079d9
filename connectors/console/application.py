"""The pages of the console and their addresses, as a WSGI application.

GET   /                                   the connectors
GET   /assets/NAME                        style sheets and scripts
GET   /CONNECTOR/                         the page of a connector
GET   /CONNECTOR/OPERATION/form           a part of it: the form of an operation
POST  /CONNECTOR/OPERATION/preview        the request that the form would send
POST  /CONNECTOR/OPERATION/call           the call
POST  /CONNECTOR/OPERATION/choices        the values that may be given for a field
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
from jinja2 import ChoiceLoader, Environment, FileSystemLoader
from werkzeug.exceptions import HTTPException, InternalServerError, NotFound
from werkzeug.routing import Map, Rule
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from openconnectors.connections import variables
from openconnectors.console.calls import Calls
from openconnectors.console.fields import folded
from openconnectors.console.guard import Guard, LimitedRequest
from openconnectors.console.targets import Connected
from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.log import logger
from openconnectors.engine.pages import html
from openconnectors.engine.pages.examples import Flags, Names
from openconnectors.engine.pages.reading import page
from openconnectors.engine.pages.records import Page
from openconnectors.engine.pages.shapes import anchors
from openconnectors.engine.pages.texts import sentence
from openconnectors.engine.plan.examples import minimal
from openconnectors.registry import Entry

_HERE = Path(__file__).parent
_ASSETS = "/assets"
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
_log = logger("openconnectors")
_ROUTES = Map(
    [
        Rule("/", endpoint="index", methods=["GET"]),
        Rule(f"{_ASSETS}/<name>", endpoint="asset", methods=["GET"]),
        Rule("/<connector>/", endpoint="connector", methods=["GET"]),
        Rule("/<connector>/<operation>/form", endpoint="form", methods=["GET"]),
        Rule("/<connector>/<operation>/preview", endpoint="preview", methods=["POST"]),
        Rule("/<connector>/<operation>/call", endpoint="call", methods=["POST"]),
        Rule("/<connector>/<operation>/choices", endpoint="choices", methods=["POST"]),
    ]
)


class Application:
    """The pages of some connectors; ``flags`` are the options of an operation on the command line."""

    def __init__(self, entries: Iterable[Entry], flags: Flags, guard: Guard) -> None:
        self._entries = {entry.name: entry for entry in entries}
        self._flags = flags
        self._guard = guard
        self._connected: dict[str, Connected] = {}
        self._pages: dict[str, Page] = {}
        self._lock = threading.RLock()
        self._templates = _templates()
        self._assets = {**html.assets(), **{path.name: path.read_text("utf-8") for path in _further_assets()}}
        self._endpoints: Mapping[str, Callable[..., Response]] = {
            "index": self._index,
            "asset": self._asset,
            "connector": self._connector,
            "form": self._form,
            "preview": lambda request, **place: self._called(request, Calls.preview, **place),
            "call": lambda request, **place: self._called(request, Calls.send, **place),
            "choices": lambda request, **place: self._called(request, Calls.choices, **place),
        }

    def __call__(self, environ: Mapping[str, Any], start_response: Any) -> Iterable[bytes]:
        request = LimitedRequest(dict(environ))
        with request:  # which closes its files
            response = self._guard.protect(self._respond(request))
        return response(dict(environ), start_response)

    def stop(self) -> None:
        """Stop the sandboxes."""
        with self._lock:
            for connected in self._connected.values():
                connected.stop()

    def path_of(self, name: str) -> str:
        """The path of a connector's page."""
        return f"/{quote(name, safe='')}/"

    def _respond(self, request: LimitedRequest) -> Response:
        try:
            if self._guard.opens(request):
                return self._guard.let_in(_moved(request.path))
            self._guard.check(request)
            endpoint, place = _ROUTES.bind_to_environ(request.environ).match()
            return self._endpoints[endpoint](request, **place)
        except HTTPException as error:
            return _text(error.code or 500, f"{error.name}: {error.description}")
        except ConnectorError as error:
            return _text(422, str(error))
        except Exception as error:  # noqa: BLE001 - a fault of ours; what it says may hold what was sent
            last = traceback.extract_tb(error.__traceback__)[-1]
            _log.warning("the console failed: %s in %s:%s", type(error).__name__, last.filename, last.lineno)
            return _text(500, f"{InternalServerError().name}: the console failed; the terminal says where")

    # Pages

    def _index(self, request: LimitedRequest) -> Response:
        if len(self._entries) == 1:
            return _moved(self.path_of(next(iter(self._entries))))
        links = self._links()
        problems = sorted(self._entries.keys() - {link.name for link in links})
        return self._html("console_index.html", links=links, problems=problems)

    def _links(self) -> list[html.Link]:
        return [link for name in self._entries if (link := self._link(name)) is not None]

    def _link(self, name: str) -> html.Link | None:
        """How the index shows a connector; None if its document cannot be read."""
        try:
            connected = self._connector_of(name)
        except ConnectorError:
            return None
        service = connected.service
        # Their titles would need all operations of all documents.
        operations = [
            (operation.replace("_", " ").capitalize(), operation, anchor)
            for operation, anchor in anchors("operation", connected.names).items()
        ]
        description = sentence(service.description)
        return html.Link(service.title or name, self.path_of(name), name, description, operations)

    def _asset(self, request: LimitedRequest, name: str) -> Response:
        if name == "operations.js":
            return Response(html.search_script(self._links()), content_type=_TYPES[".js"])
        if name not in self._assets:
            raise NotFound
        return Response(self._assets[name], content_type=_TYPES[Path(name).suffix])

    def _connector(self, request: LimitedRequest, connector: str) -> Response:
        connected = self._connector_of(connector)
        return self._html(
            "console.html",
            page=self._page(connected),
            index="/" if len(self._entries) > 1 else "",
            targets=connected.targets(),
            address=self.path_of(connector),
        )

    def _page(self, connected: Connected) -> Page:
        """The data of a connector's page, kept."""
        entry = connected.entry
        with self._lock:
            if entry.name not in self._pages:
                names = Names(entry.name if entry.named else str(entry.document), not entry.named)
                self._pages[entry.name] = page(
                    names, entry.name, connected.service, self._flags, partial(variables, entry)
                )
            return self._pages[entry.name]

    def _form(self, request: LimitedRequest, connector: str, operation: str) -> Response:
        connected = self._connector_of(connector)
        plan = connected.plan(operation)
        fields = connected.fields(operation)
        body = plan.operation.request_body
        return self._html(
            "form.html",
            fields=fields,
            folded=folded(fields),
            offered=plan.offered,
            media_types=tuple(body.content) if body is not None else (),
            example=_example(plan),
        )

    def _called(
        self, request: LimitedRequest, verb: Callable[[Calls], Mapping[str, Any]], connector: str, operation: str
    ) -> Response:
        reply = verb(Calls(self._connector_of(connector), operation, request))
        return Response(msgspec.json.encode(reply), content_type="application/json")

    def _connector_of(self, name: str) -> Connected:
        """A connector of the console."""
        if name not in self._entries:
            raise NotFound("There is no connector of this name here.")
        with self._lock:
            if name not in self._connected:
                self._connected[name] = Connected(self._entries[name])
            return self._connected[name]

    def _html(self, template: str, **values: Any) -> Response:
        text = self._templates.get_template(template).render(
            **values, assets=_ASSETS, token=self._guard.token, title="Connectors"
        )
        return Response(text, content_type="text/html; charset=utf-8")


def _templates() -> Environment:
    """The templates of pages, and those of the console, which extend them."""
    pages = html.environment()
    ours = FileSystemLoader(_HERE / "templates")
    return pages.overlay(loader=ChoiceLoader([ours, *([pages.loader] if pages.loader is not None else [])]))


def _further_assets() -> list[Path]:
    return sorted((_HERE / "assets").iterdir())


def _example(plan: Any) -> str:
    """Arguments of the document alone, as JSON, that a form can be filled with; empty if there are none."""
    try:
        return msgspec.json.Encoder(decimal_format="number").encode(minimal(plan)).decode()
    except (ConnectorError, TypeError, ValueError, RecursionError):  # there is none, or it has bytes
        return ""


def _moved(path: str) -> Response:
    """A redirect within the console."""
    return redirect(f"/{path.lstrip('/')}", 303, Response)


def _text(status: int, text: str) -> Response:
    return Response(f"{text}\n", status=status, content_type="text/plain; charset=utf-8")
