"""Fixtures that several suites share."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import settings

import nclue_pandas as nclue
from nclue_pandas import client as default
from nclue_pandas.jobs.reference import Clock

#: Machines are shared and slow at times: no test depends on a speed.
settings.register_profile("shared", deadline=None)
settings.load_profile("shared")

ROOT = Path(__file__).parent.parent
RETAIL = ROOT.parent / "shared" / "data" / "online_retail.csv.gz"


def pytest_addoption(parser):
    parser.addoption(
        "--draw-pictures",
        action="store_true",
        help="write the stored pictures of tests/unit/pictures anew; look at each",
    )


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
