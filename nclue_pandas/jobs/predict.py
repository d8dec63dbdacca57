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
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

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
from nclue_pandas.progress import step as told_step
from nclue_pandas.translation import N_, gettext

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

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
    """One job of the chain: what has its name, and whether the chain still needs it.

    In `conflict` is what has the name made from something else, or it counts other users.
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
    """The jobs of the chain; the two features are one unless other users are scored."""

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


def survey(client: ClientLike, chains: Sequence[Chain]) -> list[Steps]:
    """Look for the jobs of chains: one walk of a list for each kind that is still needed.

    Chains may share some. Conflicts and failures are told in the steps, not raised.
    """
    made_of, users = {}, {}
    for chain in chains:
        names = chain.names
        made_of[names.run] = {"task_name": names.task, "feature_name": names.score_feature}
        users[names.run] = chain.scored.rows
    runs = _look(client, Run, made_of, users)
    left = [chain for chain in chains if runs[chain.names.run].is_made]
    tasks = _look(
        client, Task, {each.names.task: _task_inputs(each.names, each.datasets) for each in left}
    )
    needed: dict[str, Dataset] = {}
    for chain in left:
        needed[chain.names.score_feature] = chain.scored
        if tasks[chain.names.task].is_made:
            needed[chain.names.feature] = chain.datasets.sequences
    features = _look(
        client,
        Feature,
        {
            name: {"source_bucket": data.bucket, "source_file_path": data.path}
            for name, data in needed.items()
        },
        {name: data.rows for name, data in needed.items()},
    )
    return [_steps(chain.names, runs, tasks, features) for chain in chains]


def _steps(
    names: ChainNames,
    runs: Mapping[str, Step],
    tasks: Mapping[str, Step],
    features: Mapping[str, Step],
) -> Steps:
    """Pick the steps of one chain; what only another chain needs is not needed here."""
    task, feature = Step(Task, names.task, needed=False), Step(Feature, names.feature, needed=False)
    scored = Step(Feature, names.score_feature, needed=False)
    if runs[names.run].is_made:
        task, scored = tasks[names.task], features[names.score_feature]
    if task.is_made and task.needed:
        feature = features[names.feature]
    elif names.feature == names.score_feature:
        feature = scored
    return Steps(feature, scored, task, runs[names.run])


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
#: Which step of a chain waits: for the features to learn from, for the model, for the scores.
_LEARNS_FROM, _LEARNS, _SCORES = (1, 3), (2, 3), (3, 3)
_ADVICE = N_("Make the same call of predict() again: it goes on where it stopped.")


@dataclass(frozen=True)
class ChainNames:
    """Names of the chain's jobs, made from the user's name and the content.

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
    """The chain's files on Object Storage, there or to be."""

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


@dataclass(frozen=True)
class Chain:
    """One chain: the names of its jobs, and its files."""

    names: ChainNames
    datasets: Datasets

    @classmethod
    def of(cls, client: ClientLike, inputs: Inputs) -> Chain:
        """Tell what the chain would be, without writing any of it."""
        datasets = Datasets.of(client, inputs)
        return cls(ChainNames.of(inputs.name, datasets), datasets)

    @property
    def scored(self) -> Dataset:
        """The users who are scored."""
        return self.datasets.score_on or self.datasets.sequences


def run_chain(client: ClientLike, inputs: Inputs, *, timeout: float | None = None) -> pd.DataFrame:
    """Do what is not done yet, wait, and read the scores."""
    check_name(inputs.name)
    deadline = Deadline.of(client.clock, timeout, _ADVICE)
    inputs.raise_problems()
    inputs.warn()
    with told_step(N_("predict"), inputs.name) as made:
        (scores,) = run_chains(client, [inputs], deadline)
        made["user"] = len(scores)
    return scores


def run_chains(
    client: ClientLike, chains: Sequence[Inputs], deadline: Deadline
) -> list[pd.DataFrame]:
    """Do what is not done yet of some chains without problems, wait, and read the scores of each.

    What chains share is made once, and one poller waits for all of them.
    """
    try:
        with deadline.told():
            runs = _runs_of(BoundedClient(client, deadline), chains)
            wait_until(runs, deadline, _SCORES)
            return [inputs.carry(read(run)) for inputs, run in zip(chains, runs, strict=True)]
    except KeyboardInterrupt as interrupt:
        stopped = gettext("Stopped; the jobs that were created go on.")
        interrupt.add_note(f"{stopped} {gettext(deadline.advice or _ADVICE)}")
        raise


def _runs_of(client: ClientLike, inputs: Sequence[Inputs]) -> list[Run]:
    """Upload and create what is not there yet, and return the run of each chain."""
    chains = [Chain.of(client, each) for each in inputs]
    steps = survey(client, chains)
    for step in unique_steps(steps):
        step.check()
    written: dict[str, Dataset] = {}
    for each, chain, its in zip(inputs, chains, steps, strict=True):
        for role in to_upload(its, chain.datasets):
            path = getattr(chain.datasets, role).path
            if path not in written:
                written[path] = each.sources[role].publish(client, each.name)
    return _Makers(client, written).run([*zip(chains, steps, strict=True)])


def unique_steps(chains: Sequence[Steps]) -> list[Step]:
    """Return the jobs of some chains, each once, in the order in which they are made.

    Of a job that only some of the chains need, that one is returned which is needed.
    """
    found: dict[tuple[Any, str], Step] = {}
    for handle in (Feature, Task, Run):
        for step in (step for steps in chains for step in steps if step.handle is handle):
            key = step.handle, step.name
            if key not in found or step.needed:
                found[key] = step
    return [*found.values()]


def to_upload(steps: Steps, datasets: Datasets) -> list[str]:
    """Return the roles of the datasets that the jobs to be made need."""
    makers = {
        "sequences": steps.feature,
        "score_on": steps.score_feature,
        "answers": steps.task,
        "test": steps.task,
    }
    return [role for role, data in vars(datasets).items() if data and makers[role].is_made]


class _Makers:
    """Makes what the survey found missing, kind by kind, each job once."""

    def __init__(self, client: ClientLike, written: Mapping[str, Dataset]) -> None:
        self._client = client
        self._written = written
        self._jobs: dict[tuple[Any, str], Job[Any]] = {}

    def run(self, chains: Sequence[tuple[Chain, Steps]]) -> list[Run]:
        """Return the runs, made or there already; wait for what each next job needs."""
        deadline = self._client.deadline
        left = [(chain, steps) for chain, steps in chains if steps.run.is_made]
        untrained = [(chain, steps) for chain, steps in left if steps.task.is_made]
        trained = [self._feature(s.feature, c.datasets.sequences) for c, s in untrained]
        scored = [self._feature(s.score_feature, c.scored) for c, s in left]
        wait_until(trained, deadline, _LEARNS_FROM)
        for (chain, steps), feature in zip(untrained, trained, strict=True):
            self._task(steps.task, chain.datasets, feature)
        tasks = [cast("Task", self._present(s.task)) for _, s in left]
        wait_until([*tasks, *scored], deadline, _LEARNS)
        for (_, steps), task, feature in zip(left, tasks, scored, strict=True):
            make = partial(make_run, name=steps.run.name, task=task, feature=feature)
            self._present(steps.run, make)
        return [cast("Run", self._present(steps.run)) for _, steps in chains]

    def _task(self, step: Step, data: Datasets, trained: Feature) -> None:
        files = [each for each in (data.answers, data.test) if each is not None]
        sides = [AnswerPath(trained, each.path, each.bucket) for each in files]
        train, test = sides[0], sides[1] if data.test else None
        make = partial(make_task_from_paths, name=step.name, train=train, test=test)
        self._present(step, make, *(self._written.get(each.path, each) for each in files))

    def _feature(self, step: Step, data: Dataset) -> Feature:
        data = self._written.get(data.path, data)
        make = partial(make_feature_from_path, name=step.name, path=data.path, bucket=data.bucket)
        return cast("Feature", self._present(step, make, data).expect(data.rows))

    def _present(
        self, step: Step, make: Callable[[ClientLike], Job[Any]] | None = None, *data: Dataset
    ) -> Job[Any]:
        """Return the job that is there, or make it; one that failed in passing is replaced."""
        key = step.handle, step.name
        if key not in self._jobs:
            if step.is_made and make is not None:
                if step.job is not None:
                    with suppress(NotFoundError):  # another call has replaced it already
                        step.job.delete()
                with withdrawn_if_refused(self._client, step.handle.kind, *data):
                    self._jobs[key] = make(self._client)
            else:
                self._jobs[key] = cast("Job[Any]", step.job)
        return self._jobs[key]


def named(name: str, *content: str) -> str:
    """Return the name of a job: the user's own, and a digest of what it is made of."""
    digest = hashlib.sha256("\n".join(content).encode()).hexdigest()[:_DIGEST]
    return f"{name[: NAME_LENGTH - _DIGEST - 1]}-{digest}"
