"""The fixed sequence of a resource: what a program does with it, once.

It creates items, reads and lists them, replaces and changes one, sends what must be refused, and deletes it. Which
steps there are depends on the operations that the resource has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openconnectors.engine.fuzz.resources import Named, needed
from openconnectors.engine.fuzz.samples import accepted, lengthened, placed, sample
from openconnectors.engine.fuzz.session import Item, Session
from openconnectors.engine.fuzz.steps import Step
from openconnectors.engine.fuzz.strategies import Known
from openconnectors.engine.fuzz.verbs import play
from openconnectors.engine.naming import snake
from openconnectors.engine.plan.plan import Plan

_LEAST_ITEMS = 4
"""Items that a list must have to be walked in pages."""
_ACTIONS = 6
"""Actions that are carried out on an item."""
_MEMBERS = 5
"""Members that are changed one by one."""


def scenario(session: Session, known: Known, base: int) -> bool:
    """Play the fixed sequence, with values that are numbered from ``base``; return False if there was nothing to play
    it with. Raise ``CheckFailed`` if something is wrong."""
    resource = session.resource
    if resource.collection is not None:
        play(session, Step("list"))
    there = len(session.whole.items) if session.whole is not None else 0
    first, second = _items(session, known, base)
    whole = None
    if first is not None and resource.create is not None:
        plan = resource.create.plan
        usual = sample(plan, base + 3, optional=True)
        for numbers in (True, False):  # a service may have so many of nothing
            longest = lengthened(plan, usual, numbers=numbers)
            if whole is None and accepted(plan, longest):
                whole = play(session, Step("create", None, _beside_path(resource.create, longest)))
    if resource.collection is not None and session.listing is not None:
        for number in range(there + len(session.items), _LEAST_ITEMS):
            if first is not None and resource.create is not None:
                _created(session, known, base + 4 + number)
        for verb in ("list", "limit", "pages", "filter", "order", "apart"):
            play(session, Step(verb))
    if first is None:
        return resource.create is None and bool(session.calls)
    play(session, Step("read", first.number))
    for step in _changes(session, first, base + 20):
        play(session, step)
        if second is not None and step.verb in ("replace", "update", "refused-change"):
            play(session, Step("read", second.number))
    play(session, Step("list"))
    if resource.create is not None:
        play(
            session,
            Step(
                "refused-create",
                None,
                _beside_path(resource.create, sample(resource.create.plan, base + 30, optional=True)),
            ),
        )
    for index, action in enumerate(session.actions[:_ACTIONS] if resource.create is not None else ()):
        arguments = _beside_path(action, sample(action.plan, base + 31, optional=True))
        for _ in range(2):  # the second time may be refused
            play(session, Step("act", (whole or first).number, {"index": index, "arguments": arguments}))
        if second is not None:
            play(session, Step("read", second.number))
    if resource.create is not None and resource.delete is not None:
        _ended(session, first, second, base + 32)
    return True


def _items(session: Session, known: Known, base: int) -> tuple[Item | None, Item | None]:
    """Two items: those that could be created, else those that are there."""
    if session.resource.create is None:
        play(session, Step("adopt", None, {"index": 0}))
        play(session, Step("adopt", None, {"index": 1}))
        items = session.items[:2]
        return (items[0] if items else None), (items[1] if len(items) > 1 else None)
    first = _created(session, known, base)
    second = _created(session, known, base + 2, optional=False) if first is not None else None
    return first, second


def _created(session: Session, known: Known, number: int, *, optional: bool = True) -> Item | None:
    """An item that could be created of some arguments: with every member, with few, with what the service knows."""
    create = session.resource.create
    if create is None:
        return None
    for arguments in _candidates(create, known, number, optional=optional):
        item = play(session, Step("create", None, arguments))
        if item is not None:
            return item
    return None


def _candidates(create: Named, known: Known, number: int, *, optional: bool) -> Iterator[dict[str, Any]]:
    plan, tried = create.plan, list[str]()
    for members in (optional, not optional):
        arguments = _beside_path(create, sample(plan, number, optional=members))
        for candidate in (_referring(plan, arguments, known.values), arguments):
            if repr(candidate) not in tried:
                tried.append(repr(candidate))
                yield candidate


def _beside_path(operation: Named, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments without those that a session gives: the variables of the path, unless the operation chooses them."""
    if operation.plan.operation.method == "PUT":
        return dict(arguments)
    inner = {argument.name for argument in operation.plan.arguments if argument.location == "path"}
    return {name: value for name, value in arguments.items() if name not in inner}


def _referring(plan: Plan, arguments: Mapping[str, Any], known: Mapping[str, list[Any]]) -> dict[str, Any]:
    """Arguments whose members that name other things (``author_id``) have values that the service knows, by name."""

    def referring(name: str, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: referring(str(key), member) for key, member in value.items()}
        if isinstance(value, list) and snake(name).endswith("_ids") and value:
            values = known.get(snake(name).removesuffix("s"), [])
            return values[:1] if values and isinstance(values[0], type(value[0])) else value
        values = known.get(snake(name), []) if snake(name).endswith("_id") else []
        return values[0] if values and isinstance(values[0], type(value)) else value

    candidate = {name: referring(name, value) for name, value in arguments.items()}
    return candidate if accepted(plan, candidate) or not accepted(plan, arguments) else dict(arguments)


def _changes(session: Session, item: Item, base: int) -> Iterator[Step]:
    """The steps that change an item: each member by itself, then all of them, twice, and what must be refused."""
    resource = session.resource
    if resource.update is not None:
        plan = resource.update.plan
        whole = _beside_path(resource.update, sample(plan, base, optional=True))
        for arguments in _single(resource.update, whole):
            yield Step("update", item.number, arguments)
        yield Step("update", item.number, whole)
        if _is_refused(session, resource.update):
            yield Step("update", item.number, _referring(plan, whole, _references(item)))
        yield Step("refused-update", item.number, _beside_path(resource.update, sample(plan, base + 3, optional=True)))
    if resource.replace is not None:
        plan = resource.replace.plan

        known: dict[str, list[Any]] = {}

        def numbered(number: int, *, optional: bool = True) -> dict[str, Any]:
            return _referring(plan, _inner(session, sample(plan, base + number, optional=optional)), known)

        yield Step("replace", item.number, numbered(4))
        if _is_refused(session, resource.replace):
            known |= _references(item)
            yield Step("replace", item.number, numbered(4))
        yield Step("replace-again", item.number, numbered(5))
        yield Step("refused-replace", item.number, numbered(6))
        yield Step("replace", item.number, numbered(7, optional=False))
        yield Step("stale", item.number, numbered(8))
        if (
            resource.create is not None
            and resource.create is not resource.replace
            and "201" in plan.operation.responses
        ):
            wires = {argument.wire for argument in resource.identifying()}
            chosen = placed(plan, base + 9, wires)
            if len(chosen) == len(wires):
                yield Step("create-by-put", None, {**numbered(9), **chosen})
    elif resource.update is not None or resource.delete is not None:
        yield Step("stale", item.number)


def _is_refused(session: Session, operation: Named) -> bool:
    """Whether the last call of an operation was refused: what it refers to may not be there."""
    status = next((call.status for call in reversed(session.calls) if call.name == operation.name), 0)
    return 400 <= status < 500


def _references(item: Item) -> dict[str, list[Any]]:
    """The values by which an item refers to other things, by name as Python spells it."""
    named = {snake(name): value for name, value in (item.value or {}).items()}
    several = {name.removesuffix("s"): value for name, value in named.items() if isinstance(value, list)}
    return {**{name: [value] for name, value in named.items() if value is not None}, **several}


def _inner(session: Session, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of a change without those that say which item is meant."""
    wires = {argument.wire for argument in session.resource.identifying()} | set(session.outer)
    operation = session.resource.replace
    names = {argument.name for argument in needed(operation.plan) if argument.wire in wires} if operation else set()
    return {name: value for name, value in arguments.items() if name not in names}


def _single(operation: Named, whole: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Arguments that change one member each; of those that may be null, one to null."""
    plan = operation.plan
    body = whole.get(plan.body_name)
    if not isinstance(body, Mapping):
        fields = [each.name for each in plan.arguments if each.location == "property" and each.name in whole]
        rest = {name: value for name, value in whole.items() if name not in fields}
        alone = [{**rest, name: whole[name]} for name in fields] if len(fields) > 1 else []
        yield from [each for each in alone if accepted(plan, _complete(plan, each))][:_MEMBERS]
        return
    singles = [{**whole, plan.body_name: {name: value}} for name, value in body.items()]
    nulls = [{**whole, plan.body_name: {name: None}} for name in body]
    yield from [each for each in singles if accepted(plan, _complete(plan, each))][:_MEMBERS]
    yield from [each for each in nulls if accepted(plan, _complete(plan, each))][:1]
    parts = [{**whole, plan.body_name: {name: inner}} for name, value in body.items() for inner in _parts(value)]
    yield from [each for each in parts if accepted(plan, _complete(plan, each))][:_MEMBERS]


def _parts(value: Any) -> Iterator[dict[str, Any]]:
    """Objects with a member less than an object has: of a merge patch, they leave that member as it is."""
    if isinstance(value, Mapping) and len(value) > 1:
        yield from ({key: member for key, member in value.items() if key != name} for name in reversed(value))


def _complete(plan: Plan, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments with the values of a sample where they have none: to be tried, not to be sent."""
    return {**sample(plan, 0, optional=False), **arguments}


def _ended(session: Session, first: Item, second: Item | None, base: int) -> None:
    """Delete an item, and try to use it afterwards."""
    resource = session.resource
    play(session, Step("delete", first.number))
    if second is not None:
        play(session, Step("read", second.number))
    play(session, Step("list"))
    if not first.is_deleted:
        return
    play(session, Step("delete", first.number))
    play(session, Step("below", first.number))
    if resource.update is not None:
        play(
            session,
            Step(
                "update", first.number, _beside_path(resource.update, sample(resource.update.plan, base, optional=True))
            ),
        )
    if resource.replace is not None and "201" not in resource.replace.plan.operation.responses:
        play(
            session,
            Step("replace", first.number, _inner(session, sample(resource.replace.plan, base + 1, optional=True))),
        )
