"""The tools that a client lists, within a budget of tokens; a search where there are too many operations.

Tokens are estimated, as every model counts in its own way: a token for each four bytes of the JSON of a tool as it is
sent (``tokens``). Over the lists of 134 connectors that is 1.13 times what the encoding o200k needs (between 0.99 and
1.25 times), and 1.10 times what the tokenizer that Anthropic has published needs (0.94 to 1.25).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from mcp import types
from msgspec import Struct

from openconnectors.engine.agents.json_values import json_text
from openconnectors.engine.agents.schemas import DETAILS, Detail
from openconnectors.engine.agents.selection import Named, chosen
from openconnectors.engine.agents.tools import OperationTool, tool_name
from openconnectors.engine.client.async_connector import AsyncConnector
from openconnectors.engine.client.connector import connected
from openconnectors.engine.client.kinds import KINDS, kind_of
from openconnectors.engine.documents.parts import readable
from openconnectors.engine.errors import ConnectorError

BUDGET = 20_000
"""Tokens of the tools by default: a tenth of a context of 200,000, from which on clients warn or defer tools."""
BYTES_OF_A_TOKEN = 4

MORE, SEARCH, CALL = "more", "search_operations", "call_operation"
CHOICES, DESCRIBE = "list_choices", "describe_operation"
RESERVED = (MORE, SEARCH, CALL, CHOICES, DESCRIBE)
"""The names of the tools that are no operations."""


def tokens(tool: types.Tool) -> int:
    """The tokens of a tool, as they are estimated."""
    members = tool.model_dump(mode="json", by_alias=True, exclude_none=True)
    return math.ceil(len(json_text(members).encode("utf-8", "replace")) / BYTES_OF_A_TOKEN)


class Listing(Struct, frozen=True):
    """The tools that a client lists; what they show of an operation; whether operations are searched for instead."""

    tools: Sequence[types.Tool]
    detail: Detail
    is_search: bool

    @property
    def tokens(self) -> int:
        """The tokens of all tools."""
        return sum(map(tokens, self.tools))


class Catalogue:
    """The operations of connectors that patterns choose, as tools."""

    def __init__(
        self,
        connectors: Sequence[AsyncConnector],
        allow: Collection[str] = (),
        *,
        confirm: Collection[str] = (),
        confirms: bool = True,
    ) -> None:
        by_name = {connected(connector).name: connector for connector in connectors}
        if len(by_name) < len(connectors):
            raise ConnectorError("two connectors have the same name; start a server for each")
        named = [each for connector in connectors for each in _named(connector)]
        self.left_out: Counter[str] = Counter(kind_of(each.operation) for each in named)
        selected = chosen(named, allow)
        confirmed = {id(each) for each in chosen(named, confirm)} if confirm else set()
        tools: dict[str, OperationTool] = {}
        for each in selected:
            asks = id(each) in confirmed or (confirms and each.operation.confirmation is True)
            name = each.name.strip("_") if len(by_name) == 1 else f"{each.connector}_{each.name.strip('_')}"
            name = tool_name(name, {*tools, *RESERVED})
            tools[name] = OperationTool(name, by_name[each.connector], each.name, confirmed=asks)
            self.left_out[kind_of(each.operation)] -= 1
        self.tools: Mapping[str, OperationTool] = tools
        self._words = _Words(tools.values())

    def listing(self, budget: int = BUDGET) -> Listing:
        """The tools within a budget: with as much of each operation as there is room for, or else a search."""
        for detail in DETAILS:
            listed = self._within(detail, budget)
            if listed is not None:
                return Listing(listed, detail, is_search=False)
        searching = [_search_tool(len(self.tools)), _call_tool(self.tools.values())]
        return Listing([*searching, _choices_tool(), _describe_tool(), _more_tool()], DETAILS[0], is_search=True)

    def _within(self, detail: Detail, budget: int) -> list[types.Tool] | None:
        """The tools with this detail; None as soon as they need more than the budget."""
        beside = {MORE: _more_tool()}
        left = budget - tokens(beside[MORE])
        listed = []
        for tool in self.tools.values():
            listed.append(tool.tool(detail))
            added = [listed[-1]]
            if tool.choices and CHOICES not in beside:
                beside[CHOICES] = _choices_tool()
                added.append(beside[CHOICES])
            if tool.is_dynamic and DESCRIBE not in beside:
                beside[DESCRIBE] = _describe_tool()
                added.append(beside[DESCRIBE])
            left -= sum(map(tokens, added))
            if left < 0:
                return None
        return [*listed, *beside.values()]

    def search(self, query: str, limit: int) -> list[OperationTool]:
        """The operations that fit words best, best first."""
        return [self.tools[name] for name in self._words.best(query, limit)]


def _named(connector: AsyncConnector) -> Iterable[Named]:
    service = connected(connector)
    by_id = {operation_id: name for name, operation_id in service.operation_ids.items()}
    return (Named(service.name, by_id[each.id], each) for each in readable(service.service))


# The search

_WORD = re.compile(r"[^\W_]+")
_PARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def _stems(text: str) -> list[str]:
    """The words of a text in lower case, plurals as singulars."""
    words = _WORD.findall(_PARTS.sub(" ", text).lower())
    return [word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word for word in words]


class _Words:
    """The words of operations: those of names count most."""

    def __init__(self, tools: Iterable[OperationTool]) -> None:
        self._weights: dict[str, Counter[str]] = {}
        for tool in tools:
            operation, weights = tool.operation, Counter[str]()
            for text, weight in (
                (f"{tool.connector} {tool.name} {operation.id}", 4),
                (operation.title, 3),
                (" ".join(operation.tags), 2),
                (f"{operation.description[:500]} {operation.path}", 1),
            ):
                for stem in set(_stems(text)):
                    weights[stem] = max(weights[stem], weight)
            self._weights[tool.name] = weights
        self._spread = Counter(stem for weights in self._weights.values() for stem in weights)

    def best(self, query: str, limit: int) -> list[str]:
        """The names of the operations that have the rarest words of a query in the best places."""
        count = len(self._weights)
        wanted = {stem: math.log(1 + count / self._spread[stem]) for stem in _stems(query) if self._spread[stem]}
        scores = {
            name: sum(weights[stem] * rarity for stem, rarity in wanted.items())
            for name, weights in self._weights.items()
        }
        fitting = [name for name, score in scores.items() if score > 0]
        return sorted(fitting, key=lambda name: -scores[name])[:limit]


# The tools beside those of operations


def _schema(required: Sequence[str], **properties: dict[str, object]) -> dict[str, object]:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def _text(description: str) -> dict[str, object]:
    return {"type": "string", "description": description}


_READS = types.ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=True)


def _more_tool() -> types.Tool:
    return types.Tool(
        name=MORE,
        title="More of a result",
        description="Gets what follows a result with a cursor: its next items, its next page, the rest of its text.",
        input_schema=_schema(["cursor"], cursor=_text("The member more of that result. It can be used once.")),
        annotations=_READS.model_copy(update={"idempotent_hint": False}),
    )


def _choices_tool() -> types.Tool:
    return types.Tool(
        name=CHOICES,
        title="Values of an argument",
        description="Lists the values that an argument of an operation may have, each with its title, as the service "
        "has them now.",
        input_schema=_schema(
            ["operation", "argument"],
            operation=_text("The name of the operation."),
            argument=_text("The name of the argument."),
            arguments={"type": "object", "description": "Other arguments that the values depend on."},
            below={"description": "A value that holds others, such as a folder: lists those."},
        ),
        annotations=_READS,
    )


def _describe_tool() -> types.Tool:
    return types.Tool(
        name=DESCRIBE,
        title="Arguments of an operation",
        description="Gives the schema of an operation's arguments with the members that only the service knows, for "
        "arguments that are known.",
        input_schema=_schema(
            ["operation"],
            operation=_text("The name of the operation."),
            arguments={"type": "object", "description": "The arguments that are known."},
        ),
        annotations=_READS,
    )


def _search_tool(count: int) -> types.Tool:
    return types.Tool(
        name=SEARCH,
        title="Search operations",
        description=f"Searches the {count} operations by words of what they do. Gives the best with their names and "
        f"the schemas of their arguments, for {CALL}.",
        input_schema=_schema(
            ["query"],
            query=_text("Words, such as: send message"),
            limit={"type": "integer", "minimum": 1, "maximum": 20, "description": "How many; 5 by default."},
        ),
        annotations=_READS.model_copy(update={"open_world_hint": False}),
    )


def _call_tool(tools: Iterable[OperationTool]) -> types.Tool:
    kinds = [KINDS[tool.kind] for tool in tools]
    return types.Tool(
        name=CALL,
        title="Call an operation",
        description=f"Calls an operation that {SEARCH} has listed.",
        input_schema=_schema(
            ["operation"],
            operation=_text("The name of the operation."),
            arguments={"type": "object", "description": "Its arguments, by the schema that the search gives."},
        ),
        annotations=types.ToolAnnotations(
            read_only_hint=all(kind.read_only for kind in kinds),
            destructive_hint=any(kind.destructive for kind in kinds),
            idempotent_hint=False,
            open_world_hint=True,
        ),
    )
