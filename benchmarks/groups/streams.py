"""A log larger than the memory it may use, to sequences on Object Storage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyarrow import parquet

from benchmarks import logs
from benchmarks.arrow_files import read_table
from benchmarks.groups.publish import open_bucket
from benchmarks.methods import OURS, Group, Job, Method, Workload
from benchmarks.stores import serve

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = {"user": "user", "time": "time", "behavior": "item"}
#: The budget for each event: less than a third of the 47 bytes that it takes as Arrow data.
BYTES_AN_EVENT = 15


def make_parquet(path: Path, rows: int) -> None:
    """Write the skewed log with int ids as Parquet."""
    plain = path.with_suffix(".arrow")
    logs.log_maker()(plain, rows)
    parquet.write_table(read_table(str(plain)), path)
    plain.unlink()


@dataclass
class Input:
    """A log and where its sequences go.

    Parameters
    ----------
    path : str
        The log.
    memory : int
        The budget.
    bucket : Bucket
        Connected.
    prefix : str
        Of the keys.
    """

    path: str
    memory: int
    bucket: Any
    prefix: str


def load(job: Job) -> Input:
    """Import what is needed and connect; the log stays on disk."""
    from nclue_pandas.storage import content, publish
    from nclue_pandas.streaming import sequences

    del content, publish
    events = parquet.read_metadata(job.path).num_rows
    budget = max(events * BYTES_AN_EVENT, sequences.LEAST_MEMORY)
    return Input(job.path, budget, open_bucket(job), f"{job.name}-{job.method}")


def ours(log: Input) -> None:
    from nclue_pandas import stream_sequences

    with stream_sequences(log.path, **COLUMNS, memory=log.memory) as store:
        publish(store, log)


def in_memory(log: Input) -> None:
    from nclue_pandas import to_sequences
    from nclue_pandas.storage.content import FrameContent

    events = parquet.read_table(log.path).to_pandas()
    frame = to_sequences(events, **COLUMNS)
    publish(FrameContent.of_sequences(frame, "user_id", "sequence"), log)


def publish(content: Any, log: Input) -> None:
    from nclue_pandas.storage import publish

    prepared = publish.prepare(content, "sequences", "benchmark", log.prefix)
    publish.publish(prepared, log.bucket)


GROUP = Group(
    key="streams",
    title="A log larger than memory",
    unit="events",
    about=(
        "A Parquet file to sequences on a store on loopback. `stream_sequences` has a budget of "
        f"{BYTES_AN_EVENT} bytes an event; as Arrow data the log takes 47 bytes an event, more "
        "than three times as much. Beside it the same log read into memory whole. *Extra memory* "
        "is the peak above the process with everything imported, and *same result* means the same "
        "bytes on the store."
    ),
    methods=(
        Method(OURS, "`stream_sequences`, published", load, ours),
        Method("in_memory", "`read_table`, `to_sequences`, published", load, in_memory),
    ),
    workloads=(
        Workload(
            "parquet",
            "Zipf, unsorted times",
            make_parquet,
            (20_000_000,),
            suffix=".parquet",
            warm_up=False,
        ),
    ),
    serve=serve,
)
