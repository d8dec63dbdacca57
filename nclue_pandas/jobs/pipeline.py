"""The chain as one call that can be repeated: sequences, feature, task, run, scores.

Every name is made from the user's name and the content it stands for, so that the same call
finds what an earlier one made, in this process or on another machine, without local state.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from nclue_pandas.contract import NAME_LENGTH
from nclue_pandas.errors import InvalidDataError
from nclue_pandas.jobs.creating import check_name
from nclue_pandas.jobs.failures import is_temporary
from nclue_pandas.jobs.making import (
    AnswerPath,
    make_feature_from_path,
    make_run,
    make_task_from_paths,
    removed_if_refused,
)
from nclue_pandas.jobs.sources import source_of
from nclue_pandas.jobs.waiting import wait

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from nclue_pandas.errors import Problem
    from nclue_pandas.jobs.handles import Feature, Task
    from nclue_pandas.jobs.job import Job
    from nclue_pandas.jobs.reference import ClientLike
    from nclue_pandas.jobs.sources import Source
    from nclue_pandas.storage.layout import Kind
    from nclue_pandas.storage.publish import Dataset

_DIGEST = 10
#: The inputs of the chain, and what each of them holds.
_ROLES: Final[dict[str, Kind]] = {
    "sequences": "sequences",
    "answers": "answers",
    "score_on": "sequences",
    "test": "answers",
}
JobT = TypeVar("JobT", bound="Job[Any]")


@dataclass(frozen=True)
class Inputs:
    """What the chain is made from.

    Parameters
    ----------
    name : str
        Where the names of the jobs begin.
    sequences : pandas.DataFrame
        ``user_id`` and ``sequence``, to train on.
    answers : pandas.DataFrame
        ``user_id`` and ``label``.
    score_on : pandas.DataFrame, optional
        Sequences whose users are scored; by default `sequences`.
    test : pandas.DataFrame, optional
        Answers to test on.
    """

    name: str
    sequences: pd.DataFrame
    answers: pd.DataFrame
    score_on: pd.DataFrame | None = None
    test: pd.DataFrame | None = None

    @cached_property
    def sources(self) -> dict[str, Source]:
        """What the datasets are made from, by the names of :class:`Datasets`."""
        return {
            role: source_of(frame, kind)
            for role, kind in _ROLES.items()
            if (frame := getattr(self, role)) is not None
        }

    def problems(self) -> list[Problem]:
        """Find what the service would refuse in any of the frames."""
        from nclue_pandas.frames.checks import FEW_LABELS

        return [
            problem
            for role, source in self.sources.items()
            for problem in source.check().problems
            if role != "test" or problem.code != FEW_LABELS
        ]

    def warn_of_leakage(self) -> None:
        """Warn, once, when the sequences to train on reach into the time of the answers."""
        from nclue_pandas.frames.leakage import warn_of_leakage

        if not warn_of_leakage(self.sequences, self.answers) and self.test is not None:
            warn_of_leakage(self.sequences, self.test)

    def tell_last_event(self, scores: pd.DataFrame) -> pd.DataFrame:
        """Let the scores tell until when the users that were scored are known."""
        from nclue_pandas.frames.leakage import carry_last_event

        scored = self.sequences if self.score_on is None else self.score_on
        return carry_last_event(scored, scores)


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
        As for :class:`Inputs`.
    """

    sequences: Dataset
    answers: Dataset
    score_on: Dataset | None = None
    test: Dataset | None = None


def run_chain(client: ClientLike, inputs: Inputs, *, timeout: float | None = None) -> pd.DataFrame:
    """Do what is not done yet, wait, and read the scores."""
    check_name(inputs.name)
    problems = inputs.problems()
    if problems:
        raise InvalidDataError.of(problems)
    inputs.warn_of_leakage()
    remaining = _Deadline(client, timeout)
    datasets = publish(client, inputs)
    names = ChainNames.of(inputs.name, datasets)
    features = _features(client, names, datasets)
    wait(features, timeout=remaining())
    task = _task(client, names, datasets, features[0])
    task.wait(remaining())
    run = _present(partial(make_run, client, names.run, task, features[-1]))
    return inputs.tell_last_event(run.result(remaining()))


def publish(client: ClientLike, inputs: Inputs) -> Datasets:
    """Write the files that are not there yet."""
    return Datasets(
        **{role: each.publish(client, inputs.name) for role, each in inputs.sources.items()}
    )


def _features(client: ClientLike, names: ChainNames, datasets: Datasets) -> list[Feature]:
    """Return the Feature to train on and, where it is another one, the Feature to score."""
    wanted = {names.feature: datasets.sequences}
    if datasets.score_on is not None:
        wanted[names.score_feature] = datasets.score_on
    written = [d for d in (datasets.answers, datasets.test, *wanted.values()) if d is not None]
    with removed_if_refused(client, *written):
        return [
            _present(partial(make_feature_from_path, client, name, data.path, data.bucket))
            for name, data in wanted.items()
        ]


def _task(client: ClientLike, names: ChainNames, datasets: Datasets, feature: Feature) -> Task:
    sides = [
        AnswerPath(feature, dataset.path, dataset.bucket)
        for dataset in (datasets.answers, datasets.test)
        if dataset is not None
    ]
    written = [d for d in (datasets.answers, datasets.test) if d is not None]
    with removed_if_refused(client, *written):
        return _present(partial(make_task_from_paths, client, names.task, *sides))


def _present(make: Callable[[], JobT]) -> JobT:
    """Make a job or pick it up; one that failed for a passing cause is replaced."""
    job = make()
    if job.failed and is_temporary(job.record.fail_message):
        job.delete()
        job = make()
    return job


def _named(name: str, *content: str) -> str:
    digest = hashlib.sha256("\n".join(content).encode()).hexdigest()[:_DIGEST]
    return f"{name[: NAME_LENGTH - _DIGEST - 1]}-{digest}"


class _Deadline:
    """Seconds left of a timeout for several waits together."""

    def __init__(self, client: ClientLike, timeout: float | None) -> None:
        self._clock = client.clock
        self._end = None if timeout is None else self._clock.monotonic() + timeout

    def __call__(self) -> float | None:
        if self._end is None:
            return None
        return max(0.0, self._end - self._clock.monotonic())
