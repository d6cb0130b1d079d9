"""Objects in the names of pairs: ``a[b][c]=1`` (OpenAPI 3.2, style ``deepObject``).

The specification defines objects of scalars alone. What is inside them is written as PHP, Rails and qs read it:
a member of a member in brackets of its own, an item of a list by its index, ``a[b][0]=1``. Of the three ways to write
lists (``a[]``, ``a`` again, ``a[0]``) only an index keeps the members of an item together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from openconnectors.engine.deferred import pattern

MAX_BRACKETS = 50
"""How deep a name may be nested that is read."""
_BRACKETS = pattern(r"\[([^\[\]]*)\]")

Tree = dict[str, Any]
"""What pairs have at a name: for each key another tree, or the list of texts that the pairs have there."""


def flattened(name: str, value: Any, *, exact: bool = True) -> Iterator[tuple[str, Any]]:
    """The name and the scalar of each pair of an object or a list; what is null or empty has none. ``ValueError`` for a
    key that could not be told from the brackets around it, unless it is written all the same (``exact=False``)."""
    waiting = [(name, value)]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict):
            for key in value if exact else ():
                if not key or "[" in key or "]" in key:
                    raise ValueError(
                        f"has a member {key!r}, which cannot be read back from a name with brackets; it must not be "
                        "empty nor hold brackets"
                    )
            waiting += [(f"{name}[{key}]", member) for key, member in reversed(value.items())]
        elif isinstance(value, (list, tuple)):
            waiting += [(f"{name}[{index}]", value[index]) for index in reversed(range(len(value)))]
        elif value is not None:
            yield name, value


def tree_of(name: str, pairs: Iterable[tuple[str, str]]) -> Tree:
    """What pairs of decoded names have below a name; ``a[]`` is the next item, and of two shapes at a place the first
    counts."""
    root: Tree = {}
    for full_name, text in pairs:
        if not full_name.startswith(f"{name}["):
            continue
        rest = full_name[len(name) :]
        keys = _BRACKETS.findall(rest)
        if not keys or len(keys) > MAX_BRACKETS or "".join(f"[{key}]" for key in keys) != rest:
            continue
        node: Any = root
        for key in keys[:-1]:
            node = node.setdefault(key or str(len(node)), {}) if isinstance(node, dict) else None
        if isinstance(node, dict):
            texts = node.setdefault(keys[-1] or str(len(node)), [])
            if isinstance(texts, list):
                texts.append(text)
    return root


def items_of(tree: Tree, *, is_list: bool) -> list[Any] | None:
    """The items of a tree whose keys are indexes, in their order; None if they are not. If nothing says that it
    ``is_list``, none may be missing."""
    if not all(key.isascii() and key.isdigit() and len(key) < 10 for key in tree):
        return None
    if not is_list and any(str(index) not in tree for index in range(len(tree))):
        return None
    return [tree[key] for key in sorted(tree, key=int)]
