"""The made-up messy log holds everything that it promises, and repeats with its seed."""

from __future__ import annotations

import pandas as pd
import pytest

import nclue_pandas as nclue
from nclue_pandas.demo import make_log, make_messy_log


@pytest.fixture(scope="module")
def messy():
    return make_messy_log(users=400, seed=5)


def test_it_is_messy_in_every_way(messy):
    assert messy["customer_id"].dtype == "float64"
    assert 0.1 < messy["customer_id"].isna().mean() < 0.3
    canceled = messy[messy["invoice"].str.startswith("C")]
    assert (canceled["quantity"] < 0).all()
    assert canceled["invoice"].str[1:].isin(messy["invoice"]).all()
    assert messy.duplicated().sum() > 0
    assert messy["category"].isna().sum() > 0
    with pytest.raises(nclue.errors.PersonalDataError) as refused:
        messy.nclue.to_sequences(user="customer_id", time="ts", behavior="item")
    assert {problem.code for problem in refused.value.problems} == {"null_id", "personal_data"}


def test_below_the_mess_it_is_the_same_shop(messy):
    clean = make_log(users=400, seed=5)
    goods = messy[~messy["invoice"].str.startswith("C") & messy["category"].notna()]
    assert set(goods["item"]) == set(clean["item"])
    assert 0.9 < len(goods.drop_duplicates()) / len(clean) < 1


def test_it_repeats_with_its_seed(messy):
    pd.testing.assert_frame_equal(messy, make_messy_log(users=400, seed=5))
    assert not messy.equals(make_messy_log(users=400, seed=6))
