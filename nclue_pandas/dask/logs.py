"""A log on Dask: what its times are, which columns travel, and what its pieces tell together.

Whether times that are texts have a zone, and whether numbers are dates, the whole log says, not a
piece of it. So its times are looked at first, partition by partition.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

import dask.dataframe as dd
import numpy as np
import pandas as pd
import pyarrow as pa
from dask import compute, delayed, is_dask_collection

from nclue_pandas.dask.matching import DaskUsers
from nclue_pandas.dask.originals import narrowed, unconverted
from nclue_pandas.dask.routing import Route, pattern
from nclue_pandas.errors import InvalidDataError
from nclue_pandas.frames.columns import find_column, is_label, to_arrow
from nclue_pandas.frames.doubtful_times import kinds_of_times, refuse_dates
from nclue_pandas.frames.forms import Forms
from nclue_pandas.frames.partitions import ROWS_TOLD, merge_reports
from nclue_pandas.frames.reports import every_row_dropped
from nclue_pandas.frames.times import (
    SHOWN,
    Times,
    kind_of_times,
    look_at_times,
    mixed_zones,
    texts_of_times,
)
from nclue_pandas.kernels.arrays import is_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from nclue_pandas.dask.pieces import Made
    from nclue_pandas.frames.answers import AnswerOptions
    from nclue_pandas.frames.baselines import BaselineOptions
    from nclue_pandas.frames.forms import ReportT as FormedReport
    from nclue_pandas.frames.partitions import Built, ReportT
    from nclue_pandas.frames.sequences import SequenceOptions
    from nclue_pandas.frames.times import TimeKind

OptionsT = TypeVar("OptionsT", "AnswerOptions", "BaselineOptions")
#: Columns that are added for the way; the user's frame does not get them.
_TIES: Final = "nclue tie break"
_GIVEN: Final = {"positive": "nclue positive", "value": "nclue value"}


def require_log(events: object) -> None:
    """Refuse what is no Dask frame."""
    if not isinstance(events, dd.DataFrame):
        raise InvalidDataError(f"events must be a Dask DataFrame, not {type(events).__name__}.")


def may_be_zoned(events: dd.DataFrame, time: Any) -> bool:
    """Tell whether the times may be texts: whether they have a zone, rows alone can tell."""
    kind = to_arrow(find_column(pattern(events), time, "time")).type
    return is_text(kind) or pa.types.is_null(kind) or pa.types.is_dictionary(kind)


def among_times(part: pd.DataFrame, time: Any) -> frozenset[str]:
    """Return what is found among times that are texts; nothing of a column that is none."""
    texts = texts_of_times(find_column(part, time, "time"))
    return frozenset() if texts is None else texts.found


@dataclass(frozen=True, eq=False)
class LogTimes:
    """What the times of a whole log are.

    Parameters
    ----------
    kind : {"numbers", "naive", "aware"} or None
        What texts read as; None where there is none.
    like : Times
        A column without rows that is of the same kind.
    first, last : int or None
        As those of :class:`~nclue_pandas.frames.times.Times`.
    unreadable : tuple of str
        What the first of them hold that are no time.
    """

    kind: TimeKind | None
    like: Times
    first: int | None = None
    last: int | None = None
    unreadable: tuple[str, ...] = ()

    @classmethod
    def of(cls, log: dd.DataFrame, time: Any) -> Self:
        """Look at the times of all partitions.

        Raises
        ------
        InvalidDataError
            As :func:`~nclue_pandas.frames.doubtful_times.times_of_log` does.
        """
        own = narrowed(unconverted(log), [time])
        route = Route.of(own, {"time": [time]})
        parts, found = own.to_delayed(), frozenset[str]()
        if may_be_zoned(own, time):
            looks = [delayed(_found)(part, number, route) for number, part in enumerate(parts)]
            found = frozenset().union(*compute(*looks))
        kind = kind_of_times(found) if found else None
        looks = [delayed(_seen)(part, number, route, kind) for number, part in enumerate(parts)]
        seen: list[_Seen] = list(compute(*looks))
        whole = reduce(_Seen.then, seen)
        if whole.without_zone_in_all:
            raise mixed_zones("time", whole.without_zone, whole.without_zone_in_all)
        known = whole.like or look_at_times(find_column(pattern(own), time, "time"))
        if known.unit is None:
            refuse_dates(whole.kinds)
        return cls(kind, known, whole.first, whole.last, whole.examples)


def times_of_log(log: dd.DataFrame, time: Any) -> LogTimes:
    """Return what the times of a log are, from its pattern where that tells."""
    if not may_be_zoned(log, time):
        like = look_at_times(find_column(pattern(log), time, "time"))
        if like.unit is not None:
            return LogTimes(None, like)
    return LogTimes.of(log, time)


@dataclass(frozen=True, eq=False)
class _Seen:
    """What the times of some neighboring rows are."""

    rows: int
    like: Times | None
    kinds: Mapping[str, int]
    without_zone: NDArray[np.int64]
    without_zone_in_all: int
    first: int | None
    last: int | None
    examples: tuple[str, ...]

    @classmethod
    def of(cls, times: Times) -> _Seen:
        count = times.ticks.size
        return cls(
            count,
            Times(times.ticks[:0], times.unit, times.aware) if count else None,
            kinds_of_times(times) if times.unit is None else {},
            times.without_zone[:ROWS_TOLD],
            times.without_zone.size,
            times.first_of(),
            times.last,
            times.examples,
        )

    def then(self, later: _Seen) -> _Seen:
        """Put what is seen in the rows after these to it."""
        names = dict.fromkeys([*self.kinds, *later.kinds])
        firsts, lasts = (
            [each for each in pair if each is not None]
            for pair in ((self.first, later.first), (self.last, later.last))
        )
        rows = np.concatenate([self.without_zone, later.without_zone + self.rows])
        return _Seen(
            self.rows + later.rows,
            self.like or later.like,
            {each: self.kinds.get(each, 0) + later.kinds.get(each, 0) for each in names},
            rows[:ROWS_TOLD],
            self.without_zone_in_all + later.without_zone_in_all,
            min(firsts, default=None),
            max(lasts, default=None),
            (*self.examples, *later.examples)[:SHOWN],
        )


def _found(part: pd.DataFrame, number: int, route: Route) -> frozenset[str]:
    (time,) = route.labels
    return among_times(route.read(part, number), time)


def _seen(part: pd.DataFrame, number: int, route: Route, kind: TimeKind | None) -> _Seen:
    (time,) = route.labels
    column = find_column(route.read(part, number), time, "time")
    return _Seen.of(look_at_times(column, kind=kind))


def text_roles(log: dd.DataFrame, options: SequenceOptions) -> dict[str, list[Any]]:
    """Return the columns that sequences are made of, by the arguments that name them."""
    behavior = options.behavior
    is_one = is_label(pattern(log), behavior) or not isinstance(behavior, (list, tuple))
    roles = {
        "time": [options.time],
        "user": [options.user],
        "behavior": [behavior] if is_one else list(behavior),
    }
    return roles if options.tie_break is None else roles | {"tie_break": [options.tie_break]}


def with_ties(
    events: dd.DataFrame, options: SequenceOptions
) -> tuple[dd.DataFrame, SequenceOptions]:
    """Order a categorical tie-break by its categories, as pandas does."""
    tie_break = options.tie_break
    if tie_break is None:
        return events, options
    if not isinstance(
        find_column(pattern(events), tie_break, "tie_break").dtype, pd.CategoricalDtype
    ):
        return events, options
    if not events[tie_break].cat.known:
        raise InvalidDataError(
            f"The categories of tie_break={tie_break!r} are not known to all workers, so they "
            f"have no common order. Call events.categorize([{tie_break!r}]) first."
        )
    codes = events[tie_break].cat.codes
    with_codes = events.assign(**{_TIES: codes.where(codes >= 0)})
    return with_codes, replace(options, tie_break=_TIES)


def with_columns(events: dd.DataFrame, options: OptionsT) -> tuple[dd.DataFrame, OptionsT]:
    """Make columns of the Series and functions that say something of each event."""
    log, named = events, dict[str, Any]()
    for argument, column in _GIVEN.items():
        given = getattr(options, argument, None)
        if given is None or isinstance(given, str):
            continue
        is_function = callable(given) and not is_dask_collection(given)
        values = given(events) if is_function else given
        if not isinstance(values, dd.Series):
            raise InvalidDataError(
                f"{argument}= must be or give a Dask Series for a Dask frame, not "
                f"{type(values).__name__}. Make it from the log itself."
            )
        log, named[argument] = log.assign(**{column: values}), column
    return log, replace(options, **named)


def merged(built: Made, kind: type[ReportT], of_no_rows: Callable[[], Built[ReportT]]) -> ReportT:
    """Raise what was found in all pieces, or put their reports together."""
    built.raise_problems()
    reports = [r for each in built.outcomes if isinstance(r := each.report, kind)]
    made = merge_reports(reports or of_no_rows().reports)
    if every_row_dropped(made):
        built.raise_lost()
    return made


def with_forms(made: FormedReport, built: Made) -> FormedReport:
    """Compare ids in other forms with the users of all pieces, where there are such ids."""
    forms = Forms.joined(each.forms for each in built.outcomes if each.forms is not None)
    return forms.tell(made, lambda: DaskUsers.of(built.frames, "user_id"))
