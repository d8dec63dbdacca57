"""Two accounts side by side: each verb goes where its client, or its handle's client, says."""

from __future__ import annotations

import pickle

import pytest

import nclue_pandas as nclue
from nclue_pandas import errors
from nclue_pandas.sandbox import Sandbox


@pytest.fixture(scope="module")
def accounts():
    """Two services; the second one is the default."""
    with Sandbox() as first, Sandbox() as second:
        one = nclue.connect(first)
        with nclue.connect(second) as other:
            yield first, one, second, other


def test_a_feature_of_one_client_takes_its_task_along(accounts, sequences, halves):
    first, one, second, _ = accounts
    train, test = halves
    feature = sequences.nclue.create_feature("f", client=one)
    task = train.nclue.create_task("t", feature, test=test)
    assert task.client is one
    assert nclue.create_task(train, "t", feature, test=test) == task
    assert len(task.run(feature).result()) == len(sequences)
    assert task.shopping_intent("s").client is one
    assert feature.custom_attributes("c", ["tea"]).client is one
    assert second.objects() == {}
    assert {r.operation for r in second.requests} == set()
    assert len(first.objects()) > 3


def test_client_is_an_argument_of_every_verb_that_asks(accounts, sequences, answers):
    _, one, second, other = accounts
    sequences.nclue.plan(answers, name="p", client=one)
    scores = sequences.nclue.predict(answers, name="p", client=one)
    assert len(scores) == len(sequences)
    assert second.requests == []
    sequences.nclue.create_feature("f")
    assert other.list_features()["name"].tolist() == ["f"]


def test_a_handle_of_another_client_is_refused_before_anything_is_sent(accounts, sequences, halves):
    first, one, second, other = accounts
    feature = sequences.nclue.create_feature("f", client=one)
    before = len(first.requests), len(second.requests), second.objects()
    for make in (
        lambda: halves[0].nclue.create_task("x", feature, client=other),
        lambda: other.create_custom_attributes("x", feature, ["tea"]),
    ):
        with pytest.raises(errors.ConfigurationError, match="another account"):
            make()
    assert (len(first.requests), len(second.requests), second.objects()) == before


def test_handles_pickle_each_to_its_own_client(accounts, sequences):
    _, one, _, other = accounts
    made = [sequences.nclue.create_feature("f", client=client) for client in (one, other)]
    again = pickle.loads(pickle.dumps(made))
    assert again == made
    assert [job.client for job in again] == [one, other]
    assert made[0] != made[1]
