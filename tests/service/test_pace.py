from __future__ import annotations

import itertools
import multiprocessing
import os
import stat
import struct
import sys
import threading
import time
import warnings

import pytest

from nclue_pandas.service import pace as module
from nclue_pandas.service.pace import FileLedger, Pace, pace_for


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where the ledgers are, for one test."""
    monkeypatch.setattr(module, "folder", lambda: tmp_path / "pace")
    monkeypatch.setattr(module, "_scopes", {})
    monkeypatch.setattr(module, "_told", [])
    return tmp_path / "pace"


def gaps(moments):
    return [later - earlier for earlier, later in itertools.pairwise(sorted(moments))]


def in_threads(work, count):
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_the_first_permit_is_free_and_the_next_ones_are_apart(folder):
    pace = pace_for("account", 20)
    started = time.monotonic()
    moments = []
    for _ in range(5):
        pace.acquire()
        moments.append(time.monotonic())
    assert moments[0] - started < pace.interval
    assert min(gaps(moments)) >= 1 / 20


@pytest.mark.parametrize("stored", [True, False])
def test_threads_share_one_pace_and_are_served_in_turn(folder, stored):
    pace = Pace(20, FileLedger(folder, "account") if stored else None)
    moments, served = [], []

    def work():
        for _ in range(3):
            pace.acquire()
            moments.append(time.monotonic())
            served.append(threading.get_ident())

    in_threads(work, 3)
    assert min(gaps(moments)) >= 0.99 / 20
    assert {served.count(who) for who in served} == {3}


def permits(folder, count, moments):
    pace = Pace(20, FileLedger(folder, "account"))
    for _ in range(count):
        pace.acquire()
        moments.put(time.monotonic())


def test_processes_share_one_pace(folder):
    context = multiprocessing.get_context("spawn")
    moments = context.Queue()
    processes = [context.Process(target=permits, args=(folder, 5, moments)) for _ in range(3)]
    for process in processes:
        process.start()
    found = [moments.get(timeout=60) for _ in range(15)]
    for process in processes:
        process.join()
    assert min(gaps(found)) >= 0.99 / 20


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_fork_takes_no_lock_with_it(folder):
    held = module._lock
    with warnings.catch_warnings(), held:
        warnings.simplefilter("ignore", DeprecationWarning)  # threads of other tests
        child = os.fork()
        if child == 0:
            pace_for("account", 20).acquire()
            os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_a_scope_has_one_pace(folder):
    assert pace_for("account a", 1.0) is pace_for("account a", 1.0)
    assert pace_for("account a", 1.0) is not pace_for("account b", 1.0)


def test_what_is_stored_is_for_the_user_alone_and_names_no_scope(folder):
    pace_for("team scope", 20).acquire()
    if sys.platform != "win32":
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert all("team" not in path.name for path in folder.iterdir())
    assert all(b"team" not in path.read_bytes() for path in folder.iterdir())


@pytest.mark.parametrize(
    "stored",
    [
        struct.pack("<dd", 1e12, 1e12),  # of a clock that began anew since
        struct.pack("<dd", 0.0, 1e12),  # a queue that nobody can be in
        struct.pack("<dd", float("nan"), float("nan")),
        b"torn",
        b"",
    ],
)
def test_a_ledger_that_cannot_be_is_begun_anew(folder, stored):
    pace = pace_for("account", 20)
    pace.acquire()
    ledger = next(path for path in folder.iterdir() if not path.suffix)
    ledger.write_bytes(stored)
    started = time.monotonic()
    pace.acquire()
    assert time.monotonic() - started < 5
    started = time.monotonic()
    pace.acquire()
    assert time.monotonic() - started >= 1 / 20


def test_turns_that_nobody_takes_up_are_waited_out_and_no_more(folder):
    """A process that is killed while it waits leaves its turn empty."""
    pace = pace_for("account", 20)
    ledger = FileLedger(folder, "account")
    for _ in range(3):
        ledger.update(pace._take_turn)
    started = time.monotonic()
    pace.acquire()
    assert 2 / 20 < time.monotonic() - started < 5


def test_a_folder_that_cannot_be_written_is_told_once(folder):
    folder.parent.joinpath("pace").write_text("a file is in the way")
    pace = pace_for("account", 20)
    with pytest.warns(RuntimeWarning, match="within this process only") as told:
        moments = [pace.acquire() and time.monotonic() for _ in range(3)]
    assert len(told) == 1
    assert min(gaps(moments)) >= 1 / 20


def test_sleeping_is_asked_for_in_seconds(folder):
    pace = pace_for("account", 2)
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        time.sleep(seconds)

    pace.acquire(sleep)
    pace.acquire(sleep)
    assert sum(slept) >= 0.45
