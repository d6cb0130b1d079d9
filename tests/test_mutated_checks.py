"""Whatever a document and the files beside it hold, they can be checked: nothing leaves the linter but findings.

The mutations are seeded, so that each run makes the same ones.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from openconnectors.engine.lint import PROFILES, Settings, check
from tests.examples import spread
from tests.faults.twins import DOCUMENT, FAULTS, Fault
from tests.test_mutated_documents import mutated, places

PROPERTIES = "apiProperties.json"


@pytest.mark.parametrize("fault", spread(FAULTS, 50), ids=lambda fault: fault.name)
def test_a_document_with_a_mutation_can_be_checked(fault: Fault, tmp_path: Path) -> None:
    """A right document, or one of the files beside it, with one mutation is checked, in each profile."""
    chosen = random.Random(fault.name)  # noqa: S311 - no secret
    for version in fault.versions.split():
        files, _ = fault.documents(version)
        for name, held in files.items():
            (tmp_path / (name or DOCUMENT)).write_bytes(held if isinstance(held, bytes) else json.dumps(held).encode())
        for name, held in files.items():
            known = places(held) if isinstance(held, dict) else []
            for _ in range(4 if known else 0):
                path = tmp_path / (name or DOCUMENT)
                path.write_text(json.dumps(mutated(held, known, chosen)), "utf-8")
                beside = tmp_path / PROPERTIES if PROPERTIES in files else None
                for profile in PROFILES:
                    check(tmp_path / DOCUMENT, beside, Settings(profile=profile))
            if known:
                (tmp_path / (name or DOCUMENT)).write_text(json.dumps(held), "utf-8")
