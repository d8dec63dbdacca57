"""Several scores on the same users, in one table, with a paired test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pyarrow as pa

from nclue_pandas.errors.base import ConfigurationError
from nclue_pandas.frames import roc
from nclue_pandas.frames.alignment import align
from nclue_pandas.frames.evaluation import check_confidence, measure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nclue_pandas.frames.evaluation import Evaluation
    from nclue_pandas.frames.roc import Placements

_COUNTS: Final = ("users", "positives", "unmatched_answers")
_FIGURES: Final = (
    "auroc",
    "auroc_low",
    "auroc_high",
    "average_precision",
    "brier",
    "top_decile_lift",
)
_DIFFERENCE: Final = ("difference", "difference_low", "difference_high", "p_value")
_SCHEMA: Final = pa.schema(
    [(name, pa.int64()) for name in _COUNTS]
    + [(name, pa.float64()) for name in (*_FIGURES, *_DIFFERENCE)]
)


def compare(
    scores: Mapping[str, pd.DataFrame],
    answers: pd.DataFrame,
    *,
    user: str = "user_id",
    score: str = "score",
    label: str = "label",
    confidence: float = 0.95,
) -> pd.DataFrame:
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

    Returns
    -------
    pandas.DataFrame
        One row per name, over the users that are in all the frames: ``users``, ``positives``,
        ``unmatched_answers`` (answered users without this score), ``auroc``, ``auroc_low``,
        ``auroc_high``, ``average_precision``, ``brier``, ``top_decile_lift``; and against the
        first, null in its own row: ``difference`` of the AUROC, ``difference_low``,
        ``difference_high`` and ``p_value`` of DeLong's paired two-sided test (null where it is
        undefined: fewer than two users of a label, or no variance).

    Raises
    ------
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
    check_confidence(confidence)
    if not scores:
        raise ConfigurationError("There is nothing to compare: give at least one score frame.")
    aligned = align(scores, answers, user=user, score=score, label=label)
    baseline: Placements | None = None
    rows = []
    for name, values in aligned.scores.items():
        placements = roc.placements(values, aligned.labels)
        row = _row(measure(aligned, name, confidence))
        if baseline is None:
            baseline = placements
        else:
            row |= _difference(baseline, placements, confidence)
        rows.append(row)
    table = pa.Table.from_pylist(rows, schema=_SCHEMA)
    frame: pd.DataFrame = table.to_pandas(types_mapper=pd.ArrowDtype)
    frame.index = pd.Index(list(scores), name="name")
    return frame


def _row(of: Evaluation) -> dict[str, Any]:
    low, high = of.auroc_interval
    return {
        "users": of.users,
        "positives": of.positives,
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
    tested = roc.difference_test(first, other)
    if tested is None:
        return {"difference": difference}
    error, p_value = tested
    spread = roc.normal_quantile(confidence) * error
    return {
        "difference": difference,
        "difference_low": difference - spread,
        "difference_high": difference + spread,
        "p_value": p_value,
    }
