"""A service of parcels, which checks what it is sent by its own document, and keeps to it but for one fault."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import jsonschema_rs
from werkzeug.wrappers import Request, Response

from tests.faulty import Faulty, Service, bugs

KEY = "parcel-key-123456"
UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
ADDRESS = {
    "type": "object",
    "required": ["street", "zip"],
    "additionalProperties": False,
    "properties": {
        "street": {"type": "string", "minLength": 1, "maxLength": 60},
        "zip": {"type": "string", "pattern": "^[0-9]{5}$"},
        "email": {"type": "string", "format": "email"},
    },
}
NEW: dict[str, Any] = {
    "type": "object",
    "required": ["weight", "to", "service"],
    "additionalProperties": False,
    "properties": {
        "weight": {"type": "number", "minimum": 0.1, "maximum": 31.5},
        "count": {"type": "integer", "format": "int32", "minimum": 1, "maximum": 20},
        "fragile": {"type": "boolean"},
        "service": {"type": "string", "enum": ["standard", "express", "Overnight"]},
        "to": {"$ref": "#/definitions/Address"},
        "due": {"type": "string", "format": "date"},
        "labels": {"type": "array", "items": {"type": "string", "minLength": 2}, "maxItems": 4, "uniqueItems": True},
        "note": {"type": "string", "maxLength": 20, "x-nullable": True},
    },
}
PARCEL: dict[str, Any] = {
    "type": "object",
    "required": ["id", "weight", "to", "service", "created", "tracking"],
    "additionalProperties": False,
    "properties": {
        **NEW["properties"],
        "id": {"type": "string", "format": "uuid"},
        "created": {"type": "string", "format": "date-time"},
        "tracking": {"type": "string", "format": "uri"},
        "ip": {"type": "string", "format": "ipv4"},
        "signature": {"type": "string", "format": "byte"},
        "events": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["at", "what"],
                "properties": {"at": {"type": "string", "format": "date-time"}, "what": {"type": "string"}},
            },
        },
    },
}
ERROR = {
    "type": "object",
    "required": ["code", "message"],
    "properties": {"code": {"type": "integer"}, "message": {"type": "string"}},
}


def _described(description: str, reference: str = "Error", headers: tuple[str, ...] = ()) -> dict[str, Any]:
    response: dict[str, Any] = {"description": description, "schema": {"$ref": f"#/definitions/{reference}"}}
    if headers:
        response["headers"] = {name: {"type": "integer" if name == "X-Count" else "string"} for name in headers}
    return response


_WRONG = {"400": _described("wrong"), "401": _described("nobody"), "415": _described("no JSON")}
_ID = {"name": "id", "in": "path", "required": True, "type": "string", "format": "uuid"}
_BODY = {"name": "parcel", "in": "body", "required": True, "schema": {"$ref": "#/definitions/New"}}
DOCUMENT: dict[str, Any] = {
    "swagger": "2.0",
    "info": {"title": "Parcels", "version": "1.0.0"},
    "host": "parcels.example",
    "schemes": ["http"],
    "consumes": ["application/json"],
    "produces": ["application/json"],
    "securityDefinitions": {"key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"}},
    "security": [{"key": []}],
    "paths": {
        "/parcels": {
            "get": {
                "operationId": "listParcels",
                "parameters": [
                    {"name": "service", "in": "query", "type": "string", "enum": ["standard", "express", "Overnight"]},
                    {"name": "ids", "in": "query", "type": "array", "items": {"type": "integer"}, "maxItems": 3},
                    {"name": "since", "in": "query", "type": "string", "format": "date-time"},
                    {"name": "heavier", "in": "query", "type": "number", "minimum": 0, "maximum": 31.5},
                    {"name": "fragile", "in": "query", "type": "boolean"},
                    {"name": "X-Shop", "in": "header", "required": True, "type": "string", "maxLength": 8},
                ],
                "responses": {
                    "200": {
                        "description": "all",
                        "schema": {"type": "array", "items": {"$ref": "#/definitions/Parcel"}},
                        "headers": {"X-Count": {"type": "integer"}},
                    },
                    **_WRONG,
                },
            },
            "post": {
                "operationId": "sendParcel",
                "parameters": [_BODY],
                "responses": {"201": _described("sent", "Parcel", ("Location",)), **_WRONG},
            },
        },
        "/parcels/{id}": {
            "parameters": [_ID],
            "get": {
                "operationId": "getParcel",
                "responses": {"200": _described("it", "Parcel"), "404": _described("none"), **_WRONG},
            },
            "put": {
                "operationId": "changeParcel",
                "parameters": [_BODY],
                "responses": {"200": _described("it", "Parcel"), "404": _described("none"), **_WRONG},
            },
            "delete": {
                "operationId": "cancelParcel",
                "responses": {"204": {"description": "gone"}, "404": _described("none"), **_WRONG},
            },
        },
        "/quote": {
            "get": {
                "operationId": "quoteParcel",
                "parameters": [
                    {
                        "name": "weight",
                        "in": "query",
                        "required": True,
                        "type": "number",
                        "minimum": 0.1,
                        "maximum": 31.5,
                    },
                    {"name": "zone", "in": "query", "type": "integer", "minimum": 1, "maximum": 8, "default": 1},
                    {"name": "on", "in": "query", "type": "string", "format": "date"},
                    {"name": "code", "in": "query", "type": "string", "minLength": 3, "maxLength": 6},
                ],
                "responses": {
                    "200": {
                        "description": "price",
                        "schema": {
                            "type": "object",
                            "required": ["price", "currency"],
                            "properties": {
                                "price": {"type": "number", "minimum": 0, "maximum": 1000},
                                "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
                                "points": {"type": "integer", "format": "int32"},
                            },
                        },
                    },
                    **_WRONG,
                },
            }
        },
    },
    "definitions": {"Address": ADDRESS, "New": NEW, "Parcel": PARCEL, "Error": ERROR},
}

BUGS = (
    *bugs(
        "schema",
        {
            "a member that is not documented": {"schema"},
            "null for a street": {"schema"},
            "null for what happened in an event": {"schema"},
            "the weight as text": {"schema"},
            "a service in another case": {"schema"},
            "labels twice": {"schema"},
            "a currency in small letters": {"schema"},
            "points beyond 32 bits": {"schema"},
            "an error code as text": {"schema"},
            "a single object for the list": {"schema"},
            "a quote has status 202": {"status"},
        },
    ),
    *bugs(
        "format",
        {
            "an id without hyphens": {"schema", "format"},
            "created without an offset": {"schema", "format"},
            "created as a number of seconds": {"schema", "format"},
            "an event in local time": {"schema", "format"},
            "tracking without a scheme": {"schema", "format"},
            "an email without a domain": {"schema", "format"},
            "an address of four numbers above 255": {"schema", "format"},
            "a signature that is not Base64": {"schema", "format"},
            "a day that does not exist": {"schema", "format"},
        },
    ),
    *bugs(
        "illegal input",
        {
            "accepts a weight above the maximum": {"accepted"},
            "accepts no weight": {"accepted"},
            "accepts a text for the count": {"accepted"},
            "accepts a service in another case": {"accepted"},
            "accepts an unknown member": {"accepted"},
            "accepts an unknown member of the address": {"accepted"},
            "accepts null for the count": {"accepted"},
            "accepts labels twice": {"accepted"},
            "accepts five labels": {"accepted"},
            "accepts a longer note": {"accepted"},
            "accepts any postcode": {"accepted"},
            "accepts a day that does not exist": {"accepted"},
            "accepts a list for a body": {"accepted", "server-error"},
            "accepts a quote without its weight": {"accepted"},
            "accepts a zone above the maximum": {"accepted"},
            "accepts a zone that is a text": {"accepted"},
            "accepts a list without its shop": {"accepted"},
            "refuses the heaviest parcel": {"refused"},
            "refuses the last zone": {"refused"},
            "refuses a leap day": {"refused"},
            "refuses null for a note": {"refused"},
            "refuses an offset in a time": {"refused"},
            "refuses the longest note": {"refused"},
            "refuses a parcel without a count": {"refused"},
            "fails at a leap day": {"server-error"},
            "fails at a note of null": {"server-error"},
            "fails at malformed JSON": {"server-error"},
            "fails without a body": {"server-error"},
            "fails at a text for the weight": {"server-error"},
            "fails at an id that is none": {"server-error"},
            "fails at two ids": {"server-error"},
            "fails at a quote of a code with a plus": {"server-error"},
            "refuses by another status": {"status"},
            "stores a parcel that it refuses": {"stored"},
            "stores a part of a change that it refuses": {"stored"},
        },
    ),
    *bugs(
        "protocol",
        {
            "a list needs no key": {"accepted"},
            "any key is right": {"accepted"},
            "cancelling needs no key": {"accepted"},
            "an unknown method fails": {"server-error"},
            "405 lists no methods": {"method"},
            "PATCH is accepted": {"method"},
            "text is taken for JSON": {"accepted"},
            "fails at another media type": {"server-error"},
            "created without its Location": {"header"},
            "no count of the list": {"header"},
            "a count that is a text": {"schema"},
            "errors are pages": {"content-type", "schema"},
        },
    ),
)
"""Each fault, its group, and the checks that may find it."""


class Wrong(ValueError):
    """What is wrong with a request, and by which status it is refused."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def _strict(schema: Mapping[str, Any]) -> jsonschema_rs.Validator:
    """A validator of a schema of the document: formats assert, and ``x-nullable`` counts."""
    text = json.dumps({**schema, "definitions": DOCUMENT["definitions"]})
    text = re.sub(
        r'"type": "string", "maxLength": 20, "x-nullable": true', '"type": ["string", "null"], "maxLength": 20', text
    )
    return jsonschema_rs.validator_for(json.loads(text), validate_formats=True)


_NEW = _strict({"$ref": "#/definitions/New"})


class Parcels(Faulty):
    """The service of parcels."""

    document = DOCUMENT

    def __init__(self, bug: str | None = None, budget: int = 10**9) -> None:
        super().__init__(bug, budget)
        self._count = 0
        self._parcels: dict[str, dict[str, Any]] = {}
        for weight in (1, 2.5, 30):
            self._store({"weight": weight, "service": "express", "to": {"street": "Main", "zip": "12345"}})

    def _store(self, new: dict[str, Any]) -> dict[str, Any]:
        self._count += 1
        number = str(uuid.UUID(int=self._count + (4 << 76) + (8 << 60)))
        self._parcels[number] = {**new, "id": number}
        return self._parcels[number]

    def respond(self, request: Request) -> Response:
        """The response to a request."""
        parts = request.path.strip("/").split("/")
        handlers = self._handlers(parts)
        if handlers is None:
            return self._error("nothing here", 404)
        handler = handlers.get(request.method)
        if handler is None and self.has("PATCH is accepted") and request.method == "PATCH":
            return Response(b"", 204)
        if handler is None:
            self.fail("an unknown method fails")
            listed = {} if self.has("405 lists no methods") else {"Allow": ", ".join(handlers)}
            return Response(b"", 405, headers=listed)
        if not self._is_known(request):
            return self._error("who are you?", 401)
        try:
            return handler(request)
        except Wrong as error:
            return self._error(str(error), error.status)

    def _handlers(self, parts: list[str]) -> dict[str, Callable[[Request], Response]] | None:
        if parts == ["parcels"]:
            return {"GET": self._list, "POST": self._send}
        if parts == ["quote"]:
            return {"GET": self._quote}
        if len(parts) == 2 and parts[0] == "parcels":
            return {"GET": self._get, "PUT": self._change, "DELETE": self._cancel}
        return None

    def _is_known(self, request: Request) -> bool:
        if self.has("a list needs no key") and request.path == "/parcels" and request.method == "GET":
            return True
        if self.has("cancelling needs no key") and request.method == "DELETE":
            return True
        key = request.headers.get("X-Api-Key")
        return key == KEY or (key is not None and self.has("any key is right"))

    def _error(self, message: str, status: int) -> Response:
        if self.has("errors are pages") and status == 404:
            return Response(f"<html>{message}</html>", status, content_type="text/html")
        if self.has("refuses by another status") and status == 400:
            status = 422
        code = "E1" if self.has("an error code as text") else status
        return Response(json.dumps({"code": code, "message": message}), status, content_type="application/json")

    # Reading what is sent

    def _query(self, request: Request, name: str, schema: Mapping[str, Any], read: Callable[[str], Any] = str) -> Any:
        text = request.args.get(name)
        if text is None:
            return None
        try:
            value = read(text)
        except ValueError:
            raise Wrong(f"{name} cannot be read") from None
        if isinstance(value, float) and not -1e300 < value < 1e300:
            raise Wrong(f"{name} is no number")
        if not _strict(schema).is_valid(value):
            raise Wrong(f"{name} is wrong")
        return value

    def _body(self, request: Request) -> dict[str, Any]:
        if request.mimetype != "application/json":
            self.fail("fails at another media type")
            if not self.has("text is taken for JSON"):
                raise Wrong("JSON is wanted", 415)
        data = request.get_data()
        self.fail("fails without a body", not data)
        try:
            content = json.loads(data)
        except ValueError:
            self.fail("fails at malformed JSON", bool(data))
            raise Wrong("that is no JSON") from None
        if isinstance(content, dict):
            self.fail("fails at a text for the weight", isinstance(content.get("weight"), str))
            self.fail("fails at a note of null", content.get("note", "") is None)
            self.fail("fails at a leap day", content.get("due") == "2024-02-29")
        elif self.has("accepts a list for a body"):
            content = {"weight": 1, "service": "express", "to": {"street": "Main", "zip": "12345"}}
        self._refuse(content)
        if not _NEW.is_valid(self._forgiven(content)):
            self._keep_wrongly(request, content)
            raise Wrong("that is no parcel")
        return dict(content)

    def _keep_wrongly(self, request: Request, content: Any) -> None:
        """Store what is refused, if that is the fault."""
        if self.has("stores a parcel that it refuses") and request.method == "POST":
            self._store({"weight": 1, "service": "express", "to": {"street": "Main", "zip": "12345"}})
        parcel = self._parcels.get(request.path.rpartition("/")[2])
        if self.has("stores a part of a change that it refuses") and parcel is not None and isinstance(content, dict):
            parcel.update(
                {
                    name: content[name]
                    for name in ("fragile", "weight")
                    if _strict(NEW["properties"][name]).is_valid(content.get(name))
                }
            )

    def _refuse(self, content: Any) -> None:
        """Refuse what is legal, if that is the fault."""
        if not isinstance(content, dict):
            return
        refused = {
            "refuses the heaviest parcel": content.get("weight") == 31.5,
            "refuses a leap day": content.get("due") == "2024-02-29",
            "refuses null for a note": content.get("note", "") is None,
            "refuses the longest note": isinstance(content.get("note"), str) and len(content["note"]) == 20,
            "refuses a parcel without a count": "count" not in content,
        }
        if any(self.has(bug) and here for bug, here in refused.items()):
            raise Wrong("not today")

    def _forgiven(self, content: Any) -> Any:
        """A body without what is wrong in it, if the fault is to accept that."""
        if not isinstance(content, dict):
            return content
        known, address = dict(content), content.get("to")
        to = dict(address) if isinstance(address, dict) else {}
        if self.has("accepts a weight above the maximum") and type(known.get("weight")) in (int, float):
            known["weight"] = min(known["weight"], 31.5)
        if self.has("accepts no weight"):
            known.setdefault("weight", 1)
        if self.has("accepts a text for the count") and str(known.get("count")).isdigit():
            known["count"] = int(known["count"])
        if self.has("accepts a service in another case"):
            known["service"] = {name.lower(): name for name in NEW["properties"]["service"]["enum"]}.get(
                str(known.get("service")).lower()
            )
        if self.has("accepts an unknown member"):
            known = {name: value for name, value in known.items() if name in NEW["properties"]}
        if self.has("accepts an unknown member of the address"):
            known["to"] = {name: value for name, value in to.items() if name in ADDRESS["properties"]}  # type: ignore[operator]
        if self.has("accepts null for the count") and known.get("count", 1) is None:
            del known["count"]
        if self.has("accepts labels twice") and isinstance(known.get("labels"), list):
            known["labels"] = list(dict.fromkeys(map(str, known["labels"])))
        if self.has("accepts five labels") and isinstance(known.get("labels"), list):
            known["labels"] = known["labels"][:4] if len(known["labels"]) == 5 else known["labels"]
            known["labels"] = list(dict.fromkeys(map(str, known["labels"])))
        if self.has("accepts a longer note") and isinstance(known.get("note"), str):
            known["note"] = known["note"][:20]
        if self.has("accepts any postcode") and isinstance(to.get("zip"), str):
            known["to"] = {**to, "zip": "12345"}
        if self.has("accepts a day that does not exist") and re.fullmatch(r"\d{4}-\d\d-\d\d", str(known.get("due"))):
            known["due"] = "2024-01-31"
        return known

    # Operations

    def _list(self, request: Request) -> Response:
        shop = request.headers.get("X-Shop")
        if (shop is None and not self.has("accepts a list without its shop")) or len(shop or "") > 8:
            raise Wrong("X-Shop is wrong")
        self._query(request, "service", {"enum": ["standard", "express", "Overnight"]})
        texts = request.args.get("ids", "")
        self.fail("fails at two ids", "," in texts)
        if "ids" in request.args and not (re.fullmatch(r"-?\d+(,-?\d+){0,2}", texts)):
            raise Wrong("ids are numbers")
        since = self._query(request, "since", {"type": "string", "format": "date-time"})
        if self.has("refuses an offset in a time") and since and not since.endswith("Z"):
            raise Wrong("UTC, please")
        heavier = self._query(request, "heavier", {"type": "number", "minimum": 0, "maximum": 31.5}, float)
        self._query(request, "fragile", {"enum": ["true", "false"]})
        service = request.args.get("service")
        listed = [
            self._shown(parcel)
            for parcel in self._parcels.values()
            if service in (None, parcel["service"]) and parcel["weight"] >= (heavier or 0)
        ]
        value: Any = listed[0] if self.has("a single object for the list") and len(listed) == 1 else listed
        response = Response(json.dumps(value), content_type="application/json")
        if not self.has("no count of the list"):
            response.headers["X-Count"] = "many" if self.has("a count that is a text") else str(len(listed))
        return response

    def _send(self, request: Request) -> Response:
        parcel = self._store(self._body(request))
        response = Response(json.dumps(self._shown(parcel)), 201, content_type="application/json")
        if not self.has("created without its Location"):
            response.headers["Location"] = f"{self.url}/parcels/{parcel['id']}"
        return response

    def _parcel(self, request: Request) -> dict[str, Any]:
        number = request.path.rpartition("/")[2]
        if not re.fullmatch(UUID, number.lower()):
            self.fail("fails at an id that is none")
            raise Wrong("an id is a UUID")
        if number.lower() not in self._parcels:
            raise Wrong("no such parcel", 404)
        return self._parcels[number.lower()]

    def _get(self, request: Request) -> Response:
        return Response(json.dumps(self._shown(self._parcel(request))), content_type="application/json")

    def _change(self, request: Request) -> Response:
        parcel = self._parcel(request)
        changed = self._body(request)
        parcel.clear()
        parcel.update(changed, id=request.path.rpartition("/")[2].lower())
        return Response(json.dumps(self._shown(parcel)), content_type="application/json")

    def _cancel(self, request: Request) -> Response:
        del self._parcels[self._parcel(request)["id"]]
        response = Response(b"", 204)
        del response.headers["Content-Type"]
        return response

    def _quote(self, request: Request) -> Response:
        weight = self._query(request, "weight", {"type": "number", "minimum": 0.1, "maximum": 31.5}, float)
        if weight is None and not self.has("accepts a quote without its weight"):
            raise Wrong("what does it weigh?")
        zone = request.args.get("zone", "1")
        top = 9 if self.has("accepts a zone above the maximum") else 7 if self.has("refuses the last zone") else 8
        if not (self.has("accepts a zone that is a text") and zone == "text") and not re.fullmatch(f"[1-{top}]", zone):
            raise Wrong("no such zone")
        self._query(request, "on", {"type": "string", "format": "date"})
        code = self._query(request, "code", {"type": "string", "minLength": 3, "maxLength": 6})
        self.fail("fails at a quote of a code with a plus", "+" in (code or ""))
        quote: dict[str, Any] = {"price": round(4.5 + (weight or 0) * 0.8, 2), "currency": "EUR", "points": 12}
        if self.has("a currency in small letters"):
            quote["currency"] = "eur"
        if self.has("points beyond 32 bits"):
            quote["points"] = 2**31
        status = 202 if self.has("a quote has status 202") else 200
        return Response(json.dumps(quote), status, content_type="application/json")

    # What is shown

    _CHANGES: ClassVar[dict[str, Callable[[dict[str, Any]], Any]]] = {
        "a member that is not documented": lambda parcel: parcel.update(internal=True),
        "null for a street": lambda parcel: parcel["to"].update(street=None),
        "null for what happened in an event": lambda parcel: parcel["events"][1].update(what=None),
        "the weight as text": lambda parcel: parcel.update(weight=str(parcel["weight"])),
        "a service in another case": lambda parcel: parcel.update(service=parcel["service"].upper()),
        "labels twice": lambda parcel: parcel.update(labels=["new", "new"]),
        "an id without hyphens": lambda parcel: parcel.update(id=parcel["id"].replace("-", "")),
        "created without an offset": lambda parcel: parcel.update(created="2024-01-31T12:00:00"),
        "created as a number of seconds": lambda parcel: parcel.update(created="1706702400"),
        "an event in local time": lambda parcel: parcel["events"][1].update(at="2024-01-31 12:00"),
        "tracking without a scheme": lambda parcel: parcel.update(tracking="track.example/1"),
        "an email without a domain": lambda parcel: parcel["to"].update(email="someone"),
        "an address of four numbers above 255": lambda parcel: parcel.update(ip="10.0.0.256"),
        "a signature that is not Base64": lambda parcel: parcel.update(signature="not base64!"),
        "a day that does not exist": lambda parcel: parcel.update(due="2023-02-29"),
    }

    def _shown(self, parcel: dict[str, Any]) -> dict[str, Any]:
        shown: dict[str, Any] = {
            **parcel,
            "to": dict(parcel["to"]),
            "created": "2024-01-31T12:00:00Z",
            "tracking": f"https://track.example/{parcel['id']}",
            "ip": "10.0.0.1",
            "signature": "YWJj",
            "events": [{"at": "2024-01-31T12:00:00+01:00", "what": what} for what in ("sent", "seen")],
        }
        if self.bug in self._CHANGES and self.has(str(self.bug)):
            self._CHANGES[str(self.bug)](shown)
        return shown


SERVICE = Service("parcels", DOCUMENT, Parcels, BUGS, {"key": KEY}, {"X-Api-Key": KEY})
