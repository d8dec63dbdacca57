"""Where a log may come from, what is refused, and that nothing stays behind."""

from __future__ import annotations

import errno
import gzip

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import nclue_pandas as nclue
from nclue_pandas import errors
from nclue_pandas.streaming import spill

COLUMNS = {"user": "user", "time": "ts", "behavior": "what"}


@pytest.fixture
def log():
    rng = np.random.default_rng(1)
    size = 3_000
    return pd.DataFrame(
        {
            "user": [f"{n:04d}" for n in rng.integers(0, 90, size)],
            "ts": pd.to_datetime("2026-01-01") + pd.to_timedelta(rng.integers(0, 400, size), "h"),
            "what": rng.choice(["tea", "녹차", "NA", "lunch bag"], size),
            "more": 1,
        }
    )


def same(store, log):
    with store:
        pd.testing.assert_frame_equal(store.to_frame(), nclue.to_sequences(log, **COLUMNS))


def test_files_of_every_kind(log, tmp_path):
    halves = log.iloc[:1_300], log.iloc[1_300:]
    for number, half in enumerate(halves):
        half.to_parquet(tmp_path / f"{number}.parquet", row_group_size=500)
        half.to_csv(tmp_path / f"{number}.csv", index=False)
        with gzip.open(tmp_path / f"{number}.tsv.gz", "wt", encoding="utf-8") as file:
            half.to_csv(file, index=False, sep="\t")
    for kind in ("parquet", "csv", "tsv.gz"):
        paths = [tmp_path / f"{number}.{kind}" for number in (0, 1)]
        same(nclue.stream_sequences(paths, **COLUMNS), log)
    (tmp_path / "parts").mkdir()
    for number, half in enumerate(halves):
        half.to_parquet(tmp_path / "parts" / f"{number}.parquet")
    (tmp_path / "parts" / "_SUCCESS").touch()
    same(nclue.stream_sequences(tmp_path / "parts", **COLUMNS), log)
    same(nclue.stream_sequences((tmp_path / "parts" / "0.parquet").as_uri(), **COLUMNS), halves[0])


def test_frames_and_arrow_data(log):
    table = pa.Table.from_pandas(log, preserve_index=False)
    for source in (log, table, table.to_reader(max_chunksize=700), iter(table.to_batches(900))):
        same(nclue.stream_sequences(source, **COLUMNS), log)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (3, "a path"),
        ("log.txt", "iterable of frames"),
        ("nothing", "iterable of frames"),
        ([pd.DataFrame({"user": [1]})], "no column"),
        ([pa.table({"user": [1], "ts": [1]})], "no column"),
    ],
)
def test_what_is_no_log(source, said):
    with pytest.raises(errors.InvalidDataError, match=said):
        nclue.stream_sequences(source, **COLUMNS)


def test_files_that_are_none(tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"no")
    (tmp_path / "a.csv").write_text("user,when\n1,2\n", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    for name, said in (
        ("a.parquet", "cannot be read"),
        ("a.csv", "no column"),
        ("empty", "no file"),
    ):
        with pytest.raises(errors.InvalidDataError, match=said):
            nclue.stream_sequences(tmp_path / name, **COLUMNS)


def batch(**columns):
    return pd.DataFrame({"user": ["a"], "ts": [1], "what": ["x"]} | columns)


@pytest.mark.parametrize(
    ("batches", "said"),
    [
        ([batch(), batch(ts=pd.to_datetime(["2026-01-01"]))], "one type in all"),
        (
            [batch(ts=["2026-01-01T00:00:00Z"]), batch(ts=["2026-01-01T00:00:00"])],
            "with and without",
        ),
        ([batch(what=pd.Series(["\ud800"], dtype=object))], "surrogates"),
        (
            [batch(tie=pd.Categorical(["a"])), batch(tie=pd.Categorical(["b"]))],
            "categories",
        ),
        ([batch(tie=pd.Series([object()], dtype=object))], "several types"),
        ([batch(user=[" "])], "empty or white space"),
        ([batch(what=["call 010-1234-5678"])], "mobile"),
    ],
)
def test_batches_that_do_not_fit(batches, said, tmp_path):
    options = {**COLUMNS, "tie_break": "tie"} if "tie" in batches[0] else COLUMNS
    with pytest.raises(errors.InvalidDataError, match=said):
        nclue.stream_sequences(batches, **options, directory=tmp_path)
    assert not list(tmp_path.iterdir())


def test_mixed_ids_read_as_text():
    batches = [batch(user=pd.Series([7], dtype=object)), batch(user=["7"], ts=[2], what=["y"])]
    mixed = pd.concat(batches)
    with nclue.stream_sequences([mixed], **COLUMNS) as store:
        assert store.to_frame()["sequence"].tolist() == ["x->y"]


def test_an_empty_log_is_an_empty_store(client):
    with nclue.stream_sequences([batch().iloc[:0]], **COLUMNS) as store:
        assert store.to_frame().shape == (0, 2)
        assert [*store] == []
        with pytest.raises(errors.InvalidDataError, match="no rows"):
            client.create_feature("none", store)


def test_wrong_options():
    for memory in (1_000, True, "5", 2e9, None):
        with pytest.raises(errors.ConfigurationError, match="memory=.* give at least"):
            nclue.stream_sequences([batch()], **COLUMNS, memory=memory)


def test_nothing_stays_behind(log, tmp_path):
    store = nclue.stream_sequences(log, **COLUMNS, directory=tmp_path)
    assert list(tmp_path.iterdir())
    assert "users" in repr(store)
    store.close()
    store.close()
    assert not list(tmp_path.iterdir())
    store = nclue.stream_sequences(log, **COLUMNS, directory=tmp_path)
    del store
    assert not list(tmp_path.iterdir())

    def broken():
        yield log
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        nclue.stream_sequences(broken(), **COLUMNS, directory=tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_told(log, tmp_path, monkeypatch):
    real = spill.BatchFile.__init__

    class Full:
        def seek(self, place): ...

        def write(self, body):
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self): ...

    def made(self, path):
        real(self, path)
        self._file.close()
        self._file = Full()

    monkeypatch.setattr(spill.BatchFile, "__init__", made)
    with pytest.raises(errors.SpillError, match="No space left.*directory="):
        nclue.stream_sequences(log, **COLUMNS, directory=tmp_path)
    assert not list(tmp_path.iterdir())


def test_answers_and_other_columns_are_refused(log, client):
    with nclue.stream_sequences(log, **COLUMNS) as store:
        with pytest.raises(errors.InvalidDataError, match="SequenceStore"):
            client.create_feature("f", store, user="other")
        with pytest.raises(errors.InvalidDataError, match="SequenceStore"):
            client.create_task("t", client.create_feature("f", store), store)


def test_a_closed_store_says_so(log):
    store = nclue.stream_sequences(log, **COLUMNS)
    store.close()
    for read in (store.to_frame, lambda: list(store)):
        with pytest.raises(errors.ConfigurationError, match="SequenceStore is closed"):
            read()


@pytest.mark.parametrize("tokens", [float("nan"), 2.5, "5"])
def test_a_budget_of_tokens_is_refused_before_the_log_is_read(tokens):
    with pytest.raises(errors.ConfigurationError, match="max_tokens="):
        nclue.stream_sequences(pytest.fail, **COLUMNS, max_tokens=tokens)


def test_all_rows_of_a_problem_are_counted_and_the_first_are_named():
    log = pd.DataFrame({"u": pd.Series([None] * 5_000, dtype=object), "t": 1, "b": "x"})
    with pytest.raises(errors.InvalidDataError, match=r"0, 1, 2, 3, 4 and 4,995 more") as caught:
        nclue.stream_sequences(log, user="u", time="t", behavior="b")
    (problem,) = caught.value.problems
    assert (problem.total, problem.rows) == (5_000, tuple(range(1_000)))
