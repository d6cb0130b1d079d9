"""Faults of OpenAPI 3 documents: rows in YAML, a file for each subject.

A row has a ``spot``, the node that it is about (``SPOTS``), and what is merged into it: ``right`` for the twin, then
``wrong``, without what only ``right`` has. ``REMOVED`` as a value removes a member; ``REPLACED: true`` in a mapping
means that nothing of what was there remains. ``at`` are pointers below the spot, with ``!`` for a member's name.
``beside`` is merged into members of the document, of both twins. What rows name is there: the schemas ``B``, ``D1`` and
so on, the operations ``getB``, ``putB`` and ``postB``, the path ``/a`` (``BACKGROUND``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from openconnectors.engine.documents.pointers import escape
from tests.faults.twins.form import REMOVED, Fault

FOLDER = Path(__file__).resolve().parent
_PETS = "/paths/~1pets"
_POST = "/paths/~1b~1{id}/post"
SPOTS = {
    "root": "",
    "info": "/info",
    "server": "/servers/0",
    "item": _PETS,
    "op": f"{_PETS}/get",
    "post": f"{_PETS}/post",
    "param": f"{_PETS}/get/parameters/0",
    "body": f"{_PETS}/post/requestBody",
    "json": f"{_PETS}/post/requestBody/content/application~1json",
    "multi": f"{_PETS}/post/requestBody/content/multipart~1form-data",
    "form": f"{_PETS}/post/requestBody/content/application~1x-www-form-urlencoded",
    "responses": f"{_PETS}/get/responses",
    "resp": f"{_PETS}/get/responses/200",
    "header": f"{_PETS}/get/responses/200/headers/X-A",
    "outjson": f"{_PETS}/get/responses/200/content/application~1json",
    "schema": "/components/schemas/S",
    "scheme": "/components/securitySchemes/s",
    "link": f"{_POST}/responses/200/links/l",
    "callback": f"{_POST}/callbacks/c",
    "components": "/components",
}
"""The nodes that rows are about."""

_EMPTIED: Mapping[str, Mapping[str, Any]] = {
    "param": {SPOTS["param"]: {}},
    "body": {f"{SPOTS['body']}/content": {}},
    "json": {SPOTS["json"]: {}},
    "multi": {f"{SPOTS['body']}/content": {}},
    "form": {f"{SPOTS['body']}/content": {}},
    "resp": {SPOTS["resp"]: {"description": "The pets."}},
    "outjson": {SPOTS["outjson"]: {}},
}
"""What of a skeleton makes place for a row."""

BACKGROUND = yaml.load((FOLDER / "background.yaml").read_text("utf-8"), yaml.CSafeLoader)
"""Nodes by pointer, each with a pattern of what a row names that needs it."""


def _changes(at: str, value: Any, before: Any = None) -> Iterator[tuple[str, Any]]:
    """The changes that merge a value into the node at a pointer, where another was merged before."""
    if not isinstance(value, dict) or "REPLACED" in value or (before is not None and not isinstance(before, dict)):
        yield at, REMOVED if value == "REMOVED" else _plain(value)
        return
    earlier = before or {}
    for name in earlier:
        if name not in value and name != "REPLACED":
            yield f"{at}/{escape(name)}", REMOVED
    for name, inner in value.items():
        yield from _changes(f"{at}/{escape(name)}", inner, earlier.get(name))
    if not value and before is None:
        yield at, {}


def _plain(value: Any) -> Any:
    return {name: inner for name, inner in value.items() if name != "REPLACED"} if isinstance(value, dict) else value


def _fault(row: Mapping[str, Any]) -> Fault:
    """The fault of a row."""
    spot, beside = row["spot"], row.get("beside", {})
    text = f"{spot} {row['right']} {row['wrong']} {beside}"
    right = dict(_EMPTIED.get(spot, {}))
    for pointer, node in BACKGROUND.items():
        if re.search(node["for"], text):
            right[pointer] = node["node"]
    for name, value in beside.items():
        right.update(_changes(f"/{name}", value))
    if spot == "schema":
        right["/components/schemas/S"] = {}
        right["/components/schemas/User"] = {"$ref": "#/components/schemas/S"}
    at = SPOTS[spot]
    merged = {pointer: value for pointer, value in _changes(at, row["right"]) if pointer or value}
    wrong = dict(_changes(at, row["wrong"], row["right"]))
    return Fault(
        name=f"OpenAPI 3: {row['name']}",
        source=f"OpenAPI {row['version']}, {row['section']}",
        sentence=row["sentence"],
        versions=row["version"],
        right={**right, **merged},
        wrong={pointer: value for pointer, value in wrong.items() if pointer},
        at=tuple(f"!{at}{place[1:]}" if place.startswith("!") else f"{at}{place}" for place in row["at"]),
        long=row.get("long", False),
    )


FAULTS = [
    _fault(row)
    for path in sorted(FOLDER.glob("*.yaml"))
    if path.name != "background.yaml"
    for row in yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)
]
