"""Changed users and updated scores, against dictionaries of texts."""

from __future__ import annotations

import warnings

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nclue_pandas as nclue
from nclue_pandas import errors
from nclue_pandas.frames import updates

pytestmark = pytest.mark.property

TEXTS = st.sampled_from(["tea", "tea->milk", "milk->tea", "차", "차->tea", ""])
USERS = st.dictionaries(st.integers(0, 15), TEXTS, max_size=14)
KINDS = st.sampled_from([object, pd.ArrowDtype(pa.string()), pd.ArrowDtype(pa.large_string())])


def frame(users, kind, value="sequence"):
    ids = pd.Series([str(each) for each in users], dtype=object)
    return pd.DataFrame({"user_id": ids, value: pd.Series([*users.values()], dtype=kind)})


@given(today=USERS, before=USERS, one=KINDS, other=KINDS, categories=st.booleans())
def test_changed_are_those_whose_text_differs(today, before, one, other, categories):
    sequences = frame(today, one)
    if categories:
        sequences = sequences.astype({"sequence": "category"})
    gone = before.keys() - today.keys()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        found = sequences.nclue.changed(frame(before, other))
    expected = [str(each) for each, text in today.items() if before.get(each) != text]
    assert found["user_id"].tolist() == expected
    pd.testing.assert_frame_equal(found, sequences.loc[found.index])
    assert [str(each.message)[: len(f"{len(gone)} of")] for each in told] == (
        [f"{len(gone)} of"] if gone else []
    )


def test_blocks_make_no_difference(monkeypatch):
    before = pd.DataFrame({"user_id": range(50), "sequence": "tea"})
    today = before.sample(frac=1, random_state=1).assign(extra=1)
    today.loc[today["user_id"] % 7 == 3, "sequence"] = "tea->jam"
    whole = today.nclue.changed(before)
    monkeypatch.setattr(updates, "_BLOCK_ROWS", 4)
    pd.testing.assert_frame_equal(today.nclue.changed(before), whole)
    assert sorted(whole["user_id"] % 7) == [3] * 7


def test_an_event_of_the_future_changes_nobody():
    """Leakage: what comes after the cutoff is not what a user is scored by."""
    log = pd.DataFrame(
        {"user_id": [1, 2], "ts": ["2026-01-01", "2026-01-02"], "item": ["tea", "jam"]}
    )
    marker = pd.DataFrame({"user_id": [1, 3], "ts": "2026-02-01", "item": "marker"})
    made = [
        each.nclue.to_sequences(user="user_id", time="ts", behavior="item", until="2026-02-01")
        for each in (log, pd.concat([log, marker]))
    ]
    assert made[1].nclue.changed(made[0]).empty


@given(
    scores=st.dictionaries(st.integers(0, 15), st.floats(0, 1), min_size=1, max_size=14),
    newer=st.dictionaries(st.integers(0, 15), st.floats(0, 1), max_size=14),
    present=st.none() | st.sets(st.integers(0, 15), min_size=1),
    whole=st.booleans(),
)
def test_updated_is_a_dictionary_put_into_another(scores, newer, present, whole):
    old, new = frame(scores, float, "score"), frame(newer, float, "score")
    if whole:
        new = new.astype({"user_id": "int64"})
    expected = {str(key): value for key, value in {**scores, **newer}.items()}
    ids = None if present is None else [*present]
    if present is not None:
        if not {str(each) for each in present} <= expected.keys():
            with pytest.raises(errors.InvalidDataError, match="users of ids= have no score"):
                old.nclue.updated(new, ids=ids)
            return
        expected = {str(each): expected[str(each)] for each in present}
    made = old.nclue.updated(new, ids=ids)
    assert dict(zip(made["user_id"], made["score"], strict=True)) == expected
    assert len(made) == len(expected)
    assert made.index.tolist() == list(range(len(made)))


def test_ids_keep_their_type_and_further_columns_stay():
    old = pd.DataFrame({"user_id": [7, 8], "score": [0.5, 0.6], "city": ["Seoul", "Busan"]})
    made = old.nclue.updated(old.head(1).assign(score=0.9))
    assert made["user_id"].tolist() == [8, 7]
    assert made["user_id"].dtype == old["user_id"].dtype
    assert made["city"].tolist() == ["Busan", "Seoul"]


def test_scores_of_two_models_are_told():
    from nclue_pandas.frames.cross_checks import Known, sample_of
    from nclue_pandas.jobs.datasets import source_of

    def of_model(users):
        answers = pd.DataFrame({"user_id": users, "label": 1})
        known = Known(trained=sample_of(source_of(answers, "answers").users()))
        return known.carry(pd.DataFrame({"user_id": ["a"], "score": [0.5]}))

    with pytest.warns(nclue.NclueDataWarning, match="of models that were trained on other"):
        of_model([1, 2]).nclue.updated(of_model([1, 3]))
    made = of_model([1, 2]).nclue.updated(of_model([1, 2]))
    assert Known.of_scores(made).trained == Known.of_scores(of_model([1, 2])).trained


@pytest.mark.parametrize(
    ("verb", "argument", "match"),
    [
        ("changed", {"user_id": ["a", "a"], "sequence": "x"}, "in before:\n.*duplicate_id"),
        ("changed", {"user_id": ["a", None], "sequence": "x"}, "null_id"),
        ("changed", {"user_id": ["a"]}, "sequence"),
        ("updated", {"user_id": ["a", "a"], "score": 1.0}, "put together:\n.*duplicate_id"),
        ("updated", {"user_id": ["a"], "score": float("nan")}, "not finite"),
    ],
)
def test_what_is_no_frame_of_users_is_refused(verb, argument, match):
    own = pd.DataFrame({"user_id": ["a"], "sequence": "tea", "score": 0.5})
    with pytest.raises(errors.InvalidDataError, match=match):
        getattr(own.nclue, verb)(pd.DataFrame(argument))
    if verb == "updated":
        with pytest.raises(errors.ConfigurationError, match="ids= must be a Series"):
            own.nclue.updated(own, ids=own)
