"""Limits that Microsoft applies and does not publish with its rules.

They are ours, above what every published connector at hand has; where they do not hold, ``--ignore`` leaves a rule out.
"""

from __future__ import annotations

MAX_OPERATIONS = 512
MAX_ID = 80
MAX_SUMMARY = 80
MAX_SCHEMAS = 8192
MAX_OPERATION_SCHEMAS = 1024
MAX_BODY_SCHEMAS = 512
MAX_DEPTH = 24
MAX_CATEGORIES = 3
