"""One run at a time: who holds the lock is told, and the dead hold none."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from nclue_pandas.cli.lock import one_at_a_time
from nclue_pandas.errors import AlreadyRunningError, ConfigurationError

HOLD = """
import sys, time
from pathlib import Path
from nclue_pandas.cli.lock import one_at_a_time
with one_at_a_time("tea", folder=Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_holder_is_named_and_its_death_frees_the_lock(tmp_path):
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        said = rf"'tea' is running already: process {process.pid} of .* since 20.*started in"
        with pytest.raises(AlreadyRunningError, match=said):
            one_at_a_time("tea", folder=tmp_path).__enter__()
        with one_at_a_time("jam", folder=tmp_path):
            """Another chain has a lock of its own."""
        process.send_signal(signal.SIGKILL)
    assert list(tmp_path.glob("*.json")), "what the dead process said is still there"
    with one_at_a_time("tea", folder=tmp_path):
        """Nobody else holds it."""


def test_a_lock_is_given_back(tmp_path):
    for _ in range(2):
        with one_at_a_time("tea", folder=tmp_path), pytest.raises(AlreadyRunningError):
            one_at_a_time("tea", folder=tmp_path).__enter__()
    assert not list(tmp_path.glob("*.json"))


def test_a_place_without_locks_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="cannot be locked.*XDG_CACHE_HOME"):
        one_at_a_time("tea", folder=tmp_path / "file").__enter__()


def test_who_holds_it_may_be_unknown(tmp_path):
    with one_at_a_time("tea", folder=tmp_path) as path:
        path.with_suffix(".json").write_text("[")
        with pytest.raises(AlreadyRunningError, match="has not said who it is"):
            one_at_a_time("tea", folder=tmp_path).__enter__()
    assert not list(tmp_path.glob("*.json"))
