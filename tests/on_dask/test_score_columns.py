"""Scores beside users on Dask: as on pandas, in the partitions they are in."""

from __future__ import annotations

import dask
import dask.dataframe as dd
import pandas as pd
import pytest

import nclue_pandas as nclue
import nclue_pandas.dask
from nclue_pandas import errors

USERS = pd.DataFrame({"who": [*range(40), 7], "city": "Seoul"})
TEA = pd.DataFrame({"user_id": [str(n) for n in range(30)], "score": [n / 30 for n in range(30)]})


@pytest.fixture(params=[True, False], autouse=True)
def convert(request):
    with dask.config.set({"dataframe.convert-string": request.param}):
        yield request.param


@pytest.mark.parametrize("boxed", [False, True])
def test_the_columns_of_pandas_told_once(told, boxed):
    users = USERS.astype({"who": object}) if boxed else USERS
    scores = {"tea": TEA, "more": TEA.head(3)}
    expected, one = told(lambda: users.nclue.add_scores(scores, user="who"))
    spread = dd.from_pandas(users, npartitions=5, sort=False)
    made, many = told(lambda: spread.nclue.add_scores(scores, user="who"))
    assert one == many
    assert len(many) == 1
    found = made.compute()
    for name in scores:
        assert found[name].dtype == expected[name].dtype
        assert found[name].fillna(-1).tolist() == expected[name].fillna(-1).tolist()
    assert found["who"].tolist() == users["who"].tolist()


def test_scores_on_dask_are_brought_to_the_users():
    spread = dd.from_pandas(USERS.head(30), npartitions=2)
    scores = dd.from_pandas(TEA.assign(more="x"), npartitions=3)
    made = spread.nclue.add_scores({"tea": scores}, user="who").compute()
    assert made["tea"].tolist() == TEA["score"].tolist()
    with pytest.raises(errors.MissingColumnError, match="rank"):
        spread.nclue.add_scores({"tea": scores}, user="who", score="rank")


def test_mistakes_are_those_of_pandas():
    spread = dd.from_pandas(USERS, npartitions=2)
    for options, match in [
        ({"scores": {"tea": TEA}, "user": "whom"}, "whom"),
        ({"scores": {"city": TEA}, "user": "who"}, "already"),
        ({"scores": {"tea": TEA.assign(user_id="x" + TEA["user_id"])}, "user": "who"}, "None of"),
    ]:
        texts = []
        for frame in (USERS, spread):
            with pytest.raises(nclue.NclueError, match=match) as caught:
                frame.nclue.add_scores(**options)
            texts.append(str(caught.value))
        assert texts[0] == texts[1]
