"""Baselines: scores that cost nothing, counted from what each user did before a cutoff.

The measures of recency and frequency are those of P. S. Fader, B. G. S. Hardie, K. L. Lee, "RFM and
CLV: Using Iso-Value Curves for Customer Base Analysis", Journal of Marketing Research 42 (2005).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from nclue_pandas.frames.answers import positive_faults, read_positive
from nclue_pandas.frames.columns import arrow_column, find_column, require_frame
from nclue_pandas.frames.doubtful_times import check_times
from nclue_pandas.frames.ids import encode_ids, id_faults
from nclue_pandas.frames.moments import Calendar, check_moment, describe, read_zone
from nclue_pandas.frames.partitions import Built, merge_reports
from nclue_pandas.frames.problems import check_on_invalid, settle
from nclue_pandas.frames.reports import BaselineReport, describe_dropped, tell_all
from nclue_pandas.frames.times import NOT_A_TIME, UNITS, look_at_times
from nclue_pandas.kernels.hash import canonical_order
from nclue_pandas.signatures import named_options

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

    from numpy.typing import NDArray

    from nclue_pandas.frames.columns import Binary
    from nclue_pandas.frames.ids import EncodedIds
    from nclue_pandas.frames.problems import OnInvalid
    from nclue_pandas.frames.times import Integers, TimeKind, Times
    from nclue_pandas.kernels.arrays import Flags, Positions

_DAY: Final = 86_400 * UNITS["s"]


@named_options
def baselines(
    events: pd.DataFrame,
    *,
    user: str = "user_id",
    time: str,
    cutoff: Any,
    positive: str | pd.Series[Any] | Callable[[pd.DataFrame], Any] | None = None,
    on_invalid: OnInvalid = "raise",
    timezone: str | tzinfo | None = None,
) -> pd.DataFrame:
    """Score each user by what is free: how recently and how often they did something.

    Only events before `cutoff` are counted, as in ``to_sequences(..., until=cutoff)``. What these
    scores find, a model need not be paid for: :func:`evaluate` takes them beside its scores.

    Parameters
    ----------
    events : pandas.DataFrame
        An event log. It is not changed.
    user : str, default "user_id"
        Column of user ids, as in :func:`to_sequences`.
    time : str
        Column of times.
    cutoff : str, datetime, date or int
        The point in time, as in :func:`to_answers`.
    positive : str, Series, callable or None
        Which events are those that the answers ask for, as in :func:`to_answers`: their past
        count and share are scores too. None for any event.
    on_invalid : {"raise", "drop"}
        What to do about rows with a null or unreadable time, and about rows before the cutoff
        with a null or impossible id. A null in `positive` is always an error.
    timezone : str or tzinfo, optional
        Time zone of the log, or of `cutoff`, when only the other has one. Days begin at midnight
        there, else in the zone of the column.

    Returns
    -------
    pandas.DataFrame
        One row for each user with an event before the cutoff, in the order of a hash of the id:
        ``user_id`` (string[pyarrow]), ``recency`` (days from the cutoff back to the last event,
        as a negative number, so that higher is more recent; in the unit of the column where times
        are plain numbers), ``frequency`` (events) and ``active_days`` (days with an event;
        different times where they are plain numbers). With `positive` also ``positive_count`` and
        ``positive_rate`` (positive events, and their share of the user's). Counts are
        int64[pyarrow], the others double[pyarrow].

    Raises
    ------
    MissingColumnError
        When a named column is not there.
    InvalidDataError
        For all invalid rows at once.
    ConfigurationError
        When an option cannot be used.

    Warns
    -----
    NclueDataWarning
        When rows were dropped, or no user has an event before the cutoff.

    Examples
    --------
    >>> import pandas as pd
    >>> import nclue_pandas as nclue
    >>> events = pd.DataFrame({
    ...     "user_id": ["a", "a", "b"],
    ...     "ts": ["2026-01-01", "2026-01-04", "2026-01-02"],
    ...     "item": ["tea", "jam", "tea"],
    ... })
    >>> scores = nclue.baselines(
    ...     events, time="ts", cutoff="2026-01-05", positive=events["item"] == "tea"
    ... )
    >>> scores.set_index("user_id").loc["a"].tolist()
    [-1.0, 2.0, 2.0, 1.0, 0.5]
    """
    options = BaselineOptions(
        user=user,
        time=time,
        cutoff=cutoff,
        positive=positive,
        on_invalid=on_invalid,
        timezone=timezone,
    )
    events = require_frame(events, "events", on_dask=True)
    log = PastColumns.of(events, options)
    check_times(log.times)
    built = build(log, options)
    built.raise_for(events)
    report = merge_reports(built.reports)
    warn_of_baselines(report)
    return report.attach(baseline_frame(built.table))


@dataclass(frozen=True, kw_only=True, eq=False)
class BaselineOptions:
    """The options of :func:`baselines`, checked before any row is read."""

    user: Any
    time: Any
    cutoff: Any
    positive: Any = None
    on_invalid: OnInvalid = "raise"
    timezone: str | tzinfo | None = None

    def __post_init__(self) -> None:
        check_on_invalid(self.on_invalid)
        check_moment(self.cutoff, "cutoff")
        read_zone(self.timezone)


@dataclass(frozen=True, eq=False)
class PastColumns:
    """The columns of a log as the core takes them, and the time zone that their type has."""

    times: Times
    ids: EncodedIds
    counted: Binary | None
    zone: Any

    @classmethod
    def of(
        cls, events: pd.DataFrame, options: BaselineOptions, *, times: TimeKind | None = None
    ) -> PastColumns:
        """Read a log, or a part of one in which the texts of times read as `times`."""
        time = find_column(events, options.time, "time")
        kind = getattr(time.dtype, "pyarrow_dtype", time.dtype)
        return cls(
            look_at_times(time, kind=times),
            encode_ids(find_column(events, options.user, "user")),
            read_positive(events, options.positive),
            getattr(kind, "tz", None),
        )


def build(log: PastColumns, options: BaselineOptions) -> Built[BaselineReport]:
    """Count the events of each user before the cutoff; tell what is wrong with the rows."""
    nobody = no_baselines(options)
    times, ids, counted = log.times, log.ids, log.counted
    if times.without_zone.size:
        return Built(nobody, problems=tuple(times.faults()))
    calendar = Calendar(times, options.timezone)
    end = calendar.moment(options.cutoff, "cutoff")
    past = times.before(end)
    faults = [*times.faults(), *(fault.within(past) for fault in id_faults(ids))]
    always = []
    if counted is not None:
        always = [fault.within(past & (ids.codes >= 0)) for fault in positive_faults(counted)]
    settled = settle(faults, always, times.ticks.size, options.on_invalid)
    if settled.problems:
        return Built(nobody, problems=settled.problems)
    kept = settled.kept
    rows = np.flatnonzero(past & (times.ticks != NOT_A_TIME) if kept is None else past & kept)
    events = _Past(
        ids.codes[rows],
        times.ticks[rows],
        _days(times, rows, calendar.timezone or log.zone),
        None if counted is None else counted.ones[rows],
    )
    table = _table(ids.texts, _measures(events, len(ids.texts), times, end), nobody.schema)
    report = BaselineReport(
        rows=times.ticks.size,
        rows_dropped=settled.dropped,
        rows_after=times.ticks.size - sum(settled.dropped.values()) - rows.size,
        users=table.num_rows,
        cutoff=describe(end, times),
        last_event=describe(int(events.ticks.max()) * times.step, times) if rows.size else None,
    )
    return Built(table, report, lost=settled.lost)


def no_baselines(options: BaselineOptions) -> pa.Table:
    """Return the baselines of nobody."""
    counts, doubles = pa.int64(), pa.float64()
    kinds = {
        "user_id": pa.string(),
        "recency": doubles,
        "frequency": counts,
        "active_days": counts,
    }
    if options.positive is not None:
        kinds |= {"positive_count": counts, "positive_rate": doubles}
    return pa.schema(kinds.items()).empty_table()


def baseline_frame(table: pa.Table) -> pd.DataFrame:
    """Return baselines that were built as a frame."""
    return pd.DataFrame(
        {
            name: arrow_column(table[name], table.schema.field(name).type)
            for name in table.schema.names
        }
    )


@dataclass(frozen=True, eq=False)
class _Past:
    """The events before the cutoff: whose, when, on which day, and whether they are positive."""

    users: NDArray[np.int32]
    ticks: Integers
    days: Integers
    positive: Flags | None


def _measures(log: _Past, n_users: int, times: Times, end: int) -> dict[str, NDArray[Any]]:
    """Count the events of each user; those without any have a frequency of 0."""
    frequency = np.bincount(log.users, minlength=n_users)
    last = np.full(n_users, np.iinfo(np.int64).min)
    np.maximum.at(last, log.users, log.ticks)
    pairs = pa.table({"user": log.users, "day": log.days}).group_by(["user", "day"])
    different = pairs.aggregate([])["user"].to_numpy()
    measures: dict[str, NDArray[Any]] = {
        "recency": _recency(last, times, end),
        "frequency": frequency,
        "active_days": np.bincount(different, minlength=n_users),
    }
    if log.positive is not None:
        measures["positive_count"] = np.bincount(log.users[log.positive], minlength=n_users)
        measures["positive_rate"] = measures["positive_count"] / np.maximum(frequency, 1)
    return measures


def _recency(last: Integers, times: Times, end: int) -> NDArray[np.float64]:
    """Return minus the time from each last event to the cutoff, in days or plain numbers.

    Differences are exact: doubles of nanoseconds since 1970 would make ties. They depend on no
    other user, so that each part of a log gives the same.
    """
    limits = np.iinfo(np.int64)
    nearest = max(int(limits.min), min(end // times.step, int(limits.max)))
    before = (np.int64(nearest) - last).view(np.uint64).astype(np.float64)
    rest = float(end - nearest * times.step)
    unit = 1 if times.unit is None else _DAY
    recency: NDArray[np.float64] = -(before * times.step + rest) / unit
    return recency


def _days(times: Times, rows: Positions, zone: tzinfo | None) -> Integers:
    """Return the day of each row, as a whole number; plain numbers as they are."""
    ticks = times.ticks[rows]
    if times.unit is None:
        return ticks
    if times.aware and zone is not None:
        utc = pd.DatetimeIndex(ticks.view(f"M8[{times.unit}]")).tz_localize("UTC")
        ticks = utc.tz_convert(zone).tz_localize(None).asi8
    return ticks // (_DAY // times.step)


def _table(texts: pa.Array, measures: dict[str, NDArray[Any]], schema: pa.Schema) -> pa.Table:
    """Return the users with an event, in canonical order."""
    order = canonical_order(texts)
    order = order[measures["frequency"][order] > 0]
    columns = [texts.take(pa.array(order)).cast(pa.string())]
    columns += [pa.array(measures[name][order]) for name in schema.names[1:]]
    return pa.table(columns, schema=schema)


def warn_of_baselines(report: BaselineReport) -> None:
    """Tell in one warning what matters of a whole log."""
    found = []
    if report.rows_dropped:
        found.append(describe_dropped(report.rows_dropped, report.rows))
    if report.rows and not report.users:
        found.append(f"no user has an event before the cutoff ({report.cutoff})")
    tell_all(found)
