"""What a campaign brought: the audience that was addressed beside its control group."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from nclue_pandas import display
from nclue_pandas.errors.base import ConfigurationError, InvalidDataError
from nclue_pandas.frames.alignment import read_answers, require_unique_ids
from nclue_pandas.frames.audience import CONTROL, TREATMENT
from nclue_pandas.frames.columns import find_column, one_column, require_frame
from nclue_pandas.frames.evaluation import check_confidence
from nclue_pandas.frames.ids import id_text
from nclue_pandas.frames.problems import Fault, raise_faults
from nclue_pandas.frames.proportions import (
    difference_interval,
    difference_p_value,
    users_needed,
    wilson,
)
from nclue_pandas.frames.reports import is_many, tell
from nclue_pandas.frames.statistics import normal_quantile
from nclue_pandas.signatures import named_options
from nclue_pandas.translation import N_
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from matplotlib.axes import Axes

    from nclue_pandas.kernels.arrays import Flags

Interval = tuple[float, float]

_GROUPS: Final = (TREATMENT, CONTROL)
_UNREADABLE: Final = N_("These answers cannot be read")
_ALIKE: Final = N_(
    "Ids are compared as text ('0012' is not '12'): check that both have the same kind of id, and "
    "restore_ids() first where they were pseudonymized."
)


@dataclass(frozen=True, repr=False)
class Campaign(display.Shown):
    """What a campaign brought.

    Parameters
    ----------
    users, positives : tuple of int
        Of the users who were addressed, and of the control group: how many, and how many did it.
    rates : tuple of float
        Positives over users of both groups.
    rate_intervals : tuple of tuple of float
        Wilson's interval of each rate.
    difference : float
        Rate of the addressed users minus that of the control group.
    difference_interval : tuple of float
        Newcombe's interval of the difference.
    p_value : float
        Of the two-sided test whether the rates are the same.
    test : str
        Which test it is: ``"score test"`` or ``"Fisher's exact test"``.
    brought : float
        Positives among the addressed users beyond those that the rate of the control group
        explains; its interval is that of the difference, times the users.
    users_needed : int or None
        Users in both groups, shared out as here, of whom a difference as large as this one would
        be told with the probability `power`; None when there is no difference.
    confidence, power : float
        Of intervals and test, and of `users_needed`.
    unanswered : int
        Users of the audience without an answer, who are left out.
    outside : int
        Users in the outcomes who are not of the audience.
    """

    users: tuple[int, int]
    positives: tuple[int, int]
    rates: tuple[float, float]
    rate_intervals: tuple[Interval, Interval]
    difference: float
    difference_interval: Interval
    p_value: float
    test: str
    brought: float
    users_needed: int | None
    confidence: float
    power: float
    unanswered: int
    outside: int

    @property
    def sentence(self) -> str:
        """What it comes to, in plain words."""
        low, high = (100 * bound for bound in self.difference_interval)
        points = _(
            "{difference:+.2f} percentage points ({confidence:g} % interval {low:+.2f} to "
            "{high:+.2f})"
        ).format(
            difference=100 * self.difference, confidence=100 * self.confidence, low=low, high=high
        )
        if low > 0:
            return _(
                "The campaign worked: {points}, which is about {brought:,.0f} of the "
                "{positives:,} positives among the users who were addressed."
            ).format(points=points, brought=self.brought, positives=self.positives[0])
        if high < 0:
            return _("The campaign did harm: {points}.").format(points=points)
        unclear = _("Whether the campaign worked cannot be told: {points}.").format(points=points)
        if self.users_needed is None:
            return unclear
        enough = _(
            "A difference of this size would be told with {users} users, {power:g} times of 100."
        ).format(users=display.count(self.users_needed), power=100 * self.power)
        return f"{unclear} {enough}"

    def to_dict(self) -> dict[str, Any]:
        """Return all figures as plain types, the sentence too."""
        return {**asdict(self), "sentence": self.sentence}

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw the rates of both groups with their intervals, and the difference.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            What to draw on; by default a new figure's.

        Returns
        -------
        matplotlib.axes.Axes
            What was drawn on.
        """
        from nclue_pandas.plotting.campaigns import plot_campaign

        return plot_campaign(self, ax=ax)

    def _card(self) -> display.Card:
        """Describe both groups in a table, the difference, and what it comes to."""
        rows = tuple(
            (
                _(name),
                display.count(users),
                display.count(positives),
                display.percent(rate),
                _("{low:.1f} to {high:.1f} %").format(low=100 * low, high=100 * high),
            )
            for name, users, positives, rate, (low, high) in zip(
                _GROUPS, self.users, self.positives, self.rates, self.rate_intervals, strict=True
            )
        )
        confidence = 100 * self.confidence
        low, high = (100 * bound for bound in self.difference_interval)
        apart = _(
            "{difference:+.2f} points ({confidence:g} % interval {low:+.2f} to {high:+.2f}, "
            "Newcombe)"
        ).format(difference=100 * self.difference, confidence=confidence, low=low, high=high)
        facts = [
            (_("Difference"), apart),
            (_("P value"), f"{display.p_value(self.p_value)} ({_(self.test)})"),
            (_("Positives brought"), f"{self.brought:,.1f}"),
        ]
        if self.users_needed is not None:
            needed = _("{users} to tell this difference {power:g} times of 100").format(
                users=display.count(self.users_needed), power=100 * self.power
            )
            facts.append((_("Users needed"), needed))
        notes = [self.sentence]
        if self.unanswered:
            left_out = _("Left out: {users} without an answer.")
            notes.append(left_out.format(users=display.users(self.unanswered)))
        columns = (
            *map(_, (N_("group"), N_("users"), N_("positives"), N_("rate"))),
            _("{confidence:g} % interval").format(confidence=confidence),
        )
        return display.Card(
            _("Result of a campaign"),
            facts=facts,
            tables=[display.Table(columns, rows, "<>")],
            notes=notes,
        )


@named_options
def measure(
    audience: pd.DataFrame,
    outcomes: pd.DataFrame | pd.Series[Any] | Sequence[Any],
    *,
    user: str = "user_id",
    group: str = "group",
    label: str = "label",
    confidence: float = 0.95,
    power: float = 0.8,
) -> Campaign:
    """Compare the users who were addressed with their control group.

    Parameters
    ----------
    audience : pandas.DataFrame
        One row per user: `user`, `group`, as :func:`~nclue_pandas.audience` makes it.
    outcomes : pandas.DataFrame, Series, Index, array or list
        Answers (`user`, `label`), as :func:`to_answers` makes them of the log after the campaign;
        or a column or list of the ids of those who did it, each any number of times: everybody
        else did not. Ids are compared as text.
    user, group, label : str
        Names of the columns.
    confidence : float, default 0.95
        Of the intervals, between 0 and 1; 1 minus it is the level of the test.
    power : float, default 0.8
        How often the difference is to be told, for the number of users that it takes.

    Returns
    -------
    Campaign
        Rates with Wilson's intervals; their difference with Newcombe's (Statistics in Medicine
        17, 1998, method 10); the p value of the score test, or of Fisher's exact test where an
        expected count is below 5 (Cochran's rule); and the number of users that would tell such a
        difference (Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions, 2003).
        It shows itself, and has ``sentence``, ``plot()`` and ``to_dict()``.

    Raises
    ------
    ConfigurationError
        For a `confidence` or `power` that is not between 0 and 1.
    MissingColumnError
        When a frame has no such column.
    InvalidDataError
        For null ids, repeated ids of an audience or of answers, groups other than ``"treatment"``
        and ``"control"``, a label other than 0 and 1, a group without users, outcomes that are
        neither, or answers of other users alone.

    Warns
    -----
    NclueDataWarning
        When a tenth of the audience or more has no answer, or none of those who did it is of the
        audience.

    Examples
    --------
    >>> import pandas as pd
    >>> import nclue_pandas as nclue
    >>> audience = pd.DataFrame(
    ...     {"user_id": range(1_000), "group": ["treatment"] * 900 + ["control"] * 100}
    ... )
    >>> bought = [*range(0, 180), *range(900, 910)]
    >>> found = nclue.measure(audience, bought)
    >>> found.rates
    (0.2, 0.1)
    >>> print(found.sentence.partition(",")[0])
    The campaign worked: +10.00 percentage points (95 % interval +2.16 to +15.25)
    """
    check_confidence(confidence)
    _check_power(power)
    audience = require_frame(audience, "audience")
    ids, treated = _read_audience(audience, user, group)
    did, answered, outside = _read_outcomes(outcomes, ids, user, label)
    unanswered = int(np.count_nonzero(~answered))
    if is_many(unanswered, len(ids)):
        tell(
            _(
                "{count:,} of the {users:,} users of the audience have no answer and are left "
                "out. If they did not do it, give a list of the users who did instead of answers."
            ).format(count=unanswered, users=len(ids))
        )
    groups = treated & answered, ~treated & answered
    users = int(groups[0].sum()), int(groups[1].sum())
    positives = int((did & groups[0]).sum()), int((did & groups[1]).sum())
    _check_groups(users)
    return result(users, positives, confidence, power, unanswered=unanswered, outside=outside)


def result(
    users: tuple[int, int],
    positives: tuple[int, int],
    confidence: float,
    power: float,
    *,
    unanswered: int = 0,
    outside: int = 0,
) -> Campaign:
    """Work out what the counts of both groups come to."""
    rates = positives[0] / users[0], positives[1] / users[1]
    z = normal_quantile(confidence)
    (low0, high0), (low1, high1) = (
        wilson(rate, n, z) for rate, n in zip(rates, users, strict=True)
    )
    low, high = difference_interval(positives, users, confidence)
    p_value, test = difference_p_value(positives, users)
    shares = users[0] / sum(users), users[1] / sum(users)
    return Campaign(
        users=users,
        positives=positives,
        rates=rates,
        rate_intervals=((float(low0), float(high0)), (float(low1), float(high1))),
        difference=rates[0] - rates[1],
        difference_interval=(float(low), float(high)),
        p_value=p_value,
        test=test,
        brought=(rates[0] - rates[1]) * users[0],
        users_needed=users_needed(rates, shares, confidence, power),
        confidence=confidence,
        power=power,
        unanswered=unanswered,
        outside=outside,
    )


def _read_audience(audience: pd.DataFrame, user: str, group: str) -> tuple[pa.Array[Any], Flags]:
    """Return the ids, and who was addressed."""
    ids = require_unique_ids(audience, user, "audience")
    groups = find_column(audience, group, "group").astype(object).to_numpy()
    treated, control = groups == TREATMENT, groups == CONTROL
    fault = Fault(
        "group",
        N_("A group is neither 'treatment' nor 'control'"),
        N_("Measure the frame as audience() made it, or drop these rows."),
        np.flatnonzero(~(treated | control)),
    )
    raise_faults([fault], audience)
    return ids, treated


def _read_outcomes(
    outcomes: Any, ids: pa.Array[Any], user: str, label: str
) -> tuple[Flags, Flags, int]:
    """Return who did it, who has an answer, and how many of the outcomes' users are others."""
    column = None if isinstance(outcomes, pd.DataFrame) else one_column(outcomes)
    if column is None:
        answers = require_frame(outcomes, "outcomes")
        known, ones = read_answers(answers, user=user, label=label, lead=_UNREADABLE)
        places = pc.index_in(ids, value_set=known).fill_null(-1).to_numpy()
        answered = places >= 0
        did = np.append(ones, False)[places]
    else:
        known = id_text(column, "outcomes")
        null = np.flatnonzero(known.is_null())
        fault = Fault(
            "null_id", N_("A user id of the outcomes is null"), N_("Drop these rows."), null
        )
        raise_faults([fault], column.to_frame())
        known = known.unique()
        did = pc.is_in(ids, value_set=known).to_numpy(zero_copy_only=False)
        answered = np.ones(len(ids), dtype=bool)
    met = int(did.sum() if column is not None else answered.sum())
    if len(known) and not met:
        none = _("None of the {count:,} users of the outcomes is in the audience.")
        message = f"{none.format(count=len(known))} {_(_ALIKE)}"
        if column is None:
            raise InvalidDataError(message)
        tell(message)  # it may be true of those who did it
    return did, answered, len(known) - met


def _check_power(power: object) -> None:
    if isinstance(power, bool) or not isinstance(power, Real) or not 0 < float(power) < 1:
        text = _("power={power!r} is not between 0 and 1; for 80 % give 0.8.")
        raise ConfigurationError(text.format(power=power))


def _check_groups(users: tuple[int, int]) -> None:
    for name, count in zip(_GROUPS, users, strict=True):
        if not count:
            raise InvalidDataError(
                _(
                    "There is no user with an outcome in the {name} group, so that there is "
                    "nothing to compare. audience(..., control=0.1) keeps a tenth out of the "
                    "campaign."
                ).format(name=_(name))
            )
