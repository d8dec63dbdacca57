"""Work on a part of a log: what only the whole can tell is left to the caller.

A part is a batch of rows, or the rows of some users. The functions of frames run on it as on any
frame; inside :func:`on_a_part` they neither warn nor judge what the rows of other parts decide
(whether the log reaches the end of a horizon). The caller puts the reports together and tells.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from nclue_pandas.frames.described import earliest, latest
from nclue_pandas.frames.reports import AnswerReport, Report, share

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ReportT = TypeVar("ReportT", bound=Report)
#: What times that are texts read as: whole numbers, or dates with or without a time zone.
TimeKind = Literal["numbers", "naive", "aware"]

_part: ContextVar[bool] = ContextVar("nclue_pandas_part", default=False)
_times: ContextVar[TimeKind | None] = ContextVar("nclue_pandas_times", default=None)
#: Whole numbers of a report that are settings, not counts.
_SETTINGS: Final = frozenset({"max_tokens"})


@contextmanager
def on_a_part(times: TimeKind | None = None) -> Iterator[None]:
    """Let the functions of frames take what they are given for a part, in this thread.

    Parameters
    ----------
    times : {"numbers", "naive", "aware"}, optional
        What the texts of times read as in the whole log, where it is known.

    Examples
    --------
    >>> with on_a_part():
    ...     is_part()
    True
    """
    part, kind = _part.set(True), _times.set(times)
    try:
        yield
    finally:
        _part.reset(part)
        _times.reset(kind)


def is_part() -> bool:
    """Tell whether the work is on a part."""
    return _part.get()


def times_of_the_log() -> TimeKind | None:
    """Return what the texts of times read as in the log that this is a part of."""
    return _times.get()


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
    return merged


def _merged(name: str, values: list[Any]) -> Any:
    if isinstance(values[0], dict):
        codes = dict.fromkeys(code for counts in values for code in counts)
        sums = {code: sum(counts.get(code, 0) for counts in values) for code in codes}
        return {code: count for code, count in sums.items() if count}
    if name in {"last_event", "last_event_in_horizon"}:
        return latest(values)
    if name == "first_event":
        return earliest(values)
    if isinstance(values[0], int) and name not in _SETTINGS:
        return sum(values)
    return values[0]
