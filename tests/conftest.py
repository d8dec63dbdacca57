"""Fixtures that several suites share."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings

import nclue_pandas as nclue
from nclue_pandas import client as default
from nclue_pandas.jobs.reference import Clock

#: Machines are shared and slow at times: no test depends on a speed.
settings.register_profile("shared", deadline=None, max_examples=25)
settings.register_profile("long", deadline=None, max_examples=400)
settings.load_profile("shared")

# A shell that starts the tests in the background has Ctrl-C ignored, by the programs that they start too.
signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).parent.parent
RETAIL = ROOT.parent / "shared" / "data" / "online_retail.csv.gz"
#: Of the small log with something to learn in it.
CUTOFF = "2026-03-01"


def pytest_addoption(parser):
    parser.addoption(
        "--draw-pictures",
        action="store_true",
        help="write the stored pictures of tests/plotting/pictures anew; look at each",
    )


def pytest_generate_tests(metafunc):
    """Read ``@pytest.mark.matrix("step", STEPS, "fault", FAULTS)``."""
    marker = metafunc.definition.get_closest_marker("matrix")
    if marker is None:
        return
    first, steps, second, faults = marker.args
    longer = max(len(steps), len(faults))
    always = {(steps[n % len(steps)], faults[n % len(faults)]) for n in range(longer)}
    pairs = [
        pytest.param(step, fault, marks=[] if (step, fault) in always else pytest.mark.slow)
        for step in steps
        for fault in faults
    ]
    metafunc.parametrize((first, second), pairs)


@pytest.fixture(scope="session")
def online_retail():
    """The real, messy event log, as pandas reads it by default."""
    if not RETAIL.exists():
        pytest.skip("the real event log online_retail.csv.gz is not beside the project")
    return pd.read_csv(RETAIL)


@pytest.fixture(autouse=True)
def _default_client_of_before():
    """What a test connects outside of a block is no other test's default."""
    level = default._levels[-1]
    before = level.client, level.replaced
    yield
    level.client, level.replaced = before


@pytest.fixture
def no_pauses(monkeypatch):
    """Object Storage is asked again at once: how often is what tests look at, not how long it takes."""
    from aiobotocore.endpoint import AioEndpoint
    from s3fs import core

    from nclue_pandas.storage import bucket

    async def sleep(*_):
        await asyncio.sleep(0)

    monkeypatch.setattr(AioEndpoint, "_sleep", sleep)
    monkeypatch.setattr(core, "asyncio", SimpleNamespace(**vars(asyncio) | {"sleep": sleep}))
    monkeypatch.setattr(bucket, "_PAUSES", (0,) * len(bucket._PAUSES))


@pytest.fixture
def sandbox():
    """An embedded service of its own for one test."""
    from nclue_pandas.sandbox import Sandbox

    with Sandbox() as running:
        yield running


@pytest.fixture
def client(sandbox):
    """A client of that service, the default one during the test."""
    with nclue.connect(sandbox) as connected:
        yield connected


class Sleeper:
    """A clock on which sleeping takes no time."""

    def __init__(self):
        self.now = 0.0
        self.slept = []
        self.interrupt_at = None
        self.also = None

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds
        if self.also is not None:
            self.also(seconds)
        if self.interrupt_at is not None and self.now >= self.interrupt_at:
            raise KeyboardInterrupt

    @property
    def clock(self):
        return Clock(monotonic=self.monotonic, sleep=self.sleep)


@pytest.fixture
def sleeper(client):
    """The clock of the client: nothing waits, and the test sees what was slept."""
    sleeper = Sleeper()
    client.clock = sleeper.clock
    return sleeper


@pytest.fixture(scope="session")
def log():
    """600 users, half of whom like tea; who likes tea buys it again after the cutoff."""
    rng = np.random.default_rng(7)
    users = 600
    likes_tea = rng.random(users) < 0.5
    events = 12
    who = np.repeat(np.arange(users), events)
    tea = rng.random(users * events) < np.where(likes_tea[who], 0.7, 0.2)
    days = rng.integers(0, 89, users * events)
    return pd.DataFrame(
        {
            "customer": who,
            "ts": pd.Timestamp("2026-01-01") + pd.to_timedelta(days, unit="D"),
            "item": np.where(tea, "green tea 녹차", "black coffee 커피"),
        }
    )


@pytest.fixture(scope="session")
def sequences(log):
    return log.nclue.to_sequences(user="customer", time="ts", behavior="item", until=CUTOFF)


@pytest.fixture(scope="session")
def answers(log):
    return log.nclue.to_answers(
        user="customer",
        time="ts",
        cutoff=CUTOFF,
        horizon="20D",
        positive=log["item"].str.contains("tea"),
    )


@pytest.fixture(scope="session")
def halves(answers):
    return answers.nclue.split(test=0.4, seed=1)


@pytest.fixture
def nothing_set(monkeypatch, tmp_path):
    """An environment without an account."""
    for name in list(os.environ):
        if name.startswith(("NCLOUD_", "NCLUE_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def named(nothing_set, sandbox, monkeypatch):
    """The sandbox, named by the environment as its command line prints it, without a pace."""
    from nclue_pandas.cli import account, doctor, tables
    from nclue_pandas.sandbox.__main__ import exports

    def unpaced(*arguments, **options):
        made = account.account_of(*arguments, **options)
        return replace(made, service=replace(made.service, requests_per_second=None))

    for module in (doctor, tables):
        monkeypatch.setattr(module, "account_of", unpaced)
    for line in exports(sandbox).splitlines():
        name, equals, value = line.removeprefix("export ").partition("=")
        if equals:
            monkeypatch.setenv(name, value)
    return sandbox
