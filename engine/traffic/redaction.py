"""What is kept of an exchange: no credential, whatever carries it.

Rule 1. The credentials of a request are apart from it, and are not looked at.

Rule 2. What may echo a secret is masked: URL, header fields and bodies, in every spelling that ``Mask`` knows.

Rule 3. What services call a secret is replaced by its name, in header fields, queries, forms, JSON and XML: a token
that a service issues is known to nobody before.

Rule 4. Connection values that are no secrets (an account) are replaced by made-up ones, so that a replay with these
finds the same URLs, and a recording does not say whose it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, unquote_plus

from openconnectors.engine.masking import Mask
from openconnectors.engine.naming import snake
from openconnectors.engine.secret import SHOWN, Secret
from openconnectors.engine.values.codecs import codec_for, essence

NAMES = frozenset({
    "api_key", "apikey", "authorization", "bearer_token", "client_assertion", "cookie", "id_token", "passwd",
    "password", "passphrase", "proxy_authorization", "pwd", "secret", "secret_access_key", "security_token",
    "set_cookie", "sig", "signature", "subscription_key", "token", "x_amz_credential", "x_amz_security_token",
    "x_amz_signature", "x_csrf_token",
})  # fmt: skip
"""What services call a secret, in the spelling of Python."""
_ENDINGS = (
    "_secret", "_password", "_passphrase", "access_token", "refresh_token", "auth_token", "session_token", "api_key",
    "private_key", "secret_key", "subscription_key",
)  # fmt: skip
"""How longer names of secrets end."""

_FORM = "application/x-www-form-urlencoded"
_ELEMENT = re.compile(r"<(?P<name>[\w.-]+(?::[\w.-]+)?)(?P<rest>(?:\s[^<>]*)?)>[^<]+</(?P=name)\s*>")
_PAIR = re.compile(r"""(?P<start>(?:[?&]|&amp;)(?P<name>[\w.%-]+)=)[^&\s"'<>#\\]+""")
"""A pair of the query of a URL, wherever it is."""
_ATTRIBUTE = re.compile(r"""(?P<start>\s(?P<name>[\w.:-]+)\s*=\s*)(?P<quote>["'])[^<"']+(?P=quote)""")


class Redaction:
    """What is kept of texts and bodies: without the secrets of ``mask``, without the values under ``names`` beside
    those of ``NAMES``, and with the values of ``replaced`` for its keys."""

    def __init__(
        self, mask: Mask | None = None, replaced: Mapping[str, str] | None = None, names: Iterable[str] = ()
    ) -> None:
        self._mask = mask or Mask()
        spelled = {spelling(text): spelling(other) for text, other in (replaced or {}).items() for spelling in _SPELLED}
        self._replaced = dict(sorted(spelled.items(), key=lambda item: -len(item[0])))
        self._names = NAMES | {snake(name) for name in names}

    def add(self, *secrets: Secret) -> None:
        """Mask these too, from now on."""
        self._mask.add(*secrets)

    def is_secret(self, name: str) -> bool:
        """Whether a member, field or parameter of a name holds a secret."""
        spelled = snake(name.rpartition(":")[2])
        return spelled in self._names or spelled.endswith(_ENDINGS)

    def text(self, text: str) -> str:
        """A text without secrets: a URL, or one in which there may be some."""
        for value, other in self._replaced.items():
            if value in text:
                text = text.replace(value, other)
        return self._mask.text(_PAIR.sub(self._pair, text) if "=" in text else text)

    def _pair(self, match: re.Match[str]) -> str:
        return match["start"] + SHOWN if self.is_secret(unquote_plus(match["name"])) else match[0]

    def headers(self, headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Header fields without secrets."""
        return [(name, SHOWN if self.is_secret(name) else self.text(value)) for name, value in headers]

    def body(self, data: bytes, content_type: str) -> bytes:
        """A body without secrets."""
        if not data:
            return data
        media_type, parameters = essence(content_type)
        codec = codec_for(media_type)
        kind = codec.name if codec is not None else ""
        try:
            text = data.decode(parameters.get("charset", "utf-8"))
        except (UnicodeDecodeError, LookupError):
            return self._mask.data(data)
        if media_type == _FORM:
            redacted = self._form(text)
        elif kind == "xml":
            redacted = self.text(self._xml(text))
        else:
            redacted = self.text(self._json(text) if kind == "json" else text)
        if redacted != text:
            data = redacted.encode(parameters.get("charset", "utf-8"), "replace")
        return self._mask.data(data)  # whatever encoding it is really in

    def _form(self, text: str) -> str:
        """The pairs of a form."""
        pairs = (pair.partition("=") for pair in text.split("&"))
        return "&".join(
            f"{name}={SHOWN}" if equals and self.is_secret(unquote_plus(name)) else self.text(f"{name}{equals}{value}")
            for name, equals, value in pairs
        )

    def _json(self, text: str) -> str:
        """JSON, the values of secret members replaced; as it is if it has none."""
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return text
        changed = self.value(value)
        return text if changed == value else json.dumps(changed, ensure_ascii=False, separators=(",", ":"))

    def value(self, value: Any) -> Any:
        """Plain data, the values of secret members replaced."""
        if isinstance(value, dict):
            return {
                name: SHOWN if _is_scalar(member) and self.is_secret(name) else self.value(member)
                for name, member in value.items()
            }
        return [self.value(item) for item in value] if isinstance(value, list) else value

    def _xml(self, text: str) -> str:
        def element(match: re.Match[str]) -> str:
            name = match["name"]
            return f"<{name}{match['rest']}>{SHOWN}</{name}>" if self.is_secret(name) else match[0]

        def attribute(match: re.Match[str]) -> str:
            quoted = f"{match['quote']}{SHOWN}{match['quote']}"
            return match["start"] + quoted if self.is_secret(match["name"]) else match[0]

        return _ATTRIBUTE.sub(attribute, _ELEMENT.sub(element, text))


def _is_scalar(value: Any) -> bool:
    return isinstance(value, (str, int, float)) and not isinstance(value, bool)


_SPELLED = (str, lambda text: quote(text, safe=""), lambda text: json.dumps(text)[1:-1])
"""How a value is spelled in a text, a URL and JSON."""
