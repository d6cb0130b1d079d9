"""JSON (RFC 8259).

Rule 1. Only what the grammar allows is read, nested no deeper than ``MAX_DEPTH``: not ``NaN`` and ``Infinity``, which
Python's decoder takes.

Rule 2. What the grammar allows but readers disagree about is read and is a problem of its kind: a duplicate member
(section 4), a number beyond a double (section 6), an unpaired surrogate (section 8.2), another encoding than UTF-8
(section 8.1).

Rule 3. Numbers are doubles (section 6), except those that are decimals by their schema or Python type: their digits are
read, and written, as they are.

Rule 4. The items of a list that arrives in chunks are read as they arrive (``json_lists``), each like a text of its
own, and then the text around them.

Theory of operation. A regular text is read by ``regular_json``. Any other, or one with decimals, is read by the
standard decoder, with hooks. A hook that meets what rule 2 names raises ``Irregular``; then the text is decoded once
more, slower, with each such place recorded.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from functools import partial
from itertools import chain, islice
from typing import Any

from msgspec.structs import replace

from openconnectors.engine.deferred import pattern
from openconnectors.engine.errors import UNPAIRED_SURROGATE, Path, Problem, short_repr
from openconnectors.engine.leniency import ENCODING, NUMBER, SCHEMA, TOP_LEVEL, TWICE, UNICODE
from openconnectors.engine.model import Schema
from openconnectors.engine.streams import is_bytes
from openconnectors.engine.values.codecs.binding import MAX_DEPTH, Binding, Bound, Codec, Parameters, is_too_deep
from openconnectors.engine.values.codecs.charsets import text_of
from openconnectors.engine.values.codecs.json_lists import ListScanner
from openconnectors.engine.values.codecs.regular_json import Irregular, decode_regular
from openconnectors.engine.values.formats import is_decimal
from openconnectors.engine.values.patterns import matches
from openconnectors.engine.values.resolved import in_place

MAX_DIGITS = 300
"""An integer with no more digits is within a double, whose largest value has 309."""
_PYTHON_DIGITS = 4300
"""The most digits that Python converts to an integer (``sys.int_info``, CVE-2020-10735)."""


def _pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(members)
    if len(value) != len(members):
        raise Irregular
    return value


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise Irregular
    return int(text)


def _number(text: str) -> float:
    value = float(text)
    if value in _INFINITE:
        raise Irregular
    return value


_INFINITE = (float("inf"), float("-inf"))


def _constant(text: str) -> Any:
    raise ValueError(f"has {text}, which is not JSON")


def _exact_number(text: str) -> Decimal | float:
    try:
        value = Decimal(text)
    except InvalidOperation:  # an exponent beyond that of a decimal
        return _number(text)
    return value if abs(value.adjusted()) < MAX_DIGITS else _number(text)


def _decoder(number: Callable[[str], Any]) -> json.JSONDecoder:
    return json.JSONDecoder(object_pairs_hook=_pairs, parse_int=_integer, parse_float=number, parse_constant=_constant)


_DECODER = _decoder(_number)
_EXACT_DECODER = _decoder(_exact_number)
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def decode(data: bytes, parameters: Parameters, problems: list[Problem], *, exact: bool = False) -> Any:
    """The wire value of JSON text; ``exact``: with a ``Decimal`` for each number that is not an integer. See ``Bound``.

    A charset is looked at only if the bytes are not UTF-8, which JSON always is (section 8.1)."""
    if not exact:
        with suppress(Irregular):
            return decode_regular(data)
    text = _text(data, parameters.get("charset"), problems)
    try:
        try:
            value = (_EXACT_DECODER if exact else _DECODER).decode(text)
        except Irregular:
            value = _decode_irregular(text, problems, exact)
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON at byte {error.pos}: {error.msg}") from None
    except RecursionError:
        raise ValueError(f"is nested deeper than {MAX_DEPTH} levels") from None
    if text.count("{") + text.count("[") > MAX_DEPTH and is_too_deep(value):
        raise ValueError(f"is nested deeper than {MAX_DEPTH} levels")
    if _ESCAPED_SURROGATE.search(text):
        problems += [
            Problem(path, "contains an unpaired surrogate", UNICODE) for path in _places(value, _has_surrogate)
        ]
    return value


def _text(data: bytes, charset: str | None, problems: list[Problem]) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        encoding, at = json.detect_encoding(data), error.start
    else:
        if "\0" not in text[:4]:
            return text
        encoding, at = json.detect_encoding(data), 0  # ASCII in UTF-16 or UTF-32 is also UTF-8, with zeros
    if not encoding.startswith("utf-8"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            raise ValueError(f"is not UTF-8 at byte {at}") from None
        problems.append(Problem((), f"is {encoding}; JSON is UTF-8", ENCODING))
        return text
    if charset is None:
        raise ValueError(f"is not UTF-8 at byte {at}")
    text = text_of(data, charset, [])
    problems.append(Problem((), f"is in the charset {charset!r}; JSON is UTF-8", ENCODING))
    return text


def _decode_irregular(text: str, problems: list[Problem], exact: bool) -> Any:
    """The value of a text with irregular places, each of which is recorded. Of duplicate members the last is read; of
    numbers beyond a double the integer itself, else infinity."""
    duplicates: dict[str, None] = {}

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        value: dict[str, Any] = {}
        for name, member in members:
            if name in value:
                duplicates[name] = None
            value[name] = member
        return value

    def integer(digits: str) -> int | float:
        return int(digits) if len(digits) <= _PYTHON_DIGITS else float(digits)

    def number(digits: str) -> Decimal | float:
        try:
            return _exact_number(digits) if exact else float(digits)
        except Irregular:
            return float(digits)

    value = json.JSONDecoder(
        object_pairs_hook=pairs, parse_int=integer, parse_float=number, parse_constant=_constant
    ).decode(text)
    problems += [Problem((name,), f"has the member {name!r} twice", TWICE) for name in duplicates]
    too_large = _places(value, _is_beyond_double)
    problems += [Problem(path, "has a number too large for a double", NUMBER) for path in too_large]
    return value


MAX_PLACES = 20
"""How many places of one kind of problem are recorded: a large value may have as many as members."""
_LARGEST = int(1.7976931348623157e308)
_ESCAPED_SURROGATE = pattern(r"\\u[dD][89a-fA-F]")
_SURROGATE = pattern("[\ud800-\udfff]")


def _is_beyond_double(value: Any) -> bool:
    if isinstance(value, float):
        return value in _INFINITE
    return isinstance(value, int) and abs(value) > _LARGEST


def _has_surrogate(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_SURROGATE.search(name) for name in value)
    return isinstance(value, str) and _SURROGATE.search(value) is not None


def _places(value: object, predicate: Callable[[Any], bool]) -> Iterator[Path]:
    """The paths, the first ``MAX_PLACES`` of them, of the values within a value for which a predicate is true."""
    return islice(_all_places(value, predicate), MAX_PLACES)


def _all_places(value: object, predicate: Callable[[Any], bool]) -> Iterator[Path]:
    stack: list[tuple[Path, object]] = [((), value)]
    while stack:
        path, node = stack.pop()
        if predicate(node):
            yield path
        if isinstance(node, dict):
            stack += [((*path, name), member) for name, member in node.items()]
        elif isinstance(node, list):
            stack += [((*path, index), item) for index, item in enumerate(node)]


def encode(value: Any) -> bytes:
    """The bytes of a wire value; see ``Bound``."""
    if is_too_deep(value):
        raise ValueError(f"is nested deeper than {MAX_DEPTH} levels")
    try:
        try:
            text = _ENCODER.encode(value)
        except TypeError:  # a decimal, which the standard encoder does not know, or what is not JSON data
            text = _text_with_decimals(value)
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError(UNPAIRED_SURROGATE) from None
    except TypeError as error:
        raise ValueError(f"cannot be written as JSON: {error}") from None


def _text_with_decimals(value: Any) -> str:
    """JSON text in which decimals have all their digits; slower than the standard encoder."""
    if isinstance(value, dict):
        members = (f"{_ENCODER.encode(name)}:{_text_with_decimals(member)}" for name, member in value.items())
        return f"{{{','.join(members)}}}"
    if isinstance(value, list):
        return f"[{','.join(map(_text_with_decimals, value))}]"
    return f"{value:f}" if isinstance(value, Decimal) else _ENCODER.encode(value)


def bind(binding: Binding) -> Bound:
    """JSON needs a schema only to know which numbers are decimals."""
    decode_items = partial(_decode_items, binding)
    if binding.decimals:
        return Bound(encode, partial(_decode_exactly, binding), decode_items)
    return Bound(encode, decode, decode_items, decode_regular=decode_regular)


def _decode_items(
    binding: Binding, chunks: Iterator[bytes], parameters: Parameters, path: Path, problems: list[Problem]
) -> Iterator[Any]:
    """The items of the list at a path, as they arrive; see ``Bound``."""
    steps = tuple(map(str, path))
    scanner = ListScanner(_utf_8_of(chunks, problems), {steps, (".".join(steps),)} if steps else {()})
    schemas = [schema for schema in (_item_schema(binding, steps),) if schema is not None]
    for index, text in enumerate(scanner.items()):
        item_problems: list[Problem] = []
        try:
            item = decode(text, parameters, item_problems, exact=binding.decimals)
        except ValueError as error:
            raise ValueError(f"has an item {index} that {error}") from None
        problems += [replace(problem, path=(*path, index, *problem.path)) for problem in item_problems]
        yield _with_doubles(item, schemas, binding) if binding.decimals else item
    around = decode(scanner.around, parameters, problems)
    if not scanner.has_list:
        problems.append(_without_list(around, steps))


def _without_list(value: Any, path: tuple[str, ...]) -> Problem:
    """The problem of a value that has no list at a path."""
    if path and isinstance(value, dict):
        return Problem(path, "must be a list of items", SCHEMA)
    return Problem((), f"must be {'object' if path else 'array'}, not {short_repr(value)}", TOP_LEVEL)


def _item_schema(binding: Binding, path: tuple[str, ...]) -> Schema | None:
    """The schema of the items of the list at a path."""
    schema = binding.schema
    for name in path if binding.decimals else ():
        schema = binding.resolve(schema).properties.get(name) if schema is not None else None
    return binding.resolve(schema).items if schema is not None else None


def _utf_8_of(chunks: Iterator[bytes], problems: list[Problem]) -> Iterator[bytes]:
    """Chunks of JSON text in UTF-8, whichever Unicode encoding they are in."""
    start = b""
    for chunk in chunks:
        start += chunk
        if len(start) >= 4:
            break
    encoding = json.detect_encoding(start)
    if encoding.startswith("utf-8"):
        yield from chain((start,), chunks)
        return
    problems.append(Problem((), f"is {encoding}; JSON is UTF-8", ENCODING))
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for chunk in chain((start,), chunks):
            yield decoder.decode(chunk).encode("utf-8")
        decoder.decode(b"", final=True)
    except UnicodeError:
        raise ValueError(f"is not {encoding} text") from None


def _decode_exactly(binding: Binding, data: bytes, parameters: Parameters, problems: list[Problem]) -> Any:
    value = decode(data, parameters, problems, exact=True)
    return _with_doubles(value, [binding.schema] if binding.schema is not None else [], binding)


def _with_doubles(value: Any, schemas: list[Schema], binding: Binding) -> Any:
    """A value in which only those numbers are decimals that are so by one of the schemas that describe them; all others
    are doubles."""
    if isinstance(value, dict):
        describing = _describing(value, schemas, binding)
        return {name: _with_doubles(member, _of_member(name, describing), binding) for name, member in value.items()}
    if isinstance(value, list):
        describing = _describing(value, schemas, binding)
        return [_with_doubles(item, _of_item(index, describing), binding) for index, item in enumerate(value)]
    if isinstance(value, Decimal) and not any(map(is_decimal, _describing(value, schemas, binding))):
        return float(value)
    return value


def _describing(value: Any, schemas: list[Schema], binding: Binding) -> list[Schema]:
    """The resolved forms of schemas, of the subtypes that the value's discriminator selects, and of all branches."""
    describing: dict[int, Schema] = {}
    stack = list(schemas)
    while stack:
        resolved = binding.resolve(stack.pop())
        if isinstance(value, dict) and resolved.discriminator is not None:
            name = value.get(resolved.discriminator)
            resolved = binding.variants(resolved).get(name, resolved) if isinstance(name, str) else resolved
        if id(resolved) not in describing:
            describing[id(resolved)] = resolved
            stack += in_place(resolved)
    return list(describing.values())


def _of_member(name: str, describing: list[Schema]) -> list[Schema]:
    inner: list[Schema] = []
    for schema in describing:
        patterns = schema.keywords.get("patternProperties", {})
        described = [schema.properties[name]] if name in schema.properties else []
        described += [member for pattern, member in patterns.items() if matches(pattern, name)]
        rest = (schema.additional, schema.keywords.get("unevaluatedProperties"))
        inner += described or [each for each in rest if isinstance(each, Schema)]
    return inner


def _of_item(index: int, describing: list[Schema]) -> list[Schema]:
    inner: list[Schema] = []
    for schema in describing:
        first = schema.keywords.get("prefixItems", ())
        rest = (schema.items, schema.keywords.get("unevaluatedItems"))
        inner += [first[index]] if index < len(first) else [each for each in rest if isinstance(each, Schema)]
    return inner


CODEC = Codec(
    "json",
    ("application/json", "text/json", "+json"),
    bind,
    carries=lambda value: not is_bytes(value),
    structured=True,
)
