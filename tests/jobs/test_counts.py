"""Users sent, users counted, rows read: what differs is an error wherever it is met."""

from __future__ import annotations

import pickle
import re
from io import BytesIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nclue_pandas as nclue
from nclue_pandas import errors
from nclue_pandas.jobs.counts import Tally
from nclue_pandas.sandbox import Sandbox, SandboxSettings
from nclue_pandas.storage import layout


def frames():
    users = [f"u{number:03d}" for number in range(240)]
    tea = [number % 2 for number in range(240)]
    sequences = pd.DataFrame(
        {"user_id": users, "sequence": [("milk", "green tea")[t] for t in tea]}
    )
    return sequences, pd.DataFrame({"user_id": users, "label": tea})


@pytest.fixture
def shop():
    return frames()


@pytest.fixture
def eight_parts(monkeypatch):
    monkeypatch.setattr(layout, "part_count", lambda *_: 8)


@pytest.fixture
def losing(sandbox, eight_parts):
    """A store that loses a part as soon as all are there; it is as sound as any afterward."""

    def lose(environ):
        if environ["REQUEST_METHOD"] == "PUT" and environ["PATH_INFO"].endswith(".json"):
            sandbox.storage.on_answer = None
            key = next(key for key in sandbox.objects() if key.endswith("part-00003.csv"))
            sandbox.storage.delete(sandbox.bucket, key)

    sandbox.storage.on_answer = lose
    yield sandbox
    sandbox.storage.on_answer = None


def counted(caught):
    """The numbers of the error are those of its message, and it survives a pickle."""
    error = caught.value
    assert f"{error.expected:,}" in str(error)
    assert f"{error.found:,}" in str(error)
    again = pickle.loads(pickle.dumps(error))
    assert (again.expected, again.found, str(again)) == (error.expected, error.found, str(error))
    assert error.job_id in str(error)
    return error.expected, error.found


# A lost part.


def test_a_feature_of_fewer_users_than_were_sent(losing, client, shop):
    feature = client.create_feature("f", shop[0])
    with pytest.raises(errors.CountMismatchError, match="240 were sent: .* are missing") as caught:
        feature.wait()
    expected, found = counted(caught)
    assert (expected, found) == (240, feature.record.user_count)
    assert 150 < found < 240


@pytest.mark.parametrize("way", ["again", "pickled", "found", "create", "task", "profile"])
def test_it_is_not_picked_up_later(way, losing, client, shop):
    feature = client.create_feature("f", shop[0])
    feature.refresh()
    ways = {
        "again": lambda: [feature.refresh().wait()],
        "pickled": lambda: pickle.loads(pickle.dumps(feature)).wait(),
        "found": lambda: client.get_feature("f").result(),
        "create": lambda: client.create_feature("f", shop[0]),
        "task": lambda: client.create_task("t", "f", shop[1]),
        "profile": lambda: client.get_feature("f").custom_attributes("c", ["tea"]),
    }
    for _ in range(2):
        with pytest.raises(errors.CountMismatchError) as caught:
            ways[way]()
        assert counted(caught)[0] == 240
    assert client.list_tasks().empty
    assert client.list_custom_attributes().empty


def test_what_the_message_says_helps(losing, client, shop):
    with pytest.raises(errors.CountMismatchError) as caught:
        client.create_feature("f", shop[0]).wait()
    assert f"client.get_feature({caught.value.job_id!r}).delete()" in str(caught.value)
    client.get_feature(caught.value.job_id).delete()
    assert client.create_feature("f", shop[0]).wait().record.user_count == 240


def test_predict_stops_at_it_and_goes_on_when_it_is_deleted(losing, client, shop):
    for _ in range(2):
        with pytest.raises(errors.CountMismatchError) as caught:
            nclue.predict(*shop, name="tea", client=client)
    assert nclue.plan(*shop, name="tea", client=client).jobs["action"].tolist()[0] == "differs"
    assert len(client.list_features()) == 1
    assert client.list_tasks().empty
    client.get_feature(caught.value.job_id).delete()
    assert len(nclue.predict(*shop, name="tea", client=client)) == 240


def test_a_directory_of_ours_is_counted_by_its_manifest(sandbox, client, shop, eight_parts):
    path = client.create_feature("f", shop[0]).wait().record.source_file_path
    sandbox.storage.delete(sandbox.bucket, f"{path}part-00001.csv")
    with pytest.raises(errors.CountMismatchError):
        client.create_feature_from_path("g", path).wait()


@pytest.mark.parametrize("manifest", [b"", b"[]", b'{"rows": "many"}', b"[" * 100_000, None])
def test_a_manifest_that_tells_nothing(manifest, sandbox, client, shop):
    path = client.create_feature("f", shop[0]).wait().record.source_file_path
    key = layout.manifest_of(path)
    if manifest is None:
        sandbox.storage.delete(sandbox.bucket, key)
    else:
        marks = sandbox.storage.metadata(sandbox.bucket, key)
        client.storage.put(key, BytesIO(manifest), marks)
    assert client.create_feature_from_path("g", path).wait().completed


@pytest.mark.parametrize("told", [None, -1])
def test_counts_that_the_service_does_not_tell(told, sandbox, client, shop, monkeypatch):
    from nclue_pandas.sandbox import operations

    own = operations.told
    blank = dict.fromkeys(("user_count", "line_count"), told)
    monkeypatch.setattr(
        operations, "told", lambda *a: {k: blank.get(k, v) for k, v in own(*a).items()}
    )
    assert len(nclue.predict(*shop, name="tea", client=client)) == 240


# Results.


def half(lines):
    return lines[: len(lines) // 2]


def doubled(lines):
    return lines * 2


def one_twice(lines):
    return [*lines[:-1], lines[0]]


def one_less(lines):
    return lines[:-1]


def cut(lines):
    return [*lines[:-1], lines[-1][:4]]


def as_result(run):
    return run.result()


def as_batches(run):
    return pd.concat(list(run.iter_result()))


def as_dask(run):
    from nclue_pandas.dask.files import read

    return read(run, span_bytes=1_000).compute()


def as_a_piece_of_dask(run):
    from nclue_pandas.dask.files import read

    return read(run, span_bytes=1_000).partitions[0].compute()


def as_dask_in_one(run):
    return run.result(engine="dask").compute()


READERS = [as_result, as_batches, as_dask, as_a_piece_of_dask, as_dask_in_one]


def spoil(sandbox, record, how):
    """Change the lines of a result; return what it was."""
    key = record.result_file_path
    before = sandbox.storage.get(sandbox.bucket, key)
    sandbox.storage.put(sandbox.bucket, key, b"".join(how(before.splitlines(keepends=True))))
    return before


@pytest.fixture(scope="module")
def finished():
    """A completed run, with its sandbox."""
    with Sandbox(SandboxSettings()) as sandbox, nclue.connect(sandbox) as client:
        sequences, operations = frames()
        feature = client.create_feature("f", sequences)
        yield sandbox, client.create_task("t", feature, operations).run(feature).wait()


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("how", [half, doubled, one_twice, one_less, cut])
def test_a_result_of_other_rows(how, read, finished):
    sandbox, run = finished
    assert len(read(run)) >= 1
    before = spoil(sandbox, run.record, how)
    try:
        for handle in (run, run.client.get_run(run.id)):
            with pytest.raises((errors.CountMismatchError, errors.ResultFormatError)) as caught:
                read(handle)
            if how is not cut:
                expected, found = counted(caught)
                assert expected == {one_twice: 239}.get(how, 240)
                assert found == {half: 120, doubled: 480, one_twice: 240, one_less: 239}[how]
    finally:
        sandbox.storage.put(sandbox.bucket, run.record.result_file_path, before)


def test_predict_does_not_take_it_for_right(sandbox, client, shop):
    first = nclue.predict(*shop, name="tea", client=client)
    run = client.get_run(client.list_runs()["id"][0])
    spoil(sandbox, run.record, half)
    for _ in range(2):
        with pytest.raises(errors.CountMismatchError, match=re.escape(f"{run.id!r}).delete()")):
            nclue.predict(*shop, name="tea", client=client)
    run.delete()
    again = nclue.predict(*shop, name="tea", client=client)
    pd.testing.assert_frame_equal(
        *(each.sort_values("user_id", ignore_index=True) for each in (first, again))
    )


def test_a_likeness_of_other_rows(sandbox, client, shop):
    profile = client.create_custom_attributes(
        "c", client.create_feature("f", shop[0]), ["tea"]
    ).wait()
    spoil(sandbox, profile.record, half)
    with pytest.raises(errors.CountMismatchError, match="120 rows for 240 users"):
        client.get_custom_attributes("c").result()


def test_a_run_of_other_lines_than_its_feature_has_users(client, shop, monkeypatch, sandbox):
    from nclue_pandas.sandbox import operations

    own = operations.told
    feature = client.create_feature("f", shop[0])
    task = client.create_task("t", feature, shop[1]).wait()
    monkeypatch.setattr(
        operations,
        "told",
        lambda *a: {k: 239 if k == "line_count" else v for k, v in own(*a).items()},
    )
    with pytest.raises(errors.CountMismatchError, match="239 users, but 240"):
        task.run(feature).wait()


# Counting itself.


@given(
    st.lists(st.lists(st.integers(0, 40), max_size=30), max_size=8),
    st.sampled_from([8, 64, 1 << 20]),
)
def test_repeats_are_those_of_a_set(batches, held):
    seen, repeated = set(), 0
    with Tally(held) as tally:
        for batch in batches:
            ids = [f"u{each}" for each in batch]
            tally.add(pd.DataFrame({"user_id": pd.array(ids, pd.ArrowDtype(pa.string()))}))
            for each in ids:
                repeated += each in seen
                seen.add(each)
        assert (tally.rows, tally.repeated()) == (sum(map(len, batches)), repeated)


def test_many_ids_are_counted_in_little_memory():
    with Tally(1 << 16) as tally:
        for start in range(0, 100_000, 10_000):
            ids = pa.array(np.arange(start, start + 10_001).astype(str))
            tally.add(pd.DataFrame({"user_id": pd.arrays.ArrowExtensionArray(ids)}))
        assert (tally.rows, tally.repeated()) == (100_010, 9)
