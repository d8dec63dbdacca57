"""df.nclue: each verb is the function of that name; lists, pictures and batches of results."""

from __future__ import annotations

import inspect

import matplotlib as mpl
import pandas as pd
import pytest

import nclue_pandas as nclue
from nclue_pandas import errors

pytestmark = pytest.mark.usefixtures("no_pauses")

mpl.use("Agg")

DRAWN = ["plot_lift", "plot_gain", "plot_roc", "plot_scores"]


@pytest.fixture
def scored(client, sequences, halves):
    train, test = halves
    feature = sequences.nclue.create_feature("f")
    return train.nclue.create_task("t", feature, test=test).run(feature, name="r"), test


def test_verbs_on_scores(scored, client):
    import matplotlib.pyplot as plt

    run, test = scored
    scores = run.result()
    for name in DRAWN:
        axes = getattr(scores.nclue, name)(test)
        assert axes.get_title() == getattr(nclue, name)(scores, test).get_title()
    plt.close("all")
    assert repr(scores.nclue.evaluate(test)) == repr(nclue.evaluate(scores, test))

    batches = list(run.iter_result())
    pd.testing.assert_frame_equal(pd.concat(batches, ignore_index=True), scores)
    assert batches[0].attrs["nclue"]["name"] == "r"


def test_the_timeline_of_tables_and_of_handles(scored, client):
    import matplotlib.pyplot as plt

    run, _ = scored
    run.wait()
    drawn = [
        client.list_tasks().nclue.plot_timeline(),
        nclue.plot_timeline([client.list_features(), client.get_task("t"), run]),
    ]
    titles = [[tick.get_text() for tick in axes.get_yticklabels()] for axes in drawn]
    plt.close("all")
    assert titles == [["Task t"], ["Feature f", "Task t", "Run r"]]


def test_every_verb_goes_through_pipe(sequences, halves):
    train, _ = halves
    assert sequences.pipe(nclue.check).ok
    assert train.pipe(nclue.split, test=0.5)[0].pipe(nclue.report).part == "train"
    scores = train.rename(columns={"label": "score"})
    assert scores.pipe(nclue.evaluate, train).auroc == 1
    for verb in sorted(set(dir(nclue.accessor.NclueAccessor)) & set(nclue.__all__)):
        first = next(iter(inspect.signature(getattr(nclue, verb)).parameters.values()))
        assert first.kind is first.POSITIONAL_OR_KEYWORD, verb
        assert first.default is first.empty, verb


def test_lists_of_every_kind(scored, client):
    run, _ = scored
    client.create_shopping_intent("s", "t")
    client.create_custom_attributes("c", "f", ["tea"])
    listed = {
        "f": client.list_features(),
        "t": client.list_tasks(),
        "r": client.list_runs(),
        "s": client.list_shopping_intents(),
        "c": client.list_custom_attributes(),
    }
    assert {name: frame["name"].tolist() for name, frame in listed.items()} == {
        name: [name] for name in listed
    }
    assert client.create_run("t", "f", name="r") == run
    with pytest.raises(errors.JobNotFoundError, match="Did you mean 'r'"):
        client.get_run("rr")


def test_a_client_without_a_bucket_says_what_is_missing(sandbox, sequences):
    client = nclue.Client(
        lambda: nclue.config.Credentials(sandbox.access_key, sandbox.secret_key),
        nclue.config.ServiceSettings(api_url=sandbox.api_url, requests_per_second=None),
    )
    assert client.list_features().empty
    assert "no bucket" in repr(client)
    with pytest.raises(errors.ConfigurationError, match="NCLUE_BUCKET"):
        client.create_feature("f", sequences)


def test_a_result_in_a_foreign_bucket_is_not_read(scored, sandbox):
    run, _ = scored
    run.wait()
    run.take(type(run.record)(**(vars(run.record) | {"result_bucket": "theirs"})))
    with pytest.raises(errors.ConfigurationError, match=r"connect\(bucket='theirs'\)"):
        run.result()
