"""Document text to a tree with the position of every node; references.

One reader serves YAML and JSON: libyaml's event stream is turned into plain data without recursion,
so that depth, nodes (after alias expansion), number sizes and duplicate keys are judged before
anything is built from them. Plain scalars are those of the core schema (YAML 1.2.2 section 10.3.2), so that ``no``,
``on``, ``1_000`` and ``2020-01-01`` are text. Two deviations: ``012`` is text, because YAML 1.1 reads it as octal and
1.2 as decimal; ``.inf`` and ``.nan`` are refused, because JSON has no such numbers. Merge keys (``<<``) are merged.
JSON text takes the fast path of ``json`` under the same rules; its positions are found by its tokens
when a diagnostic asks for them.

Published files are read ``tolerant``: what their publisher's own reader lets pass (bytes of Windows-1252, a
comma too many, a raw control character, a key that stands twice) passes here too, each with a finding.
"""

from __future__ import annotations

import codecs
import json
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote

import yaml

from openconnectors.engine.errors import Diagnostic, InvalidDocument, nearest

MAX_BYTES = 32 * 1024 * 1024
MAX_NODES = 1_000_000
MAX_DEPTH = 200
MAX_DIGITS = 300
_TOO_DEEP = f"more than {MAX_DEPTH} levels of nesting"

_NULLS: Mapping[str, Any] = dict.fromkeys(("", "~", "null", "Null", "NULL"))
_BOOLEANS = {word: kind == "true" for kind in ("true", "false") for word in (kind, kind.title(), kind.upper())}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_BASED = re.compile(r"0(?:o[0-7]+|x[0-9a-fA-F]+)\Z")
_FLOAT = re.compile(r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?\Z")
_NO_NUMBER = re.compile(r"([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))\Z")
_JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?\Z")
_JSON_WORDS: Mapping[str, Any] = {"null": None, "true": True, "false": False}
_TAG = "tag:yaml.org,2002:"
_MERGE = "<<"
"""The key whose value is merged into its mapping (https://yaml.org/type/merge.html)."""

_INDEX = re.compile(r"(0|[1-9][0-9]{0,8})\Z")
"""An index of a list (RFC 6901 section 4)."""

Position = tuple[int, int]
Mark = Any


def escape(step: str | int) -> str:
    """One step of an RFC 6901 pointer."""
    return str(step).replace("~", "~0").replace("/", "~1")


def pointer_steps(pointer: str) -> list[str]:
    """The steps of an RFC 6901 pointer, unescaped; ``""`` has none."""
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


class _Refused(Exception):
    """A text that is no document; line and column count from 1."""

    def __init__(self, rule: str, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.rule, self.message, self.line, self.column = rule, message, line, column


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
    """What a plain scalar means in the core schema."""
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _FLOAT.match(text) or _BASED.match(text):
        return _number(text)
    if _NO_NUMBER.match(text):
        raise ValueError(f"{text} is a number that JSON does not have; put it in quotes where text is meant")
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
"""What the tags of the core schema make of a scalar's text."""


def _scalar(event: yaml.ScalarEvent, json_only: bool) -> Any:
    text: str = event.value
    if event.tag == "!":
        return text
    if event.tag is not None:
        convert = _TAGS.get(event.tag.removeprefix(_TAG))
        if convert is None:
            raise _not_read(event.tag)
        return convert(text)
    if event.style:  # of a plain scalar libyaml says "", the pure reader None
        return text
    if not json_only:
        return _plain(text)
    if text in _JSON_WORDS:
        return _JSON_WORDS[text]
    if _JSON_NUMBER.match(text):
        return _number(text)
    raise ValueError(f"{text!r} is no JSON value; put it in quotes")


def _not_read(tag: str) -> ValueError:
    return ValueError(f"the tag {tag.replace(_TAG, '!!')!r} is not read; only plain data is")


@dataclass(slots=True)
class _Open:
    """A collection under construction: where it stands, the levels below it and, for a mapping, the key that waits
    and where the mappings stand that are merged into it."""

    value: Any
    pointer: str
    anchor: str | None
    start: int
    key: str | None = None
    height: int = 0
    merged: list[tuple[Mapping[str, Any], str]] | None = None


@dataclass(frozen=True, slots=True)
class _Anchor:
    """A node that has a name: its value, how many nodes and levels it has, and where it stands."""

    value: Any
    nodes: int
    height: int
    pointer: str


class _Reader:
    """Builds the tree, and the positions of its nodes, from one stream of YAML events."""

    def __init__(self, text: str, json_only: bool = False, tolerant: bool = False) -> None:
        self.text = text
        self.json_only = json_only
        self.tolerant = tolerant
        self.twice: list[tuple[str, str, Position]] = []
        """What stands twice where that is tolerated: the key, its pointer, and where it stood first."""
        self.nodes = 0
        self.stack: list[_Open] = []
        self.anchors: dict[str, _Anchor] = {}
        self.origins: dict[str, str] = {}
        """Of aliases that are merged, where their anchors stand."""
        self.keys: dict[str, Position] = {}
        self.values: dict[str, Position] = {}
        self.root: Any = None

    def read(self) -> Any:
        mark: Mark = None
        documents = 0
        try:
            for event in yaml.parse(self.text, Loader=yaml.CSafeLoader):
                mark = event.start_mark
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
            said = " ".join(part for part in (error.context, error.problem) if part)
            # libyaml looks ahead, so that its own bound may be met before ours.
            said = _TOO_DEEP if "nesting depth" in said else f"not YAML: {said}"
            raise _Refused("syntax", said, at.line + 1 if at else 1, at.column + 1 if at else 1) from None
        except yaml.YAMLError as error:
            raise _Refused("syntax", f"not YAML: {error}") from None
        except ValueError as error:
            raise _Refused("syntax", str(error), mark.line + 1, mark.column + 1) from None
        if not documents:
            raise _Refused("syntax", "the file is empty")
        return self.root

    def position(self, pointer: str, key: bool) -> Position | None:
        """Line and column of a node, or of its key."""
        return (self.keys.get(pointer) if key else None) or self.values.get(pointer)

    def _count(self, nodes: int) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            raise ValueError(f"more than {MAX_NODES:,} nodes, aliases expanded")

    def _node(self, event: yaml.NodeEvent) -> None:
        mark: Mark = event.start_mark
        position = (mark.line + 1, mark.column + 1)
        parent = self.stack[-1] if self.stack else None
        if parent is not None and parent.key is None and isinstance(parent.value, dict):
            return self._key(parent, event, position)
        if parent is None:
            pointer = ""
        elif isinstance(parent.value, dict):
            pointer = f"{parent.pointer}/{escape(parent.key or '')}"
        else:
            pointer = f"{parent.pointer}/{len(parent.value)}"
        self.values[pointer] = position
        if isinstance(event, yaml.AliasEvent):
            anchor = self._anchor(event)
            self._count(anchor.nodes)
            if len(self.stack) + anchor.height > MAX_DEPTH:
                raise ValueError(f"{_TOO_DEEP}, aliases expanded")
            self.origins[pointer] = anchor.pointer
            return self._put(anchor.value, anchor.height, pointer)
        self._count(1)
        if isinstance(event, yaml.ScalarEvent):
            value = _scalar(event, self.json_only)
            if event.anchor:
                self.anchors[event.anchor] = _Anchor(value, 1, 0, pointer)
            return self._put(value, 0, pointer)
        begins = isinstance(event, yaml.MappingStartEvent)
        tag = getattr(event, "tag", None)
        if tag not in (None, "!", _TAG + ("map" if begins else "seq")):
            raise _not_read(str(tag))
        if len(self.stack) >= MAX_DEPTH:
            raise ValueError(_TOO_DEEP)
        new: Any = {} if begins else []
        self.stack.append(_Open(new, pointer, event.anchor, self.nodes))

    def _anchor(self, event: yaml.AliasEvent) -> _Anchor:
        if event.anchor not in self.anchors:
            raise ValueError(f"the alias *{event.anchor} has no anchor before it, or stands inside it")
        return self.anchors[event.anchor]

    def _key(self, parent: _Open, event: yaml.NodeEvent, position: Position) -> None:
        key = self._anchor(event).value if isinstance(event, yaml.AliasEvent) else getattr(event, "value", None)
        if not isinstance(key, str):
            raise ValueError("a key must be text")
        merges = key == _MERGE and not self.json_only and isinstance(event, yaml.ScalarEvent) and not event.style
        pointer = f"{parent.pointer}/{escape(key)}"
        if key in parent.value or (merges and parent.merged is not None):
            first = self.keys[pointer]
            if not self.tolerant:
                raise ValueError(f"the key {key!r} stands here and in line {first[0]}; keep one")
            self.twice.append((key, pointer, first))
        self._count(1)
        self.keys[pointer] = position
        if isinstance(event, yaml.ScalarEvent) and event.anchor:
            self.anchors[event.anchor] = _Anchor(key, 1, 0, pointer)
        parent.key = key
        if merges:
            parent.merged = []
        else:
            parent.value[key] = None

    def _put(self, value: Any, height: int, pointer: str) -> None:
        if not self.stack:
            self.root = value
            return
        parent = self.stack[-1]
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
        """Notes the mappings of a merge key, the one that counts most first."""
        listed = isinstance(value, list)
        origin = self.origins.get(pointer, pointer)
        for index, one in enumerate(value if listed else [value]):
            at = f"{origin}/{index}" if listed else origin
            if not isinstance(one, dict):
                said = (
                    "the merge key << takes a mapping, or a list of mappings, of this document; quote it to mean text"
                )
                raise _Refused("syntax", said, *self.values.get(f"{pointer}/{index}", self.values[pointer]))
            merged.append((one, self.origins.get(at, at)))

    def _close(self) -> None:
        done = self.stack.pop()
        if done.merged:
            self._filled(done, done.merged)
        height = done.height + 1
        if done.anchor:
            self.anchors[done.anchor] = _Anchor(done.value, self.nodes - done.start + 1, height, done.pointer)
        self._put(done.value, height, done.pointer)

    def _filled(self, done: _Open, merged: list[tuple[Mapping[str, Any], str]]) -> None:
        """A mapping with the members that are merged into it; its own win, and stand behind them."""
        own = dict(done.value)
        done.value.clear()
        for mapping, origin in merged:
            for key, value in mapping.items():
                step = escape(key)
                if key in done.value or key in own:
                    done.value.setdefault(key, own.get(key))
                    continue
                done.value[key] = value
                for places in (self.keys, self.values):
                    if f"{origin}/{step}" in places:
                        places[f"{done.pointer}/{step}"] = places[f"{origin}/{step}"]
        done.value.update(own)


_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)


class _Places:
    """Where the nodes of a JSON text stand, found by its tokens: many times faster than a stream of events."""

    def __init__(self, text: str) -> None:
        self._lines = [0, *(found.end() for found in re.finditer("\n", text))]
        self._keys: dict[str, int] = {}
        self._values: dict[str, int] = {}
        self._index(text)

    def _index(self, text: str) -> None:
        keys, values = self._keys, self._values
        above: list[tuple[str, int]] = []
        place, index = "", 0  # of the collection that is open; index -1 for a mapping
        pointer, waits = "", False  # of the next value; whether a key comes next
        for found in _TOKEN.finditer(text):
            token = found[0]
            mark = token[0]
            if mark == ":":
                continue
            if mark == ",":
                if index < 0:
                    waits = True
                else:
                    index += 1
                    pointer = f"{place}/{index}"
            elif mark in "}]":
                place, index = above.pop()
                waits = False
            elif waits:
                key = json.loads(token, strict=False) if "\\" in token else token[1:-1]
                pointer = f"{place}/{escape(key)}" if "/" in key or "~" in key else f"{place}/{key}"
                keys[pointer] = found.start()
                waits = False
            else:
                values[pointer] = found.start()
                if mark in "{[":
                    above.append((place, index))
                    place, index, waits = pointer, -1 if mark == "{" else 0, mark == "{"
                    pointer = f"{place}/0"

    def position(self, pointer: str, key: bool) -> Position | None:
        """Line and column of a node, or of its key."""
        found = self._keys.get(pointer) if key else None
        found = self._values.get(pointer) if found is None else found
        if found is None:
            return None
        line = bisect_right(self._lines, found)
        return line, found - self._lines[line - 1] + 1


_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


_HALF = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
"""An escape of JSON, or two that make one character; ``half`` is one that needs the other (RFC 8259 section 8.2)."""


def _halves(text: str) -> Iterator[int]:
    """Where escapes stand that are half a character."""
    if "\\ud" in text.lower():
        yield from (found.start() for found in _HALF.finditer(text) if found["half"])


def _decode(data: bytes, tolerant: bool, findings: list[_Refused]) -> str:
    if len(data) > MAX_BYTES:
        raise _Refused("syntax", f"{len(data):,} bytes; at most {MAX_BYTES:,} are read")
    encoding = "utf-16" if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"
    if tolerant and data.startswith(codecs.BOM_UTF8):
        findings.append(_Refused("encoding", "begins with a byte order mark, which JSON has not"))
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start]
        column = len(before.rpartition(b"\n")[2]) + 1
        line = before.count(b"\n") + 1
        refused = _Refused("encoding", "the bytes here are no UTF-8; save the file as UTF-8", line, column)
        if not tolerant:
            raise refused from None
        findings.append(refused)
        return data.decode("cp1252", "replace")


def _json(text: str) -> Any:
    """JSON under this module's rules; raises ``ValueError`` for the event reader to explain."""

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(members)
        if len(value) != len(members):
            raise ValueError("duplicate keys")
        return value

    def refuse(constant: str) -> Any:
        raise ValueError(f"{constant} is no JSON number")

    value = json.loads(text, object_pairs_hook=pairs, parse_float=_number, parse_int=_number, parse_constant=refuse)
    _measure(value)
    return value


def _measure(value: Any) -> None:
    """Raises ``ValueError`` for a tree beyond the bounds of depth and nodes, counted as by the reader of events: a
    member of a mapping is two, its key and its value."""
    nodes, depth = 1, 0
    level = [value] if isinstance(value, (dict, list)) else []
    while level:
        depth += 1
        nodes += sum(2 * len(node) if isinstance(node, dict) else len(node) for node in level)
        if depth > MAX_DEPTH or nodes > MAX_NODES:
            raise ValueError("too deep, or too large")
        inner = (node.values() if isinstance(node, dict) else node for node in level)
        level = [node for each in inner for node in each if isinstance(node, (dict, list))]


@dataclass(frozen=True)
class Document:
    """One parsed text. ``root`` is its tree, ``file`` the name diagnostics show."""

    root: Any
    file: str
    text: str = field(repr=False)
    tolerant: bool = False
    findings: tuple[Diagnostic, ...] = ()
    """What was let pass while it was read."""

    @cached_property
    def _reader(self) -> _Reader | _Places:
        return _Places(self.text)  # what was read by events has its reader already

    def position(self, pointer: str, *, key: bool = False) -> Position:
        """Line and column, from 1, of the node at a pointer (or of its key); of the nearest node
        above it where there is none."""
        while (found := self._reader.position(pointer, key)) is None and pointer:
            pointer = pointer.rpartition("/")[0]
        return found or (1, 1)

    def diagnostic(
        self,
        rule: str,
        message: str,
        pointer: str,
        *,
        severity: Literal["error", "warning", "info"] = "error",
        key: bool = False,
    ) -> Diagnostic:
        """A finding at a node of this document."""
        line, column = self.position(pointer, key=key)
        return Diagnostic(rule, severity, message, self.file, line, column, pointer)

    def refuse(self, rule: str, message: str, pointer: str) -> InvalidDocument:
        """The error for a document that cannot be used because of one node."""
        return InvalidDocument([self.diagnostic(rule, message, pointer)])

    def get(self, pointer: str) -> Any:
        """The node at a pointer (RFC 6901); raises ``LookupError`` where there is none."""
        if pointer and not pointer.startswith("/"):
            raise LookupError(pointer)
        node = self.root
        for step in pointer_steps(pointer):
            if isinstance(node, Mapping):
                node = node[step]
            elif isinstance(node, list) and _INDEX.match(step):
                node = node[int(step)]
            else:
                raise LookupError(pointer)
        return node

    def target(self, reference: str, at: str) -> str:
        """The pointer that a local ``$ref`` means (RFC 6901 section 6).

        Refused with ``InvalidDocument``, at the reference's own place: another file or host
        (nothing is opened or fetched), or a pointer to nothing.
        """
        if not reference.startswith("#"):
            raise self.refuse(
                "reference-outside",
                f"the reference {reference!r} leaves the document and is not fetched; copy its target into this file",
                f"{at}/$ref",
            )
        pointer = unquote(reference[1:])
        try:
            self.get(pointer)
        except LookupError:
            raise self.refuse(
                "reference-dangling",
                f"the reference {reference!r} points to nothing{self._near(pointer)}",
                f"{at}/$ref",
            ) from None
        return pointer

    def _near(self, pointer: str) -> str:
        steps = pointer_steps(pointer)
        parent = self.root
        for step in steps[:-1]:
            parent = parent.get(step) if isinstance(parent, Mapping) else None
        if not isinstance(parent, Mapping) or not steps:
            return ""
        return nearest(steps[-1], map(str, parent))

    def references(self, everywhere: bool = False) -> tuple[tuple[str, str], ...]:
        """Every ``(pointer of the holder, reference)``; data (examples, defaults, enums) is no holder. Out of
        the document an extension may point to what is its own affair, told ``everywhere`` only."""
        return tuple((at, one) for at, one, own in self._references if everywhere or not own)

    @cached_property
    def _references(self) -> tuple[tuple[str, str, bool], ...]:
        return tuple(self._walked())

    def _walked(self) -> Iterator[tuple[str, str, bool]]:
        """Every reference, with its holder, and whether it leads out of the document from an extension."""
        stack: list[tuple[Any, str, bool]] = [(self.root, "", False)]
        seen: set[int] = set()
        while stack:
            node, pointer, extension = stack.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            if isinstance(node, dict):
                reference = node.get("$ref")
                if isinstance(reference, str):
                    yield pointer, reference, extension and not reference.startswith("#")
                    continue
                names = pointer.endswith(("/properties", "/definitions", "/responses", "/schemas", "/callbacks"))
                stack += [
                    (value, f"{pointer}/{escape(name)}", extension or (not names and name.startswith("x-")))
                    for name, value in node.items()
                    if isinstance(value, (dict, list)) and (names or name not in _DATA)
                ]
            elif isinstance(node, list):
                stack += [
                    (value, f"{pointer}/{index}", extension)
                    for index, value in enumerate(node)
                    if isinstance(value, (dict, list))
                ]


_DATA = {"example", "examples", "default", "enum"}


def parse(data: bytes | str, file: str, *, tolerant: bool = False) -> Document:
    """A document from its text.

    Raises ``InvalidDocument``, with line and column, for text that is neither
    YAML nor JSON, duplicate keys, tags, a second document, and anything beyond the limits above. What is
    let pass in a ``tolerant`` reading is among the findings of the document; of a key that stands twice the
    last value counts, as for every reader of JSON that does not look.
    """
    passed: list[_Refused] = []
    no_json: _Refused | None = None
    try:
        text = data if isinstance(data, str) else _decode(data, tolerant, passed)
        if tolerant and (control := _CONTROL.search(text)):
            passed.append(_at(text, control.start(), "holds a control character; write it as \\u00XX"))
            text = _CONTROL.sub(" ", text)
        if text.lstrip()[:1] in ("{", "["):
            halves = [_at(text, place, "half of a character; write both of its escapes") for place in _halves(text)]
            if halves and not tolerant:
                raise halves[0]
            if halves:
                passed += halves
                text = _HALF.sub(lambda found: "\\ufffd" if found["half"] else found[0], text)
            try:
                return Document(_json(text), file, text, tolerant, _told(passed, file))
            except json.JSONDecodeError as error:
                no_json = _at(text, error.pos, f"is no JSON: {error.msg[:1].lower()}{error.msg[1:]}")
            except (ValueError, RecursionError):
                pass  # an error that the event reader can place
        reader = _Reader(text, json_only=file.endswith(".json"), tolerant=tolerant)
        root = reader.read()
        if no_json is not None and file.endswith(".json"):
            passed.append(no_json)
        for key, pointer, first in reader.twice:
            said = f"the key {key!r} stands here and in line {first[0]}; the last counts; keep one"
            passed.append(_Refused("key-twice", said, *reader.keys[pointer]))
        document = Document(root, file, text, tolerant, _told(passed, file))
        document.__dict__["_reader"] = reader
        return document
    except _Refused as refused:
        raise InvalidDocument(
            [Diagnostic(refused.rule, "error", refused.message, file, refused.line, refused.column)]
        ) from None


def _at(text: str, place: int, message: str) -> _Refused:
    """A finding about the syntax at an index of the text."""
    return _Refused("syntax", message, text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place))


def _told(passed: list[_Refused], file: str) -> tuple[Diagnostic, ...]:
    return tuple(Diagnostic(one.rule, "warning", one.message, file, one.line, one.column) for one in passed)


def read(path: Path, *, tolerant: bool = False) -> Document:
    """A document from a file; ``InvalidDocument`` where it cannot be read."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # a name may hold NUL
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidDocument([Diagnostic("file", "error", f"cannot be read: {reason}", str(path), 1, 1)]) from None
    return parse(data, str(path), tolerant=tolerant)
