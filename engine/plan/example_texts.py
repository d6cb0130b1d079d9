"""Texts of formats and patterns, for values that a schema accepts."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from functools import lru_cache

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException

TEXTS: Mapping[str, str] = {
    "date-time": "2026-01-31T12:00:00Z",
    "date": "2026-01-31",
    "time": "12:00:00",
    "date-time-rfc1123": "Sat, 31 Jan 2026 12:00:00 GMT",
    "duration": "P1D",
    "base64url": "ZXhhbXBsZQ",
    "byte": base64.b64encode(b"example").decode("ascii"),
    "decimal": "12.34",
    "uuid": "123e4567-e89b-42d3-a456-426614174000",
    "email": "someone@example.com",
    "uri": "https://example.com/",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
}
"""A text by the format of its schema."""


@lru_cache(1024)
def matching(pattern: str, least: int, most: float | None) -> str | None:
    """A text of a pattern; None if there is none, or none of such a length."""

    def fits(text: str) -> bool:
        return least <= len(text) and (most is None or len(text) <= most)

    quiet = settings(
        database=None,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    try:
        return find(
            st.from_regex(pattern, fullmatch=True, alphabet=st.characters(min_codepoint=32, max_codepoint=126)),
            fits,
            settings=quiet,
        )
    except (HypothesisException, re.error, ValueError, OverflowError, NotImplementedError, RecursionError):
        return None
