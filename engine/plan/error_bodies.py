"""Where an error response keeps the provider's own code and message: as the document says, else by convention.

Rule 1. The first convention that gives a message counts: those with a specification come first, what is there for want
of anything better (``error`` as text, a list of texts) last.

Rule 2. Names are compared without case, ``_`` and ``-``: ``error_message`` and ``errorMessage`` are equal.

Rule 3. XML is read like JSON, without its root. A single element, of which no schema says that it is a list, is the
first item of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from msgspec import Struct

from openconnectors.engine.deferred import pattern
from openconnectors.engine.errors import LONGEST_TEXT
from openconnectors.engine.model import ErrorShape

Steps: TypeAlias = tuple[str | int, ...]


class Convention(Struct, frozen=True):
    """One way to write an error: the paths of its message (all texts there, joined by a colon) and of its code (the
    first that is there)."""

    source: str
    message: tuple[Steps, ...]
    code: tuple[Steps, ...] = ()


_CODES: tuple[Steps, ...] = (("code",), ("errorcode",), ("error", "code"), ("error",), ("errors", 0, "code"))

CONVENTIONS: tuple[Convention, ...] = (
    Convention("OAuth 2 (RFC 6749 section 5.2)", (("errordescription",),), (("error",), *_CODES)),
    Convention("OData 4, Microsoft, Google", (("error", "message"),), (("error", "code"), ("error", "type"))),
    Convention("OData 3", (("odata.error", "message"),), (("odata.error", "code"),)),
    Convention("error with its text under another name", (("error", "description"),), (("error", "code"),)),
    Convention(
        "error with its text under another name", (("error", "title"), ("error", "detail")), (("error", "code"),)
    ),
    Convention("error with its text under another name", (("error", "msg"),), (("error", "code"),)),
    Convention("error with its text under another name", (("error", "reason"),), (("error", "code"),)),
    Convention("error with its text under another name", (("error", "errormessage"),), (("error", "errorcode"),)),
    Convention("Atom, AWS query", (("errors", "error", "message"),), (("errors", "error", "code"),)),
    Convention("SOAP 1.1", (("body", "fault", "faultstring"),), (("body", "fault", "faultcode"),)),
    Convention("SOAP 1.2", (("body", "fault", "reason", "text"),), (("body", "fault", "code", "value"),)),
    Convention("SOAP, Apigee", (("fault", "faultstring"),), (("fault", "detail", "errorcode"), ("fault", "faultcode"))),
    Convention("fault", (("fault", "message"),), (("fault", "code"),)),
    Convention("fault", (("fault", "description"),), (("fault", "code"),)),
    Convention("problem details (RFC 9457)", (("title",), ("detail",)), (*_CODES, ("type",))),
    Convention("message", (("message",),), _CODES),
    Convention("message", (("errormessage",),), _CODES),
    Convention("message", (("msg",),), _CODES),
    Convention("message", (("faultstring",),), (("faultcode",),)),
    Convention("list of errors", (("errors", 0, "message"),), (("errors", 0, "code"), ("errors", 0, "type"))),
    Convention("JSON:API", (("errors", 0, "title"), ("errors", 0, "detail")), (("errors", 0, "code"),)),
    Convention("list of errors", (("errors", 0, "description"),), (("errors", 0, "code"),)),
    Convention("list of errors", (("errors", 0, "msg"),), (("errors", 0, "code"),)),
    Convention("list of errors", (("errors", 0, "reason"),), (("errors", 0, "code"),)),
    Convention("list of errors", (("errors", 0),), _CODES[:2]),
    Convention("FastAPI", (("detail", 0, "msg"),), (("detail", 0, "type"),)),
    Convention("detail", (("detail", "message"),), (("detail", "code"),)),
    Convention("description", (("description",),), _CODES),
    Convention("reason", (("reason",),), _CODES),
    Convention("fault as text", (("fault",),), _CODES[:2]),
    Convention("XML with attributes", (("#text",),), _CODES[:2]),
    Convention("error as text", (("error",),), _CODES[:2]),
    Convention("list of messages", ((0, "message"),), ((0, "code"), (0, "errorcode"))),
    Convention("list of messages", ((0,),)),
)


def provider_error(value: Any, shape: ErrorShape) -> tuple[Any, str | None]:
    """The provider's code and message in the decoded body of an error, each None if there is none: where the document
    says (``shape``), else by the first convention that fits."""
    code, message = _code(_at(value, shape.code)), _text(_at(value, shape.message))
    if isinstance(value, str):
        return code, message or (page_text(value) if value.lstrip().startswith("<") else _shortened(value)) or None
    for row in CONVENTIONS if message is None else ():
        parts = dict.fromkeys(text for steps in row.message if (text := _text(_at(value, steps))))
        if parts:
            message = ": ".join(parts)
            if code is None:
                code = _first_code(value, row.code, message)
            break
    if code is None:
        code = _first_code(value, _CODES, message)
    return code, message


def _first_code(value: Any, paths: Iterable[Steps], message: str | None) -> Any:
    """The first code at one of these paths that is not the message itself."""
    codes = (_code(_at(value, steps)) for steps in paths)
    return next((code for code in codes if code is not None and code != message), None)


def _folded(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


def _at(value: Any, steps: Iterable[str | int]) -> Any:
    """The value at a path; None if there is nothing, and for an empty path."""
    steps = tuple(steps)
    for step in steps:
        if isinstance(step, int):
            if isinstance(value, list):
                value = value[step] if len(value) > step else None
            elif not isinstance(value, (str, Mapping)):
                return None
        elif isinstance(value, Mapping):
            exact = value.get(step)
            value = exact if exact is not None else _similar(value, step)
        else:
            return None
    return value if steps else None


def _similar(members: Mapping[Any, Any], step: str) -> Any:
    folded = _folded(step)
    return next((value for name, value in members.items() if isinstance(name, str) and _folded(name) == folded), None)


def _text(value: Any) -> str | None:
    """A message: text, a number, or an object or list that holds a text (OData's ``value``)."""
    if isinstance(value, Mapping):
        plain = next((value[name] for name in ("value", "#text", "text") if isinstance(value.get(name), str)), None)
        # Rails, ASP.NET: lists of messages by the names of the fields.
        listed = ((name, texts[0]) for name, texts in value.items() if isinstance(texts, list) and texts)
        value = plain or next((f"{name}: {text}" for name, text in listed if isinstance(text, str)), None)
    elif isinstance(value, list):
        value = next((item for item in value if isinstance(item, str)), None)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)[:LONGEST_TEXT]
    return (_shortened(value) or None) if isinstance(value, str) else None


def _code(value: Any) -> Any:
    """A code: a short text without blanks around it, or a number. ``about:blank`` says nothing (RFC 9457 section
    4.2.1)."""
    if isinstance(value, str):
        value = value.strip()[:LONGEST_TEXT]
        return None if value in ("", "about:blank") else value
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _shortened(text: str) -> str:
    return text.strip()[:LONGEST_TEXT]


_MARKUP = pattern(r"(?is)<(script|style|head)\b.*?</\1\s*>|<!--.*?-->|<[^<>]*>")
_TITLE = pattern(r"(?is)<(title|h1)\b[^<>]*>(.*?)</\1\s*>")
_LONGEST_PAGE = 8 * 1024
"""Characters of a page that are read: its title and heading are among the first, and its size is the service's."""


def page_text(page: str) -> str:
    """The title and heading of an HTML page, else its text, in one line."""
    page = page[:_LONGEST_PAGE]
    parts = [_line(title[2]) for title in _TITLE.finditer(page)]
    return ": ".join(dict.fromkeys(part for part in parts if part))[:LONGEST_TEXT] or _line(page)


def _line(markup: str) -> str:
    import html  # with its table of all entities, for pages

    return " ".join(html.unescape(_MARKUP.sub(" ", markup)).split())[:LONGEST_TEXT]
