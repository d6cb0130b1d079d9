"""Records of the model as bytes, and back: MessagePack, so that bytes of somebody else's are data and no more.

A value without a form of its own in MessagePack is a list that begins with a number: what it is, or which record of
``_RECORDS``. Of a record only the fields are written that are not at their defaults. A record that is met again is
written as its number among those before it, so that what was one object is one object: what is compiled for a schema is
compiled once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import NODEFAULT, MsgspecError, Struct, msgpack
from msgspec.structs import fields

from openconnectors.engine import model
from openconnectors.engine.errors import Diagnostic
from openconnectors.engine.model import MISSING, NEVER

_RECORDS: tuple[type[Struct], ...] = (
    Diagnostic,
    *(row for row in vars(model).values() if isinstance(row, type) and issubclass(row, Struct) and row is not Struct),
)
_LIST, _TUPLE, _SET, _AGAIN, _MISSING, _NEVER, _NAME, _FIRST_RECORD = range(8)
_NUMBERS = {record: _FIRST_RECORD + number for number, record in enumerate(_RECORDS)}
_PLAIN = frozenset({bool, int, float, type(None)})

FAULTS = (MsgspecError, TypeError, ValueError, LookupError, OverflowError, RecursionError)
"""What ``packed`` raises for a value that it has no form for, and ``unpacked`` for bytes that are not its own."""


def shape() -> str:
    """The records and their fields, as one text: bytes that were packed under another are not unpacked."""
    return repr([(record.__name__, record.__struct_fields__) for record in _RECORDS])


def packed(value: Any, names: tuple[str, ...] = ()) -> bytes:
    """The bytes of a value. A text that is one of ``names`` is written as its place among them."""
    return msgpack.encode(_Packer(names).tree(value))


def unpacked(data: bytes, names: tuple[str, ...] = ()) -> Any:
    """The value of bytes that ``packed`` made; ``names`` may be others than they were."""
    return _Unpacker(names).value(msgpack.decode(data))


class _Packer:
    """Writes one value. ``tree`` gives what MessagePack can hold."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = {name: place for place, name in enumerate(names)}
        self._again: dict[int, int] = {}
        self._kept: list[Struct] = []  # alive, so that no two have one id

    def tree(self, value: Any) -> Any:
        kind = type(value)
        if kind is str:
            return value if value not in self._names else [_NAME, self._names[value]]
        if kind in _PLAIN:
            return value
        if kind in _NUMBERS:
            return self._record(value, _NUMBERS[kind])
        if kind is list:
            return [_LIST, *map(self.tree, value)]
        if kind is tuple:
            return [_TUPLE, *map(self.tree, value)]
        if kind is frozenset:
            return [_SET, *map(self.tree, sorted(value))]
        if isinstance(value, Mapping):
            if not all(type(name) is str for name in value):
                raise TypeError("names of members are texts")
            return {name: self.tree(member) for name, member in value.items()}
        if value is MISSING:
            return [_MISSING]
        raise TypeError(f"a {kind.__name__} has no form here")

    def _record(self, record: Struct, number: int) -> Any:
        if record is NEVER:
            return [_NEVER]
        place = self._again.get(id(record))
        if place is not None:
            return [_AGAIN, place]
        members = {}
        for name, default in _defaults(type(record)):
            value = getattr(record, name)
            if not (value is default or (type(value) in (str, bool, dict, tuple) and value == default)):
                members[name] = self.tree(value)
        self._again[id(record)] = len(self._kept)
        self._kept.append(record)
        return [number, members]


def _defaults(record: type[Struct]) -> list[tuple[str, Any]]:
    """The fields of a record, each with its default."""
    known = _DEFAULTS.get(record)
    if known is None:
        known = _DEFAULTS[record] = [
            (field.name, field.default if field.default_factory is NODEFAULT else field.default_factory())
            for field in fields(record)
        ]
    return known


_DEFAULTS: dict[type[Struct], list[tuple[str, Any]]] = {}


class _Unpacker:
    """Reads one value."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names
        self._records: list[Struct] = []

    def value(self, tree: Any) -> Any:
        kind = type(tree)
        if kind is dict:
            return {name: self.value(member) for name, member in tree.items()}
        if kind is not list:
            return tree
        number = tree[0]
        if number >= _FIRST_RECORD:
            members = tree[1]
            record = _RECORDS[number - _FIRST_RECORD](
                **{name: self.value(member) if type(member) in _NESTED else member for name, member in members.items()}
            )
            self._records.append(record)
            return record
        return _READERS[number](self, tree)


_NESTED = frozenset({dict, list})
_READERS: Mapping[int, Callable[[_Unpacker, list[Any]], Any]] = {
    _LIST: lambda unpacker, tree: list(map(unpacker.value, tree[1:])),
    _TUPLE: lambda unpacker, tree: tuple(map(unpacker.value, tree[1:])),
    _SET: lambda unpacker, tree: frozenset(map(unpacker.value, tree[1:])),
    _AGAIN: lambda unpacker, tree: unpacker._records[tree[1]],
    _MISSING: lambda unpacker, tree: MISSING,
    _NEVER: lambda unpacker, tree: NEVER,
    _NAME: lambda unpacker, tree: unpacker._names[tree[1]],
}
