"""XML through the ``xml`` object of a schema (Swagger 2.0, "XML Object"): names, namespaces, attributes, wrapped and
unwrapped lists, an envelope around the document.

Rule 1. A member is an element (or attribute) of its name, in the namespace that the document declares for it; if it
declares none, in that of the element around it, or in none; if nothing at all declares one, in any.

Rule 2. A root, and an item of a list, has the name that the document gives it. If it gives none, any name will do;
under another name it is read if its content is what the document describes, and that is a deviation.

Rule 3. What is read from an element and what is written to it come from one object (``shapes``), compiled once for a
schema; ``parsing`` makes elements of hostile bytes; ``writing`` is lxml with errors in our words.

All that is imported when a body in XML is bound: ``documents`` has the bodies as a whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from openconnectors.engine.deferred import module
from openconnectors.engine.streams import is_bytes
from openconnectors.engine.values.codecs.binding import Binding, Bound, Codec

if TYPE_CHECKING:
    from openconnectors.engine.values.codecs.xml import documents
else:
    documents = module("openconnectors.engine.values.codecs.xml.documents")


def bind(binding: Binding) -> Bound:
    """XML of the schema's shape, inside the document's envelope if it has one."""
    return documents.bind(binding)


CODEC = Codec(
    "xml", ("application/xml", "text/xml", "+xml"), bind, carries=lambda value: not is_bytes(value), structured=True
)
