"""Sequences on disk become the very objects that a frame becomes, in a stated memory."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import nclue_pandas as nclue

pytestmark = pytest.mark.usefixtures("no_pauses")

COLUMNS = {"user": "user", "time": "ts", "behavior": "what"}


def make_log(rows, seed=0, more=""):
    """Make a log of skewed users, unsorted times, and texts in Korean and English."""
    rng = np.random.default_rng(seed)
    users = (rng.pareto(1.2, rows) * 500).astype(np.int64) % (rows // 10)
    words = ["러닝화", "tea", "lunch bag", "점심 가방", "coffee beans", "책"]
    texts = pa.array([f"{a} {b} {n}{more}" for n in range(50) for a in words for b in words])
    return pa.table(
        {
            "user": users,
            "ts": pa.array(rng.integers(10**9, 17 * 10**8, rows)).cast(pa.timestamp("s")),
            "what": texts.take(pa.array(rng.integers(0, len(texts), rows))),
        }
    )


def frame_of(table):
    return table.to_pandas(types_mapper=pd.ArrowDtype)


def objects(client):
    return {info.key: client.storage.get(info.key) for info in client.storage.list("")}


def test_the_same_objects_as_of_a_frame(client):
    log = make_log(20_000)
    frame = nclue.to_sequences(frame_of(log), **COLUMNS)
    with nclue.stream_sequences(log, **COLUMNS, memory=96 << 20) as store:
        feature = client.create_feature("streamed", store).wait()
        streamed = objects(client)
        assert nclue.create_feature(store, "streamed", client=client).id == feature.id
        assert client.create_feature("streamed", frame).id == feature.id
    assert objects(client) == streamed
    assert feature.record.user_count == len(frame)


def test_the_chain_takes_a_store(client):
    log = frame_of(make_log(30_000))
    with nclue.stream_sequences(log, **COLUMNS) as store:
        users = store.to_frame()["user_id"]
        answers = pd.DataFrame({"user_id": users, "label": np.arange(len(users)) % 2})
        planned = nclue.plan(store, answers, name="chain", client=client)
        assert planned.datasets["rows"].tolist()[0] == len(store)
        scores = nclue.predict(store, answers, name="chain", client=client)
    assert set(scores["user_id"]) == set(users)


PROGRAM = """
import gc, json, sys
import nclue_pandas as nclue
import nclue_pandas.streaming.sequences
from nclue_pandas.config import Credentials, StorageSettings
from nclue_pandas.storage.bucket import Bucket
from nclue_pandas.storage.publish import prepare, publish

def resident(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) << 10 for line in status if line.startswith(name))

path, memory, endpoint, bucket = sys.argv[1:]
before = resident("VmRSS")
with nclue.stream_sequences(
    path, user="user", time="ts", behavior="what", memory=int(memory)
) as store:
    built = resident("VmHWM")
    settings = StorageSettings(bucket, endpoint=endpoint, region="us-east-1")
    made = publish(
        prepare(store, "sequences", "streamed", "nclue"),
        Bucket(settings, lambda: Credentials("ACCESS", "SECRET")),
    )
print(json.dumps({"built": built - before, "peak": resident("VmHWM") - before,
                  "path": made.path, "parts": len(made.parts)}))
"""


def peak_memory(log, memory, folder, store):
    """Stream and publish a log in another process; return what it tells."""
    pq.write_table(log, folder / "log.parquet")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, folder / "log.parquet", str(memory),
         store.endpoint, "nclue"],
        capture_output=True, text=True, timeout=1_500,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def store():
    from nclue_pandas.sandbox.object_storage import ObjectStorage

    with ObjectStorage("ACCESS", "SECRET", region="us-east-1") as running:
        running.create_bucket("nclue")
        yield running


@pytest.mark.skipif(sys.platform != "linux", reason="resident memory is read from /proc")
@pytest.mark.parametrize(
    ("rows", "more"),
    [
        pytest.param(2_000_000, " 가을 신상품" * 9, id="few long texts"),
        pytest.param(20_000_000, "", id="many events", marks=pytest.mark.slow),
    ],
)
def test_memory_stays_within_the_budget(rows, more, tmp_path, store):
    log = make_log(rows, more=more)
    memory = log.nbytes // 3
    told = peak_memory(log, memory, tmp_path, store)
    print(f"log {log.nbytes:,} B, budget {memory:,} B, peak {told}")
    assert told["peak"] <= memory
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", message=".* events were cut", category=nclue.NclueDataWarning
        )
        whole = nclue.to_sequences(frame_of(log), **COLUMNS)
    from nclue_pandas.storage.content import FrameContent
    from nclue_pandas.storage.publish import prepare

    wanted = prepare(
        FrameContent.of_sequences(whole, "user_id", "sequence"), "sequences", "streamed", "nclue"
    )
    assert told["path"] == wanted.place.path
    for number in range(wanted.place.parts):
        assert store.get("nclue", wanted.place.part_key(number)) == wanted.body(number).read()
