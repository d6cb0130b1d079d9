"""Pairs of schemas: of which one accepts less, that differ, that say the same (``tests/pairs.py`` makes documents)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

# Two schemas, the first of which accepts less.
ORDERED: Mapping[str, tuple[Json, Json]] = {
    "integer, number": ({"type": "integer"}, {"type": "number"}),
    "type, two types": ({"type": "string"}, {"type": ["string", "integer"]}),
    "type, any": ({"type": "string"}, {}),
    "not null, null": ({"type": "string"}, {"type": ["string", "null"]}),
    "a value fewer": ({"enum": ["a"]}, {"enum": ["a", "b"]}),
    "const, enum": ({"const": "a"}, {"enum": ["a", "b"]}),
    "enum, any text": ({"type": "string", "enum": ["a"]}, {"type": "string"}),
    "maximum": ({"type": "integer", "maximum": 5}, {"type": "integer", "maximum": 9}),
    "exclusive bound": ({"type": "number", "exclusiveMaximum": 5}, {"type": "number", "maximum": 5}),
    "exclusive floor": ({"type": "number", "exclusiveMinimum": 5}, {"type": "number", "exclusiveMinimum": 4}),
    "minimum": ({"type": "integer", "minimum": 5}, {"type": "integer"}),
    "multipleOf": ({"type": "integer", "multipleOf": 10}, {"type": "integer", "multipleOf": 5}),
    "multipleOf, any": ({"type": "integer", "multipleOf": 10}, {"type": "integer"}),
    "maxLength": ({"type": "string", "maxLength": 5}, {"type": "string", "maxLength": 9}),
    "minLength": ({"type": "string", "minLength": 5}, {"type": "string", "minLength": 1}),
    "maxItems": (
        {"type": "array", "items": {"type": "string"}, "maxItems": 3},
        {"type": "array", "items": {"type": "string"}},
    ),
    "uniqueItems": (
        {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        {"type": "array", "items": {"type": "string"}},
    ),
    "items, any": ({"type": "array", "items": {"type": "string"}}, {"type": "array"}),
    "items": (
        {"type": "array", "items": {"type": "integer"}},
        {"type": "array", "items": {"type": "number"}},
    ),
    "maxProperties": ({"type": "object", "maxProperties": 2}, {"type": "object", "maxProperties": 3}),
    "pattern": ({"type": "string", "pattern": "^[a-z]{3}$"}, {"type": "string", "pattern": "^[a-z]+$"}),
    "pattern, any": ({"type": "string", "pattern": "^[a-z]+$"}, {"type": "string"}),
    "int32, int64": ({"type": "integer", "format": "int32"}, {"type": "integer", "format": "int64"}),
    "closed, open": (
        {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False},
        {"type": "object", "properties": {"a": {"type": "string"}}},
    ),
    "members of a kind, any": (
        {"type": "object", "additionalProperties": {"type": "string"}},
        {"type": "object", "additionalProperties": True},
    ),
    "members of two kinds": (
        {"type": "object", "additionalProperties": {"type": "integer"}},
        {"type": "object", "additionalProperties": {"type": "number"}},
    ),
    "required, optional": (
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
        {"type": "object", "properties": {"a": {"type": "string"}}},
    ),
    "required inside": (
        {"type": "object", "properties": {"o": {"type": "object", "properties": {"a": {}}, "required": ["a"]}}},
        {"type": "object", "properties": {"o": {"type": "object", "properties": {"a": {}}}}},
    ),
    "oneOf, a branch more": (
        {"oneOf": [{"type": "string"}, {"type": "boolean"}]},
        {"oneOf": [{"type": "string"}, {"type": "boolean"}, {"type": "array", "items": {}}]},
    ),
    "anyOf of objects, a branch more": (
        {"anyOf": [{"type": "object", "required": ["a"]}]},
        {"anyOf": [{"type": "object", "required": ["a"]}, {"type": "object", "required": ["b"]}]},
    ),
    "a branch is wider": (
        {"oneOf": [{"type": "string", "maxLength": 3}, {"type": "integer"}]},
        {"oneOf": [{"type": "string", "maxLength": 5}, {"type": "integer"}]},
    ),
    "a condition": (
        {
            "type": "object",
            "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
            "if": {"required": ["a"]},
            "then": {"required": ["b"]},
        },
        {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}},
    ),
    "dependentRequired": (
        {
            "type": "object",
            "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
            "dependentRequired": {"a": ["b"]},
        },
        {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}},
    ),
    "not": ({"type": "string", "not": {"const": "x"}}, {"type": "string"}),
    "contains": (
        {"type": "array", "items": {}, "contains": {"const": "x"}},
        {"type": "array", "items": {}},
    ),
    "prefixItems": (
        {"type": "array", "prefixItems": [{"type": "integer"}]},
        {"type": "array", "prefixItems": [{"type": ["integer", "string"]}]},
    ),
    "propertyNames": (
        {"type": "object", "propertyNames": {"maxLength": 1}, "additionalProperties": {"type": "string"}},
        {"type": "object", "additionalProperties": {"type": "string"}},
    ),
    "allOf, an assertion fewer": (
        {"allOf": [{"type": "string"}, {"maxLength": 3}]},
        {"allOf": [{"type": "string"}]},
    ),
    "keywords of members by pattern": (
        {"type": "object", "patternProperties": {"^x_": {"type": "integer"}}},
        {"type": "object", "patternProperties": {"^x_": {"type": "number"}}},
    ),
    "members by pattern": (
        {"type": "object", "patternProperties": {"^[a-f]+$": {"type": "integer"}}},
        {"type": "object"},
    ),
    "a member that is required and not described": ({"type": "object", "required": ["a"]}, {"type": "object"}),
    "a member that must not be": (
        {"type": "object", "properties": {"a": {"type": "string"}, "b": False}},
        {"type": "object", "properties": {"a": {"type": "string"}}},
    ),
    "dependentSchemas": (
        {"type": "object", "properties": {"a": {}, "b": {}}, "dependentSchemas": {"a": {"required": ["b"]}}},
        {"type": "object", "properties": {"a": {}, "b": {}}},
    ),
    "minContains": (
        {"type": "array", "items": {}, "contains": {"const": "x"}, "minContains": 2},
        {"type": "array", "items": {}, "contains": {"const": "x"}},
    ),
    "minContains of nothing": (
        {"type": "array", "items": {}, "contains": {"const": "x"}},
        {"type": "array", "items": {}, "contains": {"const": "x"}, "minContains": 0},
    ),
    "unevaluatedProperties": (
        {"allOf": [{"type": "object", "properties": {"a": {}}}], "unevaluatedProperties": False},
        {"allOf": [{"type": "object", "properties": {"a": {}}}]},
    ),
    "short names": ({"type": "object", "propertyNames": {"maxLength": 9}}, {"type": "object"}),
    "an object, or a list of it": (
        {"$ref": "#/components/schemas/Pet"},
        {
            "oneOf": [
                {"$ref": "#/components/schemas/Pet"},
                {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}},
            ]
        },
    ),
    "an object with a narrow member, or text": (
        {"type": "object", "properties": {"a": {"type": "integer", "maximum": 5}}},
        {"anyOf": [{"type": "object", "properties": {"a": {"type": "integer", "maximum": 9}}}, {"type": "string"}]},
    ),
    "names that are listed": (
        {"type": "object", "propertyNames": {"enum": ["a", "b"]}},
        {"type": "object", "propertyNames": {"enum": ["a", "b", "c"]}},
    ),
    "integers that are listed": (
        {"type": "integer", "enum": [1, 2]},
        {"type": "integer", "minimum": 1, "maximum": 3},
    ),
    "an object that is a constant": (
        {"const": {"a": 1}},
        {"type": "object", "properties": {"a": {"type": "integer"}}},
    ),
    "else": (
        {"type": "object", "properties": {"a": {}, "b": {}}, "if": {"required": ["a"]}, "else": {"required": ["b"]}},
        {"type": "object", "properties": {"a": {}, "b": {}}, "if": {"required": ["a"]}},
    ),
    "exclusive, of 3.0": (
        {"type": "number", "minimum": 0, "exclusiveMinimum": True},
        {"type": "number", "minimum": 0},
    ),
    "a list's first items, and no more": (
        {"type": "array", "prefixItems": [{"type": "integer"}], "items": False},
        {"type": "array", "prefixItems": [{"type": "integer"}]},
    ),
}

# Two schemas of which neither accepts what the other does, or that callers handle otherwise.
CHANGED: Mapping[str, tuple[Json, Json]] = {
    "another type": ({"type": "string"}, {"type": "integer"}),
    "another constant": ({"const": "a"}, {"const": "b"}),
    "text, list": ({"type": "string"}, {"type": "array", "items": {"type": "string"}}),
    "date, date-time": ({"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}),
    "text, date-time": ({"type": "string"}, {"type": "string", "format": "date-time"}),
    "a member of another type": (
        {"type": "object", "properties": {"a": {"type": "string"}}},
        {"type": "object", "properties": {"a": {"type": "boolean"}}},
    ),
    "a member is gone": (
        {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}},
        {"type": "object", "properties": {"a": {"type": "string"}}},
    ),
    "items of another type": (
        {"type": "array", "items": {"type": "string"}},
        {"type": "array", "items": {"type": "integer"}},
    ),
    "branches of other types": (
        {"oneOf": [{"type": "string"}, {"type": "boolean"}]},
        {"oneOf": [{"type": "string"}, {"type": "array", "items": {}}]},
    ),
    "another step": ({"type": "integer", "multipleOf": 2}, {"type": "integer", "multipleOf": 3}),
    "another pattern": ({"type": "string", "pattern": "^a$"}, {"type": "string", "pattern": "^b$"}),
    "a required member has another name": (
        {"type": "object", "properties": {"a": {}}, "required": ["a"]},
        {"type": "object", "properties": {"b": {}}, "required": ["b"]},
    ),
}

# Two schemas that say the same.
SAME: Mapping[str, tuple[Json, Json]] = {
    "type, list of one type": ({"type": "string"}, {"type": ["string"]}),
    "types, anyOf of types": ({"type": ["string", "integer"]}, {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
    "types in another order": ({"type": ["string", "integer"]}, {"type": ["integer", "string"]}),
    "null by type, by anyOf": ({"type": ["string", "null"]}, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
    "null by anyOf of a reference": (
        {"anyOf": [{"$ref": "#/components/schemas/Pet"}, {"type": "null"}]},
        {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Pet"}]},
    ),
    "enum, oneOf of constants": ({"enum": ["a", "b"]}, {"oneOf": [{"const": "a"}, {"const": "b"}]}),
    "enum of one, const": ({"type": "string", "enum": ["a"]}, {"type": "string", "const": "a"}),
    "enum in another order": ({"enum": ["a", "b"]}, {"enum": ["b", "a"]}),
    "enum with its type": ({"enum": ["a", "b"]}, {"type": "string", "enum": ["a", "b"]}),
    "a reference, in place": (
        {"$ref": "#/components/schemas/Pet"},
        {
            "type": "object",
            "required": ["name"],
            "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
        },
    ),
    "allOf of one": ({"$ref": "#/components/schemas/Pet"}, {"allOf": [{"$ref": "#/components/schemas/Pet"}]}),
    "allOf, joined": (
        {"allOf": [{"type": "object", "properties": {"a": {"type": "string"}}}, {"required": ["a"]}]},
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
    ),
    "exclusive bound of integers": (
        {"type": "integer", "exclusiveMinimum": 0},
        {"type": "integer", "minimum": 1},
    ),
    "a bound beside a stricter one": (
        {"type": "number", "minimum": 1},
        {"type": "number", "minimum": 1, "exclusiveMinimum": 0},
    ),
    "minLength of nothing": ({"type": "string"}, {"type": "string", "minLength": 0}),
    "minItems of nothing": ({"type": "array", "items": {}}, {"type": "array", "items": {}, "minItems": 0}),
    "open, said": ({"type": "object"}, {"type": "object", "additionalProperties": True}),
    "open by an empty schema": ({"type": "object"}, {"type": "object", "additionalProperties": {}}),
    "no duplicates allowed, said": (
        {"type": "array", "items": {}},
        {"type": "array", "items": {}, "uniqueItems": False},
    ),
    "pattern written otherwise": (
        {"type": "string", "pattern": "^[a-z]+$"},
        {"type": "string", "pattern": "^[a-z]{1,}$"},
    ),
    "pattern of digits": ({"type": "string", "pattern": "^[0-9]{3}$"}, {"type": "string", "pattern": "^\\d{3}$"}),
    "integers of one": ({"type": "integer"}, {"type": "integer", "multipleOf": 1}),
    "required in another order": (
        {"type": "object", "properties": {"a": {}, "b": {}}, "required": ["a", "b"]},
        {"type": "object", "properties": {"b": {}, "a": {}}, "required": ["b", "a"]},
    ),
    "texts and examples": (
        {"type": "string", "description": "A name.", "examples": ["a"]},
        {"type": "string", "title": "Name", "description": "The name.", "deprecated": False},
    ),
    "branches in another order": (
        {"oneOf": [{"type": "string"}, {"type": "object", "required": ["a"]}]},
        {"oneOf": [{"type": "object", "required": ["a"]}, {"type": "string"}]},
    ),
    "oneOf, anyOf of what excludes each other": (
        {"oneOf": [{"type": "string", "maxLength": 3}, {"type": "integer", "minimum": 1}]},
        {"anyOf": [{"type": "string", "maxLength": 3}, {"type": "integer", "minimum": 1}]},
    ),
    "a branch of a branch": (
        {"anyOf": [{"type": "string"}, {"type": "boolean"}, {"type": "array", "items": {}}]},
        {"anyOf": [{"type": "string"}, {"anyOf": [{"type": "boolean"}, {"type": "array", "items": {}}]}]},
    ),
    "items of any kind, said": ({"type": "array"}, {"type": "array", "items": {}}),
    "false, written otherwise": (
        {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False},
        {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": {"not": {}}},
    ),
    "members that are required are there": (
        {"type": "object", "properties": {"a": {}}, "required": ["a"]},
        {"type": "object", "properties": {"a": {}}, "required": ["a"], "minProperties": 1},
    ),
    "keywords of other types": ({"type": "string"}, {"type": "string", "minimum": 3, "maxItems": 4, "required": ["a"]}),
    "a bound between integers": ({"type": "integer", "minimum": 1}, {"type": "integer", "minimum": 0.5}),
    "a bound that is a fraction of integers": (
        {"type": "integer", "maximum": 2},
        {"type": "integer", "exclusiveMaximum": 2.5},
    ),
    "numbers that are multiples of one": ({"type": "integer"}, {"type": "number", "multipleOf": 1}),
    "not of not": ({"type": "string"}, {"not": {"not": {"type": "string"}}}),
    "a value that is listed and excluded": ({"enum": ["a", "b"]}, {"enum": ["a", "b", "c"], "not": {"const": "c"}}),
    "a value that is listed and too large": (
        {"type": "integer", "enum": [1, 2]},
        {"type": "integer", "enum": [1, 2, 9], "maximum": 5},
    ),
    "integers, listed": ({"type": "integer", "enum": [1, 2, 3]}, {"type": "integer", "minimum": 1, "maximum": 3}),
    "what is contained is there": (
        {"type": "array", "items": {}, "contains": {"const": "x"}},
        {"type": "array", "items": {}, "contains": {"const": "x"}, "minItems": 1},
    ),
    "no items": ({"type": "array", "maxItems": 0}, {"type": "array", "items": {"not": {}}}),
    "every type": ({}, {"type": ["string", "number", "boolean", "object", "array", "null"]}),
    "names that are listed, and closed": (
        {"type": "object", "properties": {"a": {}}, "propertyNames": {"enum": ["a"]}},
        {"type": "object", "properties": {"a": {}}, "additionalProperties": False},
    ),
    "truth values, listed": ({"type": "boolean"}, {"enum": [True, False]}),
    "null, as a constant": ({"type": "null"}, {"const": None}),
    "closed in two ways": (
        {"type": "object", "properties": {"a": {}}, "additionalProperties": False},
        {"type": "object", "properties": {"a": {}}, "unevaluatedProperties": False},
    ),
    "a condition without an end": ({"type": "object"}, {"type": "object", "if": {"required": ["a"]}}),
    "required that depends, in two ways": (
        {"type": "object", "properties": {"a": {}, "b": {}}, "dependentSchemas": {"a": {"required": ["b"]}}},
        {"type": "object", "properties": {"a": {}, "b": {}}, "dependentRequired": {"a": ["b"]}},
    ),
    "what branches have in common": (
        {
            "oneOf": [
                {"type": "object", "properties": {"k": {"const": "x"}, "a": {}}, "required": ["k"]},
                {"type": "object", "properties": {"k": {"const": "y"}, "b": {}}, "required": ["k"]},
            ]
        },
        {
            "type": "object",
            "required": ["k"],
            "oneOf": [
                {"properties": {"k": {"const": "x"}, "a": {}}},
                {"properties": {"k": {"const": "y"}, "b": {}}},
            ],
        },
    ),
    "a part named twice": (
        {"$ref": "#/components/schemas/Pet"},
        {"allOf": [{"$ref": "#/components/schemas/Pet"}, {"$ref": "#/components/schemas/Pet"}]},
    ),
}
