"""A Postman collection as an OpenAPI document, with a report of what is left out and what is a guess.

Rule 1. What a request sends is what the operation sends when it is called with the request's values: method, URL,
fields and body are the same.

Rule 2. No credential gets into the document: of an authorization only the kind is read, and the values of variables
that are secrets, and of fields that are credentials, are not.

Rule 3. A request shows what may be sent, not what must be: nothing is required but the variables of a path, and what a
description says is. Types are those of the values that the requests and the saved responses have.

Theory of operation. ``requests_of`` gives the requests with what they inherit. Requests of the same method and path,
whatever its variables are called, are one operation, of which each shows more. Format 2.1 is read, and 2.0, which has
the same requests; see https://schema.postman.com/.
"""

from __future__ import annotations

from openconnectors.engine.convert.postman.collection import GUESSED, LOST, format_of
from openconnectors.engine.convert.postman.importing import Imported, imported

__all__ = ["GUESSED", "LOST", "Imported", "format_of", "imported"]
