"""How long to wait, for one wait or for several together, and what to do when it is over."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING

from nclue_pandas.errors import ConfigurationError

if TYPE_CHECKING:
    from nclue_pandas.jobs.reference import Clock


@dataclass(frozen=True)
class Deadline:
    """Seconds from a start on.

    Parameters
    ----------
    clock : Clock
        What tells the time.
    timeout : float or None
        Seconds; None for no deadline.
    started : float
        When they began, on the clock.
    advice : str or None
        How to go on after the deadline or Ctrl-C; None for picking the jobs up by their names.
    """

    clock: Clock
    timeout: float | None
    started: float
    advice: str | None = None

    @classmethod
    def of(cls, clock: Clock, timeout: float | None, advice: str | None = None) -> Deadline:
        """Begin now.

        Raises
        ------
        ConfigurationError
            When `timeout` is no number of seconds.
        """
        given: object = timeout
        is_number = isinstance(given, Real) and not isinstance(given, bool)
        if timeout is not None and not (is_number and timeout >= 0):
            raise ConfigurationError(
                f"timeout={timeout!r}: give seconds, 0 or more, or None for no deadline."
            )
        return cls(clock, timeout, clock.monotonic(), advice)

    def left(self) -> float:
        """Return the seconds that are left; infinite without a deadline."""
        if self.timeout is None:
            return math.inf
        return max(0.0, self.started + self.timeout - self.clock.monotonic())
