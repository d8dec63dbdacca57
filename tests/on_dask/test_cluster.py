"""Worker processes: from a log to scores, keys, lost workers."""

from __future__ import annotations

import io
import os
import signal

import cloudpickle
import dask
import dask.dataframe as dd
import pandas as pd
import pytest

import nclue_pandas as nclue
import nclue_pandas.dask  # registers ddf.nclue
from nclue_pandas.dask import datasets
from nclue_pandas.jobs.datasets import Columns
from nclue_pandas.sandbox import Sandbox
from nclue_pandas.storage.content import FrameContent
from nclue_pandas.storage.publish import place_of, prepare

#: Worker processes start slowly on a busy machine.
pytestmark = pytest.mark.timeout(300)

COLUMNS = {"user": "customer", "time": "ts"}
CUTOFF = "2026-03-01"


def test_from_a_log_to_scores_in_partitions(cluster, service, events):
    log = dd.from_pandas(events, npartitions=5, sort=False)
    sequences = log.nclue.to_sequences(**COLUMNS, behavior="item", until=CUTOFF)
    answers = log.nclue.to_answers(
        **COLUMNS, cutoff=CUTOFF, horizon="20D", positive=lambda e: e["item"].str.contains("tea")
    )
    feature = sequences.nclue.create_feature("on-dask")
    task = answers.nclue.create_task("on-dask", feature)
    run = task.run(feature)
    scores = run.result(engine="dask")
    assert isinstance(scores, dd.DataFrame)
    pd.testing.assert_frame_equal(scores.compute().reset_index(drop=True), run.result())

    whole = events.nclue.to_sequences(**COLUMNS, behavior="item", until=CUTOFF)
    assert whole.nclue.create_feature("on-dask") == feature, "the same files, the same job"
    predicted = sequences.nclue.predict(answers.compute(), name="chain on dask")
    assert set(predicted["user_id"]) == set(whole["user_id"])


def test_a_log_in_parquet_files_on_object_storage(cluster, service, events):
    bucket = nclue.connect(service).storage
    parts = [events.iloc[number::3] for number in range(3)]
    for number, part in enumerate(parts):
        body = io.BytesIO()
        part.to_parquet(body, index=False)
        bucket.put(f"logs/part-{number}.parquet", body, {})
    log = nclue_pandas.dask.read_parquet("logs/")
    assert log.npartitions == 3
    made = log.nclue.to_sequences(**COLUMNS, behavior="item", tie_break="order")
    expected = pd.concat(parts).nclue.to_sequences(**COLUMNS, behavior="item", tie_break="order")
    pd.testing.assert_frame_equal(made.compute().reset_index(drop=True), expected)
    assert made.nclue.report() == expected.nclue.report()
    assert list(nclue_pandas.dask.read_parquet("logs/", columns=["item"]).compute()) == ["item"]
    with pytest.raises(nclue.errors.ObjectNotFoundError, match="nothing/"):
        nclue_pandas.dask.read_parquet("nothing/")


def test_a_worker_killed_while_it_joins(cluster, service, events, tmp_path):
    died = tmp_path / "died"

    def die_once(texts):
        import numpy as np
        import pyarrow.compute as pc

        if not died.exists():
            died.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return pc.binary_length(texts).to_numpy(zero_copy_only=False).astype(np.int64)

    def count(texts):
        died.touch()
        return die_once(texts)

    log = dd.from_pandas(events, npartitions=4, sort=False)
    made = log.nclue.to_sequences(**COLUMNS, behavior="item", token_estimator=die_once)
    assert died.exists()
    expected = events.nclue.to_sequences(**COLUMNS, behavior="item", token_estimator=count)
    pd.testing.assert_frame_equal(made.compute().reset_index(drop=True), expected)
    assert made.nclue.report() == expected.nclue.report()


def test_a_worker_killed_while_it_writes(cluster, service, events, tmp_path):
    client = nclue.connect(service, prefix="killed")
    log = dd.from_pandas(events, npartitions=4, sort=False)
    sequences = log.nclue.to_sequences(**COLUMNS, behavior="item")
    source = datasets.make_source(sequences, "sequences", Columns())
    place = place_of(source, "sequences", "killed", client.ref.prefix, part_bytes=8_000)
    assert place.parts >= 8
    died = tmp_path / "died"

    def let_it_die():
        from nclue_pandas.dask import datasets

        put_part, calls = datasets.put_part, []

        def put_two(*arguments):
            calls.append(arguments)
            if len(calls) == 3:
                try:
                    died.touch(exist_ok=False)
                except FileExistsError:
                    pass
                else:
                    os.kill(os.getpid(), signal.SIGKILL)
            return put_part(*arguments)

        datasets.put_part = put_two

    cluster.run(let_it_die)
    dataset = datasets.write(source, client, place)
    assert died.exists()

    expected = prepare(
        FrameContent.of_sequences(sequences.compute(), "user_id", "sequence"),
        "sequences",
        "killed",
        "killed",
        part_bytes=8_000,
    )
    assert expected.dataset(service.bucket).parts == dataset.parts
    stored = {key for key in service.objects() if key.startswith("killed/") and key[-4:] == ".csv"}
    assert stored == {part.key for part in dataset.parts}
    for part in dataset.parts:
        assert client.storage.get(part.key) == expected.body(part.number).read()


def test_keys_of_another_account_on_the_workers_are_told(cluster, service, events):
    log = dd.from_pandas(events, npartitions=2, sort=False)
    sequences = log.nclue.to_sequences(**COLUMNS, behavior="item")
    with Sandbox() as other, nclue.connect(other) as client:
        with pytest.raises(nclue.errors.ClientNotFoundError, match=client.ref.account):
            sequences.nclue.create_feature("other", client=client)
        assert other.objects() == {}
        assert client.list_features().empty


def test_no_key_is_in_the_graph(service, events):
    graphs = []

    def spy(graph, keys, **options):
        graphs.append(cloudpickle.dumps(graph))
        tasks = graph.__dask_graph__() if hasattr(graph, "__dask_graph__") else graph
        return dask.get(tasks, keys)

    log = dd.from_pandas(events, npartitions=2, sort=False)
    client = nclue.connect(service, prefix="spied")
    with dask.config.set({"scheduler": spy, "dataframe.shuffle.method": "tasks"}):
        sequences = log.nclue.to_sequences(**COLUMNS, behavior="item")
        feature = sequences.nclue.create_feature("spied", client=client)
        likeness = feature.custom_attributes("tea", ["green tea"])
        assert len(likeness.result(engine="dask")) == len(sequences)
    assert any(client.ref.account.encode() in graph for graph in graphs), "the reference travels"
    for secret in (service.access_key, service.secret_key):
        assert not any(secret.encode() in graph for graph in graphs)
