"""Secrets: values that show nowhere, and the one place where they are told apart from what may be shown.

Rule 1: a value of a connection is a ``Secret`` from the door on. ``reveal`` stands inside expressions
only: no local variable of ours holds a secret in clear, since debuggers, test runners and error reporters print those.

Rule 2: a URL that may hold a secret is a ``Url``: its text shows ``***``. Who computes with it reveals it, and
masks the result again with ``beside``.

Rule 3: what a peer sends may echo a secret, in any spelling. A ``Mask`` finds it there; ``sealed`` applies
it to every error that leaves a call, and drops the frames below, whose variables have what came.
"""

from __future__ import annotations

import base64
import codecs
import hmac
import html
import json
import re
import sys
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass, replace
from typing import Any, Protocol
from urllib.parse import quote, quote_plus, unquote, unquote_to_bytes

from openconnectors.engine.errors import ConnectorError

SHOWN = "***"
_MOST = 64
"""Secrets that are masked: the first, which are a connection's values, and the latest, of tokens that come and go."""
SHORTEST = 4
"""Characters that a text must have to be masked where it is met: anything shorter stands in too many words."""


class Secret:
    """A text that is shown nowhere: it has no readable repr, is not pickled, and compares in constant time."""

    __slots__ = ("_clear",)

    def __init__(self, clear: str) -> None:
        self._clear = clear

    @classmethod
    def of(cls, value: Secret | str) -> Secret:
        """The value itself where it is a secret already."""
        return value if isinstance(value, Secret) else cls(value)

    def reveal(self) -> str:
        """The text in clear, for an expression that uses it up."""
        return self._clear

    def __repr__(self) -> str:
        return SHOWN

    def __format__(self, spec: str) -> str:
        return format(SHOWN, spec)

    def __bool__(self) -> bool:
        return bool(self._clear)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(_octets(self._clear), _octets(other._clear))

    def __hash__(self) -> int:
        return hash(self._clear)

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: Any) -> Secret:
        return self

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("a secret is not pickled; give the connection's values again where they are needed")

    def __getstate__(self) -> Any:
        return self.__reduce_ex__(2)


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def revealed(value: Any) -> Any:
    """A secret or a URL in clear; any other value as it is."""
    return value.reveal() if isinstance(value, (Secret, Url)) else value


class Values(dict[str, Any]):
    """The values of a connection by name: secrets as ``Secret``, the rest as text. ``unfit`` says what is wrong
    with one of them, for whoever has turned all into secrets by then."""

    unfit = ""

    def __repr__(self) -> str:
        return f"Values({SHOWN})"

    __str__ = __repr__

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("the values of a connection are not pickled")


_ESCAPE = re.compile(
    r"\\+u[dD][89abAB][0-9a-fA-F]{2}\\+u[dD][c-fC-F][0-9a-fA-F]{2}"  # a surrogate pair (RFC 8259 section 7)
    r"|\\+u[0-9a-fA-F]{4}|\\+x[0-9a-fA-F]{2}|\\+[\"'/\\]"
    r"|&#[xX][0-9a-fA-F]{1,6};|&#[0-9]{1,7};|&(?:amp|lt|gt|quot|apos);"  # XML 1.0 sections 4.1 and 4.6
    r"|(?:%[0-9a-fA-F]{2})+|\+"  # percent-encoding; a form's blank
)
_UNICODE = re.compile(r"[ux]([0-9a-fA-F]+)")
_LONG = 200_000
"""Characters of a text that is not looked at closely: what a service echoes is shorter."""
_NESTED = 3
"""How deep escapes are undone: JSON in a text of JSON in a form."""


def _unescaped(escape: str, plus: bool) -> str:
    """The characters that an escape stands for."""
    if escape[0] == "&":
        return html.unescape(escape)
    if escape[0] == "%":
        octets = unquote_to_bytes(escape)
        try:
            return octets.decode("utf-8")
        except UnicodeDecodeError:
            return octets.decode("latin-1")
    if escape == "+":
        return " " if plus else "+"
    units = _UNICODE.findall(escape)
    if not units:
        return escape[-1]
    joined = "".join(chr(int(unit, 16)) for unit in units)
    return joined.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if len(units) == 2 else joined


class _Plain:
    """A text with its escapes undone, and where each of its characters stood."""

    def __init__(self, text: str, plus: bool) -> None:
        parts: list[str] = []
        self._starts, self._sources = [0], [0]
        place = length = 0
        for escape in _ESCAPE.finditer(text):
            plain = _unescaped(escape[0], plus)
            parts += [text[place : escape.start()], plain]
            length += escape.start() - place
            place = escape.end()
            self._starts += [length, length + len(plain)]
            self._sources += [escape.start(), place]
            length += len(plain)
        parts.append(text[place:])
        self.text = "".join(parts)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where characters of the plain text stand in the other; an escape counts whole."""
        first = bisect_right(self._starts, start) - 1
        last = bisect_right(self._starts, end - 1) - 1
        begin = self._sources[first] + (0 if first % 2 else start - self._starts[first])
        if last % 2:
            return begin, self._sources[last + 1]
        return begin, self._sources[last] + end - self._starts[last]


class Mask:
    """The secrets of a connection: replaces each, however it is spelled, by ``***`` in what is shown."""

    __slots__ = ("_known", "_spelled")

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        self._known: dict[Secret, None] = {}
        self._spelled: tuple[str, ...] = ()
        self.add(*secrets)

    def __repr__(self) -> str:
        return f"Mask({SHOWN})"

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("a mask holds secrets and is not pickled")

    def __getstate__(self) -> Any:
        return self.__reduce_ex__(2)

    def __deepcopy__(self, memo: Any) -> Mask:
        return self

    def add(self, *secrets: Secret) -> None:
        """Masks these too, from now on."""
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
        """A URL without secrets. Each call makes one, so that it is looked at closely only where there is cause."""
        spelled = self._spelled
        for spelling in spelled:
            if spelling in url:
                return self.text(url)
        if spelled and "%" in url:
            plain = unquote(url)
            if "%" in plain or any(spelling in plain for spelling in spelled):
                return self.text(url)
        return url

    def _escaped(self, text: str, plus: bool, depth: int) -> str:
        """The text without secrets that are written with escapes, also with those of several notations in turn."""
        while True:
            layers = [_Plain(text, plus)]
            while len(layers) < depth and layers[-1].text != text and _ESCAPE.search(layers[-1].text):
                layers.append(_Plain(layers[-1].text, plus))
            spans = [span for level in range(len(layers)) for span in self._spans(layers[: level + 1])]
            if not spans:
                return text
            text = _without(text, spans)

    def _spans(self, layers: list[_Plain]) -> Iterator[tuple[int, int]]:
        for spelling in self._spelled:
            start = layers[-1].text.find(spelling)
            while start >= 0:
                span = start, start + len(spelling)
                start = layers[-1].text.find(spelling, span[1])
                for layer in reversed(layers):
                    span = layer.span(*span)
                yield span

    def octets(self, data: bytes, charset: str = "") -> bytes:
        """Octets of a text, in whatever encoding, without secrets; ``charset`` is what they are said to be in."""
        for encoding in _encodings(data, charset):
            try:
                text = data.decode(encoding)
                masked = self.text(text)
                data = data if masked == text else masked.encode(encoding)
            except (UnicodeError, LookupError):
                continue  # it is of another encoding
        return data

    def value(self, value: Any) -> Any:
        """A decoded value without secrets: all texts in it, names of members too."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, (bytes, bytearray)):
            return self.octets(bytes(value))
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
        if is_dataclass(value) and not isinstance(value, type) and all(field.init for field in fields(value)):
            return replace(value, **{field.name: self.value(getattr(value, field.name)) for field in fields(value)})
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
    """Spellings in an order in which none leaves a part of another."""
    return tuple(sorted({spelling for spelling in spelled if len(spelling) >= SHORTEST}, key=len, reverse=True))


_PREFIX = re.compile(r"(?i)(?:basic|bearer|token|apikey|key)[ :=]+(\S+)\Z")


def _spellings(clear: str) -> Iterator[str]:
    """A secret as it may be met without escapes: as it is, without its scheme, as Base64, and in a wrong charset."""
    yield clear
    yield clear.strip()
    if prefixed := _PREFIX.match(clear):
        yield prefixed[1]
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(_octets(clear)).decode("ascii").rstrip("=")
    if not clear.isascii():
        for charset in ("latin-1", "cp1252", "ascii"):
            yield _octets(clear).decode(charset, "replace")
            yield clear.encode(charset, "replace").decode("utf-8", "replace")


def _escapes(clear: str) -> Iterator[str]:
    """A secret as it is usually written with escapes, for a text in which looking for every way takes too long."""
    for written in (json.dumps(clear)[1:-1], json.dumps(clear, ensure_ascii=False)[1:-1]):
        yield from (written, written.replace("/", "\\/"))
    yield from (html.escape(clear), html.escape(clear, quote=False), repr(clear)[1:-1])
    with suppress(UnicodeEncodeError):
        yield from (quote(clear), quote(clear, safe=""), quote_plus(clear))


def _encodings(data: bytes, charset: str) -> list[str]:
    """The encodings that octets may be in. Two and four octets to a character show by their NULs; what is UTF-8 is
    hardly anything else."""
    if b"\0" in data:
        marked = [name for bom, name in _BYTE_ORDER_MARKS if data.startswith(bom)]
        return marked or ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]
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
    _mask: Mask

    def __new__(cls, clear: str, mask: Mask) -> Url:
        """The URL in clear, with what to mask in it."""
        url = super().__new__(cls, mask.url(clear))
        url._clear = Secret(clear)
        url._mask = mask
        return url

    def reveal(self) -> str:
        """The URL in clear, for an expression that uses it up."""
        return self._clear.reveal()

    def beside(self, clear: str) -> Url:
        """Another URL, with the secrets of this one masked."""
        return Url(clear, self._mask)

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
    """What to mask in whatever belongs to a URL."""
    return url._mask if isinstance(url, Url) else Mask()


class _Carrier(Protocol):
    """A request, as far as credentials are concerned."""

    @property
    def url(self) -> str: ...

    @property
    def headers(self) -> Mapping[str, str]: ...


class Credentials:
    """The secret part of a request, kept apart from it and attached last, by the transport.

    It has no readable repr and is not pickled; ``reveal`` is called only where a request leaves the process.
    ``instead`` are header fields that the request brings along and no scheme may replace.
    """

    __slots__ = ("_headers", "_query", "_secrets", "instead")

    def __init__(
        self,
        headers: Mapping[str, Secret | str] | None = None,
        query: Mapping[str, Secret | str] | None = None,
        secrets: Iterable[Secret | str] = (),
        instead: Iterable[str] = (),
    ) -> None:
        self._headers = {name: Secret.of(value) for name, value in (headers or {}).items()}
        self._query = {name: Secret.of(value) for name, value in (query or {}).items()}
        self._secrets = tuple(map(Secret.of, secrets))
        self.instead = frozenset(name.lower() for name in instead)

    def __repr__(self) -> str:
        return f"Credentials({SHOWN})"

    def __bool__(self) -> bool:
        return bool(self._headers or self._query or self.instead)

    def __reduce__(self) -> Any:
        raise TypeError("credentials are not pickled; load the connector again where they are needed")

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """What an answer that echoes the request may hold of it."""
        attached = [Secret(value.reveal().partition(" ")[2]) for value in self._headers.values()]
        return (*self._headers.values(), *attached, *self._query.values(), *self._secrets)

    def names(self) -> tuple[str, ...]:
        """Names of the header fields and query parameters that will be set."""
        return (*self._headers, *self._query)

    def carries(self, secret: Secret) -> bool:
        """Whether a secret is one of these."""
        return secret in (*self._headers.values(), *self._query.values(), *self._secrets)

    def merged(self, other: Credentials) -> Credentials:
        """Both together; of two for one header field or query parameter the other's."""
        if not other:
            return self
        replaced = {name.lower() for name in other._headers} | other.instead
        return Credentials(
            {
                **{name: value for name, value in self._headers.items() if name.lower() not in replaced},
                **other._headers,
            },
            {**self._query, **other._query},
            (*self._secrets, *other._secrets),
            self.instead | other.instead,
        )

    def reveal(self, request: _Carrier) -> tuple[str, dict[str, str]]:
        """The URL and the header fields as they go onto the wire.

        A field that the request carries under the name of a credential is replaced by it.
        """
        url: str = revealed(request.url)
        headers = dict(request.headers)
        if self._headers:
            secret = {name.lower() for name in self._headers}
            if any(name.lower() in secret for name in headers):
                headers = {name: value for name, value in headers.items() if name.lower() not in secret}
            headers |= {name: value.reveal() for name, value in self._headers.items()}
        if self._query:
            pairs = "&".join(
                f"{quote(name, safe='')}={quote(value.reveal(), safe='')}" for name, value in self._query.items()
            )
            url = f"{url}{'&' if '?' in url else '?'}{pairs}"
        return url, headers

    def matches(self, headers: Mapping[str, str], query: Mapping[str, str]) -> bool:
        """Whether a request that came carries just these credentials, for whoever checks them."""
        got = [headers.get(name, "") for name in self._headers] + [query.get(name, "") for name in self._query]
        expected = [value.reveal() for value in (*self._headers.values(), *self._query.values())]
        return hmac.compare_digest(_octets("\0".join(got)), _octets("\0".join(expected)))


NO_CREDENTIALS = Credentials()


class sealed:
    """A context from which errors of ours come out without the frames, contexts and causes within, whose variables and
    texts may hold secrets, and with those of a mask masked. What was being handled outside stays their context."""

    def __init__(self, mask: Mask | None = None) -> None:
        self._mask = mask or Mask()

    def __enter__(self) -> None:
        self._outside = sys.exception()

    def __exit__(self, *raised: Any) -> None:
        error = raised[1]
        del raised
        if isinstance(error, ConnectorError):
            error.changed(self._mask.value)
            error.__context__ = None if self._outside is error else self._outside
            raise error.with_traceback(None)
