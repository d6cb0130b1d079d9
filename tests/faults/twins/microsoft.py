"""Faults of definitions for Microsoft."""

from __future__ import annotations

from tests.faults.twins import (
    microsoft_dynamic,
    microsoft_events,
    microsoft_extensions,
    microsoft_ids,
    microsoft_members,
    microsoft_supported,
    microsoft_texts,
)
from tests.faults.twins.form import Fault

FAULTS: list[Fault] = [
    *microsoft_extensions.FAULTS,
    *microsoft_dynamic.FAULTS,
    *microsoft_events.FAULTS,
    *microsoft_texts.FAULTS,
    *microsoft_ids.FAULTS,
    *microsoft_supported.FAULTS,
    *microsoft_members.FAULTS,
]
