"""Which media type a response has: chosen by the URL if the document says so, else by ``Accept`` (RFC 9110 section
12.5.1)."""

from __future__ import annotations

from collections.abc import Sequence

from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from openconnectors.engine.model import DeclaredResponse, MediaType
from openconnectors.engine.plan.content import declared_as
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.sandbox.protocol import HttpError, HttpRequest
from openconnectors.engine.sandbox.routing import Route
from openconnectors.engine.values.codecs import essence, is_fallback


def success_media_type(route: Route, declared: DeclaredResponse | None, request: HttpRequest) -> str:
    """The media type of a successful response. Raises ``HttpError`` 406 if the request accepts none of them."""
    chosen = chosen_by_url(route, request)
    if chosen is not None:
        return chosen
    accept = request.headers.get("Accept", "*/*")
    if declared is None or not declared.content:
        return best_match(route.plan.offered, accept) or ""
    offered = writable(route.plan, declared)
    best = best_match(offered, accept)
    if best is None and any(parameter.name.lower() == "accept" for parameter in route.plan.operation.parameters):
        return next(iter(offered), "")  # the document itself lets callers send any Accept
    if best is None:
        raise HttpError(406, f"the Accept header of the request accepts none of {', '.join(offered)}")
    return best


def error_media_type(route: Route | None, request: HttpRequest | None) -> str:
    """The media type of an error: that of a success if there is an operation, else JSON or XML; empty if the request
    accepts none. Errors are never refused with 406."""
    chosen = chosen_by_url(route, request) if route is not None and request is not None else None
    accept = request.headers.get("Accept", "*/*") if request is not None else "*/*"
    offered = route.plan.offered if route is not None else ()
    return chosen or best_match(offered or ("application/json", "application/xml"), accept) or ""


def chosen_by_url(route: Route, request: HttpRequest) -> str | None:
    """The media type that the path or the query chooses, if the document lets it (``x-connector-representation``)."""
    if route.accept is not None:
        return route.accept
    choice = route.plan.representation
    return choice.values.get(request.query_arguments.get(choice.name, "")) if choice.where == "query" else None


def declared_media(declared: DeclaredResponse, media_type: str) -> tuple[str, MediaType]:
    """The media type to write for a media type, and what the declared response says of it: as it is declared, the
    media type itself if it is in a declared range, else the first that is declared."""
    content = declared.content
    name = declared_as(content, media_type) or next(iter(content))
    return (media_type if "*" in name else name), content[name]


def writable(plan: Plan, declared: DeclaredResponse) -> tuple[str, ...]:
    """The media types of a response, in the document's order, those last that cannot hold its value: a structure in a
    media type of text or bytes, or one without a codec."""
    offered = plan.offered or tuple(declared.content)
    bodies = {media_type: plan.bodies.response(declared, media_type) for media_type in offered}
    unsuited = [
        media_type
        for media_type, body in bodies.items()
        if body is None or (body.is_mislabeled() and not is_fallback(media_type))
    ]
    return tuple(sorted(offered, key=lambda media_type: media_type in unsuited))


def best_match(offered: Sequence[str], accept: str) -> str | None:
    """The media type that an ``Accept`` field prefers, the first of equals; None if it accepts none (RFC 9110 section
    12.5.1).

    A field without a readable range is ignored. ``charset`` is ignored; other parameters of a range count only if the
    media type has them: services ignore those that they do not know.
    """
    ranges = [(*essence(text), quality) for text, quality in parse_accept_header(accept, MIMEAccept) if "/" in text]
    if not ranges:
        return next(iter(offered), "")

    def quality_of(media_type: str) -> float:
        """The quality of the most specific range: type with parameters, type, ``type/*``, ``*/*``."""
        name, parameters = essence(media_type)
        closest = (0, 0.0)
        for range_name, range_parameters, quality in ranges:
            wanted = {key: text for key, text in range_parameters.items() if key != "charset"}
            if range_name == name:
                rank = 4 + len(wanted) if wanted.items() <= parameters.items() else 3
            else:
                rank = {f"{name.partition('/')[0]}/*": 2, "*/*": 1}.get(range_name, 0)
            closest = max(closest, (rank, quality if rank else 0.0))
        return closest[1]

    ranked = [(quality_of(media_type), media_type) for media_type in offered]
    quality, media_type = max(ranked, key=lambda pair: pair[0], default=(0.0, ""))
    return media_type if quality > 0 else None
