"""What the chain would do: looked at before anything is uploaded, created or billed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from nclue_pandas import display
from nclue_pandas.contract import REQUESTS_PER_SECOND
from nclue_pandas.jobs.exactly_once import check_name
from nclue_pandas.jobs.handles import Feature, Run, Task
from nclue_pandas.jobs.predict import (
    CREATE,
    REPLACE,
    REUSE,
    Chain,
    survey,
    to_upload,
    unique_steps,
)
from nclue_pandas.translation import N_, ngettext
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from nclue_pandas.errors import Problem
    from nclue_pandas.jobs.inputs import Inputs
    from nclue_pandas.jobs.predict import Steps
    from nclue_pandas.jobs.reference import ClientLike

#: What the units of the jobs that are billed by line are: an assumption, for prices are not public.
BILLED_LINES: Final = N_(
    "Lines are counted as the service's line_count: those of the Feature, for a Task with test "
    "answers of both Features together. Whether they are billed so is an assumption."
)
#: Requests of a job beside the list that shows it, and beside waiting: get, delete, create.
_REQUESTS: Final[Mapping[str, int]] = {CREATE: 1, REPLACE: 3, REUSE: 1, "wait": 1}


_DATASETS: Final[Mapping[str, Callable[[Any], str]]] = {
    N_("dataset"): str,
    N_("rows"): display.count,
    N_("bytes"): display.size,
    N_("objects"): display.count,
    N_("to_upload"): display.count,
    N_("path"): str,
}
_JOBS: Final[Mapping[str, Callable[[Any], str]]] = {
    N_("kind"): str,
    N_("name"): str,
    N_("action"): str,
    N_("billed_by"): str,
    N_("units"): display.count,
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
        told = ngettext("{count} problem", "{count} problems", count) if count else _("ready")
        return display.Card(
            _("Plan of {name!r}").format(name=self.name),
            told.format(count=display.count(count)),
            "bad" if count else "good",
            [
                (_("Requests"), _("{count} at least").format(count=display.count(self.requests))),
                (_("Request limit alone"), display.duration(self.minimum_seconds)),
            ],
            [display.Table.of(self.datasets, _DATASETS), display.Table.of(self.jobs, _JOBS)],
            [*(f"[{problem.code}] {problem}" for problem in self.problems), _(BILLED_LINES)],
        )


def make_plan(client: ClientLike, inputs: Inputs) -> Plan:
    """Look at the frames, the bucket and the job lists; change nothing."""
    check_name(inputs.name)
    if not inputs.problems:
        inputs.warn()
    return plan_chains(client, inputs.name, [inputs], inputs.problems)


def plan_chains(
    client: ClientLike, name: str, inputs: Sequence[Inputs], problems: tuple[Problem, ...]
) -> Plan:
    """Tell what chains would do together, what they share once."""
    chains = [Chain.of(client, each) for each in inputs]
    steps = survey(client, chains)
    planned = [*zip(inputs, chains, steps, strict=True)]
    requests = _requests(steps)
    return Plan(
        name=name,
        datasets=pd.DataFrame(_planned_datasets(planned)),
        jobs=pd.DataFrame(_planned_jobs(planned)),
        requests=requests,
        minimum_seconds=(requests - 1) / REQUESTS_PER_SECOND,
        problems=problems,
    )


def _requests(chains: Sequence[Steps]) -> int:
    """Count the requests, at least: lists, look-ups, changes, and one for each round of waiting.

    A page of a list tells of many jobs of a kind at once.
    """
    found = unique_steps(chains)
    lists = len({step.handle for step in found if step.needed})
    of_jobs = sum(
        0 if step.handle is Run and step.action == REUSE else _REQUESTS.get(step.action, 0)
        for step in found
    )
    trained_on = {steps.feature.name for steps in chains if steps.task.is_made}
    waited = {
        (step.handle, step.name in trained_on)
        for step in found
        if step.is_made or step.action == "wait"
    }
    return lists + of_jobs + len(waited)


def _planned_datasets(
    planned: Sequence[tuple[Inputs, Chain, Steps]],
) -> list[dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for _inputs, chain, steps in planned:
        needed = to_upload(steps, chain.datasets)
        for role, dataset in vars(chain.datasets).items():
            if dataset is None:
                continue
            row = {
                "dataset": role,
                "rows": dataset.rows,
                "bytes": dataset.size,
                "objects": len(dataset.parts),
                "to_upload": dataset.uploaded if role in needed else 0,
                "path": dataset.path,
            }
            if dataset.path not in rows or role in needed:
                rows[dataset.path] = row
    return [*rows.values()]


def _planned_jobs(planned: Sequence[tuple[Inputs, Chain, Steps]]) -> list[dict[str, Any]]:
    """Tell what becomes of each job; what is billed is counted only where it is made."""
    units: dict[tuple[type, str], Callable[[], int]] = {}
    for inputs, chain, steps in planned:
        scored = "score_on" if chain.datasets.score_on is not None else "sequences"
        sides = 1 if chain.datasets.test is None else 2
        units |= {
            (Feature, steps.score_feature.name): inputs.sources[scored].tokens,
            (Feature, steps.feature.name): inputs.sources["sequences"].tokens,
            (Task, steps.task.name): (sides * chain.datasets.sequences.rows).__int__,
            (Run, steps.run.name): chain.scored.rows.__int__,
        }
    return [
        {
            "kind": step.handle.kind.title,
            "name": step.name,
            "action": step.action,
            "billed_by": "token" if step.handle is Feature else "line",
            "units": units[step.handle, step.name]() if step.is_made else 0,
        }
        for step in unique_steps([steps for *_, steps in planned])
    ]
