"""Members of plain data, by the path of their names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def pick(value: Any, steps: tuple[str, ...]) -> Any:
    """The value at a path of member names, or None; an empty path picks nothing."""
    if not steps:
        return None
    for step in steps:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def pick_dotted(value: Any, steps: tuple[str, ...]) -> Any:
    """Like ``pick``, but tries the dotted name itself first (``odata.nextLink``)."""
    name = ".".join(steps)
    return value[name] if isinstance(value, Mapping) and name in value else pick(value, steps)


def put(members: dict[str, Any], path: tuple[str, ...], value: Any, *, replace: bool = True) -> None:
    """Put a value at a path, with the objects on the way. Without ``replace`` a value that is there stays."""
    for step in path[:-1]:
        inner = members.setdefault(step, {})
        if not isinstance(inner, dict):
            return
        members = inner
    if replace or path[-1] not in members:
        members[path[-1]] = value


def overlapping(path: tuple[str, ...], names: Mapping[tuple[str, ...], str]) -> str | None:
    """The name, of those by path, of what is at a path, around it or within it; None if there is nothing."""
    for size in range(1, len(path) + 1):
        if path[:size] in names:
            return names[path[:size]]
    return next((name for other, name in names.items() if other[: len(path)] == path), None)
