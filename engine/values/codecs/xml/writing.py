"""Elements, attributes and text written through lxml, with its errors in our words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lxml import etree

from openconnectors.engine.values.codecs.xml.names import Element, local_name, namespace_of, qualified
from openconnectors.engine.values.scalars import text as text_of

_NONE: Mapping[str, str] = {}


def namespaces(tag: str, prefix: str | None, prefixes: Mapping[str, str]) -> Any:
    """The namespaces that an element declares: its own, and those of its attributes; None if there are none."""
    namespace = {prefix: namespace_of(tag)} if tag.startswith("{") else {}
    return {**prefixes, **namespace} or None


def add_child(element: Element, tag: str, prefix: str | None, prefixes: Mapping[str, str] = _NONE) -> Element:
    """A new child of an element. ``ValueError`` for what is not an XML name."""
    if not tag.startswith("{") and element.prefix is None and element.nsmap.get(None):
        # The parent has a default namespace: a name without one is written in that, as its readers expect it.
        tag = qualified(element.nsmap[None], tag)
        declared = namespaces("", None, prefixes)
    else:
        declared = namespaces(tag, prefix, prefixes)
    try:
        return etree.SubElement(element, tag, nsmap=declared)
    except ValueError:
        raise ValueError(f"has the name {local_name(tag)!r}, which is not an XML name") from None


def set_attribute(element: Element, tag: str, value: Any) -> None:
    """Write a scalar as an attribute. ``ValueError`` for what has no text, or text that XML cannot hold."""
    try:
        element.set(tag, text_of(value))
    except ValueError as error:
        raise ValueError(f"cannot be written as the attribute {local_name(tag)!r}: {error}") from None


def set_text(element: Element, value: Any) -> None:
    """Write a scalar as an element's text, null as none. ``ValueError`` as for ``set_attribute``."""
    if value is None:
        return
    try:
        element.text = text_of(value)
    except ValueError as error:
        raise ValueError(f"cannot be written as <{local_name(element.tag)}>: {error}") from None


def add_text(element: Element, value: Any, *, cdata: bool = False) -> None:
    """Write a scalar as text after what an element has already. ``ValueError`` as for ``set_attribute``."""
    if value is None:
        return
    written: Any = text_of(value)
    if cdata and "]]>" not in written:  # which would end the section: then as text
        written = etree.CDATA(written)
    try:
        if len(element):
            element[-1].tail = written
        else:
            element.text = written
    except (ValueError, TypeError) as error:
        raise ValueError(f"cannot be written as text of <{local_name(element.tag)}>: {error}") from None


def write_anything(element: Element, value: Any) -> None:
    """Write a value that no schema describes: members as elements of their names, lists as repeated elements."""
    if isinstance(value, dict):
        for name, inside in value.items():
            for item in inside if isinstance(inside, list) else [inside]:
                write_anything(add_child(element, str(name), None), item)
    elif isinstance(value, list):
        for item in value:
            write_anything(add_child(element, "item", None), item)
    else:
        set_text(element, value)
