"""A small log with something to learn in it, and what it becomes."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

CUTOFF = "2026-03-01"


@pytest.fixture(autouse=True)
def _asked_again_at_once(no_pauses):
    pass


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
