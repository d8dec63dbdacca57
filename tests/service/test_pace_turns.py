"""Turns on a clock of the test's own: who is late moves those behind, and none is early."""

from __future__ import annotations

import struct
import threading
import time
from functools import partial
from types import SimpleNamespace

import pytest

from nclue_pandas.service import pace as module
from nclue_pandas.service.pace import Entry, FileLedger, MemoryLedger, Pace


@pytest.fixture
def clock(monkeypatch):
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock.now, sleep=None))
    return clock


def test_who_starts_late_moves_the_turns_behind(clock):
    ledger = MemoryLedger()
    pace = Pace(1, ledger)
    step = pace.interval
    turns = [ledger.update(pace._take_turn) for _ in range(3)]
    assert turns == pytest.approx([100, 100 + step, 100 + 2 * step])
    assert ledger.update(partial(pace._start, turns[0])) <= 0
    clock.now = turns[1] + 0.8
    assert ledger.update(partial(pace._start, turns[1])) <= 0
    clock.now = turns[2]
    assert ledger.update(partial(pace._start, turns[2])) == pytest.approx(0.8)
    assert ledger.update(pace._take_turn) == pytest.approx(turns[2] + step + 0.8)


def test_a_permit_waits_for_a_start_that_came_late(clock):
    ledger = MemoryLedger()
    pace = Pace(1, ledger)
    pace.acquire(None)
    other = ledger.update(pace._take_turn)
    late = []

    def sleep(seconds):
        clock.now += seconds
        if not late:
            late.append(clock.now)
            assert ledger.update(partial(pace._start, other)) <= 0

    pace.acquire(sleep)
    assert clock.now - late[0] >= pace.interval - 1e-9


@pytest.mark.parametrize("ahead", [(300.0, 301.0), (300.0, 0.0)])
def test_a_start_in_the_future_is_not_believed(ahead):
    now = time.monotonic()
    assert Entry.read(struct.pack("<dd", now + ahead[0], now + ahead[1])) == Entry()


@pytest.mark.parametrize("make", [lambda _: MemoryLedger(), lambda folder: FileLedger(folder, "a")])
def test_one_at_a_time_changes_a_ledger(tmp_path, make):
    ledger, told = make(tmp_path), []
    inside, go_on = threading.Event(), threading.Event()

    def slow(entry):
        inside.set()
        go_on.wait(0.3)
        told.append("first")
        return 0.0

    def fast(entry):
        told.append("second")
        return 0.0

    first = threading.Thread(target=ledger.update, args=(slow,))
    first.start()
    assert inside.wait(5)
    ledger.update(fast)
    first.join()
    assert told == ["first", "second"]
