"""How a call is made, apart from its arguments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypedDict

from msgspec import Struct, field


class Options(Struct, frozen=True):
    """How a call is made, apart from its arguments.

    ``accept`` and ``content_type`` are media types; ``timeout`` is the seconds that the whole call may
    take; ``validate_responses`` is ``"lenient"``, ``"strict"`` or ``"off"``. ``headers`` are further header
    fields, beside those that the document describes. ``retry_on`` are statuses after which the caller knows
    that nothing was carried out, so that any request may be sent again. ``max_wait`` is the seconds that a
    long-running operation may take until its end; ``interval`` those until its state is asked first, doubled
    each time, or a trigger is asked again, where the service does not say when. ``resume`` is where the events of
    a trigger were left. ``paging`` is ``"declared"`` if pages are followed only where the document says how, not by
    conventions of services. ``in_coroutines`` lets a coroutine make a blocking call, which holds up its event loop.
    """

    accept: str | None = None
    content_type: str | None = None
    timeout: float = 60.0
    validate_responses: str = "lenient"
    headers: Mapping[str, str] = field(default_factory=dict)
    retry_on: frozenset[int] = frozenset()
    max_wait: float = 3600.0
    interval: float | None = None
    resume: Mapping[str, Any] | None = None
    paging: str = "conventions"
    part_headers: Mapping[str | int, Mapping[str, Any]] = field(default_factory=dict)
    in_coroutines: bool = False


class CallOptions(TypedDict, total=False):
    """How calls are made: the fields of ``Options``, spelled for editors and type checkers."""

    accept: str | None
    content_type: str | None
    timeout: float
    validate_responses: Literal["lenient", "strict", "off"]
    headers: Mapping[str, str]
    retry_on: Iterable[int]
    max_wait: float
    interval: float | None
    resume: Mapping[str, Any] | None
    paging: Literal["conventions", "declared"]
    part_headers: Mapping[str | int, Mapping[str, Any]]
    in_coroutines: bool
