"""Exactly-once create: the unique name tells whether a job exists already.

POST is not idempotent. When its outcome is unclear (a timeout, a reset, a 5xx answer), or the
service says that the name is taken, the job is looked up by name: one with the same inputs is
adopted, one with other inputs is an error. Only when no such job is found is the request sent
again.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, TypeVar

from nclue_pandas.contract import NAME_LENGTH
from nclue_pandas.errors import (
    AmbiguousCreateError,
    ApiError,
    ConnectionFailedError,
    DuplicateName,
    DuplicateNameError,
    InvalidDataError,
    RequestTimeoutError,
    ServiceError,
    UnconfirmedCreateError,
)
from nclue_pandas.service.records import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nclue_pandas.jobs.kinds import Kind
    from nclue_pandas.jobs.reference import ClientLike

R = TypeVar("R", bound=Record)

_log = logging.getLogger("nclue_pandas")

#: Rounds of "create, look up" before giving up; the pauses between them add up to 31 s.
_ROUNDS: Final = 6
_FIRST_PAUSE: Final = 1.0


def check_name(name: str) -> None:
    """Refuse a job name that the service would refuse.

    Raises
    ------
    InvalidDataError
        When `name` is not text of 1 to 100 characters (contract: NAME_TOO_LONG, 10101).
    """
    if not str(name).strip():
        raise InvalidDataError("A job needs a name: text of 1 to 100 characters.")
    if len(name) > NAME_LENGTH:
        raise InvalidDataError(
            f"The name has {len(name)} characters, the service takes at most {NAME_LENGTH}. "
            f"Shorten it: {name[:40]!r}…"
        )


def create(client: ClientLike, kind: Kind[R], name: str, fields: Mapping[str, Any]) -> R:
    """Create a job once, or adopt the one that is there.

    Parameters
    ----------
    client : ClientLike
        The account.
    kind : Kind
        What to create.
    name : str
        The job's unique name.
    fields : mapping
        The other request fields.

    Returns
    -------
    Record
        The answer of the create call, or the record of the adopted job.

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
    pause = _FIRST_PAUSE
    trouble: ServiceError | None = None
    for _ in range(_ROUNDS):
        try:
            return kind.create(client.service, name, fields)
        except (AmbiguousCreateError, ApiError) as error:
            if not _name_may_be_taken(error):
                raise
            found = _look_up(client, kind, name)
            if found is not None:
                return _adopt(kind, name, fields, found)
            if trouble is None and type(error) is ApiError:
                raise
            trouble = error
        _log.debug("create %s: %s; no job of this name yet", kind.name, type(trouble).__name__)
        client.clock.sleep(pause)
        pause *= 2
    raise UnconfirmedCreateError(
        f"It is unclear whether the {kind.title} {name!r} was created: {trouble} "
        f"No job of this name is listed. Try again later under the same name: a job that "
        f"exists is picked up, not created twice.",
        kind=kind.name,
        name=name,
    ) from trouble


def is_refusal(error: BaseException) -> bool:
    """Return whether `error` says for certain that no job was made."""
    return isinstance(error, (ApiError, DuplicateNameError, ConnectionFailedError)) and not (
        isinstance(error, (AmbiguousCreateError, UnconfirmedCreateError, RequestTimeoutError))
    )


def _name_may_be_taken(error: ServiceError) -> bool:
    """Return whether a job of the name may exist: also after a 409 whose body told no code."""
    if isinstance(error, (AmbiguousCreateError, DuplicateName)):
        return True
    return type(error) is ApiError and error.status == HTTPStatus.CONFLICT


def _look_up(client: ClientLike, kind: Kind[R], name: str) -> R | None:
    try:
        return kind.find(client.service, name)
    except (ConnectionFailedError, RequestTimeoutError) as error:
        _log.debug("look-up of %s failed: %s", kind.name, type(error).__name__)
        return None


def _adopt(kind: Kind[R], name: str, fields: Mapping[str, Any], found: R) -> R:
    differences = kind.differences(fields, found)
    if differences:
        listed = "; ".join(
            f"{field}: asked {fields.get(field)!r}, there {getattr(found, field)!r}"
            for field in differences
        )
        raise DuplicateNameError(
            f"The name {name!r} belongs to another {kind.title}, {found.id}, made from other "
            f"inputs ({listed}). Choose another name, or delete that job first.",
            kind=kind.name,
            job_id=found.id,
            name=name,
        )
    _log.info(
        "adopted the %s %r (%s), which was made from the same inputs", kind.name, name, found.id
    )
    return found
