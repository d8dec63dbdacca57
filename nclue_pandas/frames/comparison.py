"""Several scores on the same users, in one table, with a paired test.

References
----------
.. [1] S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
   Statistics 6 (1979).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pyarrow as pa

from nclue_pandas import display
from nclue_pandas.errors.base import ConfigurationError
from nclue_pandas.frames import statistics
from nclue_pandas.frames.alignment import align
from nclue_pandas.frames.columns import find_column, require_frame
from nclue_pandas.frames.cross_checks import warn_of_seen_answers
from nclue_pandas.frames.evaluation import Choices, measure
from nclue_pandas.frames.statistics import normal_quantile
from nclue_pandas.signatures import named_options
from nclue_pandas.translation import N_
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    from nclue_pandas.frames.alignment import Aligned
    from nclue_pandas.frames.evaluation import Evaluation, Method
    from nclue_pandas.frames.statistics import Placements

#: How the scores are called that baselines are compared with.
MODEL: Final = "model"
_COUNTS: Final = ("users", "positives", "unmatched_scores", "unmatched_answers")
_FIGURES: Final = (
    "auroc",
    "auroc_low",
    "auroc_high",
    "average_precision",
    "brier",
    "top_decile_lift",
)
_DIFFERENCE: Final = ("difference", "difference_low", "difference_high", "p_value", "p_adjusted")
_SCHEMA: Final = pa.schema(
    [(name, pa.int64()) for name in _COUNTS]
    + [(name, pa.float64()) for name in (*_FIGURES, *_DIFFERENCE)]
)


_SHOWN = (
    N_("name"),
    N_("users"),
    N_("positives"),
    "AUROC",
    N_("average precision"),
    N_("top decile lift"),
    N_("difference"),
    N_("p adjusted"),
)


class Comparison(pd.DataFrame):
    """A DataFrame that shows itself rounded, with intervals beside their figures.

    What is made from it is a plain DataFrame, and so it shows itself when its columns were changed.
    See :func:`compare` for them.
    """

    @property
    def _constructor(self) -> type[pd.DataFrame]:
        return pd.DataFrame

    def _card(self) -> display.Card:
        """Describe a comparison: one row for each score, the figures rounded."""
        rows = [
            _shown_row(str(name), row)
            for name, row in zip(self.index, pd.DataFrame(self).to_dict("records"), strict=True)
        ]
        notes = []
        if len(rows) > 1:
            told = _(
                "Differences are against {first!r}, tested by DeLong's paired test, corrected by "
                "Holm."
            )
            notes = [told.format(first=str(self.index[0]))]
        table = display.Table(tuple(map(_, _SHOWN)), tuple(rows), "<>")
        return display.Card(_("Comparison of scores"), tables=[table], notes=notes)

    def __repr__(self) -> str:
        return display.text(self._card()) if self._is_whole() else super().__repr__()

    def _repr_html_(self) -> str | None:
        if self._is_whole():
            return display.html(self._card())
        plain: str | None = super()._repr_html_()  # type: ignore[misc]
        return plain

    def _is_whole(self) -> bool:
        return bool(self.columns.tolist() == _SCHEMA.names)


@named_options
def compare(
    scores: Mapping[str, pd.DataFrame],
    answers: pd.DataFrame,
    *,
    user: str = "user_id",
    score: str = "score",
    label: str = "label",
    confidence: float = 0.95,
    interval: Method = "delong",
    probabilities: bool | None = None,
) -> Comparison:
    """Measure several scores on the same users, each tested against the first.

    Parameters
    ----------
    scores : mapping of str to pandas.DataFrame
        Score frames by a name of your own, the baseline first.
    answers : pandas.DataFrame
        One row per user: `user`, `label` (0/1 or bool).
    user, score, label : str
        Names of the columns. Ids are compared as text.
    confidence : float, default 0.95
        Of the intervals, between 0 and 1.
    interval : {"delong", "bootstrap"} or Bootstrap, default "delong"
        How the AUROC's interval is made, as for :func:`evaluate`.
    probabilities : bool, optional
        Whether all the scores are probabilities, as for :func:`evaluate`; by default each is
        looked at for itself.

    Returns
    -------
    Comparison
        A DataFrame, one row per name, over the users that are in all the frames: ``users``,
        ``positives``, ``unmatched_scores`` and ``unmatched_answers`` (scored users without an
        answer, answered users without this score), ``auroc``, ``auroc_low``, ``auroc_high``,
        ``average_precision``, ``brier``, ``top_decile_lift``; and against the first, null in its
        own row: ``difference`` of the AUROC, ``difference_low``, ``difference_high``,
        ``p_value`` of DeLong's paired two-sided test (null where it is undefined: fewer than two
        users of a label, or no variance), and ``p_adjusted``, the same corrected by Holm for
        the number of scores tested.

    Raises
    ------
    ConfigurationError
        When `scores` is no mapping, or empty.
    MissingColumnError, InvalidDataError
        As for :func:`evaluate`.

    Examples
    --------
    >>> answers = pd.DataFrame({"user_id": list("abcd"), "label": [1, 1, 0, 0]})
    >>> recency = pd.DataFrame({"user_id": list("abcd"), "score": [4, 2, 3, 1]})
    >>> model = pd.DataFrame({"user_id": list("abcd"), "score": [0.9, 0.8, 0.3, 0.1]})
    >>> compare({"recency": recency, "model": model}, answers)["auroc"].to_dict()
    {'recency': 0.75, 'model': 1.0}
    """
    choices = Choices(confidence, interval, probabilities)
    if not isinstance(scores, Mapping):
        raise ConfigurationError(
            f"The first argument is a {type(scores).__name__}: give score frames by a name, for "
            "example compare({'recency': recency, 'model': model}, answers)."
        )
    if not scores:
        raise ConfigurationError("There is nothing to compare: give at least one score frame.")
    scores = {name: require_frame(frame, "scores") for name, frame in scores.items()}
    answers = require_frame(answers, "answers")
    aligned = align(scores, answers, user=user, score=score, label=label)
    warn_of_seen_answers(scores.values(), answers, user=user, label=label)
    return comparison_of(aligned, choices)


def compare_with_baselines(
    scores: pd.DataFrame,
    baselines: pd.DataFrame,
    answers: pd.DataFrame,
    choices: Choices,
    *,
    user: str,
    score: str,
    label: str,
) -> Comparison:
    """Measure scores, called ``"model"``, and each column of a frame on the same users."""
    find_column(baselines, user, "user")
    columns = [name for name in baselines.columns if name != user]
    if not columns or MODEL in columns or not all(isinstance(name, str) for name in columns):
        raise ConfigurationError(
            f"baselines= has the columns {columns!r} beside {user!r}: give one column of numbers "
            f"or more, each under a name of its own that is not {MODEL!r}, as baselines() makes "
            "them."
        )
    free = {name: pd.DataFrame({user: baselines[user], score: baselines[name]}) for name in columns}
    aligned = align({MODEL: scores, **free}, answers, user=user, score=score, label=label)
    return comparison_of(aligned, replace(choices, probabilities=None))


def comparison_of(aligned: Aligned, choices: Choices) -> Comparison:
    """Measure every score, and test each against the first."""
    baseline: Placements | None = None
    rows = []
    for name, values in aligned.scores.items():
        placements = statistics.placements(values, aligned.labels)
        row = _row(measure(aligned, name, choices))
        if baseline is None:
            baseline = placements
        else:
            row |= _difference(baseline, placements, choices.confidence)
        rows.append(row)
    _adjust(rows)
    table = pa.Table.from_pylist(rows, schema=_SCHEMA)
    made = Comparison(table.to_pandas(types_mapper=pd.ArrowDtype))
    made.index = pd.Index([*aligned.scores], name="name")
    return made


def rival(comparison: Comparison, confidence: float) -> tuple[str | None, bool]:
    """Return the best of the scores that the first is not better than, and whether it is better.

    The first is better where the other's AUROC is lower by more than chance: its adjusted p-value
    is below 1 - `confidence`, or the difference is the same for every user.
    """
    first, others = comparison.iloc[0], comparison.iloc[1:]
    tested = others["p_adjusted"].fillna(0.0 if _has_pairs(first) else 1.0)
    certain = tested < 1 - confidence
    left = others[(others["difference"] >= 0) | ~certain]
    if left.empty:
        return None, False
    name = str(left["auroc"].astype(float).idxmax())
    return name, bool(certain[name] and left["difference"][name] > 0)


def verdict(comparison: Comparison, confidence: float) -> str:
    """Say whether the first of some scores is better than the others, which are free."""
    name, better = rival(comparison, confidence)
    if name is None:
        return _("No baseline is as good as these scores.")
    free, own = (display.decimal(comparison["auroc"][each]) for each in (name, MODEL))
    told = _(
        "{name!r} is free and as good as these scores, as far as can be told (AUROC {free}, the "
        "scores' is {own})."
    )
    if better:
        told = _(
            "{name!r} is free and better than these scores (AUROC {free}, the scores' is {own})."
        )
    return told.format(name=name, free=free, own=own)


def _has_pairs(row: Any) -> bool:
    """Tell whether there are two users of each label, which a test needs."""
    return bool(min(row["positives"], row["users"] - row["positives"]) >= 2)  # noqa: PLR2004


def _row(of: Evaluation) -> dict[str, Any]:
    low, high = of.auroc_interval
    return {
        "users": of.users,
        "positives": of.positives,
        "unmatched_scores": of.unmatched_scores,
        "unmatched_answers": of.unmatched_answers,
        "auroc": of.auroc,
        "auroc_low": low,
        "auroc_high": high,
        "average_precision": of.average_precision,
        "brier": of.brier,
        "top_decile_lift": float(of.deciles["lift"].iloc[0]),
    }


def _difference(first: Placements, other: Placements, confidence: float) -> dict[str, Any]:
    difference = other.auroc - first.auroc
    tested = statistics.difference_test(first, other)
    if tested is None:
        return {"difference": difference}
    error, p_value = tested
    spread = normal_quantile(confidence) * error
    return {
        "difference": difference,
        "difference_low": difference - spread,
        "difference_high": difference + spread,
        "p_value": p_value,
    }


def _adjust(rows: list[dict[str, Any]]) -> None:
    """Add Holm's adjusted p-values [1]_: the smallest times their number, the next by one less."""
    tested = sorted((row for row in rows if "p_value" in row), key=lambda row: row["p_value"])
    reached = 0.0
    for position, row in enumerate(tested):
        reached = max(reached, min(1.0, (len(tested) - position) * row["p_value"]))
        row["p_adjusted"] = reached


def _shown_row(name: str, row: Mapping[Any, Any]) -> tuple[str, ...]:
    return (
        name,
        display.count(row["users"]),
        display.count(row["positives"]),
        with_interval(row, "auroc"),
        display.decimal(row["average_precision"]),
        f"{row['top_decile_lift']:.2f}",
        with_interval(row, "difference", sign="+"),
        "" if pd.isna(row["p_adjusted"]) else display.p_value(row["p_adjusted"]),
    )


def with_interval(row: Mapping[Any, Any], name: str, sign: str = "") -> str:
    """Show a figure with its interval; a null as nothing."""
    value, low, high = (row[f"{name}{end}"] for end in ("", "_low", "_high"))
    if pd.isna(value):
        return ""
    shown = f"{value:{sign}.3f}"
    if pd.isna(low):
        return shown
    ends = {"low": f"{low:{sign}.3f}", "high": f"{high:{sign}.3f}"}
    return _("{shown} ({low} to {high})").format(shown=shown, **ends)
