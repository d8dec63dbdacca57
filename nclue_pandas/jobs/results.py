"""What a completed job has made, as an Arrow-backed frame."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from nclue_pandas.deadline import Deadline
from nclue_pandas.errors import ConfigurationError
from nclue_pandas.jobs.counts import Tally, compare_result, ids_hashed, repeats
from nclue_pandas.jobs.wait import how_to_resume, wait_by
from nclue_pandas.progress import step
from nclue_pandas.storage.result_lines import read_tsv
from nclue_pandas.storage.results import iter_result, read_result
from nclue_pandas.translation import N_

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nclue_pandas.jobs.job import Job
    from nclue_pandas.jobs.reference import ClientLike


Reader = Callable[["Job[Any]"], Any]
Made = TypeVar("Made")
_READ: Final = N_("read scores")


def reader(engine: str) -> Reader:
    """Return the function that reads scores with an engine.

    Raises
    ------
    ConfigurationError
        When there is no such engine.
    """
    if engine == "pandas":
        return read
    if engine == "dask":
        from nclue_pandas.dask.files import read as read_on_dask

        return read_on_dask
    raise ConfigurationError(f"engine={engine!r} is unknown. There are: dask, pandas.")


def read_within(job: Job[Any], timeout: float | None, read: Callable[[Job[Any]], Made]) -> Made:
    """Wait for a job and read its result, both before one deadline."""
    deadline = Deadline.of(job.client.clock, timeout, how_to_resume([job]))
    wait_by([job], deadline)
    with deadline.told():
        return read(job.within(deadline))


def read(job: Job[Any]) -> pd.DataFrame:
    """Read the scores that `job` wrote to the client's bucket."""
    check_bucket(job)
    client, path = job.client, job.record.result_file_path
    with step(_READ, job.name or job.id) as made:
        frame = read_result(client.storage, path, sleep=partial(_pause, client))
        made["user"] = len(frame)
    compare_result(job, len(frame), repeats(ids_hashed(frame)))
    return _signed(frame, job)


def iterate(job: Job[Any]) -> Iterator[pd.DataFrame]:
    """Read the scores in batches; they are counted when all were read."""
    check_bucket(job)
    client, path = job.client, job.record.result_file_path
    with Tally() as tally, step(_READ, job.name or job.id) as made:
        for frame in iter_result(client.storage, path, sleep=partial(_pause, client)):
            tally.add(frame)
            yield _signed(frame, job)
        made["user"] = tally.rows
        compare_result(job, tally.rows, tally.repeated())


def _pause(client: ClientLike, seconds: float) -> None:
    client.clock.sleep(min(seconds, client.deadline.left()))


def download(job: Job[Any]) -> pd.DataFrame:
    """Read the profile that the service keeps."""
    with step(N_("read profile"), job.name or job.id) as made:
        profile = read_tsv(job.client.service.download_shopping_intent(job.id))
        made["row"] = len(profile)
    return _signed(profile, job)


def _signed(frame: pd.DataFrame, job: Job[Any]) -> pd.DataFrame:
    frame.attrs["nclue"] = {"kind": job.kind.name, "id": job.id, "name": job.name}
    return frame if job.known is None else job.known.carry(frame)


def check_bucket(job: Job[Any]) -> None:
    """Read from the client's own bucket only, whatever an answer names."""
    bucket = job.record.result_bucket
    own = job.client.storage.name
    if bucket != own:
        raise ConfigurationError(
            f"The result of {job.kind.title} {job.name!r} ({job.id}) is in bucket {bucket!r}, and "
            f"this client's bucket is {own!r}. If you trust that bucket, read it through a client "
            f"of it: connect(bucket={bucket!r}).get_{job.kind.name}({job.id!r}).result()."
        )
