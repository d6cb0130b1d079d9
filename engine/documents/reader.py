"""Text of a document to plain data, with the position of every node.

Rule 1. One reader serves YAML and JSON: libyaml's event stream becomes plain data without recursion, so that depth,
nodes (after alias expansion), number sizes and duplicate keys are judged before anything is built from them.

Rule 2. Plain scalars are those of the core schema (YAML 1.2.2 section 10.3.2), so that ``no``, ``on``, ``1_000`` and
``2020-01-01`` are text. Two deviations: ``012`` is text, because YAML 1.1 reads it as octal and 1.2 as decimal;
``.inf`` and ``.nan`` are refused, because JSON has no such numbers. Merge keys (``<<``) are merged.

Rule 3. JSON text takes the fast path of ``json`` under the same rules. Whatever the fast path refuses, the event
reader reads again, because only it can say where the fault is.

Rule 4. Published files are read ``tolerant``: what their publisher's own reader lets pass (bytes of Windows-1252, a
comma too many, a raw control character, a duplicate key) passes here too, each with a finding.
"""

from __future__ import annotations

import codecs
import gc
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from openconnectors.engine.deferred import module
from openconnectors.engine.documents.positions import JsonPositions, Positions
from openconnectors.engine.documents.scalars import (
    MAX_BYTES,
    MAX_DEPTH,
    NotYaml,
    Unreadable,
    fault_at,
    max_nodes,
    number,
)

if TYPE_CHECKING:
    from openconnectors.engine.documents import events, json_faults
else:
    json_faults = module("openconnectors.engine.documents.json_faults")
    events = module("openconnectors.engine.documents.events")  # with libyaml, which JSON does without


class Content(Struct, frozen=True):
    """What a text holds: its tree, the text that positions count in, and the faults that were let pass. ``positions``
    is None for JSON, whose positions are found by its tokens when they are needed."""

    root: Any
    text: str
    positions: Positions | None = None
    faults: list[Unreadable] = field(default_factory=list)


def read_text(data: bytes | str, *, json_only: bool, tolerant: bool) -> Content:
    """The content of a text; ``Unreadable`` for one that is neither YAML nor JSON, or beyond the limits.

    ``json_only`` refuses plain scalars that JSON does not have (files named ``.json``).
    """
    with _no_collection():
        return _content(data, json_only, tolerant)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Collect no garbage: to look for cycles in a tree that grows takes as long as reading it, and it has none."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects and not gc.get_freeze_count():
            gc.freeze()
            gc.unfreeze()  # now the tree is among what is old, and not looked through again with what is new
        if collects:
            gc.enable()


def _content(data: bytes | str, json_only: bool, tolerant: bool) -> Content:
    faults: list[Unreadable] = []
    text = data if isinstance(data, str) else _decode(data, tolerant, faults)
    if tolerant and (control := _CONTROL.search(text)):
        faults.append(fault_at(text, control.start(), "holds a control character; write it as \\u00XX"))
        text = _CONTROL.sub(" ", text)
    not_json: Unreadable | None = None
    if json_only or text.lstrip()[:1] in ("{", "["):
        halves = [fault_at(text, offset, "half of a character; write both of its escapes") for offset in _halves(text)]
        if halves and not tolerant:
            raise halves[0]
        if halves:
            faults += halves
            text = _SURROGATE.sub(lambda match: "\\ufffd" if match["half"] else match[0], text)
        try:
            return Content(_json(text), text, None, faults)
        except json.JSONDecodeError as error:
            not_json = _not_json(error)
        except (ValueError, RecursionError):
            pass  # a fault that the event reader can place
    if not_json is not None and json_only:
        return _almost_json(text, not_json, faults, tolerant)
    reader = events.EventReader(text, json_only=json_only, tolerant=tolerant)
    root = reader.read()
    return Content(root, text, reader.positions, [*faults, *reader.duplicates])


def _not_json(error: json.JSONDecodeError) -> Unreadable:
    message = error.msg.removesuffix(" at")
    return fault_at(error.doc, error.pos, f"is not JSON: {message[:1].lower()}{message[1:]}")


def _place(fault: Unreadable) -> tuple[int, int, bool]:
    """What orders faults; of two in one place the one that speaks of JSON comes first."""
    return fault.line, fault.column, isinstance(fault, NotYaml)


def _almost_json(text: str, not_json: Unreadable, faults: list[Unreadable], tolerant: bool) -> Content:
    """The content of a text that should be JSON, and is read in spite of comments, commas too many, and what YAML has
    and JSON has not; each is a fault."""
    cleaned, let_pass = json_faults.without_faults(text)
    if let_pass:
        faults += let_pass
        try:
            return Content(_json(cleaned), text, JsonPositions(cleaned), faults)
        except json.JSONDecodeError as error:
            not_json = _not_json(error)
            faults.append(not_json)
        except (ValueError, RecursionError):
            pass
    else:
        faults.append(not_json)
    reader = events.EventReader(cleaned, json_only=True, tolerant=tolerant)
    try:
        root = reader.read()
    except Unreadable as fault:
        raise min(fault, not_json, key=_place) from None
    return Content(root, text, reader.positions, [*faults, *reader.duplicates])


# Bytes to text

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
"""The controls that neither JSON (RFC 8259 section 7) nor YAML (1.2.2 section 5.1) lets stand as they are."""


def _decode(data: bytes, tolerant: bool, faults: list[Unreadable]) -> str:
    if len(data) > MAX_BYTES:
        raise Unreadable("syntax", f"{len(data):,} bytes; at most {MAX_BYTES:,} are read")
    encoding = "utf-16" if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"
    if tolerant and data.startswith(codecs.BOM_UTF8):
        # RFC 8259 section 8.1: JSON must not begin with one, a parser may ignore it.
        faults.append(Unreadable("encoding", "begins with a byte order mark, which JSON must not have"))
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start]
        column = len(before.rpartition(b"\n")[2]) + 1
        line = before.count(b"\n") + 1
        fault = Unreadable("encoding", "the bytes here are not UTF-8; save the file as UTF-8", line, column)
        if not tolerant:
            raise fault from None
        faults.append(fault)
        return data.decode("cp1252", "replace")


_SURROGATE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
"""An escape of JSON, or two that make one character; ``half`` is one that needs the other (RFC 8259 section 8.2)."""


def _halves(text: str) -> Iterator[int]:
    """The offsets of escapes that are half a character."""
    if "\\ud" in text or "\\uD" in text:
        yield from (match.start() for match in _SURROGATE.finditer(text) if match["half"])


# JSON


def _json(text: str) -> Any:
    """The value of JSON text under this module's rules; ``ValueError`` for the event reader to explain."""

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(members)
        if len(value) != len(members):
            raise ValueError("duplicate keys")
        return value

    def refuse(constant: str) -> Any:
        raise ValueError(f"{constant} is not a JSON number")

    value = json.loads(text, object_pairs_hook=pairs, parse_float=number, parse_int=number, parse_constant=refuse)
    _check_size(value, max_nodes(text))
    return value


_CONTAINERS = frozenset({dict, list})


def _check_size(value: Any, limit: int) -> None:
    """Raise ``ValueError`` for a tree beyond the bounds of depth and nodes, counted as the event reader counts: a
    member of an object is two nodes, its key and its value."""
    nodes, depth = 1, 0
    level = [value] if isinstance(value, (dict, list)) else []
    while level:
        depth += 1
        nodes += sum([2 * len(node) if node.__class__ is dict else len(node) for node in level])
        if depth > MAX_DEPTH or nodes > limit:
            raise ValueError("too deep, or too large")
        inner = [node.values() if node.__class__ is dict else node for node in level]
        level = [node for nodes_below in inner for node in nodes_below if node.__class__ in _CONTAINERS]
