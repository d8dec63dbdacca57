"""A first look at a log: columns, faults, personal data, and lines that run as pasted."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

import nclue_pandas as nclue

N = 900


@pytest.fixture
def log():
    """Half a year of 90 users, each with about ten events."""
    rng = np.random.default_rng(2)
    return pd.DataFrame(
        {
            "order": np.arange(N),
            "customer": rng.integers(100, 190, N),
            "when": pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 180 * 24, N), "h"),
            "country": rng.choice(["Korea", "Japan"], N),
            "item": rng.choice(["green tea", "러닝화", "lunch bag", "mug", "jam"], N),
            "price": rng.random(N),
        }
    )


def run(code, log):
    """Run the lines as they would be pasted."""
    made = {"log": log}
    exec(code, made)  # noqa: S102 - the lines are ours
    return made["sequences"], made["answers"]


NAMES = [
    ("customer", "when", "item"),
    ("userId", "eventTime", "action"),
    ("회원번호", "주문일시", "상품명"),
    ("uid", "ts", "title"),
    ("client_id", "created_date", "search query"),
]


@pytest.mark.parametrize("names", NAMES, ids=str)
def test_columns_are_guessed(log, names):
    renamed = log.rename(columns=dict(zip(("customer", "when", "item"), names, strict=True)))
    found = renamed.nclue.inspect()
    assert tuple(found.columns.values()) == names


TIMES = {
    "text": lambda when: when.dt.strftime("%Y-%m-%d %H:%M:%S"),
    "aware": lambda when: when.dt.tz_localize("Asia/Seoul"),
    "seconds": lambda when: when.astype("datetime64[s]").astype("int64"),
    "milliseconds": lambda when: when.astype("datetime64[ms]").astype("int64"),
    "arrow": lambda when: when.astype("timestamp[ms][pyarrow]"),
    "days": lambda when: (when - pd.Timestamp("2026-01-01")).dt.days,
}


@pytest.mark.parametrize("kind", TIMES)
@pytest.mark.filterwarnings("ignore::nclue_pandas.NclueDataWarning")
def test_every_proposal_runs_as_pasted_and_has_its_numbers(log, kind):
    changed = log.assign(when=TIMES[kind](log["when"]))
    found = changed.nclue.inspect(time="when")
    assert len(found.proposals) >= 2
    for proposal in found.proposals.itertuples():
        sequences, answers = run(proposal.code, changed)
        assert answers["label"].sum() == proposal.ones
        assert (answers["label"] == 0).sum() == proposal.zeros
        assert len(sequences) == len(answers)
    rarer = found.proposals[["ones", "zeros"]].min(axis=1)
    assert found.code == found.proposals["code"].iloc[rarer.argmax()]


@pytest.mark.filterwarnings("ignore::nclue_pandas.NclueDataWarning")
def test_what_is_wrong_is_counted_and_the_lines_run_all_the_same(log):
    log = log.assign(
        customer=log["customer"].astype("string").where(log.index % 50 != 0),
        when=log["when"].astype("string"),
        item=log["item"].where(log.index % 30 != 1),
    )
    log.loc[7, "when"] = "yesterday at noon"
    log.loc[8, "when"] = None
    log.loc[9, "customer"] = "123.0"
    log.loc[11, "item"] = "call 010-1234-5678"
    log = pd.concat([log, log.loc[[12, 13]], log.loc[[14]].assign(item="another")])
    found = log.nclue.inspect()
    valid = log.drop(index=[7, 8]).dropna(subset=["customer", "item"])
    tied = valid.groupby(["customer", "when"])["item"].transform("nunique") > 1
    assert found.counts == {
        "rows without an id": 18,
        "rows without a time": 1,
        "rows with an unreadable time": 1,
        "rows without a behavior": 30,
        "repeated rows": 2,
        "rows tied in time": tied.sum(),
        "users with an id that ends in .0": 1,
    }
    assert found.unreadable == ("'yesterday at noon'",)
    assert found.personal_data == {"behaviors with mobile phone number": 1}
    sequences, _ = run(found.code, log)
    assert not sequences["sequence"].str.contains("1234-5678").any()
    for shown in (repr(found), found._repr_html_()):
        for word in ("yesterday at noon", "repeated rows", "mobile phone number", "to_answers("):
            assert word in shown
        assert "1234-5678" not in shown
    assert "<table" in found._repr_html_()
    told = found.to_dict()
    assert told["code"] == found.code
    assert told["proposals"][0]["ones"] == found.proposals["ones"].iloc[0]


def test_counts_of_ties_and_repeats_are_those_of_sequences(log):
    often = log.assign(when=log["when"].dt.normalize(), customer=log["customer"] % 9)
    found = often.nclue.inspect()
    with pytest.warns(nclue.NclueDataWarning, match="of another with a different behavior"):
        made = often.nclue.to_sequences(user="customer", time="when", behavior="item")
    told = nclue.report(made)
    assert found.counts["repeated rows"] == told.repeats > 0
    assert found.counts["rows tied in time"] == told.ties > 0
    assert (found.first_event, found.last_event) == (told.first_event, told.last_event)
    assert found.users == told.users


def test_ids_that_are_personal_data_come_first(log):
    phones = "0101234" + log["customer"].astype(str).str.zfill(4)
    found = log.assign(customer=phones).nclue.inspect()
    assert found.personal_data == {"users with mobile phone number": phones.nunique()}
    assert found.code is None
    assert "pseudonymize" in repr(found)


def test_times_that_are_no_times(log):
    digits = log.assign(when=log["when"].dt.strftime("%Y%m%d").astype(int))
    found = digits.nclue.inspect()
    assert found.columns["time"] == "when"
    assert "%Y%m%d" in repr(found)
    european = log.assign(when=log["when"].dt.strftime("%d/%m/%Y"))
    found = european.nclue.inspect()
    assert found.columns["time"] == "when"
    assert found.counts["rows with an unreadable time"] == N
    assert found.code is None
    assert "to_datetime" in repr(found)


def test_a_log_without_such_columns():
    found = pd.DataFrame({"a": [1.5], "b": [dt.date(2026, 1, 1)]}).nclue.inspect()
    assert found.columns["user"] is None
    assert "No column looks like that of user" in repr(found)
    assert found.code is None
    empty = pd.DataFrame({"user": [], "ts": [], "item": []}, dtype="string")
    assert empty.nclue.inspect(user="user", time="ts", behavior="item").users == 0
    with pytest.raises(nclue.errors.MissingColumnError, match="'who'"):
        empty.nclue.inspect(user="who")


def test_a_log_that_is_too_short_has_no_proposal(log):
    short = log[log["when"] < "2026-01-10"]
    assert short.nclue.inspect().code is None


@pytest.mark.retail
@pytest.mark.filterwarnings("ignore::nclue_pandas.NclueDataWarning")
def test_a_real_log(online_retail):
    found = online_retail.nclue.inspect()
    assert tuple(found.columns.values()) == ("CustomerID", "InvoiceDate", "Description")
    assert (found.users, found.rows) == (4_372, 541_909)
    assert found.counts["rows without an id"] == 135_080
    _, answers = run(found.code, online_retail)
    ones = found.proposals.set_index("horizon")["ones"]["90D"]
    assert answers["label"].sum() == ones == 1_956
