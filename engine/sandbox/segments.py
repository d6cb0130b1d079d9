"""How many segments a text message has: GSM 03.38 with its extension table, or UCS-2 for what that cannot write.

A message of one segment has 160 septets or 70 code units. Of several, each has room for 153 or 67 beside its header
(3GPP TS 23.040 section 9.2.3.24.1), and neither an escaped character nor a surrogate pair is cut in two.
"""

from __future__ import annotations

from collections.abc import Iterable

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")
_SEPTETS, _UNITS = (160, 153), (70, 67)


def segments(text: str) -> int:
    """The number of segments; an empty text has one."""
    if all(character in _BASIC or character in _EXTENDED for character in text):
        return _packed((1 + (character in _EXTENDED) for character in text), *_SEPTETS)
    return _packed((1 + (character > "\uffff") for character in text), *_UNITS)


def _packed(widths: Iterable[int], alone: int, each: int) -> int:
    widths = list(widths)
    if sum(widths) <= alone:
        return 1
    count, room = 1, each
    for width in widths:
        if width > room:
            count, room = count + 1, each
        room -= width
    return count
