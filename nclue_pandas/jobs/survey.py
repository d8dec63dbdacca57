"""What is there of a chain, seen from its end: only what is still needed is looked for.

A completed run needs nothing else; a task that is there needs the users to score, not those it
was trained on. So the walk goes from the run back to the features, and what an earlier call made
is recognized by its name, which holds the content, and by what it was made from: files and names,
never ids. A feature that was deleted and made again has another id and the same content.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from nclue_pandas.errors import CountMismatchError, DuplicateNameError, NotFoundError
from nclue_pandas.jobs.creating import adopt
from nclue_pandas.jobs.failures import is_temporary
from nclue_pandas.jobs.handles import Feature, Run, Task

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nclue_pandas.jobs.job import Job
    from nclue_pandas.jobs.pipeline import ChainNames, Datasets
    from nclue_pandas.jobs.reference import ClientLike
    from nclue_pandas.service.records import Record
    from nclue_pandas.storage.publish import Dataset

_NO_USERS: Final[Mapping[str, int]] = {}
CREATE = "create"
REPLACE = "replace"
REUSE = "reuse"


@dataclass(frozen=True)
class Step:
    """One job of the chain.

    Parameters
    ----------
    handle : type
        Class of its handle.
    name : str
        Made from the content.
    job : Job or None
        What has the name.
    needed : bool
        Whether the chain still needs it.
    conflict : DuplicateNameError or CountMismatchError, optional
        When what has the name was made from something else, or counts other users.
    """

    handle: type[Job[Any]]
    name: str
    job: Job[Any] | None = None
    needed: bool = True
    conflict: DuplicateNameError | CountMismatchError | None = None

    @property
    def action(self) -> str:
        """What becomes of it: one word."""
        if not self.needed:
            return "not needed"
        if self.conflict is not None:
            return "taken" if isinstance(self.conflict, DuplicateNameError) else "differs"
        if self.job is None:
            return CREATE
        if self.job.completed:
            return REUSE
        if self.job.failed:
            return REPLACE if is_temporary(self.job.record.fail_message) else "failed"
        return "wait"

    @property
    def is_made(self) -> bool:
        """Whether the chain makes it: it is not there, or failed for a passing cause."""
        return self.action in {CREATE, REPLACE}

    def check(self) -> None:
        """Raise when the chain cannot go past this job."""
        if self.conflict is not None:
            raise self.conflict
        if self.action == "failed" and self.job is not None:
            self.job.raise_if_failed()


@dataclass(frozen=True)
class Steps:
    """The jobs of the chain.

    Parameters
    ----------
    feature, score_feature, task, run : Step
        The two features are one unless other users are scored.
    """

    feature: Step
    score_feature: Step
    task: Step
    run: Step

    def __iter__(self) -> Iterator[Step]:
        """Walk through them in the order in which they are made, each once."""
        yield self.feature
        if self.score_feature.name != self.feature.name:
            yield self.score_feature
        yield self.task
        yield self.run


def survey(client: ClientLike, names: ChainNames, datasets: Datasets) -> Steps:
    """Look for the chain's jobs: one walk of a list for each kind that is still needed.

    Parameters
    ----------
    client : ClientLike
        The account.
    names : ChainNames
        Names of the jobs.
    datasets : Datasets
        The files, there or to be.

    Returns
    -------
    Steps
        Conflicts and failures are told in them, not raised.
    """
    made_of = {names.run: {"task_name": names.task, "feature_name": names.score_feature}}
    scored = (datasets.score_on or datasets.sequences).rows
    run = _look(client, Run, made_of, {names.run: scored})[names.run]
    task = Step(Task, names.task, needed=False)
    if run.is_made:
        task = _look(client, Task, {names.task: _task_inputs(names, datasets)})[names.task]
    needed: dict[str, Dataset] = {}
    if run.is_made:
        needed[names.score_feature] = datasets.score_on or datasets.sequences
    if task.is_made:
        needed[names.feature] = datasets.sequences
    features = _look(
        client,
        Feature,
        {
            name: {"source_bucket": data.bucket, "source_file_path": data.path}
            for name, data in needed.items()
        },
        {name: data.rows for name, data in needed.items()},
    )
    feature, score_feature = (
        features.get(name, Step(Feature, name, needed=False))
        for name in (names.feature, names.score_feature)
    )
    return Steps(feature, score_feature, task, run)


def _task_inputs(names: ChainNames, datasets: Datasets) -> dict[str, Any]:
    inputs: dict[str, Any] = {}
    for role, data in (("train", datasets.answers), ("test", datasets.test)):
        inputs |= {
            f"{role}_bucket": data.bucket if data else None,
            f"{role}_file_path": data.path if data else None,
            f"{role}_feature_name": names.feature if data else None,
        }
    return inputs


def _look(
    client: ClientLike,
    handle: type[Job[Any]],
    made_of: Mapping[str, Mapping[str, Any]],
    users: Mapping[str, int] = _NO_USERS,
) -> dict[str, Step]:
    """Return the steps of one kind by name; `users` tells how many each should count."""
    if not made_of:
        return {}
    found = handle.kind.listed(client.service, made_of.keys())
    return {
        name: _step(client, handle, name, found.get(name), inputs, users=users.get(name))
        for name, inputs in made_of.items()
    }


def _step(
    client: ClientLike,
    handle: type[Job[Any]],
    name: str,
    record: Record | None,
    inputs: Mapping[str, Any],
    *,
    users: int | None,
) -> Step:
    """Tell what has the name; a list that lags is not believed.

    Save for a run that is done: its scores are read from its file, or found missing there.
    """
    if record is None:
        return Step(handle, name)
    step = _judged(client, handle, name, record, inputs, users=users)
    if handle is Run and step.action == REUSE:
        return step
    try:
        record = handle.kind.get(client.service, record.id)
    except NotFoundError:
        return Step(handle, name)
    return _judged(client, handle, name, record, inputs, users=users)


def _judged(
    client: ClientLike,
    handle: type[Job[Any]],
    name: str,
    record: Record,
    inputs: Mapping[str, Any],
    *,
    users: int | None,
) -> Step:
    try:
        adopt(handle.kind, inputs, record, over=inputs.keys())
        job = handle.of(record, client).expect(users)
    except (DuplicateNameError, CountMismatchError) as conflict:
        return Step(handle, name, conflict=conflict)
    return Step(handle, name, job)
