"""The chain as one call that can be repeated: sequences, feature, task, run, scores.

Every name is made from the user's name and the content it stands for, so that the same call
finds what an earlier one made, in this process or on another machine, without local state. What is
missing is uploaded first, all of it, and created after that.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from nclue_pandas.contract import NAME_LENGTH
from nclue_pandas.deadline import Deadline
from nclue_pandas.errors import NotFoundError
from nclue_pandas.jobs.bounded import BoundedClient
from nclue_pandas.jobs.creating import check_name
from nclue_pandas.jobs.making import (
    AnswerPath,
    make_feature_from_path,
    make_run,
    make_task_from_paths,
)
from nclue_pandas.jobs.results import read
from nclue_pandas.jobs.survey import survey
from nclue_pandas.jobs.waiting import wait_until
from nclue_pandas.jobs.withdrawing import withdrawn_if_refused

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from nclue_pandas.jobs.handles import Feature, Run, Task
    from nclue_pandas.jobs.inputs import Inputs
    from nclue_pandas.jobs.job import Job
    from nclue_pandas.jobs.reference import ClientLike
    from nclue_pandas.jobs.survey import Step, Steps
    from nclue_pandas.storage.publish import Dataset

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
            feature=_named(name, datasets.sequences.fingerprint),
            score_feature=_named(name, scored.fingerprint),
            task=_named(name, *trained_on, *tested_on),
            run=_named(name, *trained_on, *tested_on, scored.fingerprint),
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


def _named(name: str, *content: str) -> str:
    digest = hashlib.sha256("\n".join(content).encode()).hexdigest()[:_DIGEST]
    return f"{name[: NAME_LENGTH - _DIGEST - 1]}-{digest}"
