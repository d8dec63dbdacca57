"""Files of a create call that the service refused: removed again, or told of.

A refusal is known only once the files are there, for a create names them. Looking the name up
before would cost a request for every job that is made. So what this very call wrote is removed
when the service refuses for certain what trying again does not change. Files are named by their
content: what a job of the same content names, made by another call meanwhile, stays.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from nclue_pandas.errors import (
    ApiError,
    BackendError,
    DuplicateNameError,
    JobError,
    PersonalDataInTestFile,
    PersonalDataInTrainFile,
    PersonalDataNotAllowed,
    QuotaExceeded,
    ServiceError,
    StorageError,
    Throttled,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nclue_pandas.jobs.kinds import Kind
    from nclue_pandas.jobs.reference import ClientLike
    from nclue_pandas.storage.publish import Dataset

#: Refusals that pass by themselves: the files serve the next try.
_PASSING: Final = (BackendError, QuotaExceeded, Throttled)
#: Refusals for personal data, which the check had not found.
_PERSONAL: Final = (PersonalDataNotAllowed, PersonalDataInTrainFile, PersonalDataInTestFile)
#: Fields of jobs that name files.
_PATHS: Final = ("source_file_path", "train_file_path", "test_file_path")


@contextmanager
def withdrawn_if_refused(client: ClientLike, kind: Kind[Any], *datasets: Dataset) -> Iterator[None]:
    """Remove what was written for a job that the service refuses for certain.

    Parameters
    ----------
    client : ClientLike
        The account.
    kind : Kind
        What is created inside the block.
    *datasets : Dataset
        What was published for it.
    """
    try:
        yield
    except (ServiceError, JobError) as error:
        if isinstance(error, _PERSONAL):
            from nclue_pandas.jobs.refused import tell_of_search

            tell_of_search(error)
        refused = isinstance(error, (ApiError, DuplicateNameError))
        passing = isinstance(error, _PASSING) or not refused
        if passing or not _withdrawn(client, kind, datasets):
            _tell(error, datasets)
        raise


def _withdrawn(client: ClientLike, kind: Kind[Any], datasets: Sequence[Dataset]) -> bool:
    """Remove what no job of the kind names; return whether that could be done."""
    from nclue_pandas.storage.publish import withdraw

    written = [dataset for dataset in datasets if dataset.sent]
    try:
        needed, certain = _named_by_jobs(client, kind) if written else (set(), True)
        if not certain:
            return False
        for dataset in written:
            if dataset.path.strip("/") not in needed:
                withdraw(dataset, client.storage)
    except (ServiceError, StorageError):
        return False
    return True


def _named_by_jobs(client: ClientLike, kind: Kind[Any]) -> tuple[set[str], bool]:
    """Return the paths that jobs of a kind name, and whether it is certain that these are all.

    None where these keys may not ask either.
    """
    try:
        records, certain = kind.everything(client.service)
    except PermissionError:
        return set(), True
    return {
        (getattr(record, field, None) or "").strip("/") for record in records for field in _PATHS
    }, certain


def _tell(error: ServiceError | JobError, datasets: Sequence[Dataset]) -> None:
    """Say in an error which files were written for the job that was not made."""
    paths = ", ".join(f"s3://{dataset.bucket}/{dataset.path}" for dataset in datasets)
    error.add_note(
        f"The files stay for the next try: {paths}. client.cleanup() lists the files that no "
        "job needs."
    )
