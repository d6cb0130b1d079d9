"""What must hold of a sequence of calls: the names of its checks, which the modules of ``verbs`` make."""

from __future__ import annotations

from collections.abc import Mapping

SEQUENCE_CHECKS: Mapping[str, str] = {
    "created": "What was sent to create an item is in the response, and in what is read afterwards.",
    "replaced": "What was sent to replace an item is what is read afterwards.",
    "updated": "The members that were sent to change an item are changed, and no others.",
    "action": "What the response to an action (POST /books/{id}/lend) shows of an item is what is read afterwards.",
    "deleted": "An item that was deleted cannot be read, changed or listed any more.",
    "identity": "An item that is read is the one that was asked for.",
    "unique": "Each item that is created has an identifier of its own.",
    "untouched": "What is done with an item changes no other.",
    "idempotent": "A request to replace an item, sent twice, has the effect of one.",
    "refusal-stored": "A request that is refused changes nothing.",
    "listed": "An item that was created is in the list, as it is when it is read.",
    "location": "What the Location of a 201 leads to is the item that was created.",
    "head": "A HEAD request has the status and the header fields of the GET, and no body.",
    "conditional": "A documented 304 or 412 is the response to a request with a matching condition.",
    "limit": "A page has no more items than were asked for, and by default as many as with the documented default.",
    "filter": "A list that is filtered by a member has the items with its value, and no others.",
    "order": "A list is in the order that was asked for, and in the same order each time.",
    "pages": "The pages of a list, put together, are the list: nothing is missing, twice, or without end.",
    "total": "The number of all items that a page states is the number of items.",
}
"""The checks of sequences, each with what must hold."""
