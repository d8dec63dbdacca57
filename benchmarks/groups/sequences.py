"""Event log to one text for each user, in time order."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks import logs
from benchmarks.arrow_files import read_table
from benchmarks.digests import sequence_digest
from benchmarks.methods import OURS, Group, Job, Method, Workload
from benchmarks.texts import KOREAN

if TYPE_CHECKING:
    import pandas as pd

SEPARATOR = "->"
COLUMNS = {"user": "user", "time": "time", "behavior": "item"}
RETAIL = Path(__file__).parents[2].parent / "shared" / "data" / "online_retail.csv.gz"
#: Rows of it with a customer and a description.
RETAIL_ROWS = 406_829
_STRING_LIMIT = 2**31 - 1


def load_pandas(job: Job) -> pd.DataFrame:
    """Load the log as pandas users have it: int64 or str ids, datetime64, str texts."""
    return read_table(job.path).to_pandas()


def load_table(job: Job) -> pa.Table:
    return read_table(job.path)


def load_polars(job: Job) -> Any:
    import polars as pl

    return pl.from_arrow(read_table(job.path))


def load_duckdb(job: Job) -> Any:
    """Load the log into a table of DuckDB's own, in memory."""
    import duckdb

    connection = duckdb.connect()
    connection.register("loaded", read_table(job.path))
    connection.execute("CREATE TABLE log AS SELECT * FROM loaded")
    connection.unregister("loaded")
    return connection


def load_kernel(job: Job) -> Any:
    """Load the log as the arrays that the kernel takes, and import it."""
    from nclue_pandas.frames import ids
    from nclue_pandas.frames.tokens import Budget
    from nclue_pandas.kernels.group_join import join_groups

    log = read_table(job.path)
    ticks = log["time"].to_numpy().view(np.int64)
    return (join_groups, Budget(None)), ids, log["user"].to_pandas(), ticks, log["item"].chunk(0)


def ours(frame: pd.DataFrame) -> pd.DataFrame:
    from nclue_pandas import to_sequences

    return to_sequences(frame, **COLUMNS, max_tokens=None)


def ours_within_budget(frame: pd.DataFrame) -> pd.DataFrame:
    from nclue_pandas import to_sequences

    return to_sequences(frame, **COLUMNS)


def kernel(loaded: Any) -> tuple[pa.Array, pa.ChunkedArray]:
    (join_groups, no_limit), ids, users, ticks, texts = loaded
    encoded = ids.encode_ids(users)
    grouped = join_groups(encoded.codes, len(encoded.texts), ticks, texts, budget=no_limit)
    return encoded.texts.take(pa.array(grouped.groups)), pa.chunked_array(grouped.texts)


def polars_sorted(frame: Any, *, stable: bool = False) -> Any:
    import polars as pl

    joined = pl.col("item").str.join(SEPARATOR)
    return frame.lazy().sort("time", maintain_order=stable).group_by("user").agg(joined).collect()


def polars_stable(frame: Any) -> Any:
    return polars_sorted(frame, stable=True)


def polars_inside(frame: Any) -> Any:
    import polars as pl

    joined = pl.col("item").sort_by("time").str.join(SEPARATOR)
    return frame.lazy().group_by("user").agg(joined).collect()


def duckdb_string_agg(connection: Any) -> pa.Table:
    return connection.sql(
        f"SELECT \"user\", string_agg(item, '{SEPARATOR}' ORDER BY time) AS item "
        'FROM log GROUP BY "user"'
    ).to_arrow_table()


def pyarrow_once(log: pa.Table) -> tuple[pa.Array, pa.Array]:
    """Sort the whole table, take the texts, join runs of one user."""
    users = log["user"].combine_chunks()
    codes = users if pa.types.is_integer(users.type) else users.dictionary_encode().indices
    keys = pa.table({"user": codes, "time": log["time"]})
    order = pc.sort_indices(keys, sort_keys=[("user", "ascending"), ("time", "ascending")])
    ordered = codes.take(order).to_numpy()
    starts = np.flatnonzero(np.diff(ordered, prepend=ordered[0] - 1))
    texts = log["item"].combine_chunks()
    wide = texts.nbytes + len(SEPARATOR) * len(texts) > _STRING_LIMIT
    kind = pa.large_string() if wide else pa.string()
    lists = pa.LargeListArray if wide else pa.ListArray
    offsets = np.append(starts, len(ordered)).astype(np.int64 if wide else np.int32)
    runs = lists.from_arrays(pa.array(offsets), texts.cast(kind).take(order))
    return users.take(order.take(pa.array(starts))), pc.binary_join(
        runs, pa.scalar(SEPARATOR, kind)
    )


def pandas_sorted(frame: pd.DataFrame) -> pd.Series:
    ordered = frame.sort_values("time", kind="stable")
    return ordered.groupby("user", sort=False)["item"].agg(SEPARATOR.join)


def digest_frame(frame: pd.DataFrame) -> str:
    table = pa.Table.from_pandas(frame)
    return sequence_digest(table["user_id"], table["sequence"])


def digest_pair(pair: tuple[pa.Array, pa.Array]) -> str:
    return sequence_digest(*pair)


def digest_table(table: pa.Table) -> str:
    return sequence_digest(table["user"], table["item"])


def digest_polars(frame: Any) -> str:
    return digest_table(frame.to_arrow())


def digest_series(series: pd.Series) -> str:
    return digest_table(pa.Table.from_pandas(series.reset_index()))


SIZES = (100_000, 1_000_000, 10_000_000)

GROUP = Group(
    key="sequences",
    title="Event log to sequences",
    unit="events",
    about=(
        "Every library begins with the log in memory in its own format and ends with one text for "
        "each user in its own format. `to_sequences` also reads ids as text, checks ids, times "
        "and texts, looks for personal data, cleans separators and control characters, and puts "
        "users in canonical order; no peer does. `max_tokens=None`, because no peer cuts."
    ),
    methods=(
        Method(OURS, "`to_sequences`, all checks", load_pandas, ours, digest_frame),
        Method(
            "ours_budget",
            "`to_sequences` with its token budget of 2,048",
            load_pandas,
            ours_within_budget,
            note="cuts users over the budget, so its result is another",
        ),
        Method("kernel", "the kernel alone: encode ids, join", load_kernel, kernel, digest_pair),
        Method(
            "polars",
            "polars: `sort`, then `group_by` and `str.join`",
            load_polars,
            polars_sorted,
            digest_polars,
            ("polars",),
        ),
        Method(
            "polars_stable",
            "polars: the same with a stable sort",
            load_polars,
            polars_stable,
            digest_polars,
            ("polars",),
        ),
        Method(
            "polars_inside",
            "polars: `sort_by` inside the aggregation",
            load_polars,
            polars_inside,
            digest_polars,
            ("polars",),
        ),
        Method(
            "duckdb",
            "DuckDB: `string_agg(... ORDER BY time)`",
            load_duckdb,
            duckdb_string_agg,
            digest_table,
            ("duckdb",),
        ),
        Method("pyarrow", "pyarrow, whole table at once", load_table, pyarrow_once, digest_pair),
        Method(
            "pandas",
            'pandas: `sort_values`, `groupby.agg("->".join)`',
            load_pandas,
            pandas_sorted,
            digest_series,
            slow_from=5_000_000,
        ),
    ),
    workloads=(
        Workload("int", "int ids, Zipf, unsorted times", logs.log_maker(), SIZES),
        Workload("text", "text ids", logs.log_maker(ids=logs.text_ids), SIZES),
        Workload("korean", "Korean texts", logs.log_maker(words=KOREAN), SIZES[1:]),
        Workload("sorted", "log in time order", logs.log_maker(times=logs.sorted_times), SIZES[1:]),
        Workload(
            "heavy", "one user with 10^5 events", logs.log_maker(users=logs.heavy_users), SIZES[1:]
        ),
        Workload(
            "repeated",
            "text ids, repeated behaviors (Zipf over 20,000)",
            logs.log_maker(ids=logs.text_ids, items=logs.products),
            SIZES,
        ),
        Workload(
            "digits",
            "texts full of digits",
            logs.log_maker(items=logs.order_numbers),
            (1_000_000,),
        ),
        Workload(
            "retail_once", "online_retail as it is", logs.retail_maker(RETAIL), (RETAIL_ROWS,)
        ),
        Workload("retail", "online_retail, repeated", logs.retail_maker(RETAIL), (5_000_000,)),
    ),
)
