"""Aliases of rule sets: names for queries, ``#Name``, that queries begin with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openconnectors.engine.deferred import pattern
from openconnectors.engine.errors import nearest

_ALIAS = pattern(r"#([\w-]+)")


class Aliases:
    """The aliases of a rule set: for each the queries that it stands for, by version where these differ."""

    def __init__(self, known: Mapping[str, tuple[str, ...]]) -> None:
        self._everywhere: dict[str, tuple[str, ...]] = dict(known)
        self._by_version: dict[str, dict[str, tuple[str, ...]]] = {}

    def add(self, aliases: object, formats: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[list[str | int], str]]:
        """Add aliases as a rule set writes them; yield what is wrong with them, each with the steps to the place."""
        if not isinstance(aliases, Mapping):
            yield [], "aliases must be a mapping of names to queries"
            return
        for name, value in aliases.items():
            if isinstance(value, Mapping) and isinstance(value.get("targets"), list):
                yield from self._scoped(str(name), value["targets"], formats)
            elif (texts := _texts(value)) is not None:
                self._everywhere[str(name)] = texts
            else:
                yield [str(name)], f"the alias {name!r} is a query, a list of queries, or has targets"

    def _scoped(
        self, name: str, targets: list[Any], formats: Mapping[str, tuple[str, ...]]
    ) -> Iterator[tuple[list[str | int], str]]:
        by_version = self._by_version[name] = {}
        for index, target in enumerate(targets):
            selectors = _texts(target.get("given")) if isinstance(target, Mapping) else None
            if selectors is None:
                yield [name, "targets", index], "a target has formats and given"
                continue
            for number, form in enumerate(target.get("formats", ())):
                if str(form) not in formats:
                    message = f"{form!r} is not a known format{nearest(str(form), formats)}"
                    yield [name, "targets", index, "formats", number], message
                by_version |= dict.fromkeys(formats.get(str(form), ()), selectors)

    def expanded(self, text: str, version: str, within: tuple[str, ...] = ()) -> list[str]:
        """The queries that a text stands for in a version. ``ValueError`` for an unknown alias, or one in a ring."""
        match = _ALIAS.match(text)
        if match is None:
            return [text]
        name = match[1]
        if name in within:
            raise ValueError(f"the alias {name!r} is circular: {' → '.join((*within, name))}")
        if name not in self._everywhere and name not in self._by_version:
            known = (*self._everywhere, *self._by_version)
            raise ValueError(f"there is no alias {name!r}{nearest(name, known)}")
        scoped = self._by_version.get(name)
        selectors = scoped.get(version, ()) if scoped is not None else self._everywhere[name]
        rest = text[match.end() :]
        return [query for each in selectors for query in self.expanded(each + rest, version, (*within, name))]


def _texts(value: object) -> tuple[str, ...] | None:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return tuple(value)
    return None
