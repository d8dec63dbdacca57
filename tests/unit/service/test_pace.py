from __future__ import annotations

import itertools
import threading
import time

from nclue_pandas.service.pace import Pace, pace_for


def test_the_first_permit_is_free_and_the_next_ones_are_apart():
    pace = Pace(20)
    moments = []
    for _ in range(5):
        pace.acquire()
        moments.append(time.monotonic())
    gaps = [later - earlier for earlier, later in itertools.pairwise(moments)]
    assert min(gaps) >= 1 / 20
    assert max(gaps) < 5 * pace.interval


def test_threads_share_one_pace():
    pace = Pace(20)
    moments = []

    def work():
        for _ in range(3):
            pace.acquire()
            moments.append(time.monotonic())

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    moments.sort()
    gaps = [later - earlier for earlier, later in itertools.pairwise(moments)]
    assert len(moments) == 9
    assert min(gaps) >= 0.99 / 20


def test_a_scope_has_one_pace():
    assert pace_for("account a", 1.0) is pace_for("account a", 1.0)
    assert pace_for("account a", 1.0) is not pace_for("account b", 1.0)


def test_sleeping_is_asked_for_in_seconds():
    pace = Pace(2)
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        time.sleep(seconds)

    pace.acquire(sleep)
    pace.acquire(sleep)
    assert sum(slept) >= 0.45
