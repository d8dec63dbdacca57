"""What the parts of one log or frame tell, put together as of the whole.

A log may come in parts: batches on disk, or the pieces of a cluster, each with all rows of some
users. A core makes a table of each part and tells the problems and the report of its rows alone;
what the rows of other parts decide (whether every row is dropped, whether the log reaches the end
of a horizon) is judged here and by whoever has all reports.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import numpy as np

from nclue_pandas.errors.base import first_values
from nclue_pandas.frames.problems import raise_faults
from nclue_pandas.frames.reports import (
    AnswerReport,
    Report,
    SnapshotReport,
    SplitReport,
    earliest,
    latest,
    share,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray

    from nclue_pandas.errors.base import Problem
    from nclue_pandas.frames.problems import Fault

#: Rows of one problem that parts of a log tell; their number is told in any case.
ROWS_TOLD: Final = 1_000
#: Whole numbers of a report that are settings, not counts.
_SETTINGS: Final = frozenset({"max_tokens", "seed"})

ReportT = TypeVar("ReportT", bound=Report)


@dataclass(frozen=True, eq=False)
class Built(Generic[ReportT]):
    """What a core made of some rows.

    Parameters
    ----------
    table : pyarrow.Table
        Without rows where there are problems.
    report : Report or None
        What happened on the way; None where there are problems.
    problems : tuple of Fault
        To be raised.
    lost : tuple of Fault
        To be raised if these were all rows there are: each of them would be dropped.
    """

    table: pa.Table
    report: ReportT | None = None
    problems: tuple[Fault, ...] = field(default=())
    lost: tuple[Fault, ...] = field(default=())

    @property
    def reports(self) -> list[ReportT]:
        """The report, where there is one, to be put together with those of other parts."""
        return [] if self.report is None else [self.report]

    def raise_for(self, frame: pd.DataFrame) -> None:
        """Raise what there is to raise when the rows are all those of a frame."""
        raise_faults(self.problems, frame)
        raise_faults(self.lost, frame, every_row=True)


def numbered(faults: Iterable[Fault], numbers: NDArray[np.int64]) -> tuple[Problem, ...]:
    """Name the first rows of faults by their numbers in the whole, not by their places in a part.

    Examples
    --------
    >>> from nclue_pandas.frames.problems import Fault
    >>> fault = Fault("null_id", "A user id is null", "Give each an id.", np.array([0, 2]))
    >>> numbered([fault], np.array([70, 71, 65]))[0].rows
    (65, 70)
    """
    named = []
    for fault in faults:
        rows = np.sort(numbers[fault.rows])[:ROWS_TOLD]
        problem = replace(fault, rows=rows).problem
        named.append(replace(problem, total=fault.rows.size))
    return tuple(named)


def merge_problems(problems: Iterable[Problem]) -> list[Problem]:
    """Put the same problem of several parts together; of its rows the first are told.

    Examples
    --------
    >>> from nclue_pandas.errors.base import Problem
    >>> parts = [Problem("a", "", "", (5, 9), total=2), Problem("a", "", "", (7,), total=2_000)]
    >>> [(each.rows, each.total) for each in merge_problems(parts)]
    [((5, 7, 9), 2002)]
    """
    same: dict[tuple[str, str], list[Problem]] = {}
    for problem in problems:
        same.setdefault((problem.code, problem.message), []).append(problem)
    merged = []
    for each in same.values():
        rows = tuple(sorted(row for problem in each for row in problem.rows)[:ROWS_TOLD])
        total = sum(problem.total or len(problem.rows) for problem in each)
        more = total if total > len(rows) else None
        merged.append(replace(each[0], rows=rows, total=more, values=first_values(each)))
    return merged


def merge_reports(reports: Sequence[ReportT]) -> ReportT:
    """Put the reports of all parts of one log together: counts add up.

    Parameters
    ----------
    reports : sequence of Report
        At least one, of the same kind, of parts with disjoint users.

    Examples
    --------
    >>> parts = [AnswerReport(4, {}, 4, 1, 0.25), AnswerReport(4, {"null_id": 1}, 3, 3, 1.0)]
    >>> whole = merge_reports(parts)
    >>> whole.users, whole.rows_dropped, round(whole.share, 3)
    (7, {'null_id': 1}, 0.571)
    """
    first = reports[0]
    changes = {
        each.name: _merged(each.name, [getattr(report, each.name) for report in reports])
        for each in fields(first)
    }
    merged = replace(first, **changes)
    if isinstance(merged, AnswerReport):
        merged = replace(merged, share=share(merged.positives, merged.users))
    if isinstance(merged, SnapshotReport):
        merged = replace(merged, share=share(merged.positives, merged.snapshots))
    if isinstance(merged, SplitReport):
        train, test = merged.train_rows, merged.test_rows
        merged = replace(
            merged,
            test_share=share(test, train + test),
            train_positive_share=share(merged.train_positives, train),
            test_positive_share=share(merged.test_positives, test),
        )
    return merged


def _merged(name: str, values: list[Any]) -> Any:
    if isinstance(values[0], dict):
        codes = dict.fromkeys(code for counts in values for code in counts)
        sums = {code: sum(counts.get(code, 0) for counts in values) for code in codes}
        return {code: count for code, count in sums.items() if count or name != "rows_dropped"}
    if name in {"last_event", "last_event_in_horizon"}:
        return latest(values)
    if name == "first_event":
        return earliest(values)
    if isinstance(values[0], int) and name not in _SETTINGS:
        return sum(values)
    return values[0]
