"""A cluster of two worker processes, and an embedded service whose keys they have."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

import nclue_pandas as nclue
from nclue_pandas.sandbox import Sandbox

dask = pytest.importorskip("dask", reason="the dask extra is not installed")
distributed = pytest.importorskip("distributed", reason="the dask extra is not installed")


@pytest.fixture(scope="session")
def told():
    """A function that calls another; returns what that made, and what it warned of."""

    def call(action):
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always", nclue.NclueDataWarning)
            made = action()
        return made, [str(each.message) for each in seen]

    return call


@pytest.fixture(scope="module")
def service():
    """An embedded service for the tests of a module."""
    with Sandbox() as running, nclue.connect(running):
        yield running


def keys(sandbox):
    """The environment in which workers find their keys."""
    return {
        "NCLOUD_ACCESS_KEY_ID": sandbox.access_key,
        "NCLOUD_SECRET_ACCESS_KEY": sandbox.secret_key,
    }


@pytest.fixture(scope="module")
def cluster(service):
    """Two workers, each a process of its own with its own memory limit."""
    patient = {
        "distributed.comm.timeouts.connect": "120s",
        # The graph of a small frame in memory holds its rows; real ones are read by workers.
        "distributed.admin.large-graph-warning-threshold": "1GiB",
    }
    with (
        dask.config.set(patient),
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            memory_limit="1GiB",
            dashboard_address=None,
            env=keys(service),
        ) as running,
        distributed.Client(running) as client,
    ):
        yield client


@pytest.fixture(scope="session")
def events():
    """A log of 400 users, a few of whom are heavy; less than a tenth of the events tie."""
    rng = np.random.default_rng(3)
    n = 8_000
    return pd.DataFrame(
        {
            "customer": np.where(
                rng.random(n) < 0.2, rng.zipf(1.4, n) % 400, rng.integers(0, 400, n)
            ),
            "ts": pd.Timestamp("2026-01-01")
            + pd.to_timedelta(rng.integers(0, 90 * 24, n), unit="h"),
            "item": rng.choice(["green tea", "러닝화", "a->b", " edge ", 'say "hi"'], n),
            "order": rng.integers(0, 5, n),
        }
    )
