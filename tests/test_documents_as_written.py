"""Documents as people publish them: what is read as it is meant, what is refused, and at which line."""

from __future__ import annotations

from engine import document, loader
from engine.model import MISSING, Service


def service(text: str) -> Service:
    """The service of a document's text, which has its version and title already."""
    return loader.service_of(document.parse(f'swagger: "2.0"\ninfo: {{title: T, version: "1"}}\n{text}', "x.yaml"))


def test_the_examples_of_a_response_are_those_of_its_media_types() -> None:
    """A media type's parameters and case make no other example (Swagger 2.0, "Example Object")."""
    found = service(
        """
paths:
  /a:
    get:
      operationId: A
      produces: [application/json; charset=utf-8, application/xml]
      responses:
        200: {description: ok, schema: {type: object}, examples: {Application/JSON: {id: 142}, text/plain: x}}
        404: {description: none, schema: {type: object}, examples: [odd]}
"""
    )
    answers = found.operations["A"].answers
    assert [one.example for one in answers["200"].media] == [{"id": 142}, MISSING]
    assert [one.example for one in answers["404"].media] == [MISSING, MISSING]
