"""A small log with something to learn in it, and what it becomes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

CUTOFF = "2026-03-01"


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
