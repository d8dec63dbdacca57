"""Files that cannot be locked, or not now: one warning, and the pace is kept all the same."""

from __future__ import annotations

import errno
import fcntl
import itertools
import os
import subprocess
import sys
import threading
import time
import warnings

import pytest

from nclue_pandas.service import pace as module
from nclue_pandas.service.pace import FileLedger, Pace, pace_for

ACQUIRE = """
from pathlib import Path
import os, sys, time, warnings
from nclue_pandas.service.pace import FileLedger, pace_for
FileLedger(Path(sys.argv[1]), "loads all that is needed").update(lambda entry: 0.0)
if len(sys.argv) > 2:
    os.setgid(int(sys.argv[2])), os.setuid(int(sys.argv[2]))
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    moments = []
    for scope in ("a", "a", "b", "b"):
        pace_for(scope, 20).acquire()
        moments.append(time.monotonic())
assert moments[1] - moments[0] >= 0.049 and moments[3] - moments[2] >= 0.049, moments
print(len(told), told[0].message if told else "")
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "folder", lambda: tmp_path / "pace")
    monkeypatch.setattr(module, "_scopes", {})
    monkeypatch.setattr(module, "_told", [])
    return tmp_path / "pace"


@pytest.fixture
def stuck(folder, monkeypatch):
    """The lock of the scope "account", held by a process that does not go on."""
    monkeypatch.setattr(module, "_LOCK_TIMEOUT", 0.3)
    folder.mkdir()
    lock = FileLedger(folder, "account")._path.with_suffix(".lock")
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield held


def moments(pace, count):
    return [pace.acquire() and time.monotonic() for _ in range(count)]


def gaps(found):
    return [later - earlier for earlier, later in itertools.pairwise(sorted(found))]


def test_a_lock_that_was_stuck_is_tried_again(folder, stuck):
    pace = pace_for("account", 10)
    with pytest.warns(RuntimeWarning, match="within this process only") as told:
        found = moments(pace, 3)
    assert len(told) == 1
    assert min(gaps(found)) >= 1 / 10
    ledger = FileLedger(folder, "account")
    assert not ledger._path.exists()
    fcntl.flock(stuck, fcntl.LOCK_UN)
    found += moments(pace, 1)
    assert ledger.update(lambda entry: entry.last) == pytest.approx(found[-1], abs=0.05)
    other = Pace(10, FileLedger(folder, "account"))
    found += moments(other, 1) + moments(pace, 1) + moments(other, 1)
    assert min(gaps(found)) >= 0.99 / 10


def test_only_the_first_permit_waits_for_a_stuck_lock(folder, stuck):
    pace = pace_for("account", 1000)
    started = time.monotonic()
    with pytest.warns(RuntimeWarning):
        moments(pace, 1)
    assert time.monotonic() - started > 0.3
    started = time.monotonic()
    moments(pace, 3)
    assert time.monotonic() - started < 6 * module._SECOND_TRY + 0.5


def test_a_stuck_lock_costs_no_more_than_is_left(folder, stuck, monkeypatch):
    monkeypatch.setattr(module, "_LOCK_TIMEOUT", 60.0)
    started = time.monotonic()
    with pytest.warns(RuntimeWarning):
        assert not pace_for("account", 1000).acquire(patience=0.2)
    assert time.monotonic() - started < 1


@pytest.mark.parametrize("error", [errno.ENOSYS, errno.ENOLCK, errno.EIO, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_told_once(folder, monkeypatch, error):
    def refuse(_descriptor, _operation):
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        found = [pace_for(scope, 20).acquire() and time.monotonic() for scope in "aaa"]
        pace_for("b", 20).acquire()
    assert [each.category for each in told] == [RuntimeWarning], [str(e.message) for e in told]
    assert min(gaps(found)) >= 1 / 20


@pytest.mark.parametrize(
    ("environment", "user"),
    [
        ({}, 54321),
        pytest.param({"HOME": ""}, 54321, marks=pytest.mark.slow),
        pytest.param({"HOME": "~"}, 54321, marks=pytest.mark.slow),
        pytest.param({"HOME": "relative"}, 54321, marks=pytest.mark.slow),
        pytest.param({}, None, marks=pytest.mark.slow),
        pytest.param({"HOME": "~"}, None, marks=pytest.mark.slow),
        pytest.param({"HOME": "relative"}, None, marks=pytest.mark.slow),
    ],
)
def test_a_user_without_a_home_or_a_name(tmp_path, environment, user):
    """54321 is in no passwd file, so that not even its home can be looked up."""
    if user is not None and os.geteuid() != 0:
        pytest.skip("only root can become another user")
    arguments = [str(tmp_path / "first"), *([] if user is None else [str(user)])]
    here = tmp_path / "here"
    here.mkdir()
    here.chmod(0o777)
    done = subprocess.run(
        [sys.executable, "-c", ACQUIRE, *arguments],
        env={"PYTHONPATH": os.pathsep.join(sys.path), "PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        cwd=here,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    count, _, message = done.stdout.partition(" ")
    assert int(count) <= 1
    assert list(here.iterdir()) == [], "nothing is written where no home is"
    if user is not None:
        assert "within this process only" in message


def test_a_turn_that_comes_too_late_is_left_to_others(folder):
    pace = pace_for("account", 2)
    assert pace.acquire(patience=0.1)
    started = time.monotonic()
    assert not pace.acquire(patience=0.2)
    assert time.monotonic() - started < 0.2
    assert pace.acquire(patience=1.0)
    assert time.monotonic() - started < 0.7, "no turn was lost to the one who did not wait"


def test_threads_share_one_pace_while_the_lock_is_stuck(folder, stuck):
    pace, found = pace_for("account", 20), []
    threads = [threading.Thread(target=lambda: found.extend(moments(pace, 2))) for _ in range(3)]

    def all_at_once():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    with pytest.warns(RuntimeWarning):
        all_at_once()
    assert len(found) == 6
    assert min(gaps(found)) >= 0.99 / 20
