"""Scores read in partitions, each a range of the file; no partition is given before all count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import dask.dataframe as dd
import numpy as np
from dask import delayed

from nclue_pandas.jobs.counts import check_rows, compare, ids_hashed, lines_of, repeats
from nclue_pandas.jobs.reference import resolve
from nclue_pandas.jobs.results import check_bucket, register_reader
from nclue_pandas.storage.spans import SPAN_BYTES, result_spans

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from nclue_pandas.frames.hashing import Hashes
    from nclue_pandas.jobs.job import Job
    from nclue_pandas.jobs.reference import ClientRef
    from nclue_pandas.storage.spans import ResultSpan

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


register_reader("dask", read)
