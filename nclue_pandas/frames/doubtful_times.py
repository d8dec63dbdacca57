"""Times that are doubtful: dates written as numbers, a change of unit, the future, the far past.

Counted for each part of a log, so that the whole of it can be judged by the sums.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from nclue_pandas.errors.base import InvalidDataError, Problem
from nclue_pandas.frames.columns import find_column
from nclue_pandas.frames.reports import AnswerReport
from nclue_pandas.frames.times import NOT_A_TIME, UNITS, look_at_times, mixed_zones
from nclue_pandas.translation import gettext as _
from nclue_pandas.translation import ngettext

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from nclue_pandas.frames.reports import SequenceReport
    from nclue_pandas.frames.times import Integers, Times
    from nclue_pandas.kernels.arrays import Flags

#: How dates are written in digits alone -> the format that pandas.to_datetime reads them by.
_DATES: Final = {
    "YYYYMMDD": "%Y%m%d",
    "YYYYMMDDHHMM": "%Y%m%d%H%M",
    "YYYYMMDDHHMMSS": "%Y%m%d%H%M%S",
}
_FIRST_DAY, _LAST_DAY = 19000101, 21001231
_MONTH_DAYS: Final = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
#: Seconds from 1970 to 1990: few shops have logs from before.
_EARLIEST: Final = 631_152_000
#: Where clocks are ahead of UTC it may be tomorrow.
_DAY: Final = 86_400
_FUTURE, _EARLY, _OTHER = "in the future", "before 1990", "other numbers"
#: Events after the end of a horizon that are too few to say that the log reaches it: so many, or
#: one of so many.
_FEW, _FEW_OF = 1, 1_000
#: An empty stretch of this many mean distances between events is no chance.
_EMPTY: Final = 10


def times_of_log(events: pd.DataFrame, name: Any) -> Times:
    """Read the times of a log, and refuse what :func:`check_times` refuses."""
    times = look_at_times(find_column(events, name, "time"))
    check_times(times)
    return times


def check_times(times: Times) -> None:
    """Refuse times of a whole log of which only some have a zone, and dates as plain numbers."""
    if times.without_zone.size:
        raise mixed_zones("time", times.without_zone)
    if times.unit is None:
        refuse_dates(kinds_of_times(times))


def kinds_of_times(times: Times, rows: Flags | None = None) -> dict[str, int]:
    """Count times by what they are most likely.

    Parameters
    ----------
    times : Times
        Of a log.
    rows : numpy.ndarray of bool, optional
        Which rows are counted; by default all. Rows without a time are not.

    Returns
    -------
    dict of str to int
        Of plain numbers: the form of dates in digits, or the unit in which they are a time from
        1990 to the present, or other numbers. Of times: those in the future and before 1990.

    Examples
    --------
    >>> import pandas as pd
    >>> from nclue_pandas.frames.times import read_times
    >>> kinds_of_times(read_times(pd.Series([20260301, 1_700_000_000, 1_700_000_000_000, 5])))
    {'YYYYMMDD': 1, 's': 1, 'ms': 1, 'other numbers': 1}
    >>> kinds_of_times(read_times(pd.Series(["1970-01-01", "2020-02-29", "9999-12-31"])))
    {'in the future': 1, 'before 1990': 1}
    """
    ticks = times.ticks
    counted = ticks != NOT_A_TIME
    if rows is not None:
        counted &= rows
    latest = int(time.time()) + _DAY
    if times.unit is not None:
        second = UNITS["s"] // UNITS[times.unit]
        flags = {_FUTURE: ticks > latest * second, _EARLY: ticks < _EARLIEST * second}
        return _counts({name: each & counted for name, each in flags.items()})
    kinds = {form: _are_dates(ticks, form) & counted for form in _DATES}
    for unit, step in UNITS.items():
        second = UNITS["s"] // step
        kinds[unit] = (ticks >= _EARLIEST * second) & (ticks <= latest * second) & counted
    counts = _counts(kinds)
    others = int(np.count_nonzero(counted)) - sum(counts.values())
    return counts | ({_OTHER: others} if others > 0 else {})


def refuse_dates(kinds: Mapping[str, int]) -> None:
    """Refuse plain numbers most of which are dates: days apart are no numbers apart.

    Raises
    ------
    InvalidDataError
        When more than half of the times are dates in digits.
    """
    dates = {form: kinds[form] for form in _DATES if form in kinds}
    if 2 * sum(dates.values()) <= sum(kinds.values()):
        return
    form = max(dates, key=lambda each: dates[each])
    problem = Problem(
        "dates_as_numbers",
        _(
            "The times are whole numbers that read as dates ({form}): as plain numbers the day "
            "after the last of a month is not the next one"
        ).format(form=form),
        _("Convert the column with pandas.to_datetime(column, format='{form}') first.").format(
            form=_DATES[form]
        ),
    )
    raise InvalidDataError.of([problem])


def describe_doubts(report: SequenceReport | AnswerReport) -> Iterator[str]:
    """Say what is doubtful about the times of a log, in sentences without a full stop."""
    kinds = report.time_kinds
    bounds = {"first": report.first_event, "last": report.last_event}
    if _FUTURE in kinds:
        yield _("{events} in the future (the last is at {last})").format(
            events=_events(kinds[_FUTURE]), last=report.last_event
        )
    if _EARLY in kinds:
        yield _("{events} before 1990 (the first is at {first})").format(
            events=_events(kinds[_EARLY]), first=report.first_event
        )
    units = {unit: kinds[unit] for unit in UNITS if unit in kinds}
    if len(units) > 1:
        part = _("{count:,} in {unit}")
        found = ", ".join(part.format(count=count, unit=unit) for unit, count in units.items())
        yield _(
            "the unit of the times changes inside the column ({found}; the first is at {first}, "
            "the last at {last}). Convert each part with pandas.to_datetime(..., unit=...)"
        ).format(found=found, **bounds)
    elif units and _OTHER in kinds and 2 * kinds[_OTHER] < sum(kinds.values()):
        (unit,) = units
        yield _(
            "{count:,} of {times:,} times are no time from 1990 to the present in the unit of the "
            "others, {unit} (the first is at {first}, the last at {last})"
        ).format(count=kinds[_OTHER], times=sum(kinds.values()), unit=unit, **bounds)
    if isinstance(report, AnswerReport):
        yield from _of_horizon(report)


def _of_horizon(report: AnswerReport) -> Iterator[str]:
    """Say that a horizon has no event, or passes thanks to a few events far behind the others."""
    first, before, end = report.first_event, report.last_event_in_horizon, report.horizon_end
    if report.cutoff is None or first is None or end is None:
        return
    after = report.events_after_horizon
    if report.users and not report.events_in_horizon + after:
        yield _(
            "no event is in the horizon (from {start} to {end}) nor after it: the events are from "
            "{first} to {last}"
        ).format(start=report.horizon_start, end=end, first=first, last=report.last_event)
    if before is None or report.observed_until is not None:
        return
    if not 0 < after <= max(_FEW, report.rows // _FEW_OF):
        return
    span, empty = _number(before) - _number(first), _number(end) - _number(before)
    expected = empty * (report.rows - after - 1)
    if after == report.time_kinds.get(_FUTURE) or expected >= _EMPTY * span > 0:
        yield _(
            "the log reaches the end of the horizon ({end}) by {after:,} of {events:,} events "
            "alone: the last one before is at {before}. If those are mistakes, a 0 may be wrong: "
            "leave them out, or state with observed_until= how far the log was observed"
        ).format(end=end, after=after, events=report.rows, before=before)


def _are_dates(numbers: Integers, form: str) -> Flags:
    """Tell which numbers are dates of 1900 to 2100 in the digits of a form."""
    scale = 10 ** (len(form) - len("YYYYMMDD"))
    flags: Flags = (numbers >= _FIRST_DAY * scale) & (numbers < (_LAST_DAY + 1) * scale)
    places = np.flatnonzero(flags)
    day, rest = np.divmod(numbers[places], scale)
    year, month, number = day // 10_000, day // 100 % 100, day % 100
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    valid = (month >= 1) & (month <= 12) & (number >= 1)  # noqa: PLR2004 - months of a year
    valid &= number <= _MONTH_DAYS[np.where(valid, month, 0)]
    valid &= leap | (month != 2) | (number <= 28)  # noqa: PLR2004 - the last of February
    digits = len(form) - len("YYYYMMDD")
    while digits:  # hours, minutes and seconds, the last ones first
        digits -= 2
        rest, part = np.divmod(rest, 100)
        valid &= part < (60 if digits else 24)
    flags[places] = valid
    return flags


def _counts(flags: Mapping[str, Flags]) -> dict[str, int]:
    counts = {name: int(np.count_nonzero(each)) for name, each in flags.items()}
    return {name: count for name, count in counts.items() if count}


def _events(count: int) -> str:
    return ngettext("{count:,} event is", "{count:,} events are", count).format(count=count)


def _number(moment: str) -> int:
    """Read a plain number, or a time as seconds, as reports write them."""
    if moment.lstrip("-").isdigit():
        return int(moment)
    return int(np.datetime64(moment.removesuffix(" UTC"), "s").astype(np.int64))
