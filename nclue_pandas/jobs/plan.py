"""What the chain would do: looked at before anything is uploaded, created or billed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from nclue_pandas import display
from nclue_pandas.contract import REQUESTS_PER_SECOND
from nclue_pandas.jobs.exactly_once import check_name
from nclue_pandas.jobs.handles import Feature, Run, Task
from nclue_pandas.jobs.predict import (
    CREATE,
    REPLACE,
    REUSE,
    ChainNames,
    Datasets,
    survey,
    to_upload,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from nclue_pandas.errors import Problem
    from nclue_pandas.jobs.inputs import Inputs
    from nclue_pandas.jobs.predict import Steps
    from nclue_pandas.jobs.reference import ClientLike

#: What the units of the jobs that are billed by line are: an assumption, for prices are not public.
BILLED_LINES: Final = (
    "Lines are counted as the service's line_count: those of the Feature, for a Task with test "
    "answers of both Features together. Whether they are billed so is an assumption."
)
#: Requests of a job, at least, beside the list that shows it: get, delete, create, get.
_REQUESTS = {CREATE: 2, REPLACE: 4, REUSE: 1, "wait": 2}
_DATASETS: Final[Mapping[str, Callable[[Any], str]]] = {
    "dataset": str,
    "rows": display.count,
    "bytes": display.size,
    "objects": display.count,
    "to_upload": display.count,
    "path": str,
}
_JOBS: Final[Mapping[str, Callable[[Any], str]]] = {
    "kind": str,
    "name": str,
    "action": str,
    "billed_by": str,
    "units": display.count,
}


@dataclass(frozen=True, repr=False)
class Plan(display.Shown):
    """What :func:`nclue_pandas.predict` would upload, create and be billed for.

    Parameters
    ----------
    name : str
        Where the names of the jobs begin.
    datasets : pandas.DataFrame
        A row per dataset: ``dataset``, ``rows``, ``bytes``, ``objects``, ``to_upload``, ``path``.
    jobs : pandas.DataFrame
        A row per job: ``kind``, ``name``, ``action``, ``billed_by``, ``units`` (tokens are
        estimated; lines are those of the Feature, which is an assumption about the bill). The
        actions: *create*; *reuse* (completed) and *wait* (unfinished) pick up what is there;
        *replace* a job that failed for a passing cause; *failed*, *taken* (the name is of a job
        made from something else) and *differs* (it does not count what was sent) stop the chain;
        *not needed*, because a later job is there.
    requests : int
        Requests to the service, at least.
    minimum_seconds : float
        Waiting for the request limit alone; the jobs take their own time.
    problems : tuple of Problem
        What the service would refuse.
    """

    name: str
    datasets: pd.DataFrame
    jobs: pd.DataFrame
    requests: int
    minimum_seconds: float
    problems: tuple[Problem, ...]

    def _card(self) -> display.Card:
        """Describe a plan: what is uploaded, created and billed, and what stands in the way."""
        count = len(self.problems)
        return display.Card(
            f"Plan of {self.name!r}",
            display.counted(count, "problem") if count else "ready",
            "bad" if count else "good",
            [
                ("Requests", f"{display.count(self.requests)} at least"),
                ("Request limit alone", display.duration(self.minimum_seconds)),
            ],
            [display.Table.of(self.datasets, _DATASETS), display.Table.of(self.jobs, _JOBS)],
            [*(f"[{problem.code}] {problem}" for problem in self.problems), BILLED_LINES],
        )


def make_plan(client: ClientLike, inputs: Inputs) -> Plan:
    """Look at the frames, the bucket and the job lists; change nothing."""
    import pandas as pd

    check_name(inputs.name)
    if not inputs.problems:
        inputs.warn()
    datasets = Datasets.of(client, inputs)
    steps = survey(client, ChainNames.of(inputs.name, datasets), datasets)
    looked_for = {step.handle for step in steps if step.needed}
    there = steps.run.action == REUSE  # then nothing else is asked for
    requests = len(looked_for) + sum(_REQUESTS.get(step.action, 0) for step in steps) - there
    return Plan(
        name=inputs.name,
        datasets=pd.DataFrame(_planned_datasets(datasets, to_upload(steps, datasets))),
        jobs=pd.DataFrame(_planned_jobs(inputs, datasets, steps)),
        requests=requests,
        minimum_seconds=(requests - 1) / REQUESTS_PER_SECOND,
        problems=inputs.problems,
    )


def _planned_datasets(datasets: Datasets, needed: list[str]) -> list[dict[str, Any]]:
    return [
        {
            "dataset": role,
            "rows": dataset.rows,
            "bytes": dataset.size,
            "objects": len(dataset.parts),
            "to_upload": dataset.uploaded if role in needed else 0,
            "path": dataset.path,
        }
        for role, dataset in vars(datasets).items()
        if dataset is not None
    ]


def _planned_jobs(inputs: Inputs, datasets: Datasets, steps: Steps) -> list[dict[str, Any]]:
    """Tell what becomes of each job; what is billed is counted only where it is made."""
    scored = "score_on" if datasets.score_on is not None else "sequences"
    sides = 1 if datasets.test is None else 2
    units = {
        (Feature, steps.score_feature.name): inputs.sources[scored].tokens,
        (Feature, steps.feature.name): inputs.sources["sequences"].tokens,
        (Task, steps.task.name): (sides * datasets.sequences.rows).__int__,
        (Run, steps.run.name): (datasets.score_on or datasets.sequences).rows.__int__,
    }
    return [
        {
            "kind": step.handle.kind.title,
            "name": step.name,
            "action": step.action,
            "billed_by": "token" if step.handle is Feature else "line",
            "units": units[step.handle, step.name]() if step.is_made else 0,
        }
        for step in steps
    ]
