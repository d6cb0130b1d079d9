"""The actions of overlays, carried out on the tree of a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from openconnectors.engine.documents.file import File, Origins
from openconnectors.engine.documents.overlays.overlay import NO_EFFECT, Action, Overlay
from openconnectors.engine.documents.overlays.queries import Selected, Unusable, select
from openconnectors.engine.documents.overlays.tree import Beyond, Budget, Items, Members, Origin, copied, grown, plain
from openconnectors.engine.documents.scalars import max_nodes
from openconnectors.engine.errors import Diagnostic, InvalidDocument


def applied(file: File, overlays: Sequence[Overlay]) -> File:
    """A file with overlays applied, one after the other. Actions that change nothing are among its findings.

    ``InvalidDocument``, with every action that cannot be carried out, at its place in its overlay.
    """
    if not overlays:
        return file
    texts = (file.text, *(overlay.file.text for overlay in overlays))
    work = _Work(file.root, Budget(sum(map(max_nodes, texts))))
    for number, overlay in enumerate(overlays, 1):
        work.apply(overlay, number)
    places: dict[str, Origin] = {}
    try:
        root = plain(work.root, places)
    except Beyond as error:
        work.errors.append(overlays[-1].finding(str(error), "/actions"))
    if work.errors:
        raise InvalidDocument(work.errors)
    sources = (file, *(overlay.file for overlay in overlays))
    moved = {pointer: (sources[source], at) for pointer, (source, at) in places.items()}
    findings = tuple(finding for source in sources for finding in source.findings)
    return replace(file, root=root, findings=(*findings, *work.warnings), origins=Origins(sources, moved))


def is_document(file: File) -> bool:
    """Return True for the first file of a document: every version has an Info Object at its root, parts have none."""
    return isinstance(file.root, dict) and isinstance(file.root.get("info"), dict)


def without_effect(overlay: Overlay, message: str, at: str) -> Diagnostic:
    """The finding that a part of an overlay changes nothing."""
    return overlay.finding(message, at, NO_EFFECT, "warning")


class _Mismatch(Exception):
    """A value that cannot be merged into another, and where it is written."""

    def __init__(self, message: str, origin: Origin | None = None) -> None:
        super().__init__(message)
        self.origin = origin


class _Work:
    """A tree under change, and what was found on the way."""

    def __init__(self, root: Any, budget: Budget) -> None:
        self._budget = budget
        self.root = grown(root, (0, ""), budget)
        self.errors: list[Diagnostic] = []
        self.warnings: list[Diagnostic] = []

    def apply(self, overlay: Overlay, number: int) -> None:
        """Carry out the actions of an overlay, the source of this number; what one cannot do is noted."""
        for action in overlay.actions:
            try:
                message = self._carry_out(action, number)
            except _Mismatch as error:
                at = error.origin[1] if error.origin is not None and error.origin[0] == number else action.place
                self.errors.append(overlay.finding(str(error), at))
            except _Query as error:
                self.errors.append(overlay.finding(str(error), f"{action.at}/{error.member}"))
            except Beyond as error:
                self.errors.append(overlay.finding(str(error), action.at))
                return
            else:
                if message:
                    at = f"{action.at}/target" if action.kind else action.at
                    self.warnings.append(without_effect(overlay, message, at))

    def _carry_out(self, action: Action, number: int) -> str:
        """Carry out one action; return why it changes nothing, or an empty text."""
        targets = self._select(action.target, "target")
        if not action.kind:
            return "the action does nothing: it has no update, copy or remove"
        if not targets:
            return f"{action.target} selects nothing{self._suggestion(action.target)}"
        if action.kind == "remove":
            _remove(targets)
            return ""
        if len({_kind(target.value) for target in targets}) > 1:
            kinds = " and ".join(sorted({f"{_kind(target.value)}s" for target in targets}))
            raise _Mismatch(f"{action.target} selects {kinds}; make an action for each")
        for value, origin, target in self._values(action, number, targets):
            _update(value, origin, target)
        return ""

    def _values(
        self, action: Action, number: int, targets: Iterable[Selected]
    ) -> Iterator[tuple[Any, Origin, Selected]]:
        """A value for each target, its own one: each becomes a part of the tree."""
        if action.kind == "update":
            origin = (number, action.place)
            for target in targets:
                yield grown(action.value, origin, self._budget), origin, target
            return
        sources = self._select(action.value, "copy")
        if len(sources) != 1:
            count = f"{len(sources)} nodes" if sources else f"nothing{self._suggestion(action.value)}"
            raise _Mismatch(f"copy is for a single node; {action.value} selects {count}")
        source = sources[0]
        origin = source.holder.origin_of(source.key) if source.holder is not None else (0, "")
        before = copied(source.value, self._budget)  # a target may be inside of it
        for target in targets:
            yield copied(before, self._budget), origin, target

    def _select(self, query: str, member: str) -> list[Selected]:
        try:
            return select(query, self.root)
        except Unusable as error:
            raise _Query(str(error), member) from None

    def _suggestion(self, query: str) -> str:
        """The hint for a query that spells a way: how far it leads."""
        head = query
        while (cut := max(head.rfind("."), head.rfind("["))) > 0:
            head = head[:cut].rstrip(".")
            try:
                if select(head, self.root):
                    return f"; {head} is the last part that selects something"
            except Unusable:
                continue
        return ""


class _Query(Exception):
    """A query that cannot be used, and the member of the action that has it."""

    def __init__(self, message: str, member: str) -> None:
        super().__init__(message)
        self.member = member


def _kind(value: Any) -> str:
    return "object" if isinstance(value, Members) else "list" if isinstance(value, Items) else "single value"


def _remove(targets: Iterable[Selected]) -> None:
    holders: dict[int, tuple[Any, list[Any]]] = {}
    for target in targets:
        if target.holder is None:
            raise _Mismatch("the root of a document cannot be removed")
        holders.setdefault(id(target.holder), (target.holder, []))[1].append(target.key)
    for holder, keys in holders.values():
        if isinstance(holder, Items):
            for index in sorted(keys, reverse=True):  # from the end, so that those before keep their indexes
                holder.remove_at(index)
        else:
            for key in keys:
                del holder[key]
                holder.moved.pop(key, None)


def _update(value: Any, origin: Origin, target: Selected) -> None:
    node = target.value
    if isinstance(node, Items):
        _extend(node, value, origin)
    elif isinstance(node, Members):
        if not isinstance(value, Members):
            raise _Mismatch(f"a {_kind(value)} cannot be merged into an object", origin)
        _merge(node, value)
    elif isinstance(value, Members | Items):
        raise _Mismatch(f"{_a(value)} cannot replace a single value; target the object that holds it", origin)
    else:
        target.holder.put(target.key, value, origin)


def _extend(node: Items, value: Any, origin: Origin) -> None:
    if isinstance(value, Items):
        for index, item in enumerate(list.__iter__(value)):
            node.add(item, value.origins[index])
    else:
        node.add(value, origin)


def _merge(node: Members, value: Members) -> None:
    """Merge the members of one mapping into another ("Action Object": the steps that are applied recursively)."""
    for key, member in dict.items(value):
        origin = value.origin_of(key)
        if key not in node:
            node.put(key, member, origin)
            continue
        present = dict.__getitem__(node, key)
        if _kind(present) != _kind(member):
            raise _Mismatch(f"{key!r} is {_a(present)} in the document, and {_a(member)} here; remove it first", origin)
        if isinstance(present, Members):
            _merge(present, member)
        elif isinstance(present, Items):
            _extend(present, member, origin)
        else:
            node.put(key, member, origin)


def _a(value: Any) -> str:
    kind = _kind(value)
    return f"an {kind}" if kind == "object" else f"a {kind}"
