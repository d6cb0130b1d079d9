"""The law of the fast writer: what it writes is what the plan writes, and it declines what the plan refuses.

50 examples for each document; 1,000 with LONG=1 (``make long``).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openconnectors.engine.documents import loader
from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.fast.declined import DECLINED
from openconnectors.engine.fast.write import Writer, writer
from openconnectors.engine.fuzz import strategies
from openconnectors.engine.masking import revealed
from openconnectors.engine.plan.examples import minimal
from openconnectors.engine.plan.options import Options
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.values.body import Compiler
from tests.test_laws import LAW

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in ("spec", "tests/conformance", "tests/conformance3", "tests/golden")
    for path in (ROOT / folder).rglob("*")
    if path.name.endswith((".swagger.yaml", ".openapi.yaml"))
)
ODD: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from(
        [2**63, -(2**70), 1e400, float("nan"), b"x", (1, 2), {"a": (1,)}, "\ud800", "a/../b", "", "<2", "."]
    ),
    st.floats(),
    st.text(max_size=8),
    st.lists(st.one_of(st.text(max_size=3), st.none(), st.integers()), max_size=3),
    st.dictionaries(st.text(max_size=3), st.one_of(st.text(max_size=3), st.binary(max_size=2)), max_size=2),
)
"""Values that callers give by mistake, or that are at an edge."""


@cache
def plans(document: str) -> list[tuple[Plan, Writer]]:
    """The operations of a document that have plain calls, compiled."""
    compiler = Compiler(loader.load(ROOT / document))
    known = [Plan(compiler, operation) for operation in compiler.service.operations.values()]
    return [(plan, fast) for plan in known if (fast := writer(plan, Options(), "/base")) is not None]


def written(plan: Plan, arguments: dict[str, Any]) -> tuple[str, Any] | None:
    """Target and body by the plan; None if it refuses the arguments."""
    try:
        request = plan.request(arguments, "https://host.example/base", Options())
    except ConnectorError:
        return None
    return revealed(request.url).removeprefix("https://host.example"), request.body


@pytest.mark.law
@pytest.mark.parametrize("document", [document for document in DOCUMENTS if plans(document)])
@LAW
@given(data=st.data())
def test_what_is_written_fast_is_what_the_plan_writes(document: str, data: st.DataObject) -> None:
    """For valid arguments, and for those with an odd value, another spelling, or an unknown name among them."""
    plan, fast = data.draw(st.sampled_from(plans(document)))
    arguments = data.draw(strategies.arguments(plan))
    names = [*plan.all_arguments.by_name, "unknown"]
    arguments |= data.draw(st.dictionaries(st.sampled_from(names), ODD, max_size=2))
    message, by_plan = fast.write(arguments), written(plan, arguments)
    if by_plan is None and message is not DECLINED and len(message.head) > 1:
        message = DECLINED  # a header field that cannot be sent: no head is prepared for it

    assert message is DECLINED or (message.target, message.body) == by_plan


def test_most_operations_have_plain_calls() -> None:
    """Of the operations of the connectors that come with the package, 19 of 20 have calls that are not declined."""
    declined, operations = [], 0
    for document in DOCUMENTS:
        if document.startswith("spec/"):
            operations += len(loader.load(ROOT / document).operations)
            for plan, fast in plans(document):
                if fast.write(minimal(plan)) is DECLINED:
                    declined.append(plan.operation.id)
    plain = sum(len(plans(document)) for document in DOCUMENTS if document.startswith("spec/")) - len(declined)

    assert plain >= 0.95 * operations, (plain, operations, declined)
