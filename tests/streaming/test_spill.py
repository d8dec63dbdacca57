"""Files of a run on disk: whole or an error, and gone when their process is."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import nclue_pandas as nclue
from nclue_pandas.errors import SpillError
from nclue_pandas.frames.behaviors import PatchedTexts
from nclue_pandas.streaming.files import frames_of
from nclue_pandas.streaming.spill import BatchFile, SpillFolder
from nclue_pandas.streaming.text_files import TextForm

COLUMNS = {"user": "u", "time": "t", "behavior": "b"}
BATCH = pa.record_batch({"b": ["x" * 1_000] * 100})


def test_batches_come_back_from_their_places(tmp_path):
    file = BatchFile(tmp_path / "rows")
    spans = [file.append(BATCH.slice(start)) for start in (0, 7, 99)]
    for start, span in reversed([*zip((0, 7, 99), spans, strict=True)]):
        assert file.read(span).equals(BATCH.slice(start))
    file.close()
    assert not (tmp_path / "rows").exists()


def test_a_file_that_ends_early_is_an_error(tmp_path):
    file = BatchFile(tmp_path / "rows")
    span = file.append(BATCH)
    os.truncate(tmp_path / "rows", span.size // 2)
    with pytest.raises(SpillError, match="shorter"):
        file.read(span)
    file.close()


@pytest.fixture
def small_disk():
    """Files of at most 64 KiB, as on a disk that is full in the middle of a write."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 10, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk(tmp_path, small_disk):
    file = BatchFile(tmp_path / "rows")
    with pytest.raises(SpillError, match="directory="):
        file.append(BATCH)
    file.close()
    log = pd.DataFrame({"u": range(3_000), "t": 1, "b": "tea " * 20})
    with pytest.raises(SpillError, match="bytes are free"):
        nclue.stream_sequences(log, **COLUMNS, directory=tmp_path)
    assert not [*tmp_path.iterdir()]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="mounts need root")
def test_a_full_tmpfs(tmp_path):
    mounted = subprocess.run(
        ["/bin/mount", "-t", "tmpfs", "-o", "size=256k", "none", tmp_path], check=False
    )
    if mounted.returncode:
        pytest.skip("mounts are not allowed")
    try:
        log = pd.DataFrame({"u": range(9_000), "t": 1, "b": "tea " * 20})
        with pytest.raises(SpillError, match="bytes are free"):
            nclue.stream_sequences(log, **COLUMNS, directory=tmp_path)
        assert not [*tmp_path.iterdir()]
    finally:
        subprocess.run(["/bin/umount", tmp_path], check=True)


def test_a_directory_that_is_not_there(tmp_path):
    log = pd.DataFrame({"u": [1], "t": 1, "b": "tea"})
    with pytest.raises(SpillError, match="nowhere"):
        nclue.stream_sequences(log, **COLUMNS, directory=tmp_path / "nowhere")


def test_what_a_killed_run_left_is_swept_by_the_next(tmp_path):
    code = (
        "import sys, time; from nclue_pandas.streaming.spill import SpillFolder\n"
        "kept = SpillFolder(sys.argv[1]); print(kept.name, flush=True); time.sleep(60)"
    )
    runs = [
        subprocess.Popen([sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    folders = [run.stdout.readline().strip() for run in runs]
    runs[0].kill()
    runs[0].communicate()
    (tmp_path / "nclue-stream-of-another").mkdir()
    old = time.time() - 3_600
    for folder in folders:
        os.utime(os.path.join(folder, "in_use.lock"), (old, old))  # noqa: PTH118
    with SpillFolder(tmp_path) as own:
        left = {entry.name for entry in tmp_path.iterdir()}
    runs[1].kill()
    runs[1].communicate()
    assert left == {os.path.basename(each) for each in (folders[1], own)} | {  # noqa: PTH119
        "nclue-stream-of-another"
    }


@pytest.mark.parametrize("arrow", [True, False])
def test_rows_that_grow_late_are_cut_smaller(arrow):
    texts = ["tea"] * 1_000 + ["x" * 4_000] * 2_000 + ["tea"] * 1_000
    frame = pd.DataFrame({"u": range(len(texts)), "b": texts})
    log = pa.Table.from_pandas(frame) if arrow else frame
    parts = [*frames_of(log, {"u": "user", "b": "behavior"}, 1 << 18, TextForm())]
    assert max(part["b"].str.len().sum() for part in parts) < 3 << 18
    assert pd.concat(parts)["b"].tolist() == texts


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_more_than_two_gib_of_texts_are_cleaned():
    text = " " + "abcdefg " * 2_000
    texts = pa.array([text] * 150_000, pa.large_string())
    halves = [pa.array([text] * 75_000, pa.string()) for _ in range(2)]
    patched = PatchedTexts(pa.chunked_array(halves))
    places = np.arange(len(texts))
    patched.patch(places, pc.utf8_trim_whitespace(texts))
    assert patched.take_distinct(places[-1:]).to_pylist() == [text.strip()]


def test_cleaned_texts_are_kept_with_wide_offsets():
    patched = PatchedTexts(pa.chunked_array([["a ", "b"], ["c ", None]], pa.string()))
    patched.patch(np.array([0, 2]), pa.array(["a", "c"], pa.large_string()))
    taken = patched.take_distinct(np.arange(4))
    assert (taken.type, taken.to_pylist()) == (pa.string(), ["a", "b", "c", None])
    assert pa.types.is_large_string(patched._others.type)
