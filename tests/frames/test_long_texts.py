"""Text beyond the 2 GiB that 32-bit offsets reach, as slices of long columns have it."""

from __future__ import annotations

import mmap
import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import nclue_pandas as nclue
from nclue_pandas.frames.columns import arrow_column, text_column
from nclue_pandas.kernels import arrays, distinct, group_join
from nclue_pandas.kernels.arrays import cast, one_array, small_chunks
from nclue_pandas.storage.content import FrameContent
from nclue_pandas.storage.layout import BUCKETS

START = 2**31
NAMES = {"user": "u", "time": "t", "behavior": "b"}
USERS = [f"u{number:04d}" for number in range(400)]


def far(texts):
    """Put texts behind 2 GiB of zeros, which take no memory until they are looked at."""
    values = pa.array(texts, pa.large_string())
    body = "".join(text or "" for text in texts).encode()
    block = mmap.mmap(-1, START + len(body))
    block[START:] = body
    offsets = np.frombuffer(values.buffers()[1], np.int64) + START
    null = values.buffers()[0]
    buffers = [null, pa.py_buffer(offsets), pa.py_buffer(block)]
    column = pa.Array.from_buffers(pa.large_string(), len(texts), buffers)
    return pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([column])))


def far_frame(frame):
    text = {
        name: far(column.tolist()).set_axis(frame.index)
        for name, column in frame.items()
        if pd.api.types.is_string_dtype(column)
    }
    return frame.assign(**text)


def made(call):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nclue.NclueDataWarning)
        return call()


@pytest.fixture(scope="module")
def log():
    days = pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(1_200) % 700, unit="h")
    items = np.resize(["green tea", "러닝화", "a->b", " edge ", "milk"], 1_200)
    texts = {"u": np.resize(USERS, 1_200), "t": days.astype(str), "b": items}
    return pd.DataFrame({name: pd.Series(values, dtype="str") for name, values in texts.items()})


@pytest.fixture(scope="module")
def answers():
    return pd.DataFrame({"user_id": pd.Series(USERS, dtype="str"), "label": [0, 1] * 200})


def test_sequences_and_answers(log):
    own = far_frame(log)
    want = made(lambda: nclue.to_sequences(log, **NAMES))
    assert made(lambda: nclue.to_sequences(own, **NAMES)).equals(want)
    cut = {"user": "u", "time": "t", "cutoff": "2026-01-20", "horizon": "2D"}
    want = made(lambda: nclue.to_answers(log, **cut))
    assert made(lambda: nclue.to_answers(own, **cut)).equals(want)
    assert made(lambda: nclue.to_sequences(own, **NAMES, tie_break="b")).equals(
        made(lambda: nclue.to_sequences(log, **NAMES, tie_break="b"))
    )


def test_streams_of_slices(log):
    want = made(lambda: nclue.to_sequences(log, **NAMES))
    own = far_frame(log)
    batches = (own.iloc[start : start + 500] for start in range(0, 1_200, 500))
    with made(lambda: nclue.stream_sequences(batches, **NAMES)) as store:
        assert store.to_frame().equals(want)


def test_partitions_of_dask(log):
    dd = pytest.importorskip("dask.dataframe", reason="the dask extra is not installed")
    import nclue_pandas.dask  # noqa: F401 - gives Dask's frames .nclue

    want = made(lambda: nclue.to_sequences(log, **NAMES))
    halves, text = [log.iloc[:600], log.iloc[600:]], pd.ArrowDtype(pa.large_string())
    frame = dd.from_map(far_frame, halves, meta=log.iloc[:0].astype(text))
    found = made(lambda: frame.nclue.to_sequences(**NAMES).compute(scheduler="sync"))
    assert sorted(zip(*map(found.get, found), strict=True)) == sorted(
        zip(*map(want.get, want), strict=True)
    )


def test_the_verbs_of_answers_and_scores(answers):
    labels = far(["0", "1"] * 200)
    own = answers.assign(user_id=far(USERS))
    want = nclue.to_answers(answers, label="label")
    assert nclue.to_answers(own, label="label").equals(want)
    assert nclue.to_answers(own.assign(label=labels), label="label").equals(want)
    for found, expected in zip(nclue.split(own), nclue.split(answers), strict=True):
        assert found["user_id"].tolist() == expected["user_id"].tolist()
    scores = pd.DataFrame({"user_id": far(USERS), "score": np.linspace(0, 1, 400)})
    assert nclue.evaluate(scores, own).auroc == pytest.approx(0.5, abs=0.1)
    hidden = nclue.pseudonymize(scores, "k" * 16)
    back = nclue.restore_ids(hidden, "k" * 16, ids=far(USERS))
    assert back["user_id"].tolist() == USERS
    assert nclue.check(pd.DataFrame({"user_id": far(USERS), "sequence": far(USERS)})).ok


def test_what_is_written():
    texts = ["milk->tea", "러닝화"] * 200
    own = pd.DataFrame({"user_id": far(USERS), "sequence": far(texts)})
    near = pd.DataFrame({"user_id": USERS, "sequence": texts})
    found, want = (FrameContent.of_sequences(each, "user_id", "sequence") for each in (own, near))
    assert found.digests == want.digests
    everything = range(BUCKETS)
    assert pa.concat_tables(found.tables(everything)).to_pylist() == (
        pa.concat_tables(want.tables(everything)).to_pylist()
    )


@pytest.fixture
def short_arrays(monkeypatch):
    """As if an array could hold 300 bytes of text instead of 2 GiB."""
    monkeypatch.setattr(arrays, "SMALL_TEXT", 300)
    monkeypatch.setattr(arrays, "TEXT_LIMIT", 200)
    monkeypatch.setattr(group_join, "TEXT_LIMIT", 200)
    monkeypatch.setattr(distinct, "TEXT_LIMIT", 200)


def large(frame):
    return frame.astype(
        {
            name: pd.ArrowDtype(pa.large_string())
            for name in frame
            if pd.api.types.is_string_dtype(frame[name])
        }
    )


@pytest.mark.usefixtures("short_arrays")
def test_columns_of_more_text_than_an_array_holds(log, answers):
    with pytest.MonkeyPatch.context() as usual:
        for module, name in (
            (arrays, "SMALL_TEXT"),
            (group_join, "TEXT_LIMIT"),
            (distinct, "TEXT_LIMIT"),
        ):
            usual.setattr(module, name, 2**30)
        want = made(lambda: nclue.to_sequences(log, **NAMES))
        labels = nclue.to_answers(answers, label="label")
    found = made(lambda: nclue.to_sequences(large(log), **NAMES))
    assert found.equals(want)
    assert pa.chunked_array(pa.array(found["sequence"])).num_chunks > 3
    assert pa.chunked_array(pa.array(found["user_id"])).num_chunks > 3
    with made(lambda: nclue.stream_sequences(iter([large(log)]), **NAMES)) as store:
        assert store.to_frame().equals(want)
    assert nclue.to_answers(large(answers), label="label").equals(labels)


@pytest.mark.parametrize("texts", [["a", None, "가나"], [], [None], [""]])
def test_a_cast_keeps_every_text(texts):
    values = pa.array(far(texts), from_pandas=True)
    values = one_array(pa.chunked_array(values))
    assert cast(values, pa.string()).to_pylist() == texts
    assert pa.array(text_column(values)).to_pylist() == texts
    assert cast(values.slice(1), pa.string()).to_pylist() == texts[1:]


@pytest.mark.usefixtures("short_arrays")
def test_chunks_of_long_text():
    texts = ["tea", "", None, "x" * 190, "", *["가나다"] * 90, None]
    column = arrow_column(pa.array(texts, pa.large_string()), pa.string())
    chunks = pa.chunked_array(pa.array(column, from_pandas=True))
    assert chunks.to_pylist() == texts
    assert 4 < chunks.num_chunks < 9
    assert small_chunks(pa.array([], pa.large_string()), 3) == []


@pytest.mark.usefixtures("short_arrays")
@pytest.mark.parametrize("batches", [1, 2])
def test_a_text_that_no_array_holds_is_told_with_its_rows(batches):
    log = pd.DataFrame(
        {"u": ["a", "b", "b", "c"], "t": range(4), "b": ["x", "y" * 199, "z" * 199, "v"]}
    )
    with pytest.raises(nclue.errors.InvalidDataError, match="more than 2 GiB") as caught:
        made(lambda: nclue.to_sequences(log, **NAMES, max_tokens=None))
    assert caught.value.problems[0].rows == (1, 2)
    parts = np.array_split(np.arange(4), batches)
    with pytest.raises(nclue.errors.InvalidDataError, match="more than 2 GiB"):
        made(
            lambda: nclue.stream_sequences(
                (log.iloc[part] for part in parts), **NAMES, max_tokens=None
            )
        )


def test_a_long_text_is_a_chunk_of_its_own():
    texts = pa.array(["aa", "b" * 9, "c", "d" * 4, "e"], pa.large_string())
    chunks = [chunk.to_pylist() for chunk in small_chunks(texts, limit=3)]
    assert chunks == [["aa"], ["b" * 9], ["c"], ["d" * 4], ["e"]]


@pytest.mark.slow
def test_a_batch_of_more_than_2_gib():
    """For real: 2,300 behaviors of 1 MiB, of three users in one range."""
    texts = pa.array([f"{number:04d}" + "x" * (1 << 20) for number in range(2_300)])
    assert texts.nbytes > START
    users = np.resize(["a", "b", "c"], 2_300)
    log = pd.DataFrame({"u": users, "t": range(2_300), "b": arrow_column(texts, texts.type)})
    options = {"max_tokens": None, "memory": 12 << 30}
    with made(lambda: nclue.stream_sequences(iter([log]), **NAMES, **options)) as store:
        sequences = store.to_frame().set_index("user_id")["sequence"]
    assert sequences.str.len().sum() == 2_300 * ((1 << 20) + 4) + 2 * 2_297
    assert [sequences[user][:4] for user in "abc"] == ["0000", "0001", "0002"]
