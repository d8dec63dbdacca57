"""evaluate: alignment by id, figures, deciles, calibration and its errors."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import calibration as sk_calibration
from sklearn import metrics

from nclue_pandas.errors.base import ConfigurationError, InvalidDataError, MissingColumnError
from nclue_pandas.frames.evaluation import evaluate


def frames(values, labels):
    """Scores and answers of the same users, the answers in reverse order."""
    ids = [f"u{i}" for i in range(len(values))]
    scores = pd.DataFrame({"user_id": ids, "score": np.asarray(values, dtype=float)})
    answers = pd.DataFrame({"user_id": ids, "label": np.asarray(labels, dtype=int)})
    return scores, answers.iloc[::-1]


def generated(n=2_000, seed=7):
    rng = np.random.default_rng(seed)
    chance = rng.beta(1, 5, n)
    return chance, rng.random(n) < chance


@st.composite
def probabilities(draw):
    n = draw(st.integers(2, 60))
    positives = draw(st.integers(1, n - 1))
    labels = draw(st.permutations([1] * positives + [0] * (n - positives)))
    value = st.one_of(st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.floats(0, 1))
    return draw(st.lists(value, min_size=n, max_size=n)), labels


@given(probabilities())
def test_figures_are_those_of_scikit_learn(users):
    values, labels = users
    found = evaluate(*frames(values, labels))
    assert found.auroc == pytest.approx(metrics.roc_auc_score(labels, values), abs=1e-12)
    assert found.average_precision == pytest.approx(
        metrics.average_precision_score(labels, values), abs=1e-12
    )
    assert found.brier == pytest.approx(metrics.brier_score_loss(labels, values), abs=1e-12)


def test_calibration_is_that_of_scikit_learn():
    values, labels = generated()
    table = evaluate(*frames(values, labels)).calibration
    rate, mean_score = sk_calibration.calibration_curve(
        labels, values, n_bins=10, strategy="quantile"
    )
    np.testing.assert_allclose(table["rate"].to_numpy(), rate, atol=1e-12)
    np.testing.assert_allclose(table["mean_score"].to_numpy(), mean_score, atol=1e-12)
    assert table["users"].sum() == 2_000
    assert ((table["rate_low"] <= table["rate"]) & (table["rate"] <= table["rate_high"])).all()


def test_calibration_intervals_are_wilsons():
    """10 of 100 positives in one group: 5.52 % to 17.44 %, a textbook value."""
    scores, answers = frames([0.1] * 100, [1] * 10 + [0] * 90)
    row = evaluate(scores, answers).calibration.iloc[0]
    assert row["rate_low"] == pytest.approx(0.0552, abs=5e-5)
    assert row["rate_high"] == pytest.approx(0.1744, abs=5e-5)


@pytest.mark.parametrize("values", [[-0.1, 0.5, 0.9, 0.2], [0.1, 0.5, 1.1, 0.2]])
def test_scores_outside_0_and_1_have_no_brier_score_and_no_calibration(values):
    found = evaluate(*frames(values, [0, 1, 1, 0]))
    assert found.brier is None
    assert found.calibration is None


def test_deciles_of_distinct_scores_count_users_and_positives():
    values = np.arange(100)[::-1]
    labels = np.zeros(100, dtype=int)
    labels[[0, 1, 2, 3, 15, 25, 99]] = 1
    table = evaluate(*frames(values, labels)).deciles
    assert table["decile"].tolist() == list(range(1, 11))
    assert table["users"].tolist() == [10] * 10
    assert table["positives"].tolist() == [4, 1, 1, 0, 0, 0, 0, 0, 0, 1]
    assert table["rate"].tolist() == pytest.approx([0.4, 0.1, 0.1, 0, 0, 0, 0, 0, 0, 0.1])
    assert table["lift"].iloc[0] == pytest.approx(0.4 / 0.07)
    assert table["capture"].iloc[0] == pytest.approx(4 / 7)
    assert table["gain"].tolist() == pytest.approx([n / 7 for n in (4, 5, 6, 6, 6, 6, 6, 6, 6, 7)])
    assert table["cumulative_lift"].iloc[2] == pytest.approx((6 / 30) / 0.07)
    assert table["score_max"].tolist() == list(range(99, 0, -10))
    assert table["score_min"].tolist() == list(range(90, -1, -10))


def test_users_that_tie_share_their_positives_whatever_the_row_order():
    values, labels = [0.5] * 20, [1] * 5 + [0] * 15
    scores, answers = frames(values, labels)
    table = evaluate(scores, answers).deciles
    assert table["positives"].tolist() == pytest.approx([0.5] * 10)
    shuffled = evaluate(scores.sample(frac=1, random_state=1), answers).deciles
    pd.testing.assert_frame_equal(table, shuffled)


def test_fewer_than_ten_users_make_fewer_deciles():
    table = evaluate(*frames([0.9, 0.5, 0.1], [1, 0, 0])).deciles
    assert table["users"].tolist() == [1, 1, 1]


@given(probabilities())
def test_deciles_add_up(users):
    values, labels = users
    table = evaluate(*frames(values, labels)).deciles
    assert table["users"].sum() == len(values)
    assert table["users"].max() - table["users"].min() <= 1
    assert table["positives"].sum() == pytest.approx(sum(labels))
    assert table["gain"].iloc[-1] == pytest.approx(1)
    assert (table["lift"] * table["users"]).sum() == pytest.approx(len(values))


def test_users_are_matched_by_id_and_the_others_counted():
    scores = pd.DataFrame({"user_id": ["c", "a", "b", "x"], "score": [0.1, 0.9, 0.8, 0.99]})
    answers = pd.DataFrame({"user_id": ["a", "b", "c", "y", "z"], "label": [1, 1, 0, 0, 0]})
    found = evaluate(scores, answers)
    assert (found.users, found.positives) == (3, 2)
    assert (found.unmatched_scores, found.unmatched_answers) == (1, 2)
    assert found.auroc == 1.0


IDS = {
    "int": [12, 7, 100],
    "float": [12.0, 7.0, 100.0],
    "text": ["12", "7", "100"],
    "arrow": pd.array(["12", "7", "100"], dtype=pd.ArrowDtype(pa.string())),
    "categorical": pd.Categorical(["12", "7", "100"]),
}


@pytest.mark.parametrize("one", IDS)
@pytest.mark.parametrize("other", IDS)
def test_ids_of_any_type_are_compared_as_text(one, other):
    scores = pd.DataFrame({"user_id": IDS[one], "score": [0.9, 0.1, 0.5]})
    answers = pd.DataFrame({"user_id": IDS[other], "label": [1, 0, 0]})
    assert evaluate(scores, answers).users == 3


def test_leading_zeros_make_another_id():
    scores = pd.DataFrame({"user_id": ["0012", "7"], "score": [0.9, 0.1]})
    answers = pd.DataFrame({"user_id": ["12", "8"], "label": [1, 0]})
    with pytest.raises(InvalidDataError, match="'0012' is not '12'"):
        evaluate(scores, answers)


LABELS = {
    "int8": np.array([1, 0, 1], dtype="int8"),
    "bool": [True, False, True],
    "float": [1.0, 0.0, 1.0],
    "Int64": pd.array([1, 0, 1], dtype="Int64"),
    "arrow": pd.array([1, 0, 1], dtype=pd.ArrowDtype(pa.int8())),
    "arrow bool": pd.array([True, False, True], dtype=pd.ArrowDtype(pa.bool_())),
    "object": pd.Series([1, 0, True], dtype=object),
    "text": ["1", "0", "1"],
}


@pytest.mark.parametrize("kind", LABELS)
def test_labels_of_any_type(kind):
    scores = pd.DataFrame({"user_id": list("abc"), "score": [0.9, 0.1, 0.5]})
    answers = pd.DataFrame({"user_id": list("abc"), "label": LABELS[kind]})
    assert evaluate(scores, answers).positives == 2


SCORES = {
    "float32": np.array([0.5, 0.25, 0.75], dtype="float32"),
    "Float64": pd.array([0.5, 0.25, 0.75], dtype="Float64"),
    "arrow": pd.array([0.5, 0.25, 0.75], dtype=pd.ArrowDtype(pa.float64())),
}


@pytest.mark.parametrize("kind", SCORES)
def test_scores_of_any_type(kind):
    scores = pd.DataFrame({"user_id": list("abc"), "score": SCORES[kind]})
    answers = pd.DataFrame({"user_id": list("abc"), "label": [0, 0, 1]})
    assert evaluate(scores, answers).auroc == 1.0


def test_columns_may_have_other_names_and_any_index():
    scores = pd.DataFrame({"p": [0.9, 0.1], "customer": ["a", "b"]}, index=[5, 5])
    answers = pd.DataFrame({"customer": ["b", "a"], "bought": [0, 1]}, index=["x", "y"])
    found = evaluate(scores, answers, user="customer", score="p", label="bought")
    assert found.auroc == 1.0


def test_the_input_is_not_changed():
    scores, answers = frames(*generated(200))
    before = scores.copy(), answers.copy()
    evaluate(scores, answers)
    pd.testing.assert_frame_equal(scores, before[0])
    pd.testing.assert_frame_equal(answers, before[1])


def test_tables_are_arrow_backed():
    found = evaluate(*frames(*generated(200)))
    for table in (found.deciles, found.calibration):
        assert all(isinstance(dtype, pd.ArrowDtype) for dtype in table.dtypes)
    assert found.deciles["users"].dtype == pd.ArrowDtype(pa.int64())


def test_a_wider_confidence_gives_a_wider_interval():
    inputs = frames(*generated())
    narrow = evaluate(*inputs, confidence=0.8).auroc_interval
    wide = evaluate(*inputs, confidence=0.99).auroc_interval
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


@pytest.mark.parametrize("confidence", [0, 1, 95, -0.5, float("nan"), "0.9", None, True])
def test_a_confidence_is_between_0_and_1(confidence):
    with pytest.raises(ConfigurationError, match=r"give 0\.95"):
        evaluate(*frames([0.1, 0.9], [0, 1]), confidence=confidence)


def bad(**changes):
    scores = pd.DataFrame({"user_id": ["a", "b", "c"], "score": [0.1, 0.5, 0.9]})
    answers = pd.DataFrame({"user_id": ["a", "b", "c"], "label": [0, 1, 1]})
    where = {"score": scores, "score_id": scores, "label": answers, "answer_id": answers}
    for name, values in changes.items():
        column = "user_id" if name.endswith("_id") else name
        where[name][column] = values
    return scores, answers


@pytest.mark.parametrize(
    ("changes", "code", "rows"),
    [
        ({"score": [0.1, None, 0.9]}, "score", [1]),
        ({"score": [np.inf, 0.5, np.nan]}, "score", [0, 2]),
        ({"score_id": ["a", "b", "a"]}, "duplicate_id", [0, 2]),
        ({"score_id": ["a", None, "c"]}, "null_id", [1]),
        ({"label": [0, 1, 2]}, "label", [2]),
        ({"label": [0, 1, None]}, "label", [2]),
        ({"answer_id": ["b", "b", "c"]}, "duplicate_id", [0, 1]),
        ({"answer_id": [None, None, "c"]}, "null_id", [0, 1]),
    ],
)
def test_bad_rows_are_named_and_handed_back(changes, code, rows):
    with pytest.raises(InvalidDataError, match=rf"\[{code}\]") as caught:
        evaluate(*bad(**changes))
    assert [(p.code, list(p.rows)) for p in caught.value.problems] == [(code, rows)]
    assert caught.value.rows.index.tolist() == rows


def test_all_problems_of_a_frame_are_told_at_once():
    with pytest.raises(InvalidDataError) as caught:
        evaluate(*bad(score=[None, 0.5, 0.9], score_id=["a", "b", "b"]))
    assert [problem.code for problem in caught.value.problems] == ["duplicate_id", "score"]
    assert caught.value.rows.index.tolist() == [0, 1, 2]


def test_no_message_holds_an_id():
    scores, answers = bad(score_id=["010-1234-5678", "010-1234-5678", "c"])
    with pytest.raises(InvalidDataError) as caught:
        evaluate(scores, answers)
    assert "1234" not in str(caught.value)


@pytest.mark.parametrize(
    ("columns", "argument"),
    [({"user": "uid"}, "user"), ({"score": "scor"}, "score"), ({"label": "y"}, "label")],
)
def test_a_missing_column_is_named_with_the_ones_there_are(columns, argument):
    with pytest.raises(MissingColumnError, match=rf"argument {argument}=.*'user_id'"):
        evaluate(*bad(), **columns)


def test_values_that_are_no_numbers():
    with pytest.raises(InvalidDataError, match=r"'score'.*no numbers.*score="):
        evaluate(*bad(score=["high", "low", "mid"]))
    with pytest.raises(InvalidDataError, match="neither 0 nor 1") as caught:
        evaluate(*bad(label=pd.array(["yes", "no", "0"], dtype=pd.ArrowDtype(pa.string()))))
    assert [problem.rows for problem in caught.value.problems] == [(0, 1)]


@pytest.mark.parametrize("label", [0, 1])
def test_one_label_only(label):
    with pytest.raises(InvalidDataError, match=rf"All 3 users .* label {label}: .* both labels"):
        evaluate(*bad(label=[label] * 3))


def test_no_user_in_common():
    with pytest.raises(InvalidDataError, match="None of the 3 answers"):
        evaluate(*bad(score_id=["x", "y", "z"]))


@pytest.mark.parametrize("which", [0, 1])
def test_an_empty_frame(which):
    inputs = list(bad())
    inputs[which] = inputs[which].iloc[:0]
    with pytest.raises(InvalidDataError, match="None of the"):
        evaluate(*inputs)
