"""An overlay that makes one document of another, so that edits of a file can stand beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any


def overlay_between(old: Mapping[str, Any], new: Mapping[str, Any], title: str) -> dict[str, Any]:
    """The overlay (OpenAPI Overlay 1.1) that makes the new document of the old one. An update merges objects, adds
    to lists, and turns nothing into another kind (section 4.4.3.1): what differs so is removed first."""
    actions = list(_actions(old, new, "$"))
    return {"overlay": "1.1.0", "info": {"title": title, "version": "1"}, "actions": actions}


def changed_places(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """The pointers (RFC 6901) of what differs."""
    return list(_places(old, new, ""))


def _actions(old: Mapping[str, Any], new: Mapping[str, Any], target: str) -> Iterator[dict[str, Any]]:
    update: dict[str, Any] = {}
    for name in {**old, **new}:
        # A name between double quotes is written as in JSON (RFC 9535 section 2.3.1.1).
        place = f"{target}[{json.dumps(name)}]"
        if name not in new:
            yield {"target": place, "remove": True}
        elif name not in old:
            update[name] = new[name]
        elif isinstance(old[name], Mapping) and isinstance(new[name], Mapping):
            yield from _actions(old[name], new[name], place)
        elif not _is_same(old[name], new[name]):
            if isinstance(old[name], Mapping | list) or isinstance(new[name], Mapping | list):
                yield {"target": place, "remove": True}
            update[name] = new[name]
    if update:
        yield {"target": target, "update": update}


def _places(old: Any, new: Any, pointer: str) -> Iterator[str]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in {**old, **new}:
            place = f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
            if name not in old or name not in new:
                yield place
            else:
                yield from _places(old[name], new[name], place)
    elif not _is_same(old, new):
        yield pointer


def _is_same(old: Any, new: Any) -> bool:
    """Whether two values are the same JSON: true is not 1."""
    return bool(old == new) and json.dumps(old, default=str) == json.dumps(new, default=str)
