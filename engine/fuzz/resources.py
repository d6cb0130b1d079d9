"""Resources of a service: the operations that create, read, list, change and delete the same things.

Rule 1. What belongs together is found by paths (``POST /books`` creates what ``GET /books/{id}`` reads), by links of
responses (OpenAPI 3.1, "Link Object"), and by names: an operation that reads what the response to another has, and
whose only argument is a member of that response (``get_book(book_id)``).

Rule 2. An operation that could belong to two resources belongs to the first. What is not found is not tested: a wrong
guess would be a false alarm.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from openconnectors.engine.deferred import pattern
from openconnectors.engine.model import Schema
from openconnectors.engine.naming import snake
from openconnectors.engine.path_templates import is_variable, variables, without_names
from openconnectors.engine.plan.arguments import Argument
from openconnectors.engine.plan.declared import success
from openconnectors.engine.plan.page_conventions import Shape
from openconnectors.engine.plan.plan import Plan

_SUFFIX = pattern(r"\.(json|xml)\Z")
_KEYED = pattern(r"(?P<collection>.*[^/])\(\{[^{}]*\}\)\Z")
"""A member in the way of OData: ``/books({id})``."""
IDENTIFIERS = ("id", "uuid", "guid", "sid", "key", "number", "code", "slug", "name")
"""Members that identify an item, by their usual names, the surest first."""


class Named(Struct, frozen=True):
    """An operation by its Python name, with its plan."""

    name: str
    plan: Plan


class Resource(Struct, frozen=True, kw_only=True):
    """The operations on things of a kind; each may be missing. ``path`` is that of the collection, or of the only
    thing. ``parent`` is the resource whose items these belong to, ``links`` are the names of operations that a link of
    the creating response leads to."""

    path: str
    create: Named | None = None
    read: Named | None = None
    head: Named | None = None
    replace: Named | None = None
    update: Named | None = None
    delete: Named | None = None
    collection: Named | None = None
    parent: Resource | None = None

    @property
    def is_single(self) -> bool:
        """Whether there is one thing only, which nobody creates: settings, a profile."""
        return self.create is None and self.collection is None

    @property
    def is_unread(self) -> bool:
        """Whether things are created only: nothing reads, lists or changes them."""
        return self.create is not None and len(list(self.operations())) == 1

    def operations(self) -> Iterator[tuple[str, Named]]:
        """The operations that there are, with their parts."""
        for part in PARTS:
            operation: Named | None = getattr(self, part)
            if operation is not None:
                yield part, operation

    def identifying(self) -> list[Argument]:
        """The arguments that say which item is meant: those that reading an item needs, and creating it does not."""
        member = self.read or self.delete or self.replace or self.update
        if member is None:
            return []
        outer = self.create or self.collection
        shared = {argument.wire for argument in needed(outer.plan)} if outer not in (None, member) else set()
        return [argument for argument in needed(member.plan) if argument.wire not in shared]


PARTS = ("create", "read", "head", "replace", "update", "delete", "collection")
_BY_METHOD: Mapping[str, str] = {
    "GET": "read", "HEAD": "head", "PUT": "replace", "PATCH": "update", "DELETE": "delete",
}  # fmt: skip
"""What an operation at the path of an item does, by its method (RFC 9110 section 9.3, RFC 5789)."""


def needed(plan: Plan) -> list[Argument]:
    """The arguments that a call needs, but those of its body."""
    return [
        argument
        for argument in plan.arguments
        if argument.needed and not argument.hidden and argument.location not in ("body", "property")
    ]


def resources(plans: Mapping[str, Plan]) -> list[Resource]:
    """The resources of some operations, parents before their children."""
    operations = [Named(name, plan) for name, plan in plans.items() if not plan.operation.deprecated]
    by_path: dict[str, dict[str, Named]] = {}
    for operation in operations:
        methods = by_path.setdefault(_stem(operation.plan.operation.path), {})
        methods.setdefault(operation.plan.operation.method, operation)
    members = {path: _collection_of(path, by_path) for path in by_path}
    found_paths: list[Resource] = []
    collections = {collection for collection in members.values() if collection is not None}
    for path, methods in by_path.items():
        collection = members[path]
        if collection is not None:
            found_paths.append(_of_paths(collection, by_path.get(collection, {}), methods))
        elif path not in collections and not _is_item(path):
            found_paths += _single_or_linked(path, methods, by_path, operations)
        elif path not in collections:
            found_paths += _of_key(path, methods)
    ordered = sorted(found_paths, key=lambda resource: resource.path.count("{"))
    results: list[Resource] = []
    for resource in ordered:
        results.append(_with_parent(resource, results))
    return results


def _stem(path: str) -> str:
    """A path without a final slash and the suffix of a media type."""
    return _SUFFIX.sub("", path.rstrip("/")) or "/"


def _is_item(path: str) -> bool:
    return is_variable(path.rpartition("/")[2])


def _collection_of(path: str, paths: Iterable[str]) -> str | None:
    """The path of the collection that a path is an item of; None if it is none, or its collection is not there."""
    keyed = _KEYED.match(path)
    collection = keyed["collection"] if keyed is not None else path.rpartition("/")[0] if _is_item(path) else None
    if collection is None:
        return None
    names = {without_names(other): other for other in paths}
    if without_names(collection) in names:
        return names[without_names(collection)]
    start, _, last = collection.rpartition("/")  # POST /books, GET /book/{id}
    for other in names.values():
        if other.rpartition("/")[0] == start and singular(other.rpartition("/")[2]) == singular(last):
            return other
    return None


def singular(word: str) -> str:
    """An English noun in the singular, as near as names need it."""
    word = snake(word).rstrip("_")
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    return re.sub(r"(?<=(s|x|z|h))es\Z|(?<!s)s\Z", "", word)


def _of_paths(collection: str, outer: Mapping[str, Named], inner: Mapping[str, Named]) -> Resource:
    parts: dict[str, Named] = {part: inner[method] for method, part in _BY_METHOD.items() if method in inner}
    if "POST" in outer and outer["POST"].plan.operation.request_body is not None:
        parts["create"] = outer["POST"]
    elif "PUT" in inner and "201" in inner["PUT"].plan.operation.responses:
        parts["create"] = inner["PUT"]
    if "update" not in parts and "POST" in inner and _changes_item(inner["POST"], parts.get("read")):
        parts["update"] = inner["POST"]
    if "GET" in outer and items_path(outer["GET"].plan) is not None:
        parts["collection"] = outer["GET"]
    return Resource(path=collection, **parts)  # type: ignore[arg-type]  # the parts are operations


def _changes_item(operation: Named, read: Named | None) -> bool:
    """Whether POST at the path of an item changes members of it, as PATCH does elsewhere: it needs none of them, and
    its response is the item."""
    body = operation.plan.operation.request_body
    if body is None or read is None:
        return False
    shown, item = result_schema(operation.plan), result_schema(read.plan)
    needs = [schema for schema in body.schemas() if operation.plan.contract(schema).required]
    return not needs and shown is not None and item is not None and shown.name is not None and shown.name == item.name


def _of_key(path: str, methods: Mapping[str, Named]) -> Iterator[Resource]:
    """An item whose collection is not there, but which PUT creates."""
    if "PUT" in methods and "201" in methods["PUT"].plan.operation.responses:
        yield _of_paths(path, {}, methods)


def _single_or_linked(
    path: str, methods: Mapping[str, Named], by_path: Mapping[str, Mapping[str, Named]], operations: list[Named]
) -> Iterator[Resource]:
    """What a path without items stands for: one thing alone (GET with PUT or PATCH), or things that are created here
    and read at a path that a link or a name leads to; else a list that nobody adds to."""
    create = methods.get("POST")
    read = _reader(create, operations) if create is not None and create.plan.operation.request_body else None
    if read is not None:
        same = by_path[_stem(read.plan.operation.path)]
        parts = {part: same[method] for method, part in _BY_METHOD.items() if method in same}
        parts |= {
            part: operation
            for part in ("replace", "update", "delete")
            if part not in parts and (operation := _sibling(part, read, create, operations)) is not None
        }
        listing = methods.get("GET") if "GET" in methods and items_path(methods["GET"].plan) is not None else None
        listing = listing or _listing(read, operations)
        yield Resource(path=path, create=create, collection=listing, **parts)  # type: ignore[arg-type]  # as above
    elif "GET" in methods and items_path(methods["GET"].plan) is not None and not methods.keys() & {"PUT", "PATCH"}:
        yield Resource(path=path, collection=methods["GET"])
    elif "GET" in methods and methods.keys() & {"PUT", "PATCH"} and _is_alone(methods["GET"].plan, by_path):
        names = {"GET": "read", "HEAD": "head", "PUT": "replace", "PATCH": "update"}
        yield Resource(path=path, **{part: methods[name] for name, part in names.items() if name in methods})  # type: ignore[arg-type]  # as above
    elif create is not None and "201" in create.plan.operation.responses and _is_repeating(create.plan):
        yield Resource(path=path, create=create)


def _is_alone(plan: Plan, by_path: Mapping[str, Mapping[str, Named]]) -> bool:
    """Whether there is one thing of a kind: of all, or of an item that POST creates (``/users/{id}/address``)."""
    outer, wires = _stem(plan.operation.path).rpartition("/")[0], [each.wire for each in needed(plan)]
    if not wires:
        return True
    collection = _collection_of(outer, by_path)
    is_created = collection is not None and "POST" in by_path.get(collection, {})
    return is_created and sorted(wires) == sorted(variables(outer)) and _is_item(outer)


def _is_repeating(plan: Plan) -> bool:
    """Whether the response to a creation is what was sent, by the name of both schemas."""
    body, result = plan.operation.request_body, result_schema(plan)
    names = {plan.contract(schema).name for schema in body.schemas()} if body is not None else set()
    return result is not None and result.name is not None and names == {result.name}


# By links and by names


def linked(plan: Plan) -> dict[str, str]:
    """The ids of the operations that links of a success lead to, each with the name of its link."""
    declared = plan.operation.responses.items()
    links = [link for status, response in declared if status.startswith("2") for link in response.links.items()]
    return {link.operation: name for name, link in reversed(links) if link.operation}


def _reader(create: Named | None, operations: list[Named]) -> Named | None:
    if create is None:
        return None
    targets = linked(create.plan)
    reads = [operation for operation in operations if operation.plan.operation.method == "GET"]
    for operation in reads:
        if operation.plan.operation.id in targets and len(needed(operation.plan)) == 1:
            return operation
    schema = result_schema(create.plan)
    if schema is None or schema.name is None:
        return None
    for operation in reads:
        arguments, other = needed(operation.plan), result_schema(operation.plan)
        same = other is not None and other.name == schema.name
        if (
            same
            and len(arguments) == 1
            and member_names(arguments[0], schema.name) & set(map(snake, schema.properties))
        ):
            return operation
    return None


def _sibling(part: str, read: Named, create: Named | None, operations: list[Named]) -> Named | None:
    """The operation that changes what ``read`` reads: a link leads to it, or it needs the same argument and is for the
    same kind of thing by its path."""
    method = next(method for method, name in _BY_METHOD.items() if name == part)
    targets = linked(create.plan) if create is not None else {}
    wanted = [argument.wire for argument in needed(read.plan)]
    for operation in operations:
        if operation.plan.operation.method != method:
            continue
        if operation.plan.operation.id in targets:
            return operation
        if not variables(operation.plan.operation.path) and [each.wire for each in needed(operation.plan)] == wanted:
            return operation
    return None


def _listing(read: Named, operations: list[Named]) -> Named | None:
    """The operation whose response lists what ``read`` reads."""
    schema = result_schema(read.plan)
    for operation in operations:
        plan = operation.plan
        listed = item_schema(plan) if plan.operation.method == "GET" and not needed(plan) else None
        if listed is not None and schema is not None and listed.name is not None and listed.name == schema.name:
            return operation
    return None


def _with_parent(resource: Resource, others: list[Resource]) -> Resource:
    """A resource with the one whose items its path goes through."""
    outer = without_names(resource.path).rpartition("/")[0]
    for other in others:
        reader = other.read or other.delete or other.replace
        if (
            other.create is not None
            and reader is not None
            and without_names(_stem(reader.plan.operation.path)) == outer
        ):
            return replace(resource, parent=other)
    return resource


# What responses hold


def result_schema(plan: Plan) -> Schema | None:
    """The schema of the body of a success, references followed; None if it has none."""
    declared = success(plan.operation)
    schema = plan.preferred_schema(declared) if declared is not None else None
    return plan.contract(schema) if schema is not None else None


def items_path(plan: Plan) -> tuple[str, ...] | None:
    """The path of the list in the value of a success; empty if the value is the list, None if it has none."""
    paging = plan.paging or plan.recognized_paging
    if paging is not None and paging.items:
        return paging.items
    return Shape(plan.operation, plan.arguments, result_schema(plan), plan.contract).items


def item_schema(plan: Plan) -> Schema | None:
    """The schema of the items in the value of a success, references followed."""
    schema, path = result_schema(plan), items_path(plan)
    for name in path or ():
        member = schema.properties.get(name) if schema is not None else None
        schema = plan.contract(member) if member is not None else None
    if schema is None or path is None or schema.items is None:
        return None
    return plan.contract(schema.items)


def member_names(argument: Argument, kind: str) -> set[str]:
    """The names of members that an argument may be the value of, as Python spells them: its own, and without or with
    the kind of thing (``book_id`` and ``id``)."""
    name = snake(argument.wire).rstrip("_")
    kinds = {singular(kind), snake(kind)}
    names = {name, *(name.removeprefix(f"{each}_") for each in kinds), *(f"{each}_{name}" for each in kinds)}
    last = name.rpartition("_")[2]
    return names | ({last} if last in IDENTIFIERS else set(IDENTIFIERS) if singular(name) in kinds else set())
