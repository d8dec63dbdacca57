"""What a log is asked about each user: who counts as one, when, and how much makes a 1."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from nclue_pandas.errors.base import ConfigurationError, InvalidDataError
from nclue_pandas.frames.amounts import check_amount
from nclue_pandas.frames.moments import Calendar, check_duration, check_moment
from nclue_pandas.translation import N_
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    from datetime import tzinfo

    from nclue_pandas.frames.reports import AnswerReport
    from nclue_pandas.frames.times import Times

_NUMBERS: Final = (int, float, Decimal, np.integer, np.floating)


@dataclass(frozen=True)
class Question:
    """The options of a question, which can be used as far as nobody has seen the log.

    Parameters
    ----------
    cutoff, horizon, gap, active_since, observed_until : as for to_answers
        Points in time and durations as they were given.
    min_events : int
        Events before the cutoff from which on a user counts.
    at_least : Decimal or None
        Events of the horizon, or the sum of their values, that make a 1; None for any event.
    summed : bool
        Whether values are added up.
    absent : bool
        Whether the 1 is for those who do not reach it.
    """

    cutoff: Any
    horizon: Any
    gap: Any = None
    active_since: Any = None
    observed_until: Any = None
    min_events: int = 1
    at_least: Decimal | None = None
    summed: bool = False
    absent: bool = False

    @classmethod
    def of(
        cls, *, time: object, label: object, positive: object, **options: Any
    ) -> Question | None:
        """Check the options of :func:`~nclue_pandas.to_answers`; None for a frame with labels.

        Raises
        ------
        ConfigurationError
            When one cannot be used, or does not go with the others.
        """
        needed = {"time": time, "cutoff": options["cutoff"], "horizon": options["horizon"]}
        if label is not None:
            others = {**needed, "positive": positive, **options}
            given = [
                name for name, value in others.items() if value is not None and value is not False
            ]
            if given:
                text = _("label= does not go with {names}=.")
                raise ConfigurationError(text.format(names=", ".join(given)))
            return None
        missing = [f"{name}=" for name, value in needed.items() if value is None]
        if missing:
            raise ConfigurationError(
                _(
                    "An event log needs time=, cutoff= and horizon=; missing: {names}. A frame "
                    "that has labels needs label= instead."
                ).format(names=", ".join(missing))
            )
        value = options.pop("value")
        for name in ("cutoff", "observed_until"):
            if options[name] is not None:
                check_moment(options[name], name)
        for name in ("horizon", "gap", "active_since"):
            if options[name] is not None:
                check_duration(options[name], name)
        options["min_events"] = _read_count(options["min_events"], "min_events") or 1
        options["at_least"] = _read_least(options["at_least"], summed=value is not None)
        if not isinstance(options["absent"], bool):
            text = _("absent={absent!r}: give True or False.")
            raise ConfigurationError(text.format(absent=options["absent"]))
        return cls(**options, summed=value is not None)


@dataclass(frozen=True)
class Span:
    """The points in time of a question, as moments of a log.

    Parameters
    ----------
    active : int or None
        From when on the events before the cutoff count; None for all.
    cutoff, start, end : int
        The cutoff, and the horizon from its start to its end, which is excluded.
    observed : int or None
        How far the log was observed.
    """

    active: int | None
    cutoff: int
    start: int
    end: int
    observed: int | None

    @classmethod
    def of(cls, question: Question, times: Times, timezone: str | tzinfo | None) -> Span:
        """Read what was given as moments of `times`."""
        calendar = Calendar(times, timezone)
        cutoff, observed, active = question.cutoff, None, None
        if question.observed_until is not None:
            observed = calendar.moment(question.observed_until, "observed_until")
        if question.active_since is not None:
            active = calendar.before(cutoff, "cutoff", active_since=question.active_since)
        return cls(
            active,
            calendar.moment(cutoff, "cutoff"),
            calendar.after(cutoff, "cutoff", gap=question.gap),
            calendar.after(cutoff, "cutoff", gap=question.gap, horizon=question.horizon),
            observed,
        )

    def check(self, last: int | None, report: AnswerReport) -> None:
        """Refuse a horizon of which the log shows only a part.

        Parameters
        ----------
        last : int or None
            The last event of the whole log.
        report : AnswerReport
            Of the whole log: it writes the same points in time.
        """
        limit, shown, what = last, report.last_event, N_("the last event of the log")
        if self.observed is not None:
            limit, shown, what = self.observed, report.observed_until, "observed_until"
        if limit is None or self.end <= limit:
            return
        raise InvalidDataError(
            _(
                "The horizon ends at {end}, after {what} ({shown}). What happens until then has "
                "not been seen, and users would get a 0 that may be wrong. Choose an earlier "
                "cutoff or a shorter horizon, or state with observed_until= how far the log was "
                "observed."
            ).format(end=report.horizon_end, what=_(what), shown=shown)
        )


def _read_count(value: object, argument: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        count = int(value)
        if count >= 1:
            return count
    text = _("{argument}={value!r}: give a whole number of at least 1.")
    raise ConfigurationError(text.format(argument=argument, value=value))


def _read_least(at_least: object, *, summed: bool) -> Decimal | None:
    if not summed:
        count = _read_count(at_least, "at_least")
        return None if count is None else Decimal(count)
    if at_least is None:
        raise ConfigurationError(
            _("value= needs at_least=, the sum from which on a user's label is 1.")
        )
    amount = Decimal(0)
    if isinstance(at_least, _NUMBERS) and not isinstance(at_least, bool):
        amount = Decimal(str(at_least))
    if not (amount.is_finite() and amount > 0):
        raise ConfigurationError(
            _(
                "at_least={at_least!r}: give a number greater than 0. A user without any event has "
                "the sum 0."
            ).format(at_least=at_least)
        )
    return check_amount(amount, at_least)
