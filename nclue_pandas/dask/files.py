"""Files on Object Storage as Dask frames: Parquet, and scores in ranges of a result file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import dask.dataframe as dd
import numpy as np
import pandas as pd
import pyarrow as pa
from dask import delayed
from pyarrow import parquet

from nclue_pandas.client import default_client
from nclue_pandas.errors import ObjectNotFoundError
from nclue_pandas.jobs.counts import check_rows, compare, ids_hashed, lines_of, repeats
from nclue_pandas.jobs.reference import resolve
from nclue_pandas.jobs.results import check_bucket
from nclue_pandas.signatures import named_options
from nclue_pandas.storage.results import SPAN_BYTES, result_spans

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nclue_pandas.jobs.job import Job
    from nclue_pandas.jobs.reference import ClientLike, ClientRef
    from nclue_pandas.kernels.hash import Hashes
    from nclue_pandas.storage.results import ResultSpan


@named_options
def read_parquet(
    path: str, *, columns: Sequence[str] | None = None, client: ClientLike | None = None
) -> dd.DataFrame:
    """Read the Parquet files of a directory in the client's bucket, a partition for each file.

    ``dask.dataframe.read_parquet`` lists directories in a way that NCP's Object Storage does not
    support, and needs keys in its ``storage_options``, which travel with the graph. This lists
    as the store can, and the workers read with keys of their own environment.

    Parameters
    ----------
    path : str
        Key of a directory or of one file in the bucket; files whose names end in ``.parquet``
        are read, in the order of their keys.
    columns : sequence of str, optional
        Columns to read; by default all. Dask asks for those that are needed.
    client : Client, optional
        By default the one that :func:`nclue_pandas.connect` made.

    Returns
    -------
    dask.dataframe.DataFrame
        Arrow-backed columns.

    Raises
    ------
    ObjectNotFoundError
        When there is no such file.
    """
    client = default_client() if client is None else client
    storage = client.storage
    files = sorted(info.key for info in storage.list(path) if info.key.endswith(".parquet"))
    if not files:
        raise ObjectNotFoundError(
            f"No object below s3://{storage.name}/{path} has a name that ends in .parquet. "
            "Give the key of a directory, without s3:// and the bucket."
        )
    schema = parquet.read_schema(pa.BufferReader(storage.get(files[0])))
    empty = _as_frame(schema.empty_table())
    frame: dd.DataFrame = dd.from_map(
        _Reader(client.ref), files, meta=empty, columns=list(empty) if columns is None else columns
    )
    return frame


@dataclass(frozen=True)
class _Reader:
    """Reads one file on a worker."""

    ref: ClientRef

    def __call__(self, key: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        body = resolve(self.ref).storage.get(key)
        wanted = None if columns is None else list(columns)
        return _as_frame(parquet.read_table(pa.BufferReader(body), columns=wanted))


def _as_frame(table: pa.Table) -> pd.DataFrame:
    frame: pd.DataFrame = table.to_pandas(types_mapper=pd.ArrowDtype, ignore_metadata=True)
    return frame


#: Tasks that look for repeated ids, at most.
_SHARES: Final = 16


def read(job: Job[Any], *, span_bytes: int = SPAN_BYTES) -> dd.DataFrame:
    """Read the scores of a completed job, a range of the file in each partition.

    The ranges are read twice, first to count them: no partition is given when rows are missing
    or ids repeated, and none waits in memory for the others.

    Parameters
    ----------
    job : Job
        With a result in the client's bucket.
    span_bytes : int
        Bytes of a range.

    Returns
    -------
    dask.dataframe.DataFrame
        ``user_id`` (string[pyarrow]) and ``score`` (double[pyarrow]), in the file's order.
    """
    check_bucket(job)
    compare(job)
    client, path = job.client, job.record.result_file_path
    spans = result_spans(client.storage, path, span_bytes=span_bytes, sleep=client.clock.sleep)
    shares = min(len(spans), _SHARES)
    counted = [delayed(_count, nout=shares + 1)(span, client.ref, shares) for span in spans]
    repeated = [delayed(_repeated)([each[share] for each in counted]) for share in range(shares)]
    sound = delayed(_check)(job, lines_of(job), [each[shares] for each in counted], repeated)
    parts = [delayed(_read)(span, client.ref, sound) for span in spans]
    frame: dd.DataFrame = dd.from_delayed(
        parts, meta=spans[0].pattern(), prefix="nclue-result", verify_meta=False
    )
    return frame


def _count(span: ResultSpan, ref: ClientRef, shares: int) -> list[Hashes | int]:
    """Return the hashes of the ids of a range, share by share, and how many they are."""
    hashes = ids_hashed(span.read(resolve(ref).storage))
    share_of = hashes % np.uint64(shares)
    return [*(hashes[share_of == share] for share in range(shares)), hashes.size]


def _repeated(hashes: Sequence[Hashes]) -> int:
    return repeats(np.concatenate(hashes))


def _check(job: Job[Any], expected: int | None, rows: list[int], repeated: list[int]) -> bool:
    check_rows(job, expected, sum(rows), sum(repeated))
    return True


def _read(span: ResultSpan, ref: ClientRef, sound: bool) -> pd.DataFrame:  # noqa: FBT001
    """Read a range on a worker, with keys of its own, when the whole file is `sound`."""
    assert sound
    return span.read(resolve(ref).storage)
