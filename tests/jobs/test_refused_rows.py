"""Rows that the service refuses though the check passed them: told, and found by halving."""

from __future__ import annotations

import pandas as pd
import pytest

import nclue_pandas as nclue
from nclue_pandas import errors
from nclue_pandas.jobs import refused as refused_module

#: What the service goes by here, unknown to the check.
UNKNOWN = "KR-"


@pytest.fixture(autouse=True)
def _another_pattern(monkeypatch):
    monkeypatch.setattr(
        "nclue_pandas.sandbox.files.holds_personal_data", lambda text: UNKNOWN in text
    )


def sequences(rows, refused):
    texts = [f"tea->{UNKNOWN}{row}" if row in refused else "tea->milk" for row in range(rows)]
    frame = pd.DataFrame({"user_id": [f"u{row:03}" for row in range(rows)], "sequence": texts})
    return frame.set_axis(frame.index + 1_000)


def test_a_refusal_after_a_clean_check_names_the_search(sandbox, client):
    frame = sequences(20, {3})
    assert client.create_feature("clean", sequences(20, set())).name == "clean"
    before = sandbox.objects()
    with pytest.raises(errors.PersonalDataNotAllowed, match=r"client\.find_refused\(") as caught:
        client.create_feature("f", frame)
    assert "check found no personal data" in str(caught.value)
    assert "find_refused" in repr(caught.value)
    assert sandbox.objects() == before


def test_a_refusal_of_answers_names_it_too(client):
    plain = pd.DataFrame({"user_id": [f"u{n}" for n in range(240)], "sequence": "tea"})
    feature = client.create_feature("f", plain)
    answers = plain.assign(label=[0, 1] * 120)[["user_id", "label"]]
    answers.loc[7, "user_id"] = UNKNOWN + "7"
    with (
        pytest.warns(nclue.NclueDataWarning, match="row positions 7"),
        pytest.raises(errors.PersonalDataInTrainFile, match=r"client\.find_refused\("),
    ):
        client.create_task("t", feature, answers)
    assert client.find_refused(answers).run()["user_id"].tolist() == [UNKNOWN + "7"]


@pytest.mark.parametrize(
    ("rows", "refused", "most"),
    [
        (5, {3}, 1),
        (3, set(), 1),
        (1, {0}, 1),
        *(
            pytest.param(*each, marks=pytest.mark.slow)
            for each in ((33, {0}, 1), (33, {32}, 1), (16, {3, 4, 15}, 5), (9, {2, 7}, 1))
        ),
        *(pytest.param(20, {a, a * 7 % 20}, 3, marks=pytest.mark.slow) for a in range(20)),
    ],
)
def test_the_rows_are_found_and_nothing_is_left(sandbox, client, rows, refused, most):
    frame = sequences(rows, refused)
    before = sandbox.objects()
    search = client.find_refused(frame, most=most)
    assert f"{search.requests:,} requests" in repr(search)
    assert sandbox.objects() == before
    already = len(sandbox.requests)
    found = search.run()
    expected = frame.iloc[sorted(refused)[:most]]
    pd.testing.assert_frame_equal(found, expected)
    assert len(sandbox.requests) - already <= search.requests
    assert sandbox.objects() == before
    assert client.list_features().empty


def test_features_that_the_service_has_begun_are_waited_for(sandbox, client, sleeper, monkeypatch):
    """They cannot be deleted before their end; then they are, and no row is missed."""
    sandbox.configure(job_seconds=40.0)
    sleeper.also = sandbox.advance
    make, states = refused_module.make_feature_from_path, []

    def begun(*arguments):
        feature = make(*arguments)
        sandbox.advance(30.0)
        states.append(feature.refresh().status)
        return feature

    monkeypatch.setattr(refused_module, "make_feature_from_path", begun)
    search = client.find_refused(sequences(8, {5}))
    assert search.run()["user_id"].tolist() == ["u005"]
    assert states
    assert set(states) == {"in_progress"}
    assert client.list_features().empty
    assert sandbox.objects() == {}


def test_what_the_check_finds_costs_nothing(sandbox, client):
    frame = sequences(4, set())
    frame.iloc[2, 1] = "call 010-1234-5678"
    with pytest.raises(errors.PersonalDataError):
        client.find_refused(frame)
    for most in (0, True, 1.5, "1"):
        with pytest.raises(errors.ConfigurationError, match="most="):
            client.find_refused(sequences(4, set()), most=most)
    assert sandbox.objects() == {}


def test_the_pattern_that_was_found_is_masked(client):
    log = pd.DataFrame({"u": range(3), "t": 1, "b": ["tea", f"{UNKNOWN}77", "milk"]})
    further = nclue.PersonalData("mask", {"member": f"{UNKNOWN}[0-9]+"})
    made = log.nclue.to_sequences(user="u", time="t", behavior="b", personal_data=further)
    assert client.create_feature("f", made).name == "f"
