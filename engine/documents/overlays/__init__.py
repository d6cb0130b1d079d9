"""Overlays: what is changed in a document without writing into its file (OpenAPI Overlay Specification 1.1 and 1.0).

Rule 1. The file is never written. An overlay is applied to its tree when the document is read, so that whatever reads
the document (calls, checks, comparisons, the sandbox) sees the result and needs not know of overlays.

Rule 2. A node of the result keeps the place where it is written: in the file, or in the overlay. Findings show it.

Rule 3. An overlay may come from anybody. How many nodes its queries look at, how many it adds and how deep they are is
bounded, and its patterns are matched in linear time.

Theory of operation. ``overlay`` reads an overlay and checks its structure; ``queries`` finds the nodes that a JSONPath
query selects; ``tree`` is a tree whose nodes know where they are written; ``applying`` carries out the actions on such
a tree and gives the file with the result.
"""

from __future__ import annotations
