"""Exactly-once create: the unique name tells whether a job exists already.

POST is not idempotent. When its outcome is unclear (a timeout, a reset, a 5xx answer), or the
service says that the name is taken, the job is looked up by name: one with the same inputs is
adopted, one with other inputs is an error. Only when no such job is found is the request sent
again. Once an attempt was unclear, no later refusal is taken for the whole truth: the first attempt
may have made a job that lists do not show yet.

Files of a create call that the service refused: removed again, or told of. A refusal is known only
once the files are there, for a create names them. Looking the name up before would cost a request
for every job that is made. So what this very call wrote is removed when the service refuses for
certain what trying again does not change. Files are named by their content: what a job of the same
content names, made by another call meanwhile, stays.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, TypeVar

from nclue_pandas.contract import NAME_LENGTH
from nclue_pandas.errors import (
    AmbiguousCreateError,
    ApiError,
    BackendError,
    DuplicateName,
    DuplicateNameError,
    InvalidDataError,
    JobError,
    PersonalDataInTestFile,
    PersonalDataInTrainFile,
    PersonalDataNotAllowed,
    QuotaExceeded,
    ServiceError,
    StorageError,
    Throttled,
    UnconfirmedCreateError,
)
from nclue_pandas.service.records import Record
from nclue_pandas.storage.publish import withdraw
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from nclue_pandas.jobs.reference import ClientLike
    from nclue_pandas.service.operations import Kind
    from nclue_pandas.storage.publish import Dataset

R = TypeVar("R", bound=Record)
_log = logging.getLogger("nclue_pandas")
#: Seconds before each round of "create, look up": a list may lag behind for about a minute.
_PAUSES: Final = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)


def check_name(name: str) -> None:
    """Refuse a job name that the service would refuse.

    Raises
    ------
    InvalidDataError
        When `name` is not text of 1 to 100 characters (contract: NAME_TOO_LONG, 10101).
    """
    if not isinstance(name, str):
        raise InvalidDataError(
            _(
                "A job's name must be text, not {given}. The methods of a client take the name "
                "first: client.create_feature(name, frame)."
            ).format(given=type(name).__name__)
        )
    if not name.strip():
        raise InvalidDataError(_("A job needs a name: text of 1 to 100 characters."))
    if len(name) > NAME_LENGTH:
        raise InvalidDataError(
            _(
                "The name has {count} characters, the service takes at most {most}. Shorten it: "
                "{shown!r}…"
            ).format(count=len(name), most=NAME_LENGTH, shown=name[:40])
        )


def create(client: ClientLike, kind: Kind[R], name: str, fields: Mapping[str, Any]) -> R:
    """Create a job once, or adopt the one that is there.

    Raises
    ------
    DuplicateNameError
        When a job of this name was made from other inputs.
    UnconfirmedCreateError
        When it stays unclear whether the job was created.
    ApiError
        When the service refuses the request.
    """
    check_name(name)
    unclear: ServiceError | None = None
    trouble: ServiceError | None = None
    for pause in _PAUSES:
        if pause and client.deadline.left() <= 0:
            break
        client.clock.sleep(min(pause, client.deadline.left()))
        try:
            record = kind.create(client.service, name=name, **fields)
        except ServiceError as error:
            if isinstance(error, AmbiguousCreateError):
                unclear = error
            if unclear is None and not _name_may_be_taken(error):
                raise
            found, failure = _look_up(client, kind, name)
            if found is not None:
                return adopt(kind, fields, found)
            if failure is None and trouble is None and type(error) is ApiError:
                raise
            trouble = failure or error
        else:
            _log.info("%s %r is created", kind.title, name)
            return record
        _log.warning("no %s %r can be seen yet, after: %s", kind.title, name, trouble)
    raise UnconfirmedCreateError(
        f"It is unclear whether the {kind.title} {name!r} was created: {unclear or trouble} "
        f"No job of this name could be found. Try again later under the same name: a job that "
        f"exists is picked up, not created twice.",
        kind=kind.name,
        name=name,
    ) from trouble


def _name_may_be_taken(error: ServiceError) -> bool:
    """Return whether a job of the name may exist: also after a 409 whose body told no code."""
    if isinstance(error, (AmbiguousCreateError, DuplicateName)):
        return True
    return type(error) is ApiError and error.status == HTTPStatus.CONFLICT


def _look_up(client: ClientLike, kind: Kind[R], name: str) -> tuple[R | None, ServiceError | None]:
    """Return the job of the name, or why it could not be looked up."""
    try:
        found = kind.find(client.service, name)
    except ServiceError as error:
        _log.debug("look-up of %s failed: %s", kind.name, type(error).__name__)
        return None, error
    return found, None


def adopt(
    kind: Kind[R], fields: Mapping[str, Any], found: R, over: Collection[str] | None = None
) -> R:
    """Return a job that is there, when it was made from the same inputs.

    They are compared over some fields, by default the identity of the kind.

    Raises
    ------
    DuplicateNameError
        When it was made from other inputs.
    """
    differences = kind.differences(fields, found, over)
    if differences:
        each = _("{field}: asked {asked!r}, there {there!r}")
        listed = "; ".join(
            each.format(field=field, asked=fields.get(field), there=getattr(found, field))
            for field in differences
        )
        raise DuplicateNameError(
            _(
                "The name {name!r} belongs to another {kind}, {job_id}, made from other inputs "
                "({listed}). Choose another name, or delete that job first."
            ).format(name=found.name, kind=kind.title, job_id=found.id, listed=listed),
            kind=kind.name,
            job_id=found.id,
            name=found.name,
        )
    _log.info("adopted the %s %r (%s), made from the same inputs", kind.name, found.name, found.id)
    return found


#: Refusals that pass by themselves: the files serve the next try.
_PASSING: Final = (BackendError, QuotaExceeded, Throttled)
#: Refusals for personal data, which the check had not found.
_PERSONAL: Final = (PersonalDataNotAllowed, PersonalDataInTrainFile, PersonalDataInTestFile)
#: Fields of jobs that name files.
_PATHS: Final = ("source_file_path", "train_file_path", "test_file_path")


@contextmanager
def withdrawn_if_refused(client: ClientLike, kind: Kind[Any], *datasets: Dataset) -> Iterator[None]:
    """Remove what was written for a job that the service refuses for certain."""
    try:
        yield
    except (ServiceError, JobError) as error:
        if isinstance(error, _PERSONAL):
            _tell_of_search(error)
        refused = isinstance(error, (ApiError, DuplicateNameError))
        passing = isinstance(error, _PASSING) or not refused
        if passing or not _withdrawn(client, kind, datasets):
            _tell(error, datasets)
        raise


def _tell_of_search(error: ApiError) -> None:
    """Say in a refusal that the check found nothing, and how the rows are found."""
    error.message += (
        " The check found no personal data in the frame before it was sent, so the service goes by "
        "another pattern: client.find_refused(frame) plans a search for the rows, by halving, and "
        "its run() makes it. Give the pattern to PersonalData(...) then."
    )
    error.args = (error.message,)


def _withdrawn(client: ClientLike, kind: Kind[Any], datasets: Sequence[Dataset]) -> bool:
    """Remove what no job of the kind names; return whether that could be done."""
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
