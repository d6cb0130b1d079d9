"""What a form sends, as the arguments of a call.

A form sends a tree: an object for the fields of an object, a list for those of a list, else the text of a field, or the
number of a file. An object or a list may also be written as JSON: then it is a text, too. What does not fit its schema
stays text, so that the engine refuses it with its own message.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from openconnectors.console.fields import Field, Kind
from openconnectors.engine.errors import Path, Problem
from openconnectors.engine.model import MISSING
from openconnectors.engine.streams import File
from openconnectors.engine.values.scalars import typed_number, typed_scalar


class Submitted:
    """The arguments that a form sends, by Python name, and what is wrong with its texts."""

    def __init__(self, fields: Iterable[Field], tree: Mapping[str, Any], files: Sequence[File]) -> None:
        self._files = files
        self.problems: list[Problem] = []
        self.arguments: dict[str, Any] = {}
        for field in fields:
            value = self._value(field, tree.get(field.name), (field.name,))
            if value is not MISSING:
                self.arguments[field.name] = value

    def _value(self, field: Field, sent: Any, path: Path) -> Any:
        """The value of a field, MISSING if it is left empty."""
        if field.kind == "object" and not isinstance(sent, str):
            return self._object(field, sent, path)
        if field.kind == "array" and not isinstance(sent, str):
            return self._array(field, sent, path)
        if field.kind == "file":
            number = sent.get("file") if isinstance(sent, dict) else None
            return self._files[number] if isinstance(number, int) and 0 <= number < len(self._files) else MISSING
        if not isinstance(sent, str) or (not sent and isinstance(path[-1], str)):
            return MISSING
        try:
            return _READERS.get(field.kind, _text)(sent, field)
        except ValueError as error:
            self.problems.append(Problem(path, str(error), part="argument"))
            return MISSING

    def _object(self, field: Field, sent: Any, path: Path) -> Any:
        tree = sent if isinstance(sent, dict) else {}
        if not (field.required or isinstance(path[-1], int) or _is_filled(tree)):
            return MISSING
        return {
            member.name: value
            for member in field.members
            if (value := self._value(member, tree.get(member.name), (*path, member.name))) is not MISSING
        }

    def _array(self, field: Field, sent: Any, path: Path) -> Any:
        if not isinstance(sent, list) or field.item is None or (not sent and not field.required):
            return MISSING
        values = [self._value(field.item, item, (*path, index)) for index, item in enumerate(sent)]
        return [value for value in values if value is not MISSING]


def _is_filled(sent: Any) -> bool:
    """Whether anything in a tree was filled in."""
    if isinstance(sent, dict):
        return any(map(_is_filled, sent.values()))
    return sent is not None and sent != "" and sent != []


def _text(text: str, field: Field) -> Any:
    return typed_scalar(text, field.schema)


def _boolean(text: str, field: Field) -> Any:
    return {"true": True, "false": False}.get(text, text)


def _option(text: str, field: Field) -> Any:
    """The option of a number."""
    index = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= index < len(field.options):
        raise ValueError("is not one of the options")
    return field.options[index]


def _json(text: str, field: Field) -> Any:
    if not text.strip():
        return MISSING
    try:
        return json.loads(text, parse_float=typed_number)
    except RecursionError:
        raise ValueError("must be JSON: it is nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"must be JSON: {error}") from None


def _moment(text: str, field: Field) -> Any:
    """A local time, as browsers have it, with the offset of this machine; any other text as it is."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return moment.astimezone() if moment.tzinfo is None and "T" in text else text


_READERS: Mapping[Kind, Callable[[str, Field], Any]] = {
    "boolean": _boolean,
    "enum": _option,
    "json": _json,
    "object": _json,
    "array": _json,
    "date-time": _moment,
}
"""What reads the text of a field; that of every other is a scalar of its schema."""
