"""A result file of scores to a frame."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv

from benchmarks.digests import score_digest
from benchmarks.logs import text_ids
from benchmarks.methods import OURS, Group, Job, Method, Workload

if TYPE_CHECKING:
    from datetime import datetime

NAMES = ("user_id", "score")
BLOCK = 8 << 20
_SEED = 20_260_102
_DECIMALS = 8


def make_scores(path: Path, rows: int) -> None:
    """Write ids of ten characters and scores of eight decimals, as TSV without a header."""
    rng = np.random.default_rng(_SEED)
    scores = rng.random(rows).round(_DECIMALS)
    table = pa.table({"user_id": text_ids(rng.permutation(rows)), "score": scores})
    options = csv.WriteOptions(include_header=False, delimiter="\t", quoting_style="none")
    csv.write_csv(table, path, options)


class LocalBucket:
    """A file in the place of a bucket's object: the library's reader without a network."""

    name = "local"

    def __init__(self, path: str) -> None:
        self._path = Path(path)

    def head(self, key: str) -> Any:
        """Tell the file's size."""
        from nclue_pandas.storage.bucket import ObjectInfo

        modified: datetime | None = None
        return ObjectInfo(key, self._path.stat().st_size, modified)

    def get(self, key: str, start: int | None = None, end: int | None = None) -> bytes:
        """Read the file, or some of its bytes."""
        del key
        with self._path.open("rb") as file:
            file.seek(start or 0)
            return file.read() if end is None else file.read(end - (start or 0))

    def get_state(self, key: str, start: int, end: int) -> tuple[bytes, str]:
        """Read some bytes of the file; it never changes."""
        return self.get(key, start, end), ""


def load_bucket(job: Job) -> LocalBucket:
    from nclue_pandas.storage import results

    del results  # imported before the clock starts
    return LocalBucket(job.path)


def load_path(job: Job) -> str:
    return job.path


def ours(bucket: LocalBucket) -> pd.DataFrame:
    from nclue_pandas.storage.results import read_result

    return read_result(bucket, "scores.tsv")


def pyarrow_csv(path: Any, block: int | None = None) -> pd.DataFrame:
    """Read with fixed types and give pandas Arrow's own arrays."""
    table = csv.read_csv(
        path,
        read_options=csv.ReadOptions(column_names=NAMES, block_size=block),
        parse_options=csv.ParseOptions(delimiter="\t", quote_char=False),
        convert_options=csv.ConvertOptions(
            column_types=dict(zip(NAMES, (pa.string(), pa.float64()), strict=True)),
            strings_can_be_null=False,
        ),
    )
    return table.to_pandas(types_mapper=pd.ArrowDtype)


def pyarrow_blocks(path: str) -> pd.DataFrame:
    return pyarrow_csv(path, BLOCK)


def pyarrow_bytes(path: str) -> pd.DataFrame:
    """Hold the file's bytes, as a download does, and parse them."""
    return pyarrow_csv(pa.BufferReader(Path(path).read_bytes()), BLOCK)


def pandas_csv(path: str, **options: Any) -> pd.DataFrame:
    return pd.read_csv(
        path,
        sep="\t",
        header=None,
        names=list(NAMES),
        keep_default_na=False,
        **{"dtype": {"user_id": str, "score": "float64"}, **options},
    )


def pandas_default(path: str) -> pd.DataFrame:
    """Let pandas choose types: ids such as ``0012`` would become numbers."""
    return pd.read_csv(path, sep="\t", header=None, names=list(NAMES))


def pandas_pyarrow(path: str) -> pd.DataFrame:
    return pandas_csv(path, engine="pyarrow")


def pandas_backend(path: str) -> pd.DataFrame:
    return pandas_csv(
        path,
        engine="pyarrow",
        dtype_backend="pyarrow",
        dtype={"user_id": pd.ArrowDtype(pa.string()), "score": pd.ArrowDtype(pa.float64())},
    )


def polars_csv(path: str) -> Any:
    import polars as pl

    return pl.read_csv(
        path,
        separator="\t",
        has_header=False,
        quote_char=None,
        schema=dict(zip(NAMES, (pl.String, pl.Float64), strict=True)),
    )


def duckdb_csv(path: str) -> pa.Table:
    import duckdb

    with duckdb.connect() as connection:
        columns = "{'user_id': 'VARCHAR', 'score': 'DOUBLE'}"
        return connection.sql(
            f"SELECT * FROM read_csv('{path}', delim='\t', header=false, quote='', "
            f"columns={columns})"
        ).to_arrow_table()


def digest_table(table: pa.Table) -> str:
    return score_digest(table["user_id"], table["score"])


def digest_frame(frame: pd.DataFrame) -> str:
    return digest_table(pa.Table.from_pandas(frame, preserve_index=False))


def digest_polars(frame: Any) -> str:
    return digest_table(frame.to_arrow())


GROUP = Group(
    key="results",
    title="Result file to frame",
    unit="rows",
    about=(
        "A local file of (id, score), TAB-separated, which the system holds in its cache. Ours is "
        "`read_result` with the file in the place of the bucket's object: finding it, reading "
        "its bytes, recognizing a header, parsing. The others read the file by its path with "
        "fixed types. pyarrow, pandas and ours end as a pandas frame, polars and DuckDB (as an "
        "Arrow table) in their own form."
    ),
    methods=(
        Method(OURS, "`read_result`", load_bucket, ours, digest_frame),
        Method(
            "pyarrow_8",
            "`pyarrow.csv`, fixed types, 8 MiB blocks",
            load_path,
            pyarrow_blocks,
            digest_frame,
        ),
        Method(
            "pyarrow",
            "`pyarrow.csv`, fixed types, default blocks",
            load_path,
            pyarrow_csv,
            digest_frame,
        ),
        Method(
            "pyarrow_bytes",
            "`pyarrow.csv`, 8 MiB blocks, of the file's bytes in memory",
            load_path,
            pyarrow_bytes,
            digest_frame,
        ),
        Method(
            "pandas_default",
            "`pandas.read_csv`, its own choice of types",
            load_path,
            pandas_default,
            digest_frame,
            note="which turns ids of digits into numbers",
        ),
        Method("pandas", "`pandas.read_csv`, fixed types", load_path, pandas_csv, digest_frame),
        Method(
            "pandas_pyarrow",
            '`pandas.read_csv(engine="pyarrow")`',
            load_path,
            pandas_pyarrow,
            digest_frame,
        ),
        Method(
            "pandas_backend",
            "the same with ArrowDtype columns",
            load_path,
            pandas_backend,
            digest_frame,
        ),
        Method("polars", "polars `read_csv`", load_path, polars_csv, digest_polars, ("polars",)),
        Method("duckdb", "DuckDB `read_csv`", load_path, duckdb_csv, digest_table, ("duckdb",)),
    ),
    workloads=(
        Workload("scores", "scores", make_scores, (100_000, 1_000_000, 10_000_000), suffix=".tsv"),
    ),
)
