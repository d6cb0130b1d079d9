"""What changed in what comes back: statuses, values, header fields, links.

A status that only a range or ``default`` describes is compared by that ("Responses Object").
"""

from __future__ import annotations

from collections.abc import Mapping

from openconnectors.engine.diff.changes import Changes
from openconnectors.engine.diff.contents import compare_content
from openconnectors.engine.diff.schemas import Schemas
from openconnectors.engine.diff.sides import schema_of
from openconnectors.engine.model import DeclaredResponse, Operation


def compare_responses(changes: Changes, schemas: Schemas, name: str, old: Operation, new: Operation) -> None:
    """Record the changes of the responses of an operation."""
    before, after = old.responses, new.responses
    removed, added = [], []
    for status, was in before.items():
        now = after.get(status) or _covering(after, status)
        if now is None or (status not in after and not _is_same(changes, was, now)):
            removed.append(was)
        elif status in after:
            _response(changes, schemas, f"the {status} response of {name}", was, now)
    for status, now in after.items():
        known = before.get(status) or _covering(before, status)
        if known is None or (status not in before and not _is_same(changes, known, now)):
            added.append(now)
    _successes(changes, schemas, name, (old, new), (removed, added))
    for was in removed:
        message = f"the {was.status} response was removed from {name}"
        changes.add("status-removed", message, was.at, f"{new.at}/responses")
    for now in added:
        changes.add("status-added", f"a {now.status} response was added to {name}", f"{old.at}/responses", now.at)


def _covering(responses: Mapping[str, DeclaredResponse], status: str) -> DeclaredResponse | None:
    """The response of the range that a status is in, or else the default one; that is no success beside others."""
    in_range = next((each for key, each in responses.items() if key.upper() == f"{status[:1]}XX"), None)
    has_success = any(key.startswith("2") for key in responses)
    return in_range or (None if status.startswith("2") and has_success else responses.get("default"))


def _is_same(changes: Changes, old: DeclaredResponse, new: DeclaredResponse) -> bool:
    """Return True if two responses say the same but for their status."""
    others = Changes(changes.before, changes.after)
    _response(others, Schemas(others), "", old, new)
    return not others.findings


def _successes(
    changes: Changes,
    schemas: Schemas,
    name: str,
    operations: tuple[Operation, Operation],
    responses: tuple[list[DeclaredResponse], list[DeclaredResponse]],
) -> None:
    """Compare successes that are no longer there with those that are new. A success that is new beside others is to
    have the value of one of before."""
    old, new = operations
    lost, gained = (
        [each for each in listed if _is_success(each, operation)]
        for listed, operation in zip(responses, operations, strict=True)
    )
    known = [each for each in old.responses.values() if _is_success(each, old) and each.content]
    with_value = next((each for each in gained if each.content), None)
    if known and with_value is not None:
        was = next((each for each in lost if each.content), known[0])
        sides = [(each.at, each.content) for each in (was, with_value)]
        subject = f"the {with_value.status} response of {name}"
        compare_content(changes, schemas, subject, sides[0], sides[1], "response")
    elif any(each.content for each in lost) and not any(
        each.content for each in new.responses.values() if _is_success(each, new)
    ):
        changes.add("answer-emptied", f"a success of {name} no longer has a value", lost[0].at, f"{new.at}/responses")
    if lost and gained:
        message = f"a success of {name} now has the status {gained[0].status} (was {lost[0].status})"
        changes.add("status-replaced", message, lost[0].at, gained[0].at)
        responses[0].remove(lost[0])
        responses[1].remove(gained[0])


def _is_success(response: DeclaredResponse, operation: Operation) -> bool:
    """Return True for a response of 2xx, and for the default one if there is no such response."""
    return response.status.startswith("2") or (
        response.status == "default" and not any(status.startswith("2") for status in operation.responses)
    )


def _response(changes: Changes, schemas: Schemas, subject: str, old: DeclaredResponse, new: DeclaredResponse) -> None:
    has_value, has_now = (bool(response.content) for response in (old, new))
    if has_value and not has_now:
        changes.add("answer-emptied", f"{subject} no longer has a value", old.at, new.at)
    elif has_now and not has_value:
        changes.add("answer-filled", f"{subject} now has a value", old.at, new.at)
    else:
        compare_content(changes, schemas, subject, (old.at, old.content), (new.at, new.content), "response")
    _headers(changes, schemas, subject, old, new)
    for link in dict.fromkeys((*old.links, *new.links)):
        first, second = old.links.get(link), new.links.get(link)
        if second is None or first is None:
            rule, word = ("link-removed", "removed from") if second is None else ("link-added", "added to")
            changes.add(rule, f"link {link!r} was {word} {subject}", old.at, new.at)
        elif (first.operation, first.parameters, first.request_body) != (
            second.operation,
            second.parameters,
            second.request_body,
        ):
            changes.add("link-changed", f"link {link!r} of {subject} leads elsewhere now", first.at, second.at)


def _headers(changes: Changes, schemas: Schemas, subject: str, old: DeclaredResponse, new: DeclaredResponse) -> None:
    before, after = (
        {
            name.lower(): (name, header)
            for name, header in response.headers.items()
            if not changes.is_said_otherwise(name)
        }
        for response in (old, new)
    )
    for key, (name, header) in before.items():
        if key not in after:
            changes.add("header-removed", f"header {name!r} was removed from {subject}", header.at or old.at, new.at)
            continue
        now = after[key][1]
        if header.required and not now.required:
            changes.add("header-absent", f"header {name!r} of {subject} is now optional", header.at, now.at)
        elif now.required and not header.required:
            changes.add("header-added", f"header {name!r} of {subject} is now always there", header.at, now.at)
        kinds = {*changes.before.plain(schema_of(header)).types, *changes.after.plain(schema_of(now)).types}
        if list(header.content) != list(now.content) or (header.explode != now.explode and "object" in kinds):
            message = f"header {name!r} of {subject} is written in another way"
            changes.add("header-style", message, header.at, now.at)
        schemas.compare(f"header {name!r} of {subject}", schema_of(header), schema_of(now), "response")
    for key, (name, header) in after.items():
        if key not in before:
            changes.add("header-added", f"header {name!r} was added to {subject}", old.at, header.at or new.at)
