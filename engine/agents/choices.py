"""The values of arguments that only a service knows: which can be asked for at once, and their answers.

An argument is cheap to ask for if its values depend on no other argument: then one call that reads lists them for every
tool that has it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from openconnectors.engine.agents.json_values import plain
from openconnectors.engine.agents.schemas import Listed
from openconnectors.engine.agents.tools import OperationTool
from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.model import Choices

SECONDS = 10.0
"""How long the services may take, all at once."""


def is_cheap(source: Choices) -> bool:
    """Whether values depend on no other argument, and lie on one level."""
    return source.below is None and not any(isinstance(value, tuple) for value in source.arguments.values())


async def ask(tools: Iterable[OperationTool], seconds: float = SECONDS) -> int:
    """Ask for the values that are cheap, each list once, and keep them with the tools; the number of lists that came.
    What a service does not list in time stays to be asked for."""
    wanted: dict[str, list[tuple[OperationTool, str]]] = {}
    for tool in tools:
        for name, source in tool.choices.items():
            if is_cheap(source):
                wanted.setdefault(f"{tool.connector} {source!r}", []).append((tool, name))
    lists = await asyncio.gather(*(_values(*places[0], seconds) for places in wanted.values()))
    for places, values in zip(wanted.values(), lists, strict=True):
        for tool, name in places:
            if values:
                tool.listed[name] = values
    return sum(1 for values in lists if values)


async def _values(tool: OperationTool, name: str, seconds: float) -> Listed:
    """The values of an argument with their titles; none if the service does not list them."""
    try:
        async with asyncio.timeout(seconds):
            values = await tool.calls.choices(tool.arguments[name].name)
    except (ConnectorError, TimeoutError):
        return ()
    return [(tool.mask(plain(value)), str(tool.mask(plain(title)))) for value, title in values]
