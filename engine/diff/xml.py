"""What changed in how values are written as XML ("XML Object"): names, namespaces, attributes, wrappers.

Only what a document that is read or written shows: a prefix is free to change (Namespaces in XML 1.0, section 2).
"""

from __future__ import annotations

from openconnectors.engine.diff.changes import Changes
from openconnectors.engine.model import Schema

_Form = tuple[str, str, str, bool]
"""The name, the namespace, the kind of node, and whether the items of a list are in an element of its own."""


def compare_xml(changes: Changes, subject: str, old: Schema, new: Schema) -> None:
    """Record the members of two schemas that are written as XML in another way."""
    seen: set[tuple[int, int]] = set()
    stack = [(subject, "", old, new)]
    while stack:
        title, name, before, after = stack.pop()
        first, second = changes.before.plain(before), changes.after.plain(after)
        if (id(first), id(second)) in seen:
            continue
        seen.add((id(first), id(second)))
        was, now = (_form(schema, name or _root(first, second, schema)) for schema in (first, second))
        if was != now:
            changes.add("xml-changed", f"{title} is written as XML {_worded(now)} (was {_worded(was)})",
                        first.at, second.at)  # fmt: skip
        for member in first.properties:
            if member in second.properties:
                inner = f"property {member!r} of {subject}"
                stack.append((inner, member, first.properties[member], second.properties[member]))
        if first.items is not None and second.items is not None:
            stack.append((f"an item of {title}", name, first.items, second.items))


def _root(old: Schema, new: Schema, schema: Schema) -> str:
    """The name of the outermost element that is written without one: that of its component, which counts only if the
    other version writes one."""
    return schema.name or "" if old.xml.name or new.xml.name else ""


def _form(schema: Schema, name: str) -> _Form:
    xml = schema.xml
    node = "attribute" if xml.attribute else "text" if xml.text else xml.node
    is_list = "array" in schema.types
    is_wrapped = is_list and (xml.wrapped or node == "element")
    kind = node if node in ("attribute", "text", "cdata") else ""
    return (xml.name or name) if not is_list or is_wrapped else name, xml.namespace or "", kind, is_wrapped


def _worded(form: _Form) -> str:
    name, namespace, kind, is_wrapped = form
    words = f"as {kind or 'element'} {name!r}" if name else f"as {kind or 'an element'}"
    return words + f" of {namespace}" * bool(namespace) + ", wrapped" * is_wrapped
