"""In which media type a request is sent and a response is asked for (RFC 9110 section 12).

Rule 1. The caller's choice comes first: the options ``accept`` and ``content_type``, or the argument of a header
parameter that the document has for it. Both, and not the same, is a problem.

Rule 2. Else a response is asked for in every media type that the document offers, the best first; a request is sent
in the first that is for a value of its kind.

Rule 3. A range (``image/*``) that the document has is filled in by the value: bytes by what they say of themselves,
text as text, everything else as JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from openconnectors.engine.errors import Problem, Unsupported
from openconnectors.engine.model import Operation, Representation, Schema
from openconnectors.engine.plan.arguments import Arguments
from openconnectors.engine.plan.bodies import JSON, Bodies
from openconnectors.engine.plan.content import describing
from openconnectors.engine.plan.declared import success
from openconnectors.engine.streams import is_bytes, is_iterator
from openconnectors.engine.values.body import Body
from openconnectors.engine.values.codecs import BINARY, MULTIPART, codec_for, essence, is_fallback
from openconnectors.engine.values.codecs.media_types import concrete, holds_files, within


class Negotiation:
    """The media types of one operation, and the choice among them for one call."""

    def __init__(
        self,
        operation: Operation,
        arguments: Arguments,
        bodies: Bodies,
        representation: Representation,
        contract: Callable[[Schema], Schema],
    ) -> None:
        self._operation = operation
        self._arguments = arguments
        self._bodies = bodies
        self._by_header = representation.where == "header"
        self._named = frozenset(representation.values.values())
        self._contract = contract

    # Responses

    @cached_property
    def offered(self) -> tuple[str, ...]:
        """Media types in which a response can be asked for, best first.

        They are ordered as the document has them, but for an object or a list those that hold one come before text and
        bytes, and last comes what no codec reads.
        """
        produces = self._operation.offered()
        if not self._by_header:
            return tuple(name for name in produces if codec_for(name) is not None and name in self._named)
        offered = list(produces)
        unsuited = {name for name in produces if self._holds_members(name) and not _structured(name)}
        if unsuited:
            ranges = [name for name in unsuited if "*" in name and within(JSON, essence(name)[0])]
            if ranges and not any(map(_structured, produces)):
                offered.insert(0, JSON)
            offered.sort(key=lambda name: name in unsuited)
        return tuple(sorted(offered, key=lambda name: codec_for(name) is None and "*" not in name))

    def _holds_members(self, media_type: str) -> bool:
        """Whether a successful response is an object or a list in a media type."""
        result = success(self._operation)
        entry = describing(result.content, media_type) if result is not None else None
        if entry is None or entry.schema is None:
            return False
        return not {"object", "array"}.isdisjoint(self._contract(entry.schema).types)

    @cached_property
    def accept_header(self) -> str:
        """The Accept field of every media type offered, the first best (RFC 9110 section 12.5.1).

        Weights fall by a tenth, so that the order of the document is kept; from the tenth media type on they are 0.1,
        since 0 means "not acceptable".
        """
        if not self.offered:
            return "*/*"
        return ", ".join(
            name if rank == 0 else f"{name};q={max(1.0 - rank / 10, 0.1):.1f}" for rank, name in enumerate(self.offered)
        )

    def accept_field(self, accept: str | None) -> str | None:
        """The Accept field for the media type chosen, or for none; None if the URL chooses it."""
        return self.accept_header if self._by_header and accept is None else accept

    def accepted(self, option: str | None) -> tuple[str | None, list[Problem]]:
        """The media type that a response is asked for in, with the problem if the operation does not offer it. None:
        any that is offered."""
        if option is None:
            return (None if self._by_header else next(iter(self.offered), None)), []
        name, parameters = essence(option)
        media_type = next((known for known in self.offered if known == option or essence(known)[0] == name), None)
        if self._by_header and (parameters or media_type is None):
            covered = any(within(name, essence(known)[0]) for known in self.offered)
            media_type = option if covered else None
        if media_type is not None:
            return media_type, []
        offers = ", ".join(self.offered) or "nothing that is read here"
        message = f"{option!r} is not offered by {self._operation.id}; it offers {offers}"
        return None, [Problem(("accept",), message, part="option")]

    # Requests

    def choose(
        self, field: str, option: str | None, arguments: Mapping[str, Any], values: dict[str, Any]
    ) -> list[Problem]:
        """Put the media type of an option into the parameter that the document has for it, in place of its default.
        Return a problem if the caller gave that parameter another."""
        problems = []
        for argument in self._arguments.at["header"] if option is not None else ():
            if argument.wire.lower() != field:
                continue
            if (argument.name in arguments or argument.wire in arguments) and values.get(argument.name) != option:
                message = f"is given twice: the option {field.replace('-', '_')} is {option!r}; give it once"
                problems.append(Problem((argument.name,), message, part="argument"))
            values[argument.name] = option
        return problems

    @cached_property
    def _typed_by(self) -> str | None:
        """The argument that chooses the media type of the body, if the document has a parameter for it."""
        for argument in self._arguments.at["header"]:
            if argument.wire.lower() == "content-type" and self._operation.request_body is not None:
                return argument.name
        return None

    @cached_property
    def _declared(self) -> tuple[str, ...]:
        """The media types and ranges that a body may be sent in, best first."""
        body = self._operation.request_body
        return tuple(body.content) if body is not None else ()

    def takes(self, media_type: str) -> bool:
        """Whether a request's body may come in a media type."""
        declared = any(within(media_type, essence(name)[0]) for name in self._declared)
        return declared or (self._typed_by is not None and codec_for(media_type) is not None)

    def body_for(
        self, option: str | None, values: Mapping[str, Any], schema: Schema | None
    ) -> tuple[Body | None, list[Problem]]:
        """The body in the media type that an option or a parameter of the document's chooses; else in the first that
        is for values of this kind; else in the first: of those whose schema the value has. ``Unsupported`` if no
        codec writes it."""
        if self._operation.request_body is None:
            return None, []
        value = values.get(self._arguments.body_name)
        media_types, problems = self._media_types(option, values)
        if len(self._arguments.body_schemas) > 1:
            media_types = tuple(name for name in media_types if self._bodies.request_schema(name) is schema)
        candidates = [name for media_type in media_types for name in concrete(media_type, value)]
        if not candidates:
            if not problems:
                message = (
                    f"must be chosen: {self._operation.id} takes {', '.join(media_types)}; "
                    "give using(content_type=…), or a File with its type"
                )
                problems = [Problem(("content_type",), message, part="option")]
            return None, problems
        bodies = [body for name in candidates if (body := self._bodies.request(name)) is not None]
        holds_bytes = is_bytes(value)
        if holds_bytes:
            # What is a file already is sent as it is, whatever its type.
            bodies = [body for body in bodies if body.codec is BINARY or not self._bodies.is_file(body.schema)]
        written = holds_bytes or isinstance(value, str)
        if not bodies and written:
            return self._bodies.request_bytes(candidates[0]), []
        if not bodies:
            raise Unsupported(
                f"{self._operation.id} takes {', '.join(media_types)}, which no codec writes; "
                "give the body as bytes or text"
            )
        if len(bodies) > 1 and holds_files(value):
            bodies = [body for body in bodies if body.codec is MULTIPART] or bodies
        body = next((body for body in bodies if body.codec.carries(value)), bodies[0])
        if body.codec.listed and holds_bytes and not is_iterator(value):  # a file of lines is written already
            return self._bodies.request_bytes(body.media_type), []
        if written and (is_fallback(body.media_type) or "boundary" in essence(body.media_type)[1]):
            body = self._bodies.request_bytes(body.media_type)
        return body, []

    def _media_types(self, option: str | None, values: Mapping[str, Any]) -> tuple[tuple[str, ...], list[Problem]]:
        """The media types and ranges that the body may be sent in, with the problem if the one chosen is not taken."""
        consumes = self._declared
        argument = values.get(self._typed_by) if self._typed_by is not None else None
        if option is None and isinstance(argument, str):
            option = argument
            if codec_for(option) is not None and not any(
                within(essence(option)[0], essence(name)[0]) for name in consumes
            ):
                consumes = (option,)  # the document says so in another place than consumes
        if option is None:
            return consumes, []
        consumes = tuple(name for name in consumes if within(essence(option)[0], essence(name)[0]))
        if not consumes:
            message = f"{option!r} is not taken by {self._operation.id}; it takes {', '.join(self._declared)}"
            return (), [Problem(("content_type",), message, part="option")]
        return ((option,) if essence(option)[1] or "*" in consumes[0] else consumes), []


def _structured(media_type: str) -> bool:
    """Whether a media type holds values of any type."""
    codec = codec_for(media_type)
    return codec is not None and codec.structured
