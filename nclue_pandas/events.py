"""What can be told of work that goes on, as frozen values that hold no secret.

::

    Event
    +-- RequestSent, RequestRetried, RequestFinished   one HTTP request
    +-- StepProgress                                   a step of the work begins or has ended
    +-- Amount                                         something countable moves on
    |   +-- BuildProgress, UploadProgress, DownloadProgress
    +-- WaitProgress                                   a job was asked for its state
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nclue_pandas.contract import COMPLETED_SPELLINGS, FAILED

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class Event:
    """Root of all events."""


@dataclass(frozen=True, kw_only=True)
class RequestSent(Event):
    """A request leaves.

    Parameters
    ----------
    method, path : str
        As sent, without the host.
    attempt : int
        1 for the first.
    """

    method: str
    path: str
    attempt: int = 1


@dataclass(frozen=True, kw_only=True)
class RequestRetried(RequestSent):
    """An attempt failed, and the request will be sent again.

    Parameters
    ----------
    reason : str
        What went wrong.
    pause : float
        Seconds until the next attempt.
    """

    reason: str
    pause: float


@dataclass(frozen=True, kw_only=True)
class RequestFinished(RequestSent):
    """A request was answered.

    Parameters
    ----------
    status : int
        HTTP status.
    seconds : float
        From sending to the answer.
    """

    status: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Amount(Event):
    """Something countable moves on.

    Parameters
    ----------
    name : str
        What is built, uploaded or downloaded.
    done : int
        How much of it, in all.
    total : int, optional
        How much there is, where that is known.
    unit : str
        ``"B"`` for bytes, else a word such as ``"rows"``.
    stopped : bool
        Whether it ended, completely or not.
    """

    name: str
    done: int
    total: int | None = None
    unit: str = "B"
    stopped: bool = False

    @property
    def finished(self) -> bool:
        """Whether no further event of this kind and name follows."""
        return self.stopped or self.done == self.total


@dataclass(frozen=True, kw_only=True)
class BuildProgress(Amount):
    """Sequences or answers are being built."""


@dataclass(frozen=True, kw_only=True)
class UploadProgress(Amount):
    """A dataset is on its way to Object Storage."""


@dataclass(frozen=True, kw_only=True)
class DownloadProgress(Amount):
    """A result is on its way from Object Storage or the service."""


@dataclass(frozen=True, kw_only=True)
class WaitProgress(Event):
    """A job was asked for its state.

    Parameters
    ----------
    kind, name : str
        The job.
    status : str
        As the service spells it.
    seconds_in_state : float
        Seconds since this state was first seen.
    elapsed : float
        Seconds since the wait began.
    position : int, optional
        How many jobs the service does first, where that is known.
    stopped : bool
        Whether the wait ended before the job did: a deadline, Ctrl-C.
    step, steps : int, optional
        Which step of a chain waits, and how many there are: features, task, run.
    """

    kind: str
    name: str
    status: str
    seconds_in_state: float
    elapsed: float
    position: int | None = None
    stopped: bool = False
    step: int | None = None
    steps: int | None = None

    @property
    def finished(self) -> bool:
        """Whether no further event of this wait follows."""
        return self.stopped or self.status == FAILED or self.status in COMPLETED_SPELLINGS


@dataclass(frozen=True, kw_only=True)
class StepProgress(Event):
    """A step of the work begins, or has ended.

    Parameters
    ----------
    step : str
        What is done: ``"predict"``, ``"create feature"``, ``"read scores"``.
    name : str
        Of the job or dataset.
    sizes : mapping of str to int
        How much of what: ``{"user": 2000}``.
    seconds : float, optional
        From its begin to its end; None while it runs.
    stopped : bool
        Whether an exception ended it, Ctrl-C too.
    """

    step: str
    name: str
    sizes: Mapping[str, int]
    seconds: float | None = None
    stopped: bool = False

    @property
    def finished(self) -> bool:
        """Whether the step has ended."""
        return self.seconds is not None
