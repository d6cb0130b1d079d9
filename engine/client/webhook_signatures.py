"""Signatures of what a service sends: an HMAC over a text that ``x-connector-signature`` declares.

Rule 1: a schema is data (``Signature``); nothing here knows a service.
Rule 2: whatever is compared with a signature or a secret is compared in constant time, and all of it.
Rule 3: a header field that two readers would read differently (a part twice, the whole field twice) is refused.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from msgspec import Struct

from openconnectors.engine.model import Signature
from openconnectors.engine.values.codecs import codec_for, essence
from openconnectors.engine.values.codecs.form import CODEC as FORM

_PLACE = re.compile(r"\{(method|url|form|body|header:[A-Za-z0-9_-]+(?::[A-Za-z0-9_-]+)?)\}")
_SECONDS = re.compile(r"[0-9]{1,15}(\.[0-9]{1,9})?\Z", re.ASCII)
_BLANKS = " \t"
_MAX_FIELDS = 100_000
_MILLISECONDS = 100_000_000_000
"""As seconds, this is the year 5138: what is larger counts milliseconds."""
_STANDARD_SECRET = re.compile(r"whsec_((?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)\Z")
"""How Standard Webhooks writes a secret; the key is what the base64 says."""


class Delivery(Struct, frozen=True):
    """One request of a service. ``urls`` are the spellings of its URL, ``headers`` have names in lower case."""

    method: str
    urls: Sequence[str]
    headers: Mapping[str, str]
    content_type: str
    data: bytes

    @property
    def is_form(self) -> bool:
        """Whether the body is said to be a form."""
        media_type = essence(self.content_type)[0]
        return bool(media_type) and codec_for(media_type) is FORM


def keys(signature: Signature, secret: str) -> list[bytes]:
    """The keys that a secret may stand for: as ``secret_encoding`` says, else its text, and what a secret of
    Standard Webhooks encodes. Raises ValueError for a secret that is not written so."""
    if signature.secret_encoding:
        return [_DECODERS[signature.secret_encoding](secret.removeprefix(signature.secret_prefix))]
    standard = _STANDARD_SECRET.match(secret)
    return [secret.encode(), *([_base64(standard[1])] if standard else [])]


def _base64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)  # binascii.Error is a ValueError


_DECODERS: Mapping[str, Callable[[str], bytes]] = {"text": str.encode, "hex": bytes.fromhex, "base64": _base64}


def verified(signature: Signature, secrets: Sequence[bytes], delivery: Delivery) -> bool:
    """Whether one of the signatures in the header field is of a holder of the secret, and not too old."""
    signatures = _signatures(signature, delivery.headers)
    if not signatures or not _recent(signature, delivery.headers) or not _hashed(signature, delivery):
        return False
    right = False
    try:
        form = _sorted_fields(delivery) if "{form}" in signature.text else ""
    except ValueError:  # more fields than anybody sends
        return False
    for url in delivery.urls:
        text = _text(signature, delivery, {"url": url, "method": delivery.method, "form": form})
        for key in secrets:
            expected = digest(key, text, signature.algorithm, signature.encoding).encode()
            for text_given in signatures:
                right |= hmac.compare_digest(expected, text_given.encode("utf-8", "surrogateescape"))
    return right


def digest(key: bytes, text: bytes, algorithm: str, encoding: str) -> str:
    """The HMAC of a text (RFC 2104), in hex or base64."""
    digest = hmac.new(key, text, algorithm).digest()
    return digest.hex() if encoding == "hex" else base64.b64encode(digest).decode("ascii")


def _names_itself(signature: Signature) -> bool:
    """Whether the signed text has the signature's own header field, which then holds more than signatures."""
    places = [place[1].split(":") for place in _PLACE.finditer(signature.text)]
    return any(kind == "header" and name[0].lower() == signature.header.lower() for kind, *name in places)


def _parts(signature: Signature, field: str) -> list[str]:
    """The parts of the header field: between separators as declared, else commas or semicolons where the signed text
    names the field itself, blanks where a prefix tells signatures apart (Standard Webhooks)."""
    if signature.separator:
        parts = field.split(signature.separator)
    elif _names_itself(signature):
        parts = re.split("[,;]", field)
    else:
        parts = field.split(" ") if signature.prefix else [field]
    return [part.strip(_BLANKS) for part in parts] if len(parts) > 1 else parts


def _signatures(signature: Signature, headers: Mapping[str, str]) -> list[str]:
    """The signatures in the header field without their prefix: none where the field was sent twice, which joins both
    by a comma (RFC 9110 section 5.3) that no signature holds."""
    parts = _parts(signature, headers.get(signature.header.lower(), ""))
    signatures = [part.removeprefix(signature.prefix) for part in parts if part.startswith(signature.prefix)]
    return [] if any("," in text for text in signatures) else signatures


def _header(signature: Signature, headers: Mapping[str, str], place: str) -> str:
    """A header field, or with ``NAME:part`` the value of one of its parts. Of the field of the signature itself,
    which cannot be signed whole, the first part beside the signatures. Empty for a part that is there twice."""
    name, _, wanted = place.partition(":")
    field = headers.get(name.lower(), "")
    is_signature = name.lower() == signature.header.lower()
    if not wanted and not is_signature:
        return field
    parts = [
        part.partition("=")
        for part in _parts(signature, field)
        if not is_signature or not _is_signature(signature, part)
    ]
    if not wanted:
        wanted = parts[0][0] if parts else ""
    values = [value for part, _, value in parts if part == wanted]
    return values[0] if len(values) == 1 else ""


def _is_signature(signature: Signature, part: str) -> bool:
    return bool(signature.prefix) and part.startswith(signature.prefix)


def _sorted_fields(delivery: Delivery) -> str:
    """The fields of a form, sorted, each name with its value, equal ones once; empty for another body."""
    if not delivery.is_form:
        return ""
    text = delivery.data.decode("utf-8", "replace")
    pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    return "".join(f"{name}{value}" for name, value in sorted(set(pairs)))


def _text(signature: Signature, delivery: Delivery, values: Mapping[str, str]) -> bytes:
    """What the service has signed, by what it has sent."""
    pieces: list[bytes] = []
    end = 0
    for place in _PLACE.finditer(signature.text):
        pieces.append(signature.text[end : place.start()].encode())
        end = place.end()
        kind, _, name = place[1].partition(":")
        if kind == "body":
            pieces.append(delivery.data)
        elif kind == "header":
            pieces.append(_header(signature, delivery.headers, name).encode("latin-1", "replace"))
        else:
            pieces.append(values[kind].encode("utf-8", "replace"))
    pieces.append(signature.text[end:].encode())
    return b"".join(pieces)


def _recent(signature: Signature, headers: Mapping[str, str]) -> bool:
    if not signature.moment:
        return True
    sent = _moment(_header(signature, headers, signature.moment))
    return sent is not None and abs(time.time() - sent) <= signature.seconds


def _moment(text: str) -> float | None:
    """Seconds since 1970 of a number of seconds or milliseconds, or of an RFC 3339 time."""
    if _SECONDS.match(text):
        number = float(text)
        return number / 1000 if number > _MILLISECONDS else number
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _hashed(signature: Signature, delivery: Delivery) -> bool:
    """Whether the URL has the hash of a body that the signature itself does not cover."""
    if not signature.body_hash or delivery.is_form or not delivery.data:
        return True
    query = parse_qsl(delivery.urls[0].partition("?")[2])
    declared_hash = next((value for name, value in query if name == signature.body_hash), "")
    return hmac.compare_digest(
        declared_hash.encode("utf-8", "replace"), hashlib.sha256(delivery.data).hexdigest().encode()
    )
