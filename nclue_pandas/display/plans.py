"""What a plan shows of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from nclue_pandas.display import formats
from nclue_pandas.display.cards import Card, Table, html, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nclue_pandas.jobs.planning import Plan

_DATASETS: Final[Mapping[str, Callable[[Any], str]]] = {
    "dataset": str,
    "rows": formats.count,
    "bytes": formats.size,
    "objects": formats.count,
    "to_upload": formats.count,
    "path": str,
}
_JOBS: Final[Mapping[str, Callable[[Any], str]]] = {
    "kind": str,
    "name": str,
    "action": str,
    "billed_by": str,
    "units": formats.count,
}


def plan_card(plan: Plan) -> Card:
    """Describe a plan: what is uploaded, created and billed, and what stands in the way."""
    count = len(plan.problems)
    return Card(
        f"Plan of {plan.name!r}",
        formats.counted(count, "problem") if count else "ready",
        "bad" if count else "good",
        [
            ("Requests", f"{formats.count(plan.requests)} at least"),
            ("Request limit alone", formats.duration(plan.minimum_seconds)),
        ],
        [Table.of(plan.datasets, _DATASETS), Table.of(plan.jobs, _JOBS)],
        [f"[{problem.code}] {problem}" for problem in plan.problems],
    )


def plan_text(plan: Plan) -> str:
    """Return a plan's text repr; see :func:`plan_card`."""
    return text(plan_card(plan))


def plan_html(plan: Plan) -> str:
    """Return a plan's HTML repr; see :func:`plan_card`."""
    return html(plan_card(plan))
