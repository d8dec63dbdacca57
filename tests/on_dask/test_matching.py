"""Answers and sequences on Dask are matched as on pandas, whichever of them is on Dask."""

from __future__ import annotations

import dask.dataframe as dd
import pandas as pd
import pytest

import nclue_pandas as nclue
import nclue_pandas.dask

USERS = pd.Series([f"{number:04d}" for number in range(300)])
SEQUENCES = pd.DataFrame({"user_id": USERS, "sequence": "tea->milk"})
ANSWERS = pd.DataFrame({"user_id": USERS, "label": USERS.index % 2})


def on_dask(frame, npartitions):
    return dd.from_pandas(frame, npartitions=npartitions, sort=False)


@pytest.fixture(params=[(3, 0), (0, 3), (1, 7), (7, 1), (3, 3)])
def place(request):
    """How a frame of sequences and one of answers are made: how many partitions each has."""
    counts = dict(zip(("sequences", "answers"), request.param, strict=True))

    def placed(role, frame):
        return on_dask(frame, counts[role]) if counts[role] else frame

    return placed


def test_unmatched_answers(client, place):
    sequences = place("sequences", SEQUENCES.tail(260))
    expected = SEQUENCES.tail(260)
    with pytest.warns(nclue.NclueDataWarning, match="answers: 40 of 300"):
        assert nclue.plan(sequences, place("answers", ANSWERS), name="tea").problems == ()
    few = ANSWERS.assign(user_id=USERS.where(USERS.index % 3 == 0, "x" + USERS))
    problems = nclue.plan(sequences, place("answers", few), name="tea").problems
    assert problems == nclue.plan(expected, few, name="tea").problems
    with pytest.raises(nclue.errors.InvalidDataError) as caught:
        nclue.predict(sequences, place("answers", few), name="tea")
    rows = caught.value.rows.loc["answers"]
    assert rows["user_id"].tolist() == few["user_id"].iloc[list(problems[0].rows)].tolist()
    assert client.list_features().empty


def test_test_answers_of_users_that_are_trained_on(client, place):
    sequences, answers = place("sequences", SEQUENCES), place("answers", ANSWERS.head(290))
    with pytest.warns(nclue.NclueDataWarning, match="20 of 30 test answers"):
        nclue.plan(sequences, answers, name="tea", test=place("answers", ANSWERS.tail(30)))
    assert nclue.plan(sequences, answers, name="tea", test=ANSWERS.tail(10)).problems == ()
