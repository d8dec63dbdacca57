"""A job found by its id or by its name."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from nclue_pandas.errors import ConfigurationError, JobNotFoundError, NotFoundError
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
        What looks like a UUID is asked for as an id first.

    Returns
    -------
    Job
        A handle of that class.

    Raises
    ------
    JobNotFoundError
        When there is none; the message names those whose names are near.
    ConfigurationError
        When it is not text.
    """
    if not isinstance(id_or_name, str):
        raise ConfigurationError(
            f"The id or name of a {handle.kind.title} is text, not {type(id_or_name).__name__}."
        )
    found = _by_id(client, handle, id_or_name) if _is_id(id_or_name) else None
    return _by_name(client, handle, id_or_name) if found is None else found


def as_job(client: ClientLike, handle: type[JobT], given: JobT | str) -> JobT:
    """Return a handle as it is, or the job of an id or name.

    Raises
    ------
    JobNotFoundError
        As :func:`find_job`.
    ConfigurationError
        When it is neither, or a handle of another kind.
    """
    if isinstance(given, handle):
        return given
    if not isinstance(given, str):
        raise ConfigurationError(
            f"A {handle.kind.title} is given by its handle, its id or its name, not by "
            f"{type(given).__name__}. client.get_{handle.kind.name}() finds the handle."
        )
    return find_job(client, handle, given)


def _by_id(client: ClientLike, handle: type[JobT], job_id: str) -> JobT | None:
    try:
        return handle(job_id, client).refresh()
    except NotFoundError:
        return None


def _by_name(client: ClientLike, handle: type[JobT], name: str) -> JobT:
    names = []
    for record in handle.kind.iterate(client.service):
        if record.name == name:
            return handle.of(record, client)
        names.append(record.name or "")
    near = get_close_matches(name, names, n=3, cutoff=0.5)
    guess = f" Did you mean {' or '.join(repr(other) for other in near)}?" if near else ""
    job_id = name if _is_id(name) else None
    raise JobNotFoundError(
        f"There is no {handle.kind.title} {'with the id or name' if job_id else 'named'} {name!r} "
        f"among the {len(names):,} of account {client.ref.account}.{guess} "
        f"client.list_{handle.kind.plural}() shows them.",
        kind=handle.kind.name,
        job_id=job_id,
        name=name,
    )


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return "-" in text
