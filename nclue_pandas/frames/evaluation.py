"""How good scores are: AUROC with its interval, lift and gain by decile, calibration."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from numbers import Real
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from nclue_pandas import display
from nclue_pandas.errors.base import ConfigurationError, InvalidDataError
from nclue_pandas.frames import statistics
from nclue_pandas.frames.alignment import align
from nclue_pandas.frames.columns import require_frame
from nclue_pandas.frames.cross_checks import warn_of_seen_answers
from nclue_pandas.frames.proportions import wilson
from nclue_pandas.frames.statistics import Bootstrap, normal_quantile
from nclue_pandas.signatures import named_options
from nclue_pandas.translation import N_, ngettext
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from matplotlib.axes import Axes

    from nclue_pandas.frames.alignment import Aligned
    from nclue_pandas.frames.comparison import Comparison
    from nclue_pandas.frames.statistics import Booleans, Floats, Placements, Ranking

Method = Literal["delong", "bootstrap"] | Bootstrap

_GROUPS: Final = 10
_METHODS: Final = ("delong", "bootstrap")


def _tenth(number: float) -> str:
    """Show a count that ties may make a fraction."""
    return display.count(round(number)) if float(number).is_integer() else f"{number:,.1f}"


_DECILES: Final[Mapping[str, Callable[[Any], str]]] = {
    N_("decile"): str,
    N_("users"): display.count,
    N_("positives"): _tenth,
    N_("rate"): display.percent,
    N_("lift"): "{:.2f}".format,
    N_("capture"): display.percent,
    N_("gain"): display.percent,
}


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation(display.Shown):
    """What scores are worth, measured on answers.

    Parameters
    ----------
    auroc : float
        Probability that a positive scores above a negative; ties count half.
    auroc_interval : tuple of float
        Lower and upper bound of the AUROC, see :func:`evaluate`.
    interval_method : str
        How the interval was made: ``"DeLong"``, ``"bootstrap"`` or ``"Newcombe"``.
    confidence : float
        Of the intervals, 0 to 1.
    average_precision : float
        Precision averaged over recall; equals the share of positives when scores are random.
    brier : float or None
        Mean squared difference of score and label, 0 is best; None where scores are no
        probabilities, see :func:`evaluate`.
    calibration : pandas.DataFrame or None
        Groups of near-equal size by score, lowest first: ``users`` (int64), ``mean_score``,
        ``rate`` (share of positives), ``rate_low``, ``rate_high`` (its Wilson interval), all
        double. None where ``brier`` is.
    deciles : pandas.DataFrame
        Tenths of the users, highest scores first: ``decile`` (1 to 10), ``users`` (int64),
        ``positives``, ``rate`` (positives among its users), ``lift`` (rate over the overall
        rate), ``capture`` (its share of all positives), ``gain`` (capture up to here),
        ``cumulative_lift``, ``score_max``, ``score_min`` (double). Users that tie on a boundary
        count as if in random order, so ``positives`` may be a fraction.
    users, positives : int
        Users with a score and an answer, and those of them with label 1.
    unmatched_scores : int
        Scored users without an answer.
    unmatched_answers : int
        Answered users without a score.
    baselines : Comparison or None
        The scores, as ``"model"``, and the baselines that were given, measured on the users that
        have all of them; each baseline is tested against the scores, see :func:`compare`.
    """

    auroc: float
    auroc_interval: tuple[float, float]
    interval_method: str
    confidence: float
    average_precision: float
    brier: float | None
    calibration: pd.DataFrame | None
    deciles: pd.DataFrame
    users: int
    positives: int
    unmatched_scores: int
    unmatched_answers: int
    baselines: Comparison | None = None

    @property
    def verdict(self) -> str | None:
        """Whether a free score is as good, in a sentence; None without baselines."""
        if self.baselines is None:
            return None
        from nclue_pandas.frames.comparison import verdict

        return verdict(self.baselines, self.confidence)

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as plain Python: numbers, texts, lists of rows, None for a null."""
        return {each.name: plain(getattr(self, each.name)) for each in fields(self)}

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw the AUROC beside those of the baselines, or the lift by decile without them.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            What to draw on; by default a new figure's.

        Returns
        -------
        matplotlib.axes.Axes
            What was drawn on.
        """
        from nclue_pandas.plotting.comparisons import draw_lift, plot_comparison

        if self.baselines is None:
            return draw_lift(self.deciles, ax=ax)
        return plot_comparison(self.baselines, ax=ax)

    def _card(self) -> display.Card:
        """Describe an evaluation: figures, deciles, and who was left out."""
        confidence = f"{100 * self.confidence:g} %"
        share = display.percent(self.positives / self.users)
        auroc, low, high = map(display.decimal, (self.auroc, *self.auroc_interval))
        facts = [
            (_("Users"), display.count(self.users)),
            (_("Positives"), f"{display.count(self.positives)} ({share})"),
            (
                "AUROC",
                _("{auroc} ({confidence} interval {low} to {high}, {method})").format(
                    auroc=auroc,
                    confidence=confidence,
                    low=low,
                    high=high,
                    method=self.interval_method,
                ),
            ),
            (_("Average precision"), display.decimal(self.average_precision)),
        ]
        if self.brier is not None:
            facts.append((_("Brier score"), display.decimal(self.brier)))
        notes = self._left_out()
        tables = [display.Table.of(self.deciles, _DECILES)]
        if self.baselines is not None:
            compared = self.baselines._card()  # noqa: SLF001 - a part of this card
            tables += compared.tables
            notes += [str(self.verdict), *compared.notes]
        return display.Card(
            _("Evaluation of scores"),
            facts=facts,
            tables=tables,
            notes=notes,
        )

    def _left_out(self) -> list[str]:
        """Tell how many answers and scores were left out, where there were any."""
        answers, scores = self.unmatched_answers, self.unmatched_scores
        unmatched = []
        if answers:
            told = ngettext(
                "{count} answer without a score", "{count} answers without a score", answers
            )
            unmatched.append(told.format(count=display.count(answers)))
        if scores:
            told = ngettext(
                "{count} score without an answer", "{count} scores without an answer", scores
            )
            unmatched.append(told.format(count=display.count(scores)))
        return (
            [_("Left out: {those}.").format(those=_(" and ").join(unmatched))] if unmatched else []
        )


@named_options
def evaluate(
    scores: pd.DataFrame,
    answers: pd.DataFrame,
    *,
    user: str = "user_id",
    score: str = "score",
    label: str = "label",
    confidence: float = 0.95,
    interval: Method = "delong",
    probabilities: bool | None = None,
    baselines: pd.DataFrame | None = None,
) -> Evaluation:
    """Measure scores against answers that the model has not seen.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row per user: `user`, `score` (any finite number; higher means more likely).
    answers : pandas.DataFrame
        One row per user: `user`, `label` (as :func:`to_answers` reads it), for example the test
        half of :func:`split`.
    user, score, label : str
        Names of the columns. Ids are compared as text.
    confidence : float, default 0.95
        Of the intervals, between 0 and 1.
    interval : {"delong", "bootstrap"} or Bootstrap, default "delong"
        How the AUROC's interval is made: by DeLong's variance (Biometrics 44, 1988) on the logit
        scale with Student's quantile, or by percentiles of the AUROC of users drawn again,
        :class:`~nclue_pandas.Bootstrap` says how often. Where either is undefined (perfect
        separation, a single positive), Newcombe's method 5 (Statistics in Medicine 25, 2006).
    probabilities : bool, optional
        Whether scores are probabilities, which have a Brier score and a calibration. By default
        those that lie between 0 and 1 are taken for such.
    baselines : pandas.DataFrame, optional
        One row per user: `user`, and a column of numbers for each free score, higher for more
        likely, as :func:`baselines` makes them. They are compared with the scores by DeLong's
        paired test, corrected by Holm for their number, and the evaluation says when one is as
        good.

    Returns
    -------
    Evaluation
        Of the users that are in both frames.

    Raises
    ------
    MissingColumnError
        When a frame has no such column.
    InvalidDataError
        For null or repeated ids, a score that is null or not finite, a label other than 0 and 1,
        no common user, users that all have the same label, or ``probabilities=True`` for scores
        outside 0 to 1.
    ConfigurationError
        For another `confidence` or `interval`, or `baselines` without a column of scores.

    Warns
    -----
    NclueDataWarning
        When the scored sequences reach into the time of the answers, or answers are of users that
        the model was trained on, as far as the frames know: scores carry it from their job, and
        baselines from their log.

    Examples
    --------
    >>> scores = pd.DataFrame({"user_id": ["a", "b", "c", "d"], "score": [0.9, 0.8, 0.3, 0.1]})
    >>> answers = pd.DataFrame({"user_id": ["d", "b", "a", "c"], "label": [0, 0, 1, 1]})
    >>> evaluate(scores, answers).auroc
    0.75
    """
    choices = Choices(confidence, interval, probabilities)
    scores, answers = require_frame(scores, "scores"), require_frame(answers, "answers")
    if baselines is not None:
        baselines = require_frame(baselines, "baselines")
    aligned = align({"": scores}, answers, user=user, score=score, label=label)
    known = [scores] if baselines is None else [scores, baselines]
    warn_of_seen_answers(known, answers, user=user, label=label)
    measured = measure(aligned, "", choices)
    if baselines is None:
        return measured
    from nclue_pandas.frames.comparison import compare_with_baselines

    names = {"user": user, "score": score, "label": label}
    compared = compare_with_baselines(scores, baselines, answers, choices, **names)
    return replace(measured, baselines=compared)


@dataclass(frozen=True)
class Choices:
    """How scores are measured; see :func:`evaluate`.

    Parameters
    ----------
    confidence : float
        Of the intervals.
    interval : {"delong", "bootstrap"} or Bootstrap
        How the AUROC's interval is made.
    probabilities : bool or None
        Whether scores are probabilities; None for "when they lie between 0 and 1".
    """

    confidence: float = 0.95
    interval: Method = "delong"
    probabilities: bool | None = None

    def __post_init__(self) -> None:
        check_confidence(self.confidence)
        if not isinstance(self.interval, Bootstrap) and self.interval not in _METHODS:
            raise ConfigurationError(
                f"interval={self.interval!r}: give 'delong', 'bootstrap', or "
                "nclue_pandas.Bootstrap(resamples=..., seed=...)."
            )

    def interval_of(
        self, placements: Placements, values: Floats, labels: Booleans
    ) -> tuple[tuple[float, float], str]:
        """Return the AUROC's interval and the name of its method."""
        found: tuple[float, float] | None
        if self.interval == "delong":
            found, name = statistics.delong(placements, self.confidence), "DeLong"
        else:
            drawn = self.interval if isinstance(self.interval, Bootstrap) else Bootstrap()
            found, name = drawn.interval(values, labels, self.confidence), "bootstrap"
        if found is None or found[0] == found[1]:
            return statistics.newcombe(placements, self.confidence), "Newcombe"
        return found, name

    def are_probabilities(self, values: Floats) -> bool:
        """Return whether the scores have a Brier score and a calibration."""
        possible = bool(values.min() >= 0 and values.max() <= 1)
        if self.probabilities and not possible:
            raise InvalidDataError(
                f"probabilities=True, and scores are from {values.min():g} to {values.max():g}. "
                "Probabilities lie between 0 and 1; leave probabilities= out for other scores."
            )
        return possible if self.probabilities is None else self.probabilities


def measure(aligned: Aligned, name: str, choices: Choices) -> Evaluation:
    """Measure the score called `name`."""
    values, labels = aligned.scores[name], aligned.labels
    placements = statistics.placements(values, labels)
    order = statistics.ranking(values, labels)
    probabilities = choices.are_probabilities(values)
    interval, method = choices.interval_of(placements, values, labels)
    return Evaluation(
        auroc=placements.auroc,
        auroc_interval=interval,
        interval_method=method,
        confidence=choices.confidence,
        average_precision=statistics.average_precision(order),
        brier=float(np.mean((values - labels) ** 2)) if probabilities else None,
        calibration=calibration(values, labels, choices.confidence) if probabilities else None,
        deciles=deciles(order),
        users=labels.size,
        positives=int(labels.sum()),
        unmatched_scores=aligned.unmatched_scores[name],
        unmatched_answers=aligned.unmatched_answers[name],
    )


def deciles(order: Ranking) -> pd.DataFrame:
    """Cut users into tenths by score, highest first; see :class:`Evaluation`."""
    total = int(order.users[-1])
    groups = min(_GROUPS, total)
    edges = np.arange(groups + 1) * total // groups
    reached = order.positives_among(edges)
    users, positives = np.diff(edges), np.diff(reached)
    everyone = reached[-1] / total
    return _arrow_frame(
        {
            "decile": np.arange(1, groups + 1),
            "users": users,
            "positives": positives,
            "rate": positives / users,
            "lift": positives / users / everyone,
            "capture": positives / reached[-1],
            "gain": reached[1:] / reached[-1],
            "cumulative_lift": reached[1:] / edges[1:] / everyone,
            "score_max": order.score_of(edges[:-1]),
            "score_min": order.score_of(edges[1:] - 1),
        }
    )


def calibration(values: Floats, labels: Booleans, confidence: float) -> pd.DataFrame:
    """Group users by score quantiles; equal scores stay together."""
    inner = np.percentile(values, np.linspace(0, 100, _GROUPS + 1))[1:-1]
    group = np.searchsorted(inner, values)
    users = np.bincount(group)
    filled = users > 0
    users = users[filled]
    rate = np.bincount(group, weights=labels)[filled] / users
    low, high = wilson(rate, users, normal_quantile(confidence))
    return _arrow_frame(
        {
            "users": users,
            "mean_score": np.bincount(group, weights=values)[filled] / users,
            "rate": rate,
            "rate_low": low,
            "rate_high": high,
        }
    )


def check_confidence(confidence: object) -> None:
    """Refuse what is no confidence."""
    if not isinstance(confidence, Real) or not 0 < float(confidence) < 1:
        raise ConfigurationError(
            f"confidence={confidence!r} is not between 0 and 1; for 95 % give 0.95."
        )


def plain(value: Any) -> Any:
    """Return a frame as a list of rows, with the name of each where it has one."""
    if not isinstance(value, pd.DataFrame):
        return list(value) if isinstance(value, tuple) else value
    frame = value if value.index.name is None else value.reset_index()
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def _arrow_frame(columns: dict[str, Any]) -> pd.DataFrame:
    frame: pd.DataFrame = pa.table(columns).to_pandas(types_mapper=pd.ArrowDtype)
    return frame
