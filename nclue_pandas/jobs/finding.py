"""A job found by its id or by its name."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from nclue_pandas.errors import JobNotFoundError, NotFoundError
from nclue_pandas.jobs.job import Job

if TYPE_CHECKING:
    from nclue_pandas.jobs.reference import ClientLike

JobT = TypeVar("JobT", bound=Job[Any])


def find_job(client: ClientLike, handle: type[JobT], id_or_name: str) -> JobT:
    """Return the job of an id (one request) or of a name (list pages until it is met).

    Parameters
    ----------
    client : ClientLike
        The account.
    handle : type
        The class of the handle, which tells the kind.
    id_or_name : str
        What looks like a UUID is taken for an id.

    Returns
    -------
    Job
        A handle of that class.

    Raises
    ------
    JobNotFoundError
        When there is none; the message names those whose names are near.
    """
    find = _by_id if _is_id(id_or_name) else _by_name
    return find(client, handle, id_or_name)


def _by_id(client: ClientLike, handle: type[JobT], job_id: str) -> JobT:
    job = handle(job_id, client)
    try:
        job.refresh()
    except NotFoundError as error:
        raise JobNotFoundError(
            f"There is no {handle.kind.title} with the id {job_id!r} in account "
            f"{client.ref.account}. client.list_{handle.kind.plural}() shows what there is.",
            kind=handle.kind.name,
            job_id=job_id,
        ) from error
    return job


def _by_name(client: ClientLike, handle: type[JobT], name: str) -> JobT:
    names = []
    for record in handle.kind.iterate(client.service):
        if record.name == name:
            return handle.of(record, client)
        names.append(record.name or "")
    near = get_close_matches(name, names, n=3, cutoff=0.5)
    guess = f" Did you mean {' or '.join(repr(other) for other in near)}?" if near else ""
    raise JobNotFoundError(
        f"There is no {handle.kind.title} named {name!r} among the {len(names):,} of "
        f"account {client.ref.account}.{guess} client.list_{handle.kind.plural}() shows them.",
        kind=handle.kind.name,
        name=name,
    )


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return "-" in text
