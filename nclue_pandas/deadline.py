"""How long a call may take in all, and what to do when that is over.

The time that is left goes down with the call: to every request of the service and of the store, to
every pause between two of them. Whoever is given a :class:`Deadline` asks it; without a deadline
the time that is left is infinite.
"""

from __future__ import annotations

import math
import time
from concurrent.futures import Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from numbers import Real
from threading import Thread
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from nclue_pandas.errors import (
    AmbiguousCreateError,
    BackendError,
    ConfigurationError,
    ConnectionBrokenError,
    ConnectionFailedError,
    InvalidAnswerError,
    JobTimeout,
    RequestTimeoutError,
    StorageTimeoutError,
    Throttled,
    UnconfirmedCreateError,
)
from nclue_pandas.translation import N_
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")

#: Seconds after the deadline in which a last request may still be answered.
GRACE: Final = 1.5
#: What passes by itself: only the question is concerned, not what was asked about.
TRANSIENT: Final = (
    BackendError,
    ConnectionBrokenError,
    ConnectionFailedError,
    InvalidAnswerError,
    RequestTimeoutError,
    Throttled,
)
#: What more time might have mended.
_CUT_SHORT: Final = (*TRANSIENT, AmbiguousCreateError, StorageTimeoutError, UnconfirmedCreateError)


class Timer(Protocol):
    """What tells the time, such as the module :mod:`time`."""

    @property
    def monotonic(self) -> Callable[[], float]:
        """Seconds that never go back."""

    @property
    def sleep(self) -> Callable[[float], None]:
        """Waits for that many seconds."""


@dataclass(frozen=True)
class Deadline:
    """Seconds from a start on.

    Parameters
    ----------
    clock : Timer
        What tells the time.
    timeout : float or None
        Seconds; None for no deadline.
    started : float
        When they began, on the clock.
    advice : str or None
        How to go on after the deadline or Ctrl-C; None for picking the jobs up by their names.
    """

    clock: Timer
    timeout: float | None
    started: float
    advice: str | None = None

    @classmethod
    def of(cls, clock: Timer, timeout: float | None, advice: str | None = None) -> Deadline:
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
                _("timeout={timeout!r}: give seconds, 0 or more, or None for no deadline.").format(
                    timeout=timeout
                )
            )
        return cls(clock, timeout, clock.monotonic(), advice)

    @property
    def elapsed(self) -> float:
        """The seconds since the start."""
        return self.clock.monotonic() - self.started

    @property
    def told_time(self) -> str:
        """The true time, and the time that was given, for a message."""
        return _("After {elapsed:.1f} s, of {timeout:g} s that were given").format(
            elapsed=self.elapsed, timeout=round(self.timeout or 0, 1)
        )

    def left(self) -> float:
        """Return the seconds that are left; infinite without a deadline."""
        return math.inf if self.timeout is None else max(0.0, self.timeout - self.elapsed)

    def left_to_answer(self) -> float:
        """Return the seconds that a request may take: what is left, and a little after."""
        return math.inf if self.timeout is None else max(0.0, self.timeout + GRACE - self.elapsed)

    def call(self, function: Callable[[], T], late: Callable[[], Exception]) -> T:
        """Call `function`; when it takes longer than is left to answer, leave it to its thread.

        A timeout of a socket is one for each read: a server that sends a byte now and then, or a
        name that is not resolved, would keep the caller for ever.

        Raises
        ------
        Exception
            What `late` makes, when the time is over.
        """
        if self.timeout is None:
            return function()
        if self.left_to_answer() <= 0:
            raise late()
        answer: Future[T] = Future()
        Thread(target=_settle, args=(answer, function), daemon=True).start()
        wait([answer], self.left_to_answer())
        if not answer.done():
            raise late()
        return answer.result()

    @contextmanager
    def told(self) -> Iterator[None]:
        """Turn what the deadline cut short into a :class:`JobTimeout` that tells the true time."""
        try:
            yield
        except _CUT_SHORT as error:
            if self.left() > 0:
                raise
            advice = _(self.advice or N_("What was begun on the service goes on."))
            raise JobTimeout(f"{self.told_time}: {error} {advice}") from error


def _settle(answer: Future[Any], function: Callable[[], Any]) -> None:
    try:
        answer.set_result(function())
    except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
        answer.set_exception(error)


#: No deadline at all.
NEVER: Final = Deadline(time, None, 0.0)
