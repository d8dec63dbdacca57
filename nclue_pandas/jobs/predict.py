"""The chain as one call that can be repeated: sequences, feature, task, run, scores.

Every name is made from the user's name and the content it stands for, so that the same call
finds what an earlier one made, in this process or on another machine, without local state. What is
missing is uploaded first, all of it, and created after that.

What is there of a chain, seen from its end: only what is still needed is looked for. A completed
run needs nothing else; a task that is there needs the users to score, not those it was trained on.
So the walk goes from the run back to the features, and what an earlier call made is recognized by
its name, which holds the content, and by what it was made from: files and names, never ids. A
feature that was deleted and made again has another id and the same content.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from nclue_pandas.contract import NAME_LENGTH
from nclue_pandas.deadline import Deadline
from nclue_pandas.errors import CountMismatchError, DuplicateNameError, NotFoundError
from nclue_pandas.errors.codes import is_temporary
from nclue_pandas.jobs.create import (
    AnswerPath,
    make_feature_from_path,
    make_run,
    make_task_from_paths,
)
from nclue_pandas.jobs.exactly_once import adopt, check_name, withdrawn_if_refused
from nclue_pandas.jobs.handles import Feature, Run, Task
from nclue_pandas.jobs.reference import BoundedClient
from nclue_pandas.jobs.results import read
from nclue_pandas.jobs.wait import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pandas as pd

    from nclue_pandas.jobs.inputs import Inputs
    from nclue_pandas.jobs.job import Job
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


_DIGEST = 10
_ADVICE = "Make the same call of predict() again: it goes on where it stopped."
JobT = TypeVar("JobT", bound="Job[Any]")


@dataclass(frozen=True)
class ChainNames:
    """Names of the chain's jobs, made from the user's name and the content.

    Parameters
    ----------
    feature, score_feature, task, run : str
        The two features are one unless other users are scored.
    """

    feature: str
    score_feature: str
    task: str
    run: str

    @classmethod
    def of(cls, name: str, datasets: Datasets) -> ChainNames:
        """Make the names."""
        trained_on = (datasets.sequences.fingerprint, datasets.answers.fingerprint)
        tested_on = (datasets.test.fingerprint,) if datasets.test else ()
        scored = datasets.score_on or datasets.sequences
        return cls(
            feature=named(name, datasets.sequences.fingerprint),
            score_feature=named(name, scored.fingerprint),
            task=named(name, *trained_on, *tested_on),
            run=named(name, *trained_on, *tested_on, scored.fingerprint),
        )


@dataclass(frozen=True)
class Datasets:
    """The chain's files on Object Storage, there or to be.

    Parameters
    ----------
    sequences, answers : Dataset
        To train on.
    score_on, test : Dataset, optional
        As for :class:`~nclue_pandas.jobs.inputs.Inputs`.
    """

    sequences: Dataset
    answers: Dataset
    score_on: Dataset | None = None
    test: Dataset | None = None

    @classmethod
    def of(cls, client: ClientLike, inputs: Inputs) -> Datasets:
        """Tell what the files would be, without writing any."""
        return cls(
            **{role: each.preview(client, inputs.name) for role, each in inputs.sources.items()}
        )


def run_chain(client: ClientLike, inputs: Inputs, *, timeout: float | None = None) -> pd.DataFrame:
    """Do what is not done yet, wait, and read the scores."""
    check_name(inputs.name)
    deadline = Deadline.of(client.clock, timeout, _ADVICE)
    inputs.raise_problems()
    inputs.warn()
    try:
        with deadline.told():
            run = _run_of(BoundedClient(client, deadline), inputs)
            wait_until([run], deadline)
            scores = read(run)
    except KeyboardInterrupt as interrupt:
        interrupt.add_note(f"Stopped; the jobs that were created go on. {_ADVICE}")
        raise
    return inputs.carry(scores)


def _run_of(client: ClientLike, inputs: Inputs) -> Run:
    """Upload and create what is not there yet."""
    datasets = Datasets.of(client, inputs)
    steps = survey(client, ChainNames.of(inputs.name, datasets), datasets)
    for step in steps:
        step.check()
    written = {
        role: inputs.sources[role].publish(client, inputs.name)
        for role in to_upload(steps, datasets)
    }
    return _Chain(client, replace(datasets, **written), steps).run()


def to_upload(steps: Steps, datasets: Datasets) -> list[str]:
    """Return the roles of the datasets that the jobs to be made need."""
    makers = {
        "sequences": steps.feature,
        "score_on": steps.score_feature,
        "answers": steps.task,
        "test": steps.task,
    }
    return [role for role, data in vars(datasets).items() if data and makers[role].is_made]


class _Chain:
    """Makes what the survey found missing, and waits for what the next job needs."""

    def __init__(self, client: ClientLike, datasets: Datasets, steps: Steps) -> None:
        self._client = client
        self._datasets = datasets
        self._steps = steps

    def run(self) -> Run:
        """Return the run, made or there already."""
        steps, data = self._steps, self._datasets
        if not steps.run.is_made:
            return cast("Run", steps.run.job)
        trained = scored = None
        if steps.feature.needed:
            trained = scored = self._feature(steps.feature, data.sequences)
        if scored is None or steps.score_feature.name != steps.feature.name:
            scored = self._feature(steps.score_feature, data.score_on or data.sequences)
        task = self._task(trained)
        wait_until([task, scored], self._client.deadline)
        make = partial(make_run, name=steps.run.name, task=task, feature=scored)
        return self._present(steps.run, make)

    def _task(self, trained: Feature | None) -> Task:
        step, data = self._steps.task, self._datasets
        if trained is None or not step.is_made:
            return cast("Task", step.job)
        wait_until([trained], self._client.deadline)
        train = AnswerPath(trained, data.answers.path, data.answers.bucket)
        test = AnswerPath(trained, data.test.path, data.test.bucket) if data.test else None
        make = partial(make_task_from_paths, name=step.name, train=train, test=test)
        written = [each for each in (data.answers, data.test) if each is not None]
        return self._present(step, make, *written)

    def _feature(self, step: Step, data: Dataset) -> Feature:
        make = partial(make_feature_from_path, name=step.name, path=data.path, bucket=data.bucket)
        return self._present(step, make, data).expect(data.rows)

    def _present(self, step: Step, make: Callable[[ClientLike], JobT], *data: Dataset) -> JobT:
        """Return the job that is there, or make it; one that failed in passing is replaced."""
        if not step.is_made:
            return cast("JobT", step.job)
        if step.job is not None:
            with suppress(NotFoundError):  # another call has replaced it already
                step.job.delete()
        with withdrawn_if_refused(self._client, step.handle.kind, *data):
            return make(self._client)


def named(name: str, *content: str) -> str:
    """Return the name of a job: the user's own, and a digest of what it is made of."""
    digest = hashlib.sha256("\n".join(content).encode()).hexdigest()[:_DIGEST]
    return f"{name[: NAME_LENGTH - _DIGEST - 1]}-{digest}"
