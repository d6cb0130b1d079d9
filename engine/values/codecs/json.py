"""JSON (RFC 8259): bounded nesting, only what the grammar allows. What it allows and readers disagree about (a member
that stands twice, a number beyond a double, half of a surrogate pair, another encoding than UTF-8) is read, and said.

Numbers are doubles (section 6), but for those that are decimals by their schema or their Python type: their digits are
read, and written, as they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from functools import partial
from itertools import islice
from typing import Any

from openconnectors.engine.errors import Path, Problem
from openconnectors.engine.leniency import ENCODING, NUMBER, TWICE, UNICODE
from openconnectors.engine.model import Schema
from openconnectors.engine.streams import is_octets
from openconnectors.engine.values.codecs.binding import MAX_DEPTH, Binding, Bound, Codec, Parameters, too_deep
from openconnectors.engine.values.codecs.charsets import text_of
from openconnectors.engine.values.formats import is_decimal

MAX_DIGITS = 300
"""A number with fewer is within a double (RFC 8259 section 6)."""
_PYTHON_DIGITS = 4300
"""The most that Python makes an integer of, and text of one (CVE-2020-10735)."""


class _Odd(Exception):
    """There is something in the text that the plain decoder does not read."""


def _pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(members)
    if len(value) != len(members):
        raise _Odd
    return value


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise _Odd
    return int(text)


def _number(text: str) -> float:
    value = float(text)
    if value in _INFINITE:
        raise _Odd
    return value


_INFINITE = (float("inf"), float("-inf"))


def _constant(text: str) -> Any:
    raise ValueError(f"has {text}, which is no JSON")


def _exactly(text: str) -> Decimal | float:
    try:
        value = Decimal(text)
    except InvalidOperation:  # its exponent has more digits than that of a decimal
        return _number(text)
    return value if abs(value.adjusted()) < MAX_DIGITS else _number(text)


def _decoder(number: Callable[[str], Any]) -> json.JSONDecoder:
    return json.JSONDecoder(object_pairs_hook=_pairs, parse_int=_integer, parse_float=number, parse_constant=_constant)


_DECODER = _decoder(_number)
_EXACT_DECODER = _decoder(_exactly)
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def decode(data: bytes, parameters: Parameters, problems: list[Problem], *, exact: bool = False) -> Any:
    """The value of JSON octets, ``exact`` with decimals for all that is no integer. A charset is looked at only where
    they are no UTF-8, which JSON is (section 8.1)."""
    text = _text(data, parameters.get("charset"), problems)
    try:
        try:
            value = (_EXACT_DECODER if exact else _DECODER).decode(text)
        except _Odd:
            value = _oddly(text, problems, exact)
    except json.JSONDecodeError as error:
        raise ValueError(f"is no JSON at byte {error.pos}: {error.msg}") from None
    except RecursionError:
        raise ValueError(f"is nested deeper than {MAX_DEPTH} levels") from None
    if text.count("{") + text.count("[") > MAX_DEPTH and too_deep(value):
        raise ValueError(f"is nested deeper than {MAX_DEPTH} levels")
    if _HALF_ESCAPED.search(text):
        problems += [Problem(path, "has half of a surrogate pair", UNICODE) for path in _places(value, _is_half)]
    return value


def _text(data: bytes, charset: str | None, problems: list[Problem]) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        encoding, at = json.detect_encoding(data), error.start
    else:
        if "\0" not in text[:4]:
            return text
        encoding, at = json.detect_encoding(data), 0  # UTF-16 or UTF-32 of ASCII is UTF-8 with zeros
    if not encoding.startswith("utf-8"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            raise ValueError(f"is no UTF-8 at byte {at}") from None
        problems.append(Problem((), f"is {encoding}; JSON is UTF-8", ENCODING))
        return text
    if charset is None:
        raise ValueError(f"is no UTF-8 at byte {at}")
    text = text_of(data, charset, [])
    problems.append(Problem((), f"is in the charset {charset!r}; JSON is UTF-8", ENCODING))
    return text


def _oddly(text: str, problems: list[Problem], exact: bool) -> Any:
    """The value of a text that the plain decoder does not read: of members that stand twice the last, of numbers
    beyond a double the integer itself, or what a double makes of it."""
    twice: dict[str, None] = {}

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        value: dict[str, Any] = {}
        for name, one in members:
            if name in value:
                twice[name] = None
            value[name] = one
        return value

    def integer(digits: str) -> int | float:
        return int(digits) if len(digits) <= _PYTHON_DIGITS else float(digits)

    def number(digits: str) -> Decimal | float:
        try:
            return _exactly(digits) if exact else float(digits)
        except _Odd:
            return float(digits)

    value = json.JSONDecoder(
        object_pairs_hook=pairs, parse_int=integer, parse_float=number, parse_constant=_constant
    ).decode(text)
    problems += [Problem((name,), f"has the member {name!r} twice", TWICE) for name in twice]
    problems += [Problem(path, "has a number too large for a double", NUMBER) for path in _places(value, _is_large)]
    return value


MAX_PLACES = 20
"""How many places of one kind of problem are named."""
_LARGEST = int(1.7976931348623157e308)
_HALF_ESCAPED = re.compile(r"\\u[dD][89a-fA-F]")
_HALF = re.compile("[\ud800-\udfff]")


def _is_large(value: Any) -> bool:
    if isinstance(value, float):
        return value in _INFINITE
    return isinstance(value, int) and abs(value) > _LARGEST


def _is_half(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_HALF.search(name) for name in value)
    return isinstance(value, str) and _HALF.search(value) is not None


def _places(value: Any, wanted: Callable[[Any], bool]) -> Iterator[Path]:
    """The paths of the values within a value that are wanted, the first of them."""
    return islice(_every(value, wanted), MAX_PLACES)


def _every(value: Any, wanted: Callable[[Any], bool]) -> Iterator[Path]:
    stack: list[tuple[Path, Any]] = [((), value)]
    while stack:
        path, node = stack.pop()
        if wanted(node):
            yield path
        if isinstance(node, dict):
            stack += [((*path, name), one) for name, one in node.items()]
        elif isinstance(node, list):
            stack += [((*path, index), one) for index, one in enumerate(node)]


def encode(value: Any) -> bytes:
    """The octets of a plain value."""
    if too_deep(value):
        raise ValueError(f"is nested deeper than {MAX_DEPTH} levels")
    try:
        try:
            text = _ENCODER.encode(value)
        except TypeError:  # a decimal, which the standard encoder does not know, or what is no JSON
            text = _exact_text(value)
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("has half of a surrogate pair, which has no UTF-8") from None
    except TypeError as error:
        raise ValueError(f"cannot be written as JSON: {error}") from None


def _exact_text(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{{','.join(f'{_ENCODER.encode(name)}:{_exact_text(one)}' for name, one in value.items())}}}"
    if isinstance(value, list):
        return f"[{','.join(map(_exact_text, value))}]"
    return f"{value:f}" if isinstance(value, Decimal) else _ENCODER.encode(value)


def bind(binding: Binding) -> Bound:
    """JSON needs no schema, but to tell which numbers are decimals."""
    return Bound(encode, partial(_decode_exactly, binding) if binding.decimals else decode)


def _decode_exactly(binding: Binding, data: bytes, parameters: Parameters, problems: list[Problem]) -> Any:
    return _with_doubles(decode(data, parameters, problems, exact=True), binding.schema, binding)


def _with_doubles(value: Any, schema: Schema | None, binding: Binding) -> Any:
    """A value with the decimals that its schema does not ask for as doubles."""
    here = binding.resolve(schema) if schema is not None else Schema()
    if isinstance(value, dict):
        named = value.get(here.discriminator) if here.discriminator is not None else None
        here = binding.variants(here).get(named, here) if isinstance(named, str) else here
        rest = here.additional if isinstance(here.additional, Schema) else None
        return {name: _with_doubles(one, here.properties.get(name, rest), binding) for name, one in value.items()}
    if isinstance(value, list):
        return [_with_doubles(one, here.items, binding) for one in value]
    return float(value) if isinstance(value, Decimal) and not is_decimal(here) else value


CODEC = Codec(
    "json",
    ("application/json", "text/json", "+json"),
    bind,
    carries=lambda value: not is_octets(value),
    structured=True,
)
