"""What a secret is, where it may stand, and that it is shown nowhere."""

from __future__ import annotations

import base64
import copy
import json
import pickle
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from openconnectors.engine.credentials import Credentials
from openconnectors.engine.http import Headers, Request
from openconnectors.engine.masking import Mask, Url
from openconnectors.engine.secret import Secret, Values

CLEAR = 'pa"ss/wo&rd <é> 12345'


def test_a_secret_has_no_readable_form() -> None:
    """repr, str, format, and what holds it, show three asterisks."""
    secret = Secret(CLEAR)
    shown = [repr(secret), str(secret), f"{secret}", f"{secret:>20}", repr([secret]), repr(Values(k=secret))]
    assert [text for text in shown if CLEAR in text] == []
    assert secret.reveal() == CLEAR
    assert secret == Secret(CLEAR)
    assert secret != CLEAR
    assert copy.deepcopy(secret) == copy.copy(secret) == secret


@pytest.mark.parametrize("held", [Secret(CLEAR), Values(k=Secret(CLEAR)), Credentials({"X": CLEAR}), Mask()], ids=repr)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_what_holds_a_secret_is_not_pickled(held: Any, protocol: int) -> None:
    """A pickle is a file that others read: TypeError, in every protocol."""
    with pytest.raises(TypeError):
        pickle.dumps(held, protocol)


def test_a_url_shows_its_secrets_as_asterisks() -> None:
    """The text is masked, what is sent is revealed, and what is computed with it is masked again."""
    url = Url("https://api.example/bot12:abc%2Fd/send?key=12:abc/d", Mask([Secret("12:abc/d")]))
    assert str(url) == repr(url)[1:-1] == f"{url}" == "https://api.example/bot***/send?key=***"
    assert url.reveal() == "https://api.example/bot12:abc%2Fd/send?key=12:abc/d"
    assert url.beside(f"{url.reveal()}&page=2") == "https://api.example/bot***/send?key=***&page=2"
    assert pickle.loads(pickle.dumps(url)) == str(url)  # noqa: S301 - made here
    assert copy.deepcopy(url).reveal() == url.reveal()


def test_a_request_shows_no_secret() -> None:
    """str and repr of a request mask the URL, fields with secret names, and the body."""
    mask = Mask([Secret("t0ken-in-path")])
    request = Request(
        "POST",
        Url("https://api.example/t0ken-in-path/x", mask),
        {"Authorization": "Bearer of-the-caller", "X": "1"},
        b'{"key": "t0ken-in-path"}',
        Credentials({"X-Key": "s3cret-key"}),
        base=Url("https://api.example/t0ken-in-path", mask),
    )
    for shown in (str(request), repr(request)):
        assert not any(text in shown for text in ("t0ken-in-path", "s3cret-key", "of-the-caller"))
    assert "X-Key: ***" in str(request)
    assert "X: 1" in str(request)


SPELLED = {
    "as it is": CLEAR,
    "JSON": json.dumps(CLEAR),
    "JSON in UTF-8": json.dumps(CLEAR, ensure_ascii=False),
    "JSON with every character escaped": "".join(f"\\u{ord(character):04X}" for character in CLEAR),
    "JSON with its slashes escaped": json.dumps(CLEAR).replace("/", "\\/"),
    "JSON in a text of JSON": json.dumps(json.dumps({"password": CLEAR})),
    "JSON in a form": quote_plus(json.dumps({"password": CLEAR})),
    "XML": CLEAR.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;"),
    "XML with references": "".join(f"&#x{ord(character):x};" for character in CLEAR),
    "XML with decimal references": "".join(f"&#{ord(character)};" for character in CLEAR),
    "percent-encoded": quote(CLEAR, safe=""),
    "percent-encoded in lower case": quote(CLEAR, safe="").lower(),
    "percent-encoded as a path": quote(CLEAR),
    "percent-encoded twice": quote(quote(CLEAR, safe=""), safe=""),
    "percent-encoded in Latin-1": quote(CLEAR, safe="", encoding="latin-1"),
    "of a form": quote_plus(CLEAR),
    "Base64": base64.b64encode(CLEAR.encode()).decode(),
    "Base64 for URLs": base64.urlsafe_b64encode(CLEAR.encode()).decode(),
    "a literal of Python": repr({"password": CLEAR}),
    "an ASCII literal of Python": ascii({"password": CLEAR}),
    "UTF-8 read as Latin-1": CLEAR.encode().decode("latin-1"),
}


@pytest.mark.parametrize("spelled", SPELLED.values(), ids=SPELLED.keys())
def test_a_mask_finds_a_secret_however_it_is_spelled(spelled: str) -> None:
    """A mask finds a secret in any encoding of it and leaves the text around it."""
    masked = Mask([Secret(CLEAR)]).text(f"wrong: {spelled} of ada")
    assert masked.startswith("wrong: ")
    assert masked.endswith(" of ada")
    assert "***" in masked
    assert not any(part in masked for part in ("12345", "12 34", "wo&rd", "wo%26rd", "0031", "MTIzNDU", "&#x31;"))


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_a_mask_finds_a_secret_in_bytes_of_any_encoding(encoding: str) -> None:
    """Masked bytes stay in their character encoding."""
    masked = Mask([Secret(CLEAR)]).data(f"wrong: {CLEAR} of ada".encode(encoding), encoding)
    assert masked.decode(encoding).lstrip("\ufeff") == "wrong: *** of ada"


def test_a_mask_goes_through_a_value() -> None:
    """A mask covers texts, member names, numbers and header fields of a value, and nothing else."""
    mask = Mask([Secret("s3cret"), Secret("12345678")])
    value = {"a": ["s3cret", {"s3cret": 1}], "b": 12345678, "c": None, "d": ("x", b"s3cret"), "e": True, "f": 1.5}
    assert mask.value(value) == {
        "a": ["***", {"***": 1}], "b": "***", "c": None, "d": ("x", b"***"), "e": True, "f": 1.5,
    }  # fmt: skip
    assert dict(mask.value(Headers([("X", "is s3cret"), ("Y", "z")]))) == {"X": "is ***", "Y": "z"}


def test_a_short_text_is_not_masked() -> None:
    """A secret of one character is not masked: it is part of too many words."""
    assert Mask([Secret("a"), Secret("")]).text("a banana") == "a banana"
