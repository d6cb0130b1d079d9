"""The text of documents in a module of types: as comments and literals, whatever it is."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

from openconnectors.engine.deferred import pattern

WIDTH = 116

_UNPRINTABLE = pattern(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def docstring(text: str, indent: str) -> list[str]:
    """The lines of a docstring: nothing in the text ends it, and no line is longer than a screen is wide if it has
    spaces."""
    text = re.sub(r"[ \t]+\n", "\n", _UNPRINTABLE.sub(" ", text)).strip()
    text = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    if not text:
        return []
    lines = [line for paragraph in text.split("\n") for line in _wrapped(paragraph)]
    if len(lines) == 1 and not lines[0].endswith('"'):
        return [f'{indent}"""{lines[0]}"""']
    return [f'{indent}"""{lines[0]}', *(f"{indent}{line}".rstrip() for line in lines[1:]), f'{indent}"""']


def _wrapped(paragraph: str) -> list[str]:
    inner = " " * (len(paragraph) - len(paragraph.lstrip()))
    lines = textwrap.wrap(
        paragraph,
        WIDTH,
        initial_indent=inner,
        subsequent_indent=f"{inner}    " if inner else "",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return lines or [""]


def call(head: str, parts: Iterable[str], tail: str, indent: str) -> list[str]:
    """The lines of ``head(parts)tail``: one, or a line for each part if that is too long."""
    parts = list(parts)
    line = f"{indent}{head}({', '.join(parts)}){tail}"
    if len(line) <= WIDTH + 4:
        return [line]
    return [f"{indent}{head}(", *(f"{indent}    {part}," for part in parts), f"{indent}){tail}"]


def union(parts: Iterable[str]) -> str:
    """The union of types, each once, ``None`` last."""
    distinct = dict.fromkeys(parts)
    return " | ".join(sorted(distinct, key=lambda part: part == "None"))
