"""What an operation does in the sandbox. One table, one row an action; the declaration in the document
says on which collection, and how records look."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlencode

from openconnectors.engine.errors import Unsupported
from openconnectors.engine.model import Operation, Service
from openconnectors.engine.sandbox.rules import Facts, holds, unreadable
from openconnectors.engine.sandbox.store import Record, Store
from openconnectors.engine.sandbox.templates import fill


class Refused(Exception):
    """The operation answers with an error: its status, the service's code and message."""

    def __init__(self, error: Mapping[str, Any], context: Mapping[str, Any]) -> None:
        self.status = int(error.get("status", 400))
        self.code = error.get("code")
        self.message = str(fill(error.get("message", ""), context) or "")
        self.headers: Mapping[str, str] = {}
        super().__init__(self.message)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, read: the arguments by wire name, the body's members among them, and how it was spelled."""

    arguments: Mapping[str, Any]
    path: str
    """As the document spells it: links are made of it."""
    query: str
    values: Mapping[str, Any]
    """Connection values, and whatever else templates may name."""
    asked: str = ""
    """The path as it was asked for: errors name it."""
    conflicts: bool = False
    """Whether the operation documents 409, for a record that is there already."""

    @property
    def context(self) -> dict[str, Any]:
        """What templates may name."""
        return {**self.values, **self.arguments, "path": self.asked or self.path}


Action = Callable[["Behaviour", Mapping[str, Any], Asked], tuple[int | None, Any]]


def check(service: Service, operation: Operation) -> None:
    """Raises ``Unsupported`` for rules of an operation that cannot be read."""
    declared = operation.sandbox
    refuse = declared.get("refuse") or ()
    collection = (service.sandbox.get("collections") or {}).get(declared.get("collection", "")) or {}
    for rule in (*refuse, *(case.get("when") or {} for case in collection.get("cases") or ())):
        wrong = unreadable(rule)
        if wrong:
            raise Unsupported(f"x-connector-sandbox of {operation.id}: {wrong}")
    known = {*_ERRORS, *(service.sandbox.get("errors") or {})}
    for error in (*(rule.get("error") for rule in refuse), *(declared.get("invalid") or {}).values()):
        if not isinstance(error, Mapping) and error not in known:
            raise Unsupported(
                f"x-connector-sandbox of {operation.id}: {error!r} is no error, one of {', '.join(known)}"
            )


class Behaviour:
    """The declarations of one service, and what it remembers."""

    def __init__(self, declared: Mapping[str, Any], store: Store, values: Mapping[str, Any]) -> None:
        self.collections: Mapping[str, Any] = declared.get("collections") or {}
        self.errors: Mapping[str, Any] = declared.get("errors") or {}
        self.store = store
        for name, collection in self.collections.items():
            store.seed(name, partial(self._seeds, collection, values))

    def _seeds(self, collection: Mapping[str, Any], values: Mapping[str, Any]) -> list[tuple[str, Record]]:
        records = [self.made(collection, {**values, **seed}, seed) for seed in collection.get("seed") or ()]
        return [(str(record[collection["id"]]), self.stored(collection, record)) for record in records]

    @staticmethod
    def made(collection: Mapping[str, Any], context: Mapping[str, Any], own: Mapping[str, Any]) -> Record:
        """A new record: what is given, then the collection's templates, each seeing those before it."""
        known = dict(context)
        record = dict(own)
        for name, template in (collection.get("create") or {}).items():
            given = own.get(name)
            record[name] = known[name] = given if given is not None else fill(template, known)
        return record

    @staticmethod
    def stored(collection: Mapping[str, Any], record: Record) -> Record:
        """The record as it is remembered: what becomes of it once it has been answered."""
        return _changed(record, collection.get("settled") or {}, {})

    def collection(self, name: str, asked: Asked) -> Mapping[str, Any]:
        """A collection's declaration, with what its cases change for a request."""
        collection = dict(self.collections[name])
        facts = Facts(asked.arguments, asked.context, self.store)
        for case in collection.get("cases") or ():
            if holds(case.get("when") or {}, facts):
                for part in ("create", "settled"):
                    collection[part] = {**(collection.get(part) or {}), **(case.get(part) or {})}
        return collection

    def add_parts(self, collection: Mapping[str, Any], record: Record, asked: Asked) -> None:
        """Remembers the records that come with a new one: one for each item of an argument."""
        for part in collection.get("parts") or ():
            items = asked.arguments.get(part["each"])
            inner = self.collections[part["collection"]]
            for item in items if isinstance(items, list) else ():
                own = {part["parent"]: record[collection["id"]]}
                made = self.made(inner, {**asked.context, **own, "item": item}, own)
                self.store.put(part["collection"], str(made[inner["id"]]), self.stored(inner, made))

    def delete_parts(self, collection: Mapping[str, Any], record_id: str) -> None:
        """Forgets the records that came with one."""
        for part in collection.get("parts") or ():
            for inner in self.store.all(part["collection"]):
                if inner.get(part["parent"]) == record_id:
                    self.store.delete(part["collection"], str(inner[self.collections[part["collection"]]["id"]]))

    def error(self, kind: str, context: Mapping[str, Any]) -> Refused:
        """The declared error of a kind."""
        return Refused(self.errors.get(kind) or _ERRORS[kind], context)

    def refuse(self, declared: Mapping[str, Any], asked: Asked) -> None:
        """Raises ``Refused`` for the first of an operation's rules that holds."""
        record = None
        if "argument" in declared and "collection" in declared:
            record = self.store.get(declared["collection"], str(asked.arguments.get(declared["argument"])))
        if record is None and declared.get("action") in _OF_ONE:
            raise self.error("missing", asked.context)
        facts = Facts(asked.arguments, asked.context, self.store, record or {})
        for rule in declared.get("refuse") or ():
            if holds(rule, facts):
                raise self.refusal(rule["error"], asked.context)

    def refusal(self, error: Mapping[str, Any] | str, context: Mapping[str, Any]) -> Refused:
        """A declared error: spelled out, or named in ``errors``."""
        return self.error(error, context) if isinstance(error, str) else Refused(error, context)

    def act(self, declared: Mapping[str, Any], asked: Asked) -> tuple[int | None, Any]:
        """Status (None: the operation's own) and contract value of the answer; raises ``Refused``."""
        with self.store.transaction():
            self.refuse(declared, asked)  # again: what rules look at may have changed since
            return ACTIONS[declared["action"]](self, declared, asked)


def _changed(record: Record, templates: Mapping[str, Any], context: Mapping[str, Any]) -> Record:
    """A record with its templates filled, each seeing those before it."""
    changed = dict(record)
    for name, template in templates.items():
        changed[name] = fill(template, {**context, **changed})
    return changed


_OF_ONE = ("get", "update", "delete")
"""The actions on a record that must be there."""

_ERRORS: Mapping[str, Mapping[str, Any]] = {
    "unauthorized": {"status": 401, "message": "the credentials are wrong or missing"},
    "missing": {"status": 404, "message": "there is nothing at {path}"},
    "method": {"status": 405, "message": "this path does not know the method"},
    "invalid": {"status": 400, "message": "{reason}"},
    "conflict": {"status": 409, "message": "{id} exists already"},
}


def _create(behaviour: Behaviour, declared: Mapping[str, Any], asked: Asked) -> tuple[int | None, Any]:
    name = declared["collection"]
    collection = behaviour.collection(name, asked)
    record = behaviour.made(collection, asked.context, asked.arguments)
    if record.get(collection["id"]) is None:
        raise behaviour.error("invalid", {**asked.context, "reason": f"{collection['id']} is missing"})
    record_id = str(record[collection["id"]])
    if (asked.conflicts or "conflict" in behaviour.errors) and behaviour.store.get(name, record_id) is not None:
        raise behaviour.error("conflict", {**asked.context, "id": record_id})
    behaviour.store.put(name, record_id, behaviour.stored(collection, record))
    behaviour.add_parts(collection, record, asked)
    return declared.get("status"), record


def _get(behaviour: Behaviour, declared: Mapping[str, Any], asked: Asked) -> tuple[int | None, Any]:
    record = behaviour.store.get(declared["collection"], str(asked.arguments.get(declared["argument"])))
    if record is None:
        raise behaviour.error("missing", asked.context)
    return declared.get("status"), record


def _delete(behaviour: Behaviour, declared: Mapping[str, Any], asked: Asked) -> tuple[int | None, Any]:
    name, record_id = declared["collection"], str(asked.arguments.get(declared["argument"]))
    if not behaviour.store.delete(name, record_id):
        raise behaviour.error("missing", asked.context)
    behaviour.delete_parts(behaviour.collections[name], record_id)
    return declared.get("status", 204), None


def _update(behaviour: Behaviour, declared: Mapping[str, Any], asked: Asked) -> tuple[int | None, Any]:
    _, record = _get(behaviour, declared, asked)
    given = {name: value for name, value in asked.arguments.items() if name in record}
    changed = _changed({**record, **given}, declared.get("change") or {}, asked.context)
    behaviour.store.put(declared["collection"], str(asked.arguments[declared["argument"]]), changed)
    return declared.get("status"), changed


def _list(behaviour: Behaviour, declared: Mapping[str, Any], asked: Asked) -> tuple[int | None, Any]:
    name = declared["collection"]
    collection = behaviour.collections[name]
    records = behaviour.store.all(name)
    if collection.get("order") == "newest":
        records.reverse()
    for member, value in (declared.get("where") or {}).items():
        records = [one for one in records if one.get(member) == value]
    for rule in declared.get("filters") or ():
        given = asked.arguments.get(rule["argument"])
        if given is not None:
            compare = COMPARISONS[rule.get("compare", "==")]
            records = [one for one in records if compare(one.get(rule["property"]), given)]
    page, figures = _page(declared.get("page") or {}, records, collection["id"], asked)
    value = fill(declared.get("answer") or {}, figures)
    items = declared.get("items")
    return declared.get("status"), {**value, items: page} if items else page


def _page(
    rule: Mapping[str, Any], records: list[Record], key: str, asked: Asked
) -> tuple[list[Record], dict[str, Any]]:
    """The records of the page that is asked for, and the figures that an answer may show."""
    size = _whole(asked.arguments.get(rule.get("size", "")), 0) or 50
    number = _whole(asked.arguments.get(rule.get("number", "")), 0)
    start = number * size
    query = dict(parse_qsl(asked.query, keep_blank_values=True))
    token = query.get(rule.get("token", ""), "")
    prefix = rule.get("prefix", "")
    if token:
        ids = [str(one[key]) for one in records]
        after = token.removeprefix(prefix)
        start = ids.index(after) + 1 if after in ids else start
    page = records[start : start + size]
    pages = max(1, -(-len(records) // size))

    def link(to: int, last: Record | None = None) -> str:
        changed = {**query, rule.get("size", "size"): str(size), rule.get("number", "number"): str(to)}
        changed.pop(rule.get("token", ""), None)
        if last is not None and rule.get("token"):
            changed[rule["token"]] = f"{prefix}{last[key]}"
        return f"{asked.path}?{urlencode(changed)}"

    before = records[start - size - 1] if 0 < start - size <= len(records) else None
    figures = {
        "page": number,
        "size": size,
        "pages": pages,
        "total": len(records),
        "start": start,
        "end": max(start + len(page) - 1, 0),
        "uri": f"{asked.path}?{asked.query}" if asked.query else asked.path,
        "first": link(0),
        "next": link(number + 1, page[-1]) if page and start + size < len(records) else None,
        "previous": link(max(number - 1, 0), before) if start > 0 else None,
        "last": link(pages - 1, records[(pages - 1) * size - 1] if pages > 1 else None),
    }
    return page, figures


def _whole(value: Any, least: int) -> int:
    """A number that a request gives, at least so much; 0 where it gives none."""
    try:
        return max(int(value), least)
    except (TypeError, ValueError, OverflowError):
        return 0


ACTIONS: Mapping[str, Action] = {
    "create": _create,
    "get": _get,
    "list": _list,
    "update": _update,
    "delete": _delete,
}


def _moment(value: Any) -> tuple[date, datetime | None] | None:
    """A day, and the instant where the text has one."""
    text = str(value)
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return date.fromisoformat(text), None
        instant = datetime.fromisoformat(text) if text[:4].isdigit() else parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    instant = instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    return instant.date(), instant


def _ordered(value: Any, given: Any) -> int | None:
    """-1, 0 or 1 as a value stands before, with or after the one given: by day where that is all one of
    them tells, by instant where both do; None where they cannot be compared."""
    if value is None:
        return None
    left, right = _moment(value), _moment(given)
    pair: tuple[Any, Any] = (value, given)
    if left is not None and right is not None:
        pair = (left[1], right[1]) if left[1] and right[1] else (left[0], right[0])
    try:
        return int(pair[0] > pair[1]) - int(pair[0] < pair[1])
    except TypeError:
        return None


def _same(value: Any, given: Any) -> bool:
    """Equal, or of the same day where both tell one."""
    left, right = _moment(value), _moment(given)
    return left[0] == right[0] if left is not None and right is not None else bool(value == given)


COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": lambda value, given: _same(value, given),
    "<=": lambda value, given: _ordered(value, given) in (-1, 0),
    ">=": lambda value, given: _ordered(value, given) in (0, 1),
    "in": lambda value, given: value in (given if isinstance(given, list) else [given]),
    "contains": lambda value, given: str(given).strip("*%") in str(value),
}
