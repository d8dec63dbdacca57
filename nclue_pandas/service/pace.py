"""The account's limit of one request per second, shared by all clients of a rate scope."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final, cast

from pyrate_limiter import (
    InMemoryBucket,
    Limiter,
    MonotonicClock,
    Rate,
    RateItem,
    SingleBucketFactory,
)

if TYPE_CHECKING:
    from collections.abc import Callable

#: Two requests that leave a second apart may arrive a little closer; this much is added.
MARGIN_SECONDS: Final = 0.02


class Pace:
    """Gives permits, at most so many per second; the first at once.

    Parameters
    ----------
    per_second : float
        Requests per second.
    """

    def __init__(self, per_second: float) -> None:
        self.interval = 1 / per_second + MARGIN_SECONDS
        self._bucket = InMemoryBucket([Rate(1, round(self.interval * 1000))])
        self._limiter = Limiter(SingleBucketFactory(self._bucket, schedule_leak=False))
        self._turn = threading.Lock()

    def acquire(self, sleep: Callable[[float], None] = time.sleep) -> None:
        """Wait for the next permit; callers are served one after another.

        Parameters
        ----------
        sleep : callable
            Waits for that many seconds.
        """
        with self._turn:
            while not self._limiter.try_acquire("request", blocking=False):
                sleep(self._wait() / 1000)

    def _wait(self) -> int:
        """Return the milliseconds until the next permit, at least one."""
        now = int(MonotonicClock().now())
        self._bucket.leak(now)
        waiting = self._bucket.waiting(RateItem("request", now))
        return max(1, cast("int", waiting))


_scopes: dict[tuple[str, float], Pace] = {}
_lock = threading.Lock()


def pace_for(scope: str, per_second: float) -> Pace:
    """Return the pace of a rate scope, one for the whole process.

    Parameters
    ----------
    scope : str
        Whose limit it is.
    per_second : float
        Requests per second.

    Returns
    -------
    Pace
        The same object for the same arguments.
    """
    with _lock:
        return _scopes.setdefault((scope, per_second), Pace(per_second))
