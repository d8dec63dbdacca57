"""Scores beside any frame of users, against a dictionary of texts."""

from __future__ import annotations

import warnings

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nclue_pandas as nclue
from nclue_pandas import errors

pytestmark = pytest.mark.property

IDS = st.integers(0, 12)
#: How a column may hold whole numbers as ids.
FORMS = (
    lambda ids: pd.Series(ids, dtype="int64"),
    lambda ids: pd.Series(ids, dtype="float64"),
    lambda ids: pd.Series([str(each) for each in ids], dtype=object),
    lambda ids: pd.Series([str(each) for each in ids], dtype=pd.ArrowDtype(pa.string())),
    lambda ids: pd.Series([str(each) for each in ids], dtype="category"),
    lambda ids: pd.Series(ids, dtype="Int32"),
)


@given(
    users=st.lists(IDS, min_size=1, max_size=12),
    scored=st.lists(st.lists(IDS, min_size=1, max_size=12, unique=True), min_size=1, max_size=3),
    form=st.sampled_from(FORMS),
    index=st.sampled_from([0, 5]),
)
def test_each_row_has_the_score_of_its_users_text(users, scored, form, index):
    ids = form(users)
    frame = pd.DataFrame({"city": range(len(users)), "who": ids}).set_axis(
        range(index, index + len(users))
    )
    scores = {
        f"s{place}": pd.DataFrame({"user_id": FORMS[place](who), "score": [n / 7 for n in who]})
        for place, who in enumerate(scored)
    }
    expected = {
        name: [n / 7 if n in scored[place] else None for n in users]
        for place, name in enumerate(scores)
    }
    before = frame.copy()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        if any(not any(n in who for n in users) for who in scored):
            with pytest.raises(errors.InvalidDataError, match="None of the"):
                frame.nclue.add_scores(scores, user="who")
            return
        made = frame.nclue.add_scores(scores, user="who")
    pd.testing.assert_frame_equal(frame, before)
    pd.testing.assert_frame_equal(made[["city", "who"]], frame)
    for name, values in expected.items():
        assert str(made[name].dtype) == "double[pyarrow]"
        assert [None if pd.isna(value) else value for value in made[name]] == values
    missing = {name: sum(v is None for v in values) for name, values in expected.items()}
    assert len(told) == any(missing.values())
    for name, count in missing.items():
        assert not count or f"{count} of '{name}'" in str(told[0].message)


def test_ids_are_texts_and_null_ones_have_no_score():
    users = pd.DataFrame({"user_id": pd.Series(["0012", "12", None, "NA"], dtype=object)})
    scores = pd.DataFrame({"user_id": ["12", "NA"], "score": [0.5, 0.25]})
    with pytest.warns(nclue.NclueDataWarning, match="Of 4 rows some .*: 2 of 'tea'"):
        made = nclue.add_scores(users, {"tea": scores})
    assert made["tea"].isna().tolist() == [True, False, True, False]
    assert made["user_id"].tolist() == users["user_id"].tolist()


SCORES = pd.DataFrame({"user_id": [1, 2], "score": [0.1, 0.2]})


@pytest.mark.parametrize(
    ("scores", "error", "match"),
    [
        (SCORES, errors.ConfigurationError, "by the name"),
        ({}, errors.ConfigurationError, "nothing to add"),
        ({"city": SCORES}, errors.ConfigurationError, "column 'city' already"),
        ({"tea": SCORES.drop(columns="score")}, errors.MissingColumnError, "score"),
        ({"tea": pd.concat([SCORES, SCORES])}, errors.InvalidDataError, "'tea'.*\n.*duplicate_id"),
        ({"tea": SCORES.assign(score=float("inf"))}, errors.InvalidDataError, "not finite"),
        ({"tea": "run"}, errors.InvalidDataError, "must be a pandas DataFrame"),
    ],
)
def test_what_is_no_score_is_refused(scores, error, match):
    users = pd.DataFrame({"user_id": [1, 2], "city": "Seoul"})
    with pytest.raises(error, match=match):
        users.nclue.add_scores(scores)


def test_scores_of_the_answers_that_a_model_was_trained_on_are_told():
    """Leakage: another model would trust scores that know its labels."""
    from nclue_pandas.frames.cross_checks import Known, sample_of
    from nclue_pandas.jobs.datasets import source_of

    labels = pd.DataFrame({"user_id": range(200), "bought": [0, 1] * 100})
    answers = labels.nclue.to_answers(label="bought")
    seen = source_of(answers, "answers").users()
    scores = pd.DataFrame({"user_id": range(200), "score": 0.5})
    with pytest.warns(nclue.NclueDataWarning, match="100.0% of the answers.*'tea'.*out_of_fold"):
        answers.nclue.add_scores({"tea": Known(trained=sample_of(seen)).carry(scores.copy())})
    answers.nclue.add_scores({"tea": scores})  # of a model that nobody knows: nothing is told
    later = Known(cutoff="2026-01-01", trained=sample_of(seen)).carry(scores.copy())
    answers.nclue.add_scores({"tea": later})  # trained on other answers of the same users
