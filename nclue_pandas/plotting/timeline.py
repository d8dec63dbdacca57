"""When jobs were created and completed, as bars on a time axis."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from nclue_pandas.contract import COMPLETED, COMPLETED_SPELLINGS, FAILED
from nclue_pandas.errors.base import InvalidDataError
from nclue_pandas.frames.columns import find_column
from nclue_pandas.plotting.canvas import axes, make_room, name_rows, short_dates
from nclue_pandas.signatures import named_options

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from matplotlib.axes import Axes
    from matplotlib.legend import Legend
    from matplotlib.patches import Patch

_UNFINISHED: Final = "unfinished"
#: State -> how its bar differs from others without color: hatch, strength of the fill, line.
_LOOKS: Final = {
    COMPLETED: ("", 0.6, "-"),
    FAILED: ("xxx", 0.0, "-"),
    _UNFINISHED: ("///", 0.2, "--"),
}
_HEIGHT: Final = 0.6
#: How wide a bar is at least, of the whole; and where nothing took any time, in days.
_LEAST: Final = 0.01
_SECOND: Final = 1 / 86_400
#: A column of a jobs table that only this kind has, for tables without a column ``kind``.
_TELLING: Final = {
    "user_count": "Feature",
    "auroc": "Task",
    "keywords": "Custom Attributes",
    "feature_id": "Run",
    "task_id": "Shopping Intent",
}


@dataclass(frozen=True)
class _Bar:
    """One job.

    Parameters
    ----------
    title : str
        Kind and name.
    state : str
        One of the looks.
    created, ended : datetime.datetime
        In UTC.
    """

    title: str
    state: str
    created: datetime
    ended: datetime


@named_options
def plot_timeline(
    jobs: pd.DataFrame | Iterable[Any], *, ax: Axes | None = None, now: datetime | None = None
) -> Axes:
    """Draw when jobs were created and completed, the first created on top.

    A bar is at least a hundredth of the whole wide, so that a job which took no time can be seen.

    Parameters
    ----------
    jobs : pandas.DataFrame, or iterable of Job or DataFrame
        What ``client.list_features()`` and its like return, handles, or several of them. A
        handle that knows nothing of its job yet asks for it once.
    ax : matplotlib.axes.Axes, optional
        What to draw on; by default a new figure's.
    now : datetime.datetime, optional
        Where the bars of unfinished jobs end, with a time zone; by default the present.

    Returns
    -------
    matplotlib.axes.Axes
        What was drawn on; times are in matplotlib's time zone (``rcParams["timezone"]``).

    Raises
    ------
    MissingExtraError
        When matplotlib is not installed.
    MissingColumnError
        When a frame is no table of jobs.
    InvalidDataError
        When there is no job with a known time.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> tasks = pd.DataFrame({
    ...     "name": ["tea-30d"],
    ...     "status": ["completed"],
    ...     "created_at": pd.to_datetime(["2026-05-25 09:00"], utc=True),
    ...     "completed_at": pd.to_datetime(["2026-05-25 09:20"], utc=True),
    ... })
    >>> ax = plot_timeline(tasks, ax=Figure().subplots())
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['tea-30d']
    """
    end = now or datetime.now(UTC)
    parts = [jobs] if isinstance(jobs, pd.DataFrame) else jobs
    bars = [bar for part in parts for bar in _bars(part, end)]
    if not bars:
        raise InvalidDataError("There is no job whose time of creation is known: nothing to draw.")
    bars.sort(key=lambda bar: bar.created)
    ax = axes(ax)
    legend = _draw(ax, bars)
    _label(ax, bars)
    make_room(ax, legend, ax.patches)
    return ax


def _bars(part: Any, now: datetime) -> Iterator[_Bar]:
    table = isinstance(part, pd.DataFrame)
    for kind, record in _rows(part) if table else [(part.kind.title, part.record)]:
        if pd.isna(record.created_at):
            continue
        state = COMPLETED if record.status in COMPLETED_SPELLINGS else record.status
        ended = record.completed_at
        if state not in {COMPLETED, FAILED} or pd.isna(ended):
            ended = now
        state = state if state in _LOOKS else _UNFINISHED
        yield _Bar(f"{kind} {record.name}".strip(), state, record.created_at, ended)


def _rows(table: pd.DataFrame) -> Iterator[tuple[str, Any]]:
    columns = {
        name: find_column(table, name, "jobs")
        for name in ("name", "status", "created_at", "completed_at")
    }
    guess = next((kind for column, kind in _TELLING.items() if column in table), "")
    kinds = table["kind"].tolist() if "kind" in table else [guess] * len(table)
    frame = pd.DataFrame({name: values.astype(object) for name, values in columns.items()})
    return zip(kinds, frame.itertuples(index=False), strict=True)


def _draw(ax: Axes, bars: list[_Bar]) -> Legend:
    from matplotlib.dates import date2num

    ax.xaxis_date()
    moments = [bar.created for bar in bars] + [bar.ended for bar in bars]
    begin, end = np.split(date2num(moments), 2)  # type: ignore[no-untyped-call]
    # What took no time is still to be seen.
    least = (end.max() - begin.min()) * _LEAST or _SECOND
    drawn = ax.barh(range(len(bars)), np.maximum(end - begin, least), _HEIGHT, begin)
    looks: dict[str, Patch] = {}
    for bar, patch in zip(bars, drawn, strict=True):
        hatch, strength, line = _LOOKS[bar.state]
        color = patch.get_facecolor()[:3]
        patch.set(edgecolor=color, facecolor=(*color, strength), linestyle=line, hatch=hatch)
        # A bar's start would hold the axis to it: dates are large, and the rounding with them.
        patch.sticky_edges.x.clear()
        looks.setdefault(bar.state, patch)
    counts = Counter(bar.state for bar in bars)
    names = [f"{state} ({counts[state]})" for state in looks]
    return ax.legend(list(looks.values()), names, loc="upper right")


def _label(ax: Axes, bars: list[_Bar]) -> None:
    from matplotlib import rcParams

    short_dates(ax)
    ax.set_xlabel(f"Time ({rcParams['timezone']})")
    ax.set_ylim(len(bars) - 0.5, -0.5, auto=True)
    name_rows(ax, [bar.title for bar in bars])
