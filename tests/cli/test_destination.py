"""Scores are there as a whole or as they were before, whatever happens on the way."""

from __future__ import annotations

import resource
import signal

import pandas as pd
import pyarrow as pa
import pytest

from nclue_pandas.cli.destination import FORMS, Destination
from nclue_pandas.deadline import NEVER
from nclue_pandas.errors import ConfigurationError

TEXT = pd.ArrowDtype(pa.string())
SCORES = pd.DataFrame(
    {
        "user_id": pd.array(["001", "NA", "녹차,1"], TEXT),
        "score": pd.array([0.1, 0.25, 1e-9], pd.ArrowDtype(pa.float64())),
    }
)


def test_scores_are_read_as_they_were_written(tmp_path):
    for name, read in (
        ("scores.parquet", lambda path: pd.read_parquet(path, dtype_backend="pyarrow")),
        ("scores.CSV", lambda path: pd.read_csv(path, dtype={"user_id": str}, na_filter=False)),
    ):
        size = Destination(str(tmp_path / name)).write_frame(SCORES, NEVER)
        found = read(tmp_path / name)
        assert found["user_id"].tolist() == SCORES["user_id"].tolist()
        assert found["score"].tolist() == SCORES["score"].tolist()
        assert size == (tmp_path / name).stat().st_size
    assert b"\r" not in (tmp_path / "scores.CSV").read_bytes()


@pytest.mark.parametrize("name", ["scores.parquet", "scores.csv"])
def test_a_full_disk_leaves_what_was_there(tmp_path, name):
    """The system refuses to write more than 64 KiB, as a full disk does."""
    path = tmp_path / name
    destination = Destination(str(path))
    destination.write_frame(SCORES, NEVER)
    before = path.read_bytes()
    large = pd.DataFrame({"user_id": [f"user-{n * 7919}" for n in range(50_000)], "score": 0.5})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, limits[1]))
    try:
        with pytest.raises(OSError):
            destination.write_frame(large, NEVER)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == [name]


def test_what_a_killed_writer_left_behind_is_overwritten(tmp_path):
    path = tmp_path / "scores.csv"
    (tmp_path / ".scores.csv.me.part").write_text("half of a")
    Destination(str(path), owner="me").write_frame(SCORES, NEVER)
    assert [each.name for each in tmp_path.iterdir()] == ["scores.csv"]


def test_a_link_stays_one(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "scores.csv").symlink_to(tmp_path / "real" / "scores.csv")
    Destination(str(tmp_path / "scores.csv")).write_frame(SCORES, NEVER)
    assert (tmp_path / "scores.csv").is_symlink()
    assert (tmp_path / "real" / "scores.csv").exists()


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("scores.xlsx", "ends in .parquet or .csv"),
        ("scores", "ends in .parquet or .csv"),
        ("nowhere/scores.csv", "there is no directory .*nowhere"),
        ("folder.csv", "cannot be written"),
        ("gs://bucket/scores.csv", "is no place to write to"),
        ("s3://bucket.csv", "is no place to write to"),
    ],
)
def test_what_cannot_be_written_is_told_before(tmp_path, monkeypatch, place, says):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(ConfigurationError, match=says):
        Destination(place).check(FORMS)
