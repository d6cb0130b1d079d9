"""A service that is not there: a real HTTP server driven by the same document, for tests and trials.

What it remembers is declared in the document (``x-connector-sandbox``, docs/extensions.md); an operation
without a declaration is answered with an example that its schema accepts.
"""

from openconnectors.engine.sandbox.server import Sandbox

__all__ = ["Sandbox"]
