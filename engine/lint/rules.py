"""What a rule is: a row of data, and a function of one node that is bound to it by its id.

Rule 1. A row says everything about a rule but how a node is judged: severity, the kinds of nodes that it is about, the
members of which such a node has one, the versions that it applies to, why it matters and how to fix it. Reports,
``--explain``, configuration and docs/rules.md read rows.

Rule 2. A function yields findings: a pointer, what is wrong there and, as values, what was probably meant and the edit
that fixes it. How severe that is, at which line it is and how it is worded with the suggestion is decided afterwards.

Rule 3. A row has a function, or says what else reports it (``reported_by``). What does not fit together is an error
when the package is imported: a kind that no grammar has, a row without a function, a function without a row.

Theory of operation. ``Tree`` sorts the nodes of a document by kind. ``Dispatch`` sorts the rows that are asked for by
kind and member, so that a node is shown to the few functions that can say something about it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, Literal, TypeVar, cast

from msgspec import Struct
from msgspec import field as new

from openconnectors.engine.documents.document import Document
from openconnectors.engine.errors import Diagnostic, nearest
from openconnectors.engine.lint.tree import KINDS, Node, Tree
from openconnectors.engine.model import Service

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
VERSIONS = ("2.0", "3.0", "3.1", "3.2")


class Edit(Struct, frozen=True):
    """A mechanical change: ``replace`` the text of a value, ``rename`` a key, or ``insert`` a member (``text`` is
    ``name: value`` as JSON) into the mapping at ``pointer``."""

    kind: Literal["replace", "rename", "insert"]
    pointer: str
    text: str


class Finding(Struct, frozen=True):
    """What a rule finds: where, what is wrong there, and in which document (the definition by default)."""

    pointer: str
    message: str
    key: bool = False
    """Whether the key of the node is at fault, not its value."""
    document: Document | None = None
    suggestion: str | None = None
    """What was probably meant."""
    edit: Edit | None = None
    rule: str = ""
    """The rule to report it under, if it is not the one whose function yields it."""
    beside: tuple[str, int] | None = None
    """The file and the line, for a finding about a file beside the document that is no document itself."""


Result = TypeVar("Result")


class Context(Struct, dict=True):
    """What is checked: a document, its tree, the properties beside it, and its service if it can be read as one."""

    document: Document
    tree: Tree
    properties: Document | None = None
    service: Service | None = None
    rules: Mapping[str, Rule] = new(default_factory=dict)
    """The rows of all rules, by their ids."""
    manifest: Document | None = None
    """The ``settings.json`` of Microsoft's command line beside the document."""
    edits: dict[Diagnostic, Edit] = new(default_factory=dict)
    _results: dict[object, object] = new(default_factory=dict)

    @property
    def documents(self) -> list[Document]:
        """The document, and those that are beside it."""
        documents = (self.document, self.properties, self.manifest)
        return [document for document in documents if document is not None]

    @cached_property
    def operations(self) -> dict[str, Node]:
        """The operations by operationId; of two with the same, the first."""
        operations: dict[str, Node] = {}
        for operation in self.tree.operations:
            name = operation.get("operationId")
            if isinstance(name, str):
                operations.setdefault(name, operation)
        return operations

    def once(self, compute: Callable[[Context], Result]) -> Result:
        """The result of a function of this context, which is called at its first use only."""
        if compute not in self._results:
            self._results[compute] = compute(self)
        return cast(Result, self._results[compute])


Check = Callable[[Node, Context], Iterator[Finding]]


class _Head(Struct, frozen=True, eq=False):
    """What the columns of a row begin with, which its other members are named beside."""

    id: str
    severity: Severity
    kinds: str = ""
    """Kinds of nodes that the function is called with, if they are mappings."""


class Rule(_Head, frozen=True, eq=False, kw_only=True):
    """One row. Lists of names have blanks between them."""

    why: str
    """What goes wrong if the rule is broken."""
    fix: str
    """What to do about it."""
    members: str = ""
    """Members of which a node has at least one; any node if there are none. ``in=header``: with that value;
    ``x-*``: of a name that begins so."""
    versions: str = ""
    """Versions of the specifications that the rule is for; all if there are none."""
    profile: str = "default"
    reported_by: str = ""
    """What reports it, if it has no function: another rule, or a module."""


class Rules(Mapping[str, Rule]):
    """A table of rows by their ids, and the function that is bound to each."""

    def __init__(self, *rows: Rule) -> None:
        self._rows: dict[str, Rule] = {}
        self._checks: dict[str, Check] = {}
        self.add(*rows)

    def __getitem__(self, id: str) -> Rule:
        return self._rows[id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, *rows: Rule) -> None:
        """Add rows to the table. ``ValueError`` for a row that cannot be right, whatever function is bound to it."""
        for row in rows:
            if row.id in self._rows:
                raise ValueError(f"there are two rules {row.id!r}")
            if bool(row.kinds) == bool(row.reported_by):
                raise ValueError(f"the rule {row.id!r} needs kinds of nodes, or what it is reported by")
            for what, names, known in (
                ("severity", row.severity, SEVERITIES),
                ("kind of node", row.kinds, KINDS),
                ("version", row.versions, VERSIONS),
            ):
                for name in names.split():
                    if name not in known:
                        raise ValueError(f"the rule {row.id!r} has the unknown {what} {name!r}{nearest(name, known)}")
            self._rows[row.id] = row

    def include(self, rules: Rules) -> None:
        """Add the rows of another table with their functions. ``ValueError``, before anything is added, if a row has no
        function, or has an id that is already there."""
        rules.complete()
        for id in rules:
            if id in self._rows:
                raise ValueError(f"there is already a rule {id!r}")
        self._rows |= rules._rows
        self._checks |= rules._checks

    def remove(self, id: str) -> None:
        """Remove a row and its function."""
        del self._rows[id]
        self._checks.pop(id, None)

    def check(self, *ids: str) -> Callable[[Check], Check]:
        """Bind a function to the rows of ids. ``ValueError`` for an id without a row, or with a function already."""

        def bind(function: Check) -> Check:
            for id in ids:
                if id not in self._rows:
                    raise ValueError(f"no row has the id {id!r}{nearest(id, self._rows)}")
                if id in self._checks or self._rows[id].reported_by:
                    raise ValueError(f"the rule {id!r} is already reported by something else")
                self._checks[id] = function
            return function

        return bind

    def complete(self) -> None:
        """Raise ``ValueError`` if a row has neither a function nor something else that reports it."""
        missing = [id for id, row in self._rows.items() if not row.reported_by and id not in self._checks]
        if missing:
            raise ValueError(f"no function is bound to the rules {', '.join(missing)}")

    def bound(self) -> Iterator[tuple[Rule, Check]]:
        """The rows that have functions, with these."""
        for id, check in self._checks.items():
            yield self._rows[id], check


Bound = tuple[Rule, Check]


class _Members(Struct, frozen=True):
    """The members of which a row says that a node has one: names, values of members, and beginnings of names."""

    names: frozenset[str]
    values: tuple[tuple[str, str], ...]
    beginnings: tuple[str, ...]

    def are_in(self, value: Mapping[str, Any]) -> bool:
        """Return True if a node has one of them, or there are none."""
        if not self.names.isdisjoint(value):
            return True
        if any(str(value.get(name)) == text for name, text in self.values):
            return True
        if self.beginnings and any(name.startswith(self.beginnings) for name in value):
            return True
        return not (self.names or self.values or self.beginnings)


def _members(row: Rule) -> _Members:
    parts = [member.partition("=") for member in row.members.split()]
    return _Members(
        frozenset(name for name, equals, _ in parts if not equals and not name.endswith("*")),
        tuple((name, text) for name, equals, text in parts if equals),
        tuple(name.removesuffix("*") for name, _, _ in parts if name.endswith("*")),
    )


class Dispatch:
    """The rules for one version of the specifications, found by what a node is and has."""

    def __init__(self, rules: Rules, version: str, wanted: Callable[[Rule], bool]) -> None:
        self._by_kind: dict[str, list[tuple[_Members, Bound]]] = {}
        compared: dict[str, dict[str, None]] = {}
        for row, check in rules.bound():
            if (row.versions and version not in row.versions.split()) or not wanted(row):
                continue
            members = _members(row)
            for kind in row.kinds.split():
                self._by_kind.setdefault(kind, []).append((members, (row, check)))
                compared.setdefault(kind, {}).update(dict.fromkeys(name for name, _ in members.values))
        self.kinds = frozenset(self._by_kind)
        self._compared = {kind: tuple(names) for kind, names in compared.items()}
        """The members whose values rows compare."""
        self._known: dict[tuple[object, ...], list[Bound]] = {}
        """The rules by the kind of nodes and what they have: most nodes have the members of many others."""

    def rules(self, node: Node) -> list[Bound]:
        """The rules that a node is shown to, each once."""
        kind, value = node.kind, node.value
        compared = self._compared[kind]
        key = (kind, *value, *[str(value.get(member)) for member in compared]) if compared else (kind, *value)
        bound = self._known.get(key)
        if bound is None:
            bound = self._known[key] = [rule for members, rule in self._by_kind[kind] if members.are_in(value)]
        return bound


def diagnostic(row: Rule, finding: Finding, context: Context, severity: Severity) -> Diagnostic:
    """A finding at its place in its file, worded with its suggestion."""
    document = finding.document or context.document
    place = (*finding.beside, 1) if finding.beside is not None else document.location(finding.pointer, key=finding.key)
    message = finding.message
    if finding.suggestion is not None:
        message += f" (did you mean {finding.suggestion!r}?)"
    return Diagnostic(row.id, severity, message, *place, finding.pointer, row.fix)
