"""Errors of jobs: features, tasks, runs and profiles."""

from __future__ import annotations

from nclue_pandas.errors.base import DOCUMENTATION, NclueError


class JobError(NclueError):
    """Something about a job.

    Attributes
    ----------
    kind, job_id, name : str or None
        The job, as far as it is known.
    """

    def __init__(
        self,
        message: str,
        *,
        kind: str | None = None,
        job_id: str | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.job_id = job_id
        self.name = name


class JobFailed(JobError):  # noqa: N818 - the state's own word
    """The service reports that the job failed.

    Attributes
    ----------
    fail_code : str or None
        The documented code in the message, for example ``"DUPLICATE_USERID"``.
    fail_message : str or None
        The service's own text.
    """

    remedy = "Mend the cause that the message names, delete the job, and create it again."

    def __init__(
        self,
        message: str,
        *,
        kind: str | None = None,
        job_id: str | None = None,
        name: str | None = None,
        fail_code: str | None = None,
        fail_message: str | None = None,
    ) -> None:
        super().__init__(message, kind=kind, job_id=job_id, name=name)
        self.fail_code = fail_code
        self.fail_message = fail_message

    @property
    def link(self) -> str:
        """Where the documentation explains this error."""
        if self.fail_code is None:
            return self.entry()
        return f"{DOCUMENTATION}#fail-{self.fail_code.lower().replace('_', '-')}"


class CountMismatchError(JobError, ValueError):
    """Rows were lost or came twice: a job or its result does not count what it was made from.

    Attributes
    ----------
    expected, found : int or None
        What was sent or told, and what is there.
    """

    remedy = (
        "Delete the job that the message names and make it again: files that are missing or "
        "changed on Object Storage are sent anew. Nothing with a difference is used."
    )

    def __init__(
        self,
        message: str,
        *,
        expected: int | None = None,
        found: int | None = None,
        kind: str | None = None,
        job_id: str | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(message, kind=kind, job_id=job_id, name=name)
        self.expected = expected
        self.found = found


class JobTimeout(JobError, TimeoutError):  # noqa: N818 - beside TimeoutError
    """The deadline passed; the job goes on, and the message says how to pick it up."""

    remedy = "Wait again, here or in another process: the message says with which call."


class JobNotFoundError(JobError, LookupError):
    """No job of that kind has this id or name."""

    remedy = (
        "List the account's jobs with client.list_jobs(); it may have been deleted, or belong "
        "to another account."
    )


class DuplicateNameError(JobError, ValueError):
    """The name belongs to another job, made from other inputs."""

    remedy = "Choose another name, or delete the job that has it."


class JobNotCancellableError(JobError):
    """Only a job that is still registered can be canceled."""

    remedy = "Wait until it is completed, then delete it."


class UnconfirmedCreateError(JobError, ConnectionError):
    """A create call got no clear answer, and the job could not be looked up after it."""

    remedy = (
        "Repeat the same call later under the same name: a job that exists is picked up, not "
        "created twice."
    )
