"""Limits that Microsoft applies. Those of titles, descriptions and categories are published ("Prepare connector files
for certification"); the others are not.

Those are ours, above what every published connector at hand has. If one does not hold, ``--ignore`` leaves its rule
out.
"""

from __future__ import annotations

MAX_OPERATIONS = 512
MAX_ID = 80
MAX_SUMMARY = 80
MAX_SCHEMAS = 8192
MAX_OPERATION_SCHEMAS = 1024
MAX_BODY_SCHEMAS = 512
MAX_DEPTH = 24
MAX_CATEGORIES = 2
MAX_TITLE = 30
MIN_DESCRIPTION, MAX_DESCRIPTION = 30, 500
