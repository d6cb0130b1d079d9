"""How a connector is loaded again: what crosses to another process is its name and the name of its connection.

Values of a connection do not cross. A connector that was loaded with values, a session, a transport or a proxy of the
caller's has no recipe, and cannot be pickled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct


class Recipe(Struct, frozen=True):
    """A function that loads connectors, and its arguments; each can be pickled."""

    load: Callable[..., Any]
    arguments: Mapping[str, Any]
    options: Mapping[str, Any] = {}
    """The options of calls that the connector has."""

    def connector(self, options: Mapping[str, Any]) -> Any:
        """A connector of its own, with options of calls."""
        return self.load(**self.arguments, **options)


_SHARED: dict[tuple[Any, ...], Any] = {}


def shared(recipe: Recipe) -> Any:
    """The connector of a recipe that all of this process share: operations that come from other processes use it."""
    key = (recipe.load, *sorted(recipe.arguments.items()))
    connector = _SHARED.get(key)
    if connector is None:
        connector = _SHARED.setdefault(key, recipe.connector({}))
    return connector
