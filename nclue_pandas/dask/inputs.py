"""Parquet files on Object Storage as a Dask frame, read as NCP's store lets itself be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import dask.dataframe as dd
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from nclue_pandas.default import default_client
from nclue_pandas.errors import ObjectNotFoundError
from nclue_pandas.jobs.reference import resolve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nclue_pandas.jobs.reference import ClientLike, ClientRef


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
