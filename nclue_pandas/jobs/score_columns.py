"""``add_scores``: the results of any number of runs and profiles beside a frame of users."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nclue_pandas.deadline import Deadline
from nclue_pandas.errors import ConfigurationError
from nclue_pandas.frames.alignment import UserScores
from nclue_pandas.frames.columns import find_column, require_frame
from nclue_pandas.frames.ids import id_text
from nclue_pandas.frames.score_columns import (
    check_new_columns,
    tell_seen,
    tell_unmatched,
    with_scores,
)
from nclue_pandas.jobs.handles import CustomAttributes, Run
from nclue_pandas.jobs.job import Job
from nclue_pandas.jobs.reference import Clock
from nclue_pandas.jobs.results import read
from nclue_pandas.jobs.wait import how_to_resume, wait_by
from nclue_pandas.signatures import named_options

if TYPE_CHECKING:
    import pandas as pd


@named_options
def add_scores(
    frame: pd.DataFrame,
    scores: Mapping[str, Run | CustomAttributes | pd.DataFrame],
    *,
    user: str = "user_id",
    score_user: str = "user_id",
    score: str = "score",
    timeout: float | None = None,
) -> pd.DataFrame:
    """Put scores beside any frame of users: a column for each run, profile or score frame.

    Users are matched by the text of their id. To train another model on the columns, take
    scores of :func:`out_of_fold` for the users that this model was trained on.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row or several per user, in any order, ids of any type that logs have. It is not
        changed.
    scores : mapping of str to Run, CustomAttributes or pandas.DataFrame
        By the name of the new column. Jobs are waited for together and read.
    user : str, default "user_id"
        Column of `frame` that holds the ids.
    score_user, score : str
        Columns of the score frames.
    timeout : float, optional
        Seconds for waiting and reading together.

    Returns
    -------
    pandas.DataFrame
        A copy, the ids in their own type, with one column (double[pyarrow]) for each of `scores`,
        null where the row's user has no score.

    Raises
    ------
    ConfigurationError
        When `scores` is no mapping of such, is empty, or has the name of a column of `frame`.
    MissingColumnError
        When a frame has no such column.
    InvalidDataError
        For scores that are null or not finite, their ids null or repeated, and when no row has a
        score.
    JobFailed, JobTimeout
        From waiting; the same call goes on.

    Warns
    -----
    NclueDataWarning
        When rows have no score, with their number by name; and when `frame` are answers that a
        model was trained on.

    Examples
    --------
    >>> import pandas as pd
    >>> import nclue_pandas as nclue
    >>> customers = pd.DataFrame({"customer_id": [7, 258], "city": ["Seoul", "Busan"]})
    >>> tea = pd.DataFrame({"user_id": ["258", "7"], "score": [0.5, 0.25]})
    >>> nclue.add_scores(customers, {"tea": tea}, user="customer_id")["tea"].tolist()
    [0.25, 0.5]
    """
    frame = require_frame(frame, "frame", on_dask=True)
    check_scores(scores)
    check_new_columns(frame.columns, scores)
    ids = id_text(find_column(frame, user, "user"))
    read_frames = frames_of(scores, timeout)
    tables = user_scores(scores, read_frames, user=score_user, score=score)
    made, unmatched = with_scores(frame, ids, tables)
    tell_unmatched(unmatched, len(frame))
    tell_seen(frame, user, read_frames)
    return made


def check_scores(scores: object) -> None:
    """Refuse what is no mapping of runs, profiles and frames, before anything is asked for."""
    if not isinstance(scores, Mapping):
        raise ConfigurationError(
            f"scores is a {type(scores).__name__}: give runs, profiles or score frames by the name "
            "of their column, for example add_scores({'tea': run})."
        )
    if not scores:
        raise ConfigurationError("There is nothing to add: give at least one run or score frame.")
    for name, each in scores.items():
        if isinstance(each, Job) and not isinstance(each, Run | CustomAttributes):
            raise ConfigurationError(
                f"{name!r} is a {each.kind.title}, which has no score for each user. Give a Run, a "
                "Custom Attributes profile or a score frame."
            )


def frames_of(scores: Mapping[Any, Any], timeout: float | None) -> dict[Any, pd.DataFrame]:
    """Wait for the jobs among some scores with one poller, read each once; frames stay."""
    jobs = list(dict.fromkeys(each for each in scores.values() if isinstance(each, Job)))
    clock = jobs[0].client.clock if jobs else Clock()
    deadline = Deadline.of(clock, timeout, how_to_resume(jobs) if jobs else "")
    wait_by(jobs, deadline)
    with deadline.told():
        results = {job: read(job.within(deadline)) for job in jobs}
    return {
        name: results[each] if isinstance(each, Job) else require_frame(each, "scores")
        for name, each in scores.items()
    }


def user_scores(
    scores: Mapping[Any, Any], frames: Mapping[Any, pd.DataFrame], *, user: str, score: str
) -> dict[Any, UserScores]:
    """Return the scores by the text of the id; the columns of results have their own names."""
    own = {"user": "user_id", "score": "score"}
    given = {"user": user, "score": score}
    return {
        name: UserScores.of(
            frame,
            **(own if isinstance(scores[name], Job) else given),
            lead=f"The scores of {name!r} cannot be matched with users",
        )
        for name, frame in frames.items()
    }
