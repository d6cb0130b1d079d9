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
    """How calls are made: options of ``load`` for all calls, of ``operation.using`` for those of one operation."""

    accept: str | None
    """The media type of the response, ``application/xml`` for example."""
    content_type: str | None
    """The media type of the request body."""
    timeout: float
    """Seconds that a call may take, with its waits and retries; 60 by default."""
    validate_responses: Literal["lenient", "strict", "off"]
    """What is done where a response differs from its document: report it in ``deviations``, refuse it, or ignore it."""
    headers: Mapping[str, str]
    """Header fields beside those that the document describes."""
    retry_on: Iterable[int]
    """Statuses after which nothing was carried out, so that any request may be sent again."""
    max_wait: float
    """Seconds until a long-running operation must have ended; 3,600 by default."""
    interval: float | None
    """Seconds between two questions of a long-running operation or a trigger, if the service does not say."""
    resume: Mapping[str, Any] | None
    """Where the events of a trigger were left: ``events.state`` of an earlier run."""
    paging: Literal["conventions", "declared"]
    """Whether pages are also followed by what services do by convention, or only as the document says."""
    part_headers: Mapping[str | int, Mapping[str, Any]]
    """Header fields of the parts of a multipart body, by the name or the place of the part."""
    in_coroutines: bool
    """True lets a coroutine make a blocking call, which holds up its event loop."""
