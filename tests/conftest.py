"""Fixtures that several suites share."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import settings

import nclue_pandas as nclue
from nclue_pandas import client as default

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
