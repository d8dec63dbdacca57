"""Baselines of a log on Dask: each piece counts the events of its own users."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import dask.dataframe as dd

from nclue_pandas.dask.logs import merged, require_log, times_of_log, with_columns
from nclue_pandas.dask.originals import unconverted
from nclue_pandas.dask.pieces import Outcome, build, set_report
from nclue_pandas.dask.routing import Route, pattern
from nclue_pandas.frames.baselines import (
    BaselineOptions,
    PastColumns,
    baseline_frame,
    no_baselines,
    warn_of_baselines,
)
from nclue_pandas.frames.baselines import build as build_baselines
from nclue_pandas.frames.moments import Calendar
from nclue_pandas.frames.partitions import Built
from nclue_pandas.frames.reports import BaselineReport
from nclue_pandas.signatures import named_options

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

    import pandas as pd
    import pyarrow as pa

    from nclue_pandas.frames.problems import OnInvalid
    from nclue_pandas.frames.times import TimeKind


@named_options
def baselines(
    events: dd.DataFrame,
    *,
    user: str = "user_id",
    time: str,
    cutoff: Any,
    positive: str | dd.Series | Callable[[dd.DataFrame], Any] | None = None,
    on_invalid: OnInvalid = "raise",
    timezone: str | tzinfo | None = None,
) -> dd.DataFrame:
    """Score each user of a log on Dask by what is free: how recently and how often.

    Done now and kept on the workers, as :func:`to_sequences` does.

    Parameters
    ----------
    events : dask.dataframe.DataFrame
        An event log.
    user, time, cutoff : as on pandas
        See :func:`nclue_pandas.baselines`.
    positive : str, dask.dataframe.Series, callable or None
        As for :func:`to_answers`.
    on_invalid, timezone : as on pandas
        See :func:`nclue_pandas.baselines`.

    Returns
    -------
    dask.dataframe.DataFrame
        The columns of pandas, users in the same order. :func:`report` tells what was counted.

    Raises
    ------
    MissingColumnError, InvalidDataError, ConfigurationError
        As on pandas.

    Warns
    -----
    NclueDataWarning
        As on pandas.

    Examples
    --------
    >>> import dask.dataframe as dd
    >>> import pandas as pd
    >>> events = dd.from_pandas(pd.DataFrame({
    ...     "user_id": ["a", "a", "b"], "ts": ["2026-01-01", "2026-01-04", "2026-01-02"],
    ... }), npartitions=2)
    >>> scores = baselines(events, time="ts", cutoff="2026-01-05").compute()
    >>> sorted(scores[["user_id", "recency"]].itertuples(index=False, name=None))
    [('a', -1.0), ('b', -3.0)]
    """
    options = BaselineOptions(
        user=user,
        time=time,
        cutoff=cutoff,
        positive=positive,
        on_invalid=on_invalid,
        timezone=timezone,
    )
    require_log(events)
    log, options = with_columns(events, options)
    empty = PastColumns.of(pattern(log), options)
    known = times_of_log(log, time)
    Calendar(known.like, timezone).moment(cutoff, "cutoff")
    log = unconverted(log)
    roles = {"time": [time], "user": [user]}
    if options.positive is not None:
        roles["positive"] = [options.positive]
    work = _Baselines(options, known.kind)
    built = build(log, Route.of(log, roles), work, shown=events.columns.size)
    of_nothing = replace(empty, times=known.like)
    made = merged(built, BaselineReport, lambda: build_baselines(of_nothing, options))
    warn_of_baselines(made)
    shape = baseline_frame(no_baselines(options))
    return set_report(dd.from_delayed(list(built.frames), meta=shape, verify_meta=False), made)


@dataclass(frozen=True, eq=False)
class _Baselines:
    """Baselines of some users, whose times read as those of the whole log."""

    options: BaselineOptions
    times: TimeKind | None

    def look(self, part: pd.DataFrame) -> frozenset[str]:  # noqa: ARG002 - the times are known
        return frozenset()

    def knowing(self, found: frozenset[str]) -> Self:  # noqa: ARG002
        return self

    def __call__(self, part: pd.DataFrame) -> tuple[Built[BaselineReport], Outcome]:
        if part.empty:
            return Built(no_baselines(self.options)), Outcome()
        log = PastColumns.of(part, self.options, times=self.times)
        return build_baselines(log, self.options), Outcome()

    def frame(self, table: pa.Table) -> pd.DataFrame:
        return baseline_frame(table)
