"""How many segments a text message has: GSM 03.38 with its extension table, or UCS-2 for what that cannot write.

A message of one segment has 160 septets or 70 code units. Of several, each has room for 153 or 67 beside its header
(3GPP TS 23.040 section 9.2.3.24.1), and neither an escaped character nor a surrogate pair is cut in two.
"""

from __future__ import annotations

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")
_SEPTETS, _UNITS = (160, 153), (70, 67)  # of a single segment, of each of several


def segments(text: str) -> int:
    """The number of segments; an empty text has one."""
    if all(character in _BASIC or character in _EXTENDED for character in text):
        return _count([1 + (character in _EXTENDED) for character in text], *_SEPTETS)
    return _count([1 + (character > "\uffff") for character in text], *_UNITS)


def _count(widths: list[int], single: int, part: int) -> int:
    """The number of segments for characters of these widths; a single segment and a part of several have room for so
    many units."""
    if sum(widths) <= single:
        return 1
    count, room = 1, part
    for width in widths:
        if width > room:
            count, room = count + 1, part
        room -= width
    return count
