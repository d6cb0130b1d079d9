"""The model keeps what OpenAPI 3.2 and JSON Schema 2020-12 can say, also where no dialect that is read says it yet."""

from __future__ import annotations

from typing import Any

import pytest

from openconnectors.engine.model import NEVER, Lazy, Schema, Service
from openconnectors.engine.values.json_schema import JsonSchemaWriter
from openconnectors.engine.values.validation import Validator

TEXT, NUMBER = Schema(types=("string",)), Schema(types=("number",))
KEYWORDS: dict[str, tuple[dict[str, Any], Any, Any]] = {
    "const": ({"const": {"a": 1}}, {"a": 1}, {"a": 2}),
    "not": ({"not": TEXT}, 1, "a"),
    "if, then, else": ({"if": TEXT, "then": Schema(enum=("a",)), "else": NUMBER}, "a", "b"),
    "prefixItems": ({"prefixItems": (TEXT, NUMBER)}, ["a", 1], [1, "a"]),
    "contains": ({"contains": NUMBER, "minContains": 2, "maxContains": 2}, [1, 2, "a"], [1, "a"]),
    "patternProperties": ({"patternProperties": {"^n": NUMBER}}, {"n1": 1, "t": "a"}, {"n1": "a"}),
    "propertyNames": ({"propertyNames": Schema(keywords={"maxLength": 1})}, {"a": 1}, {"ab": 1}),
    "dependentRequired": ({"dependentRequired": {"a": ["b"]}}, {"a": 1, "b": 1}, {"a": 1}),
    "dependentSchemas": (
        {"dependentSchemas": {"a": Schema(required=("c",))}},
        {"a": 1, "c": 1},
        {"a": 1},
    ),
    "unevaluatedProperties": (
        {"patternProperties": {"^x": Schema()}, "unevaluatedProperties": NEVER},
        {"x1": 1},
        {"y": 1},
    ),
    "unevaluatedItems": ({"prefixItems": (TEXT,), "unevaluatedItems": NUMBER}, ["a", 1], ["a", "b"]),
    "a reference inside": ({"not": Schema(ref="/text")}, 1, "a"),
    "annotations": ({"$id": "https://example.com/a", "$anchor": "a", "examples": ["x"], "maxLength": 1}, "a", "ab"),
}


@pytest.mark.parametrize("name", KEYWORDS)
def test_every_keyword_is_kept_and_judged(name: str) -> None:
    """A keyword without a field of its own is written into the JSON Schema that judges values."""
    keywords, accepted, refused = KEYWORDS[name]
    service = Service(title="", schemas=Lazy(["/text"], lambda ref: TEXT))
    validator = Validator(JsonSchemaWriter(service, request=False).write_document(Schema(keywords=keywords)))

    assert validator.problems(accepted) == []
    assert validator.problems(refused) != []


def test_schemas_inside_keywords_are_reached() -> None:
    """``inner`` gives the schemas under every keyword."""
    schema = Schema(
        properties={"a": TEXT},
        additional=NUMBER,
        keywords={"not": NEVER, "prefixItems": (TEXT,), "patternProperties": {"^n": NUMBER}, "const": {"a": 1}},
    )

    assert schema.inner() == [TEXT, NUMBER, NEVER, TEXT, NUMBER]
