"""What a shell offers for a word of a command: names of connectors, of operations, of saved connections, of rules.

A shell has no place for messages: what cannot be looked up is not offered. Nothing is sent from here. What is imported
is what the kind of word needs, as people wait for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from openconnectors.cli.terminal import escaped_line
from openconnectors.engine.deferred import module, pattern

if TYPE_CHECKING:
    from openconnectors import connection_file, loading, registry
    from openconnectors.engine import lint
    from openconnectors.engine.call import connected
else:
    registry = module("openconnectors.registry")
    connection_file = module("openconnectors.connection_file")
    loading = module("openconnectors.loading")
    connected = module("openconnectors.engine.call.connected")
    lint = module("openconnectors.engine.lint")

_PATH = pattern(r"[./~\\]|[A-Za-z]:")
"""How a word begins that is a path, where a name or a path may stand."""


def items(names: Mapping[str, str] | Iterable[str], incomplete: str) -> list[CompletionItem]:
    """The names, with what they mean, that begin like a word. A shell inserts what it is offered: a name that would be
    escaped is left out."""
    meanings = names if isinstance(names, Mapping) else dict.fromkeys(names, "")
    return [
        CompletionItem(name, help=escaped_line(" ".join(meaning.split())) or None)
        for name, meaning in meanings.items()
        if name.startswith(incomplete) and escaped_line(name) == name
    ]


def connectors(incomplete: str) -> list[CompletionItem]:
    """The connectors whose names begin like a word; files for a path, and where no name begins so."""
    names = {} if _PATH.match(incomplete) else {name: entry.source for name, entry in registry.entries_sorted()}
    return items(names, incomplete) or [CompletionItem(incomplete, type="file")]


def added(incomplete: str) -> list[CompletionItem]:
    """The connectors that were added and whose names begin like a word."""
    return items([name for name, entry in registry.entries_sorted() if entry.source == "added"], incomplete)


NAMES = {"connector": connectors, "added": added}
"""What a command may take first, and what is offered for it."""


def connector(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer names of connectors."""
    return connectors(incomplete)


def added_connector(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer names of connectors that were added."""
    return added(incomplete)


def operation(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the operations of the connector that was named before."""
    _, service = loading.service_named(_named(context), context.params.get("root"))
    return items(connected.operation_names(service), incomplete)


def saved_connector(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the connectors that have saved connections."""
    return items([connector for connector, _ in connection_file.all_saved()], incomplete)


def saved_connection(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the saved connections of the connector that was named before."""
    return items(saved_names(_named(context)), incomplete)


def _named(context: click.Context) -> str:
    """The connector that was named before; its word is still among the arguments if an option lacks its value yet."""
    named: Any = context.params.get("connector") or context.params.get("name") or next(iter(context.args), "")
    return str(named)


def saved_names(name: str) -> list[str]:
    """The names of the saved connections of a connector."""
    return [saved for connector, saved in connection_file.all_saved() if connector == name]


def rule(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the rules of checks."""
    return items({name: row.why for name, row in lint.RULES.items()}, incomplete)
