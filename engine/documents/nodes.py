"""The mappings of a tree, each with its pointer; data is passed over.

Keywords of one version are read in documents of all: ``patternProperties`` has names whatever the version says of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from openconnectors.engine.documents.pointers import escape

_DATA = frozenset({"example", "default", "enum", "const", "value", "dataValue"})
"""Members whose values are data, in which a ``$ref`` is a member like any other."""
_EXAMPLES = "examples"
_NAMED = frozenset(
    ("properties", "patternProperties", "dependentSchemas", "definitions", "$defs", "responses", "schemas", "callbacks",
     "parameters", "requestBodies", "headers", "securitySchemes", "links", "pathItems",
     "mediaTypes", "paths", "webhooks", "content", "encoding", "mapping", "variables", "scopes")
)  # fmt: skip
"""Members that are mappings of names that the author chose: ``default`` or ``x-rate`` is a name there."""


def mappings(
    root: Any, at: str, *, example_objects: bool, siblings: bool = True, seen: set[int] | None = None
) -> Iterator[tuple[dict[str, Any], str, bool]]:
    """Every mapping of a tree that is at a pointer, each with its own pointer and whether an extension holds it. What
    YAML repeats by an alias, and what is in ``seen`` already, is passed over.

    ``example_objects``: the members of a mapping ``examples`` are objects, which may be references; else data.
    ``siblings``: there is something beside a ``$ref``.
    """
    stack: list[tuple[Any, str, bool, bool]] = [(root, at, False, False)]
    seen = set() if seen is None else seen
    while stack:
        node, pointer, extension, names = stack.pop()
        identity = id(node)
        if identity in seen:
            continue
        seen.add(identity)
        if isinstance(node, dict):
            yield node, pointer, extension
            if not siblings and isinstance(node.get("$ref"), str) and not _is_path_item(pointer):
                continue
            for name, value in node.items():
                if not isinstance(value, (dict, list)):
                    continue
                held, named = extension, False
                if not names:
                    if name in _DATA or (name == _EXAMPLES and not (example_objects and _objects(value))):
                        continue
                    held = extension or name.startswith("x-")
                    named = (name in _NAMED or name == _EXAMPLES) and isinstance(value, dict)
                stack.append((value, f"{pointer}/{escape(name)}", held, named))
        elif isinstance(node, list):
            stack += [
                (value, f"{pointer}/{index}", extension, False)
                for index, value in enumerate(node)
                if isinstance(value, (dict, list))
            ]


def _is_path_item(pointer: str) -> bool:
    """Whether a pointer is that of a path item, which has members beside its ``$ref`` in every version."""
    return pointer.rpartition("/")[0].endswith("paths")


def _objects(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(inner, dict) for inner in value.values())
