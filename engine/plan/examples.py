"""A value that a schema accepts, and arguments that an operation accepts, made of the document alone.

Rule 1. The same document gives the same value each time.

Rule 2. What a document gives as an example is used if its schema accepts it, else typed as the schema has it, else
member by member.

Rule 3. Nothing here raises, whatever the document: a schema that holds itself without end, contradicts itself or wants
a list of a thousand million gets a value that is too small for it. All work is bounded by ``MAX_NODES``.
"""

from __future__ import annotations

from typing import Any

from openconnectors.engine.errors import ConnectorError, InvalidArguments
from openconnectors.engine.model import Schema
from openconnectors.engine.plan.arguments import Argument
from openconnectors.engine.plan.example_values import ExampleValues
from openconnectors.engine.plan.options import Options
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.values.codecs import BINARY, FORMS


def example(schema: Schema, plan: Plan) -> Any:
    """An example, a default or a first choice if the schema gives one; else the smallest value that fits, with every
    member. Optional members that hold themselves are left out."""
    value = None
    for from_document in (True, False):
        value = ExampleValues(plan, from_document=from_document, optional=True, request=False, bytes_depth=0).of(schema)
        if plan.accepts(schema, value):
            break
    return value


def minimal(plan: Plan) -> dict[str, Any]:
    """The fewest arguments that make a request, by Python name: those that a caller must give, of the document's own
    examples if these fit their schemas."""
    arguments: dict[str, Any] = {}
    for from_document in (True, False):
        body = plan.operation.request_body
        media_types = tuple(body.content) if body is not None else ()
        sent = plan.bodies.request(media_types[0]) if media_types else None
        # A form's fields may be files; bytes anywhere else would have to be the whole body.
        depth = 1 if sent is not None and sent.codec in FORMS else 0
        examples = ExampleValues(plan, from_document=from_document, optional=False, request=True, bytes_depth=depth)
        arguments = {
            argument.name: media_types[0] if _chooses(plan, argument) else examples.of(argument.schema)
            for argument in plan.arguments
            if (argument.needed or (argument.required and not from_document))
            and argument.location not in ("body", "property")
            and not argument.hidden
        }
        if body is not None and body.required:
            schema = plan.bodies.request_schema(media_types[0]) or Schema()
            whole: Any = b"example" if sent is not None and sent.codec is BINARY else examples.of(schema)
            if body.fields:
                arguments |= {
                    argument.name: whole[argument.wire]
                    for argument in plan.arguments
                    if argument.path and argument.wire in whole
                }
            else:
                arguments |= {argument.name: whole for argument in plan.arguments if argument.location == "body"}
        try:
            plan.request(arguments, "http://example.com", Options(), fixed=True)
            break
        except InvalidArguments:
            continue
        except ConnectorError:
            break
    return arguments


def _chooses(plan: Plan, argument: Argument) -> bool:
    """True if an argument chooses the media type of the body, and has no enum of media types to choose from."""
    chooses = argument.location == "header" and argument.wire.lower() == "content-type"
    return chooses and plan.operation.request_body is not None and not plan.contract(argument.schema).enum
