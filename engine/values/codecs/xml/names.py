"""Names of elements and attributes, as lxml spells them: ``{namespace}local``, or ``local`` (XML Namespaces 1.0)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from openconnectors.engine.deferred import pattern

Element: TypeAlias = Any
"""An lxml element; lxml has no types of its own."""

XSI = "http://www.w3.org/2001/XMLSchema-instance"

NIL = f"{{{XSI}}}nil"
"""The attribute that makes an element null (XML Schema 1.0, part 1, section 2.6.2)."""

_ERROR_NAME = pattern(r"(?i)error|fault|exception|failure")


def local_name(tag: str) -> str:
    """A name without its namespace."""
    return tag.rpartition("}")[2]


def namespace_of(tag: str) -> str:
    """The namespace of a name; empty if it has none."""
    return tag[1:].partition("}")[0] if tag.startswith("{") else ""


def qualified(namespace: str | None, name: str) -> str:
    """A name in a namespace; None or empty: in none."""
    return f"{{{namespace}}}{name}" if namespace else name


def has_name(element: Element, tag: str) -> bool:
    """Return True if an element has a declared name: in its namespace if it declares one, else in any."""
    element_tag: str = element.tag
    return element_tag == tag or ("{" not in tag and local_name(element_tag) == tag)


def may_replace(element: Element, tag: str) -> bool:
    """Return True if an element of another name may be read as the declared one: not if a namespace is declared and
    the element is in another one."""
    return "{" not in tag or namespace_of(element.tag) == namespace_of(tag)


def may_belong_to(tag: str, parent: Element) -> bool:
    """Return True if a name without a declared namespace may belong to the element around it."""
    return namespace_of(tag) in ("", namespace_of(parent.tag))


def in_namespace(tag: str) -> str:
    """A name's namespace in words, for a message."""
    return f"the namespace {namespace_of(tag)!r}" if namespace_of(tag) else "no namespace"


_MANY_ATTRIBUTES = 50


def attributes_of(element: Element) -> Mapping[str, str]:
    """The attributes of an element. lxml looks for the value of each among all, which takes a minute for the hundred
    thousand that a megabyte of a hostile response may have; XPath goes through them once."""
    attributes: Mapping[str, str] = element.attrib
    if len(attributes) <= _MANY_ATTRIBUTES:
        return attributes
    return {value.attrname: str(value) for value in element.xpath("@*")}


def is_error(element: Element) -> bool:
    """Return True if an element says by its name that it is not a result."""
    return _ERROR_NAME.search(local_name(element.tag)) is not None


def is_result(name: str) -> bool:
    """Return True for a local name that does not say that an element is an error or an HTML page."""
    return _ERROR_NAME.search(name) is None and name.lower() != "html"


def path_of(element: Element) -> tuple[str, ...]:
    """The local names from below the document's own element down to an element."""
    above = [local_name(ancestor.tag) for ancestor in element.iterancestors()]
    return (*reversed(above[:-1]), local_name(element.tag)) if above else ()


def has_content(element: Element) -> bool:
    """Return True if an element has children, attributes or text that is more than blanks."""
    return bool(len(element) or element.attrib or (element.text or "").strip())
