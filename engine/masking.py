"""Masking: what may hold a secret is shown without it.

Rule 1. A URL that may hold a secret is a ``Url``: its text shows ``***``. Code that computes with it reveals it, and
masks the result again with ``beside``.

Rule 2. What a peer sends may echo a secret, in any spelling. A ``Mask`` finds it there: as it is, in Base64, in a wrong
charset, and in the escapes of JSON, XML and URLs, nested up to ``_NESTED`` deep.

Rule 3. ``sealed`` applies a mask to every error that leaves a call, and drops the frames below, whose variables hold
what was sent and received.

Rule 4. Masking costs nothing if there is nothing to mask: each call masks its URL, and each response is masked.
"""

from __future__ import annotations

import base64
import codecs
import json
import sys
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import quote, quote_plus, unquote, unquote_to_bytes

from msgspec import Struct
from msgspec.structs import replace

from openconnectors.engine.deferred import pattern
from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.secret import SHOWN, Secret, bytes_of

__tracebackhide__ = True

_MOST = 64
"""The most secrets that are masked: the first, which are a connection's values, and the latest of tokens that
change."""
SHORTEST = 4
"""Characters that a secret must have to be masked: anything shorter occurs in too many words."""


_ESCAPE = pattern(
    r"\\+u[dD][89abAB][0-9a-fA-F]{2}\\+u[dD][c-fC-F][0-9a-fA-F]{2}"  # a surrogate pair (RFC 8259 section 7)
    r"|\\+u[0-9a-fA-F]{4}|\\+x[0-9a-fA-F]{2}|\\+[\"'/\\]"
    r"|&#[xX][0-9a-fA-F]{1,6};|&#[0-9]{1,7};|&(?:amp|lt|gt|quot|apos);"  # XML 1.0 sections 4.1 and 4.6
    r"|(?:%[0-9a-fA-F]{2})+|\+"  # percent-encoding; a form's blank
)
_UNICODE = pattern(r"[ux]([0-9a-fA-F]+)")
_LONG = 200_000
"""A text with more characters is searched only for the usual spellings: what a service echoes is shorter."""
_NESTED = 3
"""How deep escapes are decoded: JSON in a text of JSON in a form."""


def _unescaped(escape: str, plus: bool) -> str:
    """The characters that an escape stands for; ``plus``: a plus sign is a blank, as in a form."""
    if escape[0] == "&":
        import html  # with its table of all entities, for texts that have one

        return html.unescape(escape)
    if escape[0] == "%":
        data = unquote_to_bytes(escape)
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            return data.decode("latin-1")
    if escape == "+":
        return " " if plus else "+"
    units = _UNICODE.findall(escape)
    if not units:
        return escape[-1]
    joined = "".join(chr(int(unit, 16)) for unit in units)
    return joined.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if len(units) == 2 else joined


class _Unescaped:
    """A text with its escapes decoded, and the place in the original of each character."""

    def __init__(self, text: str, plus: bool) -> None:
        parts: list[str] = []
        self._starts, self._sources = [0], [0]
        place = length = 0
        for escape in _ESCAPE.finditer(text):
            decoded = _unescaped(escape[0], plus)
            parts += [text[place : escape.start()], decoded]
            length += escape.start() - place
            place = escape.end()
            self._starts += [length, length + len(decoded)]
            self._sources += [escape.start(), place]
            length += len(decoded)
        parts.append(text[place:])
        self.text = "".join(parts)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The span in the original of a span of the decoded text; an escape counts as a whole."""
        first = bisect_right(self._starts, start) - 1
        last = bisect_right(self._starts, end - 1) - 1
        begin = self._sources[first] + (0 if first % 2 else start - self._starts[first])
        if last % 2:
            return begin, self._sources[last + 1]
        return begin, self._sources[last] + end - self._starts[last]


class Mask:
    """The secrets of a connection. Its methods return what they are given with each secret, however it is spelled,
    replaced by ``***``."""

    __slots__ = ("_known", "_spelled")

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        self._known: dict[Secret, None] = {}
        self._spelled: tuple[str, ...] = ()
        self.add(*secrets)

    def __repr__(self) -> str:
        return f"Mask({SHOWN})"

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("a mask holds secrets and cannot be pickled")

    def __getstate__(self) -> Any:
        return self.__reduce_ex__(2)

    def __deepcopy__(self, memo: Any) -> Mask:
        return self

    def add(self, *secrets: Secret) -> None:
        """Mask these too, from now on."""
        fresh = [secret for secret in secrets if len(secret.reveal().strip()) >= SHORTEST and secret not in self._known]
        if fresh:
            known = list(dict.fromkeys((*self._known, *fresh)))
            kept = known if len(known) <= _MOST else [*known[: _MOST // 4], *known[-_MOST * 3 // 4 :]]
            self._known = dict.fromkeys(kept)
            self._spelled = _longest_first(
                spelling for secret in self._known for spelling in _spellings(secret.reveal())
            )

    def text(self, text: str) -> str:
        """The text without secrets."""
        text = _replaced(text, self._spelled)
        if not self._spelled or not _ESCAPE.search(text):
            return text
        if len(text) > _LONG:
            return _replaced(text, _longest_first(text for secret in self._known for text in _escapes(secret.reveal())))
        for plus in (False, True) if "+" in text else (False,):
            text = self._escaped(text, plus, _NESTED)
        return text

    def url(self, url: str) -> str:
        """A URL without secrets. Each call masks one, so the full search runs only if a quick one finds something."""
        spelled = self._spelled
        for spelling in spelled:
            if spelling in url:
                return self.text(url)
        if spelled and "%" in url:
            decoded = unquote(url)
            if "%" in decoded or any(spelling in decoded for spelling in spelled):
                return self.text(url)
        return url

    def _escaped(self, text: str, plus: bool, depth: int) -> str:
        """The text without secrets that are written with escapes, also with escapes of several notations in turn."""
        while True:
            layers = [_Unescaped(text, plus)]
            while len(layers) < depth and layers[-1].text != text and _ESCAPE.search(layers[-1].text):
                layers.append(_Unescaped(layers[-1].text, plus))
            spans = [span for level in range(len(layers)) for span in self._spans(layers[: level + 1])]
            if not spans:
                return text
            text = _without(text, spans)

    def _spans(self, layers: list[_Unescaped]) -> Iterator[tuple[int, int]]:
        for spelling in self._spelled:
            start = layers[-1].text.find(spelling)
            while start >= 0:
                span = start, start + len(spelling)
                start = layers[-1].text.find(spelling, span[1])
                for layer in reversed(layers):
                    span = layer.span(*span)
                yield span

    def data(self, data: bytes, charset: str = "") -> bytes:
        """The bytes of a text in any encoding, without secrets; ``charset`` is the declared one."""
        for encoding in _encodings(data, charset):
            try:
                text = data.decode(encoding)
                masked = self.text(text)
                data = data if masked == text else masked.encode(encoding)
            except (UnicodeError, LookupError):
                continue  # it is of another encoding
        return data

    def value(self, value: Any) -> Any:
        """A decoded value without secrets in any text of it, names of members included."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, (bytes, bytearray)):
            return self.data(bytes(value))
        if isinstance(value, dict):
            return {self.value(name): self.value(member) for name, member in value.items()}
        if isinstance(value, (list, set, frozenset)):
            return type(value)(map(self.value, value))
        if type(value) is tuple:
            return tuple(map(self.value, value))
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            masked = self.text(str(value))
            return value if masked == str(value) else masked
        if hasattr(value, "masked"):
            return value.masked(self)
        if isinstance(value, Struct):
            return replace(value, **{name: self.value(getattr(value, name)) for name in value.__struct_fields__})
        return value


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    parts, place = [], 0
    for start, end in sorted(spans):
        if end > place:
            parts += [text[place : max(start, place)], SHOWN]
            place = end
    return "".join([*parts, text[place:]])


def _replaced(text: str, spelled: tuple[str, ...]) -> str:
    for spelling in spelled:
        if spelling in text:
            text = text.replace(spelling, SHOWN)
    return text


def _longest_first(spelled: Iterable[str]) -> tuple[str, ...]:
    """Spellings in an order in which replacing one leaves no part of another."""
    return tuple(sorted({spelling for spelling in spelled if len(spelling) >= SHORTEST}, key=len, reverse=True))


_PREFIX = pattern(r"(?i)(?:basic|bearer|token|apikey|key)[ :=]+(\S+)\Z")


def _spellings(clear: str) -> Iterator[str]:
    """A secret as it may occur without escapes: as it is, without its scheme, in Base64, and in a wrong charset."""
    yield clear
    yield clear.strip()
    if prefixed := _PREFIX.match(clear):
        yield prefixed[1]
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(bytes_of(clear)).decode("ascii").rstrip("=")
    if not clear.isascii():
        for charset in ("latin-1", "cp1252", "ascii"):
            yield bytes_of(clear).decode(charset, "replace")
            yield clear.encode(charset, "replace").decode("utf-8", "replace")


def _escapes(clear: str) -> Iterator[str]:
    """A secret as it is usually escaped, for a text in which searching for every spelling takes too long."""
    for escaped in (json.dumps(clear)[1:-1], json.dumps(clear, ensure_ascii=False)[1:-1]):
        yield from (escaped, escaped.replace("/", "\\/"))
    markup = clear.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")  # as ``html.escape``
    yield from (markup.replace('"', "&quot;").replace("'", "&#x27;"), markup, repr(clear)[1:-1])
    with suppress(UnicodeEncodeError):
        yield from (quote(clear), quote(clear, safe=""), quote_plus(clear))


def _encodings(data: bytes, charset: str) -> list[str]:
    """The encodings that bytes may be in. Encodings of two and four bytes to a character show by their NULs; what is
    valid UTF-8 is hardly anything else."""
    if b"\0" in data:
        by_mark = [name for bom, name in _BYTE_ORDER_MARKS if data.startswith(bom)]
        return by_mark or ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return ["latin-1", *([charset] if charset else [])]
    return ["utf-8"]


_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Url(str):
    """A URL that may hold secrets: its text shows ``***`` in their places, ``reveal`` gives it as it is sent."""

    _clear: Secret
    mask: Mask
    """The mask for what is shown of the URL, and of what belongs to it."""

    def __new__(cls, clear: str, mask: Mask) -> Url:
        """A URL in clear, with the mask for what is shown of it."""
        url = super().__new__(cls, mask.url(clear))
        url._clear = Secret(clear)
        url.mask = mask
        return url

    def reveal(self) -> str:
        """The URL in clear, for an expression that uses it at once."""
        return self._clear.reveal()

    def beside(self, clear: str) -> Url:
        """Another URL, with the secrets of this one masked."""
        return Url(clear, self.mask)

    def __copy__(self) -> Url:
        return self

    def __deepcopy__(self, memo: Any) -> Url:
        return self

    def __reduce_ex__(self, protocol: Any) -> Any:
        return str, (str(self),)


def beside(url: str, clear: str) -> str:
    """Another URL in clear, masked as one that is known."""
    return url.beside(clear) if isinstance(url, Url) else clear


def mask_of(url: str) -> Mask:
    """The mask for whatever belongs to a URL."""
    return url.mask if isinstance(url, Url) else Mask()


def revealed(value: Any) -> Any:
    """A secret or a URL in clear; any other value as it is."""
    return value.reveal() if isinstance(value, (Secret, Url)) else value


class sealed:
    """A context that errors of ours leave with the secrets of a mask masked, and without the frames, contexts and
    causes inside it, whose variables and texts may hold secrets. The exception that was being handled outside stays
    their context."""

    def __init__(self, mask: Mask | None = None) -> None:
        self._mask = mask or Mask()

    def __enter__(self) -> None:
        self._outside = sys.exception()

    def __exit__(self, *raised: Any) -> None:
        error = raised[1]
        del raised
        if isinstance(error, ConnectorError):
            error.rewrite(self._mask.value)
            error.__context__ = None if self._outside is error else self._outside
            raise error.with_traceback(None)
