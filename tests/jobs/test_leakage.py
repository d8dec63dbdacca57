"""predict and plan warn of leakage, and leave scoring the present alone.

Every warning is an error in tests, so what is not told to warn does not.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import nclue_pandas as nclue

CUTOFF = "2026-03-01"
COLUMNS = {"user": "user_id", "time": "time"}


@pytest.fixture(scope="module")
def log():
    """Users with an event a month, of which the even ones buy running shoes."""
    days = pd.date_range("2026-01-10", periods=5, freq="30D")
    users = np.arange(240)
    return pd.DataFrame(
        {
            "user_id": np.tile(users, len(days)),
            "time": np.repeat(days, users.size),
            "item": np.where(np.tile(users, len(days)) % 2 == 0, "running shoes", "tea"),
        }
    )


@pytest.fixture(scope="module")
def frames(log):
    """Sequences of the past, sequences of the present, and answers between them."""
    past, present = (
        nclue.to_sequences(log, **COLUMNS, behavior="item", until=until) for until in (CUTOFF, None)
    )
    shoes = log["item"] == "running shoes"
    answers = nclue.to_answers(log, **COLUMNS, cutoff=CUTOFF, horizon="30D", positive=shoes)
    return past, present, answers


def test_a_plan_with_leakage_says_so(client, frames):
    past, present, answers = frames
    with pytest.warns(nclue.NclueDataWarning, match="learns from what it is to predict"):
        nclue.plan(present, answers, name="leaking")
    assert nclue.plan(past, answers, name="honest", score_on=present).problems == ()


def test_the_present_is_scored_without_a_warning_but_not_measured_on_the_past(client, frames):
    past, present, answers = frames
    scores = past.nclue.predict(answers, name="honest", score_on=present)
    assert scores.attrs["nclue"]["kind"] == "run"
    with pytest.warns(nclue.NclueDataWarning, match=r"reach to 2026-05-10.*from 2026-03-01"):
        scores.nclue.evaluate(answers)


def test_predict_warns_before_anything_is_made(client, frames):
    _, present, answers = frames
    with pytest.raises(nclue.NclueDataWarning, match="learns from"):
        present.nclue.predict(answers, name="leaking")
    assert client.list_features().empty


def test_an_audience_still_knows_what_its_scores_were_made_of(client, frames):
    past, present, answers = frames
    scores = past.nclue.predict(answers, name="honest", score_on=present)
    audience = scores.nclue.audience(share=1.0, control=0.5)
    assert audience.nclue.report().audience == len(audience)
    with pytest.warns(nclue.NclueDataWarning, match=r"reach to 2026-05-10.*from 2026-03-01"):
        audience.nclue.evaluate(answers)
    seen = past.nclue.predict(answers, name="honest").nclue.audience(share=1.0, control=0.5)
    with pytest.warns(nclue.NclueDataWarning, match="users that the model was trained on"):
        seen.nclue.evaluate(answers)
