"""Contents of strings: their encoding, their media type (JSON Schema 2020-12 validation, section 8)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from openconnectors.engine.deferred import pattern
from openconnectors.engine.errors import closest
from openconnectors.engine.lint.rules import Context, Finding, Rule
from openconnectors.engine.lint.table import RULES, check
from openconnectors.engine.lint.tree import Node

# fmt: off
RULES.add(
    Rule("content-media-type", "error", "schema", members="contentMediaType", versions="3.1 3.2",
         why="The value of contentMediaType is a media type (JSON Schema 2020-12 validation 8.4).",
         fix="Write type/subtype, for example application/json."),
    Rule("content-encoding", "warning", "schema", members="contentEncoding", versions="3.1 3.2",
         why="Nobody can decode a string in an encoding that is not known (JSON Schema 2020-12 validation 8.3).",
         fix="Write one of the encodings of RFC 2045 section 6.1 and RFC 4648."),
)
# fmt: on

_ENCODINGS = (
    *("7bit", "8bit", "binary", "quoted-printable", "identity"),
    *("base16", "base32", "base32hex", "base64", "base64url"),
)
_MEDIA_TYPE = pattern(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+\s*(;.*)?\Z", re.ASCII)


@check("content-media-type")
def _media_type(node: Node, context: Context) -> Iterator[Finding]:
    name = node.get("contentMediaType")
    if isinstance(name, str) and not _MEDIA_TYPE.match(name):
        yield Finding(node.at("contentMediaType"), f"{name!r} is not a media type")


@check("content-encoding")
def _encoding(node: Node, context: Context) -> Iterator[Finding]:
    name = node.get("contentEncoding")
    if isinstance(name, str) and name.lower() not in _ENCODINGS and not name.lower().startswith("x-"):
        message = f"{name!r} is not a known encoding"
        yield Finding(node.at("contentEncoding"), message, suggestion=closest(name, _ENCODINGS))
