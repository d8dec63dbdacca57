"""What goes in and what comes out, counted: users sent, users a job works on, rows of a result.

A store that loses a part, or a file that is half written, leads to a completed job all the same.
So a Feature must have as many users as were sent, a job that scores them as many lines, and its
result as many rows, each id once. What differs is an error whenever it is met, not once.
"""

from __future__ import annotations

from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from nclue_pandas.errors import CountMismatchError, SpillError, StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nclue_pandas.jobs.job import Job
    from nclue_pandas.kernels.hash import Hashes

#: Bytes of hashes that are held in memory: of eight million users.
_HELD: Final = 64 << 20
_HASH: Final = 8


def compare(job: Job[Any]) -> None:
    """Compare what a completed job counts with the users that were sent, where both are known.

    Raises
    ------
    CountMismatchError
        When they differ, after the service was asked once more.
    """
    field = job.kind.counts_users
    if field is None or not job.completed or _told(job) is None:
        return
    sent = job.users if job.users is not None else _published(job)
    if sent is None:
        return
    job.expect(sent)
    if _told(job) != sent:
        job.refresh()  # a list may lag
    found = _told(job)
    if found is not None and found != sent:
        raise _error(
            job,
            f"counts {found:,} users, but {sent:,} were sent: {_by(sent, found)}.",
            sent,
            found,
        )


def compare_result(job: Job[Any], rows: int, repeated: int) -> None:
    """Compare the rows of a result with the lines that its job counts.

    Raises
    ------
    CountMismatchError
        When they differ, or an id is repeated.
    """
    expected = lines_of(job)
    if expected is not None and rows != expected:
        job.refresh()
        expected = lines_of(job)
    check_rows(job, expected, rows, repeated)


def lines_of(job: Job[Any]) -> int | None:
    """Return the rows that the result of a job should have, where that is known."""
    told = _told(job)
    return job.users if told is None else told


def check_rows(job: Job[Any], expected: int | None, rows: int, repeated: int) -> None:
    """Raise when a result has other rows than it should; asks nobody."""
    if expected is not None and rows != expected:
        said = f"has a result of {rows:,} rows for {expected:,} users: {_by(expected, rows)}."
        raise _error(job, said, expected, rows)
    if repeated:
        users = rows - repeated
        said = f"has a result of {rows:,} rows for {users:,} users: {repeated:,} repeat an id."
        raise _error(job, said, users, rows)


class Tally:
    """Rows of a result and ids that are repeated in it, counted piece by piece.

    Hashes of ids are kept in memory up to a limit, and in a file beyond it.

    Examples
    --------
    >>> import pandas as pd
    >>> import pyarrow as pa
    >>> ids = pd.array(["a", "b", "a"], pd.ArrowDtype(pa.string()))
    >>> with Tally() as tally:
    ...     tally.add(pd.DataFrame({"user_id": ids}))
    ...     tally.rows, tally.repeated()
    (3, 1)
    """

    def __init__(self, held: int = _HELD) -> None:
        self.rows = 0
        self._held = held
        self._file = SpooledTemporaryFile(held)  # noqa: SIM115 - closed by the with statement

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._file.close()

    def add(self, frame: pd.DataFrame) -> None:
        """Count a piece whose first column has the ids.

        Raises
        ------
        SpillError
            When the disk is full.
        """
        self.rows += len(frame)
        try:
            self._file.write(ids_hashed(frame).data)
        except OSError as error:
            raise SpillError(
                f"The ids of a result cannot be kept to find repeated ones ({error}). Make room in "
                "the directory for temporary files, or set TMPDIR to another."
            ) from None

    def repeated(self) -> int:
        """Return how many rows have an id of another row."""
        shares = max(-(-self.rows * _HASH // self._held), 1)
        return sum(
            repeats(np.concatenate([*self._share(share, shares)]))
            for share in range(shares if self.rows else 0)
        )

    def _share(self, share: int, shares: int) -> Iterator[Hashes]:
        """Read the hashes that fall into one of some shares."""
        self._file.seek(0)
        while block := self._file.read(self._held):
            hashes = np.frombuffer(block, dtype=np.uint64)
            yield hashes[hashes % np.uint64(shares) == share]


def ids_hashed(frame: pd.DataFrame) -> Hashes:
    """Hash the ids of a result, which are in its first column."""
    from nclue_pandas.frames.ids import id_chunks
    from nclue_pandas.kernels.hash import hash_ids

    return hash_ids(id_chunks(frame.iloc[:, 0]))


def repeats(hashes: Hashes) -> int:
    """Return how many hashes are there already when each is met.

    Examples
    --------
    >>> repeats(np.array([3, 1, 3, 3], dtype=np.uint64))
    2
    """
    ordered = np.sort(hashes)
    return int(np.count_nonzero(ordered[1:] == ordered[:-1]))


def _told(job: Job[Any]) -> int | None:
    """Return the users that the service counts, where it tells them."""
    told = getattr(job.record, job.kind.counts_users or "", None)
    return told if told is not None and told >= 0 else None


def _published(job: Job[Any]) -> int | None:
    """Return the users of the files of a Feature, where this library has written them."""
    from nclue_pandas.storage.publish import published_rows

    place = getattr(job.record, "source_bucket", None), getattr(job.record, "source_file_path", "")
    if not place[1] or place[0] is None or place[0] != job.client.ref.bucket:
        return None
    try:
        return published_rows(job.client.storage, place[1])
    except StorageError:
        return None


def _by(expected: int, found: int) -> str:
    less = expected - found
    return f"{less:,} are missing" if less > 0 else f"{-less:,} are too many"


def _error(job: Job[Any], said: str, expected: int, found: int) -> CountMismatchError:
    kind = job.kind
    looked = ""
    if job.completed and hasattr(job.record, "result_file_path"):
        looked = f" The file: s3://{job.record.result_bucket}/{job.record.result_file_path}."
    return CountMismatchError(
        f"{kind.title} {job.name!r} ({job.id}) {said}{looked} Something was lost or changed on "
        f"Object Storage. Delete the job, client.get_{kind.name}({job.id!r}).delete(), and make "
        "the same call again: files that are missing or changed are sent anew.",
        expected=expected,
        found=found,
        kind=kind.name,
        job_id=job.id,
        name=job.name,
    )
