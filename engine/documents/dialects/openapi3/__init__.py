"""OpenAPI 3.x. It is written so far, and not read: see ``writer``."""
