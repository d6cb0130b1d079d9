"""Styles beside the types that they serialize ("Style Values", "Style Examples")."""

from __future__ import annotations

from collections.abc import Iterator

from openconnectors.engine.lint.openapi3.shapes import Shapes
from openconnectors.engine.lint.rules import Context, Finding
from openconnectors.engine.lint.tree import Node

_COMPOSED = frozenset({"array", "object"})
_TYPES = {
    "deepObject": frozenset({"object"}),
    "spaceDelimited": _COMPOSED,
    "pipeDelimited": _COMPOSED,
}
"""The types that a style is for; others are for all."""
_NOT_EXPLODED = frozenset({"spaceDelimited", "pipeDelimited"})
_EXPLODED = frozenset({"form", "cookie"})
"""The styles whose ``explode`` is true by default."""
_DEFAULTS = {"path": "simple", "header": "simple"}


def style_faults(node: Node, location: str, schema: Node, context: Context) -> Iterator[Finding]:
    """Findings about the style of a parameter, header or property of a form with a schema, under the rules
    ``style-…``."""
    style = node.get("style") or _DEFAULTS.get(location, "form")
    if not isinstance(style, str):  # the structure reports it
        return
    explode = node.get("explode")
    shapes = context.once(Shapes)
    types = shapes.types(schema)
    known = types - {"null"} if types is not None else None
    if style in _TYPES and known and not known & _TYPES[style]:
        expected, actual = " or ".join(sorted(_TYPES[style])), ", ".join(sorted(known))
        message = f"the style {style!r} is for type {expected}, not {actual}"
        yield Finding(node.at("style"), message, rule="style-type")
    elif style in _NOT_EXPLODED and explode is True:
        message = f"the style {style!r} is not defined with `explode: true`"
        yield Finding(node.at("explode"), message, rule="style-type")
    elif style == "deepObject" and explode is False:
        message = "the style 'deepObject' is not defined with `explode: false`"
        yield Finding(node.at("explode"), message, rule="style-type")
    elif known and not known & _COMPOSED:
        if isinstance(explode, bool) and explode != (style in _EXPLODED):
            message = f"`explode` has no effect on type {', '.join(sorted(known))}"
            yield Finding(node.at("explode"), message, key=True, rule="style-unused")
    elif known:
        yield from _nested(schema, str(style), known, shapes)


def _nested(schema: Node, style: str, types: set[str], shapes: Shapes) -> Iterator[Finding]:
    """Findings about arrays and objects within an array or object: no style says how they are written."""
    inner = list(shapes.listed(schema).values()) if "object" in types else []
    inner += shapes.items(schema) if "array" in types else []
    for value in inner:
        kinds = shapes.types(value)
        if kinds is not None and kinds & _COMPOSED and not kinds - _COMPOSED - {"null"}:
            message = f"the style {style!r} does not say how to write a value of type {', '.join(sorted(kinds))} here"
            yield Finding(value.pointer, message, key=True, rule="style-nested")
