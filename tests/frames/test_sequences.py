"""What a messy log becomes, and what is said about it."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import nclue_pandas as nclue
from nclue_pandas import errors
from nclue_pandas.frames.reports import NclueDataWarning

COLUMNS = {"user": "user", "time": "ts", "behavior": "what"}


def log(**columns):
    base = {
        "user": ["a", "b", "a"],
        "ts": pd.to_datetime(["2026-01-02", "2026-01-01", "2026-01-01"]),
        "what": ["x", "y", "z"],
    }
    return pd.DataFrame(base | columns)


def test_float_ids_of_whole_numbers_lose_the_point():
    made = log(user=[17850.0, 12.0, np.nan]).iloc[:2].nclue.to_sequences(**COLUMNS)
    assert set(made["user_id"]) == {"17850", "12"}


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([1, 22, 1], {"1", "22"}),
        (["0012", "NA", "0012"], {"0012", "NA"}),
        (pd.array([1, 2, 1], "Int64"), {"1", "2"}),
        (pd.Categorical(["u", "v", "u"]), {"u", "v"}),
        (pd.array([7, 8, 7], pd.ArrowDtype(pa.int32())), {"7", "8"}),
        ([True, False, True], None),
        ([b"x", b"y", b"x"], None),
        ([1.5, 2.0, 1.5], None),
    ],
)
def test_ids_of_every_type(values, texts):
    frame = log(user=values)
    if texts is None:
        with pytest.raises(errors.InvalidDataError, match="user|id"):
            frame.nclue.to_sequences(**COLUMNS)
    else:
        assert set(frame.nclue.to_sequences(**COLUMNS)["user_id"]) == texts


def test_all_that_is_invalid_is_told_at_once_or_dropped():
    bad = log(
        user=[None, "x" * 101, "a"],
        ts=pd.to_datetime(["2026-01-01", "2026-01-01", None]),
        what=["x", None, " \t"],
    )
    with pytest.raises(errors.InvalidDataError) as caught:
        bad.nclue.to_sequences(**COLUMNS)
    assert {problem.code for problem in caught.value.problems} >= {"null_id", "null_time"}
    assert len(caught.value.problems) >= 4
    assert caught.value.rows.index.tolist() == [0, 1, 2]
    both = pd.concat([bad, log()])
    with pytest.warns(NclueDataWarning, match="3 of 6"):
        made = both.nclue.to_sequences(**COLUMNS, on_invalid="drop")
    assert set(made["user_id"]) == {"a", "b"}


def test_lone_surrogates_are_refused_with_their_rows():
    for column in ("user", "what"):
        with pytest.raises(errors.InvalidDataError) as caught:
            log(**{column: pd.Series(["ok", "\ud800", "ok"], dtype=object)}).nclue.to_sequences(
                **COLUMNS
            )
        assert caught.value.problems[0].rows == (1,)


def test_ties_follow_the_tie_break_then_the_texts():
    same = log(ts=pd.to_datetime(["2026-01-01"] * 3), user=["a"] * 3, order=[2, 1, 1])
    for rows in (same, same.iloc[::-1], same.sample(3, random_state=1)):
        with pytest.warns(NclueDataWarning, match="3 of 3 events have the user and time"):
            made = rows.nclue.to_sequences(**COLUMNS)
        assert made["sequence"].tolist() == ["x->y->z"]
        with pytest.warns(NclueDataWarning, match="2 of 3 events"):
            broken = rows.nclue.to_sequences(**COLUMNS, tie_break="order")
        assert broken["sequence"].tolist() == ["y->z->x"]


def test_several_columns_are_joined_by_a_template():
    frame = log(category=["tea", "tea", "jam"])
    made = frame.nclue.to_sequences(
        user="user", time="ts", behavior=["category", "what"], template="{category}: {what}"
    )
    assert set(made["sequence"]) == {"tea: y", "jam: z->tea: x"}
    with pytest.raises(errors.NclueError):
        frame.nclue.to_sequences(
            user="user", time="ts", behavior=["category", "what"], template="{nothing}"
        )


@pytest.mark.parametrize(
    "times",
    [["yesterday", "2026-01-01", "2026-01-01"], [1.5, 2.0, 3.0], [object(), 1, 2]],
)
def test_times_that_are_none(times):
    with pytest.raises(errors.InvalidDataError):
        log(ts=pd.Series(times, dtype=object)).nclue.to_sequences(**COLUMNS)


def test_times_of_python_and_categories():
    dates = pd.Series(pd.to_datetime(["2026-01-02", "2026-01-01", "2026-01-01"]).date)
    for times in (dates, pd.Categorical(dates.astype(str)), [2, 1, 1], [2.0, 1.0, 1.0]):
        assert set(log(ts=times).nclue.to_sequences(**COLUMNS)["sequence"]) == {"z->x", "y"}


def test_an_empty_log_gives_an_empty_typed_frame():
    made = log().iloc[:0].nclue.to_sequences(**COLUMNS)
    assert made.shape == (0, 2)
    assert made.dtypes.tolist() == [pd.ArrowDtype(pa.string())] * 2


def test_the_report_is_plain_and_travels_with_the_frame(tmp_path):
    made = log(what=["a->b", "tab\t", " edge "]).nclue.to_sequences(**COLUMNS)
    report = nclue.report(made)
    assert report.separators_replaced == 1
    assert report.control_characters_replaced == 1
    assert report.users == 2
    assert "separators replaced" in repr(report)
    json.dumps(made.attrs)
    made.to_parquet(tmp_path / "s.parquet")
    assert nclue.report(pd.DataFrame()) is None


def test_users_over_the_budget_are_cut_and_counted():
    many = pd.DataFrame(
        {"user": "a", "ts": range(3000), "what": [f"item {n}" for n in range(3000)]}
    )
    with pytest.warns(NclueDataWarning, match=r"of 3,000 events were cut.*max_tokens=2,048"):
        made = many.nclue.to_sequences(**COLUMNS)
    kept = made["sequence"].iloc[0].split("->")
    assert kept[-1] == "item 2999"
    assert len(kept) < 3000
    report = nclue.report(made)
    assert (report.users_cut, report.events_cut) == (1, 3000 - len(kept))
    assert report.tokens <= 2048


def test_partitions_and_threads_change_nothing(monkeypatch):
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "user": rng.integers(0, 900, 20_000),
            "ts": rng.integers(0, 50, 20_000),
            "what": rng.choice(["tea", "jam", "녹차"], 20_000),
        }
    )
    warnings.simplefilter("ignore", NclueDataWarning)
    whole = frame.nclue.to_sequences(**COLUMNS)
    from nclue_pandas.kernels import group_join

    monkeypatch.setitem(group_join.join_groups.__kwdefaults__, "partition_rows", 700)
    pd.testing.assert_frame_equal(frame.nclue.to_sequences(**COLUMNS), whole)
    reference = (
        frame.sort_values(["ts", "what"])
        .astype({"user": str})
        .groupby("user")["what"]
        .agg("->".join)
    )
    assert dict(zip(whole["user_id"], whole["sequence"], strict=True)) == reference.to_dict()


def test_wrong_options(tmp_path):
    for message, options in {
        "on_invalid='ignore'": {"on_invalid": "ignore"},
        "personal_data='keep'": {"personal_data": "keep"},
        "max_tokens=0": {"max_tokens": 0},
        "is not before until": {"since": "2026-02-01", "until": "2026-01-01"},
        "until='soon'": {"until": "soon"},
        "no column 'nothing'": {"tie_break": "nothing"},
    }.items():
        with pytest.raises(errors.NclueError, match=message):
            log().nclue.to_sequences(**COLUMNS, **options)
    with pytest.raises(errors.NclueError, match="events"):
        nclue.to_sequences([1, 2], **COLUMNS)
