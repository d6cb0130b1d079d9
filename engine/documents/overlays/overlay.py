"""An overlay as it is written: its actions, each with its place, and what is wrong with its structure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote

from msgspec import Struct

from openconnectors.engine.deferred import pattern
from openconnectors.engine.documents import file as files
from openconnectors.engine.documents.file import File
from openconnectors.engine.documents.overlays.queries import query_fault
from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.documents.uris import parts
from openconnectors.engine.errors import Diagnostic, InvalidDocument, nearest

RULE = "overlay"
"""The rule of what keeps an overlay from being applied."""
NO_EFFECT = "overlay-target"
"""The rule of an action that changes nothing."""
_VERSION = pattern(r"1\.[01]\.\d+\Z")
_ROOT = {"overlay": str, "info": dict, "extends": str, "actions": list}
_INFO = {"title": str, "version": str, "description": str}
_ACTION = {"target": str, "description": str, "update": object, "copy": str, "remove": bool}
_REQUIRED = {"": ("overlay", "info", "actions"), "/info": ("title", "version")}
_KINDS = {str: "a text", dict: "a mapping", list: "a list", bool: "true or false"}


class Action(Struct, frozen=True):
    """One change: the nodes it is for, and what is done with them; ``kind`` is empty if nothing is."""

    at: str
    """Its pointer in the overlay."""
    target: str
    kind: Literal["update", "copy", "remove", ""]
    value: Any = None
    """What is merged, or the query of what is copied."""

    @property
    def place(self) -> str:
        """The pointer of what the action does."""
        return f"{self.at}/{self.kind}" if self.kind else self.at


class Overlay(Struct, frozen=True):
    """An overlay that can be applied, and the file it is read from."""

    path: Path
    file: File
    actions: tuple[Action, ...]
    extends: str = ""
    """The URI reference of the document it is for; empty if it has none."""

    def finding(
        self, message: str, pointer: str, rule: str = RULE, severity: Literal["error", "warning"] = "error"
    ) -> Diagnostic:
        """A finding at a node of the overlay."""
        line, column = self.file.place(pointer, False)
        return Diagnostic(rule, severity, message, self.file.file, line, column, pointer)

    def query_faults(self) -> list[Diagnostic]:
        """The queries that are no JSONPath, each at its place."""
        queries = [(f"{action.at}/target", action.target) for action in self.actions]
        queries += [(action.place, action.value) for action in self.actions if action.kind == "copy"]
        return [self.finding(fault, at) for at, query in queries if (fault := query_fault(query))]


def is_overlay(root: object) -> bool:
    """Return True for the root of what says that it is an overlay, and not a document."""
    return isinstance(root, Mapping) and "overlay" in root


def read(path: Path, data: bytes | None = None) -> Overlay:
    """The overlay of a file; ``data`` is what is in it, if somebody has read it. ``InvalidDocument``, with everything
    that is wrong with its structure, if it cannot be applied."""
    file = files.parse(files.content_of(path, str(path)) if data is None else data, str(path))
    overlay = Overlay(path, file, ())
    faults = [overlay.finding(message, pointer) for message, pointer in _faults(file.root)]
    if faults:
        raise InvalidDocument(faults)
    root = file.root
    actions = tuple(_action(raw, f"/actions/{index}") for index, raw in enumerate(root["actions"]))
    return Overlay(path, file, actions, root.get("extends", ""))


def faults(path: Path) -> list[Diagnostic]:
    """What is wrong with an overlay that is applied to nothing: its structure, and queries that are no JSONPath."""
    try:
        overlay = read(path)
    except InvalidDocument as error:
        return list(error.diagnostics)
    return [*overlay.file.findings, *overlay.query_faults()]


def extended(path: Path) -> Path | None:
    """The file that the overlay at a path extends; None if it names none, or it is not there."""
    try:
        root = files.parse(files.content_of(path, str(path)), str(path)).root
    except InvalidDocument:
        return None
    scheme, authority, place, _ = parts(str(root.get("extends", ""))) if isinstance(root, Mapping) else parts("")
    if scheme is not None or authority is not None or not place:
        return None
    document = path.parent / unquote(place)
    return document if document.is_file() else None


def _action(raw: Mapping[str, Any], at: str) -> Action:
    if raw.get("remove"):  # then the other two have no effect ("Action Object")
        return Action(at, raw["target"], "remove")
    for kind in ("update", "copy"):
        if kind in raw:
            return Action(at, raw["target"], kind, raw[kind])
    return Action(at, raw["target"], "")


# Structure

Fault = tuple[str, str]
"""What is wrong, and the pointer of the node."""


def _faults(root: Any) -> Iterator[Fault]:
    if not isinstance(root, dict):
        yield "an overlay is a mapping with overlay, info and actions", ""
        return
    yield from _members(root, "", _ROOT)
    version = root.get("overlay")
    if isinstance(version, str) and not _VERSION.match(version):
        yield f"overlay is the version of the Overlay Specification: 1.1.0 or 1.0.0, not {version!r}", "/overlay"
    if isinstance(root.get("info"), dict):
        yield from _members(root["info"], "/info", _INFO)
    actions = root.get("actions")
    if not isinstance(actions, list):
        return
    if not actions:
        yield "an overlay has at least one action", "/actions"
    known: dict[str, int] = {}
    for index, action in enumerate(actions):
        yield from _action_faults(action, f"/actions/{index}")
        first = known.setdefault(repr(action), index)
        if first != index:
            yield f"this action is the same as /actions/{first}; keep one", f"/actions/{index}"


def _action_faults(action: Any, at: str) -> Iterator[Fault]:
    if not isinstance(action, dict):
        yield "an action is a mapping with a target, and update, copy or remove", at
        return
    yield from _members(action, at, _ACTION)
    if "target" not in action:
        yield "an action needs a target: a JSONPath query such as $.paths['/pets'].get", at
    for member in ("target", "copy"):
        query = action.get(member)
        if isinstance(query, str) and not query.startswith("$"):
            yield f"{member} is a JSONPath query (RFC 9535), which begins with $; {query!r} does not", f"{at}/{member}"
    if "update" in action and "copy" in action and not action.get("remove"):
        yield "an action has update or copy, not both; make two actions of it", f"{at}/copy"


def _members(value: Mapping[str, Any], at: str, known: Mapping[str, type]) -> Iterator[Fault]:
    """What is wrong with the members of an object: absent, unknown, of another type. Those of extensions are free."""
    for name in _REQUIRED.get(at, ()):
        if name not in value:
            yield f"{name!r} is missing", at
    for name, member in value.items():
        if name in known:
            if not isinstance(member, known[name]):
                yield f"{name} must be {_KINDS[known[name]]}", f"{at}/{escape(name)}"
        elif not name.startswith("x-"):
            yield f"{name!r} is not known here{nearest(name, known)}", f"{at}/{escape(name)}"
