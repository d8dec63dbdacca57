"""predict and plan look at the frames together: whose answers they are, and of which frame."""

from __future__ import annotations

import pandas as pd
import pytest

import nclue_pandas as nclue
from nclue_pandas import errors


@pytest.fixture(scope="module")
def frames():
    """240 users, half of whom like tea, and their answers."""
    tea = pd.Series(range(240)) % 2
    users = pd.Series([f"{number:04d}" for number in range(240)])
    texts = tea.map({0: "black coffee->milk", 1: "green tea->milk"})
    return (
        pd.DataFrame({"user_id": users, "sequence": texts}),
        pd.DataFrame({"user_id": users, "label": tea}),
    )


@pytest.fixture
def unchanged(sandbox, client):
    """Assert at the end that nothing was sent or made."""
    yield
    assert sandbox.objects() == {}
    assert {request.method for request in sandbox.requests} <= {"GET"}


def test_answers_of_other_users_are_a_problem(client, unchanged, frames):
    sequences, answers = frames
    numbers = answers.assign(user_id=answers["user_id"].astype(int)).sample(frac=1, random_state=2)
    with pytest.raises(errors.InvalidDataError, match="'0012' is not '12'") as caught:
        sequences.nclue.predict(numbers, name="tea")
    (problem,) = caught.value.problems
    assert (problem.code, problem.argument) == ("unmatched_answers", "answers")
    assert problem.rows == tuple(range(240))
    pd.testing.assert_frame_equal(caught.value.rows.loc["answers"], numbers)
    assert nclue.plan(sequences, numbers, name="tea").problems == (problem,)


def test_only_what_matches_counts_toward_the_100_of_each_label(client, unchanged, frames):
    sequences, answers = frames
    with pytest.raises(errors.InvalidDataError, match="41 of 240.*100 users with the label 0 and"):
        nclue.predict(sequences.head(199), answers, name="tea")
    with pytest.warns(nclue.NclueDataWarning, match="answers: 40 of 240"):
        assert nclue.plan(sequences.head(200), answers, name="tea").problems == ()


def test_test_answers_are_of_other_users_that_are_known(client, unchanged, frames):
    sequences, answers = frames
    with pytest.warns(nclue.NclueDataWarning, match="240 of 240 test answers"):
        nclue.plan(sequences, answers, name="tea", test=answers)
    with pytest.warns(nclue.NclueDataWarning, match="test: 30 of 40"):
        nclue.plan(sequences.head(210), answers.head(200), name="tea", test=answers.tail(40))


def test_problems_name_their_frame_and_carry_its_rows(client, unchanged, frames):
    sequences, answers = frames
    bad = {
        "sequences": sequences.assign(sequence=sequences["sequence"].where(sequences.index > 0)),
        "answers": answers.assign(label=answers["label"].where(answers.index != 7, 3)),
        "score_on": sequences.assign(user_id=sequences["user_id"].replace("0009", "kim@x.com")),
        "test": answers.head(50).assign(label=[2, *[0] * 49]),
    }
    with pytest.raises(errors.PersonalDataError) as caught:
        nclue.predict(**bad, name="tea")
    found = {(problem.argument, problem.rows) for problem in caught.value.problems}
    assert found == {("sequences", (0,)), ("answers", (7,)), ("score_on", (9,)), ("test", (0,))}
    assert caught.value.rows.index.tolist() == [
        ("sequences", 0),
        ("answers", 7),
        ("score_on", 9),
        ("test", 0),
    ]
    assert all(f"{role}: " in str(caught.value) for role in bad)
    with pytest.raises(errors.MissingColumnError) as missing:
        nclue.predict(sequences, sequences, name="tea")
    assert "answers" in missing.value.__notes__[0]


def test_columns_of_other_names(client, frames):
    sequences, answers = (frame.rename(columns={"user_id": "who"}) for frame in frames)
    columns = {"user": "who", "sequence": "text", "label": "bought"}
    sequences = sequences.rename(columns={"sequence": "text"})
    answers = answers.rename(columns={"label": "bought"})
    assert sequences.nclue.plan(answers, name="tea", **columns).problems == ()
    scores = sequences.nclue.predict(answers, name="tea", **columns)
    assert sorted(scores["user_id"]) == sequences["who"].tolist()
    pd.testing.assert_frame_equal(frames[0].nclue.predict(frames[1], name="tea"), scores)


def test_sequences_on_disk_are_matched_too(client, unchanged, frames):
    events = frames[0].assign(time=range(240))
    columns = {"user": "user_id", "time": "time", "behavior": "sequence"}
    with nclue.stream_sequences(events, **columns) as store:
        assert nclue.plan(store, frames[1], name="tea").problems == ()
        others = frames[1].assign(user_id=range(240))
        (problem,) = nclue.plan(store, others, name="tea").problems
    assert problem.code == "unmatched_answers"
