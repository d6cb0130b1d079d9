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
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import yaml
from msgspec import Struct, field

from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.documents.positions import Position, Positions, Recorded

# Twenty times the largest document of the corpora (3.4 MB), and low enough that a hostile document costs seconds, not
# the process. A short text has few nodes, aliases expanded; published documents have a node for 10 to 35 bytes.
MAX_BYTES = 64 * 1024 * 1024
MAX_NODES = 1_000_000
NODE_BYTES = 10
MAX_DEPTH = 200
MAX_DIGITS = 300
_TOO_DEEP = f"more than {MAX_DEPTH} levels of nesting"


class Unreadable(Exception):
    """A text that is not a document, or what was let pass in one; line and column count from 1."""

    def __init__(self, rule: str, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.rule, self.message, self.line, self.column = rule, message, line, column


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
    faults: list[Unreadable] = []
    text = data if isinstance(data, str) else _decode(data, tolerant, faults)
    if tolerant and (control := _CONTROL.search(text)):
        faults.append(_fault_at(text, control.start(), "holds a control character; write it as \\u00XX"))
        text = _CONTROL.sub(" ", text)
    not_json: Unreadable | None = None
    if text.lstrip()[:1] in ("{", "["):
        halves = [_fault_at(text, offset, "half of a character; write both of its escapes") for offset in _halves(text)]
        if halves and not tolerant:
            raise halves[0]
        if halves:
            faults += halves
            text = _SURROGATE.sub(lambda match: "\\ufffd" if match["half"] else match[0], text)
        try:
            return Content(_json(text), text, None, faults)
        except json.JSONDecodeError as error:
            not_json = _fault_at(text, error.pos, f"is not JSON: {error.msg[:1].lower()}{error.msg[1:]}")
        except (ValueError, RecursionError):
            pass  # a fault that the event reader can place
    reader = _EventReader(text, json_only=json_only, tolerant=tolerant)
    root = reader.read()
    if not_json is not None and json_only:
        faults.append(not_json)
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
    if "\\ud" in text.lower():
        yield from (match.start() for match in _SURROGATE.finditer(text) if match["half"])


def _fault_at(text: str, offset: int, message: str) -> Unreadable:
    """A fault of the syntax at an offset of the text."""
    return Unreadable("syntax", message, text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))


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

    value = json.loads(text, object_pairs_hook=pairs, parse_float=_number, parse_int=_number, parse_constant=refuse)
    _check_size(value, max_nodes(text))
    return value


def max_nodes(text: str) -> int:
    """How many nodes the tree of a text may have."""
    return max(MAX_NODES, len(text) // NODE_BYTES)


def _check_size(value: Any, limit: int) -> None:
    """Raise ``ValueError`` for a tree beyond the bounds of depth and nodes, counted as the event reader counts: a
    member of an object is two nodes, its key and its value."""
    nodes, depth = 1, 0
    level = [value] if isinstance(value, (dict, list)) else []
    while level:
        depth += 1
        nodes += sum(2 * len(node) if isinstance(node, dict) else len(node) for node in level)
        if depth > MAX_DEPTH or nodes > limit:
            raise ValueError("too deep, or too large")
        inner = (node.values() if isinstance(node, dict) else node for node in level)
        level = [node for nodes_below in inner for node in nodes_below if isinstance(node, (dict, list))]


# Scalars

_NULLS: Mapping[str, Any] = dict.fromkeys(("", "~", "null", "Null", "NULL"))
_BOOLEANS = {word: kind == "true" for kind in ("true", "false") for word in (kind, kind.title(), kind.upper())}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_BASED = re.compile(r"0(?:o[0-7]+|x[0-9a-fA-F]+)\Z")
_FLOAT = re.compile(r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?\Z")
_NOT_A_NUMBER = re.compile(r"([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))\Z")
_JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?\Z")
_JSON_WORDS: Mapping[str, Any] = {"null": None, "true": True, "false": False}
_TAG = "tag:yaml.org,2002:"


def _number(text: str) -> int | float:
    if len(text) > MAX_DIGITS:
        raise ValueError(f"a number of {len(text)} characters; at most {MAX_DIGITS} are read")
    if _INTEGER.match(text):
        return int(text)
    if _BASED.match(text):
        return int(text[2:], 8 if text[1] == "o" else 16)
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"the number {text} is too large for a double")
    return value


def _plain(text: str) -> Any:
    """The value of a plain scalar in the core schema."""
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _FLOAT.match(text) or _BASED.match(text):
        return _number(text)
    if _NOT_A_NUMBER.match(text):
        raise ValueError(f"{text} is a number that JSON does not have; put it in quotes if text is meant")
    return text


def _integer(text: str) -> int:
    if not _INTEGER.match(text) and not _BASED.match(text):
        raise ValueError(f"{text!r} is not an integer, which its tag !!int asks for")
    return int(_number(text))


def _float(text: str) -> float:
    if not _FLOAT.match(text):
        raise ValueError(f"{text!r} is not a number of JSON, which its tag !!float asks for")
    return float(_number(text))


def _boolean(text: str) -> bool:
    if text not in _BOOLEANS:
        raise ValueError(f"{text!r} is neither true nor false, which its tag !!bool asks for")
    return _BOOLEANS[text]


def _null(text: str) -> None:
    if text not in _NULLS:
        raise ValueError(f"{text!r} is not null, which its tag !!null asks for")


_TAGS: Mapping[str, Callable[[str], Any]] = {
    "str": str,
    "int": _integer,
    "float": _float,
    "bool": _boolean,
    "null": _null,
}
"""The value of a scalar's text by its tag, if that is one of the core schema."""


def _scalar(event: yaml.ScalarEvent, json_only: bool) -> Any:
    text: str = event.value
    if event.tag == "!":  # the non-specific tag: text, whatever it looks like (YAML 1.2.2 section 6.9.1)
        return text
    if event.tag is not None:
        convert = _TAGS.get(event.tag.removeprefix(_TAG))
        if convert is None:
            raise _unknown_tag(event.tag)
        return convert(text)
    if event.style:  # of a plain scalar libyaml says "", the pure reader None
        return text
    if not json_only:
        return _plain(text)
    if text in _JSON_WORDS:
        return _JSON_WORDS[text]
    if _JSON_NUMBER.match(text):
        return _number(text)
    raise ValueError(f"{text!r} is not a JSON value; put it in quotes")


def _unknown_tag(tag: str) -> ValueError:
    return ValueError(f"the tag {tag.replace(_TAG, '!!')!r} is not read; only plain data is")


# Events

_MERGE = "<<"
"""The key whose value is merged into its mapping (https://yaml.org/type/merge.html)."""


class _Open(Struct):
    """A collection under construction: where it is, the levels below it and, for a mapping, the key whose value comes
    next, and the mappings that are merged into it, each with its pointer."""

    value: Any
    pointer: str
    anchor: str | None
    start: int
    key: str | None = None
    height: int = 0
    merged: list[tuple[Mapping[str, Any], str]] | None = None


class _Anchor(Struct, frozen=True):
    """A node that has a name: its value, how many nodes and levels it has, and where it is."""

    value: Any
    nodes: int
    height: int
    pointer: str


class _EventReader:
    """Builds the tree, and the positions of its nodes, from one stream of YAML events."""

    def __init__(self, text: str, json_only: bool, tolerant: bool) -> None:
        self.text = text
        self.json_only = json_only
        self.tolerant = tolerant
        self.positions = Recorded()
        self.root: Any = None
        self._repeated: list[tuple[str, str, Position]] = []  # key, pointer, where the key was first
        self._nodes = 0
        self._max_nodes = max_nodes(text)
        self._stack: list[_Open] = []
        self._anchors: dict[str, _Anchor] = {}
        self._origins: dict[str, str] = {}  # pointers of aliases to those of their anchors

    def read(self) -> Any:
        """The tree; ``Unreadable`` for a text that is not one YAML document of plain data."""
        start: Any = None  # yaml.Mark, which its stubs do not export
        documents = 0
        try:
            for event in yaml.parse(self.text, Loader=yaml.CSafeLoader):
                start = event.start_mark
                if isinstance(event, yaml.DocumentStartEvent):
                    documents += 1
                    if documents > 1:
                        raise ValueError("a second document begins here; a file holds one")
                elif isinstance(event, yaml.NodeEvent):
                    self._node(event)
                elif isinstance(event, yaml.CollectionEndEvent):
                    self._close()
        except yaml.MarkedYAMLError as error:
            at = error.problem_mark or error.context_mark
            message = " ".join(part for part in (error.context, error.problem) if part)
            # libyaml looks ahead, so that its own bound may be met before ours.
            message = _TOO_DEEP if "nesting depth" in message else f"not YAML: {message}"
            raise Unreadable("syntax", message, at.line + 1 if at else 1, at.column + 1 if at else 1) from None
        except yaml.YAMLError as error:
            raise Unreadable("syntax", f"not YAML: {error}") from None
        except ValueError as error:
            raise Unreadable("syntax", str(error), start.line + 1, start.column + 1) from None
        if not documents:
            raise Unreadable("syntax", "the file is empty")
        return self.root

    @property
    def duplicates(self) -> list[Unreadable]:
        """Keys that were repeated in one mapping, which a tolerant reading lets pass."""
        return [
            Unreadable(
                "key-twice",
                f"the key {key!r} is already used on line {first[0]}; the last one counts; keep one",
                *self.positions.keys[pointer],
            )
            for key, pointer, first in self._repeated
        ]

    def _count(self, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > self._max_nodes:
            raise ValueError(f"more than {self._max_nodes:,} nodes, aliases expanded")

    def _node(self, event: yaml.NodeEvent) -> None:
        start: Any = event.start_mark
        position = (start.line + 1, start.column + 1)
        parent = self._stack[-1] if self._stack else None
        if parent is not None and parent.key is None and isinstance(parent.value, dict):
            return self._key(parent, event, position)
        if parent is None:
            pointer = ""
        elif isinstance(parent.value, dict):
            pointer = f"{parent.pointer}/{escape(parent.key or '')}"
        else:
            pointer = f"{parent.pointer}/{len(parent.value)}"
        self.positions.values[pointer] = position
        if isinstance(event, yaml.AliasEvent):
            anchor = self._anchor(event)
            self._count(anchor.nodes)
            if len(self._stack) + anchor.height > MAX_DEPTH:
                raise ValueError(f"{_TOO_DEEP}, aliases expanded")
            self._origins[pointer] = anchor.pointer
            return self._put(anchor.value, anchor.height, pointer)
        self._count(1)
        if isinstance(event, yaml.ScalarEvent):
            value = _scalar(event, self.json_only)
            if event.anchor:
                self._anchors[event.anchor] = _Anchor(value, 1, 0, pointer)
            return self._put(value, 0, pointer)
        begins = isinstance(event, yaml.MappingStartEvent)
        tag = getattr(event, "tag", None)
        if tag not in (None, "!", _TAG + ("map" if begins else "seq")):
            raise _unknown_tag(str(tag))
        if len(self._stack) >= MAX_DEPTH:
            raise ValueError(_TOO_DEEP)
        new: Any = {} if begins else []
        self._stack.append(_Open(new, pointer, event.anchor, self._nodes))

    def _anchor(self, event: yaml.AliasEvent) -> _Anchor:
        if event.anchor not in self._anchors:
            raise ValueError(f"the alias *{event.anchor} has no anchor before it, or is inside it")
        return self._anchors[event.anchor]

    def _key(self, parent: _Open, event: yaml.NodeEvent, position: Position) -> None:
        key = self._anchor(event).value if isinstance(event, yaml.AliasEvent) else getattr(event, "value", None)
        if not isinstance(key, str):
            raise ValueError("a key must be text")
        merges = key == _MERGE and not self.json_only and isinstance(event, yaml.ScalarEvent) and not event.style
        pointer = f"{parent.pointer}/{escape(key)}"
        if key in parent.value or (merges and parent.merged is not None):
            first = self.positions.keys[pointer]
            if not self.tolerant:
                raise ValueError(f"the key {key!r} is already used on line {first[0]}; keep one")
            self._repeated.append((key, pointer, first))
        self._count(1)
        self.positions.keys[pointer] = position
        if isinstance(event, yaml.ScalarEvent) and event.anchor:
            self._anchors[event.anchor] = _Anchor(key, 1, 0, pointer)
        parent.key = key
        if merges:
            parent.merged = []
        else:
            parent.value[key] = None

    def _put(self, value: Any, height: int, pointer: str) -> None:
        if not self._stack:
            self.root = value
            return
        parent = self._stack[-1]
        parent.height = max(parent.height, height)
        if isinstance(parent.value, list):
            parent.value.append(value)
            return
        if parent.key == _MERGE and parent.merged is not None and _MERGE not in parent.value:
            self._merge(parent.merged, value, pointer)
        else:
            parent.value[parent.key] = value
        parent.key = None

    def _merge(self, merged: list[tuple[Mapping[str, Any], str]], value: Any, pointer: str) -> None:
        """Note the mappings of a merge key, the one that wins first."""
        listed = isinstance(value, list)
        origin = self._origins.get(pointer, pointer)
        for index, mapping in enumerate(value if listed else [value]):
            at = f"{origin}/{index}" if listed else origin
            if not isinstance(mapping, dict):
                values = self.positions.values
                raise Unreadable(
                    "syntax",
                    "the merge key << takes a mapping, or a list of mappings, of this document; quote it to mean text",
                    *values.get(f"{pointer}/{index}", values[pointer]),
                )
            merged.append((mapping, self._origins.get(at, at)))

    def _close(self) -> None:
        closed = self._stack.pop()
        if closed.merged:
            self._fill(closed, closed.merged)
        height = closed.height + 1
        if closed.anchor:
            nodes = self._nodes - closed.start + 1
            self._anchors[closed.anchor] = _Anchor(closed.value, nodes, height, closed.pointer)
        self._put(closed.value, height, closed.pointer)

    def _fill(self, closed: _Open, merged: list[tuple[Mapping[str, Any], str]]) -> None:
        """Add the members that are merged into a mapping; its own members win, and come after them."""
        members = dict(closed.value)
        closed.value.clear()
        for mapping, origin in merged:
            for key, value in mapping.items():
                step = escape(key)
                if key in closed.value or key in members:
                    closed.value.setdefault(key, members.get(key))
                    continue
                closed.value[key] = value
                for known in (self.positions.keys, self.positions.values):
                    if f"{origin}/{step}" in known:
                        known[f"{closed.pointer}/{step}"] = known[f"{origin}/{step}"]
        closed.value.update(members)
