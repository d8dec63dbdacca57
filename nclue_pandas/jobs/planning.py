"""What the chain would do: looked at before anything is uploaded, created or billed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nclue_pandas.contract import COMPLETED_SPELLINGS, FAILED, REQUESTS_PER_SECOND
from nclue_pandas.jobs import kinds
from nclue_pandas.jobs.creating import check_name
from nclue_pandas.jobs.failures import is_temporary
from nclue_pandas.jobs.pipeline import ChainNames, Datasets, Inputs

if TYPE_CHECKING:
    import pandas as pd

    from nclue_pandas.errors import Problem
    from nclue_pandas.jobs.kinds import Kind
    from nclue_pandas.jobs.reference import ClientLike
    from nclue_pandas.service.records import Record

#: Requests of a job, at least: a create and a get; a create that is refused and a list page.
_REQUESTS_PER_JOB = 2


@dataclass(frozen=True)
class Plan:
    """What :func:`nclue_pandas.predict` would upload, create and be billed for.

    Parameters
    ----------
    name : str
        Where the names of the jobs begin.
    datasets : pandas.DataFrame
        A row per dataset: ``dataset``, ``rows``, ``bytes``, ``objects``, ``to_upload``, ``path``.
    jobs : pandas.DataFrame
        A row per job: ``kind``, ``name``, ``action`` (create, reuse, wait, replace, failed),
        ``billed_by``, ``units`` (tokens are estimated).
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

    def __repr__(self) -> str:
        from nclue_pandas.display import plan_text

        return plan_text(self)

    def _repr_html_(self) -> str:
        from nclue_pandas.display import plan_html

        return plan_html(self)


def make_plan(client: ClientLike, inputs: Inputs) -> Plan:
    """Look at the frames, the bucket and the job lists; change nothing."""
    import pandas as pd

    check_name(inputs.name)
    problems = tuple(inputs.problems())
    if not problems:
        inputs.warn_of_leakage()
    datasets = preview(client, inputs)
    jobs = _planned_jobs(client, inputs, datasets)
    requests = _REQUESTS_PER_JOB * len(jobs)
    return Plan(
        name=inputs.name,
        datasets=pd.DataFrame(_planned_datasets(datasets)),
        jobs=pd.DataFrame(jobs),
        requests=requests,
        minimum_seconds=(requests - 1) / REQUESTS_PER_SECOND,
        problems=problems,
    )


def preview(client: ClientLike, inputs: Inputs) -> Datasets:
    """Tell what the files would be, without writing any."""
    return Datasets(
        **{role: each.preview(client, inputs.name) for role, each in inputs.sources.items()}
    )


def _planned_datasets(datasets: Datasets) -> list[dict[str, Any]]:
    named = vars(datasets)
    return [
        {
            "dataset": role,
            "rows": dataset.rows,
            "bytes": dataset.size,
            "objects": len(dataset.parts),
            "to_upload": dataset.uploaded,
            "path": dataset.path,
        }
        for role, dataset in named.items()
        if dataset is not None
    ]


def _planned_jobs(client: ClientLike, inputs: Inputs, datasets: Datasets) -> list[dict[str, Any]]:
    names = ChainNames.of(inputs.name, datasets)
    trained = {names.feature: "sequences"}
    if datasets.score_on is not None:
        trained[names.score_feature] = "score_on"
    scored = datasets.score_on or datasets.sequences
    answered = datasets.answers.rows + (datasets.test.rows if datasets.test is not None else 0)
    rows = [
        _planned_job(client, kinds.FEATURE, name, "token", inputs.sources[role].tokens())
        for name, role in trained.items()
    ]
    rows.append(_planned_job(client, kinds.TASK, names.task, "line", answered))
    rows.append(_planned_job(client, kinds.RUN, names.run, "line", scored.rows))
    return rows


def _planned_job(
    client: ClientLike, kind: Kind[Any], name: str, billed_by: str, units: int
) -> dict[str, Any]:
    action = _action(kind.find(client.service, name))
    return {
        "kind": kind.title,
        "name": name,
        "action": action,
        "billed_by": billed_by,
        "units": units if action in {"create", "replace"} else 0,
    }


def _action(record: Record | None) -> str:
    if record is None:
        return "create"
    if record.status in COMPLETED_SPELLINGS:
        return "reuse"
    if record.status == FAILED:
        return "replace" if is_temporary(record.fail_message) else "failed"
    return "wait"
