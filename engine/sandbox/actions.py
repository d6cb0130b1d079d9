"""What an operation does in the sandbox: one table, one row per action. The document says on which collection it acts,
how records look and which errors there are (``x-connector-sandbox``, docs/extensions.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from openconnectors.engine.errors import Unsupported
from openconnectors.engine.model import Operation, Service
from openconnectors.engine.sandbox.conditions import Facts, holds, problem_of
from openconnectors.engine.sandbox.errors import ERRORS, ServiceError
from openconnectors.engine.sandbox.listing import filtered, page_of
from openconnectors.engine.sandbox.requests import ParsedRequest
from openconnectors.engine.sandbox.store import Record, Store
from openconnectors.engine.sandbox.templates import fill

Declaration = Mapping[str, Any]
"""A part of ``x-connector-sandbox``: plain data of the document."""

Outcome = tuple[int | None, Any]
"""Status (None: that of the declared response) and contract value of a response."""


def check_declarations(service: Service, operation: Operation) -> None:
    """Raise ``Unsupported`` for conditions or errors of an operation that cannot be read."""
    declared = operation.sandbox
    refusals = declared.get("refuse") or ()
    collection = (service.sandbox.get("collections") or {}).get(declared.get("collection", "")) or {}
    for condition in (*refusals, *(case.get("when") or {} for case in collection.get("cases") or ())):
        problem = problem_of(condition)
        if problem:
            raise Unsupported(f"x-connector-sandbox of {operation.id}: {problem}")
    known = {*ERRORS, *(service.sandbox.get("errors") or {})}
    for error in (*(refusal.get("error") for refusal in refusals), *(declared.get("invalid") or {}).values()):
        if not isinstance(error, Mapping) and error not in known:
            raise Unsupported(
                f"x-connector-sandbox of {operation.id}: {error!r} is not an error; declared are {', '.join(known)}"
            )


class Simulation:
    """The collections and errors that a document declares, with the records of a store."""

    def __init__(self, declared: Declaration, store: Store, values: Mapping[str, Any]) -> None:
        self.collections: Declaration = declared.get("collections") or {}
        self.errors: Declaration = declared.get("errors") or {}
        self.store = store
        for name, collection in self.collections.items():
            store.seed(name, partial(_seeds, collection, values))

    def collection(self, name: str, request: ParsedRequest) -> Declaration:
        """The declaration of a collection, with the changes of its ``cases`` that hold for a request."""
        collection = dict(self.collections[name])
        facts = Facts(request.arguments, request.context, self.store)
        for case in collection.get("cases") or ():
            if holds(case.get("when") or {}, facts):
                for part in ("create", "settled"):
                    collection[part] = {**(collection.get(part) or {}), **(case.get(part) or {})}
        return collection

    def add_parts(self, collection: Declaration, record: Record, request: ParsedRequest) -> None:
        """Store the records that come with a new one: one for each item of an argument (``parts``)."""
        for part in collection.get("parts") or ():
            items = request.arguments.get(part["each"])
            inner = self.collections[part["collection"]]
            for item in items if isinstance(items, list) else ():
                members = {part["parent"]: record[collection["id"]]}
                part_record = new_record(inner, {**request.context, **members, "item": item}, members)
                self.store.put(part["collection"], str(part_record[inner["id"]]), settled(inner, part_record))

    def delete_parts(self, collection: Declaration, record_id: str) -> None:
        """Delete the records that came with one."""
        for part in collection.get("parts") or ():
            inner = self.collections[part["collection"]]
            for record in self.store.all(part["collection"]):
                if record.get(part["parent"]) == record_id:
                    self.store.delete(part["collection"], str(record[inner["id"]]))

    def error(self, kind: str, context: Mapping[str, Any]) -> ServiceError:
        """The error of a kind, in the document's words if it has some."""
        return ServiceError(self.errors.get(kind) or ERRORS[kind], context)

    def declared_error(self, error: Declaration | str, context: Mapping[str, Any]) -> ServiceError:
        """The error of a declaration: spelled out there, or the name of one in ``errors``."""
        return self.error(error, context) if isinstance(error, str) else ServiceError(error, context)

    def refuse(self, declared: Declaration, request: ParsedRequest) -> None:
        """Raise ``ServiceError`` if there is no record for an action on one, or for the first condition of ``refuse``
        that holds."""
        record = None
        if "argument" in declared and "collection" in declared:
            record = self.store.get(declared["collection"], str(request.arguments.get(declared["argument"])))
        if record is None and declared.get("action") in _ON_A_RECORD:
            raise self.error("missing", request.context)
        facts = Facts(request.arguments, request.context, self.store, record or {})
        for refusal in declared.get("refuse") or ():
            if holds(refusal, facts):
                raise self.declared_error(refusal["error"], request.context)

    def act(self, declared: Declaration, request: ParsedRequest) -> Outcome:
        """Run the action of an operation in one transaction; raises ``ServiceError``."""
        with self.store.transaction():
            self.refuse(declared, request)  # again: records may have changed since the first time
            return ACTIONS[declared["action"]](self, declared, request)


_ON_A_RECORD = ("get", "update", "delete")


def new_record(collection: Declaration, context: Mapping[str, Any], members: Mapping[str, Any]) -> Record:
    """A record of these members, with the collection's ``create`` templates for absent or null ones. A template may
    use the members before it."""
    known = dict(context)
    record = dict(members)
    for name, template in (collection.get("create") or {}).items():
        value = members.get(name)
        record[name] = known[name] = value if value is not None else fill(template, known)
    return record


def settled(collection: Declaration, record: Record) -> Record:
    """A new record as it is stored: with the ``settled`` templates, which the response to its creation does not show
    (a message that is queued in the response and sent afterwards)."""
    return _changed(record, collection.get("settled") or {}, {})


def _changed(record: Record, templates: Declaration, context: Mapping[str, Any]) -> Record:
    """A record with templates filled in; a template may use the members before it."""
    changed = dict(record)
    for name, template in templates.items():
        changed[name] = fill(template, {**context, **changed})
    return changed


def _seeds(collection: Declaration, values: Mapping[str, Any]) -> list[tuple[str, Record]]:
    """The first records of a collection, by id."""
    records = [new_record(collection, {**values, **seed}, seed) for seed in collection.get("seed") or ()]
    return [(str(record[collection["id"]]), settled(collection, record)) for record in records]


def _create(simulation: Simulation, declared: Declaration, request: ParsedRequest) -> Outcome:
    name = declared["collection"]
    collection = simulation.collection(name, request)
    record = new_record(collection, request.context, request.arguments)
    if record.get(collection["id"]) is None:
        raise simulation.error("invalid", {**request.context, "reason": f"{collection['id']} is missing"})
    record_id = str(record[collection["id"]])
    refuses_duplicates = request.conflicts or "conflict" in simulation.errors
    if refuses_duplicates and simulation.store.get(name, record_id) is not None:
        raise simulation.error("conflict", {**request.context, "id": record_id})
    simulation.store.put(name, record_id, settled(collection, record))
    simulation.add_parts(collection, record, request)
    return declared.get("status"), record


def _get(simulation: Simulation, declared: Declaration, request: ParsedRequest) -> Outcome:
    record = simulation.store.get(declared["collection"], str(request.arguments.get(declared["argument"])))
    if record is None:
        raise simulation.error("missing", request.context)
    return declared.get("status"), record


def _delete(simulation: Simulation, declared: Declaration, request: ParsedRequest) -> Outcome:
    name, record_id = declared["collection"], str(request.arguments.get(declared["argument"]))
    if not simulation.store.delete(name, record_id):
        raise simulation.error("missing", request.context)
    simulation.delete_parts(simulation.collections[name], record_id)
    return declared.get("status", 204), None


def _update(simulation: Simulation, declared: Declaration, request: ParsedRequest) -> Outcome:
    _, record = _get(simulation, declared, request)
    members = {name: value for name, value in request.arguments.items() if name in record}
    changed = _changed({**record, **members}, declared.get("change") or {}, request.context)
    simulation.store.put(declared["collection"], str(request.arguments[declared["argument"]]), changed)
    return declared.get("status"), changed


def _list(simulation: Simulation, declared: Declaration, request: ParsedRequest) -> Outcome:
    name = declared["collection"]
    collection = simulation.collections[name]
    records = simulation.store.all(name)
    if collection.get("order") == "newest":
        records.reverse()
    records = filtered(declared, records, request)
    page, figures = page_of(declared.get("page") or {}, records, collection["id"], request)
    relations = {"first": "first", "prev": "previous", "next": "next", "last": "last"}
    request.links.update({relation: figures[name] for relation, name in relations.items() if figures[name]})
    value = fill(declared.get("answer") or {}, figures)
    items = declared.get("items")
    return declared.get("status"), {**value, items: page} if items else page


ACTIONS: Mapping[str, Callable[[Simulation, Declaration, ParsedRequest], Outcome]] = {
    "create": _create,
    "get": _get,
    "list": _list,
    "update": _update,
    "delete": _delete,
}
"""What a declared ``action`` does, inside a transaction; may raise ``ServiceError``."""
