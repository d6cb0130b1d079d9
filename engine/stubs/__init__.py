"""The operations of a service as a module of types for editors and type checkers; no text of it is ever run."""
