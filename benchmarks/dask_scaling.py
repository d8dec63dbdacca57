"""Event log to sequences on a Dask cluster of small workers, against one machine.

    python -m benchmarks.dask_scaling make   --events 50_000_000 --data DIR
    python -m benchmarks.dask_scaling run    --engine dask --data DIR [--workers 2 --memory 2GiB]

``make`` writes a log as Parquet files of one million rows: skewed users, unsorted times, 5 to 40
characters of Korean and English. ``run`` reads them, makes sequences with one engine (dask, nclue,
batches, pandas, polars) and prints one line of JSON: seconds, peak memory of all processes that
worked, and for dask whether a worker was killed, or paused at the end.
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pyarrow as pa
from pyarrow import parquet

ROWS_PER_FILE = 1_000_000
SAMPLE_SECONDS = 0.1
WORDS = [
    *("러닝화", "운동 양말", "요가 매트", "초록 녹차", "점심 가방", "아이 장난감", "등산 배낭"),
    *("running shoes", "lunch bag", "green tea", "yoga mat", "coffee mug", "desk lamp", "tent"),
]
COLUMNS = {"user": "user", "time": "ts", "behavior": "item"}


def make(events, data):
    """Write the log; the same rows for the same number of events."""
    data.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    first, second = (rng.integers(0, len(WORDS), 20_000) for _ in range(2))
    texts = [
        f"{WORDS[a]} {WORDS[b]} {n}" for n, (a, b) in enumerate(zip(first, second, strict=True))
    ]
    vocabulary = pa.array(texts)
    for number, start in enumerate(range(0, events, ROWS_PER_FILE)):
        rows = min(ROWS_PER_FILE, events - start)
        users = (rng.pareto(1.2, rows) * events / 200).astype(np.int64) % (events // 20)
        table = pa.table(
            {
                "user": users,
                "ts": pa.array(rng.integers(0, 31_536_000, rows)).cast(pa.timestamp("s")),
                "item": vocabulary.take(pa.array(rng.integers(0, len(texts), rows))),
            }
        )
        parquet.write_table(table, data / f"part-{number:05d}.parquet", use_dictionary=False)


@contextmanager
def sampled(processes, look=lambda: None):
    """Yield a dict that gets the peak memory of `processes()` together, sampled in a thread."""
    peak, stop = {"total": 0, "largest": 0, "pids": set(), "paused_seconds": 0.0}, threading.Event()

    def sample():
        while not stop.wait(SAMPLE_SECONDS):
            sizes = []
            for process in processes():
                try:
                    sizes.append(process.memory_info().rss)
                    peak["pids"].add(process.pid)
                except psutil.NoSuchProcess:
                    continue
            peak["total"] = max(peak["total"], sum(sizes))
            peak["largest"] = max([peak["largest"], *sizes])
            peak["paused_seconds"] += SAMPLE_SECONDS * bool(look())

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield peak
    finally:
        stop.set()
        thread.join()


def on_dask(data, workers, memory):
    """Make sequences on a cluster; the result stays on the workers."""
    import dask
    import dask.dataframe as dd
    from distributed import Client, LocalCluster

    import nclue_pandas.dask  # noqa: F401 - registers ddf.nclue

    with (
        # A file is a partition: small files are not read together.
        dask.config.set({"dataframe.parquet.minimum-partition-size": 1}),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            memory_limit=memory,
            dashboard_address=None,
            env={"ARROW_DEFAULT_MEMORY_POOL": "system"},
        ) as cluster,
        Client(cluster) as client,
    ):
        pids = set(client.run(_pid).values())

        def paused():
            return any(w.status.name == "paused" for w in cluster.scheduler.workers.values())

        def processes():
            return [psutil.Process(nanny.pid) for nanny in cluster.workers.values() if nanny.pid]

        with sampled(processes, paused) as peak:
            started = time.perf_counter()
            log = dd.read_parquet(str(data), dtype_backend="pyarrow")
            sequences = log.nclue.to_sequences(**COLUMNS)
            seconds = time.perf_counter() - started
        report = sequences.nclue.report()
        return {
            "seconds": seconds,
            "peak_bytes": peak["total"],
            "largest_worker_bytes": peak["largest"],
            "workers_killed": len(peak["pids"] - pids),
            "paused_seconds": peak["paused_seconds"],
            "paused_at_the_end": paused(),
            "partitions": log.npartitions,
            "users": report.users,
            "events": report.events,
            "tokens": report.tokens,
        }


def on_one_machine(engine, data):
    """Make sequences in this process."""
    started = time.perf_counter()
    with sampled(lambda: [psutil.Process()]) as peak:
        users = ENGINES[engine](data)
    return {
        "seconds": time.perf_counter() - started,
        "peak_bytes": peak["total"],
        "users": users,
    }


def with_nclue(data):
    """Use this library on a frame in memory."""
    import nclue_pandas  # noqa: F401 - registers df.nclue

    return len(_read(data).nclue.to_sequences(**COLUMNS))


def with_batches(data):
    """Use this library on batches of the files, within a budget of 1 GiB."""
    import nclue_pandas

    with nclue_pandas.stream_sequences(data, **COLUMNS, memory=1 << 30) as store:
        return store.report.users


def with_pandas(data):
    """Sort, group, join; no token budget, no cleaning, no checks."""
    log = _read(data).sort_values(["user", "ts"], kind="stable")
    return len(log.groupby("user", sort=False)["item"].agg("->".join))


def with_polars(data):
    """Do the same with polars' fastest form."""
    import polars as pl

    log = pl.read_parquet(data / "*.parquet").sort("ts", maintain_order=True)
    return log.group_by("user").agg(pl.col("item").str.join("->")).height


ENGINES = {
    "nclue": with_nclue,
    "batches": with_batches,
    "pandas": with_pandas,
    "polars": with_polars,
}


def _read(data):
    return parquet.read_table(data).to_pandas(types_mapper=pd.ArrowDtype)


def _pid():
    import os

    return os.getpid()


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("command", choices=["make", "run"])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--events", type=int, default=50_000_000)
    parser.add_argument("--engine", choices=["dask", *ENGINES], default="dask")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--memory", default="2GiB")
    options = parser.parse_args()
    if options.command == "make":
        make(options.events, options.data)
        return
    if options.engine == "dask":
        measured = on_dask(options.data, options.workers, options.memory)
    else:
        measured = on_one_machine(options.engine, options.data)
    print(json.dumps({"engine": options.engine, **measured}))


if __name__ == "__main__":
    main()
