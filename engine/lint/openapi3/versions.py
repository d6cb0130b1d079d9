"""The versions that these rules are for."""

OPENAPI3 = "3.0 3.1 3.2"
