"""Yards that lend bicycles: bikes below yards that nobody creates, created by POST or PUT, changed by merge patches,
lent by an action, with photos in multipart bodies; labels in forms; described in OpenAPI 3.1, below a base path."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID, uuid4

import jsonschema_rs
from werkzeug.wrappers import Request, Response

from tests.faulty import Faulty, Service, bugs

MEMBERS: dict[str, Any] = {
    "name": {"type": "string", "minLength": 1, "maxLength": 40},
    "frame": {"type": "string", "pattern": "^[A-Z]{3}-[0-9]{4}$"},
    "size": {"type": "integer", "minimum": 1, "maximum": 9},
    "gears": {"type": "integer", "minimum": 1, "maximum": 30},
    "colour": {"type": "string", "enum": ["red", "green", "black"]},
    "price": {"type": "number", "minimum": 0, "multipleOf": 0.5},
    "note": {"type": ["string", "null"], "maxLength": 300},
    "bought": {"type": "string", "format": "date-time"},
    "mail": {"type": "string", "format": "email"},
    "tags": {"type": "array", "uniqueItems": True, "maxItems": 3, "items": {"type": "string", "maxLength": 10}},
    "parts": {"type": "object", "maxProperties": 2, "additionalProperties": {"type": "string", "maxLength": 10}},
    "owner": {
        "type": "object",
        "required": ["name"],
        "additionalProperties": False,
        "properties": {"name": {"type": "string", "minLength": 1}, "phone": {"type": "string", "maxLength": 30}},
    },
}
LABEL = {
    "FriendlyName": {"type": "string", "minLength": 1, "maxLength": 200},
    "MaxSize": {"type": "integer", "minimum": 1},
}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _response(name: str | None, description: str = "it") -> dict[str, Any]:
    return {"description": description, **({"content": {"application/json": {"schema": _ref(name)}}} if name else {})}


def _path(name: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _body(media_type: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {media_type: {"schema": schema}}}


def _operation(name: str, responses: Mapping[str, Any], body: Any = None, *parameters: Any) -> dict[str, Any]:
    errors = {status: _response("Error") for status in ("400", "404", "415")}
    operation = {"operationId": name, "parameters": list(parameters), "responses": {**responses, **errors}}
    return {**operation, "requestBody": body} if body is not None else operation


YARD, BIKE = _path("yard", type="integer", minimum=1), _path("bike", type="string", format="uuid")
NEW = _body("application/json", _ref("NewBike"))
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Yards", "version": "1.0.0"},
    "servers": [{"url": "http://yards.example/v1"}],
    "paths": {
        "/yards": {"get": _operation("listYards", {"200": _response("Yards")})},
        "/yards/{yard}/bikes": {
            "parameters": [YARD],
            "get": _operation(
                "listBikes",
                {"200": _response("Bikes")},
                None,
                {"name": "size", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 9}},
                {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1, "default": 1}},
                {
                    "name": "per_page",
                    "in": "query",
                    "schema": {"type": "integer", "minimum": 1, "maximum": 50, "default": 20},
                },
            ),
            "post": _operation(
                "addBike",
                {"201": {**_response("Bike"), "headers": {"Location": {"schema": {"type": "string"}}}}},
                NEW,
            ),
        },
        "/yards/{yard}/bikes/{bike}": {
            "parameters": [YARD, BIKE],
            "get": _operation("getBike", {"200": _response("Bike")}),
            "head": _operation("headBike", {"200": _response(None)}),
            "put": _operation("putBike", {"200": _response("Bike"), "201": _response("Bike")}, NEW),
            "patch": _operation(
                "changeBike", {"200": _response("Bike")}, _body("application/merge-patch+json", _ref("BikeChange"))
            ),
            "delete": _operation("deleteBike", {"204": _response(None)}),
        },
        "/yards/{yard}/bikes/{bike}/lend": {
            "parameters": [YARD, BIKE],
            "post": _operation("lendBike", {"200": _response("Bike"), "409": _response("Error", "it is lent")}),
        },
        "/yards/{yard}/bikes/{bike}/photos": {
            "parameters": [YARD, BIKE],
            "post": _operation("addPhoto", {"201": _response("Photo")}, _body("multipart/form-data", _ref("NewPhoto"))),
        },
        "/labels": {
            "get": _operation("listLabels", {"200": _response("Labels")}),
            "post": _operation(
                "addLabel",
                {"201": _response("Label")},
                _body(
                    "application/x-www-form-urlencoded",
                    {"type": "object", "required": ["FriendlyName"], "properties": LABEL},
                ),
            ),
        },
        "/labels/{label}": {
            "parameters": [_path("label", type="integer", minimum=1)],
            "get": _operation("getLabel", {"200": _response("Label")}),
            "post": _operation(
                "changeLabel",
                {"200": _response("Label")},
                {"content": {"application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": LABEL}}}},
            ),
            "delete": _operation("deleteLabel", {"204": _response(None)}),
        },
    },
    "components": {
        "schemas": {
            "Error": {"type": "object", "required": ["message"], "properties": {"message": {"type": "string"}}},
            "Yards": {
                "type": "object",
                "required": ["items"],
                "properties": {
                    "items": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["id"],
                            "properties": {"id": {"type": "integer"}, "place": {"type": "string"}},
                        },
                    }
                },
            },
            "NewBike": {
                "type": "object",
                "required": ["name", "frame", "size"],
                "properties": MEMBERS,
                "additionalProperties": False,
            },
            "BikeChange": {"type": "object", "properties": MEMBERS, "additionalProperties": False},
            "Bike": {
                "type": "object",
                "required": ["id", "name", "frame", "size", "created_at", "lent"],
                "properties": {
                    **MEMBERS,
                    "id": {"type": "string", "format": "uuid", "readOnly": True},
                    "created_at": {"type": "string", "format": "date-time", "readOnly": True},
                    "lent": {"type": "boolean", "readOnly": True},
                },
            },
            "Bikes": {
                "type": "object",
                "required": ["items", "total"],
                "properties": {"items": {"type": "array", "items": _ref("Bike")}, "total": {"type": "integer"}},
            },
            "NewPhoto": {
                "type": "object",
                "required": ["title", "file"],
                "properties": {
                    "title": {"type": "string", "minLength": 1, "maxLength": 20},
                    "file": {"type": "string", "format": "binary"},
                    "side": {"type": "string", "enum": ["left", "right"]},
                },
            },
            "Photo": {
                "type": "object",
                "required": ["number", "title"],
                "properties": {"number": {"type": "integer"}, "title": {"type": "string"}, "side": {"type": "string"}},
            },
            "Label": {
                "type": "object",
                "required": ["id", "friendly_name", "max_size"],
                "properties": {
                    "id": {"type": "integer"},
                    "friendly_name": {"type": "string"},
                    "max_size": {"type": "integer"},
                },
            },
            "Labels": {
                "type": "object",
                "required": ["items"],
                "properties": {"items": {"type": "array", "items": _ref("Label")}},
            },
        }
    },
}
SCHEMAS = DOCUMENT["components"]["schemas"]

_ILLEGAL: dict[str, set[str]] = {
    "a frame has five digits": {"accepted"},
    "a third part": {"accepted"},
    "any address of mail": {"accepted"},
    "an owner without a name": {"accepted"},
    "a photo without its file": {"accepted"},
    "a photo of any side": {"accepted"},
    "fails at a quote in a note": {"server-error"},
    "fails at lending what is not there": {"server-error"},
}
_STATE: dict[str, set[str]] = {
    "lending is not stored": {"action"},
    "lending lends every bike": {"untouched"},
    "a refused lending empties the note": {"refusal-stored"},
    "what is not there can be lent": {"deleted"},
    "a bike that is put is elsewhere": {"created"},
    "a bike that is put again keeps its note": {"replaced"},
    "a merge patch replaces the owner": {"updated"},
    "a change makes a bike new": {"updated"},
    "a change shows another bike": {"identity"},
    "a bike is in every yard": {"identity"},
    "a bike is deleted twice": {"deleted"},
    "the oldest bike is deleted, too": {"untouched"},
    "HEAD knows what is gone": {"head"},
    "times lose their offset": {"created"},
    "a long note is cut": {"created"},
    "names are in small letters": {"created"},
    "the Location lacks the base path": {"location"},
    "all bikes of a colour have one id": {"unique"},
    "a label cannot be renamed": {"updated"},
}
_PAGING: dict[str, set[str]] = {
    "bikes come in any order": {"order"},
    "every page is the first": {"pages"},
    "bikes of any size": {"filter"},
}
BUGS = (*bugs("illegal input", _ILLEGAL), *bugs("state", _STATE), *bugs("paging", _PAGING))


class Refused(Exception):
    """The request is wrong: the status and why."""


def _json(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(json.dumps(value), status, headers, content_type="application/json")


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _merged(value: Mapping[str, Any], change: Mapping[str, Any], *, deep: bool) -> dict[str, Any]:
    """An object with a merge patch applied (RFC 7396)."""
    result = dict(value)
    for name, member in change.items():
        if member is None:
            result.pop(name, None)
        elif isinstance(member, dict) and isinstance(result.get(name), dict) and deep:
            result[name] = _merged(result[name], member, deep=deep)
        else:
            result[name] = member
    return result


class Yard(Faulty):
    """The service, with a fault or none."""

    document: ClassVar[Mapping[str, Any]] = DOCUMENT

    def __init__(self, bug: str | None = None, budget: int = 10**9) -> None:
        super().__init__(bug, budget)
        self._bikes: dict[str, dict[str, dict[str, Any]]] = {"1": {}, "2": {}}
        self._labels: dict[int, dict[str, Any]] = {}
        self._last = 0
        for number in range(1, 8):
            bike = {"name": f"bike {number}", "frame": f"ABC-{number:04}", "size": number % 3 + 1}
            self._keep("1", str(UUID(int=number)), bike)

    def _located(self) -> dict[str, Any]:
        return {**self.document, "servers": [{"url": f"{self.url}/v1"}]}

    def _keep(self, yard: str, key: str, value: Mapping[str, Any], created: str = "") -> dict[str, Any]:
        value = dict(value)
        if self.has("names are in small letters"):
            value["name"] = value["name"].lower()
        if self.has("a long note is cut") and value.get("note"):
            value["note"] = value["note"][:160]
        if self.has("times lose their offset") and "bought" in value:
            value["bought"] = re.sub(r"(Z|[+-]\d\d:\d\d)$", "Z", value["bought"])
        bike = {"id": key, "created_at": created or _now(), "lent": False, **value}
        self._bikes[yard][key] = bike
        return bike

    def respond(self, request: Request) -> Response:
        """The response to a request."""
        parts = request.path.removeprefix("/v1").strip("/").split("/")
        template = {
            1: f"/{parts[0]}", 2: "/labels/{label}", 3: "/yards/{yard}/bikes", 4: "/yards/{yard}/bikes/{bike}",
            5: "/yards/{yard}/bikes/{bike}/" + parts[-1],
        }.get(len(parts), "")  # fmt: skip
        methods = [name.upper() for name in DOCUMENT["paths"].get(template, {}) if name != "parameters"]
        try:
            if not methods:
                raise Refused(404, "nothing is here")
            if request.method not in methods:
                return _json({"message": "not here"}, 405, {"Allow": ", ".join(methods)})
            if parts[0] == "labels":
                return self._label(request, *parts[1:])
            if len(parts) == 1:
                return _json({"items": [{"id": int(yard), "place": f"place {yard}"} for yard in self._bikes]})
            if parts[1] not in self._bikes:
                raise Refused(404, "no such yard")
            if len(parts) == 3:
                return self._add(request, parts[1]) if request.method == "POST" else self._list(request, parts[1])
            return self._bike(request, *parts[1:2], *parts[3:])
        except Refused as error:
            status, message = error.args
            return _json({"message": message}, status)

    # Bikes

    def _read(self, request: Request, name: str, media_type: str = "application/json") -> dict[str, Any]:
        """The body of a request, which must be valid."""
        if request.mimetype != media_type:
            raise Refused(415, "another media type")
        try:
            value = json.loads(request.get_data())
        except ValueError:
            raise Refused(400, "no JSON") from None
        schema = deepcopy(SCHEMAS[name])
        members = schema["properties"]
        if self.has("a frame has five digits"):
            members["frame"]["pattern"] = "^[A-Z]{3}-[0-9]{4,5}$"
        if self.has("a third part"):
            del members["parts"]["maxProperties"]
        if self.has("any address of mail"):
            del members["mail"]["format"]
        if self.has("an owner without a name"):
            del members["owner"]["required"]
        if not jsonschema_rs.Draft202012Validator(schema, validate_formats=True).is_valid(value):
            raise Refused(400, f"no {name}")
        self.fail("fails at a quote in a note", "'" in (value.get("note") or ""))
        return value  # type: ignore[no-any-return]  # an object, by its schema

    def _add(self, request: Request, yard: str) -> Response:
        value = self._read(request, "NewBike")
        key = str(uuid4())
        if self.has("all bikes of a colour have one id"):
            key = str(UUID(int=len(value.get("colour", ""))))
        root = "" if self.has("the Location lacks the base path") else "/v1"
        bike = self._keep(yard, key, value)
        return _json(bike, 201, {"Location": f"{root}/yards/{yard}/bikes/{key}"})

    def _number(self, request: Request, name: str, usual: int | None, most: int) -> int | None:
        text = request.args.get(name)
        if text is None:
            return usual
        if not re.fullmatch(r"[0-9]{1,18}", text, re.ASCII) or not 1 <= int(text) <= most:
            raise Refused(400, f"{name} is wrong")
        return int(text)

    def _list(self, request: Request, yard: str) -> Response:
        page, count = self._number(request, "page", 1, 10**18) or 1, self._number(request, "per_page", 20, 50) or 20
        size = self._number(request, "size", None, 9)
        bikes = [bike for bike in self._bikes[yard].values() if size in (None, bike["size"])]
        if self.has("bikes of any size"):
            bikes = list(self._bikes[yard].values())
        if self.has("bikes come in any order"):
            random.shuffle(bikes)
        first = 0 if self.has("every page is the first") else (page - 1) * count
        return _json({"items": bikes[first : first + count], "total": len(bikes)})

    def _bike(self, request: Request, yard: str, key: str, inner: str = "") -> Response:
        try:
            key = str(UUID(key)) if len(key) == 36 else str(UUID(f"no {key}"))
        except ValueError:
            raise Refused(400, "no id") from None
        bikes = self._bikes[yard]
        if self.has("a bike is in every yard"):
            bikes = next((each for each in self._bikes.values() if key in each), bikes)
        if request.method == "PUT":
            return self._put(request, bikes, yard, key)
        self.fail("fails at lending what is not there", inner == "lend" and key not in bikes)
        if key not in bikes:
            if request.method == "DELETE" and self.has("a bike is deleted twice"):
                return Response(b"", 204)
            if request.method == "HEAD" and self.has("HEAD knows what is gone"):
                return Response(b"", 200)
            if inner == "lend" and self.has("what is not there can be lent"):
                return _json({**next(iter(self._bikes["1"].values())), "id": key, "lent": True})
            raise Refused(404, "no such bike")
        if inner:
            return self._lend(bikes, key) if inner == "lend" else self._photo(request)
        if request.method == "PATCH":
            return self._change(request, bikes, key)
        if request.method == "DELETE":
            del bikes[key]
            if self.has("the oldest bike is deleted, too") and bikes:
                del bikes[next(iter(bikes))]
            return Response(b"", 204)
        return _json(bikes[key])

    def _put(self, request: Request, bikes: dict[str, dict[str, Any]], yard: str, key: str) -> Response:
        value, known = self._read(request, "NewBike"), bikes.get(key)
        if known is not None and self.has("a bike that is put again keeps its note") and "note" in known:
            value = {"note": known["note"], **value}
        place = str(uuid4()) if known is None and self.has("a bike that is put is elsewhere") else key
        bike = {**self._keep(yard, place, value, known["created_at"] if known else ""), "id": key}
        return _json(bike, 201 if known is None else 200)

    def _change(self, request: Request, bikes: dict[str, dict[str, Any]], key: str) -> Response:
        change = self._read(request, "BikeChange", "application/merge-patch+json")
        bike = _merged(bikes[key], change, deep=not self.has("a merge patch replaces the owner"))
        if not jsonschema_rs.Draft202012Validator(SCHEMAS["Bike"], validate_formats=True).is_valid(bike):
            raise Refused(400, "the bike would be wrong")
        created = _now() if self.has("a change makes a bike new") else bike["created_at"]
        rest = {name: value for name, value in bike.items() if name not in ("id", "created_at")}
        kept = self._keep(next(yard for yard, each in self._bikes.items() if each is bikes), key, rest, created)
        return _json({**kept, "id": str(uuid4())} if self.has("a change shows another bike") else kept)

    def _lend(self, bikes: dict[str, dict[str, Any]], key: str) -> Response:
        bike = bikes[key]
        if bike["lent"]:
            if self.has("a refused lending empties the note"):
                bikes[key] = {**bike, "note": ""}
            return _json({"message": "it is lent"}, 409)
        if self.has("lending lends every bike"):
            for each in bikes.values():
                each["name"] = "lent"
        if not self.has("lending is not stored"):
            bikes[key] = {**bikes[key], "lent": True}
        return _json({**bike, "lent": True})

    def _photo(self, request: Request) -> Response:
        if request.mimetype != "multipart/form-data":
            raise Refused(415, "another media type")
        title, side = request.form.get("title", ""), request.form.get("side")
        if not 1 <= len(title) <= 20 or ("file" not in request.files and not self.has("a photo without its file")):
            raise Refused(400, "no photo")
        if side not in (None, "left", "right") and not self.has("a photo of any side"):
            raise Refused(400, "no side")
        self._last += 1
        return _json({"number": self._last, "title": title, **({"side": side} if side else {})}, 201)

    # Labels

    def _label(self, request: Request, text: str = "") -> Response:
        number = int(text) if re.fullmatch(r"[0-9]{1,18}", text, re.ASCII) else 0
        if text and number not in self._labels:
            raise Refused(404, "no such label")
        if request.method == "GET":
            return _json(self._labels[number] if text else {"items": list(self._labels.values())})
        if request.method == "DELETE":
            del self._labels[number]
            return Response(b"", 204)
        return self._label_of(request, number)

    def _label_of(self, request: Request, number: int) -> Response:
        if request.mimetype != "application/x-www-form-urlencoded" and request.get_data():
            raise Refused(415, "another media type")
        name, most = request.form.get("FriendlyName"), request.form.get("MaxSize")
        if (name is None and not number) or (name is not None and not 1 <= len(name) <= 200):
            raise Refused(400, "no name")
        if most is not None and (not re.fullmatch(r"[+-]?[0-9]{1,18}", most, re.ASCII) or int(most) < 1):
            raise Refused(400, "no size")
        self._last += 0 if number else 1
        known = self._labels.get(number, {"id": self._last, "friendly_name": name, "max_size": 100})
        label = {**known, **({"friendly_name": name} if name is not None else {})}
        label |= {"max_size": int(most)} if most is not None else {}
        kept = {**label, "friendly_name": known["friendly_name"]} if self.has("a label cannot be renamed") else label
        self._labels[label["id"]] = kept
        return _json(label, 200 if number else 201)


SERVICE = Service("yard", DOCUMENT, Yard, BUGS)
