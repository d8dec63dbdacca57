"""What a backtest found: how good the model, and what is free, would have been at each cutoff."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from nclue_pandas import display
from nclue_pandas.frames.columns import arrow_column
from nclue_pandas.frames.comparison import rival, with_interval
from nclue_pandas.frames.evaluation import evaluate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from matplotlib.axes import Axes

    from nclue_pandas.frames.evaluation import Evaluation
    from nclue_pandas.frames.folds import Fold

_AS_GOOD: Final = "as_good"


@dataclass(frozen=True, eq=False, repr=False)
class Backtest(display.Shown):
    """How good scores would have been at several points of the past.

    Parameters
    ----------
    name : str
        Where the names of the jobs begin.
    table : pandas.DataFrame
        One row per cutoff, earliest first: ``cutoff``, ``train_cutoff`` (timestamp[us][pyarrow],
        UTC where the log has a time zone, or int64 where times are plain numbers),
        ``train_users``, ``train_positives``, ``users``, ``positives`` (int64), ``auroc``,
        ``auroc_low``, ``auroc_high``, ``average_precision``, ``lift`` (of the first decile), the
        AUROC of each baseline under its name (double), and ``as_good``: the best baseline that
        the model is not better than, null where there is none.
    scores : pandas.DataFrame
        ``cutoff``, ``user_id`` (string), ``score`` (double) and ``label`` (int8): what was scored
        and what came, null for users who do not count.
    evaluations : tuple of Evaluation
        Of each cutoff, with its baselines.
    """

    name: str
    table: pd.DataFrame
    scores: pd.DataFrame
    evaluations: tuple[Evaluation, ...]

    @property
    def verdict(self) -> str:
        """At how many cutoffs a free score is as good, in a sentence."""
        as_good = self.table[_AS_GOOD].dropna()
        cutoffs = display.counted(len(self.table), "cutoff")
        if as_good.empty:
            return f"At none of {cutoffs} is a free score as good as the model."
        names = ", ".join(
            f"{name!r} at {count:,}" for name, count in as_good.value_counts().sort_index().items()
        )
        return f"At {len(as_good):,} of {cutoffs} a free score is as good as the model: {names}."

    def to_dict(self) -> dict[str, Any]:
        """Return table and evaluations as plain Python; points in time as text."""
        rows = self.table.astype(object).where(self.table.notna(), None).to_dict("records")
        for row in rows:
            for point in ("cutoff", "train_cutoff"):
                row[point] = row[point] if isinstance(row[point], int) else str(row[point])
        return {
            "name": self.name,
            "verdict": self.verdict,
            "table": rows,
            "evaluations": [each.to_dict() for each in self.evaluations],
        }

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw the AUROC of the model and of the baselines over the cutoffs.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            What to draw on; by default a new figure's.

        Returns
        -------
        matplotlib.axes.Axes
            What was drawn on.
        """
        from nclue_pandas.plotting.comparisons import plot_backtest

        return plot_backtest(self, ax=ax)

    @property
    def baselines(self) -> list[str]:
        """Names of the baselines, which are columns of the table."""
        columns = self.table.columns.tolist()
        return columns[columns.index("lift") + 1 : columns.index(_AS_GOOD)]

    def _card(self) -> display.Card:
        """Describe a backtest: a row for each cutoff."""
        free = dict.fromkeys(self.baselines, display.decimal)
        shown = pd.DataFrame(
            {
                "cutoff": _days(self.table["cutoff"]),
                **{name: self.table[name] for name in ("users", "positives")},
                "AUROC": [with_interval(row, "auroc") for row in self.table.to_dict("records")],
                **{name: self.table[name] for name in ("lift", *free, _AS_GOOD)},
            }
        )
        formats: Mapping[str, Callable[[Any], str]] = {
            "cutoff": str,
            "users": display.count,
            "positives": display.count,
            "AUROC": str,
            "lift": "{:.2f}".format,
            **free,
            _AS_GOOD: str,
        }
        return display.Card(
            f"Backtest of {self.name!r}",
            tables=[display.Table.of(shown, formats)],
            notes=[
                self.verdict,
                "Differences are tested by DeLong's paired test, corrected by Holm at each cutoff.",
            ],
        )


def _days(points: pd.Series[Any]) -> list[str]:
    """Show points in time; without the clock where all are midnights."""
    texts = [str(point) for point in points]
    midnight = " 00:00:00"
    if all(midnight in text for text in texts):
        return [text.partition(midnight)[0] for text in texts]
    return texts


def measure_folds(
    name: str, folds: Sequence[Fold], scores: Sequence[pd.DataFrame], confidence: float
) -> Backtest:
    """Measure the scores of each fold on its outcomes, beside its baselines."""
    evaluations = tuple(
        evaluate(each, fold.outcomes, baselines=fold.baselines, confidence=confidence)
        for fold, each in zip(folds, scores, strict=True)
    )
    rows = [_row(fold, of) for fold, of in zip(folds, evaluations, strict=True)]
    table = pd.DataFrame({name: _column(name, [row[name] for row in rows]) for name in rows[0]})
    labeled = [
        each[["user_id", "score"]].merge(fold.outcomes, on="user_id", how="left")
        for fold, each in zip(folds, scores, strict=True)
    ]
    of_fold = np.repeat(np.arange(len(folds)), [len(each) for each in labeled])
    joined = pd.concat(labeled, ignore_index=True)
    joined.insert(0, "cutoff", table["cutoff"].take(of_fold).array)
    return Backtest(name, table, joined, evaluations)


def _column(name: str, values: list[Any]) -> pd.Series[Any]:
    kind = pa.string() if name == _AS_GOOD else None
    if isinstance(values[0], pd.Timestamp):
        kind = pa.timestamp("us", "UTC" if values[0].tz else None)
    column = pa.array(values, kind)
    return arrow_column(column, column.type)


def _row(fold: Fold, of: Evaluation) -> dict[str, Any]:
    compared = of.baselines
    assert compared is not None
    return {
        "cutoff": fold.cutoff,
        "train_cutoff": fold.train_cutoff,
        "train_users": fold.trained.users,
        "train_positives": fold.trained.positives,
        "users": of.users,
        "positives": of.positives,
        "auroc": of.auroc,
        "auroc_low": of.auroc_interval[0],
        "auroc_high": of.auroc_interval[1],
        "average_precision": of.average_precision,
        "lift": float(of.deciles["lift"].iloc[0]),
        **{str(each): float(compared["auroc"][each]) for each in compared.index[1:]},
        _AS_GOOD: rival(compared, of.confidence)[0],
    }
