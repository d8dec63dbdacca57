"""Who is addressed and who is kept out, whatever the rows look like; what the campaign brought."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nclue_pandas as nclue
from nclue_pandas.errors import ConfigurationError, InvalidDataError, MissingColumnError
from nclue_pandas.kernels.hash import derive_key


def frame_of(users, score):
    return pd.DataFrame({"user_id": users, "score": score})


def slow_hash(user, purpose, seed):
    key = derive_key(purpose, seed)
    return int(pd.util.hash_array(np.array([user], dtype=object), hash_key=key)[0])


def slow_audience(scores, size, control, seed):
    """Sort, cut, and draw one user after the other."""
    rows = sorted(
        ((-row.score, slow_hash(row.user_id, "ties", seed), row.user_id))
        for row in scores.itertuples()
    )
    return [
        (
            user,
            -score,
            "control" if slow_hash(user, "control", seed) / 2**64 < control else "treatment",
        )
        for score, _, user in rows[:size]
    ]


@given(
    st.lists(st.sampled_from([0.0, 0.1, 0.25, 0.5, 1.0, 7.5]), min_size=1, max_size=40),
    st.data(),
)
@pytest.mark.filterwarnings("ignore::nclue_pandas.NclueDataWarning")
def test_an_audience_is_that_of_the_slow_way_in_any_order_of_the_rows(values, data):
    ids = [f"사용자 {number}" for number in range(len(values))]
    size = data.draw(st.integers(1, len(values)))
    seed = data.draw(st.one_of(st.integers(0, 9), st.text(max_size=3)))
    scores = frame_of(ids, values)
    order = data.draw(st.permutations(range(len(values))))
    found = nclue.audience(scores.iloc[order], size=size, control=0.3, seed=seed)
    expected = slow_audience(scores, size, 0.3, seed)
    assert list(found[["user_id", "score", "group"]].itertuples(index=False, name=None)) == expected


@pytest.mark.parametrize(
    ("users", "apart"), [(50_000, 0.005), pytest.param(1_000_000, 0.001, marks=pytest.mark.slow)]
)
def test_the_control_group_is_a_tenth_balanced_and_stable(users, apart):
    scores = frame_of(np.arange(users), np.random.default_rng(3).beta(1, 6, users))
    whole = scores.nclue.audience(share=1.0, control=0.1, seed="spring")
    assert len(whole) == users
    report = nclue.report(whole)
    print(f"\n{report}")
    assert report.control_share == pytest.approx(0.1, abs=apart)
    assert abs(report.standardized_difference) < 10 * apart
    held = (whole["group"] == "control").to_numpy(dtype=bool)
    shares = [tenth.mean() for tenth in np.array_split(held, 10)]
    assert shares == pytest.approx([0.1] * 10, abs=4 * apart), "balanced in every tenth"

    added = frame_of(np.arange(users, 2 * users, 20), 0.5)
    more = pd.concat([added, scores]).sample(frac=1, random_state=1)
    again = more.nclue.audience(share=1.0, control=0.1, seed="spring")
    control = set(again["user_id"][again["group"] == "control"])
    assert control.intersection(range(users)) == set(whole["user_id"][held])

    other = scores.nclue.audience(share=1.0, control=0.1, seed="summer")
    both = control.intersection(other["user_id"][other["group"] == "control"])
    assert len(both) / users == pytest.approx(0.01, abs=2 * apart), "another seed draws anew"


def test_a_group_does_not_depend_on_the_type_of_the_id():
    numbers = np.arange(500)
    groups = [
        nclue.audience(frame_of(ids, 0.5), share=1, control=0.4, seed=1)
        .assign(user_id=lambda frame: frame["user_id"].astype(float).astype(int))
        .sort_values("user_id")["group"]
        .tolist()
        for ids in (
            numbers,
            numbers.astype(float),
            numbers.astype(str).astype(object),
            pd.array(numbers.astype(str), dtype=pd.ArrowDtype(pa.string())),
            pd.Categorical(numbers.astype(str)),
        )
    ]
    assert all(each == groups[0] for each in groups)
    assert set(groups[0]) == {"treatment", "control"}


def test_ties_at_the_border_are_told_and_decided_by_the_id():
    scores = frame_of(np.arange(100), [0.9] * 10 + [0.4] * 80 + [0.1] * 10)
    with pytest.warns(
        nclue.NclueDataWarning, match=r"80 users have the lowest.* 20 of them"
    ) as told:
        found = scores.nclue.audience(size=30)
    assert len(told) == 1
    assert told[0].filename == __file__
    assert "10 or 90" in str(told[0].message)
    report = nclue.report(found)
    assert (report.tied, report.tied_in, report.lowest_score) == (80, 20, 0.4)
    tied = found[found["score"] == 0.4]["user_id"]
    assert not set(tied) <= set(range(10, 30)), "the first rows are no better than the others"
    scores.nclue.audience(size=90)  # ends between two scores: nothing to tell


def test_columns_and_the_input_stay():
    scores = frame_of([3, 1, 2], [0.1, 0.5, 0.3]).assign(name=list("cab"))
    before = scores.copy()
    found = scores.nclue.audience(size=2, group="arm", control=0)
    assert found.columns.tolist() == ["user_id", "score", "name", "arm"]
    assert found["user_id"].tolist() == [1, 2]
    assert found.index.tolist() == [1, 2]
    assert found["arm"].dtype == pd.ArrowDtype(pa.string())
    assert set(found["arm"]) == {"treatment"}
    pd.testing.assert_frame_equal(scores, before)
    assert scores.attrs == {}


@pytest.mark.parametrize(("share", "users"), [(0.29, 29), (1, 100), (0.015, 1), (0.999, 99)])
def test_a_share_is_rounded_down(share, users):
    assert (
        len(nclue.audience(frame_of(range(100), np.arange(100)), share=share, control=0)) == users
    )


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({}, "share= .*or size="),
        ({"share": 0.1, "size": 3}, "share= .*or size="),
        ({"share": 0}, "share=0"),
        ({"share": 1.5}, "share=1.5"),
        ({"share": True}, "share=True"),
        ({"size": 0}, "size=0"),
        ({"size": 2.5}, r"size=2\.5"),
        ({"size": 2, "control": 1}, "control=1"),
        ({"size": 2, "control": -0.1}, r"control=-0\.1"),
        ({"size": 2, "seed": 0.5}, r"seed=0\.5"),
    ],
)
def test_options_are_checked_before_anything_is_read(options, named):
    with pytest.raises(ConfigurationError, match=named):
        nclue.audience(object(), **options)


def test_rows_that_cannot_be_ranked_are_handed_back():
    scores = frame_of(["a", "a", None, "b"], [0.1, 0.2, 0.3, np.nan])
    with pytest.raises(InvalidDataError) as raised:
        scores.nclue.audience(size=1)
    assert {problem.code for problem in raised.value.problems} == {
        "duplicate_id",
        "null_id",
        "score",
    }
    assert len(raised.value.rows) == 4
    assert pickle.loads(pickle.dumps(raised.value)).problems == raised.value.problems
    with pytest.raises(InvalidDataError, match="size=5 asks for 5 of 4"):
        frame_of(list("abcd"), 0.5).nclue.audience(size=5)
    with pytest.raises(InvalidDataError, match="share=0.1 asks for 0 of 4"):
        frame_of(list("abcd"), 0.5).nclue.audience(share=0.1)
    with pytest.raises(InvalidDataError, match="group="):
        frame_of(list("abcd"), 0.5).assign(group=1).nclue.audience(size=1)
    with pytest.raises(MissingColumnError, match="score="):
        pd.DataFrame({"user_id": [1]}).nclue.audience(size=1)


def test_an_empty_control_group_is_told():
    with pytest.warns(nclue.NclueDataWarning, match="None of the 2 users is in the control group"):
        frame_of(["a", "b"], [0.1, 0.2]).nclue.audience(size=2, control=1e-9)
