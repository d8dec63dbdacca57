"""Scores read in partitions, each a range of the file."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import dask.dataframe as dd

from nclue_pandas.jobs.reference import resolve
from nclue_pandas.jobs.results import check_bucket, register_reader
from nclue_pandas.storage.spans import SPAN_BYTES, result_spans

if TYPE_CHECKING:
    import pandas as pd

    from nclue_pandas.jobs.job import Job
    from nclue_pandas.jobs.reference import ClientRef
    from nclue_pandas.storage.spans import ResultSpan


def read(job: Job[Any], *, span_bytes: int = SPAN_BYTES) -> dd.DataFrame:
    """Read the scores of a completed job, a range of the file in each partition.

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
    spans = result_spans(job.client.storage, job.record.result_file_path, span_bytes=span_bytes)
    frame: dd.DataFrame = dd.from_map(
        partial(_read, ref=job.client.ref), spans, meta=spans[0].pattern(), label="nclue-result"
    )
    return frame


def _read(span: ResultSpan, ref: ClientRef) -> pd.DataFrame:
    """Read a range on a worker, with keys of its own."""
    return span.read(resolve(ref).storage)


register_reader("dask", read)
